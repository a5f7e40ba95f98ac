"""An operation that a page shows, as an OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Shown:
    """One operation of such a page.

    Attributes:
        line: of the method.
        server: as printed before the path, or empty.
        content: the operation as in an OpenAPI document; empty if nothing is stated about it.
        gaps: document, JSON Pointer, line and text of each fact that is not known.
    """

    line: int
    method: str
    path: str
    server: str
    content: dict[str, Any] = field(default_factory=dict)
    gaps: list[tuple[str, str, int, str]] = field(default_factory=list)

    def leave_out(self, line: int, text: str, pointer: str = "") -> None:
        """Record a gap; those with a pointer are about the request."""
        self.gaps.append(("operation" if pointer else "response", pointer, line, text))


def write_document(shown: Shown) -> Mapping[str, Any]:
    """Return an operation as an OpenAPI document."""
    servers = {"servers": [{"url": shown.server}]} if shown.server else {}
    used = [name for each in shown.content.get("security", ()) for name in each]
    schemes: dict[str, Any] = {
        each: {"type": "apiKey", "in": "header", "name": each} for each in used
    }
    schemes |= {name: {"type": "http", "scheme": name} for name in ("bearer", "basic")}
    return {
        "openapi": "3.1.0",
        "info": {"title": "", "version": ""},
        **servers,
        "paths": {shown.path: {shown.method.lower(): shown.content}},
        "components": {"securitySchemes": schemes},
    }
