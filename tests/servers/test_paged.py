"""Every style of paging at five account sizes: faults are found, and correct lists conform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from operator import attrgetter
from typing import Any, Final

import pytest
from lists import Query, breaking, check
from servers.paged import (
    COLOR,
    DEFECTS,
    STYLES,
    TEXT,
    Request,
    Server,
    Style,
    boundary_lost,
    correctly,
    last_page_again,
    make,
    things,
)
from sizes import sample

from docpact.cases.sampling import sample_items
from docpact.conformance import Session
from docpact.model import Level, Operation, Run, Verdict
from docpact.targets.http import HttpTarget
from docpact.targets.mock import MockApi, mock_client

COUNTS: Final = (0, 1, 3, 30, 237)
BY_NAME: Final = {style.name: style for style in STYLES}


def run(server: Server, operation: Operation | None = None) -> Run:
    return check(operation or server.operation, server)


def assert_conforms(found: Run) -> None:
    serious = [each for each in found.findings if each.level is not Level.NOTE]
    assert [(each.rule, each.location, each.observed) for each in serious] == []
    assert found.verdict() is Verdict.CONFORMS, found.reason


@pytest.mark.sampled(8)
@pytest.mark.parametrize(
    ("style", "count"),
    [
        pytest.param(
            style,
            count,
            id=f"{style.name}-{count}",
            marks=() if count == 237 and number % 4 == 0 else pytest.mark.slow,
        )
        for number, style in enumerate(STYLES)
        for count in COUNTS
    ],
)
def test_a_correct_list_conforms(style: Style, count: int) -> None:
    assert_conforms(run(Server(style, things(count))))


@pytest.mark.sampled(8)
@pytest.mark.parametrize(
    ("style", "count", "defect", "rules"),
    [
        pytest.param(
            style,
            count,
            defect,
            rules | style.suspected,
            id=f"{style.name}-{count}-{defect.__name__}",
            marks=() if (number + each) % 28 == 0 and count == 237 else pytest.mark.slow,
        )
        for number, style in enumerate(STYLES)
        for each, (defect, rules) in enumerate(DEFECTS)
        for count in (30, 237)
    ],
)
def test_a_broken_list_is_found(style: Style, count: int, defect: Any, rules: set[str]) -> None:
    found = {each.rule for each in run(Server(style, things(count), cut=defect)).findings}
    assert rules & found


@pytest.mark.parametrize("style", sample(STYLES, 8, attrgetter("name")))
def test_a_short_list_that_loses_an_item_between_pages_is_found(style: Style) -> None:
    found = {each.rule for each in run(Server(style, things(3), cut=boundary_lost)).findings}
    assert {"paging.complete", *style.suspected} & found


@pytest.mark.sampled(8)
@pytest.mark.parametrize("name", ["page", "offset"])
@pytest.mark.parametrize("count", sample(COUNTS[1:], 3))
def test_a_last_page_that_never_ends_is_found(name: str, count: int) -> None:
    found = breaking(run(Server(BY_NAME[name], things(count), cut=last_page_again)))
    assert {rule for rule, _ in found} & {"paging.ends", "paging.unique"}


NAMED: Final = {"name": TEXT, "color": COLOR}
WHOLE: Final = {"id": {"type": "integer"}, "color": COLOR}
IDENTITIES: Final = (
    (NAMED, lambda n: {"name": f"n{n}"}),
    (WHOLE, lambda n: {"id": n + 1}),
)


@pytest.mark.sampled(8)
@pytest.mark.parametrize("count", sample(COUNTS, 4))
@pytest.mark.parametrize(("item", "identify"), IDENTITIES, ids=["no id", "whole numbers"])
@pytest.mark.parametrize("style", sample(STYLES, 22, attrgetter("name")))
def test_items_without_a_text_id_conform(
    style: Style, item: Any, identify: Any, count: int
) -> None:
    if item is NAMED and "id of the last" in style.name:
        pytest.skip("the style needs ids")
    assert_conforms(run(Server(style, make(count, identify), item=item)))


@pytest.mark.parametrize("count", [30, 237])
@pytest.mark.parametrize("style", sample(STYLES, 22, attrgetter("name"), 1))
def test_a_server_that_shortens_long_pages_in_silence_conforms(style: Style, count: int) -> None:
    assert_conforms(run(Server(style, things(count), most=7, default=5)))


def announced(at: Request) -> Any:
    """Announce a further page after a last one that is full; it is empty."""
    shown, count, more = correctly(at)
    return shown, count, more or len(shown) == at.size


@pytest.mark.parametrize("count", [1, 3, 30])
@pytest.mark.parametrize("style", sample(STYLES, 22, attrgetter("name"), 2))
def test_an_empty_last_page_conforms(style: Style, count: int) -> None:
    def start(query: Query, size: int, items: Any) -> int | None:
        return (
            min(len(items), begin)
            if (begin := style.start(query, size, items)) is not None
            else None
        )

    assert_conforms(run(Server(replace(style, start=start), things(count), cut=announced)))


@pytest.mark.sampled(3)
@pytest.mark.parametrize("count", sample((3, 30), 2))
@pytest.mark.parametrize(
    "name",
    [
        "offset and more",
        "cursor of the end",
        "id of the last item and more",
        "id of the last item in the body",
    ],
)
def test_more_items_after_an_empty_page_is_found(name: str, count: int) -> None:
    def more(at: Request) -> Any:
        shown, count, _ = correctly(at)
        return shown, count, True

    found = breaking(run(Server(BY_NAME[name], things(count), cut=more)))
    assert {rule for rule, _ in found} == {"paging.ends"}


def estimating(by: int, digits: int) -> Callable[[Request], Any]:
    def cut(at: Request) -> Any:
        shown, count, more = correctly(at)
        estimate = round(count * (100 + by) // 100, digits)
        return shown, max(estimate, len(shown)), more

    return cut


ESTIMATES: Final = product(
    ("page and total", "offset and total"),
    ((0, -1), (-20, 0), (30, 0), (-10, -1)),
    (100, 10),
    COUNTS,
)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("estimate", sample(ESTIMATES, 26))
def test_a_total_that_is_an_estimate_conforms(estimate: Any) -> None:
    name, errors, most, count = estimate
    cut = estimating(*errors)
    assert_conforms(run(Server(BY_NAME[name], things(count), cut=cut, most=most)))


BEYOND: Final = product(
    ("page", "page from 0", "page and total", "offset", "offset and more"),
    COUNTS,
    (400, 404, 416, 422),
)


@pytest.mark.sampled(4)
@pytest.mark.parametrize("kind", sample(BEYOND, 26))
def test_an_error_beyond_the_end_conforms(kind: Any) -> None:
    name, count, status = kind
    server = Server(BY_NAME[name], things(count))

    def handler(query: Query) -> Any:
        code, body, *headers = server(query)
        at = query.get("page", query.get("offset", "0"))
        is_beyond = code == 200 and not body["items"] and at not in ("0", "1")
        return (status, {"error": "no such page"}) if is_beyond else (code, body, *headers)

    assert_conforms(check(server.operation, handler))


@pytest.mark.sampled(4)
@pytest.mark.parametrize("count", sample(COUNTS, 2))
@pytest.mark.parametrize("name", ["page and total", "offset and total"])
def test_a_last_page_again_beyond_a_stated_total_conforms(name: str, count: int) -> None:
    assert_conforms(run(Server(BY_NAME[name], things(count), cut=last_page_again)))


@pytest.mark.sampled(3)
@pytest.mark.parametrize("count", sample(COUNTS, 4))
@pytest.mark.parametrize("style", sample(STYLES, 22, attrgetter("name"), 3))
def test_the_mock_conforms(style: Style, count: int) -> None:
    operation = Server(style, ()).operation
    api = MockApi(operation, sample_items(operation, count))
    with mock_client(api) as client:
        target = HttpTarget(operation.server, operation, operation.server, client)
        found = Session(target).run()
    assert_conforms(found)
    if count > 100 and operation.roles.paging is not None:
        pages = [e for e in found.results if e.promise.rule == "paging.complete"]
        assert sum(each.observations for each in pages) > 0


@pytest.mark.parametrize("style", sample(STYLES, 4, attrgetter("name")))
def test_the_mock_answers_a_negative_page_size(style: Style) -> None:
    operation = Server(style, ()).operation
    query = {**operation.query_schema["properties"], style.size: {"type": "integer"}}
    parameters = tuple(replace(p, schema=query[p.name]) for p in operation.parameters)
    unbounded = replace(
        operation,
        parameters=parameters,
        query_schema={**operation.query_schema, "properties": query},
    )
    with mock_client(MockApi(unbounded)) as client:
        assert client.get(f"{operation.server}/things?{style.size}=-2000").status_code == 200


OFFSETS: Final = ("offset", "offset and total", "offset and more")


@pytest.mark.sampled(3)
@pytest.mark.parametrize("count", sample((30, 237), 2))
@pytest.mark.parametrize("name", OFFSETS)
def test_the_last_item_of_each_page_is_lost(name: str, count: int) -> None:
    def cut(at: Request) -> Any:
        shown, total, more = correctly(at)
        return (shown[:-1] if more and len(shown) > 1 else shown), total, more

    found = run(Server(BY_NAME[name], things(count), cut=cut)).findings
    assert "paging.short_page" in {each.rule for each in found}


@pytest.mark.parametrize("lost", [0, 1])
def test_pages_that_always_lack_one_item_are_noted(lost: int) -> None:
    """The next page begins after the last item that was shown, so no item is lost."""

    def cut(at: Request) -> Any:
        shown, total, more = correctly(at)
        return (shown[: len(shown) - lost] if more and len(shown) > 1 else shown), total, more

    found = run(Server(BY_NAME["id of the last item"], things(30), cut=cut)).findings
    assert {each.rule for each in found} == ({"paging.short_page"} if lost else set())


@pytest.mark.parametrize(("size", "is_noted"), [(50, True), (None, False)])
def test_a_page_shorter_than_one_of_a_smaller_size_is_noted(
    size: int | None, *, is_noted: bool
) -> None:
    def cut(at: Request) -> Any:
        shown, total, more = correctly(at)
        is_cut = at.size == size and len(shown) > 9
        return (shown[:9], total, True) if is_cut else (shown, total, more)

    found = run(Server(BY_NAME["id of the last item"], things(30), cut=cut)).findings
    assert {each.rule for each in found} == ({"paging.short_page"} if is_noted else set())


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("text", "is_noted"), [("The maximum number of items.", True), ("We may return fewer.", False)]
)
@pytest.mark.parametrize("name", [*OFFSETS, "page", "page from 0 and number of pages"])
def test_pages_of_at_most_ten_items_conform(name: str, text: str, is_noted: bool) -> None:
    server = Server(BY_NAME[name], things(30), most=10)
    parameters = (replace(each, description=text) for each in server.operation.parameters)
    operation = replace(server.operation, parameters=tuple(parameters))
    found = check(operation, server)
    assert_conforms(found)
    short = [each.location for each in found.findings if each.rule == "paging.short_page"]
    assert short == [f"query/{server.style.size}"] * is_noted
