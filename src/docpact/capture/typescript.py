"""TypeScript declarations as JSON Schemas: the interfaces of a generated `.d.ts` file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from docpact.errors import UsageError
from docpact.files import read_text
from docpact.model.schema import DEFINITIONS

Json: TypeAlias = dict[str, Any]

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
    "true": {"const": True},
    "false": {"const": False},
    "unknown": {},
    "any": {},
    "object": {"type": "object"},
    "Date": {"type": "string", "format": "date-time"},
}


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    line: int


@dataclass(slots=True)
class _File:
    """The tokens of a file, the positions of its interfaces, and its imports.

    Attributes:
        tokens: without comments.
        begins: qualified name of an interface → index of the token behind its name.
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


def read_interface(path: Path, name: str) -> Json:
    """Return an interface of a declaration file as a JSON Schema; it states no limits.

    Args:
        path: of the `.d.ts` file; the files that it imports by a relative path are read too.
        name: of the interface, with its namespaces: `Outer.Inner`.

    Raises:
        UsageError: the file cannot be read, does not declare the interface, or contains a type
            that docpact does not read; the error names the line.
    """
    file = _read(path)
    if name not in file.begins:
        listed = ", ".join(sorted(file.begins)) or "none"
        raise UsageError(f"{path}: declares no interface {name!r}; it declares: {listed}")
    definitions: Json = {}
    schema = _InterfaceReader(file, name, definitions).refer_to(file, name)
    return {**schema, "$defs": definitions}


def _read(path: Path) -> _File:
    file = _File(path, list(_tokens(path, read_text(path))))
    _index(file)
    return file


def _tokens(path: Path, text: str) -> Iterator[_Token]:
    at, line = 0, 1
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise UsageError(f"{path}:{line}: {text[at]!r} is not a token that docpact reads")
        if found.lastgroup != "skip":
            yield _Token(found.group(), line)
        line += found.group().count("\n")
        at = found.end()


def _index(file: _File) -> None:
    """Note where interfaces begin, with their namespaces, and which file each import is from."""
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


@dataclass(frozen=True, slots=True)
class _InterfaceReader:
    """Reads the types in one interface.

    Attributes:
        scope: its qualified name; names are looked up in its namespaces first.
        definitions: schemas of the interfaces that were met.
    """

    file: _File
    scope: str
    definitions: Json

    def refer_to(self, file: _File, name: str) -> Json:
        """Return a reference to an interface, which is read where it is met first."""
        key = f"{name} {file.path}".replace("/", "|").replace("~", "|").replace("%", "|")
        if key not in self.definitions:
            self.definitions[key] = {}
            self.definitions[key] = _InterfaceReader(file, name, self.definitions).interface()
        return {"$ref": DEFINITIONS + key}

    def interface(self) -> Json:
        """Return the schema of the interface, with those that it extends."""
        at, parents = self.file.begins[self.scope], []
        if self.file.text(at) == "extends":
            at += 1
            while self.file.text(at) not in ("{", ""):
                if self.file.text(at) != ",":
                    parents.append(self.find_type(self.file.text(at), at))
                at += 1
        own, _ = self.object(at)
        return {"allOf": [*parents, own]} if parents else own

    def find_type(self, name: str, at: int) -> Json:
        """Return the schema of a type that is built in, declared in this file, or imported."""
        if name in _PLAIN:
            return dict(_PLAIN[name])
        spaces = self.scope.split(".")
        for depth in range(len(spaces), -1, -1):
            known = ".".join([*spaces[:depth], name])
            if known in self.file.begins:
                return self.refer_to(self.file, known)
        head = name.partition(".")[0]
        if head in self.file.imports:
            other = _read(self.file.imports[head])
            if name in other.begins:
                return self.refer_to(other, name)
        problem = f"the type {name} is declared neither in this file nor in one that it imports"
        raise self.file.error(at, problem)

    def object(self, at: int) -> tuple[Json, int]:
        """Read the members between two braces; return their schema and the index behind them."""
        properties: Json = {}
        required: list[str] = []
        schema: Json = {"type": "object", "properties": properties, "required": required}
        at += 1
        while self.file.text(at) != "}":
            at += self.file.text(at) == "readonly"
            is_index = self.file.text(at) == "["
            if is_index:
                at = self._behind(at, "]")
            name = self.file.text(at - 1 if is_index else at).strip("'\"")
            at += not is_index
            is_optional = self.file.text(at) == "?"
            at += is_optional
            if self.file.text(at) != ":":
                raise self.file.error(
                    at, f"expected the type of {name}, found {self.file.text(at)!r}"
                )
            kind, at = self.type(at + 1)
            if is_index:
                schema["additionalProperties"] = kind
            else:
                properties[name] = kind
                required += [] if is_optional else [name]
            at += self.file.text(at) in (";", ",")
            if at >= len(self.file.tokens):
                raise self.file.error(at, "the file ends within an interface")
        return schema, at + 1

    def _behind(self, at: int, end: str) -> int:
        """Return the index behind the next token of a text."""
        while at < len(self.file.tokens) and self.file.text(at) != end:
            at += 1
        return at + 1

    def type(self, at: int) -> tuple[Json, int]:
        """Read a type or a union of types; return its schema and the index behind it."""
        at += self.file.text(at) == "|"
        found, at = self._single(at)
        members = [found]
        while self.file.text(at) == "|":
            found, at = self._single(at + 1)
            members.append(found)
        return (members[0] if len(members) == 1 else {"anyOf": members}), at

    def _single(self, at: int) -> tuple[Json, int]:
        text, follows = self.file.text(at), self.file.text(at + 1)
        if text == "{":
            found, at = self.object(at)
        elif text == "(":
            found, at = self.type(at + 1)
            at += 1
        elif text[:1] in ("'", '"'):
            found, at = {"const": text[1:-1]}, at + 1
        elif re.fullmatch(r"-?\d[\d_.]*", text):
            found, at = {"const": float(text)}, at + 1
        elif text in ("Array", "ReadonlyArray") and follows == "<":
            items, at = self.type(at + 2)
            found, at = {"type": "array", "items": items}, at + 1
        elif text in ("Record", "Map") and follows == "<":
            values, at = self.type(self._behind(at, ","))
            found, at = {"type": "object", "additionalProperties": values}, at + 1
        elif re.match(r"[A-Za-z_$]", text) and follows not in ("<", "("):
            found, at = self.find_type(text, at), at + 1
        else:
            raise self.file.error(at, f"a type that docpact does not read, at {text!r}")
        while self.file.text(at) == "[" and self.file.text(at + 1) == "]":
            found, at = {"type": "array", "items": found}, at + 2
        return found, at
