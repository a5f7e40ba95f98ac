"""The roles of a list operation, inferred from names and types."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from docpact.capture.outline import Node
from docpact.capture.signature import Array, Enum, Object, Scalar

NEXT_TOKENS: Final = ("next_page_token", "next_token", "next_cursor")
TOKEN_PARAMETERS: Final = ("page_token", "token", "cursor", "after")
SIZE_PARAMETERS: Final = ("page_size", "limit", "per_page", "size")
TOTALS: Final = ("total_size", "total_count", "total")

_STRING: Final = Scalar("string")


def roles(query: Sequence[Node], returns: Sequence[Node]) -> dict[str, Any]:
    """Return role → value and why it was inferred, or the line that says it.

    Pointers of `items`, `next_token` and `total` point into the body, those of `id` and of the
    filters into an item. An operation that returns no list of objects has none.
    """
    lists = [node for node in returns if _is_list(node)]
    if len(lists) != 1:
        return {}
    items = lists[0]
    found = {"items": _inferred(f"/{items.name}", "the only array of objects in the body")}
    if any(child.name == "id" and child.signature.required for child in items.children):
        found["id"] = _inferred("/id", "an item's required field of that name")
    found |= _paging(query, returns)
    filters = {node.name: role for node in query if (role := _filter(node, items.children))}
    return found | ({"filters": filters} if filters else {})


def _paging(query: Sequence[Node], returns: Sequence[Node]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    token = _named(returns, NEXT_TOKENS, "string")
    parameter = _named(query, TOKEN_PARAMETERS, "string")
    if token and parameter:
        said = next((line for line in token.prose if _names(line.text, parameter.name)), None)
        found["next_token"] = _inferred(f"/{token.name}", "the name of the field")
        found["token_parameter"] = (
            {"value": parameter.name, "line": said.number}
            if said
            else _inferred(parameter.name, "the name of the parameter")
        )
    if size := _named(query, SIZE_PARAMETERS, "number"):
        found["size_parameter"] = _inferred(size.name, "the name of the parameter")
    if total := _named(returns, TOTALS, "number"):
        found["total"] = _inferred(f"/{total.name}", "the name of the field")
    return found


def _filter(parameter: Node, fields: Sequence[Node]) -> dict[str, Any] | None:
    """Return which field of an item a parameter selects by, if it is one."""
    kind = parameter.signature.type
    names = {field.name: field for field in fields}
    same = names.get(parameter.name)
    if same is not None and isinstance(kind, Scalar | Enum):
        return _inferred(f"/{same.name}", "the item's field of the same name")
    several = re.fullmatch(r"\w+_ids|ids", parameter.name)
    if several and kind == Array(_STRING):
        singular = parameter.name.removesuffix("s")
        field = singular if singular in names else "id"
        if field in names:
            return _inferred(f"/{field}", "a list of ids")
    return None


def _is_list(node: Node) -> bool:
    kind = node.signature.type
    return isinstance(kind, Array) and isinstance(kind.of, Object)


def _named(nodes: Sequence[Node], names: Sequence[str], kind: str) -> Node | None:
    found = {node.name: node for node in nodes if node.signature.type == Scalar(kind)}
    return next((found[name] for name in names if name in found), None)


def _names(text: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", text) is not None


def _inferred(value: str, why: str) -> dict[str, Any]:
    return {"value": value, "inferred": why}
