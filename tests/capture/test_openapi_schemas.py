"""Schemas of OpenAPI documents: every branch counts, and other keywords are gaps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.bodies.validate import validate
from docpact.capture.openapi import capture_operation, find_operation
from docpact.catalogue import load_files

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}


def document(schema: Any, *, media: str = "application/json", **more: Any) -> dict[str, Any]:
    """Return a document whose one operation, `op`, responds with a schema."""
    content = {media: {"schema": schema}}
    operation = {"operationId": "op", "responses": {"200": {"description": "", "content": content}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "https://things.example"}],
        "paths": {"/things": {"get": operation}},
        **more,
    }


def capture(schema: Any, schemas: Any = None, *, version: str = "3.0.3") -> dict[str, str]:
    """Capture an operation whose response has a schema, and load the contract."""
    stated = document(schema, openapi=version, components={"schemas": schemas or {}})
    files = dict(capture_operation(find_operation(stated, "op", "a document")))
    load_files(files, "toys/op")
    return files


def broken(files: dict[str, str], value: Any) -> list[tuple[str, str]]:
    """Return pointer and keyword of every violation and undocumented field of a body."""
    found = validate(json.loads(files["response.schema.json"]), value)
    return [(each.pointer, each.keyword) for each in found.violations] + [
        (each.pointer, "undocumented") for each in found.undocumented
    ]


def gaps(files: dict[str, str]) -> list[str]:
    return [each["said"] for each in json.loads(files["operation.json"]).get("gaps", [])]


def fields(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


FIELDS = fields(id=NUMBER)
OPEN = {"additionalProperties": True}
MAP = "additionalProperties"


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize(("may_grow", "kept"), [(True, []), (False, [("", "enum")])])
def test_an_enumeration_of_azure_may_get_further_values(may_grow: bool, kept: Any) -> None:
    state = {**TEXT, "enum": ["new"], "x-ms-enum": {"name": "State", "modelAsString": may_grow}}
    files = capture(state)
    assert broken(files, "old") == kept
    assert broken(files, 1) == [("", "type")]
    assert any("x-ms-enum" in each for each in gaps(files)) is may_grow


def test_references_with_the_same_last_part_are_different_definitions() -> None:
    schemas = {"A": fields(id={"type": "integer"}), "B": fields(id=TEXT)}
    files = capture(fields(a=ref("A/properties/id"), b=ref("B/properties/id")), schemas)
    assert broken(files, {"a": 1, "b": "x"}) == []
    assert broken(files, {"a": "x", "b": 1}) == [("/a", "type"), ("/b", "type")]


def test_names_that_a_reference_cannot_contain_are_replaced() -> None:
    files = capture(
        fields(a=ref("Page\u00abUser\u00bb"), b=ref("Page~1User")),
        {"Page\u00abUser\u00bb": TEXT, "Page/User": {"type": "integer"}},
    )
    assert broken(files, {"a": "x", "b": 1}) == []
    assert broken(files, {"a": 1, "b": "x"}) == [("/a", "type"), ("/b", "type")]


@pytest.mark.parametrize(
    ("branches", "right", "wrong", "keyword"),
    [
        ([{"type": "integer", "minimum": 1}, {"minimum": 5}], 5, 2, "minimum"),
        ([{"type": "integer", "maximum": 9}, {"maximum": 5}], 5, 7, "maximum"),
        ([{**TEXT, "maxLength": 3}, {**TEXT, "enum": ["xyz", "y"]}], "y", "z", "enum"),
        ([{**TEXT, "enum": ["a", "b"]}, {"enum": ["b", "c"]}], "b", "a", "enum"),
        ([{"type": ["string", "integer"]}, {"type": "number"}], 3, "x", "type"),
        ([{"anyOf": [TEXT, NUMBER]}, {"anyOf": [TEXT, {"type": "boolean"}]}], "x", 2, "anyOf"),
        ([{"anyOf": [TEXT, NUMBER]}, NUMBER], 2, "x", "type"),
        ([{"items": TEXT}, {"items": {"maxLength": 1}}], ["x"], ["xy"], "maxLength"),
    ],
)
def test_every_branch_of_all_of_counts(branches: Any, right: Any, wrong: Any, keyword: str) -> None:
    files = capture(fields(n={"allOf": branches}))
    assert broken(files, {"n": right}) == []
    assert keyword in [each for _, each in broken(files, {"n": wrong})]


@pytest.mark.parametrize(
    ("schema", "right", "wrong", "keyword"),
    [
        ({"allOf": [False, NUMBER]}, [], [1], "not"),
        ({"allOf": [True, NUMBER]}, [1], ["a"], "type"),
        ({"allOf": [ref("Nothing"), NUMBER]}, [], [1], "not"),
        ({"allOf": [{**ref("Any"), **NUMBER}]}, [1], ["a"], "type"),
        ({"allOf": [{**ref("Other"), "minimum": 2}]}, [2], [1], "minimum"),
        ({**ref("Texts"), "unevaluatedItems": {}}, [["a"]], [[1]], "type"),
    ],
    ids=str,
)
def test_booleans_and_keywords_beside_a_reference_count_in_all_of(
    schema: Any, right: Any, wrong: Any, keyword: str
) -> None:
    texts = {"type": "array", "unevaluatedItems": TEXT}
    other = {**ref("Any"), "maximum": 3}
    schemas = {"Nothing": False, "Any": True, "Other": other, "Texts": texts}
    files = capture(schema, schemas, version="3.1.0")
    assert gaps(files) == []
    assert all(broken(files, value) == [] for value in right)
    assert all(keyword in {each for _, each in broken(files, value)} for value in wrong)


def test_a_branch_refines_a_property_of_another() -> None:
    base = fields(id=TEXT, status=TEXT) | {"required": ["id"]}
    closer = fields(status={"enum": ["OPEN", "CLOSED"]}) | {"required": ["status"]}
    files = capture({"allOf": [ref("Base"), closer]}, {"Base": base})
    assert broken(files, {"id": "1", "status": "OPEN"}) == []
    assert broken(files, {"id": "1", "status": "BOGUS"}) == [("/status", "enum")]
    assert broken(files, {}) == [("/id", "required"), ("/status", "required")]


def test_branches_that_contradict_each_other_are_a_gap() -> None:
    files = capture(fields(n={"allOf": [TEXT, {"type": "integer"}]}))
    assert broken(files, {"n": 1}) == []
    assert gaps(files) == ["allOf: type string and type integer, which contradict each other"]


@pytest.mark.parametrize(
    ("schema", "stated", "read"),
    [
        ({"type": "integer"}, "10", 10),
        ({"type": "boolean"}, "false", False),
        ({"type": "array", "items": TEXT}, "a,b", ["a", "b"]),
        ({"type": "array", "items": NUMBER}, "[1]", [1]),
        ({"type": "array", "items": NUMBER}, 1, [1]),
        ({"enum": [1, 2]}, "2", 2),
        (TEXT, 10, "10"),
        (TEXT, "10", "10"),
        ({"type": "number", "format": "float"}, 0, 0),
        ({"type": "string", "format": "date-time"}, "now", "now"),
    ],
)
def test_a_default_has_the_type_of_its_schema(schema: Any, stated: Any, read: Any) -> None:
    files = capture(fields(n={**schema, "default": stated}))
    written = json.loads(files["response.schema.json"])["properties"]["n"]["default"]
    assert (written, type(written)) == (read, type(read))
    assert gaps(files) == []


@pytest.mark.parametrize(
    ("schema", "stated"),
    [({"enum": ["a", "b"]}, "c"), ({"type": "integer", "maximum": 9}, "10"), (NUMBER, "many")],
)
def test_a_default_that_its_schema_forbids_is_a_gap(schema: Any, stated: Any) -> None:
    files = capture(fields(n={**schema, "default": stated}))
    assert "default" not in json.loads(files["response.schema.json"])["properties"]["n"]
    assert gaps(files) == [f'default "{stated}": not a value of its own schema']


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("default", "${paging.limit}"), ("const", "{{state}}"), ("enum", ["on", "{{state}}"])],
)
def test_a_variable_is_no_value(keyword: str, value: Any) -> None:
    files = capture(fields(n={**TEXT, keyword: value}))
    assert json.loads(files["response.schema.json"])["properties"]["n"] == TEXT
    variable = value[-1] if keyword == "enum" else value
    assert gaps(files) == [f"{keyword} {variable}: perhaps a variable, whose value is not known"]


@pytest.mark.parametrize("beside", [[ref("Token")], [ref("Token"), {"minLength": 2}]])
def test_null_that_a_branch_forbids_is_a_gap(beside: list[Any]) -> None:
    both = {"type": ["string", "null"], "allOf": beside}
    files = capture(fields(n=both), {"Token": TEXT}, version="3.1.0")
    assert broken(files, {"n": "ab"}) == []
    assert broken(files, {"n": None}) == [("/n", "type")]
    assert gaps(files) == ["allOf: null, which another branch forbids"]


def test_a_named_property_comes_before_the_further_ones_of_another_branch() -> None:
    base = fields(id=TEXT) | {MAP: {"type": "object"}}
    files = capture({"allOf": [ref("Base"), fields(tame={"type": "boolean"})]}, {"Base": base})
    assert broken(files, {"id": "1", "tame": True, "more": {}}) == []
    assert broken(files, {"tame": {}, "more": 1}) == [("/tame", "type"), ("/more", "type")]
    assert gaps(files) == ["allOf: additionalProperties for tame, which is documented itself"]


def test_all_of_may_contain_itself() -> None:
    node = fields(child={"description": "d", "allOf": [ref("N")]}, name=TEXT)
    files = capture(ref("N"), {"N": node})
    assert broken(files, {"child": {"child": {"name": 5}}}) == [("/child/child/name", "type")]
    assert gaps(files) == []


def test_a_type_that_refines_itself_is_a_gap() -> None:
    node = fields(child={"allOf": [ref("N"), fields(more=TEXT)]}, name=TEXT)
    files = capture(ref("N"), {"N": node})
    assert broken(files, {"child": {"name": 5}}) == [("/child/name", "type")]
    assert any("contains itself" in text for text in gaps(files))


@pytest.mark.parametrize("beside", [{}, {"nullable": True}, {"description": "A bee."}])
def test_a_reference_alone_in_all_of_is_no_gap_below_a_merged_one(beside: dict[str, Any]) -> None:
    bee = fields(id=NUMBER, parent={"allOf": [ref("Bee")], **beside})
    files = capture({"allOf": [ref("Bee"), fields(more=TEXT)]}, {"Bee": bee})
    assert broken(files, {"parent": {"parent": {"id": "1"}}}) == [("/parent/parent/id", "type")]
    assert gaps(files) == []


def test_a_union_of_constants_is_an_enumeration() -> None:
    kinds = {**NUMBER, "oneOf": [{"title": "ONE", "const": 1}, {"title": "TWO", "const": 2}]}
    files = capture(fields(n={"allOf": [ref("Kind")], "enum": [2]}), {"Kind": kinds})
    assert broken(files, {"n": 2}) == []
    assert broken(files, {"n": 1}) == [("/n", "enum")]
    assert gaps(files) == []


def test_any_of_and_one_of_in_one_schema_both_count() -> None:
    stated = {"anyOf": [TEXT, NUMBER], "oneOf": [NUMBER, {"type": "array"}]}
    assert broken(capture(fields(n=stated)), {"n": 1}) == []
    assert broken(capture(fields(n=stated)), {"n": "x"}) == [("/n", "anyOf")]


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
@pytest.mark.parametrize("is_whole", [True, False])
def test_responses_do_not_contain_what_every_form_of_a_union_only_writes(
    keyword: str, *, is_whole: bool
) -> None:
    base = fields(secret={**TEXT, "writeOnly": True})
    forms = [
        {"allOf": [ref("Base")], **fields(a=TEXT), "required": ["a"]},
        fields(b=TEXT, secret=TEXT if not is_whole else base["properties"]["secret"])
        | {"required": ["b"]},
    ]
    files = capture({"required": ["secret"], keyword: forms}, {"Base": base})
    assert broken(files, {"a": "x"}) == ([] if is_whole else [("/secret", "required")])


@pytest.mark.parametrize("beside", [{}, {"allOf": [{"required": ["secret"]}]}])
def test_responses_do_not_contain_write_only_properties(beside: Any) -> None:
    schema = fields(a=TEXT, secret={**TEXT, "writeOnly": True}) | {"required": ["a", "secret"]}
    files = capture({**schema, **beside})
    assert broken(files, {"a": "x"}) == []
    assert broken(files, {"a": "x", "secret": "y"}) == [("/secret", "undocumented")]


@pytest.mark.parametrize("is_read", [False, True])
def test_a_property_that_is_read_may_have_a_schema_that_another_writes(is_read: bool) -> None:
    position = {"allOf": [ref("Position")], "readOnly": is_read}
    files = capture(fields(position=position), {"Position": {**NUMBER, "writeOnly": True}})
    found = ("/position", "type") if is_read else ("/position", "undocumented")
    assert broken(files, {"position": "x"}) == [found]


@pytest.mark.parametrize(
    "stated",
    [
        {"nullable": True, "$ref": "#/components/schemas/S"},
        {"nullable": True, "allOf": [ref("S")]},
        {"anyOf": [ref("S"), {"type": "null"}]},
        {"anyOf": [{**TEXT, "enum": ["a"]}, {"type": "null"}]},
        {**TEXT, "enum": ["a"], "nullable": True},
        {"enum": ["a"], "nullable": True},
        {"oneOf": [ref("S"), {"enum": [None]}]},
        {"nullable": True, "oneOf": [ref("N"), {**TEXT, "minLength": 9}]},
        {"nullable": True, "oneOf": [ref("N"), {**TEXT, "minLength": 9, "nullable": True}]},
        {"nullable": True, "oneOf": [ref("S"), {"enum": [""]}, {"enum": [None]}]},
        {"nullable": True, "oneOf": [ref("N"), {"enum": [None]}]},
        {"nullable": True, "oneOf": [{"oneOf": [ref("N"), {"type": "array"}]}, {"type": "object"}]},
    ],
)
def test_null_is_allowed_where_it_is_documented(stated: Any) -> None:
    text = {**TEXT, "enum": ["a"]}
    files = capture(fields(a=stated), {"S": text, "N": {**text, "nullable": True}})
    assert broken(files, {"a": None}) == broken(files, {"a": "a"}) == []
    assert broken(files, {"a": 5}) != []


def test_an_enumeration_of_null_alone_allows_null_beside_any_type() -> None:
    """Dropshot writes null as a string in OpenAPI 3.0, which has no type null."""
    files = capture(fields(a={**TEXT, "enum": [None]}))
    assert broken(files, {"a": None}) == broken(files, {"a": "a"}) == []
    assert broken(files, {"a": 5}) == [("/a", "type")]
    assert gaps(files) == ["enum [null]: no value of the type string"]


@pytest.mark.parametrize(
    ("exclusive", "wrong"), [(True, [("/n", "exclusiveMinimum")]), (False, [])]
)
def test_exclusive_bounds_of_openapi_3_0(exclusive: bool, wrong: Any) -> None:
    files = capture(fields(n={"type": "integer", "minimum": 1, "exclusiveMinimum": exclusive}))
    assert broken(files, {"n": 1}) == wrong


def test_an_exclusive_bound_without_a_bound_says_nothing() -> None:
    files = capture(fields(n={"type": "integer", "exclusiveMinimum": True}))
    assert broken(files, {"n": -1}) == []


def test_keywords_beside_a_reference_count_since_openapi_3_1() -> None:
    stated = fields(a={**ref("S"), "maxLength": 2})
    newer = capture(stated, {"S": TEXT}, version="3.1.0")
    assert broken(newer, {"a": "abc"}) == [("/a", "maxLength")]
    older = capture(stated, {"S": TEXT})
    assert broken(older, {"a": "abc"}) == []
    assert gaps(older) == ["maxLength beside $ref, which OpenAPI 3.0 ignores"]


@pytest.mark.parametrize(
    "stated",
    [
        {"$ref": "#/components/schemas/S"},
        {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/S"}}},
        {"type": "object", "properties": {"a": {"allOf": [{"$ref": "#/components/schemas/S"}]}}},
    ],
)
def test_keywords_beside_a_reference_of_a_component_count(stated: Any) -> None:
    schemas = {"S": {"$ref": "#/components/schemas/T", "maxLength": 2}, "T": TEXT}
    files = capture(stated, schemas, version="3.1.0")
    at, value = ("/a", {"a": "abc"}) if "type" in stated else ("", "abc")
    assert broken(files, value) == [(at, "maxLength")]


@pytest.mark.parametrize(
    "stated",
    [
        {"type": "text"},
        {"minLength": "5"},
        {"maxItems": -1},
        {"deprecated": "yes"},
        {"required": True},
        {"enum": []},
        {"enum": [0, 1], "type": "string"},
        {"enum": ["1"], "type": ["integer", "null"]},
    ],
)
def test_a_keyword_with_an_impossible_value_is_a_gap(stated: Any) -> None:
    files = capture(fields(a=stated))
    assert gaps(files)[0].startswith(next(iter(stated)))


@pytest.mark.parametrize(
    ("stated", "right", "wrong", "keyword"),
    [
        ({"pattern": "^a"}, "ab", "b", "pattern"),
        ({"multipleOf": 3}, 9, 10, "multipleOf"),
        ({"uniqueItems": True}, [1, 2], [1, 1], "uniqueItems"),
        ({"minProperties": 1}, {"a": 1}, {}, "minProperties"),
        ({"not": {"const": "x"}}, "y", "x", "not"),
        ({"patternProperties": {"^x-": NUMBER}}, {"x-a": 1}, {"x-a": "b"}, "type"),
        ({"propertyNames": {"maxLength": 1}, **OPEN}, {"a": 1}, {"ab": 1}, "propertyNames"),
        ({**fields(a=TEXT), "additionalProperties": False}, {"a": ""}, {"b": 1}, MAP),
        ({"prefixItems": [NUMBER], "items": TEXT}, [1, "x"], ["x"], "type"),
        ({"contains": {"const": 1}}, [2, 1], [2], "contains"),
        ({"if": NUMBER, "then": {"minimum": 5}}, 6, 4, "minimum"),
        ({"dependentRequired": {"a": ["b"]}, **OPEN}, {"b": 1}, {"a": 1}, "dependentRequired"),
        ({"items": [NUMBER, TEXT]}, [1, "x"], [1, 2], "type"),
    ],
)
def test_every_keyword_is_enforced(stated: Any, right: Any, wrong: Any, keyword: str) -> None:
    files = capture(fields(a=stated), version="3.1.0")
    assert broken(files, {"a": right}) == []
    assert keyword in [each for _, each in broken(files, {"a": wrong})]
    assert gaps(files) == []


@pytest.mark.parametrize(
    ("beside", "right", "wrong"),
    [
        ({}, [["x", 1, 2], []], [[True]]),
        ({"minItems": 1}, [["x", 1]], [[1.5]]),
        ({"maxItems": 2}, [[1, "x"], [1]], [["x", 1]]),
        ({"additionalItems": False}, [[1, "x"], [1]], [["x", 1], [1, "x", 2]]),
        ({"additionalItems": {"type": "null"}}, [[1, "x", None]], [["x", 1], [1, "x", 2]]),
        ({"additionalItems": True}, [[1, "x", 2]], [["x", 1]]),
    ],
)
def test_a_list_of_items_in_openapi_3_0_is_a_tuple_only_if_it_is_bounded(
    beside: Any, right: Any, wrong: Any
) -> None:
    files = capture(fields(a={"type": "array", "items": [NUMBER, TEXT], **beside}))
    assert [broken(files, {"a": each}) for each in right] == [[] for _ in right]
    assert all(broken(files, {"a": each}) for each in wrong)
    is_tuple = beside.keys() & {"maxItems", "additionalItems"}
    gap = "items: a list of schemas, which OpenAPI does not define, read as anyOf"
    assert gaps(files) == ([] if is_tuple else [gap])


def test_a_reference_may_begin_at_the_component_around_it() -> None:
    """ASP.NET Core 9 writes such references to types that it has described already."""
    tree = fields(name=TEXT, parent={"$ref": "#/properties/name"})
    files = capture(ref("Tree"), {"Tree": tree}, version="3.1.0")
    assert broken(files, {"parent": "a"}) == []
    assert broken(files, {"parent": 1}) == [("/parent", "type")]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_an_empty_list_of_items_describes_no_element(version: str) -> None:
    files = capture(fields(a={"type": "array", "items": []}), version=version)
    assert broken(files, {"a": [1]}) == []
    assert gaps(files) == ["items: an empty list of schemas, which describes no element"]


@pytest.mark.parametrize(
    ("branches", "right", "wrong"),
    [
        ([{"pattern": "a"}, {"pattern": "b"}], "ab", "a"),
        ([{"multipleOf": 2}, {"multipleOf": 3}], 6, 4),
        ([{"format": "ipv4"}, {"format": "hostname"}], "1.2.3.4", "example"),
        ([{"not": {"const": 1}}, {"not": {"const": 2}}], 3, 1),
        ([{"contains": NUMBER}, {"contains": TEXT}], [1, "x"], [1]),
        ([fields(x=TEXT), fields(y=TEXT) | {"additionalProperties": False}], {"y": ""}, {"x": ""}),
        ([{"additionalProperties": TEXT}, fields(x={"maxLength": 1})], {"x": ""}, {"x": 1}),
        ([{"anyOf": [{"const": n} for n in range(9)]}, {"anyOf": [{"minimum": 2}] * 9}], 3, 1),
        ([{"if": NUMBER, "then": {"minimum": 5}}, {"if": NUMBER, "then": {"maximum": 9}}], 6, 10),
        ([{"prefixItems": [NUMBER]}, {"items": {"minimum": 2}}], [3, 4], [3, 1]),
    ],
)
def test_branches_that_cannot_be_one_schema_all_count(
    branches: Any, right: Any, wrong: Any
) -> None:
    files = capture(fields(n={"allOf": branches}), version="3.1.0")
    assert broken(files, {"n": right}) == []
    assert broken(files, {"n": wrong}) != []
    assert gaps(files) == []


@pytest.mark.parametrize("more", [{}, {"description": "a form"}, fields(z=NUMBER)])
def test_a_schema_that_extends_a_union_with_a_discriminator_has_its_forms(more: Any) -> None:
    kind = {"propertyName": "k", "mapping": {"a": "A", "b": "B"}}
    forms = {"A": fields(k=TEXT, x=NUMBER), "B": fields(k=TEXT, x=TEXT)}
    union = {"U": {"oneOf": [ref("A"), ref("B")], "discriminator": kind}}
    files = capture(fields(m={"allOf": [ref("U")], **more}), {**forms, **union})
    assert broken(files, {"m": {"k": "a", "x": 1}}) == []
    assert broken(files, {"m": {"k": "a", "x": "s"}}) == [("/m/x", "type")]


def test_a_form_of_a_union_that_it_extends_has_no_other_form() -> None:
    kind = {"propertyName": "k", "mapping": {"a": "A", "b": "B"}}
    base = fields(k=TEXT) | {"discriminator": kind, "oneOf": [ref("A"), ref("B")]}
    other = {"allOf": [ref("P")], "description": "another one"}
    forms = {
        "A": {"allOf": [ref("P"), fields(x=NUMBER, other=other)]},
        "B": {"allOf": [ref("P"), fields(x=TEXT)]},
    }
    files = capture(ref("A"), {"P": base, **forms})
    assert broken(files, {"k": "a", "x": 1, "other": {"k": "b", "x": "s"}}) == []
    assert broken(files, {"k": "a", "x": "s"}) == [("/x", "type")]
    assert broken(files, {"k": "a", "x": 1, "other": {"k": "b", "x": 1}}) == [("/other/x", "type")]


@pytest.mark.parametrize("name", ["binary", "password"])
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_formats_that_exclude_no_text_are_no_gaps(name: str, version: str) -> None:
    files = capture(fields(a={**TEXT, "format": name}), version=version)
    assert gaps(files) == []
    assert broken(files, {"a": "any text"}) == []


@pytest.mark.parametrize(
    ("stated", "wrong", "says"),
    [
        ({"contentEncoding": "base64"}, True, []),
        ({"contentEncoding": "base64", "format": "byte"}, True, []),
        ({"contentEncoding": "base64", "contentMediaType": "application/octet-stream"}, True, []),
        ({"contentEncoding": "base64", "contentMediaType": "image/png"}, True,
         ["contentMediaType image/png: not checked"]),
        ({"contentEncoding": "base32"}, False, ["contentEncoding base32: not checked"]),
        ({"contentEncoding": "base64", "format": "uri"}, True,
         ["contentEncoding base64: not checked"]),
        ({"contentMediaType": "application/json", "contentSchema": {"type": "object"}}, False,
         ["contentMediaType application/json: not checked",
          "contentSchema {'type': 'object'}: not checked"]),
    ],
)  # fmt: skip
def test_encoded_texts_are_decoded_or_a_gap(stated: Any, wrong: bool, says: list[str]) -> None:
    files = capture(fields(a={**TEXT, **stated}), version="3.1.0")
    assert (broken(files, {"a": "%%"}) == [("/a", "format")]) is wrong
    assert gaps(files) == says


@pytest.mark.parametrize(
    ("pattern", "right", "wrong"),
    [
        (r"/^\+?[0-9]+$/", "+12", "+a"),
        ("/[a-z]/i", "1A", "12"),
        ("/(?=.*[a-z])(?=.*[0-9])/", "a1", "a"),
        ("/api/items/", "x/api/items/y", "api/items"),
        (r"/\d+\$/", "/5$/", "5$"),
    ],
)
def test_a_pattern_may_have_slashes_around_it(pattern: str, right: str, wrong: str) -> None:
    files = capture(fields(a={**TEXT, "pattern": pattern}))
    assert (broken(files, {"a": right}), broken(files, {"a": wrong})) == ([], [("/a", "pattern")])


@pytest.mark.parametrize(
    "pattern",
    [
        "^[[:alpha:]]+$",
        "^[^[:space:]]$",
        "^[a-z&&[^e]]$",
        r"^\Qa.b\E$",
        r"^\h$",
        r"^\p{IsLatin}\-$",
    ],
)
def test_a_pattern_that_means_something_else_in_another_language_is_a_gap(pattern: str) -> None:
    files = capture(fields(a={**TEXT, "pattern": pattern}))
    assert broken(files, {"a": "text"}) == []
    assert gaps(files) == [f"pattern {pattern}: not checked, because docpact does not know it"]


@pytest.mark.parametrize(
    "schema",
    [
        {"not": {"format": "odd"}},
        {"not": ref("Odd")},
        {"if": {"minLength": 1, "pattern": "^[[:space:]]"}, "then": False},
        {"contains": {"format": "odd"}, "maxContains": 1, "type": ["array", "string"]},
        {"oneOf": [{"allOf": [ref("Odd")]}, {"type": ["string", "array"]}]},
    ],
    ids=lambda schema: next(iter(schema)),
)
def test_a_format_that_is_not_checked_refuses_nothing(schema: Any) -> None:
    files = capture(fields(a=schema), {"Odd": {**TEXT, "format": "odd"}}, version="3.1.0")
    for value in ("text", ["a", "b"]):
        assert broken(files, {"a": value}) == []
    assert gaps(files)


def test_what_is_left_out_beside_a_recursive_reference_is_not_unevaluated() -> None:
    inner = {**ref("N"), **fields(v=TEXT), "unevaluatedProperties": NUMBER}
    files = capture(ref("N"), {"N": fields(a=inner)}, version="3.1.0")
    value = {"a": {"a": {"a": {"a": {"v": "text"}}}}}
    assert ("/a/a/a/a/v", "type") not in broken(files, value)
    assert any(text.startswith("unevaluatedProperties: ") for text in gaps(files))


@pytest.mark.parametrize(
    "pattern", [r"^\p{L}$", "^[:alph]$", "^[a&&b]$", "^a$|&&[a]", r"^\\h$|^h$|^a$"]
)
def test_a_pattern_of_ecma_that_looks_like_another_language_is_checked(pattern: str) -> None:
    files = capture(fields(a={**TEXT, "pattern": pattern}))
    assert broken(files, {"a": "a"}) == []
    assert broken(files, {"a": "1"}) == [("/a", "pattern")]


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ({"contentMediaType": "application/octet-stream"}, "binary"),
        ({"contentMediaType": "image/png"}, "binary"),
        ({"contentMediaType": "image/png", "contentEncoding": "base64"}, "byte"),
        ({"contentMediaType": "application/octet-stream", "format": "uri"}, "uri"),
        ({"contentMediaType": "text/plain"}, None),
        ({"contentMediaType": "application/json"}, None),
    ],
)
def test_a_text_of_bytes_is_a_file(stated: Any, name: str | None) -> None:
    """JSON Schema 2020-12, validation, section 8.4; OpenAPI 3.1, section 4.8.14.4."""
    files = capture(fields(a={**TEXT, **stated}), version="3.1.0")
    schema = json.loads(files["response.schema.json"])["properties"]["a"]
    assert schema.get("format") == name


def test_items_after_a_tuple_are_not_its_first_items() -> None:
    stated = {"type": "array", "prefixItems": [{"type": "integer"}], "items": TEXT}
    assert broken(capture(fields(a=stated), version="3.1.0"), {"a": [1, "x"]}) == []


def test_a_definition_that_is_merged_into_its_only_place_is_left_out() -> None:
    part = fields(n=NUMBER) | {"allOf": [fields(m={"enum": ["x"]})]}
    whole = fields(a=TEXT) | {"allOf": [ref("Part")], "oneOf": [ref("Part"), ref("Part")]}
    found = json.loads(capture(whole, {"Part": part, "Other": TEXT})["response.schema.json"])
    assert "Other" not in found.get("$defs", {})
    used = json.dumps({**found, "$defs": {}})
    assert all(f"#/$defs/{name}" in used for name in found.get("$defs", {}))


@pytest.mark.parametrize(
    ("stated", "right", "wrong"),
    [
        ({"type": None}, None, 1),
        ({"type": ["string", None]}, None, 1),
        ({"type": "string", "enum": None, "description": None, "items": None}, "a", 1),
        ({"type": "object", "properties": None, "required": None, "allOf": None}, {}, []),
        ({"const": None}, None, 1),
    ],
)
@pytest.mark.parametrize("beside", [{}, {"allOf": [{"properties": None, "allOf": None}]}])
def test_empty_keywords_state_nothing(stated: Any, right: Any, wrong: Any, beside: Any) -> None:
    files = capture({**stated, **beside}, version="3.1.0")
    assert gaps(files) == []
    assert broken(files, right) == []
    assert broken(files, wrong) != []


def test_a_dynamic_reference_leads_to_the_outermost_schema_with_its_anchor() -> None:
    def page_of(name: str) -> dict[str, Any]:
        own = {"T": {"$dynamicAnchor": "T", "$ref": name}}
        return {"$id": f"https://boats.example/{name}s", "$defs": own, "$ref": "page"}

    page = fields(items={"type": "array", "items": {"$dynamicRef": "#T"}})
    page |= {
        "$id": "https://boats.example/page",
        "$defs": {"T": {"$dynamicAnchor": "T", "not": {}}},
    }
    schemas = {
        "Boat": {"$id": "https://boats.example/boat", **fields(size=NUMBER)},
        "Crew": {"$id": "https://boats.example/crew", **fields(name=TEXT)},
        "Boats": page_of("boat"),
        "Crews": page_of("crew"),
        "Page": page,
    }
    files = capture(fields(b=ref("Boats"), c=ref("Crews"), p=ref("Page")), schemas, version="3.1.0")
    assert gaps(files) == []
    assert broken(files, {"b": {"items": [{"size": 1}]}, "c": {"items": [{"name": "a"}]}}) == []
    wrong = {"b": {"items": [{"size": "a"}]}, "c": {"items": [{"name": 1}]}, "p": {"items": [1]}}
    found = [("/b/items/0/size", "type"), ("/c/items/0/name", "type"), ("/p/items/0", "not")]
    assert sorted(broken(files, wrong)) == found
    for name, body in (("Boats", {"size": "a"}), ("Crews", {"name": 1})):
        alone = capture(ref(name), schemas, version="3.1.0")
        assert [keyword for _, keyword in broken(alone, {"items": [body]})] == ["type"]


def test_a_dynamic_anchor_that_a_resource_has_twice_is_a_gap() -> None:
    page = fields(items={"type": "array", "items": {"$dynamicRef": "#T"}})
    forms = {
        n: {"$dynamicAnchor": "T", **fields(a=each)} for n, each in (("A", TEXT), ("B", NUMBER))
    }
    files = capture(page, forms, version="3.1.0")
    assert gaps(files) == ["$dynamicRef: which of several schemas it names"]
    assert broken(files, {"items": [{"a": 1}, {"a": "b"}]}) == []


def test_elements_are_different_if_any_branch_says_so() -> None:
    branches = [{"type": "array", "uniqueItems": True}, {"uniqueItems": False}]
    files = capture(fields(n={"allOf": branches}))
    assert broken(files, {"n": [1, 1]}) == [("/n", "uniqueItems")]
