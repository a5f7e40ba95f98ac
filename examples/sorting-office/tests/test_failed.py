"""The request for failed jobs, which does not block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from docpact.targets.mock import MockApi

from sorting_office import ConnectionLost, failed

pytestmark = pytest.mark.anyio


async def test_failed_jobs_are_named(
    docpact_mock_api: MockApi, docpact_item: Callable[..., dict[str, Any]]
) -> None:
    docpact_mock_api.items = [docpact_item(status="RUNNING"), docpact_item(status="FAILED")]
    assert await failed(docpact_mock_api.key or "") == [docpact_mock_api.items[1]["id"]]


async def test_it_is_not_repeated(docpact_mock_api: MockApi) -> None:
    docpact_mock_api.cut_next()
    with pytest.raises(ConnectionLost):
        await failed(docpact_mock_api.key or "")
    assert len(docpact_mock_api.requests) == 1
