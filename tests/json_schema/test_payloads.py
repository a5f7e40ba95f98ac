"""Samples are valid, and each invalid body breaks the keyword that it names, of any schema."""

from __future__ import annotations

import pytest
from json_schema.suite import DRAWN, FOLDER, MISSING, Group, operation

from docpact.bodies.validate import violations
from docpact.cases.payloads import boundary_payload_cases, invalid_payload_cases
from docpact.cases.samples import NoSampleError, full, minimal

if not FOLDER:
    pytest.skip(MISSING, allow_module_level=True)

pytestmark = pytest.mark.slow


WITHOUT_SAMPLE = {
    "unevaluatedProperties: unevaluatedProperties can see annotations from if without then and "
    "else": "An object is valid only if a field of a certain name is a string.",
}
"""Schemas of which no sample is found → the reason; the strategies draw values of them."""

PARAMETERS = [
    pytest.param(
        group,
        id=str(group),
        marks=[pytest.mark.xfail(raises=NoSampleError, reason=reason, strict=True)]
        if (reason := WITHOUT_SAMPLE.get(str(group), ""))
        else [],
    )
    for group in DRAWN
]


@pytest.mark.parametrize("group", PARAMETERS)
def test_bodies_of_a_schema(group: Group) -> None:
    made = operation(group)
    schema = made.response_schema
    assert violations(schema, full(schema)) == ()
    assert violations(schema, minimal(schema)) == ()
    assert not any(violations(schema, each.payload) for each in boundary_payload_cases(made))
    for case in invalid_payload_cases(made):
        broken = [(each.keyword, each.pointer) for each in violations(schema, case.payload)]
        assert broken == [(case.keyword, case.pointer)], case.label
