"""The check: a plan of cases, sent to a target and judged against the contract."""

from __future__ import annotations

from docpact.conformance.opening import open_target, prepare_api
from docpact.conformance.session import Progress, Session
from docpact.conformance.start import Watch, check, run_api

__all__ = ["Progress", "Session", "Watch", "check", "open_target", "prepare_api", "run_api"]
