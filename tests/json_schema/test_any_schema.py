"""Of any schema that a contract may hold, only valid values are drawn, or the schema is refused."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from json_schema.engines import accepts, encoded, explains
from json_schema.schemas import schemas
from json_schema.suite import Group, drawn, problem


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.data())
def test_what_is_drawn_is_valid(data: st.DataObject) -> None:
    schema = data.draw(schemas())
    group = Group("any", "any", schema, ())
    assume(not problem(drawn, group))
    value = data.draw(drawn(group))
    assert explains(schema, value)
    assert accepts(schema, encoded(value))
