"""Tables in HTML, as lines of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

_ROW: Final = re.compile(r"<tr\b[^<>]*>", re.IGNORECASE)
_CELL: Final = re.compile(r"<t[hd]\b[^<>]*>", re.IGNORECASE)
TAG: Final = re.compile(r"<(?!br>)[^<>]*>")
_CODE: Final = re.compile(r"</?code\b[^<>]*>", re.IGNORECASE)
_LINE_TAG: Final = re.compile(r"<(?:p|li|div|br)\b[^<>]*>", re.IGNORECASE)
_EDGES: Final = re.compile(r"^(?:\s|<br>)+|(?:\s|<br>)+$")


def find_tables(text: str) -> Iterator[tuple[int, int]]:
    """Yield beginning and end of each table."""
    at = 0
    while (start := text.find("<table", at)) >= 0 and (end := text.find("</table>", start)) >= 0:
        at = end + len("</table>")
        yield start, at


def list_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line of a page with its number; of a table in HTML, its rows as in Markdown."""
    number, at = 1, 0
    for start, end in find_tables(text):
        before = text[at:start].split("\n")
        yield from enumerate(before, number)
        number += len(before) - 1
        yield from ((number + line, row) for line, row in list_rows(text[start:end]))
        number += text.count("\n", start, end)
        at = end
    yield from enumerate(text[at:].split("\n"), number)


def list_rows(table: str) -> Iterator[tuple[int, str]]:
    """Yield each row of a table as in Markdown, with the number of lines of the table above it."""
    number = 0
    for part in _ROW.split(table):
        marked = _LINE_TAG.sub("<br>", _CODE.sub("`", part))
        cells = [_EDGES.sub("", TAG.sub("", cell)) for cell in _CELL.split(marked)[1:]]
        cells = [re.sub("[\xa0\u2002\u2003]", "&nbsp;", unescape(cell)) for cell in cells]
        plain = [" ".join(cell.replace("|", "\\|").split()) for cell in cells]
        if plain:
            yield number, f"| {' | '.join(plain)} |"
        number += part.count("\n")
