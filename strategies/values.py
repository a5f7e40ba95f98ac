"""Any value of a schema, built valid and never filtered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import ceil, floor, inf
from string import ascii_lowercase
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from docpact.bodies.engine import is_valid
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
from docpact.cases.texts import sorted_texts
from docpact.model import Schema
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import MAP, followed, part
from docpact.strategies.blocks import (
    ABSENT,
    Drawn,
    Part,
    choice,
    elements,
    fields,
    strategy,
)
from docpact.strategies.texts import ENCODABLE, SPREAD, formatted

JSON: TypeAlias = Any
"""A decoded JSON value: None, bool, int, float, str, list or dict."""

PLAIN: Final = 8
"""The number of plain texts besides the shortest, each one character longer."""

LONGEST_ENUM: Final = 64
"""The most enum values that a byte chooses from."""

SMALL: Final = tuple(sorted(range(9, -10, -1), key=abs))
"""The numbers from -9 to 9, simplest first."""

MORE_ITEMS: Final = 3
"""The most items of an array beyond its minimum, unless the schema allows fewer."""

LONGEST_TEXT: Final = 20_000
"""The longest `maxLength` that drawn texts reach; the deterministic cases reach longer ones."""

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
"""Blank, not ASCII, easily mistaken for another type, control characters, decomposed, wide,
bidirectional, several code points in one glyph, and markup."""

CHARACTERS: Final = ("0", "\U0001f9fe")
"""The characters of texts at a length limit: a plain one, and one of two UTF-16 units."""


def values(
    schema: Schema, *, instead: Mapping[str, SearchStrategy[JSON]] | None = None
) -> SearchStrategy[JSON]:
    """Generate values of a schema that `vocabulary.check` has passed.

    Args:
        schema: a schema of the vocabulary that `vocabulary.check` allows.
        instead: JSON Pointer → the strategy of the value there; inside objects only.

    Returns:
        strategy of decoded JSON. All members of a union are equally likely. Limits of lengths and
        numbers are drawn often; an optional field is absent about as often as null. Shrinks towards
        null, false, 0, the shortest text, the first enum value, the fewest items, and objects with
        required fields only.
    """
    return _Maker(instead or {}).values(followed(schema)[0], ())


def integers_beyond(schema: Schema) -> dict[str, SearchStrategy[int]]:
    """Return, for each bound of a number, a strategy of integers that break this bound alone.

    Empty if two bounds are on the same side.
    """
    bounds = list(edges(schema))
    if len({SIGNS[edge.keyword] for edge in bounds}) < len(bounds):
        return {}
    return {edge.keyword: beyond(edge) for edge in bounds}


def beyond(edge: Edge) -> SearchStrategy[int]:
    """Generate integers outside one bound."""
    if SIGNS[edge.keyword] > 0:
        return st.integers(max_value=floor(edge.outside))
    return st.integers(min_value=ceil(edge.outside))


@dataclass(frozen=True, slots=True)
class _Options:
    """The possible values at one place.

    Attributes:
        known: groups of known values, simplest first; see `choice`.
        free: strategies of other scalars.
        nested: strategies of arrays and objects, and of the members of a union.
    """

    known: tuple[Sequence[JSON], ...] = ()
    free: tuple[SearchStrategy[JSON], ...] = ()
    nested: tuple[SearchStrategy[JSON], ...] = ()

    def __add__(self, other: _Options) -> _Options:
        """Return the options of both."""
        return _Options(
            self.known + other.known, self.free + other.free, self.nested + other.nested
        )

    def optional(self) -> Part:
        """Return the part that reads an optional field, absent about as often as null.

        An absent field costs no draw: Hypothesis deletes at most five draws together, and an
        element of an array can only be deleted if it shrinks to that few.
        """
        return choice(((ABSENT,), *self.known), (*self.free, *self.nested, *self.nested))

    def required(self) -> Part:
        """Return the part that reads a required field; nested values are as likely as a group."""
        if not self.nested:
            return choice(self.known, self.free)
        groups = [st.sampled_from(group) for group in self.known]
        return Drawn(st.one_of(*groups, *self.free, *self.nested))


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the parts that read a schema.

    Attributes:
        instead: see `values`.
        defined: name of a definition → its strategy, which may refer to itself.
    """

    instead: Mapping[str, SearchStrategy[JSON]]
    defined: dict[str, SearchStrategy[JSON]] = field(default_factory=dict)

    def values(self, schema: Schema, at: Tokens) -> SearchStrategy[JSON]:
        """Return the strategy of a schema, for a path."""
        return strategy(self._whole(schema, at))

    def _whole(self, schema: Schema, at: Tokens) -> Part:
        """Return the part that reads a schema; an object shares the block of its parent."""
        is_plain = not {"enum", "const", "anyOf"} & set(schema) and types(schema) == ("object",)
        if is_plain and pointer(at) not in self.instead:
            return self._object(schema, at)
        return self._options(schema, at).required()

    def _required(self, schema: Schema, names: Tokens, at: Tokens) -> Part:
        """Return the part that reads a required value."""
        inner, where = part(schema, *names)
        defined = self._definition(inner, where, at)
        return self._whole(inner, at) if defined is None else Drawn(defined)

    def _optional(self, schema: Schema, names: Tokens, at: Tokens) -> Part:
        """Return the part that reads a value that may be absent."""
        inner, where = part(schema, *names)
        defined = self._definition(inner, where, at)
        options = self._options(inner, at) if defined is None else _Options(nested=(defined,))
        return options.optional()

    def _definition(self, schema: Schema, where: Tokens, at: Tokens) -> SearchStrategy[JSON] | None:
        """Return the strategy of a definition, made when it is first drawn, or None for another."""
        if where[0] != "$defs":
            return None
        name = str(where[1])
        if name not in self.defined:
            self.defined[name] = st.deferred(lambda: self.values(schema, at))
        return self.defined[name]

    def _options(self, schema: Schema, at: Tokens) -> _Options:
        """Return the options of a schema, for a path."""
        if pointer(at) in self.instead:
            return _Options(nested=(self.instead[pointer(at)],))
        if "anyOf" in schema:
            numbers = range(len(schema["anyOf"]))
            return sum((self._form(schema, number, at) for number in numbers), _Options())
        listed = members(schema)
        if listed is not None and len(listed) > LONGEST_ENUM:
            return _Options(free=(st.sampled_from(listed),))
        if listed is not None:
            return _Options(known=(listed,))
        return sum((self._of_type(name, schema, at) for name in types(schema)), _Options())

    def _form(self, schema: Schema, number: int, at: Tokens) -> _Options:
        """Return the options of one member of a union; null is a known value."""
        if schema["anyOf"][number].get("type") == "null":
            return _Options(known=((None,),))
        return _Options(nested=(strategy(self._required(schema, ("anyOf", number), at)),))

    def _of_type(self, name: str, schema: Schema, at: Tokens) -> _Options:
        if name == "array":
            return _Options(nested=(self._array(schema, at),))
        if name == "object":
            return _Options(nested=(strategy(self._object(schema, at)),))
        return _SCALARS[name](schema)

    def _array(self, schema: Schema, at: Tokens) -> SearchStrategy[list[JSON]]:
        least, most = sizes(schema)
        highest = least + MORE_ITEMS if most is None else min(most, least + MORE_ITEMS)
        if "items" not in schema:
            return elements(choice([[None]]), least, highest)
        return elements(self._required(schema, ("items",), (*at, "*")), least, highest)

    def _object(self, schema: Schema, at: Tokens) -> Part:
        required, named = schema.get("required", ()), schema.get("properties", {})
        parts = []
        for name in named:
            make = self._required if name in required else self._optional
            parts.append((name, make(schema, ("properties", name), (*at, name))))
        further = self._required(schema, (MAP,), (*at, "*")) if MAP in schema else None
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


def _strings(schema: Schema) -> _Options:
    least, most = lengths(schema)
    if "format" in schema:
        known = sorted_texts(schema["format"], least, most)
        return _Options(known=(known,), free=(formatted(schema["format"], least, most),))
    longest = inf if most is None else most
    plain = ["0" * length for length in range(least, least + PLAIN + 1)]
    fitting = [text for text in (*plain, *ODD_TEXTS) if least <= len(text) <= longest]
    special = sorted(dict.fromkeys(fitting), key=lambda text: (not text.isascii(), len(text)))
    text = st.text(ENCODABLE, min_size=least, max_size=most)
    return _Options(known=(special,), free=(text,)) + _at_limits(least, most)


def _at_limits(least: int, most: int | None) -> _Options:
    """Return texts of the minimum and maximum length, ASCII and astral."""
    shortest = tuple(char * least for char in CHARACTERS)
    if most is None or most == least or most > LONGEST_TEXT:
        return _Options(known=(shortest,) if least else ())
    return _Options(known=(shortest,), free=(_longest(least, most),))


def _longest(least: int, most: int) -> SearchStrategy[str]:
    """Generate texts that mostly have the maximum length, and shrink to any length."""
    kinds = len(CHARACTERS)
    drawn = st.integers(0, 8 * kinds * (most - least))
    return drawn.map(lambda n: CHARACTERS[n % kinds] * min(least + n // kinds, most))


def _integers(schema: Schema) -> _Options:
    least, most = integers_within(schema)
    bounds = {bound for bound in (least, most) if bound is not None}
    known = sorted(bounds, key=abs) if bounds else SMALL
    return _Options(known=(known,), free=(st.integers(least, most),))


def _numbers(schema: Schema) -> _Options:
    least, most = floats_within(schema)
    if least > most:
        return _integers(schema)
    drawn = st.floats(least, most, allow_nan=False, allow_infinity=False)
    if not SIGNS.keys() & schema.keys():
        return _Options(known=(SMALL,), free=(st.integers(), drawn))
    bounds = [edge.at for edge in edges(schema) if is_valid(schema, edge.at)]
    return _Options(known=(sorted(bounds, key=abs),) if bounds else (), free=(drawn,))


_SCALARS: Final[Mapping[str, Callable[[Schema], _Options]]] = {
    "null": lambda _: _Options(known=((None,),)),
    "boolean": lambda _: _Options(known=((False, True),)),
    "integer": _integers,
    "number": _numbers,
    "string": _strings,
}
