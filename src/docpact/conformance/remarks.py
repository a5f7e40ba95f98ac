"""Remarks: what a reader of the findings should know of the target, and no promise speaks of."""

from __future__ import annotations

from collections.abc import Iterator

from docpact.conformance.followup_cases import Observations, encoded_values, encodings
from docpact.model import Operation, Question
from docpact.rules import WITHOUT, Evidence, promises
from docpact.rules.evidence import PASSING, SURVEY
from docpact.rules.summary import CUT
from docpact.rules.walks import Ending
from docpact.text import counted


def remarks(evidence: Evidence) -> Iterator[str]:
    """Yield one line each: what is not promised, how far the survey went and what it showed."""
    yield from _unpromised(evidence.operation)
    yield from _survey(evidence)
    yield from _arrays(evidence)
    busy = sum(exchange.status in PASSING for exchange in evidence.retried)
    if busy:
        yield f"{counted(busy, 'answer')} of 429, 502, 503 or 504 waited out"
    if evidence.summary.is_cut:
        yield CUT


def _unpromised(operation: Operation) -> Iterator[str]:
    """Say of which families nothing is promised, and what the documentation leaves out."""
    promised = {promise.family for promise in promises(operation)}
    for family, reason in WITHOUT.items():
        if family not in promised:
            yield f"{family}.*: nothing promised: {reason}"
    for gap in operation.gaps:
        line = "" if gap.line is None else f" (line {gap.line})"
        yield f"not told of the {gap.document} {gap.pointer or 'as a whole'}{line}: {gap.said}"


def _survey(evidence: Evidence) -> Iterator[str]:
    survey = next((w for w in evidence.walks if w.pages[0].exchange.phase == SURVEY), None)
    if survey is not None and survey.ending is Ending.CUT:
        seen = counted(len(set(survey.ids)), "item")
        yield f"sampled: the collection is longer than the {seen} that the survey walked"
    if evidence.relations.collection.moved:
        yield "the collection moved while it was looked at; what moved was not judged"


def _arrays(evidence: Evidence) -> Iterator[str]:
    """Say which encodings of an array the server honours, by what came back."""
    operation, known = evidence.operation, Observations(evidence.operation, evidence.walks)
    for name in operation.roles.filters:
        if not operation.parameter(name).is_array:
            continue
        honoured = {"repeated": _repeated(evidence, name)}
        values = encoded_values(known, name)
        for note, query in encodings(name, values):
            for walk in evidence.walks:
                if values and walk.case.question == Question(query):
                    honoured[note] = set(walk.ids) == {*values}
        if len(honoured) > 1:
            said = ", ".join(
                f"{note} {'yes' if works else 'no'}"
                for note, works in honoured.items()
                if works is not None
            )
            yield f"several values of {name}: {said}"


def _repeated(evidence: Evidence, name: str) -> bool | None:
    judged = evidence.relations.judged.get(("filter.several", f"query/{name}"), 0)
    broken = any(problem.rule == "filter.several" for problem in evidence.relations.problems)
    return None if not judged else not broken
