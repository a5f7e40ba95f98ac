"""From the summary of an audit to a run, by the rules of a check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

from docpact.conformance.conclusion import find_emptiness
from docpact.conformance.findings import make_findings
from docpact.conformance.obstacles import REFUSED, describe_html
from docpact.model import Api, ApiRun, Operation, Run, collect_results
from docpact.rules import gather, promises, query
from docpact.rules.path.listing import GONE
from docpact.rules.response import RULES, judge_observed
from docpact.rules.responses.promises import ACCEPTS, SERVER_ERROR
from docpact.rules.responses.summary import Summary, describe_unchecked, list_unseen
from docpact.rules.rule import judge_by
from docpact.traffic.exchanges import (
    describe_absence,
    describe_end,
    describe_left_out,
    describe_traffic,
    has_own,
)
from docpact.traffic.recording import NOT_RECORDED, describe_others

_BY_BREACHES: Final = tuple(
    replace(each, judge=partial(judge_observed, each.id))
    for each in query.RULES
    if each.id in (ACCEPTS, SERVER_ERROR)
)
"""The rules whose breaches an audit finds without counting their observations."""

_REFUSING: Final = frozenset(map(str, (*REFUSED, *GONE)))
"""Statuses, as breaches have them, of requests without access or for unknown things."""

AUDITED: Final = frozenset(rule.id for rule in RULES)
"""The rules that a single response can keep or break; the others compare responses."""


def conclude(operation: Operation, summary: Summary, target: str, seconds: float) -> Run:
    """Judge the summary of an audit."""
    summary = summary.choose_server()
    counts = summary.counts
    exchanges = counts.get("exchanges", 0)
    reason = describe_end(counts) if exchanges else describe_absence(operation)
    if exchanges and counts.get("HTML") and counts["HTML"] == counts["answered"]:
        reason, summary = describe_html(target), Summary(counts)
    elif exchanges and _is_refused(operation, summary):
        reason, summary = reason or describe_absence(operation), Summary(counts)
    evidence = replace(gather(operation, ()), summary=drop_plain_refusals(summary))
    reason = reason or find_emptiness(evidence)
    judgements = tuple(judge_by((*RULES, *_BY_BREACHES), evidence))
    return Run(
        operation=operation.id,
        target=target,
        seed=0,
        results=collect_results(judgements),
        findings=make_findings(operation, judgements, {}, lambda text: text),
        requests=(("recorded", exchanges),),
        seconds=seconds,
        unseen=list_unseen(operation, summary),
        remarks=tuple(_remarks(operation, summary)),
        not_judged=tuple(describe_left_out(counts)),
        reason=reason,
        started=datetime.now(UTC),
    )


def _is_refused(operation: Operation, summary: Summary) -> bool:
    """Return whether all requests were refused or not found, as without a key or with unknown ids.

    A journal contains them as documented requests, unlike other recordings.
    """
    statuses = {key.detail for key in summary.breaches if key.rule == "response.status"}
    counts = summary.counts
    is_read = not operation.content_type or counts.get("bodies") or counts.get("decoded")
    return bool(statuses) and statuses <= _REFUSING and not is_read


def drop_plain_refusals(summary: Summary) -> Summary:
    """Return a summary without blame of values that got only statuses of plain requests."""
    found = defaultdict[str, set[int]](set)
    for name, status in summary.refusals:
        found[name].add(status)
    plain = found[""]
    kept = {
        key: each
        for key, each in summary.breaches.items()
        if key.rule != ACCEPTS or not found[key.location.removeprefix("query/")] <= plain
    }
    return replace(summary, breaches=kept)


def conclude_api(api: Api, summary: Summary, target: str, seconds: float) -> ApiRun:
    """Judge the summary of an audit of an API, or of its only operation; see `conclude`."""
    if not api.is_whole:
        return ApiRun.of(conclude(api.operations[0], summary, target, seconds))
    found = {
        each: summary.operations[each.id]
        for each in api.operations
        if each.id in summary.operations
    }
    runs = {
        each.id: conclude(each, own, target, seconds)
        for each, own in found.items()
        if has_own(each, own.choose_server().counts)
    }
    untested = {each.id: NOT_RECORDED for each in api.operations if each.id not in runs}
    return ApiRun(
        api.name,
        target,
        tuple(runs.values()),
        {**api.refused, **untested, **describe_others(summary.counts)},
        seconds,
        datetime.now(UTC),
        reason=describe_end(summary.counts) if runs else f"no exchange of {api.name} is recorded",
        is_whole=True,
    )


def _remarks(operation: Operation, summary: Summary) -> Iterator[str]:
    yield from describe_traffic(operation, summary.counts)
    yield from describe_unchecked(operation, summary)
    others = dict.fromkeys(p.family for p in promises(operation) if p.rule not in AUDITED)
    families = ", ".join(others)
    yield f"an audit judges each response alone: use `check --replay` for {families}"
