"""Request bodies: JSON, forms, multipart, text and bytes, read; and bodies for writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import collapse_rfc2231_value
from itertools import chain, islice
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import parse_qsl
from uuid import NAMESPACE_URL, uuid5
from zlib import crc32

from docpact.bodies.decode import decode
from docpact.bodies.engine import is_valid
from docpact.cases.bounds import integers_within, lengths, types, values_outside
from docpact.cases.expressions import index_text
from docpact.cases.parts import put, remove
from docpact.cases.samples import Sampler
from docpact.cases.wire import read_values
from docpact.errors import ContractError
from docpact.media_types import is_json, is_text, parse_media_type, read_charset
from docpact.model import FieldEncoding, Operation, Schema
from docpact.model.path import snake_case
from docpact.model.pointer import Tokens, change_at, mapping_of, pointer, resolve
from docpact.model.schema import child, follow, forms, place, whole_place
from docpact.model.traversal import map_schema

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
FORMS: Final = (FORM, MULTIPART)
"""Media types with named parts, whose encoding a document may state."""

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


MOST: Final = 6
"""Maximum number of bodies of one kind."""

_IDS: Final = 1_000_000
"""Numbers from which ids are chosen."""

LONG: Final = 300
"""Number of characters of a long text, more than many columns of databases take."""

SPARE: Final = 4
"""Number of characters by which it is shorter than allowed, for servers that put blanks around."""

ODD: Final = "caf\u00e9 \u65e5\u672c \U0001f9fe & 'x' \"y\""
"""Letters and signs that careless servers change."""

Change: TypeAlias = Callable[[Schema, Any], list[Any]]
"""Returns other values for a field, given its schema and its value."""

_COUNTS: Final = (10**9, 10**6, 10**4, 10**3, 100, 10)
"""Numbers of texts of a pattern among which the mark chooses one."""


class Sent(NamedTuple):
    """A request body.

    Attributes:
        label: for people.
        body: decoded.
        field: the one field that makes it invalid or is left out; empty if there is none.
    """

    label: str
    body: Any
    field: str = ""


@dataclass(frozen=True, slots=True)
class _Marked(Sampler):
    """Writes texts that no other body has, so that created things can be recognized."""

    mark: str = ""

    def text(self, schema: Schema, path: Tokens) -> str:
        """Return a text that contains the mark, if the schema allows it."""
        least, most = lengths(schema)
        named = f"{path[-1] if path else 'text'} {self.mark}"
        short = self.mark[-(most or len(self.mark)) :]
        texts: dict[str | None, str] = {
            None: (named if most is None or len(named) <= most else short).ljust(least, "x"),
            "email": f"{self.mark}@example.com",
            "uri": f"https://example.com/{self.mark}",
            "uuid": str(uuid5(NAMESPACE_URL, self.mark)),
        }
        first = [text for name, text in texts.items() if name == schema.get("format")]
        others = list(texts.values()) if "pattern" in schema else []
        marked: Iterator[str] = chain(first, (short,), others, self._index(schema))
        valid = next((text for text in marked if is_valid(schema, text)), None)
        return Sampler.text(self, schema, path) if valid is None else valid

    def _index(self, schema: Schema) -> Iterator[str]:
        """Yield texts that a pattern allows, others for each mark as far as it has so many."""
        number = crc32(self.mark.encode())
        for count in _COUNTS if "pattern" in schema and self.mark else ():
            text = index_text(schema["pattern"], number % count, *lengths(schema))
            if text is not None:
                yield text

    def number(self, schema: Schema, path: Tokens) -> float:
        """Return a number; as an id one that no other body has, if the schema allows it."""
        usual = Sampler.number(self, schema, path)
        is_id = bool(path) and snake_case(str(path[-1])).rpartition("_")[2] == "id"
        other = crc32(self.mark.encode()) % _IDS
        return other if is_id and is_valid(schema, other) else usual


def with_values(schema: Schema, find: Callable[[str], Iterable[Any]]) -> Schema:
    """Return the schema of a body in which some fields have one value.

    Args:
        schema: of a request body.
        find: takes the name of a field and returns values for it, the best one first.
    """

    def choose(part: Any) -> Any:
        named = part.get("properties") if isinstance(part, Mapping) else None
        if not isinstance(named, Mapping):
            return part
        chosen = {n: _choose_value(schema, stated, find(n)) for n, stated in named.items()}
        return {**part, "properties": chosen}

    found: Schema = map_schema(choose, schema)
    try:
        is_usable = found != schema and is_valid(schema, write_body(found, ""))
    except ContractError:
        return schema
    return found if is_usable else schema


def _choose_value(schema: Schema, field: Any, values: Iterable[Any]) -> Any:
    """Return the schema of a field that has the first valid value, or only that one in an array."""
    if not isinstance(field, Mapping):
        return field
    whole = {**field, "$defs": schema.get("$defs", {})}
    usable = (each for value in values for each in (value, [value]) if is_valid(whole, each))
    return next(({**field, "const": each} for each in usable), field)


def write_body(schema: Schema, mark: str, *, required_only: bool = False) -> Any:
    """Return a documented body; its free texts contain a mark.

    An optional `id` without the mark is left out: it may be that of a thing of someone else.

    Raises:
        ContractError: no sample can be made of the schema.
    """
    body = _Marked(required_only=required_only, mark=mark).start(schema)
    if isinstance(body, dict) and mark not in str(body.get("id", mark)):
        unnamed = remove("id")(body)
        body = unnamed if is_valid(schema, unnamed) else body
    if not is_valid(schema, body):
        raise ContractError("the request body", "docpact cannot make a value of its schema")
    return body


def list_names(schema: Schema, body: Any, where: Tokens) -> tuple[list[str], list[str]]:
    """Return the names of the fields that an object in a body has, and of those it must have."""
    fields = resolve(body, pointer(where), default=None)
    names = [*fields] if isinstance(fields, Mapping) else []
    required = whole_place(schema, pointer(where)).get("required", ())
    return names, [name for name in names if name in required]


def partial_bodies(schema: Schema, mark: str, where: Tokens = ()) -> Iterator[Sent]:
    """Yield documented bodies without one optional field each, of the object at a path."""
    names, required = list_names(schema, write_body(schema, mark), where)
    optional = [name for name in names if name not in required]
    for number, name in enumerate(optional[:MOST]):
        other = write_body(schema, f"{mark}{number}")
        kept = change_at(other, where, remove(name))
        if is_valid(schema, kept):
            yield Sent(f"without {name}", kept, name)


def unusual_bodies(schema: Schema, mark: str, where: Tokens = ()) -> Iterator[Sent]:
    """Yield a documented body with low values, such as false and 0, and one with high values.

    The latter are the greatest numbers, the last values of enumerations, dates of the next year,
    several items, and long texts with letters and signs that a careless server drops, escapes or
    cuts off.
    """
    for label, change in (("low values", list_low), ("high values", _list_high)):
        body = write_body(schema, f"{mark}{label[0]}")
        changed = change_values(schema, body, change, where)
        if changed != body:
            yield Sent(label, changed)


def change_values(schema: Schema, body: Any, change: Change, where: Tokens = ()) -> Any:
    """Return a body with the first of several other values of each field at a path."""
    whole = whole_place(schema, pointer(where))
    fields = resolve(body, pointer(where), default=None)
    for name, value in mapping_of(fields).items():
        named = name in whole.get("properties", {})
        stated = child(whole, "properties", name) if named else {}
        others = (other for other in change(stated, value) if is_valid(stated, other))
        for other in islice(others, 1):
            changed = change_at(body, (*where, name), put(other))
            body = changed if is_valid(schema, changed) else body
    return body


def list_low(schema: Schema, value: Any) -> list[Any]:
    """Return the lowest documented value of a Boolean or a number."""
    if isinstance(value, bool):
        return [False]
    return [integers_within(schema)[0] or 0, 0] if isinstance(value, int | float) else []


def _list_high(schema: Schema, value: Any) -> list[Any]:
    """Return high values in place of one, the longest first."""
    if isinstance(value, bool):
        return []
    if isinstance(value, int | float):
        return [most for most in [integers_within(schema)[1]] if most is not None]
    if isinstance(value, list):
        first = [each for each in value[:1] if isinstance(each, str)]
        return [[each, f"{each} 2", f"{each} 3"] for each in first]
    if "enum" in schema:
        return [schema["enum"][-1]]
    if schema.get("format") in ("date", "date-time") and isinstance(value, str):
        return [f"{int(value[:4]) + 1:04}{value[4:]}"]
    is_free = isinstance(value, str) and not schema.keys() & {"format", "pattern"}
    text = f"{value} {ODD}".ljust(LONG, "x") if is_free else ""
    most = (lengths(schema)[1] or LONG) - SPARE
    return [text[:most], text[: len(value) + len(ODD) + 1]] if text else []


def invalid_bodies(schema: Schema, mark: str, where: Tokens = ()) -> Iterator[Sent]:
    """Yield bodies that break the documentation in one field, even for a lenient server.

    It is a field of the whole body, or of the object at a path.
    """
    body = write_body(schema, mark)
    for at in dict.fromkeys(((), where)):
        whole, fields = whole_place(schema, pointer(at)), resolve(body, pointer(at), default=None)
        if isinstance(fields, dict):
            found = [*_without_required(whole, fields), *_with_wrong_values(whole, fields)]
            sent = [each._replace(body=change_at(body, at, put(each.body))) for each in found]
            yield from [each for each in sent if not is_valid(schema, each.body)][: 2 * MOST]


def _without_required(schema: Schema, body: Mapping[str, Any]) -> Iterator[Sent]:
    for name in [each for each in schema.get("required", ()) if each in body][:MOST]:
        yield Sent(f"without the required {name}", remove(name)(body), name)


def _with_wrong_values(schema: Schema, body: Mapping[str, Any]) -> Iterator[Sent]:
    for name, value in body.items():
        if name not in schema.get("properties", {}) or value is None:
            continue
        field = child(schema, "properties", name)
        if "enum" in field:
            yield Sent(f"{name} not in enum", {**body, name: "docpact-unknown"}, name)
        elif value is not None:  # no server can read the wrong value as one of its type
            wrong = {"docpact": True} if isinstance(value, str) else "docpact"
            yield Sent(f"{name} of another type", {**body, name: wrong}, name)
        for keyword, outside in values_outside(field) if types(field) else ():
            yield Sent(f"{name} outside its {keyword}", {**body, name: outside}, name)
