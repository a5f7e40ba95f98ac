"""The call: one question put to a client, what went over the wire, and what its caller got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol, TypeAlias

from docpact.client_gate.scenario import Query, Scenario


class Effect(Enum):
    """What an answer does to the caller of a client, the better first."""

    TOLERATED = "tolerated"
    TYPED_ERROR = "typed error"
    FOREIGN_ERROR = "foreign error"
    SILENT_CORRUPTION = "silent corruption"
    HANG = "hang"

    @property
    def rank(self) -> int:
        """How bad it is, from 0."""
        return list(Effect).index(self)


@dataclass(frozen=True, slots=True)
class Read:
    """The caller got items.

    Attributes:
        items: of all pages, as decoded JSON but for scalars that the client made of text; a field
            that cannot be read is not in its object.
        fields: of the first page beside its items, by name; empty where a client shows none.
    """

    items: tuple[Any, ...]
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Raised:
    """The caller got an error.

    Attributes:
        name: of its type.
        message: its text.
        own: whether it is of the client's own kind.
        statuses: status codes that it carries beside its text.
    """

    name: str
    message: str
    own: bool
    statuses: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hung:
    """The caller got nothing: no end in time, or no end at all.

    Attributes:
        why: one line.
    """

    why: str


Outcome: TypeAlias = Read | Raised | Hung


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it arrived on the wire.

    Attributes:
        method: in upper case.
        path: percent-encoded, without the query.
        query: as on the request line, percent-encoded.
        headers: names in lower case, in order.
        body: as sent.
        at: seconds on a monotonic clock.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Call:
    """One scenario as one build of a client went through it.

    Attributes:
        scenario: what was asked, and what the server answered.
        build: name of the build, e.g. `sync`; empty where there is only one.
        outcome: what the caller got.
        received: every request, in order.
        key: that the client was given.
    """

    scenario: Scenario
    build: str
    outcome: Outcome
    received: tuple[Received, ...]
    key: str


class Caller(Protocol):
    """A client under the gate: one build of it."""

    @property
    def name(self) -> str:
        """What tells this build from others of the same client."""
        ...

    def call(self, base_url: str, key: str, query: Query) -> Outcome:
        """Ask for everything that a query selects, and tell what the caller gets."""
        ...
