"""The record of a translation: its definitions, the origins of keywords, and the gaps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from docpact.capture.openapi.document import OpenApi
from docpact.model.pointer import Tokens, pointer, tokens
from docpact.model.schema import DEFINITIONS

_CONTAINERS: Final = frozenset({"components", "schemas", "properties", "$defs", "definitions"})
"""Parts of a JSON Pointer that do not distinguish components."""


@dataclass(frozen=True, slots=True)
class Record:
    """The results of translating the schemas of one document of a contract.

    Attributes:
        document: the OpenAPI document.
        definitions: name → schema of every component that a reference leads to.
        origins: JSON Pointer of a keyword → its JSON Pointer in the OpenAPI document.
        gaps: JSON Pointer of a schema, its JSON Pointer in the OpenAPI document, and a statement
            that a contract cannot express.
        names: JSON Pointer of a component → the name of its definition.
        targets: name of a definition → its component and the JSON Pointer of that.
        unfinished: names of the definitions that are being translated.
        is_text: whether values are texts in a request, which may have several forms of a union.
    """

    document: OpenApi
    definitions: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    gaps: list[tuple[str, str, str]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    targets: dict[str, tuple[Any, str]] = field(default_factory=dict)
    unfinished: set[str] = field(default_factory=set)
    is_text: bool = False

    def find_finished(self, name: str) -> Mapping[str, Any] | None:
        """Return a definition, or None if it is being translated."""
        found: Mapping[str, Any] = self.definitions[name]
        return None if name in self.unfinished else found

    def expand(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the definition that a schema refers to, as far as it is translated."""
        seen: set[str] = set()
        while "$ref" in schema and (name := schema["$ref"]) not in seen:
            seen.add(name)
            schema = self.definitions[name.removeprefix(DEFINITIONS)]
        return schema

    def name(self, at: str, scope: str = "") -> str:
        """Return the name of a component in the contract: unique, and safe in a reference.

        A component may have several, one for each scope of its dynamic references.
        """
        key = at + scope
        if key not in self.names:
            parts = [each for each in tokens(at) if each not in _CONTAINERS] or ["document"]
            stem = re.sub(r"[^\w.$-]+", "_", "_".join(parts), flags=re.ASCII)
            taken, number, name = set(self.names.values()), 1, stem
            while name in taken:
                number += 1
                name = f"{stem}_{number}"
            self.names[key] = name
        return self.names[key]

    def gap(self, path: Tokens, where: str, text: str) -> None:
        """Record something that a contract cannot express, once."""
        if (each := (pointer(path), where, text)) not in self.gaps:
            self.gaps.append(each)

    def forget(self, where: str) -> None:
        """Forget the origins of a part; its gaps belong to the schema that it was merged into."""
        for each in [each for each in self.origins if f"{each}/".startswith(f"{where}/")]:
            del self.origins[each]
        gaps = [("" if f"{a}/".startswith(f"{where}/") else a, b, c) for a, b, c in self.gaps]
        self.gaps[:] = dict.fromkeys(gaps)

    def move(self, path: Tokens, to: Tokens) -> None:
        """Record the origins of a schema, and of all below it, under another path."""
        if path == to:
            return
        old, new = pointer(path), pointer(to)
        for where in [each for each in self.origins if each.startswith(f"{old}/")]:
            self.origins[new + where.removeprefix(old)] = self.origins.pop(where)
        moved = [
            (new + a.removeprefix(old) if f"{a}/".startswith(f"{old}/") else a, b, c)
            for a, b, c in self.gaps
        ]
        self.gaps[:] = dict.fromkeys(moved)
