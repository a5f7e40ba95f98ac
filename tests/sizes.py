"""The number of examples that a property test draws: all of them in CI, a third of them locally."""

from __future__ import annotations

import os

LEAST = 10
"""A property test draws at least as many examples, if CI does."""


def examples(in_ci: int) -> int:
    """Return the number of examples for `settings(max_examples=...)`."""
    return in_ci if os.environ.get("CI") else max(min(in_ci, LEAST), in_ci * 3 // 10)
