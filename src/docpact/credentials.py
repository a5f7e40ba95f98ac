"""Credentials: how each kind is sent, shown, tested with invalid values, and accepted by a mock.

A kind of credential is one subclass of `Kind` and one row of `KINDS`. No other module knows how a
credential looks on the wire.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from docpact.model import (
    Credential,
    Credentials,
    Operation,
    Query,
    Question,
    SecretHeader,
    SecretQuery,
    spell_scheme,
)

Headers = tuple[tuple[str, str], ...]

WRONG_SECRET: Final = "docpact-never-issued-this-key"  # noqa: S105
"""The secret that is sent as one that was never issued."""

WRONG_LOGIN: Final = f"docpact:{WRONG_SECRET}"
"""A user name and a password that were never issued."""

LOGIN: Final = "Basic "
"""The text before the base64 form of `USER:PASSWORD` in a header (RFC 7617)."""


LINE: Final = "\n"
"""The separator of the secrets of several credentials; no secret contains it."""


@dataclass(frozen=True, slots=True)
class Invalid:
    """One way to send an invalid credential.

    Attributes:
        credentials: names it in `Question.credentials`.
        rule: the rule that such a request tests.
        label: describes the request, given the scheme.
        headers: sent in place of the valid credential.
        query: sent in place of the valid credential.
    """

    credentials: Credentials
    rule: str
    label: str
    headers: Callable[[Credential], Headers] = lambda _: ()
    query: Callable[[Credential], Query] = lambda _: ()


_NONE: Final = Invalid("none", "auth.missing", "no credentials")


class HttpScheme:
    """An HTTP authentication scheme in a request header (RFC 9110, section 11): `Bearer SECRET`."""

    invalid: tuple[Invalid, ...] = (
        _NONE,
        Invalid(
            "wrong",
            "auth.wrong",
            "a {scheme} key that was never issued",
            lambda credential: ((credential.header, _prefix(credential) + WRONG_SECRET),),
        ),
        Invalid(
            "malformed",
            "auth.malformed",
            "{scheme} without a key",
            lambda credential: ((credential.header, spell_scheme(credential.scheme)),),
        ),
        Invalid(
            "bare",
            "auth.malformed",
            "a key without {scheme}",
            lambda credential: ((credential.header, WRONG_SECRET),),
        ),
        Invalid(
            "basic",
            "auth.malformed",
            "another scheme",
            lambda credential: ((credential.header, f"Basic {encode_login(WRONG_LOGIN)}"),),
        ),
    )

    def location(self, credential: Credential) -> str:
        """Return where requests carry it, as in `Promise.location`."""
        return f"header/{credential.header}"

    def valid(self, credential: Credential, secret: str) -> Headers:
        """Return the headers of a request that carries a secret."""
        return ((credential.header, _prefix(credential) + secret),)

    def query(self, _credential: Credential, _secret: str) -> Query:
        """Return the part of the query that carries a secret."""
        return ()

    def shown(self, credential: Credential) -> tuple[SecretHeader, ...]:
        """Return the same headers with the environment variable in place of the secret."""
        return (SecretHeader(credential.header, _prefix(credential), credential.variable),)

    def accepts(
        self, credential: Credential, headers: Mapping[str, str], query: Query, secret: str
    ) -> bool:
        """Return whether a request carries a secret; the scheme's case does not matter."""
        del query
        scheme, _, sent = headers.get(credential.header, "").partition(" ")
        known = _are_equal(sent.strip(), secret)
        return known and scheme.lower() == credential.scheme.lower()

    def challenge(self, credential: Credential) -> Headers:
        """Return the headers of a refusal (RFC 9110, section 11.6.1)."""
        return (("WWW-Authenticate", spell_scheme(credential.scheme)),)

    def is_sendable(self, credential: Credential, secret: str) -> bool:  # noqa: ARG002
        """Return whether requests can carry a secret (RFC 9110, section 5.5)."""
        return secret.isascii() and secret.isprintable() and " " not in secret


class Basic(HttpScheme):
    """User name and password, `USER:PASSWORD`, in base64 (RFC 7617)."""

    invalid = (
        _NONE,
        Invalid(
            "wrong",
            "auth.wrong",
            "a password that was never issued",
            lambda credential: ((credential.header, f"Basic {encode_login(WRONG_LOGIN)}"),),
        ),
        *(row for row in HttpScheme.invalid if row.credentials in ("malformed", "bare")),
    )

    def valid(self, credential: Credential, secret: str) -> Headers:
        """Return the headers of a request that carries a user name and a password."""
        return super().valid(credential, encode_login(secret))

    def shown(self, credential: Credential) -> tuple[SecretHeader, ...]:
        """Return the header with a variable; curl's option `-u` would encode it."""
        return (SecretHeader(credential.header, LOGIN, credential.variable),)

    def accepts(
        self, credential: Credential, headers: Mapping[str, str], query: Query, secret: str
    ) -> bool:
        """Return whether a request carries a user name and a password."""
        return super().accepts(credential, headers, query, encode_login(secret))

    def challenge(self, credential: Credential) -> Headers:
        """Return the headers of a refusal, with the realm that RFC 7617 requires."""
        return (("WWW-Authenticate", f'{spell_scheme(credential.scheme)} realm="api"'),)

    def is_sendable(self, credential: Credential, secret: str) -> bool:  # noqa: ARG002
        """Return whether a secret is `USER:PASSWORD`, or is empty."""
        return secret.isprintable() and (":" in secret or not secret)


class ApiKey(HttpScheme):
    """A key in a request header, a cookie or the query."""

    invalid = (
        _NONE,
        Invalid(
            "wrong",
            "auth.wrong",
            "a key that was never issued",
            lambda credential: _key_header(credential, WRONG_SECRET),
            lambda credential: _key_query(credential, WRONG_SECRET),
        ),
    )

    def location(self, credential: Credential) -> str:
        """Return where requests carry it, as in `Promise.location`."""
        return f"{credential.place}/{credential.name}"

    def valid(self, credential: Credential, secret: str) -> Headers:
        """Return the headers of a request that carries a key; none for a key in the query."""
        return _key_header(credential, secret)

    def query(self, credential: Credential, secret: str) -> Query:
        """Return the part of the query that carries a key."""
        return _key_query(credential, secret)

    def shown(self, credential: Credential) -> tuple[SecretHeader, ...]:
        """Return the same headers with the environment variable in place of the key."""
        return super().shown(credential) if credential.header else ()

    def accepts(
        self, credential: Credential, headers: Mapping[str, str], query: Query, secret: str
    ) -> bool:
        """Return whether a request carries a key, once."""
        if credential.place == "query":
            sent = [value for name, value in query if name == credential.name]
        elif credential.place == "cookie":
            pairs = [each.strip().partition("=") for each in headers.get("Cookie", "").split(";")]
            sent = [value for name, _, value in pairs if name == credential.name]
        else:
            sent = [headers.get(credential.header, "")]
        return len(sent) == 1 and _are_equal(sent[0], secret)

    def challenge(self, credential: Credential) -> Headers:  # noqa: ARG002
        """Return no header: no scheme of HTTP is registered for keys."""
        return ()

    def is_sendable(self, credential: Credential, secret: str) -> bool:
        """Return whether headers, cookies (RFC 6265, section 4.1.1) and queries can carry a key.

        In a header it may begin with the name of a scheme, such as `Token `.
        """
        scheme, blank, rest = secret.partition(" ")
        key = rest if blank and scheme and credential.place == "header" else secret
        is_cut = credential.place == "cookie" and {*secret} & {*';,"\\'}
        return super().is_sendable(credential, f"{scheme}{key}") and not is_cut


KINDS: Final[Mapping[str, HttpScheme]] = {
    "http": HttpScheme(),
    "basic": Basic(),
    "apiKey": ApiKey(),
}
"""Kind of a credential → how it works."""


SHORTEST_PASSWORD: Final = 8
"""Shorter passwords may be ordinary words, which responses repeat by chance."""


def kind_of(credential: Credential) -> HttpScheme:
    """Return how a credential works."""
    return KINDS[credential.kind]


def list_invalid(operation: Operation) -> Iterator[tuple[Credential, Invalid, str]]:
    """Yield each way to send an invalid credential, and which one is meant.

    Of several credentials, one is invalid at a time; see `Question.credential`. If nothing says
    that requests need them all, all are invalid at once.
    """
    needed = [each for each in operation.credentials if not each.is_optional]
    for credential in needed:
        kind = kind_of(credential)
        is_alone = len(needed) > 1 and len(needed) == len(operation.credentials)
        meant = kind.location(credential) if is_alone else ""
        yield from ((credential, row, meant) for row in kind.invalid)


def request_headers(operation: Operation, question: Question, secret: str | None) -> Headers:
    """Return the headers that carry valid or invalid credentials.

    Args:
        operation: that documents the credentials and its cookies.
        question: which credentials to send.
        secret: the valid ones, one on each line; None to send none.
    """
    if question.credentials == "cookie":
        cookies = [each.name for each in operation.parameters if each.location == "cookie"]
        return (("Cookie", "; ".join(f"{name}={WRONG_SECRET}" for name in cookies)),)
    return tuple(each for part, _ in _send(operation, question, secret) for each in part)


def request_query(operation: Operation, question: Question, secret: str | None) -> Query:
    """Return the part of the query that carries valid or invalid credentials."""
    return tuple(each for _, part in _send(operation, question, secret) for each in part)


def _send(
    operation: Operation, question: Question, secret: str | None
) -> Iterator[tuple[Headers, Query]]:
    """Yield the headers and the part of the query that carry each credential."""
    for credential, row, own in _choose(operation, question, secret):
        kind = kind_of(credential)
        if row is not None:
            yield row.headers(credential), row.query(credential)
        elif own is not None:
            yield kind.valid(credential, own), kind.query(credential, own)


def shown_headers(operation: Operation, question: Question) -> tuple[SecretHeader, ...]:
    """Return the headers of valid credentials with environment variables in place of secrets."""
    parts = _choose(operation, question, "")
    return tuple(each for c, row, _ in parts if row is None for each in kind_of(c).shown(c))


def shown_query(operation: Operation, question: Question) -> tuple[SecretQuery, ...]:
    """Return the part of the query with environment variables in place of valid secrets."""
    return tuple(
        SecretQuery(name, credential.variable)
        for credential, row, _ in _choose(operation, question, "")
        if row is None
        for name, _ in kind_of(credential).query(credential, "")
    )


def sent_secrets(operation: Operation, question: Question, secret: str | None) -> tuple[str, ...]:
    """Return the secrets that a request carries."""
    found = (
        own if row is None else WRONG_SECRET
        for _, row, own in _choose(operation, question, secret)
        if row is None or row.credentials not in ("none", "malformed")
    )
    return tuple(each for each in found if each)


def list_parts(credential: Credential, secret: str) -> tuple[str, ...]:
    """Return a secret, and the password or key in it: texts that nothing written may contain."""
    password = secret.partition(":" if credential.kind == "basic" else " ")[2]
    return (secret, *([password] if len(password) >= SHORTEST_PASSWORD else []))


def accepts(operation: Operation, headers: Mapping[str, str], query: Query, secret: str) -> bool:
    """Return whether a request carries every credential, or all of a documented alternative."""
    return any(
        all(
            kind_of(each).accepts(each, headers, query, own or "")
            for each, own in _pair(credentials, secret)
        )
        for credentials in (operation.credentials, *operation.alternatives)
    )


def _choose(
    operation: Operation, question: Question, secret: str | None
) -> Iterator[tuple[Credential, Invalid | None, str | None]]:
    """Yield each credential with the way to send an invalid one, or with its secret."""
    if question.credentials == "cookie":
        return
    for credential, own in _pair(operation.credentials, secret):
        meant = question.credential in ("", kind_of(credential).location(credential))
        if question.credentials == "valid" or not meant:
            yield credential, None, own
        else:
            yield credential, _invalid_row(credential, question.credentials), None


def _pair(
    credentials: Sequence[Credential], secret: str | None
) -> Iterator[tuple[Credential, str | None]]:
    """Yield each credential with its secret: its line, or the only one there is."""
    lines = [None] if secret is None else secret.split(LINE)
    for number, credential in enumerate(credentials):
        yield credential, lines[number] if number < len(lines) else lines[0]


def _invalid_row(credential: Credential, credentials: Credentials) -> Invalid:
    rows = kind_of(credential).invalid
    return next((row for row in rows if row.credentials == credentials), _NONE)


def _prefix(credential: Credential) -> str:
    """Return the text before the secret in the value of its header."""
    if credential.kind == "apiKey":
        return f"{credential.name}=" if credential.place == "cookie" else ""
    return f"{spell_scheme(credential.scheme)} "


def _key_header(credential: Credential, key: str) -> Headers:
    return ((credential.header, _prefix(credential) + key),) if credential.header else ()


def _key_query(credential: Credential, key: str) -> Query:
    return () if credential.header else ((credential.name, key),)


def encode_login(login: str) -> str:
    """Return `USER:PASSWORD` as a header carries it (RFC 7617); a key alone is the user."""
    return b64encode((login if ":" in login else f"{login}:").encode()).decode()


def _are_equal(sent: str, secret: str) -> bool:
    return hmac.compare_digest(sent.encode(), secret.encode())
