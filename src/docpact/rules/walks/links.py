"""Links to other pages of a list: in its body, in the Link header, and in other headers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from docpact.cases.styles import read_query
from docpact.limits import MAX_URL
from docpact.model import Exchange, Operation, Query, Response
from docpact.model.paging import AROUND, NEXT, URLS, plain
from docpact.model.path import WHOLE_PATH, match_path
from docpact.model.pointer import mapping_of, pointer

DEPTH: Final = 3
"""Such fields are looked for in the body and in objects inside it, up to this depth."""

LINK_ARRAYS: Final = ("links", "link", "_links")
"""Names of arrays of links in a body (OGC API, FHIR R5)."""

RELATIONS: Final = ("rel", "relation")
TARGETS: Final = ("href", "url")
"""Names of the fields of such a link."""

LINK: Final = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*]+(?:\s*=\s*(?:\"[^\"]*\"|[^\",;\s]+))?)*)")
"""One link of a Link header, with its parameters (RFC 8288, section 3)."""

LOCATION: Final = re.compile("https?://|[/?]")
"""Beginnings of the URL of a page, absolute or relative."""

RELATION: Final = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|([^",;\s]+))""", re.IGNORECASE)

LEADS_NOWHERE: Final = re.compile(r""";\s*results\s*=\s*"?false\b""", re.IGNORECASE)
"""An attribute of a link to a page without items, by servers that always send both links."""


def read_url(operation: Operation, exchange: Exchange, link: str) -> tuple[Query, Query] | None:
    """Return the query of a URL, and the path parameters that have other values than the request.

    Return None if it has another origin, or lies outside the prefix of the operation's path. The
    credential, if the query carries it, is left out: it is added to every request.
    """
    sent = exchange.redirects[-1] if exchange.redirects else exchange.request.url
    try:
        here, there = urlsplit(sent), urlsplit(urljoin(sent, link))
        same = (there.scheme, there.netloc) == (here.scheme, here.netloc)
        pairs = read_query(operation, there.query)
    except ValueError:
        return None
    path = _compare_paths(operation, here.path, there.path)
    if not same or path is None:
        return None
    credential = operation.credential
    secret = credential.name if credential is not None and credential.place == "query" else None
    return tuple(pair for pair in pairs if pair[0] != secret), path


def _compare_paths(operation: Operation, here: str, there: str) -> Query | None:
    """Return the path parameters of one path that another lacks, or all of it as `WHOLE_PATH`.

    Return None if it lacks the prefix of the first one: it may be relative to that.
    """
    if here.rstrip("/") == there.rstrip("/"):
        return ()
    ours, theirs = (match_path(operation.path, path) for path in (here, there))
    if ours and theirs and ours[0] == theirs[0]:
        return tuple(pair for pair in theirs[1].items() if pair not in ours[1].items())
    return ((WHOLE_PATH, there),) if ours is None or there.startswith(f"{ours[0]}/") else None


def read_links(response: Response | None) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield target and relation types of every link of the Link headers (RFC 8288).

    A header such as `Next-Page` with a URL is one, too.
    """
    for name, header in response.headers if response is not None else ():
        if plain(name).removeprefix("x") in NEXT and LOCATION.match(header):
            yield header, frozenset({"next"})
        for target, parameters in LINK.findall(header) if name == "link" else ():
            if LEADS_NOWHERE.search(parameters):
                continue
            relations = RELATION.search(parameters)
            kinds = (relations[1] or relations[2] or "").lower().split() if relations else ()
            yield target, frozenset(kinds)


def read_relations(response: Response | None, value: Any) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the same, and the links of a body: `{"links": [{"rel": "next", "href": "…"}]}`."""
    yield from read_links(response)
    body = mapping_of(value)
    arrays = [body[name] for name in LINK_ARRAYS if isinstance(body.get(name), list)]
    for link in (link for array in arrays for link in array if isinstance(link, Mapping)):
        relation, target = (
            next((link[name] for name in names if isinstance(link.get(name), str)), "")
            for names in (RELATIONS, TARGETS)
        )
        if target:
            yield target, frozenset(relation.lower().split())


def find_links(
    operation: Operation, exchange: Exchange, value: Any
) -> tuple[tuple[str, str, Query], ...]:
    """Return place, relation and query of the links to the first, last, previous and same page.

    The last one has the names of the request's parameters: it may be the address of the list.
    """
    stated = [*_list_fields(value, "", DEPTH)]
    stated += [
        (f"header/Link/{relation}", relation, url)
        for url, kinds in read_relations(exchange.response, value)
        for relation in sorted(kinds & {*AROUND.values()})
    ]
    read = (
        (where, relation, read_url(operation, exchange, url[:MAX_URL]))
        for where, relation, url in stated
    )
    sent = {name for name, _ in exchange.case.query}
    return tuple(
        (where, relation, at[0])
        for where, relation, at in read
        if at and not at[1] and (relation != "self" or sent == {name for name, _ in at[0]})
    )


def _list_fields(value: Any, where: str, depth: int) -> Iterator[tuple[str, str, str]]:
    """Yield place, relation and URL of the fields of a body that are named after another page."""
    for name, field in value.items() if isinstance(value, Mapping) and depth else ():
        place, relation = f"{where}{pointer((name,))}", AROUND.get(plain(name))
        inner = mapping_of(field)
        urls = (field, *(each for key, each in inner.items() if plain(key) in URLS))
        found = next((each for each in urls if isinstance(each, str) and LOCATION.match(each)), "")
        if relation and found:
            yield place, relation, found
        else:
            yield from _list_fields(inner, place, depth - 1)
