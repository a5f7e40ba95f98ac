"""The gate as a table for a terminal, and as JSON that a later gate is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Any, Final

from docpact.client_gate import Effects, Gate
from docpact.client_gate.comparison import Worse
from docpact.history.codec import build, build_run, describe_api_run, read_json, write_json
from docpact.model import Outcome, PromiseResult
from docpact.reports.view import WHOLE_BODY, Report, View
from docpact.text import WIDTH, printable, shorten

INDENT: Final = " " * 13


def render(gate: Gate, view: View) -> str:
    """Return a line for each promise, by rule, and the verdict last."""
    lines = []
    for rule, results in groupby(gate.run.results, key=lambda each: each.promise.rule):
        lines.append(rule)
        for result in results:
            lines += _rows(gate, result)
    about = [*view.run.remarks, *filter(None, [view.run.reason])]
    lines += ["", *map(printable, about), view.headline]
    return "\n".join(lines) + "\n"


def render_all(gates: Sequence[Gate], report: Report) -> str:
    """Return the tables of operations, those that were not gated, and the whole verdict."""
    tables = [render(gate, view) for gate, view in zip(gates, report.views, strict=True)]
    if not report.run.is_whole:
        return tables[0]
    titled = [
        f"{printable(view.run.operation)}\n\n{table}"
        for view, table in zip(report.views, tables, strict=True)
    ]
    left_out = [
        f"not gated: {printable(name)}: {printable(why)}"
        for name, why in report.run.not_tested.items()
    ]
    return "\n".join([*titled, *left_out, report.headline]) + "\n"


def render_worse(earlier: str, promises: Sequence[Worse], new: Sequence[str] = ()) -> str:
    """Return the promises that got worse since an earlier gate."""
    lines = [f"not compared: {printable(each)} was not gated before" for each in new]
    than = f"than with {printable(earlier)}"
    lines.append(f"WORSE {than}:" if promises else f"no promise got worse {than}")
    for each in promises:
        lines += [
            f"  {printable(each.promise)}",
            f"    before     {printable(each.before)}",
            f"    now        {shorten(each.now, WIDTH - 15)}",
        ]
    return "\n".join(lines) + "\n"


def encode_all(gates: Sequence[Gate], report: Report) -> str:
    """Return the gates of a run as JSON: the document of the run, and `answers` of each operation.

    Each of the `answers` has `promise`, `answer` (the response that was played), `build`, `effect`
    (one of five words) and `gets` (the caller's result).
    """
    document = describe_api_run(report.run, version=report.version, strict=report.strict)
    for operation, gate in zip(document["operations"], gates, strict=True):
        operation["answers"] = _describe_answers(gate)
    return write_json(document if report.run.is_whole else document["operations"][0])


def _describe_answers(gate: Gate) -> list[dict[str, str]]:
    return [
        {
            "promise": each.promise,
            "answer": each.answer,
            "build": each.build,
            "effect": each.effect.value,
            "gets": each.text,
        }
        for each in gate.effects
    ]


def decode_all(text: str | bytes) -> tuple[Gate, ...]:
    """Return the gates that a JSON document holds, one for each operation.

    Raises:
        ValueError: the text is not such a document.
    """
    document = read_json(text)
    several = build(document.get("operations", [document]), list[dict[str, Any]])
    if not several:
        raise ValueError("it has no operation")
    return tuple(map(_build_gate, several))


def _build_gate(document: Mapping[str, Any]) -> Gate:
    run, answers = build_run(document), build(document.get("answers"), list[dict[str, str]])
    effects = [{**each, "text": each.get("gets")} for each in answers]
    return Gate(run, build(effects, tuple[Effects, ...]))


def _rows(gate: Gate, result: PromiseResult) -> Iterator[str]:
    promise = result.promise
    name = promise.place or WHOLE_BODY
    if result.outcome is Outcome.BROKEN:
        yield f"  {'BROKEN':<10} {printable(name)}"
        observed = printable(gate.run.findings_of(promise)[0].observed)
        yield from wrap(observed, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
        return
    row = f"  {result.outcome.value:<10} {printable(name):<32}"
    effects = _describe_effects(gate, str(promise)) if result.outcome is Outcome.KEPT else ""
    yield shorten(f"{row} {effects}".rstrip(), WIDTH)


def _describe_effects(gate: Gate, promise: str) -> str:
    """Return the callers' results of the responses for a promise, once for each effect."""
    texts: dict[str, str] = {}
    for each in gate.effects:
        if each.promise == promise:
            texts.setdefault(each.effect.value, each.text)
    return "; ".join(f"{effect}, {text}" for effect, text in texts.items())
