"""Recorded responses: they are as documented, and are counted correctly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from docpact.targets.mock import MockApi

from sorting_office import tally

PAGES = json.loads((Path(__file__).parent / "recorded" / "completed.json").read_text("utf-8"))
Check = Callable[[Any], None]


@pytest.mark.parametrize("page", PAGES)
def test_the_recording_is_documented(page: dict[str, Any], docpact_check_response: Check) -> None:
    docpact_check_response(page)


def test_a_recording_that_drifted_is_not(docpact_check_response: Check) -> None:
    first, *others = PAGES[0]["items"]
    drifted = {**PAGES[0], "items": [{**first, "status": "ARCHIVED"}, *others]}
    with pytest.raises(pytest.fail.Exception, match=r'/items/0/status: .*observed "ARCHIVED"'):
        docpact_check_response(drifted)


def test_the_recording_is_counted(client: httpx.Client, docpact_mock_api: MockApi) -> None:
    for page in PAGES:
        docpact_mock_api.fail_next(200, body=page)
    assert tally(client) == {"invoice": 1, "receipt": 1, None: 1}


def test_the_mock_responds_as_documented(
    client: httpx.Client, docpact_mock_api: MockApi, docpact_check_response: Check
) -> None:
    docpact_check_response(client.get(docpact_mock_api.operation.path))
