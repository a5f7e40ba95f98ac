"""The replay: recorded traffic judged by the rules of a live run, without a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from docpact.conformance.conclusion import Conduct, conclude
from docpact.conformance.obstacles import (
    find_foreign_text,
    find_obstacle,
    is_foreign,
    is_missing,
    is_outage,
)
from docpact.model import Api, ApiRun, Exchange, Judgement, Operation, Run
from docpact.rules import RULES, gather, judge
from docpact.text import printable
from docpact.traffic.exchanges import REFUSED, describe_end
from docpact.traffic.recording import NOT_RECORDED, Recording, read_recordings

LAST: Final = 12
"""Number of exchanges by which a run notices an outage: those under way, and its control."""

CANNOT_TEST: Final = "recorded traffic cannot test: {}"
"""The remark that names rules which only docpact's own requests can test."""

_NEED_OWN_REQUESTS: Final = frozenset(rule.id for rule in RULES if rule.needs_own_requests)


def replay(operation: Operation, recording: Recording) -> Run:
    """Judge a recording; promises that it does not exercise are not tested."""
    exchanges = recording.exchanges
    if recording.planned and recording.reason:
        rest = (e for e in exchanges[-LAST:] if not (is_missing(e) or is_foreign(operation, e)))
        exchanges = (*exchanges[:-LAST], *rest) or exchanges
    shows_access = recording.planned or not all(_is_refusal(operation, e) for e in exchanges)
    about = (operation, recording.target, exchanges)
    obstacle = find_obstacle(*about) if shows_access else ""
    if recording.planned:
        obstacle = obstacle or find_foreign_text(*about)
    if obstacle or (recording.reason and is_outage(exchanges)):
        exchanges = ()
    evidence = gather(operation, exchanges)
    judgements = judge(evidence)
    if not recording.planned:
        judgements = tuple(map(_forget_own, judgements))
    untestable = () if recording.planned else _untestable(judgements)
    conduct = Conduct(
        target=recording.target,
        seed=recording.seed,
        requests=Counter(each.phase for each in recording.exchanges).items(),
        seconds=sum(exchange.seconds for exchange in recording.exchanges),
        started=recording.started or datetime.now(UTC),
        reason=recording.reason or printable(obstacle),
        remarks=(*recording.remarks, *untestable),
        not_judged=recording.not_judged,
        measures_power=True,
    )
    return conclude(evidence, judgements, exchanges, conduct)


def _forget_own(judgement: Judgement) -> Judgement:
    """Return a judgement without observations if only docpact's own requests can test its rule."""
    if judgement.promise.rule not in _NEED_OWN_REQUESTS:
        return judgement
    return replace(judgement, observations=0, breaches=())


def _is_refusal(operation: Operation, exchange: Exchange) -> bool:
    """Return whether a response is a documented refusal; who asked is not recorded."""
    is_documented = operation.find_response(exchange.status) is not None
    return exchange.status in REFUSED and is_documented


def replay_api(api: Api, patterns: Sequence[str]) -> ApiRun:
    """Judge recorded traffic of a whole API, sorted by operation.

    Raises:
        UsageError: a source cannot be read.
        MissingExtra: the library to read a source is not installed.
    """
    found, others = read_recordings(patterns, api.operations)
    runs = [replay(each, found[each.id]) for each in api.operations if each.id in found]
    untested = {each.id: NOT_RECORDED for each in api.operations if each.id not in found}
    return ApiRun(
        api.name,
        next((each.name for each in found.values()), " ".join(patterns)),
        tuple(runs),
        {**api.refused, **untested, **others},
        sum(run.seconds for run in runs),
        min((run.started for run in runs), default=datetime.now(UTC)),
        reason=describe_end(others) if runs else f"no exchange of {api.name} is recorded",
        is_whole=True,
    )


def _untestable(judgements: Iterable[Judgement]) -> Iterator[str]:
    """Yield a remark that names the untested rules for which only docpact sends the requests."""
    rules = dict.fromkeys(
        judgement.promise.rule
        for judgement in judgements
        if not judgement.observations and judgement.promise.rule in _NEED_OWN_REQUESTS
    )
    if rules:
        yield CANNOT_TEST.format(", ".join(rules))
