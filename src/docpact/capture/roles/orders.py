"""Parameters that sort items, inferred from names, enumerations and descriptions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from docpact.capture.roles.item_fields import Fields, describe_role
from docpact.capture.roles.paging import NUMBERS
from docpact.capture.roles.ranges import find_field, names_field, snake
from docpact.model.schema import Schema, child, find_types
from docpact.model.times import CREATED

_ID: Final = re.compile(r"(^|_)(id|uuid)$")
"""Names of texts that encode something else, by which servers sort."""

_SORT: Final = re.compile(r"((query|list)_)?(sort|order)(_?by)?|ordering|sorting")
_SORT_OF_FIELD: Final = re.compile(r"(sort|order)(_?by)?\[(?P<field>\w+)\]", re.IGNORECASE)
_DIRECTION: Final = re.compile(r"((sort|order)(ing)?_)?(dir|direction|order)|sort")
_ASCENDING: Final = frozenset({"asc", "ascending"})
_DESCENDING: Final = frozenset({"desc", "descending"})
_SAYS_BY: Final = re.compile(r"\b(sort|order)(s|ed|ing)?\b.*\bby\b")
_SIGNED: Final = re.compile(
    r"(?P<sign>[-+]?)(?P<name>.*?)"
    r"(((?i:[ _:.,-])|(?<=[a-z])(?=[AD]))(?P<word>(?i:asc|desc|ascending|descending)))?"
)

_VALUE: Final = r"[-+]?\w+(?:[ :.,](?:asc|desc)\w*)?"
_QUOTED: Final = re.compile(rf"""([`'"])({_VALUE}(, ?{_VALUE})*)\1""", re.IGNORECASE)
"""Values of a parameter in its description: 'name', `-created:desc` or `id, name`."""

_SLASHED: Final = re.compile(r"\((\w+(?: ?/ ?\w+)+)\)")
"""The fields that a description lists in parentheses: (name/created_at)."""

_WORDS: Final = re.compile(
    r"\b(separated by|followed by) a colon\b|\[?field\]?:\[?(asc|direction)", re.IGNORECASE
)
"""Descriptions of values such as `name:desc`."""

_UPWARDS: Final = re.compile(
    r"\bascending by default\b|\bdefaults? (order |direction )?(to|is) (asc|ascending)\b",
    re.IGNORECASE,
)
"""Descriptions of the way in which the name of a field alone sorts."""

_AGE: Final = re.compile(r"(?P<word>newest|latest|oldest)(_first)?")
"""Values of a parameter, in snake case, that sort by age."""

_SAYS_DOWN: Final = re.compile(
    r"\b(most|highest|largest|greatest|newest|latest|longest)\b[\w ]{,20}\bfirst\b"
    r"|\bdescending\b",
    re.IGNORECASE,
)
_SAYS_UP: Final = re.compile(
    r"\b(least|fewest|lowest|smallest|oldest|earliest|shortest|cheapest)\b[\w ]{,20}\bfirst\b"
    r"|\bascending\b",
    re.IGNORECASE,
)
"""Descriptions of the way in which a value sorts."""

_SAYS_SIGN: Final = re.compile(
    r"""(prefix|prepend|leading|preced|minus|hyphen|[`'"]-[`'"])[^.]{,200}\bdesc"""
    r"""|\bdesc[^.]{,200}(prefix|prepend|leading|preced|minus|hyphen|[`'"]-[`'"])""",
    re.IGNORECASE,
)
"""Descriptions that say that a minus sign before the name of a field sorts downwards."""

_SAYS_SEVERAL: Final = re.compile(
    r"\bcomma[- ](separated|delimited)\b|\b(separated|delimited) (by|with) (a )?commas?\b",
    re.IGNORECASE,
)
"""Descriptions of a text with several values."""

_SAYS_FIELD: Final = re.compile(r"\b(field|propert(y|ies)|attribute|column)s?\b", re.IGNORECASE)
"""Descriptions of values that are the names of fields."""

_SAYS_TIES: Final = re.compile(
    r"\b(?P<about>(ties?|tied|same|equal|identical)\b[^.]{,120}?\b(sort|order|brok|rank|resolv)\w*"
    r" (by|on))( (the|their))? ?"
    r"[`'\"]?(?P<field>\w+)(?P<way>[^.]{,40})",
    re.IGNORECASE,
)
_OF_ORDER: Final = re.compile(r"\b(ties?|tied|key|value|field|property)\b", re.IGNORECASE)
"""Descriptions of the order of items that are equal by the field that sorts."""


def read_orders(
    query: Mapping[str, Schema], item: Fields, texts: Mapping[str, str]
) -> dict[str, Any]:
    """Return parameter → the documented orders: the values of its enumeration that name a field.

    Without one, they are those that its description quotes. A direction without a parameter beside
    it sorts by the field that its description names.
    """
    read = {name: _read_directions(name, schema) for name, schema in query.items()}
    directions = {name: values for name, values in read.items() if values}
    found = {}
    for name, schema in query.items():
        if family := _SORT_OF_FIELD.fullmatch(name):
            if orders := [*_list_family_orders(name, family["field"], schema, item)]:
                found[name] = {"value": orders, "documented": "the parameter's values"}
            continue
        if name in directions or not _SORT.fullmatch(snake(name)):
            continue
        is_array = find_types(schema) == {"array"}
        listed = (child(schema, "items") if is_array else schema).get("enum", ())
        quoted = () if listed else _list_quoted(texts.get(name, ""))
        values = [value for value in (*listed, *quoted) if isinstance(value, str)]
        orders = [each for value in values for each in _list_orders(name, value, item, directions)]
        orders += [each for value in values for each in _list_listed(name, value, item)]
        if orders:
            text = texts.get(name, "")
            _fill_ways(orders, text)
            is_text = not listed and _SAYS_SEVERAL.search(text) and _ASCENDING.isdisjoint(values)
            if schema.get("maxItems", 2) > 1 and not directions and (is_array or is_text):
                orders += [*_combine(orders, values, item, is_array=is_array)]
            orders += [*_list_ties(orders, text, item)]
            orders += [*_list_grouped(name, values, item, text)]
            found[name] = {"value": orders, "documented": "the parameter's values"}
        elif orders := [*_list_age_orders(name, values, item)]:
            field = orders[0]["field"].rpartition("/")[2]
            is_stated = names_field(texts.get(name, "").lower(), field)
            found[name] = describe_role(orders, "the words newest and oldest", is_stated=is_stated)
    for name in directions if len(directions) == 1 and not found else ():
        text = texts.get(name, "").lower()
        fields = [n for n in item if names_field(text, n) and find_sorted(n, item) == n]
        if len(fields) == 1 and _SAYS_BY.search(text):
            orders = [*_list_family_orders(name, fields[0], query[name], item)]
            found[name] = {"value": orders, "documented": "the parameter's description"}
    return found


def _fill_ways(orders: Sequence[dict[str, Any]], text: str) -> None:
    """State the way in which orders sort: upwards beside a sign, or as a description says."""
    signed = {each["field"] for each in orders if each["descending"]}
    for each in orders:
        if each["descending"] is None:
            is_upwards = each["field"] in signed or _UPWARDS.search(text)
            each["descending"] = False if is_upwards else _read_way(each["query"][-1][1], text)


def _read_way(value: str, text: str) -> bool | None:
    """Return whether a quoted value sorts downwards, as the words behind it say, or None."""
    found = re.search(rf"[`'\"]{re.escape(value)}[`'\"]([^.;`'\"]{{,80}})", text)
    says = found[1] if found else ""
    ways = bool(_SAYS_DOWN.search(says)), bool(_SAYS_UP.search(says))
    return ways[0] if ways in ((True, False), (False, True)) else None


def _list_quoted(text: str) -> list[str]:
    """Return the values that a description lists, also with the sign or word that it mentions."""
    lists = [each[1].split(",") for each in _QUOTED.findall(text)]
    lists += [each.split("/") for each in _SLASHED.findall(text)]
    found = [*dict.fromkeys(value.strip() for values in lists for value in values)]
    if _WORDS.search(text) and not any(":" in value for value in found):
        found = [f"{value}:{way}" for value in found for way in ("asc", "desc")]
    is_signed = _SAYS_SIGN.search(text) and not any(value[0] in "-+" for value in found)
    return [*found, *(f"-{value}" for value in found if is_signed)]


def _list_family_orders(
    name: str, named: str, schema: Schema, item: Fields
) -> Iterator[dict[str, Any]]:
    """Yield the orders of a parameter that has the name of its field: `order[created]=asc`."""
    field = find_sorted(named, item)
    for down, text in _read_directions("order", schema).items() if field else ():
        yield {"query": [[name, text]], "field": item[str(field)].where, "descending": down}


def _list_age_orders(name: str, values: Sequence[str], item: Fields) -> Iterator[dict[str, Any]]:
    """Yield the orders by age: those of the only time of creation of an item."""
    times = [field for named, field in item.items() if CREATED.fullmatch(snake(named))]
    for value in values if len(times) == 1 else ():
        if age := _AGE.fullmatch(snake(value)):
            order = {"query": [[name, value]], "field": times[0].where}
            yield order | {"descending": age["word"] != "oldest"}


def _read_directions(name: str, schema: Schema) -> dict[bool, str]:
    """Return whether descending → the value that a parameter of a direction takes."""
    values = {str(value).lower(): str(value) for value in schema.get("enum", ()) if value}
    if not _DIRECTION.fullmatch(snake(name)) or not values.keys() <= _ASCENDING | _DESCENDING:
        return {}
    return {low in _DESCENDING: value for low, value in values.items()}


def _list_orders(
    name: str, value: str, item: Fields, directions: Mapping[str, Mapping[bool, str]]
) -> Iterator[dict[str, Any]]:
    both = (_read_key(text, item) for text in (value, value.partition(",")[0]))
    key = next(filter(None, both), None)
    if key is None:
        return
    field, descending = key
    order = {"query": [[name, value]], "field": item[field].where, "descending": descending}
    if descending is not None or len(directions) != 1:
        yield order
        return
    ((other, texts),) = directions.items()
    for down, text in texts.items():
        yield {**order, "query": [[name, value], [other, text]], "descending": down}


def _read_key(text: str, item: Fields, *, is_tied: bool = False) -> tuple[str, bool | None] | None:
    """Return the field that a value sorts by, and whether downwards; None if it names none."""
    parts = _SIGNED.fullmatch(text)
    field = parts and find_sorted(parts["name"], item, is_tied=is_tied)
    if not parts or not field:
        return None
    word = (parts["word"] or "").lower()
    descending = True if parts["sign"] == "-" or word in _DESCENDING else None
    return field, False if parts["sign"] == "+" or word in _ASCENDING else descending


def _list_listed(name: str, value: str, item: Fields) -> Iterator[dict[str, Any]]:
    """Yield the orders of items that are equal by the first fields of `category,-price`."""
    within: list[str] = []
    for text in value.split(",") if "," in value else ():
        tied, key = (_read_key(text.strip(), item, is_tied=each) for each in (True, False))
        if tied is None:
            return
        if key and within:
            yield _nest([[name, value]], item[key[0]].where, key[1], within)
        within.append(item[tied[0]].where)


def _list_grouped(
    name: str, values: Sequence[str], item: Fields, text: str
) -> Iterator[dict[str, Any]]:
    """Yield the orders by a flag or an enumerated value, if the values of a parameter are fields.

    They are if the description says so, or if a value with a sign is documented, too: an order that
    is called `featured` may be any.
    """
    signs = {value.lstrip("-+") for value in values if value[:1] in ("-", "+")}
    for value in values:
        field, descending = _read_key(value, item, is_tied=True) or ("", None)
        schema = item[field].schema if field else {}
        is_unordered = find_types(schema) - {"null"} == {"boolean"} or "enum" in schema
        if is_unordered and (_SAYS_FIELD.search(text) or value.lstrip("-+") in signs):
            way = False if value in signs else descending
            order = {"query": [[name, value]], "field": item[field].where, "descending": way}
            yield order | {"grouped": True}


def _combine(
    orders: Sequence[dict[str, Any]], values: Sequence[str], item: Fields, *, is_array: bool
) -> Iterator[dict[str, Any]]:
    """Yield orders by two values of a parameter that takes several, with one pair per field."""
    single = {each["query"][0][1]: each for each in orders if "within" not in each}
    done: set[str] = set()
    for value in values:
        first = _read_key(value, item, is_tied=True)
        if first is None or first[0] in done:
            continue
        done.add(first[0])
        above = item[first[0]].where
        field = next((each["field"] for each in single.values() if each["field"] != above), None)
        for second in (each for each in single.values() if each["field"] == field):
            name, last = second["query"][0]
            query = [[name, value], [name, last]] if is_array else [[name, f"{value},{last}"]]
            if value in single:
                yield {**single[value], "query": query}
            yield _nest(query, second["field"], second["descending"], [above])


def _list_ties(
    orders: Sequence[dict[str, Any]], text: str, item: Fields
) -> Iterator[dict[str, Any]]:
    """Yield the order that a description states for items that are equal by the first field."""
    found = _SAYS_TIES.search(text)
    field = found and find_sorted(found["field"], item)
    if not found or not field:
        return
    ways = bool(_SAYS_DOWN.search(found["way"])), bool(_SAYS_UP.search(found["way"]))
    way = ways[0] if ways in ((True, False), (False, True)) else None
    for each in orders:
        own = each["field"].rpartition("/")[2]
        is_meant = _OF_ORDER.search(found["about"]) or names_field(found["about"].lower(), own)
        if "within" not in each and each["field"] != item[field].where and is_meant:
            yield _nest(each["query"], item[field].where, way, [each["field"]])


def _nest(query: Any, field: str, descending: bool | None, within: Sequence[str]) -> dict[str, Any]:
    return {"query": query, "field": field, "descending": descending, "within": [*within]}


def find_sorted(named: str, item: Fields, *, is_tied: bool = False) -> str | None:
    """Return the only field that a value of a sort parameter names, if its order is known.

    If the order of items that are equal by it is asked for, its own order need not be known.
    """
    fields = []
    for name, (_, schema) in item.items():
        types = find_types(schema)
        is_known = types <= {*NUMBERS, "string"} and "enum" not in schema
        is_code = types == {"string"} and _ID.search(snake(name))
        may_tie = is_tied and types <= {*NUMBERS, "string", "boolean"}
        if types and (may_tie or (is_known and not is_code)):
            fields.append(name)
    return find_field(named, fields)
