"""Tables whose rows are fields of an object, and tables below no heading."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.capture import capture

HEAD = "| Name | Type | Description |\n| --- | --- | --- |\n"
PERSON = f"{HEAD}| first | string | - |\n| age | integer | - |\n"
FIELDS = {"first": {"type": ["string", "null"]}, "age": {"type": ["integer", "null"]}}
CALL = '```bash\ncurl https://boats.example.com/v1/boats?dry=1 -d \'{"name": "Ada"}\'\n```\n'


def read(page: str) -> tuple[dict[str, Any], list[str]]:
    """Return the schemas of a page, and its gaps."""
    files = {name: json.loads(text) for name, text in capture(page).items()}
    return files, [each["said"] for each in files["operation.json"].get("gaps", ())]


@pytest.mark.parametrize(
    "title", ["#### Owner", "#### The Person object", "The `owner` has these fields:"]
)
@pytest.mark.parametrize("kind", ["[Person](#person)", "array of `Person` objects"])
def test_a_table_below_the_name_of_an_object_has_its_fields(title: str, kind: str) -> None:
    rows = f"{HEAD}| id | string | - |\n| owner | {kind} | - |\n"
    files, gaps = read(f"# Show\n\n`GET /v1/boats`\n\n## Response\n\n{rows}\n{title}\n\n{PERSON}")
    owner = files["response.schema.json"]["properties"]["owner"]
    assert owner.get("items", owner)["properties"] == FIELDS
    assert not any("which object" in each for each in gaps)


@pytest.mark.parametrize("title", ["#### Crew", "#### Id", "Then there are more:"])
def test_a_table_below_another_name_is_a_gap(title: str) -> None:
    rows = f"{HEAD}| id | string | - |\n| owner | object | - |\n"
    files, gaps = read(f"# Show\n\n`GET /v1/boats`\n\n## Response\n\n{rows}\n{title}\n\n{PERSON}")
    assert [*files["response.schema.json"]["properties"]] == ["id", "owner"]
    assert any("which object it is about" in each for each in gaps)


@pytest.mark.parametrize(
    "mark", ["&nbsp;&nbsp;", "&emsp;", "\u00a0\u00a0", "- ", ". ", "&nbsp;- ", "\u21b3 ", "> "]
)
def test_rows_may_be_indented(mark: str) -> None:
    rows = (
        f"{HEAD}| owner | object | - |\n| {mark}first | string | - |\n| {mark}age | integer | - |\n"
    )
    files, _ = read(f"# Show\n\n`GET /v1/boats`\n\n## Response\n\n{rows}| id | string | - |\n")
    properties = files["response.schema.json"]["properties"]
    assert [*properties] == ["owner", "id"]
    assert properties["owner"]["properties"] == FIELDS


@pytest.mark.parametrize("title", ["", "## Parameters\n\n"])
def test_a_command_shows_where_parameters_are(title: str) -> None:
    rows = "| Name | Type | Required |\n| --- | --- | --- |\n| name | string | yes |\n"
    rows += "| rig | string | no |\n| dry | boolean | no |\n"
    page = f"# Add\n\n`POST /v1/boats`\n\n{title}{rows}\n"
    files, gaps = read(page + CALL)
    assert [*files["body.schema.json"]["properties"]] == ["name", "rig"]
    assert [each["name"] for each in files["operation.json"]["parameters"]] == ["dry"]
    assert not any("how the request sends" in each for each in gaps)
    files, gaps = read(page)
    assert "body.schema.json" not in files
    assert gaps.count("how the request sends name") == 1


def test_a_table_of_html_above_an_operation_moves_nothing() -> None:
    table = "<table>\n<tr><td>a</td></tr>\n\n\n<tr>\n<td>b</td>\n</tr>\n</table>\n"
    rows = f"{HEAD}| name | string | - |\n"
    page = f"# Boats\n\n{table}\n## Add\n\n`POST /v1/boats`\n\n### Parameters\n\n{rows}\n{CALL}"
    files, _ = read(page)
    assert files["operation.json"]["title"] == "Add"
    assert files["operation.json"]["lines"]["14"] == "`POST /v1/boats`"
    assert [*files["body.schema.json"]["properties"]] == ["name"]


def test_a_value_without_fields_has_none_of_the_list_below_it() -> None:
    terms = "`sunk` _optional_\n: `boolean` Whether\n\n`owner ` _required_\n: `json object` Who\n\n"
    terms += "  `first` _required_\n  : `string` Name\n"
    files, _ = read(f"# Show\n\n`GET /v1/boats`\n\n## Response\n\n{terms}")
    assert [*files["response.schema.json"]["properties"]["owner"]["properties"]] == ["first"]
    items = "- `sunk` (boolean): Whether\n  - `first` (string): Name\n- `id` (string): Its id\n"
    files, gaps = read(f"# Show\n\n`GET /v1/boats`\n\n## Response\n\n{items}")
    properties = files["response.schema.json"]["properties"]
    assert properties == {"sunk": {"type": ["boolean", "null"]}, "id": {"type": ["string", "null"]}}
    assert "the list below 'sunk'" in gaps


OWNED = {
    "list": "- `first` (string): -\n- `age` (integer): -\n",
    "table": PERSON,
}


@pytest.mark.parametrize("form", OWNED)
@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("The response is wrapped as usual. The `owner` field contains:", "object"),
        ("The **owner** array has these fields:", "array"),
        ("**`owner`** (object):", "object"),
        ("**owner** (array of objects)", "array"),
    ],
)
def test_a_line_states_the_object_whose_fields_are_below_it(
    form: str, title: str, kind: str
) -> None:
    example = '##### Example (the `owner` field)\n\n```json\n{"first": "Ada"}\n```\n'
    page = f"# Show\n\n`GET /v1/boats`\n\n## Response\n\n{title}\n\n{OWNED[form]}\n{example}"
    files, gaps = read(page)
    assert [*files["response.schema.json"]["properties"]] == ["owner"]
    owner = files["response.schema.json"]["properties"]["owner"]
    assert kind in owner["type"]
    assert owner.get("items", owner)["properties"] == FIELDS
    assert "the fields beside 'owner'" in gaps


@pytest.mark.parametrize("title", ["#### Owner", "The `owner` object has:", "`owner` (object):"])
def test_a_list_below_the_name_of_an_object_has_its_fields(title: str) -> None:
    rows = "- `id` (string): -\n- `owner` (object): Who\n"
    page = f"# Show\n\n`GET /v1/boats`\n\n## Response\n\n{rows}\n{title}\n\n{OWNED['list']}"
    files, gaps = read(page)
    assert [*files["response.schema.json"]["properties"]] == ["id", "owner"]
    assert files["response.schema.json"]["properties"]["owner"]["properties"] == FIELDS
    assert not any("beside" in each for each in gaps)


def test_the_fields_of_an_object_in_the_query_are_no_parameters() -> None:
    title = "The `filter` object contains:"
    page = f"# List\n\n`GET /v1/boats`\n\n## Query parameters\n\n{title}\n\n{OWNED['list']}"
    files, gaps = read(page)
    assert files["query.schema.json"]["properties"].keys() <= {"filter"}
    assert any("filter" in each for each in gaps)


def test_fields_of_one_of_several_objects_with_a_name_are_a_gap() -> None:
    owner = "  - `owner` (object): -\n"
    rows = f"- `buyer` (object):\n{owner}- `seller` (object):\n{owner}"
    title = "The `owner` object contains:"
    page = f"# Show\n\n`GET /v1/boats`\n\n## Response\n\n{rows}\n{title}\n\n{OWNED['list']}"
    files, gaps = read(page)
    assert [*files["response.schema.json"]["properties"]] == ["buyer", "seller"]
    assert "the fields below 'owner': which object they are of" in gaps


def test_a_list_of_values_below_a_name_has_no_fields() -> None:
    values = "- `asc` (default): Up\n- `desc`: Down\n"
    title = "**`sort`** (string, optional):"
    files, gaps = read(f"# List\n\n`GET /v1/boats`\n\n## Query parameters\n\n{title}\n\n{values}")
    assert files["query.schema.json"]["properties"].keys() <= {"sort"}
    assert any("sort" in each for each in gaps)


def test_a_default_that_is_nested_too_deeply_is_a_gap() -> None:
    head = "| Name | Type | Default |\n| --- | --- | --- |\n"
    row = f"| limit | integer | {'[' * 100_000} |\n"
    files, _ = read(f"# Show\n\n`GET /v1/boats`\n\n## Query parameters\n\n{head}{row}")
    assert "default" not in files["query.schema.json"]["properties"]["limit"]
