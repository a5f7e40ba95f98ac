"""Counts what the responses of a run show, from which habits are learned; hashes finished items."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from hashlib import sha256
from math import floor, isfinite, log10
from typing import Any, Final

from docpact.bodies.places import list_places
from docpact.bodies.wording import json_type
from docpact.model import Exchange, Expected, Night, Observed, Operation, Past, Sample
from docpact.model.pointer import pointer, resolve
from docpact.rules.evidence import Evidence, find_survey
from docpact.rules.responses.documented import TOO_MANY_REQUESTS
from docpact.rules.walks.pages import Item

PRESENCE: Final = "habit.presence"
TYPE: Final = "habit.type"
SCALE: Final = "habit.scale"
SHAPE: Final = "habit.shape"
ID: Final = "habit.id"
HEADER: Final = "habit.header"
NEW_HEADER: Final = "habit.new_header"
REJECTION: Final = "habit.rejection"
PAGE_SIZE: Final = "habit.page_size"
ITEMS: Final = "habit.items"

VALUE: Final = "value"
"""The kind of the observation that something is there."""

FREE: Final = "*"
"""The shape of texts that have too many shapes."""

HEADERS: Final = "header"
"""The location of all headers: its count is the number of responses."""

MAX_NAMES: Final = 60
"""Number of fields of one object, over all items, above which it counts as a map."""

MAX_PLACES: Final = 400
"""Number of locations whose values are counted."""

MAX_GROUPS: Final = 8
"""Number of states above which the fields of items are not counted by state."""

MAX_SHAPES: Final = 16
MAX_LENGTH: Final = 64

STEPS: Final = 4
"""Steps of the scale of numbers per power of ten."""

MAX_STEP: Final = 400
"""The last step of the scale in both directions; numbers beyond it count as this step."""

USEFUL: Final = re.compile(
    r"link|etag|last-modified|content-location|(x-)?request-id|x-correlation-id|"
    r"(x-)?rate-?limit.*|.*version.*|x-(.*-)?(total|count|pages?|per-page|next).*"
)
"""Headers that clients read; the others belong to servers, caches and proxies."""

_STATES: Final = ("status", "state", "type", "kind")
_AMOUNT: Final = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,6}", re.ASCII)
"""A number as text, as exact amounts are often written."""

_COUNTED_ID: Final = re.compile(r"[A-Za-z]+([_:./-])[0-9]+", re.ASCII)


class _Tally:
    """Counts observations by rule, location, group and kind."""

    def __init__(self) -> None:
        self._counts = defaultdict[tuple[str, str, str], Counter[str]](Counter)

    def add(self, rule: str, location: str, kind: str, group: str = "", number: int = 1) -> None:
        self._counts[rule, location, group][kind] += number

    def collect(self, redact: Callable[[str], str]) -> dict[str, dict[str, dict[str, Any]]]:
        """Return the counts by rule, without the texts that contain a secret."""
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for (rule, location, group), counts in sorted(self._counts.items()):
            if redact(location + group) != location + group:
                continue
            is_free = rule in (SHAPE, ID) and len(counts) > MAX_SHAPES
            kept = {FREE: counts.total()} if is_free else dict(counts)
            found.setdefault(rule, {}).setdefault(location, {})[group] = kept
        return found


def observe(
    evidence: Evidence, day: date, past: Past, redact: Callable[[str], str] = str
) -> Observed:
    """Count what the responses of a run show."""
    tally = _Tally()
    reader = _FieldCounter(evidence.operation, tally)
    reader.add(list(_list_things(evidence)))
    _count_messages(evidence, tally)
    _count_lists(evidence, tally)
    context = _identify(evidence.operation, past.account)
    survey = find_survey(evidence.walks)
    items = list(survey.items) if survey else []
    for found in compare_finished(evidence.operation, items, past, context):
        tally.add(*found)
    counts = tally.collect(redact)
    uncounted = _drop_maps(counts, reader.documented, reader.maps)
    final = sample_finished(evidence.operation, items, redact)
    return Observed(day, context, counts, final, uncounted)


def _identify(operation: Operation, account: str) -> str:
    """Return a hash of the settings that decide what a run sees."""
    roles = replace(operation.roles, inferred=frozenset())
    given = dict(operation.given) if roles.is_list else {}
    schemas = (operation.query_schema, operation.response_schema)
    parts = [operation.method, operation.path, *schemas, repr(roles), given, account]
    return make_hash(*parts)[:12]


def _list_things(evidence: Evidence) -> Iterator[tuple[Any, str]]:
    """Yield each item of the survey once, or each different body, and its folded location."""
    operation = evidence.operation
    if operation.roles.is_list:
        survey = find_survey(evidence.walks)
        items = survey.items if survey else ()
        different = {item.id or str(item.fields): item.fields for item in items}
        yield from ((fields, f"{operation.roles.items}/*") for fields in different.values())
        return
    bodies = [b for b in evidence.bodies if not b.exchange.case.query and b.decoded.readable]
    for body in {b.exchange.response: b for b in bodies}.values():
        yield body.decoded.value, ""


class _FieldCounter:
    """Counts the fields of things: presence, types, sizes of numbers, and shapes of texts."""

    def __init__(self, operation: Operation, tally: _Tally) -> None:
        self._operation, self._tally = operation, tally
        self.documented = frozenset(p.location for p in list_places(operation.response_schema))
        self._enumerated = _list_enumerated(operation)
        roles = operation.roles
        self._id = f"{roles.items}/*{roles.id}" if roles.is_list and roles.id else None
        self._names = defaultdict[str, set[str]](set)

    @property
    def maps(self) -> frozenset[str]:
        """The locations of objects with too many undocumented fields."""
        return frozenset(at for at, names in self._names.items() if len(names) > MAX_NAMES)

    def add(self, things: Sequence[tuple[Any, str]]) -> None:
        """Count things, each at its location, by state unless they have too many."""
        states = [self._find_state(thing) for thing, _ in things]
        has_few = len({*states}) <= MAX_GROUPS
        for (thing, at), state in zip(things, states, strict=True):
            self._add(thing, at, state if has_few else "")

    def _find_state(self, thing: Any) -> str:
        """Return the state of a thing, by which its fields may differ; empty if it has none."""
        lifecycle = self._operation.roles.lifecycle
        names = [lifecycle.field] if lifecycle else [pointer((name,)) for name in _STATES]
        values = (resolve(thing, name) for name in names)
        return next((v for v in values if isinstance(v, str) and len(v) <= MAX_LENGTH), "")

    def _add(self, value: Any, at: str, group: str) -> None:
        if value is None:
            return
        self._tally.add(PRESENCE, at, VALUE, group)
        if at not in self.documented:
            self._tally.add(TYPE, at, json_type(value))
        if isinstance(value, dict):
            for name, inner in value.items():
                place = self._enter(at, name)
                if inner is not None and (place in self.documented or self._has_room(at, place)):
                    self._add(inner, place, group)
        elif isinstance(value, list):
            for inner in value:
                self._add(inner, f"{at}/*", group)
        elif isinstance(value, str) and at not in self._enumerated:
            self._add_text(value, at)
        elif json_type(value) == "number":
            self._add_number(value, at)

    def _has_room(self, at: str, place: str) -> bool:
        """Return whether an object has few enough undocumented fields, one more included."""
        names = self._names[at]
        if len(names) <= MAX_NAMES:
            names.add(place)
        return len(names) <= MAX_NAMES

    def _add_number(self, value: float, at: str) -> None:
        size = abs(value)
        if size and (isinstance(size, int) or isfinite(size)):
            step = floor(STEPS * log10(size))
            self._tally.add(SCALE, at, str(max(-MAX_STEP, min(step, MAX_STEP))))

    def _add_text(self, text: str, at: str) -> None:
        """Count the shape of a text; a word with a number is made by a machine only in an id."""
        shape = describe_shape(text)
        is_free = ":" not in shape and not at.lower().endswith("id")
        self._tally.add(ID if at == self._id else SHAPE, at, FREE if is_free else shape)
        if _AMOUNT.fullmatch(text):
            self._add_number(float(text), at)

    def _enter(self, at: str, name: str) -> str:
        inner = at + pointer((name,))
        folded = f"{at}/*"
        return folded if inner not in self.documented and folded in self.documented else inner


@lru_cache(maxsize=64)
def _list_enumerated(operation: Operation) -> frozenset[str]:
    places = list_places(operation.response_schema)
    return frozenset(p.location for p in places if {"enum", "const"} & p.schema.keys())


def describe_shape(text: str) -> str:
    """Return the classes of the characters in a text and its length; of a counted id, no length.

    Classes are `9` for digits, `A` and `a` for letters, `?` for characters beyond ASCII, and other
    characters themselves: `-9a:36` is the shape of a UUID, `a_9` that of `job_17`.
    """
    if counted := _COUNTED_ID.fullmatch(text):
        return f"a{counted[1]}9"
    if len(text) > MAX_LENGTH:
        return FREE
    return f"{''.join(sorted(set(map(_name_class, text))))}:{len(text)}"


def _name_class(character: str) -> str:
    if not character.isascii():
        return "?"
    if character.isdigit():
        return "9"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return character


def _count_messages(evidence: Evidence, tally: _Tally) -> None:
    """Count the headers of accepted responses, and the statuses of refused requests."""
    for body in evidence.bodies:
        response = body.exchange.response
        tally.add(HEADER, HEADERS, VALUE)
        for name in {name for name, _ in response.headers} if response else ():
            if USEFUL.fullmatch(name):
                tally.add(HEADER, f"{HEADERS}/{name}", VALUE)
    for exchange in evidence.exchanges:
        if name := name_refusal(exchange):
            tally.add(REJECTION, "status", str(exchange.status), name)


def name_refusal(exchange: Exchange) -> str:
    """Return why a request was refused, if the documentation says that it is; else empty."""
    case, status = exchange.case, exchange.status
    if not 400 <= status < 500 or status == TOO_MANY_REQUESTS:
        return ""
    if case.question.credentials != "valid":
        return f"{case.question.credentials} credentials"
    expected = case.expectation
    if expected.answer is not Expected.REJECTED or expected.parameter is None:
        return ""
    return f"{expected.parameter} {expected.keyword or ''}".rstrip()


def _count_lists(evidence: Evidence, tally: _Tally) -> None:
    """Count the items of the list, and of the first page where no size is asked for."""
    where = evidence.operation.roles.items or ""
    survey = find_survey(evidence.walks)
    if survey is not None and survey.reached_end:
        tally.add(ITEMS, where, "items", number=len(list(survey.items)))
    for walk in evidence.walks:
        first, *others = walk.pages
        if walk.size is None and not walk.case.query and others and others[0].items:
            tally.add(PAGE_SIZE, where, str(len(first.items)))


def _drop_maps(
    counts: Mapping[str, dict[str, Any]], documented: frozenset[str], maps: frozenset[str]
) -> tuple[str, ...]:
    """Remove the fields of maps, and of too many locations; return where fields are missing."""
    places = counts.get(PRESENCE, {})
    dropped = {p for p in places if p not in documented and _is_inside(p, maps)}
    left = sorted(set(places) - dropped, key=lambda p: (p not in documented, p.count("/"), p))
    cut = left[MAX_PLACES:]
    for rule in (PRESENCE, TYPE, SCALE, SHAPE):
        for place in (*dropped, *cut):
            counts.get(rule, {}).pop(place, None)
    return tuple(sorted({*maps, *(place.rpartition("/")[0] for place in cut)}))


def _is_inside(place: str, maps: frozenset[str]) -> bool:
    """Return whether a location is a part of one of some objects."""
    while place:
        place = place.rpartition("/")[0]
        if place in maps:
            return True
    return False


CONSTANCY: Final = "habit.constancy"
FINAL: Final = "habit.final"

SAME: Final = "same"
CHANGED: Final = "changed"

MAX_ITEMS: Final = 40
"""Maximum number of finished items whose hashes a run keeps: the smallest hashes, so that all runs
keep the same items."""

MAX_FIELDS: Final = 30
DIGITS: Final = 4
"""Hexadecimal digits of the hash of a value: one change in 65,536 is not noticed."""


def sample_finished(
    operation: Operation, items: Iterable[Item], redact: Callable[[str], str] = str
) -> Sample | None:
    """Return hashes of finished items; None if the contract does not say which are finished."""
    lifecycle, where = operation.roles.lifecycle, operation.roles.id
    if lifecycle is None or where is None:
        return None
    ids = {make_hash(operation.id, each.id)[:8]: each.fields for each in items if each.id}
    final = [k for k, each in ids.items() if lifecycle.is_final(resolve(each, lifecycle.field))]
    chosen = {key: ids[key] for key in sorted(final)[:MAX_ITEMS]}
    every = {n for each in chosen.values() for n in each if pointer((n,)) != where}
    names = sorted(name for name in every if redact(name) == name)[:MAX_FIELDS]
    return Sample(
        tuple(names),
        {
            key: "".join(_hash_field(key, each, name) for name in names)
            for key, each in chosen.items()
        },
    )


def compare_finished(
    operation: Operation, items: Iterable[Item], past: Past, context: str
) -> Iterator[tuple[str, str, str]]:
    """Yield rule, location and outcome for each field of each item that was finished before.

    A field is compared with the latest night on which its habit had not ended, or on which somebody
    accepted that. So a change is seen until then.
    """
    lifecycle = operation.roles.lifecycle
    nights = [each for each in past.nights if each.observed.context == context]
    if lifecycle is None or not nights:
        return
    now = {make_hash(operation.id, each.id)[:8]: each.fields for each in items if each.id}
    for name in {n for each in nights for n in (each.observed.final or Sample()).fields}:
        at = f"{operation.roles.items}/*{pointer((name,))}"
        rule = FINAL if pointer((name,)) == lifecycle.field else CONSTANCY
        for key, before in _find_hashes(nights, (rule, at), name):
            if (here := now.get(key)) is not None and name in here:
                is_same = _hash_field(key, here, name) == before
                yield rule, at, SAME if is_same else CHANGED


def _find_hashes(
    nights: Iterable[Night], rule: tuple[str, str], name: str
) -> Iterator[tuple[str, str]]:
    """Yield each item of the night to compare with, and the hash of one field of it."""
    usable = [night for night in nights if night.changed.get(rule) != ""]
    last = usable[-1].observed.final if usable else None
    if last is None or name not in last.fields:
        return
    at = last.fields.index(name) * DIGITS
    for key, hashes in last.items.items():
        if (found := hashes[at : at + DIGITS]) != "-" * DIGITS:
            yield key, found


def _hash_field(key: str, fields: Mapping[str, Any], name: str) -> str:
    return make_hash(key, name, fields[name])[:DIGITS] if name in fields else "-" * DIGITS


def make_hash(*parts: Any) -> str:
    """Return the SHA-256 hash of some values, as JSON."""
    return sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
