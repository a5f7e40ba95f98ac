"""Names of the times of creation and of the last change."""

from __future__ import annotations

import pytest

from docpact.model.times import CHANGED, CREATED, UPDATED


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("created", {CREATED}),
        ("createtime", {CREATED}),
        ("creation_timestamp", {CREATED}),
        ("date_created", {CREATED}),
        ("last_created", set()),
        ("created_by", set()),
        ("updated_at", {UPDATED, CHANGED}),
        ("lastmodified", {UPDATED, CHANGED}),
        ("update_time", {UPDATED, CHANGED}),
        ("edited_at", {CHANGED}),
        ("last_change_date", {CHANGED}),
        ("update", set()),
        ("change", set()),
    ],
)
def test_a_name_means_the_times_of_its_words(name: str, found: set[object]) -> None:
    assert {each for each in (CREATED, UPDATED, CHANGED) if each.fullmatch(name)} == found
