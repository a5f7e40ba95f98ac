"""Contracts captured from operations of OpenAPI documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from docpact.capture.contract import DRAFT
from docpact.capture.openapi.document import OpenApiOperation, find_json
from docpact.capture.openapi.export import EXTENSION
from docpact.capture.openapi.schemas import Translator
from docpact.capture.openapi.security import read_security
from docpact.capture.roles import roles
from docpact.model.operation import SECURITY
from docpact.model.path import find_preferred
from docpact.model.pointer import pointer

PAGE: Final = "page.json"
"""The part of the document about the operation; a captured contract refers to its lines."""

_IGNORED: Final = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that OpenAPI 3.1 (section 4.8.12.2.1) says to ignore."""


def capture_operation(operation: OpenApiOperation) -> Mapping[str, str]:
    """Return the files of a contract for an operation.

    An operation that docpact exported comes back unchanged. For any other, the parts that a
    contract cannot express become gaps; lines refer to `page.json`, which is one of the files.

    Args:
        operation: to capture.

    Returns:
        file name → text.

    Raises:
        ContractError: a reference leads nowhere, or no successful response has a JSON body.
    """
    kept = operation.content.get(EXTENSION)
    status, media, answer, where = operation.find_response()
    name = str(operation.content["operationId"])
    is_kept = isinstance(kept, Mapping)
    response = _translator(operation, "response", "writeOnly", is_kept=is_kept)
    schemas = {"response": response.whole(answer.get("schema", {}), f"{where}/schema")}
    translators = {"response": response}
    query = translators["query"] = _translator(operation, "query", "", is_kept=is_kept)
    parameters, asked = read_parameters(operation, query)
    schemas["query"] = asked | ({"$defs": query.definitions} if query.definitions else {})
    if (sent := _body(operation)) is not None:
        translators["body"] = _translator(operation, "body", "readOnly", is_kept=is_kept)
        schemas["body"] = translators["body"].whole(*sent)
    content: dict[str, Any] = {
        "format": 1,
        "title": str(operation.content.get("summary") or name),
        "method": operation.method.upper(),
        "path": operation.path,
        "server": _server(operation),
        "security": [],
        "parameters": parameters,
        "response": {"status": status, "content_type": media, "examples": _examples(answer)},
    }
    files: dict[str, Any] = {f"{name}.schema.json": _dialect(s) for name, s in schemas.items()}
    if isinstance(kept, Mapping):
        content |= {name: value for name, value in kept.items() if name != "refinements"}
        files |= {"refinements.json": kept["refinements"]} if "refinements" in kept else {}
    else:
        content |= _inferred(operation, schemas, translators)
        files[PAGE] = _page(operation)
    files["operation.json"] = content
    return {
        name: json.dumps(each, indent=2, ensure_ascii=False) + "\n" for name, each in files.items()
    }


def _translator(
    operation: OpenApiOperation, part: str, unsent: str, *, is_kept: bool
) -> Translator:
    prefix = f"{operation.content['operationId']}.{part}."
    return Translator(operation.document, prefix, unsent, is_verbatim=is_kept)


def _dialect(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"$schema": DRAFT, **schema}


def _server(operation: OpenApiOperation) -> str:
    """Return the URL of the first server, without a slash at the end."""
    for holder in (operation.content, operation.path_item, operation.document.content):
        servers = holder.get("servers")
        if isinstance(servers, list) and servers and isinstance(servers[0], Mapping):
            return str(servers[0].get("url", "")).rstrip("/")
    return ""


def _examples(answer: Mapping[str, Any]) -> list[Any]:
    if "example" in answer:
        return [answer["example"]]
    named = answer.get("examples", {})
    return [
        each["value"] for each in named.values() if isinstance(each, Mapping) and "value" in each
    ]


def _body(operation: OpenApiOperation) -> tuple[Any, str] | None:
    if "requestBody" not in operation.content:
        return None
    body, at = operation.document.resolve(
        operation.content["requestBody"], f"{operation.where}/requestBody"
    )
    found = find_json(body, at)
    return None if found is None else (found[1].get("schema", {}), f"{found[2]}/schema")


def read_parameters(
    operation: OpenApiOperation, query: Translator
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the parameters as in operation.json, and the schema of the query."""
    listed: dict[tuple[str, str], dict[str, Any]] = {}
    properties: dict[str, Any] = {}
    for each, at in operation.parameters():
        name, location = str(each.get("name")), str(each.get("in"))
        if location == "header" and name.lower() in _IGNORED:
            continue
        translator = query if location == "query" else Translator(operation.document)
        schema = translator.schema(each.get("schema", {}), f"{at}/schema", ("properties", name))
        if problem := _encoding_problem(each, schema):
            query.gaps.append(("", at, f"{location} parameter {name}: {problem}"))
            continue
        required = bool(each.get("required")) or location == "path"
        listed[location, name] = {"name": name, "in": location, "required": required}
        if location == "query":
            properties[name] = schema
        else:
            listed[location, name]["schema"] = schema
    needed = [
        name for (place, name), each in listed.items() if place == "query" and each["required"]
    ]
    schema = {"type": "object", "properties": properties}
    return list(listed.values()), schema | ({"required": needed} if needed else {})


def _encoding_problem(parameter: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return why docpact cannot encode a parameter, or an empty text."""
    kinds = schema.get("type", ())
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    if "object" in kinds or "$ref" in schema or "content" in parameter:
        return "how an object is encoded"
    if "array" in kinds and parameter.get("explode") is False:
        return "how values are joined into one text"
    return ""


def _inferred(
    operation: OpenApiOperation, schemas: Mapping[str, Any], translators: Mapping[str, Translator]
) -> dict[str, Any]:
    """Return the parts of operation.json that docpact infers from a foreign document."""
    lines = _lines(operation)
    security = read_security(operation, _server(operation))
    provenance = {
        name: {where: lines[at] for where, at in each.origins.items() if at in lines}
        for name, each in translators.items()
    }
    top = {
        "/method": operation.where,
        "/path": operation.where,
        "/title": f"{operation.where}/summary",
    }
    top |= {f"/parameters/{n}": at for n, (_, at) in enumerate(operation.parameters())}
    provenance["operation"] = {where: lines[at] for where, at in top.items() if at in lines}
    gaps = [
        {"document": name, "pointer": where, "said": text}
        | ({"line": lines[at]} if at in lines else {})
        for name, each in translators.items()
        for where, at, text in each.gaps
    ]
    gaps += [{"document": "operation", "pointer": SECURITY, "said": text} for text in security.gaps]
    preferred = find_preferred(operation.path, operation.document.content["paths"])
    page = _text(operation).split("\n")
    named = sorted({line for table in provenance.values() for line in table.values()})
    return {
        "security": security.entries,
        "roles": roles(operation.path, schemas["query"], schemas["response"]),
        "inferred": security.inferred,
        **({"gaps": gaps} if gaps else {}),
        **({"preferred_paths": list(preferred)} if preferred else {}),
        "provenance": provenance,
        "lines": {str(number): page[number - 1].strip().rstrip(",") for number in named},
    }


def _page(operation: OpenApiOperation) -> dict[str, Any]:
    """Return the part of a document that is about an operation."""
    content = operation.document.content
    item = {k: v for k, v in operation.path_item.items() if k == "parameters"}
    item[operation.method] = operation.content
    return {"paths": {operation.path: item}, "components": content.get("components", {})}


def _text(operation: OpenApiOperation) -> str:
    return json.dumps(_page(operation), indent=2, ensure_ascii=False)


def _lines(operation: OpenApiOperation) -> dict[str, int]:
    """Return JSON Pointer → line of `page.json` as `json.dumps` writes it with indentation."""
    found: dict[str, int] = {}

    def walk(value: Any, where: str, line: int) -> int:
        """Record the line of a value; return the line of its last character."""
        found[where] = line
        if not isinstance(value, dict | list) or not value:
            return line
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for name, each in parts:
            line = walk(each, f"{where}{pointer([name])}", line + 1)
        return line + 1

    walk(_page(operation), "", 1)
    return found
