"""The documents of a contract from a tree: schemas with their lines; parameters as sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from docpact.bodies.wording import json_type
from docpact.capture.layout.constraints import CONSTRAINTS, Constraint, applies_to
from docpact.capture.layout.lines import Line, PageGap
from docpact.capture.layout.signature import (
    Array,
    Both,
    Constant,
    Enum,
    Map,
    Named,
    Object,
    Scalar,
    Type,
    Union,
    Unknown,
    innermost,
)
from docpact.capture.layout.tree import (
    Node,
    is_abridged,
    join_literals,
    list_members,
    name_scalar,
    type_name,
)
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import DEFINITIONS, MAP

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"

RETURNED: Final = "returned"
"""The definition of the result, if the page does not say whether it is an array."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a contract.

    Attributes:
        content: decoded JSON.
        provenance: JSON Pointer of a keyword → line of the page.
        gaps: the facts that the page does not document.
        lines: name of a field at the top → its line.
    """

    content: dict[str, Any]
    provenance: dict[str, int] = field(default_factory=dict)
    gaps: list[PageGap] = field(default_factory=list)
    lines: Mapping[str, int] = field(default_factory=dict)


def schema_document(
    nodes: Sequence[Node],
    heading: Line,
    *,
    nullable: bool,
    named: Mapping[str, Node],
    listed: bool | None = False,
) -> Document:
    """Return the JSON Schema of the fields in a section.

    Args:
        nodes: fields of an object, or one nameless node of any other type.
        heading: of the section; the source of the object's own keywords.
        nullable: whether an optional field may be null as well as absent.
        named: name of a type → the node that prints it in full; types that appear again in short
            become definitions.
        listed: whether the fields belong to the elements of an array; None if that is unknown.
    """
    lines = {node.name: node.signature.line for node in nodes}
    document = Document({"$schema": DRAFT}, lines=lines)
    builder = _Builder(document, named, _find_shortened(nodes, named), nullable)
    path: Tokens = ("items",) if listed else ("$defs", RETURNED) if listed is None else ()
    if nodes and not nodes[0].name:
        content = builder.field(nodes[0], path)
    else:
        content = builder.object(nodes, path, heading.number)
    if listed:
        builder.note((), "type", heading.number)
        builder.note((), "items", heading.number)
        content = {"type": "array", "items": content}
    elif listed is None:
        builder.definitions[RETURNED] = content
        content = builder.one_or_several(heading.number)
    document.content.update(content)
    if builder.definitions:
        document.content["$defs"] = builder.definitions
    return document


def _find_shortened(nodes: Sequence[Node], named: Mapping[str, Node]) -> frozenset[str]:
    """Return the names of the types that some node prints in short."""
    found: set[str] = set()
    waiting = list(nodes)
    seen: set[str] = set()
    while waiting:
        node = waiting.pop()
        name = type_name(node)
        if name in named and is_abridged(node, named[name]):
            found.add(name)
            if name not in seen:
                seen.add(name)
                waiting.append(named[name])
        waiting += [*node.children, *list_members(node)]
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Builder:
    """Builds schemas and records the line of every keyword."""

    document: Document
    named: Mapping[str, Node]
    shortened: frozenset[str]
    nullable: bool
    definitions: dict[str, Any] = field(default_factory=dict)

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
        """Return the schema of a field; an optional one may be null if `nullable` is set."""
        signature = node.signature
        schema = self.write_type(node, signature.type, path)
        if signature.nullable or (self.nullable and not signature.required):
            schema = self.or_null(schema, path, signature.line)
        if signature.nullable and isinstance(signature.type, Array):
            self.gap(path, signature.line, "whether the array or its elements may be null")
            schema["items"] = self.or_null(schema["items"], (*path, "items"), signature.line)
        if signature.deprecated:
            schema["deprecated"] = True
            self.note(path, "deprecated", signature.line)
        return schema

    def or_null(self, schema: dict[str, Any], path: Tokens, line: int) -> dict[str, Any]:
        """Return a schema that allows null too."""
        if "$ref" in schema or "allOf" in schema:
            self.move(path, (*path, "anyOf", 0))
            self.note(path, "anyOf", line)
            return {"anyOf": [schema, self.null((*path, "anyOf", 1), line)]}
        if "anyOf" in schema:
            null = self.null((*path, "anyOf", len(schema["anyOf"])), line)
            return {**schema, "anyOf": [*schema["anyOf"], null]}
        if "const" in schema:
            self.move((*path, "const"), (*path, "enum"))
            schema["enum"] = [schema.pop("const")]
        if "type" in schema:
            kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            schema["type"] = [*kinds, "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
        return schema

    def null(self, path: Tokens, line: int) -> dict[str, Any]:
        """Return the schema of null."""
        self.note(path, "type", line)
        return {"type": "null"}

    def write_type(self, node: Node, kind: Type, path: Tokens) -> dict[str, Any]:
        """Return the schema of a type, with the constraints that apply to it."""
        line = node.signature.line
        name = type_name(node)
        is_short = kind is innermost(node.signature.type) and name in self.shortened
        schema = self.reference(name, path, line) if is_short else self.plain(node, kind, path)
        for constraint in node.constraints:
            if not constraint.keyword:
                if kind is node.signature.type:
                    self.gap(path, constraint.line, constraint.value)
            elif _is_about(constraint, node, kind):
                schema[constraint.keyword] = constraint.value
                self.note(path, constraint.keyword, constraint.line)
        return schema

    def plain(self, node: Node, kind: Type, path: Tokens) -> dict[str, Any]:
        """Return the schema of a type without constraints."""
        match kind:
            case Object() | Named():
                return self.structure(node, path)
            case Array() | Map():
                return self.holder(node, kind, path)
            case Union():
                return self.union(node, path)
            case Both():
                return self.both(node, path)
            case Unknown():
                return {}
            case _:
                return self.leaf(node, kind, path)

    def structure(self, node: Node, path: Tokens) -> dict[str, Any]:
        """Return the schema of an object, or of a type whose fields the page does not print."""
        bare = isinstance(innermost(node.signature.type), Named)
        if bare and node.members:
            return self.union(node, path)
        if node.short or (bare and not node.children):
            self.gap(path, node.signature.line, f"the fields of {type_name(node) or node.name}")
            return {}
        return self.object(node.children, path, node.signature.line)

    def leaf(self, node: Node, kind: Enum | Constant | Scalar, path: Tokens) -> dict[str, Any]:
        """Return the schema of a string, number or boolean."""
        line = node.signature.line
        self.note(path, "type", line)
        if isinstance(kind, Scalar):
            return {"type": kind.name}
        if isinstance(kind, Constant):
            self.note(path, "const", line)
            return {"type": json_type(kind.value), "const": kind.value}
        if kind.more and not node.members:
            self.gap(path, line, f"the other {kind.more} values")
            return {"type": "string"}
        self.note(path, "enum", line)
        return {"type": "string", "enum": list(node.literals)}

    def holder(self, node: Node, kind: Array | Map, path: Tokens) -> dict[str, Any]:
        """Return the schema of an array or a map."""
        line = node.signature.line
        names = ("array", "items") if isinstance(kind, Array) else ("object", MAP)
        self.note(path, "type", line)
        inner = self.write_type(node, kind.of, (*path, names[1]))
        self.note(path, names[1], line)
        return {"type": names[0], names[1]: inner}

    def union(self, node: Node, path: Tokens) -> dict[str, Any]:
        """Return the schema of a union: a list of types for scalars, else a list of forms."""
        line = node.signature.line
        members = list(join_literals(list_members(node)))
        if not members:
            self.gap(path, line, f"the forms of {node.name or node.signature.title}")
            return {}
        if len(members) == 1:
            return self.field(members[0], path)
        types = [name_scalar(each) for each in members]
        bound = any(CONSTRAINTS.get(each.keyword) in types for each in node.constraints)
        if all(types) and not bound and len(set(types)) == len(types):
            self.note(path, "type", line)
            return {"type": [*types]}
        return self.list_forms("anyOf", members, node, path)

    def both(self, node: Node, path: Tokens) -> dict[str, Any]:
        """Return the schema of a value with several types at once."""
        members = list_members(node)
        if not members:
            self.gap(path, node.signature.line, f"the types of {node.name}")
            return {}
        return self.list_forms("allOf", members, node, path)

    def list_forms(
        self, keyword: str, members: Sequence[Node], owner: Node, path: Tokens
    ) -> dict[str, Any]:
        """Return a keyword with the schema of each member of a union, or of several types."""
        self.note(path, keyword, owner.signature.line)
        listed = enumerate(members)
        return {keyword: [self.member(each, owner, (*path, keyword, n)) for n, each in listed]}

    def member(self, node: Node, owner: Node, path: Tokens) -> dict[str, Any]:
        """Return the schema of a member, with the name of its type as title."""
        schema = self.field(node, path)
        for each in owner.constraints:
            if each.keyword and applies_to(each.keyword, innermost(node.signature.type)):
                inner, where = schema, path
                while "items" in inner:
                    inner, where = inner["items"], (*where, "items")
                inner[each.keyword] = each.value
                self.note(where, each.keyword, each.line)
        title = node.signature.title
        if title and "$ref" not in schema:
            schema = {"title": title, **schema}
            self.note(path, "title", node.signature.line)
        return schema

    def reference(self, name: str, path: Tokens, line: int) -> dict[str, Any]:
        """Return a reference to a definition, which is made when it is first needed."""
        if name not in self.definitions:
            self.definitions[name] = {}
            node = self.named[name]
            built = self.plain(node, innermost(node.signature.type), ("$defs", name))
            self.definitions[name].update(built)
        self.note(path, "$ref", line)
        return {"$ref": f"{DEFINITIONS}{name}"}

    def one_or_several(self, line: int) -> dict[str, Any]:
        """Return the schema of the result, or of an array of it."""
        self.note((), "anyOf", line)
        one, several = ("anyOf", 0), ("anyOf", 1)
        for path, keyword in ((one, "$ref"), (several, "type"), (several, "items")):
            self.note(path, keyword, line)
        self.note((*several, "items"), "$ref", line)
        reference = {"$ref": f"{DEFINITIONS}{RETURNED}"}
        return {"anyOf": [reference, {"type": "array", "items": dict(reference)}]}

    def gap(self, path: Tokens, line: int, text: str) -> None:
        """Record something that the page does not document."""
        self.document.gaps.append(PageGap(pointer(path), line, text))

    def note(self, path: Tokens, keyword: str, line: int) -> None:
        """Record the line of a keyword."""
        self.document.provenance[pointer((*path, keyword))] = line

    def move(self, path: Tokens, to: Tokens) -> None:
        """Record the lines of a schema, and all below it, under another path."""
        traced, old = self.document.provenance, pointer(path)
        for where in [each for each in traced if each == old or each.startswith(f"{old}/")]:
            traced[pointer(to) + where.removeprefix(old)] = traced.pop(where)


def _is_about(constraint: Constraint, node: Node, kind: Type) -> bool:
    """Return whether a constraint below a node applies to one of the types nested in its own.

    `minItems` and `maxItems` apply to the outermost array, and `default` to the whole field. Any
    other constraint applies to the innermost type; in a union, to the one form that it fits.
    """
    keyword = constraint.keyword
    if keyword in ("default", "minItems", "maxItems"):
        return kind is node.signature.type
    return not isinstance(kind, Array | Map | Union)


RANGES: Final = frozenset({"gt", "gte", "lt", "lte"})
"""Fields of an object in the query that bound a value; they are written in brackets."""


def list_sent(node: Node, kind: str, text: str) -> Iterator[Node]:
    """Yield the parameters that requests contain for one on the page; none if that is unclear.

    No request contains null as a list.
    """
    if has_encoding(node):
        is_list = isinstance(node.signature.type, Array)
        signature = replace(node.signature, nullable=node.signature.nullable and not is_list)
        yield replace(node, signature=signature)
    elif kind == "query" and isinstance(node.signature.type, Object) and not node.short:
        yield from _list_members(node, text)


def _list_members(node: Node, text: str) -> Iterator[Node]:
    """Yield the fields of an object in the query that can be sent alone, each as a parameter."""
    needed = {each.name for each in node.children if each.signature.required}
    pattern = _find_pattern(node, text)
    for each in node.children if pattern else ():
        is_sendable = node.signature.required or not needed or needed == {each.name}
        if is_sendable and has_encoding(each) and not isinstance(each.signature.type, Array):
            signature = replace(
                each.signature,
                name=pattern.format(node.name, each.name),
                required=node.signature.required and each.signature.required,
                deprecated=node.signature.deprecated or each.signature.deprecated,
            )
            yield replace(each, signature=signature)


def _find_pattern(node: Node, text: str) -> str:
    """Return how the page writes a field of an object, or an empty text; bounds in brackets."""
    names = "|".join(re.escape(each.name) for each in node.children)
    owner = re.escape(node.name)
    if re.search(rf"[?&]{owner}\.(?:{names})=", text):
        return "{}.{}"
    is_shown = re.search(rf"\b{owner}(?:\[|%5B)(?:{names})(?:\]|%5D)", text) is not None
    return "{}[{}]" if is_shown or {each.name for each in node.children} <= RANGES else ""


def has_encoding(node: Node) -> bool:
    """Return whether the encoding of a parameter is clear: a scalar, or a list of scalars."""
    kind = node.signature.type
    nested = isinstance(kind, Map) or (isinstance(kind, Array) and isinstance(kind.of, Array | Map))
    inner = innermost(kind)
    holders = [innermost(each) for each in inner.members] if isinstance(inner, Union) else [inner]
    return not nested and not any(isinstance(each, Object) for each in holders)
