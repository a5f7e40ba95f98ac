"""From a configuration and a baseline to the policy that a run is seen by, and to that run."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from docpact.history import baseline
from docpact.history.policy import Policy, applied
from docpact.model import Run
from docpact.settings import Config


def policy(config: Config, accepted: Path | None) -> Policy:
    """Return what a configuration and a baseline have decided.

    Args:
        config: levels by rule and silenced rules.
        accepted: the baseline's file; None for none.

    Raises:
        UsageError: the baseline cannot be read.
    """
    return Policy(config.levels, config.silenced, baseline.read(accepted) if accepted else ())


def decided(run: Run, policy: Policy) -> Run:
    """Return a run as a policy sees it today, in the time zone of this machine."""
    return applied(run, policy, datetime.now().astimezone().date())
