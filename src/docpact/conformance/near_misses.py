"""Further cases that known items suggest: near misses, values at ranges, other parents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations, islice, permutations
from typing import Final
from unicodedata import combining, normalize

from docpact.cases.names import find_text
from docpact.cases.path_cases import STRANGE_UUID
from docpact.cases.requests import UNKNOWN, is_free
from docpact.cases.texts import list_parts
from docpact.cases.wire import can_be_documented, query_case
from docpact.conformance.followup_cases import FEW, make_filter_case
from docpact.conformance.observations import Observations
from docpact.conformance.pagination import Attempts, read_pages
from docpact.model import Case, Expectation, Expected, Operation, Query, Question
from docpact.model.pointer import resolve
from docpact.model.roles import EVERY, Bound, Order
from docpact.model.schema import list_types
from docpact.rules.listed import ELSEWHERE
from docpact.rules.pages import NULL, Item, as_text
from docpact.rules.paging import list_total_flags
from docpact.rules.ranges import NONSENSE, Key, is_sorted, list_texts, make_key
from docpact.rules.reading import BodyReader
from docpact.rules.walks import Ending, settle

WILDCARDS: Final = ("%", "*")
"""Texts that match any text in SQL and in shells."""

OPERATORS: Final = "-!~<>=^@:"
"""First characters of values that servers may read as an operator, such as `not`."""

SHORTEST: Final = 3
"""Number of characters of the shortest value that has near misses."""

MAX_PAIRS: Final = 12
"""Maximum number of pairs of filters that are tested with values that no item has together."""

MAX_COMBINATIONS: Final = 12
"""Maximum number of combinations of known values."""

UUID: Final = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
"""The case of its letters does not matter (RFC 9562, section 4)."""


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

    Each combination is that of an item.
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
    if value is None or len(value) < SHORTEST or not _is_free(seen, name):
        return
    last = "x" if value[-1] != "x" else "y"
    yield value[:-1]
    end = value[1:].lstrip(OPERATORS)
    if len(end) >= SHORTEST - 1:
        yield end
    yield value if UUID.fullmatch(value) else value.swapcase()
    yield f"{value}{last}"
    yield NULL
    yield from WILDCARDS
    plain = (without_accents(text) for text in seen.texts(name) if not text.isascii())
    yield from islice((text for text in plain if len(text) >= SHORTEST), 1)
    yield f"{value[:-1]}_"
    yield from _values_of_other_fields(seen)


def without_accents(text: str) -> str:
    """Return a text without accents; its case remains."""
    return "".join(char for char in normalize("NFD", text) if not combining(char))


def _values_of_other_fields(seen: Observations) -> Iterator[str]:
    """Yield ids and values of other filters that the same item has."""
    operation = seen.operation
    others = [other for other in operation.roles.filters if _is_free(seen, other)]
    for item in seen.items[:1]:
        yield from filter(None, (item.id, *(seen.text(item, other) for other in others)))


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
    """Return a value of a filter, with letters of ASCII if possible."""
    texts = list(seen.texts(name))
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


MOST_ORDERS: Final = 8
"""Number of orders of one parameter that are tested, the first of every field before others."""

MOST_FILTERS: Final = 3
"""Number of filters that are combined with an order or a bound, one at a time, and of bounds that
are walked in pages."""


def bound_cases(seen: Observations) -> Iterator[Case]:
    """Yield each bound at the value in the middle, and at the last value that has items beyond.

    Some of them are also walked in pages.
    """
    for number, (name, bound) in enumerate(seen.operation.roles.bounds.items()):
        if bound.contains:
            yield from _member_cases(seen, name, bound)
            continue
        if {*list_types(seen.operation.parameter(name).schema)} - {"null"} == {"boolean"}:
            for text in ("true", "false"):
                unspecified = Expected.UNSPECIFIED
                yield make_filter_case(seen, ((name, text),), len(seen.items), answer=unspecified)
            continue
        known = _list_values(seen, name, bound)
        different = [*dict.fromkeys(known)]
        if len(different) > 1:
            last = different[-2] if bound.is_lower else different[1]
            for text in dict.fromkeys((known[len(known) // 2], last)):
                count = len(known) - known.index(text) if bound.is_lower else known.index(text) + 1
                yield make_filter_case(seen, ((name, text),), count, answer=Expected.UNSPECIFIED)
                if text != last and number < MOST_FILTERS:
                    yield from _list_pages(seen, ((name, text),), count)
            for other, value, count in _list_common(seen):
                query = ((name, known[len(known) // 2]), (other, value))
                yield make_filter_case(seen, query, count, answer=Expected.UNSPECIFIED)
            for other in _list_opposite(seen, bound):
                query = ((name, different[-1]), (other, different[0]))
                expected = Expectation(Expected.UNSPECIFIED, other)
                yield query_case(query, expected, "ends before it begins")


def _list_opposite(seen: Observations, lower: Bound) -> list[str]:
    """Return the parameters that bound the field of a lower bound from above."""
    bounds = seen.operation.roles.bounds.items()
    upper = [n for n, each in bounds if each.field == lower.field and not each.is_lower]
    return upper if lower.is_lower else []


def _member_cases(seen: Observations, name: str, bound: Bound) -> Iterator[Case]:
    """Yield the values that the fewest and the most items have in an array, but not all items.

    Texts and objects are also searched for a nonsense word, and texts for a part of one of them.
    """
    values = [resolve(item.fields, bound.field) for item in seen.items]
    if any(isinstance(value, str | dict) for value in values):
        yield make_filter_case(seen, ((name, NONSENSE),), 0, answer=Expected.UNSPECIFIED)
    texts = [value for value in values if isinstance(value, str)]
    for text, count in list_parts(bound.match, texts) if bound.match else ():
        if _is_sent(seen, name, text, count):
            yield make_filter_case(seen, ((name, text),), count, answer=Expected.UNSPECIFIED)
            break
    shown = ({*list_texts(resolve(item.fields, bound.field))} for item in seen.items)
    counts = Counter(sorted(text for texts in shown for text in texts))
    known = [t for t, count in counts.most_common() if _is_sent(seen, name, t, count)]
    for text in dict.fromkeys(known[:1] + known[-1:]):
        yield make_filter_case(seen, ((name, text),), counts[text], answer=Expected.UNSPECIFIED)


def _is_sent(seen: Observations, name: str, text: str, count: int) -> bool:
    """Return whether a value, which some items have, may be sent and distinguishes items."""
    parameter = seen.operation.parameter(name)
    is_plain = text and "," not in text and seen.may_send(text)
    return bool(is_plain and count < len(seen.items) and can_be_documented(parameter, text))


def _list_values(seen: Observations, name: str, bound: Bound) -> list[str]:
    """Return the values of a field in order, as a query writes them, each item with its own."""
    found: list[tuple[Key, str]] = []
    for item in seen.items:
        key, text = make_key(resolve(item.fields, bound.field)), _write(seen, item, name, bound)
        if key is not None and key[0] != "text" and text is not None:
            found.append((key, text))
    return [text for _, text in sorted(found)] if len({key[0] for key, _ in found}) == 1 else []


def _write(seen: Observations, item: Item, name: str, bound: Bound) -> str | None:
    """Return the value of an item's field as a documented value of a parameter, or None."""
    text, parameter = as_text(resolve(item.fields, bound.field)), seen.operation.parameter(name)
    if text is None or not seen.may_send(text):
        return None
    texts = (text[:10], text) if parameter.item_schema.get("format") == "date" else (text,)
    return next((each for each in texts if can_be_documented(parameter, each)), None)


def order_cases(seen: Observations) -> Iterator[Case]:
    """Yield the list in every documented order, and in one of them in pages and with a filter.

    It is also walked with each flag that asks for the total.
    """
    if len(seen.items) < 2:
        return
    for name in list_total_flags(seen.operation):
        yield from _list_pages(seen, ((name, "true"),), len(seen.items))
    for orders in seen.operation.roles.orders.values():
        firsts = {order.field: order for order in reversed(orders)}.values()
        chosen = sorted(orders, key=lambda order: order not in firsts)[:MOST_ORDERS]
        for order in chosen:
            answer = Expected.UNSPECIFIED
            yield make_filter_case(seen, order.query, len(seen.items), answer=answer)
        tied = min(chosen, key=partial(_count_different, seen))
        yield from _list_pages(seen, tied.query, len(seen.items))
        for name, text, count in _list_common(seen):
            yield from _list_pages(seen, (*tied.query, (name, text)), count)


def _list_common(seen: Observations) -> Iterator[tuple[str, str, int]]:
    """Yield the value that most items have, but not all, of some filters, with their number."""
    for name in islice(seen.operation.roles.filters, MOST_FILTERS):
        counts = {t: count for t, count in seen.texts(name).items() if count < len(seen.items)}
        if counts:
            text = max(counts, key=lambda text: counts[text])
            yield name, text, counts[text]


def _count_different(seen: Observations, order: Order) -> tuple[bool, int]:
    """Return whether the list is in an order anyway, and the number of its different values."""
    values = [resolve(item.fields, order.field) for item in seen.items]
    keys = [key for key in map(make_key, values) if key is not None]
    is_usual = is_sorted(keys, descending=bool(order.descending))
    return is_usual, len({as_text(value) for value in values})


def _list_pages(seen: Observations, query: Query, count: int) -> Iterator[Case]:
    """Yield a walk in about three pages; without a page size, in those of the server."""
    name, size = seen.operation.roles.size_parameter, max(1, -(-count // 3))
    full = query if name is None else (*query, (name, str(min(size, seen.largest or size))))
    yield query_case(full, Expectation(Expected.UNSPECIFIED, query[0][0], "type"), pages=4)


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
