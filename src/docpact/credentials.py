"""Credentials: how each kind is sent, shown, tested with invalid values, and accepted by a mock.

A kind of credential is one subclass of `Kind` and one row of `KINDS`. No other module knows how a
credential looks on the wire.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from docpact.errors import UsageError
from docpact.model import Credential, Credentials, Operation, Query, SecretHeader, SecretQuery

Headers = tuple[tuple[str, str], ...]

WRONG_SECRET: Final = "docpact-never-issued-this-key"  # noqa: S105
"""The secret that is sent as one that was never issued."""

WRONG_LOGIN: Final = f"docpact:{WRONG_SECRET}"
"""A user name and a password that were never issued."""

LOGIN: Final = "Basic "
"""The text before the base64 form of `USER:PASSWORD` in a header (RFC 7617)."""

TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token of HTTP, such as the name of a header or of a scheme (RFC 9110, section 5.6.2)."""

VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""The name of an environment variable that every shell can expand."""


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
            lambda credential: ((credential.header, credential.scheme.capitalize()),),
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
            lambda credential: ((credential.header, f"Basic {_basic(WRONG_LOGIN)}"),),
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
        return (("WWW-Authenticate", credential.scheme.capitalize()),)

    def is_sendable(self, secret: str) -> bool:
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
            lambda credential: ((credential.header, f"Basic {_basic(WRONG_LOGIN)}"),),
        ),
        *(row for row in HttpScheme.invalid if row.credentials in ("malformed", "bare")),
    )

    def valid(self, credential: Credential, secret: str) -> Headers:
        """Return the headers of a request that carries a user name and a password."""
        return super().valid(credential, _basic(secret))

    def shown(self, credential: Credential) -> tuple[SecretHeader, ...]:
        """Return the header with a variable; curl's option `-u` would encode it."""
        return (SecretHeader(credential.header, LOGIN, credential.variable),)

    def accepts(
        self, credential: Credential, headers: Mapping[str, str], query: Query, secret: str
    ) -> bool:
        """Return whether a request carries a user name and a password."""
        return super().accepts(credential, headers, query, _basic(secret))

    def challenge(self, credential: Credential) -> Headers:
        """Return the headers of a refusal, with the realm that RFC 7617 requires."""
        return (("WWW-Authenticate", f'{credential.scheme.capitalize()} realm="api"'),)

    def is_sendable(self, secret: str) -> bool:
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

    def is_sendable(self, secret: str) -> bool:
        """Return whether headers, cookies and queries can carry a key."""
        return super().is_sendable(secret) and not {*secret} & {*';,"'}


KINDS: Final[Mapping[str, HttpScheme]] = {
    "http": HttpScheme(),
    "basic": Basic(),
    "apiKey": ApiKey(),
}
"""Kind of a credential → how it works."""


def kind_of(credential: Credential) -> HttpScheme:
    """Return how a credential works."""
    return KINDS[credential.kind]


def request_headers(operation: Operation, credentials: Credentials, secret: str | None) -> Headers:
    """Return the headers that carry a valid or an invalid credential.

    Args:
        operation: that documents the credential and its cookies.
        credentials: which credential to send.
        secret: the valid one; None to send none.
    """
    if credentials == "cookie":
        cookies = [each.name for each in operation.parameters if each.location == "cookie"]
        return (("Cookie", "; ".join(f"{name}={WRONG_SECRET}" for name in cookies)),)
    credential = operation.credential
    if credential is None:
        return ()
    if credentials == "valid":
        return () if secret is None else kind_of(credential).valid(credential, secret)
    return _invalid_row(credential, credentials).headers(credential)


def request_query(operation: Operation, credentials: Credentials, secret: str | None) -> Query:
    """Return the part of the query that carries a valid or an invalid credential."""
    credential = operation.credential
    if credential is None or credentials == "cookie":
        return ()
    if credentials == "valid":
        return () if secret is None else kind_of(credential).query(credential, secret)
    return _invalid_row(credential, credentials).query(credential)


def shown_query(operation: Operation, credentials: Credentials) -> tuple[SecretQuery, ...]:
    """Return the same part with the environment variable in place of a valid secret."""
    credential = operation.credential
    if credential is None or credentials != "valid":
        return ()
    names = (name for name, _ in kind_of(credential).query(credential, ""))
    return tuple(SecretQuery(name, credential.variable) for name in names)


def _invalid_row(credential: Credential, credentials: Credentials) -> Invalid:
    rows = kind_of(credential).invalid
    return next((row for row in rows if row.credentials == credentials), _NONE)


def sent_secret(credentials: Credentials, secret: str | None) -> str | None:
    """Return the secret that a request with such credentials carries, or None."""
    if credentials in ("none", "malformed"):
        return None
    return secret if credentials == "valid" else WRONG_SECRET


def read_secret(operation: Operation, environment: Mapping[str, str]) -> str | None:
    """Return the credential's secret, surrounding white space removed; None if there is none.

    Args:
        operation: whose credential names the variable.
        environment: variable → value.

    Raises:
        UsageError: a header cannot carry the secret (RFC 9110, section 5.5).
    """
    if operation.credential is None:
        return None
    credential = operation.credential
    variable, kind = credential.variable, kind_of(credential)
    secret = environment.get(variable, "").strip()
    if kind.is_sendable(secret):
        return secret or None
    if credential.kind == "basic":
        raise UsageError(f"{variable}: expected USER:PASSWORD, of printable characters")
    place = "a query" if credential.place == "query" else "an HTTP header"
    raise UsageError(f"{variable} contains a character that {place} cannot carry")


def _prefix(credential: Credential) -> str:
    """Return the text before the secret in the value of its header."""
    if credential.kind == "apiKey":
        return f"{credential.name}=" if credential.place == "cookie" else ""
    return f"{credential.scheme.capitalize()} "


def _key_header(credential: Credential, key: str) -> Headers:
    return ((credential.header, _prefix(credential) + key),) if credential.header else ()


def _key_query(credential: Credential, key: str) -> Query:
    return () if credential.header else ((credential.name, key),)


def _basic(login: str) -> str:
    return b64encode(login.encode()).decode()


def _are_equal(sent: str, secret: str) -> bool:
    return hmac.compare_digest(sent.encode(), secret.encode())
