"""The client rule: one kind of promise that a client keeps, and the function that judges it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, TypeAlias

from docpact.bodies.engine import Same
from docpact.client_gate.call import Call, Received, Scenario
from docpact.client_gate.listing import page_size
from docpact.client_gate.reading import Difference, classify, compare_read, is_correct
from docpact.model import Breach, Judgement, Level, Operation, Promise, Request, Source
from docpact.rules.rule import summarize


@dataclass(frozen=True, slots=True)
class Evidence:
    """The input of the rules; without calls, they only list their promises."""

    operation: Operation
    scenarios: tuple[Scenario, ...]
    calls: tuple[Call, ...] = ()


Problem: TypeAlias = tuple[Call, str]
"""A call that broke a promise, and how, in one short line."""


@dataclass(frozen=True, slots=True)
class Tested:
    """A promise, the calls that tested it, and those that broke it."""

    promise: Promise
    calls: tuple[Call, ...] = ()
    problems: tuple[Problem, ...] = ()

    def judgement(self, level: Level) -> Judgement:
        """Return the judgement; a problem that several builds share is reported once."""
        builds: dict[str, list[str]] = {}
        for call, observed in self.problems:
            builds.setdefault(observed, []).append(call.build)
        if not builds:
            return Judgement(self.promise, level, len(self.calls), ())
        first, _ = self.problems[0]
        breach = Breach(
            location=self.promise.location,
            observed=summarize(
                [text + _only_by(names, self.calls) for text, names in builds.items()]
            ),
            request=_first_request(first),
            count=len({id(call) for call, _ in self.problems}),
            observations=len(self.calls),
            first=first.scenario.label,
        )
        return Judgement(self.promise, level, len(self.calls), (breach,))


Judge: TypeAlias = Callable[[Evidence], Iterator[Tested]]
"""Yields the promises of a rule with the calls that tested and broke them; a pure function."""


@dataclass(frozen=True, slots=True)
class ClientRule:
    """One kind of promise that a client keeps.

    Attributes:
        id: `client.name`.
        summary: the promise in one sentence.
        why: the consequence of a breach for the caller, in one sentence.
        judge: see `Judge`.
        level: of its findings.
        played_by: ids of the rules whose scenarios test it alone; empty for its own.
        sees_all: whether it judges the calls of every scenario.
    """

    id: str
    summary: str
    why: str
    judge: Judge
    level: Level = Level.BREAKING
    played_by: tuple[str, ...] = ()
    sees_all: bool = False

    @property
    def scenario_rules(self) -> tuple[str, ...]:
        """The ids of the rules whose scenarios test it."""
        return self.played_by or (self.id,)


@dataclass(frozen=True, slots=True)
class Family:
    """Rules that are tested by the same scenarios."""

    name: str
    scenarios: Callable[[Operation], Iterator[Scenario]]
    rules: tuple[ClientRule, ...]


def judge_calls(promise: Promise, calls: Iterable[Call], problems: Iterable[Problem]) -> Tested:
    """Judge a promise by some calls.

    A call without a request, or without an end, counts only if it broke the promise.
    """
    found = tuple(problems)
    broken = {id(call) for call, _ in found}
    return Tested(promise, tuple(c for c in calls if c.is_evidence or id(c) in broken), found)


def judge_by(
    promise: Promise, calls: Sequence[Call], find_problems: Callable[[Call], Iterable[str]]
) -> Tested:
    """Judge a promise that is broken by each call with a problem."""
    problems = [(call, text) for call in calls for text in find_problems(call)]
    return judge_calls(promise, calls, problems)


def find_wrong_effect(operation: Operation, call: Call) -> Iterator[str]:
    """Describe the effect of a call unless it is correct."""
    if not is_correct(operation, call):
        yield describe(operation, call)


def call_rule(  # noqa: PLR0913  the fields of a rule, and how a call breaks it
    rule: str,
    summary: str,
    why: str,
    documented: str,
    find_problems: Callable[[Operation, Call], Iterable[str]] = find_wrong_effect,
    *,
    is_security: bool = False,
    **more: Any,
) -> ClientRule:
    """Return a rule (see `ClientRule`) that is broken by each call of its scenarios with a problem.

    In `documented`, `{status}` is replaced by the status of the scenario.
    """

    def judge(evidence: Evidence) -> Iterator[Tested]:
        for promise, calls in promises_of(rule, documented, evidence):
            find = partial(find_problems, evidence.operation)
            about = [call for call in calls if not call.is_usual]
            yield judge_by(replace(promise, security=is_security), about, find)

    return ClientRule(rule, summary, why, judge, **more)


def find_misread(operation: Operation, call: Call) -> Sequence[Difference]:
    """Return where a call differs from its scenario; see `reading.compare_read`."""
    return _compare(operation, Same(call.scenario), Same(call.outcome))


@cache
def _compare(operation: Operation, scenario: Same, outcome: Same) -> Sequence[Difference]:
    """Compare once, because several rules judge a call, and again after each confirmation."""
    return compare_read(operation, scenario.value, outcome.value)


def forget_calls() -> None:
    """Let go of the items of every call that was compared."""
    _compare.cache_clear()


def find_changed_value(operation: Operation, call: Call) -> Iterator[str]:
    """Describe the wrong effect of the value that a scenario is about, or how it was changed."""
    if not is_correct(operation, call):
        yield describe(operation, call)
        return
    for where, text in find_misread(operation, call):
        if where == call.scenario.location and where not in call.misread:
            yield f"{call.scenario.label}: {text}"


def as_one_page(operation: Operation, call: Call) -> Call:
    """Return a call of a client that reads one page of a walk as one of that page alone."""
    scenario = call.scenario
    return replace(call, scenario=replace(scenario, items=scenario.items[: page_size(operation)]))


def name_request(call: Call, received: Received) -> str:
    """Return which request of a call it is, in words, unless it is the first one."""
    if received is call.received[0]:
        return "; second call" if call.earlier else ""
    return "; next page" if received.key is not None else "; again"


def judge_requests(
    promise: Promise,
    calls: Sequence[Call],
    find_problems: Callable[[Call, Received], Iterable[str]],
) -> Tested:
    """Judge each request of some calls; a problem says which request of its call it is."""

    def find(call: Call) -> Iterator[str]:
        for received in call.received:
            for text in find_problems(call, received):
                yield f"{text}{name_request(call, received)}"

    return judge_by(promise, calls, find)


def promises_of(
    rule: str, documented: str, evidence: Evidence
) -> Iterator[tuple[Promise, list[Call]]]:
    """Yield the promises that the scenarios of a rule test, each with the calls that test it."""
    scenarios = {s.location: s for s in reversed(evidence.scenarios) if s.rule == rule}
    for location, scenario in reversed(scenarios.items()):
        source = find_source(evidence.operation, location)
        calls = [
            call
            for call in evidence.calls
            if (call.scenario.rule, call.scenario.location) == (rule, location)
            and _has_needed_page(call)
        ]
        yield Promise(rule, location, documented.format(status=scenario.status), source), calls


def _has_needed_page(call: Call) -> bool:
    """Return whether a call requested the page that its scenario is about."""
    needed = call.scenario.needs
    return needed is None or any(each.key == needed for each in call.received)


def describe(operation: Operation, call: Call) -> str:
    """Describe the responses of a call and the caller's result."""
    effect, text = classify(operation, call)
    return f"{call.scenario.label}: {effect.value}, {text}"


def find_source(operation: Operation, location: str) -> Source | None:
    """Return where a field or a query parameter is documented; None for other locations."""
    if location.startswith("query/"):
        return operation.parameter_source(location.removeprefix("query/"))
    return operation.field_source(location) if location.startswith("/") else None


def _only_by(builds: Sequence[str], calls: Sequence[Call]) -> str:
    """Name the builds that have a problem, unless all of them do."""
    every = dict.fromkeys(call.build for call in calls)
    shown = dict.fromkeys(builds)
    return "" if len(shown) >= len(every) else f" ({', '.join(shown)} only)"


def _first_request(call: Call) -> Request:
    """Return method and URL of the first request of a call, without the key."""
    sent = next(iter(call.received), Received("", "", "", (), b"", 0.0))
    target = f"{sent.path}?{sent.query}" if sent.query else sent.path
    return Request(sent.method, target.replace(call.key, "KEY"))
