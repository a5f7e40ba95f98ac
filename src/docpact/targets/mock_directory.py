"""The mocks of an API, found by path, and the names of their things in paths."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Generic, TypeVar
from uuid import UUID

from docpact.apis import find_operation
from docpact.bodies.decode import decode
from docpact.bodies.engine import is_valid
from docpact.cases.counted import find_counted, find_counting
from docpact.cases.names import (
    NAMES,
    find_name,
    find_text,
    list_documented_texts,
    list_fields,
    write_name,
)
from docpact.cases.parts import put
from docpact.cases.path_values import collection, list_collections
from docpact.cases.plain import describe_forms
from docpact.cases.sampling import name_thing
from docpact.cases.wire import can_be_documented, write_value
from docpact.errors import ContractError, UsageError
from docpact.media_types import is_json
from docpact.model import Api, Operation, Parameter
from docpact.model.path import snake_case, without_names
from docpact.model.pointer import change_at, list_scalars, resolve
from docpact.targets.mock import MockApi
from docpact.targets.mock_requests import list_properties, merge_fields

M = TypeVar("M", bound=MockApi)


class Mocks(Mapping[str, M]):
    """Id of an operation, with or without the provider → its mock, made when it is first needed.

    Attributes:
        made: id of an operation → its mock, of those made so far.
        unusable: id of an operation → why no response can be made for it, as far as is known.
    """

    def __init__(self, api: Api, make: Callable[[Operation], M]) -> None:
        self._api, self._make = api, make
        self.made = dict[str, M]()
        self.unusable = dict[str, ContractError]()

    def find(self, operation: Operation) -> M | None:
        """Return the mock of an operation; None if no response can be made for it."""
        name = operation.id
        if name not in self.made and name not in self.unusable:
            try:
                self.made.setdefault(name, self._make(operation))
            except ContractError as error:
                self.unusable[name] = error
        return self.made.get(name)

    def __getitem__(self, name: str) -> M:
        operation = find_operation(self._api, name)
        found = self.find(operation)
        if found is None:
            raise UsageError(f"{operation.id} has no mock: no response can be made for it")
        return found

    def __contains__(self, name: object) -> bool:
        return any(name in (o.id, o.id.partition("/")[2]) for o in self._api.operations)

    def __iter__(self) -> Iterator[str]:
        return (each.id for each in self._api.operations if self.find(each) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Directory(Generic[M]):
    """Finds the mocks that list, read or create the things that a path names.

    Attributes:
        apis: see `Mocks`.
        parameters: path → the parameters, each of an operation, that name things below it.
    """

    def __init__(self, api: Api, make: Callable[[Operation], M]) -> None:
        self.apis = Mocks[M](api, make)
        self.parameters: dict[str | None, list[tuple[Operation, Parameter]]] = {}
        self._links: dict[tuple[str, str], list[tuple[str, Operation]]] = {}
        self._names: dict[str | tuple[str, str], frozenset[str]] = {}
        self._shapes: dict[str | None, list[Operation]] = {}
        self._searches: dict[str | None, list[Operation]] = {}
        for each in api.operations:
            self._shapes.setdefault(without_names(each.path), []).append(each)
            is_search = each.method == "GET" or (each.method == "POST" and each.resource is None)
            for path in list_collections(each)[1:] if is_search else ():
                self._searches.setdefault(path, []).append(each)
            for one in each.path_parameters:
                self.parameters.setdefault(collection(each, one.name), []).append((each, one))
            for link in each.links:
                to = self._links.setdefault((link.request, link.parameter), [])
                to.append((link.pointer, each))

    def list_alike(self, path: str | None, method: str | None = None) -> Iterator[M]:
        """Yield the mocks of the operations with a path and a method, or any method.

        The parameters of the path have no names.
        """
        for each in self._shapes.get(path, ()):
            if method in (None, each.method) and (found := self.apis.find(each)) is not None:
                yield found

    def list_methods(self, path: str | None, query: Mapping[str, str], body: bytes) -> dict[str, M]:
        """Return method → mock of a path.

        A query such as `action=list` may choose from several, and then whose body is valid; the
        first of several others is returned.
        """

        def count_chosen(mock: M) -> int:
            listed = {p.name: p.schema.get("enum", ()) for p in mock.operation.query_parameters}
            fixed = {name: values for name, values in listed.items() if len(values) == 1}
            found = sum(query.get(name) in values for name, values in fixed.items())
            return found if found == len(fixed) else -1

        def rank(mock: M) -> tuple[int, bool]:
            schema, form = mock.operation.body_schema, mock.operation.request_body
            is_json_body = schema is not None and is_json(form.media_type)
            takes = not is_json_body or is_valid(schema or {}, decode(body).value)
            return count_chosen(mock), takes

        alike = [*self.list_alike(path)]
        is_clear = len({each.operation.method for each in alike}) == len(alike)
        ranked = alike if is_clear else sorted(alike, key=rank, reverse=True)
        first = {each.operation.method: each for each in reversed(ranked)}
        return {each.operation.method: first[each.operation.method] for each in alike}

    def find_listing(self, operation: Operation, name: str) -> M | None:
        """Return the mock of the list whose items a path parameter names, or None."""
        above = collection(operation, name)
        parameter = next(p for p in operation.path_parameters if p.name == name)
        searches = filter(None, map(self.apis.find, self._searches.get(above, ())))
        for each in chain(self.list_alike(above, "GET"), searches):
            listing = each.operation
            if listing.roles.is_list and any(find_text(i, parameter, listing) for i in each.items):
                return each
        return None

    def list_nested(self, operation: Operation, name: str) -> Iterator[M]:
        """Yield the mocks of lists below other things that may show those of a path parameter.

        The boats of `/boats/{boat}` may be those of `/harbors/{harbor}/boats`.
        """
        things = (collection(operation, name) or "").rpartition("/")[2]
        for path, operations in self._shapes.items() if things.strip("{}") else ():
            if path is not None and path.endswith(f"{{}}/{things}"):
                is_list = any(e.method == "GET" and e.roles.is_list for e in operations)
                yield from self.list_alike(path, "GET") if is_list else ()

    def find_counted(self, operation: Operation) -> M | None:
        """Return the mock of the list whose items an operation counts, or None."""
        alike = self.list_alike(find_counted(operation), "GET")
        return next((each for each in alike if each.operation.roles.is_list), None)

    def list_holders(self, operation: Operation, name: str) -> list[M]:
        """Return the mocks of the operations that read, or create, the things that a path names."""
        above = collection(operation, name)
        reading = [*self.list_alike(f"{above}/{{}}", "GET")]
        adding = [*self.list_alike(above, "POST")]
        return [*reading[-1:], *(each for each in adding[-1:] if each.operation.resource)]

    def list_names(self, operation: Operation, parameter: Parameter) -> frozenset[str]:
        """Return the texts of a parameter that any operation with the same path above it knows."""
        above = collection(operation, parameter.name)
        place = above or (operation.id, parameter.name)
        if place not in self._names:
            same = self.parameters[above] if above else [(operation, parameter)]
            texts = (self._list_texts(*each) for each in same)
            self._names[place] = frozenset(chain.from_iterable(texts))
        return self._names[place]

    def _list_texts(self, operation: Operation, parameter: Parameter) -> Iterator[str]:
        """Yield the documented texts of a parameter, and those to which items of others link."""
        mock = self.apis.find(operation)
        if mock is not None:
            yield from (mock.given[parameter.name], *list_documented_texts(parameter))
            for link, other in self._links.get((operation.request, parameter.name), ()):
                linking = self.apis.find(other)
                for item in linking.items if linking is not None else ():
                    yield str(resolve(item, link))


@dataclass(frozen=True)
class Names:
    """Names the things that an operation lists or returns."""

    operation: Operation

    def find(self, item: Any, parameter: Parameter) -> str | None:
        """Return the text that names a thing, or None.

        An object in the thing names it only if the thing has no field of its own for that.
        """
        own = find_text(item, parameter, self.operation)
        is_known = own is not None and self.operation.roles.is_list
        is_own = is_known or bool(_choose(self._fields[0], parameter))
        return own if is_own else find_name(item, parameter, self.operation)

    def is_named(self, item: Any, parameter: Parameter, text: str) -> bool:
        """Return whether a text names a thing; for `id_or_name`, either of these fields does."""
        if not any(write_value(each).endswith(text) for each in list_scalars(item)):
            return False
        if self.find(item, parameter) == text:
            return True
        is_either = "_or_" in snake_case(parameter.name) and isinstance(item, Mapping)
        return is_either and text in {str(item.get(n)) for n in self.list_fields(parameter)}

    def list_fields(self, parameter: Parameter) -> list[str]:
        """Return the fields that may name a thing: its own, or else those of an object in it."""
        own, inner = self._fields
        general: list[str] = [name for name in NAMES if name in own]
        return _choose(own, parameter) or _choose(inner, parameter) or general

    def has_name(self, item: Any, parameter: Parameter) -> bool:
        """Return whether a thing, or an object in it, has a name in the likeliest field for it."""
        inner = item.values() if isinstance(item, Mapping) else ()
        likely = self.list_fields(parameter)[:1]
        things = [one for one in (item, *inner) if isinstance(one, Mapping)]
        texts = (write_name(one.get(name)) for one in things for name in likely)
        return any(text and can_be_documented(parameter, text) for text in texts)

    def give(self, item: Any, parameter: Parameter, text: str) -> Any:
        """Return an item that a text names, or the same item if its schema does not allow it."""
        inner = [*item.values()] if isinstance(item, Mapping) else []
        known = [
            each for one in (item, *inner) if isinstance(one, Mapping) for each in one.values()
        ]
        for name in self.list_fields(parameter) if text not in map(str, known) else ():
            named = merge_fields(self.operation.thing_schema, item, {name: text})
            if self.find(named, parameter) == text:
                return named
        return item

    def name_apart(
        self, item: Any, parameter: Parameter, number: int, fields: Mapping[str, Any]
    ) -> Any:
        """Return an item with a name that no other has, unless the request names it itself."""
        for name in self.list_fields(parameter):
            named = self._name(item, parameter, number, name) if name not in fields else None
            if named is not None:
                return named
        return item

    def name_all(self, items: Iterable[Any], parameter: Parameter) -> Iterator[Any]:
        """Yield items whose own field for a parameter has a value that it allows, each its own.

        An item that can have no such value stays as it is.
        """
        own = next(list_fields(self._fields[0], parameter.name), None)
        taken = set[str | None]()
        for number, item in enumerate(items):
            named = item
            if own is not None and isinstance(item, Mapping):
                text = write_name(item.get(own))
                is_allowed = text is not None and can_be_documented(parameter, text)
                if not is_allowed or text in taken:
                    named = self._name(item, parameter, number, own, taken) or item
                taken.add(write_name(named.get(own)))
            yield named

    def _name(
        self,
        item: Any,
        parameter: Parameter,
        number: int,
        field: str,
        taken: Container[str | None] = (),
    ) -> Any:
        """Return an item with a new name in a field, or None if no such name is allowed there."""
        documented = name_thing(self.operation, parameter, number)
        for value in (number, f"{field}-{number}", documented, UUID(int=number, version=4)):
            named = merge_fields(self.operation.thing_schema, item, {field: str(value)})
            if str(value) not in taken and self.find(named, parameter) == str(value):
                return named
        return None

    @cached_property
    def _fields(self) -> tuple[list[str], list[str]]:
        """The names of the fields of a thing, and of the fields of the objects in it."""
        forms = describe_forms(self.operation.thing_schema)
        own = [each for form in forms for each in list_properties(form).items()]
        inner = (form for _, schema in own for form in describe_forms(schema))
        return [name for name, _ in own], [name for form in inner for name in list_properties(form)]


def _choose(names: Iterable[str], parameter: Parameter) -> list[str]:
    """Return the fields that may name the thing of a path parameter, the likeliest first."""
    known = dict.fromkeys(names)
    likely = dict.fromkeys((*list_fields(known, parameter.name), "id"))
    return [each for each in likely if each in known]


def write_counts(listing: MockApi, below: MockApi) -> None:
    """Write the number of the items of a list into the things above it, if they count them."""
    if where := find_counting(below.operation, listing.operation):
        number = put(len(below.items))
        listing.items = tuple(change_at(each, where, number) for each in listing.items)
