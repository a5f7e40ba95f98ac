"""Changes of the things of a life cycle, which readings must show afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from docpact.bodies.engine import is_valid
from docpact.cases.encoded_bodies import read_as_sent
from docpact.cases.names import spell_fields
from docpact.cases.plain import plain
from docpact.cases.request_bodies import list_names, write_body
from docpact.conformance.writes.creations import write_patch
from docpact.conformance.writes.readings import Readings, without
from docpact.conformance.writes.things import Envelope, Thing, keep_name, read_body
from docpact.model import Operation
from docpact.model.path import snake_case
from docpact.model.pointer import list_leaves, mapping_of, pointer, resolve, tokens
from docpact.model.schema import follow
from docpact.rules.comparison import is_same, list_field_schemas
from docpact.rules.evidence import ACCEPTED, Action, Step
from docpact.rules.walks.bodies import states_failure

CHOICES: Final = 2
"""Maximum number of enumerated fields of a thing that are changed."""

_STAYS: Final = re.compile(
    r"(?i)\b(immutable|read[- ]?only|computed|calculated|derived|determined|automatic\w*|deprecated"
    r"|ignored?|initial\w*|creat(e|ed|ion|ing)|once|only|unless|if|when|while|not|cannot|n't)\b"
)
"""Descriptions of fields that a change may leave as they are."""

_SET_ONCE: Final = re.compile(r"(.*_)?(status|state|phase|stage|progress|type|kind|object)")
"""Names, in snake case, of fields that only some things or moments let a client change."""


@dataclass(slots=True)
class Updates(Readings):
    """Changes things.

    Attributes:
        envelope: the place of the fields of a thing in requests.
    """

    envelope: Envelope = field(default_factory=Envelope)

    def _keep(self, thing: Thing, operation: Operation, body: dict[str, Any]) -> dict[str, Any]:
        """Return the body of an update in which names and the values of the server stay."""
        envelope = Envelope.of(operation)
        fields = envelope.open(body)
        for known in (thing.shown or {}, thing.fields):
            fields = keep_name(fields, known, thing.name)
        kept = envelope.close(body, {**fields, **self._find_fixed(thing, operation, body)})
        return kept if is_valid(operation.body_schema or {}, kept) else envelope.close(body, fields)

    def _find_fixed(self, thing: Thing, operation: Operation, body: Any) -> dict[str, Any]:
        """Return the values in a body that replaces a thing that only the server chooses."""
        free = follow(plain(self.create.body_schema or {}))[0].get("properties", {})
        names = Envelope.of(operation).open(body).keys() - free.keys()
        is_put, shown = operation is self.resource.put, thing.shown or {}
        return {name: shown[name] for name in names & shown.keys()} if is_put else {}

    def _update(self, thing: Thing, operation: Operation, action: Action, body: Any) -> None:
        if not isinstance(body, dict):
            return
        body = read_as_sent(operation, self._keep(thing, operation, body))
        exchange = self._send(operation, f"{action} {', '.join(body)}", thing.name, body)
        self.steps.append(Step(action, exchange, thing.name))
        if exchange.is_success and exchange.status != ACCEPTED:
            self._read_changed(thing, operation, body)

    def _read_changed(self, thing: Thing, operation: Operation, body: dict[str, Any]) -> None:
        """Read a thing after an update, which must show the values that were sent."""
        envelope, fixed = Envelope.of(operation), self._find_fixed(thing, operation, body)
        sent, whole = body, write_body(operation.body_schema or {}, self._mark)
        if envelope == Envelope():
            sent, whole = self._spell(body), self._spell(mapping_of(whole))
        thing.fields = envelope.merge(thing.fields, thing.shown or {}, sent)
        thing.forget(fixed)
        is_apart = thing.shown and thing.shown.keys().isdisjoint(envelope.open(whole))
        if is_apart and not operation.request_body.is_json_patch:
            thing.forget_named(json.dumps(body))
        self._read(thing, changed=frozenset(envelope.open(sent)))

    def _spell(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return spell_fields(fields, (self.resource.read or self.create).response_schema)

    def _leave_out(self, thing: Thing) -> None:
        """Replace a thing without its optional fields, as far as updates have changed them.

        An empty value may be the default of such a field. A value that differs from the sent one is
        the choice of the server.
        """
        operation, shown = self.resource.put, thing.shown or {}
        if operation is None or self.envelope != Envelope() or not operation.replaces:
            return
        body = write_body(operation.body_schema or {}, f"{self._mark}-9", required_only=True)
        first = next(s.expected for s in self.steps if s.name == thing.name)
        parts = (first, thing.fields, shown, body)
        created, sent, known, kept = (dict(list_leaves(each)) for each in parts)
        lost = (created.keys() | sent.keys()) & known.keys() - kept.keys()
        left = created.keys() & lost
        thing.forget({tokens(where)[0] for where in lost})
        self._update(thing, operation, "put", body)
        if (read := self.steps[-1]).action == "read":
            inner = (at for at in left if isinstance(resolve(body, at.rpartition("/")[0]), dict))
            own = (at for at in inner if at in sent and is_same(known[at], sent[at]))
            plain = (at for at in own if known[at] and not thing.may_keep(at, self.create))
            old = {at: known[at] for at in plain if known[at] != created[at]}
            self.steps.append(replace(read, action="left out", expected=old))

    def _patch(self, thing: Thing, operation: Operation) -> None:
        """Change one field alone, one that is free to have any text if there is one."""
        for one in self._list_patches(thing, operation, "5"):
            self._update(thing, operation, "patch", one)
        self._clear(thing, operation)

    def _clear(self, thing: Thing, operation: Operation) -> None:
        """Empty a field by null (RFC 7396) or by its removal (RFC 6902); a default may follow."""
        read, shown, form = self.resource.read, thing.shown or {}, operation.request_body
        if read is None or not (form.is_json_patch or form.is_merge_patch):
            return
        _, required = list_names(self.create.body_schema or {}, thing.fields, ())
        for name in [each for each in thing.fields if shown.get(each) and each not in required]:
            sent = write_patch(operation, {name: None})
            can_send = is_valid(operation.body_schema or {}, sent)
            if can_send and is_valid(read.response_schema, {**shown, name: None}):
                self._update(thing, operation, "patch", {name: None})
                if not is_same(shown[name], mapping_of(self.steps[-1].body).get(name)):
                    self.steps[-1] = without(self.steps[-1], {name})
                return

    def _list_patches(self, thing: Thing, operation: Operation, number: str) -> list[Any]:
        """Return bodies that change one field each; whole ones of an operation that replaces."""
        stated = self.create if operation.request_body.is_json_patch else operation
        schema = stated.body_schema or {}
        body = write_body(schema, f"{self._mark}-{number}")
        if not isinstance(body, dict):
            return []
        if operation is self.resource.put:
            return [self._keep(thing, operation, body)]
        kept = {"id", *(name for name in thing.fields if thing.is_named_by(name))}
        return [*Envelope.of(operation).list_patches(schema, body, self._mark, kept)]

    def _choose(self, thing: Thing) -> None:
        """Choose another value of enumerated fields, and the old one again.

        The state of a thing may not allow the value, or other values with it: a refusal counts for
        nothing, and an accepted change must be shown in this field alone.
        """
        operation = self.resource.patch or self.resource.put
        if operation is None or Envelope.of(operation) != Envelope():
            return
        schema = operation.body_schema or {}
        whole = write_body(schema, f"{self._mark}-c")
        if self.resource.read is None or not isinstance(whole, dict):
            return
        is_put = operation is self.resource.put
        _, required = list_names(schema, whole, ())
        kept = self._keep(thing, operation, whole) if is_put else {n: whole[n] for n in required}
        for name, old, new in islice(_list_choices(operation, thing.shown or {}), CHOICES):
            self._choose_value(thing, operation, {**kept, name: new}, name)
            self._send(operation, f"{name}={old}", thing.name, {**kept, name: old})

    def _choose_value(self, thing: Thing, operation: Operation, body: Any, name: str) -> None:
        if not is_valid(operation.body_schema or {}, body):
            return
        exchange = self._send(operation, f"{name}={body[name]}", thing.name, body)
        if exchange.status >= 500:
            self.steps.append(Step("patch", exchange, thing.name))
        is_done = exchange.is_success and exchange.status != ACCEPTED
        if not is_done or states_failure(read_body(exchange)):
            return
        self._read_changed(thing, operation, body)
        last = self.steps.pop()
        if last.is_successful:
            step = replace(last, expected={name: body[name]}, changed=frozenset({name}))
            self.steps.append(step)


def _list_choices(operation: Operation, shown: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the enumerated fields of a request, with the value of a thing and another one."""
    schema = operation.body_schema or {}
    for name in [n for n in follow(plain(schema))[0].get("properties", {}) if n in shown]:
        (found, *others) = list_field_schemas(schema, name)
        values = [each for each in found.get("enum", ()) if isinstance(each, str)]
        text = operation.request_body.descriptions.get(pointer((name,)), "")
        is_free = not (others or _SET_ONCE.fullmatch(snake_case(name)) or _STAYS.search(text))
        new = next((each for each in values if each != shown[name]), None)
        if is_free and shown[name] in values and new is not None:
            yield name, shown[name], new
