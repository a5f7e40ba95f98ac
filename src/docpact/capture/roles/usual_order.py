"""The order of a list without a parameter that sorts it, as the operation's description says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from docpact.capture.roles.item_fields import Field, Fields
from docpact.capture.roles.orders import find_sorted
from docpact.capture.roles.ranges import is_time, snake
from docpact.model.schema import Schema
from docpact.model.times import CHANGED, CREATED, UPDATED

SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+|\n\s*\n|</?(?:p|li|ul|br|div)\b[^<>]*>")
"""The end of a sentence."""

_UNCLEAR: Final = re.compile(
    r"\b(?:unless|if|when|where|may|might|can|could|should|within|each|per|grouped|then|second\w*"
    r"|followed|parameters?|depend\w*|not|except|pinned|sort_by)\b",
    re.IGNORECASE,
)
"""Words of sentences about an order that only some requests or items have, or about two.

An "or" that comes before the order is about the items: "open or closed issues, newest first".
"""

_OR: Final = re.compile(r"\bor\b", re.IGNORECASE)

_BY: Final = re.compile(
    r"(?:\b(?P<verb>sorted|ordered)\b(?: \w+){0,3}? (?:by|on)(?: default)?(?: by)?"
    r"|\b(?:a|de)scending order (?:by|on|of))"
    r" (?:the |their |its )?(?P<field>`?[a-z][\w -]{0,40}`?)",
    re.IGNORECASE,
)
_FIELD_END: Final = re.compile(
    r"`|\s*\b(?:in|with|from|and|so|starting|field|attribute|value|property|order"
    r"|(?:a|de)sc(?:ending)?)\b.*",
    re.IGNORECASE,
)
_OF_CREATION: Final = re.compile(r"(?:date|time) of creation")
_OF_CHANGE: Final = re.compile(r"most recently (?:updated|modified)(?! by)", re.IGNORECASE)
_AGE: Final = re.compile(
    r"\b(?:(?P<new>newest|latest|most recent(?:ly)?)|oldest|earliest)\b[^.;]{0,60}"
    r"\bfirst\b(?=\s*(?:[.,;:)]|$))"
    r"|\b(?P<back>reverse[- ])?chronological(?:ly)?\b"
    r"|\bfrom (?:the )?(?:(?P<down>newest|most recent|latest)|oldest|earliest) to\b",
    re.IGNORECASE,
)
_OTHER_TIME: Final = re.compile(
    r"\b(?:updat|modif|publish|post|start|view|us|activ|receiv|sent|deliver|execut|play|logg|visit"
    r"|read|contact|impact|complet|finish|clos|merg|trigger|fail|expir|access|chang|edit)(?:e?d|ity)?\b",
    re.IGNORECASE,
)
"""Words of sentences about another time than that of the creation."""

_DOWN: Final = re.compile(r"\b(?:descending|desc|reverse)\b", re.IGNORECASE)
_UP: Final = re.compile(r"\b(?:ascending|asc|alphabetical(?:ly)?)\b", re.IGNORECASE)
_SORTING: Final = re.compile(r"sort|order|direction")
_PINS: Final = re.compile(r"(?:is_)?(?:pinned|sticky|featured)")


def read_usual_order(text: str, item: Fields, query: Mapping[str, Schema]) -> dict[str, Any] | None:
    """Return the field by which a list is sorted, and the way, or None.

    A list with a default of a parameter that sorts it, or with pinned items, may have another
    order.
    """
    has_default = any(_SORTING.search(snake(n)) and "default" in s for n, s in query.items())
    if has_default or any(map(_PINS.fullmatch, map(snake, item))):
        return None
    found = [
        each for sentence in SENTENCE_END.split(text) for each in _read_sentence(sentence, item)
    ]
    fields, ways = {each[0] for each in found}, {each[1] for each in found} - {None}
    if len(fields) != 1 or len(ways) > 1:
        return None
    return {"field": fields.pop(), "descending": ways.pop() if ways else None}


def _read_sentence(sentence: str, item: Fields) -> Iterator[tuple[str, bool | None]]:
    """Yield the field that a sentence sorts by, and whether downwards."""
    text = " ".join(re.sub(r"<[^<>]*>", "", sentence).split())
    by, age = _BY.search(text), _AGE.search(text)
    begins = [found.start() for found in (by, age) if found]
    if not begins or _UNCLEAR.search(text) or _OR.search(text, min(begins)):
        return
    downs = [bool(_DOWN.search(text))] if _DOWN.search(text) or _UP.search(text) else []
    if age:
        downs.append(any(age[name] for name in ("new", "back", "down")))
    way = downs[0] if len({*downs}) == 1 else None
    if len({*downs}) > 1:
        return
    name = _FIELD_END.sub("", by["field"].lstrip("`")).strip() if by else "creation"
    if age and (change := _OF_CHANGE.search(age[0])):
        name = change[0]
    elif not by and (_OTHER_TIME.search(text) or re.search(r"\bby\b", text)):
        return
    field = _find(name, item)
    if field and (way is not None or by is None or str(by["verb"]).lower() == "sorted"):
        yield field.where, way


def _find(name: str, item: Fields) -> Field | None:
    """Return the only field that a name means: the field itself, or a time of this kind."""
    for words, times in ((_OF_CREATION, CREATED), (_OF_CHANGE, UPDATED)):
        is_meant = words.fullmatch(name.lower()) or times.fullmatch(snake(name.replace(" ", "_")))
        if is_meant and name not in item:
            made = [n for n in item if times.fullmatch(snake(n))]
            made = made or (_find_timestamp(item) if times is CREATED else [])
            known = [n for n in made if is_time(n, item[n].schema) or find_sorted(n, item) == n]
            return item[known[0]] if len(known) == len(made) == 1 else None
    found = find_sorted(name.replace(" ", "_"), item)
    return item[found] if found else None


def _find_timestamp(item: Fields) -> list[str]:
    """Return `timestamp` if it is the only time of an item, apart from those of its changes."""
    times = [name for name, field in item.items() if is_time(name, field.schema)]
    others = (name for name in times if not CHANGED.fullmatch(snake(name)))
    return ["timestamp"] if "timestamp" in item and {*others} <= {"timestamp"} else []
