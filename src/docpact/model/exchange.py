"""The case, and the exchange: one request and its response, with raw bytes and timing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any, Final, Literal, NamedTuple, TypeAlias

RECORDED: Final = "recorded"
"""The phase of all traffic that docpact did not send: the same items may recur in it."""

Query: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values in order, before percent-encoding; a repeated name is an array."""

Credentials: TypeAlias = Literal[
    "valid", "none", "wrong", "longer", "malformed", "bare", "basic", "cookie"
]
"""The credentials that a request sends.

valid: the caller's secret; none: nothing; wrong: a secret that was never issued; longer: the
caller's secret with more characters at its end; malformed: the scheme alone; bare: a secret that
was never issued, without its scheme; basic: that secret under another scheme (RFC 7617); cookie: a
made-up value in every documented cookie, and nothing else.
"""


class Expected(Enum):
    """The documented response to a query."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNSPECIFIED = "unspecified"


@dataclass(frozen=True, slots=True)
class Question:
    """The part of a request that identifies a case.

    Questions are compared by value, never by their labels.

    Attributes:
        query: of the first page.
        path: names and values of the path parameters that the case tests; the others have the
            values of every request.
        without: parameters of every other request that this one does not send.
        credential: where requests carry the credential that is meant, as in `Promise.location`; of
            several, the others are valid. Empty for all of them.
        method: HTTP method; None for the operation's own.
        headers: further headers.
        body: JSON text of the request body; empty for none.
    """

    query: Query = ()
    path: Query = ()
    without: tuple[str, ...] = ()
    credentials: Credentials = "valid"
    method: str | None = None
    credential: str = ""
    headers: Query = ()
    body: str = ""


@dataclass(frozen=True, slots=True)
class Expectation:
    """The documented response to a case.

    Attributes:
        answer: accepted, rejected or unspecified.
        parameter: the one parameter that the case tests, or None.
        keyword: the keyword of that parameter's schema that the case tests or breaks, or None.
    """

    answer: Expected = Expected.ACCEPTED
    parameter: str | None = None
    keyword: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """Identifies a request among all those that ask the same question.

    Attributes:
        page: number of the page, from 1.
        query: of this page; None for the first one, which has that of the question.
        repeat: how often the question was asked before.
        sequence: position of the walk in the planned order; responses may arrive in another order.
        path: path parameter → another value that the URL of this page has.
    """

    page: int = 1
    query: Query | None = None
    repeat: int = 0
    sequence: int = 0
    path: Query = ()


class PageVisit(NamedTuple):
    """One page of one visit.

    Attributes:
        repeat: how often the question was asked before.
        page: number of the page, from 1.
    """

    question: Question
    repeat: int
    page: int


@dataclass(frozen=True, slots=True)
class Case:
    """One query to send.

    Attributes:
        label: for people, e.g. `page_size=101 (above maximum)`; it never identifies a case.
        pages: maximum number of pages to walk; each costs a request.
    """

    label: str
    question: Question = field(default_factory=Question)
    expectation: Expectation = field(default_factory=Expectation)
    pages: int = 1
    visit: Visit = field(default_factory=Visit)

    @property
    def title(self) -> str:
        """The label, and the page number after the first page."""
        return self.label if self.visit.page == 1 else f"{self.label}, page {self.visit.page}"

    @property
    def page_visit(self) -> PageVisit:
        """The page and the visit, without the rest."""
        return PageVisit(self.question, self.visit.repeat, self.visit.page)

    @property
    def query(self) -> Query:
        """The query of this page."""
        return self.question.query if self.visit.query is None else self.visit.query

    def next_page(
        self,
        query: Query,
        parameter: str | None,
        *,
        stated: bool = True,
        given: bool = False,
        path: Query = (),
    ) -> Case:
        """Return the case of the next page; a server accepts the token or URL that it has given."""
        path = (*self.visit.path, *path)
        visit = replace(self.visit, page=self.visit.page + 1, query=query, path=path)
        answer = self.expectation.answer if stated else Expected.UNSPECIFIED
        answer = Expected.ACCEPTED if given else answer
        return replace(self, expectation=Expectation(answer, parameter, "type"), visit=visit)


@dataclass(frozen=True, slots=True)
class PayloadCase:
    """One response payload with a label.

    Attributes:
        label: for people, e.g. `/items/0/status null (type)`.
        keyword: the one schema keyword that it breaks, or whose bound it meets exactly; None for a
            payload that tests no single keyword.
        pointer: JSON Pointer of the instance that the keyword applies to.
    """

    label: str
    payload: Any
    keyword: str | None = None
    pointer: str = ""


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
        prefix: of its value, e.g. `Bearer ` with the space.
        variable: the environment variable with the secret.
    """

    name: str
    prefix: str
    variable: str
    suffix: str = ""


class SecretQuery(NamedTuple):
    """A query parameter whose value begins with a secret."""

    name: str
    variable: str
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as sent; a credential's value is never part of it.

    Attributes:
        url: absolute and percent-encoded, as sent.
        headers: names and values to repeat, without those that carry a secret.
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
        is_whole: False if a recording has only a part of the body, or has it in another form.
    """

    content_type: str
    body: bytes
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Response:
    """A complete response.

    Attributes:
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
    """The reason why there is no complete response."""

    kind: FailureKind
    message: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response.

    Attributes:
        outcome: the complete response, or why there is none.
        seconds: from sending to the last byte, without waiting for a rate limit.
        phase: of the plan.
        retried: whether the same case was sent again because of this outcome.
        redirects: URLs of the target's own origin that were followed to this outcome, in order.
        echoes: where the response contains the credential of the request: `body`, `header/NAME`.
        together: whether other requests may have been under way meanwhile.
        sent: body of a recorded request of another client, if it was recorded.
        ended: time of the last byte in UTC; None if it is not known.
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
    ended: datetime | None = field(default=None, repr=False, compare=False)

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

    @property
    def is_recorded(self) -> bool:
        """Whether another client sent the request: data may change before the next one."""
        return self.phase == RECORDED

    @property
    def is_success(self) -> bool:
        """Whether the status is one of success (RFC 9110, section 15.3)."""
        return 200 <= self.status < 300
