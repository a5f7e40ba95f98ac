"""For any contract, the audit and the rules have the same findings, equally often."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import pytest
from audit.judging import by_audit, by_rules, by_rules_of_others
from capture.pages import Contract, contracts
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sizes import examples, sample
from whole.test_any_contract import load_page

from docpact import catalogue
from docpact.cases.sampling import sample_given
from docpact.cases.styles import write_path
from docpact.model import Case, Exchange, Operation, Request, Response
from docpact.strategies import invalid_payload_cases, invalid_payloads, payloads
from docpact.traffic import Entry

SHIPPED = sorted(catalogue.names())
FEW = settings(
    max_examples=examples(15),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]
"""A function that draws an example of a strategy."""


def spoilt(draw: Draw, value: Any) -> Any:
    """Return a value with a field more, a field less, or another value, somewhere within."""
    if isinstance(value, dict) and value:
        name = draw(st.sampled_from(sorted(value)))
        match draw(st.sampled_from(["more", "less", "deeper"])):
            case "more":
                extra: Any = draw(st.sampled_from([None, 1, "x", {"a": 1}, [{"b": {}}]]))
                return {**value, "extra": extra}
            case "less":
                return {key: each for key, each in value.items() if key != name}
            case _:
                return {**value, name: spoilt(draw, value[name])}
    if isinstance(value, list) and value:
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], spoilt(draw, value[at]), *value[at + 1 :]]
    return draw(st.sampled_from([None, 0, 1.5, True, "", "x" * 600, [], {}, {"a": [1]}]))


def drifted(draw: Draw, value: Any) -> Any:
    """Return a body with more elements in its arrays, some of them spoilt in the same few ways."""
    if not isinstance(value, dict):
        return value
    arrays = {name: each for name, each in value.items() if isinstance(each, list) and each}
    for name, elements in arrays.items():
        spoilt_ones = [spoilt(draw, draw(st.sampled_from(elements))) for _ in range(3)]
        kinds = st.sampled_from([*elements, *spoilt_ones, spoilt(draw, spoilt_ones[0])])
        value = {**value, name: draw(st.lists(kinds, max_size=20))}
    return value


def exchanges(draw: Draw, operation: Operation) -> list[Exchange]:
    """Responses, valid and not, some of them of the survey of the collection."""
    valid, invalid = payloads(operation), st.nothing()
    if invalid_payload_cases(operation):
        invalid = invalid_payloads(operation).map(lambda case: case.payload)
    found = []
    for number in range(draw(st.integers(1, 4))):
        payload = draw(valid | invalid)
        if draw(st.booleans()):
            payload = drifted(draw, payload)
        if draw(st.booleans()):
            payload = spoilt(draw, payload)
        body = json.dumps(payload).encode()
        request = Request("GET", f"{operation.server}{operation.path}?page={number}")
        label = draw(st.sampled_from(["application/json", "text/plain"]))
        response = Response(operation.status, (("content-type", label),), body)
        phase = draw(st.sampled_from(["survey", "recorded"]))
        found.append(Exchange(Case(f"answer {number}"), request, response, phase=phase))
    return found


def as_entries(exchanges: Sequence[Exchange], path: str) -> list[Entry]:
    """The same answers, as another client recorded them that was given each several times."""
    url = f"https://api.example{path}?page="
    return [
        Entry("GET", f"{url}{number}", each.outcome) for number, each in enumerate([*exchanges] * 3)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(SHIPPED, 3))
@FEW
@given(data=st.data())
def test_of_each_shipped_contract(name: str, data: st.DataObject) -> None:
    operation = catalogue.load(name)
    drawn = exchanges(data.draw, operation)
    assert by_audit(operation, drawn) == by_rules(operation, drawn)
    others = as_entries(drawn, write_path(operation, sample_given(operation)))
    assert by_audit(operation, others) == by_rules_of_others(operation, others)


@pytest.mark.slow
@FEW
@given(contract=contracts(), data=st.data())
def test_of_any_contract(contract: Contract, data: st.DataObject) -> None:
    operation = load_page(contract)
    drawn = exchanges(data.draw, operation)
    assert by_audit(operation, drawn) == by_rules(operation, drawn)
    others = as_entries(drawn, write_path(operation, sample_given(operation)))
    assert by_audit(operation, others) == by_rules_of_others(operation, others)
