"""Pages that lack one item although others follow, and the request of a client that counts on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from docpact.model import Operation, Query
from docpact.model.paging import read_number
from docpact.rules.pages import Page
from docpact.rules.walks import Walk


class Short(NamedTuple):
    """A page with one item fewer than requested, although further items follow it.

    Attributes:
        walk: with both pages.
        page: the short one.
        after: the page that begins with the next items.
        query: of a client that adds the size to the offset, and so may miss some of them.
    """

    walk: Walk
    page: Page
    after: Page
    query: Query


def find_short_pages(operation: Operation, walks: Sequence[Walk]) -> Iterator[Short]:
    """Yield the pages of lists with offset and size that lack one item.

    Servers may show shorter pages, or at most some number of items.
    """
    name = operation.roles.offset_parameter
    longest = max((len(page.items) for walk in walks for page in walk.pages), default=0)
    for walk in walks:
        for page, after in pairwise(walk.pages):
            is_short = len(page.items) + 1 == walk.size and len(page.items) < longest
            if name is None or not is_short or page.onward.given or not after.items:
                continue
            query = page.exchange.case.query
            offset = (read_number(dict(query).get(name)) or 0) + (walk.size or 0)
            rest = tuple(pair for pair in query if pair[0] != name)
            yield Short(walk, page, after, (*rest, (name, str(offset))))
