"""Recorded traffic whose data other clients change meanwhile: only certain contradictions count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from traffic.records import JSON, har_entry, write_har

from docpact.apis import load_api
from docpact.conformance.replay import replay_api

THING = {
    "type": "object",
    "required": ["id", "kind", "price", "shelf"],
    "properties": {
        "id": {"type": "string"},
        "kind": {"type": "string", "enum": ["old", "new"]},
        "price": {"type": "number"},
        "shelf": {"type": "string"},
    },
}


def query(name: str, kind: str, description: str = "", **stated: Any) -> dict[str, Any]:
    schema = {"type": kind, **stated}
    return {"name": name, "in": "query", "description": description, "schema": schema}


PAGES = [
    query("page", "integer", "Page number.", minimum=1, default=1),
    query("limit", "integer", "Items per page.", minimum=1, maximum=50),
]
FILTERS = [
    query("kind", "string", "Only things of this kind.", enum=["old", "new"]),
    query("min_price", "number", "Lowest price, inclusive.", minimum=0),
    query("sort", "string", "Field to sort by; a minus sign means descending.", enum=["-price"]),
]
LISTED = {
    "200": {
        "description": "ok",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["items"],
                    "properties": {
                        "items": {"type": "array", "items": THING},
                        "total": {"type": "integer", "description": "Number of all things."},
                    },
                }
            }
        },
    }
}
SHELF = {"name": "shelf", "in": "path", "required": True, "schema": {"type": "string"}}
SEARCH = {
    "content": {
        "application/json": {
            "schema": {"type": "object", "properties": {"text": {"type": "string"}}}
        }
    }
}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "servers": [{"url": "https://things.example"}],
    "paths": {
        "/things": {"get": {"parameters": [*PAGES, *FILTERS], "responses": LISTED}},
        "/search": {"post": {"requestBody": SEARCH, "responses": LISTED}},
        "/shelves/{shelf}/things": {"get": {"parameters": [SHELF, *PAGES], "responses": LISTED}},
    },
}


class Shown(NamedTuple):
    """A recorded response: its path and query, its items, and when it was under way."""

    path: str
    items: list[dict[str, Any]]
    begins: float
    ends: float
    method: str = "GET"
    more: dict[str, Any] = {}  # noqa: RUF012


def things(*numbers: int, **fields: Any) -> list[dict[str, Any]]:
    """Return things; those with an odd number are new."""
    plain = {"shelf": "a", **fields}
    kinds = ("old", "new")
    return [{"id": f"t{n}", "kind": kinds[n % 2], "price": n, **plain} for n in numbers]


def find(tmp_path: Path, *shown: Shown) -> list[tuple[str, str]]:
    """Return the rule and the observation of the breaking findings of a recording."""
    entries = []
    for each in shown:
        text = json.dumps({"items": each.items, **each.more})
        content = {"size": len(text), "text": text, "mimeType": "application/json"}
        url = f"https://things.example{each.path}"
        entry = har_entry(200, content, url, JSON, each.method)
        begins = f"2026-01-01T00:00:{each.begins:06.3f}Z"
        timing = {"startedDateTime": begins, "time": 1000 * (each.ends - each.begins)}
        entries.append({**entry, **timing})
    document = tmp_path / "things.json"
    document.write_text(json.dumps(DOCUMENT))
    api = load_api(str(document))
    run = replay_api(api, [str(write_har(tmp_path / "calls.har", *entries))])
    found = (finding for each in run.runs for finding in each.findings)
    return [(f.rule, f.observed) for f in found if f.level.value == "breaking"]


ALL, NEW = things(1, 2, 3, 4), things(1, 3)


def whole(query: str, items: list[dict[str, Any]], at: float) -> tuple[Shown, Shown]:
    """Return a walk to its end: a page with all items, and an empty one."""
    beyond = Shown(f"/things?{query}&page=2".replace("?&", "?"), [], at + 0.2, at + 0.3)
    return Shown(f"/things?{query}".removesuffix("?"), items, at, at + 0.1), beyond


@pytest.mark.parametrize(("query", "rule"), [("kind=new", "complete"), ("min_price=1", "range")])
def test_an_item_that_did_not_change_is_missing(tmp_path: Path, query: str, rule: str) -> None:
    looks = [*whole("", ALL, 1), *whole(query, NEW[:1], 3), *whole("", ALL, 5)]
    assert [found for found, _ in find(tmp_path, *looks)] == [f"filter.{rule}"]


@pytest.mark.parametrize("query", ["kind=new", "min_price=1", "limit=50"])
def test_an_item_that_changed_may_have_been_hidden(tmp_path: Path, query: str) -> None:
    before, after = ALL, [*things(1, 2, 4), *things(3, shelf="b")]
    shown = things(1) if query == "kind=new" else things(1, 2, 4)
    looks = [*whole("", before, 1), *whole(query, shown, 3), *whole("", after, 5)]
    assert find(tmp_path, *looks) == []


def test_a_response_shows_the_list_at_any_moment_of_its_request(tmp_path: Path) -> None:
    before, after = things(1, 2), things(1, 2, 3)
    looks = [*whole("", before, 2), *whole("", after, 3), *whole("limit=50", after, 4)]
    late = [Shown("/things", before, 1, 5), Shown("/things?page=2", [], 5.1, 5.2)]
    assert find(tmp_path, *looks, *late, *whole("", after, 6)) == []


def test_an_item_on_two_pages_may_have_moved(tmp_path: Path) -> None:
    pages = [
        Shown("/things?limit=2", things(9, 8), 1, 2),
        Shown("/things?limit=2&page=2", things(8, 7), 3, 4),
        Shown("/things?limit=2&page=3", [], 5, 6),
    ]
    assert find(tmp_path, *pages) == []


def test_an_item_on_two_pages_of_a_steady_list_is_a_finding(tmp_path: Path) -> None:
    pages = [
        Shown("/things?limit=2", things(9, 8), 2, 2.1),
        Shown("/things?limit=2&page=2", things(8, 7), 2.2, 2.3),
        Shown("/things?limit=2&page=3", [], 2.4, 2.5),
    ]
    looks = [*whole("", things(9, 8, 7), 1), *pages, *whole("", things(9, 8, 7), 3)]
    assert [rule for rule, _ in find(tmp_path, *looks)] == ["paging.unique"]


def test_pages_of_several_paths_are_not_joined(tmp_path: Path) -> None:
    looks = [
        Shown(f"/shelves/{shelf}/things?limit=1{page}", things(number, shelf=shelf), at, at + 0.5)
        for at, (shelf, page, number) in enumerate(
            [("a", "", 1), ("b", "&page=2", 4), ("a", "&page=2", 2)]
        )
    ]
    assert find(tmp_path, *looks) == []


def test_searches_with_other_bodies_are_not_compared(tmp_path: Path) -> None:
    looks = [
        Shown("/search", items, at, at + 0.5, "POST")
        for at, items in enumerate([things(1, 2), things(3, 4), things(1, 2)])
    ]
    assert find(tmp_path, *looks) == []


def test_an_invalid_value_beside_a_filter_promises_nothing(tmp_path: Path) -> None:
    looks = [*whole("", ALL, 1), *whole("kind=new&min_price=-1", ALL, 3), *whole("", ALL, 5)]
    assert find(tmp_path, *looks) == []


def test_another_response_to_a_default_may_be_a_later_one(tmp_path: Path) -> None:
    looks = [*whole("", things(1, 2), 1), *whole("", things(1, 2), 3)]
    assert find(tmp_path, *looks, Shown("/things?page=1", things(1, 2, 3), 5, 6)) == []


def test_a_part_of_a_list_in_another_order_need_not_show_the_first_items(tmp_path: Path) -> None:
    part = Shown("/things?kind=new&sort=-price&limit=1", NEW[1:], 3, 4, more={"total": 2})
    assert find(tmp_path, *whole("", ALL, 1), part, *whole("", ALL, 5)) == []


def test_a_deletion_may_move_an_item_to_a_page_that_was_read_before(tmp_path: Path) -> None:
    full = [*whole("limit=2", things(1, 2), 3)]
    after = [Shown("/things?limit=2", things(2, 3), 5, 5.1), *whole("", things(2, 3), 6)]
    assert find(tmp_path, *whole("", things(1, 2, 3), 1), *full, *after) == []
