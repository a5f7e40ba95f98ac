"""Credentials: how each kind is sent, shown, tested with invalid values, and accepted by a mock.

A kind of credential is one subclass of `Kind` and one row of `KINDS`. No other module knows how a
credential looks on the wire.
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple

from docpact.model import (
    Credential,
    Credentials,
    Operation,
    Query,
    Question,
    Response,
    SecretHeader,
    SecretQuery,
    spell_scheme,
)
from docpact.model.path import snake_case
from docpact.model.traversal import subschemas

Headers = tuple[tuple[str, str], ...]

WRONG_SECRET: Final = "docpact-never-issued-this-key"  # noqa: S105
"""The secret that is sent as one that was never issued."""

WRONG_LOGIN: Final = f"docpact:{WRONG_SECRET}"
"""A user name and a password that were never issued."""

LOGIN: Final = "Basic "
"""The text before the base64 form of `USER:PASSWORD` in a header (RFC 7617)."""

LINE: Final = "\n"
"""The separator of the secrets of several credentials; no secret contains it."""

_RETURNED: Final = re.compile(r"(^|_)(token|key|secret|jwt|password)$")
"""Names of fields that return a credential, as `snake_case` returns them."""

MORE: Final = "-docpact"
"""The end that is added to a valid secret: a server that compares only its beginning accepts it."""

_SCHEME, _PREFIX, _SECRET = "{scheme}", "{prefix}", "{secret}"


class Sent(NamedTuple):
    """One way to send a credential, valid or not.

    Attributes:
        credentials: names it in `Question.credentials`.
        rule: the rule that an invalid one tests.
        label: describes the request, given the scheme.
        text: the value of its header, cookie or query parameter, given its scheme, the text in
            front of secrets, and the valid secret; empty if nothing is sent.
    """

    credentials: Credentials
    rule: str
    label: str
    text: str = ""


_VALID: Final = Sent("valid", "", "", _PREFIX + _SECRET)
_NONE: Final = Sent("none", "auth.missing", "no credentials")
_LOGIN: Final = LOGIN + b64encode(WRONG_LOGIN.encode()).decode()
_MALFORMED: Final = (
    Sent("malformed", "auth.malformed", "{scheme} without a key", _SCHEME),
    Sent("bare", "auth.malformed", "a key without {scheme}", WRONG_SECRET),
)
_WRONG: Final = _PREFIX + WRONG_SECRET
_LONGER: Final = Sent("longer", "auth.wrong", "the key with more characters", _VALID.text + MORE)


class HttpScheme:
    """An HTTP authentication scheme in a request header (RFC 9110, section 11): `Bearer SECRET`."""

    invalid: tuple[Sent, ...] = (
        _NONE,
        Sent("wrong", "auth.wrong", "a {scheme} key that was never issued", _WRONG),
        _LONGER,
        *_MALFORMED,
        Sent("basic", "auth.malformed", "another scheme", _LOGIN),
    )

    def location(self, credential: Credential) -> str:
        """Return where requests carry it, as in `Promise.location`."""
        return f"header/{credential.header}"

    def encode(self, secret: str) -> str:
        """Return a secret as requests carry it."""
        return secret

    def accepts(
        self, credential: Credential, headers: Mapping[str, str], query: Query, secret: str
    ) -> bool:
        """Return whether a request carries a secret; the scheme's case does not matter."""
        del query
        scheme, _, sent = headers.get(credential.header, "").partition(" ")
        if name := credential.parameter:
            parameter, _, sent = sent.partition("=")
            sent = sent.strip('" ') if parameter.strip() == name else ""
        known = _are_equal(sent.strip(), self.encode(secret))
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
        Sent("wrong", "auth.wrong", "a password that was never issued", _LOGIN),
        *_MALFORMED,
    )

    def encode(self, secret: str) -> str:
        """Return a user name and a password as requests carry them."""
        return encode_login(secret)

    def challenge(self, credential: Credential) -> Headers:
        """Return the headers of a refusal, with the realm that RFC 7617 requires."""
        return (("WWW-Authenticate", f'{spell_scheme(credential.scheme)} realm="api"'),)

    def is_sendable(self, credential: Credential, secret: str) -> bool:  # noqa: ARG002
        """Return whether a secret is `USER:PASSWORD`, or is empty."""
        return secret.isprintable() and (":" in secret or not secret)


class ApiKey(HttpScheme):
    """A key in a request header, a cookie or the query."""

    invalid = (_NONE, Sent("wrong", "auth.wrong", "a key that was never issued", _WRONG), _LONGER)

    def location(self, credential: Credential) -> str:
        """Return where requests carry it, as in `Promise.location`."""
        return f"{credential.place}/{credential.name}"

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


def write_credential(credential: Credential, secret: str) -> str:
    """Return the value of the header, cookie or query parameter that carries a valid secret."""
    return _prefix(credential) + kind_of(credential).encode(secret)


def list_invalid(operation: Operation) -> Iterator[tuple[Credential, Sent, str]]:
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
    sent = _list_carried(operation, question, secret)
    return tuple((each.credential.header, each.value) for each in sent if each.credential.header)


def request_query(operation: Operation, question: Question, secret: str | None) -> Query:
    """Return the part of the query that carries valid or invalid credentials."""
    sent = _list_carried(operation, question, secret)
    return tuple((each.credential.name, each.value) for each in sent if not each.credential.header)


def shown_headers(operation: Operation, question: Question) -> tuple[SecretHeader, ...]:
    """Return the headers with valid secrets; environment variables represent these."""
    return tuple(
        SecretHeader(credential.header, before, credential.variable, after)
        for credential, before, secret, after in _list_carried(operation, question, "")
        if credential.header and secret is not None
    )


def shown_query(operation: Operation, question: Question) -> tuple[SecretQuery, ...]:
    """Return the part of the query with valid secrets; environment variables represent these."""
    return tuple(
        SecretQuery(credential.name, credential.variable, after)
        for credential, _, secret, after in _list_carried(operation, question, "")
        if not credential.header and secret is not None
    )


def sent_secrets(operation: Operation, question: Question, secret: str | None) -> tuple[str, ...]:
    """Return the secrets that a request carries."""
    sent = _list_carried(operation, question, secret)
    found = (WRONG_SECRET if each.secret is None else each.secret for each in sent if each.has_key)
    return tuple(filter(None, found))


def leaks(operation: Operation, response: Response, secret: str) -> bool:
    """Return whether a body shows a secret in another place than a documented credential."""
    body, sought = response.body, secret.encode()
    if sought not in body or response.status >= 300:
        return sought in body
    paths = [path for path, _ in subschemas(operation.response_schema)]
    named = {str(path[-1]) for path in paths if path[-2:-1] == ("properties",)}
    for name in filter(lambda each: _RETURNED.search(snake_case(each)), named):
        field = rb'%s\s*:\s*"(?:[^"\\]|\\.)*"' % re.escape(json.dumps(name).encode())
        body = re.sub(field, b"", body)
    return sought in body


def list_parts(credential: Credential, secret: str) -> tuple[str, ...]:
    """Return a secret, and the password or key in it: texts that nothing written may contain."""
    password = secret.partition(":" if credential.kind == "basic" else " ")[2]
    return (secret, *([password] if len(password) >= SHORTEST_PASSWORD else []))


def list_documented(operation: Operation) -> tuple[Credential, ...]:
    """Return the credentials of an operation, and of every documented alternative."""
    return tuple(chain(operation.credentials, *operation.alternatives))


def accepts(operation: Operation, headers: Mapping[str, str], query: Query, secret: str) -> bool:
    """Return whether a request carries every credential, or all of a documented alternative."""
    return any(
        all(
            kind_of(each).accepts(each, headers, query, own or "")
            for each, own in _pair(credentials, secret)
        )
        for credentials in (operation.credentials, *operation.alternatives)
    )


class _Carried(NamedTuple):
    """A credential that is sent: the texts before and after its valid secret, if that is sent."""

    credential: Credential
    before: str
    secret: str | None
    after: str

    @property
    def value(self) -> str:
        secret = "" if self.secret is None else kind_of(self.credential).encode(self.secret)
        return self.before + secret + self.after

    @property
    def has_key(self) -> bool:
        return self.before != spell_scheme(self.credential.scheme)


def _list_carried(
    operation: Operation, question: Question, secret: str | None
) -> Iterator[_Carried]:
    """Yield each credential that is sent, valid or not."""
    for credential, own in _pair(operation.credentials, secret):
        kind = kind_of(credential)
        is_meant = question.credential in ("", kind.location(credential))
        name = question.credentials if is_meant else "valid"
        row = next((row for row in (_VALID, *kind.invalid) if row.credentials == name), _NONE)
        scheme, prefix = spell_scheme(credential.scheme), _prefix(credential)
        start, has_secret, after = row.text.partition(_SECRET)
        before = start.replace(_SCHEME, scheme).replace(_PREFIX, prefix)
        if row.text and not has_secret:
            yield _Carried(credential, before, None, "")
        elif has_secret and own is not None:
            yield _Carried(credential, before, own, after)


def _pair(
    credentials: Sequence[Credential], secret: str | None
) -> Iterator[tuple[Credential, str | None]]:
    """Yield each credential with its secret: its line, or the only one there is."""
    lines = [None] if secret is None else secret.split(LINE)
    for number, credential in enumerate(credentials):
        yield credential, lines[number] if number < len(lines) else lines[0]


def _prefix(credential: Credential) -> str:
    """Return the text before the secret in the value of its header."""
    if credential.kind == "apiKey":
        return f"{credential.name}=" if credential.place == "cookie" else ""
    name = credential.parameter
    return f"{spell_scheme(credential.scheme)} " + (f"{name}=" if name else "")


def encode_login(login: str) -> str:
    """Return `USER:PASSWORD` as a header carries it (RFC 7617); a key alone is the user."""
    return b64encode((login if ":" in login else f"{login}:").encode()).decode()


def _are_equal(sent: str, secret: str) -> bool:
    return hmac.compare_digest(sent.encode(), secret.encode())
