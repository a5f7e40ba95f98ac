"""The scenario: a question that a client is asked, and what a server answers to it."""

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
"""Decoded values by parameter name; None for one that the caller leaves out in so many words."""


class Wanted(Enum):
    """What a client may make of an answer."""

    ITEMS = "items"
    ERROR = "error"
    EITHER = "either"
    END = "an end"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over the wire.

    Attributes:
        status: of the response.
        headers: Content-Length is added.
        body: as written.
        cut: close the connection, and so break off: None not to; 0 before anything is written;
            otherwise after as many bytes of the body.
        silent: never answer.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    body: bytes = b""
    cut: int | None = None
    silent: bool = False


Answers: TypeAlias = Mapping[str | None, tuple[Answer, ...]]
"""By the page token that a request carries: its answers in turn, the last one for ever after."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One question, and what comes back.

    Attributes:
        rule: that it is made for.
        location: of the promise, as in `docpact.model.Promise`.
        label: what the server does, or what is asked, in one short line.
        answers: of the server.
        query: what the client is asked for.
        wanted: what it may make of the answers.
        items: decoded, that a right reading gives.
        fields: of the first page beside its items, that a right reading gives.
        status: that an error must tell; 0 for any error.
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
        """Hash by what names it: a scenario holds mappings."""
        return hash((self.rule, self.location, self.label))


def json_answer(body: Any, status: int = 200, **headers: str) -> Answer:
    """Return an answer with a JSON body; header names are written with underscores."""
    written = json.dumps(body, ensure_ascii=False).encode()
    more = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status, (("Content-Type", "application/json"), *more), written)


def last_page(operation: Operation, body: Any) -> Any:
    """Return a decoded body without the token of a next page."""
    token = tokens(str(operation.roles.next_token))[-1]
    return {name: value for name, value in body.items() if name != token}


def pages(operation: Operation, *chunks: tuple[tuple[Any, ...], str | None]) -> Answers:
    """Return the answers of a walk: each page's items, and the token that leads on from it."""
    answers: dict[str | None, tuple[Answer, ...]] = {}
    token: str | None = None
    for items, onward in chunks:
        page = json_answer(sample_page(operation, items, next_token=onward), operation.status)
        answers.setdefault(token, (page,))
        token = onward
    return answers
