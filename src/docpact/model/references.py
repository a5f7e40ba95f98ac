"""References of JSON Schema, brought into one form that all other modules read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import unquote, urldefrag, urljoin

from docpact.model.pointer import Tokens, mapping_of, name_apart, pointer, tokens
from docpact.model.schema import CLOSING, DEFINITIONS, NOTHING
from docpact.model.traversal import children, find_draft, map_keyword, subschemas, translate

RESOLVED: Final = frozenset(
    {"$id", "$anchor", "$dynamicAnchor", "$ref", "$dynamicRef", "$defs", "definitions", "$schema"}
    | {"$vocabulary", "$comment", "dependencies"}
)
"""Keywords that the local form of a schema does not have, or states anew."""

_SAFE: Final = re.compile(r"[\w.$+-]+", re.ASCII)
"""Names of definitions that a reference states as they are."""

_Scope: TypeAlias = tuple[tuple[str, str], ...]
"""Each dynamic anchor in the dynamic scope, with the URI of the outermost resource that has it."""


class UnknownReferenceError(Exception):
    """A reference that leads nowhere."""

    def __init__(self, path: Tokens, reference: str) -> None:
        super().__init__(reference)
        self.path, self.reference = path, reference


class Local(NamedTuple):
    """A schema in local form.

    Attributes:
        schema: every reference names a definition of its `$defs`, none is dynamic, and no subschema
            is true or false, except as the value of a keyword of `CLOSING`.
        copied: reference tokens of each definition that is made of another part of the schema, with
            those of that part.
    """

    schema: Any
    copied: tuple[tuple[Tokens, Tokens], ...]


def localize(document: Any, others: Mapping[str, Any] | None = None) -> Local:
    """Return the local form of a schema of JSON Schema 2020-12.

    Args:
        document: an object or a boolean. References may lead to any part of it, to resources that
            are embedded in it by `$id`, to the metaschemas, and to other documents.
        others: URI, relative to the document's, → another document.

    Raises:
        UnknownReferenceError: a reference leads nowhere.
    """
    if _is_local(document):
        return Local(document, ())
    return _Localizer(document, others or {}).run()


def _is_local(document: Any) -> bool:
    return isinstance(document, Mapping) and all(
        isinstance(each, Mapping)
        and (path == () or each.keys().isdisjoint(RESOLVED - {"$ref"}))
        and each.keys().isdisjoint({"$anchor", "$dynamicAnchor", "$dynamicRef", "dependencies"})
        and "definitions" not in each
        and not any(_has_no_effect(keyword, each) for keyword in each)
        and _is_definition(document, each.get("$ref"))
        for path, each in subschemas(document)
        if not (path and path[-1] in CLOSING and isinstance(each, bool))
    )


def _is_definition(document: Mapping[str, Any], ref: Any) -> bool:
    if ref is None:
        return True
    return (
        isinstance(ref, str)
        and ref.startswith(DEFINITIONS)
        and ref.removeprefix(DEFINITIONS) in document.get("$defs", {})
        and _SAFE.fullmatch(ref.removeprefix(DEFINITIONS)) is not None
    )


@dataclass(frozen=True, slots=True)
class _Target:
    """The target of a reference: a schema, the URI of its resource, and its path if it has one."""

    schema: Any
    base: str
    path: Tokens | None


def _find_metaschema(uri: str) -> Any:
    """Return the metaschema with a URI, or None; they take long to import."""
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

    found = REGISTRY.get(uri) or REGISTRY.get(f"{uri}#")
    return None if found is None else found.contents


@dataclass
class _Localizer:
    """Brings one document into local form."""

    document: Any
    others: Mapping[str, Any]
    resources: dict[str, _Target] = field(default_factory=dict)
    anchors: dict[tuple[str, str], _Target] = field(default_factory=dict)
    dynamic: dict[str, list[str]] = field(default_factory=dict)
    names: dict[tuple[int, _Scope], str] = field(default_factory=dict)
    definitions: dict[str, Any] = field(default_factory=dict)
    copied: list[tuple[Tokens, Tokens]] = field(default_factory=list)
    is_dynamic: bool = False

    def run(self) -> Local:
        """Return the local form."""
        self.register(self.document, "", ())
        self.resources.setdefault("", _Target(self.document, "", ()))
        for uri, each in self.others.items():
            self.resources.setdefault(uri, _Target(each, uri, None))
            self.register(each, uri, None)
        base = self.base_of(self.document, "")
        scope = self.enter((), base)
        own = mapping_of(self.document).get("$defs", {})
        safe = {name: each for name, each in own.items() if _SAFE.fullmatch(name)}
        for name, each in safe.items():
            if isinstance(each, Mapping):
                within = self.enter(scope, self.base_of(each, base))
                self.names[id(each), self.reach(within)] = name
            self.definitions[name] = {}
        for name, each in safe.items():
            self.definitions[name] = self.local(each, base, scope, ("$defs", name))
        schema = self.local(self.document, "", (), ())
        kept = {k: each for k, each in mapping_of(self.document).items() if k in ("$schema", "$id")}
        schema = {**kept, **schema}
        if self.definitions:
            schema["$defs"] = self.definitions
        return Local(schema, tuple(self.copied))

    def register(self, schema: Any, base: str, path: Tokens | None) -> None:
        """Note the resources and anchors in a schema."""
        if not isinstance(schema, Mapping):
            return
        inner = self.base_of(schema, base)
        if inner != base or path == ():
            self.resources.setdefault(inner, _Target(schema, base, path))
            base = inner
        self.is_dynamic = self.is_dynamic or "$dynamicRef" in schema
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(name := schema.get(keyword), str):
                self.anchors.setdefault((base, name), _Target(schema, base, path))
                if keyword == "$dynamicAnchor":
                    self.dynamic.setdefault(base, []).append(name)
        for names, each in children(schema):
            self.register(each, base, None if path is None else (*path, *names))

    def base_of(self, schema: Any, base: str) -> str:
        """Return the URI of the resource that a schema belongs to."""
        stated = mapping_of(schema).get("$id")
        return _join(base, stated) if isinstance(stated, str) else base

    def enter(self, scope: _Scope, base: str) -> _Scope:
        """Return the dynamic scope within a resource."""
        known = {name for name, _ in scope}
        new = [(name, base) for name in self.dynamic.get(base, ()) if name not in known]
        return (*scope, *new)

    def reach(self, scope: _Scope) -> _Scope:
        """Return the part of the dynamic scope that distinguishes two uses of one schema."""
        return tuple(sorted(scope)) if self.is_dynamic else ()

    def find(self, ref: str, base: str, at: Tokens) -> _Target:
        """Return the target of a reference."""
        uri, fragment = urldefrag(base + ref if ref.startswith("#") else _join(base, ref))
        if uri not in self.resources:
            known = _find_metaschema(uri)
            if known is None:
                raise UnknownReferenceError(at, ref)
            contents = translate(known, find_draft(known))
            self.resources[uri] = _Target(contents, uri, None)
            self.register(contents, uri, None)
        whole, fragment = self.resources[uri], unquote(fragment)
        if fragment and not fragment.startswith("/"):
            if (uri, fragment) not in self.anchors:
                raise UnknownReferenceError(at, ref)
            return self.anchors[uri, fragment]
        return self.walk(whole, tokens(fragment), ref, at)

    def walk(self, whole: _Target, steps: Iterable[str], ref: str, at: Tokens) -> _Target:
        """Return the part of a resource at a JSON Pointer."""
        found, path, base = whole.schema, whole.path, whole.base
        for token in steps:
            base = self.base_of(found, base)
            step: str | int = token
            try:
                if isinstance(found, list):
                    step = int(token)
                found = found[step]
            except (KeyError, IndexError, ValueError, TypeError):
                raise UnknownReferenceError(at, ref) from None
            path = None if path is None else (*path, step)
        if not isinstance(found, Mapping | bool):
            raise UnknownReferenceError(at, ref)
        return _Target(found, base, path)

    def define(self, target: _Target, scope: _Scope) -> str:
        """Return the reference to the definition of a target, made when first needed."""
        scope = self.enter(scope, self.base_of(target.schema, target.base))
        key = (id(target.schema), self.reach(scope))
        if isinstance(target.schema, bool):  # all of which have one identity
            key = (-1 - target.schema, ())
        if key not in self.names:
            name = self.new_name(target)
            self.names[key], self.definitions[name] = name, {}
            if target.path is not None:
                self.copied.append((("$defs", name), target.path))
            at = ("$defs", name)
            self.definitions[name] = self.local(target.schema, target.base, scope, at)
        return f"{DEFINITIONS}{self.names[key]}"

    def new_name(self, target: _Target) -> str:
        """Return a name for a definition that is not taken."""
        path = target.path or ()
        last = path[-2:] if path and isinstance(path[-1], int) else path[-1:]
        uri = self.base_of(target.schema, target.base).rstrip("/#").rpartition("/")[2]
        stem = "_".join(_SAFE.findall("_".join(map(str, last)) or uri)) or "root"
        return name_apart(stem, self.definitions)

    def local(self, schema: Any, base: str, scope: _Scope, at: Tokens) -> dict[str, Any]:
        """Return the local form of a schema, without its definitions."""
        if not isinstance(schema, Mapping):
            return {} if schema is True else dict(NOTHING)
        base = self.base_of(schema, base)
        scope = self.enter(scope, base)
        found = {
            keyword: self.part(keyword, value, base, scope, (*at, keyword))
            for keyword, value in schema.items()
            if keyword not in RESOLVED and not _has_no_effect(keyword, schema)
        }
        references = [*self.references(schema, base, scope, at)]
        if references:
            found["$ref"] = references[0]
        if "dependencies" in schema:
            self.add_dependencies(found, schema["dependencies"], base, scope, at)
        if references[1:]:
            found["allOf"] = [*found.get("allOf", []), *({"$ref": r} for r in references[1:])]
        return found

    def references(
        self, schema: Mapping[str, Any], base: str, scope: _Scope, at: Tokens
    ) -> Iterable[str]:
        """Yield the local references of a schema."""
        if "$ref" in schema:
            target = self.find(schema["$ref"], base, (*at, "$ref"))
            yield self.define(target, scope)
        if "$dynamicRef" in schema:
            ref = schema["$dynamicRef"]
            target = self.find(ref, base, (*at, "$dynamicRef"))
            name = unquote(urldefrag(ref)[1])
            stated = target.schema
            if isinstance(stated, Mapping) and stated.get("$dynamicAnchor") == name:
                outer = dict(scope).get(name)
                target = self.anchors.get((outer, name), target) if outer is not None else target
            yield self.define(target, scope)

    def part(self, keyword: str, value: Any, base: str, scope: _Scope, at: Tokens) -> Any:
        """Return the local form of a keyword's value."""
        if keyword in CLOSING and isinstance(value, bool):
            return value
        return map_keyword(
            keyword, value, lambda each, step: self.local(each, base, scope, (*at, *step))
        )

    def add_dependencies(
        self, found: dict[str, Any], stated: Any, base: str, scope: _Scope, at: Tokens
    ) -> None:
        """Add `dependencies`, which earlier drafts had, as the two keywords that replaced it."""
        for name, each in stated.items():
            if isinstance(each, list):
                found["dependentRequired"] = {**found.get("dependentRequired", {}), name: each}
            else:
                inner = self.local(each, base, scope, (*at, "dependencies", name))
                found["dependentSchemas"] = {**found.get("dependentSchemas", {}), name: inner}


def _join(base: str, ref: str) -> str:
    return urldefrag(urljoin(base, ref))[0] if not urldefrag(ref)[1] else urljoin(base, ref)


def _has_no_effect(keyword: str, schema: Mapping[str, Any]) -> bool:
    """Return whether a keyword asserts nothing because the keyword that it modifies is absent."""
    return (keyword in ("then", "else") and "if" not in schema) or (
        keyword in ("minContains", "maxContains") and "contains" not in schema
    )


def list_moved(copied: Iterable[tuple[Tokens, Tokens]], where: str) -> Iterable[str]:
    """Yield the JSON Pointers, in the local form, of a keyword that was copied into definitions."""
    for to, path in copied:
        old = pointer(path)
        if f"{where}/".startswith(f"{old}/"):
            yield pointer(to) + where.removeprefix(old)
