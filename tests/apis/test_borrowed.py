"""Path parameters whose values are a field of the items of another list, or only documented."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from command import Docpact, docpact, served
from servers.loopback import Answer, Handler, Request, Server

from docpact.model.pointer import to_list

__all__ = ["docpact", "served"]

Serve = Callable[[Handler], Server]
HALLS = ("north", "south")
SHOWS = [{"id": n, "hall": HALLS[n % 2], "title": f"show {n}"} for n in range(8)]
FIELDS = {"id": {"type": "integer"}, "hall": {"type": "string"}, "title": {"type": "string"}}
SHOW = {"type": "object", "properties": FIELDS, "required": ["id", "hall", "title"]}


def get(schema: Any, *parameters: Any) -> Any:
    described = {
        status: {"description": "", "content": {"application/json": {"schema": body}}}
        for status, body in (("200", schema), ("404", {"type": "object"}))
    }
    return {"get": {"parameters": parameters, "responses": described}}


def write_document(docpact: Docpact, **keywords: Any) -> None:
    """Write a document of shows, and of the seats of a hall, whose parameter has some keywords."""
    schema = {"type": "string", **keywords}
    hall = {"name": "hall", "in": "path", "required": True, "schema": schema}
    seats = {"type": "array", "items": {"type": "object", "properties": {"seat": FIELDS["id"]}}}
    paths = {
        "/shows": get({"type": "array", "items": SHOW}),
        "/halls/{hall}/seats": get(seats, hall),
    }
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    (docpact.folder / "theater.json").write_text(json.dumps(document))


def serve_halls(*halls: str, status: int = 404, seats: Any = ({"seat": 1},)) -> Handler:
    """Return a server that knows the seats of some halls."""

    def answer(request: Request) -> Answer:
        _, first, *rest = request.path.split("/")
        known = SHOWS if first == "shows" else seats if rest[:1] and rest[0] in halls else None
        if request.method not in ("GET", "HEAD"):
            return Answer(405)
        body = json.dumps(known if known is not None else {}).encode()
        headers = (("content-type", "application/json"),)
        return Answer(200 if known is not None else status, headers, body)

    return answer


def check(docpact: Docpact, server: Server) -> tuple[int, Any]:
    done = docpact("check", "theater.json", "--target", server.url, "--json", "run.json")
    return done.returncode, json.loads((docpact.folder / "run.json").read_text())


def test_a_field_of_the_same_name_gives_the_value(docpact: Docpact, served: Serve) -> None:
    write_document(docpact)
    server = served(serve_halls(*HALLS))
    code, run = check(docpact, server)
    assert (code, run["not_tested"]) == (0, [])
    assert "/halls/north/seats" in {request.path for request in server.requests}


def test_what_is_wrong_below_such_a_value_is_found(docpact: Docpact, served: Serve) -> None:
    write_document(docpact)
    code, run = check(docpact, served(serve_halls(*HALLS, seats=[{"seat": "first"}])))
    findings = [f["rule"] for each in run["operations"] for f in each["findings"]]
    assert (code, "response.type" in findings) == (1, True)


def test_another_thing_is_tried_where_the_first_has_nothing_below_it(
    docpact: Docpact, served: Serve
) -> None:
    write_document(docpact)
    server = serve_halls("south", seats=[{"seat": "first"}])
    code, run = check(docpact, served(server))
    findings = [f["rule"] for each in run["operations"] for f in each["findings"]]
    assert (code, run["not_tested"]) == (1, [])
    assert "response.type" in findings


@pytest.mark.parametrize("path", ["/halls/{hall}/seats", "/halls/{hall}/seats/count"])
def test_the_last_of_many_things_is_tried_as_well(
    path: str, docpact: Docpact, served: Serve
) -> None:
    halls = [f"hall {number}" for number in range(18)]
    hall = {"name": "hall", "in": "path", "required": True, "schema": TEXT}
    seats = {"type": "array", "items": {"type": "object", "properties": {"seat": FIELDS["id"]}}}
    paths = {
        "/halls": get({"type": "array", "items": {"type": "object", "properties": {"id": TEXT}}}),
        path: get(seats, hall),
    }
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    (docpact.folder / "theater.json").write_text(json.dumps(document))

    def answer(request: Request) -> Answer:
        body: Any = [{"id": each} for each in halls]
        if request.path != "/halls":
            body = [{"seat": "first"}] if "hall%2017" in request.path else []
        status = 200 if request.method in ("GET", "HEAD") else 405
        return Answer(status, (("content-type", "application/json"),), json.dumps(body).encode())

    code, run = check(docpact, served(answer))
    findings = [f["rule"] for each in run["operations"] for f in each["findings"]]
    assert (code, "response.type" in findings) == (1, True)


def test_the_requests_of_operations_side_by_side_are_counted_once(
    docpact: Docpact, served: Serve
) -> None:
    hall = {"name": "hall", "in": "path", "required": True, "schema": TEXT}
    thing = {"type": "object", "properties": {"id": TEXT}}
    below = {f"/halls/{{hall}}/{n}": get({"type": "array", "items": thing}, hall) for n in "abcd"}
    paths = {"/halls": get({"type": "array", "items": thing}), **below}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    (docpact.folder / "theater.json").write_text(json.dumps(document))

    def answer(request: Request) -> Answer:
        body = [{"id": f"hall{n}"} for n in range(9)] if request.path == "/halls" else []
        status = 200 if request.method in ("GET", "HEAD") else 405
        return Answer(status, (("content-type", "application/json"),), json.dumps(body).encode())

    server = served(answer)
    _, run = check(docpact, server)
    assert sum(each["requests"] for each in run["operations"]) == len(server.requests)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("keywords", [{}, {"default": "east"}, {"examples": ["east"]}])
@pytest.mark.parametrize("status", [404, 410])
def test_a_value_that_the_server_does_not_know_tests_nothing(
    status: int, keywords: Any, docpact: Docpact, served: Serve
) -> None:
    write_document(docpact, **keywords)
    code, run = check(docpact, served(serve_halls(status=status)))
    (untested,) = run["not_tested"]
    tried = "east" if keywords else "north"
    assert code == 0
    assert untested["reason"] == f"the server does not know hall={tried}: --param hall=VALUE"


def test_a_documented_value_that_is_refused_is_a_finding(docpact: Docpact, served: Serve) -> None:
    write_document(docpact, default="east")
    code, run = check(docpact, served(serve_halls(status=400)))
    assert (code, run["not_tested"]) == (1, [])


@pytest.mark.parametrize("status", [404, 400, 422])
def test_a_value_of_the_user_that_is_unknown_is_inconclusive(
    docpact: Docpact, served: Serve, status: int
) -> None:
    write_document(docpact)
    target = ("--target", served(serve_halls(status=status)).url)
    done = docpact("check", "theater.json", *target, "--param", "hall=west")
    said = " ".join(done.stdout.split())
    assert (done.returncode, "the server does not know hall=west" in said) == (3, True)


HALL = {"type": "object", "properties": {"code": {"type": "string"}}}
TEXT = {"type": "string"}
LISTINGS = {
    "a map": ("/halls", {"type": "object", "additionalProperties": HALL}, {n: {} for n in HALLS}),
    "names": ("/halls", {"type": "array", "items": TEXT}, [*HALLS]),
    "another path": (
        "/me/halls",
        {"type": "array", "items": HALL},
        [{"code": name} for name in HALLS],
    ),
    "the name of the array": (
        "/buildings.list",
        {"type": "object", "properties": {"halls": {"type": "array", "items": HALL}}},
        {"halls": [{"code": name} for name in HALLS]},
    ),
    "an array, or an object with one": (
        "/halls",
        {
            "oneOf": [
                {"type": "array", "items": HALL},
                {"type": "object", "properties": {"data": {"type": "array", "items": HALL}}},
            ]
        },
        [{"code": name} for name in HALLS],
    ),
    "references": (
        "/me/halls",
        {"type": "array", "items": {"type": "object", "properties": {"at": TEXT, "hall": HALL}}},
        [{"at": "now", "hall": {"code": name}} for name in HALLS],
    ),
}
"""Path, schema and body of operations that name halls."""


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("listing", "halls", "seat", "rules"),
    [
        *((listing, HALLS, "x", [["response.type"]]) for listing in LISTINGS),
        ("a map", HALLS, 1, [[]]),
        ("a map", (), 1, []),
        ("names", (), 1, []),
        ("references", (), 1, []),
    ],
)
def test_whatever_names_things_gives_the_paths_below_them(
    docpact: Docpact,
    served: Serve,
    listing: str,
    halls: Any,
    seat: Any,
    rules: list[list[str]],
) -> None:
    write_document(docpact)
    path, schema, body = LISTINGS[listing]
    document = json.loads((docpact.folder / "theater.json").read_text())
    document["paths"][path] = get(schema)
    del document["paths"]["/shows"]
    (docpact.folder / "theater.json").write_text(json.dumps(document))
    below = serve_halls(*halls, seats=[{"seat": seat}])

    def answer(request: Request) -> Answer:
        is_listing = request.path == path and request.method == "GET"
        known = Answer(200, (("content-type", "application/json"),), json.dumps(body).encode())
        return known if is_listing else below(request)

    code, run = check(docpact, served(answer))
    found = [
        [f["rule"] for f in o["findings"]] for o in run["operations"] if "seats" in o["operation"]
    ]
    assert (code, found) == (int(any(rules)), rules)


def test_lists_that_show_each_others_names_are_all_reached(docpact: Docpact, served: Serve) -> None:
    seat = {"hall": TEXT, "show_id": TEXT, "seat": TEXT}
    show = {"hall": TEXT, "show_id": TEXT, "title": TEXT}
    responses = {
        "/halls": [{"hall": "north"}],
        "/halls/{hall}/shows": [{"hall": "north", "show_id": "s7", "title": "Faust"}],
        "/halls/{hall}/shows/{show_id}": {"hall": "north", "show_id": "s7", "title": 7},
        "/halls/{hall}/shows/{show_id}/seats": [{"hall": "north", "show_id": "s7", "seat": "a1"}],
    }
    schemas = (
        *({"type": "array", "items": {"type": "object", "properties": f}} for f in (seat, show)),
        {"type": "object", "properties": show},
        {"type": "array", "items": {"type": "object", "properties": seat}},
    )
    paths = {
        path: get(
            schema,
            *(
                {"name": name, "in": "path", "required": True, "schema": TEXT}
                for name in ("hall", "show_id")
                if f"{{{name}}}" in path
            ),
        )
        for path, schema in zip(responses, schemas, strict=True)
    }
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    (docpact.folder / "theater.json").write_text(json.dumps(document))
    bodies = {p.format(hall="north", show_id="s7"): body for p, body in responses.items()}

    def answer(request: Request) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return Answer(405)
        body = bodies.get(request.path)
        status = 404 if body is None else 200
        return Answer(
            status, (("content-type", "application/json"),), json.dumps(body or {}).encode()
        )

    _, run = check(docpact, served(answer))
    found = {each["operation"]: [f["rule"] for f in each["findings"]] for each in run["operations"]}
    assert len(found) == len(responses)
    assert "response.type" in found["theater/GET_halls_hall_shows_show_id"]


def test_a_thing_in_an_item_and_an_item_with_the_same_fields_give_paths(
    docpact: Docpact, served: Serve
) -> None:
    writer: dict[str, Any] = {"type": "object", "properties": {"id": TEXT, "name": TEXT}}
    note: dict[str, Any] = {
        "type": "object",
        "properties": {"id": TEXT, "text": TEXT, "writer": writer},
    }
    one = {"name": "id", "in": "path", "required": True, "schema": TEXT}
    shown: dict[str, Any] = {"id": "n1", "text": "hello", "writer": {"id": "w1", "name": "Ann"}}
    responses: dict[str, tuple[Any, Any]] = {
        "/timeline": (get({"type": "array", "items": note}), [shown]),
        "/notes/{id}": (get(note, one), {**shown, "text": 7}),
        "/writers/{id}/notes": (get({"type": "array", "items": note}, one), [{"text": 7}]),
    }
    paths = {path: operation for path, (operation, _) in responses.items()}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    (docpact.folder / "theater.json").write_text(json.dumps(document))
    known = {path.format(id=f"{path[1]}1"): body for path, (_, body) in responses.items()}

    def answer(request: Request) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return Answer(405)
        body = json.dumps(known.get(request.path, {})).encode()
        status = 200 if request.path in known else 404
        return Answer(status, (("content-type", "application/json"),), body)

    _, run = check(docpact, served(answer))
    assert run["not_tested"] == []
    found = [f["location"] for each in run["operations"] for f in each["findings"]]
    assert found == ["/text", "/*/text"]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("place", ["parameter", "names", "schema"])
@pytest.mark.parametrize(
    ("location", "shown"), [("query", "north"), ("path", "north"), ("query", ["south", "north"])]
)
def test_the_example_of_a_required_parameter_is_sent(
    location: str, shown: Any, place: str, docpact: Docpact, served: Serve
) -> None:
    example: Any = {"examples": {"one": {"value": shown}}} if place == "names" else {}
    example |= {"example": shown} if place == "parameter" else {}
    stated = TEXT if isinstance(shown, str) else {"type": "array", "items": TEXT}
    schema = {**stated, "example": shown} if place == "schema" else stated
    hall = {"name": "hall", "in": location, "required": True, "schema": schema, **example}
    path = "/seats" if location == "query" else "/halls/{hall}/seats"
    seats = {"type": "array", "items": {"type": "object", "properties": {"seat": FIELDS["id"]}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {path: get(seats, hall)},
    }
    (docpact.folder / "theater.json").write_text(json.dumps(document))

    def answer(request: Request) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return Answer(405)
        sent = (
            request.path.split("/") if location == "path" else [text for _, text in request.query]
        )
        is_known = {*to_list(shown)} <= {*sent}
        body = json.dumps([{"seat": "first"}] if is_known else []).encode()
        return Answer(200 if is_known else 404, (("content-type", "application/json"),), body)

    code, run = check(docpact, served(answer))
    assert (code, run["not_tested"]) == (1, [])
    rules = {f["rule"] for each in run["operations"] for f in each["findings"]}
    assert "response.type" in rules


@pytest.mark.parametrize("is_right", [True, False])
def test_the_only_value_of_a_parameter_may_be_an_empty_text(
    is_right: bool, docpact: Docpact, served: Serve
) -> None:
    flag = {"name": "acl", "in": "query", "required": True, "schema": {"enum": [""]}}
    shown = {"type": "object", "required": ["url"], "properties": {"url": TEXT}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/plan": get(shown, flag)},
    }
    (docpact.folder / "theater.json").write_text(json.dumps(document))
    headers = (("content-type", "application/json"),)
    body = {"url": "/" if is_right else 7}

    def answer(request: Request) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return Answer(405)
        if ("acl", "") not in request.query:
            return Answer(404, headers, b"{}")
        return Answer(200, headers, json.dumps(body).encode())

    code, run = check(docpact, served(answer))
    assert run["not_tested"] == []
    found = [f["rule"] for each in run["operations"] for f in each["findings"]]
    assert (code, found) == ((0, []) if is_right else (1, ["response.type"]))


def test_a_thing_that_a_query_names_may_be_unknown(docpact: Docpact, served: Serve) -> None:
    hall = {"name": "hall", "in": "query", "required": True, "schema": TEXT}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/plan": get({"type": "object", "properties": {"url": TEXT}}, hall)},
    }
    (docpact.folder / "theater.json").write_text(json.dumps(document))
    headers = (("content-type", "application/json"),)
    code, run = check(docpact, served(lambda _: Answer(404, headers, b"{}")))
    (untested,) = run["not_tested"]
    assert (code, untested["reason"].startswith("the server does not know hall=")) == (3, True)


@pytest.mark.parametrize(
    ("status", "is_documented", "rules"),
    [(404, True, None), (404, False, []), (400, True, ["response.status"])],
)
def test_a_thing_may_lack_a_part_if_that_is_documented(
    docpact: Docpact, served: Serve, status: int, is_documented: bool, rules: list[str] | None
) -> None:
    hall = {"name": "hall", "in": "path", "required": True, "schema": TEXT}
    plan = get({"type": "object", "properties": {"url": TEXT}}, hall)
    if not is_documented:
        del plan["get"]["responses"]["404"]
    paths = {"/halls": get({"type": "array", "items": HALL}), "/halls/{hall}/plan": plan}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    (docpact.folder / "theater.json").write_text(json.dumps(document))

    def answer(request: Request) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return Answer(405)
        body = [{"code": name} for name in HALLS] if request.path == "/halls" else {}
        found = (200 if body else status, (("content-type", "application/json"),))
        return Answer(*found, json.dumps(body).encode())

    done = docpact("check", "theater.json", "--target", served(answer).url, "--json", "run.json")
    run = json.loads((docpact.folder / "run.json").read_text())
    found = {each["operation"]: [f["rule"] for f in each["findings"]] for each in run["operations"]}
    said = "the server has no plan of hall=north" in " ".join(done.stdout.split())
    assert found.get("theater/GET_halls_hall_plan") == rules
    assert said is (rules is None)


@pytest.mark.parametrize(
    ("status", "keywords", "rules"),
    [
        (404, {"default": 0}, []),
        (400, {"default": 0}, ["query.accepts"]),
        (404, {"maximum": 9}, ["query.accepts"]),
    ],
)
def test_a_number_with_a_default_may_name_nothing(
    docpact: Docpact, served: Serve, status: int, keywords: dict[str, int], rules: list[str]
) -> None:
    schema = {"type": "integer", **keywords}
    floor = {"name": "floor", "in": "query", "schema": schema}
    paths = {"/plan": get({"type": "object", "properties": {"url": TEXT}}, floor)}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    (docpact.folder / "theater.json").write_text(json.dumps(document))

    def answer(request: Request) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return Answer(405)
        (floor, *others) = request.values("floor") or ("0",)
        number = int(floor) if re.fullmatch("-?[0-9]+", floor) and not others else None
        code = 422 if number is None else 200 if number == 0 else status
        return Answer(code, (("content-type", "application/json"),), b'{"url": "x"}')

    _, run = check(docpact, served(answer))
    found = {f["rule"] for each in run["operations"] for f in each["findings"]}
    assert sorted(found & {"query.accepts"}) == rules


@pytest.mark.parametrize(("status", "rules"), [(404, []), (400, ["query.accepts"])])
def test_json_in_a_parameter_may_name_nothing(
    docpact: Docpact, served: Serve, status: int, rules: list[str]
) -> None:
    halls = {"type": "array", "items": {"type": "integer"}}
    chosen = {"name": "q", "in": "query", "content": {"application/json": {"schema": halls}}}
    paths = {"/plan": get({"type": "object", "properties": {"url": TEXT}}, chosen)}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    (docpact.folder / "theater.json").write_text(json.dumps(document))

    def answer(request: Request) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return Answer(405)
        code = status if request.query else 200
        return Answer(code, (("content-type", "application/json"),), b'{"url": "x"}')

    _, run = check(docpact, served(answer))
    found = {f["rule"] for each in run["operations"] for f in each["findings"]}
    assert sorted(found & {"query.accepts"}) == rules


@pytest.mark.parametrize("name", ["page", "show_id"])
def test_a_value_that_only_its_place_connects_with_a_list_may_be_refused(
    name: str, docpact: Docpact, served: Serve
) -> None:
    """`/shows/{page}` may be a page, but `/shows/{show_id}` is a show."""
    parameter = {"name": name, "in": "path", "required": True, "schema": TEXT}
    array = {"type": "array", "items": SHOW}
    paths = {"/shows": get(array), f"/shows/{{{name}}}": get(array, parameter)}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    (docpact.folder / "theater.json").write_text(json.dumps(document))
    code, run = check(docpact, served(serve_shows))
    assert code == int(name == "show_id")
    assert [each["operation"] for each in run["not_tested"]] == (
        ["theater/GET_shows_page"] if name == "page" else []
    )


def serve_shows(request: Request) -> Answer:
    """Return the shows, and 400 below them."""
    found = request.path == "/shows"
    status = 405 if request.method not in ("GET", "HEAD") else 200 if found else 400
    body = json.dumps(SHOWS if found else {}).encode()
    return Answer(status, (("content-type", "application/json"),), body)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "default": "2"}, "2"),
        ({"type": "string", "enum": ["2"]}, "2"),
        ({"type": "boolean", "default": True}, "true"),
    ],
)
def test_a_required_header_has_its_documented_value(
    schema: Any, value: str, docpact: Docpact, served: Serve
) -> None:
    header = {"name": "Api-Version", "in": "header", "required": True, "schema": schema}
    paths = {"/shows": get({"type": "array", "items": SHOW}, header)}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    (docpact.folder / "theater.json").write_text(json.dumps(document))
    code, run = check(docpact, server := served(serve_shows))
    assert (code, run["not_tested"]) == (0, [])
    assert {dict(request.headers).get("api-version") for request in server.requests} >= {value}


@pytest.mark.parametrize(
    ("is_unchanged", "expected"),
    [
        pytest.param(lambda tag: tag == '"7"', 0, id="its own tag"),
        pytest.param(lambda tag: tag is not None, 1, id="any tag"),
    ],
)
def test_nothing_is_unchanged_since_an_unknown_entity_tag(
    is_unchanged: Callable[[str | None], bool], expected: int, docpact: Docpact, served: Serve
) -> None:
    def serve(request: Request) -> Answer:
        answer = serve_shows(request)
        is_same = answer.status == 200 and is_unchanged(request.headers.get("if-none-match"))
        return Answer(304, (("etag", '"7"'),)) if is_same else answer

    tag = {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}
    paths = {"/shows": get({"type": "array", "items": SHOW}, tag)}
    paths["/shows"]["get"]["responses"]["304"] = {"description": "Not modified."}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    (docpact.folder / "theater.json").write_text(json.dumps(document))
    code, run = check(docpact, served(serve))
    found = {each["rule"] for one in run["operations"] for each in one["findings"]}
    assert (code, found) == (expected, {"protocol.conditional"} if expected else set())
