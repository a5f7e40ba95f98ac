"""Lists that show only the names of things: several of the things are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from servers.loopback import Answer, Request, Server
from servers.tasks import an_object

from docpact.conformance import prepare_api, run_api
from docpact.settings import Config, resolve

TEXT: Final = {"type": "string"}
NAMES: Final = ["hill", "old/new", "sea", "sun", "town"]

Find = Callable[[str], str | None]


def describe() -> dict[str, Any]:
    def get(schema: Any, *parameters: Any) -> dict[str, Any]:
        content = {"application/json": {"schema": schema}}
        found = {"200": {"description": "", "content": content}, "404": {"description": ""}}
        return {"get": {"parameters": [*parameters], "responses": found}}

    name = {"name": "label", "in": "path", "required": True, "schema": TEXT}
    paths = {
        "/labels": get({"type": "array", "items": TEXT}),
        "/labels/{label}": get(an_object(label=TEXT), name),
    }
    return {"openapi": "3.1.0", "info": {"title": "Labels", "version": "1"}, "paths": paths}


def serve(find: Find) -> Callable[[Request], Answer]:
    """Return a server; `find` returns the label that it shows for a name, or None."""

    def answer(request: Request) -> Answer:
        name = request.path.removeprefix("/labels/")
        shown: Any = NAMES
        if name != request.path:
            found = find(name)
            shown = None if found is None else {"label": found}
        status = 404 if shown is None else 200
        return Answer(status, (("Content-Type", "application/json"),), json.dumps(shown).encode())

    return answer


def known(name: str) -> str | None:
    """Return the name, if it is one and has no slash, as most servers read paths."""
    return name if name in NAMES and "/" not in name else None


@pytest.mark.parametrize(
    ("find", "rules"),
    [
        (known, set()),
        (lambda name: known(name) and NAMES[0], {"path.identity"}),
        (lambda name: known(name) if name != NAMES[-1] else None, {"path.unlisted"}),
    ],
    ids=["as named", "always the first", "without the last"],
)
def test_several_listed_names_are_read(find: Find, rules: set[str], tmp_path: Path) -> None:
    file = tmp_path / "labels.json"
    file.write_text(json.dumps(describe()))
    with Server(serve(find)) as server:
        chosen = {"operation": str(file), "target": server.url, "rate": 100_000.0}
        settings = resolve(Config(), chosen)
        run = run_api(prepare_api(settings), settings, {}, version="0")
    assert {each.rule for one in run.runs for each in one.findings} == rules
