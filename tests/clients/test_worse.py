"""A gate is compared with an earlier one, which its JSON document holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docpact.client_gate import Effects, Gate
from docpact.client_gate.call import Effect
from docpact.client_gate.comparison import Worse, accept_known, find_worse
from docpact.model import (
    ApiRun,
    Breach,
    Finding,
    Judgement,
    Level,
    Promise,
    Request,
    Run,
    Verdict,
    collect_results,
)
from docpact.reports.gate_report import decode_all, encode_all, render_worse
from docpact.reports.view import Report

NAME = "boats/list_boats"
WALK = Promise("client.walk", "/items", "every item once")


def make_gate(effect: Effect) -> Gate:
    """Return a gate with one promise, which only a tolerated response keeps."""
    breach = Breach("/items", "two boats", Request("GET", "/boats"), first="three pages")
    finding = Finding(
        WALK, Level.BREAKING, "/items", "two boats", 1, 1, "three pages", 1, 0, "", "f" * 12
    )
    is_kept = effect is Effect.TOLERATED
    judgement = Judgement(WALK, Level.BREAKING, 1, () if is_kept else (breach,))
    results = collect_results([judgement])
    run = Run(NAME, "boats client", 0, results, () if is_kept else (finding,), (), 0.0)
    return Gate(run, (Effects(str(WALK), "three pages", "", effect, "two boats"),))


@pytest.mark.parametrize(
    ("before", "now", "worse"),
    [
        (Effect.TOLERATED, Effect.TOLERATED, None),
        (Effect.TOLERATED, Effect.TYPED_ERROR, ("kept", "two boats")),
        (Effect.TYPED_ERROR, Effect.HANG, ("typed error", "hang: two boats")),
        (Effect.HANG, Effect.HANG, None),
        (Effect.HANG, Effect.TYPED_ERROR, None),
        (Effect.HANG, Effect.TOLERATED, None),
    ],
)
def test_a_promise_is_worse_if_its_effect_is(
    before: Effect, now: Effect, worse: tuple[str, str] | None
) -> None:
    earlier, later = make_gate(before), make_gate(now)
    report = Report(ApiRun.of(earlier.run), "1")
    (read,) = decode_all(encode_all([earlier], report))
    assert read.effects == earlier.effects
    found = find_worse({NAME: read}, [later], {})
    assert found == (() if worse is None else (Worse(str(WALK), *worse),))
    (accepted,) = accept_known([later], found, "before.json")
    assert [each.accepted for each in accepted.run.findings if worse] in ([], [""])
    assert (accepted.run.verdict() is Verdict.DRIFT) == (worse is not None)
    text = render_worse("before.json", found)
    assert ("no promise got worse" in text) == (worse is None)
    assert all(each in text for each in worse or ())


def test_operations_that_are_new_or_lost_are_named() -> None:
    gates = [make_gate(Effect.TOLERATED), make_gate(Effect.HANG)]
    other = replace(gates[1], run=replace(gates[1].run, operation="boats/list_crews"))
    found = find_worse({NAME: gates[0]}, [other], {NAME: "no request", "boats/other": "no request"})
    assert found == (Worse(NAME, "gated", "no request"),)
    text = render_worse("before.json", found, [other.run.operation])
    assert "not compared: boats/list_crews was not gated before" in text
