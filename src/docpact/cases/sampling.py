"""Sample data straight from a schema: deterministic, readable, every documented state shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from random import Random
from typing import Any, Final, TypeVar
from uuid import UUID

from docpact.errors import ContractError, UsageError
from docpact.model import Operation, Schema
from docpact.model.pointer import pointer, resolve, tokens
from docpact.model.schema import MAP, child, followed, forms

FIRST_MOMENT: Final = datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
"""The date-time of item 0; each further item is `STEP` later."""

STEP: Final = timedelta(minutes=37)

DISTINCT: Final = 3
"""How many values a field has that a filter selects by, so that a filter selects something."""

DEEP: Final = 12
"""How many names and indices lead to what is filled in only as far as it must be."""

_WORDS: Final = ("naïve café", "請求書の番号", "🧾 receipt", "Ünïcode")
_ABSENT: Final = object()
T = TypeVar("T")


def sample_item(
    operation: Operation, *, index: int = 0, seed: int = 0, **fields: Any
) -> dict[str, Any]:
    """Return one documented item of a list operation, or body of any other.

    Args:
        operation: whose items, or bodies, they are.
        index: which one; items of one seed differ in their id.
        seed: what choices are made from.
        fields: top-level fields to set instead; a value need not be documented, so that drift can
            be made on purpose.

    Raises:
        UsageError: the items have no such field.
        ContractError: the schema holds something that no sample can be made of.
    """
    schema = item_schema(operation)
    known = schema.get("properties", {})
    for name in fields:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"documented: {', '.join(known)}"
            raise UsageError(f"items of {operation.id} have no field {name!r}; {hint}")
    item = _Sampler(operation, seed, index).item(schema)
    return {**item, **fields}


def sample_items(operation: Operation, count: int, *, seed: int = 0) -> tuple[dict[str, Any], ...]:
    """Return a coherent collection of documented items, or bodies of what is no list.

    Ids are unique and fields that a filter selects by have few values. In any run of items as long
    as a field has states, each enum value, each bound, and absent, null and present all occur.

    Raises:
        ContractError: the schema holds something that no sample can be made of.
    """
    schema = item_schema(operation)
    return tuple(_Sampler(operation, seed, index).item(schema) for index in range(count))


def sample_page(
    operation: Operation, items: Sequence[Any], *, next_token: str | None = None, **fields: Any
) -> Any:
    """Return a documented body around given items: an object, or an array where that is the body.

    Without a token it is the last page.

    Args:
        operation: with a list role.
        items: of the page.
        next_token: of the next page.
        fields: other top-level fields, such as a total; those that are required and not given are
            made up.

    Raises:
        UsageError: the operation is no list.
    """
    roles, schema = operation.roles, operation.response_schema
    if roles.items is None:
        raise UsageError(f"{operation.id} is no list operation: it has no items")
    if not roles.items:
        return list(items)
    page = {**fields, tokens(roles.items)[-1]: list(items)}
    if next_token is not None and roles.next_token is not None:
        page[tokens(roles.next_token)[-1]] = next_token
    for name in schema.get("required", ()):
        if name not in page and name in schema.get("properties", {}):
            part = child(schema, "properties", name)
            page[name] = _Sampler(operation, 0, 0).value(part, (name,))
    return {name: page[name] for name in (*schema.get("properties", {}), *page) if name in page}


def sample_given(operation: Operation) -> dict[str, str]:
    """Return a text for each parameter of the path and each required one, as a client sends it.

    A part of the path that the answer names again is that of `sample_item`.
    """
    texts = {}
    item = sample_item(operation) if operation.roles.path and not operation.roles.is_list else {}
    for parameter in operation.parameters:
        if parameter.required and parameter.location != "cookie":
            told = resolve(item, operation.roles.path.get(parameter.name, "/"))
            value = _Sampler(operation, 0, 1).value(parameter.item_schema, (parameter.name,))
            found = value if told is None else told
            text = found if isinstance(found, str) else json.dumps(found)
            plain = text.isascii() and text.isprintable() and text.strip() == text
            texts[parameter.name] = (text if plain else "a" * len(text)) or parameter.name
    return texts


def item_schema(operation: Operation) -> Schema:
    """Return the schema of one item of a list operation; of the body of any other."""
    if operation.roles.items is None:
        return followed(operation.response_schema)[0]
    return operation.item_schema


@dataclass(frozen=True, slots=True)
class _Sampler:
    """Makes the values of one item."""

    operation: Operation
    seed: int
    index: int

    def value(self, schema: Schema, path: tuple[str, ...]) -> Any:
        """Return a value of a schema at a path within the item."""
        if "anyOf" in schema:
            found = [form for form, _ in forms(schema)]
            plain = [form for form in found if "array" not in _types(form)] or found
            return self.value(self.one_of(path, plain if self.is_deep(path) else found), path)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.one_of(path, [each for each in schema["enum"] if each is not None])
        makers: Mapping[str, Callable[[Schema, tuple[str, ...]], Any]] = {
            "object": self.object,
            "array": self.array,
            "string": self.text,
            "integer": self.number,
            "number": self.number,
            "boolean": lambda _, at: self.one_of(at, [True, False]),
            "null": lambda _, __: None,
        }
        return makers[_type(schema)](schema, path)

    def item(self, schema: Schema) -> dict[str, Any]:
        """Return an item; a field that goes with some states alone is there in those, in turn."""
        item = self.object(schema, ())
        for field, (beside, values) in self.operation.roles.only_when.items():
            name = tokens(field)[-1]
            if name in item and resolve(item, beside) not in values:
                item.pop(name)
        return item

    def object(self, schema: Schema, path: tuple[str, ...]) -> dict[str, Any]:
        """Return an object; each optional field is absent, null and present in turn."""
        fields: dict[str, Any] = {}
        required = schema.get("required", ())
        for name in schema.get("properties", {}):
            subschema = child(schema, "properties", name)
            states = [_ABSENT] if self.is_deep(path) else [_ABSENT, ..., ...]
            if "null" in _types(subschema):
                states.append(None)
            state = ... if name in required else self.one_of((*path, name, "?"), states)
            if state is not _ABSENT:
                fields[name] = None if state is None else self.value(subschema, (*path, name))
        if isinstance(schema.get(MAP), Mapping) and not self.is_deep(path):
            for name in ("first", "second")[: self.one_of((*path, "*"), (2, 1, 0))]:
                fields.setdefault(name, self.value(child(schema, MAP), (*path, name)))
        return fields

    def is_deep(self, path: tuple[str, ...]) -> bool:
        """Say whether a value is so deep within others that it holds only what it must."""
        return len(path) > DEEP

    def array(self, schema: Schema, path: tuple[str, ...]) -> list[Any]:
        """Return an array of as few items as allowed, or one or two more."""
        least = int(schema.get("minItems", 0))
        most = int(schema.get("maxItems", least + 2))
        length = self.one_of(path, [*range(least, most + 1)][: 1 if self.is_deep(path) else 3])
        items = child(schema, "items") if "items" in schema else {"type": "string"}
        return [self.value(items, (*path, str(number))) for number in range(length)]

    def text(self, schema: Schema, path: tuple[str, ...]) -> str:
        """Return text of the format or lengths documented, some of it not ASCII."""
        where = pointer(path)
        if "format" in schema and where in self.operation.roles.filters.values():
            few = replace(self, index=self.one_of(path, range(1, DISTINCT + 1)))
            return few.formatted(schema["format"], path)
        if "format" in schema:
            return self.formatted(schema["format"], path)
        least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
        most = None if most is None else int(most)
        if where == self.operation.roles.id:
            return _fitted(f"{path[-1]}-{self.index:05d}", least, most)
        if where in self.operation.roles.filters.values():
            number = self.one_of(path, range(1, DISTINCT + 1))
            return _fitted(f"{path[-1]}-{number}", least, most)
        plain = f"{path[-1]} {self.index}"
        longest = plain if most is None else "é" * most
        choice = self.one_of(path, [plain, plain, "a" * least, longest, self.one_of(path, _WORDS)])
        return _fitted(choice, least, most)

    def formatted(self, name: str, path: tuple[str, ...]) -> str:
        """Return text of a format."""
        moment = FIRST_MOMENT + self.index * STEP
        match name:
            case "date-time":
                return moment.isoformat().replace("+00:00", "Z")
            case "date":
                return moment.date().isoformat()
            case "uuid":
                return str(UUID(int=self.random(path, self.index).getrandbits(128), version=4))
            case "email":
                return f"{path[-1]}{self.index}@example.com"
            case "uri":
                return f"https://example.com/{path[-1]}/{self.index}"
            case other:
                problem = f"no sample can be made of format {other!r}"
                raise ContractError(f"{self.operation.id}#{pointer(path)}", problem)

    def number(self, schema: Schema, path: tuple[str, ...]) -> float:
        """Return a bound, or a number between the bounds."""
        step = 1 if _type(schema) == "integer" else 0.25
        low = schema.get("minimum", schema.get("exclusiveMinimum"))
        high = schema.get("maximum", schema.get("exclusiveMaximum"))
        least = low if low is not None else (0 if high is None else high - 100)
        most = high if high is not None else least + 100
        if "exclusiveMinimum" in schema:
            least = min(least + step, (least + most) / 2)
        if "exclusiveMaximum" in schema:
            most = max(most - step, (least + most) / 2)
        middle = (least + most) // 2 if step == 1 else (least + most) / 2
        return self.one_of(path, [least, most, middle])

    def one_of(self, path: tuple[str, ...], choices: Sequence[T]) -> T:
        """Choose so that every choice occurs once in each run of that many items."""
        turn, place = divmod(self.index, len(choices))
        order = list(range(len(choices)))
        self.random(path, turn).shuffle(order)
        return choices[order[place]]

    def random(self, path: tuple[str, ...], turn: int) -> Random:
        return Random(f"{self.seed} {'/'.join(path)} {turn}")  # noqa: S311


def _types(schema: Schema) -> tuple[str, ...]:
    stated = schema.get("type", "string")
    return (stated,) if isinstance(stated, str) else tuple(stated)


def _type(schema: Schema) -> str:
    return next((name for name in _types(schema) if name != "null"), "null")


def _fitted(text: str, least: int, most: int | None) -> str:
    """Lengthen a text, or keep its end, which tells it from others."""
    long = text.ljust(least, ".")
    return long if most is None else long[max(0, len(long) - most) :]
