"""Roles of parameters and fields, inferred from their names and types."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from docpact.capture.item_fields import Field, Fields, list_fields, name_field
from docpact.capture.lines import Line
from docpact.capture.paging_roles import DEPTH, NUMBERS, SCALARS, TOKENS, infer, infer_paging
from docpact.capture.ranges import find_types, read_bounds, read_orders
from docpact.model.paging import plain
from docpact.model.path import last_segment, snake_case
from docpact.model.path import names as path_names
from docpact.model.pointer import Tokens, pointer, tokens
from docpact.model.schema import Schema, child, follow, forms, list_nested_fields

NO_EQUALITY: Final = re.compile(
    r"q|query|search(_.*)?|sort(_.*)?|order|order_?by|order_(dir|direction)|dir|direction"
    r"|(min|max|minimum|maximum|since|until|before|after|from|to)(_.*)?"
    r"|(start|starting|starts|end|ending|ends|begin|beginning)(_(at|on|time|date|datetime))?"
    r"|.*_(min|max|after|before|since|until|from|to|gte?|lte?|not|ne|like|contains|prefix)"
)
"""Names of parameters, in snake case, that bound, search or order items instead of selecting those
with one value."""

REPRESENTATION: Final = re.compile(
    r"(include|expand|embed|with|fields?|select|format|view|lang(uage)?|locale)s?"
)
"""Names of parameters, in snake case, that change how items are shown, which only an item's own
field of the same name contradicts."""

_BY_ID: Final = "last_id_parameter"
_BESIDE_ITEMS: Final = frozenset({"errors", "warnings", "messages", "link", "links", "included"})
"""Names of arrays next to the items of a list (JSON:API 1.1, section 7.1, and FHIR R5)."""

CONTAINERS: Final = frozenset({"array", "object"})

_CONTENT: Final = frozenset({"data", "result", "item"})
"""Names of the object in a body that is the returned thing."""


_SEARCHES: Final = re.compile(
    r"\b(search|contain|partial|prefix|suffix|substring|fuzzy|keyword|full.?text|regex|wildcard"
    r"|(starts?|begins?|ends?) with|part of|like\b)",
    re.IGNORECASE,
)
"""Descriptions of parameters that find other texts than their value, too."""

_SELECTS: Final = re.compile(
    r"\b(filter(s|ed|ing)?|restricts?|limits?|select(s|ed)?|match(es|ing)?"
    r"|only(?! (appl|used|valid|relevant|when|if|for|available|works|has|with the)))\b",
    re.IGNORECASE,
)
_WITH: Final = re.compile(r"\b(by|with|having|matching|whose|equals?)\b", re.IGNORECASE)
_EXACT: Final = re.compile(r"\bexact(ly)?\b|\bequals?\b", re.IGNORECASE)
_DIFFERS: Final = re.compile(f"{_SEARCHES.pattern}|{_EXACT.pattern}", re.IGNORECASE)
"""Descriptions of parameters that select other items than those whose array has a value."""

_NAMES: Final = re.compile(r"\b(ids?|uuids?|slugs?|keys?|codes?|names?)\b", re.IGNORECASE)
"""Descriptions of parameters that may name the elements of an array in another way."""

_RELATES: Final = re.compile(
    r"\b(at (least|most)|or (more|less|fewer|higher|lower|above|below|later|earlier|older|newer)"
    r"|greater|less than|m(in|ax)imum|exclud|except|not\b|unless|ignored|includ|also|too\b|default"
    r"|if (true|false|set))",
    re.IGNORECASE,
)
"""Descriptions of parameters that may select other items than those with their value."""


def roles(
    path: str,
    query: Schema,
    response: Schema,
    prose: Mapping[str, Sequence[Line]] | None = None,
    descriptions: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return role → its value with the reason it was inferred, or the line that states it.

    Pointers of `items`, `next_token`, `total` and `path` point into the body, those of `id` and of
    the filters into an item. An operation that does not return a list has no roles of a list.

    Args:
        path: of the operation, with its parameters in braces.
        query: schema of the query.
        response: schema of the body.
        prose: name of a field of the body → the text below it.
        descriptions: query parameter → its description.
    """
    body = _choose_form(follow(response)[0])
    fields = _fields(body)
    paged = infer_paging(_fields(query), body, prose or {})
    is_paged = bool(paged.keys() - {"total", "total_pages"})
    beside = _BESIDE_ITEMS - _list_last_names(path)
    listed = {name: schema for name, schema in fields.items() if name not in beside}
    lists: list[tuple[Tokens, Schema]] = [
        ((n,), each) for n, each in listed.items() if _is_list(each, is_paged=is_paged)
    ]
    lists = lists or [
        (where, schema)
        for where, schema in list_nested_fields(body, DEPTH)
        if is_paged and _is_list(schema) and not beside & {*where}
    ]
    if _is_list(body):
        found = {"items": infer("", "the body is an array of objects")}
        item = _read_item(body)
    elif named := next((w for w, _ in lists if _names_collection(path, str(w[-1]))), None):
        found = {"items": infer(pointer(named), "the array that has the name of the path")}
        item = _read_item(dict(lists)[named])
    elif len(lists) == 1 and (is_paged or len(fields) == 1):
        where, array = lists[0]
        found = {"items": infer(pointer(where), "the only array of objects in the body")}
        item = _read_item(array)
    else:
        return _path(path, body)
    identity = _find_id(path, item)
    if identity:
        is_required = tokens(identity.where)[0] in item.get("required", ())
        reason = f"an item's {'required ' if is_required else ''}field of that name"
        found["id"] = infer(identity.where, reason)
    by_id = paged.get(_BY_ID)
    ids = identity.schema if identity else _fields(item).get("id", {})
    if by_id and not _takes_ids(_fields(query)[by_id["value"]], ids):
        del paged[_BY_ID]
    found |= paged
    taken = {each["value"] for role, each in paged.items() if role.endswith("_parameter")}
    asked = {name: schema for name, schema in _fields(query).items() if name not in taken}
    texts = descriptions or {}
    known = list_fields(item)
    selected = {
        n: r for n, s in asked.items() if (r := _filter(n, s, item, known, texts.get(n, "")))
    }
    asked = {name: schema for name, schema in asked.items() if name not in selected}
    bounds = read_bounds(asked, known, texts)
    bounds |= _read_members({n: s for n, s in asked.items() if n not in bounds}, known, texts)
    orders = read_orders(asked, known)
    parts = {"filters": selected, "bounds": bounds, "orders": orders}
    found |= {role: each for role, each in parts.items() if each}
    return found | (_path(path, body) or _path_of_items(path, found["items"]["value"], item))


def _choose_form(body: Schema) -> Schema:
    """Return the member of a union that has what the others lack: an array or an object.

    Some APIs answer with an error of its own form and the status of a success.
    """
    found = [form for form, _ in forms(body)]
    full = [f for f in found if any(find_types(s) & CONTAINERS for s in _fields(f).values())]
    return full[0] if len(full) == 1 < len(found) else body


def _read_members(
    query: Mapping[str, Schema], fields: Fields, texts: Mapping[str, str]
) -> dict[str, Any]:
    """Return parameter → the array of an item that has its value, with the evidence."""
    found = {}
    for name, schema in query.items():
        subject = name_field(name, fields)
        named = (fields[each] for each in (subject, f"{subject}s") if each in fields)
        array = next((each for each in named if find_types(each.schema) == {"array"}), None)
        plain_name = snake_case(subject).strip("_")
        is_other = NO_EQUALITY.fullmatch(plain_name) or REPRESENTATION.fullmatch(plain_name)
        if array is None or is_other:
            continue
        one = child(schema, "items") if "items" in schema else schema
        element = child(array.schema, "items") if "items" in array.schema else {}
        text = texts.get(name, "")
        if not find_types(one) & find_types(element) & SCALARS or _DIFFERS.search(text):
            continue
        differs = any(pattern.search(text) for pattern in (_RELATES, _NAMES))
        is_stated = bool(_SELECTS.search(text) and _WITH.search(text)) and not differs
        reason = "the parameter's description" if is_stated else "the item's array of that name"
        value = {"field": array.where, "lower": True, "contains": True}
        found[name] = {"value": value, "documented" if is_stated else "inferred": reason}
    return found


def _list_last_names(path: str) -> frozenset[str]:
    """Return the last word of a path outside parameters, as it is and in the plural."""
    words = [word for word in path.split("/") if word and "{" not in word]
    return frozenset({words[-1], f"{words[-1]}s"} if words else ())


def _names_collection(path: str, field: str) -> bool:
    """Return whether a path ends with the name of a field: `/api/feature-types` with `types`."""
    last = path.rstrip("/").rpartition("/")[2]
    return "{" not in last and f"_{snake_case(last)}".endswith(f"_{snake_case(field)}")


def _takes_ids(parameter: Schema, identity: Schema) -> bool:
    """Return whether a parameter takes ids with a schema."""
    ids, taken = find_types(identity), find_types(parameter)
    return bool(ids) and ("string" in taken or ids <= taken or ids | taken <= NUMBERS)


def _path(path: str, body: Schema) -> dict[str, Any]:
    """Return the fields of the body that repeat a parameter of the path.

    The last part of a path names the returned thing itself, whose id is `id`.
    """
    outer, thing = _find_thing(path, body)
    fields = {plain(name): f"{outer}{field.where}" for name, field in _list_shown(thing)}
    found: dict[str, Any] = {}
    named, above = path_names(path), path.rstrip("/").rpartition("/")[0]
    for name in named:
        names_thing = _is_id(name) or plain(name) == plain(_name_thing(above))
        is_last = last_segment(path) == f"{{{name}}}" and names_thing
        if plain(name) in fields and (name != "id" or name == named[-1]):
            found[name] = infer(fields[plain(name)], "the body's field of the same name")
        elif is_last and (identity := _find_id(above, thing)):
            found[name] = infer(f"{outer}{identity.where}", "the id that the path ends with")
    return {"path": found} if found else {}


def _find_thing(path: str, body: Schema) -> tuple[str, Schema]:
    """Return where a body has the thing that a path names, and its schema: `/pet` in `{"pet": {}}`.

    It is the whole body unless one object has all of it, or a name that says so.
    """
    fields = _fields(body)
    objects = {n: form for n, each in fields.items() if len(form := _list_objects(each)) == 1}
    names = _CONTENT | {plain(_name_thing(path.rstrip("/").rpartition("/")[0]))}
    found = [name for name in objects if len(fields) == 1 or plain(name) in names]
    return (pointer(found), objects[found[0]][0]) if len(found) == 1 else ("", body)


def _list_objects(schema: Schema) -> list[Schema]:
    """Return the forms of a schema that are objects with fields; none if others are documented."""
    found = [form for form, _ in forms(schema) if form.get("type") != "null"]
    return found if all("properties" in form for form in found) else []


def _path_of_items(path: str, items: str, item: Schema) -> dict[str, Any]:
    """Return the fields of an item that repeat a parameter of the path, as `/items/*/pet_id`.

    The parameter may be named `id`, as in `/pets/{id}/visits`.
    """
    fields = {plain(name): field.where for name, field in _list_shown(item)}
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
    for name, field in _list_scalars(item):
        if (name in usual or name not in own) and "enum" not in field.schema:
            yield name, field


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
    named = {plain(name): field for name, field in _list_scalars(item)}
    thing = plain(_name_thing(path.rstrip("/")))
    own = (f"{thing}id", f"{thing}uuid", f"{thing}arn") if thing else ()
    known = ("id", *own, "uuid", "guid", "gid", "sid", "arn")
    unique = (*known, "name") if "displayname" in named else known  # AIP 122 and 148 of Google
    return next((named[each] for each in unique if each in named), None)


def _name_thing(path: str) -> str:
    """Return the name of one thing of a list at a path, in the singular; empty if it has none."""
    last = last_segment(path)
    if "{" in last:
        return ""
    return f"{last[:-3]}y" if last.endswith("ies") else last.removesuffix("s")


def _is_id(name: str) -> bool:
    return name == "id" or name.endswith(("_id", "Id"))


def _filter(
    name: str, schema: Schema, item: Schema, fields: Fields, text: str
) -> dict[str, Any] | None:
    """Return the field of an item that a parameter with a description filters by, or None."""
    stated, named = find_types(schema), name_field(name, fields)
    may_search = stated == {"string"} and "enum" not in schema and _SEARCHES.search(text)
    if may_search or NO_EQUALITY.fullmatch(snake_case(named).strip("_")):
        return None
    if named in fields and _states_filter(schema, fields[named].schema, text):
        return {"value": fields[named].where, "documented": "the parameter's description"}
    if guess := _guess_field(named, schema, fields):
        return infer(fields[guess[0]].where, guess[1])
    if named not in fields and (nested := _find_nested(named, schema, item)):
        return infer(nested, "the only field of that name in an object of the item")
    return None


def _guess_field(name: str, schema: Schema, fields: Fields) -> tuple[str, str] | None:
    """Return the field that a parameter filters by if its name is right, and the reason."""
    stated = find_types(schema)
    if name in fields and stated & SCALARS:
        return name, "the item's field of the same name"
    if stated != {"array"}:
        return None
    inner = child(schema, "items") if "items" in schema else {}
    if name in fields and find_types(fields[name].schema) & SCALARS:
        return name, "a list of values of the item's field of the same name"
    if field := _singular(name, inner, fields):
        return field, "a list of values of the item's field of that name"
    field = name.removesuffix("s") if name.removesuffix("s") in fields else "id"
    takes_ids = find_types(inner) == {"string"} and "enum" not in inner
    is_known = re.fullmatch(r"\w+_ids|ids", name) and field in fields and takes_ids
    return (field, "a list of ids") if is_known else None


def _states_filter(schema: Schema, field: Schema, text: str) -> bool:
    """Return whether a description says that a parameter selects the items with its value."""
    if _RELATES.search(text):
        return False
    if find_types(schema) == find_types(field) == {"string"} and "enum" not in schema:
        return bool(_SELECTS.search(text) and _EXACT.search(text))
    is_listed = "enum" in field and _list_values(schema) <= _list_values(field)
    is_flag = find_types(schema) == find_types(field) == {"boolean"}
    return bool(
        (is_listed and "enum" in schema and _SELECTS.search(text))
        or (is_flag and _SELECTS.search(text) and _WITH.search(text))
    )


def _find_nested(name: str, parameter: Schema, item: Schema) -> str | None:
    """Return the only field in objects of an item with the name and type of a parameter.

    The name may begin with those of the objects, as in `owner_id` or `owner.id`.
    """
    plain_name, found = snake_case(re.sub(r"\W+", "_", name)).strip("_"), {}
    if REPRESENTATION.fullmatch(plain_name):
        return None
    for where, schema in list_nested_fields(item, DEPTH):
        *above, last = map(str, where)
        names = (snake_case(last), snake_case("_".join((*above, last))))
        if above and not above[0].startswith("_") and plain_name in names:
            found[pointer(where)] = [form for form, _ in forms(schema)]
    alike = [at for at, stated in found.items() if any(_may_equal(parameter, s) for s in stated)]
    return alike[0] if len(found) == len(alike) == 1 else None


def _may_equal(parameter: Schema, field: Schema) -> bool:
    """Return whether a value of a parameter may be that of a field."""
    asked, shown = find_types(parameter) & SCALARS, find_types(field) & SCALARS
    listed = [_list_values(each) for each in (parameter, field) if "enum" in each]
    return bool(asked & shown) and (len(listed) < 2 or bool(frozenset.intersection(*listed)))


def _singular(name: str, one: Schema, fields: Fields) -> str | None:
    """Return the field whose documented values a parameter lists under its plural name."""
    listed = _list_values(one)
    named = (field for field in fields if name in (f"{field}s", f"{field}es"))
    return next((f for f in named if listed and listed <= _list_values(fields[f].schema)), None)


def _list_values(schema: Schema) -> frozenset[str]:
    """Return the values of an enumeration as JSON, except null."""
    values = (each for each in schema.get("enum", ()) if each is not None)
    return frozenset(json.dumps(each, sort_keys=True) for each in values)


def _fields(schema: Schema) -> dict[str, Schema]:
    return {name: child(schema, "properties", name) for name in schema.get("properties", {})}


def _is_list(schema: Schema, *, is_paged: bool = False) -> bool:
    """Return whether a schema is that of a list of objects; those of a paged list may be any."""
    item = _read_item(schema)
    return find_types(item) == {"object"} and (is_paged or "properties" in item)


def _read_item(array: Schema) -> Schema:
    """Return the schema of the fields that all items have; empty if there may be another value."""
    arrays = [form for form in _list_forms(array) if form.get("type") != "null"]
    if any("array" not in find_types(each) or "items" not in each for each in arrays):
        return {}
    return _common([form for each in arrays for form in _list_forms(child(each, "items"))])


def _list_forms(schema: Schema) -> list[Schema]:
    """Return the members of a union that states no type itself, or the schema alone."""
    return [schema] if find_types(schema) else [form for form, _ in forms(schema)]


def _common(items: Sequence[Schema]) -> Schema:
    """Return the schema of the fields that all forms of an object have.

    A form that states no fields may have any.
    """
    if any(find_types(each) != {"object"} for each in items):
        return {}
    stated = [each for each in items if "properties" in each] or [*items]
    if len(stated) < 2:
        return stated[0] if stated else {}
    first, *others = map(_fields, stated)
    fields = {
        name: schema
        for name, schema in first.items()
        if all(find_types(other.get(name, {})) == find_types(schema) for other in others)
    }
    required = set(fields).intersection(*(each.get("required", ()) for each in stated))
    return {"type": "object", "properties": fields, "required": sorted(required)}
