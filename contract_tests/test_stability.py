"""The same question gets the same answer, and what is done stays done."""

from __future__ import annotations

from collections.abc import Callable

from docpact.model import Promise

FAMILY = "stability"


def test_promise(promise: Promise, expect_kept: Callable[[Promise], None]) -> None:
    """One promise of the contract."""
    expect_kept(promise)
