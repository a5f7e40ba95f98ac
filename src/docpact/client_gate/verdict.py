"""The effect: what an answer did to the caller, in one word of five and one line."""

from __future__ import annotations

from typing import Any

from docpact.client_gate.call import Call, Effect, Hung, Raised, Read
from docpact.client_gate.reading import Difference, differences
from docpact.client_gate.scenario import Wanted
from docpact.model import Operation
from docpact.model.pointer import resolve
from docpact.model.schema import child
from docpact.text import counted, excerpt, shortened

GOOD = {
    Wanted.ITEMS: {Effect.TOLERATED},
    Wanted.ERROR: {Effect.TYPED_ERROR},
    Wanted.EITHER: {Effect.TOLERATED, Effect.TYPED_ERROR},
    Wanted.END: {Effect.TOLERATED, Effect.TYPED_ERROR},
}
"""What a client may make of an answer → the effects that are right."""


def effect(operation: Operation, call: Call) -> tuple[Effect, str]:
    """Say what the caller of a client got of an answer.

    Items are told apart by their ids: what happens to a single field is the business of the rules
    of fidelity.
    """
    match call.outcome:
        case Hung(why):
            return Effect.HANG, why
        case Raised(name, message, own):
            text = shortened(f"{name}: {message}" if message else name, 100)
            return (Effect.TYPED_ERROR if own else Effect.FOREIGN_ERROR), text
        case Read(items):
            got = f"{counted(len(items), 'item')} and no error"
            if call.scenario.wanted is Wanted.ERROR:
                return Effect.SILENT_CORRUPTION, got
            wrong = "" if call.scenario.wanted is Wanted.END else _lost(operation, call, items)
            return (Effect.SILENT_CORRUPTION, wrong) if wrong else (Effect.TOLERATED, got)


def is_right(operation: Operation, call: Call) -> bool:
    """Say whether a client may make of an answer what it made of it."""
    return effect(operation, call)[0] in GOOD[call.scenario.wanted]


def _lost(operation: Operation, call: Call, items: tuple[Any, ...]) -> str:
    """Say what is wrong with the items that were read, or nothing."""
    sent = [_id(operation, item) for item in call.scenario.items]
    read = [_id(operation, item) for item in items]
    if len(sent) != len(read):
        return f"{_were(len(sent))} sent, {len(read)} read"
    for number, (one, other) in enumerate(zip(sent, read, strict=True)):
        if one != other:
            return f"{excerpt(one, 40)} was sent as item {number}, {excerpt(other, 40)} read"
    return ""


def _id(operation: Operation, item: Any) -> Any:
    where = operation.roles.id
    return item if where is None else resolve(item, where)


def _were(count: int) -> str:
    return f"{counted(count, 'item')} {'was' if count == 1 else 'were'}"


def misread(operation: Operation, call: Call) -> list[Difference]:
    """Return where the items of an answer, and its other fields, are not what was sent.

    Locations are folded JSON Pointers into the body. Of lists that are not equally long, only that
    is told.
    """
    scenario, outcome = call.scenario, call.outcome
    if not isinstance(outcome, Read):
        return []
    listed = str(operation.roles.items)
    if len(outcome.items) != len(scenario.items):
        return [(listed, f"{_were(len(scenario.items))} sent, {len(outcome.items)} read")]
    found = []
    for sent, read in zip(scenario.items, outcome.items, strict=True):
        for where, wrong in differences(operation.item_schema, sent, read):
            found.append((f"{listed}/*{where}", wrong))
    for name, sent in scenario.fields.items():
        if name in outcome.fields:
            part = child(operation.response_schema, "properties", name)
            found += differences(part, sent, outcome.fields[name], (name,))
    return found
