"""The errors of a long list, element by element: no more of them are in memory than one has."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias

from docpact.bodies.engine import Engine, Error, make_engine
from docpact.model.pointer import Tokens, change_at
from docpact.model.schema import ANNOTATIONS, Schema, statements, with_definitions

LONG: Final = 1_000
"""The number of elements from which a list is validated element by element."""

PLACES: Final = 2_000
"""The number of places at which lists are looked for; shared definitions make any number."""

_RowPlace: TypeAlias = tuple[Any, Tokens, Tokens, tuple[Tokens, ...]]
"""A schema, where it is, the path in an instance, and where the schemas around it are."""

_PLAIN: Final = ANNOTATIONS | {"$defs", "$ref", "properties", "required", "type"}
_COUNTED: Final = frozenset({"maxItems", "minItems"})
_ARRAY: Final = ANNOTATIONS | _COUNTED | {"$defs", "$ref", "items", "type"}


class List(NamedTuple):
    """A list that only `properties` lead to, so that its elements can be validated by themselves.

    Attributes:
        path: reference tokens of the list in an instance.
        where: reference tokens of `items` in the schema.
        is_counted: whether the schema limits the number of elements.
    """

    path: Tokens
    where: Tokens
    elements: Engine
    is_counted: bool


def find_lists(schema: Schema) -> list[List]:
    """Return the lists of a schema whose elements can be validated by themselves.

    They are those at the first `PLACES` places of an instance, outer ones first.
    """
    found: list[List] = []
    waiting: deque[_RowPlace] = deque([(schema, (), (), ())])
    for _ in range(PLACES):
        if not waiting:
            break
        each = waiting.popleft()
        further = islice(_find(each, found), PLACES - len(waiting))
        waiting.extend(further)
    return found


def _find(place: _RowPlace, found: list[List]) -> Iterator[_RowPlace]:
    """Yield the places of the fields of an object; add a list to the lists found."""
    stated, at, path, within = place
    described = [*statements(stated, at)] if isinstance(stated, Mapping) else []
    if len(described) != 1:
        return
    ((schema, at),) = described
    if at in within:
        return
    if schema.keys() <= _ARRAY and isinstance(schema.get("items"), Mapping):
        elements = make_engine(with_definitions(schema, schema["items"]))
        found.append(List(path, (*at, "items"), elements, bool(_COUNTED & schema.keys())))
    elif schema.keys() <= _PLAIN:
        for name, inner in schema.get("properties", {}).items():
            stated = with_definitions(schema, inner) if isinstance(inner, Mapping) else inner
            yield stated, (*at, "properties", name), (*path, name), (*within, at)


def list_errors(
    lists: Sequence[List], engine: Engine, instance: Any, *, is_finite: bool
) -> Iterator[Sequence[Error]]:
    """Yield the errors of an instance; each element of its longest list is validated by itself."""
    found = [(each, _get(instance, each.path)) for each in lists]
    long = [(each, values) for each, values in found if len(values) >= LONG]
    if long and not engine.is_valid(instance, is_finite=is_finite):
        chosen, values = max(long, key=lambda one: len(one[1]))
        is_valid = [chosen.elements.is_valid(each, is_finite=is_finite) for each in values]
        kept = [each for each, valid in zip(values, is_valid, strict=True) if valid][:1]
        if kept or not chosen.is_counted:
            # Other keywords see as many elements as there are, all of them valid.
            rest = change_at(instance, chosen.path, lambda _: kept * len(values))
            yield engine.errors(rest, is_finite=is_finite)
            for number, valid in enumerate(is_valid):
                if not valid:
                    yield [*_errors(chosen, number, values[number], is_finite=is_finite)]
            return
    yield engine.errors(instance, is_finite=is_finite)


def _errors(chosen: List, number: int, value: Any, *, is_finite: bool) -> Iterator[Error]:
    for path, where in chosen.elements.errors(value, is_finite=is_finite):
        place = where if where[:1] == ("$defs",) else (*chosen.where, *where)
        yield Error((*chosen.path, number, *path), place)


def _get(instance: Any, path: Tokens) -> Sequence[Any]:
    """Return the list at a path; an empty one if there is none."""
    for name in path:
        instance = instance.get(name) if isinstance(instance, dict) else None
    return instance if isinstance(instance, list) else ()
