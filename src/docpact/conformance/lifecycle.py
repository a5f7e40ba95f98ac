"""The life cycle of a resource: create, read, list, change and delete, and clean up after it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Any, Final

from docpact.bodies.engine import is_valid
from docpact.cases.plain import plain
from docpact.cases.writes import (
    Sent,
    change_values,
    invalid_bodies,
    list_low,
    partial_bodies,
    unusual_bodies,
    write_body,
)
from docpact.conformance.creations import Creations
from docpact.conformance.envelope import Envelope
from docpact.conformance.session import INTERRUPTED
from docpact.conformance.things import (
    Moves,
    Thing,
    keep_name,
    must_show,
    read_body,
    unwrap,
)
from docpact.errors import ContractError
from docpact.model import Exchange, Operation
from docpact.model.schema import follow
from docpact.rules.evidence import SEE_OTHER, Action, Step, has_created
from docpact.rules.protocol import BUSY
from docpact.rules.walks import Ending, Walk
from docpact.rules.writes import REJECTED, idempotency_header, is_marked_gone
from docpact.targets.request_budget import BudgetSpent

WAITS: Final = (0.1, 0.5, 1.5)
"""Seconds to wait before a thing is looked for again: a server may store and delete with delay."""


@dataclass(slots=True)
class LifeCycle(Creations):
    """Carries out the life cycle of the things that one operation creates.

    Attributes:
        inspect: called with the fields of a thing that exists.
        sleep: waits a number of seconds.
        steps: the requests so far that the rules judge.
        reason: why the life cycle is inconclusive; empty if it is not.
        refusal: why the server has no life cycle to test; empty if it has one.
        is_interrupted: whether Ctrl-C ended it.
        moving: fields with numbers that move by themselves; they are not compared.
        envelope: the place of the fields of a thing in requests.
    """

    inspect: Callable[[Mapping[str, Any]], None] = lambda _: None
    sleep: Callable[[float], None] = time.sleep
    steps: list[Step] = field(default_factory=list)
    reason: str = ""
    refusal: str = ""
    is_interrupted: bool = False
    moving: set[str] = field(default_factory=set)
    envelope: Envelope = field(default_factory=Envelope)

    def run(self) -> None:
        """Carry out every step; whatever happens, remove all created things."""
        try:
            self._live()
            self.steps = [self._without_moving(step) for step in self.steps]
            if any(step.exchange.status in BUSY for step in self.steps):
                self.reason = f"{self.create.path}: the server was too busy for some requests"
        except BudgetSpent as error:
            self.reason = self.reason or str(error)
        except ContractError as error:
            self.refusal = str(error)
        except KeyboardInterrupt:
            self.reason, self.is_interrupted = INTERRUPTED, True
        finally:
            self._targets.clear()
            self._is_cleanup = True
            self._clean_up()
            if self.stored and self.listed is not None:
                self._add_rejected(self.listed, self.stored)

    def _live(self) -> None:
        self.envelope = Envelope.of(self.create)
        first = self._create_first()
        if first is None:
            statuses = sorted({step.exchange.status for step in self.steps})
            created = any(step.is_successful for step in self.steps)
            self.refusal = (
                "the response to a POST does not show the id of the created thing"
                if created
                else f"docpact's bodies, which are as documented, got {statuses}"
            )
            return
        self._read(first)
        self._look(first)
        self._inspect(first)
        second = self._create("required fields only", self._write_body("2", required_only=True))
        if second is not None:
            self._read(second)
        self._send_partial()
        self._send_unusual()
        self._read_again(first)
        self._read_again(second)
        if self.resource.put is not None:
            body = self._write_whole(first, "3")
            self._update(first, self.resource.put, "put", body)
            self._read_other(second, Moves(range(-1, 2), first.fields))
        if self.resource.patch is not None:
            self._patch(first, self.resource.patch)
            self._read_other(second, Moves(range(-2, 3), first.fields))
        if self.resource.put is not None:
            schema = self.resource.put.body_schema or {}
            low = change_values(schema, body, list_low, self.envelope.find_in(schema))
            self._update(first, self.resource.put, "put", low)
        self._send_invalid(first, second)
        self._send_again()
        self._read_again(second)
        self._delete(first)
        self._read_other(second, Moves(range(-1, 1)))
        self._create("after a deletion", self._write_body("4"))

    def _write_body(self, number: str, *, required_only: bool = False) -> Any:
        schema = self.create.body_schema or {}
        return write_body(schema, f"{self._mark}-{number}", required_only=required_only)

    def _write_whole(self, thing: Thing, number: str) -> Any:
        """Return a body that replaces a thing; values that only the server chooses stay."""
        replacing = self.resource.put
        schema = (replacing and replacing.body_schema) or {}
        body = write_body(schema, f"{self._mark}-{number}")
        if not isinstance(body, dict):
            return body
        free = follow(plain(self.create.body_schema or {}))[0].get("properties", {})
        shown = {name: value for name, value in (thing.shown or {}).items() if name not in free}
        fields = self.envelope.open(body)
        kept = self.envelope.close(body, {**fields, **{n: shown[n] for n in fields if n in shown}})
        return kept if is_valid(schema, kept) else body

    def _create_first(self) -> Thing | None:
        """Create a thing with every field, or else with the required ones."""
        thing = self._create("every field", self._write_body("1"))
        return thing or self._create(
            "required fields only", self._write_body("1", required_only=True)
        )

    def _create(
        self,
        label: str,
        body: Any,
        action: Action = "create",
        *,
        about: str = "",
    ) -> Thing | None:
        """Create a thing; return it if the server says so and shows its id."""
        exchange = self._send(self.create, label, body=body, headers=self._write_key())
        shown = read_body(exchange)
        name = self._find_name(exchange, shown) if has_created(exchange) else None
        if exchange.status == SEE_OTHER and not self._is_own(name):
            name = None
        fields = self.envelope.open(body)
        shown = unwrap(shown, fields)
        step = Step(action, exchange, name or "", dict(fields), body=shown)
        self.steps.append(replace(step, about=about, is_deleted=name in self._removed))
        if has_created(exchange) and name is None and exchange.status != 202:
            self.left_behind.append(f"{self.create.request} created something that shows no id")
        if name is None:
            return None
        self._existing[name] = None
        return Thing(name, dict(fields), shown if isinstance(shown, dict) else None)

    def _write_key(self) -> tuple[tuple[str, str], ...]:
        """Return a new idempotency key, if every request must have one."""
        header = idempotency_header(self.create)
        return (
            () if header not in self.create.given or header is None else ((header, token_hex(16)),)
        )

    def _inspect(self, thing: Thing) -> None:
        last = next(self.resource.item_operations()).last_parameter
        named = {} if last is None else {last.name: thing.name}
        self.inspect({**(thing.shown or {}), **named})

    def _read(
        self,
        thing: Thing,
        *,
        changed: frozenset[str] = frozenset(),
        is_deleted: bool = False,
        moves: Moves | None = None,
    ) -> None:
        """Read a thing, again after a moment if the server is not up to date."""
        read = self.resource.read
        if read is None:
            return
        for wait in (0.0, *WAITS):
            self.sleep(wait)
            exchange = self._send(read, f"read {thing.name}", thing.name)
            is_success = 200 <= exchange.status < 300
            shown = unwrap(read_body(exchange), thing.fields)
            is_due = is_success != is_deleted and exchange.status < 500
            if is_due and not thing.is_stale(shown, changed):
                break
        if moves is not None:
            thing.follow_rank(shown, moves)
        is_other = moves is not None
        expected = thing.expect(changed, is_other=is_other)
        self.steps.append(
            Step(
                "read",
                exchange,
                thing.name,
                expected,
                changed,
                shown,
                is_deleted=is_deleted,
                is_other=is_other,
            )
        )
        if is_success:
            self._see(thing, shown, is_touched=bool(changed) or is_other)

    def _see(self, thing: Thing, shown: Any, *, is_touched: bool) -> None:
        """Remember how a thing was read, and the numbers that move by themselves."""
        thing.see(shown, is_touched=is_touched)
        self.moving |= thing.list_moving()

    def _without_moving(self, step: Step) -> Step:
        kept = {n: value for n, value in step.expected.items() if n not in self.moving}
        return replace(step, expected=kept)

    def _read_again(self, thing: Thing | None) -> None:
        """Read a thing after others were created, which may change what servers compute."""
        if thing is not None and self.resource.read is not None:
            exchange = self._send(self.resource.read, f"read {thing.name} again", thing.name)
            if 200 <= exchange.status < 300:
                shown = unwrap(read_body(exchange), thing.fields)
                thing.follow_rank(shown, Moves(range(self._sent)))
                self._see(thing, shown, is_touched=False)

    def _read_other(self, thing: Thing | None, moves: Moves) -> None:
        if thing is not None and thing.shown is not None:
            self._read(thing, moves=moves)

    def _look(self, thing: Thing, *, is_deleted: bool = False) -> None:
        """Look for a thing in the list, again after a moment if the list is not up to date."""
        if self.resource.listing is None:
            return
        for wait in (0.0, *WAITS):
            self.sleep(wait)
            walk = self._walk(self.resource.listing)
            if walk is None:
                return
            found = self._find_item(walk, thing.name)
            shown = {**thing.fields, **(thing.shown or {})}
            asked = self._target(self.resource.listing).operation
            is_expected = must_show(asked, self.create, shown)
            is_missed = is_expected and _is_whole(walk) and self._shows_names(walk)
            is_listed = True if found is not None else False if is_missed else None
            last = walk.pages[-1].exchange
            step = Step("list", last, thing.name, body=found, is_listed=is_listed)
            if is_listed is None or is_listed != is_deleted:
                break
        self.steps.append(replace(step, is_deleted=is_deleted))

    def _find_item(self, walk: Walk, name: str) -> Any:
        return next((i.fields for i in walk.items if self._name_item(i.fields) == name), None)

    def _shows_names(self, walk: Walk) -> bool:
        """Return whether a list shows names of things, or no things at all."""
        named = [self._name_item(each.fields) is not None for each in walk.items]
        return not named or any(named)

    def _send_partial(self) -> None:
        """Create things without one optional field each, and remove them."""
        schema = self.create.body_schema or {}
        for sent in partial_bodies(schema, f"{self._mark}-p", self.envelope.path):
            self._create_and_remove(sent, "partial")

    def _send_unusual(self) -> None:
        """Create things with low and with high values, read them, and remove them."""
        schema = self.create.body_schema or {}
        for sent in unusual_bodies(schema, f"{self._mark}-u", self.envelope.path):
            self._create_and_remove(sent, "create")

    def _create_and_remove(self, sent: Sent, action: Action) -> Thing | None:
        thing = self._create(sent.label, sent.body, action, about=sent.field)
        if thing is not None and action == "create":
            self._read(thing)
        if thing is not None and self.resource.delete is not None:
            exchange = self._send(self.resource.delete, f"remove {thing.name}", thing.name)
            if 200 <= exchange.status < 300:
                self._forget(thing.name)
        return thing

    def _update(self, thing: Thing, operation: Operation, action: Action, body: Any) -> None:
        """Update a thing, and read it."""
        if not isinstance(body, dict):
            return
        for known in (thing.shown or {}, thing.fields):
            body = self.envelope.close(body, keep_name(self.envelope.open(body), known, thing.name))
        fields = ", ".join(body)
        exchange = self._send(operation, f"{action} {fields}", thing.name, body)
        self.steps.append(Step(action, exchange, thing.name))
        if 200 <= exchange.status < 300 and exchange.status != 202:
            thing.fields = self.envelope.merge(thing.fields, thing.shown or {}, body)
            self._read(thing, changed=frozenset(self.envelope.open(body)))

    def _patch(self, thing: Thing, operation: Operation) -> None:
        """Change one field alone, one that is free to have any text if there is one."""
        body = write_body(operation.body_schema or {}, f"{self._mark}-5")
        if not isinstance(body, dict) or operation.body_schema is None:
            return
        kept = {"id", *(name for name in thing.fields if thing.is_named_by(name))}
        for one in self.envelope.list_patches(operation.body_schema, body, self._mark, kept):
            self._update(thing, operation, "patch", one)

    def _send_invalid(self, *known: Thing | None) -> None:
        """Send invalid bodies, and look for things that they created nevertheless."""
        before = self._list_names()
        schema = self.create.body_schema or {}
        for sent in invalid_bodies(schema, f"{self._mark}-i", self.envelope.path):
            self._create_and_remove(sent, "invalid")
        self._find_new(before, known)

    def _list_names(self) -> dict[str, Any] | None:
        """Return id → item of the whole list; None if its end was not seen."""
        walk = self._walk(self.resource.listing) if self.resource.listing is not None else None
        if walk is None or not _is_whole(walk):
            return None
        named = ((self._name_item(item.fields), item.fields) for item in walk.items)
        return {name: fields for name, fields in named if name is not None}

    def _find_new(self, before: dict[str, Any] | None, known: Iterable[Thing | None]) -> None:
        """Look for things that rejected bodies created; remove only those with docpact's mark."""
        listing = self.resource.listing
        if before is None or listing is None:
            return
        walk = self._walk(listing)
        after = self._list_names()
        if walk is None or after is None:
            return
        names = {each.name for each in known if each is not None}
        new = [n for n in after if n not in before and n not in names and n not in self._existing]
        own = [name for name in new if self._mark in json.dumps(after[name])]
        self._existing |= dict.fromkeys(own)
        self._add_rejected(walk.pages[-1].exchange, own)

    def _add_rejected(self, exchange: Exchange, names: Sequence[str]) -> None:
        """Remember the things in a list that rejected bodies created."""
        step = Step("list", exchange, ", ".join(names), is_listed=bool(names), about=REJECTED)
        self.steps.append(replace(step, is_deleted=True))

    def _send_again(self) -> None:
        """Create a thing twice with the same idempotency key."""
        header = idempotency_header(self.create)
        if header is None:
            return
        body, key = self._write_body("6"), token_hex(16)
        names = []
        for _ in range(2):
            exchange = self._send(self.create, "same key", body=body, headers=((header, key),))
            shown = read_body(exchange)
            name = self._find_name(exchange, shown) if 200 <= exchange.status < 300 else None
            if name is not None:
                self._existing[name] = None
            names.append(name)
            is_other = len(names) == 2 and None not in names and names[0] != names[1]
            self.steps.append(Step("same key", exchange, name or "", is_other=is_other))

    def _delete(self, thing: Thing) -> None:
        """Delete a thing, and look for it."""
        if self.resource.delete is None:
            return
        exchange = self._send(self.resource.delete, f"delete {thing.name}", thing.name)
        self.steps.append(Step("delete", exchange, thing.name))
        if not 200 <= exchange.status < 300:
            return
        if exchange.status != 202:
            self._read(thing, is_deleted=True)
            self._look(thing, is_deleted=True)
        elif self._remains(thing):
            self.reason = f"DELETE got 202, and {self.create.path} {thing.name} still exists"
        self._forget(thing.name)

    def _remains(self, thing: Thing) -> bool:
        """Return whether a thing can still be read after a moment, and has no mark of deletion."""
        read = self.resource.read
        if read is None:
            return False
        for wait in (0.0, *WAITS):
            self.sleep(wait)
            exchange = self._send(read, f"read {thing.name}", thing.name)
            if not 200 <= exchange.status < 300 or is_marked_gone(read_body(exchange)):
                return False
        return True


def is_documented(exchange: Exchange) -> bool:
    """Return whether the contract of its operation describes a response: that of a success."""
    return 200 <= exchange.status < 300 or exchange.response is None


def _is_whole(walk: Walk) -> bool:
    return walk.ending is Ending.END
