"""Parameters that select items by another relation than equality or a bound: `state__ne`."""

from __future__ import annotations

import re
from typing import Any, Final

from docpact.capture.item_fields import Fields, describe_role, find_types
from docpact.capture.paging_roles import NUMBERS, SCALARS
from docpact.capture.ranges import find_field, is_time, names_field, split_name
from docpact.model.roles import ABSENT, BETWEEN, NOT, PREFIXED
from docpact.model.schema import Schema

_ENDINGS: Final = {
    ("ne",): NOT,
    ("neq",): NOT,
    ("not",): NOT,
    ("not", "eq"): NOT,
    ("isnull",): ABSENT,
    ("is", "null"): ABSENT,
    ("null",): ABSENT,
    ("range",): BETWEEN,
    ("between",): BETWEEN,
}
"""Last words of the names of parameters → the relation that they state."""

_STATES: Final = {
    NOT: re.compile(r"\b(not|exclud\w*|except|other than|differ\w*)\b"),
    ABSENT: re.compile(r"\b(null|empty|missing|unset|without|has no|no value)\b"),
    BETWEEN: re.compile(r"\b(between|range|two|pair|lowest|smallest|earliest|commas?)\b"),
    PREFIXED: re.compile(r"\bprefix|\b(ge|gt|le|lt)\d"),
}
"""Descriptions that state a relation."""

_DENIES: Final = re.compile(r"\b(not|non-?)[ -]?(null|empty|missing|unset)\b")
_PREFIXES: Final = re.compile(r"\b(ge|gt|le|lt)(?=\d|\b)")


def read_relation(name: str, schema: Schema, item: Fields, text: str) -> dict[str, Any] | None:
    """Return the relation to a field that a parameter with a description selects by, or None."""
    text, words = text.lower(), split_name(name)
    if len({*_PREFIXES.findall(text)}) > 1:
        return _read_prefixed(name, schema, item, text)
    found = _find_relation(words)
    if found is None:
        return None
    relation, named = found
    field = find_field(named, [n for n, e in item.items() if find_types(e.schema) & SCALARS])
    if field is None or not _fits(relation, schema, field, item):
        return None
    is_stated = bool(_STATES[relation].search(text)) and names_field(text, field)
    if relation == ABSENT and _DENIES.search(text):
        return None
    value = {"field": item[field].where, "lower": True, "relation": relation}
    return describe_role(value, "the name", is_stated=is_stated)


def _find_relation(words: list[str]) -> tuple[str, str] | None:
    """Return the relation that the end of a name states, and the words before it."""
    for length in (2, 1):
        relation = _ENDINGS.get(tuple(words[-length:])) if len(words) > length else None
        if relation is not None:
            return relation, "_".join(words[:-length])
    return None


def _fits(relation: str, schema: Schema, field: str, item: Fields) -> bool:
    """Return whether the types of a parameter and a field allow a relation."""
    asked, shown = find_types(schema), find_types(item[field].schema)
    if relation == ABSENT:
        return asked == {"boolean"}
    if relation == NOT:
        return bool(asked & shown & SCALARS)
    is_ordered = bool(shown) and (shown <= NUMBERS or is_time(field, item[field].schema))
    return is_ordered and asked <= {"string", "array"} and bool(asked)


def _read_prefixed(name: str, schema: Schema, item: Fields, text: str) -> dict[str, Any] | None:
    """Return the time that a parameter with a prefix such as `ge` bounds, or None."""
    times = [n for n, each in item.items() if is_time(n, each.schema)]
    stated = [n for n in times if names_field(text, n)] or times
    field = find_field(name, times) or (stated[0] if len(stated) == 1 else None)
    is_text = find_types(schema) == {"string"} and "format" not in schema
    if field is None or not is_text:
        return None
    value = {"field": item[field].where, "lower": True, "relation": PREFIXED}
    is_stated = bool(_STATES[PREFIXED].search(text)) and (field == name or names_field(text, field))
    return describe_role(value, "the name", is_stated=is_stated)
