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
from docpact.model import Credential, Credentials, Operation, SecretHeader

Headers = tuple[tuple[str, str], ...]

WRONG_SECRET: Final = "docpact-never-issued-this-key"  # noqa: S105
"""The secret that is sent as one that was never issued."""

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
    """

    credentials: Credentials
    rule: str
    label: str
    headers: Callable[[Credential], Headers]


class HttpScheme:
    """An HTTP authentication scheme in a request header (RFC 9110, section 11): `Bearer SECRET`."""

    invalid: Final = (
        Invalid("none", "auth.missing", "no credentials", lambda _: ()),
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
            lambda credential: (
                (
                    credential.header,
                    f"Basic {b64encode(f'docpact:{WRONG_SECRET}'.encode()).decode()}",
                ),
            ),
        ),
    )

    def location(self, credential: Credential) -> str:
        """Return where requests carry it, as in `Promise.location`."""
        return f"header/{credential.header}"

    def valid(self, credential: Credential, secret: str) -> Headers:
        """Return the headers of a request that carries a secret."""
        return ((credential.header, _prefix(credential) + secret),)

    def shown(self, credential: Credential) -> tuple[SecretHeader, ...]:
        """Return the same headers with the environment variable in place of the secret."""
        return (SecretHeader(credential.header, _prefix(credential), credential.variable),)

    def accepts(self, credential: Credential, headers: Mapping[str, str], secret: str) -> bool:
        """Return whether request headers carry a secret; the scheme's case does not matter."""
        scheme, _, sent = headers.get(credential.header, "").partition(" ")
        known = hmac.compare_digest(sent.strip().encode(), secret.encode())
        return known and scheme.lower() == credential.scheme.lower()

    def challenge(self, credential: Credential) -> Headers:
        """Return the headers of a refusal (RFC 9110, section 11.6.1)."""
        return (("WWW-Authenticate", credential.scheme.capitalize()),)


KINDS: Final[Mapping[str, HttpScheme]] = {"http": HttpScheme()}
"""Type of a security scheme, as in OpenAPI → how it works."""


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
    kind = kind_of(credential)
    if credentials == "valid":
        return () if secret is None else kind.valid(credential, secret)
    return next(row for row in kind.invalid if row.credentials == credentials).headers(credential)


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
    variable = operation.credential.variable
    secret = environment.get(variable, "").strip()
    if secret.isascii() and secret.isprintable() and " " not in secret:
        return secret or None
    raise UsageError(f"{variable} contains a character that an HTTP header cannot carry")


def _prefix(credential: Credential) -> str:
    return f"{credential.scheme.capitalize()} "
