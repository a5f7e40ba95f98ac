"""Deterministic response bodies: documented ones at a limit, and ones that break one keyword."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from docpact.bodies.engine import is_valid, make_engine
from docpact.bodies.places import Place, Union
from docpact.bodies.validate import Violation
from docpact.cases.bounds import edges, lengths, members, sizes, types, values_outside
from docpact.cases.changed import ChangedBody
from docpact.cases.merging import is_documented
from docpact.cases.parts import (
    Edit,
    Mutation,
    change_part,
    list_changes,
    places,
    put,
    remove,
    resize,
)
from docpact.cases.requests import NON_ASCII, near_misses
from docpact.cases.samples import NO_SAMPLE, NoSampleError, full, minimal
from docpact.cases.texts import WRONG, texts_of
from docpact.cases.vocabulary import check
from docpact.cases.wire import number_labels, payload_label, show_value
from docpact.errors import ContractError
from docpact.model import Operation, PayloadCase, Schema
from docpact.model.pointer import pointer
from docpact.model.schema import child, form_name, forms, is_simple
from docpact.text import pluralize

ASTRAL: Final = "\U0001f9fe"
"""One code point, two UTF-16 units, four bytes of UTF-8. Lengths count code points (JSON Schema
2020-12, Validation, section 6.3.1)."""

OTHER_TYPES: Final[tuple[Any, ...]] = (None, True, 7, 1.5, "docpact", [], {})
"""One value of each JSON type, and a number that is not an integer."""


def boundary_payload_cases(operation: Operation) -> tuple[PayloadCase, ...]:
    """Return valid response bodies, each at one limit, otherwise plain and with every field.

    The body with required fields only, with every field, and with every length at its maximum; each
    optional field absent; each nullable field null; each enum value; each bound of a number; each
    form of a union; each limit of a length in ASCII and in astral characters; lists empty, shortest
    and longest; each form of a format; non-ASCII in each free text.

    Returns:
        cases with unique labels in printable ASCII; `keyword` and `pointer` name the limit.

    Raises:
        ContractError: the response schema contains something that cannot be generated.
    """
    schema = check(operation, "response")
    body = _make(operation, full, schema)
    whole = [
        PayloadCase("required fields only", _make(operation, minimal, schema)),
        PayloadCase("every field", body),
        PayloadCase("every length at its maximum", _longest(schema)),
    ]
    found = [*whole, *(c for place in places(schema) for c in _boundaries(schema, body, place))]
    known = ChangedBody(operation.response_schema, body)
    return number_labels(case for case in found if known.is_valid(case.payload))


def invalid_payload_cases(operation: Operation) -> tuple[PayloadCase, ...]:
    """Return response bodies that break one keyword each, otherwise plain and with every field.

    They break every keyword that can break alone, at every place of the schema. A wrong `type`
    (null included) also breaks an `enum` beside it, so a field with an `enum` has no `type` case.
    `pointer` names the instance, as in jsonschema's errors; for `required` it names the missing
    property, e.g. `/items/0/id`, where jsonschema names the object.

    Returns:
        cases with unique labels in printable ASCII, `keyword` and `pointer` set.

    Raises:
        ContractError: the response schema contains something that cannot be generated.
    """
    stated, schema = operation.response_schema, check(operation, "response")
    body = _make(operation, full, schema)
    changes = list_mutations(schema, stated)
    known = ChangedBody(stated, body)
    found = [case for _, case in _break_bodies(known, schema, body, changes)]
    if schema is not stated:
        found = [*{known.name_difference(each.payload): each for each in found[::-1]}.values()][
            ::-1
        ]
    return number_labels(found)


def _make(operation: Operation, make: Callable[[Schema], Any], schema: Schema) -> Any:
    try:
        return make(schema)
    except NoSampleError:
        raise ContractError(operation.id, NO_SAMPLE) from None


def list_mutations(schema: Schema, stated: Schema) -> Iterator[Mutation]:
    """Yield every mutation, of a schema as it is stated and in plain form.

    Keywords that the plain form does not show, such as `dependentRequired`, are broken by changes
    of which some break a keyword; `name_broken` names it.
    """
    yield from mutations(schema)
    if schema is not stated:
        yield from list_changes(schema)


def possible_mutations(schema: Schema, stated: Schema) -> Iterator[Mutation]:
    """Yield the mutations that break one keyword of the full body, with the name of the keyword."""
    body = full(schema)
    known = ChangedBody(stated, body)
    for mutation in list_mutations(schema, stated):
        broken = [*_break_bodies(known, schema, body, [mutation])]
        by_keyword: dict[str, list[tuple[str, Edit]]] = {}
        for change, case in broken:
            by_keyword.setdefault(str(case.keyword), []).append(change)
        for keyword, changes in by_keyword.items():
            yield replace(mutation, keyword=keyword, changes=tuple(changes))


def _break_bodies(
    known: ChangedBody, schema: Schema, body: Any, changes: Iterable[Mutation]
) -> Iterator[tuple[tuple[str, Edit], PayloadCase]]:
    is_plain = schema is known.schema and is_simple(schema)
    for mutation in changes:
        for note, change in mutation.changes:
            try:
                changed, path = change_part(schema, body, mutation.place.path, change)
            except NoSampleError:
                continue
            case = mutation.case(note, changed, path)
            is_sure = is_plain and not mutation.place.form
            named = case if is_sure else name_broken(case, known.violations(changed))
            if named is not None:
                yield (note, change), named


def name_broken(case: PayloadCase, found: Sequence[Violation]) -> PayloadCase | None:
    """Return a case with the keyword that it breaks, or None if it breaks none or several."""
    if len(found) != 1:
        return None
    (broken,) = found
    note = case.label.partition(" ")[2].rpartition(" (")[0] or case.label
    label = payload_label(broken.pointer, note, broken.keyword)
    return PayloadCase(label, case.payload, broken.keyword, broken.pointer)


def mutations(schema: Schema) -> Iterator[Mutation]:
    """Yield every keyword of a schema that can break alone, at each place of the full value."""
    for place in places(schema):
        changes: dict[str, list[tuple[str, Edit]]] = {each: [] for each in place.schema}
        for keyword, value in _find_broken(place.schema, _invalid_values(place)):
            changes[keyword].append((show_value(value), put(value)))
        for keyword, found in changes.items():
            if found:
                yield Mutation(keyword, place, tuple(found))
        if members(place.schema) is None:
            yield from _sizes(place)
            yield from _missing(place)


def list_mistyped(schema: Schema) -> list[Any]:
    """Return values that break `type` alone: null and the likeliest mistake first."""
    likely = (None, _MISTAKES[types(schema)[-1]])
    values = (("type", value) for value in (*likely, *OTHER_TYPES))
    return _distinct(value for _, value in _find_broken(schema, values))


def _boundaries(schema: Schema, body: Any, place: Place) -> Iterator[PayloadCase]:
    where, engine = pointer(place.path), make_engine(place.schema)
    for keyword, note, value in _valid_values(place):
        if engine.is_valid(value):
            with suppress(NoSampleError):
                payload, _ = change_part(schema, body, place.path, put(value))
                yield PayloadCase(payload_label(where, note, keyword), payload, keyword, where)
    if not isinstance(place.value, dict) or members(place.schema) is not None:
        return
    if len(place.value) <= place.schema.get("minProperties", 0):
        return
    for name in place.schema.get("properties", ()):
        if name not in place.schema.get("required", ()):
            field = pointer((*place.path, name))
            with suppress(NoSampleError):
                payload, _ = change_part(schema, body, place.path, remove(name))
                yield PayloadCase(payload_label(field, "absent", None), payload, "required", field)


def _valid_values(place: Place) -> Iterator[tuple[str, str, Any]]:
    """Yield keyword, note and value of every limit at one place."""
    schema = place.schema
    if "anyOf" in schema:
        for form, path in forms(schema, place.schema_path):
            if is_documented(form):
                with suppress(NoSampleError):
                    yield "anyOf", form_name(form, path), full(form)
        return
    listed = members(schema)
    if listed is not None:
        keyword = "enum" if "enum" in schema else "const"
        yield from ((keyword, show_value(value), value) for value in listed)
        return
    for name in types(schema) if "type" in schema else ():
        yield from _arrays(place) if name == "array" else _LIMITS[name](schema)


def _texts(schema: Schema) -> Iterator[tuple[str, str, str]]:
    least, most = lengths(schema)
    if "format" in schema:
        texts = texts_of(schema["format"], least, most)
        yield from (("format", show_value(text), text) for text in texts)
        return
    for keyword, length in (("minLength", least), ("maxLength", most)):
        if keyword in schema and length is not None:
            for kind, char in (("ASCII", "a"), ("non-ASCII", ASTRAL)):
                yield keyword, pluralize(length, f"{kind} character"), char * length
    if not {"minLength", "maxLength"} & set(schema):
        yield "type", "empty", ""
        yield "type", "non-ASCII", NON_ASCII


def _numbers(schema: Schema) -> Iterator[tuple[str, str, float]]:
    yield from ((edge.keyword, show_value(edge.at), edge.at) for edge in edges(schema))
    if "number" in types(schema):
        yield "type", "0.5", 0.5


def _arrays(place: Place) -> Iterator[tuple[str, str, list[Any]]]:
    schema = place.schema
    least, most = sizes(schema)
    if least == 0:
        yield "type", "empty", []
    try:
        is_known = isinstance(place.value, list) and place.value and "prefixItems" not in schema
        item = place.value[0] if is_known else _full_item(schema)
    except NoSampleError:
        return
    for keyword, size in (("minItems", least), ("maxItems", most)):
        if keyword in schema and size is not None:
            yield keyword, pluralize(size, "item"), [item] * size
    yield "type", "several items", [item] * (least + 2)


_LIMITS: Final[Mapping[str, Callable[[Schema], Iterable[tuple[str, str, Any]]]]] = {
    "null": lambda _: [("type", "null", None)],
    "boolean": lambda _: [("type", "true", True), ("type", "false", False)],
    "integer": _numbers,
    "number": _numbers,
    "string": _texts,
    "object": lambda _: [],
}


def _full_item(schema: Schema) -> Any:
    return full(child(schema, "items")) if "items" in schema else None


def _longest(schema: Schema) -> Any:
    """Return the full body with every text at its maximum length."""
    body = full(schema)
    for place in places(schema):
        for keyword, _, value in _texts(place.schema) if "maxLength" in place.schema else ():
            if keyword == "maxLength" and is_valid(place.schema, value):
                with suppress(NoSampleError):
                    body, _ = change_part(schema, body, place.path, put(value))
    return body


def _find_broken(schema: Schema, values: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield the values that break a keyword alone, each with the keyword; unions count as one."""
    engine = make_engine(schema)
    for keyword, value in values:
        if [each.keyword for each in engine.errors(value)] == [keyword]:
            yield keyword, value


def _invalid_values(place: Place) -> Iterator[tuple[str, Any]]:
    """Yield keywords with values that are likely to break that keyword alone."""
    schema = place.schema
    if "anyOf" in schema:
        union = Union(schema)
        yield from (("anyOf", value) for value in OTHER_TYPES if union.nearest(value) is None)
        return
    yield from (("type", value) for value in list_mistyped(schema)[:2])
    for keyword in ("enum", "const"):
        yield from ((keyword, value) for value in _list_unlisted(schema, keyword)[:3])
    yield from values_outside(schema)
    most = lengths(schema)[1]
    if most is not None:
        yield "maxLength", ASTRAL * (most + 1)
    yield from (("format", text) for text in WRONG.get(schema.get("format", ""), ()))


def _list_unlisted(schema: Schema, keyword: str) -> list[Any]:
    """Return values that break `enum` or `const` alone: another word, another case, a suffix."""
    listed = members(schema)
    if keyword not in schema or listed is None:
        return []
    words = [value for value in listed if isinstance(value, str)][:1]
    near = near_misses(words[0]) if words else near_misses("")[:1]
    candidates = [*near, 987_654, -0.125, *OTHER_TYPES]
    broken = _find_broken(schema, ((keyword, value) for value in candidates))
    return _distinct(value for _, value in broken)


def _distinct(values: Iterable[Any]) -> list[Any]:
    return list({json.dumps(value): value for value in values}.values())


def _sizes(place: Place) -> Iterator[Mutation]:
    """Yield the array one item too short, and one item too long."""
    if not isinstance(place.value, list):
        return
    schema = place.schema
    least, most = sizes(schema)
    if least:
        cut = (pluralize(least - 1, "item"), resize(least - 1))
        yield Mutation("minItems", place, (cut,))
    if most is not None:
        try:
            item = _full_item(schema)
        except NoSampleError:
            return
        grown = (pluralize(most + 1, "item"), resize(most + 1, item))
        yield Mutation("maxItems", place, (grown,))


def _missing(place: Place) -> Iterator[Mutation]:
    """Yield the absence of each required property."""
    required = place.schema.get("required", ()) if isinstance(place.value, dict) else ()
    for name in required:
        yield Mutation("required", place, (("absent", remove(name)),), name)


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
