"""The changes from one source to another, and whom they affect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field, replace
from itertools import islice, takewhile
from typing import Any, Final

from docpact.diff.normal import list_stated, name_change
from docpact.diff.rules import BY_ID, FACT_TITLES, PARTS, Change, Part, compare_facts, list_facts
from docpact.diff.shapes import ANYTHING, LIMITS, UNION, Shape, is_looser, make_key, name_union
from docpact.diff.styles import compare_styles
from docpact.diff.view import (
    Completeness,
    Origin,
    SourceView,
    ValueView,
    as_one_value,
    find_child,
    imply_types,
    list_values,
    write_always,
    write_default,
    write_deprecated,
    write_limit,
    write_types,
)
from docpact.errors import UsageError
from docpact.limits import MAX_CHANGES, MAX_DEPTH
from docpact.model.documented import LOCATIONS
from docpact.model.pointer import pointer
from docpact.text import excerpt, shorten

NEVER_COMPARED: Final = (
    "how arrays and objects are written in response headers",
    "variables of servers",
    "callbacks",
    "links",
)
"""Statements that no rule compares."""


def diff(a: SourceView, b: SourceView) -> tuple[Change, ...]:
    """Return the changes from one source to another.

    Only parts that both sources cover are compared, and only their meaning: schemas that allow the
    same values are equal however they are written. If only one source has a field or a parameter,
    nothing inside it is reported.
    """
    found = (change for part in PARTS for change in _compare_part(part, a, b))
    return (*compare_facts(a, b), *found)


def list_compared(a: SourceView, b: SourceView) -> tuple[str, ...]:
    """Return the titles of what both sources cover, that of the response with its scope."""
    scope = _common_scope(a, b)
    covered = ["operation"] if set(a.facts) & set(b.facts) else []
    for part in PARTS:
        if part.name in a.parts and part.name in b.parts:
            if part.name != "response":
                covered.append(part.title)
            elif scope is not None:
                covered.append(f"response {pointer(scope)}".strip())
    return (*covered, *list_facts(a, b))


def not_compared(a: SourceView, b: SourceView) -> tuple[str, ...]:
    """Return the titles of what the sources do not both cover, and of what no rule compares."""
    found = {title.partition(" /")[0] for title in list_compared(a, b)}
    titles = ("operation", *(part.title for part in PARTS), *FACT_TITLES)
    return (*(title for title in titles if title not in found), *NEVER_COMPARED)


def describe(view: ValueView) -> str:
    """Return a short description of the values at one location."""
    text = write_types(view.types) if view.values is None else list_values(view.values)
    return f"{text}, {write_always(always=view.always)}"


def _common_scope(a: SourceView, b: SourceView) -> tuple[str, ...] | None:
    """Return the part of the body that both sources cover, or None if there is none."""
    shorter, longer = sorted((a.scope, b.scope), key=len)
    return longer if longer[: len(shorter)] == shorter else None


@dataclass(frozen=True, slots=True)
class _Difference:
    """A change before it has its rule and location.

    Attributes:
        name: the last part of the rule's id.
        path: from the views that are compared to where they differ.
        absent_from: the number of the source that does not have the location, or None.
        origin: the part of the sources that states it.
    """

    name: str
    before: str
    after: str
    detail: str = ""
    path: tuple[str, ...] = ()
    absent_from: int | None = None
    origin: Origin = "value"


def _compare_part(part: Part, a: SourceView, b: SourceView) -> Iterator[Change]:
    kind = part.name
    scope = _common_scope(a, b) if kind == "response" else ()
    if kind not in a.parts or kind not in b.parts or scope is None:
        return
    one = _descend(a.parts[kind], scope[len(a.scope) :])
    other = _descend(b.parts[kind], scope[len(b.scope) :])
    comparison = _Comparison(part.group, a, b, kind in LOCATIONS)
    if one is None or other is None:
        found = [] if one is other else [comparison.report_absence(one, other)]
    elif scope or not part.is_value:
        found = list(comparison.compare_children(one, other))
    else:
        found = comparison.compare(one, other)
    if one is not None and other is not None:
        styles = compare_styles(kind, a, b, (one, other))
        found += [_Difference("style_changed", x, y, path=(n,)) for n, x, y in styles]
    for each in found:
        if kind == "responses" and len(each.path) == 1:
            yield _change(part, a, b, _name_status(each))
        elif kind != "path" or each.absent_from is None:  # the path itself differs
            yield _change(part, a, b, replace(each, path=(*scope, *each.path)))


def _name_status(difference: _Difference) -> _Difference:
    """Return the difference that a status is documented by only one source."""
    if difference.name == "removed":
        return replace(difference, name="status_removed", before="documented")
    is_success = difference.path[0].startswith("2")
    name = "success_added" if is_success else "error_added"
    return replace(difference, name=name, after="documented")


def _descend(view: ValueView | None, path: Iterable[str]) -> ValueView | None:
    found = view
    for name in path:
        found = found.children.get(name) if found is not None else None
    return found


def _change(part: Part, a: SourceView, b: SourceView, difference: _Difference) -> Change:
    path, absent, origin = difference.path, difference.absent_from, difference.origin
    return Change(
        BY_ID[f"diff.{part.group}.{difference.name}"],
        _locate(part.name, path),
        difference.before,
        difference.after,
        (
            None if absent == 0 else a.find_source(part.name, path, origin),
            None if absent == 1 else b.find_source(part.name, path, origin),
        ),
        difference.detail,
    )


def _locate(part: str, path: tuple[str, ...]) -> str:
    """Return a location as in `Change`."""
    if part == "query":
        return f"query/{'.'.join(path)}"
    return pointer(path) if part == "response" else f"{part}{pointer(path)}"


@dataclass(frozen=True, slots=True)
class _Comparison:
    """The comparison of one part of two sources.

    Attributes:
        is_text: whether the values are texts of a query, a path, headers or cookies.
        done: the keys of two views → how they differ; empty while they are being compared, which
            ends recursion.
    """

    group: str
    a: SourceView
    b: SourceView
    is_text: bool
    done: dict[tuple[str, str], list[_Difference]] = field(default_factory=dict)

    def compare(self, one: ValueView, other: ValueView, depth: int = 0) -> list[_Difference]:
        """Return how two views differ, and everything inside them."""
        one, other = imply_types(one, other), imply_types(other, one)
        if self.is_text:
            one, other = as_one_value(one, other), as_one_value(other, one)
        if (pair := (one.key, other.key)) not in self.done:
            self.done[pair] = []
            own = dict.fromkeys(self._compare_values(one, other))
            found = [*own, *islice(self.compare_children(one, other, depth), MAX_CHANGES)]
            if len(found) >= MAX_CHANGES:
                raise UsageError(f"{self.group}: more than {MAX_CHANGES:,} changes of one part")
            self.done[pair] = found or [*self._compare_unions(one, other)]
        shown = (*self._compare_presence(one, other), *self._compare_annotations(one, other))
        return [*shown, *self.done[pair]]

    def compare_children(
        self, one: ValueView, other: ValueView, depth: int = 0
    ) -> Iterator[_Difference]:
        """Yield how the properties and elements of two views differ."""
        have_parts = {"array", "object"} & one.types & other.types
        if not have_parts or (ANYTHING in (one.shapes, other.shapes) and one.types != other.types):
            return
        if depth > MAX_DEPTH:  # schemas that are combined anew at each level may have no end
            raise UsageError(f"{self.group}: not compared: values nest deeper than {MAX_DEPTH}")
        stated = one.open_types | other.open_types
        for name in dict.fromkeys((*one.children, *other.children)):
            first = find_child(one, name, self.a, self.b)
            second = find_child(other, name, self.b, self.a)
            if name == "*" and stated and not stated & one.types & other.types:
                continue  # the elements of a new array are not fields of an object
            if name == "*" and first is not None and second is not None:
                second = replace(second, is_present=first.is_present)
            if first is not None and second is not None:
                found = self.compare(first, second, depth + 1)
            elif self._is_unknown(one, other, name):
                found = []
            else:
                found = [self.report_absence(first, second)]
            for each in found:
                yield replace(each, path=(name, *each.path))

    def report_absence(self, one: ValueView | None, other: ValueView | None) -> _Difference:
        """Return the difference that only one source has a location."""
        if one is None and other is not None:
            needed = self.group != "response" and other.is_present
            name = "added_required" if needed else "added"
            return _Difference(name, "absent", describe(other), absent_from=0, origin="parent")
        before = "absent" if one is None else describe(one)
        return _Difference("removed", before, "absent", absent_from=1, origin="parent")

    def _is_unknown(self, one: ValueView, other: ValueView, name: str) -> bool:
        """Return whether a sample leaves open if a location exists: no object could have it."""
        lacking, holder, stated = (
            (self.a, one, other) if name not in one.children else (self.b, other, one)
        )
        expected = stated.children[name].always and "object" in holder.shapes and name != "*"
        return lacking.completeness is Completeness.SAMPLE and not expected

    @property
    def _are_whole(self) -> bool:
        return self._completeness() == (Completeness.WHOLE, Completeness.WHOLE)

    def _completeness(self) -> tuple[Completeness, Completeness]:
        return self.a.completeness, self.b.completeness

    def _compare_presence(self, one: ValueView, other: ValueView) -> Iterator[_Difference]:
        shown = one if self.a.completeness is Completeness.SAMPLE else other
        is_sampled = Completeness.SAMPLE in self._completeness()
        before, after = one.always, other.always
        are_alike = self._are_whole and self.a.is_contract == self.b.is_contract
        if are_alike and (self.is_text or before == after):
            before, after = one.is_present, other.is_present
            yield from () if self.is_text else self._compare_null(one, other)
        if before != after and not (is_sampled and shown.always):
            surely = "always" if self.group == "response" else "required"
            words = write_always(always=before), write_always(always=after)
            origin: Origin = "place" if one.is_present == other.is_present else "parent"
            yield _Difference(surely if after else "optional", *words, origin=origin)

    def _compare_null(self, one: ValueView, other: ValueView) -> Iterator[_Difference]:
        """Yield that null is new or gone, unless a change of the other types contains it."""
        if ("null" in one.shapes) == ("null" in other.shapes):
            return
        name = "type_widened" if "null" in other.shapes else "type_narrowed"
        types = self._types(one, other), self._types(other, one)
        if types[0] == types[1] or _type_change(*types) != name:
            words = write_types(one.all_types), write_types(other.all_types)
            yield _Difference(name, *words, "null", origin="place")

    def _compare_annotations(self, one: ValueView, other: ValueView) -> Iterator[_Difference]:
        """Yield how default and deprecation differ, except where it is always sent."""
        is_whole = self._are_whole
        is_known = self._states_marks(self.a, one) and self._states_marks(self.b, other)
        if is_whole and is_known and one.is_deprecated != other.is_deprecated:
            before, after = write_deprecated(one), write_deprecated(other)
            name = "deprecated" if other.is_deprecated else "undeprecated"
            yield _Difference(name, before, after, origin="place")
        before, after = write_default(one), write_default(other)
        if not is_whole or before == after or (one.is_present and other.is_present):
            return
        name = _name_change("default", one.default, other.default)
        yield _Difference(name, before, after, origin="place")

    def _states_marks(self, own: SourceView, view: ValueView) -> bool:
        """Return whether a source marks deprecated values; a contract does not mark parameters."""
        are_contracts = self.a.is_contract and self.b.is_contract
        return view.is_deprecated or are_contracts or not own.is_contract

    def _compare_values(self, one: ValueView, other: ValueView) -> Iterator[_Difference]:
        is_sampled = Completeness.SAMPLE in self._completeness()
        shown, stated = (one, other) if self.a.completeness is Completeness.SAMPLE else (other, one)
        before, after = self._types(one, other), self._types(other, one)
        is_shown = is_sampled and self._types(shown, stated) <= self._types(stated, shown)
        if before != after and not is_shown:
            name = _type_change(before, after)
            views = (one, other)
            words = [write_types(v.types if self.is_text else v.all_types) for v in views]
            yield _Difference(name, words[0], words[1])
            if not self.is_text:
                return
        for kind in one.shapes.keys() & other.shapes.keys() - {"null"}:
            shapes = one.shapes[kind], other.shapes[kind]
            if any(shape.values is not None for shape in shapes):
                yield from self._compare_enumerations(*shapes)
            elif not is_sampled:
                yield from self._compare_limits(kind, *shapes)
                yield from self._compare_formats(*shapes)
                yield from self._compare_keywords(*shapes)

    def _types(self, view: ValueView, beside: ValueView) -> frozenset[str]:
        """Return the types of a view; where a source cannot tell, an integer is a number.

        A query that allows any text allows numbers and Booleans too.
        """
        are_told_apart = self.a.has_integers and self.b.has_integers
        is_number = "number" in view.shapes and not are_told_apart
        is_any_text = self.is_text and view.shapes.get("string") == Shape()
        written = beside.types - {"array", "object"} if is_any_text else ()
        return view.types.union(written, {"integer", "number"} if is_number else ())

    def _compare_enumerations(self, one: Shape, other: Shape) -> Iterator[_Difference]:
        is_sampled = Completeness.SAMPLE in self._completeness()
        before, after = one.values, other.values
        if before is not None and after is not None:
            listed, now = dict(map(make_key, before)), dict(map(make_key, after))
            if not is_sampled or self.b.completeness is Completeness.SAMPLE:
                for text in sorted(excerpt(now[key]) for key in now.keys() - listed.keys()):
                    yield _Difference("value_added", "not listed", text, text)
            if not is_sampled or self.a.completeness is Completeness.SAMPLE:
                for text in sorted(excerpt(listed[key]) for key in listed.keys() - now.keys()):
                    yield _Difference("value_removed", text, "not listed", text)
        elif not is_sampled and after is not None:
            yield _Difference("values_closed", "any value", list_values(after))
        elif not is_sampled and before is not None:
            yield _Difference("values_open", list_values(before), "any value")

    def _compare_limits(self, kind: str, one: Shape, other: Shape) -> Iterator[_Difference]:
        for keyword, (applies_to, _) in LIMITS.items():
            before, after = one.limits.get(keyword), other.limits.get(keyword)
            if applies_to != kind or before == after or self._has_no_word(before, after):
                continue
            name = "bound_widened" if is_looser(keyword, after, before) else "bound_narrowed"
            yield _Difference(
                name, write_limit(keyword, before), write_limit(keyword, after), keyword
            )

    def _compare_formats(self, one: Shape, other: Shape) -> Iterator[_Difference]:
        before, after = one.format, other.format
        if before == after or self._has_no_word(before, after):
            return
        name = _name_change("format", before, after)
        yield _Difference(name, before or "no format", after or "no format")

    def _compare_keywords(self, one: Shape, other: Shape) -> Iterator[_Difference]:
        names = {name for name, _ in one.keywords ^ other.keywords} - {UNION}
        for keyword in sorted(names):
            if name := name_change(keyword, one, other):
                stated = (list_stated(each, keyword) for each in (one, other))
                yield from self._name_keyword(name, keyword, *stated)

    def _compare_unions(self, one: ValueView, other: ValueView) -> Iterator[_Difference]:
        """Yield that the forms of a union differ; those that are written alike are one form."""
        shapes = one.shapes.keys() & other.shapes.keys()
        before, after = (
            {form for kind in shapes for form in list_stated(view.shapes[kind], UNION)}
            for view in (one, other)
        )
        if before != after and len(before | after) > 1:
            name = name_union(before, after)
            yield from self._name_keyword(name, UNION, before - after, after - before)

    def _name_keyword(
        self, name: str, keyword: str, before: Set[str], after: Set[str]
    ) -> Iterator[_Difference]:
        if self._are_whole:
            written = ([f"{keyword} {value}" for value in sorted(each)] for each in (before, after))
            texts = [" and ".join(each) or f"no {keyword}" for each in written]
            alike = takewhile(lambda pair: pair[0] == pair[1], zip(*texts, strict=False))
            start = max(0, sum(1 for _ in alike) - 36)
            cut = [f"{keyword} …{text[start:]}" if start > len(keyword) else text for text in texts]
            yield _Difference(name, shorten(cut[0]), shorten(cut[1]), keyword)

    def _has_no_word(self, *stated: object) -> bool:
        """Return whether a source of types is silent where the other source states something."""
        return Completeness.TYPES in self._completeness() and None in stated


def _name_change(name: str, before: Any, after: Any) -> str:
    end = "added" if before is None else "removed" if after is None else "changed"
    return f"{name}_{end}"


def _type_change(before: frozenset[str], after: frozenset[str]) -> str:
    if before < after:
        return "type_widened"
    return "type_narrowed" if after < before else "type_changed"
