"""Small schemas as sides, and random ones."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from docpact.diff import SourceView
from docpact.diff.view import Completeness, ValueView, view_schema

PLAIN = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 9, "minLength": 2},
        "state": {"type": "string", "enum": ["on", "off"]},
        "size": {"type": "integer", "maximum": 9},
        "when": {"type": "string", "format": "date"},
    },
    "required": ["name"],
}


def whole(schema: Any, name: str = "whole") -> SourceView:
    """Return a source that states the same about a query and a body."""
    view = view_schema(schema)
    return SourceView(
        name, Completeness.WHOLE, {"method": "GET"}, {"query": view, "response": view}
    )


def sent(schema: Any) -> SourceView:
    """Return a source that states the same about a request body alone."""
    return SourceView("sent", Completeness.WHOLE, {}, {"body": whole(schema).query})


def places(view: ValueView | None, where: str = "") -> dict[str, ValueView]:
    """Return every location below a view, without recursion."""
    assert view is not None
    found = {where: view}
    for name, inner in view.children.items():
        found |= places(inner, f"{where}/{name}")
    return found


def changed(name: str, **keywords: Any) -> dict[str, Any]:
    """Return the plain schema with other keywords of one property; None takes one away."""
    part = {k: v for k, v in {**PLAIN["properties"][name], **keywords}.items() if v is not None}  # type: ignore[index]
    return {**PLAIN, "properties": {**PLAIN["properties"], name: part}}  # type: ignore[dict-item]


def without(name: str) -> dict[str, Any]:
    """Return the plain schema without one property."""
    kept = {key: part for key, part in PLAIN["properties"].items() if key != name}  # type: ignore[attr-defined]
    return {**PLAIN, "properties": kept, "required": [n for n in PLAIN["required"] if n != name]}


def _bounded(kind: str, low: str, high: str) -> st.SearchStrategy[dict[str, Any]]:
    bound = st.integers(0, 5)
    stated = st.fixed_dictionaries({}, optional={low: bound, high: bound.map(lambda n: n + 5)})
    return stated.map(lambda found: {"type": kind, **found})


def schemas() -> st.SearchStrategy[dict[str, Any]]:
    """Generate schemas in the vocabulary of contracts, with few names so that they overlap."""
    names = st.sampled_from(["a", "b", "c"])
    listed = st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, unique=True)
    scalars = (
        _bounded("integer", "minimum", "maximum")
        | _bounded("number", "exclusiveMinimum", "maximum")
        | _bounded("string", "minLength", "maxLength")
        | st.sampled_from(["date", "uuid"]).map(lambda name: {"type": "string", "format": name})
        | listed.map(lambda values: {"type": "string", "enum": values})
        | st.just({"type": "boolean"})
        | st.just({"type": ["string", "null"]})
    )

    def deeper(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
        arrays = inner.map(lambda items: {"type": "array", "items": items})
        objects = st.dictionaries(names, inner, max_size=3).flatmap(
            lambda parts: st.lists(st.sampled_from([*parts, "-"]), unique=True).map(
                lambda required: {
                    "type": "object",
                    "properties": parts,
                    "required": [name for name in required if name in parts],
                }
            )
        )
        return arrays | objects

    notes = st.fixed_dictionaries(
        {}, optional={"default": st.sampled_from(["x", 1, 1.0]), "deprecated": st.booleans()}
    )
    inner = st.tuples(st.recursive(scalars, deeper, max_leaves=6), notes).map(
        lambda pair: {**pair[0], **pair[1]}
    )
    return st.dictionaries(names, inner, max_size=3).map(
        lambda parts: {"type": "object", "properties": parts, "required": [*parts][:1]}
    )


def shuffled(schema: Any) -> Any:
    """Turn the order of every enumeration, `required` and property round."""
    if not isinstance(schema, dict):
        return schema
    return {
        key: value[::-1] if key in ("enum", "required") else shuffled(value)
        for key, value in reversed(schema.items())
    }
