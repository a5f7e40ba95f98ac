"""Shared by all tests: a client of the mock API, and settings."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from docpact.targets.mock import MockApi
from hypothesis import Phase, settings

from sorting_office import connect

# Explaining a failure takes longer than finding and shrinking it.
settings.register_profile(
    "tests",
    deadline=None,
    derandomize=True,
    max_examples=60,
    phases=[phase for phase in Phase if phase != Phase.explain],
)
settings.load_profile("tests")


@pytest.fixture
def client(docpact_mock_api: MockApi) -> Iterator[httpx.Client]:
    with connect(docpact_mock_api.key or "") as client:
        yield client


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
