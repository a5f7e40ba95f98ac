"""The end of a walk: what a last page, a short page and a refused page show."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lists import contract
from toy import JSON_TYPE, LAMPS, exchange, lamp

from docpact.model import Case, Operation, Query, Question, Roles
from docpact.rules.walks.bodies import BodyReader
from docpact.rules.walks.joining import read_walks, settle
from docpact.rules.walks.pages import Page, read_page
from docpact.rules.walks.walk import Ending

THINGS = contract(
    {"limit": {"type": "integer", "minimum": 1, "maximum": 20}}, {"id": {"type": "string"}}
)
"""A list that only a limit divides."""


def read(operation: Operation, length: int, query: Query = ()) -> Page:
    """Return a page of so many lamps."""
    lamps = [*map(lamp, range(length))]
    body = {"items": lamps} if operation is not THINGS else lamps
    page = read_page(operation, exchange(body, Case("a page", Question(query))), body)
    assert page is not None
    return page


def test_a_page_by_itself_is_at_the_first_position() -> None:
    assert read(LAMPS, 2).span == range(1)


@pytest.mark.parametrize(
    ("status", "ending"),
    [
        (302, Ending.FAILED),
        (400, Ending.UNKNOWN),
        (404, Ending.END),
        (499, Ending.UNKNOWN),
        (500, Ending.FAILED),
    ],
)
def test_a_refused_page_that_no_response_announced(status: int, ending: Ending) -> None:
    roles = Roles(items="/items", id="/id", size_parameter="size", page_parameter="after")
    operation = replace(LAMPS, roles=roles)
    bad = Page(exchange({}, status=status), 1, range(1, 2), ())
    assert settle(operation, [read(operation, 5, (("size", "5"),))], bad)[1] is ending


@pytest.mark.parametrize(
    ("length", "ending"), [(19, Ending.END), (20, Ending.UNKNOWN), (0, Ending.END)]
)
def test_only_a_page_with_room_left_is_the_whole_list(length: int, ending: Ending) -> None:
    page = read(THINGS, length, (("limit", "20"),))
    (walk,) = read_walks(THINGS, [(page, True)])
    assert walk.ending is ending


def test_the_same_body_with_another_link_is_another_page() -> None:
    reader = BodyReader(LAMPS)
    links = [f"https://toys.example/v1/lamps?after={token}" for token in "ab"]
    pages = [
        reader.read_page(exchange({"items": [lamp(0)]}, headers=(JSON_TYPE, ("next-page", link))))
        for link in links
    ]
    assert [page and page.onward.query for page in pages] == [
        (("after", "a"),),
        (("after", "b"),),
    ]
