"""The plan as text: what a check would send, and how many requests that is."""

from __future__ import annotations

from collections.abc import Sequence

from docpact.model import Case, Operation
from docpact.targets.address import url
from docpact.text import counted, shortened

WIDTH = 80


def render(
    operation: Operation, base: str, phases: Sequence[tuple[str, str, Sequence[Case]]]
) -> str:
    """List every request of a plan by phase, with a remark where the number is open.

    Args:
        operation: the contract.
        base: of the target.
        phases: name, remark and known cases of each phase.
    """
    lines = [f"{operation.method} {base}{operation.path}"]
    for name, remark, cases in phases:
        about = f"; {remark}" if remark else ""
        lines.append(f"{name}: {counted(len(cases), 'request')}{about}")
        for case in cases:
            query = url("", operation, case).partition("?")[2]
            lines.append(
                shortened(f"  {case.expectation.answer.value:<11} {case.label}  ?{query}", WIDTH)
            )
    lines.append(f"{counted(sum(len(cases) for *_, cases in phases), 'request')} and what is open")
    return "\n".join(lines) + "\n"
