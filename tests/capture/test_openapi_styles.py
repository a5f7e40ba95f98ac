"""Parameters in every style: captured, sent, read again, and exported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from capture.test_openapi_parameters import BODY, ITEM, STATUS, capture, load, query
from capture.test_openapi_responses import recaptured
from capture.test_openapi_schemas import NUMBER, TEXT, fields
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import examples

from docpact import check
from docpact.cases.requests import boundary_cases, invalid_cases
from docpact.cases.sampling import sample_given
from docpact.cases.styles import (
    match_operation,
    read_query,
    read_value_as,
    write_path,
    write_query,
    write_value_as,
)
from docpact.model import Case, Operation, Question
from docpact.model.run import Verdict
from docpact.strategies import queries
from docpact.targets.address import case_headers, url
from docpact.targets.given import with_params

ARRAY = {"type": "array", "items": TEXT}
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
WORDS = {
    "spaceDelimited": NAMES.map(lambda text: text.replace(" ", "_").replace("+", "_")),
    "pipeDelimited": NAMES.map(lambda text: text.replace("|", "_")),
}
STYLES = {
    "simple": ("scalar", "array", "object"),
    "label": ("scalar", "array", "object"),
    "matrix": ("scalar", "array", "object"),
    "form": ("scalar", "array", "object"),
    "spaceDelimited": ("array", "object"),
    "pipeDelimited": ("array", "object"),
    "deepObject": ("object",),
}


@pytest.mark.sampled(5)
@pytest.mark.parametrize("explode", [True, False])
@pytest.mark.parametrize(
    ("style", "kind"), [(style, kind) for style, kinds in STYLES.items() for kind in kinds]
)
@settings(max_examples=examples(50))
@given(data=st.data())
def test_a_written_value_is_read_back(
    style: str, kind: Any, explode: bool, data: st.DataObject
) -> None:
    words = WORDS.get(style, NAMES)
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "scalar": words,
        "array": st.lists(words, min_size=1),
        "object": st.dictionaries(words, words, min_size=1),
    }
    explode = explode or style == "deepObject"
    value = data.draw(kinds[kind])
    text = write_value_as(style, explode, "a b", value)
    assert read_value_as(style, explode, "a b", kind, text) == value
    assert text.isascii()
    assert not set(text) & set(' "<>\\^`{|}#?/')


# Examples of OpenAPI 3.1.1, section 4.8.12.4, for arrays and objects with other words.
EXAMPLES: list[tuple[str, bool, Any, str]] = [
    ("simple", False, ["a", "b"], "a,b"),
    ("simple", True, {"r": "1", "g": "2"}, "r=1,g=2"),
    ("simple", False, {"r": "1", "g": "2"}, "r,1,g,2"),
    ("label", False, "a", ".a"),
    ("label", True, ["a", "b"], ".a.b"),
    ("label", True, {"r": "1", "g": "2"}, ".r=1.g=2"),
    ("matrix", False, "a", ";c=a"),
    ("matrix", False, ["a", "b"], ";c=a,b"),
    ("matrix", True, ["a", "b"], ";c=a;c=b"),
    ("matrix", True, {"r": "1", "g": "2"}, ";r=1;g=2"),
    ("form", True, ["a", "b"], "c=a&c=b"),
    ("form", False, ["a", "b"], "c=a,b"),
    ("form", False, {"r": "1", "g": "2"}, "c=r,1,g,2"),
    ("form", True, {"r": "1", "g": "2"}, "r=1&g=2"),
    ("spaceDelimited", False, ["a", "b"], "c=a%20b"),
    ("pipeDelimited", False, ["a", "b"], "c=a%7Cb"),
    ("pipeDelimited", False, {"r": "1", "g": "2"}, "c=r%7C1%7Cg%7C2"),
    ("deepObject", True, {"r": "1", "g": "2"}, "c%5Br%5D=1&c%5Bg%5D=2"),
]


@pytest.mark.parametrize(("style", "explode", "value", "text"), EXAMPLES)
def test_examples_of_the_specification(style: str, explode: bool, value: Any, text: str) -> None:
    assert write_value_as(style, explode, "c", value) == text


FILTER = fields(status=STATUS, vip={"type": "boolean"})

QUERIES: dict[str, tuple[dict[str, Any], tuple[tuple[str, str], ...], str]] = {
    "form": (query(ARRAY, "ids", explode=False), (("ids", "a"), ("ids", "b,c")), "ids=a,b%2Cc"),
    "spaces": (
        query(ARRAY, "ids", style="spaceDelimited"),
        (("ids", "a"), ("ids", "b")),
        "ids=a%20b",
    ),
    "pipes": (
        query(ARRAY, "ids", style="pipeDelimited", explode=False),
        (("ids", "a"), ("ids", "b")),
        "ids=a%7Cb",
    ),
    "exploded pipes": (
        query(ARRAY, "ids", style="pipeDelimited", explode=True),
        (("ids", "a"), ("ids", "b")),
        "ids=a&ids=b",
    ),
    "deepObject": (
        query(FILTER, "filter", style="deepObject"),
        (("filter[status]", "OPEN"), ("filter[vip]", "true")),
        "filter%5Bstatus%5D=OPEN&filter%5Bvip%5D=true",
    ),
    "deepObject in deepObject": (
        query(fields(by=FILTER), "filter", style="deepObject", explode=True),
        (("filter[by][status]", "OPEN"), ("filter[by][vip]", "true")),
        "filter%5Bby%5D%5Bstatus%5D=OPEN&filter%5Bby%5D%5Bvip%5D=true",
    ),
    "an object with its own names": (
        query(FILTER, "filter"),
        (("status", "OPEN"), ("vip", "true")),
        "status=OPEN&vip=true",
    ),
    "an object in one text": (
        query(FILTER, "filter", explode=False),
        (("filter[status]", "OPEN"), ("filter[vip]", "true")),
        "filter=status,OPEN,vip,true",
    ),
    "JSON": (
        {
            "name": "filter",
            "in": "query",
            "content": {"application/json": {"schema": {**FILTER, "required": ["status"]}}},
        },
        (("filter", '{"status": "OPEN"}'),),
        "filter=%7B%22status%22%3A%20%22OPEN%22%7D",
    ),
    "reserved characters": (
        query(TEXT, "q", allowReserved=True),
        (("q", "a/b&c:d"),),
        "q=a/b%26c:d",
    ),
}


@pytest.mark.sampled(6)
@pytest.mark.parametrize(("parameter", "pairs", "text"), QUERIES.values(), ids=QUERIES)
def test_queries(parameter: Any, pairs: Any, text: str) -> None:
    files = capture([parameter, query(NUMBER, "size")])
    operation = load(files)
    asked = (*pairs, ("size", "3"))
    assert write_query(operation, asked) == f"{text}&size=3"
    assert read_query(operation, f"{text}&size=3") == asked
    assert {name for name, _ in pairs} <= {each.name for each in operation.query_parameters}
    found = check(operation)
    assert (found.findings, found.verdict()) == ((), Verdict.CONFORMS)
    assert recaptured(files) == {n: text for n, text in files.items() if n != "page.json"}


def test_a_name_without_a_value_is_a_parameter() -> None:
    operation = load(capture([query(TEXT, "q")]))
    assert read_query(operation, "flag&q=1&&q=&=x") == (
        ("flag", ""),
        ("q", "1"),
        ("q", ""),
        ("", "x"),
    )


@pytest.mark.sampled(3)
@pytest.mark.parametrize("parameter", [each for each, _, _ in QUERIES.values()], ids=QUERIES)
@given(data=st.data())
def test_generated_queries_are_read_back(parameter: Any, data: st.DataObject) -> None:
    operation = _loaded(json.dumps(parameter))
    case = data.draw(queries(operation))
    sent = [pair for pair in case.query if not set(pair[1]) & {"|", " ", "+"}]
    assert sorted(read_query(operation, write_query(operation, sent))) == sorted(sent)


_OPERATIONS: dict[str, Operation] = {}


def _loaded(parameter: str) -> Operation:
    if parameter not in _OPERATIONS:
        _OPERATIONS[parameter] = load(capture([json.loads(parameter)]))
    return _OPERATIONS[parameter]


@pytest.mark.parametrize(
    ("style", "explode", "schema", "text", "path"),
    [
        ("simple", False, ARRAY, "a,b c", "/things/a,b%20c"),
        ("label", False, TEXT, "a.b", "/things/.a%2Eb"),
        ("label", True, ARRAY, "a,b", "/things/.a.b"),
        ("matrix", False, TEXT, "a", "/things/;id=a"),
        ("matrix", True, ARRAY, "a,b", "/things/;id=a;id=b"),
        ("simple", True, FILTER, "status,OPEN,vip,true", "/things/status=OPEN,vip=true"),
        ("matrix", True, FILTER, "status,OPEN", "/things/;status=OPEN"),
    ],
)
def test_paths(style: str, explode: bool, schema: Any, text: str, path: str) -> None:
    parameter = {
        "name": "id",
        "in": "path",
        "required": True,
        "style": style,
        "explode": explode,
        "schema": schema,
    }
    files = capture([parameter], "/things/{id}", body=ITEM)
    operation = load(files)
    assert write_path(operation, {"id": text}) == path
    assert match_operation(operation, f"/v1{path}") == ("/v1", {"id": text})
    found = check(operation)
    assert (found.findings, found.verdict()) == ((), Verdict.CONFORMS)
    assert recaptured(files) == {n: text for n, text in files.items() if n != "page.json"}


def test_a_path_in_another_style_is_another_operation() -> None:
    parameter = {"name": "id", "in": "path", "required": True, "style": "matrix", "schema": TEXT}
    operation = load(capture([parameter], "/things/{id}", body=ITEM))
    assert match_operation(operation, "/things/5") is None


def test_headers_and_cookies_are_sent() -> None:
    parameters = [
        {"name": "X-Ids", "in": "header", "required": True, "schema": ARRAY},
        {"name": "lang", "in": "cookie", "required": True, "schema": TEXT},
        {"name": "mode", "in": "cookie", "schema": TEXT},
    ]
    operation = load(capture(parameters))
    assert sample_given(operation).keys() == {"X-Ids", "lang"}
    given_all = with_params(operation, ["X-Ids=a,b", "lang=de", "mode=a b;c"])
    headers = dict(case_headers(given_all, Case("any"), None))
    assert headers == {"X-Ids": "a,b", "Cookie": "lang=de; mode=a%20b%3Bc"}
    without = Case("any", Question(credentials="cookie"))
    assert "lang=de" not in dict(case_headers(given_all, without, None))["Cookie"]
    assert check(operation).verdict() is Verdict.CONFORMS


def test_an_object_of_which_several_fields_belong_together_is_a_gap() -> None:
    needy = {**FILTER, "required": ["status", "vip"]}
    files = capture([query(needy, "filter", style="deepObject")])
    assert load(files).parameters == ()
    assert len(json.loads(files["operation.json"])["gaps"]) == 3
    files = capture([query(needy, "filter", style="deepObject", required=True)])
    assert [(p.name, p.required) for p in load(files).parameters] == [
        ("filter[status]", True),
        ("filter[vip]", True),
    ]
    assert check(load(files)).verdict() is Verdict.CONFORMS


def test_a_scalar_beside_an_object_is_a_parameter_too() -> None:
    bounds = {"anyOf": [fields(gt=NUMBER, lt=NUMBER), NUMBER]}
    operation = load(capture([query(bounds, "created", style="deepObject")]))
    assert [each.name for each in operation.parameters] == ["created", "created[gt]", "created[lt]"]
    assert operation.gaps == ()


def test_values_of_an_object_are_tested_at_their_limits() -> None:
    operation = load(capture([query(fields(n={**NUMBER, "maximum": 9}), "f", style="deepObject")]))
    assert (("f[n]", "9"),) in [case.query for case in boundary_cases(operation)]
    assert (("f[n]", "10"),) in [case.query for case in invalid_cases(operation)]
    sent = url("https://things.example", operation, Case("", Question((("f[n]", "9"),))))
    assert urlsplit(sent).query == "f%5Bn%5D=9"


def test_the_body_of_a_list_is_selected_by_an_object(tmp_path: Path) -> None:
    body = BODY | {"properties": {**BODY["properties"], "next_cursor": TEXT}}
    parameters = [
        query(FILTER, "filter", style="deepObject"),
        query(TEXT, "cursor"),
        query(NUMBER, "limit"),
    ]
    operation = load(capture(parameters, body=body))
    found = check(operation)
    assert (found.findings, found.verdict()) == ((), Verdict.CONFORMS)


@pytest.mark.parametrize(
    ("template", "marked", "sent"),
    [
        ("/x/{.id*}", ".id*", "/x/.a"),
        ("/x{;id*}", ";id*", "/x;id=a"),
        ("/x/{+id}", "+id", "/x/a"),
        ("/x/{**id}", "**id", "/x/a"),
        ("/x/{id...}", "id...", "/x/a"),
        ("/x/{id:[a-z]{1,2}}/y", "id:[a-z]{1,2}", "/x/a/y"),
        ("/x/{id?}", "id?", "/x/a"),
    ],
)
def test_a_parameter_may_be_in_the_path_as_a_router_writes_it(
    template: str, marked: str, sent: str
) -> None:
    for name in (marked, "id"):
        parameter = {"name": name, "in": "path", "required": True, "schema": ARRAY["items"]}
        files = capture([parameter], template)
        for operation in (load(files), load(recaptured(files))):
            assert [each.text for each in operation.gaps] == []
            assert write_path(operation, {"id": "a"}) == sent
            assert operation.path_parameters[0].is_exploded is ("*}" in template)
    assert write_path(load(capture([], template)), {"id": "a"}) == sent


def test_a_parameter_of_plain_text_is_one_with_a_schema() -> None:
    def content(**schema: Any) -> dict[str, Any]:
        return {"content": {"text/plain": {"schema": schema}}}

    word = {"name": "X-Word", "in": "header", "required": True, **content(type="string")}
    whole = {"name": "n", "in": "query", **content(type="integer", maximum=5)}
    listed = {"name": "l", "in": "query", **content(type="array", items=TEXT)}
    operation = load(capture([word, whole, listed]))
    schemas = {each.name: each.schema for each in operation.parameters}
    assert schemas == {"X-Word": TEXT, "n": {"type": "integer", "maximum": 5}}
    assert [each.text for each in operation.gaps] == [
        "query parameter l: how its media type is encoded"
    ]
