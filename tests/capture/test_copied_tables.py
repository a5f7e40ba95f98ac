"""Tables as browsers, crawlers and other languages leave them; none of their rows is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.capture.sources import list_operations
from docpact.catalogue import load_files
from docpact.errors import PageError

Files = dict[str, Any]

PAGE = """\
# List boats

`GET /v1/boats`

{}
"""


def captured(page: str) -> Files:
    """Return the decoded files of the contract of a page with one operation, which loads."""
    (found,) = list_operations(page, "page")
    files = found.capture()
    load_files(files, "page")
    return {name: json.loads(text) for name, text in files.items()}


def gaps(files: Files) -> str:
    return " ".join(each["said"] for each in files["operation.json"]["gaps"])


def asked(files: Files) -> dict[str, bool]:
    """Return the name of each parameter of the query, and whether it is required."""
    stated = files["operation.json"]["parameters"]
    return {each["name"]: each["required"] for each in stated if each["in"] == "query"}


def query(*rows: str) -> str:
    return PAGE.format("\n".join(("## Query parameters", "", *rows)))


def test_the_last_cell_of_a_row_without_outer_pipes_may_be_empty() -> None:
    rows = ("Name| Type| Required| Description  ", "---|---|---|---  ", "limit| integer| YES|   ")
    files = captured(query(*rows))
    assert asked(files) == {"limit": True}
    assert files["query.schema.json"]["properties"]["limit"] == {"type": "integer"}


def test_a_cell_goes_on_below_its_row() -> None:
    rows = ("Name | Type | Required | Description", "---|---|---|---")
    files = captured(query(*rows, "state | string | yes | One of  ", "`AFLOAT`  ", "`ASHORE`  ",
                           "limit | integer | no | How many"))  # fmt: skip
    assert asked(files) == {"state": True, "limit": False}


def test_rows_without_their_header_are_a_gap() -> None:
    rows = ("| Name | Type | Required |", "|---|---|---|", "| a | string | yes |", "")
    files = captured(query(*rows, "| limit | integer | yes |"))
    assert asked(files) == {"a": True}
    assert "the rows of a table below 'Query parameters'" in gaps(files)


def test_a_name_may_be_a_link_and_one_with_words_is_a_gap() -> None:
    rows = (
        "| Name | Type | Required |",
        "|---|---|---|",
        "| [kind](../enum#kind) | string | yes |",
    )
    files = captured(query(*rows, "| from, until | string | no |"))
    assert asked(files) == {"kind": True}
    assert "the row 'from, until' of a table" in gaps(files)


def test_a_pipe_in_code_ends_no_cell() -> None:
    rows = ("| Name | Type | Required |", "|---|---|---|", "| kind | `'sail' | 'motor'` | yes |")
    files = captured(query(*rows))
    assert asked(files) == {"kind": True}
    assert files["query.schema.json"]["properties"]["kind"]["enum"] == ["sail", "motor"]


@pytest.mark.parametrize("mark", ["> ", "» ", "&gt; "])
def test_marks_show_the_fields_of_an_object(mark: str) -> None:
    rows = ("list| array| Boats", f"{mark}name| string| Its name", f"{mark}crew| array| People",
            f"{mark}{mark}age| integer| In years", "next| string| More")  # fmt: skip
    table = "\n".join(("## Response", "", "Field| Type| Description", "---|---|---", *rows))
    schema = captured(PAGE.format(table))["response.schema.json"]
    items = schema["properties"]["list"]["items"]["properties"]
    assert [*schema["properties"]] == ["list", "next"]
    assert [*items["crew"]["items"]["properties"]] == ["age"]


ENVELOPE = """\
## Response

| Field | Type |
| --- | --- |
| name | string |
| crew | integer |

```json
{}
```
"""


def test_fields_belong_to_the_object_that_has_them_in_the_example() -> None:
    body = '{"code": 0, "data": {"boats": [{"name": "Ida", "crew": 2}]}}'
    files = captured(PAGE.format(ENVELOPE.replace("{}", body)))
    properties = files["response.schema.json"]["properties"]
    boats = properties["data"]["properties"]["boats"]["items"]["properties"]
    assert (boats["name"]["type"], boats["crew"]["type"]) == (
        ["string", "null"],
        ["integer", "null"],
    )
    assert properties["code"] == {}
    assert "code: the page states no type" in gaps(files)


@pytest.mark.parametrize(
    "body",
    ['{"code": 0}', '{"one": {"name": "Ida", "crew": 2}, "other": {"name": "Eva", "crew": 1}}'],
)
def test_fields_that_the_example_has_nowhere_or_twice_are_a_gap(body: str) -> None:
    files = captured(PAGE.format(ENVELOPE.replace("{}", body)))
    assert "properties" not in files["response.schema.json"]
    assert "none is at the top of the example body" in gaps(files)


def test_an_example_that_is_cut_off_still_shows_where_the_fields_are_not() -> None:
    body = '{"code": 0, "data": {"name": "Ida", '
    files = captured(PAGE.format(ENVELOPE.replace("{}", body)))
    assert "properties" not in files["response.schema.json"]
    own = captured(PAGE.format(ENVELOPE.replace("{}", '{"name": "Ida", ')))
    assert [*own["response.schema.json"]["properties"]] == ["name", "crew"]


def test_fields_at_the_top_of_the_example_stay_there() -> None:
    body = '{"name": "Ida", "data": {"name": "Eva", "crew": 2}}'
    files = captured(PAGE.format(ENVELOPE.replace("{}", body)))
    assert [*files["response.schema.json"]["properties"]] == ["name", "crew"]


LANGUAGES = {
    "Chinese": ("请求参数", "参数名|类型|是否必须|描述", "是", "否", "响应参数"),
    "Taiwanese": ("請求參數", "參數|類型|是否必需|說明", "true", "false", "響應參數"),
    "Japanese": ("リクエストパラメータ", "パラメータ|型|必須|説明", "はい", "いいえ", "レスポンス"),
    "Korean": ("요청 파라미터", "이름|타입|필수|설명", "예", "아니오", "응답"),
    "Spanish": ("Parámetros", "Nombre|Tipo|Obligatorio|Descripción", "Sí", "No", "Respuesta"),
    "Portuguese": ("Parâmetros da requisição", "Nome|Tipo|Obrigatório|Descrição", "Sim", "Não",
                   "Resposta"),
    "French": ("Paramètres", "Nom|Type|Obligatoire|Description", "Oui", "Non", "Réponse"),
    "Russian": ("Параметры запроса", "Параметр|Тип|Обязательный|Описание", "Да", "Нет", "Ответ"),
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_and_columns_may_be_in_another_language(language: str) -> None:
    heading, columns, yes, no, returns = LANGUAGES[language]
    header = f"{columns}\n---|---|---|---\n"
    rows = f"harbor|string|{yes}|a\nlimit|integer|{no}|b\n"
    fields = "|".join(columns.split("|")[:2]) + "\n---|---\nname|string\n"
    fields += '\n```json\n{"name": "Ida"}\n```\n'
    files = captured(PAGE.format(f"## {heading}\n\n{header}{rows}\n## {returns}\n\n{fields}"))
    assert asked(files) == {"harbor": True, "limit": False}
    assert [*files["response.schema.json"]["properties"]] == ["name"]


def test_a_section_in_no_known_form_is_a_gap() -> None:
    files = captured(
        PAGE.format(
            "## Query parameters\n\nlimit is a number.\n\n## Headers\n\nNone\n\n"
            '## Response\n\n```json\n{"boats": []}\n```\n'
        )
    )
    assert "the text below 'Query parameters'" in gaps(files)
    assert "'Headers'" not in gaps(files)


def test_the_text_of_a_heading_is_not_its_link() -> None:
    page = PAGE.format(
        '## Notes[](/docs/query-response "Direct link to Notes")\n\nName | Type\n---|---\n'
        'a | string\n\n## Response\n\n```json\n{"boats": []}\n```\n'
    )
    assert asked(captured(page)) == {}


@pytest.mark.parametrize(
    ("value", "name"),
    [("25933", "boat_id"), ("2", "boat_id"), ("0a1b2c3d4e5f60718293a4b5", "boat_id")],
)
def test_an_id_behind_a_plural_in_a_path_is_that_of_an_example(value: str, name: str) -> None:
    page = PAGE.replace("/boats", f"/boats/{value}").format('## Response\n\n```json\n{"a": 1}\n```')
    files = captured(page)
    assert files["operation.json"]["path"] == f"/v1/boats/{{{name}}}"
    assert f"'boats/{value}' in the path may have" in gaps(files)


def test_a_table_names_the_id_of_an_example() -> None:
    page = PAGE.replace("/boats", "/boat/123e4567-e89b-12d3-a456-426614174000")
    files = captured(page.format("## Path parameters\n\nName | Type\n---|---\nkeel | string\n"))
    assert files["operation.json"]["path"] == "/v1/boat/{keel}"


def test_other_numbers_in_a_path_are_refused_or_kept() -> None:
    page = PAGE.format('## Response\n\n```json\n{"a": 1}\n```')
    with pytest.raises(PageError, match="has an example value, 25933"):
        captured(page.replace("/v1/boats", "/v1/25933"))
    files = captured(page.replace("/v1/boats", "/api/2/boats"))
    assert files["operation.json"]["path"] == "/api/2/boats"


def test_a_parameter_in_the_address_of_a_post_is_in_the_query() -> None:
    page = PAGE.replace("GET /v1/boats", "POST /v1/boats?rig=sloop")
    files = captured(page.format("## Request parameters\n\nName | Type\n---|---\nrig | string\n"))
    assert asked(files) == {"rig": False}
    assert "body.schema.json" not in files


def test_a_parameter_that_only_the_address_names_is_a_gap() -> None:
    page = PAGE.replace("/v1/boats", "/v1/boats?rig=sloop&limit=5")
    files = captured(page.format("## Query parameters\n\nName | Type\n---|---\nlimit | integer\n"))
    assert "the parameter rig, which only the address names" in gaps(files)
    assert "the parameter limit" not in gaps(files)


def test_an_address_may_name_parameters_as_a_template() -> None:
    rows = "Name | Type\n---|---\nrig | string\nlimit | integer\n"
    page = PAGE.format(f"## URI parameters\n\n{rows}")
    address = "/v1/boats{?rig,page%5Bsize%5D,limit*}{&mast}"
    files = captured(page.replace("/v1/boats", address, 1))
    assert files["operation.json"]["path"] == "/v1/boats"
    assert [*asked(files)] == ["rig", "limit"]
    assert "the parameter mast, which only the address names" in gaps(files)
    assert "the parameter page[size], which only the address names" in gaps(files)


TABLE = """\

| Attribute | Type | Required | Description |
| --- | --- | --- | --- |
| `id` | integer | yes | Which fleet |
| `limit` | integer | no | How many |

```
curl https://boats.example/v1/fleets/5/boats
```

Example response:

```json
[{"name": "Ida"}]
```

| Attribute | Type | Required |
| --- | --- | --- |
| `name` | string | yes |
"""


def test_a_table_right_below_an_operation_is_about_its_request() -> None:
    files = captured("# List boats\n\n```\nGET /fleets/:id/boats\n```\n" + TABLE)
    stated = files["operation.json"]["parameters"]
    assert [(each["in"], each["name"]) for each in stated] == [("path", "id"), ("query", "limit")]
    assert files["operation.json"]["response"]["examples"] == [[{"name": "Ida"}]]
    assert "which object it is about" in gaps(files)


def test_such_a_table_does_not_say_how_a_request_with_a_body_sends_it() -> None:
    files = captured("# Add boat\n\n```\nPOST /fleets/:id/boats\n```\n" + TABLE)
    stated = files["operation.json"]["parameters"]
    assert [(each["in"], each["name"]) for each in stated] == [("path", "id")]
    assert "how the request sends limit" in gaps(files)
    assert "body.schema.json" not in files


HEADER = "| Attribute | Type | Required | Description |\n| --- | --- | --- | --- |\n"
LIMIT = "| `limit`"
DAMAGES = {
    "lines end as on Windows": ("\n", "\r\n"),
    "no-break spaces": (" ", "\u00a0"),
    "the words of a button": ("```\n\n", "```\n\nCopy\n\n"),
    "rows twice": (LIMIT, f"| `id` | integer | yes | a |\n{LIMIT}"),
    "header twice": (HEADER, HEADER + HEADER),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_copying_adds_changes_no_statement(damage: str) -> None:
    page = "# List boats\n\n```\nGET /fleets/:id/boats\n```\n" + TABLE
    below = "\nWas this page helpful?\n\nNext\nAdd boat\n"
    whole, damaged = captured(page), captured(page.replace(*DAMAGES[damage]) + below)
    for name in ("parameters", "server"):
        assert damaged["operation.json"][name] == whole["operation.json"][name]
    for files in (whole, damaged):
        assert files["operation.json"]["response"]["examples"][0] == [{"name": "Ida"}]
    assert damaged["query.schema.json"] == whole["query.schema.json"]


def test_a_list_inside_a_cell_ends_no_table() -> None:
    files = captured(
        query(
            "Name | Type | Required | Description",
            "---|---|---|---",
            "since | integer | no | The first day",
            "",
            "  * Without it, the last week",
            "  * At most a year ago",
            "",
            "  ",
            "limit | integer | yes | How many",
            "cursor | string | no | Where to go on",
        )
    )
    assert asked(files) == {"since": False, "limit": True, "cursor": False}
    assert "the list in the row of 'since'" in gaps(files)


def test_a_table_below_a_list_is_another_one() -> None:
    files = captured(
        query(
            "Name | Type | Required | Description",
            "---|---|---|---",
            "since | integer | no | The first day",
            "",
            "* The codes:",
            "",
            "Code | Meaning | Sent | Again",
            "---|---|---|---",
            "late | Too late | yes | no",
        )
    )
    assert asked(files) == {"since": False}


@pytest.mark.parametrize("name", ["*anonymous*", "_None_", "*None*"])
def test_a_row_without_a_name_is_no_field(name: str) -> None:
    page = PAGE.format("## Response Schema\n\nName | Type | Description\n---|---|---\n{}")
    rows = f"boats | array | Those\n» {name} | Boat | One of them\n»» id | integer | Its number\n"
    files = captured(page.format(rows))
    boats = files["response.schema.json"]["properties"]["boats"]
    assert [*boats["items"]["properties"]] == ["id"]


def test_a_name_may_end_with_a_word_that_also_marks_names() -> None:
    rows = ("Name | Type | Required | Description", "---|---|---|---",
            "IsRequired | boolean | no | Whether", "`limit`required | integer | | How many",
            "page (optional) | integer | | Which")  # fmt: skip
    assert asked(captured(query(*rows))) == {"IsRequired": False, "limit": True, "page": False}


@pytest.mark.parametrize(
    ("header", "cell", "required"),
    [
        ("Type - Required/Optional", "Integer - Required", True),
        ("Required/Optional", "Integer - Optional", False),
        ("Required - Type", "Required - Integer", True),
        ("Type", "(Optional) Integer", False),
    ],
)
def test_one_column_may_state_the_type_and_the_need(header: str, cell: str, required: bool) -> None:
    rows = (f"Name | {header} | Description", "---|---|---", f"limit | {cell} | How many",
            "page | Integer - Required | Which")  # fmt: skip
    files = captured(query(*rows))
    assert asked(files)["limit"] == required
    assert files["query.schema.json"]["properties"]["limit"]["type"] == "integer"


def test_a_table_of_facts_names_the_operation() -> None:
    facts = """\
| Attribute | Value |
| :-- | :-- |
| **HTTP Method** | `GET` |
| **Endpoint Path** | `/v1/{}` [source] |
| **Query Params** | None |
| **Scopes** | `boats.read` |

### Response

- `id` (string): Its id.
"""
    page = "\n".join(f"## Get {each}\n\n{facts.format(each)}" for each in ("boat", "oar"))
    found = list_operations(page, "page")
    assert [each.name for each in found] == ["GET /v1/boat", "GET /v1/oar"]
    files = {name: json.loads(text) for name, text in found[1].capture().items()}
    assert list(files["response.schema.json"]["properties"]) == ["id"]
    assert "the rows of a table" in gaps(files)
    assert "Query Params" not in str(files)


def test_a_quoted_line_names_the_operation() -> None:
    command = "```\ncurl https://boats.example/v1/boats/12\n```"
    page = f"# One boat\n\n> \U0001f517 `GET /v1/boats/{{id}}`\n\n## Example\n\n{command}\n"
    assert captured(page)["operation.json"]["path"] == "/v1/boats/{id}"


def test_places_in_an_array_are_no_fields() -> None:
    rows = "| Index | Field | Type |\n| --- | --- | --- |\n| 0 | open | string |\n"
    asked = "## Query parameters\n\n- `rig` (string): Its rig.\n"
    files = captured(PAGE.format(f"{asked}\n## Response\n\n{rows}"))
    assert "properties" not in files["response.schema.json"]
    assert "the table below 'Response'" in gaps(files)


def test_a_table_in_another_language_names_the_operation() -> None:
    summary = "| Método | Endpoint |\n| --- | --- |\n| `GET` | `/v1/boats/{boatId}` |\n"
    asked = (
        "| Nome | Tipo | Local | Obrigatório |\n| - | - | - | - |\n| rig | string | query | sim |\n"
    )
    command = "```\ncurl https://boats.example/v1/boats/7\n```"
    page = f"# Barco\n\n## Resumo\n\n{summary}\n## Parâmetros\n\n{asked}\n## Exemplo\n\n{command}\n"
    files = captured(page)
    assert files["operation.json"]["path"] == "/v1/boats/{boatId}"
    assert {
        e["name"]: e["required"]
        for e in files["operation.json"]["parameters"]
        if e["in"] == "query"
    } == {"rig": True}


def test_statements_outside_of_the_section_with_the_only_command_are_a_gap() -> None:
    asked = "| Name | Type | Required |\n| - | - | - |\n| rig | string | yes |\n"
    command = "```\ncurl https://boats.example/v1/boats\n```"
    shown = 'Response:\n\n```json\n{"id": 1}\n```'
    page = f"# Boats\n\n## What to send\n\n{asked}\n## Try it\n\n{command}\n\n{shown}\n"
    files = captured(page)
    assert "outside of the section" in gaps(files)
    inside = captured(
        f"# Boats\n\n## Get boats\n\n{command}\n\n### Parameters\n\n{asked}\n{shown}\n"
    )
    assert "outside of the section" not in gaps(inside)


@pytest.mark.parametrize(
    ("title", "is_gap"),
    [("Pyyntö", True), ("リクエスト", True), ("エラーメッセージ", False), ("Error codes", False)],
)
def test_a_table_in_an_unknown_language_outside_of_that_section_is_a_gap(
    title: str, is_gap: bool
) -> None:
    table = "| Nimi | Kuvaus |\n| - | - |\n| rig | Mitä |\n"
    command = "```\ncurl https://boats.example/v1/boats\n```"
    shown = 'Response:\n\n```json\n{"id": 1}\n```'
    files = captured(f"# Veneet\n\n## {title}\n\n{table}\n## Malli\n\n{command}\n\n{shown}\n")
    assert ("outside of the section" in gaps(files)) is is_gap


GLUED = """\
List boats

GET /v1/boats

{}

Response

A list of boats.
"""


@pytest.mark.parametrize(
    ("rows", "needed"),
    [
        (("KeyDatatypeRequiredDescription", "substringstringNoNumber of it", "rig_intintegerYes"),
         {"substring": False, "rig_int": True}),
        (("ParameterTypeRequiredDescription", "limitintegerNowhich limit", "qstringtrue"),
         {"limit": False, "q": True}),
    ],
)  # fmt: skip
def test_cells_without_anything_between_them_are_read(
    rows: tuple[str, ...], needed: dict[str, bool]
) -> None:
    for page in (GLUED.format("\n".join(("Query Params", "", *rows))), query(*rows)):
        files = captured(page)
        assert asked(files) == needed
        types = [each["type"] for each in files["query.schema.json"]["properties"].values()]
        assert {*types} == {"string", "integer"}


def test_marks_that_a_crawler_lost_are_a_gap() -> None:
    files = captured(query("NameTypeRequiredDescription", "limitintegerHow many", "qstringSearch"))
    assert "whether requests need limit, q" in gaps(files)


def test_cells_that_may_begin_at_several_places_are_a_gap() -> None:
    page = query("NameTypeRequiredDescription", "itemNumberYesDateNo", "limitIntegerNo")
    files = captured(f'{page}\n\n## Response\n\n```json\n{{"boats": [{{"name": "x"}}]}}\n```\n')
    assert asked(files) == {}
    assert "the text below 'Query parameters'" in gaps(files)


HEADERS = """\
| Header | Type | Required | Example |
|---|---|---|---|
| X-STOREFRONT-KEY | string | Yes | live_12345 |

## Query parameters

| Name | Type | Required |
|---|---|---|
| limit | integer | No |
"""


def test_a_required_key_in_a_table_of_headers_is_a_credential() -> None:
    operation = captured(PAGE.format(f"## Headers\n\n{HEADERS}"))["operation.json"]
    assert [each["name"] for each in operation["security"]] == ["X-STOREFRONT-KEY"]
    assert [each["name"] for each in operation["parameters"]] == ["limit"]


def test_a_table_of_headers_that_is_not_below_a_heading_is_a_gap() -> None:
    assert "the table below 'List boats'" in gaps(captured(PAGE.format(f"Headers\n\n{HEADERS}")))


@pytest.mark.parametrize("described", [True, False])
def test_cells_without_anything_between_them_may_have_places(described: bool) -> None:
    words = "Description" if described else ""
    rows = (
        f"NameInTypeRequired{words}", f"queryquerystringYes{words}", "limitqueryintegerNo",
        "TokenheaderstringNo", f"Rangeheaderstring[]Yes{words}",
    )  # fmt: skip
    files = captured(PAGE.format("\n".join(("Parameters", "", *rows, "", "Example request"))))
    assert asked(files) == {"query": True, "limit": False}
    headers = [
        each["name"] for each in files["operation.json"]["parameters"] if each["in"] == "header"
    ]
    assert headers == ["Token", "Range"]
    assert files["query.schema.json"]["properties"]["limit"] == {"type": "integer"}
