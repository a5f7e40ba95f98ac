"""Offsets, paths and single items: every breach is found, and nothing else is reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from servers.other_operations import BROKEN, UNUSUAL, Server, running
from sizes import sample

from docpact import check, load, names
from docpact.model import Level, Run, Verdict
from docpact.targets.given import with_values
from docpact.targets.mock import MOCK_KEY


def name_server(server: Server) -> str:
    return f"{server.operation.id}: {server.name}"


def run(server: Server) -> Run:
    with running(server) as (base, api):
        return check(with_values(server.operation, api.given), base, key=MOCK_KEY)


@pytest.mark.parametrize("server", sample(BROKEN, 24, name_server))
def test_a_broken_server_is_told_by_its_rule(server: Server) -> None:
    found = run(server)
    breaking = {each.rule for each in found.findings if each.level is Level.BREAKING}
    assert server.rule in breaking, [(f.rule, f.location, f.observed) for f in found.findings]


@pytest.mark.slow
@pytest.mark.parametrize("server", sample(UNUSUAL, 16, name_server))
def test_a_correct_server_is_left_alone(server: Server) -> None:
    found = run(server)
    assert [(f.rule, f.location, f.observed) for f in found.findings] == []
    assert found.verdict() is Verdict.CONFORMS, found.reason


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", sample(names(), 6))
def test_every_shipped_contract_conforms_on_its_mock(name: str) -> None:
    operation = load(name)
    found = check(operation)
    assert found.findings == ()
    assert found.verdict() is Verdict.CONFORMS, found.reason
    judged = [each for each in found.results if each.observations]
    assert len(judged) > len(found.results) / 2
    remarks = " ".join(found.remarks)
    assert ("filter rules: not applicable" in remarks) == (not operation.roles.filters)
    assert ("paging rules: not applicable" in remarks) == (operation.roles.paging is None)
    assert ("path rules: not applicable" in remarks) == (not operation.path_parameters)


def test_what_the_path_needs_is_asked_for_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="--param batch_id=VALUE"):
        check(load("llamacloud/get_batch"), "http://127.0.0.1:9", key=MOCK_KEY)
    assert not list(tmp_path.iterdir())
