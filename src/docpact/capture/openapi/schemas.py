"""Schemas of OpenAPI 3.0 and 3.1, translated to the vocabulary of contracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from docpact.bodies.formats import STANDARD
from docpact.capture.openapi.document import OpenApi
from docpact.model.pointer import Tokens, pointer, tokens
from docpact.model.schema import ASSERTIONS, DEFINITIONS, MAP
from docpact.text import shortened

KEPT: Final = (ASSERTIONS - {"anyOf"}) | {"default", "examples", "deprecated"}
"""Keywords that a contract keeps unchanged."""

SILENT: Final = frozenset(
    {"title", "description", "example", "externalDocs", "xml", "readOnly", "writeOnly", "nullable"}
    | {"discriminator", "$schema", "$comment", "contentMediaType", "contentEncoding"}
    | {"properties", "items", "allOf", "anyOf", "oneOf", MAP, "$ref"}
)
"""Keywords that assert nothing, or are translated separately."""


MAX_PATH: Final = 100
"""Maximum length of a schema's path: an `allOf` that contains itself would have no end."""


@dataclass(frozen=True, slots=True)
class Translator:
    """Translates the schemas of one document of a contract.

    Attributes:
        document: the OpenAPI document.
        prefix: of the names of components that are this document's own definitions.
        definitions: name → schema of every component that a reference leads to.
        origins: JSON Pointer of a keyword → its JSON Pointer in the OpenAPI document.
        gaps: JSON Pointer of a schema, its JSON Pointer in the OpenAPI document, and what a
            contract cannot express.
    """

    document: OpenApi
    prefix: str = ""
    definitions: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    gaps: list[tuple[str, str, str]] = field(default_factory=list)

    def whole(self, stated: Any, where: str) -> dict[str, Any]:
        """Return the schema of a whole document, with its definitions.

        Raises:
            ContractError: a reference leads nowhere.
        """
        stated, where = self.document.resolve(stated, where)
        schema = self.schema(stated, where, ())
        return schema | ({"$defs": self.definitions} if self.definitions else {})

    def schema(self, stated: Any, where: str, path: Tokens) -> dict[str, Any]:
        """Return the translation of a schema; of `true` and anything else, an empty schema."""
        if not isinstance(stated, Mapping):
            return {}
        if isinstance(stated.get("$ref"), str):
            return self.reference(stated, where, path)
        if len(path) > MAX_PATH:
            raise self.document.error(shortened(where), "schemas nest without end, or too deeply")
        self.check(stated, where)
        stated = self.joined(stated, where)
        found = self.plain(stated, where, path)
        parts: dict[str, Any] = {}
        if "properties" in stated:
            parts["properties"] = {}
            self.origins[pointer((*path, "properties"))] = f"{where}/properties"
            for name, each in stated["properties"].items():
                at = f"{where}{pointer(['properties', name])}"
                parts["properties"][name] = self.schema(each, at, (*path, "properties", name))
        for keyword in ("items", MAP):
            inner = {} if stated.get(keyword) is True else stated.get(keyword)
            if isinstance(inner, Mapping):
                self.origins[pointer((*path, keyword))] = f"{where}/{keyword}"
                parts[keyword] = self.schema(inner, f"{where}/{keyword}", (*path, keyword))
        if forms := self.forms(stated, where, path):
            parts["anyOf"] = forms
        return {**found, **parts}

    def check(self, stated: Mapping[str, Any], where: str) -> None:
        """Raise ContractError for a keyword whose value has the wrong type."""
        for keyword, kind in _TYPES.items():
            if keyword in stated and not isinstance(stated[keyword], kind):
                name = "an object" if kind is Mapping else "a list"
                raise self.document.error(f"{where}/{keyword}", f"expected {name}")
        types = stated.get("type", "")
        for name in [*(types if isinstance(types, list) else [types]), *stated.get("required", [])]:
            if not isinstance(name, str):
                raise self.document.error(where, f"expected names in type and required: {name!r}")

    def reference(self, stated: Mapping[str, Any], where: str, path: Tokens) -> dict[str, Any]:
        """Return a reference to a definition, which is made when it is first needed."""
        target, at = self.document.resolve(stated, where)
        (name,) = tokens(at)[-1:] or ("document",)
        name = name.removeprefix(self.prefix)
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name].update(self.schema(target, at, ("$defs", name)))
        self.origins[pointer((*path, "$ref"))] = where
        beside = {keyword: stated[keyword] for keyword in _BESIDE if keyword in stated}
        for keyword in beside:
            self.origins[pointer((*path, keyword))] = f"{where}/{keyword}"
        return {"$ref": f"{DEFINITIONS}{name}", **beside}

    def joined(
        self, stated: Mapping[str, Any], where: str, within: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """Merge `allOf`, and a union of one plain schema and null, into the schema around them."""
        found = {k: v for k, v in stated.items() if k != "allOf"}
        for number, each in enumerate(stated.get("allOf", [])):
            target, at = self.document.resolve(each, f"{where}/allOf/{number}")
            if at in within:
                raise self.document.error(at, "allOf leads back to this schema itself")
            is_schema = isinstance(target, Mapping)
            inner = self.joined(target, at, (*within, where, at)) if is_schema else {}
            fields = {**inner.pop("properties", {}), **found.get("properties", {})}
            required = [*inner.pop("required", []), *found.get("required", [])]
            found = {**inner, **found}
            found |= {"properties": fields} if fields else {}
            found |= {"required": list(dict.fromkeys(required))} if required else {}
        for keyword in ("anyOf", "oneOf"):
            members = found.get(keyword, [])
            plain = [each for each in members if not _is_null(each)]
            if len(plain) == 1 and "$ref" not in plain[0]:
                del found[keyword]
                found = {**plain[0], **found}
                found |= {"nullable": True} if len(plain) < len(members) else {}
        return found

    def forms(self, stated: Mapping[str, Any], where: str, path: Tokens) -> list[dict[str, Any]]:
        """Return the members of a union, each with its title."""
        keyword = next((name for name in ("anyOf", "oneOf") if stated.get(name)), None)
        if keyword is None:
            return []
        if keyword == "oneOf":
            self.gaps.append((pointer(path), where, "that exactly one form of the union fits"))
        self.origins[pointer((*path, "anyOf"))] = f"{where}/{keyword}"
        members = []
        for number, each in enumerate(stated[keyword]):
            at = f"{where}/{keyword}/{number}"
            schema = self.schema(each, at, (*path, "anyOf", number))
            title = each.get("title") if isinstance(each, Mapping) else None
            if isinstance(title, str) and "$ref" not in schema:
                self.origins[pointer((*path, "anyOf", number, "title"))] = f"{at}/title"
                schema = {"title": title, **schema}
            members.append(schema)
        if stated.get("nullable") and not any(map(_is_null, members)):
            members.append({"type": "null"})
        return members

    def plain(self, stated: Mapping[str, Any], where: str, path: Tokens) -> dict[str, Any]:
        """Return the assertions of a schema in the form of JSON Schema 2020-12."""
        found = {keyword: stated[keyword] for keyword in stated if keyword in KEPT}
        if "type" in found and stated.get("nullable"):
            kinds = [found["type"]] if isinstance(found["type"], str) else list(found["type"])
            if "null" not in kinds:
                found["type"] = [*kinds, "null"]
                found |= {"enum": [*found["enum"], None]} if "enum" in found else {}
        for keyword, edge in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if isinstance(found.get(keyword), bool) and found.pop(keyword) and edge in found:
                found[keyword] = found.pop(edge)
        if found.get("format", "date") not in STANDARD:
            text = f"format {found.pop('format')}: not a format of JSON Schema, so not checked"
            self.gaps.append((pointer(path), f"{where}/format", text))
        for keyword in stated:
            if keyword not in KEPT | SILENT and not keyword.startswith("x-"):
                self.gaps.append(
                    (pointer(path), f"{where}/{keyword}", f"{keyword}: not supported in contracts")
                )
        for keyword in found:
            self.origins[pointer((*path, keyword))] = f"{where}/{keyword}"
        return found


_TYPES: Final[Mapping[str, type]] = {
    "properties": Mapping,
    **dict.fromkeys(("required", "enum", "allOf", "anyOf", "oneOf"), list),
}
"""Keyword → the type of its value."""

_BESIDE: Final = ("deprecated", "default")
"""Keywords that are kept beside a reference."""


def _is_null(schema: Any) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") in ("null", ["null"])
