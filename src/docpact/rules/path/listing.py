"""The rules about a thing, or a count of things, and the list that shows them: both agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, NamedTuple

from docpact.cases.names import find_text, write_name
from docpact.model import Breach, Exchange, Operation, Parameter, Promise, Query, Question, Schema
from docpact.model.path import snake_case
from docpact.model.pointer import Tokens, pointer, resolve
from docpact.model.schema import child, list_nested_fields
from docpact.rules.evidence import Evidence
from docpact.rules.path.below import judge_below
from docpact.rules.path.likeness import is_alike, is_cased, is_part
from docpact.rules.rule import Broken, Judged, group_breaches, make_breach, rule
from docpact.rules.stability.agreement import ABOUT_REQUEST, CERTAIN, DEPTH, LEAST, count_flips
from docpact.rules.walks.pages import Item, read_items, show_id
from docpact.text import excerpt, pluralize

CONTRADICTED: Final = "path.listed"
UNLISTED: Final = "path.unlisted"

LISTED: Final = "listed"
"""Used as keyword for a case whose path names a thing that a list shows."""

ELSEWHERE: Final = "elsewhere"
"""Used as keyword for a case whose path names such a thing below another parent."""

COUNTED: Final = "counted"
"""Used as keyword for a case whose answer counts the items of a list."""

GONE: Final = (404, 410)
"""Statuses of a response to a request for a thing that does not exist."""

SEEN: Final = 2
"""Number of times that a value must have changed for a note: the thing is read before and after."""


class _ShownThing(NamedTuple):
    """A thing as one response shows it.

    Attributes:
        name: the text that names it in a path.
        fields: its fields.
        where: path of the object that has them in the body of its own operation.
        exchange: with the response, None for that of the list.
    """

    name: str
    fields: Mapping[str, Any]
    where: Tokens
    exchange: Exchange | None


@dataclass(frozen=True, slots=True)
class _Difference:
    """A field that the list and the thing itself show differently.

    Attributes:
        one: name of the thing.
        values: in the list, and of the thing.
        exchange: the last one that shows the thing.
        flips: how often the value must have changed to explain that.
        is_partial: whether one of them only lacks values that the other one has.
    """

    one: str
    values: tuple[Any, Any]
    exchange: Exchange
    flips: int
    is_partial: bool

    @property
    def is_plain(self) -> bool:
        """Whether the values differ in more than the case of one word, which may be a code."""
        listed, own = self.values
        return not is_cased(listed, own) or " " in listed


@rule("path.listed", "A client that reads a thing and its list gets contradictory data.")
def judge_listed(evidence: Evidence) -> Iterator[Judged]:
    """A thing has the values that the list shows, if both document it in the same way."""
    operation = evidence.operation
    parameter = operation.last_parameter
    if operation.roles.count is not None:
        yield from _judge_count(evidence)
    is_thing = operation.method == "GET" and operation.is_json and not operation.roles.is_list
    if parameter is None or not is_thing:
        yield from judge_below(evidence, UNLISTED)
        return
    looks = list(_find_looks(evidence, parameter))
    lacking, found = list[Tokens](), {CONTRADICTED: list[Breach](), UNLISTED: list[Breach]()}
    for where, path in _list_fields(evidence, looks):
        if any(path[: len(outer)] == outer for outer in lacking):
            continue
        differences = [each for each in (_compare(seen, path) for seen in looks) if each]
        if _has_reason(evidence, looks, path, differences):
            continue
        whole = [each for each in differences if not each.is_partial]
        if len(whole) < len(differences):
            lacking.append(path)
        is_same_kind = _is_same_thing(evidence, where) and not _is_count(path)
        is_serious = is_same_kind and sum(each.is_plain for each in whole) >= LEAST
        if differences:
            about = (pointer((*where, *path)), len(looks), is_serious)
            found[CONTRADICTED if is_serious else UNLISTED] += _report(differences, *about)
    is_of_names = next(list_items(evidence), None) is None
    asked = [e for e in evidence.exchanges if is_of_names and e.case.expectation.keyword == LISTED]
    if looks or asked:
        found[UNLISTED] += _find_missing(evidence, parameter.name, len(looks))
    for each, breaches in found.items():
        promise = Promise(each, f"path/{parameter.name}", "the values that the list shows")
        yield promise, len(looks) + len(asked) * (each == UNLISTED), tuple(breaches)


def _has_reason(
    evidence: Evidence, looks: list[list[_ShownThing]], path: Tokens, differences: list[_Difference]
) -> bool:
    """Return whether the list leaves a field out, or usually counts other things."""
    shown = [{str(resolve(look.fields, pointer(path))) for look in seen} for seen in looks]
    alike = sum(len(values) == 1 and values != {"None"} for values in shown)
    if _is_count(path) and alike <= len(differences):
        return True
    return any(each.is_partial for each in differences) and not _is_filled(evidence, path)


def _is_count(path: Tokens) -> bool:
    """Return whether a field counts things, perhaps only those that the reader may see."""
    return snake_case(str(path[-1])).endswith("_count")


def _is_filled(evidence: Evidence, path: Tokens) -> bool:
    """Return whether the list shows a value of a field, so that it does not leave the field out."""
    shown = (resolve(item.fields, pointer(path)) for item in list_items(evidence))
    return any(value not in (None, "", []) for value in shown)


def list_items(evidence: Evidence) -> Iterator[Item]:
    """Yield the items that the list of the things shows."""
    if (listing := evidence.listing) is not None:
        for page in chain.from_iterable(pages for _, pages in listing.looks):
            yield from read_items(listing.operation, page)


def _find_missing(evidence: Evidence, name: str, count: int) -> Iterator[Breach]:
    """Yield the answer that a listed thing does not exist, or the other way round.

    A thing that names its own parent, and not the one that was asked for, breaks `path.identity`.
    """
    above = {n: where for n, where in evidence.operation.roles.path.items() if n != name}
    bodies = {id(body.exchange): body.decoded.value for body in evidence.bodies}

    def names_parent(exchange: Exchange) -> bool:
        asked, body = dict(exchange.case.question.path), bodies.get(id(exchange))
        return all(
            write_name(resolve(body, above[each], default=None)) == asked[each]
            for each in asked.keys() & above.keys()
        )

    def is_wrong(exchange: Exchange) -> bool:
        keyword, status = exchange.case.expectation.keyword, exchange.status
        is_found = evidence.operation.is_main(status) and names_parent(exchange)
        return status in GONE if keyword == LISTED else keyword == ELSEWHERE and is_found

    about = (e for e in evidence.exchanges if e.case.expectation.parameter == name)
    missing = [*filter(is_wrong, about)]
    if missing:
        observed = f"{missing[0].status} to the {missing[0].case.title}"
        number = count + len(missing)
        yield make_breach(f"path/{name}", observed, missing, observations=number)


def _report(
    differences: list[_Difference], where: str, count: int, is_serious: bool
) -> Iterator[Breach]:
    most = max(each.flips for each in differences)
    first = next(each for each in differences if each.flips == most)
    if not is_serious and most < SEEN:
        return
    listed, own = (excerpt(value, 32) for value in first.values)
    observed = (
        f"{pluralize(len(differences), 'thing')} of {count:,} with another value in the list, "
        f"e.g. {show_id(first.one)} with {listed}, otherwise {own}"
    )
    yield make_breach(
        where,
        observed,
        [first.exchange, *(each.exchange for each in differences)],
        count=len(differences),
        observations=count,
        confirmed=not is_serious or sum(e.flips >= CERTAIN for e in differences) >= LEAST,
    )


def _find_looks(evidence: Evidence, parameter: Parameter) -> Iterator[list[_ShownThing]]:
    """Yield the looks at each thing that the list and its own operation show, in time."""
    listing = evidence.listing
    if listing is None:
        return
    times = {id(each): number for number, each in enumerate(evidence.exchanges)}
    looks: dict[str, list[tuple[float, _ShownThing]]] = {}
    for number, pages in listing.looks:
        shown = [read_items(listing.operation, value) for value in pages]
        if any(len({item.id for item in items}) < len(items) for items in shown):
            return
        for item in chain.from_iterable(shown):
            name = find_text(item.fields, parameter, listing.operation) or ""
            look = _ShownThing(name, item.fields, (), None)
            looks.setdefault(name, []).append((number - 0.5, look))
    for body in evidence.bodies:
        asked = body.exchange.case
        if asked.query or asked.expectation.keyword == ELSEWHERE:
            continue
        known = [
            _ShownThing(text, thing, path, body.exchange)
            for path, thing in _list_things(body.decoded.value)
            if (text := find_text(thing, parameter, listing.operation)) and text in looks
        ]
        if known:
            look = max(
                known, key=lambda e: len(e.fields.keys() & looks[e.name][0][1].fields.keys())
            )
            looks[look.name].append((times[id(body.exchange)], look))
    for seen in looks.values():
        ordered = [look for _, look in sorted(seen, key=lambda pair: pair[0])]
        if len({look.exchange is None for look in ordered}) > 1:
            yield ordered


def _list_things(value: Any) -> Iterator[tuple[Tokens, Mapping[str, Any]]]:
    """Yield a body that is an object, and the objects in it, with their paths."""
    if isinstance(value, Mapping):
        yield (), value
        for name, inner in value.items():
            if isinstance(inner, Mapping):
                yield (name,), inner


def _list_fields(
    evidence: Evidence, looks: list[list[_ShownThing]]
) -> Iterator[tuple[Tokens, Tokens]]:
    """Yield the paths of the thing and of each field in it that both operations document alike."""
    listing = evidence.listing
    places = dict.fromkeys(look.where for seen in looks for look in seen if look.exchange)
    if listing is None or len(places) != 1:
        return
    in_list = dict(list_nested_fields(listing.operation.item_schema, DEPTH))
    for where in places:
        for path, schema in list_nested_fields(_find_schema(evidence, where), DEPTH):
            named = path[:-1] if _is_count(path) else path
            is_odd = any(ABOUT_REQUEST.fullmatch(snake_case(str(name))) for name in named)
            if not is_odd and path in in_list and _state(in_list[path]) == _state(schema):
                yield where, path


def _state(schema: Schema) -> Mapping[str, Any]:
    """Return the keywords of a schema, without its definitions."""
    return {name: value for name, value in schema.items() if name != "$defs"}


def _find_schema(evidence: Evidence, where: Tokens) -> Schema:
    schema = evidence.operation.response_schema
    for name in where:
        schema = child(schema, "properties", name) if name in schema.get("properties", {}) else {}
    return schema


def _is_same_thing(evidence: Evidence, where: Tokens) -> bool:
    """Return whether both operations document the same fields with the same types."""
    listing, own = evidence.listing, _find_schema(evidence, where)
    in_list = listing.operation.item_schema if listing else {}
    return "properties" in own and own["properties"] == in_list.get("properties")


def _compare(looks: list[_ShownThing], path: Tokens) -> _Difference | None:
    """Return the difference of a field, if all looks of each operation agree."""
    where = pointer(path)
    values: dict[bool, list[Any]] = {True: [], False: []}
    for look in looks:
        values[look.exchange is None].append(resolve(look.fields, where))
    for each in values.values():
        if any(value != each[0] or type(value) is not type(each[0]) for value in each):
            return None
    listed, own = values[True][0], values[False][0]
    if isinstance(listed, Mapping) and isinstance(own, Mapping):
        return None
    is_partial = _lacks(listed, own) and _shows(looks, path)
    if not is_partial and is_alike(listed, own) and not is_cased(listed, own):
        return None
    last = next(look for look in reversed(looks) if look.exchange is not None)
    flips = count_flips([{look.exchange is None} for look in looks])
    if last.exchange is None:
        return None
    return _Difference(last.name, (listed, own), last.exchange, flips, is_partial)


def _lacks(listed: Any, own: Any) -> bool:
    """Return whether only the thing shows a value, or it shows fewer elements than the list."""
    if isinstance(listed, list) and isinstance(own, list):
        return (not listed and bool(own)) or (len(own) < len(listed) and is_part(own, listed))
    return listed is None and own is not None


def _shows(looks: list[_ShownThing], path: Tokens) -> bool:
    """Return whether the list shows a field, perhaps as null: it may leave fields out."""
    *above, name = path
    shown = [resolve(e.fields, pointer(above), default=None) for e in looks if e.exchange is None]
    return all(isinstance(each, Mapping) and name in each for each in shown)


def _judge_count(evidence: Evidence) -> Iterator[Judged]:
    """Judge a count by its list: certain if it is documented to be that of the matching items.

    If nothing says so, it may count some of them; where it agrees without filters, it must agree
    with filters, too.
    """
    operation, where, listing = evidence.operation, evidence.operation.roles.count, evidence.listing
    seen: dict[Query, tuple[set[Any], set[Any]]] = {}
    last: dict[Query, Exchange] = {}
    if listing is not None:
        for query, number in listing.counts:
            if _choose_alike(operation, listing.operation, query):
                seen.setdefault(query, (set(), set()))[1].add(number)
    for body in evidence.bodies:
        query = body.exchange.case.query
        if query in seen and body.exchange.case.question == Question(query):
            seen[query][0].add(resolve(body.decoded.value, where or "", default=None))
            last[query] = body.exchange
    stable = ((q, *own, *shown) for q, (own, shown) in seen.items() if len(own) == len(shown) == 1)
    known = [
        (query, count, number) for query, count, number in stable if None not in (count, number)
    ]
    agrees = any(count == number for query, count, number in known if not query)
    wrong = [
        Broken(
            last[query], where or "", f"{count} for {last[query].case.label}, a list of {number}"
        )
        for query, count, number in known
        if count != number
    ]
    about = CONTRADICTED if agrees or operation.roles.counts == "matching" else UNLISTED
    for each in (CONTRADICTED, UNLISTED):
        promise = Promise(each, where or "", "the number of items that the list shows")
        yield promise, len(known), group_breaches(wrong if each == about else (), len(known))


def _choose_alike(operation: Operation, listing: Operation, query: Query) -> bool:
    """Return whether a count and a list choose by the same defaults, pages and orders apart."""
    roles = listing.roles
    others = {roles.size_parameter, roles.paging_parameter, *roles.orders}
    others |= {name for name, _ in query}
    own, shown = (
        {p.name: p.schema["default"] for p in each.query_parameters if "default" in p.schema}
        for each in (operation, listing)
    )
    return all(own.get(name) == shown.get(name) for name in {*own, *shown} - others)


RULES: Final = (
    judge_listed,
    judge_listed.suspect(
        UNLISTED,
        "A thing has the values that the list shows, if the field is documented in the same way.",
        "A client that reads a thing and its list may get other data.",
    ),
)
