"""Rows of text copied from a page of Redoc, Swagger UI or Stoplight Elements.

Name, type and facts of a parameter or field each have a line of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Final

from docpact.capture.layout.example import decode_value
from docpact.model.schema import list_types

_NAME: Final = re.compile(r"([\w$@.\[\]-]+)(?:\s*(\*))?")
_WORD: Final = r"(string|integer|number|boolean|object|array|null)s?"
_OF: Final = re.compile(
    rf"(?:(array) of {_WORD}|(array) ?[\[<]\(?{_WORD}\)?[>\]]|{_WORD})"
    r"(?P<null> (?:or|\|) null)?(?: ?<(?P<angle>[\w-]+) ?>|\(\$(?P<format>[\w-]+)\))?"
    r"(?P<after> (?:or|\|) null)?(?: \((?P<title>[\w .-]+)\))?(?P<rest>.*)",
    re.IGNORECASE,
)
"""A type such as `Array of strings <uuid> (Name) >= 1 items`, `array[string]`, `string($uuid)`."""

_MEMBER: Final = re.compile(rf"(?!Array of )[\w .,-]{{1,80}} \({_WORD}\)(?: \([^()]*\))?")
"""A type of several, such as `Key (string)`; the last one has the title of all behind it."""

_MAP: Final = re.compile(r"dictionary\[string, (string|integer|number|boolean|object)\]( or null)?")

_TITLED: Final = re.compile(rf"array\[(?!{_WORD}\])[^\[\]]+\]( or null)?")
"""An array of values with a title."""

_NUMBER: Final = r"(-?[0-9]+(?:\.[0-9]+)?)"
_BETWEEN: Final = re.compile(rf"([\[(]) ?{_NUMBER} ?\.\. ?{_NUMBER} ?([\])])(.*)")
_BOUND: Final = re.compile(rf"(>=|<=|>|<|=) ?{_NUMBER}(.*)")
_UNITS: Final = {"": "imum", "characters": "Length", "items": "Items"}
_LABEL: Final = re.compile(
    r"(?:(items )?(enum|value|available values|allowed values?)|(default|default value)"
    r"|(examples?|match pattern|pattern)) ?:(.*)",
    re.IGNORECASE,
)
_SHORT: Final = 300
"""Number of characters of a line that is too long to be a row."""

_MANY: Final = 1000
"""Number of values that are too many to be read."""

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_PLACE: Final = re.compile(r"\((path|query|header|cookie)\)")
_LITERAL: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s"]+')
_OPEN: Final = re.compile(
    r"(?:one|any|all) of\b.*|.* \(\w+Of\) .*|additional property",
    re.IGNORECASE,
)
"""A line above fields that may not be those of an object."""


_KIND: Final = r"(?:string|integer|number|boolean|object|array|enum)"
_PERHAPS: Final = re.compile(
    rf".*\S{_KIND}(?:<[\w-]+>)?(?:\[\])?(?: · .*)?(?:[Rr]equired|[Oo]ptional).*"
    rf"|[\w$@.\[\]-]+\t(?:{_KIND}|Array of)\b.*"
    rf"|{_KIND}s?(?:<[\w-]+>)?(?:\[\])?(?: \| null)?(?:(?:required|default:|[A-Z]).*)?"
    r"|[a-z][a-z0-9]*|\w*(?:_|[a-z](?=[A-Z]))\w+|(?:.*\w(?=Type:|Copy))?(?:Type:|Copy link to).*"
    rf"|(?:[a-z]\w*\.)+\w+|[\w.]+(?:enum<\w+>|{_KIND}<[\w-]+>).*"
)
"""A line that may be a row, or a part of one: `limit\tinteger`, `stringHow many.`, `page_size`."""

_MARKED: Final = re.compile(r"(?:.*[a-z0-9])?(?:deprecated|required)")
"""A name that may be a mark, or a name with a mark behind it, without a line break."""


_CHOICE: Final = re.compile(r"(?:Any|One) of:? *")
"""A line above the types of a row, of which a reader of the page chooses one."""


@dataclass(slots=True)
class Row:
    """One parameter or field.

    Attributes:
        schema: without the fields of objects.
        location: as in `(query)` below it; empty if the section states it.
        open: what of it is not read.
        is_closed: whether its fields are certainly not among the rows below it.
        is_chosen: whether a reader of the page chooses one of its types, by a list below it.
    """

    line: int
    name: str
    schema: dict[str, Any] = field(default_factory=dict)
    required: bool = False
    location: str = ""
    prose: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    is_closed: bool = False
    is_chosen: bool = False

    @property
    def doubtful(self) -> list[str]:
        """The lines of its description that may be other rows."""
        return [text for text in self.prose if may_be_row(text)]

    @property
    def unread(self) -> list[str]:
        """Its unread parts, and each line below it that may be another field."""
        lost = [f"the line {text!r} below it, which may be a field" for text in self.doubtful]
        return [*self.open, *lost]

    @property
    def holder(self) -> dict[str, Any] | None:
        """The schema that has the fields of an object, or None."""
        inner = self.schema.get("items", {}) if "array" in list_types(self.schema) else self.schema
        if "additionalProperties" in inner:
            return None
        kinds = list_types(inner, "object" if self.schema != inner else ())
        return inner if "object" in kinds else None


MEDIA: Final = re.compile(r"[a-z]+/[\w.+*-]+(?:; ?[\w=-]+)?")

Numbered = tuple[int, str]
"""The number of a line, and its text."""


def may_be_row(text: str) -> bool:
    """Return whether a line may be a row, or a part of one."""
    is_type = read_type(text, Row(0, ""))
    return len(text) < _SHORT and (is_type or _PERHAPS.fullmatch(text) is not None)


def is_open(text: str) -> bool:
    """Return whether the fields below a line may not be those of one object."""
    return _OPEN.fullmatch(text) is not None and not text.endswith(".")


def begins(lines: Sequence[Numbered], at: int) -> bool:
    """Return whether a row begins at an index."""
    return _begin(lines, at) is not None


def read_rows(lines: Sequence[Numbered]) -> list[Row]:
    """Return the rows of a section, given its lines with their numbers.

    Values that an own line lists end at the next label, blank line or row. Redoc prints marks
    below the names of rows, and a tab behind the others, so a mark elsewhere may be of two rows.
    """
    rows: list[Row] = []
    others: list[tuple[int, bool]] = []
    at = 0
    while at < len(lines):
        if begun := _begin(lines, at):
            row, at = begun
            rows.append(row)
        elif rows:
            others += [(len(rows), rows[-1].required)] if _is_mark(lines, at) else []
            at = _go_on(lines, at, rows[-1])
        else:
            at += 1
    texts = dict(lines)
    tabs = {row.line for row in rows if texts[row.line].endswith("\t")}
    marked = {row.line for row in rows if texts.get(row.line + 1, "").strip() == "required"}
    for end, was_required in others if tabs or marked else ():
        rows[end - 1].required = was_required
        for row in rows[end - 1 : end + 1]:
            row.open.append("whether the mark 'required' near it is its own")
    for row in rows if tabs else ():
        if row.line not in tabs | marked and not row.required:
            row.open.append("whether it is required: neither a mark nor a tab is behind its name")
    return rows


def _is_mark(lines: Sequence[Numbered], at: int) -> bool:
    return at < len(lines) and lines[at][1].strip() == "required"


def _begin(lines: Sequence[Numbered], at: int) -> tuple[Row, int] | None:
    """Return the row that begins at an index, and the index behind its type."""
    number, text = lines[at]
    name = _NAME.fullmatch(text.strip())
    if name is None:
        return None
    at += 1
    if at < len(lines) and lines[at][1] == ":":
        return None
    is_marked = _is_mark(lines, at)
    at += is_marked
    row = Row(number, name[1], required=is_marked or name[2] is not None)
    if re.fullmatch(_WORD, text):  # one of several types of the row above, each on a line
        return None
    if at < len(lines) and read_type(lines[at][1].strip(), row):
        if _MARKED.fullmatch(row.name):
            row.schema, row.open = {}, ["its name, which may end in a mark"]
        return row, at + 1
    places = [_PLACE.fullmatch(line) for _, line in lines[at : at + 2]]
    is_row = is_marked or name[2] or any(places)
    if text in ("deprecated", "required") or not (is_row or text.endswith("\t")):
        return None
    row.open.append("its type")
    row.is_chosen = at < len(lines) and _CHOICE.fullmatch(lines[at][1]) is not None
    return row, at + (at < len(lines) and not any(places[:1]))


def read_type(text: str, row: Row) -> bool:
    """Read the type of a row; return whether a line is one."""
    parts = [_MEMBER.fullmatch(part) for part in text.split(" or ")]
    if len(parts) > 1 and all(parts):
        text = " | ".join(match[1].lower() for match in parts if match)
        row.open.append("the limits of its types")
    union = re.fullmatch(rf"\(?{_WORD}(?: \| {_WORD})+\)?", text)
    if match := _TITLED.fullmatch(text):
        row.schema = {"type": ["array", "null"] if match[2] else "array", "items": {}}
        row.open.append("its items")
    elif match := _MAP.fullmatch(text):
        of = {"additionalProperties": {"type": match[1]}} if match[1] != "object" else {}
        row.schema = {"type": ["object", "null"] if match[2] else "object", **of}
        row.open += [] if of else ["its values"]
    elif union and "array" not in text and "object" not in text:
        row.schema["type"] = re.findall(r"\w+", text)
    elif text != "any":
        return _read_plain(text, row)
    return True


def _read_plain(text: str, row: Row) -> bool:
    """Read a type in one word, or that of an array, with limits; return whether a line is one."""
    match = _OF.fullmatch(text)
    if match is None:
        return False
    is_array, word = match[1] or match[3], (match[2] or match[4] or match[5]).lower()
    rest = match["rest"].strip()
    if rest and not re.match(r"[\[(<>=^]|non-empty|unique|recursive", rest, re.IGNORECASE):
        return False
    inner: dict[str, Any] = {"type": word}
    if found := match["angle"] or match["format"]:
        inner["format"] = found
    row.schema = {"type": "array", "items": inner} if is_array else inner
    if match["null"] or match["after"]:
        row.schema["type"] = [row.schema["type"], "null"]
    for part in re.split(r" (?=non-empty|unique|recursive|[\[(<>=^])", rest):
        if part and not read_limit(part, row):
            row.open.append(f"the text {part!r}")
    return True


def read_limit(text: str, row: Row) -> bool:
    """Read one limit of a row; return whether a text is one."""
    kind = next((each for each in list_types(row.schema) if each != "null"), "")
    units = {"string": "characters", "array": "items", "integer": "", "number": ""}
    if text == "non-empty" and kind in ("string", "array"):
        row.schema[f"min{_UNITS[units[kind]]}"] = 1
        return True
    if text == "unique" and kind == "array":
        row.schema["uniqueItems"] = True
        return True
    between, bound = _BETWEEN.fullmatch(text), _BOUND.fullmatch(text)
    unit = (between[5] if between else bound[3] if bound else "?").strip()
    if kind not in units or unit != units[kind]:
        return False
    end = _UNITS[unit]
    if between:
        low, high = json.loads(between[2]), json.loads(between[3])
        row.schema["exclusiveMinimum" if between[1] == "(" else f"min{end}"] = low
        row.schema["exclusiveMaximum" if between[4] == ")" else f"max{end}"] = high
        return not (end != "imum" and "(" in (between[1], between[4]))
    if bound is None:
        return False
    keys = {">=": [f"min{end}"], "<=": [f"max{end}"], "=": [f"min{end}", f"max{end}"]}
    keys |= {">": ["exclusiveMinimum"], "<": ["exclusiveMaximum"]} if end == "imum" else {}
    row.schema |= dict.fromkeys(keys.get(bound[1], []), json.loads(bound[2]))
    return bound[1] in keys


def _go_on(lines: Sequence[Numbered], at: int, row: Row) -> int:
    """Read a line below the type of a row; return the index of the next one."""
    text = lines[at][1].strip()
    at += 1
    if text == "Enum\tDescription":
        cells = [line.split("\t")[0] for _, line in takewhile(lambda e: "\t" in e[1], lines[at:])]
        add_values(row, "allowed values", cells)
        return at + len(cells)
    if _CHOICE.fullmatch(text):
        row.schema, row.open, row.is_chosen = {}, ["its types"], True
    elif text == "required":
        row.required = True
    elif text == "deprecated":
        row.schema["deprecated"] = True
    elif place := _PLACE.fullmatch(text):
        row.location = place[1]
    elif label := _LABEL.fullmatch(text):
        at = _read_label(row, label, lines, at)
    elif not read_limit(text, row):
        row.prose += [text] if text else []
    return at


def _read_label(row: Row, label: re.Match[str], lines: Sequence[Numbered], at: int) -> int:
    """Read what a label states; return the index of the line behind it."""
    at, values = _list_values(lines, at, label[5].strip(), is_list=bool(label[2]))
    is_cut = len(values) > 1 and at < len(lines) and not lines[at][1]
    is_open = bool(label[2]) and (is_cut or any(re.fullmatch(_WORD, e) for e in values))
    if is_open:  # a row of an unknown type may be among them
        row.prose += values
        row.open.append("its values")
    elif label[2]:
        add_values(row, label[2].lower(), values)
    elif label[3] and values:
        add_default(row, values[0])
    elif (label[4] or "").lower().endswith("pattern"):
        row.open.append("its pattern")
    return at


def _list_values(
    lines: Sequence[Numbered], at: int, text: str, *, is_list: bool
) -> tuple[int, list[str]]:
    """Return the index behind the values of a label, and each value as written."""
    if text:
        return at, [text]
    values = list[str]()
    while at < len(lines) and (line := lines[at][1].strip()):
        if _LABEL.fullmatch(line) or _begin(lines, at):
            break
        values.append(line)
        at += 1
        if not is_list:
            break
    return at, values


def add_values(row: Row, label: str, values: list[str]) -> None:
    """Add the only values that a row, or the items of its array, may have."""
    if len(values) == 1 and label in ("enum", "value"):
        values = _LITERAL.findall(values[0]) if label == "enum" else values
        quoted = {each.startswith('"') for each in values if each != "null"}
        values = [] if len(quoted) > 1 else values
    elif len(values) == 1 and label == "available values":
        values = values[0].split(", ")
    schema = row.schema.get("items", {}) if "array" in list_types(row.schema) else row.schema
    kinds = schema.get("type")
    nullable = [None] if isinstance(kinds, list) and "null" in kinds else []
    read = [_decode(each, schema) for each in values if not (nullable and each == "null")]
    if not read or len(read) > _MANY or None in read:
        row.open.append("its values")
        return
    schema["enum"] = [each[0] for each in read if each] + nullable


def add_default(row: Row, text: str) -> None:
    """Add the value that a row has if a request leaves it out."""
    if "array" in list_types(row.schema) or (value := _decode(text, row.schema)) is None:
        row.open.append("its default")
    else:
        row.schema["default"] = value[0]


def _decode(text: str, schema: dict[str, Any]) -> tuple[Any] | None:
    """Return the value of a text, in a tuple, that has the type of a schema; None for another."""
    kinds = list_types(schema)
    try:
        value = decode_value(text.strip())
    except ValueError:
        value = text
    if "string" in kinds and not isinstance(value, str):
        value = text
    for kind in kinds:
        is_flag = isinstance(value, bool) and kind != "boolean"
        if kind in _TYPES and isinstance(value, _TYPES[kind]) and not is_flag:
            return (value,)
    return None
