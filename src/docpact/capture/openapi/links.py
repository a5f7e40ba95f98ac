"""Links of an OpenAPI operation: values of its response that other operations take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import unquote

from docpact.capture.openapi.document import METHODS, OpenApiOperation
from docpact.errors import ContractError
from docpact.model.pointer import tokens

_BODY: Final = "$response.body#"
"""The beginning of a runtime expression that names a value of the body."""

_LOCATIONS: Final = ("path.", "query.", "header.", "cookie.")
"""Prefixes of the name of a parameter in a link."""


def read_links(operation: OpenApiOperation) -> list[dict[str, str]]:
    """Return the links of successful responses whose values are in the body.

    Each has the method and path of the other operation, its parameter, and the JSON Pointer of the
    value. Links that take values from elsewhere, or that lead nowhere, are left out.
    """
    found = []
    responses = operation.content.get("responses")
    for status, stated in responses.items() if isinstance(responses, Mapping) else ():
        response = _follow(operation, stated) if str(status).startswith("2") else {}
        links = response.get("links")
        for each in links.values() if isinstance(links, Mapping) else ():
            link = _follow(operation, each)
            if request := _find_request(operation, link):
                found += [
                    {"request": request, "parameter": name, "pointer": at}
                    for name, at in _read_parameters(link)
                ]
    return found


def _follow(operation: OpenApiOperation, stated: Any) -> Mapping[str, Any]:
    """Return an object of the document, or an empty one if its reference leads nowhere."""
    with suppress(ContractError):
        found, _ = operation.document.resolve(stated, f"{operation.where}/responses")
        return found if isinstance(found, Mapping) else {}
    return {}


def _read_parameters(link: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each parameter with the JSON Pointer of its value in the body."""
    stated = link.get("parameters")
    for name, value in stated.items() if isinstance(stated, Mapping) else ():
        if isinstance(value, str) and value.startswith(f"{_BODY}/"):
            plain = next((name.removeprefix(at) for at in _LOCATIONS if name.startswith(at)), name)
            yield plain, value.removeprefix(_BODY)


def _find_request(operation: OpenApiOperation, link: Mapping[str, Any]) -> str:
    """Return method and path of the operation that a link names; empty if there is none."""
    paths = operation.document.content.get("paths")
    ref, name = link.get("operationRef"), link.get("operationId")
    if isinstance(ref, str) and ref.startswith("#/paths/"):
        place = tokens(unquote(ref.removeprefix("#")))
        return f"{place[2].upper()} {place[1]}" if len(place) == 3 and place[2] in METHODS else ""
    for path, item in paths.items() if isinstance(paths, Mapping) and name else ():
        for method in METHODS:
            stated = item.get(method) if isinstance(item, Mapping) else None
            if isinstance(stated, Mapping) and stated.get("operationId") == name:
                return f"{method.upper()} {path}"
    return ""
