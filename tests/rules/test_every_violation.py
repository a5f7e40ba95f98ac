"""Every violation becomes a breach of some promise, at its own location: none is dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import FEWER
from toy import LAMPS, exchange

from docpact.audit import Auditor, conclude
from docpact.bodies.validate import validate
from docpact.errors import InternalError
from docpact.model import Breach, Exchange, Operation, Promise, Schema
from docpact.model.schema import child
from docpact.rules import gather, judge
from docpact.rules.responses.accumulator import Accumulator
from docpact.rules.responses.summary import BreachKey

Counts: TypeAlias = Counter[tuple[str, str]]
"""Rule and location → number of violations."""

NAMES: Final = ("a", "b", "c")
LEAVES: Final[tuple[Schema, ...]] = (
    {"type": "string", "minLength": 2},
    {"type": ["string", "null"], "enum": ["on", "off", None]},
    {"type": "number", "maximum": 3},
    {"type": "string", "format": "date-time"},
    {"const": True},
    {},
)
JUNK: Final[tuple[Any, ...]] = (None, 0, 9, "x", "on", True, [], [1], {}, {"a": 1}, {"z": [{}]})


def parts(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Generate schemas that hold others."""
    return st.one_of(
        objects(inner),
        inner.map(lambda each: {"type": "object", "additionalProperties": each}),
        inner.map(lambda each: {"type": "array", "items": each, "minItems": 1}),
        st.lists(inner, min_size=2, max_size=3).map(lambda members: {"anyOf": members}),
    )


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Generate objects, some of whose fields are required."""
    fields = st.dictionaries(st.sampled_from(NAMES), inner, min_size=1)
    required = st.lists(st.sampled_from(NAMES), unique=True)
    return st.tuples(fields, required).map(
        lambda drawn: {"type": "object", "properties": drawn[0], "required": drawn[1]}
    )


REFERENCES = st.sampled_from([{"$ref": f"#/$defs/{name}"} for name in NAMES])
SCHEMAS = st.recursive(st.sampled_from(LEAVES) | REFERENCES, parts, max_leaves=4)
RESPONSES = st.tuples(objects(SCHEMAS), st.tuples(*[objects(SCHEMAS)] * len(NAMES))).map(
    lambda drawn: {**drawn[0], "$defs": dict(zip(NAMES, drawn[1], strict=True))}
)


def value(draw: Callable[[st.SearchStrategy[Any]], Any], schema: Schema, depth: int = 5) -> Any:
    """Draw a value that follows a schema for the most part."""
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from(JUNK))
    if "anyOf" in schema:
        number = draw(st.integers(0, len(schema["anyOf"]) - 1))
        return value(draw, child(schema, "anyOf", number), depth)
    if "properties" in schema:
        names = draw(st.lists(st.sampled_from([*schema["properties"], "z"]), unique=True))
        fields = {n: child(schema, "properties", n) for n in schema["properties"]}
        return {name: value(draw, fields.get(name, {}), depth - 1) for name in names}
    for keyword, names in (("additionalProperties", ("x", "y")), ("items", ("", ""))):
        if keyword in schema:
            values = [value(draw, child(schema, keyword), depth - 1) for _ in names]
            return values if keyword == "items" else dict(zip(names, values, strict=True))
    return draw(st.sampled_from(JUNK))


def violations(operation: Operation, bodies: Iterable[Any]) -> Counts:
    """Return the violations and undocumented fields of bodies."""
    counts = Counts()
    for body in bodies:
        validation = validate(operation.response_schema, body)
        counts.update((f"response.{v.keyword}", v.location) for v in validation.violations)
        counts.update(("response.undocumented_field", u.location) for u in validation.undocumented)
    return counts


def reported(breaches: Iterable[tuple[Promise, Breach]]) -> Counts:
    counts = Counts()
    for promise, breach in breaches:
        counts[promise.rule, breach.location] += breach.count
    return counts


def by_check(operation: Operation, exchanges: Iterable[Exchange]) -> Counts:
    judgements = judge(gather(operation, exchanges))
    return reported((each.promise, breach) for each in judgements for breach in each.breaches)


def by_audit(operation: Operation, exchanges: Iterable[Exchange]) -> Counts:
    summary = Auditor(operation).summary(((0, n), each) for n, each in enumerate(exchanges))
    counts = Counts()
    for each in conclude(operation, summary, "t", 0.0).findings:
        counts[each.rule, each.location] += each.count
    return counts


@FEWER
@given(schema=RESPONSES, data=st.data())
def test_a_check_and_an_audit_report_exactly_the_violations(
    schema: Schema, data: st.DataObject
) -> None:
    roles = replace(LAMPS.roles, items=None)
    operation = replace(LAMPS, response_schema=schema, roles=roles)
    bodies = [value(data.draw, schema) for _ in range(3)]
    exchanges = [exchange(body) for body in bodies]
    expected = violations(operation, bodies)
    assert by_check(operation, exchanges) == expected
    assert by_audit(operation, exchanges) == expected


def test_a_breach_without_a_promise_is_an_internal_error() -> None:
    accumulator = Accumulator(LAMPS)
    accumulator.begin((0, 0), exchange({}))
    key = BreachKey("response.enum", False, "/properties/items/enum", "/items")
    with pytest.raises(
        InternalError, match=r"toys/list_lamps: response\.enum /items: 7: .* report"
    ):
        accumulator.add_breach(key, "7")
