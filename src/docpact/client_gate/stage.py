"""The stage: plays scenarios to callers, several at once, and records the calls."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from queue import SimpleQueue
from threading import Thread
from typing import Final, TypeAlias

from docpact.client_gate.asking import plain_scenario
from docpact.client_gate.call import Call, Caller, Hung, Outcome, Raised, Scenario, Task
from docpact.client_gate.loopback import MOST_REQUESTS, Blocked, Player, serve
from docpact.errors import UsageError
from docpact.model import Credential, Operation
from docpact.text import pluralize, shorten

PATIENCE: Final = 60.0
"""Seconds after which a call counts as hung."""

GRACE: Final = 2.0
"""Further seconds in which a caller can end its own processes."""

KEY: Final = "docpact-gate-key"
"""The secret that clients are given; with HTTP basic, the password."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of finished calls and the number of all calls."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Plays scenarios of one operation.

    Attributes:
        operation: the contract.
        patience: maximum seconds of a call.
        blocked: records requests to other hosts.
    """

    operation: Operation
    patience: float
    blocked: Blocked

    def check_arrival(self, caller: Caller) -> None:
        """Make one plain call.

        Raises:
            UsageError: it did not reach the server of the gate.
        """
        call = self.call(caller, plain_scenario(self.operation))
        if call.received:
            return
        build = f" ({caller.name})" if caller.name else ""
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
        """Play scenarios, as many at once as there are cores, and return the calls in order."""
        finished = count(1)

        def play(each: tuple[Caller, Scenario]) -> Call:
            call = self.call(*each)
            progress(next(finished), len(work))
            return call

        cores = os.cpu_count() or 1
        waiting = min((caller.most_at_once for caller, _ in work), default=1)
        with ThreadPoolExecutor(cores) as quick, ThreadPoolExecutor(waiting) as slow:
            futures = [(slow if each[1].waits else quick).submit(play, each) for each in work]
            return [future.result() for future in futures]

    def call(self, caller: Caller, scenario: Scenario) -> Call:
        """Play one scenario; the thread of a call that hangs is abandoned."""
        player = Player(self.operation, scenario)
        results: SimpleQueue[Outcome] = SimpleQueue()
        key = gate_key(self.operation.credential)
        queries = tuple(deepcopy(dict(query)) for query in (*scenario.before, scenario.query))
        seen = len(self.blocked.hosts)
        with serve(player) as base_url:

            def call() -> None:
                environment = self.blocked.environment
                task = Task(base_url, key, queries, player.turn, environment)
                results.put(caller.call(task))

            thread = Thread(target=call, daemon=True)
            thread.start()
            thread.join(self.patience + GRACE)
            outcome: Outcome = Hung(f"no end within {pluralize(int(self.patience), 'second')}")
            if not results.empty():
                outcome = results.get()
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


def gate_key(credential: Credential | None) -> str:
    """Return the secret that clients are given: `USER:PASSWORD` for HTTP basic."""
    is_login = credential is not None and credential.kind == "basic"
    return f"docpact:{KEY}" if is_login else KEY
