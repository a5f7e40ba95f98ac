"""Text copied from a page of Scalar."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.capture.sources import list_operations
from docpact.catalogue import load_files

PAGE = """\
Search
Boats
Close Group

List boats
HTTP METHOD: GET

Boats \u200bCopy link
All about boats.

BoatsOperations
GET
/harbors/{harbor}/boats
POST
/boats
List boats\u200bCopy link
Every boat of a harbor.

Path Parameters
harborCopy link to harbor
Type:string
Format:uuid
required
Example
The harbor

Query Parameters
limitCopy link to limit
Type:integer
Format:int32
min:\x20\x20
1
max:\x20\x20
50
Default
How many boats.

stateCopy link to state
Type:string
enum
The state.

200
sold
rigsCopy link to rigs
Type:array string[] \u00b7 Rig[]
enum
1…3
Rigs of the boats

sloop
ketch
Type:string \u00b7 Rig
enum
A rig.

sloop
ketch
Headers
Boats-VersionCopy link to Boats-Version
Type:string
enum
Which version.

1.0
1.1
Show all values
Responses

200
A page of boats
application/json

404
No such harbor
Request Example forGET/harbors/{harbor}/boats
Shell Curl
curl https://boats.example/api/v2/harbors/1f/boats \\
  --header 'X-Pier: YOUR_SECRET_TOKEN'



Test Request
(get /harbors/{harbor}/boats)
STATUS:200
STATUS:404
{
  "boats": [
    {
      "id": 1
    }
  ]
}

A page of boats

Add a boat\u200bCopy link
Adds one.

Body
required
application/json
A boat

nameCopy link to name
Type:string
min length:\x20\x20
2
required
Its name

kindCopy link to kind
enum
const:\x20\x20
boat
required

boat
ownerCopy link to owner
Type:object | null \u00b7 Owner
The owner

Show Ownerfor owner
weightCopy link to weight
nullable

One of
integer
Type:integer
In tons

lengthCopy link to length
Type:number | null
multiple of:\x20\x20
0.5
Responses

201
The boat
application/json

204Copy link to 204
Nothing to add
Request Example forPOST/boats
Shell Curl
curl https://boats.example/api/v2/boats \\
  --request POST \\
  --header 'Content-Type: application/json' \\
  --data '{
  "name": "Ann",
  "kind": "boat"
}'



Test Request
(post /boats)
STATUS:201
STATUS:204
{
  "id": 1
}

The boat

Models
Boat\u200bCopy link

Powered by Scalar
"""


def read(text: str = PAGE) -> dict[str, Any]:
    found = {}
    for each in list_operations(text, "page.txt"):
        files = each.capture()
        load_files(files, "page.txt")
        found[each.method_and_path] = {name: json.loads(text) for name, text in files.items()}
    return found


def test_parameters_have_the_types_and_limits_that_scalar_prints() -> None:
    files = read()["GET /harbors/{harbor}/boats"]
    operation, query = files["operation.json"], files["query.schema.json"]["properties"]
    assert operation["server"] == "https://boats.example/api/v2"
    assert [each["name"] for each in operation["security"]] == ["X-Pier"]
    path, _, _, _, version = operation["parameters"]
    assert (path["required"], path["schema"]) == (True, {"type": "string", "format": "uuid"})
    assert version["schema"] == {"type": "string"}
    limit = {"type": "integer", "format": "int32", "minimum": 1, "maximum": 50}
    assert query["limit"] == limit
    assert query["state"] == {"type": "string", "enum": ["200", "sold"]}
    assert query["rigs"]["items"]["enum"] == ["sloop", "ketch"]
    assert (query["rigs"]["minItems"], query["rigs"]["maxItems"]) == (1, 3)
    said = [each["said"] for each in operation["gaps"]]
    assert {"limit: its default", "Boats-Version: its values"} <= {*said}


def test_a_body_has_the_fields_that_scalar_prints() -> None:
    files = read()["POST /boats"]
    body, operation = files["body.schema.json"], files["operation.json"]
    assert body["required"] == ["name", "kind"]
    assert body["properties"] == {
        "name": {"type": "string", "minLength": 2},
        "kind": {"type": "string", "enum": ["boat"]},
        "owner": {"type": ["object", "null"]},
        "weight": {},
        "length": {"type": ["number", "null"]},
    }
    assert operation["response"]["status"] == 201
    assert {"201", "204"} <= {*operation["responses"]}
    said = " ".join(each["said"] for each in operation["gaps"])
    for text in ("owner: its fields", "weight: its types", "'multiple of: 0.5'"):
        assert text in said


@pytest.mark.parametrize("other", ["propertyName", ""])
def test_a_body_that_is_no_plain_object_is_a_gap(other: str) -> None:
    name = f"{other}Copy link to {other}" if other else "Type:array object[]\n\nnoCopy link to no"
    page = PAGE.replace("nameCopy link to name", name)
    files = read(page)["POST /boats"]
    assert [*files["body.schema.json"]] == ["$schema"]
    assert "the fields of the request body" in str(files["operation.json"]["gaps"])


def test_an_operation_without_statuses_is_read() -> None:
    page = PAGE.replace("Responses\n\n200\nA page of boats\napplication/json\n\n404\n", "")
    assert [*read(page)] == ["GET /harbors/{harbor}/boats", "POST /boats"]
