"""Settings of this repository's own test runs; the installed suite never needs them."""

from __future__ import annotations

import gc
import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

pytest_plugins = ["pytester"]

ALL = 7
"""Number of cases of a slow test that CI always runs."""

SHARE = 6
"""CI runs one in this number of the further cases of a slow test."""

for variable in ("FORCE_COLOR", "NO_COLOR", "GITHUB_ACTIONS"):
    os.environ.pop(variable, None)  # they change what commands print

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the processes that tests start compile once

gc.set_threshold(50_000)  # as the command line does

settings.register_profile(
    "local", deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow]
)  # a busy machine is slow
settings.register_profile(
    "ci", settings.get_profile("local"), max_examples=100, derandomize=True, print_blob=True
)
settings.load_profile("ci" if os.environ.get("CI") else "local")

if os.environ.get("CI") and hasattr(providers, "_local_constants"):
    # Hypothesis also draws constants of the modules that are imported so far, which differ between
    # workers: without any, a test has the same examples in every run.
    none = type(providers._local_constants)()  # noqa: SLF001
    providers._get_local_constants = lambda: none  # noqa: SLF001


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this repository's own tests."""
    parser.addoption(
        "--whole-zoo",
        action="store_true",
        help="check every broken server, every unusual one by five seeds, and all hostile answers",
    )


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which slow tests are left out."""
    if config.getoption("--whole-zoo"):
        return None
    some = f"all but the first {ALL} cases of each, and one in {SHARE} of the others"
    left_out = some if os.environ.get("CI") else "all of them"
    return f"slow tests left out: {left_out}; others are sampled (--whole-zoo runs all)"


def pytest_collection_finish() -> None:
    """Exclude modules and tests, which stay to the end, from every collection of garbage."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave slow tests and all but a sample of some others out; CI runs more, the whole zoo all."""
    if config.getoption("--whole-zoo"):
        return
    cases, in_ci = Counter[tuple[str, bool]](), bool(os.environ.get("CI"))

    def is_run(item: pytest.Item) -> bool:
        is_slow = item.get_closest_marker("slow") is not None
        name = (item.nodeid.partition("[")[0], is_slow)
        cases[name] += 1
        if is_slow:
            return in_ci and (cases[name] <= ALL or cases[name] % SHARE == 0)
        sampled = item.get_closest_marker("sampled")
        return in_ci or sampled is None or (cases[name] - 1) % sampled.args[0] == 0

    kept = [item for item in items if is_run(item)]
    if len(kept) < len(items):
        run = set(kept)
        config.hook.pytest_deselected(items=[item for item in items if item not in run])
        items[:] = kept
