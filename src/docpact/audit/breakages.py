"""The inspector: bodies that are not as documented, in which what was seen before is counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

from docpact.audit.accumulator import AuditAccumulator
from docpact.audit.compiled import keywords
from docpact.audit.counts import Census
from docpact.audit.elements import Column, Compared, Elements, of_arrays
from docpact.audit.places import Odd, Pass, inner, names_within
from docpact.bodies.validate import (
    Undocumented,
    Validation,
    Violation,
    validate,
    value_said,
    without_elements,
)
from docpact.model import Operation
from docpact.model.pointer import pointer, tokens
from docpact.model.schema import followed
from docpact.rules.accumulator import list_breaches
from docpact.rules.response_promises import UNDOCUMENTED
from docpact.rules.summary import BreachKey

_LOST: Final = 2**63
"""From here on the compiled decoder makes doubles of some whole numbers."""


_Walk: TypeAlias = tuple[Census, Sequence[Any], Pass]
"""Values that a census counted."""


@dataclass(frozen=True, slots=True)
class _Body:
    """A body, taken apart.

    Attributes:
        around: it, but for the elements of the arrays.
        arrays: those at the top whose elements are compared, by name.
        compared: what was compared: each array, and what is around them.
    """

    around: Any
    arrays: Mapping[str, Sequence[Any]]
    compared: Sequence[tuple[Elements, Compared]]

    @property
    def is_around_odd(self) -> bool:
        """Whether what is around the arrays has to be inspected."""
        return all(elements.name is not None for elements, _ in self.compared)

    def odd(self) -> Iterator[tuple[Sequence[Any], int]]:
        """Yield values that have to be inspected, and how deep they stand."""
        if self.is_around_odd:
            yield [self.around], 1
        for elements, compared in self.compared:
            if elements.name is not None and compared.odd:
                array = self.arrays[elements.name]
                yield [array[number] for number in compared.odd], len(elements.where) + 1

    def beside(self) -> Iterator[tuple[Sequence[Any], int]]:
        """Yield fields that are broken or not documented, and how deep their values stand."""
        for elements, compared in self.compared:
            yield [each.value for each in compared.broken], len(elements.where) + 2
            for (_, where), column in compared.extras.items():
                yield column.values, len(where) + 1


class _Observed(NamedTuple):
    """One way in which a breach was observed in several elements.

    Attributes:
        at: number of the array, -1 where the body itself is the element, and of the first element.
        value: what came instead.
        times: how often.
    """

    at: tuple[int, int]
    value: Any
    times: int


class _Same(NamedTuple):
    """The same breach in several elements.

    Attributes:
        key: what tells the breach apart.
        observed: what came instead.
        say: writes such a value.
    """

    key: BreachKey
    observed: Sequence[_Observed]
    say: Callable[[Any], str]


class _Told(NamedTuple):
    """A breach, ready to be noted; `first` is empty where it was noted before."""

    at: tuple[int, int]
    key: BreachKey
    observed: str
    first: str = ""
    times: int = 1


class Inspector:
    """Judges bodies that are not as documented.

    Elements of arrays at the top, and bodies without a union, are compared with their schema by
    compiled libraries. What is valid in them is counted by columns, and so is a breach that the
    tally knows; `docpact.bodies.validate` inspects whatever shows another one.

    Raises:
        MissingExtra: the libraries are not installed.
    """

    def __init__(self, operation: Operation) -> None:
        schema = operation.response_schema
        self._schema, self._arrays = schema, of_arrays(schema)
        properties = schema.get("properties", {})
        arrays = [name for name, stated in properties.items() if "items" in stated]
        self._order = {name: at for at, name in enumerate(arrays)}
        body, path = followed(schema)
        if self._arrays:
            body = without_elements(body, self._arrays)
        self._body = None if "anyOf" in keywords(body) else Elements(None, body, path, ())

    def judge(
        self, tally: AuditAccumulator, value: Any, walked: bool, names: int | None = None
    ) -> bool:
        """Count and note what a body holds.

        Args:
            tally: has begun with the body's record.
            value: decoded.
            walked: whether the answer belongs to the walk through the collection.
            names: how many members the objects have together as they were sent, or more; None where
                the value is known to be exact, and no name came twice.

        Returns:
            False where it is not known whether a name came twice, or digits were lost, or whether
            the body is nested too deep; nothing is counted then.
        """
        try:
            body = self._compared(value, {})
            same = [*self._same(tally, body, walked)]
            if firsts := _firsts(tally, same):
                body = self._compared(value, firsts)
                same = [*self._same(tally, body, walked)]
            walks = _walks(tally, body, walked)
        except (Odd, RecursionError):
            if names is not None:
                return False
            body, same, walks = _Body(value, {}, []), [], []
        if names is not None and not _is_sure(body, same, walks, names):
            for census, values, _ in walks:
                census.take_back(values)
            return False
        for census, _, found in walks:
            census.keep(found)
        self._note(tally, value, body, same, walked=walked)
        return True

    def _compared(self, value: Any, odd: Mapping[int, set[int]]) -> _Body:
        """Compare the elements of the arrays, and what is around where none of them is odd."""
        arrays = _arrays(value, self._arrays)
        around = {**value, **{k: [None] * len(a) for k, a in arrays.items()}} if arrays else value
        found = [
            (each := self._arrays[name], each.compared(elements, odd.get(self._order[name], ())))
            for name, elements in arrays.items()
        ]
        if self._body and -1 not in odd and not any(each.odd for _, each in found):
            compared = self._body.compared([around])
            if not compared.odd:
                found.insert(0, (self._body, compared))
        return _Body(around, arrays, found)

    def _note(
        self,
        tally: AuditAccumulator,
        value: Any,
        body: _Body,
        same: Sequence[_Same],
        *,
        walked: bool,
    ) -> None:
        """Note every breach, in order."""
        told = [*self._validated(tally, value, body, walked)]
        for key, observed, say in same:
            told += [_Told(at, key, say(value), times=times) for at, value, times in observed]
        for _, compared in body.compared:
            for broken in compared.broken:
                _count(tally, broken.validation, walked)
        for _, key, said, first, times in sorted(told, key=itemgetter(0)):
            tally.add_breach(key, said, first, times)

    def _same(self, tally: AuditAccumulator, body: _Body, walked: bool) -> Iterator[_Same]:
        """Yield what is told of fields."""
        for elements, compared in body.compared:
            array = -1 if elements.name is None else self._order[elements.name]
            for name, numbers in compared.missing.items():
                at = elements.schema["required"].index(name)
                stated, where = (*elements.path, "required", at), (*elements.where, name)
                key = BreachKey("response.required", walked, pointer(stated), pointer(where))
                yield _Same(key, [_Observed((array, min(numbers)), "absent", len(numbers))], str)
            for (stated, where), column in compared.extras.items():
                key = BreachKey(UNDOCUMENTED, walked, pointer(stated), pointer(where))
                yield _Same(key, _observed(array, column, tally.is_full(key)), value_said)
            broken = defaultdict[BreachKey, Column](Column.empty)
            for number, _, validation in compared.broken:
                for key, breach in list_breaches(validation, walked):
                    broken[key].add(number, breach.observed)
            for key, column in broken.items():
                yield _Same(key, _observed(array, column, tally.is_full(key)), str)

    def _validated(
        self, tally: AuditAccumulator, value: Any, body: _Body, walked: bool
    ) -> Iterator[_Told]:
        """Inspect what has to be: around the arrays, and odd elements."""
        if not body.is_around_odd:
            return
        only = {
            each.name: sorted(found.odd) for each, found in body.compared if each.name is not None
        }
        validation = validate(self._schema, value, only)
        _count(tally, validation, walked)
        for key, each in list_breaches(validation, walked):
            yield _Told(self._at(each), key, each.observed, each.pointer)

    def _at(self, found: Violation | Undocumented) -> tuple[int, int]:
        """Return the number of the array and of its element that something was found in, or -1."""
        name, number, *_ = (*tokens(found.pointer), "", "")
        is_within = name in self._order and number.isdecimal()
        return (self._order[name], int(number)) if is_within else (-1, -1)


def _arrays(value: Any, names: Iterable[str]) -> Mapping[str, Sequence[Any]]:
    if not isinstance(value, dict):
        return {}
    return {name: value[name] for name in names if isinstance(value.get(name), list)}


def _observed(array: int, column: Column, is_full: bool) -> list[_Observed]:
    """Return how a breach was observed in elements of an array, the same once.

    Args:
        array: its number.
        column: what came instead.
        is_full: whether it does not matter what that was.
    """
    numbers, values = column
    if is_full:
        return [_Observed((array, min(numbers)), None, len(numbers))]
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    texts = [*map(repr, values)]
    first: dict[str, int] = {}
    for at in order:
        first.setdefault(texts[at], at)
    times = Counter(texts)
    return [_Observed((array, numbers[at]), values[at], times[text]) for text, at in first.items()]


def _firsts(tally: AuditAccumulator, same: Iterable[_Same]) -> Mapping[int, set[int]]:
    """Return the elements that show a breach first which the tally does not know, by array."""
    firsts: dict[BreachKey, tuple[int, int]] = {}
    for key, observed, _ in same:
        if not tally.has_breach(key):
            firsts[key] = min(*(each.at for each in observed), firsts.get(key, observed[0].at))
    found = defaultdict[int, set[int]](set)
    for array, number in firsts.values():
        found[array].add(number)
    return found


def _walks(tally: AuditAccumulator, body: _Body, walked: bool) -> list[_Walk]:
    """Count what is valid, to be kept or taken back.

    Raises:
        Odd: it cannot be counted, and none of it is.
    """
    walks: list[_Walk] = []
    try:
        for elements, compared in body.compared:
            for left_out, values in compared.valid.items():
                census = tally.count_elements(elements, left_out, walked)
                walks.append((census, values, census.walk(values)))
    except Odd:
        for counted in walks:
            counted[0].take_back(counted[1])
        raise
    return walks


def _is_sure(body: _Body, same: Sequence[_Same], walks: Sequence[_Walk], names: int) -> bool:
    """Say whether objects have so many members, and no digits of what is told were lost."""
    odd, beside = [*body.odd()], [*body.beside()]
    names -= sum(found.names for _, _, found in walks) + sum(len(values) for values, _ in beside)
    try:
        names -= sum(names_within(values, depth) for values, depth in (*odd, *beside))
    except Odd:
        return False
    told = [each.value for breach in same for each in breach.observed]
    told += [each.value for _, compared in body.compared for each in compared.broken]
    return names <= 0 and _are_exact([*told, *chain.from_iterable(values for values, _ in odd)])


def _are_exact(values: Sequence[Any]) -> bool:
    """Say whether no number in values may have lost digits when it was decoded."""
    while values:
        if any(abs(each) >= _LOST for each in values if type(each) is float):
            return False
        values = inner(values)
    return True


def _count(tally: AuditAccumulator, validation: Validation, walked: bool) -> None:
    tally.add_observations(walked, validation.judged, validation.seen)
