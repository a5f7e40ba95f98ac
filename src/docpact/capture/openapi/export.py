"""Contracts as an OpenAPI 3.1 document, with an extension for their files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

from docpact.capture.openapi.components import (
    Components,
    are_equal,
    pascal,
    refer_to_components,
)
from docpact.capture.openapi.document import OpenApiOperation
from docpact.cases.parts import put
from docpact.catalogue.contract import FILES
from docpact.files import read_json
from docpact.model import DocumentedResponse
from docpact.model.documented import find_response, spell_scheme
from docpact.model.pointer import change_at, mapping_of, resolve, tokens

EXTENSION: Final = "x-docpact"
"""The key of an operation for the files of its contract, as texts.

Other tools read objects in an extension, and follow the references in them.
"""


def write_document(
    contracts: Iterable[tuple[str, Mapping[str, Any]]], *, version: str, documented: bool = False
) -> dict[str, Any]:
    """Return an OpenAPI 3.1 document of some contracts, by name, `provider/operation`.

    Its schemas are refined, or as documented, and every object in a body is a component with a
    name. `capture_operation` reads every contract back unchanged.

    Raises:
        ValueError: two operations have the same method and path.
    """
    contracts = tuple(contracts)
    paths: dict[str, Any] = {}
    components = Components()
    schemes: dict[str, Any] = {}
    names = set[str]()
    server = next((files["operation.json"]["server"] for _, files in contracts), "")
    for name, files in contracts:
        operation = files["operation.json"]
        item = paths.setdefault(operation["path"], {})
        method = operation["method"].lower()
        if method in item:
            msg = f"{operation['method']} {operation['path']} is documented by two contracts"
            raise ValueError(msg)
        short = name.rpartition("/")[2]
        short = name.replace("/", "_") if short in names else short
        names.add(short)
        writer = _Writer(short, components)
        written = writer.operation(files if documented else refine(files))
        texts = {file: json.dumps(each, ensure_ascii=False) for file, each in files.items()}
        written[EXTENSION] = {"files": texts, "documented": documented}
        if operation["server"] != server:
            written["servers"] = [_write_server(operation["server"])]
        item[method] = written
        alternatives = operation.get("security_alternatives", [])
        for each in (*operation["security"], *chain.from_iterable(alternatives)):
            schemes[_scheme_name(each)] = _write_scheme(each)
    named = {"schemas": components.schemas, "securitySchemes": schemes}
    title = contracts[0][1]["operation.json"]["title"] if len(contracts) == 1 else "Contracts"
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [_write_server(server)],
        "paths": paths,
        "components": {kind: held for kind, held in named.items() if held},
    }


def read_exported(operation: OpenApiOperation) -> Mapping[str, Any] | None:
    """Return the decoded files of the contract that `write_document` made an operation of.

    None if docpact did not write it, or if anybody changed it since.
    """
    kept = operation.content.get(EXTENSION)
    try:
        files = {file: read_json(text) for file, text in kept["files"].items()}  # type: ignore[index]
        written = write_document(
            [(operation.name, files)],
            version="",
            documented=kept["documented"],  # type: ignore[index]
        )
        ((path, item),) = written["paths"].items()
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    stated = {key: each for key, each in operation.content.items() if key != "servers"}
    whole = operation.document.content
    servers = operation.content.get("servers", whole.get("servers"))
    schemes = written.get("components", {}).get("securitySchemes", {})
    known = resolve(whole, "/components/securitySchemes", {})
    kept_schemes = {name: each for name, each in mapping_of(known).items() if name in schemes}
    found = [operation.path, {operation.method: stated}, servers, kept_schemes]
    due = [path, item, written["servers"], schemes]
    return files if are_equal((due, written), (found, whole)) else None


def _write_server(url: str) -> dict[str, Any]:
    """Return a server object; a variable without a documented value has itself as its default."""
    variables = {name: {"default": f"{{{name}}}"} for name in re.findall(r"{([^{}]+)}", url)}
    return {"url": url} | ({"variables": variables} if variables else {})


def refine(files: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the decoded files of a contract with its refinements."""
    refined = dict(files)
    for each in files.get("refinements.json", ()):
        name = FILES[each["document"]]
        refined[name] = change_at(refined[name], tokens(each["pointer"]), put(each["value"]))
    return refined


def _scheme_name(security: Mapping[str, Any]) -> str:
    if security["type"] != "apiKey":
        return str(security["scheme"])
    return re.sub(r"[^\w.-]", "_", f"{security['in']}-{security['name']}", flags=re.ASCII)


def _write_scheme(security: Mapping[str, Any]) -> dict[str, Any]:
    """Return a security scheme; OpenAPI has none for a key that is a parameter of a scheme."""
    if name := security.get("parameter"):
        said = f"`{spell_scheme(security['scheme'])} {name}=KEY`"
        header = {"in": "header", "name": security["header"]}
        return {"type": "apiKey", **header, "description": said}
    return {name: security[name] for name in _SCHEME if name in security}


def _requirements(operation: Mapping[str, Any]) -> list[dict[str, list[str]]]:
    """Return the alternatives, each with the credentials that a request carries together."""
    together = [operation["security"], *operation.get("security_alternatives", [])]
    found = [
        {_scheme_name(each): list[str]() for each in entries} for entries in together if entries
    ]
    return found + [{} for each in operation["security"][:1] if each.get("optional")]


_SCHEME: Final = ("type", "scheme", "in", "name")
"""Keys that a credential of operation.json and its security scheme share."""


class _Writer:
    """Writes one operation; its definitions become components."""

    def __init__(self, name: str, components: Components) -> None:
        self.name, self.components = name, components

    def operation(self, files: Mapping[str, Any]) -> dict[str, Any]:
        """Return the operation object of a contract."""
        operation, query = files["operation.json"], self.parts(files, "query")
        found: dict[str, Any] = {
            "operationId": self.name,
            "summary": operation["title"],
            "security": _requirements(operation),
            "parameters": [*self.parameters(operation["parameters"], query)],
        }
        if "body.schema.json" in files:
            found["requestBody"] = _write_body(
                operation.get("body", {}), self.name_objects(files, "body")
            )
        found["responses"] = self.responses(files)
        return found

    def responses(self, files: Mapping[str, Any]) -> dict[str, Any]:
        """Return the responses object of a contract."""
        main = files["operation.json"]["response"]
        listed = files["operation.json"].get("responses", {})
        stated = _find_stated(listed, main["status"])
        schemas = self.parts(files, "responses") if "responses.schema.json" in files else {}
        content = {"schema": self.name_objects(files, "response")}
        if main["examples"]:
            numbered = enumerate(main["examples"], start=1)
            content["examples"] = {str(number): {"value": value} for number, value in numbered}
        found: dict[str, Any] = {stated: {"description": "as documented"}}
        for status, each in listed.items():
            parts = schemas.get(status, {}).get("properties", {})
            found[status] = _write_response(each, parts)
        if main["content_type"]:
            found[stated].setdefault("content", {})[main["content_type"]] = content
        return found

    def name_objects(self, files: Mapping[str, Any], name: str) -> Any:
        """Return the schema of a body, whose objects are components with names."""
        whole = pascal(self.name) + pascal(name)
        return self.components.name_objects(self.schema(files, name), whole)

    def parts(self, files: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        """Return the schemas of the properties of a document."""
        properties: Mapping[str, Any] = self.schema(files, name).get("properties", {})
        return properties

    def schema(self, files: Mapping[str, Any], name: str) -> Any:
        """Return the schema of a document; its definitions move to the components."""
        return self.move(files[f"{name}.schema.json"], name)

    def parameters(
        self, listed: Iterable[Mapping[str, Any]], query: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Yield parameter objects; properties that one text contains become an object again."""
        for each in _join_properties(listed, query):
            held = dict(each)
            if "$defs" in each.get("schema", {}):
                held["schema"] = self.move(each["schema"], each["name"])
            if "content" in each:
                schema = self.move(each["content"], each["name"])
                held["content"] = {"application/json": {"schema": schema}}
            yield held

    def move(self, schema: Mapping[str, Any], part: str) -> Any:
        """Return the schema of a part; its definitions move to the components."""
        stated = dict(schema)
        stated.pop("$schema", None)
        prefix = pascal(self.name) + pascal(part)
        names = self.components.add_definitions(stated.pop("$defs", {}), prefix)
        return refer_to_components(stated, names)


def _join_properties(
    listed: Iterable[Mapping[str, Any]], query: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    holders: dict[str, dict[str, Any]] = {}
    for each in listed:
        found = {name: each[name] for name in ("name", "in", "required", "style") if name in each}
        if "explode" in each:
            found["explode"] = each["explode"]
        if each.get("allow_reserved"):
            found["allowReserved"] = True
        schema = each["schema"] if "schema" in each else query[each["name"]]
        if "content" in each:
            yield {**found, "content": each["content"]}
        elif "holder" not in each:
            yield {**found, "schema": schema}
        else:
            if (name := each["holder"]) not in holders:
                held = {"type": "object", "properties": {}, "required": []}
                holders[name] = {**found, "name": name, "schema": held}
                yield holders[name]
            key = each["name"].removeprefix(name)[1:-1]
            holders[name]["schema"]["properties"][key] = schema
            holders[name]["schema"]["required"] += [key] if each["required"] else []
            holders[name]["required"] |= each["required"]


def _write_body(stated: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """Return a request body object, given its entry in operation.json."""
    names = {"style": "style", "explode": "explode", "content_type": "contentType"}
    media: dict[str, Any] = {"schema": schema}
    if encoding := stated.get("encoding"):
        media["encoding"] = {
            field: {names[name]: value for name, value in each.items()}
            for field, each in encoding.items()
        }
    content = {stated.get("content_type", "application/json"): media}
    return {"required": stated.get("required", True), "content": content}


def _find_stated(listed: Mapping[str, Any], status: int) -> str:
    """Return the documented name of a status: a code, a range or `default`."""
    found = find_response(map(DocumentedResponse, listed), status)
    return found.status if found else str(status)


def _write_response(stated: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Return a response object, given the schemas of its media types and headers."""
    found: dict[str, Any] = {"description": "as documented"}
    if content := stated.get("content"):
        found["content"] = {
            name: {"schema": schemas[name]} if name in schemas else {} for name in content
        }
    if headers := stated.get("headers"):
        found["headers"] = {
            name: {flag: each for flag, each in flags.items() if flag != "counts"}
            | ({"schema": schemas[at]} if (at := f"header {name}") in schemas else {})
            for name, flags in headers.items()
        }
    return found
