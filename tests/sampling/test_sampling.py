"""Samples follow the schema, show every state, and are the same every time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, Final

import pytest
from counting import count_steps
from hypothesis import given
from hypothesis import strategies as st
from lists import contract
from toy import LAMPS

import docpact
from docpact.bodies.places import find_places, list_places
from docpact.bodies.validate import validate
from docpact.cases.names import names_list
from docpact.cases.page_facts import describe_first
from docpact.cases.parts import change_part, put
from docpact.cases.payloads import invalid_payload_cases
from docpact.cases.plain import plain
from docpact.cases.samples import Sampler, full, minimal
from docpact.cases.sampling import sample_item, sample_items, sample_page
from docpact.errors import UsageError
from docpact.model import Operation, Roles
from docpact.model.pointer import fold, resolve

CONTRACTS = [
    docpact.load(f"llamacloud/{name}")
    for name in ("list_classify_jobs", "list_pipeline_files", "get_batch")
]
LISTS = [operation for operation in CONTRACTS if operation.roles.items is not None]
lists = pytest.mark.parametrize("operation", LISTS, ids=lambda operation: operation.id)


@lists
@given(count=st.integers(0, 30), seed=st.integers(0, 2**32))
def test_samples_are_documented(operation: Operation, count: int, seed: int) -> None:
    page = sample_page(operation, sample_items(operation, count, seed=seed))
    found = validate(operation.response_schema, page)
    assert (found.violations, found.undocumented) == ((), ())


def test_a_form_differs_from_others_in_documented_fields() -> None:
    text, number = {"type": "string"}, {"type": "integer"}
    still = {"type": "object", "properties": {"still": number}, "required": ["still"]}
    either = {"type": "object", "properties": {"still": number, "moving": text}}
    rich = {"type": "object", "properties": {"kind": {"enum": ["rich"]}, "picture": either}}
    short = {"type": "object", "properties": {"kind": {"enum": ["short"]}, "picture": still}}
    either_kind = {"oneOf": [rich, short]}
    samples = [Sampler(attempt=number).start(either_kind) for number in range(12)]
    found = [validate(either_kind, each) for each in samples]
    assert {(each.violations, each.undocumented) for each in found} == {((), ())}
    assert {"short", "rich"} <= {each.get("kind") for each in samples}


def test_the_values_that_a_branch_lists_satisfy_the_other_branches() -> None:
    name = {"allOf": [{"type": "object", "required": ["a"]}, {"enum": ["b", {}, {"a": 1}]}]}
    assert full({"properties": {"name": name}, "required": ["name"]}) == {"name": {"a": 1}}


def test_a_body_is_made_once_and_each_caller_gets_its_own() -> None:
    names = [f"f{number}" for number in range(50)]
    operation = contract({}, {each: {"type": "string"} for each in names})
    first = count_steps(lambda: sample_item(operation, index=3).clear())
    assert sample_item(operation, index=3).keys() == {*names}
    assert count_steps(lambda: sample_item(operation, index=3)) * 9 < first


def test_a_value_may_have_several_of_the_types_that_two_schemas_allow() -> None:
    both = [{"type": ["string", "integer", "null"]}, {"type": ["null", "string", "boolean"]}]
    assert {*plain({"allOf": both})["type"]} == {"string", "null"}
    assert plain({"allOf": [*both, {"type": ["string", "array"]}]}) == {"type": "string"}


def test_a_first_page_states_the_token_and_the_counts_where_they_are_documented() -> None:
    text, whole = {"type": ["string", "null"]}, {"type": "integer"}
    about = {"next_cursor": text, "total": whole, "total_pages": whole, "page": whole}
    meta = {"type": "object", "required": ["total", "total_pages", "page"], "properties": about}
    items = {"type": "array", "items": {"type": "object"}}
    schema = {
        "type": "object",
        "required": ["data", "meta"],
        "properties": {"data": items, "meta": meta},
    }
    roles = Roles(items="/data", next_token="/meta/next_cursor", total="/meta/total")
    operation = replace(LAMPS, response_schema=schema, roles=roles)
    page = describe_first(operation, sample_page(operation, [{}, {}]), 2, "t")
    stated = {"next_cursor": "t", "total": 4, "total_pages": 2, "page": 1}
    assert page == {"data": [{}, {}], "meta": stated}


def test_an_id_is_never_empty() -> None:
    operation = contract({}, {"id": {"type": "string", "pattern": "^[a-z]{0,9}$"}})
    ids = [each["id"] for each in sample_items(operation, 30)]
    assert all(ids)
    assert len({*ids}) == len(ids)


def test_a_page_has_a_required_field_that_nothing_describes() -> None:
    thing = {"type": "object", "properties": {"id": {"type": "integer"}}}
    things = {"type": "array", "items": thing}
    body = {"type": "object", "properties": {"things": things}, "required": ["@Context", "things"]}
    operation = contract({}, {}, body=body)
    assert validate(body, sample_page(operation, [{"id": 1}])).violations == ()


@lists
def test_samples_show_every_state_of_every_field(operation: Operation) -> None:
    page = describe_first(operation, sample_page(operation, sample_items(operation, 60)), 60, "t")
    seen = Counter[tuple[str, Any]]()
    for place in find_places(operation.response_schema, page):
        scalar = place.value if not isinstance(place.value, list | dict) else "present"
        seen[place.location, scalar] += 1
    for place in list_places(operation.item_schema):
        where = f"{operation.roles.items}/*{place.location}"
        if place.form:
            continue
        for member in place.schema.get("enum", ()):
            assert seen[where, member], f"{where} never {member}"
        for keyword in ("minimum", "maximum"):
            if keyword in place.schema:
                assert seen[where, place.schema[keyword]], f"{where} never at its {keyword}"


@lists
def test_optional_fields_are_absent_null_and_present(operation: Operation) -> None:
    items = sample_items(operation, 60)
    required = operation.item_schema["required"]
    for name in set(items[0]) | set(items[1]) | set(items[2]):
        if name not in required:
            states = {"absent" if name not in e else e[name] is None for e in items}
            assert states == {"absent", True, False}, name


@lists
def test_what_goes_with_some_states_alone_is_there_in_those(operation: Operation) -> None:
    for item in sample_items(operation, 60):
        for field, (beside, values) in operation.roles.only_when.items():
            assert resolve(item, field) is None or resolve(item, beside) in values


@lists
def test_text_reaches_its_longest_in_characters_that_are_not_ascii(operation: Operation) -> None:
    page = sample_page(operation, sample_items(operation, 60))
    bounded = {
        (fold(p.path), p.schema["maxLength"])
        for p in list_places(operation.response_schema)
        if "maxLength" in p.schema
    }
    reached = {
        (fold(p.path), len(p.value))
        for p in find_places(operation.response_schema, page)
        if isinstance(p.value, str) and not p.value.isascii()
    }
    assert bounded <= reached


@lists
def test_ids_are_unique_and_filters_select_something(operation: Operation) -> None:
    items = sample_items(operation, 500)
    assert len({item["id"] for item in items}) == 500
    for where in set(operation.roles.filters.values()) - {operation.roles.id}:
        values = Counter(item.get(where[1:]) for item in items)
        assert 2 <= len(values) <= 6, where


@lists
def test_the_same_seed_gives_the_same_samples(operation: Operation) -> None:
    assert sample_items(operation, 9, seed=4) == sample_items(operation, 9, seed=4)
    assert sample_items(operation, 9, seed=4) != sample_items(operation, 9, seed=5)
    assert sample_item(operation, index=3, seed=4) == sample_items(operation, 4, seed=4)[3]


@lists
def test_fields_can_be_set_even_to_what_is_not_documented(operation: Operation) -> None:
    assert sample_item(operation, id=None)["id"] is None


@lists
def test_an_unknown_field_suggests_a_known_one(operation: Operation) -> None:
    with pytest.raises(UsageError, match=r"have no field 'idd'; did you mean id\?"):
        sample_item(operation, idd="x")


def test_ids_and_what_filters_select_by_keep_their_lengths() -> None:
    lengths = {"id": {"maxLength": 3}, "state": {"minLength": 9, "maxLength": 9}}
    named = {name: {"type": "string", **limits} for name, limits in lengths.items()}
    item = {"type": "object", "properties": named, "required": [*named]}
    schema = {"type": "object", "properties": {"items": {"type": "array", "items": item}}}
    operation = replace(LAMPS, response_schema=schema)
    items = sample_items(operation, 20)
    assert validate(schema, {"items": [*items]}).violations == ()
    assert len({each["id"] for each in items}) == 20


@pytest.mark.parametrize(
    ("ids", "most"),
    [
        ({"type": "string", "enum": ["red", "blue"]}, 2),
        ({"type": "string", "pattern": "^[0-9]{2}$"}, 100),
        ({"type": "string", "pattern": "^(a|b|c)$"}, 3),
        ({"type": "integer", "minimum": 1, "maximum": 20}, 20),
    ],
)
def test_there_are_no_more_items_than_different_ids(ids: dict[str, Any], most: int) -> None:
    found = [item["id"] for item in sample_items(contract({}, {"id": ids}), 150)]
    assert 2 <= len(found) == len({*found}) <= most


LINKED = {
    "$ref": "#/$defs/Node",
    "$defs": {
        "Node": {
            "type": "object",
            "properties": {
                "value": {"type": "string"},
                "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
            },
            "required": ["value", "next"],
        }
    },
}
"""A required union of the definition itself and null: a linked list, as Pydantic writes it."""


def test_a_linked_list_ends() -> None:
    last = {"value": "text", "next": None}
    assert (minimal(LINKED), full(LINKED)) == (last, {"value": "text", "next": last})
    operation = replace(LAMPS, response_schema=LINKED, roles=Roles())
    for item in sample_items(operation, 10):
        assert validate(LINKED, item).violations == ()


@pytest.mark.parametrize(
    ("schema", "fields"),
    [
        pytest.param({"properties": {"a": {"enum": [None]}}}, {"a": None}, id="null-alone"),
        pytest.param({"additionalProperties": {"const": 1}}, {"a": 1}, id="required-in-a-map"),
    ],
)
def test_required_fields_of_any_kind_are_there(
    schema: dict[str, Any], fields: dict[str, Any]
) -> None:
    response = {"type": "object", "required": ["a"], **schema}
    operation = replace(LAMPS, response_schema=response, roles=Roles())
    assert sample_item(operation) == minimal(response) == fields


def test_items_without_a_schema_are_not_whole_bodies() -> None:
    response = {"type": "object", "properties": {"rows": {"type": "array", "items": {}}}}
    operation = replace(LAMPS, response_schema=response, roles=Roles(items="/rows"))
    assert sample_items(operation, 2) == ({}, {})


def test_a_part_that_only_a_later_form_of_a_union_has_can_be_changed() -> None:
    forms = [{"type": "string"}, {"type": "object", "properties": {"data": {"type": "string"}}}]
    schema = {"type": "object", "properties": {"list": {"anyOf": forms}}}
    changed, _ = change_part(schema, {"list": "x"}, ("list", "data"), put("y"))
    assert changed == {"list": {"data": "y"}}


@pytest.mark.parametrize(
    ("least", "required", "names"),
    [(0, [], []), (1, [], ["a"]), (1, ["b"], ["b"]), (2, [], ["a", "b"])],
)
def test_the_smallest_object_has_no_field_too_many(
    least: int, required: list[str], names: list[str]
) -> None:
    fields = {"a": {"type": "integer"}, "b": {"type": "boolean"}}
    schema = {"type": "object", "properties": fields, "required": required, "minProperties": least}
    assert [*minimal(schema)] == names


@pytest.mark.parametrize(
    ("field", "path", "expected"),
    [
        ("author", "/v1/authors", True),
        ("authorId", "/authors/", True),
        ("author_ids", "/authors", True),
        ("category", "/shop/categories", True),
        ("box", "/boxes", True),
        ("title", "/authors", False),
        ("author", "/authors/books", False),
        ("_id", "/", False),
    ],
)
def test_a_field_names_the_things_of_a_list_by_its_name(
    field: str, path: str, expected: bool
) -> None:
    assert names_list(field, path) is expected


def test_each_value_of_a_map_is_a_place_once() -> None:
    number = {"type": "integer"}
    schema = {"type": "object", "properties": {"a": number}, "additionalProperties": number}
    places = [place.path for place in find_places(schema, {"a": 1, "b": 2, "c": 3})]
    assert sorted(places) == [(), ("a",), ("b",), ("c",)]


@pytest.mark.parametrize("required", [[], ["b"]])
def test_names_of_a_map_are_as_documented(required: list[str]) -> None:
    number, short = {"type": "integer"}, {"maxLength": 1}
    schema = {"type": "object", "additionalProperties": number, "propertyNames": short}
    assert validate(schema, full({**schema, "required": required})).violations == ()


def test_a_name_may_have_half_a_surrogate_pair() -> None:
    schema = {"type": "object", "required": ["\ud83d"], "properties": {"\ud83d": {"enum": [1]}}}
    thing = replace(LAMPS, response_schema=schema, roles=Roles())
    assert sample_items(thing, 1) == ({"\ud83d": 1},)


@pytest.mark.slow
def test_of_items_with_thousands_of_values_there_are_fewer() -> None:
    names = [f"f{number}" for number in range(9_000)]
    item = {"type": "object", "required": names, "properties": {name: {} for name in names}}
    schema = {"type": "object", "properties": {"items": {"type": "array", "items": item}}}
    listed = replace(LAMPS, response_schema=schema)
    found = sample_items(listed, 200)
    assert 3 < len(found) < 40
    assert len(sample_items(LAMPS, 200)) == 200


@pytest.mark.parametrize(
    ("stated", "kind"),
    [
        ({"items": {"type": "string"}}, list),
        ({"minItems": 2}, list),
        ({"required": ["a"]}, dict),
        ({"minLength": 3}, str),
        ({"description": "any value"}, str),
    ],
)
def test_keywords_without_a_type_say_which_type_is_meant(stated: Any, kind: type) -> None:
    assert isinstance(full(stated), kind)


def test_a_part_that_only_another_form_has_is_not_changed() -> None:
    thing = {"const": {"a": None, "b": None}, "exclusiveMaximum": 0, "items": {}}
    union = {"anyOf": [thing, {"required": ["a"], "additionalProperties": {}}]}
    cases = invalid_payload_cases(replace(LAMPS, response_schema=union))
    assert cases
    assert all(validate(union, each.payload).violations for each in cases)


TREE: Final[Any] = {
    "type": "object",
    "properties": {"op": {"type": "string"}, "of": {"items": {"$ref": "#/$defs/tree"}}},
}


@pytest.mark.parametrize(
    "union",
    [
        {"oneOf": [TREE, {**TREE, "required": ["op"]}]},
        {"oneOf": [{**TREE, "properties": {"op": {"enum": [n]}}} for n in range(3)]},
        {"oneOf": [TREE, {"type": "string"}]},
    ],
)
@pytest.mark.parametrize(
    "schema",
    [
        {"required": ["a"], "not": {"properties": {"a": {"$ref": "#/$defs/tree"}}}},
        {"oneOf": [{"required": ["b"]}, {"properties": {"a": {"$ref": "#/$defs/tree"}}}]},
    ],
)
def test_a_plain_form_is_plain(schema: Any, union: Any) -> None:
    found = plain({"type": "object", **schema, "$defs": {"tree": union}})
    assert plain(found) is found
