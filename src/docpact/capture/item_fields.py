"""The fields of an item that parameters may name, and how parameters name them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, TypeAlias

from docpact.model.paging import plain
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import WRAPPERS, Schema, child, forms

_RELATIONSHIPS: Final = "relationships"
"""Name of the object with the ids of related things (JSON:API 1.1, section 7.2.3)."""

_FAMILY: Final = re.compile(r"(filters?|where)(?P<named>(\[[\w.$-]+\])+|(\.[\w$-]+)+)")
"""A parameter that is one of a family, as `filter[status]` (JSON:API 1.1, section 6.6)."""

_EQUAL: Final = frozenset({"eq", "$eq", "equals", "is"})


class Field(NamedTuple):
    """A field of an item.

    Attributes:
        where: JSON Pointer into the item.
        schema: of its values.
    """

    where: str
    schema: Schema


Fields: TypeAlias = dict[str, Field]


def list_fields(item: Schema) -> Fields:
    """Return name → field of an item; its own ones go before those of an object that wraps them."""
    found = dict(_list_own(item, ()))
    for name in WRAPPERS:
        for form in _list_forms(item, name):
            found = {**dict(_list_own(form, (name,))), **found}
    for form in _list_forms(item, _RELATIONSHIPS):
        for name in form.get("properties", {}):
            for related in _list_forms(form, name):
                found = {**dict(_list_related(related, name)), **found}
    return found


def name_field(parameter: str, fields: Fields) -> str:
    """Return the name of the field that a parameter names, perhaps in another notation.

    `StartTime` names `start_time` if no other field is alike. Without such a field, it is the name
    that the parameter states.
    """
    named = read_subject(parameter)
    alike = [name for name in fields if plain(name) == plain(named)]
    return alike[0] if named not in fields and len(alike) == 1 else named


def describe_role(value: Any, otherwise: str, *, is_stated: bool) -> dict[str, Any]:
    """Return a value that a parameter's description states, or that is inferred for a reason."""
    if is_stated:
        return {"value": value, "documented": "the parameter's description"}
    return {"value": value, "inferred": otherwise}


def read_subject(parameter: str) -> str:
    """Return the name that a parameter states: `status` for `filter[status][eq]`."""
    if not (family := _FAMILY.fullmatch(parameter)):
        return parameter
    names = re.findall(r"[\w$-]+", family["named"])
    kept = names[:-1] if names[-1] in _EQUAL and len(names) > 1 else names
    return "_".join(name.lstrip("$") for name in kept)


def _list_own(schema: Schema, where: Tokens) -> Iterator[tuple[str, Field]]:
    for name in schema.get("properties", {}):
        yield name, Field(pointer((*where, name)), child(schema, "properties", name))


def _list_forms(schema: Schema, name: str) -> list[Schema]:
    """Return the forms of a field of an object; none if it has no such field."""
    is_stated = name in schema.get("properties", {})
    return [form for form, _ in forms(child(schema, "properties", name))] if is_stated else []


def _list_related(relationship: Schema, name: str) -> Iterator[tuple[str, Field]]:
    """Yield the id of the one thing that a relationship names, as `author` and as `author_id`."""
    for data in _list_forms(relationship, "data"):
        if "id" in data.get("properties", {}):
            where = pointer((_RELATIONSHIPS, name, "data", "id"))
            for each in (name, f"{name}_id"):
                yield each, Field(where, child(data, "properties", "id"))
