"""Recorded answers as a side: what came, which says nothing of what did not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from docpact.bodies.decode import decode
from docpact.bodies.validate import json_type
from docpact.diff.side import Part, Side, Voice
from docpact.errors import UsageError
from docpact.model.pointer import pointer


def recorded(text: str, name: str, scope: str = "") -> Side:
    """Return what recorded bodies showed.

    Args:
        text: one decoded body, a JSON array of bodies, or one body a line.
        name: of the file, for errors and reports.
        scope: folded pointer of the part of a body that each is.

    Raises:
        UsageError: a line is no JSON, or there is nothing in the file.
    """
    bodies = list(_bodies(text, name))
    if not bodies:
        raise UsageError(f"{name}: no recorded answer in it")
    seen: dict[str, list[Any]] = {}
    holders: dict[str, int] = {}
    for body in bodies:
        _see(body, scope, seen, holders)
    response = {}
    for where, values in seen.items():
        present = [value for value in values if value is not None]
        parent = where.rpartition("/")[0]
        times = holders.get(parent, len(values)) if where != scope else len(values)
        response[where] = Part(
            types=frozenset(t for value in present for t in _types(value)),
            always=len(present) == times or where.endswith("/*"),
            values=_listed(present),
        )
    return Side(name, Voice.SAMPLE, response=response, scope=scope)


def _bodies(text: str, name: str) -> Iterator[Any]:
    whole = decode(text.encode("utf-8", "surrogatepass"))
    if whole.readable and not whole.problems:
        value = whole.value
        yield from value if isinstance(value, list) else [value]
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            found = decode(line.encode("utf-8", "surrogatepass"))
            if not found.readable:
                raise UsageError(f"{name}:{number}: neither is the file JSON, nor is this line")
            yield found.value


def _see(value: Any, where: str, seen: dict[str, list[Any]], holders: dict[str, int]) -> None:
    """Note a value and all that is in it; count the objects at each place."""
    seen.setdefault(where, []).append(value)
    if isinstance(value, Mapping):
        holders[where] = holders.get(where, 0) + 1
        for name, part in value.items():
            _see(part, f"{where}{pointer([name])}", seen, holders)
    elif isinstance(value, list):
        for part in value:
            _see(part, f"{where}/*", seen, holders)


def _types(value: Any) -> tuple[str, ...]:
    if json_type(value) != "number":
        return (json_type(value),)
    return ("integer",) if float(value).is_integer() else ("number", "integer")


def _listed(values: list[Any]) -> tuple[Any, ...] | None:
    scalars = [value for value in values if not isinstance(value, Mapping | list)]
    return tuple({json.dumps(value): value for value in scalars}.values()) or None
