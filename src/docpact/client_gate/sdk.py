"""A published Python SDK as a caller: a file of the contract names its classes and method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from docpact.catalogue import SDKS, sdks
from docpact.client_gate.gate import Client
from docpact.client_gate.python import PythonCaller, member
from docpact.client_gate.scenario import Query
from docpact.errors import ContractError, UsageError
from docpact.model import Operation


def load_sdk(
    operation: Operation, name: str, command: str = "", contracts: Path | None = None
) -> Client:
    """Return the installed release of an SDK that a contract names.

    Args:
        operation: the contract.
        name: of the distribution.
        command: that runs the gate again.
        contracts: folder of the user's own contracts, or None.

    Raises:
        UsageError: the contract does not name this SDK, or it is not installed.
        ContractError: the release does not have one of the named classes.
    """
    contract = operation.id
    known = sdks(contract, contracts)
    if name not in known:
        listed = ", ".join(known) or "none"
        raise UsageError(f"{operation.id} does not name a client {name!r}; it names: {listed}")
    try:
        release = version(name)
    except PackageNotFoundError:
        raise UsageError(f"{name} is not installed: pip install {name}") from None
    stated = known[name]
    errors = _import_named(contract, stated["errors"])
    callers = tuple(
        _caller(operation, contract, stated, build, errors) for build in stated["builds"]
    )
    return Client(f"{name} {release}", callers, command)


def _caller(
    operation: Operation,
    contract: str,
    stated: Mapping[str, Any],
    build: str,
    errors: type[BaseException],
) -> PythonCaller:
    make = _import_named(contract, stated["builds"][build])
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
    if fields is None:
        return member(value, name)
    for attribute, field in fields.items():
        if (field.alias or attribute) == name:
            return getattr(value, attribute)
    msg = f"{type(value).__name__} does not declare a field {name!r}"
    raise AttributeError(msg)


def _import_named(contract: str, path: str) -> Any:
    module, _, name = path.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError):
        problem = f"the installed release does not have {path}"
        raise ContractError(f"{contract}/{SDKS}", problem) from None
