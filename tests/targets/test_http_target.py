"""The HTTP target over a real socket: requests, waits, retries and redirects."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers.loopback import Answer, Request, Server
from sizes import examples
from toy import LAMPS

from docpact.conformance import check
from docpact.credentials import WRONG_SECRET
from docpact.errors import UsageError
from docpact.limits import MAX_BYTES
from docpact.model import (
    Case,
    DocumentedResponse,
    Exchange,
    Parameter,
    ParameterLocation,
    Question,
    ResponseContent,
    Verdict,
)
from docpact.model.path import WHOLE_PATH
from docpact.targets.address import base_url, case_headers, url
from docpact.targets.documentation import fetch
from docpact.targets.http import HttpTarget

SECRET = "canary-0123456789"
JSON = (("Content-Type", "application/json"),)
FINE = Answer(200, JSON, b'{"items": []}')
PLAIN = Case("no parameters")


@contextmanager
def opened(
    *answers: Answer, waits: list[float] | None = None
) -> Iterator[tuple[HttpTarget, list[Request]]]:
    """Serve answers in turn, the last one for ever, and open a target on the server."""

    def handle(request: Request) -> Answer:
        return answers[min(request.number, len(answers) - 1)]

    sleep: Callable[[float], None] = (waits if waits is not None else []).append
    with Server(handle) as server, httpx.Client(timeout=60, verify=False) as client:  # noqa: S501
        target = HttpTarget(
            "toys", LAMPS, server.url, client, SECRET, sleep=sleep, jitter=lambda: 0.0
        )
        yield target, server.requests


@pytest.mark.parametrize(
    ("password", "shown"), [("canary-98", "$TOY_KEY"), ("word", "word"), ("", "")]
)
def test_a_long_password_of_a_login_is_a_secret_of_its_own(password: str, shown: str) -> None:
    assert LAMPS.credential is not None
    basic = replace(LAMPS.credential, scheme="basic", kind="basic")
    with httpx.Client() as client:
        operation = replace(LAMPS, credential=basic)
        target = HttpTarget("toys", operation, "http://toys.example", client, f"ann:{password}")
        assert target.redact(f"login ann:{password}") == "login $TOY_KEY"
        assert target.redact(f"password {password}") == f"password {shown}"


@pytest.mark.parametrize(
    ("name", "echoes"), [("session", ()), ("last_used", ("header/set-cookie",))]
)
@pytest.mark.parametrize("is_alternative", [False, True])
def test_only_the_documented_cookie_may_be_set_to_the_credential(
    name: str, echoes: tuple[str, ...], is_alternative: bool
) -> None:
    assert LAMPS.credential is not None
    cookie = replace(
        LAMPS.credential, kind="apiKey", header="Cookie", place="cookie", name="session"
    )
    operation = replace(LAMPS, credential=cookie)
    if is_alternative:
        operation = replace(LAMPS, alternatives=((cookie,),))
    answer = Answer(200, (*JSON, ("Set-Cookie", f"{name}={SECRET}; HttpOnly")), b'{"items": []}')
    with Server(lambda request: answer) as server, httpx.Client(timeout=60) as client:
        target = HttpTarget("toys", operation, server.url, client, SECRET)
        assert [each.echoes for each in target.send(PLAIN)] == [echoes]


@pytest.mark.parametrize(
    ("status", "body", "echoes"),
    [
        (200, '{"data": {"token": "%s"}}', ()),
        (200, '{"data": {"token": "%s"}, "note": "%s"}', ("body",)),
        (200, '{"secret": "%s"}', ("body",)),
        (401, '{"data": {"token": "%s"}}', ("body",)),
    ],
    ids=["documented", "beside another field", "undocumented", "refused"],
)
def test_only_a_documented_field_may_return_the_credential(
    status: int, body: str, echoes: tuple[str, ...]
) -> None:
    texts = {"type": "object", "properties": {"token": {"type": "string"}, "note": {}}}
    operation = replace(LAMPS, response_schema={"properties": {"data": texts, "note": {}}})
    answer = Answer(status, JSON, body.replace("%s", SECRET).encode())
    with Server(lambda request: answer) as server, httpx.Client(timeout=60) as client:
        target = HttpTarget("toys", operation, server.url, client, SECRET)
        assert target.send(PLAIN)[-1].echoes == echoes


def statuses(attempts: tuple[Exchange, ...]) -> list[tuple[int, bool]]:
    return [(each.status, each.retried) for each in attempts]


@pytest.mark.parametrize(
    ("case", "sent"),
    [
        (PLAIN, f"Bearer {SECRET}"),
        (Case("asked so", Question(credentials="wrong")), f"Bearer {WRONG_SECRET}"),
        (Case("asked so", Question(credentials="malformed")), "Bearer"),
        (Case("asked so", Question(credentials="none")), None),
    ],
    ids=["valid", "wrong", "malformed", "none"],
)
def test_credentials(case: Case, sent: str | None) -> None:
    with opened(FINE) as (target, requests):
        target.send(case)
        assert requests[0].headers.get("authorization") == sent


@settings(max_examples=examples(25))
@given(st.lists(st.tuples(st.text(), st.text(max_size=30)), max_size=4))
def test_any_text_reaches_the_server_unchanged(query: list[tuple[str, str]]) -> None:
    case = Case("any", Question(tuple(query)))
    with opened(FINE) as (target, requests):
        (exchange,) = target.send(case)
        assert list(requests[0].query) == query
        assert exchange.request.url == f"{target.base}{requests[0].target}"


def test_exchanges_contain_no_secret() -> None:
    with opened(FINE) as (target, _):
        (exchange,) = target.send(PLAIN)
        assert exchange.request.secrets == (("Authorization", "Bearer ", "TOY_KEY", ""),)
        assert SECRET not in repr((exchange, target))
        assert target.redact(f"Bearer {SECRET}") == "Bearer $TOY_KEY"


def test_a_complete_response() -> None:
    with opened(FINE) as (target, _):
        (exchange,) = target.send(PLAIN, "survey")
        assert exchange.response is not None
        assert (exchange.response.body, exchange.phase) == (b'{"items": []}', "survey")
        assert exchange.response.header("content-type") == "application/json"


@pytest.mark.parametrize(
    ("header", "waited"),
    [("7", 7.0), ("0", 0.0), ("60", 60.0), ("soon", 0.25), (None, 0.25)],
)
@pytest.mark.parametrize("status", [408, 429, 503])
def test_the_target_waits_for_a_busy_server(status: int, header: str | None, waited: float) -> None:
    waits: list[float] = []
    headers = () if header is None else (("Retry-After", header),)
    with opened(Answer(status, headers), FINE, waits=waits) as (target, _):
        assert statuses(target.send(PLAIN)) == [(status, True), (200, False)]
        assert waits == [waited]


def test_a_long_wait_is_not_worth_another_attempt() -> None:
    waits: list[float] = []
    with opened(Answer(503, (("Retry-After", "3600"),)), FINE, waits=waits) as (target, _):
        assert statuses(target.send(PLAIN)) == [(503, False)]
        assert waits == []


def test_a_past_retry_after_date_means_no_wait() -> None:
    waits: list[float] = []
    past = Answer(503, (("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"),))
    with opened(past, FINE, waits=waits) as (target, _):
        target.send(PLAIN)
        assert waits == [0.0]


def test_the_target_gives_up_on_a_server_that_stays_busy() -> None:
    waits: list[float] = []
    with opened(Answer(429), waits=waits) as (target, requests):
        assert statuses(target.send(PLAIN)) == [(429, True)] * 3 + [(429, False)]
        assert (len(requests), waits) == (4, [0.25, 0.5, 1.0])


@pytest.mark.parametrize("status", [500, 501, 505])
def test_a_failed_request_is_sent_once_more(status: int) -> None:
    with opened(Answer(status), FINE) as (target, _):
        assert statuses(target.send(PLAIN)) == [(status, True), (200, False)]


@pytest.mark.parametrize("status", [200, 301, 400, 401, 404, 422])
def test_any_other_response_is_final(status: int) -> None:
    with opened(Answer(status)) as (target, requests):
        target.send(PLAIN)
        assert len(requests) == 1


def failure(*answers: Answer) -> tuple[str, str]:
    with opened(*answers) as (target, _):
        found = target.send(PLAIN)[-1].failure
        assert found is not None
        return found.kind, found.message


def test_a_broken_connection_is_tried_once_more() -> None:
    with opened(Answer(0), FINE) as (target, _):
        assert statuses(target.send(PLAIN)) == [(0, True), (200, False)]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(0), "cut"),
        (Answer(200, (*JSON, ("Content-Length", "99"), ("Connection", "close")), b"{}"), "cut"),
        (Answer(200, (("Content-Encoding", "gzip"),), b"{}"), "encoding"),
        (Answer(200, JSON, b" " * (MAX_BYTES + 1)), "size"),
        (Answer(200, (("Content-Encoding", "gzip"),), gzip.compress(b" " * 2 * MAX_BYTES)), "size"),
    ],
    ids=["no word", "half a body", "plain as gzip", "too long", "a gzip bomb"],
)
def test_incomplete_responses(answer: Answer, kind: str) -> None:
    assert failure(answer)[0] == kind


@pytest.mark.slow
def test_an_event_stream_that_does_not_end_is_a_response_without_a_known_body() -> None:
    held = (("Content-Type", "text/event-stream; charset=utf-8"), ("Content-Length", "99"))
    with opened(Answer(200, held, b"data: 1\n\n")) as (target, _):
        (exchange,) = target.send(PLAIN)
    assert exchange.response is not None
    assert (exchange.status, exchange.response.body_known) == (200, False)
    assert exchange.seconds < 5


def test_an_unreachable_server() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{held.getsockname()[1]}"
        with httpx.Client() as client:
            target = HttpTarget("toys", LAMPS, address, client, SECRET, sleep=lambda _: None)
            found = target.send(PLAIN)[-1].failure
    assert found is not None
    assert found.kind == "unreachable"


@pytest.mark.parametrize("host", ["api..example", f"{'a' * 64}.example"])
def test_a_name_that_dns_cannot_have(host: str) -> None:
    with httpx.Client(trust_env=False) as client:
        target = HttpTarget("toys", LAMPS, f"http://{host}", client, SECRET, sleep=lambda _: None)
        found = target.send(PLAIN)[-1].failure
    assert found is not None
    assert "the URL cannot be requested" in found.message
    with pytest.raises(UsageError, match="cannot be fetched"):
        fetch(f"http://{host}/")


def test_a_redirect_within_the_origin_is_followed() -> None:
    with opened(Answer(307, (("Location", "/v1/lamps/"),)), FINE) as (target, requests):
        (exchange,) = target.send(PLAIN)
        assert (exchange.status, exchange.redirects) == (200, (f"{target.base}/v1/lamps/",))
        assert requests[1].headers["authorization"] == f"Bearer {SECRET}"


def test_a_redirect_to_a_page_where_people_sign_in_does_not_move_the_operation() -> None:
    with opened(Answer(302, (("Location", "/login"),)), FINE, FINE) as (target, requests):
        target.send(replace(PLAIN, question=Question(credentials="none")))
        assert target.send(PLAIN)[-1].redirects == ()
    assert [each.path for each in requests] == ["/v1/lamps", "/login", "/v1/lamps"]


def test_an_endless_redirect_is_not_followed() -> None:
    with opened(Answer(302, (("Location", "/v1/lamps"),))) as (target, requests):
        assert target.send(PLAIN)[-1].status == 302
        assert len(requests) == 4


@pytest.mark.parametrize("location", ["{other}/v1/lamps", "//[/", "https://127.0.0.1/"])
def test_a_redirect_to_another_origin_never_sees_the_credential(location: str) -> None:
    with Server(lambda _: FINE) as other:
        onward = (("Location", location.format(other=other.url)),)
        with opened(Answer(302, onward)) as (target, _):
            assert target.send(PLAIN)[-1].status == 302
        assert other.requests == []


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("https://api.example", "https://api.example"),
        ("https://api.example/", "https://api.example"),
        ("http://127.0.0.1:8000/proxy/", "http://127.0.0.1:8000/proxy"),
        ("https://api.example/v1/lamps", "https://api.example"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_base_urls(text: str, base: str) -> None:
    assert base_url(text, LAMPS) == base


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("api.example", "give a URL"),
        ("ftp://api.example", "give a URL"),
        ("https://", "give a URL"),
        ("https://me:secret@api.example", "no user name or password"),
        ("https://api.example?x=1", "no query or fragment"),
        ("https://api.example:port", "Port could not be cast"),
        ("http://[::1", "Invalid IPv6 URL"),
    ],
)
def test_texts_that_are_not_base_urls(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        base_url(text, LAMPS)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("path", ["/query/01g-10", "//foreign.example/a b", "/@foreign.example"])
def test_the_url_of_a_further_page_keeps_the_origin(path: str) -> None:
    case = Case("all", Question()).next_page((("n", "1"),), None, path=((WHOLE_PATH, path),))
    address = httpx.URL(url("https://toys.example:444/v1", LAMPS, case))
    assert (address.host, address.port, address.path) == ("toys.example", 444, path)
    assert address.params == httpx.QueryParams({"n": "1"})


def test_a_repeated_name_is_an_array_on_the_wire() -> None:
    case = Case("two", Question((("ids", "a b"), ("ids", "c&d=é"))))
    address = url("https://toys.example", LAMPS, case)
    assert address == "https://toys.example/v1/lamps?ids=a%20b&ids=c%26d%3D%C3%A9"


@pytest.mark.parametrize(
    ("needed", "query", "headers"),
    [
        ({"path"}, "", ()),
        ({"path", "query"}, "?room=12", ()),
        ({"path", "header"}, "", (("room", "12"),)),
    ],
)
def test_a_given_parameter_is_sent_with_every_request(
    needed: set[str], query: str, headers: tuple[tuple[str, str], ...]
) -> None:
    places: list[ParameterLocation] = ["path", "query", "header"]
    rooms = replace(
        LAMPS,
        path="/v1/rooms/{room}/lamps",
        credential=None,
        parameters=tuple(Parameter("room", at, at in needed, {"type": "string"}) for at in places),
        given={"room": "12"},
    )
    assert url("https://toys.example", rooms, PLAIN) == (
        f"https://toys.example/v1/rooms/12/lamps{query}"
    )
    assert case_headers(rooms, PLAIN, None) == headers


@pytest.mark.parametrize(
    ("documented", "sent"),
    [
        ([], "application/json"),
        (["application/json", "*/*"], "application/json"),
        (
            ["application/yaml", "application/json", "text/csv"],
            "application/json, application/yaml;q=0.5, text/csv;q=0.5",
        ),
    ],
)
def test_every_documented_media_type_of_the_response_is_accepted(
    documented: list[str], sent: str
) -> None:
    content = tuple(map(ResponseContent, documented))
    with opened(FINE) as (target, requests):
        responses = (DocumentedResponse("200", content),) if content else ()
        replace(target, operation=replace(LAMPS, responses=responses)).send(PLAIN)
    assert [request.headers["accept"] for request in requests] == [sent]


@pytest.mark.sampled(4)
@pytest.mark.parametrize("server", ["", "/", "/api/v3"])
def test_the_mock_of_a_contract_without_an_absolute_server_conforms(server: str) -> None:
    run = check(replace(LAMPS, server=server))
    assert run.verdict() is Verdict.CONFORMS
