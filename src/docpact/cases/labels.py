"""Labels of cases: readable, printable ASCII and unique, because they become test ids."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, TypeVar

from docpact.bodies.wording import json_type
from docpact.model import Case, PayloadCase, Query, Question
from docpact.text import pluralize

LONGEST_SHOWN: Final = 48
"""The longest value that a label shows, in characters."""

AnyCase = TypeVar("AnyCase", Case, PayloadCase)


def query_label(query: Query, note: str = "") -> str:
    """Write a query in printable ASCII, long values as their length, followed by a note."""
    pairs = "&".join(f"{name}={_shorten(value)}" for name, value in query) or "no parameters"
    return f"{pairs} ({note})" if note else pairs


def payload_label(where: str, note: str, keyword: str | None) -> str:
    """Write the label of a payload case in printable ASCII, e.g. `/items/0/status null (type)`."""
    place = where.encode("unicode_escape").decode("ascii") or "(root)"
    return f"{place} {note} ({keyword})" if keyword else f"{place} {note}"


def show_value(value: Any) -> str:
    """Write a decoded JSON value in printable ASCII, a long one as its size."""
    text = json.dumps(value)
    if len(text) <= LONGEST_SHOWN:
        return text
    noun = {"string": "character", "array": "item", "object": "field"}.get(json_type(value))
    return pluralize(len(value), noun) if noun else f"{text[:LONGEST_SHOWN]}..."


def drop_repeats(cases: Iterable[Case]) -> tuple[Case, ...]:
    """Return the first case of each question, with unique labels."""
    kept: dict[Question, Case] = {}
    for case in cases:
        kept.setdefault(case.question, case)
    return number_labels(kept.values())


def number_labels(cases: Iterable[AnyCase]) -> tuple[AnyCase, ...]:
    """Return the cases with a number after each label that occurred before."""
    times = Counter[str]()
    numbered = []
    for case in cases:
        times[case.label] += 1
        again = times[case.label]
        numbered.append(replace(case, label=f"{case.label} #{again}") if again > 1 else case)
    return tuple(numbered)


def _shorten(text: str) -> str:
    if not text or len(text) > LONGEST_SHOWN:
        return f"<{len(text):,} characters>" if text else "<empty>"
    return text.encode("unicode_escape").decode("ascii")
