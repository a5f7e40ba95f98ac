"""Concurrent requests: the same run as one request at a time, without overload."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from operator import attrgetter
from threading import Barrier, Event, Lock, Thread
from typing import Any

import httpx
import pytest
from servers.broken import BROKEN
from servers.broken_stability import STABILITY
from servers.defects import error
from servers.jobs import make_jobs
from servers.loopback import Answer, Handler, Request, Server
from servers.moving import MOVING
from servers.reference import KEY, Api
from servers.unusual import UNUSUAL
from sizes import sample

import docpact
from docpact.conformance import Session
from docpact.conformance.plan.phases import EXAMPLE
from docpact.conformance.session import INTERRUPTED
from docpact.model import Level, Run, Verdict
from docpact.rules.evidence import AT_ONCE
from docpact.targets.connections import BUDGET, CONNECTIONS, BudgetSpent, Concurrency, RequestBudget
from docpact.targets.http import HttpTarget

JOBS = docpact.load("llamacloud/list_classify_jobs")
EVERY: tuple[Any, ...] = (*BROKEN, *UNUSUAL)
STILL = [
    server
    for server in EVERY
    if server not in (*STABILITY, *MOVING)
    and "anew" not in server.name
    and getattr(server, "rule", "") != "protocol.intermittent"
]
"""Servers whose responses do not depend on the order of the requests."""


@contextmanager
def session(
    url: str, connections: int, budget: int = BUDGET, seconds: float = 60.0
) -> Iterator[Session]:
    with httpx.Client(timeout=seconds) as client:
        target = HttpTarget(
            "jobs",
            JOBS,
            url,
            client,
            KEY,
            RequestBudget(budget, rate=100_000),
            Concurrency(connections),
            sleep=lambda _: None,
        )
        yield Session(target)


def check(handler: Handler, connections: int = CONNECTIONS, budget: int = BUDGET) -> Run:
    with Server(handler) as server, session(server.url, connections, budget) as opened:
        run = opened.run()
    assert run.request_count == len(server.requests) <= budget
    return run


PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+")


def describe(run: Run) -> dict[str, Any]:
    """Return the content of a run, without times and port."""
    findings = [
        (
            each.fingerprint,
            each.level,
            PORT.sub("", each.observed),
            each.count,
            each.observations,
            each.first,
        )
        for each in run.findings
    ]
    judged = [(str(each.promise), each.observations, each.outcome) for each in run.results]
    names = ("requests", "left_out", "reason", "remarks", "unseen")
    return {"findings": findings, "judged": judged, **{n: getattr(run, n) for n in names}}


@pytest.mark.slow
@pytest.mark.parametrize("server", sample(STILL[::60], 3, attrgetter("name")))
def test_concurrent_requests_do_not_change_a_run(server: Any) -> None:
    assert describe(check(server.handler())) == describe(check(server.handler(), 1))


def failing(request: Request) -> Answer:
    """Fail under filters, each time, so that the plan takes twice as long there as it seems."""
    return error(500) if is_filtered(request) else Api()(request)


@pytest.mark.slow
@pytest.mark.parametrize("budget", [7, 41, 75, 109])
@pytest.mark.parametrize("handler", [Api(), failing], ids=["as planned", "more than planned"])
def test_a_small_budget_leaves_the_same_cases_out(handler: Handler, budget: int) -> None:
    together, one_by_one = check(handler, budget=budget), check(handler, 1, budget)
    assert together.left_out
    assert describe(together) == describe(one_by_one)


class Watch:
    """Counts how many requests a server has at once.

    Attributes:
        most: at any time.
        company: how many others each request met, in the order they came.
    """

    def __init__(self, handler: Callable[[Request, int], Answer]) -> None:
        self.company: list[int] = []
        self._handler, self._here, self._lock = handler, 0, Lock()

    @property
    def most(self) -> int:
        return max(self.company) + 1

    def __call__(self, request: Request) -> Answer:
        with self._lock:
            others, self._here = self._here, self._here + 1
            self.company.append(others)
        try:
            return self._handler(request, others)
        finally:
            with self._lock:
                self._here -= 1


def is_filtered(request: Request) -> bool:
    return bool(set(JOBS.roles.filters) & {name for name, _ in request.query})


@pytest.mark.parametrize("connections", sample([2, 4], 2))
def test_the_number_of_concurrent_requests_is_reached_and_not_exceeded(connections: int) -> None:
    barrier, met, api = Barrier(connections), Event(), Api()

    def meet(request: Request, _: int) -> Answer:
        if is_filtered(request) and not met.is_set():
            barrier.wait(timeout=30)
            met.set()
        return api(request)

    watch = Watch(meet)
    assert check(watch, connections).verdict() is Verdict.CONFORMS
    assert watch.most == connections


def alone_or(refusal: Answer) -> Watch:
    """Answer whoever is alone; the first ones under a filter wait a little for company."""
    api, others_came, waiting = Api(), Event(), iter([30.0, *[0.05] * 20])

    def handle(request: Request, others: int) -> Answer:
        if others:
            others_came.set()
            return refusal
        if is_filtered(request):
            others_came.wait(next(waiting, 0.0))
            others_came.clear()
        return api(request)

    return Watch(handle)


@pytest.mark.slow
@pytest.mark.parametrize("refusal", [error(429, Retry_After="1"), error(503), Answer(0)])
def test_a_server_that_accepts_one_request_at_a_time_gets_one_at_a_time(refusal: Answer) -> None:
    watch = alone_or(refusal)
    run = check(watch)
    alarms = [each for each in run.findings if each.level is not Level.NOTE]
    assert (run.verdict(strict=True), alarms) == (Verdict.CONFORMS, [])
    assert 0 < sum(map(bool, watch.company)) <= 2 * (CONNECTIONS - 1)


@pytest.mark.slow
def test_a_server_that_serves_one_connection_to_its_end_conforms() -> None:
    api = Api(make_jobs(30))

    class Connection(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            pairs = tuple(httpx.QueryParams(query).multi_items())
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = api(Request(self.command, path, pairs, headers, target=self.path))
            self.wfile.write(answer.encoded(self.command))

        do_HEAD = do_OPTIONS = do_GET  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    class Patient(HTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing of who did not wait for an answer."""

    with Patient(("127.0.0.1", 0), Connection) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        with session(url, CONNECTIONS, seconds=2.0) as opened:
            run = opened.run()
        server.shutdown()
        thread.join()
    assert (run.verdict(strict=True), run.findings) == (Verdict.CONFORMS, ())


def test_a_target_that_goes_away_is_inconclusive() -> None:
    api = Api()
    run = check(lambda request: api(request) if request.number < 20 else Answer(0))
    assert run.verdict() is Verdict.INCONCLUSIVE
    assert "stopped answering after" in run.reason


def test_no_request_is_sent_after_an_interrupt() -> None:
    def interrupted(phase: str, requests: int, _: str) -> None:
        if phase == "queries" and requests > CONNECTIONS:
            raise KeyboardInterrupt

    with Server(Api()) as server, session(server.url, CONNECTIONS) as opened:
        opened.progress = interrupted
        run = opened.run()
        assert run.reason == INTERRUPTED
        with pytest.raises(BudgetSpent, match="the run is over"):
            opened.target.send(EXAMPLE)
    assert len(server.requests) <= run.request_count


def test_phases_that_others_build_on_do_not_overlap() -> None:
    assert not AT_ONCE & {"reach", "survey", "again", "confirm", "search"}
