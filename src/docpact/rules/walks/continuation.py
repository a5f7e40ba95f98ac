"""The end of a list: a response says whether there are further pages, and how to request them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from docpact.cases.bounds import types
from docpact.limits import MAX_URL
from docpact.model import Exchange, Operation, Query, Response
from docpact.model.paging import (
    COUNTS,
    LAST,
    MORE,
    NEXT,
    OLDER,
    PAGE_PARAMETERS,
    SIZE_PARAMETERS,
    TELLING_TOKENS,
    Turn,
    plain,
    read_number,
)
from docpact.model.pointer import Tokens, pointer, resolve, tokens
from docpact.model.schema import follow, forms, list_types, place, whole_place
from docpact.rules.walks.alone import choose_others
from docpact.rules.walks.links import (
    DEPTH,
    LINK_ARRAYS,
    LOCATION,
    RELATIONS,
    find_links,
    read_links,
    read_relations,
    read_url,
)

URL: Final = re.compile(r"https?://|[/?][^?]*\?[^?]*=")
"""Beginnings of the URL of a page that no token has: absolute, or relative with a query."""

PARTIAL: Final = 206
"""The status of a part of the items (RFC 9110, section 15.3.7)."""

IN_HEADERS: Final = "header/Link"
"""Stands among the JSON Pointers for the link to the next page in a header."""


@dataclass(frozen=True, slots=True)
class Onward:
    """The request for the page that follows another.

    Attributes:
        query: of the request for the next page; None if there is none or it is unknown.
        path: path parameter → another value that its URL has; see `WHOLE_PATH`.
        last: whether the response says that there is no next page; None if it does not say.
        stated: whether the response says that there is one.
        given: whether the response contains its token or URL, so that nothing was computed.
        empty: JSON Pointers of the fields that lead to the next page and are empty, if nothing else
            says whether there is one. They say so only if the server fills them in elsewhere.
        filled: JSON Pointers of such fields that are not empty.
        links: place, relation and query of the links to other pages than the next one, and of those
            to the next one that differ from the first of them.
    """

    query: Query | None
    last: bool | None
    stated: bool = False
    given: bool = False
    empty: frozenset[str] = frozenset()
    filled: frozenset[str] = frozenset()
    path: Query = ()
    links: tuple[tuple[str, str, Query], ...] = ()

    @property
    def address(self) -> tuple[Query | None, Query]:
        """The part that distinguishes the request for the next page from others."""
        return self.query, self.path


NOWHERE: Final = Onward(None, last=None)
"""The same for a response that is not a page."""


def read_onward(
    operation: Operation, exchange: Exchange, value: Any, ids: Sequence[str | None]
) -> Onward:
    """Return what follows a page, by the first way that its response or the contract gives.

    A token or URL in the response has priority over a computed request.
    """
    operation = choose_direction(operation, exchange.case.query, ids)
    parameter = operation.roles.paging_parameter
    texts = [text for name, text in exchange.case.query if name == parameter]
    text = texts[-1] if texts else _read_echo(operation, value, len(ids))
    turn = Turn(text, len(ids), ids[-1] if ids else None, operation.roles.first_page)
    ordinals = _read_ordinals(operation, exchange, turn)
    fields = _read_next_fields(operation, exchange.response, value)
    filled = frozenset(where for where, field in fields.items() if not _is_empty(field))
    says = _says_last(operation, exchange.response, value, ordinals)
    onward = _read_next(operation, exchange, value, turn, says)
    empty = frozenset(fields) - filled if onward.last is None else frozenset[str]()
    links = find_links(operation, exchange, value) + _list_others(operation, exchange, value)
    filled = frozenset[str]() if _asks_for_token(operation, exchange) else filled
    return replace(onward, empty=empty, filled=filled, links=links)


def _asks_for_token(operation: Operation, exchange: Exchange) -> bool:
    """Return whether a request has a token although the contract requests pages in another way."""
    own = operation.roles.paging_parameter
    other = [name for name, _ in exchange.case.query if name != own]
    return own is not None and any(plain(name) in TELLING_TOKENS for name in other)


def _read_next(
    operation: Operation, exchange: Exchange, value: Any, turn: Turn, says: bool | None
) -> Onward:
    paging = operation.roles.paging
    if says is not True and (link := _read_link(operation, exchange, value)) is not None:
        return Onward(link[0], last=False, stated=True, given=True, path=link[1])
    if paging is None:
        return Onward(None, False if exchange.status == PARTIAL else says)
    if _announces_more(operation, value, turn, says):
        return Onward(exchange.case.query, last=False, stated=True, given=True)
    if paging.style is None:
        return _read_token(operation, exchange, value, says)
    if says or not turn.length:
        return Onward(None, last=True)
    text = paging.style.following(turn)
    query = None if text is None else _with(exchange.case.query, str(paging.parameter), text)
    return Onward(query, says, stated=says is False and query is not None)


def choose_direction(operation: Operation, query: Query, ids: Sequence[str | None]) -> Operation:
    """Return an operation whose older items are `before`, where the newest ids come first.

    That is so if the ids are numbers, and if only its name suggests that the parameter for newer
    ones leads onward: a server may mean the order of the list. One item alone has no order, and
    ids say nothing about the way onward in a list that the request sorts.
    """
    name, numbers = operation.roles.last_id_parameter, [read_number(one) for one in ids]
    older = [p.name for p in operation.query_parameters if plain(p.name) in OLDER]
    is_guess = name in operation.roles.inferred and name not in older
    falls = all(a is not None and b is not None and a > b for a, b in pairwise(numbers))
    if not older or not ids or not is_guess or not falls or numbers[0] is None:
        return operation
    is_clear = len(ids) > 1 and operation.roles.orders.keys().isdisjoint(dict(query))
    return _turn_around(operation, older[0] if is_clear else None)


@lru_cache(maxsize=64)
def _turn_around(operation: Operation, parameter: str | None) -> Operation:
    """Return an operation with another parameter for the id of the last item."""
    return replace(operation, roles=replace(operation.roles, last_id_parameter=parameter))


def _read_echo(operation: Operation, value: Any, length: int) -> str | None:
    """Return the offset that a response repeats although the request did not state it, or None.

    The length of the page may be the offset of the next one.
    """
    name = operation.roles.offset_parameter
    number = value.get(name) if isinstance(value, Mapping) and name is not None else None
    return str(number) if isinstance(number, int) and number in {0, 1} - {length} else None


def _announces_more(operation: Operation, value: Any, turn: Turn, says: bool | None) -> bool:
    """Return whether an empty later page says that there are more items, but not where."""
    roles = operation.roles
    is_sent = says is False and roles.has_more is not None and turn.text is not None
    return is_sent and not turn.length and _is_empty(resolve(value, roles.next_token or "/"))


def _read_ordinals(operation: Operation, exchange: Exchange, turn: Turn) -> range:
    """Return the possible ordinals of a page, from 1."""
    number = read_number(turn.text)
    if operation.roles.page_parameter is None or number is None:
        return range(exchange.case.visit.page, exchange.case.visit.page + 1)
    return range(number + (turn.first == 0), number + 1 + (not turn.first))


def _read_token(operation: Operation, exchange: Exchange, value: Any, says: bool | None) -> Onward:
    """Return the continuation after a page by its token."""
    roles = operation.roles
    token = resolve(value, str(roles.next_token))
    if says:
        return Onward(None, last=True)
    if _is_empty(token):
        return Onward(None, last=None)
    if roles.token_parameter is None or (isinstance(token, str) and URL.match(token)):
        return Onward(None, last=False)
    if isinstance(token, bool) or not isinstance(token, _find_token_types(operation)):
        return Onward(None, last=False, stated=True)
    query = _with_token(operation, exchange.case.query, roles.token_parameter, str(token))
    return Onward(query, last=False, stated=True, given=True)


@lru_cache(maxsize=64)
def _find_token_types(operation: Operation) -> tuple[type, ...]:
    """Return the types of tokens that a client can send back: whole numbers only if documented."""
    field = place(operation.response_schema, operation.roles.next_token or "")
    stated = {each for form, _ in forms(field) for each in types(form)}
    return (str, int) if stated & {"integer", "number"} else (str,)


def _says_last(
    operation: Operation, response: Response | None, value: Any, ordinals: range
) -> bool | None:
    """Return whether a response says that its page is the last one; None if it does not say.

    It is read from the role, from fields such as `has_more`, `next` and `total_pages`, and from
    links (RFC 8288). A response that contradicts itself has a further page.
    """
    where = operation.roles.has_more
    more = resolve(value, where) if where is not None else None
    if isinstance(more, bool):
        return not more
    links = (field for _, field in _find_next_fields(value, (), DEPTH))
    found = [
        *_read_fields(value, ordinals, DEPTH),
        *(False for each in links if not _is_empty(each)),
    ]
    kinds = {kind for _, relations in read_relations(response, value) for kind in relations}
    if kinds & {"next", "prev", "previous", "first", "last"}:
        found.append("next" not in kinds)
    return all(found) if found else None


def _read_next_fields(
    operation: Operation, response: Response | None, value: Any
) -> dict[str, Any]:
    """Return JSON Pointer → value of each field, or header, that leads to a next page."""
    links = {pointer(path): field for path, field in _find_next_fields(value, (), DEPTH)}
    links[IN_HEADERS] = next((url for url, kinds in read_links(response) if "next" in kinds), None)
    tokens = _read_headers(operation, response)
    links |= {f"header/{name}": tokens.get(name) for name in _list_header_takers(operation)}
    if (where := operation.roles.next_token) is not None:
        links[where] = resolve(value, where)
    return links


@lru_cache(maxsize=64)
def always_leads_on(operation: Operation) -> bool:
    """Return whether every page has a link or token, even the last one, as the types say.

    Only an empty page ends such a list. A text may be empty at the end.
    """
    schema, names = operation.response_schema, tokens(operation.roles.next_token or "")
    required = all(
        name in whole_place(schema, pointer(names[:number])).get("required", ())
        for number, name in enumerate(names)
    )
    field = place(schema, pointer(names))
    return bool(names) and required and list_types(field) == ["string"]


def _is_empty(field: Any) -> bool:
    return field in (None, "", 0)  # as a number, 0 follows no page


def _find_next_fields(value: Any, path: Tokens, depth: int) -> Iterator[tuple[Tokens, Any]]:
    """Yield path and value of every field that is named after the next page."""
    if not isinstance(value, Mapping) or not depth:
        return
    for name, one in value.items():
        known = plain(name)
        if known in NEXT and known != "endcursor":  # which the last page may have too
            yield (*path, name), one
        elif not isinstance(one, bool | int):
            yield from _find_next_fields(one, (*path, name), depth - 1)


def is_paged(operation: Operation) -> bool:
    """Return whether a list may have several pages, according to its contract."""
    return operation.roles.is_list and (operation.roles.paging is not None or _has_pages(operation))


@lru_cache(maxsize=64)
def _has_pages(operation: Operation) -> bool:
    roles, parameters = operation.roles, operation.query_parameters
    names = {plain(p.name) for p in parameters if p.name not in roles.filters}
    names -= {plain(roles.size_parameter or "")}
    texts = [follow(p.content)[0] for p in parameters if p.content is not None]
    names |= {plain(name) for each in texts for name in each.get("properties", {})}
    stated = {plain(name) for name in operation.response_schema.get("properties", {})}
    is_named = names & {*PAGE_PARAMETERS, *SIZE_PARAMETERS} or stated & {*MORE, *NEXT, *COUNTS}
    return bool(is_named or _list_header_takers(operation)) or _documents_links(operation)


def _documents_links(operation: Operation) -> bool:
    """Return whether a body has links with relations, or a response a Link header."""
    schema = operation.response_schema
    arrays = [place(schema, f"/{name}/*").get("properties", {}) for name in LINK_ARRAYS]
    main = next(filter(operation.is_main_response, operation.responses), None)
    headers = {each.name.lower() for each in main.headers} if main is not None else set()
    return "link" in headers or any(fields.keys() & {*RELATIONS} for fields in arrays)


def _with(query: Query, parameter: str, text: str) -> Query:
    return (*(pair for pair in query if pair[0] != parameter), (parameter, text[:MAX_URL]))


def _with_token(operation: Operation, query: Query, name: str, token: str) -> Query:
    """Return a query with a token, and without what its description forbids beside it."""
    description = operation.parameter(name).description
    others = choose_others(description, operation.roles.size_parameter)
    kept = query if others is None else tuple(pair for pair in query if pair[0] in others)
    return _with(kept, name, token)


def _read_link(operation: Operation, exchange: Exchange, value: Any) -> tuple[Query, Query] | None:
    """Return what `read_url` does of the URL of the next page, in the body or the Link header."""
    if not is_paged(operation):
        return None
    if tokens := _read_headers(operation, exchange.response):
        query = exchange.case.query
        for name, token in tokens.items():
            query = _with(query, name, token)
        return query, ()
    return next((each for _, each in _list_next(operation, exchange, value)), None)


def _list_next(
    operation: Operation, exchange: Exchange, value: Any
) -> Iterator[tuple[str, tuple[Query, Query]]]:
    """Yield the place of each URL of the next page, and what `read_url` does of it."""
    where = operation.roles.next_token
    stated = resolve(value, where) if where is not None else None
    links = [(str(where), stated)] if isinstance(stated, str) and LOCATION.match(stated) else []
    relations = read_relations(exchange.response, value)
    links += [(f"{IN_HEADERS}/next", url) for url, kinds in relations if "next" in kinds]
    for at, link in links:
        if (read := read_url(operation, exchange, link[:MAX_URL])) is not None:
            yield at, read


def _list_others(
    operation: Operation, exchange: Exchange, value: Any
) -> tuple[tuple[str, str, Query], ...]:
    """Return place, relation and query of each link to the next page unlike the first of them.

    A token in the body, beside a link in a header, is such a link, too.
    """
    found = [*_list_next(operation, exchange, value)]
    where, name = operation.roles.next_token, operation.roles.token_parameter
    token = resolve(value, where, default=None) if where is not None and found else None
    if isinstance(token, str) and token and name is not None and found[0][0] != where:
        found.append((str(where), (_with_token(operation, exchange.case.query, name, token), ())))
    return tuple(
        (where, "next", query)
        for where, (query, path) in found[1:]
        if not path and {*query} != {*found[0][1][0]}
    )


@lru_cache(maxsize=64)
def _list_header_takers(operation: Operation) -> tuple[str, ...]:
    """Return the parameters that take tokens whose places the contract does not state."""
    names = {p.name: plain(p.name) for p in operation.query_parameters}
    known = {*TELLING_TOKENS, "after"}
    taken = (n for n, name in names.items() if name in known or name.startswith("next"))
    return tuple(taken) if operation.roles.paging is None else ()


def _read_headers(operation: Operation, response: Response | None) -> dict[str, str]:
    """Return parameter → the token of the next page, as a header whose name ends so has it.

    Azure's services have `x-ms-continuation-NextRowKey`.
    """
    takers = _list_header_takers(operation)
    texts: dict[str, str] = {}
    for header, text in response.headers if takers and response is not None else ():
        words = header.lower().split("-") if header.lower() != "retry-after" else []
        texts |= {plain("".join(words[number:])): text for number in range(len(words))}
    return {name: texts[plain(name)] for name in takers if texts.get(plain(name))}


def _read_fields(value: Any, ordinals: range, depth: int) -> Iterator[bool]:
    if not isinstance(value, Mapping) or not depth:
        return
    for name, one in value.items():
        known = plain(name)
        if (known in MORE or known in LAST) and isinstance(one, bool):
            yield one if known in LAST else not one
        elif known in COUNTS and isinstance(one, int) and not isinstance(one, bool):
            says = {one <= each for each in ordinals}
            yield from says if len(says) == 1 else ()
        else:
            yield from _read_fields(one, ordinals, depth - 1)
