"""A mock of a list whose next page is named in a Link header or asked for in a request body."""

from __future__ import annotations

from typing import Any

import pytest

from docpact.capture.openapi import capture_operation, find_operation
from docpact.catalogue import load_files
from docpact.model import Case, Exchange, Failure, Request
from docpact.rules.walks.links import read_url
from docpact.targets.mock import MockApi, mock_client

URL = "https://boats.example/boats"
TEXT = {"type": "string"}
BOAT = {"type": "object", "required": ["id"], "properties": {"id": TEXT, "name": TEXT}}
PROBLEM = {
    "application/problem+json": {
        "schema": {"type": "object", "required": ["title"], "properties": {"title": TEXT}}
    }
}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}}
SEARCH: dict[str, Any] = {
    "type": "object",
    "properties": {"cursor": TEXT, "limit": {"type": "integer"}, "name": TEXT},
}
FOUND = {
    "type": "object",
    "properties": {
        "boats": {"type": "array", "items": BOAT},
        "next_cursor": {"type": ["string", "null"]},
    },
}


def boats(method: str, schema: Any, **more: Any) -> MockApi:
    """Return the mock of a list of boats."""
    headers = more.pop("headers", {})
    found = {"description": "ok", "content": {"application/json": {"schema": schema}}}
    busy = {"description": "busy", "content": PROBLEM}
    operation = {
        "operationId": "boats",
        "responses": {"200": {**found, "headers": headers}, "429": busy},
        **more,
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Boats", "version": "1"},
        "servers": [{"url": "https://boats.example"}],
        "paths": {"/boats": {method: operation}},
    }
    files = dict(capture_operation(find_operation(document, "boats", "boats")))
    return MockApi(load_files(files, "boats/list"))


def test_a_link_header_leads_to_every_page() -> None:
    schema = {"type": "array", "items": BOAT}
    api = boats("get", schema, parameters=[LIMIT], headers={"Link": {"schema": TEXT}})
    client, seen, url = mock_client(api), [], f"{URL}?limit=100&tag=a,b&key=%2C"
    while url:
        found = client.get(url)
        assert url.startswith(f"{URL}?limit=100&tag=a,b&key=%2C")
        seen += [each["id"] for each in found.json()]
        url = found.links.get("next", {}).get("url", "")
    assert seen == [each["id"] for each in api.items]
    assert len(api.requests) == 3
    assert found.links.keys() == {"first"}


@pytest.mark.parametrize("name", ["cursor", "page_token"])
def test_a_body_asks_for_every_page(name: str) -> None:
    fields = {**SEARCH["properties"]}
    fields[name] = fields.pop("cursor")
    content = {"application/json": {"schema": {**SEARCH, "properties": fields}}}
    api = boats("post", FOUND, requestBody={"content": content})
    client, seen, body = mock_client(api), [], {"limit": 100}
    while body:
        found = client.post(URL, json=body).json()
        seen += [each["id"] for each in found["boats"]]
        body = {name: found["next_cursor"]} if found.get("next_cursor") else {}
    assert seen == [each["id"] for each in api.items]
    assert len(api.requests) == 3
    assert client.post(URL, json={name: "unknown"}).status_code == 422
    headers = {"Content-Type": "application/json"}
    assert client.post(URL, content=b"[" * 100_000, headers=headers).is_client_error


@pytest.mark.parametrize(("status", "name"), [("201", "Ada"), ("200", "name")])
def test_a_created_boat_that_nothing_lists_has_the_given_values(status: str, name: str) -> None:
    schema = {"type": "object", "required": ["name"], "properties": {"id": TEXT, "name": TEXT}}
    content = {"application/json": {"schema": schema}}
    responses = {status: {"description": "ok", "content": content}}
    api = boats("post", schema, requestBody={"content": content}, responses=responses)
    found = mock_client(api).post(URL, json={"name": "Ada"})
    assert (found.status_code, found.json()["name"][: len(name)]) == (int(status), name)


def test_a_scripted_failure_has_the_documented_body() -> None:
    api = boats("get", {"type": "array", "items": BOAT})
    api.fail_next(429, headers={"Retry-After": "1"})
    api.fail_next(429, body={})
    api.fail_next(503)
    first, second, third = (mock_client(api).get(URL) for _ in range(3))
    assert first.headers["Content-Type"] == "application/problem+json"
    assert (first.status_code, first.headers["Retry-After"]) == (429, "1")
    assert (first.json().keys(), second.json()) == ({"title"}, {})
    assert third.json() == {"detail": "scripted"}


def test_a_link_repeats_joined_values_one_by_one() -> None:
    tags = {
        "name": "tag",
        "in": "query",
        "explode": False,
        "schema": {"type": "array", "items": TEXT},
    }
    schema = {"type": "array", "items": BOAT}
    operation = boats("get", schema, parameters=[LIMIT, tags]).operation
    exchange = Exchange(Case(""), Request("GET", f"{URL}?tag=a,b"), Failure("timeout", ""))
    for text, values in (("a,b", ["a", "b"]), ("a%2Cb", ["a,b"])):
        link = f"{URL}?tag={text}&page_token=next"
        query = tuple(("tag", value) for value in values)
        assert read_url(operation, exchange, link) == ((*query, ("page_token", "next")), ())


@pytest.mark.parametrize("name", ["previous", "prev_url"])
@pytest.mark.parametrize("kind", [TEXT, {"type": ["string", "null"], "format": "uri"}])
@pytest.mark.parametrize(("style", "keys"), [("offset", (3, 0)), ("page", (2, 1))])
def test_a_page_leads_back_to_the_one_before(
    name: str, kind: Any, style: str, keys: tuple[int, int]
) -> None:
    turn = {"name": style, "in": "query", "schema": {"type": "integer", "minimum": keys[1]}}
    listed = {"boats": {"type": "array", "items": BOAT}, "next": kind, name: kind}
    schema = {"type": "object", "required": [*listed], "properties": listed}
    client = mock_client(boats("get", schema, parameters=[LIMIT, turn]))
    assert not client.get(f"{URL}?limit=3").json()[name]
    later = client.get(f"{URL}?limit=3&{style}={keys[0]}").json()
    assert later[name] == f"{URL}?limit=3&{style}={keys[1]}"


@pytest.mark.parametrize("names", [("since_id", "max_id"), ("max_id", "since_id", "min_id")])
def test_the_older_things_follow_where_both_directions_are_documented(names: Any) -> None:
    ids = [{"name": name, "in": "query", "schema": TEXT} for name in names]
    listed = {"boats": {"type": "array", "items": BOAT}, "has_more": {"type": "boolean"}}
    schema = {"type": "object", "required": ["boats"], "properties": listed}
    api = boats("get", schema, parameters=[LIMIT, *ids])
    assert api.operation.roles.last_id_parameter == "max_id"


def test_a_number_that_leads_to_no_page_is_0() -> None:
    number = {"type": "integer"}
    facts = {"type": "object", "required": ["next"], "properties": {"next": number}}
    array = {"type": "array", "items": BOAT}
    schema = {"type": "object", "properties": {"pagination": facts, "boats": array}}
    page = {"name": "page", "in": "query", "schema": number}
    client = mock_client(boats("get", schema, parameters=[page, LIMIT]))
    pages = [client.get(f"{URL}?limit=100&page={n}").json() for n in (1, 2, 3)]
    assert [each["pagination"]["next"] for each in pages] == [2, 3, 0]


def test_a_default_length_that_no_page_can_have_is_ignored() -> None:
    limit = {**LIMIT, "schema": {"type": "integer", "default": -1}}
    schema = {"type": "array", "items": BOAT}
    client = mock_client(boats("get", schema, parameters=[limit]))
    assert client.get(URL).json() == client.get(f"{URL}?limit=-1").json() != []


@pytest.mark.parametrize("least", [1, 1e300])
def test_the_ids_of_items_are_within_the_bounds_of_the_parameter_that_repeats_them(
    least: float,
) -> None:
    before = {"name": "before_id", "in": "query", "schema": {"type": "integer", "minimum": least}}
    boat = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    listed = {"boats": {"type": "array", "items": boat}, "has_more": {"type": "boolean"}}
    schema = {"type": "object", "required": ["boats"], "properties": listed}
    api = boats("get", schema, parameters=[LIMIT, before])
    assert api.operation.roles.last_id_parameter == "before_id"
    client, ids = mock_client(api), [each["id"] for each in api.items]
    assert min(ids) >= least
    assert [client.get(f"{URL}?before_id={each}").status_code for each in ids[:2]] == [200, 200]
