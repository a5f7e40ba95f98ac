"""Annotations of a schema: keywords that allow no value and exclude none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from docpact.diff.normal import Resolve, listed, make_key


def read_annotation(
    schema: Any, name: str, resolve: Resolve, within: frozenset[str] = frozenset()
) -> Any:
    """Return the value of an annotation, or None.

    The schema itself comes first, then its reference and the parts of its `allOf`. A union has what
    all its forms but null state alike.

    Args:
        schema: a JSON Schema 2020-12, or a schema of OpenAPI 3.0.
        name: the keyword, such as `default`.
        resolve: follows the references of its document.
        within: the references that led here.
    """
    if not isinstance(schema, Mapping):
        return None
    if schema.get(name) is not None:
        return schema[name]
    for part, seen in _list_parts(schema, resolve, within):
        if (found := read_annotation(part, name, resolve, seen)) is not None:
            return found
    for keyword in ("anyOf", "oneOf"):
        forms = [form for form in listed(schema, keyword) if not _is_null(form)]
        values = [read_annotation(form, name, resolve, within) for form in forms]
        if values and len({make_key(value)[0] for value in values}) == 1:
            return values[0]
    return None


def _list_parts(
    schema: Mapping[str, Any], resolve: Resolve, within: frozenset[str]
) -> Iterator[tuple[Any, frozenset[str]]]:
    ref = schema.get("$ref")
    if isinstance(ref, str) and ref not in within:
        yield resolve(ref), within | {ref}
    for part in listed(schema, "allOf"):
        yield part, within


def _is_null(form: Any) -> bool:
    return isinstance(form, Mapping) and form.get("type") == "null"
