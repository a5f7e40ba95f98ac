"""The pytest plugin: options of the conformance suite, and fixtures for other projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docpact.fixtures import (
    docpact_check_response,
    docpact_item,
    docpact_mock_api,
    docpact_operation,
    docpact_page,
    docpact_served_api,
)

if TYPE_CHECKING:
    from docpact.conformance import Progress
    from docpact.model import Run

__all__ = [
    "PROGRESS",
    "RUN",
    "docpact_check_response",
    "docpact_item",
    "docpact_mock_api",
    "docpact_operation",
    "docpact_page",
    "docpact_served_api",
]

RUN: pytest.StashKey[Run] = pytest.StashKey()
"""The run of the conformance suite, once it has one."""

PROGRESS: pytest.StashKey[Progress] = pytest.StashKey()
"""Whom the conformance suite tells of its progress."""

pytest.register_assert_rewrite("docpact.contract_tests")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of `pytest --pyargs docpact.contract_tests`."""
    parser.addini(
        "docpact_operation",
        "the contract that docpact's fixtures speak of: provider/operation, or a folder",
        default="",
    )
    group = parser.getgroup("docpact", "hold an HTTP API to its documentation")
    option = group.addoption
    option("--docpact-operation", metavar="NAME", help="provider/operation, or a contract's folder")
    option("--docpact-target", metavar="mock|URL", default="mock", help="what is held to it")
    option("--docpact-seed", metavar="N", type=int, default=0, help="makes a run repeatable")
    option("--docpact-budget", metavar="N", type=int, help="send at most N requests")
    option("--docpact-rate", metavar="N", type=float, help="at most N requests a second")
    option("--docpact-connections", metavar="N", type=int, help="at most N requests at once")
    option("--docpact-search", metavar="N", type=int, default=0, help="add N generated queries")
    option("--docpact-examples", metavar="DIR", help="where failing generated queries are kept")
    option("--docpact-config", metavar="FILE", help="levels and silenced rules are read there")
    option("--docpact-baseline", metavar="FILE", help="accepted findings, which fail no test")
    option("--docpact-journal", metavar="FILE", help="every exchange is written there")
    option("--docpact-contracts", metavar="DIR", help="folder of your own contracts")
    option(
        "--docpact-param",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="what every request carries",
    )
    option("--docpact-key", metavar="VARIABLE", help="holds the credential's secret")
    option(
        "--docpact-secret",
        metavar="VARIABLE",
        action="append",
        default=[],
        help="its value is written nowhere",
    )
    option("--docpact-strict", action="store_true", help="additive findings fail too")
    option("--docpact-require-live", action="store_true", help="judging nothing live is no pass")
