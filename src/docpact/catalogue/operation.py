"""The operation that a contract's files describe, with its responses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from docpact.catalogue.contract import Contract, JsonPointer
from docpact.catalogue.roles import read_roles
from docpact.model import (
    Credential,
    Document,
    DocumentedResponse,
    FieldEncoding,
    Gap,
    Link,
    Operation,
    Parameter,
    RequestBody,
    ResponseContent,
    ResponseHeader,
    Schema,
)
from docpact.model.path import TOKEN, VARIABLE, is_server
from docpact.model.path import names as path_names
from docpact.model.pointer import pointer
from docpact.model.schema import child


class _Gap(msgspec.Struct, rename={"text": "said"}):
    """A gap in operation.json, with the attributes of `Gap`."""

    document: Document
    pointer: JsonPointer
    text: str
    line: int | None = None
    place: str = ""


def read_operation(contract: Contract) -> Operation:
    """Return the operation; raise ContractError if a part is missing or has another type."""
    if contract.get("/array_encoding", str, "repeat") != "repeat":
        problem = "only 'repeat' is supported: an array is sent as repeated keys"
        raise contract.error("operation", "/array_encoding", problem)
    contract.get("/security", list)
    credentials, parameters = _credentials(contract, "/security"), _parameters(contract)
    return Operation(
        id=contract.id,
        title=contract.get("/title", str),
        method=contract.get("/method", str),
        path=_path(contract, parameters),
        server=_read_name(contract, "/server", is_server, "expected a URL of a server"),
        credential=credentials[0] if credentials else None,
        beside=credentials[1:],
        alternatives=tuple(
            _credentials(contract, f"/security_alternatives/{number}")
            for number in range(len(contract.get("/security_alternatives", list, [])))
        ),
        parameters=parameters,
        query_schema=contract.documents["query"],
        response_schema=contract.documents["response"],
        status=contract.get("/response/status", int),
        content_type=contract.get("/response/content_type", str),
        examples=tuple(contract.get("/response/examples", list)),
        roles=read_roles(contract),
        sources=contract.sources,
        origins=contract.get("/origins", dict[str, dict[JsonPointer, str]], {}),
        given={
            contract.get(f"/parameters/{number}/name", str): value
            for number in range(len(contract.get("/parameters", list)))
            if (value := contract.get(f"/parameters/{number}/value", str, None)) is not None
        },
        preferred_paths=contract.get("/preferred_paths", tuple[str, ...], ()),
        body_schema=contract.documents.get("body"),
        request_body=_read_body(contract),
        responses=read_responses(contract),
        responses_schema=contract.documents.get("responses"),
        links=contract.get("/links", tuple[Link, ...], ()),
        gaps=contract.gaps
        + tuple(Gap(*astuple(each)) for each in contract.get("/gaps", tuple[_Gap, ...], ())),
    )


def _read_body(contract: Contract) -> RequestBody:
    return RequestBody(
        media_type=contract.get("/body/content_type", str, "application/json"),
        required=contract.get("/body/required", bool, True),
        other_media_types=contract.get("/body/other_content_types", tuple[str, ...], ()),
        encodings=contract.get("/body/encoding", dict[str, FieldEncoding], {}),
        descriptions=contract.get("/body/descriptions", dict[JsonPointer, str], {}),
        total=contract.get("/body/total", str, ""),
        counts=contract.get("/body/counts", str, None),
        replaces=contract.get("/body/replaces", bool, None),
    )


def _credentials(contract: Contract, where: str) -> tuple[Credential, ...]:
    """Return the credentials that requests carry together."""
    count = len(contract.get(where, list, []))
    return tuple(_credential(contract, f"{where}/{number}") for number in range(count))


def _credential(contract: Contract, where: str) -> Credential:
    kind = contract.get(f"{where}/type", str)
    if kind not in ("http", "apiKey"):
        raise contract.error("operation", f"{where}/type", "expected http or apiKey")
    expected = "letters, digits and underscores, as a shell can expand"
    variable = _read_name(contract, f"{where}/variable", VARIABLE.fullmatch, expected)
    is_optional = contract.get(f"{where}/optional", bool, False)
    if kind == "apiKey":
        return _api_key(contract, where, variable, is_optional=is_optional)
    expected = "a token of HTTP (RFC 9110, section 5.6.2)"
    scheme = _read_name(contract, f"{where}/scheme", TOKEN.fullmatch, expected)
    return Credential(
        scheme=scheme,
        header=_read_name(contract, f"{where}/header", TOKEN.fullmatch, expected),
        variable=variable,
        kind="basic" if scheme.lower() == "basic" else "http",
        is_optional=is_optional,
        token_url=contract.get(f"{where}/token_url", str, ""),
        scopes=contract.get(f"{where}/scopes", tuple[str, ...], ()),
        parameter=contract.get(f"{where}/parameter", str, ""),
    )


def _read_name(contract: Contract, where: str, fits: Callable[[str], object], expected: str) -> str:
    """Return a text that fits, or raise ContractError."""
    text: str = contract.get(where, str)
    if not fits(text):
        raise contract.error("operation", where, f"{expected}; found {text!r}")
    return text


def _api_key(contract: Contract, where: str, variable: str, *, is_optional: bool) -> Credential:
    place, name = contract.get(f"{where}/in", str), contract.get(f"{where}/name", str)
    if place not in ("header", "query", "cookie"):
        raise contract.error("operation", f"{where}/in", "expected header, query or cookie")
    if not name or not (name.isprintable() if place == "query" else TOKEN.fullmatch(name)):
        raise contract.error("operation", f"{where}/name", f"not a name of a {place}: {name!r}")
    headers = {"header": name, "cookie": "Cookie", "query": ""}
    return Credential(
        scheme="apiKey",
        header=headers[place],
        variable=variable,
        kind="apiKey",
        place=place,
        name=name,
        is_optional=is_optional,
    )


def _path(contract: Contract, parameters: Sequence[Parameter]) -> str:
    path: str = contract.get("/path", str)
    if missing := {*path_names(path)}.difference(
        each.name for each in parameters if each.location == "path"
    ):
        raise contract.error("operation", "/path", f"no parameter is named {min(missing)!r}")
    return path


_ANY: Final = re.compile(r"(?s).*")
_NAMES: Final = {"header": TOKEN, "cookie": re.compile("[!-:<>-~]+")}
"""Location → the names that a parameter can have; servers accept cookies that RFC 6265 forbids."""


def _parameters(contract: Contract) -> tuple[Parameter, ...]:
    parameters = []
    for index in range(len(contract.get("/parameters", list))):
        where = f"/parameters/{index}"
        name, location = contract.get(f"{where}/name", str), contract.get(f"{where}/in", str)
        if not _NAMES.get(location, _ANY).fullmatch(name):
            problem = f"not a name that a {location} can have: {name!r}"
            raise contract.error("operation", f"{where}/name", problem)
        if location != "query":
            schema = contract.get(f"{where}/schema", dict)
        elif name in contract.documents["query"].get("properties", {}):
            schema = child(contract.documents["query"], "properties", name)
        else:
            raise contract.error(
                "query",
                pointer(["properties", name]),
                "missing, although operation.json lists the parameter",
            )
        parameters.append(
            Parameter(
                name,
                location,
                contract.get(f"{where}/required", bool),
                schema,
                style=contract.get(f"{where}/style", str, ""),
                explode=contract.get(f"{where}/explode", bool, None),
                holder=contract.get(f"{where}/holder", str, ""),
                content=contract.get(f"{where}/content", dict, None),
                allow_reserved=contract.get(f"{where}/allow_reserved", bool, False),
                description=contract.get(f"{where}/description", str, ""),
            )
        )
    return tuple(parameters)


HEADER: Final = "header "
"""The beginning of the name of a header's schema, beside those of media types."""


def read_responses(contract: Contract) -> tuple[DocumentedResponse, ...]:
    """Return every documented response; empty if operation.json lists none."""
    return tuple(
        DocumentedResponse(
            status, tuple(_read_content(contract, status)), tuple(_read_headers(contract, status))
        )
        for status in contract.get("/responses", dict, {})
    )


def _read_content(contract: Contract, status: str) -> Iterator[ResponseContent]:
    where = pointer(["responses", status, "content"])
    for number in range(len(contract.get(where, list, []))):
        media_type = contract.get(f"{where}/{number}", str)
        yield ResponseContent(media_type, _find_schema(contract, status, media_type))


def _read_headers(contract: Contract, status: str) -> Iterator[ResponseHeader]:
    where = pointer(["responses", status, "headers"])
    for name in contract.get(where, dict, {}):
        at = f"{where}{pointer([name])}"
        if not TOKEN.fullmatch(name):
            problem = f"a header's name is a token of HTTP (RFC 9110); found {name!r}"
            raise contract.error("operation", at, problem)
        required = contract.get(f"{at}/required", bool, False)
        explode = contract.get(f"{at}/explode", bool, False)
        schema = _find_schema(contract, status, f"{HEADER}{name}") or {}
        counts = contract.get(f"{at}/counts", str, None)
        yield ResponseHeader(name.lower(), required, schema, explode, counts)


def _find_schema(contract: Contract, status: str, name: str) -> Schema | None:
    """Return the schema of a media type or header of a response, or None."""
    whole: Any = contract.documents.get("responses", {})
    parts = whole.get("properties", {}).get(status, {}).get("properties", {})
    if name not in parts:
        return None
    return child(whole, "properties", status, "properties", name)
