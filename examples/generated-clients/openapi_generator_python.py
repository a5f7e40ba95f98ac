"""The Python client of openapi-generator under the gate; `og_jobs` is the generated package."""

import json
from typing import Any

from lines import answer_lines
from og_jobs import ApiClient, Configuration, DefaultApi
from og_jobs.exceptions import OpenApiException


def read(base_url: str, key: str, query: dict[str, Any]) -> dict[str, Any]:
    """Return a page."""
    with ApiClient(Configuration(host=base_url, access_token=key)) as client:
        page = DefaultApi(client).list_classify_jobs(**query, _request_timeout=1)
    found: dict[str, Any] = json.loads(page.to_json())
    return found


answer_lines(read, OpenApiException)
