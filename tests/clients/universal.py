"""A careful client for any operation, driven by its contract."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from clients.plain import ApiError

from docpact.bodies.validate import violations
from docpact.cases.encoded_bodies import encode_body
from docpact.cases.page_facts import body_parameter, find_first_page
from docpact.cases.styles import write_path, write_query
from docpact.cases.wire import write_value
from docpact.client_gate.listing import onward_parameter
from docpact.credentials import write_credential
from docpact.media_types import is_json
from docpact.model import Operation
from docpact.model.paging import STYLES, Turn
from docpact.model.pointer import resolve

Pairs = list[tuple[str, str]]
SHAPE = ("type", "required", "anyOf", "oneOf", "minItems", "minProperties")


class Universal:
    """A client that walks lists in every style, and checks the types of every body."""

    def __init__(self, operation: Operation, base_url: str, key: str) -> None:
        self.operation, self.base_url, self.key = operation, base_url, key
        self.http = httpx.Client(timeout=0.5, verify=False)  # noqa: S501  loopback

    def close(self) -> None:
        self.http.close()

    def call(self, query: Mapping[str, Any]) -> Any:
        return list(self.walk(query)) if self.operation.roles.is_list else self.body(query)

    def body(self, query: Mapping[str, Any]) -> Any:
        return self.read(self.send(self.url(query), query))

    def walk(self, query: Mapping[str, Any]) -> Iterator[Any]:
        seen: set[str] = set()
        given = query.get(str(onward_parameter(self.operation)))
        url, text, begun = self.url(query), None if given is None else str(given), 0
        while True:
            response = self.send(url, query)
            body = self.read(response)
            items = resolve(body, str(self.operation.roles.items))
            yield from items
            begun += len(items)
            text = self.following(response, body, items, text, begun)
            if text is None or text in seen:
                return
            seen.add(text)
            url, query = self.onward(url, query, text)

    def onward(self, url: str, query: Mapping[str, Any], text: str) -> tuple[str, Any]:
        if text.startswith("http"):
            return text, query
        name = str(onward_parameter(self.operation))
        if name == body_parameter(self.operation):
            return url, {**query, "body": {**query["body"], name: text}}
        query = {**query, name: text}
        return self.url(query), query

    def following(
        self, response: httpx.Response, body: Any, items: Sequence[Any], text: str | None, got: int
    ) -> str | None:
        roles = self.operation.roles
        if roles.paging is None:
            url = response.links.get("next", {}).get("url")
            return None if url is None else str(response.url.join(url))
        if roles.paging.style is None:
            found = resolve(body, roles.next_token or "/none")
            return str(found) if found else None
        if roles.has_more is not None and not resolve(body, roles.has_more):
            return None
        if not items:
            return None
        if roles.total is not None and got >= resolve(body, roles.total, got):
            return None
        last = resolve(items[-1], roles.id or "/id")
        turn = Turn(text, len(items), None if last is None else write_value(last), self.first())
        assert roles.paging.style in STYLES
        return roles.paging.style.following(turn)

    def first(self) -> int:
        return find_first_page(self.operation)

    def url(self, query: Mapping[str, Any]) -> str:
        paths = {p.name: write_value(query[p.name]) for p in self.operation.path_parameters}
        pairs = [
            (p.name, write_value(each) if not isinstance(each, str) else each)
            for p in self.operation.query_parameters
            if query.get(p.name) is not None
            for each in (query[p.name] if isinstance(query[p.name], list) else [query[p.name]])
        ]
        whole = f"{self.base_url}{write_path(self.operation, paths)}"
        return f"{whole}?{self.write(pairs)}" if pairs else whole

    def write(self, pairs: Pairs) -> str:
        return write_query(self.operation, pairs)

    def send(self, url: str, query: Mapping[str, Any]) -> httpx.Response:
        operation, credential = self.operation, self.operation.credential
        headers = {
            p.name: write_value(query[p.name])
            for p in operation.parameters
            if p.location == "header" and query.get(p.name) is not None
        }
        for parameter in operation.parameters:
            if parameter.location == "cookie" and parameter.name in query:
                headers["Cookie"] = f"{parameter.name}={query[parameter.name]}"
        secret: Pairs = []
        if credential is not None and self.is_own(url):
            value = write_credential(credential, self.key)
            if credential.header:
                headers[credential.header] = value
            else:
                secret = [(credential.name, value)]
        target = httpx.URL(url)
        for name, value in secret:
            target = target.copy_set_param(name, value)
        content = None
        if operation.body_schema is not None:
            headers["Content-Type"], content = self.write_body(query["body"])
        return self.attempt(
            httpx.Request(operation.method, target, headers=headers, content=content)
        )

    def is_own(self, url: str) -> bool:
        return url.startswith(self.base_url)

    def write_body(self, body: Any) -> tuple[str, bytes]:
        return encode_body(self.operation, body)

    def attempt(self, request: httpx.Request) -> httpx.Response:
        for last in (False, True):
            try:
                response = self.http.send(request)
            except httpx.HTTPError as error:
                raise ApiError(type(error).__name__) from error
            if response.status_code in (429, 503) and not last:
                self.wait(response.headers.get("Retry-After", "0"))
                continue
            if response.status_code != self.operation.status:
                self.refuse(response)
            return response
        raise AssertionError

    def refuse(self, response: httpx.Response) -> None:
        raise ApiError(f"HTTP {response.status_code}", response.status_code)

    def wait(self, stated: str) -> None:
        moment = float(stated) if stated.isdigit() else None
        seconds = (
            parsedate_to_datetime(stated).timestamp() - time.time() if moment is None else moment
        )
        time.sleep(max(0.0, seconds))

    def read(self, response: httpx.Response) -> Any:
        if not is_json(self.operation.content_type):
            return response.content or None
        try:
            body = json.loads(response.content.decode())
        except ValueError as error:
            raise ApiError(str(error)) from error
        for each in violations(self.operation.response_schema, body):
            value = resolve(body, each.pointer)
            listed = each.keyword in ("enum", "const") and isinstance(value, str)
            if each.keyword in SHAPE or (each.keyword in ("enum", "const") and not listed):
                raise ApiError(f"{each.pointer}: {each.documented}")
        return body
