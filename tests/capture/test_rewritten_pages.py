"""Operations and parameters written as tables of methods, badges, definitions and components."""

from __future__ import annotations

import pytest
from capture.test_written_pages import Files, captured

from docpact.capture.normalize.text import rewrite
from docpact.capture.sources import list_operations
from docpact.errors import PageError

BODY = '### Sample Response\n\n```json\n{"boats": []}\n```\n'


def parameters(files: Files) -> list[tuple[str, str, bool]]:
    return [(p["in"], p["name"], p["required"]) for p in files["operation.json"]["parameters"]]


def test_a_table_may_name_the_operation_and_items_their_facts_in_code() -> None:
    page = f"""\
# Boats HTTP API

## List Boats

| Method | Path            | Produces           |
| ------ | --------------- | ------------------ |
| `GET`  | `/boats/:fleet` | `application/json` |

### Parameters

- `:fleet` `(string: <required>)` - Which fleet. This is part of the path.
- `prefix` `(string: "")` - How names begin
- `limit` `(int: <required>)` - How many

### Sample Request

```shell-session
$ curl \\
    https://boats.example/v1/boats/north
```

{BODY}
## Add Boat

| Method | Path     |
| ------ | -------- |
| `POST` | `/boats` |

{BODY}"""
    found = captured(page)
    assert [*found] == ["GET /boats/{fleet}", "POST /boats"]
    files = found["GET /boats/{fleet}"]
    assert parameters(files) == [
        ("path", "fleet", True),
        ("query", "prefix", False),
        ("query", "limit", True),
    ]
    assert files["operation.json"]["server"] == "https://boats.example/v1"


def test_an_index_of_several_operations_is_no_operation() -> None:
    rows = "| Method | Path |\n|---|---|\n| GET | /a |\n| POST | /b |\n"
    assert rewrite(rows) == rows


@pytest.mark.parametrize(
    "badge",
    [
        '<span class="method get">GET</span>\n<span class="path">/v1/boats/{id}</span>',
        '<i class="label label-get">GET</i>\n<h6>/v1/boats/&lt;id&gt;</h6>',
        '<APIEndpoint method="GET" url="/v1/boats/{id}" />',
        '<Badge type="info" text="GET" /> `/v1/boats/{id}`',
        "URL | Requires Auth | HTTP Method\n--- | --- | ---\n`/v1/boats/:id` | yes | `GET`",
    ],
)
def test_badges_name_the_operation(badge: str) -> None:
    assert [*captured(f"# Show boat\n\n{badge}\n\n{BODY}")] == ["GET /v1/boats/{id}"]


def test_a_line_below_a_title_makes_it_a_heading() -> None:
    page = f"""\
---
title: Boats
---

Boats
=====

Intro

List boats
----------

GET /v1/boats

Query parameters
----------------

| Name | Type | Required |
| --- | --- | --- |
| limit | integer | yes |

Response
--------

{BODY}"""
    (files,) = captured(page).values()
    assert files["operation.json"]["title"] == "List boats"
    assert parameters(files) == [("query", "limit", True)]


def test_what_belongs_to_an_operation_in_no_known_form_is_not_that_of_the_one_above() -> None:
    rows = "| Name | Type | Required |\n|---|---|---|\n| force | boolean | yes |\n"
    page = f"""\
# Boats #

## List boats ##

GET /v1/boats

{BODY}
## Remove boat ##

Send DELETE to /v1/boats/ID.

### Query parameters ###

{rows}
## Add boat ##

POST /v1/boats

{BODY}"""
    found = captured(page)
    assert [*found] == ["GET /v1/boats", "POST /v1/boats"]
    assert parameters(found["GET /v1/boats"]) == []


def test_definitions_are_parameters() -> None:
    page = f"""\
## View boat {{#get}}

```http
GET /v1/boats/:id HTTP/1.1
```

##### Path parameters

:id
: {{{{<required>}}}} String. Which boat.

##### Query parameters

`limit` _mandatory_
: `integer` How many

after
: String. Where to begin.

{BODY}"""
    (files,) = captured(page).values()
    assert parameters(files) == [
        ("path", "id", True),
        ("query", "limit", True),
        ("query", "after", False),
    ]


def test_parameters_of_vue_are_read() -> None:
    page = f"""\
# Add boat

<div class="api-endpoint-badge">
  <span class="method post">POST</span>
  <span class="path">/v1/boats/</span>
</div>

### Body Parameters

<ApiParam name="name" type="string" :required="true">

Its name

</ApiParam>
<ApiParam name="crew" type="integer">

</ApiParam>

{BODY}"""
    (files,) = captured(page).values()
    schema = files["body.schema.json"]
    assert (schema["required"], [*schema["properties"]]) == (["name"], ["name", "crew"])


def test_elements_over_several_lines_and_folded_parameters_are_read() -> None:
    page = f"""\
# Add boat

<Endpoint
  url="/v1/fleets/:fleet/boats"
  method="POST"
  permissions={{
    <Permission title="Security" />
  }}
/>

## Body parameters

<ApiParam name='crew' type='object' required>
  Of the boat
  <NestedParams>
    <ApiParam name='size' type='integer'>
    </ApiParam>
  </NestedParams>
</ApiParam>
<CollapsibleApiParam name='name' type='string' required>
  Its name
</CollapsibleApiParam>

{BODY}"""
    ((name, files),) = captured(page).items()
    schema = files["body.schema.json"]
    assert name == "POST /v1/fleets/{fleet}/boats"
    assert schema["required"] == ["crew", "name"]
    assert [*schema["properties"]["crew"]["properties"]] == ["size"]


@pytest.mark.parametrize(
    ("lost", "line"), [("</ParamField>\n", 5), ('<ParamField query="a" type="string">\n', 6)]
)
def test_a_component_without_its_beginning_or_end_is_refused(lost: str, line: int) -> None:
    field = '<ParamField query="{}" type="string">\nWhich\n</ParamField>\n'
    page = f"# List boats\n\nGET /v1/boats\n\n{field.format('a')}{field.format('b')}"
    (operation,) = list_operations(page.replace(lost, "", 1), "page")
    with pytest.raises(PageError, match=f"line {line}: expected the"):
        operation.capture()


def test_a_page_that_is_pasted_twice_gives_the_same_contracts() -> None:
    page = "# Boats\n\n## List boats\n\nGET /v1/boats\n\n### Query parameters\n\n"
    page += f"- `limit` (integer)\n\n{BODY}"
    page += f"\n## Show boat\n\nGET /v1/boats/{{id}}\n\n{BODY}"
    once, twice = captured(page), captured(f"{page}\n{page}")
    assert [*once] == [*twice] == ["GET /v1/boats", "GET /v1/boats/{id}"]
    assert [parameters(each) for each in once.values()] == [
        parameters(each) for each in twice.values()
    ]


def test_an_indented_example_counts() -> None:
    page = "# List boats\n\n`GET /v1/boats`\n\n> Response Example\n    \n    \n    "
    (files,) = captured(page + '{\n        "boats": []\n    }\n    \n\n## Notes\n').values()
    assert files["operation.json"]["response"]["examples"] == [{"boats": []}]


def test_a_page_that_states_only_its_path_has_gaps() -> None:
    page = "# Show boat\n\n`GET /v1/boats/{id}`\n\n## Path parameters\n\n- `id` (integer): Which\n"
    (files,) = captured(page).values()
    schema = files["operation.json"]["parameters"][0]["schema"]
    assert schema == {"type": "integer"}


def test_lines_stay_in_their_places() -> None:
    page = "A\n=\n\n| Method | Path |\n| - | - |\n| GET | /a |\n\na\n: String. B\n"
    assert rewrite(page).count("\n") == page.count("\n")
    assert rewrite(rewrite(page)) == rewrite(page)


def test_parameters_and_the_only_body_of_a_request_without_one_need_no_heading() -> None:
    page = """\
## List boats

```
GET /fleets/:id/boats
```

Parameters:

- `id` (required) - Which fleet
- `limit` (optional) - How many

```json
[{"name": "Ida"}]
```
"""
    (files,) = captured(page).values()
    assert parameters(files) == [("path", "id", True), ("query", "limit", False)]
    assert files["operation.json"]["response"]["examples"] == [[{"name": "Ida"}]]


def test_a_table_in_html_may_name_the_operation() -> None:
    cells = "<tr><th>HTTP Method</th><th>URL</th></tr><tr><td><code>GET</code></td>"
    cells += "<td><code>/boats/:fleet</code></td></tr>"
    page = (
        f"# Boats\n\n<table>{cells}</table>\n\n## Path Variables\n\n<table><thead><tr><th>Key</th>"
        "<th>Example Value</th><th>Description</th></tr></thead><tr><td><code>fleet</code><mark>"
        "<code>*</code></mark></td><td><code>f7</code></td><td>Which</td></tr></table>\n\n"
        "## Query\n\n<table><tr><th>Key</th><th>Description</th></tr><tr><td><code>rig</code><mark>"
        "<code>*</code></mark></td><td>Its rig</td></tr></table>\n\n"
        f"```shell\ncurl 'https://boats.example/boats/8s7e9ony6ctl27e1qf8kue'\n```\n\n{BODY}"
    )
    found = captured(page)
    assert [*found] == ["GET /boats/{fleet}"]
    expected = [("path", "fleet", True), ("query", "rig", True)]
    assert parameters(found["GET /boats/{fleet}"]) == expected
