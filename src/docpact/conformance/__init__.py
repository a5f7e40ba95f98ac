"""The check: a plan of cases, sent to a target and judged against the contract."""

from __future__ import annotations

from docpact.conformance.opening import open_target
from docpact.conformance.session import Progress, Session, Target
from docpact.conformance.start import Watch, check, prepare_api, run_api

__all__ = [
    "Progress",
    "Session",
    "Target",
    "Watch",
    "check",
    "open_target",
    "prepare_api",
    "run_api",
]
