"""The operation that a contract's files describe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from docpact.catalogue.contract import Contract
from docpact.catalogue.responses import read_responses
from docpact.credentials import TOKEN, VARIABLE
from docpact.model import (
    Credential,
    FieldEncoding,
    Gap,
    Lifecycle,
    Link,
    Operation,
    Parameter,
    RequestBody,
    Roles,
)
from docpact.model.paging import TELLING_IDS, TELLING_SIZES, plain
from docpact.model.pointer import pointer
from docpact.model.schema import child

_PLAIN_ROLES: Final = (
    *("items", "id", "next_token", "token_parameter", "page_parameter", "offset_parameter"),
    *("last_id_parameter", "size_parameter", "has_more", "total_pages", "total"),
)
"""Roles whose value is a name or a JSON Pointer."""


def read_operation(contract: Contract) -> Operation:
    """Return the operation; raise ContractError if a part is missing or has another type."""
    if contract.get("/array_encoding", str, "repeat") != "repeat":
        problem = "only 'repeat' is supported: an array is sent as repeated keys"
        raise contract.error("operation", "/array_encoding", problem)
    contract.get("/security", list)
    credentials = _credentials(contract, "/security")
    return Operation(
        id=contract.id,
        title=contract.get("/title", str),
        method=contract.get("/method", str),
        path=contract.get("/path", str),
        server=contract.get("/server", str),
        credential=credentials[0] if credentials else None,
        beside=credentials[1:],
        alternatives=tuple(
            _credentials(contract, f"/security_alternatives/{number}")
            for number in range(len(contract.get("/security_alternatives", list, [])))
        ),
        parameters=_parameters(contract),
        query_schema=contract.documents["query"],
        response_schema=contract.documents["response"],
        status=contract.get("/response/status", int),
        content_type=contract.get("/response/content_type", str),
        examples=tuple(contract.get("/response/examples", list)),
        roles=_roles(contract),
        sources=contract.sources,
        origins=contract.get("/origins", dict, {}),
        given={
            contract.get(f"/parameters/{number}/name", str): value
            for number in range(len(contract.get("/parameters", list)))
            if (value := contract.get(f"/parameters/{number}/value", str, None)) is not None
        },
        preferred_paths=tuple(
            contract.get(f"/preferred_paths/{number}", str)
            for number in range(len(contract.get("/preferred_paths", list, [])))
        ),
        body_schema=contract.documents.get("body"),
        request_body=_request_body(contract),
        responses=read_responses(contract),
        responses_schema=contract.documents.get("responses"),
        links=tuple(
            Link(
                contract.get(f"/links/{number}/request", str),
                contract.get(f"/links/{number}/parameter", str),
                contract.get(f"/links/{number}/pointer", str),
            )
            for number in range(len(contract.get("/links", list, [])))
        ),
        gaps=contract.gaps
        + tuple(
            Gap(
                document=contract.get(f"/gaps/{number}/document", str),
                pointer=contract.get(f"/gaps/{number}/pointer", str),
                text=contract.get(f"/gaps/{number}/said", str),
                line=contract.get(f"/gaps/{number}/line", int, None),
                place=contract.get(f"/gaps/{number}/place", str, ""),
            )
            for number in range(len(contract.get("/gaps", list, [])))
        ),
    )


def _credentials(contract: Contract, where: str) -> tuple[Credential, ...]:
    """Return the credentials that requests carry together."""
    count = len(contract.get(where, list, []))
    return tuple(_credential(contract, f"{where}/{number}") for number in range(count))


def _credential(contract: Contract, where: str) -> Credential:
    kind = contract.get(f"{where}/type", str)
    if kind not in ("http", "apiKey"):
        raise contract.error("operation", f"{where}/type", "expected http or apiKey")
    text = contract.get(f"{where}/variable", str)
    if not VARIABLE.fullmatch(text):
        expected = "letters, digits and underscores, as a shell can expand"
        raise contract.error("operation", f"{where}/variable", f"{expected}; found {text!r}")
    is_optional = contract.get(f"{where}/optional", bool, False)
    if kind == "apiKey":
        return _api_key(contract, where, is_optional=is_optional)
    for name in ("scheme", "header"):
        text = contract.get(f"{where}/{name}", str)
        if not TOKEN.fullmatch(text):
            expected = "a token of HTTP (RFC 9110, section 5.6.2)"
            raise contract.error("operation", f"{where}/{name}", f"{expected}; found {text!r}")
    scheme = contract.get(f"{where}/scheme", str)
    return Credential(
        scheme=scheme,
        header=contract.get(f"{where}/header", str),
        variable=contract.get(f"{where}/variable", str),
        kind="basic" if scheme.lower() == "basic" else "http",
        is_optional=is_optional,
        token_url=contract.get(f"{where}/token_url", str, ""),
        scopes=tuple(map(str, contract.get(f"{where}/scopes", list, []))),
    )


def _api_key(contract: Contract, where: str, *, is_optional: bool) -> Credential:
    place, name = contract.get(f"{where}/in", str), contract.get(f"{where}/name", str)
    if place not in ("header", "query", "cookie"):
        raise contract.error("operation", f"{where}/in", "expected header, query or cookie")
    if not name or not (name.isprintable() if place == "query" else TOKEN.fullmatch(name)):
        raise contract.error("operation", f"{where}/name", f"not a name of a {place}: {name!r}")
    headers = {"header": name, "cookie": "Cookie", "query": ""}
    return Credential(
        scheme="apiKey",
        header=headers[place],
        variable=contract.get(f"{where}/variable", str),
        kind="apiKey",
        place=place,
        name=name,
        is_optional=is_optional,
    )


def _request_body(contract: Contract) -> RequestBody:
    encodings = {}
    for name in contract.get("/body/encoding", dict, {}):
        where = pointer(["body", "encoding", name])
        encodings[name] = FieldEncoding(
            style=contract.get(f"{where}/style", str, ""),
            explode=contract.get(f"{where}/explode", bool, None),
            content_type=contract.get(f"{where}/content_type", str, ""),
        )
    return RequestBody(
        media_type=contract.get("/body/content_type", str, "application/json"),
        required=contract.get("/body/required", bool, True),
        encodings=encodings,
    )


def _parameters(contract: Contract) -> tuple[Parameter, ...]:
    parameters = []
    for index in range(len(contract.get("/parameters", list))):
        where = f"/parameters/{index}"
        name, location = contract.get(f"{where}/name", str), contract.get(f"{where}/in", str)
        if location == "header" and not TOKEN.fullmatch(name):
            problem = f"a header's name is a token of HTTP (RFC 9110); found {name!r}"
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
            )
        )
    return tuple(parameters)


def _roles(contract: Contract) -> Roles:
    def role(name: str, kind: type = str) -> Any:
        return contract.get(f"/roles/{name}/value", kind, None)

    filters = contract.get("/roles/filters", dict, {})
    named = {name: each for name, each in filters.items() if each is not None}
    scopes = tuple(contract.get("/roles/scopes", list, []))
    roles = Roles(
        **{name: role(name) for name in _PLAIN_ROLES},
        filters={
            name: contract.get(pointer(["roles", "filters", name, "value"]), str) for name in named
        },
        inferred=frozenset(n for n, each in named.items() if "inferred" in each) - {*scopes},
        path={
            name: contract.get(pointer(["roles", "path", name, "value"]), str)
            for name in contract.get("/roles/path", dict, {})
        },
        scopes=scopes,
        lifecycle=_lifecycle(contract),
        constant=tuple(contract.get("/roles/constant", list, [])),
        only_when=_only_when(contract),
    )
    first = role("first_page", int)
    return replace(
        roles,
        first_page=_documented_first(contract, roles) if first is None else first,
        inferred=roles.inferred | {*_guesses(contract, roles)},
    )


def _documented_first(contract: Contract, roles: Roles) -> int | None:
    """Return 1 if the schema of the page number says so; other statements are often wrong."""
    schema = contract.documents["query"].get("properties", {}).get(roles.page_parameter, {})
    return 1 if 1 in (schema.get("default"), schema.get("minimum")) else None


def _guesses(contract: Contract, roles: Roles) -> Iterator[str]:
    """Yield the parameters and fields about pages whose role only their own name suggests.

    Where another one of the same style is documented as well, they are no guess.
    """

    def is_inferred(role: str) -> bool:
        return "inferred" in contract.get(f"/roles/{role}", dict, {})

    paging, size, total = roles.paging, roles.size_parameter, roles.total
    fields = (roles.has_more, roles.total_pages, roles.next_token)
    if paging is not None and paging.style is not None and is_inferred(paging.style.role):
        parameter = str(paging.parameter)
        telling = plain(parameter) in TELLING_IDS and roles.has_more
        by_id = roles.last_id_parameter == parameter
        if not (telling if by_id else size or total or any(fields)):
            yield parameter
    alone = paging is None and not any(fields)
    is_telling = size is not None and plain(size) in TELLING_SIZES
    if size is not None and is_inferred("size_parameter") and alone and not (total or is_telling):
        yield size
    if total is not None and is_inferred("total") and alone and not size:
        yield total


def _lifecycle(contract: Contract) -> Lifecycle | None:
    if contract.get("/roles/lifecycle", dict, None) is None:
        return None
    stages = contract.get("/roles/lifecycle/stages", list)
    if not stages or not all(isinstance(stage, list) and stage for stage in stages):
        problem = f"expected a list of stages, each a list of values; found {stages!r}"
        raise contract.error("operation", "/roles/lifecycle/stages", problem)
    return Lifecycle(
        field=contract.get("/roles/lifecycle/field", str),
        stages=tuple(tuple(stage) for stage in stages),
    )


def _only_when(contract: Contract) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    found = {}
    for name in contract.get("/roles/only_when", dict, {}):
        where = pointer(["roles", "only_when", name])
        beside = contract.get(f"{where}/field", str)
        found[name] = (beside, tuple(contract.get(f"{where}/values", list)))
    return found
