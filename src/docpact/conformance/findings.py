"""From judgements to findings: fingerprints, redaction and the curl line that shows each again."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from docpact.model import Breach, Finding, Judgement, Operation, Question, Request
from docpact.model.finding import fingerprint


def settled(judgements: Sequence[Judgement]) -> tuple[tuple[Judgement, ...], tuple[str, ...]]:
    """Take out the breaches that a collection that moves could have caused.

    Returns:
        the judgements without them, and a line for each.
    """
    kept, lines = [], []
    for each in judgements:
        certain = tuple(breach for breach in each.breaches if breach.settled)
        lines += [
            f"not reported, for the collection moved and asking again did not show the same: "
            f"{each.promise.rule} {breach.location}: {breach.observed}"
            for breach in each.breaches
            if not breach.settled
        ]
        kept.append(replace(each, breaches=certain))
    return tuple(kept), tuple(lines)


def findings(
    operation: Operation,
    judgements: Sequence[Judgement],
    looks: Mapping[Question, int],
    redact: Callable[[str], str],
) -> tuple[Finding, ...]:
    """Return a finding for every breach, breaking ones first, otherwise in the rules' order.

    Args:
        operation: the contract.
        judgements: of a run.
        looks: how often each question was asked.
        redact: removes secrets from a text that a server had a hand in.
    """
    found = [
        _finding(operation, judgement, breach, looks, redact)
        for judgement in judgements
        for breach in judgement.breaches
    ]
    return tuple(sorted(found, key=lambda finding: finding.level.rank))


def curl(request: Request) -> str:
    """Return a command that sends a request again and runs as printed in a POSIX shell.

    A header that names an environment variable is quoted so that the shell fills it in.
    """
    return " ".join(_curl_words(request))


def _curl_words(request: Request) -> Iterator[str]:
    yield "curl -sS -g"
    if request.method == "HEAD":
        yield "-I"
    elif request.method != "GET":
        yield f"-X {request.method}"
    yield shlex.quote(request.url)
    for name, value in request.headers:
        if "$" in value:
            yield f'-H "{name}: {value}"'
        else:
            yield f"-H {shlex.quote(f'{name}: {value}')}"


def _finding(
    operation: Operation,
    judgement: Judgement,
    breach: Breach,
    looks: Mapping[Question, int],
    redact: Callable[[str], str],
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
        shown=len(breach.shown),
        asked=sum(
            looks.get(question, 0) for question in {question for question, _ in breach.shown}
        ),
        reproduce=redact(curl(breach.request)),
        fingerprint=fingerprint(operation.id, promise.rule, breach.location, breach.detail),
    )
