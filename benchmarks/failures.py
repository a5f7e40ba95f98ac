"""Conditions that stand for planted failures in a page of list_classify_jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final


def jobs(page: Any) -> list[Any]:
    """Return the items of a page."""
    found: list[Any] = page["items"]
    return found


def rules(page: Any) -> Iterator[Any]:
    """Yield the rules of every item."""
    return (rule for job in jobs(page) for rule in job["configuration"]["rules"])


FAILURES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "a confidence above 0.5": lambda page: any(
        (job.get("result") or {}).get("confidence", 0) > 0.5 for job in jobs(page)
    ),
    "a description longer than 100": lambda page: any(
        len(rule["description"]) > 100 for rule in rules(page)
    ),
    "FAILED, and the error is null": lambda page: any(
        job["status"] == "FAILED" and job.get("error_message", "") is None for job in jobs(page)
    ),
    "two items of one id": lambda page: len({job["id"] for job in jobs(page)}) < len(jobs(page)),
    "two items of different users": lambda page: len({job["user_id"] for job in jobs(page)}) > 1,
    "two texts that may be absent": lambda page: any(
        job.get("error_message") and job.get("transaction_id") for job in jobs(page)
    ),
    "created after 2020": lambda page: any(
        (job.get("created_at") or "") > "2020" for job in jobs(page)
    ),
    "a total above 1000": lambda page: (page.get("total_size") or 0) > 1000,
}
