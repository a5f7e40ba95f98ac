"""The words of a curl command on a page."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from docpact.capture.layout.lines import Line, Page
from docpact.errors import PageError

DATA: Final = ("-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json")
PARTS: Final = ("-F", "--form", "--form-string")
UPLOADS: Final = ("-T", "--upload-file")
FORM: Final = (*PARTS, *UPLOADS, "--data-urlencode")
"""Options that send a body."""

_OPTION: Final = re.compile(r"--?[A-Za-z]")
_JOINED: Final = re.compile(r"\\[ \t]+(?=-)")
"""The end of a line of a command, where a copy has joined it with the next one."""

_VALUED: Final = frozenset(
    {
        *DATA, *FORM, "-X", "--request", "-H", "--header", "-u",
        "--user", "-b", "--cookie", "-o", "--output", "-m", "--max-time", "--connect-timeout",
        "--retry", "--retry-delay", "--retry-max-time", "-A", "--user-agent", "-e", "--referer",
        "--url", "--url-query", "-w", "--write-out", "--cacert", "-E",
        "--cert", "--key", "-x", "--proxy", "-c", "--cookie-jar", "-D", "--dump-header",
        "--limit-rate", "-r", "--range", "-K", "--config", "--resolve", "--oauth2-bearer",
        "--max-redirs", "--ciphers",
    }
)  # fmt: skip
"""Options of curl that take a value; any other option is a switch."""


def is_command(line: Line) -> bool:
    """Return whether a line begins a curl command."""
    return line.text.removeprefix("$ ").startswith(("curl ", "curl.exe "))


_STATUS_LINE: Final = re.compile(r"(?:HTTP/[0-9.]+ )?([1-5][0-9]{2}) [A-Z][A-Za-z' -]*")
_RESERVED: Final = ("example.com", "example.org", "example.net")
"""Names that mean any server (RFC 2606)."""

_HEADER: Final = re.compile(r"[A-Za-z][\w-]*: \S.*")
"""A header in a request of HTTP."""


def read_command(lines: Sequence[Line], start: int) -> tuple[list[tuple[int, str]], int]:
    """Return the words of a command with their lines, and the index of the line behind it.

    The command continues after a line that ends in a backslash, and while a quote is open. A quote
    that is never closed ends with its line, if that line ends in a backslash. A line that begins
    with `#` is a comment.
    """
    words: list[tuple[int, str]] = []
    at = start
    while True:
        first, begin = lines[at], at
        is_comment = first.text.startswith("#")
        quote = "" if is_comment else _read_quote(first.text, "")
        while quote and at + 1 < len(lines):
            at += 1
            quote = _read_quote(lines[at].text, quote)
        text = "\n".join(line.text for line in lines[begin : at + 1])
        found = [] if is_comment else _words(text)
        if found is None and first.text.endswith("\\"):
            found, text, at = _close_quote(first.text), first.text, begin
        if found is None:
            raise PageError(first.number, "the curl example cannot be read: a quote is not closed")
        words += [(first.number, word) for word in found]
        at += 1
        following = next((n for n in range(at, len(lines)) if lines[n].text), None)
        if text.endswith("\\") and following is None and not is_comment:
            raise PageError(
                first.number, "the curl example is cut: its last line ends in a backslash"
            )
        is_further = following == at or (following and _OPTION.match(lines[following].text))
        if not text.endswith("\\") or not is_further or following is None:
            return words[1 + (words[0][1] == "$") :], at
        at = following


def close_command(block: Sequence[Line], is_closed: bool) -> list[Line]:
    """Return the lines of a block of code; at the end of a closed one, a backslash says nothing."""
    lines = list(block)
    if lines and is_closed:
        lines[-1] = replace(lines[-1], text=lines[-1].text.removesuffix("\\").rstrip())
    return lines


def _read_quote(text: str, quote: str) -> str:
    """Return the quote that is open behind a line, given the one that is open before it."""
    is_escaped = False
    for char in _JOINED.sub(" ", text):
        if is_escaped:
            is_escaped = False
        elif char == "\\" and quote != "'":
            is_escaped = True
        elif char in "'\"" and quote in ("", char):
            quote = "" if quote else char
    return quote


def _words(text: str) -> list[str] | None:
    """Split a line of a command; return None if a quote in it is not closed."""
    try:
        return shlex.split(_JOINED.sub(" ", text).removesuffix("\\"))
    except ValueError:
        return None


def _close_quote(text: str) -> list[str] | None:
    """Split a line of a command whose last quote is not closed."""
    whole = text.removesuffix("\\").rstrip()
    return next((found for mark in "\"'" if (found := _words(whole + mark)) is not None), None)


def write_command(
    block: Sequence[Line], method: str, path: str, server: str
) -> tuple[list[Line], bool]:
    """Return a request in HTTP, with headers, as a command; any other block as it is.

    Returns:
        the lines; whether the request has a body in JSON, which the command leaves out.
    """
    end = next((at for at, line in enumerate(block) if not line.text), len(block))
    hosts = [line.text.partition(": ")[2] for line in block[1:end] if _is_host(line)]
    headers = [line for line in block[1:end] if not _is_host(line)]
    if end < 2 or not all(_HEADER.fullmatch(line.text) for line in headers):
        return [*block], False
    is_sent = any(line.text.startswith(("{", "[")) for line in block[end:])
    named = [f"https://{host}" for host in hosts if host not in _RESERVED]
    server = server or next(iter(named), "")
    if not server:
        return [*block], is_sent
    words = [f"curl -X {method} {shlex.quote(server + path)}"]
    words += [f"-H {shlex.quote(line.text)}" for line in headers]
    lines = [
        Line(line.number, text if at == len(headers) else f"{text} \\", None, True)
        for at, (line, text) in enumerate(zip([block[0], *headers], words, strict=True))
    ]
    return lines, is_sent


def _is_host(line: Line) -> bool:
    """Return whether a line is the header `Host`."""
    return line.text.lower().startswith("host: ")


def find_status(block: Sequence[Line]) -> str:
    """Return the status in a block of only headers and a line of status, or an empty text."""
    texts = [line.text for line in block if line.text]
    if any(text[:1] in "{[<" for text in texts):
        return ""
    return next((match[1] for text in texts if (match := _STATUS_LINE.fullmatch(text))), "")


@dataclass(slots=True)
class Command:
    """The words of a curl command, by their meaning."""

    options: list[tuple[int, str, str]] = field(default_factory=list)
    words: list[tuple[int, str]] = field(default_factory=list)

    @classmethod
    def read(cls, words: Sequence[tuple[int, str]]) -> Command:
        """Separate options from other words."""
        facts, rest = cls(), list(words)
        while rest:
            line, word = rest.pop(0)
            name, equals, value = word.partition("=")
            short = word[:2] in _VALUED and not word.startswith("--")
            if name.startswith("--") and equals and name in _VALUED:
                facts.options.append((line, name, value))
            elif short and len(word) > 2:
                facts.options.append((line, word[:2], word[2:].removeprefix("=")))
            elif word in _VALUED:
                if not rest:
                    raise PageError(line, f"{word} is the last word of the curl example")
                facts.options.append((line, word, rest.pop(0)[1]))
            elif word.startswith("-"):
                facts.options.append((line, word, ""))
            else:
                facts.words.append((line, word))
        return facts

    def values(self, *names: str) -> list[tuple[int, str]]:
        """Return line and value of some options."""
        return [(line, value) for line, name, value in self.options if name in names]

    def url(self, page: Page) -> tuple[int, str]:
        """Return the only URL, and its line."""
        stated = [*self.values("--url"), *(each for each in self.words if "/" in each[1])]
        absolute = [each for each in stated if "://" in each[1]]
        found = absolute or stated
        if not found:
            raise PageError(page.end, "the curl example has no URL")
        if len(absolute) > 1:
            raise PageError(found[1][0], f"a second URL in the curl example: {found[1][1]!r}")
        return found[0]


def list_sent_fields(lines: Sequence[Line], command: Line) -> list[str]:
    """Return the names of the fields in the JSON body that a command sends."""
    try:
        words, _ = read_command(lines, lines.index(command))
        ((_, body),) = Command.read(words).values(*DATA)
        sent = json.loads(body)
    except (PageError, ValueError, RecursionError):
        return []
    return [*sent] if isinstance(sent, dict) else []
