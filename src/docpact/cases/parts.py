"""The parts of a sample value, and changes to them, each of which may break one keyword."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle, islice
from typing import Any, Final, NamedTuple, TypeAlias

from docpact.bodies.engine import is_valid
from docpact.bodies.places import Place, find_places, list_field_steps
from docpact.bodies.wording import json_type
from docpact.cases.bounds import exact, members, read_step, types, usual_kind
from docpact.cases.plain import plain, without_checks
from docpact.cases.samples import NoSampleError, full, plain_form
from docpact.cases.wire import payload_label, show_value
from docpact.model import PayloadCase, Schema
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import MAP, child, follow, forms
from docpact.model.traversal import map_schema, subschemas

MOST_FORMS: Final = 12
"""Number of members of a union whose parts are tested."""

MOST_PARTS: Final = 150
"""Number of parts of one form that are tested: those nearest to its root."""

Edit: TypeAlias = Callable[[Any], Any]
"""The current part → the part to put in its place."""


def places(schema: Schema) -> Iterator[Place]:
    """Yield every part of the full value with its schema; of several items, the first only.

    Parts of a value that `enum` or `const` fixes are left out: they cannot change alone.
    """
    fixed = set[Tokens]()
    schema = plain(schema)
    for place in find_places(without_checks(schema), full(schema)):
        if any(isinstance(token, int) and token > 0 for token in place.path):
            continue
        if any(place.path[:length] in fixed for length in range(len(place.path) + 1)):
            continue
        if members(place.schema) is not None:
            fixed.add(place.path)
        yield replace(place, schema=_detach(place.schema))


MOST_IN_FORM: Final = 1_000
"""Number of parts of a further form that is tested; the first one may have more."""


class Form(NamedTuple):
    """A plain schema in which each union has one member.

    Attributes:
        schema: the form.
        parts: every part of its full value.
        new: those parts that no earlier form has, at most `MOST_PARTS`.
    """

    schema: Schema
    parts: tuple[Place, ...]
    new: tuple[Place, ...]


def list_forms(stated: Schema) -> Iterator[Form]:
    """Yield a schema, and then forms in which its unions have one further member each.

    Only members whose full value no earlier one has are chosen, and at most `MOST_FORMS` of them.
    Further forms with more than `MOST_IN_FORM` parts are left out.
    """
    known = set[str]()
    for schema in _choose_forms(plain(stated)):
        parts = tuple(islice(places(schema), MOST_IN_FORM + 1 if known else None))
        if known and len(parts) > MOST_IN_FORM:
            continue
        new = [part for part in parts if part.location not in known]
        if len(new) > MOST_PARTS:
            new = sorted(new, key=lambda part: len(part.where))[:MOST_PARTS]
        known |= {part.location for part in new}
        yield Form(schema, parts, tuple(new))


def _choose_forms(schema: Schema) -> Iterator[Schema]:
    yield schema
    inner = [each for _, each in subschemas(schema) if isinstance(each, Mapping)]
    unions = [each["anyOf"] for each in inner if "anyOf" in each]
    seen = [full(schema)]
    for number in range(1, min(max(map(len, unions), default=0), MOST_FORMS)):
        chosen = plain(map_schema(partial(_choose_member, number), schema))
        with suppress(NoSampleError):
            value = full(chosen)
            if value not in seen:
                seen.append(value)
                yield chosen


def _choose_member(number: int, schema: Any) -> Any:
    """Return one member of a union, or another schema as it is."""
    if not isinstance(schema, Mapping) or "anyOf" not in schema:
        return schema
    members_ = [
        each for each in schema["anyOf"] if isinstance(each, Mapping) and each.get("type") != "null"
    ]
    beside = {keyword: each for keyword, each in schema.items() if keyword != "anyOf"}
    return {**beside, **members_[min(number, len(members_) - 1)]} if members_ else schema


def _detach(schema: Schema) -> Schema:
    """Return a schema without its `$defs` if it refers to none of them."""
    own = {keyword: each for keyword, each in schema.items() if keyword != "$defs"}
    inner = (each for _, each in subschemas(own))
    return schema if any(isinstance(each, Mapping) and "$ref" in each for each in inner) else own


def change_part(
    schema: Schema,
    value: Any,
    path: Tokens,
    change: Edit,
    choose: Callable[[int], int] = lambda _: 0,
) -> tuple[Any, Tokens]:
    """Return a copy of a value in which one part is changed, and the path of that part.

    Args:
        schema: schema of the value.
        value: parts on the path may be absent, null, empty or another form of a union: they are
            filled in first.
        path: path of the part in the full value, as `places` yields it.
        change: makes the new part from the current one.
        choose: length of an array → index of the item to go on with.

    Raises:
        NoSampleError: no usual value has the part.
    """
    schema, _ = follow(schema)
    if not schema.keys().isdisjoint({"anyOf", "oneOf"}):
        options = list(forms(schema))
        naming = [each for each in options if path and path[0] in each[0].get("properties", ())]
        form, _ = plain_form(naming or options)
        kept = value if is_valid(form, value) else full(form)
        return change_part(form, kept, path, change, choose)
    first = len(schema.get("prefixItems", ()))
    least = min(path[0], first) if path and isinstance(path[0], int) else 0
    is_short = path and isinstance(value, list) and len(value) <= least
    if is_short or json_type(value) != _full_type(schema, value):
        value = full(schema)
    if not path:
        return change(value), ()
    token, *rest = path
    kind: type[Any] = list if isinstance(token, int) else dict
    if not isinstance(value, kind):
        raise NoSampleError
    if isinstance(token, int):
        index = _choose_index(schema, value, token, choose)
        inner = child(schema, *(("prefixItems", index) if index < first else ("items",)))
        item, where = change_part(inner, value[index], tuple(rest), change, choose)
        return [*value[:index], item, *value[index + 1 :]], (index, *where)
    steps = next(iter(list_field_steps(schema, token)), (MAP,))
    if steps == (MAP,) and MAP not in schema:
        raise NoSampleError
    inner = child(schema, *steps)
    field, where = change_part(inner, value.get(token), tuple(rest), change, choose)
    return {**value, token: field}, (token, *where)


def _choose_index(
    schema: Schema, value: list[Any], token: int, choose: Callable[[int], int]
) -> int:
    """Return the index of the item of an array that a token of `places` names."""
    first = len(schema.get("prefixItems", ()))
    has_part = token < len(value) if token < first else "items" in schema and len(value) > first
    if not has_part:
        raise NoSampleError
    return token if token < first else first + choose(len(value) - first)


def put(value: Any) -> Edit:
    """Return the change that puts a value in place of the current one."""
    return lambda _: value


def remove(name: str) -> Edit:
    """Return the change that removes one field from an object."""
    return of(dict, lambda fields: {key: each for key, each in fields.items() if key != name})


def resize(count: int, further: Any = None) -> Edit:
    """Return the change of an array to a number of elements, which are repeated if necessary."""
    return of(list, lambda values: list(islice(cycle(values or [further]), count)))


def of(kind: type, change: Edit) -> Edit:
    """Return a change that leaves values of other types as they are."""
    return lambda value: change(value) if isinstance(value, kind) else value


EXTRA: Final = "docpact undocumented"
"""The name of a field that no documentation has."""

UNLIKELY: Final = ("", "docpact!", "\n", "DOCPACT-1")
"""Texts that few patterns match."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """A part of a body, one keyword that it can break, and the changes that break it alone.

    Attributes:
        keyword: the broken keyword.
        place: the changed part of the full body.
        changes: note and change of the part; at least one.
        missing: the property that is removed, for `required`.
    """

    keyword: str
    place: Place
    changes: tuple[tuple[str, Edit], ...]
    missing: str | None = None

    def case(self, note: str, payload: Any, path: Tokens) -> PayloadCase:
        """Return the case of a body whose part at a path is changed.

        Its pointer is the one that the violation has; for `required`, it leads to the missing
        property.
        """
        where = pointer(path if self.missing is None else (*path, self.missing))
        label = payload_label(where, note, self.keyword)
        return PayloadCase(label, payload, self.keyword, where)


def list_changes(schema: Schema) -> Iterator[Mutation]:
    """Yield changes at each place of the full value of a plain schema; some break a keyword."""
    for place in places(schema):
        changes = tuple(_list_changes(place))
        if changes:
            yield Mutation("type", place, changes)


def _list_changes(place: Place) -> Iterator[tuple[str, Edit]]:
    value = place.value
    others: tuple[Any, ...] = (None, True, 7, 0.5, "docpact", [], {})
    for other in others:
        if type(other) is not type(value):
            yield show_value(other), put(other)
    match value:
        case bool() | None:
            return
        case int() | float():
            near = [value + 1, value - 1, value + 10**10, value - 10**10]
            if "multipleOf" in place.schema and "number" in types(place.schema):
                near.append(float(exact(value) + read_step(place.schema["multipleOf"]) / 2))
            yield from ((show_value(each), put(each)) for each in near)
        case str():
            yield from ((show_value(each), put(each)) for each in (*UNLIKELY, f"! {value}"))
        case list():
            yield "empty", put([])
            yield "a further item", of(list, lambda items: [*items, {EXTRA: None}])
            if value:
                yield "one item less", of(list, lambda items: items[:-1])
                yield "the last item again", of(list, lambda items: [*items, *items[-1:]])
        case dict():
            yield "a further field", of(dict, lambda fields: {**fields, EXTRA: None})
            yield from ((f"without {name}", remove(name)) for name in value)


def _full_type(schema: Schema, value: Any) -> str:
    """Return the JSON type of the full value; where any value will do, of the given one."""
    if "enum" in schema or "const" in schema:
        return json_type(value)
    kind = usual_kind(schema)
    return "number" if kind == "integer" else kind
