"""The drift, one way in which an API may change, and the damaged bodies that show it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, NamedTuple, TypeAlias

from docpact.bodies.decode import Decoded
from docpact.bodies.places import Place, list_places
from docpact.bodies.validate import make_validator
from docpact.cases.parts import Edit
from docpact.model import Exchange, Judgement, Operation, Promise, Response, Visit
from docpact.model.pointer import Tokens, change_at, pointer, resolve, tokens
from docpact.model.schema import ANNOTATIONS, MAP
from docpact.rules import judge
from docpact.rules.evidence import sort_attempts
from docpact.rules.responses.accumulator import Accumulator
from docpact.rules.responses.summary import CONSISTENCY
from docpact.rules.rule import list_breaches

Known: TypeAlias = frozenset[tuple[str, str, str]]
"""Rule, location and detail of every breach that the undamaged responses show."""


NOTICED: Final = ("", "")
"""Reason and remedy of a drift that gives a new finding."""

KNOWN: Final = "the run has a finding there already"
"""The reason of a drift that gives no new finding."""

TOO_LONG: Final = ("the responses are too long to try it", "")
"""Reason and remedy of the drifts that would take too much time."""

EMPTY: Final = ("the list is empty", "one item")
"""Reason and remedy of the drifts of an empty list."""


class Drift(NamedTuple):
    """One drift, tried on the responses of a run.

    Attributes:
        kind: in words, e.g. `the filter is ignored`.
        rule: id of the rule that it aims at.
        place: location of the promise, or the filter or page size concerned.
        reason: why judging the damaged responses gives no new finding; empty if it does.
        remedy: the data or request that would show it; empty if it is unknown.
    """

    kind: str
    rule: str
    place: str
    reason: str = ""
    remedy: str = ""

    @property
    def is_noticed(self) -> bool:
        """Return whether the run would have noticed it."""
        return not self.reason

    def __str__(self) -> str:
        return f"{self.kind}: {self.place or '(the whole body)'}"


def find_new(judgements: Iterable[Judgement], known: Known) -> frozenset[Promise]:
    """Return the promises with a breach that the undamaged responses do not show."""
    return frozenset(each.promise for each in judgements if list_breaches([each]) - known)


PLAIN: Final = ANNOTATIONS | {
    *("type", "properties", "required", "items", "minItems", "maxItems", "$ref", MAP)
}
"""Keywords that a change within one field, or within one item, breaks for no other."""


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """One drift of bodies, before it is tried.

    Attributes:
        kind: see `Drift`.
        rule: see `Drift`.
        where: reference tokens of the value to change, with `*` for every index.
        changes: each of them is this drift.
        name: of the field that is removed or filled in; empty for another change.
        remedy: the data with which it could be tried, if there are values at the place.
    """

    kind: str
    rule: str
    where: Tokens
    changes: tuple[Edit, ...]
    name: str = ""
    remedy: str = ""

    @property
    def place(self) -> str:
        """The folded JSON Pointer of the drift."""
        return pointer((*self.where, self.name) if self.name else self.where)


def judge_trials(operation: Operation, trials: Sequence[Trial], known: Known) -> set[Aim]:
    """Return the drifts for which a damaged body, each its own visit, gives a new finding."""
    accumulator = Accumulator(operation, keeps_visits=True)
    inspect = make_validator(operation.response_schema).inspect
    for number, each in enumerate(trials):
        case = replace(each.exchange.case, visit=Visit(repeat=number))
        accumulator.begin((0, number), replace(each.exchange, case=case))
        accumulator.add_body(Decoded(each.body, True, ()), inspect(each.body), in_survey=False)
    evidence = replace(sort_attempts(operation, ()), summary=accumulator.summary())
    return {
        aim
        for judgement in judge(evidence, {"response"})
        for breach in judgement.breaches
        if (judgement.promise.rule, breach.location, breach.detail) not in known
        for visit in breach.shown
        for aim in trials[visit.repeat].find(judgement.promise.rule, breach.location)
    }


@dataclass(frozen=True, slots=True)
class Trial:
    """A damaged body.

    Attributes:
        exchange: with the recorded one.
        body: the decoded body after each drift.
        aims: drifts that do the same damage, and the place of the only field that they change, with
            `*` for every index; empty if they may change several.
    """

    exchange: Exchange
    body: Any
    aims: Mapping[tuple[Aim, ...], Tokens]

    def find(self, rule: str, location: str) -> Iterator[Aim]:
        """Yield the drifts that a finding is about; one about the whole body is about none."""
        is_inner = rule != CONSISTENCY and location.startswith("/")
        where = tokens(location) if is_inner else ()
        for aims, field in self.aims.items():
            if len(self.aims) == 1 or (is_inner and where[: len(field)] == field):
                yield from aims


def find_field(aim: Aim, path: Tokens, fields: Collection[Tokens]) -> Tokens:
    """Return the innermost of some fields that a drift changes; empty if it may change several.

    No keyword relates the fields to others, and only the first element of an array may be joined.
    """
    if aim.rule == CONSISTENCY or any(isinstance(step, int) and step for step in path):
        return ()
    where = (*aim.where, aim.name) if aim.name else aim.where
    parts = (where[:length] for length in range(len(where), 0, -1))
    return next((part for part in parts if part in fields), ())


def join_trials(trials: Iterable[Trial]) -> Sequence[Trial]:
    """Return trials of different fields together, so that fewer bodies are judged."""
    joined: list[Trial] = []
    for each in trials:
        ((_, field),) = each.aims.items()
        path = tuple(0 if step == "*" else step for step in field)[:-1]
        where = pointer(path)
        for number, some in enumerate(joined):
            is_within = any(field[: len(o)] == o[: len(field)] for o in some.aims.values())
            if not is_within and isinstance(resolve(some.body, where), dict):
                take = partial(_take_field, str(field[-1]), resolve(each.body, where))
                body = change_at(some.body, path, take)
                joined[number] = Trial(some.exchange, body, {**some.aims, **each.aims})
                break
        else:
            joined.append(each)
    return joined


def _take_field(name: str, source: Mapping[str, Any], fields: Mapping[str, Any]) -> Any:
    """Return an object with one field as in another one, which may lack it."""
    kept = {key: value for key, value in fields.items() if key != name}
    return kept | ({name: source[name]} if name in source else {})


def list_plain_places(operation: Operation) -> list[Place]:
    """Return the places where no keyword is about several fields or items at once."""
    places = [*list_places(operation.response_schema)]
    mixed = {place.where for place in places if not place.schema.keys() <= PLAIN}

    def list_above(where: Tokens) -> Iterator[Tokens]:
        return (where[:length] for length in range(len(where) + 1))

    return [place for place in places if mixed.isdisjoint(list_above(place.where))]


def with_body(exchange: Exchange, body: Any) -> Exchange:
    """Return an exchange with another decoded body."""
    response = exchange.response or Response(exchange.status)
    return replace(exchange, outcome=replace(response, body=encode(body)))


def encode(body: Any) -> bytes:
    """Return a body as JSON in ASCII: half a surrogate pair, which UTF-8 excludes, is an escape."""
    return json.dumps(body).encode()
