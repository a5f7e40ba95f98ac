"""Text copied from Redoc, Swagger UI, Elements, Scalar and others, as an OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from docpact.capture.embedded import LONGEST_JSON, read_first_json
from docpact.capture.rendered import gitbook, mintlify, plain, scalar
from docpact.capture.rendered.nesting import make_object
from docpact.capture.rendered.rows import MEDIA, Numbered, Row, begins, is_open, read_rows
from docpact.capture.rendered.shown import Section, Shown, count_sure
from docpact.capture.requests.curl import SECRET_NAME
from docpact.errors import PageError
from docpact.model.operation import OPEN_REQUEST, SECURITY
from docpact.model.path import METHODS, names
from docpact.model.pointer import to_list

_FORMS: Final = re.compile(
    r"(?m)^(?:RESPONSE SCHEMA: .*|(?:PATH|QUERY) PARAMETERS|Code\tDescription\b.*"
    r"|Send API Request|powered by Stoplight)$"
)
"""A line of a page in a form whose rows docpact knows."""

_GLUED: Final = re.compile(r"\S.*((?:REQUEST BODY|RESPONSE) SCHEMA): \S*")
"""A heading of Redoc behind other text."""

_TARGET: Final = re.compile(r"(https?://[^\s/]+)?(/\S*)")
_HEADINGS: Final = (
    ("request sample", re.compile(r"(?i:request samples)|Payload|Token")),
    ("response sample", re.compile(r"(?i:response samples|send api request)")),
    ("", re.compile(r"(?i:response headers:?|callbacks)|Links|Request")),
    ("security", re.compile(r"(?i:authorizations?:)")),
    ("returns", re.compile(r"(?i:response schema: ?)(\S*).*")),
    ("responses", re.compile(r"(?i:responses)")),
    ("body", re.compile(r"(?:(?i:request body)|B(?i:ody))(?: (?i:schema): ?(\S*).*)?")),
    ("any", re.compile(r"Parameters")),
    ("path", re.compile(r"P(?i:ath parameters):?")),
    ("query", re.compile(r"Q(?i:uery parameters):?")),
    ("header", re.compile(r"H(?i:eaders|eader parameters):?")),
    ("cookie", re.compile(r"C(?i:ookies|ookie parameters):?")),
)
_TRIES: Final = 200
"""Number of lines of an operation that are tried as the beginning of an example and are none."""

_OTHER: Final = re.compile(r"[\w.-]+|Type:array.*")
"""A line above rows that may be a field, or that says that they are of the items of an array."""

_STATUS: Final = re.compile(r"([1-5](?:[0-9]{2}|XX)|default)(?:[\t ]+(?:\D.*)?)?")
_SCHEME: Final = re.compile(r"--header '(?i:authorization): (Bearer|Basic) ")
_KEY: Final = re.compile(r"--header '([\w-]+): YOUR_(?:SECRET_TOKEN|API_KEY)'")
_SERVERS: Final = re.compile(r"^Servers\s+(https?://\S+)", re.MULTILINE)
_COMMAND: Final = re.compile(r"curl '?(https?://[^\s/']+)(/[^\s?']*)")
_TABS: Final = re.compile(r"[1-5][0-9]{2}(?=(?:[1-5][0-9]{2}|default)*$)")
"""The first status of those above the samples of Redoc."""

_TRIED: Final = re.compile(r"(?m)^([\w$@.\[\]-]+)\*?\n:$")
"""The name of a parameter in the panel that sends a request."""


def read_shown(text: str) -> list[Shown]:
    """Return the operations of a page; none if it has another form."""
    lines = _number(text.replace("\u200b", ""))
    visible = "\n".join(line for _, line in lines)
    if mintlify.FORM.search(visible):
        parts = mintlify.read_pages(lines)
    elif scalar.FORM.search(text):
        parts = _read_pages([*scalar.arrange(lines)], visible)
    elif plain.fits(text) and not _FORMS.search(text):
        parts = plain.read_pages(_number(text))
    elif gitbook.FORM.search(visible) and (arranged := gitbook.arrange(lines)):
        parts = _read_pages(arranged, visible)
    elif _FORMS.search(text):
        parts = _read_pages(lines, visible)
    else:
        return []
    found = list[Shown]()
    for shown, sections, calls in parts:
        if any(each.kind for each in sections):
            _read_operation(shown, sections, calls)
        found.append(shown)
    return found


def _number(text: str) -> list[Numbered]:
    """Return the lines of a text, without blanks at their ends."""
    visible = text.removeprefix("\ufeff").replace("\xa0", " ")
    return [(n, line.rstrip("\r ")) for n, line in enumerate(visible.split("\n"), start=1)]


def _read_pages(lines: Sequence[Numbered], text: str) -> Iterator[tuple[Shown, list[Section], str]]:
    """Yield each operation with its sections and its text.

    Raises:
        PageError: a heading is behind other text.
    """
    for number, line in lines:
        if glued := _GLUED.match(line):
            raise PageError(number, f"expected {glued[1]!r} on a line of its own")
    server = _SERVERS.search(text)
    for shown, part in _split(lines):
        shown.server = shown.server or (server[1].rstrip("/") if server else "")
        shown.find_server(each.groups() for _, text in part if (each := _COMMAND.match(text)))
        yield shown, list(_list_sections(part)), "\n".join(line for _, line in part)


def _split(lines: Sequence[Numbered]) -> Iterator[tuple[Shown, Sequence[Numbered]]]:
    """Yield each operation with its lines; Redoc prints method and path below the responses."""
    found = [(at, end, shown) for at in range(len(lines)) if (named := _name(lines, at))
             for end, shown in [named]]  # fmt: skip
    if not found:
        return
    first = found[0][0]
    is_behind = any(text.lower() == "responses" for _, text in lines[:first])
    starts = ends = [at for at, _, _ in found]
    if is_behind:
        ends = [0, *(end for _, end, _ in found[:-1])]
        starts = [_find_sections(lines, *each) for each in zip(ends, starts, strict=True)]
    following = [*starts[1:], len(lines)]
    for (at, end, shown), last, start, stop in zip(found, ends, starts, following, strict=True):
        shown.leave_out_rows(_read_rows(lines[last:start]))
        above = lines[start:at] if is_behind else []
        yield shown, [*above, *lines[end:stop]]


def _name(lines: Sequence[Numbered], at: int) -> tuple[int, Shown] | None:
    """Return the operation whose method is at an index, and the index behind its path."""
    method = lines[at][1].strip()
    if method not in METHODS:
        return None
    below = next((n for n in range(at + 1, min(at + 3, len(lines))) if lines[n][1]), at)
    target = _TARGET.fullmatch(lines[below][1].strip())
    if target is None:
        return None
    return below + 1, Shown(lines[at][0], method, target[2], target[1] or "")


def _find_sections(lines: Sequence[Numbered], start: int, end: int) -> int:
    """Return the index of the first heading of a section that is not a sample."""
    found = ((at, _read_heading(lines, at)) for at in range(start, end))
    kinds = ("", "request sample", "response sample")
    return next((at for at, each in found if each and each[0] not in kinds), end)


def _read_heading(lines: Sequence[Numbered], at: int) -> tuple[str, str] | None:
    """Return kind and media type of the section that a line begins; None for any other line."""
    text = lines[at][1].strip()
    if at + 1 < len(lines) and lines[at + 1][1] == ":" and text:
        return "request sample", ""
    for kind, pattern in _HEADINGS:
        if (match := pattern.fullmatch(text)) and not begins(lines, at):
            return kind, match[1] or "" if pattern.groups else ""
    return None


def _list_sections(lines: Sequence[Numbered]) -> Iterator[Section]:
    """Yield the sections of an operation; in those of responses, each status begins one."""
    section, at, status, above, tries = Section("", 0), 0, "", "", 0
    while at < len(lines):
        number, text = lines[at]
        heading = _read_heading(lines, at)
        is_answer = status and heading is not None
        at += 1
        if heading and heading[0] == "responses" and at < len(lines) and lines[at][1] == "/":
            at += 2  # the way to the schema
        elif heading:
            yield section
            kind = heading[0]
            if is_answer and kind in ("body", "header"):
                kind = "returns" if kind == "body" else ""
            status = status if kind in ("returns", "") else ""
            hides = bool(heading[1]) or text.isupper()
            section = Section(kind, number, heading[1], status, hides=hides)
        elif (match := _STATUS.fullmatch(text)) and (
            section.kind == "responses" or (section.hides and section.kind == "returns")
        ):
            yield section
            is_tab = _STATUS.fullmatch(above) and above.strip().isalnum()
            yield Section("responses", number, status=match[1])
            status = status if is_tab else match[1]
            section = Section("responses", number, status=status)
        elif (is_tried := tries < _TRIES and _may_be_sample(text, above)) and (
            sample := read_first_json([line for _, line in lines[at - 1 : at - 1 + LONGEST_JSON]])
        ):
            section.samples.append(sample[0])
            at += sample[1] - 1
        elif not section.media and not section.lines and MEDIA.fullmatch(text):
            section.media = text
        else:
            section.lines.append((number, text))
            tries += is_tried
        above = text or above
    yield section


def _may_be_sample(text: str, above: str) -> bool:
    """Return whether a line may begin the example of a body, and is not that of a field."""
    is_alone = above == "Schema"
    is_of_field = re.fullmatch(r"(?i)examples?:", above) is not None
    return is_alone or (text.strip()[:1] in ("{", "[") and not is_of_field)


def _read_operation(shown: Shown, sections: Sequence[Section], text: str) -> None:
    """Read the sections of an operation."""
    shown.content = {"parameters": _read_parameters(shown, sections), "responses": {}}
    known = {each["name"] for each in shown.content["parameters"]}
    for name in _TRIED.findall(text):
        if name not in known and name != "Token":
            shown.leave_out(shown.line, f"the parameter {name}", OPEN_REQUEST)
    for each in sections:
        if each.kind == "body":
            _read_body(shown, each, sections)
    statuses = dict.fromkeys(each.status for each in sections if each.status)
    success = next((each for each in statuses if each.startswith("2")), "")
    for status in statuses:
        shown.content["responses"][status] = {"description": ""}
    if success:
        _read_answer(shown, success, sections, is_first=success == next(iter(statuses)))
    if not shown.server:
        shown.leave_out(shown.line, "the server, which the page does not print", "/server")
    _read_security(shown, sections, text)


def _read_security(shown: Shown, sections: Sequence[Section], text: str) -> None:
    """Read the credentials of an operation."""
    above = [each for each in sections[:1] if not each.kind]
    for each in [*above, *(each for each in sections if each.kind == "security")]:
        rows = each.rows or _read_rows(each.lines)
        placed = [row.name for row in rows if each.kind == "security" and row.location]
        others = [row for row in rows if row.name not in placed]
        shown.leave_out_rows([row for row in others if not SECRET_NAME.search(row.name)])
    named = mintlify.list_credentials(shown, sections)
    if scheme := _SCHEME.search(text):
        named = named or [scheme[1].lower()]
    elif key := _KEY.search(text):
        named = named or [shown.add_key(key[1], "header")]
    if named:
        shown.content["security"] = [{name: [] for name in named}]
    else:
        schemes = [line for each in sections if each.kind == "security" for _, line in each.lines]
        words = f", named {' '.join(filter(None, schemes))!r}" if any(schemes) else ""
        shown.leave_out(shown.line, f"the credential{words}", SECURITY)


def _read_parameters(shown: Shown, sections: Sequence[Section]) -> list[dict[str, Any]]:
    """Return the parameters of an operation, each once."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for section in (each for each in sections if each.kind in _KINDS):
        if section.kind == "any":
            shown.leave_out(section.line, "limits of parameters, which the page does not print")
        rows = section.rows or _read_rows(section.lines)
        sure = count_sure(section, rows)
        for row in rows[sure:]:
            shown.leave_out(row.line, f"how the request sends {row.name}", OPEN_REQUEST)
        rows = rows[:sure]
        shown.leave_out_doubtful(section, rows)
        for row in rows:
            kind = row.location or section.kind
            is_unknown = kind == "any" or row.name == "required"
            if is_unknown or (kind == "path" and row.name not in names(shown.path)):
                text = f"how the request sends {row.name}"
                shown.leave_out(row.line, text, OPEN_REQUEST)
                continue
            is_object = row.holder is not None
            row.open += [f"how a {kind} encodes its object"] if is_object else []
            for text in row.open:
                pointer = OPEN_REQUEST if row.required else ""
                shown.leave_out(row.line, f"{row.name}: {text}", pointer)
            if is_object:
                continue
            parameter = {"name": row.name, "in": kind, "required": row.required or kind == "path"}
            parameter |= {"schema": row.schema, "description": " ".join(row.prose)}
            found.setdefault((kind, row.name), parameter)
    for name in names(shown.path):
        found.setdefault(("path", name), {"name": name, "in": "path", **_OF_PATH})
    return list(found.values())


def _marks(section: Section) -> list[list[Numbered]]:
    """Return the lines below a heading that say whether a request needs the body."""
    return [[(section.line + 1, word)] for word in ("required", "optional")]


_OF_PATH: Final = {"required": True, "schema": {"type": "string"}}
"""A parameter in the path that has no row."""

_KINDS: Final = ("any", "path", "query", "header", "cookie")


def _read_body(shown: Shown, section: Section, sections: Sequence[Section]) -> None:
    """Read the request body."""
    samples = [each for other in sections if other.kind in ("body", "request sample")
               for each in other.samples]  # fmt: skip
    schema = _read_schema(shown, section, samples[:1], "body")
    is_json = bool(samples) or not section.media
    media = section.media or ("application/json" if is_json else "")
    is_needed = section.lines[:1] == [(section.line + 1, "required")]
    if section.lines[:1] not in _marks(section):
        shown.leave_out(section.line, "whether a request needs a body", OPEN_REQUEST)
    if not schema:
        shown.leave_out(section.line, "the fields of the request body", OPEN_REQUEST)
    shown.content["requestBody"] = {"required": is_needed, "content": {media: {"schema": schema}}}


def _read_answer(shown: Shown, status: str, sections: Sequence[Section], *, is_first: bool) -> None:
    """Read the response of a status; samples below the sections are of the first one."""
    own = [each for each in sections if each.status == status]
    stated = [each for each in own if each.kind == "returns"]
    samples = [each for other in own for each in other.samples]
    for other in sections:
        tab = _TABS.match(other.lines[0][1]) if other.lines else None
        is_own = tab[0] == status if tab else is_first
        samples += other.samples if is_own and other.kind == "response sample" else []
    if not (stated or samples or any(each.media for each in own)):
        text = f"the body of the response with {status}: the page shows none"
        return shown.leave_out(shown.line, text)
    section = stated[0] if stated else own[-1]
    schema = _read_schema(shown, section, samples[:1], "response") if stated else {}
    if not schema:
        shown.leave_out(section.line, "the fields of the response")
    media = section.media or next((each.media for each in own if each.media), "application/json")
    answer = {"description": "", "content": {media: {"schema": schema}}}
    shown.content["responses"][status] = answer
    return None


def _read_schema(
    shown: Shown, section: Section, samples: Sequence[Any], document: str
) -> dict[str, Any]:
    """Return the schema that a section states; empty if it is not sure."""
    is_marked = section.lines[:1] in _marks(section)
    lines = section.lines[1:] if is_marked else section.lines
    if section.is_read:
        return _read_fields(shown, section, samples, document)
    is_scalar = scalar.is_scalar(lines)
    if scalar.has_others(lines) or (not is_scalar and any(is_open(e.strip()) for _, e in lines)):
        return {}
    rows = _read_rows(lines)
    first = rows[0].line if rows else lines[-1][0] + 1 if lines else 0
    above = [each for each in lines if each[0] < first and each[1]]
    is_array = bool({"Array", "array of:"}.intersection(text.strip() for _, text in above))
    sample = samples[0] if samples else None
    made: tuple[dict[str, Any], list[tuple[Row, str]]] | None = None
    if not rows:
        schema = _read_whole(section, above[-1:] if is_array else above)
        made = (schema, []) if schema else None
    elif not samples or isinstance(sample, list) is is_array:
        items = [each for each in to_list(sample) if isinstance(each, dict)]
        is_sure = all(text == "Array" or not _OTHER.fullmatch(text.strip()) for _, text in above)
        made = make_object(rows, next(iter(items), None), hides=section.hides) if is_sure else None
    if made is None:
        return {}
    schema, unread = made
    marks = section.lines[:1] if is_marked and document == "response" else []
    lost = [*marks, *(each for each in above if "\t" in each[1])]
    if rows and any(each[1].endswith(" or null") for each in above if each not in lost):
        schema["type"] = ["object", "null"]
    where = OPEN_REQUEST if document == "body" else ""
    for number, text in lost:
        shown.leave_out(number, f"the line {text!r} above all rows, which may be a field", where)
    for row, text in unread:
        shown.leave_out(row.line, f"{row.name}: {text}", where)
    return {"type": "array", "items": schema} if is_array else schema


def _read_fields(
    shown: Shown, section: Section, samples: Sequence[Any], document: str
) -> dict[str, Any]:
    """Return the schema of rows that are read; an example shows whether they are of an array."""
    pointer = OPEN_REQUEST if document == "body" else ""
    choices = [text for _, text in section.lines if re.fullmatch(r"Option \d+|\w+", text)]
    if not (section.rows and samples) or len(choices) > 1:
        return {}
    items = [each for each in to_list(samples[0]) if isinstance(each, dict)]
    made = make_object(section.rows, items[0], hides=True) if items else None
    if made is None:
        return {}
    fields = {name: value for each in items for name, value in each.items()}
    bare = (
        row
        for row in section.rows
        if row.holder == {"type": "object"}
        and not row.open
        and any(each and isinstance(each, dict) for each in to_list(fields.get(row.name)))
    )
    for row, text in (*made[1], *((row, "its fields") for row in bare)):
        shown.leave_out(row.line, f"{row.name}: {text}", pointer)
    return {"type": "array", "items": made[0]} if isinstance(samples[0], list) else made[0]


def _read_rows(lines: Sequence[Numbered]) -> list[Row]:
    return (scalar.read_scalar_rows if scalar.is_scalar(lines) else read_rows)(lines)


def _read_whole(section: Section, lines: Sequence[Numbered]) -> dict[str, Any]:
    """Return the schema of a body, or of its items, without fields; empty if it is not sure."""
    rows = read_rows([(section.line, "value"), *lines])
    is_whole = len(rows) == 1 and rows[0].holder is None and not (rows[0].prose or rows[0].open)
    return rows[0].schema if is_whole else {}
