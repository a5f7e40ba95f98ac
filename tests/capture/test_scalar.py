"""The Markdown that Scalar writes: types below the names, and no parameters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.capture.sources import list_operations
from docpact.catalogue import load_files

PAGE = """\
# Boats API

- **OpenAPI Version:** `3.1.1`

## Operations

### List boats

- **Method:** `GET`
- **Path:** `/v1/boats`
- **Tags:** Boats

#### Responses

##### Status: 200 The query has a result with these headers

###### Content-Type: application/json

- **`boats` (required)**

  `array` — The boats

  **Items:**

  - **`id` (required)**

    `integer`, format: `int64` — Its number

  - **`state`**

    `string`, possible values: `"AFLOAT", "ASHORE"` — Where it is

  - **`tags`**

    `array` — Labels

    **Items:**

    `string`

- **`owner`**

  `object`

  - **`name`**

    `string`

**Example:**

```json
{"boats": [{"id": 1, "state": "AFLOAT", "tags": ["old"]}], "owner": {"name": "Ann"}}
```

### Add a boat

- **Method:** `POST`
- **Path:** `/v1/boats`
- **Tags:** Boats

#### Request Body

##### Content-Type: application/json

- **`name` (required)**

  `string` — Of the boat

- **`length`**

  `number`, default: `7`

#### Responses

##### Status: 201 Added

###### Content-Type: application/json

- **`id`**

  `integer`

**Example:**

```json
{"id": 1}
```
"""


def read() -> dict[str, dict[str, Any]]:
    """Return name of an operation → document → its content, of contracts that load."""
    found = {each.name: dict(each.capture()) for each in list_operations(PAGE, "page.md")}
    for files in found.values():
        load_files(files, "boats/op")
    return {
        name: {file: json.loads(text) for file, text in files.items()}
        for name, files in found.items()
    }


def test_fields_have_the_types_below_their_names() -> None:
    found = read()
    response = found["GET /v1/boats"]["response.schema.json"]
    boats = response["properties"]["boats"]["items"]
    assert response["required"] == ["boats"]
    assert boats["required"] == ["id"]
    assert "integer" in boats["properties"]["id"]["type"]
    assert boats["properties"]["state"]["enum"][:2] == ["AFLOAT", "ASHORE"]
    assert "string" in boats["properties"]["tags"]["items"]["type"]
    assert [*response["properties"]["owner"]["properties"]] == ["name"]
    body = found["POST /v1/boats"]["body.schema.json"]
    assert body["required"] == ["name"]
    assert body["properties"]["length"] == {"type": "number", "default": 7}
    assert found["POST /v1/boats"]["operation.json"]["response"]["status"] == 201


@pytest.mark.parametrize("name", ["GET /v1/boats", "POST /v1/boats"])
def test_parameters_that_it_never_writes_are_a_gap(name: str) -> None:
    gaps = read()[name]["operation.json"]["gaps"]
    assert "/parameters" in [
        each["pointer"]
        for each in gaps
        if "parameters" in each["said"] and "Scalar" in each["said"]
    ]
