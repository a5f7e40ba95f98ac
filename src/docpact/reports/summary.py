"""What every report says of a run in one line."""

from __future__ import annotations

from collections import Counter

from docpact.model import Outcome, Run, outcome
from docpact.text import counted


def tally(run: Run) -> dict[Outcome, int]:
    """Return how many promises were kept, broken and not tested."""
    counts = Counter(outcome(judgement) for judgement in run.judgements)
    return {each: counts[each] for each in Outcome}


def headline(run: Run, *, strict: bool = False) -> str:
    """Say the verdict with its figures: promises, requests, seconds."""
    counts = tally(run)
    promises = ", ".join(f"{count} {each.value}" for each, count in counts.items())
    return (
        f"{run.verdict(strict=strict).value}: promises {promises}; "
        f"{counted(run.request_count, 'request')} in {run.seconds:.1f} s"
    )
