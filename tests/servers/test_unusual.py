"""These unusual servers keep every documented promise, and docpact reports no breach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import httpx
import pytest
from servers.client import bodies
from servers.jobs import make_jobs
from servers.loopback import Server
from servers.moving import MOVING, coming_to_the_front, turning
from servers.reference import KEY, Api
from servers.unusual import REFERENCE, UNUSUAL
from servers.zoo import Unusual
from sizes import sample

from docpact.model import Finding, Level, Run, Verdict


def alarms(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level is not Level.NOTE]


def test_a_plain_client_reads_the_whole_account(
    unusual: Unusual, errors_of: Callable[[Any], list[str]]
) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    with (
        Server(unusual.handler()) as server,
        httpx.Client(base_url=server.url, headers=headers, follow_redirects=True) as client,
    ):
        pages = list(bodies(client, ("page_size", "100")))
    shown = sum(len(page["items"]) for page in pages)
    assert abs(shown - unusual.jobs) <= unusual.moves
    assert [error for page in pages for error in errors_of(page)] == []


def test_it_conforms(unusual: Unusual, check_server: Callable[..., Run]) -> None:
    run = check_server(unusual.handler())
    assert (run.verdict(strict=True), alarms(run.findings)) == (Verdict.CONFORMS, [])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take every sixth server and the changing accounts, or the whole zoo.

    Most of these are slow, so that a local run takes only the others.
    """
    whole = metafunc.config.getoption("--whole-zoo")
    if "unusual" in metafunc.fixturenames:
        few = [each for n, each in enumerate(UNUSUAL) if n % 6 == 0 or each in MOVING]
        servers = UNUSUAL if whole else few
        metafunc.parametrize("unusual", sample(servers, 32, attrgetter("name")))
    if "seeded" in metafunc.fixturenames:
        chosen = UNUSUAL if whole else [REFERENCE, *MOVING]
        metafunc.parametrize("seeded", sample(chosen, 3, attrgetter("name")))
        metafunc.parametrize("seed", range(1, 5 if whole else 2))


@pytest.mark.slow
def test_it_conforms_whatever_the_seed(
    seeded: Unusual, seed: int, check_server: Callable[..., Run]
) -> None:
    run = check_server(seeded.handler(), seed)
    assert (run.verdict(strict=True), alarms(run.findings)) == (Verdict.CONFORMS, [])


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("jobs", "which", "when"),
    [
        (30, 4, 28),
        (30, 20, 34),
        *(pytest.param(237, 100, when, marks=pytest.mark.slow) for when in range(10, 120, 3)),
    ],
)
def test_it_conforms_while_a_job_comes_to_the_front(
    jobs: int, which: int, when: int, check_server: Callable[..., Run]
) -> None:
    run = check_server(coming_to_the_front(when, which)(Api(make_jobs(jobs))))
    assert (run.verdict(strict=True), alarms(run.findings)) == (Verdict.CONFORMS, [])


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("jobs", "when"),
    [
        *((30, when) for when in (20, 45)),
        *(pytest.param(237, when, marks=pytest.mark.slow) for when in range(5, 200, 7)),
    ],
)
def test_it_conforms_while_the_order_changes_once(
    jobs: int, when: int, check_server: Callable[..., Run]
) -> None:
    run = check_server(turning(when)(Api(make_jobs(jobs))))
    assert (run.verdict(strict=True), alarms(run.findings)) == (Verdict.CONFORMS, [])


def test_names_are_unique() -> None:
    assert len({unusual.name for unusual in UNUSUAL}) == len(UNUSUAL)
