"""An operation of an OpenAPI 3 document as a side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from docpact.diff.side import Side, Voice, fields, parameters
from docpact.errors import ContractError
from docpact.model.pointer import pointer, resolve
from docpact.validation import ASSERTIONS

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class _Document:
    """A document, and what errors call it."""

    content: Mapping[str, Any]
    name: str

    def error(self, where: str, problem: str) -> ContractError:
        return ContractError(f"{self.name}#{where}", problem)

    def resolved(self, value: Any, where: str) -> tuple[Any, str]:
        """Follow references; return what they lead to, and where that is."""
        seen = []
        while isinstance(value, Mapping) and "$ref" in value:
            ref = value["$ref"]
            if not isinstance(ref, str) or not ref.startswith("#/") or ref in seen:
                raise self.error(where, f"reference {ref!r} leads nowhere in this document")
            seen.append(ref)
            where = ref.removeprefix("#")
            value = resolve(self.content, where, _MISSING)
            if value is _MISSING:
                raise self.error(where, "missing, though a reference leads here")
        return value, where


def operation_side(content: Any, operation_id: str, name: str) -> Side:
    """Return what an OpenAPI document says of one operation.

    Args:
        content: the decoded document.
        operation_id: of the operation.
        name: of the document, for errors and reports.

    Raises:
        ContractError: no OpenAPI 3 document, no such operation, a reference that leads nowhere, or
            a schema that a contract cannot hold, such as a union of objects.
    """
    version = content.get("openapi") if isinstance(content, Mapping) else None
    if not isinstance(version, str) or not version.startswith("3."):
        raise ContractError(name, "no OpenAPI 3 document: it has no openapi: 3.x")
    document = _Document(content, name)
    known = {str(stated.get("operationId")): found for *found, stated in _operations(document)}
    if operation_id not in known:
        listed = ", ".join(sorted(known)) or "none"
        raise ContractError(name, f"no operation {operation_id!r}; it has: {listed}")
    path, method = known[operation_id]
    where = pointer(["paths", path, method])
    item, stated = content["paths"][path], content["paths"][path][method]
    status, media, body = _response(document, stated, where)
    shared = [(p, f"/paths/{i}") for i, p in enumerate(item.get("parameters", []))]
    own = [(p, f"{where}/parameters/{i}") for i, p in enumerate(stated.get("parameters", []))]
    facts = {"method": method.upper(), "path": path, "status": status, "content_type": media}
    return Side(
        f"{name}#{operation_id}",
        Voice.WHOLE,
        facts,
        parameters(_query(document, [*shared, *own])),
        fields(body),
    )


def _operations(document: _Document) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in document.content.get("paths", {}).items():
        for method in METHODS:
            if isinstance(item, Mapping) and isinstance(item.get(method), Mapping):
                yield path, method, item[method]


def _query(document: _Document, stated: list[tuple[Any, str]]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required = []
    for each, where in stated:
        parameter, at = document.resolved(each, where)
        if parameter.get("in") == "query":
            name = parameter["name"]
            properties[name] = _schema(document, parameter.get("schema", {}), f"{at}/schema")
            required += [name] if parameter.get("required") else []
    return {"type": "object", "properties": properties, "required": required}


def _response(
    document: _Document, stated: Mapping[str, Any], where: str
) -> tuple[str, str, dict[str, Any]]:
    """Return status, media type and schema of the first successful answer with a JSON body."""
    for status, each in stated.get("responses", {}).items():
        answer, at = document.resolved(each, f"{where}/responses/{status}")
        for media, content in answer.get("content", {}).items():
            if str(status).startswith("2") and "json" in media:
                place = f"{at}{pointer(['content', media, 'schema'])}"
                return str(status), media, _schema(document, content.get("schema", {}), place)
    raise document.error(f"{where}/responses", "no successful answer with a JSON body")


def _schema(
    document: _Document, stated: Any, where: str, within: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Write a schema in the vocabulary that contracts use.

    Null may be stated by `nullable` (OpenAPI 3.0), by a type, or as a member of a union.
    """
    stated, where = document.resolved(stated, where)
    if where in within:
        raise document.error(where, "contains itself, which a contract cannot hold")
    within = (*within, where)
    if not isinstance(stated, Mapping):
        return {}
    joined = _joined(document, stated, where, within)
    found = _plain(joined)
    if "properties" in joined:
        found["properties"] = {
            name: _schema(document, part, f"{where}{pointer(['properties', name])}", within)
            for name, part in joined["properties"].items()
        }
    if "items" in joined:
        found["items"] = _schema(document, joined["items"], f"{where}/items", within)
    return found


def _plain(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the assertions of a schema, in the form of JSON Schema 2020-12."""
    found = {keyword: stated[keyword] for keyword in ASSERTIONS if keyword in stated}
    if "type" in found:
        kinds = [found["type"]] if isinstance(found["type"], str) else list(found["type"])
        if stated.get("nullable") and "null" not in kinds:
            kinds.append("null")
            found |= {"enum": [*found["enum"], None]} if "enum" in found else {}
        found["type"] = kinds
    for keyword, edge in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(found.get(keyword), bool) and found.pop(keyword):
            found[keyword] = found.pop(edge)
    return found


def _joined(
    document: _Document, stated: Mapping[str, Any], where: str, within: tuple[str, ...]
) -> dict[str, Any]:
    """Fold `allOf`, and a union of one schema and null, into the schema that holds them."""
    joined = {k: v for k, v in stated.items() if k not in ("allOf", "anyOf", "oneOf")}
    for number, each in enumerate(stated.get("allOf", [])):
        part = _schema(document, each, f"{where}/allOf/{number}", within)
        joined["properties"] = {**joined.get("properties", {}), **part.pop("properties", {})}
        joined["required"] = [*joined.get("required", []), *part.pop("required", [])]
        joined = {**part, **joined}
    for keyword in ("anyOf", "oneOf"):
        members = [
            _schema(document, each, f"{where}/{keyword}/{number}", within)
            for number, each in enumerate(stated.get(keyword, []))
        ]
        plain = [member for member in members if member.get("type") != ["null"]]
        if len(plain) > 1:
            raise document.error(f"{where}/{keyword}", "a union, which a contract cannot hold")
        for member in plain:
            joined = {**member, **joined}
            if len(plain) < len(members):
                joined["nullable"] = True
    return {k: v for k, v in joined.items() if v or k not in ("properties", "required")}
