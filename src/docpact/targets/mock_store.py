"""The mock of a whole API: one store, so that lists and single items show the same things."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

import httpx

from docpact.cases.names import find_text, spell_fields
from docpact.cases.parts import put
from docpact.cases.path_values import list_collections
from docpact.cases.sampling import sample_item, sample_items
from docpact.cases.wire import can_be_documented, can_be_read
from docpact.model import Api, Operation, Parameter
from docpact.model.operation import IDEMPOTENCY_KEY, PRECONDITION, Resource
from docpact.model.path import choose_template, index_templates, last_segment, without_names
from docpact.model.path import names as path_names
from docpact.model.pointer import change_at, mapping_of, tokens
from docpact.model.resources import updates_thing
from docpact.rules.protocol import PROBES
from docpact.targets.faults import Scripted
from docpact.targets.mock import MOCK_KEY, MockApi
from docpact.targets.mock_directory import Directory, Mocks, Names, write_counts
from docpact.targets.mock_requests import (
    FIRST,
    Refused,
    Written,
    drop_parts,
    join_fields,
    merge_fields,
    move_times,
    read_change,
    read_new,
    show_fields,
)
from docpact.targets.mock_responses import list_tags, repeat_text, respond, respond_with_json
from docpact.targets.mock_selection import select_items


def open_mock(
    api: Api, *, key: str | None = MOCK_KEY, items: int | None = None, seed: int = 0
) -> MockApi | MockStore:
    """Return the mock of an API, or of its one operation.

    Without a key it requires none. A list has as many items as fit its pages, unless stated.
    """
    if api.is_whole:
        return MockStore(api, key=key, items=items, seed=seed)
    (only,) = api.operations
    chosen = None if items is None else sample_items(only, items, seed=seed)
    return MockApi(only, chosen, key=key, seed=seed)


class MockStore(Scripted):
    """All operations of an API on one store, each answered by the mock of its own contract.

    Below a list, a path parameter names one of its items: the response of that path has the values
    that the list shows, and any other name gets the documented 404.
    """

    __slots__ = ("_directory", "_key", "_prefixes", "_samples", "_templates", "api")
    hints: ClassVar = {each: f"name an operation: apis[ID].{each}" for each in ("items", "given")}

    def __init__(
        self, api: Api, *, key: str | None = MOCK_KEY, items: int | None = None, seed: int = 0
    ) -> None:
        super().__init__(api.operations)
        self.api = api
        self._templates = index_templates(each.path for each in api.operations)
        self._prefixes = {urlsplit(each).path.rstrip("/") for each in self.servers}
        self._samples = (items, seed)
        self._directory = Directory(api, self._make)
        self.key = key

    def _make(self, operation: Operation) -> _Stored:
        """Return a mock whose path parameters name items of the lists above it."""
        stored = _Stored(self._directory, operation, self.key, *self._samples)
        stored.find_past = self.find_past
        for path in list_collections(operation):
            stored.name_items(one for _, one in self._directory.parameters.get(path, ()))
        for parameter in operation.path_parameters:
            listing = self._directory.find_listing(operation, parameter.name)
            if listing is not None:
                texts = (find_text(item, parameter, listing.operation) for item in listing.items)
                given, name = stored.given, parameter.name
                given[name] = next(filter(None, texts), given[name])
                given.listed[name] = listing.operation.id
                write_counts(listing, stored)
        return stored

    @property
    def key(self) -> str | None:
        """The secret of every credential; None to require none."""
        return self._key

    @key.setter
    def key(self, key: str | None) -> None:
        self._key = key
        for each in self.apis.made.values():
            each.key = key

    @property
    def apis(self) -> Mocks[_Stored]:
        """Id of an operation, with or without the provider → its mock."""
        return self._directory.apis

    @property
    def servers(self) -> frozenset[str]:
        """The documented base URLs."""
        return frozenset(each.server for each in self.api.operations)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        """Return the response of an operation, or 404 with a list of the documented paths."""
        path = request.url.raw_path.decode("ascii").partition("?")[0]
        found = choose_template(self._templates, path, self._prefixes)
        if found is None:
            known = [each.request for each in self.api.operations]
            detail = f"no operation of {self.api.name} has this path"
            return respond_with_json(404, {"detail": detail, "operations": known}, {})
        shape = without_names(found[0])
        mocks = self._directory.list_methods(shape, request.url.params, request.content)
        asked = mocks.get(request.method)
        if asked is None and request.method == "HEAD":
            asked = mocks.get("GET", next(iter(mocks.values()), None))
        if asked is not None:
            return asked.answer(request)
        unusable = self.apis.unusable
        for each in self.api.operations:
            if each.id in unusable and without_names(each.path) == shape:
                return respond_with_json(501, {"detail": str(unusable[each.id])}, {})
        allowed = ", ".join(dict.fromkeys([*mocks, *PROBES]))
        if request.method == "OPTIONS":
            return httpx.Response(204, headers={"Allow": allowed})
        return respond_with_json(405, {"detail": "Method Not Allowed"}, {"Allow": allowed})

    def find_mock(self, operation: Operation) -> MockApi | MockStore:
        """Return the mock that answers an operation: its own if another has the same address.

        Raises:
            ContractError: no response can be made for it.
        """
        found = self.apis.find(operation)
        if found is None:
            raise self.apis.unusable[operation.id]
        alike = self._directory.list_alike(without_names(operation.path), operation.method)
        return found if len([*alike]) > 1 else self


@dataclass(frozen=True, slots=True)
class _StoredThing:
    """A thing in the store.

    Attributes:
        holder: the mock of the operation that lists or reads it.
        item: as that operation shows it.
        index: among those of its holder.
        number: of the samples that have its other fields; it stays the same.
        written: the fields that requests have written.
    """

    holder: _Stored
    item: Any
    index: int
    number: int
    written: Mapping[str, Any]


class _Stored(MockApi):
    """The mock of one operation of an API, with the items of the store."""

    __slots__ = ("_directory", "_names", "_seed", "written")
    shares_items = True

    def __init__(
        self,
        directory: Directory[_Stored],
        operation: Operation,
        key: str | None,
        items: int | None,
        seed: int,
    ) -> None:
        number = items if operation.roles.is_list else 1
        chosen = None if number is None else sample_items(operation, number, seed=seed)
        super().__init__(operation, chosen, key=key, seed=seed)
        self._directory, self._seed = directory, seed
        self._names = Names(operation)
        size = len(self.items)
        numbers = range(size if operation.roles.is_list else 0)
        self.written = Written(numbers=[*numbers], created=size)

    def name_items(self, parameters: Iterable[Parameter]) -> None:
        """Give the items names that the path parameters of other operations allow."""
        for parameter in parameters if self.operation.roles.is_list else ():
            self.items = tuple(self._names.name_all(self.items, parameter))

    def find_item(self, path: Mapping[str, str]) -> Any:
        """Return the item of the list above that a path names, with the fields of this path."""
        places = self._find_places(path)
        last = [*places][-1] if places else ""
        is_item = bool(last) and last_segment(self.operation.path) == f"{{{last}}}"
        number = places[last].number if places else 0
        body = sample_item(self.operation, index=number, seed=self._seed)
        if is_item:
            named = next(p for p in self.operation.path_parameters if p.name == last)
            body = self._names.give(self._merge(body, places[last]), named, path[last])
        return self._repeat(body, path, {last: places[last].item} if is_item else {})

    def _repeat(self, body: Any, path: Mapping[str, str], own: Mapping[str, Any]) -> Any:
        """Return a body with the texts of path parameters; `own` has the items that they name."""
        schema = self.operation.response_schema
        for name, where in self.operation.roles.path.items():
            if isinstance(body, dict) and name in path:
                body = repeat_text(schema, body, where, path[name], own.get(name))
        return body

    def list_items(self, path: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
        """Return the items of a list, the same below every item of a list above it."""
        self._find_places(path)
        return self.items

    def _find_places(self, path: Mapping[str, str]) -> dict[str, _StoredThing]:
        """Return the item that each parameter names; refuse names that nothing has."""
        found = dict[str, _StoredThing]()
        for name in path_names(self.operation.path):
            parameter = next(p for p in self.operation.path_parameters if p.name == name)
            listing = self._directory.find_listing(self.operation, name)
            holders = self._directory.list_holders(self.operation, name)
            nested = [] if listing else [*self._directory.list_nested(self.operation, name)]
            created = [each for each in holders if path[name] in each.written.fields]
            for each in [listing] if listing else [*created, *nested]:
                if (place := each.find_place(parameter, path[name])) is not None:
                    found.setdefault(name, place)
            is_gone = any(path[name] in each.written.removed for each in [*holders, *nested])
            names = self._directory.list_names(self.operation, parameter)
            if name not in found and (listing or is_gone or path[name] not in names):
                raise Refused(404, "Not Found")
        return found

    def find_place(self, parameter: Parameter, text: str) -> _StoredThing | None:
        """Return the item of this list that the text of a parameter names, or None."""
        numbers = chain(self.written.numbers, count(len(self.written.numbers)))
        for index, (item, number) in enumerate(zip(self.things, numbers, strict=False)):
            if self._names.is_named(item, parameter, text):
                return _StoredThing(self, item, index, number, self.written.fields.get(text, {}))
        return None

    def _merge(self, body: Any, place: _StoredThing) -> Any:
        """Return a body with the values of a list's item, and those that requests have written."""
        shown = merge_fields(self.operation.response_schema, body, mapping_of(place.item))
        return show_fields(self.operation.response_schema, shown, place.written)

    def _carry_out(self, request: httpx.Request, path: Mapping[str, str]) -> httpx.Response:
        """Create, change or delete an item of a list, or respond as for any other operation."""
        if (listing := self._directory.find_counted(self.operation)) is not None:
            filters = listing._query(request).filters  # noqa: SLF001 — of the same class
            found = select_items(listing.operation, listing.list_items(path), filters)
            where = tokens(self.operation.roles.count or "")
            return respond(self.operation, change_at(self.find_item(path), where, put(len(found))))
        method, resource = self.operation.method, self.operation.resource
        if method == "POST" and resource is not None:
            return self._create(request, path, resource)
        parameter = self.operation.last_parameter
        place = self._find_places(path).get(parameter.name) if parameter is not None else None
        changes = method in ("PUT", "PATCH", "DELETE") or updates_thing(self.operation)
        if parameter is None or place is None or not changes:
            return super()._carry_out(request, path)
        response = respond(self.operation, self.find_item(path))
        header = self.operation.find_header(PRECONDITION) or ""
        text, tag = path[parameter.name], request.headers.get(header, "*")
        alike = self._directory.list_alike(without_names(self.operation.path), "GET")
        known = {each for read in alike for each in list_tags(read.operation, place.item)}
        if tag.removeprefix("W/").strip('"') not in {"*", *known}:
            raise Refused(412, "If-Match: not the entity tag that GET shows")
        if method == "DELETE":
            place.holder.remove(text, place.index)
            return response
        fields = read_change(self.operation, request, place.holder.operation, place.written)
        name = place.holder.change(self.operation, text, place.index, fields)
        return respond(self.operation, self.find_item({**path, parameter.name: name}))

    def _create(
        self, request: httpx.Request, path: Mapping[str, str], resource: Resource
    ) -> httpx.Response:
        """Add a thing to the store; the same idempotency key adds one."""
        self._find_places(path)
        fields = read_new(self.operation, request)
        key = request.headers.get(self.operation.find_header(IDEMPOTENCY_KEY) or "Idempotency-Key")
        for parameter, holder in self._list_stores(resource):
            text = holder.add(parameter, fields, key)
            place = None if text is None else holder.find_place(parameter, text)
            if text is not None and place is not None:
                named = self._repeat(self._show_place(parameter, place, text), path, {})
                return self._show_created(request, named, text)
        body = merge_fields(self.operation.response_schema, self.find_item(path), fields)
        return respond(self.operation, body)

    def _list_stores(self, resource: Resource) -> Iterator[tuple[Parameter, _Stored]]:
        """Yield the parameter that names created things, with each mock that may store them.

        A search that lists them comes before the operations that read or create one.
        """
        named = [(each, p) for each in resource.item_operations() if (p := each.last_parameter)]
        named.sort(key=lambda pair: can_be_documented(pair[1], "any text"))
        for by, parameter in named[:1]:
            search = self._directory.find_listing(by, parameter.name)
            found = search.operation if search is not None else None
            for shown in (resource.listing, found, resource.read, self.operation):
                holder = self._directory.apis.find(shown) if shown is not None else None
                if holder is not None:
                    yield parameter, holder

    def _show_place(self, parameter: Parameter, place: _StoredThing, text: str) -> Any:
        body = sample_item(self.operation, index=place.number, seed=self._seed)
        return self._names.give(self._merge(body, place), parameter, text)

    def _show_created(self, request: httpx.Request, body: Any, text: str) -> httpx.Response:
        response = respond(self.operation, body)
        above = request.url.raw_path.decode("ascii").partition("?")[0].rstrip("/")
        location = f"{above}/{quote(text, safe='')}"
        documented = self.operation.find_response(response.status_code)
        for header in documented.headers if documented else ():
            if header.name == "location" and not can_be_read(header.schema, location):
                location = str(request.url.join(location))
        response.headers["Location"] = location
        return response

    def add(self, parameter: Parameter, fields: Mapping[str, Any], key: str | None) -> str | None:
        """Add a thing with some fields; return the text that names it in a path, or None.

        If a request with the same idempotency key has added one, return its text.
        """
        if key in self.written.keys:
            return self.written.keys[key]
        fields = spell_fields(fields, self.operation.thing_schema)
        sample = sample_item(self.operation, index=self.written.created, seed=self._seed)
        item = show_fields(self.operation.thing_schema, sample, fields)
        text = self._names.find(item, parameter)
        is_named = self._names.has_name(item, parameter)
        if not (is_named and self._is_free(text, parameter, fields)):
            number = FIRST + self.written.created
            item = self._names.name_apart(item, parameter, number, fields)
            text = self._names.find(item, parameter)
        if text is None:
            return None
        if not self._is_free(text, parameter, fields):
            raise Refused(409, "there is one already")
        self.written.numbers.append(self.written.created)
        self.written.created += 1
        self.written.fields[text] = dict(fields)
        self.written.removed.discard(text)
        if key is not None:
            self.written.keys[key] = text
        self._put([*self.things, item])
        return text

    def _is_free(self, text: str | None, parameter: Parameter, fields: Mapping[str, Any]) -> bool:
        """Return whether a text names no thing, and none that was deleted unless it was sent."""
        if text is None:
            return False
        taken = {self._names.find(item, parameter) for item in self.things}
        is_sent = text in (str(fields.get(name)) for name in self._names.list_fields(parameter))
        return text not in taken and (is_sent or text not in self.written.removed)

    def change(self, by: Operation, text: str, index: int, fields: Mapping[str, Any]) -> str:
        """Change some fields of a thing; return the text that names it from now on."""
        fields = spell_fields(fields, self.operation.thing_schema)
        item, written = self.things[index], self.written.fields.get(text, {})
        item, written = (drop_parts(by, fields, each) for each in (item, written))
        fields = move_times(item, fields)
        item = show_fields(self.operation.thing_schema, item, fields)
        parameter = by.last_parameter
        name = (self._names.find(item, parameter) if parameter else None) or text
        if parameter and name != text and not self._is_free(name, parameter, fields):
            raise Refused(409, "there is one already")
        self._put([*self.things[:index], item, *self.things[index + 1 :]])
        self.written.fields.pop(text, None)
        self.written.fields[name] = join_fields(written, fields)
        return name

    def remove(self, text: str, index: int) -> None:
        """Remove a thing."""
        self._put([*self.things[:index], *self.things[index + 1 :]])
        del self.written.numbers[index : index + 1]
        self.written.fields.pop(text, None)
        self.written.removed.add(text)

    @property
    def things(self) -> Sequence[Any]:
        """The items of a list, or what requests have created to be read one by one."""
        return self.items if self.operation.roles.is_list else self.written.things

    def _put(self, things: Sequence[Any]) -> None:
        if self.operation.roles.is_list:
            self.items = tuple(things)
        else:
            self.written.things = tuple(things)
