"""Python types as JSON Schemas: whatever pydantic understands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from unittest.mock import patch

from docpact.errors import MissingExtra, UsageError


def import_type(path: str) -> Any:
    """Import the type that `package.module:Name` names.

    Raises:
        UsageError: the module cannot be imported, or has no such name.
    """
    module, _, name = path.partition(":")
    try:
        return getattr(import_module(module), name)
    except AttributeError:
        raise UsageError(f"{path}: {module} has no {name}") from None
    except Exception as error:  # noqa: BLE001 - the code of others may raise anything
        raise UsageError(f"{path}: cannot be imported: {_first_sentence(error)}") from None


def is_typed_dict(kind: Any) -> bool:
    """Return whether a class is a TypedDict, of `typing` or of `typing_extensions`."""
    return isinstance(kind, type) and hasattr(kind, "__required_keys__")


def schema_of(kind: Any, name: str) -> dict[str, Any]:
    """Return a type as a JSON Schema.

    Args:
        kind: a pydantic model, a dataclass, a TypedDict, an enum, or what `typing` makes of them.
        name: of the type in errors.

    Raises:
        MissingExtra: pydantic is not installed.
        UsageError: the type has no form in JSON.
    """
    try:
        from pydantic import PydanticUserError, TypeAdapter
    except ModuleNotFoundError:
        raise MissingExtra(f"reading {name}", "types") from None
    try:
        with _allow_typed_dicts():
            return TypeAdapter(kind).json_schema()
    except (PydanticUserError, NameError, TypeError) as error:
        raise UsageError(f"{name}: has no JSON Schema: {_first_sentence(error)}") from None


@contextmanager
def _allow_typed_dicts() -> Iterator[None]:
    """Let pydantic read `typing.TypedDict` before Python 3.12.

    It refuses those classes, which it recognizes by the module of their metaclass, although only
    generic ones lack anything there.
    """
    if sys.version_info >= (3, 12):
        yield
        return
    with patch("typing._TypedDictMeta.__module__", "typing_extensions"):
        yield


def _first_sentence(error: Exception) -> str:
    return str(error).partition("\n")[0].partition(". ")[0] or type(error).__name__
