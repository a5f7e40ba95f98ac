"""The check plan: which cases are sent, in what order, each phase fed by the answers before it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final, TypeAlias

from docpact.decoding import decode
from docpact.model import Case, Exchange, Expectation, Operation
from docpact.model.pointer import resolve
from docpact.rules.evidence import SURVEY
from docpact.strategies import boundary_cases, invalid_cases

MAX_PAGES: Final = 25
"""How many pages the survey walks; a longer collection is judged by its first pages."""

Steps: TypeAlias = Generator[Case, Exchange, None]
"""Yields a case, is sent its exchange, and decides on the next: no network in here."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One part of the plan.

    Attributes:
        name: as progress and evidence call it.
        families: of the rules that it gives evidence to.
        steps: operation, what the survey brought and a seed → the cases.
    """

    name: str
    families: frozenset[str]
    steps: Callable[[Operation, Sequence[Exchange], int], Steps]


EXAMPLE: Final = Case("no parameters")
"""The request of the page's curl example; it also tells whether a target is there at all."""


def reach(operation: Operation, walked: Sequence[Exchange], seed: int) -> Steps:  # noqa: ARG001
    """Ask as the page's curl example does."""
    yield EXAMPLE


def survey(operation: Operation, walked: Sequence[Exchange], seed: int) -> Steps:  # noqa: ARG001
    """Walk every page at the largest documented size; at the default one where that is refused."""
    if not _is_list(operation):
        return
    size = _largest_size(operation)
    exchange = yield _first_page(size)
    if size and 400 <= exchange.status < 500:
        size = ()
        exchange = yield _first_page(size)
    followed = set[str]()
    for number in range(2, MAX_PAGES + 1):
        _, token = _page(operation, exchange)
        if token is None or token in followed:
            return
        followed.add(token)
        name = str(operation.roles.token_parameter)
        query = (*size, (name, token))
        exchange = yield Case(f"page {number}", query, parameter=name, keyword="type")


def queries(operation: Operation, walked: Sequence[Exchange], seed: int) -> Steps:
    """Ask for values seen, for every bound and enum value, and for what lies outside."""
    cases = query_cases(operation, items(operation, walked), seed)
    for case in cases:  # noqa: UP028 — an exchange is sent back here, which a tuple cannot take
        yield case


def credentials(operation: Operation, walked: Sequence[Exchange], seed: int) -> Steps:  # noqa: ARG001
    """Ask without credentials, with wrong ones, and with malformed ones."""
    for case in credential_cases(operation):  # noqa: UP028 — as in queries
        yield case


PLAN: Final = (
    Phase("reach", frozenset({"response", "query", "auth", "protocol"}), reach),
    Phase(SURVEY, frozenset({"response", "query", "protocol"}), survey),
    Phase("queries", frozenset({"response", "query", "protocol"}), queries),
    Phase("credentials", frozenset({"auth"}), credentials),
)
"""Every phase, in order; the first one always runs, for it tells whether there is a target."""


def query_cases(
    operation: Operation, seen: Sequence[Mapping[str, Any]], seed: int
) -> tuple[Case, ...]:
    """Return every case of the queries phase, in order, given the items that were seen."""
    return (
        *_seen_values(operation, seen, Random(seed)),  # noqa: S311
        *boundary_cases(operation),
        *invalid_cases(operation),
    )


def credential_cases(operation: Operation) -> tuple[Case, ...]:
    """Return every case of the credentials phase; none where the page shows no credential."""
    if operation.credential is None:
        return ()
    scheme, refused = operation.credential.scheme, Expectation.REJECTED
    return (
        Case("no credentials", expects=refused, credentials="none"),
        Case(f"a {scheme} key never issued", expects=refused, credentials="wrong"),
        Case(f"{scheme} without a key", expects=refused, credentials="malformed"),
    )


def preview(operation: Operation) -> tuple[tuple[str, str, tuple[Case, ...]], ...]:
    """Return each phase's name, what is open about it beforehand, and its known cases."""
    filters = sum(
        "enum" not in operation.parameter(name).item_schema for name in operation.roles.filters
    )
    return (
        ("reach", "", (EXAMPLE,)),
        (
            SURVEY,
            f"and one for each further page, at most {MAX_PAGES} in all",
            (_first_page(_largest_size(operation)),) if _is_list(operation) else (),
        ),
        (
            "queries",
            f"and up to {filters} with values that the survey shows",
            query_cases(operation, (), 0),
        ),
        ("credentials", "", credential_cases(operation)),
    )


def items(operation: Operation, exchanges: Sequence[Exchange]) -> tuple[Mapping[str, Any], ...]:
    """Return the items that answers held, in order, as far as they are what the page says."""
    return tuple(item for exchange in exchanges for item in _page(operation, exchange)[0])


def _is_list(operation: Operation) -> bool:
    roles = operation.roles
    return None not in (roles.items, roles.next_token, roles.token_parameter)


def _first_page(size: tuple[tuple[str, str], ...]) -> Case:
    if not size:
        return Case("the first page")
    name = size[0][0]
    return Case("the first page, as long as documented", size, parameter=name, keyword="maximum")


def _largest_size(operation: Operation) -> tuple[tuple[str, str], ...]:
    name = operation.roles.size_parameter
    largest = operation.parameter(name).schema.get("maximum") if name else None
    return () if name is None or largest is None else ((name, str(largest)),)


def _page(
    operation: Operation, exchange: Exchange
) -> tuple[tuple[Mapping[str, Any], ...], str | None]:
    """Return the items and the next token of an answer, as far as they are what the page says."""
    roles = operation.roles
    if exchange.status != operation.status or exchange.response is None or roles.items is None:
        return (), None
    value = decode(exchange.response.body).value
    found = resolve(value, roles.items)
    token = resolve(value, roles.next_token) if roles.next_token else None
    kept = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    return tuple(kept), token if isinstance(token, str) and token else None


def _seen_values(
    operation: Operation, seen: Sequence[Mapping[str, Any]], random: Random
) -> Iterator[Case]:
    """Yield a case for each filter with a value that an item has; such a value is documented."""
    for name, where in operation.roles.filters.items():
        parameter = operation.parameter(name)
        if "enum" in parameter.item_schema:
            continue
        values = [value for item in seen if isinstance(value := resolve(item, where), str)]
        if values:
            value = random.choice(values)
            yield Case(
                f"{name} of an item seen",
                query=((name, value),),
                parameter=name,
                keyword="type",
            )
