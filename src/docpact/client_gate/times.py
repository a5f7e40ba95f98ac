"""Times in texts that look like them, for clients that read no other text there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Final

from docpact.bodies.places import Place, find_places, list_places
from docpact.model import Operation, Schema
from docpact.model.path import snake_case
from docpact.model.schema import ANNOTATIONS, list_types, resolve_path

_DATE: Final = "20[12][0-9]-0[1-9]-1[0-9]"
_PATTERNS: Final = {"date": f"^{_DATE}$", "time": f"^{_DATE}T0[0-9]:[0-5][0-9]:[0-5][0-9]Z$"}
"""Kind of time → the pattern of its texts."""

_NAMES: Final = re.compile(r"(^|_)((?P<date>date|day)|at|on|time|date_?time|timestamp)$|^date_")
"""Names of fields with a time, in snake case."""

_SHOWN: Final = re.compile(r"\d{4}-\d\d-\d\d(?P<time>[T ]\d\d:\d\d.*)?")
"""Texts of examples that are a date or a time."""


def guess_times(operation: Operation) -> Iterator[tuple[Operation, list[str]]]:
    """Yield an operation whose texts that look like times are times, and the places of these.

    A text without limits looks like a time by its name, or in an example. Each has its likely kind
    first; then all have a time, and then all a date.
    """
    schema = operation.response_schema
    shown = {
        place.location: "time" if text["time"] else "date"
        for body in operation.examples
        for place in find_places(schema, body)
        if isinstance(place.value, str) and (text := _SHOWN.fullmatch(place.value))
    }
    found = [
        (place, kind)
        for place in list_places(schema)
        if _is_open_text(place.schema) and (kind := shown.get(place.location) or _guess_kind(place))
    ]
    likely = {place.schema_path: kind for place, kind in found}
    locations = sorted({place.location for place, _ in found})
    for chosen in (likely, dict.fromkeys(likely, "time"), dict.fromkeys(likely, "date")):
        if chosen:
            changed = deepcopy(dict(schema))
            for path, kind in chosen.items():
                resolve_path(changed, path)["pattern"] = _PATTERNS[kind]
            yield replace(operation, response_schema=changed), locations


def _is_open_text(schema: Schema) -> bool:
    """Return whether a schema allows any text, and at most null beside it."""
    is_limited = bool(schema.keys() - ANNOTATIONS - {"type"})
    return not is_limited and {*list_types(schema)} - {"null"} == {"string"}


def _guess_kind(place: Place) -> str:
    """Return the kind of time that the name of a field suggests, or an empty text."""
    found = _NAMES.search(snake_case(place.where[-1])) if place.where else None
    return "" if found is None else "date" if found["date"] else "time"
