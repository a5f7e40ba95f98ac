"""The fields about pages: numbers of pages and of items, and flags of the first and last page."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from docpact.model import Exchange, Operation, Promise
from docpact.model.documented import ResponseHeader
from docpact.model.paging import (
    ABOUT_PAGES,
    COUNTS,
    EMPTY,
    FIRST,
    HEADER_TOTALS,
    LAST,
    MORE,
    NUMBERS,
    ON_PAGE,
    TOTALS,
    name_header,
    plain,
    read_number,
)
from docpact.model.pointer import pointer, resolve, tokens
from docpact.model.schema import list_nested_fields, list_types
from docpact.rules.evidence import Evidence
from docpact.rules.paging.links import judge_links
from docpact.rules.relations.problems import SUSPECT_PAGING
from docpact.rules.rule import Broken, Judged, group_breaches, rule
from docpact.rules.walks.walk import Walk
from docpact.text import excerpt

DEPTH: Final = 3
"""Fields about pages are looked for in the body and in objects inside it, up to this depth."""

HEADER: Final = "header/"
"""The beginning of the location of a response header."""

CAP: Final = 10
"""Some servers state no larger number than one of at least this size."""


_OTHER_ITEMS: Final = ("paging.token", "filter.selects", "filter.combined", "filter.range")
"""Rules about walks with wrong items, which no total counts."""


@dataclass(frozen=True, slots=True)
class _PageField:
    """A field of one page.

    Attributes:
        exchange: with the page.
        stated: the value of the field.
        expected: the value that the pages of the walk show.
    """

    exchange: Exchange
    stated: Any
    expected: int

    @property
    def error(self) -> int:
        """The stated value minus the expected one; 0 for a right one."""
        return int(self.stated - self.expected)


@rule(
    "paging.fields", "A client that counts pages, or stops at the last one, reads the wrong ones."
)
def judge_fields(evidence: Evidence) -> Iterator[Judged]:
    """The fields about pages agree with the pages, as far as they usually do."""
    if evidence.operation.roles.is_list:
        for where, kind in _list_documented(evidence.operation):
            yield _judge(evidence, "paging.fields", where, kind)
        yield from judge_links(evidence)


def judge_headers(evidence: Evidence) -> Iterator[Judged]:
    """Judge headers that are named like those about pages, where nothing documents them."""
    operation = evidence.operation
    documented = {each.name for each in find_headers(operation)}
    unknown = {*list_headers(evidence)} - documented if operation.roles.is_list else set[str]()
    for where, kind in _find_headers(unknown):
        yield _judge(evidence, SUSPECT_PAGING, where, kind)


def find_wrong_totals(evidence: Evidence, where: str) -> list[Broken]:
    """Return the pages whose total is certainly wrong, given its location in a body or header.

    It must be exact beside a right number of pages, which says how many items there are, or where
    OData defines it (OData 4.01, part 1, section 11.2.6.5).
    """
    return _examine(evidence, where, _count_items)[1]


def _examine(evidence: Evidence, where: str, kind: _Kind) -> tuple[int, list[Broken]]:
    """Return the number of looks at a field about pages, and the wrong ones."""
    looks = [*_look(evidence, where, kind)]
    name = "" if kind in (_count_on_page, _repeat_page) else _name_field(where)
    is_exact = kind is _count_items and (name == "odatacount" or _counts_pages(evidence))
    broken = [
        Broken(
            each.exchange,
            where,
            f"{excerpt(each.stated)} instead of {excerpt(each.expected)} "
            f"for {each.exchange.case.title}",
        )
        for each in _find_wrong(name, looks, is_exact=is_exact)
    ]
    return len(looks), broken


def _counts_pages(evidence: Evidence) -> bool:
    """Return whether a documented number of pages is right."""
    counts = (where for where, kind in _list_documented(evidence.operation) if kind is _count_pages)
    examined = (_examine(evidence, where, _count_pages) for where in counts)
    return any(count and not broken for count, broken in examined)


def _look(evidence: Evidence, where: str, kind: _Kind) -> Iterator[_PageField]:
    """Yield the looks at a field of the body or a header, unless the list changes or has no end."""
    found, operation = evidence.relations, evidence.operation
    bodies = {id(each.exchange): each.decoded.value for each in evidence.bodies}
    is_clear = not (found.collection.moved or any(p.rule == "paging.ends" for p in found.problems))
    broken = {p.walk.case.question for p in found.problems if p.rule in _OTHER_ITEMS}
    for walk in evidence.walks if is_clear else ():
        if kind in (_count_items, _count_pages) and walk.case.question in broken:
            continue
        for number, page in enumerate(walk.pages):
            expected = kind(walk, number, operation)
            stated = (
                read_header(where.removeprefix(HEADER), page.exchange)
                if where.startswith(HEADER)
                else resolve(bodies.get(id(page.exchange)), where)
            )
            is_same = isinstance(stated, int) and isinstance(stated, bool) is isinstance(
                expected, bool
            )
            is_first = kind is _repeat_offset and (expected, stated) == _FIRST
            if expected is not None and is_same and not is_first:
                yield _PageField(page.exchange, stated, expected)


def _judge(evidence: Evidence, rule: str, where: str, kind: _Kind) -> Judged:
    count, broken = _examine(evidence, where, kind)
    source = None if where.startswith(HEADER) else evidence.operation.field_source(where)
    promise = Promise(rule, where, "the value that the pages show", source)
    return promise, count, group_breaches(broken, count)


def find_headers(operation: Operation) -> tuple[ResponseHeader, ...]:
    """Return the documented headers of a page."""
    documented = next(filter(operation.is_main_response, operation.responses), None)
    return documented.headers if documented is not None else ()


def list_headers(evidence: Evidence) -> list[str]:
    """Return the names of the headers that are documented, and that pages have."""
    names = [each.name for each in find_headers(evidence.operation)]
    responses = [body.exchange.response for body in evidence.bodies]
    return [*dict.fromkeys([*names, *(n for r in responses if r for n, _ in r.headers)])]


def list_total_headers(evidence: Evidence) -> list[str]:
    """Return the names of the headers with totals; `Count` beside one counts the page's items."""
    named = [name for name in list_headers(evidence) if name_header(name) in HEADER_TOTALS]
    return [name for name in named if name_header(name) not in ON_PAGE] or named


def read_header(name: str, exchange: Exchange) -> int | None:
    """Return the whole number in a header of a response, or None."""
    return read_number(exchange.response.header(name) if exchange.response is not None else None)


def _name_field(where: str) -> str:
    if where.startswith(HEADER):
        return name_header(where.removeprefix(HEADER))
    return plain(str(tokens(where.removesuffix("/value"))[-1]))


_Kind = Callable[[Walk, int, Operation], int | None]
"""Returns the expected value of a field on a page of a walk, given its index; None if unknown."""


def _list_documented(operation: Operation) -> Iterator[tuple[str, _Kind]]:
    """Yield the location of each documented field and header about pages, with its meaning.

    Totals have a rule of their own, unless only the name of a field suggests that it is one.
    """
    yield from _find_fields(operation)
    yield from _find_headers({each.name for each in find_headers(operation)})


def _find_headers(names: Collection[str]) -> Iterator[tuple[str, _Kind]]:
    """Yield the location of each header about pages among some, with its meaning."""
    for name in sorted(names):
        if (kind := _KINDS.get(name_header(name))) and name_header(name) not in HEADER_TOTALS:
            yield f"{HEADER}{name}", kind


def _find_fields(operation: Operation) -> Iterable[tuple[str, _Kind]]:
    """Return the JSON Pointer of each field about pages, outside the items."""
    found: dict[str, _Kind] = {}
    is_guess = operation.roles.total in operation.roles.inferred
    fields = list_nested_fields(operation.response_schema, DEPTH)
    paths = [tuple(map(str, path)) for path, _ in fields]
    counts = {path[:-1] for path in paths if plain(path[-1]) in COUNTS}
    for path in paths:
        name = plain(path[-1])
        is_about = all(ABOUT_PAGES.fullmatch(plain(each)) for each in path[:-1])
        if pointer(path) == operation.roles.total:
            found |= {pointer(path): _count_items} if is_guess else {}
        elif is_about:
            is_offset = name == plain(operation.roles.offset_parameter or "")
            is_page = name == plain(operation.roles.page_parameter or "")
            repeats = is_page and operation.roles.first_page is not None
            kind = _repeat_offset if is_offset else _repeat_page if repeats else _KINDS.get(name)
            if kind is not None and (name != "number" or path[:-1] in counts):
                found[pointer(path)] = kind
    return found.items()


def _count_items(walk: Walk, *_: object) -> int | None:
    return len(walk.ids) if walk.is_whole and walk.has_unique_ids else None


def _count_pages(walk: Walk, *_: object) -> int | None:
    full = [page for page in walk.pages if page.items]
    return len(full) if walk.is_whole and full else None


def _count_on_page(walk: Walk, number: int, _: object) -> int | None:
    """On the only page, the number may be that of all items."""
    return len(walk.pages[number].items) if len(walk.pages) > 1 else None


_FIRST: Final = (0, 1)
"""A requested and a repeated offset that may both be the first (RFC 7644, section 3.4.2.4)."""


def _repeat_offset(walk: Walk, number: int, operation: Operation) -> int | None:
    """Return the requested offset, unless the page is empty; of repeated ones any may count."""
    asked = walk.pages[number].exchange.case.query
    offsets = [value for name, value in asked if name == operation.roles.offset_parameter]
    is_clear = len(offsets) == 1 and walk.pages[number].items
    return read_number(offsets[0]) if is_clear else None


def _repeat_page(walk: Walk, number: int, operation: Operation) -> int | None:
    """Return the number of a page of the list, if it has items and the first one has a number."""
    is_clear = walk.is_of_list and walk.pages[number].items
    return (operation.roles.first_page or 0) + number if is_clear else None


def _is_first(walk: Walk, number: int, _: object) -> int | None:
    is_clear = walk.is_whole and walk.pages[number].items
    return number == 0 if is_clear else None


def _is_last(walk: Walk, number: int, _: object) -> int | None:
    """An empty page that only shows the end is not another page, nor is one of an odd size."""
    later = [page for page in walk.pages[number + 1 :] if page.items]
    is_end = walk.reached_end and number == len(walk.pages) - 1
    is_end = is_end and bool(walk.pages[number].items or walk.is_of_list)
    return False if later else True if is_end else None


def _has_more(walk: Walk, number: int, _: object) -> int | None:
    last = _is_last(walk, number, _)
    return None if last is None else not last


_KINDS: Final[Mapping[str, _Kind]] = {
    **dict.fromkeys(COUNTS, _count_pages),
    **dict.fromkeys(
        NUMBERS, lambda walk, n, _: n if walk.is_of_list and walk.pages[n].items else None
    ),
    **dict.fromkeys(ON_PAGE, _count_on_page),
    **dict.fromkeys(EMPTY, lambda walk, number, _: not walk.pages[number].items),
    **dict.fromkeys(FIRST, _is_first),
    **dict.fromkeys(LAST, _is_last),
    **dict.fromkeys(MORE, _has_more),
}


def _find_wrong(name: str, looks: list[_PageField], *, is_exact: bool) -> list[_PageField]:
    """Return the wrong values, unless the field may mean something else.

    It has the meaning that its name suggests if some values are right, or if all are too large or
    too small by one. The first page may have any number. A total that need not be exact may be an
    estimate, that of the list without its filters, or limited.
    """
    if name in NUMBERS:
        first = {each.stated for each in looks if not each.expected}
        looks = [replace(each, expected=each.expected + max(first, default=0)) for each in looks]
        return [each for each in looks if each.error] if len(first) == 1 else []
    errors = {each.error for each in looks}
    wrong = [each for each in looks if each.error]
    if not wrong or name in EMPTY:
        return wrong
    if len({each.expected for each in looks}) > 1 and len(errors) == 1:
        return [] if name == "lastpage" or abs(wrong[0].error) > 1 else wrong
    if len(wrong) == len(looks) or (name in TOTALS and not is_exact):
        return []
    stated, right = {each.stated for each in wrong}, {e.stated for e in looks if not e.error}
    if name in TOTALS:
        return wrong if stated <= right else []
    is_capped = len(stated) == 1 and max(stated) >= CAP and all(e.error < 0 for e in wrong)
    return [] if is_capped else wrong


def list_total_flags(operation: Operation) -> list[str]:
    """Return the flags that ask for the total of a list, as `include_total`."""
    named = [p for p in operation.query_parameters if re.search("total|count", plain(p.name))]
    is_known = operation.roles.total is not None
    return [each.name for each in named if is_known and list_types(each.schema) == ["boolean"]]
