"""Both engines report the same errors: the keywords, the instances, and where the schema is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from json_schema.engines import both
from json_schema.schemas import contracts, near, schemas
from sizes import examples

from docpact import catalogue
from docpact.bodies.engine import Engine, Error, ReferenceEngine, RustEngine, make_engine
from docpact.bodies.places import Union, list_places
from docpact.bodies.validate import Validation, validate, violations
from docpact.model.pointer import pointer, resolve, tokens
from docpact.strategies import invalid_payload_cases

FEW = settings(max_examples=examples(50), suppress_health_check=list(HealthCheck))
SHIPPED = sorted(catalogue.names())


def agree(schema: Any, instance: Any) -> list[Error]:
    """Return the errors of both engines."""
    reference, used = both(schema)
    errors = sorted(reference.errors(instance), key=str)
    assert sorted(used.errors(instance), key=str) == errors
    assert reference.is_valid(instance) == used.is_valid(instance) == (not errors)
    return errors


@FEW
@given(st.data())
def test_schemas_of_any_keywords(data: st.DataObject) -> None:
    schema = data.draw(schemas())
    agree(schema, data.draw(near(schema, schema["$defs"])))


@FEW
@given(st.data())
def test_schemas_with_definitions_unions_and_maps(data: st.DataObject) -> None:
    schema = data.draw(contracts())
    agree(schema, data.draw(near(schema, schema["$defs"])))


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_contracts(name: str) -> None:
    operation = catalogue.load(name)
    for case in invalid_payload_cases(operation):
        assert agree(operation.response_schema, case.payload), case.label


WHOLE = [0, 1, -1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 2**64 + 1, 2**70, 10**400]
FLOATS = [0.0, -0.0, 1.0, 0.1, 2.0**53, 2.0**63, 2.0**70, 1e308, 5e-324, float("nan"), float("inf")]
NUMBERS: list[Any] = [*WHOLE, *(-each for each in WHOLE), *FLOATS]
TEXTS = ["", "ab", "é", "e\u0301", "\U0001f600", "\ud800", "a\udfff"]
OTHERS: list[Any] = [
    None,
    True,
    False,
    [],
    [1.0],
    [True],
    {},
    {"a": 1.0},
    {"a": True},
    {"\ud800": 1},
    {"": 1},
]
KEYWORDS = [
    *({"type": name} for name in ("integer", "number", "boolean", "string", "object")),
    *({word: number} for word in ("minimum", "exclusiveMaximum") for number in WHOLE),
    *({"const": value} for value in (*WHOLE, *FLOATS[:-2], *TEXTS, *OTHERS)),
    {"type": "null"},
    {"enum": [0, False]},
    {"enum": [[1], {"a": 1}, "\ud800"]},
    *({word: 1} for word in ("minLength", "maxLength", "minItems", "maxItems")),
    {"maxLength": 1.0},
    {"required": ["\ud800", "a"]},
    {"properties": {"\ud800": {"type": "string"}, "": {"type": "string"}}},
    {"additionalProperties": {"type": "string"}},
    {"pattern": "^/v1/[ab]+$"},
    *({"multipleOf": number} for number in (2, 100, 2**53, 2**63)),
    {"uniqueItems": True},
]


@pytest.mark.parametrize("schema", KEYWORDS, ids=str)
def test_hostile_values(schema: Any) -> None:
    listing = {"type": "array", "items": schema}
    for value in (*NUMBERS, *TEXTS, *OTHERS):
        agree(schema, value)
        agree(listing, [value])


@pytest.mark.parametrize("name", ["", "0", "1", "01", "+1", "-1", "1.0", "a/b~", "$ref", "٣"])
@pytest.mark.parametrize("other", ["", "1", "+1", "a"])
def test_names_that_read_as_numbers_or_as_nothing(name: str, other: str) -> None:
    text = {"type": "string"}
    for named in (
        {"properties": {name: {"properties": {other: text}}, other: {"properties": {name: text}}}},
        {"additionalProperties": {"additionalProperties": text}},
    ):
        broken = {name: {other: 1, name: 2}, other: {name: 3, other: 4}}
        errors = agree(named, broken)
        assert errors
        for path, where in errors:
            assert isinstance(resolve(broken, pointer(path)), int)
            assert resolve(named, pointer(where)) == "string"


def test_the_fast_engine_is_used_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(make_engine({"type": "string"}), RustEngine)
    monkeypatch.setitem(__import__("sys").modules, "jsonschema_rs", None)
    assert isinstance(make_engine({"type": "string", "title": "only here"}), ReferenceEngine)


def test_the_fast_engine_reads_the_pattern_of_a_path() -> None:
    schema = {"items": {"type": "string", "pattern": "^/v1/[ab]+$", "maxLength": 9}}
    assert isinstance(make_engine(schema), RustEngine)
    for text in ("/v1/ab", "/v1/c", "v1/a", "/v1/abababab", "/v2/abababab"):
        agree(schema, [text])


def test_an_engine_depends_on_the_definitions_that_its_schema_reaches() -> None:
    shared = {"a": {"$ref": "#/$defs/b"}, "b": {"type": "integer"}, "c": {"type": "null"}}
    other = {**shared, "c": {"type": "string"}}
    whole = make_engine({"$ref": "#/$defs/a", "$defs": shared})
    assert whole is make_engine({"$ref": "#/$defs/a", "$defs": other})
    assert whole.errors("x") == [Error((), ("$defs", "b", "type"))]
    assert make_engine({"$ref": "#/$defs/c", "$defs": shared}).is_valid(None)
    assert not make_engine({"$ref": "#/$defs/c", "$defs": other}).is_valid(None)


def test_a_value_is_not_tried_with_members_of_another_type(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Any] = []

    def note(schema: Any) -> Engine:
        made.append(schema)
        return make_engine(schema)

    monkeypatch.setattr("docpact.bodies.places.make_engine", note)
    members: list[Any] = [
        {"type": "string"}, {"$ref": "#/$defs/a"}, {"type": ["integer", "null"]}, {}
    ]  # fmt: skip
    union = Union({"anyOf": members, "$defs": {"a": {"type": "object"}}})
    assert union.list_fitting("x") == [0, 3]
    assert [each.get("type") for each in made] == ["string", None]
    assert [*map(union.list_fitting, (7, 7.5, None, {}, []))] == [
        [2, 3], [3], [2, 3], [1, 3], [3]
    ]  # fmt: skip


def inlined(schema: Any, root: Any, depth: int) -> Any:
    """Return a schema without references, up to a depth of the instance."""
    if not isinstance(schema, dict) or depth < 0:
        return {}
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return inlined(root["$defs"][name], root, depth)
    found = {keyword: value for keyword, value in schema.items() if keyword != "$defs"}
    for keyword in ("items", "additionalProperties"):
        if keyword in found:
            found[keyword] = inlined(found[keyword], root, depth - 1)
    if "properties" in found:
        fields = found["properties"].items()
        found["properties"] = {name: inlined(each, root, depth - 1) for name, each in fields}
    if "anyOf" in found:
        found["anyOf"] = [inlined(each, root, depth) for each in without_repeats(found["anyOf"])]
    return found


def without_repeats(members: list[Any]) -> list[Any]:
    """Return the members of a union, each definition once, as it counts each value once."""
    repeated = {n for n, each in enumerate(members) if "$ref" in each and each in members[:n]}
    return [each for n, each in enumerate(members) if n not in repeated]


def depth_of(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth_of, inner), default=0)


def told(validation: Validation) -> list[tuple[str, str, str, str]]:
    return sorted((v.pointer, v.location, v.keyword, v.observed) for v in validation.violations)


@FEW
@given(st.data())
def test_violations_are_those_of_the_schema_with_every_reference_inlined(
    data: st.DataObject,
) -> None:
    schema = data.draw(contracts())
    instance = data.draw(near(schema, schema["$defs"]))
    found = validate(schema, instance)
    plain = validate(inlined(schema, schema, depth_of(instance)), instance)
    assert told(found) == told(plain)
    assert {(each.pointer, each.observed) for each in found.undocumented} == {
        (each.pointer, each.observed) for each in plain.undocumented
    }
    assert found.seen == plain.seen
    assert sum(found.counts.values()) == sum(plain.counts.values())
    assert sorted(violations(schema, instance), key=str) == sorted(found.violations, key=str)


@pytest.mark.parametrize(
    "keyword",
    [
        {"const": 1},
        {"enum": ["a", "b"]},
        {"const": 1, "enum": [1]},
        {"enum": [1, None], "const": 1},
    ],
)
def test_a_null_that_an_enumeration_forbids_is_counted(keyword: dict[str, Any]) -> None:
    found = validate({"type": "array", "items": keyword}, [None])
    for each in found.violations:
        assert found.counts[each.schema_pointer] == 1
    assert found.violations


@pytest.mark.parametrize("keyword", [{"const": None}, {"enum": ["a", None]}])
def test_a_null_that_an_enumeration_allows_does_not_exercise_it(keyword: dict[str, Any]) -> None:
    found = validate({"type": "array", "items": keyword}, [None])
    assert not found.violations
    assert not any(pointer.startswith("/items/") for pointer in found.counts)


@FEW
@given(st.data())
def test_each_violation_is_of_one_keyword_that_the_schema_states(data: st.DataObject) -> None:
    schema = data.draw(contracts())
    instance = data.draw(near(schema, schema["$defs"]))
    places = [pointer(place.schema_path) for place in list_places(schema)]
    assert len(places) == len(set(places))
    found = validate(schema, instance)
    for each in found.violations:
        steps = tokens(each.schema_pointer)
        if each.keyword == "required":
            assert resolve(schema, each.schema_pointer) == tokens(each.pointer)[-1]
            steps = steps[:-1]
        assert steps[-1] == each.keyword
        assert pointer(steps[:-1]) in places
        assert found.counts[pointer(steps)] > 0
    json.dumps(found.counts)
