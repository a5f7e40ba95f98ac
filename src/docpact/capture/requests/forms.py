"""The form that a curl command sends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from docpact.capture.layout.command import DATA, PARTS, UPLOADS, Command
from docpact.capture.layout.example import decode_value
from docpact.media_types import FORM, MULTIPART, is_json, parse_media_type

_PAIR: Final = re.compile(r"[\w.\[\]%-]+=")
_IN_QUERY: Final = re.compile(r"-[a-zA-Z]*G|--get")
"""A switch that sends the data in the query."""


@dataclass(frozen=True, slots=True)
class Form:
    """A request body that is not JSON.

    Attributes:
        media_type: of the body; empty if the command shows none.
        fields: line, name and value of each field; none of a file or of any other text.
    """

    media_type: str = ""
    fields: tuple[tuple[int, str, str], ...] = ()


def read_form(command: Command, stated: str) -> Form | None:
    """Return the body that a command sends; None if it sends JSON or nothing.

    Args:
        command: with the options of curl.
        stated: the media type in its headers, or empty.
    """
    parts = command.values(*PARTS)
    data = [(line, text) for line, text in command.values(*DATA) if text]
    encoded = command.values("--data-urlencode")
    if any(_IN_QUERY.fullmatch(name) for _, name, _ in command.options):
        return None
    if parts:
        return Form(MULTIPART, tuple(_list_parts(parts)))
    kind = parse_media_type(stated).name
    is_form = bool(encoded) or (bool(data) and all(map(_is_form, (text for _, text in data))))
    if kind == FORM or (is_form and not stated):
        return Form(FORM, (*_list_pairs(data), *_list_parts(encoded)))
    is_other = stated and not is_json(stated)
    return Form(stated) if is_other or command.values(*UPLOADS) else None


def _is_form(text: str) -> bool:
    """Return whether a text of `--data` is a form, and not JSON."""
    try:
        decode_value(text)
    except ValueError:
        return _PAIR.match(text) is not None
    return False


def _list_pairs(data: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str, str]]:
    for line, text in data:
        yield from ((line, *pair) for pair in parse_qsl(text, keep_blank_values=True))


def _list_parts(parts: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str, str]]:
    for line, text in parts:
        name, equals, value = text.partition("=")
        if equals and name:
            yield line, name, value
