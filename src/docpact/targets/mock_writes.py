"""Writes to the mock of a whole API: created things are listed and read until they are deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from docpact.bodies.engine import is_valid
from docpact.bodies.validate import violations
from docpact.bodies.wording import json_type
from docpact.cases.bounds import types
from docpact.cases.plain import describe_forms
from docpact.cases.request_bodies import read_body
from docpact.cases.samples import minimal
from docpact.model import Operation, Parameter, Schema
from docpact.model.path import names as path_names
from docpact.model.schema import child
from docpact.targets.mock_parameters import Refused

FIRST: Final = 1_000
"""The first number that names a created thing whose sample has the name of another."""

IDEMPOTENCY_KEY: Final = "idempotency-key"
"""The header whose value makes a repeated request create one thing."""


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


def merge_fields(schema: Schema, body: Any, fields: Mapping[str, Any]) -> Any:
    """Return a body with the values of fields, where its schema allows them.

    Objects in the values get the further fields that the schema requires. An optional field that
    cannot have its value is left out. If no field is one of the body, they are those of an object
    in it.
    """
    if not isinstance(body, dict):
        return body
    schema = _find_form(schema, body)
    known = schema.get("properties", {})
    inner = {name: child(schema, "properties", name) for name in known}
    sent = {name: _complete(inner[name], fields[name]) for name in fields if name in known}
    if sent or not fields:
        shown = {name: value for name, value in sent.items() if is_valid(inner[name], value)}
        kept = {**body, **shown}
        seen = {name: kept[name] for name in kept if name in shown or name not in sent}
        return seen if is_valid(schema, seen) else kept
    nested = {name: merge_fields(inner[name], body[name], fields) for name in known if name in body}
    changed = next((name for name, value in nested.items() if value != body[name]), None)
    return body if changed is None else {**body, changed: nested[changed]}


def _complete(schema: Schema, value: Any) -> Any:
    """Return a value with the fields that the objects in it must have."""
    if not isinstance(value, dict | list) or is_valid(schema, value):
        return value
    kind = json_type(value)
    form = next((each for each in describe_forms(schema) if kind in types(each)), {})
    if isinstance(value, dict):
        return merge_fields(form, minimal({**form, "type": kind}), value)
    return [_complete(child(form, "items"), each) for each in value] if "items" in form else value


def _find_form(schema: Schema, body: Mapping[str, Any]) -> Schema:
    """Return the description of an object; of a union, the form of a body."""
    found = describe_forms(schema)
    return next((form for form in found if is_valid(form, body)), found[0] if found else {})


def last_parameter(operation: Operation) -> Parameter | None:
    """Return the parameter with which a path ends, or None."""
    names = path_names(operation.path)
    if not names or not operation.path.rstrip("/").endswith(f"{{{names[-1]}}}"):
        return None
    return next(each for each in operation.path_parameters if each.name == names[-1])
