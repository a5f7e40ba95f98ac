"""The policy: levels, silenced rules and accepted findings, applied to a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from docpact.history import baseline
from docpact.model import AcceptedFinding, ApiRun, Finding, Level, Run
from docpact.model.history import EXTRAS
from docpact.settings import Settings


@dataclass(frozen=True, slots=True)
class Policy:
    """The user's decisions about findings.

    Attributes:
        levels: rule id → level of its findings, instead of the rule's own.
        silenced: rule id → why its findings do not fail a run.
        known: accepted findings.
        least_power: percentage of the drifts tried that a run must be able to notice, or None.
    """

    levels: Mapping[str, Level] = field(default_factory=dict)
    silenced: Mapping[str, str] = field(default_factory=dict)
    known: tuple[AcceptedFinding, ...] = ()
    least_power: float | None = None


def read_policy(settings: Settings) -> Policy:
    """Return the policy of settings and the baseline that they name.

    Raises:
        UsageError: the baseline cannot be read.
    """
    accepted = baseline.read(settings.baseline) if settings.baseline else ()
    return Policy(settings.levels, settings.silenced, accepted, settings.min_power)


def apply_policy(run: Run, policy: Policy) -> Run:
    """Return a run with the policy's levels, accepted findings and healed findings, as of today.

    A finding is accepted up to the last day of its entry in the baseline. After that day it fails
    the run again, and a remark says so.
    """
    today = datetime.now().astimezone().date()
    known = {each.fingerprint: each for each in policy.known if each.operation == run.operation}
    findings = [_apply(policy, known, finding, today) for finding in run.findings]
    return replace(
        run,
        findings=tuple(sorted(findings, key=lambda finding: finding.level.rank)),
        remarks=(*run.remarks, *_name_expired(run.findings, known, today)),
        healed=tuple(
            each for each in baseline.find_healed(known.values(), run) if each.rule not in EXTRAS
        ),
        reason=run.reason or _find_weakness(run, policy.least_power),
    )


def _find_weakness(run: Run, least: float | None) -> str:
    """Return why the power of a run is not enough; empty if it is, or was not measured."""
    power = run.power
    if least is None or power is None or power.percent >= least:
        return ""
    return (
        f"it would have noticed {power.noticed:,} of {power.total:,} drifts "
        f"({power.percent:.1f} %), and {least:g} % are required"
    )


def apply_to_all(run: ApiRun, policy: Policy) -> ApiRun:
    """Return the run of an API with the policy applied to each of its runs."""
    return replace(run, runs=tuple(apply_policy(each, policy) for each in run.runs))


def _apply(
    policy: Policy, known: Mapping[str, AcceptedFinding], finding: Finding, today: date
) -> Finding:
    entry = known.get(finding.fingerprint)
    accepted = policy.silenced.get(finding.rule, "")
    if entry is not None and not entry.has_expired(today):
        accepted = entry.reason
    return replace(finding, level=policy.levels.get(finding.rule, finding.level), accepted=accepted)


def _name_expired(
    findings: Iterable[Finding], known: Mapping[str, AcceptedFinding], today: date
) -> Iterator[str]:
    for finding in findings:
        entry = known.get(finding.fingerprint)
        if entry is not None and entry.has_expired(today):
            yield (
                f"{finding.rule} {finding.location} was accepted until {entry.until}, "
                f"which has passed: {entry.reason}"
            )
