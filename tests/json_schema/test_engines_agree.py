"""The two engines agree on any instance of any schema, and on any text in any format."""

from __future__ import annotations

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from json_schema.engines import OTHERWISE, accepts, encoded, explains
from json_schema.schemas import SEEDS, moments, near, schemas, spoilt
from sizes import FEWER, examples, sample

from docpact.bodies.formats import STANDARD, is_checked


@settings(FEWER, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_engines_agree_on_an_instance_alone_and_in_a_list(data: st.DataObject) -> None:
    schema = data.draw(schemas())
    instance = data.draw(near(schema, schema["$defs"]))
    alone = explains(schema, instance)
    assert accepts(schema, encoded(instance)) == alone
    listing = {"properties": {"x": {"items": schema}}, "$defs": schema.pop("$defs")}
    assert explains(listing, {"x": [instance]}) == alone
    assert accepts(listing, encoded({"x": [instance]})) == alone


@given(moments())
def test_engines_agree_on_moments(text: str) -> None:
    for name, part in {"date-time": text, "date": text[:10], "time": text[11:]}.items():
        assert explains({"format": name}, part) == accepts({"format": name}, encoded(part)), name


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", sample(sorted(SEEDS), 2))
@settings(max_examples=examples(50))
@given(st.data())
def test_engines_agree_on_texts_of_a_format(name: str, data: st.DataObject) -> None:
    schema, text = {"format": name}, data.draw(spoilt(SEEDS[name]))
    assert explains(schema, text) == accepts(schema, encoded(text))


def test_every_checked_format_is_compared() -> None:
    assert set(SEEDS) == {name for name in STANDARD if is_checked(name)}


@pytest.mark.parametrize(("name", "text"), OTHERWISE.items())
def test_jsonschema_rs_alone_would_judge_these_formats_differently(name: str, text: str) -> None:
    own = jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True)
    assert own.is_valid(text) != explains({"format": name}, text)
