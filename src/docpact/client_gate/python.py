"""A Python client as a caller: functions that its owner writes, or a published SDK."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial, reduce
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Final

from docpact.catalogue import SDKS, sdks
from docpact.client_gate.call import NO_ITEMS, WAITING, Outcome, Query, Raised, Read, Task
from docpact.client_gate.gate import Client
from docpact.client_gate.reading import ABSENT, ReadField, read_item, show
from docpact.errors import ContractError, UsageError
from docpact.model import Operation
from docpact.model.path import snake_case
from docpact.model.pointer import tokens

MOST_ITEMS: Final = 10_000
"""Number of items after which reading stops; no scenario sends as many."""

NOTHING: Final = object()
"""Default for a client that declares no absent value."""

_STATUS: Final = ("status_code", "status", "code", "http_status", "statusCode")


@dataclass(frozen=True, slots=True)
class PythonCaller:
    """One build of a Python client.

    Attributes:
        name: of the build.
        operation: the contract.
        client: builds a client for a base URL and a key; it may be a coroutine function.
        ask: calls it with a query; returns items, or an awaitable or async iterable of them. The
            result for an operation that is not a list is its body.
        read: reads one documented field of an object by name.
        read_page: reads one other documented field of a page from the result of `ask`.
        errors: the client's own error types.
        absent: the value of a field that the response does not have, such as `UNSET`.
    """

    name: str
    operation: Operation
    client: Callable[[str, str], Any]
    ask: Callable[[Any, Query], Any]
    read: ReadField
    read_page: ReadField
    errors: tuple[type[BaseException], ...]
    absent: Any = NOTHING
    keeps_clients: ClassVar = True
    most_at_once: ClassVar = WAITING

    def call(self, task: Task) -> Outcome:
        """Make the queries with one client, and return the caller's result of the last one."""
        try:
            with closing(asyncio.Runner()) as runner:
                return self._ask_all(task, runner)
        except BaseException as error:  # noqa: BLE001 — any error is a result
            return self._describe(error)

    def _ask_all(self, task: Task, runner: asyncio.Runner) -> Outcome:
        """Make the queries: inside an event loop if a function is async, else only to await."""
        is_async = _is_async(self.client) or _is_async(self.ask)

        def finish(make: Callable[[], Any], settle: Callable[..., Any], read: Any) -> Any:
            if is_async:
                return runner.run(settle(make))
            made = make()
            is_begun = inspect.isawaitable(made) or (
                isinstance(made, AsyncIterable) and not isinstance(made, Iterable)
            )
            return runner.run(settle(lambda: made)) if is_begun else read(made)

        def build() -> Any:
            return self.client(task.base_url, task.key)

        client = finish(build, _await, lambda made: made)
        outcome: Outcome = Read(())
        try:
            for number, query in enumerate(task.queries):
                if number:
                    task.turn()
                try:
                    outcome = finish(partial(self.ask, client, query), self._await, self._read)
                except Exception as error:  # noqa: BLE001 — any error is a result
                    outcome = self._describe(error)
        finally:
            finish(partial(_close, client), _await, lambda made: made)
        return outcome

    async def _await(self, make: Callable[[], Any]) -> Outcome:
        found = make()
        if not isinstance(found, AsyncIterable):
            found = await _await(lambda: found)
        if not isinstance(found, AsyncIterable) or not self.operation.roles.is_list:
            return self._read(found)
        items: list[Any] = []
        async for each in found:
            items.append(self._item(each))
            if len(items) == MOST_ITEMS:
                break
        return Read(tuple(items), self._fields(found))

    def _read(self, found: Any) -> Outcome:
        if not self.operation.roles.is_list:
            return Read((self._item(found),))
        if not _has_items(found):
            problem = f"call returned {show(found)}, a {type(found).__name__}, and not the items"
            return Raised(NO_ITEMS, problem, own=False)
        items: Iterable[Any] = (self._item(each) for each in islice(found, MOST_ITEMS))
        return Read(tuple(items), self._fields(found))

    def _item(self, item: Any) -> Any:
        return read_item(self.operation, item, self._read_present)

    def _read_present(self, value: Any, name: str) -> Any:
        found = self.read(value, name)
        if found is self.absent:
            raise KeyError(name)
        return found

    def _fields(self, found: Any) -> dict[str, Any]:
        total = self.operation.roles.total
        if total is None:
            return {}
        name = tokens(total)[-1]
        try:
            value = self.read_page(found, name)
        except ABSENT:
            return {}
        return {} if callable(value) else {name: value}

    def _describe(self, error: BaseException) -> Raised:
        own = isinstance(error, self.errors)
        shown = "\n".join(_list_texts(error))
        return Raised(type(error).__name__, str(error), own, tuple(_statuses(error)), shown)


async def _await(make: Callable[[], Any]) -> Any:
    made = make()
    return await made if inspect.isawaitable(made) else made


def _list_texts(error: BaseException) -> Iterator[str]:
    """Yield the texts of an error, and of those before it that its traceback shows."""
    seen: list[BaseException] = []
    each: BaseException | None = error
    while each is not None and each not in seen:
        seen.append(each)
        yield from (repr(each), str(each), *getattr(each, "__notes__", ()))
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)


def _is_async(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _has_items(found: Any) -> bool:
    """Return whether iteration over a value yields items, and not the fields of one object."""
    is_model = getattr(getattr(type(found), "__iter__", None), "__module__", "") == "pydantic.main"
    return isinstance(found, Iterable) and not (is_model or isinstance(found, Mapping | str))


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
    """Read a field by key from a mapping, or as an attribute from another object.

    A field of a pydantic model is found by its alias, and an attribute also in the spelling of
    Python: `created_at` for `createdAt`, and `type_` for `type`.

    Raises:
        AttributeError: the attribute does not exist.
        KeyError: the key does not exist.
    """
    if isinstance(value, Mapping):
        return value[name]
    for attribute, field in getattr(type(value), "model_fields", {}).items():
        if name in (field.alias, field.validation_alias, field.serialization_alias):
            return getattr(value, attribute)
    for spelling in (name, f"{name}_", snake := snake_case(name).strip("_"), f"{snake}_"):
        with suppress(AttributeError):
            return getattr(value, spelling)
    raise AttributeError(name)


def load_sdk(
    operation: Operation, name: str, command: str = "", contracts: Path | None = None
) -> Client:
    """Return the installed release of an SDK that a contract names.

    Raises:
        UsageError: the contract does not name this SDK, or it is not installed.
        ContractError: the release does not have one of the named classes.
    """
    known = sdks(operation.id, contracts)
    if name not in known:
        listed = ", ".join(known) or "none"
        raise UsageError(f"{operation.id} does not name a client {name!r}; it names: {listed}")
    try:
        release = version(name)
    except PackageNotFoundError:
        raise UsageError(f"{name} is not installed: pip install {name}") from None
    stated = known[name]
    errors = _import_named(operation.id, stated["errors"])
    callers = tuple(_caller(operation, stated, build, errors) for build in stated["builds"])
    return Client(f"{name} {release}", callers, command)


def _caller(
    operation: Operation, stated: Mapping[str, Any], build: str, errors: type[BaseException]
) -> PythonCaller:
    make = _import_named(operation.id, stated["builds"][build])
    method = stated["method"].split(".")

    def client(base_url: str, key: str) -> Any:
        return make(base_url=base_url, api_key=key, **stated["arguments"])

    def ask(client: Any, query: Query) -> Any:
        call: Callable[..., Any] = reduce(getattr, method, client)
        return call(**query)

    return PythonCaller(build, operation, client, ask, read_declared, read_declared, (errors,))


def read_declared(value: Any, name: str) -> Any:
    """Read a field that a pydantic model declares, ignoring undeclared ones, which have no type.

    Raises:
        AttributeError: the model does not declare the field.
        KeyError: a dict does not have the key.
    """
    fields = getattr(type(value), "model_fields", None)
    if fields is not None and name not in {each.alias or key for key, each in fields.items()}:
        raise AttributeError(f"{type(value).__name__} does not declare a field {name!r}")
    return member(value, name)


def _import_named(contract: str, path: str) -> Any:
    module, _, name = path.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError):
        problem = f"the installed release does not have {path}"
        raise ContractError(f"{contract}/{SDKS}", problem) from None
