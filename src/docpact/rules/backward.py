"""Pages before an item, as `ending_before` of lists by ids requests them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from docpact.cases.wire import query_case
from docpact.model import Case, Expectation, Expected, Operation, Parameter, Promise, Query
from docpact.model.paging import BACKWARD, plain
from docpact.model.pointer import resolve
from docpact.rules.evidence import Evidence
from docpact.rules.pages import Item, as_text, find_base
from docpact.rules.rule import Broken, Judged, group_breaches, rule
from docpact.rules.walks import Ending

BEFORE: Final = 5
"""Number of items before the one that is named."""

SIZE: Final = 3
"""Number of items on the requested page: not all of them."""

_SAYS: Final = re.compile(r"\b(before|previous|preced)", re.IGNORECASE)


def find_backward(operation: Operation) -> Parameter | None:
    """Return the parameter that names the item after a page, if its description says so."""
    roles = operation.roles
    named = [p for p in operation.query_parameters if plain(p.name) in BACKWARD]
    stated = [each for each in named if _SAYS.search(each.description)]
    return stated[0] if stated and roles.id and roles.last_id_parameter else None


def backward_cases(operation: Operation, items: Sequence[Item]) -> Iterator[Case]:
    """Yield the request for the page before one of the first items of a list."""
    parameter, size = find_backward(operation), operation.roles.size_parameter
    if parameter is not None and len(items) > BEFORE and (text := items[BEFORE].id):
        query = ((parameter.name, text), *([(size, str(SIZE))] if size else []))
        yield query_case(query, Expectation(Expected.UNSPECIFIED, parameter.name, "type"))


def cut_backward(operation: Operation, items: Sequence[Any], query: Query, size: int) -> Any:
    """Return the items of a mock's list that a query leaves: those of the page before an item."""
    parameter = find_backward(operation)
    ids = [as_text(resolve(each, operation.roles.id or "")) for each in items] if parameter else []
    text = dict(query).get(parameter.name) if parameter else None
    return items[max(0, ids.index(text) - size) : ids.index(text)] if text in ids else items


@rule("paging.before", "A client that goes back sees other items than those it came from.")
def judge_before(evidence: Evidence) -> Iterator[Judged]:
    """The page before an item shows the items before it."""
    operation, parameter = evidence.operation, find_backward(evidence.operation)
    if parameter is None:
        return
    base = find_base(operation)
    whole = [w for w in evidence.walks if w.filters == base and w.ending is Ending.END]
    is_steady = len(whole) > 1 and all(one.ids == other.ids for one, other in pairwise(whole))
    where, broken, asked = f"query/{parameter.name}", [], 0
    for walk in evidence.walks if is_steady else ():
        query, shown = dict(walk.case.query), walk.pages[0].ids
        others = {*query.items()} - {(operation.roles.size_parameter, str(SIZE))}
        text = query.get(parameter.name)
        if text not in whole[0].ids or len(others) > 1:
            continue
        before = whole[0].ids[: whole[0].ids.index(text)]
        asked += 1
        if {*shown} != {*before[-len(shown) :]} or not shown:
            observed = f"not the items before it for {walk.case.label}"
            broken.append(Broken(walk.pages[0].exchange, where, observed))
    source = operation.parameter_source(parameter.name)
    promise = Promise("paging.before", where, "the items before the one that is named", source)
    yield promise, asked, group_breaches(broken, asked)
