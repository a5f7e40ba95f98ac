"""Roles of parameters and fields, inferred from their names and types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from docpact.capture.layout.lines import Line
from docpact.capture.roles.filters import IDS, read_filter, read_member
from docpact.capture.roles.item_fields import Field, Fields, find_items, list_fields, read_item
from docpact.capture.roles.orders import read_orders
from docpact.capture.roles.paging import NUMBERS, TOKENS, infer, infer_paging
from docpact.capture.roles.ranges import read_bound
from docpact.capture.roles.relations import read_relation, read_search
from docpact.capture.roles.usual_order import read_usual_order
from docpact.model.paging import plain
from docpact.model.path import last_segment, make_singular, name_counted, snake_case, without_keys
from docpact.model.path import names as path_names
from docpact.model.pointer import pointer, tokens
from docpact.model.roles import CONTENT
from docpact.model.schema import Schema, fields_of, find_types, follow, forms

_BY_ID: Final = "last_id_parameter"

CONTAINERS: Final = frozenset({"array", "object"})


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts about an operation in its documentation.

    Attributes:
        about: the description of the operation.
        query: query parameter → its description.
        body: name of a field of the body → the text below it on the page.
    """

    about: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Sequence[Line]] = field(default_factory=dict)


def roles(
    path: str,
    query: Schema,
    response: Schema,
    texts: Texts | None = None,
    *,
    sent: Schema | None = None,
) -> dict[str, Any]:
    """Return role → its value with the reason it was inferred, or the line that states it.

    Pointers of `items`, `next_token`, `total` and `path` point into the body, those of `id` and of
    the filters into an item. An operation that does not return a list has no roles of a list.
    """
    body, texts = _choose_form(follow(response)[0]), texts or Texts()
    asked, said = fields_of(query), texts.query
    paged = infer_paging(asked, body, texts.body, said, fields_of(sent or {}))
    items = find_items(path, body, {role for role in paged if role != "total_pages"})
    if items is None:
        return _path(path, body) | _count(path, body)
    found = {"items": infer(pointer(items.where), items.reason)}
    item = read_item(items.array)
    identity = _find_id(path, item)
    if identity:
        is_required = tokens(identity.where)[0] in item.get("required", ())
        reason = f"an item's {'required ' if is_required else ''}field of that name"
        found["id"] = infer(identity.where, reason)
    by_id = paged.get(_BY_ID)
    ids = identity.schema if identity else fields_of(item).get("id", {})
    if by_id and not _takes_ids(asked[by_id["value"]], ids):
        del paged[_BY_ID]
    taken = {each["value"] for role, each in paged.items() if role.endswith("_parameter")}
    free = {name: schema for name, schema in asked.items() if name not in taken}
    known = list_fields(item)
    found |= paged | _read_selections(free, item, known, said)
    if order := read_usual_order(texts.about, known, asked):
        found["order"] = {"value": order, "documented": "the operation's description"}
    return found | (_path(path, body) or _path_of_items(path, found["items"]["value"], item))


def _read_selections(
    query: Mapping[str, Schema], item: Schema, known: Fields, texts: Mapping[str, str]
) -> dict[str, Any]:
    """Return the filters, bounds and orders among parameters, each under its role."""
    said = {name: texts.get(name, "") for name in query}
    filters = {n: r for n, s in query.items() if (r := read_filter(n, s, item, known, said[n]))}
    asked = {name: schema for name, schema in query.items() if name not in filters}
    bounds: dict[str, Any] = {}
    for read in (read_relation, read_bound, read_member, read_search):
        rest = [each for each in asked.items() if each[0] not in bounds]
        bounds |= {n: r for n, s in rest if (r := read(n, s, known, said[n]))}
    parts = {"filters": filters, "bounds": bounds, "orders": read_orders(asked, known, texts)}
    return {role: each for role, each in parts.items() if each}


def _count(path: str, body: Schema) -> dict[str, Any]:
    """Return the number in a body that counts items: `/number` at `/pets/count`."""
    fields = fields_of(body) or {"": body}
    named = {name: each for name, each in fields.items() if plain(name) in ("count", "total")}
    chosen = named or (fields if len(fields) == 1 else {})
    found = [name for name, each in chosen.items() if find_types(each) & NUMBERS]
    is_count = name_counted(path) is not None and len(found) == 1
    where = pointer([name for name in found if name])
    return {"count": infer(where, "the end of the path")} if is_count else {}


def _choose_form(body: Schema) -> Schema:
    """Return the form of a union with an array or object: others may be errors with status 200."""
    found = [form for form, _ in forms(body)]
    full = [f for f in found if any(find_types(s) & CONTAINERS for s in fields_of(f).values())]
    return full[0] if len(full) == 1 < len(found) else body


def _takes_ids(parameter: Schema, identity: Schema) -> bool:
    ids, taken = find_types(identity), find_types(parameter)
    return bool(ids) and ("string" in taken or ids <= taken or ids | taken <= NUMBERS)


def _path(path: str, body: Schema) -> dict[str, Any]:
    """Return the fields of the body that repeat a parameter of the path.

    The last part of a path names the returned thing itself, whose id is `id`.
    """
    outer, thing = _find_thing(path, body)
    fields = {plain(name): f"{outer}{each.where}" for name, each in _list_shown(thing)}
    found: dict[str, Any] = {}
    named, above = path_names(path), without_keys(path).rstrip("/").rpartition("/")[0]
    others = {plain(name) for name in list_fields(thing)}
    for name in named:
        is_thing = plain(name) == plain(_name_thing(above)) and plain(name) not in others
        names_thing = snake_case(name).rpartition("_")[2] == "id" or is_thing
        is_last = last_segment(path) == f"{{{name}}}" and names_thing
        if plain(name) in fields and (name != "id" or name == named[-1]):
            found[name] = infer(fields[plain(name)], "the body's field of the same name")
        elif is_last and (identity := _find_id(above, thing)):
            found[name] = infer(f"{outer}{identity.where}", "the id that the path ends with")
    return {"path": found} if found else {}


def _find_thing(path: str, body: Schema) -> tuple[str, Schema]:
    """Return place and schema of the thing in a body: `/pet` in `{"pet": {}}`, or the whole."""
    fields = fields_of(body)
    objects = {n: form for n, each in fields.items() if len(form := _list_objects(each)) == 1}
    names = CONTENT | {plain(_name_thing(path.rstrip("/").rpartition("/")[0]))}
    found = [name for name in objects if len(fields) == 1 or plain(name) in names]
    return (pointer(found), objects[found[0]][0]) if len(found) == 1 else ("", body)


def _list_objects(schema: Schema) -> list[Schema]:
    """Return the forms of a schema that are objects with fields; none if others are documented."""
    found = [form for form, _ in forms(schema) if form.get("type") != "null"]
    return found if all("properties" in form for form in found) else []


def _path_of_items(path: str, items: str, item: Schema) -> dict[str, Any]:
    """Return the fields of an item that repeat the path, as `/items/*/pet_id` in `/pets/{id}/x`."""
    fields = {plain(name): each.where for name, each in _list_shown(item)}
    subjects = {name: plain(_name_parent(path, name)) for name in path_names(path)}
    found = {
        name: infer(f"{items}/*{fields[subject]}", "an item's field so named")
        for name, subject in subjects.items()
        if subject != "id" and subject in fields
    }
    return {"path": found} if found else {}


def _list_shown(item: Schema) -> Iterator[tuple[str, Field]]:
    """Yield the fields that may name something: those of every item without listed values."""
    own = item.get("properties", {})
    usual = {*(item.get("required") or own)}
    for name, each in _list_scalars(item):
        if (name in usual or name not in own) and "enum" not in each.schema:
            yield name, each


def _list_scalars(item: Schema) -> Iterator[tuple[str, Field]]:
    fields = list_fields(item).items()
    return (each for each in fields if find_types(each[1].schema) & TOKENS)


def _name_parent(path: str, name: str) -> str:
    """Return the full name of a parameter of a path: `pet_id` for `id` in `/pets/{id}/visits`."""
    thing = _name_thing(path.partition(f"/{{{name}}}")[0])
    return f"{thing}_id" if name == "id" and thing else name


def _find_id(path: str, item: Schema) -> Field | None:
    """Return the field that names an item: `id`, or `petId` in a list at `/pets`.

    An object in the item that wraps its fields may have it. Many documents do not require the id,
    because clients that create an item do not send it.
    """
    named = {plain(name): each for name, each in _list_scalars(item)}
    thing = plain(_name_thing(path.rstrip("/")))
    own = (f"{thing}id", f"{thing}uuid", f"{thing}arn") if thing else ()
    known = ("id", *own, *IDS)
    unique = (*known, "name") if "displayname" in named else known  # AIP 122 and 148 of Google
    return next((named[each] for each in unique if each in named), None)


def _name_thing(path: str) -> str:
    """Return the name of one thing of a list at a path, in the singular; empty if it has none."""
    last = last_segment(path)
    return "" if "{" in last else make_singular(last)
