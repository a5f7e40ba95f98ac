"""One sample value of a schema, the same each time, and changes to its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self, TypeAlias, TypeVar

from docpact.bodies.engine import is_valid
from docpact.bodies.places import Place, find_places
from docpact.bodies.wording import json_type
from docpact.cases.bounds import lengths, members, middle, sizes, types
from docpact.cases.texts import texts_of
from docpact.model import Schema
from docpact.model.pointer import Tokens
from docpact.model.schema import ANNOTATIONS, MAP, child, followed, forms, part

Change: TypeAlias = Callable[[Any], Any]
"""The current part → the part to put in its place."""

KEY: Final = "key"
"""The name of the one field of a full map."""

WORD: Final = "text"
"""A plain string, cut or lengthened to the schema's limits."""

DEEP: Final = 12
"""A definition at a longer path than this gets its required parts only."""

PRESENT, NULL, ABSENT = "present", "null", "absent"
T = TypeVar("T")


def full(schema: Schema) -> Any:
    """Return a value with every documented field present and not null, and an item in each array.

    Numbers lie in the middle of their bounds; an enum gives its first value, a union its first
    form. A definition that contains itself is filled in once; inside it, only required parts are.
    """
    return Sampler().start(schema)


def minimal(schema: Schema) -> Any:
    """Return a value with the required fields only, and as few items as allowed."""
    return Sampler(required_only=True).start(schema)


def places(schema: Schema) -> Iterator[Place]:
    """Yield every part of the full value with its schema; of several items, the first only.

    Parts of a value that `enum` or `const` fixes are left out: they cannot change alone.
    """
    fixed: list[Tokens] = []
    for place in find_places(schema, full(schema)):
        if any(isinstance(token, int) and token > 0 for token in place.path):
            continue
        if any(place.path[: len(path)] == path for path in fixed):
            continue
        if members(place.schema) is not None:
            fixed.append(place.path)
        yield place


def change_part(
    schema: Schema,
    value: Any,
    path: Tokens,
    change: Change,
    choose: Callable[[int], int] = lambda _: 0,
) -> tuple[Any, Tokens]:
    """Return a copy of a value in which one part is changed, and the path of that part.

    Args:
        schema: schema of the value.
        value: parts on the path may be absent, null, empty or another form of a union: they are
            filled in first.
        path: path of the part in the full value, as `places` yields it.
        change: makes the new part from the current one.
        choose: length of an array → index of the item to go on with.
    """
    if "anyOf" in schema:
        form, _ = _plain_form(list(forms(schema)))
        kept = value if is_valid(form, value) else full(form)
        return change_part(form, kept, path, change, choose)
    if json_type(value) != _full_type(schema, value) or (path and value == []):
        value = full(schema)
    if not path:
        return change(value), ()
    token, *rest = path
    if isinstance(token, int):
        index = choose(len(value))
        inner = child(schema, "items")
        item, where = change_part(inner, value[index], tuple(rest), change, choose)
        return [*value[:index], item, *value[index + 1 :]], (index, *where)
    named = token in schema.get("properties", {})
    inner = child(schema, *(("properties", token) if named else (MAP,)))
    field, where = change_part(inner, value.get(token), tuple(rest), change, choose)
    return {**value, token: field}, (token, *where)


def put(value: Any) -> Change:
    """Return the change that puts a value in place of the current one."""
    return lambda _: value


def remove(name: str) -> Change:
    """Return the change that removes one field from an object."""
    return lambda fields: {key: value for key, value in fields.items() if key != name}


@dataclass(frozen=True, slots=True)
class Sampler:
    """Makes a value of a schema; a subclass may choose differently and write other scalars.

    Attributes:
        required_only: whether optional fields and further items are left out.
        entered: names of the definitions that the value is part of.
    """

    required_only: bool = False
    entered: frozenset[str] = frozenset()

    def choose(self, _path: Tokens, _options: Sequence[T], plain: T) -> T:
        """Choose one of the options for the value at a path; `plain` is the usual choice."""
        return plain

    def text(self, schema: Schema, _path: Tokens) -> str:
        """Return a string."""
        least, most = lengths(schema)
        if "format" in schema:
            return texts_of(schema["format"], least, most)[0]
        return WORD[:most].ljust(least, "x")

    def number(self, schema: Schema, _path: Tokens) -> float:
        """Return a number within the bounds."""
        return middle(schema)

    def start(self, schema: Schema) -> Any:
        """Return a value of a whole schema."""
        root, where = followed(schema)
        return self._enter(where, ()).value(root, ())

    def value(self, schema: Schema, path: Tokens) -> Any:
        """Return a value of a schema whose reference is followed, for a path."""
        if "anyOf" in schema:
            return self._union(schema, path)
        listed = members(schema)
        if listed is not None:
            return self._listed(listed, path)
        makers: Mapping[str, Callable[[Schema, Tokens], Any]] = {
            "object": self.object,
            "array": self._array,
            "string": self.text,
            "number": self.number,
            "integer": self.number,
            "boolean": lambda _, at: self.choose(at, [True, False], plain=True),
            "null": lambda _, __: None,
        }
        return makers[_kind(schema)](schema, path)

    def object(self, schema: Schema, path: Tokens) -> dict[str, Any]:
        """Return an object."""
        required, named = schema.get("required", ()), schema.get("properties", {})
        fields = {}
        for name in named:
            inner, where = part(schema, "properties", name)
            at = (*path, name)
            state = PRESENT if name in required else self._state(inner, at)
            if state != ABSENT:
                fields[name] = None if state == NULL else self._enter(where, at).value(inner, at)
        is_map = isinstance(schema.get(MAP), Mapping)
        further = [name for name in required if name not in named]
        if is_map and not further and not self.required_only:
            options = [("first", "second"), ("first",), ()]
            further += self.choose((*path, "*"), options, plain=(KEY,))
        for name in further:
            if name not in named:
                fields[name] = self._part(schema, MAP, (*path, name)) if is_map else None
        return fields

    def _state(self, schema: Schema, path: Tokens) -> str:
        states = [ABSENT] if self.required_only else [ABSENT, PRESENT, PRESENT]
        if _allows_null(schema):
            states.append(NULL)
        plain = ABSENT if self.required_only else PRESENT
        return self.choose((*path, "?"), states, plain)

    def _array(self, schema: Schema, path: Tokens) -> list[Any]:
        least, most = sizes(schema)
        options = range(least, (least + 2 if most is None else most) + 1)
        options = options[: 1 if self.required_only else 3]
        plain = least if self.required_only else max(least, min(1, options[-1]))
        size = self.choose(path, options, plain)
        paths = [(*path, str(number)) for number in range(size)]
        if "items" not in schema:
            return [self.text({}, at) for at in paths]
        return [self._part(schema, "items", at) for at in paths]

    def _union(self, schema: Schema, path: Tokens) -> Any:
        options = list(forms(schema))
        if self.required_only:
            ends = [each for each in options if not {_definition(each[1])} & self.entered]
            flat = [each for each in ends if "array" not in types(each[0])]
            options = flat or ends or options
        form, where = self.choose(path, options, plain=_plain_form(options))
        return self._enter(where, path).value(_add_beside(schema, form), path)

    def _listed(self, values: Sequence[Any], path: Tokens) -> Any:
        known = [value for value in values if value is not None] or [None]
        return self.choose(path, known, plain=known[0])

    def _part(self, schema: Schema, keyword: str, path: Tokens) -> Any:
        inner, where = part(schema, keyword)
        return self._enter(where, path).value(inner, path)

    def _enter(self, where: Tokens, path: Tokens) -> Self:
        """Return the sampler for a schema that is, or is part of, the definition at a place."""
        name = _definition(where)
        if name is None:
            return self
        again = name in self.entered or len(path) > DEEP
        required_only = self.required_only or again
        return replace(self, required_only=required_only, entered=self.entered | {name})


def _allows_null(schema: Schema) -> bool:
    if "anyOf" in schema:
        joined = (_add_beside(schema, form) for form, _ in forms(schema))
        return any(_allows_null(each) for each in joined)
    listed = members(schema)
    return None in listed if listed is not None else "null" in types(schema)


def _add_beside(schema: Schema, form: Schema) -> Schema:
    """Return a member of a union with what is stated beside the union."""
    beside = {k: each for k, each in schema.items() if k not in ANNOTATIONS | {"anyOf"}}
    joined = {**beside, **form}
    if "properties" in beside:
        joined["properties"] = {**beside["properties"], **form.get("properties", {})}
    if "required" in beside:
        joined["required"] = [*dict.fromkeys((*beside["required"], *form.get("required", ())))]
    return joined


def _plain_form(options: Sequence[tuple[Schema, Tokens]]) -> tuple[Schema, Tokens]:
    """Return the first form of a union that is more than null."""
    return next((each for each in options if each[0].get("type") != "null"), options[0])


def _definition(where: Tokens) -> str | None:
    return str(where[1]) if where[:1] == ("$defs",) else None


def _kind(schema: Schema) -> str:
    """Return the JSON type of a sample value; a string where any type is allowed."""
    is_free = not {"type", "properties", "required", MAP} & set(schema)
    return "string" if is_free else types(schema)[-1]


def _full_type(schema: Schema, value: Any) -> str:
    """Return the JSON type of the full value; that of the given value where any value will do."""
    if "enum" in schema or "const" in schema:
        return json_type(value)
    kind = _kind(schema)
    return "number" if kind == "integer" else kind
