"""Bodies of every keyword: a broken server is found at each, an unusual correct one is not."""

from __future__ import annotations

import json
from typing import Any

from json_schema.test_any_vocabulary import captured
from rules.test_every_place import BROKEN
from servers.loopback import Answer, Request, Server

from docpact import check
from docpact.model import Run
from docpact.model.run import Verdict

FIELDS = {f"f{n}": schema for n, (schema, *_) in enumerate(BROKEN)}


def run(values: list[Any]) -> Run:
    """Return a run against a server whose body has a value for each keyword."""
    body = json.dumps(dict(zip(FIELDS, values, strict=True))).encode()
    found = Answer(200, (("Content-Type", "application/json"),), body)

    def respond(request: Request) -> Answer:
        is_known = request.path == "/things" and request.method in ("GET", "HEAD")
        return found if is_known else Answer(404 if request.method == "GET" else 405)

    operation = captured({"type": "object", "properties": FIELDS, "additionalProperties": False})
    with Server(respond) as server:
        return check(operation, server.url)


def test_a_server_that_breaks_every_keyword_is_found_at_each() -> None:
    found = {(each.rule, each.location) for each in run([each[2] for each in BROKEN]).findings}
    expected = {
        (f"response.{[*schema][-1]}", f"/f{n}{'/*' if at in ('/1', '/zz') else at}")
        for n, (schema, _, _, at) in enumerate(BROKEN)
    }
    assert found == expected


def test_a_server_with_unusual_values_conforms() -> None:
    made = run([each[1] for each in BROKEN])
    assert [(each.rule, each.location, each.observed) for each in made.findings] == []
    assert made.verdict() is Verdict.CONFORMS
