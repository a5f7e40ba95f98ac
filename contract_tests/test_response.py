"""Answers are what the page says: status, media type, strict JSON, every keyword of the schema."""

from __future__ import annotations

from collections.abc import Callable

from docpact.model import Promise

FAMILY = "response"


def test_promise(promise: Promise, expect_kept: Callable[[Promise], None]) -> None:
    """One promise of the contract."""
    expect_kept(promise)
