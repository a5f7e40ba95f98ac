"""Under a filter there is exactly what matches it, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import Callable

from docpact.model import Promise

FAMILY = "filter"


def test_promise(promise: Promise, expect_kept: Callable[[Promise], None]) -> None:
    """One promise of the contract."""
    expect_kept(promise)
