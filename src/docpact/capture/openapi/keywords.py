"""Keywords of OpenAPI schemas that contain no schemas, and fields that docpact does not read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from sys import float_info
from typing import Any, Final

from docpact.bodies.engine import has_numbers_of_json, is_valid
from docpact.bodies.formats import FILE, HINTS, is_checked
from docpact.bodies.patterns import is_pattern
from docpact.bodies.wording import json_type
from docpact.capture.layout.example import decode_value
from docpact.capture.openapi.document import OpenApiOperation
from docpact.catalogue.contract import find_problem
from docpact.media_types import FORMS, is_json, is_text, parse_media_type
from docpact.model.pointer import mapping_of, pointer, to_list
from docpact.model.schema import ANNOTATIONS, ASSERTIONS, SUPPORTED
from docpact.model.traversal import APPLICATORS
from docpact.text import shorten

_UNIONS: Final = frozenset({"allOf", "anyOf", "oneOf"})

INNER: Final = APPLICATORS.keys() - _UNIONS - {"$defs", "definitions"}
"""Keywords with schemas, each of which is translated by itself."""

KEPT: Final = (ASSERTIONS - _UNIONS - INNER) | {"default", "examples", "deprecated"}
"""Keywords that a contract keeps unchanged."""

MERGED: Final = SUPPORTED - ANNOTATIONS - {"$ref"}
"""Keywords that are merged with the keywords next to them."""

SILENT: Final = frozenset(
    {"title", "description", "example", "externalDocs", "xml", "readOnly", "writeOnly", "nullable"}
    | {"discriminator", "$schema", "$comment", "contentMediaType", "contentEncoding", "$defs"}
    | {"$ref", "$id", "$anchor", "$dynamicAnchor", "definitions", "contentSchema"}
)
"""Keywords that assert nothing, or are translated separately."""

_KNOWN: Final = KEPT | SILENT | INNER | _UNIONS

NULLABLE: Final = ("nullable", "x-nullable")
"""Keywords of OpenAPI 3.0, and by custom of Swagger 2.0, that allow null."""

NAMED: Final[Mapping[str, Any]] = {"format": is_checked, "pattern": is_pattern}
"""Keyword → whether docpact knows its value; one that it does not know is one gap."""


def has_unknown_name(stated: Mapping[str, Any]) -> bool:
    """Return whether a schema states a format or a pattern that docpact does not know."""
    named = [(is_known, stated.get(keyword)) for keyword, is_known in NAMED.items()]
    return any(
        isinstance(name, str) and name not in HINTS and not is_known(name)
        for is_known, name in named
    )


def read_keywords(stated: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the keywords of a schema that a contract keeps, and keyword and text of each gap.

    The exclusive bounds of OpenAPI 3.0 become those of JSON Schema 2020-12.
    """
    found = {keyword: stated[keyword] for keyword in stated if keyword in KEPT}
    for keyword, edge in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(found.get(keyword), bool) and found.pop(keyword) and edge in found:
            found[keyword] = found.pop(edge)
    if "pattern" in found:
        found["pattern"] = _strip_slashes(found["pattern"])
    name = found.get("format")
    if isinstance(name, str) and name in HINTS - {FILE}:
        del found["format"]
    if "required" in found:
        found["required"] = list(dict.fromkeys(found["required"]))
    problems = [*_read_content(stated, found)]
    for keyword in [each for each in found if not _is_readable(each, found[each])]:
        text = f"{keyword} {found.pop(keyword)!r}: not a value that this keyword can have"
        problems.append((keyword, shorten(text)))
    for keyword, is_known in NAMED.items():
        if keyword in found and not is_known(found[keyword]):
            text = f"{keyword} {found.pop(keyword)}: not checked, because docpact does not know it"
            problems.append((keyword, text))
    problems += [*_leave_out_variables(found), *_read_default(found)]
    problems += [
        (keyword, f"{keyword}: not a keyword of JSON Schema")
        for keyword in stated
        if keyword not in _KNOWN and not keyword.startswith("x-")
    ]
    return found, problems


def _leave_out_variables(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Leave out a default, a constant or an enumeration with a variable; yield the gaps."""
    for keyword in ("default", "const", "enum"):
        texts = (each for each in to_list(found.get(keyword)) if isinstance(each, str))
        if variable := next(filter(_VARIABLE.fullmatch, texts), None):
            del found[keyword]
            text = f"{keyword} {variable}: perhaps a variable, whose value is not known"
            yield keyword, shorten(text)


def _read_default(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give a default the type of its schema; leave out one that has no such value, with a gap.

    Many documents write defaults as texts, like those of a query: `"10"`, or `a,b` for an array.
    """
    stated = found.get("default")
    if stated is None:
        return
    schema = {keyword: found[keyword] for keyword in found if keyword in _OF_DEFAULTS}
    values = (each for each in _list_readings(stated) if is_valid(schema, each))
    found["default"] = next(values, None)
    if found["default"] is None:
        del found["default"]
        yield "default", shorten(f"default {json.dumps(stated)}: not a value of its own schema")


_OF_DEFAULTS: Final = frozenset({"type", "enum", "const", "minimum", "maximum"})
"""Keywords that a default is compared with; another one may be a placeholder, such as `now`."""


def _list_readings(stated: Any) -> Iterator[Any]:
    """Yield the values that an author may mean by a default."""
    yield stated
    if isinstance(stated, str):
        with suppress(ValueError):
            yield decode_value(stated)
        yield stated.split(",")
    elif isinstance(stated, bool | int | float):
        yield from (json.dumps(stated), [stated])


def read_items(stated: Mapping[str, Any], *, is_3_0: bool) -> tuple[dict[str, Any], list[str]]:
    """Return a schema whose `items` is a list of schemas in the form of 2020-12, and its gaps.

    Such a list described a tuple before JSON Schema 2020-12. OpenAPI 3.0 and Swagger 2.0 do not
    define it, so an unbounded list means alternatives there.
    """
    listed: list[Any] = stated["items"]
    found = {keyword: stated[keyword] for keyword in stated if keyword != "additionalItems"}
    if not listed:
        gap = "items: an empty list of schemas, which describes no element"
        return {**found, "items": stated.get("additionalItems", {})}, [gap]
    bound = stated.get("maxItems", len(listed) + 1)
    if is_3_0 and "additionalItems" not in stated and not bound <= len(listed):
        gap = "items: a list of schemas, which OpenAPI does not define, read as anyOf"
        return {**found, "items": {"anyOf": listed}}, [gap]
    return {**found, "prefixItems": listed, "items": stated.get("additionalItems", {})}, []


_ANY_VALUE: Final = frozenset({"const", "default", "example"})
"""Keywords whose value may be null."""


def drop_ignored(content: Any) -> Any:
    """Return a document without the keywords beside `$ref` that OpenAPI before 3.1 ignores.

    The document itself is changed. Annotations, and whether null is allowed, are kept.
    """
    stated = mapping_of(content)
    is_old = str(stated.get("openapi", stated.get("swagger"))).startswith(("2.0", "3.0"))
    pending, seen = [content] if is_old else [], set[int]()
    while pending:
        each = pending.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, dict):
            for keyword in MERGED & each.keys() if isinstance(each.get("$ref"), str) else ():
                del each[keyword]
            pending += each.values()
        elif isinstance(each, list):
            pending += each
    return content


def read_nulls(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema without empty keywords, and with the type null where YAML has no quotes."""
    kinds = to_list(schema.get("type", []))
    if None not in schema.values() and None not in kinds:
        return schema
    found = {k: each for k, each in schema.items() if each is not None or k in _ANY_VALUE}
    kinds = ["null" if each is None else each for each in kinds]
    return found | ({"type": kinds} if kinds else {})


def is_nullable(schema: Mapping[str, Any]) -> bool:
    """Return whether a keyword of OpenAPI allows null."""
    return any(schema.get(keyword) is True for keyword in NULLABLE)


def may_grow(schema: Mapping[str, Any]) -> bool:
    """Return whether an enumeration of Azure may get further values, so that clients take any.

    See `x-ms-enum` in the AutoRest extensions for OpenAPI 2.0.
    """
    return "enum" in schema and mapping_of(schema.get("x-ms-enum")).get("modelAsString") is True


def _strip_slashes(pattern: Any) -> Any:
    """Return a pattern without slashes around it, as PHP and JavaScript write one: `/^a$/i`.

    Slashes alone may be signs of the text, unless anchors or flags show that no text is meant.
    """
    match = _SLASHES.fullmatch(pattern) if isinstance(pattern, str) else None
    if match is None:
        return pattern
    return f"(?i){match[1]}" if "i" in match[2] else match[1]


_SLASHES: Final = re.compile(r"/(?=\^|\(\?=|.*[^\\]\$/$|.*/[giu]+$)(.+)/([giu]*)")


def has_no_value(schema: Mapping[str, Any]) -> bool:
    """Return whether no value of an `enum` has the type that is stated beside it."""
    kinds = to_list(schema.get("type", []))
    names = {"number" if each == "integer" else each for each in kinds}
    return bool(names) and "enum" in schema and names.isdisjoint(map(json_type, schema["enum"]))


def _read_content(stated: Mapping[str, Any], found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """State the content of a text as a format: bytes in base64, or a file; yield the gaps."""
    encoding = stated.get("contentEncoding")
    kind = str(stated.get("contentMediaType", "text/plain"))
    if encoding == "base64":
        found.setdefault("format", "byte")
    elif encoding in (None, "binary") and not (is_json(kind) or is_text(kind)):
        found.setdefault("format", FILE)
    for keyword, known in _CONTENT.items():
        value = stated.get(keyword)
        is_lost = keyword == "contentEncoding" and found.get("format") != "byte"
        if value is not None and (value not in known or (value == "base64" and is_lost)):
            yield keyword, shorten(f"{keyword} {value}: not checked")


_CONTENT: Final[Mapping[str, Any]] = {
    "contentEncoding": ("base64", "binary", "8bit"),
    "contentMediaType": ("application/octet-stream", "text/plain"),
    "contentSchema": (True, {}),
}
"""Keyword → the values that docpact checks, or that exclude nothing."""


def _is_readable(keyword: str, value: Any) -> bool:
    """Return whether a keyword can have a value that JSON can represent.

    An empty `enum`, which should not be used by section 6.1.2, describes no value.
    """
    is_large = isinstance(value, int) and abs(value) > float_info.max
    is_empty = keyword == "enum" and value == []
    is_known = not (is_large or is_empty) and has_numbers_of_json(value)
    return is_known and find_problem({keyword: value}) is None


_SAID: Final[Mapping[str, str]] = {
    "callbacks": "the API sends these requests, and docpact receives none",
    "allowEmptyValue": "an empty value is not tested",
    "encoding": "only request bodies that are forms have encoded parts",
    "requestBody": "a link has values for paths and queries alone",
    "server": "a link is followed on the server of this operation",
}
"""Field → why docpact does not read it, where that is known."""

_OTHER: Final = ("description", "summary", "deprecated", "example", "x-", "$ref")
"""Beginnings of fields of any object that state nothing about messages themselves."""

_MEDIA: Final = {"schema": "", "itemSchema": ""}

_FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "operation": {
        **dict.fromkeys(("tags", "externalDocs", "operationId", "security", "servers"), ""),
        "parameters": "parameter",
        "requestBody": "body",
        "responses": "response",
    },
    "parameter": {
        **dict.fromkeys(("name", "in", "required", "style", "explode", "allowReserved"), ""),
        "schema": "",
        "content": "media",
    },
    "body": {"required": "", "content": "sent"},
    "sent": {**_MEDIA, "encoding": "encoding"},
    "media": _MEDIA,
    "encoding": dict.fromkeys(("contentType", "style", "explode"), ""),
    "response": {"headers": "header", "content": "media", "links": "link"},
    "header": dict.fromkeys(("required", "style", "explode", "schema", "content"), ""),
    "link": dict.fromkeys(("operationRef", "operationId", "parameters"), ""),
}
"""Kind of object → each field that is read, with the kind of the objects in it, if any."""


_VARIABLE: Final = re.compile(r"\s*(?:\{\{[^{}]*\}\}|\$\{[^{}]*\})\s*")
"""A variable of an API client such as Postman, or one that a build did not replace."""


def find_example(parameter: Mapping[str, Any]) -> tuple[dict[str, list[Any]], list[str]]:
    """Return a parameter's example, if it is plain or a list, as the keyword `examples`.

    It is the parameter's own, the first named one, or that of its schema (OpenAPI 3.0). A variable
    is left out: the second value has the text of the gap.
    """
    named = mapping_of(parameter.get("examples")).values()
    values = (mapping_of(each).get("value") for each in named)
    inner = mapping_of(parameter.get("schema")).get("example")
    found = parameter.get("example", next(values, inner))
    is_plain = isinstance(found, str | int | float | list) and not isinstance(found, bool)
    if isinstance(found, str) and _VARIABLE.fullmatch(found):
        return {}, [f"the example {found} is a variable of an API client"]
    return ({"examples": [found]} if is_plain else {}), []


def list_unread_fields(operation: OpenApiOperation) -> Iterator[tuple[str, str]]:
    """Yield JSON Pointer and description of each field that docpact does not read."""
    shared = {"parameters": operation.path_item.get("parameters")}
    for value, where in (operation.content, operation.where), (shared, operation.item_where):
        yield from _visit(operation, "operation", value, where)


def _visit(
    operation: OpenApiOperation, kind: str, value: Any, where: str
) -> Iterator[tuple[str, str]]:
    value, where = operation.document.read_object(value, where)
    for name, each in value.items():
        at, inner = f"{where}{pointer([name])}", _FIELDS[kind].get(name)
        if inner is None and each and not name.startswith(_OTHER):
            yield at, f"{kind} {name}: {_SAID.get(name, 'docpact does not read it')}"
        elif inner == "body":
            yield from _visit(operation, inner, each, at)
        elif inner and isinstance(each, Mapping | list):
            for key, part in each.items() if isinstance(each, Mapping) else enumerate(each):
                is_form = inner == "sent" and parse_media_type(str(key)).name in FORMS
                found = "media" if inner == "sent" and not is_form else inner
                yield from _visit(operation, found, part, f"{at}{pointer([key])}")
