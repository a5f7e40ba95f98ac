"""The order of a list that the description of its operation states."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
from servers.loopback import Answer, Request, Server
from sizes import sample

from docpact.apis import load_api
from docpact.capture.roles.item_fields import list_fields
from docpact.capture.roles.usual_order import read_usual_order
from docpact.conformance import run_api
from docpact.model import ApiRun, Verdict
from docpact.settings import Config, resolve

Items: TypeAlias = Sequence[Mapping[str, Any]]
Sort: TypeAlias = Callable[[Items, bool], Items]
"""Returns items in the order of a server, given whether a filter was sent."""

KIND: Final = {"type": "string", "enum": ["a", "b"]}
TIME: Final = {"type": ["string", "null"], "format": "date-time"}
ITEM: Final = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "kind": KIND, "created_at": TIME},
    "required": ["id", "kind", "created_at"],
}
NEWEST: Final = "Lists the things of an account, newest first."


def make_document(description: str) -> Any:
    def ask(name: str, schema: Any) -> Any:
        return {"name": name, "in": "query", "schema": schema}

    number = {"type": "integer", "minimum": 0}
    size = {"type": "integer", "minimum": 1, "maximum": 50, "default": 7}
    shown = {"type": "object", "properties": {"items": {"type": "array", "items": ITEM}}}
    operation = {
        "description": description,
        "parameters": [ask("offset", number), ask("limit", size), ask("kind", KIND)],
        "responses": {"200": {"content": {"application/json": {"schema": shown}}}},
    }
    paths = {"/things": {"get": operation}}
    return {"openapi": "3.1.0", "info": {"title": "Things", "version": "1"}, "paths": paths}


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    sort: Sort
    description: str = NEWEST


def downwards(items: Items, _: bool = False) -> Items:
    """Return items with the newest first, and those without a time last."""
    return sorted(items, key=lambda item: item["created_at"] or "", reverse=True)


def check(case: Case, number: int, folder: Path) -> ApiRun:
    file = folder / "things.json"
    file.write_text(json.dumps(make_document(case.description)))
    times = [f"2026-03-{n * 7 % 29 // 2 + 1:02}T10:00:00Z" for n in range(number)]
    items = [
        {"id": n, "kind": "ab"[n % 3 > 0], "created_at": each if n % 9 != 8 else None}
        for n, each in enumerate(times)
    ]

    def answer(request: Request) -> Answer:
        query = dict(request.query)
        start, size, kind = query.get("offset", "0"), query.get("limit", "7"), query.get("kind")
        is_known = start.isdecimal() and size.isdecimal() and kind in (None, "a", "b")
        if request.method not in ("GET", "HEAD") or not is_known or not 0 < int(size) <= 50:
            return Answer(422, (("Content-Type", "application/json"),), b"{}")
        found = case.sort([i for i in items if kind in (None, i["kind"])], kind is not None)
        body = {"items": found[int(start) :][: int(size)]}
        return Answer(200, (("Content-Type", "application/json"),), json.dumps(body).encode())

    with Server(answer) as server:
        settings = resolve(Config(), {"target": server.url})
        return run_api(load_api(str(file)), settings, {}, version="0")


def turn_after(count: int) -> Sort:
    """Return the order of a server that shows further items the other way round."""

    def sort(items: Items, _: bool) -> Items:
        found = downwards(items)
        return [*found[:count], *found[count:][::-1]]

    return sort


BROKEN: Final = (
    Case("upwards", lambda items, _: downwards(items)[::-1]),
    Case("by id", lambda items, _: sorted(items, key=itemgetter("id"))),
    Case("with a filter", lambda items, has: downwards(items)[::-1] if has else downwards(items)),
    Case("after two", turn_after(2)),
    Case("up", downwards, "Returns things. They are sorted by `created_at` in ascending order."),
)
UNUSUAL: Final = (
    Case("newest first", downwards),
    Case("by creation date", downwards, "Things are sorted by creation date, most recent first."),
    Case("either way", lambda items, _: downwards(items)[::-1], "Things, sorted by creation time."),
    Case("by id", lambda items, _: items, "Lists things. Sorted by ID."),
    Case("nothing is stated", lambda items, _: sorted(items, key=itemgetter("id")), "Things."),
)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("number", sample((3, 30), 1))
@pytest.mark.parametrize("case", sample(BROKEN, 3, attrgetter("name")))
def test_another_order_is_found(case: Case, number: int, tmp_path: Path) -> None:
    run = check(case, number, tmp_path)
    found = [(each.rule, each.location) for one in run.runs for each in one.findings]
    is_seen = number > 3 or case.name != "after two"
    assert (("filter.order", "/items/*/created_at") in found) is is_seen, found


@pytest.mark.sampled(3)
@pytest.mark.parametrize("number", sample((30, 3, 1, 0), 1))
@pytest.mark.parametrize("case", sample(UNUSUAL, 2, attrgetter("name")))
def test_the_documented_order_conforms(case: Case, number: int, tmp_path: Path) -> None:
    run = check(case, number, tmp_path)
    found = [each.rule for one in run.runs for each in one.findings if "order" in each.rule]
    assert (found, run.verdict() is Verdict.DRIFT) == ([], False)


FIELDS: Final = list_fields(
    {
        "properties": {
            "id": {"type": "string"},
            "uid": {"type": "integer"},
            "name": {"type": "string"},
            "created": {"type": "integer"},
            **dict.fromkeys(("updated_at", "execution_time"), TIME),
        }
    }
)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("Sorted by creation date, with the most recent charges appearing first.", 1),
        ("<p>Returns a list.</p> The list is sorted in reverse-chronological order.", 1),
        ("Sorted from the oldest to the newest.", ("/created", False)),
        ("Returned in descending order on the `updated_at` attribute.", ("/updated_at", True)),
        ("Sorted by the `execution_time` from newest to oldest.", ("/execution_time", True)),
        ("Always returned in descending order of uid. Sorted by uid.", ("/uid", True)),
        ("Things ordered by name ascending.", ("/name", False)),
        ("Returns open or closed things, ordered by name ascending.", ("/name", False)),
        ("Things ordered by name or by uid ascending.", None),
        ("Things ordered by the name of somebody.", None),
        ("Things, ordered by most recently updated first.", ("/updated_at", True)),
        ("Things, most recently modified by you first.", None),
        ("Things, most recently used first.", None),
        ("The 10 most recent things are available.", None),
        ("Newest first, unless `q` is sent.", None),
        ("They can be sorted by name.", None),
        ("Sorted in descending order from most recent to oldest by ID.", None),
        ("Newest first. The pages begin with the oldest first.", None),
        ("Retrieve an order by id.", None),
        ("Sorted by relevance.", None),
    ],
)
def test_descriptions_state_an_order(text: str, order: Any) -> None:
    found = read_usual_order(text, FIELDS, {})
    expected = ("/created", True) if order == 1 else order
    assert (found and (found["field"], found["descending"])) == expected


def test_a_default_of_a_sort_parameter_may_be_another_order() -> None:
    query = {"sort": {"type": "string", "default": "name"}}
    assert read_usual_order(NEWEST, FIELDS, query) is None
    pinned = {**FIELDS, **list_fields({"properties": {"pinned": {"type": "boolean"}}})}
    assert read_usual_order(NEWEST, pinned, {}) is None


@pytest.mark.parametrize(
    ("other", "is_known"),
    [("text", True), ("edited_timestamp", True), ("created_at", False), ("received_at", False)],
)
def test_the_only_time_of_an_item_may_be_its_timestamp(other: str, is_known: bool) -> None:
    """A time of creation is the better one, and any other time may be meant as well."""
    item = list_fields({"properties": {"timestamp": TIME, other: {"type": "string"}}})
    found = read_usual_order(NEWEST, item, {})
    field = "/timestamp" if is_known else "/created_at" if other == "created_at" else None
    assert found == (field and {"field": field, "descending": True})
