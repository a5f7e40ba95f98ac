"""The response family: each rule fires on one answer and stays silent on its neighbour."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from toy import LAMPS, PLAIN, exchange, lamp

from docpact.model import (
    Breach,
    Case,
    DocumentedResponse,
    Exchange,
    Expectation,
    Expected,
    Failure,
    Judgement,
    Level,
    PageVisit,
    Parameter,
    Question,
    Source,
)
from docpact.model.documented import ResponseContent
from docpact.rules import gather, judge

PAGE = {"items": [lamp()]}
BAD_SIZE = Case(
    "size=0", Question((("size", "0"),)), Expectation(Expected.REJECTED, "size", "minimum")
)


def judgement(rule: str, *exchanges: Exchange, location: str | None = None) -> Judgement:
    found = [
        each
        for each in judge(gather(LAMPS, exchanges))
        if each.promise.rule == rule and location in (None, each.promise.location)
    ]
    assert len(found) == 1, f"{len(found)} promises of {rule} at {location}"
    return found[0]


def breach(rule: str, *exchanges: Exchange, location: str | None = None) -> Breach:
    (only,) = judgement(rule, *exchanges, location=location).breaches
    return only


def test_the_example_of_a_breach_is_a_short_request_if_there_is_one() -> None:
    long, short, later = (replace(PLAIN, label=each) for each in ("x" * 999, "short", "later"))
    wrong = {"items": [lamp(id=5)]}
    exchanges = [exchange(wrong, case) for case in (long, short, later)]
    found = breach("response.type", *exchanges, location="/items/*/id")
    assert found.request.url.endswith("#short")
    assert found.count == 3


@pytest.mark.parametrize("status", [201, 204, 206, 302, 404, 500])
def test_status_of_a_documented_request(status: int) -> None:
    found = breach("response.status", exchange(PAGE, status=status))
    assert (found.location, found.observed, found.detail) == ("status", str(status), str(status))


@pytest.mark.parametrize(
    ("case", "status"), [(PLAIN, 200), (BAD_SIZE, 400), (BAD_SIZE, 422), (BAD_SIZE, 500)]
)
def test_statuses_that_are_no_breach(case: Case, status: int) -> None:
    judged = judgement("response.status", exchange(PAGE, case, status=status))
    assert (judged.observations, judged.breaches) == (1, ())


@pytest.mark.parametrize(("status", "is_right"), [(499, True), (500, False), (503, False)])
def test_a_documented_error_of_the_server_is_still_one(status: int, is_right: bool) -> None:
    pair = Case("two parameters", Question((("size", "1"), ("state", "on"))))
    responses = (DocumentedResponse("200"), DocumentedResponse(str(status)))
    evidence = gather(replace(LAMPS, responses=responses), [exchange({}, pair, status=status)])
    (found,) = (each for each in judge(evidence) if each.promise.rule == "response.status")
    assert (found.observations, found.breaches == ()) == (1, is_right)


@pytest.mark.parametrize(("length", "observed"), [("0", []), ("7", ["Content-Length: 7"])])
def test_a_204_that_nothing_else_describes_has_no_body(length: str, observed: list[str]) -> None:
    bare = replace(LAMPS, status=204, content_type="", responses=())
    answer = exchange(b"", status=204, headers=(("content-length", length),))
    found = [each for each in judge(gather(bare, [answer])) if each.promise.rule == "response.body"]
    assert [each.observed for judged in found for each in judged.breaches] == observed
    assert [judged.observations for judged in found] == [1]


@pytest.mark.parametrize(
    ("status", "body", "observed"),
    [(307, b"", []), (307, b"moved", ["text/plain"]), (404, b"", ["no content-type header"])],
)
def test_a_redirect_needs_no_body(status: int, body: bytes, observed: list[str]) -> None:
    content = (ResponseContent("application/json", {"type": "object"}),)
    responses = (DocumentedResponse("200"), DocumentedResponse(str(status), content))
    kind = (("content-type", "text/plain"),) if body else ()
    answer = exchange(body, status=status, headers=(("location", "/elsewhere"), *kind))
    evidence = gather(replace(LAMPS, responses=responses), [answer])
    found = [each for each in judge(evidence) if each.promise.rule == "response.body"]
    assert [each.observed for judged in found for each in judged.breaches] == observed


def test_status_of_a_redirect_says_where_it_leads() -> None:
    answer = exchange(b"", status=302, headers=(("location", "https://elsewhere.example/\x1b"),))
    assert breach("response.status", answer).observed == "302 to https://elsewhere.example/\\x1b"


@pytest.mark.parametrize(
    ("headers", "observed"),
    [
        ((("content-type", "text/html"),), "text/html"),
        ((("content-type", "text/plain; charset=utf-8"),), "text/plain; charset=utf-8"),
        ((), "no content-type header"),
    ],
)
def test_content_type(headers: tuple[tuple[str, str], ...], observed: str) -> None:
    assert breach("response.content_type", exchange(PAGE, headers=headers)).observed == observed


@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/json-seq"])
def test_an_undocumented_sequence_of_values_is_judged_by_its_type_alone(kind: str) -> None:
    lines = exchange({"id": "1"}, headers=(("content-type", kind),))
    found = {each.promise.rule for each in judge(gather(LAMPS, [lines])) if each.breaches}
    assert found == {"response.content_type"}


@pytest.mark.parametrize(
    ("listed", "asked", "is_other"),
    [
        (["json", "csv"], "csv", True),
        (["JSON", "html", "jsonld"], "jsonld", True),
        (["application/json", "application/vnd.acme+xml"], "application/vnd.acme+xml", True),
        (["json", "csv"], "json", False),
        (["json", "short"], "short", False),
        (["csv", "html"], "csv", False),
    ],
)
def test_a_format_that_a_parameter_asks_for_needs_no_documented_type(
    listed: list[str], asked: str, is_other: bool
) -> None:
    schema = {"type": "string", "enum": listed}
    operation = replace(
        LAMPS,
        parameters=(*LAMPS.parameters, Parameter("f", "query", required=False, schema=schema)),
    )
    case = Case(f"f={asked}", Question((("f", asked),)))
    csv = exchange(b"id,1", case, headers=(("content-type", "text/csv"),))
    found = {each.promise.rule for each in judge(gather(operation, [csv])) if each.breaches}
    assert ("response.content_type" in found, "response.json" in found) == (not is_other, False)


@pytest.mark.parametrize("label", ["application/json", "Application/JSON;Charset=UTF-8"])
def test_documented_content_types(label: str) -> None:
    judged = judgement("response.content_type", exchange(PAGE, headers=(("content-type", label),)))
    assert (judged.observations, judged.breaches) == (1, ())


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf{}", "bom"),
        (b'{"items": [], "a": "\xff"}', "utf8"),
        (b'{"items": [], "items": []}', "duplicate-key"),
        (b"{} trailing", "trailing"),
        (b"<html>", "syntax"),
    ],
)
def test_json(body: bytes, kind: str) -> None:
    found = breach("response.json", exchange(body))
    assert (found.location, found.detail) == ("body", kind)


def test_a_body_that_is_too_long() -> None:
    found = breach("response.json", exchange(failure=Failure("size", "longer than I read")))
    assert (found.detail, found.observed) == ("size", "size: longer than I read")


def test_a_keyword_counts_the_items_of_the_survey() -> None:
    first = exchange({"items": [lamp(n) for n in range(20)]})
    second = exchange({"items": [lamp(20, state="dim"), lamp(21), lamp(22, state="dim")]})
    again = exchange({"items": [lamp(20, state="dim")]}, phase="queries")
    judged = judgement("response.enum", first, second, again)
    assert judged.promise.source == Source('state: "on" or "off"', 12)
    shown = (PageVisit(Question(), 0, 1),)
    assert judged.breaches == (
        Breach("/items/*/state", '"dim"', second.request, 2, 23, "/items/0/state", shown=shown),
    )


def test_a_keyword_broken_outside_the_survey_is_counted_there() -> None:
    walked = exchange({"items": [lamp()]})
    other = exchange({"items": [lamp(state="dim"), lamp()]}, phase="queries")
    found = breach("response.enum", walked, other)
    assert (found.count, found.observations, found.request) == (1, 2, other.request)


def test_different_values_share_one_line() -> None:
    states = ["a", "b", "a", "c", "d"]
    found = breach("response.enum", exchange({"items": [lamp(state=each) for each in states]}))
    assert found.observed == '"a"; "b"; "c" and 1 more'


@pytest.mark.parametrize(
    ("item", "rule", "location", "observed"),
    [
        (lamp(state=7), "response.type", "/items/*/state", "number 7"),
        ({"id": "a"}, "response.required", "/items/*/state", "absent"),
        (lamp(note="abcdef"), "response.maxLength", "/items/*/note", '6 characters: "abcdef"'),
    ],
)
def test_keywords_by_location(item: Any, rule: str, location: str, observed: str) -> None:
    found = breach(rule, exchange({"items": [item]}), location=location)
    assert (found.location, found.observed) == (location, observed)


def test_undocumented_fields_are_additive_and_counted_by_their_object() -> None:
    answer = exchange({"items": [lamp(), lamp(watt=5)], "count": 2})
    judged = judgement("response.undocumented_field", answer)
    places = [(b.location, b.observed, b.count, b.observations) for b in judged.breaches]
    assert judged.level is Level.ADDITIVE
    assert places == [("/count", "number 2", 1, 1), ("/items/*/watt", "number 5", 1, 2)]


def test_an_empty_list_tests_nothing_about_items() -> None:
    judged = judgement("response.enum", exchange({"items": []}))
    assert (judged.observations, judged.breaches) == (0, ())


def test_responses_to_other_credentials_are_not_counted() -> None:
    other = Case("a wrong key", Question(credentials="wrong"))
    assert judgement("response.json", exchange(b"", other)).observations == 0


def test_the_schema_alone_names_the_promises() -> None:
    named = {str(each.promise) for each in judge(gather(LAMPS, ()))}
    assert {"response.enum /items/*/state", "response.required /items", "response.type"} <= named
