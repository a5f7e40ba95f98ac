"""Types that a page prints by their names, in full once and in short wherever they come again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from docpact.capture import capture
from docpact.capture.sources import list_operations
from docpact.errors import PageError

MARKDOWN = """\
## List Ships

**get** `/v1/ships`

Every ship.

### Header Parameters

- `"x-beta": optional array of Beta`

  What to try out.

  - `UnionMember0 = string`

  - `UnionMember1 = "sails" or "oars" or "tow" or 2 more`

    - `"sails"`

    - `"oars"`

    - `"tow"`

    - `"steam"`

    - `"sun"`

### Returns

- `ships: array of Ship`

  - `name: string`

  - `rig: Rig`

    - `"sloop"`

    - `"yawl"`

  - `tender: optional Ship`

- `flag: Ship`

- `home: Harbour`

### Example

```http
curl https://ships.example/v1/ships
```
"""

BODY = (
    '{"flag": {"name": "a", "mate": {"name": "b"}}, '
    '"spare": {"name": "c", "mate": {"name": "d"}}, "crew": []}'
)

TEXT = """\
List Ships

GET/v1/ships

Query ParametersExpand Collapse
rig: optional Rig

Accepts one of the following:
"sloop"
"yawl"
ReturnsExpand Collapse
flag: Ship { name, mate }

name: string
mate: Person { name }

name: string
spare: Ship { name, mate }
crew: array of Person { name }
List Ships
curl https://ships.example/v1/ships
{body}
Returns Examples
{body}
""".replace("{body}", BODY)


def schema(page: str, document: str = "response") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capture(page)[f"{document}.schema.json"])
    return found


def test_a_named_type_comes_again_by_reference() -> None:
    found = schema(MARKDOWN)
    ship = {"$ref": "#/$defs/Ship"}
    assert found["properties"]["ships"] == {"type": "array", "items": ship}
    assert found["properties"]["flag"] == ship
    assert found["$defs"]["Ship"]["properties"]["tender"] == {"anyOf": [ship, {"type": "null"}]}


def test_a_named_enumeration_is_its_list() -> None:
    rig = schema(MARKDOWN)["$defs"]["Ship"]["properties"]["rig"]
    assert rig == {"type": "string", "enum": ["sloop", "yawl"]}
    assert schema(TEXT, "query")["properties"]["rig"] == rig


def test_a_named_union_is_its_members() -> None:
    (parameter,) = json.loads(capture(MARKDOWN)["operation.json"])["parameters"]
    listed = ["sails", "oars", "tow", "steam", "sun"]
    assert parameter["schema"]["items"]["anyOf"] == [
        {"title": "UnionMember0", "type": "string"},
        {"title": "UnionMember1", "type": "string", "enum": listed},
    ]


def test_what_is_printed_nowhere_is_a_gap() -> None:
    gaps = json.loads(capture(MARKDOWN)["operation.json"])["gaps"]
    assert [gap["said"].partition(",")[0] for gap in gaps] == [
        "the fields of Harbour",
        "limits and formats",
        "an example body",
    ]
    assert schema(MARKDOWN)["properties"]["home"] == {}


def test_in_text_a_short_print_is_told_from_a_full_one_by_what_follows() -> None:
    found = schema(TEXT)
    assert found["properties"]["spare"] == {"$ref": "#/$defs/Ship"}
    assert found["properties"]["crew"]["items"] == {"$ref": "#/$defs/Person"}


def test_where_both_add_up_the_page_is_refused() -> None:
    both = TEXT.replace("mate: Person { name }\n\nname: string", "mate: string")
    both = both.replace(
        "spare: Ship { name, mate }\n", "spare: Ship { name, mate }\nname: string\n"
    )
    both = both.replace("crew: array of Person { name }", "mate: string\ncrew: optional unknown")
    body = '{"flag": {"name": "a", "mate": "b"}, "spare": {"name": "c", "mate": "d"}}'
    lines = [body if line.startswith('{"flag"') else line for line in both.split("\n")]
    found = schema("\n".join(lines))
    assert "name" not in found["properties"], "the example body tells the two readings apart"
    empty = [line.replace('"spare": {"name": "c", "mate": "d"}', "") for line in lines]
    with pytest.raises(PageError):
        capture("\n".join(empty))


SHARED = """\
## Get Tree

**get** `/v1/trees/{id}`

### Path Parameters

- `id: string`

### Returns

- `owner: Owner`

- `kind: optional Kind`

- `price: Price`

- `leaf: optional Leaf`

- `lost: optional Nothing`

## List Trees

**get** `/v1/trees`

### Returns

- `trees: array of Owner`

## Domain Types

### Owner

- `Owner object { name, boss }`

  - `name: string`

  - `boss: optional Owner`

### Damaged

- `Damaged object { name, boss }`

  - `name: string`

### Kind

- `Kind = "oak" or "elm"`

  - `"oak"`

  - `"elm"`

### Price

- `Price = number or string`

  - `number`

  - `string`

# Leaves

## Domain Types

### Leaf

- `Leaf object { green }`

  - `green: boolean`
"""


def test_types_of_the_whole_page_are_known_to_each_of_its_operations() -> None:
    one, other = list_operations(SHARED, "page")
    schema = json.loads(one.capture()["response.schema.json"])
    maybe = {"anyOf": [{"$ref": "#/$defs/Owner"}, {"type": "null"}]}
    owner = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "boss": maybe},
        "required": ["name"],
    }
    assert schema["$defs"] == {
        "Owner": owner,
        "Kind": {"type": "string", "enum": ["oak", "elm"]},
        "Price": {"type": ["number", "string"]},
        "Leaf": {
            "type": "object",
            "properties": {"green": {"type": "boolean"}},
            "required": ["green"],
        },
    }
    assert schema["properties"]["lost"] == {}
    assert schema["properties"]["owner"] == {"$ref": "#/$defs/Owner"}
    (gap,) = (each for each in gaps(one.capture()) if "fields of" in each)
    assert gap == "the fields of Nothing"
    traced = json.loads(one.capture()["operation.json"])
    line = traced["provenance"]["response"]["/$defs/Kind/enum"]
    assert traced["lines"][str(line)] == '- `Kind = "oak" or "elm"`'
    several = json.loads(other.capture()["response.schema.json"])
    assert several["$defs"] == {"Owner": owner}


def gaps(files: Mapping[str, str]) -> list[str]:
    return [each["said"] for each in json.loads(files["operation.json"])["gaps"]]
