"""Metamorphic relations: the effects that filters, page sizes and tokens must have on any list.

No knowledge of the server's data is needed: the responses to different questions are compared with
each other. A walk must show every item that was in the list before it and after it, and only items
that match its filters. Each fault is one problem: a problem of one filter is not repeated for pairs
of filters, nor a problem of one page for its walk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from docpact.model import Operation
from docpact.rules.relations.page_problems import PageComparison, find_short_pages
from docpact.rules.relations.problems import (
    SUSPECT,
    Problem,
    confirm,
    describe_filters,
    drop_explained,
    filter_location,
    find_suspects,
    is_single,
    mark_suspect,
    names_of,
    page_location,
    rule_of_extras,
    rule_of_losses,
)
from docpact.rules.walks.collection import Collection, collect
from docpact.rules.walks.order import compare_order, find_moves, find_positions, group_walks
from docpact.rules.walks.pages import Filters, Item, Page, find_base, is_unordered, show_id
from docpact.rules.walks.walk import DISTINCT, Ending, Walk, find_window
from docpact.text import excerpt, pluralize


@dataclass(frozen=True, slots=True)
class Relations:
    """The result of comparing walks: the items, and the problems in the order found.

    `judged` counts the walks that could have broken the promise of a rule and location.
    """

    collection: Collection
    problems: tuple[Problem, ...]
    judged: Mapping[tuple[str, str], int]


def relate(operation: Operation, walks: Sequence[Walk]) -> Relations:
    """Compare walks with each other; an operation that is not a list has none."""
    collection = collect(operation, walks)
    comparison = Comparison(operation, collection, walks)
    problems = list(comparison.find_problems())
    is_unsteady = is_unordered(operation) or collection.is_recorded
    found = tuple(problems if is_unsteady else confirm(problems, walks))
    suspects = find_suspects(operation, collection, walks, found)
    judged = {
        (rule, location): count
        for (rule, location), count in comparison.judged.items()
        if rule == SUSPECT or not suspects & {*location.removeprefix("query/").split("+")}
    }
    return Relations(
        collection, tuple(mark_suspect(operation, walks, each, suspects) for each in found), judged
    )


class Comparison(PageComparison):
    """Compares all walks once, with each other and page by page."""

    def __init__(self, operation: Operation, collection: Collection, walks: Sequence[Walk]) -> None:
        super().__init__(operation, collection, walks)
        self._walks = walks
        self._base = find_base(operation)
        self._plain = [walk for walk in walks if walk.filters == self._base]
        rest = [walk for walk in walks if walk.filters and walk.filters != self._base]
        self._single = [w for w in rest if w.filters and is_single(w.filters)]
        self._other = [w for w in rest if w.filters and not is_single(w.filters)]
        self._beside = [replace(w, filters=w.beside) for w in walks if w.beside is not None]
        self._window = find_window(operation, self._plain)

    def find_problems(self) -> Iterator[Problem]:
        """Yield every problem; those that explain others come first."""
        plain = [problem for walk in self._plain for problem in self._find_losses(walk, ())]
        plain += self._find_hidden()
        single = drop_explained(
            problem
            for walk in self._single
            for problem in (*self._find_extras(walk), *self._find_losses(walk, plain))
        )
        yield from plain
        yield from single
        broken = {names_of(p.walk) for p in single if len(p.walk.pages) == 1}
        fewer = set[frozenset[str]]()
        for walk in sorted(self._other, key=lambda walk: len(walk.filters or ())):
            names = names_of(walk)
            if any(each <= names for each in broken) or any(each < names for each in fewer):
                continue
            found = [*self._find_extras(walk), *self._find_losses(walk, plain)]
            fewer |= {names for _ in found}
            yield from found
        for walk in self._related:
            yield from self._find_page_problems(walk)
            yield from self._find_suspicious(walk)
        for walk in self._beside:
            yield from self._find_page_problems(walk)
            if walk.filters and not any(each <= names_of(walk) for each in broken | fewer):
                yield from self._find_extras(walk)
                if self.operation.roles.bounds.keys().isdisjoint(dict(walk.case.query)):
                    yield from self._find_losses(walk, plain)
        if self._is_paged and self._has_ids and not is_unordered(self.operation):
            yield from self._compare_orders()
        yield from self._find_skipped()

    def find_problems_of(self, walk: Walk) -> Iterator[Problem]:
        """Yield the problems of one walk, also those that the problems of others explain."""
        if walk.filters != self._base:
            yield from self._find_extras(walk)
        yield from self._find_losses(walk, ())
        yield from self._find_page_problems(walk)
        if self._is_paged and self._has_ids:
            yield from (each for each in self._compare_orders() if each.walk is walk)

    def _find_hidden(self) -> Iterator[Problem]:
        """Yield items that walks show between two walks of the whole list that lack them."""
        whole = [walk for walk in self._plain if walk.reached_end]
        if len(whole) < 2 or not self._is_paged or not self._has_ids or self._window:
            return
        first, last, base = whole[0], whole[-1], self.collection.complete(self._base)
        shown = {*first.ids, *last.ids}
        hidden = [
            one
            for one, seen in self.collection.sightings.items()
            if one in self.collection.usually
            and one not in shown
            and all(self.collection.matches(item, base) for _, item in seen)
            and first.ends < seen[0][0].time <= seen[-1][0].time < last.begins
        ]
        if hidden:
            observed = (
                f"{pluralize(len(hidden), 'item')} of other responses missing from "
                f"{last.case.label}, e.g. {show_id(hidden[0])}"
            )
            confirmed = not self.collection.moved
            ids = frozenset(hidden)
            page = last.pages[-1]
            yield Problem("paging.complete", self._items, last, page, observed, ids, confirmed)

    def _find_skipped(self) -> Iterator[Problem]:
        """Yield pages of clients that add the size to the offset, if these miss items."""
        location = f"query/{self.operation.roles.offset_parameter}"
        for walk, page, after, query in find_short_pages(self.operation, self._walks):
            asked = [each for each in self._walks if {*each.case.query} == {*query}]
            known = {one for each in walk.pages if each is not after for one in each.ids}
            one = after.items[0].id
            if one is None or one in known:
                continue
            for other in asked:
                self._count("paging.short_page", location)
                if one not in other.ids:
                    observed = (
                        f"a page of {pluralize(len(page.items), 'item')} to {walk.case.label}, "
                        f"although {excerpt(one, 40)} follows; {other.case.title} does not show it"
                    )
                    about = ("paging.short_page", location, other, other.pages[0], observed)
                    ids, unmoved = frozenset({one}), not self.collection.moved
                    yield Problem(*about, ids, confirmed=unmoved, beside=after)

    def _find_extras(self, walk: Walk) -> Iterator[Problem]:
        """Yield the first page of a walk that shows items which its filters exclude."""
        filters = walk.filters or ()
        for name, _ in filters:
            if name in self.operation.roles.inferred:
                self._count(SUSPECT, f"query/{name}")
        scopes = set(self.operation.roles.scopes)
        rule = rule_of_extras(self.operation, self.collection, walk)
        self._count_extras(filters, rule)
        for number, page in enumerate(walk.pages):
            excluded = [(i, {*self.collection.mismatches(i, filters)}) for i in page.items]
            foreign = [(i, names & scopes) for i, names in excluded if names & scopes]
            others = [i for i, names in excluded if names and not names & scopes]
            if number:
                self._count("paging.token", page_location(self.operation))
            if foreign:
                location = f"query/{min(foreign[0][1])}"
                items = [item for item, _ in foreign]
                yield self._extra("filter.isolation", location, walk, page, items)
                return
            if others and number:
                late = self._find_late(others, filters)
                if late and rule:
                    yield self._extra(
                        "paging.token", page_location(self.operation), walk, page, late
                    )
                    return
            elif others and rule:
                yield self._extra(rule, filter_location(filters), walk, page, others)
                return

    def _find_late(self, items: Sequence[Item], filters: Filters) -> list[Item]:
        """Return those items that no first page under the same filters shows."""
        walks = (walk for walk in self._related if walk.filters == filters)
        first = {one for walk in walks for one in walk.pages[0].ids}
        return [item for item in items if item.id not in first]

    def _count_extras(self, filters: Filters, rule: str | None) -> None:
        """Count a walk for the promises about excluded items, if there are items to exclude."""
        if not self.collection.has_items:
            return
        for name, _ in filters:
            if name in self.operation.roles.scopes:
                self._count("filter.isolation", f"query/{name}")
        if rule is not None and rule != "filter.isolation":
            self._count(rule, filter_location(filters))

    def _extra(
        self, rule: str, location: str, walk: Walk, page: Page, items: Sequence[Item]
    ) -> Problem:
        filters = walk.filters or ()
        first = items[0]
        name = next(self.collection.mismatches(first, filters))
        observed = (
            f"{pluralize(len(items), 'item')} of {len(page.items):,} not of "
            f"{describe_filters(filters)}, e.g. {show_id(first.id)} "
            f"with {name} {excerpt(first.texts[name], 40)}"
        )
        ids = frozenset(item.id for item in items if item.id is not None)
        lifecycle = self.operation.roles.lifecycle
        may_change = lifecycle is not None and self.operation.roles.filters[name] == lifecycle.field
        confirmed = not may_change or any(self._is_unchanged(item, walk) for item in items)
        return Problem(rule, location, walk, page, observed, ids, confirmed)

    def _is_unchanged(self, item: Item, walk: Walk) -> bool:
        """Return whether an item was the same before, in and after a walk."""
        around = self.collection.around(item.id, walk) if item.id is not None else None
        return around is not None and all(each == item for each in around)

    def _find_losses(self, walk: Walk, plain: Sequence[Problem]) -> Iterator[Problem]:
        """Yield the items that a walk must show and does not."""
        filters = walk.filters or ()
        if walk.ending not in (Ending.END, Ending.CUT) or not (filters or self._is_paged):
            return
        expected = list(self._find_expected(walk))
        complete = rule_of_losses(filters)
        is_paged = self._is_paged and (not filters or len(walk.pages) > 1)
        if filters and expected:
            self._count(complete, filter_location(filters))
        if is_paged and expected:
            self._count("paging.complete", self._items)
        shown = set(walk.ids)
        lost = [one for one in expected if one not in shown]
        is_whole = walk.reached_end
        if (
            not lost
            or self._window == len(shown)
            or (is_whole and not self._has_ids and len(walk.ids) >= len(expected))
        ):
            return
        if filters and is_paged:
            unpaged = self._find_unpaged_walks(filters)
            if any(set(self._find_expected(each)) - set(each.ids) for each in unpaged):
                return
            is_paged = bool(plain) or bool(unpaged)
        rule, location = complete, filter_location(filters)
        if is_paged:
            rule, location = "paging.complete", self._items
        observed = (
            f"{pluralize(len(lost), 'item')} of {len(expected):,} missing from {walk.case.label}, "
            f"e.g. {show_id(lost[0])}"
        )
        is_one = len(walk.pages) == 1 and not self._may_continue(walk)
        confirmed = is_one or not self.collection.has_moved_in(walk)
        yield Problem(rule, location, walk, walk.pages[-1], observed, frozenset(lost), confirmed)

    def _may_continue(self, walk: Walk) -> bool:
        """Return whether items of a recorded page may have moved to the page before it was read."""
        if not (self.collection.is_recorded and self._is_paged):
            return False
        alike = (each for each in self._walks if each.size == walk.size)
        longest = max(len(each.pages[0].items) for each in alike)
        return len(walk.pages[0].items) >= (walk.size or longest)

    def _find_unpaged_walks(self, filters: Filters) -> list[Walk]:
        """Return the walks with some filters that end after one page."""
        alike = (walk for walk in (*self._single, *self._other) if walk.filters == filters)
        return [walk for walk in alike if len(walk.pages) == 1 and walk.reached_end]

    def _find_expected(self, walk: Walk) -> Iterator[str]:
        """Yield the ids that a walk must show, before its end; a new item may be a changed one.

        The beginning of a list in another order shows other items.
        """
        expected: Iterable[str] = self.collection.expected(walk)
        if walk.reached_end:
            yield from expected
        if walk.reached_end or walk.beside is not None:
            return
        shown = dict.fromkeys(walk.ids)
        orders = self._orders_around(walk)
        for order in orders:
            places = [order[one] for one in shown if one in order]
            is_clear = self._has_ids or DISTINCT <= len(places) == len(shown)
            if not places or places != sorted(places) or not is_clear:
                return
            expected = [one for one in expected if order.get(one, places[-1]) < places[-1]]
        if orders:
            yield from expected

    def _orders_around(self, walk: Walk) -> Sequence[Mapping[str, int]]:
        """Return the positions of the items in the whole list, as far as they are known.

        A change may move an item to another position. So if anything changed, the walks of the
        whole list before and after a walk must both be known.
        """
        if not self.collection.moved:
            return [self.collection.order]
        whole = [other for other in self._plain if other.reached_end]
        before = [other for other in whole if other.ends < walk.begins]
        after = [other for other in whole if walk.ends < other.begins]
        known = (before[-1], after[0]) if before and after else ()
        return [find_positions(other) for other in known]

    def _compare_orders(self) -> Iterator[Problem]:
        """Yield walks that show items in another order than the first walk with their filters."""
        for group in group_walks(self._related):
            orders = [compare_order(group[0], walk) for walk in group[1:]]
            for each in orders:
                if each.same > 1:
                    self._count("paging.order", self._items)
            for walk, one, confirmed in find_moves(group, orders):
                observed = (
                    f"{walk.case.label} shows {excerpt(one, 40)} at another position "
                    f"than {group[0].case.label}"
                )
                about = ("paging.order", self._items, walk, walk.pages[0], observed)
                yield Problem(*about, confirmed=confirmed, beside=group[0].pages[0])
