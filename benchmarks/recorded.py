"""Recorded traffic to measure with: pages of jobs as a server answers them, no two alike."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

import docpact

OPERATION: Final = docpact.load("llamacloud/list_classify_jobs")
STATES: Final = ("PENDING", "RUNNING", "COMPLETED", "FAILED")
KINDS: Final = ("url", "file_id", "parse_job_id")
MOMENT: Final = "2026-01-02T03:04:05.678901Z"


def name(draws: Random) -> str:
    """Return a random name as long as a UUID."""
    return "-".join(f"{draws.getrandbits(4 * digits):0{digits}x}" for digits in (8, 4, 4, 4, 12))


def job(draws: Random) -> dict[str, Any]:
    """Return a job with every field, null where it has no value."""
    state = draws.choice(STATES)
    told = {"confidence": draws.random(), "reasoning": "it shows a total", "type": "invoice"}
    rule = {"description": "shows a number, line items and a total amount", "type": "invoice"}
    return {
        "id": name(draws),
        "configuration": {"rules": [rule], "mode": "FAST"},
        "document_input_type": draws.choice(KINDS),
        "document_input_value": name(draws),
        "project_id": name(draws),
        "status": state,
        "user_id": name(draws),
        "configuration_id": draws.choice([name(draws), None]),
        "created_at": MOMENT,
        "error_message": "it could not be read" if state == "FAILED" else None,
        "parse_job_id": draws.choice([name(draws), None]),
        "result": told if state == "COMPLETED" else None,
        "transaction_id": None,
        "updated_at": MOMENT,
    }


def bodies(count: int, jobs: int = 100, *, nulls: bool = True) -> Iterator[bytes]:
    """Yield the bodies of pages of some jobs.

    Args:
        count: of pages.
        jobs: on each page.
        nulls: whether a field without a value is null; else it is absent.
    """
    draws = Random(jobs)  # noqa: S311 — the same traffic each time
    for number in range(count):
        items = [job(draws) for _ in range(jobs)]
        if not nulls:
            items = [
                {key: value for key, value in each.items() if value is not None} for each in items
            ]
        page = {"items": items, "next_page_token": f"t{number}", "total_size": count * jobs}
        yield json.dumps(page).encode()


def lines(found: Iterable[bytes], *, embedded: bool = False) -> Iterator[bytes]:
    """Yield a line for each body, which is embedded as JSON or is a text."""
    for number, body in enumerate(found):
        record = {
            "method": "GET",
            "url": f"{OPERATION.server}{OPERATION.path}?page_size=100&page_token=t{number}",
            "status": 200,
            "headers": {
                "content-type": "application/json",
                "date": "Fri, 02 Jan 2026 03:04:05 GMT",
            },
            "seconds": 0.125,
            "body": json.loads(body) if embedded else body.decode(),
        }
        yield json.dumps(record).encode() + b"\n"


def written(file: Path, found: Iterable[bytes]) -> Path:
    """Write lines to a file, and return it."""
    with file.open("wb") as stream:
        stream.writelines(found)
    return file
