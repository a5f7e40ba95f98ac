"""The mock of any captured contract conforms to it."""

from __future__ import annotations

from typing import Any

import pytest
from capture.test_openapi_schemas import FIELDS, NUMBER, TEXT, capture, document, fields, ref
from sizes import sample

from docpact import check
from docpact.capture.openapi import capture_operation, find_operation
from docpact.cases.sampling import sample_items
from docpact.catalogue import load_files
from docpact.errors import ContractError
from docpact.model import Api
from docpact.model.pointer import Tokens, pointer, resolve
from docpact.model.run import Verdict
from docpact.targets.asgi import served
from docpact.targets.mock import MockApi, mock_client
from docpact.targets.mock_store import MockStore

LIST = {"type": "array", "items": FIELDS}


@pytest.mark.sampled(5)
@pytest.mark.parametrize(
    "schema",
    [
        TEXT,
        {**TEXT, "enum": ["yes", "no"]},
        {**TEXT, "format": "email"},
        {"type": "number", "minimum": 1e-08},
        {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
        {"type": "boolean"},
        {"type": "array", "items": TEXT},
        {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 3},
        {"oneOf": [fields(a=TEXT) | {"required": ["a"]}, fields(b=TEXT) | {"required": ["b"]}]},
        {"anyOf": [fields(a=TEXT), {"type": "array", "items": NUMBER}, TEXT]},
        fields(k=TEXT) | {"anyOf": [{"required": ["k"]}, {"type": "object"}]},
        {**LIST, "maxItems": 10},
        {"type": "array", "uniqueItems": True, "items": fields(a=TEXT, b={"type": "boolean"})},
        fields(data={**LIST, "maxItems": 3}) | {"required": ["data"]},
        {"type": "object", "additionalProperties": NUMBER},
        fields(a={"anyOf": [fields(b=TEXT), NUMBER]}, c={"enum": ["x"]}, d={"const": 1}),
        {"type": "array", "items": fields(a={"anyOf": [fields(b=TEXT), NUMBER]})},
        ref("P"),
        {"type": "array", "items": ref("P")},
        fields(inner=ref("P")) | {"required": ["inner"]},
        {"type": "array", "items": fields(a={**TEXT, "format": "email", "minLength": 30})},
        {"type": "array", "items": fields(a={**TEXT, "format": "uri", "maxLength": 20})},
        {},
    ],
)
def test_the_mock_conforms(schema: Any) -> None:
    base = fields(k=TEXT) | {"discriminator": {"propertyName": "k"}, "required": ["k"]}
    child = {"allOf": [ref("P"), fields(x=NUMBER) | {"required": ["x"]}]}
    operation = load_files(capture(schema, {"P": base, "C": child}), "toys/op")
    run = check(operation)
    assert [each.observed for each in run.findings] == []
    assert run.verdict() is Verdict.CONFORMS


@pytest.mark.parametrize("field", [{**TEXT, "pattern": "^!"}, {"type": ["integer", "null"]}])
def test_an_item_repeats_the_name_of_the_path_only_if_its_field_can_have_it(field: Any) -> None:
    item = fields(pet_id=field, name=TEXT) | {"required": ["pet_id", "name"]}
    stated = document({"type": "array", "items": item})
    stated["paths"]["/pets/{pet_id}/toys"] = stated["paths"].pop("/things")
    operation = load_files(capture_operation(find_operation(stated, "op", "toys")), "toys/op")
    breaking = [each for each in check(operation).findings if each.rule.startswith("response.")]
    assert breaking == []


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    ("holder", "paging"),
    [("", ["page", "per_page"]), ("page", ["offset", "limit"]), ("meta", ["cursor"])],
)
def test_the_mock_has_right_values_of_all_fields_about_pages(
    holder: str, paging: list[str]
) -> None:
    kinds = {name: TEXT if name == "cursor" else {**NUMBER, "minimum": 1} for name in paging}
    flags = ["first", "is_first_page", "last", "has_more"]
    numbers = ["total", "total_pages", "number", "current_page", "page_index"]
    numbers += ["number_of_elements", "items_on_page"]
    about = dict.fromkeys(numbers, NUMBER) | {name: {"type": "boolean"} for name in flags}
    about |= {"next_cursor": TEXT} if "cursor" in paging else {}
    stated = fields(**({holder: fields(**about)} if holder else about), boats=LIST)
    whole = document({**stated, "required": [*stated["properties"]]})
    whole["paths"]["/boats"] = whole["paths"].pop("/things")
    whole["paths"]["/boats"]["get"]["parameters"] = [
        {"name": name, "in": "query", "schema": schema} for name, schema in kinds.items()
    ]
    operation = load_files(capture_operation(find_operation(whole, "op", "boats")), "toys/op")
    assert [(each.rule, each.location, each.observed) for each in check(operation).findings] == []


def test_the_mock_repeats_the_name_of_the_path_inside_an_envelope_with_a_list() -> None:
    owner = fields(owner_id=TEXT, boats=LIST) | {"required": ["owner_id", "boats"]}
    either = {"oneOf": [fields(a=fields(c=LIST)), fields(b=TEXT)]}
    stated = document(fields(data=owner, either=either) | {"required": ["data"]})
    stated["paths"]["/owners/{owner_id}"] = stated["paths"].pop("/things")
    operation = load_files(capture_operation(find_operation(stated, "op", "boats")), "toys/op")
    assert operation.roles.path == {"owner_id": "/data/owner_id"}
    assert check(operation).findings == ()


@pytest.mark.sampled(6)
@pytest.mark.parametrize("taken", sample(["string", "number", "integer"], 2))
@pytest.mark.parametrize("ids", ["string", "number", "integer"])
def test_the_last_id_is_sent_only_to_a_parameter_that_takes_ids(taken: str, ids: str) -> None:
    item = fields(id={"type": ids}, name=TEXT) | {"required": ["id"]}
    parameters = [
        {"name": "after", "in": "query", "schema": {"type": taken}},
        {"name": "page_size", "in": "query", "schema": {"type": "integer", "maximum": 50}},
    ]
    stated = document(fields(items={"type": "array", "items": item}) | {"required": ["items"]})
    stated["paths"]["/things"]["get"]["parameters"] = parameters
    operation = load_files(capture_operation(find_operation(stated, "op", "things")), "toys/op")
    takes = taken == "string" or ids != "string"
    assert operation.roles.last_id_parameter == ("after" if takes else None)
    assert check(operation).findings == ()


@pytest.mark.parametrize("name", ["ipv4", "ipv6", "time", "uri-reference", "json-pointer", "regex"])
def test_the_mock_has_values_of_standard_formats(name: str) -> None:
    schema = fields(a={**TEXT, "format": name}) | {"required": ["a"]}
    assert check(load_files(capture(schema), "toys/op")).verdict() is Verdict.CONFORMS


def test_the_mock_of_one_thing_has_an_id_that_a_path_can_contain() -> None:
    stated = document({**fields(id={**TEXT, "maxLength": 30}), "required": ["id"]})
    stated["paths"] = {"/things/{id}": stated["paths"]["/things"]}
    parameter = {"name": "id", "in": "path", "required": True, "schema": TEXT}
    stated["paths"]["/things/{id}"]["parameters"] = [parameter]
    files = capture_operation(find_operation(stated, "op", "a document"))
    assert check(load_files(files, "toys/op")).verdict() is Verdict.CONFORMS


@pytest.mark.parametrize("held", [(), ("attributes",)])
@pytest.mark.parametrize("name", ["boat_id", "crew_id", "harbor_id"])
def test_the_mock_of_one_thing_shows_the_value_that_names_it(name: str, held: Tokens) -> None:
    thing = fields(**{name: TEXT}, note=TEXT)
    stated = document(fields(attributes=thing) if held else thing)
    stated["paths"] = {f"/things/{{{name}}}": stated["paths"]["/things"]}
    operation = load_files(capture_operation(find_operation(stated, "op", "x")), "toys/op")
    where = pointer((*held, name))
    assert operation.roles.path == {name: where}
    shown = {resolve(each, where) for each in sample_items(operation, 9)}
    assert len(shown - {None}) == 9


def test_the_mock_of_a_list_without_paging_keeps_to_the_largest_size() -> None:
    stated = document({"type": "array", "items": FIELDS})
    size = {"name": "limit", "in": "query", "schema": {**NUMBER, "minimum": 1, "maximum": 100}}
    stated["paths"]["/things"]["parameters"] = [size]
    files = capture_operation(find_operation(stated, "op", "a document"))
    assert check(load_files(files, "toys/op")).verdict() is Verdict.CONFORMS


def query(name: str, schema: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, **more}


SNOWFLAKE = {**TEXT, "pattern": "^(0|[1-9][0-9]*)$"}
LAMP = fields(id=TEXT) | {"required": ["id"]}
KINDS = [
    {"if": fields(kind={"const": kind}), "then": {"required": [field]}}
    for kind, field in (("lamp", "watts"), ("fan", "blades"))
]
DEVICE = fields(kind={"enum": ["lamp", "fan"]}, watts=NUMBER, blades=NUMBER) | {
    "required": ["kind"],
    "allOf": KINDS,
}


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    ("schema", "parameters"),
    [
        pytest.param(
            fields(lamps={"type": "array", "items": LAMP}, nextPageToken=TEXT),
            [query("pageToken", TEXT, required=True)],
            id="the first page has a required token",
        ),
        pytest.param(
            fields(lamps={"type": "array", "items": LAMP}, pagination=fields(next_page=TEXT)),
            [query("after", {"type": "number"}), query("page_size", NUMBER)],
            id="a number after which the URL of the next page begins",
        ),
        pytest.param(
            {"type": "array", "items": LAMP},
            [query("page", {**NUMBER, "minimum": 0})],
            id="pages from 0",
        ),
        pytest.param(
            fields(lamps={"type": "array", "items": LAMP}, took=NUMBER)
            | {
                "required": ["lamps", "took"],
                "oneOf": [
                    fields(page=NUMBER, pages=NUMBER) | {"required": ["page", "pages"]},
                    fields(skip=NUMBER, about=NUMBER) | {"required": ["skip", "about"]},
                ],
            },
            [query("skip", NUMBER)],
            id="a page in two forms",
        ),
        pytest.param({"type": "array", "items": DEVICE}, [], id="items with several conditions"),
        pytest.param(
            {"type": "array", "items": fields(id=SNOWFLAKE) | {"required": ["id"]}},
            [query("after", SNOWFLAKE), query("limit", {**NUMBER, "minimum": 1, "maximum": 100})],
            id="ids that are 0 or another number",
        ),
        pytest.param(
            {
                "type": "array",
                "items": fields(text={**TEXT, "minLength": 90_000}) | {"required": ["text"]},
            },
            [],
            id="long items",
        ),
        pytest.param(
            {"type": "array", "items": LAMP},
            [query("limit", {**NUMBER, "default": "25"})],
            id="a default size that is a text",
        ),
        pytest.param(
            fields(lamps={"type": "array", "items": LAMP, "minItems": 1}, total_pages=NUMBER),
            [
                query("page", {**NUMBER, "minimum": 1, "maximum": 9000}),
                query("page_size", {**NUMBER, "minimum": 1, "maximum": 20}),
            ],
            id="no page is empty",
        ),
        pytest.param(
            {"type": "array", "items": LAMP},
            [query("page", NUMBER), query("size", {**NUMBER, "minimum": 25, "maximum": 100})],
            id="pages that are never small",
        ),
        pytest.param(
            {"type": "array", "items": LAMP},
            [query("page", NUMBER), query("size", {**NUMBER, "enum": [25, 50]})],
            id="pages of two sizes",
        ),
        pytest.param(
            fields(lamps={"type": "array", "items": LAMP}, next={**TEXT, "pattern": "^/things"}),
            [query("page", NUMBER)],
            id="a relative URL of the next page",
        ),
        pytest.param(
            fields(lamps={"type": "array", "items": LAMP}, page={**NUMBER, "format": "int32"}),
            [query("page", NUMBER)],
            id="numbers of pages that no response can have",
        ),
        pytest.param(
            fields(lamps={"type": "array", "items": LAMP}, has_more={"type": "boolean"}),
            [query("page", NUMBER), query("size", {**NUMBER, "format": "int64", "maximum": 40})],
            id="page sizes below 0",
        ),
        pytest.param(
            fields(value={"type": "array", "items": LAMP}, nextLink=TEXT),
            [query("$top", {**NUMBER, "format": "int32"})],
            id="a top of the whole list",
        ),
        pytest.param(
            fields(
                lamps={"type": "array", "items": LAMP},
                total_items={**NUMBER, "minimum": 1},
                total_pages={**NUMBER, "minimum": 1, "maximum": 10},
            ),
            [query("color", TEXT), query("page", NUMBER), query("page_size", NUMBER)],
            id="totals that are never 0",
        ),
    ],
)
def test_the_mock_of_a_list_conforms(schema: Any, parameters: list[Any]) -> None:
    stated = document(schema, openapi="3.1.0")
    stated["paths"]["/things"]["get"]["parameters"] = parameters
    operation = load_files(capture_operation(find_operation(stated, "op", "things")), "toys/op")
    assert operation.roles.is_list
    run = check(operation)
    assert [each.observed for each in run.findings] == []
    assert run.verdict() is Verdict.CONFORMS


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("path", "second"),
    [
        ("/pages/{name}{extension}", TEXT),
        ("/pages/{name}{extension}", {**TEXT, "enum": [".json", ".html"]}),
        ("/pages/{name}.{extension}", TEXT),
        ("/pages/{name}-{extension}/parts", {**TEXT, "minLength": 5}),
    ],
)
def test_parameters_may_share_a_segment(path: str, second: Any) -> None:
    stated = document(fields(a=TEXT))
    stated["paths"] = {path: stated["paths"]["/things"]}
    stated["paths"][path]["parameters"] = [
        {"name": "name", "in": "path", "required": True, "schema": TEXT},
        {"name": "extension", "in": "path", "required": True, "schema": second},
    ]
    files = capture_operation(find_operation(stated, "op", "a document"))
    run = check(load_files(files, "toys/op"))
    assert [each.observed for each in run.findings] == []
    assert run.verdict() is Verdict.CONFORMS


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/things?action=list", "/things?action=list"),
        ("/things?action=list&code={id}#part", "/things?action=list&code={id}"),
        ("/things?code={id}", "/things?code={id}"),
        ("/things{?id}", "/things"),
        ("/things/{id} ", "/things/{id}"),
        ("/café [1]/%7b/{id}", "/café [1]/%7b/{id}"),
    ],
)
def test_a_path_may_have_a_query_or_characters_that_urls_encode(path: str, written: str) -> None:
    stated = document(fields(a=TEXT))
    stated["paths"] = {path: stated["paths"]["/things"]}
    value = {"name": "id", "in": "path", "required": True, "schema": TEXT}
    stated["paths"][path]["parameters"] = [value] if "id" in path else []
    files = capture_operation(find_operation(stated, "op", "a document"))
    operation = load_files(files, "toys/op")
    assert operation.path == written.partition("?")[0]
    run = check(operation)
    assert [each.observed for each in run.findings] == []
    assert run.verdict() is Verdict.CONFORMS
    needed = {each.name for each in operation.query_parameters if each.required}
    assert needed == {
        each.partition("=")[0] for each in written.partition("?")[2].split("&") if each
    }


def test_a_path_with_dots_is_refused() -> None:
    stated = document(fields(a=TEXT))
    stated["paths"] = {"/a/../b": stated["paths"]["/things"]}
    with pytest.raises(ContractError, match=r"segment '\.\.', which clients remove"):
        capture_operation(find_operation(stated, "op", "a document"))


def test_a_list_below_a_thing_repeats_its_number() -> None:
    schema = fields(id=NUMBER, parts={"type": "array", "items": LAMP}) | {
        "required": ["id", "parts"]
    }
    stated = document(schema)
    path = "/things/{id}/parts"
    stated["paths"] = {path: stated["paths"]["/things"]}
    stated["paths"][path]["parameters"] = [
        {"name": "id", "in": "path", "required": True, "schema": NUMBER}
    ]
    run = check(load_files(capture_operation(find_operation(stated, "op", "a")), "toys/op"))
    assert [each.observed for each in run.findings] == []


@pytest.mark.sampled(4)
@pytest.mark.parametrize("kind", [{**TEXT, "format": "uuid"}, TEXT, {"type": ["string", "null"]}])
def test_a_list_that_is_continued_after_an_id_has_ids(kind: Any) -> None:
    item = fields(id=kind, name=TEXT)
    page = fields(has_more={"type": "boolean"}, data={"type": "array", "items": item})
    stated = document(page | {"required": ["data"]})
    stated["paths"]["/things"]["get"]["parameters"] = [
        {"name": "after", "in": "query", "schema": {**kind, "type": "string"}},
        {"name": "limit", "in": "query", "schema": {"type": "integer"}},
    ]
    operation = load_files(capture_operation(find_operation(stated, "op", "things")), "toys/op")
    run = check(operation)
    assert operation.roles.last_id_parameter == "after"
    assert [each.observed for each in run.findings] == []
    assert run.verdict() is Verdict.CONFORMS


@pytest.mark.sampled(3)
@pytest.mark.parametrize("pattern", ["^key_.+$", "^[^x]+$", "^k.{3,5}$", "^.*[^,]$"])
def test_ids_of_a_loose_pattern_differ(pattern: str) -> None:
    item = fields(id={**TEXT, "pattern": pattern}) | {"required": ["id"]}
    operation = load_files(capture({"type": "array", "items": item}), "toys/op")
    run = check(operation)
    assert [each.observed for each in run.findings] == []
    assert run.verdict() is Verdict.CONFORMS
    assert len({each["id"] for each in sample_items(operation, 200)}) == 200


@pytest.mark.parametrize("required", [["data"], []])
def test_a_list_that_is_never_empty_may_have_a_filter(required: list[str]) -> None:
    state = {**TEXT, "pattern": "^[0-9A-Z_]+$", "minLength": 1, "maxLength": 99}
    listed = {"type": "array", "items": fields(state=state), "minItems": 1}
    stated = document({**fields(data=listed, more=TEXT), "required": required})
    size = {"type": "integer", "minimum": 1, "maximum": 50}
    stated["paths"]["/things"]["get"]["parameters"] = [
        {"name": "state", "in": "query", "schema": state},
        {"name": "page_size", "in": "query", "schema": size},
    ]
    operation = load_files(capture_operation(find_operation(stated, "op", "things")), "toys/op")
    assert [each.observed for each in check(operation).findings] == []
    empty = MockApi(operation, items=[], key=None)
    with served(empty) as base:
        found = check(operation, base).findings
    assert [(each.rule, each.location) for each in found] == [("response.minItems", "/data")]


def test_a_query_may_choose_between_operations_with_one_path() -> None:
    stated = document(fields(a=TEXT) | {"required": ["a"]})
    other = document(fields(b=NUMBER) | {"required": ["b"]})["paths"]["/things"]
    other["get"]["operationId"] = "other"
    stated["paths"] = {"/t?do=a": stated["paths"]["/things"], "/t?do=b": other}
    operations = [
        load_files(capture_operation(find_operation(stated, name, "t")), f"toys/{name}")
        for name in ("op", "other")
    ]
    client = mock_client(MockStore(Api("toys", tuple(operations), is_whole=True)))
    bodies = [client.get(f"https://things.example/t?do={each}").json() for each in "ab"]
    assert [each.keys() for each in bodies] == [{"a"}, {"b"}]


def test_items_that_a_filter_selects_by_their_id_are_different() -> None:
    schema = {"type": "array", "items": fields(id={**TEXT, "format": "uuid"}, name=TEXT)}
    by_id = {"name": "id", "in": "query", "schema": TEXT}
    whole = document(schema)
    whole["paths"]["/things"]["get"]["parameters"] = [by_id]
    operation = load_files(capture_operation(find_operation(whole, "op", "a.json")), "toys/op")
    assert "id" in operation.roles.filters
    assert len({each["id"] for each in sample_items(operation, 20)}) == 20


def test_a_get_has_the_body_that_it_requires() -> None:
    whole = document(FIELDS)
    sent = {"required": True, "content": {"application/json": {"schema": FIELDS}}}
    whole["paths"]["/things"]["get"]["requestBody"] = sent
    operation = load_files(capture_operation(find_operation(whole, "op", "a.json")), "toys/op")
    assert check(operation).verdict() is Verdict.CONFORMS
