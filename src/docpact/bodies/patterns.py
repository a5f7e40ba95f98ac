r"""Regular expressions of schemas: those of ECMA-262 (JSON Schema 2020-12 Core, section 6.4).

A pattern that only Python reads, such as one with `(?i)` or
`\A`, is searched for by Python's `re`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Final, TypeAlias

from regress import Regex, RegressError

Search: TypeAlias = Callable[[str], bool]
"""Says whether a text contains a match."""

_FOREIGN: Final = re.compile(r"\\[AZzG]|\(\?P|\(\?[aimsux]+[):]")
"""Parts of patterns that ECMA-262 without its `u` flag would read as something else."""

_PORTABLE: Final = re.compile(
    r"""(?x) \^? (?: (?:
        [A-Za-z0-9 _:;,@!%&'"<>=~`-] | \\[./+*?$^()\[\]{}|\\]
        | \[ (?: [A-Za-z0-9]-[A-Za-z0-9] | [A-Za-z0-9_.] )+ \]
    ) (?: [*+?] | \{[0-9]{1,3}(?:,[0-9]{0,3})?\} )? )* \$?""",
)
"""Patterns that mean the same in ECMA-262 and in the `regex` crate of Rust."""


_EXPONENTIAL: Final = re.compile(r"(?:[+*}?]|\|[^()]{0,99})\)(?:[+*]|\{[0-9]*,)")
"""Repeated groups that end with a repetition or a choice, in which backtracking may never end."""


def is_pattern(text: str) -> bool:
    """Return whether a pattern can be searched for."""
    return _compile(text) is not None


def is_ecma_pattern(text: str) -> bool:
    """Return whether text is a regular expression of ECMA-262."""
    return any(_compile_by_ecma(text, flags) for flags in ("u", ""))


def is_portable(text: str) -> bool:
    """Return whether any library reads a pattern as ECMA-262 does."""
    return _PORTABLE.fullmatch(text) is not None


def matches(pattern: str, text: str) -> bool:
    """Return whether a text contains a match of a pattern; True if it is not a pattern at all."""
    search = _compile(pattern)
    return search is None or search(text)


@lru_cache(maxsize=1024)
def _compile(pattern: str) -> Search | None:
    if _EXPONENTIAL.search(pattern) and (linear := _compile_linear(pattern)):
        return linear
    for flags in ("u",) if _FOREIGN.search(pattern) else ("u", ""):
        if found := _compile_by_ecma(pattern, flags):
            return partial(_find, found, pattern)
    return _compile_by_python(pattern)


def _compile_linear(pattern: str) -> Search | None:
    """Return a search whose time grows with the text alone, if its library is installed."""
    try:
        from jsonschema_rs import Draft202012Validator, RegexOptions

        validator = Draft202012Validator({"pattern": pattern}, pattern_options=RegexOptions())
    except (ModuleNotFoundError, ValueError):
        return None
    return partial(_search_linear, validator)


def _search_linear(validator: Any, text: str) -> bool:
    return bool(validator.is_valid(text.encode(errors="replace").decode()))


def _compile_by_ecma(pattern: str, flags: str) -> Regex | None:
    try:
        return Regex(pattern, flags)
    except (RegressError, UnicodeEncodeError):
        return None


def _find(regex: Regex, pattern: str, text: str) -> bool:
    try:
        return regex.find(text) is not None
    except UnicodeEncodeError:  # half a surrogate pair
        search = _compile_by_python(pattern)
        return search is None or search(text)


def _compile_by_python(pattern: str) -> Search | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        try:
            compiled = re.compile(pattern.replace(r"\z", r"\Z"))
        except (re.error, OverflowError, RecursionError):
            return None
    return lambda text: compiled.search(text) is not None
