"""Reference pages of Google, whose tables have the type of a row above its description.

Each page is read as a table of the parameters, of the fields of the request and of the response,
with the types that it documents further down inside the fields that have them. The path
`{name=projects/*}` becomes `projects/{project_id}` (https://google.aip.dev/127).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from docpact.model.path import make_singular

_Numbered = tuple[int, str]
"""The number of a line, and its text."""

_MARK: Final = "gRPC Transcoding"
_OPERATION: Final = re.compile(
    r"(?:[-+*] )?`?([A-Z]{3,7}) (https?://(?:[^\s`{}]|\{[^{}`\n]{1,200}\}){1,400})`?"
)
_ALIAS: Final = re.compile(r"(?<=\{)([\w.]{1,99}) or [^{}]{1,99}(?=\})")
"""The name of a parameter, such as "userKey or all", with a value that it may have."""

_PLACES: Final = {
    "path parameters": "Path parameters",
    "query parameters": "Query parameters",
    "request body": "Request body",
    "response body": "Response body",
}
_ASIDE: Final = re.compile(
    r"(?i)authorization scopes|iam permissions|try it!|send feedback|examples?"
)
_LINK: Final = re.compile(r"\[([^\[\]]{1,200})\]\([^()]{0,400}\)")
_ADDRESS: Final = re.compile(r"(?:https?://|/)[^\s#)]{0,300}[#/]")
"""The part of a link to a type before its name."""

_TYPE: Final = re.compile(
    r"((?:string|integer|number|boolean|object|enum|value|map|any|array)\b)"
    r"(?: ?\(([^()]{0,300}(?:\([^()]{0,300}\)[^()]{0,300})?)\))?(?=\s|$|<br>)"
)
_NAME: Final = re.compile(r"([\w.@$-]{1,99}(?:\[\])?) ?(?:\(deprecated\))?")
_VALUE: Final = re.compile(r"(\w[\w.-]{1,99})\t+(.{0,2000})|([A-Z][A-Z0-9_]{1,99})")
_WORD: Final = re.compile(r"[a-z]\w{1,99}")
"""A line that may be a name, or belong to a description."""

_KEY: Final = re.compile(r"[{}\[\]]|\"([\w@$.-]{1,99})\"\s{0,9}:(?=\s{0,9}(\[)?)")
_FORM: Final = re.compile(
    r"\bform(?:at)?\b:?(?: is| of)?:? {0,3}[`\"']{0,3}([\w-]{1,99}/[\w{}*/-]{1,300})", re.IGNORECASE
)
"""The form of a name that has several segments, such as `projects/{project}`."""

_TEMPLATE: Final = re.compile(r"\{([\w.]{1,99})(?:=([^{}]{1,300}))?\}")
_PATH: Final = re.compile(
    r"(?=[^{}]{1,200}\{)[\w-]{1,99}(?:/(?:[\w-]{1,99}|\{[\w-]{1,99}\})){1,20}"
)
_NAMES: Final = re.compile(r"\{([^{}]{1,200})\}")
_MOST: Final = 2000
"""Maximum number of rows of a page, with those of types that several fields have."""


@dataclass(slots=True)
class _Row:
    """A parameter, a field or a value of an enumeration."""

    number: int
    name: str
    kind: str = ""
    of: str = ""
    prose: str = ""


@dataclass(slots=True)
class _Section:
    """The rows below a heading, its sentences, and the names in its representation as JSON."""

    number: int
    title: str
    rows: list[_Row] = field(default_factory=list)
    text: list[_Numbered] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    unions: list[_Numbered] = field(default_factory=list)
    is_asked: bool = False


def write_reference(lines: Iterable[_Numbered]) -> list[_Numbered]:
    """Return the lines of a page, with a reference of Google in tables that docpact reads."""
    every = list(lines)
    is_headed = any(text.strip("# ").lower() == "http request" for _, text in every)
    is_marked = any(_MARK in text or ("|" in text and _read_mode(text)) for _, text in every)
    if not (is_headed and is_marked):
        return every
    starts = [at for at, (_, text) in enumerate(every) if _OPERATION.fullmatch(text.strip())]
    plain = [at for at in starts if "/upload/" not in every[at][1] or len(starts) == 1]
    if len(plain) != 1:
        return every
    title = next((each for each in every if "Method: " in each[1]), every[starts[0]])
    found = _read_sections(every[starts[-1] + 1 :])
    others = [every[at][0] for at in starts if at not in plain]
    uploads = [(number, "the same operation with an upload") for number in others]
    titles = Counter(each.title.lower() for each in found)
    if any(titles[each] > 1 for each in _PLACES):
        return every
    sections = {e.title.lower(): e for e in found if titles[e.title.lower()] == 1}
    return list(_write(title, every[plain[0]], sections, uploads))


def _read_sections(lines: Sequence[_Numbered]) -> list[_Section]:
    """Return the sections below the line of method and path."""
    types = {name for _, text in lines for name in _list_types(text)}
    sections, mode, depth = [_Section(lines[0][0] if lines else 1, "")], "", 0
    for at, (number, raw) in enumerate(lines):
        text = raw.strip()
        title = _read_title(raw, types, _read_next(lines, at))
        if title is not None:
            sections.append(_Section(number, title))
            mode = ""
        elif header := _read_mode(text):
            mode, depth = header, 0
            sections[-1].is_asked |= header == "Parameters"
        elif mode == "JSON representation":
            depth = _read_names(text, sections[-1].names, depth)
        elif mode and "|" in text:
            _read_cells(number, text, sections[-1])
        elif mode:
            _read_below(lines, at, mode, sections[-1])
        elif text:
            sections[-1].text.append((number, text))
    return sections


_HEADERS: Final = ("Parameters", "Fields", "Enums", "JSON representation")


def _read_mode(text: str) -> str:
    """Return the name of the table, or the representation, that a line is the header of."""
    header = text.strip("|* ")
    return header if header in _HEADERS else ""


def _list_types(text: str) -> Iterator[str]:
    for match in _USE.finditer(_plain(text)):
        yield (match[1] or match[2]).strip()


_USE: Final = re.compile(r"\b(?:object|enum) ?\(([^()]{1,300})\)|\binstance of (\w{1,99})")


def _plain(text: str) -> str:
    """Return a text without links and marks of code; the address of a type becomes its name."""
    unlinked = _LINK.sub(r"\1", text).replace("`", "")
    return re.sub(r"(?<=\()\s*(" + _ADDRESS.pattern + ")", "", unlinked).strip()


def _read_next(lines: Sequence[_Numbered], at: int) -> str:
    """Return the next line with text, which is not far below, without marks."""
    near = (lines[n][1] for n in range(at + 1, min(at + 12, len(lines))))
    return next((_plain(text) for text in near if text.strip()), "")


def _read_title(raw: str, types: set[str], below: str) -> str | None:
    """Return the title of a section that begins at a line; None for another line."""
    text = _plain(raw.strip().lstrip("#")).strip()
    if raw.lstrip().startswith("#") or text.lower() in _PLACES or _ASIDE.fullmatch(text):
        return text
    is_row = raw.endswith("\t") or _TYPE.fullmatch(below)
    return text if text in types and "|" not in raw and not is_row else None


def _read_names(text: str, names: list[str], depth: int) -> int:
    """Add the names at the top of a representation as JSON; return the depth behind the line."""
    for match in _KEY.finditer(text.split("//", maxsplit=1)[0] if "|" not in text else text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(match[0], 0)
        if match[1] and depth == 1:
            names.append(f"{match[1]}{'[]' if match[2] else ''}")
    return depth


def _read_cells(number: int, text: str, section: _Section) -> None:
    """Read a row of a table in Markdown: a name, and a type with a description."""
    if not text.strip("|-: "):
        return
    first, _, rest = text.strip().removeprefix("|").partition("|")
    name, cell = re.split(r"[ (<]", _plain(first))[0], rest.strip("| ").replace("\\|", "|")
    if _plain(first).startswith("Union field"):
        section.unions.append((number, _plain(first)))
        return
    is_typed = re.match(r"(?:<br>|\s)*`", cell) is not None
    match = _TYPE.match(_plain(re.sub(r"^(?:<br>|\s)+", "", cell))) if is_typed else None
    prose = _plain(re.sub(r"^(?:<br>|\s)+", "", cell))
    prose = prose[match.end() :] if match else prose
    kind, of = (match[1], match[2] or "") if match else ("", "")
    section.rows.append(_Row(number, name.replace("\\", ""), kind, of, prose))


def _read_below(lines: Sequence[_Numbered], at: int, mode: str, section: _Section) -> None:
    """Read a line of a table as text: a name, the type on the next line, or a description."""
    number, raw = lines[at]
    text = raw.strip()
    match = _TYPE.fullmatch(_read_next(lines, at))
    name = _NAME.fullmatch(text)
    last = section.rows[-1] if section.rows else None
    if mode == "Enums" and (value := _VALUE.fullmatch(raw.strip(" "))):
        section.rows.append(_Row(number, value[1] or value[3]))
    elif text.startswith("Union field"):
        section.unions.append((number, text))
    elif name and mode != "Enums" and (match or raw.endswith("\t") or text.endswith("[]")):
        section.rows.append(_Row(number, name[1]))
    elif last and not last.kind and not last.prose and (own := _TYPE.fullmatch(_plain(text))):
        last.kind, last.of = own[1], own[2] or ""
    elif last and text:
        last.prose = f"{last.prose} {text}".strip()
        if _WORD.fullmatch(text) and text not in section.names:
            section.unions.append((number, f"{text}, which may be a name"))


def _write(
    title: _Numbered,
    operation: _Numbered,
    sections: Mapping[str, _Section],
    uploads: Sequence[_Numbered],
) -> Iterator[_Numbered]:
    """Yield the lines of a page with a table in each section."""
    number, text = title
    yield number, f"# Method: {text.rpartition('Method: ')[2].strip('`* ')}"
    stated = _OPERATION.fullmatch(operation[1].strip())
    method, target = (stated[1], _ALIAS.sub(r"\1", stated[2])) if stated else ("", "")
    path = sections.get("path parameters", _Section(operation[0], "Path parameters"))
    rows = {each.name: each for each in path.rows}
    unclear: list[str] = []
    target = _write_target(target, rows, unclear)
    yield operation[0], f"`{method} {target}`"
    path.rows = [rows.get(e, _Row(path.number, e, "string")) for e in _NAMES.findall(target)]
    path.unions = [*uploads, *((path.number, f"{each}: its segments") for each in unclear)]
    left = [_MOST]
    for key, heading in _PLACES.items():
        section = path if key == "path parameters" else sections.get(key)
        if section is None or (key == "request body" and method in ("GET", "HEAD")):
            continue
        yield section.number, f"### {heading}"
        yield from _write_section(section, sections, left)
    for key, section in sections.items():
        if section.is_asked and key not in _PLACES:
            yield section.number, f"### {section.title}"
            yield from _write_section(section, sections, left)


def _write_section(
    section: _Section, sections: Mapping[str, _Section], left: list[int]
) -> Iterator[_Numbered]:
    of = [name.lower() for _, text in section.text for name in _list_types(text)]
    named = next((sections[each] for each in of if each in sections), None)
    source = section if section.rows or named is None else named
    prefix = "" if section.title.lower() == "query parameters" else None
    rows = list(_write_rows(source, sections, left, prefix=prefix))
    if rows:
        yield section.number, "| Name | Type | Description |"
        yield section.number, "|---|---|---|"
        yield from rows
    elif section.title.lower() == "request body":
        yield from (e for e in section.text if "must be empty" not in e[1])


def _write_rows(
    section: _Section,
    sections: Mapping[str, _Section],
    left: list[int],
    above: tuple[str, ...] = (),
    prefix: str | None = None,
) -> Iterator[_Numbered]:
    """Yield the rows of a section, each with those of its type below it.

    With a prefix, as in a query, each field of an object is a parameter such as `filter.name`.
    """
    known = {each.name.removesuffix("[]") for each in section.rows}
    shown = [each for each in section.names if each.removesuffix("[]") not in known]
    bare = [_Row(section.number, each) for each in shown]
    indent = "&nbsp;" * len(above) if prefix is None else ""
    for number, text in section.unions:
        yield number, f"| {indent}{text[:60].replace('|', ' ')} | | |"
    for row in (*section.rows, *bare):
        left[0] -= 1
        inner = sections.get(row.of.lower()) if row.kind in ("object", "enum") else None
        is_open = row.kind == "object" and row.of not in above and left[0] > 0 and len(above) < 9
        kind, name = _write_kind(row, inner), f"{prefix or ''}{row.name.removesuffix('[]')}"
        is_query = prefix is not None and not row.name.endswith("[]")
        if inner and is_open and is_query:
            yield from _write_rows(inner, sections, left, (*above, row.of), f"{name}.")
            continue
        prose = row.prose.replace("<br>", " ").replace("|", "\\|").strip()
        if row.name.endswith("[]"):
            kind = f"array of {kind}" + ("" if '"' in kind else "s")
        yield row.number, f"| {indent}{name} | {kind} | {prose} |"
        if inner and is_open and prefix is None:
            yield from _write_rows(inner, sections, left, (*above, row.of))


def _write_kind(row: _Row, inner: _Section | None) -> str:
    """Return the type of a row in words that docpact reads."""
    if row.kind == "enum" and inner and inner.rows and not inner.unions:
        return " \\| ".join(f'"{each.name}"' for each in inner.rows)
    return {"map": "object", "enum": f"enum {row.of}"}.get(row.kind, row.kind)


def _write_target(target: str, rows: Mapping[str, _Row], unclear: list[str]) -> str:
    """Return a URL with a parameter for each segment of the names in it.

    The names whose number of segments the page does not state are added to the unclear ones.
    """

    def write(match: re.Match[str]) -> str:
        name, template = match[1], match[2] or ""
        prose = rows[name].prose if name in rows else ""
        forms = {each[1].rstrip("/") for each in _FORM.finditer(_plain(prose))}
        fitting = [each for each in forms if not template or _fits(template, each)]
        plain = re.sub(r"([\w-]+)/\*{1,2}", _write_id, template) if template else match[0]
        form = fitting[0] if len(fitting) == 1 and _PATH.fullmatch(fitting[0]) else plain
        is_plain = bool(fitting) and form == match[0]
        unclear.extend([name] if is_plain or "*" in plain or "**" in template else [])
        return f"{{{name}}}" if "*" in form else form

    return _TEMPLATE.sub(write, target)


def _fits(template: str, form: str) -> bool:
    """Return whether a form has the segments of a template, with a name for each asterisk."""
    pairs = [*zip(template.split("/"), form.split("/"), strict=False)]
    is_long = template.count("/") == form.count("/")
    return is_long and all(
        re.fullmatch(r"\{[\w-]+\}", own) if each == "*" else each == own for each, own in pairs
    )


def _write_id(match: re.Match[str]) -> str:
    return f"{match[1]}/{{{make_singular(match[1])}_id}}"
