"""The response bodies at the edge of what the page documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from docpact.bodies.validate import Place, violations
from docpact.cases.bounds import edges, lengths, members, sizes, types
from docpact.cases.labels import distinct, shown, titled
from docpact.cases.query_edges import NON_ASCII
from docpact.cases.samples import change_part, full, minimal, places, put, remove
from docpact.cases.texts import texts_of
from docpact.cases.vocabulary import check
from docpact.model import Operation, PayloadCase, Schema
from docpact.model.pointer import pointer
from docpact.model.schema import child, form_name, forms
from docpact.text import counted

ASTRAL: Final = "\U0001f9fe"
"""One code point, two UTF-16 units, four bytes of UTF-8: lengths count code points (JSON Schema
2020-12, Validation, section 6.3.1)."""


def boundary_payload_cases(operation: Operation) -> tuple[PayloadCase, ...]:
    """Return valid response bodies, each on one edge, around a plain body with every field.

    The body with required fields only, with every field, and with every length at its bound; each
    field that is not required absent; each nullable field null; each enum value; each bound of a
    number; each form of a union; each bound of a length in ASCII and in astral characters; lists
    empty, shortest and longest; each form of a format; non-ASCII in each free text.

    Returns:
        cases with unique labels in printable ASCII, `keyword` and `pointer` naming the edge.

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
    parts = [case for place in places(schema) for case in _cases(schema, body, place)]
    return distinct(whole + parts)


def _cases(schema: Schema, body: Any, place: Place) -> Iterator[PayloadCase]:
    where = pointer(place.path)
    for keyword, note, value in _edges(place):
        if not any(violations(place.schema, value)):
            payload, _ = change_part(schema, body, place.path, put(value))
            yield PayloadCase(titled(where, note, keyword), payload, keyword, where)
    if not isinstance(place.value, dict) or members(place.schema) is not None:
        return
    for name in place.schema.get("properties", ()):
        if name not in place.schema.get("required", ()):
            payload, _ = change_part(schema, body, place.path, remove(name))
            field = pointer((*place.path, name))
            yield PayloadCase(titled(field, "absent", None), payload, "required", field)


def _edges(place: Place) -> Iterator[tuple[str, str, Any]]:
    """Yield keyword, note and value of every edge at one place."""
    schema = place.schema
    if "anyOf" in schema:
        for form, path in forms(schema, place.schema_path):
            yield "anyOf", form_name(form, path), full(form)
        return
    listed = members(schema)
    if listed is not None:
        keyword = "enum" if "enum" in schema else "const"
        yield from ((keyword, shown(value), value) for value in listed)
        return
    for name in types(schema) if "type" in schema else ():
        yield from _EDGES[name](place)


def _texts(place: Place) -> Iterator[tuple[str, str, str]]:
    schema = place.schema
    least, most = lengths(schema)
    if "format" in schema:
        yield from (("format", shown(t), t) for t in texts_of(schema["format"], least, most))
        return
    for keyword, length in (("minLength", least), ("maxLength", most)):
        if keyword in schema and length is not None:
            for kind, char in (("ASCII", "a"), ("non-ASCII", ASTRAL)):
                yield keyword, counted(length, f"{kind} character"), char * length
    if not {"minLength", "maxLength"} & set(schema):
        yield "type", "empty", ""
        yield "type", "non-ASCII", NON_ASCII


def _numbers(place: Place) -> Iterator[tuple[str, str, float]]:
    yield from ((edge.keyword, shown(edge.at), edge.at) for edge in edges(place.schema))
    if "number" in types(place.schema):
        yield "type", "0.5", 0.5


def _arrays(place: Place) -> Iterator[tuple[str, str, list[Any]]]:
    least, most = sizes(place.schema)
    item = full(child(place.schema, "items")) if "items" in place.schema else None
    if least == 0:
        yield "type", "empty", []
    for keyword, size in (("minItems", least), ("maxItems", most)):
        if keyword in place.schema and size is not None:
            yield keyword, counted(size, "item"), [item] * size
    yield "type", "several items", [item] * (least + 2)


_EDGES: Final[Mapping[str, Callable[[Place], Iterable[tuple[str, str, Any]]]]] = {
    "null": lambda _: [("type", "null", None)],
    "boolean": lambda _: [("type", "true", True), ("type", "false", False)],
    "integer": _numbers,
    "number": _numbers,
    "string": _texts,
    "array": _arrays,
    "object": lambda _: [],
}


def _longest(schema: Schema) -> Any:
    """Return the plain body with every text at its greatest length."""
    body = full(schema)
    for place in places(schema):
        for keyword, _, value in _edges(place):
            if keyword == "maxLength":
                body, _ = change_part(schema, body, place.path, put(value))
    return body
