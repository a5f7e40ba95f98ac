"""Descriptions of the values that are compared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from docpact.diff.shapes import EXCLUSIVE, Limit, make_key
from docpact.diff.view import ValueView
from docpact.text import excerpt


def write_types(types: frozenset[str]) -> str:
    """Return JSON types as text."""
    shown = types - ({"integer"} if "number" in types else set())
    return " or ".join(sorted(shown)) or "null"


def write_always(*, always: bool) -> str:
    """Return whether a value is always there, in one word."""
    return "required" if always else "optional"


def write_deprecated(view: ValueView) -> str:
    """Return whether a value is deprecated, as text."""
    return "deprecated" if view.is_deprecated else "not deprecated"


def write_default(view: ValueView) -> str:
    """Return the default as text, equal for equal JSON values."""
    return "no default" if view.default is None else excerpt(make_key(view.default)[1])


def list_values(values: Iterable[Any]) -> str:
    """Return enumerated values as text, in one order."""
    return ", ".join(sorted(map(excerpt, values)))


def write_limit(keyword: str, limit: Limit | None) -> str:
    """Return a limit with its keyword; None for no limit."""
    if limit is None:
        return f"no {keyword}"
    number, is_exclusive = limit
    return f"{EXCLUSIVE[keyword] if is_exclusive else keyword} {excerpt(make_key(number)[1])}"
