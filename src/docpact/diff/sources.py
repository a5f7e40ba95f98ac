"""The kinds of sources, the text that names one; types and saved responses as sources.

One that cannot be read raises DocpactError, which says where.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from docpact.bodies.decode import decode
from docpact.bodies.wording import json_type
from docpact.capture.typescript import read_interface
from docpact.diff.openapi import read_contract, read_operation, read_page, view_operation
from docpact.diff.shapes import Shape, make_key
from docpact.diff.view import Completeness, SourceView, ValueView, view_schema
from docpact.errors import MissingExtra, UsageError
from docpact.files import read_text
from docpact.model.pointer import pointer, tokens


def read_python(name: str, scope: str | None) -> SourceView:
    """Return the statements of a Python type: a TypedDict about the query, others about the body.

    Its name is `package.module:Name`, with `FOLDER:` before it for packages that are installed in a
    folder. The scope is the part of the response body that it describes, or None.
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
from docpact.diff.sources import import_type, is_typed_dict, schema_of
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
    """Return the statements of the interface `FILE.d.ts:Name`; scope as for `read_python`."""
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
    """Import the type that `package.module:Name` names."""
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
    """Return a type as a JSON Schema: a model of pydantic, a dataclass, a TypedDict or an enum.

    It may also be a type that `typing` makes of these.
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


def read_answers(name: str, scope: str | None) -> SourceView:
    """Return the statements of the recorded bodies in `answers:FILE`; see `view_bodies`."""
    file = name.removeprefix("answers:")
    return view_bodies(read_text(Path(file)), file, scope or "")


def view_bodies(text: str, name: str, scope: str = "") -> SourceView:
    """Return the view of recorded bodies; each is the part of a response body that is the scope.

    The text is one decoded body, a JSON array of bodies, or one body a line.
    """
    bodies = list(_bodies(text, name))
    if not bodies:
        raise UsageError(f"{name}: contains no recorded response")
    response = _view(bodies, "", is_present=True)
    return SourceView(name, Completeness.SAMPLE, parts={"response": response}, scope=tokens(scope))


def _bodies(text: str, name: str) -> Iterator[Any]:
    whole = decode(text.encode("utf-8", "surrogatepass"))
    if whole.readable and not whole.problems:
        yield from whole.value if isinstance(whole.value, list) else [whole.value]
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            body = decode(line.encode("utf-8", "surrogatepass"))
            if not body.readable:
                raise UsageError(f"{name}:{number}: neither the file nor this line is JSON")
            yield body.value


def _view(values: Sequence[Any], path: str, *, is_present: bool) -> ValueView:
    """Return the view of the values that were seen at one location."""
    kinds: dict[str, list[Any]] = {}
    for value in values:
        kinds.setdefault(json_type(value), []).append(value)
    shapes = {kind: _shape(kind, seen) for kind, seen in kinds.items()}
    objects, arrays = kinds.get("object", []), kinds.get("array", [])

    def read_children() -> dict[str, ValueView]:
        names = dict.fromkeys(name for each in objects for name in each)
        found = {name: [each[name] for each in objects if name in each] for name in names}
        views = {
            name: _view(each, f"{path}{pointer([name])}", is_present=len(each) == len(objects))
            for name, each in found.items()
        }
        elements = [each for array in arrays for each in array]
        more = {"*": _view(elements, f"{path}/*", is_present=True)} if elements else {}
        return views | more

    return ValueView(shapes, is_present, path, read_children)


def _shape(kind: str, values: Sequence[Any]) -> Shape:
    """Return the shape of values of one type; numbers are integers if all of them are."""
    if kind in ("null", "object", "array"):
        return Shape()
    listed = tuple(dict(map(make_key, values)).values())
    return Shape(values=listed, is_whole=all(type(value) is int for value in listed))


@dataclass(frozen=True, slots=True)
class SourceKind:
    """A kind of source.

    Attributes:
        matches: returns whether a text, without its `@POINTER`, names one.
        read: returns its statements. It takes the text and, if the kind has one, the folded JSON
            Pointer behind `@`, which is the part of the response body that the source describes.
        has_scope: whether `@POINTER` may follow.
        is_type: whether `+` may join two of them.
    """

    matches: Callable[[str], object]
    read: Callable[[str, str | None], SourceView]
    has_scope: bool = False
    is_type: bool = False


_OPENAPI: Final = SourceKind(
    re.compile(r"(?!\w+://).+\.(json|ya?ml)(#.*)?").fullmatch,
    lambda name, _: view_operation(read_operation(name), name),
)

KINDS: Final = (
    SourceKind(lambda _: True, lambda name, _: read_contract(name)),
    SourceKind(lambda name: Path(name).is_file(), lambda name, _: read_page(name)),
    _OPENAPI,
    SourceKind(
        re.compile(r"(?:[^#]+:)?[A-Za-z_][\w.]*:[A-Za-z_]\w*").fullmatch,
        read_python,
        has_scope=True,
        is_type=True,
    ),
    SourceKind(
        re.compile(r".+\.d\.m?ts:[\w$.]+").fullmatch, read_typescript, has_scope=True, is_type=True
    ),
    SourceKind(re.compile(r"answers:.*").fullmatch, read_answers, has_scope=True),
)
"""Every kind of source, as `docpact diff --help` lists them; the last one that matches counts."""


def read_source(name: str) -> SourceView:
    """Return the statements of a source in a form that `docpact diff --help` lists."""
    words = name.split("+")  # a path may contain one, too
    are_types = all(_kind(word)[0].is_type for word in words)
    named = [_kind(each) for each in (words if are_types else [name])]
    first, *others = [kind.read(text, scope) for kind, text, scope in named]
    for other in others:
        first = _join(first, other, name)
    return replace(first, name=name)


def read_both(a: str, b: str) -> tuple[SourceView, SourceView]:
    """Return the statements of two sources; operations of documents with the same media types."""
    if any(_kind(each)[0] is not _OPENAPI for each in (a, b)):
        return read_source(a), read_source(b)
    one, other = read_operation(a), read_operation(b)
    return view_operation(one, a, other), view_operation(other, b, one)


def _kind(text: str) -> tuple[SourceKind, str, str | None]:
    """Return the kind of source, its name, and the scope behind `@`; `@` alone gives ``."""
    name, at, scope = text.rpartition("@")
    if at and (not scope or scope.startswith("/")):
        kind = next(kind for kind in reversed(KINDS) if kind.matches(name))
        if kind.has_scope:
            return kind, name, scope.rstrip("/")
    return next(kind for kind in reversed(KINDS) if kind.matches(text)), text, None


def _join(one: SourceView, other: SourceView, name: str) -> SourceView:
    if (one.query is None) == (other.query is None):
        raise UsageError(f"{name}: + joins the type of a query with the type of a body")
    has_integers = one.has_integers and other.has_integers
    return replace(
        one,
        parts={**one.parts, **other.parts},
        scope=one.scope or other.scope,
        has_integers=has_integers,
    )
