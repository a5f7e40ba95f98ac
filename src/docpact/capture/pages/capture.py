"""Capture: turns a documentation page into the files of a contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from docpact.capture.batch import encode_files
from docpact.capture.contract import Document, list_sent, schema_document
from docpact.capture.layout.lines import PageGap
from docpact.capture.layout.signature import Scalar, Signature
from docpact.capture.layout.tree import Node, is_consistent
from docpact.capture.pages.bodies import describe_body, make_body
from docpact.capture.pages.gaps import list_misfits, list_page_gaps, make_response
from docpact.capture.pages.parts import split_page
from docpact.capture.pages.readings import NearError, Reading, readings
from docpact.capture.requests.curl import PLAIN_HEADERS, Constant, Curl, Security, check_token
from docpact.capture.roles.inference import Texts, roles
from docpact.errors import PageError
from docpact.model.documented import LOCATIONS
from docpact.model.operation import OPEN_REQUEST
from docpact.model.path import names
from docpact.model.pointer import pointer
from docpact.model.traversal import map_schema

__all__ = ["capture", "capture_both", "capture_part"]

ALTERNATIVES: Final = "security_alternatives"
"""The key of operation.json with the credentials that a request may carry instead."""


def capture(text: str) -> Mapping[str, str]:
    """Return the files of a contract for a documentation page.

    The page is laid out as Stainless lays it out, copied as text or as Markdown.

    Returns:
        file name → text of `operation.json`, `query.schema.json`, `response.schema.json`, and of
        `body.schema.json` where the operation takes a body.

    Raises:
        PageError: the page cannot be understood, or documents several operations; the error names
            the line and the expected text.
    """
    parts = split_page(text)
    if len(parts) > 1:
        choose = f"choose one, for example with --operation {parts[0].name!r}"
        raise PageError(parts[1].line, f"{len(parts)} operations, this is the second; {choose}")
    return capture_part(text)


def capture_part(text: str, outside: PageGap | None = None) -> Mapping[str, str]:
    """Return the files of a contract for a page about one operation.

    The gap of a line outside of the text, which may be about the operation, is added.
    """
    fitting = _confirm(text)
    if len(fitting) > 1:
        line = fitting[0].page.heading("returns").number
        problem = (
            "the fields can be nested in two ways; capture the Markdown layout of the page as well"
        )
        raise PageError(line, problem)
    unused = (*fitting[0].unused, *filter(None, [outside]))
    return _files(replace(fitting[0], unused=unused))


def capture_both(text: str, markdown: str) -> Mapping[str, str]:
    """Return the files of a contract for the two layouts of one page.

    The text shows limits and formats, and Markdown the nesting. If the text can be nested in
    several ways, Markdown decides.

    Raises:
        PageError: a page cannot be understood, or no nesting of the text is the one in the
        Markdown.
    """
    (nested,) = _confirm(markdown)
    fitting = _confirm(text)
    same = [each for each in fitting if _skeletons(each) == _skeletons(nested)]
    if len(fitting) > 1 and len(same) != 1:
        line = fitting[0].page.heading("returns").number
        raise PageError(
            line, "the fields can be nested in several ways, none of them as in Markdown"
        )
    return _files((same or fitting)[0])


def _confirm(text: str) -> list[Reading]:
    """Return the readings of a page that fit its examples.

    An example that only breaks a limit, or lacks a field that may be null, becomes a gap. The
    Markdown layout shows the nesting, so there any example that does not fit does.
    """
    problem: PageError | None = None
    fitting, near = [], []
    for reading in readings(text):
        misfits = [error for _, error in list_misfits(reading)]
        others = [each for each in misfits if not isinstance(each, NearError)]
        if not misfits or reading.page.markdown:
            fitting.append(reading)
        elif not others:
            near.append(reading)
        else:
            problem = problem or others[0]
    fitting = fitting or near
    if problem is not None and not fitting:
        raise problem
    ordered = [each for each in fitting if all(map(_is_ordered, each.sections.values()))]
    consistent = [each for each in ordered or fitting if is_consistent(each.sections)]
    return consistent or ordered or fitting


def _is_ordered(nodes: Sequence[Node]) -> bool:
    """Return whether no object has a required field behind an optional one, as Stainless prints."""
    required = [node.signature.required for node in nodes if node.name]
    return required == sorted(required, reverse=True) and all(
        _is_ordered(node.children) and _is_ordered(node.members) for node in nodes
    )


def _skeletons(reading: Reading) -> Sequence[Any]:
    """Return the part of the schemas that both layouts show: nesting, types and values."""
    body = make_body(reading)
    schemas = [make_response(reading).content, body.content if body else None]
    schemas += [_parameters(reading, kind).content for kind in LOCATIONS]

    def keep_common(schema: Any) -> Any:
        return {name: value for name, value in schema.items() if name in _IN_BOTH_LAYOUTS}

    return [schema and map_schema(keep_common, schema) for schema in schemas]


_IN_BOTH_LAYOUTS: Final = frozenset(
    {"type", "properties", "required", "items", "anyOf", "enum", "const", "$ref", "$defs"}
    | {"additionalProperties"}
)


def _parameters(reading: Reading, kind: str) -> Document:
    """Return the schema of the parameters of one kind, with gaps for those left out."""
    nodes = [node for node in reading.nodes(kind) if not _is_sent_apart(reading, kind, node)]
    heading = reading.page.heading(kind)
    for node in nodes if kind in ("header", "cookie") else ():
        check_token(node.signature.line, kind, node.name)
    sent = {node.name: [*list_sent(node, kind, reading.text)] for node in nodes}
    kept = [each for found in sent.values() for each in found]
    document = schema_document(kept, heading, nullable=False, named=reading.named)
    for node in nodes:
        lines = {each.signature.line for each in sent[node.name]}
        if not lines:
            text = f"how a {kind} encodes {node.name}, an object or an array in an array"
            document.gaps.append(PageGap("", node.signature.line, text))
        for each in node.children if lines and node.signature.line not in lines else ():
            if each.signature.line not in lines:
                text = f"how a {kind} encodes {each.name} of {node.name}"
                document.gaps.append(PageGap("", each.signature.line, text))
    return document


def _is_sent_apart(reading: Reading, kind: str, node: Node) -> bool:
    """Return whether a parameter carries the credential, or is a header of HTTP itself."""
    name = node.name.lower()
    is_plain = kind == "header" and name in PLAIN_HEADERS
    return is_plain or (kind, name) in {each.place for _, each in _list_security(reading.curl)}


def _files(reading: Reading) -> Mapping[str, str]:
    reading = _fit_path(reading)
    page, asked = reading.page, {str(kind): _parameters(reading, kind) for kind in LOCATIONS}
    response, body = make_response(reading), make_body(reading)
    documents = {"query": asked["query"], "response": response}
    documents |= {"body": body} if body is not None else {}
    operation = _operation(reading, asked)
    content = operation.content
    texts = Texts(body={node.name: node.prose for node in reading.nodes("returns")})
    sent = body.content if body else None
    content["roles"] = roles(page.path, asked["query"].content, response.content, texts, sent=sent)
    content["inferred"] = _infer_values(reading)
    gaps = list(_gaps(reading, documents, asked))
    content |= {"gaps": gaps} if gaps else {}
    content["provenance"] = {
        "operation": operation.provenance,
        **{name: document.provenance for name, document in documents.items()},
    }
    content["lines"] = _quote_lines(reading.text, content["provenance"])
    files = {"operation.json": content}
    files |= {f"{name}.schema.json": document.content for name, document in documents.items()}
    return encode_files(files)


def _gaps(
    reading: Reading, documents: Mapping[str, Document], asked: Mapping[str, Document]
) -> Iterator[Mapping[str, Any]]:
    """Yield the gaps of a page as operation.json lists them."""
    found = [(name, gap) for name, document in documents.items() for gap in document.gaps]
    found += [
        ("operation", gap) for kind in LOCATIONS if kind != "query" for gap in asked[kind].gaps
    ]
    found += [("operation", gap) for gap in reading.curl.gaps]
    found += [("response", gap) for gap in list_page_gaps(reading)]
    for document, gap in found:
        name = "operation" if gap.pointer == OPEN_REQUEST else document
        yield {"document": name, "pointer": gap.pointer, "said": gap.text, "line": gap.line}


def _fit_path(reading: Reading) -> Reading:
    """Return a reading with exactly the path parameters that the path names.

    Optional parameters that a page documents in place of one in the path are gaps.
    """
    operation, named = reading.page.operation, names(reading.page.path)
    nodes = reading.nodes("path")
    strays = [node for node in nodes if node.name not in named]
    missing = [name for name in named if name not in {node.name for node in nodes}]
    if missing and strays and not any(node.signature.required for node in strays):
        types = [
            Signature(operation.number, name, required=True, type=Scalar("string"))
            for name in missing
        ]
        kept = [node for node in nodes if node.name in named] + [Node(each) for each in types]

        text = "how the path contains"
        unused = [PageGap("", each.signature.line, f"{text} {each.name}") for each in strays]
        sections = {**reading.sections, "path": tuple(kept)}
        return replace(reading, sections=sections, unused=(*reading.unused, *unused))
    for node in strays:
        problem = f"the path {reading.page.path!r} has no parameter {node.name!r}"
        raise PageError(node.signature.line, problem)
    if missing:
        problem = f"expected a section 'Path Parameters' with {min(missing)!r}"
        raise PageError(operation.number, problem)
    return reading


def _infer_values(reading: Reading) -> dict[str, str]:
    found = {
        f"{at}/variable": "the example names no environment variable"
        for at, each in _list_security(reading.curl)
        if not each.is_named
    }
    if not _status(reading):
        text = "the page prints no status; an answer with a body usually has 200"
        found["/response/status"] = text
    if reading.has_body and not reading.page.answer[1]:
        found["/response/content_type"] = "the example bodies are JSON"
    return found


def _status(reading: Reading) -> int | None:
    """Return the status in a heading or in the label of the example body, or None."""
    printed = next((body.status for body in reading.bodies), None)
    return reading.page.answer[0] or printed or next(iter(reading.page.successes), None)


def _operation(reading: Reading, asked: Mapping[str, Document]) -> Document:
    page, curl = reading.page, reading.curl
    misfits = [body for body, _ in list_misfits(reading)]
    bodies = [body for body in reading.bodies if body not in misfits]
    has_body = reading.has_body
    line = page.operation.number
    status, media_type = _status(reading) or 200, page.answer[1] or "application/json"
    where = {"/title": page.title.number, "/method": line, "/path": line, "/server": curl.line}
    where |= {at: each.line for at, each in _list_security(curl)}
    parameters: list[dict[str, Any]] = []
    for location in LOCATIONS:
        document = asked[location]
        for name, schema in document.content["properties"].items():
            at = f"/parameters/{len(parameters)}"
            required = location == "path" or name in document.content.get("required", ())
            parameter = {"name": name, "in": location, "required": required}
            parameters.append(parameter | ({} if location == "query" else {"schema": schema}))
            if location != "query":
                where |= _schema_lines(at, name, document)
            where[at] = document.lines[name]
    for constant in curl.constants:
        at = _add_constant(parameters, constant)
        where.setdefault(at, constant.line)
        where[f"{at}/value"] = constant.line
    where |= {f"/response/examples/{n}": body.line for n, body in enumerate(bodies)}
    alternatives = [[each.entry for each in group] for group in curl.alternatives]
    content: dict[str, Any] = {
        "format": 1,
        "title": page.title.text,
        "method": page.method,
        "path": page.path,
        "server": curl.server,
        "security": [each.entry for each in curl.security],
        **({ALTERNATIVES: alternatives} if alternatives else {}),
        "parameters": parameters,
        "response": {
            "status": status,
            "content_type": media_type if has_body else "",
            "examples": [body.value for body in bodies],
        },
    }
    if body := describe_body(reading):
        content["body"] = body
    responses: dict[str, Any] = {str(each): {} for each in page.successes}
    if has_body:
        responses[str(status)] = {"content": [media_type]}
    if not has_body or len(responses) > 1:
        content["responses"] = responses or {"2XX": {}}
    return Document(content, where)


def _list_security(curl: Curl) -> Iterator[tuple[str, Security]]:
    """Yield each credential with its JSON Pointer in operation.json."""
    groups = {"/security": curl.security}
    groups |= {f"/{ALTERNATIVES}/{n}": group for n, group in enumerate(curl.alternatives)}
    for at, group in groups.items():
        yield from ((f"{at}/{number}", each) for number, each in enumerate(group))


def _add_constant(parameters: list[dict[str, Any]], constant: Constant) -> str:
    """Give a header the value that every request sends; return its JSON Pointer."""
    for number, each in enumerate(parameters):
        if each["in"] == "header" and each["name"].lower() == constant.name.lower():
            each["value"] = constant.value
            return f"/parameters/{number}"
    added = {"name": constant.name, "in": "header", "required": False}
    parameters.append({**added, "schema": {"type": "string"}, "value": constant.value})
    return f"/parameters/{len(parameters) - 1}"


def _schema_lines(at: str, name: str, document: Document) -> dict[str, int]:
    """Return the lines of a parameter's schema by their pointers in operation.json."""
    own = pointer(("properties", name))
    return {
        f"{at}/schema{keyword.removeprefix(own)}": line
        for keyword, line in document.provenance.items()
        if keyword.startswith(f"{own}/")
    }


def _quote_lines(text: str, provenance: Mapping[str, Mapping[str, int]]) -> dict[str, str]:
    lines = text.removeprefix("\ufeff").split("\n")
    named = sorted({line for table in provenance.values() for line in table.values()})
    return {str(number): lines[number - 1].strip() for number in named}
