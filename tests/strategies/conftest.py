"""The toy operation of the strategies' tests, and operations over generated schemas."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from jsonschema import Draft202012Validator, FormatChecker
from servers.jobs import REQUIRED

from docpact.catalogue import load
from docpact.model import Operation, Parameter, Roles

STATUS = ["PENDING", "RUNNING", "COMPLETED", "FAILED"]

QUERY: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "configuration_id": {"type": "string"},
        "job_ids": {"type": "array", "items": {"type": "string"}},
        "organization_id": {"type": "string"},
        "page_size": {"type": "integer", "maximum": 100, "minimum": 1},
        "page_token": {"type": "string"},
        "project_id": {"type": "string"},
        "status": {"type": "string", "enum": STATUS},
    },
}

RULE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "description": {"type": "string", "maxLength": 500, "minLength": 10},
        "type": {"type": "string", "maxLength": 50, "minLength": 1},
    },
    "required": ["description", "type"],
}

OPTIONAL_TEXT = {"type": ["string", "null"]}

JOB: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "configuration": {
            "type": "object",
            "properties": {
                "rules": {"type": "array", "items": RULE, "minItems": 1},
                "mode": {"type": ["string", "null"], "enum": ["FAST", None]},
            },
            "required": ["rules"],
        },
        "document_input_type": {"type": "string", "enum": ["url", "file_id", "parse_job_id"]},
        "document_input_value": {"type": "string"},
        "project_id": {"type": "string"},
        "status": {"type": "string", "enum": STATUS},
        "user_id": {"type": "string"},
        "configuration_id": OPTIONAL_TEXT,
        "created_at": {"type": ["string", "null"], "format": "date-time"},
        "error_message": OPTIONAL_TEXT,
        "parse_job_id": OPTIONAL_TEXT,
        "result": {
            "type": ["object", "null"],
            "properties": {
                "confidence": {"type": "number", "maximum": 1, "minimum": 0},
                "reasoning": {"type": "string"},
                "type": {"type": ["string", "null"]},
            },
            "required": ["confidence", "reasoning", "type"],
        },
        "transaction_id": OPTIONAL_TEXT,
        "updated_at": {"type": ["string", "null"], "format": "date-time"},
    },
    "required": [*REQUIRED],
}

RESPONSE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "items": {"type": "array", "items": JOB},
        "next_page_token": OPTIONAL_TEXT,
        "total_size": {"type": ["number", "null"]},
    },
    "required": ["items"],
}

ROLES = Roles(
    items="/items",
    id="/id",
    next_token="/next_page_token",
    token_parameter="page_token",
    size_parameter="page_size",
    total="/total_size",
    filters={
        "configuration_id": "/configuration_id",
        "job_ids": "/id",
        "project_id": "/project_id",
        "status": "/status",
    },
)


def operation(query: dict[str, Any], response: dict[str, Any], roles: Roles) -> Operation:
    required = query.get("required", [])
    return Operation(
        id="toy/list_things",
        title="List Things",
        method="GET",
        path="/things",
        server="https://api.example.com",
        credential=None,
        parameters=tuple(
            Parameter(name, "query", name in required, schema)
            for name, schema in query["properties"].items()
        ),
        query_schema=query,
        response_schema=response,
        status=200,
        content_type="application/json",
        examples=(),
        roles=roles,
        sources={},
    )


@pytest.fixture(scope="session")
def toy() -> Operation:
    return operation(QUERY, RESPONSE, ROLES)


LISTS = ["llamacloud/list_classify_jobs", "llamacloud/list_pipeline_files"]
"""A list that is paged by tokens, and one that is paged by offsets and holds unions and maps."""


@pytest.fixture(scope="session", params=["toy", *LISTS, "llamacloud/get_batch"])
def contract(request: pytest.FixtureRequest, toy: Operation) -> Operation:
    """Shipped contracts of each kind, and the toy."""
    return toy if request.param == "toy" else load(request.param)


@pytest.fixture(scope="session", params=["toy", *LISTS])
def listing(request: pytest.FixtureRequest, toy: Operation) -> Operation:
    """The lists among them."""
    return toy if request.param == "toy" else load(request.param)


@pytest.fixture(scope="session")
def generated() -> SearchStrategy[Operation]:
    """Operations whose query and response are made of any keyword of the vocabulary."""
    one = scalars(nullable=False)
    query = objects(one | arrays(one, least=1))
    drawn = st.builds(operation, query, objects(schemas()), st.just(Roles()))
    return st.deferred(lambda: drawn)


@pytest.fixture(scope="session")
def errors() -> Callable[[Any, Any], list[tuple[str, str]]]:
    """The verdict of jsonschema: keyword and pointer; for `required`, of the property."""
    return found_errors


def found_errors(schema: Any, instance: Any) -> list[tuple[str, str]]:
    found = []
    for error in Draft202012Validator(schema, format_checker=CHECKER).iter_errors(instance):
        path = [str(token) for token in error.absolute_path]
        if error.validator == "required":
            path.append(error.message.split("'")[1])
        found.append((str(error.validator), "".join(f"/{token}" for token in path)))
    return found


CHECKER = FormatChecker(formats=("date", "uuid"))


@CHECKER.checks("date-time", raises=ValueError)
def is_date_time(text: object) -> bool:
    if not isinstance(text, str):
        return True
    form = r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)"
    return bool(re.fullmatch(form, text) and datetime.fromisoformat(text.upper()))


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return schema | {"type": [schema["type"], "null"]}


def either(schema: dict[str, Any]) -> SearchStrategy[dict[str, Any]]:
    return st.sampled_from([schema, nullable(schema)])


def strings() -> SearchStrategy[dict[str, Any]]:
    plain = {"type": "string"}
    limits = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted)
    return st.one_of(
        st.just(plain),
        st.sampled_from(["date", "date-time", "uuid"]).map(lambda name: plain | {"format": name}),
        limits.map(lambda pair: plain | {"minLength": pair[0], "maxLength": pair[1]}),
        st.integers(0, 30).map(lambda most: plain | {"maxLength": most}),
        st.integers(20, 34).map(lambda n: plain | {"format": "date-time", "maxLength": n}),
    )


def numbers() -> SearchStrategy[dict[str, Any]]:
    bound = st.integers(-200, 200) | st.integers(-200, 200).map(lambda number: number / 8)
    return st.builds(
        lambda kind, low, width, lower, upper: {
            "type": kind,
            **({lower: low} if lower else {}),
            **({upper: low + width} if upper else {}),
        },
        st.sampled_from(["integer", "number"]),
        bound,
        st.sampled_from([2, 2.5, 3, 100, 10**18]),
        st.sampled_from([None, "minimum", "exclusiveMinimum"]),
        st.sampled_from([None, "maximum", "exclusiveMaximum"]),
    )


def enums() -> SearchStrategy[dict[str, Any]]:
    words = st.lists(st.text(max_size=60), min_size=1, max_size=4, unique=True)
    whole = st.lists(st.integers(-9, 9), min_size=1, max_size=4, unique=True)
    return st.one_of(
        words.map(lambda values: {"type": "string", "enum": values}),
        whole.map(lambda values: {"type": "integer", "enum": values}),
        st.text(max_size=5).map(lambda value: {"type": "string", "const": value}),
    )


def scalars(*, nullable: bool) -> SearchStrategy[dict[str, Any]]:
    plain = st.one_of(strings(), numbers(), st.just({"type": "boolean"}))
    return enums() | (plain.flatmap(either) if nullable else plain)


def arrays(items: SearchStrategy[dict[str, Any]], least: int = 0) -> SearchStrategy[dict[str, Any]]:
    limits = st.tuples(st.integers(0, 3), st.integers(least, 3)).map(sorted)
    bounded = limits.map(lambda pair: {"minItems": pair[0], "maxItems": pair[1]})
    return st.builds(
        lambda inner, sizes: {"type": "array", "items": inner} | sizes,
        items,
        st.just({}) | bounded,
    )


def objects(fields: SearchStrategy[dict[str, Any]]) -> SearchStrategy[dict[str, Any]]:
    named = st.dictionaries(st.text("abc", min_size=1, max_size=2), fields, max_size=4)
    return st.builds(
        lambda properties, count: {
            "type": "object",
            "properties": properties,
            "required": list(properties)[:count],
        },
        named,
        st.integers(0, 4),
    )


def schemas() -> SearchStrategy[dict[str, Any]]:
    return st.recursive(
        scalars(nullable=True),
        lambda inner: (arrays(inner) | objects(inner)).flatmap(either),
        max_leaves=6,
    )
