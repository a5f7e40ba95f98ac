"""An operation that counts the items of a list: it must agree with the list."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
from command import docpact, served
from servers.loopback import Answer, Handler, Request, Server

from docpact.apis import load_api
from docpact.capture.roles.inference import roles
from docpact.conformance import run_api
from docpact.model import ApiRun, Level
from docpact.settings import Config, resolve

__all__ = ["docpact", "served"]

Serve: TypeAlias = Callable[[Handler], Server]
Order: TypeAlias = dict[str, Any]
Count: TypeAlias = Callable[[Sequence[Order], Sequence[Order]], int]
"""Returns the number that a server shows for the matching orders, given all of them."""

JSON: Final = (("Content-Type", "application/json"),)
STATES: Final = ("open", "sent", "gone")
ORDERS: Final[Sequence[Order]] = [
    {"id": n, "state": STATES[n * n % 3], "buyer": f"b{n % 4}"} for n in range(1, 36)
]
EXACT: Final = "Number of the orders that match the filters."


def document(description: str, default: str = "", end: str = "/count") -> dict[str, Any]:
    text: Any = {"type": "string"}
    whole: Any = {"type": "integer"}
    state = {**text, "enum": [*STATES], **({"default": default} if default else {})}
    order: Any = {"properties": {"id": whole, "state": {**text, "enum": [*STATES]}, "buyer": text}}
    order |= {"type": "object", "required": ["id", "state", "buyer"]}
    count = {"type": "object", "properties": {"count": {**whole, "description": description}}}

    def operation(schema: Any, *parameters: tuple[str, Any]) -> dict[str, Any]:
        asked = [{"name": name, "in": "query", "schema": each} for name, each in parameters]
        content = {"application/json": {"schema": schema}}
        responses = {"200": {"description": "Found.", "content": content}}
        return {"get": {"parameters": asked, "responses": responses}}

    filters = (("state", {**text, "enum": [*STATES]}), ("buyer", text))
    pages = (("page", {**whole, "minimum": 1}), ("page_size", {**whole, "maximum": 50}))
    orders = operation({"type": "array", "items": order}, ("state", state), filters[1], *pages)
    counts = operation(count, *filters)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Orders", "version": "1"},
        "paths": {"/orders": orders, f"/orders{end}": counts},
    }


def serving(count: Count, default: str = "") -> Handler:
    def handle(request: Request) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return Answer(405, (("Allow", "GET"),))
        state, buyer = request.last("state"), request.last("buyer")
        page, size = request.last("page") or "1", request.last("page_size") or "20"
        small = all(text.isascii() and text.isdecimal() and len(text) < 9 for text in (page, size))
        if state not in (None, *STATES) or not small or page == "0" or not 0 < int(size) <= 50:
            return Answer(400, JSON, b"{}")
        if request.path == "/orders":
            state = state or default or None
        chosen = [o for o in ORDERS if state in (None, o["state"]) and buyer in (None, o["buyer"])]
        start = (int(page) - 1) * int(size)
        body: Any = chosen[start : start + int(size)]
        if request.path != "/orders":
            body = {"count": count(chosen, ORDERS)}
        return Answer(200, JSON, json.dumps(body).encode())

    return handle


def check(folder: Path, description: str, target: str, *choices: str) -> ApiRun:
    file = folder / "orders.json"
    file.write_text(json.dumps(document(description, *choices)))
    settings = resolve(Config(), {"target": target})
    return run_api(load_api(str(file)), settings, {}, version="0")


def found(run: ApiRun) -> set[tuple[str, Level]]:
    findings = [each for one in run.runs for each in one.findings]
    return {(each.rule, each.level) for each in findings}


@pytest.mark.sampled(5)
@pytest.mark.parametrize(
    ("description", "count"),
    [
        pytest.param(EXACT, lambda chosen, _: len(chosen) + 1, id="one too many"),
        pytest.param("", lambda _, orders: len(orders), id="of all"),
        pytest.param(EXACT, lambda chosen, _: min(len(chosen), 20), id="of a page"),
    ],
)
def test_a_wrong_count_is_found(
    description: str, count: Count, served: Serve, tmp_path: Path
) -> None:
    run = check(tmp_path, description, served(serving(count)).url)
    assert found(run) == {("path.listed", Level.BREAKING)}


@pytest.mark.sampled(5)
@pytest.mark.parametrize("end", ["_count", "-count", "Count", "/_count"])
def test_a_count_beside_its_list_is_compared_too(end: str, served: Serve, tmp_path: Path) -> None:
    wrong = served(serving(lambda chosen, _: len(chosen) + 1))
    assert found(check(tmp_path, EXACT, wrong.url, "", end)) == {("path.listed", Level.BREAKING)}


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("description", "default", "count"),
    [
        pytest.param(EXACT, "", lambda chosen, _: len(chosen), id="exact"),
        pytest.param(EXACT, "open", lambda chosen, _: len(chosen), id="the list shows open ones"),
    ],
)
def test_a_right_count_conforms(
    description: str, default: str, count: Count, served: Serve, tmp_path: Path
) -> None:
    run = check(tmp_path, description, served(serving(count, default)).url, default)
    assert found(run) == set()
    listed = [r for one in run.runs for r in one.results if r.promise.rule == "path.listed"]
    assert [each.observations > 0 for each in listed] == [True]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("description", ["", "Number of the orders to do."])
def test_another_number_that_nothing_documents_is_a_note(
    description: str, served: Serve, tmp_path: Path
) -> None:
    run = check(tmp_path, description, served(serving(lambda chosen, _: len(chosen) + 7)).url)
    assert found(run) == {("path.unlisted", Level.NOTE)}


def test_the_mock_counts_what_it_lists(tmp_path: Path) -> None:
    assert found(check(tmp_path, EXACT, "mock")) == set()


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        (("number",), "/number"),
        (("seconds", "count"), "/count"),
        (("seconds", "total", "count"), None),
        (("seconds", "result"), None),
        ((), ""),
    ],
)
def test_a_number_beside_others_is_no_count(fields: Sequence[str], where: str | None) -> None:
    types = {name: {"type": "object" if name == "result" else "number"} for name in fields}
    body = {"type": "object", "properties": types} if fields else {"type": "integer"}
    assert roles("/orders/count", {}, body).get("count", {}).get("value") == where
