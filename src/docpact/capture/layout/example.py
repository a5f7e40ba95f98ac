"""The example bodies of a page, and strict JSON: only values that a contract can contain."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from docpact.capture.layout.command import is_command, read_command
from docpact.capture.layout.lines import Line, Page
from docpact.errors import PageError
from docpact.files import read_finite, read_object


def decode_first(text: str) -> tuple[Any, int]:
    """Decode the JSON value that a text begins with (RFC 8259).

    Returns:
        The value, and the index of the first character behind it.

    Raises:
        ValueError: there is no value, or JSON cannot represent it: a repeated name, `NaN`, a number
            beyond a double, half of a surrogate pair, too deep nesting. A syntax error is a
            `json.JSONDecodeError`, which has a position.
    """
    try:
        value, end = _DECODER.raw_decode(text)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeEncodeError:
        raise ValueError("it contains half of a surrogate pair") from None
    return value, end


def decode_value(text: str) -> Any:
    """Decode a text that is exactly one JSON value.

    Raises:
        ValueError: as for `decode_first`, or there is text behind the value.
    """
    value, end = decode_first(text)
    if end < len(text):
        raise ValueError("there is text behind the value")
    return value


def _int(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        raise ValueError("a number has too many digits") from None


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=read_object,
    parse_constant=read_finite,
    parse_float=read_finite,
    parse_int=_int,
)


AGAIN: Final = "Returns Examples"
"""The heading above the second copy of the example body."""

_STATUS: Final = re.compile(
    r"([1-5][0-9]{2}) example|(?:#+ )?Response \(?([1-5][0-9]{2})\)?(?: .*)?"
)
_NO_BRACE: Final = re.compile(r'"[^"]+": ?\S')
_ELLIPSIS: Final = re.compile(r"\.\.\.|…")


@dataclass(frozen=True, slots=True)
class Body:
    """An example body.

    Attributes:
        status: that its label prints, or None.
    """

    line: int
    value: Any
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An example body that is not JSON.

    Attributes:
        line: of the fault.
        is_shortened: whether it has an ellipsis, or lost its lines of braces in a copy.
        is_array: whether it begins as an array.
        names: of the fields of its outermost object.
    """

    line: int
    problem: str
    is_shortened: bool = False
    is_array: bool = False
    names: frozenset[str] = frozenset()


def read_bodies(page: Page, start: int) -> tuple[Body | Unreadable, ...]:
    """Read the example bodies below the curl example, but not the bodies of errors.

    The text layout has them twice, the second time below a heading.

    Raises:
        PageError: in text, there are none, one of them is not JSON, or the two copies differ.
    """
    lines = page.example
    if page.markdown:
        return tuple(_list_bodies(lines[start:], markdown=True))
    has_body = _find_body(lines, start) < len(lines)
    if not page.is_announced or (page.section("returns") is None and not has_body):
        return ()
    again = next((at for at in range(start, len(lines)) if lines[at].text == AGAIN), None)
    if again is not None and not has_body:
        return ()
    is_given = again is None or _find_body(lines, start) < again
    first = _list_successes(page, lines[start:again]) if is_given else []
    if again is None:
        raise PageError(_last(page), f"the page ends here; expected {AGAIN!r}")
    second = _list_successes(page, lines[again + 1 :])
    for one, other in zip(first, second, strict=False):
        values = [each.value if isinstance(each, Body) else type(each) for each in (one, other)]
        if values[0] != values[1]:
            problem = f"this example body differs from the one on line {one.line}"
            raise PageError(other.line, problem)
    return (*first, *second)


def _list_successes(page: Page, lines: Sequence[Line]) -> list[Body | Unreadable]:
    """Return the bodies in lines of the text layout."""
    begin = _find_body(lines, 0)
    quoted = [line for line in lines[:begin] if line.text.startswith('"')]
    if quoted:
        problem = f"expected an example body, found {quoted[0].text!r}"
        raise PageError(quoted[0].number, problem)
    if begin == len(lines):
        raise PageError(_last(page), "the page ends here; expected an example body")
    found = list(_list_bodies(lines, markdown=False))
    if not found:
        line, status = next((line, each) for line in lines if (each := read_status(line)))
        problem = f"an example with status {status}; expected a successful one"
        raise PageError(line.number, problem)
    for body in found:
        if isinstance(body, Unreadable) and not body.is_shortened:
            raise PageError(body.line, body.problem)
    return found


def _find_body(lines: Sequence[Line], start: int) -> int:
    """Return the index of the first line of a body outside commands, or the number of lines."""
    at = start
    while at < len(lines) and not _begins_body(lines[at]):
        at = read_command(lines, at)[1] if is_command(lines[at]) else at + 1
    return at


def _list_bodies(lines: Sequence[Line], *, markdown: bool) -> Iterator[Body | Unreadable]:
    """Yield the bodies whose label is not the status of an error.

    In Markdown, a heading is the label of all bodies below it. In text, the labels may all be above
    the bodies, which then have the same order; those without a label are left out, except for one.
    """
    labels: list[int | None] = [None]
    at, begins = 0, _begins_value if markdown else _begins_body
    while at < len(lines):
        line, status = lines[at], read_status(lines[at])
        at += 1
        if line.text.startswith("#"):
            labels = [status]
        elif status is not None and not markdown:
            labels = [*labels, status] if labels and labels[0] else [status]
        elif is_command(line):
            _, at = read_command(lines, at - 1)
        elif begins(line):
            label = labels[0] if labels else 0
            body, at = _decode(lines, at - 1, label)
            if label is None or label // 100 == 2:
                yield body
            labels = labels if markdown else labels[1:]


def _begins_value(line: Line) -> bool:
    """Return whether a line begins an object or array, or is a whole JSON text."""
    if line.text.startswith(("{", "[")):
        return True
    if not re.fullmatch(r'".*"|-?[0-9.]+|true|false|null', line.text):
        return False
    try:
        decode_value(line.text)
    except ValueError:
        return False
    return True


def _begins_body(line: Line) -> bool:
    """Return whether a line of text begins a body, or one whose first brace a crawler lost."""
    is_value = line.text.startswith(("{", "[", '"')) and _begins_value(line)
    return is_value or _NO_BRACE.match(line.text) is not None


def _decode(lines: Sequence[Line], start: int, status: int | None) -> tuple[Body | Unreadable, int]:
    """Read a body; return it with the index of the line behind it."""
    line, stop = lines[start], _end(lines, start)
    text = "\n".join(each.text for each in lines[start:])
    if not _begins_value(line):
        problem = "the example body is not JSON: the copy has lost its lines of braces"
        return Unreadable(line.number, problem, is_shortened=True), stop
    is_shortened = any(_ELLIPSIS.search(each.text) for each in lines[start:stop])
    try:
        value, end = decode_first(text)
    except ValueError as error:
        at, problem = line.number, f"the example body cannot be read: {error}"
        if isinstance(error, json.JSONDecodeError):
            at += error.lineno - 1
            problem = f"the example body is not JSON: {error.msg}"
        is_array = line.text.startswith("[")
        return Unreadable(at, problem, is_shortened, is_array, _list_names(text)), stop
    tail = text[end:].partition("\n")[0].strip()
    taken = text.count("\n", 0, end)
    if tail:
        problem = f"unexpected text behind the example body: {tail!r}"
        return Unreadable(line.number + taken, problem, is_shortened, isinstance(value, list)), stop
    return Body(line.number, value, status), start + taken + 1


_TOKEN: Final = re.compile(r'"((?:[^"\\\n]|\\.)*)"(\s*:)?|[{}\[\]]')


def _list_names(text: str) -> frozenset[str]:
    """Return the names of the fields of the outermost object of a text that is not quite JSON."""
    depth, names = 0, set[str]()
    for match in _TOKEN.finditer(text):
        if depth == 1 and match[2]:
            names.add(match[1])
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(match[0], 0)
        if depth < 1:
            break
    return frozenset(names)


def _end(lines: Sequence[Line], start: int) -> int:
    """Return the index of the first line that cannot belong to a body that is not JSON."""
    for at in range(start + 1, len(lines)):
        if lines[at].text == AGAIN or lines[at].text.startswith("#") or is_command(lines[at]):
            return at
    return len(lines)


def read_status(line: Line) -> int | None:
    """Return the status in the label of an example, or None."""
    match = _STATUS.fullmatch(line.text)
    text = (match[1] or match[2]) if match else None
    return None if text is None else int(text)


def _last(page: Page) -> int:
    """Return the number of the last line that is not blank."""
    written = [line.number for line in page.example if line.text]
    return written[-1] if written else page.end
