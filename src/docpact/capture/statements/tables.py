"""Tables of parameters, such as `| name | type |`, and of the values of parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final

from docpact.capture.layout.headings import PARAMETERS, is_needed, name_place, read_term
from docpact.capture.layout.lines import Line
from docpact.capture.normalize.tables import TAG
from docpact.capture.statements.lists import find_owners, is_bullet, share_fields
from docpact.capture.statements.statement import ASKED, LINK, SENT, Stated, Statements
from docpact.model.documented import LOCATIONS

_LIMITS: Final = (
    *("min", "minimum", "max", "maximum", "max length", "range", "limits", "constraints"),
    *("validation", "restrictions", "allowed values", "possible values", "values", "enum"),
)
"""Columns that are read like a description."""

_COLUMNS: Final = {
    **dict.fromkeys(("name", "parameter", "param", "field", "property", "attribute"), "name"),
    **dict.fromkeys(("key", "key path"), "name"),
    **dict.fromkeys(("type", "data type", "datatype", "type - required/optional"), "type"),
    **dict.fromkeys(("type - required", "type - optional", "required - type"), "type"),
    **dict.fromkeys(("required", "required?", "req", "req.", "mandatory", "optional"), "required"),
    **dict.fromkeys(("optional?", "status", "presence", "requirement", "importance"), "required"),
    "required/optional": "required",
    **dict.fromkeys(("in", "location", "where"), "in"),
    **dict.fromkeys(("description", "details", "notes", "comment", "comments"), "prose"),
    **dict.fromkeys(("default", "default value"), "default"),
    **{name: name for name in _LIMITS},
}  # fmt: skip
_ROLE: Final = re.compile(
    r"^(?:(?:query|path|url|body|header|request|response|string) )+(?=\w)|(?<=\w) names?$"
    r"|(?<=parameter)s$|(?<=attribute)s$|(?<=param)s$|(?<=field)s$"
)
"""Words of the name of a column that do not change its meaning."""

_YES: Final = frozenset({"yes", "true", "required", "y", "✓", "✔", "✅", "always", "mandatory"})
_NO: Final = frozenset({"no", "false", "optional", "n", "✗", "✘", "❌", "-", "—", ""})
_STATUS: Final = re.compile(r"(?:(?:http|response) )?(?:status|code|status codes?)", re.IGNORECASE)
"""The name of the first column of a table of statuses."""

_STARRED: Final = re.compile(r"[^*]+\*`?")
"""A name with the mark that GitBook puts behind required ones."""

_ANONYMOUS: Final = re.compile(r"[*_](?:anonymous|None)[*_]")
"""The name of a row that is about the whole body, or about each item of an array."""

_TYPED: Final = (
    r"(?=.*\b(?:string|str|text|u?int\w*|number|long|bool\w*|object|array|list|float|double|date\w*"
    r"|uuid|map|enum|file)\b).+?"
)
_NEED: Final = re.compile(
    rf"(?:({_TYPED})(?:\s*[-/,]\s*|\s*\(|\s+))?(required|optional)\)?"
    rf"|\(?(required|optional)(?:\s*[-/,]\s*|\)\s*)({_TYPED})",
    re.IGNORECASE,
)
"""A type with the word that says whether a request needs the parameter, or only that word."""

_MARKED: Final = re.compile(
    r"(\S{1,200}?)(?:\s*[`*]{1,4}\s*|\s+|(?=\())[`*(]{,9}(required|optional)\W*", re.IGNORECASE
)
"""A name with the word that says whether a request needs it."""

_ANY_HEADING: Final = re.compile(r" / (?:parameters|fields|properties|attributes)$")
"""A heading that any table may have."""

_VALUES: Final = "\nThe table of values:"
_OF_VALUES: Final = re.compile(r"\W{,5}(?:parameter|property) name\W", re.IGNORECASE)
"""The beginning of a header in which Value means the type."""

_GROUP: Final = re.compile(
    r"\W*((?:(?:required|optional|path|query|header|body) ){1,2}(?:parameters|properties))\W*",
    re.IGNORECASE,
)
"""The only text of a row about the rows below it."""

_LIMITED: Final = re.compile(
    r"([\w\[\]() -]{1,60}?)(?:\s|<br>)*((?:(?:min|max)(?:Length|Items|imum): ?[0-9]|pattern: ).*)"
)
"""A type with limits behind it."""

_BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)
_RULE: Final = re.compile(r"[\s|:-]+")
_BLANK: Final = r"&(?:[ne][mb]sp|ensp|#160|#x?[aA]0|#819[45]);"
_DEEPER: Final = re.compile(
    rf"((?:{_BLANK}|[\s`*])*)((?:(?:\\?>|&gt;|»|[-+.•·→](?=[-+.•·→]*\s))\s*)*)"
)
"""The blanks and the marks before a field inside an object."""


def _cells(text: str, number: int = 0) -> list[str]:
    """Return the cells of a row; `|` in code ends none if there are too many cells."""
    text = text.strip()
    inner = text.removeprefix("|").removesuffix("|")
    cells = re.split(r"(?<!\\)\|", inner)
    if number and len(cells) > number:
        cells = _join_code(cells)
    if len(cells) == number - 1 and text.endswith("|") and not text.startswith("|"):
        cells.append("")
    return [cell.replace("\\|", "|").strip() for cell in cells]


def _join_code(cells: Sequence[str]) -> list[str]:
    """Return the cells of a row, joined again where a `|` in code divides them."""
    left, is_open = sum(cell.count("`") for cell in cells), False
    joined: list[list[str]] = []
    for cell in cells:
        if is_open:
            joined[-1].append(cell)
        else:
            joined.append([cell])
        left -= cell.count("`")
        is_open = left % 2 == 1
    return ["|".join(each) for each in joined]


def find_columns(text: str, place: str = "") -> list[str] | None:
    """Return the meaning of each column of a table's header; None for any other line.

    In a section of parameters, a name with a description or a default is enough. Three columns
    without names, as GitBook writes them, are a name, a type and a description. A table of places
    in an array does not name fields.
    """
    if "|" not in text:
        return None
    if place and re.fullmatch(r"(?:\|\s*){4}", text):
        return ["name", "type", "prose"]
    cells = [_ROLE.sub("", read_term(cell.strip("*` ").lower())) for cell in _cells(text)]
    columns = [_COLUMNS.get("name" if cell == place == "header" else cell, "") for cell in cells]
    columns = ["", *columns[1:]] if cells[0] == "status" else columns
    if _OF_VALUES.match(text) and cells[1:2] == ["value"]:
        columns[1] = "type"
    if cells[0] in ("index", "position"):
        return None
    wanted = {"type", "required"} | ({"prose", "default"} if place in LOCATIONS else set())
    is_header = columns.count("name") == 1 and len({*columns} & wanted) > 0
    return columns if is_header else None


def read_table(lines: Sequence[Line], at: int, columns: Sequence[str], found: Statements) -> int:
    """Read the rows of a table; return the index of the line behind it.

    One below the name of an object without fields has its fields. Any other second table in a
    response may be about an object inside it, so it is a gap.
    """
    first, end = lines[at - 1], _end_table(lines, at)
    names = [read_term(cell.strip("*` ")).lower() for cell in _cells(first.text)]
    is_sure = "required" in columns and names[columns.index("name")].startswith("param")
    is_sure |= is_needed(found.sections)
    is_asked = is_sure or "required" in columns or PARAMETERS.search(found.last_heading)
    place = found.place or (_find_asked_place(found, is_sure) if is_asked else "")
    listed = {match[1] for each in lines[at:end] if (match := re.match(r"\W*([\w-]+)", each.text))}
    found.in_body = found.in_body if listed.intersection(found.in_body) else ()
    owners = find_owners(lines, at - 1, found, place)
    section = _ANY_HEADING.sub("", found.heading)
    key = (place, "" if place == "returns" else section)
    if "in" not in columns and not owners and (not place or key in found.tables):
        text = f"the table below {found.heading or 'the title'!r}: which object it is about"
        asks = is_sure or "param" in found.last_heading.lower()
        found.leave_out(first.number, text, asks=asks and not found.is_about)
        return end
    found.tables |= set() if owners else {key}
    is_optional = any(name.startswith("optional") for name in names)
    footnotes = (each.text for each in lines[at:] if each.text.startswith("\\*"))
    stars = all("required" in text.lower() for text in footnotes)
    above: list[tuple[int, Stated]] = []
    for line, section, need in _read_groups(lines[at:end], place):
        if is_bullet(line):
            owner = f"the row of {above[-1][1].name!r}" if above else "a row"
            found.leave_out(line.number, f"the list in {owner}")
        elif "|" in line.text and line.text != first.text and not _RULE.fullmatch(line.text):
            kind, depth, stated = _read_row(line, columns, section, is_optional, stars)
            stated.required = need if stated.required is None else stated.required
            above = [each for each in above if each[0] < depth]
            is_whole = _ANONYMOUS.search(_cells(line.text)[0]) is not None
            if kind and stated.name and depth and above:
                above[-1][1].inside.append(stated)
            elif owners and stated.name:
                owners[0].inside.append(stated)
            elif kind and stated.name:
                found.add(kind, stated)
            elif kind and not is_whole:
                found.leave_out(line.number, f"the row {_cells(line.text)[0]!r} of a table")
            above += [] if is_whole else [(depth, stated)]
    share_fields(owners)
    return end


def _read_groups(lines: Sequence[Line], place: str) -> Iterator[tuple[Line, str, bool | None]]:
    """Yield each row of a table, the kind of its section, and whether a request needs it.

    A row such as `| Optional query parameters |` states both for those below it; None if none does.
    """
    need: bool | None = None
    for line in lines:
        cells = [cell for cell in _cells(line.text) if cell] if "|" in line.text else []
        group = _GROUP.fullmatch(cells[0]) if len(cells) == 1 else None
        if group:
            word = group[1].split(" ")[0].lower()
            place = name_place(group[1]) or place
            need = word == "required" if word in ("required", "optional") else None
        else:
            yield line, place, need


def _find_asked_place(found: Statements, is_sure: bool) -> str:
    """Return the kind of a table right below an operation that says which rows are required.

    It is about a request, whose parameters are in the path or the query if it has no body. One of
    parameters is so for sure, also below an example of a response.
    """
    is_other = is_needed(found.sections) and found.stated.keys() <= {"path", "query"}
    is_first = not (found.stated or ((found.tables or found.is_answered) and not is_sure))
    is_below = not (found.is_aside or found.is_about)
    return ("query" if found.is_read else ASKED) if (is_first or is_other) and is_below else ""


def _end_table(lines: Sequence[Line], start: int) -> int:
    """Return the index of the line behind a table, given that of the line below its header.

    A cell may go on in the lines below its row, and with a list between blank lines.
    """
    width = len(_cells(lines[start - 1].text)) if is_header(lines, start - 1) else 0
    end, is_apart, is_list = start, False, False
    for at in range(start, len(lines)):
        line = lines[at]
        is_inside = is_bullet(line) or not line.text
        is_row = "|" in line.text and not is_inside
        fits = is_list and len(_cells(line.text)) == width > 2 and not is_header(lines, at)
        if line.is_code or (not is_row and line.text.startswith(("#", "```", "~~~", "<"))):
            break
        if is_apart and not (is_inside or (is_row and fits) or (is_list and line.depth)):
            break
        is_apart, is_list = (is_apart or is_inside, is_list or is_bullet(line))
        if is_row:
            end, is_apart, is_list = at + 1, False, False
    return end


def is_row(text: str) -> bool:
    """Return whether a line looks like a row of a table, whose header is missing."""
    return text.startswith("|") and text.endswith("|") and text.count("|") > 2


def is_header(lines: Sequence[Line], at: int) -> bool:
    """Return whether a line is the header of any table."""
    below = lines[at + 1].text if at + 1 < len(lines) else ""
    is_rule = "-" in below and _RULE.fullmatch(below) is not None
    return "|" in lines[at].text and is_rule


def read_other(lines: Sequence[Line], at: int, found: Statements) -> int:
    """Read a table with other columns; return the index of the line behind it.

    One of statuses names those of accepted requests; any other one about the operation is a gap.
    """
    header = lines[at - 1]
    names = [cell.strip("*` ").lower() for cell in _cells(header.text)]
    is_of_statuses = _STATUS.fullmatch(names[0]) is not None and "header" not in names
    rows = _list_rows(lines, at)
    known = [cells[0].strip("`*: ") in found.in_path for cells in rows[1:]]
    if not (is_of_statuses or (known and all(known))):
        text = f"the table below {found.last_heading!r}"
        is_sent = names[0] in ("header", "headers") and "required" in names
        is_about = found.is_about or is_sent
        found.leave_out(header.number, text, is_about=is_about, asks=is_sent)
    for cells in rows if is_of_statuses else ():
        found.add_success(cells[0])
    return at + len(rows)


def _list_rows(lines: Sequence[Line], at: int) -> list[list[str]]:
    rows = takewhile(lambda each: "|" in each.text and not each.is_code, lines[at:])
    return [_cells(line.text) for line in rows]


def is_header_of_values(text: str) -> bool:
    """Return whether a line is the header of a table with the values of some parameters."""
    return [cell.strip("*` ").lower() for cell in _cells(text)] == ["parameter", "value"]


def read_values(lines: Sequence[Line], at: int, found: Statements) -> int:
    """Add values to the descriptions of their parameters; return the index of the line behind."""
    rows = _list_rows(lines, at)
    parameters = [each for place in LOCATIONS for each in found.stated.get(place, ())]
    for name, *cells in rows:
        for each in parameters if len(cells) == 1 else ():
            if each.name == name.strip("` "):
                each.prose += "" if _VALUES in each.prose else _VALUES
                each.prose += f"\n`{cells[0].strip('` ')}`"
    return at + len(rows)


def _read_row(
    line: Line, columns: Sequence[str], place: str, is_optional: bool, stars: bool
) -> tuple[str, int, Stated]:
    """Return the kind of section of a row, the indentation of its name, and its statement.

    A column may say which ones are optional, and a star behind a name that it is required.
    """
    cells = _cells(line.text, len(columns))
    while len(cells) > len(columns) and not cells[-1]:
        cells.pop()
    values = {name: cell for name, cell in zip(columns, cells, strict=False) if name}
    if len(cells) != len(columns):
        values = {"name": values.get("name", ""), "type": "other cells than the table has columns"}
    raw = LINK.sub(r"\1", _BREAK.sub(" ", values.get("name", "")))
    depth, raw = _read_depth(line, raw)
    values = {name: re.sub(_BLANK, " ", cell).strip() for name, cell in values.items()}
    values = _split_need(values)
    typed = _LIMITED.fullmatch(values.get("type", ""))
    values |= {"type": typed[1]} if typed else {}
    name, required = _read_name(raw, values.get("required", "?"), is_optional, stars)
    where = values.get("in", "").strip("`* ").lower()
    kind = where if where in SENT else place
    is_name = re.fullmatch(r"[^\s()]+", name) and not _ANONYMOUS.fullmatch(raw.strip())
    stated = Stated(line.number, name if is_name else "", required=required)
    stated.type, stated.default = read_term(values.get("type", "")), values.get("default", "")
    limits = [
        f"{column}: {cell}"
        for column, cell in values.items()
        if column in _LIMITS and re.search(r"\w", cell)
    ]
    limits += [re.sub(r"(?<=\S)\s*(?=pattern: )", "\n", typed[2])] if typed else []
    stated.prose = "\n".join((values.get("prose", ""), *limits))
    return kind, depth, stated


def _split_need(values: dict[str, str]) -> dict[str, str]:
    """Separate a type from the word behind or before it that says whether a request needs it."""
    cell = re.sub(r"[`*]", "", values.get("type", values.get("required", ""))).strip()
    match = _NEED.fullmatch(cell)
    if match is None or {"type", "required"} <= values.keys():
        return values
    return {**values, "type": match[1] or match[4] or "", "required": match[2] or match[3]}


def _read_name(raw: str, cell: str, is_optional: bool, stars: bool) -> tuple[str, bool | None]:
    """Return a name without its marks, and whether a request needs it, if one of them says so."""
    plain = TAG.sub("", raw).strip()
    name = re.sub(r"[`*↳└├─│∟\\]", "", plain).strip().removeprefix(":")
    marked = _MARKED.fullmatch(plain.strip("`*↳└├─│∟\\: "))
    said = read_term(_remove_aside(re.sub(r"[`*]", "", cell)).lower())
    said = re.split(r"[,;]", said)[0].strip()
    required = True if said in _YES else False if said in _NO else None
    if name.endswith("?"):
        return name[:-1].rstrip(), False
    if marked:
        return marked[1], marked[2].lower() == "required"
    if stars and _STARRED.fullmatch(plain):
        return name, True
    is_turned = required is not None and is_optional and said not in ("required", "optional")
    return name, (not required if is_turned else required)


def _read_depth(line: Line, name: str) -> tuple[int, str]:
    """Return how far a name is indented, by blanks or marks, and the name without them."""
    deeper = _DEEPER.match(name)
    blanks, marks = deeper.groups() if deeper else ("", "")
    depth = len(re.findall(_BLANK, blanks)) + len(re.findall(r">|&gt;|[^\s>\\&]", marks))
    rest = re.sub(_BLANK, " ", name[deeper.end() :] if deeper and depth else name)
    marker = re.match(r"[\s`*]*([↳└├─│∟]+)", rest)
    return (line.text.index(marker[1][0]) + depth + rest.count(" ") if marker else depth), rest


def _remove_aside(text: str) -> str:
    """Return a text without its brackets and all between them."""
    before, opening, rest = text.partition("(")
    _, closing, after = rest.rpartition(")")
    return before.rstrip() + after if opening and closing else text
