"""Pages in the forms of other tools: Postman's Markdown, apiDoc, Bump.sh and Laravel."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.capture.sources import list_operations
from docpact.catalogue import load_files

POSTMAN = """\
# Collection: Boats

## End-point: List boats
### Method: GET
>```
>http://{{host}}/boats?rig=sloop
>```
### Response: 200
```json
[{"id": "a"}]
```

## End-point: Sink boat
#### Method: DELETE

> ```
> localhost:8080/boats/9
> ```

### Response: 200

```json
{"id": "9"}
```

## End-point: Add boat
##### Method: POST
<{{base}}/boats>

### Body (**raw**)

```json
{"rig": "sloop"}
```
"""

APIDOC = """\
# <a name='Boat'></a> Boat

## <a name='Get-boat'></a> Get boat

```
GET /boats/:id
```

### Parameters - `Parameter`

| Name | Type | Description |
|------|------|-------------|
| id | String | <p>Its id</p> |
| fields | String | **optional**<p>Which</p>_Default value: all_<br>_Allowed values: all, some_ |

### Success response - `Success 200`

| Name | Type | Description |
|------|------|-------------|
| rig | String | <p>Its rig</p> |

### Error response - `Error 4xx`

| Name | Type | Description |
|------|------|-------------|
| Sunk |  | <p>It is gone</p> |
"""

BOLD = """\
# List boats

**GET /boats**

## Parameters

### Query parameters
- **limit** (integer)
  How many.
  Default value is `20`, maximum: 50.
- **rig:** (string, required): One of: `sloop`, `yawl`
- **Note**: sort them yourself

## Responses
### 200

#### Body: application/json (object)
- **boats** (array[object])
  All of them.
  - **id** (string)
    Its id.
"""


def read(page: str) -> dict[str, dict[str, Any]]:
    """Return method and path → the files of each operation, which can be loaded."""
    found = {}
    for each in list_operations(page, "page"):
        files = each.capture()
        load_files(files, "page")
        found[each.name] = {name: json.loads(text) for name, text in files.items()}
    return found


def test_postman() -> None:
    found = read(POSTMAN)
    assert [*found] == ["GET /boats", "DELETE /boats/{boat_id}", "POST /boats"]
    servers = [each["operation.json"]["server"] for each in found.values()]
    assert servers == ["", "http://localhost:8080", ""]
    assert found["GET /boats"]["operation.json"]["response"]["examples"] == [[{"id": "a"}]]


def test_apidoc() -> None:
    files = read(APIDOC)["GET /boats/{id}"]
    fields = {"type": "string", "enum": ["all", "some"], "default": "all"}
    assert files["query.schema.json"]["properties"] == {"fields": fields}
    assert [*files["response.schema.json"]["properties"]] == ["rig"]


def test_names_in_bold_with_descriptions_below() -> None:
    files = read(BOLD)["GET /boats"]
    limit = {"type": "integer", "default": 20, "maximum": 50}
    rig = {"type": "string", "enum": ["sloop", "yawl"]}
    assert files["query.schema.json"]["properties"] == {"limit": limit, "rig": rig}
    assert files["query.schema.json"]["required"] == ["rig"]
    boats = files["response.schema.json"]["properties"]["boats"]
    assert [*boats["items"]["properties"]] == ["id"]


@pytest.mark.parametrize("line", ["`GET api/boats`", "**GET** `api/boats`", "## GET v1/boats"])
def test_a_path_may_begin_without_a_slash(line: str) -> None:
    page = f"# List boats\n\n{line}\n\n```json\n" + '{"id": "a"}\n```\n'
    ((name, _),) = read(page).items()
    assert name.partition(" /")[2] in ("api/boats", "v1/boats")


@pytest.mark.parametrize("line", ["`GET it/now`", "GET api/boats to see them"])
def test_other_words_behind_a_method_are_no_path(line: str) -> None:
    page = f"# Boats\n\n{line}\n\nGET /boats\n\n" + '```json\n{"id": "a"}\n```\n'
    assert [*read(page)] == ["GET /boats"]


def test_a_title_and_a_part_may_both_name_the_operation() -> None:
    page = (
        "# Endpoints\n\n## POST api/boats\n\n### Example request\n\n```bash\n"
        "curl https://boats.example/api/boats -d '{}'\n```\n\n### Request\n\nPOST api/boats\n\n"
        "#### Body Parameters\n\n- `rig` (string, required): Its rig\n"
    )
    ((name, files),) = read(page).items()
    assert name == "POST /api/boats"
    assert files["operation.json"]["server"] == "https://boats.example"
    assert files["body.schema.json"]["required"] == ["rig"]
