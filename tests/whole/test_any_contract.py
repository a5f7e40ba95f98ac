"""Any captured contract works: generation, samples, the mock, checks and comparisons."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from capture.pages import Contract, Printer, contracts
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sizes import examples

from docpact import check, load
from docpact.bodies.engine import is_valid
from docpact.bodies.validate import validate, violations
from docpact.capture import capture
from docpact.cases.sampling import sample_item
from docpact.diff import diff
from docpact.diff.openapi import view_files
from docpact.model import Operation
from docpact.strategies import (
    boundary_payload_cases,
    invalid_payload_cases,
    invalid_payloads,
    payloads,
)

FEW = settings(
    max_examples=examples(25),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""Without shrinking: contracts are large and shrink slowly, which rarely helps."""


def load_page(contract: Contract) -> Operation:
    """Return the operation of a contract's page, captured and read from its files."""
    page = Printer(markdown=False, prose="").page(contract)
    with TemporaryDirectory() as folder:
        for name, text in capture(page).items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        return load(folder)


def has_texts(contract: Contract) -> bool:
    """Return whether every parameter can have a text that is not empty."""
    fields = [f for s in contract.parameters.values() for f in s["properties"].values()]
    inner = [field.schema.get("items", field.schema) for field in fields]
    return all(schema.get("maxLength", 1) for schema in inner)


@pytest.mark.slow
@FEW
@given(contracts(), st.data())
def test_generated_payloads_are_valid_and_invalid_ones_break_one_keyword(
    contract: Contract, data: st.DataObject
) -> None:
    operation = load_page(contract)
    schema = operation.response_schema
    found = validate(schema, data.draw(payloads(operation)))
    assert (found.violations, found.undocumented) == ((), ())
    for case in boundary_payload_cases(operation):
        assert is_valid(schema, case.payload), case.label
    for case in (*invalid_payload_cases(operation), data.draw(invalid_payloads(operation))):
        broken = [(v.keyword, v.pointer) for v in violations(schema, case.payload)]
        assert broken == [(case.keyword, case.pointer)], case.label


@FEW
@given(contracts(), st.integers(0, 50))
def test_samples_are_valid(contract: Contract, index: int) -> None:
    operation = load_page(contract)
    schema = operation.item_schema if operation.roles.is_list else operation.response_schema
    assert is_valid(schema, sample_item(operation, index=index))


@FEW
@given(contracts().filter(lambda contract: contract.body is None and has_texts(contract)))
def test_the_mock_of_any_contract_has_no_finding(contract: Contract) -> None:
    found = check(load_page(contract))
    assert [(each.rule, each.location, each.observed) for each in found.findings] == []


@FEW
@given(contracts())
def test_a_contract_does_not_differ_from_itself(contract: Contract) -> None:
    page = Printer(markdown=False, prose="").page(contract)
    view = view_files(capture(page), "a contract")
    assert diff(view, view) == ()
