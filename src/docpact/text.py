"""Values as short text that is safe to print anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, TextIO
from unicodedata import combining, normalize

WIDTH: Final = 80
"""Maximum number of columns of a line on a terminal."""

LONG_NAME: Final = 120
"""Maximum number of characters of a name that a terminal shows whole."""

_write_json: Final = json.JSONEncoder(ensure_ascii=False).encode


def printable(text: str) -> str:
    r"""Write every character that is not printable as an escape.

    Terminal controls, line breaks, bidirectional marks and lone surrogates become `\xHH`, `\uHHHH`
    or `\UHHHHHHHH`, so that a text of a server can neither forge a line nor steer a terminal. Nor
    does it command the runner of GitHub Actions, which takes `::name ...::` at the beginning of a
    line, white space left out, and `##[name]` anywhere for commands: of the `::` in a text only the
    last one stays.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _escape(ord(char)) for char in text)
    last = text.rfind("::")
    if last > 0:
        text = re.sub(":(?=:)", r"\\x3a", text[: last + 1]) + text[last + 1 :]
    return text.replace("##[", "\\x23#[")


def shorten(text: str, limit: int = 72) -> str:
    """Make text printable and cut it to a number of characters, the cut marked by `…`."""
    text = printable(text[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shorten_name(name: str) -> str:
    """Make a name printable; a long one is cut, and its number of characters added."""
    if len(name) <= LONG_NAME:
        return printable(name)
    return f"{shorten(name, 28)} ({len(name):,} characters)"


def excerpt(value: Any, limit: int = 72) -> str:
    """Write a decoded JSON value as JSON, printable and no longer than `limit` characters."""
    if isinstance(value, str):
        value = value[: limit + 1]
    return shorten(_write_json(value), limit)


def pluralize(number: int, noun: str, plural: str | None = None) -> str:
    """Write a number with its noun, e.g. `1 item`, `1,204 items`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def describe_error(error: Exception) -> str:
    """Return the message of an error on one line, without the codes of the operating system."""
    return " ".join(_CODES.sub("", str(error)).split())


_CODES: Final = re.compile(r"^\[[^\]]*\] | \(_ssl\.c:\d+\)$")
"""`[Errno 111]` of a socket, `[SSL: WRONG_VERSION_NUMBER]` and the place in the code of OpenSSL."""


def fold(text: str) -> str:
    """Return a text without case and accents."""
    if text.isascii():
        return text.lower()
    return "".join(char for char in normalize("NFKD", text.casefold()) if not combining(char))


def break_line(text: str, indent: str = "  ") -> str:
    """Break a line at spaces, so that it fits on a terminal; a longer word stays whole."""
    from textwrap import wrap

    lines = wrap(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines)


_WORD: Final = r"""(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+"""
_ARGUMENT: Final = re.compile(rf"-[-\w]{{2,}} (?!-){_WORD}|-[XHu] {_WORD}|{_WORD}")
"""A word of a shell command, or an option of curl with its value."""


def break_command(command: str, label: str) -> list[str]:
    """Break a shell command between its words into lines that fit, and that run as copied.

    An option stays with its value, and a longer word whole.

    Args:
        command: in the syntax of a POSIX shell, printable.
        label: before its first word; six spaces are before each further line.
    """
    first, *rest = _ARGUMENT.findall(command) or [command]
    lines = [f"{label}{first}"]
    for argument in rest:
        if len(longer := f"{lines[-1]} {argument}") + len(" \\") <= WIDTH:
            lines[-1] = longer
        else:
            lines[-1] += " \\"
            lines.append(f"      {argument}")
    return lines


def break_for(stream: TextIO, text: str, indent: str = "  ") -> str:
    """Break a line if it is for a terminal; for a file or a program it stays one line."""
    return break_line(text, indent) if stream.isatty() else text


_HOST: Final = re.compile(r"(localhost|[\w-]+(\.[\w-]+)+|[\w-]+(?=:))(:\d{1,5})?(/[\w./-]*)?")


def suggest(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return `did you mean NAME?` with the most similar known name, or another text if none is."""
    from difflib import get_close_matches

    bare = {each.lstrip("-"): each for each in known}  # all options begin alike
    near = get_close_matches(name.lstrip("-"), bare, n=1, cutoff=0.65)
    return f"did you mean {bare[near[0]]}?" if near else otherwise


def list_some(names: Sequence[str]) -> str:
    """Return the first five names, and the number of the others."""
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return printable(", ".join(names[:5])) + more


def suggest_url(target: str) -> str:
    """Return a hint for a host without a scheme, e.g. `127.0.0.1:9000`."""
    if not _HOST.fullmatch(target):
        return ""
    is_local = ":" in target or target.startswith(("localhost", "127."))
    return f"; did you mean {'http' if is_local else 'https'}://{target}?"


def _escape(code: int) -> str:
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
