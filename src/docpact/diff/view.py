"""The statements of one source about an operation, in a form for every kind of source."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property, partial
from typing import Any, Final

from docpact.diff.normal import ANYTHING, Resolve, Shapes, any_of, normalize
from docpact.model import Source


class Completeness(Enum):
    """The meaning of a missing statement.

    WHOLE: a fact that it does not state is false. TYPES: it has no words for limits, and few for
    formats. SAMPLE: it shows some responses; others may differ.
    """

    WHOLE = "whole"
    TYPES = "types"
    SAMPLE = "sample"


@dataclass(frozen=True)
class ValueView:
    """The statements of a source about the values at one location.

    Attributes:
        shapes: JSON type → the shape of its values.
        is_present: whether there is a value wherever there is a parent.
        key: equal for views of one source with equal shapes and children.
        read_children: returns the views of the parts of the values.
    """

    shapes: Shapes
    is_present: bool
    key: str
    read_children: Callable[[], Mapping[str, ValueView]] = field(compare=False)

    @cached_property
    def children(self) -> Mapping[str, ValueView]:
        """Property name, or `*` for array elements and other properties → its view."""
        return self.read_children()

    @property
    def always(self) -> bool:
        """Whether there is always a value that is not null."""
        return self.is_present and "null" not in self.shapes

    @property
    def types(self) -> frozenset[str]:
        """The JSON types but null; a number may be an integer too."""
        kinds = frozenset(self.shapes) - {"null"}
        if "number" not in kinds:
            return kinds
        whole = self.shapes["number"].is_whole
        return kinds - {"number"} | ({"integer"} if whole else {"integer", "number"})

    @property
    def values(self) -> tuple[Any, ...] | None:
        """The only values but null, or None for any value."""
        listed = [shape.values for kind, shape in self.shapes.items() if kind != "null"]
        if None in listed or not listed:
            return None
        return tuple(value for values in listed for value in values or ())


ANY_VALUE: Final = ValueView(ANYTHING, is_present=True, key="{}", read_children=dict)
"""The view of a value about which nothing is stated."""


@dataclass(frozen=True, slots=True)
class SourceView:
    """The statements of one source about an operation.

    Attributes:
        name: as the user named it.
        completeness: of the source.
        facts: `method`, `path`, `status`, `content_type` → the statement; empty if nothing.
        query: view of an object with a property for each parameter; None if not covered.
        response: view of the response body, or of the part of it that `scope` names; None likewise.
        scope: tokens of the folded JSON Pointer of the part of the body that is covered.
        has_integers: whether the source can tell integers from other numbers.
        find_source: returns where a location (`Change.location`) is stated, or None.
    """

    name: str
    completeness: Completeness
    facts: Mapping[str, str] = field(default_factory=dict)
    query: ValueView | None = None
    response: ValueView | None = None
    scope: tuple[str, ...] = ()
    has_integers: bool = True
    find_source: Callable[[str, tuple[str, ...]], Source | None] = lambda _part, _path: None


def view_schema(schema: Any, resolve: Resolve) -> ValueView:
    """Return the view of the values that a schema describes.

    Args:
        schema: a JSON Schema 2020-12, or a schema of OpenAPI 3.0.
        resolve: follows the references of its document.
    """
    return _SchemaReader(resolve).read(schema, is_present=True)


@dataclass(frozen=True, slots=True)
class _SchemaReader:
    """Makes the views of one document, each schema normalized once.

    Attributes:
        resolve: follows the references of the document.
        known: schema as JSON → its view where it was met first.
    """

    resolve: Resolve
    known: dict[str, ValueView] = field(default_factory=dict)

    def read(self, schema: Any, *, is_present: bool) -> ValueView:
        """Return the view of the values that a schema describes."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self.known:
            shapes = normalize(schema, self.resolve)
            self.known[key] = ValueView(
                shapes, is_present, key, partial(self._read_children, shapes)
            )
        return replace(self.known[key], is_present=is_present)

    def _read_children(self, shapes: Shapes) -> Mapping[str, ValueView]:
        views = {
            name: self.read(inner, is_present=is_present)
            for name, inner, is_present in _list_contained(shapes)
        }
        return {name: view for name, view in views.items() if view.shapes}


def _list_contained(shapes: Shapes) -> list[tuple[str, Any, bool]]:
    """Return name, schema and presence of everything that values of some shapes contain."""
    found = []
    wild = []
    if fields := shapes.get("object"):
        found = [(n, inner, n in fields.required) for n, inner in fields.properties.items()]
        wild += [fields.others] if fields.others else []
    if (elements := shapes.get("array")) and elements.items is not None:
        wild.append(elements.items)
    if wild:
        found.append(("*", any_of(wild), not (fields and fields.others)))
    return found
