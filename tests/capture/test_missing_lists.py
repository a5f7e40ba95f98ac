"""Text of Stainless in which a list, or the line above it, is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.capture import capture

PAGE = """\
Build a Boat

POST/v1/boats

Body ParametersJSONExpand Collapse
first: string

{fields}
last: optional string
ReturnsExpand Collapse
id: string
Build a Boat
curl https://boats.example/v1/boats -X POST
{{"id": "a"}}
Returns Examples
{{"id": "a"}}
"""


def read(fields: str) -> tuple[dict[str, Any], list[str]]:
    """Return the schemas of the fields between the first and the last one, and the gaps."""
    files = capture(PAGE.format(fields=fields))
    gaps = [each["said"] for each in json.loads(files["operation.json"]).get("gaps", [])]
    properties = json.loads(files["body.schema.json"])["properties"]
    assert properties.pop("first") == properties.pop("last") == {"type": "string"}
    return properties, gaps


def test_values_that_the_signature_states_need_no_list() -> None:
    found, gaps = read('rig: "sloop" or "yawl"\n\nHow it sails.\n\nsize: number or string')
    assert found["rig"] == {"type": "string", "enum": ["sloop", "yawl"]}
    assert found["size"] == {"type": ["number", "string"]}
    assert not [each for each in gaps if "value" in each]


def test_values_that_are_printed_nowhere_are_a_gap() -> None:
    found, gaps = read('rig: "sloop" or "yawl" or "ketch" or 2 more\nkind: Barge or Tug or 3 more')
    assert found == {"rig": {"type": "string"}, "kind": {}}
    assert {"the other 2 values", "the forms of kind"} <= {*gaps}


MEMBERS = """\
boat: array of Boat or Raft

Boat object {{ crew, kind }}

crew: array of Sailor

Captain object {{ rank }}

rank: number

Cook object {{ meals }}

meals: number

kind: {kind}

Its kind.

{value}
Raft object {{ logs }}

logs: number
"""


def test_members_of_a_named_type_need_no_line_above_them() -> None:
    found, _ = read(MEMBERS.format(kind="string", value=""))
    boat, raft = found["boat"]["items"]["anyOf"]
    assert [boat["title"], raft["title"]] == ["Boat", "Raft"]
    forms = boat["properties"]["crew"]["items"]["anyOf"]
    assert [each["title"] for each in forms] == ["Captain", "Cook"]


def test_a_value_printed_again_belongs_to_its_field() -> None:
    found, _ = read(MEMBERS.format(kind='"boat"', value='"boat"'))
    boat, raft = found["boat"]["items"]["anyOf"]
    assert boat["properties"]["kind"] == {"type": "string", "enum": ["boat"]}
    assert raft["title"] == "Raft"


def test_a_value_may_be_a_member_of_the_union_around_its_field() -> None:
    union = MEMBERS.replace("Boat or Raft", 'Boat or "boat" or Raft')
    found, _ = read(union.format(kind='"boat"', value='"boat"'))
    boat, value, raft = found["boat"]["items"]["anyOf"]
    assert boat["properties"]["kind"] == {"type": "string", "enum": ["boat"]}
    assert value == {"type": "string", "enum": ["boat"]}
    assert raft["title"] == "Raft"


@pytest.mark.parametrize("above", ["", "One of the following:\n"])
def test_where_nobody_knows_it_is_a_member_too_with_a_gap(above: str) -> None:
    shape = 'boat: Shape\n\n{}Boat object {{ kind }}\n\nkind: "boat"\n\nIts kind.\n\n"boat"\n{}'
    found, gaps = read(shape.format(above, "Raft object { logs }\n\nlogs: number\n"))
    boat, raft, value = found["boat"]["anyOf"]
    assert boat["properties"]["kind"] == {"type": "string", "enum": ["boat"]}
    assert raft["title"] == "Raft"
    assert value == {"type": "string", "enum": ["boat"]}
    assert "whether 'boat' alone is a member, too" in gaps


def test_an_array_of_several_types_needs_no_line_above_it() -> None:
    found, _ = read(
        "load: array of Crate or Barrel or string\n\narray of Crate or Barrel\n\n"
        "Crate object { sides }\n\nsides: number\n\nBarrel object { hoops }\n\nhoops: number\n\n"
        "string\n"
    )
    listed, text = found["load"]["anyOf"]
    assert [each["title"] for each in listed["items"]["anyOf"]] == ["Crate", "Barrel"]
    assert text == {"type": "string"}


def test_json_in_a_description_has_no_fields() -> None:
    example = '{\n"name": "Ada",\n"size": 4,\n"crew": [\n{"rank": "cook"},\n],\n"rig": "sloop"\n}'
    found, _ = read(
        f"boat: object {{ name, size }}\n\nAs in\n{example}\n\nname: string\nsize: number\n"
    )
    assert [*found["boat"]["properties"]] == ["name", "size"]
    found, _ = read("boat: string\n\n[ This is prose\n\nname: string\n\n]\n")
    assert [*found] == ["boat", "name"]
