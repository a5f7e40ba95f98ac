"""Requests beyond the end of a list, and limits of the whole list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from docpact.cases.wire import can_be_documented, query_case
from docpact.model import Case, Expectation, Expected, Operation, Promise, Query
from docpact.model.paging import read_number
from docpact.rules.evidence import Evidence
from docpact.rules.rule import Broken, Judged, group_breaches
from docpact.rules.walks.pages import find_base, read_items
from docpact.rules.walks.walk import Walk
from docpact.text import pluralize

TOP: Final = "$top"
"""The parameter that limits a whole list (OData 4.01, part 1, section 11.2.6.3)."""

_BEYOND: Final = 7
"""Number of items by which an offset exceeds the length of a list."""

_CLAMPS: Final = re.compile(
    r"\b(beyond|exceed\w*|past the|too (large|big|high)|larger|wraps?)\b", re.IGNORECASE
)
"""Descriptions of offsets that may say what a server shows beyond the end."""


def beyond_cases(operation: Operation, walks: Sequence[Walk]) -> Iterator[Case]:
    """Yield the request for the items beyond the end of a list that was walked by its offset."""
    name = operation.roles.offset_parameter
    walk = None if _shows_end(operation) else next(_list_skipping(operation, walks), None)
    if name is None or walk is None or _CLAMPS.search(operation.parameter(name).description):
        return
    offset = str(len(walk.ids) + _BEYOND)
    if can_be_documented(operation.parameter(name), offset):
        rest = (pair for pair in walk.pages[-1].exchange.case.query if pair[0] != name)
        expected = Expectation(Expected.UNSPECIFIED, name)
        yield query_case((*rest, (name, offset)), expected, "beyond the end")


def _shows_end(operation: Operation) -> bool:
    """Return whether the responses say where the list ends, so that no client goes beyond it."""
    roles = operation.roles
    return any(each is not None for each in (roles.total, roles.total_pages, roles.has_more))


def _list_skipping(operation: Operation, walks: Sequence[Walk]) -> Iterator[Walk]:
    """Yield the walks of the whole list that show every item once, by an offset in the query."""
    base, name = find_base(operation), operation.roles.offset_parameter
    for walk in walks:
        is_clear = walk.filters == base and walk.reached_end and walk.has_unique_ids
        skips = any(name in dict(page.exchange.case.query) and page.items for page in walk.pages)
        if is_clear and skips:
            yield walk


def judge_beyond(evidence: Evidence) -> Iterator[Judged]:
    """Judge that no item is shown again for an offset that is larger than the number of items."""
    operation, name = evidence.operation, evidence.operation.roles.offset_parameter
    walks = [*_list_skipping(operation, evidence.walks)]
    if name is None or not walks or evidence.relations.collection.moved or _shows_end(operation):
        return
    where, known, asked = f"query/{name}", {*walks[0].ids}, 0
    length, broken = len(evidence.relations.collection.sightings), []
    for body in evidence.bodies:
        query = body.exchange.case.query
        is_of_list = {each for each, _ in query} <= {name, operation.roles.size_parameter}
        offset = _read_only(query, name) if is_of_list else None
        if offset is not None and length < offset <= len(known) + _BEYOND:
            asked += 1
            items = [*read_items(operation, body.decoded.value)]
            if items and known.issuperset(item.id for item in items):
                shown = pluralize(len(items), "item")
                observed = f"{shown} for {body.exchange.case.title}, of {len(known):,} in the list"
                broken.append(Broken(body.exchange, where, observed))
    source = operation.parameter_source(name)
    promise = Promise("paging.ends", where, "no items beyond the end of the list", source)
    yield promise, asked, group_breaches(broken, asked)


def _read_only(query: Query, name: str) -> int | None:
    """Return the number that a query states once for a parameter, or None."""
    texts = [text for other, text in query if other == name]
    return read_number(texts[0]) if len(texts) == 1 else None


def read_top(operation: Operation, query: Query) -> int | None:
    """Return the number of items to which `$top` limits the whole list, or None."""
    names = {each.name for each in operation.query_parameters} - {operation.roles.size_parameter}
    most = _read_only(query, TOP) if TOP in names and operation.roles.is_list else None
    return most if most is not None and most > 0 else None


def judge_top(evidence: Evidence) -> Iterator[Judged]:
    """Judge that a response has no more items than `$top` allows for the whole list."""
    operation = evidence.operation
    if operation.roles.size_parameter == TOP or not operation.roles.is_list:
        return
    if all(each.name != TOP for each in operation.query_parameters):
        return
    where, asked, broken = f"query/{TOP}", 0, []
    for body in evidence.bodies:
        most = read_top(operation, body.exchange.case.query)
        count = len(operation.find_items(body.decoded.value) or ())
        asked += most is not None
        if most is not None and count > most:
            observed = f"{pluralize(count, 'item')} to {body.exchange.case.title}"
            broken.append(Broken(body.exchange, where, observed))
    source = operation.parameter_source(TOP)
    promise = Promise("paging.size", where, "at most as many items", source)
    yield promise, asked, group_breaches(broken, asked)
