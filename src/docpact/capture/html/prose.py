"""Saved HTML without marks of a known tool, as Markdown: headings, tables, lists, and code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, Final

from docpact.model.path import METHODS

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_BLOCKS: Final = frozenset({
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl",
    "dt", "fieldset", "figure", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "html", "li", "main", "ol", "p", "pre", "section", "summary", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "ul"
})  # fmt: skip
_HIDDEN: Final = frozenset({
    "button", "footer", "head", "iframe", "nav", "noscript", "script", "select", "style", "svg",
    "template", "textarea"
})  # fmt: skip
_MARKS: Final = {
    **dict.fromkeys(("code", "kbd", "samp", "tt", "var"), "`"),
    **dict.fromkeys(("b", "strong"), "**"),
}
_NUMBERS: Final = re.compile(r"(?:^|[\W_])(?:gutter|line-?(?:no|numbers?)s?)(?:$|[\W_])")
"""A class of the numbers beside lines of code."""

_LANGUAGE: Final = re.compile(r"\b(?:language|lang|highlight|highlight-source|brush:)[- ](\w+)")
_STATUS: Final = re.compile(r"[1-5](?:[0-9]{2}|XX)|default")
_PANEL: Final[dict[str, Any]] = {"role": "tabpanel"}
_TARGET: Final = re.compile(r"(?:https?://\S+|/\S*)")
_MAX_WORDS: Final = 40
"""Maximum number of texts in an element with only a method and a path."""

_JOINT: Final = re.compile(r"(?:^|[/({<:.-])\0|\0[/)}>({:.?-]")
"""The place between two texts that may be parts of one path."""

_FIELD: Final = re.compile(r"^(?:- (?:\*\*)?|\*\*)([A-Za-z_][\w.\[\]-]*)(?:\*\*)?(?= \(| \u2013|$)")
"""The beginning of a field in a list of fields of Sphinx."""


_APART: Final = ["dl", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "pre", "table", "ul"]
"""Blocks of a definition that are more than its text."""


def write(soup: BeautifulSoup) -> str:
    """Return the content of a page as Markdown; empty if its elements are nested too deeply."""
    mains = soup.select("main, [role=main]")
    try:
        return "\n".join(_write_blocks(mains[0] if len(mains) == 1 else soup))
    except RecursionError:
        return ""


def _write_blocks(tag: Tag) -> Iterator[str]:
    """Yield the lines of the blocks in an element, and an empty line behind each block."""
    children: list[Any] = [*tag.children, None]
    beside: list[Any] = []
    for child in children:
        if child is not None and not _is_block(child):
            beside.append(child)
            continue
        texts = (" ".join(each.split()) for each in _write_inline(beside).split("\n"))
        if kept := [text for text in texts if text]:
            yield from (*kept, "")
        beside = []
        if child is not None:
            yield from (*_write_block(child), "")


def _is_block(node: Any) -> bool:
    name = getattr(node, "name", None)
    if name is None or name in _HIDDEN:
        return False
    return name in _BLOCKS or any(each.name in _BLOCKS for each in node.descendants)


def _write_block(tag: Tag) -> Iterator[str]:
    if operation := _find_operation(tag):
        yield operation
    elif re.fullmatch(r"h[1-6]", tag.name):
        yield f"{'#' * int(tag.name[1])} {_write_line(tag)}"
    elif tag.name == "pre":
        yield from _write_code(tag)
    elif tag.name == "table" and not _is_layout(tag):
        yield from _write_table(tag)
    elif tag.name in ("ol", "ul"):
        yield from _write_list(tag)
    elif status := _find_status(tag):
        yield from (f"### {status}", "", *_write_blocks(tag))
    elif "field-list" in (tag.parent.get("class") or () if tag.parent else ()):
        yield from _write_field_list(tag)
    elif tag.name == "dt":
        yield _write_line(tag)
    elif tag.name == "dd":
        below = "" if tag.find(_APART) else "  "
        lines = [*_write_blocks(tag)]
        yield from (f"{below if at and line else ''}{'' if at else ': '}{line}"
                    for at, line in enumerate(lines))  # fmt: skip
    else:
        yield from _write_blocks(tag)


def _write_field_list(tag: Tag) -> Iterator[str]:
    """Yield the name of fields, as Sphinx writes it, as a heading, and each field as an item."""
    if tag.name == "dt":
        name = _write_line(tag).rstrip(":")
        yield f"**{'URL parameters' if name == 'Parameters' else name}**"
        return
    yield from (_FIELD.sub(r"- `\1`", line) for line in _write_blocks(tag))


def _find_operation(tag: Tag) -> str:
    """Return `GET /path` for an element with only these, in elements of their own."""
    inside: Iterator[Any] = tag.descendants
    texts = (e for e in inside if e.name is None and e.strip() and not _is_mark(e.parent))
    method, *parts = [*islice((each.strip() for each in texts), _MAX_WORDS + 1), ""]
    path = "".join(parts)
    is_path = _TARGET.fullmatch(path) and len(parts) <= _MAX_WORDS
    is_one = all(_JOINT.search(f"{a}\0{b}") for a, b in pairwise(filter(None, parts)))
    return f"{method.upper()} {path}" if method.upper() in METHODS and is_path and is_one else ""


def _is_mark(tag: Any) -> bool:
    """Return whether an element is a link without words, such as one to the place itself."""
    return tag.name == "a" and not re.search(r"\w", tag.get_text())


def _is_layout(table: Tag) -> bool:
    """Return whether a table without a header has blocks such as headings and code."""
    is_headed = any(each.find_parent("table") is table for each in table.find_all("th"))
    return not is_headed and table.find(["h1", "h2", "h3", "h4", "pre", "table"]) is not None


def _write_list(tag: Tag) -> Iterator[str]:
    """Yield the items of a list and the blocks between them.

    A list of nothing but links is left out, as in a table of contents. Tabs with
    statuses begin the responses, as in older pages of Docusaurus.
    """
    links = "".join(each.get_text() for each in tag.find_all("a"))
    if "".join(links.split()) == "".join(tag.get_text().split()):
        return
    items = [each for each in tag.find_all("li") if each.find_parent(["ol", "ul"]) is tag]
    if _list_statuses(tag):
        yield "## Responses"
        return
    for child in tag.find_all(True, recursive=False):
        inside = [item for item in items if item is child or child in item.parents]
        if not inside:
            yield from _write_blocks(child)
        for item in inside:
            yield from _write_item(item)


def _list_statuses(tabs: Tag) -> list[str]:
    """Return the statuses that tabs have; empty if one of them has another text."""
    texts = [each.get_text().strip() for each in tabs.find_all("li")]
    is_sure = tabs.get("role") == "tablist" and all(map(_STATUS.fullmatch, texts))
    return texts if is_sure else []


def _find_status(panel: Tag) -> str:
    """Return the status in the tab of a panel; empty if it has none."""
    if panel.get("role") != "tabpanel":
        return ""
    around = panel.find_parent(attrs=_PANEL)
    tabs = panel.find_all_previous(attrs={"role": "tablist"})
    own = next((each for each in tabs if each.find_parent(attrs=_PANEL) is around), None)
    at = len(panel.find_previous_siblings(attrs=_PANEL))
    return "".join(_list_statuses(own)[at : at + 1]) if own is not None else ""


def _write_item(item: Tag) -> Iterator[str]:
    first = True
    for line in _write_blocks(item):
        yield f"{'- ' if first and line else '  '}{line}" if line else ""
        first = first and not line


def _write_table(tag: Tag) -> Iterator[str]:
    """Yield the rows of a table; a cell across columns is in brackets, with empty ones behind."""
    below: dict[int, int] = {}
    rows = (each for each in tag.find_all("tr") if each.find_parent("table") is tag)
    for at, row in enumerate(rows):
        cells: list[str] = []
        for cell in (e for e in row.find_all(["td", "th"]) if e.find_parent("tr") is row):
            while below.get(len(cells), 0) > at:
                cells.append("")
            spans = (_read_span(cell, "colspan"), _read_span(cell, "rowspan"))
            below.update({len(cells) + n: at + spans[1] for n in range(spans[0])})
            text = _write_line(cell).replace("|", "\\|")
            cells += [f"({text})" if spans[0] > 1 else text, *[""] * (spans[0] - 1)]
        if cells:
            yield f"| {' | '.join(cells)} |"
            if not at:
                yield f"|{' --- |' * len(cells)}"


def _read_span(cell: Tag, name: str) -> int:
    text = str(cell.get(name) or "1")
    return min(int(text), 99) if text.isascii() and text.isdigit() else 1


def _write_line(tag: Tag) -> str:
    """Return the text of an element in one line."""
    return " ".join(_write_inline(tag.children).split())


def _write_inline(nodes: Iterable[Any]) -> str:
    return "".join(map(_write_text, nodes))


def _write_text(node: Any) -> str:
    """Return the text of a node, without links to the place itself, or cells that do not end.

    There is a blank between elements without text between them.
    """
    from bs4.element import NavigableString, PreformattedString

    if isinstance(node, NavigableString):
        return "" if isinstance(node, PreformattedString) else re.sub(r"\s+", " ", str(node))
    if node.name == "br":
        return "\n"
    if node.name in (*_HIDDEN, "td", "th") or _is_mark(node):
        return ""
    mark = _MARKS.get(node.name, "")
    text = node.get_text() if mark == "`" else _write_inline(node.children)
    text = f"{mark}{' '.join(text.split())}{mark}" if mark and text.strip() else text
    if _is_block(node):
        return f" {text} "
    is_apart = getattr(node.previous_sibling, "name", None) is not None
    return f" {text}" if is_apart else text


def _write_code(tag: Tag) -> Iterator[str]:
    """Yield a block of code between fences, without the numbers of its lines."""
    parts: list[str] = []
    for node in tag.descendants:
        name = getattr(node, "name", None)
        classes = " ".join(node.parent.get("class") or ()) if node.parent else ""
        if name is None:
            parts.append("" if _NUMBERS.search(classes) else str(node))
        elif (name == "br" or name in _BLOCKS) and not "".join(parts[-1:]).endswith("\n"):
            parts.append("\n")
    text = "".join(parts)
    holders = (tag, *tag.find_all("code", limit=1), *islice(tag.parents, 2))
    classes = " ".join(word for each in holders for word in each.get("class") or ())
    language = _LANGUAGE.search(classes)
    fence = "`" * (max((len(each) for each in re.findall("`+", text)), default=2) + 1)
    fence = fence if len(fence) > 2 else "```"
    yield f"{fence}{language[1] if language else ''}"
    yield from text.strip("\n").split("\n")
    yield fence
