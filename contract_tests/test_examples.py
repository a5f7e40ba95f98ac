"""The page agrees with itself: its example bodies are what it documents."""

from __future__ import annotations

from docpact.model import Operation
from docpact.validation import inspect


def test_example_bodies(operation: Operation) -> None:
    """Every example body of the page fits the response schema and names no other field."""
    inspections = [inspect(operation.response_schema, example) for example in operation.examples]
    assert inspections, "the page has no example body"
    assert [each.violations for each in inspections] == [()] * len(inspections)
    assert [each.undocumented for each in inspections] == [()] * len(inspections)
