"""Text copied from a page of Scalar: its operations as in text of Redoc, and its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from docpact.capture.rendered.rows import (
    MEDIA,
    Numbered,
    Row,
    add_values,
    read_limit,
    read_type,
)
from docpact.model.path import METHODS
from docpact.model.schema import list_types

FORM: Final = re.compile(rf"(?m)^Request Example for({'|'.join(METHODS)})(/\S*)[ \r]*$")
"""The line below the parameters and responses of an operation."""

_NAME: Final = re.compile(r"(\S+)Copy link to (\S+)")
_TITLE: Final = "Copy link"
_STATUS: Final = re.compile(r"[1-5][0-9]{2}|[1-5]XX|default")
_TYPE: Final = "Type:"
_DATA: Final = re.compile(r"\s*--data '(.*?)(' \\|')?")
_LABEL: Final = re.compile(
    r"(min|max|greater than|less than|multiple of|min length|max length|const|Format|Pattern):(.*)"
)
_RANGE: Final = re.compile(r"([0-9]*)…([0-9]*)")
_UNION: Final = re.compile(r"(?i:one|any|all) of")
_FIELDS: Final = re.compile(r"(Show|Hide) .*")
_CUT: Final = "Show all values"
_OTHER: Final = "propertyName"
"""The name that stands for all other fields of an object."""


def arrange(lines: Sequence[Numbered]) -> Iterator[Numbered]:
    """Yield the lines of each operation: sections, method, path, and samples below headings."""
    behind = 0
    for at, (number, text) in enumerate(lines):
        match = FORM.fullmatch(text)
        if match is None:
            continue
        titles = (n for n in range(at - 1, behind - 1, -1) if lines[n][1].endswith(_TITLE))
        above = [*_arrange_sections(lines[next(titles, behind) + 1 : at])]
        behind = next(
            (n for n in range(at + 1, len(lines)) if lines[n][1].endswith(_TITLE)), len(lines)
        )
        yield from above
        if not any(line == "Responses" for _, line in above):
            yield number, "Responses"
        yield number, match[1]
        yield number, match[2]
        yield from _arrange_samples(lines[at + 1 : behind])


def _arrange_sections(lines: Sequence[Numbered]) -> Iterator[Numbered]:
    """Yield the lines above a method: a body with its media type and whether it is required."""
    section, skipped = "", 0
    for at, (number, text) in enumerate(lines):
        near = [line for _, line in lines[at + 1 : at + 3]]
        if text == "Body":
            mark = "required" if near[:1] == ["required"] else "optional"
            skipped = 1 + (mark == "required")
            media = near[skipped - 1] if near[skipped - 1 :] else ""
            yield number, f"Body schema: {media}" if MEDIA.fullmatch(media) else text
            yield number + 1, mark
            skipped -= not MEDIA.fullmatch(media)
        elif skipped:
            skipped -= 1
        elif section == "Responses" and _STATUS.fullmatch(_find_name(text) or text):
            yield number, _find_name(text) or text
            below = (line for _, line in lines[at + 1 :])
            media = next(
                (e for e in below if MEDIA.fullmatch(e) or _STATUS.fullmatch(_find_name(e) or e)),
                "",
            )
            if MEDIA.fullmatch(media):
                yield number, media
        else:
            yield number, text
        section = text if text in ("Body", "Responses") else section


def _arrange_samples(lines: Sequence[Numbered]) -> Iterator[Numbered]:
    """Yield the lines below a path: the body of the command, and those of responses."""
    if not lines:
        return
    yield lines[0][0], "Payload"
    is_data, statuses = False, list[str]()
    for number, text in lines:
        if text.startswith("STATUS:"):
            statuses.append(text.removeprefix("STATUS:"))
            continue
        if statuses:
            yield number, "Response samples"
            yield number, "".join(statuses)
            statuses = []
        data = _DATA.fullmatch(text)
        if data:
            is_data = not data[2]
            yield number, data[1]
        elif is_data and text.startswith(("}'", "]'")):
            is_data = False
            yield number, text[0]
        else:
            yield number, text


def read_scalar_rows(lines: Sequence[Numbered]) -> list[Row]:
    """Return the rows of a section, given its lines with their numbers."""
    starts = [at for at, (_, text) in enumerate(lines) if _find_name(text)]
    following = [*starts[1:], len(lines)]
    return [
        _read_row(
            lines[start][0], _find_name(lines[start][1]), [e for _, e in lines[start + 1 : end]]
        )
        for start, end in zip(starts, following, strict=True)
    ]


def _find_name(text: str) -> str:
    """Return the name on the first line of a row, or an empty text."""
    match = _NAME.fullmatch(text)
    return match[1] if match and match[1] == match[2] else ""


def is_scalar(lines: Sequence[Numbered]) -> bool:
    """Return whether rows of Scalar are among the lines."""
    return any(_find_name(text) for _, text in lines)


def has_others(lines: Sequence[Numbered]) -> bool:
    """Return whether a row is about the other fields of an object."""
    return any(_find_name(text) == _OTHER for _, text in lines)


def _read_row(number: int, name: str, lines: Sequence[str]) -> Row:
    """Return a parameter or field whose name is above the lines."""
    row = Row(number, name, is_closed=True)
    at, flags = 0, set[str]()
    stated = lines[0].removeprefix(_TYPE) if lines and lines[0].startswith(_TYPE) else ""
    if stated:
        at = 1
        _read_stated(stated.partition(" · ")[0].strip(), row)
    while at < len(lines):
        text = lines[at]
        if text in _FLAGS:
            flags.add(text)
        elif label := _LABEL.fullmatch(text):
            value = label[2].strip()
            at += not value
            value = value or (lines[at] if at < len(lines) else "")
            _read_label(label[1], value, row)
        elif not _read_items(text, row):
            break
        at += 1
    row.required = "required" in flags
    if "deprecated" in flags:
        row.schema["deprecated"] = True
    if "nullable" in flags and list_types(row.schema) and "null" not in list_types(row.schema):
        row.schema["type"] = [*list_types(row.schema), "null"]
    row.open += [_FLAGS[each] for each in sorted(flags) if _FLAGS[each]]
    if not stated and not row.schema:
        row.open.append("its type")
    _read_below(lines[at:], row, is_enum="enum" in flags and not row.schema.get("enum"))
    return row


_FLAGS: Final = {
    "required": "",
    "enum": "",
    "Example": "",
    "Examples": "",
    "Discriminator": "",
    "deprecated": "",
    "nullable": "",
    "Default": "its default",
    "read-only": "that it is read-only",
    "write-only": "",
}
"""A line below a type → what of it is not read."""


def _read_stated(text: str, row: Row) -> None:
    """Read a type such as `array string[] | null`."""
    plain = re.sub(r"array (\w+)\[\]", r"array of \1", text)
    if text.startswith("array") and plain == text:
        row.schema = {"type": ["array", "null"] if text.endswith("null") else "array", "items": {}}
        row.open.append("its items")
    elif text != "anything" and not read_type(plain, row):
        row.open.append("its type")


def _read_label(label: str, value: str, row: Row) -> None:
    """Read a limit, a format, a pattern or the only value of a row."""
    limits = {
        "min": f">= {value}",
        "max": f"<= {value}",
        "greater than": f"> {value}",
        "less than": f"< {value}",
        "min length": f">= {value} characters",
        "max length": f"<= {value} characters",
    }
    if label in ("Format", "Pattern") and "array" not in list_types(row.schema):
        row.schema[label.lower()] = value
    elif label == "const":
        is_text = re.fullmatch(r"[A-Za-z_][\w-]*", value) and value not in ("true", "false", "null")
        row.schema = row.schema or ({"type": "string"} if is_text else {})
        add_values(row, "const", [value])
    elif not read_limit(limits.get(label, ""), row):
        row.open.append(f"the text {f'{label}: {value}'!r}")


def _read_items(text: str, row: Row) -> bool:
    """Read how many items an array may have; return whether a text says so."""
    match = _RANGE.fullmatch(text)
    if match and "array" in list_types(row.schema):
        ends = zip(("minItems", "maxItems"), match.groups(), strict=True)
        row.schema |= {key: int(end) for key, end in ends if end}
    elif text == "unique!":
        row.schema["uniqueItems"] = True
    return match is not None or text == "unique!"


def _read_below(lines: Sequence[str], row: Row, *, is_enum: bool) -> None:
    """Read description and values of a row, which end where its members or its fields begin."""
    ends = (n for n, text in enumerate(lines) if _UNION.fullmatch(text) or text.startswith(_TYPE)
            or (_FIELDS.fullmatch(text) and text != _CUT))  # fmt: skip
    end = next(ends, len(lines))
    stop = lines[end] if end < len(lines) else ""
    if _UNION.fullmatch(stop):
        row.schema = {}
        row.open.append("its types")
    elif stop and not stop.startswith(_TYPE):
        row.is_closed = stop.startswith("Show ")
        row.open.append("its fields")
    groups = groupby(lines[:end], key=bool)
    paragraphs: list[list[Any]] = [list(group) for is_text, group in groups if is_text]
    if is_enum and paragraphs:
        values = paragraphs.pop()
        is_cut = _CUT in values or any(" " in each and each.endswith(".") for each in values)
        if is_cut:
            row.open.append("its values")
        else:
            add_values(row, "values", values)
    row.prose = [text for paragraph in paragraphs for text in paragraph]
    if stop.startswith(_TYPE) and "array" not in list_types(row.schema):
        row.prose.append(stop)
