"""Compares two gates: which promises a client keeps less well than in an earlier release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from docpact.client_gate.call import Effect
from docpact.client_gate.gate import Gate
from docpact.model import Outcome


@dataclass(frozen=True, slots=True)
class Worse:
    """A promise that a client keeps less well than before.

    Attributes:
        promise: as a test id names it.
        before: the report of the earlier gate.
        now: the report of this gate.
    """

    promise: str
    before: str
    now: str


def find_worse(
    earlier: Mapping[str, Gate], gates: Sequence[Gate], unreached: Mapping[str, str]
) -> tuple[Worse, ...]:
    """Return what got worse in any operation that was gated before; see `worse`.

    Args:
        earlier: operation → its earlier gate.
        gates: of the client as it is now.
        unreached: operation → why the client no longer reaches the gate.
    """
    found = [
        replace(each, promise=f"{gate.run.operation} {each.promise}".strip())
        if len(gates) > 1
        else each
        for gate in gates
        if gate.run.operation in earlier
        for each in worse(earlier[gate.run.operation], gate)
    ]
    lost = [Worse(name, "gated", why) for name, why in unreached.items() if name in earlier]
    return (*found, *lost)


def worse(earlier: Gate, gate: Gate) -> tuple[Worse, ...]:
    """Return the promises that got worse, in the order of the gate.

    A promise got worse if it was kept and is broken, or if it is still broken and a response that
    both gates played now has a worse effect. A promise that one of the gates did not test cannot
    have got worse.

    Args:
        earlier: of an earlier release of the client.
        gate: of the client as it is now.
    """
    outcomes = {str(result.promise): result.outcome for result in earlier.run.results}
    before = {(each.promise, each.answer, each.build): each.effect for each in earlier.effects}
    found = []
    for result in gate.run.results:
        name = str(result.promise)
        if result.outcome is not Outcome.BROKEN:
            continue
        if outcomes.get(name) is Outcome.KEPT:
            observed = gate.run.findings_of(result.promise)[0].observed
            found.append(Worse(name, Outcome.KEPT.value, observed))
            continue
        for each in gate.effects:
            effect = before.get((each.promise, each.answer, each.build), Effect.HANG)
            if each.promise == name and each.effect.rank > effect.rank:
                found.append(Worse(name, effect.value, f"{each.effect.value}: {each.text}"))
                break
    return tuple(found)
