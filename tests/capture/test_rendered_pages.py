"""Text copied from a browser: Redoc, Swagger UI, Stoplight Elements, and tables."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.capture.rendered.nesting import make_object
from docpact.capture.rendered.rows import Row
from docpact.capture.sources import list_operations
from docpact.errors import PageError

REDOC = """\
Boats of a harbor
AUTHORIZATIONS:
Pier
PATH PARAMETERS
harbor
required
string <uuid>
Example: 1f
The harbor

QUERY PARAMETERS
limit\t
integer <int32> [ 1 .. 50 ]
Default: 20
How many boats

rig\t
Array of strings
Items Enum: "sloop" "ketch"
Rigs

depth\t
Depth (number) or Depth (null) (Depth)
In meters

Responses
200 A page of boats
RESPONSE SCHEMA: application/json
boats
required
Array of objects (Boat)
owner\t
object or null (Owner)
next\t
string or null non-empty
404 No such harbor

GET
/harbors/{harbor}/boats

Response samples
200404
Content type
application/json

Copy
Expand allCollapse all
{
"boats": [
{}
],
"owner": {},
"next": "n"
}
Add a boat
REQUEST BODY SCHEMA: application/json
required
name
required
string^[A-Z]+$
crew\t
object (Crew)
skipper
required
string
One line
about it

since\t
string <date>
Responses
201 Added
204 Known

POST
/boats

Request samples
Payload
Content type
application/json

Copy
{
"name": "A",
"crew": {
"skipper": "B",
"since": "2030-01-02"
}
}
"""

SWAGGER = """\
Servers
https://moor.example/v1

GET
/boats/{boat}
Get a boat

Parameters
Try it out
Name\tDescription
boat\u00a0 *
integer($int64)
(path)
The boat

sort
string
(query)
Available values : asc, desc

Default value : asc


kind
(query)
Any kind

filter
object
(query)
Which boats

Responses
Code\tDescription\tLinks
200\t
The boat

Media type

Controls Accept header.
Example Value
Schema
{
  "id": 1
}
No links
404\t
No such boat
No links
"""

ELEMENTS = """\
Get a boat
GET
https://moor.example/boats/{boat}
Request
Path Parameters
boat
string
required
Headers
Trace
string
Allowed values:
on
off
Example:
on
Responses
200
404
The boat

Body


application/json
responses
/
200
id
integer
required
The boat

>= 1
Example:
200
owner
object
Who has it

name
string
required
sails
array[string]
labels
dictionary[string, integer]
berth
Berth or null
The berth

id
string
Token
:

boat*
:

Extra
:

Send API Request
curl --request GET \\
  --url https://moor.example/boats/7 \\
  --header 'Authorization: Bearer 123'
{
  "id": 7,
  "owner": {
    "name": "N"
  },
  "sails": [
    "jib"
  ],
  "labels": {
    "a": 1
  }
}
"""


TABLES = """\
List boats
GET /v1/boats/{owner}
Boats of an owner.

Query parameters

Name\tType\tRequired\tDescription
limit\tinteger\tno\tHow many
boats, at most 50
sort\tstring\tyes\tThe order

Response

Field\tType\tDescription
id\tstring\tThe id

Example request

curl https://moor.example/v1/boats/7 \\
  -H "X-Api-Key: $KEY"

Example response

{
  "id": "1"
}
"""


def captured(page: str) -> dict[str, dict[str, Any]]:
    """Return the decoded files of each operation of a page, by method and path."""
    found = list_operations(page, "page.txt")
    return {
        each.name: {name: json.loads(text) for name, text in each.capture().items()}
        for each in found
    }


def stated(files: dict[str, Any]) -> dict[str, tuple[str, bool, Any]]:
    """Return location, need and schema of each parameter."""
    query = files["query.schema.json"]["properties"]
    return {
        each["name"]: (
            each["in"],
            each["required"],
            query[each["name"]] if each["in"] == "query" else each["schema"],
        )
        for each in files["operation.json"]["parameters"]
    }


def gaps(files: dict[str, Any], document: str = "") -> str:
    found = files["operation.json"]["gaps"]
    return "\n".join(each["said"] for each in found if document in ("", each["document"]))


def test_redoc_states_parameters_and_fields_above_method_and_path() -> None:
    files = captured(REDOC)["GET /harbors/{harbor}/boats"]
    assert stated(files) == {
        "harbor": ("path", True, {"type": "string", "format": "uuid"}),
        "limit": (
            *("query", False),
            {"type": "integer", "format": "int32", "minimum": 1, "maximum": 50, "default": 20},
        ),
        "rig": (
            *("query", False),
            {"type": "array", "items": {"type": "string", "enum": ["sloop", "ketch"]}},
        ),
        "depth": ("query", False, {"type": "number"}),
    }
    schema = files["response.schema.json"]
    assert schema["required"] == ["boats"]
    assert {name: each["type"] for name, each in schema["properties"].items()} == {
        "boats": "array",
        "owner": ["object", "null"],
        "next": ["string", "null"],
    }
    assert schema["properties"]["next"]["minLength"] == 1
    assert [*files["operation.json"]["responses"]] == ["200", "404"]
    assert "depth: the limits of its types" in gaps(files)
    assert "the credential, named 'Pier'" in gaps(files, "operation")
    assert "the server" in gaps(files, "operation")


def test_fields_of_an_object_are_placed_where_the_example_has_them() -> None:
    files = captured(REDOC)["POST /boats"]
    body = files["body.schema.json"]
    assert body["required"] == ["name"]
    crew = body["properties"]["crew"]
    assert crew["required"] == ["skipper"]
    assert crew["properties"]["since"] == {"type": "string", "format": "date"}
    assert "whether a request needs a body" not in gaps(files)
    assert "name: the text '^[A-Z]+$'" in gaps(files, "operation")
    assert [*files["operation.json"]["responses"]] == ["201", "204"]


def test_fields_without_an_example_below_an_object_are_a_gap() -> None:
    page = REDOC.replace('"crew": {\n"skipper": "B",\n"since": "2030-01-02"\n}', '"crew": {}')
    files = captured(page)["POST /boats"]
    assert [*files["body.schema.json"]["properties"]] == ["name", "crew"]
    assert "skipper: which object it is in" in gaps(files, "operation")
    several = captured(REDOC.replace("crew\t\nobject", "One of Sail\ncrew\t\nobject"))
    assert "properties" not in several["POST /boats"]["body.schema.json"]
    assert "the fields of the request body" in gaps(several["POST /boats"], "operation")


def test_a_pattern_with_a_label_is_a_gap() -> None:
    page = ELEMENTS.replace(
        "name\nstring\nrequired\n", "name\nstring\nrequired\nMatch pattern:^a$\n"
    )
    said = [gaps(files) for files in captured(page).values()]
    assert any("name: its pattern" in each for each in said)


def test_swagger_ui_states_parameters_but_no_limits_and_no_fields() -> None:
    ((name, files),) = captured(SWAGGER).items()
    assert name == "GET /boats/{boat}"
    assert files["operation.json"]["server"] == "https://moor.example/v1"
    assert stated(files) == {
        "boat": ("path", True, {"type": "integer", "format": "int64"}),
        "sort": ("query", False, {"type": "string", "enum": ["asc", "desc"], "default": "asc"}),
        "kind": ("query", False, {}),
    }
    said = gaps(files)
    assert "kind: its type" in said
    assert "filter: how a query encodes its object" in said
    assert "limits of parameters" in said
    assert "the fields of the response" in said
    assert [*files["operation.json"]["responses"]] == ["200", "404"]


def test_elements_states_fields_until_one_whose_type_is_a_title() -> None:
    ((_, files),) = captured(ELEMENTS).items()
    operation = files["operation.json"]
    assert operation["server"] == "https://moor.example"
    assert operation["security"][0]["scheme"] == "bearer"
    assert stated(files) == {
        "boat": ("path", True, {"type": "string"}),
        "Trace": ("header", False, {"type": "string", "enum": ["on", "off"]}),
    }
    schema = files["response.schema.json"]
    assert {**schema["properties"]["id"], "description": ""} == {
        "type": "integer",
        "minimum": 1,
        "description": "",
    }
    assert schema["properties"]["owner"]["required"] == ["name"]
    assert schema["properties"]["labels"]["additionalProperties"] == {"type": "integer"}
    assert "labels: the words below it, which may be fields: berth" in gaps(files)
    assert "the parameter Extra" in gaps(files, "operation")
    assert [*operation["responses"]] == ["200", "404"]


def test_an_operation_that_such_a_page_only_lists_is_refused() -> None:
    listed = list_operations(f"{SWAGGER}\nGET\n/piers\n", "page.txt")
    assert [each.name for each in listed] == ["GET /boats/{boat}", "GET /piers"]
    with pytest.raises(PageError, match="no parameters, no responses"):
        listed[1].capture()


def test_parameters_below_an_object_may_be_its_fields() -> None:
    rows = "Query Parameters\nfilter\narray[Filter]\nscope\nstring\n"
    ((_, files),) = captured(ELEMENTS.replace("Headers\n", f"{rows}Headers\n", 1)).items()
    assert set(stated(files)) == {"boat", "Trace"}
    assert "how the request sends scope" in gaps(files, "operation")


def test_tables_with_tabs_are_read_below_the_names_of_their_sections() -> None:
    ((name, files),) = captured(TABLES).items()
    assert name == "GET /v1/boats/{owner}"
    assert stated(files) == {
        "owner": ("path", True, {"type": "string"}),
        "limit": ("query", False, {"type": "integer", "maximum": 50}),
        "sort": ("query", True, {"type": "string"}),
    }
    assert [*files["response.schema.json"]["properties"]] == ["id"]
    assert files["operation.json"]["security"][0]["name"] == "X-Api-Key"
    assert files["operation.json"]["response"]["examples"] == [{"id": "1"}]


def test_a_table_with_tabs_below_other_text_is_refused() -> None:
    with pytest.raises(PageError):
        captured(TABLES.replace("Response\n\nField", "A boat has these:\n\nField"))


def test_the_type_of_an_item_may_be_behind_its_name() -> None:
    items = ("`limit` *integer* - How many", "`sort` string **required**: The order")
    others = ("`old` *boolean* (optional)", "`like` *this one* has no type")
    page = "# Boats\n\n`GET /boats`\n\n### Query parameters\n"
    page = "\n- ".join((page, *items, *others))
    ((_, files),) = captured(page).items()
    assert {name: (need, schema) for name, (_, need, schema) in stated(files).items()} == {
        "limit": (False, {"type": "integer"}),
        "sort": (True, {"type": "string"}),
        "old": (False, {"type": "boolean"}),
    }
    assert "the list below 'Query parameters'" in gaps(files)


@pytest.mark.sampled(3)
def test_a_default_that_is_nested_too_deeply_is_a_gap() -> None:
    files = captured(REDOC.replace("Default: 20", f"Default: {'[' * 100_000}"))
    found = files["GET /harbors/{harbor}/boats"]
    assert "default" not in found["query.schema.json"]["properties"]["limit"]
    assert "limit: its default" in [each["said"] for each in found["operation.json"]["gaps"]]


@pytest.mark.parametrize("page", [REDOC, SWAGGER, ELEMENTS, TABLES])
def test_damaged_pages_are_refused_or_read(page: str) -> None:
    lines = page.split("\n")
    for at in range(len(lines)):
        for damaged in ([*lines[:at], *lines[at + 1 :]], lines[:at], [*lines[at:], *lines[:at]]):
            try:
                found = list_operations("\n".join(damaged), "page.txt")
            except PageError:
                continue
            assert all("/" in each.method_and_path for each in found)


def test_gaps_have_the_same_order_in_every_process() -> None:
    names = [*"hgfedcba"]
    row = Row(1, "id", {"type": "integer"})
    found = make_object([row], dict.fromkeys(("id", *names), 1), hides=True)
    assert found is not None
    assert [text.split(",")[0] for _, text in found[1]] == [f"the field {n}" for n in sorted(names)]
