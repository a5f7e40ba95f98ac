"""To which part of an operation a table belongs, by its heading and its columns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.capture.sources import list_operations
from docpact.catalogue import load_files

Files = dict[str, Any]

TABLE = """\
| Name | Type | Required | Description |
| --- | --- | --- | --- |
| name | string | yes | Of the boat |
"""


def captured(page: str) -> Files:
    """Return the decoded files of the contract of a page with one operation, which loads."""
    (found,) = list_operations(page, "page")
    files = found.capture()
    load_files(files, "page")
    return {name: json.loads(text) for name, text in files.items()}


def asked(files: Files) -> dict[str, bool]:
    """Return the name of each parameter of the query, and whether it is required."""
    stated = files["operation.json"]["parameters"]
    return {each["name"]: each["required"] for each in stated if each["in"] == "query"}


@pytest.mark.parametrize(
    "headings", ["# Create Autoresponder", "# Create a return", "# Returns\n\n## Create one"]
)
def test_a_title_about_answers_is_no_response(headings: str) -> None:
    page = f"{headings}\n\n`POST /v1/things`\n\n**Request body parameters:**\n\n{TABLE}"
    files = captured(page)
    assert [*files["body.schema.json"]["properties"]] == ["name"]
    assert "properties" not in files["response.schema.json"]


def test_parameters_below_the_fields_of_the_response_are_those_of_the_request() -> None:
    fields = "| Field | Type | Description |\n| --- | --- | --- |\n| id | integer | Its number |\n"
    fields += '\n```json\n{"id": 1}\n```\n'
    page = f"# Find boats\n\n`GET /v1/boats`\n\n## Response fields\n\n{fields}\n## Parameters\n\n"
    files = captured(page + TABLE)
    assert asked(files) == {"name": True}
    assert [*files["response.schema.json"]["properties"]] == ["id"]


def test_parameters_below_an_example_of_the_response_are_those_of_the_request() -> None:
    page = '# Find boats\n\n## GET /v1/boats\n\n```json\n{"boats": []}\n```\n\n### HTTP Request\n\n'
    rows = "Parameter | Required | Description\n--- | --- | ---\nname | yes | Of the boat\n"
    assert asked(captured(page + rows)) == {"name": True}


def test_headings_may_say_which_parameters_a_request_needs() -> None:
    head = "| Attributes | Type | Description |\n| --- | --- | --- |\n"
    page = (
        f"# Find boats\n\n`GET /v1/boats`\n\n## Attributes\n\n### Required\n\n{head}"
        f"| page | integer | Which |\n\n### Optionals\n\n{head}| size | integer | How many |\n\n"
        f"## Response\n\n### 200\n\n{head}| id | integer | Its number |\n\n"
        '```json\n{"id": 1}\n```\n'
    )
    files = captured(page)
    assert asked(files) == {"page": True, "size": False}
    assert [*files["response.schema.json"]["properties"]] == ["id"]


def test_required_fields_of_an_object_are_no_parameters() -> None:
    head = "| Attributes | Type | Description |\n| --- | --- | --- |\n"
    page = f"# Find boats\n\n`GET /v1/boats`\n\n## Query parameters\n\n{TABLE}\n"
    page += f"## The boat object\n\n### Required\n\n{head}| id | integer | Its number |\n"
    assert asked(captured(page)) == {"name": True}


def test_a_comment_in_a_command_is_not_sent() -> None:
    page = f"# Find boats\n\n`GET /v1/boats`\n\n## Query parameters\n\n{TABLE}\n```bash\n"
    command = """\
curl -X GET \\
  "https://boats.example/v1/boats" \\
  -H "X-Key: $BOATS_KEY" \\
  # Or don't, and use -H "Authorization: Bearer $TOKEN" \\
"""
    for further in ("", '  -H "Accept: application/json"\n'):
        operation = captured(f"{page}{command}{further}```\n")["operation.json"]
        assert [each["variable"] for each in operation["security"]] == ["BOATS_KEY"]


def test_the_end_of_a_block_ends_a_command_whatever_its_last_sign() -> None:
    page = f"# Find boats\n\n`GET /v1/boats`\n\n## Query parameters\n\n{TABLE}\n```bash\n"
    command = "curl https://boats.example/v1/boats \\\n-H 'X-Key: KEY' \\\n```\n"
    operation = captured(page + command)["operation.json"]
    assert [each["name"] for each in operation["security"]] == ["X-Key"]


@pytest.mark.parametrize("heading", ["200 The query has a result", "Status 200: no header needed"])
def test_the_description_of_a_status_names_no_section(heading: str) -> None:
    fields = "| Field | Type | Description |\n| --- | --- | --- |\n| id | integer | Its number |\n"
    page = f"# Find boats\n\n`GET /v1/boats`\n\n## Responses\n\n### {heading}\n\n{fields}"
    files = captured(page + '\n```json\n{"id": 1}\n```\n')
    assert files["operation.json"]["parameters"] == []
    assert [*files["response.schema.json"]["properties"]] == ["id"]


def test_fields_of_which_an_example_has_some_inside_an_object_are_there() -> None:
    rows = "\n".join(f"| {name} | string | One |" for name in ("pages", "id", "name", "color"))
    page = (
        "# Find boats\n\n`GET /v1/boats`\n\n## Response\n\n| Field | Type | Description |\n"
        f"| --- | --- | --- |\n{rows}\n\n```json\n"
        '{"code": "0", "pages": "1", "data": [{"id": "1", "name": "Ida"}]}\n```\n'
    )
    fields = captured(page)["response.schema.json"]["properties"]
    assert [*fields] == ["code", "pages", "data"]
    assert "string" in fields["pages"]["type"]
    assert [*fields["data"]["items"]["properties"]] == ["id", "name", "color"]


@pytest.mark.parametrize("is_marked", [False, True])
def test_the_fields_of_an_error_are_not_those_of_the_items(is_marked: bool) -> None:
    rows = "| id | string | One |\n| kind | string | One |\n"
    fields = f"| Field | Type | Description |\n| --- | --- | --- |\n{rows}"
    tab = '<TabItem value="400" label="400 Bad Request">\n' if is_marked else ""
    good = "{}" if is_marked else '[{"id": "1", "kind": "a"}]'
    page = (
        f"# Find boats\n\n`GET /v1/boats`\n\n## Response\n\n{fields}\n```json\n{good}\n```\n"
        f'{tab}```json\n{{"error": "x", "attributes": {{"kind": ["bad"]}}}}\n```\n'
    )
    response = captured(page)["response.schema.json"]
    assert "error" not in response.get("properties", {})
    assert [*response.get("items", response)["properties"]] == ["id", "kind"]
