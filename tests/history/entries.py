"""Runs made by hand, and histories of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from docpact.model import (
    Finding,
    HistoryEntry,
    Latency,
    Level,
    Outcome,
    Promise,
    PromiseResult,
    Run,
    Source,
)

FIRST = datetime(2026, 11, 1, 3, tzinfo=UTC)
PROMISE = Promise(
    rule="response.enum",
    location="/items/*/status",
    documented='one of "A"',
    source=Source('status: "A"', 90),
)
KEPT = PromiseResult(PROMISE, Outcome.KEPT, 3)


def finding(fingerprint: str = "aaaaaaaaaaaa", **fields: Any) -> Finding:
    return Finding(
        **{
            "promise": PROMISE,
            "level": Level.BREAKING,
            "location": "/items/*/status",
            "observed": '"B"',
            "count": 1,
            "observations": 3,
            "first": "/items/0/status",
            "shown": 2,
            "asked": 2,
            "reproduce": "curl -sS -g https://toys.example/v1/lamps",
            "fingerprint": fingerprint,
            **fields,
        }
    )


def run_of(*findings: Finding, **fields: Any) -> Run:
    return Run(
        **{
            "operation": "toys/list_lamps",
            "target": "https://toys.example",
            "seed": 0,
            "results": (replace(KEPT, outcome=Outcome.BROKEN) if findings else KEPT,),
            "findings": findings,
            "requests": (("survey", 3),),
            "seconds": 1.5,
            "started": FIRST,
            "latency": (Latency("survey", 3, 0.1, 0.2),),
            **fields,
        }
    )


def entries_of(runs: Iterable[Run]) -> tuple[HistoryEntry, ...]:
    """Return an entry for each run, one a day."""
    return tuple(
        HistoryEntry(
            number, run.verdict(), replace(run, started=FIRST + timedelta(days=number - 1))
        )
        for number, run in enumerate(runs, 1)
    )
