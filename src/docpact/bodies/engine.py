"""Validation engines: jsonschema is the reference; jsonschema-rs is used where it is installed.

The two differ only in formats of texts longer than `MAX_FORMAT`. jsonschema-rs takes the formats
that it reads differently from `docpact.bodies.formats`, and a value that it cannot represent goes
to the reference, as does an invalid value of a schema in which the two may name different keywords.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache, partial
from math import isfinite
from typing import Any, Final, NamedTuple, Protocol

from docpact.bodies.formats import NUMBERS, conforms, make_checker
from docpact.bodies.patterns import is_portable
from docpact.model.least import is_recursive
from docpact.model.pointer import Tokens
from docpact.model.schema import SIMPLE, Schema, with_reached
from docpact.model.traversal import map_schema, subschemas

_COMPILED_FORMATS: Final = frozenset(
    {
        "date", "date-time", "duration", "email", "ipv4", "ipv6", "json-pointer", "time", "uri",
        "uri-reference", "uri-template", "uuid",
    }
)  # fmt: skip
"""Formats that jsonschema-rs reads as `docpact.bodies.formats` does."""

_NAMED_ALIKE: Final = SIMPLE | {"pattern"}
"""Keywords that both engines name alike, where `pattern` is portable."""

_UNCERTAIN: Final = re.compile(r"\+[0-9]+|0[0-9]+")
"""Names that jsonschema-rs takes for the same number as another name."""


class Error(NamedTuple):
    """One keyword that one instance breaks.

    Attributes:
        path: reference tokens of the instance.
        where: reference tokens of the keyword in the schema; `$defs`, the name of the definition
            and so on if a reference led to it.
    """

    path: Tokens
    where: Tokens

    @property
    def keyword(self) -> str:
        """The name of the keyword."""
        return str(self.where[-1])


class Engine(Protocol):
    """Validates instances against one schema.

    A caller that knows that no float of an instance is NaN or infinite, which jsonschema-rs takes
    for null, saves the engine from looking for them with `is_finite`.
    """

    def is_valid(self, instance: Any, *, is_finite: bool = False) -> bool:
        """Return whether an instance is valid."""

    def errors(self, instance: Any, *, is_finite: bool = False) -> Sequence[Error]:
        """List the broken keywords, each once per instance, in any order.

        If no member of a union fits, the union is one error.
        """


class ReferenceEngine:
    """Validates by jsonschema."""

    def __init__(self, schema: Schema) -> None:
        from docpact.bodies.reference import Validator, list_errors

        validator = Validator(schema, format_checker=make_checker())
        self._list_errors = partial(list_errors, validator)

    def is_valid(self, instance: Any, *, is_finite: bool = False) -> bool:
        """Return whether an instance is valid."""
        del is_finite
        return next(self._list_errors(instance), None) is None

    def errors(self, instance: Any, *, is_finite: bool = False) -> Sequence[Error]:
        """List the broken keywords; see `Engine`."""
        del is_finite
        return [Error(*each) for each in dict.fromkeys(self._list_errors(instance))]


class RustEngine:
    """Validates by jsonschema-rs.

    Raises:
        ModuleNotFoundError: jsonschema-rs is not installed.
        ValueError: the schema contains half a surrogate pair, a name that jsonschema-rs leaves out
            of a path or takes for an index, or a keyword that it may read differently.
    """

    def __init__(self, schema: Schema) -> None:
        import jsonschema_rs

        every = [each for _, each in subschemas(schema)]
        stated = [each for each in every if isinstance(each, Mapping)]
        for each in stated:
            _check_mapping(each.get("properties", {}))
            _check_mapping(each.get("$defs", {}))
        _check_keywords(stated)
        formats = {each["format"] for each in stated if isinstance(each.get("format"), str)}
        is_bounded = not formats.isdisjoint(NUMBERS)
        self._validator = jsonschema_rs.Draft202012Validator(
            map_schema(_add_bounds, schema) if is_bounded else dict(schema),
            formats={name: partial(conforms, name=name) for name in formats - _COMPILED_FORMATS},
            validate_formats=True,
        )
        self._schema = schema
        is_named_alike = all(each.keys() <= _NAMED_ALIKE for each in stated)
        # jsonschema-rs lists the errors of all members, which double at each depth of recursion.
        is_simple = not is_bounded and len(stated) == len(every) and is_named_alike
        has_unions = any("anyOf" in each for each in stated)
        self._is_simple = is_simple and not (has_unions and is_recursive(schema))
        self._where = lru_cache(maxsize=8192)(partial(_repair, schema))

    @cached_property
    def _reference(self) -> ReferenceEngine:
        return ReferenceEngine(self._schema)

    def is_valid(self, instance: Any, *, is_finite: bool = False) -> bool:
        """Return whether an instance is valid."""
        try:
            if is_finite or has_numbers_of_json(instance):
                return self._validator.is_valid(instance)
        except ValueError:  # half a surrogate pair, or nested too deep
            pass
        return self._reference.is_valid(instance)

    def errors(self, instance: Any, *, is_finite: bool = False) -> Sequence[Error]:
        """List the broken keywords; see `Engine`."""
        try:
            if is_finite or has_numbers_of_json(instance):
                if self._is_simple:
                    errors = (
                        Error(_repair(instance, e.instance_path), self._where(tuple(e.schema_path)))
                        for e in self._validator.iter_errors(instance)
                    )
                    return [*dict.fromkeys(errors)]
                if self._validator.is_valid(instance):
                    return ()
        except ValueError:  # half a surrogate pair, nested too deep, or an uncertain path
            pass
        return self._reference.errors(instance)


def make_engine(schema: Schema) -> Engine:
    """Return the fastest engine that is installed; the same one for equal schemas.

    The `$defs`, which many schemas may share, are read once and must not change.
    """
    own = {keyword: each for keyword, each in schema.items() if keyword != "$defs"}
    reached = _share(Same(schema["$defs"])).reach(own) if schema.get("$defs") else None
    return _make_engine(json.dumps(own), reached)


def is_valid(schema: Schema, instance: Any) -> bool:
    """Return whether an instance is valid."""
    return make_engine(schema).is_valid(instance)


class _Reached:
    """Definitions that a schema reaches: one object for equal ones, so that it can be a key."""

    def __init__(self, text: str) -> None:
        self.definitions: Mapping[str, Schema] = json.loads(text)


_find_reached: Final = lru_cache(maxsize=256)(_Reached)


class Same:
    """A key that is equal for the same object only, and keeps it alive."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.value is self.value


class _Shared:
    """Definitions that many schemas share, and which of them each schema reaches."""

    def __init__(self, definitions: Same) -> None:
        self._definitions: Mapping[str, Schema] = definitions.value
        self._reached: dict[frozenset[str], _Reached] = {}

    def reach(self, own: Schema) -> _Reached | None:
        """Return the definitions that a schema without its `$defs` reaches, or None."""
        stated = (each.get("$ref") for _, each in subschemas(own) if isinstance(each, Mapping))
        roots = frozenset(each for each in stated if isinstance(each, str))
        if roots and roots not in self._reached:
            whole = {"allOf": [{"$ref": each} for each in roots], "$defs": self._definitions}
            text = json.dumps(with_reached(whole).get("$defs", {}))
            self._reached[roots] = _find_reached(text)
        return self._reached.get(roots)


_share: Final = lru_cache(maxsize=64)(_Shared)


@lru_cache(maxsize=256)
def _make_engine(own: str, reached: _Reached | None) -> Engine:
    schema = json.loads(own) | ({"$defs": reached.definitions} if reached else {})
    try:
        return RustEngine(schema)
    except (ModuleNotFoundError, ValueError):
        return ReferenceEngine(schema)


def has_numbers_of_json(instance: Any) -> bool:
    """Return whether no float at any depth is NaN or infinite."""
    values = [instance]
    while values:
        if not all(isfinite(each) for each in values if isinstance(each, float)):
            return False
        nested = [each for each in values if isinstance(each, dict | list)]
        values = [
            inner
            for each in nested
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return True


def _repair(document: Any, path: Sequence[str | int]) -> Tokens:
    """Return a path of jsonschema-rs with names as strings.

    It leaves out empty names, and writes every name that reads as a number as one.

    Raises:
        ValueError: the path may belong to several values.
    """
    tokens: list[str | int] = []
    for token in path:
        name = token
        if isinstance(document, Mapping):
            _check_mapping(document)
            name = str(token)
        tokens.append(name)
        document = document[name]
    if isinstance(document, Mapping):
        _check_mapping(document)
    return tuple(tokens)


def _check_mapping(document: Mapping[str, Any]) -> None:
    if "" in document or any(_UNCERTAIN.fullmatch(name) for name in document if name[0] in "+0"):
        raise ValueError("a path cannot be read")


def _check_keywords(stated: Sequence[Schema]) -> None:
    """Raise ValueError for a keyword that jsonschema-rs may read differently."""
    for each in stated:
        patterns = [*each.get("patternProperties", ()), each.get("pattern", "")]
        if not all(map(is_portable, patterns)) or "multipleOf" in each:
            raise ValueError("jsonschema-rs may read a keyword differently")


def _add_bounds(schema: Any) -> Any:
    """State the bounds of a format of numbers; jsonschema-rs asks for formats of strings only."""
    bounds = NUMBERS.get(schema.get("format", "")) if isinstance(schema, Mapping) else None
    if bounds is None:
        return schema
    within = dict(zip(("minimum", "maximum"), bounds, strict=True))
    return {**schema, "allOf": [*schema.get("allOf", ()), within]}
