"""Follow-up cases: questions with the values, ids and tokens that the survey showed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations, islice
from math import ceil
from random import Random
from typing import Any, Final

from docpact.cases.names import find_text
from docpact.cases.path_cases import cut_cases
from docpact.cases.requests import UNKNOWN, is_free
from docpact.cases.wire import query_case, query_label
from docpact.conformance.pagination import count_cases
from docpact.conformance.plan.observations import Observations
from docpact.model import Case, Expectation, Expected, Operation, Query, Question
from docpact.model.roles import EVERY
from docpact.rules.path.listing import LISTED
from docpact.rules.relations.page_problems import find_short_pages
from docpact.rules.relations.problems import is_single
from docpact.rules.walks.pages import join_values, read_items, read_token, takes_several
from docpact.rules.walks.walk import Ending

VALUES: Final = 24
"""Up to this number of values of all filters together, each is tested, however many one has."""

SHORT: Final = 5
"""Number of items on a short page."""

SMALL: Final = (10, 20, 25, 30)
"""Numbers of items on the pages of a walk of many pages, as clients often request them."""

MANY: Final = 24
"""Maximum number of such pages."""

ENCODED: Final = "+%&#=/ "
"""Characters of values that a query must encode, those that servers often misread first."""

FEW: Final = 8
"""Up to this number of different values, a filter is tested with each of them."""

LONGEST_LIST: Final = 1_200
"""Maximum number of characters of ids in one query; common servers accept several times more."""

LONG_LIST: Final = 3_600
"""The same for one query more, which servers may refuse."""

SIX: Final = 6
"""Number of values of an array that are walked; in the whole list, others are between them."""

PAIRS: Final = 3
"""Maximum number of pairs of filters that are walked."""

SOME: Final = 15
"""Number of neighbors in a list that are read: two of them, if one in seven is odd."""

WHOLE: Final = 7
"""A walk that needs more pages than this is cut short."""


def filter_cases(seen: Observations) -> Iterator[Case]:
    """Yield each filter with each of its values, or with ids: one, several, all, an unknown one."""
    filters = seen.operation.roles.filters
    for name in filters:
        parameter = seen.operation.parameter(name)
        counts = seen.texts(name)
        listed = [text for text in seen.listed[name] if text and text not in EVERY]
        if listed or len(counts) <= max(FEW, VALUES // len(filters)):
            for value in dict.fromkeys([*listed, *counts]):
                yield make_filter_case(seen, ((name, value),), counts[value])
        elif not parameter.is_array:
            for value in _choose_values(seen, name, counts):
                yield make_filter_case(seen, ((name, value),), counts[value])
        if takes_several(seen.operation, name) and len(counts) > 1:
            yield from _id_lists(seen, name, list(counts))


def every_cases(seen: Observations) -> Iterator[Case]:
    """Yield each filter with a value that selects every item, once others have shown them all.

    It is sent again with a size at which the list has several pages.
    """
    size_name, size = seen.operation.roles.size_parameter, ceil(len(seen.items) / 3)
    for name in seen.operation.roles.filters:
        for value in filter(EVERY.__contains__, seen.listed[name]):
            yield make_filter_case(seen, ((name, value),), 2 * len(seen.items))
            if size_name is not None and size > 1 and seen.may_ask(size):
                query = ((name, value), (size_name, str(size)))
                yield replace(query_case(query, Expectation(parameter=name)), pages=WHOLE)


def hidden_cases(seen: Observations) -> Iterator[Case]:
    """Yield the filters again that show items which the whole list does not."""
    usual = {one for walk in seen.walks if not walk.filters for one in walk.ids}
    filtered = [w for w in seen.walks if is_single(w.filters or ()) and not usual.issuperset(w.ids)]
    yield from islice({walk.filters: walk.case for walk in filtered}.values(), FEW)


def _choose_values(seen: Observations, name: str, counts: Counter[str]) -> list[str]:
    """Return a few values: the rarest, those that must be encoded, and others at random."""
    texts = sorted(counts)
    some = seen.random(name).sample(texts, FEW // 2)
    odd = (next((t for t in texts if char in t), None) for char in ENCODED)
    rarest = min(texts, key=counts.__getitem__)
    return [*dict.fromkeys((rarest, *filter(None, odd), *some))][: FEW // 2 + 2]


def pair_cases(seen: Observations) -> Iterator[Case]:
    """Yield each pair of filters, with values of which some items have both and some only one."""
    for one, other in combinations(seen.operation.roles.filters, 2):
        query = _pair(seen, one, other)
        if query:
            yield make_filter_case(seen, query, len(seen.items) // 4)


def walk_cases(seen: Observations, sizes: Sequence[Case]) -> Iterator[Case]:
    """Yield walks of the whole list at other page sizes, and then of filtered lists."""
    name, count = seen.operation.roles.size_parameter, len(seen.items)
    if name is None:
        return
    asked = {int(case.query[0][1]): case for case in sizes if case.query[0][1].isdecimal()}
    most = min(count - 1, seen.longest)
    exact, ends = (
        [size for size in range(2, most + 1) if number % size == 0 and seen.may_ask(size)]
        for number in (count, count - 1)
    )
    exact = [size for size in exact if size != seen.largest]
    whole = seen.survey is not None and seen.survey.ending in (Ending.END, Ending.UNKNOWN)
    if whole and exact and ceil(count / exact[-1]) <= WHOLE:
        asked.setdefault(exact[-1], _of_size(name, exact[-1], f"divides {count:,} items"))
    halves = range(min(count // 2 + 1, most), 1, -1)
    uneven = next((size for size in halves if count % size and seen.may_ask(size)), 0)
    note = "leaves a short last page"
    if ends and count <= ends[-1] * (WHOLE - 1):
        uneven, note = ends[-1], "leaves one item on the last page"
    if whole and uneven:
        asked.setdefault(uneven, _of_size(name, uneven, note))
    for size, case in asked.items():
        if size == 0:
            yield case
        elif size != seen.size:
            yield _limit_pages(case, ceil(count / size), cut=3)
    yield from _walk_filters(seen, name)
    yield from islice(_walk_pairs(seen, name), PAIRS)


def small_page_cases(seen: Observations) -> Iterator[Case]:
    """Yield a walk of the whole list in many small pages, if there are not too many."""
    name, count = seen.operation.roles.size_parameter, len(seen.items)
    is_whole = seen.survey is not None and seen.survey.reached_end
    sizes = (size for size in SMALL if size < count <= size * MANY and seen.may_ask(size))
    if is_whole and name is not None and (size := next(sizes, None)) not in (None, seen.largest):
        yield replace(_of_size(name, size, "many pages"), pages=ceil(count / size) + 1)


def skipping_cases(seen: Observations) -> Iterator[Case]:
    """Yield the page that a client requests by adding the size to the offset after a short page."""
    for *_, query in islice(find_short_pages(seen.operation, seen.walks), 2):
        yield query_case(query, Expectation(), "after a short page")


def _of_size(name: str, size: int, note: str) -> Case:
    """Return the case of a page size, given the parameter."""
    return query_case(((name, str(size)),), Expectation(parameter=name, keyword="type"), note)


def token_cases(seen: Observations) -> Iterator[Case]:
    """Yield misplaced tokens: without their filters, with other filters, cut in half."""
    name = seen.operation.roles.token_parameter
    given = [
        (token, walk)
        for walk in seen.walks
        for page in walk.pages[:1]
        if (token := read_token(seen.operation, page))
    ]
    filtered = [(token, walk) for token, walk in given if walk.filters]
    filtered.sort(key=lambda pair: len(pair[1].case.query))
    if name is None or not given:
        return
    unspecified = Expectation(Expected.UNSPECIFIED, name)
    if filtered:
        token, walk = filtered[0]
        title = f"the token of {walk.case.label}, alone"
        yield query_case(((name, token),), unspecified, title=title)
    for token, walk in filtered[1:2]:
        first = filtered[0][1]
        query = (*_drop_paging(seen, first.case.query), (name, token))
        title = f"the token of {walk.case.label}, with {first.case.label}"
        yield query_case(query, unspecified, title=title)
    token = given[0][0]
    half = token[: len(token) // 2]
    if half and seen.may_send(token):
        yield query_case(((name, half),), unspecified, title="half a token")


def encoding_cases(seen: Observations) -> Iterator[Case]:
    """Yield two ids in undocumented encodings of an array, to see how the server reads them."""
    for name in seen.operation.roles.filters:
        values = choose_encoded_values(seen, name)
        for note, query in encodings(name, values) if values else ():
            expected = Expectation(Expected.UNSPECIFIED, name)
            yield query_case(query, expected, title=f"{name} as {note}")


def listed_cases(operation: Operation, listing: Operation, pages: Iterable[Any]) -> Iterator[Case]:
    """Yield further things that a list shows: the first ones, the last, and one from the middle.

    For a count, yield questions for which the list shows the items that it counts.
    """
    parameter = operation.last_parameter
    pages = [*pages]
    if parameter is None:
        items = [item for body in pages for item in read_items(listing, body)]
        yield from count_cases(operation, listing, items)
        return
    shown = [each for body in pages for each in listing.find_items(body) or ()]
    texts = [find_text(e, parameter, listing) for e in shown if _is_plain(e)]
    known = [text for text in texts if text and text != operation.given.get(parameter.name)]
    chosen = {known[len(known) // 2]: "middle", known[-1]: "last"} if known else {}
    chosen |= dict.fromkeys(known[:SOME], "early")
    chosen |= {known[0]: "first"} if known and known[0] == texts[0] else {}
    for text, place in chosen.items():
        question = Question(path=((parameter.name, text),))
        expectation = Expectation(Expected.UNSPECIFIED, parameter.name, LISTED)
        yield Case(f"{place} {parameter.name} of the list", question, expectation)
    yield from cut_cases(parameter, known)


def _is_plain(item: Any) -> bool:
    """Return whether an item is an object or a name that paths can contain as it is."""
    return isinstance(item, dict) or "/" not in str(item)


def choose_encoded_values(seen: Observations, name: str) -> tuple[str, ...]:
    """Return two values of an array parameter that every encoding can carry, or none.

    Without a documented encoding other than repeated parameters, clients try the others.
    """
    values, parameter = tuple(seen.texts(name))[:2], seen.operation.parameter(name)
    is_repeated = parameter.is_array and parameter.is_exploded
    return values if is_repeated and len(values) > 1 and "," not in "".join(values) else ()


def encodings(name: str, values: Sequence[str]) -> tuple[tuple[str, Query], ...]:
    """Return name and query of each way to write several values, except repeated parameters."""
    return (
        ("comma-separated lists", ((name, ",".join(values)),)),
        ("bracketed names", tuple((f"{name}[]", value) for value in values)),
    )


def _id_lists(seen: Observations, name: str, ids: Sequence[str]) -> Iterator[Case]:
    join = partial(join_values, seen.operation)
    first, *others = dict.fromkeys((ids[len(ids) // 2], ids[-1], ids[0]))
    if len(ids) > FEW:
        yield make_filter_case(seen, ((name, seen.random(name).choice(ids)),), 1)
    if is_free(seen.operation.parameter(name)):
        mixed = tuple((name, value) for value in (first, UNKNOWN[0], *others))
        title = query_label(join(mixed), "known and unknown")
        yield make_filter_case(seen, mixed, len(mixed) - 1, title, Expected.UNSPECIFIED)
    twice = ((name, ids[-1]),) * 2
    yield make_filter_case(seen, twice, 1, query_label(join(twice), "the same twice"))
    if 2 < len(ids) <= FEW:
        some, count = ((name, first), (name, others[0])), len(seen.items)
        yield make_filter_case(seen, some, count, query_label(join(some), "two of several"))
    batches = [*_batches(ids, LONGEST_LIST), *islice(_batches(ids[::-1], LONG_LIST), 1)]
    for number, batch in enumerate(dict.fromkeys(map(tuple, batches)), start=1):
        query = tuple((name, value) for value in batch)
        title = f"{name}={len(batch):,} values, list {number}"
        yield make_filter_case(seen, query, len(batch), title, Expected.UNSPECIFIED)


def _batches(ids: Sequence[str], longest: int) -> Iterator[list[str]]:
    """Yield lists of ids that together have a maximum number of characters each."""
    batch: list[str] = []
    for one in ids:
        if batch and sum(map(len, batch)) + len(one) > longest:
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def _pair(seen: Observations, one: str, other: str) -> Query:
    """Choose values of two filters of which some items have both, and some only one."""
    held = _count_pairs(seen, one, other)
    if not held:
        return ()
    first, second = seen.texts(one), seen.texts(other)
    random = seen.random(f"{one}+{other}")
    for many, few, ids in ((first, other, one), (second, one, other)):
        if len(many) > FEW:
            several = takes_several(seen.operation, ids)
            return _choose_pair(held, (one, other), (ids, few), several=several, random=random)
    partial = [(a, b) for a, b in held if held[a, b] < min(first[a], second[b])]
    a, b = random.choice(sorted(partial or held))
    return ((one, a), (other, b))


def _count_pairs(seen: Observations, one: str, other: str) -> Counter[tuple[str, str]]:
    """Return the number of items with each pair of values of two filters."""
    return Counter(
        (a, b)
        for item in seen.items
        if (a := seen.text(item, one)) and (b := seen.text(item, other))
    )


def _choose_pair(
    held: Counter[tuple[str, str]],
    names: tuple[str, str],
    chosen: tuple[str, str],
    *,
    several: bool,
    random: Random,
) -> Query:
    """Choose a value, and ids of items with and without it; one id if several cannot be sent."""
    pairs = [(b, a) if chosen != names else (a, b) for a, b in held]
    value = random.choice(sorted({kept for _, kept in pairs}))
    inside = [one for one, kept in pairs if kept == value][:2]
    outside = [one for one, kept in pairs if kept != value][:2]
    ids = (*inside, *outside) if several else inside[:1]
    return (*((chosen[0], one) for one in ids), (chosen[1], value))


def _walk_filters(seen: Observations, size_name: str) -> Iterator[Case]:
    """Yield each filter in two short pages, the last one full if possible, and in more."""
    least = max(1, int(seen.operation.parameter(size_name).schema.get("minimum", 1)))
    for name in seen.operation.roles.filters:
        counts = seen.texts(name)
        if len(counts) > FEW and not takes_several(seen.operation, name):
            continue
        if len(counts) > FEW:
            chosen = tuple((name, value) for value in list(counts)[1 : 2 * SIX : 2])
            found = len(chosen)
        else:
            enough = [(count, value) for value, count in counts.items() if count > least]
            even = [pair for pair in enough if pair[0] % 2 == 0]
            if not enough:
                continue
            found, value = min(even or enough)
            chosen = ((name, value),)
        if found > 1:
            half = max(least, min(ceil(found / 2), seen.longest))
            sizes = dict.fromkeys((half, min(half, SHORT, max(2, found // 3))))
            for size in filter(seen.may_ask, sizes):
                query = (*join_values(seen.operation, chosen), (size_name, str(size)))
                case = query_case(query, Expectation(parameter=name))
                yield _limit_pages(case, ceil(found / size), cut=3)


def _walk_pairs(seen: Observations, size_name: str) -> Iterator[Case]:
    """Yield pairs of filters in two pages, with the values that most items have."""
    for names in combinations(seen.operation.roles.filters, 2):
        held = _count_pairs(seen, *names)
        values, count = max(held.items(), key=lambda each: (each[1], each[0]), default=((), 0))
        size = min(ceil(count / 2), seen.longest)
        if 1 < count < len(seen.items) and seen.may_ask(size):
            query = (*zip(names, values, strict=True), (size_name, str(size)))
            case = query_case(query, Expectation())
            yield _limit_pages(case, ceil(count / size), cut=3)


def make_filter_case(
    seen: Observations,
    query: Query,
    count: int,
    title: str = "",
    answer: Expected = Expected.ACCEPTED,
) -> Case:
    """Return the case of filters, walked to its end if that takes few pages."""
    names = list(dict.fromkeys(name for name, _ in query))
    query, length = join_values(seen.operation, query), seen.size
    paging = seen.operation.roles.size_parameter
    full = query if paging is None or length is None else (*query, (paging, str(length)))
    about = seen.operation.parameter(names[0])
    keyword = "enum" if "enum" in about.item_schema else "type"
    expected = Expectation(answer, names[0] if len(names) == 1 else None, keyword)
    case = query_case(full, expected, title=title or query_label(query))
    return _limit_pages(case, ceil(max(count, 1) / (length or max(count, 1))), cut=2)


def _limit_pages(case: Case, pages: int, *, cut: int) -> Case:
    """Let a walk go one page beyond its expected end, or cut it short if it is long."""
    return replace(case, pages=pages + 1 if pages <= WHOLE else cut)


def _drop_paging(seen: Observations, query: Query) -> Query:
    roles = seen.operation.roles
    return tuple(
        pair for pair in query if pair[0] not in (roles.size_parameter, roles.token_parameter)
    )
