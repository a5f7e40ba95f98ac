"""Lists other than the shipped ones: a contract captured from OpenAPI, and a server in process."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from math import inf
from typing import Any, TypeAlias

import httpx

from docpact.capture.openapi import capture_operation, find_operation
from docpact.catalogue import load_files
from docpact.conformance import Session
from docpact.model import Level, Operation, Run
from docpact.targets.connections import BUDGET, RequestBudget
from docpact.targets.http import HttpTarget

Query: TypeAlias = Mapping[str, str]
Handler: TypeAlias = Callable[[Query], tuple[int, Any] | tuple[int, Any, Mapping[str, str]]]
"""Takes the last value of each parameter, and returns status, body and headers."""

BASE = "https://lists.example"


def contract(
    parameters: Mapping[str, Any],
    item: Mapping[str, Any],
    fields: Mapping[str, Any] | None = None,
    refinements: Sequence[Any] = (),
    body: Mapping[str, Any] | None = None,
    texts: Mapping[str, str] | None = None,
    path: str = "/things",
    headers: Mapping[str, Any] | None = None,
    statuses: Sequence[str] = ("200",),
) -> Operation:
    """Return a list; without further fields its body is an array, if it is not given.

    Args:
        parameters: of the query, with their schemas.
        item: the fields of an item, all of them required.
        fields: of the body besides `items`.
        refinements: the content of `refinements.json`.
        body: its whole schema.
        texts: parameter → its description.
        path: without parameters.
        headers: of the response.
        statuses: that responses may have, all with the same body.
    """
    one = {"type": "object", "properties": item, "required": [*item]}
    array: dict[str, Any] = {"type": "array", "items": one}
    body = body or array
    if fields is not None:
        body = {"type": "object", "properties": {**fields, "items": array}, "required": ["items"]}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Lists", "version": "1"},
        "servers": [{"url": BASE}],
        "paths": {
            path: {
                "get": {
                    "operationId": "list_things",
                    "parameters": [
                        {"name": name, "in": "query", "schema": schema, **describe(texts, name)}
                        for name, schema in parameters.items()
                    ],
                    "responses": {
                        status: {
                            "description": "ok",
                            "headers": headers or {},
                            "content": {"application/json": {"schema": body}},
                        }
                        for status in statuses
                    },
                }
            }
        },
    }
    files = dict(capture_operation(find_operation(document, "list_things", "lists")))
    if refinements:
        files["refinements.json"] = json.dumps(refinements)
    return load_files(files, "lists/list_things")


def describe(texts: Mapping[str, str] | None, name: str) -> dict[str, str]:
    """Return the description of a parameter as OpenAPI states it."""
    return {"description": texts[name]} if texts and name in texts else {}


def check(
    operation: Operation,
    handler: Handler,
    secret: str | None = None,
    budget: int = BUDGET,
    families: Collection[str] | None = None,
    take: Callable[[Iterable[tuple[str, str]]], Query] = dict,
    **session: Any,
) -> Run:
    """Check a server that answers GET and HEAD with a function, in a session with other fields.

    Args:
        operation: the contract.
        handler: returns status, body and perhaps headers.
        secret: that the client sends.
        budget: of requests.
        families: of rules; all unless given.
        take: returns the one value of each name of a query; the last of repeated ones unless given.
        session: other fields of the session.
    """

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method not in ("GET", "HEAD"):
            return httpx.Response(405, json={}, headers={"Allow": "GET, HEAD"})
        status, body, *headers = handler(take(request.url.params.multi_items()))
        if isinstance(body, bytes):
            return httpx.Response(status, content=body, headers=headers[0] if headers else {})
        return httpx.Response(status, json=body, headers=headers[0] if headers else {})

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        limits = RequestBudget(budget)
        about = (BASE, operation, BASE, client, secret, limits)
        target = HttpTarget(*about, sleep=lambda _: None, patience=inf)  # needs no thread
        return Session(target, **session).run(families)


def breaking(run: Run) -> list[tuple[str, str]]:
    """Return rule and location of every breaking finding."""
    return [(each.rule, each.location) for each in run.findings if each.level is Level.BREAKING]


def whole_number(text: str, least: int, most: int) -> int | None:
    """Return the number that a text writes, or None if it is none between two bounds."""
    plain = text.isascii() and text.isdecimal()
    return int(text) if plain and least <= int(text) <= most else None
