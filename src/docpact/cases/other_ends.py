"""The other end of a range that every request has, moved so that both ends stay in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any, Final

from docpact.cases.wire import can_be_documented, is_numeric, query_of
from docpact.model import Case, Expected, Operation, Parameter
from docpact.model.path import snake_case

_ENDS: Final = (
    *(("from", "to"), ("start", "end"), ("begin", "end"), ("since", "until")),
    *(("after", "before"), ("min", "max"), ("minimum", "maximum"), ("gte", "lte"), ("gt", "lt")),
    *(("first", "last"), ("oldest", "latest"), ("earliest", "latest"), ("lower", "upper")),
)
"""Words that the names of both ends of a range differ in, that of the lower end first."""


def keep_in_order(operation: Operation, case: Case) -> Case:
    """Return a case of one end of a range with the other end close by.

    A server may refuse a range that ends before it starts, and one that is too long. Where no
    documented value lies beside the one that the case tests, nothing is expected of the case.
    """
    tested = case.expectation.parameter
    if tested is None or case.expectation.answer is not Expected.ACCEPTED:
        return case
    for parameter in operation.query_parameters:
        is_given = parameter.name in operation.given
        step = _read_step(tested, parameter.name) if is_given else 0
        if step and (is_numeric(parameter) or parameter.item_schema.get("format") in _MOVES):
            text = _move(parameter, case.query[0][1], step)
            if text is None:
                expectation = replace(case.expectation, answer=Expected.UNSPECIFIED)
                return replace(case, expectation=expectation)
            question = replace(case.question, query=(*case.query, *query_of(parameter, text)))
            return replace(case, question=question)
    return case


def order_ends(operation: Operation, texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of parameters, with the ends of each range one step apart and in order.

    Args:
        operation: has the parameters.
        texts: parameter → its text in every request.
    """
    ordered = dict[str, Any](texts)
    given = [each for each in operation.query_parameters if each.name in texts]
    for lower, upper in permutations(given, 2):
        if _read_step(lower.name, upper.name) > 0:
            low, high = texts[lower.name], texts[upper.name]
            above, below = _move(upper, low, 1), _move(lower, high, -1)
            swapped = _move(lower, high, 0), _move(upper, low, 0)
            pairs = (low, above), (below, high), swapped
            found = next((pair for pair in pairs if None not in pair), (low, high))
            ordered[lower.name], ordered[upper.name] = found
    return ordered


def _read_step(name: str, other: str) -> int:
    """Return the direction from one end of a range to the other end, or 0 for other parameters."""
    words = f"_{snake_case(name)}_"
    for lower, upper in _ENDS:
        for own, opposite, step in ((lower, upper, 1), (upper, lower, -1)):
            if f"_{own}_" in words:
                moved = words.replace(f"_{own}_", f"_{opposite}_")
                if moved.strip("_") == snake_case(other).strip("_"):
                    return step
    return 0


def _move(parameter: Parameter, text: str, step: int) -> str | None:
    """Return a documented value of a parameter that lies a step beside another, or None."""
    if parameter.is_array or parameter.content is not None:
        return None
    kind = parameter.item_schema.get("format", "")
    move = _move_number if is_numeric(parameter) else _MOVES.get(kind)
    try:
        moved = move and move(text, step)
    except (ValueError, ArithmeticError):
        return None
    return moved if moved and can_be_documented(parameter, moved) else None


def _move_number(text: str, step: int) -> str:
    return f"{Decimal(text) + step:f}"


def _move_date(text: str, step: int) -> str:
    return (date.fromisoformat(text) + timedelta(days=step)).isoformat()


def _move_time(text: str, step: int) -> str:
    return (datetime.fromisoformat(text.upper()) + timedelta(hours=step)).isoformat()


_MOVES: Final[Mapping[str, Callable[[str, int], str]]] = {
    "date": _move_date,
    "date-time": _move_time,
}
"""Format → the function that moves a text of it by a day or an hour."""
