"""The response bodies that break exactly one keyword, at a place that is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any, Final

from jsonschema import Draft202012Validator

from docpact.bodies.formats import CHECKER
from docpact.bodies.validate import Place, violations
from docpact.cases.bounds import edges, lengths, members, sizes, types
from docpact.cases.labels import distinct, shown, titled
from docpact.cases.payload_edges import ASTRAL
from docpact.cases.query_violations import other_case
from docpact.cases.samples import Change, change_part, full, places, put, remove
from docpact.cases.texts import WRONG
from docpact.cases.vocabulary import check
from docpact.model import Operation, PayloadCase, Schema
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import child
from docpact.text import counted

OTHER_TYPES: Final[tuple[Any, ...]] = (None, True, 7, 1.5, "docpact", [], {})
"""One value of each JSON type, and a number that is no integer."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """A part of a body, one keyword that it can break, and the changes that break it alone.

    Attributes:
        keyword: the broken keyword.
        path: path of the change_part part in the full body.
        schema: schema of the change_part part.
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

    def breaks_alone(self, schema: Schema, body: Any, path: Tokens) -> bool:
        """Return whether a body breaks this keyword alone, after a change at a path.

        A body that no longer fits one form of a union may fit another.
        """
        expected = [(self.keyword, self.pointer(path))]
        return (
            not self.form or [(v.keyword, v.pointer) for v in violations(schema, body)] == expected
        )

    def pointer(self, path: Tokens) -> str:
        """Return the pointer of the violation if the change_part part is at a path."""
        return pointer(path if self.missing is None else (*path, self.missing))


def invalid_payload_cases(operation: Operation) -> tuple[PayloadCase, ...]:
    """Return response bodies that break one keyword each, around a plain body with every field.

    Every keyword at every place of the schema that can break alone: a wrong `type` (null among
    them) breaks the `enum` beside it too, so that a field with an `enum` has no `type` case.
    `pointer` is that of the instance, as jsonschema reports it; for `required` it is that of the
    missing property itself, e.g. `/items/0/id`, where jsonschema reports the object.

    Returns:
        cases with unique labels in printable ASCII, `keyword` and `pointer` set.

    Raises:
        ContractError: the response schema holds something that cannot be generated.
    """
    schema = check(operation, "response")
    body = full(schema)
    return distinct(
        PayloadCase(
            label=titled(mutation.pointer(mutation.path), note, mutation.keyword),
            payload=payload,
            keyword=mutation.keyword,
            pointer=mutation.pointer(mutation.path),
        )
        for mutation in mutations(schema)
        for note, change in mutation.changes
        if mutation.breaks_alone(
            schema, payload := change_part(schema, body, mutation.path, change)[0], mutation.path
        )
    )


def mutations(schema: Schema) -> Iterator[Mutation]:
    """Yield every keyword of a schema that can break alone, at each place of the full value."""
    for place in places(schema):
        for keyword in place.schema:
            wrong = [value for word, value in _wrong(place) if word == keyword]
            alone = [value for value in wrong if _breaks(place.schema, value) == [keyword]]
            changes = tuple((shown(value), put(value)) for value in alone)
            if changes:
                yield Mutation(keyword, place.path, place.schema, changes, form=place.form)
        yield from _counts(place)
        yield from _missing(place)


def _breaks(schema: Schema, value: Any) -> list[str]:
    errors = Draft202012Validator(schema, format_checker=CHECKER).iter_errors(value)
    return [str(error.validator) for error in errors]


def _wrong(place: Place) -> Iterator[tuple[str, Any]]:
    """Yield keyword and value of what is likely to break that keyword alone."""
    schema = place.schema
    if "anyOf" in schema:
        told = {json.dumps(value): list(violations(schema, value)) for value in OTHER_TYPES}
        for text, found in told.items():
            if [(each.keyword, each.pointer) for each in found] == [("anyOf", "")]:
                yield "anyOf", json.loads(text)
        return
    yield from (("type", value) for value in mistyped(schema)[:2])
    for keyword in ("enum", "const"):
        yield from ((keyword, value) for value in _unlisted(schema, keyword)[:3])
    least, most = lengths(schema)
    if least:
        yield "minLength", "a" * (least - 1)
    if most is not None:
        yield "maxLength", "a" * (most + 1)
        yield "maxLength", ASTRAL * (most + 1)
    for edge in edges(schema):
        yield edge.keyword, edge.outside
        yield edge.keyword, edge.far
    yield from (("format", text) for text in WRONG.get(schema.get("format", ""), ()))


def mistyped(schema: Schema) -> list[Any]:
    """Return values that break `type` alone: null and the likeliest mistake first."""
    likely = (None, _MISTAKEN[types(schema)[-1]])
    alone = [value for value in (*likely, *OTHER_TYPES) if _breaks(schema, value) == ["type"]]
    return _different(alone)


def _unlisted(schema: Schema, keyword: str) -> list[Any]:
    """Return values that break `enum` or `const` alone: another word, another case, a suffix."""
    listed = members(schema)
    if keyword not in schema or listed is None:
        return []
    words = [value for value in listed if isinstance(value, str)][:1]
    near = [text for word in words for text in (other_case(word), f"{word}X")]
    candidates = ["DOCPACT", *near, 987_654, -0.125, *OTHER_TYPES]
    return _different([value for value in candidates if _breaks(schema, value) == [keyword]])


def _different(candidates: list[Any]) -> list[Any]:
    return list({json.dumps(value): value for value in candidates}.values())


def _counts(place: Place) -> Iterator[Mutation]:
    """Yield the ways in which an array alone is too short or too long."""
    if not isinstance(place.value, list) or members(place.schema) is not None:
        return
    least, most = sizes(place.schema)
    if least:
        cut = (counted(least - 1, "item"), lambda items: items[: least - 1])
        yield Mutation("minItems", place.path, place.schema, (cut,), form=place.form)
    if most is not None:
        spare = [full(child(place.schema, "items")) if "items" in place.schema else None]
        grown = (
            counted(most + 1, "item"),
            lambda items: list(islice(cycle(items or spare), most + 1)),
        )
        yield Mutation("maxItems", place.path, place.schema, (grown,), form=place.form)


def _missing(place: Place) -> Iterator[Mutation]:
    """Yield the absence of each required property."""
    if not isinstance(place.value, dict) or members(place.schema) is not None:
        return
    for name in place.schema.get("required", ()):
        change = ("absent", remove(name))
        yield Mutation("required", place.path, place.schema, (change,), name, place.form)


_MISTAKEN: Final = {
    "null": 7,
    "boolean": "true",
    "integer": "7",
    "number": "7",
    "string": 7,
    "array": {},
    "object": [],
}
"""Type → the value of another type that is likeliest in its place."""
