"""From records to their summary, one by one: nothing is kept of an answer but its counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

from docpact.audit.places import Extra
from docpact.audit.quick import Lacking, Quick
from docpact.audit.sources import Record, Torn
from docpact.audit.summary import CONSISTENCY, Key, Summary
from docpact.audit.tally import Tally
from docpact.decoding import decode
from docpact.model import Exchange, Failure, Operation, Response
from docpact.model.pointer import pointer, resolve, tokens
from docpact.recordings.cases import is_of, is_refused
from docpact.recordings.recording import Entry
from docpact.rules.evidence import SURVEY, TOO_MANY_REQUESTS
from docpact.rules.response import beside_said, label_said, may_answer_so, media_type, status_said
from docpact.validation import Undocumented, Violation, inspect, value_said

TOGETHER: Final = 16 * 1024
"""How many bytes of bodies are counted together, so that small ones cost little; more would not
stay in a processor's cache."""


_Tied: TypeAlias = Mapping[str, tuple[Sequence[Any], Sequence[Any]]]
"""Field that is tied to some values of another → those values, and what stood beside it."""


class _Plain(NamedTuple):
    """An answer that is as documented, as far as can be told without counting what it holds.

    Attributes:
        at: number of its source, and place there.
        record: that holds it.
        body: as sent.
        value: decoded; it keeps the schema, and every field is documented.
        is_labelled: whether its headers were recorded.
    """

    at: tuple[int, int]
    record: Entry
    body: bytes
    value: Any
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
        self._names = frozenset(parameter.name for parameter in operation.query_parameters)

    def summary(self, records: Iterable[tuple[tuple[int, int], Record]]) -> Summary:
        """Return what records come down to.

        Args:
            records: each with the number of its source, and its place there; in order.
        """
        tally, waiting, size = Tally(self.operation), list[_Plain](), 0
        for at, record in records:
            plain = self._plain(at, record)
            if plain is not None:
                waiting.append(plain)
                size += len(plain.body)
            if plain is None or size >= TOGETHER:
                self._settle(tally, waiting)
                waiting, size = [], 0
            if plain is None:
                self._judge_one(tally, at, record)
        self._settle(tally, waiting)
        return tally.summary()

    def _plain(self, at: tuple[int, int], record: Record) -> _Plain | None:
        """Return an answer that is as documented; None of any other record.

        Answers that docpact asked for itself, some of which are counted apart, are not among them.
        """
        if not isinstance(record, Entry) or not self._is_answer(record):
            return None
        response = record.outcome
        if isinstance(response, Failure) or response.status != self.operation.status:
            return None
        if record.labelled and not self._is_labelled(response):
            return None
        try:
            value, is_closed = self._quick.read(response.body)
        except ValueError:
            return None
        return _Plain(at, record, response.body, value, record.labelled) if is_closed else None

    def _is_answer(self, entry: Entry) -> bool:
        return entry.method == self.operation.method and is_of(self.operation, entry)

    def _settle(self, tally: Tally, plain: Sequence[_Plain]) -> None:
        """Count answers together; where that cannot be done, judge one after another."""
        if not plain:
            return
        values = [each.value for each in plain]
        items = list(chain.from_iterable(map(self._items, values)))
        names = self._quick.names_at_most(b"".join([each.body for each in plain]))
        tied = self._tied(items)
        if _is_consistent(tied) and self._is_counted(tally, values, names):
            for count in ("exchanges", "answered", "bodies", "decoded"):
                tally.counts[count] += len(plain)
            tally.counts["labelled"] += sum(each.is_labelled for each in plain)
            _count_consistency(tally, len(items), tied, walked=False)
            return
        for each in plain:
            self._judge_one(tally, each.at, each.record)

    def _is_counted(self, tally: Tally, values: Sequence[Any], names: int) -> bool:
        return tally.census(walked=False).add(values, names, is_closed=True) is not None

    def _judge_one(self, tally: Tally, at: tuple[int, int], record: Record) -> None:
        if isinstance(record, Torn):
            tally.counts["torn"] += 1
            return
        tally.begin(at, record)
        if isinstance(record, Exchange):
            self._judge_ours(tally, record)
        else:
            self._judge_other(tally, record)

    def _judge_ours(self, tally: Tally, exchange: Exchange) -> None:
        tally.counts["exchanges"] += 1
        if exchange.retried or exchange.case.method is not None:
            return
        if isinstance(exchange.outcome, Failure):
            _judge_failure(tally, exchange.outcome)
        elif exchange.case.credentials == "valid":
            self._judge(tally, exchange.outcome, exchange.phase == SURVEY, is_labelled=True)

    def _judge_other(self, tally: Tally, entry: Entry) -> None:
        if not is_of(self.operation, entry):
            tally.counts["other operations"] += 1
        elif is_refused(entry):
            tally.counts["refused"] += 1
        else:
            tally.counts["exchanges"] += 1
            if entry.method != self.operation.method:
                return
            if isinstance(entry.outcome, Failure):
                _judge_failure(tally, entry.outcome)
            else:
                self._judge(tally, entry.outcome, walked=False, is_labelled=entry.labelled)

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
        self._judge_body(tally, response.body, walked)

    def _judge_status(self, tally: Tally) -> None:
        exchange = tally.exchange()
        case, status = exchange.case, exchange.status
        if case.parameter is not None:
            tally.told.add((case.parameter, status))
        if not may_answer_so(exchange):
            named = {name for name, _ in case.query} & self._names
            names = tuple(sorted(named)) if case.parameter is None and len(case.query) > 1 else ()
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

    def _judge_body(self, tally: Tally, body: bytes, walked: bool) -> None:
        try:
            value, is_closed = self._quick.read(body)
        except ValueError:
            self._look_closer(tally, body, walked)
            return

        def key(extra: Extra) -> Key:
            return Key("response.undocumented_field", walked, extra.properties, extra.location)

        extras = tally.census(walked).add(
            [value],
            self._quick.names_at_most(body),
            lambda extra: tally.knows(key(extra)) and _is_exact(extra.value),
            is_closed=is_closed,
        )
        if extras is None:
            self._look_closer(tally, body, walked)
            return
        tally.counts["decoded"] += 1
        for extra in extras:
            tally.broke(key(extra), value_said(extra.value))
        self._judge_consistency(tally, value, walked)

    def _look_closer(self, tally: Tally, body: bytes, walked: bool) -> None:
        decoded = decode(body)
        for problem in {each.kind: each for each in reversed(decoded.problems)}.values():
            key = Key("response.json", detail=problem.kind)
            tally.broke(key, f"{problem.name}: {problem.message}")
        if not decoded.readable:
            return
        tally.counts["decoded"] += 1
        self._inspect(tally, decoded.value, walked)
        self._judge_consistency(tally, decoded.value, walked)

    def _inspect(self, tally: Tally, value: Any, walked: bool) -> None:
        """Inspect a value; elements of which it is known what they lack are counted by columns."""
        known: dict[tuple[str, tuple[str, ...]], list[Any]] = defaultdict(list)
        told: list[tuple[int, Key, str, str]] = []
        numbers = Counter[str]()

        def is_left_out(name: str, element: Any) -> bool:
            number = numbers[name]
            numbers[name] += 1
            lacking = self._quick.lacking(name, element) if counts_elements(name) else None
            if lacking is None:
                return False
            known[name, lacking.missing].append(lacking.rest)
            told.extend(
                (number, *each) for each in self._said(name, number, lacking, element, walked)
            )
            return True

        counts_elements = tally.census(walked).counts_elements
        found = inspect(self.operation.response_schema, value, is_left_out)
        for where, count in found.judged.items():
            tally.judged[walked, where] += count
        tally.seen |= found.seen
        for (name, missing), elements in known.items():
            tally.census(walked, name, missing).add_elements(name, elements)
        for violation in found.violations:
            key = Key(f"response.{violation.keyword}", walked, violation.schema_pointer)
            told.append((_number(violation), key, violation.observed, violation.pointer))
        for extra in found.undocumented:
            key = Key("response.undocumented_field", walked, extra.schema_pointer, extra.location)
            told.append((_number(extra), key, extra.observed, extra.pointer))
        for _, key, observed, first in sorted(told, key=itemgetter(0)):
            tally.broke(key, observed, first)

    def _said(
        self, name: str, number: int, lacking: Lacking, element: Any, walked: bool
    ) -> Iterator[tuple[Key, str, str]]:
        """Yield the breaches of an element: which, what came instead, and where."""
        array, at = pointer(("properties", name, "items")), (name, number)
        if lacking.missing:
            required = self.operation.response_schema["properties"][name]["items"]["required"]
        for each in lacking.missing:
            where = f"{array}/required/{required.index(each)}"
            yield Key("response.required", walked, where), "absent", pointer((*at, each))
        for each in lacking.extras:
            location = pointer((name, "*", each))
            key = Key("response.undocumented_field", walked, f"{array}/properties", location)
            yield key, value_said(element[each]), pointer((*at, each))

    def _judge_consistency(self, tally: Tally, value: Any, walked: bool) -> None:
        items = self._items(value)
        tied = self._tied(items)
        _count_consistency(tally, len(items), tied, walked)
        if _is_consistent(tied):
            return
        roles = self.operation.roles
        for field, (beside, values) in roles.only_when.items():
            for number, item in enumerate(items):
                if resolve(item, field) is not None and resolve(item, beside) not in values:
                    key = Key("response.consistency", walked, field)
                    said = beside_said(beside, resolve(item, beside))
                    tally.broke(key, said, f"{roles.items}/{number}{field}")

    def _tied(self, items: Sequence[Any]) -> _Tied:
        return {
            field: (values, _beside(items, field, beside))
            for field, (beside, values) in self.operation.roles.only_when.items()
        }

    def _items(self, value: Any) -> Sequence[Any]:
        """Return the items of a body whose fields are tied to others."""
        roles = self.operation.roles
        items = resolve(value, roles.items) if roles.only_when and roles.items is not None else None
        return items if isinstance(items, list) else []


def _number(found: Violation | Undocumented) -> int:
    """Return which element of an array at the top it is about; -1 where it is about none."""
    _, number, *_ = (*tokens(found.pointer), "", "")
    return int(number) if number.isdecimal() else -1


def _is_consistent(tied: _Tied) -> bool:
    """Say whether every field that is tied to some values of another stands beside those."""
    return all(all(map(values.__contains__, besides)) for values, besides in tied.values())


def _count_consistency(tally: Tally, items: int, tied: _Tied, walked: bool) -> None:
    if items:
        tally.judged[walked, CONSISTENCY] += items
        for field, (_, besides) in tied.items():
            tally.judged[walked, CONSISTENCY + field] += len(besides)


def _is_exact(value: Any) -> bool:
    """Say whether no number in a value may have lost digits when it was decoded."""
    if isinstance(value, dict | list):
        return all(map(_is_exact, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or abs(value) < 2**63


def _judge_failure(tally: Tally, failure: Failure) -> None:
    if failure.kind == "size":
        tally.counts["too long"] += 1
        tally.broke(Key("response.json", detail="size"), f"size: {failure.message}")


def _beside(items: Sequence[Any], field: str, beside: str) -> list[Any]:
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
