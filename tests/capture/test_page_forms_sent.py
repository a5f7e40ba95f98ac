"""Forms in the curl commands of pages: their media type, their fields and how they are written."""

from __future__ import annotations

import json

import pytest
from capture.test_written_pages import captured, gaps

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
PAGE = """\
# Paint a boat

POST https://api.boats.example/v1/boats

## Body Parameters

| Name | Type | Required | Description |
| --- | --- | --- | --- |
| name | string | yes | Its name |
| length | integer | yes | In metres |
| paint | object | no | Colours by part |
| tags | array of strings | no | Marks |

```bash
curl https://api.boats.example/v1/boats -u $BOATS_KEY: SENT
```

## Response 200

```json
{"id": 1}
```
"""


@pytest.mark.parametrize(
    ("sent", "media_type", "fields", "encoded", "unread"),
    [
        (
            "-d name=Ann -d length=3 -d 'paint[hull]=red' -d 'tags[]=old'",
            URLENCODED,
            ["name", "length", "paint", "tags[]"],
            ["paint"],
            [],
        ),
        ("--data-urlencode 'name=Ann & Bob' -d length=3", URLENCODED, ["name", "length"], [], [2]),
        (
            "-H 'Content-Type: application/x-www-form-urlencoded' -d 'name=A&tags=a&tags=b&age=3'",
            URLENCODED,
            ["name", "length", "tags"],
            [],
            ["paint", "the field age"],
        ),
        ("-F name=Ann -F 'paint=@a.png'", MULTIPART, ["name", "length", "paint"], [], ["tags"]),
        ("-T boat.bin", "", [], [], ["a form or a file"]),
        ('-d \'{"name": "Ann", "length": 3}\'', "", ["name", "length", "paint", "tags"], [], []),
    ],
)
def test_a_command_shows_how_a_form_is_sent(
    sent: str, media_type: str, fields: list[str], encoded: list[str], unread: list[str | int]
) -> None:
    files = captured(PAGE.replace("SENT", sent))["POST /v1/boats"]
    body = files["operation.json"].get("body", {})
    assert body.get("content_type", "") == media_type
    assert [*body.get("encoding", {})] == encoded
    schema = files.get("body.schema.json", {"properties": {}})
    assert [*schema["properties"]] == fields
    assert not fields or schema["required"] == ["name", "length"]
    for text in ["paint", "tags"] if unread == [2] else unread:
        assert str(text) in gaps(files)


def test_a_file_of_a_form_is_binary() -> None:
    files = captured(PAGE.replace("SENT", "-F 'paint=@a.png'"))["POST /v1/boats"]
    assert files["body.schema.json"]["properties"]["paint"] == {
        "type": "string",
        "format": "binary",
    }


def test_a_required_field_whose_encoding_is_unknown_leaves_the_request_open() -> None:
    page = PAGE.replace("SENT", "-d name=Ann").replace("object | no", "object | yes")
    listed = captured(page)["POST /v1/boats"]["operation.json"]["gaps"]
    (gap,) = [each for each in listed if "paint" in each["said"] and "form" in each["said"]]
    assert (gap["document"], gap["pointer"]) == ("operation", "/parameters")


def test_data_in_the_query_is_no_body() -> None:
    page = PAGE.replace("POST", "GET").replace("Body", "Query").replace("SENT", "-sG -d name=Ann")
    files = captured(page)["GET /v1/boats"]
    assert "body.schema.json" not in files
    assert "body" not in json.dumps(files["operation.json"]["gaps"])
