"""Lists of parameters, such as "- `limit` (integer): How many", and the marks of Redocly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from docpact.capture.layout.headings import OF_STATUSES, PARAMETERS, SIMPLE
from docpact.capture.layout.lines import Line
from docpact.capture.statements.limits import states_limit
from docpact.capture.statements.statement import SENT, Stated, Statements, list_all
from docpact.cases.bounds import TYPES
from docpact.model.documented import LOCATIONS

_BULLET: Final = re.compile(r"[-*+] +(.+)")
_NAMED: Final = re.compile(
    r"(?:\*\*)?(?:[`*]([\w.$@-]+(?:\[\])?)[`*]|`([^`]+)`(?= \()"
    r"|([\w.$@-]+(?:\[\])?):?(?=\*\* \*?\((?i:[^()]*\b(?:string|int(?:eger)?|number"
    r"|bool(?:ean)?|object|array|float|double|date|uuid|file|required|optional)\b)))\**:?\**"
    r"(?:\s+[*_]?(?P<kind>(?i:string|integer|int|number|float|bool(?:ean)?|date(?:time)?|uuid))\b[*_]?"
    r"(?:\s+\*\*(?P<mark>required|optional)\*\*)?(?=\s*(?:[:(\u2014\u2013-]|$)))?"
    r"(?:\s+\*?_?\((?P<facts>[^()]*(?:\([^()]*\)[^()]*)*)\)_?\*?)?"
    r"(?:\s+\((?P<need>required|optional)\))?(?P<rest>(?:\s*[:\u2014\u2013-].*)?)"
)
_CONTAINS: Final = re.compile(
    r"[`*]([\w.$@-]{1,99})(?:\[\])?[`*]{1,4} (?:object|field|array|list|property|attribute)s? "
    r"(?:also )?(?:has|have|contains?|includes?|consists? of)\b[^`.:]*:\W*$"
)
"""The end of a line that states an object, and has its fields below it."""

_REQUIRED: Final = {"required": True, "mandatory": True, "optional": False, "not required": False}
_WHERE: Final = re.compile(rf"(?:url |in )?({'|'.join(SENT)})(?: param(?:eter)?s?)?")
_PLAIN: Final = re.compile(r"(?:default|example|e\.g\.|defaults to)\b.*", re.IGNORECASE)
_OF_VALUES: Final = re.compile(r"\bvalues(?: are)?:\s*(?:$|[-*])", re.IGNORECASE)
"""A description above items that are values, unless they are further to the right."""

_LABELLED: Final = re.compile(r"[A-Z][a-z]{1,20}(?: [a-z]{1,20}){,3}: ")
"""The beginning of a line such as "Default: `30`", which is a sentence of its own."""

_VALUES: Final = re.compile(r"Enum: (.+)")
"""The values of the parameter or field above, as JSON."""

ENDPOINT: Final = "Endpoint:"
"""The beginning of the line of method and path on pages of Redocly."""

SECTION: Final = re.compile(r"## (?:\w+ parameters|(?:Request|Response \w+) fields)\b.*")
"""A heading on such a page; any other line like a heading belongs to a description."""

_VERSION: Final = re.compile(r"(?:Version|Security): .+")
"""A line below the one of method and path on such a page."""

_OF_SCALAR: Final = re.compile(r"##### Status: [1-5][0-9]{2}\b.*")
"""The heading of a response in the Markdown of Scalar, which has no parameters."""


def is_of_redocly(lines: Sequence[Line]) -> bool:
    """Return whether a page has the headings, or the lines about the API, of Redocly."""
    texts = [line.text for line in lines if line.text and not line.is_code]
    below = [after for text, after in pairwise(texts) if text.startswith(ENDPOINT)]
    is_typed = any(map(SECTION.fullmatch, texts)) and any("fields" in text for text in texts)
    return bool(below) and (is_typed or any(map(_VERSION.fullmatch, below)))


def leave_out_parameters(line: Line, found: Statements) -> None:
    """Make a gap of the parameters that Scalar leaves out, at the heading of a response."""
    if _OF_SCALAR.fullmatch(line.text) and found.stated.keys().isdisjoint(LOCATIONS):
        found.leave_out(line.number, "the parameters, which Scalar does not write", asks=True)


def is_bullet(line: Line) -> bool:
    """Return whether a line begins an item of a list."""
    return line.depth is not None and _BULLET.fullmatch(line.text) is not None


def match_name(line: Line) -> re.Match[str] | None:
    """Match the name that an item begins with, and the facts in brackets behind it."""
    bullet = _BULLET.fullmatch(line.text)
    return _NAMED.fullmatch(bullet[1]) if bullet else None


def states_type(line: Line) -> bool:
    """Return whether an item has a name and a type, or facts in brackets."""
    return bool((match := match_name(line)) and (match["facts"] or match["kind"]))


def find_owners(
    lines: Sequence[Line], at: int, found: Statements, place: str, *, is_list: bool = False
) -> list[Stated]:
    """Return the objects without fields that the line above a list or a table names.

    A line such as "The `data` field contains:" also states the object, if nothing else does. If
    several fields have the name, the object returned is another one. Other sentences above a list
    do not name an object.
    """
    above = next((lines[n] for n in range(at - 1, -1, -1) if lines[n].text), Line(0, ""))
    stated = None if above.is_code or above.depth is not None else _read_owner(above)
    named = found.find_owners(above.text, place)
    owners = [each for each in named if not each.inside]
    is_simple = stated is not None and SIMPLE.fullmatch(stated.type) is not None
    if not (place and stated) or owners or (is_simple and not is_list):
        is_name = stated or above.heading[0] or not is_list
        return owners if is_name else []
    rows = found.stated.get(place, ())
    if any(each.name == stated.name for each in list_all(rows)):
        found.leave_out(above.number, f"the fields below {stated.name!r}: which object they are of")
        return [stated]
    if not rows:
        found.leave_out(above.number, f"the fields beside {stated.name!r}")
    found.add(place, stated)
    return [stated]


def share_fields(owners: Sequence[Stated]) -> None:
    """Give all objects of one type the fields of the first one."""
    for each in owners[1:]:
        each.inside = owners[0].inside


def _read_owner(line: Line) -> Stated | None:
    """Return the object that a line above its fields states."""
    if match := _CONTAINS.search(line.text):
        is_array = re.search(r"\b(?:array|list)\b", line.text[match.start() :])
        return Stated(line.number, match[1], "array" if is_array else "object")
    match = _NAMED.fullmatch(line.text)
    if match is None or not match["facts"] or match["rest"].strip(": "):
        return None
    kind = re.split(",", match["facts"])[0].strip(" *_`")
    return Stated(line.number, match[1] or match[2] or match[3], kind)


def read_list(lines: Sequence[Line], at: int, found: Statements) -> int:
    """Read the items of a list; return the index of the line behind it.

    An item states a parameter or a field if it begins with a name, and has a type in brackets or is
    in a section of parameters. Any other item of such a section is a gap.
    """
    owners = find_owners(lines, at, found, found.place, is_list=True)
    above = [(-1, each) for each in owners[:1]]
    are_values = False
    key = (found.place, f"list {found.heading}")
    is_first = key not in found.tables
    found.tables.add(key)
    for line, end in _list_items(lines, at):
        at = end
        if read_literals(line, found) or _read_status(line, found):
            continue
        depth = line.depth or 0
        above = [each for each in above if each[0] < depth]
        item = _read_item(line, found)
        place, stated = item or (found.place, None)
        are_values = are_values and not above
        is_listed = is_first and place in LOCATIONS and not (above or are_values)
        is_typed = stated is not None and (stated.type or stated.required is not None)
        owner = above[-1][1] if above else found.last if are_values else None
        if owner and not is_typed and _OF_VALUES.search(owner.prose):
            owner.prose += f"\n{line.text}"
            continue
        if stated is None or not (is_typed or is_listed):
            if found.place or item:
                text = f"the list below {above[-1][1].name if above else found.last_heading!r}"
                found.leave_out(line.number, text, is_about=bool(found.place), asks=not found.place)
            above += [(depth, stated)] if stated and found.place == "returns" else []
            continue
        if found.prints_owners and stated.required is None:
            stated.required = place == "path"
        _add(place, stated, above[-1][1] if above else None, found)
        found.last = stated if above or place else None
        are_values = bool(stated.type) and _OF_VALUES.search(stated.prose) is not None
        above.append((depth, stated))
    share_fields(owners)
    return at


def _add(place: str, stated: Stated, owner: Stated | None, found: Statements) -> None:
    """Add the statement of an item to its owner or to its section, or make a gap of it."""
    if owner and SIMPLE.fullmatch(owner.type):
        found.leave_out(stated.line, f"the list below {owner.name!r}")
    elif owner:
        owner.inside.append(stated)
    elif place:
        found.add(place, stated)
    else:
        text, asks = found.last_heading, "param" in found.last_heading.lower()
        is_about = found.is_about or bool(found.status or found.media_type or found.is_aside)
        is_about |= PARAMETERS.search(text) is not None
        found.leave_out(stated.line, f"the fields below {text!r}", is_about=is_about, asks=asks)


def read_literals(line: Line, found: Statements) -> bool:
    """Add the line `Enum: "a", "b"` to the description above it; return whether it is one."""
    is_enum = line.depth is not None and _VALUES.fullmatch(line.text) is not None
    if found.last is not None and is_enum:
        found.last.prose += f"\n{line.text}"
    return found.last is not None and is_enum


def _read_status(line: Line, found: Statements) -> bool:
    """Add the status of an item of a list of statuses; return whether it is one."""
    if is_status := OF_STATUSES.fullmatch(found.last_heading) is not None:
        found.add_success(line.text)
    return is_status


def _list_items(lines: Sequence[Line], at: int) -> Iterator[tuple[Line, int]]:
    """Yield each item of a list with the text below it, and the index of the line behind it."""
    while at < len(lines) and not lines[at].is_code:
        line = lines[at]
        at += 1
        if _begins(line):
            match = match_name(line)
            while match and at < len(lines) and _goes_on(lines[at]):
                is_labelled = _LABELLED.match(lines[at].text) and line.text[-1] not in ".:;,"
                separator = ". " if is_labelled else " "
                separator = separator if match["rest"] else ": "
                line = replace(line, text=f"{line.text}{separator}{lines[at].text}")
                match, at = match_name(line), at + 1
            yield line, at
        elif line.text and line.depth is None:
            return


def _begins(line: Line) -> bool:
    """Return whether a line begins an item, or lists the values of the one above."""
    return is_bullet(line) or _VALUES.fullmatch(line.text) is not None


def _goes_on(line: Line) -> bool:
    """Return whether a line belongs to the item on the line above it."""
    return bool(line.text) and line.depth is not None and not (line.is_code or _begins(line))


def _read_item(line: Line, found: Statements) -> tuple[str, Stated] | None:
    """Return the kind of section of an item and its statement; None if it has no name."""
    match = match_name(line)
    name = match[1] or match[2] or match[3] if match else ""
    is_of_path = name.removeprefix(":") in found.in_path and not found.is_about
    if match is None or (name.lower() == "authorization" and found.place != "header"):
        return None
    place, stated, limits = found.place, Stated(line.number, name), list[str]()
    named = (match["kind"] or "", match["mark"] or "", match["need"] or "")
    for fact in (*named, *(match["facts"] or "").split(",")):
        plain = fact.strip(" *_`")
        if plain.lower() in _REQUIRED:
            stated.required = _REQUIRED[plain.lower()]
        elif where := _WHERE.fullmatch(plain.lower()):
            place = where[1]
        elif plain in TYPES and {*TYPES}.issuperset(types := stated.type.split(" | ")):
            distinct = dict.fromkeys((*types, plain))
            stated.type = " | ".join(sorted(distinct, key=lambda each: each == "null"))
        elif states_limit(plain):
            limits.append(plain)
        elif plain and not _PLAIN.fullmatch(plain):
            if stated.type:
                found.leave_out(line.number, f"{stated.name}: {plain}")
            stated.type = stated.type or plain
    stated.prose = "\n".join((*limits, match["rest"]))
    if place == "path" or is_of_path:
        place = "path"
        stated.name = name.removeprefix(":")
    return place, stated
