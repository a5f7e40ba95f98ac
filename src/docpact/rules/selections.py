"""Selections: a response has the fields and things that a query chooses, adds or includes.

JSON:API 1.1, section 7.3, defines included things.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from docpact.model import Exchange, Expected, Operation, Promise, Question
from docpact.model.path import make_singular, snake_case
from docpact.model.pointer import mapping_of, resolve, to_list
from docpact.model.schema import place
from docpact.rules.comparison import is_same
from docpact.rules.evidence import Body, Evidence
from docpact.rules.responses.field_choices import Fields, Selection, chooses_fields, find_selections
from docpact.rules.rule import Broken, Judged, group_breaches, rule
from docpact.rules.walks.pages import as_text, read_items
from docpact.text import excerpt

FEW: Final = 50
"""Up to this number of items, items without ids are compared with all others."""


@dataclass(frozen=True, slots=True)
class SelectedResponse:
    """A response to a selection, between two responses to the request without it.

    Attributes:
        exchange: with the response.
        asked: the names that the query states.
        pairs: each item, and the same item as the other two responses show it; if it has no id,
            all items of unchanged lists.
    """

    exchange: Exchange
    asked: tuple[str, ...]
    pairs: tuple[tuple[Fields, tuple[Fields, ...]], ...]


def _find_looks(evidence: Evidence, selection: Selection) -> Iterator[SelectedResponse]:
    cases = [body.exchange.case for body in evidence.bodies]
    plain = [n for n, c in enumerate(cases) if c.question == Question() and c.visit.page == 1]
    for number, body in enumerate(evidence.bodies):
        asked = _read_asked(body.exchange, selection)
        before, after = [n for n in plain if n < number], [n for n in plain if n > number]
        if asked and before and after:
            around = (evidence.bodies[before[-1]], evidence.bodies[after[0]])
            pairs = tuple(
                (_narrow(item, selection), tuple(_narrow(each, selection) for each in known))
                for item, known in _pair(evidence.operation, body, *around)
            )
            yield SelectedResponse(body.exchange, asked, pairs)


def _read_asked(exchange: Exchange, selection: Selection) -> tuple[str, ...]:
    """Return the known names that a query states if it states nothing else."""
    case, parameter = exchange.case, selection.parameter
    texts = [text for name, text in case.query if name == parameter.name]
    names = tuple(name for text in texts for name in text.split(","))
    is_plain = case.question == Question(case.query) and len(texts) == len(case.query)
    is_usual = case.expectation.answer is not Expected.REJECTED and (
        len(names) == 1 or selection.takes_several
    )
    return names if is_plain and is_usual and {*names} <= {*selection.names} else ()


def _pair(
    operation: Operation, chosen: Body, before: Body, after: Body
) -> Iterator[tuple[Fields, tuple[Fields, ...]]]:
    shown, one, other = (_read_things(operation, body) for body in (chosen, before, after))
    if not operation.roles.is_list:
        yield from ((item, (*one, *other)) for item in shown if one and other)
        return
    where = operation.roles.id or "/id"
    groups = [_group(items, where) for items in (shown, one, other)]
    for name, items in groups[0].items():
        same = [group.get(name, []) for group in groups]
        if name is not None and [*map(len, same)] == [1, 1, 1]:
            yield items[0], (same[1][0], same[2][0])
    unnamed = groups[0].get(None, [])
    if one == other and len(unnamed) == len(one) <= FEW:
        yield from ((item, tuple(one)) for item in unnamed)


def _narrow(item: Fields, selection: Selection) -> Fields:
    """Return the part of a thing that a selection is about."""
    found = resolve(item, selection.within)
    return found if isinstance(found, dict) else {}


def _group(items: Sequence[Fields], where: str) -> dict[str | None, list[Fields]]:
    found: dict[str | None, list[Fields]] = {}
    for item in items:
        found.setdefault(as_text(resolve(item, where)), []).append(item)
    return found


def _read_things(operation: Operation, body: Body) -> list[Fields]:
    """Return the items of a list, or the one thing that is returned."""
    value = body.decoded.value
    if operation.roles.is_list:
        return [item.fields for item in read_items(operation, value)]
    return [value] if isinstance(value, dict) else []


def _is_confirmed(selection: Selection, looks: Sequence[SelectedResponse]) -> bool:
    """Return whether a response keeps a field that was chosen, and omits another one."""
    return any(
        any(field in item for field in look.asked)
        and any(selection.may_omit(n) and n not in item for n in _list_common(known))
        for look in looks
        for item, known in look.pairs
    )


def _list_common(known: Sequence[Fields]) -> set[str]:
    return {*known[0]}.intersection(*known)


def _find_fault(selection: Selection, look: SelectedResponse, *, is_sure: bool) -> str | None:
    """Return how a response differs from a selection, in one short line."""
    if selection.adds:
        return _find_lost(look) or _find_other(selection, look)
    for item, known in look.pairs:
        for field in look.asked:
            fault = _find_change(field, item, known)
            is_gone = is_sure and all(path[-1] != field for path in _list_paths(item))
            if fault is not None and (item.get(field) or is_gone):
                return fault
    if selection.restricts and _is_ignored(look):
        others = [
            name
            for item, _ in look.pairs
            for name, value in item.items()
            if value and selection.may_omit(name) and name not in look.asked
        ]
        return f"all other fields too, e.g. {others[0]}" if others else None
    return None


def _find_change(field: str, item: Fields, known: Sequence[Fields]) -> str | None:
    """Return how a field differs from its value in other responses, if these agree."""
    values = [each.get(field) for each in known]
    if any(value is None for value in values):
        return None
    if field not in item:
        return f"no {field}, which the response without the parameter has"
    is_stable = len(values) != 2 or is_same(*values)
    if is_stable and not any(is_same(value, item[field]) for value in values):
        return f"{field} {excerpt(item[field], 40)}, otherwise {excerpt(values[0], 40)}"
    return None


def _is_ignored(look: SelectedResponse) -> bool:
    """Return whether every item has all its fields, at any depth, with one that was chosen."""
    return all(
        {*_list_paths(item)} >= set.intersection(*({*_list_paths(each)} for each in known))
        and not {*look.asked}.isdisjoint(_list_common(known))
        for item, known in look.pairs
    )


def _list_paths(value: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the paths of fields with a value; servers may show absent ones as null, empty or 0."""
    if isinstance(value, dict):
        for name, each in value.items():
            if each:
                yield (*above, name)
                yield from _list_paths(each, (*above, name))
    elif isinstance(value, list):
        for each in value:
            yield from _list_paths(each, above)


def _find_lost(look: SelectedResponse) -> str | None:
    """Return the field that is lost where others are added; a name may give way to its thing."""
    for item, known in look.pairs:
        added = {*item}.difference(*known)
        for field in sorted(_list_common(known)) if added else ():
            value = known[0][field]
            is_count = isinstance(value, int | float) and field in item
            is_scalar = not isinstance(value, dict | list) and not is_count
            is_moved = any(w in field or field in w for w in (*added, *look.asked))
            if is_scalar and not is_moved and (fault := _find_change(field, item, known)):
                return fault
    return None


def _find_other(selection: Selection, look: SelectedResponse) -> str | None:
    """Return the thing that is shown for the name of another one, or that no item shows.

    No value of another thing repeats the name; `owner_id` may name an `owner`, too, if it is the id
    of one that is shown.
    """
    is_whole = all(_list_common(known) <= {*item} for item, known in look.pairs)
    for field in look.asked:
        ids = (field, f"{field}_id", f"{field}Id")
        found = [(item.get(field), _list_names(known, *ids)) for item, known in look.pairs]
        held = {name for _, names in found for name in names}
        is_name = any(_list_names(known, field) for _, known in look.pairs)
        for thing, names in found:
            fields = mapping_of(thing)
            if (one := as_text(fields.get("id"))) and len(names) == 1 and (is_name or one in held):
                shown, (name,) = filter(None, map(as_text, fields.values())), names
                if not any(_may_contain(text, name) for text in shown):
                    return f"{field} with the id {excerpt(fields['id'], 40)}, otherwise {name}"
        named = all(names for _, names in found) or _count(look, field) > 0
        is_shown = any(isinstance(thing, dict | list) for thing, _ in found)
        is_missed = is_whole and len(found) > 1 and named and not is_shown
        if field in selection.things and is_missed:
            return f"no {field}, although items name or count them"
    return None


def _may_contain(text: str, name: str) -> bool:
    """Return whether a text and a name may be of the same thing, as `7` and `projects/7` are."""
    return text == name or (not name.isdigit() and (text in name or name in text))


def _count(look: SelectedResponse, field: str) -> int:
    """Return the largest number of things that an item states in a field such as `tag_count`."""
    names = {f"{each}_count" for each in (field, make_singular(field))}
    values = (v for _, known in look.pairs for n, v in known[0].items() if snake_case(n) in names)
    return max((value for value in values if type(value) is int), default=0)


def _list_names(known: Sequence[Fields], *fields: str) -> set[str]:
    return {text for each in known for name in fields if (text := as_text(each.get(name)))}


@rule(
    "query.selection",
    "A client misses the fields that it asked for, or reads wrong values.",
    needs_own_requests=True,
)
def judge_selections(evidence: Evidence) -> Iterator[Judged]:
    """A query that chooses fields gets them unchanged, and one that adds some keeps the others."""
    for selection in find_selections(evidence.operation):
        looks = [each for each in _find_looks(evidence, selection) if each.pairs]
        is_confirmed = _is_confirmed(selection, looks)
        name, tested = selection.parameter.name, selection.is_documented or is_confirmed
        others = " and no others" if selection.restricts else ""
        stated = "the other fields as before" if selection.adds else f"the chosen fields{others}"
        source = evidence.operation.description_source(name)
        promise = Promise("query.selection", f"query/{name}", stated, source)
        looks = looks if tested else []
        is_sure = selection.is_listed or is_confirmed
        faults = ((each.exchange, _find_fault(selection, each, is_sure=is_sure)) for each in looks)
        later = [*_find_forgotten(evidence, selection)] if tested else []
        count = len(looks) + len(later)
        broken = [
            Broken(exchange, promise.location, text) for exchange, text in (*faults, *later) if text
        ]
        yield promise, count, group_breaches(broken, count)


def _find_forgotten(
    evidence: Evidence, selection: Selection
) -> Iterator[tuple[Exchange, str | None]]:
    """Yield each later page of a selection, and how its items differ from those of a first page.

    A first page with the same selection shows the same items without fields that a later one has,
    or with a chosen field that the later one lacks.
    """
    where = evidence.operation.roles.id or "/id"
    first: dict[tuple[str, ...], dict[str | None, Fields]] = {}
    for body in evidence.bodies:
        if asked := _read_asked(body.exchange, selection):
            items = _group(_read_things(evidence.operation, body), where).items()
            first[asked] = {one: found[0] for one, found in items if one and len(found) == 1}
    for body in evidence.bodies:
        case = body.exchange.case
        texts = [text for name, text in case.question.query if name == selection.parameter.name]
        asked = tuple(name for text in texts for name in text.split(","))
        if case.visit.page == 1 or asked not in first:
            continue
        shown = [
            (item, first[asked][one])
            for item in _read_things(evidence.operation, body)
            if (one := as_text(resolve(item, where))) in first[asked]
        ]
        if shown:
            yield body.exchange, _find_difference(selection, asked, shown)


def _find_difference(
    selection: Selection, asked: tuple[str, ...], shown: Sequence[tuple[Fields, Fields]]
) -> str | None:
    """Return how items of a later page differ from the same ones on a first page."""
    usual = {name for _, before in shown for name in _narrow(before, selection)}
    for item, before in shown:
        now, earlier = _narrow(item, selection), _narrow(before, selection)
        more = [n for n, each in now.items() if each and n not in usual and selection.may_omit(n)]
        lost = [name for name in asked if earlier.get(name) and name not in now]
        if lost or (more and not selection.adds):
            return f"{'no' if lost else 'also'} {[*lost, *more][0]} on a later page"
    return None


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
        Broken(body.exchange, INCLUDED, problem)
        for body in bodies
        for problem in _find_wrong_things(body)
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


def _find_wrong_things(body: Body) -> Iterator[str]:
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
    for one in filter(None, asked):
        for name in (n for thing in primary for n in list_links(thing, one)):
            if name not in known:
                yield f"no {' '.join(map(excerpt, name))} with {INCLUDE}={excerpt(one)}"
                return


def list_things(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of an array, or the object that is there instead of an array."""
    return (each for each in to_list(value) if isinstance(each, Mapping))


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


RULES: Final = (judge_selections, judge_included)
