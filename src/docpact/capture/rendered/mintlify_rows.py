"""Rows of text copied from a page of Mintlify.

Marks such as `required` are behind the type of a row, or on the next lines. The names of inner
fields begin with that of their object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from docpact.capture.embedded import LONGEST_JSON, read_first_json
from docpact.capture.rendered.rows import (
    Numbered,
    Row,
    add_default,
    add_values,
    read_limit,
    read_type,
)
from docpact.model.schema import list_types

_NAME: Final = re.compile(r"(?:[^\s\"'`,:;(){}|<>]|\{key\})+")
_WORD: Final = r"(?:string|integer|number|boolean|object|array|null|any|file)"
_ONE: Final = rf"(?:enum<\w+>|{_WORD}(?:<[\w-]+>)?)(?:\[\])*"
_MEMBER: Final = rf"(?:[\w .:-]+ · )?{_ONE}"
_TYPE: Final = re.compile(rf"{_MEMBER}(?: \| {_MEMBER})*")
_OTHER: Final = re.compile(
    rf"(?:\({_MEMBER}(?: \| {_MEMBER})*\)(?:\[\])*|[\w. ]+(?:\[\])+|(?:{_ONE}){{2,}})"
)
"""A type that is not read."""

_FLAG: Final = re.compile(
    r"(header|query|cookie|path|required|deprecated|read-only|write-only)|default: ?(.*)"
)
_LENGTH: Final = re.compile(
    r"(Required|Minimum|Maximum) (?:string |array )?length: ([0-9]+)(?: - ([0-9]+))?(?: elements?)?"
)
_NUMBER: Final = r"-?[0-9][0-9.eE+-]*"
_RANGE: Final = re.compile(
    rf"Required range: (?:({_NUMBER}) (<=?) x (<=?) ({_NUMBER})|x ([<>]=?) ({_NUMBER}))"
)
_LABEL: Final = re.compile(r"(Available options|Allowed value|Pattern|Examples?):(.*)")
_PLAIN: Final = ("string", "integer", "number", "boolean", "null")
_FIELDS: Final = re.compile(r"(Show|Hide) child attributes")


def _read_flags(text: str) -> list[tuple[str, str]] | None:
    """Return the marks of a row, each with its value; None if a text has others."""
    flags = []
    while text:
        match = _FLAG.match(text)
        if match is None:
            return None
        if match[1]:
            flags.append((match[1], ""))
            text = text[match.end() :].lstrip()
            continue
        value, is_required = match[2], match[2].endswith("required") and match[2] != "required"
        value = value.removesuffix("required") if is_required else value
        flags.append(("default", value.strip()))
        text = "required" if is_required else ""
    return flags


def _split_type(text: str) -> tuple[str, list[tuple[str, str]]] | None:
    """Return the type on a line and the marks behind it, or None."""
    for pattern in (_TYPE, _OTHER):
        match = pattern.match(text)
        flags = _read_flags(text[match.end() :].lstrip()) if match else None
        if match and flags is not None:
            return match[0], flags
    return None


def find_filled(lines: Sequence[Numbered], at: int) -> int:
    """Return the index of the first line behind another one that is not empty, or its own."""
    return next((n for n in range(at + 1, len(lines)) if lines[n][1]), at)


def begins(lines: Sequence[Numbered], at: int) -> bool:
    """Return whether a row begins at an index."""
    if not _NAME.fullmatch(lines[at][1]):
        return False
    below = find_filled(lines, at)
    return below > at and _split_type(lines[below][1]) is not None


def read_rows(lines: Sequence[Numbered]) -> list[Row]:
    """Return the rows of a section, those of inner objects in their schemas.

    A page lets its reader choose one of several types by a list, which is copied with a blank line
    above it, or as all types of the row, each on a line.
    """
    return _nest([*_list_rows(lines)])


def _list_rows(lines: Sequence[Numbered]) -> Iterator[Row]:
    """Yield the rows of a section, which begins with a name."""
    starts = list[int]()
    at = 0
    while at < len(lines):
        if begins(lines, at) and not (at and lines[at - 1][1].endswith(",")):  # a value
            starts.append(at)
            at = find_filled(lines, at)
        at += 1
    gaps = [find_filled(lines, at) - at > 1 for at in starts]
    found = list[tuple[Row, int]]()
    for start, end, has_gap in zip(starts, [*starts[1:], len(lines)], gaps, strict=False):
        row = Row(*lines[start], is_closed=True)
        below = find_filled(lines, start)
        _read_facts(row, [text for _, text in lines[below:end]])
        if has_gap and not all(gaps):
            _open(row)
        found.append((row, below))
    doubtful = set[int]()
    for (row, at), (following, _), start in zip(found, found[1:], starts[1:], strict=False):
        is_next = start == at + 1 or (all(gaps) and start == find_filled(lines, at))
        if is_next and _split_type(following.name):
            _open(row)
            row.open = [f"its types, or the row {following.name} behind it"]
            doubtful.add(following.line)
    yield from (row for row, _ in found if row.line not in doubtful)


def _open(row: Row) -> None:
    """Forget the type of a row that may have others."""
    row.schema = {}
    row.open = ["its types"]


def _read_facts(row: Row, lines: Sequence[str]) -> None:
    """Read the lines of a row from its type on."""
    stated, flags = _split_type(lines[0]) or ("", [])
    at = 1
    while at < len(lines) and (more := _read_flags(lines[at])) is not None:
        flags += more
        at += 1
    is_enum = _read_stated(stated, row)
    row.required = ("required", "") in flags or row.name.endswith("*")
    row.name = row.name.removesuffix("*")
    row.location = next((each for each, _ in flags if each in ("header", "query", "cookie")), "")
    if ("deprecated", "") in flags:
        row.schema["deprecated"] = True
    while at < len(lines):
        at = _read_below(row, lines, at)
    if is_enum and "enum" not in str(row.schema):
        row.open.append("its values")
    for name, value in flags:
        if name == "default" and value:
            add_default(row, value)


def _read_stated(text: str, row: Row) -> bool:
    """Read a type such as `enum<string>[] | null`; return whether only some values are allowed."""
    plain = re.sub(r"^[\w .:-]+ · ", "", text)
    is_enum = plain.startswith("enum<")
    plain = re.sub(r"^enum<(\w+)>", r"\1", plain)
    plain = re.sub(rf"^({_WORD}(?:<[\w-]+>)?)\[\]", r"array of \1", plain)
    if plain == "file":
        row.schema = {"type": "string", "format": "binary"}
    elif "[" in plain or "(" in plain or "·" in plain or not read_type(plain, row):
        row.schema = {}
        row.open.append("its type")
    return is_enum


def _read_below(row: Row, lines: Sequence[str], at: int) -> int:
    """Read a line below the type of a row; return the index of the next one."""
    text = lines[at]
    at += 1
    if length := _LENGTH.fullmatch(text):
        unit = "items" if "array" in list_types(row.schema) else "characters"
        low, high = length[2], length[3] or length[2]
        limits = {"Minimum": [f">= {low}"], "Maximum": [f"<= {low}"]}
        for limit in limits.get(length[1], [f">= {low}", f"<= {high}"]):
            _limit(row, f"{limit} {unit}", text)
    elif bounds := _RANGE.fullmatch(text):
        low, above, below, high, sign, end = bounds.groups()
        turned = {"<": ">", "<=": ">="}
        for limit in [f"{sign} {end}"] if sign else [f"{turned[above]} {low}", f"{below} {high}"]:
            _limit(row, limit, text)
    elif fields := _FIELDS.fullmatch(text):
        _mark_fields(row, is_shown=fields[1] == "Hide")
    elif label := _LABEL.fullmatch(text):
        at = _read_label(row, label, lines, at)
    else:
        row.prose += [text] if text else []
    return at


def _limit(row: Row, limit: str, text: str) -> None:
    if not read_limit(limit, row):
        row.open.append(f"the text {text!r}")


def _mark_fields(row: Row, *, is_shown: bool) -> None:
    """Note where the fields of a row are; titles above may be those of several types."""
    titles = [each for each in row.prose[-2:] if not re.search(r"[.!?:)`]$|(?:\S+ ){4}", each)]
    if len(titles) == 2:
        _open(row)
    elif not is_shown:
        row.open.append("its fields")


def _read_label(row: Row, label: re.Match[str], lines: Sequence[str], at: int) -> int:
    """Read what a label states; return the index of the line behind it."""
    values = list[str]()
    rest = label[2].strip()
    if not rest:
        at += not any(lines[at : at + 1])
    if label[1] == "Available options":
        while not rest or rest.endswith(","):
            more = next((n for n in range(at, len(lines)) if lines[n]), None)
            if more is None:
                break
            rest, at = f"{rest} {lines[more]}", more + 1
        values = [each.strip().strip("`") for each in rest.split(", ")]
        is_lost = any("<" in each for each in row.doubtful)  # the type of another row
        add_values(row, "values", [each for each in values if each and not is_lost])
    elif label[1] == "Allowed value":
        at += not rest
        add_values(row, "const", [(rest or "".join(lines[at - 1 : at])).strip("`")])
    elif label[1] == "Pattern":
        row.open.append("its pattern")
    elif not rest:
        found = read_first_json(lines[at : at + LONGEST_JSON])
        at += found[1] if found else 1
    return at


def _nest(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of an object, those of inner objects in the schemas of their own."""
    kept, inside = list[Row](), set[int]()
    for at, row in enumerate(rows):
        if at in inside:
            continue
        kept.append(row)
        is_plain = row.holder is None and {*list_types(row.schema)} <= {*_PLAIN} and row.schema
        behind = () if is_plain else range(at + 1, len(rows))
        prefix = f"{row.name}."
        inner = {n: rows[n] for n in behind if n not in inside and rows[n].name.startswith(prefix)}
        inside.update(inner)
        for each in inner.values():
            each.name = each.name.removeprefix(prefix)
        if inner:
            _put_inside(row, _nest([*inner.values()]))
    return kept


def _put_inside(row: Row, inner: Sequence[Row]) -> None:
    """Add the fields of an object to its schema; what of them is not known, to its row."""
    names = [each.name for each in inner]
    row.open += [f"{each.name}: {text}" for each in inner for text in each.unread]
    if row.holder is None or len({*names}) < len(names) or "{key}" in names:
        row.open.append("its fields")
        return
    row.holder["properties"] = {
        each.name: {**each.schema, "description": " ".join(each.prose)} for each in inner
    }
    if needed := [each.name for each in inner if each.required]:
        row.holder["required"] = needed
