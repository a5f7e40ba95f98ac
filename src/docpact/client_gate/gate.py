"""The gate: plays every scenario to every build of a client, and judges the calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from queue import SimpleQueue
from threading import Thread
from typing import Final, TypeAlias

from docpact.client_gate.call import Call, Caller, Effect, Hung, Outcome, Received
from docpact.client_gate.failures import FAILURES
from docpact.client_gate.fidelity import FIDELITY, single_items
from docpact.client_gate.loopback import MOST_REQUESTS, Player, serve
from docpact.client_gate.paging import PAGING
from docpact.client_gate.requests import REQUESTS
from docpact.client_gate.rule import ClientRule, Evidence, Family
from docpact.client_gate.scenario import Scenario
from docpact.client_gate.tolerance import TOLERANCE
from docpact.client_gate.verdict import classify
from docpact.errors import UsageError
from docpact.model import Finding, Judgement, Operation, Promise, Run, collect_results
from docpact.model.finding import fingerprint
from docpact.text import counted

FAMILIES: Final[tuple[Family, ...]] = (REQUESTS, FIDELITY, PAGING, FAILURES, TOLERANCE)
"""Every family of client rules."""

RULES: Final[tuple[ClientRule, ...]] = tuple(rule for each in FAMILIES for rule in each.rules)
"""Every client rule, by family."""

PATIENCE: Final = 60.0
"""Seconds after which a call counts as hung."""

GRACE: Final = 2.0
"""Further seconds in which a caller can end by itself what it started."""

AT_ONCE: Final = 24
"""Number of concurrent calls; most of them wait."""

KEY: Final = "docpact-gate-key"
"""The secret that clients are given."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of finished calls and the number of all calls."""


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
    """The result of a gate.

    Attributes:
        run: results and findings.
        effects: of every scenario, call by call.
    """

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

    Args:
        operation: the contract of a list operation.
        client: to test.
        only: names of the promises to judge; empty for all of them.
        patience: maximum seconds of a call.
        progress: called after every call.

    Raises:
        UsageError: the operation does not list items in pages that tokens link.
    """
    roles = operation.roles
    if roles.items is None or roles.next_token is None or roles.token_parameter is None:
        raise UsageError(
            f"{operation.id} does not list items in pages that tokens link; the gate needs that"
        )
    begun, started = time.monotonic(), datetime.now(UTC)
    parts = [part for family in FAMILIES if (part := _part(operation, family, only)) is not None]
    work = [
        (caller, scenario)
        for part in parts
        for scenario in part.scenarios
        for caller in client.callers
    ]
    progress(0, len(work))
    calls = _play(operation, work, patience, progress)
    singles = [(c, scenario) for c in client.callers for scenario in single_items(operation, calls)]
    calls += _play(operation, singles, patience, progress)
    judgements = [
        judgement
        for part in parts
        for judgement in _judge(operation, part, calls)
        if _is_wanted(judgement.promise, only)
    ]
    run = Run(
        operation=operation.id,
        target=client.name,
        seed=0,
        results=collect_results(judgements),
        findings=tuple(_findings(operation, judgements, client.command)),
        requests=tuple((part.family.name, _count_requests(part, calls)) for part in parts),
        seconds=time.monotonic() - begun,
        started=started,
    )
    return Gate(run, tuple(_effects(operation, call) for call in calls))


def promises(operation: Operation) -> tuple[Promise, ...]:
    """Return every promise of the gate, by family."""
    return tuple(
        judgement.promise
        for family in FAMILIES
        for judgement in _judge(operation, _Part(family, _scenarios(operation, family)), ())
    )


def _is_wanted(promise: Promise, only: Collection[str]) -> bool:
    return not only or str(promise) in only


@dataclass(frozen=True, slots=True)
class _Part:
    """A family, and those of its scenarios that are played."""

    family: Family
    scenarios: tuple[Scenario, ...]


def _part(operation: Operation, family: Family, only: Collection[str]) -> _Part | None:
    """Return the part of a family that tests some promises, or None if none does.

    A promise without scenarios of its own is tested by those at its location, or by all.
    """
    whole = _Part(family, _scenarios(operation, family))
    wanted = [j.promise for j in _judge(operation, whole, ()) if _is_wanted(j.promise, only)]
    if not wanted:
        return None
    rules = {scenario.rule for scenario in whole.scenarios}
    chosen = []
    for promise in wanted:
        scenarios = [
            scenario
            for scenario in whole.scenarios
            if scenario.location == promise.location
            and (scenario.rule == promise.rule or promise.rule not in rules)
        ]
        if not scenarios:
            return whole
        chosen += scenarios
    return replace(whole, scenarios=tuple(dict.fromkeys(chosen)))


@lru_cache(maxsize=64)
def _scenarios(operation: Operation, family: Family) -> tuple[Scenario, ...]:
    return tuple(family.scenarios(operation))


def _calls_of(part: _Part, calls: Iterable[Call]) -> tuple[Call, ...]:
    rules = {scenario.rule for scenario in part.scenarios}
    return tuple(call for call in calls if call.scenario.rule in rules)


def _judge(operation: Operation, part: _Part, calls: Sequence[Call]) -> Iterator[Judgement]:
    evidence = Evidence(operation, part.scenarios, _calls_of(part, calls))
    for rule in part.family.rules:
        yield from rule.judgements(evidence)


def _count_requests(part: _Part, calls: Iterable[Call]) -> int:
    return sum(len(call.received) for call in _calls_of(part, calls))


def _play(
    operation: Operation,
    work: Sequence[tuple[Caller, Scenario]],
    patience: float,
    progress: Progress,
) -> list[Call]:
    """Play scenarios, several at once, and return the calls in order."""
    finished = count(1)

    def play(each: tuple[Caller, Scenario]) -> Call:
        call = _call(operation, *each, patience)
        progress(next(finished), len(work))
        return call

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(play, work))


def _call(operation: Operation, caller: Caller, scenario: Scenario, patience: float) -> Call:
    """Play one scenario; the thread of a call that hangs is abandoned."""
    player = Player(scenario, operation.roles.token_parameter)
    results: SimpleQueue[Outcome] = SimpleQueue()
    with serve(player) as base_url:

        def call() -> None:
            results.put(caller.call(base_url, KEY, scenario.query))

        thread = Thread(target=call, daemon=True)
        thread.start()
        thread.join(patience + GRACE)
        outcome: Outcome = Hung(f"no end within {counted(int(patience), 'second')}")
        if not results.empty():
            outcome = results.get()
        received: tuple[Received, ...] = tuple(player.received)
    if player.endless:
        outcome = Hung(f"still sending requests after {MOST_REQUESTS} of them")
    return Call(scenario, caller.name, outcome, received, KEY)


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
