"""Reads the responses of the API, and raises clear errors for unusable ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx


class OfficeError(Exception):
    """The documents could not be counted."""


class ConnectionLost(OfficeError):
    """The API could not be reached, or the connection broke."""


class KeyRefused(OfficeError):
    """The API does not accept the key."""


class Busy(OfficeError):
    """The API was still too busy at the last attempt."""


class Unreadable(OfficeError):
    """The response is not a page of jobs."""


@dataclass(frozen=True, slots=True)
class Job:
    """A classify job: its id, and the type of its document, or None if no rule matched."""

    id: str
    type: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """The jobs of one response, and the token of the next page, if there is one."""

    jobs: tuple[Job, ...]
    next_token: str | None


def read(response: httpx.Response) -> Page:
    """Return the page in a response.

    Raises:
        KeyRefused: the key is wrong, or may not list jobs.
        Unreadable: the response is not a page of jobs.
    """
    if response.status_code in (401, 403):
        raise KeyRefused(f"status {response.status_code}: check the API key")
    if response.status_code != 200:
        raise Unreadable(f"status {response.status_code} instead of 200")
    try:
        body = response.json()
    except ValueError as error:
        raise Unreadable(f"not JSON: {error}") from error
    try:
        jobs = tuple(_job(item) for item in _typed(list, body["items"]))
        return Page(jobs, _typed(str, body.get("next_page_token"), optional=True))
    except (AttributeError, KeyError, TypeError) as error:
        raise Unreadable(f"not a page of jobs: {error!r}") from error


def _job(item: Mapping[str, Any]) -> Job:
    result = _typed(dict, item.get("result"), optional=True)
    kind = None if result is None else _typed(str, result["type"], optional=True)
    return Job(_typed(str, item["id"]), kind)


def _typed(kind: type, value: Any, *, optional: bool = False) -> Any:
    if isinstance(value, kind) or (optional and value is None):
        return value
    raise TypeError(f"expected {kind.__name__}, found {value!r}")
