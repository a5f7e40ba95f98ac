"""Servers that accept wrong credentials, reveal secrets, or fail at other methods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from servers.broken_queries import FEW
from servers.defects import Defect, When, admitting, error, to_method
from servers.loopback import Answer, Handler, Request
from servers.reference import FILTERS, KEY, Api, encode
from servers.zoo import Broken

from docpact.model import Level


def credential(request: Request) -> str:
    """Return the credentials of a request, or empty text."""
    return request.headers.get("authorization", "")


def letting_in(when: When) -> Defect:
    """Let in, whatever its credentials are, whoever passes a test."""
    return admitting(lambda request, refusal: None if when(request) else refusal)


def without_key(when: When) -> Defect:
    """Let in whoever has no credentials at all and passes a test."""
    return letting_in(lambda request: not credential(request) and when(request))


def echoing(status: int, change: Callable[[Answer, str], Answer]) -> Defect:
    """Change answers of a status, given the credential without its scheme."""

    def defect(api: Api) -> Handler:
        def handle(request: Request) -> Answer:
            answer = api(request)
            secret = credential(request).partition(" ")[2]
            return change(answer, secret) if answer.status == status and secret else answer

        return handle

    return defect


def in_body(answer: Answer, secret: str) -> Answer:
    """Write a secret into an error."""
    return replace(answer, body=encode({"detail": f"the key {secret} cannot be used for this"}))


def in_header(name: str) -> Callable[[Answer, str], Answer]:
    """Write a secret into a header."""
    return lambda answer, secret: replace(answer, headers=(*answer.headers, (name, f"k={secret}")))


AUTH: Final = tuple(
    Broken(
        f"access: {name}",
        rule,
        location,
        defect,
        also=frozenset({"stability.same"}),
        jobs=jobs,
    )
    for name, rule, location, defect, jobs in (
        (
            "the first request without a key",
            "auth.missing",
            "header/Authorization",
            without_key(lambda request: request.number == 0),
            FEW,
        ),
        (
            "page tokens without a key",
            "auth.missing",
            "header/Authorization",
            without_key(lambda request: bool(request.values("page_token"))),
            237,
        ),
        (
            "filters without a key",
            "auth.missing",
            "header/Authorization",
            without_key(lambda request: any(request.values(name) for name in FILTERS)),
            FEW,
        ),
        (
            "any name and password",
            "auth.malformed",
            "header/Authorization",
            letting_in(lambda request: credential(request).lower().startswith("basic ")),
            FEW,
        ),
        (
            "any key without its scheme",
            "auth.malformed",
            "header/Authorization",
            letting_in(
                lambda request: (
                    " " not in credential(request)
                    and credential(request).lower() not in ("", "bearer")
                )
            ),
            FEW,
        ),
        (
            "the scheme without a key",
            "auth.malformed",
            "header/Authorization",
            letting_in(lambda request: credential(request).strip().lower() == "bearer"),
            FEW,
        ),
        (
            "any key that begins like the right one",
            "auth.wrong",
            "header/Authorization",
            letting_in(lambda request: credential(request).startswith(f"Bearer {KEY}")),
            FEW,
        ),
        (
            "any key with the right first eight characters",
            "auth.wrong",
            "header/Authorization",
            letting_in(lambda request: credential(request).startswith(f"Bearer {KEY[:8]}")),
            FEW,
        ),
        (
            "HEAD without a key",
            "auth.missing",
            "header/Authorization",
            without_key(lambda request: request.method == "HEAD"),
            FEW,
        ),
        (
            "any session cookie",
            "auth.cookie",
            "cookie/session",
            letting_in(lambda request: "session=" in request.headers.get("cookie", "")),
            FEW,
        ),
        (
            "500 to a session cookie",
            "auth.cookie",
            "cookie/session",
            admitting(lambda r, refusal: error(500) if "cookie" in r.headers else refusal),
            FEW,
        ),
    )
)

ECHO: Final = tuple(
    Broken(f"echo: {name}", "auth.echo", location, defect, jobs=FEW)
    for name, location, defect in (
        ("a wrong key in the body", "body", echoing(401, in_body)),
        ("the key in the body of a 422", "body", echoing(422, in_body)),
        ("the key in a header", "header/x-caller", echoing(200, in_header("x-caller"))),
        (
            "a wrong key in a header",
            "header/www-authenticate",
            echoing(401, in_header("www-authenticate")),
        ),
    )
)

METHODS: Final = (
    *(
        Broken(
            f"method: 500 to {name}",
            "protocol.methods",
            f"method/{name}",
            to_method(name, error(500)),
            jobs=FEW,
        )
        for name in ("HEAD", "OPTIONS")
    ),
    Broken(
        "method: no answer to HEAD",
        "protocol.answer",
        "method/HEAD",
        to_method("HEAD", Answer(0)),
        jobs=FEW,
    ),
)

REDIRECT: Final = Broken(
    "access: a redirect to a sign-in page",
    "auth.redirect",
    "header/Authorization",
    admitting(lambda _, __: error(302, Location="https://login.example/")),
    Level.NOTE,
    jobs=FEW,
)

ACCESS: Final = (*AUTH, REDIRECT, *ECHO, *METHODS)
