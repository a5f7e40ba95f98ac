"""Strict JSON of a page: only values that a contract file can contain."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, Final


def decode_first(text: str) -> tuple[Any, int]:
    """Decode the JSON value that a text begins with (RFC 8259).

    Returns:
        The value, and the index of the first character behind it.

    Raises:
        ValueError: there is no value, or JSON cannot represent it: a repeated name, `NaN`, a number
            beyond a double, half of a surrogate pair, too deep nesting. A syntax error is a
            `json.JSONDecodeError`, which has a position.
    """
    try:
        value, end = _DECODER.raw_decode(text)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        msg = "it is nested too deeply"
        raise ValueError(msg) from None
    except UnicodeEncodeError:
        msg = "it contains half of a surrogate pair"
        raise ValueError(msg) from None
    return value, end


def decode(text: str) -> Any:
    """Decode a text that is exactly one JSON value.

    Raises:
        ValueError: as for `decode_first`, or there is text behind the value.
    """
    value, end = decode_first(text)
    if end < len(text):
        msg = "there is text behind the value"
        raise ValueError(msg)
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            msg = f"the name {name!r} appears twice in one object"
            raise ValueError(msg)
        members[name] = value
    return members


def _constant(name: str) -> Any:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def _float(digits: str) -> float:
    value = float(digits)
    if not isfinite(value):
        msg = "a number is too large"
        raise ValueError(msg)
    return value


def _int(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        msg = "a number has too many digits"
        raise ValueError(msg) from None


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_members, parse_constant=_constant, parse_float=_float, parse_int=_int
)
