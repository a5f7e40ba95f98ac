"""Parameters that select items by one of their fields, inferred from names and descriptions."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from docpact.capture.item_fields import DEPTH, Fields, describe_role, find_types, name_field
from docpact.capture.paging_roles import SCALARS, infer
from docpact.model.path import snake_case
from docpact.model.pointer import pointer
from docpact.model.roles import EVERY
from docpact.model.schema import Schema, child, forms, list_nested_fields

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

_CLASS: Final = re.compile(r"(.*_)?(status|state|type|kind|category)")
"""Names of parameters, in snake case, that select one class of items, and not e.g. a level and all
above it."""

_SEARCHES: Final = re.compile(
    r"\b(search|contain(s|ed|ing)?\b|partial|prefix|suffix|substring|fuzzy|keyword|full.?text|regex|wildcard"
    r"|(starts?|begins?|ends?) with|part of|like\b)",
    re.IGNORECASE,
)
"""Descriptions of parameters that find other texts than their value, too."""

_SEARCH: Final = re.compile(r"q|query|search(_(terms?|text|query|string|phrase))?|keywords?")
"""Names, in snake case, of parameters that search items for words."""

_RANKS: Final = re.compile(
    r"\b(semantic|vector|similar|embedding|rank|relevan|boost|nearest|closest|highlight|suggest"
    r"|expression|syntax|sql|sort|order|if |when|unless|ignor|exclud|without|not\b)",
    re.IGNORECASE,
)
"""Descriptions of parameters that may show items without their words, or no words."""

_NO_TEXT: Final = re.compile(rf"{REPRESENTATION.pattern}|(.*_)?(ids?|key|token|cursor)")
_CLOSED: Final = frozenset({"enum", "const", "format", "pattern", "maxLength", "default"})

_SELECTS: Final = re.compile(
    r"\b(filter(s|ed|ing)?|restricts?|limits?|select(s|ed)?|match(es|ing)?"
    r"|only(?! (appl|used|valid|relevant|when|if|for|available|works|has|with the)))\b",
    re.IGNORECASE,
)
_DEPENDS: Final = re.compile(
    r"\b(appl|used|valid|relevant|when|if|works|sort|order)", re.IGNORECASE
)
_WITH: Final = re.compile(r"\b(by|with|having|matching|whose|equals?)\b", re.IGNORECASE)
_EXACT: Final = re.compile(r"\bexact(ly)?\b|\bequals?\b", re.IGNORECASE)
_DIFFERS: Final = re.compile(f"{_SEARCHES.pattern}|{_EXACT.pattern}", re.IGNORECASE)
"""Descriptions of parameters that select other items than those whose array has a value."""

_NAMES: Final = re.compile(r"\b(ids?|uuids?|slugs?|keys?|codes?|names?)\b", re.IGNORECASE)
"""Descriptions of parameters that may name the elements of an array in another way."""

_ANY: Final = re.compile(r"\bat least one( of)?\b", re.IGNORECASE)

_RELATES: Final = re.compile(
    r"\b(at (least|most)|or (more|less|fewer|higher|lower|above|below|later|earlier|older|newer)"
    r"|greater|less than|m(in|ax)imum|exclud|except|not\b|unless|ignored|includ|also|too\b|default"
    r"|if (true|false|set))",
    re.IGNORECASE,
)
"""Descriptions of parameters that may select other items than those with their value."""


def read_filter(
    name: str, schema: Schema, item: Schema, fields: Fields, text: str
) -> dict[str, Any] | None:
    """Return the field of an item that a parameter with a description filters by, or None."""
    stated, named = find_types(schema), name_field(name, fields)
    may_search = stated == {"string"} and "enum" not in schema and _SEARCHES.search(text)
    if may_search or NO_EQUALITY.fullmatch(snake_case(named).strip("_")):
        return None
    if named in fields and (why := _find_statement(named, schema, fields[named].schema, text)):
        return {"value": fields[named].where, "documented": why}
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
    takes_ids = find_types(inner) in ({"string"}, {"integer"}) and "enum" not in inner
    is_known = re.fullmatch(r"\w+_ids|ids", name) and field in fields and takes_ids
    return (field, "a list of ids") if is_known else None


def _find_statement(name: str, schema: Schema, field: Schema, text: str) -> str:
    """Return what says that a parameter selects the items with its value; empty if nothing does."""
    if _RELATES.search(text):
        return ""
    says, selects = "the parameter's description", _SELECTS.search(text)
    if find_types(schema) == find_types(field) == {"string"} and "enum" not in schema:
        return says if selects and _EXACT.search(text) else ""
    if find_types(schema) == find_types(field) == {"boolean"}:
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
    values = (each for each in schema.get("enum", ()) if each is not None)
    return frozenset(json.dumps(each, sort_keys=True) for each in values)


def read_search(name: str, schema: Schema, fields: Fields, text: str) -> dict[str, Any] | None:
    """Return the text of an item, or the whole item, that has a parameter's words, or None."""
    named = name_field(name, fields)
    says, field = _SEARCHES.search(text), fields.get(named)
    is_whole = _SEARCH.fullmatch(snake_case(named).strip("$_"))
    is_text = says and field and find_types(field.schema) == {"string"}
    is_text = is_text and not _NO_TEXT.fullmatch(snake_case(named))
    is_free = find_types(schema) == {"string"} and not schema.keys() & _CLOSED
    if not is_free or not (is_whole or is_text) or _RANKS.search(text):
        return None
    where = "" if is_whole else fields[named].where
    value = {"field": where, "lower": True, "contains": True}
    return describe_role(value, "the name", is_stated=bool(says))


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
