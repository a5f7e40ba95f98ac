"""Parameters that select the items with some values, by names, types and descriptions."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from docpact.capture.roles.item_fields import (
    DEPTH,
    ONE_OF,
    Field,
    Fields,
    describe_role,
    name_field,
)
from docpact.capture.roles.paging import NUMBERS, SCALARS, infer
from docpact.capture.roles.ranges import BOUND, may_include
from docpact.capture.roles.relations import CLOSED, REPRESENTATION, SEARCHES
from docpact.model.path import list_plurals, snake_case
from docpact.model.pointer import pointer
from docpact.model.roles import EVERY
from docpact.model.schema import (
    Schema,
    child,
    fields_of,
    find_types,
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

IDS: Final = ("id", "uuid", "guid", "gid", "sid", "arn")

_SELECTS: Final = re.compile(
    r"\b(filter(s|ed|ing)?|restricts?|limits?|select(s|ed)?|match(es|ing)?"
    r"|only(?! (appl|used|valid|relevant|when|if|for|available|works|has|with the))"
    r"|(with|having|of) (exactly )?(this|the (given|specified)))\b",
    re.IGNORECASE,
)
_DEPENDS: Final = re.compile(r"(?i)\b(appl|used|valid|relevant|when|if|works|sort|order)")
_WITH: Final = re.compile(r"\b(by|with|having|matching|whose|equals?)\b", re.IGNORECASE)
_EXACT: Final = re.compile(r"\bexact(ly)?\b|\bequals?\b", re.IGNORECASE)
_DIFFERS: Final = re.compile(f"{SEARCHES.pattern}|{_EXACT.pattern}", re.IGNORECASE)
"""Descriptions of parameters that select other items than those whose array has a value."""

_NAMES: Final = re.compile(r"\b(ids?|uuids?|slugs?|keys?|codes?|names?)\b", re.IGNORECASE)
"""Descriptions of parameters that may name the elements of an array in another way."""

_BOTH: Final = re.compile(
    r"\btrue\b[^.;]{,200}\bonly\b.{,200}\bfalse\b[^.;]{,200}\bonly\b"
    r"|\bonly\b[^.;]{,200}\(true\)(?![^.;]{,200}\b(all|any|both|every\w*)\b)[^.;]{,200}\(false\)",
    re.IGNORECASE,
)
"""A description of a flag that says what either value selects."""

_NESTS: Final = re.compile(r"categor|folder|director|group|parent|department|region|location|area")
"""Names of parameters, in snake case, whose value may contain others, which have numbers, too."""

_ANY: Final = re.compile(r"\bat least one( of)?\b", re.IGNORECASE)

_ONE_OF: Final = re.compile(
    r"\b(one|any|either) of (these|those|the)\b|\bmultiple values\b[^.]{,40}\bcomma",
    re.IGNORECASE,
)
"""Descriptions of parameters that select the items with one of several values."""

_ID: Final = re.compile(rf"(.*_)?({'|'.join(IDS)})")
"""Names of parameters, in snake case, whose values identify single things."""

_OF_OTHERS: Final = re.compile(r"\b(ids?|uuids?|keys?|codes?) (of|for|from)\b", re.IGNORECASE)

_COMMAS: Final = re.compile(r"\b(commas?|csv)\b", re.IGNORECASE)
_NO_COMMAS: Final = re.compile(
    r"\b(not?|without|escaped?|two|pairs?|lowest|latitude)\b", re.IGNORECASE
)

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
    is_joined = stated == {"string"} and not schema.keys() & CLOSED and _is_joined(name, text)
    own = fields.get(named)
    at = own.where if own else _find_nested(named, schema, item)
    schema = {"type": "array", "items": schema} if is_joined else schema
    joined = {"joined": True} if is_joined else {}
    is_several = find_types(schema) == {"array"}
    guess = _guess_field(named, schema, fields, text)
    if not at and is_several and guess:
        at = fields[guess[0]].where
    if at and (why := _find_statement(named, schema, place(item, at), text)):
        return {"value": at, "documented": why, **joined}
    if guess:
        field = fields[guess[0]]
        return {**infer(f"{field.where}{_point_at_id(field)}", guess[1]), **joined}
    why = "the only field of that name in an object of the item"
    return {**infer(at, why), **joined} if at and not own else None


def _is_joined(name: str, text: str) -> bool:
    """Return whether one text may have several values, with commas between them."""
    is_one_of = (ending := ONE_OF.search(name)) and "in" in ending[0].lower()
    return bool((_COMMAS.search(text) or (is_one_of and not text)) and not _NO_COMMAS.search(text))


def _guess_field(name: str, schema: Schema, fields: Fields, text: str) -> tuple[str, str] | None:
    """Return the field that a parameter filters by if its name is right, and the reason."""
    stated = find_types(schema)
    if name in fields and stated & SCALARS:
        types = find_types(fields[name].schema)
        is_other = stated == {"boolean"} and types.isdisjoint({"boolean", "string"}) and types
        is_field = not is_other and types != {"array"}
        return (name, "the item's field of the same name") if is_field else None
    flag = name_field(f"is_{name}", fields)
    if stated == {"boolean"} and flag in fields and find_types(fields[flag].schema) == stated:
        return flag, "the item's flag of that name"
    if stated != {"array"}:
        return None
    inner = child(schema, "items") if "items" in schema else {}
    if name in fields:
        is_one = find_types(fields[name].schema) & SCALARS
        return (name, "a list of values of the item's field of the same name") if is_one else None
    if field := _singular(name, inner, fields):
        return field, "a list of values of the item's field of that name"
    owner, usual = snake_case(name).removesuffix("_ids"), [n for n in IDS if n in fields]
    field = owner if _point_at_id(fields.get(owner)) else name_field(name.removesuffix("s"), fields)
    field = field if field in fields else (usual or ["id"])[0]
    takes_ids = find_types(inner) in ({"string"}, {"integer"}) and "enum" not in inner
    names_ids = re.fullmatch(r"\w+_ids|ids", snake_case(name)) or _point_at_id(fields.get(field))
    names_values = field not in usual and _SELECTS.search(text)
    takes_any = field in fields and takes_ids and (names_ids or names_values)
    return (field, f"a list of {'ids' if names_ids else 'its values'}") if takes_any else None


def _point_at_id(field: Field | None) -> str:
    """Return the pointer of the id of the object that is the value of a field, or nothing."""
    found = forms(field.schema) if field else ()
    stated = {name for form, _ in found for name in form.get("properties", {})}
    return next((f"/{name}" for name in IDS if name in stated), "")


def _find_statement(name: str, schema: Schema, field: Schema, text: str) -> str:
    """Return what says that a parameter selects the items with its value; empty if nothing does."""
    is_flag = find_types(schema) == find_types(field) == {"boolean"}
    if is_flag and _BOTH.search(text.replace("`", "")):
        return "the parameter's description"
    if _RELATES.search(text):
        return ""
    says, selects = "the parameter's description", _SELECTS.search(text)
    is_several = find_types(schema) == {"array"} and "items" in schema
    one = child(schema, "items") if is_several else schema
    is_text = find_types(schema) == find_types(field) == {"string"} and "enum" not in schema
    is_free = is_several and bool(find_types(one) & find_types(field)) and "enum" not in one
    has_numbers = not find_types(one) - NUMBERS
    is_number = not is_several and find_types(field) <= NUMBERS and find_types(schema) <= NUMBERS
    is_only, is_with = states_only_this(name, text), selects and _WITH.search(text)
    is_id = _ID.fullmatch(snake_case(name)) and not _NESTS.search(snake_case(name))
    is_by_id = is_id and (is_only or is_with)
    is_any = is_with or _ONE_OF.search(text)
    is_other = _OF_OTHERS.search(text) or SEARCHES.search(text)
    for is_kind, is_stated in (
        (is_text, is_by_id or (selects and _EXACT.search(text))),
        (is_flag, selects and _WITH.search(text)),
        (is_free, is_any and not is_other and (has_numbers or _EXACT.search(text))),
        (is_number and "enum" not in schema, is_by_id or is_only),
    ):
        if is_kind:
            return says if is_stated else ""
    shown = _list_values(field)
    asked = _list_values(one) - {json.dumps(each) for each in EVERY if shown}.difference(shown)
    if selects and asked and asked <= shown:
        return says
    is_class = _CLASS.fullmatch(snake_case(name)) and not _DEPENDS.search(text)
    is_same = is_class and len(asked) > 1 and asked == shown
    return "the values and the name of the item's field" if is_same else ""


def states_only_this(name: str, text: str) -> bool:
    """Return whether a description says that only items with the parameter's value are shown.

    It names the parameter, as "only orders of this customer" names `customer_id`.
    """
    plain_name = snake_case(re.sub(r"\W+", "_", name)).strip("_")
    subject = re.sub(r"_(id|uuid|key|code|name|slug|number)$", "", plain_name)
    words = re.escape(subject.removesuffix("s")).replace("_", "[ _-]")
    only = rf"(?i)\bonly\b[^.]{{,100}}\b(this|the (given|specified)) {words}"
    is_side = re.search(
        r"(?i)\b(before|after|since|from|until|to|below|above|under|over|than)\b", text
    )
    return bool(re.search(only, text)) and not is_side and not _NESTS.search(plain_name)


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
    named = (field for field in fields if name in list_plurals(field)[1:])
    return next((f for f in named if listed and listed <= _list_values(fields[f].schema)), None)


def _list_values(schema: Schema) -> frozenset[str]:
    """Return the values of an enumeration as JSON, except null."""
    return frozenset(json.dumps(v, sort_keys=True) for v in schema.get("enum", ()) if v is not None)


def read_member(name: str, schema: Schema, fields: Fields, text: str) -> dict[str, Any] | None:
    """Return the array of an item that has a parameter's value, with the evidence, or None.

    Its elements may be objects with the value in one field.
    """
    subject, text = name_field(name, fields), _ANY.sub("", text)
    plain_name = snake_case(re.sub(r"[\W_]+", "_", subject)).strip("_")
    is_other = NO_EQUALITY.fullmatch(plain_name) or REPRESENTATION.fullmatch(plain_name)
    found = None if is_other else _find_array(plain_name, fields, text)
    if found is None or _DIFFERS.search(text):
        return None
    array, inner, is_named = found
    one = child(schema, "items") if "items" in schema else schema
    element = child(array.schema, "items") if "items" in array.schema else {}
    shown = fields_of(element).get(inner, {}) if inner else element
    if not find_types(one) & find_types(shown) & SCALARS:
        return None
    differs = _RELATES.search(text) or not is_named
    selects = bool(_SELECTS.search(text) and _WITH.search(text)) or states_only_this(name, text)
    is_stated = selects and not differs
    where = f"{array.where}{pointer(('*', inner))}" if inner else array.where
    value = {"field": where, "lower": True, "contains": True}
    return describe_role(value, "the item's array of that name", is_stated=is_stated)


_NAMED: Final = ("name", "slug", "key", "title", "label", "code", "id")
"""Names of fields by which people name the elements of an array, the usual ones first."""


def _find_array(named: str, fields: Fields, text: str) -> tuple[Field, str, bool] | None:
    """Return the array with a name in the plural, and the field of its elements, if they have any.

    With them comes whether the parameter or its description says by which field it selects.
    """
    arrays = {snake_case(n): f for n, f in fields.items() if find_types(f.schema) == {"array"}}
    words = named.split("_")
    for end in range(len(words), 0, -1):
        stem, last = "_".join(words[:end]), "_".join(words[end:])
        array = next((arrays[each] for each in list_plurals(stem) if each in arrays), None)
        if array is None:
            continue
        element = child(array.schema, "items") if "items" in array.schema else {}
        inner = fields_of(element)
        if not inner:
            return None if last else (array, "", not _NAMES.search(text))
        said = [n for n in inner if re.search(rf"\b{re.escape(n)}s?\b", text, re.IGNORECASE)]
        sure = [n for n in inner if snake_case(n) == last] if last else said
        usual = sure or ([] if last else [n for n in _NAMED if n in inner])
        return (array, usual[0], len(sure) == 1) if usual else None
    return None
