"""Any value of a schema: built valid, never filtered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import ceil, floor, inf
from string import ascii_lowercase
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from docpact.bodies.validate import violations
from docpact.cases.bounds import (
    SIGNS,
    Edge,
    edges,
    floats_within,
    integers_within,
    lengths,
    members,
    sizes,
    types,
)
from docpact.cases.texts import plain_texts
from docpact.model import Schema
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import MAP, child, followed
from docpact.strategies.blocks import (
    ABSENT,
    Drawn,
    Part,
    choice,
    elements,
    fields,
    strategy,
)
from docpact.strategies.texts import ENCODABLE, formatted

JSON: TypeAlias = Any
"""A decoded JSON value: None, bool, int, float, str, list or dict."""

SPREAD: Final = 12
"""How many characters more than the fewest an id, a name or a word has at most."""

PLAIN: Final = 8
"""How many plain texts there are besides the shortest, each a character longer."""

LONGEST_ENUM: Final = 64
"""The most values that a byte chooses among."""

SMALL: Final = tuple(sorted(range(9, -10, -1), key=abs))
"""The numbers from -9 to 9, simplest first."""

MORE_ITEMS: Final = 3
"""How many items more than the fewest an array has where the schema sets no lower limit."""

LONGEST_TEXT: Final = 20_000
"""The longest bound that random texts reach; a longer one is reached by the enumerated edges."""

ODD_TEXTS: Final = (
    " ",
    "\x80",
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
"""Blank, beyond ASCII, mistaken for another type, control characters, decomposed, wide,
bidirectional, several code points that show as one, and text that is markup elsewhere."""

CHARACTERS: Final = ("0", "\U0001f9fe")
"""What texts of a certain length consist of: a plain character, and one of two UTF-16 units."""


def values(
    schema: Schema, *, instead: Mapping[str, SearchStrategy[JSON]] | None = None
) -> SearchStrategy[JSON]:
    """Generate values of a schema that `vocabulary.check` has passed.

    Args:
        schema: of the vocabulary `docpact.bodies.validate.SUPPORTED`.
        instead: JSON Pointer → the strategy for the value there; through objects only.

    Returns:
        decoded JSON. The members of a union are as likely as each other. Bounds of lengths and
        numbers are drawn often; a field that is not required is absent about as often as it is
        null. Shrinks towards null, false, 0, the shortest text, the first enum value, the fewest
        items, and objects without what is not required.
    """
    return _Maker(instead or {}).values(followed(schema)[0], ())


def integers_beyond(schema: Schema) -> dict[str, SearchStrategy[int]]:
    """Return, for each bound of a number, a strategy of integers that break this bound alone.

    It is empty where two bounds are on the same side.
    """
    found = list(edges(schema))
    if len({SIGNS[edge.keyword] for edge in found}) < len(found):
        return {}
    return {edge.keyword: beyond(edge) for edge in found}


def beyond(edge: Edge) -> SearchStrategy[int]:
    """Generate integers outside one bound."""
    if SIGNS[edge.keyword] > 0:
        return st.integers(max_value=floor(edge.outside))
    return st.integers(min_value=ceil(edge.outside))


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a place can hold.

    Attributes:
        known: groups of values, simplest first; see `choice`.
        free: strategies of scalars that need not be known.
        nested: strategies of arrays and objects, and those of the members of a union.
    """

    known: tuple[Sequence[JSON], ...] = ()
    free: tuple[SearchStrategy[JSON], ...] = ()
    nested: tuple[SearchStrategy[JSON], ...] = ()

    def __add__(self, other: _Kind) -> _Kind:
        """Return what can be either of two kinds."""
        return _Kind(self.known + other.known, self.free + other.free, self.nested + other.nested)

    def optional(self) -> Part:
        """Return what reads the field, absent about as often as it is null.

        What is absent takes no draw: Hypothesis deletes no more than five that stand together, and
        so an element of an array only if it shrinks to as few.
        """
        return choice(((ABSENT,), *self.known), (*self.free, *self.nested, *self.nested))

    def required(self) -> Part:
        """Return what reads the field; nested values are as likely as each group of known ones."""
        if not self.nested:
            return choice(self.known, self.free)
        groups = [st.sampled_from(group) for group in self.known]
        return Drawn(st.one_of(*groups, *self.free, *self.nested))


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the parts that read a schema; a definition has one strategy, for it may hold itself."""

    instead: Mapping[str, SearchStrategy[JSON]]
    defined: dict[str, SearchStrategy[JSON]] = field(default_factory=dict)

    def values(self, schema: Schema, at: Tokens) -> SearchStrategy[JSON]:
        """Return the strategy of a schema whose instances stand at a place."""
        return strategy(self.whole(schema, at))

    def whole(self, schema: Schema, at: Tokens) -> Part:
        """Return what reads the instances of a schema; an object is read within its parent."""
        is_plain = not {"enum", "const", "anyOf"} & set(schema) and types(schema) == ("object",)
        if is_plain and pointer(at) not in self.instead:
            return self.object(schema, at)
        return self.of_schema(schema, at).required()

    def part(self, schema: Schema, names: tuple[str | int, ...], at: Tokens) -> Part:
        """Return what reads a part of a schema that is always there."""
        found = self.definition(schema, names, at)
        return self.whole(child(schema, *names), at) if found is None else Drawn(found)

    def optional(self, schema: Schema, names: tuple[str | int, ...], at: Tokens) -> Part:
        """Return what reads a part of a schema that may be absent."""
        found = self.definition(schema, names, at)
        kind = (
            self.of_schema(child(schema, *names), at) if found is None else _Kind(nested=(found,))
        )
        return kind.optional()

    def definition(
        self, schema: Schema, names: tuple[str | int, ...], at: Tokens
    ) -> SearchStrategy[JSON] | None:
        """Return the strategy of what a part of a schema refers to, made when it is drawn."""
        stated: Any = schema
        for name in names:
            stated = stated[name]
        if "$ref" not in stated:
            return None
        name = stated["$ref"]
        if name not in self.defined:
            self.defined[name] = st.deferred(lambda: self.values(child(schema, *names), at))
        return self.defined[name]

    def of_schema(self, schema: Schema, at: Tokens) -> _Kind:
        """Return what the instances of a schema that stand at a place can be."""
        if pointer(at) in self.instead:
            return _Kind(nested=(self.instead[pointer(at)],))
        if "anyOf" in schema:
            return self.union(schema, at)
        listed = members(schema)
        if listed is not None and len(listed) > LONGEST_ENUM:
            return _Kind(free=(st.sampled_from(listed),))
        if listed is not None:
            return _Kind(known=(listed,))
        return sum((self.of_type(name, schema, at) for name in types(schema)), _Kind())

    def union(self, schema: Schema, at: Tokens) -> _Kind:
        """Return what the members of a union can be; null is known beforehand."""
        found = _Kind()
        for number, stated in enumerate(schema["anyOf"]):
            if stated.get("type") == "null":
                found += _Kind(known=((None,),))
            else:
                found += _Kind(nested=(strategy(self.part(schema, ("anyOf", number), at)),))
        return found

    def of_type(self, name: str, schema: Schema, at: Tokens) -> _Kind:
        """Return what the instances of one type can be."""
        if name == "array":
            return _Kind(nested=(self.array(schema, at),))
        if name == "object":
            return _Kind(nested=(strategy(self.object(schema, at)),))
        return _SCALARS[name](schema)

    def array(self, schema: Schema, at: Tokens) -> SearchStrategy[list[JSON]]:
        """Return the strategy of the arrays of a schema."""
        least, most = sizes(schema)
        highest = least + MORE_ITEMS if most is None else min(most, least + MORE_ITEMS)
        if "items" not in schema:
            return elements(choice([[None]]), least, highest)
        return elements(self.part(schema, ("items",), (*at, "*")), least, highest)

    def object(self, schema: Schema, at: Tokens) -> Part:
        """Return what reads the objects of a schema."""
        required, named = schema.get("required", ()), schema.get("properties", {})
        parts = []
        for name in named:
            maker = self.part if name in required else self.optional
            parts.append((name, maker(schema, ("properties", name), (*at, name))))
        further = self.part(schema, (MAP,), (*at, "*")) if MAP in schema else None
        unnamed = further or choice([[None]])
        parts += [(name, unnamed) for name in required if name not in named]
        return fields(parts, None if further is None else _more(strategy(further), named))


def _more(further: SearchStrategy[JSON], named: Mapping[str, Any]) -> SearchStrategy[JSON]:
    """Generate the fields of a map that have no schema of their own."""
    words = st.text(ascii_lowercase, min_size=1, max_size=SPREAD)
    unnamed = words.map(
        lambda word: next(name for n in count() if (name := word + "x" * n) not in named)
    )
    return st.dictionaries(unnamed, further, max_size=MORE_ITEMS)


def _strings(schema: Schema) -> _Kind:
    least, most = lengths(schema)
    if "format" in schema:
        known = plain_texts(schema["format"], least, most)
        return _Kind(known=(known,), free=(formatted(schema["format"], least, most),))
    longest = inf if most is None else most
    plain = ["0" * length for length in range(least, least + PLAIN + 1)]
    fitting = [text for text in (*plain, *ODD_TEXTS) if least <= len(text) <= longest]
    special = sorted(dict.fromkeys(fitting), key=lambda text: (not text.isascii(), len(text)))
    text = st.text(ENCODABLE, min_size=least, max_size=most)
    return _Kind(known=(special,), free=(text,)) + _at_bounds(least, most)


def _at_bounds(least: int, most: int | None) -> _Kind:
    """Texts of the fewest and the most characters, ASCII and astral, where they are limited."""
    shortest = tuple(char * least for char in CHARACTERS)
    if most is None or most == least or most > LONGEST_TEXT:
        return _Kind(known=(shortest,) if least else ())
    return _Kind(known=(shortest,), free=(_longest(least, most),))


def _longest(least: int, most: int) -> SearchStrategy[str]:
    """Generate texts that are mostly as long as allowed, and shrink to any length."""
    kinds = len(CHARACTERS)
    drawn = st.integers(0, 8 * kinds * (most - least))
    return drawn.map(lambda n: CHARACTERS[n % kinds] * min(least + n // kinds, most))


def _integers(schema: Schema) -> _Kind:
    least, most = integers_within(schema)
    bounds = {bound for bound in (least, most) if bound is not None}
    known = sorted(bounds, key=abs) if bounds else SMALL
    return _Kind(known=(known,), free=(st.integers(least, most),))


def _numbers(schema: Schema) -> _Kind:
    least, most = floats_within(schema)
    if least > most:
        return _integers(schema)
    drawn = st.floats(least, most, allow_nan=False, allow_infinity=False)
    if not SIGNS.keys() & schema.keys():
        return _Kind(known=(SMALL,), free=(st.integers(), drawn))
    bounds = [edge.at for edge in edges(schema) if not any(violations(schema, edge.at))]
    return _Kind(known=(sorted(bounds, key=abs),) if bounds else (), free=(drawn,))


_SCALARS: Final[Mapping[str, Callable[[Schema], _Kind]]] = {
    "null": lambda _: _Kind(known=((None,),)),
    "boolean": lambda _: _Kind(known=((False, True),)),
    "integer": _integers,
    "number": _numbers,
    "string": _strings,
}
