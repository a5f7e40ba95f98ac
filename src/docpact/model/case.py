"""The case: one request with a label, and what the page lets us expect of its answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Literal, TypeAlias

Credentials: TypeAlias = Literal["valid", "none", "wrong", "malformed", "bare", "basic", "cookie"]
"""What stands in the place of the documented credential.

valid: the secret that the caller holds; none: nothing; wrong: a secret that was never issued;
malformed: the scheme alone; bare: such a secret without its scheme; basic: that secret under
another scheme (RFC 7617); cookie: a made-up value in every documented cookie, and nothing else.
"""


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
        path: names and values of path parameters that the case is about, in place of those that
            every request carries.
        without: parameters that every other request carries, and this one does not.
        method: to ask with; None for the operation's own.
        pages: how many pages are walked at most; each costs a request.
        page: which page of the walk this is, from 1.
        look: how often the same question was asked before.
        turn: the place of its walk in the order planned; answers may come in another order.
    """

    label: str
    query: tuple[tuple[str, str], ...] = ()
    expects: Expectation = Expectation.ACCEPTED
    parameter: str | None = None
    keyword: str | None = None
    credentials: Credentials = "valid"
    path: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()
    method: str | None = None
    pages: int = 1
    page: int = 1
    look: int = 0
    turn: int = 0

    @property
    def title(self) -> str:
        """The label, and the page where it is not the first one."""
        return self.label if self.page == 1 else f"{self.label}, page {self.page}"

    @property
    def question(self) -> tuple[object, ...]:
        """What tells one question from another, whatever the look and the reason for asking."""
        asked = (self.path, self.without, self.query, self.page)
        return (self.method, self.credentials, *asked)

    def onward(self, parameter: str, token: str) -> Case:
        """Return the case that asks for the next page, as the official clients do: all is repeated.

        Args:
            parameter: the query parameter that takes a token.
            token: that the page before gave.
        """
        kept = tuple(pair for pair in self.query if pair[0] != parameter)
        return replace(
            self,
            query=(*kept, (parameter, token)),
            parameter=parameter,
            keyword="type",
            page=self.page + 1,
        )


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
