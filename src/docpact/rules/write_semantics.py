"""Further rules of the `write` family: entity tags, deleted things, Location, and defaults."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from docpact.model import Promise
from docpact.model.operation import PRECONDITION, Resource
from docpact.model.pointer import pointer
from docpact.rules.evidence import Evidence, Step
from docpact.rules.rule import Judged
from docpact.rules.sameness import is_same, list_field_schemas
from docpact.rules.writes import describe, describe_case, judge_steps, write_rule
from docpact.text import excerpt

CREATED: Final = 201


@write_rule(
    "precondition", "Clients that change a thing at once lose changes.", needs=["patch", "put"]
)
def judge_precondition(evidence: Evidence, _: str) -> Iterator[Judged]:
    """An update under an entity tag that the thing does not have is rejected."""
    resource = evidence.operation.resource or Resource()
    if any(each and each.find_header(PRECONDITION) for each in (resource.patch, resource.put)):
        yield judge_steps(
            Promise("write.precondition", "header/If-Match", "412 (RFC 9110, 13.1.1)"),
            [s for s in evidence.steps if s.action == "stale"],
            lambda step: describe_case(step) if step.is_successful else None,
        )


@write_rule("gone", "A client believes in a change that did not happen.", needs=["patch"])
def judge_gone(evidence: Evidence, request: str) -> Iterator[Judged]:
    """A deleted thing cannot be changed."""
    yield judge_steps(
        Promise("write.gone", request, "404 or 410, as it is read"),
        [s for s in evidence.steps if s.action == "gone"],
        lambda s: describe_case(s) if s.is_successful and s.exchange.status != CREATED else None,
    )


@write_rule("location", "A client that follows the header reaches another thing.", needs=["read"])
def judge_location(evidence: Evidence, _: str) -> Iterator[Judged]:
    """The Location header of a created thing leads to it."""

    def find(step: Step) -> str | None:
        problem = describe(step) if not step.is_successful else "another thing"
        return f"{problem} at {step.name}" if step.is_other else None

    promise = Promise("write.location", "header/Location", "the created thing")
    yield judge_steps(promise, [s for s in evidence.steps if s.action == "location"], find)


@write_rule("default", "A client that relies on the documented default gets another value.")
def judge_default(evidence: Evidence, _: str) -> Iterator[Judged]:
    """A field that is left out has its documented default."""
    schema = evidence.operation.body_schema or {}
    steps = [s for s in evidence.steps if s.action == "partial" and isinstance(s.body, dict)]
    for name in dict.fromkeys(step.about for step in steps):
        fields = list_field_schemas(schema, name)
        default = fields[0].get("default") if len(fields) == 1 else None
        is_exact = isinstance(default, bool | int | float) or "enum" in (fields or [{}])[0]
        if default is None or not is_exact or "auto" in str(default):
            continue
        found = [s for s in steps if s.about == name and s.is_successful and name in s.body]
        yield judge_steps(
            Promise("write.default", pointer((name,)), excerpt(default)),
            found,
            partial(_describe_other, name, default),
        )


def _describe_other(name: str, value: Any, step: Step) -> str | None:
    shown = step.body[name]
    return None if is_same(value, shown) else f"{excerpt(shown)} ({step.exchange.case.label})"


RULES: Final = (judge_precondition, judge_gone, judge_location, judge_default)
