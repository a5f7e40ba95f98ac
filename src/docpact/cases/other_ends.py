"""The two ends of a range, such as `start` and `end`: values of both are in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import permutations, product
from typing import Any, Final

from docpact.cases.parts import put
from docpact.cases.wire import can_be_documented, query_of
from docpact.model import Case, Expected, Operation, Parameter
from docpact.model.path import snake_case
from docpact.model.pointer import Tokens, change_at, mapping_of, pointer, resolve

LOWER: Final = frozenset({"min", "minimum", "after", "since", "from", "gte", "gt", "start"})
UPPER: Final = frozenset({"max", "maximum", "before", "until", "to", "lte", "lt", "end"})
"""Words of the names of parameters that bound items from below and from above."""

_FIRST: Final = LOWER | {
    *("starts", "started", "begin", "begins", "began", "first", "oldest", "earliest", "lower"),
    *("low", "lowest", "in", "open", "opens", "opening", "issue", "issued", "effective"),
}
_LAST: Final = UPPER | {
    *("ends", "ended", "finish", "finished", "last", "newest", "latest", "upper", "till", "stop"),
    *("high", "highest", "out", "close", "closes", "closing", "due", "expires", "expiry"),
}
"""Words in which the names of both ends of a range differ."""


def keep_in_order(operation: Operation, case: Case) -> Case:
    """Return a case of one end of a range with the other end close by, if every request has it.

    A server may refuse a range that ends before it starts, and one that is too long. Where no
    documented value lies beside the one that the case tests, nothing is expected of the case.
    """
    tested = case.expectation.parameter
    if tested is None or case.expectation.answer is not Expected.ACCEPTED:
        return case
    for parameter in operation.query_parameters:
        step = _read_step(tested, parameter.name)
        if step and _move(operation.given.get(parameter.name, ""), step) is not None:
            text = _find_value(parameter, case.query[0][1], step)
            if text is None:
                expectation = replace(case.expectation, answer=Expected.UNSPECIFIED)
                return replace(case, expectation=expectation)
            question = replace(case.question, query=(*case.query, *query_of(parameter, text)))
            return replace(case, question=question)
    return case


def order_texts(operation: Operation, texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of parameters, with the ends of each range one step apart and in order.

    Args:
        operation: has the parameters.
        texts: parameter → its text in every request.
    """
    ordered = dict(texts)
    given = [each for each in operation.parameters if each.name in texts]
    for first, last in permutations(given, 2):
        if _read_step(first.name, last.name) > 0:
            low, high = texts[first.name], texts[last.name]
            above, below = _find_value(last, low, 1), _find_value(first, high, -1)
            if above is not None:
                ordered[last.name] = above
            elif below is not None:
                ordered[first.name] = below
            elif can_be_documented(first, high) and can_be_documented(last, low):
                ordered[first.name], ordered[last.name] = high, low
    return ordered


def order_fields(body: Any, is_documented: Callable[[Any], bool], where: Tokens = ()) -> Any:
    """Return a body in which the ends of each range are one step apart and in order.

    Args:
        body: decoded.
        is_documented: whether a changed body is as documented.
        where: path of the part in which ranges are looked for.
    """
    part = resolve(body, pointer(where), default=None)
    for step in range(len(part)) if isinstance(part, list) else mapping_of(part):
        body = order_fields(body, is_documented, (*where, step))
    fields = mapping_of(part)
    firsts = [name for name in fields if not _FIRST.isdisjoint(_split(name))]
    for first, last in product(firsts, fields):
        if _read_step(first, last) > 0:
            moved = (last, _move(fields[first], 1)), (first, _move(fields[last], -1))
            usable = [(name, value) for name, value in moved if value is not None]
            found = (change_at(body, (*where, name), put(value)) for name, value in usable)
            body = next(filter(is_documented, found), body)
    return body


def _read_step(name: str, other: str) -> int:
    """Return the direction from one end of a range to the other end, or 0 for other names."""
    words, others = _split(name), _split(other)
    different = [pair for pair in zip(words, others, strict=False) if pair[0] != pair[1]]
    if len(words) != len(others) or len(different) != 1 or words[-1] in ("id", "ids"):
        return 0
    own, opposite = different[0]
    return (own in _FIRST and opposite in _LAST) - (own in _LAST and opposite in _FIRST)


def _split(name: str) -> list[str]:
    return snake_case(name).strip("_").split("_")


def _find_value(parameter: Parameter, text: str, step: int) -> str | None:
    """Return a documented value of a parameter that lies a step beside another, or None."""
    moved = _move(text, step)
    is_documented = moved is not None and can_be_documented(parameter, moved)
    return moved if is_documented and not parameter.is_array else None


def _move(value: Any, step: int) -> Any:
    """Return a number, a date or a time some steps later, as it is written; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if not isinstance(value, str):
        return value + step
    for move in (_move_number, _move_date, _move_time):
        with suppress(ValueError, ArithmeticError):
            return move(value, step)
    return None


def _move_number(text: str, step: int) -> str:
    return f"{Decimal(text) + step:f}"


def _move_date(text: str, days: int) -> str:
    return (date.fromisoformat(text) + timedelta(days=days)).isoformat()


def _move_time(text: str, hours: int) -> str:
    moved = datetime.fromisoformat(text.upper()) + timedelta(hours=hours)
    return moved.isoformat().replace("+00:00", "Z")
