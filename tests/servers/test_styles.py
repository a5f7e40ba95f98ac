"""Whole APIs in the styles of well-known ones: correct servers conform, broken ones are found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from servers.loopback import Request, Server
from servers.styles import (
    FLAG,
    KEY,
    STYLES,
    Envelopes,
    OpenEnvelopes,
    Refused,
    Scim,
    asked,
    get,
)
from servers.tasks import an_object
from sizes import sample

from docpact.conformance import prepare_api, run_api
from docpact.model import ApiRun, Level, Verdict
from docpact.settings import Config, resolve

COLOR = {"type": "string", "enum": ["red", "blue"]}


def run(style: Any, folder: Path, target: str = "") -> ApiRun:
    (folder / "style.json").write_text(json.dumps(style.describe()))
    with Server(style) as server:
        style.base = server.url
        stated = {"operation": str(folder / "style.json"), "rate": 100_000.0}
        settings = resolve(Config(), {**stated, "target": target or server.url})
        return run_api(prepare_api(settings), settings, {"STYLE_KEY": KEY}, version="0")


def list_breaking(run: ApiRun) -> set[str]:
    findings = [each for one in run.runs for each in one.findings]
    return {each.promise.rule for each in findings if each.level is Level.BREAKING}


@pytest.mark.sampled(8)
@pytest.mark.parametrize("name", STYLES)
def test_a_correct_server_conforms_with_every_operation_tested(name: str, tmp_path: Path) -> None:
    found = run(STYLES[name](), tmp_path)
    assert not list_breaking(found)
    assert len(found.runs) == 2
    assert not [each.reason for each in found.runs if each.reason]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", sample(STYLES, 2))
def test_the_contract_conforms_on_its_own_mock(name: str, tmp_path: Path) -> None:
    found = run(STYLES[name](), tmp_path, "mock")
    assert not [each for one in found.runs for each in one.findings]


FAULTS: Final = (
    ("loses items", {"paging.complete"}),
    ("ends early", {"paging.complete"}),
    ("any thing", {"path.identity", "path.unknown"}),
)


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    ("name", "fault", "rules"),
    [
        pytest.param(
            name,
            fault,
            rules,
            id=f"{name}-{fault}",
            marks=() if (number + each) % 4 == 0 else pytest.mark.slow,
        )
        for number, name in enumerate(STYLES)
        for each, (fault, rules) in enumerate(FAULTS)
    ],
)
def test_a_fault_is_found(name: str, fault: str, rules: set[str], tmp_path: Path) -> None:
    assert list_breaking(run(STYLES[name](fault), tmp_path)) & rules


def test_the_url_of_a_page_at_another_path_must_lead_to_one(tmp_path: Path) -> None:
    style = STYLES["pages at another path"]("no further page")
    assert list_breaking(run(style, tmp_path)) == {"response.status"}


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("fault", "rule"),
    [("ignores a filter", "filter.selects"), ("ignores an order", "filter.order")],
)
def test_what_selects_things_inside_items_is_tested(fault: str, rule: str, tmp_path: Path) -> None:
    style = STYLES["links in the body"](fault)
    assert list_breaking(run(style, tmp_path)) >= {rule}


def test_data_without_a_key_is_found_where_errors_have_status_200(tmp_path: Path) -> None:
    found = list_breaking(run(OpenEnvelopes(), tmp_path))
    assert found >= {"auth.missing", "auth.wrong", "auth.malformed"}


def test_refusals_of_everything_with_status_200_are_inconclusive(tmp_path: Path) -> None:
    class Refusing(Envelopes):
        def route(self, request: Request) -> Any:
            raise Refused(400)

    found = run(Refusing(), tmp_path)
    assert found.verdict() is Verdict.INCONCLUSIVE
    assert not list_breaking(found)
    assert ["refuses every request in its body" in each.reason for each in found.runs] == [True]


@pytest.mark.parametrize("is_ok", [True, False])
def test_a_field_named_ok_is_data_where_nothing_says_why(is_ok: bool, tmp_path: Path) -> None:
    class Checks(Scim):
        def describe(self) -> dict[str, Any]:
            taken = get("isTaken", an_object(ok=FLAG), self.error, asked("color", COLOR))
            return self.document({"/taken": taken}, {})

        def route(self, request: Request) -> Any:
            return {"ok": is_ok is (request.last("color") != "red")}

    assert not list_breaking(run(Checks(), tmp_path))
