"""Contracts captured from operations of OpenAPI documents, one or all of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from html import unescape
from typing import Any, Final

from docpact.bodies.validate import validate
from docpact.capture.batch import Found, choose, encode_files
from docpact.capture.contract import DRAFT
from docpact.capture.openapi.addresses import read_address
from docpact.capture.openapi.descriptions import (
    describe_fields,
    find_ties,
    list_descriptions,
    list_needs,
    read_replacing,
)
from docpact.capture.openapi.document import FilePlace, OpenApi, OpenApiOperation, list_operations
from docpact.capture.openapi.export import read_exported
from docpact.capture.openapi.keywords import list_unread_fields
from docpact.capture.openapi.messages import (
    MainResponse,
    find_body,
    find_content_problem,
    find_main_response,
    list_files,
    list_responses,
    list_unread,
    read_links,
    read_responses,
)
from docpact.capture.openapi.parameters import read_parameters
from docpact.capture.openapi.schemas import Translator
from docpact.capture.openapi.security import Security, read_security
from docpact.capture.roles.inference import Texts, roles
from docpact.capture.roles.paging import is_estimate, read_next, read_total
from docpact.catalogue.contract import nesting
from docpact.media_types import is_json
from docpact.model.operation import OPEN_REQUEST
from docpact.model.path import find_preferred, is_server
from docpact.model.pointer import find_by_prefix, list_of, mapping_of, pointer, resolve
from docpact.model.schema import list_types

LONGEST_TITLE: Final = 100
"""The longest sentence that is a title, in characters."""

_TAGS: Final = re.compile(r"<[^<>]*>")


def capture_operation(operation: OpenApiOperation) -> Mapping[str, str]:
    """Return the files of a contract for an operation.

    An operation that docpact exported comes back unchanged. For any other, the parts that a
    contract cannot express become gaps.

    Returns:
        file name → text.

    Raises:
        ContractError: a reference leads nowhere.
    """
    if operation.problem is not None:
        raise operation.problem
    with nesting(operation.document.name_place(operation.item_where)):
        return _capture(operation)


def _capture(operation: OpenApiOperation) -> Mapping[str, str]:
    if (exported := read_exported(operation)) is not None:
        return encode_files(exported)
    path = operation.address.path
    if found := {*path.split("/")} & {".", ".."}:
        problem = f"the path has the segment {min(found)!r}, which clients remove"
        raise operation.document.error(operation.item_where, problem)
    main = find_main_response(operation)
    response = Translator(operation.document, unsent="writeOnly")
    schemas = {"response": response.whole(main.media.get("schema", {}), f"{main.where}/schema")}
    translators = {"response": response}
    others = Translator(operation.document, unsent="writeOnly")
    responses, by_status = read_responses(operation, main, others)
    if by_status is not None:
        schemas["responses"], translators["responses"] = by_status, others
    query = translators["query"] = Translator(operation.document, is_text=True)
    parameters, schemas["query"], places = read_parameters(operation, query)
    if (sent := find_body(operation)) is not None:
        body = translators["body"] = Translator(operation.document, unsent="readOnly")
        schemas["body"] = body.whole(sent.schema, f"{sent.where}/schema")
        for at, other in sent.others.items():
            body.gaps.append(("", at, f"requests with a body of {other}"))
        if operation.method == "post":
            sent.entry.update(_describe_search(operation, body, response, schemas))
        elif texts := describe_fields(operation.document, body):
            sent.entry["descriptions"] = texts
        replaces = read_replacing(str(operation.content.get("description", "")))
        if operation.method == "put" and replaces is not None:
            sent.entry["replaces"] = replaces
    examples, misfits = _read_examples(operation.document, main, schemas["response"])
    unchecked = (*misfits, *list_files(operation), *list_unread(operation))
    response.gaps.extend(("", at, text) for at, text in unchecked)
    content: dict[str, Any] = {
        "format": 1,
        "title": _read_title(operation)[1],
        "method": operation.method.upper(),
        "path": path,
        "server": _server(operation),
        "security": [],
        "parameters": parameters,
        "response": {"status": main.status, "content_type": main.media_type, "examples": examples},
        **({"responses": responses} if responses else {}),
        **({"body": sent.entry} if sent and sent.entry else {}),
    }
    files: dict[str, Any] = {
        f"{name}.schema.json": {"$schema": DRAFT, **s} for name, s in schemas.items()
    }
    content |= _infer_parts(operation, schemas, translators, places, parameters)
    _forget_objects(content)
    return encode_files({**files, "operation.json": content})


def list_servers(operation: OpenApiOperation) -> list[tuple[str, str]]:
    """Return the URL of each server and its place: variables filled in, no slash at the end."""
    holders = (
        (operation.content, operation.where),
        (operation.path_item, operation.item_where),
        (operation.document.content, ""),
    )
    stated = ((list_of(holder.get("servers")), f"{at}/servers") for holder, at in holders)
    listed, where = next((e for e in stated if e[0] and isinstance(e[0][0], Mapping)), ([], ""))
    found = ((each, f"{where}/{n}") for n, each in enumerate(listed) if isinstance(each, Mapping))
    return [(_write_url(each), at) for each, at in found]


def _write_url(server: Mapping[str, Any]) -> str:
    url = str(server.get("url") or "")
    for name, each in mapping_of(server.get("variables")).items():
        if isinstance(each, Mapping):
            url = url.replace(f"{{{name}}}", str(each.get("default", "")))
    return re.split("[?#]", url)[0].strip().rstrip("/")


def _server(operation: OpenApiOperation) -> str:
    return next((url for url, _ in list_servers(operation) if is_server(url)), "")


def _read_examples(
    document: OpenApi, main: MainResponse, schema: Mapping[str, Any]
) -> tuple[list[Any], list[tuple[str, str]]]:
    """Return the examples that fit a schema, and pointer and text of a gap for others."""
    if not is_json(main.media_type):
        problem = main.media_type and find_content_problem(document, main.media_type, main.media)
        return [], [(main.where, problem)] if problem else []
    answer, where = main.media, main.where
    stated = [(answer["example"], f"{where}/example")] if "example" in answer else []
    named = mapping_of(answer.get("examples"))
    for name, each in named.items() if not stated else ():
        if isinstance(each, Mapping) and "value" in each:
            stated.append((each["value"], f"{where}{pointer(['examples', name])}"))
    fitting, problems = [], []
    for body, at in stated:
        found = validate(schema, body)
        wrong = [f"{v.pointer} {v.documented}; found {v.observed}" for v in found.violations]
        wrong += [f"{each.pointer} is not documented" for each in found.undocumented]
        if wrong:
            problems.append((at, f"an example does not fit its schema: {wrong[0].strip()}"))
        else:
            fitting.append(body)
    return fitting, problems


def _forget_objects(content: Mapping[str, Any]) -> None:
    """Remove the roles of path parameters that are arrays or objects: no field repeats them."""
    for each in content["parameters"]:
        kinds = {*list_types(each.get("schema", {}))}
        if each["in"] == "path" and kinds & {"array", "object"}:
            content["roles"].get("path", {}).pop(each["name"], None)


def _read_title(operation: OpenApiOperation) -> tuple[str, str]:
    """Return the keyword that gives an operation's title, and the title.

    It is the summary, else the first sentence of the description if it is short, else the name.
    """
    content = operation.content
    whole = unescape(_TAGS.sub("", str(content.get("description", ""))))
    sentence = " ".join(re.split(r"(?<=[.!?])\s|\n\s*\n", whole.strip(), maxsplit=1)[0].split())
    if content.get("summary") or not 0 < len(sentence) <= LONGEST_TITLE:
        return "summary", str(content.get("summary") or operation.name)
    return "description", sentence


def _infer_parts(
    operation: OpenApiOperation,
    schemas: Mapping[str, Any],
    translators: Mapping[str, Translator],
    places: Iterable[str],
    parameters: Collection[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the parts of operation.json that docpact infers from a foreign document."""
    document, path = operation.document, operation.address.path
    security = read_security(operation, _server(operation))
    top = {
        "/method": operation.where,
        "/path": operation.where,
        "/title": f"{operation.where}/{_read_title(operation)[0]}",
    }
    top |= {f"/security/{number}": security.where for number in range(len(security.entries))}
    top |= {f"/parameters/{n}": at for n, at in enumerate(places)}
    stated = {name: each.origins for name, each in translators.items()} | {"operation": top}
    links, others = read_links(operation)
    missing = [(name, *gap) for name, each in translators.items() for gap in each.gaps]
    missing += _list_missing(operation, security, parameters)
    unread = dict.fromkeys((*list_unread_fields(operation), *others))
    missing += [("operation", "", *each) for each in unread]
    gaps = [_describe_gap(document, *each) for each in missing]
    templates = (read_address(each).path for each in document.content["paths"])
    preferred = find_preferred(path, templates)
    return {
        "security": security.entries,
        **({"security_alternatives": security.alternatives} if security.alternatives else {}),
        "roles": _infer_roles(operation, schemas, translators["response"], parameters),
        "inferred": security.inferred,
        **({"gaps": gaps} if gaps else {}),
        **({"preferred_paths": list(preferred)} if preferred else {}),
        **({"links": links} if links else {}),
        **describe_origins(document, stated),
    }


def _list_missing(
    operation: OpenApiOperation, security: Security, parameters: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[str, str, str, str]]:
    """Yield file, pointer, place and text of each gap of the operation itself."""
    optional = {
        each["name"]: each.get("description", "")
        for each in parameters
        if each["in"] == "query" and not each.get("required")
    }
    if needs := list_needs(str(operation.content.get("description", "")), optional):
        text = f"which of {' and '.join(needs)} a request needs"
        yield "operation", OPEN_REQUEST, operation.where, text
    for where, text in security.gaps:
        yield "operation", where, security.where, text
    for url, at in list_servers(operation):
        if not is_server(url):
            yield "operation", "/server", at, f"{url}: not a URL of a server"


def _describe_gap(document: OpenApi, name: str, where: str, at: str, text: str) -> dict[str, Any]:
    place = document.find_place(at)
    line = {"line": place.line[0]} if place.line else {}
    return {"document": name, "pointer": where, "said": text, "place": place.text, **line}


def _infer_roles(
    operation: OpenApiOperation,
    schemas: Mapping[str, Any],
    response: Translator,
    parameters: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the roles of an operation; descriptions say more about totals and tokens."""
    is_list = is_json(find_main_response(operation).media_type)
    shown = schemas["response"] if is_list else {}
    about = "\n\n".join(str(operation.content.get(n, "")) for n in ("summary", "description"))
    said = {e["name"]: e.get("description", "") for e in parameters if e["in"] == "query"}
    texts, path = Texts(about, said), operation.address.path
    found = roles(path, schemas["query"], shown, texts, sent=schemas.get("body"))
    ids = found.get("last_id_parameter", {}).get("value", "")
    named = {name.lower() for each in list_responses(operation) for name in each.headers}
    if any(name.endswith(f"-{ids.lower()}") for name in named - {"retry-after"} if ids):
        del found["last_id_parameter"]  # a header has its value for the next page
    for role, read in (("total", read_total), ("count", read_total), ("next_token", read_next)):
        if role in found:
            where = found[role]["value"]
            stated = [*list_descriptions(operation.document, response, where)]
            found[role] |= read(stated)
            if role == "total" and any(map(is_estimate, stated)):
                del found[role]
    if "items" in found:
        where = found["items"]["value"]
        if ties := find_ties(operation.document, response, shown, where):
            found["only_when"] = ties
    return found


def _describe_search(
    operation: OpenApiOperation, body: Translator, response: Translator, schemas: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the descriptions of a body's fields, and the exact total that responses state."""
    texts = describe_fields(operation.document, body)
    found = roles(operation.address.path, schemas["body"], schemas["response"])
    is_paged = any(role in found for role in ("offset_parameter", "page_parameter"))
    where = found["total"]["value"] if is_paged and "total" in found else ""
    stated = read_total(list_descriptions(operation.document, response, where)) if where else {}
    total = {"total": where, "counts": stated["counts"]} if stated else {}
    return ({"descriptions": texts} if texts else {}) | total


def describe_origins(
    document: OpenApi, stated: Mapping[str, Mapping[str, str]]
) -> dict[str, Mapping[str, Any]]:
    """Return `origins`, `provenance` and `lines` of operation.json."""
    lines: dict[int | str, str] = {}
    origins: dict[str, Mapping[str, str]] = {}
    provenance: dict[str, dict[str, int | str]] = {}
    for name, table in stated.items():
        places = {where: document.find_place(at) for where, at in table.items()}
        origins[name], provenance[name] = _shorten(places), {}
        for where, place in places.items():
            if place.line is not None:
                number, lines[number] = _name_line(document, place), place.line[1]
                provenance[name][where] = number
    return {
        "origins": origins,
        "provenance": provenance,
        "lines": {str(number): lines[number] for number in sorted(lines, key=str)},
    }


def _name_line(document: OpenApi, place: FilePlace) -> int | str:
    """Return the number of a line; with the name of the file before it, if it is not the first."""
    number = place.line[0] if place.line else 0
    file = place.text.partition("#")[0]
    return number if file == document.file_name else f"{file}:{number}"


def _shorten(places: Mapping[str, FilePlace]) -> dict[str, str]:
    """Return the text of places, but not those that follow from the place of a part around."""
    found: dict[str, str] = {}
    for where in sorted(places, key=len):
        if find_by_prefix(found, where) != places[where].text:
            found[where] = places[where].text
    return found


def find_operations(content: Any, name: str) -> list[Found]:
    """Return the operations of a decoded document."""
    title = str(resolve(content, "/info/title", ""))
    return [
        Found(each.name, each.method_and_path, partial(capture_operation, each), title)
        for each in list_operations(content, name)
    ]


def find_operation(content: Any, operation_id: str, name: str) -> OpenApiOperation:
    """Return the operation with an `operationId`, or with a method and path as in `GET /path`."""
    return choose(list_operations(content, name), operation_id, name)
