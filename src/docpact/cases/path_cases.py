"""Deterministic cases of paths: names of nothing, and odd names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from docpact.cases.requests import BEYOND_64_BITS, UNKNOWN
from docpact.cases.wire import can_be_documented, is_numeric, number_labels
from docpact.model import Case, Expectation, Expected, Operation, Parameter, Question

STRANGE_UUID: Final = "d0c9ac70-0000-4000-8000-000000000000"
"""A UUID that names nothing on any server."""

STRANGE_NUMBER: Final = "1987654321"
"""A number of 32 bits that is unlikely to be an id on any server."""

ODD_NAMES: Final = (
    ("non-ASCII", "caf\u00e9 \u65e5\u672c \U0001f9fe"),
    ("reserved characters", "a&b=c#d%e+f?g;h:i"),
    ("255 characters", "a" * 255),  # the longest name in common file systems and databases
)

_OTHER_DIGITS: Final = str.maketrans("0123456789", "7890123456")


def path_cases(operation: Operation) -> tuple[Case, ...]:
    """Return, for each path parameter, two values that name nothing, and odd ones.

    The server is expected to reject the values that name nothing. The odd ones are unspecified, to
    see that it does not fail. The cases have unique labels in printable ASCII.
    """
    return number_labels(
        Case(f"{p.name}={note}", Question(path=((p.name, text),)), expected)
        for p in operation.path_parameters
        for note, text, expected in _list_names(operation, p)
    )


def _list_names(
    operation: Operation, parameter: Parameter
) -> Iterator[tuple[str, str, Expectation]]:
    """Yield values, notes and answers; a number may name something unless a 404 is documented."""
    nothing = Expectation(Expected.REJECTED, parameter.name, "unknown")
    anything = Expectation(Expected.UNSPECIFIED, parameter.name)
    unknown = nothing if operation.documents(404) else anything
    given = operation.given.get(parameter.name, "")
    yield f"{UNKNOWN[0]} (unknown)", UNKNOWN[0], nothing
    if is_numeric(parameter) or given.isdecimal():
        expected = unknown if can_be_documented(parameter, STRANGE_NUMBER) else anything
        yield f"{STRANGE_NUMBER} (unknown)", STRANGE_NUMBER, expected
        odd = (*ODD_NAMES[:2], ("more than 64 bits", BEYOND_64_BITS), *_list_edges(parameter))
    else:
        yield f"{STRANGE_UUID} (unknown)", STRANGE_UUID, nothing
        if alike := _write_alike(given):
            yield f"{alike} (unknown, in the form of an id)", alike, nothing
        elif (alike := _count_on(given)) and can_be_documented(parameter, alike):
            yield f"{alike} (unknown, in the form of an id)", alike, unknown
        odd = ODD_NAMES
    yield from ((f"<{note}>", text, anything) for note, text in odd)


def _list_edges(parameter: Parameter) -> Iterator[tuple[str, str]]:
    """Yield the numbers before the first id, unless the description gives them a meaning."""
    for text in ("0", "-1"):
        if not re.search(rf"(?<![\w.-]){text}(?![\w.])", parameter.description):
            yield text, text


def _write_alike(text: str) -> str | None:
    """Return an id with other digits; None for one so short that the other one may exist."""
    is_random = sum(map(str.isalnum, text)) >= 16 and sum(map(str.isdecimal, text)) >= 4
    is_uuid = text.count("-") == STRANGE_UUID.count("-")
    return text.translate(_OTHER_DIGITS) if is_random and not is_uuid else None


def _count_on(text: str) -> str | None:
    """Return an id that ends with a number, as `T-7`, with one that is unlikely to exist."""
    found = re.fullmatch(r"(.*[^0-9])[0-9]{1,9}", text, re.DOTALL)
    return f"{found[1]}{STRANGE_NUMBER}" if found else None


LONG: Final = 6
"""Minimum length of an id that is also sent without its last letter."""

_HASH: Final = re.compile(r"[0-9a-fA-F-]+")
"""Numbers, and ids that servers also accept in short, such as the ids of commits and containers."""

_OTHERWISE: Final = re.compile(
    r"\b(or|prefix|begin\w*|short\w*|abbreviat\w*|alias\w*|part)\b", re.IGNORECASE
)
"""Descriptions of parameters that may name a thing in another way, too."""


def cut_cases(parameter: Parameter, known: Sequence[str]) -> Iterator[Case]:
    """Yield the path with the beginning of a known id, which names nothing or something else."""
    long = (text for text in known if len(text) >= LONG and not _HASH.fullmatch(text))
    cut = next((text[:-1] for text in long), "")
    is_exact = bool(cut) and not _OTHERWISE.search(parameter.description)
    if is_exact and cut not in known and can_be_documented(parameter, cut):
        question = Question(path=((parameter.name, cut),))
        expectation = Expectation(Expected.UNSPECIFIED, parameter.name)
        yield Case(f"{parameter.name} without its last letter", question, expectation)
