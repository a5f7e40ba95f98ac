"""JSON Pointers (RFC 6901), and their folded form in which every array index is `*`."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, count
from typing import Any, TypeAlias

Tokens: TypeAlias = tuple[str | int, ...]
"""Reference tokens; an array index is a number."""


def pointer(tokens: Iterable[str | int]) -> str:
    """Join reference tokens into a JSON Pointer; no tokens give the root, the empty string."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def name_apart(stem: str, taken: Container[str]) -> str:
    """Return a name that is not taken: a stem, or the stem with the first free number from 2."""
    numbered = chain([stem], (f"{stem}_{number}" for number in count(2)))
    return next(name for name in numbered if name not in taken)


def fold(tokens: Iterable[str | int]) -> str:
    """Join reference tokens into a pointer in which every array index is written `*`."""
    return pointer("*" if isinstance(token, int) else token for token in tokens)


def fold_pointer(text: str) -> str:
    """Return a JSON Pointer with `*` for every reference token that may be an array index."""
    return pointer("*" if token.isdigit() else token for token in tokens(text))


@lru_cache(maxsize=1024)
def tokens(text: str) -> tuple[str, ...]:
    """Split a JSON Pointer into its unescaped reference tokens.

    Raises:
        ValueError: the text is not empty and does not begin with a slash.
    """
    if not text:
        return ()
    if not text.startswith("/"):
        raise ValueError(f"{text!r} is not a JSON Pointer, which is empty or begins with a slash")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/"))


def find_by_prefix(table: Mapping[str, str], text: str) -> str | None:
    """Return the entry of a table for a pointer, or for its longest part, with the rest added."""
    end = len(text)
    while end >= 0:
        found = table.get(text[:end])
        if found is not None:
            return found + text[end:]
        end = text.rfind("/", 0, end)
    return None


def resolve(document: Any, text: str, default: Any = None) -> Any:
    """Return the value at a JSON Pointer of a decoded document, or the default."""
    value = document
    for token in tokens(text):
        if isinstance(value, (dict, Mapping)) and token in value:
            value = value[token]
        elif isinstance(value, Sequence) and not isinstance(value, str) and _is_index(token, value):
            value = value[int(token)]
        else:
            return default
    return value


def mapping_of(value: Any) -> Mapping[str, Any]:
    """Return a value if it is an object; else an empty object."""
    return value if isinstance(value, Mapping) else {}


def list_of(value: Any) -> list[Any]:
    """Return a value if it is an array; else an empty array."""
    return value if isinstance(value, list) else []


def to_list(value: Any) -> list[Any]:
    """Return a value if it is an array; else an array of it alone."""
    return value if isinstance(value, list) else [value]


def find_each(value: Any, path: Tokens) -> Iterator[tuple[Tokens, Any]]:
    """Yield the path and the value of each part of a document but null at a folded path."""
    if not path:
        if value is not None:
            yield (), value
        return
    name, rest = path[0], path[1:]
    parts: Mapping[Any, Any] = (
        dict(enumerate(value)) if isinstance(value, list) else mapping_of(value)
    )
    for step in parts if name == "*" else {name} & parts.keys():
        yield from (((step, *inner), found) for inner, found in find_each(parts[step], rest))


def list_leaves(value: Any, above: Tokens = ()) -> Iterator[tuple[str, Any]]:
    """Yield JSON Pointer and value of each part of nested objects that is not an object."""
    if not isinstance(value, Mapping):
        yield pointer(above), value
        return
    for name, each in value.items():
        yield from list_leaves(each, (*above, name))


def list_scalars(value: Any) -> Iterator[Any]:
    """Yield the texts, numbers and other single values at every depth of a decoded document."""
    if isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from list_scalars(each)
    else:
        yield value


def map_scalars(change: Callable[[Any], Any], value: Any) -> Any:
    """Return a copy of a document in which each text, number and other single value is changed."""
    if isinstance(value, dict):
        return {name: map_scalars(change, each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [map_scalars(change, each) for each in value]
    return change(value)


def change_at(value: Any, path: Tokens, change: Callable[[Any], Any]) -> Any:
    """Return a copy of a document with one part changed; of a missing field, None is changed."""
    if not path:
        return change(value)
    step, rest = path[0], path[1:]
    if isinstance(value, list):
        number = int(step)
        return [*value[:number], change_at(value[number], rest, change), *value[number + 1 :]]
    fields = value if isinstance(value, dict) else {}
    return {**fields, step: change_at(fields.get(step), rest, change)}


def _is_index(token: str, array: Sequence[Any]) -> bool:
    return token.isascii() and token.isdigit() and int(token) < len(array)
