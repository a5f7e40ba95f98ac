"""Writes to the mock of a whole API: created things are listed and read until they are deleted."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from docpact.bodies.engine import is_valid
from docpact.bodies.validate import validate, violations
from docpact.bodies.wording import json_type
from docpact.cases.bounds import types
from docpact.cases.merging import UNDOCUMENTED
from docpact.cases.names import list_fields
from docpact.cases.plain import describe_forms
from docpact.cases.request_bodies import read_body
from docpact.cases.samples import NoSampleError, minimal
from docpact.model import Operation, Schema
from docpact.model.schema import child
from docpact.rules.sameness import is_same, write_alike
from docpact.targets.mock_parameters import Refused

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
        value = read_body(operation, request.headers.get("content-type", ""), request.content)
    except ValueError as error:
        raise Refused(415, str(error)) from None
    for violation in violations(operation.body_schema, value):
        raise Refused(422, f"{violation.pointer}: {violation.keyword}")
    return value if isinstance(value, dict) else {}


def read_change(operation: Operation, request: httpx.Request, shown: Operation) -> dict[str, Any]:
    """Return the fields that a request changes; those that a PUT leaves out get their default.

    Without a default they become null or absent, or the least value that the thing may show. The
    name of the thing stays.
    """
    fields = read_request(operation, request)
    schema = shown.thing_schema
    forms = describe_forms(operation.body_schema or {}) if operation.method == "PUT" else ()
    known = {n: each for form in forms for n, each in list_properties(form).items()}
    name = operation.last_parameter.name if operation.last_parameter else "id"
    kept = {*fields, "id", *list_fields(known, name)}
    left = {name: each for name, each in known.items() if name not in kept}
    least = [_start(form) for form in describe_forms(schema)[:1]] if left else []
    own = merge_fields(schema, dict(least[0]), dict.fromkeys(left)) if least else {}
    return {**{n: each.get("default", own.get(n)) for n, each in left.items()}, **fields}


def merge_fields(schema: Schema, body: Any, fields: Mapping[str, Any]) -> Any:
    """Return a body with the values of fields, where its schema allows them.

    Of a union it is the form that contradicts the fewest. Objects in the values have the fields
    that their schemas name, and all that they require. An optional field that cannot have its value
    is left out. If no field is one of the body, or only such as `links`, they are those of an
    object in it; the same body is returned if no object has one.
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
    """Return a body with the values of fields, and those of objects that it does not have."""
    shown = merge_fields(schema, body, fields)
    known = {name for form in describe_forms(schema) for name in list_properties(form)}
    for name, each in fields.items():
        if isinstance(each, dict) and name not in known:
            inner = {n: value for n, value in each.items() if n not in fields}
            shown = merge_fields(schema, shown, inner)
    return shown


def join_fields(old: Any, new: Any) -> Any:
    """Return old fields with the new ones; those of an object in both are joined, too."""
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
    kept = {n: body[n] for n in known if n in body and is_valid(known[n], body[n])}
    return {**_start(form), **kept}


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
        return write_alike(schema, value)
    joined = join_fields(base, value)
    found = validate(schema, joined)
    if not found.violations and not found.undocumented:
        return joined
    kind = json_type(value)
    form = next((each for each in describe_forms(schema) if kind in types(each)), {})
    if isinstance(value, list):
        inner = child(form, "items") if isinstance(form.get("items"), Mapping) else {}
        return [_complete(inner, None, each) for each in value]
    if not form.get("properties"):
        return value
    return merge_fields(schema, base if isinstance(base, dict) else _start(form), value)


def list_properties(form: Schema) -> dict[str, Schema]:
    """Return name → schema of the fields that the description of a form documents."""
    known = {name: child(form, "properties", name) for name in form.get("properties", {})}
    return {name: each for name, each in known.items() if each.get("$comment") != UNDOCUMENTED}
