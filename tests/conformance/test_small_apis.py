"""Small APIs of several operations: one fault is one finding, and correct servers get none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from servers.loopback import Answer, Request, Server
from servers.pets import JSON, describe

from docpact.conformance import prepare_api, run_api
from docpact.model import ApiRun, Level, Verdict
from docpact.settings import Config, resolve

TEXT: Final = {"type": "string"}
WHOLE: Final = {"type": "integer"}
SHOP: Final = {"name": "shop", "in": "path", "required": True, "schema": TEXT}
KEYED: Final[dict[str, Any]] = {
    "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    "security": [{"key": []}],
}


def check(
    folder: Path, paths: Any, answer: Callable[[Request], Answer], budget: int = 0, **more: Any
) -> ApiRun:
    """Check the server of a document, writes included."""
    parts = {"openapi": "3.1.0", "info": {"title": "Shops", "version": "1"}, "paths": paths}
    file = folder / "shops.json"
    file.write_text(json.dumps({**parts, **more}))
    with Server(answer) as server:
        chosen = {"target": server.url, "operation": str(file), "rate": 100_000.0}
        chosen |= {"budget": budget} if budget else {}
        settings = resolve(
            Config(), {**chosen, "key": "SHOPS_KEY"} if "security" in more else chosen
        )
        environment = {"SHOPS_KEY": "s3cret-of-shops"}
        return run_api(prepare_api(settings), settings, environment, version="0", allow_writes=True)


def write(status: int, body: Any) -> Answer:
    return Answer(status, JSON, json.dumps(body).encode())


def list_serious(run: ApiRun) -> list[tuple[str, str]]:
    found = [each for one in run.runs for each in one.findings]
    return [(each.rule, each.location) for each in found if each.level is not Level.NOTE]


NAMED: Final = {"type": "object", "properties": {"shop": TEXT}, "required": ["shop"]}
SHOPS: Final = {"get": describe("list_shops", {"type": "array", "items": NAMED})}


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("schema", "nothing", "found"),
    [
        (WHOLE, 0, []),
        (WHOLE, 2, [("path.unknown", "path/shop")]),
        ({"type": "object", "properties": {"count": WHOLE}}, {"count": 0}, []),
        (
            {"type": "object", "properties": {"count": WHOLE}},
            {"count": 2},
            [("path.unknown", "path/shop")],
        ),
    ],
)
def test_a_count_of_nothing_is_nothing(
    schema: Any, nothing: Any, found: list[tuple[str, str]], tmp_path: Path
) -> None:
    paths = {
        "/shops": SHOPS,
        "/shops/{shop}/count": {"get": describe("c", schema, "200", None, SHOP)},
    }

    def answer(request: Request) -> Answer:
        if request.path == "/shops":
            return write(200, [{"shop": "main"}])
        some = 7 if schema is WHOLE else {"count": 7}
        return write(200, some if "/main/" in request.path else nothing)

    assert list_serious(check(tmp_path, paths, answer)) == found


@pytest.mark.slow
@pytest.mark.parametrize("always", [True, False])
def test_an_operation_that_always_fails_is_one_finding(always: bool, tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"open": {"type": "boolean"}}}
    operation = describe("state", schema, "200", None, SHOP)
    paths = {"/shops": SHOPS, "/shops/{shop}/state": {"get": operation}}

    def answer(request: Request) -> Answer:
        is_known = request.headers.get("authorization") == "Bearer s3cret-of-shops"
        if request.path == "/shops":
            return write(200, [{"shop": "main"}]) if is_known else write(401, {})
        is_failing = always or "/main/" not in request.path or not is_known
        return write(500, {}) if is_failing else write(200, {"open": True})

    found = {rule for rule, _ in list_serious(check(tmp_path, paths, answer, **KEYED))}
    both = {"path.server_error", "auth.missing", "auth.wrong", "auth.malformed"}
    assert found == ({"response.status"} if always else both)


PROJECT: Final = {
    "type": "object",
    "properties": {"id": WHOLE, "title": TEXT},
    "required": ["id", "title"],
}
TASK: Final = {
    "type": "object",
    "properties": {"id": WHOLE, "project": WHOLE, "done": {"type": "boolean"}},
    "required": ["id", "project", "done"],
}
TASKS: Final = [{"id": n, "project": 40 + n % 2, "done": n % 3 == 0} for n in range(1, 9)]


def list_of(name: str, item: Any, **query: Any) -> Any:
    found = [
        {"name": n, "in": "query", "required": each.pop("required", False), "schema": each}
        for n, each in json.loads(json.dumps(query)).items()
    ]
    return {"get": describe(name, {"type": "array", "items": item}, "200", None, *found)}


@pytest.mark.sampled(6)
@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("refusal", [400, 404, 422])
def test_a_number_in_a_query_may_name_a_thing(refusal: int, required: bool, tmp_path: Path) -> None:
    paths = {
        "/projects": list_of("list_projects", PROJECT),
        "/tasks": list_of("list_tasks", TASK, project={**WHOLE, "required": required}),
    }

    def answer(request: Request) -> Answer:
        if request.path == "/projects":
            return write(200, [{"id": 40, "title": "a"}, {"id": 41, "title": "b"}])
        asked = request.last("project")
        if asked not in ("40", "41") and (required or asked is not None):
            return write(refusal, {})
        return write(200, [each for each in TASKS if asked in (None, str(each["project"]))])

    run = check(tmp_path, paths, answer)
    assert run.not_tested == {}
    assert list_serious(run) == []


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("status", "tested"), [(200, True), (400, False), (403, False), (404, False)]
)
def test_a_required_text_gets_a_sample(status: int, tested: bool, tmp_path: Path) -> None:
    word = {**TEXT, "required": True}
    paths = {"/shops": SHOPS, "/found": list_of("find", NAMED, word=word)}

    def answer(request: Request) -> Answer:
        return write(status if request.path == "/found" else 200, [])

    run = check(tmp_path, paths, answer)
    assert [one.operation for one in run.runs if "find" in one.operation] == ["shops/find"] * tested
    assert tested or "--param word=VALUE" in run.not_tested["shops/find"]


@pytest.mark.parametrize("stated", [{}, {"type": "object"}])
def test_items_need_not_state_that_they_are_objects(stated: Any, tmp_path: Path) -> None:
    item = {**stated, "properties": {"shop": TEXT}, "required": ["shop"]}
    listed = {"items": item} if not stated else {"type": "array", "items": item}
    paths = {
        "/shops": {"get": describe("list_shops", listed)},
        "/shops/{shop}": {"get": describe("get_shop", item, "200", None, SHOP)},
    }

    def answer(request: Request) -> Answer:
        if request.path == "/shops":
            return write(200, [{"shop": "main"}])
        is_known = request.path.endswith("/main")
        return write(200, {"shop": "main"}) if is_known else write(404, {})

    run = check(tmp_path, paths, answer)
    assert (list_serious(run), run.not_tested) == ([], {})


@pytest.mark.parametrize("is_other", [True, False])
def test_a_thing_in_an_object_is_the_one_that_the_path_names(
    is_other: bool, tmp_path: Path
) -> None:
    item = {"type": "object", "properties": {"id": TEXT}, "required": ["id"]}
    named = {**SHOP, "name": "shop-id"}
    one = describe("get_shop", {"type": "object", "properties": {"shop": item}}, "200", None, named)
    paths = {
        "/shops": {"get": describe("list_shops", {"type": "array", "items": item})},
        "/shops/{shop-id}": {"get": one},
    }

    def answer(request: Request) -> Answer:
        name = request.path.rpartition("/")[2]
        if request.path == "/shops":
            return write(200, [{"id": each} for each in "abcde"])
        known = len(name) == 1 and name in "abcde"
        shown = "b" if is_other and name == "c" else name
        return write(200, {"shop": {"id": shown}}) if known else write(404, {})

    found = [("path.identity", "/shop/id")] if is_other else []
    assert list_serious(check(tmp_path, paths, answer)) == found


SEEN: Final = {
    "type": "object",
    "properties": {"id": TEXT, "text": TEXT, "kind": TEXT, "score": WHOLE},
    "required": ["id", "text"],
}
SHOWN: Final = {"type": "array", "items": {"type": "string", "enum": ["kind", "score"]}}
KIND: Final = {"type": "string", "enum": ["a", "b"]}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", ["post.fields", "opt_fields"])
@pytest.mark.parametrize(("is_filtered", "is_replaced"), [(1, 0), (0, 0), (1, 1)])
def test_filters_are_judged_by_fields_that_a_list_shows_if_asked(
    is_filtered: bool, is_replaced: bool, name: str, tmp_path: Path
) -> None:
    shown = {"name": name, "in": "query", "schema": SHOWN, "style": "form", "explode": False}
    shown["description"] = "Comma-separated list of the fields of a post to return"
    kind = {"name": "kind", "in": "query", "schema": KIND, "description": "Only of this kind"}
    posts = [{"id": str(n), "text": "x", "kind": "ab"[n % 2], "score": n} for n in range(9)]

    def answer(request: Request) -> Answer:
        asked = {*(request.last(name) or "").split(",")} - {""}
        usual = {"id"} if is_replaced and asked else {"id", "text"}
        if asked - {"kind", "score"} or (one := request.last("kind")) not in (None, "a", "b"):
            return write(400, {})
        found = [each for each in posts if one in (None, each["kind"]) or not is_filtered]
        return write(200, [{k: each[k] for k in each if k in usual | asked} for each in found])

    item = json.loads(json.dumps(SEEN))
    item["properties"]["kind"] = KIND
    paths = {"/posts": {"get": describe("list_posts", {"type": "array", "items": item})}}
    paths["/posts"]["get"]["parameters"] = [shown, kind]
    found = [] if is_filtered else [("filter.selects", "query/kind")]
    assert list_serious(check(tmp_path, paths, answer)) == found


def test_a_list_is_not_asked_for_its_fields_where_nothing_more_may_be_sent(tmp_path: Path) -> None:
    shown = {"name": "fields", "in": "query", "schema": SHOWN, "style": "form", "explode": False}
    shown["description"] = "Comma-separated list of the fields of a post to return"
    item = {"type": "array", "items": SEEN}
    paths = {f"/{name}": {"get": describe(name, item)} for name in ("posts", "notes")}
    paths["/notes"]["get"]["parameters"] = [shown]
    run = check(tmp_path, paths, lambda _: write(200, [{"id": "a", "text": "x"}]), budget=1)
    assert run.verdict() is Verdict.INCONCLUSIVE


def test_the_page_on_which_fields_are_missing_is_requested_once(tmp_path: Path) -> None:
    shown = {"name": "fields", "in": "query", "schema": SHOWN, "style": "form", "explode": False}
    shown["description"] = "Comma-separated list of the fields of a post to return"
    things = {"type": "array", "items": SEEN}
    paths = {"/shops": {"get": describe("shops", things)}}
    paths["/shops/{shop}/posts"] = {"get": describe("posts", things, "200", None, SHOP, shown)}

    def answer(request: Request) -> Answer:
        if request.path == "/shops":
            return write(200, [{"id": n, "text": "x", "kind": "a", "score": 1} for n in "ab"])
        more = {name: 1 for name in (request.last("fields") or "").split(",") if name}
        return write(200, [{"id": "p", "text": "x", **more}] if "/b/" in request.path else [])

    posts = check(tmp_path, paths, answer).runs[-1]
    assert dict(posts.requests)["parents"] == len(["/a/posts", "/b/posts", "/b/posts?fields"])


@pytest.mark.parametrize(
    ("name", "reason", "found"),
    [
        ("node", "every response is nested deeper than 64: docpact does not read it", []),
        ("count", "", [("response.json", "body")]),
    ],
)
def test_a_deep_body_is_a_finding_only_if_its_schema_forbids_it(
    name: str, reason: str, found: list[tuple[str, str]], tmp_path: Path
) -> None:
    node = {"type": "object", "properties": {"node": {"$ref": "#/components/schemas/Node"}}}
    count = {"type": "object", "properties": {"count": WHOLE}}
    schema = {"$ref": "#/components/schemas/Node"} if name == "node" else count
    body: Any = {}
    for _ in range(80):
        body = {name: body}
    paths = {"/tree": {"get": describe("read_tree", schema)}}
    run = check(tmp_path, paths, lambda _: write(200, body), components={"schemas": {"Node": node}})
    assert [each.reason for each in run.runs] == [reason]
    assert list_serious(run) == found


@pytest.mark.parametrize(
    ("count", "names"), [(2, "GET /list0 and GET /list1"), (5, "GET /list0 and 4 other lists")]
)
def test_advice_names_few_of_the_lists_that_may_show_a_thing(
    count: int, names: str, tmp_path: Path
) -> None:
    lists = {
        f"/list{n}": {"get": describe(f"list{n}", {"type": "array", "items": NAMED})}
        for n in range(count)
    }
    paths = {**lists, "/shops/{shop}": {"get": describe("shop", NAMED, "200", None, SHOP)}}
    run = check(tmp_path, paths, lambda _: write(200, []))
    assert f"; {names} showed none: --param shop=VALUE" in str(run.not_tested)
