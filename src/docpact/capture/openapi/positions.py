"""Lines of a JSON or YAML text, found by JSON Pointer when they are asked for."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from docpact.files import compose_yaml
from docpact.model.pointer import tokens

LONGEST: Final = 300
"""Maximum number of characters of a line that is quoted; longer ones are those of minified JSON."""

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_DECODER: Final = json.JSONDecoder()


@dataclass(eq=False)
class TextFile:
    """A file of a document.

    Attributes:
        name: as the user named it, or as a reference does.
        text: its content.
        is_json: whether it is JSON, else YAML.
    """

    name: str
    text: str
    is_json: bool
    _found: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def find_line(self, where: str) -> tuple[int, str] | None:
        """Return number and text of the line on which a value begins, or None if it is unknown.

        Args:
            where: JSON Pointer; of a value that is not in the file, the nearest part around it
                counts.
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
        if not path:
            return 0
        for length in range(1, len(path) + 1):
            members = self._list_members(path[: length - 1])
            if path[length - 1] not in members:
                return self._find(path[: length - 1])
        return int(self._list_members(path[:-1])[path[-1]][0])

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
