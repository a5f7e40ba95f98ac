"""Parameters and fields that a page states one by one, with types in its own words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from docpact.capture.layout.headings import (
    ASIDE,
    BODY,
    MARKED,
    MIXED,
    NEUTRAL,
    NOTHING,
    OF_JSON,
    OF_OBJECTS,
    OPTIONAL,
    PARAMETERS,
    PATH,
    RETURNS,
    SIMPLE,
    STATED,
    STATUS,
    name_object,
    name_place,
    read_heading,
)
from docpact.capture.layout.lines import Line, PageGap
from docpact.capture.requests.curl import PLAIN_HEADERS
from docpact.model.documented import LOCATIONS
from docpact.model.operation import OPEN_REQUEST

SENT: Final = (*LOCATIONS, "body")
ASKED: Final = "asked"
"""The kind of parameters that are in the path, or where only a command shows."""


LINK: Final = re.compile(r"\[([^\[\]]+)\]\([^()]*\)")

_HEADER: Final = re.compile(r"[Xx]-[\w-]+|Authorization|Accept|Content-Type|[A-Z]\w*-Key")
"""A name of a header in a section of parameters of several kinds."""

_SAID: Final = re.compile(r"\W*(required|mandatory|optional)(?:\W*$|[.,:;)\]*_`])", re.IGNORECASE)
"""The beginning of a description that says whether a request needs the parameter."""

_TAKES_LIST: Final = re.compile(
    r"\b(?:takes|accepts|expects|requires) (?:a|an) (?:JSON )?(?:array|list) of\b", re.IGNORECASE
)


@dataclass(slots=True)
class Stated:
    """One parameter or field.

    Attributes:
        required: None where the page does not say.
        default: as written; empty if the page states none.
        inside: the fields of its object, or of the objects in its array.
    """

    line: int
    name: str
    type: str = ""
    required: bool | None = None
    deprecated: bool = False
    prose: str = ""
    default: str = ""
    inside: list[Stated] = field(default_factory=list)


@dataclass(slots=True)
class Statements:
    """The statements found so far, while the lines of a page are read.

    Attributes:
        prints_owners: whether an object or array has its own row before `owner.field`.
        answer: status and media type of the response whose fields are read; 0 and empty text where
            its heading states none.
        sent: media type in the heading of the request body whose fields are read; or empty.
        shown: kind of section → the formats of its examples, `JSON` or `XML`.
        title: of the operation, whose words name no section.
        in_path: names of the parameters in its path.
        in_query: name → value of the parameters in the query of its address.
        in_command, in_body: names of the parameters and of the fields that its commands send.
        is_twice: whether another heading `Parameters` follows the first one.
        beside: the heading of the response that the second one belongs to.
        is_example: whether ids in its path come from an example.
        method: of the operation; empty if the API itself sends the request.
        is_read: whether requests of the operation have no body.
        successes: every status of an accepted request with a heading.
        command: number of the line of the first command below the operation, or 0.
        last: the parameter or field that the present line describes.
        body_example: number of the line of an example of the request body, or 0.
        has_unplaced: whether the page does not say how the request sends some parameter.
        outside: gaps of each table, or list of names, that is in no section.
        unread: number of the first line of a section with nothing read; None if something is.
    """

    stated: dict[str, list[Stated]] = field(default_factory=dict)
    example: list[Line] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    example_of: str = ""
    tables: set[tuple[str, str]] = field(default_factory=set)
    gaps: list[PageGap] = field(default_factory=list)
    label: str = ""
    prints_owners: bool = False
    answer: tuple[int, str] | None = None
    sent: str = ""
    shown: dict[str, set[str]] = field(default_factory=dict)
    title: str = ""
    in_path: tuple[str, ...] = ()
    in_query: Mapping[str, str] = field(default_factory=dict)
    in_command: Collection[str] = ()
    in_body: Collection[str] = ()
    is_twice: bool = False
    beside: list[tuple[int, str]] = field(default_factory=list)
    is_example: bool = False
    method: str = ""
    is_read: bool = False
    successes: list[int] = field(default_factory=list)
    command: int = 0
    last: Stated | None = None
    body_example: int = 0
    has_unplaced: bool = False
    outside: list[PageGap] = field(default_factory=list)
    text: str = ""
    unread: int | None = 0
    _named: dict[tuple[str, str], Stated] = field(default_factory=dict)

    def add(self, kind: str, stated: Stated) -> None:
        """Add a parameter or field to the section of a kind.

        `data[].id` and `data.id` are fields of `data`, whether or not it has a row.
        """
        self.unread = None
        said = _SAID.match(stated.prose) or MARKED.match(self.last_heading)
        if stated.required is None and said:
            stated.required = said[1].lower() != "optional"
        kind = self._find_kind(kind, stated)
        if not kind:
            self.has_unplaced = True
            return self.leave_out(stated.line, f"how the request sends {stated.name}", asks=True)
        if kind == "path":
            stated.required, stated.type = stated.required is not False, stated.type or "string"
        if kind == "returns" and self.answer is None:
            self.answer = self.status, self.media_type
        if kind == "body":
            self.sent = self.sent or self.media_type
        rows, name = self.stated.setdefault(kind, []), stated.name
        self._named[kind, name] = stated
        if self.prints_owners:
            return self._add_below_row(kind, stated, rows)
        if OF_OBJECTS.search(self.last_heading):
            rows += [] if rows else [Stated(stated.line, "", "array", required=True)]
            rows = rows[0].inside
        steps = re.findall(r"([^.\[\]]+)(\[\d*\])?", name) if kind in ("body", "returns") else []
        for owner_name, brackets in steps[:-1]:
            owner = next((each for each in rows if each.name == owner_name), None)
            if owner is None:
                owner = Stated(stated.line, owner_name, "array" if brackets else "object")
                rows.append(owner)
            rows = owner.inside
        stated.name = steps[-1][0] if steps else name
        rows.append(stated)
        return None

    def _find_kind(self, kind: str, stated: Stated) -> str:
        """Return the kind of a parameter; empty if the page does not say how it is sent.

        Below `URL Parameters` optional ones that are not in the path are in the query.
        """
        for name, value in self.in_query.items() if kind not in ("body", "returns") else ():
            if stated.name == value.strip("{}<>:"):
                stated.name = name
        is_named = stated.name.lower() in map(str.lower, (*self.in_path, *self.in_query))
        is_url = kind == self.place == "path" and "path" not in self.heading.lower()
        if is_url and not (self.is_example or is_named):
            return "query" if self.is_read and not stated.required else ""
        if kind == ASKED:
            kind = self._find_location("body" if self.in_body else "", stated)
            return "" if kind == "header" and not self.in_body else kind
        is_mixed = kind == "query" or bool(kind == "body" and MIXED.search(self.last_heading))
        is_mixed &= not STATED.search(self.heading) or PATH.search(self.heading) is not None
        return self._find_location(kind, stated) if is_mixed or kind == "path" else kind

    def _find_location(self, kind: str, stated: Stated) -> str:
        """Return the kind of a parameter whose section does not state it.

        One whose name differs from that of a parameter in the path only in case has that name, and
        so has a required `id` if the path has the id of an example.
        """
        if self.is_example and stated.required and stated.name == "id" and kind != "path":
            stated.name = self.in_path[-1]
        for name in self.in_path:
            if name.lower() == stated.name.lower():
                stated.name = name
                return "path"
        if stated.name in (*self.in_query, *self.in_command):
            return "query"
        is_header = kind != "path" and _HEADER.fullmatch(stated.name)
        return "header" if is_header else kind

    def _add_below_row(self, kind: str, stated: Stated, rows: list[Stated]) -> None:
        """Add a field to the object that its name begins with, if that has a row."""
        ends = [at for at, letter in enumerate(stated.name) if letter == "."]
        known = [at for at in ends if (kind, stated.name[:at]) in self._named]
        if known and kind not in ("body", "returns"):
            self.leave_out(stated.line, f"how a {kind} encodes {stated.name}")
            return
        if known:
            rows = self._named[kind, stated.name[: known[-1]]].inside
            stated.name = stated.name[known[-1] + 1 :]
        if known and stated.name == "additionalProperties":
            self.leave_out(stated.line, "the values of the other fields of this object")
            return
        rows.append(stated)

    def enter(self, text: str) -> None:
        """Turn to the lines below a heading, such as `## Response`.

        `Fields` or `Parameters` beside `Response` belong to it; of two `Parameters`, the second.
        If the response has fields and the request none, `Parameters` belong to the request.
        """
        is_answer_stated = "returns" in self.stated and self.stated.keys().isdisjoint(SENT[1:])
        self.leave_text()
        level = len(text) - len(text.lstrip("#"))
        title = text.lstrip("# ")
        same = [each for each in self.headings if each[0] == level]
        beside = [each for each in same if RETURNS.search(each[1]) and each[1] in self.sections]
        if not NEUTRAL.fullmatch(title):
            beside = []
        elif beside and (self.is_twice or is_answer_stated) and PARAMETERS.fullmatch(title):
            self.beside, beside = beside, []
        elif (level, title) in same:
            beside = beside or self.beside
        self.is_twice = self.is_twice and not PARAMETERS.fullmatch(title)
        self.headings = [*(each for each in self.headings if each[0] < level), *beside]
        is_title = title.strip("`* ") == self.title
        self.headings.append((level, title if is_title else read_heading(title)))
        self.last = None
        is_success = 200 <= self.status < 300 and RETURNS.search(self.heading)
        if is_success and self.status not in self.successes:
            self.successes.append(self.status)

    def add_success(self, text: str) -> None:
        """Add the status of an accepted request that a text begins with, if it does."""
        status = re.match(r"(?:[-*+] )?[*`\[]*(2[0-9]{2})\b", text)
        if status and int(status[1]) not in self.successes:
            self.successes.append(int(status[1]))

    def pass_text(self, line: Line) -> None:
        """Pass a line that states nothing in a form that docpact reads."""
        self.text += f"{line.text}\n"
        if self.unread == 0 and self.place in SENT and not NOTHING.match(line.text):
            self.unread = line.number

    def leave_text(self) -> None:
        """Make a gap of the section that ends here if nothing of it is read."""
        if self.unread:
            self.leave_out(self.unread, f"the text below {self.last_heading!r}")
        self.unread = 0

    def leave_out(self, line: int, text: str, *, is_about: bool = True, asks: bool = False) -> None:
        """Record a part of the page that a contract does not contain as a gap, once.

        One that is not about the operation is a gap only if the page states no parameters. One that
        asks, or is in a section of parameters, may state what a request needs.
        """
        is_open = asks or self.place in SENT
        kept = self.gaps if is_about else self.outside
        if text not in {each.text for each in kept}:
            kept.append(PageGap(OPEN_REQUEST if is_open else "", line, text))

    def end(self) -> None:
        """Decide which parameters and fields a request needs, and which other parts are gaps.

        If a page marks only the parameters that are needed, the others are not. If it marks none,
        or only the others, a request may need those without a mark.
        """
        if self.body_example and "body" not in self.stated:
            text = "the request body: the page shows only an example"
            self.leave_out(self.body_example, text, asks=True)
        if self.stated.keys().isdisjoint(SENT[1:]):
            self.gaps += [each for each in self.outside if each not in self.gaps]
        if _TAKES_LIST.search(self.text) and (rows := self.stated.pop("body", None)):
            self.leave_out(rows[0].line, "the request body, which may be an array", asks=True)
        rows = [each for kind in SENT[1:] for each in self.stated.get(kind, ())]
        plain = (*PLAIN_HEADERS, "authorization")
        unsaid = [each for each in rows if each.required is None and each.name.lower() not in plain]
        if unsaid and not (OPTIONAL.search(self.text) or any(each.required for each in rows)):
            text = f"whether requests need {', '.join(each.name for each in unsaid)}"
            self.leave_out(unsaid[0].line, text, asks=True)

    @property
    def is_answered(self) -> bool:
        """Whether an example of a response is above the present line."""
        return any(line.text.startswith("# Response") for line in self.example)

    @property
    def is_about(self) -> bool:
        """Whether a heading above the present line names a section, and none is about errors."""
        found = (name_place(each) or RETURNS.search(each) for each in self.sections)
        return not self.is_aside and any(found)

    def find_owners(self, text: str, place: str) -> list[Stated]:
        """Return the objects that a heading, or a line above a table, names.

        It names their field, or their type, as in `Owner object` or "The `owner` has:".
        """
        name, every = name_object(text), list_all(self.stated.get(place, ()))
        found = [each for each in every if name and not SIMPLE.fullmatch(each.type)]
        named = [each for each in found if each.name.lower() == name]
        types = [each for each in found if name in _type_words(each.type)]
        return named if len(named) == 1 else types

    @property
    def sections(self) -> list[str]:
        """The headings that the present line is below, without the title and those above it."""
        texts = [text for _, text in self.headings]
        titles = [at for at, text in enumerate(texts, start=1) if text.strip("`* ") == self.title]
        return texts[max(titles, default=0) :]

    @property
    def heading(self) -> str:
        """The headings that the present line is below, the last one last."""
        return " / ".join(text for _, text in self.headings)

    @property
    def last_heading(self) -> str:
        """The heading right above the present line; empty if there is none."""
        return self.headings[-1][1] if self.headings else ""

    @property
    def place(self) -> str:
        """The kind of section that the present line belongs to; empty if it is another one.

        Headings such as `Properties` or `200 - OK` belong to the one above them.
        """
        found, own = "" if self.is_aside else self._find_place(), (self.status, self.media_type)
        pairs = zip(self.answer or own, own, strict=True)
        is_other = any(first and other and first != other for first, other in pairs)
        is_other &= found == "returns"
        is_other |= found == "body" and self.sent not in ("", self.media_type)
        is_json = not self.media_type or "json" in self.media_type
        return found if is_json and not is_other else ""

    def _find_place(self) -> str:
        """Return the kind of the last heading that is not neutral.

        `Parameters` and `Request Parameters` mean the query if the request has no body. Below a
        response, `Parameters` may belong to the request, so they have no kind.
        """
        found, is_asked, sections = "", False, self.sections
        for at, text in reversed([*enumerate(sections)]):
            found = name_place(text)
            if found == "body" and self.is_read and not BODY.search(text):
                found = "query"
            if self.is_read and OF_JSON.match(text):
                return ""
            is_below = any(map(RETURNS.search, sections[:at]))
            if found in ("header", "body") and is_below:
                return "returns" if found == "body" else ""
            is_part = NEUTRAL.fullmatch(text) or any(self.find_owners(text, e) for e in self.stated)
            if found or not is_part:
                break
            is_asked = is_asked or PARAMETERS.search(text) is not None
        if is_asked and found in ("", "returns"):
            return "query" if self.is_read and not found else ""
        return found

    @property
    def is_aside(self) -> bool:
        """Whether the present line is about errors or other messages of the API."""
        last = self.last_heading if len(self.headings) > 1 or self.prints_owners else ""
        return self.status >= 300 or ASIDE.search(last) is not None

    @property
    def status(self) -> int:
        """The status in the last heading that has one, or 0."""
        matches = [STATUS.search(text) for _, text in reversed(self.headings)]
        return next((int(match[1]) for match in matches if match), 0)

    @property
    def media_type(self) -> str:
        """The media type in the last heading, or an empty text."""
        match = re.search(r"\((\w+/[\w.+*-]+)\)", self.last_heading)
        return match[1] if match else ""


def list_all(stated: Iterable[Stated]) -> Iterator[Stated]:
    """Yield parameters or fields, each before those inside it."""
    return chain.from_iterable((each, *list_all(each.inside)) for each in stated)


def _type_words(kind: str) -> list[str]:
    words = re.findall(r"\w+", LINK.sub(r"\1", kind).lower())
    return [*words, *(word.removesuffix("s") for word in words)]
