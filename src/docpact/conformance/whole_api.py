"""A check of several operations side by side, each once there are values for its path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, Final, TypeAlias

from docpact.cases.names import list_documented_texts
from docpact.cases.path_values import (
    MOST_ITEMS,
    PathValues,
    Shown,
    collection,
    list_collections,
    list_needed,
    list_sources,
)
from docpact.cases.sampling import sample_given
from docpact.cases.wire import is_value
from docpact.conformance.obstacles import UNKNOWN
from docpact.conformance.plan.phases import EXAMPLE
from docpact.conformance.session import INTERRUPTED
from docpact.errors import ContractError
from docpact.model import Exchange, Operation, Run
from docpact.model.path import last_segment
from docpact.model.path import names as path_names
from docpact.rules.path.listing import GONE
from docpact.rules.responses.field_choices import find_selections
from docpact.rules.walks.bodies import BodyReader
from docpact.targets.connections import BudgetSpent
from docpact.targets.http import HttpTarget
from docpact.text import pluralize
from docpact.traffic.journal import Journal

MOST_PARENTS: Final = 10
"""Number of things below which a list is looked for that has items."""

PARENTS: Final = "parents"
"""Name of the phase that looks for a thing below which a list has items."""

GRACE: Final = 5.0
"""Seconds that operations under way have to end after Ctrl-C."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of checking one operation.

    Attributes:
        shown: what its responses showed.
        statuses: of its responses.
        journal: of its exchanges, or None.
    """

    run: Run
    shown: Shown
    is_unreachable: bool = False
    statuses: frozenset[int] = frozenset()
    journal: Journal | None = None

    def after(self, requests: tuple[str, int]) -> Checked:
        """Return the result with the requests of a phase before the run."""
        run = replace(self.run, requests=(requests, *self.run.requests))
        return replace(self, run=run)


Check: TypeAlias = Callable[[Operation], Checked]
"""Checks one operation; several threads may call it."""

Fetch: TypeAlias = Callable[[Operation], Exchange | None]
"""Returns the response to the plain request of an operation; None if nothing may be sent."""


@dataclass(slots=True)
class Whole:
    """Checks operations in an order in which each finds values for its path.

    Attributes:
        check: checks one operation.
        stop: makes the checks under way end soon.
        done: called with each run, and with the number of operations that are not done yet.
        defaults: returns values for parameters of an operation that nothing else has one for.
        runs: id of an operation → its run.
        not_tested: id of an operation → why nothing was sent to it.
        reason: why the whole is inconclusive; empty if it is not.
        is_interrupted: whether that is because the user interrupts the run.
        left_behind: things that were created and not removed, one line each.
        values: those of paths that were found so far.
    """

    check: Check
    stop: Callable[[], None]
    done: Callable[[Run, int], None]
    defaults: Callable[[Operation], Mapping[str, str]]
    runs: dict[str, Run] = field(default_factory=dict)
    not_tested: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    is_interrupted: bool = False
    left_behind: list[str] = field(default_factory=list)
    values: PathValues = field(default_factory=PathValues)
    _documented: dict[str, Operation] = field(default_factory=dict)
    _waiting: dict[str, Operation] = field(default_factory=dict)
    _running: dict[str, Operation] = field(default_factory=dict)
    _sources: dict[str, list[Operation]] = field(default_factory=dict)
    _results: SimpleQueue[tuple[str, Checked | BaseException]] = field(default_factory=SimpleQueue)

    def run(self, operations: Iterable[Operation], count: int) -> None:
        """Check some operations at once; the first one alone shows whether there is a target.

        Their `given` has priority over values that are found.
        """
        self._documented = {each.id: each for each in operations}
        self._waiting = dict(self._documented)
        listed = [*self._waiting.values()]
        self._sources = {each.id: list_sources(each, listed) for each in listed}
        try:
            while self._start(count if self.runs else 1) or self._running:
                self._take(*self._results.get())
        except KeyboardInterrupt:
            self._interrupt()

    def _start(self, count: int) -> bool:
        """Start as many operations as may run, and say whether one was started."""
        started = False
        for each in self._list_ready() if len(self._running) < count else ():
            del self._waiting[each.id]
            self._running[each.id], started = each, True
            Thread(target=self._work, args=(each,), daemon=True).start()
            if len(self._running) >= count:
                break
        return started

    def _list_ready(self) -> list[Operation]:
        """Return the operations whose path has values; drop those whose path never will."""
        active = self._waiting.keys() | self._running.keys()
        ready = [
            each
            for each in self._waiting.values()
            if not any(source.id in active for source in self._sources[each.id])
        ]
        is_circle = not ready and not self._running
        ready = [*self._waiting.values()] if is_circle else ready
        filled = [replace(each, given=self.guess(each)) for each in ready]
        kept = [each for each in filled if not list_missing(each)]
        if is_circle and kept:  # the first of them may show what the others wait for
            return [min(kept, key=lambda each: len(each.path_parameters))]
        for each in filled:
            if missing := list_missing(each):
                del self._waiting[each.id]
                self.not_tested[each.id] = self.advise(each, missing[0])
        return kept if kept or kept == filled else self._list_ready()

    def run_below(self, create: Operation, thing: Mapping[str, Any]) -> None:
        """Check the operations that only lacked a thing like the one that was just created."""
        known = self.values
        self.values = known.with_created(create, thing)
        try:
            self._run_untested(self.values.is_below_created)
        finally:
            self.values = known

    def run_shown(self, search: Operation, items: Sequence[Any]) -> None:
        """Check the operations that only lacked a thing like those that a search shows."""
        self.values.learn(Shown(replace(search, roles=replace(search.roles, items="")), [items]))
        paths = {*list_collections(search)}
        self._run_untested(
            lambda each: any(collection(each, name) in paths for name in path_names(each.path))
        )

    def _run_untested(self, may_run: Callable[[Operation], bool]) -> None:
        documented = self._documented
        untested = [each for each in documented.values() if each.id in self.not_tested]
        try:
            self.run(filter(may_run, untested), 1)
        finally:
            self._documented = documented
        self.not_tested = {k: why for k, why in self.not_tested.items() if k not in self.runs}

    def fill(self, operation: Operation, item: int = 0) -> Mapping[str, str]:
        """Return the values of parameters that are known so far, from the item with a number."""
        found = {**list_headers(operation), **self.defaults(operation)}
        found |= self.values.fill(operation, item)
        return {**found, **self.values.borrow(operation, found, item)}

    def fill_below(
        self, operation: Operation, create: Operation, thing: Mapping[str, Any]
    ) -> Mapping[str, str]:
        """Return the values of the path of an operation below a thing that exists, or none."""
        created = self.values.with_created(create, thing)
        return created.fill(operation) if created.is_below_created(operation) else {}

    def guess(self, operation: Operation) -> Mapping[str, str]:
        """Return the values that are known so far, and one of each further query parameter.

        It is documented, or a sample.
        """
        known = self.fill(operation)
        needed = [p.name for p in list_needed(operation, known) if p.location == "query"]
        samples = sample_given(operation) if needed else {}
        stated = {p.name: next(list_documented_texts(p), None) for p in operation.query_parameters}
        return {**known, **{name: stated[name] or samples[name] for name in needed}}

    def list_parents(self, operation: Operation) -> list[Operation]:
        """Return an operation with the path of each of a few things that it may be about.

        Those below which another list had items come first, then some from the whole list, for
        its first or its last ones may be too new to have anything below them.
        """
        if not operation.path_parameters:
            return [operation]
        documented = self._documented[operation.id]
        fills = [operation.given, *(self.fill(documented, item) for item in range(MOST_ITEMS))]
        different = {tuple(sorted({**operation.given, **fill}.items())): None for fill in fills}
        parents = [replace(operation, given=dict(each)) for each in different]
        filled = [each for each in parents if self.values.is_filled(each)]
        last = len(parents) - 1
        spread = [parents[last * number // (MOST_PARENTS - 1)] for number in range(MOST_PARENTS)]
        return [*dict.fromkeys((*filled[:1], *spread))]

    def advise(self, operation: Operation, missing: str) -> str:
        """Return why an operation is not tested, and what to do; see `list_missing`."""
        name = missing.rsplit(maxsplit=1)[-1]
        needed = {p.name: p.name for p in list_needed(operation, {name, *operation.given})}
        alone = replace(operation, given={**operation.given, **needed})
        sources = {each.request: each.id for each in list_sources(alone, self._documented.values())}
        runs = [self.runs.get(each) for each in sources.values()]
        first, *others = sources or [""]
        more = [pluralize(len(others), "other list")] if len(others) > 1 else others
        names = " and ".join((first, *more))
        if runs and all(run and run.reason for run in runs):
            return f"{missing} has no value: {names} gave no verdict"
        shown = f"; {names} showed none" if names else ""
        return f"{missing} has no value{shown}: --param {name}=VALUE"

    def _work(self, operation: Operation) -> None:
        try:
            self._results.put((operation.id, self.check(operation)))
        except BaseException as error:  # noqa: BLE001 — raised again by the thread that waits
            self._results.put((operation.id, error))

    def _take(self, name: str, result: Checked | BaseException) -> None:
        """Keep the result of an operation; of an unreachable target no other is asked."""
        del self._running[name]
        if isinstance(result, ContractError):
            self.not_tested[name] = str(result)
            return
        if isinstance(result, BaseException):
            self.stop()
            raise result
        if self._is_missed(name, result):
            self.not_tested[name] = reason = self._advise_missed(name)
            if result.journal is not None:
                result.journal.end(reason, is_untested=True)
            return
        self.runs[name] = result.run
        self.done(result.run, len(self._waiting) + len(self._running))
        self.values.learn(result.shown)
        if result.is_unreachable:
            self._abandon(result.run.reason)

    def _is_missed(self, name: str, result: Checked) -> bool:
        """Return whether the server does not know a thing that no response shows."""
        operation = self._documented[name]
        missing = [each for each in path_names(operation.path) if each not in operation.given]
        if len(self.guess(operation)) > len(self.fill(operation)):
            return bool(result.statuses) and all(400 <= each < 500 for each in result.statuses)
        if not missing:
            return False
        is_guess = self.values.is_guess(operation)
        is_shown = not is_guess and self.values.is_shown(operation)
        is_known = is_shown or (not is_guess and missing[-1] in self.values.fill(operation))
        missed = (
            () if is_shown and not is_optional_part(operation) else GONE if is_known else UNKNOWN
        )
        return bool(result.statuses) and result.statuses <= {*missed}

    def _advise_missed(self, name: str) -> str:
        operation = self._documented[name]
        sent = self.guess(operation)
        names = [p.name for p in list_needed(operation, operation.given)]
        tried = " and ".join(f"{each}={sent[each]}" for each in names)
        is_known = is_optional_part(operation) and self.values.is_shown(operation)
        has = f"has no {last_segment(operation.path)} of" if is_known else "does not know"
        return f"the server {has} {tried}: --param {names[-1]}=VALUE"

    def _abandon(self, reason: str) -> None:
        self.reason = self.reason or reason
        self.not_tested |= dict.fromkeys(self._waiting, reason)
        self._waiting.clear()

    def end_interrupted(self) -> None:
        """Test no further operation, because the user interrupts the run."""
        self.is_interrupted = True
        self._abandon(INTERRUPTED)

    def _interrupt(self) -> None:
        """Let the operations under way end, for a moment."""
        self.stop()
        self.end_interrupted()
        until = monotonic() + GRACE
        while self._running and (left := until - monotonic()) > 0:
            try:
                self._take(*self._results.get(timeout=left))
            except Empty:
                break
        self.not_tested |= dict.fromkeys(self._running, INTERRUPTED)


def is_optional_part(operation: Operation) -> bool:
    """Return whether a thing may lack what this operation shows, such as its picture."""
    is_part = not operation.path.rstrip("/").endswith("}") and not operation.roles.is_list
    return is_part and any(map(operation.documents, GONE))


def list_headers(operation: Operation) -> dict[str, str]:
    """Return name → documented value of the required headers that have one."""
    required = (p for p in operation.parameters if p.required and p.location == "header")
    return {p.name: text for p in required if (text := next(list_documented_texts(p), None))}


def list_missing(operation: Operation) -> list[str]:
    """Return location and name of each required parameter without a value."""
    needed = (p for p in operation.parameters if p.required and p.location != "cookie")
    missing = (p for p in needed if not is_value(p, operation.given.get(p.name)))
    return [f"{each.location} parameter {each.name}" for each in missing]


def choose_request(
    parents: Sequence[Operation], open_target: Callable[[Operation], HttpTarget]
) -> tuple[Operation, int]:
    """Return the first operation that shows something, or else the first, and the requests sent.

    A list that shows few fields by default asks for all of them.
    """
    seen: dict[Operation, Sequence[Exchange]] = {}

    def look(operation: Operation) -> Exchange | None:
        """Return the response to the plain request, which is sent once; None if it may not be."""
        if operation not in seen:
            seen[operation] = ()
            with suppress(BudgetSpent):
                seen[operation] = open_target(operation).send(EXAMPLE)
        return seen[operation][-1] if seen[operation] else None

    chosen = _ask_for_fields(_find_filled(parents, look), look)
    return chosen, sum(map(len, seen.values()))


def _find_filled(parents: Sequence[Operation], look: Fetch) -> Operation:
    for each in parents if len(parents) > 1 else ():
        if (found := look(each)) is None:
            break
        if _shows_something(each, found):
            return each
    return parents[0]


def _ask_for_fields(operation: Operation, look: Fetch) -> Operation:
    """Return a list that asks for all its fields if it shows few by default.

    Only a choice that hides nothing counts: filters, ranges and orders are judged by these fields.
    """
    for each in find_selections(operation) if operation.roles.is_list else ():
        if each.adds or not (each.is_listed and each.is_documented and each.parameter.is_joined):
            continue
        usual = _list_fields(operation, look(operation))
        is_sparse = usual and 2 * len({*each.names} & usual) <= len(each.names)
        for names in (each.every, each.names) if is_sparse else ():
            given = {**operation.given, each.parameter.name: ",".join(names)}
            fuller = replace(operation, given=given)
            if usual < _list_fields(fuller, look(fuller)):
                operation = fuller
                break
    return operation


def _list_fields(operation: Operation, final: Exchange | None) -> set[str]:
    """Return the fields that every item of the first page has."""
    page = BodyReader(operation).read_page(final) if final else None
    items = page.items if page else ()
    return set.intersection(*({*item.fields} for item in items)) if items else set()


def _shows_something(operation: Operation, final: Exchange) -> bool:
    """Return whether the first page shows items, or whether a single thing exists."""
    if not operation.roles.is_list:
        return final.status not in GONE
    page = BodyReader(operation).read_page(final)
    return page is not None and bool(page.items)
