"""A page as it can be read: its sections as trees, the types it names, its examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from docpact.capture import lines, markdown
from docpact.capture.example import Body, Curl, read_bodies, read_curl
from docpact.capture.lines import Page
from docpact.capture.node import Node, named_types
from docpact.capture.outline import Reader, Undecided
from docpact.capture.signature import signature
from docpact.errors import PageError

MOST: Final = 64
"""How many ways of reading one page are tried."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way of reading a page.

    Attributes:
        text: of the page.
        page: cut into its parts.
        sections: kind → its fields; `returns` may be one nameless node.
        named: name of a type → the node that prints it in full.
        curl: the curl example.
        bodies: the example bodies.
    """

    text: str
    page: Page
    sections: Mapping[str, tuple[Node, ...]]
    named: Mapping[str, Node]
    curl: Curl
    bodies: tuple[Body, ...]

    def nodes(self, kind: str) -> tuple[Node, ...]:
        """Return the fields of a section; none where the page has no such section."""
        return self.sections.get(kind, ())

    @property
    def is_listed(self) -> bool:
        """Whether the fields below Returns are those of an array's elements.

        The text layout prints both alike, so that the example body alone tells.
        """
        returned = self.nodes("returns")
        told = bool(self.bodies) and not self.page.markdown
        return (
            told and bool(returned[0].name) and all(isinstance(b.value, list) for b in self.bodies)
        )


def readings(text: str) -> list[Reading]:
    """Return every way in which a page adds up; the Markdown layout has one at most.

    Raises:
        PageError: there is none.
    """
    page = markdown.read(text) if markdown.is_markdown(text) else lines.read(text)
    _check_prose(page)
    curl = read_curl(page)
    bodies = read_bodies(page, curl.end)
    return [
        Reading(text, page, sections, _named(sections), curl, bodies)
        for sections in _sections(page)
    ]


def _sections(page: Page) -> Iterator[Mapping[str, tuple[Node, ...]]]:
    if page.markdown:
        yield {section.kind: markdown.fields(section) for section in page.sections}
        return
    found: list[Mapping[str, tuple[Node, ...]]] = []
    problem: PageError | None = None
    waiting: list[dict[int, bool]] = [{}]
    for _ in range(MOST):
        if not waiting:
            break
        decided = waiting.pop()
        reader = Reader(decided)
        try:
            found.append(
                {
                    section.kind: (
                        reader.returned(section)
                        if section.kind == "returns"
                        else reader.fields(section)
                    )
                    for section in page.sections
                }
            )
        except Undecided as undecided:
            waiting += [{**decided, undecided.line: choice} for choice in (False, True)]
        except PageError as error:
            problem = problem or error
    if not found and problem is not None:
        raise problem
    yield from found


def _named(sections: Mapping[str, tuple[Node, ...]]) -> Mapping[str, Node]:
    named: dict[str, Node] = {}
    for nodes in sections.values():
        for name, node in named_types(nodes):
            named.setdefault(name, node)
    return named


def _check_prose(page: Page) -> None:
    """Raise for a field in front of the first heading: the heading above it is missing."""
    for line in page.prose:
        if signature(line.number, line.text) is not None:
            problem = f"expected a heading such as 'Query Parameters' above {line.text!r}"
            raise PageError(line.number, problem)
