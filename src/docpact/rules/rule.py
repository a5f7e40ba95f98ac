"""The rule: one kind of promise, and the pure function that judges it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import Any, Final, TypeAlias, TypeVar

from docpact.model import (
    Breach,
    Exchange,
    Judgement,
    Level,
    Operation,
    Promise,
)
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
        others: further judges that yield promises of this rule.
    """

    id: str
    level: Level
    summary: str
    why: str
    judge: Judge
    needs_own_requests: bool = False
    others: tuple[Judge, ...] = ()

    @property
    def family(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]

    def suspect(self, id: str, summary: str, why: str) -> Rule:  # noqa: A002  as in `Rule`
        """Return the rule for the promises that the same judge yields as notes: less certain."""
        return replace(self, id=id, level=Level.NOTE, summary=summary, why=why)


def rule(
    id: str,  # noqa: A002  as in `Rule`
    why: str,
    level: Level = Level.BREAKING,
    *,
    needs_own_requests: bool = False,
    others: tuple[Judge, ...] = (),
) -> Callable[[Judge], Rule]:
    """Return the decorator that makes a rule of its judge, whose docstring is the promise."""

    def make(judge: Judge) -> Rule:
        summary = (judge.__doc__ or "").partition("\n")[0]
        return Rule(id, level, summary, why, judge, needs_own_requests, others)

    return make


def judge_by(rules: Iterable[Rule], evidence: Evidence) -> Iterator[Judgement]:
    """Judge every promise of some rules; a judge that several of them share is asked once."""
    ask = cache(lambda judge: tuple(judge(evidence)))
    for each in rules:
        for promise, observations, breaches in chain(*map(ask, (each.judge, *each.others))):
            if promise.rule == each.id:
                yield Judgement(promise, each.level, observations, breaches)


@dataclass(frozen=True, slots=True)
class Broken:
    """One exchange that broke a promise; see `Breach`."""

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
        make_breach(
            location,
            summarize([each.observed for each in group]),
            [each.exchange for each in group],
            observations=observations,
            detail=detail,
        )
        for (location, detail), group in groups.items()
    )


def make_breach(location: str, observed: str, shown: Sequence[Exchange], **more: Any) -> Breach:
    """Return the breach that some exchanges show: the first is quoted, all are counted."""
    return Breach(
        location,
        observed,
        shown[0].request,
        first=shown[0].case.title,
        shown=tuple(dict.fromkeys(each.case.page_visit for each in shown)),
        **{"count": len(shown), **more},
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


def judge_failures(evidence: Evidence, promise: Promise, asked: Iterable[Exchange]) -> Judged:
    """Judge that no request gets a 5xx status, unless the operation always fails."""
    failures, operation = evidence.failures, evidence.operation
    about = [e for e in asked if e.response is not None and e.status not in failures]
    return judge_each(
        promise, about, lambda e: describe_answer(e) if is_error(operation, e.status) else None
    )


def is_error(operation: Operation, status: int) -> bool:
    """Return whether a status is a 5xx; 501 may be documented for what a server does not support.

    See RFC 9110, section 15.6.2.
    """
    return status >= 500 and not (status == NOT_IMPLEMENTED and operation.documents(status))


NOT_IMPLEMENTED: Final = 501


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


def list_breaches(judgements: Iterable[Judgement]) -> frozenset[tuple[str, str, str]]:
    """Return rule, location and detail of every breach."""
    return frozenset(
        (each.promise.rule, breach.location, breach.detail)
        for each in judgements
        for breach in each.breaches
    )


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
    found = make_breach(
        promise.location,
        summarize([each.observed for each in kept]),
        [page.exchange for each in kept for page in (each.page, each.beside) if page],
        count=len(kept),
        observations=observations,
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
