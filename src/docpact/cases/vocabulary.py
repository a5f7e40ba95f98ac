"""The schemas that values are made of, checked first, so that no draw fails because of one."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from docpact.cases.bounds import members, sizes
from docpact.cases.plain import plain
from docpact.catalogue.contract import FILES
from docpact.errors import ContractError
from docpact.model import Operation, Parameter, Schema
from docpact.model.pointer import pointer
from docpact.model.schema import follow, list_types


def check(operation: Operation, document: Literal["query", "response"]) -> Schema:
    """Return one of an operation's schemas in plain form, after a check that it has a value.

    Raises:
        ContractError: no value satisfies the schema.
    """
    stated = operation.query_schema if document == "query" else operation.response_schema
    schema = plain(stated)
    if "not" in follow(schema)[0]:
        raise ContractError(f"{operation.id}/{FILES[document]}#", "no value satisfies this schema")
    return schema


def plain_query(operation: Operation) -> Operation:
    """Return an operation whose query parameters have schemas in plain form.

    Raises:
        ContractError: no query satisfies the schema, or a parameter has no documented form.
    """
    check(operation, "query")
    found = replace(operation, parameters=tuple(map(_plain_parameter, operation.parameters)))
    _check_wire(found)
    return found


def _plain_parameter(parameter: Parameter) -> Parameter:
    schema, _ = follow(plain(parameter.schema))
    return parameter if schema == parameter.schema else replace(parameter, schema=schema)


def _check_wire(operation: Operation) -> None:
    for parameter in operation.query_parameters:
        nested = {*list_types(parameter.item_schema, "string")}
        listed = members(parameter.item_schema) or ()
        where = f"{operation.id}/{FILES['query']}#{pointer(['properties', parameter.name])}"
        if "not" in parameter.schema:
            raise ContractError(where, "no value satisfies this schema")
        if nested & {"object", "array"} or any(isinstance(value, dict | list) for value in listed):
            problem = "an object or a nested array has no documented form in a query"
            raise ContractError(where, problem)
        if nested == {"null"} or (listed and all(value is None for value in listed)):
            raise ContractError(where, "null alone has no documented form in a query")
        if parameter.is_array and sizes(parameter.schema)[1] == 0:
            raise ContractError(where, "an array of no values has no documented form in a query")
