"""The call: one scenario carried out by a client, with its requests and its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Protocol, TypeAlias

from docpact.client_gate.scenario import Query, Scenario


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
    """

    name: str
    message: str
    own: bool
    statuses: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hung:
    """The call did not end in time.

    Attributes:
        why: in one line.
    """

    why: str


WAITING: Final = 12
"""Number of concurrent calls that mostly wait: for a response, or before a retry."""

Outcome: TypeAlias = Read | Raised | Hung


@dataclass(frozen=True, slots=True)
class Task:
    """The queries that a caller makes with one client.

    Attributes:
        base_url: of the server on loopback.
        key: the secret.
        queries: at least one; the result of the last one is judged.
        turn: called before each query but the first.
        environment: variables that keep another process from sending requests to other hosts.
    """

    base_url: str
    key: str
    queries: tuple[Query, ...]
    turn: Callable[[], None] = lambda: None
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
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    at: float
    key: str | None = None
    status: int = 0


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

    @property
    def is_evidence(self) -> bool:
        """Whether the call can show that a promise is kept: a request arrived, and it ended."""
        return bool(self.received) and not isinstance(self.outcome, Hung)


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
