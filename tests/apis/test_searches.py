"""POST requests that look things up: broken servers are caught, and unusual ones are not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
from servers.loopback import Answer, Request, Server
from sizes import sample

from docpact.apis import load_api
from docpact.conformance import run_api
from docpact.model import ApiRun, Level, Verdict
from docpact.settings import Config, resolve

Body: TypeAlias = dict[str, Any]
Search: TypeAlias = Callable[[Any], tuple[int, Any]]

KINDS: Final = ["cat", "dog"]
SHOWN: Final[Body] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "kind": {"enum": KINDS},
        "note": {"type": ["string", "null"]},
    },
    "required": ["id", "kind", "note"],
}
LIST: Final = {
    "type": "object",
    "properties": {"pets": {"type": "array", "items": SHOWN}, "count": {"type": "integer"}},
    "required": ["pets", "count"],
}
FIELDS: Final = {
    "kind": {"enum": KINDS},
    "limit": {"type": "integer", "minimum": 1, "maximum": 50},
    "text": {"type": "string"},
    "ages": {"type": "array", "items": {"type": "integer"}},
}
SENT: Final = {"type": "object", "properties": FIELDS}
PETS: Final = [{"id": n, "kind": KINDS[n % 2], "note": None} for n in range(6)]


def describe(schema: Any, sent: Any = SENT, **more: Any) -> Body:
    content = {"application/json": {"schema": schema}}
    body = {"required": True, "content": {"application/json": {"schema": sent}}}
    answers = {"200": {"description": "", "content": content}, **more}
    return {"requestBody": body, "responses": answers}


def document(path: str = "/pets/search", operation: Body | None = None) -> Body:
    paths = {path: {"post": operation or describe(LIST)}}
    return {"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"}, "paths": paths}


def is_valid(body: Any) -> bool:
    kinds: Mapping[str, Any] = {"kind": str, "limit": int, "text": str, "ages": list}
    if not isinstance(body, dict):
        return False
    if any(not isinstance(body[name], kind) for name, kind in kinds.items() if name in body):
        return False
    ages = all(isinstance(each, int) for each in body.get("ages", ()))
    return ages and body.get("kind", "cat") in KINDS and 1 <= body.get("limit", 1) <= 50


def search(body: Body) -> tuple[int, Any]:
    """Search as documented."""
    if not is_valid(body):
        return 422, {"detail": "invalid"}
    found = [pet for pet in PETS if pet["kind"] == body.get("kind", pet["kind"])]
    found = [] if "text" in body or body.get("ages") else found[: body.get("limit", 50)]
    return 200, {"pets": found, "count": len(found)}


def shows(**fields: Any) -> Search:
    """Return a server that shows other values of some fields of each pet."""

    def answer(body: Body) -> tuple[int, Any]:
        status, found = search(body)
        for name in ("pets",) if status == 200 else ():
            found[name] = [{**pet, **fields} for pet in found[name]]
        return status, found

    return answer


def ignores(*names: str) -> Search:
    """Return a server that does not apply some fields of the body."""

    def answer(body: Body) -> tuple[int, Any]:
        kept = {name: value for name, value in body.items() if name not in names}
        return search(kept) if is_valid(body) else search(body)

    return answer


PER_KIND: Final[Body] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 50, "description": "Pets per kind."}
}


def limits_kinds(body: Body) -> tuple[int, Any]:
    """Show at most as many pets of each kind as are asked for."""
    status, found = search({name: each for name, each in body.items() if name != "limit"})
    if status != 200 or not is_valid(body):
        return search(body)
    groups = [[pet for pet in found["pets"] if pet["kind"] == kind] for kind in KINDS]
    pets = [pet for group in groups for pet in group[: body.get("limit", 50)]]
    return 200, {"pets": pets, "count": len(pets)}


def fails(when: Callable[[Body], bool], status: int = 500) -> Search:
    return lambda body: (status, {}) if when(body) else search(body)


def without(name: str) -> Search:
    def answer(body: Body) -> tuple[int, Any]:
        status, found = search(body)
        return status, {key: value for key, value in found.items() if key != name}

    return answer


def finds_nothing(body: Body) -> tuple[int, Any]:
    return (200, {"pets": [], "count": 0}) if "kind" in body and is_valid(body) else search(body)


def accepts(*names: str) -> Search:
    """Return a server that ignores invalid values of some fields."""

    def answer(body: Body) -> tuple[int, Any]:
        names_kept = [name for name in body if name not in names or is_valid({name: body[name]})]
        return search({name: body[name] for name in names_kept})

    return answer


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    search: Search
    rule: str = ""
    where: str = ""
    document: Body | None = None
    level: Level = Level.BREAKING


PAGED: Final = document(
    operation=describe(
        {
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": SHOWN},
                "total": {"type": "integer"},
            },
        },
        {
            "type": "object",
            "properties": {
                "kinds": {"type": "array", "items": {"enum": KINDS}},
                "limit": FIELDS["limit"],
                "offset": {"type": "integer", "minimum": 0},
            },
        },
    )
)


def paged(*ignored: str) -> Search:
    """Return a server with pages and several kinds in a body; some fields have no effect."""

    def answer(body: Any) -> tuple[int, Any]:
        body = body if isinstance(body, dict) else {"limit": ""}
        kinds, offset = body.get("kinds", []), body.get("offset", 0)
        is_known = isinstance(kinds, list) and {*kinds} <= {*KINDS}
        if not is_known or type(offset) is not int or offset < 0 or not is_valid(body):
            return 422, {"detail": "invalid"}
        kinds = [] if "kinds" in ignored else kinds
        found = [pet for pet in PETS if not kinds or pet["kind"] in kinds]
        size = 50 if "limit" in ignored else body.get("limit", 50)
        offset = 0 if "offset" in ignored else offset
        return 200, {"items": found[offset : offset + size], "total": len(found)}

    return answer


COUNT: Final = {"type": "integer"}
OLD: Final = {
    "type": "object",
    "properties": {"id": COUNT, "age": COUNT, "name": {"type": "string"}},
    "required": ["id", "age", "name"],
}
AGED: Final = document(
    operation=describe(
        {"type": "array", "items": OLD},
        {"type": "object", "properties": {"min_age": COUNT, "name": {"type": "string"}}},
    )
)


def aged(*ignored: str) -> Search:
    """Return a search by a bound and by a part of a name; some fields have no effect."""

    def answer(body: Any) -> tuple[int, Any]:
        sent = body if isinstance(body, dict) else {"name": 0}
        least, part = sent.get("min_age", 0), sent.get("name", "")
        if type(least) is not int or not isinstance(part, str):
            return 422, {"detail": "invalid"}
        least, part = 0 if "min_age" in ignored else least, "" if "name" in ignored else part
        pets = ((n, n * 5 % 7, f"{'Rex' * (n % 2)}Rex {n}") for n in range(9))
        found = [each for each in pets if each[1] >= least and part in each[2]]
        return 200, [dict(zip(("id", "age", "name"), each, strict=True)) for each in found]

    return answer


SAID: Final = document(
    operation=describe(
        {"type": "array", "items": OLD},
        {
            "type": "object",
            "properties": {
                "min_age": {**COUNT, "description": "Only pets of at least this age."},
                "name": {"type": "string", "description": "Only pets with exactly this name."},
                "offset": {**COUNT, "minimum": 0, "description": "Number of pets to skip."},
                "sort": {"type": "string", "enum": ["age", "-age"], "description": "The order."},
            },
        },
    )
)
"""A search whose fields have descriptions."""


def said(change: Callable[[Body], Body] = dict, later: int = 0) -> Search:
    """Return a search that changes the body first, and skips more pets than it says."""

    def answer(body: Any) -> tuple[int, Any]:
        body = change(body) if isinstance(body, dict) else {"sort": 0}
        kinds = {"min_age": int, "name": str, "offset": int, "sort": str}
        if any(type(body[name]) is not kinds.get(name, type(body[name])) for name in body):
            return 422, {"detail": "invalid"}
        sort, offset = body.get("sort", "id"), body.get("offset", 0)
        if offset < 0 or sort not in ("id", "age", "-age"):
            return 422, {"detail": "invalid"}
        pets: list[Body] = [{"id": n, "age": n * 5 % 7, "name": f"Rex {n}"} for n in range(9)]
        found = [p for p in pets if p["age"] >= body.get("min_age", 0)]
        found = [p for p in found if p["name"] == body.get("name", p["name"])]
        field = sort.lstrip("-")
        found.sort(key=lambda pet: pet[field], reverse=sort.startswith("-"))
        return 200, found[offset + later * (offset > 0) :]

    return answer


def forget(name: str) -> Search:
    return said(lambda body: {n: each for n, each in body.items() if n != name})


def above(body: Body) -> Body:
    least = body.get("min_age")
    return {**body, "min_age": least + 1} if type(least) is int else body


def number(said: str = "Number of the page.") -> Body:
    """Return the document of a search with pages by their number, with a description or none."""
    page = {**COUNT, "minimum": 1, "default": 1, "description": said}
    total = {**COUNT, "description": "Number of all pets that match."}
    pets = {"type": "array", "items": SHOWN}
    shown = {"type": "object", "properties": {"pets": pets, "total": total}}
    fields = {"kind": FIELDS["kind"], "page": page, "page_size": FIELDS["limit"]}
    return document(operation=describe(shown, {"type": "object", "properties": fields}))


def number_pages(
    count: Callable[[Body, int, int], int] = lambda _, found, __: found,
    turn: Callable[[int], int] = int,
) -> Search:
    """Return a search with numbers of pages; given the body, the found and the shown pets."""

    def answer(body: Any) -> tuple[int, Any]:
        body = body if isinstance(body, dict) else {"page": 0}
        page, size = body.get("page", 1), body.get("page_size", 4)
        is_known = is_valid(body | {"limit": size}) and type(page) is int and page > 0
        if not is_known or type(size) is not int:
            return 422, {"detail": "invalid"}
        found = [pet for pet in PETS if pet["kind"] == body.get("kind", pet["kind"])]
        start = (turn(page) - 1) * size
        shown = found[start : start + size]
        return 200, {"pets": shown, "total": count(body, len(found), len(shown))}

    return answer


BROKEN: Final = (
    Case("a text as id", shows(id="7"), "response.type", "/id"),
    Case("null as kind", shows(kind=None), "response", "/kind"),
    Case("another kind", shows(kind="cow"), "response", "/kind"),
    Case("no count", without("count"), "response", "/count"),
    Case("500 without kind", fails(lambda body: "kind" not in body), "write.server_error"),
    Case("500 without limit", fails(lambda b: "text" in b and "limit" not in b), "write.server_e"),
    Case("500 for a dog", fails(lambda body: body.get("kind") == "dog"), "write.server_error"),
    Case("500 for a short page", fails(lambda body: body.get("limit") == 1), "write.server_error"),
    Case("500 for a wrong type", fails(lambda b: "ages" in b and not is_valid(b)), "write.server"),
    Case("the filter is ignored", ignores("kind"), "write.selects", "body/kind"),
    Case("the filter finds nothing", finds_nothing, "write.selects", "body/kind"),
    Case("the limit is ignored", ignores("limit"), "write.limited", "body/limit"),
    Case("201", lambda body: (201, search(body)[1]), "response.status"),
    Case("204", lambda _: (204, None), "response"),
    Case("any kind", accepts("kind"), "write.rejects", "body/kind", level=Level.ADDITIVE),
    Case("any limit", accepts("limit"), "write.rejects", "body/limit", level=Level.ADDITIVE),
    Case("several kinds are ignored", paged("kinds"), "write.selects", "body/kinds", PAGED),
    Case("a bound", aged("min_age"), "write.suspect", "body/min_age", AGED, level=Level.NOTE),
    Case("a name", aged("name"), "write.suspect", "body/name", AGED, level=Level.NOTE),
    Case("the limit of pages", paged("limit"), "write.limited", "body/limit", PAGED),
    Case("a described bound", forget("min_age"), "write.selects", "body/min_age", SAID),
    Case("a bound that is excluded", said(above), "write.selects", "body/min_age", SAID),
    Case("a described name", forget("name"), "write.selects", "body/name", SAID),
    Case("a described order", forget("sort"), "write.sorted", "body/sort", SAID),
    Case("a described offset", forget("offset"), "write.skips", "body/offset", SAID),
    Case("an offset that skips two", said(later=1), "write.skips", "body/offset", SAID),
    Case("a page", number_pages(turn=lambda _: 1), "write.skips", "body/page", number()),
    Case("a page from 0 on", number_pages(turn=lambda n: n + 1), "write.s", "body/page", number()),
    Case("an offset", paged("offset"), "write.suspect", "body/offset", PAGED, level=Level.NOTE),
    Case(
        "a page without a description",
        number_pages(turn=lambda _: 1),
        "write.suspect",
        "body/page",
        number(""),
        level=Level.NOTE,
    ),
    Case("the page", number_pages(lambda *e: e[2]), "write.counted", "/total", number()),
    Case("the list", number_pages(lambda *_: len(PETS)), "write.counted", "/total", number()),
    Case(
        "one more beside a kind",
        number_pages(lambda body, found, _: found + ("kind" in body)),
        "write.counted",
        "/total",
        number(),
    ),
)


def list_unknown(body: Body) -> tuple[int, Any]:
    status, found = shows(kind=None)(body)
    return status, found.get("pets")


def nothing(body: Body) -> tuple[int, Any]:
    return (200, {"pets": [], "count": 0}) if is_valid(body) else search(body)


SELECT: Final = {"type": "array", "items": {"enum": [*SHOWN["properties"]]}}


def selects(body: Body) -> tuple[int, Any]:
    """Show only the fields that the body selects."""
    names = body.get("select") or [*SHOWN["properties"]]
    if not isinstance(names, list) or not {*names} <= {*SHOWN["properties"]}:
        return 422, {"detail": "invalid"}
    status, found = search({name: body[name] for name in body if name != "select"})
    for name in ("pets",) if status == 200 else ():
        found[name] = [{field: pet[field] for field in names} for pet in found[name]]
    return status, found


REFUSED: Final = {"400": {"description": "name a filter"}, "422": {"description": "invalid"}}
KIND_OR_NULL: Final = {
    **SHOWN,
    "properties": {**SHOWN["properties"], "kind": {"enum": [*KINDS, None]}},
}
UNUSUAL: Final = (
    Case(
        "no kind is known",
        lambda body: (200, []) if "kind" in body and is_valid(body) else list_unknown(body),
        document=document(operation=describe({"type": "array", "items": KIND_OR_NULL})),
    ),
    Case("as documented", search),
    Case("pages and several kinds", paged(), document=PAGED),
    Case("nothing is found", nothing),
    Case("a bound and a part of a name", aged(), document=AGED),
    Case("descriptions", said(), document=SAID),
    Case("numbers of pages", number_pages(), document=number()),
    Case(
        "an estimated total",
        number_pages(lambda *each: each[2] + 1),
        document=json.loads(json.dumps(number()).replace("Number of all", "About as many")),
    ),
    Case(
        "fields are selected",
        selects,
        document=document(
            operation=describe(LIST, SENT | {"properties": FIELDS | {"select": SELECT}})
        ),
    ),
    Case("further fields are ignored", ignores("text", "ages")),
    Case(
        "a limit for each kind",
        limits_kinds,
        document=document(operation=describe(LIST, SENT | {"properties": FIELDS | PER_KIND})),
    ),
    Case(
        "a filter is needed",
        lambda body: search(body) if body.keys() - {"limit"} else (400, {}),
        document=document(operation=describe(LIST, **REFUSED)),
    ),
    Case(
        "a count",
        lambda body: (200, 3) if is_valid(body) else (422, {}),
        document=document("/pets/count", describe(COUNT)),
    ),
    Case(
        "a number as body",
        lambda body: (200, []) if isinstance(body, int) else (422, {}),
        document=document("/pets/filter", describe({"type": "array", "items": SHOWN}, COUNT)),
    ),
    Case(
        "a list",
        lambda body: (200, search(body)[1].get("pets")) if is_valid(body) else (422, {}),
        document=document("/pets/filter", describe({"type": "array", "items": SHOWN})),
    ),
)


def check(case: Case, folder: Path) -> tuple[ApiRun, list[Body]]:
    file, sent = folder / "pets.json", list[Body]()
    file.write_text(json.dumps(case.document or document()))

    def answer(request: Request) -> Answer:
        sent.append(json.loads(request.body))
        status, body = case.search(sent[-1])
        text = b"" if status == 204 else json.dumps(body).encode()
        return Answer(status, (("Content-Type", "application/json"),) if text else (), text)

    with Server(answer) as server:
        settings = resolve(Config(), {"target": server.url})
        run = run_api(load_api(str(file)), settings, {}, version="0", allow_writes=True)
    return run, sent


def findings(run: ApiRun) -> list[tuple[str, str, str, Level]]:
    found = [each for one in run.runs for each in one.findings]
    return [(each.rule, each.location, each.observed, each.level) for each in found]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("case", sample(BROKEN, 4, attrgetter("name")))
def test_a_broken_search_is_caught(case: Case, tmp_path: Path) -> None:
    run, _ = check(case, tmp_path)
    found = findings(run)
    about = [e for e in found if e[0].startswith(case.rule) and case.where in e[1]]
    assert case.level in [e[3] for e in about], (found, run.not_tested)
    assert run.left_behind == ()


@pytest.mark.parametrize("case", sample(UNUSUAL, 4, attrgetter("name")))
def test_an_unusual_search_conforms(case: Case, tmp_path: Path) -> None:
    run, sent = check(case, tmp_path)
    assert (findings(run), run.verdict(), run.left_behind) == ([], Verdict.CONFORMS, ())
    assert 3 <= len(sent) < 50


@pytest.mark.parametrize(("shift", "rules"), [(0, set()), (1, {"path.identity"})])
def test_a_search_supplies_ids_for_the_paths_below_it(
    shift: int, rules: set[str], tmp_path: Path
) -> None:
    named = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    content = {"content": {"application/json": {"schema": SHOWN}}}
    responses = {"200": {"description": "", **content}, "404": {"description": "none"}}
    read = {"get": {"parameters": [named], "responses": responses}}
    pets = document("/pets/filter")
    pets["paths"]["/pets/{id}"] = read
    file = tmp_path / "pets.json"
    file.write_text(json.dumps(pets))

    def answer(request: Request) -> Answer:
        if request.path == "/pets/filter" and request.method == "POST":
            status, body = search(json.loads(request.body))
        else:
            name = request.path.removeprefix("/pets/")
            known = [number for number, pet in enumerate(PETS) if str(pet["id"]) == name]
            status, body = (200, PETS[known[0] - shift]) if known else (404, {})
        return Answer(status, (("Content-Type", "application/json"),), json.dumps(body).encode())

    with Server(answer) as server:
        settings = resolve(Config(), {"target": server.url})
        run = run_api(load_api(str(file)), settings, {}, version="0", allow_writes=True)
    assert (len(run.runs), dict(run.not_tested)) == (2, {})
    assert {rule for rule, _, _, level in findings(run) if level is Level.BREAKING} == rules


def test_a_search_below_a_listed_thing_supplies_ids_too(tmp_path: Path) -> None:
    shop = {"type": "object", "properties": {"shop": {"type": "string"}}, "required": ["shop"]}
    named = [
        {"name": name, "in": "path", "required": True, "schema": {"type": kind}}
        for name, kind in (("shop", "string"), ("id", "integer"))
    ]
    shown = describe(SHOWN, **{"404": {"description": "none"}})["responses"]
    paths = {
        "/shops": {"get": {"responses": describe({"type": "array", "items": shop})["responses"]}},
        "/shops/{shop}/pets/filter": {"parameters": named[:1], "post": describe(LIST)},
        "/shops/{shop}/pets/{id}": {"parameters": named, "get": {"responses": shown}},
    }
    file = tmp_path / "shops.json"
    file.write_text(json.dumps({**document(), "paths": paths}))

    def answer(request: Request) -> Answer:
        _, _, *rest = request.path.split("/")
        known: dict[str, Any] = {str(pet["id"]): pet for pet in PETS}
        body: Any
        if not rest:
            status, body = 200, [{"shop": "north"}]
        elif rest[0] != "north":
            status, body = 404, {}
        elif rest[2] == "filter":
            status, body = search(json.loads(request.body))
        else:
            status, body = (200, known[rest[2]]) if rest[2] in known else (404, {})
        return Answer(status, (("Content-Type", "application/json"),), json.dumps(body).encode())

    with Server(answer) as server:
        settings = resolve(Config(), {"target": server.url})
        run = run_api(load_api(str(file)), settings, {}, version="0", allow_writes=True)
    assert (len(run.runs), run.not_tested, findings(run)) == (3, {}, [])


def test_a_search_without_a_response_is_sent_again_once(tmp_path: Path) -> None:
    run, sent = check(Case("", lambda _: (0, None)), tmp_path)
    assert (len(sent), run.verdict()) == (2, Verdict.DRIFT)
    assert [each[0] for each in findings(run)] == ["protocol.answer"]


def test_a_connection_that_broke_once_is_no_finding(tmp_path: Path) -> None:
    answers = iter([(0, None)])
    run, sent = check(Case("", lambda body: next(answers, None) or search(body)), tmp_path)
    assert (findings(run), run.verdict(), sent[0]) == ([], Verdict.CONFORMS, sent[1])


def test_one_fault_of_whole_bodies_is_one_finding(tmp_path: Path) -> None:
    run, _ = check(Case("", fails(lambda body: "ages" in body)), tmp_path)
    assert [each[:2] for each in findings(run)].count(("write.server_error", "search")) == 1


def test_a_search_that_creates_something_is_asked_once(tmp_path: Path) -> None:
    _, sent = check(BROKEN[12], tmp_path)
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/saved_searches", describe(SHOWN)),
        ("/filter", describe(SHOWN)),
        ("/reports/filter", describe({"type": "object", "properties": {"report_id": COUNT}})),
        ("/lists", describe(LIST)),
        ("/pets", {**describe(LIST), "summary": "Find or create pets"}),
        ("/pets", describe(LIST)),
        ("/pets/import", {**describe(LIST), "summary": "List of imported pets"}),
        ("/pets/_delete_by_query", describe(LIST)),
    ],
)
def test_nothing_else_is_taken_for_a_search(path: str, operation: Body, tmp_path: Path) -> None:
    run, sent = check(Case("", search, document=document(path, operation)), tmp_path)
    ((_, reason),) = run.not_tested.items()
    assert (sent, reason.partition(":")[0]) == ([], "POST")


def test_a_search_below_a_created_thing_is_tested_while_it_exists(tmp_path: Path) -> None:
    shop = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
    named = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    sent = {"type": "object", "properties": {"name": {"type": "string"}}}
    paths = {
        "/shops": {"post": describe(shop, sent)},
        "/shops/{id}": {"parameters": [named], "delete": {"responses": {"200": {}}}},
        "/shops/{id}/pets/search": {"parameters": [named], "post": describe(LIST)},
    }
    file, shops, found = tmp_path / "shops.json", list[int](), list[int]()
    file.write_text(json.dumps({**document(), "paths": paths}))

    def answer(request: Request) -> Answer:
        _, _, *rest = request.path.split("/")
        if not rest:
            is_named = isinstance(json.loads(request.body).get("name", ""), str)
            status, body = (200, {"id": len(shops) + 1}) if is_named else (422, {})
            shops.extend([len(shops) + 1] if is_named else [])
        elif rest[1:]:
            found.append(int(rest[0]) in shops)
            status, body = search(json.loads(request.body))
        else:
            status, body = 200, {}
            shops[int(rest[0]) - 1] = 0
        return Answer(status, (("Content-Type", "application/json"),), json.dumps(body).encode())

    with Server(answer) as server:
        settings = resolve(Config(), {"target": server.url})
        run = run_api(load_api(str(file)), settings, {}, version="0", allow_writes=True)
    assert (findings(run), run.left_behind, run.not_tested) == ([], (), {})
    assert (len(found) > 20, all(found), sum(shops)) == (True, True, 0)
