"""Tables as browsers and crawlers copy them, with a tab or nothing between two cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from docpact.capture.embedded import read_first_json

_HEADER: Final = re.compile(
    r"(?i)(?:(?:path|query|body|header|request|response) )?(?:name|param(?:eter)?|field|property"
    r"|attribute|key)(?: name)?s?(?=\t)"
    r"(?=.*\t(?:data ?)?(?:type|required\??|description)[ \t]*(?:\t|$)).*"
)
_MARKUP: Final = re.compile(r"(?m)^(?:#{1,6} |```|\||<\w)|Expand Collapse")
"""Text that shows that a page is not copied from a browser, or is in another layout."""

_TITLE: Final = re.compile(
    r"(?i)(?:(?:optional|required|path|query|url|uri|request|body|headers?|response|returned) )*"
    r"(?:(?:query )?param(?:eter)?s|headers|body|fields|properties|attributes|response"
    r"|request body)"
    r"(?: (?:parameters|fields|properties|attributes|schema))?:?"
)
_SECTION: Final = re.compile(
    r"(?i)(?:(?:example|sample|successful) )?(?:request|response)s?(?: (?:body|example|sample))?:?"
)
_EXAMPLES: Final = 200
"""Number of examples of a page that are read."""


def draw_tables(text: str) -> str:
    """Return a copied page whose tables, headings and examples have the marks of Markdown.

    A cell with several lines is one line; those behind it become rules, so that lines keep their
    numbers. A page stays as it is without such a table, or if one is not right below the name of
    its section, because copied text does not mark its headings.
    """
    lines = text.split("\n")
    glued = separate_cells(lines)
    if _MARKUP.search(text):
        for at in glued:
            _draw_table(lines, at)
        return "\n".join(lines) if glued else text
    if "\t" not in text and not glued:
        return text
    headers = [at for at, line in enumerate(lines) if _HEADER.fullmatch(line.strip())]
    titles = [next((n for n in range(at - 1, -1, -1) if lines[n].strip()), at) for at in headers]
    if not all(_TITLE.fullmatch(lines[at].strip()) for at in titles):
        return text
    for at, title in zip(headers, titles, strict=True):
        _draw_table(lines, at)
        lines[title] = f"## {lines[title].strip()}"
    if headers:
        _mark_sections(lines)
    return "\n".join(lines)


def _mark_sections(lines: list[str]) -> None:
    """Mark the headings of requests and responses, and their examples."""
    examples = 0
    for at, line in enumerate(lines):
        is_example = line.startswith(("{", "[", "curl ")) and at and not lines[at - 1].strip()
        if _SECTION.fullmatch(line.strip()):
            lines[at] = f"## {line.strip()}"
        elif is_example and examples < _EXAMPLES:
            examples += 1
            _fence(lines, at)


def _draw_table(lines: list[str], at: int) -> None:
    """Write the rows of a table; it ends before a blank line, or text that no row follows."""
    end = next((n for n in range(at, len(lines)) if not lines[n].strip()), len(lines))
    last = max((n for n in range(at, end) if "\t" in lines[n]), default=at - 1)
    row = at
    for n in range(at, last + 1):
        cells = [cell.strip().replace("|", "\\|") for cell in lines[n].split("\t")]
        if len(cells) > 1 or n == at:
            row, lines[n] = n, f"| {' | '.join(cells)} |"
        else:
            lines[row] = f"{lines[row].removesuffix(' |')}<br>{cells[0]} |"
            lines[n] = "|---|"


def _fence(lines: list[str], at: int) -> None:
    """Put fences in place of the blank lines around an example."""
    end = _find_end(lines, at)
    if end and (end == len(lines) or not lines[end].strip()):
        lines[at - 1] = "```"
        if end < len(lines):
            lines[end] = "```"


def _find_end(lines: Sequence[str], at: int) -> int:
    """Return the index of the line behind JSON or a command; 0 if it is neither."""
    if lines[at].startswith("curl "):
        return next((n for n in range(at, len(lines)) if not lines[n].strip()), len(lines))
    found = read_first_json(lines[at:])
    return at + found[1] if found else 0


_GLUED_HEADER: Final = re.compile(
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
    """Put tabs between the cells of tables without any; return the indexes of their headers.

    A crawler wrote their rows as in `pageintegerNoPage`. A table stays as it is if the cells of one
    of its rows may begin at other places.
    """
    headers = list[int]()
    for at, line in enumerate(lines):
        columns = _GLUED_HEADER.fullmatch(line.strip())
        if columns is None:
            continue
        end = next((n for n in range(at, len(lines)) if not lines[n].strip()), len(lines))
        has_place, is_marked = bool(columns[2]), bool(columns[4])
        rows = [
            _split_row(each.strip(), has_place=has_place, is_marked=is_marked)
            for each in lines[at + 1 : end]
        ]
        if rows and all(rows):
            title = [each or "" for each in columns.groups()]
            kept = [n for n in range(5) if title[n] and (n != 3 or any(row[n] for row in rows))]
            lines[at:end] = ["\t".join(row[n] for n in kept) for row in (title, *rows)]
            headers.append(at)
    return headers


def _split_row(text: str, *, has_place: bool, is_marked: bool) -> tuple[str, ...]:
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
