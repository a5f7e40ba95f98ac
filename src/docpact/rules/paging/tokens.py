"""Rules about the tokens of pages: sent without their filters, or never issued."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from docpact.model import Case, Level, Promise
from docpact.rules.evidence import Evidence
from docpact.rules.rule import Broken, Judged, group_breaches, rule
from docpact.rules.walks.alone import may_be_alone
from docpact.rules.walks.pages import Filters, Page, find_token_parameter, read_token
from docpact.text import pluralize


@rule(
    "paging.token_alone",
    "A client that sends a token alone, as documented, gets items that it did not request.",
    needs_own_requests=True,
)
def judge_token_alone(evidence: Evidence) -> Iterator[Judged]:
    """A token sent without its filters keeps them, where its description says so.

    Without such a description, a client repeats the filters: most APIs require that, as
    https://google.aip.dev/158 does. Filters that did not select on this account are left out.
    """
    name = find_token_parameter(evidence.operation)
    if name is None or not may_be_alone(evidence.operation.parameter(name).description):
        return
    promised = "the next page with the same filters, even if they are not sent again"
    given, found = _read_given(evidence), []
    asked = [(w.pages[0], given.get(_token_alone(evidence, w.case) or "")) for w in evidence.walks]
    matching = evidence.relations.collection.matches
    selected = {
        walk.filters
        for walk in evidence.walks
        if walk.filters and all(matching(item, walk.filters) for item in walk.pages[0].items)
    }
    asked = [(page, filters) for page, filters in asked if filters in selected]
    for page, filters in asked:
        matches = partial(matching, filters=filters or ())
        wrong = sum(not matches(item) for item in page.items)
        if wrong:
            names = ", ".join(name for name, _ in filters or ())
            count = pluralize(wrong, "item")
            found.append((page, f"{count} of {len(page.items):,} that {names} excludes"))
    yield from _about_tokens(evidence, "paging.token_alone", promised, len(asked), found)


@rule(
    "paging.foreign_token",
    "A client with a damaged token starts again without noticing.",
    Level.NOTE,
    needs_own_requests=True,
)
def judge_foreign_token(evidence: Evidence) -> Iterator[Judged]:
    """A token that the server never issued returns no items."""
    promised = "no items for a token that the server never issued"
    known = {None, "", *_read_given(evidence), *_read_linked(evidence)}
    asked = [id(e) for e in evidence.exchanges if _token_alone(evidence, e.case) not in known]
    found = [
        (page, f"{pluralize(len(page.items), 'item')} to {page.exchange.case.title}")
        for page in (walk.pages[0] for walk in evidence.walks)
        if page.items and id(page.exchange) in asked
    ]
    yield from _about_tokens(evidence, "paging.foreign_token", promised, len(asked), found)


def _about_tokens(
    evidence: Evidence, rule: str, promised: str, asked: int, found: list[tuple[Page, str]]
) -> Iterator[Judged]:
    """Judge the promise of a rule about tokens that are sent without filters."""
    name = find_token_parameter(evidence.operation)
    if name is not None:
        location = f"query/{name}"
        promise = Promise(rule, location, promised, evidence.operation.parameter_source(name))
        broken = [Broken(page.exchange, location, observed) for page, observed in found]
        yield promise, asked, group_breaches(broken, asked)


def _read_given(evidence: Evidence) -> dict[str, Filters]:
    """Return every token that a page contains, with the filters of its walk."""
    return {
        token: walk.filters or ()
        for walk in evidence.walks
        for page in walk.pages
        if (token := read_token(evidence.operation, page))
    }


def _read_linked(evidence: Evidence) -> Iterator[str]:
    """Yield every token in a link of a page to another one, such as the previous page."""
    parameter = find_token_parameter(evidence.operation)
    for page in (page for walk in evidence.walks for page in walk.pages):
        queries = (query for _, _, query in page.onward.links)
        yield from (value for query in queries for name, value in query if name == parameter)


def _token_alone(evidence: Evidence, case: Case) -> str | None:
    """Return the token of a first request that sends nothing else, or None."""
    parameter = find_token_parameter(evidence.operation)
    tokens = [value for name, value in case.query if name == parameter]
    return tokens[0] if len(case.query) == len(tokens) == 1 and case.visit.page == 1 else None
