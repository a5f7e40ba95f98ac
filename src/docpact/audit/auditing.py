"""From records to their summary, one by one: nothing is kept of an answer but its counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

from docpact.audit.accumulator import Tally
from docpact.audit.breakages import Inspector
from docpact.audit.quick import Quick, Reading
from docpact.audit.summary import CONSISTENCY, Key, Summary
from docpact.bodies.decode import decode
from docpact.model import Exchange, Failure, Operation, Response
from docpact.model.pointer import resolve, tokens
from docpact.rules.evidence import SURVEY, TOO_MANY_REQUESTS
from docpact.rules.response import beside_said, label_said, may_answer_so, media_type, status_said
from docpact.traffic import Entry, IncompleteLine, Traffic
from docpact.traffic.exchanges import belongs_to, classify

TOGETHER: Final = 16 * 1024
"""How many bytes of bodies are counted together, so that small ones cost little; more would not
stay in a processor's cache."""


class _Tied(NamedTuple):
    """A field that is tied to some values of another.

    Attributes:
        field: JSON Pointer of it in an item.
        beside: JSON Pointer of the other.
        values: those of the other.
        besides: what the other has in each item in which the field has a value.
    """

    field: str
    beside: str
    values: Sequence[Any]
    besides: Sequence[Any]

    def is_kept(self) -> bool:
        """Say whether the field stands beside those values alone."""
        return all(map(self.values.__contains__, self.besides))


class _Plain(NamedTuple):
    """An answer that is as documented, but perhaps for its body.

    Attributes:
        at: number of its source, and place there.
        record: that holds it.
        body: as sent.
        reading: of the body.
        is_labelled: whether its headers were recorded.
    """

    at: tuple[int, int]
    record: Entry
    body: bytes
    reading: Reading
    is_labelled: bool


class Auditor:
    """Holds answers to one contract.

    Attributes:
        operation: the contract.

    Raises:
        MissingExtra: the libraries of the extra `audit` are not installed.
    """

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self._quick = Quick(operation.response_schema)
        self._inspector = Inspector(operation)
        self._names = frozenset(parameter.name for parameter in operation.query_parameters)

    def summary(self, records: Iterable[tuple[tuple[int, int], Traffic]]) -> Summary:
        """Return what records come down to.

        Args:
            records: each with the number of its source, and its place there; in order.
        """
        tally, waiting, size = Tally(self.operation), list[_Plain](), 0
        for at, record in records:
            plain = self._plain(at, record)
            form = plain.reading.form if plain else None
            if size >= TOGETHER or (waiting and waiting[0].reading.form is not form):
                self._settle(tally, waiting)
                waiting, size = [], 0
            if plain is None:
                self._judge_one(tally, at, record)
            elif form is None:
                self._judge_plain(tally, plain)
            else:
                waiting.append(plain)
                size += len(plain.body)
        self._settle(tally, waiting)
        return tally.summary()

    def _plain(self, at: tuple[int, int], record: Traffic) -> _Plain | None:
        """Return an answer that is as documented, but perhaps for its body; else None.

        Answers that docpact asked for itself, some of which are counted apart, are not among them.
        """
        if not isinstance(record, Entry) or not self._is_answer(record):
            return None
        response = record.outcome
        if isinstance(response, Failure) or response.status != self.operation.status:
            return None
        if response.headers_known and not self._is_labelled(response):
            return None
        reading = self._quick.read(response.body)
        return (
            _Plain(at, record, response.body, reading, response.headers_known) if reading else None
        )

    def _is_answer(self, entry: Entry) -> bool:
        return entry.method == self.operation.method and belongs_to(self.operation, entry)

    def _settle(self, tally: Tally, plain: Sequence[_Plain]) -> None:
        """Count documented answers together; where that cannot be done, one after another."""
        form = plain[0].reading.form if plain else None
        if form is None:
            return
        values = [each.reading.value for each in plain]
        items = list(chain.from_iterable(map(self._items, values)))
        names = self._quick.names_at_most(b"".join([each.body for each in plain]))
        tied = self._tied(items)
        if _is_consistent(tied) and tally.census(form, walked=False).add(values, names):
            _count_plain(tally, plain)
            tally.counts["decoded"] += len(plain)
            _count_consistency(tally, len(items), tied, walked=False)
            return
        for each in plain:
            self._judge_plain(tally, each)

    def _judge_plain(self, tally: Tally, plain: _Plain) -> None:
        tally.begin(plain.at, plain.record)
        _count_plain(tally, [plain])
        self._judge_body(tally, plain.body, plain.reading, walked=False)

    def _judge_one(self, tally: Tally, at: tuple[int, int], record: Traffic) -> None:
        if isinstance(record, IncompleteLine):
            tally.counts["torn"] += 1
            return
        tally.begin(at, record)
        if isinstance(record, Exchange):
            self._judge_ours(tally, record)
        else:
            self._judge_other(tally, record)

    def _judge_ours(self, tally: Tally, exchange: Exchange) -> None:
        tally.counts["exchanges"] += 1
        if exchange.retried or exchange.case.question.method is not None:
            return
        if isinstance(exchange.outcome, Failure):
            _judge_failure(tally, exchange.outcome)
        elif exchange.case.question.credentials == "valid":
            self._judge(tally, exchange.outcome, exchange.phase == SURVEY, is_labelled=True)

    def _judge_other(self, tally: Tally, entry: Entry) -> None:
        group = classify(self.operation, entry)
        tally.counts[group] += 1
        if group != "exchanges" or entry.method != self.operation.method:
            return
        if isinstance(entry.outcome, Failure):
            _judge_failure(tally, entry.outcome)
        else:
            is_labelled = entry.outcome.headers_known
            self._judge(tally, entry.outcome, walked=False, is_labelled=is_labelled)

    def _judge(self, tally: Tally, response: Response, walked: bool, *, is_labelled: bool) -> None:
        if response.status != TOO_MANY_REQUESTS:
            tally.counts["answered"] += 1
        if response.status != self.operation.status:
            if response.status != TOO_MANY_REQUESTS:
                self._judge_status(tally)
            return
        tally.counts["bodies"] += 1
        if is_labelled:
            self._judge_label(tally, response)
        self._judge_body(tally, response.body, self._quick.read(response.body), walked)

    def _judge_status(self, tally: Tally) -> None:
        exchange = tally.exchange()
        case, status = exchange.case, exchange.status
        if case.expectation.parameter is not None:
            tally.told.add((case.expectation.parameter, status))
        if not may_answer_so(exchange):
            named = {name for name, _ in case.query} & self._names
            names = (
                tuple(sorted(named))
                if case.expectation.parameter is None and len(case.query) > 1
                else ()
            )
            key = Key("response.status", detail=str(status), names=names)
            tally.broke(key, status_said(exchange))

    def _judge_label(self, tally: Tally, response: Response) -> None:
        tally.counts["labelled"] += 1
        if not self._is_labelled(response):
            said = label_said(response.header("content-type"))
            tally.broke(Key("response.content_type"), said)

    def _is_labelled(self, response: Response) -> bool:
        label, documented = response.header("content-type"), self.operation.content_type
        return label == documented or media_type(label) == documented

    def _judge_body(self, tally: Tally, body: bytes, reading: Reading | None, walked: bool) -> None:
        if reading is None or not self._is_judged(tally, body, reading, walked):
            self._look_closer(tally, body, walked)
            return
        tally.counts["decoded"] += 1
        self._judge_consistency(tally, reading.value, walked)

    def _is_judged(self, tally: Tally, body: bytes, reading: Reading, walked: bool) -> bool:
        """Judge what was read of a body, unless it cannot be told whether that is all."""
        (value, form), names = reading, self._quick.names_at_most(body)
        if form is not None and tally.census(form, walked).add([value], names):
            return True
        return self._inspector.judge(tally, value, walked, names)

    def _look_closer(self, tally: Tally, body: bytes, walked: bool) -> None:
        decoded = decode(body)
        for problem in {each.kind: each for each in reversed(decoded.problems)}.values():
            key = Key("response.json", detail=problem.kind)
            tally.broke(key, f"{problem.name}: {problem.message}")
        if not decoded.readable:
            return
        tally.counts["decoded"] += 1
        self._inspector.judge(tally, decoded.value, walked)
        self._judge_consistency(tally, decoded.value, walked)

    def _judge_consistency(self, tally: Tally, value: Any, walked: bool) -> None:
        items = self._items(value)
        tied = self._tied(items)
        _count_consistency(tally, len(items), tied, walked)
        for each in tied:
            if each.is_kept():
                continue
            key = Key("response.consistency", walked, each.field)
            at = self.operation.roles.items
            numbers = (n for n, item in enumerate(items) if resolve(item, each.field) is not None)
            for number, beside in zip(numbers, each.besides, strict=True):
                if beside not in each.values:
                    said = beside_said(each.beside, beside)
                    tally.broke(key, said, f"{at}/{number}{each.field}")

    def _tied(self, items: Sequence[Any]) -> Sequence[_Tied]:
        return [
            _Tied(field, beside, values, _besides(items, field, beside))
            for field, (beside, values) in self.operation.roles.only_when.items()
        ]

    def _items(self, value: Any) -> Sequence[Any]:
        """Return the items of a body whose fields are tied to others."""
        roles = self.operation.roles
        items = resolve(value, roles.items) if roles.only_when and roles.items is not None else None
        return items if isinstance(items, list) else []


def _count_plain(tally: Tally, plain: Sequence[_Plain]) -> None:
    for count in ("exchanges", "answered", "bodies"):
        tally.counts[count] += len(plain)
    tally.counts["labelled"] += sum(each.is_labelled for each in plain)


def _is_consistent(tied: Iterable[_Tied]) -> bool:
    return all(each.is_kept() for each in tied)


def _count_consistency(tally: Tally, items: int, tied: Iterable[_Tied], walked: bool) -> None:
    if items:
        tally.judged[walked, CONSISTENCY] += items
        for each in tied:
            tally.judged[walked, CONSISTENCY + each.field] += len(each.besides)


def _judge_failure(tally: Tally, failure: Failure) -> None:
    if failure.kind == "size":
        tally.counts["too long"] += 1
        tally.broke(Key("response.json", detail="size"), f"size: {failure.message}")


def _besides(items: Sequence[Any], field: str, beside: str) -> list[Any]:
    """Return what stands at one JSON Pointer in each item that has a value at another.

    Most pointers name a field of the item itself, which `dict.get` reads in a tenth of the time.
    """
    (name, *deep), (other, *deeper) = tokens(field), tokens(beside)
    if not deep and not deeper:
        try:
            return [item.get(other) for item in items if item.get(name) is not None]
        except AttributeError:  # an item is no object
            pass
    return [resolve(item, beside) for item in items if resolve(item, field) is not None]
