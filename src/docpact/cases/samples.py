"""One plain value of a schema, the same each time, and its parts beside their schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from docpact.bodies.validate import Place, json_type, violations, visit
from docpact.cases.bounds import lengths, members, middle, sizes, types
from docpact.cases.texts import texts_of
from docpact.model import Schema
from docpact.model.pointer import Tokens
from docpact.model.schema import MAP, child, followed

Change: TypeAlias = Callable[[Any], Any]
"""What is there → what is put in its place."""

KEY: Final = "key"
"""The name in a map whose names are free."""

WORD: Final = "text"
"""What a plain string says, as far as its length allows."""


def full(schema: Schema) -> Any:
    """Return a value with every documented field present and not null, and an item in each array.

    Numbers lie in the middle of their bounds; an enum gives its first value, a union its first
    form. What contains itself is filled in once, and within that only as far as it must be.
    """
    return _Sample(everything=True).value(followed(schema)[0])


def minimal(schema: Schema) -> Any:
    """Return a value with nothing but the required fields, and as few items as allowed."""
    return _Sample(everything=False).value(followed(schema)[0])


def places(schema: Schema) -> Iterator[Place]:
    """Yield every part of the full value beside its schema, of several items the first only.

    What lies within a value that `enum` or `const` fixes is left out: it cannot change alone.
    """
    fixed: list[Tokens] = []
    for place in visit(schema, full(schema)):
        if any(isinstance(token, int) and token > 0 for token in place.path):
            continue
        if any(place.path[: len(path)] == path for path in fixed):
            continue
        if members(place.schema) is not None:
            fixed.append(place.path)
        yield place


def changed(
    schema: Schema,
    value: Any,
    path: Tokens,
    change: Change,
    choose: Callable[[int], int] = lambda _: 0,
) -> tuple[Any, Tokens]:
    """Change one part of a value of a schema, and leave the value itself as it is.

    Args:
        schema: that the value satisfies.
        value: in which parts of the path may be absent, null, empty or of another form of a union:
            they are filled in first.
        path: as `places` gives it.
        change: the part → what to put in its place.
        choose: length of an array → the index to go on at.

    Returns:
        the new value, and the path of the part in it.
    """
    if "anyOf" in schema:
        several = [child(schema, "anyOf", number) for number in range(len(schema["anyOf"]))]
        form = several[first_form(several)]
        kept = full(form) if any(violations(form, value)) else value
        return changed(form, kept, path, change, choose)
    if json_type(value) != _shape(schema, value) or (path and value == []):
        value = full(schema)
    if not path:
        return change(value), ()
    token, *rest = path
    if isinstance(token, int):
        index = choose(len(value))
        part, where = changed(child(schema, "items"), value[index], tuple(rest), change, choose)
        return [*value[:index], part, *value[index + 1 :]], (index, *where)
    named = token in schema.get("properties", {})
    within = child(schema, *(("properties", token) if named else (MAP,)))
    part, where = changed(within, value.get(token), tuple(rest), change, choose)
    return {**value, token: part}, (token, *where)


def constant(value: Any) -> Change:
    """Return the change that puts a value in place of whatever is there."""
    return lambda _: value


def without(name: str) -> Change:
    """Return the change that takes one field away from an object."""
    return lambda fields: {key: value for key, value in fields.items() if key != name}


@dataclass(frozen=True, slots=True)
class _Sample:
    """Makes the plain value of a schema.

    Attributes:
        everything: whether what is not required is there.
        within: the definitions that it is in the middle of.
    """

    everything: bool
    within: frozenset[str] = frozenset()

    def part(self, schema: Schema, *names: str | int) -> Any:
        """Return the plain value of a part of a schema."""
        stated: Any = schema
        for name in names:
            stated = stated[name]
        maker = self
        if "$ref" in stated:
            again = stated["$ref"] in self.within
            within = self.within | {stated["$ref"]}
            maker = _Sample(self.everything and not again, within)
        return maker.value(child(schema, *names))

    def value(self, schema: Schema) -> Any:
        """Return the plain value of a schema."""
        if "anyOf" in schema:
            several = [child(schema, "anyOf", number) for number in range(len(schema["anyOf"]))]
            return self.part(schema, "anyOf", first_form(several))
        listed = members(schema)
        if listed is not None:
            return next((value for value in listed if value is not None), None)
        makers: Mapping[str, Callable[[Schema], Any]] = {
            "object": self.object,
            "array": self.array,
            "string": _text,
            "number": middle,
            "integer": middle,
            "boolean": lambda _: True,
            "null": lambda _: None,
        }
        return makers[types(schema)[-1]](schema)

    def array(self, schema: Schema) -> list[Any]:
        """Return as few items as allowed, but one where everything is asked for."""
        least, most = sizes(schema)
        wanted = 1 if self.everything and (most is None or most > 0) else 0
        count = max(least, wanted)
        return [self.part(schema, "items") if "items" in schema else None] * count if count else []

    def object(self, schema: Schema) -> dict[str, Any]:
        """Return the required fields, and where everything is asked for the others."""
        named, required = schema.get("properties", {}), schema.get("required", ())
        fields = {
            name: self.part(schema, "properties", name)
            for name in named
            if self.everything or name in required
        }
        if MAP in schema and (self.everything or set(required) - set(named)):
            extra = [name for name in required if name not in named] or [KEY]
            return fields | {name: self.part(schema, MAP) for name in extra}
        return fields | {name: None for name in required if name not in named}


def first_form(members: Sequence[Schema]) -> int:
    """Return the number of the first member of a union that is more than null."""
    return next((n for n, each in enumerate(members) if each.get("type") != "null"), 0)


def _shape(schema: Schema, value: Any) -> str:
    """Return the JSON type that the full value has; where that is fixed any value will do."""
    if "enum" in schema or "const" in schema or "anyOf" in schema:
        return json_type(value)
    richest = types(schema)[-1]
    return "number" if richest == "integer" else richest


def _text(schema: Schema) -> str:
    least, most = lengths(schema)
    if "format" in schema:
        return texts_of(schema["format"], least, most)[0]
    return WORD[:most].ljust(least, "x")
