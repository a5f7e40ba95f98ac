"""The `auth` family: requests without the documented credential are refused; none is echoed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from docpact.model import Breach, Credentials, Level, Promise
from docpact.rules.evidence import PASSING, Evidence
from docpact.rules.rule import Broken, Judged, Rule, breaches


def judge_refusal(
    rule: str, credentials: tuple[Credentials, ...], evidence: Evidence
) -> Iterator[Judged]:
    """A request with such credentials is answered with neither the data nor a failure."""
    operation = evidence.operation
    if operation.credential is None:
        return
    promise = Promise(
        rule,
        f"header/{operation.credential.header}",
        f"a refusal such as 401 without a valid {operation.credential.scheme} credential",
        operation.source("operation", "/security/0"),
    )
    yield promise, *_judge(evidence, promise, credentials)


def judge_cookie(evidence: Evidence) -> Iterator[Judged]:
    """A made-up cookie lets nobody in."""
    operation = evidence.operation
    cookies = [p.name for p in operation.parameters if p.location == "cookie"]
    if operation.credential is None or not cookies:
        return
    index = next(n for n, p in enumerate(operation.parameters) if p.name == cookies[0])
    promise = Promise(
        "auth.cookie",
        f"cookie/{cookies[0]}",
        "a refusal such as 401 for a session that was never opened",
        operation.source("operation", f"/parameters/{index}"),
    )
    yield promise, *_judge(evidence, promise, ("cookie",))


def judge_echo(evidence: Evidence) -> Iterator[Judged]:
    """No answer holds the credential that was sent."""
    if evidence.operation.credential is None:
        return
    promise = Promise("auth.echo", "body", "an answer that holds no credential", security=True)
    asked = [exchange for exchange in evidence.all if exchange.response is not None]
    broken = [
        Broken(exchange, place, f"the credential, in {place}, to {exchange.case.title}")
        for exchange in asked
        for place in exchange.echoes
    ]
    yield promise, len(asked), breaches(broken, len(asked))


def _judge(
    evidence: Evidence, promise: Promise, credentials: tuple[Credentials, ...]
) -> tuple[int, tuple[Breach, ...]]:
    asked = [
        exchange
        for exchange in evidence.exchanges
        if exchange.case.question.credentials in credentials
        and exchange.response is not None
        and exchange.status not in PASSING
    ]
    broken = [
        Broken(exchange, promise.location, f"{exchange.status} to {exchange.case.title}")
        for exchange in asked
        if not 300 <= exchange.status < 500
    ]
    return len(asked), breaches(broken, len(asked))


_WHY: Final = "What a key protects is open, or a client with a bad key is told of an outage."

RULES: Final = (
    Rule(
        "auth.missing",
        Level.BREAKING,
        "A request without credentials is refused.",
        _WHY,
        partial(judge_refusal, "auth.missing", ("none",)),
    ),
    Rule(
        "auth.wrong",
        Level.BREAKING,
        "A request with a key that was never issued is refused.",
        _WHY,
        partial(judge_refusal, "auth.wrong", ("wrong",)),
    ),
    Rule(
        "auth.malformed",
        Level.BREAKING,
        "A request whose credentials are malformed is refused.",
        _WHY,
        partial(judge_refusal, "auth.malformed", ("malformed", "bare", "basic")),
    ),
    Rule(
        "auth.cookie",
        Level.BREAKING,
        "A documented cookie with a made-up value lets nobody in.",
        _WHY,
        judge_cookie,
    ),
    Rule(
        "auth.echo",
        Level.BREAKING,
        "No answer holds the credential that was sent with its request: a security matter.",
        "Keys end up in logs, caches and error reports.",
        judge_echo,
    ),
)
