"""The record of a translation of schemas, and the translations that operations share."""

from __future__ import annotations

import pickle
import re
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any, Final, TypeVar

from docpact.capture.openapi.document import OpenApi
from docpact.capture.openapi.keywords import has_unknown_name
from docpact.capture.openapi.sharing import MOST, Translation
from docpact.model.pointer import Tokens, list_of, mapping_of, name_apart, pointer, tokens
from docpact.model.schema import DEFINITIONS
from docpact.model.traversal import children

_Result = TypeVar("_Result")

_CONTAINERS: Final = frozenset({"components", "schemas", "properties", "$defs", "definitions"})
"""Parts of a JSON Pointer that do not distinguish components."""


@dataclass(frozen=True, slots=True)
class Record(ABC):
    """The results of translating the schemas of one document of a contract.

    Attributes:
        definitions: name → schema of every component that a reference leads to.
        origins: JSON Pointer of a keyword → its JSON Pointer in the OpenAPI document.
        gaps: JSON Pointer of a schema, its JSON Pointer in the OpenAPI document, and a statement
            that a contract cannot express.
        names: JSON Pointer of a component → the name of its definition.
        targets: name of a definition → its component and the JSON Pointer of that.
        unfinished: names of the definitions that are being translated.
        is_text: whether values are texts in a request, which may have several forms of a union.
        unsent: the keyword of properties that no message of this kind contains: `writeOnly` in
            responses, `readOnly` in requests, or empty.
        parts: numbers of the parts that are merged.
        scope: dynamic anchor → JSON Pointer of the outermost one, if schemas with URIs have any.
    """

    document: OpenApi
    definitions: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    gaps: list[tuple[str, str, str]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    targets: dict[str, tuple[Any, str]] = field(default_factory=dict)
    unfinished: set[str] = field(default_factory=set)
    is_text: bool = False
    unsent: str = ""
    parts: Iterator[int] = field(default_factory=lambda: count(1))
    scope: dict[str, str] = field(default_factory=dict)

    @abstractmethod
    def schema(self, stated: Any, where: str, path: Tokens) -> dict[str, Any]:
        """Return the translation of a schema; of `true` and anything else, an empty schema."""

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
            self.names[key] = name_apart(stem, {*self.names.values()})
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

    def unsent_names(
        self, stated: Any, where: str, unions: Iterable[str] = ("anyOf", "oneOf")
    ) -> Iterator[str]:
        """Yield the properties that messages do not contain, by `allOf` or every form of a union.

        The unions in forms of other unions are not read: there may be very many paths to them.
        """
        seen: list[str] = []
        waiting = [(stated, where)]
        while waiting and self.unsent:
            found, at = self.document.resolve(*waiting.pop())
            if at in seen or not isinstance(found, Mapping):
                continue
            seen.append(at)
            for name, each in mapping_of(found.get("properties")).items():
                if self.is_unsent(each, f"{at}{pointer(['properties', name])}"):
                    yield name
            listed = list_of(found.get("allOf"))
            waiting += [(each, f"{at}/allOf/{number}") for number, each in enumerate(listed)]
            for keyword in unions:
                forms = enumerate(list_of(found.get(keyword)))
                hidden = [{*self.unsent_names(e, f"{at}/{keyword}/{n}", ())} for n, e in forms]
                yield from set[str].intersection(*hidden) if hidden else ()

    def is_unsent(self, stated: Any, where: str) -> bool:
        """Return whether messages do not contain a property with some schema.

        Its own keywords go before those of a schema that it refers to, which others may refer to.
        """
        own = mapping_of(stated)
        if flags := [name for name in ("readOnly", "writeOnly") if own.get(name) is True]:
            return self.unsent in flags
        found, at = self.document.resolve(stated, where)
        listed = list_of(mapping_of(found).get("allOf"))
        inner = [self.document.resolve(each, at)[0] for each in listed]
        return any(mapping_of(each).get(self.unsent) is True for each in (found, *inner))

    def is_vague(self, stated: Any, where: str, *, is_deep: bool = True) -> bool:
        """Return whether a schema has a format or a pattern that docpact does not know.

        So has a schema with one in it; unless it is deep, only those about the same value count.
        """
        seen, waiting = set[str](), [(stated, where)]
        while waiting:
            found, at = self.document.read_object(*waiting.pop())
            if at in seen:
                continue
            seen.add(at)
            if has_unknown_name(found):
                return True
            waiting += [
                (each, f"{at}{pointer(step)}")
                for step, each in children(found)
                if is_deep or step[0] in ("allOf", "anyOf", "oneOf")
            ]
        return False

    def share(self, kind: str, at: str, translate: Callable[[], _Result]) -> _Result:
        """Return the result of a translation; of one made for an earlier record, a copy.

        The record is left as the translation leaves it. Only translations into a record without
        definitions are shared, by their kind and the JSON Pointer of their component.
        """
        is_fresh = not (self.definitions or self.gaps or self.scope)
        if not is_fresh or self.names.keys() - {at}:
            return translate()
        known = self.document.translations
        key = (kind, at, self.unsent, self.is_text)
        if key in known:
            found = known[key] = known.pop(key)
            repeated: _Result = self._repeat(found)
            return repeated
        before, first = {*self.origins}, next(self.parts)
        result = translate()
        known[key] = Translation(
            pickle.dumps((result, self.definitions)),
            {where: each for where, each in self.origins.items() if where not in before},
            list(self.gaps),
            dict(self.names),
            dict(self.targets),
            next(self.parts) - first + 1,
        )
        if len(known) > MOST:
            del known[next(iter(known))]
        return result

    def _repeat(self, found: Translation) -> Any:
        result, definitions = pickle.loads(found.schemas)  # noqa: S301 — written by `share`
        self.definitions.update(definitions)
        self.origins.update(found.origins)
        self.gaps.extend(found.gaps)
        self.names.update(found.names)
        self.targets.update(found.targets)
        deque(islice(self.parts, found.parts), maxlen=0)
        return result
