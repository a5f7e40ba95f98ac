"""Settings of this repository's own test runs; the installed suite never needs them."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

pytest_plugins = ["pytester"]

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
    """Skip the slow tests unless this is CI, or the whole zoo is checked."""
    if not os.environ.get("CI") and not config.getoption("--whole-zoo"):
        slow = pytest.mark.skip(reason="slow: runs in CI, and with --whole-zoo")
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(slow)
