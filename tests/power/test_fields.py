"""Drifts of response bodies: noticed exactly where judging the damaged body gives a finding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rules.test_every_place import BROKEN
from rules.test_every_violation import RESPONSES, value
from sizes import FEWER
from toy import LAMPS, exchange, lamp

from docpact.model import Expectation, Expected, Operation, Schema
from docpact.power import fields, measure_power
from docpact.power.fields import Bodies, list_aims, try_fields
from docpact.power.trials import Drift, Trial, with_body
from docpact.power.trials import judge_trials as trials_judge
from docpact.rules import Evidence, gather, judge
from docpact.rules.rule import list_breaches


def operation(schema: Schema) -> Operation:
    return replace(LAMPS, response_schema=schema, roles=replace(LAMPS.roles, items=None))


def recorded(schema: Schema, body: Any) -> Evidence:
    return gather(operation(schema), [exchange(body)])


def drifts(evidence: Evidence) -> list[Drift]:
    return list(try_fields(evidence, list_breaches(judge(evidence))))


@pytest.mark.parametrize(("schema", "valid"), [row[:2] for row in BROKEN], ids=str)
def test_every_keyword_broken_at_a_recorded_value_is_noticed(schema: Any, valid: Any) -> None:
    body = {"f": valid}
    found = drifts(recorded({"type": "object", "properties": {"f": schema}}, body))
    keyword = f"response.{[*schema][-1]}"
    about = [each for each in found if each.rule == keyword and each.place.startswith("/f")]
    assert any(each.is_noticed for each in about)
    assert all(each.is_noticed for each in about if keyword != "response.contains")


@pytest.mark.parametrize("most", [3.0, 10**30])
def test_an_array_is_made_too_long_if_that_is_possible(most: float) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "array", "maxItems": most}}}
    found = [d for d in drifts(recorded(schema, {"a": [1]})) if d.rule == "response.maxItems"]
    assert [each.is_noticed for each in found] == [True] * (most == 3)


def test_a_field_in_no_response_is_missed_with_the_reason() -> None:
    item = {"type": "object", "properties": {"b": {"type": "string"}}, "required": ["b"]}
    schema = {"type": "object", "properties": {"a": item}}
    found = {(d.kind, d.place): d for d in drifts(recorded(schema, {"a": None}))}
    missing = found["a required field is missing", "/a/b"]
    assert (missing.reason, missing.remedy) == ("/a: in no response", "a response with /a")
    assert found["an undocumented field", ""].is_noticed


def test_a_long_value_is_shortened_in_a_reason_after_its_secret_is_removed() -> None:
    state = "hunter2" * 50_000
    evidence = gather(LAMPS, [exchange({"items": [lamp(each, state=state) for each in (1, 2)]})])
    power = measure_power(
        evidence, judge(evidence), lambda text: text.replace(state, "$KEY" + "x" * 900)
    )
    (reason,) = (each.reason for each in power.missed if "every item has" in each.reason)
    assert reason.startswith("state: every item has the state $KEYx")
    assert len(reason) < 300


def test_the_body_that_follows_an_undocumented_request_is_not_the_one_to_damage() -> None:
    plain = exchange({"items": [lamp(0)]})
    invalid = replace(plain.case, expectation=Expectation(Expected.REJECTED))
    usual, also_accepted = (
        {(each.kind, each.place) for each in drifts(gather(LAMPS, some)) if each.is_noticed}
        for some in ([plain], [plain, replace(plain, case=invalid)])
    )
    assert ("null", "/items/*/id") in usual <= also_accepted


def test_half_a_surrogate_pair_that_a_response_escapes_is_no_damage() -> None:
    usual, odd = ([lamp(0, note=note), lamp(1, note="x")] for note in ("y", "\ud800"))
    with_usual, with_odd = (
        [(each.kind, each.place, each.is_noticed) for each in drifts(gather(LAMPS, [one]))]
        for one in (exchange({"items": usual}), exchange({"items": odd}))
    )
    assert with_odd == with_usual


def test_a_finding_about_the_whole_body_is_about_none_of_several_drifts() -> None:
    one, other, *_ = list_aims(LAMPS)
    trial = Trial(exchange({}), {}, {(one,): ("a",), (other,): ("b",)})
    assert list(trial.find("response.json", "body")) == []
    assert list(trial.find("response.type", "/b/c")) == [other]


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[Trial]:
    found: list[Trial] = []

    def judge_trials(operation: Operation, trials: Any, known: Any) -> set[Any]:
        found.extend(trials)
        return trials_judge(operation, trials, known)

    monkeypatch.setattr(fields, "judge_trials", judge_trials)
    return found


def test_drifts_with_the_same_damage_are_tried_once(judged: list[Trial]) -> None:
    one = {"type": "object", "properties": {"v": {"type": "string"}}, "required": ["v"]}
    schema = {"anyOf": [one | {"maxProperties": most} for most in (1, 2, 3)]}
    missing = [d for d in drifts(recorded(schema, {"v": "a"})) if d.rule == "response.required"]
    assert [each.is_noticed for each in missing] == [True] * 3
    assert sum(trial.body == {} for trial in judged) == 1


@pytest.mark.parametrize(
    ("keywords", "length"),
    [({}, 1), ({"minItems": 1}, 1), ({"minItems": 2}, 3), ({"contains": {"const": "b"}}, 3)],
)
def test_of_a_long_list_the_damaged_value_is_judged_alone(
    keywords: Schema, length: int, judged: list[Trial]
) -> None:
    listed = {"type": "array", "items": {"type": "string", "maxLength": 1}, **keywords}
    schema = {"type": "object", "properties": {"names": listed}}
    found = drifts(recorded(schema, {"names": ["a", "b", "c"]}))
    inner = [each for each in found if each.place == "/names/*"]
    assert [each.is_noticed for each in inner] == [True] * 3
    damaged = [(aim, each.body) for each in judged for aims in each.aims for aim in aims]
    assert {len(body["names"]) for aim, body in damaged if aim.place == "/names/*"} == {length}


@pytest.mark.slow
@given(RESPONSES, st.booleans(), st.data())
def test_drifts_together_are_noticed_as_each_by_itself(
    schema: Schema, is_list: bool, data: st.DataObject
) -> None:
    body = value(data.draw, schema)
    evidence = recorded(schema, body)
    if is_list:
        definitions = {"$defs": schema["$defs"]} if "$defs" in schema else {}
        listed = {"properties": {"items": {"type": "array", "items": schema}}, **definitions}
        evidence = gather(replace(LAMPS, response_schema=listed), [exchange({"items": [body]})])
    known = list_breaches(judge(evidence))
    bodies, alone = Bodies(evidence, ()), []
    for aim in list_aims(evidence.operation):
        each = [with_body(one, changed) for one, changed, _ in bodies.damage(aim)]
        damaged = [judge(gather(evidence.operation, [one])) for one in each]
        alone.append(any(list_breaches(each) - known for each in damaged))
    found = drifts(evidence)
    assert [each.is_noticed for each in found] == alone


@FEWER
@given(RESPONSES, st.data())
def test_every_promise_about_a_value_has_a_drift(schema: Schema, data: st.DataObject) -> None:
    evidence = recorded(schema, value(data.draw, schema))
    stated = {
        (each.promise.rule, each.promise.location)
        for each in judge(evidence)
        if each.promise.source and each.promise.rule.startswith("response.")
    }
    whole = {"response.status", "response.content_type", "response.json", "response.body"}
    tried = {(each.rule, each.place) for each in drifts(evidence)}
    assert {each for each in stated if each[0] not in whole} <= {
        *tried,
        ("response.undocumented_field", ""),
    }


def test_bodies_that_are_too_long_are_not_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "POWER_BYTES", 500)
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in "abcdefgh"}}
    found = drifts(recorded(schema, dict.fromkeys("abcdefgh", "x" * 30)))
    reasons = [each.reason for each in found]
    assert reasons[0] == ""
    assert reasons[-1] == "the responses are too long to try it"
