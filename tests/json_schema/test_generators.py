"""`payloads` can generate valid instances of the official suite, and never generates invalid ones.

For each valid instance, `payloads` must generate a similar value. Two values are similar if they
have the same documented places, and at each place the same JSON type, the same value if it is null,
true, false or listed by `enum` or `const`, the same side of each limit, lengths and sizes at the
same limits, and the same documented fields; a map has further fields in both or in neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from json_schema.engines import accepts, encoded, explains
from json_schema.suite import (
    DRAWN,
    FOLDER,
    MISSING,
    Case,
    Group,
    cases,
    drawn,
    operation,
    waiver,
)
from sizes import examples, sample

from docpact.bodies.places import Place, find_places
from docpact.bodies.wording import json_type
from docpact.cases.bounds import SIGNS
from docpact.model.schema import MAP, is_simple

if not FOLDER:
    pytest.skip(MISSING, allow_module_level=True)

VALID = [
    case
    for group in DRAWN
    if is_simple(operation(group).response_schema)
    for case in cases(group)
    if case.valid and waiver(case) is None
]
"""The traits of values are those of the keywords that a documentation page can state."""

FEW = settings(max_examples=examples(25), suppress_health_check=[HealthCheck.too_slow])
UNTIL_FOUND = settings(
    max_examples=20_000,
    phases=[Phase.generate],
    database=None,
    suppress_health_check=list(HealthCheck),
)


def plain(value: Any) -> Any:
    """Replace whole floats by integers, which JSON Schema does not distinguish."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [plain(each) for each in value]
        case dict():
            return {name: plain(each) for name, each in value.items()}
        case _:
            return value


def canonical(value: Any) -> str:
    return json.dumps(plain(value), sort_keys=True)


def likeness(schema: Any, value: Any) -> frozenset[tuple[str, str]]:
    """Return the traits of a value that similar values share, at each documented place."""
    return frozenset(
        (place.location, canonical(list(_traits(place)))) for place in find_places(schema, value)
    )


def _traits(place: Place) -> Iterator[Any]:
    schema, value = place.schema, place.value
    yield json_type(value)
    if schema.keys() & {"enum", "const"}:
        yield value
        return
    match value:
        case bool():
            yield value
        case int() | float():
            yield value == int(value)
            yield [
                (value > schema[word]) - (value < schema[word]) for word in SIGNS if word in schema
            ]
        case str():
            yield [len(value) == schema.get(word) for word in ("minLength", "maxLength")]
        case list():
            yield [len(value) == schema.get(word, 0) for word in ("minItems", "maxItems")]
        case dict():
            named = schema.get("properties", {}).keys()
            yield sorted(value.keys() & {*named, *schema.get("required", ())})
            yield MAP in schema and not value.keys() <= named


@pytest.mark.parametrize("group", sample(DRAWN, 6))
@FEW
@given(st.data())
def test_generated_values_are_valid(group: Group, data: st.DataObject) -> None:
    value = data.draw(drawn(group))
    assert explains(operation(group).response_schema, value)
    assert accepts(operation(group).response_schema, encoded(value))
    rejected = [case.data for case in cases(group) if not case.valid]
    assert canonical(value) not in map(canonical, rejected)


@pytest.mark.parametrize("case", sample(VALID, 10))
def test_values_like_each_valid_instance_are_generated(case: Case) -> None:
    schema, values = operation(case.group).response_schema, drawn(case.group)
    wanted = likeness(schema, case.data)
    find(
        values,
        lambda value: likeness(schema, value) == wanted,
        settings=UNTIL_FOUND,
        random=Random(0),
    )
