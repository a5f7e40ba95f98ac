"""The decoded files of a contract, and errors that name a place in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from docpact.errors import ContractError
from docpact.model import Document, Gap, Source
from docpact.model.pointer import resolve

FILES: Final[Mapping[Document, str]] = {
    "operation": "operation.json",
    "query": "query.schema.json",
    "body": "body.schema.json",
    "response": "response.schema.json",
    "responses": "responses.schema.json",
}

OPTIONAL: Final = frozenset({"body", "responses"})
"""Documents that only some operations have."""


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

    def get(self, where: str, kind: type, default: Any = ...) -> Any:
        """Return the value at a JSON Pointer of operation.json; raise if it has another type."""
        value = resolve(self.documents["operation"], where, default)
        if value is ...:
            raise self.error("operation", where, "missing; capture the page again")
        if value is not default and not isinstance(value, kind):
            raise self.error("operation", where, f"expected {kind.__name__}, found {value!r}")
        return value
