"""The tree that counting gave, held against an example body: the second witness of nesting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from docpact.capture.example import Body
from docpact.capture.outline import Node
from docpact.errors import PageError
from docpact.validation import violations


def confirm(nodes: Sequence[Node], schema: Mapping[str, Any], body: Body, end: int) -> None:
    """Raise unless an example body shows the same tree.

    An example may leave optional fields out; but one that also has a field too many shows that the
    fields were counted wrongly.

    Args:
        nodes: the fields of the section Returns.
        schema: that was made of them.
        body: the example.
        end: the line that ends the section.

    Raises:
        PageError: a field of the example is not in the tree, or the other way round; or a value
            does not fit its type.
    """
    _confirm(nodes, body.value, "", body, end)
    for violation in violations(schema, body.value):
        problem = f"{violation.pointer or 'it'}: {violation.documented}"
        raise PageError(
            body.line, f"the example body does not fit: {problem}; found {violation.observed}"
        )


def _confirm(nodes: Sequence[Node], value: Any, where: str, body: Body, end: int) -> None:
    if isinstance(value, list):
        for item in value:
            _confirm(nodes, item, where, body, end)
    elif isinstance(value, dict):
        _confirm_names(nodes, value, where, body, end)
        for node in nodes:
            if node.children and node.name in value:
                _confirm(node.children, value[node.name], f"{where}/{node.name}", body, end)


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
