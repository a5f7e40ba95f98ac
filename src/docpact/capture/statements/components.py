"""Pages with components such as `<ParamField query="limit">`, or with tables of parameters.

Their statements are used; missing facts become gaps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from docpact.capture.embedded import FENCE
from docpact.capture.layout.command import list_sent_fields
from docpact.capture.layout.headings import PARAMETERS, is_heading, read_heading
from docpact.capture.layout.lines import Line, Page, Section, check_path
from docpact.capture.normalize.text import METHOD, rewrite
from docpact.capture.requests.alternatives import list_alternates
from docpact.capture.requests.ids import EXAMPLE
from docpact.capture.statements.blocks import read_block
from docpact.capture.statements.lists import (
    SECTION,
    is_bullet,
    is_of_redocly,
    leave_out_parameters,
    read_list,
    read_literals,
    states_type,
)
from docpact.capture.statements.operations import (
    FRONT_MATTER,
    TAG,
    find_operation,
    find_operations,
    list_operations,
    read_lines,
)
from docpact.capture.statements.statement import SENT, Stated, Statements
from docpact.capture.statements.tables import (
    find_columns,
    is_header,
    is_header_of_values,
    is_row,
    read_other,
    read_table,
    read_values,
)
from docpact.errors import PageError
from docpact.model.path import list_query, names

__all__ = ["has_statements", "list_operations", "read"]

_BOLD: Final = re.compile(r"(?:\*\*|_)([^*_]+?):?(?:\*\*|_):?")
_PLAIN: Final = re.compile(
    r"((?:(?:request|query|path|url|body|header) )*parameters):"
    r"|(?!.*\breturn).*\b(?:following|these) ((?:\w+ ){,3}parameters)\b.*:"
    r"|in the ((?:\w+ ){,2}parameters)\b.*\b(?:following|below)\b.*:",
    re.IGNORECASE,
)
"""A line that is a heading, although it looks like text."""

_SENT_BACK: Final = re.compile(
    r"^(?:#|title:).*\b(?:webhook|callback|event)"
    r"|\b(?:event|webhook|callback)s?\b[^.\n]{,99}\b(?:is|are) (?:also )?(?:sent|fired)\b",
    re.IGNORECASE | re.MULTILINE,
)
"""The text about a request that the API sends itself."""

_BARE: Final = (
    "no parameters, no fields and no example of this operation in a form that docpact reads;"
    " give the page's OpenAPI document or its Markdown"
)
"""The problem of a page that states nothing about its operation."""

_SAID_STATUS: Final = re.compile(r"(?i)\b(?:status|HTTP|code)\b\D{,20}\b(2[0-9]{2})\b")
_CODE: Final = re.compile(
    r"[*_]*(?:status )?code[*_]*\s*:[*_]*\s*[`*]*([1-5][0-9]{2})\b.*", re.IGNORECASE
)
_LABEL: Final = re.compile(
    r">|<(?:\w+\.)?Tab(?:Item)?\b|(?:(?:example|sample|json|success\w*|typical|the|a) )*"
    r"(?:responses?|returns?|output)(?: (?:body|example|json))*:",
    re.IGNORECASE,
)
"""A line that says which response the example below it is."""

_ATTRIBUTE: Final = re.compile(r"([\w-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|\{([^{}]*)\}))?")


def has_statements(text: str) -> bool:
    """Return whether a page has components, tables or lists of parameters."""
    return bool(TAG.search(rewrite(text))) or any(
        find_columns(line.text) is not None or states_type(line)
        for line in read_lines(text)
        if not line.is_code
    )


def read(text: str) -> tuple[Page, Statements, str]:
    """Return a page about one operation, its statements, and the server that it names, or "".

    The sections of the page have headings, but no lines.
    """
    text = rewrite(text)
    lines = list(read_lines(text))
    operations = find_operations(lines)
    if not operations:
        raise PageError(1, "expected a line such as GET /v1/things, or `api:` in the front matter")
    number, (method, path, server) = next(iter(operations.items()))
    line = next(each for each in lines if each.number == number)
    _check_path(line, path)
    title = _title(lines, line)
    is_sent = not _SENT_BACK.search(text)
    found = Statements(
        prints_owners=is_of_redocly(lines),
        title=title.text,
        in_path=names(path),
        method=method if is_sent else "",
        is_read=method in ("GET", "HEAD"),
    )
    _read_request(text, lines, line, found)
    _read_tags(text, found, lines)
    _read_lines(lines, found)
    _leave_out_markup(found)
    is_open = found.has_unplaced or (is_sent and found.body_example)
    is_bare = not (found.stated or found.example or found.successes or is_open)
    path = _name_examples(line, path, found)
    found.end()
    if is_bare and not found.prints_owners:
        raise PageError(line.number, f"{_BARE}{_name_document(line)}")
    page = Page(
        title=title,
        operation=line,
        method=method,
        path=path,
        prose=(),
        sections=tuple(_sections(found.stated)),
        end=len(lines),
        is_announced=any(each.text.startswith("curl ") for each in found.example),
        example=tuple(found.example),
        markdown=True,
        answer=found.answer or (0, ""),
        sent=found.sent,
        successes=tuple(found.successes),
        prints_owners=found.prints_owners,
    )
    return page, found, server


def _check_path(line: Line, path: str) -> None:
    """Raise PageError for a path that is malformed, or has an example value."""
    check_path(line, path)
    if value := re.search(r"(?<=.)/([0-9]{3,})(?=/|$)", path):
        name = "write a name such as {id} for it"
        raise PageError(line.number, f"the path {path!r} has an example value, {value[1]}; {name}")


def _read_request(text: str, lines: Sequence[Line], line: Line, found: Statements) -> None:
    """Read the names that the line of the operation and the commands of the page send."""
    for at, other in list_alternates(line, text):
        found.leave_out(at, f"the same operation {other}")
    found.is_twice = sum(PARAMETERS.fullmatch(each.heading[1]) is not None for each in lines) > 1
    found.is_example = not find_operation(line) or EXAMPLE.search(line.text) is not None
    found.in_query = list_query(line.text)
    commands = [each for each in lines if each.is_code and each.text.startswith("curl ")]
    found.command = next((e.number for e in commands if e.number > line.number), 0)
    found.in_command = re.findall(r"[?&]([\w.-]+)=", " ".join(each.text for each in commands))
    found.in_body = [name for each in commands for name in list_sent_fields(lines, each)]


def _name_examples(line: Line, path: str, found: Statements) -> str:
    """Return the path with the names that the page states for the ids of an example in it.

    Such ids, and parameters in the query that are only in the address, become gaps. Those in the
    path that the page does not state are texts.
    """
    for match in EXAMPLE.finditer(line.text):
        found.leave_out(line.number, f"which values {match[0]!r} in the path may have: an example")
    for name in found.in_query:
        if all(each.name != name for each in found.stated.get("query", ())):
            text = f"the parameter {name}, which only the address names"
            found.leave_out(line.number, text, asks=True)
    stated = [each.name for each in found.stated.get("path", ())]
    for name in {*stated}.difference(names(path)):
        path = re.sub(rf"(?<=/){re.escape(name)}(?=/|$)", f"{{{name}}}", path)
    strays = [name for name in stated if name not in names(path)]
    made = [name for name in names(path) if f"{{{name}}}" not in line.text and name not in stated]
    if len(strays) == len(made) == len(EXAMPLE.findall(line.text)):
        for name, stray in zip(made, strays, strict=True):
            path = path.replace(f"{{{name}}}", f"{{{stray}}}")
    for name in names(path):
        if name not in stated:
            found.add("path", Stated(line.number, name, "string", required=True))
    return path


def _leave_out_markup(found: Statements) -> None:
    """Make a gap of the fields of a body whose only examples are XML."""
    for kind, shown in found.shown.items():
        if shown == {"XML"} and (rows := found.stated.pop(kind, None)):
            name = "the result" if kind == "returns" else "the request body"
            found.leave_out(rows[0].line, f"{name}: its examples are XML")


def _name_document(operation: Line) -> str:
    """Return what to give instead of a page whose front matter names its operation."""
    if FRONT_MATTER.fullmatch(operation.text) is None:
        return ""
    named = re.search(rf":\s*[\"']?(\S+)\s+(?:{METHOD})\s", operation.text, re.IGNORECASE)
    document = f" {named[1]!r}," if named else ""
    return f"; give the OpenAPI document{document} that it is made from"


def _sections(stated: Mapping[str, Sequence[Stated]]) -> Iterator[Section]:
    for kind in (*SENT, "returns"):
        if rows := stated.get(kind):
            yield Section(kind, Line(rows[0].line, kind), (), rows[-1].line)


def _title(lines: Sequence[Line], operation: Line) -> Line:
    """Return the title: in the front matter, or the last heading above the operation or in it."""
    for line in reversed(lines[: lines.index(operation) + 1]):
        title = line.heading[1].rstrip("#").rstrip()
        if title and not re.fullmatch(
            r"(?i)end ?point|(http )?request( syntax)?|url|overview|description|permissions", title
        ):
            return Line(line.number, title.strip("`* "))
        if found := re.fullmatch(r"""title\s*:\s*["']?(.+?)["']?""", line.text):
            return Line(line.number, found[1])
    return operation


def _read_tags(text: str, found: Statements, lines: Sequence[Line]) -> None:
    """Read the components of a page; those in fenced blocks are examples of components."""
    code = {line.number for line in lines if line.is_code}
    headings = [(line.number, line.text) for line in lines if line.heading[0]]
    opened: list[tuple[int, Stated | None]] = []
    for match in TAG.finditer(text):
        number = text.count("\n", 0, match.start()) + 1
        if number in code or match[2].endswith("Example"):
            continue
        if match[1]:
            if not opened:
                raise PageError(number, f"expected the beginning of {match[2]} above its end")
            opened.pop()
            continue
        found.headings = []
        for each in (text for at, text in headings if at < number):
            found.enter(each)
        stated = None
        if match[2] != "Expandable":
            kind, stated = _read_tag(match, number, found)
            outer = next((each for _, each in reversed(opened) if each is not None), None)
            if outer is not None:
                outer.inside.append(stated)
            elif kind or (stated.name and match[2] == "ParamField"):
                found.add(kind, stated)
        opened += [] if match[4] else [(number, stated)]
    if opened:
        raise PageError(opened[-1][0], "expected the end of this component, such as </ParamField>")


def _read_tag(match: re.Match[str], number: int, found: Statements) -> tuple[str, Stated]:
    """Return the kind of section that a component belongs to, and its statement."""
    attributes = {each[1].lower(): next((v for v in each.groups()[1:] if v is not None), "true")
                  for each in _ATTRIBUTE.finditer(match[3])}  # fmt: skip
    is_response = match[2] == "ResponseField"
    kind = ("" if found.is_aside else "returns") if is_response else found.place
    name = attributes.get("name", "")
    for location in SENT if not is_response else ():
        if location in attributes:
            kind, name = location, attributes[location]
            before, dot, after = name.partition(".")
            if location == "path" and dot and before in SENT:
                kind, name = before, after
    required = attributes.get("required", "").strip().lower()
    following = None if match[4] else TAG.search(match.string, match.end())
    stated = Stated(
        number,
        name.strip(),
        attributes.get("type", ""),
        required == "true" if required or not is_response else None,
        deprecated=attributes.get("deprecated", "").lower() == "true",
        prose=match.string[match.end() : following.start()].strip() if following else "",
        default=attributes.get("default", ""),
    )
    return (kind if stated.name else ""), stated


def _read_lines(lines: Sequence[Line], found: Statements) -> None:
    """Read the tables, the lists and the examples of a page; lists only without components."""
    found.headings, at, is_components = [], 0, bool(found.stated)
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.is_code or not line.text:
            continue
        label, found.label = found.label, line.text if _LABEL.match(line.text) else ""
        if _read_heading(line, found) or read_literals(line, found):
            continue
        if is_bullet(line) and not is_components:
            at = read_list(lines, at - 1, found)
        elif tag := re.match(r"<(/?)(Request|Response)Example", line.text):
            found.example_of = "" if tag[1] else tag[2]
        elif fence := FENCE.fullmatch(line.text):
            at = read_block(lines, at, f"{fence['info']} {label}", found)
        elif "|" in line.text and (end := _read_any_table(lines, at, found)):
            at = end
        elif not (is_components or line.text.startswith(">") or find_operation(line)):
            found.pass_text(line)
            status = _SAID_STATUS.search(line.text)
            found.successes += [int(status[1])] if status and found.place == "returns" else []
    found.leave_text()
    found.headings = []


def _read_any_table(lines: Sequence[Line], at: int, found: Statements) -> int:
    """Read a table below its header; return the index of the line behind it, or 0 for no table."""
    header = lines[at - 1]
    if (columns := find_columns(header.text, found.place)) is not None:
        return read_table(lines, at, columns, found)
    if is_header_of_values(header.text):
        return read_values(lines, at, found)
    if is_header(lines, at - 1):
        return read_other(lines, at, found)
    if not is_row(header.text):
        return 0
    text = f"the rows of a table below {found.last_heading!r}"
    found.leave_out(header.number, text, is_about=found.is_about)
    return at


def _read_heading(line: Line, found: Statements) -> bool:
    """Go on below a heading; return whether the line looks like one."""
    bold = _BOLD.fullmatch(line.text) or _PLAIN.fullmatch(line.text)
    if bold and is_heading(read_heading(bold[bold.lastindex or 0])):
        found.enter(f"####### {bold[bold.lastindex or 0]}")
        return True
    if (code := _CODE.fullmatch(line.text)) and found.place == "returns":
        found.enter(f"####### Response {code[1]}")
        return True
    leave_out_parameters(line, found)
    is_plain = line.heading[0] > 0
    if is_plain and (not found.prints_owners or SECTION.fullmatch(line.text)):
        found.enter(line.text)
    return is_plain
