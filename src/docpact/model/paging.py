"""Styles of paging: how the next page of a list is requested, and which item a page begins with."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple


class Turn(NamedTuple):
    """The facts about one page from which a client computes the request for the next one.

    Attributes:
        text: value of the style's parameter in the request; None if it was not sent and the
            response does not repeat it.
        length: number of items on the page.
        last_id: id of its last item as a query writes it, or None.
        first: number of the first page, or that of the first item for an offset; None if it is
            not documented.
    """

    text: str | None
    length: int
    last_id: str | None
    first: int | None


class Position(NamedTuple):
    """The facts from which a server computes where a page begins.

    Attributes:
        ids: of the whole list, in order, as a query writes them.
        first: number of the first page, or that of the first item for an offset.
    """

    text: str
    size: int
    ids: Sequence[str | None]
    first: int


@dataclass(frozen=True, slots=True)
class Style:
    """A style in which clients compute the request for the next page.

    Attributes:
        role: the role of its query parameter.
        names: of such parameters in lower case without separators, the most telling first.
        following: the parameter's value for the next page, or None if there is none.
        index: the index of the first item of the requested page, or None for an unknown value.
    """

    role: str
    names: tuple[str, ...]
    types: frozenset[str]
    following: Callable[[Turn], str | None]
    index: Callable[[Position], int | None]


class Paging(NamedTuple):
    """The way to request further pages, according to the contract of a list.

    Attributes:
        style: a row of `STYLES`, or None if a response contains the token or the URL.
        parameter: the query parameter; None if the whole URL is in the response.
    """

    style: Style | None
    parameter: str | None


def plain(name: str) -> str:
    """Return a name in lower case without separators, e.g. `nextPageToken` as `nextpagetoken`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


MAX_DIGITS: Final = 400
"""The most digits of a number in a query or a header, more than a bound such as 1e308 has."""


def read_number(text: str | None) -> int | None:
    """Return the whole number that a query writes, or None."""
    is_number = text and text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS
    return int(text) if text and is_number else None


def _next_number(turn: Turn) -> str | None:
    """Without a documented first number, page 1 may be the first page again."""
    number = read_number(turn.text)
    if number is None:
        number = 0 if turn.first is None else turn.first
    return str(number + 1)


def _next_offset(turn: Turn) -> str | None:
    number = read_number(turn.text)
    number = turn.first if number is None else number
    return None if number is None else str(number + turn.length)


def _index_of_offset(at: Position) -> int | None:
    number = read_number(at.text)
    return None if number is None or number < at.first else number - at.first


def _index_of_number(at: Position) -> int | None:
    number = read_number(at.text)
    return None if number is None or number < at.first else (number - at.first) * at.size


_NUMBERS: Final = frozenset({"integer", "number"})

FROM: Final = "from"
"""The name of an offset in some APIs (Elasticsearch), and of a bound in others."""

START_INDEX: Final = "startindex"
"""The name of an offset that counts from 1 in some APIs, as in SCIM (RFC 7644, section 3.4.2.4)."""

POSITIONS: Final = frozenset({FROM, "start", "startat"})
"""Names of offsets that may be the number of the first item on a page, from 1."""

STYLES: Final = (
    Style(
        "page_parameter",
        ("page", "pagenumber", "pagenum", "pageno", "pageindex", "currentpage"),
        _NUMBERS,
        _next_number,
        _index_of_number,
    ),
    Style(
        "offset_parameter",
        ("offset", "skip", "startat", "start", START_INDEX, FROM),
        _NUMBERS,
        _next_offset,
        _index_of_offset,
    ),
    Style(
        "last_id_parameter",
        (
            *("startingafter", "afterid", "startafter", "lastid", "after"),
            *("beforeid", "maxid", "before", "sinceid"),
        ),
        frozenset({"string", "integer", "number"}),
        lambda turn: turn.last_id,
        lambda at: at.ids.index(at.text) + 1 if at.text in at.ids else None,
    ),
)
"""Every style in which the client computes the next request; the first with a parameter counts."""

TOKEN_PARAMETERS: Final = (
    "pagetoken", "paginationtoken", "cursor", "pagecursor", "aftercursor", "token", "nexttoken",
    "nextpagetoken", "nextcursor", "marker", "continuationtoken", "continuation", "continue",
    "scrollid", "next", "nextpage", "startkey", "exclusivestartkey", "lastkey", "pageafter",
    "startcursor", "after", "startafter", "startingafter", "afterid", "position", "from", "start",
    "page", "offset",
)  # fmt: skip
"""Names of query parameters that may take a token, the most telling first; these and the following
names are in lower case without separators."""

TELLING_TOKENS: Final = frozenset(
    {"pagetoken", "paginationtoken", "cursor", "pagecursor", "continuationtoken"}
    | {"continuation", "continue", "scrollid", "marker"}
)
"""Those whose field of the same name has the token of the next page."""

TELLING_IDS: Final = frozenset({"startingafter", "afterid", "startafter"})
"""Names of query parameters that take the id of the last item and hardly mean anything else."""

OLDER: Final = ("before", "beforeid", "maxid")
"""Names of query parameters that take the id of the last item of a list with the newest first."""

BACKWARD: Final = frozenset({"endingbefore", "endbefore"})
"""Names of query parameters that take the id of the first item after a page."""

PAGE_NUMBERS: Final = frozenset(name for style in STYLES for name in style.names)
"""Names of query parameters that choose a page by its number or that of its first item."""

PAGE_PARAMETERS: Final = frozenset({
    *TOKEN_PARAMETERS, *PAGE_NUMBERS, *BACKWARD,
    "beforecursor",
})  # fmt: skip
"""Names of query parameters that choose a page."""

SIZE_PARAMETERS: Final = (
    "pagesize", "limit", "perpage", "maxresults", "pagelimit", "maxitems", "maxpagesize",
    "hitsperpage", "itemsperpage", "resultsperpage", "batchsize", "size", "count", "first", "top",
    "take", "rows", "num", "results", "pagelen", "pagelength",
)  # fmt: skip
"""Names of query parameters that limit a page, the most telling first."""

TELLING_SIZES: Final = frozenset(SIZE_PARAMETERS[:8])
"""Those that hardly mean anything else."""

MORE: Final = (
    "hasmore", "hasnext", "hasnextpage", "hasmorepages", "more", "istruncated"
)  # fmt: skip
"""Names of fields that are true where there is a next page."""

LAST: Final = frozenset({"last", "islast", "islastpage", "done"})
"""Names of fields that are true on the last page."""

EMPTY: Final = frozenset({"empty", "isempty"})
"""Names of fields that are true on a page without items."""

FIRST: Final = frozenset({"first", "isfirst", "isfirstpage"})
"""Names of fields that are true on the first page."""

NUMBERS: Final = frozenset(
    {"number", "page", "pagenumber", "pagenum", "pageno", "pageindex", "currentpage"}
)
"""Names of fields with the number of a page."""

ON_PAGE: Final = frozenset({"numberofelements", "itemsonpage", "count", "resultcount"})
"""Names of fields with the number of items on a page."""

LINKS: Final = frozenset(
    {"nextlink", "nexturl", "nexturi", "nextpageurl", "nextpageuri", "nextpagelink"}
    | {"odatanextlink", "hydranext", "nexthref", "nextrecordsurl"}
)
"""Names of fields with the URL of the next page; `@odata.nextLink` comes from OData 4.01,
`hydra:next` from Hydra."""

URLS: Final = frozenset({"href", "url", "uri", "link"})
"""Names of fields with a URL inside an object that is named after the next page."""

AROUND: Final = {
    name + end: relation
    for name, relation in {
        "self": "self",
        "first": "first",
        "firstpage": "first",
        "last": "last",
        "lastpage": "last",
        **dict.fromkeys(("prev", "previous", "prevpage", "previouspage"), "prev"),
    }.items()
    for end in ("", *URLS)
}
"""Names of fields with the URL of another page → its relation (RFC 8288, section 4.2)."""

NEXT: Final = frozenset({
    *LINKS, "next", "nextpage", "nextcursor", "nexttoken", "nextpagetoken", "nextoffset",
    "nextmarker", "endcursor", "nextpagecursor", "continuationtoken",
})  # fmt: skip
"""Names of fields that lead to a next page and are empty on the last one."""

COUNTS: Final = ("totalpages", "pagecount", "numpages", "nbpages", "pages", "lastpage")
"""Names of fields with the number of pages."""

TOTALS: Final = (
    "totalsize", "totalcount", "total", "totalitems", "totalresults", "totalelements",
    "totalrecords", "totalentries", "odatacount", "hydratotalitems", "numbermatched",
    "totalrows", "recordcount", "nbhits", "count", "results",
)  # fmt: skip
"""Names of fields with the number of all items."""

HEADER_TOTALS: Final = frozenset({*TOTALS, "resultcount"})
"""Names of response headers with the number of all items, as `name_header` returns them."""


def name_header(name: str) -> str:
    """Return the plain name of a response header: `totalpages` for `X-WP-TotalPages`."""
    return plain(re.sub("^((x|wp|pagination|paging)-)+", "", name.lower()))


ABOUT_PAGES: Final = re.compile(
    r"(response|list|results?|resultset|search|page|pagination)?(meta|metadata|info|context)"
    r"|paging|pagination|pager|pages?"
)
"""Names of objects that describe a page."""
