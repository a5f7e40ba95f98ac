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
from docpact.capture.signature import Array, Object, innermost, signature
from docpact.errors import PageError
from docpact.model.pointer import pointer

__all__ = ["capture"]

_INFERRED = {
    "/response/status": "the page prints no status; 200 is that of an answer with a body",
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
    if section is None:
        return ()
    nodes = outline(section)
    if kind != "returns":
        _check_parameters(nodes)
    return nodes


def _check_parameters(nodes: tuple[Node, ...]) -> None:
    """Raise for a parameter whose form on the wire the page does not print."""
    for node in nodes:
        kind = node.signature.type
        nested = isinstance(kind, Array) and isinstance(kind.of, Array)
        if nested or isinstance(innermost(kind), Object):
            problem = f"objects and nested arrays are not supported yet in {node.name!r}"
            raise PageError(node.signature.line, problem)


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
        needed = frozenset(document.content.get("required", ()))
        for name, schema in document.content["properties"].items():
            at = f"/parameters/{len(parameters)}"
            required = name in needed
            parameter: dict[str, Any] = {"name": name, "in": location, "required": required}
            parameters.append(parameter | ({"schema": schema} if location == "cookie" else {}))
            if location == "cookie":
                where |= _cookie_lines(at, name, schema, document)
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


def _cookie_lines(
    at: str, name: str, schema: Mapping[str, Any], document: Document
) -> dict[str, int]:
    """Return the lines of a cookie's schema, under the pointers it has in operation.json."""
    keywords = [pointer((keyword,)) for keyword in schema]
    keywords += [pointer(("items", keyword)) for keyword in schema.get("items", ())]
    own = pointer(("properties", name))
    return {f"{at}/schema{each}": document.provenance[f"{own}{each}"] for each in keywords}


def _quoted(text: str, provenance: Mapping[str, Mapping[str, int]]) -> dict[str, str]:
    lines = text.removeprefix("\ufeff").split("\n")
    named = sorted({line for table in provenance.values() for line in table.values()})
    return {str(number): lines[number - 1].strip() for number in named}


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
