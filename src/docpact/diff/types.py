"""Types of a client library as sources: Python types and TypeScript interfaces."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from docpact.capture.typescript import read_interface
from docpact.diff.view import Completeness, SourceView, view_schema
from docpact.errors import MissingExtra, UsageError
from docpact.model.pointer import tokens


def read_python(name: str, scope: str | None) -> SourceView:
    """Return the statements of a Python type: a TypedDict about the query, others about the body.

    Args:
        name: `package.module:Name`, of the installed packages, or with `FOLDER:` before it, of
            those that are installed in a folder.
        scope: folded JSON Pointer of the part of the response body that the type describes; None
            if none is named.

    Raises:
        UsageError: it cannot be imported, or is not a type with a form in JSON.
        MissingExtra: pydantic is not installed.
    """
    folder, *_ = name.rpartition(":")[0].rpartition(":")
    if folder:
        is_query, schema = _read_release(folder, name.removeprefix(f"{folder}:"))
    else:
        kind = import_type(name)
        is_query, schema = is_typed_dict(kind), schema_of(kind, name)
    return view_type(schema, name, "" if scope is None and not is_query else scope)


_READ: Final = """
import json, sys
from docpact.diff.types import import_type, is_typed_dict, schema_of
sys.path.insert(0, sys.argv[1])
kind = import_type(sys.argv[2])
print(json.dumps([is_typed_dict(kind), schema_of(kind, sys.argv[2])]))
"""
"""Prints the schema of a type in the packages of a folder."""


def _read_release(folder: str, name: str) -> tuple[bool, Any]:
    """Return whether a type is a TypedDict, and its schema, from packages in a folder."""
    command = [sys.executable, "-c", _READ, folder, name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        reason = next(iter(done.stderr.splitlines()[-1:]), "")
        raise UsageError(f"{folder}:{reason.partition('Error: ')[2] or name}")
    is_query, schema = json.loads(done.stdout.splitlines()[-1])
    return is_query, schema


def read_typescript(name: str, scope: str | None) -> SourceView:
    """Return the statements of a TypeScript interface about the query or a part of the body.

    Args:
        name: `FILE.d.ts:Name`.
        scope: as for `read_python`.

    Raises:
        UsageError: the file cannot be read, or does not declare the interface.
    """
    file, _, interface = name.rpartition(":")
    schema = read_interface(Path(file), interface)
    return view_type(schema, name, scope, has_integers=False)


def view_type(
    schema: Any, name: str, scope: str | None, *, has_integers: bool = True
) -> SourceView:
    """Return the statements of the schema of a type: about the query if the scope is None."""
    view = view_schema(schema)
    return SourceView(
        name,
        Completeness.TYPES,
        parts={"query" if scope is None else "response": view},
        scope=tokens(scope or ""),
        has_integers=has_integers,
    )


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
