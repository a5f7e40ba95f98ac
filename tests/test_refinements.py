"""The JSON Schema of refinements.json: shipped ones fit it, and misspelt keys do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from docpact.catalogue.roles import NAMES

ROOT: Final = Path(__file__).parents[1]
SCHEMA: Final = json.loads((ROOT / "docs" / "refinements.schema.json").read_text("utf-8"))
VALIDATOR: Final = Draft202012Validator(SCHEMA)
ENTRY: Final = {
    "document": "operation",
    "pointer": "/roles/page_parameter",
    "value": {"value": "page"},
    "source": "the guide",
}


@pytest.mark.parametrize(
    "file", [*ROOT.glob("schemas/*/*/refinements.json")], ids=lambda file: file.parent.name
)
def test_shipped_refinements_fit_the_schema(file: Path) -> None:
    assert [*VALIDATOR.iter_errors(json.loads(file.read_text("utf-8")))] == []


@pytest.mark.parametrize("role", NAMES)
def test_every_role_is_in_the_schema_and_in_the_documentation(role: str) -> None:
    assert role in SCHEMA["$defs"]
    assert f"`{role}`" in (ROOT / "docs" / "refinements.md").read_text("utf-8")


@pytest.mark.parametrize(
    "change",
    [
        {"pointer": "/roles/page_paramter"},
        {"document": "operations"},
        {"source": ""},
        {"value": {"valu": "page"}},
        {"value": "page"},
        {"sorce": "the guide"},
    ],
)
def test_the_schema_refuses_what_docpact_refuses(change: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid([ENTRY])
    assert not VALIDATOR.is_valid([{**ENTRY, **change}])
