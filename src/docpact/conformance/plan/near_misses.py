"""Further cases that known items suggest: near misses of values, and other parents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import combinations, islice, permutations
from typing import Final
from unicodedata import combining, normalize

from docpact.cases.names import find_text
from docpact.cases.path_cases import STRANGE_NUMBER, STRANGE_UUID
from docpact.cases.requests import UNKNOWN, is_free
from docpact.cases.wire import LONGEST, can_be_documented, is_plainly_documented, query_case
from docpact.conformance.pagination import Attempts, read_pages
from docpact.conformance.plan.followup_cases import FEW
from docpact.conformance.plan.observations import Observations
from docpact.model import Case, Expectation, Expected, Operation, Query, Question
from docpact.model.path import make_singular, snake_case
from docpact.model.pointer import pointer, resolve
from docpact.model.roles import EVERY
from docpact.rules.path.listing import ELSEWHERE
from docpact.rules.walks.bodies import BodyReader
from docpact.rules.walks.joining import settle
from docpact.rules.walks.pages import NULL, Item, as_text, is_caseless, misleads
from docpact.rules.walks.walk import Ending

WILDCARDS: Final = ("%", "*")
"""Texts that match any text in SQL and in shells."""

OPERATORS: Final = "-!~<>=^@:"
"""First characters of values that servers may read as an operator, such as `not`."""

SHORTEST: Final = 3
"""Number of characters of the shortest value that has near misses."""

MAX_OTHER_IDS: Final = 3
"""Maximum number of ids that a filter is tested with although no filter takes them."""

MAX_PAIRS: Final = 12
"""Maximum number of pairs of filters that are tested with values that no item has together."""

MAX_COMBINATIONS: Final = 12
"""Maximum number of combinations of known values."""

CASELESS: Final = re.compile(
    r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|true|false|\d{4}-\d\d-\d\dT.{5,30}",
    re.IGNORECASE,
)
"""Texts that are the same in another case: UUIDs (RFC 9562, section 4), flags for many servers, and
times (RFC 3339, section 5.6)."""


_UNSPECIFIED: Final = Expectation(Expected.UNSPECIFIED)


def near_miss_cases(seen: Observations) -> Iterator[Case]:
    """Yield filters with values that no item has, and that a loose comparison takes for others.

    Such a comparison is by a part of the text, in any case of letters, with wildcards, or with
    another field. All values of an array are sent together, wildcards apart. These requests have no
    page size, and neither has one for each enumerated filter that fits on one page.
    """
    for name in seen.operation.roles.filters:
        rarest = min(seen.listed[name], key=lambda text: seen.texts(name)[text], default=None)
        if rarest is not None and seen.texts(name)[rarest] < _default_length(seen):
            yield query_case(((name, rarest),), Expectation(parameter=name))
        known, unspecified = seen.texts(name), Expectation(Expected.UNSPECIFIED, name)
        near = (text for text in _near_misses(seen, name) if seen.may_send(text))
        texts = [*dict.fromkeys(text for text in near if text not in known)]
        if not seen.operation.parameter(name).is_array:
            yield from (query_case(((name, text),), unspecified) for text in texts)
            continue
        wild = [text for text in texts if text in WILDCARDS]
        for part in ([text for text in texts if text not in wild], wild):
            if part:
                query = tuple((name, text) for text in part)
                title = f"{name}=near misses of {len(part)} values"
                yield query_case(query, unspecified, title=title)


def exclusive_cases(seen: Observations) -> Iterator[Case]:
    """Yield pairs of filters that no item matches, and all filters with at most one wrong value."""
    roles = seen.operation.roles
    names = sorted(roles.filters, key=lambda name: name not in roles.scopes)
    known = {name: text for name in names if (text := _pick(seen, name)) is not None}
    pairs: list[Query] = [
        ((one, unknown), (other, known[other]))
        for one, other in permutations(names, 2)
        if other in known and (unknown := _unknown(seen, one))
    ]
    pairs += filter(None, (_disjoint(seen, one, other) for one, other in combinations(names, 2)))
    for pair in pairs[:MAX_PAIRS]:
        yield query_case(pair, _UNSPECIFIED)
    yield from _all_at_once(seen)


def combination_cases(seen: Observations) -> Iterator[Case]:
    """Yield combinations of the filters with few values, until each two values occurred together.

    Some item has each combination.
    """
    roles = seen.operation.roles
    few = [name for name in roles.filters if 1 < len(seen.texts(name)) <= FEW]
    held = {tuple((n, t) for n in few if (t := seen.text(item, n))) for item in seen.items}
    left = {pair for row in held for pair in combinations(row, 2)}
    for _ in range(MAX_COMBINATIONS):
        row = max(sorted(held), key=lambda row: len(left & {*combinations(row, 2)}), default=())
        new = left & {*combinations(row, 2)}
        if not new:
            return
        left -= new
        yield query_case(row, Expectation())


def _near_misses(seen: Observations, name: str) -> Iterator[str]:
    """Yield near misses of a value of a filter; several of them may be the same."""
    value = _pick(seen, name)
    if value is not None and is_plainly_documented(seen.operation.parameter(name), STRANGE_NUMBER):
        yield from () if _is_free(seen, name) else (STRANGE_NUMBER,)
    if value is None or len(value) < SHORTEST or not _is_free(seen, name):
        return
    last = "x" if value[-1] != "x" else "y"
    yield value[:-1]
    end = value[1:].lstrip(OPERATORS)
    if len(end) >= SHORTEST - 1:
        yield end
    is_same = CASELESS.fullmatch(value) or (
        is_caseless(seen.operation, name) and not value.isascii()
    )
    yield value if is_same else value.swapcase()
    yield f"{value}{last}"
    yield NULL
    yield from WILDCARDS
    plain = (without_accents(text) for text in seen.texts(name) if not text.isascii())
    yield from islice((text for text in plain if len(text) >= SHORTEST), 1)
    yield f"{value[:-1]}_"
    yield from _values_of_other_fields(seen)
    yield from islice(_list_other_ids(seen, name), MAX_OTHER_IDS)


def without_accents(text: str) -> str:
    """Return a text without accents; its case remains."""
    return "".join(char for char in normalize("NFD", text) if not combining(char))


def _values_of_other_fields(seen: Observations) -> Iterator[str]:
    """Yield ids and values of other filters that the same item has."""
    operation = seen.operation
    others = [other for other in operation.roles.filters if _is_free(seen, other)]
    for item in seen.items[:1]:
        yield from filter(None, (item.id, *(seen.text(item, other) for other in others)))


def _list_other_ids(seen: Observations, name: str) -> Iterator[str]:
    """Yield one value of each id of the items that no filter takes and that the filter cannot mean.

    A filter `owner` may mean the `owner_id`, too.
    """
    filters = seen.operation.roles.filters
    words = {*_list_words(name), *_list_words(filters[name])}
    shown = {
        field: value
        for item in reversed(seen.items)
        for field, value in item.fields.items()
        if isinstance(value, str)
        and SHORTEST <= len(value) <= LONGEST
        and pointer((field,)) not in filters.values()
    }
    for field, value in shown.items():
        last = _list_words(field)
        if last[1:] and last[-1] == "id" and not words & {*last[:-1]}:
            yield value


def _list_words(name: str) -> list[str]:
    """Return the words of a name in the singular."""
    return [make_singular(word) for word in re.findall("[a-z0-9]+", snake_case(name))]


def _all_at_once(seen: Observations) -> Iterator[Case]:
    """Yield all filters with the values of one item, and again with one value of another item."""
    full = max(seen.items, key=lambda item: len(_texts(seen, item)), default=None)
    texts = {} if full is None else _texts(seen, full)
    if len(texts) < 3:
        return
    yield query_case(tuple(texts.items()), Expectation())
    for name in texts:
        known = (*seen.listed[name], *seen.texts(name))
        others = (each for each in known if each != texts[name] and each not in EVERY)
        other = _unknown(seen, name) or next(others, None)
        if other is not None:
            yield query_case(tuple((texts | {name: other}).items()), _UNSPECIFIED)


def _texts(seen: Observations, item: Item) -> dict[str, str]:
    """Return the values by which filters select an item."""
    texts = {name: seen.text(item, name) for name in seen.operation.roles.filters}
    return {name: text for name, text in texts.items() if text is not None}


def _disjoint(seen: Observations, one: str, other: str) -> Query:
    """Return known values of two filters that no item has together; empty if there are none."""
    together = {(seen.text(item, one), seen.text(item, other)) for item in seen.items}
    pairs = ((a, b) for a in seen.texts(one) for b in seen.texts(other))
    found = next((pair for pair in pairs if pair not in together), None)
    return () if found is None else ((one, found[0]), (other, found[1]))


def _pick(seen: Observations, name: str) -> str | None:
    """Return a value of a filter, if possible a long one of letters that no server misreads."""
    texts = sorted(seen.texts(name), key=lambda text: (misleads(text), len(text) < SHORTEST))
    return next((t for t in texts if t.isascii() and t.swapcase() != t), next(iter(texts), None))


def _default_length(seen: Observations) -> int:
    """Return the number of items on the longest first page that was requested without a size."""
    lengths = [len(walk.pages[0].items) for walk in seen.walks if walk.size is None]
    return max(lengths, default=0)


def _unknown(seen: Observations, name: str) -> str | None:
    """Return a documented value of a filter that no item has; None if none is known."""
    schema = seen.operation.parameter(name).item_schema
    is_uuid = schema.get("type") == "string" and schema.get("format") == "uuid"
    return UNKNOWN[0] if _is_free(seen, name) else STRANGE_UUID if is_uuid else None


def _is_free(seen: Observations, name: str) -> bool:
    return is_free(seen.operation.parameter(name))


PAGES: Final = 3
"""Number of pages of the other list that are read, so that it is known as a whole."""


def parent_cases(seen: Observations) -> Iterator[Case]:
    """Yield the list below another parent: one whose items the list shows as well, if there is one.

    It distinguishes a list that ignores its path from one that also shows things of sub-projects.
    """
    operation, survey = seen.operation, seen.survey
    is_last = operation.last_parameter is not None
    query, items = ((), ()) if survey is None else (survey.case.query, [*survey.items])
    for name, where in operation.roles.path.items():
        _, each, field = where.partition("/*/")
        if is_last or f"path/{name}" not in operation.roles.inferred or (each and not items):
            continue
        parameter = next(p for p in operation.path_parameters if p.name == name)
        own = operation.given.get(name)
        shown = (as_text(resolve(item.fields, f"/{field}", default=None)) for item in items)
        others = (t for t in shown if t and t != own and can_be_documented(parameter, t))
        known = [text for other, text in seen.other if other == name]
        for text in islice((*others, *known), 1):
            question = Question(query, path=((name, text),))
            yield Case(f"{name}={text}", question, Expectation(Expected.UNSPECIFIED))


def find_elsewhere(
    operation: Operation, listing: Operation, path: Query, send: Callable[[Case], Attempts]
) -> list[Case]:
    """Return the case of a thing below another parent; none if that may show it."""
    parameter = operation.last_parameter
    case = Case("another list", Question(path=path), pages=PAGES)
    pages = [*read_pages(listing, case, send, BodyReader(listing))] if parameter is not None else []
    if parameter is None or not pages or settle(listing, pages)[1] is not Ending.END:
        return []
    items = [item.fields for page in pages for item in page.items]
    own = operation.given.get(parameter.name)
    if any(find_text(item, parameter, listing) == own for item in items):
        return []
    expectation = Expectation(Expected.UNSPECIFIED, parameter.name, ELSEWHERE)
    label = f"{parameter.name} below another {path[0][0]}"
    return [Case(label, Question(path=path), expectation)]
