"""Samples are valid, and each invalid body breaks the keyword that it names, of any schema."""

from __future__ import annotations

import pytest
from json_schema.suite import DRAWN, FOLDER, MISSING, Group, operation

from docpact.bodies.validate import violations
from docpact.cases.payloads import boundary_payload_cases, invalid_payload_cases
from docpact.cases.samples import full, minimal

if not FOLDER:
    pytest.skip(MISSING, allow_module_level=True)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("group", DRAWN, ids=str)
def test_bodies_of_a_schema(group: Group) -> None:
    made = operation(group)
    schema = made.response_schema
    assert violations(schema, full(schema)) == ()
    assert violations(schema, minimal(schema)) == ()
    assert not any(violations(schema, each.payload) for each in boundary_payload_cases(made))
    for case in invalid_payload_cases(made):
        broken = [(each.keyword, each.pointer) for each in violations(schema, case.payload)]
        assert broken == [(case.keyword, case.pointer)], case.label
