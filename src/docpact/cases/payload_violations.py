"""The response bodies that break exactly one keyword, at a place that is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from math import ceil, floor
from typing import Any, Final

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy
from jsonschema import Draft202012Validator

from docpact.bodies.formats import CHECKER
from docpact.bodies.validate import ANNOTATIONS, Place, violations
from docpact.cases.bounds import SIGNS, edges, lengths, members, sizes, types
from docpact.cases.labels import distinct, shown, titled
from docpact.cases.payload_edges import ASTRAL
from docpact.cases.query_violations import other_case
from docpact.cases.samples import Change, changed, constant, full, places, without
from docpact.cases.texts import WRONG
from docpact.cases.vocabulary import check
from docpact.model import Operation, PayloadCase, Schema
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import child
from docpact.strategies.characters import ENCODABLE
from docpact.strategies.values import SPREAD, values
from docpact.text import counted

OTHER_TYPES: Final[tuple[Any, ...]] = (None, True, 7, 1.5, "docpact", [], {})
"""One value of each JSON type, and a number that is no integer."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One keyword at one place, and the ways to break it alone.

    Attributes:
        keyword: that breaks.
        path: of the part that is changed, in the full body.
        missing: name of the property that is taken away, for `required`.
        changes: note and change of the part; at least one.
        drawn: values to put there instead, or None where only `changes` are known to be right.
        form: of the union that the part belongs to, or empty.
    """

    keyword: str
    path: Tokens
    missing: str | None
    changes: tuple[tuple[str, Change], ...]
    drawn: SearchStrategy[Any] | None = None
    form: str = ""

    def alone(self, schema: Schema, body: Any, path: Tokens) -> bool:
        """Say whether a body that is changed at a path breaks this keyword alone, and there.

        A body that lost one form of a union may have another one.
        """
        expected = [(self.keyword, self.pointer(path))]
        return (
            not self.form or [(v.keyword, v.pointer) for v in violations(schema, body)] == expected
        )

    def pointer(self, path: Tokens) -> str:
        """Return the pointer that the violation is reported at, the part being at a path."""
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
            label=titled(breach.pointer(breach.path), note, breach.keyword),
            payload=payload,
            keyword=breach.keyword,
            pointer=breach.pointer(breach.path),
        )
        for breach in _breaches(schema)
        for note, change in breach.changes
        if breach.alone(
            schema, payload := changed(schema, body, breach.path, change)[0], breach.path
        )
    )


def invalid_payloads(operation: Operation) -> SearchStrategy[PayloadCase]:
    """Generate response bodies that break one keyword each, in random valid surroundings.

    A valid body as `payloads` draws it, in which one keyword, each as likely, is broken at one
    place; parts on the way to that place that are absent, null or empty are filled in. Keyword and
    pointer are named as in `invalid_payload_cases`. Shrinks towards the first keyword of the
    schema's root, and the plainest surroundings.

    Raises:
        ContractError: the response schema holds something that cannot be generated.
        InvalidArgument: the response schema has no keyword that a value could break.
    """
    schema = check(operation, "response")
    breaches = tuple(_breaches(schema))
    if not breaches:
        msg = f"operation={operation.id!r} has a response schema that every value satisfies"
        raise InvalidArgument(msg)
    return _broken(schema, values(schema), breaches)


def _broken(
    schema: Schema, bodies: SearchStrategy[Any], breaches: tuple[Breach, ...]
) -> SearchStrategy[PayloadCase]:
    """Generate broken bodies; whatever the schema, the strategy's representation is short."""
    keywords = list(dict.fromkeys(breach.keyword for breach in breaches))

    @st.composite
    def invalid_payload(draw: DrawFn) -> PayloadCase:
        keyword = draw(st.sampled_from(keywords))
        breach = draw(st.sampled_from([each for each in breaches if each.keyword == keyword]))
        body = draw(bodies)
        note, change = draw(st.sampled_from(breach.changes))
        if breach.drawn is not None and draw(st.booleans()):
            value = draw(breach.drawn)
            note, change = shown(value), constant(value)
        payload, path = changed(
            schema, body, breach.path, change, lambda size: draw(st.integers(0, size - 1))
        )
        assume(breach.alone(schema, payload, path))
        where = breach.pointer(path)
        return PayloadCase(titled(where, note, breach.keyword), payload, breach.keyword, where)

    return invalid_payload()


def _breaches(schema: Schema) -> Iterator[Breach]:
    for place in places(schema):
        drawn = _drawn(place.schema)
        for keyword in place.schema:
            wrong = [value for word, value in _wrong(place) if word == keyword]
            alone = [value for value in wrong if _breaks(place.schema, value) == [keyword]]
            changes = tuple((shown(value), constant(value)) for value in alone)
            if changes:
                yield Breach(keyword, place.path, None, changes, drawn.get(keyword), place.form)
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
    yield from (("type", value) for value in _mistyped(schema)[:2])
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


def _mistyped(schema: Schema) -> list[Any]:
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


def _counts(place: Place) -> Iterator[Breach]:
    """Yield the ways in which an array alone is too short or too long."""
    if not isinstance(place.value, list) or members(place.schema) is not None:
        return
    least, most = sizes(place.schema)
    if least:
        cut = (counted(least - 1, "item"), lambda items: items[: least - 1])
        yield Breach("minItems", place.path, None, (cut,), form=place.form)
    if most is not None:
        spare = [full(child(place.schema, "items")) if "items" in place.schema else None]
        grown = (
            counted(most + 1, "item"),
            lambda items: list(islice(cycle(items or spare), most + 1)),
        )
        yield Breach("maxItems", place.path, None, (grown,), form=place.form)


def _missing(place: Place) -> Iterator[Breach]:
    """Yield the absence of each required property."""
    if not isinstance(place.value, dict) or members(place.schema) is not None:
        return
    for name in place.schema.get("required", ()):
        change = ("absent", without(name))
        yield Breach("required", place.path, name, (change,), form=place.form)


def _drawn(schema: Schema) -> dict[str, SearchStrategy[Any]]:
    """Return strategies of values that break one keyword alone, for keywords that allow many."""
    drawn: dict[str, SearchStrategy[Any]] = {}
    if mistyped := _mistyped(schema):
        drawn["type"] = st.sampled_from(mistyped)
    if set(schema) - ANNOTATIONS <= {"type", "enum"} and "string" in types(schema):
        longest = max((len(v) for v in schema.get("enum", ()) if isinstance(v, str)), default=0)
        drawn["enum"] = st.text(ENCODABLE, min_size=longest + 1, max_size=longest + SPREAD)
    if members(schema) is not None:
        return drawn
    least, most = lengths(schema)
    if "format" in schema:
        drawn["format"] = st.text(ENCODABLE, max_size=SPREAD).map("x".__add__)
    else:
        drawn["minLength"] = st.text(ENCODABLE, max_size=max(0, least - 1))
        drawn["maxLength"] = st.text(
            ENCODABLE, min_size=(most or 0) + 1, max_size=(most or 0) + SPREAD
        )
    return drawn | _drawn_numbers(schema)


def _drawn_numbers(schema: Schema) -> dict[str, SearchStrategy[Any]]:
    found = list(edges(schema))
    if len({SIGNS[edge.keyword] for edge in found}) < len(found):
        return {}
    return {
        edge.keyword: st.integers(max_value=floor(edge.outside))
        if SIGNS[edge.keyword] > 0
        else st.integers(min_value=ceil(edge.outside))
        for edge in found
    }


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
