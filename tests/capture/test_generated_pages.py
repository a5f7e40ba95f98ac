"""Pages that generators write: blocks of GitBook, tables of Widdershins, several operations."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64encode
from typing import Any

import pytest

from docpact.capture.sources import list_operations
from docpact.catalogue import load_files
from docpact.errors import PageError

GITBOOK = """\
# Boats

{% swagger method="get" path="/boats/:id" baseUrl="https://boats.example/v1" summary="One" %}
{% swagger-description %}
Half of `100%` of all.
{% endswagger-description %}
{% swagger-parameter in="path" name="id" type="Number" required="true" %}
Which
{% endswagger-parameter %}
{% swagger-parameter in="query" name="sails" type="Boolean" required="false" %}
With them
{% endswagger-parameter %}
{% swagger-response status="200: OK" description="" %}
```json
{"id": 1}
```
{% endswagger-response %}
{% swagger-response status="404: Not Found" description="" %}
```json
{"error": "none"}
```
{% endswagger-response %}
{% endswagger %}

{% swagger method="post" path="/boats" baseUrl="https://boats.example/v1" summary="New" %}
{% swagger-parameter in="body" name="name" type="String" required="true" %}
Its name
{% endswagger-parameter %}
{% swagger-response status="201: Created" description="" %}
```json
{"id": 1}
```
{% endswagger-response %}
{% endswagger %}
"""

WIDDERSHINS = """\
<h1 id="boats">boats</h1>

## listBoats

> Code samples

```shell
# You can also use wget
curl -X GET https://boats.example/v1/boats \\
  -H 'Accept: application/json'

```

`GET /boats`

<h3 id="listboats-parameters">Parameters</h3>

|Name|In|Type|Required|Description|
|---|---|---|---|---|
|limit|query|integer(int32)|false|How many|
|rig|query|[Rig](#schemarig)|true|Rig|
|size|query|[Size](#schemasize)|false|Size|
|tags|query|array[string]|false|Tags|

#### Enumerated Values

|Parameter|Value|
|---|---|
|rig|sloop|
|rig|yawl|
|size|1|
|tags|old|

> Example responses

> 200 Response

```json
{"boats": [{"id": 1, "crew": {"name": "Ann"}}], "next": null}
```

> default Response

```json
{"code": 0}
```

<h3 id="listboats-responseschema">Response Schema</h3>

Status Code **200**

|Name|Type|Required|Restrictions|Description|
|---|---|---|---|---|
|*anonymous*|object|false|none|none|
|» boats|[object]|true|none|none|
|»» id|integer(int64)|true|none|none|
|»» crew|object|false|none|none|
|»»» name|string|true|none|none|
|» next|string¦null|false|none|none|

## addBoat

> Code samples

```shell
curl -X POST https://boats.example/v1/boats \\
  -H 'Authorization: Bearer {access-token}'

```

`POST /boats`

> Body parameter

```json
{"name": "x"}
```

<h3 id="addboat-parameters">Parameters</h3>

|Name|In|Type|Required|Description|
|---|---|---|---|---|
|body|body|[Boat](#schemaboat)|true|none|
|» name|body|string|true|none|
"""


def read(page: str) -> dict[str, dict[str, Any]]:
    """Return name of an operation → document → its content, of contracts that load."""
    found = {each.name: dict(each.capture()) for each in list_operations(page, "page.md")}
    for files in found.values():
        load_files(files, "boats/op")
    return {
        name: {file.partition(".")[0]: json.loads(text) for file, text in files.items()}
        for name, files in found.items()
    }


def said(contract: dict[str, Any]) -> list[str]:
    return [each["said"] for each in contract["operation"].get("gaps", [])]


def test_blocks_of_gitbook() -> None:
    found = read(GITBOOK)
    one, new = found["GET /v1/boats/{id}"], found["POST /v1/boats"]
    assert one["operation"]["server"] == "https://boats.example"
    assert [
        (each["name"], each["in"], each["required"], each.get("schema"))
        for each in one["operation"]["parameters"]
    ] == [("id", "path", True, {"type": "number"}), ("sails", "query", False, None)]
    assert one["query"]["properties"] == {"sails": {"type": "boolean"}}
    assert one["operation"]["response"]["examples"] == [{"id": 1}]
    assert new["body"]["properties"] == {"name": {"type": "string"}}
    assert new["body"]["required"] == ["name"]
    assert new["operation"]["response"]["status"] == 201
    line = one["operation"]["provenance"]["query"]["/properties/sails/type"]
    assert one["operation"]["lines"][str(line)].startswith("{% swagger-parameter")


def test_tables_of_widdershins() -> None:
    found = read(WIDDERSHINS)
    listed, added = found["GET /boats"], found["POST /boats"]
    assert listed["operation"]["server"] == "https://boats.example/v1"
    assert listed["query"]["properties"] == {
        "limit": {"type": "integer", "format": "int32"},
        "rig": {"type": "string", "enum": ["sloop", "yawl"]},
        "size": {},
        "tags": {"type": "array", "items": {"type": "string"}},
    }
    assert listed["query"]["required"] == ["rig"]
    boat = listed["response"]["properties"]["boats"]["items"]
    assert boat["properties"]["id"] == {"type": "integer", "format": "int64"}
    assert boat["properties"]["crew"]["properties"] == {"name": {"type": "string"}}
    assert listed["response"]["properties"]["next"] == {"type": ["string", "null"]}
    assert listed["response"]["required"] == ["boats"]
    assert len(listed["operation"]["response"]["examples"]) == 1
    assert {
        "size: the text 'The table of values:'",
        "tags: the text 'The table of values:'",
        "size: the page states the type 'Size'",
    } <= {*said(listed)}
    assert added["body"]["properties"] == {"name": {"type": "string"}}
    assert added["operation"]["security"][0]["scheme"] == "bearer"


TABLE = "| name | in | type | required |\n|---|---|---|---|\n| {} | query | string | no |\n"


@pytest.mark.parametrize(
    ("title", "between"),
    [
        pytest.param("## Two", "", id="a heading as high"),
        pytest.param("### Two", "", id="a lower heading"),
        pytest.param("<h2 id='two'>Two</h2>", "", id="a heading in HTML"),
        pytest.param("## Two", "```\nGET https://a.example/two\n```\n", id="code below the title"),
        pytest.param("", "", id="no heading"),
    ],
)
@pytest.mark.parametrize("inner", ["### Parameters", "#### Dates", "### Response"])
def test_each_operation_has_its_own_parameters(title: str, between: str, inner: str) -> None:
    example = '```json\n{"of": "one"}\n```\n'
    page = (
        f"## One\n\n`GET /one`\n\n### Parameters\n\n{TABLE.format('of_one')}"
        f"\n{inner}\n\n{example}\n"
        f"{title}\n\n{between}\n`GET /two`\n\n### Parameters\n\n{TABLE.format('of_two')}"
    )
    found = read(page)
    assert [*found["GET /one"]["query"]["properties"]] == ["of_one"]
    assert [*found["GET /two"]["query"]["properties"]] == ["of_two"]
    assert found["GET /two"]["operation"]["response"]["examples"] == []
    assert not title or found["GET /two"]["operation"]["title"] == "Two"


OPERATION = {
    "operationId": "getBoat",
    "parameters": [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
        {"name": "sails", "in": "query", "schema": {"type": "boolean"}},
    ],
    "responses": {
        "200": {
            "description": "",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "properties": {"id": {"type": "integer"}, "rig": {"type": "string"}},
                        "required": ["id"],
                    }
                }
            },
        }
    },
    "security": [{"key": []}],
    "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
    "method": "get",
    "path": "/boats/{id}",
    "servers": [{"url": "https://boats.example/v1"}],
    "info": {"title": "Boats", "version": "1"},
}


def docusaurus(data: bytes) -> str:
    return (
        f'---\nid: get-boat\ntitle: "Get boat"\napi: {b64encode(data).decode()}\n---\n\nA boat.\n'
    )


@pytest.mark.parametrize("is_compressed", [True, False])
def test_the_front_matter_of_docusaurus_has_the_operation(*, is_compressed: bool) -> None:
    page = docusaurus(zlib.compress(json.dumps(OPERATION).encode()))
    if not is_compressed:
        page = re.sub("(?m)^api: .*", lambda _: f"api: {json.dumps(OPERATION)}", page)
    (found,) = read(page).values()
    assert found["operation"]["path"] == "/boats/{id}"
    assert found["operation"]["server"] == "https://boats.example/v1"
    assert found["operation"]["security"][0]["scheme"] == "bearer"
    assert found["query"]["properties"] == {"sails": {"type": "boolean"}}
    assert found["response"]["required"] == ["id"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(zlib.compress(b"{"), id="not JSON"),
        pytest.param(zlib.compress(b"[]"), id="no operation"),
        pytest.param(zlib.compress(b'{"path": 1}'), id="no path"),
        pytest.param(zlib.compress(json.dumps(OPERATION).encode())[:-40], id="cut"),
        pytest.param(b"x\x9c nothing", id="not compressed"),
        pytest.param(zlib.compress(b"[" * 100_000), id="deep"),
    ],
)
def test_front_matter_that_cannot_be_read_is_refused(data: bytes) -> None:
    with pytest.raises(PageError, match="line"):
        read(docusaurus(data))


@pytest.mark.parametrize(
    ("page", "says"),
    [
        pytest.param(
            '# Boat\n\n{% openapi src="../boats.yaml" path="/boats" method="get" %}\n',
            r"line 3: .*'\.\./boats\.yaml'; give that document",
            id="GitBook",
        ),
        pytest.param(
            '---\ntitle: "Boat"\nopenapi: "GET /boats"\n---\n\nA boat.\n',
            "line 3: .*; give the OpenAPI document",
            id="Mintlify",
        ),
    ],
)
def test_a_page_that_only_refers_to_a_document_says_so(page: str, says: str) -> None:
    with pytest.raises(PageError, match=says):
        read(page)


OLD_GITBOOK = r"""# Boats

{% api-method method="get" host="https://boats.example/v1/" path="boats/:id" %}
{% api-method-summary %}
One
{% endapi-method-summary %}

{% api-method-spec %}
{% api-method-request %}
{% api-method-path-parameters %}
{% api-method-parameter name="id" type="integer" required=true %}
Its id.
{% endapi-method-parameter %}
{% endapi-method-path-parameters %}

{% api-method-query-parameters %}
{% api-method-parameter name="with\_oars" type="boolean" required=false %}
Whether its oars are shown.
{% endapi-method-parameter %}
{% endapi-method-query-parameters %}

{% api-method-form-data-parameters %}
{% api-method-parameter name="photo" type="string" required=false %}
Its photo.
{% endapi-method-parameter %}
{% endapi-method-form-data-parameters %}
{% endapi-method-request %}

{% api-method-response %}
{% api-method-response-example httpCode=202 %}
```javascript
{"id": 1}
```
{% endapi-method-response-example %}
{% endapi-method-response %}
{% endapi-method-spec %}
{% endapi-method %}

The boat sends these to your server:

| name | type | description |
| :--- | :--- | :--- |
| token | string | Any text. |
"""


def test_the_older_blocks_of_gitbook_are_read() -> None:
    """The table below the last block is not that of the response."""
    (found,) = list_operations(OLD_GITBOOK, "page")
    files = {name: json.loads(text) for name, text in found.capture().items()}
    operation = files["operation.json"]
    stated = [(each["in"], each["name"], each["required"]) for each in operation["parameters"]]
    assert (operation["server"], operation["path"]) == ("https://boats.example", "/v1/boats/{id}")
    assert stated == [("path", "id", True), ("query", "with_oars", False)]
    assert operation["response"]["status"] == 202
    assert "properties" not in files["response.schema.json"]
    assert "how the request sends photo" in [each["said"] for each in operation["gaps"]]
