"""`docpact check` of a whole API over a loopback socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Lock
from typing import Any
from xml.etree.ElementTree import parse

import pytest
from apis.shop import CORRECT, DOCUMENT, Shop
from command import Docpact, docpact, on_terminal, served
from servers.loopback import Answer, Handler, Request, Server

from docpact.apis import load_api
from docpact.cases.requests import boundary_cases
from docpact.conformance import Watch, run_api
from docpact.errors import ContractError
from docpact.model import Case, Operation, Run, Verdict
from docpact.settings import Config, resolve

__all__ = ["docpact", "served"]

Serve = Callable[[Handler], Server]
SENT = [
    "get_pets",
    "get_pets_petId",
    "get_pets_petId_toys",
    "get_pets_petId_toys_toy_id",
    "get_owners_name",
    "get_status",
]


@pytest.fixture
def folder(docpact: Docpact) -> Path:
    (docpact.folder / "shop.json").write_text(json.dumps(DOCUMENT))
    return docpact.folder


def written(folder: Path) -> Any:
    return json.loads((folder / "run.json").read_text())


@pytest.mark.parametrize("chosen", ["get_status", "GET /status"])
def test_one_operation_of_a_document_is_checked_by_its_name(
    docpact: Docpact, folder: Path, served: Serve, chosen: str
) -> None:
    server = served(CORRECT)
    done = docpact("check", f"shop.json#{chosen}", "--target", server.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("docpact ")
    assert f"  shop/get_status on {server.url}\n" in done.stdout
    assert {request.path for request in server.requests} == {"/status"}


def test_an_operation_that_a_document_does_not_have_is_one_line(
    docpact: Docpact, folder: Path
) -> None:
    done = docpact("check", "shop.json#get_stats")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "docpact: shop.json: no operation 'get_stats'; did you mean get_status?\n"
    )


@pytest.mark.parametrize(("pet", "code"), [("99999", 3), ("7", 0)])
def test_a_wrong_value_that_the_user_gives_is_no_drift(
    docpact: Docpact, folder: Path, served: Serve, pet: str, code: int
) -> None:
    def refuse_other_texts(request: Request) -> Answer | None:
        is_number = request.path.removeprefix("/pets/").isdecimal()
        return None if is_number else Answer(422, (("Content-Type", "application/json"),), b"{}")

    target = ("--target", served(Shop(before=refuse_other_texts)).url, "--param", f"petId={pet}")
    done = docpact("check", "shop.json#get_pets_petId", *target)
    assert done.returncode == code, done.stdout
    is_named = "the server does not know petId=99999: --param petId=VALUE" in done.stdout
    assert is_named == (code == 3)


def test_ids_flow_from_lists_and_links_to_the_operations_below(
    docpact: Docpact, folder: Path, served: Serve
) -> None:
    server = served(CORRECT)
    done = docpact("check", "shop.json", "--target", server.url, "--json", "run.json")
    assert (done.returncode, done.stderr) == (0, "")
    run = written(folder)
    assert [each["operation"] for each in run["operations"]] == [f"shop/{name}" for name in SENT]
    assert {each["verdict"] for each in run["operations"]} == {"conforms"}
    assert {each["operation"]: each["reason"] for each in run["not_tested"]} == {
        "shop/get_shelves_shelf": "path parameter shelf has no value: --param shelf=VALUE",
        "shop/post_pets_petId": "POST may change data: --allow-writes",
    }
    paths = {request.path for request in server.requests}
    assert {"/pets/7", "/pets/7/toys", "/pets/7/toys/3", "/owners/Ann", "/status"} <= paths
    assert {request.method for request in server.requests} <= {"GET", "HEAD", "OPTIONS"}
    assert run["requests"] == len(server.requests)
    assert (
        done.stdout.splitlines()[1] == "7 operations, 1 not tested: at most 2,100 requests in all"
    )
    assert "conforms: 6 operations conform, 2 not tested" in done.stdout


@pytest.mark.slow
def test_a_terminal_shows_a_bar_of_the_operations(folder: Path, served: Serve) -> None:
    target = ("--target", served(CORRECT).url)
    shown = on_terminal(folder, "check", "shop.json", *target)
    assert "[###############---------------] 3 of 6 operations" in shown
    assert "6 of 6" not in shown
    lines = [line.rpartition("\r")[2] for line in shown.replace("\r\n", "\n").split("\n")]
    assert [line.split()[0] for line in lines if line.startswith("  shop/")]
    assert not [line for line in lines if "#" in line]


def test_a_list_below_a_thing_is_tested_where_it_has_items(
    docpact: Docpact, folder: Path, served: Serve
) -> None:
    toy = {"id": 3, "sound": "quack"}
    moved = {"/pets/7/toys": {"toys": []}, "/pets/9/toys": {"toys": [toy]}, "/pets/9/toys/3": toy}
    server = served(Shop(moved))
    done = docpact("check", "shop.json", "--target", server.url, "--json", "run.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "/pets/9/toys/3" in {request.path for request in server.requests}
    assert written(folder)["requests"] == len(server.requests)


def test_a_parameter_fills_what_nothing_shows(
    docpact: Docpact, folder: Path, served: Serve
) -> None:
    target = ("--target", served(CORRECT).url, "--json", "run.json")
    done = docpact("check", "shop.json", *target, "--param", "shelf=low", "--param", "petId=9")
    assert done.returncode == 0, done.stdout
    not_tested = {each["operation"]: each["reason"] for each in written(folder)["not_tested"]}
    assert not_tested["shop/get_pets_petId_toys_toy_id"] == (
        "path parameter toy_id has no value; GET /pets/{petId}/toys showed none: "
        "--param toy_id=VALUE"
    )
    assert "shop/get_shelves_shelf" not in not_tested
    done = docpact("check", "shop.json", "--param", "shelve=low")
    assert (done.returncode, "no operation has such a parameter" in done.stderr) == (2, True)


def test_the_verdict_is_the_worst_and_each_report_names_the_operation(
    docpact: Docpact, folder: Path, served: Serve
) -> None:
    server = served(Shop({"/pets/7/toys/3": {"id": 4, "sound": "quack"}, "/status": None}))
    files = (
        "--json",
        "run.json",
        "--junit",
        "run.xml",
        "--sarif",
        "run.sarif",
        "--html",
        "run.html",
    )
    done = docpact(
        "check", "shop.json", "--target", server.url, *files, "--markdown", "run.md", "--github"
    )
    assert done.returncode == 1
    verdicts = {each["operation"]: each["verdict"] for each in written(folder)["operations"]}
    assert verdicts.pop("shop/get_pets_petId_toys_toy_id") == "drift"
    assert verdicts.pop("shop/get_status") == "inconclusive"
    assert set(verdicts.values()) == {"conforms"}
    assert "== shop/get_pets_petId_toys_toy_id\nBREAKING (1)" in done.stdout
    assert "drift: 4 operations conform, 1 drifts, 1 inconclusive, 2 not tested" in done.stdout
    suites = parse(folder / "run.xml").getroot()
    assert suites.findall(".//failure")
    (verdict,) = suites.findall("testsuite[@name='shop/get_status verdict']/testcase/error")
    assert "404" in verdict.attrib["message"]
    skipped = suites.findall("testsuite[@name='shop operations']/testcase/skipped")
    assert len(skipped) == 2
    (sarif,) = json.loads((folder / "run.sarif").read_text())["runs"]
    notices = [
        each["message"]["text"] for each in sarif["invocations"][0]["toolExecutionNotifications"]
    ]
    assert any(text.startswith("shop/get_status: ") for text in notices)
    assert not sarif["invocations"][0]["executionSuccessful"]
    assert {each["ruleId"] for each in sarif["results"]} == {"path.identity"}
    page = (folder / "run.html").read_text()
    assert all(
        text in page for text in ("shop/get_status", "path.identity", "<b>1</b> inconclusive")
    )
    assert '<a href="#shop/get_pets_petId_toys_toy_id"><code>path.identity' in page
    markdown = (folder / "run.md").read_text()
    assert "| `shop/get_status` | ⚠️ inconclusive |" in markdown
    assert "`shop/get_shelves_shelf`" in markdown


def test_a_history_has_a_series_for_each_operation(
    docpact: Docpact, folder: Path, served: Serve
) -> None:
    target = ("--target", served(CORRECT).url, "--history", "runs.sqlite")
    assert docpact("check", "shop.json", *target).returncode == 0
    assert docpact("check", "shop.json", *target).returncode == 0
    shown = docpact("history", "runs.sqlite").stdout
    assert all(f"shop/{name}" in shown for name in SENT)
    assert f"NO FINDINGS ({len(SENT)}): every run conforms" in shown


def test_an_unreachable_target_is_asked_once(docpact: Docpact, folder: Path) -> None:
    target = ("--target", "http://127.0.0.1:9", "--json", "run.json")
    done = docpact("check", "shop.json", *target)
    assert done.returncode == 3
    run = written(folder)
    assert len(run["operations"]) == 1
    reason = "cannot reach http://127.0.0.1:9: Connection refused"
    assert (run["reason"], done.stdout.splitlines()[-2:]) == (
        reason,
        ["", f"inconclusive: {reason}"],
    )
    assert run["requests"] <= 2


@pytest.mark.slow
def test_a_server_that_closes_connections_only_under_load_gets_no_blame(
    docpact: Docpact, folder: Path, served: Serve
) -> None:
    crowd, lock, refused = Barrier(2), Lock(), list[int]()

    def refuse_the_first_crowd(request: Request) -> Answer | None:
        if len(refused) == 2:
            return None
        try:
            crowd.wait(1)
        except BrokenBarrierError:
            crowd.reset()
            return None
        with lock:
            if len(refused) == 2:
                return None
            refused.append(request.number)
        return Answer(0)

    target = ("--target", served(Shop(before=refuse_the_first_crowd)).url)
    done = docpact("check", "shop.json", *target, "--json", "run.json")
    assert len(refused) == 2
    assert done.returncode == 0, done.stdout


def test_one_reason_of_several_operations_is_printed_once(
    docpact: Docpact, folder: Path, served: Serve
) -> None:
    server = served(Shop(before=lambda _: Answer(404)))
    done = docpact("check", "shop.json", "--target", server.url)
    assert done.returncode == 3
    lines = done.stdout.splitlines()
    assert len([line for line in lines if "answers 404 to every request" in line]) == 1
    assert "INCONCLUSIVE (2): operations without a verdict, and why" in lines
    assert max(map(len, lines)) <= 80
    every = docpact("check", "shop.json", "--target", server.url, "-v").stdout
    assert every.count("answers 404 to every request") == 2
    assert "petId has no value: GET /pets gave no verdict" in " ".join(every.split())


@pytest.mark.sampled(2)
@pytest.mark.parametrize("has_more", [False, True])
def test_a_finding_of_several_operations_is_printed_once(
    docpact: Docpact, folder: Path, served: Serve, has_more: bool
) -> None:
    shop = Shop()

    def mislabel(request: Request) -> Answer | None:
        if request.path not in ("/status", "/owners/Ann"):
            return None
        body = b"0" if has_more and request.path == "/status" else shop(request).body
        return replace(shop(request), headers=(("Content-Type", "text/html"),), body=body)

    server = served(Shop(before=mislabel))
    done = docpact("check", "shop.json", "--target", server.url)
    first, again = "shop/get_owners_name", "shop/get_status"
    sections = dict(part.split("\n", 1) for part in done.stdout.split("== ")[1:])
    assert "observed" in sections[first]
    if has_more:
        assert sections[again].count("observed ") == 1
        assert f"as for {first}; -v shows them:" in sections[again]
        assert "response.content_type  header/content-type" in sections[again]
    else:
        assert f"the same findings: {again}; -v shows them" in sections[first]
    every = docpact("check", "shop.json", "--target", server.url, "-v").stdout
    assert every.count("observed ") == 2 + has_more


def test_ctrl_c_keeps_what_was_tested(folder: Path, served: Serve) -> None:
    done = list[Run]()

    def interrupt(run: Run, _left: int) -> None:
        done.append(run)
        if len(done) == 2:
            raise KeyboardInterrupt

    settings = resolve(Config(), {"target": served(CORRECT).url})
    api = load_api(str(folder / "shop.json"))
    run = run_api(api, settings, {}, Watch(done=interrupt), version="0")
    assert run.reason == "interrupted"
    assert run.verdict() is Verdict.INCONCLUSIVE
    assert {each.operation for each in done} <= {each.operation for each in run.runs}
    assert "interrupted" in run.not_tested.values()
    tested = {each.operation for each in run.runs} | run.not_tested.keys()
    assert tested == {each.id for each in api.operations}


def test_a_document_in_which_nothing_can_be_sent_is_inconclusive(
    docpact: Docpact, folder: Path, served: Serve
) -> None:
    only = {**DOCUMENT, "paths": {"/shelves/{shelf}": DOCUMENT["paths"]["/shelves/{shelf}"]}}
    (folder / "one.json").write_text(json.dumps(only))
    done = docpact("check", "one.json", "--target", served(CORRECT).url, "--history", "h.sqlite")
    assert (done.returncode, done.stderr) == (3, "")
    assert "inconclusive: no operation was tested" in done.stdout
    assert "parameter shelf has no value: --param shelf=VALUE" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("shop/get_pets", "--target", "http://127.0.0.1:9"), "name the whole API"),
        (("shop.json", "--replay", "traffic.har"), "leave out --allow-writes"),
    ],
)
def test_writes_need_a_whole_api_on_a_target(
    docpact: Docpact, folder: Path, arguments: tuple[str, ...], says: str
) -> None:
    docpact("capture", "shop.json", "--out", "shop")
    done = docpact("check", *arguments, "--allow-writes")
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", ["shop", "shop.json"])
def test_the_mock_of_a_whole_api_conforms(docpact: Docpact, folder: Path, name: str) -> None:
    docpact("capture", "shop.json", "--out", "shop")
    done = docpact("check", name, "--json", "run.json")
    assert done.returncode == 0, done.stdout
    assert len(written(folder)["operations"]) == 7


@pytest.mark.sampled(2)
@pytest.mark.parametrize("path", ["/status", "/pets"])
def test_an_operation_without_a_valid_response_does_not_end_the_others(
    docpact: Docpact, path: str
) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    response = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    nothing = {"type": "object", "required": ["a"], "additionalProperties": False}
    response["schema"] = nothing if path == "/status" else {"type": "array", "items": nothing}
    if path == "/pets":
        response["schema"]["minItems"] = 1
    (docpact.folder / "shop.json").write_text(json.dumps(document))
    done = docpact("check", "shop.json", "--json", "run.json", "--allow-writes")
    assert (done.returncode, done.stderr) == (0, "")
    run = written(docpact.folder)
    reasons = {each["operation"]: each["reason"] for each in run["not_tested"]}
    assert "no value satisfies" in reasons[f"shop/get_{path[1:]}"]
    assert "shop/get_owners_name" in {each["operation"] for each in run["operations"]}


def test_an_operation_that_cannot_be_generated_does_not_end_the_others(
    docpact: Docpact, folder: Path, served: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(operation: Operation) -> tuple[Case, ...]:
        if operation.path == "/status":
            raise ContractError("status", "cannot be generated")
        return boundary_cases(operation)

    monkeypatch.setattr("docpact.conformance.plan.phases.boundary_cases", refuse)
    target = ("--target", served(CORRECT).url)
    done = docpact("check", "shop.json", *target, "--json", "run.json")
    assert done.returncode == 0
    reasons = {each["operation"]: each["reason"] for each in written(folder)["not_tested"]}
    assert reasons["shop/get_status"] == "status: cannot be generated"
    assert len(written(folder)["operations"]) == 5


def test_the_page_of_one_operation(docpact: Docpact) -> None:
    done = docpact("check", "llamacloud/get_project", "--html", "one.html")
    assert (done.returncode, done.stderr) == (0, "")
    assert "llamacloud/get_project" in (docpact.folder / "one.html").read_text()


def test_docpact_ships_its_contracts_and_no_document(folder: Path) -> None:
    assert load_api("llamacloud").is_shipped
    assert not load_api(str(folder / "shop.json")).is_shipped
