"""Names with their types beside or below them, in other forms, as items of a list."""

from __future__ import annotations

import re
from typing import Final

_TERM: Final = re.compile(
    r"(\s*+)[`*:]{,4}([\w.$@-]++(?:\[\])?) ?[`*]{,4}(?:\s*[_*]{1,3}([\w ]+?)[_*]{1,3})?\s*"
)
_DEFINITION: Final = re.compile(
    r"\s*: +((?:\{\{<\s*\w+\s*>\}\}\s*)*)`?((?:Array of |JSON )?(?:String|Integer|Number|Boolean"
    r"|Float|Object|Array|Hash)s?)\b`?[.,]?\s*(.*)",
    re.IGNORECASE,
)
"""The definition of a term: its marks, its type, and its description."""

_BELOW: Final = re.compile(r"\s{2,}(?![-*+] |```|~~~|[|#<])\S.*")
"""A further paragraph of a definition."""

_BOLD: Final = re.compile(r"\s*\*\*([A-Z][a-z]+(?: [a-z]+)?)(?::\s*\*\*|\*\*:)")
_CHOICES: Final = re.compile(r"(?:Choices|Members|[A-Z][a-z]+ values): ((?:`[^`]*` *)+)")

_FACTS: Final = re.compile(r"(\s*[-*+] +`[^`]+`) +`\(([^()`:]+)(?:: *([^`]*))?\)`(.*)")
"""An item such as "- `name` `(string: <required>)` - Which"."""

_OF_SCALAR: Final = re.compile(r"(\s*)- \*\*`([^`]+)`( \(required\))?\*\*\s*")
_TYPE_BELOW: Final = re.compile(r"\s+`([^`,]+)`((?:, [a-z ]+: `[^`]*`)*)(?: \u2014 (.*?))?\s*")
_VALUES: Final = re.compile(r", possible values: `([^`]*)`")

_OF_SCHEMA: Final = re.compile(r"\*\*Response schema \(Status: ([1-5][0-9]{2})\):\*\*\s*")
_ARRAY_OF: Final = re.compile(r"Array of `[^`]+`:\s*|array of objects:\s*", re.IGNORECASE)
_FIELD: Final = re.compile(
    r"(?P<item>\s*+[-*+] +`[^`]+`): (?P<need>required, )?"
    r"(?P<kind>(?:any|one|all) of|(?:array of )*"
    r"(?:string|integer|number|boolean|null|objects?|`[^`]+`)(?: or null)?)"
    r"(?:, format: [\w-]+)?(?:, enum: (?P<values>`[^`]*`(?:, `[^`]*`)*))?:?\s*"
)
"""An item such as "* `name`: required, string or null, enum: `a`, `b`"."""

_MEMBER: Final = re.compile(r"\s*[-*+] +\*\*([^*]+)\*\*\s*")


def list_fields(lines: list[str], at: int) -> int:
    """Write the fields of a response, as GitHub does, with their facts in brackets."""
    if match := _OF_SCHEMA.fullmatch(lines[at]):
        below = next((n for n in range(at + 1, len(lines)) if lines[n].strip()), at)
        is_array = _ARRAY_OF.fullmatch(lines[below]) is not None
        lines[at] = f"**Response {match[1]}{': array of objects' if is_array else ''}**"
        lines[below] = "" if is_array else lines[below]
        return at
    match = _FIELD.fullmatch(lines[at])
    if match is None:
        return 0
    kind, end = match["kind"], at
    if kind.endswith(" of"):
        kind, end = _read_members(lines, at, kind)
    facts = f"{kind}, {'required' if match['need'] else 'optional'}"
    values = f": One of {match['values']}" if match["values"] else ""
    lines[at] = f"{match['item']} ({facts}){values}"
    return end


def _read_members(lines: list[str], at: int, kind: str) -> tuple[str, int]:
    """Return the type that the members below an item state, and the index of the last line.

    The fields of one member are kept if the only other one is null.
    """
    own = len(lines[at]) - len(lines[at].lstrip())
    below = range(at + 1, len(lines))
    end = next((n for n in below if _is_outside(lines[n], own)), len(lines))
    members = {n: match[1] for n in range(at + 1, end) if (match := _MEMBER.fullmatch(lines[n]))}
    if len(members) == 2 and "null" in members.values() and end - at > 3:
        for n in members:
            lines[n] = ""
        return "object or null", at
    lines[at + 1 : end] = [""] * (end - at - 1)
    return f"{kind} {' or '.join(members.values()).replace(',', '')}", max(at, end - 1)


def _is_outside(line: str, depth: int) -> bool:
    return bool(line.strip()) and len(line) - len(line.lstrip()) <= depth


def list_definition(lines: list[str], at: int) -> int:
    """Write a term and its definition, on the lines below with text, as an item of a list."""
    term = _TERM.fullmatch(lines[at])
    end, stated = _match_definition(lines, at) if term else (0, None)
    if term is None or stated is None:
        return 0
    prose = stated[3]
    for below in range(end + 1, len(lines)):
        is_term = _TERM.fullmatch(lines[below]) and _match_definition(lines, below)[1]
        if _BELOW.fullmatch(lines[below]) and not is_term:
            prose, end = f"{prose}. {lines[below].strip()}", below
        elif lines[below].strip():
            break
    prose = _CHOICES.sub(_write_choices, _BOLD.sub(r". \1:", prose))
    marks = f"{stated[1]} {term[3] or ''}".lower()
    is_required = re.search(r"\b(?<!conditionally )(?:required|mandatory)\b", marks) is not None
    facts = f"{stated[2].lower()}{', required' if is_required else ''}"
    lines[at] = f"{term[1]}- `{term[2]}` ({facts}): {prose}"
    lines[at + 1 : end + 1] = [""] * (end - at)
    return end


def _match_definition(lines: list[str], at: int) -> tuple[int, re.Match[str] | None]:
    """Return the index of the next line with text, and its match if it is a definition."""
    end = at + 1 + (at + 2 < len(lines) and not lines[at + 1].strip())
    return end, _DEFINITION.fullmatch(lines[end]) if end < len(lines) else None


def _write_choices(match: re.Match[str]) -> str:
    """Return a list of values with a comma between two of them."""
    return f"Allowed values: {', '.join(re.findall('`[^`]*`', match[1]))}"


def list_facts(lines: list[str], at: int) -> int:
    """Write the facts of an item that are in code, as HashiCorp does, in brackets."""
    match = _FACTS.fullmatch(lines[at].rstrip())
    if match is None:
        return 0
    said = "required" if (match[3] or "").startswith("<required>") else "optional"
    lines[at] = f"{match[1]} ({match[2].strip()}, {said}){match[4]}"
    return at


def list_typed(lines: list[str], at: int) -> int:
    """Write a name in bold, with its type and its description below it, as Scalar does, in a line.

    Below `**Items:**` is the type of the items of an array, or their fields.
    """
    name = _OF_SCALAR.fullmatch(lines[at])
    stated = _TYPE_BELOW.fullmatch(lines[at + 2]) if name and at + 2 < len(lines) else None
    if name is None or stated is None or lines[at + 1].strip():
        return 0
    kind, facts, end = stated[1], stated[2], at + 2
    if at + 4 < len(lines) and lines[at + 4].strip() == "**Items:**":
        items = _TYPE_BELOW.fullmatch(lines[at + 6]) if at + 6 < len(lines) else None
        kind, end = (f"array of {items[1]}", at + 6) if items else (kind, at + 4)
    values = _VALUES.search(facts)
    need = "required" if name[3] else "optional"
    prose = ". ".join(filter(None, (_VALUES.sub("", facts).lstrip(", "), stated[3])))
    lines[at : end + 1] = [f"{name[1]}- `{name[2]}` ({kind}, {need}): {prose}", *[""] * (end - at)]
    lines[at + 2] = f"{name[1]}  Enum: {values[1]}" if values else ""
    return end
