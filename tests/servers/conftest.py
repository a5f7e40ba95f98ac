"""Fixtures that check the servers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from math import inf
from typing import Any, Protocol

import pytest
from jsonschema import Draft202012Validator
from servers.loopback import Handler, InProcess, Server
from servers.reference import KEY

import docpact
from docpact.bodies.formats import make_checker
from docpact.conformance import Session, open_target
from docpact.model import Operation, Run
from docpact.targets.connections import Concurrency, RequestBudget


class Check(Protocol):
    """Checks a handler."""

    def __call__(
        self,
        handler: Handler,
        seed: int = 0,
        *,
        measures_power: bool = ...,
        concurrency: Concurrency | None = None,
        families: Collection[str] | None = None,
    ) -> Run:
        """Return the run."""
        ...


@pytest.fixture(scope="session")
def operation() -> Operation:
    return docpact.load("llamacloud/list_classify_jobs")


@pytest.fixture(scope="session")
def errors_of(operation: Operation) -> Callable[[Any], list[str]]:
    """Return the errors of a body, by jsonschema only."""
    validator = Draft202012Validator(dict(operation.response_schema), format_checker=make_checker())
    return lambda body: [error.message for error in validator.iter_errors(body)]


@pytest.fixture(scope="session")
def check_server(operation: Operation, pytestconfig: pytest.Config) -> Check:
    """Check a handler without waiting before retries.

    Only a check of the whole zoo uses sockets, and measures what each run could have noticed.
    """
    is_whole = bool(pytestconfig.getoption("--whole-zoo"))

    def check(
        handler: Handler,
        seed: int = 0,
        *,
        measures_power: bool = is_whole,
        concurrency: Concurrency | None = None,
        families: Collection[str] | None = None,
    ) -> Run:
        request_budget = RequestBudget(rate=100_000)
        with (
            Server(handler) if is_whole else InProcess(handler) as server,
            open_target(operation, server.url, key=KEY, request_budget=request_budget) as target,
        ):
            patient = replace(
                target, sleep=lambda _: None, concurrency=concurrency or target.concurrency
            )
            if isinstance(server, InProcess):
                patient = replace(patient, client=server.client, patience=inf)
            return Session(patient, seed, measures_power=measures_power).run(families)

    return check
