"""Both engines agree with the official suite on every case that is not waived."""

from __future__ import annotations

import pytest
from json_schema.engines import accepts, encoded, explains
from json_schema.suite import (
    FOLDER,
    MISSING,
    SUPPORTED,
    WAIVERS,
    Group,
    cases,
    operation,
    waiver,
)

if not FOLDER:
    pytest.skip(MISSING, allow_module_level=True)

CASES = [case for group in SUPPORTED for case in cases(group)]


@pytest.mark.parametrize("group", SUPPORTED, ids=str)
def test_both_engines_agree_with_the_suite(group: Group) -> None:
    schema = operation(group).response_schema
    for case in cases(group):
        waived = waiver(case)
        verdicts = (explains(schema, case.data), accepts(schema, encoded(case.data)))
        expected = case.valid if waived is None else not case.valid
        assert verdicts == (expected, expected), (case.description, waived or "no waiver")


@pytest.mark.parametrize("each", WAIVERS, ids=lambda each: each.file)
def test_a_waiver_covers_some_cases(each: object) -> None:
    assert each in {waiver(case) for case in CASES}


def test_the_suite_was_found() -> None:
    assert len(CASES) > 1890
