"""Validation of an instance: violations, undocumented fields, and the values each keyword saw."""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial, reduce
from operator import getitem
from typing import Any

from docpact.bodies.columns import Column, Node
from docpact.bodies.contents import Contents, Extra, Missing
from docpact.bodies.engine import Engine, Error, make_engine
from docpact.bodies.places import known_pointer
from docpact.bodies.unions import Union
from docpact.bodies.wording import describe_keyword, describe_observed, describe_value
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import (
    MAP,
    SIMPLE,
    Schema,
    descriptions,
    parts,
    resolve_path,
    with_definitions,
)
from docpact.model.traversal import children, subschemas


@dataclass(frozen=True, slots=True)
class Violation:
    """One keyword that one instance breaks.

    Attributes:
        pointer: JSON Pointer of the instance; of the missing property itself for `required`.
        location: the pointer with `*` for every array index and every name of a map.
        schema_pointer: JSON Pointer of the keyword in the schema; of the property's entry in the
            array for `required`.
        keyword: e.g. `maxLength`.
        documented: what the keyword promises, in words.
        observed: the value, in words.
    """

    pointer: str
    location: str
    schema_pointer: str
    keyword: str
    documented: str
    observed: str


@dataclass(frozen=True, slots=True)
class Undocumented:
    """A field that the schema does not name.

    Attributes:
        pointer: JSON Pointer of the field.
        location: the pointer with `*` for every array index and every name of a map.
        schema_pointer: JSON Pointer of the `properties` that does not name the field.
        observed: the type and the value, in words.
    """

    pointer: str
    location: str
    schema_pointer: str
    observed: str


@dataclass(frozen=True, slots=True)
class Validation:
    """The result of validating one instance.

    Attributes:
        violations: every broken keyword: missing properties first, otherwise in the order of the
            instance.
        undocumented: every field that the schema does not name, at every depth.
        counts: schema pointer of a keyword, `properties` included → the number of values that it
            constrains; all entries of one `required` have the count of `required`.
        seen: folded location of each documented value except null, with the value as text if an
            `enum` describes it, else with an empty text.
    """

    violations: tuple[Violation, ...]
    undocumented: tuple[Undocumented, ...]
    counts: Mapping[str, int]
    seen: frozenset[tuple[str, str]]

    @property
    def judged(self) -> Mapping[str, int]:
        """The former name of `counts`."""
        warnings.warn("use Validation.counts", DeprecationWarning, stacklevel=2)
        return self.counts


def validate(schema: Schema, instance: Any) -> Validation:
    """Validate a decoded JSON value, formats included.

    A value of the wrong type breaks only `type`, not also its `enum`. A value that fits no member
    of a union breaks the keywords of the member that it is meant to have, or `anyOf` if that is
    unclear.
    """
    return make_validator(schema).validate(instance)


def violations(schema: Schema, instance: Any) -> tuple[Violation, ...]:
    """Return the violations alone; see `validate`."""
    return make_validator(schema).violations(instance)


def make_validator(schema: Schema) -> Validator:
    """Return a validator; the same one for equal schemas."""
    return _make_validator(json.dumps(schema))


class Validator:
    """Validates instances against one schema.

    Missing properties of plain objects are read from the columns of `Contents`, which costs less
    than an engine's error for each of them.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._unions: dict[Tokens, Union] = {}
        self._keywords: dict[Tokens, tuple[str, str, str]] = {}
        self._fold = lru_cache(maxsize=8192)(partial(_fold_path, schema))
        self._keyword_position = lru_cache(maxsize=8192)(partial(_position, schema))

    @cached_property
    def _engine(self) -> Engine:
        return make_engine(self._schema)

    @cached_property
    def _columns(self) -> tuple[Node, Engine]:
        """The contents of an instance, and the engine that finds all that they do not show."""
        relaxed, paths = _relax(self._schema)
        return Node((((self._schema, ()),), ()), (), paths), make_engine(relaxed)

    def validate(self, instance: Any) -> Validation:
        """Validate an instance; see the function of this name."""
        contents, violations = self.inspect(instance)
        missing = (
            describe_missing(each, n) for each in contents.missing for n in range(each.number)
        )
        return Validation(
            violations=(*missing, *violations),
            undocumented=tuple(
                describe_extra(each, n) for each in contents.extras for n in range(len(each.values))
            ),
            counts=contents.counts,
            seen=frozenset(contents.seen),
        )

    def inspect(self, instance: Any) -> tuple[Contents, tuple[Violation, ...]]:
        """Return the contents of an instance, and the violations that they do not show."""
        (root, engine), contents = self._columns, Contents()
        root.read(Column([instance], lambda _: (), contents))
        errors = [*self._expand(instance, engine.errors(instance, is_finite=contents.is_exact))]
        return contents, self._describe(instance, errors)

    def violations(self, instance: Any) -> tuple[Violation, ...]:
        """Return the violations of an instance."""
        errors = [*self._expand(instance, self._engine.errors(instance))]
        return self._describe(instance, errors)

    def _expand(self, instance: Any, errors: Iterable[Error]) -> Iterator[Error]:
        """Replace a union by the errors of its nearest member, `required` by its entries."""
        for error in errors:
            if error.keyword in ("anyOf", "oneOf"):
                yield from self._expand_union(instance, error)
            elif error.keyword == "required":
                value = _look_up(instance, error.path)
                for index, name in enumerate(_look_up(self._schema, error.where)):
                    if name not in value:
                        yield Error(error.path, (*error.where, index))
            else:
                yield error

    def _expand_union(self, instance: Any, error: Error) -> Iterator[Error]:
        union, value = self._union(error.where), _look_up(instance, error.path)
        fitting, number = union.list_fitting(value), union.nearest(value)
        if number is None or fitting:
            yield error
            return
        member = (*error.where, number)
        inner = (
            Error((*error.path, *path), where if where[0] == "$defs" else (*member, *where))
            for path, where in union.engines[number].errors(value)
        )
        yield from self._expand(instance, inner)

    def _union(self, path: Tokens) -> Union:
        if path not in self._unions:
            stated = _look_up(self._schema, path[:-1])
            self._unions[path] = Union(with_definitions(self._schema, stated), str(path[-1]))
        return self._unions[path]

    def _describe(self, instance: Any, errors: Sequence[Error]) -> tuple[Violation, ...]:
        """Return violations in the order of the instance, each once."""
        if not errors:
            return ()
        mistyped = {path for path, where in errors if where[-1] == "type"}
        kept = dict.fromkeys(
            (path, where)
            for path, where in errors
            if path not in mistyped or where[-1] == "type" or isinstance(where[-1], int)
        )
        ordered = sorted(
            kept, key=lambda each: (_position(instance, each[0]), self._keyword_position(each[1]))
        )
        return tuple(self._violation(instance, *each) for each in ordered)

    def _violation(self, instance: Any, path: Tokens, where: Tokens) -> Violation:
        if where not in self._keywords:
            is_entry = isinstance(where[-1], int)
            keyword = str(where[-2 if is_entry else -1])
            documented = describe_keyword(keyword, _look_up(self._schema, where))
            self._keywords[where] = (pointer(where), keyword, documented)
        schema_pointer, keyword, documented = self._keywords[where]
        value = _look_up(instance, path)
        if keyword == "required":
            path = (*path, _look_up(self._schema, where))
        return Violation(
            pointer=pointer(path),
            location=self._fold(tuple(0 if isinstance(each, int) else each for each in path)),
            schema_pointer=schema_pointer,
            keyword=keyword,
            documented=documented,
            observed=describe_observed(keyword, path[-1] if keyword == "propertyNames" else value),
        )


@lru_cache(maxsize=512)
def _make_validator(text: str) -> Validator:
    return Validator(json.loads(text))


def describe_missing(missing: Missing, number: int) -> Violation:
    """Return the violation of one of the objects without a required property."""
    return Violation(
        pointer=pointer(missing.path_of(number)),
        location=known_pointer(missing.folded),
        schema_pointer=known_pointer(missing.where),
        keyword="required",
        documented=describe_keyword("required", None),
        observed=describe_observed("required", None),
    )


def describe_extra(extra: Extra, number: int) -> Undocumented:
    """Return one of the undocumented fields."""
    return Undocumented(
        pointer(extra.path_of(number)),
        known_pointer(extra.folded),
        known_pointer(extra.where),
        describe_value(extra.values[number]),
    )


def _relax(schema: Schema) -> tuple[Schema, frozenset[Tokens]]:
    """Return a schema without `required`, and the paths where it was removed.

    Schemas that describe some instances only keep it, and definitions too if there is a keyword by
    which such a schema may refer to them.
    """
    is_plain = all(
        isinstance(each, Mapping) and each.keys() <= (SIMPLE | {"allOf"}) - {"anyOf"}
        for _, each in subschemas(schema)
    )
    keywords = {"properties", "items", MAP, *(("$defs", "allOf") if is_plain else ())}
    relaxed = copy.deepcopy(schema)
    paths = frozenset(_list_required(schema, keywords))
    for path in paths:
        del _look_up(relaxed, path)["required"]
    return relaxed, paths


def _list_required(schema: Any, keywords: Collection[str], path: Tokens = ()) -> Iterator[Tokens]:
    """Yield the paths of the schemas with a `required`, below some keywords."""
    if isinstance(schema, Mapping) and "required" in schema:
        yield path
    for names, inner in children(schema):
        if names[0] in keywords:
            yield from _list_required(inner, keywords, (*path, *names))


def _look_up(document: Any, path: Tokens) -> Any:
    return reduce(getitem, path, document)


def _position(document: Any, path: Tokens) -> list[int]:
    """Return the position of each step of a path in its container."""
    positions = []
    for step in path:
        positions.append(step if isinstance(step, int) else [*document].index(step))
        document = document[step]
    return positions


def _fold_path(schema: Schema, path: Tokens) -> str:
    """Return the folded pointer of an instance's path."""
    where: list[str] = []
    found = [each for each, _ in descriptions(schema)]
    for step in path:
        name, inner = _fold_step(found, step)
        where.append(name)
        found = [form for each in inner for form, _ in descriptions(each)]
    return pointer(where)


def _fold_step(found: Sequence[Schema], step: str | int) -> tuple[str, list[Schema]]:
    """Return a step folded, and the schemas of the value that it leads to."""
    token = "*" if isinstance(step, int) else step
    within = [
        (folded, with_definitions(each, resolve_path(each, names)))
        for each in found
        for names, (folded,) in parts(each)
    ]
    named = [inner for folded, inner in within if folded == token]
    if named or isinstance(step, int):
        return token, named
    maps = [inner for folded, inner in within if folded == "*"]
    return ("*" if maps else token), maps
