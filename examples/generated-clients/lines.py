"""Answers the gate's questions, one per line: walks all pages with a function that reads one."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

Read = Callable[[str, str, dict[str, Any]], dict[str, Any]]
"""Base URL, key and query → a page, as the client read it."""


def answer_lines(read: Read, errors: type[Exception] | tuple[type[Exception], ...]) -> None:
    """Answer every question on stdin; `errors` are those of the client's own types."""
    for line in sys.stdin:
        asked = json.loads(line)
        query = {name: value for name, value in asked["query"].items() if value is not None}
        try:
            answer = _walk(read, asked["base_url"], asked["key"], query)
        except errors as error:
            told = {"name": type(error).__name__, "message": str(error)}
            answer = {"error": {**told, "status": getattr(error, "status_code", None)}}
        except Exception as error:  # noqa: BLE001 — an error of another type ends the process
            sys.exit(f"{type(error).__name__}: {error}")
        print(json.dumps(answer), flush=True)


def _walk(read: Read, base_url: str, key: str, query: dict[str, Any]) -> dict[str, Any]:
    page = whole = read(base_url, key, query)
    seen: set[str] = set()
    while (token := page.get("next_page_token")) and token not in seen:
        seen.add(token)
        page = read(base_url, key, {**query, "page_token": token})
        whole = {**whole, "items": [*whole["items"], *page["items"]]}
    return whole
