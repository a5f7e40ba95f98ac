"""The search: finds failures that the plan misses, shrinks them, and repeats them first."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from servers.defects import Defect, answering
from servers.jobs import Job
from servers.loopback import Request, Server
from servers.reference import KEY, Api, Query, selects

import docpact
from docpact.conformance import Session, open_target
from docpact.conformance.plan.search import Search
from docpact.model import Finding, Run, Verdict
from docpact.targets.connections import RequestBudget

OPERATION = docpact.load("llamacloud/list_classify_jobs")
THREE = {"configuration_id", "project_id", "status"}
DEFAULT = 50
"""The page size of a request without one."""


def fails_at_three(request: Request) -> bool:
    return dict(request.query).keys() >= {*THREE, "page_size"}


def forgets_status_of_three(api: Api) -> Api:
    """Ignore the status where three filters and a page size are given."""

    def matches(query: Query, job: Job) -> bool:
        is_wrong = {name for name, _ in query.filters} >= THREE and query.size != DEFAULT
        kept = tuple(pair for pair in query.filters if pair[0] != "status" or not is_wrong)
        return selects(Query(kept, query.size, query.after), job)

    return Api(api.jobs, selects=matches)


def run(
    defect: Defect | None, search: Search | None, budget: int = 400
) -> tuple[Run, list[Request]]:
    handler = defect(Api()) if defect else Api()
    request_budget = RequestBudget(budget, rate=100_000)
    with (
        Server(handler) as server,
        open_target(OPERATION, server.url, key=KEY, request_budget=request_budget) as target,
    ):
        return Session(target, search=search).run(), server.requests


def asked_by(finding: Finding) -> set[str]:
    address = finding.reproduce.partition("'")[2].partition("'")[0]
    pairs = parse_qsl(urlsplit(address).query, keep_blank_values=True)
    return {name for name, _ in pairs} - {"page_size", "page_token"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("defect", "rules"),
    [
        (answering(500, fails_at_three), {"response.status", "query.server_error"}),
        (forgets_status_of_three, {"filter.combined", "paging.token"}),
    ],
    ids=["500", "a filter forgotten"],
)
def test_a_failure_of_three_filters_is_found_and_shrunk(defect: Defect, rules: set[str]) -> None:
    missed, _ = run(defect, None)
    assert missed.findings == ()
    found, _ = run(defect, Search(200, seed=1), budget=1_000)
    (finding,) = found.findings
    assert finding.rule in rules
    assert asked_by(finding) == THREE


@pytest.mark.slow
def test_a_correct_server_conforms_whatever_is_generated() -> None:
    found, requests = run(None, Search(100, seed=3))
    assert (found.verdict(strict=True), found.findings) == (Verdict.CONFORMS, ())
    assert dict(found.requests)["search"] > 50
    assert len(requests) == found.request_count


@pytest.mark.slow
def test_a_failing_query_is_sent_first_in_the_next_run(tmp_path: Path) -> None:
    defect = answering(500, fails_at_three)
    run(defect, Search(200, tmp_path, seed=1), budget=1_000)
    assert [*tmp_path.iterdir()]
    found, _ = run(defect, Search(1, tmp_path, seed=2), budget=1_000)
    forgotten, _ = run(defect, Search(1, seed=2), budget=1_000)
    assert [asked_by(finding) for finding in found.findings] == [THREE]
    assert forgotten.findings == ()


@pytest.mark.slow
def test_the_search_keeps_within_the_budget() -> None:
    found, requests = run(answering(500, fails_at_three), Search(500, seed=1), budget=170)
    assert found.request_count == len(requests) <= 170


@pytest.mark.slow
def test_the_same_seed_sends_the_same_queries() -> None:
    asked = (run(None, Search(30, seed=5))[1] for _ in range(2))
    one, other = (sorted(request.target for request in requests) for requests in asked)
    assert one == other
