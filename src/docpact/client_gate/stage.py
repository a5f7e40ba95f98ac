"""The stage: plays scenarios to callers, with the values that every call needs."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count
from math import inf
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, TypeAlias
from unittest.mock import patch

from docpact.bodies.engine import is_valid
from docpact.cases.plain import plain
from docpact.cases.samples import full, minimal
from docpact.cases.sampling import sample_given
from docpact.client_gate.call import (
    BODY,
    NO_ITEMS,
    Answers,
    Call,
    Caller,
    Hung,
    Outcome,
    Query,
    Raised,
    Scenario,
    Task,
)
from docpact.client_gate.listing import (
    body_answer,
    has_values,
    items_of,
    last_page,
    list_location,
    sample_usual,
    walk,
)
from docpact.client_gate.loopback import MOST_REQUESTS, Blocked, Player, serve
from docpact.errors import ContractError, UsageError
from docpact.media_types import is_binary
from docpact.model import Credential, Operation, Parameter
from docpact.text import pluralize, shorten

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""The methods that the gate's server answers."""


def find_obstacle(operation: Operation) -> str:
    """Return why the gate cannot test clients of an operation, or an empty text."""
    if operation.method not in METHODS:
        return f"its method is {operation.method}"
    if operation.content_type and not (has_values(operation) or is_binary(operation.content_type)):
        return f"its responses are {operation.content_type}, not JSON"
    try:
        sample_usual(operation, 1)
        given_values(operation)
    except ContractError as error:
        return str(error)
    return ""


@lru_cache(maxsize=64)
def given_values(operation: Operation) -> Mapping[str, Any]:
    """Return the values of every call: of the path, and of whatever is required."""
    values: dict[str, Any] = {}
    texts = {**sample_given(operation), **operation.given}
    for parameter in operation.parameters:
        if parameter.name in texts and (parameter.required or parameter.location == "path"):
            value = read_text(parameter, texts[parameter.name])
            values[parameter.name] = [value] if parameter.is_array else value
    if operation.body_schema is not None:
        values[BODY] = minimal(operation.body_schema)
    return values


def read_text(parameter: Parameter, text: str) -> Any:
    """Return the decoded value of a parameter that a request sends as a text."""
    schema = parameter.item_schema
    candidates: list[Any] = [text]
    with suppress(ValueError):
        candidates.append(json.loads(text))
    return next((value for value in candidates if is_valid(schema, value)), text)


def complete(operation: Operation, scenario: Scenario) -> Scenario:
    """Return a scenario whose queries have the values of every call."""
    given = given_values(operation)

    def fill(query: Query) -> Mapping[str, Any]:
        return {**given, **query}

    return replace(scenario, query=fill(scenario.query), before=tuple(map(fill, scenario.before)))


LONGEST: Final = 10
"""A call that makes progress may take this many times the patience."""

GRACE: Final = 2.0
"""Further seconds in which a caller can end its own processes."""

KEY: Final = "docpact-gate-key_q7Zt2mVx9LrB4nKc-Wd8.hJ5sYf3GpT6u"
"""The secret that clients are given; with HTTP basic, the password. It is as long as real ones."""

CONFIRMING: Final = 10.0
"""The patience with a call that is made alone to confirm that it hangs."""

ZONE: Final = "America/St_Johns"
"""The local time of clients: one that confuses it with UTC shows that."""


@contextmanager
def set_zone() -> Iterator[None]:
    """Set the local time of this process and of those that it starts, for a `with` block."""
    set_again = getattr(time, "tzset", lambda: None)
    try:
        with patch.dict(os.environ, TZ=ZONE):
            set_again()
            yield
    finally:
        set_again()


Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of finished calls and the number of all calls."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Plays scenarios of one operation.

    Attributes:
        operation: the contract.
        patience: seconds in which a call ends or requests a further page; see `LONGEST`.
        blocked: records requests to other hosts.
        end: seconds on the monotonic clock after which nothing is played.
    """

    operation: Operation
    patience: float
    blocked: Blocked
    end: float = inf

    def call_plainly(self, caller: Caller) -> list[Call]:
        """Make plain calls: for usual items, and for a body with everything that is documented.

        Raises:
            UsageError: a call did not reach the server of the gate.
        """
        calls = [self.call(caller, each) for each in _list_plain(self.operation)]
        self._check_arrival(caller, calls[0])
        return calls

    def _check_arrival(self, caller: Caller, call: Call) -> None:
        build = f" ({caller.name})" if caller.name else ""
        if call.received:
            if isinstance(call.outcome, Raised) and call.outcome.name == NO_ITEMS:
                problem = f"a plain call of the client{build} gives no items"
                raise UsageError(f"{problem}: {shorten(call.outcome.message, 200)}")
            return
        problem = f"a plain call of the client{build} sends no request to the gate's server"
        if call.blocked:
            problem += f", but one to {call.blocked[0]}: does it use the base URL it is given?"
        match call.outcome:
            case Raised(name, message):
                problem += f"; it fails with {shorten(f'{name}: {message}', 200)}"
            case Hung(why):
                problem += f"; {why}"
            case _:
                problem += "; it returns without an error"
        raise UsageError(problem)

    def play(
        self, work: Sequence[tuple[Caller, Scenario]], progress: Progress = lambda *_: None
    ) -> list[Call]:
        """Play scenarios, as many at once as there are cores, and return the calls in order.

        Those in which the server never responds begin first, because they may take longest. There
        are fewer calls than scenarios if the time is over.
        """
        finished = count(1)

        def play(each: tuple[Caller, Scenario]) -> Call | None:
            if time.monotonic() > self.end:
                return None
            call = self.call(*each)
            progress(next(finished), len(work))
            return call

        cores = os.cpu_count() or 1
        waiting = min((caller.most_at_once for caller, _ in work), default=1)
        with ThreadPoolExecutor(cores) as quick, ThreadPoolExecutor(waiting) as slow:
            submitted = {
                number: (slow if each[1].waits else quick).submit(play, each)
                for number, each in sorted(enumerate(work), key=lambda one: not one[1][1].is_silent)
            }
            futures = [submitted[number] for number in range(len(work))]
            return [call for future in futures if (call := future.result()) is not None]

    def confirm(self, caller: Caller, call: Call) -> Call:
        """Make a call again; if it hangs again, which takes less time, return the first one."""
        if not isinstance(call.outcome, Hung):
            return self.call(caller, call.scenario)
        shorter = replace(self, patience=min(self.patience, CONFIRMING))
        found = shorter.call(caller, call.scenario)
        return call if isinstance(found.outcome, Hung) else found

    def call(self, caller: Caller, scenario: Scenario) -> Call:
        """Play one scenario; the thread of a call that hangs is abandoned."""
        player = Player(self.operation, scenario)
        results: SimpleQueue[Outcome] = SimpleQueue()
        key = gate_key(self.operation.credential)
        queries = tuple(deepcopy(dict(query)) for query in (*scenario.before, scenario.query))
        seen = len(self.blocked.hosts)
        end = time.monotonic() + LONGEST * self.patience

        def left() -> float:
            return min(player.moved + self.patience, end) - time.monotonic()

        with serve(player) as base_url:

            def call() -> None:
                environment = self.blocked.environment
                task = Task(base_url, key, queries, player.turn, left, environment)
                results.put(caller.call(task))

            thread = Thread(target=call, daemon=True)
            thread.start()
            while thread.is_alive() and (seconds := left() + GRACE) > 0:
                thread.join(seconds)
            outcome = Hung("") if results.empty() else results.get()
            if isinstance(outcome, Hung):
                outcome = Hung(f"no end within {pluralize(int(self.patience), 'second')}")
            received = tuple(player.received)
        if player.endless:
            outcome = Hung(f"still sending requests after {MOST_REQUESTS} of them")
        return Call(
            scenario,
            caller.name,
            outcome,
            received,
            key,
            earlier=tuple(player.earlier),
            away=tuple(player.away),
            blocked=tuple(self.blocked.hosts[seen:]),
            changed=queries != (*scenario.before, scenario.query),
        )


def _list_plain(operation: Operation) -> Iterator[Scenario]:
    """Yield scenarios with documented responses and nothing odd."""
    usual, body = sample_usual(operation, 1), full(plain(operation.response_schema))
    whole = last_page(operation, body, "")
    alone: Answers = {None: (body_answer(operation, whole),)}
    plainly = [("a plain call", walk(operation, [usual]), usual)]
    if has_values(operation):
        plainly.append(("a full body", alone, items_of(operation, whole)))
    for label, answers, items in plainly:
        where = list_location(operation)
        scenario = Scenario("client.fidelity", where, label, answers, items=items)
        yield complete(operation, scenario)


def gate_key(credential: Credential | None) -> str:
    """Return the secret that clients are given: `USER:PASSWORD` for HTTP basic."""
    is_login = credential is not None and credential.kind == "basic"
    return f"docpact:{KEY}" if is_login else KEY
