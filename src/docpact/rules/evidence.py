"""The evidence: exchanges, with their bodies validated once, summarized, and joined into walks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import groupby
from typing import Any, Final, Literal, TypeAlias

from docpact.bodies.decode import Decoded
from docpact.model import Exchange, Observed, Operation, Past, Query, Question
from docpact.model.path import SAFE_METHODS
from docpact.model.pointer import resolve, tokens
from docpact.model.roles import Bound, Order
from docpact.rules.comparison import list_field_schemas
from docpact.rules.relations.metamorphic import Relations, relate
from docpact.rules.responses.accumulator import Accumulator
from docpact.rules.responses.documented import TOO_MANY_REQUESTS
from docpact.rules.responses.field_choices import chooses_fields
from docpact.rules.responses.summary import Summary
from docpact.rules.walks.bodies import BodyReader, find_refusals
from docpact.rules.walks.joining import read_walks
from docpact.rules.walks.pages import Item, Page, find_base, separate_kinds
from docpact.rules.walks.walk import Walk

Action: TypeAlias = Literal[
    "create",
    "partial",
    "invalid",
    "same key",
    "again",
    "read",
    "list",
    "put",
    "left out",
    "patch",
    "delete",
    "stale",
    "gone",
    "location",
    "search",
    "select",
    "guess",
    "stated",
    "limit",
    "skip",
    "guessed skip",
    "sort",
]


SHOWN: Final = ("create", "partial", "read")
"""The actions whose responses may show a thing as it was created."""


def loses_id(create: Operation, step: Step, name: str) -> bool:
    """Return whether null, or another sent value, is shown for the id of a thing that exists.

    docpact sends such ids as constants of the body's schema.
    """
    fields = list_field_schemas(create.body_schema or {}, name)
    others = [value for other, value in step.expected.items() if other != name]
    is_other = step.body.get(name, ...) in (None, *others)
    return is_other and any(each.get("const") == step.expected[name] for each in fields)


def has_created(exchange: Exchange) -> bool:
    """Return whether a write was carried out; 303 leads to the result."""
    return exchange.is_success or exchange.status == SEE_OTHER


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a life cycle, with the known facts about its thing.

    Attributes:
        action: the purpose of the request.
        exchange: with the response.
        name: the id of the thing, or empty.
        expected: field → value that the thing must have; JSON Pointer → value that it had before a
            replacement left it out.
        changed: the fields that the last update changed.
        body: the decoded response, or the thing as a list shows it; None if there is none.
        is_shown: whether a whole list has the thing, or a reading after its deletion shows it; None
            if the end of the list was not seen.
        is_deleted: whether the thing, or another one with the same id, was deleted before.
        is_other: whether only another thing was changed or deleted since the last reading; or a
            list shows another one with the same values.
        about: the field that the body lacks or that makes it invalid.
        bound: by which a search may select items; None if by a value.
        counts: the total that a whole list, or the response to a search, states, and the number of
            its items; None if unknown.
        order: in which a search shows the items; None if it asks for none.
    """

    action: Action
    exchange: Exchange
    name: str = ""
    expected: dict[str, Any] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    body: Any = None
    is_shown: bool | None = None
    is_deleted: bool = False
    is_other: bool = False
    about: str = ""
    bound: Bound | None = None
    counts: tuple[float, int] | None = None
    order: Order | None = None

    @property
    def is_successful(self) -> bool:
        """Whether the status says that the request was carried out."""
        return has_created(self.exchange)


CONFLICT: Final = 409
"""The status of a request that the state of a thing does not allow (RFC 9110, section 15.5.10)."""

UNMET: Final = (412, 428)
"""Statuses of requests that need a thing's ETag (RFC 9110, section 15.5.13; RFC 6585)."""

ACCEPTED: Final = 202
"""The status of a write that is carried out later, or never (RFC 9110, section 15.3.3)."""

SEE_OTHER: Final = 303
"""The status that leads to the result of a write (RFC 9110, section 15.4.4)."""

SURVEY: Final = "survey"
"""The phase that walks the collection; its bodies are counted separately."""

AT_ONCE: Final = frozenset(
    {"filters", "walks", "queries", "paths", "near misses", "tokens", "credentials", "methods"}
)
"""The phases whose walks may overlap, so that none of them comes before another."""

PASSING: Final = frozenset({408, TOO_MANY_REQUESTS, 502, 503, 504, *range(520, 528), 530})
"""Temporary statuses that say nothing about the operation: a connection that the server closes (RFC
9110, section 15.5.9), too many requests, or no response from behind a gateway (sections 15.6.3 to
15.6.5; 520 to 530 come from Cloudflare)."""


@dataclass(frozen=True, slots=True)
class Body:
    """A response with the documented status."""

    exchange: Exchange
    decoded: Decoded
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """The list that shows the thing which an operation returns, or the things that it counts.

    Attributes:
        operation: of the list, with the values of its path.
        looks: decoded bodies of its first pages in order, each time with the number of exchanges of
            the thing's own operation before them.
        counts: queries with the number of items that the list shows, None if that is not known.
    """

    operation: Operation
    looks: tuple[tuple[int, tuple[Any, ...]], ...] = ()
    counts: tuple[tuple[Query, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The input of the rules. The `response` rules read only the contract and the summary.

    Attributes:
        operation: the contract.
        summary: counts of the responses to requests with the operation's own method.
        exchanges: those requests and their responses in the order planned, without the attempts
            that were repeated because of their outcome.
        probes: the same with other methods.
        retried: the attempts that were repeated.
        bodies: of the exchanges with the documented status and valid credentials.
        walks: the pages of those bodies, joined; empty for an operation that is not a list.
        relations: between the walks.
        listing: of the thing that the operation returns; None if no list shows it.
        steps: of the life cycle of the things that the operation creates.
        observed: counts for the next runs; None if they are not compared.
        past: the runs to compare them with.
        refusals: the `id` of each exchange that only its body refuses; see `find_refusals`.
    """

    operation: Operation
    summary: Summary
    exchanges: tuple[Exchange, ...]
    probes: tuple[Exchange, ...]
    retried: tuple[Exchange, ...]
    bodies: tuple[Body, ...]
    walks: tuple[Walk, ...]
    relations: Relations
    listing: Listing | None = None
    steps: tuple[Step, ...] = ()
    observed: Observed | None = None
    past: Past | None = None
    refusals: frozenset[int] = frozenset()

    def accepts(self, exchange: Exchange) -> bool:
        """Return whether a response says that its request succeeded, by its status and its body."""
        return exchange.is_success and id(exchange) not in self.refusals

    @property
    def whole(self) -> list[Walk]:
        """The walks of the whole list that saw its last page."""
        base = find_base(self.operation)
        return [walk for walk in self.walks if walk.filters == base and walk.reached_end]

    @property
    def all(self) -> tuple[Exchange, ...]:
        """The last attempt of every request, by any method."""
        return (*self.exchanges, *self.probes)

    @property
    def plain_statuses(self) -> frozenset[int]:
        """The statuses of requests without parameters, which no value can be the cause of."""
        return frozenset(
            each.status
            for each in self.exchanges
            if each.response is not None
            and each.case.question == Question()
            and each.case.expectation.parameter is None
        )

    @property
    def failures(self) -> frozenset[int]:
        """The 5xx statuses of an operation that always fails; they say nothing about a request."""
        plain = self.plain_statuses
        return plain if all(status >= 500 for status in plain) else frozenset()


def find_survey(walks: Iterable[Walk]) -> Walk | None:
    """Return the walk of the whole collection, or None if there is none."""
    return next((walk for walk in walks if walk.pages[0].exchange.phase == SURVEY), None)


def gather(
    operation: Operation,
    exchanges: Iterable[Exchange],
    reader: BodyReader | None = None,
    *,
    listing: Listing | None = None,
    joined: bool = True,
) -> Evidence:
    """Decode, validate and summarize responses, and join them into walks.

    The exchanges are in the order planned or recorded. Only some families need joined pages.
    """
    reader = reader or BodyReader(operation)
    exchanges = tuple(exchanges)
    operation = _forget_absent_ids(operation, exchanges, reader)
    evidence = sort_attempts(operation, exchanges)
    own = evidence.exchanges
    accumulator, bodies = Accumulator(operation, keeps_visits=True), list[Body]()
    for number, exchange in enumerate(own):
        accumulator.begin((0, number), exchange)
        body = _add(accumulator, exchange, reader)
        if body is not None:
            bodies.append(body)
    walks = join(operation, own, reader) if joined else ()
    return replace(
        evidence,
        summary=accumulator.summary(),
        bodies=tuple(bodies),
        walks=walks,
        relations=relate(operation, walks) if walks else evidence.relations,
        listing=listing,
        refusals=find_refusals(
            (each, reader.decode(each.response.body).value)
            for each in own
            if each.response is not None and operation.is_json
        ),
    )


def _forget_absent_ids(
    operation: Operation, exchanges: Iterable[Exchange], reader: BodyReader
) -> Operation:
    """Return an operation without the role of the id if it is optional and an item lacks it.

    A request may have left it out by its choice of fields.
    """
    where = operation.roles.id
    if not where or tokens(where)[0] in operation.item_schema.get("required", ()):
        return operation
    whole = (each for each in exchanges if not chooses_fields(operation, each.case))
    pages = (reader.read_page(each) for each in whole)
    items = (item.fields for page in pages if page for item in page.items)
    if all(resolve(item, where, default=None) is not None for item in items):
        return operation
    return replace(operation, roles=replace(operation.roles, id=None))


def sort_attempts(operation: Operation, exchanges: Iterable[Exchange]) -> Evidence:
    """Sort exchanges by attempt and method; no body is read."""
    exchanges = tuple(exchanges)
    final = [exchange for exchange in exchanges if not exchange.retried]
    return Evidence(
        operation=operation,
        summary=Summary(),
        exchanges=tuple(e for e in final if e.case.question.method is None),
        probes=tuple(e for e in final if e.case.question.method is not None),
        retried=tuple(exchange for exchange in exchanges if exchange.retried),
        bodies=(),
        walks=(),
        relations=_relate_nothing(operation),
    )


_relate_nothing: Final = lru_cache(maxsize=64)(partial(relate, walks=()))


def _add(accumulator: Accumulator, exchange: Exchange, reader: BodyReader) -> Body | None:
    """Count an exchange, and return its body if it has the documented status."""
    response = exchange.response
    is_valid = exchange.case.question.credentials == "valid"
    if response is not None and not is_valid:
        accumulator.add_refusal(response)
        return None
    if exchange.sent is not None:
        accumulator.add_request()
    if not accumulator.add_outcome(exchange.outcome) or response is None:
        return None
    body = Body(exchange, reader.decode(response.body), reader.read_items(response.body))
    accumulator.add_body(body.decoded, reader.inspect(response.body), exchange.phase == SURVEY)
    return body


def join(
    operation: Operation, exchanges: Sequence[Exchange], reader: BodyReader
) -> tuple[Walk, ...]:
    """Join the pages of a list operation; a response that cannot be read ends its walk.

    Items of which a request chose some fields are not compared with others, nor are responses to
    recorded requests whose bodies may differ.
    """
    if operation.roles.items is None:
        return ()
    pages = []
    for time, (exchange, span) in enumerate(zip(exchanges, _spans(exchanges), strict=True)):
        is_partial = chooses_fields(operation, exchange.case)
        has_body = exchange.is_recorded and operation.method not in SAFE_METHODS
        if exchange.case.question.credentials == "valid" and not (is_partial or has_body):
            page = reader.read_page(exchange, time, span)
            empty = Page(exchange, time, span, ())
            pages.append((page or empty, page is not None))
    return read_walks(operation, separate_kinds(pages))


def _spans(exchanges: Iterable[Exchange]) -> Iterator[range]:
    """Yield for each exchange the places of those that it may have overlapped, itself included."""
    begin = 0
    for at_once, group in groupby(exchanges, key=_find_company):
        end = begin + len(list(group))
        for place in range(begin, end):
            yield range(begin, end) if at_once else range(place, place + 1)
        begin = end


def _find_company(exchange: Exchange) -> str:
    """Return a name that exchanges share if they may have overlapped; empty for one alone."""
    overlapped = exchange.together if exchange.is_recorded else exchange.phase in AT_ONCE
    return exchange.phase if overlapped else ""
