"""How good the strategies are: edges are found soon, and failures shrink to what a person writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, find, given, seed, settings
from hypothesis.strategies import SearchStrategy

from docpact.model import Operation
from docpact.strategies import (
    collections,
    invalid_payloads,
    invalid_queries,
    pages,
    payloads,
    queries,
)

DRAWS = 300

PLAIN_ITEM = {
    "id": "0",
    "configuration": {"rules": [{"description": "0" * 10, "type": "0"}]},
    "document_input_type": "url",
    "document_input_value": "",
    "project_id": "0",
    "status": "PENDING",
    "user_id": "",
}


def drawn(strategy: SearchStrategy[Any]) -> list[Any]:
    values: list[Any] = []

    @seed(20)
    @settings(max_examples=DRAWS, phases=[Phase.generate], database=None, deadline=None)
    @given(strategy)
    def collect(value: Any) -> None:
        values.append(value)

    collect()
    return values


def minimal(strategy: SearchStrategy[Any], condition: Callable[[Any], bool]) -> Any:
    return find(strategy, condition, settings=settings(max_examples=2_000, database=None))


@pytest.fixture(scope="session")
def bodies(toy: Operation) -> list[Any]:
    return drawn(payloads(toy))


@pytest.fixture(scope="session")
def jobs(bodies: list[Any]) -> list[Any]:
    return [job for body in bodies for job in body["items"]]


def rules(job: Any) -> list[Any]:
    return list(job["configuration"]["rules"])


def is_astral(text: str) -> bool:
    return any(ord(char) > 0xFFFF for char in text)


@pytest.mark.parametrize(
    ("holds", "share"),
    [
        pytest.param(lambda job: "result" not in job, 0.2, id="absent"),
        pytest.param(lambda job: job.get("result", 0) is None, 0.1, id="null"),
        pytest.param(lambda job: bool(job.get("result")), 0.1, id="present"),
        pytest.param(lambda job: job["status"] == "FAILED", 0.1, id="last-enum-value"),
        pytest.param(
            lambda job: any(len(rule["description"]) == 500 for rule in rules(job)),
            0.1,
            id="longest",
        ),
        pytest.param(
            lambda job: any(len(rule["description"]) == 10 for rule in rules(job)),
            0.1,
            id="shortest",
        ),
        pytest.param(
            lambda job: any(is_astral(rule["type"]) for rule in rules(job)), 0.1, id="astral"
        ),
        pytest.param(
            lambda job: (job.get("result") or {}).get("confidence") in (0, 1), 0.05, id="bound"
        ),
        pytest.param(lambda job: "z" in (job.get("created_at") or ""), 0.01, id="lower-case-z"),
        pytest.param(lambda job: "." in (job.get("created_at") or ""), 0.08, id="fraction"),
        pytest.param(lambda job: "+05:30" in (job.get("created_at") or ""), 0.01, id="offset"),
    ],
)
def test_edges_of_a_field_are_drawn(
    jobs: list[Any], holds: Callable[[Any], bool], share: float
) -> None:
    assert sum(map(holds, jobs)) >= share * len(jobs)


def test_lists_are_empty_and_of_several_items(bodies: list[Any]) -> None:
    lengths = [len(body["items"]) for body in bodies]
    assert lengths.count(0) >= 0.05 * DRAWS
    assert sum(length > 1 for length in lengths) >= 0.2 * DRAWS


@pytest.mark.parametrize("name", ["minimum", "maximum", "type", "enum"])
def test_every_way_to_be_invalid_is_drawn(toy: Operation, name: str) -> None:
    keywords = [case.keyword for case in drawn(invalid_queries(toy))]
    assert keywords.count(name) >= 0.08 * DRAWS


def test_every_place_is_broken(toy: Operation) -> None:
    found = {case.keyword for case in drawn(invalid_payloads(toy))}
    assert found == {
        "enum", "format", "maximum", "maxLength", "minimum", "minItems", "minLength", "required", "type"
    }  # fmt: skip


def test_a_walk_has_several_pages(toy: Operation) -> None:
    walks = drawn(pages(toy))
    assert sum(len(walk) > 2 for walk in walks) >= 0.15 * DRAWS
    assert sum(walk == [] for walk in walks) == 0


def test_a_filter_selects_several(toy: Operation) -> None:
    found = [items for items in drawn(collections(toy)) if len(items) > 3]
    shared = [items for items in found if len({item["project_id"] for item in items}) < len(items)]
    assert len(shared) >= 0.8 * len(found)


def test_queries_shrink_to_nothing_and_to_one_plain_parameter(toy: Operation) -> None:
    assert minimal(queries(toy), lambda _: True).label == "no parameters"
    found = minimal(queries(toy), lambda case: dict(case.query).get("status") == "FAILED")
    assert found.query == (("status", "FAILED"),)


def test_payloads_shrink_to_required_fields(toy: Operation) -> None:
    assert minimal(payloads(toy), lambda _: True) == {"items": []}
    body = minimal(payloads(toy), lambda body: len(body["items"]) == 1)
    assert body == {"items": [PLAIN_ITEM | {"id": "", "project_id": ""}]}


def test_collections_shrink_to_plain_items(toy: Operation) -> None:
    assert minimal(collections(toy, min_size=1), lambda _: True) == [PLAIN_ITEM]


def test_pages_shrink_to_one_without_items(toy: Operation) -> None:
    assert minimal(pages(toy), lambda _: True) == [{"items": []}]


def test_invalid_ones_shrink_to_the_plainest(toy: Operation) -> None:
    query = minimal(invalid_queries(toy), lambda case: case.keyword == "enum")
    payload = minimal(invalid_payloads(toy), lambda case: case.keyword == "required")
    assert query.label == "status=DOCPACT (not in enum)"
    assert (payload.label, payload.payload) == ("/items absent (required)", {})
