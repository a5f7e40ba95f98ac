"""The parameters of a query that choose the fields of a response, or add some to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

from docpact.model import Case, Operation, Parameter, Schema
from docpact.model.path import snake_case
from docpact.model.pointer import change_at, pointer, resolve, tokens
from docpact.model.roles import EXPANSION, SELECTION, selects_fields
from docpact.model.schema import child, follow, forms, join_statements, list_types, place, places

Fields: TypeAlias = Mapping[str, Any]

_CHOICE: Final = re.compile(
    r"((response|return|only|include|select|sparse|opt)_)?fields|select|attributes|columns|only"
    r"|projection|(field_?)?mask|includes?|properties"
)
"""Names, in snake case, of parameters that name the fields to show, and not those to hide."""

_JSON_API: Final = re.compile(r"fields\[[\w-]+\]")
_OF_KIND: Final = re.compile(rf"{_JSON_API.pattern}|\w+\.fields")

_FIELDS: Final = re.compile(r"\b(fields?|attributes?|propert(y|ies)|columns?)\b", re.IGNORECASE)

_RESTRICTS: Final = re.compile(
    r"\bonly\b[^.]{0,40}\b(fields?|attributes|properties|columns|returned|included|shown|these)\b"
    r"|\b(return|include|show|retrieve)s?( \w+){0,2} only\b|\b(subset|partial response|sparse)\b"
    r"|\b(to (return|show|retrieve)|to be (returned|shown|retrieved))\b"
    r"|\b(restricts?|limits? (the|results|responses?))\b",
    re.IGNORECASE,
)

_ADDS: Final = re.compile(
    r"\b(adds?\b|additional|extra|also|includ|expand|embed|related)", re.IGNORECASE
)

_MORE: Final = re.compile(r"\b(addition|extra|also|optional (field|attribute))", re.IGNORECASE)

_HIDES: Final = re.compile(
    r"\b(exclud(?!\w+ [^.]{0,60}\bby default)|hid(e|den)|except|leave out|not to"
    r"|to (omit|remove|drop|skip))",
    re.IGNORECASE,
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

_SCALARS: Final = frozenset({"string", "integer", "number", "boolean", "null"})


def can_choose_fields(operation: Operation) -> bool:
    """Return whether a request may choose the fields of the response."""
    names = [each.name for each in operation.query_parameters]
    names += follow(operation.body_schema or {})[0].get("properties", ())
    return operation.selects_fields((name, "") for name in names)


def chooses_fields(operation: Operation, case: Case) -> bool:
    """Return whether the query, or an object as body, chooses the fields of the response."""
    sent = json.loads(case.question.body) if case.question.body else None
    names = ((name, "") for name in (sent if isinstance(sent, dict) else ()))
    return operation.selects_fields((*case.query, *names))


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
        every: all enumerated names of fields.
        things: the names of the objects and arrays that it adds.
    """

    parameter: Parameter
    names: tuple[str, ...]
    required: frozenset[str]
    adds: bool = False
    is_documented: bool = True
    restricts: bool = False
    is_listed: bool = True
    within: str = ""
    every: tuple[str, ...] = ()
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
    if parameter.holder or parameter.content is not None:
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
    every = tuple(name for name in listed if name in schema.get("properties", {}))
    about = (names, required, False, is_documented, restricts, is_listed, within, every)
    return Selection(parameter, *about)


def _find_kind(operation: Operation, name: str, text: str) -> str | None:
    """Return how a parameter chooses fields, as a refinement or its name and description say."""
    if name in operation.roles.selections:
        return operation.roles.selections[name]
    plain = snake_case(_OF_KIND.sub("fields", name)).strip("_")
    if "[" in plain.removesuffix("[]") or _HIDES.search(text):
        return None
    adds = EXPANSION.fullmatch(plain) and re.search(r"\badds?\b", text, re.IGNORECASE)
    is_choice = _CHOICE.fullmatch(plain) or not SELECTION.fullmatch(plain)
    if is_choice and not adds and selects_fields(name, text):
        return "only" if _RESTRICTS.search(text) else "some"
    return "more" if EXPANSION.fullmatch(plain) and _ADDS.search(text) else None


def _find_thing(operation: Operation, name: str) -> tuple[Schema, str]:
    """Return the fields that a parameter chooses from (JSON:API 1.1, section 6.4), and where.

    Those of an object may have a parameter with its name.
    """
    schema = join_statements(operation.thing_schema)
    within = pointer(("attributes" if _JSON_API.fullmatch(name) else name.removesuffix("[]"),))
    within = within if operation.roles.is_list or within != "/attributes" else "/data/attributes"
    inner = join_statements(place(schema, within))
    return (inner, within) if inner.get("properties") else (schema, "")


def _may_be_thing(schema: Schema, name: str) -> bool:
    found = (each for each, _ in places(schema, f"/{name}"))
    return any("properties" in e or list_types(e) in (["object"], ["array"]) for e in found)


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
