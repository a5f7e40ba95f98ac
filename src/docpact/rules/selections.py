"""Selections of fields: parameters that choose the fields of a response, or add some to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

from docpact.model import Exchange, Expected, Operation, Parameter, Promise, Question, Schema
from docpact.model.path import snake_case
from docpact.model.pointer import change_at, resolve, tokens
from docpact.model.roles import EXPANSION, selects_fields
from docpact.model.schema import child, forms, join_statements, list_types, place, places
from docpact.rules.evidence import Body, Evidence
from docpact.rules.pages import as_text, read_items
from docpact.rules.rule import Broken, Judged, group_breaches, rule
from docpact.rules.sameness import is_same
from docpact.text import excerpt

Fields: TypeAlias = Mapping[str, Any]

_CHOICE: Final = re.compile(
    r"((response|return|only|include|select|sparse)_)?fields|select|attributes|columns|only"
    r"|projection|(field_?)?mask|includes?"
)
"""Names, in snake case, of parameters that name the fields to show, and not those to hide."""

_JSON_API: Final = re.compile(r"fields\[[\w-]+\]")

_FIELDS: Final = re.compile(r"\b(fields?|attributes?|propert(y|ies)|columns?)\b", re.IGNORECASE)

_RESTRICTS: Final = re.compile(
    r"\bonly\b[^.]{0,40}\b(fields?|attributes|properties|columns|returned|included|shown|these)\b"
    r"|\b(return|include|show|retrieve)s?( \w+){0,2} only\b|\b(subset|partial response|sparse)\b"
    r"|\b(to (return|show|retrieve)|to be (returned|shown|retrieved))\b"
    r"|\b(restricts?|limits? (the|results|responses?))\b",
    re.IGNORECASE,
)

_ADDS: Final = re.compile(r"\b(additional|extra|also|includ|expand|embed|related)", re.IGNORECASE)

_MORE: Final = re.compile(r"\b(addition|extra|also|optional (field|attribute))", re.IGNORECASE)

_HIDES: Final = re.compile(
    r"\b(exclud|hid(e|den)|except|leave out|not to|to (omit|remove|drop|skip))", re.IGNORECASE
)

_OTHER_NAMES: Final = re.compile(r"\w[.\[(/]\w|\[\]|\b(by|their)( \w+)? ids?\b", re.IGNORECASE)
"""An example of fields that are named by a path, in brackets, or by an id."""

_IDENTITY: Final = re.compile(
    r"(.*_)?(id|ids|uuid|guid|key|url|uri|href)|_?(type|kind|object|etag|slug|self|links?|version)"
)
"""Names, in snake case, of fields that servers add to every selection."""

_DEPENDENT: Final = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "minProperties"}) | {
    "dependentRequired",
    "dependentSchemas",
}
"""Keywords by which a thing may need further fields."""

FEW: Final = 50
"""Up to this number of items, items without ids are compared with all others."""

_SCALARS: Final = frozenset({"string", "integer", "number", "boolean", "null"})


@dataclass(frozen=True, slots=True)
class Selection:
    """A parameter about the fields of the items of a list, or of the thing that is returned.

    Attributes:
        parameter: in the query.
        names: the documented scalar fields that it can name; of one that adds, its values.
        required: fields that every response may have.
        adds: whether it adds fields to the others.
        is_documented: whether its description mentions fields.
        restricts: whether it says that other fields are absent.
        is_listed: whether an enumeration documents how it names fields.
        within: JSON Pointer of the object with these fields in a thing.
        things: the names of the objects that it adds.
    """

    parameter: Parameter
    names: tuple[str, ...]
    required: frozenset[str]
    adds: bool = False
    is_documented: bool = True
    restricts: bool = False
    is_listed: bool = True
    within: str = ""
    things: frozenset[str] = frozenset()

    @property
    def takes_several(self) -> bool:
        """Whether it is documented how it names several fields."""
        has_commas = "comma" in self.parameter.description.lower()
        return has_commas is not (self.parameter.is_array and not self.parameter.is_joined)

    def may_omit(self, field: str) -> bool:
        """Return whether a response may lack a field that is not chosen."""
        return field not in self.required and not _IDENTITY.fullmatch(snake_case(field))

    def choose(self, item: Fields, texts: Sequence[str]) -> Fields:
        """Return an item with the fields that some texts name, if this restricts it to them."""
        asked = {name.strip() for text in texts for name in text.split(",")}
        if not self.restricts or not asked & {*self.names}:
            return item

        def keep(fields: Any) -> Any:
            return {n: value for n, value in fields.items() if n in asked or not self.may_omit(n)}

        inner = isinstance(resolve(item, self.within), Mapping)
        chosen: Fields = change_at(item, tokens(self.within), keep) if inner else item
        return chosen


@lru_cache(maxsize=64)
def find_selections(operation: Operation) -> tuple[Selection, ...]:
    """Return the parameters of a GET operation that choose or add fields."""
    if operation.method != "GET" or not operation.is_json:
        return ()
    found = (_read(operation, parameter) for parameter in operation.query_parameters)
    return tuple(each for each in found if each is not None and each.names)


def _read(operation: Operation, parameter: Parameter) -> Selection | None:
    name, text = parameter.name, re.sub(r"\b(e\.g|i\.e)\.", "", parameter.description)
    kinds = list_types(parameter.item_schema, "string")
    if parameter.holder or parameter.content is not None or name in operation.given:
        return None
    if "string" not in kinds or (kind := _find_kind(operation, name, text)) is None:
        return None
    schema, within = _find_thing(operation, name)
    listed = tuple(v for v in parameter.item_schema.get("enum", ()) if isinstance(v, str))
    required = frozenset(schema.get("required", ()))
    is_stated, is_listed = name in operation.roles.selections, bool(listed)
    if kind == "more":
        added = listed or tuple(_list_described(schema, text))
        things = frozenset(name for name in added if _may_be_thing(schema, name))
        return Selection(parameter, added, required, True, is_listed=is_listed, things=things)
    is_documented = is_stated or (
        bool(_FIELDS.search(text)) and (is_listed or not _OTHER_NAMES.search(text))
    )
    is_plain = not (schema.keys() & _DEPENDENT or _MORE.search(text))
    restricts = kind == "only" and is_documented and (is_stated or is_plain)
    names = tuple(n for n in _list_scalars(schema) if not listed or n in listed)
    return Selection(parameter, names, required, False, is_documented, restricts, is_listed, within)


def _find_kind(operation: Operation, name: str, text: str) -> str | None:
    """Return how a parameter chooses fields, as a refinement or its name and description say."""
    if name in operation.roles.selections:
        return operation.roles.selections[name]
    plain = snake_case(_JSON_API.sub("fields", name)).strip("_")
    if "[" in plain.removesuffix("[]") or _HIDES.search(text):
        return None
    if _CHOICE.fullmatch(plain) and selects_fields(name, text):
        return "only" if _RESTRICTS.search(text) else "some"
    return "more" if EXPANSION.fullmatch(plain) and _ADDS.search(text) else None


def _find_thing(operation: Operation, name: str) -> tuple[Schema, str]:
    """Return the fields that a parameter chooses from (JSON:API 1.1, section 6.4), and where."""
    is_list = operation.roles.is_list
    schema = join_statements(operation.thing_schema)
    within = "/attributes" if is_list else "/data/attributes"
    inner = join_statements(place(schema, within)) if _JSON_API.fullmatch(name) else {}
    return (inner, within) if inner.get("properties") else (schema, "")


def _may_be_thing(schema: Schema, name: str) -> bool:
    found = (each for each, _ in places(schema, f"/{name}"))
    return any("properties" in each or list_types(each) == ["object"] for each in found)


def _list_described(schema: Schema, text: str) -> Iterator[str]:
    """Yield the properties that a description names and that a thing may lack."""
    words, required = {*re.findall(r"\w+", text)}, {*schema.get("required", ())}
    yield from (n for n in schema.get("properties", ()) if n in words and n not in required)


def _list_scalars(schema: Schema) -> Iterator[str]:
    """Yield the properties that are scalars, without those that every selection may have."""
    for name in schema.get("properties", ()):
        stated = forms(child(schema, "properties", name))
        kinds = {kind for form, _ in stated for kind in list_types(form, "object")}
        if kinds and kinds <= _SCALARS and not _IDENTITY.fullmatch(snake_case(name)):
            yield name


@dataclass(frozen=True, slots=True)
class Look:
    """A response to a selection, between two responses to the request without it.

    Attributes:
        exchange: with the response.
        asked: the names that the query states.
        pairs: each item, and the same item as the other two responses show it; if it has no id,
            all items of unchanged lists.
    """

    exchange: Exchange
    asked: tuple[str, ...]
    pairs: tuple[tuple[Fields, tuple[Fields, ...]], ...]


def _find_looks(evidence: Evidence, selection: Selection) -> Iterator[Look]:
    cases = [body.exchange.case for body in evidence.bodies]
    plain = [n for n, c in enumerate(cases) if c.question == Question() and c.visit.page == 1]
    for number, body in enumerate(evidence.bodies):
        asked = _read_asked(body.exchange, selection)
        before, after = [n for n in plain if n < number], [n for n in plain if n > number]
        if asked and before and after:
            around = (evidence.bodies[before[-1]], evidence.bodies[after[0]])
            pairs = tuple(
                (_narrow(item, selection), tuple(_narrow(each, selection) for each in known))
                for item, known in _pair(evidence.operation, body, *around)
            )
            yield Look(body.exchange, asked, pairs)


def _read_asked(exchange: Exchange, selection: Selection) -> tuple[str, ...]:
    """Return the known names that a query states if it states nothing else."""
    case, parameter = exchange.case, selection.parameter
    texts = [text for name, text in case.query if name == parameter.name]
    names = tuple(name for text in texts for name in text.split(","))
    is_plain = case.question == Question(case.query) and len(texts) == len(case.query)
    is_usual = case.expectation.answer is not Expected.REJECTED and (
        len(names) == 1 or selection.takes_several
    )
    return names if is_plain and is_usual and {*names} <= {*selection.names} else ()


def _pair(
    operation: Operation, chosen: Body, before: Body, after: Body
) -> Iterator[tuple[Fields, tuple[Fields, ...]]]:
    shown, one, other = (_read_things(operation, body) for body in (chosen, before, after))
    if not operation.roles.is_list:
        yield from ((item, (*one, *other)) for item in shown if one and other)
        return
    where = operation.roles.id or "/id"
    groups = [_group(items, where) for items in (shown, one, other)]
    for name, items in groups[0].items():
        same = [group.get(name, []) for group in groups]
        if name is not None and [*map(len, same)] == [1, 1, 1]:
            yield items[0], (same[1][0], same[2][0])
    unnamed = groups[0].get(None, [])
    if one == other and len(unnamed) == len(one) <= FEW:
        yield from ((item, tuple(one)) for item in unnamed)


def _narrow(item: Fields, selection: Selection) -> Fields:
    """Return the part of a thing that a selection is about."""
    found = resolve(item, selection.within)
    return found if isinstance(found, dict) else {}


def _group(items: Sequence[Fields], where: str) -> dict[str | None, list[Fields]]:
    found: dict[str | None, list[Fields]] = {}
    for item in items:
        found.setdefault(as_text(resolve(item, where)), []).append(item)
    return found


def _read_things(operation: Operation, body: Body) -> list[Fields]:
    """Return the items of a list, or the one thing that is returned."""
    value = body.decoded.value
    if operation.roles.is_list:
        return [item.fields for item in read_items(operation, value)]
    return [value] if isinstance(value, dict) else []


def _is_confirmed(selection: Selection, looks: Sequence[Look]) -> bool:
    """Return whether a response keeps a field that was chosen, and omits another one."""
    return any(
        any(field in item for field in look.asked)
        and any(selection.may_omit(n) and n not in item for n in _list_common(known))
        for look in looks
        for item, known in look.pairs
    )


def _list_common(known: Sequence[Fields]) -> set[str]:
    return {*known[0]}.intersection(*known)


def _find_fault(selection: Selection, look: Look, *, is_sure: bool) -> str | None:
    """Return how a response differs from a selection, in one short line."""
    if selection.adds:
        return _find_lost(look) or _find_other(selection, look)
    for item, known in look.pairs:
        for field in look.asked:
            fault = _find_change(field, item, known)
            is_gone = is_sure and all(path[-1] != field for path in _list_paths(item))
            if fault is not None and (item.get(field) or is_gone):
                return fault
    if selection.restricts and _is_ignored(look):
        others = [
            name
            for item, _ in look.pairs
            for name, value in item.items()
            if value and selection.may_omit(name) and name not in look.asked
        ]
        return f"all other fields too, e.g. {others[0]}" if others else None
    return None


def _find_change(field: str, item: Fields, known: Sequence[Fields]) -> str | None:
    """Return how a field differs from its value in other responses, if these agree."""
    values = [each.get(field) for each in known]
    if any(value is None for value in values):
        return None
    if field not in item:
        return f"no {field}, which the response without the parameter has"
    is_stable = len(values) != 2 or is_same(*values)
    if is_stable and not any(is_same(value, item[field]) for value in values):
        return f"{field} {excerpt(item[field], 40)}, otherwise {excerpt(values[0], 40)}"
    return None


def _is_ignored(look: Look) -> bool:
    """Return whether every item has all its fields, at any depth, with one that was chosen."""
    return all(
        {*_list_paths(item)} >= set.intersection(*({*_list_paths(each)} for each in known))
        and not {*look.asked}.isdisjoint(_list_common(known))
        for item, known in look.pairs
    )


def _list_paths(value: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the paths of fields with a value; servers may show absent ones as null, empty or 0."""
    if isinstance(value, dict):
        for name, each in value.items():
            if each:
                yield (*above, name)
                yield from _list_paths(each, (*above, name))
    elif isinstance(value, list):
        for each in value:
            yield from _list_paths(each, above)


def _find_lost(look: Look) -> str | None:
    """Return the field that is lost where others are added; a name may give way to its thing."""
    for item, known in look.pairs:
        added = {*item}.difference(*known)
        for field in sorted(_list_common(known)) if added else ():
            value = known[0][field]
            is_count = isinstance(value, int | float) and field in item
            is_scalar = not isinstance(value, dict | list) and not is_count
            is_moved = any(w in field or field in w for w in (*added, *look.asked))
            if is_scalar and not is_moved and (fault := _find_change(field, item, known)):
                return fault
    return None


def _find_other(selection: Selection, look: Look) -> str | None:
    """Return the thing that is shown for the name of another one, or that no item shows.

    No value of another thing repeats the name; `owner_id` may name an `owner`, too.
    """
    is_whole = all(_list_common(known) <= {*item} for item, known in look.pairs)
    for field in look.asked:
        found = [(item.get(field), _list_names(known, field)) for item, known in look.pairs]
        for thing, names in found:
            if isinstance(thing, dict) and thing.get("id") and len(names) == 1:
                shown, (name,) = filter(None, map(as_text, thing.values())), names
                if not any(text in name or name in text for text in shown):
                    return f"{field} with the id {excerpt(thing['id'], 40)}, otherwise {name}"
        ids = (field, f"{field}_id", f"{field}Id")
        named = all(_list_names(known, *ids) for _, known in look.pairs)
        is_shown = any(isinstance(thing, dict | list) for thing, _ in found)
        is_missed = is_whole and len(found) > 1 and named and not is_shown
        if field in selection.things and is_missed:
            return f"no {field}, although every item names one"
    return None


def _list_names(known: Sequence[Fields], *fields: str) -> set[str]:
    return {text for each in known for name in fields if (text := as_text(each.get(name)))}


@rule(
    "query.selection",
    "A client misses the fields that it asked for, or reads wrong values.",
    needs_own_requests=True,
)
def judge_selections(evidence: Evidence) -> Iterator[Judged]:
    """A query that chooses fields gets them unchanged, and one that adds some keeps the others."""
    for selection in find_selections(evidence.operation):
        looks = [each for each in _find_looks(evidence, selection) if each.pairs]
        is_confirmed = _is_confirmed(selection, looks)
        name, tested = selection.parameter.name, selection.is_documented or is_confirmed
        others = " and no others" if selection.restricts else ""
        stated = "the other fields as before" if selection.adds else f"the chosen fields{others}"
        source = evidence.operation.description_source(name)
        promise = Promise("query.selection", f"query/{name}", stated, source)
        looks = looks if tested else []
        is_sure = selection.is_listed or is_confirmed
        faults = ((each.exchange, _find_fault(selection, each, is_sure=is_sure)) for each in looks)
        broken = [Broken(exchange, promise.location, text) for exchange, text in faults if text]
        yield promise, len(looks), group_breaches(broken, len(looks))


RULES: Final = (judge_selections,)
