"""A metamorphic relation that a walk breaks, its location, and whether only a name suggests it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from docpact.cases.requests import BEYOND_64_BITS
from docpact.cases.wire import is_plainly_documented
from docpact.model import Expected, Operation
from docpact.model.path import snake_case
from docpact.model.pointer import tokens
from docpact.model.roles import GROUP
from docpact.model.schema import follow, place
from docpact.rules.walks.collection import Collection
from docpact.rules.walks.pages import NULL, Filters, Page, as_text, find_base, misleads
from docpact.rules.walks.walk import Walk
from docpact.text import excerpt, fold

SUSPECT: Final = "filter.suspect"
"""The rule for filters that only their names suggest."""

SUSPECT_PAGING: Final = "paging.suspect"
"""The rule for parameters and fields about pages that only their names suggest."""

_ANY: Final = re.compile(
    r"\b(joined|combined|connected|applied) (\w+ ){0,3}or\b|\bany of (the|these|your) filters\b",
    re.IGNORECASE,
)
"""The statement of a description that items need to match only one of several filters."""

_SELECTS: Final = re.compile(
    r"\bfilter(s|ed)? by\b"
    r"|\bonly\b.*\b(with|having|of|in|on|to|from|for|by|at)( one of)?"
    r" (this|these|the (given|specified))\b",
    re.IGNORECASE,
)
"""The statement of a description that a parameter selects items, whatever it compares."""

_BY_FILTER: Final = ("paging.complete", "paging.token")
"""Other rules that a walk breaks by showing other items than its filters select."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One relation that one walk breaks.

    Attributes:
        rule: the id of the rule.
        location: as in `Breach`; rule and location always name a promise of the contract.
        walk: the walk that breaks the relation.
        page: the first page that shows it.
        observed: the server's behavior instead, in one short line.
        ids: of the items that show it.
        confirmed: False if a change of the collection could be the cause.
        beside: the page that it contradicts, which must be seen again to confirm the problem; None
            if another visit of the same page is enough.
    """

    rule: str
    location: str
    walk: Walk
    page: Page
    observed: str
    ids: frozenset[str] = frozenset()
    confirmed: bool = True
    beside: Page | None = None


def is_about(problem: Problem, name: str) -> bool:
    """Return whether a problem exists only if a parameter is a filter or limits pages."""
    if problem.rule == "paging.size":
        return problem.location == f"query/{name}"
    by_filter = problem.rule.startswith("filter.") or problem.rule in _BY_FILTER
    return by_filter and name in dict(problem.walk.filters or ())


def find_suspects(
    operation: Operation, collection: Collection, walks: Sequence[Walk], problems: Sequence[Problem]
) -> frozenset[str]:
    """Return the guessed parameters that problems are about and that no walk confirms."""
    return frozenset(
        name
        for name in operation.roles.inferred
        if any(is_about(problem, name) for problem in problems)
        and not (
            limits_pages(walks)
            if name == operation.roles.size_parameter
            else is_confirmed(operation, collection, walks, name)
            or _is_ignored(operation, collection, walks, name)
        )
    )


def _is_ignored(
    operation: Operation, collection: Collection, walks: Sequence[Walk], name: str
) -> bool:
    """Return whether a described filter never selects: pages show other values."""
    if not _says_filter(operation, name):
        return False
    values = collection.values[name].keys()
    alone = [(t, w) for w in walks if names_of(w) == {name} for _, t in w.filters or ()]
    known = {texts: w for texts, w in alone if w.ids and values & {*texts} and values - {*texts}}
    shown = {
        asked: [text for i in w.pages[0].items if (text := i.texts[name])]
        for asked, w in known.items()
    }
    return len(known) > 1 and not any(
        all(any(may_match(value, text) for value in asked) for text in texts)
        for asked, texts in shown.items()
    )


def _says_filter(operation: Operation, name: str) -> bool:
    """Return whether a description says that a parameter filters, perhaps by a named field."""
    text = operation.parameter(name).description
    *_, field = tokens(operation.roles.filters.get(name, "")) or ("",)
    words = re.escape(snake_case(field)).replace("_", "[ _]")
    by_field = (
        rf"\bfilter\w*\b[^.]{{,200}}\b(by|based on|on|using)\b( \w+){{0,2}} {words}s?\b(?! of\b)"
    )
    of_field = rf"\b{words}s?( \w+){{0,2}} used to filter\b"
    stated = re.compile(f"{by_field}|{of_field}", re.IGNORECASE)
    return bool(_SELECTS.search(text) or (field and stated.search(text)))


def mark_suspect(
    operation: Operation, walks: Sequence[Walk], problem: Problem, suspects: frozenset[str]
) -> Problem:
    """Return a problem under a rule for guesses if it is about a guessed parameter.

    One that every request has explains no difference between them.
    """
    values = (value for _, texts in problem.walk.filters or () for value in texts)
    is_vague = _is_loose(problem) or any(map(misleads, values))
    of_listed = (_is_flag, _may_name_group)
    is_vague = is_vague or any(may(operation, walks, problem) for may in of_listed)
    if is_vague or _asks_for_all(walks, problem) or _selects_any(walks, problem):
        suspects |= operation.roles.inferred
    base, filters = find_base(operation), problem.walk.filters
    given = {name for name, _ in base} if filters != base else set[str]()
    given -= {problem.location.removeprefix("query/")}
    about = [name for name in sorted(suspects - given) if is_about(problem, name)]
    if not about:
        return problem
    rule = SUSPECT_PAGING if problem.rule == "paging.size" else SUSPECT
    return replace(problem, rule=rule, location=f"query/{about[0]}")


def _is_loose(problem: Problem) -> bool:
    """Return whether a page shows items for a value that only resembles theirs, or `null`."""
    filters = problem.walk.filters or ()
    if problem.rule != "filter.unknown":
        return False
    name, values = filters[0]
    if values == (NULL,):
        return True
    texts = [text for item in problem.page.items if (text := item.texts[name]) is not None]
    return all(any(may_match(value, text) for value in values) for text in texts)


def _is_flag(operation: Operation, walks: Sequence[Walk], problem: Problem) -> bool:
    """Return whether a value of a Boolean filter never selects: it may only switch it off."""
    if problem.rule != "filter.selects":
        return False
    ((name, (value,)),) = problem.walk.filters or ()
    shown = [
        {item.texts[name] for item in walk.pages[0].items}
        for walk in walks
        if walk.filters == problem.walk.filters
    ]
    is_boolean = operation.parameter(name).schema.get("type") == "boolean"
    return is_boolean and not any(texts == {value} for texts in shown)


def _may_name_group(operation: Operation, walks: Sequence[Walk], problem: Problem) -> bool:
    """Return whether a listed value of a filter may select several others: no item has it."""
    if problem.rule != "filter.selects":
        return False
    ((name, (value,)),) = problem.walk.filters or ()
    is_listed = "enum" in operation.parameter(name).item_schema
    return is_listed and not any(item.texts[name] == value for w in walks for item in w.items)


def _asks_for_all(walks: Sequence[Walk], problem: Problem) -> bool:
    """Return whether several values of a filter always select nothing: items may need them all."""
    several = {name for name, values in problem.walk.filters or () if len({*values}) > 1}
    found = [w for w in walks if several & {n for n, v in w.filters or () if len({*v}) > 1}]
    return bool(several) and not any(walk.ids for walk in found)


def _selects_any(walks: Sequence[Walk], problem: Problem) -> bool:
    """Return whether filters together always select all items that match any of them."""
    if problem.rule != "filter.combined":
        return False
    alone, is_union = {w.filters: {*w.ids} for w in walks if w.reached_end}, False
    for walk in walks:
        filters = walk.filters or ()
        if len(filters) < 2:
            continue
        lacking = [{n for n, texts in filters if i.texts[n] not in texts} for i in walk.items]
        if any(len(names) == len(filters) for names in lacking):
            return False
        each = [alone.get((one,), set[str]()) for one in filters]
        if walk.reached_end and not set[str]().union(*each) <= {*walk.ids}:
            return False
        is_union = is_union or len(set[str]().union(*lacking)) == len(filters)
    return is_union


def is_no_value(operation: Operation, name: str, text: str) -> bool:
    """Return whether no field has a text, e.g. `all` or a number that databases cannot hold."""
    parameter, guessed = operation.parameter(name), name in operation.roles.inferred
    field = follow(place(operation.item_schema, operation.roles.filters[name]))[0]
    if guessed and "enum" in parameter.item_schema and (GROUP.fullmatch(text) or "enum" in field):
        return text not in map(as_text, field.get("enum", ()))
    return text == BEYOND_64_BITS or not is_plainly_documented(parameter, text)


def takes_other_values(operation: Operation, name: str, known: Iterable[str]) -> bool:
    """Return whether a guessed filter takes none of the values of its field, such as `IS:value`."""
    parameter = operation.parameter(name)
    is_guess = name in operation.roles.inferred
    return is_guess and not any(is_plainly_documented(parameter, text) for text in known)


def end_location(operation: Operation) -> str:
    """Return the location that marks the last page: the token, or else the items."""
    return operation.roles.next_token or operation.roles.items or ""


def page_location(operation: Operation) -> str:
    """Return the location that leads to further pages: a parameter, or else that of the end."""
    name = operation.roles.paging_parameter
    return end_location(operation) if name is None else f"query/{name}"


def filter_location(filters: Filters) -> str:
    """Return the location of the parameters of some filters, e.g. `query/project_id+status`."""
    return "query/" + "+".join(name for name, _ in filters)


def is_single(filters: Filters) -> bool:
    """Return whether a query states one value of one filter."""
    return len(filters) == 1 and len(filters[0][1]) == 1


def names_of(walk: Walk) -> frozenset[str]:
    """Return the names of the filters of a walk."""
    return frozenset(name for name, _ in walk.filters or ())


def rule_of_extras(operation: Operation, collection: Collection, walk: Walk) -> str | None:
    """Return the rule that items break which the filters of a walk exclude.

    A value that no item has belongs to `filter.unknown`, unless the documentation lists the
    values: a listed one is a documented value like any other. Nothing is promised for an
    invalid value, except that it is refused (`query.rejects`), and for two filters of one field.
    """
    filters = walk.filters or ()
    if walk.case.expectation.answer is Expected.REJECTED:
        return None
    if len(filters) > 1:
        texts = (operation.parameter(name).description for name, _ in filters)
        fields = {operation.roles.filters[name] for name, _ in filters}
        is_open = len(fields) < len(filters) or any(map(_ANY.search, texts))
        return None if is_open else "filter.combined"
    name, values = filters[0]
    if name in operation.roles.scopes:
        return "filter.isolation"
    known = collection.values[name]
    if not set(values) & known.keys():
        is_nothing = all(is_no_value(operation, name, value) for value in values)
        if is_nothing or (known and takes_other_values(operation, name, known)):
            return None
        if "enum" not in operation.parameter(name).item_schema:
            return "filter.unknown"
    return "filter.several" if len(values) > 1 else "filter.selects"


def rule_of_losses(filters: Filters) -> str:
    """Return the rule that a walk breaks which loses or repeats items under filters."""
    if len(filters) > 1:
        return "filter.combined"
    return "filter.complete" if not filters or is_single(filters) else "filter.several"


def describe_filters(filters: Filters) -> str:
    """Write at most two values of each filter, as in `status=open and kind=a`."""
    parts = [f"{name}={excerpt(value, 24)}" for name, values in filters for value in values[:2]]
    return " and ".join(parts)


def confirm(problems: Sequence[Problem], walks: Sequence[Walk]) -> Iterator[Problem]:
    """Mark the problems as confirmed that several visits of the same question all show.

    A response from a cache shows nothing new.
    """
    for problem in problems:
        question = problem.walk.case.question
        visits = [w for w in walks if w.case.question == question and not _is_cached(w)]
        alike = [p for p in problems if p.rule == problem.rule and p.ids & problem.ids]
        # The filters of one visit may be read in two ways.
        firsts = {id(p.walk.pages[0].exchange) for p in alike}
        again = all(id(walk.pages[0].exchange) in firsts for walk in visits)
        yield replace(problem, confirmed=problem.confirmed or (len(visits) > 1 and again))


def _is_cached(walk: Walk) -> bool:
    responses = (page.exchange.response for page in walk.pages)
    return any(each is not None and each.is_cached for each in responses)


def drop_explained(problems: Iterable[Problem]) -> list[Problem]:
    """Drop items for an unknown value of a filter that does not select by known values either."""
    found = list(problems)
    broken = {problem.location for problem in found if problem.rule == "filter.selects"}
    return [p for p in found if p.rule != "filter.unknown" or p.location not in broken]


def is_confirmed(
    operation: Operation, collection: Collection, walks: Sequence[Walk], name: str
) -> bool:
    """Return whether responses show that a parameter selects the items with the given value.

    That is so if it did on the first page for some value, while responses without it show the same
    items with that value and others with another one, or while another documented value selects
    nothing. A range or a search for a part of the text must not explain all responses to known
    values as well.
    """
    selected, others = set[str](), set[tuple[str, str]]()
    known, schema = collection.values[name].keys(), operation.parameter(name).item_schema
    usual = _read_usual(walks, name)
    asked = _list_alone(walks, name)
    empty = {value for value, walk in asked if not walk.pages[0].items and "enum" in schema}
    different = empty.union(*usual.values())
    for value, walk in asked:
        items = walk.pages[0].items
        texts = {text for item in items if (text := item.texts[name]) is not None}
        is_changed = any(value not in usual.get(item.id, {value}) for item in items)
        if texts == {value} and different - {value} and not is_changed:
            selected.add(value)
        others |= {(value, text) for text in texts - {value} if value in known}
    if not selected or not others or "enum" in schema or schema.get("type") == "boolean":
        return bool(selected)
    return not any(
        all(may(value, text) for value, text in others)
        and not any(may(value, text) for value in selected for text in known - {value})
        for may in _OTHER_RELATIONS
    )


def _list_alone(walks: Iterable[Walk], name: str) -> list[tuple[str, Walk]]:
    """Return the walks that state one value of a filter, and no other filter, with the value."""
    single = (walk for walk in walks if names_of(walk) == {name} and is_single(walk.filters or ()))
    return [(values[0], walk) for walk in single for _, values in walk.filters or ()]


def _read_usual(walks: Iterable[Walk], name: str) -> dict[str | None, set[str]]:
    """Return the texts of a filter's field in each item, as responses without it show them."""
    usual: dict[str | None, set[str]] = {}
    for walk in walks:
        for item in walk.items if name not in dict(walk.case.query) else ():
            if (text := item.texts[name]) is not None:
                usual.setdefault(item.id, set()).add(text)
    return usual


def limits_pages(walks: Sequence[Walk]) -> bool:
    """Return whether a page was as long as requested while another one was longer."""
    lengths = [(walk.size, len(walk.pages[0].items)) for walk in walks]
    longest = max((length for _, length in lengths), default=0)
    return any(size == length < longest for size, length in lengths)


def may_match(value: str, text: str) -> bool:
    """Return whether a search for a value, with wildcards or for a part, may find a text."""
    one, other = fold(value), fold(text)
    return bool({*"%*_"} & {*one}) or one in other or other in one


def _as_bound(text: str) -> tuple[float, str]:
    """Return a key that sorts numbers by value, and other texts after them."""
    try:
        return float(text), ""
    except ValueError:
        return inf, text


_OTHER_RELATIONS: Final[tuple[Callable[[str, str], bool], ...]] = (
    lambda value, text: _as_bound(text) > _as_bound(value),
    lambda value, text: _as_bound(text) < _as_bound(value),
    lambda value, text: value.casefold() in text.casefold(),
)
"""Return whether a parameter with a value may select an item with another text: as a lower bound,
as an upper bound, or as a part of the text."""
