"""Questions are compared by value: equal labels are not equal questions, and pages count apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

import httpx
import pytest
from servers.loopback import Answer, Request, Server
from toy import ITEM, LAMPS, lamp

from docpact.cases.wire import query_label
from docpact.conformance import Session, check
from docpact.conformance.plan.followup_cases import filter_cases
from docpact.conformance.plan.observations import Observations
from docpact.conformance.replay import replay
from docpact.model import Operation, Parameter, Response, Run, Verdict
from docpact.targets.http import HttpTarget
from docpact.traffic import Entry
from docpact.traffic.recording import build_recording

SECRET: Final = "canary-0123456789"
JSON: Final = (("Content-Type", "application/json"),)
DIGESTS: Final = tuple(sha256(bytes([number])).hexdigest() for number in range(3))
"""Values of one length, too long to be shown in a label."""

ITEMS: Final = [lamp(n, digest=DIGESTS[n % 3]) for n in range(18)]
SCHEMA: Final = {
    **ITEM,
    "properties": {**ITEM["properties"], "digest": {"type": "string"}},  # type: ignore[dict-item]
}
DIGESTED: Final = replace(
    LAMPS,
    parameters=(*LAMPS.parameters, Parameter("digest", "query", required=False, schema={})),
    response_schema={
        **LAMPS.response_schema,
        "properties": {
            **LAMPS.response_schema["properties"],
            "items": {"type": "array", "items": SCHEMA},
        },
    },
    roles=replace(LAMPS.roles, filters={"digest": "/digest"}),
)
"""A list with a filter by long values."""

UNSIZED: Final = replace(LAMPS, roles=replace(LAMPS.roles, size_parameter=None, filters={}))
"""A list whose pages have one size, so that the first request and the survey ask the same."""


def answer(items: list[Any], token: str | None = None) -> Answer:
    return Answer(200, JSON, json.dumps({"items": items, "next": token}).encode())


def run(operation: Operation, handler: Callable[[Request], Answer]) -> Run:
    def authorized(request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {SECRET}":
            return Answer(401, JSON, b'"no"')
        return handler(request)

    with Server(authorized) as server, httpx.Client(timeout=60) as client:
        target = HttpTarget(server.url, operation, server.url, client, SECRET, sleep=lambda _: None)
        return Session(target).run()


def page_of(request: Request) -> int:
    token = request.last("after") or "1"
    return int(token) if token in "123456" else 1


def select(digest: str | None) -> list[Any]:
    """Return the items of a digest; the second one's index returns some others."""
    if digest == DIGESTS[1]:
        return ITEMS[:6]
    return [each for each in ITEMS if digest in (None, each["digest"])]


def test_questions_with_equal_labels_are_counted_apart() -> None:
    assert len({query_label((("digest", digest),)) for digest in DIGESTS}) == 1
    found = run(DIGESTED, lambda request: answer(select(request.last("digest"))))
    (finding,) = [each for each in found.findings if each.rule == "filter.selects"]
    assert (finding.shown, finding.persistence) == (finding.asked, "always")
    assert finding.asked > 1
    assert DIGESTS[1] in finding.reproduce


def test_recorded_questions_with_equal_labels_are_counted_apart() -> None:
    asked = [None, *DIGESTS, None]
    entries = [
        Entry(
            "GET",
            "https://toys.example/v1/lamps" + (f"?digest={digest}" if digest else ""),
            Response(
                200,
                (("content-type", "application/json"),),
                json.dumps({"items": select(digest)}).encode(),
            ),
        )
        for digest in asked
    ]
    found = replay(DIGESTED, build_recording(DIGESTED, entries))
    (finding,) = [each for each in found.findings if each.rule == "filter.selects"]
    assert (finding.shown, finding.asked, finding.persistence) == (1, 1, "once")


@pytest.mark.sampled(2)
@pytest.mark.parametrize("page", [1, 5])
def test_a_breach_counts_the_visits_that_reached_its_page(page: int) -> None:
    def handler(request: Request) -> Answer:
        number = page_of(request)
        state = "dim" if number == page else "on"
        onward = str(number + 1) if number < 6 else None
        return answer([lamp(number, state=state)], onward)

    found = run(UNSIZED, handler)
    (finding,) = [each for each in found.findings if each.rule == "response.enum"]
    assert (finding.shown, finding.persistence) == (finding.asked, "always")
    assert finding.asked > 2


def test_a_breach_that_comes_and_goes_is_counted_so() -> None:
    walks = iter(range(100))

    def handler(request: Request) -> Answer:
        number = page_of(request)
        state = "dim" if number == 5 and next(walks) == 0 else "on"
        return answer([lamp(number, state=state)], str(number + 1) if number < 6 else None)

    (finding,) = [each for each in run(UNSIZED, handler).findings if each.rule == "response.enum"]
    assert finding.shown == 1
    assert finding.persistence == f"1 of {finding.asked} times"


def test_enumerated_numbers_and_booleans_are_asked_as_a_query_writes_them() -> None:
    levels = Parameter("level", "query", required=False, schema={"enum": [0, 1, None]})
    lit = Parameter("lit", "query", required=False, schema={"enum": [True, False]})
    operation = replace(
        LAMPS,
        parameters=(*LAMPS.parameters, levels, lit),
        roles=replace(LAMPS.roles, filters={"level": "/level", "lit": "/lit"}),
    )
    queries = [dict(case.query) for case in filter_cases(Observations(operation))]
    assert [each["level"] for each in queries if "level" in each] == ["0", "1"]
    assert [each["lit"] for each in queries if "lit" in each] == ["true", "false"]


def test_an_array_without_items_has_values_of_any_kind() -> None:
    free = Parameter("tags", "query", required=False, schema={"type": "array"})
    assert free.item_schema == {}
    operation = replace(LAMPS, parameters=(*LAMPS.parameters, free))
    properties = {**LAMPS.query_schema["properties"], "tags": free.schema}
    schema = {**LAMPS.query_schema, "properties": properties}
    assert check(replace(operation, query_schema=schema)).verdict() is Verdict.CONFORMS
