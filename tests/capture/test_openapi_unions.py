"""Unions of OpenAPI documents: `oneOf`, `anyOf` and discriminators choose the form of a value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from capture.test_openapi_schemas import (
    NUMBER,
    TEXT,
    broken,
    capture,
    fields,
    gaps,
    ref,
)

from docpact.capture.openapi.unions import are_told_apart


@pytest.mark.parametrize("mapping", [{"mapping": {"c": "#/components/schemas/C"}}, {}])
def test_the_types_of_a_discriminator_are_forms(mapping: Any) -> None:
    kind = {"discriminator": {"propertyName": "k", **mapping}, "required": ["k"]}
    extended = {"allOf": [ref("P"), fields(x={"type": "integer"}) | {"required": ["x"]}]}
    files = capture(ref("P"), {"P": fields(k=TEXT) | kind, "C": extended})
    assert broken(files, {"k": "c", "x": 1}) == []
    assert broken(files, {"k": "c", "x": 1, "y": 2}) == [("/y", "undocumented")]
    assert broken(files, {}) == [("/k", "required")]
    is_stated = bool(mapping)
    assert (broken(files, {"k": "c", "x": "1"}) == [("/x", "type")]) is is_stated
    assert ("discriminator: which form a value has" in gaps(files)) is not is_stated


@pytest.mark.parametrize(
    "stated",
    [
        {"allOf": [ref("P")]},
        {"allOf": [ref("P"), fields(y=TEXT)]},
        {"allOf": [{"allOf": [ref("P")], "minProperties": 1}], "maxProperties": 3},
    ],
)
def test_an_extension_that_no_mapping_names_keeps_the_forms(stated: Any) -> None:
    kind = {"discriminator": {"propertyName": "k", "mapping": {"c": "C"}}, "required": ["k"]}
    form = {"allOf": [ref("Between"), fields(x=NUMBER)]}
    schemas = {"P": fields(k=TEXT) | kind, "Between": {"allOf": [ref("P")]}, "C": form}
    for whole in (ref("Q"), fields(a=ref("Q"), c=ref("C"))):
        files = capture(whole, {**schemas, "Q": stated})
        [value, wrong] = [{"k": "c", "x": each} for each in (1, "1")]
        is_field = "properties" in whole
        assert broken(files, {"a": value, "c": value} if is_field else value) == []
        found = broken(files, {"a": wrong} if is_field else wrong)
        assert ("/a/x" if is_field else "/x", "type") in found
        assert gaps(files) == []


@pytest.mark.parametrize(
    ("forms", "right", "wrong", "keyword"),
    [
        ([TEXT, NUMBER], 1, True, "anyOf"),
        ([NUMBER, {"type": "number"}], 0.5, 1, "oneOf"),
        ([{"minLength": 1}, NUMBER], "a", 1, "oneOf"),
        ([{"enum": [1, 2]}, {"enum": [2.0, 3]}], 3, 2, "oneOf"),
        ([{"enum": ["a"]}, {"enum": ["b"]}], "b", "c", "enum"),
        ([{}, {"type": "null"}], 1, None, "oneOf"),
        (
            [fields(a=TEXT) | {"required": ["a"]}, fields(b=NUMBER) | {"required": ["b"]}],
            {"b": 1},
            {"a": "", "b": 1},
            "oneOf",
        ),
    ],
)
def test_exactly_one_form_fits(forms: Any, right: Any, wrong: Any, keyword: str) -> None:
    files = capture(fields(a={"oneOf": forms}))
    assert broken(files, {"a": right}) == []
    assert [each for _, each in broken(files, {"a": wrong})] == [keyword]
    assert gaps(files) == []


@pytest.mark.parametrize(
    "forms",
    [
        [{}, {}],
        [ref("N"), NUMBER],
        [fields(a=TEXT), fields(a=TEXT)],
        [fields(a=TEXT), fields(a=TEXT, b=NUMBER)],
        [fields(a=TEXT), fields(b=NUMBER) | {"required": ["b"]}],
        [fields(a=TEXT, b={"enum": [1]}), fields(a=TEXT, c=TEXT), fields(a=TEXT, d={"enum": [2]})],
    ],
)
def test_a_union_of_which_usual_values_have_several_forms_is_a_gap(forms: Any) -> None:
    files = capture(fields(a={"oneOf": forms}), {"N": NUMBER})
    assert gaps(files) == ["that exactly one form of the union fits"]
    assert broken(files, {"a": {"a": "b"} if "properties" in forms[0] else 1}) == []


@pytest.mark.parametrize(
    ("forms", "apart"),
    [
        ([fields(k={"const": "a"}), fields(k={"enum": ["b", "c"]})], True),
        ([fields(k={"const": "a"}), fields(k={"const": "b"}), fields(k={"const": "a"})], False),
        (
            [
                fields(k={"const": "a"}, m={"const": "x"}),
                fields(k={"const": "b"}, m={"const": "x"}),
                fields(m={"const": "y"}),
            ],
            True,
        ),
        ([{"allOf": [ref("A"), fields(x=TEXT)]}, fields(k={"$ref": "#/$defs/B"})], True),
        ([fields(k={"const": 1}), fields(k={"const": 1.0})], False),
        ([fields(k={"const": "a"}), fields(k=TEXT)], False),
        ([fields(k={"const": "a"}), TEXT], False),
    ],
)
def test_forms_with_different_texts_are_told_apart(forms: Any, apart: bool) -> None:
    definitions = {"A": fields(k={"const": "a"}), "B": {"enum": ["b"]}}
    forms = json.loads(json.dumps(forms).replace("#/components/schemas", "#/$defs"))
    assert are_told_apart({"oneOf": forms, "$defs": definitions}) is apart


def test_forms_that_contain_their_own_union_are_captured_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kinds = [f"K{n}" for n in range(8)]
    union = {"oneOf": [ref(kind) for kind in kinds]}
    schemas = {
        kind: fields(
            k={"type": "string", "enum": [kind]},
            **{f"child{n}": {"type": "array", "items": ref("Node")} for n in range(4)},
        )
        for kind in kinds
    }
    monkeypatch.setattr("docpact.capture.openapi.unions.full", pytest.fail)
    files = capture(ref("Node"), {**schemas, "Node": union})
    assert gaps(files) == []
    assert [each for _, each in broken(files, {"k": "K8"})] == ["oneOf"]


def test_null_is_one_of_the_forms_that_may_be_null() -> None:
    stated = {"oneOf": [NUMBER, {"type": "number"}], "nullable": True}
    assert broken(capture(fields(a=stated)), {"a": None}) == []


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
@pytest.mark.parametrize("mapping", [{"mapping": {"a": "#/components/schemas/A", "b": "B"}}, {}])
def test_a_discriminator_chooses_the_form(keyword: str, mapping: Any) -> None:
    stated = {keyword: [ref("A"), ref("B")], "discriminator": {"propertyName": "k", **mapping}}
    files = capture(stated, {"A": fields(k=TEXT, x=NUMBER), "B": fields(k=TEXT, y=NUMBER)})
    assert broken(files, {"k": "b", "y": 1}) == []
    assert broken(files, {"k": "b", "x": "-"}) == [("/x", "undocumented")]
    if mapping:
        assert broken(files, {"k": "b", "y": "-"}) == [("/y", "type")]
        assert [each for _, each in broken(files, {"k": "c"})] == [keyword.replace("one", "any")]
    says = [] if mapping else ["discriminator: which form a value has"]
    assert gaps(files) == says


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf", "allOf"])
def test_without_a_mapping_the_name_of_a_form_chooses_it(keyword: str) -> None:
    kind = {"discriminator": {"propertyName": "k"}}
    stated = {keyword: [ref("A"), ref("B")], **kind} if keyword != "allOf" else ref("P")
    base = [ref("P")] if keyword == "allOf" else []
    forms = {
        "A": {"allOf": [*base, fields(k=TEXT, x=NUMBER)]},
        "B": {"allOf": [*base, fields(k=TEXT, x=TEXT)]},
    }
    files = capture(stated, {**forms, "P": fields(k=TEXT) | kind})
    assert broken(files, {"k": "A", "x": 1}) == broken(files, {"k": "other", "x": 1}) == []
    assert ("/x", "type") in broken(files, {"k": "B", "x": 1})


def test_a_default_form_is_that_of_the_values_without_a_mapping() -> None:
    kind = {"propertyName": "k", "mapping": {"a": "A"}, "defaultMapping": "B"}
    stated = {"oneOf": [ref("A"), ref("B")], "discriminator": kind}
    forms = {"A": fields(k=TEXT, x=NUMBER), "B": fields(k=TEXT, x=TEXT)}
    files = capture(stated, forms, version="3.2.0")
    assert broken(files, {"k": "a", "x": 1}) == broken(files, {"k": "c", "x": "1"}) == []
    assert ("/x", "type") in broken(files, {"k": "a", "x": "1"})
    assert broken(files, {"k": "c", "x": 1})


def test_forms_that_list_the_values_of_their_discriminator_need_no_mapping() -> None:
    stated = {"oneOf": [ref("A"), ref("B")], "discriminator": {"propertyName": "k"}}
    forms = {n: fields(k={"enum": [n]}, x=NUMBER) | {"required": ["k"]} for n in ("A", "B")}
    files = capture(stated, forms)
    assert broken(files, {"k": "B", "x": "-"}) == [("/x", "type")]
    assert gaps(files) == []


@pytest.mark.parametrize("beside", [[], [fields(x=NUMBER)]])
def test_a_form_may_extend_the_schema_that_lists_its_forms(beside: Any) -> None:
    base = fields(k=TEXT) | {"discriminator": {"propertyName": "k"}, "oneOf": [ref("A"), ref("B")]}
    schemas = {"P": base, "A": {"allOf": [ref("P"), *beside]}, "B": fields(k=TEXT, y=TEXT)}
    files = capture(ref("P"), schemas)
    assert broken(files, {"k": "a"}) == []
    assert broken(files, {"k": 1}) != []


def test_a_form_of_a_discriminator_may_contain_the_whole_type() -> None:
    pet = {
        **fields(kind=TEXT, friend={"allOf": [ref("Pet")]}),
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "Cat"}},
    }
    cat = {"allOf": [ref("Pet"), fields(lives=NUMBER)]}
    files = capture(ref("Pet"), {"Pet": pet, "Cat": cat})
    friend = {"kind": "cat", "friend": {"kind": "cat", "lives": "nine"}}
    assert broken(files, {"kind": "cat", "lives": 9, "friend": friend}) == [
        ("/friend/friend/lives", "type")
    ]


def test_a_form_may_extend_the_schema_that_lists_it() -> None:
    schemas = {
        "Base": fields(id=NUMBER) | {"oneOf": [ref("A"), ref("B")]},
        "A": {"allOf": [ref("Base"), fields(a=TEXT) | {"required": ["a"]}]},
        "B": {"allOf": [ref("Base"), fields(b=TEXT) | {"required": ["b"]}]},
    }
    files = capture(ref("Base"), schemas)
    assert broken(files, {"id": 1, "a": "x"}) == []
    assert ("/id", "type") in broken(files, {"id": "x", "a": "x"})
    assert broken(files, {"id": 1})


def test_a_union_may_list_itself() -> None:
    schemas = {"V": {"anyOf": [NUMBER, {"type": "array", "items": ref("V")}, ref("V")]}}
    files = capture(fields(v=ref("V")), schemas)
    assert broken(files, {"v": [[1]]}) == []
    assert broken(files, {"v": "x"}) != []
    assert broken(files, {"v": ["x"]}) != []


def test_a_branch_of_all_of_may_be_a_union_with_a_discriminator() -> None:
    forms = {
        "A": fields(kind={"enum": ["a"]}, n=NUMBER) | {"required": ["n"]},
        "B": fields(kind={"enum": ["b"]}, t=TEXT) | {"required": ["t"]},
    }
    union = {"oneOf": [ref("A"), ref("B")], "discriminator": {"propertyName": "kind"}}
    files = capture({"allOf": [fields(kind=TEXT) | {"required": ["kind"]}, union]}, forms)
    assert broken(files, {"kind": "a", "n": 1}) == []
    assert broken(files, {"kind": "a", "t": "x"}) != []


_CAT = fields(sub=TEXT) | {"discriminator": {"propertyName": "sub", "mapping": {"p": "Persian"}}}
_PERSIAN = {"allOf": [ref("Cat"), fields(fur=NUMBER) | {"required": ["fur"]}]}


@pytest.mark.parametrize("cat", [_CAT, {"allOf": [ref("Pet"), _CAT]}, {"allOf": [_CAT]}])
@pytest.mark.parametrize(
    "held",
    [ref("Cat"), {"allOf": [ref("Cat")]}, {"allOf": [ref("Cat"), fields(sub=TEXT)]}],
)
@pytest.mark.parametrize("place", ["field", "base", "element", "body"])
def test_a_field_of_a_type_with_a_discriminator_has_the_form_that_it_chooses(
    cat: Any, held: Any, place: str
) -> None:
    schemas = {"Cat": cat, "Persian": _PERSIAN, "Pet": fields(id=NUMBER), "Own": fields(c=held)}
    schema, start, end = {
        "field": (ref("Own"), '{"c": ', "}"),
        "base": ({"allOf": [ref("Own"), fields(n=NUMBER)]}, '{"c": ', "}"),
        "element": ({"type": "array", "items": held}, "[", "]"),
        "body": (held, "", ""),
    }[place]
    files = capture(schema, schemas)

    def judge(text: str) -> list[str]:
        return [keyword for _, keyword in broken(files, json.loads(f"{start}{text}{end}"))]

    assert judge('{"sub": "p", "fur": 1}') == []
    assert judge('{"sub": "p"}') == ["required"]
    assert judge('{"sub": "other"}') == []
    assert gaps(files) == []


def test_a_form_may_have_ignored_keywords_beside_the_reference_to_its_base() -> None:
    base = {"allOf": [fields(k=TEXT) | {"discriminator": {"propertyName": "k"}}]}
    form = {"allOf": [{**ref("Base"), "additionalProperties": False}, fields(x=NUMBER)]}
    files = capture(ref("Form"), {"Base": base, "Form": form})
    assert broken(files, {"k": "a", "x": 1}) == []
    assert broken(files, {"k": "a", "x": "1"}) == [("/x", "type")]
    assert gaps(files) == ["additionalProperties beside $ref, which OpenAPI 3.0 ignores"]
