"""The accumulator: counts what responses show, one after another, into a summary."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeAlias

from docpact.bodies.contents import Extra
from docpact.bodies.decode import Decoded, find_separator
from docpact.bodies.places import known_pointer, list_places
from docpact.bodies.validate import (
    Inspection,
    describe_extra,
    describe_missing,
    validate,
)
from docpact.limits import MAX_BREACHES, MAX_OBSERVED
from docpact.media_types import is_json
from docpact.model import DocumentedResponse, Exchange, Expected, Failure, Operation, Response
from docpact.model.pointer import Tokens, tokens
from docpact.model.roles import list_expanded
from docpact.model.schema import follow
from docpact.rules.responses.documented import (
    TOO_MANY_REQUESTS,
    Fault,
    asks_for_another_format,
    choose_content,
    describe_label,
    describe_status,
    find_body_faults,
    find_header_faults,
    find_request_faults,
    has_accepted_body,
    is_beyond_contract,
    is_documented_for,
    is_expanded,
    is_foreign_html,
    is_judged_elsewhere,
    is_lenient,
    list_problems,
    shows_page_of_nothing,
)
from docpact.rules.responses.field_choices import can_choose_fields, chooses_fields
from docpact.rules.responses.promises import REQUEST, UNDOCUMENTED, check_promised
from docpact.rules.responses.summary import (
    CONSISTENCY,
    DEEP,
    UNREAD,
    BreachKey,
    BreachSummary,
    Example,
    Summary,
    Tie,
    find_items,
    find_ties,
    rank,
    read_tied,
)
from docpact.text import excerpt

Seen: TypeAlias = Iterable[tuple[str, str]]
"""See `docpact.bodies.validate.Validation.seen`."""


class Accumulator:
    """Counts responses in the order of their requests.

    Attributes:
        operation: the contract.
        counts: see `Summary`.
    """

    def __init__(self, operation: Operation, *, keeps_visits: bool = False) -> None:
        self.operation = operation
        self.counts = Counter[str]()
        self._observations = {True: Counter[str](), False: Counter[str]()}
        self._refusals, self._seen = set[tuple[str, int]](), set[tuple[str, str]]()
        self._breaches: dict[BreachKey, BreachSummary] = {}
        self._times = Counter[BreachKey]()
        self._is_cut = self._is_other_type = False
        self._keeps_visits = keeps_visits
        self._fields = frozenset(follow(operation.response_schema)[0].get("properties", ()))
        self._names = frozenset(parameter.name for parameter in operation.query_parameters)
        self._can_choose = can_choose_fields(operation)

    def begin(self, at: tuple[int, int], exchange: Exchange | Callable[[], Exchange]) -> None:
        """Turn to the next exchange, or to a function that makes it when a breach needs it.

        `at` is the number of its source, and its number in the source.
        """
        self._at, self._exchange, self._observed = at, exchange, 0

    def add_outcome(self, outcome: Response | Failure) -> bool:
        """Count the outcome of the present exchange, sent with valid credentials, without its body.

        Return whether the response has the main body, so that it counts too.
        """
        if isinstance(outcome, Failure):
            self._add_failure(outcome)
            return False
        documented = self.operation.find_response(outcome.status)
        if outcome.status != TOO_MANY_REQUESTS:
            self.counts["answered"] += 1
            self.counts["HTML"] += is_foreign_html(self.operation, outcome)
            if not self.operation.is_main(outcome.status):
                self._add_status()
        if documented is not None and self.operation.is_main(outcome.status):
            return self.add_main(documented, outcome)
        if documented is not None and not self.operation.is_main_response(documented):
            self.add_documented(documented, outcome)
        return False

    def is_beyond_contract(self) -> bool:
        """Return whether docpact sent a request that the server should reject."""
        return isinstance(self._exchange, Exchange) and is_beyond_contract(self._exchange)

    def add_request(self) -> None:
        """Count the body of the present request, if it is a recorded one that can be judged."""
        exchange = self._get_exchange()
        if has_accepted_body(self.operation, exchange):
            faults = find_request_faults(self.operation, exchange)
            self.counts[UNREAD] += faults is None
            self._add_faults(REQUEST, faults)

    def add_refusal(self, response: Response) -> None:
        """Count a response to invalid credentials, if it is a documented refusal."""
        documented = self.operation.find_response(response.status)
        if documented is None or self.operation.is_main_response(documented):
            return
        if 400 <= response.status < 500:
            self.add_documented(documented, response)

    def add_documented(self, documented: DocumentedResponse, response: Response) -> None:
        """Count a response whose body is not the main one."""
        self._add_headers(documented, response)
        may_differ = self.operation.is_main_response(documented) or is_lenient(
            self._get_exchange(), documented
        )
        faults = find_body_faults(self.operation, documented, response, is_lenient=may_differ)
        self._add_faults(documented.status, faults)

    def _add_faults(self, where: str, faults: Iterable[Fault] | None) -> None:
        """Count something that was judged, and note its faults; None if it was not judged."""
        if faults is not None:
            self._observations[False][where] += 1
            for fault in faults:
                self.add_breach(*fault)

    def add_main(self, documented: DocumentedResponse, response: Response) -> bool:
        """Count a response to an accepted request; return whether it has the main body."""
        operation = self.operation
        is_page = is_foreign_html(operation, response)
        if is_page and shows_page_of_nothing(operation, self._get_exchange()):
            return False  # `path.unknown` judges it
        content, self._is_other_type = choose_content(documented, response), False
        label = response.header("content-type")
        is_other = content is not None and content.media_type != operation.content_type
        if documented.content and response.headers_known and operation.method != "HEAD":
            query = () if content is not None else self._get_exchange().case.query
            if asks_for_another_format(operation, query):
                return False
            self.counts["labelled"] += 1
            if content is None:
                self.add_breach(BreachKey("response.content_type"), describe_label(label))
                self._is_other_type = label is not None and not is_json(label)
        if is_other or not operation.is_json:
            self.add_documented(documented, response)
            return False
        self._add_headers(documented, response)
        is_sequence = content is None and find_separator(label or "") != b""
        if is_sequence or not response.body_known:
            return False
        self.counts["bodies"] += 1
        return True

    def _add_headers(self, documented: DocumentedResponse, response: Response) -> None:
        for where, fault in find_header_faults(self.operation, documented, response):
            self._add_faults(where, () if fault is None else (fault,))

    def add_body(self, decoded: Decoded, inspection: Inspection | None, in_survey: bool) -> None:
        """Count a body of the documented status.

        What follows an undocumented request is undocumented: other rules judge that the server
        accepts it.
        """
        self.add_problems(decoded)
        if inspection is None:
            return
        self.count_decoded([decoded.value])
        if self.is_beyond_contract():
            return
        self.add_inspection(inspection, in_survey)
        self.add_consistency(decoded.value, in_survey)

    def count_decoded(self, values: Sequence[Any]) -> None:
        """Count decoded bodies, and those with any of the documented fields, null or not."""
        fields = self._fields
        self.counts["decoded"] += len(values)
        self.counts["recognized"] += sum(
            isinstance(each, dict) and not fields.isdisjoint(each) for each in values
        )

    def add_inspection(self, inspection: Inspection, in_survey: bool) -> None:
        """Count a validated value and note its breaches.

        A chosen selection lacks other fields. The invalid parts of a request body that the server
        accepts may be in its response, too: `write.rejects` alone notes such bodies. A field that
        the request expands has another type than the documented id. A filter, or a further page,
        leaves fewer items than `minItems` of the list.
        """
        contents, violations = inspection
        self.add_observations(in_survey, contents.counts, contents.seen)
        is_partial = self._can_choose and chooses_fields(self.operation, self._get_exchange().case)
        sent = self._find_sent_faults() if contents.missing or violations else ()
        expanded = list_expanded(self._get_exchange().case.query) if violations else ()
        missing = ((describe_missing(each, 0), each.number) for each in contents.missing)
        for violation, times in (*missing, *violations):
            is_left_out = is_partial and violation.keyword == "required"
            is_left_out |= is_expanded(violation, expanded)
            if violation.keyword == "minItems" and violation.pointer == self.operation.roles.items:
                is_left_out |= self._may_match_nothing()
            if is_left_out or _repeats(violation.pointer, sent):
                continue
            rule, where = f"response.{violation.keyword}", violation.location
            key = BreachKey(rule, in_survey, violation.schema_pointer, where)
            self.add_breach(key, violation.observed, violation.pointer, times)
        for extra in contents.extras:
            self._add_extra(extra, in_survey)
        self._is_cut = self._is_cut or contents.is_cut

    def _may_match_nothing(self) -> bool:
        """Return whether a request has more parameters than the size of a page, or a later page."""
        case = self._get_exchange().case
        others = {name for name, _ in case.query} - {self.operation.roles.size_parameter}
        return case.visit.page > 1 or bool(others)

    def _find_sent_faults(self) -> Sequence[Tokens]:
        """Return the paths of the invalid parts of the request body that docpact sent."""
        body, schema = self._get_exchange().case.question.body, self.operation.body_schema
        found = validate(schema, json.loads(body)).violations if body and schema is not None else ()
        return [tokens(each.pointer) for each in found]

    def _add_extra(self, extra: Extra, in_survey: bool) -> None:
        """Note undocumented fields of one name; equal values are described once."""
        where = known_pointer(extra.where), known_pointer(extra.folded)
        key = BreachKey(UNDOCUMENTED, in_survey, *where)
        if self.is_full(key):
            self.add_breach(key, "", times=len(extra.values))
            return
        numbers: dict[str, list[int]] = {}
        for number, value in enumerate(extra.values):
            numbers.setdefault(repr(value), []).append(number)
        for some in numbers.values():
            found = describe_extra(extra, some[0])
            self.add_breach(key, found.observed, found.pointer, len(some))

    def add_problems(self, decoded: Decoded) -> None:
        """Note the first problem of each kind, except a depth that the schema allows.

        `response.content_type` alone judges a body of another type.
        """
        if self._is_other_type and not decoded.readable:
            return
        for kind, text in list_problems(decoded, self.operation.response_schema).items():
            self.counts[DEEP] += not text
            if text:
                self.add_breach(BreachKey("response.json", detail=kind), text)

    def add_observations(
        self, in_survey: bool, observations: Mapping[str, int], seen: Seen
    ) -> None:
        """Count instances by the JSON Pointer of each keyword, and note the values seen."""
        self._observations[in_survey].update(observations)
        self._seen.update(seen)

    def add_consistency(self, value: Any, in_survey: bool) -> None:
        """Count the items of a body whose fields are tied to others."""
        items = find_items(self.operation, value)
        ties = find_ties(self.operation, items)
        self.count_ties(len(items), ties, in_survey)
        for tie in ties:
            if not tie.is_kept():
                self._add_broken_tie(tie, items, in_survey)

    def count_ties(self, items: int, ties: Iterable[Tie], in_survey: bool) -> None:
        """Count a number of items, and for each tie those that have the field."""
        if items:
            self._observations[in_survey][CONSISTENCY] += items
            for tie in ties:
                self._observations[in_survey][CONSISTENCY + tie.field] += len(tie.others)

    def add_breach(self, key: BreachKey, observed: str, first: str = "", times: int = 1) -> None:
        """Note a breach by the present exchange.

        Raises:
            InternalError: the contract makes no such promise.
        """
        position = (*self._at, self._observed)
        self._observed += times
        breach = self._breaches.get(key)
        if breach is None:
            check_promised(self.operation, key, observed)
            exchange = self._get_exchange()
            example = Example(exchange.request, position)
            breach = BreachSummary(0, position, first or exchange.case.title, example, {}, {})
            self._make_room()
            self._breaches[key] = breach
        elif rank(breach.example)[0]:
            example = min(breach.example, Example(self._get_exchange().request, position), key=rank)
            breach = self._breaches[key] = replace(breach, example=example)
        self._times[key] += times
        if len(breach.observed) < MAX_OBSERVED:
            breach.observed.setdefault(observed, position)
        if self._keeps_visits:
            breach.visits.setdefault(self._get_exchange().case.page_visit, position)

    def _make_room(self) -> None:
        """Drop the breaches with the largest keys if there are too many, as a summary does."""
        if len(self._breaches) >= 2 * MAX_BREACHES:
            self._is_cut = True
            for each in sorted(self._breaches)[MAX_BREACHES:]:
                del self._breaches[each], self._times[each]

    def is_full(self, key: BreachKey) -> bool:
        """Return whether no other observation of a breach would be kept."""
        return key in self._breaches and len(self._breaches[key].observed) >= MAX_OBSERVED

    def summary(self) -> Summary:
        """Return the counts."""
        documented = _list_enumerated(self.operation)
        return Summary() + Summary(
            counts=+self.counts,
            observations={
                (in_survey, where): number
                for in_survey, counts in self._observations.items()
                for where, number in counts.items()
            },
            breaches={
                key: replace(each, count=self._times[key]) for key, each in self._breaches.items()
            },
            refusals=frozenset(self._refusals),
            is_cut=self._is_cut,
            seen=frozenset(each if each in documented else (each[0], "") for each in self._seen),
        )

    def _get_exchange(self) -> Exchange:
        if not isinstance(self._exchange, Exchange):
            self._exchange = self._exchange()
        return self._exchange

    def _add_failure(self, failure: Failure) -> None:
        if failure.kind == "size" and self.operation.is_json:
            self.counts["too long"] += 1
            self.add_breach(BreachKey("response.json", detail="size"), f"size: {failure.message}")

    def _add_status(self) -> None:
        """Note a status that accepted requests do not have, unless it is judged elsewhere."""
        operation, exchange = self.operation, self._get_exchange()
        case, status = exchange.case, exchange.status
        tested, is_plain = case.expectation.parameter, not (case.query or case.question.path)
        if is_plain or (tested and case.expectation.answer is Expected.ACCEPTED):
            self._refusals.add((tested or "", status))
        if is_judged_elsewhere(operation, exchange) or is_documented_for(operation, exchange):
            return
        is_alone = tested is not None or len(case.query) < 2
        names = set() if is_alone else {name for name, _ in case.query} & self._names
        key = BreachKey("response.status", detail=str(status), parameters=tuple(sorted(names)))
        self.add_breach(key, describe_status(exchange))

    def _add_broken_tie(self, tie: Tie, items: Sequence[Any], in_survey: bool) -> None:
        key = BreachKey(CONSISTENCY, in_survey, tie.field)
        where = self.operation.roles.items
        for number, item in enumerate(items):
            other = read_tied(item, tie.field, tie.other)
            if other is not None and other not in tie.values:
                observed = f"filled in where {tie.other} is {excerpt(other)}"
                self.add_breach(key, observed, f"{where}/{number}{tie.field}")


def _repeats(where: str, sent: Sequence[Tokens]) -> bool:
    """Return whether a place is one of the request body, perhaps in an envelope."""
    path = tokens(where)
    return any(each and (path[-len(each) :] == each or path == each[1:]) for each in sent)


@lru_cache(maxsize=8)
def _list_enumerated(operation: Operation) -> frozenset[tuple[str, str]]:
    """Return the folded location and the text of every enumerated value."""
    return frozenset(
        (place.location, excerpt(member))
        for place in list_places(operation.response_schema)
        for member in place.schema.get("enum", ())
    )
