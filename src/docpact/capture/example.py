"""What stands below the second title: the curl example, and the example bodies."""

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

AGAIN: Final = "Returns Examples"
"""The heading above the second print of the example body."""

_LABEL: Final = re.compile(r"([0-9]{3}) example|Response ([0-9]{3})|HTTP|cURL")
_VARIABLE: Final = re.compile(r"([A-Za-z][\w-]*) \$([A-Za-z_]\w*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Security:
    """What the curl example sends to prove who it is.

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
        end: how many lines it takes, counted from the first line below the title.
    """

    line: int
    server: str
    security: Security | None
    end: int


@dataclass(frozen=True, slots=True)
class Body:
    """An example body: the line it begins on, and its decoded value."""

    line: int
    value: Any


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
    stop = start
    while lines[stop].text.endswith("\\") and stop + 1 < len(lines):
        stop += 1
    words = [(line.number, word) for line in lines[start : stop + 1] for word in _words(line)][1:]
    return _curl(page, words, stop + 1)


def read_bodies(page: Page, start: int) -> tuple[Body, Body]:
    """Read the two example bodies below the curl example.

    Args:
        page: that is read.
        start: index of the first line below the curl example.

    Raises:
        PageError: a body is missing, or is no JSON; or the two differ.
    """
    first, start = _body(page, start)
    lines = page.example
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
        problem = f"this example body differs from that on line {first.line}"
        raise PageError(second.line, problem)
    return first, second


def _curl(page: Page, words: Sequence[tuple[int, str]], end: int) -> Curl:
    method, security, found = page.method, None, None
    rest = list(words)
    while rest:
        line, word = rest.pop(0)
        if word in ("-X", "--request", "-H", "--header"):
            if not rest:
                raise PageError(line, f"{word} is the last word of the curl example")
            value = rest.pop(0)[1]
            if word in ("-X", "--request"):
                method = value
            else:
                security = _security(line, value, security)
        elif word.startswith("-") or found is not None:
            raise PageError(line, f"{word!r} in the curl example is not supported yet")
        else:
            found = (line, word)
    if found is None:
        raise PageError(words[-1][0] if words else _last(page), "the curl example has no URL")
    if method.upper() != page.method:
        raise PageError(found[0], f"the curl example sends {method}, the page says {page.method}")
    return Curl(found[0], _server(page, *found), security, end)


def _server(page: Page, line: int, url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise PageError(line, f"{url!r} is no URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise PageError(line, f"expected an absolute http(s) URL, found {url!r}")
    if "@" in parts.netloc:
        raise PageError(line, "a user or password in the URL is not supported")
    if url != f"{parts.scheme}://{parts.netloc}{page.path}":
        said = f"line {page.operation.number} says {page.path!r}"
        raise PageError(line, f"the curl example asks for {url!r}, {said}")
    return f"{parts.scheme}://{parts.netloc}"


def _security(line: int, header: str, earlier: Security | None) -> Security:
    name, _, value = header.partition(": ")
    match = _VARIABLE.fullmatch(value)
    bearer = match is not None and match[1].lower() == "bearer"
    if name.lower() != "authorization" or match is None or not bearer or earlier is not None:
        expected = "one header such as 'Authorization: Bearer $KEY'"
        raise PageError(line, f"expected {expected} in the curl example, found {header!r}")
    return Security(line, match[1].lower(), name, match[2])


def _words(line: Line) -> list[str]:
    text = line.text.removesuffix("\\")
    try:
        return shlex.split(text)
    except ValueError as error:
        raise PageError(line.number, f"the curl example cannot be read: {error}") from None


def _body(page: Page, start: int) -> tuple[Body, int]:
    lines = page.example
    while start < len(lines) and (not lines[start].text or _is_label(lines[start])):
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
        problem = f"the example body is no JSON: {error.msg}"
        raise PageError(line.number + error.lineno - 1, problem) from None
    except ValueError as error:
        raise PageError(line.number, f"the example body cannot be read: {error}") from None
    tail = text[end:].partition("\n")[0].strip()
    taken = text.count("\n", 0, end)
    if tail:
        raise PageError(line.number + taken, f"{tail!r} behind the example body")
    return Body(line.number, value), start + taken + 1


def _is_label(line: Line) -> bool:
    match = _LABEL.fullmatch(line.text)
    if match is None:
        return False
    status = match[1] or match[2]
    if status not in (None, "200"):
        raise PageError(line.number, f"an example of status {status} is not supported yet")
    return True


def _last(page: Page) -> int:
    """Return the number of the last line that is not blank."""
    written = [line.number for line in page.example if line.text]
    return written[-1] if written else page.end
