"""The replay: recorded traffic, judged by the rules of a live run, without a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from docpact.conformance.findings import count_visits, findings, settled
from docpact.conformance.latency import latency
from docpact.conformance.remarks import remarks
from docpact.model import Judgement, Operation, Run, collect_results
from docpact.rules import gather, judge
from docpact.rules.summary import list_unseen
from docpact.traffic.recording import Recording

CANNOT_TELL = "recorded traffic cannot test: {}"
"""The remark that names rules for which only docpact's own requests give evidence."""

_OWN_REQUESTS = (
    "auth.",
    "query.rejects",
    "filter.unknown",
    "paging.token_alone",
    "protocol.methods",
)


def replay(operation: Operation, recording: Recording) -> Run:
    """Judge a recording.

    Args:
        operation: the contract.
        recording: of a run of docpact, or of any other client.
    """
    evidence = gather(operation, recording.exchanges)
    judgements, doubtful = settled(judge(evidence))
    visits = count_visits(recording.exchanges)
    return Run(
        operation=operation.id,
        target=recording.target,
        seed=recording.seed,
        results=collect_results(judgements),
        findings=findings(operation, judgements, visits, lambda text: text),
        requests=tuple(Counter(e.phase for e in recording.exchanges).items()),
        seconds=sum(exchange.seconds for exchange in recording.exchanges),
        unseen=list_unseen(operation, evidence.summary),
        remarks=(
            *recording.remarks,
            *remarks(evidence),
            *doubtful,
            *(() if recording.planned else _untestable(judgements)),
        ),
        reason=recording.reason,
        started=recording.started or datetime.now(UTC),
        latency=latency(recording.exchanges),
    )


def _untestable(judgements: Iterable[Judgement]) -> Iterator[str]:
    """Yield which rules were not tested because only docpact sends the requests for them."""
    rules = dict.fromkeys(
        judgement.promise.rule
        for judgement in judgements
        if not judgement.judged and judgement.promise.rule.startswith(_OWN_REQUESTS)
    )
    if rules:
        yield CANNOT_TELL.format(", ".join(rules))
