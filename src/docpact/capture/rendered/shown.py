"""An operation that a page shows, as an OpenAPI document."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from docpact.capture.rendered.rows import Numbered, Row, may_be_row
from docpact.model.operation import OPEN_REQUEST
from docpact.model.path import match_path


@dataclass(slots=True)
class Section:
    """The lines below one heading.

    Attributes:
        kind: as in the table of headings.
        line: number of the heading.
        media: the media type in it, or below it.
        status: of the response that it belongs to.
        hides: whether the page hides the fields of inner objects at first, as Redoc does.
        is_read: whether the lines are those above the rows, which are read already.
    """

    kind: str
    line: int
    media: str = ""
    status: str = ""
    hides: bool = False
    is_read: bool = False
    lines: list[Numbered] = field(default_factory=list)
    samples: list[Any] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Shown:
    """One operation of such a page.

    Attributes:
        line: of the method.
        server: as printed before the path, or empty.
        content: the operation as in an OpenAPI document; empty if nothing is stated about it.
        keys: name → location of each credential that is a key.
        gaps: document, JSON Pointer, line and text of each fact that is not known.
    """

    line: int
    method: str
    path: str
    server: str
    content: dict[str, Any] = field(default_factory=dict)
    gaps: list[tuple[str, str, int, str]] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)

    def find_server(self, urls: Iterable[Sequence[str]]) -> None:
        """Take the server from the first URL, a host and a path, if the page does not print it."""
        for host, path in urls:
            base = match_path(self.path, path)
            if base and not self.server:
                self.server = f"{host}{base[0]}"

    def add_key(self, name: str, location: str) -> str:
        """Add a credential that is a key, and return its name."""
        self.keys[name] = location
        return name

    def leave_out(self, line: int, text: str, pointer: str = "") -> None:
        """Record a gap; those with a pointer are about the request."""
        self.gaps.append(("operation" if pointer else "response", pointer, line, text))

    def leave_out_doubtful(self, section: Section, rows: Sequence[Row]) -> None:
        """Record the lines in a section of parameters that may be other rows."""
        first = rows[0].line if rows else sys.maxsize
        above = () if section.is_read else section.lines
        found = [(at, text, "above all rows") for at, text in above if at < first]
        found = [each for each in found if may_be_row(each[1].strip())]
        found += [(row.line, text, f"below {row.name}") for row in rows for text in row.doubtful]
        for line, text, where in found:
            said = f"the line {text!r} {where}, which may be a parameter"
            self.leave_out(line, said, OPEN_REQUEST)

    def leave_out_rows(self, rows: Sequence[Row]) -> None:
        """Record rows in no section of parameters that may belong to one; statuses do not."""
        for row in (each for each in rows if not each.name.isdigit()):
            said = f"the row {row.name!r} without a heading, which may be a parameter"
            self.leave_out(row.line, said, OPEN_REQUEST)


def count_sure(section: Section, rows: Sequence[Row]) -> int:
    """Return how many of the first rows are certainly not fields of another one."""
    is_flat = section.hides or section.kind == "any"
    holds = (
        at
        for at, row in enumerate(rows, start=1)
        if row.is_chosen or (row.holder is not None and not (is_flat or row.is_closed))
    )
    return next(holds, len(rows))


def write_document(shown: Shown) -> Mapping[str, Any]:
    """Return an operation as an OpenAPI document."""
    servers = {"servers": [{"url": shown.server}]} if shown.server else {}
    schemes: dict[str, Any] = {
        name: {"type": "apiKey", "in": location, "name": name}
        for name, location in shown.keys.items()
    }
    schemes |= {name: {"type": "http", "scheme": name} for name in ("bearer", "basic")}
    return {
        "openapi": "3.1.0",
        "info": {"title": "", "version": ""},
        **servers,
        "paths": {shown.path: {shown.method.lower(): shown.content}},
        "components": {"securitySchemes": schemes},
    }
