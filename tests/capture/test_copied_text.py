"""Text that browsers and crawlers copy: repeated types, lost braces, marks of icons."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.capture import capture
from docpact.capture.sources import list_operations
from docpact.catalogue import load_files
from docpact.errors import PageError

LIST = "One of the following:"
EMPTY_BODIES = "{}\n\nReturns Examples\n\n{}\n"


def page(fields: str, example: str = EMPTY_BODIES, before: str = "") -> str:
    """Return a page whose section Returns has some lines."""
    returns = f"ReturnsExpand Collapse\n\n{fields}\n\n" if fields else ""
    curl = "curl https://harbor.example/v1/boat"
    return f"Get Boat\n\nGET/v1/boat\n\n{before}{returns}Get Boat\n\n{curl}\n\n{example}"


def examples(body: str) -> str:
    return f"{body}\n\nReturns Examples\n\n{body}\n"


def read(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the response schema and the operation, from a contract that loads."""
    files = capture(text)
    load_files(files, "page")
    found = json.loads(files["response.schema.json"])
    del found["$schema"]
    return found, json.loads(files["operation.json"])


def gaps(operation: dict[str, Any]) -> str:
    return " ".join(each["said"] for each in operation["gaps"])


def test_members_with_names_are_those_that_the_signature_shows_without() -> None:
    fields = (
        "sail: object { area }  or object { reefs } \n\nOne of the following:\n\n"
        "Jib object { area } \n\narea: number\n\nMain object { reefs } \n\nreefs: number"
    )
    schema, _ = read(page(fields, examples('{"sail": {"area": 3}}')))
    forms = schema["properties"]["sail"]["anyOf"]
    assert [(each["title"], [*each["properties"]]) for each in forms] == [
        ("Jib", ["area"]),
        ("Main", ["reefs"]),
    ]


def test_a_type_that_is_printed_in_full_each_time_is_read_in_full() -> None:
    knots = [
        f'knot_{n}: Knot {{ type, turns }} \n\ntype: "knot"\n\nturns: number' for n in range(40)
    ]
    body = json.dumps({f"knot_{n}": {"type": "knot", "turns": 1} for n in range(40)})
    schema, _ = read(
        page("\n\n".join([*knots, 'type: "rope"']), examples(body[:-1] + ', "type": "rope"}'))
    )
    assert schema["properties"]["knot_39"]["required"] == ["type", "turns"]
    assert schema["properties"]["type"] == {"type": "string", "enum": ["rope"]}


def test_a_type_in_short_does_not_take_the_field_of_another_value_behind_it() -> None:
    fields = 'bow: Knot { type } \n\ntype: "knot"\n\nstern: Knot { type } \n\ntype: "rope"'
    body = '{"bow": {"type": "knot"}, "stern": {"type": "knot"}, "type": "rope"}'
    schema, _ = read(page(fields, examples(body)))
    assert [*schema["properties"]] == ["bow", "stern", "type"]


LISTED = """\
crew: array of Role

One of the following:

Cook object { galley }

galley: Stove

One of the following:

Gas object { bottles }

bottles: number

{between}Mate object { watch }

watch: number
"""


def test_a_list_inside_a_list_that_may_end_in_two_places_is_refused() -> None:
    with pytest.raises(PageError, match="nested in two ways"):
        capture(page(LISTED.replace("{between}", ""), examples('{"crew": []}')))


def test_the_same_type_elsewhere_on_the_page_shows_where_its_list_ends() -> None:
    stove = f"spare: Stove\n\n{LIST}\n\nGas object {{ bottles }}\n\nbottles: number\n\n"
    text = LISTED.replace("{between}", "")
    schema, _ = read(page(f"{stove}{text}", examples('{"spare": {"bottles": 1}, "crew": []}')))
    cook, mate = schema["properties"]["crew"]["items"]["anyOf"]
    assert ([*cook["properties"]], [*mate["properties"]]) == (["galley"], ["watch"])
    assert [*cook["properties"]["galley"]["properties"]] == ["bottles"]


def test_a_required_field_behind_an_optional_one_is_inside_it() -> None:
    knots = "bow: Knot { turns } \n\nturns: number\n\n{stern} Knot { turns } \n\nturns: number\n\n"
    heading = "Body ParametersJSONExpand Collapse\n\n"
    body = heading + knots.replace("{stern}", "stern: optional")
    text = page("id: string", examples('{"id": "a"}'), body)
    schema = json.loads(capture(text)["body.schema.json"])
    assert [*schema["properties"]] == ["bow", "stern"]
    assert schema["properties"]["stern"]["properties"] == {"turns": {"type": "number"}}
    open_body = heading + knots.replace("{stern}", "stern:")
    with pytest.raises(PageError, match="nested in two ways"):
        capture(page("id: string", examples('{"id": "a"}'), open_body))


def test_a_list_inside_a_list_ends_at_a_field_of_the_outer_member() -> None:
    fields = LISTED.replace("{ galley }", "{ galley, pay }").replace("{between}", "pay: number\n\n")
    schema, _ = read(page(fields, examples('{"crew": []}')))
    cook, mate = schema["properties"]["crew"]["items"]["anyOf"]
    assert ([*cook["properties"]], [*mate["properties"]]) == (["galley", "pay"], ["watch"])


def test_a_returned_type_may_contain_itself() -> None:
    fields = "Boat = object { id, tows } \n\nid: string\n\ntows: array of Boat { id, tows } "
    schema, operation = read(page(fields, examples('{"id": "a", "tows": []}')))
    assert schema["properties"]["tows"] == {"type": "array", "items": {}}
    assert "the fields of Boat" in [gap["said"] for gap in operation["gaps"]]


def test_several_returned_types_are_a_union() -> None:
    fields = "Sloop object { jib } \n\njib: number\n\nYawl object { mizzen } \n\nmizzen: number"
    schema, _ = read(page(fields, examples('{"mizzen": 1}')))
    assert [each["title"] for each in schema["anyOf"]] == ["Sloop", "Yawl"]


def test_a_mark_behind_the_type_deprecates_a_field() -> None:
    schema, _ = read(page("rig: optional string or null\u2060\ue000Deprecated"))
    rig = schema["properties"]["rig"]
    assert (rig["type"], rig["deprecated"]) == (["string", "null"], True)


PROSE = [
    *("default.", "maximum.", '"', "format:"),
    *("Availability: Automated and Assisted providers", "Values: string or a list of strings"),
]


@pytest.mark.parametrize("prose", PROSE)
def test_a_part_of_a_sentence_is_prose(prose: str) -> None:
    schema, _ = read(page(f"rig: optional string\n\nHow it is rigged by\n{prose}"))
    assert schema["properties"]["rig"] == {"type": ["string", "null"]}


def test_a_description_may_begin_with_a_word_and_a_colon() -> None:
    text = page("rig: string", examples('{"rig": "sloop"}'), "Note: Sails and Masts apart\n\n")
    assert read(text)[0]["required"] == ["rig"]


def test_a_path_may_have_a_verb_behind_a_parameter() -> None:
    text = page("", before="Path ParametersExpand Collapse\n\nboat: string\n\n")
    text = text.replace("GET/v1/boat", "GET/v1/boats/{boat}:moor")
    assert read(text.replace("example/v1/boat", "example/v1/boats/$BOAT:moor"))[1]["path"] == (
        "/v1/boats/{boat}:moor"
    )


def test_a_field_with_text_behind_its_types_is_refused() -> None:
    with pytest.raises(PageError, match="unknown type 'Main All of it'"):
        capture(page("sail: Jib or Main All of it"))


def test_an_empty_example_needs_no_fields() -> None:
    schema, operation = read(page(""))
    assert schema == {}
    assert "documents no fields of the response" in gaps(operation)


def test_a_page_without_example_bodies_is_captured() -> None:
    schema, operation = read(page("rig: string", "Returns Examples\n\nAll rights reserved.\n"))
    assert schema["required"] == ["rig"]
    assert "an example body" in gaps(operation)


LOST = '  "rig": "sloop",\n  "crew": {\n    "name": "Ann"\n'


def test_the_body_of_a_second_command_is_no_example_body() -> None:
    again = 'curl https://harbor.example/v1/boat -d \'{\n  "name": "Anna"\n}\''
    query = "Query ParametersExpand Collapse\n\nrig: optional string\n\n"
    text = page("", f"Get Boat\n\n{again}\n\nReturns Examples\n", query)
    assert "documents no fields of the response" in gaps(read(text)[1])


def test_bodies_without_their_lines_of_braces_are_a_gap() -> None:
    schema, operation = read(page("rig: string", examples(LOST)))
    assert schema["required"] == ["rig"]
    assert "lost its lines of braces" in gaps(operation)
    assert operation["response"]["examples"] == []


def test_one_body_without_its_first_brace_is_damage() -> None:
    text = page("rig: string", '"rig": "sloop"\n}\n\nReturns Examples\n\n{"rig": "sloop"}\n')
    with pytest.raises(PageError, match="differs from the one"):
        capture(text)


def test_the_file_of_a_form_is_binary() -> None:
    text = (
        page("rig: optional string")
        .replace("GET/", "POST/")
        .replace("boat\n\n{", "boat -F plan=@a.pdf\n\n{")
    )
    form = "Body ParametersForm DataExpand Collapse\n\nplan: file\n\n"
    files = capture(text.replace("ReturnsExpand", f"{form}ReturnsExpand"))
    plan = json.loads(files["body.schema.json"])["properties"]["plan"]
    assert plan == {"type": "string", "format": "binary"}


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param("Get Boat\n\nGET/v1/boats/{boat_id}\n", id="another operation"),
        pytest.param("ModelsExpand Collapse\n\nBoat object { rig }\n\nrig: string\n", id="types"),
    ],
)
def test_an_overview_is_refused(rest: str) -> None:
    with pytest.raises(PageError, match="copy the page of one") as caught:
        capture(f"Boats\n\nList Boats\n\nGET/v1/boats\n\n{rest}")
    assert caught.value.line == 5


@pytest.mark.parametrize("braces", ["{ Jib, Main }", "{ , Main }"])
def test_braces_that_list_members_are_those_of_an_array(braces: str) -> None:
    fields = (
        f"sails: optional Sails {braces}\n\nOne of the following:\n\n"
        "Jib object { area }\n\n"
        "area: number\n\nMain object { reefs }\n\nreefs: number\n\nname: optional string"
    )
    schema, _ = read(page(fields))
    assert schema["properties"]["sails"]["type"] == ["array", "null"]
    forms = schema["properties"]["sails"]["items"]["anyOf"]
    assert [each["title"] for each in forms] == ["Jib", "Main"]
    assert "name" in schema["properties"]


@pytest.mark.parametrize("limit", ["formathostname", "maxLength3"])
def test_an_example_that_breaks_a_limit_is_a_gap(limit: str) -> None:
    example = examples('{"host": "my_boat"}')
    schema, operation = read(page(f"host: string\n\n{limit}", example))
    assert limit.removeprefix("format") in str(schema["properties"]["host"]).replace("': ", "")
    assert operation["response"]["examples"] == []
    assert "an example does not fit" in gaps(operation)


def test_a_format_that_no_value_of_an_enumeration_has_is_a_gap() -> None:
    fields = 'host: "a_b" or "c"\n\nformathostname\n\nOne of the following:\n\n"a_b"\n\n"c"'
    schema, operation = read(page(fields, examples('{"host": "a_b"}')))
    assert schema["properties"]["host"] == {"type": "string", "enum": ["a_b", "c"]}
    assert "format hostname" in gaps(operation)


def test_a_listed_union_stands_for_several_alternatives() -> None:
    fields = (
        "load: optional string or array of Crate { weight } or Barrel { volume }\n\n"
        "One of the following:\n\nstring\n\n"
        "Several = array of Crate { weight } or Barrel { volume }"
        "\n\nOne of the following:\n\nCrate object { weight }\n\nweight: number\n\n"
        "Barrel object { volume }\n\nvolume: number\n\nname: optional string"
    )
    schema, _ = read(page(fields))
    several = schema["properties"]["load"]["anyOf"][1]
    assert [each["title"] for each in several["items"]["anyOf"]] == ["Crate", "Barrel"]


def test_a_listed_enumeration_covers_the_values_that_the_signature_leaves_out() -> None:
    values = "\n\n".join(f'"{rig}"' for rig in ("sloop", "yawl", "ketch", "cutter"))
    kind = '"sloop" or "yawl" or 2 more'
    fields = (
        f"rig: optional string or {kind}\n\nOne of the following:\n\nstring\n\nRig = {kind}\n\n"
        f"One of the following:\n\n{values}\n\nname: optional string"
    )
    schema, _ = read(page(fields))
    assert schema["properties"]["rig"]["anyOf"][1]["enum"][-1] == "cutter"
    assert "name" in schema["properties"]


def test_a_crawler_may_glue_the_number_of_further_values() -> None:
    values = "\n\n".join(f'"{rig}"' for rig in ("sloop", "yawl", "ketch", "cutter"))
    fields = f'rig: "sloop"or "yawl"or 2 more\n\nOne of the following:\n\n{values}'
    schema, _ = read(page(fields, examples('{"rig": "cutter"}')))
    assert len(schema["properties"]["rig"]["enum"]) == 4


def test_a_reason_of_deprecation_is_not_the_title() -> None:
    text = page("").replace("Get Boat\n\nGET", "Get Boat\n\nDeprecated: sold\n\nGET", 1)
    assert read(text)[1]["title"] == "Get Boat"


def test_an_example_of_events_is_left_out() -> None:
    body = '{"rig": "sloop"}'
    events = f"data: {body}\n\nReturns Examples\n\n{body}\n"
    _, operation = read(page("rig: string", events))
    assert operation["response"]["examples"] == [{"rig": "sloop"}]


def test_a_listed_union_covers_the_members_that_the_signature_leaves_out() -> None:
    kind = "array of Crate { weight } or 2 more"
    members = "\n\n".join(
        f"{name} object {{ weight }}\n\nweight: number" for name in ("Crate", "Barrel", "Sack")
    )
    fields = (
        f"load: optional string or {kind}\n\nOne of the following:\n\nstring\n\nSeveral = {kind}"
        f"\n\nOne of the following:\n\n{members}\n\nname: optional string"
    )
    schema, _ = read(page(fields))
    several = schema["properties"]["load"]["anyOf"][1]
    assert [each["title"] for each in several["items"]["anyOf"]] == ["Crate", "Barrel", "Sack"]
    assert "name" in schema["properties"]


RENDERED = {
    "redoc": "List Boats\n\nAUTHORIZATIONS:\nKey\nResponses\n200\nGET\n/v1/boats\n",
    "swagger ui": "Boats\n \nGET\n/v1/boats\nList Boats\nParameters\nName\tDescription\n",
    "scalar": "GET\n/v1/boats\nResponses\nRequest Example for GET/v1/boats\ncurl https://a.example\n",
    "readme": "List Boats\nget\nhttps://boats.example/v1/boats\nQuery Params\nlimit of boats\n",
}


@pytest.mark.parametrize("text", RENDERED.values(), ids=RENDERED)
def test_text_copied_from_a_page_that_shows_a_document_is_refused(text: str) -> None:
    with pytest.raises(PageError, match="give the OpenAPI document of the page") as refused:
        list_operations(text, "page.txt")
    shown = text.split("\n")[refused.value.line - 1]
    assert shown.upper() == "GET"


OAR = '{"oar": "left"}'
FAULT = '{"fault": "no wind"}'
"""An example body of an error, which has other fields."""


@pytest.mark.parametrize(
    ("labels", "bodies", "kept"),
    [
        (["200 example", "400 example", "401 example"], [OAR, FAULT, "{}"], [OAR]),
        (["400 example", "201 example"], [FAULT, OAR], [OAR]),
        (["200 example", "200 example"], [OAR, '{"oar": "right"}'], [OAR, '{"oar": "right"}']),
        (["200 example", "400 example", "401 example"], [OAR], [OAR]),
        (["200 example"], [OAR, FAULT], [OAR]),
        (["Response 200", "Response 400"], [OAR, "no JSON {"], [OAR]),
    ],
)
def test_labels_of_all_statuses_are_above_all_example_bodies(
    labels: list[str], bodies: list[str], kept: list[str]
) -> None:
    shown = "\n\n".join([*labels, *bodies])
    _, operation = read(page("oar: string", f"{shown}\n\nReturns Examples\n\n{shown}\n"))
    assert operation["response"]["examples"] == [json.loads(each) for each in kept * 2]
    assert operation["response"]["status"] == (201 if "201 example" in labels else 200)


def test_an_array_of_the_same_values_as_the_member_before_it() -> None:
    few, many = '"reef" or "furl"', '"reef" or "furl" or "drop" or 2 more'
    for values, more in ((few, []), (many, ["drop", "lash", "stow"])):
        literals = ["reef", "furl", *more]
        listed = f"{LIST}\n\n" + "\n\n".join(f'"{each}"' for each in literals)
        fields = (
            f"sail: {values} or array of {values}\n\n{LIST}\n\n{values}\n\n{listed}\n\n"
            f"array of {values}\n\n{listed}\n\nwind: number"
        )
        schema, _ = read(page(fields, examples('{"sail": ["furl"], "wind": 3}')))
        one = {"type": "string", "enum": literals}
        assert schema["properties"]["sail"]["anyOf"] == [one, {"type": "array", "items": one}]


@pytest.mark.parametrize(
    ("glued", "types"),
    [
        ("stringor booleanor number", ["string", "boolean", "number"]),
        ("numberor string", ["number", "string"]),
    ],
)
def test_a_crawler_may_lose_the_blank_in_front_of_or(glued: str, types: list[str]) -> None:
    fields = f"knot: array of {glued}\n\n{LIST}\n\n" + "\n\n".join(types)
    schema, _ = read(page(fields, examples('{"knot": []}')))
    assert schema["properties"]["knot"]["items"] == {"type": types}


def test_a_title_may_begin_as_a_mark_of_deprecation() -> None:
    text = page("oar: string", examples(OAR)).replace("Get Boat", "Deprecated: Get Boat")
    assert read(text)[1]["title"] == "Deprecated: Get Boat"
    reason = text.replace("\n\nGET/", "\n\nDeprecated: Use Rows\n\nGET/")
    assert read(reason)[1]["title"] == "Deprecated: Get Boat"


def test_optional_path_parameters_may_be_alternatives_that_the_path_does_not_name() -> None:
    fields = (
        "Path ParametersExpand Collapse\n\nboat_id: optional string\n\ncrew_id: optional string\n\n"
    )
    text = page("oar: string", examples(OAR), fields).replace("v1/boat", "v1/{kind}/{id}/oars")
    text = text.replace("example/v1/{kind}/{id}", "example/v1/$KIND/$ID")
    _, operation = read(text)
    assert [each["name"] for each in operation["parameters"]] == ["kind", "id"]
    for name in ("boat_id", "crew_id"):
        assert f"how the path contains {name}" in gaps(operation)
    with pytest.raises(PageError, match="has no parameter 'boat_id'"):
        read(text.replace("crew_id: optional", "crew_id:"))


EXTENDED = (
    f"sails: array of Jib {{ area }}  or Main {{ reefs }}  or Spinnaker {{ hue }} \n\n{LIST}\n\n"
    "Jib = Jib { area } \n\nlimit: number\n\nMain = Main { reefs } \n\nlimit: optional number\n\n"
    "Spinnaker = Spinnaker { hue } \n\nlimit: optional number"
)
"""Types of other pages, to which each member adds a field."""


def test_fields_added_to_a_type_of_another_page_are_a_gap() -> None:
    schema, operation = read(
        page(f"{EXTENDED}\n\nwind: number", examples('{"sails": [], "wind": 1}'))
    )
    assert [*schema["properties"]] == ["sails", "wind"]
    assert len(schema["properties"]["sails"]["items"]["anyOf"]) == 3
    for name in ("Jib", "Main", "Spinnaker"):
        assert f"the fields of {name}" in gaps(operation)
    with pytest.raises(PageError, match="in two ways"):
        read(page(f"{EXTENDED}\n\nwind: optional number", examples('{"sails": []}')))


def test_the_same_type_elsewhere_on_the_page_shows_which_fields_are_added_to_it() -> None:
    query = f"Body ParametersJSONExpand Collapse\n\n{EXTENDED}\n\nwind: optional number\n\n"
    text = page(EXTENDED, examples('{"sails": []}'), query).replace("GET/", "POST/")
    files = capture(text)
    assert [*json.loads(files["body.schema.json"])["properties"]] == ["sails", "wind"]


def test_the_field_of_a_type_may_come_again_with_another_type() -> None:
    fields = (
        "jib: Sail { area, hue } \n\narea: string\n\nhue: string\n\n"
        "main: Sail { area, hue } \n\narea: number\n\nhue: string\n\nwind: number"
    )
    body = '{"jib": {"area": "3", "hue": "red"}, "main": {"area": 3, "hue": "red"}, "wind": 1}'
    schema, _ = read(page(fields, examples(body)))
    assert schema["properties"]["main"]["properties"]["area"] == {"type": "number"}
    assert [*schema["properties"]] == ["jib", "main", "wind"]
