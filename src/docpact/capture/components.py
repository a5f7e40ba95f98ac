"""Pages with components such as `<ParamField query="limit">`, or with tables of parameters.

What they state is taken; what they leave open becomes a gap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from docpact.capture.lines import METHODS, Line, Page, Section, check_path
from docpact.capture.stated import Stated
from docpact.errors import PageError
from docpact.model.path import names

_METHOD: Final = "|".join(METHODS)
_TARGET: Final = r"((?:https?://[^\s`\"'*|)>]+)|/[^\s`\"'*|)>]*)"
_FRONT_MATTER: Final = re.compile(
    rf"""(?:api|openapi)\s*:\s*["']?(?:\S+\s+)?({_METHOD})\s+{_TARGET}["']?\s*""", re.IGNORECASE
)
_OPERATION: Final = re.compile(
    rf"(?:#+\s.*?)?[`*\s]*\b({_METHOD})\b[`*\s:]*{_TARGET}[`*\s]*(?:HTTP/[\d.]+)?"
)
_HEADING: Final = re.compile(r"#{1,6}\s+(.+?)\s*#*")
_FENCE: Final = re.compile(r"\s*(`{3,}|~{3,})\s*(.*)")
_TAG: Final = re.compile(
    r"<(/?)(ParamField|ResponseField|Expandable|RequestExample|ResponseExample)\b"
    r"((?:\"[^\"]*\"|'[^']*'|\{[^{}]*\}|[^<>\"'{}])*?)(/?)>"
)
_ATTRIBUTE: Final = re.compile(r"([\w-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|\{([^{}]*)\}))?")
_LOCATIONS: Final = ("path", "query", "header", "cookie", "body")
_STATUS: Final = re.compile(r"\b([1-5][0-9]{2})\b")
_ASIDE: Final = re.compile(r"\berrors?\b|payload of the webhook|rate limits?", re.IGNORECASE)
_PLACES: Final = (
    ("path", re.compile(r"path|url param", re.IGNORECASE)),
    ("query", re.compile(r"query", re.IGNORECASE)),
    ("header", re.compile(r"header", re.IGNORECASE)),
    ("cookie", re.compile(r"cookie", re.IGNORECASE)),
    ("returns", re.compile(r"respon|returns?\b|output", re.IGNORECASE)),
    ("body", re.compile(r"body|request|payload", re.IGNORECASE)),
)
"""The kind of section that a heading begins, the first that fits."""

_NEUTRAL: Final = re.compile(
    r"\W*(?:(?:required|optional|all) )?(?:properties|fields|parameters|attributes|schema"
    r"|success\w*|content[ -]type.*|application/json|(?:\w+ )?\W*2[0-9]{2}\b.*|ok|json)\W*",
    re.IGNORECASE,
)
"""Headings that say nothing of their own about what is below them."""

_COLUMNS: Final = {
    **dict.fromkeys(("name", "parameter", "param", "field", "property", "attribute"), "name"),
    "key": "name",
    **dict.fromkeys(("type", "data type", "datatype"), "type"),
    **dict.fromkeys(("required", "required?", "mandatory", "optional", "optional?"), "required"),
    **dict.fromkeys(("in", "location", "where"), "in"),
    **dict.fromkeys(("description", "details", "notes"), "prose"),
    **dict.fromkeys(("allowed values", "possible values", "values", "enum"), "values"),
}  # fmt: skip
_YES: Final = frozenset({"yes", "true", "required", "y", "✓", "✔", "✅", "always", "mandatory"})
_NO: Final = frozenset({"no", "false", "optional", "n", "✗", "✘", "❌", "-", "—", ""})


@dataclass(slots=True)
class _Reading:
    """What is found while the lines of a page are read."""

    stated: dict[str, list[Stated]] = field(default_factory=dict)
    example: list[Line] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    example_of: str = ""
    tables: set[tuple[str, str]] = field(default_factory=set)
    gaps: list[tuple[int, str]] = field(default_factory=list)

    def add(self, kind: str, stated: Stated) -> None:
        self.stated.setdefault(kind, []).append(stated)

    def enter(self, text: str) -> None:
        """Go on below a heading, such as `## Response`."""
        level = len(text) - len(text.lstrip("#"))
        self.headings = [each for each in self.headings if each[0] < level]
        self.headings.append((level, text.lstrip("# ")))

    @property
    def heading(self) -> str:
        """The headings that the present line is below, the last one last."""
        return " / ".join(text for _, text in self.headings)

    @property
    def place(self) -> str:
        """The kind of section that the present line belongs to; empty if it is another one.

        Headings such as `Properties` or `200 - OK` belong to the one above them.
        """
        if self.is_aside:
            return ""
        for _, text in reversed(self.headings):
            found = next((kind for kind, words in _PLACES if words.search(text)), "")
            if found or not _NEUTRAL.fullmatch(text):
                return found
        return ""

    @property
    def is_aside(self) -> bool:
        """Whether the present line is about errors or other messages of the API."""
        last = self.headings[-1][1] if len(self.headings) > 1 else ""
        return self.status >= 300 or _ASIDE.search(last) is not None

    @property
    def status(self) -> int:
        """The status in the last heading that has one, or 0."""
        matches = [_STATUS.search(text) for _, text in reversed(self.headings)]
        return next((int(match[1]) for match in matches if match), 0)


@dataclass(frozen=True, slots=True)
class Components:
    """A page of this kind.

    Attributes:
        page: its parts; the sections have headings, but no lines.
        stated: kind of section → its parameters or fields.
        server: that the line of the operation names, or empty.
        gaps: line and text of each part that cannot be used.
    """

    page: Page
    stated: Mapping[str, Sequence[Stated]]
    server: str
    gaps: tuple[tuple[int, str], ...]


def list_operations(text: str) -> Iterator[tuple[int, Line, str]]:
    """Yield the number of the line with the title, and line and name of each operation."""
    start, seen = 1, set[str]()
    lines = list(_lines(text))
    is_in_code = all(code or _find_operation(line, code) is None for line, code in lines)
    for line, is_code in lines:
        if not is_code and _HEADING.fullmatch(line.text):
            start = line.number
        found = _find_operation(line, is_code) if is_code is is_in_code else None
        name = f"{found[0]} {found[1]}" if found else ""
        if found and name not in seen:
            yield (start if seen else 1), line, name
            seen.add(name)


def has_statements(text: str) -> bool:
    """Return whether a page has components or tables of parameters."""
    return bool(_TAG.search(text)) or any(
        _columns(line.text) is not None for line, is_code in _lines(text) if not is_code
    )


def read(text: str) -> Components:
    """Read a page about one operation.

    Raises:
        PageError: it has no operation, or states nothing about it.
    """
    lines = list(_lines(text))
    stated = [(line, code, each) for line, code in lines if (each := _find_operation(line, code))]
    if not stated:
        raise PageError(1, "expected a line such as GET /v1/things, or `api:` in the front matter")
    line, _, (method, path, server) = min(stated, key=lambda each: each[1])
    check_path(line, path)
    found = _Reading()
    _read_tags(text, found, lines)
    _read_lines(lines, found)
    known = {each.name for each in found.stated.get("path", ())}
    for name in names(path):
        if name not in known:
            found.add("path", Stated(line.number, name, "string", required=True))
    if not (found.stated.keys() - {"path"} or found.example):
        problem = "the page states no parameters, no fields and no example of this operation"
        raise PageError(line.number, problem)
    sections = tuple(_sections(found.stated))
    last = len(lines)
    page = Page(
        title=_title(lines, line),
        operation=line,
        method=method,
        path=path,
        prose=(),
        sections=sections,
        end=last,
        is_announced=any(each.text.startswith("curl ") for each in found.example),
        example=tuple(found.example),
        markdown=True,
    )
    return Components(page, found.stated, server, tuple(found.gaps))


def _sections(stated: Mapping[str, Sequence[Stated]]) -> Iterator[Section]:
    for kind in (*_LOCATIONS, "returns"):
        if rows := stated.get(kind):
            first = rows[0].line
            yield Section(kind, Line(first, kind), (), rows[-1].line)


def _lines(text: str) -> Iterator[tuple[Line, bool]]:
    """Yield each line, and whether it is in a fenced block; a fence itself is in none."""
    opening = ""
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        match = _FENCE.fullmatch(raw)
        if match and not opening:
            opening = match[1]
            yield Line(number, raw.strip()), False
        elif match and match[1].startswith(opening) and not match[2]:
            opening = ""
            yield Line(number, raw.strip()), False
        else:
            yield Line(number, raw.strip()), bool(opening)


def _find_operation(line: Line, is_code: bool) -> tuple[str, str, str] | None:
    """Return method, path and server of a line that names an operation."""
    match = None if is_code else _FRONT_MATTER.fullmatch(line.text)
    match = match or _OPERATION.fullmatch(line.text)
    if match is None:
        return None
    parts = urlsplit(match[2])
    path = re.sub(r"(?<=/):(\w+)|(?<=/)<(\w+)>", lambda at: f"{{{at[1] or at[2]}}}", parts.path)
    server = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return match[1].upper(), path or "/", server


def _title(lines: Sequence[tuple[Line, bool]], operation: Line) -> Line:
    """Return the title: in the front matter, or the last heading above the operation or in it."""
    for line, is_code in reversed(lines[: operation.number]):
        match = None if is_code else _HEADING.fullmatch(line.text)
        if match and not re.fullmatch(r"(?i)(end ?point|request|http request|url)", match[1]):
            return Line(line.number, match[1].strip("`* "))
        if found := re.fullmatch(r"""title\s*:\s*["']?(.+?)["']?""", line.text):
            return Line(line.number, found[1])
    return operation


def _read_tags(text: str, found: _Reading, lines: Sequence[tuple[Line, bool]]) -> None:
    """Read the components of a page; those in fenced blocks are examples of components."""
    code = {line.number for line, is_code in lines if is_code}
    headings = [(line.number, line.text) for line, is_code in lines
                if not is_code and _HEADING.fullmatch(line.text)]  # fmt: skip
    open_fields: list[Stated | None] = []
    for match in _TAG.finditer(text):
        number = text.count("\n", 0, match.start()) + 1
        if number in code or match[2].endswith("Example"):
            continue
        if match[1]:
            if open_fields:
                open_fields.pop()
            continue
        found.headings = []
        for each in (text for at, text in headings if at < number):
            found.enter(each)
        stated = None
        if match[2] != "Expandable":
            kind, stated = _read_tag(match, number, found)
            outer = next((each for each in reversed(open_fields) if each is not None), None)
            if outer is not None:
                outer.inside.append(stated)
            elif kind:
                found.add(kind, stated)
        if not match[4]:
            open_fields.append(stated)


def _read_tag(match: re.Match[str], number: int, found: _Reading) -> tuple[str, Stated]:
    """Return the kind of section that a component belongs to, and what it states."""
    attributes = {each[1].lower(): next((v for v in each.groups()[1:] if v is not None), "true")
                  for each in _ATTRIBUTE.finditer(match[3])}  # fmt: skip
    is_response = match[2] == "ResponseField"
    kind = ("" if found.is_aside else "returns") if is_response else found.place
    name = attributes.get("name", "")
    for location in _LOCATIONS if not is_response else ():
        if location in attributes:
            kind, name = location, attributes[location]
            before, dot, after = name.partition(".")
            if location == "path" and dot and before in _LOCATIONS:
                kind, name = before, after
    required = attributes.get("required", "").strip().lower()
    stated = Stated(
        number,
        name.strip(),
        attributes.get("type", ""),
        required == "true" if required or not is_response else None,
        deprecated=attributes.get("deprecated", "").lower() == "true",
    )
    return (kind if stated.name else ""), stated


def _read_lines(lines: Sequence[tuple[Line, bool]], found: _Reading) -> None:
    """Read the tables and the examples of a page."""
    found.headings, at = [], 0
    while at < len(lines):
        line, is_code = lines[at]
        at += 1
        if is_code:
            continue
        if _HEADING.fullmatch(line.text):
            found.enter(line.text)
        elif tag := re.match(r"<(/?)(Request|Response)Example", line.text):
            found.example_of = "" if tag[1] else tag[2]
        elif fence := _FENCE.fullmatch(line.text):
            at = _read_block(lines, at, fence[2], found)
        elif (columns := _columns(line.text)) is not None:
            at = _read_table(lines, at, columns, found)


def _read_block(lines: Sequence[tuple[Line, bool]], start: int, info: str, found: _Reading) -> int:
    """Keep a fenced block that is a curl command or an example body; return what follows it."""
    end = start
    while end < len(lines) and lines[end][1]:
        end += 1
    block = [line for line, _ in lines[start:end]]
    first = next((line.text for line in block if line.text), "")
    last = found.headings[-1][1] if found.headings and not found.example_of else ""
    labels = f"{info} {last}"
    status = next((int(each) for each in _STATUS.findall(labels)), 200)
    is_response = found.example_of == "Response" or (
        not found.example_of and (found.place == "returns" or "respon" in labels.lower())
    )
    is_curl = first.startswith("curl ") and not any(
        line.text.startswith("curl ") for line in found.example
    )
    if is_curl:
        found.example[:0] = block
    elif is_response and first[:1] in "{[" and first and 200 <= status < 300:
        found.example += [Line(block[0].number, f"# Response ({status})"), *block]
    return end + 1


def _cells(text: str) -> list[str]:
    inner = text.strip().strip("|")
    return [cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", inner)]


def _columns(text: str) -> list[str] | None:
    """Return the meaning of each column of a table's header; None for any other line."""
    if "|" not in text:
        return None
    cells = [cell.strip("*` ").lower() for cell in _cells(text)]
    columns = [_COLUMNS.get(cell, "") for cell in cells]
    is_header = columns.count("name") == 1 and len({*columns} & {"type", "required"}) > 0
    return columns if is_header else None


def _read_table(
    lines: Sequence[tuple[Line, bool]], at: int, columns: Sequence[str], found: _Reading
) -> int:
    """Read the rows of a table; return the index of the line behind it.

    A second table in a response may be about an object inside it, so it is a gap.
    """
    first, end = lines[at - 1][0], at
    while end < len(lines) and "|" in lines[end][0].text and not lines[end][1]:
        end += 1
    place, key = found.place, (found.place, "" if found.place == "returns" else found.heading)
    if "in" not in columns and (not place or key in found.tables):
        text = f"the table below {found.heading or 'the title'!r}: which object it is about"
        found.gaps.append((first.number, text))
        return end
    found.tables.add(key)
    is_optional = any(cell.lower().startswith("optional") for cell in _cells(first.text))
    above: list[tuple[int, Stated]] = []
    for line, _ in lines[at:end]:
        if not re.fullmatch(r"[\s|:-]+", line.text):
            kind, depth, stated = _read_row(line, columns, place, is_optional=is_optional)
            above = [each for each in above if each[0] < depth]
            if kind and stated.name and depth and above:
                above[-1][1].inside.append(stated)
            elif kind and stated.name:
                _nest(found, kind, stated)
            above.append((depth, stated))
    return end


def _read_row(
    line: Line, columns: Sequence[str], place: str, *, is_optional: bool
) -> tuple[str, int, Stated]:
    """Return the kind of section of a row, how deep its name is indented, and what it states."""
    cells = _cells(line.text)
    values = {name: cell for name, cell in zip(columns, cells, strict=False) if name}
    if len(cells) != len(columns):
        values = {"name": values.get("name", ""), "type": "more cells than the table has columns"}
    raw = values.get("name", "").replace("&nbsp;", " ")
    marker = re.match(r"[\s`*]*([↳└├─│]+)", raw)
    depth = line.text.index(marker[1][0]) + raw.count(" ") if marker else 0
    name = re.sub(r"<[^<>]*>|[`*↳└├─│\\]", "", raw).strip()
    marked = re.fullmatch(r"(\S+)\s*\(?(required|optional)\)?", name, re.IGNORECASE)
    said = re.sub(r"[`*]|\s*\(.*\)", "", values.get("required", "?")).strip().lower()
    required = True if said in _YES else False if said in _NO else None
    if marked:
        name, required = marked[1], marked[2].lower() == "required"
    elif required is not None and is_optional:
        required = not required
    where = values.get("in", "").strip("`* ").lower()
    kind = where if where in _LOCATIONS else place
    if required is None and kind not in ("body", "returns"):
        required = False
    literals = re.findall(r"`([^`]+)`", values.get("values", ""))
    kind_of = " | ".join(f'"{each}"' for each in literals)
    is_text = values.get("type", "").strip("` ").lower() == "string"
    stated = Stated(line.number, name if re.fullmatch(r"[^\s()]+", name) else "", required=required)
    stated.type = kind_of if literals and is_text else values.get("type", "")
    stated.prose = values.get("prose", "")
    return kind, depth, stated


def _nest(found: _Reading, kind: str, stated: Stated) -> None:
    """Add a row; `data[].id` and `data.id` are fields of `data`, whether or not it has a row."""
    is_nested = kind in ("body", "returns")
    rows = found.stated.setdefault(kind, [])
    steps = re.findall(r"([^.\[\]]+)(\[\d*\])?", stated.name) if is_nested else []
    for name, brackets in steps[:-1]:
        owner = next((each for each in rows if each.name == name), None)
        if owner is None:
            owner = Stated(stated.line, name, "array" if brackets else "object")
            rows.append(owner)
        rows = owner.inside
    stated.name = steps[-1][0] if steps else stated.name
    rows.append(stated)
