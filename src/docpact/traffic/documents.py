"""Whole documents of recorded traffic: HAR, read entry by entry, and cassettes, read whole."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from docpact.errors import MissingExtra, UsageError
from docpact.files import read_yaml
from docpact.traffic import cassette
from docpact.traffic import har as archive
from docpact.traffic.kind import BOM
from docpact.traffic.naming import shown
from docpact.traffic.recording import Entry

_CHUNK: Final = 1024 * 1024  # half the time of the default: fewer texts lie across two chunks
_EMPTY: Final = re.compile(rb'"entries"\s*:\s*\[\s*\]')


def har(stream: io.BufferedReader, name: str, begin: int) -> Iterator[tuple[int, Entry]]:
    """Yield the entries of a HAR document, each with its index; one at a time is in memory.

    Half a surrogate pair is read as a question mark, as the parser (YAJL) does.

    Raises:
        UsageError: the document or an entry is not what HAR 1.2 says; the entry is named.
        MissingExtra: the library for it is not installed.
    """
    head = stream.peek()
    if head.startswith(BOM):
        stream.read(len(BOM))
    at = -1
    for at, each in enumerate(_items(stream, name)):
        if at >= begin:
            yield at, archive.entry(each, f"{shown(name)}#/log/entries/{at}")
    if at < 0 and not _EMPTY.search(head):
        raise UsageError(f"{shown(name)}#/log/entries: a list of entries is missing")


def cassettes(stream: io.BufferedReader, name: str, begin: int) -> Iterator[tuple[int, Entry]]:
    """Yield the interactions of a cassette, each with its index; the whole cassette is in memory.

    Raises:
        UsageError: the document or an interaction is not what vcrpy writes; it is named.
        MissingExtra: it is YAML, and the library for it is not installed.
    """
    try:
        text = stream.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{shown(name)}: not UTF-8 text (byte {error.start:,})") from None
    document = _json(text, name) if text.lstrip().startswith("{") else read_yaml(text, shown(name))
    for at, entry in enumerate(cassette.entries(document, shown(name))):
        if at >= begin:
            yield at, entry


def _items(stream: io.BufferedReader, name: str) -> Iterator[Any]:
    try:
        import ijson  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        raise MissingExtra(f"reading {shown(name)}", "audit") from None
    found = ijson.items(stream, "log.entries.item", use_float=True, buf_size=_CHUNK)
    count = 0
    try:
        for each in found:
            yield each
            count += 1
    except ijson.JSONError as error:
        where = f"{shown(name)}#/log/entries/{count}"
        raise UsageError(f"{where}: no JSON: {_problem(error)}") from None


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{shown(name)}: no JSON: {error}") from None


def _problem(error: Exception) -> str:
    """Return the first line of what YAJL says; the others draw an arrow."""
    said = error.args[0]
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return text.strip().partition("\n")[0].removeprefix("parse error: ")
