"""The query, auth and protocol families: each rule reports one response and not its neighbor."""

from __future__ import annotations

from dataclasses import replace

import pytest
from toy import LAMPS, exchange, lamp

from docpact.model import (
    Case,
    Credentials,
    Exchange,
    Expectation,
    Expected,
    Failure,
    Judgement,
    Level,
    Operation,
    Parameter,
    Question,
    Roles,
    Schema,
)
from docpact.model.documented import DocumentedResponse, ResponseContent
from docpact.rules import gather, judge

PAGE = {"items": [lamp()]}


def size(value: str, expects: Expected, keyword: str) -> Case:
    return Case(
        f"size={value}", Question((("size", value),)), Expectation(expects, "size", keyword)
    )


INSIDE = size("20", Expected.ACCEPTED, "maximum")
OUTSIDE = size("21", Expected.REJECTED, "maximum")
OPEN = size("1.5", Expected.UNSPECIFIED, "type")


def broken(*exchanges: Exchange) -> list[Judgement]:
    families = {"query", "auth", "protocol"}
    judged = judge(gather(LAMPS, exchanges))
    return [each for each in judged if each.breaches and each.promise.family in families]


@pytest.mark.parametrize(
    ("case", "status", "rule", "level"),
    [
        (INSIDE, 422, "query.accepts", Level.BREAKING),
        (INSIDE, 404, "query.accepts", Level.BREAKING),
        (INSIDE, 500, "query.server_error", Level.BREAKING),
        (OUTSIDE, 200, "query.rejects", Level.ADDITIVE),
        (OUTSIDE, 500, "query.server_error", Level.BREAKING),
        (OPEN, 500, "query.server_error", Level.BREAKING),
        (OPEN, 503, "query.server_error", Level.BREAKING),
    ],
)
def test_values(case: Case, status: int, rule: str, level: Level) -> None:
    (judged,) = broken(exchange(PAGE, case, status=status))
    assert (judged.promise.rule, judged.level) == (rule, level)
    assert judged.promise.location == "query/size"
    assert judged.breaches[0].observed == f"{status} to {case.label}"


@pytest.mark.parametrize(
    ("case", "status"),
    [
        (INSIDE, 200),
        (INSIDE, 429),
        (OUTSIDE, 400),
        (OUTSIDE, 422),
        (OUTSIDE, 404),
        (OUTSIDE, 429),
        (OPEN, 200),
        (OPEN, 422),
    ],
)
def test_values_with_correct_responses(case: Case, status: int) -> None:
    assert broken(exchange(PAGE, case, status=status)) == []


def test_a_value_is_not_the_cause_if_a_request_without_parameters_is_refused_too() -> None:
    plain = exchange(PAGE, Case("no parameters"), status=422)
    refused, other = (exchange(PAGE, INSIDE, status=status) for status in (422, 400))
    assert broken(plain, refused) == []
    assert [each.promise.rule for each in broken(plain, other)] == ["query.accepts"]


LAMP_STATE = Case(
    "state=off", Question((("state", "off"),)), Expectation(Expected.ACCEPTED, "state", "enum")
)
LAMP_IN_ROOM = replace(
    LAMPS,
    path="/v1/rooms/{room}/lamps",
    parameters=(*LAMPS.parameters, Parameter("room", "path", required=True, schema={})),
    responses=tuple(map(DocumentedResponse, ("200", "400", "default"))),
)


NOT_FOUND = tuple(map(DocumentedResponse, ("200", "400", "404")))
ONE_LAMP = replace(LAMP_IN_ROOM, roles=Roles(), responses=NOT_FOUND)


@pytest.mark.parametrize(
    ("operation", "case", "status", "rules"),
    [
        (LAMP_IN_ROOM, LAMP_STATE, 400, []),
        (LAMP_IN_ROOM, LAMP_STATE, 422, ["query.accepts"]),
        (LAMP_IN_ROOM, INSIDE, 400, ["query.accepts"]),
        (replace(LAMP_IN_ROOM, parameters=LAMPS.parameters), LAMP_STATE, 400, ["query.accepts"]),
        (ONE_LAMP, INSIDE, 404, []),
        (ONE_LAMP, INSIDE, 400, ["query.accepts"]),
        (replace(LAMP_IN_ROOM, responses=NOT_FOUND), INSIDE, 404, ["query.accepts"]),
    ],
)
def test_a_thing_may_refuse_a_value_as_documented(
    operation: Operation, case: Case, status: int, rules: list[str]
) -> None:
    judged = judge(gather(operation, [exchange({}, case, status=status)]))
    found = [each.promise.rule for each in judged if each.breaches]
    assert [rule for rule in found if rule.startswith("query")] == rules


DAY = "2000-01-01"


@pytest.mark.parametrize(
    ("text", "values", "rules"),
    [
        ("Items whose day is between two comma separated values", DAY, []),
        (
            "Items whose day is between two comma separated values",
            f"{DAY} {DAY}",
            ["query.accepts"],
        ),
        ("Items with one of the days", DAY, ["query.accepts"]),
    ],
)
def test_a_range_of_one_value_may_be_refused(text: str, values: str, rules: list[str]) -> None:
    schema = {"type": "array", "items": {"type": "string", "format": "date"}}
    operation = with_name(schema)
    *others, name = operation.parameters
    operation = replace(operation, parameters=(*others, replace(name, description=text)))
    query = tuple(("name", value) for value in values.split())
    case = Case(values, Question(query), Expectation(Expected.ACCEPTED, "name", "format"))
    exchanges = [exchange(PAGE), exchange({}, case, status=400)]
    found = [each.promise.rule for each in judge(gather(operation, exchanges)) if each.breaches]
    assert [rule for rule in found if rule.startswith("query")] == rules


def with_name(schema: Schema) -> Operation:
    """Return an operation with a query parameter of some schema."""
    named = Parameter("name", "query", required=False, schema=schema)
    return replace(
        LAMPS,
        parameters=(*LAMPS.parameters, named),
        query_schema={"type": "object", "properties": {"name": schema}},
    )


@pytest.mark.parametrize(
    ("schema", "keyword", "status", "rules"),
    [
        ({"type": "string", "pattern": "^[a-z]+$"}, "pattern", 400, []),
        ({"type": "string", "pattern": "^[a-z]+$"}, "pattern", 422, ["query.accepts"]),
        ({"type": "string", "format": "uuid"}, "format", 400, []),
        ({"type": "string", "format": "uri"}, "format", 400, []),
        ({"type": "string", "format": "date"}, "format", 400, ["query.accepts"]),
    ],
)
def test_a_text_that_may_name_nothing_may_be_refused_as_documented(
    schema: dict[str, str], keyword: str, status: int, rules: list[str]
) -> None:
    responses = tuple(map(DocumentedResponse, ("200", "400", "default")))
    operation = replace(with_name(schema), responses=responses)
    expected = Expectation(Expected.ACCEPTED, "name", keyword)
    case = Case("name=a", Question((("name", "a"),)), expected)
    judged = judge(gather(operation, [exchange({}, case, status=status)]))
    found = [each.promise.rule for each in judged if each.breaches]
    assert [rule for rule in found if rule.startswith("query")] == rules


@pytest.mark.parametrize(("name", "rules"), [("api-version", []), ("name", ["query.accepts"])])
def test_a_version_may_be_unknown_if_that_of_every_request_is_known(
    name: str, rules: list[str]
) -> None:
    schema = {"type": "string", "minLength": 1}
    operation = replace(
        LAMPS,
        roles=Roles(items="/items"),
        parameters=(Parameter(name, "query", required=True, schema=schema),),
        query_schema={"type": "object", "properties": {name: schema}},
        given={name: "2026-01-01"},
    )
    expected = Expectation(Expected.ACCEPTED, name, "minLength")
    refused = Case(f"{name}=a", Question(((name, "a"),)), expected)
    exchanges = [exchange(PAGE), exchange({}, refused, status=400)]
    found = [each.promise.rule for each in judge(gather(operation, exchanges)) if each.breaches]
    assert [rule for rule in found if rule.startswith("query")] == rules


@pytest.mark.parametrize(("given", "rules"), [({"name": "b"}, []), ({}, ["query.accepts"])])
def test_a_text_may_name_nothing_if_that_of_every_request_names_something(
    given: dict[str, str], rules: list[str]
) -> None:
    operation = replace(with_name({"type": "string", "format": "uuid"}), given=given)
    expected = Expectation(Expected.ACCEPTED, "name", "format")
    refused = Case("name=a", Question((("name", "a"),)), expected)
    exchanges = [exchange(PAGE), exchange({}, refused, status=404)]
    found = [each.promise.rule for each in judge(gather(operation, exchanges)) if each.breaches]
    assert [rule for rule in found if rule.startswith("query")] == rules


@pytest.mark.parametrize(
    ("schema", "keyword", "status", "rules"),
    [
        ({"type": "string", "format": "uuid"}, "format", 200, []),
        ({"type": "string", "format": "uuid"}, "format", 404, ["query.accepts"]),
        ({"type": "string", "pattern": "^[a-z]+$"}, "pattern", 200, []),
        ({"type": "string", "format": "date"}, "format", 200, ["query.accepts"]),
    ],
)
def test_a_text_that_names_nothing_may_be_refused_if_another_is_accepted(
    schema: dict[str, str], keyword: str, status: int, rules: list[str]
) -> None:
    operation = with_name(schema)
    expected = Expectation(Expected.ACCEPTED, "name", keyword)
    refused = Case("name=a", Question((("name", "a"),)), expected)
    known = Case("name=b", Question((("name", "b"),)))
    exchanges = [exchange(PAGE, refused, status=400), exchange(PAGE, known, status=status)]
    found = [each.promise.rule for each in judge(gather(operation, exchanges)) if each.breaches]
    assert [rule for rule in found if rule == "query.accepts"] == rules


@pytest.mark.parametrize(("status", "found"), [(400, False), (200, True)])
def test_several_texts_may_be_refused_if_one_alone_is(status: int, found: bool) -> None:
    schema = {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}, "minItems": 1}
    operation = replace(
        with_name(schema), responses=tuple(map(DocumentedResponse, ("200", "400", "default")))
    )
    one = Case("a", Question((("name", "a"),)), Expectation(Expected.ACCEPTED, "name", "pattern"))
    two = Case("a, a", Question((("name", "a"),) * 2), Expectation(Expected.ACCEPTED, "name"))
    exchanges = [exchange(PAGE, one, status=status), exchange(PAGE, two, status=400)]
    rules = {each.promise.rule for each in judge(gather(operation, exchanges)) if each.breaches}
    assert ("query.accepts" in rules) is found


@pytest.mark.parametrize(("name", "found"), [("page", False), ("offset", False), ("pages", True)])
def test_a_page_of_an_undocumented_list_may_be_beyond_its_end(name: str, found: bool) -> None:
    whole = {"type": "integer", "minimum": 1}
    operation = replace(
        LAMPS,
        roles=Roles(),
        response_schema={},
        parameters=(Parameter(name, "query", required=False, schema=whole),),
        query_schema={"type": "object", "properties": {name: whole}},
    )
    case = Case(f"{name}=2", Question(((name, "2"),)), Expectation(parameter=name, keyword="type"))
    judged = judge(gather(operation, [exchange({}, case, status=400)]))
    rules = {each.promise.rule for each in judged if each.breaches}
    assert ("query.accepts" in rules) is found


@pytest.mark.parametrize(
    ("schema", "text", "found"),
    [
        ({"type": "integer", "format": "int32"}, "-2147483648", False),
        ({"type": "integer", "format": "int32"}, "2", True),
        ({"type": "integer", "minimum": -5}, "-5", True),
    ],
)
def test_a_negative_page_number_may_be_refused_unless_it_is_documented(
    schema: Schema, text: str, found: bool
) -> None:
    operation = replace(
        LAMPS,
        roles=Roles(items="/items", page_parameter="page"),
        parameters=(Parameter("page", "query", required=False, schema=schema),),
        query_schema={"type": "object", "properties": {"page": schema}},
    )
    expected = Expectation(Expected.ACCEPTED, "page", "type")
    case = Case(f"page={text}", Question((("page", text),)), expected)
    judged = judge(gather(operation, [exchange({}, case, status=400)]))
    assert operation.roles.paging is not None
    assert ("query.accepts" in {each.promise.rule for each in judged if each.breaches}) is found


def test_a_refused_bound_quotes_its_line() -> None:
    (judged,) = broken(exchange(PAGE, INSIDE, status=422))
    assert (judged.promise.keyword, judged.promise.documented) == ("maximum", "at most 20")
    assert str(judged.promise.source) == "page line 5: maximum20"


def test_status_429_is_not_evidence_that_a_value_is_rejected() -> None:
    judged = judge(gather(LAMPS, [exchange(PAGE, OUTSIDE, status=429)]))
    assert {each.observations for each in judged if each.promise.rule == "query.rejects"} == {0}


@pytest.mark.parametrize(
    ("credentials", "rule"),
    [("none", "auth.missing"), ("wrong", "auth.wrong"), ("malformed", "auth.malformed")],
)
@pytest.mark.parametrize("status", [200, 204, 500])
def test_credentials_that_are_not_refused(credentials: Credentials, rule: str, status: int) -> None:
    case = Case("asked so", Question(credentials=credentials), Expectation(Expected.REJECTED))
    (judged,) = broken(exchange(PAGE, case, status=status))
    assert (judged.promise.rule, judged.level) == (rule, Level.BREAKING)
    assert judged.promise.location == "header/Authorization"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429])
def test_credentials_that_are_refused(status: int) -> None:
    case = Case("asked so", Question(credentials="wrong"), Expectation(Expected.REJECTED))
    assert broken(exchange(PAGE, case, status=status)) == []


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_redirect_instead_of_a_refusal_is_a_note(status: int) -> None:
    case = Case("asked so", Question(credentials="none"), Expectation(Expected.REJECTED))
    (judged,) = broken(exchange(PAGE, case, status=status))
    assert (judged.promise.rule, judged.level) == ("auth.redirect", Level.NOTE)


@pytest.mark.parametrize("kind", ["cut", "timeout"])
def test_a_response_that_does_not_arrive(kind: str) -> None:
    failure = Failure(kind, "it broke")  # type: ignore[arg-type]
    (judged,) = broken(exchange(case=OPEN, failure=failure))
    found = judged.breaches[0]
    assert (judged.promise.rule, found.location) == ("protocol.answer", "query/size")
    assert found.observed == "it broke, to size=1.5"


@pytest.mark.parametrize(
    "answer",
    [
        exchange(failure=Failure("encoding", "no gzip")),
        exchange(PAGE, headers=(("content-encoding", "br"),)),
    ],
    ids=["does not decode", "was not asked for"],
)
def test_an_encoding_that_cannot_be_read(answer: Exchange) -> None:
    rules = [each.promise.rule for each in broken(answer)]
    assert rules == ["protocol.encoding"]


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate", "identity", "x-gzip"])
def test_accepted_encodings(coding: str) -> None:
    assert broken(exchange(PAGE, headers=(("content-encoding", coding),))) == []


def test_a_redirect_within_the_origin_is_a_note() -> None:
    (judged,) = broken(exchange(PAGE, redirects=("https://toys.example/v1/lamps/?size=1",)))
    assert (judged.promise.rule, judged.level) == ("protocol.redirect", Level.NOTE)
    assert judged.breaches[0].observed == "redirected to https://toys.example/v1/lamps/"


def test_an_error_that_a_retry_heals_is_a_note() -> None:
    (judged,) = broken(exchange(PAGE, status=500, retried=True), exchange(PAGE))
    assert (judged.promise.rule, judged.level) == ("protocol.intermittent", Level.NOTE)
    assert judged.breaches[0].observed == "500, then success"


@pytest.mark.parametrize(("status", "headers"), [(429, ()), (503, (("retry-after", "1"),))])
def test_a_busy_server_that_says_so_is_not_a_finding(
    status: int, headers: tuple[tuple[str, str], ...]
) -> None:
    busy = exchange(PAGE, status=status, headers=headers, retried=True)
    assert broken(busy, exchange(PAGE)) == []


def test_a_503_that_asks_for_no_wait_is_a_note() -> None:
    (judged,) = broken(exchange(PAGE, status=503, retried=True), exchange(PAGE))
    assert (judged.promise.rule, judged.level) == ("protocol.intermittent", Level.NOTE)


def test_an_error_that_lasts_is_not_called_intermittent() -> None:
    attempts = [exchange(PAGE, OPEN, status=500, retried=True), exchange(PAGE, OPEN, status=500)]
    assert [each.promise.rule for each in broken(*attempts)] == ["query.server_error"]


def test_a_documented_501_is_not_a_server_error() -> None:
    refused = exchange(case=OPEN, status=501)
    page = DocumentedResponse("200", (ResponseContent(LAMPS.content_type),))
    documented = replace(LAMPS, responses=(page, DocumentedResponse("501")))
    for operation, rules in ((LAMPS, ["query.server_error"]), (documented, [])):
        found = judge(gather(operation, (exchange(), refused)))
        about = [each for each in found if each.breaches and each.promise.family == "query"]
        assert [each.promise.rule for each in about] == rules
