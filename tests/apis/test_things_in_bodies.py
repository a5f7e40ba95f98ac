"""Things that are created with the ids of other things, which the items of their list show."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from servers.loopback import Answer, Request, Server
from servers.tasks import an_object
from servers.test_writes import no_waiting

from docpact.conformance import prepare_api, run_api
from docpact.settings import Config, resolve

__all__ = ["no_waiting"]

WHOLE: Final = {"type": "integer"}
MAYBE: Final = {"type": ["integer", "null"]}
NEW: Final = an_object("payee_id", payer_id=WHOLE, payee_id=MAYBE, amount={**WHOLE, "minimum": 1})
ACCOUNTS: Final = [{"id": n, "name": f"Account {n}"} for n in (71, 82, 93)]

Change = Callable[[dict[str, Any]], dict[str, Any]]


def answer_json(schema: Any, status: str = "200") -> dict[str, Any]:
    return {status: {"description": "", "content": {"application/json": {"schema": schema}}}}


def describe() -> dict[str, Any]:
    account = an_object(id=WHOLE, name={"type": "string"})
    payment = an_object(id=WHOLE, **NEW["properties"])
    number = {"name": "id", "in": "path", "required": True, "schema": WHOLE}
    body = {"required": True, "content": {"application/json": {"schema": NEW}}}
    refused = {"422": {"description": ""}}
    paths = {
        "/accounts": {"get": {"responses": answer_json({"type": "array", "items": account})}},
        "/payments": {
            "get": {"responses": answer_json({"type": "array", "items": payment})},
            "post": {"requestBody": body, "responses": answer_json(payment, "201") | refused},
        },
        "/payments/{id}": {
            "parameters": [number],
            "get": {"responses": answer_json(payment) | {"404": {"description": ""}}},
            "delete": {"responses": {"204": {"description": ""}, "404": {"description": ""}}},
        },
    }
    return {"openapi": "3.1.0", "info": {"title": "Bank", "version": "1"}, "paths": paths}


class Bank:
    """Accounts, and payments between them; `change` returns a new payment as it is stored."""

    def __init__(self, change: Change) -> None:
        self.change, self.numbers = change, count(4)
        self.payments = {n: self.pay(n, 71, payee) for n, payee in ((1, None), (2, 82), (3, 93))}

    def pay(self, number: int, payer: Any, payee: int | None) -> dict[str, Any]:
        return {"id": number, "payer_id": payer, "payee_id": payee, "amount": number}

    def __call__(self, request: Request) -> Answer:
        if request.path == "/accounts":
            return self.write(200, ACCOUNTS)
        if request.path == "/payments":
            is_post = request.method == "POST"
            return self.create(json.loads(request.body)) if is_post else self.list_all()
        number = next((n for n in self.payments if request.path == f"/payments/{n}"), 0)
        if not number:
            return self.write(404, {})
        if request.method == "DELETE":
            del self.payments[number]
            return Answer(204)
        return self.write(200, self.payments[number])

    def list_all(self) -> Answer:
        return self.write(200, [*self.payments.values()])

    def create(self, sent: dict[str, Any]) -> Answer:
        payer, payee, amount = [sent.get(name) for name in NEW["properties"]]
        known = {each["id"] for each in ACCOUNTS}
        are_known = payer in known and payee in {None, *known} - {payer}
        if not are_known or type(amount) is not int or amount < 1:
            return self.write(422, {})
        number = next(self.numbers)
        self.payments[number] = self.change(self.pay(number, payer, payee) | {"amount": amount})
        return self.write(201, self.payments[number])

    def write(self, status: int, value: Any) -> Answer:
        return Answer(status, (("Content-Type", "application/json"),), json.dumps(value).encode())


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (dict, set()),
        (lambda p: {**p, "payee_id": None}, {("write.as_sent", "/payee_id")}),
        (
            lambda p: {**p, "payer_id": p["payee_id"] or 71, "payee_id": p["payer_id"]},
            {("write.as_sent", "/payee_id"), ("write.as_sent", "/payer_id")},
        ),
        (lambda p: {**p, "amount": 1}, {("write.as_sent", "/amount")}),
    ],
    ids=["as sent", "without payee", "turned round", "another amount"],
)
def test_a_thing_may_need_others_that_exist(
    change: Change, found: set[tuple[str, str]], tmp_path: Path
) -> None:
    file, bank = tmp_path / "bank.json", Bank(change)
    file.write_text(json.dumps(describe()))
    with Server(bank) as server:
        chosen = {"operation": str(file), "target": server.url, "rate": 100_000.0}
        settings = resolve(Config(), chosen)
        run = run_api(prepare_api(settings), settings, {}, version="0", allow_writes=True)
    assert {(e.rule, e.location) for one in run.runs for e in one.findings} == found
    assert [*bank.payments] == [1, 2, 3]
