"""Correct clients of different build keep every promise: the gate raises no false alarm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from clients.correct import AsyncPlain, TypedClient, Urllib3Client
from clients.plain import ApiError, Plain

from docpact import ClientContract


class TestHttpx(ClientContract):
    errors: ClassVar = (ApiError,)

    def client(self, base_url: str, key: str) -> Plain:
        return Plain(base_url, key)

    def call(self, client: Plain, query: Mapping[str, Any]) -> Any:
        return client.walk(query)


@pytest.mark.slow
class TestHttpxAsync(ClientContract):
    errors: ClassVar = (ApiError,)

    def client(self, base_url: str, key: str) -> AsyncPlain:
        return AsyncPlain(base_url, key)

    def call(self, client: AsyncPlain, query: Mapping[str, Any]) -> Any:
        return client.walk(**query)


@pytest.mark.slow
class TestUrllib3(ClientContract):
    errors: ClassVar = (ApiError,)

    def client(self, base_url: str, key: str) -> Urllib3Client:
        return Urllib3Client(base_url, key)

    def call(self, client: Urllib3Client, query: Mapping[str, Any]) -> Any:
        return client.walk(**query)


@pytest.mark.slow
class TestPydantic(ClientContract):
    errors: ClassVar = (ApiError,)

    def client(self, base_url: str, key: str) -> TypedClient:
        return TypedClient(base_url, key)

    def call(self, client: TypedClient, query: Mapping[str, Any]) -> Any:
        return client.walk(query)
