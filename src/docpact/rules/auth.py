"""The `auth` family: invalid credentials are refused, and no response repeats a valid one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from typing import Final

from docpact.credentials import kind_of, list_invalid
from docpact.media_types import is_media_type
from docpact.model import Credentials, Exchange, Level, Promise
from docpact.rules.evidence import PASSING, Evidence
from docpact.rules.rule import Broken, Judged, Rule, group_breaches, judge_each, rule

_WHY: Final = "Protected data is open to anyone, or a client with a bad key sees an outage."


def judge_refusal(rule: str, evidence: Evidence) -> Iterator[Judged]:
    """Judge whether invalid credentials are refused, neither answered with data nor with a 5xx."""
    operation = evidence.operation
    if operation.credential is None or operation.credential.is_optional:
        return
    for number, credential in enumerate(operation.credentials):
        location = kind_of(credential).location(credential)
        sent: list[tuple[Credentials, str]] = [
            (row.credentials, meant)
            for each, row, meant in list_invalid(operation)
            if row.rule == rule and each is credential
        ]
        if not sent:
            continue
        if number == 0 and rule == "auth.missing":
            sent.append(("none", ""))
        promise = Promise(
            rule,
            location,
            f"a refusal such as 401 without a valid {credential.scheme} credential",
            operation.source("operation", f"/security/{number}"),
        )
        yield _judge(evidence, promise, sent)


@rule("auth.cookie", _WHY, needs_own_requests=True)
def judge_cookie(evidence: Evidence) -> Iterator[Judged]:
    """A documented cookie with an invented value is refused."""
    operation = evidence.operation
    cookies = [(n, p.name) for n, p in enumerate(operation.parameters) if p.location == "cookie"]
    if operation.credential is None or operation.credential.is_optional or not cookies:
        return
    index, name = cookies[0]
    promise = Promise(
        "auth.cookie",
        f"cookie/{name}",
        "a refusal such as 401 for a session that was never opened",
        operation.source("operation", f"/parameters/{index}"),
    )
    yield _judge(evidence, promise, [("cookie", "")])


@rule(
    "auth.redirect",
    "A client that follows redirects reads a sign-in page with status 200 as data.",
    Level.NOTE,
    needs_own_requests=True,
)
def judge_redirect(evidence: Evidence) -> Iterator[Judged]:
    """A request without valid credentials is not redirected to a page."""
    operation = evidence.operation
    if operation.credential is None or operation.credential.is_optional:
        return
    promise = Promise(
        "auth.redirect",
        kind_of(operation.credential).location(operation.credential),
        "a refusal such as 401, not a redirect to a page",
        operation.source("operation", "/security/0"),
    )
    invalid = [e for e in evidence.exchanges if e.case.question.credentials != "valid"]
    answered = [each for each in invalid if each.response is not None]
    yield judge_each(promise, answered, lambda e: _describe(e) if e.status in REDIRECTS else None)


@rule("auth.echo", "Keys end up in logs, caches and error reports.", needs_own_requests=True)
def judge_echo(evidence: Evidence) -> Iterator[Judged]:
    """No response contains the credential that was sent with its request (security)."""
    if evidence.operation.credential is None:
        return
    promise = Promise("auth.echo", "body", "a response without the credential", security=True)
    answered = [exchange for exchange in evidence.all if exchange.response is not None]
    broken = [
        Broken(exchange, place, f"the credential, in {place}, to {exchange.case.title}")
        for exchange in answered
        for place in exchange.echoes
    ]
    yield promise, len(answered), group_breaches(broken, len(answered))


def _judge(
    evidence: Evidence, promise: Promise, sent: Collection[tuple[Credentials, str]]
) -> Judged:
    passing = PASSING | evidence.failures
    asked = [
        exchange
        for exchange in evidence.all
        if (exchange.case.question.credentials, exchange.case.question.credential) in sent
        and exchange.response is not None
        and exchange.status not in passing
    ]
    answered = [each for each in asked if each.case.question.method is None]
    refused = evidence.refusals | {id(e) for e in answered if 300 <= e.status < 500}
    if not any(each.status < 300 for each in answered):
        heads = [each for each in asked if each.case.question.method is not None]
        refused |= {id(each) for each in heads if not _has_content(evidence, each)}
        answered += heads
    return judge_each(promise, answered, lambda e: None if id(e) in refused else _describe(e))


def _has_content(evidence: Evidence, head: Exchange) -> bool:
    """Return whether a response to HEAD describes a body that GET would have: it is documented."""
    response, documented = head.response, evidence.operation.content_type
    if response is None or not head.is_success or not documented:
        return False
    content_type, length = response.header("content-type"), response.header("content-length")
    return is_media_type(content_type or "", documented) and length != "0"


def _describe(exchange: Exchange) -> str:
    return f"{exchange.status} to {exchange.case.title}"


REDIRECTS: Final = (301, 302, 303, 307, 308)

RULES: Final = (
    *(
        Rule(
            f"auth.{name}",
            Level.BREAKING,
            f"A request {text} is refused.",
            _WHY,
            partial(judge_refusal, f"auth.{name}"),
            needs_own_requests=True,
        )
        for name, text in (
            ("missing", "without credentials"),
            ("wrong", "with a key that was never issued"),
            ("malformed", "with malformed credentials"),
        )
    ),
    judge_cookie,
    judge_redirect,
    judge_echo,
)
