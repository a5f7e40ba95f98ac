"""What the evidence never showed: documented values and fields that no item has."""

from __future__ import annotations

from collections.abc import Iterator

from docpact.bodies.validate import subschemas
from docpact.model import Operation
from docpact.model.pointer import pointer
from docpact.rules.evidence import Evidence
from docpact.text import excerpt


def unseen(evidence: Evidence) -> tuple[str, ...]:
    """List the fields that no answer had, and the enum values that no field had.

    A field inside an unseen one is not listed again; null counts as not had.
    """
    inspections = [body.validation for body in evidence.bodies if body.validation is not None]
    return unseen_in(evidence.operation, frozenset().union(*(each.seen for each in inspections)))


def unseen_in(operation: Operation, seen: frozenset[tuple[str, str]]) -> tuple[str, ...]:
    """List the same of what was seen: folded locations, and values where they are enumerated."""
    return tuple(_unseen(operation, seen))


def _unseen(operation: Operation, seen: frozenset[tuple[str, str]]) -> Iterator[str]:
    locations = {location for location, _ in seen}
    for place in subschemas(operation.response_schema):
        location = place.location
        if not place.path:
            continue
        if location not in locations:
            if pointer(place.where[:-1]) in locations:
                yield f"{location}: no value"
            continue
        for member in place.schema.get("enum", ()):
            if member is not None and (location, excerpt(member)) not in seen:
                yield f"{location}: never {excerpt(member)}"
