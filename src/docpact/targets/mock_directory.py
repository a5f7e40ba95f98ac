"""The mocks of an API, found by the paths of their operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final, Generic, TypeVar

from docpact.apis import find_operation
from docpact.cases.names import find_text
from docpact.cases.path_values import collection, find_counted, list_documented_texts
from docpact.errors import UsageError
from docpact.model import Api, Operation
from docpact.model.path import without_names
from docpact.model.pointer import resolve
from docpact.targets.mock import MockApi

LINKED: Final = 20
"""Maximum number of items of an operation whose links are followed."""

M = TypeVar("M", bound=MockApi)


class _Named(dict[str, M]):
    """Id of an operation → its mock; a missing one is looked up in the API."""

    def __init__(self, api: Api) -> None:
        super().__init__()
        self._api = api

    def __missing__(self, name: str) -> M:
        found = find_operation(self._api, name).id
        if found not in self:
            raise UsageError(f"{found} has no mock: no response can be made for it")
        return self[found]


class Directory(Generic[M]):
    """Finds the mocks that list, read or create the things that a path names.

    Attributes:
        apis: id of an operation, with or without the provider → its mock.
    """

    def __init__(self, api: Api) -> None:
        self.apis = _Named[M](api)
        self._shapes: dict[str | None, list[M]] = {}

    def add(self, mock: M) -> None:
        """Add the mock of an operation."""
        self.apis[mock.operation.id] = mock
        self._shapes.setdefault(without_names(mock.operation.path), []).append(mock)

    def list_alike(self, path: str | None) -> Sequence[M]:
        """Return the mocks of the operations with a path; its parameters have no names."""
        return self._shapes.get(path, ())

    def list_methods(self, path: str | None, query: Mapping[str, str]) -> dict[str, M]:
        """Return method → mock of a path; a query such as `action=list` may choose from several."""

        def count_chosen(mock: M) -> int:
            listed = {p.name: p.schema.get("enum", ()) for p in mock.operation.query_parameters}
            fixed = {name: values for name, values in listed.items() if len(values) == 1}
            found = sum(query.get(name) in values for name, values in fixed.items())
            return found if found == len(fixed) else -1

        alike = self.list_alike(path)
        return {e.operation.method: e for e in sorted(alike, key=count_chosen)}

    def find_listing(self, operation: Operation, name: str) -> M | None:
        """Return the mock of the list whose items a path parameter names, or None."""
        above = collection(operation, name)
        parameter = next(p for p in operation.path_parameters if p.name == name)
        for each in self._shapes.get(above, ()):
            listing = each.operation
            if (
                listing.roles.is_list
                and listing.method == "GET"
                and any(find_text(item, parameter, listing) for item in each.items)
            ):
                return each
        return None

    def find_counted(self, operation: Operation) -> M | None:
        """Return the mock of the list whose items an operation counts, or None."""
        alike = self.list_alike(find_counted(operation))
        lists = (e for e in alike if e.operation.roles.is_list and e.operation.method == "GET")
        return next(lists, None)

    def list_holders(self, operation: Operation, name: str) -> list[M]:
        """Return the mocks of the operations that read, or create, the things that a path names."""
        above = collection(operation, name)
        reading = {e.operation.method: e for e in self._shapes.get(f"{above}/{{}}", ())}
        adding = {e.operation.method: e for e in self._shapes.get(above, ())}
        found = (reading.get("GET"), adding.get("POST"))
        return [e for e in found if e and (e.operation.method == "GET" or e.operation.resource)]

    def list_names(self, operation: Operation, name: str) -> frozenset[str]:
        """Return the texts of a parameter that any operation with the same path above it knows."""
        above = collection(operation, name)
        found = set[str]()
        for each in self.apis.values():
            for parameter in each.operation.path_parameters:
                place = collection(each.operation, parameter.name)
                is_same = each.operation is operation and parameter.name == name
                if is_same or (above is not None and place == above):
                    found |= {each.given[parameter.name], *list_documented_texts(parameter)}
                    found |= self.list_linked(each.operation, parameter.name)
        return frozenset(found)

    def list_linked(self, operation: Operation, name: str) -> frozenset[str]:
        """Return the texts of a parameter to which items of other operations link."""
        found = set[str]()
        for each in self.apis.values():
            pointers = [
                link.pointer
                for link in each.operation.links
                if (link.request, link.parameter) == (operation.request, name)
            ]
            for item in islice(each.items, LINKED) if pointers else ():
                found |= {str(resolve(item, pointer)) for pointer in pointers}
        return frozenset(found)
