"""The exchange: one request and its response, with raw bytes and timing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from docpact.model.case import Case

FailureKind: TypeAlias = Literal["unreachable", "timeout", "cut", "race", "encoding", "size"]
"""The reason why there is no complete response.

unreachable: no connection; timeout: no complete response in time; cut: the connection broke or did
not use HTTP; race: the same of a kept connection, which the server probably closed before it read a
request that may not be sent twice; encoding: the body cannot be decoded as its Content-Encoding
says;
size: the body is longer than docpact reads.
"""


class SecretHeader(NamedTuple):
    """A header whose value has a secret, which only its environment variable represents.

    Attributes:
        name: of the header.
        prefix: of its value, e.g. `Bearer ` with the space.
        variable: the environment variable with the secret.
        suffix: text after the secret.
    """

    name: str
    prefix: str
    variable: str
    suffix: str = ""


class SecretQuery(NamedTuple):
    """A query parameter whose value begins with a secret.

    Attributes:
        name: of the parameter.
        variable: the environment variable with the secret.
        suffix: text after the secret.
    """

    name: str
    variable: str
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as sent; a credential's value is never part of it.

    Attributes:
        method: in upper case.
        url: absolute and percent-encoded, as sent.
        headers: names and values to repeat, without those that carry a secret.
        secrets: headers that carry a secret.
        secret_query: query parameters that carry a secret; they are not part of the URL.
        body: JSON text; empty for none.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    secrets: tuple[SecretHeader, ...] = ()
    secret_query: tuple[SecretQuery, ...] = ()
    body: str = ""

    @property
    def shown_headers(self) -> tuple[tuple[str, str], ...]:
        """All headers, each secret written as `$VARIABLE`."""
        secrets = (
            (name, f"{start}${variable}{end}") for name, start, variable, end in self.secrets
        )
        return (*self.headers, *secrets)


class SentBody(NamedTuple):
    """The body of a request that another client sent.

    Attributes:
        content_type: header of the request; empty without one.
        body: the bytes.
    """

    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """A complete response.

    Attributes:
        status: the status code.
        headers: names in lower case, in the order received.
        body: the bytes after Content-Encoding was undone.
        headers_known: False if a recording left the headers out.
        body_known: False if a recording left the body out, or if it is an event stream that does
            not end.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    headers_known: bool = True
    body_known: bool = field(default=True, compare=False)

    @property
    def is_cached(self) -> bool:
        """Whether a cache answered, which may be out of date (RFC 9111, section 5.1)."""
        return bool((self.header("age") or "0").strip("0"))

    def header(self, name: str) -> str | None:
        """Return the first header of a lower-case name, or None."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class Failure:
    """The reason why there is no complete response.

    Attributes:
        kind: see `FailureKind`.
        message: one line for a person.
    """

    kind: FailureKind
    message: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response.

    Attributes:
        case: the case.
        request: as sent.
        outcome: the complete response, or why there is none.
        seconds: from sending to the last byte, without waiting for a rate limit.
        phase: of the plan.
        retried: whether the same case was sent again because of this outcome.
        redirects: URLs of the target's own origin that were followed to this outcome, in order.
        echoes: where the response contains the credential of the request: `body`, `header/NAME`.
        together: whether other requests may have been under way meanwhile.
        sent: body of a recorded request of another client, if it was recorded.
    """

    case: Case
    request: Request
    outcome: Response | Failure
    seconds: float = 0.0
    phase: str = ""
    retried: bool = False
    redirects: tuple[str, ...] = ()
    echoes: tuple[str, ...] = ()
    together: bool = False
    sent: SentBody | None = field(default=None, repr=False)

    @property
    def response(self) -> Response | None:
        """The complete response, or None if there is none."""
        return self.outcome if isinstance(self.outcome, Response) else None

    @property
    def failure(self) -> Failure | None:
        """The reason why there is no complete response, or None if there is one."""
        return self.outcome if isinstance(self.outcome, Failure) else None

    @property
    def status(self) -> int:
        """The status code; 0 if there is no complete response."""
        return self.outcome.status if isinstance(self.outcome, Response) else 0
