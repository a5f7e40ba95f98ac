"""Rules for habits: what every earlier night showed, although nothing documents it.

A habit is learned from nights on which everything kept it, and has ended when nothing keeps it any
more. So things that are true of most items are not habits, and a few odd items end none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Final, NamedTuple

from docpact.model import Breach, Counts, Groups, Level, Night, Observed, Promise, Request
from docpact.rules.evidence import Evidence
from docpact.rules.habits import observations
from docpact.rules.habits.kinds import (
    FEW,
    NIGHTS,
    NONE,
    STABLE_NIGHTS,
    Habit,
    HabitKind,
    describe_changes,
    describe_scale,
    describe_shapes,
    learn_constancy,
    learn_growth,
    learn_kinds,
    learn_scale,
    learn_shape,
    name_kinds,
)
from docpact.rules.habits.observations import CONSTANCY, FINAL, HEADERS, VALUE
from docpact.rules.responses.promises import UNDOCUMENTED
from docpact.rules.rule import Judged, Rule, summarize
from docpact.text import pluralize

LATE: Final = 2
"""Number of latest nights that may show a change which was too small to be named."""


_ROWS: Final = (
    (
        HabitKind(
            observations.PRESENCE,
            partial(learn_kinds, text="always there", allowed=VALUE),
            lambda counts: f"in none of {pluralize(counts[NONE], 'object')}",
        ),
        "A field that every object had is still there.",
        "A client that reads it fails, or shows nothing.",
    ),
    (
        HabitKind(observations.TYPE, partial(learn_kinds, text="always {}"), name_kinds),
        "An undocumented field still has the type that it always had.",
        "A client that reads it fails.",
    ),
    (
        HabitKind(observations.SCALE, learn_scale, describe_scale, fewest=FEW),
        "Numbers are still of the size that they always had.",
        "If the unit has changed, a client works with wrong amounts.",
    ),
    (
        HabitKind(observations.SHAPE, partial(learn_shape, is_id=False), describe_shapes),
        "Texts that a machine makes still have the length and the characters that they always had.",
        "A client that reads their parts, or stores them in a column of that length, fails.",
    ),
    (
        HabitKind(observations.ID, partial(learn_shape, is_id=True), describe_shapes, fewest=3),
        "The ids of items still have the length and the characters that they always had.",
        "A client that checks ids, or stores them in a column of that length, fails.",
    ),
    (
        HabitKind(
            observations.HEADER,
            partial(learn_kinds, text="always there", allowed=VALUE),
            lambda counts: f"in none of {pluralize(counts[NONE], 'response')}",
        ),
        "A header that every response had is still there.",
        "A client that reads it pages, caches or waits in another way.",
    ),
    (
        HabitKind(
            observations.NEW_HEADER,
            partial(learn_kinds, text="never there", allowed=NONE),
            lambda counts: f"in {pluralize(counts[VALUE], 'response')}",
            source=observations.HEADER,
            about=re.compile(f"{HEADERS}/(.*rate-?limit.*|.*version.*)"),
        ),
        "No response has a new header about versions or limits of requests.",
        "The API may have a new version or a new limit.",
        Level.NOTE,
    ),
    (
        HabitKind(
            observations.REJECTION,
            partial(learn_kinds, text="always {}"),
            name_kinds,
            chances=NIGHTS,
            fewest=NIGHTS,
        ),
        "Refused requests still have the status that they always had.",
        "A client that distinguishes errors by their status does the wrong thing.",
    ),
    (
        HabitKind(
            observations.PAGE_SIZE,
            partial(learn_kinds, text="always {} items"),
            lambda counts: f"{name_kinds(counts)} items",
            chances=NIGHTS,
            fewest=1,
        ),
        "A page has the number of items that it always had, if the request asks for none.",
        "A client that expects the items on the first page does not find them.",
    ),
    (
        HabitKind(CONSTANCY, partial(learn_constancy, is_documented=False), describe_changes),
        "A field that did not change on finished items does not change on most of them.",
        "A client works with other data than before, e.g. with times of another zone.",
    ),
    (
        HabitKind(FINAL, partial(learn_constancy, is_documented=True), describe_changes, fewest=1),
        "An item that was finished keeps its final state.",
        "A client that has stored the result never asks again.",
    ),
    (
        HabitKind(
            observations.ITEMS,
            learn_growth,
            lambda counts: pluralize(sum(counts.values()), "item"),
            fewest=1,
            nights=STABLE_NIGHTS,
        ),
        "A list that never became shorter does not lose half of its items.",
        "A client misses items; the end of the list may be cut off.",
    ),
)
"""Each kind of habit, with the promise, its reason, and the level if it is not `changed`."""


class Learned(NamedTuple):
    """A habit of a group of items, as the observations of some nights show it."""

    habit: Habit
    days: tuple[date, ...]
    number: int


def _judge(kind: HabitKind, evidence: Evidence) -> Iterator[Judged]:
    """Judge each habit of a kind that the earlier nights show."""
    tonight, past = evidence.observed, evidence.past
    if tonight is None or past is None:
        return
    nights = [night for night in past.nights if night.observed.context == tonight.context]
    source = kind.source or kind.rule
    every = (night.observed for night in nights)
    places = {place for each in (tonight, *every) for place in each.counts.get(source, {})}
    breaches = evidence.summary.breaches
    broken = {each.location for each in breaches if each.rule != UNDOCUMENTED}
    for place in sorted(places - broken - {"", HEADERS}):
        if not place.endswith("/*") and kind.about.fullmatch(place):
            yield from _judge_place(kind, place, nights, evidence)


def _judge_once(kind: HabitKind, evidence: Evidence) -> Iterator[Judged]:
    """Judge a kind, without places about which another kind of habit reports the same change."""
    for promise, number, breaches in _judge(kind, evidence):
        is_known = breaches and kind.rule == CONSTANCY
        if not is_known or promise.location not in _list_ended(evidence, kind):
            yield promise, number, breaches


def _list_ended(evidence: Evidence, kind: HabitKind) -> set[str]:
    """Return the locations at which habits of other kinds have ended."""
    others = (each for each, *_ in _ROWS if each is not kind)
    judged = (each for other in others for each in _judge(other, evidence))
    return {promise.location for promise, _, breaches in judged if breaches}


def _judge_place(
    kind: HabitKind, place: str, nights: Sequence[Night], evidence: Evidence
) -> Iterator[Judged]:
    """Judge a habit; yield nothing if only some observations keep it, or too few show its end."""
    tonight = evidence.observed
    if tonight is None:
        return
    usable, times = _choose_nights(kind, place, nights)
    groups, earlier = _count(kind, tonight, place), [(n, _count(kind, n, place)) for n in usable]
    whole = [(observed, _join(each)) for observed, each in earlier]
    for now, before in ((_join(groups), whole), (groups, earlier)):
        kept, ended = _compare_groups(kind, now, before)
        if kept or ended:
            break
    is_open = bool(nights) and nights[-1].changed.get((kind.rule, place)) == ""
    is_partial = any(each.keys() - groups.keys() for _, each in earlier)
    lost = _add(learned.habit.split(now[group])[1] for group, learned in ended.items())
    if lost.total() >= kind.fewest:
        last = max(max(each.days) for each in ended.values())
        after = (night.observed for night in nights if night.observed.day > last)
        began = next((each.day for each in after if _count(kind, each, place)), tonight.day)
        number = sum(sum(now[group].values()) for group in ended)
        observed = f"{kind.describe(lost)} since {began}"
        request = _find_request(kind, evidence, ended)
        detail = str(times or "")
        breach = Breach(place, observed, request, lost.total(), number, detail=detail)
        yield Promise(kind.rule, place, _document(ended)), number, (breach,)
    elif kept and not ended and not (is_open and is_partial):
        number = sum(sum(now[group].values()) for group in kept)
        yield Promise(kind.rule, place, _document(kept)), number, ()


def _join(groups: Groups) -> Groups:
    """Return the counts of all groups together."""
    return {"": _add(groups.values())} if groups else {}


def _compare_groups(
    kind: HabitKind, now: Groups, before: Sequence[tuple[Observed, Groups]]
) -> tuple[dict[str, Learned], dict[str, Learned]]:
    """Return the habits that each group keeps, and those that have ended."""
    kept, ended = dict[str, Learned](), dict[str, Learned]()
    for group in now:
        shown = [(observed, each[group]) for observed, each in before if group in each]
        learned, has_ended = _compare(kind, shown, now[group])
        if learned is not None:
            (ended if has_ended else kept)[group] = learned
    return kept, ended


def _choose_nights(
    kind: HabitKind, place: str, nights: Sequence[Night]
) -> tuple[list[Observed], int]:
    """Return the nights from which a habit is learned, and how often it was learned anew.

    Nights on which it had ended do not count, until somebody accepts that, or until it has come
    back twice: then it was not a habit.
    """
    usable, lost, ended = list[Observed](), list[Observed](), list[Observed]()
    times, is_accepted = 0, False
    for night in nights:
        why = night.changed.get((kind.rule, place))
        if why is not None:
            ended.append(night.observed)
            if why:
                usable, lost = list(ended), []
                times += not is_accepted
                is_accepted = True
            continue
        if ended and not is_accepted:
            if not _has_returned(kind, place, night.observed, usable):
                continue
            usable = sorted((*usable, *lost), key=lambda each: each.day)
            lost = ended
        ended, is_accepted = [], False
        usable.append(night.observed)
    return usable, times


def _has_returned(kind: HabitKind, place: str, now: Observed, before: Sequence[Observed]) -> bool:
    """Return whether a night shows observations of a kind that nights before the end showed."""
    shown = {k for each in before for counts in _count(kind, each, place).values() for k in counts}
    return any(not shown.isdisjoint(counts) for counts in _count(kind, now, place).values())


def _count(kind: HabitKind, observed: Observed, place: str) -> Groups:
    """Return the observations of a kind by group; empty if they were not counted."""
    source = kind.source or kind.rule
    counts = observed.find(source, place)
    if source not in (observations.PRESENCE, observations.HEADER):
        return counts
    if any(place.startswith(f"{each}/") for each in observed.uncounted):
        return {}
    found = {}
    for group, total in observed.find(source, place.rpartition("/")[0]).items():
        there = counts.get(group, {}).get(VALUE, 0)
        found[group] = {VALUE: there, NONE: total.get(VALUE, 0) - there}
    return {group: {k: n for k, n in each.items() if n} for group, each in found.items()}


def _compare(
    kind: HabitKind, nights: Sequence[tuple[Observed, Counts]], now: Counts
) -> tuple[Learned | None, bool]:
    """Return the habit that nights show, without a beginning of its end, and whether it ended."""
    first = None
    for late in range(LATE + 1):
        base = nights[: len(nights) - late]
        learned = _learn(kind, base)
        if learned is not None:
            kept, broken = learned.habit.split(now)
            if broken and (learned.habit.is_strict or not kept):
                return learned, True
            first = first or (learned if not broken else None)
    return first, False


def _learn(kind: HabitKind, nights: Sequence[tuple[Observed, Counts]]) -> Learned | None:
    number = sum(sum(counts.values()) for _, counts in nights)
    days = tuple(dict.fromkeys(observed.day for observed, _ in nights))
    if len(days) < kind.nights or number < kind.chances:
        return None
    habit = kind.learn([counts for _, counts in nights])
    return Learned(habit, days, number) if habit else None


def _document(groups: Mapping[str, Learned]) -> str:
    """Return a habit in words, with the nights that showed it."""
    learned = [*groups.values()]
    days = sorted({day for each in learned for day in each.days})
    names: dict[str, list[str]] = {}
    for group, each in groups.items():
        names.setdefault(each.habit.text, []).extend([group] if group else [])
    texts = (f"{text} ({summarize(some)})" if some else text for text, some in names.items())
    return (
        f"{', '.join(texts)}: {sum(each.number for each in learned):,} times on "
        f"{pluralize(len(days), 'day')}, {days[0]} to {days[-1]}"
    )


def _add(counts: Iterable[Counts]) -> Counter[str]:
    total = Counter[str]()
    for each in counts:
        total.update(each)
    return total


def _find_request(kind: HabitKind, evidence: Evidence, groups: Collection[str]) -> Request:
    """Return a request that shows the observations of some groups."""
    names = ((e, observations.name_refusal(e)) for e in evidence.exchanges)
    refused = (e for e, name in names if name and ("" in groups or name in groups))
    shown = (page.exchange for walk in evidence.walks for page in walk.pages[:1])
    chosen = refused if kind.rule == observations.REJECTION else shown
    first = next(chosen, None) or next(body.exchange for body in evidence.bodies)
    return first.request


def _rule(kind: HabitKind, summary: str, why: str, level: Level = Level.CHANGED) -> Rule:
    return Rule(kind.rule, level, summary, why, partial(_judge_once, kind), needs_own_requests=True)


RULES: Final = tuple(_rule(*row) for row in _ROWS)
