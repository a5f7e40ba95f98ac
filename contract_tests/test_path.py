"""What the path names is what the answer is about."""

from __future__ import annotations

from collections.abc import Callable

from docpact.model import Promise

FAMILY = "path"


def test_promise(promise: Promise, expect_kept: Callable[[Promise], None]) -> None:
    """One promise of the contract."""
    expect_kept(promise)
