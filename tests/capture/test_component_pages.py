"""Pages with components or tables: their statements are used, and the rest is a gap."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from docpact import check
from docpact.capture.sources import list_operations
from docpact.catalogue import load_files
from docpact.errors import PageError
from docpact.model.run import Verdict

MINTLIFY = """\
---
title: "List boats"
api: "GET https://boats.example/v1/harbors/{harbor}/boats"
---

Every boat of a harbor.

<ParamField path="harbor" type="string" required>Its name.</ParamField>
<ParamField query="limit" type="integer" default="20" />
<ParamField
  query="rig"
  type='"sloop" | "yawl"'
>
  Only boats with it.
</ParamField>
<ParamField header="X-Boats-Key" type="string" required={true} />

### Response

<ResponseField name="boats" type="object[]" required={true}>
  The boats.
  <Expandable title="properties">
    <ResponseField name="id" type="string" required />
    <ResponseField name="crew" type="string[]" />
    <ResponseField name="built" type="date" />
    <ResponseField name="owner" type="object">
      <Expandable title="more"><ResponseField name="name" type="string | null" /></Expandable>
    </ResponseField>
  </Expandable>
</ResponseField>
<ResponseField name="more" type="boolean" required={false} />

<RequestExample>
```bash cURL
curl https://boats.example/v1/harbors/kiel/boats?limit=2 -H 'X-Boats-Key: <your key>'
```
```python Python
print("<ResponseField name='no' type='string' />")
```
</RequestExample>
<ResponseExample>
```json 200
{"boats": [{"id": "a", "crew": [], "built": 1900, "owner": {"name": null}}], "more": false}
```
```json 404
{"error": "no harbor"}
```
</ResponseExample>

### Response `404`

<ResponseField name="error" type="string" required />
"""

TABLES = """\
# Boats API

## List boats

`GET` `/v1/harbors/:harbor/boats`

### Query parameters

| Name | Type | Required | Description |
| ---- | :--: | -------- | ----------- |
| `limit` | integer | No | How many |
| rig | string | yes | `sloop` or `yawl` |

### Response

#### 200 - OK

| Field | Type | Required | Allowed values |
| --- | --- | --- | --- |
| `boats` | array of objects | Yes | |
| &nbsp;↳ `id` | string | Yes | |
| &nbsp;↳ `rig` | string | No | `sloop`, `yawl` |
| `boats[].crew.size` | integer | No | |
| `owner.name` | string \\| null | Yes | |
| `odd` | one | of | several | forms |

#### The harbor

| Field | Type |
| --- | --- |
| name | string |

```json
{"boats": [{"id": "a"}], "owner": {"name": "b"}}
```

```bash
curl "https://boats.example/v1/harbors/kiel/boats" -H "Authorization: Bearer YOUR_TOKEN"
```

## Sink boat

`DELETE` `/v1/boats/:id`

Nothing else is written about it.

## Get boat

`GET` `/v1/boats/{id}`

### Response example

```json
{"id": "a", "sails": 3}
```
"""


def captured(page: str, number: int = 0) -> Mapping[str, str]:
    return list_operations(page, "page")[number].capture()


def schema(files: Mapping[str, str], document: str = "response") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files[f"{document}.schema.json"])
    del found["$schema"]
    return found


def gaps(files: Mapping[str, str]) -> list[str]:
    return [gap["said"] for gap in json.loads(files["operation.json"])["gaps"]]


def test_components_give_what_they_state() -> None:
    files = captured(MINTLIFY)
    assert schema(files)["required"] == ["boats"]
    boat = schema(files)["properties"]["boats"]["items"]
    assert boat == {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "crew": {"type": ["array", "null"], "items": {"type": "string"}},
            "built": {},
            "owner": {
                "type": ["object", "null"],
                "properties": {"name": {"type": ["string", "null"]}},
            },
        },
        "required": ["id"],
    }
    assert schema(files, "query")["properties"] == {
        "limit": {"type": "integer", "default": 20},
        "rig": {"type": "string", "enum": ["sloop", "yawl"]},
    }
    operation = json.loads(files["operation.json"])
    assert (operation["title"], operation["server"]) == ("List boats", "https://boats.example")
    assert operation["security"][0]["name"] == "X-Boats-Key"
    assert [each["name"] for each in operation["parameters"]] == ["harbor", "limit", "rig"]
    assert len(operation["response"]["examples"]) == 1


def test_what_components_leave_open_is_a_gap() -> None:
    found = gaps(captured(MINTLIFY))
    assert "built: the page states the type 'date'" in found
    assert "whether 4 fields are always present" in found


def test_tables_give_what_they_state() -> None:
    files = captured(TABLES)
    assert schema(files, "query") == {
        "type": "object",
        "properties": {"limit": {"type": "integer"}, "rig": {"type": "string"}},
        "required": ["rig"],
    }
    boat = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "rig": {"type": ["string", "null"], "enum": ["sloop", "yawl", None]},
            "crew": {
                "type": ["object", "null"],
                "properties": {"size": {"type": ["integer", "null"]}},
            },
        },
        "required": ["id"],
    }
    found = schema(files)
    assert found["properties"]["boats"] == {"type": "array", "items": boat}
    assert found["properties"]["owner"]["properties"] == {"name": {"type": ["string", "null"]}}
    assert found["properties"]["odd"] == {}
    operation = json.loads(files["operation.json"])
    assert (operation["path"], operation["title"]) == ("/v1/harbors/{harbor}/boats", "List boats")


def test_what_tables_leave_open_is_a_gap() -> None:
    found = gaps(captured(TABLES))
    assert any("the table below" in each and "The harbor" in each for each in found)
    assert "odd: the page states the type 'other cells than the table has columns'" in found


def test_a_page_with_an_example_alone_keeps_it_as_evidence() -> None:
    files = captured(TABLES, 2)
    assert schema(files) == {}
    assert json.loads(files["operation.json"])["response"]["examples"] == [{"id": "a", "sails": 3}]
    assert "the result: the page documents no fields of the response" in gaps(files)


def test_a_page_with_neither_is_refused_in_one_line() -> None:
    with pytest.raises(PageError, match="no parameters, no fields and no example") as refused:
        captured(TABLES, 1)
    assert TABLES.split("\n")[refused.value.line - 1] == "`DELETE` `/v1/boats/:id`"


def test_an_example_of_another_type_than_the_fields_decides_nothing() -> None:
    body = MINTLIFY.split("```json 200\n")[1].split("\n", maxsplit=1)[0]
    files = captured(MINTLIFY.replace(body, '["a", "b"]'))
    assert schema(files) == {}
    assert any("another type than the fields" in each for each in gaps(files))


@pytest.mark.parametrize(("page", "number"), [(MINTLIFY, 0), (TABLES, 0), (TABLES, 2)])
def test_the_mock_of_such_a_page_conforms(page: str, number: int) -> None:
    assert check(load_files(captured(page, number), "p/o")).verdict() is Verdict.CONFORMS


@pytest.mark.parametrize(
    ("markup", "name", "line"),
    [
        pytest.param("|===\n|Name |Type\n|rig |string\n|===", "AsciiDoc", 3, id="table"),
        pytest.param("[source,http]\n----\nGET /v1/boats\n----", "AsciiDoc", 3, id="block"),
        pytest.param(".. http:get:: /v1/boats", "reStructuredText", 3, id="directive"),
        pytest.param("+------+\n| Name |\n+======+", "reStructuredText", 3, id="grid"),
        pytest.param("FORMAT: 1A\n\n### List [GET /boats]", "API Blueprint", 3, id="blueprint"),
    ],
)
def test_other_markup_is_named(markup: str, name: str, line: int) -> None:
    page = f"`GET /v1/boats`\n\n{markup}\n"
    with pytest.raises(PageError, match=f"this page is {name}") as caught:
        list_operations(page, "boats")
    assert caught.value.line == line


def test_other_markup_in_a_fenced_block_is_an_example() -> None:
    table = "| Name | Type | Required |\n|---|---|---|\n| rig | string | no |"
    page = f"`POST /v1/pages`\n\n```\n|===\n```\n\n## Query parameters\n\n{table}\n"
    (found,) = list_operations(page, "boats")
    assert "rig" in found.capture()["query.schema.json"]


@pytest.mark.parametrize(
    ("table", "is_gap"),
    [
        pytest.param("", True, id="an example alone"),
        pytest.param("| Name | Type |\n|---|---|\n| rig | string |\n\n", False, id="fields too"),
    ],
)
def test_an_example_of_a_request_body_states_no_fields(table: str, is_gap: bool) -> None:
    page = (
        "# Build boat\n\n**Endpoint:** `POST /v1/boats`\n\n**Request Body:**\n\n"
        f'{table}```json\n{{"rig": "sloop"}}\n```\n\n'
        '**Response (201 Created):**\n```json\n{"id": 1}\n```\n'
    )
    (found,) = list_operations(page, "boats")
    files = found.capture()
    operation = json.loads(files["operation.json"])
    assert operation["response"]["status"] == 201
    gaps = [each["said"] for each in operation["gaps"]]
    assert ("the request body: the page shows only an example" in gaps) == is_gap
    assert ("body.schema.json" in files) != is_gap


ROWS = "| Name | Type | Required |\n|---|---|---|\n"


def read_table(method: str, path: str, heading: str, rows: str, before: str = "") -> dict[str, Any]:
    """Return the kind and the names of the rows of a table below a heading."""
    page = f"# List boats\n\n`{method} {path}`\n\n{before}{heading}\n\n{ROWS}{rows}\n"
    files = captured(page + "\n### Response example\n\n```json\n{}\n```\n")
    asked = json.loads(files["operation.json"])["parameters"]
    found = {each["name"]: each["in"] for each in asked}
    return found | dict.fromkeys(schema(files).get("properties", ()), "returns")


@pytest.mark.parametrize(
    ("method", "heading", "before", "expected"),
    [
        pytest.param("GET", "### Parameters", "", "query", id="no body"),
        pytest.param("GET", "### Request parameters", "", "query", id="request without a body"),
        pytest.param("POST", "### Parameters", "", None, id="query or body"),
        pytest.param("GET", "**Parameters:**", "### Response\n\n", None, id="below a response"),
        pytest.param("GET", "### Response parameters", "", "returns", id="of the response"),
    ],
)
def test_parameters_without_a_place_are_those_of_the_query_if_there_is_no_body(
    method: str, heading: str, before: str, expected: str | None
) -> None:
    found = read_table(method, "/v1/boats", heading, "| rig | string | no |", before)
    assert found == ({"rig": expected} if expected else {})


def test_the_path_and_headers_take_their_parameters_from_such_a_table() -> None:
    rows = "| boat | integer | yes |\n| X-Fleet | string | yes |\n| rig | string | no |"
    found = read_table("GET", "/v1/boats/{boat}", "### Parameters", rows)
    assert found == {"boat": "path", "X-Fleet": "header", "rig": "query"}


def test_the_words_of_a_title_name_no_section() -> None:
    page = (
        f"# Cancel a request\n\n`POST /v1/requests/{{id}}/cancel`\n\n{ROWS}| rig | string | no |\n"
    )
    files = captured(page + "\n### Response example\n\n```json\n{}\n```\n")
    assert "body.schema.json" not in files
    assert "how the request sends rig" in gaps(files)


@pytest.mark.parametrize(
    "segment", [":boat", "<boat>", "{{boat}}", "{boat}", "YOUR_BOAT", "your-boat"]
)
def test_every_form_of_a_placeholder_is_a_parameter_of_the_path(segment: str) -> None:
    page = (
        f"# Get boat\n\n`GET /v1/boats/{segment}`\n\n```\nGET /v1/boats/{{boat}}\n```\n\n"
        "### Response example\n\n```json\n{}\n```\n"
    )
    (found,) = list_operations(page, "page")
    (asked,) = json.loads(found.capture()["operation.json"])["parameters"]
    assert (asked["in"], asked["name"].lower().replace("your_", "").replace("your-", "")) == (
        "path", "boat"
    )  # fmt: skip


@pytest.mark.parametrize("mark", ["# Get boat\n\nGET /v1/boats", "```\nGET /v1/boats\n```"])
def test_markdown_is_not_taken_for_copied_text(mark: str) -> None:
    page = f'{mark}\n\n## Parameters\n\n## Response\n\n```json\n{{"id": "a"}}\n```\n'
    files = captured(page)
    assert json.loads(files["operation.json"])["response"]["examples"] == [{"id": "a"}]


def test_a_command_without_a_host_leaves_the_server_open() -> None:
    page = TABLES.split("## Sink boat", maxsplit=1)[0].replace("https://boats.example/v1", "/v1")
    files = captured(page)
    assert json.loads(files["operation.json"])["server"] == ""
    assert any("the server: the example has '/v1/harbors" in each for each in gaps(files))


HTML_TABLE = """\
# Get fees

`GET /v1/fees`

### Parameters

#### Query parameters <a href="#path-parameters" id="path-parameters"></a>

<table><thead><tr><th width="248">Query parameter</th><th>Type</th><th>Description</th></tr></thead>
<tbody><tr><td><code>harbor</code><mark>*</mark></td><td>port</td><td>a | b</td></tr>
<tr>
<td>rig&amp;sails</td>
<td>integer</td>
<td></td>
</tr></tbody></table>

## Response

| Status | Meaning |
| --- | --- |
| 204 | No Content |
| 404 | Not Found |
"""


def test_a_table_in_html_states_what_one_in_markdown_does() -> None:
    files = captured(HTML_TABLE)
    assert schema(files, "query") == {
        "type": "object",
        "properties": {"harbor": {}, "rig&sails": {"type": "integer"}},
        "required": ["harbor"],
    }
    found = {gap["said"].partition(":")[0]: gap["line"] for gap in
             json.loads(files["operation.json"])["gaps"]}  # fmt: skip
    assert HTML_TABLE.split("\n")[found["harbor"] - 1].startswith("<tbody><tr><td><code>")


def test_a_table_of_statuses_states_those_of_accepted_requests() -> None:
    operation = json.loads(captured(HTML_TABLE)["operation.json"])
    assert operation["response"]["status"] == 204
    assert operation["responses"] == {"204": {}}


def test_a_table_without_names_of_columns_has_name_type_and_description() -> None:
    rows = "|  |  |  |\n| --- | --- | --- |\n| `rig` <mark>\\*</mark> | `String` | how |\n"
    other = "| Kind | Since |\n|---|---|\n| sloop | 1900 |\n"
    page = (
        f"# Build boat\n\n`POST /v1/boats`\n\n## Rights\n\n{other}\n## Request body\n\n{rows}\n"
        f"### Kinds\n\n{other}\n## Response\n\n```json\n{{}}\n```\n"
    )
    files = captured(page)
    assert schema(files, "body")["properties"] == {"rig": {"type": "string"}}
    assert schema(files, "body")["required"] == ["rig"]
    assert "the table below 'Kinds'" in gaps(files)
    assert "the table below 'Rights'" not in gaps(files)


def test_tags_around_a_method_are_no_part_of_the_operation() -> None:
    page = '## <span class="tag">GET</span> /v1/boats\n\n### Response\n\n```json\n[]\n```\n'
    assert json.loads(captured(page)["operation.json"])["path"] == "/v1/boats"


def test_an_endless_table_in_html_is_read_in_linear_time() -> None:
    page = "`GET /v1/boats`\n\n### Response\n\n```json\n[]\n```\n" + "<table" * 100_000 + "</table>"
    assert json.loads(captured(page)["operation.json"])["path"] == "/v1/boats"


def test_an_endless_name_in_a_table_is_read_in_linear_time() -> None:
    table = (
        f"| Name | Type | Required |\n| --- | --- | --- |\n| {'(' * 100_000}x | string | yes |\n"
    )
    page = f"`GET /v1/boats`\n\n### Query Parameters\n\n{table}\n### Response\n\n```json\n[]\n```\n"
    assert json.loads(captured(page)["operation.json"])["path"] == "/v1/boats"


TOGETHER = f"""\
# Boats

```
GET /v1/boats
POST /v1/boats
DELETE /v1/boats/{{id}}
```

## Query parameters

{ROWS}| rig | string | yes |

## Sink boat

```
DELETE /v1/boats/{{id}}
```

### Query parameters

{ROWS}| deep | boolean | no |
"""


@pytest.mark.parametrize("fence", ["```\n", ""])
def test_operations_named_together_share_no_parameters(fence: str) -> None:
    page = TOGETHER.replace("```\n", fence)
    found = {each.name: each for each in list_operations(page, "page")}
    assert [*found] == ["GET /v1/boats", "POST /v1/boats", "DELETE /v1/boats/{id}"]
    with pytest.raises(PageError, match="no parameters, no fields and no example"):
        found["POST /v1/boats"].capture()
    sunk = json.loads(found["DELETE /v1/boats/{id}"].capture()["operation.json"])
    assert {each["name"] for each in sunk["parameters"]} == {"id", "deep"}


@pytest.mark.parametrize(
    ("method", "expected"), [("GET", {"id": "path", "rig": "query"}), ("POST", {"id": "path"})]
)
def test_input_is_the_query_or_the_body(method: str, expected: dict[str, str]) -> None:
    page = (
        f"# Boats\n\n`{method} /v1/boats/{{id}}`\n\n### Input\n\n| Name | Status |\n|---|---|\n"
        "| id | Required |\n| rig | Optional |\n"
    )
    files = captured(page)
    asked = json.loads(files["operation.json"])["parameters"]
    assert {each["name"]: each["in"] for each in asked} == expected
    assert ("body.schema.json" in files) == (method == "POST")


def test_the_only_operation_of_a_page_begins_at_its_own_title() -> None:
    page = (
        f"# Boats\n\n## Search\n\n### Query parameters\n\n{ROWS}| rig | string | yes |\n\n"
        f"## Get boat\n\n`GET /v1/boats`\n\n### Query parameters\n\n{ROWS}| deep? | boolean | |\n"
    )
    operation = json.loads(captured(page)["operation.json"])
    assert [(each["name"], each["required"]) for each in operation["parameters"]] == [
        ("deep", False)
    ]


@pytest.mark.parametrize(
    ("examples", "is_left_out"), [("<a/>", True), ("<a/>\n```\n\n```\n{}", False), ("{}", False)]
)
def test_fields_of_a_body_in_xml_are_a_gap(examples: str, *, is_left_out: bool) -> None:
    page = (
        f"# Build boat\n\n`POST /v1/boats`\n\n## Request body\n\n{ROWS}| rig | string | yes |\n\n"
        f"```xml\n{examples}\n```\n\n## Response\n\n```json\n{{}}\n```\n"
    )
    files = captured(page)
    assert ("body.schema.json" not in files) == is_left_out
    assert ("the request body: its examples are XML" in gaps(files)) == is_left_out


@pytest.mark.parametrize(
    "headings", ["### Response headers", "### Response\n\n#### Headers", "### 200 response headers"]
)
@pytest.mark.parametrize("columns", ["|Status|Header|Type|Format|", "|Name|Type|Required|x|"])
def test_headers_of_a_response_are_no_parameters(headings: str, columns: str) -> None:
    page = (
        f"# List boats\n\n`GET /v1/boats`\n\n{headings}\n\n{columns}\n|---|---|---|---|\n"
        "|X-Total|string|no|x|\n\n### Response example\n\n```json\n{}\n```\n"
    )
    files = captured(page)
    assert json.loads(files["operation.json"])["parameters"] == []
    assert any("the table below" in each for each in gaps(files))


def test_two_operations_in_one_block_are_both_listed() -> None:
    page = "# Boats\n\n```\nGET /v1/boats\nthen\nPOST /v1/boats\n```\n"
    found = list_operations(page, "page")
    assert [each.name for each in found] == ["GET /v1/boats", "POST /v1/boats"]
    for each in found:
        with pytest.raises(PageError, match="no parameters, no fields and no example"):
            each.capture()


def test_a_body_may_have_a_field_with_the_name_of_a_path_parameter() -> None:
    page = (
        f"# Move boat\n\n`PUT /v1/boats/{{id}}`\n\n## Request\n\n{ROWS}| id | string | yes |\n"
        "\n### Response example\n\n```json\n{}\n```\n"
    )
    assert [*schema(captured(page), "body")["properties"]] == ["id"]


@pytest.mark.parametrize(
    ("stated", "gap"),
    [
        ("| Nimi | Tyyppi |\n|---|---|\n| rig | string |", "the table below 'Parametrit'"),
        ("- `rig` (string, pakollinen): Teksti", "the fields below 'Parametrit'"),
    ],
)
def test_tables_and_lists_below_headings_of_another_language_are_gaps(
    stated: str, gap: str
) -> None:
    page = (
        f"# Veneet\n\nGET /v1/boats\n\n## Parametrit\n\n{stated}\n\n## Esimerkki\n\n"
        "```sh\ncurl https://boats.example/v1/boats\n```\n"
    )
    assert gap in gaps(captured(page))
    english = page.replace(
        "## Esimerkki", "## Query Parameters\n\n- `limit` (integer)\n\n## Esimerkki"
    )
    assert gap not in gaps(captured(english))
