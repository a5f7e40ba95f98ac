"""The gate: plays every scenario to every build of a client, judges the calls, compares gates."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Final

from docpact.client_gate.call import PATIENCE, Call, Caller, Effect, Hung, Raised, Scenario, Wanted
from docpact.client_gate.failures import FAILURES
from docpact.client_gate.fidelity import FIDELITY, FORMS, single_items
from docpact.client_gate.listing import list_location
from docpact.client_gate.loopback import block_hosts
from docpact.client_gate.paging import PAGING
from docpact.client_gate.reading import classify
from docpact.client_gate.requests import REQUESTS
from docpact.client_gate.retries import AGAIN
from docpact.client_gate.rule import (
    ClientRule,
    Evidence,
    Family,
    Tested,
    find_misread,
    forget_calls,
)
from docpact.client_gate.stage import Progress, Stage, complete, find_obstacle, set_zone
from docpact.client_gate.times import guess_times
from docpact.client_gate.tolerance import TOLERANCE
from docpact.errors import UsageError
from docpact.limits import GATE_SCENARIOS, GATE_SECONDS
from docpact.model import Finding, Judgement, Operation, Promise, Run, collect_results
from docpact.model.finding import fingerprint
from docpact.text import list_some, pluralize

FAMILIES: Final[tuple[Family, ...]] = (
    REQUESTS,
    FIDELITY,
    FORMS,
    PAGING,
    AGAIN,
    FAILURES,
    TOLERANCE,
)
"""Every family of client rules."""

RULES: Final[tuple[ClientRule, ...]] = tuple(rule for each in FAMILIES for rule in each.rules)
"""Every client rule, by family."""


@dataclass(frozen=True, slots=True)
class Client:
    """A client to test.

    Attributes:
        name: in reports.
        callers: its builds.
        command: that runs the gate again, shown in findings; may be empty.
    """

    name: str
    callers: tuple[Caller, ...]
    command: str = ""


@dataclass(frozen=True, slots=True)
class Effects:
    """The effect of one scenario on the caller of one build.

    Attributes:
        promise: `rule location`, as in test ids.
        answer: the responses, in one short line.
        build: of the client; empty if there is only one.
        effect: one of five.
        text: the caller's result, in one short line.
    """

    promise: str
    answer: str
    build: str
    effect: Effect
    text: str


@dataclass(frozen=True, slots=True)
class Gate:
    """The results and findings of a gate, and the effect of every scenario, call by call."""

    run: Run
    effects: tuple[Effects, ...]


def gate(
    operation: Operation,
    client: Client,
    *,
    only: Collection[str] = (),
    patience: float = PATIENCE,
    progress: Progress = lambda *_: None,
) -> Gate:
    """Play every scenario to every build of a client, several at once, and judge the calls.

    Every breach is confirmed by a call that is made alone.

    Args:
        operation: the contract.
        client: to test.
        only: names of the promises to judge; empty for all of them.
        patience: seconds in which a call ends or requests a further page.
        progress: called after every call.

    Raises:
        UsageError: the gate cannot test clients of this operation, or a plain call does not reach
            the server of the gate.
    """
    if problem := find_obstacle(operation):
        raise UsageError(f"{operation.id} cannot be gated: {problem}")
    begun, started = time.monotonic(), datetime.now(UTC)
    with block_hosts() as blocked, set_zone():
        stage = Stage(operation, patience, blocked, begun + GATE_SECONDS)
        stage, plain, guesses = _call_plainly(stage, client.callers)
        operation = stage.operation
        played, judge = _choose_played(operation, only), partial(_judge, operation, only)
        calls, missing = _play(stage, client.callers, plain, played, progress)
        mark = _find_marks(operation, only, plain, calls)
        builds = {each.name: each for each in client.callers}
        calls = _confirm(judge, map(mark, calls), lambda c: mark(stage.confirm(builds[c.build], c)))
    judgements = [tested.judgement(rule.level) for rule, tested in judge(calls)]
    forget_calls()
    run = Run(
        operation=operation.id,
        target=client.name,
        seed=0,
        results=collect_results(judgements),
        findings=tuple(_findings(operation, judgements, client.command)),
        requests=tuple((f.name, _count_requests(each, calls)) for f, each in played.items()),
        seconds=time.monotonic() - begun,
        started=started,
        reason=_explain_nothing(calls, missing),
        remarks=(*guesses, *_list_left_out(operation, played)),
    )
    return Gate(run, tuple(_effects(operation, call) for call in calls))


def _play(
    stage: Stage,
    callers: Sequence[Caller],
    plain: Sequence[Call],
    played: Mapping[Family, Sequence[Scenario]],
    progress: Progress,
) -> tuple[list[Call], int]:
    """Return plain and other calls, then those of single items, and how many were not made."""
    scenarios = [scenario for each in played.values() for scenario in each]
    work = [(c, s) for s in scenarios for c in callers if c.keeps_clients or not s.before]
    progress(0, len(work))
    calls = [*plain, *stage.play(work, progress)]
    singles = [(c, each) for c in callers for each in single_items(stage.operation, calls)]
    calls += stage.play(singles, progress)
    return calls, len(plain) + len(work) + len(singles) - len(calls)


def _find_marks(
    operation: Operation, only: Collection[str], plain: Sequence[Call], calls: Sequence[Call]
) -> Callable[[Call], Call]:
    """Return the function that adds facts from other calls to a call.

    These are the fields that the client misreads, and whether a plain call fails in the same way.
    """
    shown = [call for call in calls if call.scenario.rule == "client.fidelity"]
    misread = frozenset(where for call in shown for where, _ in find_misread(operation, call))
    is_judged = not only or str(Promise("client.fidelity", list_location(operation), "")) in only
    failures = {_name_failure(call) for call in plain if is_judged} - {None}
    return lambda c: replace(c, misread=misread, is_usual=_name_failure(c) in failures)


def _list_left_out(
    operation: Operation, played: Mapping[Family, Sequence[Scenario]]
) -> Iterator[str]:
    """Yield a remark about each promise with more scenarios than were played."""
    for family, scenarios in played.items():
        if scenarios:
            yield from _choose_scenarios(operation, family)[1]


def _call_plainly(
    stage: Stage, callers: Sequence[Caller]
) -> tuple[Stage, list[Call], tuple[str, ...]]:
    """Return the stage to play on, the plain calls, and remarks about its values.

    If plain calls fail, they are made again with times in texts that look like them. If all of
    them succeed, all other responses have times there; the failure is a finding anyway.
    """

    def call_all(stage: Stage) -> tuple[list[Call], bool]:
        calls = [call for each in callers for call in stage.call_plainly(each)]
        return calls, any(isinstance(call.outcome, Raised) for call in calls)

    calls, has_failed = call_all(stage)
    for guessed, places in guess_times(stage.operation) if has_failed else ():
        other = replace(stage, operation=guessed)
        again, fails_again = call_all(other)
        if not fails_again:
            text = f"a plain call fails, but not with times at {list_some(places)}"
            return other, [*calls, *again], (f"{text}: the other responses have them",)
    return stage, calls, ()


def _name_failure(call: Call) -> tuple[str, ...] | None:
    """Return the error of a call that should give items; None without one.

    Of its text, that is the second line, if there is one, without numbers: pydantic counts the
    problems of all items in the first, and names the place of one in the second.
    """
    outcome, wanted = call.outcome, (Wanted.ITEMS, Wanted.EITHER)
    if not isinstance(outcome, Raised) or call.scenario.wanted not in wanted:
        return None
    text = "".join(outcome.message.splitlines()[:2][-1:])
    return call.build, outcome.name, re.sub(r"\d+", "0", text)


def _explain_nothing(calls: Sequence[Call], missing: int) -> str:
    """Return why a gate is inconclusive, or an empty text."""
    if missing:
        every = pluralize(missing + len(calls), "call")
        return f"{missing:,} of {every} were not made within {GATE_SECONDS:,.0f} seconds"
    return "" if any(call.received for call in calls) else "no request arrived"


def promises(operation: Operation) -> tuple[Promise, ...]:
    """Return every promise of the gate, by family."""
    return tuple(tested.promise for _, tested in _judge(operation, (), ()))


def _choose_played(
    operation: Operation, only: Collection[str]
) -> dict[Family, tuple[Scenario, ...]]:
    """Return every family with the scenarios that test some promises, or all of them."""
    every = {family: _choose_scenarios(operation, family)[0] for family in FAMILIES}
    if not only:
        return every
    chosen: set[Scenario] = set()
    for rule, tested in _judge(operation, only, ()):
        able = [s for each in every.values() for s in each if s.rule in rule.scenario_rules]
        exact = [each for each in able if each.location == tested.promise.location]
        chosen.update(able if rule.sees_all and rule.played_by else exact or able)
    return {family: tuple(s for s in each if s in chosen) for family, each in every.items()}


@lru_cache(maxsize=64)
def _choose_scenarios(
    operation: Operation, family: Family
) -> tuple[tuple[Scenario, ...], tuple[str, ...]]:
    """Return at most `GATE_SCENARIOS` scenarios for each promise, and remarks about others."""
    most, found = GATE_SCENARIOS, dict[tuple[str, str], list[Scenario]]()
    for each in family.scenarios(operation):
        found.setdefault((each.rule, each.location), []).append(each)
    remarks = []
    for (rule, location), every in found.items():
        if (count := len(every)) > most:
            every[:] = [every[number * count // most] for number in range(most)]
            remarks.append(f"{rule} {location}: {most} of {count:,} scenarios were played")
    chosen = (complete(operation, each) for every in found.values() for each in every)
    return tuple(chosen), tuple(remarks)


def _judge(
    operation: Operation, only: Collection[str], calls: Sequence[Call]
) -> Iterator[tuple[ClientRule, Tested]]:
    for family in FAMILIES:
        scenarios, _ = _choose_scenarios(operation, family)
        for rule in family.rules:
            ids = rule.scenario_rules
            seen = tuple(c for c in calls if rule.sees_all or c.scenario.rule in ids)
            for tested in rule.judge(Evidence(operation, scenarios, seen)):
                if not only or str(tested.promise) in only:
                    yield rule, tested


def _confirm(
    judge: Callable[[Sequence[Call]], Iterable[tuple[ClientRule, Tested]]],
    made: Iterable[Call],
    play: Callable[[Call], Call],
) -> list[Call]:
    """Return the calls, one alone for each broken promise, or each rule whose calls hang."""
    calls, alone, hung = [*made], set[int](), set[str]()
    while True:
        suspects = {}
        for _, tested in judge(calls):
            accused = [call for call, _ in tested.problems]
            known = (
                id(call) in alone or (isinstance(call.outcome, Hung) and call.scenario.rule in hung)
                for call in accused
            )
            if accused and not any(known):
                suspects[id(accused[0])] = accused[0]
        if not suspects:
            return calls
        for number, call in enumerate(calls):
            if id(call) in suspects:
                calls[number] = play(call)
                alone.add(id(calls[number]))
                hung |= {call.scenario.rule} if isinstance(calls[number].outcome, Hung) else set()


def _count_requests(scenarios: Iterable[Scenario], calls: Iterable[Call]) -> int:
    rules = {scenario.rule for scenario in scenarios}
    return sum(len(call.received) for call in calls if call.scenario.rule in rules)


def _effects(operation: Operation, call: Call) -> Effects:
    effect, text = classify(operation, call)
    promise = str(Promise(call.scenario.rule, call.scenario.location, ""))
    return Effects(promise, call.scenario.label, call.build, effect, text)


def _findings(
    operation: Operation, judgements: Iterable[Judgement], command: str
) -> Iterable[Finding]:
    """Return the findings, breaking ones first."""
    found = [
        Finding(
            promise=judgement.promise,
            level=judgement.level,
            location=breach.location,
            observed=breach.observed,
            count=breach.count,
            observations=breach.observations,
            first=breach.first,
            shown=1,
            asked=0,
            reproduce=f"{command} --only '{judgement.promise}'" if command else "",
            fingerprint=fingerprint(operation.id, judgement.promise.rule, breach.location),
        )
        for judgement in judgements
        for breach in judgement.breaches
    ]
    return sorted(found, key=lambda finding: finding.level.rank)
