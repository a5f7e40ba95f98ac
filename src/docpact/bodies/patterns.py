r"""Regular expressions of schemas: those of ECMA-262 (JSON Schema 2020-12 Core, section 6.4).

A pattern that only Python reads, such as one with `(?i)` or
`\A`, is searched for by Python's `re`.
"""

from __future__ import annotations

import atexit
import json
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache, partial
from math import prod
from threading import Lock, Thread
from typing import Final, TypeAlias

from regress import Regex, RegressError

from docpact.limits import MAX_SLOW, SEARCH_SECONDS

Search: TypeAlias = Callable[[str], bool]
"""Says whether a text contains a match."""

_NESTED_SETS: Final = re.compile(r"\[:\^?[a-z]+:\]|&&\[")
"""Sets of characters in others, as POSIX and Java write them: `[[:alpha:]]`, `[a-z&&[^e]]`."""

_FOREIGN: Final = re.compile(
    rf"\\[AZzGQEhHRXK]|\\[pP]\{{|\\x\{{|\(\?P|\(\?[aimsux]+[):]|{_NESTED_SETS.pattern}"
)
"""Parts of patterns that ECMA-262 without its `u` flag would read as something else."""

_PORTABLE: Final = re.compile(
    r"""(?x) \^? (?: (?:
        [A-Za-z0-9 _/:;,@!%&'"<>=~`-] | \\[./+*?$^()\[\]{}|\\]
        | \[ (?: [A-Za-z0-9]-[A-Za-z0-9] | [A-Za-z0-9_.] )+ \]
    ) (?: [*+?] | \{[0-9]{1,3}(?:,[0-9]{0,3})?\} )? )* \$?"""
)
"""Patterns that mean the same in ECMA-262 and in the `regex` crate of Rust."""

_ATOMS: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
"""Escapes and classes, in which nothing repeats."""

_GROUP: Final = re.compile(r"\(\?(?:[:=!]|<[=!]|<\w+>)")
_NESTED: Final = re.compile(r"\)(?:[*+]|\{[0-9]+(?!\}|[0-9])|\{(?:[2-9]|[0-9]{2,})\})")
"""The end of a group that may occur several times."""

_COUNTED: Final = re.compile(r"\)\{(?:[0-9]*,)?([0-9]{1,9})")
"""The number of times that a group may occur."""

_REPEATED: Final = re.compile(r"[*+]|\{[0-9]*,[0-9]*\}")

_NOT_LINEAR: Final = {
    "u": re.compile(r"\\[bB]"),
    "": re.compile(r"\\(?![dDsSwWtnrfv_])\w|\\[<>]|\[\^?\]"),
}
"""Flags → parts of patterns that the library of linear searches reads differently."""

_STEPS: Final = 1_000_000
"""Steps of a search that takes no longer than a moment."""


def is_pattern(text: str) -> bool:
    """Return whether a pattern can be searched for."""
    return _compile(text) is not None


def is_ecma_pattern(text: str) -> bool:
    """Return whether text is a regular expression of ECMA-262."""
    return any(_compile_by_ecma(text, flags) for flags in ("u", ""))


def is_part(text: str) -> bool:
    """Return whether a pattern means the same within another: one of ECMA-262 with its flag `u`."""
    return not _FOREIGN.search(text) and _compile_by_ecma(text, "u") is not None


def is_portable(text: str) -> bool:
    """Return whether any library reads a pattern as ECMA-262 does."""
    return _PORTABLE.fullmatch(text) is not None


def matches(pattern: str, text: str) -> bool:
    """Return whether a text contains a match of a pattern; True if it is not a pattern at all."""
    search = _compile(pattern)
    return search is None or search(text)


def list_slow(patterns: Iterable[str]) -> list[str]:
    """Return those of some patterns for which a search did not end in time."""
    return [each for each in patterns if each in SEARCHER.slow]


@lru_cache(maxsize=1024)
def _compile(pattern: str) -> Search | None:
    for flags in ("u",) if _FOREIGN.search(pattern) else ("u", ""):
        if found := _compile_by_ecma(pattern, flags):
            return partial(_search, found, flags, _cost(pattern), pattern)
    return _compile_by_python(pattern)


def _search(
    find: Callable[[str], object], flags: str, cost: Callable[[int], float], pattern: str, text: str
) -> bool:
    """Search a text, linearly or until a deadline; a search that does not end counts as a match."""
    try:
        if cost(len(text)) <= _STEPS:
            return find(text) is not None
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        replaced = text.encode(errors="replace").decode()
        return _search(find, flags, cost, pattern, replaced)
    linear = _compile_linear(flags, pattern)
    if linear is not None:
        return linear(text)
    return SEARCHER.search(flags, pattern, text) is not False


def _cost(pattern: str) -> Callable[[int], float]:
    """Return how many steps a search may take, given the length of the text.

    Each repetition may end anywhere, and each choice doubles the ways. A character may match in any
    of the times that a group occurs.
    """
    plain = _GROUP.sub("(", _ATOMS.sub("a", pattern))
    is_nested = _NESTED.search(plain) is not None
    starts = 0 if plain.startswith("^") and "|" not in plain else 1
    repeated = len(_REPEATED.findall(plain)) + starts
    choices = plain.count("?") + plain.count("|")
    times = float(prod(map(int, _COUNTED.findall(plain))))

    def steps(length: int) -> float:
        if is_nested:
            return min(times + repeated + choices + 1, 1e9) ** min(length, 30)
        return float(length) ** min(repeated, 9) * 2.0 ** min(choices, 30)

    return steps


@lru_cache(maxsize=1024)
def _compile_linear(flags: str, pattern: str) -> Search | None:
    """Return a search whose time grows with the text alone, if its library reads it alike."""
    if flags not in _NOT_LINEAR or _NOT_LINEAR[flags].search(pattern):
        return None
    try:
        from jsonschema_rs import Draft202012Validator, RegexOptions

        validator = Draft202012Validator({"pattern": pattern}, pattern_options=RegexOptions())
    except (ModuleNotFoundError, ValueError):
        return None
    return lambda text: bool(validator.is_valid(text.encode(errors="replace").decode()))


def _compile_by_ecma(pattern: str, flags: str) -> Callable[[str], object] | None:
    try:
        return Regex(pattern, flags).find
    except (RegressError, UnicodeEncodeError):
        return None


def _compile_by_python(pattern: str) -> Search | None:
    if _NESTED_SETS.search(pattern):
        return None
    pattern = pattern.replace(r"\z", r"\Z")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        try:
            compiled = re.compile(pattern)
        except (re.error, OverflowError, RecursionError):
            return None
    return partial(_search, compiled.search, "python", _cost(pattern), pattern)


_WORKER: Final = """
import json, re, signal, sys
from regress import Regex
known = {}
sys.stdout.write("0")
sys.stdout.flush()
for line in sys.stdin.buffer:
    flags, pattern, text, seconds = json.loads(line)
    if hasattr(signal, "alarm"):
        signal.alarm(int(seconds) + 1)
    if (flags, pattern) not in known:
        compiled = re.compile(pattern) if flags == "python" else Regex(pattern, flags)
        known[flags, pattern] = compiled.search if flags == "python" else compiled.find
    found = known[flags, pattern](text) is not None
    if hasattr(signal, "alarm"):
        signal.alarm(0)
    sys.stdout.write("01"[found])
    sys.stdout.flush()
"""
"""Answers each line of JSON with 0 or 1, and ends if docpact does."""


class Searcher:
    """Searches texts for patterns, one at a time; several threads may use it.

    Attributes:
        slow: patterns for which a search did not end in time; they are not searched for again.
    """

    def __init__(self) -> None:
        self.slow: set[str] = set()
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def search(self, flags: str, pattern: str, text: str) -> bool | None:
        """Return whether a text contains a match, or None if the search does not end in time.

        The flags belong to ECMA-262, or are `python` for a pattern that only Python reads. The
        text has no half of a surrogate pair.
        """
        with self._lock:
            if pattern in self.slow or len(self.slow) >= MAX_SLOW:
                self.slow.add(pattern)
                return None
            answer = self._ask(json.dumps([flags, pattern, text, SEARCH_SECONDS]).encode() + b"\n")
            if answer not in {b"0", b"1"}:
                self.slow.add(pattern)
                self.end()
                return None
            return answer == b"1"

    def _ask(self, question: bytes) -> bytes:
        process = self._process = self._process or self._start()
        answers: list[bytes] = []

        def wait() -> None:
            with suppress(OSError):
                if process.stdin is not None and process.stdout is not None:
                    process.stdin.write(question)
                    process.stdin.flush()
                    answers.append(process.stdout.read(1))

        waiting = Thread(target=wait, daemon=True)
        waiting.start()
        waiting.join(SEARCH_SECONDS)
        return answers[0] if answers else b""

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the process, and wait until it can search."""
        command = [sys.executable, "-c", _WORKER]
        pipe = subprocess.PIPE
        process = subprocess.Popen(  # noqa: S603 (our own code)
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
        )
        if process.stdout is not None:
            process.stdout.read(1)
        return process

    def end(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # a question that was not sent whole
                    pipe.close()


SEARCHER: Final = Searcher()
"""The searches of this process."""

atexit.register(SEARCHER.end)
