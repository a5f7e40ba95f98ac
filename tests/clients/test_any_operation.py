"""Clients of operations of every kind: a careful one keeps every promise, faults are found."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from importlib import import_module
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from clients.plain import ApiError
from clients.universal import Pairs, Universal

from docpact import load
from docpact.capture.openapi import capture_operation, find_operation
from docpact.cases.page_facts import find_first_page
from docpact.cases.parts import list_forms
from docpact.catalogue import load_files
from docpact.client_gate import Client, PythonCaller, gate, member, promises, rule, secrecy
from docpact.client_gate.call import Call, Raised, Read, Received, Scenario
from docpact.client_gate.failures import FAILURES
from docpact.client_gate.fidelity import FIDELITY
from docpact.client_gate.listing import onward_parameter, sample_usual, walk
from docpact.client_gate.odd import LONG_TEXT, list_odd_values, list_values_with
from docpact.client_gate.paging import PAGING
from docpact.client_gate.reading import Difference, compare_read
from docpact.client_gate.requests import REQUESTS
from docpact.client_gate.retries import refusal
from docpact.client_gate.rule import Evidence
from docpact.client_gate.tolerance import TOLERANCE, mistyped_scenarios
from docpact.credentials import HttpScheme, kind_of
from docpact.errors import UsageError
from docpact.media_types import FORM, MULTIPART
from docpact.model import Credential, Operation, Outcome, RequestBody, Run, Verdict
from docpact.reports.gate_report import render
from docpact.reports.view import View

LAMP: dict[str, Any] = {
    "type": "object",
    "required": ["id", "room", "on"],
    "properties": {
        "id": {"type": "integer"},
        "room": {"type": "string"},
        "on": {"type": "boolean"},
        "since": {"type": "string", "format": "date-time"},
        "colors": {"type": "array", "items": {"type": "string"}},
        "level": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
NAMED_LAMP = {**LAMP, "properties": {**LAMP["properties"], "id": {"type": "string"}}}
NAMED_LAMPS = {"type": "array", "items": NAMED_LAMP}
BRIGHT_LAMP = {**LAMP, "properties": {**LAMP["properties"], "level": {"type": "number"}}}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 50}}
ROOM = {"name": "room", "in": "query", "schema": {"type": "string"}}
LAMPS = {"type": "array", "items": LAMP}
SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Lamp-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "lamp_key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "lamp"},
}


def lamps(
    request: str, *parameters: Any, schema: Any = LAMP, scheme: str = "bearer", **more: Any
) -> Operation:
    """Return an operation of an API for lamps."""
    method, path = request.lower().split(" ")
    headers, schemas = more.pop("headers", {}), more.pop("schemas", {})
    kind, errors = more.pop("media_type", "application/json"), more.pop("errors", {})
    answer = {"description": "ok", "content": {kind: {"schema": schema}}}
    operation = {
        "operationId": "lamps",
        "parameters": [*parameters],
        "security": [{scheme: []}],
        "responses": {"200": {**answer, "headers": headers} if headers else answer, **errors},
        **more,
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Lamps", "version": "1"},
        "servers": [{"url": "https://lamps.example"}],
        "paths": {path: {method: operation}},
        "components": {"securitySchemes": SCHEMES, "schemas": schemas},
    }
    return load_files(dict(capture_operation(find_operation(document, "lamps", "lamps"))), "lamps")


def number(name: str, **keywords: Any) -> Any:
    """Return a parameter of the query that is an integer."""
    return {"name": name, "in": "query", "schema": {"type": "integer", **keywords}}


def held(**fields: Any) -> Any:
    """Return the schema of an object with a list of lamps."""
    return {
        "type": "object",
        "required": ["lamps", *fields],
        "properties": {"lamps": LAMPS, **fields},
    }


CODED_LAMP = {
    **LAMP,
    "properties": {**LAMP["properties"], "id": {"type": "string", "pattern": "^(red|blue)$"}},
}
TEXT = {"type": ["string", "null"]}
SHORT = {"type": ["string", "null"], "maxLength": 50}
DATED = {
    "type": "object",
    "required": ["since"],
    "properties": {"since": {"type": "string", "format": "date-time"}, "room": SHORT},
}
HOUSE = {"name": "house", "in": "path", "required": True, "schema": {"type": "string"}}
DRY = {"name": "X-Dry", "in": "header", "schema": {"type": "boolean"}}
TRACE = {"name": "X-Trace", "in": "header", "schema": {"type": "string"}}
THEME = {"name": "theme", "in": "cookie", "schema": {"type": "string"}}
BODY: dict[str, Any] = {
    "type": "object",
    "required": ["room"],
    "properties": {"room": {"type": "string"}, "level": {"type": "number"}},
}
PHOTO: Any = {"type": "string", "format": "binary", "pattern": "^[\t-~]*$"}
UPLOAD = {**BODY, "properties": {**BODY["properties"], "photo": PHOTO}}
SEARCH = {"type": "object", "properties": {"room": {"type": "string"}, "page_token": TEXT}}


SEARCH_ON = {"type": "object", "properties": {"room": {"type": "string"}, "cursor": TEXT}}
IDS = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 3}
OF = {"type": "object", "properties": {"room": {"type": "string"}, "level": {"type": "integer"}}}


ANY_VALUES = {"type": "object", "properties": {"room": {}, "more": {"additionalProperties": True}}}


def taking(schema: Any) -> Any:
    """Return a request body of JSON."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}


OPERATIONS: dict[str, Callable[[], Operation]] = {
    "offsets below a path": lambda: lamps(
        "GET /houses/{house}/lamps", HOUSE, LIMIT, ROOM, TRACE, number("offset", minimum=0),
        schema=held(total={"type": "integer"}),
    ),
    "page numbers": lambda: lamps(
        "GET /lamps", LIMIT, number("page", minimum=1, default=1),
        schema=held(total_pages={"type": "integer"}), scheme="header",
    ),
    "page numbers from 0": lambda: lamps(
        "GET /lamps", LIMIT, number("page", minimum=0), schema=held(total={"type": "integer"})
    ),
    "ids of the last item": lambda: lamps(
        "GET /lamps", LIMIT, {**ROOM, "name": "starting_after"},
        schema=held(has_more={"type": "boolean"}), scheme="query",
    ),
    "text ids of the last item": lambda: lamps(
        "GET /lamps", LIMIT, {**ROOM, "name": "starting_after"},
        schema=held(has_more={"type": "boolean"}, lamps=NAMED_LAMPS),
    ),
    "a field with the last id": lambda: lamps(
        "GET /lamps", LIMIT, {**ROOM, "name": "after"},
        schema=held(has_more={"type": "boolean"}, last_id=TEXT, lamps=NAMED_LAMPS),
    ),
    "a Link header": lambda: lamps(
        "GET /lamps", LIMIT, ROOM, schema=LAMPS, scheme="basic",
        headers={"Link": {"schema": {"type": "string"}}},
    ),
    "page numbers and a Link header": lambda: lamps(
        "GET /lamps", LIMIT, number("page", minimum=1), schema=LAMPS,
        headers={"Link": {"schema": {"type": "string"}}},
    ),
    "the URL of the next page": lambda: lamps(
        "GET /lamps", ROOM, schema=held(next={"type": ["string", "null"], "format": "uri"}),
        scheme="query",
    ),
    "few ids": lambda: lamps(
        "GET /lamps", LIMIT, number("page", minimum=1, default=1),
        schema={"type": "array", "items": CODED_LAMP},
    ),
    "no paging": lambda: lamps(
        "GET /lamps", ROOM, TRACE, number("floor"), schema=LAMPS, scheme="cookie"
    ),
    "required parameters": lambda: lamps(
        "GET /lamps", {**ROOM, "required": True}, {**TRACE, "required": True}, schema=LAMPS
    ),
    "one resource": lambda: lamps("GET /houses/{house}", HOUSE),
    "a dated resource": lambda: lamps("GET /lamp", schema=DATED),
    "a search by POST": lambda: lamps(
        "POST /lamps/search", schema=held(next_page_token=TEXT), requestBody=taking(SEARCH)
    ),
    "a search by POST with one name for its tokens": lambda: lamps(
        "POST /lamps/search", schema=held(cursor=TEXT), requestBody=taking(SEARCH_ON)
    ),
    "styles": lambda: lamps(
        "GET /lamps", {"name": "ids", "in": "query", "explode": False, "schema": IDS},
        {"name": "of", "in": "query", "style": "deepObject", "schema": OF}, schema=LAMPS,
    ),
    "numbers": lambda: lamps(
        "GET /lamps", {"name": "level", "in": "query", "schema": {"type": "number"}}, schema=LAMPS
    ),
    "a form": lambda: lamps(
        "POST /lamps", requestBody={"required": True, "content": {FORM: {"schema": BODY}}}
    ),
    "a write": lambda: lamps("POST /lamps", DRY, requestBody=taking(BODY)),
    "a body that is a list": lambda: lamps(
        "POST /lamps/batch", requestBody=taking({"type": "array", "items": BODY})
    ),
    "any media type": lambda: lamps("GET /lamp", media_type="*/*"),
    "any values": lambda: lamps("POST /lamps", requestBody=taking(ANY_VALUES)),
    "an upload": lambda: lamps(
        "POST /lamps", requestBody={"required": True, "content": {MULTIPART: {"schema": UPLOAD}}}
    ),
    "no body": lambda: lamps(
        "DELETE /lamps/{house}", HOUSE, scheme="header", responses={"204": {"description": ""}}
    ),
    "a download": lambda: lamps(
        "GET /lamps/{house}", HOUSE, media_type="image/*",
        schema={"type": "string", "format": "binary"},
    ),
    "cookies": lambda: lamps("GET /lamp", {**THEME, "required": True}, {**THEME, "name": "lang"}),
}  # fmt: skip


def run(operation: Operation, client: type[Universal], only: Collection[str] = ()) -> Run:
    """Return the gate of a client."""

    def build(base_url: str, key: str) -> Universal:
        return client(operation, base_url, key)

    def ask(opened: Universal, query: Mapping[str, Any]) -> Any:
        return opened.call(query)

    caller = PythonCaller("", operation, build, ask, member, member, (ApiError,))
    return gate(operation, Client("", (caller,)), only=only, patience=20).run


def broken(operation: Operation, client: type[Universal]) -> dict[str, str]:
    """Return the promises that a client breaks, and how."""
    done = run(operation, client)
    assert sum(each.outcome is Outcome.KEPT for each in done.results) > 60
    return {str(each.promise): each.observed for each in done.findings}


@pytest.mark.slow
@pytest.mark.parametrize("kind", OPERATIONS)
def test_a_careful_client_keeps_every_promise(kind: str) -> None:
    assert broken(OPERATIONS[kind](), Universal) == {}


@pytest.mark.slow
def test_a_client_may_send_a_form_as_browsers_do() -> None:
    assert broken(OPERATIONS["an upload"](), EndsLines) == {}


def test_a_client_may_find_the_end_of_a_list_by_itself() -> None:
    assert broken(OPERATIONS["ids of the last item"](), GoesOn) == {}


class ChangesBodies(Universal):
    """Changes every object of a body before it is read."""

    def read(self, response: httpx.Response) -> Any:
        try:
            body = json.loads(response.content, object_hook=self.change)
        except ValueError:
            return super().read(response)
        return super().read(httpx.Response(response.status_code, json=body))

    def change(self, lamp: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


class ReadsNullAsAbsent(ChangesBodies):
    """Drops optional fields that are null, whether that is documented or not."""

    def change(self, lamp: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in lamp.items() if value is not None}


class ReadsAnyTruth(ChangesBodies):
    """Reads any value as a boolean."""

    def change(self, lamp: dict[str, Any]) -> dict[str, Any]:
        return {**lamp, "on": bool(lamp["on"])} if isinstance(lamp.get("on"), str) else lamp


class ReadsDoubles(ChangesBodies):
    """Reads numbers as doubles, and refuses integers with an exponent."""

    def change(self, lamp: dict[str, Any]) -> dict[str, Any]:
        if isinstance(lamp.get("id"), float):
            raise ApiError("the id is a float")
        level = lamp.get("level")
        return {**lamp, "level": float(level)} if type(level) is int else lamp


@pytest.mark.slow
@pytest.mark.parametrize(
    ("client", "schema"), [(ReadsNullAsAbsent, LAMP), (ReadsDoubles, BRIGHT_LAMP)]
)
def test_a_client_may_read_a_value_in_its_own_way(client: type[Universal], schema: Any) -> None:
    assert broken(lamps("GET /lamp", schema=schema), client) == {}


class ReadsLastIds(Universal):
    """Takes the id of the last lamp for the token of the next page."""

    def following(self, response: Any, body: Any, items: Any, text: Any, got: int) -> str | None:
        return str(items[-1]["id"]) if body["has_more"] else None


@pytest.mark.slow
def test_a_client_may_read_the_last_id_itself() -> None:
    assert broken(OPERATIONS["a field with the last id"](), ReadsLastIds) == {}


class SendsForms(Universal):
    """Sends every body as a form."""

    def write_body(self, body: Any) -> tuple[str, bytes]:
        return FORM, urlencode(body).encode()


@pytest.mark.slow
def test_a_client_may_choose_another_documented_media_type() -> None:
    kinds = {kind: {"schema": BODY} for kind in ("application/json", FORM)}
    body = {"required": True, "content": kinds}
    assert broken(lamps("POST /lamps", requestBody=body), SendsForms) == {}


class ReadsProblems(Universal):
    """Takes one media type, and reads the documented body of a refusal."""

    def attempt(self, request: httpx.Request) -> httpx.Response:
        request.headers["Accept"] = "application/vnd.lamps+json"
        return super().attempt(request)

    def refuse(self, response: httpx.Response) -> None:
        if response.status_code == 422 and response.headers["Content-Type"] == PROBLEM:
            raise ApiError(response.json()["causes"][0]["text"], response.status_code)
        super().refuse(response)

    def read(self, response: httpx.Response) -> Any:
        if not response.headers["Content-Type"].lower().startswith("application/vnd.lamps+json"):
            raise ApiError("not lamps")
        return super().read(response)


class OwnIds(Universal):
    """Names itself, and gives every request an id."""

    def send(self, url: str, query: Mapping[str, Any]) -> httpx.Response:
        own = {"User-Agent": "lamps/1", "Idempotency-Key": "1", "X-Request-ID": "2"}
        return super().send(url, {**own, **{n: v for n, v in query.items() if v is not None}})


PROBLEM = "application/problem+json"


@pytest.mark.slow
def test_a_client_gets_the_documented_media_types_and_refusals() -> None:
    cause = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
    causes = {"type": "array", "minItems": 1, "items": cause}
    body = {"type": "object", "required": ["causes"], "properties": {"causes": causes}}
    errors = {"422": {"description": "no", "content": {PROBLEM: {"schema": body}}}}
    operation = lamps("GET /lamp", media_type="application/vnd.lamps+json", errors=errors)
    assert broken(operation, ReadsProblems) == {}


@pytest.mark.slow
def test_a_client_may_send_headers_about_itself() -> None:
    headers = [{**TRACE, "name": n} for n in ("User-Agent", "Idempotency-Key", "X-Request-ID")]
    assert broken(lamps("GET /lamp", *headers), OwnIds) == {}


class OwnStart(Universal):
    """Begins with the first page, whatever page the caller selects."""

    def walk(self, query: Mapping[str, Any]) -> Iterator[Any]:
        return super().walk({**query, "page": None, "offset": None})


class LosesEmptyMaps(ChangesBodies):
    """Drops the labels of a lamp that has none."""

    def change(self, lamp: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in lamp.items() if value != {}}


class LosesEmptyTexts(ChangesBodies):
    """Reads an empty text as none."""

    def change(self, lamp: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in lamp.items() if value != ""}


class ReadsAnyBytes(Universal):
    """Replaces bytes that are not UTF-8, but refuses a moment with one."""

    def read(self, response: httpx.Response) -> Any:
        content = response.content.decode(errors="replace").encode()
        body = super().read(httpx.Response(response.status_code, content=content))
        if "\ufffd" in body["since"]:
            raise ApiError(body["since"])
        return body


class ReadsNumbersAsDoubles(ChangesBodies):
    """Reads every number as a double, as JavaScript does."""

    def change(self, lamp: dict[str, Any]) -> dict[str, Any]:
        return {n: int(float(v)) if type(v) is int else v for n, v in lamp.items()}


@pytest.mark.slow
def test_a_value_that_is_misread_is_one_finding() -> None:
    fields = {**LAMP["properties"], "id": {"type": "integer", "format": "int64"}}
    operation = lamps("GET /lamp", schema={**LAMP, "properties": fields})
    assert [*broken(operation, ReadsNumbersAsDoubles)] == ["client.fidelity /id"]


class NeedsShade(Universal):
    """Fails with every full lamp, and with every lamp of a list."""

    def read(self, response: httpx.Response) -> Any:
        body = super().read(response)
        if isinstance(body, list) or "labels" in body:
            raise KeyError("shade")
        return body


@pytest.mark.slow
@pytest.mark.parametrize("schema", [LAMP, LAMPS], ids=["one", "list"])
def test_a_failure_of_every_plain_call_is_one_finding(schema: Any) -> None:
    observed = broken(lamps("GET /lamp", ROOM, schema=schema), NeedsShade)
    assert [*observed] == ["client.fidelity"]
    assert observed["client.fidelity"].startswith("KeyError: 'shade'")


@pytest.mark.slow
def test_a_field_that_the_caller_never_got_is_not_tested() -> None:
    results = run(lamps("GET /lamps", schema=LAMPS), NeedsShade).results
    fidelity = [each for each in results if each.promise.rule == "client.fidelity"]
    outcomes = {each.promise.location: each.outcome for each in fidelity}
    assert outcomes.pop("") is Outcome.BROKEN
    assert {*outcomes.values()} == {Outcome.NOT_TESTED}


def test_no_page_size_is_longer_than_a_double_holds() -> None:
    operation = lamps("GET /lamps", number("limit"), number("since"), schema=held())
    asked = [q.query for q in REQUESTS.scenarios(operation)]
    assert max(each["limit"] for each in asked if each.get("limit") is not None) <= 2**53
    assert max(each["since"] for each in asked if each.get("since") is not None) > 2**53


class Shouts(ChangesBodies):
    """Reads the room in upper case."""

    def change(self, lamp: dict[str, Any]) -> dict[str, Any]:
        room = lamp.get("room")
        return {**lamp, "room": room.upper()} if isinstance(room, str) else lamp


@pytest.mark.slow
def test_a_value_that_is_always_misread_is_one_finding() -> None:
    assert [*broken(lamps("GET /lamp", schema=DATED), Shouts)] == ["client.fidelity /room"]


class ParsesTimes(Universal):
    """Reads every text of a name that ends with `At` or `Day` as a time, or as a date."""

    def read(self, response: httpx.Response) -> Any:
        body = super().read(response)
        for name, value in body.items():
            kind = datetime if name.endswith("At") else date if name.endswith("Day") else None
            if kind is not None and value is not None:
                kind.fromisoformat(value)
        return body


class ParsesRooms(Universal):
    """Fails with every lamp."""

    def read(self, response: httpx.Response) -> Any:
        raise ValueError(super().read(response)["room"])


@pytest.mark.parametrize(("client", "is_guessed"), [(ParsesTimes, True), (ParsesRooms, False)])
def test_a_client_that_reads_only_times_gets_times(
    client: type[Universal], is_guessed: bool
) -> None:
    text = {"type": "string"}
    fields = {"room": text, "madeAt": text, "soldDay": TEXT, "wonAt": {"anyOf": [text, TEXT]}}
    schema = {"type": "object", "required": [*fields], "properties": fields}
    extra, listed = "client.undocumented_field", "client.fidelity"
    done = run(lamps("GET /lamp", schema=schema), client, [extra, listed])
    assert [str(each.promise) for each in done.findings] == [listed]
    (tested,) = [each for each in done.results if str(each.promise) == extra]
    assert (tested.outcome is Outcome.KEPT) is is_guessed
    remark = "a plain call fails, but not with times at /madeAt, /soldDay, /wonAt: "
    assert [each.startswith(remark) for each in done.remarks] == [True] * is_guessed


class SpreadsLabels(ChangesBodies):
    """Writes the labels of a lamp over its fields."""

    def change(self, lamp: dict[str, Any]) -> dict[str, Any]:
        labels = lamp.get("labels")
        return {**lamp, **labels, "labels": labels} if isinstance(labels, dict) else lamp


class LowersNames(ChangesBodies):
    """Writes the names of labels in lower case."""

    def change(self, lamp: dict[str, Any]) -> dict[str, Any]:
        return {name.lower(): value for name, value in lamp.items()}


class SwapsSides(ChangesBodies):
    """Takes the width for the height, and the height for the width."""

    def change(self, lamp: dict[str, Any]) -> dict[str, Any]:
        other = {"width": "height", "height": "width"}
        return {other.get(name, name): value for name, value in lamp.items()}


@pytest.mark.slow
def test_two_fields_of_one_type_have_different_values() -> None:
    sides = {"width": {"type": "integer"}, "height": {"type": "integer"}}
    size = {"type": "object", "required": [*sides], "properties": sides}
    schema = {"type": "object", "required": ["size"], "properties": {"size": size}}
    done = run(lamps("GET /lamp", schema=schema), SwapsSides, ["client.fidelity /size/width"])
    assert [str(each.promise) for each in done.findings] == ["client.fidelity /size/width"]


class RoundsSent(Universal):
    """Rounds the numbers of a request body."""

    def send(self, url: str, query: Mapping[str, Any]) -> httpx.Response:
        body = {n: round(v, 2) if isinstance(v, float) else v for n, v in query["body"].items()}
        return super().send(url, {**query, "body": body})


class RoundsQuery(Universal):
    """Rounds the numbers of a query."""

    def write(self, pairs: Pairs) -> str:
        return super().write([(n, f"{float(v):.2f}" if "." in v else v) for n, v in pairs])


class KeepsHeaders(Universal):
    """Sends the headers of earlier calls again."""

    def send(self, url: str, query: Mapping[str, Any]) -> httpx.Response:
        self.__dict__.setdefault("kept", {}).update(query)
        return super().send(url, {**self.__dict__["kept"], **query})


class DropsZero(Universal):
    """Sends no parameter that is zero."""

    def write(self, pairs: Pairs) -> str:
        return super().write([pair for pair in pairs if pair[1] != "0"])


class ReturnsOnce(Universal):
    """Returns no lamp again that an earlier call returned."""

    def walk(self, query: Mapping[str, Any]) -> Iterator[Any]:
        seen = self.__dict__.setdefault("seen", set())
        for lamp in super().walk(query):
            if lamp["id"] not in seen:
                seen.add(lamp["id"])
                yield lamp


class StepsByPage(Universal):
    """Adds the number of the page instead of its length."""

    def onward(self, url: str, query: Mapping[str, Any], text: str) -> tuple[str, Any]:
        return super().onward(url, query, str(int(text) - 1))


class FirstOnly(Universal):
    """Reads the first page only."""

    def following(self, *_: Any) -> str | None:
        return None


class OwnPage(FirstOnly):
    """Reads the first page only, whichever the caller selects."""

    def call(self, query: Mapping[str, Any]) -> Any:
        name = onward_parameter(self.operation)
        return super().call({key: value for key, value in query.items() if key != name})


class ById(Universal):
    """Keeps one item of each id."""

    def walk(self, query: Mapping[str, Any]) -> Iterator[Any]:
        yield from {self.key_of(item): item for item in super().walk(query)}.values()

    def key_of(self, item: Any) -> str:
        return str(item["id"])


class ByLowerId(ById):
    """Keeps one item of each id, whatever its case."""

    def key_of(self, item: Any) -> str:
        return super().key_of(item).lower()


class EndsWithoutMore(ChangesBodies):
    """Takes a page for the last one if it does not say whether there is more."""

    def change(self, lamp: dict[str, Any]) -> dict[str, Any]:
        return {"has_more": False, **lamp} if "lamps" in lamp else lamp


class GoesOn(ChangesBodies):
    """Requests pages until one is empty, whatever they say."""

    def change(self, lamp: dict[str, Any]) -> dict[str, Any]:
        return {**lamp, "has_more": True} if "lamps" in lamp else lamp


class WaitsOneSecond(Universal):
    """Waits for a second before each retry."""

    def wait(self, stated: str) -> None:
        super().wait("1")


class FirstLink(Universal):
    """Goes on to the first link, whatever its relation is."""

    def following(self, response: httpx.Response, *_: Any) -> str | None:
        links = [each["url"] for each in response.links.values()]
        return str(response.url.join(links[0])) if links else None


class NamedLink(Universal):
    """Knows only a header that is written Link."""

    def following(self, response: httpx.Response, *more: Any) -> str | None:
        is_known = b"Link" in dict(response.headers.raw)
        return super().following(response, *more) if is_known else None


class AsWritten(Universal):
    """Takes the URL of the next page as it is written."""

    def following(self, response: httpx.Response, *_: Any) -> str | None:
        return response.links.get("next", {}).get("url")


class SplitsLinks(Universal):
    """Takes each text between two commas for a link."""

    def following(self, response: httpx.Response, *_: Any) -> str | None:
        links = response.headers.get("Link", "").split(",")
        urls = [each.partition("<")[2].partition(">")[0] for each in links if "next" in each]
        return str(response.url.join(urls[0])) if urls else None


class KnowsShades(ChangesBodies):
    """Fails with a lamp whose shade is of a new kind."""

    def change(self, lamp: dict[str, Any]) -> dict[str, Any]:
        if isinstance(kind := lamp.get("kind", "flat"), str):
            {"round": 1, "flat": 2}[kind]
        return lamp


class ReadsShadesAsRound(ChangesBodies):
    """Reads a shade of a new kind as a round one."""

    def change(self, lamp: dict[str, Any]) -> dict[str, Any]:
        kind = lamp.get("kind")
        is_new = isinstance(kind, str) and kind not in ("round", "flat")
        return {**lamp, "kind": "round"} if is_new else lamp


def of_shade(kind: str, **fields: Any) -> Any:
    named = {"kind": {"const": kind}, **fields}
    return {"type": "object", "required": [*named], "properties": named}


@pytest.mark.slow
@pytest.mark.parametrize("client", [Universal, KnowsShades, ReadsShadesAsRound])
def test_a_new_member_of_a_union_hides_no_item(client: type[Universal]) -> None:
    shades = [
        of_shade("round", radius={"type": "number"}),
        of_shade("flat", wide={"type": "integer"}),
    ]
    shown = {"type": "object", "properties": {**LAMP["properties"], "shade": {"oneOf": shades}}}
    named = [] if client is Universal else ["client.unknown_value /shade/kind"]
    assert [*broken(lamps("GET /lamp", schema=shown), client)] == named


class LargestId(Universal):
    """Asks for the items after the largest id."""

    def following(self, response: Any, body: Any, items: Any, text: Any, got: int) -> str | None:
        ordered = sorted(items, key=lambda lamp: int(lamp["id"]))
        return super().following(response, body, ordered, text, got)


class EndsShort(Universal):
    """Takes a page for the last one if it is shorter than the first."""

    def following(self, response: Any, body: Any, items: Any, text: Any, got: int) -> str | None:
        if len(items) < self.__dict__.setdefault("length", len(items)):
            return None
        return super().following(response, body, items, text, got)


class GuessesLength(Universal):
    """Takes a page for the last one if it is shorter than the usual page of another server."""

    def walk(self, query: Mapping[str, Any]) -> Iterator[Any]:
        self.__dict__["asked"] = query.get("limit", 20)
        return super().walk(query)

    def following(self, response: Any, body: Any, items: Any, text: Any, got: int) -> str | None:
        if len(items) < self.__dict__["asked"]:
            return None
        return super().following(response, body, items, text, got)


class NeedsItems(Universal):
    """Reads the first lamp of every page."""

    def following(self, response: Any, body: Any, items: Any, text: Any, got: int) -> str | None:
        return super().following(response, body, [items[0], *items[1:]], text, got)


class SendsTokenTwice(Universal):
    """Sends the token of a search in the query, too."""

    def onward(self, url: str, query: Mapping[str, Any], text: str) -> tuple[str, Any]:
        onward = urlencode({"page_token": text})
        return f"{url.partition('?')[0]}?{onward}", super().onward(url, query, text)[1]


class OwnPath(Universal):
    """Takes only the query of the URL of the next page."""

    def onward(self, url: str, query: Mapping[str, Any], text: str) -> tuple[str, Any]:
        return str(httpx.URL(text).copy_with(path=self.operation.path)), query


class Unescaped(Universal):
    """Does not escape a slash in the path."""

    def url(self, query: Mapping[str, Any]) -> str:
        return super().url(query).replace("%2F", "/")


class Forgetful(Universal):
    """Sends no body on later pages but the token."""

    def onward(self, url: str, query: Mapping[str, Any], text: str) -> tuple[str, Any]:
        return super().onward(url, {**query, "body": {}}, text)


class Lossy(Universal):
    """Loses a field of the request body."""

    def send(self, url: str, query: Mapping[str, Any]) -> httpx.Response:
        body = {name: value for name, value in query["body"].items() if name != "level"}
        return super().send(url, {**query, "body": body})


class Repeats(Universal):
    """Sends every request again that failed."""

    def attempt(self, request: httpx.Request) -> httpx.Response:
        try:
            return super().attempt(request)
        except ApiError:
            return super().attempt(request)


class NoHeader(Universal):
    """Sends no parameter in a header."""

    def send(self, url: str, query: Mapping[str, Any]) -> httpx.Response:
        return super().send(url, {**query, "X-Trace": None})


class HeaderOnce(Universal):
    """Sends a parameter in a header for the first page only."""

    def onward(self, url: str, query: Mapping[str, Any], text: str) -> tuple[str, Any]:
        return super().onward(url, {**query, "X-Trace": None}, text)


class OwnTrace(Universal):
    """Sends the header of the first request with every request."""

    def send(self, url: str, query: Mapping[str, Any]) -> httpx.Response:
        trace = self.__dict__.setdefault("trace", query["X-Trace"])
        return super().send(url, {**query, "X-Trace": trace})


class DropsFalse(Universal):
    """Sends no header that is false."""

    def send(self, url: str, query: Mapping[str, Any]) -> httpx.Response:
        return super().send(url, {**query, "X-Dry": query.get("X-Dry") or None})


class OwnUrl(Universal):
    """Sends every request to the path of the first one."""

    def url(self, query: Mapping[str, Any]) -> str:
        return str(self.__dict__.setdefault("first", super().url(query)))


class Splits(Universal):
    """Sends every value of an array by itself."""

    def write(self, pairs: Pairs) -> str:
        return urlencode(pairs)


class SendsJson(Universal):
    """Sends every body as JSON."""

    def write_body(self, body: Any) -> tuple[str, bytes]:
        return "application/json", json.dumps(body).encode()


class EndsLines(Universal):
    """Sends the line ends that the HTML standard wants, but not in files."""

    is_thorough = False

    def write_body(self, body: Any) -> tuple[str, bytes]:
        texts = {
            name: "\r\n".join(re.split("\r\n|\r|\n", text))
            for name, text in body.items()
            if isinstance(text, str) and (self.is_thorough or name != "photo")
        }
        return super().write_body({**body, **texts})


class EndsLinesInFiles(EndsLines):
    """Changes the line ends of files, too."""

    is_thorough = True


class SendsPatches(Universal):
    """Sends every body as a merge patch."""

    def write_body(self, body: Any) -> tuple[str, bytes]:
        return "application/merge-patch+json", super().write_body(body)[1]


class SendsKeyAnywhere(Universal):
    """Sends the key to every host."""

    def is_own(self, url: str) -> bool:
        return True


class LowersCookies(Universal):
    """Sends every cookie in lower case."""

    def send(self, url: str, query: Mapping[str, Any]) -> httpx.Response:
        return super().send(url, {"theme": query["theme"].lower()})


class StripsIds(Universal):
    """Strips the spaces of the id that selects the next page."""

    def onward(self, url: str, query: Mapping[str, Any], text: str) -> tuple[str, Any]:
        return super().onward(url, query, text.strip())


class NeverMisses(Universal):
    """Raises no error if a thing does not exist."""

    def refuse(self, response: httpx.Response) -> None:
        if response.status_code != 404:
            super().refuse(response)


class NeedsBody(Universal):
    """Reads a body of JSON in every response."""

    def read(self, response: httpx.Response) -> Any:
        return json.loads(response.content)


class OtherPlace(Universal):
    """Sends every key as a bearer token."""

    def attempt(self, request: httpx.Request) -> httpx.Response:
        request.headers["Authorization"] = f"Bearer {self.key}"
        return super().attempt(request)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "client", "promise"),
    [
        ("offsets below a path", StepsByPage, "client.walk /lamps"),
        ("offsets below a path", FirstOnly, "client.walk /lamps"),
        ("offsets below a path", Unescaped, "client.request request"),
        ("page numbers", StepsByPage, "client.walk /lamps"),
        ("page numbers", OwnStart, "client.walk /lamps"),
        ("offsets below a path", OwnStart, "client.walk /lamps"),
        ("offsets below a path", HeaderOnce, "client.query header/X-Trace"),
        ("one resource", OwnUrl, "client.query path/house"),
        ("one resource", ReadsAnyTruth, "client.mistyped /on"),
        ("one resource", LosesEmptyMaps, "client.fidelity /labels"),
        ("a dated resource", LosesEmptyTexts, "client.fidelity /room"),
        ("a dated resource", ReadsAnyBytes, "client.body body/encoding"),
        ("one resource", SpreadsLabels, "client.fidelity "),
        ("one resource", LowersNames, "client.fidelity /labels/*"),
        ("no paging", DropsZero, "client.query query/floor"),
        ("no paging", ReturnsOnce, "client.again"),
        ("a write", RoundsSent, "client.request_body body"),
        ("page numbers", OtherPlace, "client.credential header/X-Lamp-Key"),
        ("ids of the last item", FirstOnly, "client.walk /lamps"),
        ("ids of the last item", EndsWithoutMore, "client.walk /lamps"),
        ("one resource", WaitsOneSecond, "client.retry_after status/503"),
        ("ids of the last item", OtherPlace, "client.credential query/lamp_key"),
        ("ids of the last item", LargestId, "client.walk /lamps"),
        ("ids of the last item", EndsShort, "client.walk /lamps"),
        ("offsets below a path", GuessesLength, "client.walk /lamps"),
        ("page numbers from 0", GuessesLength, "client.walk /lamps"),
        ("page numbers and a Link header", EndsShort, "client.walk "),
        ("a Link header", NeedsItems, "client.walk "),
        ("no paging", NeedsItems, "client.walk "),
        ("a search by POST", SendsTokenTwice, "client.undocumented request"),
        ("a Link header", FirstOnly, "client.walk "),
        ("a Link header", FirstLink, "client.walk "),
        ("a Link header", AsWritten, "client.walk "),
        ("a Link header", NamedLink, "client.walk "),
        ("a Link header", SplitsLinks, "client.walk "),
        ("a Link header", OwnPath, "client.base_path request"),
        ("a Link header", OtherPlace, "client.credential header/Authorization"),
        ("the URL of the next page", FirstOnly, "client.walk /lamps"),
        ("no paging", NoHeader, "client.query header/X-Trace"),
        ("no paging", OtherPlace, "client.credential cookie/lamp"),
        ("required parameters", NoHeader, "client.query header/X-Trace"),
        ("required parameters", OwnTrace, "client.query header/X-Trace"),
        ("a write", DropsFalse, "client.query header/X-Dry"),
        ("no paging", KeepsHeaders, "client.again "),
        ("numbers", RoundsQuery, "client.query query/level"),
        ("styles", Splits, "client.query query/ids"),
        ("a form", SendsJson, "client.request_body body"),
        ("one resource", Unescaped, "client.request request"),
        ("a search by POST", FirstOnly, "client.walk /lamps"),
        ("a search by POST", Forgetful, "client.request_body body"),
        ("a search by POST with one name for its tokens", FirstOnly, "client.walk /lamps"),
        ("a write", Lossy, "client.request_body body"),
        ("a write", Repeats, "client.repeated_write request"),
        ("a write", SendsPatches, "client.request_body body"),
        ("an upload", EndsLinesInFiles, "client.request_body body"),
        ("no body", Unescaped, "client.request request"),
        ("no body", OwnUrl, "client.query path/house"),
        ("no body", NeverMisses, "client.status status/404"),
        ("no body", NeedsBody, "client.fidelity"),
        ("a download", OwnUrl, "client.query path/house"),
        ("a download", NeverMisses, "client.status status/404"),
        ("a download", NeedsBody, "client.fidelity"),
        ("the URL of the next page", SendsKeyAnywhere, "client.redirect next page"),
        ("a Link header", SendsKeyAnywhere, "client.redirect next page"),
        ("cookies", LowersCookies, "client.query cookie/theme"),
        ("text ids of the last item", StripsIds, "client.walk /lamps"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_fault_is_found(kind: str, client: type[Universal], promise: str) -> None:
    assert promise.strip() in {name.strip() for name in broken(OPERATIONS[kind](), client)}


@pytest.mark.slow
@pytest.mark.parametrize("client", [FirstOnly, OwnPage])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("page numbers", "page"),
        ("offsets below a path", "offset"),
        ("text ids of the last item", "starting_after"),
    ],
)
def test_a_client_that_reads_one_page_reads_the_one_that_the_caller_selects(
    kind: str, name: str, client: type[Universal]
) -> None:
    promise = f"client.query query/{name}"
    done = run(OPERATIONS[kind](), client, [promise])
    assert [each.outcome for each in done.results] == [
        Outcome.BROKEN if client is OwnPage else Outcome.KEPT
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("identifier", "client", "is_kept"),
    [
        ({"type": "string"}, ById, True),
        ({"type": "string"}, ByLowerId, False),
        ({"type": "string", "minLength": 1, "maxLength": 36}, ByLowerId, False),
        ({"type": "string", "format": "uuid"}, ByLowerId, True),
        ({"type": "integer"}, ByLowerId, True),
    ],
)
def test_ids_that_may_be_any_text_are_sent_in_another_case(
    identifier: Any, client: type[Universal], is_kept: bool
) -> None:
    lamp = {**LAMP, "properties": {**LAMP["properties"], "id": identifier}}
    schema = held(lamps={"type": "array", "items": lamp})
    (result,) = run(lamps("GET /lamps", schema=schema), client, ["client.fidelity /lamps"]).results
    assert (result.outcome is Outcome.KEPT) == is_kept, result


def test_walks_have_every_parameter_but_those_that_choose_a_page() -> None:
    before = {**ROOM, "name": "ending_before"}
    after = {**ROOM, "name": "starting_after"}
    body = held(has_more={"type": "boolean"})
    operation = lamps("GET /lamps", LIMIT, ROOM, TRACE, before, after, schema=body)
    queries = [each.query for each in PAGING.scenarios(operation)]
    assert {name for query in queries for name in query} >= {"limit", "room", "X-Trace"}
    assert not any("ending_before" in query for query in queries)


def test_parameters_may_have_any_name() -> None:
    names = ("label", "rule", "operation", "chunks")
    parameters = ({**ROOM, "name": each} for each in names)
    token = {"in": "query", "name": "page_token", "schema": {"type": "string"}}
    operation = lamps("GET /lamps", LIMIT, token, *parameters, schema=held(next_page_token=TEXT))
    assert any({*names} <= each.query.keys() for each in PAGING.scenarios(operation))


def test_both_pages_beside_an_empty_one_have_items() -> None:
    walks = [each for each in PAGING.scenarios(load()) if each.rule == "client.empty_page"]
    sizes = {each.label: len(each.items) for each in walks}
    assert sizes["an empty page in the middle"] == 2 * sizes["an empty first page"] > 0


def test_every_last_page_of_a_walk_has_the_number_of_the_last_page() -> None:
    pages = {"page": {"type": "integer"}, "total_pages": {"type": "integer"}}
    schema = held(**pages, next_page_token={"type": ["string", "null"]})
    token = {"in": "query", "name": "page_token", "schema": {"type": "string"}}
    scenarios = [*PAGING.scenarios(lamps("GET /lamps", LIMIT, token, schema=schema))]
    (walked,) = (each for each in scenarios if each.label == "null as the last token")
    bodies = [json.loads(each.body) for (each,) in walked.answers.values()]
    assert [(each["page"], each["total_pages"]) for each in bodies] == [(1, 2), (2, 2)]


def test_a_server_without_a_response_sends_nothing() -> None:
    silent = [each for each in FAILURES.scenarios(load()) if each.rule == "client.timeout"]
    answers = [[*each.answers.values()][-1][0] for each in silent]
    assert {answer.cut is None for answer in answers} == {True, False}
    assert all(answer.silent for answer in answers)


@pytest.mark.parametrize(
    ("keywords", "most"),
    [({}, 2**53 + 1), ({"format": "int32"}, 2**31 - 1), ({"maximum": 900}, 900)],
)
def test_a_total_is_within_its_documented_bounds(keywords: Any, most: int) -> None:
    schema = held(total={"type": "integer", **keywords}, next_page_token=TEXT)
    operation = lamps("POST /lamps/search", schema=schema, requestBody=taking(SEARCH))
    assert max(s.fields["total"] for s in FIDELITY.scenarios(operation) if s.fields) == most


def test_a_documented_body_in_an_array_is_none() -> None:
    (inside, *_) = [s for s in FAILURES.scenarios(lamps("GET /lamp")) if "in an array" in s.label]
    (answer,) = inside.answers[None]
    assert isinstance(json.loads(answer.body)[0], dict)


@pytest.mark.parametrize(
    ("keywords", "first"), [({}, 1), ({"minimum": 0}, 0), ({"default": 0}, 0), ({"default": 1}, 1)]
)
def test_the_first_page_has_the_documented_number(keywords: Any, first: int) -> None:
    operation = lamps("GET /lamps", LIMIT, number("page", **keywords), schema=LAMPS)
    assert find_first_page(operation) == first


def test_an_operation_without_json_is_refused_in_one_line() -> None:
    operation = lamps("GET /lamps", schema={"type": "string"})
    with pytest.raises(UsageError, match="lamps cannot be gated: its responses are text/csv"):
        gate(replace(operation, content_type="text/csv"), Client("", ()))


def test_a_client_gets_odd_texts() -> None:
    scenarios = [*FIDELITY.scenarios(OPERATIONS["no paging"]())]
    items = [item for each in scenarios for item in each.items]
    texts = {str(item.get("room")) for item in items}
    assert {"007", "null", " spaces around "} <= texts
    assert any(text.startswith("#") and "?" in text and text.endswith("/") for text in texts)
    assert any(item.get("since", "").startswith("1901-") for item in items)


def test_a_client_gets_odd_texts_in_the_members_of_a_union() -> None:
    shade = {"oneOf": [held_text("maker"), held_text("name")]}
    schema = {"type": "object", "properties": {"shade": shade}}
    operation = lamps("GET /lamp", schema=schema)
    bodies = [item for each in FIDELITY.scenarios(operation) for item in each.items]
    shades = [body["shade"] for body in bodies if isinstance(body.get("shade"), dict)]
    for name in ("maker", "name"):
        texts = [shade.get(name) for shade in shades]
        assert all(odd in texts for odd in ("007", "null"))
    names = {str(promise) for promise in promises(operation)}
    assert {f"client.{rule} /shade/name" for rule in ("fidelity", "mistyped")} <= names


def test_a_recursive_schema_has_scenarios_and_deep_values_are_judged() -> None:
    node = {"$ref": "#/components/schemas/Node"}
    fields = {"name": {"type": "string"}, "parts": {"type": "array", "items": node}}
    schema = {"type": "object", "required": ["name"], "properties": fields}
    operation = lamps("GET /lamp", schema=node, schemas={"Node": schema})
    assert any(each.items for each in FIDELITY.scenarios(operation))
    deep = {"name": "a", "parts": [{"name": "b", "parts": [{"name": "c"}]}]}
    read = {"name": "a", "parts": [{"name": "b", "parts": [{"name": "d"}]}]}
    call = Call(Scenario("client.fidelity", "", "", {}, items=(deep,)), "", Read((read,)), (), "")
    tested = FIDELITY.rules[0].judge(Evidence(operation, (), (call,)))
    ((_, observed),) = [problem for each in tested for problem in each.problems]
    assert observed.endswith('/name: "c" was sent, "d" read')


def test_a_place_that_no_item_has_is_not_tested() -> None:
    operation = lamps("GET /lamp")
    sent = {"id": 1, "room": "a", "on": True, "labels": {"x": "y"}}
    call = Call(Scenario("client.fidelity", "", "", {}, items=(sent,)), "", Read((sent,)), (), "")
    call = replace(call, received=(Received("GET", "/lamp", "", (), b"", 0.0),))
    tested = FIDELITY.rules[0].judge(Evidence(operation, (), (call,)))
    found = {each.promise.location for each in tested if each.calls}
    assert found == {"", "/id", "/room", "/on", "/labels", "/labels/*"}


@pytest.mark.parametrize(
    ("path", "rule"),
    [("/houses/7", "client.undocumented"), ("/houses/a/b", "client.request")],
)
def test_the_query_of_another_path_is_one_problem_with_the_path(path: str, rule: str) -> None:
    operation = OPERATIONS["one resource"]()
    query = {each.name: "7" for each in operation.path_parameters}
    received = (Received("GET", path, "size=big", (("accept", "*/*"),), b"", 0.0),)
    call = Call(Scenario("client.query", "", "", {}, query=query), "", Read(()), received, "")
    rules = [r for r in REQUESTS.rules if r.id in ("client.undocumented", "client.request")]
    evidence = Evidence(operation, (), (call,))
    assert {r.id for r in rules for each in r.judge(evidence) if each.problems} == {rule}


def test_of_a_large_body_the_parts_nearest_its_root_are_tested(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deep = {"type": "object", "properties": {"maker": held_text("name"), "on": LAMP}}
    assert len(next(list_forms(deep)).new) == 13
    monkeypatch.setattr(import_module("docpact.cases.parts"), "MOST_PARTS", 3)
    (form,) = list_forms(deep)
    assert [part.location for part in form.new] == ["", "/maker", "/on"]


def test_credentials_are_chosen_once(monkeypatch: pytest.MonkeyPatch) -> None:
    operation = replace(
        lamps("GET /lamp"), alternatives=(lamps("GET /lamp", scheme="basic").credentials,)
    )
    headers = (("authorization", "Basic dXNlcjprZXk="),)
    received = (Received("GET", "/lamp", "", headers, b"", 0.0),)
    calls = (Call(Scenario("", "", "", {}), "", Read(()), received, "user:key"),) * 50
    asked = list[Credential]()

    def count(credential: Credential) -> HttpScheme:
        asked.append(credential)
        return kind_of(credential)

    monkeypatch.setattr(secrecy, "kind_of", count)
    (tested,) = secrecy.judge_credentials(Evidence(operation, (), calls))
    assert (len(tested.calls), tested.problems) == (50, ())
    assert len(asked) < 200


def test_a_call_that_is_judged_again_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    operation = OPERATIONS["page numbers from 0"]()
    scenario = next(FIDELITY.scenarios(operation))
    call = Call(scenario, "", Read(scenario.items), (), "")
    compared = list[Scenario]()

    def count(operation: Operation, scenario: Scenario, outcome: Any) -> list[Difference]:
        compared.append(scenario)
        return compare_read(operation, scenario, outcome)

    monkeypatch.setattr(rule, "compare_read", count)
    for _ in range(3):
        tested = FIDELITY.rules[0].judge(Evidence(operation, (scenario,), (call,)))
        assert not any(each.problems for each in tested)
    assert len(compared) == 1


def test_a_total_that_is_written_as_a_float_may_be_refused() -> None:
    operation = OPERATIONS["page numbers from 0"]()
    totals = [each for each in FIDELITY.scenarios(operation) if each.fields]
    refused = Raised("ApiError", "the total is no integer", own=True)
    calls = tuple(Call(each, "", refused, (), "") for each in totals)
    tested = FIDELITY.rules[0].judge(Evidence(operation, tuple(totals), calls))
    labels = [call.scenario.label for one in tested for call, _ in one.problems]
    assert (labels, len(totals)) == (["total: 1"], 2)


def held_text(name: str) -> Any:
    return {"type": "object", "required": [name], "properties": {name: {"type": "string"}}}


@pytest.mark.parametrize("limit", ["GATE_SECONDS", "GATE_SCENARIOS"])
def test_a_gate_is_limited_and_says_so(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"name": limit, "in": "query", "schema": {"type": "string"}}
    operation = lamps("GET /lamp", asked, schema=held_text("maker"))
    module = import_module("docpact.client_gate.gate")
    monkeypatch.setattr(module, limit, 0 if limit == "GATE_SECONDS" else 3)
    caller = PythonCaller(
        "",
        operation,
        lambda base, key: Universal(operation, base, key),
        lambda client, query: client.call(query),
        member,
        member,
        (ApiError,),
    )
    done = gate(operation, Client("", (caller,)), only=[f"client.query query/{limit}"])
    text = render(done, View(done.run))
    if limit == "GATE_SECONDS":
        assert done.run.verdict() is Verdict.INCONCLUSIVE
        assert re.search(r"\d+ of \d+ calls were not made within 0 seconds", text)
    else:
        assert re.search(r"client.query query: 3 of \d+ scenarios were played", text)
        played = [each for each in done.effects if each.promise == "client.query query"]
        assert len(played) == 3


def test_the_values_of_a_map_are_tested_at_one_place() -> None:
    shade = {"enum": ["light", "dark"]}
    fields = {"shade": shade, "size": {"type": "integer", "maximum": 9}}
    inner = {"type": "object", "required": ["shade", "size"], "properties": fields}
    lamp = {"type": "object", "properties": {"parts": {"additionalProperties": inner}}}
    operation = lamps("GET /lamp", schema=lamp)
    played = [*TOLERANCE.scenarios(operation), *mistyped_scenarios(operation)]
    found = {(e.rule, e.location) for e in played if e.location.endswith(("/shade", "/size"))}
    rules = {"client.mistyped": [*fields], "client.unknown_value": ["shade"]}
    rules |= {"client.out_of_bounds": ["size"]}
    assert found == {(rule, f"/parts/*/{name}") for rule in rules for name in rules[rule]}
    scenario = next(each for each in played if each.rule == "client.unknown_value")
    (item,) = scenario.items
    known = {name: {**each, "shade": "dark"} for name, each in item["parts"].items()}
    for parts, is_kept in ((item["parts"], True), (known, False)):
        call = Call(scenario, "", Read(({"parts": parts},)), (), "")
        (rule,) = [each for each in TOLERANCE.rules if each.id == "client.unknown_value"]
        tested = [*rule.judge(Evidence(operation, (scenario,), (call,)))]
        problems = [text for each in tested for _, text in each.problems]
        assert (problems == []) is is_kept
        assert ('"dark" read' in problems) is not is_kept


def test_a_field_of_any_type_is_null_where_something_else_is_tested() -> None:
    fields = {"id": {"type": "integer"}, "name": {"type": "string"}, "notes": {}}
    schema = {"type": "object", "required": [*fields], "properties": fields}
    operation = lamps("GET /lamps", schema={"type": "array", "items": schema})
    walked = [item for each in PAGING.scenarios(operation) for item in each.items]
    assert {item["notes"] for item in walked} == {None}
    others = [*TOLERANCE.scenarios(operation), *mistyped_scenarios(operation)]
    bodies = [json.loads(answer.body) for each in others for (answer,) in each.answers.values()]
    items = [item for body in bodies if isinstance(body, list) for item in body if item]
    assert {item.get("notes") for item in items if isinstance(item, dict)} == {None}
    assert any(item["name"] for item in walked)
    read = [item.get("notes") for each in FIDELITY.scenarios(operation) for item in each.items]
    assert any(isinstance(each, str) for each in read)


@pytest.mark.parametrize(
    ("given", "sent", "is_kept"),
    [
        ({"high": 1e-07}, "high=1e-7", True),
        ({"high": 1.5e21}, "high=1.5e%2B21", True),
        ({"high": 0.3}, "high=0.30000001", False),
        ({"high": 7}, "high=seven", False),
        ({"rooms": ["a", "b"]}, "rooms=a%2Cb", True),
        ({"rooms": ["a,b"]}, "rooms=a,b", False),
        ({"rooms": ["a", "b"]}, "rooms=b%2Ca", False),
    ],
)
def test_a_value_may_be_written_in_every_form_that_means_it(
    given: dict[str, Any], sent: str, is_kept: bool
) -> None:
    high = {"name": "high", "in": "query", "schema": {"type": "number"}}
    stated = {"type": "array", "items": {"type": "string"}}
    rooms = {"name": "rooms", "in": "query", "schema": stated, "explode": False}
    operation = lamps("GET /lamp", high, rooms)
    (query,) = [each for each in REQUESTS.rules if each.id == "client.query"]
    scenario = Scenario("client.query", "query", "", {}, query=given)
    received = Received("GET", "/lamp", sent, (), b"", 0.0)
    call = Call(scenario, "", Read(()), (received,), "")
    tested = query.judge(Evidence(operation, (scenario,), (call,)))
    assert (not any(each.problems for each in tested)) == is_kept


def test_zero_is_a_number_like_others() -> None:
    low = {"name": "low", "in": "query", "schema": {"type": "number"}}
    assert 0 in [each.query.get("low") for each in REQUESTS.scenarios(lamps("GET /lamp", low))]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
def test_a_text_that_is_given_for_bytes_may_have_any_usual_encoding(encoding: str) -> None:
    operation = replace(
        lamps("POST /lamp"),
        body_schema={"type": "string"},
        request_body=RequestBody("application/octet-stream"),
    )
    (rule,) = [each for each in REQUESTS.rules if each.id == "client.request_body"]
    scenario = Scenario("client.query", "query", "", {}, query={"body": "\u00e9"})
    headers = (("content-type", "application/octet-stream"),)
    received = Received("POST", "/lamp", "", headers, "\u00e9".encode(encoding), 0.0)
    call = Call(scenario, "", Read(()), (received,), "")
    (tested,) = rule.judge(Evidence(operation, (scenario,), (call,)))
    assert (not tested.problems) == (encoding != "utf-16")


@pytest.mark.parametrize(
    ("given", "is_kept"), [({}, True), ({"room": "hall"}, False)], ids=["empty", "filled"]
)
def test_a_form_without_fields_needs_no_media_type(given: Any, is_kept: bool) -> None:
    schema = {"type": "object", "properties": {"room": {"type": "string"}}}
    body = RequestBody(FORM, required=False)
    operation = replace(lamps("GET /lamp"), body_schema=schema, request_body=body)
    (rule,) = [each for each in REQUESTS.rules if each.id == "client.request_body"]
    scenario = Scenario("client.query", "query", "", {}, query={"body": given})
    call = Call(scenario, "", Read(()), (Received("GET", "/lamp", "", (), b"", 0.0),), "")
    (tested,) = rule.judge(Evidence(operation, (scenario,), (call,)))
    assert (not tested.problems) is is_kept


@pytest.mark.parametrize(
    ("name", "sent", "is_kept"),
    [
        ("floor", "3", True),
        ("floor", "4", False),
        ("room", "null", False),
        ("room", "the-key", True),
        ("limit", "7", True),
        ("limit", "51", False),
        ("limit", "null", False),
        ("page", "1", True),
    ],
)
def test_none_may_be_sent_as_the_documented_default_or_as_the_own_page(
    name: str, sent: str, is_kept: bool
) -> None:
    floor = {"name": "floor", "in": "query", "schema": {"type": "integer", "default": 3}}
    page = {"name": "page", "in": "query", "schema": {"type": "integer"}}
    operation = lamps("GET /lamps", floor, ROOM, LIMIT, page, schema=LAMPS)
    (absent,) = [each for each in REQUESTS.rules if each.id == "client.absent"]
    scenario = Scenario("client.absent", f"query/{name}", "", {}, query={name: None})
    received = Received("GET", "/lamps", f"{name}={sent}", (), b"", 0.0)
    call = Call(scenario, "", Read(()), (received,), "the-key")
    (tested,) = absent.judge(Evidence(operation, (scenario,), (call,)))
    assert (not tested.problems) == is_kept


def test_odd_values_of_parts_whose_parent_may_be_an_array() -> None:
    part = {"properties": {"id": {"type": "string"}}}
    found = list(list_odd_values({"type": "object", "required": ["a"], "properties": {"a": part}}))
    assert {"a": {"id": "007"}} in found


def test_fields_and_elements_without_a_type_are_those_of_objects_and_arrays() -> None:
    tags = {"items": {"type": "string"}}
    schema = {"required": ["name"], "properties": {"name": {"type": "string"}, "tags": tags}}
    found = [*list_odd_values(schema), *list_values_with(schema, LONG_TEXT)]
    assert {"name": LONG_TEXT} in [{"name": each["name"]} for each in found]
    assert not any(isinstance(each["tags"], str) for each in found)


def test_the_object_of_a_token_is_null_on_the_last_page_if_it_may_be() -> None:
    token = {"in": "query", "name": "offset", "schema": {"type": "string"}}
    inner = {"properties": {"offset": {"type": "string"}, "path": {"type": "string"}}}
    for kinds, due in ((["object", "null"], None), ("object", {"path": "path 0"})):
        schema = held(next_page={"type": kinds, **inner})
        operation = lamps("GET /lamps", LIMIT, token, schema=schema)
        (last,) = walk(operation, [[{"id": "1"}]])[None]
        assert json.loads(last.body)["next_page"] == due


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("name", "needed", "due"),
    [
        ("next", ["offset", "label"], {}),
        ("next_page", ["offset"], {}),
        ("next", ["label"], {"next": {"label": "label 0"}}),
        ("metadata", ["offset"], {"metadata": {"offset": "", "label": "label 0"}}),
    ],
)
def test_an_object_of_the_next_page_that_needs_a_token_is_not_in_the_last_one(
    name: str, needed: list[str], due: Any
) -> None:
    token = {"in": "query", "name": "offset", "schema": {"type": "string"}}
    inner = {"offset": {"type": "string"}, "label": {"type": "string"}}
    holder = {"type": "object", "properties": inner, "required": needed}
    schema = held(paging={"type": "object", "properties": {name: holder}})
    operation = lamps("GET /lamps", LIMIT, token, schema=schema)
    (last,) = walk(operation, [[{"id": "1"}]])[None]
    assert json.loads(last.body)["paging"] == due


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    ("version", "accept", "broken"),
    [
        ("/v2", "application/json", []),
        ("", "application/vnd.lamps+json;version=2", []),
        ("/v3", "application/json", ["client.request request"]),
        ("/v2/v2", "application/json", ["client.request request"]),
        ("", "application/vnd.lamps+xml", ["client.request header/Accept"]),
    ],
)
def test_a_client_may_add_the_version_of_the_documented_server(
    version: str, accept: str, broken: list[str]
) -> None:
    operation = replace(lamps("GET /lamp"), server="https://lamps.example/v2")

    def build(base: str, key: str) -> Universal:
        client = Universal(operation, f"{base}{version}", key)
        client.http.event_hooks["request"] = [lambda sent: sent.headers.update({"Accept": accept})]
        return client

    caller = PythonCaller(
        "", operation, build, lambda c, query: c.call(query), member, member, (ApiError,)
    )
    tested = ["client.base_path request", "client.request request", "client.request header/Accept"]
    done = gate(operation, Client("", (caller,)), only=tested)
    assert sorted(str(each.promise) for each in done.run.findings) == broken


def test_usual_items_have_all_fields_unless_they_are_of_different_kinds() -> None:
    operation = lamps("GET /lamps", schema=LAMPS)
    usual = sample_usual(operation, 40)
    assert all(each.keys() == LAMP["properties"].keys() for each in usual)
    assert all(each["level"] is not None for each in usual)
    kinds = [{**held_text(n), "additionalProperties": False} for n in ("maker", "owner")]
    either = lamps("GET /lamps", schema={"type": "array", "items": {"anyOf": kinds}})
    assert {len(each) for each in sample_usual(either, 40)} == {1}


def test_a_refusal_without_a_documented_body_has_that_of_another_one() -> None:
    errors = {"404": {"description": "no", "content": {PROBLEM: {"schema": held_text("cause")}}}}
    operation = lamps("GET /lamp", errors=errors)
    assert json.loads(refusal(operation, 400).body).keys() == {"cause"}
    assert json.loads(refusal(lamps("GET /lamp"), 400).body).keys() == {"detail"}


def test_a_documented_link_is_not_an_undocumented_header() -> None:
    for kind, relation in (("a Link header", "license"), ("page numbers", "next")):
        played = TOLERANCE.scenarios(OPERATIONS[kind]())
        (odd,) = (each for each in played if each.rule == "client.undocumented_header")
        links = [dict(answer.headers)["Link"] for (answer,) in odd.answers.values()]
        assert links == [f'<https://example.test>; rel="{relation}"']
