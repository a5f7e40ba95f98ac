"""The gate as a table for a terminal, and as JSON: promise, verdict, what the caller gets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Any, Final

from docpact.client_gate import Effects, Gate
from docpact.client_gate.comparison import Worse
from docpact.model import Judgement, Outcome, outcome
from docpact.reports import document
from docpact.reports.summary import headline
from docpact.text import printable, shortened

WIDTH: Final = 100
INDENT: Final = " " * 13


def render(gate: Gate, *, strict: bool = False) -> str:
    """Write a line for each promise, by rule, and the verdict last."""
    lines = []
    for rule, group in groupby(gate.run.judgements, key=lambda each: each.promise.rule):
        lines.append(rule)
        for judgement in group:
            lines += _row(judgement, gate.effects)
    lines += ["", headline(gate.run, strict=strict)]
    return "\n".join(lines) + "\n"


def compared(earlier: str, found: Sequence[Worse]) -> str:
    """Write what got worse since an earlier gate.

    Args:
        earlier: the client that it was of.
        found: the promises that got worse.
    """
    if not found:
        return f"no promise is kept less well than by {printable(earlier)}\n"
    lines = [f"WORSE than {printable(earlier)}:"]
    for each in found:
        lines += [
            f"  {printable(each.promise)}",
            f"    before     {printable(each.before)}",
            f"    now        {shortened(each.now, WIDTH)}",
        ]
    return "\n".join(lines) + "\n"


def described(gate: Gate, *, version: str, strict: bool = False) -> str:
    """Write a gate as JSON: the run as `docpact check --json` writes it, and `answers`.

    Each of these has `promise`, `answer` (what the server did), `build`, `effect` (one word of
    five) and `gets` (what the caller got).
    """
    whole: dict[str, Any] = document.described(gate.run, version=version, strict=strict)
    whole["answers"] = [
        {
            "promise": each.promise,
            "answer": each.answer,
            "build": each.build,
            "effect": each.effect.value,
            "gets": each.text,
        }
        for each in gate.effects
    ]
    return document.written(whole)


def _row(judgement: Judgement, effects: Sequence[Effects]) -> Iterator[str]:
    promise = judgement.promise
    name = " ".join(part for part in (promise.location, promise.keyword) if part) or "(body)"
    verdict = outcome(judgement)
    mark = "BROKEN" if verdict is Outcome.BROKEN else verdict.value
    row = f"  {mark:<10} {printable(name):<44}"
    if verdict is Outcome.BROKEN:
        yield row.rstrip()
        text = printable(judgement.breaches[0].observed)
        yield from wrap(text, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
    else:
        got = _got(str(promise), effects) if verdict is Outcome.KEPT else ""
        yield shortened(f"{row} {got}".rstrip(), WIDTH)


def _got(promise: str, effects: Sequence[Effects]) -> str:
    """Write what the callers got of a promise's answers, each different thing once."""
    mine = [each for each in effects if each.promise == promise]
    return "; ".join(dict.fromkeys(f"{each.effect.value}, {each.text}" for each in mine))
