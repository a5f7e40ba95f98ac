"""Roles of paging, inferred from the names and types of parameters and fields."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from typing import Any, Final

from docpact.capture.layout.lines import Line
from docpact.capture.roles.item_fields import DEPTH
from docpact.model.paging import (
    ABOUT_PAGES,
    COUNTS,
    FROM,
    LINKS,
    MORE,
    NEXT,
    SIZE_PARAMETERS,
    STYLES,
    TELLING_IDS,
    TELLING_TOKENS,
    TOKEN_PARAMETERS,
    TOTALS,
    URLS,
    plain,
)
from docpact.model.pointer import pointer, tokens
from docpact.model.schema import Schema, find_types, list_nested_fields

SCALARS: Final = frozenset({"string", "number", "integer", "boolean"})
"""Types of values that a query can carry."""


DATES: Final = ("date", "date-time")
"""Formats of parameters that are bounds."""


TOKENS: Final = SCALARS - {"boolean"}
"""Types of tokens."""


NUMBERS: Final = frozenset({"number", "integer"})

_UPPER: Final[Mapping[str, frozenset[str]]] = {
    FROM: frozenset({"to", "until", "till", "end"}),
    "start": frozenset({"end", "stop"}),
    "startat": frozenset({"endat"}),
}
"""Name of an offset → those of parameters beside which it is the lower bound of a range."""

_ODATA_TOP: Final = "$top"
"""The parameter that limits the whole result where pages have a link to the next one (OData 4.01,
part 1, sections 11.2.6.3 and 11.2.6.7); some servers limit the pages instead."""

_OF_PAGES: Final = re.compile(
    r"(?i)(?:^|[.;]\s)(?![^.;]*\b(?:not|n't|cannot|together|combine|instead|all pages|across)\b)"
    r"[^.;]*(?:\bpage\b|\bpage_?size|\b(?:in|size of) pages\b)"
)
"""The description of such a parameter of a server that limits the pages.

A sentence about other ways to limit them does not count.
"""

_OF_READING: Final = re.compile(
    r"\b\w+ to (be )?(match|scan|search|examin|evaluat|inspect|process|consider)(e|ed)?\b",
    re.IGNORECASE,
)
"""The description of such a parameter that limits what the server reads, and not the items."""

_PAGE_NUMBER: Final = re.compile(r"(?i)\s*(the )?([01]-based )?page (number|index)\b")

_ODATA_NEXT: Final = ("odatanextlink", "nextlink")
"""Names of the field with the link, in OData and in APIs that follow Azure's guidelines."""

_CONTINUE: Final = "continue"
"""The name of an object with all parameters of the next page in MediaWiki, of a token elsewhere."""

_OFFSET: Final = "offset"
"""The name of a token in some APIs, as a text, and of a number in others."""

_DESCRIBED: Final = "the field's description"
_EXACT: Final = re.compile(r"\b(total|number|count|how many)\b", re.IGNORECASE)
_MATCHING: Final = re.compile(r"\b(match|filter|satisf|fulfil|found)", re.IGNORECASE)
_OF_ONE_PAGE: Final = re.compile(
    r"(?i)[^.]*\b(on|in|for|of) (this|each|every|the current) (page|response|batch)\b"
)
"""Descriptions whose first sentence says that a number counts the items of one page."""

_OF_MORE: Final = re.compile(
    r"(?i)\bnot the number of\b|\bregardless of\b|\bignor(es?|ing)\b[^.]*\b(filter|search|quer)"
    r"|\b(before|without)\b[^.]*\bfilter|\bunfiltered\b"
)
"""Descriptions of totals that count other items than those that the request selects."""

_INEXACT: Final = re.compile(
    r"estimat|approx|about|around|may |might|could|at (most|least)|up to|capped|limit|maximum|only"
    r"|\b(on|in|for|of) (this|the|that|each|every|a|current) (current )?"
    r"(page|response|batch|request)"
    r"|return|default|if |unless|when|without|regardless|ignor|optional|deprecated|bytes|size of",
    re.IGNORECASE,
)
"""Descriptions of totals that may differ from the number of items that the list shows."""

_ONWARD: Final = re.compile(r"(?i)\b(next (page|set|batch)|more (results|items|pages))\b")
_OPENS: Final = re.compile(
    r"""(?i)\b(empty|blank) (string|value)\b|(=|[`'"]|\b(as|be|is|to|with) )\*"""
    r"|\bopt(s|ing)?[- ]in\b"
)
"""Descriptions of the parameter of a token that the request for the first page must have, too."""

_UNUSED: Final = re.compile(
    r"(?i)deprecat|reserved|unused|future|not (yet |currently )?(used|supported|implemented)"
)
"""Descriptions of fields that lead to the next page, and of those that may never do so."""

_FIELDS: Final = (("has_more", MORE, frozenset({"boolean"})), ("total_pages", COUNTS, NUMBERS))
"""Roles of other fields, with the names and types of the fields."""


def infer_paging(
    query: Mapping[str, Schema],
    body: Schema,
    prose: Mapping[str, Sequence[Line]],
    texts: Mapping[str, str],
    sent: Mapping[str, Schema],
) -> dict[str, Any]:
    """Return the roles of paging: a token with its parameter, or else a parameter of a style.

    A token that the first request must ask for counts only if there is no other way. One that a
    field of the request body takes has no parameter.
    """
    parts = {pointer(w): s for w, s in list_nested_fields(body, DEPTH)}
    query = {name: _read_number(schema) for name, schema in query.items()}
    found: dict[str, Any] = {}
    style = _style(query, texts)
    pair = _token(query, parts) or _token_of_body({} if style else sent, parts)
    others = {each["value"] for each in style.values()} - {pair[1] if pair else None}
    if pair and others and _OPENS.search(texts.get(pair[1] or "", "")):
        pair = None
    if pair:
        where, parameter = pair
        found["next_token"] = infer(where, "the name of the field")
        if parameter is not None:
            lines = prose.get(tokens(where)[-1], ())
            stated = next(
                (e for e in lines if re.search(rf"\b{re.escape(parameter)}\b", e.text)), None
            )
            found["token_parameter"] = (
                {"value": parameter, "line": stated.number}
                if stated
                else infer(parameter, "the name of the parameter")
            )
    if _is_composite(query, parts):
        found.clear()
    elif "token_parameter" not in found:
        found |= style
    size = _find_named(query, SIZE_PARAMETERS, NUMBERS)
    is_of_all = size == _ODATA_TOP and plain(str(pair and pair[0])) in _ODATA_NEXT
    text = texts.get(size or "", "")
    is_of_pages = _OF_PAGES.search(text) if is_of_all else not _OF_READING.search(text)
    if size and is_of_pages:
        found["size_parameter"] = infer(size, "the name of the parameter")
    for role, names, types in _FIELDS:
        if field := _find_named(parts, names, types):
            found[role] = infer(field, "the name of the field")
    if total := _find_total(parts):
        found["total"] = infer(total, "the name of the field")
    return found


def _find_total(parts: Mapping[str, Schema]) -> str | None:
    """Return the pointer of the number of items, in the body or an object about pages, or None."""
    holders = {at.rpartition("/")[0] for at, each in parts.items() if "items" in each}
    about = {w: s for w, s in parts.items() if _is_about_pages(w, holders)}
    named = {w.removesuffix("/value"): w for w, s in about.items() if find_types(s) & NUMBERS}
    total = _find_named({n: about[w] for n, w in named.items()}, TOTALS, NUMBERS)
    return named[total] if total else None


def read_total(texts: Iterable[str]) -> dict[str, str]:
    """Return the evidence that a total is exact, as its descriptions say; empty if it may not be.

    It counts the items that match the filters, or perhaps all.
    """
    found = [*texts]
    if len(found) != 1 or not _EXACT.search(found[0]) or _INEXACT.search(found[0]):
        return {}
    counts = "matching" if _MATCHING.search(found[0]) else "all"
    return {"documented": _DESCRIBED, "counts": counts}


def is_estimate(text: str) -> bool:
    """Return whether the description of a total says that it may be another number.

    It is an estimate, has a limit, counts one page, or items that the request does not select.
    """
    found = re.search(r"(?i)\b(estimate|approximat|capped\b|limited to\b)", text)
    return bool(found or _OF_ONE_PAGE.match(text) or _OF_MORE.search(text))


def read_next(texts: Iterable[str]) -> dict[str, str]:
    """Return the evidence that a field leads to the next page, as its description says, or {}."""
    found = [*texts]
    is_stated = len(found) == 1 and _ONWARD.search(found[0]) and not _UNUSED.search(found[0])
    return {"documented": _DESCRIBED} if is_stated else {}


def _is_composite(query: Mapping[str, Schema], parts: Mapping[str, Schema]) -> bool:
    """Return whether an object that leads to the next page has several parameters' values."""
    above = {where for where in parts if plain(tokens(where)[-1]) in {*NEXT, _CONTINUE}}
    named = {
        where: plain(tokens(where)[-1]) for where in parts if where.rpartition("/")[0] in above
    }
    taken = {name for name in map(plain, query) if name not in SIZE_PARAMETERS}
    return len(taken.intersection(named.values())) > 1


def _is_about_pages(where: str, holders: Set[str]) -> bool:
    """Return whether a field is in the body, an object about pages, or one that holds an array."""
    above = tokens(where.removesuffix("/value"))[:-1]
    outer = [pointer(above[: n + 1]) for n in range(len(above))]
    return all(ABOUT_PAGES.fullmatch(plain(tokens(each)[-1])) or each in holders for each in outer)


def _read_number(schema: Schema) -> Schema:
    """Return the schema of a parameter; a text whose default is a whole number is a number."""
    default = schema.get("default")
    is_number = isinstance(default, str) and default.isdecimal() and "enum" not in schema
    return {**schema, "type": "integer"} if is_number else schema


def _style(query: Mapping[str, Schema], texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the first parameter of a style, unless it is a date, which is a bound.

    One of any other name is the number of a page if its description begins so.
    """
    is_said = (n for n in query if _PAGE_NUMBER.match(texts.get(n, "")))
    said = [name for name in is_said if find_types(query[name]) <= NUMBERS]
    if len(said) == 1 and plain(said[0]) not in STYLES[0].names:
        return {STYLES[0].role: infer(said[0], "the parameter's description")}
    names = {plain(name) for name in query}
    for style in STYLES:
        plainly = {
            n: s
            for n, s in query.items()
            if s.get("format") not in DATES and names.isdisjoint(_UPPER.get(plain(n), ()))
        }
        if parameter := _find_named(plainly, style.names, style.types):
            return {style.role: infer(parameter, "the name of the parameter")}
    return {}


def _token_of_body(
    sent: Mapping[str, Schema], parts: Mapping[str, Schema]
) -> tuple[str, None] | None:
    """Return the next page's token if only a field of the request body takes it."""
    found = _token(sent, parts)
    return (found[0], None) if found else None


def _token(
    query: Mapping[str, Schema], parts: Mapping[str, Schema]
) -> tuple[str, str | None] | None:
    """Return the next page's token or URL, and its parameter, which doubtful names need."""
    fields = {w: s for w, s in parts.items() if "enum" not in s and find_types(s) & TOKENS}
    named = {where: [plain(name) for name in tokens(where)] for where in fields}
    for where, (*_, name) in named.items():
        names = (name.removeprefix("next") or name, name)
        takes = name in NEXT - LINKS and _taker(query, names, fields[where])
        if takes:
            return where, takes
    for where, (*above, name) in named.items():
        within = bool(above) and above[-1] in NEXT
        if name in NEXT or (within and name in URLS):
            is_url = name in LINKS | URLS
            taker = None if is_url else _taker(query, TOKEN_PARAMETERS, fields[where])
            by_id = taker and plain(taker) in TELLING_IDS and _find_named(parts, MORE, {"boolean"})
            return where, None if by_id else taker
        same = name in TOKEN_PARAMETERS and _taker(query, (name,), fields[where])
        is_text = name == _OFFSET and find_types(fields[where]) == {"string"}
        if same and (within or name in TELLING_TOKENS or is_text):
            return where, same
        is_of_page = bool(above) and ABOUT_PAGES.fullmatch(above[-1]) and name in TELLING_TOKENS
        if is_of_page and (taker := _taker(query, TOKEN_PARAMETERS, fields[where])):
            return where, taker
    last = _find_named(fields, ("lastid",), TOKENS)
    taker = last and _taker(query, ("afterid", "startingafter", "after"), fields[last])
    return (last, taker) if last and taker else None


def _taker(query: Mapping[str, Schema], names: Sequence[str], field: Schema) -> str | None:
    """Return the first parameter with one of some names and a type of a field."""
    types = find_types(field)
    suitable = {n: s for n, s in query.items() if s.get("format") not in DATES}
    return _find_named(
        suitable, names, {*types, "string"} | (NUMBERS if types & NUMBERS else set())
    )


def _find_named(
    fields: Mapping[str, Schema], names: Sequence[str], kinds: Collection[str]
) -> str | None:
    """Return the first of some names, or its pointer, with a type of some kinds and no enum."""
    listed = {plain(name.rpartition("/")[2]): name for name in [*fields][::-1]}
    for name in names:
        schema = fields[listed[name]] if name in listed else {}
        if (types := find_types(schema)) and types <= {*kinds} and "enum" not in schema:
            return listed[name]
    return None


def infer(value: str, why: str) -> dict[str, Any]:
    """Return the value of a role, with the reason why it was inferred."""
    return {"value": value, "inferred": why}
