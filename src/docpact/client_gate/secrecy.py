"""The key of a client: sent as documented in every request, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from urllib.parse import parse_qsl

import httpx

from docpact.client_gate.call import Call, Raised, Received
from docpact.client_gate.rule import Evidence, Tested, judge_by, judge_requests
from docpact.credentials import kind_of, write_credential
from docpact.model import Credential, Promise
from docpact.secrets import Secrets
from docpact.text import shorten


def judge_credentials(evidence: Evidence) -> Iterator[Tested]:
    """Judge the credentials of each request: as documented, and the key nowhere else."""
    known = _list_credentials(evidence)
    for number, credential in enumerate(known):
        kind = kind_of(credential)
        wanted = write_credential(credential, "KEY")
        promise = Promise(
            "client.credential",
            kind.location(credential),
            f"{wanted}, and the key nowhere else",
            evidence.operation.source("operation", f"/security/{number}"),
            security=True,
        )
        find = partial(_credential_problems, known, credential)
        yield judge_requests(promise, evidence.calls, find)


def _list_credentials(evidence: Evidence) -> tuple[Credential, ...]:
    """Return the credentials of the first documented alternative that some call carries."""
    operation = evidence.operation
    for credentials in (operation.credentials, *operation.alternatives):
        for call in evidence.calls:
            for received in call.received:
                if all(_is_carried(each, call, received) for each in credentials):
                    return credentials
    return operation.credentials


def _is_carried(credential: Credential, call: Call, received: Received) -> bool:
    headers = httpx.Headers([*received.headers])
    query = tuple(parse_qsl(received.query, keep_blank_values=True))
    return kind_of(credential).accepts(credential, headers, query, call.key)


def _credential_problems(
    known: Sequence[Credential], credential: Credential, call: Call, received: Received
) -> Iterator[str]:
    where, key = credential.header.lower(), call.key
    in_query = credential.place == "query"
    query = tuple(parse_qsl(received.query, keep_blank_values=True))
    pairs = query if in_query else received.headers
    sent = [value for name, value in pairs if name == (credential.name if in_query else where)]
    if not _is_carried(credential, call, received):
        shown = ", ".join(value.replace(key, "KEY") for value in sent) or "nothing"
        yield f"{shorten(shown)} in {credential.header or credential.name}"
    yield from (
        f"the key in header/{name}"
        for name, value in received.headers
        if name not in {each.header.lower() for each in known} and shows_key(value, key)
    )
    named = {each.name for each in known if each.place == "query"}
    others = [f"{n}={v}" for n, v in query if n not in named]
    if shows_key("&".join([received.path, *others]), key):
        yield "the key in the URL"
    if shows_key(received.body.decode(errors="replace"), key):
        yield "the key in the body"


def shows_key(text: str, key: str) -> bool:
    """Return whether a text contains a key, in any encoding that `Secrets` recognizes."""
    return _hide_key(text, key) != text


def _hide_key(text: str, key: str) -> str:
    """Replace the secret part of a key in a text: of `USER:PASSWORD`, the password."""
    return Secrets({key.rpartition(":")[2]: "KEY"}).redact(text)


def judge_secrecy(evidence: Evidence) -> Iterator[Tested]:
    """Judge the texts of the client's errors."""
    if evidence.operation.credential is None:
        return
    documented = "no error text contains the key"
    promise = Promise("client.secrecy", "error", documented, security=True)
    calls = [call for call in evidence.calls if isinstance(call.outcome, Raised)]
    yield judge_by(promise, calls, _find_shown_key)


def _find_shown_key(call: Call) -> Iterator[str]:
    if isinstance(call.outcome, Raised):
        text = f"{call.outcome.message}\n{call.outcome.notes}"
        if shows_key(text, call.key):
            yield f"{call.outcome.name}: {shorten(_hide_key(text, call.key))}"
