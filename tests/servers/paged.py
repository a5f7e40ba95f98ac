"""Correct, broken and unusual lists in every style of paging, written without docpact's code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

from lists import BASE, Query, contract, whole_number

from docpact.model import Operation

Item: TypeAlias = Mapping[str, Any]

TEXT: Final = {"type": "string"}
NULLABLE: Final = {"type": ["string", "null"]}
COUNT: Final = {"type": "integer", "minimum": 0}
ID: Final = {"type": ["string", "integer", "null"]}
FLAG: Final = {"type": "boolean"}
COLORS: Final = ("blue", "green", "red")
COLOR: Final = {"type": "string", "enum": [*COLORS]}


def within(name: str, **fields: Any) -> dict[str, Any]:
    """Return a field that is an object with some fields."""
    return {name: {"type": "object", "properties": fields}}


@dataclass(frozen=True)
class Place:
    """A page: its first item, its length, and what follows."""

    query: Mapping[str, Any]
    start: int
    size: int
    shown: Sequence[Item]
    count: int
    more: bool
    address: str = f"{BASE}/things"

    def url(self, **changes: object) -> str:
        return f"{self.address}?{urlencode({**self.query, **changes}, doseq=True)}"


Write: TypeAlias = Callable[[Place], Mapping[str, Any]]


@dataclass(frozen=True)
class Style:
    """A style of paging.

    Attributes:
        name: in test ids.
        parameters: documented ones that request a page.
        fields: documented ones of the body; None if the body is an array.
        write: the values of these fields.
        start: the index of the first item, given the query, the size and the items.
        size: name of the size parameter.
        headers: of the response.
        suspected: the rule of findings where only the name of its parameter suggests the style.
    """

    name: str
    parameters: Mapping[str, Any]
    fields: Mapping[str, Any] | None
    write: Write
    start: Callable[[Query, int, Sequence[Item]], int | None]
    size: str = "limit"
    headers: Write = lambda _: {}
    suspected: frozenset[str] = frozenset()


def numbered(first: int = 1) -> Callable[[Query, int, Sequence[Item]], int | None]:
    def start(query: Query, size: int, _: Sequence[Item]) -> int | None:
        number = whole_number(query.get("page", str(first)), first, 10**6)
        return None if number is None else (number - first) * size

    return start


def positioned(name: str, prefix: str = "") -> Callable[[Query, int, Sequence[Item]], int | None]:
    def start(query: Query, _: int, __: Sequence[Item]) -> int | None:
        text = query.get(name) or f"{prefix}0"
        return whole_number(text.removeprefix(prefix), 0, 10**6) if prefix in text else None

    return start


def behind(name: str) -> Callable[[Query, int, Sequence[Item]], int | None]:
    def start(query: Query, _: int, items: Sequence[Item]) -> int | None:
        if not query.get(name):
            return 0
        ids = [str(item["id"]) for item in items]
        return ids.index(query[name]) + 1 if query[name] in ids else None

    return start


def token(place: Place, prefix: str = "t") -> str | None:
    return f"{prefix}{place.start + place.size}" if place.more else None


def last_id(place: Place) -> Any:
    return place.shown[-1]["id"] if place.shown else None


def nothing(_: Place) -> Mapping[str, Any]:
    return {}


def next_link(place: Place) -> Mapping[str, Any]:
    onward = place.url(page=place.start // place.size + 2)
    first = f'<{place.url(page=1)}>; rel="first"'
    return {"Link": f'{first}, <{onward}>; rel="next"' if place.more else first}


PAGE: Final = {"page": {"type": "integer"}}
STYLES: Final = (
    Style("page", PAGE, {}, nothing, numbered(), "per_page"),
    Style("page from 0", PAGE, {}, nothing, numbered(0), "per_page"),
    Style(
        "page from 1",
        {"page": {"type": "integer", "minimum": 1, "default": 1}},
        {},
        nothing,
        numbered(),
        "per_page",
    ),
    Style(
        "page of an array with links", PAGE, None, nothing, numbered(), "per_page", next_link
    ),
    Style(
        "page and number of pages",
        PAGE,
        within("pagination", total_pages=COUNT, page=COUNT),
        lambda at: {
            "pagination": {
                "total_pages": -(-at.count // at.size),
                "page": at.start // at.size + 1,
            }
        },
        numbered(),
        "page_size",
    ),
    Style(
        "page from 0 and number of pages",
        PAGE,
        {"totalPages": COUNT, "number": COUNT, "last": FLAG, "totalElements": COUNT},
        lambda at: {
            "totalPages": -(-at.count // at.size),
            "number": at.start // at.size,
            "last": not at.more,
            "totalElements": at.count,
        },
        numbered(0),
        "size",
    ),
    Style(
        "page and total",
        PAGE,
        {"total": COUNT},
        lambda at: {"total": at.count},
        numbered(),
        "per_page",
    ),
    Style(
        "page and the URL of the next one",
        PAGE,
        {"count": COUNT, "next": NULLABLE, "previous": NULLABLE},
        lambda at: {
            "count": at.count,
            "next": at.url(page=at.start // at.size + 2) if at.more else None,
            "previous": None,
        },
        numbered(),
        "page_size",
    ),
    Style(
        "number of the next page",
        PAGE,
        {"next_page": {"type": ["integer", "null"]}},
        lambda at: {"next_page": at.start // at.size + 2 if at.more else None},
        numbered(),
        "per_page",
    ),
    Style("offset", {"offset": COUNT}, {}, nothing, positioned("offset")),
    Style(
        "offset and total",
        {"startAt": COUNT},
        {"total": COUNT, "startAt": COUNT, "maxResults": COUNT},
        lambda at: {"total": at.count, "startAt": at.start, "maxResults": at.size},
        positioned("startAt"),
        "maxResults",
    ),
    Style(
        "offset and more",
        {"offset": COUNT},
        {"offset": COUNT, "limit": COUNT, "more": FLAG},
        lambda at: {"offset": at.start, "limit": at.size, "more": at.more},
        positioned("offset"),
    ),
    Style(
        "token in camel case",
        {"pageToken": TEXT},
        {"nextPageToken": TEXT},
        lambda at: {"nextPageToken": token(at)} if at.more else {},
        positioned("pageToken", "t"),
        "pageSize",
    ),
    Style(
        "cursor inside an object",
        {"cursor": TEXT},
        within("meta", next_cursor=NULLABLE),
        lambda at: {"meta": {"next_cursor": token(at)}},
        positioned("cursor", "t"),
    ),
    Style(
        "cursor deep inside objects",
        {"after": TEXT},
        within("paging", next={"type": ["object", "null"], "properties": {"after": TEXT}}),
        lambda at: {"paging": {"next": {"after": token(at)} if at.more else None}},
        positioned("after", "t"),
    ),
    Style(
        "cursor of the end",
        {"after": TEXT},
        within("pageInfo", endCursor=NULLABLE, hasNextPage=FLAG),
        lambda at: {
            "pageInfo": {"endCursor": f"t{at.start + at.size}", "hasNextPage": at.more}
        },
        positioned("after", "t"),
        "first",
    ),
    Style(
        "id of the last item and more",
        {"starting_after": TEXT, "ending_before": TEXT},
        {"has_more": FLAG},
        lambda at: {"has_more": at.more},
        behind("starting_after"),
    ),
    Style(
        "id of the last item in the body",
        {"after_id": TEXT, "before_id": TEXT},
        {"has_more": FLAG, "first_id": ID, "last_id": ID},
        lambda at: {
            "has_more": at.more,
            "first_id": at.shown[0]["id"] if at.shown else None,
            "last_id": last_id(at),
        },
        behind("after_id"),
    ),
    Style(
        "id of the last item",
        {"after": TEXT, "before": TEXT},
        {},
        nothing,
        behind("after"),
        suspected=frozenset({"paging.suspect"}),
    ),
    Style(
        "absolute URL",
        {},
        within("links", next=NULLABLE),
        lambda at: {"links": {"next": at.url(at=f"t{at.start + at.size}") if at.more else None}},
        positioned("at", "t"),
    ),
    Style(
        "relative URL",
        {},
        {"next_url": NULLABLE},
        lambda at: {
            "next_url": at.url(at=f"t{at.start + at.size}").removeprefix(BASE) if at.more else None
        },
        positioned("at", "t"),
    ),
    Style(
        "Link header with a cursor",
        {"after": TEXT},
        None,
        nothing,
        positioned("after", "t"),
        headers=lambda at: {"Link": f'<{at.url(after=token(at))}>; rel="next"'} if at.more else {},
    ),
)  # fmt: skip


Cut: TypeAlias = Callable[["Request"], tuple[Sequence[Item], int, bool]]


@dataclass(frozen=True)
class Request:
    """The items that a request selects, and where its page begins."""

    found: Sequence[Item]
    every: Sequence[Item]
    start: int
    size: int


def correctly(at: Request) -> tuple[Sequence[Item], int, bool]:
    """Return the items of a page, the number of all items, and whether there are more."""
    end = at.start + at.size
    return at.found[at.start : end], len(at.found), end < len(at.found)


@dataclass(frozen=True)
class Server:
    """A list.

    Attributes:
        style: of its paging.
        items: of the account.
        cut: cuts a page.
        most: the longest page, whatever is requested.
        default: length of a page if none is requested.
        item: the documented fields of an item.
    """

    style: Style
    items: Sequence[Item]
    cut: Cut = correctly
    most: int = 100
    default: int = 20
    item: Mapping[str, Any] | None = None

    def __call__(self, query: Query) -> Any:
        size = whole_number(query.get(self.style.size, str(self.default)), 1, 100)
        color = query.get("color")
        if size is None or color not in (None, *COLORS):
            return 422, {}
        found = [each for each in self.items if color in (None, each["color"])]
        size = min(size, self.most)
        start = self.style.start(query, size, found)
        if start is None:
            return 400, {}
        shown, count, more = self.cut(Request(found, self.items, start, size))
        place = Place(query, start, size, shown, count, more)
        body = shown if self.style.fields is None else {"items": shown, **self.style.write(place)}
        return 200, body, self.style.headers(place)

    @property
    def operation(self) -> Operation:
        """The contract of the list."""
        size = {"type": "integer", "minimum": 1, "maximum": 100}
        parameters = {**self.style.parameters, self.style.size: size, "color": COLOR}
        return contract(parameters, self.item or {"id": TEXT, "color": COLOR}, self.style.fields)


def make(count: int, identify: Callable[[int], Mapping[str, Any]]) -> list[Item]:
    return [{**identify(n), "color": COLORS[n * n % 7 % 3]} for n in range(count)]


def things(count: int) -> list[Item]:
    return make(count, lambda n: {"id": f"t{n:03}"})


def boundary_lost(at: Request) -> tuple[Sequence[Item], int, bool]:
    """Lose the first item of every page but the first."""
    return correctly(at) if not at.start else correctly(replace(at, start=at.start + 1))


def boundary_repeated(at: Request) -> tuple[Sequence[Item], int, bool]:
    """Begin every page but the first with the last item of the page before."""
    if at.size < 2 or not 0 < at.start <= len(at.found):
        return correctly(at)
    shown, count, more = correctly(at)
    return [at.found[at.start - 1], *shown[: at.size - 1]], count, more


def filter_forgotten(at: Request) -> tuple[Sequence[Item], int, bool]:
    """Forget the filter on every page but the first."""
    return correctly(at if not at.start else replace(at, found=at.every))


def last_item_lost(at: Request) -> tuple[Sequence[Item], int, bool]:
    """Lose the last item of a list that takes several pages, unless they are of 100 items."""
    is_whole = len(at.found) <= at.size or at.size == 100
    return correctly(at if is_whole else replace(at, found=at.found[:-1]))


def last_page_lost(at: Request) -> tuple[Sequence[Item], int, bool]:
    """End the list before a last page that is not full."""
    whole = len(at.found) // at.size * at.size
    return correctly(at if len(at.found) <= at.size else replace(at, found=at.found[:whole]))


def last_page_again(at: Request) -> tuple[Sequence[Item], int, bool]:
    """Show the last page again for every page beyond it."""
    last = max(0, (len(at.found) - 1) // at.size * at.size)
    return correctly(replace(at, start=min(at.start, last)))


def first_page_forever(at: Request) -> tuple[Sequence[Item], int, bool]:
    """Show the first page, whichever is requested, as long as it is not the last one."""
    shown, count, _ = correctly(replace(at, start=0))
    return shown, count, len(at.found) > at.size


def two_repeated(at: Request) -> tuple[Sequence[Item], int, bool]:
    """Begin every page but the first two items early, if pages have more than two."""
    early = max(0, at.start - 2) if at.size > 2 else at.start
    return correctly(replace(at, start=early))


def later_pages_turned(at: Request) -> tuple[Sequence[Item], int, bool]:
    """Show the items of every page but the first in the opposite order."""
    shown, count, more = correctly(at)
    return (shown[::-1] if at.start else shown), count, more


def first_match_lost(at: Request) -> tuple[Sequence[Item], int, bool]:
    """Lose the first item that matches a filter, if there are several."""
    is_filtered = 1 < len(at.found) < len(at.every)
    return correctly(replace(at, found=at.found[1:]) if is_filtered else at)


def end_of_last_page_lost(at: Request) -> tuple[Sequence[Item], int, bool]:
    """Lose the last item of the last page, if it is not the first one."""
    shown, count, more = correctly(at)
    return (shown[:-1] if at.start and not more else shown), count, more


DEFECTS: Final = (
    (boundary_lost, {"paging.complete"}),
    (boundary_repeated, {"paging.unique"}),
    (filter_forgotten, {"paging.token"}),
    (last_item_lost, {"paging.complete"}),
    (last_page_lost, {"paging.complete"}),
    (first_page_forever, {"paging.ends", "paging.unique"}),
    (two_repeated, {"paging.unique"}),
    (later_pages_turned, {"paging.order"}),
    (first_match_lost, {"filter.complete", "filter.suspect"}),
    (end_of_last_page_lost, {"paging.complete"}),
)
"""Defects, and the rules of which a list of 30 items or more breaks one."""
