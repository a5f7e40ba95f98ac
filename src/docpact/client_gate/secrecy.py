"""Where a client sends its key: as documented in every request, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from urllib.parse import parse_qsl, unquote

import httpx

from docpact.client_gate.call import Call, Raised, Received
from docpact.client_gate.rule import (
    Evidence,
    Problem,
    Tested,
    each_request,
    judge_calls,
    judge_requests,
)
from docpact.credentials import kind_of
from docpact.model import Credential, Promise
from docpact.text import shortened


def judge_credentials(evidence: Evidence) -> Iterator[Tested]:
    """Judge the credentials of each request: as documented, and the key nowhere else."""
    for number, credential in enumerate(_list_credentials(evidence)):
        kind = kind_of(credential)
        wanted = [*kind.valid(credential, "KEY"), *kind.query(credential, "KEY")][0][1]
        promise = Promise(
            "client.credential",
            kind.location(credential),
            f"{wanted}, and the key nowhere else",
            evidence.operation.source("operation", f"/security/{number}"),
            security=True,
        )
        find = partial(_credential_problems, evidence, credential)
        yield judge_requests(promise, evidence.calls, find)


def _list_credentials(evidence: Evidence) -> tuple[Credential, ...]:
    """Return the credentials of the first documented alternative that some call carries."""
    operation = evidence.operation
    for credentials in (operation.credentials, *operation.alternatives):
        for call, received in each_request(evidence.calls):
            if all(_is_carried(each, call, received) for each in credentials):
                return credentials
    return operation.credentials


def _is_carried(credential: Credential, call: Call, received: Received) -> bool:
    headers = httpx.Headers([*received.headers])
    query = tuple(parse_qsl(received.query, keep_blank_values=True))
    return kind_of(credential).accepts(credential, headers, query, call.key)


def _credential_problems(
    evidence: Evidence, credential: Credential, call: Call, received: Received
) -> Iterator[str]:
    kind, where, key = kind_of(credential), credential.header.lower(), call.key
    known = _list_credentials(evidence)
    in_query = credential.place == "query"
    query = tuple(parse_qsl(received.query, keep_blank_values=True))
    pairs = query if in_query else received.headers
    sent = [value for name, value in pairs if name == (credential.name if in_query else where)]
    headers = {} if in_query or not sent else {credential.header: sent[0]}
    if len(sent) != 1 or not kind.accepts(credential, headers, query, key):
        shown = ", ".join(value.replace(key, "KEY") for value in sent) or "nothing"
        yield f"{shortened(shown)} in {credential.header or credential.name}"
    secret = secret_part(key)
    yield from (
        f"the key in header/{name}"
        for name, value in received.headers
        if name not in {each.header.lower() for each in known} and secret in value
    )
    named = {each.name for each in known if each.place == "query"}
    others = [f"{n}={v}" for n, v in query if n not in named]
    if secret in unquote("&".join([received.path, *others])):
        yield "the key in the URL"
    if secret.encode() in received.body:
        yield "the key in the body"


def secret_part(key: str) -> str:
    """Return the part of a key that is secret: of `USER:PASSWORD`, the password."""
    return key.rpartition(":")[2]


def judge_secrecy(evidence: Evidence) -> Iterator[Tested]:
    """Judge the texts of the client's errors."""
    if evidence.operation.credential is None:
        return
    documented = "no error text contains the key"
    promise = Promise("client.secrecy", "error", documented, security=True)
    calls = [call for call in evidence.calls if isinstance(call.outcome, Raised)]
    problems = []
    for call in calls:
        secret = secret_part(call.key)
        if isinstance(call.outcome, Raised) and secret in call.outcome.message:
            text = call.outcome.message.replace(secret, "KEY")
            problems.append(Problem(call, f"{call.outcome.name}: {shortened(text)}"))
    yield judge_calls(promise, calls, problems)
