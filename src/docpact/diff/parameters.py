"""The parameters of operations of OpenAPI documents, and how requests carry them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from docpact.capture.openapi.document import OpenApiOperation
from docpact.capture.openapi.messages import StatedBody
from docpact.capture.openapi.parameters import NO_PARAMETERS
from docpact.diff.normal import normalize
from docpact.diff.shapes import Resolve
from docpact.diff.view import object_of
from docpact.media_types import FORMS, parse_media_type
from docpact.model.documented import LOCATIONS
from docpact.model.path import PARAMETER
from docpact.model.pointer import mapping_of


def read_schema(parameter: Mapping[str, Any]) -> Any:
    """Return the schema of a parameter or header, with the deprecation of the parameter itself."""
    content = parameter.get("content")
    media = next(iter(content.values()), None) if isinstance(content, dict) else None
    holder = media if isinstance(media, Mapping) else parameter
    schema = holder.get("schema", {})
    is_marked = parameter.get("deprecated") is True and isinstance(schema, Mapping)
    return {**schema, "deprecated": True} if is_marked else schema


def _find_parameters(operation: OpenApiOperation, place: str) -> dict[str, Mapping[str, Any]]:
    """Return the parameters of a place by name: those of the path by their position."""
    order, found = PARAMETER.findall(operation.path), dict[str, Mapping[str, Any]]()
    for each, _ in operation.parameters():
        name = str(each.get("name"))
        if each.get("in") != place or (place == "path" and name not in order):
            continue
        if place != "header":
            found[f"{order.index(name) + 1}" if place == "path" else name] = each
        elif name.lower() not in NO_PARAMETERS:
            found[name.lower()] = each
    if place != "query":
        return found
    resolve = operation.document.lookup
    return {name: part for each in found.values() for name, part in _spread(each, resolve)}


def _spread(
    parameter: Mapping[str, Any], resolve: Resolve
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield a parameter of the query; the fields of an object that are parameters themselves.

    These are the fields of an exploded object in style `form` (OpenAPI 3.1, section 4.8.12.2).
    """
    is_form = (parameter.get("style", "form"), parameter.get("explode", True)) == ("form", True)
    shapes = normalize(parameter.get("schema", {}), resolve) if is_form else {}
    fields = shapes.get("object") if shapes.keys() - {"null"} == {"object"} else None
    if fields is None or not fields.properties:
        yield str(parameter.get("name")), parameter
        return
    marks = {"deprecated": parameter.get("deprecated") is True, "in": "query"}
    for name, schema in fields.properties.items():
        is_needed = parameter.get("required") is True and name in fields.required
        yield name, {**marks, "name": name, "required": is_needed, "schema": schema}


def describe_parameters(operation: OpenApiOperation, place: str) -> dict[str, Any]:
    """Return the parameters of a place as a schema."""
    found = _find_parameters(operation, place)
    required = [n for n, e in found.items() if place == "path" or e.get("required") is True]
    return object_of({name: read_schema(each) for name, each in found.items()}, required)


def list_styles(
    operation: OpenApiOperation, body: StatedBody | None
) -> Iterator[tuple[str, Mapping[str, Mapping[str, Any]]]]:
    """Yield each part of a request with the styles of its values, as in `SourceView.styles`."""
    for place in LOCATIONS:
        found = _find_parameters(operation, place)
        yield place, {name: _read_style(each) for name, each in found.items()}
    if body is not None and parse_media_type(body.media_type).name in FORMS:
        yield "body", body.entry.get("encoding", {})


def _read_style(parameter: Mapping[str, Any]) -> dict[str, Any]:
    stated = {n: parameter[n] for n in ("style", "explode", "allowReserved") if n in parameter}
    media_type = next(iter(mapping_of(parameter.get("content"))), None)
    return stated if media_type is None else {"content_type": str(media_type)}
