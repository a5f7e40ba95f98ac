"""The plan as text: the requests that a check would send."""

from __future__ import annotations

from collections.abc import Sequence

from docpact.model import Case, Operation
from docpact.targets.address import url
from docpact.text import pluralize, shorten

WIDTH = 80


def render(
    operation: Operation, base: str, phases: Sequence[tuple[str, str, Sequence[Case]]]
) -> str:
    """Return every known request of a plan by phase, with a remark if a phase sends more.

    Args:
        operation: the contract.
        base: of the target.
        phases: name, remark and known cases of each phase.
    """
    lines = [f"{operation.method} {base}{operation.path}"]
    for name, remark, cases in phases:
        about = f"; {remark}" if remark else ""
        lines.append(f"{name}: {pluralize(len(cases), 'request')}{about}")
        for case in cases:
            query = url("", operation, case).partition("?")[2]
            lines.append(
                shorten(f"  {case.expectation.answer.value:<11} {case.label}  ?{query}", WIDTH)
            )
    lines.append(f"at least {pluralize(sum(len(cases) for *_, cases in phases), 'request')}")
    return "\n".join(lines) + "\n"
