"""Changes of whole OpenAPI operations: credentials, servers, deprecation, errors, requests."""

from __future__ import annotations

import json
from itertools import compress
from pathlib import Path
from typing import Any

import pytest
from command import in_process
from hypothesis import given
from hypothesis import strategies as st

from docpact.capture.openapi import find_operations, read_document
from docpact.diff import SourceView, diff, diff_documents, not_compared, read_both, read_source
from docpact.diff.openapi import view_files
from docpact.model import Level

SCHEMES = {
    "token": {"type": "http", "scheme": "bearer"},
    "oauth": {
        "type": "oauth2",
        "flows": {"implicit": {"authorizationUrl": "https://id.example/a", "scopes": {}}},
    },
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
}
BYTES = "application/octet-stream"
PROBLEM = {"type": "object", "properties": {"code": {"type": "string"}}, "required": ["code"]}


def view(folder: Path, **changes: Any) -> SourceView:
    """Return the view of an operation, some parts of which are others."""
    folder.mkdir(exist_ok=True)
    (folder / "api.json").write_text(json.dumps(document(**changes)))
    return read_source(f"{folder / 'api.json'}#make")


def document(servers: Any = None, schemes: Any = None, path: str = "", **changes: Any) -> Any:
    """Return a document of one operation, some parts of which are others."""
    operation = {
        "operationId": "make",
        "parameters": [
            {"in": "path", "name": "id", "required": True, "schema": {"type": "string"}},
            {"in": "header", "name": "X-Tenant", "schema": {"type": "string"}},
            {"in": "query", "name": "size", "schema": {"type": "integer", "default": 20}},
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": PROBLEM}}},
        "responses": {
            "200": {
                "description": "",
                "content": {"application/json": {"schema": {"type": "object"}}},
                "headers": {"X-Total": {"schema": {"type": "integer"}}},
            },
            "404": {"description": "", "content": {"application/json": {"schema": PROBLEM}}},
        },
        "security": [{"token": []}],
        **changes,
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "servers": servers or [{"url": "https://api.example/v1"}],
        "paths": {path or "/jobs/{id}": {"post": operation}},
        "components": {"securitySchemes": schemes or SCHEMES},
    }


def responses(**changes: Any) -> dict[str, Any]:
    """Return the responses, some of which are others; None removes one."""
    stated = document()["paths"]["/jobs/{id}"]["post"]["responses"]
    return {k.removeprefix("s"): v for k, v in {**stated, **changes}.items() if v is not None}


def body(schema: Any, *, required: bool = True, kind: str = "application/json") -> Any:
    return {"required": required, "content": {kind: {"schema": schema}}}


def parameter(where: str, name: str, schema: Any, **more: Any) -> list[Any]:
    """Return the parameters with one more, or with another in place of one."""
    stated = document()["paths"]["/jobs/{id}"]["post"]["parameters"]
    others = [each for each in stated if (each["in"], each["name"]) != (where, name)]
    return [*others, {"in": where, "name": name, "schema": schema, **more}]


def unite(schema: Any) -> Any:
    """Return the union of a schema and an object with other required fields."""
    return {"oneOf": [schema, {"properties": {"name": TEXT}, "required": ["name"]}]}


NEEDED = {"required": ["code"]}
OTHER = {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}
TEXT = {"type": "string"}
TITLED = {**PROBLEM, "properties": {"code": TEXT, "title": TEXT}}
READ_ONLY = {**PROBLEM["properties"], "made": {**TEXT, "readOnly": True}}  # type: ignore[dict-item]

CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, str]]] = {
    "a key in place of a token": (
        {},
        {"security": [{"key": []}]},
        {
            "diff.credentials.removed": "credentials bearer",
            "diff.credentials.added": "credentials key in header x-key",
        },
    ),
    "a key beside the token": (
        {},
        {"security": [{"key": [], "token": []}]},
        {
            "diff.credentials.removed": "credentials bearer",
            "diff.credentials.added": "credentials bearer and key in header x-key",
        },
    ),
    "a key instead of the token, if you like": (
        {},
        {"security": [{"token": []}, {"key": []}]},
        {"diff.credentials.added": "credentials key in header x-key"},
    ),
    "no credentials any more": (
        {},
        {"security": []},
        {
            "diff.credentials.unneeded": "credentials bearer",
            "diff.credentials.added": "credentials no credentials",
        },
    ),
    "a scope more": (
        {"security": [{"oauth": ["read"]}]},
        {"security": [{"oauth": ["read", "write"]}]},
        {
            "diff.credentials.removed": "credentials bearer and scope read",
            "diff.credentials.added": "credentials bearer and scope read and scope write",
        },
    ),
    "a server more": (
        {},
        {"servers": [{"url": "https://api.example/v1"}, {"url": "https://eu.example/v1"}]},
        {"diff.servers.added": "servers https://eu.example/v1"},
    ),
    "another server": (
        {},
        {"servers": [{"url": "https://eu.example/v1"}]},
        {
            "diff.servers.removed": "servers https://api.example/v1",
            "diff.servers.added": "servers https://eu.example/v1",
        },
    ),
    "a deprecated operation": (
        {},
        {"deprecated": True},
        {"diff.operation.deprecated": "deprecated"},
    ),
    "deprecated no longer": (
        {"deprecated": True},
        {},
        {"diff.operation.undeprecated": "deprecated"},
    ),
    "a deprecated parameter": (
        {},
        {"parameters": parameter("header", "X-Tenant", TEXT, deprecated=True)},
        {"diff.request.deprecated": "header/x-tenant"},
    ),
    "another default": (
        {},
        {"parameters": parameter("query", "size", {"type": "integer", "default": 50})},
        {"diff.query.default_changed": "query/size"},
    ),
    "another error": (
        {},
        {"responses": responses(s409=OTHER)},
        {"diff.response.error_added": "responses/409"},
    ),
    "another success": (
        {},
        {"responses": responses(s202=OTHER)},
        {"diff.response.success_added": "responses/202"},
    ),
    "an error less": (
        {},
        {"responses": responses(**{"404": None})},
        {"diff.response.status_removed": "responses/404"},
    ),
    "an error without its code": (
        {},
        {"responses": responses(**{"404": OTHER})},
        {"diff.response.removed": "responses/404/application~1json/code"},
    ),
    "a header less": (
        {},
        {"responses": responses(**{"200": OTHER})},
        {"diff.response.removed": "responses/200/header x-total"},
    ),
    "a required header": (
        {},
        {"parameters": parameter("header", "X-Trace", TEXT, required=True)},
        {"diff.request.added_required": "header/x-trace"},
    ),
    "a number in the path": (
        {},
        {"parameters": parameter("path", "id", {"type": "integer"}, required=True)},
        {"diff.request.type_narrowed": "path/1"},
    ),
    "any text instead of a number": (
        {},
        {"parameters": parameter("query", "size", {**TEXT, "default": "20"})},
        {"diff.query.type_widened": "query/size", "diff.query.default_changed": "query/size"},
    ),
    "a header that may be null": (
        {},
        {"parameters": parameter("header", "X-Tenant", {"type": ["string", "null"]})},
        {},
    ),
    "a field that may be null no longer": (
        {"requestBody": body({"properties": {"code": {"type": ["string", "null"]}}})},
        {"requestBody": body({"properties": {"code": TEXT}})},
        {"diff.request.type_narrowed": "body/code null"},
    ),
    "a field that may be null, and is required": (
        {"requestBody": body({"properties": {"code": {"type": ["string", "null"]}}})},
        {"requestBody": body({"properties": {"code": {"type": ["string", "null"]}}} | NEEDED)},
        {"diff.request.required": "body/code"},
    ),
    "nothing about any value": (
        {"requestBody": body({"items": {"properties": {"code": TEXT}}})},
        {"requestBody": body({"items": {"properties": {}}})},
        {"diff.request.removed": "body/*/code"},
    ),
    "a field that a form of a union requires": (
        {"requestBody": body(unite(TITLED))},
        {"requestBody": body(unite({**TITLED, "required": ["code", "title"]}))},
        {"diff.request.keyword_added": "body anyOf"},
    ),
    "a field that a form of a union requires no longer": (
        {"requestBody": body(unite({**TITLED, "required": ["code", "title"]}))},
        {"requestBody": body(unite(TITLED))},
        {"diff.request.keyword_removed": "body anyOf"},
    ),
    "a field that a form of a union requires in place of another": (
        {"requestBody": body(unite(TITLED))},
        {"requestBody": body(unite({**TITLED, "required": ["title"]}))},
        {"diff.request.keyword_changed": "body anyOf"},
    ),
    "an optional body": (
        {},
        {"requestBody": body(PROBLEM, required=False)},
        {"diff.request.optional": "body"},
    ),
    "no body": ({}, {"requestBody": None}, {"diff.request.removed": "body"}),
    "a longer code": (
        {},
        {"requestBody": body({**PROBLEM, "properties": {"code": {**TEXT, "minLength": 3}}})},
        {"diff.request.bound_narrowed": "body/code"},
    ),
    "a form": (
        {},
        {"requestBody": body(PROBLEM, kind="application/x-www-form-urlencoded")},
        {"diff.operation.body_type": "body_type"},
    ),
    "an array in one text": (
        {"parameters": parameter("query", "ids", {"type": "array"})},
        {"parameters": parameter("query", "ids", {"type": "array"}, explode=False)},
        {"diff.query.style_changed": "query/ids"},
    ),
    "a label in a path": (
        {},
        {"parameters": parameter("path", "id", TEXT, required=True, style="label")},
        {"diff.request.style_changed": "path/1"},
    ),
    "a field that only responses have": (
        {},
        {"requestBody": body({**PROBLEM, "properties": READ_ONLY, "required": ["code", "made"]})},
        {},
    ),
    "a form with a field that no request contains": (
        {"requestBody": body(unite(PROBLEM))},
        {
            "requestBody": body(
                unite({**PROBLEM, "properties": READ_ONLY, "required": ["code", "made"]})
            )
        },
        {},
    ),
    "a form with a field that requests may contain": (
        {"requestBody": body(unite(PROBLEM))},
        {"requestBody": body(unite({**PROBLEM, "properties": {**READ_ONLY, "made": TEXT}}))},
        {"diff.request.added": "body/made"},
    ),
}
DOCUMENT_RULES = {rule for _, _, found in CHANGES.values() for rule in found}


@pytest.mark.parametrize(("old", "new", "found"), CHANGES.values(), ids=CHANGES)
def test_a_change_of_an_operation(tmp_path: Path, old: Any, new: Any, found: Any) -> None:
    changes = diff(view(tmp_path / "a", **old), view(tmp_path / "b", **new))
    details = {c: "" if c.detail == "minLength" else c.detail for c in changes}
    named = {c.rule.id: f"{c.location} {details[c]}".strip() for c in changes}
    assert named == found
    assert len(changes) == len(found)


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ("a key beside the token", Level.BREAKING),
        ("no credentials any more", Level.ADDITIVE),
        ("a scope more", Level.BREAKING),
        ("another server", Level.BREAKING),
        ("a server more", Level.ADDITIVE),
        ("a deprecated operation", Level.ADDITIVE),
        ("deprecated no longer", Level.NOTE),
        ("another default", Level.BREAKING),
        ("another error", Level.ADDITIVE),
        ("another success", Level.BREAKING),
        ("an error without its code", Level.BREAKING),
    ],
)
def test_the_level_of_a_change(tmp_path: Path, change: str, level: Level) -> None:
    old, new, _ = CHANGES[change]
    found = diff(view(tmp_path / "a", **old), view(tmp_path / "b", **new))
    assert min((each.rule.level for each in found), key=lambda each: each.rank) is level


def swap(document: Any) -> Any:
    """Move the version from the server to the path."""
    item = document["paths"].pop("/jobs/{id}")
    return {
        **document,
        "servers": [{"url": "https://api.example"}],
        "paths": {"/v1/jobs/{id}": item},
    }


def rename(document: Any) -> Any:
    """Give the parameter of the path and the security scheme other names."""
    text = json.dumps(document).replace('"id"', '"job"').replace("{id}", "{job}")
    return json.loads(text.replace('"token"', '"login"'))


def share(document: Any) -> Any:
    """State parameters with the path, credentials with the document, responses by reference."""
    ((path, item),) = document["paths"].items()
    operation = dict(item["post"])
    parts = document["components"]
    parts["responses"] = {f"r{status}": each for status, each in operation["responses"].items()}
    operation["responses"] = {
        status: {"$ref": f"#/components/responses/r{status}"} for status in operation["responses"]
    }
    shared = {"parameters": operation.pop("parameters")[::-1], "post": operation}
    security = operation.pop("security")
    return {**document, "security": security, "paths": {path: shared}}


def respell(document: Any) -> Any:
    """Write the server, names of headers and media types in another way."""
    text = json.dumps(document).replace("https://api.example", "HTTPS://API.example:443")
    text = text.replace("X-Tenant", "x-tenant").replace("X-Total", "x-total")
    return json.loads(text.replace("application/json", "Application/JSON; charset=utf-8"))


def fill(document: Any) -> Any:
    """State servers by variables, and add scopes and parameters that mean nothing."""
    ((_, item),) = document["paths"].items()
    item["post"]["parameters"].append({"in": "header", "name": "Accept", "schema": TEXT})
    for server in document["servers"]:
        if server["url"].startswith("https://api"):
            server["url"] = server["url"].replace("https://api", "https://{where}")
            server["variables"] = {"where": {"default": "api"}}
    return document


@given(st.lists(st.booleans(), min_size=5, max_size=5))
def test_an_equivalent_document_is_no_change(
    tmp_path_factory: pytest.TempPathFactory, chosen: list[bool]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "same"
    other = document()
    for change in compress([fill, swap, rename, respell, share], chosen):
        other = change(other)
    before = view(folder)
    (folder / "other.json").write_text(json.dumps(other))
    after = read_source(f"{folder / 'other.json'}#make")
    assert diff(before, after) == diff(after, before) == ()


def test_a_document_and_its_contract_agree(tmp_path: Path) -> None:
    old = parameter("query", "old", TEXT, deprecated=True)
    stated = view(tmp_path, security=[{"token": []}, {"key": []}], parameters=old)
    (found,) = find_operations(read_document(tmp_path / "api.json"), "api.json")
    captured = view_files(found.capture(), "captured")
    assert diff(stated, captured) == diff(captured, stated) == ()
    other = view(
        tmp_path / "b", responses=responses(s409=OTHER), security=[{"key": []}], parameters=old
    )
    assert {(c.rule.id, c.location) for c in diff(captured, other)} == {
        ("diff.credentials.removed", "credentials"),
        ("diff.response.error_added", "responses/409"),
    }


def test_the_main_response_of_a_contract_is_the_one_that_it_states(tmp_path: Path) -> None:
    problem = {"description": "", "content": {"application/json": {"schema": PROBLEM}}}
    view(tmp_path, responses=responses(s202=problem))
    (found,) = find_operations(read_document(tmp_path / "api.json"), "api.json")
    files = dict(found.capture())
    before = view_files(files, "before")
    operation = json.loads(files["operation.json"])
    operation["response"]["status"] = 202
    main, others = (json.loads(files[f"{name}.schema.json"]) for name in ("response", "responses"))
    other = others["properties"].pop("202")["properties"]["application/json"]
    others["properties"]["200"] = {"properties": {"application/json": main}}
    files["operation.json"] = json.dumps(operation)
    files["response.schema.json"] = json.dumps(other)
    files["responses.schema.json"] = json.dumps(others)
    after = view_files(files, "after")
    assert after.facts["status"] == "202"
    assert before.response is not None
    assert after.response is not None
    assert not before.response.children
    assert after.response.children
    assert "status" in {change.location for change in diff(before, after)}
    assert diff(after, after) == ()


def test_what_a_page_does_not_state_is_named(tmp_path: Path) -> None:
    page = read_source("llamacloud/list_classify_jobs")
    left = not_compared(page, view(tmp_path))
    assert left[:3] == ("other request bodies", "other responses", "deprecation")
    assert "credentials" not in left


def versions(folder: Path) -> list[str]:
    """Write two versions of a document of several operations, and return their names."""
    old, new = document(), document(security=[])
    old["paths"]["/gone"] = {"get": document()["paths"]["/jobs/{id}"]["post"]}
    old["paths"]["/v1/moved"] = {"get": {"operationId": "moved", "responses": responses()}}
    new["paths"]["/v2/moved"] = {"get": {"operationId": "moved", "responses": responses()}}
    new["paths"]["/jobs/{job_id}"] = new["paths"].pop("/jobs/{id}")
    new["paths"]["/new"] = {"get": {"operationId": "fresh", "responses": responses()}}
    new["paths"]["/jobs/{job_id}"]["put"] = {"responses": {"200": {"$ref": "#/no"}}}
    old["paths"]["/jobs/{id}"]["put"] = {"responses": {"200": {"$ref": "#/no"}}}
    for name, content in (("old.json", old), ("new.json", new)):
        (folder / name).write_text(json.dumps(content))
    return [str(folder / "old.json"), str(folder / "new.json")]


def test_two_versions_of_a_document_are_compared_operation_by_operation(tmp_path: Path) -> None:
    found = diff_documents(*versions(tmp_path))
    assert {(e.rule.id, e.location): names for e, names in found.changes.items()} == {
        ("diff.credentials.unneeded", "credentials"): ("POST /jobs/{job_id}",),
        ("diff.credentials.added", "credentials"): ("POST /jobs/{job_id}",),
        ("diff.operation.path", "path"): ("GET /v2/moved",),
        ("diff.operation.removed", "GET /gone"): (),
        ("diff.operation.added", "GET /new"): (),
    }
    assert (found.count, list(found.refused)) == (3, ["PUT /jobs/{job_id}"])


def pair(folder: Path, old: str, new: str) -> list[tuple[str, str]]:
    """Return rule and location of the changes between two documents, of `PATH=NAME` each."""
    for file, stated in (("old.json", old), ("new.json", new)):
        paths = dict(each.split("=") for each in stated.split())
        whole = document() | {"paths": {}}
        for path, name in paths.items():
            answer = {"200": {"description": name, "headers": {f"X-{name}": {"schema": {}}}}}
            whole["paths"][path] = {"get": {"operationId": name, "responses": answer}}
        (folder / file).write_text(json.dumps(whole))
    found = diff_documents(str(folder / "old.json"), str(folder / "new.json"))
    return [(each.rule.id.removeprefix("diff."), each.location) for each in found.changes]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("/a/{x}/b=x /a/{y}/b=y", "/a/{y}/b=y /a/{x}/b=x", []),
        ("/a/{x}=x /a/{y}=y", "/a/{v}=y /a/{w}=x", []),
        ("/a/{x}=x", "/a/{x}=x /a/{y}=y", [("operation.added", "GET /a/{y}")]),
        ("/a/{x}=x /a/{y}=y", "/a/{y}=y", [("operation.removed", "GET /a/{x}")]),
        ("/a/{x}=x /a/{y}=y", "/a/{z}=y", [("operation.removed", "GET /a/{x}")]),
        ("/a=a /a.json=j /a.xml=x /a/=s", "/a/=s /a.xml=x /a.json=j /a=a", []),
        ("/a=a", "/v2/a=a /v3/a=a", [("operation.path", "path"), ("operation.added", "GET /v3/a")]),
        ("/a=a /b=a", "/v2/a=a", [("operation.path", "path"), ("operation.removed", "GET /b")]),
    ],
)
def test_each_operation_is_compared_with_one(
    tmp_path: Path, old: str, new: str, expected: list[tuple[str, str]]
) -> None:
    assert pair(tmp_path, old, new) == expected


@pytest.mark.parametrize("where", ["requestBody", "responses"])
def test_media_types_of_both_versions_are_compared(tmp_path: Path, where: str) -> None:
    names = [str(tmp_path / name) for name in ("few.json", "many.json")]
    for name, kinds in zip(names, (["text/csv"], ["text/csv", "application/json"]), strict=True):
        content = {kind: {"schema": {"type": "string"}} for kind in kinds}
        stated = {"operationId": "make", "requestBody": {"content": content}}
        stated["responses"] = responses()
        if where == "responses":
            other = {"200": {"description": "", "content": content}}
            stated = {"operationId": "make", "responses": responses(**other)}
        whole = document()
        whole["paths"] = {"/jobs": {"post": stated}}
        Path(name).write_text(json.dumps(whole))
    place = "bodies" if where == "requestBody" else "responses/200"
    for sides, rule in ((names, "added"), (names[::-1], "removed")):
        (change,) = diff_documents(*sides).changes
        group = "request" if where == "requestBody" else "response"
        assert change.rule.id == f"diff.{group}.{rule}"
        assert change.location == f"{place}/application~1json"
        assert diff(*read_both(*(f"{side}#make" for side in sides))) == (change,)


def test_requests_that_the_api_sends_are_not_compared(tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ("none.json", "some.json")]
    for name, sent in zip(names, ("", "ab"), strict=True):
        webhooks: Any = {each: {"post": {}} for each in sent}
        Path(name).write_text(json.dumps(document() | {"webhooks": webhooks}))
    for sides in (names, names[::-1], names[1:] * 2):
        found = diff_documents(*sides)
        assert (found.changes, list(found.refused)) == ({}, ["webhooks"])


def test_an_operation_that_cannot_be_compared_leaves_the_diff_inconclusive(tmp_path: Path) -> None:
    whole = document()
    whole["paths"]["/broken"] = {"get": {"responses": {"200": {"$ref": "#/nowhere"}}}}
    sent = {**document(), "webhooks": {"moved": {"post": {}}}}
    for content, code in ((whole, 3), (sent, 0)):
        (tmp_path / "api.json").write_text(json.dumps(content))
        done = in_process(("diff", "api.json", "api.json"), tmp_path, {})
        assert (done.returncode, "inconclusive" in done.stdout) == (code, code == 3)
    whole["paths"]["/jobs/{id}"]["post"]["parameters"] = []
    (tmp_path / "new.json").write_text(json.dumps(whole))
    assert in_process(("diff", "api.json", "new.json"), tmp_path, {}).returncode == 1


@pytest.mark.parametrize("kind", [None, [None, "string"], {}, [{}]])
def test_a_type_that_is_no_name_is_no_reason_to_refuse(tmp_path: Path, kind: Any) -> None:
    names = [str(tmp_path / name) for name in ("old.json", "new.json")]
    for name, stated in zip(names, ("string", "integer"), strict=True):
        fields = {"odd": {"type": kind}, "size": {"type": stated}}
        schema = {"type": "object", "properties": fields}
        content = {"description": "", "content": {"application/json": {"schema": schema}}}
        Path(name).write_text(json.dumps(document(responses=responses(s200=content))))
    found = diff_documents(*names)
    assert [each.location for each in found.changes if each.location != "/id"] == ["/size"]
    assert found.refused == {}


def test_a_change_of_many_operations_is_reported_once(tmp_path: Path) -> None:
    for name, kind in (("old.json", "string"), ("new.json", "integer")):
        content = document()
        content["components"]["schemas"] = {"Job": {"properties": {"size": {"type": kind}}}}
        shown = {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}
        read = {"responses": {"200": {"description": "", "content": shown}}}
        content["paths"] = {f"/{place}": {"get": read} for place in "abcdefg"}
        (tmp_path / name).write_text(json.dumps(content))
    done = in_process(("diff", "old.json", "new.json", "--json", "d.json"), tmp_path, {})
    assert done.returncode == 1
    assert "    string -> integer\n" in done.stdout
    assert "    in GET /a, GET /b, GET /c, GET /d, GET /e and 2 more\n" in done.stdout
    assert done.stdout.endswith("1 change: 1 breaking, 0 additive; next version: major\n")
    (change,) = json.loads((tmp_path / "d.json").read_text())["changes"]
    assert change["operations"] == [f"GET /{place}" for place in "abcdefg"]


FORMS = [
    {"type": "object", "properties": {"kind": TEXT, name: TEXT}, "required": ["kind"]}
    for name in ("a", "b")
]
NAMES = ["#/components/schemas/A", "B"]


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        (["a", "b"], set()),
        (["b", "a"], {"diff.response.keyword_changed"}),
        (["c", "b"], {"diff.response.value_added", "diff.response.value_removed"}),
    ],
)
def test_a_discriminator_says_which_form_a_text_chooses(
    tmp_path: Path, mapping: list[str], expected: set[str]
) -> None:
    def write(texts: list[str]) -> SourceView:
        union = {
            "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in "AB"],
            "discriminator": {
                "propertyName": "kind",
                "mapping": dict(zip(texts, NAMES, strict=True)),
            },
        }
        whole = document(responses={"200": OTHER | {"content": body(union)["content"]}})
        whole["components"]["schemas"] = dict(zip("AB", FORMS, strict=True))
        (tmp_path / "api.json").write_text(json.dumps(whole))
        return read_source(f"{tmp_path / 'api.json'}#make")

    found = diff(write(["a", "b"]), write(mapping))
    assert {each.rule.id for each in found} == expected


ONE = {"type": "string", "enum": ["a", "b"]}
MANY = {"type": "array", "items": ONE}


@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        (ONE, MANY, {"type_widened"}),
        (MANY, ONE, {"type_narrowed"}),
        (ONE, MANY | {"minItems": 2}, {"type_changed"}),
        ({"type": "integer"}, MANY, {"type_changed"}),
        (ONE, {"type": "array", "items": ONE | {"enum": ["a"]}}, {"type_widened", "value_removed"}),
    ],
)
def test_a_parameter_that_takes_several_values_takes_one(
    tmp_path: Path, before: Any, after: Any, rules: set[str]
) -> None:
    sides = (
        view(tmp_path, parameters=[{"in": "query", "name": "state", "schema": schema}])
        for schema in (before, after)
    )
    assert {each.rule.id for each in diff(*sides)} == {f"diff.query.{name}" for name in rules}


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("application/pdf", {"type": "string", "format": "binary"}, {}),
        ("image/*", {"type": "string", "format": "binary"}, {"contentMediaType": "image/png"}),
        (
            "multipart/form-data",
            {"properties": {"file": {"type": "string", "format": "binary"}}},
            {"properties": {"file": {"type": "string", "contentMediaType": BYTES}}},
        ),
    ],
)
def test_bytes_are_written_in_other_ways_since_openapi_3_1(
    tmp_path: Path, kind: str, old: Any, new: Any
) -> None:
    def state(schema: Any) -> dict[str, Any]:
        content = {kind: {"schema": schema}}
        sent = {"requestBody": {"required": True, "content": content}}
        return {**sent, "responses": {"200": {"description": "", "content": content}}}

    one, other = (view(tmp_path / name, **state(each)) for name, each in (("a", old), ("b", new)))
    assert [*diff(one, other), *diff(other, one)] == []
    assert [*diff(one, view(tmp_path / "c", **state({"type": "object"})))] != []


@pytest.mark.parametrize(
    ("version", "is_ignored"), [("2.0", True), ("3.0.3", True), ("3.1.0", False)]
)
def test_keywords_beside_a_reference_count_since_openapi_3_1(
    tmp_path: Path, version: str, is_ignored: bool
) -> None:
    is_old = version == "2.0"
    name = "#/definitions/Name" if is_old else "#/components/schemas/Name"

    def state(file: str, **beside: Any) -> SourceView:
        schema = {"properties": {"name": {"$ref": name, "description": "whose", **beside}}}
        received = (
            {"schema": schema} if is_old else {"content": {"application/json": {"schema": schema}}}
        )
        operation = {"operationId": "make", "responses": {"200": {"description": "", **received}}}
        shared = {"Name": {"type": "string"}}
        whole = {
            ("swagger" if is_old else "openapi"): version,
            "info": {"title": "t", "version": "1"},
            "produces": ["application/json"],
            "paths": {"/jobs": {"get": operation}},
            **({"definitions": shared} if is_old else {"components": {"schemas": shared}}),
        }
        (tmp_path / file).write_text(json.dumps(whole))
        return read_source(f"{tmp_path / file}#make")

    plain, typed = state("a.json"), state("b.json", type="object", maxLength=9)
    assert ([*diff(plain, typed), *diff(typed, plain)] == []) is is_ignored
    documents = diff_documents(str(tmp_path / "a.json"), str(tmp_path / "b.json"))
    assert (documents.changes == {}) is is_ignored
