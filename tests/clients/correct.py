"""Correct clients of different build, each a contract test as its owner would write it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

import httpx
import pydantic
import urllib3
from clients.plain import PAGE, ApiError, Plain
from urllib3.util import Retry


def pairs(query: Mapping[str, Any], token: str | None) -> list[tuple[str, str]]:
    """Write a query as names and values; parameters that are None are left out."""
    given = {**query, **({} if token is None else {"page_token": token})}
    return [
        (name, str(each))
        for name, value in given.items()
        if value is not None
        for each in (value if isinstance(value, list) else [value])
    ]


class AsyncPlain:
    """On httpx.AsyncClient, with an async generator."""

    def __init__(self, base_url: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self.http = httpx.AsyncClient(
            base_url=base_url,
            headers=headers,
            timeout=0.5,
            verify=False,  # noqa: S501  loopback
        )

    async def aclose(self) -> None:
        await self.http.aclose()

    async def walk(self, **query: Any) -> AsyncIterator[dict[str, Any]]:
        seen: list[str | None] = [None]
        while True:
            page = await self.page(pairs(query, seen[-1]))
            for item in page["items"]:
                yield item
            token = page.get("next_page_token") or None
            if token is None:
                return
            if token in seen:
                raise ApiError("the same token again")
            seen.append(token)

    async def page(self, query: list[tuple[str, str]]) -> dict[str, Any]:
        try:
            response = await self.http.get("/api/v2/classify", params=tuple(query))
            if response.status_code == 503:
                await asyncio.sleep(float(response.headers.get("Retry-After", 1)))
                response = await self.http.get("/api/v2/classify", params=tuple(query))
        except httpx.HTTPError as error:
            raise ApiError(type(error).__name__) from error
        if response.status_code != 200:
            raise ApiError(f"HTTP {response.status_code}")
        return checked(response.content)


class JobList(list[dict[str, Any]]):
    """All jobs, and their number as the first page states it."""

    total_size: int | None = None


class Urllib3Client:
    """On urllib3, whose own Retry does the waiting."""

    def __init__(self, base_url: str, key: str) -> None:
        self.url = f"{base_url}/api/v2/classify"
        again = Retry(
            total=1,
            status_forcelist=[429, 503],
            respect_retry_after_header=True,
            raise_on_status=False,
        )
        headers = {"authorization": f"bearer {key}"}
        self.pool = urllib3.PoolManager(headers=headers, timeout=0.5, retries=again)

    def close(self) -> None:
        self.pool.clear()

    def walk(self, **query: Any) -> JobList:
        found = JobList()
        tokens: list[str | None] = [None]
        while True:
            page = self.page(urlencode(pairs(query, tokens[-1])))
            if tokens == [None]:
                found.total_size = page.get("total_size")
            found += page["items"]
            if not page.get("next_page_token") or page["next_page_token"] in tokens:
                return found
            tokens.append(page["next_page_token"])

    def page(self, query: str) -> dict[str, Any]:
        try:
            response = self.pool.request("GET", f"{self.url}?{query}" if query else self.url)
        except urllib3.exceptions.HTTPError as error:
            raise ApiError(str(error)) from error
        if response.status != 200:
            raise ApiError("refused", response.status)
        return checked(response.data)


class Model(pydantic.BaseModel):
    """Strict about types, open to more fields."""

    model_config = pydantic.ConfigDict(strict=True, extra="ignore")


def moment(value: Any) -> Any:
    """Take RFC 3339 text alone for a date-time, and no number."""
    return datetime.fromisoformat(value.upper()) if isinstance(value, str) else value


Moment = Annotated[datetime, pydantic.BeforeValidator(moment)]


class Rule(Model):
    """The description of one type."""

    description: str
    type: str


class Configuration(Model):
    """The settings of a job."""

    rules: list[Rule]
    mode: str | None = None


class Result(Model):
    """The result of a job."""

    confidence: float
    reasoning: str
    type: str | None = None


class Job(Model):
    """One classify job."""

    id: str
    configuration: Configuration
    document_input_type: str
    document_input_value: str
    project_id: str
    status: str
    user_id: str
    configuration_id: str | None = None
    created_at: Moment | None = None
    error_message: str | None = None
    parse_job_id: str | None = None
    result: Result | None = None
    transaction_id: str | None = None
    updated_at: Moment | None = None


class Jobs(Model):
    """One page of them."""

    items: list[Job]
    next_page_token: str | None = None


class TypedClient(Plain):
    """On httpx and pydantic, giving objects with attributes."""

    def page(self, response: httpx.Response) -> dict[str, Any]:
        try:
            page = Jobs.model_validate(json.loads(response.content))
        except (ValueError, RecursionError) as error:
            raise ApiError(str(error)) from error
        return {"items": page.items, "next_page_token": page.next_page_token}

    def item(self, item: Any) -> Any:
        return item


def checked(content: bytes) -> dict[str, Any]:
    """Decode a page, or raise the client's own error."""
    try:
        page: dict[str, Any] = json.loads(content.decode("utf-8"))
    except ValueError as error:
        raise ApiError(str(error)) from error
    for problem in PAGE.iter_errors(page):
        raise ApiError(problem.message)
    return page
