"""A Python client as a caller: sync or async, driven by functions that its owner writes."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterable, Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from docpact.client_gate.call import Outcome, Raised, Read
from docpact.client_gate.reading import ABSENT, Reader, extract
from docpact.client_gate.scenario import Query
from docpact.model import Operation
from docpact.model.pointer import tokens

MOST_ITEMS: Final = 10_000
"""Number of items after which reading stops; no scenario sends as many."""

_STATUS: Final = ("status_code", "status", "code")


@dataclass(frozen=True, slots=True)
class PythonCaller:
    """One build of a Python client.

    Attributes:
        name: of the build.
        operation: the contract.
        client: builds a client for a base URL and a key.
        ask: calls it with a query; returns items, or an awaitable or async iterable of them.
        read: reads one documented field of an object by name.
        read_page: reads one other documented field of a page from the result of `ask`.
        errors: the client's own error types.
    """

    name: str
    operation: Operation
    client: Callable[[str, str], Any]
    ask: Callable[[Any, Query], Any]
    read: Reader
    read_page: Reader
    errors: tuple[type[BaseException], ...]

    def call(self, base_url: str, key: str, query: Query) -> Outcome:
        """Request everything that a query selects, and return the caller's result."""
        try:
            client = self.client(base_url, key)
            found = self.ask(client, query)
            if inspect.isawaitable(found) or isinstance(found, AsyncIterable):
                return asyncio.run(self._await(client, found))
            try:
                items = [self._item(each) for each in islice(found, MOST_ITEMS)]
                return Read(tuple(items), self._fields(found))
            finally:
                _close(client)
        except Exception as error:  # noqa: BLE001 — any error is a result
            return self._describe(error)

    async def _await(self, client: Any, found: Any) -> Outcome:
        try:
            if not isinstance(found, AsyncIterable):
                found = await found
            if isinstance(found, AsyncIterable):
                items = []
                async for each in found:
                    items.append(self._item(each))
                    if len(items) == MOST_ITEMS:
                        break
            else:
                items = [self._item(each) for each in islice(found, MOST_ITEMS)]
            return Read(tuple(items), self._fields(found))
        finally:
            closed = _close(client)
            if inspect.isawaitable(closed):
                await closed

    def _item(self, item: Any) -> Any:
        return extract(self.operation.item_schema, item, self.read)

    def _fields(self, found: Any) -> dict[str, Any]:
        total = self.operation.roles.total
        if total is None:
            return {}
        name = tokens(total)[-1]
        try:
            return {name: self.read_page(found, name)}
        except ABSENT:
            return {}

    def _describe(self, error: BaseException) -> Raised:
        own = isinstance(error, self.errors)
        return Raised(type(error).__name__, str(error), own, tuple(_statuses(error)))


def _statuses(error: BaseException) -> Iterable[int]:
    for holder in (error, getattr(error, "response", None)):
        for name in _STATUS:
            value = getattr(holder, name, None)
            if isinstance(value, int):
                yield int(value)


def _close(client: Any) -> Any:
    """Close a client if it can be closed; an async client returns an awaitable."""
    close = getattr(client, "aclose", None) or getattr(client, "close", None)
    return close() if callable(close) else None


def member(value: Any, name: str) -> Any:
    """Read a field by key from a dict, or as an attribute from another object.

    Raises:
        AttributeError: the attribute does not exist.
        KeyError: the key does not exist.
    """
    return value[name] if isinstance(value, dict) else getattr(value, name)
