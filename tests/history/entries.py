"""Nights made by hand, and the documents of real runs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from docpact.model import HistoryEntry

FIRST = datetime(2026, 11, 1, 3, tzinfo=UTC)


def finding(fingerprint: str = "aaaaaaaaaaaa", **fields: Any) -> dict[str, Any]:
    return {
        "rule": "response.enum",
        "level": "breaking",
        "security": False,
        "location": "/items/*/status",
        "keyword": None,
        "documented": 'one of "A"',
        "line": 90,
        "quote": 'status: "A"',
        "refinement": None,
        "observed": '"B"',
        "count": 1,
        "of": 3,
        "persistence": "always",
        "first": "/items/0/status",
        "reproduce": "curl -sS -g https://toys.example/v1/lamps",
        "fingerprint": fingerprint,
        "accepted": None,
        **fields,
    }


def document(*findings: dict[str, Any], at: datetime = FIRST, **fields: Any) -> dict[str, Any]:
    return {
        "docpact": "0.1.0",
        "operation": "toys/list_lamps",
        "target": "https://toys.example",
        "started": at.isoformat(),
        "seed": 0,
        "verdict": "drift" if findings else "conforms",
        "reason": None,
        "findings": list(findings),
        "healed": [],
        "promises": [
            {
                "rule": "response.enum",
                "location": "/items/*/status",
                "keyword": None,
                "documented": 'one of "A"',
                "line": 90,
                "outcome": "broken" if findings else "kept",
                "judged": 3,
            }
        ],
        "exercised": {"kept": 1, "broken": 0, "not tested": 0},
        "unseen": [],
        "remarks": [],
        "left_out": [],
        "requests": 3,
        "phases": {"survey": 3},
        "latency": [{"phase": "survey", "answers": 3, "median": 0.1, "p95": 0.2}],
        "seconds": 1.5,
        **fields,
    }


def nights(documents: Iterable[dict[str, Any]]) -> tuple[HistoryEntry, ...]:
    """Return a night a day."""
    return tuple(
        HistoryEntry(number + 1, FIRST + timedelta(days=number), each)
        for number, each in enumerate(documents)
    )
