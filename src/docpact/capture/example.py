"""The example bodies of a page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
        is_shortened: whether it has an ellipsis, or lost its lines of braces in a copy.
    """

    line: int
    problem: str
    is_shortened: bool = False


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
    is_given = again is None or any(map(_begins_body, lines[start:again]))
    first = _list_successes(page, start, again) if is_given else []
    if again is None:
        raise PageError(_last(page), f"the page ends here; expected {AGAIN!r}")
    second = _list_successes(page, again + 1, None)
    for one, other in zip(first, second, strict=False):
        if _content(one) != _content(other):
            problem = f"this example body differs from the one on line {one.line}"
            raise PageError(other.line, problem)
    return (*first, *second)


def _list_successes(page: Page, start: int, end: int | None) -> list[Body | Unreadable]:
    """Return the bodies between two lines of the text layout without those of errors.

    The labels may all be above the bodies, which then have the same order. Where their numbers
    differ, only the first body is sure to belong to the first label.

    Raises:
        PageError: there is no body, or one of them is not JSON.
    """
    lines, at, bodies = page.example[:end], start, list[Body | Unreadable]()
    while at < len(lines):
        if _begins_body(lines[at]):
            body, at = _decode(lines, at, None)
            bodies.append(body)
        elif lines[at].text.startswith('"') and not bodies:
            problem = f"expected an example body, found {lines[at].text!r}"
            raise PageError(lines[at].number, problem)
        else:
            at += 1
    if not bodies:
        raise PageError(_last(page), "the page ends here; expected an example body")
    labels = [(line, status) for line in lines[start:] if (status := read_status(line))]
    statuses = [status for _, status in labels] or [0]
    if len(bodies) != len(statuses):
        bodies, statuses = bodies[:1], statuses[:1]
    if min(statuses) >= 300:
        problem = f"an example with status {statuses[0]}; expected a successful one"
        raise PageError(labels[0][0].number, problem)
    pairs = zip(bodies, statuses, strict=True)
    return [_with_status(body, status) for body, status in pairs if status < 300]


def _with_status(body: Body | Unreadable, status: int) -> Body | Unreadable:
    if isinstance(body, Body):
        return replace(body, status=status or None)
    if not body.is_shortened:
        raise PageError(body.line, body.problem)
    return body


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
    is_text = line.text.startswith('"') and _is_scalar(line)
    return is_text or _is_body(line) or _NO_BRACE.match(line.text) is not None


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


def _decode(lines: Sequence[Line], start: int, status: int | None) -> tuple[Body | Unreadable, int]:
    """Read a body; return it with the index of the line behind it."""
    line, stop = lines[start], _end(lines, start)
    text = "\n".join(each.text for each in lines[start:])
    if not (_is_body(line) or _is_scalar(line)):
        problem = "the example body is not JSON: the copy has lost its lines of braces"
        return Unreadable(line.number, problem, is_shortened=True), stop
    is_shortened = any(_ELLIPSIS.search(each.text) for each in lines[start:stop])
    try:
        value, end = strict_json.decode_first(text)
    except ValueError as error:
        at, problem = line.number, f"the example body cannot be read: {error}"
        if isinstance(error, json.JSONDecodeError):
            at += error.lineno - 1
            problem = f"the example body is not JSON: {error.msg}"
        return Unreadable(at, problem, is_shortened=is_shortened), stop
    tail = text[end:].partition("\n")[0].strip()
    taken = text.count("\n", 0, end)
    if tail:
        problem = f"unexpected text behind the example body: {tail!r}"
        return Unreadable(line.number + taken, problem, is_shortened=is_shortened), stop
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
