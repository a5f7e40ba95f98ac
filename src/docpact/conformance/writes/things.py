"""A thing that a life cycle has created, its fields in a request, and its expected values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Self

from docpact.bodies.decode import decode
from docpact.bodies.engine import is_valid
from docpact.bodies.wording import json_type
from docpact.cases.names import names_list
from docpact.cases.parts import put
from docpact.cases.plain import describe_forms
from docpact.cases.request_bodies import change_values, list_low, list_names
from docpact.cases.wire import write_value
from docpact.model import Exchange, Operation, Schema
from docpact.model.path import snake_case
from docpact.model.pointer import Tokens, change_at, mapping_of, pointer, resolve
from docpact.model.schema import child, fields_of, places, whole_place
from docpact.rules.comparison import is_same, list_field_schemas

_STATE: Final = re.compile(r"(.*_)?(status|state|phase|stage|progress)")
"""Names, in snake case, of fields that say how far a thing is."""


class Moves(NamedTuple):
    """The distance by which a change of another thing may move numbers that sort things.

    Attributes:
        by: differences.
        sent: the values of the other thing, which this one does not take.
    """

    by: range
    sent: Mapping[str, Any] = {}


@dataclass(slots=True)
class Thing:
    """A thing that exists on the server.

    Attributes:
        name: its id, as the path of its operations contains it.
        fields: the values that it must have.
        shown: as it was read last, or None.
        volatile: the fields whose values changed although nothing was sent to change them.
        series: field → its numbers in turn since the thing was last touched.
    """

    name: str
    fields: dict[str, Any]
    shown: dict[str, Any] | None = None
    volatile: set[str] = field(default_factory=set)
    series: dict[str, list[float]] = field(default_factory=dict)

    def is_named_by(self, field: str) -> bool:
        """Return whether a field is the id, so that an update would rename the thing."""
        return field in self.fields and str(self.fields[field]) == self.name

    def see(self, body: Any, *, is_touched: bool) -> None:
        """Remember how the thing was read; it is touched if something was changed before."""
        if not isinstance(body, dict):
            return
        if not is_touched:
            before = body if self.shown is None else self.shown
            self.volatile |= {n for n, value in body.items() if before.get(n, value) != value}
            for name, value in body.items():
                if json_type(value) == json_type(before.get(name)) == "number":
                    self.series.setdefault(name, [before[name]]).append(value)
        else:
            self.series.clear()
        self.shown = body

    def is_shown_by(self, body: Any) -> bool:
        """Return whether a body has a field that was sent and that the thing has shown, if any.

        Some servers show `{}`, or a message with status 200, for a thing that does not exist.
        """
        known = [n for n in self.fields if (self.shown or {}).get(n) is not None]
        if not known:
            return True
        return isinstance(body, dict) and any(body.get(name) is not None for name in known)

    def list_moving(self) -> set[str]:
        """Return the fields whose numbers rise or fall all the time, as the rest of a time does."""
        ways = {name: (sorted(s), sorted(s, reverse=True)) for name, s in self.series.items()}
        return {n for n, s in self.series.items() if len({*s}) > 2 and s in ways[n]}

    def is_stale(self, body: Any, changed: frozenset[str]) -> bool:
        """Return whether a body still shows the value that a field had before its change."""
        if not isinstance(body, dict) or self.shown is None:
            return False
        before = self.shown
        old = (n for n in changed & body.keys() & before.keys() if body[n] == before[n])
        return any(not is_same(self.fields[name], body[name]) for name in old)

    def follow_rank(self, body: Any, moves: Moves) -> None:
        """Accept whole numbers that moved by a few, because another thing took their place.

        Things that are sorted by a number which no two of them share change it when another thing
        is put between them or leaves. A number that was just sent for the other thing did not move.
        """
        before = {**(self.shown or {}), **self.fields}
        for name, value in mapping_of(body).items():
            known = before.get(name)
            is_number = type(value) is int and type(known) is int
            if is_number and value - known in moves.by and moves.sent.get(name) != value:
                self.shown = {**(self.shown or {}), name: value}
                self.fields |= {name: value} if name in self.fields else {}

    def follow_state(self, body: Any) -> None:
        """Accept values of the server's own that were missing, or that moved with a state.

        A job fills them in when it is done.
        """
        before = self.shown or {}
        own = {n: v for n, v in mapping_of(body).items() if n in before and n not in self.fields}
        has_moved = any(_STATE.fullmatch(snake_case(n)) and before[n] != own[n] for n in own)
        free = {n: v for n, v in own.items() if has_moved or before[n] is None}
        self.shown = self.shown and {**self.shown, **free}

    def may_keep(self, where: str, create: Operation) -> bool:
        """Return whether a left out field may stay: an array without a documented default."""
        fields = places(create.body_schema or {}, where)
        value = resolve(self.fields, where, default=None)
        return isinstance(value, list) and not any("default" in field for field, _ in fields)

    def forget(self, names: Collection[str]) -> None:
        """Forget the values of some fields."""
        self.fields = {n: value for n, value in self.fields.items() if n not in names}
        self.shown = self.shown and {n: v for n, v in self.shown.items() if n not in names}

    def forget_named(self, text: str) -> None:
        """Forget the fields that a text names, as operations on fields do; all if it names none."""
        shown = self.shown or {}
        others = {n: v for n, v in shown.items() if not re.search(rf'["/.]{re.escape(n)}\b', text)}
        self.shown = others if len(others) < len(shown) else None
        self.fields = {n: v for n, v in self.fields.items() if n in (self.shown or ())}

    def expect(self, changed: frozenset[str], *, is_other: bool) -> dict[str, Any]:
        """Return the values that the next reading must show; see `Step`."""
        if self.shown is None or not (changed or is_other):
            return dict(self.fields)
        known = self.fields if changed else {}
        kept = {n: v for n, v in self.shown.items() if n in self.fields or n not in self.volatile}
        return {**kept, **known}


def list_chosen(listing: Operation) -> dict[str, str]:
    """Return query parameter → the text with which a list is asked, given or by default.

    A default counts only if the parameter selects items by a field; paging selects none.
    """
    roles = listing.roles
    paging = (roles.size_parameter, roles.paging_parameter)
    given = {p.name: listing.given.get(p.name) for p in listing.query_parameters}
    stated = {name: listing.parameter(name).schema.get("default") for name in roles.filters}
    defaults = {name: write_value(one) for name, one in stated.items() if _is_scalar(one)}
    chosen = {**defaults, **{name: text for name, text in given.items() if text is not None}}
    return {name: text for name, text in chosen.items() if name not in paging}


def list_owners(operation: Operation) -> set[str]:
    """Return the query parameters that every request needs; they may say whose things are meant."""
    return {each.name for each in operation.query_parameters if each.required}


def must_show(listing: Operation, create: Operation, thing: Mapping[str, Any]) -> bool:
    """Return whether a list must show a thing: no value that it is asked with may exclude it."""
    for name, text in list_chosen(listing).items():
        value = resolve(thing, listing.roles.filters.get(name, pointer((name,))), default=None)
        is_equal = _is_scalar(value) and write_value(value) == text
        if not is_equal and create.given.get(name) != text:
            return False
    return True


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)


def keep_name(body: Mapping[str, Any], known: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the fields of an update, those that name the thing as they are known.

    `new_name` names it if its `name` does.
    """
    named = {snake_case(key) for key, old in known.items() if str(old) == name}
    new = {key: snake_case(key).removeprefix("new_") for key in body.keys() - known.keys()}
    kept = {**body, **{key: name for key, field in new.items() if field in named}}
    for key in body.keys() & known.keys():
        old, new = known[key], body[key]
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            kept[key] = keep_name(new, old, name)
        elif str(old) == name:
            kept[key] = old
    return kept


def read_body(exchange: Exchange) -> Any:
    """Return the decoded body of a response; None if it is not JSON."""
    if exchange.response is None or not exchange.response.body:
        return None
    return decode(exchange.response.body).value


def unwrap(body: Any, fields: Mapping[str, Any], schema: Schema) -> Any:
    """Return a body, or the object in it that alone has any of the fields that were sent.

    An object that is documented to have them comes first: another one may have their titles.
    """
    if not isinstance(body, dict) or body.keys() & fields.keys():
        return body
    inner = [
        n for n, each in body.items() if isinstance(each, dict) and each.keys() & fields.keys()
    ]
    stated = [
        n for n in inner if fields.keys() & fields_of(whole_place(schema, pointer([n]))).keys()
    ]
    return body[(stated or inner)[0]] if inner else body


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
        """Yield bodies that change one field each: a free text, a low value, and an empty array."""
        where = self.find_in(schema)
        names, required = list_names(schema, body, where)
        fields = resolve(body, pointer(where), default=None) or {}
        others = [name for name in names if name not in taken]
        free = [name for name in others if mark in str(fields[name])]
        low = resolve(change_values(schema, body, list_low, where), pointer(where), default={})
        changed = [(name, fields[name]) for name in (free or others)[:1]]
        lower = [(name, low[name]) for name in others if low[name] != fields[name]]
        changed += (lower or [(n, fields[n]) for n in others if n not in dict(changed)])[:1]
        changed += [(name, []) for name in others if isinstance(fields[name], list)][:1]
        sent = {name: fields[name] for name in required}
        for name, value in changed:
            one = change_at(body, where, put({**sent, name: value}))
            if value != [] or is_valid(schema, one):
                yield one


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
