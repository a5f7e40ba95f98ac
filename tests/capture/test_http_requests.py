"""Requests printed as HTTP messages, which give the server and the credential."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.capture.sources import list_operations
from docpact.errors import PageError

PAGE = """\
# Boats

## Add a boat

```http
POST https://boats.example/v1/fleets/{fleet}/boats
Authorization: Bearer <your-token>
Content-Type: application/json

{"name": "Ida"}
```
"""


def read(page: str) -> dict[str, Any]:
    (found,) = list_operations(page, "page")
    files: dict[str, Any] = {n: json.loads(t) for n, t in found.capture().items() if ".json" in n}
    return files


def test_a_request_gives_the_server_and_the_credential() -> None:
    operation = read(PAGE)["operation.json"]
    assert operation["server"] == "https://boats.example"
    assert [each["scheme"] for each in operation["security"]] == ["bearer"]
    said = [each["said"] for each in operation["gaps"]]
    assert "the request body: the page shows only an example" in said


def test_the_header_host_gives_the_server() -> None:
    host = "POST /v1/fleets/{fleet}/boats HTTP/1.1\nHost: boats.example"
    page = PAGE.replace("POST https://boats.example/v1/fleets/{fleet}/boats", host)
    operation = read(page)["operation.json"]
    assert operation["server"] == "https://boats.example"
    assert [each["scheme"] for each in operation["security"]] == ["bearer"]
    assert [each["name"] for each in operation["parameters"]] == ["fleet"]
    nowhere = read(page.replace("Host: boats.example", "Host: example.com"))["operation.json"]
    assert (nowhere["server"], nowhere["security"]) == ("", [])
    for each in (operation, nowhere):
        assert "the request body: the page shows only an example" in str(each["gaps"])


def test_a_request_of_another_operation_gives_nothing() -> None:
    other = PAGE.replace(
        "```http", "POST /v1/fleets/{fleet}/boats\n\n### Response\n\n```json\n{}\n```\n\n```http"
    )
    other = other.replace("POST https", "DELETE https")
    assert read(other)["operation.json"]["server"] == ""


def test_an_operation_alone_is_still_refused() -> None:
    with pytest.raises(PageError, match="no parameters"):
        read(PAGE.partition("Authorization")[0] + "```\n")


@pytest.mark.parametrize(
    "text", ["## Boat added (webhook)", "This event is sent to your server.\n"]
)
def test_a_webhook_is_still_refused(text: str) -> None:
    with pytest.raises(PageError, match="no parameters"):
        read(PAGE.replace("## Add a boat", text))


def test_a_sentence_may_name_the_section_of_a_table() -> None:
    page = f"{PAGE}\n**Path Params**\n\nIn the body parameters, fill in the following:\n\n".replace(
        "\\\n", "\n"
    )
    page += "| Parameter | Type |\n| --- | --- |\n| `sails` | `int64/null` |\n".replace(
        "\\\n", "\n"
    )
    assert read(page)["body.schema.json"]["properties"] == {"sails": {"type": ["integer", "null"]}}
