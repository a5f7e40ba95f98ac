"""Two gates held against each other: which promises got worse from one release to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from docpact.client_gate.call import Effect
from docpact.client_gate.gate import Gate
from docpact.errors import UsageError
from docpact.model import Outcome, outcome


@dataclass(frozen=True, slots=True)
class Worse:
    """A promise that a client keeps less well than before.

    Attributes:
        promise: as a test id names it.
        before: what the earlier gate said.
        now: what this one says.
    """

    promise: str
    before: str
    now: str


def worse(earlier: Mapping[str, Any], gate: Gate) -> tuple[Worse, ...]:
    """Return the promises that got worse, in the order of the gate.

    A promise that was kept and is broken; or one that is broken still, where an answer that the
    client knew before now has an effect of a worse kind. What one of the two gates did not judge
    cannot have got worse.

    Args:
        earlier: what `docpact gate --json` wrote.
        gate: of the client as it is now.

    Raises:
        UsageError: the document is no gate's.
    """
    try:
        kept = {
            " ".join(filter(None, (each["rule"], each["location"], each["keyword"]))): each[
                "outcome"
            ]
            for each in earlier["promises"]
        }
        known = {
            (each["promise"], each["answer"], each["build"]): Effect(each["effect"])
            for each in earlier["answers"]
        }
    except (KeyError, TypeError, ValueError) as error:
        problem = f"--against: no JSON that `docpact gate --json` wrote ({error!r} in it)"
        raise UsageError(problem) from None
    found = []
    for judgement in gate.run.judgements:
        name = str(judgement.promise)
        if outcome(judgement) is not Outcome.BROKEN:
            continue
        observed = judgement.breaches[0].observed
        if kept.get(name) == Outcome.KEPT.value:
            found.append(Worse(name, Outcome.KEPT.value, observed))
            continue
        for each in gate.effects:
            before = known.get((each.promise, each.answer, each.build), Effect.HANG)
            if each.promise == name and each.effect.rank > before.rank:
                found.append(Worse(name, before.value, f"{each.effect.value}: {each.text}"))
                break
    return tuple(found)
