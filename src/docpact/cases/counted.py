"""The lists whose items something else counts: an operation, or a field of the thing above them."""

from __future__ import annotations

from typing import Final

from docpact.model import Operation
from docpact.model.paging import plain
from docpact.model.path import last_segment, make_singular, name_counted, without_names
from docpact.model.pointer import Tokens
from docpact.model.schema import find_types, list_nested_fields

_FORMS: Final = "{one}count {many}count num{many} n{many} numberof{many} total{many} {many}"
"""Names, without separators, of the fields of a thing that count others below it."""

_DEPTH: Final = 2


def find_counted(operation: Operation) -> str | None:
    """Return the path of the list whose items an operation counts, its parameters empty."""
    return None if operation.roles.count is None else name_counted(operation.path)


def find_counting(operation: Operation, parents: Operation) -> Tokens | None:
    """Return the field of the things above a list that counts its items, or None.

    It is `comment_count` of `/posts` for the list `/posts/{id}/comments`.
    """
    above, many = without_names(parents.path), last_segment(operation.path)
    is_below = without_names(operation.path) == f"{above}/{{}}/{many}"
    names = _FORMS.format(one=plain(make_singular(many)), many=plain(many)).split()
    found = [
        path
        for path, schema in list_nested_fields(parents.item_schema, _DEPTH)
        if plain(str(path[-1])) in names and find_types(schema) - {"null"} == {"integer"}
    ]
    return found[0] if is_below and operation.roles.is_list and len(found) == 1 else None
