"""The object in a request that has the fields of a thing: `post` in `{"post": {…}}`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from docpact.cases.names import names_list
from docpact.cases.parts import put
from docpact.cases.plain import describe_forms
from docpact.cases.writes import change_values, list_low, list_names
from docpact.model import Operation, Schema
from docpact.model.pointer import Tokens, change_at, mapping_of, pointer, resolve
from docpact.model.schema import child, whole_place
from docpact.rules.sameness import list_field_schemas


@dataclass(frozen=True, slots=True)
class Envelope:
    """The place of the fields of a thing in the requests that write it.

    Attributes:
        field: that has them in requests, but not in responses, or None.
        path: of the object that has them; empty for the whole body.
    """

    field: str | None = None
    path: Tokens = ()

    @classmethod
    def of(cls, create: Operation) -> Self:
        """Return the envelope of the requests of an operation that creates things."""
        return cls(_find_field(create), _find_path(create))

    def find_in(self, schema: Schema) -> Tokens:
        """Return the path of the fields in a request body, which may have no envelope."""
        return self.path if "properties" in whole_place(schema, pointer(self.path)) else ()

    def open(self, body: Any) -> dict[str, Any]:
        """Return the fields of a thing that a request sends."""
        fields = body if isinstance(body, dict) else {}
        inner = fields.get(self.field) if self.field is not None else None
        return inner if isinstance(inner, dict) else fields

    def close(self, body: Any, fields: dict[str, Any]) -> dict[str, Any]:
        """Return a body that sends other fields of a thing."""
        return fields if self.open(body) is body else {**body, str(self.field): fields}

    def merge(
        self, fields: dict[str, Any], shown: Mapping[str, Any], body: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the fields of a thing after an update; in an envelope, others stay as shown."""
        if self.field is not None or not self.path:
            return {**fields, **self.open(body)}
        parts = [resolve(e, pointer(self.path), default=None) for e in (fields, shown, body)]
        known, seen, sent = map(mapping_of, parts)
        kept = {name: seen.get(name, value) for name, value in known.items()}
        whole: dict[str, Any] = change_at({**fields, **body}, self.path, put({**kept, **sent}))
        return whole

    def list_patches(self, schema: Schema, body: Any, mark: str, taken: set[str]) -> Iterator[Any]:
        """Yield bodies that change one field each: one gets a free text, and one a low value."""
        where = self.find_in(schema)
        names, required = list_names(schema, body, where)
        fields = resolve(body, pointer(where), default=None) or {}
        others = [name for name in names if name not in taken]
        free = [name for name in others if mark in str(fields[name])]
        low = resolve(change_values(schema, body, list_low, where), pointer(where), default={})
        changed = [(name, fields[name]) for name in (free or others)[:1]]
        changed += [(name, low[name]) for name in others if low[name] != fields[name]][:1]
        sent = {name: fields[name] for name in required}
        for name, value in changed:
            yield change_at(body, where, put({**sent, name: value}))


def _find_path(create: Operation) -> Tokens:
    """Return the path of the only field of a body, named after the thing or `data`, or ()."""
    found: Tokens = ()
    fields = (create.body_schema or {}).get("properties", {})
    for name in fields if len(fields) == 1 else ():
        schema = whole_place(create.body_schema or {}, pointer([name]))
        if "properties" in schema and (name == "data" or names_list(name, create.collection)):
            is_deeper = "properties" in whole_place(schema, "/attributes")
            found = (name, "attributes") if is_deeper else (name,)
    return found


def _find_field(create: Operation) -> str | None:
    """Return the field of a request that alone has the fields of a thing, or None.

    It has the name of the thing: `task` in `POST /tasks`, or `data`. If the response has a field of
    that name too, both are compared as they are.
    """
    forms = describe_forms(create.body_schema or {})
    names: list[str] = [name for form in forms for name in form.get("properties", ())]
    fields = {
        n: child(f, "properties", n) for f in forms for n in names if n in f.get("properties", ())
    }
    for name, schema in fields.items():
        is_object = any("properties" in form for form in describe_forms(schema))
        is_thing = name == "data" or names_list(name, create.collection)
        if is_object and is_thing and not list_field_schemas(create.response_schema, name):
            return name
    return None
