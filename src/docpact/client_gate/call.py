"""The scenario that a server plays, and the call in which a client carries it out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Protocol, TypeAlias

Query: TypeAlias = Mapping[str, Any]
"""Decoded values by parameter name; None for a parameter that the caller sets to None. The request
body, if there is one, is the value of `body`."""

BODY: Final = "body"
"""The name of the request body in a query."""


class Wanted(Enum):
    """The correct results of a scenario."""

    ITEMS = "items"
    ERROR = "error"
    EITHER = "either"
    END = "an end"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as it is played on the wire.

    Attributes:
        status: of the response.
        headers: without Content-Length, which is added.
        body: as sent.
        cut: close the connection after this many bytes of the body; 0 before any byte of the
            response; None to send everything.
        silent: never respond; after `cut` bytes of the body, if that is given.
        chunked: send the body in chunks (RFC 9112, section 7.1).
        zipped: compress the body if the client accepts gzip.
        retry_date: send Retry-After as the date that is this many seconds away, at least one less.
        away: redirect to another host, which plays the scenario's `away`.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    body: bytes = b""
    cut: int | None = None
    silent: bool = False
    chunked: bool = False
    zipped: bool = False
    retry_date: int | None = None
    away: bool = False

    @property
    def wait(self) -> int:
        """The seconds for which it asks the client to wait before the next request."""
        if self.retry_date is not None:
            return max(0, self.retry_date - 1)
        stated = (value for name, value in self.headers if name.lower() == "retry-after")
        return int(next(stated, "0"))


Answers: TypeAlias = Mapping[str | None, tuple[Answer, ...]]
"""Key of a page (see `listing.page_key`) → its responses in turn; the last one is then repeated."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One query and its responses.

    Attributes:
        rule: id of the rule that it tests.
        location: of the promise, as in `docpact.model.Promise`.
        label: describes the responses or the query in one short line.
        answers: played by the server; empty if it refuses every connection.
        query: that the client is asked to make.
        wanted: the correct results.
        items: decoded items that a correct client returns.
        fields: other fields of the first page that a correct client returns.
        status: status code that an error must mention; 0 if any error is correct.
        before: queries that the same client makes first; their results are not judged.
        earlier: played for them.
        base: path of the base URL.
        away: response of another host, to which redirects and the URL of a next page lead.
        keys: of the pages, in the order in which a correct client requests them; empty if the
            order is not tested.
        needs: key of the page that a call must request to be judged; None for the first.
        waits: whether a correct client may wait: for a response, or before it retries.
    """

    rule: str
    location: str
    label: str
    answers: Answers
    query: Query = field(default_factory=dict)
    wanted: Wanted = Wanted.ITEMS
    items: tuple[Any, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    status: int = 0
    before: tuple[Query, ...] = ()
    earlier: Answers = field(default_factory=dict)
    base: str = ""
    away: Answer | None = None
    keys: tuple[str | None, ...] = ()
    needs: str | None = None
    waits: bool = False

    @property
    def is_silent(self) -> bool:
        """Whether the server never responds, or never ends a response."""
        played = (*self.earlier.values(), *self.answers.values())
        return any(answer.silent for answers in played for answer in answers)

    def __hash__(self) -> int:
        """Hash the names alone, because mappings have no hash."""
        return hash((self.rule, self.location, self.label))


def json_answer(
    body: Any, status: int = 200, media_type: str = "application/json", **headers: str
) -> Answer:
    """Return a response with a JSON body; underscores in header names become hyphens."""
    content = json.dumps(body, ensure_ascii=False).encode()
    more = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status, (("Content-Type", media_type), *more), content)


class Effect(Enum):
    """The effect of a response on the client's caller, from best to worst."""

    TOLERATED = "tolerated"
    TYPED_ERROR = "typed error"
    FOREIGN_ERROR = "foreign error"
    SILENT_CORRUPTION = "silent corruption"
    HANG = "hang"

    @property
    def rank(self) -> int:
        """Severity, from 0."""
        return list(Effect).index(self)


@dataclass(frozen=True, slots=True)
class Read:
    """The caller got items.

    Attributes:
        items: of all pages, as decoded JSON, except for scalars that the client converted; objects
            do not contain fields that could not be read.
        fields: other fields of the first page, by name; empty if the client shows none.
    """

    items: tuple[Any, ...]
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Raised:
    """The caller got an error.

    Attributes:
        name: of its type.
        message: its text.
        own: whether the type belongs to the client.
        statuses: status codes in its attributes.
        notes: further texts that logs show: its `repr`, its notes, and the errors that caused it.
    """

    name: str
    message: str
    own: bool
    statuses: tuple[int, ...] = ()
    notes: str = ""


NO_ITEMS: Final = "no items"
"""Name of the error if `call` returned something else than the items of a list."""


@dataclass(frozen=True, slots=True)
class Hung:
    """The call did not end in time."""

    why: str


PATIENCE: Final = 60.0
"""Seconds without progress after which a call counts as hung."""

WAITING: Final = 12
"""Number of concurrent calls that mostly wait: for a response, or before a retry."""

WAITING_PROCESSES: Final = 6
"""The same for a command whose processes stay, because each of them needs memory."""

Outcome: TypeAlias = Read | Raised | Hung


@dataclass(frozen=True, slots=True)
class Task:
    """The queries that a caller makes with one client.

    Attributes:
        base_url: of the server on loopback.
        key: the secret.
        queries: at least one; the result of the last one is judged.
        turn: called before each query but the first.
        left: returns the seconds after which the call counts as hung, unless it makes progress.
        environment: variables that keep another process from sending requests to other hosts.
    """

    base_url: str
    key: str
    queries: tuple[Query, ...]
    turn: Callable[[], None] = lambda: None
    left: Callable[[], float] = lambda: PATIENCE
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Received:
    """A request that arrived at the server.

    Attributes:
        method: in upper case.
        path: percent-encoded, without the query.
        query: percent-encoded, as on the request line.
        headers: names in lower case, in order.
        body: as sent.
        at: seconds on a monotonic clock.
        key: of the page that it requests (see `listing.page_key`).
        status: of the response that was played.
        wait: seconds for which the response asks to wait.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    at: float
    key: str | None = None
    status: int = 0
    wait: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """One scenario carried out by one build of a client.

    Attributes:
        scenario: the query and the responses.
        build: name of the build, e.g. `sync`; empty if there is only one.
        outcome: the caller's result.
        received: every request, in order.
        key: the secret that the client was given.
        earlier: requests of the queries that the same client made before.
        away: requests to the other host of a redirect.
        blocked: other hosts to which the client tried to send a request.
        changed: whether the client changed the values that the caller gave it.
        misread: places that the client misreads in any call, which are breaches of fidelity alone.
        is_usual: whether it fails as a plain call does, which is a breach of fidelity alone.
    """

    scenario: Scenario
    build: str
    outcome: Outcome
    received: tuple[Received, ...]
    key: str
    earlier: tuple[Received, ...] = ()
    away: tuple[Received, ...] = ()
    blocked: tuple[str, ...] = ()
    changed: bool = False
    misread: frozenset[str] = frozenset()
    is_usual: bool = False

    @property
    def is_evidence(self) -> bool:
        """Whether the call can show that a promise is kept: a request arrived, and it ended.

        If every connection is refused, no request can arrive.
        """
        has_arrived = bool(self.received) or not self.scenario.answers
        return has_arrived and not isinstance(self.outcome, Hung)


class Caller(Protocol):
    """One build of a client that is tested."""

    @property
    def name(self) -> str:
        """Name of the build; empty for a command, which has only one."""
        ...

    @property
    def keeps_clients(self) -> bool:
        """Whether one client can make several queries."""
        ...

    @property
    def most_at_once(self) -> int:
        """The maximum number of calls at once that mostly wait."""
        ...

    def call(self, task: Task) -> Outcome:
        """Make the queries with one client, and return the caller's result of the last one."""
        ...
