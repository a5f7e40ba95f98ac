"""Tables whose cells a crawler wrote without anything between them, such as `pageintegerNoPage`."""

from __future__ import annotations

import re
from typing import Final

_HEADER: Final = re.compile(
    r"((?:Param(?:eter)?|Name|Key|Field|Property|Attribute|Header)s?)(Data ?type|Type)"
    r"(Required\??)?(Description|Notes|Details)"
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
        rows = [_split(each.strip(), is_marked=bool(columns[3])) for each in lines[at + 1 : end]]
        if rows and all(rows):
            kept = [0, 1, 2, 3] if any(row[2] for row in rows) else [0, 1, 3]
            lines[at:end] = ["\t".join(row[n] for n in kept) for row in (columns.groups(), *rows)]
            headers.append(at)
    return headers


def _split(text: str, *, is_marked: bool) -> tuple[str, ...]:
    """Return name, type, whether it is required, and description; nothing unless they are sure."""
    pattern = _WITH if is_marked else _WITHOUT
    longest = _NAME.match(text)
    ends = range(1, longest.end() if longest else 0)
    found = [
        (text[:at], *(each for each in match.groups() if each is not None))
        for at in ends
        if text[at - 1] not in "_-" and (match := pattern.fullmatch(text, at))
    ]
    return found[0] if len(found) == 1 else ()
