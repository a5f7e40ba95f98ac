"""Constraint lines: glued keyword and value, one a line, below a signature."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from docpact.bodies.engine import is_valid
from docpact.bodies.formats import STANDARD
from docpact.capture.layout.example import decode_value
from docpact.capture.layout.lines import Line
from docpact.capture.layout.signature import (
    Array,
    Enum,
    Map,
    Named,
    Scalar,
    Signature,
    Type,
    Union,
    Unknown,
    innermost,
)
from docpact.errors import PageError

CONSTRAINTS: Final = {
    "format": "string",
    "minLength": "string",
    "maxLength": "string",
    "minimum": "number",
    "maximum": "number",
    "exclusiveMinimum": "number",
    "exclusiveMaximum": "number",
    "minItems": "array",
    "maxItems": "array",
    "default": "any",
}
"""Constraint → the type it applies to."""

_PAIRS: Final = (
    *(("minLength", "maxLength"), ("minItems", "maxItems")),
    *product(("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")),
)
"""Keywords of a lower and of an upper bound."""

UNSUPPORTED: Final = ("pattern", "multipleOf", "uniqueItems", "minProperties", "maxProperties")
"""Constraints that a page may print but a contract does not support; each becomes a gap."""

_KNOWN: Final = re.compile(rf"({'|'.join(CONSTRAINTS)})(\S.*)")
_UNSUPPORTED_LINE: Final = re.compile(rf"(?:{'|'.join(UNSUPPORTED)})(?! ).+")
_TRAILED: Final = re.compile(rf"(?:{'|'.join(CONSTRAINTS)})-?[0-9].* .*")
_GLUED: Final = re.compile(
    r"(?i:(?:min|max|exclusive|format|pattern|multiple|default|unique)\S*)|[a-z]+[\d\"^]\S*"
)
_LABELS: Final = re.compile(r"(?:[A-Z][a-z]+){2,}")
"""Labels of tabs above an example, glued together by a copy."""

_END_OF_PROSE: Final = re.compile(r"\"|[A-Za-z]+[.,:;!?)]+")
_LISTED: Final = rf"(?:{'|'.join((*CONSTRAINTS, *UNSUPPORTED))}): "
_LISTED_LINE: Final = re.compile(rf"{_LISTED}\S.*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,300})(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint line.

    Attributes:
        keyword: of JSON Schema; empty for a constraint that contracts do not support.
        value: decoded; for an unsupported constraint, the text of the gap.
    """

    line: int
    keyword: str
    value: Any


def add_constraint(signature: Signature, line: Line, constraints: list[Constraint]) -> bool:
    """Read a line and append its constraint; return False for a line of prose."""
    constraint = _read_constraint(signature, line)
    if constraint is None:
        return False
    constraints.append(constraint)
    _check_bounds(constraints)
    return True


def read_listed(signature: Signature, line: Line, constraints: list[Constraint]) -> bool:
    """Read a line such as `minimum: 1, maximum: 1000`; return False for a line of prose."""
    if not _LISTED_LINE.fullmatch(line.text):
        return False
    for part in re.split(rf", (?={_LISTED})", line.text):
        keyword, _, text = part.partition(": ")
        if keyword in UNSUPPORTED:
            constraints.append(_refuse(line, part))
        else:
            constraints.append(_read_known(signature, line, keyword, text))
            _check_bounds(constraints)
    return True


def applies_to(keyword: str, kind: Type) -> bool:
    """Return whether a constraint applies to values of a type themselves, not to their parts."""
    return isinstance(kind, Scalar) and kind.name == CONSTRAINTS[keyword]


def _read_constraint(signature: Signature, line: Line) -> Constraint | None:
    """Read a line as a constraint; return None for a line of prose."""
    if _TRAILED.fullmatch(line.text):
        raise PageError(line.number, f"expected a constraint without blanks, found {line.text!r}")
    is_prose = " " in line.text and not line.text.startswith('default"')
    if is_prose or _END_OF_PROSE.fullmatch(line.text):
        return None
    if _UNSUPPORTED_LINE.fullmatch(line.text):
        return _refuse(line, line.text)
    match = _KNOWN.fullmatch(line.text)
    if match is None:
        is_glued = _GLUED.fullmatch(line.text) and not _LABELS.fullmatch(line.text)
        if is_glued or line.text.startswith('"'):
            problem = f"unknown line {line.text!r}; expected one of {', '.join(CONSTRAINTS)}"
            raise PageError(line.number, problem)
        return None
    return _read_known(signature, line, match[1], match[2])


def _refuse(line: Line, text: str) -> Constraint:
    return Constraint(line.number, "", f"{text}: not supported in contracts")


def _read_known(signature: Signature, line: Line, keyword: str, text: str) -> Constraint:
    wanted = CONSTRAINTS[keyword]
    if keyword == "format" and text not in STANDARD:
        return Constraint(
            line.number, "", f"format {text}: not a format of JSON Schema, so not checked"
        )
    types, kind = _types(signature.type), innermost(signature.type)
    if keyword == "format" and isinstance(kind, Enum):
        for literal in kind.literals:
            if not is_valid({"format": text}, literal):
                problem = f"format {text}: {literal!r} does not have it, so not checked"
                return Constraint(line.number, "", problem)
    if wanted not in ("any", *types):
        if keyword == "format" or isinstance(kind, Unknown | Named):
            text = f"{keyword} {text}: for a type that it does not apply to, so not checked"
            return Constraint(line.number, "", text)
        problem = f"{keyword} applies to type {wanted}, which {signature.name!r} does not have"
        raise PageError(line.number, problem)
    if wanted != "array" and types.count(wanted) > 1:
        return Constraint(line.number, "", f"{keyword}{text}: which of the forms it applies to")
    return Constraint(line.number, keyword, _value(signature, keyword, line, text))


def _types(kind: Type) -> tuple[str, ...]:
    match kind:
        case Array():
            return ("array", *_types(kind.of))
        case Map():
            return _types(kind.of)
        case Union():
            return tuple(name for each in kind.members for name in _types(each))
        case Scalar():
            return (kind.name,)
        case Enum():
            return ("string",)
        case _:
            return ()


def _value(signature: Signature, keyword: str, line: Line, text: str) -> Any:
    if keyword == "format":
        return text
    if keyword == "default":
        return _default(signature, line, text)
    whole = keyword.endswith(("Length", "Items"))
    if not _NUMBER.fullmatch(text) or (whole and not text.isdecimal()):
        kind = "a whole number" if whole else "a number"
        raise PageError(line.number, f"{keyword} is {text!r}; expected {kind}")
    return json.loads(text)


def _default(signature: Signature, line: Line, text: str) -> Any:
    kind = signature.type
    try:
        value = decode_value(text)
    except ValueError:
        value = None if text.startswith('"') else text
    is_text = isinstance(kind, Enum) or kind == Scalar("string")
    if is_text and (isinstance(value, str) or not text.startswith('"')):
        return value if isinstance(value, str) else text
    expected = {"number": (int, float), "boolean": (bool,)}
    if isinstance(kind, Scalar) and type(value) in expected.get(kind.name, ()):
        return value
    if not isinstance(kind, Scalar | Enum):
        return value
    raise PageError(line.number, f"the default {text!r} is not a value of {signature.name!r}")


def _check_bounds(constraints: Sequence[Constraint]) -> None:
    last = constraints[-1]
    if not last.keyword:
        return
    values = {each.keyword: each.value for each in constraints[:-1]}
    if last.keyword in values:
        raise PageError(last.line, f"a second {last.keyword}")
    values[last.keyword] = last.value
    for low, high in _PAIRS:
        if last.keyword not in (low, high) or not {low, high} <= values.keys():
            continue
        lower, upper = values[low], values[high]
        if lower >= upper and "exclusive" in f"{low}{high}":
            raise PageError(last.line, f"{low} {lower} and {high} {upper} leave no value")
        if lower > upper:
            raise PageError(last.line, f"{low} {lower} is more than {high} {upper}")


def check_default(
    signature: Signature, literals: tuple[str, ...], constraints: Sequence[Constraint]
) -> None:
    """Raise PageError for a default that its own field does not allow."""
    default = next((each for each in constraints if each.keyword == "default"), None)
    if default is None:
        return
    limits = [each for each in constraints if each.keyword not in ("", "default", "format")]
    broken = [
        f"{each.keyword} {each.value}"
        for each in limits
        if not is_valid({each.keyword: each.value}, default.value)
    ]
    if isinstance(signature.type, Enum) and default.value not in literals:
        broken.append(f"its values {', '.join(literals)}")
    if broken:
        problem = f"the default {default.value!r} of {signature.name!r} breaks {broken[0]}"
        raise PageError(default.line, problem)
