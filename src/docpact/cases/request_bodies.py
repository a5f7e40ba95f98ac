"""Request bodies, read: JSON, forms, multipart, text and bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import collapse_rfc2231_value
from typing import Any, Final
from urllib.parse import parse_qsl

from docpact.bodies.decode import decode
from docpact.bodies.engine import is_valid
from docpact.cases.wire import read_values
from docpact.media_types import is_json, is_text, parse_media_type, read_charset
from docpact.model import FieldEncoding, Operation, Schema
from docpact.model.pointer import pointer
from docpact.model.schema import follow, forms, place

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
DISPOSITION: Final = "content-disposition"

_DELIMITERS: Final = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}

Pair = tuple[str, str]


def read_body(
    operation: Operation, content_type: str, body: bytes, encoding: str = "latin-1"
) -> Any:
    """Return the value of a request body, as its schema describes it.

    Args:
        operation: the contract.
        content_type: header of the request; of a multipart body, with its boundary.
        body: the bytes.
        encoding: in which bytes without a documented charset, such as files, are texts.

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
        return _read_fields(operation, parse_qsl(text, keep_blank_values=True))
    if name == MULTIPART:
        return _read_fields(operation, _read_parts(content_type, body, encoding))
    if not is_text(documented):
        return body.decode(encoding, "replace")
    try:
        return body.decode(read_charset(content_type))
    except (LookupError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from None


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


def _read_fields(operation: Operation, fields: Iterable[Pair]) -> dict[str, Any]:
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
    found = {name: _read_texts(operation, schema, name, texts) for name, texts in listed.items()}
    return found | {
        name: _type(place(schema, pointer((name,))), each) for name, each in deep.items()
    }


def _read_texts(operation: Operation, schema: Schema, name: str, texts: list[str]) -> Any:
    """Return the value of all fields of one name."""
    stated = place(schema, pointer((name,)))
    encoding = operation.request_body.encodings.get(name, FieldEncoding())
    if not _is_array(stated):
        return _type(stated, texts[-1])
    if len(texts) == 1:
        whole = _type(stated, texts[0])
        if isinstance(whole, list):
            return whole
        texts = texts[0].split(find_delimiter(encoding)) if is_joined(encoding) else texts
    return _type(stated, texts)


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


def _type(schema: Schema, value: Any) -> Any:
    """Return the reading of texts that fits a schema, or the texts."""
    if isinstance(value, str):
        readings = [*read_values(value)]
        decoded = decode(value.encode("utf-8", "surrogatepass"))
        readings += [decoded.value] if isinstance(decoded.value, list | dict) else []
        return next((each for each in readings if is_valid(schema, each)), value)
    if isinstance(value, list):
        return [_type(place(schema, "/*"), each) for each in value]
    if value.keys() == {str(number) for number in range(len(value))} and _is_array(schema):
        return [_type(place(schema, "/*"), value[str(n)]) for n in range(len(value))]
    return {name: _type(place(schema, pointer((name,))), each) for name, each in value.items()}


def _is_array(schema: Schema) -> bool:
    return any("array" in form.get("type", ()) for form, _ in forms(follow(schema)[0]))
