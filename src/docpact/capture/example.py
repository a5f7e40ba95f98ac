"""The examples of a page: the curl command and the bodies."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from docpact.capture import strict_json
from docpact.capture.lines import Line, Page
from docpact.errors import PageError
from docpact.model.path import PARAMETER

AGAIN: Final = "Returns Examples"
"""The heading above the second copy of the example body."""

_LABEL: Final = re.compile(r"([0-9]{3}) example|Response ([0-9]{3})|HTTP|cURL")
_VALUED: Final = ("-X", "--request", "-H", "--header", "-d", "--data", "--data-raw", "--json")
"""Options of curl whose value is a fact about the operation."""

_PLAIN_HEADERS: Final = ("accept", "content-type")
_VARIABLE: Final = re.compile(r"([A-Za-z][\w-]*) \$([A-Za-z_]\w*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Security:
    """The credential in the curl example.

    Attributes:
        line: of the header.
        scheme: in lower case.
        header: its name.
        variable: the environment variable that holds the secret.
    """

    line: int
    scheme: str
    header: str
    variable: str


@dataclass(frozen=True, slots=True)
class Curl:
    """The curl example.

    Attributes:
        line: of the URL.
        server: scheme and host.
        security: of its Authorization header, or None.
        end: index of the line behind it, counted from the first line below the title.
        body: the JSON that it sends, or None.
    """

    line: int
    server: str
    security: Security | None
    end: int
    body: Body | None = None


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


def read_curl(page: Page) -> Curl:
    """Read the curl example.

    Raises:
        PageError: it is missing, cannot be read, or contradicts method and path.
    """
    lines = page.example
    start = next((at for at, line in enumerate(lines) if line.text.startswith("curl ")), None)
    stray = next((line for line in lines[:start] if line.text and not _is_label(line)), None)
    if start is None or stray is not None:
        line = stray or Line(_last(page), "the end of the page")
        raise PageError(line.number, f"expected the curl example, found {line.text!r}")
    words, stop = _command(lines, start)
    return _curl(page, words[1:], stop)


def _command(lines: Sequence[Line], start: int) -> tuple[list[tuple[int, str]], int]:
    """Return the words of a command with their lines, and the index of the line behind it.

    The command continues after a line that ends in a backslash, and while a quote is open.
    """
    words: list[tuple[int, str]] = []
    at = start
    while True:
        text, first = lines[at].text, lines[at]
        while (found := _words(text)) is None and at + 1 < len(lines):
            at += 1
            text = f"{text}\n{lines[at].text}"
        if found is None:
            raise PageError(first.number, "the curl example cannot be read: a quote is not closed")
        words += [(first.number, word) for word in found]
        at += 1
        if not text.endswith("\\") or at == len(lines):
            return words, at


def read_bodies(page: Page, start: int) -> tuple[Body, ...]:
    """Read the example bodies below the curl example: two in text, at most one in Markdown.

    Args:
        page: the page.
        start: index of the first line below the curl example.

    Raises:
        PageError: a body is missing or not JSON, or the two differ.
    """
    lines = page.example
    if page.markdown and not any(line.text for line in lines[start:]):
        return ()
    first, start = _body(page, start)
    if page.markdown:
        return (first,)
    while start < len(lines) and (not lines[start].text or _is_label(lines[start])):
        start += 1
    found = lines[start] if start < len(lines) else Line(_last(page), "the end of the page")
    if found.text != AGAIN:
        raise PageError(found.number, f"expected {AGAIN!r}, found {found.text!r}")
    second, start = _body(page, start + 1)
    stray = next((line for line in lines[start:] if line.text), None)
    if stray is not None:
        raise PageError(stray.number, f"expected the end of the page, found {stray.text!r}")
    if first.value != second.value:
        problem = f"this example body differs from the one on line {first.line}"
        raise PageError(second.line, problem)
    return first, second


def _curl(page: Page, words: Sequence[tuple[int, str]], end: int) -> Curl:
    method, security, found, sent = page.method, None, None, None
    rest = list(words)
    while rest:
        line, word = rest.pop(0)
        if word in _VALUED:
            if not rest:
                raise PageError(line, f"{word} is the last word of the curl example")
            value = rest.pop(0)[1]
            if word in _VALUED[:2]:
                method = value
            elif word in _VALUED[2:4]:
                security = _header(page, line, value, security)
            else:
                sent = _sent(line, value)
        elif word.startswith("-") or found is not None:
            raise PageError(line, f"{word!r} in the curl example is not supported yet")
        else:
            found = (line, word)
    if found is None:
        raise PageError(words[-1][0] if words else _last(page), "the curl example has no URL")
    if method.upper() != page.method:
        raise PageError(
            found[0], f"the curl example sends {method}, but the page documents {page.method}"
        )
    return Curl(found[0], _server(page, *found), security, end, sent)


def _sent(line: int, text: str) -> Body:
    try:
        return Body(line, strict_json.decode(text))
    except ValueError as error:
        problem = f"the body of the curl example is not JSON: {error}"
        raise PageError(line, problem) from None


def _header(page: Page, line: int, text: str, earlier: Security | None) -> Security | None:
    """Read a header: a documented one, a common one, or else the credential."""
    name = text.partition(":")[0].strip().lower()
    section = page.section("header")
    documented = (
        [each.text.partition(":")[0].strip('"').lower() for each in section.lines]
        if section
        else []
    )
    if name in _PLAIN_HEADERS or name in documented:
        return earlier
    return _security(line, text, earlier)


def _server(page: Page, line: int, url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise PageError(line, f"{url!r} is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise PageError(line, f"expected an absolute http(s) URL, found {url!r}")
    if "@" in parts.netloc:
        raise PageError(line, "a user or password in the URL is not supported")
    shown = PARAMETER.sub(lambda at: f"${at[1].upper()}", page.path)
    if url.partition("?")[0] not in (
        f"{parts.scheme}://{parts.netloc}{path}" for path in (page.path, shown)
    ):
        problem = f"the curl example requests {url!r}, but the path is {page.path!r}"
        raise PageError(line, f"{problem} (line {page.operation.number})")
    return f"{parts.scheme}://{parts.netloc}"


def _security(line: int, header: str, earlier: Security | None) -> Security:
    name, _, value = header.partition(": ")
    match = _VARIABLE.fullmatch(value)
    bearer = match is not None and match[1].lower() == "bearer"
    if name.lower() != "authorization" or match is None or not bearer or earlier is not None:
        expected = "one header such as 'Authorization: Bearer $KEY'"
        raise PageError(line, f"expected {expected} in the curl example, found {header!r}")
    return Security(line, match[1].lower(), name, match[2])


def _words(text: str) -> list[str] | None:
    """Split a line of a command; return None if a quote in it is not closed."""
    try:
        return shlex.split(text.removesuffix("\\"))
    except ValueError:
        return None


def _body(page: Page, start: int) -> tuple[Body, int]:
    lines = page.example
    status = None
    while start < len(lines) and (not lines[start].text or _is_label(lines[start])):
        status = _status(lines[start]) or status
        start += 1
    if start == len(lines):
        raise PageError(_last(page), "the page ends here; expected an example body")
    line = lines[start]
    if not line.text.startswith(("{", "[")):
        raise PageError(line.number, f"expected an example body, found {line.text!r}")
    text = "\n".join(each.text for each in lines[start:])
    try:
        value, end = strict_json.decode_first(text)
    except json.JSONDecodeError as error:
        problem = f"the example body is not JSON: {error.msg}"
        raise PageError(line.number + error.lineno - 1, problem) from None
    except ValueError as error:
        raise PageError(line.number, f"the example body cannot be read: {error}") from None
    tail = text[end:].partition("\n")[0].strip()
    taken = text.count("\n", 0, end)
    if tail:
        raise PageError(line.number + taken, f"unexpected text behind the example body: {tail!r}")
    return Body(line.number, value, status), start + taken + 1


def _is_label(line: Line) -> bool:
    match = _LABEL.fullmatch(line.text)
    if match is None:
        return False
    status = _status(line)
    if status is not None and not 200 <= status < 300:
        raise PageError(line.number, f"an example with status {status}; expected a successful one")
    return True


def _status(line: Line) -> int | None:
    match = _LABEL.fullmatch(line.text)
    text = (match[1] or match[2]) if match else None
    return None if text is None else int(text)


def _last(page: Page) -> int:
    """Return the number of the last line that is not blank."""
    written = [line.number for line in page.example if line.text]
    return written[-1] if written else page.end
