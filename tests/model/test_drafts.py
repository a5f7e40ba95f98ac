"""Earlier drafts mean in 2020-12 what they meant."""

from __future__ import annotations

from typing import Any

import pytest

from docpact.bodies.engine import ReferenceEngine, make_engine
from docpact.model.references import localize
from docpact.model.traversal import Draft, translate

LIST = "https://json-schema.org/draft/2019-09/schema"

CASES: list[tuple[Draft, Any, Any, Any]] = [
    ("2019-09", {"items": [{"type": "null"}], "unevaluatedItems": False}, [None], [None, 1]),
    ("2019-09", {"items": [{"type": "null"}], "additionalItems": {"type": "integer"},
                 "unevaluatedItems": False}, [None, 1], [None, "x"]),
    ("2019-09", {"properties": {"a": {"$recursiveRef": "#"}}, "additionalProperties": False},
     {"a": {"a": {}}}, {"a": {"b": 1}}),
    ("2019-09", {"$ref": LIST}, {"type": "integer"}, {"type": "text"}),
    ("2019-09", {"$ref": LIST}, {"properties": {"a": True}}, {"properties": {"a": {"type": 1}}}),
    ("7", {"items": [{"type": "null"}]}, [None, 1], [1]),
    ("7", {"items": [{"type": "null"}], "additionalItems": False}, [None], [None, 1]),
    ("4", {"maximum": 3, "exclusiveMaximum": True}, 2, 3),
    ("4", {"items": [], "additionalItems": {"type": "null"}}, [None], [1]),
]  # fmt: skip


@pytest.mark.parametrize(("draft", "schema", "right", "wrong"), CASES, ids=str)
def test_a_schema_means_the_same(draft: Draft, schema: Any, right: Any, wrong: Any) -> None:
    local = localize(translate(schema, draft)).schema
    for engine in (ReferenceEngine(local), make_engine(local)):
        assert engine.is_valid(right)
        assert not engine.is_valid(wrong)


def test_a_reference_to_the_root_of_an_embedded_resource() -> None:
    node = {"$id": "node", "properties": {"next": {"$recursiveRef": "#"}}, "required": ["value"]}
    schema = {"$id": "https://toys.example/", "$recursiveAnchor": True, "items": node}
    local = localize(translate(schema, "2019-09")).schema
    assert make_engine(local).is_valid([{"value": 1, "next": {"value": 2}}])
    assert not make_engine(local).is_valid([{"value": 1, "next": {}}])
