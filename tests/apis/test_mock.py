"""The mock of a whole API: one consistent store, as the fixtures and `docpact serve` use it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from apis.shop import DOCUMENT
from command import Docpact, docpact
from hypothesis import given
from hypothesis import strategies as st
from sizes import FEWER

from docpact import check
from docpact.apis import load_api
from docpact.errors import UsageError
from docpact.model.run import Verdict
from docpact.targets.asgi import served
from docpact.targets.mock_store import MockStore, open_mock

__all__ = ["docpact"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> MockStore:
    file = tmp_path_factory.mktemp("shop") / "shop.json"
    file.write_text(json.dumps(DOCUMENT))
    store = open_mock(load_api(str(file)))
    assert isinstance(store, MockStore)
    return store


def ask(store: MockStore, path: str, method: str = "GET") -> httpx.Response:
    return store.answer(httpx.Request(method, f"http://mock.invalid{path}"))


@FEWER
@given(index=st.integers(0, 236))
def test_what_a_list_shows_is_what_its_items_return(store: MockStore, index: int) -> None:
    pet = ask(store, "/pets").json()[index]
    assert ask(store, f"/pets/{pet['id']}").json() == pet
    assert ask(store, f"/owners/{ask(store, '/pets/0').json()['owner']}").status_code == 200
    toy = ask(store, f"/pets/{pet['id']}/toys").json()["toys"][index]
    assert ask(store, f"/pets/{pet['id']}/toys/{toy['id']}").json() == toy


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/pets/999", 404),
        ("GET", "/pets/999/toys", 404),
        ("GET", "/pets/0/toys/999", 404),
        ("GET", "/owners/nobody", 404),
        ("HEAD", "/pets/0", 200),
        ("OPTIONS", "/pets", 204),
        ("DELETE", "/pets", 405),
    ],
)
def test_unknown_names_and_other_methods(
    store: MockStore, method: str, path: str, status: int
) -> None:
    assert ask(store, path, method).status_code == status


SHELVES: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Shelves", "version": "1"},
    "paths": {
        "/moves": {
            "post": {
                "parameters": [
                    {"name": "Tenant", "in": "header", "required": True, "schema": {}},
                    {
                        "name": "show",
                        "in": "query",
                        "explode": False,
                        "schema": {"type": "array", "items": {"enum": ["a", "b"]}},
                    },
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"required": ["to"]}}},
                },
                "responses": {
                    "200": {
                        "description": "",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    }
                },
            }
        }
    },
}


@pytest.mark.parametrize(
    ("query", "headers", "body", "status"),
    [
        ("", {"Tenant": "t"}, {"to": 1}, 200),
        ("", {}, {"to": 1}, 422),
        ("", {"Tenant": "t"}, {}, 422),
        ("?show=a,b", {"Tenant": "t"}, {"to": 1}, 200),
        ("?show=a%2Cb", {"Tenant": "t"}, {"to": 1}, 200),
        ("?show=a%2Cc", {"Tenant": "t"}, {"to": 1}, 422),
    ],
)
def test_required_headers_and_bodies_are_needed_and_commas_may_be_encoded(
    tmp_path: Path, query: str, headers: dict[str, str], body: Any, status: int
) -> None:
    (tmp_path / "shelves.json").write_text(json.dumps(SHELVES))
    store = open_mock(load_api(str(tmp_path / "shelves.json")))
    url = f"http://mock.invalid/moves{query}"
    request = httpx.Request("POST", url, headers=headers, json=body)
    assert store.answer(request).status_code == status


def test_the_items_of_a_whole_api_are_those_of_its_operations(store: MockStore) -> None:
    with pytest.raises(UsageError, match=r"no attribute 'items' .* an operation: apis\[ID\].items"):
        store.items = []


def test_a_mock_is_made_when_it_is_needed_and_has_the_key_of_the_store(store: MockStore) -> None:
    fresh = MockStore(store.api)
    assert not fresh.apis.made
    ask(fresh, "/pets")
    assert 0 < len(fresh.apis.made) < len(store.api.operations) / 2
    fresh.key = "another"
    assert {each.key for each in fresh.apis.values()} == {"another"}
    assert [*fresh.apis] == [each.id for each in store.api.operations]


def test_another_path_says_which_operations_there_are(store: MockStore) -> None:
    answer = ask(store, "/cats")
    assert answer.status_code == 404
    assert "GET /pets/{petId}" in answer.json()["operations"]
    assert ask(store, "/pets", "OPTIONS").headers["allow"] == "GET, POST, HEAD, OPTIONS"


def test_a_wrong_name_of_a_given_value_is_an_error(store: MockStore) -> None:
    given = store.apis["shop/get_shelves_shelf"].given
    with pytest.raises(UsageError, match=r"given\['shelv'\]: no path .* did you mean shelf\?"):
        given["shelv"] = "mine"
    with pytest.raises(UsageError, match="did you mean shelf"):
        given.update(shelfs="mine")
    given["shelf"] = 7
    assert ask(store, "/shelves/7").status_code == 200


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (lambda api: api.drift(7), "drift takes a JSON Pointer or a finding, not 7"),
        (lambda api: api.cut_next(when="/zoos"), "the path /zoos; its paths: /.*, /"),
        (lambda api: api.given, r"no attribute 'given'; name an operation: apis\[ID\].given"),
    ],
)
def test_a_wrong_use_says_what_to_do(store: MockStore, use: Any, says: str) -> None:
    with pytest.raises((UsageError, AttributeError), match=says):
        use(store)


def test_what_the_list_above_decides_cannot_be_set_below_it(store: MockStore) -> None:
    pet = store.apis["shop/get_pets_petId"]
    with pytest.raises(UsageError, match="names items of shop/get_pets; set those"):
        pet.given["petId"] = "7"
    with pytest.raises(UsageError, match="is not a list: set the items of the list"):
        pet.items = [{"id": 7}]


def test_scripted_failures_come_first(store: MockStore) -> None:
    store.fail_next(503)
    assert [ask(store, "/status").status_code for _ in range(2)] == [503, 200]


def test_the_store_over_http_conforms(docpact: Docpact, store: MockStore) -> None:
    (docpact.folder / "shop.json").write_text(json.dumps(DOCUMENT))
    with served(store) as base:
        shelf = f"shelf={store.apis['shop/get_shelves_shelf'].given['shelf']}"
        done = docpact("check", "shop.json", "--target", base, "--param", shelf)
    assert done.returncode == 0, done.stdout
    assert "7 operations conform, 1 not tested" in done.stdout


def test_the_fixtures_serve_a_whole_api(pytester: pytest.Pytester) -> None:
    document: Any = {**DOCUMENT, "servers": [{"url": "https://shop.example"}]}
    Path(pytester.path / "shop.json").write_text(json.dumps(document))
    pytester.makeini("[pytest]\ndocpact_operation = shop.json\n")
    pytester.makepyfile(
        """
        import httpx, pytest

        def test_mock(docpact_mock_api):
            first = httpx.get("https://shop.example/pets").json()[0]
            assert httpx.get(f"https://shop.example/pets/{first['id']}").json() == first
            other = httpx.get("https://shop.example/cats").json()
            assert "GET /pets" in other["operations"]

        def test_item(docpact_item):
            docpact_item()

        class TestOne:
            @pytest.fixture
            def docpact_operation(self, docpact_api):
                return docpact_api.operations[0]

            def test_item(self, docpact_item, docpact_mock_api):
                assert docpact_item().keys() == docpact_mock_api.items[0].keys()
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, failed=1)
    line = "*shop is a whole API: choose one of its operations: shop/get_* and 3 more"
    result.stdout.fnmatch_lines([line])


def test_a_list_that_is_empty_at_first_still_names_its_items(docpact: Docpact) -> None:
    limit = {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer"}}
    pets = {**DOCUMENT["paths"]["/pets"]["get"], "parameters": [limit]}
    paths = {"/pets": {"get": pets}, "/pets/{petId}": DOCUMENT["paths"]["/pets/{petId}"]}
    (docpact.folder / "few.json").write_text(json.dumps({**DOCUMENT, "paths": paths}))
    done = docpact("check", "few.json")
    assert "few/get_pets_petId  " in done.stdout
    assert "404 to every request" not in done.stdout


def describe(schema: Any, *parameters: str, **more: Any) -> dict[str, Any]:
    """Return an operation with parameters in its path."""
    content = {"application/json": {"schema": schema}}
    stated = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in parameters
    ]
    responses = {"200": {"description": "", "content": content}}
    return {"parameters": stated, "responses": responses, **more}


NAMED = {"type": "object", "properties": {"label": {"type": "string"}}, "required": ["label"]}
FLAG = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
PAGES = [
    {"name": name, "in": "query", "schema": {"type": "integer", "minimum": least, "maximum": 50}}
    for name, least in (("offset", 0), ("limit", 1))
]
LEVELS = [
    {"name": "least", "in": "query", "schema": {"enum": [1, 2, 3]}},
    {"name": "most", "in": "query", "schema": {"oneOf": [{"const": 0.5}, {"const": True}]}},
]
WORD = {"name": "word", "in": "query", "required": True, "schema": {"enum": ["Größe"]}}
RANK = {
    "name": "rank",
    "in": "query",
    "required": True,
    "schema": {"type": "integer", "enum": [*range(8)]},
    "description": "Only roles with this rank.",
}
RANKED = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "rank": {"type": "integer"}},
    "required": ["id", "rank"],
}
CODED = {
    "type": "object",
    "properties": {"id": {"type": "string", "enum": ["red", "blue"]}},
    "required": ["id"],
}
NUMBERED = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
OWNED = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "team_id": {"type": ["string", "null"]}},
}
JOBS: Any = {
    "oneOf": [
        {
            "type": "object",
            "required": ["id", "kind", "settings", *required],
            "properties": {
                "id": {"type": "string"},
                "kind": {"type": "string", "default": kind, "const": kind},
                "settings": {
                    "type": "object",
                    "properties": {name: {"type": "number"} for name in settings},
                },
                "targets": {"type": "array", "items": {"type": "string"}},
            },
        }
        for kind, settings, required in (
            ("fill", ("rate", "ratio"), []),
            ("sort", ("rate",), ["targets"]),
        )
    ]
}
"""A union with a form that has a field in an object which the other has not."""
TEAM = {"type": "object", "properties": {"id": {"type": "string"}}}
BARE = {"parameters": [], "responses": {"204": {"description": ""}}}


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "paths",
    [
        pytest.param(
            {
                "/roles": {"get": describe({"type": "array", "items": NAMED})},
                "/roles/{id}": {"get": describe(NAMED, "id")},
            },
            id="the items of a list have nothing that a path can name",
        ),
        pytest.param(
            {
                "/teams/{team_id}/roles": {
                    "get": describe(
                        {
                            "type": "object",
                            "properties": {"roles": {"type": "array", "items": OWNED}},
                        },
                        "team_id",
                    )
                },
                "/teams/{team_id}/roles/{id}": {"get": describe(OWNED, "team_id", "id")},
            },
            id="the owner of an item may be null",
        ),
        pytest.param({"/roles": {"get": describe(FLAG), "head": BARE}}, id="HEAD beside GET"),
        pytest.param({"/roles": {"options": describe(FLAG)}}, id="OPTIONS with a body"),
        pytest.param(
            {
                "/roles/search": {"get": describe({"type": "array", "items": NUMBERED})},
                "/roles/{id}": {"get": describe(NUMBERED, "id")},
            },
            id="a search shows the things",
        ),
        pytest.param(
            {"/roles": {"get": describe({"type": "array", "items": CODED}, parameters=PAGES)}},
            id="the ids of items are enumerated",
        ),
        pytest.param(
            {"/roles": {"get": describe(FLAG, parameters=LEVELS)}},
            id="numbers are enumerated without a type",
        ),
        pytest.param(
            {"/roles": {"get": describe(FLAG)}, "/roles#all": {"get": describe(NAMED)}},
            id="two operations at one address",
        ),
        pytest.param(
            {
                "/jobs": {"get": describe({"type": "array", "items": JOBS})},
                "/jobs/{id}": {"get": describe({"oneOf": JOBS["oneOf"][::-1]}, "id")},
            },
            id="objects of two forms have other fields inside",
        ),
        pytest.param(
            {"/roles": {"get": describe(FLAG, parameters=[WORD])}},
            id="a required value is not ASCII",
        ),
        pytest.param(
            {"/roles": {"get": describe({"type": "array", "items": RANKED}, parameters=[RANK])}},
            id="a filter is required",
        ),
    ],
)
def test_the_mock_of_an_api_conforms(docpact: Docpact, paths: Any) -> None:
    (docpact.folder / "roles.json").write_text(json.dumps({**DOCUMENT, "paths": paths}))
    done = docpact("check", "roles.json", "--strict")
    operations = sum(map(len, paths.values()))
    counted = f"{operations} operations conform" if operations > 1 else "1 operation conforms"
    assert f"conforms: {counted};" in done.stdout
    assert "NOTE" not in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("is_inferred", [False, True])
def test_pages_are_walked_by_tokens_that_are_uuids(docpact: Docpact, is_inferred: bool) -> None:
    """A list with a cursor that cannot hold the query that it continues."""
    cursor = {"type": "string", "format": "uuid", "nullable": True}
    fields = {"items": {"type": "array", "items": NUMBERED}, "next_cursor": cursor}
    described = "" if is_inferred else "The `cursor` of the next page."
    page = {"type": "object", "required": [*fields], "properties": fields}
    asked = {"name": "cursor", "in": "query", "schema": {"type": "string", "format": "uuid"}}
    fields["next_cursor"] = {**cursor, "description": described}
    paths = {"/roles": {"get": describe(page, parameters=[asked, PAGES[1]])}}
    (docpact.folder / "roles.json").write_text(json.dumps({**DOCUMENT, "paths": paths}))
    done = docpact("check", "roles.json", "-v")
    assert "1 operation conforms" in done.stdout
    assert "NOTE" not in done.stdout
    store = open_mock(load_api(str(docpact.folder / "roles.json")))
    assert isinstance(store, MockStore)
    first = ask(store, "/roles?limit=2").json()
    second = ask(store, f"/roles?cursor={first['next_cursor']}").json()
    assert len({each["id"] for each in first["items"] + second["items"]}) == 4
    other = "00000000-0000-4000-8000-000000000000"
    assert ask(store, f"/roles?cursor={other}").status_code == 422


def test_a_path_may_name_a_thing_that_cannot_show_its_name(docpact: Docpact) -> None:
    closed = {"additionalProperties": False, "anyOf": [OWNED, TEAM]}
    stated = {**DOCUMENT, "paths": {"/roles/{id}": {"get": describe(closed, "id")}}}
    (docpact.folder / "roles.json").write_text(json.dumps(stated))
    (operation,) = load_api(str(docpact.folder / "roles.json")).operations
    roles = replace(operation.roles, path={"id": "/id"})
    assert check(replace(operation, roles=roles)).verdict() is Verdict.CONFORMS


def choose(name: str, *values: str, **keywords: Any) -> Any:
    """Return an array parameter of a query whose values are joined by commas."""
    schema = {"type": "array", "items": {"type": "string", "enum": [*values]}}
    return {"name": name, "in": "query", "schema": schema, "explode": False, **keywords}


def test_the_mock_of_json_api_shows_what_a_query_includes_and_chooses(docpact: Docpact) -> None:
    def thing(kind: str, attributes: Any, **more: Any) -> Any:
        fields = {"type": {"const": kind}, "id": {"type": "string"}, **more}
        known = {"attributes": {"type": "object", "properties": attributes}}
        return {"type": "object", "required": ["type", "id"], "properties": {**fields, **known}}

    text = {"title": {"type": "string"}, "status": {"type": "string"}, "lead": {"type": "boolean"}}
    owner = {"type": "object", "properties": {"data": thing("people", {})}, "required": ["data"]}
    team = {"type": "object", "properties": {"owner": owner}, "required": ["owner"]}
    role = thing("roles", text, relationships=team)
    people = {"type": "array", "items": {"anyOf": [role, thing("people", text)]}}
    include = choose("include", "owner", description="Related resources to include.")
    fields = choose("fields[roles]", *text, description="Only these attributes are returned.")
    paths = {}
    role["properties"]["links"] = links = {"type": "object", "properties": {"self": text["title"]}}
    for path, data in (("/roles", {"type": "array", "items": role}), ("/roles/{id}", role)):
        body = {"data": data, "included": people, "links": links}
        schema = {"type": "object", "properties": body, "required": ["data"]}
        paths[path] = {"get": describe(schema, *(["id"] if "{" in path else []))}
        paths[path]["get"]["parameters"] += [include, fields]
    (docpact.folder / "roles.json").write_text(json.dumps({**DOCUMENT, "paths": paths}))
    done = docpact("check", "roles.json", "--json", "run.json")
    run = json.loads((docpact.folder / "run.json").read_text())
    promises = [each for one in run["operations"] for each in one["promises"]]
    tested = {each["rule"] for each in promises if each["outcome"] == "kept"}
    assert "2 operations conform" in done.stdout
    assert [each for one in run["operations"] for each in one["findings"]] == []
    assert {"query.included", "query.selection"} <= tested


def test_a_path_below_the_server_is_not_that_of_a_longer_template(docpact: Docpact) -> None:
    paths = {
        "/roles": {"get": describe({"type": "array", "items": NAMED})},
        "/{team}/roles": {"get": describe({"type": "array", "items": FLAG}, "team")},
    }
    document = {**DOCUMENT, "servers": [{"url": "https://roles.example/api/v1"}], "paths": paths}
    (docpact.folder / "roles.json").write_text(json.dumps(document))
    assert "2 operations conform" in docpact("check", "roles.json").stdout
    sent = {"url": "https://roles.example/api/v1/roles", "method": "GET", "status": 200}
    (docpact.folder / "sent.jsonl").write_text(json.dumps({**sent, "body": '[{"label": 5}]'}))
    done = docpact("audit", "roles.json", "sent.jsonl")
    assert "== roles/GET_roles\nBREAKING (1)" in done.stdout


@pytest.mark.parametrize("limits", [{}, {"maxLength": 400}])
def test_a_page_length_that_is_documented_as_a_text(docpact: Docpact, limits: Any) -> None:
    listed = describe({"type": "array", "items": NAMED})
    length = {"type": "string", "default": "50", **limits}
    listed["parameters"] = [{"name": "maxResults", "in": "query", "schema": length}]
    document = {**DOCUMENT, "paths": {"/roles": {"get": listed}}}
    (docpact.folder / "roles.json").write_text(json.dumps(document))
    done = docpact("check", "roles.json")
    assert "1 operation conforms" in done.stdout, done.stderr


@pytest.mark.slow
def test_the_budget_of_the_mock_is_enough_for_many_parameters(docpact: Docpact) -> None:
    kinds = [{"type": "integer", "minimum": 1, "maximum": 9}, {"type": "string", "format": "date"}]
    listed = describe({"type": "array", "items": NAMED})
    listed["parameters"] = [
        {"name": f"p{number}", "in": "query", "schema": kinds[number % 2]} for number in range(40)
    ]
    (docpact.folder / "many.json").write_text(
        json.dumps({**DOCUMENT, "paths": {"/roles": {"get": listed}}})
    )
    done = docpact("check", "many.json")
    assert "1 operation conforms" in done.stdout
