"""Text without what copying from a browser, or a crawler, adds."""

from __future__ import annotations

import re
from typing import Final

from docpact.capture.normalize.tabs import draw_tables

TAGS: Final = re.compile(r"</?(?:details|summary|div|span|p|br|ul|li|code|strong|em|a)\b[^<>]*>")
"""Tags of HTML inside a line of a page."""

_LINK_TO_PLACE: Final = re.compile(r"\[(?:Link to this property)?\]\(.*|Link to this property")
_ESCAPE: Final = re.compile(r"\\([_*\[\]<>~`#|{}-])")
_CODE_FENCE: Final = re.compile(r"```\w*|\* ?\* ?\*|-{3,}|`")
_LINKED_HEADING: Final = re.compile(r"#{1,6} +")
_SPLIT_HEADING: Final = re.compile(r"([A-Z]) ([a-z]+ Parameters(?:JSON|Form Data)?Expand Collapse)")
_GLUED_OR: Final = re.compile(
    r'(["}\]]|</a>|\b(?:string|number|boolean|unknown|true|false))or (?=["A-Za-z<]|[0-9]+ more)'
)
_BOLD: Final = re.compile(r"\*\*([^*]+)\*\*")


_INVISIBLE: Final = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad\ue000-\uf8ff]")
"""Characters without a width, and those that only an icon font of a page can show."""

_GLUED_BEHIND: Final = re.compile(rf"(?m)^(\w.*?){_INVISIBLE.pattern}+Deprecated\b")
"""The mark of a deprecated field behind its type."""

_INDENTED_CELL: Final = re.compile("(?m)^\\| ?(?:\u00a0 ?){2,}(?=\\S)")
_MARGIN: Final = re.compile("(?m)^[ \t\u00a0]*[\t\u00a0][ \t\u00a0]*")


def as_typed(text: str) -> str:
    """Return a page without the characters that browsers and editors add to copied text.

    A tab at the beginning of a line is one level of indentation, two blanks; tabs between cells are
    a table. Comments, which no browser shows, leave empty lines.
    """
    text = _INVISIBLE.sub("", _GLUED_BEHIND.sub(r"Deprecated\1", _without_comments(text)))
    text = _INDENTED_CELL.sub(lambda match: match[0].replace("\u00a0", "&nbsp;"), text)
    margins = _MARGIN.sub(lambda match: match[0].replace("\t", "  "), text)
    return draw_tables(margins.replace("\u00a0", " "))


def _without_comments(text: str) -> str:
    kept, *others = text.split("<!--")
    for comment, end, behind in (each.partition("-->") for each in others):
        kept += "\n" * comment.count("\n") + behind if end else f"<!--{comment}"
    return kept


def clean_line(text: str) -> str:
    """Return a line as the page shows it, without white space around it."""
    text = text.strip()
    if not text or _CODE_FENCE.fullmatch(text) or _LINK_TO_PLACE.fullmatch(text):
        return ""
    text = _GLUED_OR.sub(r"\1 or ", text)
    if "<" in text:
        text = TAGS.sub("", text).strip()
    if text.startswith("#"):
        text = _LINKED_HEADING.sub("", text, count=1)
    if "](" in text:
        text = _without_links(text)
    if "\\" in text:
        text = _ESCAPE.sub(r"\1", text)
    text = _SPLIT_HEADING.sub(r"\1\2", text)
    if text.startswith(("`{", "`[", "`curl ")) or text.endswith(("}`", "]`")):
        text = text.strip("`")
    return "" if _LINK_TO_PLACE.fullmatch(text) else _BOLD.sub(r"\1", text).strip()


def _without_links(text: str) -> str:
    """Return a line in which each link `[text](address)` is its text; addresses may nest."""
    parts, rest = [], text
    while (at := rest.find("](")) >= 0 and (start := rest.rfind("[", 0, at)) >= 0:
        end, depth = at + 2, 1
        while end < len(rest) and depth:
            depth += {"(": 1, ")": -1}.get(rest[end], 0)
            end += 1
        parts += [rest[:start], rest[start + 1 : at]]
        rest = rest[end:]
    return "".join([*parts, rest])
