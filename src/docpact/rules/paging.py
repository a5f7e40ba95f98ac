"""The `paging` family: the pages of a walk are the collection, whole, once, in order, to an end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from docpact.model import Case, Level, Operation, Promise
from docpact.model.pointer import resolve
from docpact.rules.evidence import Evidence
from docpact.rules.metamorphic import end_location
from docpact.rules.rule import Broken, Judged, Rule, breaches, related
from docpact.rules.walks import Filters, Page, Walk
from docpact.text import counted, excerpt


def judge_walks(
    rule: str, locate: Callable[[Operation], str | None], documented: str, evidence: Evidence
) -> Iterator[Judged]:
    """Judge the one promise that a list operation makes under one rule of this family."""
    operation = evidence.operation
    location = locate(operation)
    if location is None:
        return
    name = location.removeprefix("query/")
    source = (
        operation.field_source(location) if name == location else operation.parameter_source(name)
    )
    yield related(evidence, Promise(rule, location, documented, source))


def judge_total(evidence: Evidence) -> Iterator[Judged]:
    """A total that is given is one that could be right, as an estimate too; 0 may mean none."""
    operation, where = evidence.operation, evidence.operation.roles.total
    if where is None:
        return
    promise = Promise(
        "paging.total",
        where,
        "a whole number that is no smaller than what the very page holds, or 0",
        operation.field_source(where),
    )
    totals = [(body, resolve(body.decoded.value, where)) for body in evidence.bodies]
    given = [(body, total) for body, total in totals if _is_number(total)]
    broken = []
    for body, total in given:
        items = resolve(body.decoded.value, str(operation.roles.items))
        length = len(items) if isinstance(items, list) else 0
        if total < 0 or total % 1 or 0 < total < length:
            said = f"{excerpt(total)} on a page of {counted(length, 'item')}"
            broken.append(Broken(body.exchange, where, said))
    yield promise, len(given), breaches(broken, len(given))


def judge_token_alone(evidence: Evidence) -> Iterator[Judged]:
    """A token that is sent without the filters it was given under still keeps them."""
    promised = "the page after this one, though the filters are not sent again"
    collection, given = evidence.relations.collection, _given(evidence.walks)
    asked, found = 0, []
    for walk in evidence.walks:
        filters = given.get(_token_alone(walk.case, evidence.operation) or "")
        if not filters:
            continue
        asked += 1
        page = walk.pages[0]
        wrong = [item for item in page.items if not collection.matches(item, filters)]
        if wrong:
            names = ", ".join(name for name, _ in filters)
            said = f"{counted(len(wrong), 'item')} of {len(page.items):,} that {names} leaves out"
            found.append((page, said))
    yield from _about_tokens(evidence, "paging.token_alone", promised, asked, found)


def judge_foreign_token(evidence: Evidence) -> Iterator[Judged]:
    """A token that no answer gave brings no items, be it refused or not."""
    promised, given = "no items for a token that no answer gave", _given(evidence.walks)
    foreign = [
        exchange
        for exchange in evidence.exchanges
        if (token := _token_alone(exchange.case, evidence.operation)) and token not in given
    ]
    pages = {id(walk.pages[0].exchange): walk.pages[0] for walk in evidence.walks}
    found = [
        (page, f"{counted(len(page.items), 'item')} to {page.exchange.case.title}")
        for exchange in foreign
        if (page := pages.get(id(exchange))) is not None and page.items
    ]
    yield from _about_tokens(evidence, "paging.foreign_token", promised, len(foreign), found)


def _about_tokens(
    evidence: Evidence, rule: str, promised: str, asked: int, found: list[tuple[Page, str]]
) -> Iterator[Judged]:
    """Judge the one promise of a rule about tokens that are sent alone."""
    name = evidence.operation.roles.token_parameter
    if name is not None:
        location = f"query/{name}"
        promise = Promise(rule, location, promised, evidence.operation.parameter_source(name))
        broken = [Broken(page.exchange, location, said) for page, said in found]
        yield promise, asked, breaches(broken, asked)


def _given(walks: tuple[Walk, ...]) -> dict[str, Filters]:
    """Return every token that a page gave, with the filters it was given under."""
    return {page.token: walk.filters or () for walk in walks for page in walk.pages if page.token}


def _token_alone(case: Case, operation: Operation) -> str | None:
    """Return the token that a case sends and nothing beside it, if it is a first page's."""
    tokens = [value for name, value in case.query if name == operation.roles.token_parameter]
    return tokens[0] if len(case.query) == len(tokens) == 1 and case.visit.page == 1 else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _items(operation: Operation) -> str | None:
    return operation.roles.items if operation.roles.onward is not None else None


def _end(operation: Operation) -> str | None:
    return end_location(operation) if _items(operation) is not None else None


def _onward(operation: Operation) -> str | None:
    name = operation.roles.onward
    return None if name is None else f"query/{name}"


def _size_parameter(operation: Operation) -> str | None:
    """Return the location of the page size; a list may bound its length and have no next page."""
    name = operation.roles.size_parameter if operation.roles.is_list else None
    return None if name is None else f"query/{name}"


def _rule(name: str, locate: Callable[[Operation], str | None], documented: str, why: str) -> Rule:
    rule = f"paging.{name}"
    summary = f"{documented[0].upper()}{documented[1:]}."
    judge = partial(judge_walks, rule, locate, documented)
    return Rule(rule, Level.BREAKING, summary, why, judge)


RULES: Final = (
    _rule(
        "unique",
        _items,
        "no item is twice in one walk",
        "A client counts, charges or handles an item twice.",
    ),
    _rule(
        "complete",
        _items,
        "a walk at any page size shows every item",
        "A client never learns of items that are there.",
    ),
    _rule(
        "ends",
        _end,
        "a walk comes to its last page",
        "A client walks for ever: the official ones do not notice.",
    ),
    _rule(
        "size",
        _size_parameter,
        "no page is longer than asked, nor than documented",
        "A client that made room for a page gets more than it can hold.",
    ),
    _rule(
        "token",
        _onward,
        "later pages keep the filters of the first",
        "A client takes items for its own that it did not ask for.",
    ),
    _rule(
        "order",
        _items,
        "the same items come in the same order, on every walk and at every page size",
        "A client that goes on where it stopped skips items or sees them again.",
    ),
    _rule(
        "empty_page",
        _items,
        "no page but the last is empty",
        "A client that stops at an empty page, as the official ones do, loses the rest.",
    ),
    Rule(
        "paging.total",
        Level.BREAKING,
        "A total that is given could be right, if only as an estimate.",
        "A progress bar or a count on a screen shows nonsense.",
        judge_total,
    ),
    Rule(
        "paging.token_alone",
        Level.NOTE,
        "A token that is sent alone keeps the filters it was given under.",
        "A client must repeat the filters with every token, which the page does not say.",
        judge_token_alone,
    ),
    Rule(
        "paging.foreign_token",
        Level.NOTE,
        "A token that no answer gave brings no items.",
        "A client whose token was damaged starts anew without noticing.",
        judge_foreign_token,
    ),
)
