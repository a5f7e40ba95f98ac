"""Links to the first, last, previous and next page of a list lead there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product

from docpact.cases.wire import query_label
from docpact.model import Case, Expectation, Expected, Promise, Question
from docpact.rules.evidence import Evidence
from docpact.rules.pages import Page, read_items
from docpact.rules.rule import Broken, Judged, group_breaches
from docpact.rules.walks import Ending, Walk


def link_cases(walks: Sequence[Walk]) -> Iterator[Case]:
    """Yield the pages to which links of the second and third page of a list lead."""
    asked = {frozenset(page.exchange.case.query) for walk in walks for page in walk.pages}
    linked = filter(_is_linked, walks)
    best = max(linked, key=lambda w: (len(w.pages) > 2, bool(w.filters)), default=None)
    for page in best.pages[1:3] if best else ():
        for _, relation, query in page.onward.links:
            if frozenset(query) not in asked:
                asked.add(frozenset(query))
                label = query_label(query, f"link to {relation}")
                yield Case(label, Question(query), Expectation(Expected.UNSPECIFIED))


def _is_linked(walk: Walk) -> bool:
    """Return whether a walk follows links from the first page of a list to the last one."""
    begins = walk.filters is not None or walk.beside is not None
    is_clear = len({*walk.ids}) == sum(1 for _ in walk.items)
    is_linked = begins and walk.ending is Ending.END and walk.pages[0].onward.given
    return is_linked and is_clear and bool(walk.ids) and len(walk.pages) > 1


def _list_inner(walks: Sequence[Walk]) -> Iterator[tuple[Page, str]]:
    """Yield each page before another one, with each field or header that leads to a next page."""
    used: dict[frozenset[str], set[str]] = {}
    for walk in walks:
        asked = used.setdefault(frozenset(dict(walk.case.query)), set())
        asked.update(where for page in walk.pages for where in page.onward.filled)
    for walk in walks:
        for page, later in pairwise(walk.pages):
            if later.items and walk.filters is not None:
                yield from product([page], used[frozenset(dict(walk.case.query))])


def judge_links(evidence: Evidence) -> Iterator[Judged]:
    """A link to another page of a list shows the items that are there, and none is missing.

    A page before another one has the links or tokens that others with its parameters have.
    """
    operation, counts, broken = evidence.operation, dict[str, int](), list[Broken]()
    shown = {
        frozenset(body.exchange.case.query): read_items(operation, body.decoded.value)
        for body in evidence.bodies
    }
    is_steady = not evidence.relations.collection.moved
    for walk in filter(_is_linked, evidence.walks) if is_steady else ():
        start = 0
        for page in walk.pages:
            before = walk.ids[max(0, start - 1)]
            start += len(page.ids)
            for where, relation, query in page.onward.links:
                ids = [item.id for item in shown.get(frozenset(query), ())]
                known = {"first": (ids[:1], walk.ids[0]), "last": (ids[-1:], walk.ids[-1])}
                ends, one = known.get(relation, ([*ids[:1], *ids[-1:]], before))
                if frozenset(query) in shown and page is not walk.pages[0]:
                    counts[where] = counts.get(where, 0) + 1
                    if one not in ends or not {*walk.ids}.issuperset(ids):
                        observed = f"{query_label(query)} on {page.exchange.case.title}"
                        broken.append(Broken(page.exchange, where, f"another page: {observed}"))
    for page, where in _list_inner(evidence.walks) if is_steady else ():
        counts[where] = counts.get(where, 0) + 1
        if where not in page.onward.filled:
            observed = f"none on {page.exchange.case.title}, although another page follows"
            broken.append(Broken(page.exchange, where, observed))
    for where, count in counts.items():
        source = None if where.startswith("header/") else operation.field_source(where)
        promise = Promise("paging.fields", where, "a link to the page that it names", source)
        breaches = group_breaches((each for each in broken if each.location == where), count)
        yield promise, count, breaches
