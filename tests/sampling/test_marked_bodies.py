"""Bodies of write operations differ from each other, also in texts that a pattern restricts."""

from __future__ import annotations

import re

import pytest

from docpact.cases.request_bodies import write_body


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[^@\s]+@[^@\s]+$",
        r"^[A-Z]{3}-\d{4}$",
        r"^\+[1-9]\d{1,14}$",
        r"^[a-z0-9]+(-[a-z0-9]+)*$",
        r"^https?://",
        r"^#[0-9a-f]{6}$",
    ],
)
def test_texts_of_a_pattern_differ(pattern: str) -> None:
    field = {"type": "string", "pattern": pattern, "maxLength": 60}
    schema = {"type": "object", "properties": {"one": field}, "required": ["one"]}
    texts = [write_body(schema, f"docpact-{number}")["one"] for number in range(5)]
    assert len({*texts}) == len(texts)
    assert all(re.search(pattern, text) for text in texts)
    assert write_body(schema, "docpact-0") == {"one": texts[0]}


@pytest.mark.parametrize("most", [6, 13, 20, 40])
def test_short_texts_differ(most: int) -> None:
    """A server may have a unique index on a number of 13 characters, such as an ISBN."""
    field = {"type": "string", "maxLength": most}
    schema = {"type": "object", "properties": {"isbn": field}, "required": ["isbn"]}
    texts = [write_body(schema, f"docpact-1a2b3c4d-{number}")["isbn"] for number in range(5)]
    assert len({*texts}) == len(texts)
