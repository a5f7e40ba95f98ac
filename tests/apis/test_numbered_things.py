"""Things with numbers in a list of several pages: each number names the thing that has it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
from command import docpact, served
from servers.loopback import Answer, Handler, Request, Server

from docpact.apis import load_api
from docpact.conformance import run_api
from docpact.model import ApiRun, Level
from docpact.settings import Config, resolve

__all__ = ["docpact", "served"]

Serve: TypeAlias = Callable[[Handler], Server]
Find: TypeAlias = Callable[[int], "Mapping[str, Any] | None"]

JSON: Final = (("Content-Type", "application/json"),)
NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
CAR: Final = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "maker": {"type": "string"}},
    "required": ["id", "maker"],
}
CARS: Final = [{"id": n, "maker": f"maker {n}"} for n in range(1, 31)]


def document(description: str = "") -> dict[str, Any]:
    def operation(schema: Any, *parameters: Any) -> dict[str, Any]:
        content = {"application/json": {"schema": schema}}
        responses = {"200": {"description": "Found.", "content": content}}
        return {"get": {"parameters": parameters, "responses": responses}}

    paging = [
        {"name": name, "in": "query", "schema": {"type": "integer", "default": value, "minimum": 0}}
        for name, value in (("limit", 10), ("offset", 0))
    ]
    number = {"name": "car_id", "in": "path", "required": True, "schema": {"type": "integer"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Cars", "version": "1"},
        "paths": {
            "/cars": operation({"type": "array", "items": CAR}, *paging),
            "/cars/{car_id}": operation(CAR, {**number, "description": description}),
        },
    }


def write(body: Any) -> bytes:
    return json.dumps(body).encode()


def serving(find: Find) -> Handler:
    """Return a server whose things are found by a function of the number."""

    def handle(request: Request) -> Answer:
        name = request.path.removeprefix("/cars").strip("/")
        if request.method not in ("GET", "HEAD"):
            return Answer(405, (("Allow", "GET"),))
        if not name:
            texts = [request.last("offset") or "0", request.last("limit") or "10"]
            if not all(map(NUMBER.fullmatch, texts)):
                return Answer(400, JSON, b"{}")
            offset, limit = map(int, texts)
            body: Any = CARS[offset : offset + limit]
        else:
            body = find(int(name)) if NUMBER.fullmatch(name.removeprefix("-")) else None
        return Answer(404, JSON, b"{}") if body is None else Answer(200, JSON, write(body))

    return handle


def exactly(number: int) -> Mapping[str, Any] | None:
    return CARS[number - 1] if 1 <= number <= len(CARS) else None


def check(served: Serve, folder: Path, find: Find, description: str = "") -> ApiRun:
    file = folder / "cars.json"
    file.write_text(json.dumps(document(description)))
    settings = resolve(Config(), {"target": served(serving(find)).url})
    return run_api(load_api(str(file)), settings, {}, version="0")


def found(run: ApiRun) -> set[tuple[str, str]]:
    findings = [each for one in run.runs for each in one.findings]
    return {(each.rule, each.location) for each in findings if each.level is Level.BREAKING}


BROKEN: Final[Mapping[str, tuple[str, Find]]] = {
    "the last one is another": ("/id", lambda n: exactly(min(n, 29) if n <= 30 else n)),
    "0 and -1 are counted from the end": ("/id", lambda n: CARS[n - 1] if n <= 30 else None),
    "0 is the first one": ("/id", lambda n: exactly(n or 1)),
    "another maker from page two on": (
        "/maker",
        lambda n: (car := exactly(n)) and {**car, "maker": "vw" if n > 10 else car["maker"]},
    ),
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", BROKEN)
def test_a_number_that_finds_another_thing_is_found(
    name: str, served: Serve, tmp_path: Path
) -> None:
    where, find = BROKEN[name]
    rule = "path.identity" if where == "/id" else "path.listed"
    assert found(check(served, tmp_path, find)) == {(rule, where)}


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("find", "description"),
    [(exactly, ""), (lambda n: exactly(n or 7), "A number, or 0 for the car you drive.")],
    ids=["plain", "0 has a meaning"],
)
def test_correct_servers_conform(
    find: Find, description: str, served: Serve, tmp_path: Path
) -> None:
    assert found(check(served, tmp_path, find, description)) == set()
