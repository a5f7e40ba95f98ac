"""The questions that a survey makes possible: by the values, ids and tokens that it showed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from math import ceil
from random import Random
from typing import Final, TypeAlias

from docpact.cases.labels import query_label
from docpact.cases.requests import UNKNOWN
from docpact.model import Case, Expectation, Expected, Operation, Question
from docpact.rules.evidence import SURVEY
from docpact.rules.walks import Ending, Item, Walk
from docpact.targets.request_budget import BUDGET

Query: TypeAlias = tuple[tuple[str, str], ...]

SHORT: Final = 5
"""The length of a short page."""

FEW: Final = 8
"""A filter whose field has so many values at most is asked for each of them."""

LONGEST_LIST: Final = 1_200
"""Characters of ids that one query lists: what common servers take with room to spare."""

REPLACED: Final = "\N{REPLACEMENT CHARACTER}"
"""Stands where a body was no UTF-8: nobody knows what the server has there."""

WHOLE: Final = 7
"""A walk that takes more pages than this is cut short after the second one."""


@dataclass(frozen=True)
class Observations:
    """What the answers so far have shown.

    Attributes:
        operation: the contract.
        walks: every walk so far.
        seed: what random choices are made from.
        left: how many requests may still be sent.
    """

    operation: Operation
    walks: tuple[Walk, ...] = ()
    seed: int = 0
    left: int = BUDGET

    @cached_property
    def survey(self) -> Walk | None:
        """The walk of the whole collection, or None where there is none yet."""
        first = [walk for walk in self.walks if walk.pages[0].exchange.phase == SURVEY]
        return first[0] if first else None

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """The items of the survey, in order, each once."""
        shown = self.survey.items if self.survey else ()
        found = {item.id or id(item): item for item in shown}
        return tuple(found.values())

    @property
    def size(self) -> int | None:
        """The length of a page that the survey was walked by; the documented one before it."""
        return self.survey.size if self.survey else self.largest

    @property
    def largest(self) -> int | None:
        """The longest page that may be asked for, or None where the page states none."""
        name = self.operation.roles.size_parameter
        most = self.operation.parameter(name).schema.get("maximum") if name else None
        return None if most is None else int(most)

    def texts(self, name: str) -> Counter[str]:
        """Count the documented values, as query text, of the field that a filter selects by."""
        return self._counts[name]

    @cached_property
    def _counts(self) -> dict[str, Counter[str]]:
        return {
            name: Counter(text for item in self.items if (text := self.text(item, name)))
            for name in self.operation.roles.filters
        }

    def text(self, item: Item, name: str) -> str | None:
        """Return the value by which a filter selects an item, if it can be asked for."""
        text = item.texts[name]
        listed = self._listed[name]
        if text is None or REPLACED in text or (listed is not None and text not in listed):
            return None
        return text

    @cached_property
    def _listed(self) -> dict[str, list[str] | None]:
        named = {name: self.operation.parameter(name) for name in self.operation.roles.filters}
        return {name: parameter.item_schema.get("enum") for name, parameter in named.items()}

    def random(self, purpose: str) -> Random:
        """Return a source of random choices for one purpose, the same in every run of a seed."""
        return Random(f"{self.seed} {purpose}")  # noqa: S311


def filter_cases(known: Observations) -> Iterator[Case]:
    """Yield each filter by every value it has, or by ids: one, several, all, an unknown one."""
    for name in known.operation.roles.filters:
        parameter = known.operation.parameter(name)
        counts = known.texts(name)
        listed = parameter.item_schema.get("enum", ())
        if listed or len(counts) <= FEW:
            for value in dict.fromkeys([*map(str, filter(None, listed)), *counts]):
                yield _filtered(known, ((name, value),), counts[value])
        elif parameter.is_array:
            yield from _id_lists(known, name, list(counts))
        else:
            for value in known.random(name).sample(sorted(counts), FEW // 2):
                yield _filtered(known, ((name, value),), counts[value])


def pair_cases(known: Observations) -> Iterator[Case]:
    """Yield each pair of filters once, by values that some items have both and some only one."""
    for one, other in combinations(known.operation.roles.filters, 2):
        query = _pair(known, one, other)
        if query:
            yield _filtered(known, query, len(known.items) // 4)


def walk_cases(known: Observations, sizes: Sequence[Case]) -> Iterator[Case]:
    """Yield walks of the plain list by page sizes, then of what a filter leaves, page by page.

    Args:
        known: what the survey showed.
        sizes: the documented cases of the size parameter.
    """
    name, count = known.operation.roles.size_parameter, len(known.items)
    if name is None:
        return
    asked = {int(case.query[0][1]): case for case in sizes if case.query[0][1].isdecimal()}
    exact = [d for d in range(2, min(count, known.largest or count)) if count % d == 0]
    whole = known.survey is not None and known.survey.ending is Ending.END
    if whole and exact and ceil(count / exact[-1]) <= WHOLE:
        query = ((name, str(exact[-1])),)
        note = f"divides {count:,} items"
        asked.setdefault(
            exact[-1],
            Case(
                query_label(query, note),
                Question(query),
                Expectation(parameter=name, keyword="type"),
            ),
        )
    for size, case in asked.items():
        if size != known.size:
            yield _paged(case, ceil(count / size), cut=3)
    yield from _filtered_walks(known, name)


def token_cases(known: Observations) -> Iterator[Case]:
    """Yield tokens in the wrong place: without their filters, under other ones, cut in half."""
    name = known.operation.roles.token_parameter
    given = [(page.token, walk) for walk in known.walks for page in walk.pages[:1] if page.token]
    filtered = [(token, walk) for token, walk in given if walk.filters]
    if name is None or not given:
        return
    if filtered:
        token, walk = filtered[0]
        said = f"the token of {walk.case.label}, alone"
        yield Case(said, Question(((name, token),)), Expectation(Expected.UNSPECIFIED, name))
    for token, walk in filtered[1:2]:
        first = filtered[0][1]
        query = (*_unpaged(known, first.case.query), (name, token))
        said = f"the token of {walk.case.label}, under {first.case.label}"
        yield Case(said, Question(query), Expectation(Expected.UNSPECIFIED, name))
    token = given[0][0]
    half = token[: len(token) // 2]
    if half:
        yield Case(
            "half a token", Question(((name, half),)), Expectation(Expected.UNSPECIFIED, name)
        )


def encoding_cases(known: Observations) -> Iterator[Case]:
    """Yield two ids in the encodings of an array that nobody documents, to see what they do."""
    for name in known.operation.roles.filters:
        values = encoded_values(known, name)
        for note, query in encodings(name, values) if values else ():
            yield Case(f"{name} {note}", Question(query), Expectation(Expected.UNSPECIFIED, name))


def encoded_values(known: Observations, name: str) -> tuple[str, ...]:
    """Return two values of an array parameter that every encoding can carry, or none."""
    values = tuple(known.texts(name))[:2]
    is_array = known.operation.parameter(name).is_array
    return values if is_array and len(values) > 1 and "," not in "".join(values) else ()


def encodings(name: str, values: Sequence[str]) -> tuple[tuple[str, Query], ...]:
    """Return note and query of each way, but repeated names, to write several values."""
    return (
        ("separated by commas", ((name, ",".join(values)),)),
        ("in brackets", tuple((f"{name}[]", value) for value in values)),
    )


def _id_lists(known: Observations, name: str, ids: Sequence[str]) -> Iterator[Case]:
    chosen = [ids[0], ids[len(ids) // 2], ids[-1]]
    alone = known.random(name).choice(ids)
    yield _filtered(known, ((name, alone),), 1)
    mixed = tuple((name, value) for value in (chosen[1], UNKNOWN[0], chosen[2], chosen[0]))
    yield _filtered(known, mixed, 3, query_label(mixed, "known and unknown"), Expected.UNSPECIFIED)
    twice = ((name, ids[-1]), (name, ids[-1]))
    yield _filtered(known, twice, 1, query_label(twice, "the same twice"))
    for number, batch in enumerate(_batches(ids), start=1):
        query = tuple((name, value) for value in batch)
        said = f"{name}={len(batch):,} values, list {number}"
        yield _filtered(known, query, len(batch), said, Expected.UNSPECIFIED)


def _batches(ids: Sequence[str]) -> Iterator[list[str]]:
    """Yield lists of ids, each short enough for a URL."""
    batch: list[str] = []
    for one in ids:
        if batch and sum(map(len, batch)) + len(one) > LONGEST_LIST:
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def _pair(known: Observations, one: str, other: str) -> Query:
    """Choose values of two filters that some items have both, and some only one."""
    held = Counter(
        (a, b)
        for item in known.items
        if (a := known.text(item, one)) and (b := known.text(item, other))
    )
    if not held:
        return ()
    first, second = known.texts(one), known.texts(other)
    random = known.random(f"{one}+{other}")
    for many, few, flip in ((first, other, False), (second, one, True)):
        if len(many) > FEW:
            return _listed_pair(held, (one, other), few, flip=flip, random=random)
    telling = [(a, b) for a, b in held if held[a, b] < min(first[a], second[b])]
    a, b = random.choice(sorted(telling or held))
    return ((one, a), (other, b))


def _listed_pair(
    held: Counter[tuple[str, str]], names: tuple[str, str], few: str, *, flip: bool, random: Random
) -> Query:
    """Choose ids of which some have a value and some have not, and that value."""
    pairs = [(b, a) if flip else (a, b) for a, b in held]
    value = random.choice(sorted({kept for _, kept in pairs}))
    inside = [one for one, kept in pairs if kept == value][:2]
    outside = [one for one, kept in pairs if kept != value][:2]
    name = names[1] if flip else names[0]
    return (*((name, one) for one in (*inside, *outside)), (few, value))


def _filtered_walks(known: Observations, size_name: str) -> Iterator[Case]:
    """Yield each filter in two pages or more, where it can be the last one exactly full.

    Two short pages more show what a server does at another size than the one it is tuned for.
    """
    for name in known.operation.roles.filters:
        counts = known.texts(name)
        if len(counts) > FEW and not known.operation.parameter(name).is_array:
            continue
        if len(counts) > FEW:
            chosen = tuple((name, value) for value in list(counts)[:4])
            found = len(chosen)
        else:
            enough = [(count, value) for value, count in counts.items() if count > 1]
            even = [pair for pair in enough if pair[0] % 2 == 0]
            if not enough:
                continue
            found, value = min(even or enough)
            chosen = ((name, value),)
        if found > 1:
            half = min(ceil(found / 2), known.largest or found)
            for size in dict.fromkeys((half, min(half, SHORT))):
                query = (*chosen, (size_name, str(size)))
                yield _paged(
                    Case(query_label(query), Question(query), Expectation(parameter=name)),
                    ceil(found / size),
                    cut=2,
                )


def _filtered(
    known: Observations,
    query: Query,
    count: int,
    title: str = "",
    answer: Expected = Expected.ACCEPTED,
) -> Case:
    """Return the case of a filter's values, walked to its end where that takes few pages."""
    names = list(dict.fromkeys(name for name, _ in query))
    length = known.size
    paging = known.operation.roles.size_parameter
    full = query if paging is None or length is None else (*query, (paging, str(length)))
    about = known.operation.parameter(names[0])
    case = Case(
        title or query_label(query),
        Question(full),
        Expectation(
            answer,
            names[0] if len(names) == 1 else None,
            "enum" if "enum" in about.item_schema else "type",
        ),
    )
    return _paged(case, ceil(max(count, 1) / (length or max(count, 1))), cut=2)


def _paged(case: Case, pages: int, *, cut: int) -> Case:
    """Let a walk go to its end, and a page further to see that it is one, or cut it short."""
    return replace(case, pages=pages + 1 if pages <= WHOLE else cut)


def _unpaged(known: Observations, query: Query) -> Query:
    roles = known.operation.roles
    return tuple(
        pair for pair in query if pair[0] not in (roles.size_parameter, roles.token_parameter)
    )
