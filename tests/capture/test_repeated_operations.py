"""Pages with several sections about one method and path."""

from __future__ import annotations

import json

import pytest

from docpact.capture.batch import choose
from docpact.capture.sources import list_operations
from docpact.errors import ContractError

ROWS = "| Name | Type | Required | Description |\n| --- | --- | --- | --- |\n"
LIST = f"## List boats\n\n`GET /v1/boats`\n\n### Query\n\n{ROWS}| rig | string | No | Which |\n"
SEARCH = f"## Search boats\n\n`GET /v1/boats`\n\n### Query\n\n{ROWS}| q | string | Yes | What |\n"
CALL = "`POST https://boats.example.com/api`\n\n**Body parameters**\n\n"


def test_each_section_with_parameters_of_its_own_is_an_operation() -> None:
    found = list_operations(f"# Boats\n\n{LIST}\n{SEARCH}", "page.md")
    names = {each.name: json.loads(each.capture()["operation.json"]) for each in found}
    assert [*names] == ["GET /v1/boats (List boats)", "GET /v1/boats (Search boats)"]
    parameters = [[each["name"] for each in one["parameters"]] for one in names.values()]
    assert parameters == [["rig"], ["q"]]
    with pytest.raises(ContractError, match=r"2 operations .*'GET /v1/boats \(List boats\)', "):
        choose(found, "GET /v1/boats", "page.md")
    assert choose(found, "GET /v1/boats (Search boats)", "page.md") is found[1]


def test_procedures_at_one_address_are_operations() -> None:
    sections = [
        f"## {name} a boat\n\n{CALL}{ROWS}| Command | String | Yes | `boat.{name}` |\n"
        "| boat | String | Yes | Which |\n"
        for name in ("sink", "lift")
    ]
    found = list_operations("# Boats\n\n" + "\n".join(sections), "page.md")
    assert [each.name.partition(" (")[2] for each in found] == ["sink a boat)", "lift a boat)"]


@pytest.mark.parametrize(
    "page",
    [
        f"# Boats\n\n{LIST}\n## Liste der Boote\n{LIST.partition('boats')[2]}",
        f"# Boats\n\n{LIST}\n## An example\n\n`GET /v1/boats`\n\n```json\n{{}}\n```\n",
        f"# Boats\n\n## One\n\nGET /v1/boats\n\n## Rigs\n\n{ROWS}| id | string |\n\n{SEARCH}",
    ],
)
def test_what_is_said_twice_is_one_operation(page: str) -> None:
    assert [each.name for each in list_operations(page, "page.md")] == ["GET /v1/boats"]


def test_an_example_request_is_not_an_operation() -> None:
    sent = "Example of the request:\n\n```\nGET /fleets/ZzX/boats.json HTTP/1.1\n```\n"
    page = (
        f"# Boats\n\n## List\n\n```\nGET /fleets/{{fleet}}/boats.json\n```\n\n### Query\n\n{ROWS}"
    )
    page += f"| rig | string | No | - |\n\n{sent}\n### Response\n\nDone, with status 204.\n\n"
    page += "## Sink\n\n```\nDELETE /boats/BOAT_ID.json\n```\n\n### Response\n\nHTTP status 204.\n"
    found = {each.name: json.loads(each.capture()["operation.json"]) for each in
             list_operations(page, "page.md")}  # fmt: skip
    assert [*found] == ["GET /fleets/{fleet}/boats.json", "DELETE /boats/{BOAT_ID}.json"]
    assert [each["response"]["status"] for each in found.values()] == [204, 204]
