"""The `write` family: created things can be read, changed and deleted, and nothing else changes."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import wraps
from itertools import islice
from typing import Any, Final

from docpact.model import Level, Operation, Promise
from docpact.model.operation import IDEMPOTENCY_KEY, Resource
from docpact.model.path import snake_case
from docpact.model.pointer import Tokens, list_scalars, pointer, resolve
from docpact.model.times import CREATED
from docpact.rules.comparison import is_same, is_same_documented, list_field_schemas
from docpact.rules.evidence import SHOWN, Evidence, Step, loses_id
from docpact.rules.protocol import BUSY
from docpact.rules.rule import Broken, Judged, Rule, group_breaches, is_error, judge_each, rule
from docpact.rules.writes.deletions import is_marked_gone
from docpact.text import excerpt

_SET_BY_SERVERS: Final = re.compile(
    r"_?id|_?rev|uuid|(created|updated|modified|deleted|changed)(_.*)?|(last|first)(?!_name)(_.*)?|.*_by"
    r"|(creation|modification|update|create|delete|change)_(at|on|time|date)"
    r"|version|revision|etag|status|state|slug|self|url|href|links?|password|secret|token|key"
    r"|.*_(count|version|status|state|key|token|secret|password)"
)
"""Names, in snake case, of fields whose values servers choose or change."""

_SET_BY_SOME: Final = re.compile(r".*_(id|uuid|at|on|url|time|date)")
"""Names, in snake case, of fields whose values the server or the client chooses."""

_ABSENT: Final = object()

REJECTED: Final = "rejected"
"""The subject of a list in which docpact looks for things that rejected bodies created."""

_ACCESS: Final = re.compile(
    r"(.*_)?(permission|privilege|grant|role|scope|member|owner|admin|user|group|collaborator"
    r"|participant|subscriber|follower|watcher)s|(.*_)?(acl|access)"
)
"""Names, in snake case, of fields to which servers add the user that creates a thing."""


def write_rule(
    name: str,
    why: str,
    level: Level = Level.BREAKING,
    *,
    needs: Sequence[str] = (),
    creates: bool = True,
) -> Callable[[Callable[[Evidence, str], Iterator[Judged]]], Rule]:
    """Return the decorator that makes a rule of this family of its judge.

    Args:
        name: of the rule, without the family.
        why: see `Rule`.
        level: see `Rule`.
        needs: operations on the created things, by their names in `Resource`. The judge gets the
            request of the first that there is; without any of them, nothing is promised.
        creates: whether only an operation that creates things promises this, and no search.
    """

    def make(judge: Callable[[Evidence, str], Iterator[Judged]]) -> Rule:
        @wraps(judge)
        def judge_resource(evidence: Evidence) -> Iterator[Judged]:
            resource = evidence.operation.resource
            known = [getattr(resource, each, None) for each in needs]
            used = next(filter(None, known), None)
            is_about = resource is not None or (not creates and bool(evidence.steps))
            if is_about and (used or not needs):
                yield from judge(evidence, used.request if used else "")

        return rule(f"write.{name}", why, level, needs_own_requests=True)(judge_resource)

    return make


@write_rule("readable", "A client sees a success, and its data is lost.", needs=["read"])
def judge_readable(evidence: Evidence, request: str) -> Iterator[Judged]:
    """A created thing can be read."""
    steps = [s for s in evidence.steps if s.action == "read" and not s.is_deleted]
    yield judge_each(
        Promise("write.readable", request, "the created thing"),
        steps,
        lambda step: None if step.is_successful else f"{describe(step)} for {step.name}",
    )


@write_rule(
    "listed",
    "A client that looks for its things does not find them, and creates them again.",
    needs=["listing"],
)
def judge_listed(evidence: Evidence, request: str) -> Iterator[Judged]:
    """A list shows a created thing, once."""
    yield judge_each(
        Promise("write.listed", request, "the created thing"),
        [s for s in _list_looks(evidence) if not s.is_deleted],
        lambda step: (
            f"a whole list without {step.name} ({step.exchange.case.label})"
            if not step.is_shown
            else f"a second thing beside {step.name}"
            if step.is_other
            else None
        ),
    )


@write_rule("as_sent", "A client's data is lost or changed without an error.")
def judge_as_sent(evidence: Evidence, _: str) -> Iterator[Judged]:
    """A thing has the values with which it was created."""
    steps = [s for s in evidence.steps if _shows(s) and not s.is_other]
    yield _judge_fields(evidence, "as_sent", "the values that were sent", steps, "")


@write_rule("updated", "A client believes in a change that did not happen.", needs=["put", "patch"])
def judge_updated(evidence: Evidence, _: str) -> Iterator[Judged]:
    """An update changes the fields that were sent."""
    steps = [s for s in evidence.steps if (_shows(s) or s.action == "list") and s.changed]
    yield _judge_fields(evidence, "updated", "the new values", steps, "changed")


@write_rule("kept", "A client loses data that it did not touch.", needs=["put", "patch", "delete"])
def judge_kept(evidence: Evidence, _: str) -> Iterator[Judged]:
    """An update or a deletion changes nothing else."""
    steps = [s for s in evidence.steps if _shows(s) and (s.changed or s.is_other)]
    yield _judge_fields(evidence, "kept", "the values that were not changed", steps, "kept")


@write_rule(
    "deleted",
    "Data that a client deleted, perhaps because it had to, is still there.",
    needs=["delete"],
)
def judge_deleted(evidence: Evidence, _: str) -> Iterator[Judged]:
    """A deleted thing can be neither read nor listed."""
    resource = evidence.operation.resource or Resource()

    def find(step: Step, shown: str) -> str | None:
        return shown if step.is_shown and not is_marked_gone(step.body, resource.delete) else None

    if (read := resource.read) is not None:
        yield judge_each(
            Promise("write.deleted", read.request, "404 or 410, or a thing marked as deleted"),
            [s for s in evidence.steps if s.action == "read" and s.is_deleted],
            lambda step: find(step, f"{describe(step)} for {step.name}"),
        )
    if resource.listing is not None:
        yield judge_each(
            Promise("write.deleted", resource.listing.request, "a list without it"),
            [s for s in _list_looks(evidence) if s.is_deleted and s.about != REJECTED],
            lambda step: find(step, f"a list with {step.name}"),
        )


@write_rule("unique", "A client reads, changes or deletes the wrong thing.")
def judge_unique(evidence: Evidence, _: str) -> Iterator[Judged]:
    """Every thing has its own id."""
    steps = _list_created(evidence)
    again = {id(s) for n, s in enumerate(steps) if s.name in {each.name for each in steps[:n]}}
    yield judge_each(
        Promise("write.unique", "id", "an id that no other thing has"),
        steps,
        lambda s: f"id {s.name} for two things" if id(s) in again and not s.is_deleted else None,
    )


@write_rule(
    "reused",
    "A client that kept an id reaches another thing than it knew.",
    Level.ADDITIVE,
    needs=["delete"],
)
def judge_reused(evidence: Evidence, _: str) -> Iterator[Judged]:
    """The id of a deleted thing is not used again, unless the request names it."""

    def find(step: Step) -> str | None:
        is_sent = step.name in map(str, list_scalars(step.expected))
        return f"the id {step.name} of a deleted thing" if step.is_deleted and not is_sent else None

    steps = _list_created(evidence)
    yield judge_each(Promise("write.reused", "id", "an id that no deleted thing had"), steps, find)


def _list_created(evidence: Evidence) -> list[Step]:
    """Return the steps that created things with known ids; one fault of ids is one finding."""
    creating = (s for s in evidence.steps if s.action in ("create", "partial"))
    return [replace(s, about="") for s in creating if s.is_successful and s.name]


@write_rule(
    "rejects",
    "A client's mistake goes unnoticed, and invalid data is stored.",
    Level.ADDITIVE,
    creates=False,
)
def judge_rejects(evidence: Evidence, _: str) -> Iterator[Judged]:
    """A body that breaks the documentation is rejected with a 4xx status."""
    steps = [s for s in evidence.steps if s.action == "invalid"]
    for name in dict.fromkeys(s.about for s in steps):
        yield judge_each(
            Promise("write.rejects", f"body{pointer((name,))}", "a 4xx status"),
            [s for s in steps if s.about == name and s.exchange.response],
            lambda step: describe_case(step) if step.exchange.status < 400 else None,
        )


@write_rule(
    "nothing_created",
    "A client that corrects its mistake creates a thing twice.",
    needs=["listing"],
)
def judge_nothing_created(evidence: Evidence, request: str) -> Iterator[Judged]:
    """A rejected body creates nothing."""
    yield judge_each(
        Promise("write.nothing_created", request, "no new thing"),
        [s for s in _list_looks(evidence) if s.about == REJECTED],
        lambda step: f"a new thing in the list: {step.name}" if step.is_shown else None,
    )


@write_rule(
    "server_error",
    "A client cannot distinguish its own mistake from an outage and retries in vain.",
    creates=False,
)
def judge_server_error(evidence: Evidence, _: str) -> Iterator[Judged]:
    """No request of a life cycle or a search causes a 5xx status."""

    def find(step: Step) -> str | None:
        status = step.exchange.status
        is_failure = status not in BUSY and is_error(evidence.operation, status)
        return describe_case(step) if is_failure else None

    whole = {s.exchange.status for s in evidence.steps if s.exchange.status >= 500 and not s.about}
    for action in dict.fromkeys(s.action for s in evidence.steps) or ("create",):
        steps = [s for s in evidence.steps if s.action == action and s.exchange.response]
        steps = [replace(s, about="") if s.exchange.status in whole else s for s in steps]
        yield judge_each(Promise("write.server_error", action, "no 5xx status"), steps, find)


@write_rule(
    "idempotent", "A client that repeats a request after a lost response creates a thing twice."
)
def judge_idempotent(evidence: Evidence, _: str) -> Iterator[Judged]:
    """The same idempotency key creates one thing."""
    if evidence.operation.find_header(IDEMPOTENCY_KEY) is not None:
        yield judge_each(
            Promise("write.idempotent", "header/Idempotency-Key", "one thing for one key"),
            [s for s in evidence.steps if s.action == "same key"],
            lambda s: f"another thing: {s.name}" if s.is_successful and s.is_other else None,
        )


def _judge_fields(
    evidence: Evidence, name: str, stated: str, steps: Sequence[Step], part: str
) -> Judged:
    """Judge a promise about some fields of a thing; see `_list_differences`."""
    broken = [
        Broken(step.exchange, location, observed)
        for step in steps
        for location, observed in _list_differences(evidence, part, step)
    ]
    promise = Promise(f"write.{name}", "", stated)
    return promise, len(steps), group_breaches(broken, len(steps))


def _shows(step: Step) -> bool:
    """Return whether a successful response shows the thing itself, which exists."""
    is_shown = isinstance(step.body, dict) and step.action in SHOWN
    return step.is_successful and is_shown and not step.is_deleted


def _list_looks(evidence: Evidence) -> list[Step]:
    """Return the steps that know whether a list shows a thing."""
    return [s for s in evidence.steps if s.action == "list" and s.is_shown is not None]


def _list_differences(evidence: Evidence, part: str, step: Step) -> Iterator[tuple[str, str]]:
    """Yield location and values of each field that differs from the expected value.

    Args:
        evidence: of the operation that creates the things.
        part: `changed` for the fields of the last update, `kept` for all others, empty for those
            of a thing that was never updated.
        step: with a body.
    """
    create, kept = evidence.operation, _count_kept(evidence.steps)
    read = create.resource.read if create.resource and step.action == "read" else None
    for name, value in step.expected.items():
        if (part == "" and step.changed) or (
            part != "" and (name in step.changed) != (part == "changed")
        ):
            continue
        plain = snake_case(name)
        is_free = _SET_BY_SOME.fullmatch(plain) is not None and kept[pointer((name,))] < 2
        is_open = is_free or _SET_BY_SERVERS.fullmatch(plain) or _may_follow(create, name, step)
        if is_open and not (_must_stay(name, part, step) or loses_id(create, step, name)):
            continue
        seen, may_add = step.body.get(name), _ACCESS.fullmatch(plain) is not None
        parts = _list_parts(value, (name,)) if read else ()
        lost = (
            (where, each)
            for where, each in parts
            if each and read and kept[pointer(where)] and _is_always_shown(read, where, each)
            if resolve(step.body, pointer(where), default=_ABSENT) is _ABSENT
        )
        if name in step.body and not is_same(value, seen, may_add=may_add):
            is_excluded = _is_excluded((read or create), name, value, seen)
            lost = (each for each in [((name,), value)] if not is_excluded)
        for where, each in islice(lost, 1):
            shown = resolve(step.body, pointer(where), default=_ABSENT)
            observed = "absent" if shown is _ABSENT else excerpt(shown)
            yield (
                pointer(where),
                f"{observed} instead of {excerpt(each)} ({step.exchange.case.label})",
            )


def _must_stay(name: str, part: str, step: Step) -> bool:
    """Return whether a field is the time at which a thing without versions was created."""
    is_time = part == "kept" and CREATED.fullmatch(snake_case(name)) is not None
    return is_time and {"version", "revision", "_rev"}.isdisjoint(map(snake_case, step.body))


def _list_parts(value: Any, where: Tokens) -> Iterator[tuple[Tokens, Any]]:
    """Yield a value and those in it, down through objects, with their paths; ids may change."""
    yield where, value
    for name, inner in value.items() if isinstance(value, dict) else ():
        if name != "id" and not _SET_BY_SERVERS.fullmatch(snake_case(name)):
            yield from _list_parts(inner, (*where, name))


def _may_follow(create: Operation, name: str, step: Step) -> bool:
    """Return whether a server may compute a new value, because no request can send the field."""
    resource = create.resource or Resource()
    sent = (each.body_schema or {} for each in (create, resource.put, resource.patch) if each)
    is_sent = name in step.changed or any(list_field_schemas(each, name) for each in sent)
    is_zero = step.body.get(name) == 0 and 0 in map(step.body.get, step.changed)
    return bool(step.changed and (step.body.get(name) or is_zero)) and not is_sent


def _count_kept(steps: Sequence[Step]) -> Counter[str]:
    """Return pointer → the number of different values that readings show as they were sent."""
    sent = {name for step in steps if step.action == "create" for name in step.expected}
    shown = {
        (pointer(where), json.dumps(value))
        for step in steps
        if step.action == "read" and isinstance(step.body, dict)
        for name in sent & step.expected.keys()
        for where, value in _list_parts(step.expected[name], (name,))
        if value and is_same(value, resolve(step.body, pointer(where), default=None))
    }
    return Counter(where for where, _ in shown)


def _is_always_shown(read: Operation, where: Tokens, value: Any) -> bool:
    """Return whether a thing of any documented form has a field with another default value."""
    fields = list_field_schemas(read.response_schema, str(where[0]))
    for name in where[1:]:
        fields = [each for schema in fields for each in list_field_schemas(schema, str(name))]
    return len(fields) == 1 and fields[0].get("default") != value


def _is_excluded(operation: Operation, name: str, sent: Any, shown: Any) -> bool:
    """Return whether a response cannot show the value that was sent, as it is documented."""
    fields = list_field_schemas(operation.response_schema, name)
    return bool(fields) and any(is_same_documented(each, sent, shown) for each in fields)


def describe(step: Step) -> str:
    """Return the status of a response, or why there is none."""
    failure = step.exchange.failure
    return failure.message if failure is not None else f"status {step.exchange.status}"


def describe_case(step: Step) -> str:
    """Return the same with the case."""
    return f"{describe(step)} ({step.exchange.case.label})"


RULES: Final = (
    judge_readable,
    judge_listed,
    judge_as_sent,
    judge_updated,
    judge_kept,
    judge_deleted,
    judge_unique,
    judge_reused,
    judge_rejects,
    judge_nothing_created,
    judge_server_error,
    judge_idempotent,
)
