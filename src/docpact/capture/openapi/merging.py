"""Conjunctions of schemas: one schema with the statements of all branches of an `allOf`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, TypeAlias

from docpact.bodies.places import allows
from docpact.bodies.wording import equality_key, json_type
from docpact.cases.plain import MERGES
from docpact.limits import MAX_PARTS
from docpact.model.schema import ANNOTATIONS, DEFINITIONS, MAP, NOTHING, list_types
from docpact.text import shorten

Stated: TypeAlias = Mapping[str, Any]
"""A schema in the vocabulary of contracts."""

LookUp: TypeAlias = Callable[[str], Stated | None]
"""Returns the definition that a reference names, or None if it is not complete yet."""

MAX_FORMS: Final = 32
"""Maximum number of members of a union that is made of two unions."""

_TOGETHER: Final = (
    *({keyword} for keyword in ("pattern", "format", "multipleOf", "not", "oneOf")),
    *({keyword} for keyword in ("propertyNames", "dependentSchemas", "dependentRequired")),
    {"if", "then", "else"},
    {"contains", "minContains", "maxContains"},
    {"prefixItems", "items"},
    {"patternProperties", MAP},
)
"""Keywords that read each other: of two schemas, only one may have those of a group, or both the
same ones."""


_JOINS: Final[Mapping[str, Callable[[Sequence[Any]], Any]]] = {
    **MERGES,
    "allOf": lambda lists: [each for listed in lists for each in listed],
}
"""Keyword → what states both of its values."""


class _Contradiction(Exception):
    """No value is valid under two schemas."""


class TooManyPartsError(Exception):
    """More than `MAX_PARTS` parts were merged."""


def _can_merge(one: Stated, other: Stated) -> bool:
    """Return whether one schema without a further `allOf` can state the same as two schemas."""
    if any("unevaluated" in keyword for keyword in (*one, *other)):
        return False
    if len(one.get("anyOf", ())) * len(other.get("anyOf", ())) > MAX_FORMS:
        return False
    for group in _TOGETHER:
        parts = [{k: each[k] for k in group if k in each} for each in (one, other)]
        is_plain = all(part.keys() <= {"items", MAP} for part in parts)
        if all(parts) and parts[0] != parts[1] and not (is_plain and len(group) == 2):
            return False
    return _can_join(one, other) and _can_join(other, one)


def _can_join(one: Stated, other: Stated) -> bool:
    """Return whether further properties may be those of another schema."""
    further = other.get("properties", {}).keys() - one.get("properties", {}).keys()
    is_closed = one.get(MAP) is False
    if is_closed and (further or MAP in other or "patternProperties" in other):
        return False
    return not (further and MAP in one and "patternProperties" in one)


def _list_branches(schema: Stated) -> list[Stated]:
    """Return the branches of a schema that has nothing but `allOf`, else the schema."""
    return list(schema["allOf"]) if schema.keys() == {"allOf"} else [schema]


def asserts(schema: Stated) -> bool:
    """Return whether a schema has a keyword that is not an annotation."""
    return not schema.keys() <= ANNOTATIONS


def takes_null(schema: Any, look_up: LookUp, known: dict[str, bool] | None = None) -> bool:
    """Return whether null is a value of a schema; not of a definition that is not complete yet.

    Args:
        schema: an object or a Boolean.
        look_up: finds the definitions.
        known: name of a definition → whether it takes null, as far as it was asked.
    """
    known = {} if known is None else known
    if isinstance(schema, bool):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(DEFINITIONS)
        if name not in known:
            known[name], found = False, look_up(name)
            known[name] = found is not None and takes_null(found, look_up, known)
        return known[name]
    listed = schema.get("enum", [schema.get("const")])
    if None not in listed or "null" not in list_types(schema, "null"):
        return False
    if "not" in schema and takes_null(schema["not"], look_up, known):
        return False
    unions = [schema[keyword] for keyword in ("anyOf", "oneOf") if keyword in schema]
    return all(takes_null(each, look_up, known) for each in schema.get("allOf", ())) and all(
        any(takes_null(each, look_up, known) for each in forms) for forms in unions
    )


def allow_null(schema: Stated, look_up: LookUp = lambda _: None) -> dict[str, Any]:
    """Return a schema that allows null too.

    Args:
        schema: is left as it is.
        look_up: finds the definitions.
    """
    found = dict(schema)
    if "$ref" in found:
        return {"anyOf": [found, {"type": "null"}]}
    if "const" in found and found["const"] is not None:
        found["enum"] = [found.pop("const")]
    if "type" in found:
        kinds = list_types(found)
        found["type"] = found["type"] if "null" in kinds else [*kinds, "null"]
    if "enum" in found and None not in found["enum"]:
        found["enum"] = [*found["enum"], None]
    for keyword in ("anyOf", "oneOf"):
        forms = found.get(keyword)
        if forms is not None and not any(takes_null(each, look_up) for each in forms):
            found[keyword] = [*found[keyword], {"type": "null"}]
    return found


@dataclass(frozen=True, slots=True)
class Merger:
    """Merges schemas; keeps the weaker one where no schema of a contract says what both say.

    Attributes:
        look_up: finds the definitions.
        numbers: of the parts that are merged; mergers of one document share them.
        problems: texts about the keywords that were left out.
    """

    look_up: LookUp
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    problems: list[str] = field(default_factory=list)

    def merge(self, branches: Iterable[Stated]) -> dict[str, Any]:
        """Return one schema of all branches.

        Raises:
            TooManyPartsError: the branches have too many parts.
        """
        merged: Stated = {}
        for each in branches:
            merged = self._both(merged, each, (), is_form=False)
        return dict(merged)

    def _both(
        self, one: Stated, other: Stated, within: tuple[str, ...], *, is_form: bool
    ) -> Stated:
        if next(self.numbers) > MAX_PARTS:
            raise TooManyPartsError
        if one == other or not asserts(one) or not asserts(other):
            return {**one, **other}
        names = tuple(each["$ref"] for each in (one, other) if "$ref" in each)
        if any(name in within for name in names):
            return self._weaker(one, other)
        first, second = self._follow(one), self._follow(other)
        if first is None or second is None:
            return self._weaker(one, other)
        if "$ref" in one and first == second:
            return one
        return self._keywords(first, second, (*within, *names), is_form=is_form)

    def _weaker(self, one: Stated, other: Stated) -> Stated:
        """Return the one of two schemas that is a reference."""
        kept = one if "$ref" in one else other
        name = kept["$ref"].removeprefix(DEFINITIONS)
        self.problems.append(f"allOf: the keywords next to {name}, because it contains itself")
        return kept

    def _follow(self, schema: Stated) -> Stated | None:
        while "$ref" in schema:
            found = self.look_up(schema["$ref"].removeprefix(DEFINITIONS))
            if found is None:
                return None
            beside = {keyword: each for keyword, each in schema.items() if keyword != "$ref"}
            schema = {**found, **beside} if beside.keys() <= ANNOTATIONS else found
        return schema

    def _keywords(
        self, one: Stated, other: Stated, within: tuple[str, ...], *, is_form: bool
    ) -> Stated:
        if not _can_merge(one, other):
            return {"allOf": [*_list_branches(one), *_list_branches(other)]}
        if all(each.keys() & {"const", "enum"} for each in (one, other)):
            one, other = _enumerate_const(one), _enumerate_const(other)
        both = one.keys() & other.keys()
        merged = {**one, **other}
        merged |= {k: merge((one[k], other[k])) for k, merge in _JOINS.items() if k in both}
        for keyword in ("type", "enum", "anyOf"):
            if keyword in both:
                merged[keyword] = self._combine(keyword, one, other, within, is_form=is_form)
                if not merged[keyword]:
                    self._contradict(keyword, (one, other), is_form=is_form)
                    del merged[keyword]
        if "type" in merged and "enum" in merged:
            kinds, values = list_types(merged), merged["enum"]
            merged["enum"] = [each for each in values if allows(kinds, json_type(each))] or values
        for keyword in ("items", MAP):
            if keyword in both:
                merged[keyword] = self._both(one[keyword], other[keyword], within, is_form=False)
        if "properties" in one or "properties" in other:
            merged["properties"] = self._properties(one, other, within, is_form=is_form)
        return merged

    def _properties(
        self, one: Stated, other: Stated, within: tuple[str, ...], *, is_form: bool
    ) -> dict[str, Any]:
        first, second = one.get("properties", {}), other.get("properties", {})
        required = {*one.get("required", ()), *other.get("required", ())}
        found: dict[str, Any] = {}
        for name in {**first, **second}:
            both = first.get(name, one.get(MAP, {})), second.get(name, other.get(MAP, {}))
            is_further = not is_form and not (name in first and name in second)
            try:
                found[name] = self._both(*both, within, is_form=is_form or is_further)
            except _Contradiction:
                if is_further:
                    found[name] = first.get(name, second.get(name))
                    text = f"allOf: additionalProperties for {name}, which is documented itself"
                    self.problems.append(text)
                elif name in required:
                    raise
                else:
                    found[name] = dict(NOTHING)
        return found

    def _combine(
        self, keyword: str, one: Stated, other: Stated, within: tuple[str, ...], *, is_form: bool
    ) -> Any:
        """Return the value of a keyword that combines two values; empty if there is none."""
        if keyword == "type":
            kinds = [list_types(one), list_types(other)]
            found = _merge_types(*kinds)
            if found and not is_form and len({"null" in each for each in kinds}) > 1:
                self.problems.append("allOf: null, which another branch forbids")
            return found
        if keyword == "enum":
            return [value for value in one["enum"] if is_in(value, other["enum"])]
        return self._product(one["anyOf"], other["anyOf"], within)

    def _product(
        self, one: list[Stated], other: list[Stated], within: tuple[str, ...]
    ) -> list[Stated]:
        """Return the members of a union whose values are valid under two unions."""
        forms: list[Stated] = []
        for each in one:
            for beside in other:
                try:
                    forms.append(self._both(each, beside, within, is_form=True))
                except _Contradiction:
                    continue
        return forms

    def _contradict(self, keyword: str, schemas: Iterable[Stated], *, is_form: bool) -> None:
        if is_form:
            raise _Contradiction
        stated = " and ".join(f"{keyword} {shorten(str(each[keyword]))}" for each in schemas)
        self.problems.append(f"allOf: {stated}, which contradict each other")


def _enumerate_const(schema: Stated) -> Stated:
    """Return a schema with `enum` in place of `const`."""
    if "const" not in schema:
        return schema
    rest = {keyword: each for keyword, each in schema.items() if keyword != "const"}
    is_listed = is_in(schema["const"], rest.get("enum", [schema["const"]]))
    return {**rest, "enum": [schema["const"]] if is_listed else []}


def _merge_types(one: list[str], other: list[str]) -> str | list[str]:
    found = [name for name in one if name in other or (name == "integer" and "number" in other)]
    found += [name for name in other if name == "integer" and "number" in one and name not in one]
    return found[0] if len(found) == 1 else found


def is_in(value: Any, values: Iterable[Any]) -> bool:
    """Return whether a list has a value of JSON."""
    return equality_key(value) in map(equality_key, values)
