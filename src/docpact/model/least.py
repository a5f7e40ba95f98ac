"""The size of a schema: of its smallest instance, and of all that describes one instance."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import Any

from docpact.limits import MAX_LEAST
from docpact.model.schema import DEFINITIONS, OBJECT_KEYWORDS, follow, list_types
from docpact.model.traversal import APPLICATORS, children, subschemas


def measure_definitions(
    definitions: Mapping[str, Any], *, is_depth: bool = False
) -> dict[str, int]:
    """Return the size of the smallest instance of each definition that has one that ends.

    It is the number of values, or of nested ones. Sizes beyond `MAX_LEAST` are `MAX_LEAST + 1`.
    """
    return find_sizes(definitions, partial(measure, is_depth=is_depth))


def find_sizes(
    definitions: Mapping[str, Any], find: Callable[[Any, Mapping[str, int]], int | None]
) -> dict[str, int]:
    """Return the sizes of definitions, found from the sizes of those that they refer to."""
    users = list_users(definitions)
    sizes: dict[str, int] = {}
    waiting = OrderedDict.fromkeys(reversed([*definitions]))
    while waiting:
        name, _ = waiting.popitem(last=False)
        size = find(definitions[name], sizes)
        if size is not None and size < sizes.get(name, MAX_LEAST + 2):
            sizes[name] = size
            waiting.update(dict.fromkeys(users.get(name, ())))
    return sizes


def list_users(definitions: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return name → the definitions that refer to it, once for each reference."""
    users: dict[str, list[str]] = {}
    for name, each in definitions.items():
        for _, inner in subschemas(each):
            if isinstance(inner, Mapping) and "$ref" in inner:
                users.setdefault(inner["$ref"].removeprefix(DEFINITIONS), []).append(name)
    return users


def measure(schema: Any, sizes: Mapping[str, int], *, is_depth: bool = False) -> int | None:
    """Return the size of the smallest instance of a schema; None if the sizes do not show it.

    See `measure_definitions`.
    """
    if not isinstance(schema, Mapping) or schema.keys() & {"enum", "const"}:
        return 1
    if "$ref" in schema:
        return sizes.get(schema["$ref"].removeprefix(DEFINITIONS))
    found = [_measure_own(schema, sizes, is_depth=is_depth)]
    found += [measure(each, sizes, is_depth=is_depth) for each in schema.get("allOf", ())]
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            members = [measure(each, sizes, is_depth=is_depth) for each in schema[keyword]]
            found.append(min((each for each in members if each is not None), default=None))
    return None if None in found else max(each for each in found if each is not None)


def _measure_own(
    schema: Mapping[str, Any], sizes: Mapping[str, int], *, is_depth: bool
) -> int | None:
    """Return the size of the smallest instance, by the keywords for its own parts."""
    types = {*list_types(schema, "object" if schema.keys() & OBJECT_KEYWORDS else "null")}
    if types - {"object", "array"}:
        return 1
    if "object" in types:
        fields = schema.get("properties", {})
        inner = [fields.get(name, {}) for name in schema.get("required", ())]
        parts = [measure(each, sizes, is_depth=is_depth) for each in inner]
    else:
        least, first = int(schema.get("minItems", 0)), schema.get("prefixItems", ())
        size = measure(schema.get("items", {}), sizes, is_depth=is_depth)
        rest = max(0, least - len(first))
        parts = [measure(each, sizes, is_depth=is_depth) for each in first[:least]]
        parts += [None if size is None else size if is_depth else rest * size] if rest else []
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    total = max(known, default=0) if is_depth else sum(known)
    return min(1 + total, MAX_LEAST + 1)


def nests(schema: Mapping[str, Any], kind: str) -> bool:
    """Return whether instances of a schema, of the type array or object, may have any depth.

    The schema contains itself, or an array or object of which it says nothing.
    """
    types = list_types(follow(schema)[0])
    if types and kind not in types:
        return False
    parts = (each for _, each in subschemas(schema))
    return is_recursive(schema) or any(
        each is True or (each is not False and _is_open(each)) for each in parts
    )


def is_recursive(schema: Mapping[str, Any]) -> bool:
    """Return whether a definition contains itself."""
    try:
        TopologicalSorter(list_users(schema.get("$defs", {}))).prepare()
    except CycleError:
        return True
    return False


def _is_open(schema: Mapping[str, Any]) -> bool:
    holds_others = {*list_types(schema, ("array", "object"))} & {"array", "object"}
    stated = schema.keys() & {*APPLICATORS, "$ref", "enum", "const", "pattern", "format"}
    return bool(holds_others) and not stated


def count_forms(schema: Any) -> dict[str, int]:
    """Return how many schemas describe one instance of each definition, directly or indirectly.

    Raises:
        CycleError: a definition is one of its own forms.
    """
    definitions = schema.get("$defs", {}) if isinstance(schema, Mapping) else {}
    forms = {name: [*_forms_of(each)] for name, each in definitions.items()}
    counts: dict[str, int] = {}
    for name in TopologicalSorter(forms).static_order():
        counts[name] = 1 + sum(counts[each] for each in forms[name])
    return counts


def _forms_of(schema: Any) -> Iterator[str]:
    """Yield the names of the definitions that describe the same instance as a schema."""
    if not isinstance(schema, Mapping):
        return
    if "$ref" in schema:
        yield schema["$ref"].removeprefix(DEFINITIONS)
    for names, inner in children(schema):
        if APPLICATORS[str(names[0])].applies_to == "itself":
            yield from _forms_of(inner)
