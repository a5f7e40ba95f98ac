"""The zoo on small accounts: no problem is dropped, and no correct server fails."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from random import Random

import pytest
from servers.broken import BROKEN
from servers.broken_stability import HAPHAZARD
from servers.defects import ignoring, in_jobs
from servers.jobs import make_jobs
from servers.reference import Api
from servers.unusual import UNUSUAL
from servers.zoo import Broken, Unusual
from sizes import sample

from docpact.model import Level, Run, Verdict

SIZES = (0, 1, 3, 30)
"""Number of jobs of an account."""

SAMPLE = 8
"""Number of servers of each kind that CI checks; a local run takes a quarter."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take a sample of the servers, each at one size, or the whole zoo at every size."""
    whole = metafunc.config.getoption("--whole-zoo")
    zoo: dict[str, tuple[Broken | Unusual, ...]] = {
        "defective": (*BROKEN, *HAPHAZARD),
        "unusual": UNUSUAL,
    }
    for name, servers in zoo.items():
        if name in metafunc.fixturenames:
            every = [*product(servers, SIZES)]
            chosen = every if whole else Random(17).sample(every, SAMPLE)
            cases = [
                pytest.param(
                    server,
                    size,
                    id=f"{server.name}, {size} jobs",
                    marks=() if number % 4 == 0 else pytest.mark.slow,
                )
                for number, (server, size) in enumerate(chosen)
            ]
            metafunc.parametrize((name, "size"), cases)


def test_no_problem_is_dropped(
    defective: Broken, size: int, check_server: Callable[..., Run]
) -> None:
    run = check_server(defective.handler(size))
    assert run.results


def test_a_correct_server_conforms(
    unusual: Unusual, size: int, check_server: Callable[..., Run]
) -> None:
    run = check_server(unusual.handler(size))
    alarms = [finding for finding in run.findings if finding.level is not Level.NOTE]
    assert (run.verdict(strict=True), alarms) == (Verdict.CONFORMS, [])


@pytest.mark.sampled(3)
@pytest.mark.parametrize("size", sample((1, 3, 30), 2))
def test_an_ignored_filter_is_caught_where_every_job_has_one_status(
    size: int, check_server: Callable[..., Run]
) -> None:
    completed = in_jobs(lambda _, job: job | {"status": "COMPLETED"})(Api(make_jobs(size)))
    run = check_server(ignoring("status")(completed))
    found = {(finding.rule, finding.location) for finding in run.findings}
    assert ("filter.selects", "query/status") in found
    assert run.verdict() is Verdict.DRIFT
