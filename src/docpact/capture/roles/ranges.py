"""Parameters that bound items, inferred from names, enumerations and descriptions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from docpact.bodies.engine import is_valid
from docpact.capture.roles.item_fields import Fields, describe_role, read_subject
from docpact.capture.roles.paging import DATES, NUMBERS
from docpact.cases.other_ends import LOWER, UPPER
from docpact.model.path import snake_case
from docpact.model.schema import Schema, find_types

_LOWER: Final = LOWER | {"started", "von", "ab", "seit", "desde"}
_UPPER: Final = UPPER | {"ended", "bis", "hasta"}

_AROUND: Final = frozenset({"on", "or", "at", "date", "time", "datetime", "timestamp"})
"""Words beside those in names of bounds that name no field: `on_or_after`, `start_time`."""

_SAYS_LOWER: Final = re.compile(
    r"\b(after|since|from|later|newer|least|min(imum)?|greater|above|over|lower bound|start"
    r"|lowest|smallest|earliest)\b|[>≥]"
)
_SAYS_UPPER: Final = re.compile(
    r"\b(before|until|earlier|older|most|max(imum)?|less|below|under|up to|upper bound|end"
    r"|highest|greatest|largest|latest)\b|[<≤]"
)

BOUND: Final = re.compile(r"\b(lower|upper) bound\b", re.IGNORECASE)
"""The words of a description of a bound, and not of a value that items have."""

_INCLUDE: Final = frozenset({"include", "including", "with", "show"})
_SAYS_FLAG: Final = {
    True: re.compile(r"\bonly\b"),
    False: re.compile(r"\b(includ(e|es|ing)|also|show|with)\b"),
}
"""Whether a flag is a lower bound of another → descriptions that say so."""

_INCLUDES: Final = re.compile(
    r"\bincluded?(s|ing)?\b|\balso (show|list|return)s?\b|\b(shown|\w+ed) (as well|too)\b"
)
_SELECTS: Final = re.compile(
    r"(optional(ly)? )?filters? (\w+ )?(by|on|for)\b"
    r"|whether (a|an|the|each) (\w+ ){1,2}(is|are|was|has) (?!included\b)"
)
"""Beginnings of descriptions of a flag that selects by a value, whatever that value includes."""

_OF_FIELDS: Final = re.compile(
    r"\b(fields?|propert(y|ies)|attributes?|details?)\b|\bin (the |each |every )?"
    r"(\w+ )?(response|output|body|payload|results?|items?|objects?)\b"
)

_INCLUSIVE: Final = re.compile(
    r"\bat (least|most)\b|\binclusive(ly)?\b|\b(on|at) or (after|before)\b|[\u2264\u2265]|[<>]="
    r"|\bup to and including\b"
    r"|\bor (equal|more|less|fewer|later|earlier|greater|higher|lower|above|below|newer|older)\b"
)
_EXCLUSIVE: Final = re.compile(
    r"\bexclusive(ly)?\b|\bstrictly\b|(?<!no )\b(greater|more|less|fewer) than\b(?! or\b)"
)

_LIMITED: Final = re.compile(
    r"\b(max(imum)?|longest|largest|default) ((date|time) )?(range|window|interval|period|span)\b"
    r"|\b(range|window|interval|period|span)\b[^.]{,60}\b(at most|exceed|limited to|longer than)\b"
)
"""Descriptions of a bound that a server completes by another one."""

_SAYS_EPOCH: Final = re.compile(r"\b(unix|epoch|posix)\b|\bsince 1970\b")
_SAYS_MILLISECONDS: Final = re.compile(r"\b(milliseconds?|millis|ms)\b")

_SIGNS: Final = {"gte": True, "lte": True, "gt": False, "lt": False}
"""Words of a name that say whether the value itself is inside."""

_TIME: Final = re.compile(r"(_date)?_?(at|on|date|time|datetime|timestamp|am|um|datum|zeit)$")

_DECIMALS: Final = ("1234.50", "1234.5")
_NO_DECIMALS: Final = ("a", "1.2.3", "12:50", "12-50")
"""Texts that a pattern of decimal numbers refuses."""


def read_bound(name: str, schema: Schema, item: Fields, text: str) -> dict[str, Any] | None:
    """Return the field that a parameter with a description bounds, with the evidence, or None.

    A bound is documented where the description names the field and the direction. In a range of
    limited length, one bound alone promises nothing.
    """
    text = text.lower()
    unit = _read_unit(schema, text)
    bound = _read_flag(name, schema, item, text) or _find_bounded(name, schema, item, text)
    if bound is None or _LIMITED.search(text):
        return None
    field, is_lower = bound
    is_stated = _states(text, field, is_lower=is_lower)
    value = {"field": item[field].where, "lower": is_lower}
    if unit and find_types(item[field].schema) == {"string"}:
        value["unit"] = unit
    signs = [_SIGNS[word] for word in split_name(name) if word in _SIGNS]
    inclusive = _states_inclusive(text)
    if inclusive is not None or signs:
        value["inclusive"] = signs[0] if inclusive is None else inclusive
    return describe_role(value, "the name", is_stated=is_stated)


def may_include(schema: Schema, text: str) -> bool:
    """Return whether a parameter is a flag that adds items or fields, as its description says."""
    text = text.lower()
    selects = _SELECTS.match(text) or _SAYS_FLAG[True].search(text)
    return find_types(schema) == {"boolean"} and not selects and bool(_INCLUDES.search(text))


def _read_flag(name: str, schema: Schema, item: Fields, text: str) -> tuple[str, bool] | None:
    """Return the flag of the items that a flag limits: at most `deleted` by `include_deleted`.

    The time of a `deleted_at` is such a flag, too.
    """
    first, *rest = snake(name).split("_")
    is_lower = first == "only" or rest[-1:] == ["only"]
    adds_items = may_include(schema, text) and not _OF_FIELDS.search(text)
    if find_types(schema) != {"boolean"} or not (is_lower or first in _INCLUDE or adds_items):
        return None
    named = "_".join(word for word in (first, *rest) if word not in {"only", *_INCLUDE})
    found = [
        each
        for each, field in item.items()
        if (find_types(field.schema) == {"boolean"} and snake(each).removeprefix("is_") == named)
        or (field.schema.get("format") == "date-time" and snake(each) == f"{named}_at")
    ]
    return (found[0], is_lower) if len(found) == 1 else None


def _find_bounded(name: str, schema: Schema, item: Fields, text: str) -> tuple[str, bool] | None:
    """Return the field that a parameter bounds by its name, and whether from below.

    A description may name the field instead, and must if a field has the parameter's name. Without
    one, `since` bounds the only time.
    """
    words, bounds = split_name(name), {*BOUND.findall(text)}
    unit = _read_unit(schema, text)
    asked = {"type": "string", "format": DATES[1]} if unit else schema
    kinds = [schema, asked] if unit else [schema]
    usual = [n for n, e in item.items() if any(_is_bounded(k, n, e.schema) for k in kinds)]
    stated = [n for n in usual if names_field(text, n)]
    if name in item:
        is_one = len(stated) == len(bounds) == 1
        return (stated[0], bounds == {"lower"}) if is_one else None
    for word, rest in ((words[0], words[1:]), (words[-1], words[:-1])):
        if word in _LOWER | _UPPER and rest and (field := find_field("_".join(rest), usual)):
            return field, word in _LOWER
    sides = [word for word in words if word in _LOWER | _UPPER]
    others = [word for word in words if word not in {*sides, *_AROUND}]
    may_be_only = asked.get("format") in DATES and not others
    stated = stated or (usual if may_be_only else [])
    is_one = len(sides) == len(stated) == 1 and len(others) <= 1
    return (stated[0], sides[0] in _LOWER) if is_one else None


def _read_unit(schema: Schema, text: str) -> str | None:
    """Return the unit of a number that states a time, as its description says; or None."""
    if not find_types(schema) <= NUMBERS or not _SAYS_EPOCH.search(text):
        return None
    return "milliseconds" if _SAYS_MILLISECONDS.search(text) else "seconds"


def split_name(name: str) -> list[str]:
    """Return the words of the name of a parameter."""
    return snake(_spell_sign(read_subject(name))).split("_")


def _spell_sign(name: str) -> str:
    """Return a name with its last sign as a word: `start_gte` for `start>=`."""
    sign = re.search(r"([<>])(=?)$", name)
    word = sign and f"_{'g' if sign[1] == '>' else 'l'}t{'e' if sign[2] else ''}"
    return f"{name[: sign.start()]}{word}" if sign else name


def find_field(named: str, fields: Sequence[str]) -> str | None:
    """Return the only field with a name, or with one that differs in a word such as `at`."""
    for spell in (str, snake, _stem):
        found = [name for name in fields if spell(name) == spell(named)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _is_bounded(parameter: Schema, name: str, field: Schema) -> bool:
    """Return whether a parameter may bound a field: both are numbers, or both are times."""
    asked, shown = find_types(parameter), find_types(field)
    if "enum" in parameter or "enum" in field:
        return False
    if asked and asked <= NUMBERS:
        return bool(shown) and shown <= NUMBERS
    are_decimal = _is_decimal(parameter) and _is_decimal(field) and "version" not in snake(name)
    return are_decimal or (asked == {"string"} and is_time(name, field))


def _is_decimal(schema: Schema) -> bool:
    """Return whether a text is a decimal number, by its format or its pattern."""
    takes = partial(is_valid, {"type": "string", "pattern": schema.get("pattern", "")})
    has_pattern = any(map(takes, _DECIMALS)) and not any(map(takes, _NO_DECIMALS))
    return find_types(schema) == {"string"} and (schema.get("format") == "decimal" or has_pattern)


def is_time(name: str, field: Schema) -> bool:
    """Return whether a field is a text with a time, by its format or its name."""
    is_named = field.get("format") in DATES or bool(_TIME.search(snake(name)))
    return find_types(field) == {"string"} and "enum" not in field and is_named


def _stem(name: str) -> str:
    return _TIME.sub("", snake(name)) or snake(name)


def _states_inclusive(text: str) -> bool | None:
    """Return whether a description says that the value itself is inside; None if neither."""
    found = bool(_INCLUSIVE.search(text)), bool(_EXCLUSIVE.search(text))
    return found[0] if found in ((True, False), (False, True)) else None


def _states(text: str, field: str, *, is_lower: bool) -> bool:
    """Return whether a description names a field and one direction."""
    own = field.rpartition(".")[2]
    lower, upper = _find_sides(text)
    if lower and upper:
        lower, upper = _find_sides(re.sub(rf"\b{_read_part(own)}\w*", "", text))
    if bounds := {*BOUND.findall(text)}:
        lower, upper = "lower" in bounds, "upper" in bounds
    says = (lower, upper) == (is_lower, not is_lower) or bool(_SAYS_FLAG[is_lower].search(text))
    return names_field(text, own) and says


def _find_sides(text: str) -> tuple[bool, bool]:
    """Return whether a description says a lower bound, and whether an upper one."""
    return bool(_SAYS_LOWER.search(text)), bool(_SAYS_UPPER.search(text))


def _read_part(field: str) -> str:
    """Return an expression for the words of a field, the last one without its last letters."""
    *words, last = _stem(field).removeprefix("is_").split("_")
    return " ?".join(map(re.escape, (*words, last[: max(4, len(last) - 2)])))


def names_field(text: str, field: str) -> bool:
    """Return whether a description in lower case names a field, perhaps by a form of its word."""
    return re.search(rf"(?<![^\W\d_]){_read_part(field)}", text.replace("_", " ")) is not None


def snake(name: str) -> str:
    """Return a name in snake case, without underscores around it."""
    return snake_case(name).strip("_")
