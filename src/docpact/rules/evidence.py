"""The evidence: exchanges with every documented body decoded and inspected once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from docpact.decoding import Decoded, decode
from docpact.model import Exchange, Operation
from docpact.validation import Inspection, inspect

SURVEY: Final = "survey"
"""The phase that walks the collection; its bodies are counted apart from all others."""


TOO_MANY_REQUESTS: Final = 429
"""The status that says nothing of the question asked (RFC 6585, section 4)."""


@dataclass(frozen=True, slots=True)
class Body:
    """One answer of the documented status.

    Attributes:
        exchange: that brought it.
        decoded: its body.
        inspection: of the decoded value by the response schema; None where there is no value.
    """

    exchange: Exchange
    decoded: Decoded
    inspection: Inspection | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rules judge.

    Attributes:
        operation: the contract.
        exchanges: in the order sent, without those that were sent again because of their outcome.
        retried: those that were sent again.
        bodies: of the exchanges that have the documented status and valid credentials.
    """

    operation: Operation
    exchanges: tuple[Exchange, ...]
    retried: tuple[Exchange, ...]
    bodies: tuple[Body, ...]

    @property
    def walked(self) -> tuple[Body, ...]:
        """The bodies of the survey: the collection as the API shows it, each item once."""
        return tuple(body for body in self.bodies if body.exchange.phase == SURVEY)

    @property
    def other(self) -> tuple[Body, ...]:
        """The bodies of every other phase, in which items recur."""
        return tuple(body for body in self.bodies if body.exchange.phase != SURVEY)


def gather(operation: Operation, exchanges: Iterable[Exchange]) -> Evidence:
    """Decode and inspect what came back, each body once however often it came."""
    exchanges = tuple(exchanges)
    final = tuple(exchange for exchange in exchanges if not exchange.retried)
    read: dict[bytes, tuple[Decoded, Inspection | None]] = {}

    def body(exchange: Exchange, content: bytes) -> Body:
        if content not in read:
            decoded = decode(content)
            schema = operation.response_schema
            read[content] = (decoded, inspect(schema, decoded.value) if decoded.readable else None)
        return Body(exchange, *read[content])

    return Evidence(
        operation=operation,
        exchanges=final,
        retried=tuple(exchange for exchange in exchanges if exchange.retried),
        bodies=tuple(
            body(exchange, exchange.response.body)
            for exchange in final
            if exchange.response is not None
            and exchange.response.status == operation.status
            and exchange.case.credentials == "valid"
        ),
    )
