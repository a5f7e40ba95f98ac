"""The items of the list that a body is, and their fields, as parameters may name them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from docpact.model.paging import plain
from docpact.model.path import last_segment, snake_case
from docpact.model.pointer import Tokens, pointer, to_list
from docpact.model.schema import (
    WRAPPERS,
    Schema,
    child,
    fields_of,
    find_types,
    follow,
    forms,
    list_nested_fields,
)

DEPTH: Final = 3
"""Fields about pages are looked for in the body and in objects inside it, up to this depth."""

_RELATIONSHIPS: Final = "relationships"
"""Name of the object with the ids of related things (JSON:API 1.1, section 7.2.3)."""

_FAMILY: Final = re.compile(r"(filters?|where)(?P<named>(\[[\w.$-]+\])+|(\.[\w$-]+)+)")
"""A parameter that is one of a family, as `filter[status]` (JSON:API 1.1, section 6.6)."""

_EQUAL: Final = frozenset({"eq", "$eq", "equals", "is"})

ONE_OF: Final = re.compile(r"(?<=\w)(__(in|exact)|_in|(?<=[a-z])In|[\[.](in|eq)\]?)$")
"""The end of the name of a parameter that takes one or several values of the field before it."""


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
    """Return name → field of an item; its own ones go before those of an object that wraps them.

    The only field of an item is such an object, too. Those of other objects in it have the name of
    the object before theirs: `sys.updatedAt`.
    """
    found = dict(_list_own(item, ()))
    own = [*found]
    for above in own:
        for form in _list_forms(item, above):
            found |= {f"{above}.{n}": each for n, each in _list_own(form, (above,))}
    for name in (*WRAPPERS, *(own if len(own) == 1 else ())):
        for form in _list_forms(item, name):
            found = {**dict(_list_own(form, (name,))), **found}
    for form in _list_forms(item, _RELATIONSHIPS):
        for name in form.get("properties", {}):
            for related in _list_forms(form, name):
                found = {**dict(_list_related(related, name)), **found}
    return found


def name_field(parameter: str, fields: Fields) -> str:
    """Return the name of the field that a parameter names, perhaps in another notation.

    `StartTime` names `start_time` if no other field is alike, and so does `start_time__in`. Without
    such a field, it is the name that the parameter states.
    """
    named = read_subject(parameter)
    for each in (named, ONE_OF.sub("", named)):
        alike = [name for name in fields if plain(name) == plain(each)]
        if each in fields or len(alike) == 1:
            return each if each in fields else alike[0]
    return named


def describe_role(value: Any, otherwise: str, *, is_stated: bool) -> dict[str, Any]:
    """Return a value that a parameter's description states, or that is inferred for a reason."""
    if is_stated:
        return {"value": value, "documented": "the parameter's description"}
    return {"value": value, "inferred": otherwise}


def read_subject(parameter: str) -> str:
    """Return the name that a parameter states.

    It is `status` for `filter[status][eq]`, `status[]` or `statusFilter`.
    """
    if not (family := _FAMILY.fullmatch(parameter)):
        return re.sub(r"(?<=\w)_?[fF]ilter$", "", parameter.removesuffix("[]"))
    names = re.findall(r"[\w$-]+", family["named"])
    kept = names[:-1] if names[-1] in _EQUAL and len(names) > 1 else names
    return "_".join(name.lstrip("$") for name in kept)


def _list_own(schema: Schema, where: Tokens) -> Iterator[tuple[str, Field]]:
    yield from ((n, Field(pointer((*where, n)), each)) for n, each in fields_of(schema).items())


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


_BESIDE_ITEMS: Final = frozenset({"errors", "warnings", "messages", "link", "links", "included"})
"""Names of arrays next to the items of a list (JSON:API 1.1, section 7.1, and FHIR R5)."""

_OF_ANYTHING: Final = frozenset({
    "data", "result", "results", "records", "entries", "rows", "resources", "elements", "list",
    "value", "values", "items",
})  # fmt: skip
"""Names of arrays that have the items of a list, whatever they are."""

_IDS: Final = frozenset({"id", "uuid", "guid", "name"})
"""Names of fields of things that have parts, in contrast to lists."""


class Items(NamedTuple):
    """The items of a list.

    Attributes:
        where: path of the array in the body.
    """

    where: Tokens
    array: Schema
    reason: str


def find_items(path: str, body: Schema, roles: Collection[str]) -> Items | None:
    """Return the items of the list that a body is, or None, given the roles of paging.

    An unpaged body with other fields must say by a name or a total that it is a list: a thing may
    have one array of parts, too.
    """
    if is_list(body):
        return Items((), body, "the body is an array of objects")
    is_paged = bool({*roles} - {"total"})
    beside = _BESIDE_ITEMS - _list_last_names(path)
    parts = [(w, s) for w, s in list_nested_fields(body, DEPTH) if not beside & {*w}]
    if not any(role.endswith("_parameter") for role in roles):
        holders = {w[:-1] for w, _ in parts}
        owned = {each for each in holders if _is_of_thing(path, body, each)}
        owned |= {each for each in holders if each and _has_owner(body, each)}
        parts = [(w, s) for w, s in parts if w[:-1] not in owned]
    outer = [(w, s) for w, s in parts if len(w) == 1 and is_list(s, is_paged=is_paged)]
    inner = [(w, s) for w, s in parts if len(w) > 1 and is_list(s)]
    lists = outer or inner
    sure = lists if is_paged else [each for each in lists if _is_of_collection(path, body, each[0])]
    named = [each for each in outer or sure if _names_collection(path, str(each[0][-1]))]
    if named:
        return Items(*named[0], "the array that has the name of the path")
    unknown = [w[0] for w, s in parts if len(w) == 1 and _is_of_anything(s)]
    is_only = not any(plain(str(name)) in _OF_ANYTHING for name in unknown)
    if is_only and len(lists) == 1 and (is_paged or (outer and len(fields_of(body)) == 1)):
        return Items(*lists[0], "the only array of objects in the body")
    usual = [each for each in sure if plain(str(each[0][-1])) in _OF_ANYTHING]
    if len(usual) == 1:
        return Items(*usual[0], "an array with a usual name for the items of a list")
    if len(sure) == len(outer) == 1 and "total" in roles and len(fields_of(body)) == 2:
        return Items(*sure[0], "the only array of objects in a body with a total")
    return None


def _is_of_thing(path: str, body: Schema, where: Tokens) -> bool:
    """Return whether the object at a place has a field with the name that ends the path."""
    last = last_segment(path)
    for name in where:
        body = follow(fields_of(body).get(str(name), {}))[0]
    return last.startswith("{") and plain(last.strip("{}")) in map(plain, fields_of(body))


def _is_of_collection(path: str, body: Schema, where: Tokens) -> bool:
    """Return whether an array has the items of a list, because no thing has it as a part."""
    last = last_segment(path)
    is_plural = last.lower().endswith("s")
    is_named = is_plural or str(where[-1]).lower() != "items"
    return "{" not in last and is_named and not _has_owner(body, where[:-1])


def _has_owner(body: Schema, holder: Tokens) -> bool:
    """Return whether the object with an array, or the body, is a thing with an id or a name."""
    above = [body, *(child(body, "properties", name) for name in holder[:1])]
    return any(plain(name) in _IDS for each in above for name in fields_of(follow(each)[0]))


def _list_last_names(path: str) -> frozenset[str]:
    """Return the last word of a path outside parameters, as it is and in the plural."""
    words = [word for word in path.split("/") if word and "{" not in word]
    return frozenset({words[-1], f"{words[-1]}s"} if words else ())


def _names_collection(path: str, field: str) -> bool:
    """Return whether a path ends with the name of a field: `/api/feature-types` with `types`."""
    *_, words = re.split(r"/\{[^/]*\}", f"/{path.strip('/')}")
    name = snake_case(field)
    last = snake_case(words.rpartition("/")[2])
    ends = f"_{last}".endswith(f"_{name}") or (bool(last) and f"_{name}".endswith(f"_{last}"))
    return ends or name in map(snake_case, words.split("/")[1:])


def is_list(schema: Schema, *, is_paged: bool = False) -> bool:
    """Return whether a schema describes a list of objects; in a paged list, of any objects."""
    item = read_item(schema)
    return find_types(item) == {"object"} and (is_paged or "properties" in item)


def _is_of_anything(schema: Schema) -> bool:
    """Return whether a schema is an array whose elements are not described."""
    return "array" in to_list(schema.get("type", [])) and not schema.get("items")


def read_item(array: Schema) -> Schema:
    """Return the schema of the fields that all items have; empty if there may be another value."""
    arrays = [form for form in _split_union(array) if form.get("type") != "null"]
    if any("array" not in find_types(each) or "items" not in each for each in arrays):
        return {}
    return _common([form for each in arrays for form in _split_union(child(each, "items"))])


def _split_union(schema: Schema) -> list[Schema]:
    """Return the members of a union that states no type itself, or the schema alone."""
    return [schema] if find_types(schema) else [form for form, _ in forms(schema)]


def _common(items: Sequence[Schema]) -> Schema:
    """Return the schema of the fields that all forms of an object have."""
    if any(find_types(each) != {"object"} for each in items):
        return {}
    stated = [each for each in items if "properties" in each] or [*items]
    if len(stated) < 2:
        return stated[0] if stated else {}
    first, *others = map(fields_of, stated)
    fields = {
        name: schema
        for name, schema in first.items()
        if all(find_types(other.get(name, {})) == find_types(schema) for other in others)
    }
    required = set(fields).intersection(*(each.get("required", ()) for each in stated))
    return {"type": "object", "properties": fields, "required": sorted(required)}
