"""Sample data straight from a schema: deterministic, readable, every documented state shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from random import Random
from typing import Any, Final, TypeVar
from uuid import UUID

from docpact.errors import ContractError, UsageError
from docpact.model import Operation, Schema
from docpact.model.pointer import pointer, resolve, tokens

FIRST_MOMENT: Final = datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
"""The date-time of item 0; each further item is `STEP` later."""

STEP: Final = timedelta(minutes=37)

DISTINCT: Final = 3
"""How many values a field has that a filter selects by, so that a filter selects something."""

_WORDS: Final = ("naïve café", "請求書の番号", "🧾 receipt", "Ünïcode")
_ABSENT: Final = object()
T = TypeVar("T")


def sample_item(
    operation: Operation, *, index: int = 0, seed: int = 0, **fields: Any
) -> dict[str, Any]:
    """Return one documented item of a list operation.

    Args:
        operation: with a list role.
        index: which one; items of one seed differ in their id.
        seed: what choices are made from.
        fields: top-level fields to set instead; a value need not be documented, so that drift can
            be made on purpose.

    Raises:
        UsageError: the operation is no list, or its items have no such field.
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
    """Return a coherent collection of documented items.

    Ids are unique and fields that a filter selects by have few values. In any run of items as long
    as a field has states, each enum value, each bound, and absent, null and present all occur.

    Raises:
        UsageError: the operation is no list.
        ContractError: the schema holds something that no sample can be made of.
    """
    schema = item_schema(operation)
    return tuple(_Sampler(operation, seed, index).item(schema) for index in range(count))


def sample_page(
    operation: Operation, items: Sequence[Any], *, next_token: str | None = None
) -> dict[str, Any]:
    """Return a documented response body around given items; without a token it is the last page.

    Raises:
        UsageError: the operation is no list.
    """
    roles = operation.roles
    if roles.items is None:
        raise UsageError(f"{operation.id} is no list operation: it has no items")
    page: dict[str, Any] = {tokens(roles.items)[-1]: list(items)}
    if next_token is not None and roles.next_token is not None:
        page[tokens(roles.next_token)[-1]] = next_token
    return page


def item_schema(operation: Operation) -> Schema:
    """Return the schema of one item of a list operation.

    Raises:
        UsageError: the operation is no list.
    """
    if operation.roles.items is None:
        raise UsageError(f"{operation.id} is no list operation: it has no items")
    return operation.item_schema


@dataclass(frozen=True, slots=True)
class _Sampler:
    """Makes the values of one item."""

    operation: Operation
    seed: int
    index: int

    def value(self, schema: Schema, path: tuple[str, ...]) -> Any:
        """Return a value of a schema at a path within the item."""
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
        for name, subschema in schema.get("properties", {}).items():
            states = [_ABSENT, ..., ...]
            if "null" in _types(subschema):
                states.append(None)
            state = ... if name in required else self.one_of((*path, name, "?"), states)
            if state is not _ABSENT:
                fields[name] = None if state is None else self.value(subschema, (*path, name))
        return fields

    def array(self, schema: Schema, path: tuple[str, ...]) -> list[Any]:
        """Return an array of as few items as allowed, or one or two more."""
        least = int(schema.get("minItems", 0))
        most = int(schema.get("maxItems", least + 2))
        length = self.one_of(path, list(range(least, most + 1))[:3])
        items = schema.get("items", {"type": "string"})
        return [self.value(items, (*path, str(number))) for number in range(length)]

    def text(self, schema: Schema, path: tuple[str, ...]) -> str:
        """Return text of the format or lengths documented, some of it not ASCII."""
        where = pointer(path)
        if "format" in schema:
            return self.formatted(schema["format"], path)
        if where == self.operation.roles.id:
            return f"{path[-1]}-{self.index:05d}"
        if where in self.operation.roles.filters.values():
            return f"{path[-1]}-{self.one_of(path, range(1, DISTINCT + 1))}"
        least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
        plain = f"{path[-1]} {self.index}"
        longest = plain if most is None else "é" * int(most)
        choice = self.one_of(path, [plain, plain, "a" * least, longest, self.one_of(path, _WORDS)])
        return _fitted(choice, least, None if most is None else int(most))

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
    return text.ljust(least, ".") if most is None else text.ljust(least, ".")[:most]
