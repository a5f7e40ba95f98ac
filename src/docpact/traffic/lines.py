"""Lines of JSON: flat records, HAR entries, and the lines of docpact's own journal."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from docpact.errors import MissingExtra, UsageError
from docpact.traffic import har, journal
from docpact.traffic.kind import BOM
from docpact.traffic.naming import shown
from docpact.traffic.part import Part
from docpact.traffic.record import FIELDS, Asked, Entries, Record, Torn, encoded
from docpact.traffic.recording import Entry
from docpact.traffic.streams import pass_over

_NULL: Final = b"null"
_QUOTE: Final = b'"'[0]


class Lines:
    """Reads the lines of one file.

    A body that is embedded as JSON keeps its own bytes and is not decoded. The way the last line
    was read is tried first with the next, which changes nothing but how long it takes.
    """

    def __init__(self, asked: Asked, name: str) -> None:
        self._operation = asked.operation
        self._entry = Entries(asked.operation).entry
        self._keys = tuple(asked.named().values())
        self._loads, self._around = _decoders(self._keys, name)
        self._embeds = True

    def read(self, line: bytes, where: str) -> Record | None:
        """Return the record of a line, or None where it holds none.

        An object without its end, or an end of its line, is torn: a file may be read while it is
        written.

        Raises:
            UsageError: it is no record; where it stands is named.
        """
        try:
            if self._embeds and (entry := self._embedding(line)) is not None:
                return entry
            return self._decoding(line, where)
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
            if line.lstrip().startswith(b"{") and not line.endswith(b"\n"):
                return Torn()
            raise UsageError(f"{where}: no JSON: {_problem(error)}") from None
        except (TypeError, ValueError, OverflowError) as error:
            raise UsageError(f"{where}: no record: {error}") from None

    def _embedding(self, line: bytes) -> Entry | None:
        """Return the entry of a line that embeds its body as JSON, if it is one."""
        try:
            told = self._around(line)
        except (ValueError, RecursionError):
            return None
        body = bytes(told.body)
        if not body or body[0] == _QUOTE:
            return None
        sent = None if body == _NULL else body
        return self._entry((sent, told.status, told.url, told.method, told.headers, told.seconds))

    def _decoding(self, line: bytes, where: str) -> Record | None:
        """Return the record of a line whose body is text, or that has none."""
        try:
            document = self._loads(line)
        except ValueError:
            if (entry := self._embedding(line)) is not None:
                return entry
            # Python's own decoder lets more pass, such as half a surrogate pair.
            document = json.loads(line.decode("utf-8", "surrogatepass"))
        if not isinstance(document, dict):
            raise ValueError("an object is expected")  # noqa: TRY004 (a bad record)
        if self._keys[0] not in document:
            return self._other(document, where)
        body, *rest = map(document.get, self._keys)
        self._embeds = not isinstance(body, str)
        if self._embeds and (entry := self._embedding(line)) is not None:
            return entry
        return self._entry((encoded(body), *rest))

    def _other(self, document: Mapping[str, Any], where: str) -> Record | None:
        self._embeds = False
        if "case" in document:
            return journal.exchange(document, where)
        if "request" in document and "response" in document:
            return har.entry(document, where)
        if journal.is_begin(document):
            journal.check_begin(self._operation, document, where)
            return None
        if journal.is_end(document) and len(document) == 1:
            return None
        raise ValueError(f"neither a HAR entry nor an object with `{self._keys[0]}`")


def records(stream: io.BufferedReader, part: Part, asked: Asked) -> Iterator[tuple[int, Record]]:
    """Yield the records of the lines that begin in a part, each with the byte it begins at.

    Raises:
        UsageError: a line is no record; its number is named, or its byte where that is not known.
    """
    position = max(part.start, asked.begin)
    name, end = shown(part.source), sys.maxsize if part.end is None else part.end
    number = None if position else 0
    lines = Lines(asked, part.source)
    if position:
        pass_over(stream, position - 1)
        position += len(stream.readline()) - 1
    while position < end and (line := stream.readline()):
        if number is None:
            where = f"{name}: byte {position:,}"
        else:
            number += 1
            where = f"{name}:{number}"
        if not line.isspace():
            record = lines.read(line if position else line.removeprefix(BOM), where)
            if record is not None:
                yield position, record
        position += len(line)


def _decoders(
    keys: tuple[str, ...], name: str
) -> tuple[Callable[[bytes], Any], Callable[[bytes], Any]]:
    """Return what decodes a line, and what decodes all of it but its body."""
    try:
        import msgspec
        import orjson
    except ModuleNotFoundError:
        raise MissingExtra(f"reading {shown(name)}", "audit") from None
    types: tuple[Any, ...] = (
        msgspec.Raw,
        int | None,
        str | None,
        str | None,
        dict[str, Any] | list[Any] | str | None,
        float | None,
    )
    defaults: tuple[Any, ...] = (msgspec.Raw(), *(None for _ in types[1:]))
    line = msgspec.defstruct(
        "Line",
        list(zip(FIELDS, types, defaults, strict=True)),
        rename=dict(zip(FIELDS, keys, strict=True)),
    )
    return orjson.loads, msgspec.json.Decoder(line, strict=False).decode


def _problem(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} (column {error.pos + 1:,})"
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 text (column {error.start + 1:,})"
    return "nested too deep" if isinstance(error, RecursionError) else str(error)
