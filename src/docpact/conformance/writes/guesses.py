"""Searches by fields of a body that have the names of fields of the items, or bound them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from docpact.bodies.engine import is_valid
from docpact.cases.parts import put
from docpact.cases.request_bodies import Sent
from docpact.cases.texts import list_parts
from docpact.model import Operation, Schema
from docpact.model.paging import TELLING_SIZES, plain
from docpact.model.pointer import Tokens, change_at, pointer, resolve, tokens
from docpact.model.roles import WORD, Bound, Order
from docpact.model.schema import child, whole_place
from docpact.rules.comparison import list_field_schemas
from docpact.rules.evidence import Action
from docpact.rules.filters.bounds import NONSENSE, make_key, make_side
from docpact.rules.walks.pages import as_text

MOST_ORDERS: Final = 4
"""Number of orders of one field that are tested."""

SKIPPED: Final = 1
"""Number of items that a search skips."""

_SAYS_SKIP: Final = re.compile(r"\b(skip(s|ped)?|offset)\b(?!.*\b(1|one)\b)", re.IGNORECASE)
"""Descriptions of the number of items that a search skips, and not of a place from 1 on."""

_SAYS_PAGE: Final = re.compile(
    r"\bpage (number|index)\b|\b(number|index) of (the|a) page\b|\b(which|the) page\b",
    re.IGNORECASE,
)
"""Descriptions of the number of a page."""

_SKIPS: Final = ("offset", "skip")
"""Names of a number of items to skip that hardly mean anything else."""


class Guess(NamedTuple):
    """A search that the names, or the descriptions, of the fields of its body suggest.

    Attributes:
        action: `stated` if a description documents the effect of the field, and otherwise `guess`;
            `sort`; `skip`, or `guessed skip` if only its name suggests that it skips items.
        sent: its body.
        expected: item pointer → value of the field, or its limit; or the field of the body → number
            of items that it skips.
        bound: of the field; None if items have the value.
        order: of the items; None if it is any.
    """

    action: Action
    sent: Sent
    expected: Mapping[str, Any]
    bound: Bound | None = None
    order: Order | None = None


def list_guesses(
    operation: Operation, schema: Schema, least: Any, place: Tokens, items: Sequence[Any]
) -> Iterator[Guess]:
    """Yield searches by values that some items have, and others have not; in an order; in parts.

    Args:
        operation: the search.
        schema: of its body.
        least: a body that selects nothing.
        place: of the object in the body that has the fields.
        items: as a search by nothing shows them.
    """
    from docpact.capture.roles.inference import Texts, roles  # most checks need no capture: 0.2 s

    def write(name: str, value: Any, base: Any = least) -> Sent | None:
        bodies = (change_at(base, (*place, name), put(each)) for each in (value, [value]))
        body = next((each for each in bodies if is_valid(schema, each)), None)
        return None if body is None else Sent(f"{name} {value}", body, name)

    part = whole_place(schema, pointer(place))
    described = operation.request_body.descriptions
    texts = {
        tokens(where)[-1]: text
        for where, text in described.items()
        if tokens(where)[:-1] == (*place,)
    }
    found = roles(operation.path, part, operation.response_schema, Texts(query=texts))
    for role in ("filters", "bounds"):
        for name, each in found.get(role, {}).items():
            bound = _read_bound(each["value"]) if role == "bounds" else None
            is_stated = "documented" in each and not _has_listed(part, name)
            action: Action = "stated" if is_stated else "guess"
            where: str = each["value"] if bound is None else bound.field
            values = [resolve(item, where) for item in items]
            is_side = bound is None or (bound.relation is None and bound.unit is None)
            for value in _choose_values(values, bound) if is_side else ():
                if sent := write(name, value):
                    yield Guess(action, sent, {where: value}, bound)
    for name, each in found.get("orders", {}).items():
        for stated in each["value"][:MOST_ORDERS]:
            order = Order((), stated["field"], stated["descending"], (*stated.get("within", ()),))
            is_known = len(stated["query"]) == 1 and "grouped" not in stated
            is_known = is_known and _is_exact(items, order.field)
            if is_known and (sent := write(name, stated["query"][0][1])):
                yield Guess("sort", sent, {}, order=order)
    yield from _list_skips(found, part, texts, write)


def _list_skips(
    found: Mapping[str, Any],
    part: Schema,
    texts: Mapping[str, str],
    write: Callable[..., Sent | None],
) -> Iterator[Guess]:
    """Yield searches that skip items, by their number or as a page of one item."""
    offset, page, size = (
        found.get(f"{each}_parameter", {}).get("value", "") for each in ("offset", "page", "size")
    )
    text = texts.get(offset, "")
    is_plain = not text and plain(offset) in _SKIPS
    if (is_plain or _SAYS_SKIP.search(text)) and (sent := write(offset, SKIPPED)):
        yield Guess("guessed skip" if is_plain else "skip", sent, {offset: SKIPPED})
    one = write(size, 1) if plain(size) in TELLING_SIZES else None
    first = _find_first(part, page)
    if one and first is not None and (sent := write(page, first + 1, one.body)):
        is_said = _SAYS_PAGE.search(texts.get(page, ""))
        yield Guess("skip" if is_said else "guessed skip", sent, {page: 1})


def _find_first(schema: Schema, page: str) -> int | None:
    """Return the documented number of the first page, by the default or the minimum of a field."""
    fields = list_field_schemas(schema, page) if page else []
    stated = [each[key] for key in ("default", "minimum") for each in fields if key in each]
    return next((number for number in stated[:1] if number in (0, 1)), None)


def _has_listed(schema: Schema, name: str) -> bool:
    """Return whether the values of a field are listed: others search by each of them."""
    fields = list_field_schemas(schema, name)
    parts = (child(each, "items") if "items" in each else each for each in fields)
    return any("enum" in each for each in parts)


def _read_bound(stated: Mapping[str, Any]) -> Bound:
    value = {**stated, "among": tuple(stated.get("among", ()))}
    return Bound(is_lower=value.pop("lower"), **value)


def _is_exact(items: Sequence[Any], field: str) -> bool:
    """Return whether the order of the values of a field is known, as that of texts is not."""
    keys = [make_key(resolve(item, field)) for item in items]
    return not any(key and key[0] == "text" for key in keys)


def _choose_values(values: Sequence[Any], bound: Bound | None) -> list[Any]:
    """Return the value in the middle for a bound, else the most common one that not all have.

    Texts are searched for a part of one of them, and for a word that no text has.
    """
    if bound is not None and not bound.contains:
        keys = [(key, each) for each in values if (key := make_side(each)) and key[0] != "text"]
        is_one_kind = len({key[0] for key, _ in keys}) == 1
        return [sorted(keys, key=lambda each: each[0])[len(keys) // 2][1]] if is_one_kind else []
    if bound is not None and any(isinstance(value, str) for value in values):
        parts = list_parts(bound.match or WORD, [v for v in values if isinstance(v, str)])
        return [NONSENSE, *(text for text, _ in parts[:1])]
    each_has = [each if isinstance(each, list) else [each] for each in values]
    known = {text: one for has in each_has for one in has if (text := as_text(one))}
    counts = Counter(text for has in each_has for text in {*filter(None, map(as_text, has))})
    return [known[t] for t, n in counts.most_common() if n < len(values)][:1]
