"""Text copied from pages whose rows are like those of Mintlify: name, type and marks on own lines.

QuickNode, Stripe, ReadMe and others print such rows. Those of Zudoku and GitHub are on one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from docpact.capture.rendered import mintlify
from docpact.capture.rendered.rows import Numbered, Row
from docpact.capture.rendered.shown import Section, Shown
from docpact.capture.requests.curl import SECRET_NAME, is_placeholder
from docpact.errors import PageError
from docpact.model.documented import LOCATIONS
from docpact.model.operation import OPEN_REQUEST
from docpact.model.path import METHODS, names

_FORMATS: Final = {
    **dict.fromkeys(("int32", "int64"), "integer"),
    **dict.fromkeys(("float", "double"), "number"),
    **dict.fromkeys(("date-time", "date", "uuid", "uri", "email"), "string"),
}
_PLAIN: Final = "string|integer|number|boolean|object|array"
_WORD: Final = rf"(?:{_PLAIN}|{'|'.join(_FORMATS)})"
_TYPE: Final = rf"(?:(?:array|list) of {_WORD}s?|{_WORD}(?:\[\])?(?: (?:\||or) null)?)"
_NAME: Final = r"[\w$@.\[\]-]+"
_GITHUB: Final = "Name, Type, Description"
"""The line above the rows of a section of GitHub."""

_FORM: Final = re.compile(
    rf"(?im)^{_NAME}\u200b{_TYPE}(?: · .*)?$|^{_GITHUB}$"
    rf"|^(?:(?:path|query|header|body) param(?:eter)?s|parameters)\s+^{_NAME}\n\s*^{_TYPE}[ \t\r]*$"
)
"""A row of Zudoku, the line of GitHub, or a heading above the lines of a row."""

_HEADINGS: Final = {
    "path parameters": "Path Parameters",
    "query parameters": "Query Parameters",
    "header parameters": "Headers",
    "headers": "Headers",
    "cookie parameters": "Cookies",
    "body parameters": "Body",
    "request body": "Body",
    "body": "Body",
    "returns": "Response",
    "response": "Response",
    "responses": "Response",
    "authentication": "Authorizations",
    "authorization": "Authorizations",
    "parameters": "",
}
"""A heading in small letters → that of Mintlify; empty if the method states the place."""

_OPERATION: Final = re.compile(
    rf"(?i:({'|'.join(METHODS)})) ?((?:https?://|/)\S*)?(?: REST API Endpoint)?"
)
_STATUS: Final = re.compile(r"[1-5][0-9]{2}|[1-5]XX|default")
_OTHER: Final = re.compile(
    r"(?i)(?:attribute|event|field|propert(?:y|ie)|schema|webhook|callback|model|filter"
    r"|option)s?|objects|(?:response|more) (?:headers|attributes|fields)"
)
"""A heading above rows whose place is not known."""

_ENDS: Final = re.compile(
    r"(?i)curl\b.*|(?:example|code|request|sample) (?:requests?|samples?|examples?|responses?)"
    rf"|[{{\[].*|errors?|{'|'.join(METHODS)}"
)
"""A line below the last row of an operation."""

_ON_ONE: Final = re.compile(rf"({_NAME}) (?:({_TYPE})|{_TYPE}(?: or {_TYPE})+)( (?i:required))?")
_PERHAPS: Final = re.compile(
    rf"{_NAME}(?<!\.)|{_NAME} {_WORD}\b[^.]*|{_NAME} {_TYPE}[A-Z].*"
    rf"|(?:{_NAME})?{_TYPE}"
    r"|.*\S(?:(?:Path|Query|Header|Cookie|Body) Param(?:eter)?s|Headers)"
)
"""A line that may be a row, its name or type, or that ends with the heading below it."""

_DOUBTFUL: Final = re.compile(
    rf"(?:{_PLAIN})\n{_WORD}|{_WORD}\n(?:{'|'.join(_FORMATS)})"
    r"|(?i:(?:path|query|header|cookie|body) param(?:eter)?s|headers|responses?|returns)\n.*"
)
"""A name and a type of which the name may be a type or a heading."""

_HEADER: Final = re.compile(r"(?:-H|--header) ['\"]([\w-]+): ((?:Bearer |Basic )?)([^'\"]*)['\"]")
_DATA: Final = re.compile(r".*(?:--data(?:-raw)?|-d) '(.*)")
_FORMAT: Final = re.compile(
    rf"u?-?int[0-9]*|time|duration|hostname|ipv[46]|uri-\w+|byte|binary|password|{'|'.join(_FORMATS)}"
)
_BEHIND: Final = re.compile("[\u200b\u203a]|^(?:Default|Example|Enum values):")
"""A line below the values of a row of Zudoku."""

_OF_REQUEST: Final = re.compile(r"(?i)(?:example )?(?:request|payload)(?: body| examples?)?s?")
"""A line above the example of a request body."""

_NOTHING: Final = "No data returned"
_UNKNOWN: Final = "(any | null)"
"""A type that is not read."""

_MANY: Final = 200
"""Number of values that are too many to be looked for twice."""


def fits(text: str) -> bool:
    """Return whether a page has such rows, and is not one of Google, which has a reader."""
    plain = text.replace("\xa0", " ")
    return _FORM.search(plain) is not None and not re.search(r"(?m)^HTTP request$", plain)


def read_pages(lines: Sequence[Numbered]) -> Iterator[tuple[Shown, list[Section], str]]:
    """Yield each operation with its sections, and the text that shows how it is called."""
    is_zudoku = any("\u200b" in text for _, text in lines)
    is_complete = is_zudoku and not any(text.startswith("Default: ") for _, text in lines)
    is_marked = is_zudoku or any(text == _GITHUB for _, text in lines)
    for shown, own, call in _split([*_clean([(number, text.strip()) for number, text in lines])]):
        arranged = [*_arrange(shown, own), *_arrange_call(call)]
        for read, sections, text in mintlify.read_pages(arranged):
            is_shown = any(each.samples for each in sections if each.kind == "response sample")
            is_empty = any(line == _NOTHING for _, line in own) or not (
                is_shown or any(e.rows for e in sections if e.kind == "returns")
            )
            kept = [e for e in sections if e.kind != "returns" or not is_empty]
            for section in kept:
                section.hides = False
                for row in section.rows:
                    row.is_closed = bool(row.holder and "properties" in row.holder)
                    if section.kind == "query" and row.name in names(read.path):
                        row.location = "path"
            read.gaps += shown.gaps
            asked = [each for each in sections if each.kind in LOCATIONS]
            is_json = "application/json" in text or any(
                each.samples for each in sections if each.kind == "request sample"
            )
            if any(each.kind == "body" for each in sections) and not is_json:
                read.leave_out(read.line, "the media type of the request body", OPEN_REQUEST)
            _leave_out(
                read,
                [row for each in asked for row in each.rows],
                is_marked=is_marked,
                is_complete=is_complete,
            )
            yield read, kept, text


def _leave_out(shown: Shown, rows: Sequence[Row], *, is_marked: bool, is_complete: bool) -> None:
    """Record what the page states about parameters in a way that is not read."""
    doubtful = [row.name for row in rows if row.name not in names(shown.path)]
    if doubtful and not (is_marked or any(row.required for row in rows)):
        said = f"whether requests need {', '.join(doubtful)}"
        shown.leave_out(rows[0].line, said, OPEN_REQUEST)
    for row in rows:
        if not row.required and any(re.match("(?i:required)", text) for text in row.prose):
            shown.leave_out(row.line, f"whether requests need {row.name}", OPEN_REQUEST)
        lines = (text for text in row.prose if text not in row.doubtful)
        for text in filter(_PERHAPS.fullmatch, lines):
            said = f"the line {text!r} below {row.name}, which may be a parameter"
            shown.leave_out(row.line, said, OPEN_REQUEST)
    if not is_complete:
        shown.leave_out(
            shown.line, "limits, formats and defaults in words: docpact reads none here"
        )


def _clean(lines: Sequence[Numbered]) -> Iterator[Numbered]:
    """Yield the lines with text, method and path on two of them, and the values of a row on one."""
    values: list[str] | None = None
    for number, line in [*_join_values(lines), (0, "")]:
        text = line.removeprefix("Loading...")
        match = _OPERATION.fullmatch(text)
        if values is not None and text and not (match or _BEHIND.search(text)):
            values.append(text)
            continue
        if values:
            yield number - 1, f"Available options: {', '.join(values)}"
        values = [] if text == "Enum values:" else None
        if text == "Playground":  # the page is printed again, to send requests
            return
        if match and match[2]:
            yield number, match[1].upper()
            yield number, match[2]
        elif text not in ("", "Enum values:"):
            yield number, text


def _join_values(lines: Sequence[Numbered]) -> list[Numbered]:
    """Return lines with the values on one that ReadMe prints twice, above and below `Allowed:`."""
    if all(text != "Allowed:" for _, text in lines):
        return [*lines]
    lines = [each for each in lines if each[1]]
    texts = [text for _, text in lines]
    kept, last = list[Numbered](), 0
    for at in (n for n, text in enumerate(texts) if text == "Allowed:"):
        sizes = range(min(at - last, len(texts) - at - 1, _MANY), 0, -1)
        size = next((n for n in sizes if texts[at - n : at] == texts[at + 1 : at + 1 + n]), 0)
        values = ", ".join(texts[at - size : at])
        if size and values.count(",") == size - 1:
            kept += lines[last : at - size]
            mark = next((n for n in range(len(kept) - 1, 0, -1) if kept[n][1] == "enum"), 0)
            if mark and re.fullmatch(_TYPE, kept[mark - 1][1]):
                del kept[mark]
            kept.append((lines[at][0], f"Available options: {values}"))
            last = at + 1 + size
    return [*kept, *lines[last:]]


def _split(
    lines: Sequence[Numbered],
) -> Iterator[tuple[Shown, Sequence[Numbered], Sequence[Numbered]]]:
    """Yield each operation with the lines of its sections, and those that show how it is called.

    Method and path are above the sections, or between them and the command.
    """
    named = list[tuple[int, Shown]]()
    for at, shown in ((at, _name(lines, at)) for at in range(len(lines))):
        last = named[-1][1] if named else None
        if shown and not (last and last.method == shown.method and last.path.endswith(shown.path)):
            named.append((at, shown))
    heads = [at for at in range(len(lines)) if _find_kind(lines, at) is not None]
    is_behind = bool(named and heads) and heads[0] < named[0][0]
    begin = 0
    covered = set[int]()
    for (at, shown), (following, _) in pairwise([*named, (len(lines), Shown(0, "", "", ""))]):
        low, high = (begin, at) if is_behind else (at, following)
        first = next((n for n in heads if low <= n < high), high)
        end = next((n for n in range(first, high) if _ENDS.fullmatch(lines[n][1])), high)
        asked = [n for n in heads if n > at and lines[n][1].lower() not in ("response", "returns")]
        stop = next(iter(asked), len(lines)) if is_behind else following
        for number, row in _list_outside(lines, [*range(low, first), *range(end, stop)]):
            said = f"the row {row!r} without a heading, which may be a parameter"
            shown.leave_out(number, said, OPEN_REQUEST)
        yield shown, lines[first:end], [*lines[at + 1 : first], *lines[max(at, end) : stop]]
        begin = stop
        covered.update(range(first, end))
    stray = next((n for n in heads if n not in covered and _read_row(lines, n + 1)), None)
    if stray is not None:
        number, text = lines[stray]
        raise PageError(number, f"the operation of the rows below {text!r} is not known")


def _list_outside(lines: Sequence[Numbered], places: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Yield line and name of each row at the indexes of lines that are in no section.

    Raises:
        PageError: name and type of a row cannot be separated.
    """
    is_table = False
    for at in places:
        number, text = lines[at]
        is_table |= text == _GITHUB
        if "\u200b" in text or is_table or _is_row(lines, at):
            yield from [(number, row[0]) for row in [_read_row(lines, at)] if row]


def _name(lines: Sequence[Numbered], at: int) -> Shown | None:
    """Return the operation whose method is at an index."""
    number, method = lines[at]
    first, second = ([text for _, text in lines[at + 1 : at + 3]] + ["", ""])[:2]
    server = first if "://" in first and second.startswith("/") else ""
    target = (second if server else first).partition("?")[0]
    if method.upper() not in METHODS or not re.fullmatch(r"(?:https?://[^/\s]+)?/\S*", target):
        return None
    return Shown(number, method.upper(), target, server.rstrip("/"))


def _find_kind(lines: Sequence[Numbered], at: int) -> str | None:
    """Return the heading of Mintlify that a line means, or None for any other line."""
    text = re.sub("^.* \u203a", "", lines[at][1]).lower().replace(" params", " parameters")
    text = "responses" if text.startswith("http response status codes") else text
    return None if _is_row(lines, at) else _HEADINGS.get(text)


def _is_row(lines: Sequence[Numbered], at: int) -> bool:
    """Return whether a line is a name above its type; below a heading, a type is a name."""
    name = lines[at][1]
    are_types = [re.fullmatch(_TYPE, text) is not None for _, text in lines[at + 1 : at + 3]]
    is_heading = name.lower() in _HEADINGS and are_types == [True, True]
    return are_types[:1] == [True] and not is_heading and re.fullmatch(_NAME, name) is not None


def _arrange(shown: Shown, lines: Sequence[Numbered]) -> Iterator[Numbered]:
    """Yield an operation in the form of Mintlify.

    Raises:
        PageError: the place of the rows below a heading is not known.
    """
    yield shown.line, shown.method
    is_url = "://" in shown.path
    yield from [(shown.line, shown.server)] if shown.server else []
    pieces = [shown.path] if is_url else re.findall(r"/|[^/]+", shown.path)
    yield from ((shown.line, each) for each in [*pieces, "- -"])
    kind, is_read, at = "", True, 0
    while at < len(lines):
        number, text = lines[at]
        heading, status, row = _find_kind(lines, at), text.partition("\t")[0], _read_row(lines, at)
        at += 1
        if heading is not None:
            kind, is_read = heading or "Query Parameters", bool(heading or shown.method == "GET")
            if not is_read:
                said = f"how the request sends the fields below {text!r}"
                shown.leave_out(number, said, OPEN_REQUEST)
            yield from [(number, kind)] if is_read else []
        elif kind == "Response" and _STATUS.fullmatch(status):
            is_tab = _STATUS.fullmatch(lines[at - 2][1]) is not None
            is_read = is_read if is_tab else status.startswith("2")
            yield number, status
        elif not row and _OTHER.fullmatch(text) and _read_row(lines, at):
            raise PageError(number, f"the place of the fields below {text!r} is not known")
        elif is_read and text != _GITHUB:
            is_pair = bool(row) and _is_row(lines, at - 1)
            if is_pair and _DOUBTFUL.fullmatch(f"{text}\n{lines[at][1]}"):
                said = f"whether {text!r} is the name of a row"
                shown.leave_out(number, said, "" if kind == "Response" else OPEN_REQUEST)
                row = [text, _UNKNOWN]
            yield from ((number, each) for each in row or [_read_mark(text)])
            at += is_pair


def _read_row(lines: Sequence[Numbered], at: int) -> list[str]:
    """Return name, type and marks of a row that is at an index; nothing for any other line.

    Raises:
        PageError: name and type of a row cannot be separated.
    """
    text = lines[at][1] if at < len(lines) else ""
    name, is_zudoku, stated = text.partition("\u200b")
    is_name = not name or re.fullmatch(_NAME, name)
    if is_zudoku and (not is_name or re.search("[\u200b\u203a]", stated)):
        raise PageError(lines[at][0], f"name and type of the row {text!r} cannot be separated")
    if is_zudoku:
        return [name, *_read_facts(stated)] if name else [f"- {stated}"]
    if match := _ON_ONE.fullmatch(text):
        return [match[1], _write_type(match[2] or _UNKNOWN), *(["required"] if match[3] else [])]
    return [text, _write_type(lines[at + 1][1])] if _is_row(lines, at) else []


def _write_type(text: str) -> str:
    """Return a type in the words of Mintlify."""
    text = re.sub(rf"(?i)^(?:array|list) of ({_WORD}?)s?$", r"\1[]", text).replace(" or ", " | ")
    return re.sub(rf"\b({'|'.join(_FORMATS)})\b", lambda e: f"{_FORMATS[e[1]]}<{e[1]}>", text)


def _read_mark(text: str) -> str:
    """Return a line below a type in the words of Mintlify."""
    if text.lower() in ("required", "optional"):
        return "required" if text.lower() == "required" else ""
    match = re.fullmatch(r"(?:Default:|Defaults to|Default value is) (.*?)\.?", text)
    return f"default: {match[1]}" if match else text.replace("\u200b", " ")


def _read_facts(text: str) -> list[str]:
    """Return type, marks and limits of a row of Zudoku."""
    stated, *facts = text.split(" · ")
    facts += [stated] if stated == "required" else []
    marks = [each for each in facts if each in ("required", "deprecated")]
    others = [each for each in facts if each not in (*marks, "enum")]
    bounds = [re.fullmatch(r"(min|max): (-?[0-9.]+)", each) for each in others]
    formats = [each for each, bound in zip(others, bounds, strict=True) if not bound]
    is_number = re.match(r"integer|number", stated) is not None
    is_known = re.fullmatch(_TYPE, stated) and not (any(bounds) and not is_number)
    is_known = is_known and len(formats) < 2 and not (formats and "[" in stated)
    if not is_known or not all(map(_FORMAT.fullmatch, formats)):
        return [_UNKNOWN, *marks]
    limits = [f"Required range: x {'>' if e[1] == 'min' else '<'}= {e[2]}" for e in bounds if e]
    kind = re.sub(r"^\w+", lambda e: f"{e[0]}<{formats[0]}>", stated) if formats else stated
    if "enum" in facts:
        kind = f"enum<{kind}>" if kind == stated else _UNKNOWN
    return [kind, *marks, *limits]


def _arrange_call(lines: Sequence[Numbered]) -> Iterator[Numbered]:
    """Yield the lines that show how an operation is called, its credential in one form."""
    is_code, opening, is_sent, above = True, "", False, ""
    yield lines[0][0] if lines else 0, "cURL"
    for number, text in lines:
        is_json = text.startswith(("{", "["))
        is_code = is_code and not is_json
        if is_json and _OF_REQUEST.fullmatch(above):
            opening = "--data '"
        data = _DATA.fullmatch(f"{opening}{text}")
        sent = _HEADER.search(text)
        above = text
        if data and not data[1]:
            opening = text  # the body begins on the next line
        elif data or is_sent:
            is_sent = not text.endswith("'")
            yield number, f"{opening}{text}".removesuffix("'")
            opening = ""
        elif sent and SECRET_NAME.search(sent[1]) and is_placeholder(sent[3]):
            yield number, f"--header '{sent[1]}: {sent[2] or 'YOUR_API_KEY'}'"
        elif re.match(r"-u ['\"]", text):
            yield number, "--header 'Authorization: Basic '"
        elif not (is_code and text.isdigit()):
            yield number, f"- {text}" if text.istitle() or text in METHODS else text
