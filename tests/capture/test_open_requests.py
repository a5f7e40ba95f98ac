"""Pages that leave open what a request needs: no refusal is an alarm, and none counts as kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from capture.test_pages_on_servers import JSON
from command import served
from servers.loopback import Answer, Handler, Request, Server

from docpact import check
from docpact.capture.sources import list_operations
from docpact.catalogue import load_files
from docpact.model.run import Verdict

__all__ = ["served"]

HEAD = "# Boats\n\n## Search boats\n\n`GET /v1/boats`\n\n"
RESPONSE = "\n\n### Response\n\n```json\n{}\n```\n"


def read(page: str) -> dict[str, Any]:
    (operation,) = list_operations(page, "page.md")
    return {name: json.loads(text) for name, text in operation.capture().items()}


def required(page: str) -> dict[str, bool]:
    parameters = read(page)["operation.json"]["parameters"]
    return {each["name"]: each["required"] for each in parameters}


def is_open(page: str) -> bool:
    return "/parameters" in {
        each["pointer"] for each in read(page)["operation.json"].get("gaps", [])
    }


UNREAD = HEAD + "See the notes.\n\n- `q`: what to look for" + RESPONSE
MARKED = HEAD + "Parameters:\n\n- `q` (required): a name\n- `limit`: how many" + RESPONSE
UNMARKED = (
    HEAD + "It accepts the following query parameters in the URL:\n\n- `q`: a name" + RESPONSE
)
OPTIONAL = HEAD + "Parameters:\n\n- `q`: a name\n- `limit` (optional): how many" + RESPONSE


ALL = (
    HEAD + "### Query Parameters\n\nAll of the parameters are optional.\n\n- `q`: a name" + RESPONSE
)
BODY = HEAD.replace("GET", "POST") + "### Request body\n\n- `q` (string): a name" + RESPONSE
HEADED = HEAD + "### Required query parameters\n\n- `q`: a name" + RESPONSE


@pytest.mark.parametrize(
    ("page", "names", "is_doubtful"),
    [
        pytest.param(ALL, {"q": False}, False, id="a sentence says that all are optional"),
        pytest.param(BODY, {}, True, id="fields of a body without a mark"),
        pytest.param(HEADED, {"q": True}, False, id="the heading says it"),
        pytest.param(UNREAD, {}, True, id="a list outside any section"),
        pytest.param(MARKED, {"q": True, "limit": False}, False, id="only the needed are marked"),
        pytest.param(UNMARKED, {"q": False}, True, id="no mark, and a sentence as the heading"),
        pytest.param(OPTIONAL, {"q": False, "limit": False}, True, id="only the others are marked"),
    ],
)
def test_a_page_says_which_parameters_a_request_needs(
    page: str, names: dict[str, bool], is_doubtful: bool
) -> None:
    assert required(page) == names
    assert is_open(page) is is_doubtful


def needs(name: str) -> Handler:
    def answer(request: Request) -> Answer:
        if f"{name}=" in request.target:
            return Answer(200, JSON, b"{}")
        return Answer(400, JSON, b'{"error": "missing"}')

    return answer


@pytest.mark.parametrize("page", [UNREAD, UNMARKED])
def test_a_server_that_needs_more_than_the_page_says_raises_no_alarm(
    page: str, served: Callable[[Handler], Server]
) -> None:
    run = check(load_files(list_files(page), "boats/search"), served(needs("q")).url)
    assert run.findings == ()
    assert run.verdict() is (Verdict.CONFORMS if page is UNMARKED else Verdict.INCONCLUSIVE)


def test_refused_requests_with_all_that_the_page_asks_for_are_drift(
    served: Callable[[Handler], Server],
) -> None:
    server = served(needs("undocumented"))
    page = MARKED.replace("- `q` (required): a name\n", "").replace("`:", "` (optional):")
    run = check(load_files(list_files(page), "boats/search"), server.url)
    assert {each.rule for each in run.findings} >= {"response.status"}


def list_files(page: str) -> dict[str, str]:
    (operation,) = list_operations(page, "page.md")
    return dict(operation.capture())


@pytest.mark.parametrize(
    ("cell", "is_required", "is_doubtful"),
    [
        ("**Optional.** How many", False, False),
        ("Required. How many", True, False),
        ("Required if `q` is sent", False, True),
        ("How many", False, True),
    ],
)
def test_a_description_may_begin_with_what_a_request_needs(
    cell: str, is_required: bool, is_doubtful: bool
) -> None:
    rows = f"| Parameter | Description |\n| --- | --- |\n| `limit` | {cell} | |"
    page = f"{HEAD}### Query Parameters\n\n{rows}{RESPONSE}"
    assert required(page) == {"limit": is_required}
    assert is_open(page) is is_doubtful


def test_a_star_that_begins_a_footnote_is_no_mark() -> None:
    table = "| Name | Type |\n| --- | --- |\n| size\\* | integer |\n\n\\* In feet.\n"
    assert required(f"{HEAD}### Query Parameters\n\n{table}{RESPONSE}") == {"size": False}
    marked = table.replace("In feet", "Required")
    assert required(f"{HEAD}### Query Parameters\n\n{marked}{RESPONSE}") == {"size": True}


@pytest.mark.parametrize(
    "line",
    [
        '<Route method="GET">/v1/[\\{harbor.id\\}](/harbors#harbor)/boats</Route>',
        '<div class="endpoint get">/v1/{harbor.id}/boats</div>',
    ],
)
def test_an_element_with_a_method_and_a_path_names_an_operation(line: str) -> None:
    page = f"## Boats\n\n{line}\n\nName<br>only.{RESPONSE}"
    operation = read(page)["operation.json"]
    assert (operation["method"], operation["path"]) == ("GET", "/v1/{harbor.id}/boats")


def test_a_body_that_may_be_an_array_is_a_gap() -> None:
    table = "### Request body\n\n| Name | Type |\n| --- | --- |\n| name | string |\n"
    page = f"## Name boats\n\n`PUT /v1/boats`\n\nTakes a list of boats.\n\n{table}{RESPONSE}"
    assert "body.schema.json" not in read(page)
    assert "body.schema.json" in read(page.replace("a list of boats", "a boat"))


def test_a_break_in_a_cell_ends_the_name() -> None:
    table = "| Name | Type |\n| --- | --- |\n| `size`<br>optional | integer |\n"
    page = f"{HEAD}### Query Parameters\n\n{table}{RESPONSE}"
    assert required(page) == {"size": False}


def test_a_table_links_the_statuses_of_accepted_requests() -> None:
    table = "| Status | Reason |\n| --- | --- |\n| [204][] | Gone |\n| [404][] | Unknown |\n"
    path = "| Parameter | Description |\n| --- | --- |\n| `:id` | Which boat |\n"
    page = f"## Scrap\n\n`DELETE /v1/boats/:id`\n\n{path}\n{table}"
    operation = read(page)["operation.json"]
    assert operation["response"]["status"] == 204
    assert not any("table" in each["said"] for each in operation["gaps"])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/harbors/my_harbor/boats", "/harbors/{my_harbor}/boats"),
        ("/my-boats/_search", "/{my-boats}/_search"),
        ("/spot/my_trades", "/spot/my_trades"),
        ("/users/my-account", "/users/my-account"),
    ],
)
def test_what_begins_with_my_is_a_thing_only_behind_its_kind(path: str, expected: str) -> None:
    page = f"## Boats\n\n`GET {path}`{RESPONSE}"
    assert read(page)["operation.json"]["path"] == expected
