"""Findings: breaches with a fingerprint, a curl command and the visits that showed them."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias
from urllib.parse import quote

from docpact.credentials import LOGIN
from docpact.model import (
    Breach,
    Exchange,
    Finding,
    Judgement,
    Operation,
    Question,
    Request,
    SecretHeader,
)
from docpact.model.finding import fingerprint
from docpact.model.path import TOKEN, VARIABLE
from docpact.secrets import CUT

Visits: TypeAlias = Mapping[tuple[Question, int], int]
"""Question and page → the number of visits that reached the page."""

LONGEST_PLACE: Final = 2_000
"""Maximum number of characters of a place in a report."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+: [A-Za-z0-9 _-]*")
"""Text that means itself between double quotes."""


def make_findings(
    operation: Operation,
    judgements: Sequence[Judgement],
    visits: Visits,
    redact: Callable[[str], str],
) -> tuple[Finding, ...]:
    """Return a finding for every breach: breaking ones first, then in the order of the rules."""
    found = [
        _finding(operation, judgement, breach, visits, redact)
        for judgement in judgements
        for breach in judgement.breaches
    ]
    return tuple(sorted(found, key=lambda finding: finding.level.rank))


def count_visits(exchanges: Iterable[Exchange]) -> Visits:
    """Count the visits of each question that reached each of its pages.

    Walks of one question may have different lengths: a breach on page 5 says nothing about the
    visits that ended on page 2.
    """
    pages = {each.case.page_visit for each in exchanges if not each.retried}
    return Counter((page.question, page.page) for page in pages)


def curl(request: Request) -> str:
    """Return a command that sends a request again and runs as printed in a POSIX shell.

    The shell expands the environment variables of secrets and nothing else.
    """
    return " ".join(_curl_words(request))


def _curl_words(request: Request) -> Iterator[str]:
    yield "curl -sS -g"
    if request.method == "HEAD":
        yield "-I"
    elif request.method != "GET":
        yield f"-X {_quote(request.method)}"
    yield f"{'--url ' if request.url.startswith('-') else ''}{_quote(request.url)}"
    for name, value in request.headers:
        if TOKEN.fullmatch(name):  # curl reads the file that any other name may name
            yield f"-H {_quote(f'{name}: {value}')}"
    yield from filter(None, map(_secret_words, request.secrets))
    if request.body:
        if "content-type" not in (name.lower() for name, _ in request.headers):
            yield "-H 'Content-Type: application/json'"
        yield f"--data-raw {_quote(request.body)}"
    for name, variable, suffix in request.secret_query:
        # With -G, curl would send the body as a query, too.
        option = "--url-query" if request.body else "-G --data-urlencode"
        yield f"{option} {_quote(f'{quote(name)}=')}{_expand(variable)}{_end(suffix)}"


def _secret_words(secret: SecretHeader) -> str:
    """Return the option that sends a secret; empty if no header can have the name."""
    expanded, text = _expand(secret.variable), f"{secret.name}: {secret.prefix}"
    if secret.prefix == LOGIN:
        return f"-u {expanded}"
    end = _end(secret.suffix)
    if _PLAIN.fullmatch(text) and expanded.startswith('"'):
        return f'-H "{text}{expanded[1:]}{end}'
    return f"-H {_quote(text)}{expanded}{end}" if TOKEN.fullmatch(secret.name) else ""


def _expand(variable: str) -> str:
    """Return a word that is the value of a variable; a journal may have any text in its place."""
    return f'"${variable}"' if VARIABLE.fullmatch(variable) else _quote(f"${variable}")


def _end(suffix: str) -> str:
    """Return the word after a secret."""
    return _quote(suffix) if suffix else ""


def redact_request(request: Request, redact: Callable[[str], str]) -> Request:
    """Return a request without secrets.

    Quotes of a shell would hide them; and a server, which chooses its cookies, would take quotes
    of a finished command away.
    """
    url, method, body = (redact(each) for each in (request.url, request.method, request.body))
    headers = tuple((redact(name), redact(value)) for name, value in request.headers)
    return replace(request, url=url, method=method, headers=headers, body=body)


def _quote(text: str) -> str:
    """Quote a text for a shell; PowerShell takes further characters for single quotes."""
    quoted = re.sub("([\u2018-\u201b]+)", "'\"\\1\"'", shlex.quote(text))
    return re.sub(":(?=:)", ":''", quoted).replace("##[", "##''[")


def _cut(place: str) -> str:
    """Return a place, cut if a server chose a name of thousands of characters in it."""
    return place if len(place) <= LONGEST_PLACE else f"{place[: LONGEST_PLACE - 1]}{CUT}"


def _first_pages(breach: Breach) -> set[tuple[Question, int]]:
    """Return each question that showed a breach, with the first page that did."""
    pages: dict[Question, int] = {}
    for question, _, page in breach.shown:
        pages[question] = min(page, pages.get(question, page))
    return {*pages.items()}


def _finding(
    operation: Operation,
    judgement: Judgement,
    breach: Breach,
    visits: Visits,
    redact: Callable[[str], str],
) -> Finding:
    promise, pages = judgement.promise, _first_pages(breach)
    return Finding(
        promise=promise,
        level=judgement.level,
        location=_cut(redact(breach.location)),
        observed=redact(breach.observed),
        count=breach.count,
        observations=breach.observations,
        first=_cut(redact(breach.first)),
        shown=len({(each.question, each.repeat) for each in breach.shown}),
        asked=sum(visits[page] for page in pages) if pages <= visits.keys() else 0,
        reproduce=curl(redact_request(breach.request, redact)),
        fingerprint=fingerprint(operation.id, promise.rule, breach.location, breach.detail),
    )
