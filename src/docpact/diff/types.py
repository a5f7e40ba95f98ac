"""Types of a client library as sources: Python types and TypeScript interfaces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docpact.capture.python_types import import_type, is_typed_dict, schema_of
from docpact.capture.typescript import read_interface
from docpact.diff.view import Completeness, SourceView, view_schema
from docpact.model.pointer import tokens


def read_python(name: str, scope: str | None) -> SourceView:
    """Return the statements of a Python type: a TypedDict about the query, others about the body.

    Args:
        name: `package.module:Name`.
        scope: folded JSON Pointer of the part of the response body that the type describes; None
            if none is named.

    Raises:
        UsageError: it cannot be imported, or is not a type with a form in JSON.
        MissingExtra: pydantic is not installed.
    """
    kind = import_type(name)
    if scope is None and not is_typed_dict(kind):
        scope = ""
    return view_type(schema_of(kind, name), name, scope)


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
