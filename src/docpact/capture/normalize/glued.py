"""Tables whose cells a crawler wrote without anything between them, such as `pageintegerNoPage`."""

from __future__ import annotations

import re
from typing import Final

_HEADER: Final = re.compile(
    r"((?:Param(?:eter)?|Name|Key|Field|Property|Attribute|Header)s?)(In|Location)?"
    r"(Data ?type|Type)(Required\??)?(Description|Notes|Details)?"
)
_NAME: Final = re.compile(r"[A-Za-z_$][\w$.\[\]-]*")
_TYPE: Final = (
    r"(?i:string|integer|int|number|float|double|decimal|boolean|bool|object|array|date|datetime"
    r"|uuid)(?:\[\])?"
)
_NEEDED: Final = (
    r"[Yy]es|[Nn]o|[YN](?=[A-Z]|$)|✓|✔|✅|Mandatory|[Rr]equired|[Oo]ptional|[Tt]rue|[Ff]alse"
)
_WORDS: Final = rf"((?!{_TYPE})[A-Z0-9\"'`“(<*].*|)"
_PLACE: Final = re.compile("query|path|header|cookie|body")
_NO_PLACE: Final = re.compile("")
_WITHOUT: Final = re.compile(rf"({_TYPE})(){_WORDS}")
_WITH: Final = re.compile(rf"({_TYPE})({_NEEDED})(.*)|({_TYPE})(){_WORDS}")
"""The cells behind a name; a description begins with a capital letter if nothing is before it."""


def separate_cells(lines: list[str]) -> list[int]:
    """Put tabs between the cells of such tables; return the indexes of their headers.

    A table stays as it is if the cells of one of its rows may begin at other places.
    """
    headers = list[int]()
    for at, line in enumerate(lines):
        columns = _HEADER.fullmatch(line.strip())
        if columns is None:
            continue
        end = next((n for n in range(at, len(lines)) if not lines[n].strip()), len(lines))
        has_place, is_marked = bool(columns[2]), bool(columns[4])
        rows = [
            _split(each.strip(), has_place=has_place, is_marked=is_marked)
            for each in lines[at + 1 : end]
        ]
        if rows and all(rows):
            title = [each or "" for each in columns.groups()]
            kept = [n for n in range(5) if title[n] and (n != 3 or any(row[n] for row in rows))]
            lines[at:end] = ["\t".join(row[n] for n in kept) for row in (title, *rows)]
            headers.append(at)
    return headers


def _split(text: str, *, has_place: bool, is_marked: bool) -> tuple[str, ...]:
    """Return the cells of a row in the order of its columns; nothing unless they are sure."""
    pattern, place = _WITH if is_marked else _WITHOUT, _PLACE if has_place else _NO_PLACE
    longest = _NAME.match(text)
    ends = range(1, longest.end() if longest else 0)
    found = [
        (text[:at], where[0], *(each for each in match.groups() if each is not None))
        for at in ends
        if text[at - 1] not in "_-"
        and (where := place.match(text, at))
        and (match := pattern.fullmatch(text, where.end()))
    ]
    return found[0] if len(found) == 1 else ()
