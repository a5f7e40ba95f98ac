"""Whether a list and a thing itself show the same, in perhaps another way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any, Final

from docpact.model.path import split_url
from docpact.model.pointer import list_of
from docpact.rules.comparison import is_rounded, is_same, is_same_time

_TAG: Final = re.compile(r"<[^<>]{1,200}>|\s+")
_MASK: Final = re.compile(
    r"[*\u2022\u25cf\u2588]{2,}|[xX]{3,}|\b(redacted|hidden|masked|filtered|restricted)\b",
    re.IGNORECASE,
)
"""Characters and words that are shown instead of a text that not everybody may read."""

_CASELESS: Final = re.compile(
    r"[\dA-Fa-f:.{}-]+|[^\s@]+@[^\s@]+|\w+(-\w+)*(\.[\w-]+)+\.?|true|false", re.IGNORECASE
)
"""Texts that are the same in another case, such as UUIDs, hashes, addresses, flags and hosts."""

_SCALARS: Final = (str, int, float, bool)


def is_alike(listed: Any, own: Any) -> bool:
    """Return whether a list may show a value for one of the thing itself.

    A list may leave values out, shorten or mask texts, write them without markup, round numbers,
    show URLs without a server or signature, and only some elements of an array.
    """
    if isinstance(listed, list) and isinstance(own, list):
        return is_part(listed, own)
    if isinstance(listed, Mapping) and isinstance(own, Mapping):
        return all(is_alike(listed[name], own[name]) for name in listed.keys() & own.keys())
    scalars = isinstance(listed, _SCALARS) and isinstance(own, _SCALARS)
    if not scalars or "" in (listed, own) or is_same(listed, own):
        return True
    if isinstance(listed, str) and isinstance(own, str):
        return _is_shortened(listed, own) or _is_same_address(listed, own)
    return is_rounded(listed, own)


def is_cased(listed: Any, own: Any) -> bool:
    """Return whether texts differ in their case alone, unless that does not count."""
    if not isinstance(listed, str) or not isinstance(own, str) or _CASELESS.fullmatch(own):
        return False
    is_other = listed != own and listed.casefold() == own.casefold()
    return is_other and not is_same_time(listed, own)


def is_part(some: Sequence[Any], every: Any) -> bool:
    """Return whether an array has only elements of another one, each at most as often."""
    left = [*list_of(every)]
    for one in some:
        number = next((n for n, other in enumerate(left) if is_alike(one, other)), None)
        if number is None:
            return False
        del left[number]
    return True


def _is_shortened(listed: str, own: str) -> bool:
    plain = (_TAG.sub("", unescape(text)) for text in (listed, own))
    short, long = sorted(plain, key=len)
    start = short.rstrip(".\N{HORIZONTAL ELLIPSIS}")
    return long.startswith(start) or long.endswith(start) or bool(_MASK.search(listed + own))


def _is_same_address(listed: str, own: str) -> bool:
    """Return whether both are URLs of one path, or one is absolute and the other relative."""
    if not all("/" in text for text in (listed, own)):
        return False
    short, long = sorted((split_url(text).path.strip("/") for text in (listed, own)), key=len)
    return bool(short) and long.endswith(short)
