"""The life cycle of a resource: create, read, list, change and delete, and clean up after it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Any, TypeAlias

from docpact.bodies.engine import is_valid
from docpact.cases.encoded_bodies import is_sent_invalid, read_as_sent
from docpact.cases.names import list_fields
from docpact.cases.request_bodies import (
    Sent,
    change_values,
    invalid_bodies,
    list_low,
    partial_bodies,
    unusual_bodies,
    write_body,
)
from docpact.conformance.obstacles import describe_end, find_expiry
from docpact.conformance.session import INTERRUPTED
from docpact.conformance.writes.lookups import describe_refusal
from docpact.conformance.writes.readings import without
from docpact.conformance.writes.things import (
    Envelope,
    Moves,
    Thing,
    read_body,
    unwrap,
)
from docpact.conformance.writes.updates import Updates
from docpact.errors import ContractError
from docpact.model import Exchange, Operation, Schema
from docpact.model.operation import IDEMPOTENCY_KEY, PRECONDITION
from docpact.model.pointer import Tokens
from docpact.rules.evidence import ACCEPTED, CONFLICT, Action, Step, has_created
from docpact.rules.protocol import BUSY
from docpact.rules.walks.bodies import states_failure
from docpact.rules.walks.joining import NOT_FOUND
from docpact.rules.writes.rules import REJECTED
from docpact.targets.connections import BudgetSpent
from docpact.text import pluralize

Bodies: TypeAlias = Callable[[Schema, str, Tokens], Iterable[Sent]]
"""Takes a schema, a mark and the path of the fields; returns bodies whose texts have the mark."""


@dataclass(slots=True)
class LifeCycle(Updates):
    """Carries out the life cycle of the things that one operation creates.

    Attributes:
        documented: the schema of a body, without the values that docpact chose for some fields.
        inspect: called with the fields of a thing that exists.
        reason: why the life cycle is inconclusive; empty if it is not.
        refusal: why the server has no life cycle to test; empty if it has one.
        is_interrupted: whether Ctrl-C ended it.
    """

    documented: Schema = field(default_factory=dict)
    inspect: Callable[[Mapping[str, Any]], None] = lambda _: None
    reason: str = ""
    refusal: str = ""
    is_interrupted: bool = False

    def run(self) -> None:
        """Carry out every step; whatever happens, remove all created things."""
        try:
            self._carry_out()
            self.steps = [without(step, self.moving) for step in self.steps]
            if any(step.exchange.status in BUSY for step in self.steps):
                self.reason = f"{self.create.collection}: the server was too busy for some requests"
            expiry = find_expiry([step.exchange for step in self.steps])
            if expiry is not None:
                sent = pluralize(expiry, "request")
                last = self.steps[expiry].exchange
                self.reason = describe_end(self.create.collection, sent, last)
                del self.steps[expiry:]
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

    def _carry_out(self) -> None:
        self.envelope = Envelope.of(self.create)
        first = self._create_first()
        if first is None:
            created = any(step.is_successful for step in self.steps)
            refused = describe_refusal([step.exchange for step in self.steps])
            no_id = "the response to a POST does not show the id of the created thing"
            self.refusal = no_id if created else refused
            return
        self._read(first)
        listed = self._look_first(first)
        self._inspect(first)
        self._repeat(first)
        second = self._create("required fields only", self._write_body("2", required_only=True))
        if second is not None:
            self._read(second)
        self._send_bodies("partial", partial_bodies, "p")
        self._send_bodies("create", unusual_bodies, "u")
        self._read_again(first)
        self._read_again(second)
        self._follow_location(first)
        self._send_stale(first)
        if self.resource.put is not None:
            body = write_body(self.resource.put.body_schema or {}, f"{self._mark}-3")
            self._update(first, self.resource.put, "put", body)
            self._read_other(second, Moves(range(-1, 2), first.fields))
        if self.resource.patch is not None:
            count = len(self.steps)
            self._patch(first, self.resource.patch)
            most = sum(step.action != "read" for step in self.steps[count:])
            self._read_other(second, Moves(range(-most, most + 1), first.fields))
        if self.resource.put is not None:
            schema = self.resource.put.body_schema or {}
            low = change_values(schema, body, list_low, self.envelope.find_in(schema))
            self._update(first, self.resource.put, "put", low)
        self._look_again(first, listed)
        self._send_invalid(first, second)
        self._send_again()
        self._read_again(second)
        self._leave_out(first)
        self._delete(first)
        self._read_other(second, Moves(range(-1, 2)))
        self._create("after a deletion", self._write_body("4"))
        if second is not None:
            self._choose(second)

    def _write_body(self, number: str, *, required_only: bool = False) -> Any:
        schema = self.create.body_schema or {}
        return write_body(schema, f"{self._mark}-{number}", required_only=required_only)

    def _create_first(self) -> Thing | None:
        """Create a thing with every field, or else with the required ones, unless PUT gets 404."""
        thing = self._create("every field", self._write_body("1"))
        only_changes = self.create.method == "PUT" and self.steps[-1].exchange.status == NOT_FOUND
        body = self._write_body("1", required_only=True)
        return thing if thing or only_changes else self._create("required fields only", body)

    def _create(
        self, label: str, body: Any, action: Action = "create", *, about: str = ""
    ) -> Thing | None:
        """Create a thing; return it if the server says so and shows its id."""
        chosen = self._choose_name()
        body = body if chosen is None or about else self._put_name(body, chosen)
        body = read_as_sent(self.create, body)
        exchange = self._send(self.create, label, chosen, body, self._write_key())
        shown = read_body(exchange)
        name = (chosen or self._find_name(exchange, shown)) if has_created(exchange) else None
        is_unnamed = name is None and exchange.status != ACCEPTED and not states_failure(shown)
        if has_created(exchange) and is_unnamed:
            self.unnamed.append(exchange)
        fields = self._spell(self.envelope.open(body))
        shown = unwrap(shown, fields, self.create.response_schema)
        is_another = chosen is None and self._may_be_another(exchange, fields, shown)
        if name is not None and is_another and not self._is_own(name):
            self._leave(name, "it has nothing that was sent, so docpact may not have created it")
            name = None
        step = Step(action, exchange, name or "", dict(fields), body=shown)
        self.steps.append(replace(step, about=about, is_deleted=name in self._removed))
        if name is None:
            return None
        if exchange.status == ACCEPTED:
            self._accepted.add(name)
        self._existing[name] = None
        return Thing(name, dict(fields), shown if isinstance(shown, dict) else None)

    def _repeat(self, thing: Thing) -> None:
        """Create the same thing again, if a conflict is documented: some servers fail."""
        created = next(step.exchange for step in self.steps if step.name == thing.name)
        text = created.case.question.body
        if self.create.method == "POST" and self.create.documents(CONFLICT) and text:
            key = self._write_key()
            exchange = self._send(self.create, "again", body=json.loads(text), headers=key)
            self.steps.append(Step("again", exchange))
            name = self._find_name(exchange, read_body(exchange)) if has_created(exchange) else None
            self._existing |= {} if name is None else {name: None}

    def _put_name(self, body: Any, name: str) -> Any:
        """Return a body whose field with the name of the thing agrees with the path."""
        fields, last = self.envelope.open(body), self.create.last_parameter
        field = next(list_fields(fields, last.name), None) if last is not None else None
        same = {} if field is None else self.envelope.close(body, {**fields, field: name})
        return same if field and is_valid(self.create.body_schema or {}, same) else body

    def _inspect(self, thing: Thing) -> None:
        named = {} if self._parameter is None else {self._parameter.name: thing.name}
        self.inspect({**(thing.shown or {}), **named})

    def _send_bodies(self, action: Action, bodies: Bodies, mark: str) -> None:
        """Create things of the same owner with some bodies, and remove one after another."""
        schema = self.create.body_schema or {}
        for sent in bodies(schema, f"{self._mark}-{mark}", self.envelope.path):
            is_sent = action != "invalid" or is_sent_invalid(
                self.create, self.documented, sent.body
            )
            if is_sent and sent.field not in self._owners:
                self._create_and_remove(sent, action)

    def _create_and_remove(self, sent: Sent, action: Action) -> Thing | None:
        thing = self._create(sent.label, sent.body, action, about=sent.field)
        if thing is not None and action == "create":
            self._read(thing)
        if thing is not None and self.resource.delete is not None:
            exchange = self._send(self.resource.delete, f"remove {thing.name}", thing.name)
            if exchange.is_success:
                self._forget(thing.name)
        return thing

    def _send_stale(self, thing: Thing) -> None:
        """Update a thing under an entity tag that it does not have, and read it."""
        for operation in (self.resource.patch, self.resource.put):
            header = operation.find_header(PRECONDITION) if operation is not None else None
            if operation is None or header is None:
                continue
            for body in self._list_patches(thing, operation, "7")[:1]:
                tag = ((header, f'"{self._mark}"'),)
                label = "an update under another entity tag"
                exchange = self._send_once(operation, label, thing.name, body, tag)
                self.steps.append(Step("stale", exchange, thing.name))
                if exchange.is_success:
                    self._read_changed(thing, operation, body)
                else:
                    self._read(thing)

    def _send_gone(self, thing: Thing, operation: Operation) -> None:
        """Change a thing that cannot be read any more."""
        for body in self._list_patches(thing, operation, "8")[:1]:
            exchange = self._send(operation, "a change of a deleted thing", thing.name, body)
            self.steps.append(Step("gone", exchange, thing.name))
            if exchange.is_success:
                self._existing[thing.name] = None

    def _send_invalid(self, *known: Thing | None) -> None:
        """Send invalid bodies, and look for things that they created nevertheless."""
        before = self._list_names()
        self._send_bodies("invalid", invalid_bodies, "i")
        self._find_new(before, known)

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
        step = Step("list", exchange, ", ".join(names), is_shown=bool(names), about=REJECTED)
        self.steps.append(replace(step, is_deleted=True))

    def _send_again(self) -> None:
        """Create a thing twice with the same idempotency key."""
        header = self.create.find_header(IDEMPOTENCY_KEY)
        if header is None or self.create.method != "POST":
            return
        body, key, names = self._write_body("6"), token_hex(16), []
        for _ in range(2):
            exchange = self._send(self.create, "same key", body=body, headers=((header, key),))
            shown = read_body(exchange)
            name = self._find_name(exchange, shown) if exchange.is_success else None
            self._existing |= {} if name is None else {name: None}
            names.append(name)
            is_other = len(names) == 2 and None not in names and names[0] != names[1]
            self.steps.append(Step("same key", exchange, name or "", is_other=is_other))

    def _delete(self, thing: Thing) -> None:
        if self.resource.delete is None:
            return
        exchange = self._send(self.resource.delete, f"delete {thing.name}", thing.name)
        self.steps.append(Step("delete", exchange, thing.name))
        if not exchange.is_success:
            return
        self._forget(thing.name)
        if exchange.status != ACCEPTED:
            self._read(thing, is_deleted=True)
            is_gone = self.steps[-1].action == "read" and not self.steps[-1].is_successful
            self._look(thing, is_deleted=True)
            if is_gone and self.resource.patch is not None:
                self._send_gone(thing, self.resource.patch)
        elif self._remains(thing):
            self.reason = f"DELETE got 202, and {self.create.collection} {thing.name} still exists"
