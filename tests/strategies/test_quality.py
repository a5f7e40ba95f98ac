"""The quality of the strategies: edges are found soon, failures shrink to small examples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase, find, given, seed, settings
from hypothesis.strategies import SearchStrategy
from sizes import sample

from docpact.model import Operation
from docpact.strategies import (
    collections,
    invalid_payload_cases,
    invalid_payloads,
    invalid_queries,
    items,
    pages,
    payloads,
    queries,
)

SEEDS = 6
DRAWS = SEEDS * 40

SHRINKING = settings(max_examples=500, phases=[Phase.generate, Phase.shrink], database=None)

PLAIN_ITEM = {
    "id": "0",
    "configuration": {"rules": [{"description": "0" * 10, "type": "0"}]},
    "document_input_type": "url",
    "document_input_value": "",
    "project_id": "0",
    "status": "PENDING",
    "user_id": "",
}


def drawn(strategy: SearchStrategy[Any], each: int = DRAWS // SEEDS) -> list[Any]:
    """Draws of several seeds: those of one seed resemble each other."""
    values: list[Any] = []
    quiet = settings(max_examples=each, phases=[Phase.generate], database=None, deadline=None)
    for number in range(SEEDS):

        @seed(number)
        @quiet
        @given(strategy)
        def collect(value: Any) -> None:
            values.append(value)

        collect()
    return values


def minimal(strategy: SearchStrategy[Any], condition: Callable[[Any], bool]) -> Any:
    return find(strategy, condition, settings=SHRINKING)


@pytest.fixture(scope="session")
def bodies(toy: Operation) -> list[Any]:
    return drawn(payloads(toy))


@pytest.fixture(scope="session")
def jobs(bodies: list[Any]) -> list[Any]:
    return [job for body in bodies for job in body["items"]]


def descriptions(job: Any) -> list[str]:
    return [rule["description"] for rule in job["configuration"]["rules"]]


def confidence(job: Any) -> Any:
    return (job.get("result") or {}).get("confidence")


def created(job: Any) -> str:
    return job.get("created_at") or ""


def is_astral(text: str) -> bool:
    return any(ord(char) > 0xFFFF for char in text)


@pytest.mark.slow
@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    ("holds", "share"),
    [
        pytest.param(lambda job: "result" not in job, 0.2, id="absent"),
        pytest.param(lambda job: job.get("result", 0) is None, 0.1, id="null"),
        pytest.param(lambda job: bool(job.get("result")), 0.08, id="present"),
        pytest.param(lambda job: job["status"] == "FAILED", 0.04, id="last-enum-value"),
        pytest.param(lambda job: 500 in map(len, descriptions(job)), 0.05, id="longest"),
        pytest.param(lambda job: 10 in map(len, descriptions(job)), 0.2, id="shortest"),
        pytest.param(lambda job: any(map(is_astral, descriptions(job))), 0.2, id="astral"),
        pytest.param(lambda job: confidence(job) in (0, 1), 0.04, id="bound"),
        pytest.param(lambda job: created(job) != created(job).upper(), 0.02, id="lower-case"),
        pytest.param(lambda job: "." in created(job), 0.08, id="fraction"),
        pytest.param(lambda job: created(job)[-6:-5] in {"+", "-"}, 0.08, id="offset"),
    ],
)
def test_edges_of_a_field_are_drawn(
    jobs: list[Any], holds: Callable[[Any], bool], share: float
) -> None:
    assert sum(map(holds, jobs)) >= share * len(jobs)


def test_texts_of_any_length_are_drawn(jobs: list[Any]) -> None:
    lengths = [len(text) for job in jobs for text in descriptions(job)]
    assert any(22 < length < 100 for length in lengths)
    assert any(100 < length < 500 for length in lengths)


@pytest.mark.slow
def test_each_value_of_a_long_enum_is_drawn(toy: Operation) -> None:
    listed = [f"{number:03}" for number in range(300)]
    schema = {"type": "object", "properties": {"x": {"type": "string", "enum": listed}}}
    found = {body.get("x") for body in drawn(payloads(replace(toy, response_schema=schema)), 400)}
    assert {listed[0], listed[-1], None} <= found
    assert len(found) > 200


@pytest.mark.slow
def test_objects_of_a_thousand_fields_are_drawn(toy: Operation) -> None:
    named = {f"field_{number}": {"type": ["string", "null"]} for number in range(1000)}
    schema = {"type": "object", "properties": named}
    found = drawn(payloads(replace(toy, response_schema=schema)), 20)
    for name in named:
        assert {type(body.get(name, 0)) for body in found} == {int, type(None), str}


def test_a_strategy_is_made_once(toy: Operation) -> None:
    for made in (payloads, queries, items):
        assert made(toy) is made(toy)


def test_lists_are_empty_and_of_several_items(bodies: list[Any]) -> None:
    lengths = [len(body["items"]) for body in bodies]
    assert lengths.count(0) >= 0.02 * DRAWS
    assert sum(length > 1 for length in lengths) >= 0.2 * DRAWS


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", sample(["minimum", "maximum", "type", "enum"], 2))
def test_every_way_to_be_invalid_is_drawn(toy: Operation, name: str) -> None:
    keywords = [case.expectation.keyword for case in drawn(invalid_queries(toy))]
    assert keywords.count(name) >= 0.02 * DRAWS


@pytest.mark.slow
def test_every_keyword_is_broken(toy: Operation) -> None:
    found = {case.keyword for case in drawn(invalid_payloads(toy))}
    assert found == {case.keyword for case in invalid_payload_cases(toy)}


@pytest.mark.slow
def test_any_item_of_a_list_is_broken(toy: Operation) -> None:
    pointers = [case.pointer for case in drawn(invalid_payloads(toy), 100)]
    assert sum(pointer.startswith("/items/1") for pointer in pointers) >= 0.05 * len(pointers)


@pytest.mark.slow
def test_a_walk_has_several_pages(toy: Operation) -> None:
    walks = drawn(pages(toy), 15)
    assert sum(len(walk) > 2 for walk in walks) >= 0.05 * len(walks)
    assert sum(walk == [] for walk in walks) == 0


@pytest.mark.slow
def test_a_filter_selects_several(toy: Operation) -> None:
    found = [items for items in drawn(collections(toy), 15) if len(items) > 3]
    shared = [items for items in found if len({item["project_id"] for item in items}) < len(items)]
    several = [items for items in found if len({item["project_id"] for item in items}) > 1]
    assert len(shared) >= 0.8 * len(found)
    assert len(several) >= 0.2 * len(found)


def test_queries_shrink_to_nothing_and_to_one_plain_parameter(toy: Operation) -> None:
    assert minimal(queries(toy), lambda _: True).label == "a request without parameters"
    found = minimal(queries(toy), lambda case: dict(case.query).get("status") == "FAILED")
    assert found.query == (("status", "FAILED"),)


def test_payloads_shrink_to_required_fields(toy: Operation) -> None:
    assert minimal(payloads(toy), lambda _: True) == {"items": []}
    body = minimal(payloads(toy), lambda body: len(body["items"]) == 1)
    assert body == {"items": [PLAIN_ITEM | {"id": "", "project_id": ""}]}


def one(**changed: Any) -> dict[str, Any]:
    """A page of one plain item with some fields changed."""
    return {"items": [PLAIN_ITEM | {"id": "", "project_id": ""} | changed]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fails", "smallest"),
    [
        pytest.param(
            lambda job: any(len(text) > 100 for text in descriptions(job)),
            one(configuration={"rules": [{"description": "0" * 101, "type": "0"}]}),
            id="long",
        ),
        pytest.param(
            lambda job: job["status"] == "FAILED" and job.get("error_message", "") is None,
            one(status="FAILED", error_message=None),
            id="enum-and-null",
        ),
        pytest.param(
            lambda job: (confidence(job) or 0) > 0.5,
            one(result={"confidence": 1, "reasoning": "", "type": None}),
            id="nested",
        ),
        pytest.param(
            lambda job: job.get("error_message") and job.get("transaction_id"),
            one(error_message="0", transaction_id="0"),
            id="two-texts",
        ),
        pytest.param(
            lambda job: "\x80" <= job["user_id"][:1] < "\u0400", one(user_id="\x80"), id="free-text"
        ),
    ],
)
def test_failures_shrink_to_what_causes_them(
    toy: Operation, fails: Callable[[Any], bool], smallest: Any
) -> None:
    assert minimal(payloads(toy), lambda body: any(map(fails, body["items"]))) == smallest


@pytest.mark.slow
def test_an_item_in_the_middle_is_left_out(toy: Operation) -> None:
    body = minimal(payloads(toy), lambda body: len({job["id"] for job in body["items"]}) > 1)
    assert [job | {"id": ""} for job in body["items"]] == one()["items"] * 2
    assert sum(len(job["id"]) for job in body["items"]) == 1


def test_collections_shrink_to_plain_items(toy: Operation) -> None:
    assert minimal(collections(toy, min_size=1), lambda _: True) == [PLAIN_ITEM]


def test_pages_shrink_to_one_without_items(toy: Operation) -> None:
    assert minimal(pages(toy), lambda _: True) == [{"items": []}]


def test_invalid_ones_shrink_to_the_plainest(toy: Operation) -> None:
    query = minimal(invalid_queries(toy), lambda case: case.expectation.keyword == "enum")
    payload = minimal(invalid_payloads(toy), lambda case: case.keyword == "required")
    assert query.label == "status=DOCPACT (not in enum)"
    assert (payload.label, payload.payload) == ("/items absent (required)", {})
