"""Parts of schemas, with their references followed, and the keywords that contracts may use.

A schema that a function takes has the `$defs` that it may refer to, as `part` gives it. A path says
where a schema is, and `seen` which schemas were read before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import NoneType
from typing import Any, Final, TypeAlias

from docpact.model.pointer import Tokens, resolve, tokens
from docpact.model.traversal import subschemas

Schema: TypeAlias = Mapping[str, Any]
"""A JSON Schema 2020-12 document, decoded."""

DEFINITIONS: Final = "#/$defs/"
"""The beginning of every reference in a contract."""

MAP: Final = "additionalProperties"
"""The keyword with the schema of the values of a map."""

ANNOTATIONS: Final = frozenset(
    {"$schema", "$id", "$defs", "$comment", "title", "description", "default", "examples"}
    | {"deprecated", "readOnly", "writeOnly"}
    | {"contentEncoding", "contentMediaType", "contentSchema"}
)
"""Keywords that assert nothing (JSON Schema 2020-12 Core, section 8, and Validation, sections 8
and 9)."""

WRAPPERS: Final = (
    *("attributes", "properties", "fields", "metadata", "sys"),
    *("resource", "_source", "node", "data"),
)
"""Names of an object in an item that has its fields, or those that name it: in JSON:API 1.1,
section 7.2.2, GeoJSON (RFC 7946, section 3.2), tables such as Airtable's, Kubernetes and
Contentful; FHIR R5, Elasticsearch, connections of the Relay specification, and Zotero."""

NOTHING: Final[Schema] = {"not": {}}
"""The schema that no value satisfies."""

CLOSING: Final = frozenset({MAP, "unevaluatedProperties", "unevaluatedItems"})
"""Keywords that assert something by themselves where they are false."""

STRING_KEYWORDS: Final = frozenset({"minLength", "maxLength", "format", "pattern"})
NUMBER_KEYWORDS: Final = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
)
ARRAY_KEYWORDS: Final = frozenset(
    {"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains", "minContains"}
    | {"maxContains", "unevaluatedItems"}
)
OBJECT_KEYWORDS: Final = frozenset(
    {"properties", "patternProperties", MAP, "propertyNames", "required", "minProperties"}
    | {"maxProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties"}
)

SIMPLE_ASSERTIONS: Final = frozenset(
    {"type", "enum", "const", "anyOf", "minLength", "maxLength", "format", "minimum", "maximum"}
    | {"exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "required"}
)
"""The assertions that a documentation page can state."""

SIMPLE: Final = ANNOTATIONS | SIMPLE_ASSERTIONS | {"properties", "items", "$ref", MAP}
"""Keywords of schemas in which each place has one schema, or a union of them."""

ASSERTIONS: Final = (
    SIMPLE_ASSERTIONS
    | {"oneOf", "not"}
    | (STRING_KEYWORDS | NUMBER_KEYWORDS)
    | (ARRAY_KEYWORDS - {"items", "prefixItems"})
    | (OBJECT_KEYWORDS - {"properties", "patternProperties", "dependentSchemas"})
)
"""Keywords that an instance can break by itself; see `list_asserted`."""

_BRANCHING: Final = ("anyOf", "oneOf", "if", "then", "else", "dependentSchemas", "not")

CONDITIONS: Final = frozenset({"anyOf", "oneOf", "if", "dependentSchemas"})
"""Keywords with schemas that describe some instances only."""

SUPPORTED: Final = (
    ANNOTATIONS
    | ASSERTIONS
    | {"$ref", "allOf", "if", "then", "else", "dependentSchemas"}
    | {"properties", "patternProperties", "items", "prefixItems"}
)
"""The keywords of a schema in the form that `docpact.model.references.localize` gives it."""


def list_asserted(schema: Schema) -> Iterator[str]:
    """Yield the keywords of a schema that an instance can break by themselves."""
    for keyword in schema:
        if keyword in ASSERTIONS and (keyword not in CLOSING or schema[keyword] is False):
            yield keyword


def is_simple(schema: Any) -> bool:
    """Return whether a schema and all within it have only the keywords of `SIMPLE`."""
    return all(
        isinstance(each, Mapping) and each.keys() <= SIMPLE for _, each in subschemas(schema)
    )


def applies(keyword: str, kind: type) -> bool:
    """Return whether a keyword constrains values of a Python type, as JSON is decoded."""
    if keyword in STRING_KEYWORDS:
        return issubclass(kind, str)
    if keyword in NUMBER_KEYWORDS:
        return issubclass(kind, int | float) and not issubclass(kind, bool)
    if keyword in ARRAY_KEYWORDS:
        return issubclass(kind, list)
    if keyword in OBJECT_KEYWORDS:
        return issubclass(kind, dict)
    return keyword in ("type", "anyOf", "oneOf", "not") or kind is not NoneType


def follow(schema: Schema, path: Tokens = ()) -> tuple[Schema, Tokens]:
    """Return the schema that one refers to, with the definitions beside it, and where it is."""
    while "$ref" in schema:
        schema, path = _definition(schema)
    return schema, path


def _definition(schema: Schema) -> tuple[Schema, Tokens]:
    name, definitions = schema["$ref"].removeprefix(DEFINITIONS), schema["$defs"]
    return {**definitions[name], "$defs": definitions}, ("$defs", name)


def is_same(one: Schema, other: Schema) -> bool:
    """Return whether two schemas are written alike, whatever other definitions are beside them."""
    one, other = follow(one)[0], follow(other)[0]
    known, wanted = one.get("$defs", {}), other.get("$defs", {})
    is_alike = all(known[name] == wanted[name] for name in known.keys() & wanted.keys())
    left_out = ("$schema", "$defs")
    first, second = ({k: v for k, v in s.items() if k not in left_out} for s in (one, other))
    return is_alike and first == second


def statements(schema: Schema, path: Tokens = ()) -> Iterator[tuple[Schema, Tokens]]:
    """Yield every schema that describes all instances of one: itself, `$ref` and `allOf`.

    A schema that has nothing but these two is left out.
    """
    if not schema.keys() & {"$ref", "allOf"}:
        yield schema, path
        return
    if schema.keys() & (SUPPORTED - ANNOTATIONS - {"$ref", "allOf"}):
        own = {k: each for k, each in schema.items() if k not in ("$ref", "allOf")}
        yield own, path
    if "$ref" in schema:
        yield from statements(*_definition(schema))
    for number, each in enumerate(schema.get("allOf", ())):
        yield from statements(with_definitions(schema, each), (*path, "allOf", number))


def join_statements(schema: Schema) -> Schema:
    """Return one schema with the keywords of all `statements`: every field, and the required names.

    Where two of them describe a field, both count, and so do conditions and unions, the further
    ones in an `allOf`; of other keywords, the first one states.
    """
    found: dict[str, Any] = {}
    for stated, _ in statements(schema):
        fields = dict(found.get("properties", {}))
        for name, each in stated.get("properties", {}).items():
            fields[name] = {"allOf": [fields[name], each]} if name in fields else each
        required = dict.fromkeys((*found.get("required", ()), *stated.get("required", ())))
        branching = {name: stated[name] for name in _BRANCHING if name in stated}
        further = [branching] if branching.keys() & found.keys() else []
        beside = {name: each for name, each in stated.items() if name not in branching}
        found = {**(beside if further else stated), **found}
        found |= {"properties": fields} if fields else {}
        found |= {"required": [*required]} if required else {}
        found |= {"allOf": [*found.get("allOf", ()), *further]} if further else {}
    return found


def branches(schema: Schema) -> Iterator[Tokens]:
    """Yield the path of each part of a schema that describes some of its instances."""
    for keyword in ("anyOf", "oneOf"):
        yield from ((keyword, number) for number in range(len(schema.get(keyword, ()))))
    yield from ((keyword,) for keyword in ("then", "else") if keyword in schema)
    yield from (("dependentSchemas", name) for name in schema.get("dependentSchemas", ()))


def descriptions(
    schema: Schema, path: Tokens = (), seen: set[Tokens] | None = None
) -> Iterator[tuple[Schema, Tokens]]:
    """Yield every schema that may describe an instance of one, each once.

    These are its `statements` and the statements of its `branches`.
    """
    seen = set() if seen is None else seen
    for stated, at in statements(schema, path):
        if at not in seen:
            seen.add(at)
            yield stated, at
            for names in branches(stated):
                inner = with_definitions(schema, resolve_path(stated, names))
                yield from descriptions(inner, (*at, *names), seen)


def resolve_path(document: Any, path: Tokens) -> Any:
    """Return the value at a path, which must exist."""
    for name in path:
        document = document[name]
    return document


def with_definitions(schema: Schema, stated: Schema) -> Schema:
    """Return a part of a schema with the `$defs` that it may refer to."""
    return {**stated, "$defs": schema["$defs"]} if "$defs" in schema else stated


def with_reached(schema: Schema) -> Schema:
    """Return a schema with only those of its `$defs` that its references reach."""
    definitions = schema.get("$defs", {})
    root = {keyword: each for keyword, each in schema.items() if keyword != "$defs"}
    reached: set[str] = set()
    waiting: list[Schema] = [root]
    while waiting:
        for _, each in subschemas(waiting.pop()):
            stated = each.get("$ref") if isinstance(each, Mapping) else None
            name = stated.removeprefix(DEFINITIONS) if isinstance(stated, str) else ""
            if name in definitions and name not in reached:
                reached.add(name)
                waiting.append(definitions[name])
    kept = {name: each for name, each in definitions.items() if name in reached}
    return {**root, "$defs": kept} if kept else root


def part(schema: Schema, *names: str | int, path: Tokens = ()) -> tuple[Schema, Tokens]:
    """Return a part of a schema, its reference followed, so that it can be used by itself."""
    found, at = resolve_path(schema, names), (*path, *names)
    return (
        follow(with_definitions(schema, found), at) if isinstance(found, Mapping) else (found, at)
    )


def child(schema: Schema, *names: str | int) -> Schema:
    """Return a part of a schema, its reference followed; see `part`."""
    return part(schema, *names)[0]


def fields_of(schema: Schema) -> dict[str, Schema]:
    """Return name → schema of the documented fields of an object."""
    return {name: child(schema, "properties", name) for name in schema.get("properties", {})}


def forms(
    schema: Schema, path: Tokens = (), seen: set[Tokens] | None = None
) -> Iterator[tuple[Schema, Tokens]]:
    """Yield the members of a union and of the unions within it, each once.

    A schema that is not a union is its only form; one that contains itself as a form has no forms.
    """
    seen = set() if seen is None else seen
    keyword = next((each for each in ("anyOf", "oneOf") if each in schema), None)
    if path in seen:
        return
    seen.add(path)
    if keyword is None:
        yield schema, path
    else:
        for number in range(len(schema[keyword])):
            yield from forms(*part(schema, keyword, number, path=path), seen)


def list_nested_fields(
    schema: Schema, depth: int, where: Tokens = ()
) -> Iterator[tuple[Tokens, Schema]]:
    """Yield path and schema of the fields of an object and of objects inside it, outer ones first.

    At depth 1 are the own fields of the object at a path.
    """
    yield from (((*where, name), field) for name, field in fields_of(schema).items())
    for name, field in fields_of(schema).items() if depth > 1 else ():
        for form, _ in forms(field):
            yield from list_nested_fields(form, depth - 1, (*where, name))


def form_name(schema: Schema, path: Tokens) -> str:
    """Return the name of a member of a union: its title, its definition, or its number."""
    title = resolve(schema, "/title")
    defined = path[-1] if path[-2:-1] == ("$defs",) else None
    return str(title or defined or f"form {int(path[-1]) + 1}")


def places(schema: Schema, location: str) -> Iterator[tuple[Schema, Tokens]]:
    """Yield the schemas that describe a folded location, with their paths.

    Several schemas may describe one location; an undocumented one has none.
    """
    found = list(descriptions(schema))
    for token in tokens(location):
        seen = set[Tokens]()
        found = [
            form
            for stated, path in found
            for step in _steps(stated, token)
            for form in descriptions(
                with_definitions(stated, resolve_path(stated, step)), (*path, *step), seen
            )
        ]
    for stated, path in found:
        if not stated.keys() & CONDITIONS or stated.keys() & _DESCRIBING:
            yield stated, path


_DESCRIBING: Final = (SUPPORTED - ANNOTATIONS) - {"then", "else", *CONDITIONS}


def place(schema: Schema, location: str) -> Schema:
    """Return the first schema that describes a folded location, or an empty one."""
    return next((found for found, _ in places(schema, location)), {})


def whole_place(schema: Schema, location: str) -> Schema:
    """Return what all schemas that describe a folded location in any case state together."""
    found = [schema]
    for token in tokens(location):
        inner = [
            with_definitions(stated, resolve_path(stated, step))
            for each in found
            for stated, _ in statements(each)
            for step in _steps(stated, token)
        ]
        found = inner or [each for each, _ in places(schema, location)][:1]
        if not inner:
            break
    if not found:
        return {}
    together = found[0] if len(found) == 1 else {"allOf": found}
    return join_statements(with_definitions(schema, together))


def _steps(schema: Schema, name: str) -> Iterator[Tokens]:
    """Yield the path of each part of a schema that may describe a folded part of its instances."""
    if name in schema.get("properties", {}):
        yield "properties", name
        return
    if name == "*":
        yield from (step for step, folded in parts(schema) if folded == ("*",))
    elif isinstance(schema.get(MAP), Mapping):
        yield (MAP,)


def parts(schema: Schema) -> Iterator[tuple[Tokens, tuple[str, ...]]]:
    """Yield the path of each part that describes parts of instances, with its folded tokens."""
    for keyword in ("properties", "patternProperties"):
        for name in schema.get(keyword, {}):
            yield (keyword, name), (name if keyword == "properties" else "*",)
    for number in range(len(schema.get("prefixItems", ()))):
        yield ("prefixItems", number), ("*",)
    for keyword, before in (("items", ""), (MAP, ""), *_UNEVALUATED):
        if isinstance(schema.get(keyword), Mapping) and before not in schema:
            yield (keyword,), ("*",)


_UNEVALUATED: Final = (("unevaluatedItems", "items"), ("unevaluatedProperties", MAP))
"""Keywords, each with one beside which it describes nothing."""


def list_types(schema: Mapping[str, Any], otherwise: str | Sequence[str] = ()) -> list[str]:
    """Return the names in `type`, or others where it is absent."""
    stated = schema.get("type", otherwise)
    return [stated] if isinstance(stated, str) else list(stated)


_IMPLIED: Final = (("properties", "object"), ("items", "array"))
"""Keywords and the types that people mean by them where they state none."""


def find_types(schema: Schema) -> set[str]:
    """Return the types that a schema states itself, by its fields or items too, without null."""
    implied = {each for keyword, each in _IMPLIED if keyword in schema}
    return ({*list_types(schema)} or implied) - {"null"}
