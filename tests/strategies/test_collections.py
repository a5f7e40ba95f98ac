"""Collections and pages: ids once, few filter values, tokens that link, the same items in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy
from sizes import examples

from docpact.errors import ContractError
from docpact.model import Operation, Roles
from docpact.model.pointer import resolve
from docpact.strategies import collections, items, pages

Errors = Callable[[Any, Any], list[tuple[str, str]]]

FEW = settings(max_examples=examples(40), deadline=None)


@FEW
@given(data=st.data())
def test_items_are_valid(toy: Operation, errors: Errors, data: st.DataObject) -> None:
    schema = toy.response_schema["properties"]["items"]["items"]
    assert errors(schema, data.draw(items(toy))) == []


@pytest.mark.sampled(4)
@FEW
@given(data=st.data())
def test_collections_are_coherent(listing: Operation, errors: Errors, data: st.DataObject) -> None:
    found = data.draw(collections(listing, min_size=2, max_size=9))
    assert [each for item in found for each in errors(listing.item_schema, item)] == []
    assert 2 <= len(found) <= 9
    assert len({item["id"] for item in found}) == len(found)
    assert "" not in {item["id"] for item in found}
    for where in set(listing.roles.filters.values()) - {listing.roles.id}:
        assert len({value for item in found if (value := resolve(item, where)) is not None}) <= 5


@pytest.mark.sampled(4)
@FEW
@given(data=st.data())
def test_pages_are_one_walk(listing: Operation, errors: Errors, data: st.DataObject) -> None:
    roles, bodies = listing.roles, data.draw(pages(listing))
    assert [errors(listing.response_schema, body) for body in bodies] == [[]] * len(bodies)
    if roles.next_token is not None:
        tokens = [resolve(body, roles.next_token) for body in bodies]
        assert tokens[-1] is None
        assert None not in tokens[:-1]
        assert len(set(tokens)) == len(tokens)
    shown = [resolve(body, str(roles.items)) for body in bodies]
    lengths = {len(items) for items in shown[:-1]}
    assert len(lengths) <= 1
    assert len(shown[-1]) <= max(lengths, default=99)
    found = [item["id"] for items in shown for item in items]
    assert len(set(found)) == len(found)
    totals = {resolve(body, str(roles.total)) for body in bodies}
    assert totals in ({len(found)}, {None})


STRICT = {
    "type": "object",
    "properties": {
        "data": {
            "type": "object",
            "properties": {
                "rows": {
                    "type": "array",
                    "maxItems": 2,
                    "items": {
                        "type": ["object", "null"],
                        "properties": {"key": {"type": "integer", "minimum": 1, "maximum": 40}},
                        "required": ["key"],
                    },
                }
            },
            "required": ["rows"],
        },
        "next": {"type": "string", "minLength": 1, "maxLength": 1},
        "count": {"type": "integer", "minimum": 0},
    },
    "required": ["data", "count"],
}


@FEW
@given(data=st.data())
def test_nested_lists_integer_ids_and_tokens_that_are_never_null(
    toy: Operation, errors: Errors, data: st.DataObject
) -> None:
    roles = Roles(items="/data/rows", id="/key", next_token="/next", total="/count")
    operation = replace(toy, response_schema=STRICT, roles=roles)
    bodies = data.draw(pages(operation))
    assert [errors(STRICT, body) for body in bodies] == [[]] * len(bodies)
    assert ["next" in body for body in bodies] == [True] * (len(bodies) - 1) + [False]
    assert len({body["next"] for body in bodies[:-1]}) == len(bodies) - 1
    assert {body["count"] for body in bodies} == {sum(len(b["data"]["rows"]) for b in bodies)}


@pytest.mark.parametrize("strategy", [items, collections, pages])
def test_an_operation_without_a_list_fails_at_once(
    toy: Operation, strategy: Callable[[Operation], SearchStrategy[Any]]
) -> None:
    with pytest.raises(InvalidArgument, match=r"toy/list_things.*no role `items`"):
        strategy(replace(toy, roles=Roles()))


@pytest.mark.parametrize("limits", [(-1, 3), (4, 3)])
def test_sizes_that_contradict_each_other(toy: Operation, limits: tuple[int, int]) -> None:
    least, most = limits
    with pytest.raises(InvalidArgument, match=f"min_size={least}, max_size={most}"):
        collections(toy, min_size=least, max_size=most)


def test_fewer_ids_than_items(toy: Operation) -> None:
    operation = replace(toy, roles=replace(toy.roles, id="/status"))
    with pytest.raises(InvalidArgument, match="/status of an item has only 4 values"):
        collections(operation, max_size=5)


@pytest.mark.parametrize("role", ["id", "next_token", "items"])
def test_a_role_that_points_at_nothing(toy: Operation, role: str) -> None:
    gone: dict[str, Any] = {role: "/gone"}
    with pytest.raises(ContractError, match="a role points at /gone"):
        pages(replace(toy, roles=replace(toy.roles, **gone)))


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        pytest.param({"required": ["items", "next"]}, "/next is required", id="token-required"),
        pytest.param({"required": ["items"], "least": 2}, "2 items or more", id="several-items"),
    ],
)
def test_pages_that_cannot_end(toy: Operation, schema: dict[str, Any], problem: str) -> None:
    rows = {"type": "array", "items": {"type": "object"}, "minItems": schema.get("least", 0)}
    properties = {"items": rows, "next": {"type": "string"}}
    response = {"type": "object", "properties": properties, "required": schema["required"]}
    roles = Roles(items="/items", next_token="/next")
    with pytest.raises(InvalidArgument, match=problem):
        pages(replace(toy, response_schema=response, roles=roles))


def test_pages_need_a_token(toy: Operation) -> None:
    with pytest.raises(InvalidArgument, match="no role `next_token`"):
        pages(replace(toy, roles=replace(toy.roles, next_token=None)))
