"""The values of path parameters: from the items of lists, from links, or documented ones."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain, islice
from typing import Any, Final

from docpact.cases.counted import find_counted, find_counting
from docpact.cases.names import (
    NAMES,
    as_list,
    find_field,
    find_text,
    list_documented_texts,
    list_related,
    may_name,
    names_list,
    write_name,
)
from docpact.cases.wire import can_be_documented
from docpact.model import Operation, Parameter, Query
from docpact.model.path import EXTENSION, snake_case, without_keys, without_names
from docpact.model.path import names as path_names
from docpact.model.pointer import resolve
from docpact.model.schema import MAP, WRAPPERS, Schema, child, follow, list_types

_NO_THING: Final = re.compile(r"_?(search|list|all|query|find|filter|lookup)(_.*)?")
"""Last parts of paths of lists, in snake case, that name no things: `search`, `findByStatus`."""

MOST_ITEMS: Final = 20
"""Number of items of a list that are searched for a value."""

FEWEST_FIELDS: Final = 3
"""Number of fields from which two things with the same ones are of the same kind."""

_GENERAL: Final = frozenset((*NAMES, "type", "kind", "status", "state", "version", "format"))
"""Names of fields, in snake case, that say nothing about the thing that they name."""

_NAME_TYPES: Final = frozenset({"string", "integer"})
"""Types of names in a list that shows nothing else of its things."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The decoded bodies of an operation's successful responses, to requests with its values."""

    operation: Operation
    bodies: Sequence[Any]

    def items(self) -> Iterator[Any]:
        """Yield the items of a list, and the names in a map of things.

        A list may have its items in an object, and be an array without pages.
        """
        for body in self.bodies if lists_things(self.operation) else ():
            where = "" if isinstance(body, list) else self.operation.roles.items or ""
            listed = resolve(body, where, default=None)
            is_map = self.operation.roles.items is None and isinstance(listed, Mapping)
            yield from listed if isinstance(listed, list) or is_map else ()


@dataclass(slots=True)
class PathValues:
    """Finds values of path parameters in the responses of finished operations.

    One thread learns while others read: what they read is replaced, never changed.
    """

    _lists: Mapping[str, Shown] = field(default_factory=dict)
    _created: Mapping[str, Shown] = field(default_factory=dict)
    _linked: Mapping[tuple[str, str], str] = field(default_factory=dict)
    _filled: frozenset[str] = frozenset()

    def learn(self, shown: Shown) -> None:
        """Learn the items of a list, the things below which it has some, and values of links."""
        operation = shown.operation
        if next(shown.items(), None) is not None:
            self._filled |= {*_list_path_texts(operation)}
        if lists_things(operation):
            new = [path for path in list_collections(operation) if path not in self._lists]
            self._lists = {**self._lists, **dict.fromkeys(new, shown)}
        for link in operation.links:
            values = (resolve(body, link.pointer, default=None) for body in shown.bodies)
            text = next((text for value in values if (text := write_name(value))), None)
            if text is not None:
                self._linked = {(link.request, link.parameter): text, **self._linked}

    def with_created(self, create: Operation, thing: Mapping[str, Any]) -> PathValues:
        """Return a copy in which a created thing comes before those that lists show."""
        shown = Shown(replace(create, roles=replace(create.roles, items="")), [[thing]])
        path = without_names(create.collection).rstrip("/")
        return PathValues(self._lists, {path: shown}, self._linked, self._filled)

    def is_filled(self, operation: Operation) -> bool:
        """Return whether a list below a thing of this path had items."""
        return not self._filled.isdisjoint(_list_path_texts(operation))

    def is_below_created(self, operation: Operation) -> bool:
        """Return whether a path names a created thing, or a part of it."""
        return any(collection(operation, n) in self._created for n in path_names(operation.path))

    def fill(self, operation: Operation, item: int = 0) -> dict[str, str]:
        """Return name → text of the path parameters that have a value.

        The last parameters come first: an item of a list below a thing belongs to the thing that
        the list was asked for. `item` is the number of the item that has the last parameter's
        value, from 0.
        """
        found = dict(operation.given)
        for name in reversed(path_names(operation.path)):
            if name not in found:
                found = {**self._find(operation, name, item), **found}
                item = 0
        return found

    def find_thing(self, create: Operation, field: str) -> Any:
        """Return the id of a thing that a field of a request body may name, or None.

        `author`, `author_id` and `author_ids` name things of the list `/authors`, but in a request
        that adds an author they are the new one's own. `payer_id` names those whose ids items show.
        """
        own = without_names(create.collection).rstrip("/")
        for path, shown in self._lists.items():
            if names_list(field, path) and path.rstrip("/") != own:
                found = islice(_list_ids(shown), MOST_ITEMS)
                return next((each for each in found if each is not None), None)
        return self._find_shown(own, field)

    def _find_shown(self, own: str, field: str) -> Any:
        """Return the id of another thing that an item of a list has in a field, or None.

        All values of the field must be ids in one list. All fields are taken from one item.
        """
        listed = self._lists[own].items() if own in self._lists else ()
        items = [each for each in islice(listed, MOST_ITEMS) if isinstance(each, Mapping)]
        seen = {str(each[field]) for each in items if each.get(field) is not None}
        if not seen or not _is_reference(field) or names_list(field, own):
            return None
        is_id = any(seen <= {*map(str, _list_ids(shown))} for shown in self._lists.values())
        count = [sum(_is_reference(n) and e[n] is not None for n in e) for e in items]
        return items[count.index(max(count))].get(field) if is_id else None

    def borrow(
        self, operation: Operation, known: Container[str], number: int = 0
    ) -> dict[str, str]:
        """Return name → text of required parameters by which any list names something.

        The bookings of `/bookings` may show the `room` of `/rooms/{room}/bookings`, the rooms of
        `/rooms` the `room_id` of `/bookings?room_id=`, and `/me/rooms` the `id` of `/rooms/{id}`,
        as do bookings with an object `room`, and a list of things with the same fields. `known` has
        the names of those that have a value, and `number` says which of the different texts to
        take, from 0.
        """
        found: dict[str, str] = {}
        for parameter in list_needed(operation, known):
            texts = chain(
                self._list_fields(parameter),
                self._list_named(operation, parameter),
                self._list_related(operation, parameter),
            )
            text = _pick(texts, number)
            found |= {} if text is None else {parameter.name: text}
        return found

    def _list_fields(self, parameter: Parameter) -> Iterator[str | None]:
        for each in self._lists.values():
            if shows_field(each.operation, parameter):
                yield from (find_field(i, parameter) for i in islice(each.items(), MOST_ITEMS))

    def _list_named(self, operation: Operation, parameter: Parameter) -> Iterator[str | None]:
        for path, each in self._lists.items():
            if _names_things(operation, parameter, path, each.operation):
                yield from _list_texts(each, parameter)

    def _list_related(self, operation: Operation, parameter: Parameter) -> Iterator[str | None]:
        for each in self._lists.values():
            for item in islice(each.items(), MOST_ITEMS):
                for thing in list_related(item, _find_collection(operation, parameter)):
                    yield find_text(thing, parameter, each.operation)

    def is_shown(self, operation: Operation) -> bool:
        """Return whether links or lists show the things that the last parameter of a path names.

        The names in a map may be of another kind.
        """
        if not operation.path_parameters:
            return False
        name = path_names(operation.path)[-1]
        shown = self._lists.get(collection(operation, name) or "")
        is_listed = not self.is_below_created(operation) and self._find_listed(operation, name)
        is_array = shown is not None and shown.operation.roles.is_list
        return (operation.request, name) in self._linked or (is_array and bool(is_listed))

    def find_other(self, operation: Operation) -> Query:
        """Return name and another value of the parameter that names the parent, if known."""
        names = path_names(operation.path)
        above = names[-2:-1] if operation.last_parameter is not None else names[-1:]
        parameter = next((p for p in operation.path_parameters if p.name in above), None)
        shown = self._lists.get(collection(operation, parameter.name) or "") if parameter else None
        if parameter is None or shown is None:
            return ()
        texts = (_pick(_list_texts(shown, parameter), number) for number in range(2))
        own = operation.given.get(parameter.name)
        return tuple((parameter.name, text) for text in texts if text and text != own)[:1]

    def find_listing(self, operation: Operation) -> Operation | None:
        """Return the list of things that a path ends with or counts, or that count its items."""
        names, path = path_names(operation.path), find_counted(operation)
        is_below = operation.last_parameter is None and path is None
        if names and path is None:
            names, path = names[:-1], collection(operation, names[-1])
        shown = self._lists.get(path or "")
        listing = None if shown is None else as_list(shown.operation)
        if listing is None or not listing.roles.is_list or listing.method != "GET":
            return None
        if is_below and find_counting(operation, listing) is None:
            return None
        above = [listing.given.get(name) for name in path_names(listing.path)]
        return listing if above == [operation.given.get(name) for name in names] else None

    def _find(self, operation: Operation, name: str, item: int) -> dict[str, str]:
        """Return the text of a parameter, and of those before it; empty without one."""
        parameter = next((p for p in operation.path_parameters if p.name == name), None)
        if parameter is None:
            return {}
        linked = self._linked.get((operation.request, name))
        if linked is not None and can_be_documented(parameter, linked):
            return {name: linked}
        if listed := self._find_listed(operation, name, item):
            return listed
        text = next(list_documented_texts(parameter), None)
        return {} if text is None else {name: text}

    def is_guess(self, operation: Operation) -> bool:
        """Return whether a path like `/events/{page}` has the id of an event, or an example."""
        name = path_names(operation.path)[-1]
        parameter = next(p for p in operation.path_parameters if p.name == name)
        shown = self._lists.get(collection(operation, name) or "")
        is_linked = (operation.request, name) in self._linked
        if shown and not is_linked and any(_list_texts(shown, parameter)):
            items = islice(shown.items(), MOST_ITEMS)
            return not any(may_name(name, item, shown.operation.path) for item in items)
        examples = map(write_name, parameter.schema.get("examples", ()))
        return self.fill(operation).get(name) in examples

    def _find_listed(self, operation: Operation, name: str, item: int = 0) -> dict[str, str]:
        """Return the texts by which a list shows an item, and the things above it in the path."""
        path = collection(operation, name) or ""
        shown = self._created.get(path) or self._lists.get(path)
        parameter = next((p for p in operation.path_parameters if p.name == name), None)
        text = _pick(_list_texts(shown, parameter), item) if shown and parameter else None
        if shown is None or text is None:
            return {}
        above = [shown.operation.given[each] for each in path_names(shown.operation.path)]
        return {**dict(zip(path_names(operation.path), above, strict=False)), name: text}


@lru_cache(maxsize=512)
def lists_things(operation: Operation) -> bool:
    """Return whether an operation lists things: in an array, or in an object with their names.

    An array of texts or numbers may list the names of things.
    """
    body = follow(operation.response_schema)[0]
    if list_types(body) == ["array"] and isinstance(body.get("items"), Mapping):
        types = {*list_types(follow(child(body, "items"))[0])}
        return operation.roles.is_list or (bool(types) and types <= _NAME_TYPES)
    is_map = "properties" not in body and isinstance(body.get(MAP), Mapping)
    is_of_things = is_map and "object" in list_types(follow(child(body, MAP))[0], "object")
    return operation.roles.is_list or (is_of_things and bool(body[MAP]))


def _names_things(
    operation: Operation, parameter: Parameter, path: str, listing: Operation
) -> bool:
    """Return whether a parameter, or the word before it, names things of a path or its array.

    Things with the same fields as the one that the path names are of the same kind.
    """
    things = snake_case(_find_collection(operation, parameter).rpartition("/")[2])
    named = (path, listing.roles.items or "")
    if any(names_list(parameter.name, each) for each in named) or names_list(things, path):
        return True
    fields = _list_schema_fields(operation.response_schema)
    is_last = operation.last_parameter == parameter and not operation.roles.is_list
    return is_last and len(fields) >= FEWEST_FIELDS and fields == _list_item_fields(listing)


def _find_collection(operation: Operation, parameter: Parameter) -> str:
    """Return the path of the things that a path parameter names; empty if it names nothing."""
    found = collection(operation, parameter.name) if parameter.location == "path" else None
    return found or ""


def list_sources(operation: Operation, others: Iterable[Operation]) -> list[Operation]:
    """Return the operations that may show a missing value of a path, and a list to count."""
    missing = [n for n in path_names(operation.path) if n not in operation.given]
    above = {collection(operation, name) for name in missing}
    linked = {(operation.request, name) for name in missing}
    unnamed, counted = list_needed(operation, operation.given), find_counted(operation)

    def may_show(other: Operation) -> bool:
        is_linked = any((link.request, link.parameter) in linked for link in other.links)
        if is_linked or (other.roles.is_list and counted in list_collections(other)):
            return True
        shows = (
            shows_field(other, p)
            or _names_things(operation, p, other.path, other)
            or any(names_list(f, _find_collection(operation, p)) for f in _list_item_fields(other))
            for p in unnamed
        )
        is_above = not above.isdisjoint(list_collections(other))
        return lists_things(other) and (is_above or any(shows))

    return [each for each in others if each is not operation and may_show(each)]


def list_collections(listing: Operation) -> tuple[str, ...]:
    """Return the paths whose things a list shows: its own, and `/things` for `/things/search`."""
    path = without_names(listing.path)
    above, _, last = path.rpartition("/")
    return (path, above) if _NO_THING.fullmatch(snake_case(last)) and above else (path,)


def list_needed(operation: Operation, known: Container[str]) -> list[Parameter]:
    """Return the parameters of path and query without which no request can be sent."""
    needed = (p for p in operation.parameters if p.required and p.location in ("path", "query"))
    return [each for each in needed if each.name not in known]


def shows_field(listing: Operation, parameter: Parameter) -> bool:
    """Return whether the items of a list have a field that is named like a path parameter."""
    name = snake_case(parameter.name)
    return name not in _GENERAL and name in _list_item_fields(listing)


@lru_cache(maxsize=512)
def _list_item_fields(listing: Operation) -> frozenset[str]:
    """Return the names of the documented fields of the items, in snake case."""
    return _list_schema_fields(listing.item_schema)


def _list_schema_fields(thing: Schema) -> frozenset[str]:
    """Return the names of the documented fields of a thing, in snake case."""
    item = follow(thing)[0]
    own = item.get("properties", {})
    inner = (child(item, "properties", name) for name in WRAPPERS if name in own)
    named = (*own, *(name for each in inner for name in each.get("properties", ())))
    return frozenset(map(snake_case, named))


def collection(operation: Operation, name: str) -> str | None:
    """Return the path that lists the things which a path parameter names, its parameters empty.

    `/pets/by-name/{name}` and `/pets/name/{name}` name things of `/pets`. None if the parameter is
    only a part of a segment.
    """
    before, found, after = without_keys(operation.path).partition(f"/{{{name}}}")
    is_whole = after[:1] in ("", "/") or EXTENSION.fullmatch(after)
    if not found or not is_whole:
        return None
    return re.sub(rf"(?<=[^}}/])/(by[-_]\w+|{'|'.join(NAMES)})$", "", without_names(before))


def _pick(texts: Iterable[str | None], number: int) -> str | None:
    """Return the first of the different texts, the second, and so on; None if there are fewer."""
    seen: dict[str, None] = {}
    for text in texts:
        if text is not None and text not in seen:
            if len(seen) == number:
                return text
            seen[text] = None
    return None


def _list_path_texts(operation: Operation) -> list[str]:
    return [operation.given[n] for n in path_names(operation.path) if n in operation.given]


def _list_texts(shown: Shown, parameter: Parameter) -> Iterator[str | None]:
    for item in islice(shown.items(), MOST_ITEMS):
        yield find_text(item, parameter, shown.operation)


def _is_reference(field: str) -> bool:
    return snake_case(field).endswith("_id")


def _list_ids(shown: Shown) -> Iterator[Any]:
    return (_find_id(item, shown.operation.roles.id) for item in shown.items())


def _find_id(item: Any, identifier: str | None) -> Any:
    value = resolve(item, identifier if identifier is not None else "/id", default=None)
    return value if isinstance(value, str | int) and not isinstance(value, bool) else None
