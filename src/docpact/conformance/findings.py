"""From judgements to findings: fingerprints, redaction and the curl line that shows each again."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from docpact.model import Breach, Finding, Judgement, Level, Operation, Request
from docpact.model.finding import fingerprint

_ORDER: Final = {Level.BREAKING: 0, Level.ADDITIVE: 1, Level.NOTE: 2}


def findings(
    operation: Operation, judgements: Sequence[Judgement], redact: Callable[[str], str]
) -> tuple[Finding, ...]:
    """Return a finding for every breach, breaking ones first, otherwise in the rules' order.

    Args:
        operation: the contract.
        judgements: of a run.
        redact: removes secrets from a text that a server had a hand in.
    """
    found = [
        _finding(operation, judgement, breach, redact)
        for judgement in judgements
        for breach in judgement.breaches
    ]
    return tuple(sorted(found, key=lambda finding: _ORDER[finding.level]))


def curl(request: Request) -> str:
    """Return a command that sends a request again and runs as printed in a POSIX shell.

    A header that names an environment variable is quoted so that the shell fills it in.
    """
    return " ".join(_curl_words(request))


def _curl_words(request: Request) -> Iterator[str]:
    yield "curl -sS -g"
    if request.method != "GET":
        yield f"-X {request.method}"
    yield shlex.quote(request.url)
    for name, value in request.headers:
        if "$" in value:
            yield f'-H "{name}: {value}"'
        else:
            yield f"-H {shlex.quote(f'{name}: {value}')}"


def _finding(
    operation: Operation, judgement: Judgement, breach: Breach, redact: Callable[[str], str]
) -> Finding:
    promise = judgement.promise
    return Finding(
        promise=promise,
        level=judgement.level,
        location=redact(breach.location),
        observed=redact(breach.observed),
        count=breach.count,
        judged=breach.judged,
        first=redact(breach.first),
        reproduce=curl(breach.request),
        fingerprint=fingerprint(operation.id, promise.rule, breach.location, breach.detail),
    )
