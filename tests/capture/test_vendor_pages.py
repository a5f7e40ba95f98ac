"""Pages in the styles of large vendors: lists of GitHub, and elements of AWS."""

from __future__ import annotations

import re
from typing import Any

import pytest
from capture.test_written_pages import Files, captured

from docpact.errors import PageError

GITHUB = """\
# Moorings

## List moorings of a quay

```
GET /harbors/{harbor}/quays/{quay_number}/moorings
```

### Parameters

#### Headers

- **`accept`** (string)
  Setting to `application/json` is recommended.

#### Path and query parameters

- **`harbor`** (string) (required)
  The short name.

- **`quay_number`** (integer) (required)
  Which quay.

- **`state`** (string)
  Which moorings.
  Default: `free`
  Can be one of: `free`, `taken`

- **`note`** (string,null)
  Any text.

- **`per_page`** (integer)
  How many on a page (max 100).
  Default: `30`

### HTTP response status codes

- **200** - OK

- **404** - Resource not found

### Code examples

#### Example

**Request:**

```curl
curl -L \\
  -X GET \\
  https://moor.example/harbors/HARBOR/quays/QUAY_NUMBER/moorings
```

**Response schema (Status: 200):**

Array of `Mooring`:

* `id`: required, integer, format: int64
* `label`: required, string or null
* `state`: string, enum: `free`, `taken`
* `boats`: array of `Boat` or null:
  * `name`: required, string
* `owner`: required, any of:
  * **null**
  * **Person**
    * `login`: required, string
* `rate`: required, one of:
  * **object, additional properties allowed**
    * `cents`: required, integer
  * **string**
* `tide`: object, in other words:
  * `height`: required, number

## Add a mooring

```
POST /harbors/{harbor}/moorings
```

### Parameters

#### Path and query parameters

- **`harbor`** (string) (required)

- **`dry`** (boolean)
  Whether to try it only.

#### Body parameters

- **`label`** (string) (required)
  What it says.

### HTTP response status codes

- **201** - Created
"""


def parameters(files: Files) -> dict[str, tuple[str, bool, Any]]:
    query = files["query.schema.json"].get("properties", {})
    return {
        p["name"]: (p["in"], p["required"], p.get("schema") or query[p["name"]])
        for p in files["operation.json"]["parameters"]
    }


def gaps(files: Files) -> str:
    return "\n".join(each["said"] for each in files["operation.json"]["gaps"])


def test_github_states_parameters_in_the_path_and_the_query_in_one_list() -> None:
    found = captured(GITHUB)
    files = found["GET /harbors/{harbor}/quays/{quay_number}/moorings"]
    text = {"type": "string"}
    assert parameters(files) == {
        "harbor": ("path", True, text),
        "quay_number": ("path", True, {"type": "integer"}),
        "state": ("query", False, {"type": "string", "enum": ["free", "taken"], "default": "free"}),
        "note": ("query", False, {"type": ["string", "null"]}),
        "per_page": ("query", False, {"type": "integer", "maximum": 100, "default": 30}),
    }
    assert files["operation.json"]["server"] == "https://moor.example"
    added = found["POST /harbors/{harbor}/moorings"]
    assert parameters(added)["dry"] == ("query", False, {"type": "boolean"})
    assert added["body.schema.json"]["required"] == ["label"]
    assert added["operation.json"]["response"]["status"] == 201


def test_github_states_the_fields_of_a_response_behind_colons() -> None:
    files = captured(GITHUB)["GET /harbors/{harbor}/quays/{quay_number}/moorings"]
    schema = files["response.schema.json"]
    assert schema["type"] == "array"
    fields = schema["items"]["properties"]
    assert schema["items"]["required"] == ["id", "label", "owner", "rate"]
    assert fields["id"] == {"type": "integer"}
    assert fields["label"] == {"type": ["string", "null"]}
    assert fields["boats"]["type"] == ["array", "null"]
    assert fields["boats"]["items"]["required"] == ["name"]
    assert fields["owner"]["type"] == ["object", "null"]
    assert fields["owner"]["required"] == ["login"]
    assert fields["rate"] == {}
    assert "rate: the page states the type" in gaps(files)
    assert "height" not in fields
    assert "the list below" in gaps(files)


AWS = """\
# ListBerths

Lists berths.

## Request Syntax

```
GET /harbors/HarborId/berths?MaxResults=MaxResults&state=State HTTP/1.1
x-moor-check: CheckMode
```

## URI Request Parameters

The request uses the following URI parameters.

**[CheckMode](#API_ListBerths_RequestSyntax)**

How to check.

Valid Values: `LOOSE | STRICT`

**[HarborId](#API_ListBerths_RequestSyntax)**

Which harbor.

Length Constraints: Fixed length of 8.

Pattern: `[a-z]+`

Required: Yes

**[MaxResults](#API_ListBerths_RequestSyntax)**

How many berths.

###### Note

Fewer may come.

Valid Range: Minimum value of 1. Maximum value of 50.

**[Quay](#API_ListBerths_RequestSyntax)**

The quay, which is in the name of the host.

**[State](#API_ListBerths_RequestSyntax)**

Which berths.

## Request Body

The request does not have a request body.

## Response Syntax

```
HTTP/1.1 200
Content-type: application/json

{
   "Berths": [ { "Id": "string" } ],
   "Count": number
}
```

## Response Elements

If the action is successful, the service sends back an HTTP 200 response.

**[Berths](#API_ListBerths_ResponseSyntax)**

The berths.

Type: Array of [Berth](api-berth.md) objects

Array Members: Minimum number of 0 items. Maximum number of 50 items.

 ** [Count](#API_ListBerths_ResponseSyntax) **   <a name="moor-ListBerths-response-Count"></a>
How many there are.
Type: Integer

**[MaxResults](#API_ListBerths_ResponseSyntax)**

The number asked for.

Type: Integer

**[State](#API_ListBerths_ResponseSyntax)**

Those asked for.

Type: String

**[Tags](#API_ListBerths_ResponseSyntax)**

Type: String to string map

## Errors

**NoHarbor**

There is no such harbor.

HTTP Status Code: 404

## Examples

### Free berths

#### Sample Request

```
GET /harbors/abcdefgh/berths HTTP/1.1
```

#### Sample Response

```
{ "Berths": [] }
```
"""


def test_aws_shows_the_place_of_each_parameter_in_the_syntax_of_the_request() -> None:
    ((name, files),) = captured(AWS).items()
    assert name == "GET /harbors/{HarborId}/berths"
    text = {"type": "string"}
    assert parameters(files) == {
        "HarborId": ("path", True, {**text, "minLength": 8, "maxLength": 8}),
        "MaxResults": ("query", False, {"type": "integer", "minimum": 1, "maximum": 50}),
        "state": ("query", False, {}),
        "x-moor-check": ("header", False, {**text, "enum": ["LOOSE", "STRICT"]}),
    }
    assert "the list below 'URI Request Parameters'" in gaps(files)
    assert "HarborId: its pattern" in gaps(files)


def test_aws_states_the_facts_of_each_field_below_its_name() -> None:
    ((_, files),) = captured(AWS).items()
    fields = files["response.schema.json"]["properties"]
    assert fields["Berths"]["maxItems"] == 50
    assert [*fields] == ["Berths", "Count", "MaxResults", "State", "Tags"]
    assert fields["Count"] == {"type": ["integer", "null"]}
    assert "object" in fields["Tags"]["type"]
    assert "required" not in files["response.schema.json"]
    assert files["operation.json"]["response"]["status"] == 200
    assert "NoHarbor" not in fields


def test_aws_has_parameters_of_a_post_in_the_address_and_fields_in_the_body() -> None:
    page = AWS.replace("GET /", "POST /").replace("?MaxResults=MaxResults&state=State", "")
    body = (
        "**[Name](#API_ListBerths_RequestSyntax)**\n\nWhat it is.\n\nType: String\n\nRequired: Yes"
    )
    page = page.replace("The request does not have a request body.", body)
    ((_, files),) = captured(page).items()
    assert [*parameters(files)] == ["HarborId", "x-moor-check"]
    assert files["body.schema.json"]["properties"] == {"Name": {"type": "string"}}
    assert files["body.schema.json"]["required"] == ["Name"]


def test_headers_that_aws_sends_are_not_fields() -> None:
    headers = "response.\n\nThe response returns the following HTTP headers.\n"
    header = "\n**[x-moor](#API_ListBerths_ResponseSyntax)**\n\nType: String\n"
    data = "\nThe following data is returned in JSON format by the service."
    page = AWS.replace("HTTP 200 response.", f"HTTP 200 {headers}{header}{data}")
    ((_, files),) = captured(page).items()
    assert [*files["response.schema.json"]["properties"]][:2] == ["Berths", "Count"]
    assert "the list below 'Response Elements'" in gaps(files)


def test_fields_that_aws_sends_as_xml_are_a_gap() -> None:
    ((_, files),) = captured(
        AWS.replace("HTTP 200 response.", "HTTP 200 response in XML format.")
    ).items()
    assert "properties" not in files["response.schema.json"]
    assert "the list below 'Response Elements'" in gaps(files)


MICROSOFT = """\
# Berths - Create

```http
POST {endpoint}/berths?api-version=2030-01-01
```

## URI Parameters

| Name | In | Required | Type | Description |
| --- | --- | --- | --- | --- |
| endpoint | path | True | string | The address of the service. |
| api-version | query | True | string | The version. |

## Request Body

| Name | Required | Type | Description |
| --- | --- | --- | --- |
| name | True | string | What it is called. |
| depth | | integer | How deep it is. |

## Responses

| Name | Type | Description |
| --- | --- | --- |
| 201 Created | [Berth](#berth) | |

## Examples

### Create a berth

#### Sample request

```http
POST https://north.moor.example/berths?api-version=2030-01-01

{"name": "A"}
```

#### Sample response

Status code: 201

```json
{"name": "A"}
```
"""


def test_a_parameter_may_stand_for_the_server_of_an_address() -> None:
    ((name, files),) = captured(MICROSOFT).items()
    assert name == "POST /berths"
    assert parameters(files) == {"api-version": ("query", True, {"type": "string"})}
    assert [*files["body.schema.json"]["properties"]] == ["name", "depth"]
    assert files["body.schema.json"]["required"] == ["name"]
    assert files["operation.json"]["server"] == "https://north.moor.example"


def test_parameters_above_the_only_operation_that_docpact_can_read_are_a_gap() -> None:
    page = MICROSOFT.replace("POST {endpoint}/berths", "POST https://[any quay] x/berths")
    ((name, files),) = captured(page).items()
    assert name == "POST /berths"
    assert documents_of_outside(files) == ["operation"]
    models = page.replace("## URI Parameters", "## Berth").replace("## Request Body", "## Quay")
    ((_, files),) = captured(models).items()
    assert documents_of_outside(files) == []
    unclear = models.replace("## Berth", "## Berth\n\n### Parameters")
    ((_, files),) = captured(unclear).items()
    assert documents_of_outside(files) == ["response"]


def documents_of_outside(files: Files) -> list[str]:
    """Return the document of each gap about statements outside of the operation's section."""
    found = files["operation.json"]["gaps"]
    return [each["document"] for each in found if "outside of the section" in each["said"]]


def test_a_segment_may_have_two_names_for_one_parameter() -> None:
    page = """\
# List boats

```http
GET /owners/{id | email}/boats
```

### Examples

#### Request

```http
GET https://moor.example/v1/owners/7/boats
```

#### Response

```json
{"boats": []}
```
"""
    ((name, files),) = captured(page).items()
    assert name == "GET /owners/{id}/boats"
    assert files["operation.json"]["server"] == "https://moor.example/v1"


def copied(page: str) -> str:
    """Return a page of AWS as a browser copies it: without marks of Markdown."""
    page = re.sub(r"(?m)^ ?\*\* ?\[(\w+)\]\(.*$", r"\n\1\n", page)
    keys = '"Count": number, "MaxResults": 1, "State": "string", "Tags": {}'
    page = page.replace('"Count": number', keys)
    page = re.sub(r"(?m)^#+ (.*)$", r"\n\1\n", page).replace("[Berth](api-berth.md)", "Berth")
    return re.sub(r"\n{3,}", "\n\n", page.replace("```", "").replace("`", ""))


def test_aws_as_copied_from_a_browser_is_the_same() -> None:
    ((name, files),) = captured(copied(AWS)).items()
    ((_, marked),) = captured(AWS).items()
    assert name == "GET /harbors/{HarborId}/berths"
    assert parameters(files) == parameters(marked)
    assert files["response.schema.json"] == marked["response.schema.json"]
    assert "the list below 'URI Request Parameters'" in gaps(files)


def test_copied_elements_that_the_syntax_does_not_show_are_refused() -> None:
    with pytest.raises(PageError, match="no parameters, no fields"):
        captured(copied(AWS).replace('"Count": number', '"Other": 1'))


def test_microsoft_states_limits_behind_types() -> None:
    name = (
        "| name | True | string minLength: 3maxLength: 63 pattern: ^[a-z]+$ | What it is called. |"
    )
    page = MICROSOFT.replace("| name | True | string | What it is called. |", name)
    depth = "integer (int32) minimum: 1maximum: 90"
    ((_, files),) = captured(page.replace("| integer |", f"| {depth} |")).items()
    fields = files["body.schema.json"]["properties"]
    assert fields["name"] == {"type": "string", "minLength": 3, "maxLength": 63}
    stated = {"type": "integer", "format": "int32", "minimum": 1, "maximum": 90}
    assert fields["depth"] == stated
    assert "name: the text 'pattern: ^[a-z]+$'" in gaps(files)


def test_other_paths_of_an_operation_are_a_gap() -> None:
    page = """\
# List boats

## HTTP request

```http
GET /me/boats
GET /owners/{id}/boats
```

## Query parameters

| Name | Type | Required |
| --- | --- | --- |
| day | string | yes |

## Example

### Request

```http
GET https://moor.example/v1/me/boats
```

### Response

```json
{"boats": []}
```
"""
    ((name, files),) = captured(page).items()
    assert name == "GET /me/boats"
    assert parameters(files) == {"day": ("query", True, {"type": "string"})}
    assert files["operation.json"]["server"] == "https://moor.example/v1"
    assert "the same operation at /owners/{id}/boats" in gaps(files)
    with pytest.raises(PageError):
        captured(page.replace("GET /owners", "POST /owners"))
