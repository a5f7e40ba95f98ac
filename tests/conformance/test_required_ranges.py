"""Ranges whose two ends every request must have: a server may refuse an end before the start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import pytest
from lists import Handler, Query, breaking, check, contract

from docpact.cases.sampling import sample_given
from docpact.model import Operation

KINDS: Final[dict[str, tuple[dict[str, Any], Callable[[str], Any]]]] = {
    "date": ({"type": "string", "format": "date"}, date.fromisoformat),
    "date-time": (
        {"type": "string", "format": "date-time"},
        lambda text: datetime.fromisoformat(text.upper().replace(":60", ":59")),
    ),
    "number": ({"type": "number", "minimum": 0, "maximum": 90}, Decimal),
    "integer": ({"type": "integer", "minimum": 1}, int),
}
NAMES: Final = (("from", "to"), ("startDate", "endDate"), ("filter[gte]", "filter[lte]"))


def counts(names: tuple[str, str], kind: str) -> Operation:
    schema, _ = KINDS[kind]
    operation = contract(dict.fromkeys(names, schema), {"key": {"type": "string"}})
    required = tuple(replace(each, required=True) for each in operation.parameters)
    operation = replace(operation, parameters=required)
    return replace(operation, given=sample_given(operation))


def serve(
    names: tuple[str, str], kind: str, also: Callable[[str, str], bool] = lambda *_: True
) -> Handler:
    def answer(query: Query) -> tuple[int, Any]:
        try:
            first, last = (KINDS[kind][1](query[name]) for name in names)
            is_valid = first < last and (kind != "number" or (first >= 0 and last <= 90))
            is_valid = is_valid and (kind != "integer" or first >= 1)
        except (KeyError, ValueError, ArithmeticError, TypeError):
            is_valid = False
        if not is_valid or not also(*(query[name] for name in names)):
            return 400, {"detail": "not a valid range"}
        return 200, [{"key": "a"}]

    return answer


@pytest.mark.parametrize("names", NAMES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_a_range_that_ends_before_it_starts_may_be_refused(
    names: tuple[str, str], kind: str
) -> None:
    assert breaking(check(counts(names, kind), serve(names, kind))) == []


def test_a_documented_end_of_a_range_is_accepted() -> None:
    """The server refuses leap days."""
    names = NAMES[0]
    run = check(counts(names, "date"), serve(names, "date", lambda *ends: "2024-02-29" not in ends))
    assert ("query.accepts", "query/to") in breaking(run)
