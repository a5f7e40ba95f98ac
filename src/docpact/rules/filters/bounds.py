"""The side of a bound on which a value is, and the order of values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from itertools import pairwise
from typing import Any, Final, TypeAlias

from docpact.cases.wire import is_plainly_documented
from docpact.model import Parameter
from docpact.model.pointer import find_each, list_of, resolve, tokens
from docpact.model.roles import ABSENT, BETWEEN, NOT, PREFIXED, START, UNITS, WORD, Bound
from docpact.rules.comparison import read_time
from docpact.rules.walks.pages import as_text
from docpact.text import fold

DAY: Final = 86_400.0
"""Seconds by which times may differ if one is a date or has no time zone."""

SECOND: Final = 1.0
"""Seconds by which other times may differ: servers round them."""

DECIMALS: Final = 2
"""Decimals of numbers that people state, as prices; those with more are measured or computed."""

NONSENSE: Final = "zqxjwvkq"
"""A word that no item has."""

Key: TypeAlias = tuple[str, Any]
"""Kind and value of a field that can be compared with others of its kind."""


Limit: TypeAlias = tuple[Bound, Key]
"""A bound with the value that a query states for it."""


def make_key(value: Any, unit: str | None = None) -> Key | None:
    """Return the key of a number, a flag, a time or a text; None for other values.

    The key of a time is its number of seconds, and whether its time zone is known. A number with a
    unit is a time.
    """
    if isinstance(value, int | float):
        if unit is not None and not isinstance(value, bool):
            return "time", (value / UNITS[unit], True)
        return "flag" if isinstance(value, bool) else "number", value
    if not isinstance(value, str):
        return None
    moment = read_time(value)
    if moment is None:
        return "text", value
    has_time = "T" in value or " " in value or ":" in value
    exact = moment.tzinfo is not None and has_time
    return "time", (moment.replace(tzinfo=moment.tzinfo or UTC).timestamp(), exact)


def make_side(value: Any, unit: str | None = None) -> Key | None:
    """Return the key of a value that has sides: a text with a decimal number is a number."""
    key = make_key(value, unit)
    is_number = key is not None and key[0] == "text" and _NUMBER.fullmatch(value)
    return ("number", float(value)) if is_number else key


def is_beyond(bound: Bound, limit: Key, key: Key) -> bool | None:
    """Return whether a value is on the wrong side of a bound; None if it may be on either side.

    A time with a zone may be later than shown, because servers cut fractions of a second, unless
    it has microseconds. A number with many decimals may be a rounded one.
    """
    if limit[0] != key[0] or key[0] == "text":
        return None
    is_time = key[0] == "time"
    zones = {key[1][1], limit[1][1]} if is_time else {False}
    distance = key[1][0] - limit[1][0] if is_time else key[1] - limit[1]
    least = (SECOND if False not in zones else DAY) if is_time else 0.0
    distance = distance if bound.is_lower else -distance
    is_exact = zones == {False} and (is_time or round(limit[1], DECIMALS) == limit[1])
    is_whole = is_time and round(limit[1][0] * 1e6) % 1000 > 0
    is_clear = is_exact or (zones == {True} and (is_whole or bound.inclusive is bound.is_lower))
    if distance == 0 and bound.inclusive is not None and is_clear:
        return not bound.inclusive
    return None if abs(distance) <= least else distance < 0


def is_sorted(keys: Sequence[Key], *, descending: bool) -> bool:
    """Return whether keys are in order, for texts in one of the orders that servers use."""
    pairs = [(b, a) if descending else (a, b) for a, b in pairwise(keys) if a[0] == b[0]]
    if any(a[0] == "number" and a[1] > b[1] for a, b in pairs):
        return False
    if any(a[0] == "time" and a[1][0] > b[1][0] for a, b in pairs):
        return False
    texts = [(a[1], b[1]) for a, b in pairs if a[0] == "text"]
    return not texts or any(all(order(a) <= order(b) for a, b in texts) for order in _COLLATIONS)


def _split_numbers(text: str) -> list[tuple[bool, float, str]]:
    """Return the parts of a text, with numbers by their value."""
    parts = re.split(r"(\d+)", fold(text))
    return [(n % 2 == 0, float(part) if n % 2 else 0.0, part) for n, part in enumerate(parts)]


_COLLATIONS: Final[tuple[Callable[[str], Any], ...]] = (
    str,
    str.casefold,
    fold,
    _split_numbers,
    lambda text: re.sub(r"\W+", "", fold(text)),
)
"""Keys of the orders of texts that servers use: by code points, by letters, with numbers by value,
and without punctuation."""


_FLAGS: Final = {"true": True, "false": False}

_NUMBER: Final = re.compile(r"-?\d{1,300}(\.\d{1,300})?")

_TIME: Final = re.compile(r"(_a|A)t$")
"""The end of the name of a time that says when something happened."""

_PREFIXES: Final = {
    "ge": (True, True),
    "gt": (True, False),
    "le": (False, True),
    "lt": (False, False),
}
"""Prefix of a value → whether it is a lower bound, and whether the value itself is inside."""


def read_limits(bound: Bound, parameter: Parameter, texts: Sequence[str]) -> list[Limit]:
    """Return what the values of a bound in a query state; nothing if they are not documented.

    An item must be on the right side of all of them.
    """
    if bound.relation == BETWEEN:
        ends = [*texts] if parameter.is_array else texts[-1].split(",")
        keys = [key for end in ends if (key := _read_end(bound, end)) is not None]
        sides = [replace(bound, is_lower=is_lower, relation=None) for is_lower in (True, False)]
        return [*zip(sides, keys, strict=True)] if len(ends) == len(keys) == 2 else []
    text = texts[0] if len(texts) == 1 else ""
    if bound.relation == PREFIXED:
        is_lower, inclusive = _PREFIXES.get(text[:2], (None, None))
        bound = replace(bound, is_lower=bool(is_lower), inclusive=inclusive, relation=None)
        text = "" if is_lower is None else text[2:]
    key = _read_limit(bound, parameter, text)
    return [] if key is None else [(bound, key)]


def _read_end(bound: Bound, text: str) -> Key | None:
    """Return one of the two values of a range."""
    is_number = _NUMBER.fullmatch(text)
    return make_key(float(text), bound.unit) if is_number else make_key(text) if text else None


def _read_limit(bound: Bound, parameter: Parameter, text: str) -> Key | None:
    """Return the value of a bound in a query, or None if it is not one, as an empty text."""
    if bound.contains or bound.relation == NOT:
        return ("text", text) if text else None
    if not is_plainly_documented(parameter, text):
        return None
    if "string" in parameter.item_schema.get("type", "string"):
        return make_side(text)
    if text in _FLAGS:
        return make_key(_FLAGS[text])
    try:
        return make_key(float(text), bound.unit)
    except ValueError:
        return None


def is_outside(limits: Sequence[Limit], fields: Mapping[str, Any]) -> bool | None:
    """Return whether bounds exclude an item; None if that is unclear."""
    sides = {_excludes(bound, key, fields) for bound, key in limits}
    return True if True in sides else None if None in sides else False


def read_field(fields: Mapping[str, Any], bound: Bound) -> Any:
    """Return the value of the bounded field of an item; of a field of its parts, all values."""
    array, _, inner = bound.field.partition("/*")
    found = resolve(fields, array, ...)
    if inner and isinstance(found, list):
        return [value for _, value in find_each(found, ("*", *tokens(inner)))]
    return found


def _excludes(bound: Bound, limit: Key, fields: Mapping[str, Any]) -> bool | None:
    """Return whether a field's value is on the wrong side of a bound, or an array lacks it.

    It is unclear which items have a word: servers find other forms, or search hidden fields. It is
    also unclear whether an empty value, or an absent field, counts as no value. Without the time of
    its deletion, an item is not deleted.
    """
    value = read_field(fields, bound)
    if bound.contains and isinstance(value, list):
        return limit[1] not in list_texts(value)
    if bound.contains:
        is_nonsense = (limit[1] == NONSENSE and isinstance(value, str | dict)) or None
        values = [resolve(fields, each) for each in bound.among] or [value]
        sides = {_is_unlike(bound, limit[1], each) for each in values if bound.match}
        return is_nonsense or (False if False in sides else True if sides == {True} else None)
    if bound.relation == ABSENT:
        is_vague = value is ... or value in ("", [], {})
        return None if is_vague else (value is None) is not (limit[1] is bound.is_lower)
    if bound.relation == NOT:
        text = as_text(value)
        is_vague = text is None or (text != limit[1] and fold(text) == fold(limit[1]))
        return None if is_vague else text == limit[1]
    is_time = value is None and bool(_TIME.search(bound.field))
    is_flag = limit[0] == "flag" and (value not in (None, ...) or is_time)
    key = make_side(bool(value) if is_flag else value, bound.unit)
    return None if key is None else is_beyond(bound, limit, key)


def _is_unlike(bound: Bound, part: str, value: Any) -> bool | None:
    """Return whether a search does not find a text; None if it may, as in another case.

    Other characters than letters and digits may be wildcards.
    """
    if not isinstance(value, str) or not part.isalnum():
        return None
    has = str.startswith if bound.match == START else str.__contains__
    if has(value, part) or (bound.caseless and has(value.lower(), part.lower())):
        return False
    is_whole = bound.match != WORD and not value.endswith(("...", "\u2026"))
    return True if is_whole and not has(fold(value), fold(part)) else None


def list_texts(value: Any) -> list[str]:
    """Return the elements of an array as a query writes them."""
    texts = map(as_text, list_of(value))
    return [text for text in texts if text is not None]
