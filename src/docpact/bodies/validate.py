"""Validation of an instance: violations, undocumented fields, and the values each keyword saw."""

from __future__ import annotations

import copy
import json
import sys
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any, NamedTuple, TypeAlias

from docpact.bodies.columns import Column, Node
from docpact.bodies.contents import Contents, Extra, Missing, Values
from docpact.bodies.engine import Engine, Error, make_engine
from docpact.bodies.places import Union, fold_path, known_pointer
from docpact.bodies.rows import find_lists, list_errors
from docpact.bodies.wording import describe_keyword, describe_observed, describe_value
from docpact.limits import MAX_VIOLATIONS
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import MAP, SIMPLE, Schema, resolve_path, with_definitions
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
        documented: the promise of the keyword, in words.
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
    of a union breaks the keywords of the member that it is meant to match, or `anyOf` if that is
    unclear.

    Args:
        schema: JSON Schema 2020-12; references lead to its own `$defs`.
        instance: None, bool, int, float, str, list or dict with str keys.
    """
    return make_validator(schema).validate(instance)


def violations(schema: Schema, instance: Any) -> tuple[Violation, ...]:
    """Return the violations alone; see `validate`."""
    return make_validator(schema).violations(instance)


def make_validator(schema: Schema) -> Validator:
    """Return a validator; the same one for equal schemas."""
    return _make_validator(json.dumps(schema))


class Inspection(NamedTuple):
    """The result of validating one instance, in the form that is counted.

    Attributes:
        violations: those that the contents do not show, in the order of the instance, each with the
            number of violations that it counts for: of very many of one keyword, the last one
            described counts for the others.
    """

    contents: Contents
    violations: Sequence[tuple[Violation, int]]


ErrorLister: TypeAlias = Callable[..., Iterator[Sequence[Error]]]
"""Yields the errors of an instance in groups; see `docpact.bodies.rows.list_errors`."""


class Validator:
    """Validates instances against one schema.

    Missing properties of plain objects are read from the columns of `Contents`, which costs less
    than an engine's error for each of them.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._unions: dict[Tokens, Union] = {}
        self._keywords: dict[Tokens, tuple[str, str, str]] = {}
        self._fold = lru_cache(maxsize=8192)(partial(fold_path, schema))
        self._keyword_position = lru_cache(maxsize=8192)(_Positions(schema).of)

    @cached_property
    def _engine(self) -> Engine:
        return make_engine(self._schema)

    @cached_property
    def _columns(self) -> tuple[Node, ErrorLister]:
        """The contents of an instance, and the function that lists all that they do not show."""
        relaxed, paths = _relax(self._schema)
        errors = partial(list_errors, find_lists(relaxed), make_engine(relaxed))
        return Node((((self._schema, ()),), ()), (), paths), errors

    def validate(self, instance: Any) -> Validation:
        """Validate an instance; see the function of this name."""
        contents, violations = self.inspect(instance, sys.maxsize)
        missing = (
            describe_missing(each, n) for each in contents.missing for n in range(each.number)
        )
        return Validation(
            violations=(*missing, *(each for each, _ in violations)),
            undocumented=tuple(
                describe_extra(each, n) for each in contents.extras for n in range(len(each.values))
            ),
            counts=contents.counts,
            seen=frozenset(contents.seen),
        )

    def inspect(self, instance: Any, most: int = MAX_VIOLATIONS) -> Inspection:
        """Return the contents of an instance, and the violations that they do not show.

        Of one keyword, at most so many violations are described.
        """
        contents = self.read([instance])
        groups = self._columns[1](instance, is_finite=contents.is_exact)
        times = self._count((self._expand(instance, each) for each in groups), most)
        violations = tuple(
            (self.describe(instance, error), times[error]) for error in self._sort(instance, times)
        )
        return Inspection(contents, violations)

    def read(self, instances: Values) -> Contents:
        """Return the contents of one or more instances together, with the paths in each."""
        contents = Contents()
        self._columns[0].read(Column(instances, lambda _: (), contents))
        return contents

    def is_valid(self, instance: Any) -> bool:
        """Return whether an instance is valid."""
        return self._engine.is_valid(instance)

    def violations(self, instance: Any) -> tuple[Violation, ...]:
        """Return the violations of an instance."""
        errors = _without_mistyped(self._expand(instance, self._engine.errors(instance)))
        return tuple(self.describe(instance, each) for each in self._sort(instance, errors))

    def _expand(self, instance: Any, errors: Iterable[Error]) -> Iterator[Error]:
        """Replace a union by the errors of its nearest member, `required` by its entries."""
        for error in errors:
            if error.keyword in ("anyOf", "oneOf"):
                yield from self._expand_union(instance, error)
            elif error.keyword == "required":
                value = resolve_path(instance, error.path)
                for index, name in enumerate(resolve_path(self._schema, error.where)):
                    if name not in value:
                        yield Error(error.path, (*error.where, index))
            else:
                yield error

    def _expand_union(self, instance: Any, error: Error) -> Iterator[Error]:
        union, value = self._union(error.where), resolve_path(instance, error.path)
        fitting, number = union.list_fitting(value), union.nearest(value)
        if number is None or fitting:
            yield error
            return
        member = (*error.where, number)
        inner = (
            Error((*error.path, *path), where if where[0] == "$defs" else (*member, *where))
            for path, where in union.engine(number).errors(value)
        )
        yield from self._expand(instance, inner)

    def _union(self, path: Tokens) -> Union:
        if path not in self._unions:
            stated = resolve_path(self._schema, path[:-1])
            self._unions[path] = Union(with_definitions(self._schema, stated), str(path[-1]))
        return self._unions[path]

    def _count(self, groups: Iterable[Iterable[Error]], most: int) -> dict[Error, int]:
        """Return `most` errors of each kind, the last for all others; groups have one place."""
        times: dict[Error, int] = {}
        kinds: dict[tuple[Tokens, str], tuple[int, Error]] = {}
        for group in groups:
            for error in _without_mistyped(group):
                kind = error.where, self._locate(error.path)
                number, last = kinds.get(kind, (0, error))
                if number < most:
                    kinds[kind] = number + 1, error
                    times[error] = 1
                else:
                    times[last] += 1
        return times

    def _sort(self, instance: Any, errors: Collection[Error]) -> Sequence[Error]:
        positions = _Positions(instance)
        return sorted(
            errors, key=lambda each: (positions.of(each.path), self._keyword_position(each.where))
        )

    def _locate(self, path: Tokens) -> str:
        return self._fold(tuple(0 if isinstance(each, int) else each for each in path))

    def describe(self, instance: Any, error: Error) -> Violation:
        """Return the violation for an engine's error."""
        path, where = error
        if where not in self._keywords:
            is_entry = isinstance(where[-1], int)
            keyword = str(where[-2 if is_entry else -1])
            documented = describe_keyword(keyword, resolve_path(self._schema, where))
            self._keywords[where] = (pointer(where), keyword, documented)
        schema_pointer, keyword, documented = self._keywords[where]
        value = resolve_path(instance, path)
        if keyword == "required":
            path = (*path, resolve_path(self._schema, where))
        return Violation(
            pointer=pointer(path),
            location=self._locate(path),
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
        del resolve_path(relaxed, path)["required"]
    return relaxed, paths


def _list_required(schema: Any, keywords: Collection[str], path: Tokens = ()) -> Iterator[Tokens]:
    """Yield the paths of the schemas with a `required`, below some keywords."""
    if isinstance(schema, Mapping) and "required" in schema:
        yield path
    for names, inner in children(schema):
        if names[0] in keywords:
            yield from _list_required(inner, keywords, (*path, *names))


def _without_mistyped(errors: Iterable[Error]) -> Collection[Error]:
    """Return errors, each once, without those of other keywords about values of a wrong type."""
    errors = dict.fromkeys(errors)
    mistyped = {path for path, where in errors if where[-1] == "type"}
    return [
        each
        for each in errors
        if each.path not in mistyped or each.where[-1] == "type" or isinstance(each.where[-1], int)
    ]


class _Positions:
    """Finds the position of each step of a path in its container."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._names: dict[int, dict[str, int]] = {}

    def of(self, path: Tokens) -> list[int]:
        """Return the position of each step of a path."""
        positions, document = [], self._document
        for step in path:
            positions.append(step if isinstance(step, int) else self._number(document, step))
            document = document[step]
        return positions

    def _number(self, document: Mapping[str, Any], name: str) -> int:
        if id(document) not in self._names:
            self._names[id(document)] = {each: number for number, each in enumerate(document)}
        return self._names[id(document)][name]
