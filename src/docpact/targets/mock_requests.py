"""Requests to the mock: parameters that select items, and bodies that create or change things."""

from __future__ import annotations

import re
from collections import UserDict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final

import httpx

from docpact.bodies.engine import is_valid
from docpact.bodies.validate import validate, violations
from docpact.bodies.wording import json_type
from docpact.cases.bounds import members, sizes, types
from docpact.cases.encoded_bodies import decode_body
from docpact.cases.merging import UNDOCUMENTED
from docpact.cases.names import NAMES, list_fields, spell_fields
from docpact.cases.plain import describe_forms
from docpact.cases.samples import NoSampleError, minimal
from docpact.cases.sampling import sample_given
from docpact.cases.wire import read_content, write_value
from docpact.errors import UsageError
from docpact.model import Operation, Parameter, Schema
from docpact.model.documented import replaces
from docpact.model.paging import MAX_DIGITS
from docpact.model.path import snake_case
from docpact.model.pointer import mapping_of, tokens
from docpact.model.schema import child, fields_of, list_types
from docpact.model.times import CHANGED
from docpact.rules.comparison import is_same, read_time, write_alike
from docpact.text import suggest


class Refused(Exception):
    """A request that gets an error response; the detail is shown if no body is documented."""

    def __init__(self, status: int, detail: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.detail, self.headers = status, detail, headers or {}


class Given(UserDict[str, Any]):
    """Name → text of each required parameter and each one in the path of an operation.

    Those of the path may be set, unless they name items of a list.

    Attributes:
        listed: name → the list whose items it names.
    """

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.listed = dict[str, str]()
        super().__init__()
        self.data = dict[str, Any](sample_given(operation))

    def __setitem__(self, name: str, value: Any) -> None:
        """Set the text of a parameter, or of another value as a request sends it.

        Raises:
            UsageError: the path does not have such a parameter, or a list has its values.
        """
        if name in self.listed:
            raise UsageError(f"given[{name!r}]: it names items of {self.listed[name]}; set those")
        known = [each.name for each in self.operation.path_parameters]
        if name not in known:
            hint = suggest(name, known, f"it has: {', '.join(known) or 'none'}")
            problem = f"given[{name!r}]: no path parameter of {self.operation.id}"
            raise UsageError(f"{problem} has this name; {hint}")
        self.data[name] = write_value(value)


_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
"""A number as JSON writes it (RFC 8259, section 6)."""


def check_values(parameter: Parameter, texts: Sequence[str]) -> None:
    """Raise unless texts can be read as documented: of an array all of them, else the last one."""
    if parameter.is_array and any(texts):
        least, most = sizes(parameter.schema)
        if not least <= len(texts) <= (most or len(texts)):
            raise refuse_parameter(parameter.name, f"{len(texts):,} values")
    for text in texts if parameter.is_array else texts[-1:]:
        _check_value(parameter, text)


def _check_value(parameter: Parameter, text: str) -> None:
    """Raise unless a text can be read as a documented value; an empty text counts as absent."""
    if parameter.content is not None:
        if not read_content(parameter, text):
            raise refuse_parameter(parameter.name, "not the documented JSON")
        return
    schema = parameter.item_schema
    kinds = {*list_types(schema, [*map(json_type, members(schema) or ("",))])}
    if not text and "string" not in kinds:
        return
    readings: list[Any] = [text] if "string" in kinds else []
    readings += [_number(text, kinds)] if kinds & {"integer", "number"} else []
    readings += [{"true": True, "false": False}.get(text, text)] if "boolean" in kinds else []
    broken = [list(violations(schema, value)) for value in readings]
    if broken and all(broken):
        raise refuse_parameter(parameter.name, broken[0][0].documented)


def _number(text: str, kinds: Collection[str]) -> float | str:
    """Read a number as JSON writes it; return other texts as they are."""
    match = _NUMBER.fullmatch(text)
    if match and not (match[1] or match[2]) and len(text) <= MAX_DIGITS:
        return int(text)
    if match and "number" in kinds and isfinite(number := float(text)):
        return number
    return text


def read_length(text: str | None) -> int | None:
    """Return the length of a page that a parameter asks for; None for another text or none."""
    number = _number(text or "", ("number",))
    return None if isinstance(number, str) or number < 0 else int(number)


def refuse_parameter(name: str, problem: str, place: str = "query") -> Refused:
    """Return the error for a parameter that is not as documented, as frameworks write it."""
    return Refused(422, [{"loc": [place, name], "msg": problem, "type": "value_error"}])


FIRST: Final = 1_000
"""The first number that names a created thing whose sample has the name of another."""

ENVELOPE: Final = frozenset({"links", "_links", "meta"})
"""Fields that a thing and the object around it may both have (JSON:API 1.1, section 5)."""


@dataclass(slots=True)
class Written:
    """The things that requests have created and changed in one place.

    Attributes:
        fields: text that names an item in a path → the fields that requests have sent.
        keys: idempotency key → such a text.
        numbers: of the sample of each item, in the order of the items.
        created: number of items so far, also those that were deleted.
        things: those that no list shows.
        removed: texts that named a thing until it was deleted.
    """

    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    created: int = 0
    things: tuple[Any, ...] = ()
    removed: set[str] = field(default_factory=set)


def read_request(operation: Operation, request: httpx.Request) -> dict[str, Any]:
    """Return the fields of a request body, or refuse one that is not as documented."""
    if operation.body_schema is None or not (request.content or operation.request_body.required):
        return {}
    try:
        value = decode_body(operation, request.headers.get("content-type", ""), request.content)
    except ValueError as error:
        raise Refused(415, str(error)) from None
    for violation in violations(operation.body_schema, value):
        raise Refused(422, f"{violation.pointer}: {violation.keyword}")
    if isinstance(value, list) and operation.request_body.is_json_patch:
        return {tokens(one["path"])[0]: one.get("value") for one in value if one["path"][1:]}
    return value if isinstance(value, dict) else {}


def read_new(operation: Operation, request: httpx.Request) -> dict[str, Any]:
    """Return the fields of a new thing; those that a request leaves out get their default."""
    fields, known = read_request(operation, request), list_known(operation.body_schema or {})
    return {**{n: each["default"] for n, each in known.items() if "default" in each}, **fields}


def read_change(
    operation: Operation, request: httpx.Request, shown: Operation, written: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the fields that a request changes; those that a PUT leaves out get their default.

    Without a default they become null or absent, or the least value that the thing may show. The
    name of the thing stays. An object that was neither shown nor `written` may have the fields.
    """
    fields, schema = read_request(operation, request), shown.thing_schema
    is_put = replaces(operation.method, operation.title)
    known = list_known(operation.body_schema or {}) if is_put else {}
    name = operation.last_parameter.name if operation.last_parameter else "id"
    kept = {*fields, "id", *list_fields(known, name)}
    left = {name: each for name, each in known.items() if name not in kept}
    least = [_start(form) for form in describe_forms(schema)[:1]] if left else []
    own = merge_fields(schema, dict(least[0]), dict.fromkeys(left)) if least else {}
    fields = {**{n: each.get("default", own.get(n)) for n, each in left.items()}, **fields}
    named = {*written, *list_known(schema)}
    inner = next(iter(fields.values()), None) if len(fields) == 1 else None
    is_known = spell_fields(fields, schema).keys() <= named
    return inner if isinstance(inner, dict) and not is_known else fields


def move_times(thing: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a change, and later times of the last change that a thing shows."""
    own = mapping_of(thing)
    shown = {n: e for part in (*map(mapping_of, own.values()), own) for n, e in part.items()}
    times = {n: each for n, each in shown.items() if CHANGED.fullmatch(snake_case(n))}
    later = {
        name: f"{int(text[:4]) + 1:04}{text[4:]}"
        for name, text in times.items()
        if isinstance(text, str) and text[:4].isdecimal() and read_time(text)
    }
    return {**{name: text for name, text in later.items() if read_time(text)}, **fields}


def drop_parts(operation: Operation, fields: Mapping[str, Any], thing: Any) -> Any:
    """Return a thing without the documented parts of objects that a PUT leaves out."""
    is_put = replaces(operation.method, operation.title) and isinstance(thing, dict)
    for name, schema in list_known(operation.body_schema or {}).items() if is_put else ():
        old, new = thing.get(name), fields.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            known = list_known(schema)
            kept = {part: old[part] for part in old if part in new or part not in known}
            thing = {**thing, name: kept}
    return thing


def merge_fields(schema: Schema, body: Any, fields: Mapping[str, Any]) -> Any:
    """Return a body with the values of fields, where its schema allows them.

    Of a union it is the form that contradicts the fewest. Objects in the values have the fields
    that their schemas name, and all that they require. An optional field that cannot have its value
    is left out. If the body has none of the fields, or only such as `links`, an object in it gets
    them; the same body is returned if no object has one.
    """
    if not isinstance(body, dict) or not fields:
        return body
    found, own = describe_forms(schema), fields.keys() - ENVELOPE
    named = [form for form in found if list_properties(form).keys() & (own or fields.keys())]
    if named:
        bodies = [body if len(found) == 1 else _change_form(form, body) for form in named]
        merged = [_merge_form(form, each, fields) for form, each in zip(named, bodies, strict=True)]
        return min(merged, key=lambda each: _rank(schema, each, fields) if merged[1:] else 0)
    known = list_properties(found[0]) if found else {}
    nested = {n: merge_fields(known[n], body[n], fields) for n in known if n in body}
    changed = next((name for name, value in nested.items() if value is not body[name]), None)
    return body if changed is None else {**body, changed: nested[changed]}


def show_fields(schema: Schema, body: Any, fields: Mapping[str, Any]) -> Any:
    """Return a body with the values of fields, and with the fields of objects that it lacks."""
    shown = merge_fields(schema, body, fields)
    for name, each in fields.items():
        if isinstance(each, dict) and merge_fields(schema, body, {name: each}) is body:
            inner = {n: value for n, value in each.items() if n not in fields}
            shown = merge_fields(schema, shown, inner)
    return shown


def join_fields(old: Any, new: Any) -> Any:
    """Return old fields with the new ones; objects in both are joined, too."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return {**old, **{name: join_fields(old.get(name), new[name]) for name in new}}


def _merge_form(form: Schema, body: Mapping[str, Any], fields: Mapping[str, Any]) -> Any:
    """Return an object of one form with the values of the fields that it names."""
    known = list_properties(form)
    sent = {n: _complete(known[n], body.get(n), fields[n]) for n in fields if n in known}
    whole = {**body, **{n: value for n, value in sent.items() if is_valid(known[n], value)}}
    shown = {n: value for n, value in whole.items() if n not in sent or value == sent[n]}
    return shown if is_valid(form, shown) else whole


def _change_form(form: Schema, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an object of a form, with the fields of another object that it can have."""
    if is_valid(form, body):
        return body
    known = list_properties(form)
    kept = {n: body[n] for n in known if n in body and _fits(known[n], body[n])}
    return {**_start(form), **kept}


def _fits(schema: Schema, value: Any) -> bool:
    """Return whether a value is valid and has documented fields only."""
    found = validate(schema, value)
    return not (found.violations or found.undocumented)


def _start(form: Schema) -> Mapping[str, Any]:
    """Return an object with the required fields, or an empty one if no sample can be made."""
    with suppress(NoSampleError):
        found: Mapping[str, Any] = minimal({**form, "type": "object"})
        return found
    return {}


def _rank(schema: Schema, body: Mapping[str, Any], fields: Mapping[str, Any]) -> Any:
    """Return how badly a body shows fields: the least of several is the best."""
    same = [is_same(value, body[name]) for name, value in fields.items() if name in body]
    return not is_valid(schema, body), same.count(False), -len(same)


def _complete(schema: Schema, base: Any, value: Any) -> Any:
    """Return a value that was sent, its objects with the documented and required fields only."""
    if not isinstance(value, dict | list):
        return _name_thing(schema, base, write_alike(schema, value))
    joined = join_fields(base, value)
    if _fits(schema, joined):
        return joined
    kind = json_type(value)
    form = next((each for each in describe_forms(schema) if kind in types(each)), {})
    if isinstance(value, list):
        inner = child(form, "items") if isinstance(form.get("items"), Mapping) else {}
        return [_complete(inner, None, each) for each in value]
    if not form.get("properties"):
        return value
    return merge_fields(schema, base if isinstance(base, dict) else _start(form), value)


def _name_thing(schema: Schema, base: Any, value: Any) -> Any:
    """Return a scalar, or where only an object is valid, the thing that the scalar names."""
    if value is None or is_valid(schema, value):
        return value
    for form in describe_forms(schema):
        known = list_properties(form)
        for name in (each for each in known if each in NAMES or each.lower().endswith("id")):
            thing = {**(base if isinstance(base, dict) else _start(form)), name: value}
            if is_valid(schema, thing):
                return thing
    return value


def list_properties(form: Schema) -> dict[str, Schema]:
    """Return name → schema of the fields that the description of a form documents."""
    marked = (n for n, e in form.get("properties", {}).items() if e.get("$comment") == UNDOCUMENTED)
    left_out = {*marked}  # before their references are followed, which have no mark
    return {name: each for name, each in fields_of(form).items() if name not in left_out}


def list_known(schema: Schema) -> dict[str, Schema]:
    """Return name → schema of the documented fields of all forms."""
    forms = describe_forms(schema)
    return {name: each for form in forms for name, each in list_properties(form).items()}
