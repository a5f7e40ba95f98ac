"""Obstacles: reasons why responses say nothing about the operation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final
from urllib.parse import urljoin, urlsplit

from docpact.bodies.decode import decode
from docpact.conformance.keys import CLIENT_ID, CLIENT_SECRET, name_variables
from docpact.model import Exchange, Expected, Failure, Operation, Response
from docpact.model.operation import SECURITY
from docpact.model.path import names as path_names
from docpact.rules.auth import REDIRECTS
from docpact.rules.evidence import CONFLICT, PASSING
from docpact.rules.path.listing import GONE
from docpact.rules.protocol import has_no_response
from docpact.rules.responses.documented import INVALID, has_documented_type, is_foreign_html
from docpact.rules.walks.bodies import states_failure

REFUSED: Final = (401, 402, 403)
"""Statuses of a request whose credentials are missing, not accepted or not paid for."""


LONGEST_REFUSAL: Final = 65_536
"""Maximum number of bytes of a body that is a refusal: longer ones are data."""

MANY: Final = 10
"""Number of failures after which nothing else is expected."""

UNKNOWN: Final = (*GONE, *INVALID)
"""Statuses of requests for things that a server does not know."""


FAILS: Final = "every request fails with a 5xx status, so docpact asks nothing further"


def always_fails(exchanges: Iterable[Exchange]) -> bool:
    """Return whether many requests with valid credentials all got a 5xx status."""
    answered = list_answered(exchanges)
    return len(answered) >= MANY and all(each.status >= 500 for each in answered)


def is_outage(exchanges: Iterable[Exchange]) -> bool:
    """Return whether no request with valid credentials got a complete response.

    Such exchanges say nothing about any promise.
    """
    valid = (each for each in exchanges if each.case.question.credentials == "valid")
    return all(map(has_no_response, valid))


def find_obstacle(operation: Operation, target: str, exchanges: Iterable[Exchange]) -> str:
    """Return why no response comes from the documented operation; empty if some may.

    That is so if every request with valid credentials was refused, by its status or in its body,
    not found or answered with HTML.
    """
    answered = list_answered(exchanges)
    if answered and all(each.status in REFUSED for each in answered):
        return describe_refusal(operation, target, answered[0])
    if answered and all(each.status == 404 for each in answered):
        path = " and are the values in its path" if operation.path_parameters else ""
        base = _find_missing_base(operation, answered[0].request.url)
        stated = f" The documented one has {base}" if base else ""
        return f"{target} answers 404 to every request: is the URL{path} right?{stated}"
    if answered and all(is_foreign_html(operation, each.outcome) for each in answered):
        return describe_html(target)
    gap = operation.open_request
    if gap and lacks_parameters(operation, answered):
        found = f"{target} refuses every request ({answered[0].status})"
        where = gap.place or f"line {gap.line}"
        return f"{found}; {where}: {gap.text}: --param NAME=VALUE sends one with every request"
    if answered and all(map(_is_refused_in_body, answered)):
        return f"{target} refuses every request in its body: are the parameters right?"
    is_conflict = list_statuses(answered) == {CONFLICT} and operation.documents(CONFLICT)
    stated = f"{target} answers {CONFLICT} to every request, which its state does not allow"
    return stated if is_conflict else ""


def _find_missing_base(operation: Operation, url: str) -> str:
    """Return the path of the documented server that a request does not have, or nothing."""
    base = urlsplit(operation.server).path.rstrip("/")
    return "" if urlsplit(url).path.startswith(f"{base}/") else base


def lacks_parameters(operation: Operation, exchanges: Iterable[Exchange]) -> bool:
    """Return whether every request was refused, perhaps for a parameter that it needs.

    It may need one if the documentation leaves open which it needs.
    """
    statuses = {each.status for each in list_answered(exchanges)}
    return operation.open_request is not None and bool(statuses) and statuses <= {*INVALID}


def find_foreign_text(operation: Operation, target: str, exchanges: Iterable[Exchange]) -> str:
    """Return that every request with valid credentials got a 4xx in plain text, or nothing.

    A 500 in plain text is how many frameworks write that the operation itself failed.
    """
    answered = list_answered(exchanges)
    refused = (e.status < 500 and _is_foreign_text(operation, e.outcome) for e in answered)
    if not answered or not all(refused):
        return ""
    https = ", and is it https" if target.startswith("http:") else ""
    status = answered[0].status
    return f"{target} answers {status} to every request, not in JSON: is the URL right{https}?"


def is_missing(exchange: Exchange) -> bool:
    """Return whether the operation itself has not responded."""
    return exchange.status in PASSING or has_no_response(exchange)


def needs_control(operation: Operation, first: Exchange | None, exchange: Exchange) -> bool:
    """Return whether a target may have stopped responding since its first response."""
    if first is None:
        return False
    if first.is_success and _is_refused(exchange):
        return True
    is_other = is_foreign(operation, exchange) and not is_foreign(operation, first)
    return exchange.phase != first.phase and (is_other or is_missing(exchange))


def _is_refused(exchange: Exchange) -> bool:
    """Return whether a credential may have expired; a 403 to an invalid request is normal."""
    is_documented = exchange.case.expectation.answer is Expected.ACCEPTED
    refusing = REFUSED if is_documented else REFUSED[:1]
    return exchange.status in refusing and bool(list_answered([exchange]))


def find_expiry(exchanges: Sequence[Exchange]) -> int | None:
    """Return from which exchange on a credential that was accepted only gets 401, or None."""
    begun = next((n for n in range(len(exchanges), 0, -1) if exchanges[n - 1].status != 401), 0)
    asked = [(each.request.method, each.request.url) for each in exchanges]
    accepted = {asked[n] for n in range(begun) if exchanges[n].is_success}
    return None if accepted.isdisjoint(asked[begun:]) else begun


def is_foreign(operation: Operation, exchange: Exchange) -> bool:
    """Return whether a response to valid credentials comes from a proxy or another server.

    HTML, a redirect and an error in plain text are, but a 4xx only to a documented request.
    """
    outcome, answer = exchange.outcome, exchange.case.expectation.answer
    is_valid = answer is Expected.ACCEPTED or not 400 <= exchange.status < 500
    return bool(is_valid and list_answered([exchange])) and (
        is_foreign_html(operation, outcome)
        or _is_foreign_text(operation, outcome)
        or (exchange.status in REDIRECTS and not operation.documents(exchange.status))
    )


def _is_foreign_text(operation: Operation, outcome: Response | Failure) -> bool:
    """Return whether a proxy, or a server that expects TLS, may have sent an error."""
    if isinstance(outcome, Failure) or outcome.status < 400:
        return False
    is_json = decode(outcome.body[:LONGEST_REFUSAL]).value is not None
    return not is_json and not has_documented_type(operation, outcome)


def _is_refused_in_body(exchange: Exchange) -> bool:
    body = exchange.response.body if exchange.response is not None else b""
    is_short = len(body) <= LONGEST_REFUSAL
    return is_short and exchange.is_success and states_failure(decode(body).value)


def find_unknown(
    operation: Operation, chosen: Collection[str], exchanges: Collection[Exchange]
) -> str:
    """Return that the server does not know the thing in the path; empty if it may know it."""
    names = path_names(operation.path)
    asked = list_statuses(exchanges)
    is_given = bool(names) and {*names} <= {*chosen}
    is_refused = bool(asked) and asked <= {*UNKNOWN}
    if not is_given or not is_refused or lacks_parameters(operation, exchanges):
        return ""
    tried = " and ".join(f"{each}={operation.given[each]}" for each in names)
    return f"the server does not know {tried}: --param {names[-1]}=VALUE"


def list_statuses(exchanges: Iterable[Exchange]) -> frozenset[int]:
    """Return the statuses of responses to documented requests with valid credentials."""
    answered = list_answered(exchanges)
    return frozenset(
        each.status for each in answered if each.case.expectation.answer is Expected.ACCEPTED
    )


def list_answered(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Return the exchanges with a response to the documented method and valid credentials."""
    return [
        exchange
        for exchange in exchanges
        if not has_no_response(exchange)
        and exchange.case.question.credentials == "valid"
        and exchange.case.question.method is None
    ]


def describe_html(target: str) -> str:
    """Return what to do about a target that responds with HTML alone."""
    return f"{target} answers every request with HTML: is the URL right, and is a login required?"


def describe_refusal(operation: Operation, target: str, exchange: Exchange) -> str:
    """Return what to do about a response with a status of `REFUSED`."""
    if exchange.status == 402:
        return f"{target} answers 402 (Payment Required): is the account allowed to use it?"
    if operation.credential is not None:
        keys = "keys" if operation.beside else "a key"
        if operation.credential.kind == "basic" and not operation.beside:
            keys = "a USER:PASSWORD"
        advice = f"set {name_variables(operation)} to {keys} that it accepts"
        if operation.credential.token_url:
            name = operation.credential.variable
            advice += f", or {name}{CLIENT_ID} and {name}{CLIENT_SECRET} to fetch one"
        return f"{target} refuses the credential ({exchange.status}): {advice}"
    if gap := unsent_credential(operation):
        return f"{target} refuses the request ({exchange.status}): {gap}"
    challenge = exchange.response.header("www-authenticate") if exchange.response else None
    shown = f", WWW-Authenticate: {challenge}" if challenge else ""
    asked = f"{target} asks for credentials that are not documented ({exchange.status}{shown})"
    return f"{asked}: send them by --header 'NAME: $VARIABLE'"


def describe_redirect(target: str, url: str, onward: str) -> str:
    """Return what to do about a redirect that was not followed; another origin is never advised."""
    try:
        here, there = urlsplit(url), urlsplit(urljoin(url, onward))
    except ValueError:
        return f"{target} redirects to an address that is not a URL"
    if (here.scheme, here.netloc) == (there.scheme, there.netloc):
        return f"{target} redirects to {onward}: check that address instead"
    return (
        f"{target} redirects to another server, {there.scheme}://{there.netloc}, which docpact "
        "does not follow: is a login required, or is the URL wrong?"
    )


def unsent_credential(operation: Operation) -> str | None:
    """Return which documented credential docpact cannot send, or None."""
    gaps = (gap.text for gap in operation.gaps if gap.pointer == SECURITY)
    return next(gaps, None)


def describe_end(target: str, sent: str, control: Exchange) -> str:
    """Return how a target stopped responding to the documented request after some requests."""
    if control.status in REFUSED:
        refused = f"{target} refuses the documented request after {sent}: status {control.status}"
        return f"{refused}; has the credential expired?"
    by = "" if control.status in PASSING else " of a proxy or another server"
    message = control.failure.message if control.failure else f"status {control.status}{by}"
    return f"{target} stopped answering after {sent}: {message}"


def describe_unreachable(operation: Operation, name: str, first: Exchange) -> str:
    """Return why the first response shows no target that accepts the credential, or nothing."""
    if first.failure is not None and has_no_response(first):
        problem = "no complete response from" if first.failure.kind == "timeout" else "cannot reach"
        return f"{problem} {name}: {first.failure.message}"
    if first.status in PASSING:
        return f"{name} is not available: it answers {first.status} again and again"
    needs_credential = operation.credential is not None or unsent_credential(operation)
    if first.status in REFUSED and needs_credential:
        return describe_refusal(operation, name, first)
    is_redirect = first.status in REDIRECTS and first.response is not None
    if is_redirect and not operation.documents(first.status):
        onward = (first.response and first.response.header("location")) or "nowhere"
        return describe_redirect(name, first.request.url, onward)
    return ""
