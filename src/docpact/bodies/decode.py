"""Strict decoding of JSON: each departure from RFC 8259 is reported; and of sequences."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

from docpact.limits import MAX_BYTES, MAX_DEPTH, MAX_OBSERVED, MAX_VALUES
from docpact.media_types import parse_media_type
from docpact.text import excerpt, shorten

ProblemKind: TypeAlias = Literal[
    "empty", "size", "bom", "utf8", "depth", "syntax", "nan", "duplicate-key", "trailing"
]

_STRINGS: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKETS: Final = re.compile(r"[\[{\]}]")
_EMPTY: Final = re.compile(r"\[\s*+\]|\{\s*+\}")
_WHITESPACE: Final = " \t\n\r"


@dataclass(frozen=True, slots=True)
class Problem:
    """One way in which a body is not strict JSON.

    Attributes:
        kind: `empty`, `size`, `bom`, `utf8`, `depth`, `syntax`, `nan`, `duplicate-key`, `trailing`.
        message: the problem of the body, and its place.
        type: of a value that is nested too deep, array or object; otherwise empty.
    """

    kind: ProblemKind
    message: str
    type: str = ""

    @property
    def name(self) -> str:
        """The kind in words."""
        return self.kind.replace("-", " ")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The result of decoding a body.

    Attributes:
        value: the decoded JSON value; None if `readable` is false.
        readable: whether there is a value at all.
        problems: in the order of detection, at most `MAX_OBSERVED` of a kind; none for strict JSON.
        count: of the values at every depth, an empty array or object counted as two; 0 if there is
            no value.
    """

    value: Any
    readable: bool
    problems: tuple[Problem, ...]
    count: int = 0


def decode(body: bytes) -> Decoded:
    """Decode a body as strict JSON (RFC 8259), and go on after a problem where possible.

    A byte order mark (section 8.1), `NaN` and `Infinity` (section 6), duplicate names (section 4),
    invalid UTF-8 (section 8.1) and text after the value are problems, but there still is a value.
    Beyond `MAX_BYTES`, `MAX_VALUES` and `MAX_DEPTH` (section 9 allows limits) there is none.
    """
    if len(body) > MAX_BYTES:
        return _unreadable("size", f"{len(body):,} bytes, more than {MAX_BYTES:,}")
    problems: list[Problem] = []
    text = _text(body, problems)
    if not text.strip(_WHITESPACE):
        return _unreadable("empty", "no JSON value in the body", problems)
    outline = _STRINGS.sub("", text)
    if (count := _count_values(outline)) > MAX_VALUES:
        return _unreadable("size", f"{count:,} values, more than {MAX_VALUES:,}", problems)
    if (depth := _depth(outline)) > MAX_DEPTH:
        whole = "array" if outline.lstrip(_WHITESPACE)[:1] == "[" else "object"
        problem = Problem("depth", f"nested {depth:,} deep, more than {MAX_DEPTH}", whole)
        return Decoded(None, readable=False, problems=(*problems, problem))
    return replace(_parse(text, problems), count=count)


def _text(body: bytes, problems: list[Problem]) -> str:
    if body.startswith(BOM_UTF8):
        problems.append(Problem("bom", "the body begins with a byte order mark"))
        body = body[len(BOM_UTF8) :]
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        seen = body[error.start : error.start + 4].hex(" ")
        problems.append(Problem("utf8", f"invalid UTF-8 at byte {error.start:,}: {seen}"))
        return body.decode("utf-8", errors="replace")


def _count_values(outline: str) -> int:
    """Count the values of a JSON text without its strings, at every depth."""
    count = sum(map(outline.count, ",[{")) + 1
    return count - _EMPTY.subn("", outline)[1] if count > MAX_VALUES else count


def _depth(outline: str) -> int:
    depth = deepest = 0
    for mark in _BRACKETS.findall(outline):
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _parse(text: str, problems: list[Problem]) -> Decoded:
    counts = Counter[ProblemKind]()

    def note(kind: ProblemKind, message: str) -> None:
        counts[kind] += 1
        if counts[kind] <= MAX_OBSERVED:
            problems.append(Problem(kind, message))

    def constant(name: str) -> float:
        note("nan", f"{name} is not a JSON number")
        return float(name)

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(members)
        if len(value) < len(members):
            names = Counter(name for name, _ in members)
            name = next(name for name, count in names.items() if count > 1)
            note("duplicate-key", f"an object has {excerpt(name, 40)} twice")
        return value

    decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_constant=constant, parse_int=_integer)
    start = len(text) - len(text.lstrip(_WHITESPACE))
    try:
        value, end = decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        near = _show(text, error.pos) or "the end of the body"
        return _unreadable("syntax", f"no JSON at character {error.pos:,}: {near}", problems)
    if rest := text[end:].lstrip(_WHITESPACE):
        shown = _show(text, len(text) - len(rest))
        problems.append(Problem("trailing", f"text after the JSON value: {shown}"))
    return Decoded(value, readable=True, problems=tuple(problems))


def _show(text: str, at: int) -> str:
    """Return the text at a place, with the beginning of its word: no secret without its first part.

    Only a whole secret, or its beginning, is recognized and redacted.
    """
    begin = max(text.rfind(mark, 0, at) for mark in f'{_WHITESPACE}",:[]{{}}') + 1
    return text[at : at + 1] and shorten(text[begin : begin + 25], 24)


def _integer(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:  # longer than sys.get_int_max_str_digits()
        return float(digits)


def _unreadable(kind: ProblemKind, message: str, problems: list[Problem] | None = None) -> Decoded:
    return Decoded(None, readable=False, problems=(*(problems or ()), Problem(kind, message)))


EVENTS: Final = "text/event-stream"

_LINES: Final = re.compile(r"application/(jsonl|(x-)?(ndjson|jsonlines))")

_SEQUENCE: Final = re.compile(r"application/(.+\+)?json-seq")
"""Values with a record separator before each (RFC 7464; RFC 8091)."""


def find_separator(media_type: str) -> bytes:
    """Return the bytes between the values of a sequence; empty for any other media type."""
    name = parse_media_type(media_type).name
    if _SEQUENCE.fullmatch(name):
        return b"\x1e"
    return b"\n\n" if name == EVENTS else b"\n" if _LINES.fullmatch(name) else b""


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
