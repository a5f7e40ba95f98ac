"""The replay: recorded traffic under the rules of a live run, without a network."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from docpact.conformance.findings import count_visits, findings, settled
from docpact.conformance.latency import latency
from docpact.conformance.remarks import remarks
from docpact.model import Operation, Run, collect_results
from docpact.rules import gather, judge
from docpact.rules.coverage import unseen
from docpact.traffic.recording import Recording

CANNOT_TELL = "a recording cannot tell: {}"
"""The remark that names the rules that only a run of docpact's own gives evidence to."""

_ASKED_BY_US = (
    "auth.",
    "query.rejects",
    "filter.unknown",
    "paging.token_alone",
    "protocol.methods",
)


def replay(operation: Operation, recording: Recording) -> Run:
    """Judge what was recorded; what it does not speak of is not judged, and a remark says why.

    Args:
        operation: the contract.
        recording: of a run of docpact's, or of any other client.
    """
    evidence = gather(operation, recording.exchanges)
    judgements, doubtful = settled(judge(evidence))
    told = [*recording.remarks, *remarks(evidence), *doubtful]
    if not recording.planned:
        silent = dict.fromkeys(
            judgement.promise.rule
            for judgement in judgements
            if not judgement.judged and judgement.promise.rule.startswith(_ASKED_BY_US)
        )
        told.append(CANNOT_TELL.format(", ".join(silent)))
    return Run(
        operation=operation.id,
        target=recording.target,
        seed=recording.seed,
        results=collect_results(judgements),
        findings=findings(
            operation, judgements, count_visits(recording.exchanges), lambda text: text
        ),
        requests=tuple(Counter(e.phase for e in recording.exchanges).items()),
        seconds=sum(exchange.seconds for exchange in recording.exchanges),
        unseen=unseen(evidence),
        remarks=tuple(told),
        reason=recording.reason,
        started=recording.started or datetime.now(UTC),
        latency=latency(recording.exchanges),
    )
