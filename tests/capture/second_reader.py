"""A second reader of Markdown pages, which shares nothing with the first: fields by indentation."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Fields = dict[tuple[str, ...], set[tuple[bool, frozenset[str]]]]
"""Path of names → whether the field is required, and its types; unions, arrays and maps vanish."""

HEADING = re.compile(r"#{2,5} (.+)")
ENTRY = re.compile(r"( *)- `(.*)`")
FIELD = re.compile(r'(?:Deprecated)?(?:"([^"]+)"|([\w.$-]+)): (optional )?(.+)')


@dataclass
class Entry:
    """A bullet with those below it."""

    text: str
    inside: list[Entry] = field(default_factory=list)


def read_sections(page: str) -> dict[str, list[Entry]]:
    """Return heading in lower case → the bullets at the left edge below it."""
    found: dict[str, list[Entry]] = {}
    open_entries: list[tuple[int, list[Entry]]] = []
    for line in page.split("\n"):
        if heading := HEADING.fullmatch(line.rstrip()):
            open_entries = [(-1, found.setdefault(heading[1].lower(), []))]
        elif (entry := ENTRY.fullmatch(line.rstrip())) and open_entries:
            while open_entries[-1][0] >= len(entry[1]):
                open_entries.pop()
            made = Entry(entry[2])
            open_entries[-1][1].append(made)
            open_entries.append((len(entry[1]), made.inside))
    return found


def type_name(text: str) -> str:
    """Return the name of the type in a signature, or an empty text."""
    text = re.sub(r'^(?:Deprecated)?(?:"[^"]+"|[\w.$-]+): (?:optional )?', "", text)
    while True:
        stripped = re.sub(r"^array of |^map\[ ?|\]$| or null$", "", text.strip())
        if stripped == text:
            break
        text = stripped
    match = re.fullmatch(r"([A-Z]\w*)(?: object)?(?: ?\{[^{}]*\})?(?: = .*)?", text.strip())
    return match[1] if match else ""


def read_fields(page: str, heading: str) -> Fields:
    """Return the fields of a section."""
    sections = read_sections(page)
    named: dict[str, Entry] = {}
    waiting = [entry for entries in sections.values() for entry in entries]
    while waiting:
        entry = waiting.pop(0)
        name = type_name(entry.text)
        if name and entry.inside and not all(e.text.startswith('"') for e in entry.inside):
            named.setdefault(name, entry)
        waiting = [*entry.inside, *waiting]
    found: Fields = defaultdict(set)
    for entry in sections.get(heading, []):
        visit(entry, (), (), named, found)
    return found


def visit(
    entry: Entry,
    path: tuple[str, ...],
    inside: tuple[str, ...],
    named: Mapping[str, Entry],
    found: Fields,
) -> None:
    match = FIELD.fullmatch(entry.text)
    if match:
        path = (*path, match[1] or match[2])
        found[path].add((not match[3], frozenset(types(match[4], entry, named))))
    name = type_name(entry.text)
    contents = entry.inside
    if not contents and name in named and name not in inside:
        contents = named[name].inside
    for each in contents:
        visit(each, path, (*inside, name) if name else inside, named, found)


FIRST_WORDS = (
    *(("array of ", "array"), ("map[", "object"), ("object", "object"), ('"', "string")),
    *(("string", "string"), ("number", "number"), ("boolean", "boolean")),
    *(("true", "boolean"), ("false", "boolean"), ("null", "null")),
)


def types(text: str, entry: Entry, named: Mapping[str, Entry]) -> set[str]:
    """Return the JSON types that a type in a signature allows."""
    text = re.sub(r"^[A-Z]\w* = ", "", text.strip())
    listed = [each for each in entry.inside if not FIELD.fullmatch(each.text)]
    is_list = text.startswith(("array of ", "map["))
    if listed and (not is_list or listed[0].text.startswith("array of ")):
        return {kind for each in listed for kind in types(each.text, each, named)}
    is_union = " or " in re.sub(r'\{[^{}]*\}|\[[^\[\]]*\]|"[^"]*"', "", text)
    if is_union and not (is_list and listed):
        return {kind for part in text.split(" or ") for kind in types(part, Entry(""), named)}
    first = next((kind for start, kind in FIRST_WORDS if text.startswith(start)), None)
    return {first} if first else named_types(entry, named.get(type_name(text)), named)


def named_types(entry: Entry, whole: Entry | None, named: Mapping[str, Entry]) -> set[str]:
    """Return the JSON types of a type that is printed by its name, here or elsewhere."""
    inside = entry.inside or (whole.inside if whole else [])
    if inside and all(FIELD.fullmatch(each.text) for each in inside):
        return {"object"}
    return {kind for each in inside for kind in types(each.text, each, named)}


def flatten(
    schema: Any, root: Any, path: tuple[str, ...] = (), inside: tuple[str, ...] = ()
) -> Fields:
    """Return the fields of a captured schema in the same form."""
    found: Fields = defaultdict(set)
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name in inside:
            return found
        return flatten(root["$defs"][name], root, path, (*inside, name))
    for name, each in schema.get("properties", {}).items():
        kinds = frozenset(kinds_of(each, root))
        found[*path, name].add((name in schema.get("required", ()), kinds))
        merge(found, flatten(each, root, (*path, name), inside))
    parts = [*schema.get("anyOf", ()), schema.get("items"), schema.get("additionalProperties")]
    for each in parts:
        if isinstance(each, dict):
            merge(found, flatten(each, root, path, inside))
    return found


def merge(found: Fields, other: Fields) -> None:
    for path, stated in other.items():
        found[path] |= stated


def kinds_of(schema: Any, root: Any) -> set[str]:
    if "$ref" in schema:
        return kinds_of(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema:
        return {kind for each in schema["anyOf"] for kind in kinds_of(each, root)}
    stated = schema.get("type", [])
    return {stated} if isinstance(stated, str) else set(stated)
