"""Paging: a client returns all items once and in order, continues past an empty page, and ends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from docpact.bodies.engine import is_valid
from docpact.cases.page_facts import has_link
from docpact.cases.parts import change_part, put, remove
from docpact.cases.styles import read_query
from docpact.client_gate.call import Answer, Answers, Call, Query, Read, Scenario, Wanted
from docpact.client_gate.listing import (
    NEXT,
    OWN_PARAMETER,
    RELATIVE,
    SIZE,
    TOKENS,
    body_answer,
    has_tokens,
    is_documented,
    is_paged,
    list_location,
    onward_location,
    onward_parameter,
    page,
    page_answer,
    page_facts,
    page_keys,
    page_size,
    sample_usual,
    walk,
    with_id,
)
from docpact.client_gate.queries import every_filter
from docpact.client_gate.reading import is_correct
from docpact.client_gate.rule import ClientRule, Evidence, Family, Tested, call_rule, judge_by
from docpact.client_gate.stage import read_text
from docpact.model import Operation, Promise
from docpact.model.pointer import resolve, tokens
from docpact.model.schema import place
from docpact.text import excerpt

PAGES: Final = 101
"""Number of pages of the longest walk."""

LARGE: Final = 1_000
"""The longest page that is tested."""


def scenarios(operation: Operation) -> Iterator[Scenario]:
    """Yield ordinary walks, and some that official clients get wrong."""
    if not operation.roles.is_list:
        return
    yield from _empty_list(operation)
    if not is_paged(operation):
        found = sample_usual(operation, 2 * SIZE + 1)
        yield make_walk(operation, "client.walk", "all items in one response", [found])
        return
    yield from _walks(operation)
    if has_tokens(operation):
        yield from _token_walks(operation)


def make_walk(
    operation: Operation,
    rule: str,
    label: str,
    chunks: Sequence[Sequence[Any]],
    query: Query = MappingProxyType({}),
) -> Scenario:
    """Return the scenario of a walk, given the items of each page and the parameters."""
    name = operation.roles.size_parameter
    if not has_tokens(operation) and name is not None and is_paged(operation):
        query = {name: len(chunks[0]), **query}
    keys = page_keys(operation, chunks) if has_tokens(operation) else ()
    return Scenario(
        rule,
        list_location(operation),
        label,
        walk(operation, chunks),
        query,
        items=tuple(item for chunk in chunks for item in chunk),
        keys=keys,
    )


def _empty_list(operation: Operation) -> Iterator[Scenario]:
    body = page(operation, (), page_facts(operation, 0, page_size(operation), 0, None))
    if is_valid(operation.response_schema, body):
        answers: Answers = {None: (body_answer(operation, body),)}
        yield Scenario("client.walk", list_location(operation), "no items", answers)


def _split(found: Sequence[Any], *sizes: int) -> list[Sequence[Any]]:
    """Split items into pages of given sizes."""
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    return [found[start : start + size] for start, size in zip(starts, sizes, strict=True)]


def _walks(operation: Operation) -> Iterator[Scenario]:
    size, name = page_size(operation), operation.roles.size_parameter
    sizes = set[int]()
    if name is not None:
        most = operation.parameter(name).schema.get("maximum", 100)
        sizes = {page_size(operation, each) for each in (25, 100, min(most, LARGE))} - {size}
    found = sample_usual(operation, max(2 * max(sizes, default=0), 8 * size) + 1)
    three = _split(found, size, size, 1)
    yield make_walk(operation, "client.walk", "three pages", three)
    yield make_walk(operation, "client.walk", "nine pages", _split(found, *[size] * 8, 1))
    yield _long_walk(operation, found[0])
    yield make_walk(operation, "client.walk", "one page", _split(found, 1))
    yield make_walk(operation, "client.walk", "two full pages", _split(found, size, size))
    for large in sorted(sizes):
        chunks = _split(found, large, large, 1)
        yield make_walk(operation, "client.walk", f"pages of {large}", chunks, {str(name): large})
    scenario = make_walk(
        operation,
        "client.onward",
        "three pages under filters",
        three,
        every_filter(operation, size),
    )
    yield replace(scenario, location=onward_location(operation))
    yield from _later_start(operation, _split(found, size, size, size))
    yield from _unsized_walk(operation, three)
    yield from _incomplete_walks(operation, _split(found, size, size))
    yield from _walks_by_id(operation, found)
    yield from _short_pages(operation, found)
    if has_tokens(operation) or has_link(operation):
        yield from _circles(operation, _split(found, size, size, size))
    if has_link(operation):
        yield from _link_walks(operation, _split(found, size, size))


def _long_walk(operation: Operation, item: Any) -> Scenario:
    """Return a walk that a client may refuse to read to its end, but not cut."""
    size = page_size(operation, max(1, min(10, 10_000 // len(json.dumps(item)))))
    found = sample_usual(operation, PAGES * size)
    label = f"{PAGES} pages with {len(found)} items"
    whole = make_walk(operation, "client.walk", label, _split(found, *[size] * PAGES))
    return replace(whole, wanted=Wanted.EITHER)


def _incomplete_walks(operation: Operation, chunks: Sequence[Sequence[Any]]) -> Iterator[Scenario]:
    """Yield walks whose first page lacks a required field about pages: all items or an error."""
    whole, roles = make_walk(operation, "client.walk", "", chunks), operation.roles
    (answer,), schema = whole.answers[None], operation.response_schema
    for where in filter(None, (roles.next_token, roles.has_more, roles.total_pages, roles.total)):
        *above, name = tokens(where)
        body, _ = change_part(schema, json.loads(answer.body), tuple(above), remove(name))
        null, _ = change_part(schema, json.loads(answer.body), tokens(where), put(None))
        if not is_valid(schema, body) and not is_valid(schema, null):
            first = (replace(answer, body=json.dumps(body).encode()),)
            label, answers = f"a first page without {name}", {**whole.answers, None: first}
            yield replace(whole, label=label, answers=answers, keys=(), wanted=Wanted.EITHER)


def _walks_by_id(operation: Operation, found: Sequence[Any]) -> Iterator[Scenario]:
    """Yield a walk in which the id of the last item selects the next page, with odd ids."""
    paging, size = operation.roles.paging, page_size(operation)
    if paging is None or paging.style is None or paging.style.role != "last_id_parameter":
        return
    where = operation.roles.id or "/id"
    own = [resolve(item, where) for item in found]
    if None in own:
        return
    schema = place(operation.item_schema, where)
    odd = [text for text in (" a b ", *TOKENS) if is_valid(schema, text) and text not in own]
    pages = []
    for number, (first, *rest) in enumerate(_split(found, *[size] * 8)):
        last = with_id(operation, first, odd[number]) if number < len(odd) else first
        pages.append([*rest, last])
    yield make_walk(operation, "client.walk", "odd ids in no order", pages)


def _short_pages(operation: Operation, found: Sequence[Any]) -> Iterator[Scenario]:
    """Yield a walk with short pages, if responses state otherwise whether a page follows."""
    roles, size = operation.roles, page_size(operation)
    style = roles.paging.style if roles.paging is not None else None
    is_counted = roles.total or roles.total_pages
    kinds = ("last_id_parameter", *(() if is_counted else ("page_parameter",)))
    if style is not None and style.role in kinds and (roles.has_more or has_link(operation)):
        yield make_walk(operation, "client.walk", "short pages", _split(found, size, 1, size, 1))


def _link_walks(operation: Operation, chunks: Sequence[Sequence[Any]]) -> Iterator[Scenario]:
    """Yield walks with other forms of the Link header (RFC 8288, section 3)."""
    whole = make_walk(operation, "client.walk", "", chunks)
    (answer,) = whole.answers[None]
    stated = dict(answer.headers).get("Link", "")
    url = stated[1:].partition(">")[0]
    other = f"{NEXT}?{OWN_PARAMETER}=docpact-other"
    beside = f'<{other}>; rel="prev", <{url}>; rel="next", <{other}>; rel="last"'
    for label, name, *values in (
        ("a Link header without quotes", "Link", f"<{url}>; rel=next"),
        ("a relative URL in a Link header", "Link", f'<{RELATIVE}{url}>; rel="next"'),
        ("a title in a Link header", "Link", f'<{url}>; title="one, more"; rel="next"'),
        ("a header named link", "link", stated),
        ("links to other pages beside the next", "Link", beside),
        ("two Link headers", "Link", f'<{other}>; rel="first"', f'<{url}>; rel="next"'),
    ):
        headers = [pair for pair in answer.headers if pair[0] != "Link"]
        headers += [(name, value) for value in values]
        first = (replace(answer, headers=tuple(headers)),)
        yield replace(whole, label=label, answers={**whole.answers, None: first})


def _later_start(operation: Operation, chunks: Sequence[Sequence[Any]]) -> Iterator[Scenario]:
    """Yield a walk whose first page the caller selects, if a parameter for that is documented."""
    name = onward_parameter(operation)
    if not is_documented(operation, name):
        return
    key, text = str(name), str(page_keys(operation, chunks)[1])
    whole = make_walk(operation, "client.walk", "a later page that the caller selects", chunks)
    later = replace(
        whole,
        query={**whole.query, key: read_text(operation.parameter(key), text)},
        items=tuple(item for chunk in chunks[1:] for item in chunk),
        keys=whole.keys[1:],
    )
    if has_tokens(operation):
        where = onward_location(operation)
        later = replace(later, rule="client.onward", location=where)
    yield later


def _unsized_walk(operation: Operation, chunks: Sequence[Sequence[Any]]) -> Iterator[Scenario]:
    """Yield a walk by position whose page size nobody states, unless the client chooses it."""
    name = operation.roles.size_parameter
    if name is None or has_tokens(operation):
        return
    parameter = operation.parameter(name)
    if not parameter.required and "default" not in parameter.schema:
        whole = make_walk(operation, "client.walk", "pages as long as the server likes", chunks)
        keys = page_keys(operation, chunks)
        beyond = {key: each for key, each in whole.answers.items() if key not in keys}
        yield replace(whole, query={}, answers=beyond)


def _token_walks(operation: Operation) -> Iterator[Scenario]:
    size = page_size(operation)
    found = sample_usual(operation, 4 * size)
    one, two = found[:size], found[size : 2 * size]
    named = operation.roles.size_parameter
    asked: Query = {} if named is None else {named: size}
    yield make_walk(operation, "client.walk", "short pages", _split(found, size, 1, size, 1), asked)
    yield from _ends(operation, found[: size + 1])
    yield from _estimates(operation, _split(found, size, size, 1))
    for rule, label, chunks in (
        ("client.trailing_page", "an empty last page", [one, two, ()]),
        ("client.empty_page", "an empty page in the middle", [one, (), two]),
        ("client.empty_page", "an empty first page", [(), one]),
        ("client.empty_page", "two empty pages", [one, (), (), two]),
    ):
        yield make_walk(operation, rule, label, chunks)


def _circles(operation: Operation, chunks: Sequence[Sequence[Any]]) -> Iterator[Scenario]:
    """Yield walks whose second page leads to itself, or to a third one that leads back."""
    _, one, two = page_keys(operation, chunks)
    size, items = len(chunks[1]), chunks[1]
    for label, turns in (
        ("a repeated token", [(one, one)]),
        ("tokens in a circle", [(one, two), (two, one)]),
    ):
        circle: dict[str | None, tuple[Answer, ...]] = {
            key: (page_answer(operation, items, page_facts(operation, 0, size, 99, onward)),)
            for key, onward in turns
        }
        yield Scenario(
            "client.repeated_token",
            onward_location(operation),
            label,
            {**walk(operation, chunks[:2]), **circle},
            wanted=Wanted.END,
        )


def _ends(operation: Operation, found: Sequence[Any]) -> Iterator[Scenario]:
    """Yield walks whose last page has a null token, no token, or nothing that is optional."""
    path = tokens(operation.roles.next_token or "")
    if len(path) != 1:
        return
    size = len(found) - 1
    last = page(operation, found[-1:], page_facts(operation, size, size, len(found), None))
    without = {name: value for name, value in last.items() if name != path[0]}
    needed = {*operation.response_schema.get("required", ())}
    needed |= {*tokens(operation.roles.items or "")[:1]}
    for label, body in (
        ("null as the last token", {**last, path[0]: None}),
        ("no token", without),
        ("required fields only", {n: v for n, v in without.items() if n in needed}),
    ):
        if is_valid(operation.response_schema, body):
            whole = make_walk(operation, "client.walk", label, _split(found, size, 1))
            answer = body_answer(operation, body)
            yield replace(whole, answers={**whole.answers, whole.keys[-1]: (answer,)})


def _estimates(operation: Operation, chunks: Sequence[Sequence[Any]]) -> Iterator[Scenario]:
    """Yield walks with a total that is an estimate: only the token says whether a page follows."""
    if operation.roles.total is None:
        return
    counts, size = [len(chunk) for chunk in chunks], len(chunks[0])
    for label, totals in (
        ("a total that counts the items of each page", counts),
        ("a total that is too large", [sum(counts) + size] * len(counts)),
        ("a total of 0", [0] * len(counts)),
    ):
        whole = make_walk(operation, "client.walk", label, chunks)
        yield replace(whole, answers=walk(operation, chunks, totals), wanted=Wanted.EITHER)


def _next_pages(evidence: Evidence) -> Iterator[Tested]:
    """Judge the requests for the second and later pages."""
    operation = evidence.operation
    name = onward_parameter(operation)
    if name is None or not is_paged(operation):
        return
    documented = "each page once and in order, with the same parameters"
    source = operation.parameter_source(name) if is_documented(operation, name) else None
    promise = Promise("client.onward", onward_location(operation), documented, source)
    calls = [call for call in evidence.calls if _asks_pages(call)]
    yield judge_by(promise, calls, partial(_onward_problems, operation))


def _asks_pages(call: Call) -> bool:
    return len(call.received) > 1 or (
        len(call.scenario.keys) > 1 and isinstance(call.outcome, Read)
    )


def _onward_problems(operation: Operation, call: Call) -> Iterator[str]:
    """Describe wrong tokens and pages, and lost parameters; other rules find missing items."""
    name, due = onward_parameter(operation), call.scenario.keys
    sent = [each.key for each in call.received]
    is_plain = call.scenario.rule in ("client.walk", "client.onward")
    is_complete = isinstance(call.outcome, Read) and (is_plain or is_correct(operation, call))
    if due and (not {*sent} <= {*due} or (is_complete and sent != [*due])):
        shown = ", ".join(_key(key) for key in sent[1:4]) or "no token"
        wanted = ", ".join(_key(key) for key in due[1:4])
        yield f"{call.scenario.label}: {shown} sent for {wanted}"
    queries = [read_query(operation, each.query) for each in call.received]
    first = {key for key, _ in queries[0] if key != name} if queries else set()
    later = [
        {key for key, _ in query}
        for each, query in zip(call.received, queries, strict=True)
        if each.key is not None
    ]
    lost = {key for keys in later for key in first - keys}
    yield from (f"{each} not repeated for the next page" for each in sorted(lost))


def _key(key: str | None) -> str:
    return "no token" if key is None else excerpt(key, 30)


PAGING: Final = Family(
    "paging",
    scenarios,
    (
        call_rule(
            "client.walk",
            "A walk returns all items once, in the order of the pages.",
            "Items are missing or repeated, without an error.",
            "all items once, in order",
        ),
        ClientRule(
            "client.onward",
            "Each page is requested once, with the token as received and the same parameters.",
            "The second page belongs to a different list than the first.",
            _next_pages,
            played_by=("client.walk", "client.onward"),
            sees_all=True,
        ),
        call_rule(
            "client.trailing_page",
            "An empty last page ends a walk like any other last page.",
            "The client fails on a collection that fills its pages exactly.",
            "all items before an empty last page",
        ),
        call_rule(
            "client.empty_page",
            "An empty page with a token does not end a walk.",
            "All items after it are lost without an error.",
            "all items before and after an empty page",
        ),
        call_rule(
            "client.repeated_token",
            "A walk ends or fails when a server repeats a token.",
            "The client requests the same page forever.",
            "an error or an end",
        ),
    ),
)
