"""Objects and arrays that several schemas describe, and plain schemas that have values."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol

from docpact.bodies.engine import Same
from docpact.bodies.patterns import matches
from docpact.cases.bounds import sizes, types
from docpact.cases.branches import Task
from docpact.model import Schema
from docpact.model.least import find_sizes
from docpact.model.schema import DEFINITIONS, MAP, NOTHING, forms, part
from docpact.model.traversal import map_schema

UNDOCUMENTED: Final = "docpact: only the opposite of a schema describes this field"
"""The `$comment` of a field that is not documented."""

MOST_CONTAINED: Final = 8
"""The most elements of one kind that have a place of their own."""


class Joiner(Protocol):
    """Makes plain schemas."""

    def join(self, schemas: Sequence[Schema]) -> Schema:
        """Return the plain form of the values that satisfy all of some schemas."""

    def is_nothing(self, schema: Schema) -> bool:
        """Return whether a plain schema is known to have no value."""

    def is_name(self, schemas: Sequence[Schema], name: str) -> bool:
        """Return whether a name satisfies every schema."""


_WIDE: Final = {"patternProperties", MAP, "unevaluatedProperties"}
"""The keywords that may describe a field of any name."""


def merge_objects(joiner: Joiner, literals: Sequence[Task]) -> dict[str, Any]:
    """Return the keywords that describe the fields of an object."""
    schemas = [each.schema for each in literals]
    found: dict[str, Any] = {}
    names = dict.fromkeys(name for each in schemas for name in each.get("properties", ()))
    patterns = dict.fromkeys(p for each in schemas for p in each.get("patternProperties", ()))
    is_closed = any({MAP, "unevaluatedProperties"} & each.keys() for each in schemas)
    if patterns or is_closed:
        required = (name for each in schemas for name in each.get("required", ()))
        names |= dict.fromkeys(required)
    if names:
        about: dict[str, list[Task]] = {name: [] for name in names}
        for each in literals:
            is_wide = each.schema.keys() & _WIDE
            for name in names if is_wide else each.schema.get("properties", ()):
                about[name].append(each)
        found["properties"] = {n: _describe_named(joiner, own, n) for n, own in about.items()}
    if patterns:
        found["patternProperties"] = {
            pattern: _part(joiner, _describe_field(literals, None, pattern)) for pattern in patterns
        }
    if is_closed:
        further = [*_describe_field(literals, None)]
        inner = _part(joiner, further)
        found[MAP] = False if inner == NOTHING else inner if further else True
    stated = [each["propertyNames"] for each in schemas if "propertyNames" in each]
    if stated:
        found["propertyNames"] = joiner.join([{"type": "string"}, *stated])
        fields = found.get("properties", {})
        needed = {name for each in schemas for name in each.get("required", ())}
        found["properties"] = fields | {
            name: NOTHING for name in fields.keys() | needed if not joiner.is_name(stated, name)
        }
        if joiner.is_nothing(found["propertyNames"]):
            found["maxProperties"] = 0
    return found


def _describe_named(joiner: Joiner, literals: Sequence[Task], name: str) -> Schema:
    """Return the schema of a field, marked if only the opposite of a schema describes it."""
    found = _part(joiner, _describe_field(literals, name))
    silent = [each.is_silent for each in literals if [*_describe_by_one(each.schema, name, None)]]
    if found == NOTHING or not silent or not all(silent):
        return found
    found = {"anyOf": [found]} if "$comment" in found else found
    return {**found, "$comment": UNDOCUMENTED}


def _part(joiner: Joiner, schemas: Any) -> Schema:
    found = joiner.join([*schemas])
    return NOTHING if joiner.is_nothing(found) else found


def _describe_field(
    literals: Sequence[Task], name: str | None, pattern: str | None = None
) -> Iterator[Schema]:
    """Yield the schemas of a field: of a name, or of names that no `properties` has."""
    known, found = set[int](), list[Any]()
    for each in literals:
        described = [*_describe_by_one(each.schema, name, pattern)]
        if described and not each.is_silent:
            known |= each.owners
        found += described
    for each in literals:
        if "unevaluatedProperties" in each.schema and max(each.owners, default=-1) not in known:
            found.append(each.schema["unevaluatedProperties"])
    yield from (NOTHING if schema is False else schema for schema in found if schema is not True)


def _describe_by_one(schema: Schema, name: str | None, pattern: str | None) -> Iterator[Any]:
    is_named = False
    if name is not None and name in schema.get("properties", ()):
        is_named = True
        yield schema["properties"][name]
    for each, inner in schema.get("patternProperties", {}).items():
        if each == pattern or (name is not None and matches(each, name)):
            is_named = True
            yield inner
    if not is_named and MAP in schema:
        yield schema[MAP]


def merge_arrays(joiner: Joiner, literals: Sequence[Task], checks: list[Schema]) -> dict[str, Any]:
    """Return the keywords that describe the elements of an array, and add checks of others."""
    schemas = [each.schema for each in literals]
    found: dict[str, Any] = {}
    first = max((len(each.get("prefixItems", ())) for each in schemas), default=0)
    elements = [_part(joiner, _describe_element(literals, number)) for number in range(first)]
    rest = [*_describe_element(literals, first)]
    further = _part(joiner, rest)
    if NOTHING in elements:
        first = elements.index(NOTHING)
        elements, further = elements[:first], NOTHING
    if elements:
        found["prefixItems"] = elements
    if further == NOTHING:
        limits = [first, *(int(each["maxItems"]) for each in schemas if "maxItems" in each)]
        found["maxItems"] = min(limits)
    elif rest:
        found["items"] = further
    _merge_contains(joiner, schemas, [NOTHING] if further == NOTHING else rest, found, checks)
    return found


def _merge_contains(
    joiner: Joiner,
    schemas: Sequence[Schema],
    rest: Sequence[Schema],
    found: dict[str, Any],
    checks: list[Schema],
) -> None:
    """Add the first `contains`, for elements that satisfy the other keywords too."""
    keywords = ("contains", "minContains", "maxContains")
    stated = [{k: each[k] for k in keywords if k in each} for each in schemas if "contains" in each]
    stated = [each for n, each in enumerate(stated) if each not in stated[:n]]
    if not stated:
        return
    one, *others = stated
    checks += [each for each in others if not _place_contained(joiner, each, rest, found, schemas)]
    contained = joiner.join([one["contains"], *rest])
    if not joiner.is_nothing(contained):
        found |= {**one, "contains": contained}
    elif "prefixItems" in found:
        checks.append(one)
    elif one.get("minContains", 1):
        found["maxItems"], found["minItems"] = 0, 1


def _place_contained(
    joiner: Joiner,
    stated: Schema,
    rest: Sequence[Schema],
    found: dict[str, Any],
    schemas: Sequence[Schema],
) -> bool:
    """Add the elements that a further `contains` needs after the first ones, if it can be done."""
    number = int(stated.get("minContains", 1))
    contained = joiner.join([stated["contains"], *rest])
    limits = [each[k] for each in schemas for k in ("maxItems", "maxContains") if k in each]
    size = len(found.get("prefixItems", ())) + number
    is_possible = number <= MOST_CONTAINED and not joiner.is_nothing(contained)
    if not is_possible or "maxContains" in stated or any(size >= limit for limit in limits):
        return False
    found["prefixItems"] = [*found.get("prefixItems", ()), *[contained] * number]
    found["minItems"] = max(size, *(int(each.get("minItems", 0)) for each in schemas))
    return True


def _describe_element(literals: Sequence[Task], number: int) -> Iterator[Schema]:
    known: set[int] = set()
    contained: list[tuple[Schema, frozenset[int]]] = []
    for each in literals:
        schema = each.schema
        if number < len(schema.get("prefixItems", ())):
            yield schema["prefixItems"][number]
        elif "items" in schema:
            yield schema["items"]
        else:
            if "contains" in schema and not each.is_silent:
                contained.append((schema["contains"], each.owners))
            continue
        if not each.is_silent:
            known |= each.owners
    for each in literals:
        if "unevaluatedItems" in each.schema and max(each.owners, default=-1) not in known:
            owner = max(each.owners, default=-1)
            inner = each.schema["unevaluatedItems"]
            inner = NOTHING if inner is False else {} if inner is True else inner
            fitting = [schema for schema, owners in contained if owner in owners]
            yield {"anyOf": [inner, *fitting]} if fitting else inner


def list_ending(definitions: Mapping[str, Schema]) -> set[str]:
    """Return the names of the plain definitions that have a value that ends."""
    return {*find_sizes(definitions, lambda each, ending: 1 if ends(each, ending) else None)}


def without_endless(schema: Schema, ending: Collection[str]) -> Schema:
    """Return a plain schema without members of unions that have no value that ends."""

    def keep(each: Any) -> Any:
        if not isinstance(each, Mapping) or "anyOf" not in each or "allOf" in each:
            return each
        return {**each, "anyOf": [member for member in each["anyOf"] if ends(member, ending)]}

    found: Schema = map_schema(keep, schema)
    return found


def ends(schema: Schema, ending: Collection[str]) -> bool:
    """Return whether a plain schema has a value that ends if some definitions have one."""
    if "$ref" in schema:
        return schema["$ref"].removeprefix(DEFINITIONS) in ending
    if "anyOf" in schema or "not" in schema:
        return any(ends(each, ending) for each in schema.get("anyOf", ()))
    if "enum" in schema or {*types(schema)} - {"object", "array"}:
        return True
    fields, least = schema.get("properties", {}), sizes(schema)[0]
    needed = [fields[name] for name in schema.get("required", ()) if name in fields]
    missing = int(schema.get("minProperties", 0)) - len(needed)
    if missing > 0 and schema.get(MAP) is False and "patternProperties" not in schema:
        ending_fields = [each for each in fields.values() if ends(each, ending)]
        needed = needed if len(ending_fields) >= missing + len(needed) else [NOTHING]
    first = schema.get("prefixItems", ())[:least]
    rest = [schema["items"]] if "items" in schema and len(first) < least else []
    inner = {"object": needed, "array": [*first, *rest]}
    return any(all(ends(each, ending) for each in inner[name]) for name in types(schema))


def is_documented(schema: Schema, depth: int = 2) -> bool:
    """Return whether a description in plain form needs no field that its schema does not name.

    Args:
        schema: with its `$defs`.
        depth: of the needed fields within needed fields that are read.
    """
    fields = schema.get("properties", {})
    needed = [name for name in schema.get("required", ()) if name in fields]
    if any(fields[name].get("$comment") == UNDOCUMENTED for name in needed):
        return False
    if not depth or not _has_undocumented(Same(schema.get("$defs"))):
        return True
    inner = (forms(*part(schema, "properties", name)) for name in needed)
    return all(any(is_documented(form, depth - 1) for form, _ in each) for each in inner)


@lru_cache(maxsize=64)
def _has_undocumented(definitions: Same) -> bool:
    return UNDOCUMENTED in repr(definitions.value)
