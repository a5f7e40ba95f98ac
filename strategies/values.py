"""Any value of a schema, built valid and never filtered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from string import ascii_lowercase
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from docpact.bodies.engine import make_engine
from docpact.bodies.patterns import matches
from docpact.cases.bounds import members, most_fields, sizes, types
from docpact.cases.merging import is_documented
from docpact.model import Schema
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import MAP, NOTHING, follow, part, with_definitions
from docpact.strategies.blocks import (
    ABSENT,
    Array,
    Drawn,
    Object,
    Part,
    arrays,
    choice,
    elements,
    fields,
    objects,
    strategy,
)
from docpact.strategies.scalars import JSON, SCALARS, SPREAD, Options, from_pattern

LONGEST_ENUM: Final = 64
"""The most enum values that a byte chooses from."""

MORE_ITEMS: Final = 3
"""The most items of an array beyond its minimum, unless the schema allows fewer."""

_USUAL: Final = sum((make({}).known for make in SCALARS.values()), ())
ANYTHING: Final = choice(
    _USUAL,
    (
        st.floats(-9, 9),
        st.text(max_size=SPREAD),
        elements(choice(_USUAL), 0, 2),
        st.dictionaries(st.text(max_size=3), strategy(choice(_USUAL)), max_size=2),
    ),
)
"""Reads any JSON value, a small one: fewer draws than `st.recursive` makes."""

_BRANCHING: Final = frozenset({"enum", "const", "anyOf", "allOf", "not"})
_COUNTED: Final = frozenset(
    {"patternProperties", "propertyNames", "minProperties", "maxProperties"}
)


def values(
    schema: Schema,
    *,
    instead: Mapping[str, SearchStrategy[JSON]] | None = None,
    is_wide: bool = False,
) -> SearchStrategy[JSON]:
    """Generate values of a schema in plain form, which `cases.plain` makes.

    Args:
        schema: not the schema that no value satisfies.
        instead: JSON Pointer → the strategy of the value there; inside objects only.
        is_wide: whether elements without a schema have any value, and are not only null.

    Returns:
        strategy of decoded JSON. All members of a union are equally likely. Limits of lengths and
        numbers are drawn often; an optional field is absent about as often as null. Shrinks towards
        null, false, 0, the shortest text, the first enum value, the fewest items, and objects with
        required fields only.
    """
    return _Maker(instead or {}, is_wide).values(follow(schema)[0], ())


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the parts that read a schema; `defined` has definitions, which may be recursive."""

    instead: Mapping[str, SearchStrategy[JSON]]
    is_wide: bool = False
    defined: dict[str, SearchStrategy[JSON]] = field(default_factory=dict)

    def values(self, schema: Schema, at: Tokens) -> SearchStrategy[JSON]:
        """Return the strategy of a schema, for a path."""
        return strategy(self._whole(schema, at))

    def _whole(self, schema: Schema, at: Tokens) -> Part:
        """Return the part that reads a schema; an object shares the block of its parent."""
        is_plain = not _BRANCHING & set(schema) and types(schema) == ("object",)
        if is_plain and pointer(at) not in self.instead:
            return self._object(schema, at)
        return self._options(schema, at).read_required()

    def _read_required(self, schema: Schema, names: Tokens, at: Tokens) -> Part:
        inner, where = part(schema, *names)
        defined = self._definition(inner, where, at)
        return self._whole(inner, at) if defined is None else Drawn(defined)

    def _optional(self, schema: Schema, names: Tokens, at: Tokens) -> Part:
        """Return the part that reads a value that may be absent."""
        inner, where = part(schema, *names)
        if "not" in inner:
            return choice(((ABSENT,),))
        defined = self._definition(inner, where, at)
        options = self._options(inner, at) if defined is None else Options(nested=(defined,))
        return options.optional()

    def _definition(self, schema: Schema, where: Tokens, at: Tokens) -> SearchStrategy[JSON] | None:
        """Return the strategy of a definition, made when it is first drawn, or None for another."""
        if where[0] != "$defs":
            return None
        name = str(where[1])
        if name not in self.defined:
            self.defined[name] = st.deferred(lambda: self.values(schema, at))
        return self.defined[name]

    def _options(self, schema: Schema, at: Tokens) -> Options:
        if pointer(at) in self.instead or "not" in schema:
            return Options(nested=(self.instead.get(pointer(at), st.nothing()),))
        if "allOf" in schema:
            return self._check_description(schema, at)
        if "anyOf" in schema:
            return sum((self._form(schema, n, at) for n in self._list_forms(schema)), Options())
        listed = members(schema)
        if listed is not None and len(listed) > LONGEST_ENUM:
            return Options(free=(st.sampled_from(listed),))
        if listed is not None:
            return Options(known=(listed,))
        return sum((self._of_type(name, schema, at) for name in types(schema)), Options())

    def _check_description(self, schema: Schema, at: Tokens) -> Options:
        """Return the options that satisfy the checks of the description."""
        described = {keyword: each for keyword, each in schema.items() if keyword != "allOf"}
        options = self._options(described, at)
        engine = make_engine(with_definitions(schema, {"allOf": schema["allOf"]}))
        known = ([each for each in group if engine.is_valid(each)] for group in options.known)
        return Options(
            tuple(group for group in known if group),
            tuple(each.filter(engine.is_valid) for each in options.free),
            tuple(each.filter(engine.is_valid) for each in options.nested),
        )

    def _list_forms(self, schema: Schema) -> Sequence[int]:
        """Return the numbers of the members of a union to draw: those with documented fields."""
        numbers = range(len(schema["anyOf"]))
        kept = (n for n in numbers if self.is_wide or is_documented(part(schema, "anyOf", n)[0]))
        return [*kept] or numbers

    def _form(self, schema: Schema, number: int, at: Tokens) -> Options:
        """Return the options of one member of a union; null is a known value."""
        if schema["anyOf"][number].get("type") == "null":
            return Options(known=((None,),))
        return Options(nested=(strategy(self._read_required(schema, ("anyOf", number), at)),))

    def _of_type(self, name: str, schema: Schema, at: Tokens) -> Options:
        if name == "array":
            return Options(nested=(self._array(schema, at),))
        if name == "object":
            return Options(nested=(strategy(self._object(schema, at)),))
        return SCALARS[name](schema)

    def _array(self, schema: Schema, at: Tokens) -> SearchStrategy[list[JSON]]:
        least, most = sizes(schema)
        highest = least + MORE_ITEMS if most is None else min(most, least + MORE_ITEMS)
        if schema.keys() & {"prefixItems", "uniqueItems", "contains"}:
            return self._general_array(schema, at, highest)
        if "items" not in schema:
            return elements(ANYTHING if self.is_wide else choice([[None]]), least, highest)
        return elements(self._read_required(schema, ("items",), (*at, "*")), least, highest)

    def _general_array(self, schema: Schema, at: Tokens, highest: int) -> SearchStrategy[JSON]:
        inner = (*at, "*")
        numbers = range(len(schema.get("prefixItems", ())))
        prefix = [self._strategy(schema, ("prefixItems", n), inner) for n in numbers]
        has_items = "items" in schema
        items = strategy(self._read_required(schema, ("items",), inner) if has_items else ANYTHING)
        least, most = sizes(schema)
        contained = []
        if "contains" in schema:
            engine = make_engine(with_definitions(schema, schema["contains"]))
            number = int(schema.get("minContains", 1))
            limit = schema.get("maxContains")
            drawn = self._strategy(schema, ("contains",), inner)
            contained = [(drawn, number, None if limit is None else int(limit), engine.is_valid)]
            highest = max(highest, len(prefix) + number)
            highest = highest if most is None else min(highest, most)
        if most is None or highest < most:
            highest = max(highest, min(len(prefix), highest if most is None else most))
        if schema.get("items") == NOTHING:
            highest = min(highest, len(prefix))
        unique = bool(schema.get("uniqueItems"))
        is_listed = "items" in schema and not contained
        listed = (members(part(schema, "items")[0]) or ()) if is_listed else ()
        array = Array(prefix, items, least, highest, unique, contained, listed)
        drawn_arrays: SearchStrategy[JSON] = arrays(array)
        if not contained:
            return drawn_arrays
        keywords = ("contains", "minContains", "maxContains")
        stated = {keyword: schema[keyword] for keyword in keywords if keyword in schema}
        return drawn_arrays.filter(make_engine(with_definitions(schema, stated)).is_valid)

    def _strategy(self, schema: Schema, names: Tokens, at: Tokens) -> SearchStrategy[JSON]:
        return strategy(self._read_required(schema, names, at))

    def _object(self, schema: Schema, at: Tokens) -> Part:
        required, named = schema.get("required", ()), schema.get("properties", {})
        parts = []
        for name in named:
            make = self._read_required if name in required else self._optional
            parts.append((name, make(schema, ("properties", name), (*at, name))))
        if schema.keys() & _COUNTED or isinstance(schema.get(MAP), bool):
            return self._general_object(schema, at, parts)
        further = self._read_required(schema, (MAP,), (*at, "*")) if MAP in schema else None
        unnamed = further or choice([[None]])
        parts += [(name, unnamed) for name in required if name not in named]
        return fields(parts, None if further is None else _more(strategy(further), named))

    def _general_object(
        self, schema: Schema, at: Tokens, parts: Sequence[tuple[str, Part]]
    ) -> Part:
        """Return the part that reads an object whose fields are counted, or have other names."""
        required, named = schema.get("required", ()), schema.get("properties", {})
        most = most_fields(schema)
        least = int(schema.get("minProperties", 0))
        is_open = schema.get(MAP, True) is not False or "patternProperties" in schema
        drawn = strategy(fields(parts))
        unnamed = [name for name in required if name not in named]
        has_further = is_open and (MAP in schema or "patternProperties" in schema)
        if not is_open and not unnamed and not least and "maxProperties" not in schema:
            return fields(parts)
        optional = {
            name: self._strategy(schema, ("properties", name), (*at, name))
            for name in named
            if name not in required and self._is_optional(schema, name, is_open=is_open)
        }
        names, further = self._names(schema) if is_open else None, self._further(schema, at)
        counted = Object(drawn, optional, names, unnamed, further, least, most, has_further)
        return Drawn(objects(counted))

    def _is_optional(self, schema: Schema, name: str, *, is_open: bool) -> bool:
        """Return whether to draw an optional field; definitions, perhaps recursive, come last."""
        inner, where = part(schema, "properties", name)
        return "not" not in inner and not (is_open and where[0] == "$defs")

    def _further(self, schema: Schema, at: Tokens) -> Callable[[str], SearchStrategy[JSON] | None]:
        """Return the function that returns the strategy of a field that is not named."""
        patterns = {
            pattern: self._strategy(schema, ("patternProperties", pattern), (*at, "*"))
            for pattern in schema.get("patternProperties", {})
            if "not" not in part(schema, "patternProperties", pattern)[0]
        }
        stated = schema.get("patternProperties", {})
        engines = {p: make_engine(with_definitions(schema, stated[p])) for p in stated}
        rest = schema.get(MAP, True)
        others = strategy(ANYTHING) if rest is True else st.nothing()
        if isinstance(rest, Mapping):
            others = self._strategy(schema, (MAP,), (*at, "*"))
        named = schema.get("properties", {})
        names = make_engine(with_definitions(schema, schema.get("propertyNames", {})))

        def further(name: str) -> SearchStrategy[JSON] | None:
            if name in named or not names.is_valid(name):
                return None
            matched = [pattern for pattern in stated if matches(pattern, name)]
            if not matched:
                return None if rest is False else others
            first, *more = matched
            if any(each not in patterns for each in matched):
                return None
            drawn = patterns[first]
            for each in more:
                drawn = drawn.filter(engines[each].is_valid)
            return drawn

        return further

    def _names(self, schema: Schema) -> SearchStrategy[str]:
        key = "patternProperties"
        drawn = [
            from_pattern(p) for p in schema.get(key, {}) if "not" not in part(schema, key, p)[0]
        ]
        if "propertyNames" in schema:
            named = part(schema, "propertyNames")[0]
            if not named.keys() & (_BRANCHING | {"type"}):
                named = {**named, "type": "string"}
            drawn.append(
                strategy(self._whole(named, ())).filter(lambda each: isinstance(each, str))
            )
        elif schema.get(MAP, True) is not False:
            drawn.append(st.text(ascii_lowercase, min_size=1, max_size=SPREAD))
        return st.one_of(*drawn)


def _more(further: SearchStrategy[JSON], named: Mapping[str, Any]) -> SearchStrategy[JSON]:
    """Generate the fields of a map that have no schema of their own."""
    words = st.text(ascii_lowercase, min_size=1, max_size=SPREAD)
    unnamed = words.map(
        lambda word: next(name for n in count() if (name := word + "x" * n) not in named)
    )
    return st.dictionaries(unnamed, further, max_size=MORE_ITEMS)
