"""Text copied from a page of GitBook that shows an OpenAPI document."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest

from docpact.capture.sources import list_operations
from docpact.errors import PageError

PAGE = """\
Boats

List boats

get
Authorizations
AuthorizationstringRequired
Bearer authentication header of the form Bearer <token>.
Path parameters
dockstring · uuidRequired
The dock.
Query parameters
substringstring · min: 2 · max: 40Optional
Part of the name.
limitinteger · max: 100Optional
How many boats.
statestring · enumOptionalPossible values:
Request
tagsstring[] · max: 5OptionalDeprecated
rigone ofOptional
Responses
200
All boats
application/json
objectstringRequired
totalinteger · nullableRequired
boatsobject[]Required
404
No dock
application/json
problemstringRequired
get
GET /v1/docks/{dock}/boats HTTP/1.1
Host: api.harbor.example
Authorization: Bearer YOUR_SECRET_TOKEN
Accept: */*

{
  "object": "list",
  "total": 1,
  "boats": [{"name": "text"}]
}

Add a boat

post
Header parameters
Boats-VersionstringRequired
Body
namestring · min: 1required
The name.
Responses
curl -L \\
  --request POST \\
  --url 'https://api.harbor.example/v1/boats' \\
  --header 'X-Boats-Key: YOUR_API_KEY' \\
  --data '{
    "name": "text"
  }'
{
  "name": "text"
}
Last updated
"""


def captured(page: str = PAGE) -> dict[str, dict[str, Any]]:
    return {
        each.method_and_path: {name: json.loads(text) for name, text in each.capture().items()}
        for each in list_operations(page, "page")
    }


def gaps(files: dict[str, Any]) -> list[str]:
    return [each["said"] for each in files["operation.json"]["gaps"]]


def test_parameters_have_the_types_and_limits_that_are_glued_to_their_names() -> None:
    files = captured()["GET /v1/docks/{dock}/boats"]
    operation, query = files["operation.json"], files["query.schema.json"]["properties"]
    assert operation["server"] == "https://api.harbor.example"
    assert [each["type"] for each in operation["security"]] == ["http"]
    assert [each["name"] for each in operation["parameters"] if each["in"] == "path"] == ["dock"]
    kept = ("type", "format", "minLength", "maxLength", "maximum", "maxItems", "enum", "deprecated")
    assert {n: {k: v for k, v in each.items() if k in kept} for n, each in query.items()} == {
        "substring": {"type": "string", "minLength": 2, "maxLength": 40},
        "limit": {"type": "integer", "maximum": 100},
        "state": {"type": "string"},
        "tags": {"type": "array", "maxItems": 5, "deprecated": True},
        "rig": {},
    }
    assert {"state: its values", "rig: its type"} <= {*gaps(files)}


def test_fields_belong_to_the_response_above_them() -> None:
    files = captured()["GET /v1/docks/{dock}/boats"]
    schema = files["response.schema.json"]
    assert [*schema["properties"]] == ["object", "total", "boats"] == schema["required"]
    assert schema["properties"]["total"]["type"] == ["integer", "null"]
    assert "problem" not in str(schema)
    assert {"200", "404"} <= {*files["operation.json"]["responses"]}


def test_a_command_shows_path_and_key_of_the_next_operation() -> None:
    files = captured()["POST /v1/boats"]
    assert [each["name"] for each in files["operation.json"]["security"]] == ["X-Boats-Key"]
    assert files["body.schema.json"]["required"] == ["name"]
    assert "the fields of the response" in gaps(files)


def test_a_row_that_cannot_be_separated_is_refused() -> None:
    with pytest.raises(PageError, match="cannot be separated") as refused:
        list_operations(PAGE.replace("limitinteger ·", "limitcount ·"), "page")
    assert refused.value.line == PAGE.split("\n").index("limitinteger · max: 100Optional") + 1


LINES = PAGE.splitlines()


@pytest.mark.parametrize("page", [
    *("\n".join(LINES[:n]) for n in range(0, len(LINES), 6)),
    *("\n".join(LINES[:n] + LINES[n + 1 :]) for n in range(0, len(LINES), 6)),
])  # fmt: skip
def test_damaged_pages_are_refused_or_read(page: str) -> None:
    with suppress(PageError):
        assert all(each.capture() for each in list_operations(page, "page"))
