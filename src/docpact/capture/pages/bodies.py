"""The schema of a request body, and how a form writes its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from docpact.bodies.validate import violations
from docpact.capture.contract import Document, has_encoding, schema_document
from docpact.capture.layout.constraints import Constraint
from docpact.capture.layout.lines import PageGap
from docpact.capture.layout.signature import Array, Enum, Scalar
from docpact.capture.layout.tree import Node
from docpact.capture.pages.readings import Reading
from docpact.capture.requests.forms import Form
from docpact.media_types import FORMS, MULTIPART
from docpact.model.operation import OPEN_REQUEST


def make_body(reading: Reading) -> Document | None:
    """Return the schema of the request body; None if the page states none, or only a file."""
    section, form = reading.page.section("body"), reading.curl.form
    if section is None or (form is not None and not form.fields):
        return None
    nodes = reading.nodes("body")
    if form is not None:
        return _make_form(reading, nodes, form)
    if _is_whole(reading, nodes):
        whole = replace(nodes[0].signature, name="", required=True)
        nodes = (replace(nodes[0], signature=whole),)
    document = schema_document(nodes, section.heading, nullable=False, named=reading.named)
    sent = reading.curl.body
    found = [] if sent is None else list(violations(document.content, sent.value))
    if sent is not None and found:
        where = found[0].pointer or "it"
        text = f"the body of the curl example does not fit: {where}: {found[0].documented}"
        document.gaps.append(PageGap("", sent.line, text))
    return document


def _is_whole(reading: Reading, nodes: Sequence[Node]) -> bool:
    """Return whether the only field, `body`, is the body itself, by its example or its type."""
    if [node.name for node in nodes] != ["body"]:
        return False
    sent = reading.curl.body
    if sent is not None:
        return not (isinstance(sent.value, dict) and "body" in sent.value)
    return not isinstance(nodes[0].signature.type, Scalar | Enum)


def describe_body(reading: Reading) -> Mapping[str, Any]:
    """Return media type and encodings of a body that is not plain JSON, as in operation.json."""
    form = reading.curl.form
    if form is None or form.media_type not in FORMS or make_body(reading) is None:
        return {"content_type": reading.page.sent} if reading.page.sent else {}
    encoding = {
        node.name: {"style": "deepObject", "explode": True}
        for node in reading.nodes("body")
        if _find_style(node, form) == "deepObject"
    }
    stated = {"content_type": form.media_type}
    return {**stated, **({"encoding": encoding} if encoding else {})}


def _make_form(reading: Reading, nodes: Sequence[Node], form: Form) -> Document:
    """Return the schema of a form; fields whose encoding the page does not show are gaps."""
    styles = {node.name: _find_style(node, form) for node in nodes}
    kept = [_write_field(node, styles[node.name]) for node in nodes if styles[node.name]]
    heading = reading.page.heading("body")
    document = schema_document(kept, heading, nullable=False, named=reading.named)
    for node in nodes:
        if not styles[node.name]:
            text = f"how a form contains {node.name}, an object or an array"
            where = OPEN_REQUEST if node.signature.required else ""
            document.gaps.append(PageGap(where, node.signature.line, text))
    document.gaps.extend(_list_unstated(nodes, form))
    return document


def _write_field(node: Node, style: str) -> Node:
    """Return a field as a form contains it: a file, or an array with its name on the wire."""
    if style == "binary":
        signature = replace(node.signature, type=Scalar("string"))
        return Node(signature, (Constraint(signature.line, "format", "binary"),), node.prose)
    name = f"{node.name}[]" if style == "[]" else node.name
    return replace(node, signature=replace(node.signature, name=name))


def _find_style(node: Node, form: Form) -> str:
    """Return how a form writes a field: plain, binary, `[]`, as a deep object, or "" if unknown."""
    sent = [(name, value) for _, name, value in form.fields if _holder(name) == node.name]
    ends = [name.removeprefix(node.name) for name, _ in sent]
    if form.media_type == MULTIPART and any(value.startswith("@") for _, value in sent):
        return "binary"
    is_list = isinstance(node.signature.type, Array)
    if not has_encoding(node):
        is_deep = ends and all(end.count("[") == 1 and not end[1:-1].isdecimal() for end in ends)
        return "deepObject" if is_deep and "[]" not in ends and not is_list else ""
    if not is_list:
        return "plain"
    return "[]" if {*ends} == {"[]"} else "plain" if len(ends) > 1 and not any(ends) else ""


def _holder(name: str) -> str:
    return name.partition("[")[0]


def _list_unstated(nodes: Sequence[Node], form: Form) -> Iterator[PageGap]:
    """Yield a gap for each field that only the command sends."""
    known = {node.name for node in nodes}
    lines = {_holder(name): line for line, name, _ in form.fields if name not in known}
    for name, line in lines.items():
        if name not in known:
            yield PageGap("", line, f"the field {name}, which only the curl example sends")
