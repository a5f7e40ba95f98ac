"""The scenario: a query that a client is asked to make, and the responses that a server plays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

from docpact.cases.sampling import sample_page
from docpact.model import Operation
from docpact.model.pointer import tokens

Query: TypeAlias = Mapping[str, Any]
"""Decoded values by parameter name; None for a parameter that the caller sets to None."""


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
        silent: never respond.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    body: bytes = b""
    cut: int | None = None
    silent: bool = False


Answers: TypeAlias = Mapping[str | None, tuple[Answer, ...]]
"""Page token of a request, or None → its responses in turn; the last one is then repeated."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One query and its responses.

    Attributes:
        rule: id of the rule that it tests.
        location: of the promise, as in `docpact.model.Promise`.
        label: describes the responses or the query in one short line.
        answers: played by the server.
        query: that the client is asked to make.
        wanted: the correct results.
        items: decoded items that a correct client returns.
        fields: other fields of the first page that a correct client returns.
        status: status code that an error must mention; 0 if any error is correct.
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

    def __hash__(self) -> int:
        """Hash the names alone, because mappings have no hash."""
        return hash((self.rule, self.location, self.label))


def json_answer(body: Any, status: int = 200, **headers: str) -> Answer:
    """Return a response with a JSON body; underscores in header names become hyphens."""
    content = json.dumps(body, ensure_ascii=False).encode()
    more = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status, (("Content-Type", "application/json"), *more), content)


def last_page(operation: Operation, body: Any) -> Any:
    """Return a decoded body without the token of the next page."""
    token = tokens(str(operation.roles.next_token))[-1]
    return {name: value for name, value in body.items() if name != token}


def pages(operation: Operation, *chunks: tuple[tuple[Any, ...], str | None]) -> Answers:
    """Return the responses of a walk, given the items of each page and the token of the next."""
    answers: dict[str | None, tuple[Answer, ...]] = {}
    token: str | None = None
    for items, next_token in chunks:
        page = sample_page(operation, items, next_token=next_token)
        answers.setdefault(token, (json_answer(page, operation.status),))
        token = next_token
    return answers
