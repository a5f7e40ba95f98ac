"""Walks: the pages of one visit, up to the first response that is not as documented."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Final, TypeAlias

from docpact.model import Case, Exchange, Operation, Question
from docpact.model.pointer import resolve

Filters: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Name and values of each filter that a query states, sorted by name."""

BARREN: Final = 3
"""Number of pages in a row without new items after which a walk counts as endless."""


LONGEST_VALUE: Final = 256
"""Servers may cut or refuse longer texts before they compare them."""

MISLEADING: Final = "%&=+#"
"""Characters that servers may read in another way in a query."""


class Ending(Enum):
    """Why a walk has no further page."""

    END = "the last page has no token"
    CUT = "no further page was requested"
    ENDLESS = "the tokens lead to no new items"
    FAILED = "a response is not as documented"


@dataclass(frozen=True, slots=True)
class Item:
    """An item as a page shows it.

    Attributes:
        fields: the decoded JSON object.
        id: its id, or None if it has none that is a string.
        texts: filter → the value of its field, as a query writes it; None for null and for a value
            of another type than the parameter's.
    """

    fields: Mapping[str, Any]
    id: str | None
    texts: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a walk.

    Attributes:
        exchange: the exchange with its response.
        time: its position among all exchanges.
        span: positions of the exchanges that may have overlapped it, with its own.
        items: those that are objects.
        token: token or offset of the next page; None if there is none.
        last: whether the response says that there is no next page.
    """

    exchange: Exchange
    time: int
    span: range
    items: tuple[Item, ...]
    token: str | None
    last: bool

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its items in order."""
        return tuple(item.id for item in self.items if item.id is not None)


@dataclass(frozen=True, slots=True)
class Walk:
    """The pages of one visit.

    Attributes:
        case: of the first page.
        filters: of the query; None if the query has other parameters as well, so that the expected
            items are unknown.
        size: the requested page size, or None.
        pages: at least one.
        ids: of every item, in order.
        ending: why there is no further page.
    """

    case: Case
    filters: Filters | None
    size: int | None
    pages: tuple[Page, ...]
    ids: tuple[str, ...]
    ending: Ending

    @property
    def items(self) -> Iterable[Item]:
        """The items of all pages in order."""
        return (item for page in self.pages for item in page.items)

    @property
    def begins(self) -> int:
        """The first position that the first page may overlap."""
        return self.pages[0].span.start

    @property
    def ends(self) -> int:
        """The last position that the last page may overlap."""
        return self.pages[-1].span.stop - 1


def read_page(operation: Operation, exchange: Exchange, value: Any) -> Page | None:
    """Return the page in a decoded body, or None if the body has no list of items.

    An empty token counts as none. The page has the position of the first exchange.
    """
    roles = operation.roles
    found = resolve(value, roles.items) if roles.items is not None else None
    if not isinstance(found, list):
        return None
    items = tuple(_read_item(operation, fields) for fields in found if isinstance(fields, dict))
    time, span = 0, range(1)
    if roles.next_token is None:
        offset = _next_offset(operation, exchange.case, value, len(found))
        return Page(exchange, time, span, items, offset, last=offset is None)
    token = resolve(value, roles.next_token)
    useful = token if isinstance(token, str) and token else None
    return Page(exchange, time, span, items, useful, last=token is None or token == "")


def _next_offset(operation: Operation, case: Case, value: Any, length: int) -> str | None:
    """Return the offset of the next page, for a list with offsets.

    The last page is one without items, or one that reaches the total.
    """
    name, total = operation.roles.offset_parameter, operation.roles.total
    if name is None or not length:
        return None
    texts = [text for asked, text in case.query if asked == name]
    start = int(texts[-1]) if texts and texts[-1].isascii() and texts[-1].isdecimal() else 0
    count = resolve(value, total) if total is not None else None
    if isinstance(count, int) and not isinstance(count, bool) and 0 < count <= start + length:
        return None
    return str(start + length)


def leads_nowhere(pages: Sequence[tuple[Sequence[str], str | None]]) -> bool:
    """Say whether a walk goes on without new items, given the ids and the token of each page."""
    if not pages or pages[-1][1] is None:
        return False
    tokens = [token for _, token in pages]
    if tokens[-1] in tokens[:-1]:
        return True
    known: set[str] = set()
    idle = 0
    for ids, _ in pages:
        idle = 0 if set(ids) - known else idle + 1
        known.update(ids)
    return idle >= BARREN


def _read_item(operation: Operation, fields: Mapping[str, Any]) -> Item:
    where = operation.roles.id
    one = resolve(fields, where) if where is not None else None
    texts = {}
    for name, at, is_text in _filtered_fields(operation):
        value = resolve(fields, at)
        texts[name] = as_text(value) if isinstance(value, str) is is_text else None
    return Item(fields, one if isinstance(one, str) else None, texts)


def as_text(value: Any) -> str | None:
    """Return a string, number or boolean as a query writes it; None for any other value."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, int | float) else None


@lru_cache(maxsize=64)
def _filtered_fields(operation: Operation) -> tuple[tuple[str, str, bool], ...]:
    """Return each filter, the JSON Pointer of its field, and whether its values are strings."""
    return tuple(
        (name, where, "string" in operation.parameter(name).item_schema.get("type", "string"))
        for name, where in operation.roles.filters.items()
    )


def read_walks(operation: Operation, pages: Iterable[tuple[Page, bool]]) -> tuple[Walk, ...]:
    """Join pages into walks.

    Args:
        operation: with a list role; without one there are no walks.
        pages: in order, each with whether its response is as documented; the first page of a visit
            comes before the others.
    """
    groups: dict[tuple[str, Question, int], list[tuple[Page, bool]]] = {}
    for page, good in pages:
        case = page.exchange.case
        key = (page.exchange.phase, case.question, case.visit.repeat)
        if case.visit.page == 1:
            groups.pop(key, None)
        if case.visit.page == 1 or key in groups:
            groups.setdefault(key, []).append((page, good))
    return tuple(walk for group in groups.values() if (walk := _walk(operation, group)) is not None)


def _walk(operation: Operation, group: Sequence[tuple[Page, bool]]) -> Walk | None:
    pages = tuple(page for page, good in group if good)
    if not pages or not group[0][1]:
        return None
    ids = [page.ids for page in pages]
    if len(pages) < len(group) or (pages[-1].token is None and not pages[-1].last):
        ending = Ending.FAILED
    elif pages[-1].token is None:
        ending = Ending.END
    elif leads_nowhere([(each, page.token) for each, page in zip(ids, pages, strict=True)]):
        ending = Ending.ENDLESS
    else:
        ending = Ending.CUT
    case = pages[0].exchange.case
    return Walk(
        case=case,
        filters=_filters(operation, case),
        size=_size(operation, case),
        pages=pages,
        ids=tuple(one for each in ids for one in each),
        ending=ending,
    )


def _filters(operation: Operation, case: Case) -> Filters | None:
    """Return the filters of a query; None if it has parameters besides them and the page size."""
    roles = operation.roles
    if case.question.path or case.question.without:
        return None
    values: dict[str, list[str]] = {}
    for name, text in case.query:
        values.setdefault(name, []).append(text)
    if values.pop(str(roles.size_parameter), []) and _size(operation, case) is None:
        return None
    if not set(values) <= set(roles.filters):
        return None
    for name, texts in values.items():
        is_array = operation.parameter(name).is_array
        if (len(texts) > 1 and not is_array) or any(_is_odd(t, is_array=is_array) for t in texts):
            return None
    return tuple((name, tuple(texts)) for name, texts in sorted(values.items()))


def _is_odd(text: str, *, is_array: bool) -> bool:
    """Say whether a server may read a text as something other than this one value."""
    plain = text.isprintable() and text.strip() == text and len(text) <= LONGEST_VALUE
    return not text or not plain or bool(set(text) & set(MISLEADING)) or (is_array and "," in text)


def _size(operation: Operation, case: Case) -> int | None:
    stated = [text for name, text in case.query if name == operation.roles.size_parameter]
    return int(stated[0]) if len(stated) == 1 and stated[0].isdecimal() and int(stated[0]) else None
