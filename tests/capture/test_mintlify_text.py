"""Text copied from a page of Mintlify."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest

from docpact.capture.sources import list_operations
from docpact.errors import PageError

CALL = """\
curl --request GET \\
  --url https://api.harbor.example/v1/docks/{dock}/boats \\
  --header 'Authorization: Bearer <token>' \\
  --header 'Boats-Version: 2026-01-01'
"""
SAMPLE = """\
200
{
  "boats": [{"name": "<string>", "crew": {"size": 123}, "log": {"entry": 1}}],
  "next": "<string>",
  "more": true
}
"""
ROWS = """\
Authorizations
\u200b
Authorization
stringheaderrequired
Bearer authentication header of the form Bearer <token>.

Headers
Boats-Version
stringrequired
The version.

Path Parameters
dock
string<uuid>
required

Query Parameters
limit
integerdefault:20
How many boats.

Required range: 1 <= x <= 100
state
enum<string>
default: sold
Whether they are sold.

Available options:
sold,
afloat
name
string
Only boats of that name.

Required string length: 2 - 40

rig

string
A rig, or several.

keel[depth]
number | null
Required range: x > 0
Example:
12
tags
enum<string>[]
Available options: fast, old
where
object
A condition.
Show child attributes

Response
200

200
application/json
All boats.

boats
object[]required
Hide child attributes

boats.name
stringrequired
The name.

boats.crew
object
Hide child attributes

boats.crew.size
integer<int32>required

boats.log
object
Show child attributes

next
string | nullrequired
The next page.

kind
Sloop · object | Ketch · object
required
"""
PATH = "List boats\nGET\n/\nv1\n/\ndocks\n/\n{dock}\n/\nboats\nTry it\n"
BELOW = f"{PATH}{ROWS}Was this page helpful?\ncURL\n{CALL}{SAMPLE}"
ABOVE = f"{CALL}{SAMPLE}{PATH}{ROWS}"


def captured(page: str) -> dict[str, Any]:
    (found,) = list_operations(page, "page")
    return {name: json.loads(text) for name, text in found.capture().items()}


def gaps(files: dict[str, Any]) -> list[str]:
    return [each["said"] for each in files["operation.json"]["gaps"]]


@pytest.mark.parametrize("page", [BELOW, ABOVE, BELOW.replace("\n", "\r\n")])
def test_parameters_and_credential_are_those_of_the_rows(page: str) -> None:
    files = captured(page)
    operation, query = files["operation.json"], files["query.schema.json"]
    assert operation["path"] == "/v1/docks/{dock}/boats"
    assert [each["type"] for each in operation["security"]] == ["http"]
    stated = {name: {k: v for k, v in each.items() if k != "description"}
              for name, each in query["properties"].items()}  # fmt: skip
    assert stated["limit"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    assert stated["state"] == {"type": "string", "enum": ["sold", "afloat"], "default": "sold"}
    assert stated["name"] == {"type": "string", "minLength": 2, "maxLength": 40}
    assert stated["keel[depth]"] == {"type": "number", "exclusiveMinimum": 0}
    assert stated["tags"]["items"] == {"type": "string", "enum": ["fast", "old"]}
    assert "type" not in stated["rig"]
    assert "where" not in stated
    assert "rig: its types" in gaps(files)
    assert "where: how a query encodes its object" in gaps(files)
    (version,) = (each for each in operation["parameters"] if each["name"] == "Boats-Version")
    assert version["schema"]["examples"] == ["2026-01-01"]


@pytest.mark.parametrize("page", [BELOW, ABOVE])
def test_fields_are_inside_the_object_that_their_names_begin_with(page: str) -> None:
    files = captured(page)
    schema = files["response.schema.json"]
    assert schema["required"] == ["boats", "next", "kind"]
    boat = schema["properties"]["boats"]["items"]
    assert boat["required"] == ["name"]
    assert boat["properties"]["crew"]["properties"]["size"] == {
        "type": "integer",
        "format": "int32",
    }
    assert "type" not in schema["properties"]["kind"]
    said = gaps(files)
    assert {"boats: log: its fields", "kind: its type"} <= {*said}
    assert any("the field more" in each for each in said)


def test_rows_of_a_list_are_those_of_its_items_and_without_an_example_a_gap() -> None:
    is_list = BELOW.replace('200\n{\n  "boats"', '200\n[{\n  "boats"').replace(
        "true\n}", "true\n}]"
    )
    assert captured(is_list)["response.schema.json"]["type"] == "array"
    files = captured(PATH + ROWS)
    assert "the fields of the response" in gaps(files)


def test_types_on_several_lines_are_those_of_one_row() -> None:
    page = BELOW.replace("next\nstring | null", "next\nstring\nobject\nstring\n")
    files = captured(page)
    assert "next: its types, or the row object behind it" in gaps(files)
    assert "object" not in files["response.schema.json"]["properties"]


def test_keys_in_headers_are_credentials() -> None:
    keys = "Headers\nX-Api-Key\nstringrequired\nYour key.\n\nResponse"
    page = BELOW.replace("Authorizations", "Notes").replace("Response", keys, 1)
    operation = captured(page)["operation.json"]
    assert [each["name"] for each in operation["security"]] == ["X-Api-Key"]
    assert "X-Api-Key" not in [each["name"] for each in operation["parameters"]]


def test_rows_with_a_place_among_the_credentials_are_credentials() -> None:
    one = "Bearer authentication header of the form Bearer <token>.\n"
    other = "Authorization\nstringheaderrequired\n" + one
    keys = "KEY\nstringheaderrequired\nYour key.\n\n\nACCESS-SIGNATURE\nstringheaderrequired\nIt.\n"
    files = captured(BELOW.replace(other, keys, 1))
    assert [each["name"] for each in files["operation.json"]["security"]] == [
        "KEY",
        "ACCESS-SIGNATURE",
    ]
    assert not any("ACCESS-SIGNATURE" in each for each in gaps(files))


def test_a_section_whose_names_are_lost_is_a_gap() -> None:
    start, end = ROWS.index("limit\n"), ROWS.index("Response\n")
    page = f"{PATH}{ROWS[:start]}How many boats.\n1 <= x <= 100\n{ROWS[end:]}"
    files = captured(page)
    assert any("How many boats." in each for each in gaps(files))
    assert any(each["pointer"] == "/parameters" for each in files["operation.json"]["gaps"])


def test_rows_without_a_heading_are_a_gap() -> None:
    start = ROWS.index("limit\n")
    files = captured(f"{PATH}{ROWS[start:]}{SAMPLE}")
    assert "how the request sends limit" in gaps(files)


def test_several_pages_are_several_operations() -> None:
    other = BELOW.replace("\nGET\n", "\nDELETE\n").replace("limit\n", "force\n")
    found = list_operations(f"{BELOW}\n{other}", "page")
    first, second = (json.loads(each.capture()["query.schema.json"]) for each in found)
    assert [each.method_and_path for each in found] == [
        "GET /v1/docks/{dock}/boats",
        "DELETE /v1/docks/{dock}/boats",
    ]
    assert "limit" in first["properties"]
    assert "force" in second["properties"]


TABLES = """\
List boats
GET
https://api.harbor.example/v1/docks/:dock/boats
All boats.
Path Parameters
Name
Type
Description
dock*
string
Query Parameters
Name
Type
Description
limit
integer
How many.
Headers
Name
Type
Description
X-Boats-Key*
string
200 Success
{"boats": []}
"""


def test_tables_of_gitbook_have_a_line_for_each_cell() -> None:
    files = captured(TABLES)
    operation = files["operation.json"]
    assert (operation["server"], operation["path"]) == (
        "https://api.harbor.example",
        "/v1/docks/{dock}/boats",
    )
    assert [each["name"] for each in operation["security"]] == ["X-Boats-Key"]
    assert files["query.schema.json"]["properties"]["limit"]["type"] == "integer"
    assert "whether requests need limit" in gaps(files)


PIECES = "GET\n/\nv1\n/\ndocks\n/\n{dock}\n/\nboats\n"


@pytest.mark.parametrize("piece", ["v1", "docks", "{dock}"])
@pytest.mark.parametrize("lost", ["{}\n", "/\n{}\n", "\n{}\n"])
def test_a_path_without_a_piece_is_refused(piece: str, lost: str) -> None:
    whole = f"Boats\n{PIECES}\n{ROWS}"
    assert captured(whole)["operation.json"]["path"] == "/v1/docks/{dock}/boats"
    kept = {"{}\n": "", "/\n{}\n": "{}\n", "\n{}\n": "\n/\n{}\n"}[lost]
    damaged = whole.replace(lost.format(piece), kept.format(piece), 1)
    assert damaged != whole
    with pytest.raises(PageError):
        captured(damaged)


@pytest.mark.parametrize("end", ["", "/\n", "boats\n"])
def test_a_command_for_a_longer_path_is_refused(end: str) -> None:
    begin = PIECES.removesuffix("/\nboats\n")
    page = f"Boats\n{begin}{end}\n{ROWS}\n{CALL}\n{SAMPLE}"
    with pytest.raises(PageError, match="is not complete: the command requests"):
        captured(page)


LINES = BELOW.splitlines()


@pytest.mark.parametrize("page", [
    *("\n".join(LINES[:n]) for n in range(0, len(LINES), 9)),
    *("\n".join(LINES[:n] + LINES[n + 1 :]) for n in range(0, len(LINES), 9)),
])  # fmt: skip
def test_damaged_pages_are_refused_or_read(page: str) -> None:
    with suppress(PageError):
        assert all(each.capture() for each in list_operations(page, "page"))
