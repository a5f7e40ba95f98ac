"""The comparison of gates with earlier ones, as of another release of a client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from docpact.client_gate.call import Effect
from docpact.client_gate.gate import Gate
from docpact.model import Outcome


@dataclass(frozen=True, slots=True)
class Worse:
    """A promise that a client keeps less well than before, with both reports."""

    promise: str
    before: str
    now: str


def find_worse(
    earlier: Mapping[str, Gate], gates: Sequence[Gate], unreached: Mapping[str, str]
) -> tuple[Worse, ...]:
    """Return the promises that got worse in any operation that was gated before.

    A promise got worse if it was kept and is broken, or if it is still broken and a response that
    both gates played now has a worse effect; or if the client no longer reaches the gate.
    """
    found = []
    for gate in gates:
        known = earlier.get(gate.run.operation)
        above = f"{gate.run.operation} " if len(gates) > 1 else ""
        for name, before, now in _list_worse(known, gate) if known is not None else ():
            found.append(Worse(f"{above}{name}", before, now))
    lost = [Worse(name, "gated", why) for name, why in unreached.items() if name in earlier]
    return (*found, *lost)


def accept_known(gates: Sequence[Gate], worse: Iterable[Worse], earlier: str) -> list[Gate]:
    """Return gates in which every finding about a promise that did not get worse is accepted.

    Args:
        gates: to compare with earlier ones.
        worse: as `find_worse` returns them.
        earlier: name of the client of the earlier gates.
    """
    names, reason = {each.promise for each in worse}, f"no worse than with {earlier}"

    def accept(gate: Gate) -> Gate:
        above = f"{gate.run.operation} " if len(gates) > 1 else ""
        found = (
            each if f"{above}{each.promise}" in names else replace(each, accepted=reason)
            for each in gate.run.findings
        )
        return replace(gate, run=replace(gate.run, findings=tuple(found)))

    return list(map(accept, gates))


def _list_worse(earlier: Gate, gate: Gate) -> Iterator[tuple[str, str, str]]:
    outcomes = {str(result.promise): result.outcome for result in earlier.run.results}
    before = {(each.promise, each.answer, each.build): each.effect for each in earlier.effects}
    for result in gate.run.results:
        name = str(result.promise)
        if result.outcome is not Outcome.BROKEN:
            continue
        if outcomes.get(name) is Outcome.KEPT:
            observed = gate.run.findings_of(result.promise)[0].observed
            yield name, Outcome.KEPT.value, observed
            continue
        for each in gate.effects:
            effect = before.get((each.promise, each.answer, each.build), Effect.HANG)
            if each.promise == name and each.effect.rank > effect.rank:
                yield name, effect.value, f"{each.effect.value}: {each.text}"
                break
