"""The case: one request with a label, and what the page lets us expect of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, TypeAlias

Credentials: TypeAlias = Literal["valid", "none", "wrong", "malformed"]


class Expectation(Enum):
    """What the page says of a query."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNSPECIFIED = "unspecified"


@dataclass(frozen=True, slots=True)
class Case:
    """One query to send.

    Attributes:
        label: what a person reads, e.g. `page_size=101 (above maximum)`; unique among its kind.
        query: names and values in order, before percent-encoding; a repeated name is an array.
        expects: what the page lets us expect.
        parameter: the one parameter the case is about, or None.
        keyword: the keyword of that parameter's schema that the case probes or breaks, or None.
        credentials: which credentials travel with it.
    """

    label: str
    query: tuple[tuple[str, str], ...] = ()
    expects: Expectation = Expectation.ACCEPTED
    parameter: str | None = None
    keyword: str | None = None
    credentials: Credentials = "valid"


@dataclass(frozen=True, slots=True)
class PayloadCase:
    """One response payload with a label.

    Attributes:
        label: what a person reads, e.g. `/items/0/status null (type)`.
        payload: the decoded JSON value.
        keyword: the one schema keyword it breaks, or that a boundary payload sits on; None for
            a payload about no single keyword.
        pointer: JSON Pointer of the instance that breaks it, or sits on it.
    """

    label: str
    payload: Any
    keyword: str | None = None
    pointer: str = ""
