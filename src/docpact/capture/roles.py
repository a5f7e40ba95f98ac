"""Roles of parameters and fields, inferred from their names and types."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from docpact.capture.item_fields import (
    DEPTH,
    Field,
    Fields,
    describe_role,
    find_items,
    find_types,
    list_fields,
    name_field,
    read_item,
)
from docpact.capture.lines import Line
from docpact.capture.paging_roles import NUMBERS, SCALARS, TOKENS, infer, infer_paging
from docpact.capture.ranges import BOUND, may_include, read_bound, read_orders
from docpact.capture.searches import REPRESENTATION, SEARCHES, read_search
from docpact.model.paging import plain
from docpact.model.path import last_segment, name_counted, snake_case, without_keys
from docpact.model.path import names as path_names
from docpact.model.pointer import pointer, tokens
from docpact.model.roles import EVERY
from docpact.model.schema import (
    Schema,
    child,
    fields_of,
    follow,
    forms,
    list_nested_fields,
    place,
)

NO_EQUALITY: Final = re.compile(
    r"q|query|search(_.*)?|sort(_.*)?|order|order_?by|order_(dir|direction)|dir|direction"
    r"|(min|max|minimum|maximum|since|until|before|after|from|to)(_.*)?"
    r"|(start|starting|starts|end|ending|ends|begin|beginning)(_(at|on|time|date|datetime))?"
    r"|.*_(min|max|after|before|since|until|from|to|gte?|lte?|not|ne|like|contains|prefix)"
)
"""Names of parameters, in snake case, that bound, search or order items instead of selecting those
with one value."""

_CLASS: Final = re.compile(r"(.*_)?(status|state|type|kind|category)")
"""Names of parameters, in snake case, that select one class of items, and not e.g. a level and all
above it."""

_IDS: Final = ("id", "uuid", "guid", "gid", "sid", "arn")

_SELECTS: Final = re.compile(
    r"\b(filter(s|ed|ing)?|restricts?|limits?|select(s|ed)?|match(es|ing)?"
    r"|only(?! (appl|used|valid|relevant|when|if|for|available|works|has|with the))"
    r"|(with|having|of) (this|the (given|specified)))\b",
    re.IGNORECASE,
)
_DEPENDS: Final = re.compile(r"(?i)\b(appl|used|valid|relevant|when|if|works|sort|order)")
_WITH: Final = re.compile(r"\b(by|with|having|matching|whose|equals?)\b", re.IGNORECASE)
_EXACT: Final = re.compile(r"\bexact(ly)?\b|\bequals?\b", re.IGNORECASE)
_DIFFERS: Final = re.compile(f"{SEARCHES.pattern}|{_EXACT.pattern}", re.IGNORECASE)
"""Descriptions of parameters that select other items than those whose array has a value."""

_NAMES: Final = re.compile(r"\b(ids?|uuids?|slugs?|keys?|codes?|names?)\b", re.IGNORECASE)
"""Descriptions of parameters that may name the elements of an array in another way."""

_BOTH: Final = re.compile(r"(?i)\bif true\b[^.]{,200}\bonly\b.{,200}\bif false\b[^.]{,200}\bonly\b")
"""A description of a flag that says what either value selects."""

_ANY: Final = re.compile(r"\bat least one( of)?\b", re.IGNORECASE)

_RELATES: Final = re.compile(
    r"\b(at (least|most)|(?<!\bone )or (more|less|fewer|higher|lower|above|below|later|earlier"
    r"|older|newer)|greater|less than|m(in|ax)imum|exclud|except|not\b|unless|ignored|includ|also"
    r"|too\b|default|if (true|false|set))",
    re.IGNORECASE,
)
"""Descriptions of parameters that may select other items than those with their value."""


def read_filter(
    name: str, schema: Schema, item: Schema, fields: Fields, text: str
) -> dict[str, Any] | None:
    """Return the field of an item that a parameter with a description filters by, or None."""
    stated, named = find_types(schema), name_field(name, fields)
    may_search = stated == {"string"} and "enum" not in schema and SEARCHES.search(text)
    is_bound = NO_EQUALITY.fullmatch(snake_case(named).strip("_")) or BOUND.search(text)
    if may_search or is_bound or may_include(schema, text):
        return None
    own = fields.get(named)
    at = own.where if own else _find_nested(named, schema, item)
    if at and (why := _find_statement(named, schema, place(item, at), text)):
        return {"value": at, "documented": why}
    if guess := _guess_field(named, schema, fields, text):
        field = fields[guess[0]]
        return infer(f"{field.where}{_point_at_id(field)}", guess[1])
    why = "the only field of that name in an object of the item"
    return infer(at, why) if at and not own else None


def _guess_field(name: str, schema: Schema, fields: Fields, text: str) -> tuple[str, str] | None:
    """Return the field that a parameter filters by if its name is right, and the reason."""
    stated = find_types(schema)
    if name in fields and stated & SCALARS:
        return name, "the item's field of the same name"
    flag = name_field(f"is_{name}", fields)
    if stated == {"boolean"} and flag in fields and find_types(fields[flag].schema) == stated:
        return flag, "the item's flag of that name"
    if stated != {"array"}:
        return None
    inner = child(schema, "items") if "items" in schema else {}
    if name in fields and find_types(fields[name].schema) & SCALARS:
        return name, "a list of values of the item's field of the same name"
    if field := _singular(name, inner, fields):
        return field, "a list of values of the item's field of that name"
    field = name.removesuffix("s") if name.removesuffix("s") in fields else "id"
    takes_ids = find_types(inner) in ({"string"}, {"integer"}) and "enum" not in inner
    names_ids = re.fullmatch(r"\w+_ids|ids", name) or _point_at_id(fields.get(field))
    names_values = field != "id" and _SELECTS.search(text)
    takes_any = field in fields and takes_ids and (names_ids or names_values)
    return (field, f"a list of {'ids' if names_ids else 'its values'}") if takes_any else None


def _point_at_id(field: Field | None) -> str:
    """Return the pointer of the id of the object that is the value of a field, or nothing."""
    found = forms(field.schema) if field else ()
    stated = {name for form, _ in found for name in form.get("properties", {})}
    return next((f"/{name}" for name in _IDS if name in stated), "")


def _find_statement(name: str, schema: Schema, field: Schema, text: str) -> str:
    """Return what says that a parameter selects the items with its value; empty if nothing does."""
    is_flag = find_types(schema) == find_types(field) == {"boolean"}
    if is_flag and _BOTH.search(text.replace("`", "")):
        return "the parameter's description"
    if _RELATES.search(text):
        return ""
    says, selects = "the parameter's description", _SELECTS.search(text)
    if find_types(schema) == find_types(field) == {"string"} and "enum" not in schema:
        return says if selects and _EXACT.search(text) else ""
    if is_flag:
        return says if selects and _WITH.search(text) else ""
    one = child(schema, "items") if find_types(schema) == {"array"} else schema
    shown = _list_values(field)
    asked = _list_values(one) - {json.dumps(each) for each in EVERY if shown}.difference(shown)
    if selects and asked and asked <= shown:
        return says
    is_class = _CLASS.fullmatch(snake_case(name)) and not _DEPENDS.search(text)
    is_same = is_class and len(asked) > 1 and asked == shown
    return "the values and the name of the item's field" if is_same else ""


def _find_nested(name: str, parameter: Schema, item: Schema) -> str | None:
    """Return the only nested field with the name, perhaps prefixed, and type of a parameter."""
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
    return frozenset(json.dumps(v, sort_keys=True) for v in schema.get("enum", ()) if v is not None)


def read_member(name: str, schema: Schema, fields: Fields, text: str) -> dict[str, Any] | None:
    """Return the array of an item that has a parameter's value, with the evidence, or None."""
    subject = name_field(name, fields)
    named = (fields[each] for each in (subject, f"{subject}s") if each in fields)
    array = next((each for each in named if find_types(each.schema) == {"array"}), None)
    plain_name = snake_case(subject).strip("_")
    is_other = NO_EQUALITY.fullmatch(plain_name) or REPRESENTATION.fullmatch(plain_name)
    if array is None or is_other:
        return None
    one = child(schema, "items") if "items" in schema else schema
    element = child(array.schema, "items") if "items" in array.schema else {}
    text = _ANY.sub("", text)
    if not find_types(one) & find_types(element) & SCALARS or _DIFFERS.search(text):
        return None
    differs = _RELATES.search(text) or _NAMES.search(text)
    is_stated = bool(_SELECTS.search(text) and _WITH.search(text)) and not differs
    value = {"field": array.where, "lower": True, "contains": True}
    return describe_role(value, "the item's array of that name", is_stated=is_stated)


_BY_ID: Final = "last_id_parameter"

CONTAINERS: Final = frozenset({"array", "object"})

_CONTENT: Final = frozenset({"data", "result", "item"})
"""Names of the object in a body that is the returned thing."""


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
    texts = descriptions or {}
    paged = infer_paging(fields_of(query), body, prose or {}, texts)
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
    if by_id and not _takes_ids(fields_of(query)[by_id["value"]], ids):
        del paged[_BY_ID]
    found |= paged
    taken = {each["value"] for role, each in paged.items() if role.endswith("_parameter")}
    asked = {name: schema for name, schema in fields_of(query).items() if name not in taken}
    known = list_fields(item)
    selected = {
        n: r for n, s in asked.items() if (r := read_filter(n, s, item, known, texts.get(n, "")))
    }
    asked = {name: schema for name, schema in asked.items() if name not in selected}
    bounds: dict[str, Any] = {}
    for read in (read_bound, read_member, read_search):
        rest = [each for each in asked.items() if each[0] not in bounds]
        bounds |= {n: r for n, s in rest if (r := read(n, s, known, texts.get(n, "")))}
    orders = read_orders(asked, known, texts)
    parts = {"filters": selected, "bounds": bounds, "orders": orders}
    found |= {role: each for role, each in parts.items() if each}
    return found | (_path(path, body) or _path_of_items(path, found["items"]["value"], item))


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
    fields = {plain(name): f"{outer}{field.where}" for name, field in _list_shown(thing)}
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
    names = _CONTENT | {plain(_name_thing(path.rstrip("/").rpartition("/")[0]))}
    found = [name for name in objects if len(fields) == 1 or plain(name) in names]
    return (pointer(found), objects[found[0]][0]) if len(found) == 1 else ("", body)


def _list_objects(schema: Schema) -> list[Schema]:
    """Return the forms of a schema that are objects with fields; none if others are documented."""
    found = [form for form, _ in forms(schema) if form.get("type") != "null"]
    return found if all("properties" in form for form in found) else []


def _path_of_items(path: str, items: str, item: Schema) -> dict[str, Any]:
    """Return the fields of an item that repeat the path, as `/items/*/pet_id` in `/pets/{id}/x`."""
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
    known = ("id", *own, *_IDS)
    unique = (*known, "name") if "displayname" in named else known  # AIP 122 and 148 of Google
    return next((named[each] for each in unique if each in named), None)


def _name_thing(path: str) -> str:
    """Return the name of one thing of a list at a path, in the singular; empty if it has none."""
    last = last_segment(path)
    if "{" in last:
        return ""
    return f"{last[:-3]}y" if last.endswith("ies") else last.removesuffix("s")
