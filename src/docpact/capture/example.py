"""The example bodies of a page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from docpact.capture import strict_json
from docpact.capture.command import is_command, read_command
from docpact.capture.lines import Line, Page
from docpact.errors import PageError

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
        line: it begins on.
        value: decoded.
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
        problem: in one short line.
    """

    line: int
    problem: str


def read_bodies(page: Page, start: int) -> tuple[Body | Unreadable, ...]:
    """Read the example bodies below the curl example: two in text, any number in Markdown.

    Args:
        page: the page.
        start: index of the first line below the curl example.

    Raises:
        PageError: in text, a body is missing or not JSON, or the two differ.
    """
    if page.markdown:
        return tuple(_list_bodies(page, start))
    if not page.is_announced or (page.section("returns") is None and not _has_body(page, start)):
        return ()
    lines = page.example
    again = _find_again(lines, start)
    if again is not None and not any(map(_begins_body, lines[start:])):
        return ()
    if again is not None and not any(map(_begins_body, lines[start:again])):
        return (_body(page, again + 1)[0],)
    first, start = _body(page, start)
    again = _find_again(lines, start)
    if again is None:
        found = next((line for line in lines[start:] if line.text), None)
        number = found.number if found else _last(page)
        shown = found.text if found else "the end of the page"
        raise PageError(number, f"expected {AGAIN!r}, found {shown!r}")
    second, _ = _body(page, again + 1)
    if _content(first) != _content(second):
        problem = f"this example body differs from the one on line {first.line}"
        raise PageError(second.line, problem)
    return first, second


def _find_again(lines: Sequence[Line], start: int) -> int | None:
    return next((at for at in range(start, len(lines)) if lines[at].text == AGAIN), None)


def _content(body: Body | Unreadable) -> Any:
    return body.value if isinstance(body, Body) else type(body)


def _has_body(page: Page, start: int) -> bool:
    return any(_is_body(line) for line in page.example[start:])


def _is_body(line: Line) -> bool:
    return line.text.startswith(("{", "["))


def _begins_body(line: Line) -> bool:
    """Return whether a line begins a body, or is the first of one whose brace a crawler lost."""
    return _is_body(line) or _NO_BRACE.match(line.text) is not None


def _list_bodies(page: Page, start: int) -> Iterator[Body | Unreadable]:
    """Yield the bodies of a page in Markdown whose label is not the status of an error."""
    lines, at, status = page.example, start, None
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.text.startswith("#"):
            status = read_status(line)
        elif is_command(line):
            _, at = read_command(lines, at - 1)
        elif _is_body(line) or _is_scalar(line):
            body, at = _decode(lines, at - 1, status)
            if status is None or status < 300:
                yield body


def _is_scalar(line: Line) -> bool:
    """Return whether a line is a whole JSON text, a number or a constant."""
    if not re.fullmatch(r'".*"|-?[0-9.]+|true|false|null', line.text):
        return False
    try:
        strict_json.decode(line.text)
    except ValueError:
        return False
    return True


def _body(page: Page, start: int) -> tuple[Body | Unreadable, int]:
    """Return the body that the text layout has next, and the index of the line behind it."""
    lines, status = page.example, None
    while start < len(lines) and not _begins_body(lines[start]):
        line = lines[start]
        if line.text == AGAIN or '"' in line.text[:1]:
            raise PageError(line.number, f"expected an example body, found {line.text!r}")
        status = read_status(line) or status
        if status is not None and not 200 <= status < 300:
            problem = f"an example with status {status}; expected a successful one"
            raise PageError(line.number, problem)
        start += 1
    if start == len(lines):
        raise PageError(_last(page), "the page ends here; expected an example body")
    if not _is_body(lines[start]):
        problem = "the example body is not JSON: the copy has lost its lines of braces"
        return Unreadable(lines[start].number, problem), _end(lines, start)
    body, end = _decode(lines, start, status)
    text = " ".join(line.text for line in lines[start:end])
    if isinstance(body, Unreadable) and not _ELLIPSIS.search(text):
        raise PageError(body.line, body.problem)
    return body, end


def _decode(lines: Sequence[Line], start: int, status: int | None) -> tuple[Body | Unreadable, int]:
    """Read a body; return it with the index of the line behind it."""
    line = lines[start]
    text = "\n".join(each.text for each in lines[start:])
    try:
        value, end = strict_json.decode_first(text)
    except ValueError as error:
        at, problem = line.number, f"the example body cannot be read: {error}"
        if isinstance(error, json.JSONDecodeError):
            at += error.lineno - 1
            problem = f"the example body is not JSON: {error.msg}"
        return Unreadable(at, problem), _end(lines, start)
    tail = text[end:].partition("\n")[0].strip()
    taken = text.count("\n", 0, end)
    if tail:
        problem = f"unexpected text behind the example body: {tail!r}"
        return Unreadable(line.number + taken, problem), _end(lines, start)
    return Body(line.number, value, status), start + taken + 1


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
