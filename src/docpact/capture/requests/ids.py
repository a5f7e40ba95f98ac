"""Ids of examples in a path."""

from __future__ import annotations

import re
from typing import Final

from docpact.model.path import make_singular

_UUID: Final = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_RANDOM: Final = r"(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[A-Za-z_-]*[0-9]+[A-Za-z_-]+[0-9])[\w-]{20,}"
EXAMPLE: Final = re.compile(
    r"(?<=/)(?:([\w-]+s|people)/(?:[0-9]+|(?=[A-Za-z_-]*[0-9])[\w-]{16,})"
    rf"|([\w-]+)/(?:{_UUID}|{_RANDOM})"
    r"|(?!(?:api|rest|v[0-9]*|version|oauth|odata)/)([A-Za-z][\w-]*)/"
    r"(?:[0-9]+(?=(?:\.[A-Za-z]\w*)?(?:$|[`\s?#]))|[0-9]{3,}(?=/)))(?![\w-])"
)
"""A thing in a path with an id from an example behind it, such as a number or a UUID."""


def write_id(match: re.Match[str]) -> str:
    """Return a thing in a path with a parameter in place of its id."""
    word = next(filter(None, match.groups()))
    return f"{word}/{{{make_singular(word).replace('-', '_')}_id}}"
