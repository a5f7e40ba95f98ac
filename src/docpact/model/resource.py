"""The resource: the operations that create, read, list, change and delete one kind of thing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from docpact.model.operation import Operation
from docpact.model.path import without_names


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """The operations on the things that an operation creates.

    Attributes:
        read: returns one thing, or None.
        listing: lists them, or None.
        put: replaces one thing, or None.
        patch: changes some fields of one thing, or None.
        delete: removes one thing, or None.
    """

    read: Operation | None = None
    listing: Operation | None = None
    put: Operation | None = None
    patch: Operation | None = None
    delete: Operation | None = None

    def item_operations(self) -> Iterator[Operation]:
        """Yield the operations on one thing."""
        yield from filter(None, (self.delete, self.read, self.put, self.patch))


def with_resources(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Return operations, each that creates things with the operations on them.

    `POST /pets` creates what `/pets/{id}` names.
    """
    known = {(each.method, without_names(each.path)): each for each in operations}
    return tuple(
        replace(each, resource=_find_resource(each, known)) if each.method == "POST" else each
        for each in operations
    )


def _find_resource(create: Operation, known: dict[tuple[str, str], Operation]) -> Resource | None:
    path = without_names(create.path)
    item = f"{path}/{{}}"
    listing = known.get(("GET", path))
    found = Resource(
        read=known.get(("GET", item)),
        listing=listing if listing is not None and listing.roles.is_list else None,
        put=known.get(("PUT", item)),
        patch=known.get(("PATCH", item)),
        delete=known.get(("DELETE", item)),
    )
    return found if create.body_schema is not None and any(found.item_operations()) else None
