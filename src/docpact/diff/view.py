"""The statements of one source about an operation, and the words for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property, partial
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import unquote

from docpact.diff.normal import normalize, read_annotation
from docpact.diff.shapes import (
    ANYTHING,
    EXCLUSIVE,
    Limit,
    Resolve,
    Shape,
    Shapes,
    any_of,
    imply_type,
    make_key,
)
from docpact.model import Source
from docpact.model.pointer import resolve as find_value
from docpact.text import excerpt

Alternatives: TypeAlias = frozenset[frozenset[str]]
"""Credentials that a request may carry: one of these sets, each described for people."""

Origin: TypeAlias = Literal["value", "place", "parent"]
"""The part of a source that states something: the schema of the value, the schema at its place,
which may only refer to that of the value, or the schema of the object around it."""


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
        default: of the value; None if none is stated.
        read_children: returns the views of the parts of the values.
    """

    shapes: Shapes
    is_present: bool
    key: str
    read_children: Callable[[], Mapping[str, ValueView]] = field(compare=False)
    default: Any = None
    is_deprecated: bool = False

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
    def all_types(self) -> frozenset[str]:
        """The JSON types with null."""
        return self.types | ({"null"} & self.shapes.keys())

    @property
    def open_types(self) -> frozenset[str]:
        """The types that state something about elements, or about fields without a name."""
        array, fields = (self.shapes.get(kind, Shape()) for kind in ("array", "object"))
        found = (("array", array.items is not None), ("object", bool(fields.others)))
        return frozenset(kind for kind, is_stated in found if is_stated)

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
        facts: a name of `rules.FACTS` → the statement; empty if nothing.
        parts: name of each part of `rules.PARTS` that is covered → its view. The view of `body` or
            `response` shows the body; None for a request without one. Any other view shows an
            object: parameters, or statuses with their media types and headers.
        scope: tokens of the folded JSON Pointer of the part of the response body that is covered.
        styles: name of a part → name of a parameter, or of a field of a form → `style`, `explode`,
            `allowReserved` and `content_type`, as far as they are stated.
        credentials: the alternatives, each with everything that a request carries; an empty one for
            requests without credentials. None if nothing is known.
        servers: base URLs; None if nothing is known.
        is_deprecated: whether the operation is; None if nothing is known.
        is_contract: whether it keeps only one server, no scopes, and only credentials that docpact
            can send.
        has_integers: whether the source can tell integers from other numbers.
        find_source: returns where the part of a location is stated that the origin names, or None.
    """

    name: str
    completeness: Completeness
    facts: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, ValueView | None] = field(default_factory=dict)
    scope: tuple[str, ...] = ()
    styles: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    credentials: Alternatives | None = None
    servers: frozenset[str] | None = None
    is_deprecated: bool | None = None
    is_contract: bool = False
    has_integers: bool = True
    find_source: Callable[[str, tuple[str, ...], Origin], Source | None] = lambda *_: None

    @property
    def query(self) -> ValueView | None:
        """View of the query; None if it is not covered."""
        return self.parts.get("query")

    @property
    def response(self) -> ValueView | None:
        """View of the response body, or of the part of it that `scope` names; None likewise."""
        return self.parts.get("response")


def view_schema(schema: Any, resolve: Resolve | None = None, unsent: str = "") -> ValueView:
    """Return the view of the values that a schema describes.

    Args:
        schema: a JSON Schema 2020-12, or a schema of OpenAPI 3.0.
        resolve: follows the references of its document; None if they lead into the schema itself.
        unsent: the annotation of properties that are left out: `readOnly` in a request body,
            `writeOnly` in a response.
    """
    resolve = resolve or (lambda ref: find_value(schema, unquote(ref.removeprefix("#"))))
    return _SchemaReader(resolve, unsent).read(schema, is_present=True)


def object_of(properties: Mapping[str, Any], required: Iterable[str] = ()) -> dict[str, Any]:
    """Return the schema of an object with some properties."""
    return {"type": "object", "properties": dict(properties), "required": [*required]}


@dataclass(frozen=True, slots=True)
class _SchemaReader:
    """Makes the views of one document, each schema normalized once.

    Attributes:
        resolve: follows the references of the document.
        unsent: the annotation of properties that are left out, or an empty text.
        known: schema as JSON → its view where it was met first.
    """

    resolve: Resolve
    unsent: str = ""
    known: dict[str, ValueView] = field(default_factory=dict)

    def read(self, schema: Any, *, is_present: bool) -> ValueView:
        """Return the view of the values that a schema describes."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self.known:
            shapes = normalize(schema, self.resolve, unsent=self.unsent)
            self.known[key] = ValueView(
                shapes,
                is_present,
                key,
                partial(self._read_children, shapes),
                read_annotation(schema, "default", self.resolve),
                read_annotation(schema, "deprecated", self.resolve) is True,
            )
        return replace(self.known[key], is_present=is_present)

    def _read_children(self, shapes: Shapes) -> Mapping[str, ValueView]:
        views = {
            name: self.read(inner, is_present=is_present)
            for name, inner, is_present in _list_contained(shapes)
            if not self.unsent or read_annotation(inner, self.unsent, self.resolve) is not True
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


def write_types(types: frozenset[str]) -> str:
    """Return JSON types as text."""
    shown = types - ({"integer"} if "number" in types else set())
    return " or ".join(sorted(shown)) or "null"


def write_always(*, always: bool) -> str:
    """Return whether a value is always there, in one word."""
    return "required" if always else "optional"


def write_deprecated(view: ValueView) -> str:
    """Return whether a value is deprecated, as text."""
    return "deprecated" if view.is_deprecated else "not deprecated"


def write_default(view: ValueView) -> str:
    """Return the default as text, equal for equal JSON values."""
    return "no default" if view.default is None else excerpt(make_key(view.default)[1])


def list_values(values: Iterable[Any]) -> str:
    """Return enumerated values as text, in one order."""
    return ", ".join(sorted(map(excerpt, values)))


def write_limit(keyword: str, limit: Limit | None) -> str:
    """Return a limit with its keyword; None for no limit."""
    if limit is None:
        return f"no {keyword}"
    number, is_exclusive = limit
    return f"{EXCLUSIVE[keyword] if is_exclusive else keyword} {excerpt(make_key(number)[1])}"


def imply_types(view: ValueView, other: ValueView) -> ValueView:
    """Return a view with the type of another one, if it states no type, but means this one."""
    implied, kinds = imply_type(view.shapes), other.shapes.keys()
    if implied is view.shapes or kinds - {"null"} != implied.keys():
        return view
    return replace(view, shapes={**implied, **({"null": Shape()} if "null" in kinds else {})})


def find_child(view: ValueView, name: str, own: SourceView, other: SourceView) -> ValueView | None:
    """Return the view of a property or of the elements, as it compares to the other source.

    Where nothing is stated about elements and other properties, they may be anything. A name that
    a sample shows may be one of the properties that `*` describes.
    """
    found = view.children.get(name)
    fields = view.shapes.get("object")
    if found is not None or own.completeness is Completeness.SAMPLE:
        return found
    if name == "*":
        is_open = "array" in view.shapes or (fields is not None and fields.others is None)
        return ANY_VALUE if is_open else None
    is_sampled = other.completeness is Completeness.SAMPLE
    return view.children.get("*") if is_sampled and fields and fields.others else None


def as_one_value(view: ValueView, beside: ValueView) -> ValueView:
    """Return a parameter with several values as one that takes one too, as another source does."""
    elements, array = view.children.get("*"), view.shapes.get("array", Shape())
    is_one = array.limits.get("minItems", (1,))[0] <= 1
    if elements is None or not is_one or view.types != {"array"} or "array" in beside.types:
        return view
    shapes = {**elements.shapes, "array": array}
    return replace(view, shapes=shapes, read_children=lambda: elements.children)
