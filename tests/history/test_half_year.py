"""A short version of the half year: each drift is named at once, and nothing else is."""

from __future__ import annotations

import pytest
from drifting_shop import (
    BENIGN,
    DRIFTS,
    NEW_CONTRACT,
    NEXT_OPERATION,
    OPERATION,
    OTHER_ACCOUNT,
    Nights,
    open_shop,
    serve,
)

QUIET = range(56, 66)
"""Nights with two weekends and an empty account; on one of them, checksums become longer."""


def run_nights(days: range) -> tuple[Nights, set[tuple[int, str, str]]]:
    """Check some nights, and return the first night of each finding but undocumented fields."""
    nights, named = Nights(), dict[tuple[str, str], int]()
    for day in days:
        operation = OPERATION if day < NEW_CONTRACT else NEXT_OPERATION
        account = "ffff" if day in OTHER_ACCOUNT else "a1b2"
        for found in nights.check(day, serve(day), operation, account).findings:
            if found.rule != "response.undocumented_field":
                named.setdefault((found.rule, found.location), day)
    return nights, {(day, *key) for key, day in named.items()}


@pytest.mark.slow
@pytest.mark.parametrize("drift", [day for day in DRIFTS if day < 140])
def test_a_drift_is_named_on_the_night_on_which_it_begins(drift: int) -> None:
    nights, named = run_nights(range(drift - 4, drift + 2))
    rule, location, _ = DRIFTS[drift]
    assert named == {(drift, rule, location)}
    assert {each.verdict.value for each in nights.entries} == {"conforms"}


@pytest.mark.slow
def test_an_accepted_drift_is_learned_anew_beside_benign_changes() -> None:
    nights, named = run_nights(QUIET)
    assert named == {(62, "habit.shape", "/items/*/checksum")}
    assert len(nights.named("habit.shape")) == nights.patience + 2
    kept = [each.promise for each in nights.entries[-1].run.results if each.promise.is_habit]
    assert "/items/*/checksum" in [each.location for each in kept if each.rule == "habit.presence"]


@pytest.mark.slow
@pytest.mark.parametrize("name", BENIGN)
def test_a_shop_that_does_not_drift_wakes_nobody(name: str) -> None:
    nights = Nights(families={"response"})
    for day in range(52, 64):
        nights.check(day, BENIGN[name](open_shop(day)), OPERATION)
    found = {each.rule for entry in nights.entries for each in entry.run.findings}
    assert found <= {"response.undocumented_field"}
    assert any(each.promise.is_habit for each in nights.entries[-1].run.results)
