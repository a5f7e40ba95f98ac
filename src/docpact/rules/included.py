"""Included things: a response has those that its items refer to (JSON:API 1.1, section 7.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from docpact.model import Operation, Promise
from docpact.model.pointer import mapping_of, resolve
from docpact.model.schema import place
from docpact.rules.evidence import Body, Evidence
from docpact.rules.field_choices import chooses_fields
from docpact.rules.rule import Broken, Judged, group_breaches, rule
from docpact.text import excerpt

INCLUDED: Final = "/included"
INCLUDE: Final = "include"
"""The parameter that asks for related things."""

Name: TypeAlias = tuple[str, str]
"""The type and the id of a thing."""


@rule("query.included", "A client shows a thing that nothing refers to, or lacks one.")
def judge_included(evidence: Evidence) -> Iterator[Judged]:
    """A response includes the related things that it was asked for, and no others."""
    operation = evidence.operation
    if not documents_included(operation):
        return
    source = operation.field_source(INCLUDED)
    stated = "the things that items refer to (JSON:API 1.1, section 7.3)"
    bodies = [
        body
        for body in evidence.bodies
        if isinstance(body.decoded.value, Mapping)
        and not chooses_fields(operation, body.exchange.case)
    ]
    broken = [
        Broken(body.exchange, INCLUDED, problem) for body in bodies for problem in _find(body)
    ]
    promise = Promise("query.included", INCLUDED, stated, source)
    yield promise, len(bodies), group_breaches(broken, len(bodies))


def documents_included(operation: Operation) -> bool:
    """Return whether a body documents included things and things that refer to them."""
    schema = operation.response_schema
    data = [place(schema, where).get("properties", {}) for where in ("/data/*", "/data")]
    included = place(schema, f"{INCLUDED}/*")
    return bool(included) and any(
        {"type", "id", "relationships"} <= fields.keys() for fields in data
    )


def _find(body: Body) -> Iterator[str]:
    """Yield the first thing that a body wrongly includes, and the first that it lacks."""
    value = body.decoded.value
    primary, included = ([*list_things(value.get(name))] for name in ("data", "included"))
    known = {name for thing in (*primary, *included) if (name := read_name(thing))}
    linked = {name for thing in primary for name in (read_name(thing), *list_links(thing))}
    links = {read_name(thing): [*list_links(thing)] for thing in included}
    waiting = [*linked]
    while waiting:
        new = {*links.get(waiting.pop(), ())} - linked
        linked |= new
        waiting += new
    for name in (read_name(thing) for thing in included):
        if name not in linked:
            yield f"{' '.join(map(excerpt, name or ('?',)))}, to which nothing refers"
            break
    query = body.exchange.case.query
    asked = [each for name, text in query if name == INCLUDE for each in text.split(",")]
    for one in asked:
        for name in (n for thing in primary for n in list_links(thing, one)):
            if name not in known:
                yield f"no {' '.join(map(excerpt, name))} with {INCLUDE}={excerpt(one)}"
                return


def list_things(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of an array, or the object that is there instead of an array."""
    things = value if isinstance(value, list) else [value]
    return (each for each in things if isinstance(each, Mapping))


def read_name(thing: Any) -> Name | None:
    """Return the type and the id of a thing, or None."""
    kind, one = (resolve(thing, f"/{name}") for name in ("type", "id"))
    return (kind, one) if isinstance(kind, str) and isinstance(one, str) else None


def list_links(thing: Mapping[str, Any], only: str = "") -> Iterator[Name]:
    """Yield the things that a thing refers to, under one name if it is given."""
    links = thing.get("relationships")
    for name, link in mapping_of(links).items():
        if name == only or not only:
            data = link.get("data") if isinstance(link, Mapping) else None
            yield from filter(None, map(read_name, list_things(data)))


RULES: Final = (judge_included,)
