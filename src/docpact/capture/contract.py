"""From a page's parts to the documents of a contract, each keyword with the line that says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from docpact.capture.lines import Line
from docpact.capture.outline import Node
from docpact.capture.signature import Array, Enum, Object, Scalar, Type
from docpact.model.pointer import Tokens, pointer

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"

_ARRAY_KEYWORDS: Final = ("minItems", "maxItems")


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a contract.

    Attributes:
        content: decoded JSON.
        provenance: JSON Pointer of a keyword → line of the page.
    """

    content: dict[str, Any]
    provenance: dict[str, int] = field(default_factory=dict)


def schema_document(nodes: Sequence[Node], heading: Line, *, nullable: bool) -> Document:
    """Return the JSON Schema of an object whose properties are the fields of a section.

    Args:
        nodes: the fields.
        heading: of the section; the object's own keywords trace to it.
        nullable: whether an optional field may be null as well as absent.
    """
    document = Document({"$schema": DRAFT})
    builder = _Builder(document.provenance, nullable=nullable)
    document.content.update(builder.object(nodes, (), heading.number))
    return document


@dataclass(frozen=True, slots=True)
class _Builder:
    """Builds schemas and notes the line of every keyword."""

    provenance: dict[str, int]
    nullable: bool

    def object(self, nodes: Sequence[Node], path: Tokens, line: int) -> dict[str, Any]:
        """Return the schema of an object with some fields."""
        schema: dict[str, Any] = {"type": "object", "properties": {}}
        self.note(path, "type", line)
        self.note(path, "properties", line)
        for node in nodes:
            where = (*path, "properties", node.name)
            schema["properties"][node.name] = self.field(node, where)
        required = [node for node in nodes if node.signature.required]
        if required:
            schema["required"] = [node.name for node in required]
            self.note(path, "required", line)
            for index, node in enumerate(required):
                self.note((*path, "required"), str(index), node.signature.line)
        return schema

    def field(self, node: Node, path: Tokens) -> dict[str, Any]:
        """Return the schema of a field; an optional one may be null where that is asked for."""
        schema = self.typed(node, node.signature.type, path)
        if self.nullable and not node.signature.required:
            schema["type"] = [schema["type"], "null"]
            if "enum" in schema:
                schema["enum"] = [*schema["enum"], None]
        return schema

    def typed(self, node: Node, kind: Type, path: Tokens) -> dict[str, Any]:
        """Return the schema of a type, with the constraints that speak of it."""
        line = node.signature.line
        match kind:
            case Object():
                return self.object(node.children, path, line)
            case Array():
                schema: dict[str, Any] = {"type": "array"}
                self.note(path, "type", line)
                schema["items"] = self.typed(node, kind.of, (*path, "items"))
                self.note(path, "items", line)
            case Enum():
                schema = {"type": "string", "enum": list(node.literals)}
                self.note(path, "type", line)
                self.note(path, "enum", line)
            case Scalar():
                schema = {"type": kind.name}
                self.note(path, "type", line)
        for constraint in node.constraints:
            if _speaks_of(constraint.keyword, node, kind):
                schema[constraint.keyword] = constraint.value
                self.note(path, constraint.keyword, constraint.line)
        return schema

    def note(self, path: Tokens, keyword: str, line: int) -> None:
        """Trace a keyword to its line."""
        self.provenance[pointer((*path, keyword))] = line


def _speaks_of(keyword: str, node: Node, kind: Type) -> bool:
    """Say whether a constraint below a field speaks of one of the types nested in it.

    `Items` is said of an array, the outermost one; `default` of the field as a whole; anything else
    of what is innermost.
    """
    if keyword == "default" or keyword in _ARRAY_KEYWORDS:
        return kind is node.signature.type
    return not isinstance(kind, Array)
