"""Cases of selections: requests for one documented field of the items, and for two."""

from __future__ import annotations

from collections.abc import Iterator

from docpact.cases.labels import query_label
from docpact.cases.wire import can_be_documented
from docpact.model import Case, Expectation, Expected, Operation, Query, Question
from docpact.rules.selections import Selection, find_selections


def selection_cases(operation: Operation) -> Iterator[Case]:
    """Yield two choices of fields for each parameter, unless it adds those of an enumeration."""
    for selection in find_selections(operation):
        if not (selection.adds and selection.is_listed):
            for query in _list_choices(selection):
                name = selection.parameter.name
                expected = Expectation(Expected.UNSPECIFIED, name, "type")
                yield Case(query_label(query), Question(query), expected)


def _list_choices(selection: Selection) -> Iterator[Query]:
    parameter, names = selection.parameter, selection.names[:2]
    several = selection.takes_several
    for chosen in (names[:1], names if several else names[1:]):
        texts = chosen if parameter.is_array else (",".join(chosen),)
        if chosen and all(can_be_documented(parameter, text) for text in texts):
            yield tuple((parameter.name, text) for text in texts)
