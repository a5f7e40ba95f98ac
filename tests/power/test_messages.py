"""Drifts of whole responses, on the exchanges of a correct server."""

from __future__ import annotations

from dataclasses import replace

import pytest
from servers.jobs import make_jobs
from servers.loopback import Server
from servers.reference import KEY, Api

import docpact
from docpact.conformance import Session, open_target
from docpact.model import Exchange
from docpact.power import list_drifts
from docpact.rules import gather, judge

OPERATION = docpact.load("llamacloud/list_classify_jobs")


@pytest.fixture(scope="module")
def exchanges() -> list[Exchange]:
    found: list[Exchange] = []
    with (
        Server(Api(make_jobs(3))) as server,
        open_target(OPERATION, server.url, key=KEY) as target,
    ):
        Session(replace(target, keep=found.append)).run()
    return sorted(found, key=lambda each: (each.case.visit.sequence, each.case.visit.page))


@pytest.mark.sampled(4)
@pytest.mark.parametrize("rule", ["query.server_error", "protocol.methods", "response.status"])
def test_a_failing_server_would_be_noticed(exchanges: list[Exchange], rule: str) -> None:
    evidence = gather(OPERATION, exchanges)
    drifts = [each for each in list_drifts(evidence, judge(evidence)) if each.rule == rule]
    assert drifts
    assert [str(each) for each in drifts if not each.is_noticed] == []
