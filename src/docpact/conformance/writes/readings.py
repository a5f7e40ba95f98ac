"""Readings of the things of a life cycle: alone, in a list, and again after others changed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from docpact.cases.wire import can_be_documented
from docpact.conformance.writes.creations import Creations
from docpact.conformance.writes.things import Moves, Thing, must_show, read_body, unwrap
from docpact.errors import ContractError
from docpact.model import Operation
from docpact.model.pointer import resolve
from docpact.rules.comparison import is_same
from docpact.rules.evidence import ACCEPTED, Step
from docpact.rules.walks.pages import as_text, misleads
from docpact.rules.walks.walk import Ending, Walk
from docpact.rules.writes.deletions import is_marked_gone

WAITS: Final = (0.0, 0.1, 0.5, 1.5, 3.0)
"""Seconds to wait before each look at a thing: a server may store and delete with delay."""


@dataclass(slots=True)
class Readings(Creations):
    """Reads things, and remembers what they showed.

    The numbers in the fields `moving` move by themselves; they are not compared.
    """

    sleep: Callable[[float], None] = time.sleep
    steps: list[Step] = field(default_factory=list)
    moving: set[str] = field(default_factory=set)
    _vain: set[str] = field(default_factory=set)
    _length: int = 0

    def _wait(self, action: str) -> Iterator[None]:
        """Wait before each look; once all looks of a kind were in vain, later ones wait less."""
        for wait in WAITS[: 2 if action in self._vain else None]:
            self.sleep(wait)
            yield
        self._vain.add(action)

    def _read(
        self,
        thing: Thing,
        *,
        changed: frozenset[str] = frozenset(),
        is_deleted: bool = False,
        moves: Moves | None = None,
    ) -> None:
        """Read a thing, again after a moment if the server is not up to date.

        A thing whose name the path of the reading does not allow is not read.
        """
        read = self.resource.read
        last = read.last_parameter if read is not None else None
        if read is None or not (last is None or can_be_documented(last, thing.name)):
            return
        for _ in self._wait("deleted" if is_deleted else "read"):
            exchange = self._send(read, f"read {thing.name}", thing.name)
            shown = unwrap(read_body(exchange), thing.fields, read.response_schema)
            is_marked = is_marked_gone(shown, self.resource.delete)
            is_gone = not exchange.is_success or is_marked or not thing.is_shown_by(shown)
            is_due = (is_gone if is_deleted else exchange.is_success) and exchange.status < 500
            if is_due and not thing.is_stale(shown, changed):
                break
        if not (is_due or is_deleted) and thing.name in self._accepted:
            raise ContractError(thing.name, f"POST got {ACCEPTED}, and it does not exist yet")
        if moves is not None:
            thing.follow_rank(shown, moves)
            thing.follow_state(shown)
        is_other = moves is not None
        step = Step("read", exchange, thing.name, thing.expect(changed, is_other=is_other), changed)
        step = replace(step, body=shown, is_shown=not is_gone)
        self.steps.append(replace(step, is_deleted=is_deleted, is_other=is_other))
        if exchange.is_success:
            self._see(thing, shown, is_touched=bool(changed) or is_other)

    def _see(self, thing: Thing, shown: Any, *, is_touched: bool) -> None:
        """Remember how a thing was read, and the numbers that move by themselves."""
        thing.see(shown, is_touched=is_touched)
        self.moving |= thing.list_moving()

    def _read_again(self, thing: Thing | None) -> None:
        """Read a thing after others were created, which may change what servers compute."""
        read = self.resource.read
        if thing is not None and read is not None:
            exchange = self._send(read, f"read {thing.name} again", thing.name)
            if exchange.is_success:
                shown = unwrap(read_body(exchange), thing.fields, read.response_schema)
                thing.follow_rank(shown, Moves(range(self._sent)))
                self._see(thing, shown, is_touched=False)

    def _follow_location(self, thing: Thing) -> None:
        """Read the thing that the Location header names, if it has another id than the body."""
        (created, *_) = (step.exchange for step in self.steps if step.name == thing.name)
        name = self._read_location(created)
        if self.resource.read is None or name in (None, thing.name):
            return
        exchange = self._send(self.resource.read, f"read {name}, as Location says", name)
        marks = self._find_marks(created.case.question.body or "")
        is_alike = not marks or bool(marks & self._find_marks(str(read_body(exchange))))
        is_other = not (exchange.is_success and is_alike)
        self.steps.append(Step("location", exchange, str(name), is_other=is_other))

    def _read_other(self, thing: Thing | None, moves: Moves) -> None:
        if thing is not None and thing.shown is not None:
            self._read(thing, moves=moves)

    def _look(
        self, thing: Thing, *filters: tuple[str, str], is_deleted: bool = False
    ) -> Mapping[str, Any] | None:
        """Return the item that shows a thing in the list, or in a list with filters it matches.

        Look again after a moment if the list is not up to date.
        """
        if self.resource.listing is None:
            return None
        for _ in self._wait("unlisted" if is_deleted else "listed"):
            walk = self._walk(self.resource.listing, *filters)
            if walk is None or (thing.name in self._accepted and not is_deleted):
                return None
            items = (item.fields for item in walk.items)
            found = next((i for i in items if self._name_item(i) == thing.name), None)
            shown = {**thing.fields, **(thing.shown or {})}
            asked = self._target(self.resource.listing).operation
            is_expected = must_show(asked, self.create, shown)
            is_shorter = walk.ending is Ending.UNKNOWN and walk.count < self._length
            is_whole = walk.reached_end or (bool(filters) and is_shorter)
            self._length = self._length if filters else walk.count
            is_missed = is_expected and is_whole and self._shows_names(walk)
            is_shown = True if found is not None else False if is_missed else None
            last = walk.pages[-1].exchange
            is_twice = not is_deleted and self._has_twin(walk, thing)
            step = Step("list", last, thing.name, body=found, is_shown=is_shown, is_other=is_twice)
            counts = None if filters else _count_items(self.resource.listing, walk)
            is_exact = bool(self.resource.listing.roles.counts)
            is_late = counts and (counts[0] < counts[1] or (is_exact and counts[0] > counts[1]))
            if is_shown is None or (is_shown != is_deleted and not is_late):
                break
        self.steps.append(replace(step, is_deleted=is_deleted, counts=counts))
        return found

    def _look_first(self, thing: Thing) -> dict[str, Any]:
        """Return the fields of a new thing that the list shows alike; look in filtered lists."""
        found = self._look(thing) or {}
        self._look_filtered(thing)
        shown = thing.shown or {}
        return {name: each for name, each in found.items() if is_same(each, shown.get(name))}

    def _look_filtered(self, thing: Thing) -> None:
        """Look for a thing in lists with a documented filter, by the values that were sent."""
        listing = self.resource.listing
        for name, where in listing.roles.filters.items() if listing is not None else ():
            sent, shown = (resolve(e, where, default=None) for e in (thing.fields, thing.shown))
            text = as_text(shown) if is_same(sent, shown) else None
            if listing is None or text is None or name in listing.roles.inferred:
                continue
            if not can_be_documented(listing.parameter(name), text) or misleads(text):
                continue
            count = len(self.steps)
            self._look(thing, (name, text))
            if any(step.is_shown is False for step in self.steps[count:]):
                self._read_again(thing)
                if not is_same(shown, resolve(thing.shown, where, default=None)):
                    del self.steps[count:]

    def _look_again(self, thing: Thing, before: Mapping[str, Any]) -> None:
        """Look at a changed thing in the list, which shows the fields that it showed `before`."""
        shown, listing = thing.shown or {}, self.resource.listing
        names = [n for n, old in before.items() if n in shown and not is_same(old, shown[n])]
        if listing is None or not names:
            return
        self._look_filtered(thing)
        for _ in self._wait("changed"):
            walk = self._walk(listing)
            items = (item.fields for item in walk.items) if walk is not None else ()
            found = next((i for i in items if self._name_item(i) == thing.name), None)
            if found is None or all(is_same(shown[n], found.get(n)) for n in names):
                break
        if walk is not None and found is not None:
            new = {name: shown[name] for name in names if name in found}
            last = walk.pages[-1].exchange
            step = Step("list", last, thing.name, new, frozenset(new), found, is_shown=True)
            self.steps.append(step)

    def _has_twin(self, walk: Walk, thing: Thing) -> bool:
        """Return whether a list shows another thing with the texts of a created one."""
        marks = self._find_marks(json.dumps(thing.fields))
        own = (i for i in walk.items if self._name_item(i.fields) not in {None, thing.name})
        return bool(marks) and any(
            marks <= self._find_marks(json.dumps(item.fields, default=str)) for item in own
        )

    def _shows_names(self, walk: Walk) -> bool:
        """Return whether a list shows names of things, or no things at all."""
        named = [self._name_item(each.fields) is not None for each in walk.items]
        return not named or any(named)

    def _list_names(self) -> dict[str, Any] | None:
        """Return id → item of the whole list; None if its end was not seen."""
        walk = self._walk(self.resource.listing) if self.resource.listing is not None else None
        if walk is None or not walk.reached_end:
            return None
        named = ((self._name_item(item.fields), item.fields) for item in walk.items)
        return {name: fields for name, fields in named if name is not None}

    def _remains(self, thing: Thing) -> bool:
        """Return whether a thing can still be read after a moment, and has no mark of deletion."""
        read = self.resource.read
        if read is None:
            return False
        for _ in self._wait("removed"):
            exchange = self._send(read, f"read {thing.name}", thing.name)
            body = unwrap(read_body(exchange), thing.fields, read.response_schema)
            is_shown = exchange.is_success and thing.is_shown_by(body)
            if not is_shown or is_marked_gone(body, self.resource.delete):
                return False
        return True


def _count_items(listing: Operation, walk: Walk) -> tuple[float, int] | None:
    """Return the largest total on the pages of a list, and the number of its items.

    None if the end was not seen, nothing was counted, or each page states its own length.
    """
    found = [(listing.find_total(read_body(page.exchange)), page) for page in walk.pages]
    totals = [total for total, _ in found if type(total) in (int, float)]
    is_own = len(found) > 1 and all(total == len(page.items) for total, page in found)
    is_known = listing.roles.total not in listing.roles.inferred and walk.reached_end
    return (max(totals), walk.count) if is_known and not is_own and any(totals) else None


def without(step: Step, names: Collection[str]) -> Step:
    """Return a step that expects nothing of some fields."""
    kept = {name: value for name, value in step.expected.items() if name not in names}
    return replace(step, expected=kept)
