"""Models of datamodel-code-generator on httpx under the gate; `models` is the generated module."""

from typing import Any

import httpx
from lines import answer_lines
from models import ListClassifyJobsResponse
from pydantic import ValidationError

HTTP = httpx.Client(timeout=1)


class ApiError(Exception):
    """A refusal, with its status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status_code = status


def read(base_url: str, key: str, query: dict[str, Any]) -> dict[str, Any]:
    """Return a page."""
    headers = {"Authorization": f"Bearer {key}"}
    response = HTTP.get(f"{base_url}/api/v2/classify", params=query, headers=headers)
    if response.status_code != 200:
        raise ApiError(response.status_code)
    page = ListClassifyJobsResponse.model_validate_json(response.content)
    return page.model_dump(mode="json", by_alias=True)


answer_lines(read, (ApiError, ValidationError, httpx.HTTPError))
