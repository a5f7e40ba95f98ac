"""From the summary of an audit to a run: judgements and findings, as a check makes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from itertools import islice
from operator import add
from typing import Final

from docpact.audit.summary import CONSISTENCY, DIFFERENT, Key, Seen, Summary
from docpact.conformance.findings import findings
from docpact.model import Breach, Judgement, Operation, Promise, Run, collect_results
from docpact.rules import RULES, promises
from docpact.rules.coverage import unseen_in
from docpact.rules.response import KEYWORDS, consistency_promises, keyword_promises
from docpact.rules.rule import Judged, in_short
from docpact.traffic.exchanges import describe_traffic

_TOTALS: Final[Mapping[str, tuple[str, ...]]] = {
    "response.status": ("answered",),
    "response.content_type": ("labelled",),
    "response.json": ("bodies", "too long"),
    "response.undocumented_field": ("decoded",),
}
"""Rules that a whole answer keeps or breaks, and what of a summary counts those."""

AUDITED: Final = frozenset({*_TOTALS, CONSISTENCY, *(f"response.{each}" for each in KEYWORDS)})
"""The rules that one answer by itself can keep or break; the others compare answers."""


def concluded(operation: Operation, summary: Summary, target: str, seconds: float) -> Run:
    """Judge what an audit summed up.

    Args:
        operation: the contract.
        summary: of the whole traffic.
        target: what a report calls the traffic.
        seconds: of wall time.
    """
    judgements = tuple(_judgements(operation, summary))
    return Run(
        operation=operation.id,
        target=target,
        seed=0,
        results=collect_results(judgements),
        findings=findings(operation, judgements, {}, lambda text: text),
        requests=(("recorded", summary.counts.get("exchanges", 0)),),
        seconds=seconds,
        unseen=unseen_in(operation, summary.seen),
        remarks=tuple(_remarks(operation, summary)),
        reason="" if summary.counts.get("exchanges") else f"no exchange of {operation.path}",
        started=datetime.now(UTC),
    )


def _remarks(operation: Operation, summary: Summary) -> Iterator[str]:
    yield from describe_traffic(operation, summary.counts)
    if summary.cut:
        yield "more differences than can be kept; those left out are not reported"
    silent = dict.fromkeys(p.family for p in promises(operation) if p.rule not in AUDITED)
    yield f"an audit does not compare answers: {', '.join(silent)} are for `check --replay`"


def _judgements(operation: Operation, summary: Summary) -> Iterator[Judgement]:
    levels = {rule.id: rule.level for rule in RULES}
    for rule in RULES:
        for promise, judged, breaches in _judged(operation, summary, rule.id):
            yield Judgement(promise, levels[rule.id], judged, breaches)


def _judged(operation: Operation, summary: Summary, rule: str) -> Iterator[Judged]:
    """Name every promise under a rule, as the rule's own judge does."""
    keyword = rule.removeprefix("response.")
    if rule in _TOTALS:
        total = sum(summary.counts.get(name, 0) for name in _TOTALS[rule])
        for promise in promises(operation):
            if promise.rule == rule:
                yield promise, total, tuple(_breaches(promise, summary, total))
    elif rule == CONSISTENCY:
        for field, promise in consistency_promises(operation):
            yield _consistency(promise, summary, field)
    elif keyword in KEYWORDS:
        for where, promise in keyword_promises(operation, keyword):
            asserted = where.rpartition("/")[0] if keyword == "required" else where
            yield _keyword(promise, summary, asserted, where, promise.keyword)


def _keyword(promise: Promise, summary: Summary, asserted: str, where: str, detail: str) -> Judged:
    """Judge each location by the walked collection where that shows a breach, else by the rest."""
    counts = {walked: summary.judged.get((walked, asserted), 0) for walked in (True, False)}
    broken = [
        (key, seen)
        for key, seen in sorted(summary.broken.items(), key=lambda item: item[1].at)
        if (key.rule, key.where) == (promise.rule, where)
    ]
    found: dict[str, Breach] = {}
    for walked, judged in counts.items():
        for key, seen in broken:
            if key.walked == walked:
                found.setdefault(key.detail, _breach(key.detail, seen, judged, detail))
    tested = (counts[walked] for walked in counts if any(key.walked == walked for key, _ in broken))
    return promise, next(tested, sum(counts.values())), tuple(found.values())


def _consistency(promise: Promise, summary: Summary, field: str) -> Judged:
    """Judge by the items of the walked collection where there are any, and else by all others."""
    walked = bool(summary.judged.get((True, CONSISTENCY)))
    judged = summary.judged.get((walked, CONSISTENCY + field), 0)
    seen = summary.broken.get(Key(promise.rule, walked, field))
    if seen is None:
        return promise, judged, ()
    first = replace(seen, observed=dict(islice(seen.observed.items(), 1)))
    return promise, judged, (_breach(promise.location, first, judged, ""),)


def _breaches(promise: Promise, summary: Summary, total: int) -> Iterator[Breach]:
    """Yield the breaches of a promise that is no keyword's, in the order they were seen."""
    if promise.rule == "response.undocumented_field":
        yield from _undocumented(summary)
        return
    for detail, seen in _grouped(promise.rule, summary).items():
        yield _breach(promise.location, seen, total, detail)


def _grouped(rule: str, summary: Summary) -> Mapping[str, Seen]:
    """Sum up by detail, without refusals that one of the request's parameters accounts for."""
    groups: dict[str, list[Seen]] = {}
    for key, seen in sorted(summary.broken.items(), key=lambda item: item[1].at):
        told = any((name, int(key.detail)) in summary.told for name in key.names)
        if key.rule == rule and not told:
            groups.setdefault(key.detail, []).append(seen)
    return {detail: reduce(add, group) for detail, group in groups.items()}


def _undocumented(summary: Summary) -> Iterator[Breach]:
    found: dict[str, Breach] = {}
    for walked in (True, False):
        groups: dict[str, list[tuple[Key, Seen]]] = {}
        for key, seen in sorted(summary.broken.items(), key=lambda item: item[1].at):
            if (key.rule, key.walked) == ("response.undocumented_field", walked):
                groups.setdefault(key.detail, []).append((key, seen))
        for location, group in groups.items():
            judged = summary.judged.get((walked, group[0][0].where), 0)
            seen = reduce(add, (each for _, each in group))
            found.setdefault(location, _breach(location, seen, judged, ""))
    yield from found.values()


def _breach(location: str, seen: Seen, judged: int, detail: str) -> Breach:
    observed = in_short(list(seen.observed))
    if len(seen.observed) == DIFFERENT:
        observed += " or beyond"
    return Breach(
        location=location,
        observed=observed,
        request=seen.request,
        count=seen.count,
        judged=judged,
        first=seen.first,
        detail=detail,
    )
