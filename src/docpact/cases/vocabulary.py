"""The keywords that can be generated, checked first, so that no draw fails because of a schema."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final, Literal

from docpact.bodies.places import list_places
from docpact.cases.bounds import (
    TYPES,
    floats_within,
    integers_within,
    lengths,
    members,
    sizes,
    types,
)
from docpact.cases.texts import FORMATS, has_text
from docpact.catalogue import FILES
from docpact.errors import ContractError
from docpact.model import Operation, Schema
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import ANNOTATIONS, SIMPLE, child
from docpact.model.traversal import subschemas

_KNOWN: Final = ", ".join(sorted(SIMPLE - ANNOTATIONS))


def check(operation: Operation, document: Literal["query", "response"]) -> Schema:
    """Return one of an operation's schemas, after a check that every part can be generated.

    Raises:
        ContractError: a keyword, type or format cannot be generated, or no value satisfies some
            place; the error names the file and the JSON Pointer.
    """
    schema = operation.query_schema if document == "query" else operation.response_schema
    for path, problem in chain(_unsupported(schema), _all_problems(schema)):
        raise ContractError(f"{operation.id}/{FILES[document]}#{pointer(path)}", problem)
    if document == "query":
        _check_wire(operation)
    return schema


def _unsupported(schema: Schema) -> Iterator[tuple[Tokens, str]]:
    for path, each in subschemas(schema):
        if isinstance(each, bool):
            yield path, f"expected an object as schema, found {each}"
        for keyword in each if isinstance(each, dict) else ():
            if keyword not in SIMPLE:
                problem = f"keyword {keyword!r} cannot be generated; supported: {_KNOWN}"
                yield (*path, keyword), problem
            elif "$ref" in each and keyword not in ANNOTATIONS | {"$ref"}:
                yield (*path, keyword), "cannot be generated beside a reference"


def _all_problems(schema: Schema) -> Iterator[tuple[Tokens, str]]:
    for place in list_places(schema):
        for keyword, problem in _problems(place.schema):
            yield (*place.schema_path, *([keyword] if keyword else [])), problem


def _problems(schema: Any) -> Iterator[tuple[str, str]]:
    """Yield keywords with the reason why they cannot be generated."""
    if not isinstance(schema, dict):
        yield "", f"expected an object as schema, found {schema!r}"
        return
    stated = schema.get("type", [])
    for name in [stated] if isinstance(stated, str) else stated:
        if name not in TYPES:
            yield "type", f"type {name!r} cannot be generated; supported: {', '.join(TYPES)}"
    name = schema.get("format")
    if name is not None and name not in FORMATS:
        yield "format", f"format {name!r} cannot be generated; supported: {', '.join(FORMATS)}"
    if "anyOf" in schema:
        forms = [child(schema, "anyOf", number) for number in range(len(schema["anyOf"]))]
        for keyword in schema:
            implied = all(_implies(form, keyword, schema[keyword]) for form in forms)
            if keyword not in ANNOTATIONS | {"anyOf"} and not implied:
                yield keyword, "cannot be generated beside anyOf, unless every form has it too"
    yield from _contradictions(schema)


def _implies(form: Schema, keyword: str, value: Any) -> bool:
    if keyword == "type":
        return set(types(form)) <= set(types({"type": value}))
    return keyword in form and form[keyword] == value


def _contradictions(schema: Schema) -> Iterator[tuple[str, str]]:
    listed = members(schema)
    if listed is not None:
        if not listed:
            keyword = "enum" if "enum" in schema else "const"
            yield keyword, "none of the listed values satisfies the keywords beside it"
        return
    stated = types(schema)
    if "string" in stated and _is_empty(*lengths(schema)):
        yield "maxLength", "less than minLength: no text satisfies both"
    elif "string" in stated and not has_text(schema.get("format"), *lengths(schema)):
        yield "format", "no text of this format has the length that the keywords beside it require"
    if "array" in stated and _is_empty(*sizes(schema)):
        yield "maxItems", "less than minItems: no array satisfies both"
    no_integer = _is_empty(*integers_within(schema))
    if "integer" in stated and no_integer:
        yield "type", "no integer lies between the bounds"
    if "number" in stated and no_integer and _is_empty(*floats_within(schema)):
        yield "type", "no number lies between the bounds"


def _is_empty(least: float | None, most: float | None) -> bool:
    return least is not None and most is not None and least > most


def _check_wire(operation: Operation) -> None:
    for parameter in operation.query_parameters:
        stated = parameter.item_schema.get("type", "string")
        nested = {stated} if isinstance(stated, str) else set(stated)
        listed = members(parameter.item_schema) or ()
        where = f"{operation.id}/{FILES['query']}#{pointer(['properties', parameter.name])}"
        if nested & {"object", "array"} or any(isinstance(value, dict | list) for value in listed):
            problem = "an object or a nested array has no documented form in a query"
            raise ContractError(where, problem)
        if nested == {"null"} or (listed and all(value is None for value in listed)):
            raise ContractError(where, "null alone has no documented form in a query")
        if parameter.is_array and sizes(parameter.schema)[1] == 0:
            raise ContractError(where, "an array of no values has no documented form in a query")
