"""Values that clients send in other words: the same moments, and booleans of forms."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from clients.test_any_operation import lamps, taking

from docpact.client_gate.call import Call, Read, Received, Scenario
from docpact.client_gate.requests import REQUESTS
from docpact.client_gate.rule import Evidence
from docpact.media_types import FORM, MULTIPART
from docpact.model import Operation

MOMENT = {"type": ["string", "null"], "format": "date-time"}
GIVEN = "2024-02-29T23:59:59.123Z"
PLACES = ("path", "query", "header", "cookie", "body")


def list_broken(operation: Operation, given: Any, **sent: Any) -> list[str]:
    """Return the rules that one request breaks, and how."""
    path, query, body = (sent.pop(each, "") for each in ("path", "query", "body"))
    headers = tuple(sent.pop("headers", {}).items())
    received = (Received(operation.method, path, query, headers, body or b"", 0.0),)
    call = Call(Scenario("client.query", "", "", {}, query=given), "", Read(()), received, "")
    evidence = Evidence(operation, (), (call,))
    rules = [each for each in REQUESTS.rules if each.id in ("client.query", "client.request_body")]
    return [text for rule in rules for each in rule.judge(evidence) for _, text in each.problems]


def send_moment(where: str, schema: Any, text: str) -> list[str]:
    """Return the problems of a request that carries a text in place of the given moment."""
    if where == "body":
        inner = {"type": "array", "items": {"type": "object", "properties": {"at": schema}}}
        operation = lamps("POST /lamps", requestBody=taking(inner))
        request = httpx.Request("POST", "https://lamps.example/lamps", json=[{"at": text}])
        return list_broken(
            operation,
            {"body": [{"at": GIVEN}]},
            path="/lamps",
            body=request.content,
            headers={"content-type": "application/json"},
        )
    parameter = {"name": "at", "in": where, "required": True, "schema": schema}
    operation = lamps("GET /lamps/{at}" if where == "path" else "GET /lamps", parameter)
    headers = {"header": {"at": text}, "cookie": {"cookie": f"at={text}"}}.get(where, {})
    query = f"at={quote(text)}" if where == "query" else ""
    path = f"/lamps/{quote(text)}" if where == "path" else "/lamps"
    return list_broken(operation, {"at": GIVEN}, path=path, query=query, headers=headers)


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize(
    "text",
    [
        "2024-02-29T23:59:59.123000Z",
        "2024-02-29T23:59:59.123+00:00",
        "2024-03-01t01:59:59.123+02:00",
    ],
)
def test_a_client_may_spell_a_moment_in_another_way(where: str, text: str) -> None:
    assert send_moment(where, MOMENT, text) == []
    assert len(send_moment(where, {"type": "string"}, text)) == 1


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("text", ["2024-02-29T23:59:59Z", "2024-02-29T23:59:59.123", "2024-02-29"])
def test_another_moment_is_a_changed_value(where: str, text: str) -> None:
    assert len(send_moment(where, MOMENT, text)) == 1


@pytest.mark.parametrize("explode", [True, False])
def test_each_moment_of_a_list_is_compared(explode: bool) -> None:
    schema = {"type": "array", "items": MOMENT}
    parameter = {"name": "at", "in": "query", "explode": explode, "schema": schema}
    operation, given = lamps("GET /lamps", parameter), {"at": [GIVEN, "2024-01-01T00:00:00Z"]}
    same, other = (
        [quote(each) for each in ("2024-03-01T01:59:59.123+02:00", last)]
        for last in ("2024-01-01T00:00:00.000Z", "2024-01-02T00:00:00Z")
    )
    joint = "&at=" if explode else ","
    assert list_broken(operation, given, path="/lamps", query=f"at={joint.join(same)}") == []
    assert len(list_broken(operation, given, path="/lamps", query=f"at={joint.join(other)}")) == 1


@pytest.mark.parametrize("kind", [FORM, MULTIPART])
@pytest.mark.parametrize(("text", "count"), [("true", 0), ("True", 1), ("1", 1)])
def test_a_boolean_of_a_form_is_true_or_false(kind: str, text: str, count: int) -> None:
    flags = {"type": "array", "items": {"type": "boolean"}}
    schema = {"type": "object", "properties": {"on": {"type": "boolean"}, "flags": flags}}
    operation = lamps(
        "POST /lamps", requestBody={"required": True, "content": {kind: {"schema": schema}}}
    )
    fields = {"on": text, "flags": ["false", text]}
    files = {"files": [("on", (None, text)), ("flags", (None, "false")), ("flags", (None, text))]}
    sent: Any = {"data": fields} if kind == FORM else files
    request = httpx.Request("POST", "https://lamps.example/lamps", **sent)
    headers = {"content-type": request.headers["content-type"]}
    given = {"body": {"on": True, "flags": [False, True]}}
    broken = list_broken(operation, given, path="/lamps", body=request.read(), headers=headers)
    assert len(broken) == count
