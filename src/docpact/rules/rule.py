"""The rule: one kind of promise, and the pure function that judges it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, TypeVar

from docpact.model import Breach, Case, Exchange, Judgement, Level, PageVisit, Promise
from docpact.rules.evidence import Evidence, Step

S = TypeVar("S", bound=Exchange | Step)

Judged: TypeAlias = tuple[Promise, int, tuple[Breach, ...]]
"""A promise, the number of observations that tested it, and its breaches."""

Judge: TypeAlias = Callable[[Evidence], Iterator[Judged]]
"""Yields every promise of the contract under a rule, also those that no observation tested.

It may yield promises of two rules: certain ones, and those of `Rule.suspect`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of promise.

    Attributes:
        id: `family.name`.
        level: of its findings.
        summary: the promise in one sentence.
        why: the consequence of a breach for a client, in one sentence.
        judge: the pure function that judges it.
        needs_own_requests: whether only requests that docpact sends can test it.
    """

    id: str
    level: Level
    summary: str
    why: str
    judge: Judge
    needs_own_requests: bool = False

    @property
    def family(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]

    def judgements(self, evidence: Evidence) -> Iterator[Judgement]:
        """Judge every promise of this rule."""
        for promise, observations, breaches in self.judge(evidence):
            if promise.rule == self.id:
                yield Judgement(promise, self.level, observations, breaches)

    def suspect(self, id: str, summary: str, why: str) -> Rule:  # noqa: A002  as in `Rule`
        """Return the rule for the promises that the same judge yields as notes: less certain."""
        return replace(self, id=id, level=Level.NOTE, summary=summary, why=why)


def rule(
    id: str,  # noqa: A002  as in `Rule`
    why: str,
    level: Level = Level.BREAKING,
    *,
    needs_own_requests: bool = False,
) -> Callable[[Judge], Rule]:
    """Return the decorator that makes a rule of its judge, whose docstring is the promise."""

    def make(judge: Judge) -> Rule:
        summary = (judge.__doc__ or "").partition("\n")[0]
        return Rule(id, level, summary, why, judge, needs_own_requests)

    return make


@dataclass(frozen=True, slots=True)
class Broken:
    """One exchange that broke a promise.

    Attributes:
        exchange: with the response.
        location: see `Breach`.
        observed: see `Breach`.
        detail: see `Breach`.
    """

    exchange: Exchange
    location: str
    observed: str
    detail: str = ""


def group_breaches(broken: Iterable[Broken], observations: int) -> tuple[Breach, ...]:
    """Return one breach for each location and detail."""
    groups: dict[tuple[str, str], list[Broken]] = {}
    for each in broken:
        groups.setdefault((each.location, each.detail), []).append(each)
    return tuple(
        Breach(
            location=location,
            observed=summarize([each.observed for each in group]),
            request=group[0].exchange.request,
            count=len(group),
            observations=observations,
            first=group[0].exchange.case.title,
            detail=detail,
            shown=page_visits(each.exchange.case for each in group),
        )
        for (location, detail), group in groups.items()
    )


def judge_each(
    promise: Promise, seen: Sequence[S], find_problem: Callable[[S], str | None]
) -> Judged:
    """Judge a promise by exchanges, or steps, that each keep or break it."""
    problems = [(each, text) for each in seen if (text := find_problem(each)) is not None]
    broken = [
        Broken(each.exchange, promise.location, text, each.about)
        if isinstance(each, Step)
        else Broken(each, promise.location, text, promise.keyword)
        for each, text in problems
    ]
    return promise, len(seen), group_breaches(broken, len(seen))


def describe_answer(exchange: Exchange) -> str:
    """Return the status of a response and its case."""
    return f"{exchange.status} to {exchange.case.label}"


def is_explained(exchange: Exchange, others: Sequence[Exchange]) -> bool:
    """Return whether a case with several parameters fails as a case with one of them does."""
    if exchange.case.expectation.parameter is not None or len(exchange.case.query) < 2:
        return False
    names = {name for name, _ in exchange.case.query}
    return any(
        other.case.expectation.parameter in names
        and (other.status, other.failure is None) == (exchange.status, exchange.failure is None)
        for other in others
    )


def page_visits(cases: Iterable[Case]) -> tuple[PageVisit, ...]:
    """Return the pages that cases ask for, each once and in order."""
    return tuple(dict.fromkeys(case.page_visit for case in cases))


def judge_relations(evidence: Evidence, promise: Promise) -> Judged:
    """Judge a promise by its metamorphic relations.

    Problems that a change of the collection could have caused make an unconfirmed breach, and only
    if there are no others.
    """
    about = (promise.rule, promise.location)
    problems = [each for each in evidence.relations.problems if (each.rule, each.location) == about]
    confirmed = [each for each in problems if each.confirmed]
    observations = evidence.relations.judged.get(about, 0)
    if not problems:
        return promise, observations, ()
    kept = confirmed or problems
    first = kept[0]
    found = Breach(
        location=promise.location,
        observed=summarize([each.observed for each in kept]),
        request=first.page.exchange.request,
        count=len(kept),
        observations=observations,
        first=first.page.exchange.case.title,
        shown=page_visits(
            page.exchange.case for each in kept for page in (each.page, each.beside) if page
        ),
        confirmed=bool(confirmed),
    )
    return promise, observations, (found,)


def advise(judged: Judged, role: str, value: object, **more: str) -> Judged:
    """Add to breaches of a role that only a name suggests the refinement that settles it."""
    full = {"value": value, **more}
    stated = {"document": "operation", "pointer": role, "value": full, "source": "..."}
    advice = (
        "only the name suggests it; to settle it, add to refinements.json "
        f'{json.dumps(stated)}, or the same with "value": null'
    )
    promise, count, found = judged
    return promise, count, tuple(replace(b, observed=f"{b.observed}; {advice}") for b in found)


def summarize(observed: Sequence[str], *, is_cut: bool = False) -> str:
    """Join different observations into one line: the first three, or fewer if they are long."""
    different = list(dict.fromkeys(observed))
    written = different[:1]
    for each in different[1:3]:
        if len("; ".join([*written, each])) > _LONGEST:
            break
        written.append(each)
    more = len(different) - len(written)
    rest = f" and {'at least ' if is_cut else ''}{more:,} more" if more else ""
    return "; ".join(written) + rest


_LONGEST: Final = 160
"""Number of characters up to which several observations are written out."""
