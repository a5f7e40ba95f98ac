"""The client of openapi-python-client under the gate; `jobs` is the generated package."""

from typing import Any

import httpx
from jobs import AuthenticatedClient
from jobs.api.default import list_classify_jobs
from jobs.errors import UnexpectedStatus
from jobs.models import ListClassifyJobsStatus
from lines import answer_lines


def read(base_url: str, key: str, query: dict[str, Any]) -> dict[str, Any]:
    """Return a page."""
    if "status" in query:
        query = {**query, "status": ListClassifyJobsStatus(query["status"])}
    with AuthenticatedClient(
        base_url, key, timeout=httpx.Timeout(1), raise_on_unexpected_status=True
    ) as client:
        return list_classify_jobs.sync(client=client, **query).to_dict()


answer_lines(read, UnexpectedStatus)
