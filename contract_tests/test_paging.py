"""The pages of a walk are the collection: whole, once, in order, to an end."""

from __future__ import annotations

from collections.abc import Callable

from docpact.model import Promise

FAMILY = "paging"


def test_promise(promise: Promise, expect_kept: Callable[[Promise], None]) -> None:
    """One promise of the contract."""
    expect_kept(promise)
