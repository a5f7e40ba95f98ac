"""The gate: plays every scenario to every build of a client, and judges what came of it."""

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
from docpact.client_gate.fidelity import FIDELITY, alone
from docpact.client_gate.loopback import MOST_REQUESTS, Stage, played
from docpact.client_gate.paging import PAGING
from docpact.client_gate.requests import REQUESTS
from docpact.client_gate.rule import ClientRule, Evidence, Family
from docpact.client_gate.scenario import Scenario
from docpact.client_gate.tolerance import TOLERANCE
from docpact.client_gate.verdict import effect
from docpact.errors import UsageError
from docpact.model import Finding, Judgement, Operation, Promise, Run, collect_results
from docpact.model.finding import fingerprint
from docpact.text import counted

FAMILIES: Final[tuple[Family, ...]] = (REQUESTS, FIDELITY, PAGING, FAILURES, TOLERANCE)
"""All that is asked of a client."""

RULES: Final[tuple[ClientRule, ...]] = tuple(rule for each in FAMILIES for rule in each.rules)
"""Every rule of the gate, by family."""

PATIENCE: Final = 60.0
"""Seconds after which a call counts as hung."""

GRACE: Final = 2.0
"""Seconds that a caller has beyond its patience to end by itself what it started."""

AT_ONCE: Final = 24
"""How many calls are under way at once: most of them wait."""

KEY: Final = "docpact-gate-key"
"""The key that clients under the gate are given."""

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many calls are over, and of how many."""


@dataclass(frozen=True, slots=True)
class Client:
    """What is put under the gate.

    Attributes:
        name: that a report calls it by.
        callers: its builds.
        command: that gates it again, for the findings; empty where there is none.
    """

    name: str
    callers: tuple[Caller, ...]
    command: str = ""


@dataclass(frozen=True, slots=True)
class Effects:
    """What one scenario did to the caller of one build.

    Attributes:
        promise: `rule location`, as a test id names it.
        answer: what the server did.
        build: of the client; empty where there is only one.
        effect: in one word of five.
        text: what the caller got, in one short line.
    """

    promise: str
    answer: str
    build: str
    effect: Effect
    text: str


@dataclass(frozen=True, slots=True)
class Gate:
    """What a client made of the whole gate.

    Attributes:
        run: results and findings.
        effects: of every answer, call by call.
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
    """Play every scenario to every build of a client, several at once, and judge.

    Args:
        operation: the contract, of a list operation.
        client: under the gate.
        only: names of the promises to judge; none for all of them.
        patience: seconds that a call may take.
        progress: told how many calls are over, and of how many.

    Raises:
        UsageError: the operation is no list operation, or has no pages.
    """
    roles = operation.roles
    if roles.items is None or roles.next_token is None or roles.token_parameter is None:
        raise UsageError(f"{operation.id} has no pages that a token links: there is no gate for it")
    begun = time.monotonic()
    parts = [part for family in FAMILIES if (part := _part(operation, family, only)) is not None]
    work = [
        (caller, scenario)
        for part in parts
        for scenario in part.scenarios
        for caller in client.callers
    ]
    started = datetime.now(UTC)
    progress(0, len(work))
    calls = _played(operation, work, patience, progress)
    again = [(c, scenario) for c in client.callers for scenario in alone(operation, calls)]
    calls += _played(operation, again, patience, progress)
    judgements = [
        judgement
        for part in parts
        for judgement in _judged(operation, part, calls)
        if _is_wanted(judgement.promise, only)
    ]
    run = Run(
        operation=operation.id,
        target=client.name,
        seed=0,
        results=collect_results(judgements),
        findings=tuple(_findings(operation, judgements, client.command)),
        requests=tuple((part.family.name, _requests(part, calls)) for part in parts),
        seconds=time.monotonic() - begun,
        started=started,
    )
    return Gate(run, tuple(_effects(operation, call) for call in calls))


def promises(operation: Operation) -> tuple[Promise, ...]:
    """Return every promise of the gate, by family."""
    return tuple(
        judgement.promise
        for family in FAMILIES
        for judgement in _judged(operation, _Part(family, _scenarios(operation, family)), ())
    )


def _is_wanted(promise: Promise, only: Collection[str]) -> bool:
    return not only or str(promise) in only


@dataclass(frozen=True, slots=True)
class _Part:
    """A family, and those of its scenarios that are played."""

    family: Family
    scenarios: tuple[Scenario, ...]


def _part(operation: Operation, family: Family, only: Collection[str]) -> _Part | None:
    """Return what of a family is needed to judge some promises, or None where nothing is.

    What has no scenario of its own is judged on those of the same place, or on all of them.
    """
    whole = _Part(family, _scenarios(operation, family))
    named = [j.promise for j in _judged(operation, whole, ()) if _is_wanted(j.promise, only)]
    if not named:
        return None
    own = {scenario.rule for scenario in whole.scenarios}
    chosen = []
    for promise in named:
        about = [
            scenario
            for scenario in whole.scenarios
            if scenario.location == promise.location
            and (scenario.rule == promise.rule or promise.rule not in own)
        ]
        if not about:
            return whole
        chosen += about
    return replace(whole, scenarios=tuple(dict.fromkeys(chosen)))


@lru_cache(maxsize=64)
def _scenarios(operation: Operation, family: Family) -> tuple[Scenario, ...]:
    return tuple(family.scenarios(operation))


def _judged(operation: Operation, part: _Part, calls: Sequence[Call]) -> Iterator[Judgement]:
    mine = {scenario.rule for scenario in part.scenarios}
    about = tuple(call for call in calls if call.scenario.rule in mine)
    evidence = Evidence(operation, part.scenarios, about)
    for rule in part.family.rules:
        yield from rule.judgements(evidence)


def _requests(part: _Part, calls: Iterable[Call]) -> int:
    mine = {scenario.rule for scenario in part.scenarios}
    return sum(len(call.received) for call in calls if call.scenario.rule in mine)


def _played(
    operation: Operation,
    work: Sequence[tuple[Caller, Scenario]],
    patience: float,
    progress: Progress,
) -> list[Call]:
    """Play scenarios, several at once, and return the calls in order."""
    over = count(1)

    def carry_out(each: tuple[Caller, Scenario]) -> Call:
        call = _call(operation, *each, patience)
        progress(next(over), len(work))
        return call

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(carry_out, work))


def _call(operation: Operation, caller: Caller, scenario: Scenario, patience: float) -> Call:
    """Play one scenario; a call that hangs is left behind in a thread of its own."""
    stage = Stage(scenario, operation.roles.token_parameter)
    answer: SimpleQueue[Outcome] = SimpleQueue()
    with played(stage) as base_url:

        def ask() -> None:
            answer.put(caller.call(base_url, KEY, scenario.query))

        thread = Thread(target=ask, daemon=True)
        thread.start()
        thread.join(patience + GRACE)
        outcome: Outcome = Hung(f"no end within {counted(int(patience), 'second')}")
        if not answer.empty():
            outcome = answer.get()
        received: tuple[Received, ...] = tuple(stage.received)
    if stage.endless:
        outcome = Hung(f"still asking after {counted(MOST_REQUESTS, 'request')}")
    return Call(scenario, caller.name, outcome, received, KEY)


def _effects(operation: Operation, call: Call) -> Effects:
    kind, text = effect(operation, call)
    promise = str(Promise(call.scenario.rule, call.scenario.location, ""))
    return Effects(promise, call.scenario.label, call.build, kind, text)


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
