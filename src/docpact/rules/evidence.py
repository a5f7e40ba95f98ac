"""The evidence: exchanges, every documented body decoded and inspected once, joined into walks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import Final

from docpact.bodies.decode import Decoded, decode
from docpact.bodies.validate import Validation, validate
from docpact.model import Exchange, Operation
from docpact.rules.metamorphic import Relations, relate
from docpact.rules.walks import Page, Walk, read_page, read_walks

SURVEY: Final = "survey"
"""The phase that walks the collection; its bodies are counted apart from all others."""

AT_ONCE: Final = frozenset(
    {"filters", "walks", "queries", "paths", "tokens", "credentials", "methods"}
)
"""The phases whose walks may go on at the same time, so that none of them is before another."""

TOO_MANY_REQUESTS: Final = 429
"""The status that says nothing of the question asked (RFC 6585, section 4)."""

PASSING: Final = frozenset({TOO_MANY_REQUESTS, 502, 503, 504})
"""Statuses that say nothing of the operation while they pass: too many requests, or no answer from
behind a gateway (RFC 9110, sections 15.6.3 to 15.6.5)."""


@dataclass(frozen=True, slots=True)
class Body:
    """One answer of the documented status.

    Attributes:
        exchange: that brought it.
        decoded: its body.
        validation: of the decoded value by the response schema; None where there is no value.
    """

    exchange: Exchange
    decoded: Decoded
    validation: Validation | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rules judge.

    Attributes:
        operation: the contract.
        exchanges: by the operation's own method, in the order planned, without those that were sent
            again because of their outcome.
        probes: the same by other methods.
        retried: those that were sent again.
        bodies: of the exchanges that have the documented status and valid credentials.
        walks: the pages of those bodies, joined; none for an operation that is no list.
        relations: what the walks say of each other.
    """

    operation: Operation
    exchanges: tuple[Exchange, ...]
    probes: tuple[Exchange, ...]
    retried: tuple[Exchange, ...]
    bodies: tuple[Body, ...]
    walks: tuple[Walk, ...]
    relations: Relations

    @property
    def all(self) -> tuple[Exchange, ...]:
        """Every exchange that was not sent again, by whatever method."""
        return (*self.exchanges, *self.probes)

    @property
    def walked(self) -> tuple[Body, ...]:
        """The bodies of the survey: the collection as the API shows it, each item once."""
        return tuple(body for body in self.bodies if body.exchange.phase == SURVEY)

    @property
    def other(self) -> tuple[Body, ...]:
        """The bodies of every other phase, in which items recur."""
        return tuple(body for body in self.bodies if body.exchange.phase != SURVEY)


class Reader:
    """Decodes and inspects bodies, each once however often it comes."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._decoded: dict[bytes, Decoded] = {}
        self._validated: dict[bytes, Validation | None] = {}
        self._pages: dict[tuple[bytes, tuple[tuple[str, str], ...]], Page | None] = {}

    def decoded(self, body: bytes) -> Decoded:
        """Return what a body says."""
        if body not in self._decoded:
            self._decoded[body] = decode(body)
        return self._decoded[body]

    def validation(self, body: bytes) -> Validation | None:
        """Return what the response schema says of a body, or None where it holds no value."""
        if body not in self._validated:
            found, schema = self.decoded(body), self._operation.response_schema
            kept = validate(schema, found.value) if found.readable else None
            self._validated[body] = kept
        return self._validated[body]

    def page(self, exchange: Exchange, time: int = 0, span: range = range(1)) -> Page | None:
        """Return the page that an answer of the documented status is, or None where it is none.

        See `Page` for time and span.
        """
        response = exchange.response
        if response is None or response.status != self._operation.status:
            return None
        key = response.body, exchange.case.query
        if key not in self._pages:
            value = self.decoded(response.body).value
            self._pages[key] = read_page(self._operation, exchange, value)
        page = self._pages[key]
        return page and replace(page, exchange=exchange, time=time, span=span)


def gather(
    operation: Operation, exchanges: Iterable[Exchange], reader: Reader | None = None
) -> Evidence:
    """Decode and inspect what came back, and join it into walks.

    Args:
        operation: the contract.
        exchanges: in the order planned, or sent.
        reader: that has read some of the bodies before.
    """
    exchanges = tuple(exchanges)
    reader = reader or Reader(operation)
    answers = tuple(exchange for exchange in exchanges if not exchange.retried)
    final = tuple(exchange for exchange in answers if exchange.case.question.method is None)
    bodies = tuple(
        Body(
            exchange,
            reader.decoded(exchange.response.body),
            reader.validation(exchange.response.body),
        )
        for exchange in final
        if exchange.response is not None
        and exchange.response.status == operation.status
        and exchange.case.question.credentials == "valid"
    )
    walks = join(operation, final, reader)
    return Evidence(
        operation=operation,
        exchanges=final,
        probes=tuple(exchange for exchange in answers if exchange.case.question.method is not None),
        retried=tuple(exchange for exchange in exchanges if exchange.retried),
        bodies=bodies,
        walks=walks,
        relations=relate(operation, walks),
    )


def join(operation: Operation, exchanges: Sequence[Exchange], reader: Reader) -> tuple[Walk, ...]:
    """Join the pages of a list operation; an answer that cannot be read ends its walk.

    Args:
        operation: the contract.
        exchanges: by the operation's own method, in the order planned, none of them sent again.
        reader: of their bodies.
    """
    if operation.roles.items is None:
        return ()
    pages = []
    for time, (exchange, span) in enumerate(zip(exchanges, _spans(exchanges), strict=True)):
        if exchange.case.question.credentials == "valid":
            page = reader.page(exchange, time, span)
            none = Page(exchange, time, span, (), None, last=False)
            pages.append((page or none, page is not None))
    return read_walks(operation, pages)


def _spans(exchanges: Iterable[Exchange]) -> Iterator[range]:
    """Yield for each exchange the places of those that it may have overlapped, itself included."""
    begin = 0
    for phase, group in groupby(exchanges, key=attrgetter("phase")):
        end = begin + len(list(group))
        for place in range(begin, end):
            yield range(begin, end) if phase in AT_ONCE else range(place, place + 1)
        begin = end
