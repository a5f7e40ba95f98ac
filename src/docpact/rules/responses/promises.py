"""The promises that a contract makes of a single response, under the rule that tests each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final, TypeAlias

from docpact.bodies.places import Place, list_places
from docpact.bodies.wording import describe_keyword
from docpact.errors import InternalError
from docpact.model import DocumentedResponse, Operation, Parameter, Promise
from docpact.model.pointer import pointer, resolve
from docpact.model.schema import ASSERTIONS, list_asserted
from docpact.model.traversal import subschemas
from docpact.rules.responses.summary import CONSISTENCY, BreachKey

UNDOCUMENTED: Final = "response.undocumented_field"
BODY: Final = "response.body"
HEADER: Final = "response.header"
REQUEST: Final = "request.body"
ACCEPTS: Final = "query.accepts"
REJECTS: Final = "query.rejects"
SERVER_ERROR: Final = "query.server_error"

KEYWORDS: Final = {
    "type": "A value has the documented JSON type.",
    "required": "A field documented without `optional` is present and not null.",
    "enum": "A value is one of the documented values.",
    "const": "A value is the one documented value.",
    "anyOf": "A value has one of the documented forms.",
    "format": "Text has the documented format.",
    "minLength": "Text is at least as long as documented, in Unicode code points.",
    "maxLength": "Text is at most as long as documented, in Unicode code points.",
    "minimum": "A number is at least the documented minimum.",
    "maximum": "A number is at most the documented maximum.",
    "exclusiveMinimum": "A number is greater than documented.",
    "exclusiveMaximum": "A number is less than documented.",
    "minItems": "An array has at least the documented number of items.",
    "maxItems": "An array has at most the documented number of items.",
    "pattern": "Text matches the documented pattern.",
    "multipleOf": "A number is a multiple of the documented one.",
    "uniqueItems": "No two items of an array are equal.",
    "contains": "An array has an item of the documented kind.",
    "minContains": "An array has at least the documented number of items of a kind.",
    "maxContains": "An array has at most the documented number of items of a kind.",
    "unevaluatedItems": "An array has no other items than documented, where others are excluded.",
    "minProperties": "An object has at least the documented number of fields.",
    "maxProperties": "An object has at most the documented number of fields.",
    "additionalProperties": "An object has no other fields, where others are excluded.",
    "unevaluatedProperties": "An object has the fields of its form only, where it excludes others.",
    "propertyNames": "The names of an object's fields are of the documented kind.",
    "dependentRequired": "A field is present wherever a field that needs it is.",
    "oneOf": "A value has exactly one of the documented forms.",
    "not": "A value does not have the excluded form.",
}
"""Each keyword that has a rule → the promise in one sentence."""

ByPointer: TypeAlias = Mapping[str, Promise]
"""JSON Pointer, as in `BreachKey.pointer` → the promise stated there."""


@lru_cache(maxsize=8)
def response_promises(operation: Operation) -> Mapping[str, ByPointer]:
    """Return the promises of a contract by the rule's id.

    The one promise about undocumented fields is stated by every `properties` of the schema.
    """
    found: dict[str, dict[str, Promise]] = defaultdict(dict)
    for promise in _whole_promises(operation):
        found[promise.rule][""] = promise
    main = operation.find_response(operation.status)
    for documented in operation.responses or filter(None, (main,)):
        for where, promise in _status_promises(operation, documented):
            found[promise.rule][where] = promise
        found[UNDOCUMENTED][documented.status] = found[UNDOCUMENTED][""]
    for place in list_places(operation.response_schema) if operation.is_json else ():
        for keyword in list_asserted(place.schema):
            found[f"response.{keyword}"].update(_keyword_promises(operation, keyword, place))
    for path, each in subschemas(operation.response_schema) if operation.is_json else ():
        if isinstance(each, Mapping) and "properties" in each:
            where = pointer((*path, "properties"))
            found[UNDOCUMENTED][where] = found[UNDOCUMENTED][""]
    found[CONSISTENCY].update(_consistency_promises(operation))
    if operation.body_schema is not None:
        text = f"the documented body: {operation.request_body.media_type}"
        found[REQUEST][REQUEST] = Promise(REQUEST, "body", text, operation.source("body", ""))
    for promise in _answer_promises(operation):
        found[promise.rule][promise.place] = promise
    return dict(found)


def _answer_promises(operation: Operation) -> Iterator[Promise]:
    for parameter in operation.query_parameters:
        yield from value_promises(operation, ACCEPTS, parameter)
        yield from value_promises(operation, SERVER_ERROR, parameter)


def value_promises(operation: Operation, rule: str, parameter: Parameter) -> Iterator[Promise]:
    """Yield the promises of a `query` rule about the values of a parameter.

    There is one for each keyword that a query text can meet or violate, and one about a 5xx. No
    text violates a `type` of string, and next to an `enum` a `type` adds nothing.
    """
    where = pointer(("properties", parameter.name))
    location = f"query/{parameter.name}"
    source = operation.parameter_source(parameter.name)
    if rule == SERVER_ERROR:
        text = "a status below 500, whatever the value (RFC 9110, section 15.6)"
        yield Promise(rule, location, text, source)
        return
    if parameter.required and rule == REJECTS:
        yield Promise(rule, location, describe_keyword("required", None), source, "required")
    stated = [(f"{where}/{keyword}", keyword) for keyword in ("minItems", "maxItems")]
    inside = f"{where}/items" if parameter.is_array else where
    stated += [(f"{inside}/{keyword}", keyword) for keyword in parameter.item_schema]
    for at, keyword in stated:
        value = resolve(operation.query_schema, at)
        is_text = value == "string" and parameter.content is None
        any_text = is_text and rule == REJECTS
        if keyword == "type" and (any_text or "enum" in parameter.item_schema):
            continue
        if keyword not in ASSERTIONS or value is None:
            continue
        stated_at = operation.source("query", at) or source
        yield Promise(rule, location, describe_keyword(keyword, value), stated_at, keyword)


def has_judged_body(operation: Operation, documented: DocumentedResponse) -> bool:
    """Return whether a status has a body to judge besides the main one, or cannot have any."""
    is_main = operation.is_main_response(documented) or operation.repeats_main(documented)
    main = operation.content_type if is_main and operation.is_json else None
    others = any(each.media_type != main for each in documented.content)
    has_body = operation.method != "HEAD"
    return has_body and (others or documented.status in ("204", "205"))


def header_pointer(
    operation: Operation, documented: DocumentedResponse, name: str
) -> tuple[str, str]:
    """Return the pointer of a header in `BreachKey.pointer`, and its location."""
    location = f"header/{name}"
    if not operation.is_main_response(documented):
        location = f"{documented.status}/{location}"
    return f"{documented.status} header {name}", location


def check_promised(operation: Operation, key: BreachKey, observed: str) -> None:
    """Make sure that a breach matches a promise, so that none can be dropped.

    Raises:
        InternalError: the contract makes no such promise.
    """
    if key.pointer not in response_promises(operation).get(key.rule, {}):
        raise InternalError(
            f"{operation.id}: {key.rule} {key.location}: {observed}: "
            f"no promise of the contract matches this breach (schema pointer {key.pointer!r})"
        )


def _whole_promises(operation: Operation) -> Iterator[Promise]:
    """Yield the promises about a response as a whole."""
    example = operation.source("operation", "/response/examples/0")
    yield Promise(
        "response.status",
        "status",
        f"{_name_status(operation)} for a documented request",
        operation.source("operation", "/method"),
    )
    if operation.content_type and operation.method != "HEAD":
        documented = " or ".join([operation.content_type, *_other_types(operation)])
        yield Promise("response.content_type", "header/content-type", documented, example)
    if operation.is_json:
        yield Promise("response.json", "body", "strict JSON (RFC 8259)", example)
    yield Promise(
        UNDOCUMENTED,
        "",
        "the documented fields and no others",
        operation.source("response", "/properties"),
    )


def _name_status(operation: Operation) -> str:
    """Return the documented status of accepted requests, which may be a range."""
    main = operation.find_response(operation.status)
    if main is None:
        return str(operation.status)
    return main.status if main.is_explicit else "a status below 400"


def _other_types(operation: Operation) -> Iterator[str]:
    """Yield the media types of a response to an accepted request besides the main one."""
    main = operation.find_response(operation.status)
    for content in main.content if main else ():
        if content.media_type != operation.content_type:
            yield content.media_type


def _status_promises(
    operation: Operation, documented: DocumentedResponse
) -> Iterator[tuple[str, Promise]]:
    """Yield the pointer and the promise of a status's body, and of each of its headers."""
    status = documented.status
    source = operation.source("responses", pointer(["properties", status]))
    if has_judged_body(operation, documented):
        types = " or ".join(each.media_type for each in documented.content)
        body = f"the documented body: {types}" if types else "no body"
        yield status, Promise(BODY, status, body, source)
    for header in documented.headers:
        where, location = header_pointer(operation, documented, header.name)
        wanted = "present, with" if header.required else "if present,"
        text = f"{wanted} a documented value"
        yield where, Promise(HEADER, location, text, source)


def _keyword_promises(
    operation: Operation, keyword: str, place: Place
) -> Iterator[tuple[str, Promise]]:
    """Yield the pointer and the promise of a keyword, of each entry of a `required`."""
    value = place.schema[keyword]
    where = pointer((*place.schema_path, keyword))
    documented = describe_keyword(keyword, value)
    if place.form:
        documented += f", as {place.form}"
    if keyword != "required":
        yield where, _promise(operation, keyword, place, documented, where)
        return
    for index, name in enumerate(value):
        missing = replace(place, where=(*place.where, name))
        entry = f"{where}/{index}"
        yield entry, _promise(operation, keyword, missing, documented, entry)


def _promise(
    operation: Operation, keyword: str, place: Place, documented: str, where: str
) -> Promise:
    source = operation.source("response", where)
    return Promise(f"response.{keyword}", place.location, documented, source, place.form)


def _consistency_promises(operation: Operation) -> Iterator[tuple[str, Promise]]:
    """Yield each field that prose ties to values of another, as a pointer, and the promise."""
    source = operation.source("operation", "/roles/only_when")
    for field, (other, values) in operation.roles.only_when.items():
        documented = f"filled in only where {other} is {' or '.join(values)}"
        location = f"{operation.roles.items}/*{field}"
        yield field, Promise(CONSISTENCY, location, documented, source)
