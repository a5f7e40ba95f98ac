"""From records to their summary: only the counts of a response are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Any, Final, NamedTuple

from docpact.audit.quick import QuickReader, Reading
from docpact.bodies.decode import decode
from docpact.bodies.validate import make_validator
from docpact.model import Exchange, Failure, Operation, Response
from docpact.rules.evidence import SURVEY
from docpact.rules.query import find_fault
from docpact.rules.responses.accumulator import Accumulator
from docpact.rules.responses.documented import has_main_body
from docpact.rules.responses.summary import JUDGED, Summary, find_items, find_ties
from docpact.rules.rule import describe_answer
from docpact.traffic import BadRecord, Entry, Traffic
from docpact.traffic.exchanges import belongs_to, build_exchange, classify, is_elsewhere
from docpact.traffic.recording import OTHERS, Sorter, describe_unmatched


class AuditAccumulator(Accumulator):
    """Counts the exchanges of one part of the traffic."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(operation)
        self._validator = make_validator(operation.response_schema)

    def count_documented(self, values: Sequence[Any], names: int, *, in_survey: bool) -> bool:
        """Count valid bodies together, and say whether it was possible; if not, none counts.

        `names` is how many members the objects have together as they were sent, or more.
        """
        try:
            contents = self._validator.read(values)
        except RecursionError:  # nested too deep
            return False
        if contents.extras or not contents.is_exact or contents.names < names:
            return False
        self.add_observations(in_survey, contents.counts, contents.seen)
        return True

    def add_value(self, value: Any, in_survey: bool, names: int | None = None) -> bool:
        """Count a decoded body and note its breaches, as `add_body` does.

        `names` is how many members the objects have together as they were sent, or more; None if
        the value is known to be exact.

        Returns:
            False if a name may be there twice, digits may be lost, or the body may be nested too
            deep; then nothing is counted.
        """
        inspection = self._validator.inspect(value)
        contents = inspection.contents
        if names is not None and not (contents.is_exact and contents.names >= names):
            return False
        self.add_inspection(inspection, in_survey)
        return True

    def add_answer(self) -> None:
        """Note a status that breaks a promise about the one parameter of the present request.

        The other values are not counted: finding them would take longer than judging the body.
        """
        exchange = self._get_exchange()
        key = find_fault(self.operation, exchange)
        if key is not None:
            self._observations[False][key.pointer] += 1
            self.add_breach(key, describe_answer(exchange))


BATCH_BYTES: Final = 128 * 1024
"""Bytes of bodies counted together, so that small ones cost little."""

PARTS: Final = 4
"""Number of parts in which responses are counted that cannot be counted together."""

GROUP_BYTES: Final = 32 * 1024 * 1024
"""Bytes of bodies that are sorted by operation together."""


class _Candidate(NamedTuple):
    """A response that is as documented, except perhaps for its body."""

    at: tuple[int, int]
    record: Entry
    response: Response
    reading: Reading


@dataclass(slots=True)
class _Server:
    """The traffic of the documented server, or of all others.

    The batch has documented responses to count together; their bodies have the size.
    """

    accumulator: AuditAccumulator
    batch: list[_Candidate] = field(default_factory=list)
    size: int = 0


MOST_NAMES: Final = 50
"""Maximum number of requests of no operation that are named, for one batch of records."""


class ApiAuditor:
    """Sorts records by operation, and judges each by its own contract."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._sorter = Sorter(operations)
        self.operation = self._sorter.stand_in
        self._auditors = {each.id: Auditor(each) for each in operations}

    def summary(self, records: Iterable[tuple[tuple[int, int], Traffic]]) -> Summary:
        """Return the summary of some records, with one for each operation; see `Auditor`."""
        return sum(map(self._summarize, _split(records)), Summary())

    def _summarize(self, records: Iterable[tuple[tuple[int, int], Traffic]]) -> Summary:
        sorted_records: dict[str, list[tuple[tuple[int, int], Traffic]]] = {}
        counts = Counter[str]()
        for at, record in records:
            found = None if isinstance(record, BadRecord) else self._sorter.find(record)
            if found is not None:
                sorted_records.setdefault(found.id, []).append((at, record))
                continue
            group = describe_unmatched(record)
            counts[group if group in counts or len(counts) < MOST_NAMES else OTHERS] += 1
        return Summary(
            counts,
            operations={
                name: self._auditors[name].summary(each) for name, each in sorted_records.items()
            },
        )


def _split(
    records: Iterable[tuple[tuple[int, int], Traffic]],
) -> Iterator[list[tuple[tuple[int, int], Traffic]]]:
    """Yield records in groups whose bodies fit into memory."""
    group, size = list[tuple[tuple[int, int], Traffic]](), 0
    for at, record in records:
        group.append((at, record))
        outcome = None if isinstance(record, BadRecord) else record.outcome
        size += len(outcome.body) if isinstance(outcome, Response) else 0
        if size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    yield group


class Auditor:
    """Judges responses by one contract.

    Raises:
        MissingExtra: the libraries of the extra `audit` are not installed.
    """

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self._quick = QuickReader(operation.response_schema)

    def summary(self, records: Iterable[tuple[tuple[int, int], Traffic]]) -> Summary:
        """Return the summary of records in order, each with its number and its source's."""
        documented = _Server(AuditAccumulator(self.operation))
        other: _Server | None = None
        for at, record in records:
            if isinstance(record, Entry) and is_elsewhere(self.operation, record):
                other = other or _Server(AuditAccumulator(self.operation))
                self._add(other, at, record)
            else:
                self._add(documented, at, record)
        elsewhere = None if other is None else self._finish(other)
        return replace(self._finish(documented), elsewhere=elsewhere)

    def _add(self, server: _Server, at: tuple[int, int], record: Traffic) -> None:
        candidate = self._find_candidate(at, record)
        is_documented = candidate is not None and candidate.reading.is_documented
        if server.size >= BATCH_BYTES or not is_documented:
            self._add_batch(server.accumulator, server.batch)
            server.batch, server.size = [], 0
        if candidate is None:
            self._add_record(server.accumulator, at, record)
        elif not is_documented:
            self._add_candidate(server.accumulator, candidate)
        else:
            server.batch.append(candidate)
            server.size += len(candidate.response.body)

    def _finish(self, server: _Server) -> Summary:
        self._add_batch(server.accumulator, server.batch)
        return server.accumulator.summary()

    def _find_candidate(self, at: tuple[int, int], record: Traffic) -> _Candidate | None:
        """Return a documented response, except perhaps for its body; never docpact's own."""
        if not isinstance(record, Entry) or record.sent:
            return None
        if record.method != self.operation.method or not belongs_to(self.operation, record):
            return None
        response = record.outcome
        if isinstance(response, Failure) or not has_main_body(self.operation, response):
            return None
        documented = self.operation.find_response(response.status)
        if documented is None or documented.headers:
            return None
        reading = self._quick.read(response.body)
        return _Candidate(at, record, response, reading) if reading else None

    def _add_batch(self, accumulator: AuditAccumulator, batch: Sequence[_Candidate]) -> None:
        """Count documented responses together; if some cannot be, in smaller and smaller parts."""
        if not batch:
            return
        values = [each.reading.value for each in batch]
        items = list(chain.from_iterable(find_items(self.operation, value) for value in values))
        names = self._quick.count_names(b"".join([each.response.body for each in batch]))
        ties = find_ties(self.operation, items)
        is_kept = all(tie.is_kept() for tie in ties)
        if is_kept and accumulator.count_documented(values, names, in_survey=False):
            _count_candidates(accumulator, batch)
            accumulator.count_decoded(values)
            accumulator.count_ties(len(items), ties, in_survey=False)
            return
        size = len(batch) // PARTS
        for start in range(0, len(batch), size) if size else ():
            self._add_batch(accumulator, batch[start : start + size])
        for each in () if size else batch:
            self._add_candidate(accumulator, each)

    def _add_candidate(self, accumulator: AuditAccumulator, candidate: _Candidate) -> None:
        accumulator.begin(candidate.at, partial(build_exchange, self.operation, candidate.record))
        _count_candidates(accumulator, [candidate])
        self._add_body(accumulator, candidate.response.body, candidate.reading, in_survey=False)

    def _add_record(
        self, accumulator: AuditAccumulator, at: tuple[int, int], record: Traffic
    ) -> None:
        if isinstance(record, Exchange):
            accumulator.counts["exchanges"] += 1
            if record.retried or record.case.question.method is not None:
                return
            accumulator.begin(at, record)
            if record.response is None or record.case.question.credentials == "valid":
                self._add_outcome(accumulator, record.outcome, record.phase == SURVEY)
            else:
                accumulator.add_refusal(record.response)
            return
        group = classify(self.operation, record)
        accumulator.counts[group] += 1
        if group not in JUDGED or isinstance(record, BadRecord):
            return
        if record.method == self.operation.method:
            accumulator.begin(at, partial(build_exchange, self.operation, record))
            if record.sent is not None:
                accumulator.add_request()
            self._add_outcome(accumulator, record.outcome, in_survey=False)

    def _add_outcome(
        self, accumulator: AuditAccumulator, outcome: Response | Failure, in_survey: bool
    ) -> None:
        if isinstance(outcome, Response) and outcome.status >= 400:
            accumulator.add_answer()
        if accumulator.add_outcome(outcome) and isinstance(outcome, Response):
            reading = self._quick.read(outcome.body)
            self._add_body(accumulator, outcome.body, reading, in_survey)

    def _add_body(
        self, accumulator: AuditAccumulator, body: bytes, reading: Reading | None, in_survey: bool
    ) -> None:
        beyond = accumulator.is_beyond_contract()
        quick = None if beyond else reading
        if quick is not None and self._add_reading(accumulator, body, quick, in_survey):
            value = quick.value
        else:
            decoded = decode(body)
            accumulator.add_problems(decoded)
            if not decoded.readable:
                return
            value = decoded.value
            if not beyond:
                accumulator.add_value(value, in_survey)
        accumulator.count_decoded([value])
        if not beyond:
            accumulator.add_consistency(value, in_survey)

    def _add_reading(
        self, accumulator: AuditAccumulator, body: bytes, reading: Reading, in_survey: bool
    ) -> bool:
        """Count the values read from a body, unless some may be missing."""
        names = self._quick.count_names(body)
        if reading.is_documented and accumulator.count_documented(
            [reading.value], names, in_survey=in_survey
        ):
            return True
        try:
            return accumulator.add_value(reading.value, in_survey, names)
        except RecursionError:  # nested too deep
            return False


def _count_candidates(accumulator: AuditAccumulator, candidates: Sequence[_Candidate]) -> None:
    for count in ("exchanges", "answered", "bodies"):
        accumulator.counts[count] += len(candidates)
    accumulator.counts["labelled"] += sum(each.response.headers_known for each in candidates)
