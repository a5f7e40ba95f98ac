"""Deterministic response bodies: documented ones at a limit, and ones that break one keyword."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any, Final

from jsonschema import Draft202012Validator

from docpact.bodies.engine import is_valid
from docpact.bodies.formats import CHECKER
from docpact.bodies.places import Place
from docpact.bodies.validate import violations
from docpact.cases.bounds import edges, lengths, members, sizes, types, values_outside
from docpact.cases.labels import number_labels, payload_label, show_value
from docpact.cases.requests import NON_ASCII, near_misses
from docpact.cases.samples import Change, change_part, full, minimal, places, put, remove
from docpact.cases.texts import WRONG, texts_of
from docpact.cases.vocabulary import check
from docpact.model import Operation, PayloadCase, Schema
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import child, form_name, forms
from docpact.text import counted

ASTRAL: Final = "\U0001f9fe"
"""One code point, two UTF-16 units, four bytes of UTF-8. Lengths count code points (JSON Schema
2020-12, Validation, section 6.3.1)."""

OTHER_TYPES: Final[tuple[Any, ...]] = (None, True, 7, 1.5, "docpact", [], {})
"""One value of each JSON type, and a number that is not an integer."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """A part of a body, one keyword that it can break, and the changes that break it alone.

    Attributes:
        keyword: the broken keyword.
        path: path of the changed part in the full body.
        schema: schema of the changed part.
        changes: note and change of the part; at least one.
        missing: the property that is removed, for `required`.
        form: the member of a union that the part belongs to, or empty.
    """

    keyword: str
    path: Tokens
    schema: Schema
    changes: tuple[tuple[str, Change], ...]
    missing: str | None = None
    form: str = ""

    def case(self, note: str, payload: Any, path: Tokens) -> PayloadCase:
        """Return the case of a body whose part at a path is changed.

        Its pointer is that of the violation: of the missing property for `required`.
        """
        where = pointer(path if self.missing is None else (*path, self.missing))
        label = payload_label(where, note, self.keyword)
        return PayloadCase(label, payload, self.keyword, where)

    def breaks_alone(self, schema: Schema, case: PayloadCase) -> bool:
        """Return whether a case breaks its keyword alone.

        A body that no longer fits one form of a union may fit another.
        """
        if not self.form:
            return True
        broken = [(each.keyword, each.pointer) for each in violations(schema, case.payload)]
        return broken == [(case.keyword, case.pointer)]


def boundary_payload_cases(operation: Operation) -> tuple[PayloadCase, ...]:
    """Return valid response bodies, each at one limit, otherwise plain and with every field.

    The body with required fields only, with every field, and with every length at its maximum; each
    optional field absent; each nullable field null; each enum value; each bound of a number; each
    form of a union; each limit of a length in ASCII and in astral characters; lists empty, shortest
    and longest; each form of a format; non-ASCII in each free text.

    Returns:
        cases with unique labels in printable ASCII; `keyword` and `pointer` name the limit.

    Raises:
        ContractError: the response schema holds something that cannot be generated.
    """
    schema = check(operation, "response")
    body = full(schema)
    whole = [
        PayloadCase("required fields only", minimal(schema)),
        PayloadCase("every field", body),
        PayloadCase("every length at its maximum", _longest(schema)),
    ]
    parts = [case for place in places(schema) for case in _boundaries(schema, body, place)]
    return number_labels(whole + parts)


def invalid_payload_cases(operation: Operation) -> tuple[PayloadCase, ...]:
    """Return response bodies that break one keyword each, otherwise plain and with every field.

    They break every keyword that can break alone, at every place of the schema. A wrong `type`
    (null included) also breaks an `enum` beside it, so a field with an `enum` has no `type` case.
    `pointer` names the instance, as in jsonschema's errors; for `required` it names the missing
    property, e.g. `/items/0/id`, where jsonschema names the object.

    Returns:
        cases with unique labels in printable ASCII, `keyword` and `pointer` set.

    Raises:
        ContractError: the response schema holds something that cannot be generated.
    """
    schema = check(operation, "response")
    body = full(schema)
    cases = (
        (mutation, mutation.case(note, *change_part(schema, body, mutation.path, change)))
        for mutation in mutations(schema)
        for note, change in mutation.changes
    )
    return number_labels(case for mutation, case in cases if mutation.breaks_alone(schema, case))


def mutations(schema: Schema) -> Iterator[Mutation]:
    """Yield every keyword of a schema that can break alone, at each place of the full value."""
    for place in places(schema):
        for keyword in place.schema:
            values = [value for word, value in _invalid_values(place) if word == keyword]
            alone = [value for value in values if _broken(place.schema, value) == [keyword]]
            changes = tuple((show_value(value), put(value)) for value in alone)
            if changes:
                yield Mutation(keyword, place.path, place.schema, changes, form=place.form)
        if members(place.schema) is None:
            yield from _sizes(place)
            yield from _missing(place)


def mistyped(schema: Schema) -> list[Any]:
    """Return values that break `type` alone: null and the likeliest mistake first."""
    likely = (None, _MISTAKES[types(schema)[-1]])
    return _distinct(v for v in (*likely, *OTHER_TYPES) if _broken(schema, v) == ["type"])


def _boundaries(schema: Schema, body: Any, place: Place) -> Iterator[PayloadCase]:
    where = pointer(place.path)
    for keyword, note, value in _valid_values(place):
        if is_valid(place.schema, value):
            payload, _ = change_part(schema, body, place.path, put(value))
            yield PayloadCase(payload_label(where, note, keyword), payload, keyword, where)
    if not isinstance(place.value, dict) or members(place.schema) is not None:
        return
    for name in place.schema.get("properties", ()):
        if name not in place.schema.get("required", ()):
            payload, _ = change_part(schema, body, place.path, remove(name))
            field = pointer((*place.path, name))
            yield PayloadCase(payload_label(field, "absent", None), payload, "required", field)


def _valid_values(place: Place) -> Iterator[tuple[str, str, Any]]:
    """Yield keyword, note and value of every limit at one place."""
    schema = place.schema
    if "anyOf" in schema:
        for form, path in forms(schema, place.schema_path):
            yield "anyOf", form_name(form, path), full(form)
        return
    listed = members(schema)
    if listed is not None:
        keyword = "enum" if "enum" in schema else "const"
        yield from ((keyword, show_value(value), value) for value in listed)
        return
    for name in types(schema) if "type" in schema else ():
        yield from _LIMITS[name](schema)


def _texts(schema: Schema) -> Iterator[tuple[str, str, str]]:
    least, most = lengths(schema)
    if "format" in schema:
        texts = texts_of(schema["format"], least, most)
        yield from (("format", show_value(text), text) for text in texts)
        return
    for keyword, length in (("minLength", least), ("maxLength", most)):
        if keyword in schema and length is not None:
            for kind, char in (("ASCII", "a"), ("non-ASCII", ASTRAL)):
                yield keyword, counted(length, f"{kind} character"), char * length
    if not {"minLength", "maxLength"} & set(schema):
        yield "type", "empty", ""
        yield "type", "non-ASCII", NON_ASCII


def _numbers(schema: Schema) -> Iterator[tuple[str, str, float]]:
    yield from ((edge.keyword, show_value(edge.at), edge.at) for edge in edges(schema))
    if "number" in types(schema):
        yield "type", "0.5", 0.5


def _arrays(schema: Schema) -> Iterator[tuple[str, str, list[Any]]]:
    least, most = sizes(schema)
    item = _full_item(schema)
    if least == 0:
        yield "type", "empty", []
    for keyword, size in (("minItems", least), ("maxItems", most)):
        if keyword in schema and size is not None:
            yield keyword, counted(size, "item"), [item] * size
    yield "type", "several items", [item] * (least + 2)


_LIMITS: Final[Mapping[str, Callable[[Schema], Iterable[tuple[str, str, Any]]]]] = {
    "null": lambda _: [("type", "null", None)],
    "boolean": lambda _: [("type", "true", True), ("type", "false", False)],
    "integer": _numbers,
    "number": _numbers,
    "string": _texts,
    "array": _arrays,
    "object": lambda _: [],
}


def _full_item(schema: Schema) -> Any:
    return full(child(schema, "items")) if "items" in schema else None


def _longest(schema: Schema) -> Any:
    """Return the full body with every text at its maximum length."""
    body = full(schema)
    for place in places(schema):
        for keyword, _, value in _valid_values(place):
            if keyword == "maxLength":
                body, _ = change_part(schema, body, place.path, put(value))
    return body


def _broken(schema: Schema, value: Any) -> list[str]:
    """Return the broken keywords as jsonschema itself names them, those of a union not resolved."""
    errors = Draft202012Validator(schema, format_checker=CHECKER).iter_errors(value)
    return [str(error.validator) for error in errors]


def _invalid_values(place: Place) -> Iterator[tuple[str, Any]]:
    """Yield keyword and value of what is likely to break that keyword alone."""
    schema = place.schema
    if "anyOf" in schema:
        for value in OTHER_TYPES:
            broken = [(each.keyword, each.pointer) for each in violations(schema, value)]
            if broken == [("anyOf", "")]:
                yield "anyOf", value
        return
    yield from (("type", value) for value in mistyped(schema)[:2])
    for keyword in ("enum", "const"):
        yield from ((keyword, value) for value in _unlisted(schema, keyword)[:3])
    yield from values_outside(schema)
    most = lengths(schema)[1]
    if most is not None:
        yield "maxLength", ASTRAL * (most + 1)
    yield from (("format", text) for text in WRONG.get(schema.get("format", ""), ()))


def _unlisted(schema: Schema, keyword: str) -> list[Any]:
    """Return values that break `enum` or `const` alone: another word, another case, a suffix."""
    listed = members(schema)
    if keyword not in schema or listed is None:
        return []
    words = [value for value in listed if isinstance(value, str)][:1]
    near = near_misses(words[0]) if words else near_misses("")[:1]
    candidates = [*near, 987_654, -0.125, *OTHER_TYPES]
    return _distinct(value for value in candidates if _broken(schema, value) == [keyword])


def _distinct(values: Iterable[Any]) -> list[Any]:
    return list({json.dumps(value): value for value in values}.values())


def _sizes(place: Place) -> Iterator[Mutation]:
    """Yield the array one item too short, and one item too long."""
    if not isinstance(place.value, list):
        return
    schema = place.schema
    least, most = sizes(schema)
    if least:
        cut = (counted(least - 1, "item"), lambda items: items[: least - 1])
        yield Mutation("minItems", place.path, schema, (cut,), form=place.form)
    if most is not None:
        item = _full_item(schema)
        grown = (
            counted(most + 1, "item"),
            lambda items: list(islice(cycle(items or [item]), most + 1)),
        )
        yield Mutation("maxItems", place.path, schema, (grown,), form=place.form)


def _missing(place: Place) -> Iterator[Mutation]:
    """Yield the absence of each required property."""
    required = place.schema.get("required", ()) if isinstance(place.value, dict) else ()
    for name in required:
        change = ("absent", remove(name))
        yield Mutation("required", place.path, place.schema, (change,), name, place.form)


_MISTAKES: Final = {
    "null": 7,
    "boolean": "true",
    "integer": "7",
    "number": "7",
    "string": 7,
    "array": {},
    "object": [],
}
"""Type → the likeliest value of another type in its place."""
