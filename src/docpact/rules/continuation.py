"""The end of a list: what a response says about further pages, and what a contract leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from docpact.model import Operation, Response

# fmt: off
PAGE_PARAMETERS: Final = frozenset(
    {
        "page",
        "pagenumber",
        "pagenum",
        "pageno",
        "pageindex",
        "pagetoken",
        "nextpage",
        "nexttoken",
        "nextpagetoken",
        "cursor",
        "nextcursor",
        "after",
        "before",
        "aftercursor",
        "beforecursor",
        "afterid",
        "beforeid",
        "sinceid",
        "maxid",
        "lastid",
        "startingafter",
        "endingbefore",
        "startafter",
        "startkey",
        "exclusivestartkey",
        "lastkey",
        "offset",
        "skip",
        "start",
        "startindex",
        "startat",
        "marker",
        "continuation",
        "continuationtoken",
        "continue",
        "scrollid",
        "position",
    }
)
"""Names of query parameters that choose a page, in lower case without separators."""

SIZE_PARAMETERS: Final = frozenset(
    {
        "pagesize",
        "perpage",
        "limit",
        "pagelimit",
        "maxresults",
        "maxitems",
        "maxpagesize",
        "size",
        "count",
        "first",
        "top",
        "take",
        "rows",
        "num",
        "results",
    }
)
"""Names of query parameters that limit a page, in lower case without separators."""

MORE: Final = frozenset(
    {
        "hasmore",
        "hasnext",
        "hasnextpage",
        "hasmorepages",
        "more",
        "istruncated",
    }
)
"""Names of fields that are true where there is a further page, in the same form."""

LAST: Final = frozenset({"last", "islast", "islastpage"})
"""Names of fields that are true on the last page, in the same form."""

NEXT: Final = frozenset(
    {
        "next",
        "nextpage",
        "nextcursor",
        "nexttoken",
        "nextpagetoken",
        "nextlink",
        "nexturl",
        "nexturi",
        "nextoffset",
        "nextmarker",
        "continuationtoken",
    }
)
"""Names of fields that lead to a further page and are empty on the last one, in the same form."""

# fmt: on
COUNTS: Final = frozenset({"totalpages", "pagecount", "numpages", "pages", "lastpage"})
"""Names of fields with the number of pages, in the same form."""

DEPTH: Final = 3
"""Such fields are looked for in the body and in objects inside it, up to this depth."""


def find_last(response: Response | None, value: Any) -> bool | None:
    """Say whether a response is the last page of its list by its own account.

    It is read from fields such as `has_more`, `next` and `total_pages`, and from the Link header
    (RFC 8288). A response that contradicts itself has a further page.

    Returns:
        None if the response does not say so.
    """
    found = [*_read_link(response), *_read_fields(value, DEPTH)]
    return all(found) if found else None


def leaves_pages_open(operation: Operation) -> bool:
    """Say whether a list has pages that docpact cannot request, according to its contract."""
    return operation.roles.onward is None and _has_pages(operation)


@lru_cache(maxsize=64)
def _has_pages(operation: Operation) -> bool:
    roles = operation.roles
    names = {_plain(p.name) for p in operation.query_parameters if p.name not in roles.filters}
    names -= {_plain(roles.size_parameter or "")}
    stated = {_plain(name) for name in operation.response_schema.get("properties", {})}
    return bool(names & (PAGE_PARAMETERS | SIZE_PARAMETERS) or stated & (MORE | NEXT | COUNTS))


def _read_link(response: Response | None) -> Iterator[bool]:
    header = response.header("link") if response is not None else None
    kinds = re.findall(r"""\brel\s*=\s*["']?(\w+)""", header or "", re.IGNORECASE)
    if {"next", "prev", "previous", "first", "last"} & {kind.lower() for kind in kinds}:
        yield "next" not in {kind.lower() for kind in kinds}


def _read_fields(value: Any, depth: int) -> Iterator[bool]:
    if not isinstance(value, Mapping) or not depth:
        return
    for name, one in value.items():
        plain = _plain(name)
        if plain in MORE | LAST and isinstance(one, bool):
            yield one if plain in LAST else not one
        elif plain in NEXT:
            yield one is None or one is False or one == ""
        elif plain in COUNTS and isinstance(one, int) and not isinstance(one, bool):
            yield one <= 1
        else:
            yield from _read_fields(one, depth - 1)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
