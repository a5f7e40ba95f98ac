"""A thing below another parent: asked for where the whole list of that parent does not show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from docpact.cases.path_values import find_text
from docpact.conformance.pagination import Attempts, Walker
from docpact.model import Case, Expectation, Expected, Operation, Query, Question
from docpact.rules.evidence import BodyReader
from docpact.rules.listed import ELSEWHERE
from docpact.rules.pages import Page
from docpact.rules.walks import Ending, settle

PAGES: Final = 3
"""Number of pages of the other list that are read, so that it is known as a whole."""


def find_case(
    operation: Operation, listing: Operation, path: Query, send: Callable[[Case], Attempts]
) -> Case | None:
    """Return the case of a thing below another parent, or None if that may show it.

    Args:
        operation: that returns the thing.
        listing: of such things.
        path: name and value of the parameter that names the other parent.
        send: sends a request for the list.
    """
    parameter = operation.last_parameter
    pages = _read_pages(listing, path, send) if parameter is not None else []
    if parameter is None or not pages or settle(listing, pages)[1] is not Ending.END:
        return None
    items = [item.fields for page in pages for item in page.items]
    own = operation.given.get(parameter.name)
    if any(find_text(item, parameter, listing) == own for item in items):
        return None
    expectation = Expectation(Expected.UNSPECIFIED, parameter.name, ELSEWHERE)
    return Case(f"{parameter.name} below another {path[0][0]}", Question(path=path), expectation)


def _read_pages(listing: Operation, path: Query, send: Callable[[Case], Attempts]) -> list[Page]:
    """Return the pages of a list as far as they are read; none if one has no documented body."""
    walker, reader = (
        Walker(Case("another list", Question(path=path), pages=PAGES)),
        BodyReader(listing),
    )
    pages: list[Page] = []
    while True:
        page = reader.read_page(send(walker.case)[-1])
        if page is None:
            return []
        pages.append(page)
        if not walker.advance(listing, page):
            return pages
