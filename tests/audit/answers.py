"""Recorded traffic to audit: lines of JSON, one an answer."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from docpact import catalogue
from docpact.cases.sampling import sample_items, sample_page

OPERATION: Final = catalogue.load()

ODD: Final[tuple[dict[str, Any], ...]] = (
    {"status": "CANCELLED"},
    {"usage": {"credits": 1}},
    {"id": None},
    {"created_at": "yesterday"},
    {"status": "PENDING", "error_message": "late"},
)
"""The changes to some jobs; each breaks a promise."""


@cache
def body(jobs: int, odd: int | None) -> bytes:
    """Return the body of an answer of some jobs, the last one of which may be odd."""
    items = [*sample_items(OPERATION, jobs)]
    if odd is not None:
        items[-1] = {**items[-1], **ODD[odd]}
    return json.dumps(sample_page(OPERATION, items)).encode()


def bodies(count: int, odd_every: int = 7) -> Iterator[bytes]:
    """Yield the bodies of answers of a few jobs each; some are broken, each in another way."""
    for number in range(count):
        is_odd = number % odd_every == odd_every - 1
        yield body(1 + number % 3, number // odd_every % len(ODD) if is_odd else None)


def lines(found: Iterable[bytes]) -> Iterator[str]:
    """Yield a line for each body, the address of every third one with a token."""
    for number, body in enumerate(found):
        query = f"?page_size=3&page_token=t{number}" if number % 3 == 2 else "?page_size=3"
        record = {
            "url": f"{OPERATION.path}{query}",
            "status": 200,
            "headers": {"content-type": "application/json"},
            "body": body.decode(),
        }
        yield json.dumps(record) + "\n"


def written(file: Path, count: int, *, odd_every: int = 7) -> Path:
    """Write a file of answers, compressed if its name says so."""
    text = "".join(lines(bodies(count, odd_every)))
    file.write_bytes(gzip.compress(text.encode()) if file.suffix == ".gz" else text.encode())
    return file
