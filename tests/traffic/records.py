"""Recorded traffic made by hand, and the records that readers yield for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from toy import LAMPS, lamp

from docpact.traffic import Entry, Part, Traffic, read_traffic, split_sources
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
