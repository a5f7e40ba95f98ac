"""Pages with components such as `<ParamField query="limit">`, or with tables of parameters.

Their statements are used; missing facts become gaps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from docpact.capture.crawled import TAGS
from docpact.capture.lines import Line, Page, Section, check_path
from docpact.capture.stated import LOCATIONS, STATUS, Stated, Statements, is_heading
from docpact.capture.tables import (
    ENDPOINT,
    SECTION,
    find_columns,
    is_bullet,
    is_header,
    is_header_of_values,
    is_of_redocly,
    list_lines,
    read_list,
    read_literals,
    read_other,
    read_table,
    read_values,
    states_type,
)
from docpact.errors import PageError
from docpact.model.path import METHODS, names, without_names

_METHOD: Final = "|".join(METHODS)
_TARGET: Final = r"((?:https?://[^\s`\"'*|)>]+)|/[^\s`\"'*|)>]*)"
_FRONT_MATTER: Final = re.compile(
    rf"""(?:api|openapi)\s*:\s*["']?(?:\S+\s+)?({_METHOD})\s+{_TARGET}["']?\s*""", re.IGNORECASE
)
_OPERATION: Final = re.compile(
    rf"(?:#+\s.*?|(?:[-+*]\s+)?[*_]*Endpoint[*_]*:[*_]*[`\s]*|[`*\s]*)\b({_METHOD})\b[`*\s:]*{_TARGET}"
    r"[`*\s]*(?:HTTP/[\d.]+)?"
)
_PLACEHOLDER: Final = re.compile(
    r"(?<=/)(?::(\w+)|<(\w+)>|\{?\{(\w+)\}\}?|((?i:your)[-_]\w+|[A-Z]+(?:_[A-Z]+)+))(?=/|$)"
)
"""A segment of a path that stands for a value, in any of its forms."""

_HEADING: Final = re.compile(r"#{1,6}\s+(.+)")
_PART: Final = re.compile(
    r"(?:[\W\d]|(?:path|query|headers?|cookie|body|url|requests?|responses?|examples?|samples?"
    r"|success(?:ful)?|errors?|parameters?|params|fields|attributes|properties|schema|returns"
    r"|output|status|codes?|ok|https?|curl|authentication|authorization|arguments|payload|notes"
    r"|enumerated|values|endpoint|version|json|required|optional)\b)+",
    re.IGNORECASE,
)
"""A heading inside the documentation of an operation."""

_ITEM: Final = re.compile(r"\s*[-*+] |\s+\S")
_BOLD: Final = re.compile(r"\*\*([^*]+?):?\*\*:?")
_FENCE: Final = re.compile(r"\s*(`{3,}|~{3,})\s*(.*)")
_TAG: Final = re.compile(
    r"<(/?)(ParamField|ResponseField|Expandable|RequestExample|ResponseExample)\b"
    r"((?:\"[^\"]*\"|'[^']*'|\{[^{}]*\}|[^<>\"'{}])*?)(/?)>"
)
_ATTRIBUTE: Final = re.compile(r"([\w-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|\{([^{}]*)\}))?")


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
    """Yield the number of the line where each operation begins, its line and its name."""
    seen, begin = set[str](), _Beginning()
    lines = list(_lines(text))
    named, together = _find_operations(lines), list_together(text)
    alone = {shape for number, (_, shape) in named.items() if number not in together}
    fence = 0
    for line, is_code in lines:
        name, shape = named.get(line.number, ("", ""))
        begin.pass_line(line, is_code=is_code and not name)
        fence = line.number if _FENCE.fullmatch(line.text) else fence
        is_copy = line.number in together and shape in alone
        if name and shape not in seen and not is_copy:
            start = begin.number(line) if seen or begin.is_behind else 1
            yield fence or start if is_code and start == line.number else start, line, name
            fence = 0
            seen.add(shape)
            begin.end_operation()


def list_together(text: str) -> set[int]:
    """Return the lines of operations that are named one below the other.

    The text below such a list is about all of them or none, so it belongs to no single one.
    """
    lines = list(_lines(text))
    named, found, last = _find_operations(lines), set[int](), 0
    for line, _ in lines:
        is_plain = line.number in named and not line.text.startswith("#")
        if is_plain and last and named[last][1] != named[line.number][1]:
            found |= {last, line.number}
        if line.text and not _FENCE.fullmatch(line.text):
            last = line.number if is_plain else 0
    return found


def _find_operations(lines: Sequence[tuple[Line, bool]]) -> dict[int, tuple[str, str]]:
    """Return the name of each operation, and its name without those of parameters, by its line."""
    is_named = is_of_redocly(lines)
    is_in_code = all(code or _find_operation(line, code) is None for line, code in lines)
    found = {}
    for line, is_code in lines:
        is_operation = line.text.startswith(ENDPOINT) if is_named else is_code is is_in_code
        if is_operation and (stated := _find_operation(line, is_code)):
            method, path, _ = stated
            found[line.number] = f"{method} {path}", f"{method} {without_names(path)}"
    return found


class _Beginning:
    """Finds the heading that an operation begins with: its title, not a heading of the one before.

    A heading as high as the title of the operation before is a title. A lower one is, if nothing is
    stated between it and the line of the operation.
    """

    def __init__(self) -> None:
        self.titles: list[tuple[int, int]] = []
        self.level = 0
        self.is_stated = False
        self.has_statements = False

    def pass_line(self, line: Line, *, is_code: bool) -> None:
        """Go on behind a line."""
        heading = None if is_code else _HEADING.fullmatch(line.text)
        if heading:
            level = len(heading[0]) - len(heading[0].lstrip("#"))
            self.is_stated = False
            self.titles += [] if _PART.fullmatch(heading[1]) else [(line.number, level)]
        elif not is_code and (_TAG.search(line.text) or find_columns(line.text) is not None):
            self.titles, self.is_stated, self.has_statements = [], True, True
        elif is_code:
            self.is_stated = True

    def number(self, operation: Line) -> int:
        """Return the number of the line where an operation begins."""
        if not self.titles:
            return operation.number
        high = [each for each in self.titles if each[1] <= self.level]
        number, level = (high or self.titles)[-1]
        self.level = level
        is_title = bool(high) or not self.is_stated
        return number if is_title or number == operation.number else operation.number

    @property
    def is_behind(self) -> bool:
        """Whether a title is behind the statements of another section."""
        return self.has_statements and bool(self.titles)

    def end_operation(self) -> None:
        """Go on behind the line of an operation."""
        if self.titles and not self.level:
            self.level = self.titles[-1][1]
        self.titles, self.is_stated = [], False


def has_statements(text: str) -> bool:
    """Return whether a page has components, tables or lists of parameters."""
    return bool(_TAG.search(as_components(text))) or any(
        find_columns(line.text) is not None or states_type(line)
        for line, is_code in _lines(text)
        if not is_code
    )


def read(text: str) -> Components:
    """Read a page about one operation.

    Raises:
        PageError: it has no operation, or states nothing about it.
    """
    text = as_components(text)
    lines = list(_lines(text))
    stated = [(line, code, each) for line, code in lines if (each := _find_operation(line, code))]
    if not stated:
        raise PageError(1, "expected a line such as GET /v1/things, or `api:` in the front matter")
    is_named = is_of_redocly(lines)
    line, _, (method, path, server) = min(
        stated, key=lambda each: (is_named and not each[0].text.startswith(ENDPOINT), each[1])
    )
    check_path(line, path)
    title = _title(lines, line)
    is_read = method in ("GET", "HEAD")
    found = Statements(
        prints_owners=is_named, title=title.text, in_path=names(path), is_read=is_read
    )
    _read_tags(text, found, lines)
    _read_lines(lines, found)
    _leave_out_markup(found)
    if found.stated.keys().isdisjoint(LOCATIONS[1:]):
        for gap in found.outside:
            found.leave_out(*gap)
    known = {each.name for each in found.stated.get("path", ())}
    for name in names(path):
        if name not in known:
            found.add("path", Stated(line.number, name, "string", required=True))
    is_bare = not (found.stated.keys() - {"path"} or found.example or found.successes)
    if is_bare and not found.prints_owners:
        problem = (
            "no parameters, no fields and no example of this operation in a form that docpact"
            " reads (headings and columns in English); give the page's OpenAPI document or its"
            " Markdown"
        )
        raise PageError(line.number, f"{problem}{_name_document(line)}")
    sections = tuple(_sections(found.stated))
    last = len(lines)
    page = Page(
        title=title,
        operation=line,
        method=method,
        path=path,
        prose=(),
        sections=sections,
        end=last,
        is_announced=any(each.text.startswith("curl ") for each in found.example),
        example=tuple(found.example),
        markdown=True,
        answer=found.answer or (0, ""),
        sent=found.sent,
        successes=tuple(found.successes),
        prints_owners=found.prints_owners,
    )
    return Components(page, found.stated, server, tuple(found.gaps))


def _leave_out_markup(found: Statements) -> None:
    """Make a gap of the fields of a body whose only examples are XML."""
    for kind, shown in found.shown.items():
        if shown == {"XML"} and (rows := found.stated.pop(kind, None)):
            name = "the result" if kind == "returns" else "the request body"
            found.leave_out(rows[0].line, f"{name}: its examples are XML")


def _name_document(operation: Line) -> str:
    """Return what to give instead of a page whose front matter names its operation."""
    if _FRONT_MATTER.fullmatch(operation.text) is None:
        return ""
    named = re.search(rf":\s*[\"']?(\S+)\s+(?:{_METHOD})\s", operation.text, re.IGNORECASE)
    document = f" {named[1]!r}," if named else ""
    return f"; give the OpenAPI document{document} that it is made from"


def _sections(stated: Mapping[str, Sequence[Stated]]) -> Iterator[Section]:
    for kind in (*LOCATIONS, "returns"):
        if rows := stated.get(kind):
            first = rows[0].line
            yield Section(kind, Line(first, kind), (), rows[-1].line)


def _lines(text: str) -> Iterator[tuple[Line, bool]]:
    """Yield each line, and whether it is in a fenced block; a fence itself is in none."""
    opening = ""
    for number, raw in list_lines(as_components(text).removeprefix("\ufeff")):
        match = _FENCE.fullmatch(raw)
        if match and not opening:
            opening = match[1]
            yield Line(number, raw.strip()), False
        elif match and match[1].startswith(opening) and not match[2]:
            opening = ""
            yield Line(number, raw.strip()), False
        else:
            depth = len(raw) - len(raw.lstrip()) if _ITEM.match(raw) else None
            plain = TAGS.sub("", raw) if raw.startswith("#") and not opening else raw
            yield Line(number, plain.strip(), depth), bool(opening)


def _find_operation(line: Line, is_code: bool) -> tuple[str, str, str] | None:
    """Return method, path and server of a line that names an operation."""
    match = None if is_code else _FRONT_MATTER.fullmatch(line.text)
    match = match or _OPERATION.fullmatch(line.text)
    if match is None:
        return None
    parts = urlsplit(match[2])
    path = _PLACEHOLDER.sub(lambda at: f"{{{next(filter(None, at.groups()))}}}", parts.path)
    server = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return match[1].upper(), path or "/", server


def _title(lines: Sequence[tuple[Line, bool]], operation: Line) -> Line:
    """Return the title: in the front matter, or the last heading above the operation or in it."""
    for line, is_code in reversed(lines[: operation.number]):
        match = None if is_code else _HEADING.fullmatch(line.text)
        title = match[1].rstrip("#").rstrip() if match else ""
        if title and not re.fullmatch(r"(?i)(end ?point|request|http request|url)", title):
            return Line(line.number, title.strip("`* "))
        if found := re.fullmatch(r"""title\s*:\s*["']?(.+?)["']?""", line.text):
            return Line(line.number, found[1])
    return operation


def _read_tags(text: str, found: Statements, lines: Sequence[tuple[Line, bool]]) -> None:
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


def _read_tag(match: re.Match[str], number: int, found: Statements) -> tuple[str, Stated]:
    """Return the kind of section that a component belongs to, and its statement."""
    attributes = {each[1].lower(): next((v for v in each.groups()[1:] if v is not None), "true")
                  for each in _ATTRIBUTE.finditer(match[3])}  # fmt: skip
    is_response = match[2] == "ResponseField"
    kind = ("" if found.is_aside else "returns") if is_response else found.place
    name = attributes.get("name", "")
    for location in LOCATIONS if not is_response else ():
        if location in attributes:
            kind, name = location, attributes[location]
            before, dot, after = name.partition(".")
            if location == "path" and dot and before in LOCATIONS:
                kind, name = before, after
    required = attributes.get("required", "").strip().lower()
    stated = Stated(
        number,
        name.strip(),
        attributes.get("type", ""),
        required == "true" if required or not is_response else None,
        deprecated=attributes.get("deprecated", "").lower() == "true",
        default=attributes.get("default", ""),
    )
    return (kind if stated.name else ""), stated


def _read_lines(lines: Sequence[tuple[Line, bool]], found: Statements) -> None:
    """Read the tables, the lists and the examples of a page; lists only without components."""
    found.headings, at, is_components = [], 0, bool(found.stated)
    while at < len(lines):
        line, is_code = lines[at]
        at += 1
        if is_code or not line.text:
            continue
        label, found.label = found.label, line.text if line.text.startswith(">") else ""
        if _read_heading(line, found) or read_literals(line, found):
            continue
        if is_bullet(line) and not is_components:
            at = read_list(lines, at - 1, found)
        elif tag := re.match(r"<(/?)(Request|Response)Example", line.text):
            found.example_of = "" if tag[1] else tag[2]
        elif fence := _FENCE.fullmatch(line.text):
            at = _read_block(lines, at, f"{fence[2]} {label}", found)
        elif (columns := find_columns(line.text, found.place)) is not None:
            at = read_table(lines, at, columns, found)
        elif is_header_of_values(line.text):
            at = read_values(lines, at, found)
        elif is_header(lines, at - 1):
            at = read_other(lines, at, found)


def _read_heading(line: Line, found: Statements) -> bool:
    """Go on below a heading; return whether the line looks like one."""
    bold = _BOLD.fullmatch(line.text)
    if bold and is_heading(bold[1]):
        found.enter(f"####### {bold[1]}")
        return True
    is_plain = _HEADING.fullmatch(line.text) is not None
    if is_plain and (not found.prints_owners or SECTION.fullmatch(line.text)):
        found.enter(line.text)
    return is_plain


def _read_block(
    lines: Sequence[tuple[Line, bool]], start: int, info: str, found: Statements
) -> int:
    """Keep a fenced block that is a curl command or an example body; return what follows it."""
    end = start
    while end < len(lines) and lines[end][1]:
        end += 1
    block = [line for line, _ in lines[start:end]]
    while block and (not block[0].text or block[0].text.startswith("# ")):
        block.pop(0)
    first = block[0].text if block else ""
    last = "" if found.example_of else found.last_heading
    labels = f"{info} {last}".lower()
    status = next((int(each) for each in STATUS.findall(labels)), found.status)
    is_error = "error" in labels or "default response" in labels
    is_response = found.example_of == "Response" or (
        not (found.example_of or is_error)
        and (found.place == "returns" or "respon" in labels or "returns json" in labels)
    )
    is_xml = first.startswith("<") and ("xml" in info.lower() or first.startswith("<?xml"))
    if is_xml or first[:1] in ("{", "["):
        found.shown.setdefault(found.place, set()).add("XML" if is_xml else "JSON")
    is_curl = first.startswith("curl ") and not any(
        line.text.startswith("curl ") for line in found.example
    )
    if is_curl:
        found.example[:0] = block
    elif is_response and first[:1] in "{[" and first and status // 100 in (0, 2):
        label = f"# Response ({status})" if status else "# Response"
        found.example += [Line(block[0].number, label), *block]
    elif found.place == "body" and first[:1] in ("{", "[") and "body" not in found.stated:
        found.gaps.append((block[0].number, "the request body: the page shows only an example"))
    return end + 1


_BLOCK: Final = re.compile(r"[ \t]*\{% (end)?swagger(-\w+)?((?: [^%\n]|[^%\n]|%(?!\}))*)%\}[ \t]*")
_BLOCK_ATTRIBUTE: Final = re.compile(r"([\w-]+)=\"([^\"]*)\"")
_HTML_HEADING: Final = re.compile(r"(?m)^[ \t]*<h([1-6])\b[^<>\n]*>([^<>\n]+)</h\1>[ \t]*$")


def as_components(text: str) -> str:
    """Return a page with components in place of GitBook's blocks; its lines stay in their places.

    `{% swagger-parameter in="query" name="limit" %}` becomes `<ParamField query="limit">`.
    """
    if "</h" in text:
        text = _HTML_HEADING.sub(lambda match: f"{'#' * int(match[1])} {match[2].strip()}", text)
    return _BLOCK.sub(_write, text) if "{% swagger" in text else text


def _write(match: re.Match[str]) -> str:
    is_end, kind = bool(match[1]), match[2] or ""
    stated: dict[str, str] = dict(_BLOCK_ATTRIBUTE.findall(match[3]))
    if kind == "-parameter":
        return "</ParamField>" if is_end else _write_parameter(stated)
    if is_end or kind not in ("", "-response"):
        return ""
    if kind:
        return f"### Response {stated.get('status', '')}"
    base = (stated.get("baseUrl") or stated.get("baseurl") or "").rstrip("/")
    return f"## {stated.get('method', '').upper()} {base}{stated.get('path', '')}"


def _write_parameter(stated: dict[str, str]) -> str:
    place, name = stated.get("in", "query"), stated.get("name", "").strip()
    kind, required = stated.get("type", ""), stated.get("required", "false")
    return f'<ParamField {place}="{name}" type="{kind}" required="{required}">'
