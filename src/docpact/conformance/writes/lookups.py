"""POST requests that look things up and change nothing, such as `POST /pets/search`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from secrets import token_hex
from typing import Any, Final

from docpact.bodies.engine import is_valid
from docpact.cases.encoded_bodies import is_sent_invalid, sendable_schema
from docpact.cases.parts import put
from docpact.cases.plain import describe_forms
from docpact.cases.request_bodies import (
    MOST,
    Sent,
    invalid_bodies,
    partial_bodies,
    unusual_bodies,
    write_body,
)
from docpact.conformance.writes.creations import WRITE
from docpact.conformance.writes.guesses import list_guesses
from docpact.conformance.writes.things import read_body
from docpact.model import Case, Exchange, Expectation, Expected, Operation, Question, Schema
from docpact.model.paging import PAGE_NUMBERS, TELLING_SIZES, TOKEN_PARAMETERS, plain
from docpact.model.path import last_segment, list_singulars, snake_case
from docpact.model.pointer import Tokens, change_at, pointer, resolve
from docpact.model.roles import Bound, Order
from docpact.model.schema import child, whole_place
from docpact.model.traversal import map_schema
from docpact.rules.comparison import list_field_schemas
from docpact.rules.evidence import Action, Step
from docpact.rules.protocol import BUSY
from docpact.rules.walks.pages import read_items
from docpact.targets.connections import BudgetSpent
from docpact.targets.http import HttpTarget

_LOOKS: Final = re.compile("search|query|filter|list|find|count|lookup|paginate")
"""Words for requests that only read."""

_RETURNING: Final = ("search", "query", "list", "find", "lookup")
"""Those that only read even if no list is documented; a filter may be a thing to create."""

_CHANGES: Final = re.compile(
    "add|apply|archive|async|assign|create|delete|execute|export|import|insert|invite|merge|move|new"
    "|put|register|remove|replace|run|saved?|schedule|send|set|start|store|subscribe|sync|update"
    "|upload|upsert"
)
"""Words with which a request that changes something begins."""

_CREATES: Final = frozenset({"create", "add", "update", "delete", "remove"})
"""Words that say so wherever they are, as in `find or create`."""

CREATING: Final = (201, 202)
"""Statuses of a server that creates something, now or later (RFC 9110, section 15.3)."""

_TOKENS: Final = {*TOKEN_PARAMETERS} - PAGE_NUMBERS - {"from", "position"}
"""Names, without separators, of fields that take a token, which only the server can make."""

_SAYS_PER: Final = re.compile(
    r"\b(per|(for|in|of|from) each) (?!(page|request|response|query|call|search|batch)\b)",
    re.IGNORECASE,
)
"""Descriptions of limits of which each applies to a part of the items."""

_PARTS: Final = ("filter", "filters", "where", "page", "paging", "pagination", "options")
"""Names of objects in a body that have the filters, or the size of a page."""


def list_lookups(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Return the operations that only look things up, by their words and responses."""
    return tuple(each for each in operations if _is_lookup(each))


def describe_refusal(exchanges: Sequence[Exchange]) -> str:
    """Return that the server refused every documented body, or why there was no response."""
    statuses = sorted({each.status for each in exchanges if each.response is not None})
    failures = [each.failure.message for each in exchanges if each.failure is not None]
    if failures and not statuses:
        return failures[0]
    return f"docpact's bodies, which are as documented, got {statuses}"


def _is_lookup(operation: Operation) -> bool:
    """Return whether a POST only searches, by its name; any other may change something."""
    if operation.method != "POST" or not operation.takes_values or operation.resource is not None:
        return False
    last, name, title = (
        snake_case(text).strip("_").split("_")
        for text in (last_segment(operation.path), operation.id.rpartition("/")[2], operation.title)
    )
    if operation.status != 200 or any(map(_CHANGES.fullmatch, (*last, name[0], title[0]))):
        return False
    if not _CREATES.isdisjoint((*name, *title)):
        return False
    if operation.roles.is_list:
        return any(map(_LOOKS.fullmatch, (last[0], last[-1], name[0], title[0])))
    is_alone = len(last) == 1 or ":" in last_segment(operation.path)
    is_verb = last[0] == "count" or (is_alone and last[-1] in _RETURNING)
    return is_verb and not list_field_schemas(operation.response_schema, "id")


def with_items(operation: Operation) -> Operation:
    """Return a search as a list, if it is one by the fields of its body that request pages."""
    if operation.roles.is_list or operation.body_schema is None:
        return operation
    from docpact.capture.roles.inference import (
        roles,  # most checks need no capture, which takes 0.2 s
    )

    found = roles(operation.path, operation.body_schema, operation.response_schema)
    pages = [role for role in found if role.endswith("_parameter")]
    stated = {role: found[role]["value"] for role in ("items", "id") if role in found and pages}
    return replace(operation, roles=replace(operation.roles, **stated))


@dataclass(slots=True)
class Lookup:
    """Sends documented and invalid bodies to an operation that looks things up.

    Attributes:
        operation: with a value of every parameter that it needs.
        target: of the operation.
        documented: the schema of a body, without the values that docpact chose for some fields.
        exchanges: so far.
        steps: the same with valid bodies and with others, as the rules judge them.
        reason: why the result is inconclusive; empty if it is not.
    """

    operation: Operation
    target: HttpTarget
    documented: Schema
    exchanges: list[Exchange] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    reason: str = ""
    _mark: str = field(default_factory=lambda: f"docpact-{token_hex(4)}")

    def run(self) -> None:
        """Send every body, unless the server does not respond, or created something.

        Raises:
            ContractError: no documented body can be made.
        """
        try:
            self._send_all()
        except BudgetSpent as error:
            self.reason = str(error)
        if any(step.exchange.status in BUSY for step in self.steps):
            self.reason = f"{self.operation.path}: the server was too busy for some requests"

    def _send_all(self) -> None:
        schema, mark = _prepare(sendable_schema(self.operation)), self._mark
        least = Sent("required fields only", write_body(schema, mark, required_only=True))
        self._send("search", least)
        if any(e.response is None or e.status in CREATING for e in self.exchanges[-1:]):
            return
        whole = Sent("every field", write_body(schema, mark))
        places = [(), *((name,) for name in _list_names(schema) if name in _PARTS)]
        bodies = chain(
            (whole,),
            *(_list_alone(schema, least.body, whole.body, place) for place in places),
            *(partial_bodies(schema, mark, place) for place in places),
            *(unusual_bodies(schema, mark, place) for place in places),
        )
        for sent in bodies:
            self._send("search", sent)
        shown = self.steps[0].body if self.operation.roles.is_list else ()
        for place in places:
            for action, sent, chosen in _list_chosen(self.operation, schema, least.body, place):
                self._send(action, sent, chosen)
            for guess in list_guesses(self.operation, schema, least.body, place, shown):
                self._send(guess.action, guess.sent, guess.expected, guess.bound, guess.order)
        self._send("search", least)
        invalid = [each for place in places for each in invalid_bodies(schema, mark, place)]
        for sent in {json.dumps(each.body): each for each in invalid}.values():
            if is_sent_invalid(self.operation, self.documented, sent.body):
                self._send("invalid", sent)

    def _send(
        self,
        action: Action,
        sent: Sent,
        expected: Mapping[str, Any] | None = None,
        bound: Bound | None = None,
        order: Order | None = None,
    ) -> None:
        text = json.dumps(sent.body, ensure_ascii=False)
        case = Case(sent.label, Question(body=text), Expectation(Expected.UNSPECIFIED))
        case = replace(case, visit=replace(case.visit, repeat=len(self.steps) + 1))
        attempts = self.target.send(case, WRITE)
        if attempts[-1].response is None:  # a search may be sent again, unlike other POSTs
            attempts = (replace(attempts[-1], retried=True), *self.target.send(case, WRITE))
        self.exchanges += attempts
        found = read_body(attempts[-1])
        items, total = read_items(self.operation, found), self._find_total(found)
        shown, named = [each.fields for each in items], {**(expected or {})}
        step = Step(action, attempts[-1], "", named, body=shown, about=sent.field, bound=bound)
        counts = None if total is None else (total, len(items))
        self.steps.append(replace(step, order=order, counts=counts))

    def _find_total(self, body: Any) -> float | None:
        """Return the documented total of a response."""
        where = self.operation.request_body.total
        total = resolve(body, where) if where else None
        return total if type(total) in (int, float) else None


def _prepare(schema: Schema) -> Schema:
    """Return a schema without fields for the token of a page, and without null beside another."""

    def change(part: Any) -> Any:
        if not isinstance(part, Mapping):
            return part
        fields, needed = part.get("properties"), part.get("required", ())
        if isinstance(fields, Mapping):
            kept = {n: e for n, e in fields.items() if n in needed or plain(n) not in _TOKENS}
            part = {**part, "properties": kept}
        others = [each for each in part.get("anyOf", ()) if each != {"type": "null"}]
        if len(others) == 1 and "$ref" not in part:
            rest = {key: each for key, each in part.items() if key not in ("anyOf", "default")}
            part = {**rest, **others[0]} if isinstance(others[0], Mapping) else part
        return part

    prepared: Schema = map_schema(change, schema)
    return prepared


def _list_names(schema: Schema) -> list[str]:
    """Return the names of the fields of an object, in any of its forms."""
    forms = describe_forms(schema)
    return [*dict.fromkeys(name for form in forms for name in form.get("properties", ()))]


def _list_alone(schema: Schema, least: Any, whole: Any, place: Tokens) -> Iterator[Sent]:
    """Yield documented bodies with one optional field each, of the object at a path."""
    known, fields = (
        each if isinstance(each := resolve(body, pointer(place), default=None), Mapping) else {}
        for body in (least, whole)
    )
    for name in [each for each in fields if each not in known][:MOST]:
        body = change_at(least, (*place, name), put(fields[name]))
        if is_valid(schema, body):
            yield Sent(f"{name} alone", body, name)


def _list_chosen(
    operation: Operation, schema: Schema, least: Any, place: Tokens
) -> Iterator[tuple[Action, Sent, dict[str, Any]]]:
    """Yield bodies that limit a page, and that choose a value of an enumeration of the items.

    Each comes with its action, and with that limit, or with the field of the items and its value.
    """
    part, item = whole_place(schema, pointer(place)), operation.item_schema
    texts = operation.request_body.descriptions
    for name in _list_names(part) if operation.roles.is_list else ():
        values, field = _list_values(part, name), _name_field(name, item)
        is_shared = _SAYS_PER.search(texts.get(pointer((*place, name)), ""))
        is_size = plain(name) in TELLING_SIZES and not list_field_schemas(item, name)
        is_size = is_size and not is_shared
        if not is_size and (not values or {*values} != {*_list_values(item, field)}):
            continue
        for value in (1, 2) if is_size else values[:MOST]:
            bodies = (change_at(least, (*place, name), put(v)) for v in (value, [value]))
            for body in islice((each for each in bodies if is_valid(schema, each)), 1):
                sent = Sent(f"{name} {value}", body, name)
                yield "limit" if is_size else "select", sent, {name if is_size else field: value}


def _name_field(name: str, item: Schema) -> str:
    """Return the field of an item that a field of a body names, perhaps in the plural."""
    return next((each for each in list_singulars(name) if list_field_schemas(item, each)), name)


def _list_values(schema: Schema, name: str) -> list[str]:
    """Return the texts of the enumeration of a field, or of the items of its array."""
    forms = [form for each in list_field_schemas(schema, name) for form in describe_forms(each)]
    inner = [
        form for each in forms if "items" in each for form in describe_forms(child(each, "items"))
    ]
    found = (value for form in (*forms, *inner) for value in form.get("enum", ()))
    return [value for value in found if isinstance(value, str)]
