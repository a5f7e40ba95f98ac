"""Generated payloads are as labeled, for any schema that docpact supports.

The strategies refuse other schemas before they draw anything.
"""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from json_schema.engines import accepts, encoded, explains
from json_schema.schemas import schemas
from json_schema.suite import Group, drawn, operation, problem
from sizes import examples

from docpact.bodies.validate import violations
from docpact.strategies import boundary_payload_cases, invalid_payload_cases


@settings(
    max_examples=examples(50),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(st.data())
def test_generated_payloads_are_as_labeled(data: st.DataObject) -> None:
    schema = data.draw(schemas())
    group = Group("any", "any", schema, ())
    assume(not problem(drawn, group))
    value = data.draw(drawn(group))
    assert explains(schema, value)
    assert accepts(schema, encoded(value))
    for case in boundary_payload_cases(operation(group)):
        assert explains(schema, case.payload), case.label
    for case in invalid_payload_cases(operation(group)):
        broken = [(each.keyword, each.pointer) for each in violations(schema, case.payload)]
        assert broken == [(case.keyword, case.pointer)], case.label
        assert not accepts(schema, encoded(case.payload)), case.label
