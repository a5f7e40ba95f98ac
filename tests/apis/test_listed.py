"""A thing and the list that shows it: contradictions are found, other ways to show it are not."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
from command import docpact, served
from servers.loopback import Answer, Handler, Request, Server
from sizes import sample

from docpact.apis import load_api
from docpact.conformance import run_api
from docpact.model import ApiRun, Level
from docpact.settings import Config, resolve

__all__ = ["docpact", "served"]

Serve: TypeAlias = Callable[[Handler], Server]
Thing: TypeAlias = Mapping[str, Any]
Show: TypeAlias = Callable[[Thing, int], Mapping[str, Any]]
"""Returns the changed fields of a thing, given the number of the request."""

STATES: Final = ("open", "closed")
FIELDS: Final[dict[str, Any]] = {
    "id": {"type": "string"},
    "name": {"type": "string"},
    "state": {"type": "string", "enum": ["open", "closed"]},
    "price": {
        "type": "object",
        "properties": {
            "amount": {"type": "number"},
            "currency": {"type": "string", "enum": ["EUR", "USD"]},
        },
    },
    "made": {"type": "string", "format": "date-time"},
    "public": {"type": "boolean"},
    "note": {"type": ["string", "null"]},
    "path": {"type": "string"},
    "score": {"type": "number"},
    "total": {"type": "number"},
    "view_count": {"type": "integer"},
    "likeCount": {"type": "integer"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "parts": {"type": "array", "items": {"type": "object"}},
}
THING: Final = {"type": "object", "properties": FIELDS, "required": ["id", "name"]}
SHORT: Final = {**THING, "properties": {n: FIELDS[n] for n in FIELDS if n != "public"}}


def make_document(item: Any = THING, *, wrapper: str = "") -> dict[str, Any]:
    """Return the document of a list and of one thing, which may be inside another object."""
    listed = {"type": "object", "properties": {"things": {"type": "array", "items": item}}}
    one = {"type": "object", "properties": {wrapper: THING}} if wrapper else THING
    parameter = {"name": "thing_id", "in": "path", "required": True, "schema": {"type": "string"}}

    def operation(name: str, schema: Any, *parameters: Any) -> Any:
        body = {"description": "ok", "content": {"application/json": {"schema": schema}}}
        return {"get": {"operationId": name, "parameters": parameters, "responses": {"200": body}}}

    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {
            "/things": operation("list", listed),
            "/things/{thing_id}": operation("get", one, parameter),
        },
    }


def make_things(number: int) -> dict[str, Thing]:
    return {
        f"t{n}": {
            "id": f"t{n}",
            "name": f"A long name, number {n}",
            "state": STATES[n % 2],
            "price": {"amount": 12.345 + n, "currency": "EUR"},
            "made": f"2025-03-{n % 27 + 1:02}T10:20:30Z",
            "public": n % 3 > 0,
            "note": f"note {n}",
            "path": f"/files/{n}",
            "score": 1.0,
            "total": n / 4,
            "view_count": n,
            "likeCount": n,
            "tags": ["red", f"tag {n}"],
            "parts": [{"number": n, "name": "a"}, {"number": n + 1, "name": "b"}],
        }
        for n in range(number)
    }


def same(_: Thing, __: int) -> Mapping[str, Any]:
    return {}


def serving(number: int, listed: Show, own: Show = same, *, wrapper: str = "") -> Handler:
    """Return a server that shows things in the list, and alone, as two functions say."""
    things, numbers = make_things(number), count()

    def handle(request: Request) -> Answer:
        now, one = next(numbers), request.path.removeprefix("/things").strip("/")
        if request.method not in ("GET", "HEAD"):
            return Answer(405, (("Allow", "GET"),))
        if not one:
            body: Any = {"things": [{**each, **listed(each, now)} for each in things.values()]}
        elif one in things:
            thing = {**things[one], **own(things[one], now)}
            body = {wrapper: thing} if wrapper else thing
        else:
            return Answer(404, JSON, b"{}")
        return Answer(200, JSON, json.dumps(body).encode())

    return handle


JSON: Final = (("Content-Type", "application/json"),)


def check(served: Serve, folder: Path, document: Any, handler: Handler) -> ApiRun:
    file = folder / "things.json"
    file.write_text(json.dumps(document))
    settings = resolve(Config(), {"target": served(handler).url})
    return run_api(load_api(str(file)), settings, {}, version="0")


def found(run: ApiRun) -> set[tuple[str, str]]:
    return {
        (each.rule, each.location)
        for one in run.runs
        for each in one.findings
        if each.rule in ("path.listed", "path.unlisted") or each.level is Level.BREAKING
    }


def priced(**changes: Any) -> Show:
    return lambda thing, _: {"price": {**thing["price"], **changes}}


BROKEN: Final[Mapping[str, tuple[str, Show]]] = {
    "currency": ("/price/currency", priced(currency="USD")),
    "cents": (
        "/price/amount",
        lambda thing, _: {
            "price": {**thing["price"], "amount": round(thing["price"]["amount"] * 100)}
        },
    ),
    "state": ("/state", lambda thing, _: {"state": STATES[thing["state"] == "open"]}),
    "name": ("/name", lambda _, __: {"name": "thing"}),
    "local time": ("/made", lambda thing, _: {"made": thing["made"].replace("Z", "+02:00")}),
    "flag": ("/public", lambda thing, _: {"public": not thing["public"]}),
    "total": ("/total", lambda thing, _: {"total": thing["total"] - 1}),
    "another note": ("/note", lambda _, __: {"note": "none"}),
    "other tags": ("/tags", lambda _, __: {"tags": ["wrong"]}),
    "names in another case": ("/name", lambda thing, _: {"name": thing["name"].upper()}),
    "other parts": ("/parts", lambda _, __: {"parts": [{"number": 99}]}),
}


@pytest.mark.sampled(6)
@pytest.mark.parametrize("wrapper", ["", "data", "thing"])
@pytest.mark.parametrize("number", sample((5, 30), 2))
@pytest.mark.parametrize("name", sample(BROKEN, 2))
def test_a_list_with_other_values_than_the_things_is_found(
    name: str, number: int, wrapper: str, served: Serve, tmp_path: Path
) -> None:
    field, show = BROKEN[name]
    document = make_document(wrapper=wrapper)
    run = check(served, tmp_path, document, serving(number, show, wrapper=wrapper))
    assert found(run) == {("path.listed", f"/{wrapper}{field}" if wrapper else field)}


def test_a_thing_with_other_values_than_the_list_is_found(served: Serve, tmp_path: Path) -> None:
    run = check(served, tmp_path, make_document(), serving(5, same, priced(currency="USD")))
    assert found(run) == {("path.listed", "/price/currency")}


def test_a_thing_below_another_is_compared(served: Serve, tmp_path: Path) -> None:
    document, shop = make_document(), {"name": "shop", "in": "path", "required": True}
    for operation in (each["get"] for each in document["paths"].values()):
        operation["parameters"] = [*operation["parameters"], {**shop, "schema": {"enum": ["a"]}}]
    paths = {f"/shops/{{shop}}{path}": each for path, each in document["paths"].items()}
    plain = serving(5, priced(currency="USD"))

    def handle(request: Request) -> Answer:
        return plain(replace(request, path=request.path.removeprefix("/shops/a")))

    run = check(served, tmp_path, {**document, "paths": paths}, handle)
    assert found(run) == {("path.listed", "/price/currency")}


def test_paths_may_end_with_a_slash(served: Serve, tmp_path: Path) -> None:
    document = make_document()
    paths = {f"{path}/": each for path, each in document["paths"].items()}
    plain = serving(5, priced(currency="USD"))

    def handle(request: Request) -> Answer:
        return plain(replace(request, path=request.path.removesuffix("/")))

    run = check(served, tmp_path, {**document, "paths": paths}, handle)
    assert found(run) == {("path.listed", "/price/currency")}


def test_a_list_of_another_kind_of_thing_is_a_note(served: Serve, tmp_path: Path) -> None:
    handler = serving(5, priced(currency="USD"))
    run = check(served, tmp_path, make_document(SHORT), handler)
    assert found(run) == {("path.unlisted", "/price/currency")}


def test_a_single_thing_that_differs_is_a_note(served: Serve, tmp_path: Path) -> None:
    run = check(served, tmp_path, make_document(), serving(1, priced(currency="USD")))
    assert found(run) == {("path.unlisted", "/price/currency")}


def test_a_count_that_differs_for_one_thing_is_a_note(served: Serve, tmp_path: Path) -> None:
    handler = serving(5, lambda thing, _: {"view_count": 9} if thing["id"] == "t1" else {})
    assert found(check(served, tmp_path, make_document(), handler)) == {
        ("path.unlisted", "/view_count")
    }


LACKING: Final[Mapping[str, tuple[str, Show, Show]]] = {
    "null in the list": (
        "/note",
        lambda thing, _: {} if thing["id"] == "t0" else {"note": None},
        same,
    ),
    "null objects": (
        "/price",
        lambda thing, _: {} if thing["id"] == "t0" else {"price": None},
        same,
    ),
    "no tags of the thing": ("/tags", same, lambda _, __: {"tags": []}),
    "fewer tags of the thing": ("/tags", same, lambda thing, _: {"tags": thing["tags"][1:]}),
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", LACKING)
def test_values_that_only_one_of_them_has_are_a_note(
    name: str, served: Serve, tmp_path: Path
) -> None:
    field, *shows = LACKING[name]
    run = check(served, tmp_path, make_document(), serving(5, *shows))
    assert found(run) - {("response.type", "/things/*/price")} == {("path.unlisted", field)}


def test_a_word_in_another_case_is_a_note(served: Serve, tmp_path: Path) -> None:
    shows = (lambda _, __: {"note": "GERMANY"}, lambda _, __: {"note": "Germany"})
    run = check(served, tmp_path, make_document(), serving(5, *shows))
    assert found(run) == {("path.unlisted", "/note")}


@pytest.mark.parametrize("one", ["t0", "t4"])
def test_a_listed_thing_that_does_not_exist_is_a_note(
    one: str, served: Serve, tmp_path: Path
) -> None:
    plain = serving(5, same)

    def handle(request: Request) -> Answer:
        is_gone = request.path.endswith(one)
        return Answer(404, JSON, b"{}") if is_gone else plain(request)

    run = check(served, tmp_path, make_document(), handle)
    assert found(run) == {("path.unlisted", "path/thing_id")}


STALE = "a list that is not up to date"

UNUSUAL: Final[Mapping[str, tuple[Show, Show]]] = {
    "the same": (same, same),
    "left out": (lambda thing, _: {"note": None, "name": "", "price": {}}, same),
    "shortened": (lambda thing, _: {"name": f"{thing['name'][:6]}…"}, same),
    "shortened with dots": (lambda thing, _: {"name": f"{thing['name'][:6]}..."}, same),
    "masked": (lambda thing, _: {"note": f"n****{thing['note'][-1]}"}, same),
    "masked with dots": (lambda _, __: {"note": "\u2022\u2022\u2022\u2022 42"}, same),
    "masked with letters": (lambda _, __: {"note": "XXXX-42"}, same),
    "redacted": (lambda _, __: {"note": "[redacted]"}, same),
    "escaped": (
        lambda thing, _: {"name": f"{thing['name']} &amp; more"},
        lambda thing, _: {"name": f"{thing['name']} & more"},
    ),
    "some tags": (lambda thing, _: {"tags": thing["tags"][:1]}, same),
    "no tags": (lambda _, __: {"tags": []}, same),
    "tags in another order": (lambda thing, _: {"tags": thing["tags"][::-1]}, same),
    "short parts": (
        lambda thing, _: {"parts": [{"number": each["number"]} for each in thing["parts"]]},
        same,
    ),
    "UUIDs in another case": (
        lambda thing, _: {"note": f"2C5EA4C0-4067-11E9-8BAD-9B1DEB4D3B7{thing['id'][1:]}"},
        lambda thing, _: {"note": f"2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7{thing['id'][1:]}"},
    ),
    "tags in another case": (lambda thing, _: {"tags": ["Red", *thing["tags"][1:]]}, same),
    "hosts in another case": (
        lambda thing, _: {"note": f"{thing['id']}.Example.COM"},
        lambda thing, _: {"note": f"{thing['id']}.example.com"},
    ),
    "with markup": (same, lambda thing, _: {"note": f"<p>{thing['note']}</p>"}),
    "rounded": (
        lambda thing, _: {
            "price": {**thing["price"], "amount": round(thing["price"]["amount"], 2)}
        },
        same,
    ),
    "another zone": (
        lambda thing, _: {"made": thing["made"].replace("T10:20:30Z", "T12:20:30+02:00")},
        same,
    ),
    "absolute addresses": (
        lambda thing, _: {"path": f"https://things.example{thing['path']}?signature=1"},
        same,
    ),
    "score": (lambda _, now: {"score": 0.5}, same),
    "counts for the reader": (lambda thing, _: {"view_count": thing["view_count"] + 1}, same),
    "counts in camel case": (lambda thing, _: {"likeCount": thing["likeCount"] + 1}, same),
    "counted looks": (same, lambda _, now: {"view_count": now}),
    "looks of the thing": (same, lambda thing, now: {"price": {"amount": now}}),
    "looks of the list": (lambda _, now: {"price": {"amount": now}}, same),
    "changed once": (
        lambda _, now: {"state": "open" if now < 24 else "closed"},
        lambda _, now: {"state": "open" if now < 24 else "closed"},
    ),
    STALE: (
        lambda thing, _: {"state": "open"} if thing["id"] == "t0" else {},
        lambda thing, _: {"state": "closed"} if thing["id"] == "t0" else {},
    ),
    "two servers": (
        lambda _, now: {"state": ("open", "closed")[now % 2]},
        lambda thing, now: {"state": ("open", "closed")[zlib.crc32(b"%d" % now) % 2]},
    ),
}


@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", sample(UNUSUAL, 3))
def test_other_ways_to_show_a_thing_conform(name: str, served: Serve, tmp_path: Path) -> None:
    run = check(served, tmp_path, make_document(), serving(5, *UNUSUAL[name]))
    note = {("path.unlisted", "/state")}
    least, most = {"two servers": (set(), note), STALE: (note, note)}.get(name, (set(), set()))
    assert least <= found(run) <= most


@pytest.mark.parametrize("number", [0, 1, 2])
def test_short_lists_conform(number: int, served: Serve, tmp_path: Path) -> None:
    assert found(check(served, tmp_path, make_document(), serving(number, same))) == set()


def test_the_mock_conforms(tmp_path: Path) -> None:
    file = tmp_path / "things.json"
    file.write_text(json.dumps(make_document()))
    run = run_api(load_api(str(file)), resolve(Config(), {}), {}, version="0")
    assert found(run) == set()
    kept = [p for one in run.runs for p in one.results if p.promise.rule == "path.listed"]
    assert kept[0].observations > 1


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("text", "name", "is_exact", "is_found"),
    [
        ("The id.", "thing-x{}", False, True),
        ("The id.", "thing-x{}", True, False),
        ("The id or its beginning.", "thing-x{}", False, False),
        ("The id.", "c0ffee0{}", False, False),
    ],
)
def test_the_beginning_of_an_id_names_nothing(
    text: str, name: str, is_exact: bool, is_found: bool, served: Serve, tmp_path: Path
) -> None:
    names = [name.format(n) for n in range(4)]

    def handle(request: Request) -> Answer:
        one = request.path.removeprefix("/things").strip("/")
        found = [n for n in names if n == one or (one and n.startswith(one) and not is_exact)]
        things = [{"id": each, "name": each.upper()} for each in (found if one else names)]
        body = {"things": things} if not one else things[0] if things else {}
        return Answer(200 if things else 404, JSON, json.dumps(body).encode())

    document = make_document()
    document["paths"]["/things/{thing_id}"]["get"]["parameters"][0]["description"] = text
    assert found(check(served, tmp_path, document, handle)) == (
        {("path.identity", "/id")} if is_found else set()
    )
