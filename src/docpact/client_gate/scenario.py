"""The scenario: a query that a client is asked to make, and the responses that a server plays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, TypeAlias

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
        retry_date: send Retry-After as the date that is this many seconds away.
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


Answers: TypeAlias = Mapping[str | None, tuple[Answer, ...]]
"""Key of a page (see `listing.page_key`) → its responses in turn; the last one is then repeated."""


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
        before: queries that the same client makes first; their results are not judged.
        earlier: played for them.
        base: path of the base URL.
        away: response of another host.
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

    def __hash__(self) -> int:
        """Hash the names alone, because mappings have no hash."""
        return hash((self.rule, self.location, self.label))


def json_answer(body: Any, status: int = 200, **headers: str) -> Answer:
    """Return a response with a JSON body; underscores in header names become hyphens."""
    content = json.dumps(body, ensure_ascii=False).encode()
    more = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status, (("Content-Type", "application/json"), *more), content)
