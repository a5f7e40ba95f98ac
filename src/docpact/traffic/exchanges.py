"""From traffic that docpact did not send to exchanges that the rules can judge."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Final, Literal
from urllib.parse import SplitResult, unquote_plus, urlsplit

from docpact.bodies.decode import decode
from docpact.cases.styles import match_operation, read_query
from docpact.cases.wire import can_be_documented, query_label, write_value
from docpact.credentials import shown_headers, shown_query
from docpact.media_types import read_quality
from docpact.model import (
    RECORDED,
    Case,
    Exchange,
    Expectation,
    Expected,
    Failure,
    Operation,
    Parameter,
    Query,
    Question,
    Request,
    Response,
    SecretHeader,
    SecretQuery,
    Visit,
)
from docpact.model.paging import read_number
from docpact.model.path import WHOLE_PATH, match_path
from docpact.rules.auth import REDIRECTS
from docpact.rules.protocol import PROBES
from docpact.rules.responses.documented import INVALID, choose_content
from docpact.rules.responses.promises import has_judged_body
from docpact.rules.responses.summary import CUT_OFF, LEFT_OUT
from docpact.rules.walks.pages import Page, read_page
from docpact.text import pluralize, printable
from docpact.traffic.records import BadRecord, Entry

REFUSED: Final = frozenset({401, 403, 404, 407})
"""Statuses that depend on who asked, or for whose data, which a recording does not show."""

_STATUS_GROUPS: Final = {
    **dict.fromkeys(REFUSED, "refused"),
    **dict.fromkeys(REDIRECTS, f"{LEFT_OUT}redirected"),
    304: f"{LEFT_OUT}status 304, which has no body",
    101: f"{LEFT_OUT}another protocol than HTTP followed",
    429: f"{LEFT_OUT}status 429, too many requests",
}


def classify(operation: Operation, record: Entry | BadRecord) -> str:
    """Return the group of a record.

    Returns:
        `exchanges`; `other operations`; `refused`, a response with a status of `REFUSED`;
        `refusals`, one with documented body or headers, another documented 4xx status, or any 4xx
        of a request that may be wrong; `torn`, an incomplete last line; `cut short`, an incomplete
        line before the next run of a journal; or `LEFT_OUT` and why the record cannot be judged.
    """
    if isinstance(record, BadRecord):
        return classify_bad(record)
    if problem := find_url_problem(record.url):
        return LEFT_OUT + problem
    if not belongs_to(operation, record):
        return "other operations"
    return _classify_own(operation, record, record.outcome)


def has_own(operation: Operation, counts: Mapping[str, int]) -> bool:
    """Return whether a record of an operation has its method: a browser asks OPTIONS first."""
    return any(not each.endswith(_instead_of(operation)) for each in counts)


def _instead_of(operation: Operation) -> str:
    return f" instead of {operation.method}"


def _classify_own(operation: Operation, entry: Entry, outcome: Response | Failure) -> str:
    """Return the group of an entry of an operation; see `classify`."""
    if entry.method != operation.method:
        return f"{LEFT_OUT}{entry.method}{_instead_of(operation)}"
    if isinstance(outcome, Failure):
        return LEFT_OUT + outcome.message
    if _is_of_another_type(operation, entry, outcome):
        return f"{LEFT_OUT}the request asked for another media type"
    group = _classify_status(operation, outcome.status)
    if group != "exchanges" or not 400 <= outcome.status < 500:
        return group
    case = _build_case(operation, entry, _read_query(operation, entry))
    is_open = operation.open_request is not None and outcome.status in INVALID
    is_right = case.expectation.answer is Expected.ACCEPTED and not is_open
    return group if is_right else "refusals"


def classify_bad(record: BadRecord) -> str:
    """Return the group of a record that cannot be read; see `classify`."""
    if record.problem:
        return (CUT_OFF if record.is_last else LEFT_OUT) + printable(record.problem)
    return "torn" if record.is_last else "cut short"


def _is_of_another_type(operation: Operation, entry: Entry, response: Response) -> bool:
    """Return whether a response has an undocumented media type because its request asked for it."""
    documented = operation.find_response(response.status)
    if not entry.accept or documented is None or choose_content(documented, response) is not None:
        return False
    wanted = [read_quality(each.media_type, entry.accept) for each in documented.content]
    label = printable(response.header("content-type") or "")
    return bool(wanted) and max(wanted) < (read_quality(label, entry.accept) or 1e-3)


def _classify_status(operation: Operation, status: int) -> str:
    documented = operation.find_response(status)
    if documented is None or operation.is_main_response(documented):
        is_judged = operation.is_main(status)
    elif 400 <= status < 500 and (documented.is_explicit or status != 429):
        is_shown = has_judged_body(operation, documented) or bool(documented.headers)
        return "refusals" if is_shown or status not in REFUSED else "refused"
    else:
        is_judged = documented.is_explicit and status != 304
    return "exchanges" if is_judged else _STATUS_GROUPS.get(status, "exchanges")


def describe_traffic(operation: Operation, counts: Mapping[str, int]) -> Iterator[str]:
    """Yield the numbers of records that were read and left out, one line each."""
    exchanges = pluralize(counts.get("exchanges", 0), "exchange")
    yield f"{exchanges} of {operation.request}"
    if refused := counts.get("refusals"):
        yield (
            f"of {pluralize(refused, 'response')} with a 4xx status all but the status is judged: "
            "a recording does not show who asked, and whether the request was right"
        )
    yield from describe_left_out(counts)


def describe_left_out(counts: Mapping[str, int]) -> Iterator[str]:
    """Yield which records are left out, and why, one line each."""
    if other := counts.get("other operations"):
        yield f"{pluralize(other, 'exchange')} of other operations left out"
    if elsewhere := counts.get("other servers"):
        yield f"{pluralize(elsewhere, 'exchange')} with other servers left out"
    if refused := counts.get("refused"):
        yield (
            f"{pluralize(refused, 'response')} with 401, 403, 404 or 407 left out: "
            "a recording does not show who asked"
        )
    for group in sorted(each for each in counts if each.startswith(LEFT_OUT)):
        yield f"{pluralize(counts[group], 'exchange')} {group}"
    if count := counts.get("cut short"):
        lines = pluralize(count, "incomplete line")
        yield f"{lines} left out: the run that wrote {'it' if count == 1 else 'each'} was cut short"
    if count := counts.get("torn"):
        yield f"{pluralize(count, 'incomplete last line')} left out"


def describe_end(groups: Iterable[str]) -> str:
    """Return why a recording with some groups of records is not whole; empty if it is."""
    return next((each.removeprefix(LEFT_OUT) for each in groups if each.startswith(CUT_OFF)), "")


def describe_absence(operation: Operation) -> str:
    """Return why traffic that shows refusals at most is inconclusive."""
    return f"no successful response to {operation.request} can be judged"


def build_exchange(operation: Operation, entry: Entry) -> Exchange:
    """Return one exchange by itself.

    A page requested by token belongs to the question without the token. Whether the token was ever
    issued is unknown here, so that a refusal is not a breach.
    """
    query = _read_query(operation, entry)
    parameter = operation.roles.paging_parameter
    first = tuple(pair for pair in query if pair[0] != parameter)
    case = _build_case(operation, entry, first)
    if first != query:
        expectation = replace(case.expectation, answer=Expected.UNSPECIFIED)
        case = replace(case, expectation=expectation, visit=Visit(query=query))
    return _make_exchange(operation, case, entry)


def _find_overlaps(entries: Sequence[Entry]) -> list[bool]:
    """Return whether each entry, or both one before and one after it, overlapped with others."""
    found, ends = [False] * len(entries), [datetime.min.replace(tzinfo=UTC)]
    for number, entry in enumerate(entries):
        end = ends[-1]
        if entry.started is not None:
            first = bisect_left(ends, entry.started) - 1
            if first < number:
                found[first : number + 1] = [True] * (number + 1 - first)
            end = max(end, entry.started + timedelta(seconds=entry.seconds))
        ends.append(end)
    return found


def build_exchanges(operation: Operation, entries: Iterable[Entry]) -> Iterator[Exchange]:
    """Yield one exchange for each entry; pages of one walk belong to one visit.

    A page is joined to the page whose token it was requested with. Nothing is expected of the
    response to a token from outside the recording.
    """
    open_walks: dict[tuple[Query, Query], Case] = {}
    repeats: Counter[Question] = Counter()
    parameter = operation.roles.paging_parameter
    entries = [*entries]
    for entry, together in zip(entries, _find_overlaps(entries), strict=True):
        query = _read_query(operation, entry)
        first = _build_case(operation, entry, query)
        case = open_walks.pop((first.question.path, _by_name(query)), None)
        if case is None:
            case = replace(first, visit=Visit(repeat=repeats[first.question]))
            repeats[case.question] += 1
        exchange = replace(_make_exchange(operation, case, entry), together=together)
        yield exchange
        page = _read_page(operation, exchange)
        if page and page.onward.query is not None and WHOLE_PATH not in dict(page.onward.path):
            onward = case.next_page(page.onward.query, parameter, stated=page.onward.stated)
            open_walks[case.question.path, _by_name(onward.query)] = onward


def belongs_to(operation: Operation, entry: Entry) -> bool:
    """Return whether an entry is a request of an operation, or a HEAD or OPTIONS for it."""
    address, _, query = entry.url.partition("?")
    has_method = entry.method == operation.method or entry.method in PROBES
    return has_method and is_at(operation, address) and has_query(operation, query)


def is_at(operation: Operation, address: str) -> bool:
    """Return whether OpenAPI assigns a URL, without its query, to the path of an operation."""
    return _find_server(operation, address) is not None


def has_query(operation: Operation, query: str) -> bool:
    """Return whether a query contains the one that the documentation writes behind the path."""
    fixed = _list_fixed(operation)
    return not fixed or fixed <= {*read_query(operation, query.partition("#")[0])}


@lru_cache(maxsize=64)
def _list_fixed(operation: Operation) -> frozenset[tuple[str, str]]:
    return frozenset(
        (each.name, operation.given[each.name])
        for each in operation.query_parameters
        if each.schema.get("enum") == [operation.given.get(each.name)]
    )


def is_elsewhere(operation: Operation, entry: Entry) -> bool:
    """Return whether an entry has the path of an operation, on another server."""
    return _find_server(operation, entry.url.partition("?")[0]) == "other"


def find_server(operation: Operation, entry: Entry) -> str:
    """Return the URL of the server that an entry of an operation was sent to."""
    parts = urlsplit(entry.url)
    prefix, _ = match_operation(operation, parts.path) or ("", {})
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{prefix}"


@lru_cache(maxsize=1024)
def _find_server(operation: Operation, address: str) -> Literal["documented", "other"] | None:
    """Return which server a URL names, if any.

    Elsewhere a path may have any prefix, unless its operation names no segment, as `/{id}`.
    """
    parts = None if find_url_problem(address) else urlsplit(address)
    match = match_operation(operation, parts.path) if parts else None
    if parts is None or match is None:
        return None
    (prefix, values), server = match, urlsplit(operation.server)
    is_documented = _host(parts) == _host(server)
    base, is_general = server.path.rstrip("/"), not re.sub(r"\{[^{}]*\}|/", "", operation.path)
    if prefix != base and (is_documented or (is_general and prefix)):
        return None
    preferred = (match_path(each, parts.path) for each in operation.preferred_paths)
    least = len(prefix) if is_documented else 0
    if any(other is not None and least <= len(other[0]) <= len(prefix) for other in preferred):
        return None
    if not all(
        can_be_documented(each, values[each.name])
        for each in operation.path_parameters
        if each.name in values
    ):
        return None
    return "documented" if is_documented else "other"


def _host(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2].lower().removesuffix(":443").removesuffix(":80")


def find_url_problem(text: str) -> str:
    """Return why a text is neither a URL of HTTP nor a relative one; empty if it is."""
    try:
        parts = urlsplit(text)
        is_http = parts.scheme in ("http", "https", "") and parts.port != 0
    except ValueError:
        return "the URL is invalid"
    return "" if is_http else "the URL is not one of HTTP"


def _make_exchange(operation: Operation, case: Case, entry: Entry) -> Exchange:
    request = Request(entry.method, entry.url)
    if getattr(entry.outcome, "status", 0) not in REFUSED:
        request = _show_secrets(operation, request)
    return Exchange(case, request, entry.outcome, entry.seconds, phase=RECORDED, sent=entry.sent)


def _show_secrets(operation: Operation, request: Request) -> Request:
    """Return a request with environment variables in place of the masks of its credentials."""
    headers, query = _list_shown(operation)
    url = request.url
    if names := {each.name for each in query}:
        address, _, text = url.partition("?")
        kept = [e for e in text.split("&") if unquote_plus(e.partition("=")[0]) not in names]
        url = "?".join(filter(None, (address, "&".join(kept))))
    return replace(request, url=url, secrets=headers, secret_query=query)


@lru_cache(maxsize=64)
def _list_shown(
    operation: Operation,
) -> tuple[tuple[SecretHeader, ...], tuple[SecretQuery, ...]]:
    return shown_headers(operation, Question()), shown_query(operation, Question())


def _read_query(operation: Operation, entry: Entry) -> Query:
    return read_query(operation, urlsplit(entry.url).query)


def _by_name(query: Query) -> Query:
    """Return a query with its parameters in one order, however a client writes them."""
    return tuple(sorted(query, key=itemgetter(0)))


def _read_page(operation: Operation, exchange: Exchange) -> Page | None:
    if exchange.response is None or not operation.is_main(exchange.status):
        return None
    return read_page(operation, exchange, decode(exchange.response.body).value)


def _build_case(operation: Operation, entry: Entry, query: Query) -> Case:
    method = None if entry.method == operation.method else entry.method
    named = printable(query_label(query, "recorded"))
    expectation = _find_expectation(operation, query)
    status = getattr(entry.outcome, "status", 0)
    is_refused = status in REFUSED and not operation.is_main(status)
    has_body = operation.body_schema is not None
    if method is not None or is_refused or has_body or _may_lack(operation, query):
        expectation = replace(expectation, answer=Expected.UNSPECIFIED)
    _, values = match_operation(operation, urlsplit(entry.url).path) or ("", {})
    return Case(named, Question(query, path=tuple(values.items()), method=method), expectation)


def _may_lack(operation: Operation, query: Query) -> bool:
    """Return whether a query lacks a required parameter, or headers or cookies may lack one."""
    sent = {("query", name) for name, _ in query}
    others = (each for each in operation.parameters if each.location != "path")
    return any(each.required and (each.location, each.name) not in sent for each in others)


def _find_expectation(operation: Operation, query: Query) -> Expectation:
    """Return the documented expectation of a query, and its one parameter and keyword."""
    known = {parameter.name: parameter for parameter in operation.query_parameters}
    if not {name for name, _ in query} <= set(known):
        return Expectation(Expected.UNSPECIFIED)
    names = list(dict.fromkeys(name for name, _ in query))
    only = (names[0], _choose_keyword(known[names[0]])) if len(names) == 1 else (None, None)
    if not all(can_be_documented(known[name], text) for name, text in query):
        return Expectation(Expected.REJECTED, *only)
    if not all(_is_documented(known[name], text) for name, text in query):
        return Expectation(Expected.UNSPECIFIED)
    if operation.roles.paging_parameter in names:
        return Expectation(Expected.UNSPECIFIED)  # the list may have no such page
    return Expectation(Expected.ACCEPTED, *only)


def _is_documented(parameter: Parameter, text: str) -> bool:
    """Return whether the documentation alone makes a text valid: free text may name nothing."""
    stated = parameter.item_schema
    if "enum" in stated:
        return text in [write_value(value) for value in stated["enum"] if value is not None]
    if "string" in stated.get("type", "string"):
        return False
    return str(read_number(text)) == text


def _choose_keyword(parameter: Parameter) -> str:
    stated = parameter.item_schema
    return next((keyword for keyword in ("enum", "maximum") if keyword in stated), "type")
