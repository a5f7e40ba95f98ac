"""Text copied from pages with name and type of each row on lines of their own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.capture.sources import list_operations
from docpact.errors import PageError

QUICKNODE = """\
GET /dock/rest/v1/boats REST API Endpoint

Loading...

Updated on
Aug 25, 2025

GET /dock/rest/v1/boats REST API Endpoint

Parameters

Query Parameters

limit
integer
Loading...
email
string
REQUIRED
Whose boats.

Returns

data
array
Loading...
id
string
Loading...
pageInfo
object
Loading...
limit
integer
Loading...
Request
1
curl -X GET \\
2
"https://api.harbor.example/dock/rest/v1/boats?limit=20" \\
3
-H "accept: application/json" \\
4
-H "x-api-key: YOUR_API_KEY"
"""

STRIPE = """\
List all boats
Copy for LLM

Parameters

email
string
Whose boats.

date
string
Required
When.

Returns
A dictionary with a data property.

GET\x20
/v1/boats
cURL

curl -G https://api.harbor.example/v1/boats \\
  -u "sk_test_1234:" \\
  -d limit=3
Response
{
  "object": "list"
}
"""

GITHUB = """\
List boats

Parameters for "List boats"
Headers
Name, Type, Description
accept string
Setting to application/json is recommended.

Path parameters
Name, Type, Description
owner string Required
The owner.

Query parameters
Name, Type, Description
state string
Which boats.

Default: open

Can be one of: open, closed

sizes array of strings
Their sizes.

HTTP response status codes for "List boats"
Status code\tDescription
200\t
OK

Code samples for "List boats"
Request example
get
/docks/{owner}/boats
cURL
curl -L \\
  -H "Authorization: Bearer <YOUR-TOKEN>" \\
  https://api.harbor.example/docks/OWNER/boats
Response

Example response
Status: 200
[
  {
    "id": 1
  }
]
"""

README = """\
List boats
get
https://api.harbor.example/v1/docks/{dock}/boats
Path Params
dock
string
required
Query Params
limit
int32
1 to 100
Defaults to 20
How many.
names
array of strings
Responses
200
OK

Response body
object
total
integer
boats
array of objects
object
id
string
Request
curl --request GET \\
     --url https://api.harbor.example/v1/docks/dock/boats
"""

ZUDOKU = """\
Get boats
GET
/docks/{dock}/boats
All boats.

Get boats \u203aPath Parameters
dock\u200bstring\xa0·\xa0uuid\xa0·\xa0required
The dock.

Get boats \u203aQuery Parameters
limit\u200binteger\xa0·\xa0min: 1\xa0·\xa0max: 50
state\u200bstring\xa0·\xa0enum
Which boats.

Enum values:
open
closed
names\u200bstring[]
odd\u200bBoatKind\xa0·\xa0required
Get boats \u203aResponses
200
404
The boats

total\u200binteger\xa0·\xa0min: 0\xa0·\xa0required
first\u200bstring | null
GET/docks/{dock}/boats

curl --request GET \\
  --url https://api.harbor.example/docks/:dock/boats
shell
Example Responses

{
  "total": 1,
  "first": "a"
}
Playground
GET
/docks/{dock}/boats
Path Parameters

dock
"""


def _capture(page: str) -> tuple[dict[str, Any], dict[str, Any], str, dict[str, Any]]:
    """Return the parameters, their schemas, all gaps, and the operation."""
    (found,) = list_operations(page, "page")
    files = found.capture()
    operation = json.loads(files["operation.json"])
    query = json.loads(files["query.schema.json"])["properties"]
    parameters = {each["name"]: each for each in operation["parameters"]}
    schemas = {n: each.get("schema") or query[n] for n, each in parameters.items()}
    for each in schemas.values():
        each.pop("description", None)
    gaps = "\n".join(each["said"] for each in operation.get("gaps", ()))
    return {n: e["required"] for n, e in parameters.items()}, schemas, gaps, operation


def test_rows_above_and_below_a_heading_of_quicknode() -> None:
    required, schemas, gaps, operation = _capture(QUICKNODE)
    assert required == {"limit": False, "email": True}
    assert schemas == {"limit": {"type": "integer"}, "email": {"type": "string"}}
    assert (operation["path"], operation["server"]) == (
        "/dock/rest/v1/boats",
        "https://api.harbor.example",
    )
    assert operation["security"][0]["name"] == "x-api-key"
    assert "the fields of the response" in gaps


def test_a_row_on_the_line_of_a_placeholder() -> None:
    page = QUICKNODE.replace("Loading...\nemail", "Loading...email")
    assert _capture(page)[:2] == _capture(QUICKNODE)[:2]


def test_a_type_above_a_name_that_is_also_a_type() -> None:
    page = QUICKNODE.replace("limit\ninteger\nLoading", "limit\nint32\nLoading")
    required, schemas, _, _ = _capture(page)
    assert required == {"limit": False, "email": True}
    assert schemas["limit"] == {"type": "integer", "format": "int32"}


def test_a_page_without_marks_does_not_say_what_requests_need() -> None:
    gaps = _capture(QUICKNODE.replace("REQUIRED\n", ""))[2]
    assert "whether requests need limit, email" in gaps


def test_method_and_path_below_the_rows() -> None:
    required, schemas, _, operation = _capture(STRIPE)
    assert required == {"email": False, "date": True}
    assert schemas == {"email": {"type": "string"}, "date": {"type": "string"}}
    assert operation["server"] == "https://api.harbor.example"
    assert operation["security"][0]["scheme"] == "basic"


def test_parameters_of_a_post_have_an_unknown_place() -> None:
    page = STRIPE.replace("GET ", "POST ").replace("curl -G", "curl")
    required, _, gaps, _ = _capture(page)
    assert required == {}
    assert "how the request sends the fields below 'Parameters'" in gaps


def test_rows_of_github() -> None:
    required, schemas, gaps, operation = _capture(GITHUB)
    assert required == {"owner": True, "state": False, "sizes": False}
    assert schemas["state"] == {"type": "string"}
    assert schemas["sizes"] == {"type": "array", "items": {"type": "string"}}
    assert operation["security"][0]["scheme"] == "bearer"
    assert "limits, formats and defaults in words" in gaps


def test_rows_of_readme() -> None:
    required, schemas, gaps, operation = _capture(README)
    assert required == {"dock": True, "limit": False, "names": False}
    assert schemas["limit"] == {"type": "integer", "format": "int32"}
    assert schemas["names"] == {"type": "array", "items": {"type": "string"}}
    assert operation["server"] == "https://api.harbor.example"
    assert "the fields of the response" in gaps


def test_a_row_of_github_with_several_types_has_an_unknown_one() -> None:
    row = "milestone string or array of strings Required"
    required, schemas, gaps, _ = _capture(GITHUB.replace("sizes array of strings", row))
    assert required["milestone"]
    assert schemas["milestone"] == {}
    assert "milestone: its type" in gaps


def test_rows_of_zudoku() -> None:
    required, schemas, gaps, operation = _capture(ZUDOKU)
    assert required == {"dock": True, "limit": False, "state": False, "names": False, "odd": True}
    assert schemas["dock"] == {"type": "string", "format": "uuid"}
    assert schemas["limit"] == {"type": "integer", "minimum": 1, "maximum": 50}
    assert schemas["state"] == {"type": "string", "enum": ["open", "closed"]}
    assert schemas["odd"] == {}
    assert "odd: its type" in gaps
    assert operation["response"]["examples"] == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("string\nREQUIRED", "stringREQUIRED", "the line 'email' below limit, which may be a"),
        ("Whose boats.", "Whose.\nid\nstring\nRequired if", "whether requests need id"),
        ("email\nstring", "email\ntext", "the line 'text' below limit, which may be a parameter"),
        ("email\nstring", "emailarray of strings", "the line 'emailarray of strings' below limit"),
        ("email\nstring", "By boat.email\narray of strings", "the line 'array of strings' below"),
        ("email\nstring", "All boats.Headers\nemail\nstring", "'All boats.Headers' below limit"),
        ("email\nstring", "All boats.Path Params\nemail\nstring", "'All boats.Path Params' below"),
        (
            "Whose boats.",
            "created\ntimestamp",
            "the line 'created' below email, which may be a parameter",
        ),
    ],
)
def test_a_row_that_is_not_sure_is_a_gap(old: str, new: str, line: str) -> None:
    assert line in _capture(QUICKNODE.replace(old, new))[2]


@pytest.mark.parametrize(
    ("page", "heading", "name"),
    [
        (ZUDOKU, "Get boats \u203aPath Parameters\n", "dock"),
        (README, "Path Params\n", "dock"),
        (GITHUB, "Headers\n", "accept"),
    ],
)
def test_rows_without_their_heading_are_gaps(page: str, heading: str, name: str) -> None:
    gap = f"the row {name!r} without a heading, which may be a parameter"
    assert gap in _capture(page.replace(heading, "", 1))[2]
    assert "without a heading" not in _capture(page)[2]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("email\nstring", "email\nemail\nstring"),
        ("date\nstring", "string\ndate"),
        ("date\nstring", "Headers\nstring"),
    ],
)
def test_a_name_that_may_be_a_type_is_a_gap(old: str, new: str) -> None:
    _, schemas, gaps, _ = _capture(STRIPE.replace(old, new))
    name = new.partition("\n")[0]
    assert schemas[name] == {}
    assert f"whether {name!r} is the name of a row" in gaps


def test_a_row_of_github_with_its_description_on_one_line_is_a_gap() -> None:
    gaps = _capture(GITHUB.replace("strings\nTheir", "stringsTheir"))[2]
    assert "'sizes array of stringsTheir sizes.' below state, which may be a parameter" in gaps


LISTED = "string\nenum\nDefaults to open\nState.\n\nopen\n\nclosed\nAllowed:\n\nopen\n\nclosed"


def test_values_that_readme_lists_twice() -> None:
    page = README.replace("names\narray", f"state\n{LISTED}\nnames\narray")
    required, schemas, gaps, _ = _capture(page)
    assert list(required) == ["dock", "limit", "state", "names"]
    assert schemas["state"] == {"type": "string", "enum": ["open", "closed"], "default": "open"}
    assert "may be a parameter" not in gaps
    assert "the line 'closed' below state" in _capture(page.replace("closed", "shut", 1))[2]


def test_rows_below_an_unknown_heading_are_refused() -> None:
    page = QUICKNODE.replace("Returns\n", "Attributes\n")
    with pytest.raises(PageError, match=r"line 22: the place of the fields below 'Attributes'"):
        list_operations(page, "page")


def test_a_path_that_only_a_command_shows_is_not_a_path() -> None:
    page = README.replace("https://api.harbor.example/v1/docks/{dock}/boats\n", "", 1)
    with pytest.raises(PageError, match=r"rows below .Path Params. is not known"):
        _capture(page)


BUMP = """\
Fetch a boat
GET /boats/{id}

Path parameters
  • id string(uuid) Required
    The boat.

Responses
  • 200 application/json
GET /boats/{id}

curl --request GET 'https://api.harbor.example/boats/{id}'
Response examples (200)
{
  "id": "a"
}
"""


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        pytest.param(BUMP, "no parameters and no fields in a form", id="bullets"),
        pytest.param(
            "Boats\nList boats\nGET /boats\nParameters\nName\n\u2022 limit\n\ninteger\n",
            "line 4: the rows below 'Parameters' are in a form that docpact does not read; give",
            id="bullets with types below",
        ),
        pytest.param(
            "Boats\nGET\nList boats\nhttps://api.harbor.example/boats?limit=1\nQuery Params\nlimit",
            "line 2: method and path are on lines of their own, above rows in a form",
            id="title below the method",
        ),
        pytest.param(
            "List boats\nget\n/boats\nLimit of boats\n",
            "line 2: method and path are on lines of their own, above rows in a form",
            id="other rows",
        ),
    ],
)
def test_a_page_in_another_form_is_refused_with_its_reason(page: str, problem: str) -> None:
    with pytest.raises(PageError, match=problem):
        _capture(page)


def test_a_parameter_of_the_path_below_a_common_heading() -> None:
    page = STRIPE.replace("/v1/boats", "/v1/{email}/boats")
    required = _capture(page)[0]
    assert required == {"email": True, "date": True}


def test_a_request_shown_twice_is_not_a_response() -> None:
    sent = "shell\nExample Request Body\n[\n  1\n]\njson\nExample Responses"
    page = ZUDOKU.replace("shell\nExample Responses", sent)
    assert _capture(page)[2] == _capture(ZUDOKU)[2]


def test_a_server_between_method_and_path() -> None:
    page = ZUDOKU.replace("GET\n/docks", "GET\nhttps://api.dock.example/v2\n/docks", 1)
    required, _, _, operation = _capture(page)
    assert list(required) == ["dock", "limit", "state", "names", "odd"]
    assert operation["server"] == "https://api.dock.example/v2"


def test_a_response_without_a_body() -> None:
    start, end = ZUDOKU.index("total\u200b"), ZUDOKU.index("Playground")
    called = "GET/docks/{dock}/boats\ncurl https://api.harbor.example/docks/1/boats\n"
    page = f"{ZUDOKU[:start]}No data returned\n{called}{ZUDOKU[end:]}"
    assert _capture(page)[3]["response"]["content_type"] == ""


SERVER = "GET\nhttps://api.dock.example\n/docks/{dock}/boats\nAll"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        pytest.param("50\nstate", "50state", 12, id="two rows on a line"),
        pytest.param("Query Parameters\nlimit", "Query Parameterslimit", 11, id="heading and row"),
        pytest.param("required\nGet", "required Get", 20, id="row and heading"),
        pytest.param("Path Parameters\ndock", "Path Parametersdock", 7, id="first heading and row"),
    ],
)
def test_damaged_lines_of_zudoku_are_refused(old: str, new: str, line: int) -> None:
    page = ZUDOKU.replace("GET\n/docks/{dock}/boats\nAll", SERVER, 1)
    assert old in page
    with pytest.raises(PageError) as refused:
        _capture(page.replace(old, new))
    assert refused.value.line == line


@pytest.mark.parametrize("between", ["/docks", "\nhttps://api.example\n/docks"])
def test_server_and_path_in_other_lines_are_the_operation_below(between: str) -> None:
    page = ZUDOKU.replace("GET\n/docks", f"GET\nhttps://api.dock.example{between}", 1)
    assert list(_capture(page)[0]) == ["dock", "limit", "state", "names", "odd"]
