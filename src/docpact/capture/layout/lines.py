"""Pages of the text layout: numbered lines, split into sections at the headings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from typing import Final

from docpact.capture.embedded import Fences
from docpact.capture.normalize.copies import clean_line
from docpact.errors import PageError
from docpact.model.path import METHODS, PARAMETER

_OPERATION: Final = re.compile(r"([A-Za-z]+) ?(/\S*)")
_MARKED: Final = re.compile(r"(#{1,6})\s+(.+)")
_HEADING: Final = re.compile(
    r"(.{1,40}?) ?(?:JSON|Form Data)?Expand Collapse|((?:\w+ )?[Pp]arameters|Headers|Returns)"
)
_SIGNATURE: Final = re.compile(
    r"(?:Deprecated)?(?:[\w$.]+|\"[^\"]+\"): (?:optional )?"
    r"(?:(?:string|number|boolean|unknown|true|false)(?: or .*)?$"
    r"|array of |object ?\{|map\[|\"|[A-Z]\w* ?\{)"
)
_JSON: Final = re.compile(r"[]{}[]|(?:\"[^\"]*\": ?)?(?:[]\"{}[]|-?\d|(?:true|false|null)\b)")
"""The beginning of a line of JSON."""
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_FRONT_MATTER: Final = re.compile(r"\A\s*---\n(?:.*\n)*?---\n")

MODELS: Final = ("models", "domain types")
"""Headings, in lower case, of types that belong to no single operation."""
SECTIONS: Final = {
    "path parameters": "path",
    "query parameters": "query",
    "header parameters": "header",
    "headers": "header",
    "cookie parameters": "cookie",
    "body parameters": "body",
    "returns": "returns",
}
"""Heading in lower case → the kind of its section."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Attributes:
        number: 1-based; blank lines count.
        text: without surrounding white space.
        depth: of a bullet of the Markdown layout, from 0; None for any other line.
        is_code: whether it is in a fenced block of the Markdown layout.
    """

    number: int
    text: str
    depth: int | None = None
    is_code: bool = False

    @property
    def heading(self) -> tuple[int, str]:
        """Level and text of a heading of Markdown; 0 and an empty text for any other line."""
        is_plain = self.is_code or not self.text.startswith("#")
        match = None if is_plain else _MARKED.fullmatch(self.text)
        return (len(match[1]), match[2]) if match else (0, "")


@dataclass(frozen=True, slots=True)
class PageGap:
    """Something that the page does not document.

    Attributes:
        pointer: JSON Pointer of the schema that would state it.
        text: the missing fact, in one short line.
    """

    pointer: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """The lines under one heading.

    Attributes:
        kind: `path`, `query`, `header`, `cookie`, `body` or `returns`.
        heading: the heading's line.
        end: number of the line that ends the section, or of the page's last line.
    """

    kind: str
    heading: Line
    lines: tuple[Line, ...]
    end: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page split into its parts.

    Attributes:
        title: the line above the method.
        operation: the line of method and path.
        prose: the lines between the operation and the first section.
        sections: in the page's order, each kind at most once, `returns` last.
        end: number of the line that ends the sections: the second title, or the page's last line.
        is_announced: whether a second title or a heading announces an example.
        example: the lines of the curl example and the bodies, blank ones included.
        markdown: whether the page has the Markdown layout, where indentation shows the nesting.
        models: the lines about types that belong to no operation.
        answer: status and media type in the heading of the response; 0 and empty text if it states
            none.
        sent: media type in the heading of the request body; empty if it states none.
        successes: every status of an accepted request that has a heading.
        prints_owners: whether an object or array has its own row before `owner.field`.
    """

    title: Line
    operation: Line
    method: str
    path: str
    prose: tuple[Line, ...]
    sections: tuple[Section, ...]
    end: int
    is_announced: bool
    example: tuple[Line, ...]
    markdown: bool = False
    models: tuple[Line, ...] = ()
    answer: tuple[int, str] = (0, "")
    sent: str = ""
    successes: tuple[int, ...] = ()
    prints_owners: bool = False

    def heading(self, kind: str) -> Line:
        """Return the heading of a section, or the line of the operation if there is none."""
        section = self.section(kind)
        return self.operation if section is None else section.heading

    def section(self, kind: str) -> Section | None:
        """Return the section of a kind, or None."""
        return next((section for section in self.sections if section.kind == kind), None)


def read(text: str) -> Page:
    """Split a page into its parts."""
    every = tuple(_lines(text))
    lines = [line for line in every if line.text]
    if not lines:
        raise PageError(1, "the page is empty; expected a title, then a line such as GET/v1/things")
    index, method, path = _operation(lines)
    check_path(lines[index], path)
    title = _title(lines, index)
    body = lines[index + 1 :]
    end = _second_title(body, title)
    after = body[end].number if end is not None else lines[-1].number
    sections = tuple(split(_without_models(body[:end]), after, _kind))
    has_body = any(line.text.startswith(("{", "[", "curl ")) for line in body)
    if not (sections or "curl" in {line.text[:4] for line in body}) and _lists_others(body):
        problem = "this page only lists operations, without their parameters and fields"
        raise PageError(lines[index].number, f"{problem}; copy the page of one")
    has_returns = bool(sections) and sections[-1].kind == "returns"
    above = takewhile(lambda line: not line.text.startswith(("{", "[", "curl ")), body)
    is_stainless = "Expand Collapse" in text or any(_SIGNATURE.match(e.text) for e in above)
    if end is None and not is_stainless:
        raise PageError(lines[index].number, UNREAD)
    if end is None and (has_body or not has_returns):
        raise PageError(after, cut_short(title))
    if not has_returns and _list_names(body[:end]) & _list_shown(body[end:]):
        raise PageError(after, "expected a section Returns before the title comes again")
    first = sections[0].heading.number if sections else after
    return Page(
        title=title,
        operation=lines[index],
        method=method,
        path=path,
        prose=tuple(line for line in body[:end] if line.number < first),
        sections=sections,
        end=after,
        is_announced=end is not None,
        example=() if end is None else tuple(line for line in every if line.number > after),
    )


def _list_names(lines: Sequence[Line]) -> set[str]:
    """Return the names of the fields on lines such as `limit: optional number`."""
    fields = (line.text for line in lines if _SIGNATURE.match(line.text))
    return {text.removeprefix("Deprecated").partition(": ")[0].strip('"') for text in fields}


def _list_shown(lines: Sequence[Line]) -> set[str]:
    """Return the names in the example bodies, which begin with a brace or a bracket."""
    bodies = dropwhile(lambda line: not line.text.startswith(("{", "[")), lines)
    return {name for line in bodies for name in re.findall(r'"([^"]+)"\s*:', line.text)}


def list_operations(text: str) -> Iterator[tuple[int, int, Line, str]]:
    """Yield the number of the line with the title, and line and name of each operation.

    The second number is 0: an operation ends where the next one begins.

    After the first one, only those whose title comes again, so that no line of prose counts.
    """
    written = [line for line in _lines(text) if line.text]
    texts = [line.text for line in written]
    first = True
    for at, line in enumerate(written):
        match = _OPERATION.fullmatch(line.text)
        if match is None or match[1].upper() not in METHODS or at == 0:
            continue
        is_mark = at > 1 and _is_mark(texts[at - 1], texts[at + 1 :])
        title = at - 2 if is_mark else at - 1
        if first or texts[title] in texts[at + 1 :]:
            yield written[title].number, 0, line, f"{match[1].upper()} {match[2]}"
        first = False


def has_signatures(text: str) -> bool:
    """Return whether a line of a page looks like `limit: optional number`.

    Those in fences and in the front matter do not count.
    """
    fences = Fences()
    return any(
        fences.read(raw) is None and not fences.opening and _SIGNATURE.match(clean_line(raw))
        for raw in _FRONT_MATTER.sub("", text, count=1).split("\n")
    )


def cut_short(title: Line) -> str:
    """Return the problem of a page that ends before its example."""
    return f"the page ends here; expected the title {title.text!r} again, and a curl example"


def _lines(text: str) -> Iterator[Line]:
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        yield Line(number, clean_line(line))


def _title(lines: Sequence[Line], operation: int) -> Line:
    """Return the title above the method or `Deprecated`; raise PageError if it has none."""
    below = [line.text for line in lines[operation + 1 :]]
    titles = [line for line in lines[:operation] if not _is_mark(line.text, below)]
    if not titles:
        problem = "expected the title on the line above the method and path"
        raise PageError(lines[operation].number, problem)
    call = re.search(r"[\w)](?:\.|->)\w+\(", titles[-1].text)
    if titles[-1].text.startswith("$ ") or (call and ")" in titles[-1].text[call.end() :]):
        raise PageError(titles[-1].number, CLIENT_LIBRARY)
    return titles[-1]


def _is_mark(text: str, below: Sequence[str]) -> bool:
    """Return whether a line marks an operation as deprecated; a title comes again below it."""
    return text == "Deprecated" or (text.startswith("Deprecated: ") and text not in below)


CLIENT_LIBRARY: Final = (
    "this is the page of a client library, whose types are not those of HTTP; copy the page again"
    " with HTTP, or cURL, chosen as its language"
)


UNREAD: Final = (
    "no parameters and no fields in a form that docpact reads; give the OpenAPI document of the"
    " page, or its Markdown"
)


def _lists_others(body: Sequence[Line]) -> bool:
    """Return whether another operation, or a heading of types, is below the first operation."""
    operations = (_OPERATION.fullmatch(line.text) for line in body)
    has_others = any(match and match[1].upper() in METHODS for match in operations)
    return has_others or len(_without_models(body)) < len(body)


def _without_models(lines: Sequence[Line]) -> Sequence[Line]:
    """Return the lines above a heading of types that belong to no single operation."""
    named = (at for at, line in enumerate(lines) if _name_heading(line).lower() in MODELS)
    return lines[: next(named, len(lines))]


def _second_title(body: Sequence[Line], title: Line) -> int | None:
    """Return the index of the second title, below Returns; a summary may have the same text."""
    again = [at for at, line in enumerate(body) if line.text == title.text]
    returns = next(
        (at for at, line in enumerate(body) if _name_heading(line).lower() == "returns"), 0
    )
    return next((at for at in again if at > returns), next(iter(again), None))


def _name_heading(line: Line) -> str:
    """Return the text of a heading; empty for any other line."""
    match = _HEADING.fullmatch(line.text)
    return (match[1] or match[2]) if match else ""


def _operation(lines: Sequence[Line]) -> tuple[int, str, str]:
    found = [(index, match) for index, line in enumerate(lines)
             if (match := _OPERATION.fullmatch(line.text))]  # fmt: skip
    for index, match in found:
        if match[1].upper() in METHODS:
            return index, match[1].upper(), match[2]
    for index, match in found:
        if match[1].isupper():
            check_method(lines[index], match[1])
    problem = (
        "the page ends here without a line such as GET/v1/things; write one above the text about"
        " the operation, or give the Markdown of the page or its OpenAPI document"
    )
    raise PageError(lines[-1].number, problem)


def check_method(line: Line, method: str) -> None:
    """Raise PageError for an unknown method."""
    if method not in METHODS:
        problem = f"{method!r} is not an HTTP method; expected one of {', '.join(METHODS)}"
        raise PageError(line.number, problem)


def check_path(line: Line, path: str) -> None:
    """Raise PageError for a path with characters that no path has, apart from parameters."""
    rest = PARAMETER.sub("_", path)
    if re.search(r"[][{}<>\\^`|\s]|/:", rest) or not path.isprintable():
        raise PageError(
            line.number, f"the path {path!r} is malformed; write parameters as in /things/{{id}}"
        )


def split(
    lines: Sequence[Line], end: int, kind_of: Callable[[Line], str | None]
) -> Iterator[Section]:
    """Split lines into sections at the headings: each kind once, `Returns` last."""
    headings = [(at, kind) for at, line in enumerate(lines) if (kind := kind_of(line)) is not None]
    seen = set[str]()
    ends = [*(at for at, _ in headings[1:]), len(lines)]
    for (at, kind), following in zip(headings, ends, strict=False):
        heading = lines[at]
        if kind in seen:
            raise PageError(heading.number, f"a second section {heading.text!r}")
        if "returns" in seen:
            raise PageError(
                heading.number, f"{heading.text!r} follows Returns, which must be the last section"
            )
        seen.add(kind)
        last = lines[following].number if following < len(lines) else end
        yield Section(kind, heading, tuple(lines[at + 1 : following]), last)


def find_example_end(lines: Sequence[Line], at: int) -> int:
    """Return the index behind a line of prose, or behind the JSON example that begins there."""
    depth = 0
    for end in range(at, len(lines)):
        if not _JSON.match(lines[end].text):
            break
        bare = _QUOTED.sub("", lines[end].text)
        depth += sum(map(bare.count, "{[")) - sum(map(bare.count, "}]"))
        if depth <= 0:
            return end + 1
    return at + 1


def _kind(line: Line) -> str | None:
    """Return the kind of section that a heading begins, or None for any other line."""
    name = _name_heading(line)
    return section_kind(line, name) if name else None


def section_kind(line: Line, name: str) -> str:
    """Return the kind of the section that a heading names, or raise PageError."""
    if name.lower() in SECTIONS:
        return SECTIONS[name.lower()]
    if name.lower() == "parameters":
        problem = (
            f"the rows below {line.text!r} are in a form that docpact does not read; give the"
            " OpenAPI document of the page, or its Markdown"
        )
        raise PageError(line.number, problem if line.text == name else CLIENT_LIBRARY)
    known = "Path, Query, Header, Cookie or Body Parameters, or Returns, in English"
    raise PageError(line.number, f"unknown section {line.text!r}; expected {known}")
