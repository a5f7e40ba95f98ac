"""Sample data for an operation: deterministic, readable, and showing every documented state."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address
from itertools import count as counting
from random import Random
from typing import Any, Final, TypeVar
from uuid import UUID

from docpact.bodies.formats import conforms
from docpact.bodies.wording import equality_key
from docpact.cases.bounds import SIGNS, Edge, edges, lengths, middle, multiple, sizes, types
from docpact.cases.expressions import index_text
from docpact.cases.other_ends import order_texts
from docpact.cases.page_facts import find_first_page
from docpact.cases.parts import change_part, put
from docpact.cases.plain import describe_forms, plain
from docpact.cases.samples import NO_SAMPLE, PRESENT, NoSampleError, Sampler, full
from docpact.cases.texts import FORMATS, known_texts
from docpact.cases.wire import can_be_documented, write_header
from docpact.errors import ContractError, UsageError
from docpact.limits import MAX_FULL, MAX_SAMPLES, MAX_TRIED
from docpact.model import Operation, Parameter, Schema
from docpact.model.pointer import Tokens, pointer, resolve, tokens
from docpact.model.schema import child, follow, whole_place
from docpact.text import suggest

FIRST_MOMENT: Final = datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
"""The date-time of item 0; each further item is `STEP` later."""

STEP: Final = timedelta(minutes=37)

FIRST_ADDRESS: Final = IPv4Address("192.0.2.1")
"""The address of item 0, from a block for documentation (RFC 5737)."""

_NUMBERED: Final[Mapping[str, Callable[[int, str | int], str]]] = {
    "date-time": lambda n, _: (FIRST_MOMENT + n * STEP).isoformat().replace("+00:00", "Z"),
    "date": lambda n, _: (FIRST_MOMENT + n * STEP).date().isoformat(),
    "hostname": "host{}.example.com".format,
    "ipv4": lambda n, _: str(FIRST_ADDRESS + n),
    "email": "{1}{0}@example.com".format,
    "uri": "https://example.com/{1}/{0}".format,
}
"""Format → the text of an item with some number, in the field of some name."""

DISTINCT: Final = 3
"""Number of values of a filtered field, so that a filter selects several items."""

_LEAST_VALUES: Final = 300
"""Number of values that an item of a mock has before optional parts are left out."""

_PAGE_SIZE: Final = 10
"""Items of a page where a request has to name their number."""

_MOST_EMPTY: Final = 8
"""Number of bodies among which one with a field is looked for."""

_WORDS: Final = ("naïve café", "請求書の番号", "🧾 receipt", "Ünïcode")
T = TypeVar("T")


def sample_item(operation: Operation, *, index: int = 0, seed: int = 0, **fields: Any) -> Any:
    """Return one documented item of a list operation, or one body of any other operation.

    Args:
        operation: the operation that returns the item or body.
        index: number of the item; items of one seed have different ids.
        seed: seed of the choices between documented values.
        fields: values of top-level fields; they may break the documentation, to imitate drift.

    Raises:
        UsageError: the items have no such field.
        ContractError: no sample can be made of the schema.
    """
    schema = _item_schema(operation)
    known = schema.get("properties", {})
    for name in fields:
        if name not in known:
            hint = suggest(name, known, f"documented: {', '.join(known)}")
            raise UsageError(f"items of {operation.id} have no field {name!r}; {hint}")
    item = json.loads(_sample_one(operation, index, seed))
    return {**item, **fields} if fields else item


@lru_cache(maxsize=64)
def _sample_one(operation: Operation, index: int, seed: int) -> str:
    """Return a sample as JSON: a mock returns the same one again and again."""
    return json.dumps(_sample(operation, _item_schema(operation), seed, index, counting(1)))


def sample_items(operation: Operation, count: int, *, seed: int = 0) -> tuple[Any, ...]:
    """Return a coherent collection of documented items, or bodies if the operation is not a list.

    Ids are unique, so that few possible ids make few items, and fields that a filter selects by
    have few values. Any run of consecutive items that is as long as the number of a field's states
    shows all of them: each enum value, each bound, and absent, null and present. Of items with
    thousands of values there are fewer; see `MAX_TRIED`.

    Raises:
        ContractError: no sample can be made of the schema.
    """
    return tuple(json.loads(_sample_text(operation, count, seed)))


@lru_cache(maxsize=8)
def _sample_text(operation: Operation, count: int, seed: int) -> str:
    """Return sample items as JSON, so that each caller gets its own copy."""
    schema = _item_schema(operation)
    first = max(1, MAX_FULL - max(_LEAST_VALUES, MAX_SAMPLES // max(count, 1)))
    items: list[Any] = []
    tried = 0
    while len(items) < count and (tried < MAX_TRIED or tried < MAX_FULL * len(items)):
        numbers = counting(first)
        items.append(_sample(operation, schema, seed, len(items), numbers))
        tried += next(numbers) - first
    where = operation.roles.items
    if where is not None and whole_place(operation.response_schema, where).get("uniqueItems"):
        items = [*{equality_key(each): each for each in items}.values()]
    name = operation.roles.id
    if name is not None and operation.roles.is_list:
        ids = [resolve(each, name, None) for each in items]
        keys = (n if one is None else equality_key(one) for n, one in enumerate(ids))
        items = [*dict(zip(keys, items, strict=True)).values()]
    return json.dumps(items)


def sample_page(operation: Operation, items: Sequence[Any], **fields: Any) -> Any:
    """Return a documented body with the given items: an object, or an array of the items.

    Args:
        operation: a list operation.
        items: the items of the page.
        fields: other top-level fields, such as a total; required ones that are not given are
            filled in.

    Raises:
        UsageError: the operation is not a list.
    """
    roles = operation.roles
    if roles.items is None:
        raise UsageError(f"{operation.id} is not a list operation: it has no items")
    if not roles.items:
        return list(items)
    *above, last = names = tokens(roles.items)
    described = describe_forms(operation.response_schema)
    having = (each for each in described if names[0] in each.get("properties", {}))
    schema = next(having, described[0])
    named = schema.get("properties", {})
    page = {**fields, **({} if above else {last: list(items)})}
    sampler = _ItemSampler(operation=operation, seed=0, index=0)
    for name in schema.get("required", ()):
        if name not in page and name in named:
            page[name] = sampler.value(child(schema, "properties", name), (name,))
        elif name not in page:
            page[name] = sampler.further(schema, name, (name,))
    body = {name: page[name] for name in (*named, *page) if name in page}
    if not above:
        return body
    return change_part(operation.response_schema, body, tokens(roles.items), put(list(items)))[0]


def sample_given(operation: Operation) -> dict[str, str]:
    """Return a text for each required parameter and each one in the path, as a client sends it.

    A path parameter that the response repeats has the value of `sample_item`.
    """
    texts = {}
    item = sample_item(operation) if operation.roles.path and not operation.roles.is_list else {}
    sampler = _ItemSampler(operation=operation, seed=0, index=1)
    for parameter in operation.parameters:
        name = parameter.name
        if parameter.required:
            value = resolve(item, operation.roles.path.get(name, "/"))
            if value is None:
                value = sample_parameter(parameter, sampler)
            if name == operation.roles.page_parameter and not isinstance(value, str):
                value = find_first_page(operation)
            if name == operation.roles.size_parameter and value == 0:
                value = min(_PAGE_SIZE, parameter.schema.get("maximum", _PAGE_SIZE))
            text = value if isinstance(value, str) else json.dumps(value)
            is_plain = text.isascii() and text.isprintable() and text.strip() == text
            usual = (text if is_plain else "a" * len(text), name)
            allowed = (each for each in usual if each and can_be_documented(parameter, each))
            texts[name] = next(allowed, text)
    return order_texts(operation, texts)


def sample_parameter(parameter: Parameter, sampler: Sampler) -> Any:
    """Return a value of a parameter; an array or object in one text as that text.

    An array in a query has one value, unless it needs more.
    """
    if parameter.content is not None:
        return json.dumps(sampler.start(parameter.content))
    needs_more = parameter.is_array and sizes(parameter.schema)[0] > 1
    if parameter.location == "query" and not needs_more:
        return sampler.value(follow(plain(parameter.item_schema))[0], (parameter.name,))
    whole = full(parameter.schema)
    if isinstance(whole, list | dict):
        return write_header(whole)
    return sampler.value(follow(plain(parameter.schema))[0], (parameter.name,))


def name_thing(operation: Operation, parameter: Parameter, number: int) -> Any:
    """Return a documented value of a path parameter; different numbers have different values."""
    roles = replace(operation.roles, id=pointer((parameter.name,)))
    named = replace(operation, roles=roles)
    return sample_parameter(parameter, _ItemSampler(operation=named, seed=0, index=number))


def _item_schema(operation: Operation) -> Schema:
    found, _ = follow(plain(operation.thing_schema))
    if "not" in found:
        raise ContractError(operation.id, "no value satisfies the schema of the response")
    return found


def _is_object(schema: Schema) -> bool:
    """Return whether every value is an object; a schema that states nothing describes one."""
    if schema.keys() & {"anyOf", "allOf", "enum", "const"}:
        return False
    return "type" not in schema or types(schema) == ("object",)


def _sample(
    operation: Operation, schema: Schema, seed: int, index: int, numbers: Iterator[int]
) -> Any:
    """Return one item, or a body that shows at least one of its documented fields."""
    if operation.roles.is_list:
        return _vary(operation, schema, seed, index, numbers)
    further = range(index, index + _MOST_EMPTY)
    samples = (_vary(operation, schema, seed, number, numbers) for number in further)
    first = next(samples)
    return first if first != {} else next((each for each in samples if each), first)


def _vary(
    operation: Operation, schema: Schema, seed: int, index: int, numbers: Iterator[int]
) -> Any:
    """Return a sample without the fields that other fields' states exclude (role `only_when`)."""
    sampler = _ItemSampler(operation=operation, seed=seed, index=index, numbers=numbers)
    try:
        item = sampler.object(schema, ()) if _is_object(schema) else sampler.value(schema, ())
    except NoSampleError:
        raise ContractError(operation.id, NO_SAMPLE) from None
    if not isinstance(item, dict):
        return item
    for field, (beside, values) in operation.roles.only_when.items():
        name = tokens(field)[-1]
        if name in item and resolve(item, beside) not in values:
            if name in schema.get("required", ()):
                item[name] = None
            else:
                item.pop(name)
    return item


@dataclass(frozen=True, slots=True, kw_only=True)
class _ItemSampler(Sampler):
    """Makes the values of one item, which vary from item to item."""

    operation: Operation
    seed: int
    index: int

    @property
    def _id(self) -> str | None:
        """The field of an item that continues a list, or distinguishes items."""
        roles = self.operation.roles
        return roles.id or ("/id" if roles.last_id_parameter is not None else None)

    @property
    def _named(self) -> Collection[str]:
        """The fields that repeat the values of a path in the body of one thing."""
        roles = self.operation.roles
        return () if roles.is_list else roles.path.values()

    def state(self, schema: Schema, path: Tokens) -> str:
        """Return whether a field is present; one with the name of the item always is."""
        shown, where = [*self._named, *filter(None, [self._id])], f"{pointer(path)}/"
        names_item = any(f"{each}/".startswith(where) for each in shown)
        return PRESENT if names_item else Sampler.state(self, schema, path)

    def choose(self, path: Tokens, options: Sequence[T], plain: T) -> T:  # noqa: ARG002
        """Choose so that each option occurs once in any run of as many items."""
        turn, position = divmod(self.index, len(options))
        return options[_order(self._key(path, turn), len(options))[position]]

    def text(self, schema: Schema, path: Tokens) -> str:
        """Return text of the documented format or length, some of it not ASCII."""
        where, name = pointer(path), _name(path)
        is_filtered = where != self._id and where in self.operation.roles.filters.values()
        number = self.choose(path, range(1, DISTINCT + 1), 1) if is_filtered else self.index
        number += 1000 * self.attempt
        least, most = lengths(schema)
        is_name = where == self._id or where in self._named
        if "pattern" in schema:
            return self._sample_pattern(schema, number, max(least, int(is_name)), most)
        if "format" in schema:
            text = self._sample_format(schema["format"], path, number)
            fits = least <= len(text) and (most is None or len(text) <= most)
            return text if fits else Sampler.text(self, schema, path)
        if is_name:
            return _fit(f"{name}-{self.index:05d}", least, most)
        if is_filtered:
            return _fit(f"{name}-{number}", least, most)
        plain = f"{name} {self.index}"
        longest = plain if most is None else "é" * most
        word = self.choose(path, _WORDS, _WORDS[0])
        return _fit(
            self.choose(path, [plain, plain, "a" * least, longest, word], plain), least, most
        )

    def number(self, schema: Schema, path: Tokens) -> float:
        """Return a bound, or a number between the bounds."""
        if "multipleOf" in schema:
            return multiple(schema, self.index + self.attempt)
        if self.attempt:
            return Sampler.number(self, schema, path)
        stated = [*edges(schema), *self._list_edges(path)]
        lower, upper = (
            [edge.at for edge in stated if SIGNS[edge.keyword] == sign] for sign in (1, -1)
        )
        least = max(lower) if lower else min(upper, default=100) - 100
        most = min(upper) if upper else least + 100
        if pointer(path) == self._id and (not upper or least + self.index <= most):
            return least + self.index
        between = middle({**schema, "minimum": least, "maximum": most})
        return self.choose(path, [least, most, between], between)

    def _list_edges(self, path: Tokens) -> Iterable[Edge]:
        """Return the bounds of the parameter that continues a list with the value of a field."""
        name = self.operation.roles.last_id_parameter
        if name is None or pointer(path) != self._id:
            return ()
        return edges(self.operation.parameter(name).item_schema)

    def _sample_pattern(self, schema: Schema, number: int, least: int, most: int | None) -> str:
        """Return a text that matches a pattern and has a format."""
        name = schema.get("format")
        text = index_text(schema["pattern"], number, least, most)
        if text is not None and (name is None or conforms(text, name)):
            return text
        known = known_texts(schema)
        if not known:
            raise NoSampleError
        return known[number % len(known)]

    def _sample_format(self, name: str, path: Tokens, number: int) -> str:
        if name == "uuid":
            drawn = Random(self._key(path, number)).getrandbits(128)  # noqa: S311
            return str(UUID(int=drawn, version=4))
        if name in _NUMBERED:
            return _NUMBERED[name](number, _name(path))
        return FORMATS[name][self.attempt % len(FORMATS[name])]

    def _key(self, path: Tokens, turn: int) -> str:
        again = f" {self.attempt}" if self.attempt else ""
        return f"{self.seed} {'/'.join(map(str, path))} {turn}{again}"


@lru_cache(maxsize=1024)
def _order(key: str, length: int) -> tuple[int, ...]:
    """Return numbers below a length in a random order, the same for the same key."""
    order = list(range(length))
    Random(key.encode("utf-8", "surrogatepass")).shuffle(order)  # noqa: S311
    return tuple(order)


def _name(path: Tokens) -> str | int:
    """Return the last name of a path; of the whole body, a name for it."""
    return path[-1] if path else "body"


def _fit(text: str, least: int, most: int | None) -> str:
    """Lengthen a text, or keep its end, which differs between items."""
    long = text.ljust(least, ".")
    return long if most is None else long[max(0, len(long) - most) :]
