"""How items are named in findings."""

from __future__ import annotations

import pytest

from docpact.rules.walks.pages import show_id


@pytest.mark.parametrize(
    ("identity", "shown"),
    [
        ("a-1", '"a-1"'),
        (None, "null"),
        ('{"number":7,"of":"x"}', '{"number":7,"of":"x"}'),
        ('{"text":"' + "x" * 90, '{"text":"' + "x" * 62 + "…"),
    ],
)
def test_an_item_without_an_id_is_shown_by_its_json(identity: str | None, shown: str) -> None:
    assert show_id(identity) == shown
