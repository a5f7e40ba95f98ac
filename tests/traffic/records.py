"""Recorded traffic made by hand, and the records that readers yield for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from toy import LAMPS, lamp

from docpact.audit import conclude
from docpact.audit.work import Task, summarize
from docpact.conformance.replay import replay
from docpact.model import Run
from docpact.rules.response import RULES
from docpact.traffic import Entry, Part, Traffic, read_traffic, split_sources
from docpact.traffic.recording import read_recording
from docpact.traffic.records import build_entry

HEADERS = {"Content-Type": "application/json", "X-Request": "é"}


def page(number: int, size: int = 2) -> dict[str, Any]:
    return {"items": [lamp(number + at, note="é✓") for at in range(size)], "next": str(number)}


def flat(number: int, **fields: Any) -> dict[str, Any]:
    """Return a whole record; its body is text."""
    return {
        "body": json.dumps(page(number), ensure_ascii=False),
        "status": 200,
        "url": f"https://toys.example/v1/lamps?after={number}",
        "method": "GET",
        "headers": HEADERS,
        "seconds": 0.25,
        **fields,
    }


def entry(number: int) -> Entry:
    """Return the entry of a whole record."""
    record = flat(number)
    return build_entry(LAMPS, (record.pop("body").encode(), *record.values()))


def jsonl(documents: Iterable[Any], end: str = "\n") -> bytes:
    return "".join(json.dumps(each, ensure_ascii=False) + end for each in documents).encode()


def read(
    source: Path | str | Part, fields: Mapping[str, str] | None = None, begin: int = 0
) -> list[tuple[int, Traffic]]:
    part = source if isinstance(source, Part) else Part(str(source), 0)
    return list(read_traffic(part, LAMPS, fields or {}, begin=begin))


def in_parts(source: Path | str, size: int) -> list[tuple[int, Traffic]]:
    """Return the records of all parts, one part after another."""
    return [found for part in split_sources([str(source)], size) for found in read(part)]


URL = "https://toys.example/v1/lamps?size=2"
BODY = json.dumps({"items": [lamp(1)], "next": None})
JSON = {"content-type": "application/json"}
RULES_OF_AUDITS = {rule.id for rule in RULES}


def har_entry(
    status: Any = 200,
    content: dict[str, Any] | None = None,
    url: str = URL,
    headers: dict[str, str] = JSON,
    method: str = "GET",
    **more: Any,
) -> dict[str, Any]:
    """Return an entry of a HAR document; by default, a complete response."""
    whole = {"size": len(BODY), "mimeType": "application/json", "text": BODY}
    return {
        "startedDateTime": "2026-01-01T00:00:00Z",
        "time": 1,
        "request": {"method": method, "url": url},
        "response": {
            "status": status,
            "headers": [{"name": name, "value": value} for name, value in headers.items()],
            "content": whole if content is None else content,
            **more,
        },
    }


def write_har(file: Path, *entries: dict[str, Any]) -> Path:
    file.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
    return file


def replayed(file: Path) -> Run:
    return replay(LAMPS, read_recording([str(file)], LAMPS))


def audited(file: Path) -> Run:
    summary = summarize(Task.of(LAMPS), split_sources([str(file)]), lambda size, count: None)
    return conclude(LAMPS, summary, "calls", 0)


def about_traffic(run: Run) -> list[str]:
    return [remark for remark in run.remarks if "exchange" in remark or "left out" in remark]


def breaches(run: Run) -> list[tuple[str, str, int]]:
    """Return the breaches of the rules that judge each response alone."""
    found = ((each.rule, each.location, each.count) for each in run.findings)
    return [breach for breach in found if breach[0] in RULES_OF_AUDITS]
