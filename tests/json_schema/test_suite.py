"""Both engines say of every case of the official suite what the suite says, or are waived."""

from __future__ import annotations

import pytest
from json_schema.engines import accepts, encoded, explains
from json_schema.suite import FOLDER, HELD, MISSING, WAIVERS, Case, cases, waiver

if not FOLDER:
    pytest.skip(MISSING, allow_module_level=True)

CASES = [case for group in HELD for case in cases(group)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_engines_say_what_the_suite_says(case: Case) -> None:
    schema, waived = case.group.schema, waiver(case)
    said = (explains(schema, case.data), accepts(schema, encoded(case.data)))
    expected = case.valid if waived is None else not case.valid
    assert said == (expected, expected), waived or "no waiver"


@pytest.mark.parametrize("each", WAIVERS, ids=lambda each: each.file)
def test_a_waiver_is_of_cases_that_are_there(each: object) -> None:
    assert each in {waiver(case) for case in CASES}


def test_the_suite_was_found() -> None:
    assert len(CASES) > 900
