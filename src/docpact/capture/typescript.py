"""TypeScript declarations as schemas: the interfaces of a generated `.d.ts` file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from docpact.capture.shapes import EVERYTHING, union
from docpact.errors import UsageError
from docpact.files import read_text

_TOKEN: Final = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`)
    |(?P<name>[A-Za-z_$][\w$.]*|-?\d[\d_.]*)
    |(?P<mark>=>|[{}\[\]()<>|&?:;,=@*!+.#-])""",
    re.VERBOSE | re.DOTALL,
)

_PLAIN: Final[Mapping[str, Mapping[str, Any]]] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "null": {"type": "null"},
    "undefined": {"type": "null"},
    "true": {"type": "boolean", "enum": [True]},
    "false": {"type": "boolean", "enum": [False]},
    "unknown": EVERYTHING,
    "any": EVERYTHING,
    "object": {"type": "object"},
    "Date": {"type": "string", "format": "date-time"},
}


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    line: int


@dataclass(slots=True)
class _File:
    """The tokens of a file, where its interfaces begin, and what it imports.

    Attributes:
        path: of the file.
        tokens: without comments.
        begins: qualified name of an interface or object type → index of its first token.
        imports: name → file that declares it.
    """

    path: Path
    tokens: list[_Token]
    begins: dict[str, int] = field(default_factory=dict)
    imports: dict[str, Path] = field(default_factory=dict)

    def error(self, at: int, problem: str) -> UsageError:
        line = self.tokens[min(at, len(self.tokens) - 1)].line if self.tokens else 1
        return UsageError(f"{self.path}:{line}: {problem}")

    def text(self, at: int) -> str:
        return self.tokens[at].text if at < len(self.tokens) else ""


def interface(path: Path, name: str) -> dict[str, Any]:
    """Return an interface of a declaration file as a schema; it states no bounds.

    Args:
        path: of the `.d.ts` file; what it imports by a relative path is read too.
        name: of the interface, with its namespaces: `Outer.Inner`.

    Raises:
        UsageError: the file cannot be read, declares no such interface, or holds a type that a
            contract cannot; the error names the line.
    """
    file = _read(path)
    if name not in file.begins:
        listed = ", ".join(sorted(file.begins)) or "none"
        raise UsageError(f"{path}: declares no interface {name!r}; it declares: {listed}")
    return _declared(file, name, ())


def _read(path: Path) -> _File:
    file = _File(path, list(_tokens(path, read_text(path))))
    _index(file)
    return file


def _tokens(path: Path, text: str) -> Iterator[_Token]:
    at, line = 0, 1
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise UsageError(f"{path}:{line}: {text[at]!r} is no token that docpact reads")
        if found.lastgroup != "skip":
            yield _Token(found.group(), line)
        line += found.group().count("\n")
        at = found.end()


def _index(file: _File) -> None:
    """Note where interfaces begin, by namespace, and what is imported from where."""
    spaces: list[tuple[str, int]] = []
    depth = at = 0
    while at < len(file.tokens):
        text = file.text(at)
        if text in ("interface", "namespace") and file.text(at - 1) != ".":
            name = ".".join([*(each for each, _ in spaces), file.text(at + 1)])
            if text == "namespace":
                spaces.append((file.text(at + 1), depth))
            else:
                file.begins[name] = at + 2
        elif text == "import":
            at = _import(file, at)
            continue
        depth += (text == "{") - (text == "}")
        if text == "}" and spaces and spaces[-1][1] == depth:
            spaces.pop()
        at += 1


def _import(file: _File, at: int) -> int:
    """Note the names of one import, and return the index behind it."""
    names: list[str] = []
    at += 1
    while at < len(file.tokens) and file.text(at) != ";":
        text = file.text(at)
        if text[0] in "'\"":
            source = text[1:-1]
            if source.startswith("."):
                target = file.path.parent / re.sub(r"\.m?js$", ".d.ts", source)
                file.imports.update(dict.fromkeys(names, target))
        elif text[0].isalpha() and text not in ("type", "from", "as"):
            names.append(text)
        at += 1
    return at + 1


def _declared(file: _File, name: str, within: tuple[str, ...]) -> dict[str, Any]:
    """Return the schema of an interface, with what it extends."""
    at = file.begins[name]
    if name in within:
        raise file.error(at, f"{name} contains itself, which a contract cannot")
    schema: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
    if file.text(at) == "extends":
        at += 1
        while file.text(at) != "{":
            if file.text(at) != ",":
                parent = _named(file, file.text(at), name, at, within)
                schema["properties"].update(parent.get("properties", {}))
                schema["required"] += parent.get("required", [])
            at += 1
    own, _ = _object(file, at, name, (*within, name))
    schema["properties"].update(own["properties"])
    schema["required"] += own.get("required", [])
    return schema


def _named(file: _File, name: str, scope: str, at: int, within: tuple[str, ...]) -> dict[str, Any]:
    """Return the schema of a type that is named: built in, declared here, or imported."""
    if name in _PLAIN:
        return dict(_PLAIN[name])
    spaces = scope.split(".")
    for depth in range(len(spaces), -1, -1):
        known = ".".join([*spaces[:depth], name])
        if known in file.begins:
            return _declared(file, known, within)
    head = name.partition(".")[0]
    if head in file.imports:
        other = _read(file.imports[head])
        if name in other.begins:
            return _declared(other, name, within)
    raise file.error(at, f"the type {name} is declared neither here nor in what is imported")


def _object(
    file: _File, at: int, scope: str, within: tuple[str, ...]
) -> tuple[dict[str, Any], int]:
    """Read the members between two braces; return their schema and the index behind them."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    at += 1
    while file.text(at) != "}":
        if file.text(at) == "readonly":
            at += 1
        if file.text(at) == "[":
            at = _behind(file, at, ";", "}")
            continue
        name = file.text(at).strip("'\"")
        at += 1
        optional = file.text(at) == "?"
        at += optional
        if file.text(at) != ":":
            raise file.error(at, f"expected the type of {name}, found {file.text(at)!r}")
        properties[name], at = _type(file, at + 1, scope, within)
        required += [] if optional else [name]
        at += file.text(at) in (";", ",")
        if at >= len(file.tokens):
            raise file.error(at, "the file ends within an interface")
    return {"type": "object", "properties": properties, "required": required}, at + 1


def _behind(file: _File, at: int, *ends: str) -> int:
    """Return the index behind an index signature, which names no field."""
    depth = 0
    while at < len(file.tokens) and not (depth == 0 and file.text(at) in ends):
        depth += (file.text(at) in "{[(") - (file.text(at) in "}])")
        at += 1
    return at + (file.text(at) == ";")


def _type(file: _File, at: int, scope: str, within: tuple[str, ...]) -> tuple[dict[str, Any], int]:
    """Read a type, a union of some among them; return its schema and the index behind it."""
    at += file.text(at) == "|"
    first = at
    found, at = _single(file, at, scope, within)
    parts = [found]
    while file.text(at) == "|":
        found, at = _single(file, at + 1, scope, within)
        parts.append(found)
    joined = union(parts)
    if joined is None:
        raise file.error(first, "a union of several objects, which a contract cannot hold")
    return joined, at


def _single(
    file: _File, at: int, scope: str, within: tuple[str, ...]
) -> tuple[dict[str, Any], int]:
    text, begin = file.text(at), at
    if text == "{":
        found, at = _object(file, at, scope, within)
    elif text == "(":
        found, at = _type(file, at + 1, scope, within)
        at += 1
    elif text[:1] in ("'", '"'):
        found, at = {"type": "string", "enum": [text[1:-1]]}, at + 1
    elif re.fullmatch(r"-?\d[\d_.]*", text):
        found, at = {"type": "number", "enum": [float(text)]}, at + 1
    elif text in ("Array", "ReadonlyArray") and file.text(at + 1) == "<":
        items, at = _type(file, at + 2, scope, within)
        found, at = {"type": "array", "items": items}, at + 1
    elif text in ("Record", "Map") and file.text(at + 1) == "<":
        while file.text(at) != ">":
            at += 1
        found, at = {"type": "object"}, at + 1
    elif re.match(r"[A-Za-z_$]", text) and file.text(at + 1) not in ("<", "("):
        found, at = _named(file, text, scope, at, within), at + 1
    else:
        raise file.error(begin, f"a type that docpact does not read, at {text!r}")
    while file.text(at) == "[" and file.text(at + 1) == "]":
        found, at = {"type": "array", "items": found}, at + 2
    return found, at
