"""The operations on the things that another operation creates, found by methods and paths."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from typing import Final

from docpact.model.documented import replaces
from docpact.model.operation import Operation, Resource
from docpact.model.path import snake_case, without_names

_UPDATES: Final = frozenset({"update", "updates", "change", "changes", "modify", "edit"})
"""Words of operations that change a thing."""


def with_resources(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Return operations, each that creates things with the operations on them.

    `POST /pets` creates what `/pets/{id}` names, unless it returns a list, as a search does.
    Without a POST, `PUT /pets/{id}` may.
    """
    known = {(each.method, without_names(each.path)): each for each in operations}
    return tuple(
        replace(each, resource=_find_resource(each, known)) if _may_create(each, known) else each
        for each in operations
    )


def _may_create(operation: Operation, known: Container[tuple[str, str]]) -> bool:
    is_only = ("POST", without_names(operation.collection)) not in known
    is_named = operation.method == "PUT" and operation.last_parameter is not None
    return operation.method == "POST" or (is_named and is_only)


def updates_thing(operation: Operation) -> bool:
    """Return whether a POST changes the thing that its path names, by its title or id."""
    words = {*snake_case(f"{operation.title} {operation.id.rpartition('/')[2]}").split("_")}
    is_named = operation.method == "POST" and operation.last_parameter is not None
    return is_named and operation.takes_values and not words.isdisjoint(_UPDATES)


def _find_resource(create: Operation, known: dict[tuple[str, str], Operation]) -> Resource | None:
    path = without_names(create.collection)
    item = f"{path}/{{}}"
    read, put, patch, delete = (known.get((m, item)) for m in ("GET", "PUT", "PATCH", "DELETE"))
    put, patch = (each if each and each.takes_values else None for each in (put, patch))
    if put and not patch and not replaces(put.method, put.title):
        put, patch = None, put
    post = known.get(("POST", item))
    if not (put or patch) and post and updates_thing(post):
        patch = post
    listing = known.get(("GET", path))
    listing = listing if listing and listing.roles.is_list else None
    found = Resource(read=read, listing=listing, put=put, patch=patch, delete=delete)
    creates = create.takes_values and not create.roles.is_list
    return found if creates and any(found.item_operations()) else None
