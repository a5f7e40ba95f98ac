"""Swagger 2.0 in the form of OpenAPI 3.0, so that one reader reads both.

Facts come from https://spec.openapis.org/oas/v2.0. Schemas stay where they are, so references
to them stay as they are too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from docpact.media_types import FORM, MULTIPART
from docpact.model.path import METHODS
from docpact.model.pointer import list_of, mapping_of, pointer, resolve

JSON: Final = "application/json"


_NOT_SCHEMA: Final = frozenset(
    {"name", "in", "description", "required", "collectionFormat", "allowEmptyValue"}
)
"""Keys of a parameter that do not describe its values."""

_STYLES: Final = {"ssv": "spaceDelimited", "pipes": "pipeDelimited", "tsv": "tabDelimited"}

_FLOWS: Final = {"application": "clientCredentials", "accessCode": "authorizationCode"}
"""Name of an OAuth 2 flow in Swagger 2.0 → name in OpenAPI 3, where they differ."""


def translate_swagger(content: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a Swagger 2.0 document in the form of OpenAPI 3.0; parts of a wrong type stay.

    With it comes JSON Pointer in it → JSON Pointer in the original, for parts that moved.
    """
    swagger = _Swagger(content, {"/servers/0": "/host"})
    found = {**content, "openapi": "3.0.3", "servers": swagger.servers(content)}
    if isinstance(paths := content.get("paths"), Mapping):
        found["paths"] = {path: swagger.path_item(path, each) for path, each in paths.items()}
    if isinstance(schemes := content.get("securityDefinitions"), Mapping):
        found["components"] = {"securitySchemes": {n: _scheme(each) for n, each in schemes.items()}}
        swagger.moved["/components/securitySchemes"] = "/securityDefinitions"
    return found, swagger.moved


def join_paths(content: Mapping[str, Any]) -> tuple[Mapping[str, Any], dict[str, str]]:
    """Return a document with the paths that Azure states apart because they have a query.

    Returns:
        the document, and JSON Pointer of each of these paths → JSON Pointer in the original.
    """
    paths, others = content.get("paths", {}), mapping_of(content.get("x-ms-paths"))
    if not others or not isinstance(paths, Mapping):
        return content, {}
    added = {path: each for path, each in others.items() if path not in paths}
    moved = {pointer(["paths", path]): pointer(["x-ms-paths", path]) for path in added}
    return {**content, "paths": {**paths, **added}}, moved


@dataclass(slots=True)
class _Swagger:
    """Translates the parts of one document, and notes which of them moved."""

    content: Mapping[str, Any]
    moved: dict[str, str]

    def servers(self, holder: Mapping[str, Any]) -> list[dict[str, str]]:
        """Return the servers of the document, or of an operation with its own schemes."""
        host, base = self.content.get("host"), self.content.get("basePath") or ""
        listed = [str(each) for each in list_of(holder.get("schemes"))]
        if not isinstance(host, str) or not host:
            return [{"url": str(base)}] if base else []
        ordered = sorted(listed or ["https"], key=lambda each: each != "https")
        return [{"url": f"{each}://{host}{base}"} for each in ordered]

    def path_item(self, path: str, stated: Any) -> Any:
        """Return a path item with the parameters of each operation."""
        where = pointer(["paths", path])
        if not isinstance(stated, Mapping):
            return stated
        found = {key: each for key, each in stated.items() if key != "parameters"}
        shared = self.parameters(stated, where)
        for method in map(str.lower, METHODS):
            if isinstance(stated.get(method), Mapping):
                found[method] = self.operation(stated[method], f"{where}/{method}", shared)
        return found

    def parameters(
        self, holder: Mapping[str, Any], where: str
    ) -> dict[tuple[Any, Any], tuple[Any, str]]:
        """Return name and location → parameter and its JSON Pointer, references followed."""
        found = {}
        for number, each in enumerate(list_of(holder.get("parameters"))):
            stated, at = self.follow(each, f"{where}/parameters/{number}")
            known = isinstance(stated, Mapping)
            key = (str(stated.get("name")), str(stated.get("in"))) if known else (at, "")
            found[key] = (stated, at)
        return found

    def follow(self, stated: Any, where: str) -> tuple[Any, str]:
        """Follow references to parameters and responses; one that leads nowhere stays."""
        for _ in range(len(self.content)):
            ref = mapping_of(stated).get("$ref")
            if not isinstance(ref, str) or not ref.startswith("#/"):
                break
            target = resolve(self.content, ref[1:])
            if target is None:
                break
            stated, where = target, ref[1:]
        return stated, where

    def operation(
        self,
        stated: Mapping[str, Any],
        where: str,
        shared: Mapping[tuple[Any, Any], tuple[Any, str]],
    ) -> dict[str, Any]:
        """Return an operation object."""
        given = ("parameters", "responses", "consumes", "produces", "schemes")
        found: dict[str, Any] = {key: each for key, each in stated.items() if key not in given}
        merged = {**shared, **self.parameters(stated, where)}.values()
        sent = [each for each in merged if mapping_of(each[0]).get("in") == "body"]
        fields = [each for each in merged if mapping_of(each[0]).get("in") == "formData"]
        found["parameters"] = []
        for each, at in merged:
            if mapping_of(each).get("in") not in ("body", "formData"):
                here = f"{where}/parameters/{len(found['parameters'])}"
                self.moved |= {here: at, f"{here}/schema": at}
                found["parameters"].append(_parameter(each))
        if sent:
            found["requestBody"] = self.body(*sent[0], where, self.media(stated, "consumes"))
        elif fields:
            found["requestBody"] = self.form(fields, where, self.media(stated, "consumes"))
        if "schemes" in stated:
            found["servers"] = self.servers(stated)
        found["responses"] = stated.get("responses")
        if isinstance(found["responses"], Mapping):
            produced = self.media(stated, "produces") or [JSON]
            found["responses"] = {
                status: self.response(each, f"{where}{pointer(['responses', status])}", produced)
                for status, each in found["responses"].items()
            }
        return found

    def media(self, stated: Mapping[str, Any], key: str) -> list[str]:
        """Return the media types that an operation consumes or produces."""
        listed = list_of(stated.get(key, self.content.get(key)))
        return [each for each in listed if isinstance(each, str) and each.isascii()]

    def body(
        self, stated: Mapping[str, Any], at: str, where: str, consumed: list[str]
    ) -> dict[str, Any]:
        """Return the request body of a parameter in the body."""
        self.moved[f"{where}/requestBody"] = at
        for name in consumed or [JSON]:
            self.moved[f"{where}/requestBody{pointer(['content', name])}"] = at
        content = {name: {"schema": stated.get("schema", {})} for name in consumed or [JSON]}
        return {"required": stated.get("required") is True, "content": content}

    def form(
        self, fields: Iterable[tuple[Mapping[str, Any], str]], where: str, consumed: list[str]
    ) -> dict[str, Any]:
        """Return the request body of parameters in a form."""
        named = {str(each.get("name")): (each, at) for each, at in fields}
        needed = [name for name, (each, _) in named.items() if each.get("required") is True]
        schema = {
            "type": "object",
            "properties": {name: _values(each) for name, (each, _) in named.items()},
            **({"required": needed} if needed else {}),
        }
        has_file = any(each.get("type") == "file" for each, _ in named.values())
        media = [each for each in consumed if each.partition(";")[0] in (FORM, MULTIPART)]
        media = media or [MULTIPART if has_file else FORM]
        for name in media:
            at = f"{where}/requestBody{pointer(['content', name])}"
            self.moved |= {f"{where}/requestBody": where, at: where, f"{at}/schema": where}
            for field, (_, field_at) in named.items():
                self.moved[f"{at}/schema{pointer(['properties', field])}"] = field_at
        encoding = {name: style for name, (each, _) in named.items() if (style := _style(each))}
        content = {"schema": schema, **({"encoding": encoding} if encoding else {})}
        return {"required": bool(needed), "content": dict.fromkeys(media, content)}

    def response(self, stated: Any, where: str, produced: list[str]) -> Any:
        """Return a response object."""
        stated, at = self.follow(stated, where)
        if not isinstance(stated, Mapping):
            return stated
        given = ("schema", "headers", "examples")
        found: dict[str, Any] = {key: each for key, each in stated.items() if key not in given}
        self.moved[where] = at
        if isinstance(stated.get("headers"), Mapping):
            found["headers"] = {}
            for name, each in stated["headers"].items():
                found["headers"][name] = _parameter(each)
                header = pointer(["headers", name])
                self.moved[f"{where}{header}/schema"] = f"{at}{header}"
        if "schema" not in stated:
            return found
        examples = mapping_of(stated.get("examples"))
        found["content"] = {}
        for name in dict.fromkeys(produced):
            here = f"{where}{pointer(['content', name])}"
            found["content"][name] = {"schema": _file_as_bytes(stated["schema"])}
            self.moved |= {here: at, f"{here}/schema": f"{at}/schema"}
            if name in examples:
                found["content"][name]["example"] = examples[name]
                self.moved[f"{here}/example"] = f"{at}{pointer(['examples', name])}"
        return found


def _parameter(stated: Any) -> Any:
    """Return a parameter or header with a schema and a style."""
    if not isinstance(stated, Mapping) or "$ref" in stated:
        return stated
    kept = ("name", "in", "description", "required", "allowEmptyValue")
    found: dict[str, Any] = {key: stated[key] for key in kept if key in stated}
    return {**found, "schema": _values(stated), **_style(stated)}


def _style(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Return how the elements of an array are written; nothing for other values."""
    if stated.get("type") != "array":
        return {}
    joined = str(stated.get("collectionFormat", "csv"))
    return {"explode": joined == "multi"} | (
        {"style": _STYLES[joined]} if joined in _STYLES else {}
    )


def _values(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter's values."""
    found = {key: each for key, each in stated.items() if key not in _NOT_SCHEMA}
    return _file_as_bytes(found)  # type: ignore[no-any-return]


def _file_as_bytes(schema: Any) -> Any:
    if isinstance(schema, Mapping) and schema.get("type") == "file":
        return {**schema, "type": "string", "format": "binary"}
    return schema


def _scheme(stated: Any) -> Any:
    """Return a security scheme object."""
    if not isinstance(stated, Mapping):
        return stated
    if stated.get("type") == "basic":
        return {"type": "http", "scheme": "basic"}
    if stated.get("type") != "oauth2":
        return stated
    flow = str(stated.get("flow"))
    kept = ("authorizationUrl", "tokenUrl", "scopes")
    detail = {key: stated[key] for key in kept if key in stated}
    return {"type": "oauth2", "flows": {_FLOWS.get(flow, flow): detail}}
