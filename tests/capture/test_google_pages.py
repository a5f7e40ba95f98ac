"""Reference pages of Google, as Markdown, with tables in HTML, and as copied from a browser."""

from __future__ import annotations

from typing import Any

import pytest
from capture.test_vendor_pages import gaps, parameters
from capture.test_written_pages import Files, captured

MARKDOWN = """\
# Method: quays.berths.list

- [HTTP request](https://moor.example/rest/list#HTTP)
- [Query parameters](https://moor.example/rest/list#QUERY)

Lists berths.

### HTTP request

`GET https://moor.example/v1/{parent=harbors/*/quays/*}/berths`

The URL uses [gRPC Transcoding](https://google.aip.dev/127) syntax.

### Path parameters

| Parameters ||
|---|---|
| `parent` | `string` Required. Whose berths. Format: `harbors/{harbor}/quays/{quay}` |

### Query parameters

| Parameters ||
|---|---|
| `pageSize` | `integer` Optional. How many. |
| `tags[]` | `string` Which tags. |
| `view` | ``enum (`https://moor.example/rest/list#View`)`` Required. How much. |
| `box` | ``object (`https://moor.example/rest/list#Box`)`` Where. |
| `old` (deprecated) | `string (int64 format)` Which age. |

### Request body

The request body must be empty.

### Response body

If successful, the response body contains data with the following structure:

| JSON representation |
|---|
| ``` { "berths": [ { object (`#Berth`) } ], "nextPageToken": string, "notes": [ string ] } ``` |

| Fields ||
|---|---|
| `berths[]` | ``object (`https://moor.example/rest/list#Berth`)`` The berths. |
| `nextPageToken` | `string` For the next page. |

### Authorization scopes

- `https://moor.example/auth/moor`

## View

| Enums ||
|---|---|
| `SHORT` | Names only. |
| `LONG` | All. |

## Box

| Fields ||
|---|---|
| `north` | `number` Its north. |

## Berth

| Fields ||
|---|---|
| `name` | `string` Which. |
| Union field `kind`. `kind` can be only one of the following: ||
| `depth` | `integer` How deep. |
| `views[]` | ``enum (`https://moor.example/rest/list#View`)`` Which views. |
| `labels` | `map (key: string, value: string)` Its labels. |
| `inner` | ``object (`https://moor.example/rest/list#Berth`)`` One inside. |
"""

COPIED = """\
Home
Reference
Send feedbackMethod: quays.berths.list
HTTP request
Query parameters
Lists berths.

HTTP request
GET https://moor.example/v1/{parent=harbors/*/quays/*}/berths

The URL uses gRPC Transcoding syntax.

Path parameters
Parameters
parent\t
string

Required. Whose berths. Format: harbors/{harbor}/quays/{quay}

Query parameters
Parameters
pageSize\t
integer

Optional. How many.

tags[]\t
string

Which tags.

view\t
enum (View)

Required. How much.

box\t
object (Box)

Where.

old(deprecated)\t
string (int64 format)

Which age.

Request body
The request body must be empty.

Response body
If successful, the response body contains data with the following structure:

JSON representation
{
  "berths": [
    {
      object (Berth)
    }
  ],
  "nextPageToken": string,
  "notes": [
    string
  ]
}
Fields
berths[]\t
object (Berth)

The berths.

nextPageToken\t
string

For the next page.

Authorization scopes
Requires the following OAuth scope:

https://moor.example/auth/moor
View
Enums
SHORT\tNames only.
LONG\tAll.
Box
JSON representation
{
  "north": number
}
Fields
north\t
number

Its north.

Berth
Fields
name\t
string

Which.

Union field kind. kind can be only one of the following:
depth\t
integer

How deep.

views[]\t
enum (View)

Which views.

labels\t
map (key: string, value: string)

Its labels.

inner\t
object (Berth)

One inside.

Was this helpful?

Send feedback
"""


@pytest.mark.parametrize(
    "page", [MARKDOWN, COPIED, COPIED.replace("\t\n", "\n").replace("\t", "\n")]
)
def test_google_states_types_above_descriptions(page: str) -> None:
    ((name, files),) = captured(page).items()
    assert name == "GET /v1/harbors/{harbor}/quays/{quay}/berths"
    text, tags = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
    assert parameters(files) == {
        "harbor": ("path", True, text),
        "quay": ("path", True, text),
        "pageSize": ("query", False, {"type": "integer"}),
        "tags": ("query", False, tags),
        "view": ("query", True, {"type": "string", "enum": ["SHORT", "LONG"]}),
        "box.north": ("query", False, {"type": "number"}),
        "old": ("query", False, text),
    }
    assert files["operation.json"]["server"] == "https://moor.example"
    assert_fields(files)


def assert_fields(files: Files) -> None:
    fields = files["response.schema.json"]["properties"]
    assert [*fields] == ["berths", "nextPageToken", "notes"]
    assert fields["notes"]["type"] == ["array", "null"]
    berth = fields["berths"]["items"]["properties"]
    assert [*berth] == ["name", "depth", "views", "labels", "inner"]
    assert berth["depth"] == {"type": ["integer", "null"]}
    assert berth["views"]["items"]["enum"] == ["SHORT", "LONG"]
    assert "properties" not in berth["inner"]
    assert "Union field kind" in gaps(files)


def write(method: str, path: str, *sections: str) -> str:
    above = f"# Method: moor\n\n### HTTP request\n\n`{method} https://moor.example{path}`\n"
    return f"{above}\nThe URL uses gRPC Transcoding syntax.\n\n" + "\n\n".join(sections)


PARENT = "### Path parameters\n\n| Parameters ||\n|---|---|\n| `name` | `string` {} |"


@pytest.mark.parametrize(
    ("path", "prose", "expected"),
    [
        ("/v1/{name=quays/*}:close", "Which.", "/v1/quays/{quay_id}:close"),
        ("/v1/{name}", "It takes the form `quays/{quay}`.", "/v1/quays/{quay}"),
        ("/v1/{name}", "Which.", "/v1/{name}"),
        ("/v1/boats/{name or 'all'}/crew", "Which.", "/v1/boats/{name}/crew"),
    ],
)
def test_a_name_of_several_segments_has_a_parameter_for_each(
    path: str, prose: str, expected: str
) -> None:
    ((name, files),) = captured(write("GET", path, PARENT.format(prose))).items()
    assert name == f"GET {expected}"
    assert "segments" not in gaps(files)


@pytest.mark.parametrize(
    ("path", "prose", "expected"),
    [
        ("/v1/{name=quays/**}", "Which.", "/v1/quays/{quay_id}"),
        ("/v1/{name=**}", "Which.", "/v1/{name}"),
        ("/v1/{name=*/*}", "Which.", "/v1/{name}"),
        ("/v1/{name}", "Its format is `quays/north`, for example.", "/v1/{name}"),
        ("/v1/{name}", "In the format `quays/{q}` or the format `boats/{b}`.", "/v1/{name}"),
    ],
)
def test_a_name_of_any_number_of_segments_is_a_gap(path: str, prose: str, expected: str) -> None:
    ((name, files),) = captured(write("DELETE", path, PARENT.format(prose))).items()
    assert name == f"DELETE {expected}"
    assert "'name: its segments'" in gaps(files)


def test_two_types_of_one_name_are_gaps() -> None:
    table = "### Query parameters\n\n| Parameters ||\n|---|---|\n| `kind` | `enum (Kind)` Which. |"
    values = "## Kind\n\n| Enums ||\n|---|---|\n| `{}` | One. |"
    page = write("GET", "/v1/quays", table, values.format("A"), values.format("B"))
    ((_, files),) = captured(page).items()
    assert parameters(files)["kind"] == ("query", False, {})
    assert "kind: the page states the type 'enum Kind'" in gaps(files)


def test_an_upload_is_a_gap_and_a_body_may_be_an_instance_of_a_type() -> None:
    fields = "## Quay\n\n| Fields ||\n|---|---|\n| `label` | `string` Required. What it says. |"
    body = "### Request body\n\nThe request body contains an instance of `Quay`."
    page = write("POST", "/v1/quays", body, fields)
    upload = "`POST https://moor.example/upload/v1/quays`\n\n`POST https://moor.example/v1/q"
    ((name, files),) = captured(page.replace("`POST https://moor.example/v1/q", upload)).items()
    assert name == "POST /v1/quays"
    assert files["body.schema.json"]["properties"] == {"label": {"type": "string"}}
    assert "the same operation with an upload" in gaps(files)


def test_a_word_that_may_be_a_name_is_a_gap() -> None:
    page = COPIED.replace("\t\n", "\n").replace("Which tags.", "Which tags.\nstate\nIts state.")
    ((_, files),) = captured(page).items()
    assert "state, which may be a name" in gaps(files)


def test_parameters_in_another_section_are_a_gap() -> None:
    table = "### {}\n\n| Parameters ||\n|---|---|\n| `{}` | `string` Optional. Which. |"
    page = write("POST", "/v1/quays", table.format("Query parameters", "kind"))
    ((_, files),) = captured(f"{page}\n\n{table.format('Common things', 'key')}").items()
    assert [*parameters(files)] == ["kind"]
    assert "Common things" in gaps(files)


def test_tables_in_html_are_read() -> None:
    row = "<tr><td><code>{}</code></td><td><p><code>{}</code></p><p>{}</p></td></tr>"
    rows = row.format("state", "string", "Optional. Free | taken.") + row.format("n", "integer", "")
    table = f'<table><thead><tr><th colspan="2">Parameters</th></tr></thead>{rows}</table>'
    page = write("GET", "/v1/quays", f"### Query parameters\n\n{table}")
    ((_, files),) = captured(page).items()
    found: dict[str, Any] = parameters(files)
    assert found["state"] == ("query", False, {"type": "string"})
    assert found["n"][2] == {"type": "integer"}


GROUPED = """\
# Boats: list

## Request

### HTTP request

```
GET https://www.moor.example/v3/quays/quayId/boats
```

### Parameters

| Parameter name | Value | Description |
| --- | --- | --- |
| **Path parameters** |
| `quayId` | `string` | Which quay. |
| **Required query parameters** |
| `day` | `string` | Which day. |
| **Optional query parameters** | | |
| `maxResults` | `integer` | How many. |
| `order` | `string` | Which.<br>Acceptable values are:<br>" `name` ": Name.<br>" `age` ": Age. |

## Response

| Property name | Value | Description | Notes |
| --- | --- | --- | --- |
| `kind` | `string` | What it is. | |
| `items[].id` | `string` | Which. | |
| `parameters` | | | |
"""


def test_rows_above_others_state_where_they_are_and_whether_requests_need_them() -> None:
    ((_, files),) = captured(GROUPED).items()
    assert files["operation.json"]["path"] == "/v3/quays/{quayId}/boats"
    assert parameters(files) == {
        "quayId": ("path", True, {"type": "string"}),
        "day": ("query", True, {"type": "string"}),
        "maxResults": ("query", False, {"type": "integer"}),
        "order": ("query", False, {"type": "string", "enum": ["name", "age"]}),
    }
    assert [*files["response.schema.json"]["properties"]] == ["kind", "items", "parameters"]
    assert "of a table" not in gaps(files)


def test_other_pages_may_have_the_same_headings() -> None:
    page = """\
# Boats

### HTTP Request

`GET https://moor.example/boats`

**Parameters**

### Query Parameters

| Parameter | Type | Required |
| --- | --- | --- |
| day | string | yes |
"""
    ((_, files),) = captured(page).items()
    assert parameters(files) == {"day": ("query", True, {"type": "string"})}
