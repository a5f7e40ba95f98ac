"""The decoded files of a contract, and errors that name a place in them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeAlias

import msgspec

from docpact.errors import ContractError
from docpact.limits import MAX_FRAMES
from docpact.model import Document, Gap, Source
from docpact.model.pointer import pointer, resolve

FILES: Final[Mapping[Document, str]] = {
    "operation": "operation.json",
    "query": "query.schema.json",
    "body": "body.schema.json",
    "response": "response.schema.json",
    "responses": "responses.schema.json",
}

OPTIONAL: Final = frozenset({"body", "responses"})
"""Documents that only some operations have."""


JsonPointer: TypeAlias = Annotated[str, msgspec.Meta(pattern="^(/|$)")]
"""A JSON Pointer (RFC 6901) in operation.json."""

_PLAIN: Final = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}
"""A type of JSON → its name in messages."""

_STEP: Final = re.compile(r"\.([^.\[\]`]+)|\[([0-9.]+|\.\.\.)\]")
"""A step of a path in an error of msgspec."""


@dataclass(frozen=True, slots=True)
class Contract:
    """The decoded files of one contract, refined, and the sources and gaps so far."""

    id: str
    documents: Mapping[Document, Any]
    sources: dict[tuple[Document, str], Source] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()

    def error(self, document: Document, where: str, problem: str) -> ContractError:
        """Return an error at a JSON Pointer of a file."""
        return ContractError(f"{self.id}/{FILES[document]}#{where}", problem)

    def get(self, where: str, kind: Any, default: Any = ...) -> Any:
        """Return the value at a JSON Pointer of operation.json; raise if it has another type.

        Args:
            where: the JSON Pointer.
            kind: a type of JSON; or a type that `msgspec` makes of it, such as `dict[str, str]`.
            default: if there is no value.
        """
        value = resolve(self.documents["operation"], where, default)
        if value is ...:
            raise self.error("operation", where, "missing; capture the page again")
        if value is default:
            return value
        if kind in _PLAIN:
            if isinstance(value, kind):
                return value
            raise self.error("operation", where, f"expected {_PLAIN[kind]}, found {value!r}")
        return convert(value, kind, f"{self.id}/{FILES['operation']}#{where}")


@contextmanager
def nesting(where: str) -> Iterator[None]:
    """Let the schemas of a file nest deeply.

    Raises:
        ContractError: they nest without end, or too deeply.
    """
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, MAX_FRAMES))
    try:
        yield
    except RecursionError:
        raise ContractError(where, "schemas nest without end, or too deeply") from None
    finally:
        sys.setrecursionlimit(usual)


def convert(value: Any, kind: Any, where: str) -> Any:
    """Return a decoded JSON value as a type that `msgspec` makes of it.

    Raises:
        ContractError: it has another type; the message names the place in it.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `")
        steps = (name or number for name, number in _STEP.findall(path))
        raise ContractError(f"{where}{pointer([*steps])}", problem) from None
