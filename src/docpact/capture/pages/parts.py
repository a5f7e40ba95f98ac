"""The operations that one page in the text or the Markdown layout documents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Final

from docpact.capture.layout import lines, markdown
from docpact.capture.layout.headings import ASIDE, PARAMETERS, name_place, read_heading
from docpact.capture.layout.lines import Line, PageGap
from docpact.capture.normalize.copies import as_typed
from docpact.capture.statements import components, operations
from docpact.capture.statements.statement import SENT
from docpact.capture.statements.tables import is_header
from docpact.model.operation import OPEN_REQUEST

_MARK: Final = re.compile(r"(?m)^(?:#{1,6} |```)")
"""A heading or a fence of Markdown, which text copied from a browser does not have."""

_WRITTEN: Final = re.compile(r"(?m)^\*\*[A-Z]+\*\* `/")
"""Method and path as people write them; Stainless prints the method in lower case."""


_OUTSIDE: Final = "the statements outside of the section that names it"


@dataclass(frozen=True, slots=True)
class PagePart:
    """The part of a page about one operation.

    Attributes:
        line: of method and path.
        name: the same; if several parts have it, with the heading of this one in brackets.
        text: the page with the lines of other operations blank, so that the numbers of lines stay,
            and without those behind it.
        outside: the gap of the first parameter or field that belongs to no operation, if only a
            sentence or a command names this one, or in a section of parameters above the only
            operation; otherwise None.
    """

    line: int
    method_and_path: str
    name: str
    text: str
    outside: PageGap | None = None


def split_page(text: str) -> tuple[PagePart, ...]:
    """Return the parts of a page; of a page about one operation, the whole page."""
    text = as_typed(text)
    layout = find_layout(text)
    found = list(layout.list_operations(text))
    if len(found) < 2 and not (layout is components and found and found[0][0] > 1):
        return tuple(PagePart(line.number, name, name, text) for _, _, line, name in found)
    return tuple(_parts(text, found))


def find_layout(text: str) -> ModuleType:
    """Return the module that reads a page."""
    states = components.has_statements(text)
    is_other = (states or _WRITTEN.search(text)) and not markdown.has_signatures(text)
    if markdown.is_markdown(text) and not is_other:
        return markdown
    is_copied = "Expand Collapse" in text
    is_text = is_copied or bool(list(lines.list_operations(text)))
    is_marked = not lines.has_signatures(text) and _MARK.search(text) is not None
    if ((states or is_marked) and not is_copied) or not is_text:
        return components if list(components.list_operations(text)) else lines
    return lines


def _parts(text: str, found: Sequence[tuple[int, int, Line, str]]) -> Iterator[PagePart]:
    numbered = text.split("\n")
    typed = markdown.read_lines(text) if markdown.is_markdown(text) else ()
    shared = {*markdown.list_shared(typed)}
    following = [*(start for start, *_ in found[1:]), len(numbered) + 1]
    names = Counter(name for *_, name in found)
    headings = [(e.number, e.heading[1]) for e in operations.read_lines(text) if e.heading[0]]
    outside = _find_outside(text, found)
    for (start, end, line, name), behind in zip(found, following, strict=True):
        titles = [each for at, each in headings if start <= at < line.number]
        own = f"{name} ({titles[-1] if titles else f'line {line.number}'})"
        last = (end or behind) - 1
        kept = [""] * max(last, *shared, 0)
        kept[start - 1 : last] = numbered[start - 1 : last]
        for number in shared:
            kept[number - 1] = numbered[number - 1]
        own = own if names[name] > 1 else name
        yield PagePart(line.number, name, own, "\n".join(kept), outside)


def _find_outside(text: str, found: Sequence[tuple[int, int, Line, str]]) -> PageGap | None:
    """Return the gap of a statement outside of operations that only commands name, or None.

    A table in words that docpact does not know may have statements, unless it is about errors.
    Above the only operation of any page, those in a section of parameters or of a request count.
    Then it is not known which parameters a request needs, unless the section is only named
    `Parameters`, which may be those of a model.
    """
    is_named = any(operations.find_operation(line) for _, _, line, _ in found)
    if is_named and len(found) > 1:
        return None
    inside = {number for start, end, *_ in found for number in range(start, end)}
    every, heading, is_of_request = list(operations.read_lines(text)), "", True
    for at, line in enumerate(every):
        heading = line.heading[1] or heading
        is_open = not (line.is_code or line.number in inside)
        if is_named:
            is_of_request = name_place(read_heading(heading)) in SENT
            is_any = PARAMETERS.search(read_heading(heading)) is not None
            is_open &= line.number < found[0][0] and (is_of_request or is_any)
        is_table = is_header(every, at) and ASIDE.search(read_heading(heading)) is None
        if is_open and (operations.states(line) or is_table):
            pointer = OPEN_REQUEST if is_of_request else ""
            return PageGap(pointer, line.number, _OUTSIDE)
    return None
