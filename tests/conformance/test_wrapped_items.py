"""Items with their fields in an inner object, and filters that are named as a family."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lists import Query, breaking, check, contract

from docpact.capture.roles.inference import roles
from docpact.capture.roles.item_fields import read_subject
from docpact.model import Operation, Verdict

KINDS = ["kayak", "raft", "canoe"]
KIND = {"type": "string", "enum": KINDS}
OWNER = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
FIELDS = {"kind": KIND, "length": {"type": "integer"}, "built": {"type": "string"}}
ITEM = {
    "id": {"type": "string"},
    "attributes": {"type": "object", "properties": FIELDS, "required": [*FIELDS]},
    "relationships": {
        "type": "object",
        "properties": {"owner": {"type": "object", "properties": {"data": OWNER}}},
    },
}
PARAMETERS = {
    "filter[kind]": KIND,
    "filter[owner]": {"type": "string"},
    "filter[length][gte]": {"type": "integer"},
    "sort": {"type": "string", "enum": ["length", "-length"]},
}
TEXTS = {
    "filter[kind]": "Only boats of this kind",
    "filter[length][gte]": "Only boats whose length is at least this",
}
BOATS: list[dict[str, Any]] = [
    {
        "id": f"b{number}",
        "attributes": {
            "kind": KINDS[number % 3],
            "length": 3 + number * 5 % 7,
            "built": f"{1990 + number}",
        },
        "relationships": {"owner": {"data": {"id": f"o{number % 4}"}}},
    }
    for number in range(12)
]


def boats() -> Operation:
    return contract(PARAMETERS, ITEM, {}, texts=TEXTS, path="/boats")


def select(query: Query) -> list[Any]:
    """Return the boats that a query selects, in its order."""
    if not (query.get("filter[length][gte]") or "0").isdecimal():
        return []
    chosen = [
        boat
        for boat in BOATS
        if query.get("filter[kind]") in (None, boat["attributes"]["kind"])
        if query.get("filter[owner]") in (None, boat["relationships"]["owner"]["data"]["id"])
        if boat["attributes"]["length"] >= int(query.get("filter[length][gte]") or 0)
    ]
    by_length = sorted(chosen, key=lambda boat: boat["attributes"]["length"])
    return {"length": by_length, "-length": by_length[::-1]}.get(query.get("sort", ""), chosen)


def serve(change: Callable[[Query], Query]) -> Callable[[Query], tuple[int, Any]]:
    """Return a server that answers a changed query."""

    def answer(query: Query) -> tuple[int, Any]:
        is_bound = (query.get("filter[length][gte]") or "0").lstrip("-").isdecimal()
        listed = query.get("filter[kind]") in (None, *KINDS)
        if not is_bound or not listed or query.get("sort") not in (None, "length", "-length"):
            return 400, {}
        return 200, {"items": select(change(query))}

    return answer


def without(*names: str) -> Callable[[Query], Query]:
    return lambda query: {name: text for name, text in query.items() if name not in names}


def test_filters_ranges_and_orders_lead_into_the_inner_object() -> None:
    roles = boats().roles
    assert roles.filters == {
        "filter[kind]": "/attributes/kind",
        "filter[owner]": "/relationships/owner/data/id",
    }
    assert roles.inferred == {"filter[owner]"}
    assert [bound.field for bound in roles.bounds.values()] == ["/attributes/length"]
    assert {each.field for orders in roles.orders.values() for each in orders} == {
        "/attributes/length"
    }


def test_an_array_of_the_inner_object_may_have_an_element() -> None:
    texts = {"type": "array", "items": {"type": "string"}}
    item = {"attributes": {"type": "object", "properties": {"tags": texts}}}
    (bound,) = contract({"filter[tag]": {"type": "string"}}, item, {}).roles.bounds.values()
    assert (bound.field, bound.contains) == ("/attributes/tags", True)


def test_a_correct_server_conforms() -> None:
    run = check(boats(), serve(without()))
    assert run.verdict() is Verdict.CONFORMS
    assert not run.findings


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("ignored", "found"),
    [
        ("filter[kind]", ("filter.selects", "query/filter[kind]")),
        ("filter[length][gte]", ("filter.range", "query/filter[length][gte]")),
        ("sort", ("filter.order", "query/sort")),
    ],
)
def test_an_ignored_parameter_is_a_finding(ignored: str, found: tuple[str, str]) -> None:
    assert found in breaking(check(boats(), serve(without(ignored))))


def test_an_ignored_filter_that_only_its_name_suggests_is_a_note() -> None:
    run = check(boats(), serve(without("filter[owner]")))
    (finding,) = run.findings
    assert (finding.rule, finding.location) == ("filter.suspect", "query/filter[owner]")
    assert finding.count <= finding.observations
    assert not breaking(run)


def test_a_field_of_the_item_goes_before_one_of_the_inner_object() -> None:
    item = {"status": KIND, "properties": {"type": "object", "properties": {"status": KIND}}}
    found = contract({"status": KIND}, item, {}).roles.filters
    assert found == {"status": "/status"}


@pytest.mark.parametrize(
    ("parameter", "subject"),
    [
        ("status", "status"),
        ("filter[status]", "status"),
        ("filters[status][$eq]", "status"),
        ("filter.owner.id", "owner_id"),
        ("where[owner][id]", "owner_id"),
        ("filter[length][gte]", "length_gte"),
        ("filter[is]", "is"),
        ("fields[boats]", "fields[boats]"),
        ("page[size]", "page[size]"),
        ("filter", "filter"),
        ("statusFilter", "status"),
        ("status_filter", "status"),
    ],
)
def test_a_parameter_of_a_family_names_a_field(parameter: str, subject: str) -> None:
    assert read_subject(parameter) == subject


@pytest.mark.parametrize(
    ("path", "field", "named"),
    [
        ("/boats/{id}/trips", "boat_id", True),
        ("/ferries/{id}/trips", "ferryId", True),
        ("/boats/{id}/trips", "pier_id", False),
        ("/{id}/trips", "boat_id", False),
    ],
)
def test_an_id_in_the_path_is_that_of_the_parent(path: str, field: str, *, named: bool) -> None:
    item = {"type": "object", "properties": {field: {"type": "string"}}, "required": [field]}
    found = roles(path, {}, {"type": "array", "items": item})
    assert ("path" in found) is named
    if named:
        assert found["path"]["id"]["value"] == f"/*/{field}"


@pytest.mark.parametrize(
    ("path", "fields", "found"),
    [
        ("/boats", {"boatId": "string", "id": "string"}, "/id"),
        ("/boats", {"boatId": "string", "pierId": "string"}, "/boatId"),
        ("/piers/{id}/ferries/", {"ferry_id": "integer", "pier_id": "integer"}, "/ferry_id"),
        ("/boats", {"_id": "string"}, "/_id"),
        ("/boats", {"uuid": "string", "pierId": "string"}, "/uuid"),
        ("/boats", {"pierId": "string"}, None),
        ("/boats", {"boatId": "object"}, None),
        ("/boats/{kind}", {"id_of_kind": "string"}, None),
    ],
)
def test_an_item_has_an_id_of_its_own(path: str, fields: dict[str, str], found: str | None) -> None:
    properties = {name: {"type": kind} for name, kind in fields.items()}
    item = {"type": "object", "properties": properties, "required": [*fields]}
    stated = roles(path, {}, {"type": "array", "items": item})
    assert stated.get("id", {}).get("value") == found


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("/piers/{pier}/boats", {"pier": "/*/metadata/pier"}),
        ("/boats/{kind}", {}),
        ("/boats/{name}/trips", {"name": "/*/metadata/name"}),
    ],
)
def test_a_path_names_fields_of_the_inner_object(path: str, role: dict[str, str]) -> None:
    names = {"name": {"type": "string"}, "pier": {"type": "string"}, "kind": KIND}
    inner = {"type": "object", "properties": names, "required": [*names]}
    item = {"type": "object", "properties": {"metadata": inner}, "required": ["metadata"]}
    found = roles(path, {}, {"type": "array", "items": item}).get("path", {})
    assert {name: each["value"] for name, each in found.items()} == role


def test_an_item_without_stated_fields_may_have_an_id() -> None:
    item = {"type": "object", "properties": {"ID": {"type": "integer"}, "kind": KIND}}
    found = roles("/boats", {}, {"type": "array", "items": item})
    assert found["id"]["value"] == "/ID"


@pytest.mark.parametrize(
    ("query", "fields", "found"),
    [
        (
            {"limit": "integer", "continue": "string"},
            {"metadata": {"type": "object", "properties": {"continue": {"type": "string"}}}},
            {
                "next_token": "/metadata/continue",
                "token_parameter": "continue",
                "size_parameter": "limit",
            },
        ),
        (
            {"$top": "integer", "$skip": "integer"},
            {"@odata.nextLink": {"type": "string"}, "@odata.count": {"type": "integer"}},
            {
                "next_token": "/@odata.nextLink",
                "offset_parameter": "$skip",
                "total": "/@odata.count",
            },
        ),
        (
            {"$top": "integer", "$skip": "integer"},
            {},
            {"offset_parameter": "$skip", "size_parameter": "$top"},
        ),
    ],
)
def test_pages_of_kubernetes_and_odata(
    query: dict[str, str], fields: dict[str, Any], found: dict[str, str]
) -> None:
    item = {"type": "object", "properties": {"id": {"type": "string"}}}
    array = {"type": "array", "items": item}
    body = {"type": "object", "properties": {**fields, "boats": array}}
    asked = {"type": "object", "properties": {n: {"type": each} for n, each in query.items()}}
    stated = roles("/boats", asked, body)
    assert {
        name: each["value"] for name, each in stated.items() if name not in ("items", "id")
    } == (found)
