"""The quick way to a valid body: decoding and validation by compiled libraries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any, Final, NamedTuple, TypeAlias

from docpact.decoding import MAX_BYTES
from docpact.errors import MissingExtra
from docpact.formats import CHECKER
from docpact.model.schema import MAP, Schema

_COLON, _QUOTE = b':"'

IsValid: TypeAlias = Callable[[Any], bool]

_COMPILED: Final = frozenset(
    {
        "date", "date-time", "duration", "email", "ipv4", "ipv6", "json-pointer", "time", "uri",
        "uri-reference", "uuid",
    }
)  # fmt: skip
"""Formats of which the compiled library has the same notion as `docpact.formats`."""

_EXACT: Final = 2**53
"""Up to here every whole number is a double; the compiled decoder makes doubles of the largest."""


VARIANTS: Final = 64
"""How many sets of missing fields are told apart."""


class Lacking(NamedTuple):
    """What tells an element from a documented one.

    Attributes:
        missing: required fields that are not there.
        extras: fields that are not documented.
        rest: the element without those.
    """

    missing: tuple[str, ...]
    extras: tuple[str, ...]
    rest: Any


class Quick:
    """Reads the bodies that keep the whole schema.

    What it does not read may still be valid; `docpact.decoding` and `docpact.validation` decide.

    Attributes:
        is_apt: whether it reads anything; where a schema states numbers that no double can hold
            exactly, it does not.

    Raises:
        MissingExtra: the libraries are not installed.
    """

    def __init__(self, schema: Schema) -> None:
        try:
            import jsonschema_rs
            import numpy as np
            import orjson
        except ModuleNotFoundError:
            raise MissingExtra("docpact audit", "audit") from None

        def compiled(stated: Schema) -> IsValid:
            validator = jsonschema_rs.Draft202012Validator(
                dict(stated), formats=_formats(stated), validate_formats=True
            )
            return validator.is_valid

        self.is_apt = all(abs(each) < _EXACT for each in _numbers(schema))
        self._np, self._decode = np, orjson.loads
        self._buffers = np.empty((2, 0), np.bool_)
        self._is_closed, self._is_valid = compiled(_closed(schema)), compiled(schema)
        self._compiled, self._lists = compiled, _lists(schema)
        self._elements: dict[tuple[str, tuple[str, ...]], IsValid] = {}

    def read(self, body: bytes) -> tuple[Any, bool]:
        """Return the value of a body that keeps the schema, and whether every field is documented.

        Names that came twice are not noticed, and whole numbers of more than 64 bits are doubles.
        Of unions it is not told what is documented.

        Raises:
            ValueError: it does not keep the schema, or is not strict JSON.
        """
        if len(body) > MAX_BYTES or not self.is_apt:
            raise ValueError
        value = self._decode(body)
        if self._is_closed(value):
            return value, True
        if self._is_valid(value):
            return value, False
        raise ValueError

    def names_at_most(self, body: bytes) -> int:
        """Return how many members the objects of a body have together, or a greater number.

        The colon after each name is what is counted: behind a quote, or behind white space. One in
        a text may count too. Where no more members were decoded, no name came twice in an object.
        """
        np, pairs = self._np, len(body) - 1
        if self._buffers.shape[1] < pairs:
            self._buffers = np.empty((2, 2 * pairs), np.bool_)
        letters = np.frombuffer(body, np.uint8)
        is_colon = np.equal(letters[1:], _COLON, out=self._buffers[0, :pairs])
        is_end = np.less_equal(letters[:-1], _QUOTE, out=self._buffers[1, :pairs])
        is_end &= is_colon
        return int(np.count_nonzero(is_end))

    def lacking(self, name: str, element: Any) -> Lacking | None:
        """Return what an element of an array at the top lacks and has beside, if that is all.

        Args:
            name: of the array's property.
            element: decoded.

        Returns:
            None where something else is not as documented, or may not be.
        """
        schema = self._lists.get(name)
        if schema is None:
            return None
        if self._is_valid_but(name, ())(element):
            return Lacking((), (), element)
        if not isinstance(element, dict) or "properties" not in schema or MAP in schema:
            return None
        documented = schema["properties"]
        missing = tuple(each for each in schema.get("required", ()) if each not in element)
        extras = tuple(each for each in element if each not in documented)
        rest = {key: value for key, value in element.items() if key in documented}
        is_all = (missing or extras) and self._is_valid_but(name, missing)(rest)
        return Lacking(missing, extras, rest) if is_all else None

    def _is_valid_but(self, name: str, missing: tuple[str, ...]) -> IsValid:
        """Return what validates elements that lack some required fields, and have none beside."""
        if (name, missing) not in self._elements:
            if len(self._elements) >= VARIANTS:
                return lambda _: False
            schema = without_required(self._lists[name], missing)
            self._elements[name, missing] = self._compiled(_closed(schema))
        return self._elements[name, missing]


def without_required(schema: Schema, names: Collection[str]) -> Schema:
    """Return a schema of objects that may lack some fields."""
    if not names:
        return schema
    return {**schema, "required": [each for each in schema["required"] if each not in names]}


def _lists(schema: Schema) -> Mapping[str, Schema]:
    """Return the schemas of the elements of each array at the top, unions left out."""
    beside = {"$defs": schema["$defs"]} if "$defs" in schema else {}
    found = {
        name: {**each["items"], **beside}
        for name, each in schema.get("properties", {}).items()
        if "items" in each
    }
    return {name: each for name, each in found.items() if "anyOf" not in _keywords(each)}


def _closed(schema: Any) -> Any:
    """Return the same schema, in which an object has no fields but those that are named."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {
        name: value if name in ("enum", "const") else _closed(value)
        for name, value in schema.items()
    }
    is_object = isinstance(schema.get("properties"), dict) and "type" in schema
    return {MAP: False, **inner} if is_object else inner


def _formats(schema: Schema) -> dict[str, Callable[[str], bool]]:
    """Return the checks of `docpact.formats` for what a schema asserts, so that both ways agree."""
    stated = {value for name, value in _stated(schema) if name == "format" and value is not None}
    return {name: partial(_conforms, name) for name in stated - _COMPILED}


def _numbers(stated: Any) -> Iterator[float]:
    """Yield every number in a schema."""
    if isinstance(stated, Mapping | list):
        for each in stated.values() if isinstance(stated, Mapping) else stated:
            yield from _numbers(each)
    elif isinstance(stated, int | float):
        yield stated


def _keywords(schema: Any) -> set[str]:
    return {name for name, _ in _stated(schema)}


def _stated(schema: Any) -> Iterator[tuple[str, Any]]:
    """Yield every name and value in a schema, a text or a list of texts as it stands."""
    if isinstance(schema, list):
        for each in schema:
            yield from _stated(each)
    elif isinstance(schema, Mapping):
        for name, value in schema.items():
            if isinstance(value, str):
                yield name, value
            else:
                yield name, None
                yield from _stated(value)


def _conforms(name: str, text: str) -> bool:
    return CHECKER.conforms(text, name)
