"""Compares the value that a server shows with the one that was sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from math import isclose
from typing import Any, Final
from unicodedata import normalize

from docpact.bodies.decode import decode
from docpact.bodies.engine import is_valid
from docpact.bodies.validate import violations
from docpact.cases.parts import remove
from docpact.cases.plain import describe_forms
from docpact.model import Schema
from docpact.model.pointer import change_at, pointer, resolve, tokens
from docpact.model.schema import child

_DECIMAL: Final = re.compile(r"[-+]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})", re.ASCII)
"""A decimal number as a text, as `format: decimal` allows."""

_WHOLE: Final = re.compile(r"[-+]?\d+", re.ASCII)


def is_same(sent: Any, shown: Any, *, may_add: bool = False) -> bool:
    """Return whether a server may show a value for one that was sent.

    Texts may be trimmed, in another case or in another Unicode form; decimal numbers in texts may
    get further zeros; numbers may be written as text, and fractions rounded to a millionth; dates
    may be in another notation; arrays may be in another order, unless they have fractions, as
    coordinates have; objects may have further fields, and ids of the server's, or lack some; an
    empty value may be null. The name of another thing may be shown as that thing, and several names
    as those that exist.
    """
    is_empty = not sent and not shown and not isinstance(sent, bool | int | float)
    if is_empty or _is_expanded(sent, shown):
        return True
    kinds = (type(sent), type(shown))
    if kinds == (dict, dict):
        names = sent.keys() & shown.keys() - {"id"}
        same = (is_same(sent[name], shown[name], may_add=may_add) for name in names)
        return bool(shown) and all(same)
    if kinds == (list, list):
        return _has_same_items(sent, shown, may_add=may_add)
    if kinds == (str, str):
        return _plain(sent) == _plain(shown) or is_same_time(sent, shown) or _is_padded(sent, shown)
    if bool in kinds:
        return str(sent).lower() == str(shown).lower() or bool(sent == shown)
    return _is_near(sent, shown) or bool(sent == shown)


def _has_same_items(sent: list[Any], shown: list[Any], *, may_add: bool) -> bool:
    if any(isinstance(each, float) for each in sent):
        return len(sent) == len(shown) and all(map(is_same, sent, shown))
    is_longer = may_add and len(sent) < len(shown)
    found = (any(is_same(each, other) for other in shown) for each in sent)
    return (is_longer or len(sent) == len(shown)) and all(found)


def is_same_documented(schema: Schema, sent: Any, shown: Any) -> bool:
    """Return whether a server may show a value for one that its documentation partly excludes."""
    written = write_alike(schema, sent)
    found = [each for each in violations(schema, written) if each.keyword != "required"]
    kept = sent
    for each in found:
        names = tokens(each.pointer)
        if not names or not isinstance(resolve(sent, pointer(names[:-1]), default=None), dict):
            return True
        kept = change_at(kept, names[:-1], remove(names[-1]))
    return bool(found) and is_same(kept, shown)


def write_alike(schema: Schema, value: Any) -> Any:
    """Return a scalar that was sent, a number as text or the other way round if only that fits."""
    if is_valid(schema, value):
        return value
    other = decode(value.encode()).value if isinstance(value, str) else json.dumps(value)
    is_scalar = isinstance(other, str | int | float)
    return other if is_scalar and is_valid(schema, other) else value


def list_field_schemas(schema: Schema, name: str) -> list[Schema]:
    """Return the schemas of a field of a body, or else of the objects in the body."""

    def find_in(forms: Iterable[Schema]) -> list[Schema]:
        return [child(f, "properties", name) for f in forms if name in f.get("properties", ())]

    own = describe_forms(schema)
    inner = (child(form, "properties", n) for form in own for n in form.get("properties", ()))
    return find_in(own) or find_in(form for each in inner for form in describe_forms(each))


def _is_expanded(sent: Any, shown: Any) -> bool:
    """Return whether objects are shown for the names or ids that were sent."""
    if isinstance(sent, list) and isinstance(shown, list):
        pairs = [(one, other) for one in sent for other in shown]
        return bool(pairs) and all(_is_expanded(one, other) for one, other in pairs)
    return isinstance(shown, dict) and isinstance(sent, str | int)


def _is_near(sent: Any, shown: Any) -> bool:
    try:
        if _WHOLE.fullmatch(str(sent)) and _WHOLE.fullmatch(str(shown)):
            return int(sent) == int(shown)
        return isclose(float(sent), float(shown), rel_tol=1e-6, abs_tol=1e-9)
    except (TypeError, ValueError, OverflowError):
        return False


def is_same_time(sent: str, shown: str) -> bool:
    """Return whether two texts are the same time in any notation, to the second."""
    one, other = read_time(sent), read_time(shown)
    if one is None or other is None:
        return False
    if (one.tzinfo is None) != (other.tzinfo is None):
        one, other = one.replace(tzinfo=None), other.replace(tzinfo=None)
    return abs((one - other).total_seconds()) < 1


def read_time(text: str) -> datetime | None:
    """Return the time that a text is (ISO 8601), or None."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def is_rounded(shown: Any, own: Any) -> bool:
    """Return whether a number is another one, rounded."""
    if type(shown) not in (int, float) or type(own) is not float:
        return False
    digits = len(str(shown).partition(".")[2].removesuffix("0"))
    return bool(round(own, digits) == shown)


def _is_padded(sent: str, shown: str) -> bool:
    """Return whether both are the same decimal number; the shown one has lost no digit."""
    both = _DECIMAL.fullmatch(sent), _DECIMAL.fullmatch(shown)
    return all(both) and Decimal(sent) == Decimal(shown) and len(sent) <= len(shown)


def _plain(text: str) -> str:
    return normalize("NFKC", text).strip().rstrip("/").casefold()
