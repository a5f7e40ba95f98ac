"""Tables as browsers and crawlers copy them, with a tab or nothing between two cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from docpact.capture.embedded import read_first_json
from docpact.capture.normalize.glued import separate_cells

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
