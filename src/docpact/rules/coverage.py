"""What the evidence never showed: documented values and fields that no item has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from docpact.model.pointer import fold
from docpact.rules.evidence import Evidence
from docpact.text import excerpt
from docpact.validation import subschemas, visit


def unseen(evidence: Evidence) -> tuple[str, ...]:
    """List the fields that no answer had, and the enum values that no field had.

    A field inside an unseen one is not listed again; null counts as not had.
    """
    seen, values = _seen(evidence)
    return tuple(_unseen(evidence, seen, values))


def _seen(evidence: Evidence) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    fields: Counter[str] = Counter()
    values: Counter[tuple[str, str]] = Counter()
    different = {id(body.decoded): body for body in evidence.bodies}
    for body in different.values():
        for place in visit(evidence.operation.response_schema, body.decoded.value):
            if place.value is None:
                continue
            location = fold(place.path)
            fields[location] += 1
            if "enum" in place.schema:
                values[location, excerpt(place.value)] += 1
    return fields, values


def _unseen(
    evidence: Evidence, seen: Counter[str], values: Counter[tuple[str, str]]
) -> Iterator[str]:
    for place in subschemas(evidence.operation.response_schema):
        location = fold(place.path)
        if not place.path:
            continue
        if not seen[location]:
            if seen[fold(place.path[:-1])]:
                yield f"{location}: no value"
            continue
        for member in place.schema.get("enum", ()):
            if member is not None and not values[location, excerpt(member)]:
                yield f"{location}: never {excerpt(member)}"
