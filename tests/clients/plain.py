"""A correct client that is easily broken: each thing it does is a method of its own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx
from jsonschema import Draft202012Validator

import docpact

OPERATION = docpact.load("llamacloud/list_classify_jobs")
TYPES = ("type", "properties", "required", "items")


def types_of(schema: Any) -> Any:
    """Keep of a schema what says which types stand where; enumerations and bounds may grow."""
    if not isinstance(schema, Mapping):
        return schema
    kept = {keyword: schema[keyword] for keyword in TYPES if keyword in schema}
    if "items" in kept:
        kept["items"] = types_of(kept["items"])
    if "properties" in kept:
        kept["properties"] = {name: types_of(part) for name, part in kept["properties"].items()}
    return kept


PAGE = Draft202012Validator(types_of(OPERATION.response_schema))


class ApiError(Exception):
    """Any failure that this client knows of."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status_code = status


class Plain:
    """A client on httpx: validated, typed errors, two retries at most, no page asked for twice."""

    timeout: float | None = 0.5
    refused: tuple[int, ...] = (400, 401, 403, 404, 405, 410, 413, 415, 422)
    retries = 1

    def __init__(self, base_url: str, key: str) -> None:
        self.base_url, self.key = base_url, key
        self.http = httpx.Client(timeout=self.timeout, verify=False)  # noqa: S501  loopback

    def close(self) -> None:
        self.http.close()

    def walk(self, query: Mapping[str, Any]) -> Iterator[Any]:
        pairs = self.pairs(query)
        seen: set[str] = set()
        while True:
            page = self.page(self.ask(pairs))
            yield from map(self.item, self.listed(page))
            token = self.onward(page)
            if token is None:
                return
            if token in seen:
                self.repeated(token)
            seen.add(token)
            pairs = self.following(pairs, token)

    def pairs(self, query: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [
            (name, self.text(each))
            for name, value in query.items()
            if value is not None
            for each in self.several(name, value)
        ]

    def several(self, name: str, value: Any) -> list[Any]:
        return value if isinstance(value, list) else [value]

    def text(self, value: Any) -> str:
        return str(value)

    def following(self, pairs: list[tuple[str, str]], token: str) -> list[tuple[str, str]]:
        return [pair for pair in pairs if pair[0] != "page_token"] + [("page_token", token)]

    def repeated(self, token: str) -> None:
        raise ApiError(f"the server gives the token {token!r} again and again")

    def path(self) -> str:
        return "/api/v2/classify"

    def url(self, pairs: list[tuple[str, str]]) -> str:
        query = "&".join(f"{name}={self.escaped(value)}" for name, value in pairs)
        return f"{self.base_url}{self.path()}" + (f"?{query}" if query else "")

    def escaped(self, text: str) -> str:
        return quote(text, safe="")

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def ask(self, pairs: list[tuple[str, str]]) -> httpx.Response:
        for attempt in range(self.retries + 1):
            try:
                response = self.http.get(self.url(pairs), headers=self.headers())
            except httpx.HTTPError as error:
                if attempt == self.retries:
                    return self.failed(error)
                continue
            if response.status_code == 200:
                return response
            if not self.is_worth_retrying(response) or attempt == self.retries:
                return self.refuse(response)
            self.wait(response)
        raise AssertionError

    def failed(self, error: httpx.HTTPError) -> httpx.Response:
        raise ApiError(f"{type(error).__name__}: {error}") from error

    def refuse(self, response: httpx.Response) -> httpx.Response:
        raise ApiError("the API refuses", response.status_code)

    def is_worth_retrying(self, response: httpx.Response) -> bool:
        return response.status_code not in self.refused

    def wait(self, response: httpx.Response) -> None:
        time.sleep(self.seconds(response.headers.get("Retry-After", "0")))

    def seconds(self, stated: str) -> float:
        if stated.isdigit():
            return float(stated)
        return max(0.0, parsedate_to_datetime(stated).timestamp() - time.time())

    def page(self, response: httpx.Response) -> dict[str, Any]:
        try:
            page: dict[str, Any] = json.loads(self.decoded(response))
        except ValueError as error:
            return self.garbled(error)
        for problem in PAGE.iter_errors(page):
            self.mistyped(f"{problem.json_path}: {problem.message}")
        return page

    def decoded(self, response: httpx.Response) -> str:
        return response.content.decode("utf-8")

    def garbled(self, error: ValueError) -> dict[str, Any]:
        raise ApiError(f"no JSON: {error}") from error

    def mistyped(self, message: str) -> None:
        raise ApiError(f"not as documented: {message}")

    def listed(self, page: Mapping[str, Any]) -> list[Any]:
        found: list[Any] = page["items"]
        return found

    def onward(self, page: Mapping[str, Any]) -> str | None:
        return page.get("next_page_token") or None

    def item(self, item: dict[str, Any]) -> Any:
        return {name: self.field(name, value) for name, value in item.items()}

    def field(self, name: str, value: Any) -> Any:
        return self.moment(value) if value and name in ("created_at", "updated_at") else value

    def moment(self, text: str) -> Any:
        try:
            return datetime.fromisoformat(text.upper())
        except ValueError:
            return text
