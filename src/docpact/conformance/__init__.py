"""The check: a plan of cases, sent to a target and judged against the contract."""

from __future__ import annotations

from docpact.conformance.session import Progress, Session, Target
from docpact.conformance.start import check, open_target, prepare_operation, run_check

__all__ = [
    "Progress",
    "Session",
    "Target",
    "check",
    "open_target",
    "prepare_operation",
    "run_check",
]
