"""Any value of a schema: built valid, never filtered."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from docpact.model import Schema
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import MAP, child, followed
from docpact.strategies.bounds import (
    SIGNS,
    edges,
    floats_within,
    integers_within,
    lengths,
    members,
    sizes,
    types,
)
from docpact.strategies.formats import formatted
from docpact.validation import violations

JSON: TypeAlias = Any
"""A decoded JSON value: None, bool, int, float, str, list or dict."""

Strategy: TypeAlias = SearchStrategy[JSON]

SPREAD: Final = 12
"""How many characters more than the fewest a text has that is no text at a bound."""

MORE_ITEMS: Final = 3
"""How many items more than the fewest an array has where the schema sets no lower limit."""

LONGEST_TEXT: Final = 20_000
"""The longest bound that random texts reach; a longer one is reached by the enumerated edges."""

_ABSENT: Final = object()

ODD_TEXTS: Final = (
    "",
    " ",
    "0",
    "null",
    "a\0b",
    "line\r\nbreak\u2028",
    "caf\u00e9 e\u0301",
    "\u65e5\u672c\u8a9e",
    "\u202eright to left",
    "\U0001f469\u200d\U0001f52c",
    "<b>&amp;</b>",
    "'; --",
)
"""Empty, blank, mistaken for another type, control characters, decomposed, wide, bidirectional,
several code points that show as one, and text that is markup elsewhere."""


def values(
    schema: Schema, *, instead: Mapping[str, SearchStrategy[JSON]] | None = None
) -> SearchStrategy[JSON]:
    """Generate values of a schema that `vocabulary.check` has passed.

    Args:
        schema: of the vocabulary `docpact.validation.SUPPORTED`.
        instead: JSON Pointer → the strategy for the value there; through objects only.

    Returns:
        decoded JSON. The members of a union are as likely as each other. Bounds of lengths and
        numbers are drawn often; a field that is not required is absent about as often as it is
        null. Shrinks towards null, false, 0, the shortest text, the first enum value, the fewest
        items, and objects without what is not required.
    """
    return _Drawn(instead or {}).values(followed(schema)[0], ())


def texts(least: int, most: int | None) -> SearchStrategy[str]:
    """Generate texts of `least` to `most` code points, lone surrogates excepted.

    Texts of exactly `least` and `most` code points, ASCII and astral, and the odd ones that fit are
    drawn about every other time. Shrinks towards the shortest text.
    """
    highest = least + SPREAD if most is None else min(most, least + SPREAD)
    at_bounds = {least} if most is None or most > LONGEST_TEXT else {least, most}
    special = [char * length for length in sorted(at_bounds) for char in ("a", "\U0001f9fe")]
    special += [t for t in ODD_TEXTS if least <= len(t) and (most is None or len(t) <= most)]
    return st.text(min_size=least, max_size=highest) | st.sampled_from(special)


def chosen(
    fields: Mapping[str, SearchStrategy[JSON]], required: Container[str]
) -> SearchStrategy[dict[str, JSON]]:
    """Generate objects of some fields, in their order; each that is not required may be absent.

    Absence is one more simplest alternative of a field, so that each field shrinks away by itself:
    `st.fixed_dictionaries` keeps some.
    """
    names = tuple(fields)
    drawn = [
        field if name in required else st.just(_ABSENT) | field for name, field in fields.items()
    ]
    return st.tuples(*drawn).map(
        lambda found: {
            name: value for name, value in zip(names, found, strict=True) if value is not _ABSENT
        }
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Builds the strategy of a schema; a definition that refers to itself has one strategy."""

    instead: Mapping[str, SearchStrategy[JSON]]
    defined: dict[str, SearchStrategy[JSON]] = field(default_factory=dict)

    def part(self, schema: Schema, names: tuple[str | int, ...], at: Tokens) -> Strategy:
        """Return the strategy of a part of a schema; through a reference it is made when drawn."""
        stated: Any = schema
        for name in names:
            stated = stated[name]
        if "$ref" not in stated:
            return self.values(child(schema, *names), at)
        name = stated["$ref"]
        if name not in self.defined:
            self.defined[name] = st.deferred(lambda: self.values(child(schema, *names), at))
        return self.defined[name]

    def values(self, schema: Schema, at: Tokens) -> Strategy:
        """Return the strategy of a schema whose instances stand at a place."""
        if pointer(at) in self.instead:
            return self.instead[pointer(at)]
        if "anyOf" in schema:
            numbers = range(len(schema["anyOf"]))
            return st.one_of([self.part(schema, ("anyOf", number), at) for number in numbers])
        listed = members(schema)
        if listed is not None:
            return st.sampled_from(listed)
        return st.one_of([self.of_type(name, schema, at) for name in types(schema)])

    def of_type(self, name: str, schema: Schema, at: Tokens) -> Strategy:
        """Return the strategy of the values of one type."""
        if name == "array":
            return self.arrays(schema, at)
        if name == "object":
            return self.objects(schema, at)
        return _SCALARS[name](schema)

    def arrays(self, schema: Schema, at: Tokens) -> Strategy:
        """Return the strategy of the arrays of a schema."""
        least, most = sizes(schema)
        highest = least + MORE_ITEMS if most is None else min(most, least + MORE_ITEMS)
        items = self.part(schema, ("items",), (*at, "*")) if "items" in schema else st.none()
        return st.lists(items, min_size=least, max_size=highest)

    def objects(self, schema: Schema, at: Tokens) -> Strategy:
        """Return the strategy of the objects of a schema."""
        required, named = schema.get("required", ()), schema.get("properties", {})
        fields = {name: self.part(schema, ("properties", name), (*at, name)) for name in named}
        further = self.part(schema, (MAP,), (*at, "*")) if MAP in schema else None
        undocumented = {
            name: st.none() if further is None else further
            for name in required
            if name not in named
        }
        drawn = chosen(fields | undocumented, required)
        if further is None:
            return drawn
        names = st.text(ascii_lowercase, min_size=1, max_size=SPREAD).filter(
            lambda name: name not in named
        )
        more = st.dictionaries(names, further, max_size=MORE_ITEMS)
        return st.builds(lambda known, found: {**found, **known}, drawn, more)


def _strings(schema: Schema) -> SearchStrategy[str]:
    if "format" in schema:
        return formatted(schema["format"], *lengths(schema))
    return texts(*lengths(schema))


def _integers(schema: Schema) -> SearchStrategy[int]:
    least, most = integers_within(schema)
    bounds = [bound for bound in (least, most) if bound is not None]
    drawn = st.integers(min_value=least, max_value=most)
    return drawn | st.sampled_from(bounds) if bounds else drawn


def _numbers(schema: Schema) -> SearchStrategy[float]:
    least, most = floats_within(schema)
    if least > most:
        return _integers(schema)
    drawn = st.floats(least, most, allow_nan=False, allow_infinity=False)
    if not SIGNS.keys() & schema.keys():
        return st.integers(-9, 9) | drawn
    special = [edge.at for edge in edges(schema) if not any(violations(schema, edge.at))]
    return st.sampled_from(special) | drawn if special else drawn


_SCALARS: Final[Mapping[str, Callable[[Schema], SearchStrategy[JSON]]]] = {
    "null": lambda _: st.none(),
    "boolean": lambda _: st.booleans(),
    "integer": _integers,
    "number": _numbers,
    "string": _strings,
}
