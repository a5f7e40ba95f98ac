"""Settings of this repository's own test runs; the installed suite never needs them."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import settings

pytest_plugins = ["pytester"]

ALL = 12
"""Number of cases of a slow test that CI always runs."""

SHARE = 3
"""CI runs one in this number of the further cases of a slow test."""

for variable in ("FORCE_COLOR", "NO_COLOR", "GITHUB_ACTIONS"):
    os.environ.pop(variable, None)  # they change what commands print

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the processes that tests start compile once

settings.register_profile("local", deadline=None, max_examples=30)
settings.register_profile("ci", deadline=None, max_examples=100, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this repository's own tests."""
    parser.addoption(
        "--whole-zoo",
        action="store_true",
        help="check every broken server, every unusual one by five seeds, and all hostile answers",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the slow tests unless the whole zoo is checked; CI runs some cases of each of them."""
    if config.getoption("--whole-zoo"):
        return
    cases = Counter[str]()
    for item in items:
        if not item.get_closest_marker("slow"):
            continue
        name = item.nodeid.partition("[")[0]
        cases[name] += 1
        if not os.environ.get("CI"):
            reason = "slow: runs in CI, and with --whole-zoo"
        elif cases[name] > ALL and cases[name] % SHARE:
            reason = f"slow: CI runs one case in {SHARE} after the first {ALL}, --whole-zoo all"
        else:
            continue
        item.add_marker(pytest.mark.skip(reason=reason))
