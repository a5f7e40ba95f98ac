"""The policy: from a run to the same run with levels changed, and known findings accepted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from docpact.model import AcceptedFinding, Finding, Judgement, Level, Run


@dataclass(frozen=True, slots=True)
class Policy:
    """What a reader of a run has decided beforehand.

    Attributes:
        levels: rule id → the level of its findings, in the place of the rule's own.
        silenced: rule id → why none of its findings fails a run.
        known: accepted findings.
    """

    levels: Mapping[str, Level] = field(default_factory=dict)
    silenced: Mapping[str, str] = field(default_factory=dict)
    known: tuple[AcceptedFinding, ...] = ()


def applied(run: Run, policy: Policy, today: date) -> Run:
    """Return a run as a policy sees it.

    A finding is accepted while its day has not passed; one whose day has passed fails again, and a
    remark says so. What was accepted, looked for and not seen is healed.

    Args:
        run: as it was judged.
        policy: to see it by.
        today: in the time zone that the policy's days are meant in.
    """
    known = {each.fingerprint: each for each in policy.known if each.operation == run.operation}
    findings = [_seen(finding, policy, known, today) for finding in run.findings]
    return replace(
        run,
        judgements=tuple(_leveled(judgement, policy.levels) for judgement in run.judgements),
        findings=tuple(sorted(findings, key=lambda finding: finding.level.rank)),
        remarks=(*run.remarks, *_expired(run.findings, known, today)),
        healed=tuple(
            healed(
                known.values(),
                {finding.fingerprint for finding in run.findings},
                [(j.promise.rule, j.promise.location) for j in run.judgements if j.judged],
            )
        )
        if not run.reason
        else (),
    )


def healed(
    known: Iterable[AcceptedFinding], seen: Iterable[str], judged: Iterable[tuple[str, str]]
) -> Iterator[AcceptedFinding]:
    """Yield the accepted findings that were looked for and not seen.

    Args:
        known: accepted findings of one operation.
        seen: fingerprints of the findings of a conclusive run.
        judged: rule and location of each promise that the run judged.
    """
    seen, judged = set(seen), set(judged)
    for each in known:
        if each.fingerprint not in seen and is_judged(each.rule, each.location, judged):
            yield each


def is_judged(rule: str, location: str, judged: Iterable[tuple[str, str]]) -> bool:
    """Say whether the promise was judged that a finding breaks: it is at its location or above.

    Args:
        rule: of the finding.
        location: of the finding.
        judged: rule and location of each promise that was judged.
    """
    return any(rule == its_rule and location.startswith(where) for its_rule, where in judged)


def is_over(known: AcceptedFinding, today: date) -> bool:
    """Say whether the last day has passed on which a finding is accepted."""
    return known.until is not None and known.until < today


def _seen(
    finding: Finding, policy: Policy, known: Mapping[str, AcceptedFinding], today: date
) -> Finding:
    entry = known.get(finding.fingerprint)
    accepted = policy.silenced.get(finding.rule, "")
    if entry is not None and not is_over(entry, today):
        accepted = entry.reason
    return replace(finding, level=policy.levels.get(finding.rule, finding.level), accepted=accepted)


def _leveled(judgement: Judgement, levels: Mapping[str, Level]) -> Judgement:
    return replace(judgement, level=levels.get(judgement.promise.rule, judgement.level))


def _expired(
    findings: Iterable[Finding], known: Mapping[str, AcceptedFinding], today: date
) -> Iterator[str]:
    for finding in findings:
        entry = known.get(finding.fingerprint)
        if entry is not None and is_over(entry, today):
            yield (
                f"{finding.rule} {finding.location} was accepted until {entry.until}, which is "
                f"over: {entry.reason}"
            )
