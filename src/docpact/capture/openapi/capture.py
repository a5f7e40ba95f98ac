"""An operation of an OpenAPI document as the files of a contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from docpact.capture.contract import DRAFT
from docpact.capture.openapi.document import OpenApiOperation, find_json
from docpact.capture.openapi.export import EXTENSION
from docpact.capture.openapi.schemas import Written
from docpact.capture.roles import roles
from docpact.model.pointer import pointer

PAGE: Final = "page.json"
"""The operation as the document states it; the lines of a captured contract are those of it."""

_IGNORED: Final = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that OpenAPI 3.1 (section 4.8.12.2.1) leaves out of account."""

_VARIABLE: Final = "API_KEY"


def captured(stated: OpenApiOperation) -> Mapping[str, str]:
    """Return the files of a contract of an operation.

    An operation that docpact wrote comes back as it was. Of any other, what a contract cannot hold
    is a gap in it; the lines are those of `page.json`, which is among the files.

    Args:
        stated: the operation.

    Returns:
        file name → text.

    Raises:
        ContractError: a reference leads nowhere, or no successful answer has a JSON body.
    """
    kept = stated.content.get(EXTENSION)
    status, media, answer, where = stated.find_response()
    name = str(stated.content["operationId"])
    response = Written(stated.document, f"{name}.response.")
    schemas = {"response": response.whole(answer.get("schema", {}), f"{where}/schema")}
    written = {"response": response}
    query = written["query"] = Written(stated.document, f"{name}.query.")
    parameters, asked = read_parameters(stated, query)
    schemas["query"] = asked | ({"$defs": query.definitions} if query.definitions else {})
    if (sent := _body(stated)) is not None:
        written["body"] = Written(stated.document, f"{name}.body.")
        schemas["body"] = written["body"].whole(*sent)
    content: dict[str, Any] = {
        "format": 1,
        "title": str(stated.content.get("summary") or name),
        "method": stated.method.upper(),
        "path": stated.path,
        "server": _server(stated),
        "security": [],
        "parameters": parameters,
        "response": {"status": status, "content_type": media, "examples": _examples(answer)},
    }
    files: dict[str, Any] = {f"{name}.schema.json": _dialect(s) for name, s in schemas.items()}
    if isinstance(kept, Mapping):
        content |= {name: value for name, value in kept.items() if name != "refinements"}
        files |= {"refinements.json": kept["refinements"]} if "refinements" in kept else {}
    else:
        content |= _inferred(stated, schemas, written)
        files[PAGE] = _page(stated)
    files["operation.json"] = content
    return {
        name: json.dumps(each, indent=2, ensure_ascii=False) + "\n" for name, each in files.items()
    }


def _dialect(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"$schema": DRAFT, **schema}


def _server(stated: OpenApiOperation) -> str:
    """Return the first server's URL without its path, and without a slash at the end."""
    for holder in (stated.content, stated.path_item, stated.document.content):
        for server in holder.get("servers", []):
            return str(server.get("url", "")).rstrip("/")
    return ""


def _examples(answer: Mapping[str, Any]) -> list[Any]:
    if "example" in answer:
        return [answer["example"]]
    named = answer.get("examples", {})
    return [
        each["value"] for each in named.values() if isinstance(each, Mapping) and "value" in each
    ]


def _body(stated: OpenApiOperation) -> tuple[Any, str] | None:
    if "requestBody" not in stated.content:
        return None
    body, at = stated.document.resolve(stated.content["requestBody"], f"{stated.where}/requestBody")
    found = find_json(body, at)
    return None if found is None else (found[1].get("schema", {}), f"{found[2]}/schema")


def read_parameters(
    stated: OpenApiOperation, written: Written
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the parameters as operation.json lists them, and the schema of the query."""
    listed: dict[tuple[str, str], dict[str, Any]] = {}
    properties: dict[str, Any] = {}
    for each, at in stated.parameters():
        name, location = str(each.get("name")), str(each.get("in"))
        if location == "header" and name.lower() in _IGNORED:
            continue
        held = written if location == "query" else Written(stated.document)
        schema = held.schema(each.get("schema", {}), f"{at}/schema", ("properties", name))
        if problem := _unwritten(each, schema):
            written.gaps.append(("", at, f"{location} parameter {name}: {problem}"))
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


def _unwritten(parameter: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Say why no text of a parameter is known, or return an empty text."""
    kinds = schema.get("type", ())
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    if "object" in kinds or "$ref" in schema or "content" in parameter:
        return "an object has no form of its own in a request; left out"
    if "array" in kinds and parameter.get("explode") is False:
        return "values that are joined into one text; left out"
    return ""


def _inferred(
    stated: OpenApiOperation, schemas: Mapping[str, Any], written: Mapping[str, Written]
) -> dict[str, Any]:
    """Return what is made out of a document that docpact did not write."""
    lines = _lines(stated)
    inferred = {}
    security = []
    for scheme in _schemes(stated):
        if scheme.get("type") == "http" and str(scheme.get("scheme")).lower() == "bearer":
            entry = {"type": "http", "scheme": "bearer", "header": "Authorization"}
            security = [entry | {"variable": _VARIABLE}]
            inferred["/security/0/variable"] = "the document names no environment variable"
    provenance = {
        name: {where: lines[at] for where, at in each.origins.items() if at in lines}
        for name, each in written.items()
    }
    top = {"/method": stated.where, "/path": stated.where, "/title": f"{stated.where}/summary"}
    top |= {f"/parameters/{n}": at for n, (_, at) in enumerate(stated.parameters())}
    provenance["operation"] = {where: lines[at] for where, at in top.items() if at in lines}
    gaps = [
        {"document": name, "pointer": where, "said": said}
        | ({"line": lines[at]} if at in lines else {})
        for name, each in written.items()
        for where, at, said in each.gaps
    ]
    text = _text(stated).split("\n")
    named = sorted({line for table in provenance.values() for line in table.values()})
    return {
        "security": security,
        "roles": roles(stated.path, schemas["query"], schemas["response"]),
        "inferred": inferred,
        **({"gaps": gaps} if gaps else {}),
        "provenance": provenance,
        "lines": {str(number): text[number - 1].strip().rstrip(",") for number in named},
    }


def _schemes(stated: OpenApiOperation) -> list[Mapping[str, Any]]:
    known = stated.document.content.get("components", {}).get("securitySchemes", {})
    wanted = stated.content.get("security", stated.document.content.get("security", []))
    names = [name for each in wanted for name in each]
    return [known[name] for name in names if isinstance(known.get(name), Mapping)]


def _page(stated: OpenApiOperation) -> dict[str, Any]:
    """Return the part of a document that speaks of an operation, as it stands."""
    content = stated.document.content
    item = {k: v for k, v in stated.path_item.items() if k == "parameters"}
    item[stated.method] = stated.content
    return {"paths": {stated.path: item}, "components": content.get("components", {})}


def _text(stated: OpenApiOperation) -> str:
    return json.dumps(_page(stated), indent=2, ensure_ascii=False)


def _lines(stated: OpenApiOperation) -> dict[str, int]:
    """Return JSON Pointer → line of `page.json`, written as `json.dumps` with indentation does."""
    found: dict[str, int] = {}

    def walk(value: Any, where: str, line: int) -> int:
        """Note the line of a value, and return that of its last character."""
        found[where] = line
        if not isinstance(value, dict | list) or not value:
            return line
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for name, each in parts:
            line = walk(each, f"{where}{pointer([name])}", line + 1)
        return line + 1

    walk(_page(stated), "", 1)
    return found
