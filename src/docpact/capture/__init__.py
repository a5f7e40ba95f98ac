"""Capture: a documentation page becomes the files of a contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from docpact.capture.confirm import confirm
from docpact.capture.contract import Document, schema_document
from docpact.capture.example import Body, Curl, read_bodies, read_curl
from docpact.capture.lines import Page, Section, read
from docpact.capture.outline import Node, outline
from docpact.capture.roles import roles
from docpact.capture.signature import signature
from docpact.errors import PageError
from docpact.model.pointer import pointer

__all__ = ["capture"]

_INFERRED = {
    "/response/status": "the page prints no status; 200 is that of a GET with a body",
    "/response/content_type": "the example bodies are JSON",
}


def capture(text: str) -> Mapping[str, str]:
    """Turn a documentation page into the files of a contract.

    The layout is that of a Stainless reference page copied as text.

    Args:
        text: the page.

    Returns:
        file name → text of `operation.json`, `query.schema.json` and `response.schema.json`.

    Raises:
        PageError: the page does not add up, or holds what is not supported yet; the error names
            the line and what was expected.
    """
    page = read(text)
    _check_prose(page)
    curl = read_curl(page)
    bodies = read_bodies(page, curl.end)
    query, cookie, returns = (_nodes(page, kind) for kind in ("query", "cookie", "returns"))
    response = schema_document(returns, page.sections[-1].heading, nullable=True)
    for body in bodies:
        confirm(returns, response.content, body, page.sections[-1].end)
    asked = schema_document(query, _heading(page, "query"), nullable=False)
    cookies = schema_document(cookie, _heading(page, "cookie"), nullable=False)
    operation = _operation(page, curl, bodies, asked, cookies)
    operation.content["roles"] = roles(query, returns)
    operation.content["inferred"] = _INFERRED
    provenance = {"operation": operation.provenance, "query": asked.provenance}
    operation.content["provenance"] = {**provenance, "response": response.provenance}
    operation.content["lines"] = _quoted(text, operation.content["provenance"])
    return {
        "operation.json": _json(operation.content),
        "query.schema.json": _json(asked.content),
        "response.schema.json": _json(response.content),
    }


def _check_prose(page: Page) -> None:
    """Raise for a field in front of the first heading: the heading above it is missing."""
    for line in page.prose:
        if signature(line.number, line.text) is not None:
            problem = f"expected a heading such as 'Query Parameters' above {line.text!r}"
            raise PageError(line.number, problem)


def _nodes(page: Page, kind: str) -> tuple[Node, ...]:
    section: Section | None = page.section(kind)
    return () if section is None else outline(section)


def _heading(page: Page, kind: str) -> Any:
    section = page.section(kind)
    return page.operation if section is None else section.heading


def _operation(
    page: Page, curl: Curl, bodies: tuple[Body, ...], query: Document, cookies: Document
) -> Document:
    line = page.operation.number
    where = {"/title": page.title.number, "/method": line, "/path": line, "/server": curl.line}
    security = []
    if curl.security is not None:
        entry = {"type": "http", "scheme": curl.security.scheme}
        security = [entry | {"header": curl.security.header, "variable": curl.security.variable}]
        where["/security/0"] = curl.security.line
    parameters: list[dict[str, Any]] = []
    for location, document in (("query", query), ("cookie", cookies)):
        for name, schema in document.content["properties"].items():
            at = f"/parameters/{len(parameters)}"
            required = name in document.content.get("required", ())
            parameter: dict[str, Any] = {"name": name, "in": location, "required": required}
            for keyword, number in document.provenance.items():
                own = pointer(["properties", name, ""])
                if location == "cookie" and keyword.startswith(own):
                    where[f"{at}/schema/{keyword.removeprefix(own)}"] = number
            parameters.append(parameter | ({"schema": schema} if location == "cookie" else {}))
            where[at] = document.provenance[pointer(["properties", name, "type"])]
    where |= {f"/response/examples/{n}": body.line for n, body in enumerate(bodies)}
    content = {
        "format": 1,
        "title": page.title.text,
        "method": page.method,
        "path": page.path,
        "server": curl.server,
        "security": security,
        "parameters": parameters,
        "response": {
            "status": 200,
            "content_type": "application/json",
            "examples": [body.value for body in bodies],
        },
    }
    return Document(content, where)


def _quoted(text: str, provenance: Mapping[str, Mapping[str, int]]) -> dict[str, str]:
    lines = text.removeprefix("\ufeff").split("\n")
    named = sorted({line for table in provenance.values() for line in table.values()})
    return {str(number): lines[number - 1].strip() for number in named}


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
