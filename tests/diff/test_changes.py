"""Every rule of the diff fires on one pair and is silent on its neighbour; the diff is a mirror."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from diff.schemas import PLAIN, changed, places, schemas, sent, shuffled, whole, without
from diff.test_documents import DOCUMENT_RULES
from hypothesis import given

from docpact.diff import RULES, diff
from docpact.errors import UsageError
from docpact.model import Level

REQUIRED = {**PLAIN, "required": ["name", "state"]}

PAIRS: dict[str, tuple[Any, Any, Any]] = {
    "added": (without("size"), PLAIN, shuffled(without("size"))),
    "removed": (PLAIN, without("size"), shuffled(PLAIN)),
    "optional": (REQUIRED, PLAIN, shuffled(REQUIRED)),
    "type_widened": (PLAIN, changed("size", type="number"), changed("size", type=["integer"])),
    "type_narrowed": (changed("size", type="number"), PLAIN, changed("size", type=["number"])),
    "type_changed": (PLAIN, changed("size", type="boolean"), changed("size", type=["integer"])),
    "value_added": (PLAIN, changed("state", enum=["on", "off", "odd"]), shuffled(PLAIN)),
    "value_removed": (PLAIN, changed("state", enum=["on"]), shuffled(PLAIN)),
    "values_open": (PLAIN, changed("state", enum=None), shuffled(PLAIN)),
    "values_closed": (PLAIN, changed("name", enum=["on"]), shuffled(PLAIN)),
    "bound_widened": (PLAIN, changed("size", maximum=10), changed("size", maximum=9.0)),
    "bound_narrowed": (PLAIN, changed("name", minLength=3), changed("name", minLength=2)),
    "format_removed": (PLAIN, changed("when", format=None), shuffled(PLAIN)),
    "format_added": (PLAIN, changed("name", format="date"), shuffled(PLAIN)),
    "format_changed": (PLAIN, changed("when", format="uuid"), changed("when", format="date")),
    "keyword_removed": (changed("name", pattern="a"), PLAIN, changed("name", pattern="a")),
    "keyword_added": (PLAIN, changed("size", multipleOf=5), changed("size", multipleOf=1.0)),
    "keyword_replaced": (
        changed("name", pattern="^a"),
        changed("name", pattern="^b"),
        changed("name", pattern="^(a)"),
    ),
    "keyword_changed": (
        changed("name", pattern=r"^\p{L}"),
        changed("name", pattern=r"^\p{N}"),
        changed("name", pattern=r"^\p{L}"),
    ),
    "default_added": (PLAIN, changed("size", default=3), changed("size", default=None)),
    "default_removed": (changed("size", default=3), PLAIN, changed("size", default=3.0)),
    "default_changed": (
        changed("size", default=3),
        changed("size", default=4),
        changed("size", default=3.0),
    ),
    "deprecated": (PLAIN, changed("size", deprecated=True), changed("size", deprecated=False)),
    "undeprecated": (
        changed("size", deprecated=True),
        changed("size", deprecated=False),
        shuffled(changed("size", deprecated=True)),
    ),
}


def test_endless_changes_of_a_part_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docpact.diff.compare.MAX_CHANGES", 1)
    with pytest.raises(UsageError, match="more than 1 changes of one part"):
        diff(whole(PLAIN), whole(without("size")))


def test_values_that_nest_too_deep_are_refused() -> None:
    def nest(inner: Any, levels: int) -> Any:
        for _ in range(levels):
            inner = {"type": "object", "properties": {"x": inner}}
        return whole(inner)

    assert len(diff(nest({"type": "string"}, 60), nest({"type": "integer"}, 60))) == 2
    with pytest.raises(UsageError, match="query: not compared: values nest deeper than 64"):
        diff(nest({"type": "string"}, 70), nest({"type": "integer"}, 70))


OTHER_KEYWORDS = {
    "unevaluatedProperties": False,
    "additionalProperties": False,
    "unevaluatedItems": {"type": "string"},
    "format": "int16",
}
"""Keywords whose meaning is not compared."""


@pytest.mark.parametrize("keyword", OTHER_KEYWORDS)
def test_a_keyword_that_is_not_compared_is_named(keyword: str) -> None:
    types = ["object", "array", "string", "integer"]
    before, after = changed("size", type=types), changed("size", type=types)
    after["properties"]["size"][keyword] = OTHER_KEYWORDS[keyword]
    for one, other in ((before, after), (after, before)):
        found = diff(whole(one), whole(other))
        assert {(each.rule.level, each.detail) for each in found} == {(Level.NOTE, keyword)}


@pytest.mark.parametrize("keyword", ["not", "contains", "prefixItems"])
def test_a_schema_that_a_keyword_refers_to_is_compared(keyword: str) -> None:
    ref: Any = {"$ref": "#/$defs/part"}
    value = [ref] if keyword == "prefixItems" else ref
    before = {"type": "array", keyword: value, "$defs": {"part": {"type": "string"}}}
    after = {**before, "$defs": {"part": {"type": "integer", "title": "Part"}}}
    same = {**before, "$defs": {"part": {"type": "string", "title": "Part", "description": "x"}}}
    assert [each.detail for each in diff(whole(before), whole(after))] == [keyword]
    assert diff(whole(before), whole(same)) == ()


TEXT = {"type": "string"}
UNIONS = {
    "a pattern in one form": ([{**TEXT, "pattern": "^a"}, {**TEXT, "format": "uuid"}], 0, "^b"),
    "a form less": (
        [
            {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "required": ["a"]},
            {"type": "object", "properties": {"a": TEXT}},
            {"type": "object", "properties": {"b": TEXT}},
        ],
        1,
        None,
    ),
}


@pytest.mark.parametrize(("forms", "place", "pattern"), UNIONS.values(), ids=UNIONS)
def test_another_form_of_a_union_is_named(
    forms: list[dict[str, Any]], place: int, pattern: str | None
) -> None:
    other = [
        *forms[:place],
        *([{**TEXT, "pattern": pattern}] if pattern else []),
        *forms[place + 1 :],
    ]
    before, after = changed("size", anyOf=forms), changed("size", anyOf=other)
    for each in (before, after):
        del each["properties"]["size"]["type"]
    assert {c.rule.id for c in diff(whole(before), whole(after))} == {
        "diff.query.keyword_changed",
        "diff.response.keyword_changed",
    }
    again = changed("size", anyOf=[*forms[::-1], forms[0]])
    del again["properties"]["size"]["type"]
    assert diff(whole(before), whole(again)) == ()


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
def test_the_values_of_a_form_may_be_listed_elsewhere(keyword: str) -> None:
    def union(kind: Any, *values: str) -> dict[str, Any]:
        forms = [
            {"type": "object", "properties": {"kind": kind, "size": TEXT}, "required": ["kind"]},
            {"type": "object", "properties": {"error": TEXT}},
        ]
        return {keyword: forms, "$defs": {"kind": {"enum": [*values]}}}

    ref: Any = {"$ref": "#/$defs/kind"}
    before = whole(union({"enum": ["a", "b"]}))
    assert diff(before, whole(union(ref, "a", "b"))) == ()
    more = diff(before, whole(union({"enum": ["a", "b", "c"]})))
    assert [(c.rule.id, c.location) for c in diff(before, whole(union(ref, "a", "b", "c")))] == [
        (c.rule.id, c.location) for c in more
    ]


OWN = {
    "diff.query.required": (PLAIN, REQUIRED, shuffled(PLAIN)),
    "diff.query.added_required": (without("name"), PLAIN, shuffled(without("name"))),
    "diff.request.required": (PLAIN, REQUIRED, shuffled(PLAIN)),
    "diff.request.added_required": (without("name"), PLAIN, shuffled(without("name"))),
    "diff.response.always": (PLAIN, REQUIRED, shuffled(PLAIN)),
}
RULE_PAIRS = {
    **{
        f"diff.{part}.{kind}": pair
        for part in ("query", "request", "response")
        for kind, pair in PAIRS.items()
    },
    **OWN,
}


@pytest.mark.parametrize("rule", RULE_PAIRS)
def test_a_rule_fires_on_its_pair_alone(rule: str) -> None:
    before, after, neighbour = RULE_PAIRS[rule]
    part = rule.split(".")[1]
    read = sent if part == "request" else whole
    fired = [c.rule.id for c in diff(read(before), read(after)) if c.rule.id.split(".")[1] == part]
    assert fired == [rule]
    assert diff(read(before), read(neighbour)) == ()


@pytest.mark.parametrize("fact", ["method", "path", "status", "content_type", "body_type"])
def test_another_operation_is_breaking(fact: str) -> None:
    one, other = (replace(whole(PLAIN), facts={fact: text}) for text in ("a", "b"))
    (change,) = diff(one, other)
    assert (change.rule.id, change.rule.level) == (f"diff.operation.{fact}", Level.BREAKING)
    assert diff(one, replace(other, facts={})) == ()


def test_every_rule_is_shown_here() -> None:
    facts = {rule.id for rule in RULES if rule.id.startswith("diff.operation.")}
    assert set(RULE_PAIRS) | facts | set(DOCUMENT_RULES) == {rule.id for rule in RULES}


def test_nothing_inside_a_new_field_is_reported() -> None:
    deep = {"type": "object", "properties": {"inner": PLAIN}}
    (change, *_) = found = diff(whole({"type": "object"}), whole(deep))
    assert [(c.rule.id, c.location) for c in found] == [
        ("diff.query.added", "query/inner"),
        ("diff.response.added", "/inner"),
    ]
    assert change.after == "object, optional"


@given(schemas())
def test_nothing_changes_from_a_side_to_itself(schema: Any) -> None:
    assert diff(whole(schema), whole(schema)) == ()
    assert diff(whole(schema), whole(shuffled(schema))) == ()


@given(schemas(), schemas())
def test_the_other_way_round_is_the_mirror(one: Any, other: Any) -> None:
    there, back = diff(whole(one), whole(other)), diff(whole(other), whole(one))
    assert sorted((c.location, c.before, c.after) for c in there) == sorted(
        (c.location, c.after, c.before) for c in back
    )
    mirrored = [(c.location, c.after, c.before, c.rule.id) for c in back]
    for change in there:
        assert any(
            (change.location, change.before, change.after, rule) in mirrored
            for rule in change.rule.mirror
        )


@given(schemas(), schemas())
def test_schemas_with_different_locations_differ(one: Any, other: Any) -> None:
    same = normal(one) == normal(other)
    assert bool(diff(whole(one), whole(other))) is not same


def normal(schema: Any) -> dict[str, Any]:
    """Return location → types, their restrictions, and whether there is always a value."""
    return {
        where: (
            {
                kind: replace(shape, properties={}, items=None)
                for kind, shape in view.shapes.items()
            },
            view.is_present,
            view.is_deprecated,
            None if view.is_present else view.default,
        )
        for where, view in places(whole(schema).query).items()
    }


KEYWORDS: dict[str, tuple[str, Any]] = {
    "pattern": ("string", "^a"),
    "multipleOf": ("number", 0.5),
    "uniqueItems": ("array", True),
    "contains": ("array", {"const": 1}),
    "prefixItems": ("array", [{"type": "string"}]),
    "dependentRequired": ("object", {"a": ["b"]}),
    "dependentSchemas": ("object", {"a": {"required": ["b"]}}),
    "propertyNames": ("object", {"maxLength": 3}),
    "patternProperties": ("object", {"^x-": {"type": "string"}}),
    "not": ("object", {"required": ["a"]}),
    "minProperties": ("object", 1),
    "maxProperties": ("object", 9),
}


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_a_keyword_that_is_new_allows_less(keyword: str) -> None:
    kind, value = KEYWORDS[keyword]
    plain, strict = ({"properties": {"x": {"type": kind, **e}}} for e in ({}, {keyword: value}))
    name = "bound" if keyword in ("minProperties", "maxProperties") else "keyword"
    added, removed = ("narrowed", "widened") if name == "bound" else ("added", "removed")
    assert {c.rule.id.rpartition(".")[2] for c in diff(whole(plain), whole(strict))} == {
        f"{name}_{added}"
    }
    assert {c.rule.id.rpartition(".")[2] for c in diff(whole(strict), whole(plain))} == {
        f"{name}_{removed}"
    }


ONE = {"const": 1}
STRICTER: dict[str, tuple[str, Any, Any]] = {
    "pattern": ("string", {"pattern": "^a"}, {"pattern": "^ab"}),
    "repetitions": ("string", {"pattern": "^[a-z]{2,4}$"}, {"pattern": "^[a-z]{3}$"}),
    "alternatives": ("string", {"pattern": "^(a|b)$"}, {"pattern": "^b$"}),
    "multipleOf": ("number", {"multipleOf": 0.1}, {"multipleOf": 0.3}),
    "contains": ("array", {"contains": ONE}, {"contains": ONE, "minContains": 2}),
    "maxContains": ("array", {"contains": ONE}, {"contains": ONE, "maxContains": 2}),
    "format": ("integer", {"format": "int64"}, {"format": "int32"}),
    "dependentRequired": (
        "object",
        {"dependentRequired": {"a": ["b"]}},
        {"dependentRequired": {"a": ["b", "c"]}},
    ),
    "if": ("object", {}, {"if": {"required": ["a"]}, "then": {"required": ["b"]}}),
}


@pytest.mark.parametrize(("kind", "loose", "strict"), STRICTER.values(), ids=STRICTER)
def test_a_keyword_that_allows_less_is_found(kind: str, loose: Any, strict: Any) -> None:
    sides = [whole({"properties": {"x": {"type": kind, **each}}}) for each in (loose, strict)]
    levels = {c.rule.id: c.rule.level for c in diff(*sides)}
    assert levels == {
        "diff.query.keyword_added": Level.BREAKING,
        "diff.response.keyword_added": Level.ADDITIVE,
    }
    assert {c.rule.id for c in diff(*sides[::-1])} == {
        "diff.query.keyword_removed",
        "diff.response.keyword_removed",
    }


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("string", {"pattern": r"^\d+$"}, {"pattern": "^[0-9]+$"}),
        ("string", {}, {"pattern": ".*"}),
        ("array", {}, {"contains": ONE, "minContains": 0}),
        ("array", {}, {"minContains": 2}),
        ("object", {}, {"if": {"required": ["a"]}}),
    ],
)
def test_keywords_that_allow_the_same_are_no_change(kind: str, one: Any, other: Any) -> None:
    sides = [whole({"properties": {"x": {"type": kind, **each}}}) for each in (one, other)]
    assert diff(*sides) == diff(*sides[::-1]) == ()


def test_what_the_other_parts_already_forbid_is_only_named() -> None:
    closed = {"type": "object", "additionalProperties": False}
    sides = (closed, {**closed, "patternProperties": {"^x-": TEXT}})
    found = diff(*(whole({"properties": {"x": each}}) for each in sides))
    assert {each.rule.level for each in found} == {Level.NOTE}


def test_a_parameter_that_becomes_required_has_no_null_in_any_case() -> None:
    schema = {"properties": {"q": {"type": ["string", "null"]}}}
    found = diff(whole(schema), whole({**schema, "required": ["q"]}))
    assert {each.rule.id for each in found} == {"diff.query.required", "diff.response.always"}


def test_elements_of_an_array_that_is_new_are_not_those_of_a_map() -> None:
    thing = {"type": "object", "properties": {"a": TEXT}}
    either = {"oneOf": [thing, {"type": "array", "items": TEXT}]}
    for_all = {"type": "object", "properties": {"x": thing}}
    found = diff(whole(for_all), whole({**for_all, "properties": {"x": either}}))
    assert {each.rule.id.rpartition(".")[2] for each in found} == {"type_widened"}


def test_a_map_that_may_hold_anything_is_wider_alone() -> None:
    sides = [
        whole({"properties": {"x": {"type": "object", "additionalProperties": each}}})
        for each in ({"type": "integer"}, True)
    ]
    assert {each.rule.id.rpartition(".")[2] for each in diff(*sides)} == {"type_widened"}


def test_anything_in_place_of_a_type_is_one_change() -> None:
    sides = [whole({"properties": {"x": each}}) for each in ({"type": "object"}, {})]
    for (one, other), name in ((sides, "type_widened"), (sides[::-1], "type_narrowed")):
        found = [each for each in diff(one, other) if each.location == "/x"]
        assert [each.rule.id for each in found] == [f"diff.response.{name}"]
        assert "array or boolean or null or number" in found[0].before + found[0].after


def test_null_in_place_of_a_type_is_named_beside_it() -> None:
    sides = [
        whole({"properties": {"x": {"type": ["string", each]}}}) for each in ("integer", "null")
    ]
    found = {each.rule.id for each in diff(*sides) if each.location == "/x"}
    assert found == {"diff.response.type_narrowed", "diff.response.type_widened"}


def test_no_element_beside_those_of_prefix_items_is_a_bound() -> None:
    plain = {"type": "array", "prefixItems": [TEXT]}
    sides = [whole({"properties": {"x": {**plain, **items}}}) for items in ({}, {"items": False})]
    assert "maxItems" in {each.detail for each in diff(*sides)}
