"""The fields about pages: numbers of pages and of items, and flags of the first and last page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from docpact.model import Exchange, Operation, Promise
from docpact.model.paging import (
    ABOUT_PAGES,
    COUNTS,
    EMPTY,
    FIRST,
    LAST,
    MORE,
    NUMBERS,
    ON_PAGE,
    TOTALS,
    plain,
    read_number,
)
from docpact.model.pointer import pointer, resolve, tokens
from docpact.model.schema import list_nested_fields
from docpact.rules.evidence import Evidence
from docpact.rules.page_links import judge_links
from docpact.rules.rule import Broken, Judged, group_breaches, rule
from docpact.rules.walks import Ending, Walk
from docpact.text import excerpt

DEPTH: Final = 3
"""Fields about pages are looked for in the body and in objects inside it, up to this depth."""

CAP: Final = 10
"""Some servers state no larger number than one of at least this size."""


@dataclass(frozen=True, slots=True)
class _Look:
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
    operation = evidence.operation
    if not operation.roles.is_list:
        return
    bodies = {id(each.exchange): each.decoded.value for each in evidence.bodies}
    found = evidence.relations
    is_clear = not (found.collection.moved or any(p.rule == "paging.ends" for p in found.problems))
    walks = evidence.walks if is_clear else ()
    counts_pages = False
    for where, kind in _find_fields(operation).items():
        looks = [
            _Look(page.exchange, stated, expected)
            for walk in walks
            for number, page in enumerate(walk.pages)
            if (expected := kind(walk, number, operation)) is not None
            and isinstance(stated := resolve(bodies.get(id(page.exchange)), where), int)
            and isinstance(stated, bool) is isinstance(expected, bool)
            and not (kind is _repeat_offset and (expected, stated) == _FIRST)
        ]
        name = plain(str(tokens(where.removesuffix("/value"))[-1]))
        is_exact = counts_pages or name == "odatacount"
        wrong = _find_wrong(name, looks, is_exact=is_exact)
        counts_pages |= kind is _count_pages and bool(looks) and not wrong
        broken = [
            Broken(
                each.exchange,
                where,
                f"{excerpt(each.stated)} instead of {excerpt(each.expected)} "
                f"for {each.exchange.case.title}",
            )
            for each in wrong
        ]
        promise = Promise(
            "paging.fields", where, "the value that the pages show", operation.field_source(where)
        )
        yield promise, len(looks), group_breaches(broken, len(looks))
    yield from judge_links(evidence)


_Kind = Callable[[Walk, int, Operation], int | None]
"""Returns the expected value of a field on a page of a walk, given its index; None if unknown."""


def _find_fields(operation: Operation) -> Mapping[str, _Kind]:
    """Return the JSON Pointer of each field about pages, outside the items; totals come last."""
    found: dict[str, _Kind] = {}
    fields = list_nested_fields(operation.response_schema, DEPTH)
    paths = [tuple(map(str, path)) for path, _ in fields]
    counts = {path[:-1] for path in paths if plain(path[-1]) in COUNTS}
    for path in paths:
        name = plain(path[-1])
        is_about = all(plain(each) in ABOUT_PAGES for each in path[:-1])
        if pointer(path) == operation.roles.total:
            found[pointer(path)] = _count_items
        elif is_about:
            is_offset = name == plain(operation.roles.offset_parameter or "")
            kind = _repeat_offset if is_offset else _KINDS.get(name)
            if kind is not None and (name != "number" or path[:-1] in counts):
                found[pointer(path)] = kind
    return dict(sorted(found.items(), key=lambda pair: pair[1] is _count_items))


def _count_items(walk: Walk, *_: object) -> int | None:
    is_clear = _is_whole(walk) and len({*walk.ids}) == sum(1 for _ in walk.items)
    return len(walk.ids) if is_clear else None


def _count_pages(walk: Walk, *_: object) -> int | None:
    full = [page for page in walk.pages if page.items]
    return len(full) if _is_whole(walk) and full else None


def _is_whole(walk: Walk) -> bool:
    """Return whether a walk begins at the first page and ends at the last one."""
    return _begins(walk) and walk.ending is Ending.END


def _begins(walk: Walk) -> bool:
    """Return whether a walk begins at the first page: its parameters only select and sort items."""
    return walk.filters is not None or walk.beside is not None


_FIRST: Final = (0, 1)
"""A requested and a repeated offset that may both be the first (RFC 7644, section 3.4.2.4)."""


def _repeat_offset(walk: Walk, number: int, operation: Operation) -> int | None:
    query = dict(walk.pages[number].exchange.case.query)
    is_shown = bool(walk.pages[number].items)
    return read_number(query.get(operation.roles.offset_parameter or "")) if is_shown else None


def _is_first(walk: Walk, number: int, _: object) -> int | None:
    is_clear = _is_whole(walk) and walk.pages[number].items
    return number == 0 if is_clear else None


def _is_last(walk: Walk, number: int, _: object) -> int | None:
    """An empty page that only shows the end is not another page, nor is one of an odd size."""
    later = [page for page in walk.pages[number + 1 :] if page.items]
    is_end = walk.ending is Ending.END and number == len(walk.pages) - 1
    is_end = is_end and bool(walk.pages[number].items or _begins(walk))
    return False if later else True if is_end else None


def _has_more(walk: Walk, number: int, _: object) -> int | None:
    last = _is_last(walk, number, _)
    return None if last is None else not last


_KINDS: Final[Mapping[str, _Kind]] = {
    **dict.fromkeys(COUNTS, _count_pages),
    **dict.fromkeys(
        NUMBERS, lambda walk, n, _: n if _begins(walk) and walk.pages[n].items else None
    ),
    **dict.fromkeys(ON_PAGE, lambda walk, number, _: len(walk.pages[number].items)),
    **dict.fromkeys(EMPTY, lambda walk, number, _: not walk.pages[number].items),
    **dict.fromkeys(FIRST, _is_first),
    **dict.fromkeys(LAST, _is_last),
    **dict.fromkeys(MORE, _has_more),
}


def _find_wrong(name: str, looks: list[_Look], *, is_exact: bool) -> list[_Look]:
    """Return the wrong values, unless the field may mean something else.

    It has the meaning that its name suggests if some values are right, or if all are too large or
    too small by one. The first page may have any number. A total may be an estimate, that of the
    list without its filters, or limited; not so beside a right number of pages, which says how many
    items there are, or where OData defines it (OData 4.01, part 1, section 11.2.6.5).
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
