"""Pages with lists of parameters and fields, "- `limit` (integer, optional): How many"."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.capture import capture
from docpact.capture.sources import list_operations
from docpact.catalogue import load_files
from docpact.errors import PageError

PAGE = """\
# List boats

**GET** `/v1/quays/{quay}/boats`

## Authentication

- `X-Key` (required): from the harbor master

**Path Parameters:**

- `quay` (string): where they lie

### Query Parameters

- `rig` (string, **required**) \u2014 such as `sloop`
- **`limit`** *(integer, optional)*: How many (default: 10)
- `page` - which one

  of the pages
- `Authorization`: `Bearer ...`

Orders:

- `name`: by name

## Response

### 200

- `boats` (array of object, required)
  - `id` (string, required)
  - `crew` (object, optional): who sails it
    - `name` (string | null, required, read only)
  - `state` (string, required)
    - `afloat`: in the water
- A sentence about the boats.

```json
{"boats": [{"id": "a", "state": "afloat"}]}
```

### Errors

- `reason` (string, required)
"""


def read(page: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the operation, and the schemas of query and response, of a contract that loads."""
    files = capture(page)
    load_files(files, "page")
    operation, query, response = (
        json.loads(files[f"{name}.json"])
        for name in ("operation", "query.schema", "response.schema")
    )
    return operation, query, response


def test_lists_state_parameters() -> None:
    operation, query, _ = read(PAGE)
    found = [(each["name"], each["in"], each["required"]) for each in operation["parameters"]]
    assert found == [
        ("quay", "path", True),
        ("rig", "query", True),
        ("limit", "query", False),
        ("page", "query", False),
    ]
    assert query["properties"]["limit"] == {"type": "integer", "default": 10}


def test_indented_lists_state_the_fields_inside() -> None:
    _, _, response = read(PAGE)
    boat = response["properties"]["boats"]["items"]
    assert boat["required"] == ["id", "state"]
    assert boat["properties"]["crew"]["properties"] == {"name": {"type": ["string", "null"]}}
    assert [*response["properties"]] == ["boats"]


@pytest.mark.parametrize(
    "gap",
    [
        "page: the page states no type",
        "the list below 'Query Parameters'",
        "name: read only",
        "the list below 'state'",
        "the list below '200'",
    ],
)
def test_the_rest_of_a_list_is_a_gap(gap: str) -> None:
    operation, _, _ = read(PAGE)
    assert [each["said"] for each in operation["gaps"]].count(gap) == 1


def test_an_item_may_say_where_its_parameter_is() -> None:
    page = "# Get boat\n\nGET /v1/boats\n\n### Parameters\n\n- `rig` (query, string, required)\n"
    operation, _, _ = read(page)
    assert operation["parameters"] == [{"name": "rig", "in": "query", "required": True}]


def test_lists_beside_components_are_prose() -> None:
    field = '<ParamField query="rig" type="string" />\n\n- `sloop` (string): one mast\n'
    operation, _, _ = read(f"# Get boat\n\nGET /v1/boats\n\n### Query Parameters\n\n{field}")
    assert [each["name"] for each in operation["parameters"]] == ["rig"]


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("post /v1/boats", "give the OpenAPI document that it is made from"),
        ('"api/harbor.yaml POST /v1/boats"', "document 'api/harbor.yaml', that it is made from"),
    ],
)
def test_front_matter_with_only_an_operation_names_the_document(named: str, says: str) -> None:
    with pytest.raises(PageError, match=says):
        list_operations(f"---\nopenapi: {named}\ntitle: Boats\n---\n\nWords.\n", "page")[
            0
        ].capture()


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param("- `{name}` (string, required)", id="lists"),
        pytest.param("| Field | Required |\n|-|-|\n| {name} | yes |", id="tables"),
    ],
)
def test_the_fields_of_two_responses_are_not_merged(fields: str) -> None:
    page = (
        "# Build boat\n\n`POST /v1/boats`\n\n## Response 201\n\n"
        f"{fields.format(name='id')}\n\n## Response 202\n\n{fields.format(name='job')}\n"
    )
    operation, _, response = read(page)
    assert (operation["response"]["status"], [*response["properties"]]) == (201, ["id"])
    assert operation["responses"]["202"] == {}
    assert "202" in " ".join(each["said"] for each in operation["gaps"])


KEYS = """\
# List boats

`GET https://boats.example/v1/boats`

## Headers

- `Authorization` (string, required): {scheme}
- `X-Boats-Token` (string, required)
- `X-Trace` (string, required)
- `Idempotency-Token` (string, required)
- `Content-Type` (string, required): `application/json`

## Query parameters

- `api_key` (string, optional)
- `limit` (integer, optional)

## Response

- `id` (string, required)
{example}"""


@pytest.mark.parametrize(
    ("scheme", "entry"),
    [
        pytest.param(
            "Bearer with your token",
            {"type": "http", "scheme": "bearer", "header": "Authorization"},
            id="bearer",
        ),
        pytest.param(
            "as you like", {"type": "apiKey", "in": "header", "name": "Authorization"}, id="open"
        ),
    ],
)
def test_parameters_that_carry_a_secret_are_credentials(scheme: str, entry: dict[str, str]) -> None:
    operation, _, _ = read(KEYS.format(scheme=scheme, example=""))
    first, second = operation["security"]
    assert {key: first[key] for key in entry} == entry
    assert (second["name"], second["optional"]) == ("X-Boats-Token", True)
    names = {each["name"] for each in operation["parameters"]}
    assert names == {"X-Trace", "Idempotency-Token", "api_key", "limit"}
    gaps = [each["said"] for each in operation["gaps"]]
    assert "the header X-Boats-Token: whether requests without it are refused" in gaps
    assert not any("no curl example" in each for each in gaps)


def test_the_example_decides_about_credentials() -> None:
    example = (
        "\n```\ncurl https://boats.example/v1/boats -H 'Authorization: Basic $BOATS_LOGIN'\n```\n"
    )
    operation, _, _ = read(KEYS.format(scheme="Bearer", example=example))
    assert [each["variable"] for each in operation["security"]] == ["BOATS_LOGIN"]
    assert "X-Boats-Token" in [each["name"] for each in operation["parameters"]]


def test_a_required_key_in_the_query_is_a_credential() -> None:
    page = KEYS[KEYS.index("## Query") :].replace(
        "api_key` (string, optional", "api_key` (string, required"
    )
    operation, _, _ = read(f"# List boats\n\n`GET /v1/boats`\n\n{page.replace('{example}', '')}")
    assert operation["security"][0]["in"] == "query"


def test_a_table_of_parameters_needs_neither_types_nor_marks() -> None:
    page = (
        "# List boats\n\n`GET /v1/boats`\n\n### Query Parameters\n\n"
        "Parameter | Default | Description\n--- | --- | ---\nrig | false | Which ones\n\n"
        "### Errors\n\nCode | Description\n--- | ---\n400 | Bad\n"
    )
    operation, query, _ = read(page)
    assert query["properties"] == {"rig": {}}
    gaps = [each["said"] for each in operation["gaps"]]
    assert {"rig: the page states no type", "rig: the default false"} <= {*gaps}


@pytest.mark.parametrize(
    ("kind", "default", "schema"),
    [
        ("integer", "20", {"type": "integer", "default": 20}),
        ("integer", "2.5", {"type": "integer"}),
        ("integer", "true", {"type": "integer"}),
        ("number", "2.5", {"type": "number", "default": 2.5}),
        ("boolean", "`true`", {"type": "boolean", "default": True}),
        ("string", '"20"', {"type": "string", "default": "20"}),
        ("string", "now", {"type": "string", "default": "now"}),
        ("string", "`in use`", {"type": "string", "default": "in use"}),
        ("string", "the present time", {"type": "string"}),
        ("string", "-", {"type": "string"}),
        ("string", "\u2013", {"type": "string"}),
        ("string", "(none)", {"type": "string"}),
        ('"a" or "b"', "a", {"type": "string", "enum": ["a", "b"], "default": "a"}),
        ('"a" or "b"', "c", {"type": "string", "enum": ["a", "b"]}),
        ("array of string", "[]", {"type": "array", "items": {"type": "string"}}),
    ],
)
def test_a_default_is_a_value_of_the_type_or_a_gap(
    kind: str, default: str, schema: dict[str, Any]
) -> None:
    page = (
        "# List boats\n\n`GET /v1/boats`\n\n### Query Parameters\n\n"
        f"| Name | Type | Default |\n|---|---|---|\n| rig | {kind} | {default} |\n"
    )
    operation, query, _ = read(page)
    assert query["properties"] == {"rig": schema}
    is_gap = any("the default" in each["said"] for each in operation["gaps"])
    assert is_gap == (default not in {"-", "\u2013", "(none)"} and "default" not in schema)
