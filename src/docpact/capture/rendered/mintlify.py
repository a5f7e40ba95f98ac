"""Text copied from a page of Mintlify: its operations, sections and credentials.

Each piece of a path has a line of its own, and so has each slash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from docpact.capture.embedded import LONGEST_JSON, read_first_json
from docpact.capture.normalize.copies import clean_line
from docpact.capture.rendered.mintlify_rows import begins, find_filled, read_rows
from docpact.capture.rendered.rows import MEDIA, Numbered
from docpact.capture.rendered.shown import Section, Shown
from docpact.capture.requests.curl import SECRET_NAME, is_placeholder
from docpact.errors import PageError
from docpact.model.documented import LOCATIONS
from docpact.model.operation import OPEN_REQUEST
from docpact.model.path import METHODS, match_path

_METHOD: Final = rf"^(?:{'|'.join(METHODS)})\s+"
FORM: Final = re.compile(
    rf"(?m){_METHOD}(?:https?://\S+\s+)?/[ \t\r]*$"
    rf"|{_METHOD}https?://\S+\s(?s:.{{0,4000}}?)^Name\s+^Type\s+^Description\s"
)
"""A method above a slash on a line of its own, or above a URL and tables with a line for each cell.

GitBook wrote such tables.
"""

_TITLES: Final = ["Name", "Type", "Description"]
"""The cells above those of the rows of a table."""

_KINDS: Final = {
    "Authorizations": "security",
    "Headers": "header",
    "Path Parameters": "path",
    "Query Parameters": "query",
    "Cookies": "cookie",
    "Cookie Parameters": "cookie",
    "Body": "body",
    "Body Parameters": "body",
    "Request Body": "body",
    "Response": "returns",
}
"""A heading → the kind of its section."""

_ENDS: Final = re.compile(r"Was this page helpful\?|cURL|curl\b.*|⌘I|Powered by .*|Last modified.*")
"""A line below the last row of an operation."""

_STATUS: Final = re.compile(r"([1-5][0-9]{2}|[1-5]XX|default)(?: - ([a-z]+/\S+))?")
_DATA: Final = re.compile(r".*(?:--data(?:-raw|-binary)?|-d) '(.*)")
_URL: Final = re.compile(r"(https?://[^\s/'\"]+)(/[^\s?'\"]*)")
_SENT: Final = re.compile(r"(?:--header|-H) ['\"]([\w-]+): ([^'\"]+)['\"]")


@dataclass(slots=True)
class _OperationText:
    """The text of an operation: indexes of its method, and behind its path."""

    at: int
    end: int
    shown: Shown


def read_pages(lines: Sequence[Numbered]) -> Iterator[tuple[Shown, list[Section], str]]:
    """Yield each operation with its sections, and the text that shows how it is called.

    The commands of a page are above all methods, or below the rows of each.
    """
    lines = [(number, clean_line(text)) for number, text in lines]
    places = [*_find_places(lines)]
    above = lines[: places[0].at] if places else []
    is_above = any(re.match(r"curl\b", text) for _, text in above)
    begin = 0
    for place, following in zip(places, [*places[1:], None], strict=False):
        own = lines[place.end : following.at if following else len(lines)]
        rows = (n for n in range(len(own)) if own[n][1] in _KINDS or begins(own, n))
        behind = range(max(rows, default=0), len(own))
        end = next((n for n in behind if _ENDS.fullmatch(own[n][1])), len(own))
        calls = lines[begin : place.at] if is_above else own[end:]
        own, begin = own[:end], place.end + end
        text = "\n".join(line for _, line in calls)
        place.shown.find_server(_URL.findall(text))
        _check_command(place.shown, [path for _, path in _URL.findall(text)])
        sections = [*_list_sections(own)]
        for section in sections:
            for row in section.rows:
                if row.name in _KINDS:
                    said = f"whether {row.name!r} is a heading or a name"
                    place.shown.leave_out(row.line, said, OPEN_REQUEST)
            _add_constants(section, text)
            is_table = [text for _, text in section.lines] == _TITLES
            section.lines = [] if is_table else section.lines
            if is_table and not any(row.required for row in section.rows):
                named = ", ".join(row.name for row in section.rows)
                said = f"whether requests need {named}"
                place.shown.leave_out(section.line, said, OPEN_REQUEST)
            if section.lines and section.kind in LOCATIONS:
                said = f"the parameters of the text {' '.join(e for _, e in section.lines)!r}"
                place.shown.leave_out(section.line, said, OPEN_REQUEST)
        yield place.shown, [*sections, *_list_samples(calls)], text


def _check_command(shown: Shown, paths: Sequence[str]) -> None:
    """Raise PageError if the command requests a longer path than the page shows."""
    start = f"{shown.path.rstrip('/')}/"
    longer = [path for path in paths if path.partition(start)[2]]
    if longer and not any(match_path(shown.path, path) for path in paths):
        problem = f"the path {shown.path!r} is not complete: the command requests {longer[0]!r}"
        raise PageError(shown.line, problem)


def _find_places(lines: Sequence[Numbered]) -> Iterator[_OperationText]:
    """Yield the place of each method above the pieces of a path.

    Raises:
        PageError: a piece is missing.
    """
    for at, (number, method) in enumerate(lines):
        if method not in METHODS:
            continue
        server, path, end = "", "", at + 1
        below = find_filled(lines, at)
        if _is_server(lines[below][1]):
            server, below = lines[below][1], find_filled(lines, below)
        while lines[below][1] == "/":
            end = find_filled(lines, below)
            text = lines[end][1]
            if text in _KINDS or re.search(r"\s|^/?$", text):
                path, end = f"{path}/", below
                break
            if "/" in text:
                raise PageError(number, f"the piece {text!r} of the path below is more than one")
            path, below = f"{path}/{text}", find_filled(lines, end)
            end += 1
        if server and not path and (match := _URL.fullmatch(server)):
            server, path, end = match[1], re.sub(r"/:(\w+)", r"/{\1}", match[2]), below
        if path:
            behind = [*takewhile(bool, (text for _, text in lines[end:]))]
            if "/" in behind[path.endswith("/") :]:
                raise PageError(number, f"a piece of the path {path!r} below is missing")
            is_one = server.count("://") == 1
            yield _OperationText(at, end, Shown(number, method, path, server if is_one else ""))


def _is_server(text: str) -> bool:
    return re.fullmatch(r"https?://\S+", text) is not None


def _list_sections(lines: Sequence[Numbered]) -> Iterator[Section]:
    """Yield the sections of an operation with their rows, those above all headings first."""
    starts = [n for n, (_, text) in enumerate(lines) if text in _KINDS and not begins(lines, n)]
    above = lines[: starts[0]] if starts else lines
    first = next((n for n in range(len(above)) if begins(above, n)), len(above))
    if rows := read_rows(above[first:]):
        yield Section("path", rows[0].line, hides=True, is_read=True, rows=rows)
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=False):
        number, text = lines[start]
        own = lines[start + 1 : end]
        first = next((n for n in range(len(own)) if begins(own, n)), len(own))
        section = Section(_KINDS[text], number, hides=True, is_read=True)
        section.rows = read_rows(own[first:])
        above = [line for line in own[:first] if line[1]]
        if section.kind == "returns":
            yield from _list_statuses(section, above)
        media = next((line for _, line in above if MEDIA.fullmatch(line)), "")
        section.media = section.media or media
        marks = (media, *(match[0] for _, text in above if (match := _STATUS.fullmatch(text))))
        section.lines = [line for line in above if line[1] not in marks]
        yield section


def _list_statuses(section: Section, above: Sequence[Numbered]) -> Iterator[Section]:
    """Yield a section for each status of a response; the fields belong to the first one."""
    found = [match for _, text in above if (match := _STATUS.fullmatch(text))]
    section.status = found[0][1] if found else "2XX"
    section.media = found[0][2] or "" if found else ""
    for status in dict.fromkeys([section.status, *(match[1] for match in found)]):
        yield Section("responses", section.line, status=status)


def _list_samples(lines: Sequence[Numbered]) -> Iterator[Section]:
    """Yield the body that a command sends, and the first one that is returned."""
    texts = [text for _, text in lines]
    at, statuses = 0, list[str]()
    while at < len(texts):
        data = _DATA.fullmatch(texts[at])
        rest = [data[1], *texts[at + 1 :]] if data else texts[at:]
        is_json = data is not None or texts[at][:1] in ("{", "[")
        found = read_first_json(rest[:LONGEST_JSON]) if is_json else None
        if found and data:
            yield Section("request sample", lines[at][0], samples=[found[0]])
        elif found and not (statuses and not statuses[0].startswith("2")):
            yield Section("response sample", lines[at][0], samples=[found[0]])
            return
        statuses += [texts[at]] if _STATUS.fullmatch(texts[at]) else []
        at += found[1] if found else 1


def list_credentials(shown: Shown, sections: Sequence[Section]) -> list[str]:
    """Return the credentials of an operation: those of their section, and keys in headers."""
    stated = [row for each in sections if each.kind == "security" for row in each.rows]
    headers = (row for each in sections if each.kind == "header" for row in each.rows)
    keys = [row for row in headers if SECRET_NAME.search(row.name)]
    named = list[str]()
    for row in [*stated, *(row for row in keys if row.required or not stated)]:
        scheme = _SCHEME.search(" ".join(row.prose))
        if scheme and row.name.lower() == "authorization":
            named.append(scheme[0].lower())
        else:
            named.append(shown.add_key(row.name, row.location or "header"))
    return named


_SCHEME: Final = re.compile(r"\b(?:bearer|basic)\b", re.IGNORECASE)


def _add_constants(section: Section, text: str) -> None:
    """Add the values that the headers of a command have as examples of parameters."""
    sent = {name.lower(): value for name, value in _SENT.findall(text)}
    for row in section.rows if section.kind == "header" else ():
        value = sent.get(row.name.lower(), "")
        if value and not is_placeholder(value) and "$" not in value:
            row.schema["example"] = value
