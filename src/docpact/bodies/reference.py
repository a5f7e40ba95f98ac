"""The reference validator: jsonschema, with errors at the places that docpact reports.

Every schema is in the form of `docpact.model.references.localize`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextvars import ContextVar
from fractions import Fraction
from functools import partial
from typing import Any, Final, TypeAlias

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from docpact.bodies.patterns import matches
from docpact.bodies.wording import equality_key
from docpact.model.pointer import Tokens
from docpact.model.schema import DEFINITIONS, MAP, Schema

Errors: TypeAlias = Iterator[ValidationError]


class _Beside(str):
    """The name of a keyword that takes the place of the one before it in the path of an error."""

    __slots__ = ()


class _Followed(ValidationError):
    """An error of a definition; jsonschema leaves references out of an error's path."""

    where: Tokens


_Found: TypeAlias = tuple[Tokens, Tokens]
"""Reference tokens of a broken value, and of the keyword in the schema."""

_FOLLOWED: Final = ContextVar[dict[tuple[str, int], Collection[_Found]]]("followed")
"""Reference and identity of a value → what breaks the definition, while an instance is validated.

Without it, a definition that has itself in two forms takes twice as long at each depth.
"""


def list_errors(validator: Any, instance: Any) -> Iterator[_Found]:
    """Yield the errors of an instance."""
    _FOLLOWED.set({})
    return _read(validator.iter_errors(instance), ())


def _read(errors: Errors, where: Tokens) -> Iterator[_Found]:
    for error in errors:
        yield tuple(error.path), _find_where(error, where)


def _find_where(error: ValidationError, where: Tokens) -> Tokens:
    if isinstance(error, _Followed):
        return error.where
    for step in error.schema_path:
        where = (*where[:-1], str(step)) if isinstance(step, _Beside) else (*where, step)
    return where


def _follow(validator: Any, reference: str, instance: Any, schema: Schema) -> Errors:
    followed, key = _FOLLOWED.get(), (reference, id(instance))
    if key not in followed:
        found = Draft202012Validator.VALIDATORS["$ref"](validator, reference, instance, schema)
        where = "$defs", reference.removeprefix(DEFINITIONS)
        followed[key] = dict.fromkeys(_read(found, where))
    for path, at in followed[key]:
        error = _Followed("", path=path)
        error.where = at
        yield error


def _at(*path: str | int, instead: str = "") -> ValidationError:
    """Return an error at a part of an instance; of the keyword beside, if one is named."""
    schema_path = (_Beside(instead),) if instead else ()
    return ValidationError("", path=path, schema_path=schema_path)


def _pattern(_: Any, pattern: str, instance: Any, __: Schema) -> Errors:
    if isinstance(instance, str) and not matches(pattern, instance):
        yield _at()


def _multiple_of(validator: Any, factor: float, instance: Any, _: Schema) -> Errors:
    """Divide decimal fractions as they are written: 0.07 is a multiple of 0.01."""
    if validator.is_type(instance, "number") and not is_multiple(instance, factor):
        yield _at()


def is_multiple(number: float, factor: float) -> bool:
    """Return whether a number is a multiple of another, both as they are written in decimal."""
    if isinstance(number, int) and isinstance(factor, int):
        return number % factor == 0
    try:
        return bool((Fraction(repr(number)) / Fraction(repr(factor))).denominator == 1)
    except (ValueError, OverflowError):  # NaN or infinite
        return False


def _pattern_properties(
    validator: Any, stated: Mapping[str, Schema], instance: Any, _: Schema
) -> Errors:
    if isinstance(instance, dict):
        for pattern, inner in stated.items():
            for name, value in instance.items():
                if matches(pattern, name):
                    yield from validator.descend(value, inner, path=name, schema_path=pattern)


def _additional_properties(validator: Any, inner: Any, instance: Any, schema: Schema) -> Errors:
    if not isinstance(instance, dict):
        return
    for name, value in instance.items():
        if not _is_named(schema, name):
            yield from _descend(validator, value, inner, name)


def _is_named(schema: Schema, name: str) -> bool:
    """Return whether `properties` or `patternProperties` describe a field."""
    patterns = schema.get("patternProperties", ())
    return name in schema.get("properties", ()) or any(matches(each, name) for each in patterns)


def _descend(validator: Any, value: Any, inner: Any, at: str | int) -> Errors:
    """Yield the errors of a part, or one because there is such a part."""
    if inner is False:
        yield _at(at)
    elif inner is not True:
        yield from validator.descend(value, inner, path=at)


def _property_names(validator: Any, inner: Schema, instance: Any, _: Schema) -> Errors:
    if isinstance(instance, dict):
        names = validator.evolve(schema=inner)
        yield from (_at(name) for name in instance if not names.is_valid(name))


def _unique_items(_: Any, is_unique: bool, instance: Any, __: Schema) -> Errors:
    is_list = is_unique and isinstance(instance, list)
    if is_list and len({*map(equality_key, instance)}) < len(instance):
        yield _at()


def _contains(validator: Any, inner: Schema, instance: Any, schema: Schema) -> Errors:
    if not isinstance(instance, list):
        return
    element = validator.evolve(schema=inner)
    number = sum(element.is_valid(each) for each in instance)
    least, most = schema.get("minContains", 1), schema.get("maxContains")
    if number < least:
        yield _at(instead="minContains" if number or "minContains" in schema else "")
    if most is not None and number > most:
        yield _at(instead="maxContains")


def _unevaluated(keyword: str, validator: Any, inner: Any, instance: Any, schema: Schema) -> Errors:
    if not isinstance(instance, dict if keyword == "unevaluatedProperties" else list):
        return
    known = {*_find_evaluated(validator, schema, instance, keyword)}
    for at, value in instance.items() if isinstance(instance, dict) else enumerate(instance):
        if at not in known:
            yield from _descend(validator, value, inner, at)


def _find_evaluated(
    validator: Any, schema: Any, instance: Any, but: str = ""
) -> Iterator[str | int]:
    """Yield the fields or element numbers that a schema describes, one keyword excepted."""
    if isinstance(instance, dict):
        for_all = {MAP, "unevaluatedProperties"}
        yield from (
            n for n in instance if (for_all - {but}) & schema.keys() or _is_named(schema, n)
        )
    else:
        is_for_all = not schema.keys().isdisjoint({"items", "unevaluatedItems"} - {but})
        first = len(instance) if is_for_all else len(schema.get("prefixItems", ()))
        element = validator.evolve(schema=schema.get("contains", False))
        yield from (n for n, each in enumerate(instance) if n < first or element.is_valid(each))
    for inner in _list_passed(validator, schema, instance):
        yield from _find_evaluated(validator, inner, instance)


def _list_passed(validator: Any, schema: Any, instance: Any) -> Iterator[Any]:
    """Yield the subschemas that describe an instance itself and that it satisfies."""
    candidates = [each for key in ("allOf", "anyOf", "oneOf") for each in schema.get(key, ())]
    dependent = schema.get("dependentSchemas", {}) if isinstance(instance, dict) else {}
    candidates += [each for name, each in dependent.items() if name in instance]
    if "$ref" in schema:
        candidates.append(validator._resolver.lookup(schema["$ref"]).contents)  # noqa: SLF001
    if "if" in schema:
        passes = validator.evolve(schema=schema["if"]).is_valid(instance)
        keyword = "then" if passes else "else"
        candidates += [schema["if"], *([schema[keyword]] if keyword in schema else [])]
    yield from (each for each in candidates if validator.evolve(schema=each).is_valid(instance))


Validator: Final = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "$ref": _follow,
        "pattern": _pattern,
        "multipleOf": _multiple_of,
        "patternProperties": _pattern_properties,
        MAP: _additional_properties,
        "propertyNames": _property_names,
        "uniqueItems": _unique_items,
        "contains": _contains,
        "unevaluatedProperties": partial(_unevaluated, "unevaluatedProperties"),
        "unevaluatedItems": partial(_unevaluated, "unevaluatedItems"),
    },
)
