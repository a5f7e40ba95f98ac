"""A thing that counts the items of a list below it: another number than the list's is a note."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from servers.loopback import Answer, Request, Server

from docpact.apis import load_api
from docpact.conformance import run_api
from docpact.model import ApiRun
from docpact.settings import Config, resolve

JSON: Final = (("Content-Type", "application/json"),)
TEXT: Final = {"type": "string"}
WHOLE: Final = {"type": "integer"}


def make_document(field: str, *asked: Any) -> Any:
    def operation(schema: Any, *parameters: Any) -> Any:
        content = {"application/json": {"schema": {"type": "array", "items": schema}}}
        return {"get": {"parameters": parameters, "responses": {"200": {"content": content}}}}

    post = {"type": "object", "required": ["id"], "properties": {"id": TEXT, field: WHOLE}}
    comment = {"type": "object", "required": ["id"], "properties": {"id": TEXT, "text": TEXT}}
    one = {"name": "post_id", "in": "path", "required": True, "schema": TEXT}
    paths = {
        "/posts": operation(post),
        "/posts/{post_id}/comments": operation(comment, one, *asked),
    }
    return {"openapi": "3.1.0", "info": {"title": "Posts", "version": "1"}, "paths": paths}


def check(folder: Path, field: str, more: int | None, *asked: Any) -> ApiRun:
    """Check a server whose posts have more comments than a field states; None for the mock."""
    file = folder / "posts.json"
    file.write_text(json.dumps(make_document(field, *asked)))

    def answer(request: Request) -> Answer:
        _, _, *path = request.path.split("/")
        posts: Sequence[Mapping[str, Any]] = [{"id": f"p{n}", field: n} for n in range(4)]
        found = [each for each in posts if path[:1] == [each["id"]]]
        if request.method not in ("GET", "HEAD"):
            return Answer(405, (("Allow", "GET"),))
        if not path:
            return Answer(200, JSON, json.dumps(posts).encode())
        if not found:
            return Answer(404, JSON, b"{}")
        shown = range(found[0][field] + (more or 0))
        return Answer(200, JSON, json.dumps([{"id": f"c{n}", "text": ""} for n in shown]).encode())

    with Server(answer) as server:
        target = "mock" if more is None else server.url
        return run_api(load_api(str(file)), resolve(Config(), {"target": target}), {}, version="0")


def found(run: ApiRun) -> list[tuple[str, str, str]]:
    return [(f.rule, f.location, f.observed) for one in run.runs for f in one.findings]


def count_observations(run: ApiRun) -> int:
    results = [each for one in run.runs for each in one.results]
    about = (each for each in results if each.promise.location == "path/post_id")
    return sum(each.observations for each in about if each.promise.rule == "path.unlisted")


@pytest.mark.sampled(4)
@pytest.mark.parametrize("field", ["comment_count", "commentsCount", "numComments", "comments"])
def test_another_number_is_a_note(field: str, tmp_path: Path) -> None:
    run = check(tmp_path, field, 1)
    observed = f"{field} 0, in a list of 1 item"
    assert found(run) == [("path.unlisted", "path/post_id", observed)]


def test_the_same_number_conforms(tmp_path: Path) -> None:
    run = check(tmp_path, "comment_count", 0)
    assert (found(run), count_observations(run)) == ([], 1)


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("vote_count", ()),
        ("comment_count", ({"name": "with_spam", "in": "query", "schema": {"type": "boolean"}},)),
        ("comment_count", ({"name": "state", "in": "query", "schema": {**TEXT, "default": "ok"}},)),
    ],
)
def test_another_number_may_be_right(field: str, asked: Any, tmp_path: Path) -> None:
    run = check(tmp_path, field, 1, *asked)
    assert "path.unlisted" not in {rule for rule, *_ in found(run)}


def test_the_mock_counts_what_it_lists_below(tmp_path: Path) -> None:
    run = check(tmp_path, "comment_count", None)
    assert (found(run), count_observations(run)) == ([], 1)
