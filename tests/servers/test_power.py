"""What a run could have noticed: measured on servers with different accounts."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from lists import Query, contract, whole_number
from lists import check as check_list
from servers.defects import in_jobs
from servers.jobs import make_jobs
from servers.reference import Api

from docpact.history.codec import decode_runs, encode
from docpact.history.policy import Policy, apply_policy
from docpact.model import ApiRun, Power, Run, Verdict
from docpact.power import lists
from docpact.reports import markdown, page, terminal
from docpact.reports.terminal import Detail
from docpact.reports.view import Report


@pytest.fixture
def check(check_server: Callable[..., Run]) -> Callable[..., Run]:
    return partial(check_server, measures_power=True)


def power_of(run: Run) -> Power:
    assert run.power is not None
    return run.power


def reasons(power: Power) -> dict[str, str]:
    return {each.reason: each.remedy for each in power.missed}


@pytest.mark.slow
def test_power_grows_with_the_account(check: Callable[..., Run]) -> None:
    shares = [power_of(check(Api(make_jobs(size)))).percent for size in (0, 3, 30)]
    assert shares == sorted(shares)
    assert shares[0] < 25
    assert 75 < shares[1] < shares[2] < 90


def test_an_empty_account_explains_what_is_missing(check: Callable[..., Run]) -> None:
    power = power_of(check(Api(make_jobs(0))))
    assert power.missed[0].reason == "the list is empty"
    assert power.missed[0].remedy == "one item"
    assert power.noticed + sum(len(each.drifts) for each in power.missed) == power.total


def test_pages_that_hold_everything_are_named(check: Callable[..., Run]) -> None:
    power = power_of(check(Api(make_jobs(3))))
    assert reasons(power)["page size 50: every item is on one page"] == "more than 50 items"
    assert reasons(power)["/items/*/result: in no response"] == "a response with /items/*/result"


def test_a_page_size_of_which_only_the_first_page_was_requested_is_named() -> None:
    size = {"type": "integer", "minimum": 1, "maximum": 50, "default": 7}
    offset = {"type": "integer", "minimum": 0}
    operation = contract({"limit": size, "offset": offset}, {"id": {"type": "integer"}})

    def answer(query: Query) -> Any:
        start = whole_number(query.get("offset", "0"), 0, 10**6)
        most = whole_number(query.get("limit", "7"), 1, 50)
        if start is None or most is None:
            return 422, {}
        return 200, [{"id": n} for n in range(20)][start : start + most]

    missed = reasons(power_of(check_list(operation, answer, measures_power=True)))
    assert {"page size 7: no further page was requested"} == {r for r in missed if " 7: " in r}


def test_one_value_of_a_filter_is_named(check: Callable[..., Run]) -> None:
    alike = in_jobs(lambda _, job: job | {"configuration_id": "cfg-letters"})(Api(make_jobs(3)))
    missed = reasons(power_of(check(alike)))
    reason = "configuration_id: every item has the configuration_id cfg-letters"
    assert missed[reason] == "an item with another configuration_id"


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("least", "verdict"), [(10.0, Verdict.CONFORMS), (99.0, Verdict.INCONCLUSIVE)]
)
def test_too_little_power_is_inconclusive(
    least: float, verdict: Verdict, check: Callable[..., Run]
) -> None:
    run = apply_policy(check(Api(make_jobs(3))), Policy(least_power=least))
    assert run.verdict() is verdict
    assert ("it would have noticed" in run.reason) is (verdict is Verdict.INCONCLUSIVE)


def test_the_power_of_a_run_is_in_its_json(check: Callable[..., Run]) -> None:
    run = check(Api(make_jobs(3)))
    assert decode_runs(encode(run, version="1"))[0].power == run.power


@pytest.mark.slow
def test_promises_kept_without_proof_are_named(check: Callable[..., Run]) -> None:
    power = power_of(check(Api(make_jobs(3))))
    assert "stability.final /items/*/result" in power.unproved
    assert "stability.final /items/*/status" not in power.unproved


def test_every_report_shows_the_power(check: Callable[..., Run]) -> None:
    report = Report(ApiRun.of(check(Api(make_jobs(3)))), "1")
    reason = "page size 50: every item is on one page; more than 50 items would show them"
    assert re.match(
        r"conforms.*: \d+ promises kept, \d+ of them without proof, 0", report.views[0].headline
    )
    for render in (page.render, markdown.render, partial(terminal.render, detail=Detail.ALL)):
        text = " ".join(render(report).split())
        assert "would notice" in text
        assert reason in text


@pytest.mark.slow
def test_lists_that_are_too_long_are_not_damaged(
    check: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "POWER_ITEMS", 10)
    power = power_of(check(Api(make_jobs(3))))
    assert power.missed[0].reason == "the responses are too long to try it"
    assert power.noticed + sum(len(each.drifts) for each in power.missed) == power.total
