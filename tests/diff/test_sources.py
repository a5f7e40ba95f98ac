"""Each kind of source is recognized and read; an error names place and reason."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Literal, NotRequired, Required, TypedDict

import pydantic
import pytest
from diff.schemas import places, schemas, whole
from hypothesis import given

import docpact
from docpact.capture.openapi import capture_operation, find_operation
from docpact.capture.typescript import read_interface
from docpact.diff import SourceView, diff, read_source
from docpact.diff.openapi import view_files
from docpact.diff.sources import view_bodies, view_type
from docpact.diff.view import ValueView
from docpact.errors import DocpactError, MissingExtra

SHIPPED = "llamacloud/list_classify_jobs"
OPERATION = docpact.load(SHIPPED)
FOLDER = Path(docpact.__file__).parent / "schemas" / SHIPPED


class State(Enum):
    """Two states."""

    ON = "on"
    OFF = "off"


class Query(TypedDict, total=False):
    """Parameters in every form."""

    ids: Sequence[str]
    state: Literal["on", "off"] | None
    since: str | datetime
    name: Required[str]
    size: NotRequired[int]


class Inner(pydantic.BaseModel):
    """A part of a body."""

    state: State
    scores: list[float]


class Body(pydantic.BaseModel):
    """A body in every form."""

    id: str
    when: datetime | None = None
    inner: Inner | None = None
    more: dict[str, str] = {}
    anything: Any = None
    from_: str = pydantic.Field(alias="from")


class Itself(pydantic.BaseModel):
    """A type that contains itself."""

    inner: Itself | None = None


class Odd(pydantic.BaseModel):
    """A type without a form in JSON."""

    call: Callable[[], None]


def rules(a: str, b: str) -> set[tuple[str, str]]:
    return {(change.rule.id, change.location) for change in diff(read_source(a), read_source(b))}


def openapi(response: Any, **parameters: Any) -> dict[str, Any]:
    """Return a document with one operation."""
    answer = {"content": {"application/json": {"schema": response}}}
    listed = [
        {"name": name, "in": "query", "schema": schema} for name, schema in parameters.items()
    ]
    operation = {"operationId": "list", "parameters": listed, "responses": {"200": answer}}
    return {"openapi": "3.1.0", "paths": {"/things": {"get": operation}}}


def test_a_contract_is_the_same_by_name_and_by_folder() -> None:
    assert rules(SHIPPED, str(FOLDER)) == set()


def test_a_page_and_its_contract_differ_by_the_refinements() -> None:
    assert rules(str(FOLDER / "page.txt"), SHIPPED) == {
        ("diff.query.type_narrowed", "query/page_size"),
        ("diff.response.bound_narrowed", "/items/*/configuration/rules"),
        ("diff.response.optional", "/items/*/result/type"),
    }


def test_an_openapi_document_of_a_contract_says_the_same(tmp_path: Path) -> None:
    properties = OPERATION.query_schema["properties"]
    document = openapi(OPERATION.response_schema, **properties)
    item = document["paths"]["/things"]
    session = {"in": "cookie", "name": "session", "schema": {"type": "string"}}
    item["get"] |= {"security": [{"key": []}]}
    item["get"]["parameters"] = [*item["get"]["parameters"], session]
    document["paths"] = {OPERATION.path: item}
    document["components"] = {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}}
    (tmp_path / "api.json").write_text(json.dumps(document))
    assert rules(SHIPPED, f"{tmp_path / 'api.json'}#list") == set()


def test_a_header_of_a_contract_may_refer_to_a_definition() -> None:
    def view(most: int) -> SourceView:
        held = {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A"}}}
        document = openapi({"type": "object"})
        header = {"in": "header", "name": "X-Filter", "schema": held}
        document["paths"]["/things"]["get"]["parameters"] = [header]
        document["components"] = {"schemas": {"A": {"type": "string", "maxLength": most}}}
        return view_files(capture_operation(find_operation(document, "list", "x")), "toys/list")

    (change,) = diff(view(5), view(3))
    assert (change.rule.id, change.location) == ("diff.request.bound_narrowed", "header/x-filter/a")


def test_openapi_3_0_and_references(tmp_path: Path) -> None:
    thing = {
        "allOf": [
            {"$ref": "#/components/schemas/Named"},
            {"type": "object", "properties": {"size": {"type": "integer", "maximum": 9}}},
        ]
    }
    named = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "nullable": True},
            "state": {"anyOf": [{"type": "string", "enum": ["on"]}, {"type": "null"}]},
            "limit": {"type": "number", "maximum": 3, "exclusiveMaximum": True},
        },
        "required": ["name"],
    }
    document = openapi(thing) | {"openapi": "3.0.3", "components": {"schemas": {"Named": named}}}
    (tmp_path / "api.json").write_text(json.dumps(document))
    read = places(read_source(f"{tmp_path / 'api.json'}#list").response)
    assert {where: (view.always, view.values, limits(view)) for where, view in read.items()} == {
        "": (True, None, {}),
        "/name": (False, None, {}),
        "/state": (False, ("on",), {}),
        "/limit": (False, None, {"maximum": (3, True)}),
        "/size": (False, None, {"maximum": (9, False)}),
    }


def limits(view: ValueView) -> dict[str, Any]:
    return {keyword: limit for s in view.shapes.values() for keyword, limit in s.limits.items()}


def text(view: ValueView) -> str | None:
    """Return the format of the texts of a view."""
    return view.shapes["string"].format if "string" in view.shapes else None


def test_python_types() -> None:
    query = places(read_source("diff.test_sources:Query").query)
    body = places(read_source("diff.test_sources:Body@/items/*").response, "/items/*")
    assert {n: (sorted(p.types), p.always, p.values, text(p)) for n, p in query.items() if n} == {
        "/ids": (["array"], False, None, None),
        "/ids/*": (["string"], True, None, None),
        "/state": (["string"], False, ("on", "off"), None),
        "/since": (["string"], False, None, None),
        "/name": (["string"], True, None, None),
        "/size": (["integer"], False, None, None),
    }
    assert {n: (min(p.types), p.always, p.values, text(p)) for n, p in body.items()} == {
        "/items/*": ("object", True, None, None),
        "/items/*/id": ("string", True, None, None),
        "/items/*/when": ("string", False, None, "date-time"),
        "/items/*/inner": ("object", False, None, None),
        "/items/*/inner/state": ("string", True, ("on", "off"), None),
        "/items/*/inner/scores": ("array", True, None, None),
        "/items/*/inner/scores/*": ("integer", True, None, None),
        "/items/*/more": ("object", False, None, None),
        "/items/*/more/*": ("string", False, None, None),
        "/items/*/anything": ("array", False, None, None),
        "/items/*/from": ("string", True, None, None),
    }


@dataclass
class Tree:
    """A type that contains itself, and a union of objects."""

    kind: State
    held: Inner | Itself
    parts: list[Tree]


def test_python_types_that_contain_themselves() -> None:
    assert rules("diff.test_sources:Itself", "diff.test_sources:Itself") == set()
    view = read_source("diff.test_sources:Tree").response
    assert view is not None
    assert view.children["kind"].values == ("on", "off")
    assert sorted(view.children["held"].children) == ["inner", "scores", "state"]
    assert view.children["parts"].children["*"].shapes == view.shapes


def test_without_pydantic_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydantic", None)
    with pytest.raises(MissingExtra, match=r"pip install 'docpact\[types\]'"):
        read_source("decimal:Decimal")


def test_a_typescript_interface_that_contains_itself(tmp_path: Path) -> None:
    text = "interface Leaf { leaf: true } interface Tree { parts: (Leaf | Tree)[] }"
    (tmp_path / "tree.d.ts").write_text(text)
    name = f"{tmp_path / 'tree.d.ts'}:Tree@"
    view = read_source(name).response
    assert view is not None
    assert sorted(view.children["parts"].children["*"].children) == ["leaf", "parts"]
    assert rules(name, name) == set()


DECLARATION = """
import { Base, type Kind } from "./base.js";
/** A { brace } in a comment. */
export interface Thing extends Base {
  readonly state?: 'on' | "off" | null;
  kinds: Array<Thing.Kind>;
  more?: { [key: string]: string };
  inline: { deep: number[] | null };
}
export declare namespace Thing {
  interface Kind { label: string; at?: Date }
}
"""


def test_a_typescript_interface(tmp_path: Path) -> None:
    (tmp_path / "thing.d.ts").write_text(DECLARATION)
    (tmp_path / "base.d.ts").write_text("export interface Base { id: string; }")
    read = places(read_source(f"{tmp_path / 'thing.d.ts'}:Thing@").response)
    values = {n: p.values and {*p.values} for n, p in read.items()}
    assert {n: (max(p.types), p.always, values[n]) for n, p in read.items() if n} == {
        "/id": ("string", True, None),
        "/state": ("string", False, {"on", "off"}),
        "/kinds": ("array", True, None),
        "/kinds/*": ("object", True, None),
        "/kinds/*/label": ("string", True, None),
        "/kinds/*/at": ("string", False, None),
        "/more": ("object", False, None),
        "/more/*": ("string", False, None),
        "/inline": ("object", True, None),
        "/inline/deep": ("array", False, None),
        "/inline/deep/*": ("number", True, None),
    }


def declared(schema: Any) -> str:
    """Write a schema as a TypeScript type."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "enum" in schema:
        return " | ".join(f"'{value}'" for value in schema["enum"])
    written = []
    for kind in kinds:
        if kind == "object":
            fields = (
                f"{name}{'' if name in schema['required'] else '?'}: {declared(part)};"
                for name, part in schema["properties"].items()
            )
            written.append(f"{{ {' '.join(fields)} }}")
        elif kind == "array":
            written.append(f"Array<{declared(schema['items'])}>")
        else:
            written.append("number" if kind == "integer" else kind)
    return " | ".join(written)


@given(schema=schemas())
def test_an_interface_gives_back_what_it_was_written_from(
    schema: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.d.ts"
    path.write_text(f"export interface Any {declared(schema)}")
    read = view_type(read_interface(path, "Any"), "any.d.ts", "", has_integers=False)
    for found in (diff(whole(schema), read), diff(read, whole(schema))):
        assert found == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1, "b": null}', {"a": (["integer"], True), "b": ([], False)}),
        ('[{"a": 0.5}, {"a": null}]', {"a": (["integer", "number"], False)}),
        ('{"a": "x"}\n{"b": true}\n', {"a": (["string"], False), "b": (["boolean"], False)}),
    ],
)
def test_recorded_answers(tmp_path: Path, text: str, expected: dict[str, Any]) -> None:
    (tmp_path / "answers.json").write_text(text)
    read = places(read_source(f"answers:{tmp_path / 'answers.json'}").response)
    assert {n[1:]: (sorted(p.types), p.always) for n, p in read.items() if n} == expected


def test_optional_fields_that_were_not_recorded_are_no_change() -> None:
    documented = whole({"type": "object", "properties": {"a": {"type": "string"}}})
    seen = side_of_answers({"a": "text"})
    for found in (diff(documented, seen), diff(seen, documented)):
        assert found == ()
    (change,) = diff(documented, side_of_answers({"b": 1, "a": "text"}))
    assert (change.rule.id, change.location) == ("diff.response.added", "/b")


@pytest.mark.parametrize("body", [{"items": []}, {"items": None}, {"items": [{"in": None}]}])
def test_an_empty_sample_leaves_its_contents_open(body: Any) -> None:
    inner = {"type": ["object", "null"], "properties": {"a": {"type": "string"}}, "required": ["a"]}
    item = {"type": "object", "properties": {"in": inner}, "required": ["in"]}
    listed = {"type": ["array", "null"], "items": item}
    documented = whole({"type": "object", "properties": {"items": listed}})
    assert diff(documented, side_of_answers(body)) == ()


def test_a_required_field_that_was_not_recorded_is_gone() -> None:
    item = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    documented = whole(
        {"type": "object", "properties": {"items": {"type": "array", "items": item}}}
    )
    (change,) = diff(documented, side_of_answers({"items": [{}]}))
    assert (change.rule.id, change.location) == ("diff.response.removed", "/items/*/a")


def side_of_answers(body: Any) -> Any:
    return view_bodies(json.dumps(body), "answers")


@pytest.mark.parametrize(
    ("name", "content", "named", "says"),
    [
        ("a.json", "{", "a.json#x", "a.json: cannot be read as JSON: "),
        ("a.json", "{}", "a.json#x", "a.json: not an OpenAPI 3 document"),
        ("a.json", openapi({}), "a.json#x", "a.json: no operation 'x'; it has: list"),
        ("a.json", openapi({"$ref": "#/no"}), "a.json#list", "a.json#/no: missing"),
        ("p.txt", "no page", "p.txt", "p.txt:"),
        ("a.txt", "1\n{", "answers:a.txt", "a.txt:2: neither the file nor this line is JSON"),
        ("t.d.ts", "interface A { x: B }", "t.d.ts:A", "t.d.ts:1: the type B is declared neither"),
        ("t.d.ts", "\ninterface A { x(): y }", "t.d.ts:A", "t.d.ts:2: expected the type of x"),
        ("t.d.ts", "interface A { x: F<y> }", "t.d.ts:A", "t.d.ts:1: a type that docpact does not"),
        ("t.d.ts", "interface A { x: string", "t.d.ts:A", "t.d.ts:1: "),
        ("t.d.ts", "interface A { x: ~ }", "t.d.ts:A", "t.d.ts:1: '~' is not a token"),
        (
            "t.d.ts",
            "interface A {}",
            "t.d.ts:B",
            "t.d.ts: declares no interface 'B'; it declares: A",
        ),
        ("x", "", "no_such_module:Name", "no_such_module:Name: cannot be imported"),
        ("x", "", "json:Name", "json:Name: json has no Name"),
        ("x", "", "json:JSONDecoder", "json:JSONDecoder: has no JSON Schema: "),
        ("x", "", "diff.test_sources:Odd", "Odd: has no JSON Schema: "),
        ("x", "", "diff.test_sources:Query+diff.test_sources:Query", "+ joins the type of a query"),
        ("x", "", "nothing/at_all", "no file, folder or shipped contract of that name"),
    ],
)
def test_sources_that_cannot_be_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: Any,
    named: str,
    says: str,
) -> None:
    (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DocpactError) as caught:
        read_source(named)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
