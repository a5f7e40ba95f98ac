"""The path family: a body has the identifier of the path, in whatever form it is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from toy import LAMPS, exchange

from docpact.model import (
    Case,
    DocumentedResponse,
    Exchange,
    Expectation,
    Expected,
    Operation,
    Parameter,
    Question,
    Request,
    ResponseContent,
    Roles,
)
from docpact.rules import gather, judge

LAMP = replace(
    LAMPS,
    path="/v1/lamps/{id}",
    parameters=(Parameter("id", "path", required=True, schema={"type": "string"}),),
    query_schema={"type": "object"},
    response_schema={"type": "object", "properties": {"id": {}}},
    roles=Roles(path={"id": "/id"}),
)
UUID = "0b61e1f2-5b8c-4f0e-9d0a-3c1f6f7a2e11"


def response(asked: str, shown: Any) -> Exchange:
    """Return a request for one lamp, and its body."""
    request = Request("GET", f"{LAMP.server}/v1/lamps/{asked}")
    return replace(exchange({"id": shown}), request=request)


@pytest.mark.parametrize(
    ("asked", "shown", "is_same"),
    [
        ("lamp-1", "lamp-1", True),
        ("lamp-1", "lamp-2", False),
        ("lamp-1", "LAMP-1", False),
        ("7", 7, True),
        ("7", 8, False),
        (UUID, UUID.upper(), True),
        (UUID, UUID.replace("-", ""), True),
        (UUID, f"{UUID[:-1]}2", False),
        (UUID, "lamp-1", False),
        ("lamp-1", UUID, False),
    ],
)
def test_an_identifier_is_that_of_the_path(asked: str, shown: Any, is_same: bool) -> None:
    judgements = judge(gather(LAMP, [response(asked, shown)]))
    (found,) = (each for each in judgements if each.promise.rule == "path.identity")
    assert (found.observations, found.breaches == ()) == (1, is_same)


@pytest.mark.parametrize(
    ("status", "documented", "found"), [(500, "501", True), (501, "404", True), (501, "501", False)]
)
def test_a_documented_501_to_a_path_is_not_a_server_error(
    status: int, documented: str, found: bool
) -> None:
    asked = Case("odd", Question(path=(("id", "odd"),)), Expectation(Expected.UNSPECIFIED, "id"))
    responses = (DocumentedResponse("200"), DocumentedResponse(documented))
    operation = replace(LAMP, responses=responses)
    judgements = judge(gather(operation, [exchange(case=asked, status=status)]))
    broken = {each.promise.rule for each in judgements if each.breaches}
    assert ("path.server_error" in broken) is found


def guessed(path: str, where: str, response: dict[str, Any]) -> Operation:
    """Return an operation whose field `where` is only named like the parameter `id`."""
    roles = Roles(path={"id": where}, inferred=frozenset({"path/id"}))
    return replace(LAMP, path=path, response_schema=response, roles=roles)


def rules_broken(operation: Operation, *shown: tuple[str, Any]) -> list[str]:
    """Return the path rules that bodies break, each given with the value in its path."""
    path = operation.path.replace("{id}", "{}")
    exchanges = [
        replace(exchange(body), request=Request("GET", f"{LAMP.server}{path.format(asked)}"))
        for asked, body in shown
    ]
    judgements = judge(gather(operation, exchanges))
    return [j.promise.rule for j in judgements if j.breaches and j.promise.family == "path"]


OF_A_LAMP = guessed("/v1/lamps/{id}", "/id", {"type": "object", "properties": {"id": {}}})
OF_A_BULB = guessed("/v1/lamps/{id}/bulb", "/id", {"type": "object", "properties": {"id": {}}})
BY_UUID = replace(
    OF_A_LAMP,
    parameters=tuple(
        replace(each, schema={"type": "string", "format": "uuid"}) for each in OF_A_LAMP.parameters
    ),
)
REMOVAL = replace(OF_A_LAMP, method="DELETE")
TASK = {"type": "object", "properties": {"task": {"properties": {"id": {}}}}}
BY_TASK = replace(guessed("/v1/lamps/{id}", "/task/id", TASK), method="PUT")
BULBS = guessed(
    "/v1/lamps/{id}/bulbs",
    "/*/id",
    {"type": "array", "items": {"type": "object", "properties": {"id": {}}}},
)


@pytest.mark.parametrize(
    ("operation", "shown", "rules"),
    [
        (OF_A_LAMP, [("7", {"id": 8})], ["path.identity"]),
        (OF_A_LAMP, [("lamp_1", {"id": "lamp_2"})], ["path.identity"]),
        (OF_A_LAMP, [("lamp-1", {"id": "another"})], ["path.identity"]),
        (OF_A_LAMP, [("me", {"id": 8})], ["path.suspect"]),
        (OF_A_LAMP, [("me", {"id": "lamp-8"})], ["path.suspect"]),
        (OF_A_LAMP, [("lamp-1", {"id": UUID})], ["path.suspect"]),
        (OF_A_LAMP, [("group%2Flamp", {"id": 8})], ["path.suspect"]),
        (OF_A_LAMP, [("me", {"id": 8}), ("8", {"id": 8})], ["path.identity"]),
        (BY_UUID, [(UUID, {"id": UUID.replace("0", "1")})], ["path.identity"]),
        (BY_UUID, [(UUID, {"id": "lamp-8"})], ["path.suspect"]),
        (OF_A_BULB, [("7", {"id": 8})], ["path.suspect"]),
        (OF_A_BULB, [("7", {"id": 8}), ("9", {"id": 9})], ["path.suspect"]),
        (OF_A_BULB, [("7", {"id": 8}), ("9", {"id": 9}), ("9", {"id": 9})], ["path.suspect"]),
        (OF_A_BULB, [("7", {"id": 8}), ("9", {"id": 9}), ("5", {"id": 5})], ["path.identity"]),
        (BULBS, [("7", [{"id": 7}, {"id": 7}])], []),
        (BULBS, [("7", [{"id": 8}, {"id": 7}])], ["path.suspect"]),
        (BULBS, [("7", [{"id": 7}]), ("8", [{"id": 8}, {"id": 7}])], ["path.identity"]),
        (BULBS, [("7", [{"id": 7}, {"id": 8}]), ("7", [{"id": 7}])], ["path.suspect"]),
        (BULBS, [("7", [])], []),
        (OF_A_LAMP, [("lamp-1", {"id": "rooms/2/lamps/lamp-1"})], []),
        (
            OF_A_LAMP,
            [("a", {"id": "lamps/a"}), ("b", {"id": "lamps/b"}), ("c", {"id": "lamps/d"})],
            ["path.identity"],
        ),
        (REMOVAL, [("7", {"id": 8})], []),
        (REMOVAL, [("7", {"id": 7}), ("9", {"id": 8})], ["path.identity"]),
        (BY_TASK, [("7", {"task": {"id": 8}})], []),
        (replace(BY_TASK, method="GET"), [("7", {"task": {"id": 8}})], ["path.identity"]),
    ],
)
def test_a_field_is_believed_where_responses_confirm_it(
    operation: Operation, shown: list[tuple[str, Any]], rules: list[str]
) -> None:
    assert rules_broken(operation, *shown) == rules


def shows_content(operation: Operation, known: Any, body: Any) -> bool:
    """Return whether a body counts as content for the unknown id `none`."""
    unknown = Expectation(Expected.REJECTED, "id", "unknown")
    case = Case("id=none", Question(path=(("id", "none"),)), unknown)
    judged = judge(gather(operation, [exchange(known), exchange(body, case)]))
    (found,) = (each for each in judged if each.promise.rule == "path.unknown")
    assert found.observations == 1
    return bool(found.breaches)


THING = {"data": {"id": "7"}, "meta": {"version": 1}}


@pytest.mark.parametrize(
    ("body", "is_content"),
    [
        ({**THING, "data": None}, False),
        ({**THING, "data": {}}, False),
        ({**THING, "data": []}, False),
        ({**THING, "data": {"id": None}}, True),
        (THING, True),
        ({"error": "not found"}, True),
        ({"meta": {"version": 1}}, True),
    ],
)
def test_null_instead_of_the_thing_is_no_content(body: Any, is_content: bool) -> None:
    assert shows_content(LAMP, THING, body) == is_content


PARTS = replace(LAMP, path="/v1/lamps/{id}/parts", roles=Roles())
OF_PARTS = {"status": "success", "total": 2, "parts": ["a", "b"]}
NESTED = {"status": "success", "data": {"type": "vector", "result": ["a"]}}
OF_LAMP = {"id": "7", "parts": ["a"]}


@pytest.mark.parametrize(
    ("operation", "known", "body", "is_content"),
    [
        (PARTS, OF_PARTS, {**OF_PARTS, "total": 0, "parts": []}, False),
        (PARTS, OF_PARTS, {**OF_PARTS, "total": 0, "parts": None}, False),
        (PARTS, OF_PARTS, OF_PARTS, True),
        (PARTS, OF_PARTS, {**OF_PARTS, "total": 0}, True),
        (PARTS, OF_PARTS, {"status": "success", "total": 0}, True),
        (PARTS, OF_PARTS, {**OF_PARTS, "status": "found", "parts": []}, True),
        (PARTS, NESTED, {**NESTED, "data": {"type": "vector", "result": []}}, False),
        (PARTS, NESTED, {**NESTED, "data": {"type": "matrix", "result": []}}, True),
        (PARTS, OF_LAMP, {"id": "none", "parts": []}, False),
        (PARTS, OF_LAMP, {"id": "/v1/lamps/none/parts", "parts": []}, False),
        (PARTS, OF_LAMP, {"id": "/v1/lamps/nonesuch/parts", "parts": []}, True),
        (PARTS, OF_PARTS, {**OF_PARTS, "total": 0, "parts": [], "message": "no lamp"}, False),
        (PARTS, {**OF_PARTS, "found": True}, {"found": False, "parts": []}, False),
        (PARTS, {**OF_PARTS, "found": False}, {"found": True, "parts": []}, True),
        (PARTS, {**OF_PARTS, "took_ms": 1.2}, {"took_ms": 0.4, "parts": []}, False),
        (PARTS, {**OF_PARTS, "size_ms": 1.2}, {"size_ms": 0.4, "parts": []}, True),
        (PARTS, OF_LAMP, {"id": "8", "parts": []}, True),
        (LAMP, OF_LAMP, {"id": "none", "parts": []}, True),
        (LAMP, OF_PARTS, {**OF_PARTS, "total": 0, "parts": []}, False),
    ],
)
def test_an_empty_list_in_the_envelope_of_another_response_is_no_content(
    operation: Operation, known: Any, body: Any, is_content: bool
) -> None:
    assert shows_content(operation, known, body) == is_content


@pytest.mark.parametrize("keyword", ["unknown", None])
def test_the_page_of_a_web_application_at_an_unknown_path_is_one_finding(
    keyword: str | None,
) -> None:
    about = Expectation(Expected.UNSPECIFIED, "id", keyword)
    case = Case("id=none", Question(path=(("id", "none"),)), about)
    html = (("content-type", "text/html"),)
    content = (ResponseContent("application/json", LAMP.response_schema),)
    lamp = replace(LAMP, responses=(DocumentedResponse("200", content),))
    page = exchange(b"<!doctype html><p>Lamps</p>", case, headers=html)
    judged = judge(gather(lamp, [exchange({"id": "none"}), page]))
    assert [each.promise.rule for each in judged if each.breaches] == ["path.unknown"]
    judged = judge(gather(lamp, [exchange({"id": "none"}), replace(page, case=Case("plain"))]))
    assert [each.promise.rule for each in judged if each.breaches] == ["response.content_type"]
