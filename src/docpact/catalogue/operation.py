"""The operation that a contract's files describe."""

from __future__ import annotations

from collections.abc import Mapping

from docpact.catalogue.contract import Contract
from docpact.catalogue.responses import read_responses
from docpact.credentials import TOKEN, VARIABLE
from docpact.model import Credential, Gap, Lifecycle, Operation, Parameter, Roles
from docpact.model.pointer import pointer
from docpact.model.schema import child


def read_operation(contract: Contract) -> Operation:
    """Return the operation; raise ContractError if a part is missing or has another type."""
    if contract.get("/array_encoding", str, "repeat") != "repeat":
        problem = "only 'repeat' is supported: an array is sent as repeated keys"
        raise contract.error("operation", "/array_encoding", problem)
    return Operation(
        id=contract.id,
        title=contract.get("/title", str),
        method=contract.get("/method", str),
        path=contract.get("/path", str),
        server=contract.get("/server", str),
        credential=_credential(contract),
        parameters=_parameters(contract),
        query_schema=contract.documents["query"],
        response_schema=contract.documents["response"],
        status=contract.get("/response/status", int),
        content_type=contract.get("/response/content_type", str),
        examples=tuple(contract.get("/response/examples", list)),
        roles=_roles(contract),
        sources=contract.sources,
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
        responses=read_responses(contract),
        responses_schema=contract.documents.get("responses"),
        gaps=contract.gaps
        + tuple(
            Gap(
                document=contract.get(f"/gaps/{number}/document", str),
                pointer=contract.get(f"/gaps/{number}/pointer", str),
                text=contract.get(f"/gaps/{number}/said", str),
                line=contract.get(f"/gaps/{number}/line", int, None),
            )
            for number in range(len(contract.get("/gaps", list, [])))
        ),
    )


def _credential(contract: Contract) -> Credential | None:
    if not contract.get("/security", list):
        return None
    kind = contract.get("/security/0/type", str)
    if kind not in ("http", "apiKey"):
        raise contract.error("operation", "/security/0/type", "expected http or apiKey")
    _check_variable(contract)
    is_optional = contract.get("/security/0/optional", bool, False)
    if kind == "apiKey":
        return _api_key(contract, is_optional=is_optional)
    for name, pattern, expected in (
        ("scheme", TOKEN, "a token of HTTP (RFC 9110, section 5.6.2)"),
        ("header", TOKEN, "a token of HTTP (RFC 9110, section 5.6.2)"),
    ):
        text = contract.get(f"/security/0/{name}", str)
        if not pattern.fullmatch(text):
            raise contract.error("operation", f"/security/0/{name}", f"{expected}; found {text!r}")
    scheme = contract.get("/security/0/scheme", str)
    return Credential(
        scheme=scheme,
        header=contract.get("/security/0/header", str),
        variable=contract.get("/security/0/variable", str),
        kind="basic" if scheme.lower() == "basic" else "http",
        is_optional=is_optional,
    )


def _check_variable(contract: Contract) -> None:
    text = contract.get("/security/0/variable", str)
    if not VARIABLE.fullmatch(text):
        expected = "letters, digits and underscores, as a shell can expand"
        raise contract.error("operation", "/security/0/variable", f"{expected}; found {text!r}")


def _api_key(contract: Contract, *, is_optional: bool) -> Credential:
    place, name = contract.get("/security/0/in", str), contract.get("/security/0/name", str)
    if place not in ("header", "query", "cookie"):
        raise contract.error("operation", "/security/0/in", "expected header, query or cookie")
    if not name or not (name.isprintable() if place == "query" else TOKEN.fullmatch(name)):
        raise contract.error("operation", "/security/0/name", f"not a name of a {place}: {name!r}")
    headers = {"header": name, "cookie": "Cookie", "query": ""}
    return Credential(
        scheme="apiKey",
        header=headers[place],
        variable=contract.get("/security/0/variable", str),
        kind="apiKey",
        place=place,
        name=name,
        is_optional=is_optional,
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
        required = contract.get(f"{where}/required", bool)
        parameters.append(Parameter(name, location, required, schema))
    return tuple(parameters)


def _roles(contract: Contract) -> Roles:
    def role(name: str) -> str | None:
        return contract.get(f"/roles/{name}/value", str, None)  # type: ignore[no-any-return]

    filters = contract.get("/roles/filters", dict, {})
    named = {name: each for name, each in filters.items() if each is not None}
    scopes = tuple(contract.get("/roles/scopes", list, []))
    return Roles(
        items=role("items"),
        id=role("id"),
        next_token=role("next_token"),
        token_parameter=role("token_parameter"),
        offset_parameter=role("offset_parameter"),
        size_parameter=role("size_parameter"),
        total=role("total"),
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
