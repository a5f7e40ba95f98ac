"""Schemas of OpenAPI 3.0 and 3.1, translated to the vocabulary of contracts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from docpact.capture.openapi.keywords import (
    INNER,
    MERGED,
    NAMED,
    NULLABLE,
    has_no_value,
    is_nullable,
    may_grow,
    read_items,
    read_keywords,
    read_nulls,
)
from docpact.capture.openapi.merging import Merger, TooManyPartsError, allow_null
from docpact.capture.openapi.record import Record
from docpact.capture.openapi.unions import (
    SEVERAL,
    has_several_forms,
    is_held,
    list_mapped,
    states_forms,
    translate_unions,
    without_properties,
)
from docpact.errors import ContractError
from docpact.limits import MAX_PARTS
from docpact.model.pointer import Tokens, find_by_prefix, list_of, pointer
from docpact.model.schema import CLOSING, DEFINITIONS, NOTHING, with_reached
from docpact.model.traversal import APPLICATORS, map_keyword, subschemas
from docpact.text import shorten

MAX_PATH: Final = 100
"""Maximum length of a schema's path: deeper ones cannot be checked."""

ANNOTATING: Final = frozenset({"default", "deprecated"})
"""Annotations that are kept beside a reference."""


@dataclass(frozen=True, slots=True)
class Translator(Record):
    """Translates the schemas of one document of a contract.

    Attributes:
        merging: JSON Pointers of the branches of `allOf` that are being translated.
    """

    merging: list[str] = field(default_factory=list)

    def whole(self, stated: Any, where: str) -> dict[str, Any]:
        """Return the schema of a whole document, with its definitions."""
        if not self.is_reference(stated):
            return self.complete(self.translate_resolved(stated, where, ()))
        with self.within(where):
            target, at = self.resolve(stated, where)
            return self.share("document", at, partial(self.whole, target, at))

    def relax(self, schema: dict[str, Any]) -> None:
        """Replace each `oneOf` by `anyOf` of which usual values have several forms.

        Inner unions come first, because the paths in them change with their own.
        """
        described = [(at, each) for at, each in subschemas(schema) if isinstance(each, dict)]
        for path, each in reversed(described):
            if "oneOf" not in each or "anyOf" in each:
                continue
            forms = with_reached({"oneOf": each["oneOf"], "$defs": self.definitions})
            if has_several_forms(json.dumps(forms)):
                each["anyOf"] = each.pop("oneOf")
                stated = self.origins.get(pointer((*path, "oneOf")), "").rpartition("/")[0]
                at = stated or find_by_prefix(self.origins, pointer(path)) or ""
                self.move((*path, "oneOf"), (*path, "anyOf"))
                self.gap(path, at, SEVERAL)

    def complete(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return a schema with the definitions that it reaches; others were merged into it."""
        whole = {**schema, "$defs": self.definitions}
        self.relax(whole)
        found = {**with_reached(whole)}
        for name in self.definitions.keys() - found.get("$defs", {}).keys():
            self.forget(pointer(("$defs", name)))
        return found

    def is_reference(self, stated: Any) -> bool:
        """Return whether a schema is a reference without other keywords that count."""
        is_mapping = isinstance(stated, Mapping) and "$ref" in stated
        return is_mapping and not stated.keys() & {*MERGED, *NULLABLE}

    def translate_resolved(self, stated: Any, where: str, path: Tokens) -> dict[str, Any]:
        """Return the translation of a schema, or of the schema that it refers to."""
        with self.within(where):
            if self.is_reference(stated):
                return self.translate_resolved(*self.resolve(stated, where), path)
            schema = self.schema(stated, where, path)
            if "$ref" not in schema:
                return schema
            name = schema.pop("$ref").removeprefix(DEFINITIONS)
            return self.translate_resolved(*self.targets[name], path) | schema

    def attempt(self, stated: Any, where: str, path: Tokens) -> dict[str, Any] | None:
        """Return the translation of a schema; of one that cannot be read, None and a gap."""
        state: list[dict[Any, Any]] = [self.definitions, self.origins, self.names, self.targets]
        before, gaps = [dict(each) for each in state], list(self.gaps)
        try:
            return self.schema(stated, where, path)
        except ContractError as error:
            for table, kept in zip(state, before, strict=True):
                table.clear()
                table.update(kept)
            self.gaps[:] = gaps
            self.unfinished.clear()
            self.merging.clear()
            self.gap(path, where, error.problem)
            return None

    def schema(self, stated: Any, where: str, path: Tokens) -> dict[str, Any]:
        """Return the translation of a schema; of `true` and anything else, an empty schema."""
        if stated is False:
            return dict(NOTHING)
        if not isinstance(stated, Mapping):
            return {}
        with self.within(where):
            if isinstance(stated.get("$ref"), str):
                return self.reference(stated, where, path)
            return self.inline(stated, where, path)

    @contextmanager
    def within(self, where: str) -> Iterator[None]:
        """Add the anchors of a schema to the dynamic scope; anchors of outer schemas come first."""
        known = self.document.dynamic
        listed = known.get(self.document.find_base(where), {}) if len(known) > 1 else {}
        new = {name: at for name, at in listed.items() if name not in self.scope}
        self.scope.update(new)
        try:
            yield
        finally:
            for name in new:
                del self.scope[name]

    def without_dynamic(
        self, stated: Mapping[str, Any], where: str, path: Tokens
    ) -> Mapping[str, Any]:
        """Return a schema with a `$ref` for its `$dynamicRef`."""
        found = dict(stated)
        ref = found.pop("$dynamicRef")
        name = ref.partition("#")[2]
        if self.document.dynamic.get(self.document.find_base(where), {}).get(name) == "":
            self.gap(path, f"{where}/$dynamicRef", "$dynamicRef: which of several schemas it names")
            return found
        target, _ = self.document.resolve({"$ref": ref}, where)
        if isinstance(target, Mapping) and target.get("$dynamicAnchor") == name:
            ref = f"#{self.scope[name]}" if self.scope.get(name) else ref
        return found | {"allOf": [*found.get("allOf", ()), {"$ref": ref}]}

    def inline(
        self, stated: Mapping[str, Any], where: str, path: Tokens, *, is_branch: bool = False
    ) -> dict[str, Any]:
        """Return the translation of a schema that is not a reference."""
        if len(path) > MAX_PATH:
            raise self.document.error(shorten(where), "schemas nest without end, or too deeply")
        stated = read_nulls(stated)
        for keyword in [each for each in stated if not _is_readable(each, stated[each])]:
            self.gap(path, f"{where}/{keyword}", f"{keyword}: not a value that it can have")
            stated = {each: stated[each] for each in stated if each != keyword}
        if isinstance(stated.get("$dynamicRef"), str):
            stated = self.without_dynamic(stated, where, path)
        if not is_branch:
            self.origins[pointer(path)] = where
        own = self.own(stated, where, path)
        last = {keyword: own.pop(keyword) for keyword in _UNEVALUATED & own.keys()}
        branches = [
            *self.branches(stated, where, path),
            own,
            *translate_unions(self, stated, where, path),
        ]
        merger = Merger(self.find_finished, self.parts)
        try:
            merged = merger.merge(branches)
        except TooManyPartsError:
            problem = f"allOf has more than {MAX_PARTS:,} parts of schemas"
            raise self.document.error(shorten(where), problem) from None
        for text in merger.problems:
            self.gap(path, where, text)
        for keyword in last if merger.problems else ():
            self.gap(path, f"{where}/{keyword}", f"{keyword}: not checked, because of other gaps")
        if merged.keys() & last.keys():
            merged = {"allOf": [merged]}
        merged |= {} if merger.problems else last
        merged = without_properties(merged, {*self.unsent_names(stated, where)})
        return allow_null(merged, self.find_finished) if is_nullable(stated) else merged

    def own(self, stated: Mapping[str, Any], where: str, path: Tokens) -> dict[str, Any]:
        """Return the translation of a schema without `allOf` and unions."""
        if isinstance(stated.get("items"), list):  # before 2020-12
            stated, problems = read_items(stated, is_3_0=self.document.is_3_0)
            for text in problems:
                self.gap(path, f"{where}/items", text)
        for keyword, affected in _CONDITIONS.items():
            is_stated = stated.keys() >= {keyword, affected[0]}
            if is_stated and self.is_vague(stated[keyword], f"{where}/{keyword}"):
                self.gap(path, f"{where}/{keyword}", f"{affected[0]}: {_VAGUE}")
                stated = {k: each for k, each in stated.items() if k not in affected}
        found = self.plain(stated, where, path)
        for keyword in stated:
            if keyword in INNER:
                self.origins[pointer((*path, keyword))] = f"{where}/{keyword}"
                found |= self.inner(keyword, stated[keyword], f"{where}/{keyword}", path)
        return found

    def inner(self, keyword: str, value: Any, where: str, path: Tokens) -> dict[str, Any]:
        """Return a keyword that contains schemas, translated; empty if it is malformed."""
        if keyword in CLOSING and value is False:
            return {keyword: False}
        if not isinstance(value, _INNER[APPLICATORS[keyword].holds]) or value == []:
            self.gap(path, where, f"{keyword}: not a value that this keyword can have")
            return {}

        def change(each: Any, step: Tokens) -> dict[str, Any]:
            return self.schema(each, f"{where}{pointer(step)}", (*path, keyword, *step))

        return {keyword: map_keyword(keyword, value, change)}

    def reference(self, stated: Mapping[str, Any], where: str, path: Tokens) -> dict[str, Any]:
        """Return a reference to a definition, merged with the keywords next to it."""
        beside = {keyword: each for keyword, each in stated.items() if keyword != "$ref"}
        if self.counts_beside(stated, where, path):
            parts = [*beside.get("allOf", []), {"$ref": stated["$ref"]}]
            return self.inline({**beside, "allOf": parts}, where, path)
        name = self.define(*self.resolve(stated, where))
        self.origins[pointer((*path, "$ref"))] = where
        kept = {keyword: beside[keyword] for keyword in beside if keyword in ANNOTATING}
        for keyword in kept:
            self.origins[pointer((*path, keyword))] = f"{where}/{keyword}"
        schema = {"$ref": f"{DEFINITIONS}{name}"} | kept
        return allow_null(schema) if is_nullable(stated) else schema

    def counts_beside(self, stated: Mapping[str, Any], where: str, path: Tokens) -> bool:
        """Return whether keywords beside `$ref` count; those that OpenAPI 3.0 ignores are a gap."""
        merged = sorted(stated.keys() & MERGED)
        if merged and self.document.is_3_0:
            self.gap(path, where, f"{', '.join(merged)} beside $ref, which OpenAPI 3.0 ignores")
        return bool(merged) and not self.document.is_3_0

    def resolve(self, stated: Any, where: str) -> tuple[Any, str]:
        """Follow references up to a schema with keywords, which count beside a further one."""
        return self.document.resolve(stated, where, () if self.document.is_3_0 else _COUNTING)

    def define(self, target: Any, at: str) -> str:
        """Return the name of the definition of a component, which is made when first needed."""
        name = self.name(at, "".join(f" {key}={each}" for key, each in sorted(self.scope.items())))
        if name not in self.definitions:
            self.share("definition", at, partial(self.add, target, at, name))
        return name

    def add(self, target: Any, at: str, name: str) -> None:
        """Add the definition of a component under a name."""
        self.definitions[name] = {}
        self.targets[name] = target, at
        self.unfinished.add(name)
        outer, self.merging[:] = list(self.merging), []
        self.definitions[name].update(self.schema(target, at, ("$defs", name)))
        self.merging[:] = outer
        self.unfinished.remove(name)
        self.check_end(name, at)

    def check_end(self, name: str, at: str) -> None:
        """Raise ContractError for a definition whose references lead back to it."""
        found = self.definitions[name]
        while "$ref" in found:
            further = found["$ref"].removeprefix(DEFINITIONS)
            if further == name:
                raise self.document.error(at, "allOf leads back to this schema itself")
            found = self.definitions[further]

    def branches(
        self, stated: Mapping[str, Any], where: str, path: Tokens
    ) -> Iterator[dict[str, Any]]:
        """Yield the branches of `allOf`; a single branch that is a reference stays."""
        listed = [*enumerate(stated.get("allOf", []))]
        alone = len(listed) == 1 and not stated.keys() & (MERGED - {"allOf"})
        for number, each in listed:
            own = f"{where}/allOf/{number}"
            target, at = self.resolve(each, own)
            is_reference = isinstance(each, Mapping) and "$ref" in each
            if not isinstance(target, Mapping) or "$ref" in target:
                counts = is_reference and self.counts_beside(each, own, path)
                yield self.reference(each, own, path) if counts else self.schema(target, at, path)
                continue
            is_form = self.is_form(target, at, where, path)
            is_apart = at in self.merging or (not is_form and (alone or states_forms(target)))
            if is_reference and (is_apart or self.counts_beside(each, own, path)):
                yield self.reference(each, own, path)
                continue
            self.merging.append(at)
            kept = {k: each for k, each in target.items() if not is_form or k not in _FORMS}
            with self.within(at):
                yield self.inline(kept, at, path, is_branch=True)
            self.merging.pop()

    def is_form(self, base: Mapping[str, Any], at: str, where: str, path: Tokens) -> bool:
        """Return whether a schema may be a form of its base.

        A base with a union or a mapping lists its forms. Of another with a discriminator, any
        schema may be one but the schema of a field, an element or a body, which only refers to the
        base.
        """
        forms = [*list_of(base.get("oneOf")), *list_of(base.get("anyOf"))]
        forms = forms or list_mapped(self.document, base, at)
        if not forms:
            is_own = at.startswith(f"{where}/allOf/") or is_held(where)
            return states_forms(base) and (where in self.merging or not is_own)
        within = {where, *self.merging, self.origins.get(pointer(path))}
        return any(self.document.resolve(each, at)[1] in within for each in forms)

    def plain(self, stated: Mapping[str, Any], where: str, path: Tokens) -> dict[str, Any]:
        """Return the assertions of a schema in the form of JSON Schema 2020-12."""
        found, problems = read_keywords(stated)
        if self.unsent == "writeOnly" and may_grow(stated):
            found.pop("enum", None)
            problems.append(("enum", "enum: other values may follow, as x-ms-enum says"))
        if has_no_value(found) and self.is_text:
            texts = (each if isinstance(each, str) else json.dumps(each) for each in found["enum"])
            found |= {"type": "string", "enum": [*texts]}
        elif has_no_value(found):
            values = found.pop("enum")
            text = f"enum {json.dumps(values)}: no value of the type {found['type']}"
            problems.append(("enum", shorten(text)))
            if not any(each is not None for each in values):
                found = allow_null(found)
        for keyword, text in problems:
            if keyword not in NAMED or all(text != known for _, _, known in self.gaps):
                self.gap(path, f"{where}/{keyword}", text)
        for keyword in found:
            is_encoding = keyword == "format" and keyword not in stated
            source = "contentEncoding" if is_encoding else keyword
            self.origins[pointer((*path, keyword))] = f"{where}/{source}"
        return found


_TYPES: Final[Mapping[str, Any]] = {
    "properties": Mapping,
    "type": str | list,
    **dict.fromkeys(("required", "enum", "allOf", "anyOf", "oneOf"), list),
}
"""Keyword → the type of its value."""

_INNER: Final[Mapping[str, Any]] = {"mapping": Mapping, "list": list, "schema": bool | Mapping}
"""Kind of value of a keyword that contains schemas → its type."""

_COUNTING: Final = MERGED | {"$id", "$defs"}
"""Keywords that count beside a reference, or may have an anchor that does."""

_FORMS: Final = frozenset({"anyOf", "oneOf", "discriminator"})
"""Keywords that list the forms of a schema."""

_UNEVALUATED: Final = frozenset({"unevaluatedProperties", "unevaluatedItems"})
"""Keywords that see what all others beside them describe."""


_CONDITIONS: Final = {"not": ("not",), "if": ("if", "then", "else"), "contains": ("maxContains",)}
"""Keyword → those that refuse more values if the schema in it accepts more."""

_VAGUE: Final = "not checked, because docpact does not know a format or a pattern in it"


def _is_readable(keyword: str, value: Any) -> bool:
    """Return whether a keyword that is read by itself has a value of the right type."""
    are_names = keyword not in ("type", "required") or all(
        isinstance(e, str) for e in list_of(value)
    )
    return are_names and isinstance(value, _TYPES.get(keyword, object))
