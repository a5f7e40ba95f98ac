"""The `auth` family: requests without the documented credential are refused."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from docpact.model import Credentials, Level, Promise
from docpact.rules.evidence import TOO_MANY_REQUESTS, Evidence
from docpact.rules.rule import Broken, Judged, Rule, breaches


def judge_refusal(rule: str, credentials: Credentials, evidence: Evidence) -> Iterator[Judged]:
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
    asked = [
        exchange
        for exchange in evidence.exchanges
        if exchange.case.credentials == credentials
        and exchange.response is not None
        and exchange.status != TOO_MANY_REQUESTS
    ]
    broken = [
        Broken(exchange, promise.location, f"{exchange.status} to {exchange.case.label}")
        for exchange in asked
        if not 300 <= exchange.status < 500
    ]
    yield promise, len(asked), breaches(broken, len(asked))


_WHY: Final = "What a key protects is open, or a client with a bad key is told of an outage."

RULES: Final = (
    Rule(
        "auth.missing",
        Level.BREAKING,
        "A request without credentials is refused.",
        _WHY,
        partial(judge_refusal, "auth.missing", "none"),
    ),
    Rule(
        "auth.wrong",
        Level.BREAKING,
        "A request with a key that was never issued is refused.",
        _WHY,
        partial(judge_refusal, "auth.wrong", "wrong"),
    ),
    Rule(
        "auth.malformed",
        Level.BREAKING,
        "A request whose credentials are malformed is refused.",
        _WHY,
        partial(judge_refusal, "auth.malformed", "malformed"),
    ),
)
