"""Runs as JSON documents: the only place that knows the keys of `--json` files and histories."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import msgspec

from docpact.model import (
    AcceptedFinding,
    Finding,
    Latency,
    Level,
    Outcome,
    Promise,
    PromiseResult,
    Run,
    Source,
    Verdict,
)

_Document = TypeVar("_Document")


class _Sourced(msgspec.Struct, kw_only=True):
    """A promise as a document states it: its source is a line with its quote, or a refinement."""

    rule: str
    location: str
    keyword: str | None = None
    documented: str
    security: bool = False
    line: int | None = None
    quote: str | None = None
    refinement: str | None = None


class FindingDocument(_Sourced, kw_only=True):
    """The JSON form of `Finding`. Version 0.1.0 had no `promise`, `shown` and `asked`."""

    promise: str | None = None
    level: Level
    observed: str
    count: int
    observations: int = msgspec.field(name="of")
    persistence: str | None = None
    shown: int | None = None
    asked: int | None = None
    first: str
    reproduce: str
    fingerprint: str
    accepted: str | None = None


class _HealedDocument(msgspec.Struct):
    """The JSON form of a healed `AcceptedFinding`. Version 0.1.0 had no days."""

    rule: str
    location: str
    observed: str
    reason: str
    fingerprint: str
    since: date | None = None
    until: date | None = None


class PromiseDocument(_Sourced, kw_only=True):
    """The JSON form of `PromiseResult`."""

    outcome: str
    observations: int = msgspec.field(name="judged")


class LatencyDocument(msgspec.Struct):
    """The JSON form of `Latency`."""

    phase: str
    answers: int
    median: float
    p95: float


class RunDocument(msgspec.Struct, kw_only=True):
    """The JSON form of `Run`."""

    docpact: str = ""
    operation: str
    target: str
    started: str
    seed: int
    verdict: Verdict
    reason: str | None
    findings: list[FindingDocument]
    healed: list[_HealedDocument] = []
    promises: list[PromiseDocument]
    exercised: dict[str, int] = {}
    unseen: list[str]
    remarks: list[str] = []
    left_out: list[str] = []
    requests: int
    phases: dict[str, int]
    latency: list[LatencyDocument] = []
    seconds: float


def encode(run: Run, *, version: str, strict: bool = False) -> str:
    """Return a run as a JSON document, which `decode` reads back.

    Times are rounded: `started` to seconds, `seconds` to milliseconds, latencies to 0.1 ms.

    Args:
        run: the result of a check, an audit or a gate.
        version: of docpact.
        strict: whether an additive finding counts as drift.
    """
    return write_json(describe_run(run, version=version, strict=strict))


def decode(text: str | bytes) -> Run:
    """Return the run that a JSON document holds; version 0.1.0 may have written it.

    Raises:
        ValueError: the text is not the JSON document of a run.
    """
    return build_run(read_json(text, RunDocument))


def write_json(document: object) -> str:
    """Return a document of plain values or structs as ASCII-only JSON."""
    return json.dumps(msgspec.to_builtins(document), indent=2, ensure_ascii=True) + "\n"


def read_json(text: str | bytes, kind: type[_Document]) -> _Document:
    """Return the document that a JSON text holds.

    Strings may contain lone surrogates, which a server can send and msgspec's own parser refuses.

    Raises:
        ValueError: the text is not JSON, or not a document of this kind.
    """
    try:
        return msgspec.convert(json.loads(text), kind)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise ValueError(" ".join(str(error).split())) from None


def describe_run(run: Run, *, version: str, strict: bool = False) -> RunDocument:
    """Return the document of a run; see `encode` for the arguments."""
    return RunDocument(
        docpact=version,
        operation=run.operation,
        target=run.target,
        started=run.started.isoformat(timespec="seconds"),
        seed=run.seed,
        verdict=run.verdict(strict=strict),
        reason=run.reason or None,
        findings=[describe_finding(finding) for finding in run.findings],
        healed=[
            _HealedDocument(
                each.rule,
                each.location,
                each.observed,
                each.reason,
                each.fingerprint,
                each.since,
                each.until,
            )
            for each in run.healed
        ],
        promises=[
            PromiseDocument(
                **_describe_promise(result.promise),
                location=result.promise.location,
                outcome=result.outcome.value,
                observations=result.observations,
            )
            for result in run.results
        ],
        exercised={outcome.value: count for outcome, count in run.outcomes.items()},
        unseen=list(run.unseen),
        remarks=list(run.remarks),
        left_out=list(run.left_out),
        requests=run.request_count,
        phases=dict(run.requests),
        latency=describe_latency(run),
        seconds=round(run.seconds, 3),
    )


def describe_finding(finding: Finding) -> FindingDocument:
    """Return the document of a finding."""
    return FindingDocument(
        **_describe_promise(finding.promise),
        location=finding.location,
        promise=finding.promise.location,
        level=finding.level,
        observed=finding.observed,
        count=finding.count,
        observations=finding.observations,
        persistence=finding.persistence or None,
        shown=finding.shown,
        asked=finding.asked,
        first=finding.first,
        reproduce=finding.reproduce,
        fingerprint=finding.fingerprint,
        accepted=finding.accepted or None,
    )


def describe_latency(run: Run) -> list[LatencyDocument]:
    """Return the documents of a run's latencies."""
    return [
        LatencyDocument(each.phase, each.answers, round(each.median, 4), round(each.p95, 4))
        for each in run.latency
    ]


def build_run(document: RunDocument) -> Run:
    """Return the run that a document describes.

    Raises:
        ValueError: a value of the document is not what its key says.
    """
    try:
        started = datetime.fromisoformat(document.started)
        results = tuple(_build_result(each) for each in document.promises)
    except ValueError as error:
        raise ValueError(str(error)) from None
    if started.tzinfo is None:
        raise ValueError(f"started: {document.started} has no time zone")
    return Run(
        operation=document.operation,
        target=document.target,
        seed=document.seed,
        results=results,
        findings=tuple(_build_finding(each, document.promises) for each in document.findings),
        requests=tuple(document.phases.items()),
        seconds=document.seconds,
        unseen=tuple(document.unseen),
        remarks=tuple(document.remarks),
        left_out=tuple(document.left_out),
        reason=document.reason or "",
        started=started.astimezone(UTC),
        latency=tuple(Latency(e.phase, e.answers, e.median, e.p95) for e in document.latency),
        healed=tuple(
            AcceptedFinding(
                operation=document.operation,
                fingerprint=each.fingerprint,
                rule=each.rule,
                location=each.location,
                observed=each.observed,
                reason=each.reason,
                since=each.since or started.date(),
                until=each.until,
            )
            for each in document.healed
        ),
    )


def _describe_promise(promise: Promise) -> dict[str, Any]:
    source = promise.source
    return {
        "rule": promise.rule,
        "keyword": promise.keyword or None,
        "documented": promise.documented,
        "security": promise.security,
        "line": source.line if source else None,
        "quote": source.text if source and source.line is not None else None,
        "refinement": source.text if source and source.line is None else None,
    }


def _build_promise(document: _Sourced, location: str) -> Promise:
    source = None
    if document.line is not None:
        source = Source(document.quote or "", document.line)
    elif document.refinement is not None:
        source = Source(document.refinement)
    return Promise(
        rule=document.rule,
        location=location,
        documented=document.documented,
        source=source,
        keyword=document.keyword or "",
        security=document.security,
    )


def _build_result(document: PromiseDocument) -> PromiseResult:
    outcome = Outcome(document.outcome.replace("not judged", "not tested"))
    return PromiseResult(
        _build_promise(document, document.location), outcome, document.observations
    )


def _build_finding(document: FindingDocument, promises: Iterable[PromiseDocument]) -> Finding:
    shown, asked = document.shown, document.asked
    if shown is None or asked is None:
        shown, asked = _read_persistence(document.persistence)
    location = document.promise
    if location is None:
        location = _find_location(document, promises)
    return Finding(
        promise=_build_promise(document, location),
        level=document.level,
        location=document.location,
        observed=document.observed,
        count=document.count,
        observations=document.observations,
        first=document.first,
        shown=shown,
        asked=asked,
        reproduce=document.reproduce,
        fingerprint=document.fingerprint,
        accepted=document.accepted or "",
    )


def _find_location(document: FindingDocument, promises: Iterable[PromiseDocument]) -> str:
    """Return the location of the broken promise, which 0.1.0 did not write with the finding."""
    locations = [
        each.location
        for each in promises
        if (each.rule, each.keyword) == (document.rule, document.keyword)
        and document.location.startswith(each.location)
    ]
    return max(locations, key=len, default=document.location)


def _read_persistence(text: str | None) -> tuple[int, int]:
    """Return the visits that showed a finding, and all visits, from the text that 0.1.0 wrote."""
    counts = re.fullmatch(r"(\d+) of (\d+) times", text or "")
    if counts is not None:
        return int(counts[1]), int(counts[2])
    visits = {"once": 1, "always": 2}.get(text or "", 0)
    return visits, visits
