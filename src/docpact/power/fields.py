"""Drifts of response bodies: each keyword of the schema broken, at one recorded value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from operator import itemgetter
from typing import Any, Final, NamedTuple

from docpact.bodies.places import Place, list_places
from docpact.bodies.wording import json_type
from docpact.cases.bounds import types, values_outside
from docpact.cases.parts import EXTRA, UNLIKELY, Edit, of, put, remove, resize
from docpact.cases.samples import NoSampleError, full
from docpact.cases.texts import WRONG
from docpact.limits import MAX_SAMPLE, POWER_BYTES
from docpact.model import Exchange, Operation
from docpact.model.pointer import Tokens, change_at, find_each, fold, pointer, resolve, tokens
from docpact.model.schema import child, list_asserted
from docpact.power.trials import (
    EMPTY,
    KNOWN,
    TOO_LONG,
    Aim,
    Drift,
    Known,
    Trial,
    encode,
    find_field,
    join_trials,
    judge_trials,
    list_plain_places,
)
from docpact.rules import Evidence
from docpact.rules.responses.documented import is_beyond_contract
from docpact.rules.responses.promises import UNDOCUMENTED
from docpact.rules.responses.summary import CONSISTENCY

OTHERS: Final[tuple[Any, ...]] = ("docpact", 987_654, True, [], {}, 0.5)
"""Values of each JSON type but null."""

AT_ONCE: Final = 200
"""Number of damaged bodies that are judged together, so that all their breaches are kept."""

SCANNED: Final = 50
"""Number of values at one place of which the first that can change is taken."""

UNSEEN: Final = "in no response"


def try_fields(evidence: Evidence, known: Known) -> Iterator[Drift]:
    """Yield each drift of a response body, tried on one recorded value."""
    aims = [*list_aims(evidence.operation)]
    plain = list_plain_places(evidence.operation)
    separate = {(*each.where, name) for each in plain for name in each.schema.get("properties", {})}
    recorded = Bodies(evidence, plain)
    damages, left_out, size = dict[bytes, _Damage](), set[Aim](), 0
    for aim in aims:
        if size > POWER_BYTES:
            left_out.add(aim)
            continue
        for exchange, body, path in recorded.damage(aim):
            text = encode(body)
            size += 0 if text in damages else len(text)
            alike = damages.setdefault(text, _Damage(exchange, body, [], set()))
            alike.aims.append(aim)
            alike.fields.add(find_field(aim, path, separate))
    tried, noticed = {aim for each in damages.values() for aim in each.aims}, set[Aim]()
    together = join_trials(each.trial() for each in damages.values())
    for start in range(0, len(together), AT_ONCE):
        some = together[start : start + AT_ONCE]
        noticed |= judge_trials(evidence.operation, some, known)
    for aim in aims:
        reason = remedy = ""
        if aim in left_out:
            reason, remedy = TOO_LONG
        elif aim not in tried:
            reason, remedy = recorded.explain(aim)
        elif aim not in noticed:
            reason = KNOWN if known else "no rule judges such a value"
        yield Drift(aim.kind, aim.rule, aim.place, reason, remedy)


class _Damage(NamedTuple):
    """A damaged body, the drifts that all do this damage, and the only field of each."""

    exchange: Exchange
    body: Any
    aims: list[Aim]
    fields: set[Tokens]

    def trial(self) -> Trial:
        field = self.fields.pop() if len(self.fields) == 1 else ()
        return Trial(self.exchange, self.body, {tuple(self.aims): field})


class Bodies:
    """The recorded bodies, and where they have values."""

    def __init__(self, evidence: Evidence, plain: Sequence[Place]) -> None:
        self._seen = {location for location, _ in evidence.summary.seen}
        self._items = tokens(evidence.operation.roles.items or "/-")
        long = {each.where for each in plain if each.schema.get("minItems", 0) > 1}
        self._lists = {*map(fold, {self._items, *(each.where for each in plain)} - long)}
        self._bodies = {
            body.exchange.response.body: body
            for body in evidence.bodies
            if body.exchange.response and not is_beyond_contract(body.exchange)
        }

    def damage(self, aim: Aim) -> Iterator[tuple[Exchange, Any, Tokens]]:
        """Yield a recorded response, each changed body and the path, at the first fitting value."""
        for exchange, body, path in islice(self._find(aim.where), SCANNED):
            changed = [change_at(body, path, change) for change in aim.changes]
            different = [each for each in changed if each != body]
            if different:
                yield from ((exchange, each, path) for each in different)
                return

    def explain(self, aim: Aim) -> tuple[str, str]:
        """Return why a drift cannot be tried, and the data with which it could."""
        missing = next(
            (n for n in range(len(aim.where) + 1) if not any(self._find(aim.where[:n]))), None
        )
        if missing is None:
            return f"{aim.place}: no recorded value can change this way", aim.remedy
        if missing == len(self._items) + 1 and aim.where[:missing][:-1] == self._items:
            return EMPTY
        place = pointer(aim.where[:missing])
        return f"{place or 'the body'}: {UNSEEN}", f"a response with {place or 'a body'}"

    def _find(self, where: Tokens) -> Iterator[tuple[Exchange, Any, Tokens]]:
        """Yield each value at a place: a response, its body with few items, and the path."""
        if where and pointer(where) not in self._seen:
            return
        for body in self._bodies.values():
            for path, _ in find_each(body.decoded.value, where) if body.decoded.readable else ():
                yield body.exchange, *self._keep_one(body.decoded.value, path)

    def _keep_one(self, value: Any, path: Tokens) -> tuple[Any, Tokens]:
        """Return a body without the items beside those on a path, and the path in it."""
        for depth, number in enumerate(path):
            above = path[:depth]
            if isinstance(number, int) and fold(above) in self._lists:
                value = change_at(value, above, itemgetter(slice(number, number + 1)))
                path = (*above, 0, *path[depth + 1 :])
        return value, path


def list_aims(operation: Operation) -> Iterator[Aim]:
    """Yield the drifts of every place that the response schema documents."""
    for place in list_places(operation.response_schema) if operation.is_json else ():
        for keyword in list_asserted(place.schema):
            rule = f"response.{keyword}"
            if keyword == "required":
                for name in place.schema["required"]:
                    change = remove(name)
                    yield Aim("a required field is missing", rule, place.where, (change,), name)
            else:
                for kind, changes in _list_changes(keyword, place):
                    if changes:
                        yield Aim(kind, rule, place.where, changes)
        if "properties" in place.schema:
            change = of(dict, lambda fields: {**fields, EXTRA: 7})
            yield Aim("an undocumented field", UNDOCUMENTED, place.where, (change,))
    yield from _list_ties(operation)


def _list_ties(operation: Operation) -> Iterator[Aim]:
    """Yield the drifts of fields that have a value only in some states of an item."""
    items = (*tokens(operation.roles.items or ""), "*")
    for field, (other, values) in operation.roles.only_when.items():
        change = of(dict, partial(_fill_in, field, other, values))
        remedy = f"an item with another {other.removeprefix('/')} than {' or '.join(values)}"
        name = field.removeprefix("/")
        yield Aim("a value in another state", CONSISTENCY, items, (change,), name, remedy)


def _fill_in(field: str, other: str, values: Sequence[str], item: dict[str, Any]) -> Any:
    """Give a field a value where the field beside it has none of some values."""
    name = field.removeprefix("/")
    is_free = resolve(item, other) not in (None, *values) and "/" not in name
    return {**item, name: "docpact"} if is_free else item


def _list_changes(keyword: str, place: Place) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """Yield the kinds of drift that break a keyword, with the changes that may."""
    if keyword == "type":
        stated = {*types(place.schema)}
        if "null" not in stated:
            yield "null", (put(None),)
        stated |= {"integer"} if "number" in stated else set()
        others = (each for each in OTHERS if json_type(each) not in stated)
        yield "another type", tuple(put(each) for each in others)[:1]
    elif keyword in KINDS:
        kind, make = KINDS[keyword]
        yield kind, tuple(make(place.schema))
    elif keyword in _BOUNDS:
        outside = [value for word, value in values_outside(place.schema) if word == keyword]
        yield "a bound is exceeded", tuple(map(put, outside[:1]))
    else:
        yield "another form", (*(put(each) for each in (None, *OTHERS)), *FORMS)


def _rename(schema: Mapping[str, Any]) -> Iterator[Edit]:
    others = (each for each in OTHERS if each not in schema.get("enum", [schema.get("const")]))
    yield from map(put, islice(others, 1))


def _add_field(fields: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object with a further field, which has the value of another one."""
    return {**fields, name: next(iter(fields.values()), None)}


FORMS: Final[tuple[Edit, ...]] = (
    of(dict, put({})),
    *(of(dict, partial(_add_field, name=name)) for name in (EXTRA, "", "docpact!" * 40)),
    of(list, put([])),
    of(list, lambda values: values * 9),
    of(list, lambda values: [*values, {EXTRA: None}]),
)
"""Changes that break some of the keywords that no other kind of drift is for."""


def _remove_needed(schema: Mapping[str, Any]) -> Iterator[Edit]:
    needed = dict.fromkeys(name for names in schema["dependentRequired"].values() for name in names)
    yield from map(remove, needed)


def _exceed(schema: Mapping[str, Any], keyword: str, by: int) -> Iterator[Edit]:
    """Yield the change to an array beyond a bound of its length, unless it would be very long."""
    length = int(schema[keyword]) + by
    if 0 <= length <= MAX_SAMPLE:
        yield resize(length)


def _take_excluded(schema: Mapping[str, Any]) -> Iterator[Edit]:
    with suppress(NoSampleError):
        yield put(full(child(schema, "not")))


KINDS: Final[Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Iterator[Edit]]]]] = {
    "enum": ("a new value", _rename),
    "const": ("a new value", _rename),
    "format": (
        "the format is broken",
        lambda schema: map(put, WRONG.get(schema["format"], ("docpact!",))),
    ),
    "pattern": ("the format is broken", lambda _: map(put, UNLIKELY)),
    "not": ("an excluded form", _take_excluded),
    "dependentRequired": ("a field is missing that another one needs", _remove_needed),
    "minItems": ("a bound is exceeded", partial(_exceed, keyword="minItems", by=-1)),
    "maxItems": ("a bound is exceeded", partial(_exceed, keyword="maxItems", by=1)),
    "uniqueItems": (
        "a value twice",
        lambda _: iter((of(list, lambda values: [*values, *values[-1:]]),)),
    ),
}
"""Keyword → the kind of drift that breaks it, and the changes of a value, of which some do."""

_BOUNDS: Final = frozenset(
    ["minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]
)
