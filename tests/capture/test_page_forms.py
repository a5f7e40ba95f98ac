"""Forms of the two layouts: unions and their lists, constants, bodies, marks and navigation."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

from docpact.capture import capture
from docpact.catalogue import load_files
from docpact.errors import PageError

TEXT = {"type": "string"}
LIST = "One of the following:"
NAMED = """\
- `sail: Jib or Main`

  - `Jib object { area }`

    - `area: number`

  - `Main object { reefs }`

    - `reefs: number`
"""
JIB = {
    "title": "Jib",
    "type": "object",
    "properties": {"area": {"type": "number"}},
    "required": ["area"],
}
MAIN = {
    "title": "Main",
    "type": "object",
    "properties": {"reefs": {"type": "number"}},
    "required": ["reefs"],
}


def returned(bullets: str, body: str = "") -> dict[str, Any]:
    """Return the response schema of a page in Markdown, from a contract that loads."""
    example = (
        f"\n### Example\n\n```http\ncurl https://a.example/v1/x\n```\n\n```json\n{body}\n```\n"
    )
    page = f"## Get X\n\n**get** `/v1/x`\n\n### Returns\n\n{bullets}{example if body else ''}"
    files = capture(page)
    load_files(files, "page")
    found: dict[str, Any] = json.loads(files["response.schema.json"])
    del found["$schema"]
    return found


@pytest.mark.parametrize(
    ("bullets", "field"),
    [
        pytest.param(
            '- `x: array of "a" or "b" or "all"`\n\n  - `array of "a" or "b"`\n\n    - `"a"`\n\n'
            '    - `"b"`\n\n  - `"all"`\n',
            {
                "anyOf": [
                    {"type": "array", "items": TEXT | {"enum": ["a", "b"]}},
                    TEXT | {"enum": ["all"]},
                ]
            },
            id="a list that refines its signature",
        ),
        pytest.param(
            '- `x: array of "a" or "b"`\n\n  - `"a"`\n\n  - `"b"`\n',
            {"type": "array", "items": TEXT | {"enum": ["a", "b"]}},
            id="an array of values",
        ),
        pytest.param(
            "- `x: string or number`\n", {"type": ["string", "number"]}, id="scalars without a list"
        ),
        pytest.param(f"- `x: Jib or Main`\n\n{NAMED}", {"anyOf": [JIB, MAIN]}, id="listed later"),
        pytest.param(
            f"{NAMED}\n- `x: array of Jib or Main or string`\n", {}, id="an array of how much"
        ),
        pytest.param("- `x: array of Jib or Main`\n", {}, id="a list that is nowhere"),
        pytest.param('- `x: "a" or "b" or "c" or 4 more`\n', TEXT, id="values left out"),
        pytest.param(
            "- `x: true`\n\n  - `true`\n", {"type": "boolean", "const": True}, id="a constant"
        ),
        pytest.param("- `x: file`\n", {}, id="a file"),
        pytest.param(
            "- `x: array of string or null or null`\n",
            {"type": ["array", "null"], "items": {"type": ["string", "null"]}},
            id="an array and its elements may be null",
        ),
        pytest.param("- `x: null`\n", {"type": "null", "const": None}, id="only null"),
        pytest.param(
            "- `x: 0 or 30 or -1.5`\n\n  - `0`\n\n  - `30`\n\n  - `-1.5`\n",
            {"anyOf": [{"type": "number", "const": each} for each in (0, 30, -1.5)]},
            id="numbers",
        ),
    ],
)
def test_a_field(bullets: str, field: dict[str, Any]) -> None:
    assert returned(bullets)["properties"]["x"] == field


def test_a_constant_with_another_value_below_is_refused() -> None:
    with pytest.raises(PageError, match="only the value that line 7 has"):
        returned("- `x: true`\n\n  - `false`\n")


ROOTS = (
    "- `Jib object { area }`\n\n  - `area: number`\n\n"
    "- `Main object { reefs }`\n\n  - `reefs: number`\n"
)


@pytest.mark.parametrize(
    ("bullets", "body", "schema"),
    [
        pytest.param(ROOTS, '{"reefs": 1}', {"anyOf": [JIB, MAIN]}, id="several models"),
        pytest.param(
            ROOTS,
            '[{"reefs": 1}]',
            {"type": "array", "items": {"anyOf": [JIB, MAIN]}},
            id="an array of several models",
        ),
        pytest.param(
            "- `area: number`\n",
            '[{"area": 1}]',
            {"type": "array", "items": {k: v for k, v in JIB.items() if k != "title"}},
            id="an array of objects",
        ),
        pytest.param(
            "- `Sail = object { area } or object { reefs }`\n\n"
            "  - `Jib object { area }`\n\n    - `area: number`\n\n"
            "  - `Main object { reefs }`\n\n    - `reefs: number`\n",
            "",
            {"anyOf": [JIB, MAIN]},
            id="a union with a name",
        ),
        pytest.param(
            "- `array of string`\n", '["a"]', {"type": "array", "items": TEXT}, id="texts"
        ),
        pytest.param("- `string`\n", '"a"', TEXT, id="a text"),
    ],
)
def test_what_is_returned(bullets: str, body: str, schema: dict[str, Any]) -> None:
    assert returned(bullets, body) == schema


def body_of(parameters: str, sent: str = "") -> dict[str, Any]:
    data = f" \\\n    -d '{sent}'" if sent else ""
    page = (
        f"## Create X\n\n**post** `/v1/x`\n\n### Body Parameters\n\n{parameters}\n### Example\n\n"
        f"```http\ncurl https://a.example/v1/x{data}\n```\n"
    )
    found: dict[str, Any] = json.loads(capture(page)["body.schema.json"])
    del found["$schema"]
    return found


BODY = NAMED.replace("sail:", "body:")


@pytest.mark.parametrize(
    ("parameters", "sent", "whole"),
    [
        pytest.param(BODY, "", True, id="a union"),
        pytest.param(BODY, '{"area": 1}', True, id="as sent"),
        pytest.param(BODY, '{"body": {"area": 1}}', False, id="a field of that name"),
        pytest.param("- `body: string`\n", "", False, id="a text"),
        pytest.param(f"{BODY}\n- `name: string`\n", "", False, id="beside another field"),
    ],
)
def test_a_body_that_is_printed_as_a_field(parameters: str, sent: str, whole: bool) -> None:
    found = body_of(parameters, sent)
    assert ("properties" not in found) is whole
    if whole:
        assert found == {"anyOf": [JIB, MAIN]}


PLAIN = """\
List X
GET/v1/x
ReturnsExpand Collapse
id: string
List X
curl https://a.example/v1/x
{"id": "x"}
Returns Examples
{"id": "x"}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("List X\nGET", "List X\nDeprecated\nGET"),
        ("List X\nGET", "Skip to content\nAPI Reference\nPOST\nCreate\nGET\nList\nList X\nGET"),
        ("id: string", "id: string\n\nIdentifier.\n"),
        ("id: string", "id: string\n\nRead-only\n"),
        ("ReturnsExpand", "Security\nAPI Token\n**Example:**`X-Key: abc`\nReturnsExpand"),
        ("List X\ncurl", "### List X\nHTTP\n\nHTTPHTTP\n\nCLI ToolCLI Tool\n\ncurl"),
    ],
)
def test_marks_and_navigation_change_nothing(old: str, new: str) -> None:
    schemas = [json.loads(capture(page)["response.schema.json"]) for page in
               (PLAIN, PLAIN.replace(old, new))]  # fmt: skip
    assert schemas[0] == schemas[1]
    assert json.loads(capture(PLAIN.replace(old, new))["operation.json"])["title"] == "List X"


@pytest.mark.parametrize("mark", ["#", "##", "###", "####"])
def test_headings_of_descriptions_begin_no_section(mark: str) -> None:
    fields = "### Query Parameters\n\n- `label: optional string`\n\n### Returns\n\n- `id: string`\n"
    plain = f"## Get X\n\n**get** `/v1/x`\n\n{fields}"
    described = plain.replace("### Query", f"{mark} Limits\n\n- `label` is short\n\n### Query")
    described = described.replace("### Returns", f"  {mark} Labels\n\n  Any text\n\n### Returns")
    files, expected = capture(described), capture(plain)
    for name in ("query.schema.json", "response.schema.json"):
        assert files[name] == expected[name]


@pytest.mark.parametrize("mark", ["##", "###"])
def test_an_unknown_section_with_fields_is_refused(mark: str) -> None:
    page = f"## Get X\n\n**get** `/v1/x`\n\n{mark} Quer Parameters\n\n- `label: string`\n"
    with pytest.raises(PageError, match="line 5: unknown section"):
        capture(f"{page}\n### Returns\n\n- `id: string`\n")


def test_a_page_size_selects_nothing_though_items_have_a_field_of_its_name() -> None:
    page = (
        "## List X\n\n**get** `/v1/x`\n\n### Query Parameters\n\n- `limit: optional number`\n\n"
        "- `label: optional string`\n\n### Returns\n\n- `x: array of object { id, limit, label }`\n"
        "\n  - `id: string`\n\n  - `limit: number`\n\n  - `label: string`\n"
    )
    roles = load_files(capture(page), "page").roles
    assert roles.size_parameter == "limit"
    assert roles.filters == {"label": "/label"}


LONG = {"type": "object", "properties": {"long": {"type": "boolean"}}, "required": ["long"]}
BOTH = """\
- `x: {type}`

  - `Jib object {{ area }}`

    - `area: number`

  - `object {{ long }}`

    - `long: boolean`
"""


@pytest.mark.parametrize(
    ("kind", "wrap"),
    [
        pytest.param("Jib and object { long }", lambda both: both, id="both"),
        pytest.param(
            "optional Jib and object { long }",
            lambda both: {"anyOf": [both, {"type": "null"}]},
            id="both or null",
        ),
        pytest.param(
            "array of Jib and object { long }",
            lambda both: {"type": "array", "items": both},
            id="an array of both",
        ),
    ],
)
def test_a_value_of_several_types_at_once(
    kind: str, wrap: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    found = returned(BOTH.format(type=kind), '{"x": [{"area": 1, "long": true}]}')
    assert found["properties"]["x"] == wrap({"allOf": [JIB, LONG]})


def test_several_types_at_once_that_are_printed_elsewhere() -> None:
    bullets = f"{NAMED}\n- `x: Jib and Lost`\n"
    found = returned(bullets)
    reference = {"$ref": "#/$defs/Jib"}
    assert found["properties"]["x"] == {"allOf": [reference, {"title": "Lost"}]}
    assert found["properties"]["sail"] == {"anyOf": [reference, MAIN]}


def test_text_does_not_show_the_fields_of_several_types_at_once() -> None:
    page = "Get X\nGET/v1/x\nReturnsExpand Collapse\nx: Jib and Main { reefs }\nreefs: number\n"
    example = 'Get X\ncurl https://a.example/v1/x\n{"x": {}}\nReturns Examples\n{"x": {}}\n'
    with pytest.raises(PageError, match=r"line 4: .*Markdown"):
        capture(page + example)


@pytest.mark.parametrize(
    ("lines", "schema"),
    [
        pytest.param(
            ("string or number", "minLength1", "default5", LIST, "string", "number"),
            {"anyOf": [{"type": "string", "minLength": 1}, {"type": "number"}], "default": 5},
            id="a default of the other form",
        ),
        pytest.param(
            ('"a" or "b"', "maxLength4", 'default"a"', LIST, '"a"', '"b"'),
            {"type": "string", "enum": ["a", "b"], "maxLength": 4, "default": "a"},
            id="the length of an enumeration",
        ),
        pytest.param(
            (
                "array of Hue",
                "Which hues.",
                '"red" or "tan" or 2 more',
                '"red"',
                '"tan"',
                '"sea"',
                '"sky"',
            ),
            {"type": "array", "items": {"type": "string", "enum": ["red", "tan", "sea", "sky"]}},
            id="a named type, with no line above its list",
        ),
        pytest.param(
            ('string or "red" or "tan"', "A name.", "string", '"red"', '"tan"'),
            {"anyOf": [{"type": "string"}, {"type": "string", "enum": ["red", "tan"]}]},
            id="text or values, with no line above the list",
        ),
        pytest.param(
            (
                *("array of Jib or Main or string", LIST, "array of Jib or Main", LIST),
                *("Jib object { area }", "area: number", "Main object { reefs }", "reefs: number"),
                "string",
            ),
            {"anyOf": [{"type": "array", "items": {"anyOf": [JIB, MAIN]}}, {"type": "string"}]},
            id="an array of named types, or text",
        ),
        pytest.param(
            ('"red"', "Only one.", '"red"'),
            {"type": "string", "enum": ["red"]},
            id="one value, again below the description",
        ),
        pytest.param(
            ("number", "minimum1e-08", "maximum2E+3"),
            {"type": "number", "minimum": 1e-08, "maximum": 2000.0},
            id="exponents",
        ),
        pytest.param(
            ("array of string or null",),
            {"type": "array", "items": {"type": "string"}},
            id="no request has null as a list",
        ),
    ],
)
def test_constraints_of_a_query_parameter(lines: tuple[str, ...], schema: object) -> None:
    kind, *below = lines
    query = "\n".join(["Query ParametersExpand Collapse", f"x: optional {kind}", *below])
    page = PLAIN.replace("ReturnsExpand", f"{query}\nReturnsExpand")
    assert json.loads(capture(page)["query.schema.json"])["properties"]["x"] == schema


@pytest.mark.parametrize("kind", ["Jib { area } or Main { reefs }", "Jib or Main"])
def test_text_may_lack_the_line_above_the_members_of_a_union(kind: str) -> None:
    fields = f"Returns\nsail: {kind}\nA sail.\nJib object {{ area }}\narea: number\n"
    page = f"Get X\nGET/v1/x\n{fields}Main object {{ reefs }}\nreefs: number\n"
    body = '{"sail": {"area": 3}}'
    example = f"Get X\ncurl https://a.example/v1/x\n{body}\nReturns Examples\n{body}\n"
    response = json.loads(capture(page + example)["response.schema.json"])
    assert response["properties"]["sail"] == {"anyOf": [JIB, MAIN]}


def test_an_example_in_text_may_lack_a_field_that_may_be_null() -> None:
    head = "Get X\nGET/v1/x\nReturns\nid: string\n"
    body = '{"id": "a"}'
    example = f"Get X\ncurl https://a.example/v1/x\n{body}\nReturns Examples\n{body}\n"
    files = capture(f"{head}deleted_at: string or null\n{example}")
    response, operation = (json.loads(files[f"{n}.json"]) for n in ("response.schema", "operation"))
    assert response["required"] == ["id", "deleted_at"]
    assert "an example does not fit" in str(operation["gaps"])
    with pytest.raises(PageError, match="deleted_at is not in the example body"):
        capture(f"{head}deleted_at: string\n{example}")
    with pytest.raises(PageError, match="deleted_at is not in the example body"):
        capture(f"{head}deleted_at: string or null\n{example}".replace('"a"}', '"a", "b": 1}'))


def test_a_type_without_braces_is_an_array_if_every_example_shows_one() -> None:
    members = NAMED.replace("Jib or Main", "Sails")
    rig = f"- `rig: Rig`\n\n{textwrap.indent(members, '  ')}"
    shown = '{"rig": {"sail": [{"area": 3}]}}'
    found = returned(rig, shown)["properties"]["rig"]["properties"]["sail"]
    assert found == {"type": "array", "items": {"anyOf": [JIB, MAIN]}}
    alone = returned(rig, '{"rig": {"sail": {"area": 3}}}')
    assert alone["properties"]["rig"]["properties"]["sail"] == {"anyOf": [JIB, MAIN]}
    listed = returned(rig.replace("rig: Rig", "rig: map[Rig]"), '{"rig": {"a": {"sail": []}}}')
    inner = listed["properties"]["rig"]["additionalProperties"]
    assert inner["properties"]["sail"]["type"] == "array"
    second = f"{members}\n- `spare: optional Sails`\n"
    spare = returned(second, '{"sail": [{"area": 3}]}')["properties"]["spare"]
    assert (spare["type"], [*spare["items"]]) == (["array", "null"], ["$ref"])
    assert "array" not in str(returned(second, '{"sail": [], "spare": {"area": 3}}'))
