"""The tree that a page was read as, held against an example body: the second witness of nesting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from docpact.bodies.validate import validate
from docpact.capture.example import Body
from docpact.capture.node import Node
from docpact.capture.reading import Reading
from docpact.capture.signature import Array, Map, Type
from docpact.errors import PageError


def confirm(reading: Reading, schema: Mapping[str, Any], body: Body) -> None:
    """Raise unless an example body shows the same tree.

    An example may leave optional fields out; but one that also has a field too many shows that the
    fields were counted wrongly.

    Args:
        reading: of the page.
        schema: of the body, that was made of it.
        body: the example.

    Raises:
        PageError: a field of the example is not in the tree, or the other way round; or a value
            does not fit its type.
    """
    nodes = reading.nodes("returns")
    if nodes[0].name:
        _confirm(nodes, body.value, "", body, reading.page.sections[-1].end)
    found = validate(schema, body.value)
    for violation in found.violations:
        problem = f"{violation.pointer or 'it'}: {violation.documented}"
        raise PageError(
            body.line, f"the example body does not fit: {problem}; found {violation.observed}"
        )
    for extra in found.undocumented:
        problem = f"the example body has {extra.pointer}, which the fields above do not"
        raise PageError(body.line, problem)


def _confirm(nodes: Sequence[Node], value: Any, where: str, body: Body, end: int) -> None:
    if isinstance(value, list):
        for item in value:
            _confirm(nodes, item, where, body, end)
    elif isinstance(value, dict):
        _confirm_names(nodes, value, where, body, end)
        for node in nodes:
            if node.children and node.name in value:
                inner = _held(node.signature.type, value[node.name])
                _confirm(node.children, inner, f"{where}/{node.name}", body, end)


def _held(kind: Type, value: Any) -> Any:
    """Return what the arrays and maps of a type hold in a value, as nested lists."""
    if not isinstance(kind, Array | Map):
        return value
    if isinstance(value, dict):
        value = list(value.values())
    return [_held(kind.of, each) for each in value] if isinstance(value, list) else value


def _confirm_names(
    nodes: Sequence[Node], value: Mapping[str, Any], where: str, body: Body, end: int
) -> None:
    known = {node.name for node in nodes}
    unknown = [name for name in value if name not in known]
    for node in nodes:
        if node.name not in value and (unknown or node.signature.required):
            instead = f", which has {unknown[0]!r} there" if unknown else ""
            problem = f"{where}/{node.name} is not in the example body (line {body.line}){instead}"
            raise PageError(node.signature.line, problem)
    if unknown:
        last = nodes[-1].signature.line if nodes else end
        problem = f"expected a field {unknown[0]!r} by now: the example body (line {body.line}) has"
        raise PageError(last, f"{problem} {where}/{unknown[0]}")
