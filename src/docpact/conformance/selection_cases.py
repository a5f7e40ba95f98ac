"""Cases that choose the fields of a response, on one page and on several."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from docpact.cases.wire import can_be_documented, query_case
from docpact.conformance.observations import Observations
from docpact.model import Case, Expectation, Expected, Operation, Query
from docpact.rules.field_choices import Selection, find_selections


def selection_cases(operation: Operation) -> Iterator[Case]:
    """Yield two choices of fields for each parameter, unless it adds those of an enumeration."""
    for selection in find_selections(operation):
        if not (selection.adds and selection.is_listed):
            for query in _list_choices(selection):
                expected = Expectation(Expected.UNSPECIFIED, selection.parameter.name, "type")
                yield query_case(query, expected)


def _list_choices(selection: Selection) -> Iterator[Query]:
    parameter, names = selection.parameter, selection.names[:2]
    several = selection.takes_several
    for chosen in (names[:1], names if several else names[1:]):
        texts = chosen if parameter.is_array else (",".join(chosen),)
        if chosen and all(can_be_documented(parameter, text) for text in texts):
            yield tuple((parameter.name, text) for text in texts)


def paged_selection_cases(seen: Observations) -> Iterator[Case]:
    """Yield the first choice of fields of each parameter, on pages of a third of the usual size."""
    name = seen.operation.roles.size_parameter
    usual = next((w for w in seen.walks if not w.case.query and len(w.pages[0].items) > 2), None)
    size = len(usual.pages[0].items) // 3 if usual else 0
    if name is None or not seen.may_ask(size) or not size:
        return
    for selection in find_selections(seen.operation):
        for query in [*_list_choices(selection)][:1]:
            expected = Expectation(Expected.UNSPECIFIED, selection.parameter.name, "type")
            yield replace(query_case((*query, (name, str(size))), expected), pages=2)
