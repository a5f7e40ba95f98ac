"""Optional parameters of which descriptions say that a request needs one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n\s*\n|\n(?=[ \t]*\w+:\s)")
"""The end of a sentence; the text of each argument, as in a docstring of Python, is its own."""
_CHOICE: Final = re.compile(r"\b(one|1|any) of\b|\bat least one\b|\beither\b", re.IGNORECASE)
_MUST: Final = re.compile(r"\b(must|mandatory|required?s?|needs?|ha(ve|s) to)\b", re.IGNORECASE)
_CONDITION: Final = re.compile(r"\b(if|when(ever)?|where|unless)\b", re.IGNORECASE)
_ABSENT: Final = re.compile(
    r"\b(if|when|unless)\b.*\b(omitted|absent|missing|empty|unset|not|unless)\b", re.IGNORECASE
)
_EMPHASIS: Final = re.compile(r"(?<!\w)_(\w+)_(?!\w)")
_REACH: Final = 400
"""Characters after a sentence that begins a list of parameters in which they are looked for."""


def list_needs(description: str, optional: Mapping[str, str]) -> list[str]:
    """Return the optional parameters of which a request needs one; empty if no text says so.

    `At least one of a and b must be supplied` says so, and `Required if b is omitted` does in the
    description of `a`. `If set, one of a and b is required` does not.
    """
    texts = [("", description), *optional.items()]
    found = (_read(own, _EMPHASIS.sub(r"\1", text), optional) for own, text in texts)
    return next((names for names in found if len(names) > 1), [])


def _read(own: str, text: str, optional: Mapping[str, str]) -> list[str]:
    for sentence, rest in _split(text):
        is_choice = _CHOICE.search(sentence) and not _CONDITION.search(sentence)
        is_substitute = bool(own) and _ABSENT.search(sentence)
        if not _MUST.search(sentence) or not (is_choice or is_substitute):
            continue
        is_list = "following" in sentence or sentence.rstrip().endswith(":")
        around = sentence + (rest[:_REACH] if is_list else "")
        also = own if is_substitute or "this" in sentence else ""
        names = [
            name
            for name in optional
            if name == also or re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", around)
        ]
        if len(names) > 1:
            return names
    return []


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Yield each sentence and the text after it."""
    start = 0
    for end in _SENTENCE.finditer(text):
        yield text[start : end.start()], text[end.end() :]
        start = end.end()
    yield text[start:], ""
