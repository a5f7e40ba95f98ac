"""Request bodies as a client writes them: JSON, forms, multipart, text and bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from docpact.cases.request_bodies import (
    FORM,
    MULTIPART,
    Pair,
    find_delimiter,
    is_joined,
)
from docpact.cases.wire import write_value
from docpact.media_types import is_json, is_text, parse_media_type
from docpact.model import FieldEncoding, Operation, Schema
from docpact.model.pointer import pointer
from docpact.model.schema import place

BYTES: Final = "application/octet-stream"


def write_body(operation: Operation, value: Any) -> tuple[str, bytes]:
    """Return the media type and the bytes of a request body.

    A binary body is a text of Latin-1 characters, one for each byte. Fields that are null are left
    out of a form.

    Raises:
        ValueError: the media type cannot contain the value.
    """
    media_type = operation.request_body.media_type
    name = parse_media_type(media_type).name
    if is_json(media_type):
        concrete = "application/json" if "*" in name else media_type
        return concrete, json.dumps(value, ensure_ascii=False).encode()
    if name in (FORM, MULTIPART):
        if not isinstance(value, Mapping):
            raise ValueError("a form has named fields: expected an object")
        fields = [*_write_fields(operation, value)]
        return (
            (FORM, urlencode(fields).encode()) if name == FORM else _write_parts(operation, fields)
        )
    if not isinstance(value, str):
        raise ValueError(f"a body of {media_type} is a text")  # noqa: TRY004 (see above)
    return media_type, value.encode("utf-8" if is_text(media_type) else "latin-1")


def _write_fields(operation: Operation, value: Mapping[str, Any]) -> Iterator[Pair]:
    """Yield name and text of each field of a form."""
    for name, each in value.items():
        encoding = operation.request_body.encodings.get(name, FieldEncoding())
        if encoding.style == "deepObject":
            yield from _write_deep(name, each)
        elif isinstance(each, list) and not any(isinstance(item, list | dict) for item in each):
            texts = [*map(write_value, each)]
            if is_joined(encoding):
                texts = [find_delimiter(encoding).join(texts)]
            yield from ((name, text) for text in texts)
        elif isinstance(each, list | dict):
            yield name, json.dumps(each)
        elif each is not None:
            yield name, write_value(each)


def _write_deep(name: str, value: Any) -> Iterator[Pair]:
    """Yield the fields of a value, the names of its parts in brackets."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _write_deep(f"{name}[{key}]", each)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _write_deep(f"{name}[{number}]", each)
    elif value is not None:
        yield name, write_value(value)


def _write_parts(operation: Operation, fields: Iterable[Pair]) -> tuple[str, bytes]:
    schema = operation.body_schema or {}
    parts = []
    for name, text in fields:
        stated = place(schema, pointer((name,)))
        kind = operation.request_body.encodings.get(name, FieldEncoding()).content_type
        if _is_binary(stated):
            parts.append((name, (name, text.encode("latin-1", "replace"), kind or BYTES)))
        else:
            content = (None, text.encode(), *([kind] if kind else []))
            parts.append((name, content))  # type: ignore[arg-type]
    request = httpx.Request("POST", "http://localhost", files=parts)
    return request.headers["content-type"], request.read()


def _is_binary(schema: Schema) -> bool:
    is_encoded = "contentEncoding" in schema
    return schema.get("format") == "binary" or ("contentMediaType" in schema and not is_encoded)
