"""Sequences of values in one body: lines of JSON, JSON texts and events (OpenAPI 3.2, 4.14.4)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from docpact.bodies.decode import decode
from docpact.limits import MAX_VALUES
from docpact.media_types import parse_media_type

_EVENTS: Final = "text/event-stream"

_LINES: Final = re.compile(r"application/(jsonl|(x-)?(ndjson|jsonlines))")

_SEQUENCE: Final = re.compile(r"application/(.+\+)?json-seq")
"""Values with a record separator before each (RFC 7464; RFC 8091)."""


def find_separator(media_type: str) -> bytes:
    """Return the bytes between the values of a sequence; empty for any other media type."""
    name = parse_media_type(media_type).name
    if _SEQUENCE.fullmatch(name):
        return b"\x1e"
    return b"\n\n" if name == _EVENTS else b"\n" if _LINES.fullmatch(name) else b""


def join_values(media_type: str, body: bytes) -> bytes:
    """Return the values of a sequence as an array of JSON; of events those with data.

    If a part is not one value, such as a line with two, the array ends behind it without a bracket.
    """
    separator = find_separator(media_type)
    parts = body.replace(b"\r\n", b"\n").split(separator)
    if separator == b"\n\n":
        events = (dict(_read_event(part.decode("utf-8", "replace"))) for part in parts)
        return json.dumps([each for each in events if "data" in each]).encode()
    filled = [part for part in parts if part.strip()]
    for part in filled if len(filled) <= MAX_VALUES else ():  # of more, none is read
        if any(each.kind in ("syntax", "trailing") for each in decode(part).problems):
            return b"[%s," % part
    return b"[%s]" % b",".join(filled)


def _read_event(text: str) -> Iterator[tuple[str, str | int]]:
    split = (line.partition(":") for line in text.split("\n"))
    pairs = [(name, value.removeprefix(" ")) for name, _, value in split]
    if data := [value for name, value in pairs if name == "data"]:
        yield "data", "\n".join(data)
    yield from (pair for pair in pairs if pair[0] in ("event", "id"))
    yield from (("retry", int(v)) for n, v in pairs if n == "retry" and v.isdecimal())


def write_values(media_type: str, values: list[Any]) -> str:
    """Return a body with some values; events without their other fields."""
    separator = find_separator(media_type).decode()
    if separator == "\n\n":
        return "".join(f"{_write_event(each)}\n" for each in values if isinstance(each, dict))
    before, behind = ("\x1e", "\n") if separator == "\x1e" else ("", separator)
    return "".join(f"{before}{json.dumps(each)}{behind}" for each in values)


def _write_event(event: dict[str, Any]) -> str:
    fields = [(name, event[name]) for name in ("event", "id", "retry", "data") if name in event]
    texts = [(name, v if isinstance(v, str) else json.dumps(v)) for name, v in fields]
    return "".join(f"{name}: {line}\n" for name, text in texts for line in text.split("\n"))
