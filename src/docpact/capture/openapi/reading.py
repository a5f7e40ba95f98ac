"""OpenAPI documents as files: decoded, and several files put together as one document."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urldefrag, urlsplit

from docpact.capture.embedded import read_plain_yaml
from docpact.errors import DocpactError, UsageError
from docpact.files import compose_yaml, find_real, read_finite, read_json, read_text
from docpact.model.pointer import mapping_of, pointer, tokens

FILES: Final = "x-docpact-files"
"""The key of a document for the content of other files, by their names."""

MOST: Final = 2000
"""Maximum number of files of one document."""

_EXTERNAL: Final = (
    re.compile(r"""\$ref["']?\s*:\s*["']?[^#"'\s]"""),
    re.compile(r"""mapping["']?\s*:\s*\{?[^{}]{0,4000}\.(?:json|ya?ml)\b"""),
)
"""The text of a reference to another file, and of a discriminator that names files."""

_ENDLESS: Final = (Path.is_fifo, Path.is_socket, Path.is_char_device, Path.is_block_device)
"""Kinds of files that may never end."""

_VALUES: Final = frozenset({"example", "default", "enum", "const", "value", "examples"})
"""Keywords with values, in which `$ref` is a name like any other."""

_MAPS: Final = frozenset(
    {"properties", "patternProperties", "$defs", "definitions", "schemas", "parameters"}
    | {"responses", "requestBodies", "headers", "dependentSchemas", "pathItems", "examples"}
)
"""Keywords with names of the user's below them."""


class FileContent(dict[str, Any]):
    """The content of a document that was read from files.

    Attributes:
        files: JSON Pointer of the content of each file → the file.
        problems: reference that was not followed → why.
    """

    files: Mapping[str, TextFile]
    problems: Mapping[str, str]


def read_document(file: Path, root: Path | None = None) -> Any:
    """Return the decoded content of a JSON or YAML file, with the files that it refers to.

    References to other files become references within the document. Only files below the root, by
    default the folder of the file, are read, and nothing from the network.
    """
    whole = _decode(file, str(file))
    if not isinstance(whole.content, dict):
        return whole.content
    found = FileContent(whole.content)
    found.files, found.problems = {"": whole.source}, {}
    if any(each.search(whole.source.text) for each in _EXTERNAL):
        bundle = _Bundle(file, root or file.parent)
        found.update(bundle.run(whole))
        found.files, found.problems = bundle.sources, bundle.problems
    return found


@dataclass(frozen=True, slots=True)
class _Decoded:
    source: TextFile
    content: Any


def _decode(file: Path, name: str) -> _Decoded:
    """Return the content of a file; one named as JSON may be YAML, of which JSON is a part."""
    text = read_text(file)
    if not text.strip():
        raise UsageError(f"{file}: the file is empty")
    if file.suffix == ".json":
        try:
            return _Decoded(TextFile(name, text, is_json=True), read_json(text, read_finite))
        except ValueError as error:
            problem = UsageError(f"{file}: cannot be read as JSON: {error}")
        try:
            content = read_plain_yaml(text, file)
        except DocpactError:
            raise problem from None
        if not isinstance(content, dict):
            raise problem
    else:
        content = read_plain_yaml(text, file)
    return _Decoded(TextFile(name, text, is_json=False), content)


@dataclass
class _Bundle:
    """Puts the files of a document together.

    Attributes:
        root: the folder that has all of its files.
        sources: JSON Pointer of the content of each file → the file.
        problems: reference that was not followed → why.
        known: reference and the file that contains it → the reference within the whole document.
        definitions: names of the definitions of Swagger, which a reference may be without a path.
    """

    file: Path
    root: Path
    sources: dict[str, TextFile] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    places: dict[Path, str] = field(default_factory=dict)
    waiting: list[tuple[Path, str, Any]] = field(default_factory=list)
    known: dict[tuple[str, Path], str] = field(default_factory=dict)
    definitions: Container[str] = ()

    def run(self, whole: _Decoded) -> dict[str, Any]:
        """Return the document; the content of other files is below `FILES`."""
        self.file, self.root = find_real(self.file), find_real(self.root)
        self.places[self.file] = ""
        self.sources[""] = whole.source
        if isinstance(whole.content, dict) and "swagger" in whole.content:
            self.definitions = mapping_of(whole.content.get("definitions"))
        found: dict[str, Any] = self.rewrite(whole.content, self.file)
        others: dict[str, Any] = {}
        while self.waiting:
            path, name, content = self.waiting.pop()
            others[name] = self.rewrite(content, path)
        return {**found, FILES: others} if others else found

    def rewrite(self, value: Any, file: Path, key: str = "") -> Any:
        """Return a part of a file, at a key, with references within the whole document."""
        if isinstance(value, list):
            return [self.rewrite(each, file) for each in value]
        if not isinstance(value, dict):
            return value
        found: dict[str, Any] = {}
        for name, each in value.items():
            if name == "$ref" and isinstance(each, str):
                if (each, file) not in self.known:
                    self.known[each, file] = self.refer(each, file)
                found[name] = self.known[each, file]
            elif name == "mapping" and key == "discriminator" and isinstance(each, dict):
                found[name] = self.rewrite_mapping(each, file)
            elif name in _VALUES and key not in _MAPS and not _has_references(name, each):
                found[name] = each
            else:
                found[name] = self.rewrite(each, file, name)
        return found

    def rewrite_mapping(self, mapping: Mapping[str, Any], file: Path) -> dict[str, Any]:
        """Return the mapping of a discriminator, whose values are names or references."""

        def is_reference(each: str) -> bool:
            is_file = _names_file(each) and _is(Path.is_file, file.parent / each)
            return is_file or "#" in each or "/" in each

        return {
            name: self.refer(each, file) if isinstance(each, str) and is_reference(each) else each
            for name, each in mapping.items()
        }

    def refer(self, ref: str, file: Path) -> str:
        """Return a reference as one within the whole document, if its file can be read.

        A URL means the file of its last name that the user saved beside the one with the reference.
        """
        uri, fragment = urldefrag(ref)
        if not uri and fragment[:1] not in ("", "/"):  # an anchor of the resource around it
            return ref
        if urlsplit(uri).scheme or uri.startswith("//"):
            name = urlsplit(uri).path.rpartition("/")[2]
            if not name or not _names_file(name) or not _is(Path.is_file, file.parent / name):
                place = f"beside {file.name}{f' as {name}' if name else ''}"
                self.problems[ref] = f"docpact reads nothing from the network; save it {place}"
                return ref
            uri = name
        if not _names_file(path := unquote(uri)):
            self.problems[ref] = "it names no file"
            return ref
        target = find_real(file.parent / path) if uri else file
        if ref in self.definitions and file == self.file and not _is(Path.exists, target):
            return f"#{pointer(['definitions', ref])}"
        if target not in self.places and (problem := self.load(target)):
            self.problems[ref] = problem
            return ref
        return f"#{self.places[target]}{fragment if fragment[:1] in ('', '/') else f'#{fragment}'}"

    def load(self, target: Path) -> str:
        """Read a file that a reference names; return why it cannot be read, or an empty text."""
        if not target.is_relative_to(self.root):
            return f"the file is outside of the folder {self.root}; capture it with --root DIR"
        if len(self.places) >= MOST:
            return f"the document has more than {MOST:,} files"
        name = target.relative_to(self.root).as_posix()
        if any(_is(kind, target) for kind in _ENDLESS):
            return f"{name} is not a file"  # reading a pipe or a device may never end
        try:
            decoded = _decode(target, name)
        except DocpactError as error:
            return str(error).replace(str(target), name)
        self.places[target] = pointer([FILES, name])
        self.sources[self.places[target]] = decoded.source
        self.waiting.append((target, name, decoded.content))
        return ""


def _names_file(text: str) -> bool:
    """Return whether a text can be the name of a file: it has no NUL and no half surrogate pair."""
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def _is(kind: Callable[[Path], bool], file: Path) -> bool:
    """Return whether a file is of a kind; one whose name is too long is of none."""
    try:
        return kind(file)
    except OSError:
        return False


def _has_references(name: str, value: Any) -> bool:
    """Return whether a value is a map of examples, which may be references."""
    parts: Iterable[Any] = value.values() if isinstance(value, dict) else ()
    return name == "examples" and any(isinstance(each, dict) for each in parts)


LONGEST: Final = 300
"""Maximum number of characters of a line that is quoted; longer ones are minified JSON."""

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_DECODER: Final = json.JSONDecoder()


@dataclass(eq=False)
class TextFile:
    """A file of a document.

    Attributes:
        name: as the user named it, or as a reference does.
        is_json: whether it is JSON, else YAML.
    """

    name: str
    text: str
    is_json: bool
    _found: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def find_line(self, where: str) -> tuple[int, str] | None:
        """Return number and text of the line on which a value begins, or None if it is unknown.

        Of a value that is not in the file, the nearest part around it counts.
        """
        try:
            offset = self._find(tokens(where))
        except (ValueError, RecursionError):
            return None
        number = bisect_right(self._starts, offset)
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        quote = self.text[start:end].strip().rstrip(",") if end - start <= LONGEST else ""
        return (number, quote) if quote else None

    @cached_property
    def _starts(self) -> list[int]:
        """The offset of the first character of each line."""
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    def _find(self, path: tuple[str, ...]) -> int:
        """Return the offset of the line of a value: of a property, that of its name."""
        offset = 0
        for length, name in enumerate(path):
            members = self._list_members(path[:length])
            if name not in members:
                break
            offset = members[name][0]
        return offset

    def _list_members(self, path: tuple[str, ...]) -> dict[str, tuple[int, Any]]:
        """Return name or index → offset, and the value to go on from, of an object or array."""
        if path not in self._found:
            value = self._list_members(path[:-1])[path[-1]][1] if path else self._root
            self._found[path] = self._scan(value) if self.is_json else self._read_node(value)
        members: dict[str, tuple[int, Any]] = self._found[path]
        return members

    @cached_property
    def _root(self) -> Any:
        """The value to begin with: the offset of the text of JSON, or the node of YAML."""
        return 0 if self.is_json else compose_yaml(self.text)

    def _scan(self, start: int) -> dict[str, tuple[int, int]]:
        """Return name or index → offset of its line and of its value; values are skipped fast."""
        found: dict[str, tuple[int, int]] = {}
        at = self._skip(start)
        if self.text[at] not in "{[":
            return found
        is_object, at = self.text[at] == "{", self._skip(at + 1)
        while self.text[at] not in "}]":
            name, begin = str(len(found)), at
            if is_object:
                name, end = _DECODER.raw_decode(self.text, at)
                at = self._skip(self._skip(end) + 1)
            found[name] = begin, at
            _, end = _DECODER.raw_decode(self.text, at)
            at = self._skip(end)
            at = self._skip(at + 1) if self.text[at] == "," else at
        return found

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def _read_node(self, node: Any) -> dict[str, tuple[int, Any]]:
        if node is None or isinstance(node.value, str):
            return {}
        pairs = enumerate(node.value) if node.id == "sequence" else node.value
        return {
            str(key) if isinstance(key, int) else str(key.value): (
                self._starts[(value if isinstance(key, int) else key).start_mark.line],
                value,
            )
            for key, value in pairs
        }
