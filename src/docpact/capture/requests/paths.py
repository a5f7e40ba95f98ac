"""Other methods and paths of one operation, which pages state beside the first ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from docpact.capture.embedded import Fences
from docpact.capture.layout.lines import Line
from docpact.capture.normalize.text import METHOD

_BESIDE: Final = re.compile(rf"\b({METHOD})\s*[/|,&]\s*(?={METHOD})")
_HEADING: Final = re.compile(r"#{1,6} +HTTP requests?\s*", re.IGNORECASE)
_OPERATION: Final = re.compile(rf"\s*({METHOD}) +(/\S*)\s*")


def list_alternates(operation: Line, text: str) -> Iterator[tuple[int, str]]:
    """Yield the number of the line of each other method and path of an operation, and its words."""
    for method in _BESIDE.findall(operation.text):
        yield operation.number, f"with {method}"
    for number, path in _find_paths([*enumerate(text.split("\n"), start=1)]).items():
        yield number, f"at {path}"


def without_alternates(lines: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return the lines of a page with their numbers; those of other paths are empty."""
    every = list(lines)
    others = _find_paths(every)
    return [(number, "" if number in others else text) for number, text in every]


def _find_paths(lines: Sequence[tuple[int, str]]) -> dict[int, str]:
    """Return the other paths of an operation by their lines.

    They are in a block below the heading `HTTP request` in which each line has the same method.
    """
    fences, is_below, block, found = Fences(), False, dict[int, str](), dict[int, str]()
    for number, line in lines:
        if not fences.read(line):
            is_open = fences.opening is not None
            is_below &= is_open or not line.startswith("#")
            is_below |= not is_open and _HEADING.fullmatch(line) is not None
            block |= {number: line} if is_open and line.strip() else {}
        elif fences.opening is None:
            matches = {n: _OPERATION.fullmatch(each) for n, each in block.items()}
            methods = {match[1] if match else "" for match in matches.values()}
            if is_below and len(methods) == 1:
                found |= {n: match[2] for n, match in [*matches.items()][1:] if match}
            block = {}
    return found
