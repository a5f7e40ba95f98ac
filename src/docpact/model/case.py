"""The case: one question, the documented response to it, and the visit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Literal, NamedTuple, TypeAlias

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
        credentials: see `Credentials`.
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
        question: see `Question`.
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
        question: see `Question`.
        expectation: see `Expectation`.
        pages: maximum number of pages to walk; each costs a request.
        visit: see `Visit`.
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
        payload: the decoded JSON value.
        keyword: the one schema keyword that it breaks, or whose bound it meets exactly; None for a
            payload that tests no single keyword.
        pointer: JSON Pointer of the instance that the keyword applies to.
    """

    label: str
    payload: Any
    keyword: str | None = None
    pointer: str = ""
