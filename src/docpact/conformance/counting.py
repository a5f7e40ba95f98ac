"""Counts of the items of a list: what to ask the operation that counts, and the list itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from docpact.cases.wire import can_be_documented, query_label
from docpact.conformance.pagination import Attempts, read_pages
from docpact.model import Case, Expectation, Expected, Operation, Query, Question
from docpact.model.pointer import resolve
from docpact.rules.continuation import is_paged
from docpact.rules.counted import COUNTED
from docpact.rules.pages import Item, as_text
from docpact.rules.reading import BodyReader
from docpact.rules.walks import Ending, settle

FILTERS: Final = 10
"""Maximum number of filters with which items are counted."""

PAGES: Final = 6
"""Number of pages up to which the items of a list are counted."""

ROUND: Final = 10
"""A list without pages may be cut after a round number of items."""


def count_cases(operation: Operation, listing: Operation, items: Sequence[Item]) -> Iterator[Case]:
    """Yield questions that a count and its list both document: known values and listed ones."""
    if operation.roles.count is None:
        return
    bounds = {name: bound.field for name, bound in listing.roles.bounds.items()}
    places = {**bounds, **listing.roles.filters}
    schemas = {each.name: {**each.schema, "default": 0} for each in listing.query_parameters}
    fields = items[len(items) // 2].fields if items else {}
    known, others = list[tuple[str, str]](), list[tuple[str, str]]()
    for each in operation.query_parameters:
        if each.name in places and schemas[each.name] == {**each.schema, "default": 0}:
            text = as_text(resolve(fields, places[each.name], default=None))
            known += [(each.name, text)] if text and can_be_documented(each, text) else []
            values = map(as_text, each.item_schema.get("enum", ()))
            others += [(each.name, other) for other in values if other and other != text][-1:]
    queries = [(), *((pair,) for pair in (*known, *others)[:FILTERS]), tuple(known[:2])]
    for query in dict.fromkeys(queries):
        expected = Expectation(Expected.UNSPECIFIED, keyword=COUNTED)
        yield Case(query_label(query, "counted"), Question(query), expected)


def count_items(
    operation: Operation, query: Query, send: Callable[[Case], Attempts], reader: BodyReader
) -> int | None:
    """Return the number of items that a list shows or, if it is long, states; None if unknown."""
    case = Case("the list", Question(query), pages=PAGES)
    pages = [*read_pages(operation, case, send, reader)]
    if not pages:
        return None
    shown, ending = settle(operation, pages, used=reader.used)
    ids = [item.id for page in shown for item in page.items]
    is_cut = len(ids) % ROUND == 0 and bool(ids)
    is_whole = ending is Ending.END or not (is_paged(operation) or is_cut)
    if is_whole and len({*ids}) == len(ids):
        return len(ids)
    return pages[0].total if operation.roles.counts == "matching" else None
