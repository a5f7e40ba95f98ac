"""The conclusion: from evidence and judgements to a run, with its remarks and response times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median, quantiles
from typing import Final

from docpact.cases.branches import MOST
from docpact.cases.plain import leaves_forms_out
from docpact.conformance.findings import count_visits, make_findings
from docpact.conformance.plan.followup_cases import choose_encoded_values, encodings
from docpact.conformance.plan.observations import Observations
from docpact.conformance.plan.phases import Planned, Priority
from docpact.limits import MAX_DEPTH
from docpact.model import (
    Case,
    Exchange,
    Expected,
    Judgement,
    Latency,
    Level,
    Operation,
    Power,
    Question,
    Run,
    collect_results,
)
from docpact.model.pointer import pointer
from docpact.model.schema import follow
from docpact.options import MOCK
from docpact.rules import WITHOUT, Evidence, gather, judge
from docpact.rules.evidence import PASSING, SURVEY, find_survey
from docpact.rules.responses.documented import TOO_MANY_REQUESTS
from docpact.rules.responses.summary import DEEP, describe_unchecked, list_unseen
from docpact.rules.rule import list_breaches
from docpact.rules.walks.bodies import BodyReader
from docpact.rules.walks.walk import Ending
from docpact.text import pluralize

CONFIRM: Final = "confirm"
"""Name of the phase that asks questions again."""

REPEATS: Final = 2
"""Number of further times to ask a question that showed a breach."""

RELATIONS: Final = ("filter.", "paging.", "stability.values")
"""Beginnings of the rules that compare walks with each other."""

MAX_REPEATED: Final = 8
"""Maximum number of such questions."""


def find_breaches(
    operation: Operation, exchanges: Sequence[Exchange], reader: BodyReader
) -> frozenset[tuple[str, str, str]]:
    """Return rule, location and detail of every breach that exchanges show, except notes."""
    judged = judge(gather(operation, exchanges, reader))
    return list_breaches(each for each in judged if each.level is not Level.NOTE)


def plan_confirmation(
    judgements: Sequence[Judgement], exchanges: Sequence[Exchange], budget: int
) -> list[Planned]:
    """Return the questions that showed breaches, each several times, and then the survey.

    Notes are confirmed only where a change of the collection may have caused them. The survey is
    repeated only if a metamorphic relation was broken. A question is not repeated if the budget
    would not be enough for the survey.
    """
    first_pages = {
        (each.case.question, each.case.visit.repeat): each.case
        for each in exchanges
        if each.case.visit.page == 1
    }
    serious = [each for each in judgements if each.breaches and each.level is not Level.NOTE]
    notes = [
        each
        for each in judgements
        if each.level is Level.NOTE and not all(breach.confirmed for breach in each.breaches)
    ]
    doubtful = _doubtful_cases((*serious, *notes), exchanges, first_pages)
    chosen = [*doubtful.values()][:MAX_REPEATED]
    last: list[Case] = []
    if any(each.promise.rule.startswith(RELATIONS) for each in serious):
        surveys = {
            each.case.question: first_pages[each.case.question, each.case.visit.repeat]
            for each in exchanges
            if each.phase == SURVEY
        }
        last = [*surveys.values()]
    asked = Counter((each.case.question, each.case.visit.repeat) for each in exchanges)
    costs = {case.question: asked[case.question, case.visit.repeat] for case in (*chosen, *last)}
    budget -= sum(costs[case.question] for case in last)
    cases = []
    for case in (case for case in chosen for _ in range(REPEATS)):
        if costs[case.question] <= budget:
            budget -= costs[case.question]
            cases.append(case)
    return [Planned(case, Priority.ODD) for case in (*cases, *last)]


def _doubtful_cases(
    judgements: Iterable[Judgement],
    exchanges: Sequence[Exchange],
    first_pages: dict[tuple[Question, int], Case],
) -> dict[Question, Case]:
    """Return the cases that first showed a breach, unless their pages were visited enough."""
    visits = count_visits(exchanges)
    found: dict[Question, Case] = {}
    for judgement in judgements:
        for breach in judgement.breaches:
            for question, repeat, page in breach.shown[: 1 if breach.confirmed else 2]:
                case = first_pages.get((question, repeat))
                if case is None or visits.get((question, page), 0) > REPEATS:
                    continue
                if question not in found or case.pages > found[question].pages:
                    found[question] = case
    return found


def drop_unconfirmed(
    judgements: Sequence[Judgement],
) -> tuple[tuple[Judgement, ...], tuple[str, ...]]:
    """Drop the breaches that a change of the collection may have caused, with a remark for each.

    A promise that loses all its breaches counts as not tested.
    """
    kept, remarks = [], []
    for each in judgements:
        confirmed = tuple(breach for breach in each.breaches if breach.confirmed)
        remarks += [
            "not reported, because the collection changed and a second visit did not show the "
            f"same: {each.promise.rule} {breach.location}: {breach.observed}"
            for breach in each.breaches
            if not breach.confirmed
        ]
        is_doubtful = bool(each.breaches) and not confirmed
        observations = 0 if is_doubtful else each.observations
        kept.append(replace(each, breaches=confirmed, observations=observations))
    return tuple(kept), tuple(remarks)


@dataclass(frozen=True, slots=True)
class Conduct:
    """Facts about a run that its exchanges do not show.

    Attributes:
        target: see `Run`, as for the next four.
        seed: of the random choices.
        requests: sent, by phase.
        seconds: of wall time.
        started: in UTC.
        reason: why the run is inconclusive.
        left_out: labels of cases.
        not_judged: those of the remarks that name exchanges which are left out.
        remarks: that come before those about the evidence.
        redact: removes secrets from a text that the server influenced.
        measures_power: whether to find out what the run could have noticed.
    """

    target: str
    seed: int
    requests: Iterable[tuple[str, int]]
    seconds: float
    started: datetime
    reason: str = ""
    left_out: Iterable[str] = ()
    not_judged: Iterable[str] = ()
    remarks: Iterable[str] = ()
    redact: Callable[[str], str] = str
    measures_power: bool = False


def conclude(
    evidence: Evidence,
    judgements: Sequence[Judgement],
    exchanges: Sequence[Exchange],
    conduct: Conduct,
) -> Run:
    """Return the run that some evidence makes."""
    operation, redact = evidence.operation, conduct.redact
    measured = judgements
    if evidence.observed is not None:
        judgements = (*judgements, *judge(evidence, {"habit"}))
    confirmed, dropped = drop_unconfirmed(judgements)
    about = find_remarks(evidence, judgements)
    results = collect_results(confirmed)
    is_untested = not any(each.observations for each in results)
    reason = conduct.reason or ("" if conduct.target == MOCK else find_emptiness(evidence))
    reason = redact(reason or ("no response exercised any promise" if is_untested else ""))
    is_measured = conduct.measures_power and not reason
    return Run(
        operation=operation.id,
        target=conduct.target,
        seed=conduct.seed,
        results=results,
        findings=make_findings(operation, confirmed, count_visits(exchanges), redact),
        requests=tuple(conduct.requests),
        seconds=conduct.seconds,
        unseen=tuple(map(redact, list_unseen(operation, evidence.summary))),
        remarks=tuple(map(redact, (*conduct.remarks, *about, *dropped))),
        left_out=tuple(map(redact, conduct.left_out)),
        not_judged=tuple(map(redact, conduct.not_judged)),
        reason=reason,
        started=conduct.started,
        latency=measure_latency(exchanges),
        power=_measure_power(evidence, measured, redact) if is_measured else None,
        observed=None if reason else evidence.observed,
    )


def _measure_power(
    evidence: Evidence, judgements: Sequence[Judgement], redact: Callable[[str], str]
) -> Power:
    from docpact.power import measure_power  # a check of the mock starts without it

    return measure_power(evidence, judgements, redact)


def find_emptiness(evidence: Evidence) -> str:
    """Return why responses without items, or any documented field, say nothing; else nothing."""
    counts = evidence.summary.counts
    if counts.get(DEEP) and not counts.get("decoded"):
        return f"every response is nested deeper than {MAX_DEPTH}: docpact does not read it"
    if not counts.get("decoded") and (statuses := _list_other_statuses(evidence)):
        return f"no response has the documented list: the statuses were {statuses}"
    named = follow(evidence.operation.response_schema)[0].get("properties", {})
    if not named or not counts.get("decoded") or counts.get("recognized"):
        return ""
    shown = ", ".join(sorted(pointer((name,)) for name in named)[:3])
    return f"no response has any documented field such as {shown}: is it the right operation?"


def _list_other_statuses(evidence: Evidence) -> str:
    """Return the statuses of a list without a main response.

    There are none if a request failed, or if a response has no content (204), as an empty list may.
    """
    operation, statuses = evidence.operation, {each.status for each in evidence.exchanges}
    is_read = not statuses.isdisjoint({0, 204}) or any(map(operation.is_main, statuses))
    is_list = operation.roles.is_list and operation.is_json
    return ", ".join(map(str, sorted(statuses))) if is_list and not is_read else ""


def find_remarks(evidence: Evidence, judgements: Sequence[Judgement]) -> Iterator[str]:
    """Yield remarks for readers of the findings, one line each.

    These are the families of rules that do not apply, gaps in the documentation, the limits of the
    survey, the encodings of arrays that the server accepts, refused combinations of values,
    responses of a busy server, and values that are not tried or checked.
    """
    if any(each.observations for each in judgements):
        yield from _untestable(evidence.operation, {each.promise.family for each in judgements})
    yield from _survey_limits(evidence)
    yield from _describe_all_encodings(evidence)
    yield from _describe_refused(evidence)
    busy = sum(exchange.status in PASSING for exchange in evidence.retried)
    if busy:
        yield f"waited and asked again after {pluralize(busy, 'response')} of 429 or of a gateway"
    operation = evidence.operation
    sent = [(f"query/{each.name}", each.schema) for each in operation.query_parameters]
    for where, schema in (*sent, ("body", operation.body_schema)):
        if schema and leaves_forms_out(schema):
            yield f"{where}: its branches combine in more than {MOST} ways; not all are tried"
    yield from describe_unchecked(operation, evidence.summary)


def measure_latency(exchanges: Iterable[Exchange]) -> tuple[Latency, ...]:
    """Return the response times of each phase, in the order of the phases."""
    times: dict[str, list[float]] = {}
    for exchange in exchanges:
        if exchange.response is not None:
            times.setdefault(exchange.phase, []).append(exchange.seconds)
    return tuple(
        Latency(phase, len(each), median(each), _p95(each)) for phase, each in times.items()
    )


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]


def _untestable(operation: Operation, families: set[str]) -> Iterator[str]:
    for family, reason in WITHOUT.items():
        if family not in families and (family != "write" or operation.method == "POST"):
            yield f"{family} rules: not applicable ({reason})"
    for gap in operation.gaps:
        line = [] if gap.line is None else [f"line {gap.line}"]
        places = ", ".join([*filter(None, [gap.place]), *line])
        where = f"{gap.document} {gap.pointer or 'as a whole'}"
        yield f"not documented or not tested: {where}{f' ({places})' if places else ''}: {gap.text}"


def _survey_limits(evidence: Evidence) -> Iterator[str]:
    survey = find_survey(evidence.walks)
    if survey is not None and survey.ending is Ending.CUT:
        seen = pluralize(survey.count, "item")
        yield f"sampled: the collection is longer than the {seen} of the survey"
    if any(walk.ending is Ending.UNKNOWN for walk in evidence.walks if walk.filters is not None):
        yield (
            "there may be further pages that docpact cannot request; where it did not see the end "
            "of a list, it did not test whether the list is complete"
        )
    if evidence.relations.collection.moved:
        yield "the collection changed during the run; items that changed were not compared"


def _describe_all_encodings(evidence: Evidence) -> Iterator[str]:
    """Describe the forms in which the server accepts several values of one parameter."""
    operation, observations = evidence.operation, Observations(evidence.operation, evidence.walks)
    for name in operation.roles.filters:
        values = choose_encoded_values(observations, name)
        works: dict[str, bool] = {}
        if values and (repeated := _accepts_repeated(evidence, name)) is not None:
            works["repeated parameters"] = repeated
        asked = {walk.case.question: walk for walk in evidence.walks}
        tested = False
        for note, query in encodings(name, values):
            if values and (walk := asked.get(Question(query))) is not None:
                shown = {item.texts[name] for item in walk.items}
                works[note], tested = shown == {*values}, True
        if tested:
            yield _describe_encodings(name, works)


def _describe_encodings(name: str, works: dict[str, bool]) -> str:
    """Write e.g. `job_ids accepts repeated parameters, not comma-separated lists`."""
    accepted = " and ".join(note for note, is_accepted in works.items() if is_accepted)
    others = " or ".join(note for note, is_accepted in works.items() if not is_accepted)
    if not accepted:
        return f"{name} does not accept {others}"
    return f"{name} accepts {accepted}" + (f", not {others}" if others else "")


def _describe_refused(evidence: Evidence) -> Iterator[str]:
    """Describe refusals of values of several filters, or of many values of one, that items have."""
    operation, values = evidence.operation, evidence.relations.collection.values
    refused: dict[tuple[str, ...], Exchange] = {}
    for each in sorted(evidence.exchanges, key=lambda each: len(each.case.query)):
        asked = [pair for pair in each.case.query if pair[0] in operation.roles.filters]
        is_known = all(text in values[name] for name, text in asked)
        is_refusal = 400 <= each.status < 500 and each.status != TOO_MANY_REQUESTS
        is_open = each.case.expectation.answer is Expected.UNSPECIFIED
        is_allowed = is_open or operation.documents(each.status)
        if is_known and len(asked) > 1 and is_refusal and is_allowed:
            refused.setdefault(tuple(dict.fromkeys(name for name, _ in asked)), each)
    for names, each in refused.items():
        number = sum(name == names[0] for name, _ in each.case.query)
        what = " with ".join(names) if len(names) > 1 else f"{number} values of {names[0]}"
        yield f"{each.status} to {what}, which the documentation does not exclude"


def _accepts_repeated(evidence: Evidence, name: str) -> bool | None:
    """Return whether repeated parameters select every value; None if that was not tested."""
    judged = evidence.relations.judged.get(("filter.several", f"query/{name}"), 0)
    broken = any(
        (problem.rule, problem.location) == ("filter.several", f"query/{name}")
        for problem in evidence.relations.problems
    )
    return None if not judged else not broken
