"""One sample value of a schema, the same each time, and changes to its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import count
from math import inf
from typing import Any, Final, Self, TypeVar

from docpact.bodies.engine import Same, is_valid, make_engine
from docpact.bodies.patterns import matches
from docpact.bodies.places import list_field_steps
from docpact.cases.bounds import (
    is_within,
    lengths,
    members,
    middle,
    most_fields,
    multiple,
    sizes,
    types,
    usual_kind,
)
from docpact.cases.expressions import sample_texts
from docpact.cases.merging import is_documented
from docpact.cases.plain import plain
from docpact.cases.texts import known_texts
from docpact.limits import MAX_FULL
from docpact.model import Schema
from docpact.model.least import measure, measure_definitions
from docpact.model.pointer import Tokens
from docpact.model.schema import MAP, NOTHING, child, follow, forms, part, with_definitions

KEY: Final = "key"
"""The name of the one field of a full map."""

WORD: Final = "text"
"""A plain string, cut or lengthened to the schema's limits."""

DEEP: Final = 12
"""A definition at a longer path than this gets its required parts only."""

DEEPEST: Final = 40
"""The most names on the path of a part."""

MOST: Final = 8
"""Number of times to try `MAX_FULL` parts for one sample."""

ATTEMPTS: Final = 24
"""Maximum number of values to try if some are excluded."""

PRESENT, NULL, ABSENT = "present", "null", "absent"
T = TypeVar("T")


class NoSampleError(Exception):
    """No value was found that a check does not exclude."""


NO_SAMPLE: Final = "no sample was found that satisfies the schema of the response"


def full(schema: Schema) -> Any:
    """Return a value with every documented field present and not null, and an item in each array.

    Numbers lie in the middle of their bounds; an enum gives its first value, a union its first
    form. A definition that contains itself is filled in once; inside it, only required parts are.
    """
    return Sampler().start(schema)


def minimal(schema: Schema) -> Any:
    """Return a value with the required fields only, and as few items as allowed."""
    return Sampler(required_only=True).start(schema)


@dataclass(frozen=True, slots=True)
class Sampler:
    """Makes a value of a schema; a subclass may choose differently and write other scalars.

    Attributes:
        required_only: whether optional fields and further items are left out.
        entered: names of the definitions that the value is part of.
        attempt: number of the values before, which a check or an equal element excludes.
        numbers: of the parts of the value; after `MAX_FULL`, only required ones are made.
    """

    required_only: bool = False
    entered: frozenset[str] = frozenset()
    attempt: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: count(1), compare=False)

    def choose(self, _path: Tokens, _options: Sequence[T], plain: T) -> T:
        """Choose one of the options for the value at a path; `plain` is the usual choice."""
        return plain

    def text(self, schema: Schema, _path: Tokens) -> str:
        """Return a string."""
        least, most = lengths(schema)
        if schema.keys() & {"format", "pattern"}:
            known = known_texts(schema)
            if not known:
                raise NoSampleError
            return known[self.attempt % len(known)]
        word = f"{WORD}{self.attempt}" if self.attempt else WORD
        return (word if most is None else word[-most:] if most else "").ljust(least, "x")

    def number(self, schema: Schema, _path: Tokens) -> float:
        """Return a number within the bounds."""
        return multiple(schema, self.attempt) if "multipleOf" in schema else self._apart(schema)

    def _apart(self, schema: Schema) -> float:
        """Return another number for each attempt, if the bounds allow it."""
        usual = middle(schema)
        apart = self.attempt / 2 if "number" in types(schema) else self.attempt
        for number in (usual + apart, usual - apart):
            if is_within(schema, number):
                return number
        return usual

    def start(self, schema: Schema) -> Any:
        """Return a value of a whole schema."""
        root, where = follow(plain(schema))
        return self._enter(where, ()).value(root, ())

    def value(self, schema: Schema, path: Tokens) -> Any:
        """Return a value of a schema whose reference is followed, for a path.

        Raises:
            NoSampleError: no value was found that passes the checks of the schema.
        """
        if "allOf" in schema:
            return self._find_checked(schema, path)
        if "anyOf" in schema:
            return self._union(schema, path)
        listed = members(schema)
        if listed is not None:
            known = [value for value in listed if value is not None] or [None]
            return self.choose(path, known, plain=known[self.attempt % len(known)])
        kinds = [*dict.fromkeys((usual_kind(schema), *reversed(types(schema))))]
        first = self.attempt % len(kinds)
        return self._first(
            partial(self._of_type, k, schema, path) for k in (*kinds[first:], *kinds[:first])
        )

    def _first(self, makers: Iterable[Callable[[], Any]]) -> Any:
        """Return the first value that can be made."""
        for make in makers:
            with suppress(NoSampleError):
                return make()
        raise NoSampleError

    def _of_type(self, kind: str, schema: Schema, path: Tokens) -> Any:
        match kind:
            case "object":
                return self.object(schema, path)
            case "array":
                return self._array(schema, path)
            case "string":
                return self.text(schema, path)
            case "number" | "integer":
                return self.number(schema, path)
            case "boolean":
                return self.choose(path, [True, False], plain=self.attempt % 2 == 0)
        return None

    def _find_checked(self, schema: Schema, path: Tokens) -> Any:
        """Return the first of several values that satisfies the checks of a description."""
        described = {keyword: each for keyword, each in schema.items() if keyword != "allOf"}
        check = with_definitions(schema, {"allOf": schema["allOf"]})
        fits = make_engine(check).is_valid
        return self._find(lambda sampler: sampler.value(described, path), fits)

    def _find(self, make: Callable[[Self], Any], fits: Callable[[Any], bool]) -> Any:
        for number in range(ATTEMPTS):
            for required_only in dict.fromkeys((self.required_only, number % 2 == 1)):
                attempt = self.attempt + number
                value = make(replace(self, attempt=attempt, required_only=required_only))
                if fits(value):
                    return value
        raise NoSampleError

    def object(self, schema: Schema, path: Tokens) -> dict[str, Any]:
        """Return an object."""
        stated, named = schema.get("required", ()), schema.get("properties", {})
        required = frozenset(stated)
        fields: dict[str, Any] = {}
        for name in named:
            with nullcontext() if name in required else suppress(NoSampleError):
                fields |= self._field(schema, name, path, is_required=name in required)
        is_map = isinstance(schema.get(MAP), Mapping)
        further = [name for name in stated if name not in named]
        if is_map and not further and not self.required_only:
            options = [("first", "second"), ("first",), ()]
            further += self.choose((*path, "*"), options, plain=(KEY,))
        if "propertyNames" in schema and further:
            further = [n for n in further if n in required or self._may_be_named(schema, n)]
        for name in further:
            if name not in named:
                fields[name] = self.further(schema, name, path)
        if schema.keys() & {"minProperties", "maxProperties", "patternProperties"}:
            self._count(schema, path, fields)
        return fields

    def _field(
        self, schema: Schema, name: str, path: Tokens, *, is_required: bool
    ) -> dict[str, Any]:
        """Return one documented field, or nothing if it is absent."""
        inner, where = part(schema, "properties", name)
        at = (*path, name)
        if "not" in inner or (not is_required and next(self.numbers) > MAX_FULL):
            return {}
        state = PRESENT if is_required else self.state(inner, at)
        if state == ABSENT:
            return {}
        return {name: None if state == NULL else self._enter(where, at).value(inner, at)}

    def _may_be_named(self, schema: Schema, name: str) -> bool:
        return is_valid(with_definitions(schema, schema["propertyNames"]), name)

    def further(self, schema: Schema, name: str, path: Tokens) -> Any:
        """Return the value of a field that `properties` does not name."""
        steps = list_field_steps(schema, name)
        return self._part(schema, steps[0], (*path, name)) if steps else None

    def _count(self, schema: Schema, path: Tokens, fields: dict[str, Any]) -> None:
        """Add fields until there are enough, and one for each pattern; remove those too many."""
        required, named = schema.get("required", ()), schema.get("properties", {})
        least, most = int(schema.get("minProperties", 0)), most_fields(schema)
        for name in named:
            if len(fields) < least and name not in fields:
                inner, where = part(schema, "properties", name)
                if "not" not in inner and _definition(where) not in self.entered:
                    fields[name] = self._enter(where, (*path, name)).value(inner, (*path, name))
        patterns = () if self.required_only else schema.get("patternProperties", {})
        wanted = max(least, len(fields) + len(patterns))
        for name in self._names(schema):
            if len(fields) >= (wanted if most is None else min(wanted, most)):
                break
            if len(fields) < least or any(matches(pattern, name) for pattern in patterns):
                fields.setdefault(name, self.further(schema, name, path))
        if len(fields) < least:
            raise NoSampleError
        for name in [name for name in reversed([*fields]) if name not in required]:
            if most is not None and len(fields) > most:
                del fields[name]

    def _names(self, schema: Schema) -> Iterator[str]:
        """Yield names of fields that `properties` does not name."""
        patterns = schema.get("patternProperties", {})
        possible = [p for p in patterns if "not" not in part(schema, "patternProperties", p)[0]]
        texts = [name for pattern in possible for name in sample_texts(pattern)]
        if schema.get(MAP, True) is not False:
            inner = child(schema, "propertyNames") if "propertyNames" in schema else {}
            inner = {**inner, "type": "string"}
            numbers = range(ATTEMPTS)
            own = (replace(self, attempt=n)._name_of(inner) for n in numbers)  # noqa: SLF001
            texts += [*dict.fromkeys(own)]
        elif not possible:
            return
        for name in texts:
            matched = [pattern for pattern in patterns if matches(pattern, name)]
            is_open = matched or schema.get(MAP, True) is not False
            is_named = "propertyNames" not in schema or self._may_be_named(schema, name)
            possible_here = all(pattern in possible for pattern in matched)
            if is_open and is_named and possible_here and name not in schema.get("properties", ()):
                yield name

    def _name_of(self, schema: Schema) -> str:
        found = Sampler(attempt=self.attempt).value(schema, ())
        return found if isinstance(found, str) else KEY

    def state(self, schema: Schema, path: Tokens) -> str:
        """Return whether an optional field is absent, present or null."""
        states = [ABSENT] if self.required_only else [ABSENT, PRESENT, PRESENT]
        if _allows_null(schema):
            states.append(NULL)
        plain = ABSENT if self.required_only else PRESENT
        return self.choose((*path, "?"), states, plain)

    def _array(self, schema: Schema, path: Tokens) -> list[Any]:
        least, most = sizes(schema)
        contained = int(schema.get("minContains", 1)) if "contains" in schema else 0
        elements = [*schema.get("prefixItems", ()), schema.get("items")]
        prefix, closed = len(elements) - 1, [n for n, e in enumerate(elements) if e == NOTHING]
        most = min((each for each in (most, *closed) if each is not None), default=None)
        fewest = max(least, prefix + contained) if contained else least
        fewest = fewest if most is None else max(least, min(fewest, most))
        options = range(fewest, (fewest + 2 if most is None else max(most, fewest)) + 1)
        options = options[: 1 if self.required_only else 3]
        usual = max(1, prefix if most is None else min(prefix, most))
        usual_size = fewest if self.required_only else max(fewest, min(usual, options[-1]))
        size = max(self.choose(path, options, usual_size), min(usual_size, prefix))
        if "contains" not in schema:
            return self._elements(schema, path, size, fewest)
        keywords = ("contains", "minContains", "maxContains")
        counted = with_definitions(schema, {k: schema[k] for k in keywords if k in schema})
        for each in range(size, least - 1, -1)[:ATTEMPTS]:  # an element may count as contained too
            values = self._elements(schema, path, each, each)
            if is_valid(counted, values):
                return values
        raise NoSampleError

    def _elements(self, schema: Schema, path: Tokens, size: int, fewest: int) -> list[Any]:
        """Return the elements of an array: so many, or as many as can be made beyond the fewest."""
        contained = int(schema.get("minContains", 1)) if "contains" in schema else 0
        values: list[Any] = []
        for number in range(size):
            names = self._element(schema, number, size - contained)
            try:
                values.append(self._add(schema, names, (*path, str(number)), values))
            except NoSampleError:
                if number < fewest:
                    raise
                break
        return values

    def _element(self, schema: Schema, number: int, first_contained: int) -> Tokens:
        """Return the path of the schema of an element; the last ones belong to `contains`."""
        if number < len(schema.get("prefixItems", ())):
            return "prefixItems", number
        if number >= first_contained and "contains" in schema:
            return ("contains",)
        return ("items",) if "items" in schema else ()

    def _add(self, schema: Schema, names: Tokens, at: Tokens, before: Sequence[Any]) -> Any:
        """Return an element, different from those before if it has to be."""

        def make(sampler: Self) -> Any:
            return sampler._part(schema, names, at) if names else sampler.text({}, at)

        if not schema.get("uniqueItems"):
            return make(self)
        return self._find(make, lambda value: is_valid({"uniqueItems": True}, [*before, value]))

    def _union(self, schema: Schema, path: Tokens) -> Any:
        every = list(forms(schema))
        options = [each for each in every if is_documented(each[0])] or every[:]
        if self.required_only:
            sizes = _measure(Same(schema.get("$defs", {})))
            options.sort(key=lambda each: measure(each[0], sizes) or inf)
        is_other = self.attempt or self.required_only
        usual = options[self.attempt % len(options)] if is_other else plain_form(options)
        chosen = self.choose(path, options, plain=usual)
        others = (each for each in (*options, *every) if each is not chosen)
        return self._first(
            partial(self._enter(at, path).value, form, path) for form, at in (chosen, *others)
        )

    def _part(self, schema: Schema, names: Tokens, path: Tokens) -> Any:
        inner, where = part(schema, *names)
        return self._enter(where, path).value(inner, path)

    def _enter(self, where: Tokens, path: Tokens) -> Self:
        """Return the sampler for a schema that is, or is part of, the definition at a place."""
        name, number = _definition(where), next(self.numbers)
        if len(path) > DEEPEST or number > MOST * MAX_FULL:
            raise NoSampleError
        is_long = number > MAX_FULL
        if name is None:
            return replace(self, required_only=True) if is_long else self
        again = name in self.entered or len(path) > DEEP
        required_only = self.required_only or again or is_long
        return replace(self, required_only=required_only, entered=self.entered | {name})


@lru_cache(maxsize=64)
def _measure(definitions: Same) -> Mapping[str, int]:
    """Return the size of the smallest value of each definition."""
    return measure_definitions(definitions.value)


def _allows_null(schema: Schema) -> bool:
    if "anyOf" in schema:
        return any(_allows_null(form) for form, _ in forms(schema))
    listed = members(schema)
    return None in listed if listed is not None else "null" in types(schema)


def plain_form(options: Sequence[tuple[Schema, Tokens]]) -> tuple[Schema, Tokens]:
    """Return the first form of a union that is more than null."""
    return next((each for each in options if each[0].get("type") != "null"), options[0])


def _definition(where: Tokens) -> str | None:
    return str(where[1]) if where[:1] == ("$defs",) else None
