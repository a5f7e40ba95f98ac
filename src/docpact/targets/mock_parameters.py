"""Reads the parameters of a request to a mock, and refuses undocumented values."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from math import isfinite
from typing import Any, Final

from docpact.bodies.validate import violations
from docpact.cases.wire import read_content
from docpact.model import Parameter
from docpact.model.schema import list_types


class Refused(Exception):
    """A request that gets an error response.

    Attributes:
        status: as frameworks choose it.
        detail: of the body, if none is documented.
        headers: of the response.
    """

    def __init__(self, status: int, detail: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.detail, self.headers = status, detail, headers or {}


_INTEGER: Final = re.compile("-?[0-9]{1,4000}")


_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def check_value(parameter: Parameter, text: str) -> None:
    """Raise unless a text can be read as a documented value; an empty text counts as absent."""
    if parameter.content is not None:
        if not read_content(parameter, text):
            raise refuse_parameter(parameter.name, "not the documented JSON")
        return
    schema = parameter.item_schema
    kinds = {*list_types(schema, "string")}
    if not text and "string" not in kinds:
        return
    readings: list[Any] = [text] if "string" in kinds else []
    readings += [_number(text, kinds)] if kinds & {"integer", "number"} else []
    readings += (
        [{"true": True, "false": False}.get(text.lower(), text)] if "boolean" in kinds else []
    )
    broken = [list(violations(schema, value)) for value in readings]
    if broken and all(broken):
        raise refuse_parameter(parameter.name, broken[0][0].documented)


def _number(text: str, kinds: Collection[str]) -> float | str:
    """Read a number as JSON writes it, leading zeros included; return other texts as they are."""
    if _INTEGER.fullmatch(text):
        return int(text)
    if "number" in kinds and _NUMBER.fullmatch(text) and isfinite(number := float(text)):
        return number
    return text


def read_length(text: str | None) -> int | None:
    """Return the length of a page that a parameter asks for; None for another text or none."""
    number = _number(text or "", ("number",))
    return None if isinstance(number, str) else int(number)


def refuse_parameter(name: str, problem: str) -> Refused:
    """Return the error for a parameter that is not as documented, as frameworks write it."""
    return Refused(422, [{"loc": ["query", name], "msg": problem, "type": "value_error"}])
