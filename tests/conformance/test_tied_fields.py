"""Fields that have a value only in some states of an item, as their descriptions say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest
from lists import check, contract

from docpact.bodies.validate import validate
from docpact.cases.sampling import sample_items
from docpact.model import Operation

TEXT: Final = {"type": ["string", "null"]}
STATE: Final = {"type": "string", "enum": ["open", "on hold", "closed", "lost"]}
CLOSED: Final = ("/state", ("closed",))
ENDED: Final = ("/state", ("closed", "lost"))


def make_list(text: str, closed: Mapping[str, Any] = TEXT) -> Operation:
    """Return the contract of a list in which the description of `reason` is a text."""
    item = {"id": {"type": "integer"}, "state": STATE, "reason": {**closed, "description": text}}
    return contract({}, {**item, "kind": {"type": "string"}})


@pytest.mark.parametrize(
    ("text", "tie"),
    [
        ("Why it ended. Only set when the state is `closed` or `lost`.", ENDED),
        ("Present if and only if state is <code>closed</code>", CLOSED),
        ("Populated when `state` = `closed`, unset otherwise.", CLOSED),
        ("The reason, and null unless the state is closed.", CLOSED),
        ("Null if `state` is `open` or `on hold`.", ENDED),
        ("This will be null if the state is not `closed`. See the guide.", CLOSED),
        ("Set when the state is closed.", None),
        ("Can only be set if the state is closed.", None),
        ("Could be null if the state is open.", None),
        ("Must be non-empty if the state is open.", None),
        ("Only set when the state is closed and the thing was sold.", None),
        ("Only set when the state is closed, or when nobody knows.", None),
        ("Only set when `parent.state` is closed.", None),
        ("Only set when the state is archived.", None),
        ("Only set when the kind is closed.", None),
        (f"{'only set when ' * 40} the state is closed.", None),
    ],
)
def test_a_description_ties_a_field_to_a_state(text: str, tie: Any) -> None:
    assert make_list(text).roles.only_when == ({"/reason": tie} if tie else {})


def test_a_field_that_always_has_a_value_is_not_tied() -> None:
    stated = make_list("Only set when the state is closed.", {"type": "string"})
    assert stated.roles.only_when == {}


@pytest.mark.parametrize(
    ("reason", "found"),
    [
        (lambda state: "sold" if state == "closed" else None, False),
        (lambda state: "" if state == "open" else None, False),
        (lambda _: "sold", True),
        (lambda state: "" if state == "open" else "sold", True),
    ],
)
def test_a_value_in_another_state_is_a_note(reason: Any, found: bool) -> None:
    states = [*STATE["enum"], *STATE["enum"], "closed"]
    things = [{"id": n, "state": s, "reason": reason(s), "kind": "a"} for n, s in enumerate(states)]
    run = check(make_list("Only set when the state is closed."), lambda _: (200, things))
    assert [(each.rule, each.location) for each in run.findings] == (
        [("response.consistency", "/*/reason")] if found else []
    )


def test_samples_have_a_required_field_without_a_value_in_other_states() -> None:
    operation = make_list("Only set when the state is closed.")
    items = sample_items(operation, 40)
    assert not validate(operation.response_schema, items).violations
    assert {each["state"] for each in items} == {*STATE["enum"]}
    assert {each["state"] for each in items if each["reason"]} == {"closed"}
