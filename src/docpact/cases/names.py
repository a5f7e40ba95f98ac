"""The names of things: the texts of path parameters, found in items and bodies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from docpact.cases.plain import describe_forms
from docpact.cases.wire import can_be_documented, write_value
from docpact.model import Operation, Parameter, Schema
from docpact.model.path import list_plurals, snake_case
from docpact.model.pointer import resolve, to_list
from docpact.model.schema import WRAPPERS, fields_of, follow, list_types

_IDS: Final = ("id", "uuid")
"""Fields that are ids, in the order of preference."""

NAMES: Final = (*_IDS, "name", "key", "slug", "code")
"""Fields that name an item, in the order of preference."""

_DOCUMENTED: Final = ("const", "enum", "default", "examples")
"""Keywords that state a value, in the order of preference."""

_ENDS: Final = r"log_?(out|off)|sign_?(out|off)|shut_?down|power_?off|reboot|restart"
_CHANGE: Final = re.compile(
    rf"({_ENDS}|delete|remove|destroy|reset|revoke|trigger|regenerate|rotate|clear|purge|flush"
    r"|cancel|kill|stop|create|add|update|set|enable|disable|approve|reject|accept|decline"
    r"|unsubscribe|activate|deactivate|sync|synchronize|rebuild|reindex|refresh|pause|resume|abort"
    r"|retry|upgrade|install|uninstall|restore|suspend|expire|invalidate|renew|toggle|send)"
    r"(?![a-z0-9])"
)
"""Verbs, in snake case, of requests that change something."""


def names_change(operation: Operation) -> bool:
    """Return whether two of id, title and end of the path say that a request changes something.

    One name alone may be a noun: `GET /backups/restore` may list backups. The end of a path is
    enough if it ends a session or the server, as `GET /user/logout` does.
    """
    last = [part for part in operation.path.split("/") if part and "{" not in part][-1:]
    first, *others = operation.title.split(maxsplit=1) or [""]
    named = (operation.id.rpartition("/")[2], " ".join((first.removesuffix("s"), *others)), *last)
    is_end = any(re.fullmatch(_ENDS, snake_case(each)) for each in last)
    return is_end or sum(bool(_CHANGE.match(snake_case(each))) for each in named) >= 2


def find_text(
    item: Any, parameter: Parameter, listing: Operation, names: Sequence[str] = NAMES
) -> str | None:
    """Return the text of a path parameter that names an item of a list, or None.

    If no field has the name of the parameter, the first field with one of some names counts.
    """
    for value in _list_values(item, parameter.name, listing, names):
        text = _read_resource_name(write_name(value), listing)
        if text is not None and can_be_documented(parameter, text):
            return text
    return None


def _read_resource_name(text: str | None, listing: Operation) -> str | None:
    """Return `7` for `shelves/7` in a list at `/shelves` (Google's AIP 122), or None."""
    *above, last = (text or "").split("/")
    is_relative = above[-1:] == [listing.path.rstrip("/").rpartition("/")[2]]
    return last if is_relative and last else text


def find_name(body: Any, parameter: Parameter, listing: Operation) -> str | None:
    """Return the text that names the thing in a body, or in an object in it, or None.

    Ids come first: the `name` of a body may be that of something else. A `code` does not count,
    because it may be about the response.
    """
    inner = body.values() if isinstance(body, Mapping) else ()
    things = (body, *(value for value in inner if isinstance(value, Mapping)))
    found = (
        find_text(e, parameter, listing, names) for names in (_IDS, NAMES[:-1]) for e in things
    )
    return next((text for text in found if text is not None), None)


def find_field(item: Any, parameter: Parameter) -> str | None:
    """Return the text of the field of an item that is named like a parameter, or None."""
    for name, value in _flatten(item).items() if isinstance(item, Mapping) else ():
        if snake_case(name) == snake_case(parameter.name):
            text = write_name(value)
            return text if text is not None and can_be_documented(parameter, text) else None
    return None


def _list_values(item: Any, name: str, listing: Operation, names: Sequence[str]) -> Iterator[Any]:
    """Yield the values of an item that a parameter may take, the most likely ones first.

    These are the field of the same name, those of `id_or_name`, the field named by its last word
    (`id` for `petId`), the id of the item, and fields of other names.
    """
    if not isinstance(item, Mapping):
        yield item
        return
    wrapped = (n for n, each in item.items() if isinstance(each, Mapping))
    fields = _flatten(item, (*WRAPPERS, *(n for n in wrapped if names_list(n, listing.path))))
    yield from (fields[each] for each in list_fields(fields, name))
    if listing.roles.id is not None:
        yield resolve(item, listing.roles.id, default=None)
    yield from map(fields.get, names)


def _flatten(item: Mapping[str, Any], wrappers: Iterable[str] = WRAPPERS) -> Mapping[str, Any]:
    """Return the fields of an item, also from an object in it that wraps some of them."""
    inner = (item[name] for name in wrappers if isinstance(item.get(name), Mapping))
    return {**{name: value for each in inner for name, value in each.items()}, **item}


def list_related(item: Any, path: str) -> Iterator[Any]:
    """Yield the values of the fields of an item that name things of a list, by its path.

    The `author` of an item, its `author_id` and each of its `authors` are things of `/authors`; a
    number named `authors` counts them.
    """
    things = snake_case(path.rpartition("/")[2])
    for name, value in _flatten(item).items() if isinstance(item, Mapping) else ():
        is_count = isinstance(value, int | float) and snake_case(name).endswith(things)
        if names_list(name, path) and not (is_count and things.endswith("s")):
            yield from to_list(value)


def list_fields(names: Iterable[str], parameter: str) -> Iterator[str]:
    """Yield the fields of an item that a path parameter may take, by their names.

    Django's `owner__code__iexact` is the `code` of an owner.
    """
    fields = {snake_case(field): field for field in names}
    whole = snake_case(re.sub(r"__i?exact$", "", parameter))
    for wanted in dict.fromkeys((whole, *whole.split("_or_"), whole.rpartition("_")[2])):
        if wanted in fields:
            yield fields[wanted]


def spell_fields(fields: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """Return the fields of a request under the names that a response documents for them.

    An API may take `FriendlyName` and show `friendly_name`, perhaps in an object around the thing.
    """
    outer = [each for form in describe_forms(schema) for each in fields_of(form).items()]
    inner = (name for _, each in outer for form in describe_forms(each) for name in fields_of(form))
    wanted = {snake_case(name) for name in fields}
    names = [name for name, _ in outer]
    names = names if any(snake_case(each) in wanted for each in names) else [*inner]
    spelled = {snake_case(each): each for each in names}
    return {
        name if name in names else spelled.get(snake_case(name), name): value
        for name, value in fields.items()
    }


def as_list(listing: Operation) -> Operation:
    """Return an operation as a list of items, if it returns an array of names."""
    is_array = list_types(follow(listing.response_schema)[0]) == ["array"]
    is_of_names = is_array and listing.roles.items is None
    return replace(listing, roles=replace(listing.roles, items="")) if is_of_names else listing


def names_list(field: str, path: str) -> bool:
    """Return whether a field names things of a list, by the last word of its path.

    `note` and `note_id` name things of `/notes`, and `book_note` those of `/books/{id}/notes`.
    """
    name = snake_case(field)
    name = next((name.removesuffix(end) for end in ("_ids", "_id") if name.endswith(end)), name)
    plurals = list_plurals(name)
    above, _, last = path.rstrip("/").rpartition("/")
    last = snake_case(last).removesuffix("_list")
    while above.endswith("}"):
        above = above.rpartition("/")[0]
    owners = (each.removesuffix(f"_{last}") for each in plurals if each.endswith(f"_{last}"))
    return bool(name and last) and (last in plurals or any(names_list(o, above) for o in owners))


def may_name(parameter: str, item: Any, path: str) -> bool:
    """Return whether a parameter names an item of a list, by its own name.

    A field or the list has this name, it ends like the name of an id (`petId`, `pet_name`), or the
    items are names themselves.
    """
    last = snake_case(parameter).rpartition("_")[2]
    is_named = not isinstance(item, Mapping) or any(list_fields(_flatten(item), parameter))
    return is_named or last in NAMES or names_list(parameter, path)


def write_name(value: Any) -> str | None:
    """Return a scalar as the text of a path parameter; None for other values and empty texts."""
    if value is None or isinstance(value, bool | list | Mapping):
        return None
    text = write_value(value)
    return text if text.isprintable() and text not in ("", ".", "..") else None


def list_documented_texts(parameter: Parameter) -> Iterator[str]:
    """Yield the values that the documentation states for a parameter."""
    for keyword in _DOCUMENTED:
        values = to_list(parameter.schema.get(keyword))
        yield from filter(None, map(_join, values if parameter.is_array else ()))
        yield from (str(each).lower() for each in values if isinstance(each, bool))
        yield from filter(None, map(write_name, values))


def _join(value: Any) -> str | None:
    """Return an array of scalars as one text with commas; None for any other value."""
    if not isinstance(value, list):
        return None
    texts = [text for each in value if (text := write_name(each)) and "," not in text]
    return ",".join(texts) if len(texts) == len(value) else None
