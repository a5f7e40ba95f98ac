"""The client rule: one kind of promise that a client keeps, and the function that judges it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from docpact.client_gate.call import Call, Received
from docpact.client_gate.scenario import Scenario
from docpact.client_gate.verdict import effect, is_right
from docpact.model import Breach, Judgement, Level, Operation, Promise, Request, Source
from docpact.rules.rule import Judged, summarize


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rules of one family judge.

    Attributes:
        operation: the contract.
        scenarios: of the family.
        calls: that carried them out; empty to name the promises alone.
    """

    operation: Operation
    scenarios: tuple[Scenario, ...]
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientRule:
    """One kind of promise that a client keeps.

    Attributes:
        id: `client.name`.
        summary: what it promises, in one sentence.
        why: what happens to the caller when it is broken, in one sentence.
        judge: the pure function that judges it.
        level: of its findings.
    """

    id: str
    summary: str
    why: str
    judge: Callable[[Evidence], Iterator[Judged]]
    level: Level = Level.BREAKING

    def judgements(self, evidence: Evidence) -> Iterator[Judgement]:
        """Judge every promise of this rule."""
        for promise, judged, breaches in self.judge(evidence):
            yield Judgement(promise, self.level, judged, breaches)


@dataclass(frozen=True, slots=True)
class Family:
    """Rules that are judged on the same scenarios.

    Attributes:
        name: that a test of the family bears.
        scenarios: makes them of an operation.
        rules: that judge them.
    """

    name: str
    scenarios: Callable[[Operation], Iterator[Scenario]]
    rules: tuple[ClientRule, ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """What one call showed of a broken promise.

    Attributes:
        call: that showed it.
        observed: in one short line.
    """

    call: Call
    observed: str


def judged(promise: Promise, calls: Sequence[Call], wrong: Iterable[Wrong]) -> Judged:
    """Judge a promise on some calls; what several builds show alike is told once."""
    found = list(wrong)
    if not found:
        return promise, len(calls), ()
    told: dict[str, list[str]] = {}
    for each in found:
        told.setdefault(each.observed, []).append(each.call.build)
    observed = [text + _by(builds, calls) for text, builds in told.items()]
    first = found[0].call
    breach = Breach(
        location=promise.location,
        observed=summarize(observed),
        request=_request(first),
        count=len({id(each.call) for each in found}),
        observations=len(calls),
        first=first.scenario.label,
    )
    return promise, len(calls), (breach,)


def by_effect(
    rule: str, documented: Callable[[Scenario], str]
) -> Callable[[Evidence], Iterator[Judged]]:
    """Return the judge of a rule whose scenarios show by their effect alone whether it is kept.

    Args:
        rule: id.
        documented: says what is promised where a scenario of the rule looks.
    """

    def judge(evidence: Evidence) -> Iterator[Judged]:
        for promise, calls in promised(rule, documented, evidence):
            wrong = (
                Wrong(call, described(evidence.operation, call))
                for call in calls
                if not is_right(evidence.operation, call)
            )
            yield judged(promise, calls, wrong)

    return judge


def promised(
    rule: str, documented: Callable[[Scenario], str], evidence: Evidence
) -> Iterator[tuple[Promise, list[Call]]]:
    """Yield the promises that a rule's scenarios are about, each with the calls about it."""
    scenarios = {s.location: s for s in reversed(evidence.scenarios) if s.rule == rule}
    for location, scenario in reversed(scenarios.items()):
        source = _source(evidence.operation, location)
        calls = [
            call
            for call in evidence.calls
            if (call.scenario.rule, call.scenario.location) == (rule, location)
        ]
        yield Promise(rule, location, documented(scenario), source), calls


def _source(operation: Operation, location: str) -> Source | None:
    """Return the line that prints a field or a query parameter; None for any other location."""
    if location.startswith("query/"):
        return operation.parameter_source(location.removeprefix("query/"))
    return operation.field_source(location) if location.startswith("/") else None


def described(operation: Operation, call: Call) -> str:
    """Write what a server did, and what the caller got of it."""
    kind, text = effect(operation, call)
    return f"{call.scenario.label}: {kind.value}, {text}"


def _by(builds: Sequence[str], calls: Sequence[Call]) -> str:
    """Name the builds that showed it, unless all of them did."""
    every = dict.fromkeys(call.build for call in calls)
    shown = dict.fromkeys(builds)
    return "" if len(shown) == len(every) else f" ({', '.join(shown)} alone)"


def _request(call: Call) -> Request:
    """Return the first request of a call as sent, without what it bears beside method and URL."""
    sent = next(iter(call.received), Received("", "", "", (), b"", 0.0))
    target = f"{sent.path}?{sent.query}" if sent.query else sent.path
    return Request(sent.method, target.replace(call.key, "KEY"))
