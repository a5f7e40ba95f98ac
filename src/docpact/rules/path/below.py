"""The number of items that a thing states for a list below it, and the list itself: both agree."""

from __future__ import annotations

from collections.abc import Iterator

from docpact.cases.counted import find_counting
from docpact.cases.names import find_text
from docpact.model import Operation, Promise
from docpact.model.path import names as path_names
from docpact.model.pointer import Tokens, pointer, resolve
from docpact.rules.evidence import Evidence, Listing
from docpact.rules.rule import Broken, Judged, group_breaches
from docpact.rules.walks.pages import read_items
from docpact.text import pluralize


def judge_below(evidence: Evidence, rule: str) -> Iterator[Judged]:
    """Judge the number that the thing above a list states, if all responses show the same one.

    Only its name says that it counts the items of the list.
    """
    operation, listing = evidence.operation, evidence.listing
    field = find_counting(operation, listing.operation) if listing is not None else None
    if listing is None or field is None or _may_leave_out(operation):
        return
    name = path_names(operation.path)[-1]
    whole = [walk for walk in evidence.whole if not walk.case.question.path]
    counts, numbers = {*_list_counts(operation, listing, name, field)}, {w.count for w in whole}
    is_known = len(counts) == len(numbers) == 1 and type(next(iter(counts))) is int
    where, broken = f"path/{name}", list[Broken]()
    if is_known and counts != numbers:
        stated = f"{field[-1]} {counts.pop()}, in a list of {pluralize(numbers.pop(), 'item')}"
        broken = [Broken(whole[-1].pages[-1].exchange, where, stated)]
    promise = Promise(rule, where, f"a list with as many items as {field[-1]} states")
    yield promise, int(is_known), group_breaches(broken, int(is_known))


def _may_leave_out(operation: Operation) -> bool:
    """Return whether a list may show only some items unless a parameter asks for all."""
    roles = operation.roles
    known = {roles.size_parameter, roles.paging_parameter, roles.offset_parameter, *roles.orders}
    others = [each for each in operation.query_parameters if each.name not in known]
    selecting = {*roles.filters, *roles.bounds}
    return any(
        "default" in each.schema
        or each.name in operation.given
        or (each.schema.get("type") == "boolean" and each.name not in selecting)
        for each in others
    )


def _list_counts(
    operation: Operation, listing: Listing, name: str, field: Tokens
) -> Iterator[object]:
    """Yield the number that each look at the list above shows for the thing of the path."""
    parameter = next(each for each in operation.path_parameters if each.name == name)
    for _, pages in listing.looks:
        for item in (each for page in pages for each in read_items(listing.operation, page)):
            if find_text(item.fields, parameter, listing.operation) == operation.given.get(name):
                yield resolve(item.fields, pointer(field), default=None)
