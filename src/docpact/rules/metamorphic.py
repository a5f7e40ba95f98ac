"""Relations between answers: what a filter, a page size and a token do to a collection.

They need no knowledge of the server's data. What must be in an answer is what was seen before it
and after it; what must not be in it says so itself. One drift is one problem: what a plain filter
already shows is not told again of a pair of filters, nor what a page shows of its whole walk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from docpact.model import Operation
from docpact.rules.collection import Collection, collect
from docpact.rules.walks import Ending, Filters, Item, Page, Walk
from docpact.text import counted, excerpt


@dataclass(frozen=True, slots=True)
class Problem:
    """One relation that one walk breaks.

    Attributes:
        rule: the id of the rule it belongs to.
        location: as in `Breach`.
        walk: that breaks it.
        page: that shows it first.
        observed: what came instead, in one short line.
        ids: of the items that show it.
        settled: False where a collection that moves could be the cause.
    """

    rule: str
    location: str
    walk: Walk
    page: Page
    observed: str
    ids: frozenset[str] = frozenset()
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Relations:
    """What walks say of each relation.

    Attributes:
        collection: as they show it.
        problems: in the order noticed.
        judged: rule and location → the number of walks that could have broken it.
    """

    collection: Collection
    problems: tuple[Problem, ...]
    judged: Mapping[tuple[str, str], int]


def relate(operation: Operation, walks: Sequence[Walk]) -> Relations:
    """Hold walks against each other; pure, and silent on an operation that is no list."""
    collection = collect(operation, walks)
    judge = _Judge(operation, collection, walks)
    found = _settled(judge.problems())
    return Relations(collection, tuple(found), judge.judged)


def end_location(operation: Operation) -> str:
    """Name what tells that a page is the last one: the token, or else the items."""
    return operation.roles.next_token or operation.roles.items or ""


def filter_location(filters: Filters) -> str:
    """Name the parameters of some filters as a location does."""
    return "query/" + "+".join(name for name, _ in filters)


class _Judge:
    """Goes through all walks once; counts what it could judge."""

    def __init__(self, operation: Operation, collection: Collection, walks: Sequence[Walk]) -> None:
        self.operation, self.collection = operation, collection
        self.judged: Counter[tuple[str, str]] = Counter()
        self._plain = [walk for walk in walks if walk.filters == ()]
        self._single = [w for w in walks if w.filters and _is_single(w.filters)]
        self._other = [w for w in walks if w.filters and not _is_single(w.filters)]
        self._related = [walk for walk in walks if walk.filters is not None]
        self._items = operation.roles.items or ""

    def problems(self) -> Iterator[Problem]:
        """Yield every problem, the ones that explain others first."""
        plain = [problem for walk in self._plain for problem in self._losses(walk, ())]
        plain += self._hidden()
        alone = [
            p for walk in self._single for p in (*self._extras(walk), *self._losses(walk, plain))
        ]
        yield from plain
        yield from alone
        broken = {name for p in alone for name, _ in p.walk.filters or () if len(p.walk.pages) == 1}
        for walk in self._other:
            if not broken & {name for name, _ in walk.filters or ()}:
                yield from self._extras(walk)
                yield from self._losses(walk, plain)
        for walk in self._related:
            yield from self._shape(walk)
        yield from self._orders()

    def _hidden(self) -> Iterator[Problem]:
        """Yield what the first and last look at the plain list lack, but answers between show."""
        looks = [walk for walk in self._plain if walk.ending is Ending.END]
        if len(looks) < 2:
            return
        first, last = looks[0], looks[-1]
        hidden = [
            one
            for one, seen in self.collection.sightings.items()
            if one not in first.ids
            and one not in last.ids
            and first.ends < seen[0][0].time <= seen[-1][0].time < last.begins
        ]
        if hidden:
            observed = (
                f"{counted(len(hidden), 'item')} that other answers show not shown by "
                f"{last.case.label}, e.g. {excerpt(hidden[0], 40)}"
            )
            still = not self.collection.moved
            found = frozenset(hidden)
            page = last.pages[-1]
            yield Problem("paging.complete", self._items, last, page, observed, found, still)

    def _extras(self, walk: Walk) -> Iterator[Problem]:
        """Yield what a walk shows that its filters leave out: the first page that does, by rule."""
        filters = walk.filters or ()
        rule = self._rule_of_extras(filters)
        scopes = set(self.operation.roles.scopes)
        for scope in scopes & {name for name, _ in filters}:
            self._count("filter.isolation", f"query/{scope}")
        if rule != "filter.isolation":
            self._count(rule, filter_location(filters))
        for page in walk.pages:
            found = [(i, {*self.collection.mismatches(i, filters)}) for i in page.items]
            foreign = [i for i, names in found if names & scopes]
            others = [i for i, names in found if names and not names & scopes]
            if page is not walk.pages[0]:
                self._count("paging.token", self._token)
            if foreign:
                scope = next(name for name, _ in filters if name in scopes)
                yield self._extra("filter.isolation", f"query/{scope}", walk, page, foreign)
                return
            if others and page is not walk.pages[0]:
                yield self._extra("paging.token", self._token, walk, page, others)
                return
            if others:
                yield self._extra(rule, filter_location(filters), walk, page, others)
                return

    def _rule_of_extras(self, filters: Filters) -> str:
        if len(filters) > 1:
            return "filter.combined"
        name, values = filters[0]
        if name in self.operation.roles.scopes:
            return "filter.isolation"
        if not set(values) & self.collection.values[name]:
            return "filter.unknown"
        return "filter.several" if len(values) > 1 else "filter.selects"

    def _extra(
        self, rule: str, location: str, walk: Walk, page: Page, items: Sequence[Item]
    ) -> Problem:
        filters = walk.filters or ()
        first = items[0]
        name = next(self.collection.mismatches(first, filters))
        held = excerpt(first.texts[name], 40)
        observed = (
            f"{counted(len(items), 'item')} of {len(page.items):,} not of {_written(filters)}, "
            f"e.g. {self._named(first)} with {name} {held}"
        )
        ids = frozenset(item.id for item in items if item.id is not None)
        lifecycle = self.operation.roles.lifecycle
        moving = lifecycle is not None and self.operation.roles.filters[name] == lifecycle.field
        settled = not moving or any(self._stands(item, walk) for item in items)
        return Problem(rule, location, walk, page, observed, ids, settled)

    def _stands(self, item: Item, walk: Walk) -> bool:
        """Say whether an item was the same before and after a walk as in it."""
        around = self.collection.around(item.id, walk) if item.id is not None else None
        return around is not None and all(each == item for each in around)

    def _losses(self, walk: Walk, plain: Sequence[Problem]) -> Iterator[Problem]:
        """Yield what a walk does not show of what was there before it and after it."""
        filters = walk.filters or ()
        if walk.ending not in (Ending.END, Ending.CUT):
            return
        expected = list(self._expected(walk))
        complete = "filter.complete" if len(filters) == 1 else "filter.combined"
        if filters and len(filters[0][1]) > 1 and len(filters) == 1:
            complete = "filter.several"
        paged = not filters or len(walk.pages) > 1
        if filters and expected:
            self._count(complete, filter_location(filters))
        if paged and expected:
            self._count("paging.complete", self._items)
        shown = set(walk.ids)
        lost = [one for one in expected if one not in shown]
        if not lost:
            return
        if filters and paged:
            alone = [
                w
                for w in (*self._single, *self._other)
                if w.filters == filters and len(w.pages) == 1 and w.ending is Ending.END
            ]
            if any(set(self._expected(w)) - set(w.ids) for w in alone):
                return
            paged = bool(plain) or bool(alone)
        rule, location = (
            ("paging.complete", self._items) if paged else (complete, filter_location(filters))
        )
        observed = (
            f"{counted(len(lost), 'item')} of {len(expected):,} not shown by {walk.case.label}, "
            f"e.g. {excerpt(lost[0], 40)}"
        )
        still = len(walk.pages) == 1 or not self.collection.moved
        yield Problem(
            rule, location, walk, walk.pages[-1], observed, frozenset(lost), settled=still
        )

    def _expected(self, walk: Walk) -> Iterator[str]:
        """Yield what a walk must show; of one that was cut short, what stands before its end."""
        expected = self.collection.expected(walk)
        if walk.ending is Ending.END:
            yield from expected
            return
        order = self.collection.order
        places = [order[one] for one in dict.fromkeys(walk.ids) if one in order]
        if places and places == sorted(places):
            yield from (one for one in expected if order.get(one, places[-1]) < places[-1])

    def _shape(self, walk: Walk) -> Iterator[Problem]:
        """Yield what is wrong with the pages of a walk, whatever they hold."""
        ends = end_location(self.operation)
        if walk.ending is not Ending.FAILED:
            self._count("paging.ends", ends)
        if walk.ending is Ending.ENDLESS:
            observed = f"no end after {counted(len(walk.pages), 'page')} of {walk.case.label}"
            yield Problem("paging.ends", ends, walk, walk.pages[-1], observed)
        else:
            yield from self._twice(walk)
        yield from self._lengths(walk)
        yield from self._holes(walk)

    def _twice(self, walk: Walk) -> Iterator[Problem]:
        several = bool(walk.filters) and _several(walk.filters or ())
        again = [one for one, times in Counter(walk.ids).items() if times > 1]
        if walk.ids:
            self._count("paging.unique", self._items)
        if not again:
            return
        pages = [p for p in walk.pages if set(again) & set(p.ids)]
        on_one = any(times > 1 for page in pages for times in Counter(page.ids).values())
        example = excerpt(again[0], 40)
        observed = f"{counted(len(again), 'item')} twice in {walk.case.label}, e.g. {example}"
        rule, location = "paging.unique", self._items
        if several and on_one:
            rule, location = "filter.several", filter_location(walk.filters or ())
        settled = on_one or not self.collection.moved
        yield Problem(rule, location, walk, pages[-1], observed, frozenset(again), settled)

    def _lengths(self, walk: Walk) -> Iterator[Problem]:
        name = self.operation.roles.size_parameter
        if name is None:
            return
        longest = self.operation.parameter(name).schema.get("maximum")
        most = walk.size if walk.size is not None else longest
        if most is None or (longest is not None and most > longest):
            return
        self._count("paging.size", f"query/{name}")
        page = next((page for page in walk.pages if len(page.items) > most), None)
        if page is not None:
            said = f"{counted(len(page.items), 'item')} to {page.exchange.case.title}"
            yield Problem("paging.size", f"query/{name}", walk, page, said)

    def _holes(self, walk: Walk) -> Iterator[Problem]:
        if len(walk.pages) > 1:
            self._count("paging.empty_page", self._items)
        for number, page in enumerate(walk.pages, start=1):
            if not page.items and any(later.items for later in walk.pages[number:]):
                said = f"page {number} of {walk.case.label} is empty, and later ones are not"
                yield Problem("paging.empty_page", self._items, walk, page, said)
                return

    def _orders(self) -> Iterator[Problem]:
        """Yield walks that show the same items in another order than the first of their filters."""
        firsts: dict[Filters, Walk] = {}
        for walk in self._related:
            if walk.ending is Ending.FAILED or not walk.ids:
                continue
            first = firsts.setdefault(walk.filters or (), walk)
            if first is walk:
                continue
            before, now = self._first_shown(first), self._first_shown(walk)
            same = [one for one in before if one in now and before[one] == now[one]]
            here = [one for one in now if one in set(same)]
            if len(same) > 1:
                self._count("paging.order", self._items)
            if same != here:
                one = next(a for a, b in zip(same, here, strict=True) if a != b)
                observed = (
                    f"{walk.case.label} shows {excerpt(one, 40)} at another place "
                    f"than {first.case.label} does"
                )
                yield Problem("paging.order", self._items, walk, walk.pages[0], observed)

    def _first_shown(self, walk: Walk) -> dict[str, Item]:
        shown: dict[str, Item] = {}
        for item in walk.items:
            if item.id is not None:
                shown.setdefault(item.id, item)
        return shown

    def _count(self, rule: str, location: str) -> None:
        self.judged[rule, location] += 1

    def _named(self, item: Item) -> str:
        return excerpt(item.id, 40)

    @property
    def _token(self) -> str:
        return f"query/{self.operation.roles.onward}"


def _is_single(filters: Filters) -> bool:
    return len(filters) == 1 and len(filters[0][1]) == 1


def _several(filters: Filters) -> bool:
    return any(len(values) > 1 for _, values in filters)


def _written(filters: Filters) -> str:
    parts = [f"{name}={excerpt(value, 24)}" for name, values in filters for value in values[:2]]
    return " and ".join(parts)


def _settled(problems: Iterator[Problem]) -> Iterator[Problem]:
    """Settle what another look at the same question shows of the same items."""
    found = list(problems)
    for problem in found:
        again = any(
            other.rule == problem.rule
            and other.walk.case.question == problem.walk.case.question
            and other.walk is not problem.walk
            and other.ids & problem.ids
            for other in found
        )
        yield replace(problem, settled=problem.settled or again)
