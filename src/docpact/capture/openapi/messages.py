"""The request body of an OpenAPI operation, its responses by status, and the links in them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from docpact.bodies.decode import find_separator
from docpact.capture.openapi.document import METHODS, OpenApi, OpenApiOperation
from docpact.capture.openapi.schemas import Translator
from docpact.capture.roles.paging import read_total
from docpact.cases.wire import SCALARS
from docpact.errors import ContractError
from docpact.media_types import FORMS, is_json, is_text, parse_media_type
from docpact.model.documented import DEFAULT
from docpact.model.paging import HEADER_TOTALS, name_header
from docpact.model.path import TOKEN
from docpact.model.pointer import mapping_of, pointer, to_list, tokens
from docpact.text import shorten


class StatedBody(NamedTuple):
    """A documented request body.

    Attributes:
        media_type: the one that docpact reads.
        where: JSON Pointer of the media object.
        entry: of operation.json; empty for a required body of `application/json`.
        others: JSON Pointer → media type that the contract does not contain.
    """

    media_type: str
    schema: Any
    where: str
    entry: dict[str, Any]
    others: dict[str, str]


def find_body(operation: OpenApiOperation, preferred: Collection[str] = ()) -> StatedBody | None:
    """Return the request body: JSON comes before forms, and these before text and bytes.

    Preferred media types come before all others.
    """
    if "requestBody" not in operation.content:
        return None
    body, at = operation.document.resolve(
        operation.content["requestBody"], f"{operation.where}/requestBody"
    )
    content = mapping_of(mapping_of(body).get("content"))
    found = {str(name): each for name, each in content.items() if isinstance(each, Mapping)}
    if not found:
        return None
    name = min(found, key=lambda each: (each not in preferred, _rank_body(each)))
    media, where = found[name], f"{at}{pointer(['content', name])}"
    entry: dict[str, Any] = {} if name == "application/json" else {"content_type": name}
    entry |= {} if body.get("required") is True else {"required": False}
    encodings = _read_encodings(media) if parse_media_type(name).name in FORMS else {}
    entry |= {"encoding": encodings} if encodings else {}
    others = {f"{at}{pointer(['content', each])}": each for each in found if each != name}
    entry |= {"other_content_types": [*others.values()]} if others else {}
    return StatedBody(name, media.get("schema", {}), where, entry, others)


def _rank_body(name: str) -> tuple[int, bool, str]:
    kind = name.lower()
    plain = parse_media_type(kind).name
    order = [is_json(kind), plain == FORMS[0], plain == FORMS[1], is_text(kind), True]
    return order.index(True), not kind.startswith("application/json"), kind


def _read_encodings(media: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return how each property is written, where the document says so."""
    read = (
        ("style", "style", str),
        ("explode", "explode", bool),
        ("contentType", "content_type", str),
    )
    found: dict[str, dict[str, Any]] = {}
    for name, each in mapping_of(media.get("encoding")).items():
        held = mapping_of(each)
        if kept := {own: held[key] for key, own, kind in read if isinstance(held.get(key), kind)}:
            found[str(name)] = kept
    return found


_STATUS: Final = re.compile("[1-5][0-9]{2}|[1-5]XX|DEFAULT")

FRAMING: Final = frozenset(
    {"connection", "content-encoding", "content-length", "date", "keep-alive", "transfer-encoding"}
)
"""Headers that servers and proxies set for each message, whatever the operation does."""

_ACCEPTED: Final = ("2", "default", "3", "1")
"""Beginnings of the status of a response to an accepted request, the likeliest first."""

_RANGES: Final[Mapping[str, int]] = {"1XX": 101, "2XX": 200, "3XX": 302, "default": 200}
"""A status that stands for a range or the default."""


class Stated(NamedTuple):
    """A documented response.

    Attributes:
        status: a code, a range such as `4XX`, or `default`.
        content: media type → media object and its JSON Pointer.
        headers: name → header object and its JSON Pointer.
        is_file: whether the body is bytes, though its media type may be JSON; `content` is empty.
    """

    status: str
    content: Mapping[str, tuple[Mapping[str, Any], str]]
    headers: Mapping[str, tuple[Mapping[str, Any], str]]
    where: str
    problem: ContractError | None = None
    is_file: bool = False


class MainResponse(NamedTuple):
    """The response to an accepted request.

    Attributes:
        status: the code; for a range or `default`, a likely one.
        media_type: of the main content; empty if no body is documented.
        where: its JSON Pointer, or that of the response.
        stated: status as documented.
    """

    status: int
    media_type: str
    media: Mapping[str, Any]
    where: str
    stated: str


def list_responses(operation: OpenApiOperation) -> list[Stated]:
    """Return every documented response, in the order of the document.

    If no accepted request is documented, `default` is the response to one, with any body.
    """
    where, stated = f"{operation.where}/responses", _read_statuses(operation)
    found = [
        _read_response(operation, each, f"{where}{pointer([status])}", status)
        for status, each in stated.items()
        if _STATUS.fullmatch(status.upper())
    ]
    if not any(each.status.startswith(_ACCEPTED) for each in found):
        found.append(Stated(DEFAULT, {}, {}, where))
    return found


def list_unread(operation: OpenApiOperation) -> Iterator[tuple[str, str]]:
    """Yield the JSON Pointer of `responses` and what docpact does not know of them."""
    where, stated = f"{operation.where}/responses", _read_statuses(operation)
    if not any(each.startswith(_ACCEPTED) for each in map(str.lower, stated)):
        yield where, "no response to an accepted request is documented: any is right"
    for status in stated:
        if not _STATUS.fullmatch(status.upper()) and not status.startswith("x-"):
            yield f"{where}{pointer([status])}", f"{shorten(status)}: not a status"


def _read_statuses(operation: OpenApiOperation) -> Mapping[str, Any]:
    return mapping_of(operation.content.get("responses"))


def find_main_response(
    operation: OpenApiOperation, preferred: Collection[str] = (), status: str = ""
) -> MainResponse:
    """Return the response to an accepted request.

    One with a JSON body comes before one with another body, and that before one without a body; of
    several the one with the lowest status counts. A preferred status and media types come first.
    """
    found = sorted(list_responses(operation), key=lambda each: each.status)
    begins = (status or _ACCEPTED[0], *_ACCEPTED)
    accepted = ([each for each in found if each.status.startswith(begin)] for begin in begins)
    main = min(next(filter(None, accepted)), key=_rank)
    if main.problem is not None:
        raise main.problem
    return _choose_main_content(main, preferred)


def read_responses(
    operation: OpenApiOperation, main: MainResponse, translator: Translator
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return `responses` of operation.json, and the schema of their bodies and headers.

    Both are empty if only one status is documented, with one media type and no headers.
    """
    stated = list_responses(operation)
    is_alone = all(each.status == str(main.status) and len(each.content) < 2 for each in stated)
    if is_alone and not any(each.headers for each in stated):
        return {}, None
    listed, schemas = dict[str, Any](), dict[str, Any]()
    for each in stated:
        path = ("properties", each.status, "properties")
        translator.origins[pointer(path[:-1])] = each.where
        parts = {
            **dict(_read_contents(each, main, translator)),
            **dict(_read_headers(each, translator)),
        }
        listed[each.status] = _list_parts(each)
        if each.problem is not None:
            translator.gap(path[:-1], each.where, each.problem.problem)
        if parts:
            schemas[each.status] = {"type": "object", "properties": parts}
    return listed, translator.complete({"type": "object", "properties": schemas})


def _read_response(operation: OpenApiOperation, stated: Any, where: str, status: str) -> Stated:
    named = status.upper() if status.lower() != DEFAULT else DEFAULT

    def read(part: str) -> Iterator[tuple[str, tuple[Mapping[str, Any], str]]]:
        for name, each in mapping_of(mapping_of(response).get(part)).items():
            found, place = operation.document.resolve(each, f"{at}{pointer([part, name])}")
            if isinstance(found, Mapping):
                yield str(name), (found, place)

    try:
        response, at = operation.document.resolve(stated, where)
        named_headers = ((n, each) for n, each in read("headers") if n.lower() != "content-type")
        headers = {n: read_plain_text(operation.document, *each) for n, each in named_headers}
        content = dict(read("content"))
    except ContractError as error:
        return Stated(named, {}, {}, where, error)
    for name, (media, place) in content.items():
        if _is_sequence(name, media) and "schema" not in media:
            items = {"type": "array", "items": media["itemSchema"]}
            content[name] = {**media, "schema": items}, place
            operation.document.moved[f"{place}/schema/items"] = f"{place}/itemSchema"
    is_file = any(is_json(name) and _is_bytes(operation, *each) for name, each in content.items())
    return Stated(named, {} if is_file else content, headers, at, is_file=is_file)


def _is_sequence(name: str, media: Mapping[str, Any]) -> bool:
    return "itemSchema" in media and find_separator(name) != b""


def _is_bytes(operation: OpenApiOperation, media: Mapping[str, Any], where: str) -> bool:
    """Return whether a whole body is bytes: `format: binary` means them in any media type."""
    schema, _ = operation.document.read_object(media.get("schema"), f"{where}/schema")
    return schema.get("format") == "binary"


def list_files(operation: OpenApiOperation) -> Iterator[tuple[str, str]]:
    """Yield the JSON Pointer of each response that is a file, and what docpact does not check."""
    text = "a file (`format: binary`): neither its bytes nor its media type is checked"
    yield from ((each.where, text) for each in list_responses(operation) if each.is_file)


def _rank(stated: Stated) -> int:
    """Return 0 for a response with a JSON body, 1 for one with another body, else 2 or 3."""
    if stated.problem is not None:
        return 3
    return 0 if any(map(is_json, stated.content)) else 1 if stated.content else 2


def _choose_main_content(stated: Stated, preferred: Collection[str]) -> MainResponse:
    """Return the main response: `application/json` before other JSON, and that before the rest."""
    status = int(stated.status) if stated.status.isdecimal() else _RANGES[stated.status]
    if not stated.content:
        return MainResponse(status, "", {}, stated.where, stated.status)

    def rank(name: str) -> tuple[bool, bool, bool, str]:
        kind = name.lower()
        return not is_json(kind), not kind.startswith("application/json"), "*" in kind, kind

    name = min(stated.content, key=lambda each: (each not in preferred, rank(each)))
    return MainResponse(status, name, *stated.content[name], stated.status)


def _read_contents(
    stated: Stated, main: MainResponse, translator: Translator
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield media type and schema of each content but the main one."""
    alike: dict[object, str] = {}
    for name, (media, where) in stated.content.items():
        kind, parameters = parse_media_type(name)
        first = alike.setdefault((kind, frozenset(parameters.items())), name)
        if (stated.status, name) == (main.stated, main.media_type):
            continue
        path = ("properties", stated.status, "properties", name)
        if stated.content[first][0] != media:
            problem = f"the content of {name}: {first} is the same media type"
            translator.gaps.append((pointer(path), where, problem))
        elif problem := find_content_problem(translator.document, name, media):
            translator.gaps.append((pointer(path), where, problem))
        elif "schema" in media:
            schema = translator.attempt(media["schema"], f"{where}/schema", path)
            yield from [(name, schema)] if schema is not None else ()


def find_content_problem(document: OpenApi, media_type: str, media: Mapping[str, Any]) -> str:
    """Return which part of a body docpact does not check, or an empty text."""
    if is_json(media_type) or _is_sequence(media_type, media):
        return ""
    if _is_plain(document, media) and is_text(media_type) and "itemSchema" not in media:
        return ""
    return f"the content of {media_type}: only that the body has this media type is checked"


def _is_plain(document: OpenApi, media: Mapping[str, Any]) -> bool:
    """Return whether a media object describes values without parts."""
    kinds = document.read_object(media.get("schema"), "")[0].get("type", "string")
    return all(each in SCALARS for each in to_list(kinds))


def read_plain_text(
    document: OpenApi, stated: Mapping[str, Any], at: str
) -> tuple[Mapping[str, Any], str]:
    """Return a parameter or header and its place; one whose content is plain text with a schema."""
    media = mapping_of(stated.get("content")).get("text/plain")
    if not isinstance(media, Mapping) or not _is_plain(document, media):
        return stated, at
    kept = {name: each for name, each in stated.items() if name != "content"}
    return {**kept, "schema": media.get("schema", {})}, f"{at}/content/text~1plain"


def _read_headers(stated: Stated, translator: Translator) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, (header, where) in stated.headers.items():
        path = ("properties", stated.status, "properties", f"header {name}")
        problem = ""
        if not TOKEN.fullmatch(name):
            problem = f"header {name!r}: no response has it"
        elif name.lower() in FRAMING:
            problem = f"header {name}: a part of HTTP itself, so not checked"
        elif "content" in header:
            problem = f"header {name}: how its media type is encoded"
        if problem:
            translator.gaps.append((pointer(path), where, problem))
        elif "schema" in header:
            schema = translator.attempt(header["schema"], f"{where}/schema", path)
            yield from [(f"header {name}", schema)] if schema is not None else ()


def _list_parts(stated: Stated) -> dict[str, Any]:
    """Return the entry of a response in operation.json."""
    headers = {
        name: {flag: True for flag in ("required", "explode") if header.get(flag) is True}
        | _read_total(name, header)
        for name, (header, _) in stated.headers.items()
        if TOKEN.fullmatch(name) and name.lower() not in FRAMING
    }
    found: dict[str, Any] = {"content": [*stated.content]} if stated.content else {}
    return found | ({"headers": headers} if headers else {})


def _read_total(name: str, header: Mapping[str, Any]) -> dict[str, str]:
    """Return which items a header counts exactly, if its description says so."""
    text = str(header.get("description", ""))
    found = read_total([text]) if name_header(name) in HEADER_TOTALS else {}
    return {key: each for key, each in found.items() if key == "counts"}


_BODY: Final = "$response.body#"
"""The beginning of a runtime expression that names a value of the body."""

_PLACE: Final = re.compile("^(?:path|query|header|cookie)[.]")
"""The beginning of the name of a parameter in a link that says which one it is."""


def read_links(operation: OpenApiOperation) -> tuple[list[dict[str, str]], list[tuple[str, str]]]:
    """Return the links of successful responses whose values are in the body, and the other ones.

    Each link has the method and path of the other operation, its parameter, and the JSON Pointer of
    the value. Of each other one, its JSON Pointer and why docpact does not follow it.
    """
    links, gaps = [], []
    for status, stated in _read_statuses(operation).items():
        place = f"{operation.where}/responses{pointer([status])}"
        response, at = operation.document.read_object(stated, place)
        for name, each in mapping_of(response.get("links")).items():
            link, where = operation.document.read_object(each, f"{at}{pointer(['links', name])}")
            request = _find_request(operation, link)
            if not request or not status.startswith("2"):
                text = "of an accepted request" if request else "to an operation of this document"
                gaps.append((where, f"link {name}: not one {text}"))
                continue
            for parameter, value in mapping_of(link.get("parameters")).items():
                if isinstance(value, str) and value.startswith(f"{_BODY}/"):
                    place = value.removeprefix(_BODY)
                    plain = _PLACE.sub("", parameter)
                    links.append({"request": request, "parameter": plain, "pointer": place})
                else:
                    gaps.append((where, f"link {name}: the value of {parameter} is not in a body"))
    return links, gaps


def _find_request(operation: OpenApiOperation, link: Mapping[str, Any]) -> str:
    """Return method and path of the operation that a link names; empty if there is none."""
    ref, name = link.get("operationRef"), link.get("operationId")
    if isinstance(ref, str) and ref.startswith("#/paths/"):
        place = tokens(unquote(ref.removeprefix("#")))
        return f"{place[2].upper()} {place[1]}" if len(place) == 3 and place[2] in METHODS else ""
    for path, item in mapping_of(operation.document.content.get("paths")).items() if name else ():
        for method in METHODS:
            if mapping_of(mapping_of(item).get(method)).get("operationId") == name:
                return f"{method.upper()} {path}"
    return ""
