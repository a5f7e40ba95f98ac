"""What the tests share: an office that answers to the mock, and waits without waiting."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from docpact.targets.mock import MockApi
from hypothesis import settings

from sorting_office import connect

settings.register_profile("tests", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("tests")


@pytest.fixture
def client(docpact_mock_api: MockApi) -> Iterator[httpx.Client]:
    with connect(docpact_mock_api.key or "") as client:
        yield client


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
