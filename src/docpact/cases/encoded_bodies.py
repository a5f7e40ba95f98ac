"""Request bodies on the wire: JSON, forms, multipart, text and bytes, written and read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import collapse_rfc2231_value
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode
from zlib import crc32

from docpact.bodies.decode import decode
from docpact.bodies.engine import is_valid
from docpact.bodies.formats import FILE
from docpact.cases.wire import read_values, write_value
from docpact.errors import ContractError
from docpact.media_types import (
    FORM,
    FORMS,
    MULTIPART,
    is_json,
    is_text,
    make_concrete,
    parse_media_type,
    read_charset,
)
from docpact.model import FieldEncoding, Operation, Schema
from docpact.model.pointer import map_scalars, pointer
from docpact.model.schema import child, find_types, follow, forms, list_types, place
from docpact.model.traversal import map_schema

BYTES: Final = "application/octet-stream"

DISPOSITION: Final = "content-disposition"

_DELIMITERS: Final = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}

Pair = tuple[str, str]
Reader = Callable[[str], Sequence[Any]]


def decode_body(
    operation: Operation,
    content_type: str,
    body: bytes,
    encoding: str = "latin-1",
    read: Reader = read_values,
) -> Any:
    """Return the value of a request body, as its schema describes it.

    Bytes without a documented charset, such as files, are texts in `encoding`. `read` returns the
    values that the text of a form may mean.

    Raises:
        ValueError: the body does not have the documented media type.
    """
    documented = operation.request_body.media_type
    name = parse_media_type(documented).name
    if is_json(documented):
        found = decode(body)
        if not found.readable:
            raise ValueError(found.problems[-1].message)
        return found.value
    if name == FORM:
        text = body.decode("utf-8", "replace")
        return _read_fields(operation, parse_qsl(text, keep_blank_values=True), read)
    if name == MULTIPART:
        return _read_fields(operation, _read_parts(content_type, body, encoding), read)
    if not is_text(documented):
        return body.decode(encoding, "replace")
    try:
        return body.decode(read_charset(content_type))
    except (LookupError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from None


def unify_lines(operation: Operation, value: Any) -> Any:
    """Return a request body, of a multipart form with LF as the only line end outside of files.

    Browsers send CRLF for every line end (HTML standard, section 4.10.21.8).
    """
    schema = operation.body_schema or {}
    name = parse_media_type(operation.request_body.media_type).name
    if name != MULTIPART or not isinstance(value, dict):
        return value
    return {
        name: each
        if _is_binary(place(schema, pointer((name,))))
        else map_scalars(_unify_line_ends, each)
        for name, each in value.items()
    }


def _unify_line_ends(value: Any) -> Any:
    return re.sub("\r\n?", "\n", value) if isinstance(value, str) else value


def _read_parts(content_type: str, body: bytes, encoding: str) -> Iterator[Pair]:
    head = b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n"
    # Other policies raise, or take minutes, for some invalid headers of parts.
    message = BytesParser(policy=compat32).parsebytes(head + body)
    if not message.is_multipart():
        raise ValueError("the body is not multipart, or its boundary is missing")
    for part in message.get_payload():
        if isinstance(part, Message):
            name = _name_of(part)
            content = part.get_payload(decode=True)
            is_file = part.get_filename() is not None
            raw = content if isinstance(content, bytes) else b""
            yield name, raw.decode(encoding if is_file else "utf-8", "replace")


def _name_of(part: Message) -> str:
    """Return the name of a field of a form; browsers send it as UTF-8 (RFC 7578, section 5.1)."""
    stated = [str(value) for name, value in part.raw_items() if name.lower() == DISPOSITION]
    head = Message()
    head[DISPOSITION] = "".join(stated).encode("ascii", "surrogateescape").decode(errors="replace")
    name = head.get_param("name", header=DISPOSITION)
    return str(name) if name is None else collapse_rfc2231_value(name)


def _read_fields(operation: Operation, fields: Iterable[Pair], read: Reader) -> dict[str, Any]:
    """Return the object that the fields of a form represent, typed by the schema."""
    schema, listed = operation.body_schema or {}, dict[str, list[str]]()
    deep: dict[str, Any] = {}
    for name, text in fields:
        holder = name.partition("[")[0]
        encoding = operation.request_body.encodings.get(holder, FieldEncoding())
        if encoding.style == "deepObject" and name != holder:
            _put(deep, [holder, *name[len(holder) + 1 : -1].split("][")], text)
        else:
            listed.setdefault(name, []).append(text)
    found = {n: _read_texts(operation, schema, n, texts, read) for n, texts in listed.items()}
    return found | {
        name: _type(place(schema, pointer((name,))), each, read) for name, each in deep.items()
    }


def _read_texts(
    operation: Operation, schema: Schema, name: str, texts: list[str], read: Reader
) -> Any:
    """Return the value of all fields of one name."""
    stated = place(schema, pointer((name,)))
    encoding = operation.request_body.encodings.get(name, FieldEncoding())
    if not _is_array(stated):
        return _type(stated, texts[-1], read)
    if len(texts) == 1:
        whole = _type(stated, texts[0], read)
        if isinstance(whole, list):
            return whole
        texts = texts[0].split(find_delimiter(encoding)) if is_joined(encoding) else texts
    return _type(stated, texts, read)


def is_joined(encoding: FieldEncoding) -> bool:
    """Return whether one field contains all elements of an array."""
    return encoding.explode is False or encoding.style in ("spaceDelimited", "pipeDelimited")


def find_delimiter(encoding: FieldEncoding) -> str:
    """Return the text between the elements of a joined array."""
    return _DELIMITERS.get(encoding.style or "form", ",")


def _put(value: dict[str, Any], path: list[str], text: str) -> None:
    *holders, last = path
    for name in holders:
        inner = value.setdefault(name, {})
        if not isinstance(inner, dict):
            return
        value = inner
    value[last] = text


def _type(schema: Schema, value: Any, read: Reader) -> Any:
    """Return the reading of texts that fits a schema, or the texts."""
    if isinstance(value, str):
        readings = [*read(value)]
        decoded = decode(value.encode("utf-8", "surrogatepass"))
        readings += [decoded.value] if isinstance(decoded.value, list | dict) else []
        return next((each for each in readings if is_valid(schema, each)), value)
    if isinstance(value, list):
        return [_type(place(schema, "/*"), each, read) for each in value]
    if value.keys() == {str(number) for number in range(len(value))} and _is_array(schema):
        return [_type(place(schema, "/*"), value[str(n)], read) for n in range(len(value))]
    return {n: _type(place(schema, pointer((n,))), each, read) for n, each in value.items()}


def _is_array(schema: Schema) -> bool:
    return any("array" in form.get("type", ()) for form, _ in forms(follow(schema)[0]))


def encode_body(operation: Operation, value: Any) -> tuple[str, bytes]:
    """Return the media type and the bytes of a request body.

    A binary body is a text of Latin-1 characters, one for each byte. Fields that are null are left
    out of a form.

    Raises:
        ValueError: the media type cannot contain the value.
    """
    media_type = operation.request_body.media_type
    name = parse_media_type(media_type).name
    if is_json(media_type):
        return make_concrete(media_type), json.dumps(value, ensure_ascii=False).encode()
    if name in FORMS:
        if not isinstance(value, Mapping):
            raise ValueError("a form has named fields: expected an object")
        fields = [*_write_fields(operation, value)]
        return (
            (FORM, urlencode(fields).encode()) if name == FORM else _write_parts(operation, fields)
        )
    if not isinstance(value, str):
        raise ValueError(f"a body of {media_type} is a text")  # noqa: TRY004 (see above)
    return media_type, value.encode("utf-8" if is_text(media_type) else "latin-1")


def read_as_sent(operation: Operation, value: Any) -> Any:
    """Return the value that a server reads: a form has no null, no type and no empty array.

    Raises:
        ValueError: the media type cannot contain the value.
    """
    if is_json(operation.request_body.media_type):
        return value
    content_type, body = encode_body(operation, value)
    return decode_body(operation, content_type, body) if body else {}


def is_sent_invalid(operation: Operation, schema: Schema, value: Any) -> bool:
    """Return whether a server reads an invalid body; a form without a field may be no body."""
    read = read_as_sent(operation, value)
    is_body = is_json(operation.request_body.media_type) or bool(read)
    return is_body and not is_valid(schema, read)


def sendable_schema(operation: Operation) -> Schema:
    """Return the schema of the request bodies that docpact can send.

    A form has no files, and nothing that is empty. In `application/x-www-form-urlencoded` it has no
    objects, nor arrays of them, whose encoding is not documented: servers read them differently.

    Raises:
        ContractError: every request must have such a field.
    """
    schema = operation.body_schema or {}
    name = parse_media_type(operation.request_body.media_type).name
    if name not in FORMS:
        return schema
    whole = follow(schema)[0]
    if "object" not in (find_types(whole) or {"object"}):
        raise ContractError("the request body", "docpact cannot send a form without fields")
    known, encodings = whole.get("properties", {}), operation.request_body.encodings
    fields = {each: [*_list_parts(child(whole, "properties", each))] for each in known}
    left = {each for each, parts in fields.items() if any(map(_is_binary, parts))}
    if name == FORM:
        left |= {n for n, parts in fields.items() if n not in encodings and _is_nested(parts)}
    if needed := next((each for each in whole.get("required", ()) if each in left), None):
        raise ContractError(needed, "docpact cannot send this field of a form")
    kept = {each: stated for each, stated in known.items() if each not in left}
    sendable: Schema = map_schema(_fill, {**whole, "type": "object", "properties": kept})
    return sendable


def _fill(schema: Any) -> Any:
    """Return the schema of an array or an object that is not empty, and any other as it is."""
    kinds = list_types(schema) if isinstance(schema, Mapping) else ()
    named = (("array", "minItems"), ("object", "minProperties"))
    least = {word: max(1, schema.get(word, 0)) for kind, word in named if kind in kinds}
    return {**schema, **least} if least else schema


def _list_parts(schema: Schema) -> Iterator[Schema]:
    """Yield the forms of a field, and those of the elements of an array."""
    for form, _ in forms(follow(schema)[0]):
        yield form
        if "items" in form:
            yield from (each for each, _ in forms(follow(child(form, "items"))[0]))


def _is_nested(parts: Sequence[Schema]) -> bool:
    """Return whether a field may be an object, or contain objects or arrays."""
    kinds = [find_types(each) for each in parts]
    return any("object" in each for each in kinds) or sum("array" in each for each in kinds) > 1


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
    import httpx

    schema = operation.body_schema or {}
    parts: list[tuple[str, Any]] = []
    for name, text in fields:
        stated = place(schema, pointer((name,)))
        kind = operation.request_body.encodings.get(name, FieldEncoding()).content_type
        if _is_binary(stated):
            parts.append((name, (name, text.encode("latin-1", "replace"), kind or BYTES)))
        else:
            parts.append((name, (None, text.encode(), *([kind] if kind else []))))
    boundary = f"docpact-{crc32(repr(parts).encode()):08x}"
    media_type = f"{MULTIPART}; boundary={boundary}"
    sent = httpx.Request(
        "POST", "http://localhost", headers={"Content-Type": media_type}, files=parts
    )
    return media_type, sent.read()


def _is_binary(schema: Schema) -> bool:
    is_encoded = "contentEncoding" in schema
    return schema.get("format") == FILE or ("contentMediaType" in schema and not is_encoded)
