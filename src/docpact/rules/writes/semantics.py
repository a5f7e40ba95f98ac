"""Further rules of the `write` family: entity tags, deletions, Location, defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Final

from docpact.model import Level, Operation, Promise
from docpact.model.operation import PRECONDITION, Resource
from docpact.model.path import snake_case
from docpact.model.pointer import pointer, resolve
from docpact.model.schema import places
from docpact.model.times import CHANGED
from docpact.rules.comparison import is_same, list_field_schemas, read_time
from docpact.rules.evidence import CONFLICT, SHOWN, UNMET, Evidence, Step
from docpact.rules.rule import Broken, Judged, group_breaches, judge_each
from docpact.rules.writes.rules import describe, describe_case, write_rule
from docpact.text import excerpt, pluralize

NEW_STATUS: Final = 201
NOT_ALLOWED: Final = 405
"""The status of a thing that does not support the method (RFC 9110, section 15.5.6)."""

NEW: Final = ("create", "search")
"""The actions that are sent first, to the operation itself."""

CREATES: Final = ("create", "partial")
"""The actions that create a thing."""

VALID: Final = ("create", "partial", "put", "patch", "delete", "search", "select", "limit")
"""The actions whose requests are as documented."""

_VERSION: Final = re.compile(r"(?<!api_)version|revision|^if_(?!match)")
"""Names, in snake case, of parameters with the known version of a thing; If-Match is sent."""


@write_rule("total", "A displayed count is wrong after a change.", needs=["listing"])
def judge_total(evidence: Evidence, request: str) -> Iterator[Judged]:
    """The total of a list counts created things, and no deleted ones if it is exact."""
    listing = (evidence.operation.resource or Resource()).listing
    counted = [(step, *step.counts) for step in evidence.steps if step.counts]
    is_exact = listing is not None and bool(listing.roles.counts)
    was_exact = is_exact and any(total == count for _, total, count in counted)
    observed = {
        id(step): f"a total of {total} of {pluralize(count, 'item')}"
        for step, total, count in counted
        if total < count or (total > count and was_exact)
    }
    if counted:
        promise = Promise("write.total", request, "at least the number of listed items")
        yield judge_each(promise, [s for s, *_ in counted], lambda step: observed.get(id(step)))


@write_rule(
    "precondition", "Clients that change a thing at once lose changes.", needs=["patch", "put"]
)
def judge_precondition(evidence: Evidence, _: str) -> Iterator[Judged]:
    """An update under an entity tag that the thing does not have is rejected."""
    resource = evidence.operation.resource or Resource()
    if any(each and each.find_header(PRECONDITION) for each in (resource.patch, resource.put)):
        yield judge_each(
            Promise("write.precondition", "header/If-Match", "412 (RFC 9110, 13.1.1)"),
            [s for s in evidence.steps if s.action == "stale"],
            lambda step: describe_case(step) if step.is_successful else None,
        )


@write_rule("etag", "A cache shows old data, and a client loses a change.", needs=["put", "patch"])
def judge_etag(evidence: Evidence, _: str) -> Iterator[Judged]:
    """A thing that was changed gets another entity tag, unless the tag is a weak one."""
    tags = {id(step): _read_tag(last) for step, last in _list_changed(evidence)}
    changes, shown = dict[str, Step](), dict[int, str]()
    for step in evidence.steps:
        if step.action in ("put", "patch"):
            changes[step.name] = step
        elif step.name in changes and tags.get(id(step)):
            shown[id(step)] = _read_tag(changes[step.name])

    def find(step: Step) -> str | None:
        tag = tags[id(step)]
        if _read_tag(step) == tag:
            return f"still {tag}"
        return (
            f"the old {tag} in the response to the change" if shown.get(id(step)) == tag else None
        )

    yield judge_each(
        Promise("write.etag", "header/ETag", "another entity tag (RFC 9110, 8.8.1)"),
        [step for step in evidence.steps if tags.get(id(step))],
        find,
    )


def _read_tag(step: Step) -> str:
    """Return the strong entity tag of a response, or an empty text."""
    text = (step.exchange.response and step.exchange.response.header("etag")) or ""
    return "" if text.startswith("W/") else text


@write_rule(
    "time",
    "A client that asks for the changes since its last visit misses one.",
    Level.NOTE,
    needs=["put", "patch"],
)
def judge_time(evidence: Evidence, _: str) -> Iterator[Judged]:
    """A change moves the time of the last change forward, as far as the time is exact enough."""
    found: dict[str, list[tuple[Step, str | None]]] = {}
    for step, last in _list_changed(evidence):
        for name in filter(lambda n: CHANGED.fullmatch(snake_case(n)), step.body):
            old, new = last.body.get(name), step.body[name]
            if name not in step.changed and isinstance(old, str) and isinstance(new, str):
                found.setdefault(name, []).append((step, _compare_times(old, new)))
    for name, pairs in found.items():
        problems = {id(step): problem for step, problem in pairs}
        yield judge_each(
            Promise("write.time", pointer((name,)), "a later time than before the change"),
            [step for step, _ in pairs],
            lambda step, problems=problems: problems[id(step)],  # type: ignore[misc]
        )


def _compare_times(old: str, new: str) -> str | None:
    """Return how a time is not later, or None; two changes in one second may look the same."""
    before, after = read_time(old), read_time(new)
    if before is None or after is None or (before.tzinfo is None) != (after.tzinfo is None):
        return None
    if after < before:
        return f"{excerpt(new)} after {excerpt(old)}"
    return f"still {excerpt(old)}" if after == before and before.microsecond else None


def _list_changed(evidence: Evidence) -> Iterator[tuple[Step, Step]]:
    """Yield each reading that shows a change of the thing, with the one before."""
    known: dict[str, Step] = {}
    for step in evidence.steps:
        if step.action == "read" and isinstance(step.body, dict):
            last = known.get(step.name, step)
            if any(step.body.get(name) != last.body.get(name) for name in step.changed):
                yield step, last
            known[step.name] = step


@write_rule("gone", "A client believes in a change that did not happen.", needs=["patch"])
def judge_gone(evidence: Evidence, request: str) -> Iterator[Judged]:
    """A deleted thing cannot be changed."""
    yield judge_each(
        Promise("write.gone", request, "404 or 410, as it is read"),
        [s for s in evidence.steps if s.action == "gone"],
        lambda s: describe_case(s) if s.is_successful and s.exchange.status != NEW_STATUS else None,
    )


@write_rule("location", "A client that follows the header reaches another thing.", needs=["read"])
def judge_location(evidence: Evidence, _: str) -> Iterator[Judged]:
    """The Location header of a created thing leads to it."""

    def find(step: Step) -> str | None:
        problem = describe(step) if not step.is_successful else "another thing"
        return f"{problem} at {step.name}" if step.is_other else None

    promise = Promise("write.location", "header/Location", "the created thing")
    yield judge_each(promise, [s for s in evidence.steps if s.action == "location"], find)


@write_rule("default", "A client that relies on the documented default gets another value.")
def judge_default(evidence: Evidence, _: str) -> Iterator[Judged]:
    """A field that is left out has its documented default, or after a PUT at least no old value."""
    left = [s for s in evidence.steps if s.action == "left out" and isinstance(s.body, dict)]
    for where in dict.fromkeys(where for step in left for where in step.expected):
        yield judge_each(
            Promise("write.default", where, "not the value before it was left out"),
            left,
            partial(_describe_kept, evidence, where),
        )
    schema = evidence.operation.body_schema or {}
    steps = [s for s in evidence.steps if s.action == "partial" and isinstance(s.body, dict)]
    for name in dict.fromkeys(step.about for step in steps):
        fields = list_field_schemas(schema, name)
        default = fields[0].get("default") if len(fields) == 1 else None
        is_exact = isinstance(default, bool | int | float) or "enum" in (fields or [{}])[0]
        if default is None or not is_exact or "auto" in str(default):
            continue
        found = [s for s in steps if s.about == name and s.is_successful and name in s.body]
        yield judge_each(
            Promise("write.default", pointer((name,)), excerpt(default)),
            found,
            partial(_describe_other, name, default),
        )


def _describe_kept(evidence: Evidence, where: str, step: Step) -> str | None:
    """Return the value that a field keeps although a replacement left it out.

    A value that the server gives to other things that are sent without it is its default.
    """
    schema, old = evidence.operation.body_schema or {}, step.expected.get(where)
    is_default = any(is_same(f.get("default"), old) for f, _ in places(schema, where))
    is_kept = old is not None and is_same(old, resolve(step.body, where)) and not is_default
    others = (s for s in evidence.steps if s.action in SHOWN and s.name != step.name)
    unsent = (each for each in others if resolve(each.expected, where) is None)
    if not is_kept or any(is_same(old, resolve(each.body, where)) for each in unsent):
        return None
    return f"still {excerpt(old)} ({step.exchange.case.label})"


def _describe_other(name: str, value: Any, step: Step) -> str | None:
    shown = step.body[name]
    return None if is_same(value, shown) else f"{excerpt(shown)} ({step.exchange.case.label})"


def _list_valid(evidence: Evidence) -> list[Step]:
    """Return the requests that are as documented, and that have a response."""
    return [s for s in evidence.steps if s.action in VALID and s.exchange.response]


@write_rule("allowed", "No client can use the operation.", creates=False)
def judge_allowed(evidence: Evidence, _: str) -> Iterator[Judged]:
    """The server knows the method of a documented operation."""
    resource = evidence.operation.resource or Resource()
    updates = {"put": resource.put, "patch": resource.patch, "delete": resource.delete}
    steps = _list_valid(evidence)
    for action in dict.fromkeys(step.action for step in steps if step.action in (*updates, *NEW)):
        sent = [s for s in steps if s.action == action]
        request = (updates.get(action) or evidence.operation).request
        promise = Promise("write.allowed", request, "another status than 405")
        never = all(step.exchange.status == NOT_ALLOWED for step in sent)
        broken = [Broken(s.exchange, request, describe(s)) for s in sent if never]
        yield promise, len(sent), group_breaches(broken, len(sent))


@write_rule(
    "accepts", "A client cannot know what else the server asks for.", Level.NOTE, creates=False
)
def judge_accepts(evidence: Evidence, _: str) -> Iterator[Judged]:
    """A documented body is accepted; a search may refuse one with a documented status."""
    steps = [step for step in _list_valid(evidence) if step.exchange.status != NOT_ALLOWED]
    steps = [s for s in steps if not (s.action == "delete" and s.is_deleted)]
    if evidence.operation.resource is None:
        steps = [s for s in steps if not evidence.operation.documents(s.exchange.status)]
    if evidence.operation.documents(CONFLICT):  # with another thing
        steps = [s for s in steps if s.action not in CREATES or s.exchange.status != CONFLICT]
    steps = [s for s in steps if not _may_need_version(evidence.operation.resource, s)]
    patch = evidence.operation.resource.patch if evidence.operation.resource else None
    if patch is not None and patch.request_body.is_json_patch:  # states no fields
        steps = [s for s in steps if s.action != "patch" or not patch.documents(s.exchange.status)]
    whole = {s.exchange.status for s in steps if s.action == "create" and not s.about}
    yield judge_each(
        Promise("write.accepts", "body", "a documented body is accepted"),
        [replace(s, about="") if s.exchange.status in whole else s for s in steps],
        lambda step: describe_case(step) if 400 <= step.exchange.status < 500 else None,
    )


def _may_need_version(resource: Resource | None, step: Step) -> bool:
    """Return whether a change got the documented status of one without the thing's version."""
    operation: Operation | None = getattr(resource, step.action, None)
    if operation is None or not operation.documents(step.exchange.status):
        return False
    optional = (e for e in operation.parameters if e.location in ("header", "query"))
    is_named = any(_VERSION.search(snake_case(each.name)) for each in optional)
    return step.exchange.status in (CONFLICT, *UNMET) and is_named


RULES: Final = (
    judge_total,
    judge_precondition,
    judge_etag,
    judge_time,
    judge_gone,
    judge_location,
    judge_default,
    judge_allowed,
    judge_accepts,
)
