"""Documented values are accepted, values outside are refused, and none makes the server fail."""

from __future__ import annotations

from collections.abc import Callable

from docpact.model import Promise

FAMILY = "query"


def test_promise(promise: Promise, expect_kept: Callable[[Promise], None]) -> None:
    """One promise of the contract."""
    expect_kept(promise)
