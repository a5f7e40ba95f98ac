"""Pages that people write by hand: an index of operations, places in brackets, HTTP messages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.capture.sources import list_operations
from docpact.catalogue import load_files
from docpact.errors import PageError

Files = dict[str, Any]

INDEX = """\
# Boats

### Endpoints

#### List boats
```
GET /v1/harbors/{harbor}/boats
```

#### Add boat
```
POST /v1/harbors/{harbor}/boats
```

---

## Add boat

### Endpoint
```
POST /v1/harbors/{harbor}/boats
```

### Body

| Field | Type | Required |
| --- | --- | --- |
| name | string | Yes |

### Response

```json
{"id": 2}
```

## List boats

### Endpoint
```
GET /v1/harbors/{harbor}/boats
```

### Query

| Parameter | Type | Required |
| --- | --- | --- |
| limit | integer | No |

### Response

```json
{"boats": []}
```
"""


def captured(page: str) -> dict[str, Files]:
    """Return method and path → the decoded files of its contract, which loads."""
    found = {}
    for each in list_operations(page, "page"):
        files = each.capture()
        load_files(files, "page")
        found[each.method_and_path] = {name: json.loads(text) for name, text in files.items()}
    return found


def gaps(files: Files) -> str:
    return " ".join(each["said"] for each in files["operation.json"]["gaps"])


def test_an_operation_is_read_where_the_page_states_something_about_it() -> None:
    found = captured(INDEX)
    add, listed = (found[f"{method} /v1/harbors/{{harbor}}/boats"] for method in ("POST", "GET"))
    assert [*add["body.schema.json"]["properties"]] == ["name"]
    assert add["operation.json"]["response"]["examples"] == [{"id": 2}]
    assert [*listed["query.schema.json"]["properties"]] == ["limit"]
    assert listed["operation.json"]["response"]["examples"] == [{"boats": []}]


def test_text_below_the_section_of_several_operations_belongs_to_none() -> None:
    one = "### From {0}\n```\nPUT /v1/boats/{0}\n```\n\n"
    page = f"# Move boat\n\n## Endpoint\n\n{one.format('a')}{one.format('b')}"
    below = '## Response\n\n```json\n{"ok": true}\n```\n'
    for each in list_operations(page + below, "page"):
        with pytest.raises(PageError, match="no fields and no example"):
            each.capture()
    own = list_operations(f"{page}### Response\n{below[11:]}", "page")[1].capture()
    assert json.loads(own["operation.json"])["response"]["examples"] == [{"ok": True}]


def test_the_place_of_a_parameter_may_be_several_words() -> None:
    page = (
        "## Move boat\n\n**PUT /v1/boats/:id**\n\n**Response:**\n\n```json\n"
        '{"moved": true}\n```\n\n**Parámetros:**\n\n- `:id` (URL path) - Which boat\n'
        "- `berth` (query param) - Where to\n"
    )
    files = captured(page)["PUT /v1/boats/{id}"]
    stated = files["operation.json"]["parameters"]
    assert [(each["name"], each["in"]) for each in stated] == [("id", "path"), ("berth", "query")]
    assert "properties" not in files["response.schema.json"]


def test_headers_may_be_named_in_a_column_of_that_name() -> None:
    page = (
        "# List boats\n\n`GET /v1/boats`\n\n## Headers\n\n| Header | Type | Required |\n"
        "| --- | --- | --- |\n| X-Fleet | string | Yes |\n\n## Response\n\n"
        '```json\n{"boats": []}\n```\n\n## Response headers\n\n| Header | Type |\n'
        "| --- | --- |\n| X-Total | integer |\n"
    )
    stated = captured(page)["GET /v1/boats"]["operation.json"]["parameters"]
    assert [(each["name"], each["in"], each["required"]) for each in stated] == [
        ("X-Fleet", "header", True)
    ]


def test_an_example_may_be_a_whole_http_message() -> None:
    page = (
        "# List boats\n\n`GET /v1/boats`\n\n**Success Response**: 200 OK\n```\nHTTP/1.1 200 OK\n"
        'Content-Type: application/json\n\n{"boats": []}\n```\n\n```\nHTTP/1.1 404 Not Found\n\n'
        '{"error": "none"}\n```\n'
    )
    answer = captured(page)["GET /v1/boats"]["operation.json"]["response"]
    assert (answer["status"], answer["examples"]) == (200, [{"boats": []}])


def test_a_command_for_another_operation_is_a_gap() -> None:
    page = (
        "# List boats\n\n`GET /v1/boats`\n\n## Query\n\n| Parameter | Type | Required |\n"
        "| --- | --- | --- |\n| limit | integer | No |\n\n```\n"
        "curl -X DELETE https://boats.example/v2/crews/7 -H 'X-Api-Key: $KEY'\n```\n"
    )
    files = captured(page)["GET /v1/boats"]
    assert (files["operation.json"]["server"], files["operation.json"]["security"]) == ("", [])
    assert "the curl example sends DELETE" in gaps(files)


def test_a_status_in_a_block_of_its_own_is_that_of_the_body_below_it() -> None:
    page = (
        "# Add boat\n\n`POST /v1/boats`\n\n## Body Parameters\n\n| Name | Type | Required |\n"
        "| --- | --- | --- |\n| name | string | Yes |\n\n### Response\n\n"
        "```\nContent-Type: application/json\n{status}\n```\n\n"
        '```json\n{"error": "none"}\n```\n'
    )
    kept = captured(page.replace("{status}", "201 Created"))["POST /v1/boats"]["operation.json"]
    assert (kept["response"]["status"], kept["response"]["examples"]) == (201, [{"error": "none"}])
    left = captured(page.replace("{status}", "401 Unauthorized"))["POST /v1/boats"]
    assert not left["operation.json"]["response"].get("examples")


def test_the_command_below_an_operation_is_about_it() -> None:
    page = (
        "# Boats\n\n## First steps\n\n```\ncurl https://harbor.example/ping\n```\n\n"
        "## List boats\n\n`GET /v1/boats`\n\n```\ncurl https://boats.example/v1/boats\n```\n\n"
        '### Response\n\n```json\n{"boats": []}\n```\n'
    )
    files = captured(page)["GET /v1/boats"]
    assert files["operation.json"]["server"] == "https://boats.example"


def test_a_title_in_the_front_matter_is_no_field() -> None:
    page = (
        '---\ntitle: "Boats"\n---\n\n# List boats\n\n```\nGET /v1/boats\n```\n\n'
        '### Response\n\n```json\n{"boats": []}\n```\n'
    )
    answer = captured(page)["GET /v1/boats"]["operation.json"]["response"]
    assert answer["examples"] == [{"boats": []}]


def test_a_message_without_a_body_states_its_status() -> None:
    page = (
        "# Sink boat\n\n```\nDELETE /v1/boats/{id}\n```\n\n### Response\n\n"
        "```\nHTTP/1.1 204 No Content\n```\n"
    )
    answer = captured(page)["DELETE /v1/boats/{id}"]["operation.json"]["response"]
    assert answer["status"] == 204


SAID = """\
# Boats

Each is a boat of the harbor. Read `GET /v1/harbors` first.

## List boats

{}

```json
[{{"id": 1}}]
```

## Others

See [the guide](#).
"""


@pytest.mark.parametrize(
    "sentence",
    [
        "* `GET /v1/boats` will return all boats.",
        "Send a GET request to /v1/boats with your key.",
        "To list boats, make a `GET` request to `https://sea.example/v1/boats`.",
        "```\ncurl -s https://sea.example/v1/boats -H 'Accept: */*'\n```\n\nResponse:",
        "```\ncurl --url https://sea.example/v1/boats --header 'Key: a'\n```\n\nResponse:",
    ],
)
def test_a_sentence_or_a_command_may_name_the_operation(sentence: str) -> None:
    (found,) = list_operations(SAID.format(sentence), "page")
    assert found.method_and_path == "GET /v1/boats"
    files = found.capture()
    load_files(files, "page")
    assert json.loads(files["operation.json"])["response"]["examples"] == [[{"id": 1}]]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Behind `GET /v1/boats`, boats follow.", id="inside a sentence"),
        pytest.param("* `GET /v1/boats` lists.\n* `GET /v1/ships` too.", id="two operations"),
        pytest.param("```\ncurl -G https://sea.example/v1/boats -d a=b\n```", id="another option"),
        pytest.param("```\ncurl -sT a.txt https://sea.example/v1/boats\n```", id="an upload"),
    ],
)
def test_a_text_that_may_be_about_another_operation_names_none(text: str) -> None:
    page = SAID.replace("`GET /v1/harbors`", "all").format(text)
    with pytest.raises(PageError):
        list_operations(page, "page")


def test_the_section_of_a_sentence_is_all_that_is_about_its_operation() -> None:
    said = "* `GET /v1/a` and `GET /v1/b`\n* `GET /v1/b` too."
    other = f'## Others\n\n{said}\n\n```json\n{{"b": 1}}\n```\n\n'
    page = SAID.format("* `GET /v1/boats` returns all.").replace("## List", f"{other}## List")
    (found,) = list_operations(page, "page")
    assert json.loads(found.capture()["operation.json"])["response"]["examples"] == [[{"id": 1}]]


def test_an_operation_below_a_heading_for_examples_repeats_the_one_before() -> None:
    page = (
        "# Show boat\n\n### Structure\n\n    GET https://sea.example/v1/{harbor}/{boat}\n\n"
        "### Example\n\n    GET https://sea.example/v1/Hamburg/Anna\n\n"
        "### URI and Querystring Parameters\n\n| Name | Type | Req. |\n| --- | --- | --- |\n"
        "| Harbor | string | Yes |\n| boat | string | Yes |\n| sails | string | Yes, always |\n"
    )
    (found,) = list_operations(page, "page")
    operation = json.loads(found.capture()["operation.json"])
    assert operation["path"] == "/v1/{harbor}/{boat}"
    stated = [(each["in"], each["name"], each["required"]) for each in operation["parameters"]]
    assert stated == [("path", "harbor", True), ("path", "boat", True), ("query", "sails", True)]


ROWS = "| Parameter | Type | Required |\n| --- | --- | --- |\n"


def test_a_command_names_the_operation_of_its_whole_section() -> None:
    one = "## {0} boat\n\n**Body:**\n\n{1}| {0} | string | Yes |\n\n```\n{2} {3}\n```\n\n"
    curl, url = "curl -X", "https://sea.example/v1/boats"
    page = "# Boats\n\n" + "".join(
        one.format(name, ROWS, f"{curl} {method}", url)
        for name, method in (("add", "POST"), ("move", "PUT"))
    )
    found = captured(page)
    for name, method in (("add", "POST"), ("move", "PUT")):
        body = found[f"{method} /v1/boats"]["body.schema.json"]
        assert [*body["properties"]] == [name]


def test_a_second_table_of_a_section_may_be_about_an_object_inside() -> None:
    page = (
        f"# Add boat\n\n`POST /v1/boats`\n\n### Body Parameters\n\n{ROWS}| owner | Owner | Yes |"
        f"\n\nAn owner has the following parameters:\n\n{ROWS}| phone | string | Yes |\n"
    )
    files = captured(page)["POST /v1/boats"]
    assert [*files["body.schema.json"]["properties"]] == ["owner"]
    assert "which object it is about" in gaps(files)


@pytest.mark.parametrize("heading", ["Parameters", "Fields"])
def test_a_table_beside_the_response_is_about_it(heading: str) -> None:
    page = (
        '# List boats\n\n`GET /v1/boats`\n\n**Response**\n\n```json\n{"a": 1}\n```\n\n'
        f"**{heading}**\n\n{ROWS}| a | integer | Yes |\n"
    )
    files = captured(page)["GET /v1/boats"]
    assert not files["query.schema.json"]["properties"]
    tables = [each for each in files["operation.json"]["gaps"] if "the table" in each["said"]]
    assert all(each["document"] == "response" for each in tables)


def test_comments_are_no_part_of_a_page() -> None:
    rows = f"### Query\n\n{ROWS}| limit | integer | No |\n<!--\n| old | string | Yes |\n"
    page = f'# List\n\n`GET /v1/boats`\n\n{rows}"a": "b"\n-->\n'
    files = captured(f'{page}### Response\n\n```json\n{{"a": 1}}\n```\n')["GET /v1/boats"]
    assert [*files["query.schema.json"]["properties"]] == ["limit"]
    assert files["operation.json"]["provenance"]["operation"]["/response/examples/0"] == 17


def test_the_methods_of_a_heading_that_are_not_read_are_gaps() -> None:
    page = f"## POST / PUT /v1/boats\n\n### Body\n\n{ROWS}| a | string | Yes |\n"
    assert "the same operation with POST" in gaps(captured(page)["PUT /v1/boats"])


def test_a_page_in_bold_capitals_is_written_by_people() -> None:
    rows = "| Parameter | Description |\n| --- | --- |\n| `:id` | One |\n"
    page = f"# Show boat\n\n**GET** `/v1/boats/:id`\n\n## URI Parameters\n\n{rows}"
    assert captured(page)["GET /v1/boats/{id}"]["operation.json"]["parameters"][0]["name"] == "id"


def test_a_slate_heading_does_not_say_how_a_request_sends_a_row() -> None:
    page = f"# Add\n\n### HTTP Request\n\n`POST /v1/boats`\n\n{ROWS}| key | string | Yes |\n\n"
    files = captured(f"{page}### Response\n\n```json\n{{}}\n```\n")["POST /v1/boats"]
    assert "how the request sends key" in gaps(files)


def test_fields_below_the_example_of_a_body_are_the_body() -> None:
    page = (
        '# Add\n\n`POST /v1/boats`\n\n### Request Body\n\n```json\n{"a": "b"}\n```\n\n'
        f"#### Body Fields\n\n{ROWS}| a | string | Yes |\n"
    )
    assert "only an example" not in gaps(captured(page)["POST /v1/boats"])


def test_of_two_headings_beside_the_response_the_second_is_about_it() -> None:
    terms = "`{}` _{}_\n: `{}` One.\n\n"
    page = (
        "# Show boats\n\n### Request\n\n```\ncurl https://a.example/boats/B00012345678901234\n```\n\n"
        '### Response\n\n```json\n{"id": "B", "size": 1}\n```\n\n'
        f"### Parameters\n\n{terms.format('id', 'mandatory', 'string')}"
        f"{terms.format('sort', 'optional', 'string').replace(' _', '_')}"
        f"### Parameters\n\n{terms.format('size', 'optional', 'integer')}"
    )
    files = captured(page)["GET /boats/{boat_id}"]
    places = {each["name"]: each["in"] for each in files["operation.json"]["parameters"]}
    assert places == {"boat_id": "path", "sort": "query"}


@pytest.mark.parametrize(
    ("address", "rows", "sent"),
    [
        ("/v1/boats?owner={ownerId}", "| ownerId | string | Yes |", ["owner"]),
        ("/v1/boats/mine", "| ownerId | string | Yes |", []),
        ("/v1/boats", "| sort | string | No |", ["sort"]),
    ],
)
def test_url_parameters_of_the_query_are_optional_or_named(
    address: str, rows: str, sent: list[str]
) -> None:
    page = f"# List\n\n`GET {address}`\n\n### URI Parameters\n\n{ROWS}{rows}\n\n"
    ((_, files),) = captured(f"{page}### Response\n\n```json\n[]\n```\n").items()
    assert [*files["query.schema.json"]["properties"]] == sent
    assert sent or "how the request sends ownerId" in gaps(files)


def test_what_the_example_sends_in_the_query_is_there() -> None:
    page = (
        f"# Copy\n\n`POST /v1/copies`\n\n### Arguments\n\n{ROWS}| to | string | No |\n\n"
        "```\ncurl -X POST 'https://a.example/v1/copies?to=x'\n```\n"
    )
    files = captured(page)["POST /v1/copies"]
    assert [*files["query.schema.json"]["properties"]] == ["to"]


@pytest.mark.parametrize(("method", "kind"), [("GET", "query"), ("POST", "")])
def test_url_parameters_may_be_those_of_the_query(method: str, kind: str) -> None:
    rows = "| Parameter | Description |\n| --- | --- |\n| id | One |\n| sort | Order |\n"
    page = f"# Sort\n\n`{method} /v1/boats/<id>`\n\n### URL Parameters\n\n{rows}"
    files = captured(page)[f"{method} /v1/boats/{{id}}"]
    places = {each["name"]: each["in"] for each in files["operation.json"]["parameters"]}
    assert places == {"id": "path"} | ({"sort": kind} if kind else {})
    assert kind or "how the request sends sort" in gaps(files)


def test_two_labels_name_the_operation_and_a_third_its_status() -> None:
    page = (
        "# Add boat\n\n**URL** : `/v1/boats/`\n\n**Method** : `POST`\n\n**Auth required** : NO\n\n"
        '**Data example**\n\n```json\n{"name": "Anna"}\n```\n\n## Success Response\n\n'
        '**Code** : `201 CREATED`\n\n```json\n{"id": 1}\n```\n\n## Error Response\n\n'
        '**Code** : `400 BAD REQUEST`\n\n```json\n{"error": 1}\n```\n'
    )
    files = captured(page)["POST /v1/boats/"]
    answer = files["operation.json"]["response"]
    assert (answer["status"], answer["examples"]) == (201, [{"id": 1}])
    assert "the request body: the page shows only an example" in gaps(files)


def test_an_address_of_the_same_operation_names_its_server() -> None:
    page = (
        "# Show boat\n\n```http\nGET /boats/{id}\n```\n\n## Request\n\n# [HTTP](#tab)\n\n```http\n"
        "GET https://sea.example/v1.0/boats/12f3a4b5-1111-2222-3333-444455556666\n```\n\n"
        '## Response\n\n```http\nHTTP/1.1 200 OK\n\n{"id": 2}\n```\n'
    )
    ((name, files),) = captured(page).items()
    assert name == "GET /boats/{id}"
    operation = files["operation.json"]
    assert operation["server"] == "https://sea.example/v1.0"
    assert operation["response"]["examples"] == [{"id": 2}]


def test_a_longer_path_or_a_word_is_another_operation() -> None:
    one = '```http\nGET {}/boats\n```\n\n```json\n{{"a": 1}}\n```\n\n'
    page = (
        f"# Boats\n\n## All\n\n{one.format('')}## Of one\n\n{one.format('https://a.example/ports')}"
    )
    assert [*captured(page)] == ["GET /boats", "GET /ports/boats"]
    page = "".join(one.format(f"https://a.example/v1/{each}") for each in ("{id}", "latest"))
    assert [*captured(page)] == ["GET /v1/{id}/boats", "GET /v1/latest/boats"]


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("{{host}}/boats/:id", "/boats/{id}"),
        ("$API/boats/$ID", "/boats/{ID}"),
        ("/boats/{id}/sails/{id}/$ref", "/boats/{id}/sails/{sail_id}/$ref"),
    ],
)
def test_signs_in_a_path(written: str, path: str) -> None:
    page = f"# Show\n\n`GET {written}`\n\n### Query\n\n{ROWS}| a | string | No |\n"
    assert [*captured(page)] == [f"GET {path}"]


@pytest.mark.parametrize(("margin", "names"), [("", ["sort"]), ("  ", ["sort", "size"])])
def test_items_below_a_parameter_may_be_its_values(margin: str, names: list[str]) -> None:
    page = (
        "# List\n\n`GET /v1/boats`\n\n### Query Parameters\n\n"
        f"- `sort` (string): Supported values are:\n{margin}- `name`: By it.\n- `size`: How long.\n"
    )
    files = captured(page)["GET /v1/boats"]
    properties = files["query.schema.json"]["properties"]
    assert [*properties] == names
    assert (properties["sort"].get("enum") == ["name", "size"]) is (names == ["sort"])
    assert ("Supported values are" in gaps(files)) is (names != ["sort"])


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("[]string", "string"),
        (r"string\[\]", "string"),
        ("[]int", "integer"),
        ("[string]", "string"),
    ],
)
def test_a_type_of_go_or_with_escaped_brackets_is_an_array(written: str, kind: str) -> None:
    page = f"""\
# Lists

## GET /lists

### Query Parameters

| Name | Type | Description |
|---|---|---|
| tags | {written} | Tags of the lists. |
"""
    (files,) = captured(page).values()
    tags = files["query.schema.json"]["properties"]["tags"]
    assert tags == {"type": "array", "items": {"type": kind}}
