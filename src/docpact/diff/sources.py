"""Sources: a text that names a contract, page, document, type or recording becomes a side."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from docpact.capture import capture
from docpact.capture.python_types import is_model, is_typed_dict, schema_of
from docpact.capture.typescript import interface
from docpact.catalogue import load
from docpact.diff.answers import recorded
from docpact.diff.openapi import operation_side
from docpact.diff.side import Side, Voice, fields, of_operation, parameters
from docpact.errors import PageError, UsageError
from docpact.files import read_text, read_yaml

_PYTHON: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_TYPESCRIPT: Final = re.compile(r"(?P<file>.+\.d\.m?ts):(?P<name>[\w$.]+)")
_OPENAPI: Final = re.compile(r"(?P<file>.+\.(?:json|ya?ml))#(?P<id>.+)")


def side(named: str) -> Side:
    """Return what a source says.

    Args:
        named: in one of the forms that `docpact diff --help` lists.

    Raises:
        DocpactError: it is in no such form, or what it names cannot be read; the error says where.
    """
    parts = [_part(each, named) for each in _joined(named)]
    first = parts[0]
    for other in parts[1:]:
        first = _merged(first, other, named)
    return first


def _joined(named: str) -> list[str]:
    """Split at each `+` behind which a type is named, for a path may hold one too."""
    words = named.split("+")
    is_joined = len(words) > 1 and all(_is_type(_scoped(word)[0]) for word in words)
    return words if is_joined else [named]


def _scoped(text: str) -> tuple[str, str | None]:
    """Split the part of the body that is named off a source: `@` alone is all of it."""
    stated, at, scope = text.rpartition("@")
    if at and (not scope or scope.startswith("/")):
        return stated, scope.rstrip("/")
    return text, None


def _is_type(text: str) -> bool:
    return bool(_PYTHON.fullmatch(text) or _TYPESCRIPT.fullmatch(text))


def _part(text: str, named: str) -> Side:
    stated, scope = _scoped(text)
    if stated.startswith("answers:"):
        file = Path(stated.removeprefix("answers:"))
        return recorded(read_text(file), text, scope or "")
    if found := _OPENAPI.fullmatch(text):
        return operation_side(read_document(Path(found["file"])), found["id"], found["file"])
    if found := _TYPESCRIPT.fullmatch(stated):
        schema = interface(Path(found["file"]), found["name"])
        return _typed(named, schema, scope, whole_numbers=False)
    if _PYTHON.fullmatch(stated):
        kind = _imported(stated)
        whole = "" if is_model(kind) else None
        return _typed(named, schema_of(kind, stated), whole if scope is None else scope)
    if Path(text).is_file():
        return _page(Path(text))
    return of_operation(load(text), text)


def _typed(named: str, schema: Any, scope: str | None, *, whole_numbers: bool = True) -> Side:
    """Return what a type says: of the query where no part of the body is named."""
    if scope is None:
        query = parameters(schema)
        return Side(named, Voice.TYPES, query=query, whole_numbers=whole_numbers)
    body = fields(schema, scope)
    return Side(named, Voice.TYPES, response=body, scope=scope, whole_numbers=whole_numbers)


def _merged(one: Side, other: Side, named: str) -> Side:
    if (one.query is None) == (other.query is None):
        raise UsageError(f"{named}: + joins the type of a query with the type of a body")
    asked, told = (one, other) if one.query is not None else (other, one)
    return Side(
        named,
        Voice.TYPES,
        query=asked.query,
        response=told.response,
        scope=told.scope,
        whole_numbers=one.whole_numbers and other.whole_numbers,
    )


def _imported(path: str) -> Any:
    module, _, name = path.partition(":")
    try:
        kind = getattr(import_module(module), name)
    except ImportError as error:
        raise UsageError(f"{path}: cannot be imported: {error}") from None
    except AttributeError:
        raise UsageError(f"{path}: {module} has no {name}") from None
    if not (is_model(kind) or is_typed_dict(kind)):
        raise UsageError(f"{path}: neither a TypedDict nor a pydantic model")
    return kind


def _page(file: Path) -> Side:
    """Return what a page says, without refinements."""
    try:
        files = capture(read_text(file))
    except PageError as error:
        raise UsageError(f"{file}:{error.line}: {error.problem}") from None
    return captured_side(files, str(file))


def captured_side(files: Mapping[str, str], name: str) -> Side:
    """Return what the files of a contract say, as captured.

    Args:
        files: name → text, as `docpact.capture.capture` returns them.
        name: for reports.
    """
    with TemporaryDirectory() as folder:
        for file, text in files.items():
            (Path(folder) / file).write_text(text, encoding="utf-8")
        return of_operation(load(folder), name)


def read_document(file: Path) -> Any:
    """Return the decoded content of a JSON or YAML file.

    Raises:
        UsageError: it cannot be read.
        MissingExtra: it is YAML, and the extra `yaml` is not installed.
    """
    text = read_text(file)
    if file.suffix != ".json":
        return read_yaml(text, file)
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"{file}: cannot be read as JSON: {error}") from None
