"""The one traversal of schemas finds every subschema, and changes each once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docpact.model.pointer import pointer, resolve
from docpact.model.traversal import APPLICATORS, children, map_schema, subschemas


def holding(keyword: str, inner: Any) -> dict[str, Any]:
    """Return a schema that holds another one under an applicator."""
    wrapped = {"schema": inner, "list": [inner], "mapping": {"name": inner}}
    return {keyword: wrapped[APPLICATORS[keyword].holds]}


def schemas() -> st.SearchStrategy[Any]:
    """Generate schemas that use every applicator."""
    plain: st.SearchStrategy[Any] = st.booleans() | st.just({"type": "string"}) | st.just({})

    def wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        one = st.tuples(st.sampled_from(sorted(APPLICATORS)), inner)
        return st.lists(one, min_size=1, max_size=3).map(
            lambda parts: {k: v for part in parts for k, v in holding(*part).items()}
        )

    return st.recursive(plain, wider, max_leaves=8)


@pytest.mark.parametrize("keyword", APPLICATORS)
def test_each_applicator_is_entered(keyword: str) -> None:
    inner = {"type": "string"}
    schema = holding(keyword, inner)
    ((path, found),) = children(schema)
    assert (path[0], found) == (keyword, inner)
    assert map_schema(lambda each: {**each, "title": "seen"}, schema) == {
        **holding(keyword, {**inner, "title": "seen"}),
        "title": "seen",
    }


@given(schemas())
def test_each_path_leads_to_its_subschema(schema: Any) -> None:
    assert all(resolve(schema, pointer(path)) is found for path, found in subschemas(schema))


@given(schemas())
def test_mapping_visits_what_traversal_yields(schema: Any) -> None:
    visited: list[Any] = []

    def note(each: Any) -> Any:
        visited.append(each)
        return each

    assert map_schema(note, schema) == schema
    assert len(visited) == sum(1 for _ in subschemas(schema))


def test_a_value_that_looks_like_a_keyword_is_not_entered() -> None:
    schema = {"const": {"items": {}}, "enum": [{"not": {}}], "items": 5, "anyOf": {"not": {}}}
    assert [path for path, _ in subschemas(schema)] == [()]
