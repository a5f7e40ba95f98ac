"""Schemas that only combine others, in a form that is equal however often they are combined."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import reduce
from math import prod
from typing import Any, Final, TypeAlias

Clauses: TypeAlias = frozenset[frozenset[str]]
"""Schemas as JSON: a value has to fit every schema of at least one set."""


MAX_CLAUSES: Final = 1_000
"""The most clauses of schemas that all have to fit; of more, the unions among them stay whole."""


def any_of(schemas: Iterable[Any]) -> Any:
    """Return a schema of the values that some schema allows; None for no schemas."""
    stated = list(schemas)
    if len(stated) == 1:
        return stated[0]
    found = [_clauses(schema) for schema in stated]
    return _write_clauses(frozenset().union(*found)) if found else None


def all_of(schemas: Iterable[Any]) -> Any:
    """Return a schema of the values that every schema allows; None for no schemas."""
    found = list(schemas)
    if any(each is False for each in found):
        return False
    return _write_clauses(_clauses({"allOf": found})) if found else None


def _clauses(schema: Any) -> Clauses:
    """Take apart a schema that only combines others; recursion ends in a finite number of forms."""
    keywords = set(schema) if isinstance(schema, Mapping) else set()
    if keywords == {"anyOf"} and schema["anyOf"]:
        return frozenset().union(*map(_clauses, schema["anyOf"]))
    if keywords == {"allOf"} and schema["allOf"]:
        parts = [_clauses(each) for each in schema["allOf"]]
        if prod(map(len, parts)) > MAX_CLAUSES:
            whole = zip(map(_keep, schema["allOf"]), parts, strict=True)
            parts = [kept if len(part) > 1 else part for kept, part in whole]
        return reduce(lambda a, b: _shortest(frozenset(x | y for x in a for y in b)), parts)
    return _keep(schema)


def _keep(schema: Any) -> Clauses:
    """Return a schema as one clause."""
    return frozenset({frozenset({json.dumps(schema, sort_keys=True)})})


def _shortest(clauses: Clauses) -> Clauses:
    """Drop each set that contains another one, which allows more."""
    if len({*map(len, clauses)}) == 1:
        return clauses
    return frozenset(each for each in clauses if not any(other < each for other in clauses))


def _write_clauses(clauses: Clauses) -> Any:
    """Return the schema of some clauses; equal ones give equal schemas."""
    members = [
        each[0] if len(each) == 1 else {"allOf": each}
        for each in (
            [json.loads(text) for text in sorted(clause)]
            for clause in sorted(_shortest(clauses), key=sorted)
        )
    ]
    return members[0] if len(members) == 1 else {"anyOf": members}
