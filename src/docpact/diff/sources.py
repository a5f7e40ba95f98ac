"""The kinds of sources, and the text that names one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from docpact.diff.answers import read_answers
from docpact.diff.contract import read_contract, read_page
from docpact.diff.openapi import read_openapi
from docpact.diff.types import read_python, read_typescript
from docpact.diff.view import SourceView
from docpact.errors import UsageError


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


KINDS: Final = (
    SourceKind(lambda _: True, lambda name, _: read_contract(name)),
    SourceKind(lambda name: Path(name).is_file(), lambda name, _: read_page(name)),
    SourceKind(re.compile(r".+\.(json|ya?ml)(#.*)?").fullmatch, lambda name, _: read_openapi(name)),
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
    """Return the statements of a source in a form that `docpact diff --help` lists.

    Raises:
        DocpactError: it has none of these forms, or cannot be read; the error says where.
    """
    first, *others = [_read(each) for each in _split(name)]
    for other in others:
        first = _join(first, other, name)
    return replace(first, name=name)


def _split(name: str) -> list[str]:
    """Split a text at each `+` between types; a path may contain one too."""
    words = name.split("+")
    return words if all(_kind(word)[0].is_type for word in words) else [name]


def _kind(text: str) -> tuple[SourceKind, str, str | None]:
    """Return the kind of source, its name, and the scope behind `@`; `@` alone gives ``."""
    name, at, scope = text.rpartition("@")
    if at and (not scope or scope.startswith("/")):
        kind = next(kind for kind in reversed(KINDS) if kind.matches(name))
        if kind.has_scope:
            return kind, name, scope.rstrip("/")
    return next(kind for kind in reversed(KINDS) if kind.matches(text)), text, None


def _read(text: str) -> SourceView:
    kind, name, scope = _kind(text)
    return kind.read(name, scope)


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
