"""The `protocol` family: complete responses, encodings, redirects and intermittent errors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from statistics import median
from typing import Final

from docpact.model import Exchange, Expected, Level, Operation, Promise
from docpact.model.operation import UNCHANGED
from docpact.model.path import snake_case
from docpact.rules.evidence import PASSING, Evidence
from docpact.rules.path.listing import GONE
from docpact.rules.path.rules import UNKNOWN
from docpact.rules.responses.documented import INVALID, TOO_MANY_REQUESTS
from docpact.rules.rule import Broken, Judged, group_breaches, is_explained, judge_each, rule
from docpact.text import printable, shorten

ACCEPTED_ENCODINGS: Final = ("gzip", "deflate")
"""The content codings that docpact accepts (RFC 9110, section 12.5.3)."""

BUSY: Final = frozenset({TOO_MANY_REQUESTS, 503})
"""Statuses of a server that is busy (RFC 9110, section 15.6.4)."""

PROBES: Final = ("HEAD", "OPTIONS")
"""The safe methods that are sent besides the operation's own (RFC 9110, section 9.2.1)."""

UNKNOWN_TAG: Final = '"docpact-unknown"'
"""An entity tag that no server issues."""

NOT_MODIFIED: Final = 304

_TAG: Final = re.compile(r'(W/)?"[^"]*"')
"""An entity tag, as RFC 9110 writes it in section 8.8.3."""

ANNOUNCEMENTS: Final = {
    "deprecation": "RFC 9745",
    "sunset": "RFC 8594",
    "warning": "RFC 7234, section 5.5.7",
}
"""Response headers that announce the end of an operation, and where they are defined."""

NO_ANSWER: Final = frozenset({"unreachable", "timeout", "cut", "race"})
"""Kinds of failure without any response to judge."""

ONE_IN: Final = 50
"""Up to one failure in this number of requests is a note; more of them are drift."""

SOON: Final = 2.0
"""Seconds within which half of all responses are expected."""

OTHERWISE: Final = frozenset({401, 402, 403, 407, 408, 413, 414, TOO_MANY_REQUESTS, 431})
"""Statuses of requests that are refused for another reason than a value in them."""

LATE: Final = 10.0
"""Seconds within which every response is expected."""


_WAIT: Final = re.compile(
    r"(long_)?(wait|timeout|poll|polling|block|blocking)"
    r"(_(for|time|timeout|ms|s|secs?|seconds|millis|milliseconds))*"
)
_WAITS: Final = re.compile(
    r"\b(wait(s|ing)?|long[- ]?poll(s|ing)?|block(s|ing)? (for|until|up to))\b", re.IGNORECASE
)
"""Names, and descriptions, of parameters that say how long a server waits for news."""


def may_wait(operation: Operation) -> bool:
    """Return whether the server may wait before it answers, as a query parameter says.

    It is named `wait`, for example, or `timeout` and described as the maximum time to wait.
    """
    return any(
        (named := _WAIT.fullmatch(snake_case(each.name).removeprefix("max_")))
        and (named[2] == "wait" or _WAITS.search(each.description))
        for each in operation.query_parameters
    )


def has_no_response(exchange: Exchange) -> bool:
    """Return whether there is no response to judge."""
    return exchange.failure is not None and exchange.failure.kind in NO_ANSWER


@rule("protocol.answer", "A client sees a broken connection instead of a response.")
def judge_answer(evidence: Evidence) -> Iterator[Judged]:
    """A request gets a complete response, in time unless the server may wait."""
    kinds = ("cut",) if may_wait(evidence.operation) else ("timeout", "cut")
    promise = Promise("protocol.answer", "connection", "a complete response to every request")
    broken = [
        Broken(e, _about(e), f"{e.failure.message}, to {e.case.title}")
        for e in evidence.all
        if e.failure is not None and e.failure.kind in kinds
        if not is_explained(e, evidence.exchanges)
    ]
    judged = len(evidence.all)
    yield promise, judged, group_breaches(broken, judged)


@rule("protocol.encoding", "No client can read the body.")
def judge_encoding(evidence: Evidence) -> Iterator[Judged]:
    """A body has the encoding of its header, one that the request accepts."""
    promise = Promise(
        "protocol.encoding",
        "header/content-encoding",
        f"{', '.join(ACCEPTED_ENCODINGS)} or none, as requested (RFC 9110, section 12.5.3)",
    )
    yield judge_each(promise, evidence.exchanges, _encoding_problem)


@rule("protocol.redirect", "A client that does not follow redirects gets no data.", Level.NOTE)
def judge_redirect(evidence: Evidence) -> Iterator[Judged]:
    """The documented path does not redirect."""
    promise = Promise(
        "protocol.redirect",
        "status",
        "a response at the documented path",
        evidence.operation.source("operation", "/path"),
    )
    yield judge_each(promise, evidence.exchanges, _redirect)


@rule("protocol.intermittent", "A client without retries fails sometimes.", Level.NOTE)
def judge_intermittent(evidence: Evidence) -> Iterator[Judged]:
    """A request that succeeds when repeated succeeds at the first attempt."""
    promise = Promise("protocol.intermittent", "status", "success at the first attempt")
    healed = _find_healed(evidence, frozenset({TOO_MANY_REQUESTS}))
    healed = [e for e in healed if e.response is None or e.response.header("retry-after") is None]
    yield _judge_healed(evidence, promise, [] if _is_unreliable(evidence) else healed)


@rule("protocol.reliable", "A client without retries fails often.")
def judge_reliable(evidence: Evidence) -> Iterator[Judged]:
    """Failures that a retry heals are rare."""
    promise = Promise(
        "protocol.reliable", "status", f"no failure in more than one of {ONE_IN} requests"
    )
    healed = _find_healed(evidence, PASSING) if _is_unreliable(evidence) else []
    yield _judge_healed(evidence, promise, healed)


def _judge_healed(evidence: Evidence, promise: Promise, healed: Sequence[Exchange]) -> Judged:
    broken = [Broken(e, promise.location, f"{_result(e)}, then success") for e in healed]
    return promise, len(evidence.exchanges), group_breaches(broken, len(evidence.exchanges))


@rule(
    "protocol.methods",
    "Caches, link checkers and browsers use these methods and report errors.",
    needs_own_requests=True,
)
def judge_methods(evidence: Evidence) -> Iterator[Judged]:
    """HEAD and OPTIONS are answered or refused, without a 5xx status other than 501."""
    passing = BUSY | evidence.failures
    for method in PROBES:
        promise = Promise(
            "protocol.methods",
            f"method/{method}",
            "a status below 500, or 501 (RFC 9110, sections 9.1 and 15.6.2)",
        )
        asked = [
            each
            for each in evidence.probes
            if each.case.question.method == method
            and each.case.question.credentials == "valid"
            and each.response is not None
            and each.status not in passing
        ]
        yield judge_each(
            promise, asked, lambda e: str(e.status) if e.status >= 500 and e.status != 501 else None
        )


@rule(
    "protocol.conditional",
    "A client takes old data for current, or has none at all.",
    needs_own_requests=True,
)
def judge_conditional(evidence: Evidence) -> Iterator[Judged]:
    """Nothing is unchanged since an entity tag that the server never issued."""
    if header := evidence.operation.find_header(UNCHANGED):
        sent = (header, UNKNOWN_TAG)
        yield judge_each(
            Promise("protocol.conditional", f"header/{header}", "not 304 (RFC 9110, 13.1.2)"),
            [e for e in evidence.exchanges if sent in e.case.question.headers and e.response],
            lambda e: str(e.status) if e.status == NOT_MODIFIED else None,
        )


@rule("protocol.etag", "A cache or a library that reads the header ignores it.", Level.NOTE)
def judge_etag(evidence: Evidence) -> Iterator[Judged]:
    """An entity tag, if responses have one, is in quotes, perhaps after `W/`."""
    tagged = [e for e in evidence.exchanges if e.response and e.response.header("etag")]
    promise = Promise("protocol.etag", "header/ETag", "a text in quotes (RFC 9110, section 8.8.3)")
    if tagged:
        yield judge_each(promise, tagged, _find_bare_tag)


def _find_bare_tag(exchange: Exchange) -> str | None:
    tag = exchange.response.header("etag") if exchange.response else None
    return None if tag is None or _TAG.fullmatch(tag.strip()) else shorten(printable(tag))


@rule("protocol.slow", "The timeout of a client may be shorter.", Level.NOTE)
def judge_slow(evidence: Evidence) -> Iterator[Judged]:
    """Responses arrive soon, unless the server may wait."""
    if may_wait(evidence.operation):
        return
    promise = Promise(
        "protocol.slow", "connection", f"half within {SOON:.0f} s, all within {LATE:.0f} s"
    )
    whole = [e for e in evidence.exchanges if e.response is not None and e.response.body_known]
    # Concurrent requests may have delayed a response.
    answered = [each for each in whole if not (each.together and each.seconds > SOON)]
    seconds = sorted(e.seconds for e in answered)
    broken = []
    if answered and (median(seconds) > SOON or seconds[-1] > LATE):
        slowest = max(answered, key=lambda e: e.seconds)
        observed = f"median {median(seconds):.1f} s, slowest {seconds[-1]:.1f} s"
        broken = [Broken(slowest, promise.location, observed)]
    yield promise, len(answered), group_breaches(broken, len(answered))


@rule(
    "protocol.deprecation",
    "A client must move to another operation before the announced day.",
    Level.NOTE,
)
def judge_deprecation(evidence: Evidence) -> Iterator[Judged]:
    """No response announces that the operation is deprecated or will be removed."""
    answered = [e for e in evidence.exchanges if e.response is not None]
    for name, source in ANNOUNCEMENTS.items():
        promise = Promise(
            "protocol.deprecation", f"header/{name}", f"no announcement of an end ({source})"
        )
        yield judge_each(promise, answered, partial(_find_announcement, name))


def _find_announcement(name: str, exchange: Exchange) -> str | None:
    value = exchange.response.header(name) if exchange.response else None
    if value is None or (name == "warning" and not value.startswith("299")):
        return None
    if name == "deprecation" and value.strip().lower() in ("false", "?0"):
        return None
    day = _read_day(value.strip())
    return f"{shorten(value)}" if day is None else f"{shorten(value)}, which is {day}"


def _read_day(value: str) -> str | None:
    """Return the day of a date of RFC 9651 (`@` and seconds) or RFC 9110, or None."""
    try:
        is_number = value.startswith("@")
        time = (
            datetime.fromtimestamp(int(value[1:]), UTC)
            if is_number
            else parsedate_to_datetime(value)
        )
    except (ValueError, OverflowError, OSError):
        return None
    return f"{time:%Y-%m-%d}"


def _find_healed(evidence: Evidence, passing: frozenset[int]) -> list[Exchange]:
    """Return the failures that a retry healed, except temporary statuses.

    Several requests without a response, none of which was sent alone, may have failed because they
    were concurrent.
    """
    still = {e.case.question for e in evidence.all if e.failure or e.status >= 500}
    failed = [e for e in evidence.retried if e.status not in passing]
    unanswered = [e for e in failed if has_no_response(e)]
    is_crowded = len(unanswered) > 1 and all(e.together for e in unanswered)
    counted = [e for e in failed if not (is_crowded and has_no_response(e))]
    return [e for e in counted if e.case.question not in still]


@rule(
    "protocol.refusal",
    "A client that distinguishes errors by their status takes this one for another.",
    Level.NOTE,
    needs_own_requests=True,
)
def judge_refusal(evidence: Evidence) -> Iterator[Judged]:
    """A request is refused with a status that is documented, if one is for such a request."""
    operation = evidence.operation
    bodies = (step.exchange for step in evidence.steps if step.action == "invalid")
    asked = [(each, each.case.expectation) for each in evidence.exchanges]
    unknown = [each for each, expected in asked if expected.keyword == UNKNOWN]
    others = [(each, expected) for each, expected in asked if expected.keyword != UNKNOWN]
    invalid = [each for each, expected in others if expected.answer is Expected.REJECTED]
    for where, usual, sent in (
        ("request", INVALID, [*invalid, *bodies]),
        ("path", (*GONE, *INVALID), unknown),
    ):
        stated = [status for status in usual[:2] if operation.documents(status)]
        refused = [e for e in sent if 400 <= e.status < 500 and e.status not in OTHERWISE]
        if stated:
            promise = Promise("protocol.refusal", where, f"status {stated[0]}, as documented")
            yield judge_each(promise, refused, partial(_find_undocumented, operation, usual[2:]))


def _find_undocumented(
    operation: Operation, others: Sequence[int], exchange: Exchange
) -> str | None:
    """Return the status of a refusal if nothing documents it and no other reason explains it."""
    is_stated = exchange.status in others or operation.find_response(exchange.status) is not None
    return None if is_stated else f"{exchange.status} to {exchange.case.title}"


def _is_unreliable(evidence: Evidence) -> bool:
    failures = len(_find_healed(evidence, PASSING))
    return failures > 1 and failures * ONE_IN > len(evidence.exchanges)


def _about(exchange: Exchange) -> str:
    parameter = exchange.case.expectation.parameter
    if exchange.case.question.method is not None:
        return f"method/{exchange.case.question.method}"
    return "connection" if parameter is None else f"query/{parameter}"


def _result(exchange: Exchange) -> str:
    return str(exchange.status) if exchange.failure is None else exchange.failure.message


def _redirect(exchange: Exchange) -> str | None:
    if not exchange.redirects:
        return None
    return f"redirected to {printable(exchange.redirects[0].partition('?')[0])}"


def _encoding_problem(exchange: Exchange) -> str | None:
    if exchange.failure is not None:
        return exchange.failure.message if exchange.failure.kind == "encoding" else None
    coding = exchange.response.header("content-encoding") if exchange.response else None
    names = {name.strip().lower() for name in (coding or "").split(",")} - {""}
    if names <= {*ACCEPTED_ENCODINGS, "x-gzip", "identity"}:
        return None
    return f"{printable(coding or '')}, which the request does not accept"


RULES: Final = (
    judge_answer,
    judge_encoding,
    judge_redirect,
    judge_intermittent,
    judge_reliable,
    judge_methods,
    judge_conditional,
    judge_etag,
    judge_refusal,
    judge_deprecation,
    judge_slow,
)
