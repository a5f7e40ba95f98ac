"""A recording: traffic of any format, sorted by operation, that the rules can judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice, starmap
from typing import Final
from urllib.parse import urlsplit

from docpact.errors import UsageError
from docpact.model import Exchange, Operation
from docpact.model.path import index_templates, list_near
from docpact.rules.protocol import PROBES
from docpact.rules.responses.summary import JUDGED, LEFT_OUT, Summary
from docpact.text import pluralize, printable, shorten
from docpact.traffic.exchanges import (
    build_exchanges,
    classify,
    classify_bad,
    describe_absence,
    describe_end,
    describe_left_out,
    describe_traffic,
    find_server,
    find_url_problem,
    has_query,
    is_at,
    is_elsewhere,
)
from docpact.traffic.formats import read_records
from docpact.traffic.journal import contract_hash
from docpact.traffic.lines import decode_journal, decode_line
from docpact.traffic.records import BadRecord, Entry, Options, Record, RunEnd, RunExchange, RunStart
from docpact.traffic.sources import Part, Progress, describe_sources, display_name, find_sources
from docpact.traffic.streams import decompress, open_part, read_lines

LONGEST: Final = 80
"""Maximum number of characters of a request that no operation documents, as reports show it."""

NOT_RECORDED: Final = "no exchange is recorded"
"""The reason why recorded traffic does not test an operation."""

_UNMATCHED: Final = f"{LEFT_OUT}no operation is "

OTHERS: Final = f"{_UNMATCHED}like other requests"
"""The group of requests that are too many to be named."""


class Sorter:
    """Finds the operation that a request belongs to.

    Attributes:
        operations: of the API, each with the paths that come before its own.
        stand_in: represents all of them where records of any operation are read: a record without a
            URL belongs to none.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations
        servers = {each.server for each in operations}
        server = servers.pop() if len(servers) == 1 else ""
        keys = tuple(each.credentials for each in operations)
        schemas = [(o.response_schema, o.responses_schema, o.body_schema) for o in operations]
        known = {"anyOf": [each for group in schemas for each in group if each is not None]}
        common = replace(operations[0], server=server, alternatives=keys, responses_schema=known)
        self.stand_in = replace(common, id="", method="GET", path="")
        self._templates = index_templates(each.path for each in operations)
        self._list_near = lru_cache(maxsize=4096)(self._search)

    def find(self, record: Entry | Exchange) -> Operation | None:
        """Return the operation that a record belongs to, or None."""
        request = record if isinstance(record, Entry) else record.request
        address, _, query = request.url.partition("?")
        near = self._list_near(request.method, address)
        return next((each for each in near if has_query(each, query)), None)

    def _search(self, method: str, address: str) -> list[Operation]:
        near = {*list_near(self._templates, address.partition("#")[0])}
        found = [
            each
            for each in self.operations
            if each.path in near
            and (each.method == method or method in PROBES)
            and is_at(each, address)
        ]
        return sorted(found, key=lambda each: (each.method != method, each.method != "GET"))


def describe_unmatched(record: Entry | Exchange | BadRecord) -> str:
    """Return the group of a record that belongs to no operation; see `classify`."""
    if isinstance(record, BadRecord):
        return classify_bad(record)
    request = record if isinstance(record, Entry) else record.request
    if problem := find_url_problem(request.url):
        return LEFT_OUT + problem
    path = urlsplit(request.url).path
    return _UNMATCHED + shorten(printable(f"{request.method} {path}"), LONGEST)


def describe_others(counts: Mapping[str, int]) -> dict[str, str]:
    """Return request or group → its number of records, for requests of no operation."""
    return {
        group.removeprefix(_UNMATCHED): (
            f"{pluralize(count, 'exchange')} of no documented operation"
            if group.startswith(_UNMATCHED)
            else pluralize(count, "record")
        )
        for group, count in counts.items()
    }


@dataclass(frozen=True, slots=True)
class Recording:
    """Recorded exchanges of one operation.

    Attributes:
        target: where the requests were sent.
        remarks: remarks about the recording for readers, one line each.
        not_judged: those of them that name exchanges which are left out.
        reason: why the recorded run is inconclusive; empty if it is not.
        seed: of the recorded run.
        planned: whether docpact sent the requests, some of them outside the documentation.
        is_untested: whether the check left the run out; there are no exchanges then.
        started: in UTC; None if not recorded.
        name: of the sources, for people.
    """

    target: str
    exchanges: tuple[Exchange, ...]
    remarks: tuple[str, ...] = ()
    not_judged: tuple[str, ...] = ()
    reason: str = ""
    seed: int = 0
    planned: bool = False
    is_untested: bool = False
    started: datetime | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class JournalRun:
    """A run of an operation in a journal, the last one unless their ids are known.

    Attributes:
        exchanges: in the order in which they ended.
        end: its last line; None if the run was cut short.
        count: number of runs in the file.
        left_out: incomplete and damaged lines of the file.
    """

    start: RunStart
    exchanges: tuple[RunExchange, ...]
    end: RunEnd | None
    count: int
    left_out: tuple[BadRecord, ...]


def read_recording(patterns: Sequence[str], operation: Operation) -> Recording:
    """Return the recording in all matching sources; of a journal, the last run.

    Raises:
        UsageError: a source cannot be read, there is no exchange of the operation, or a journal is
            one of several sources.
        MissingExtra: the library to read a source is not installed.
    """
    names = find_sources(patterns)
    name = describe_sources(names)
    first, *others = (_read(each, operation) for each in names)
    head = list(islice(first, 1))
    while head and isinstance(head[-1], BadRecord) and not head[-1].is_last:
        head += islice(first, 1)
    records = chain(head, first)
    if not others and head and isinstance(head[-1], RunStart):
        recording = _build_run_recording(operation, records, name)
    else:
        sources = zip(names, (records, *others), strict=True)
        recording = build_recording(operation, chain.from_iterable(starmap(_entries, sources)))
    if not recording.exchanges and not recording.reason:
        raise UsageError(f"{name}: no exchange of {operation.request} is recorded")
    return replace(recording, name=name)


def read_recordings(
    patterns: Sequence[str], operations: Sequence[Operation]
) -> tuple[dict[str, Recording], dict[str, str]]:
    """Return the recording of each operation of an API in all matching sources, by its id.

    Operations without an exchange have none. Of a journal, the last run of each counts. With them
    comes request → its number of records, for requests of no operation.
    """
    names, sorter = find_sources(patterns), Sorter(operations)
    name = describe_sources(names)
    records = [record for each in names for record in _read(each, sorter.stand_in)]
    if any(isinstance(each, RunStart) for each in records):
        started = {each.operation for each in records if isinstance(each, RunStart)}
        chosen = [each for each in operations if each.id in started]
        found = {
            each.id: _build_run_recording(each, _choose_runs(records, each.id), name)
            for each in chosen
        }
        others = {key: each.reason for key, each in found.items() if each.is_untested}
    else:
        found, others = _sort_entries(records, sorter)
    tested = {key: each for key, each in found.items() if not each.is_untested}
    return {key: replace(each, name=name) for key, each in tested.items()}, others


def _sort_entries(
    records: Iterable[Record], sorter: Sorter
) -> tuple[dict[str, Recording], dict[str, str]]:
    entries: dict[str, list[Entry]] = {}
    counts = Counter[str]()
    for record in _entries("", records):
        found = None if isinstance(record, BadRecord) else sorter.find(record)
        if found is None or isinstance(record, BadRecord):
            counts[describe_unmatched(record)] += 1
        else:
            entries.setdefault(found.id, []).append(record)
    recordings = {
        each.id: build_recording(each, entries[each.id])
        for each in sorter.operations
        if any(record.method == each.method for record in entries.get(each.id, ()))
    }
    return recordings, describe_others(counts)


def _choose_runs(records: Iterable[Record], operation: str) -> Iterator[Record]:
    """Yield the records of an operation's runs; old ones have no id and follow their first line."""
    runs, is_own = set[str](), False
    for each in records:
        if isinstance(each, RunStart):
            is_own = each.operation == operation
            runs |= {each.run} if is_own and each.run else set()
        if isinstance(each, Entry | BadRecord):
            continue
        if each.run in runs or (not each.run and is_own):
            yield each


def build_recording(operation: Operation, records: Iterable[Entry | BadRecord]) -> Recording:
    """Return the recording of traffic that docpact did not send."""
    documented, other = Counter[str](), Counter[str]()
    found = []
    for record in records:
        group = classify(operation, record)
        elsewhere = isinstance(record, Entry) and is_elsewhere(operation, record)
        (other if elsewhere else documented)[group] += 1
        if isinstance(record, Entry) and group in JUDGED:
            found.append((elsewhere, record))
    counts = Summary(documented, elsewhere=Summary(other)).choose_server().counts
    entries = [each for elsewhere, each in found if not (documented["exchanges"] and elsewhere)]
    is_judged = counts.get("exchanges") or counts.keys() <= {"torn", "cut short"}
    return Recording(
        target=find_server(operation, entries[0]) if entries else "unknown",
        exchanges=tuple(build_exchanges(operation, entries)),
        remarks=tuple(describe_traffic(operation, counts)),
        not_judged=tuple(describe_left_out(counts)),
        reason=describe_end(counts) if is_judged else describe_absence(operation),
        started=entries[0].started if entries else None,
    )


def read_journal(name: str) -> list[JournalRun]:
    """Return the runs of the last check in a journal.

    A journal of an older release has no ids of checks; its last run counts.

    Raises:
        UsageError: the source cannot be read, or is not a journal.
    """
    records = [*_read_records(name)]
    starts = [each for each in records if isinstance(each, RunStart)]
    runs = dict[str, list[Record]]()
    runs |= {each.run: [] for each in starts if each.check and each.check == starts[-1].check}
    for each in records:
        runs.get(getattr(each, "run", ""), []).append(each)
    return [_find_last_run(each, display_name(name)) for each in [*runs.values()] or [records]]


def read_exchanges(name: str) -> list[tuple[Exchange, str]]:
    """Return the exchanges of the last check in a journal, each with date and time of its end."""
    return [(each.exchange, each.finished) for run in read_journal(name) for each in run.exchanges]


def _read_records(name: str) -> Iterator[Record]:
    part = Part(name, 0)
    with open_part(part, Progress()) as stream:
        plain, _ = decompress(stream, name)
        for _, where, line in read_lines(plain, part):
            record = decode_line(decode_journal, line, where, plain)
            if isinstance(record, BadRecord) and record.problem:
                raise UsageError(record.problem)
            yield record


def _build_run_recording(operation: Operation, records: Iterable[Record], name: str) -> Recording:
    run = _find_last_run(records, name)
    if any(line.problem for line in run.left_out):
        return _build_damaged_run(operation, run)
    is_untested = run.end is not None and run.end.is_untested
    exchanges = (each.exchange for each in run.exchanges if not is_untested)
    left_out = tuple(describe_left_out(Counter(map(classify_bad, run.left_out))))
    return Recording(
        target=run.start.target,
        exchanges=tuple(sorted(exchanges, key=lambda each: each.case.visit.sequence)),
        remarks=(*_describe_run(run, operation), *left_out),
        not_judged=left_out,
        reason=_find_reason(run),
        seed=run.start.seed,
        planned=True,
        is_untested=is_untested,
        started=run.start.started,
    )


def _build_damaged_run(operation: Operation, run: JournalRun) -> Recording:
    """Return a run with lost lines as another client's traffic, where gaps are normal."""
    exchanges = (each.exchange for each in run.exchanges)
    entries = (Entry(e.request.method, e.request.url, e.outcome, e.seconds) for e in exchanges)
    recording = build_recording(operation, (*entries, *run.left_out))
    remarks = (*_describe_run(run, operation), *recording.remarks)
    return replace(
        recording,
        target=run.start.target,
        remarks=remarks,
        reason=_find_reason(run) or recording.reason,
        started=run.start.started,
    )


def _find_reason(run: JournalRun) -> str:
    """Return why a recorded run is inconclusive; empty if it is not."""
    return "the recorded run was cut short" if run.end is None else run.end.reason


def _find_last_run(records: Iterable[Record], name: str) -> JournalRun:
    """Return the last run of a journal, without lines of others; raise UsageError without one."""
    start: RunStart | None = None
    end: RunEnd | None = None
    exchanges: list[RunExchange] = []
    left_out: list[BadRecord] = []
    count = 0
    for record in records:
        match record:
            case RunStart():
                start, end, count = record, None, count + 1
                exchanges.clear()
            case BadRecord():
                left_out.append(record)
            case RunExchange() | RunEnd() if start is not None and record.run != start.run:
                pass
            case RunExchange():
                exchanges.append(record)
            case RunEnd():
                end = record
            case _:
                raise UsageError(f"{name}: a journal with lines of another kind in it")
    if start is None:
        raise UsageError(f"{name}: not a journal: the first line of a run is missing")
    problem = next((each.problem for each in left_out if each.problem), "")
    if problem and not exchanges:
        raise UsageError(f"{problem}; an audit judges the other lines, each alone")
    return JournalRun(start, tuple(exchanges), end, count, tuple(left_out))


def _describe_run(run: JournalRun, operation: Operation) -> Iterator[str]:
    """Yield remarks about a recorded run for readers of a report, one line each."""
    start = run.start
    yield f"recorded {start.started.isoformat()} by docpact {start.docpact}"
    if start.contract != contract_hash(operation):
        yield "recorded under a different version of the contract; judged by the present one"
    if run.count > 1:
        yield f"the last of {run.count} runs in the file"


def _read(name: str, operation: Operation) -> Iterator[Record]:
    return (record for _, record in read_records(Part(name, 0), Options(operation)))


def _entries(name: str, records: Iterable[Record]) -> Iterator[Entry | BadRecord]:
    for record in records:
        if not isinstance(record, Entry | BadRecord):
            raise UsageError(
                f"{display_name(name)}: a journal is one whole run: replay it by itself, "
                "from its first line"
            )
        yield record
