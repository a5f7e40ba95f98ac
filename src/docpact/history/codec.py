"""Runs as JSON documents: the only module that knows the keys of `--json` files and histories."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from docpact import files
from docpact.model import ApiRun, Finding, Promise, Run


def encode(run: Run, *, version: str, strict: bool = False) -> str:
    """Return a run as a JSON document, which `decode_runs` reads back."""
    return write_json(describe_run(run, version=version, strict=strict))


def decode_runs(text: str | bytes) -> tuple[Run, ...]:
    """Return the runs in a JSON document: one, or one for each operation of an API.

    Version 0.1.0 may have written it.

    Raises:
        ValueError: the text is not the JSON document of a run.
    """
    document = read_json(text)
    listed = document.get("operations") if "api" in document else [document]
    if not isinstance(listed, list):
        raise ValueError("operations: not a list")  # noqa: TRY004 — a wrong text
    return tuple(map(build_run, listed))


def write_json(document: Mapping[str, Any]) -> str:
    """Return a document of plain values as ASCII-only JSON."""
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def read_json(text: str | bytes) -> dict[str, Any]:
    """Return the object in a JSON text.

    Raises:
        ValueError: the text is not JSON, or not an object.
    """
    document = files.read_json(text)
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 — a wrong text, not a wrong argument
    return document


def build(document: object, kind: Any) -> Any:
    """Return plain values as a value of a type.

    Raises:
        ValueError: a value has another type.
    """
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def describe_run(run: Run, *, version: str, strict: bool = False) -> dict[str, Any]:
    """Return the document of a run as plain values.

    Times are rounded: `started` to seconds, `seconds` to milliseconds, latencies to 0.1 ms.
    """
    return {
        "docpact": version,
        "operation": run.operation,
        "target": run.target,
        "started": run.started.isoformat(timespec="seconds"),
        "seed": run.seed,
        "verdict": run.verdict(strict=strict).value,
        "reason": run.reason or None,
        "findings": [describe_finding(finding) for finding in run.findings],
        "healed": msgspec.to_builtins(run.healed),
        "promises": [
            {
                **_describe_promise(result.promise),
                "outcome": result.outcome.value,
                "judged": result.observations,
            }
            for result in run.results
        ],
        "exercised": {outcome.value: count for outcome, count in run.outcomes.items()},
        "power": msgspec.to_builtins(run.power),
        "observed": msgspec.to_builtins(run.observed),
        "unseen": list(run.unseen),
        "remarks": list(run.remarks),
        "left_out": list(run.left_out),
        "not_judged": list(run.not_judged),
        "requests": run.request_count,
        "phases": dict(run.requests),
        "latency": describe_latency(run),
        "seconds": round(run.seconds, 3),
    }


def describe_api_run(run: ApiRun, *, version: str, strict: bool = False) -> dict[str, Any]:
    """Return the document of the run of a whole API as plain values; see `describe_run`."""
    return {
        "docpact": version,
        "api": run.name,
        "target": run.target,
        "started": run.started.isoformat(timespec="seconds"),
        "verdict": run.verdict(strict=strict).value,
        "reason": run.reason or None,
        "operations": [describe_run(each, version=version, strict=strict) for each in run.runs],
        "not_tested": [
            {"operation": name, "reason": reason} for name, reason in run.not_tested.items()
        ],
        "left_behind": list(run.left_behind),
        "requests": run.request_count,
        "seconds": round(run.seconds, 3),
    }


def describe_finding(finding: Finding) -> dict[str, Any]:
    """Return the document of a finding."""
    return {
        **_describe_promise(finding.promise),
        "promise": finding.promise.location,
        "location": finding.location,
        "level": finding.level.value,
        "observed": finding.observed,
        "count": finding.count,
        "of": finding.observations,
        "persistence": finding.persistence or None,
        "shown": finding.shown,
        "asked": finding.asked,
        "first": finding.first,
        "reproduce": finding.reproduce,
        "fingerprint": finding.fingerprint,
        "accepted": finding.accepted or None,
    }


def describe_latency(run: Run) -> list[dict[str, Any]]:
    """Return the documents of a run's latencies."""
    return [
        {
            "phase": each.phase,
            "answers": each.answers,
            "median": round(each.median, 4),
            "p95": round(each.p95, 4),
        }
        for each in run.latency
    ]


def build_run(document: Mapping[str, Any]) -> Run:
    """Return the run that a document describes.

    Raises:
        ValueError: a key is missing, or its value has another type.
    """
    try:
        run: Run = build(_nest_run(document), Run)
    except KeyError as error:
        raise ValueError(f"the key {error} is missing") from None
    except (TypeError, AttributeError):
        raise ValueError("a list or an object is missing") from None
    if run.started.tzinfo is None:
        raise ValueError(f"started: {document['started']} has no time zone")
    return run


def _describe_promise(promise: Promise) -> dict[str, Any]:
    source = promise.source
    return {
        "rule": promise.rule,
        "location": promise.location,
        "keyword": promise.keyword or None,
        "documented": promise.documented,
        "security": promise.security,
        "line": source.line if source else None,
        "quote": source.text if source and not source.is_refinement else None,
        "refinement": source.text if source and source.is_refinement else None,
        "place": source.place if source and source.place else None,
    }


def _nest_run(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a `Run` as plain values; version 0.1.0 had other names for some."""
    promises = document["promises"]
    added = {"operation": document["operation"], "since": document["started"][:10]}
    return {
        **document,
        "results": [
            {
                "promise": _nest_promise(each, each["location"]),
                "outcome": each["outcome"].replace("not judged", "not tested"),
                "observations": each["judged"],
            }
            for each in promises
        ],
        "findings": [_nest_finding(each, promises) for each in document["findings"]],
        "requests": list(document["phases"].items()),
        "reason": document["reason"] or "",
        "healed": [{**added, **each} for each in document["healed"]],
    }


def _nest_finding(
    document: Mapping[str, Any], promises: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the fields of a `Finding`; version 0.1.0 wrote no `promise`, `shown` and `asked`."""
    location = document.get("promise")
    if location is None:
        location = _find_location(document, promises)
    return {
        **_read_persistence(document["persistence"]),
        **document,
        "promise": _nest_promise(document, location),
        "observations": document["of"],
        "accepted": document["accepted"] or "",
    }


def _nest_promise(document: Mapping[str, Any], location: str) -> dict[str, Any]:
    line, refinement = document["line"], document.get("refinement")
    source, place = None, document.get("place")
    if line is not None or refinement is not None or place is not None:
        text = document.get("quote") or refinement or ""
        source = {"text": text, "line": line, "place": place or ""}
    return {
        "rule": document["rule"],
        "location": location,
        "documented": document["documented"],
        "source": source,
        "keyword": document["keyword"] or "",
        "security": document.get("security", False),
    }


def _find_location(finding: Mapping[str, Any], promises: Iterable[Mapping[str, Any]]) -> str:
    """Return the location of the promise that a finding breaks."""
    locations = [
        each["location"]
        for each in promises
        if (each["rule"], each["keyword"]) == (finding["rule"], finding["keyword"])
        and finding["location"].startswith(each["location"])
    ]
    location: str = max(locations, key=len, default=finding["location"])
    return location


def _read_persistence(text: str | None) -> dict[str, int]:
    """Return the visits that showed a finding, and all visits."""
    counts = re.fullmatch(r"(\d+) of (\d+) times", text or "")
    visits = {"once": "1", "always": "2"}.get(text or "", "0")
    shown, asked = counts.groups() if counts else (visits, visits)
    return {"shown": int(shown), "asked": int(asked)}
