"""The values that every call of a client is given, and the operations that the gate can play."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from docpact.bodies.engine import is_valid
from docpact.cases.samples import minimal
from docpact.cases.sampling import sample_given
from docpact.client_gate.call import BODY, Query, Scenario
from docpact.client_gate.listing import sample_usual, walk
from docpact.errors import ContractError, UsageError
from docpact.model import Operation, Parameter

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""The methods that the gate's server answers."""


def check_gateable(operation: Operation) -> None:
    """Raise unless the gate can test clients of an operation.

    Raises:
        UsageError: it cannot, in one line.
    """
    problem = find_obstacle(operation)
    if problem:
        raise UsageError(f"{operation.id} cannot be gated: {problem}")


def find_obstacle(operation: Operation) -> str:
    """Return why the gate cannot test clients of an operation, or an empty text."""
    if operation.method not in METHODS:
        return f"its method is {operation.method}"
    if "json" not in operation.content_type:
        return f"its responses are {operation.content_type or 'not documented'}, not JSON"
    if "$defs" not in operation.response_schema and not operation.response_schema:
        return "the body of its responses is not documented"
    try:
        sample_usual(operation, 1)
        given_values(operation)
    except ContractError as error:
        return str(error)
    return ""


def given_values(operation: Operation) -> dict[str, Any]:
    """Return the values of every call: of the path, and of whatever is required."""
    values: dict[str, Any] = {}
    texts = {**sample_given(operation), **operation.given}
    for parameter in operation.parameters:
        if parameter.name in texts and (parameter.required or parameter.location == "path"):
            value = read_text(parameter, texts[parameter.name])
            values[parameter.name] = [value] if parameter.is_array else value
    if operation.body_schema is not None:
        values[BODY] = minimal(operation.body_schema)
    return values


def read_text(parameter: Parameter, text: str) -> Any:
    """Return the decoded value of a parameter that a request sends as a text."""
    schema = parameter.item_schema
    candidates: list[Any] = [text]
    with suppress(ValueError):
        candidates.append(json.loads(text))
    return next((value for value in candidates if is_valid(schema, value)), text)


def complete(operation: Operation, scenario: Scenario) -> Scenario:
    """Return a scenario whose queries have the values of every call."""
    given = given_values(operation)

    def fill(query: Query) -> Mapping[str, Any]:
        return {**given, **query}

    return replace(scenario, query=fill(scenario.query), before=tuple(map(fill, scenario.before)))


def plain_scenario(operation: Operation) -> Scenario:
    """Return the scenario of one plain call."""
    found = sample_usual(operation, 1)
    answers = walk(operation, [found])
    return complete(operation, Scenario("", "", "a plain call", answers, items=found))
