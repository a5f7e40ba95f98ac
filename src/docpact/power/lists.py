"""Drifts of lists, tried on recorded walks: other items, or other pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, TypeAlias

from docpact.cases.parts import put
from docpact.limits import POWER_ITEMS
from docpact.model import Judgement
from docpact.model.pointer import change_at, tokens
from docpact.power import selections
from docpact.power.selections import Selection, refill
from docpact.power.trials import EMPTY, KNOWN, NOTICED, TOO_LONG, Drift, Known, find_new, with_body
from docpact.rules import Evidence, gather, judge
from docpact.rules.relations.metamorphic import Comparison, relate
from docpact.rules.relations.problems import Problem, find_suspects, mark_suspect
from docpact.rules.walks.pages import find_base, find_token_parameter
from docpact.rules.walks.walk import Ending, Walk
from docpact.text import pluralize

TRIES: Final = 2
"""Number of walks on which a drift is tried, until one shows it."""

TOKEN_RULES: Final = ("paging.token_alone", "paging.foreign_token")

Attempts: TypeAlias = dict[str, Iterator[Walk]]
"""The place of each drift of a kind → the recorded walks as it changes them."""

REACHABLE: Final = 100_000
"""The most items that an account may be advised to have."""


class Lists:
    """The recorded walks of a list."""

    def __init__(self, evidence: Evidence, known: Known) -> None:
        self.evidence, self.operation, self.known = evidence, evidence.operation, known
        self.collection = evidence.relations.collection
        base = find_base(self.operation)
        walks = [w for w in evidence.walks if w.ending is not Ending.FAILED]
        is_long = sum(len(walk.ids) for walk in walks) > POWER_ITEMS
        walks = [] if is_long else walks
        self.excuse = TOO_LONG if is_long else EMPTY
        self.plain = [walk for walk in walks if walk.filters == base]
        longest = max(self.plain, key=lambda walk: len(walk.ids), default=None)
        shown = longest.items if longest else ()
        self.items = tuple({item.id or id(item): item for item in shown}.values())
        self.filtered = defaultdict[frozenset[str], list[tuple[Walk, Selection]]](list)
        for walk in walks:
            if walk.filters and walk.filters != base:
                names = frozenset(dict(walk.filters))
                given = Selection(self.items, tuple(walk.items), walk.filters, names)
                self.filtered[names].append((walk, given))
        self._capacity = max((len(walk.pages[0].items) for walk in self.plain), default=1)
        whole = [walk for walk in self.plain if walk.reached_end]
        self.before, self.after = whole[:1], whole[1:][-1:]

    def measure(self, walk: Walk) -> int:
        """Return the length of a full page of a walk."""
        first = len(walk.pages[0].items)
        return first if len(walk.pages) > 1 else walk.size or max(first, self._capacity)

    def try_walks(self, attempts: Attempts) -> dict[str, bool]:
        """Return the place of each drift that changes a walk → whether one of them shows it."""
        found: dict[str, bool] = {}
        for place, walks in attempts.items():
            for walk in islice(walks, TRIES):
                found[place] = self._shows_problem(walk)
                if found[place]:
                    break
        return found

    def _shows_problem(self, walk: Walk) -> bool:
        """Return whether a run reports a problem of a damaged walk, between two whole ones."""
        walks = [*self.before, walk, *self.after]
        for each in Comparison(self.operation, self.collection, walks).find_problems_of(walk):
            suspects = find_suspects(self.operation, self.collection, walks, [each])
            if self._is_new(mark_suspect(self.operation, walks, each, suspects)):
                return True
        return False

    def is_between(self, walk: Walk) -> bool:
        """Return whether a walk lies between two walks of the whole list."""
        return (
            bool(self.after)
            and self.before[0].ends < walk.begins
            and walk.ends < self.after[0].begins
        )

    def show_problem(self, walks: Sequence[Walk]) -> bool:
        """Return whether a run reports a problem of walks that it did not show."""
        return any(map(self._is_new, relate(self.operation, walks).problems))

    def _is_new(self, problem: Problem) -> bool:
        is_certain = len(problem.walk.pages) == 1 or not self.collection.has_moved_in(problem.walk)
        is_known = (problem.rule, problem.location, "") in self.known
        return problem.confirmed and is_certain and not is_known


def try_lists(lists: Lists, judgements: Sequence[Judgement]) -> Iterator[Drift]:
    """Yield each drift of the filters and pages of a list."""
    places = [(each.promise.rule, each.promise.location) for each in judgements]
    for kind in selections.KINDS:
        aims = [place for place in places if place[0] in kind.rules]
        yield from _try_filters(lists, kind, aims)
    stated = {rule for rule, _ in places}
    for page_kind in selections.WHOLE:
        if page_kind.rule in stated:
            yield from _try_sizes(lists, page_kind)
    for page_kind in selections.FILTERED:
        if page_kind.rule in stated:
            yield from _try_filtered_pages(lists, page_kind)
    if "paging.token" in stated:
        yield from _try_forgetting(lists)
    yield from _try_total(lists, [p for p in places if p[0] == "paging.total"])
    yield from _try_tokens(lists, [p for p in places if p[0] in TOKEN_RULES])


def _try_filters(
    lists: Lists, kind: selections.Defect, aims: Sequence[tuple[str, str]]
) -> Iterator[Drift]:
    """Try a drift on the filters of some promises, given by rule and location."""
    attempts = {where: _select(lists, kind, _read_names(where)) for _, where in aims}
    found = lists.try_walks(attempts)
    for rule, location in aims:
        names = _read_names(location)
        schemas = {name: lists.operation.parameter(name).item_schema for name in names}
        always = lists.collection.always
        if any(kind.applies(schema, name in always) for name, schema in schemas.items()):
            yield Drift(kind.name, rule, location, *_explain(lists, names, found.get(location)))


def _select(lists: Lists, kind: selections.Defect, names: frozenset[str]) -> Iterator[Walk]:
    """Yield each recorded walk with some filters as a drift changes it, if it does."""
    for walk, given in lists.filtered[names]:
        if kind.is_about(given):
            chosen = kind.choose(given)
            if [item.id for item in chosen] != [*walk.ids]:
                yield refill(walk, chosen, lists.measure(walk))


def _read_names(location: str) -> frozenset[str]:
    return frozenset(location.removeprefix("query/").split("+"))


def _explain(lists: Lists, names: frozenset[str], noticed: bool | None) -> tuple[str, str]:
    """Return why a drift of filters is not noticed, if it is not, and what would show it.

    `noticed` is None if the drift changes no recorded walk.
    """
    about = " and ".join(sorted(names))
    if noticed:
        return NOTICED
    if not lists.items:
        return lists.excuse
    for name in sorted(names):
        field = lists.operation.roles.filters[name].removeprefix("/")
        texts = {item.texts[name] for item in lists.items}
        if texts == {None}:
            return f"{name}: no item has a {field}", f"an item with a {field}"
        if len(texts) == 1:
            (text,) = texts
            return f"{name}: every item has the {field} {text}", f"an item with another {field}"
    if noticed is False:
        return _explain_silence(lists, about)
    return f"{about}: it would have changed no recorded response", ""


def _explain_silence(lists: Lists, about: str) -> tuple[str, str]:
    """Return why damaged walks give no new finding."""
    if any(rule.startswith(("filter.", "paging.")) for rule, _, _ in lists.known):
        return KNOWN, ""
    if lists.collection.moved:
        return "the list changed during the run", "a run while nothing changes"
    if not lists.before or not lists.after:
        return "no walk of the whole list before and after it", ""
    return f"{about}: no other response contradicts it", ""


def _try_sizes(lists: Lists, kind: selections.PageKind) -> Iterator[Drift]:
    sizes = dict.fromkeys(walk.size for walk in lists.plain)
    between = {
        size: [w for w in lists.plain if w.size == size]
        for size in sizes
        if kind.rule in selections.ALONE
        or all(lists.is_between(walk) for walk in lists.plain if walk.size == size)
    }
    found = lists.try_walks(
        {_describe(size): _repage(lists, kind, walks) for size, walks in between.items()}
    )
    for size in sizes:
        place = _describe(size)
        if size not in between and (damaged := _damage_size(lists, kind, size)):
            found[place] = lists.show_problem(damaged)
        yield Drift(kind.name, kind.rule, place, *_explain_size(lists, size, found.get(place)))


def _damage_size(lists: Lists, kind: selections.PageKind, size: int | None) -> list[Walk]:
    """Return the walks of a page size after a drift, among others, or none if it changes none."""
    changed = {
        id(walk): new
        for walk in lists.plain
        if walk.size == size
        for new in _repage(lists, kind, [walk])
    }
    others = [w for w in lists.plain if w.size != size and w.reached_end]
    kept = {id(walk) for walk in (*others[:1], *others[-1:])}
    if not changed:
        return []
    return [
        changed.get(id(walk), walk) for walk in lists.plain if walk.size == size or id(walk) in kept
    ]


def _repage(lists: Lists, kind: selections.PageKind, walks: Iterable[Walk]) -> Iterator[Walk]:
    """Yield each walk as a drift changes it, if it does."""
    for walk in walks:
        if len(walk.pages) >= kind.least and walk.ids:
            changed = kind.repage(lists.operation, walk, lists.items)
            if changed is not None and (changed.pages, changed.ending) != (walk.pages, walk.ending):
                yield changed


def _describe(size: int | None) -> str:
    return "the default page size" if size is None else f"page size {size}"


def _explain_size(lists: Lists, size: int | None, noticed: bool | None) -> tuple[str, str]:
    """Return why a drift of pages is not noticed; see `_explain`."""
    if noticed:
        return NOTICED
    if noticed is False:
        return _explain_silence(lists, _describe(size))
    if not lists.items:
        return lists.excuse
    fitting = max(len(w.pages[0].items) for w in lists.plain if w.size == size)
    least = max(size or fitting, fitting)
    if len(lists.items) > least:
        return f"{_describe(size)}: no further page was requested", ""
    remedy = f"more than {pluralize(least, 'item')}" if least <= REACHABLE else ""
    return f"{_describe(size)}: every item is on one page", remedy


def _try_filtered_pages(lists: Lists, kind: selections.PageKind) -> Iterator[Drift]:
    walks = {name: _find_long(lists, name) for name in lists.operation.roles.filters}
    attempts = {name: _repage(lists, kind, long) for name, long in walks.items()}
    yield from _try_names(lists, kind.name, kind.rule, attempts)


def _try_forgetting(lists: Lists) -> Iterator[Drift]:
    """Try the loss of each filter on the second page, and on the third."""
    names = lists.operation.roles.filters
    for begin, page in enumerate(("second", "third"), start=1):
        attempts = {name: _forget(lists, name, begin) for name in names}
        kind = f"the {page} page forgets the filter"
        yield from _try_names(lists, kind, "paging.token", attempts)


def _forget(lists: Lists, name: str, begin: int) -> Iterator[Walk]:
    for walk in _find_long(lists, name):
        filters = [(other, values) for other, values in walk.filters or () if other != name]
        matching = [i for i in lists.items if lists.collection.matches(i, tuple(filters))]
        if len(walk.pages) > begin:
            changed = selections.forget(walk, lists.items, matching, begin)
            if changed.ids != walk.ids:
                yield changed


def _find_long(lists: Lists, name: str) -> list[Walk]:
    """Return the walks of several pages with one filter."""
    return [walk for walk, _ in lists.filtered[frozenset({name})] if len(walk.pages) > 1]


def _try_names(lists: Lists, kind: str, rule: str, attempts: Attempts) -> Iterator[Drift]:
    found = lists.try_walks(attempts)
    for name in attempts:
        why = _explain(lists, frozenset({name}), found.get(name))
        if why[0].endswith("no recorded response"):
            why = f"{name}: no filtered list has enough pages", "more items"
        yield Drift(kind, rule, f"query/{name}", *why)


def _try_tokens(lists: Lists, aims: Sequence[tuple[str, str]]) -> Iterator[Drift]:
    """Try the first page of the whole list as the response to every misplaced token."""
    evidence, token = lists.evidence, find_token_parameter(lists.operation)
    asked = [
        e for e in evidence.exchanges if {*dict(e.case.query)} == {token} and e.case.visit.page == 1
    ]
    walks = [walk for walk in evidence.walks if walk.pages[0].exchange not in asked]
    for each in asked if lists.before else ():
        page = replace(lists.before[0].pages[0], exchange=each)
        walks.append(replace(lists.before[0], case=each.case, filters=None, pages=(page,)))
    damaged = replace(evidence, walks=tuple(walks), bodies=(), exchanges=tuple(asked))
    noticed = {each.rule for each in find_new(judge(damaged, TOKEN_RULES), lists.known)}
    for rule, location in aims:
        silent = ("no request tested it", "more items") if lists.items else lists.excuse
        why = NOTICED if rule in noticed else silent
        yield Drift("a misplaced token leads to the first page", rule, location, *why)


def _try_total(lists: Lists, aims: Sequence[tuple[str, str]]) -> Iterator[Drift]:
    """Try a total of one item on a page of two."""
    operation, noticed = lists.operation, False
    shown = (walk.pages[0] for walk in lists.plain if len(walk.pages[0].items) > 1)
    for page in islice(shown if aims else (), 1):
        items = [dict(item.fields) for item in page.items[:2]]
        value = change_at({}, tokens(operation.roles.items or ""), put(items))
        value = change_at(value, tokens(operation.roles.total or ""), put(1))
        evidence = gather(operation, [with_body(page.exchange, value)], joined=False)
        noticed = bool(find_new(judge(evidence, {"paging.total"}), lists.known))
    for rule, location in aims:
        why = NOTICED if noticed else ("no page has two items", "two items")
        yield Drift("the total is less than the items of a page", rule, location, *why)
