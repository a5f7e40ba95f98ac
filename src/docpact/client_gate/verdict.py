"""The effect of a response on the client's caller, and the fields that the client misread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from docpact.client_gate.call import Call, Effect, Hung, Raised, Read
from docpact.client_gate.listing import item_location, item_schema, list_location
from docpact.client_gate.reading import Difference, differences, is_same, show
from docpact.client_gate.scenario import Wanted
from docpact.model import Operation
from docpact.model.pointer import resolve
from docpact.model.schema import child, place
from docpact.text import excerpt, pluralize, shorten

CORRECT: Final = {
    Wanted.ITEMS: {Effect.TOLERATED},
    Wanted.ERROR: {Effect.TYPED_ERROR},
    Wanted.EITHER: {Effect.TOLERATED, Effect.TYPED_ERROR},
    Wanted.END: {Effect.TOLERATED, Effect.TYPED_ERROR},
}
"""Wanted result → the correct effects."""


def classify(operation: Operation, call: Call) -> tuple[Effect, str]:
    """Return the effect of a call, and a description of the caller's result.

    Items are compared by their ids; the fidelity rules compare their fields.
    """
    match call.outcome:
        case Hung(why):
            return Effect.HANG, why
        case Raised(name, message, own):
            text = shorten(f"{name}: {message}" if message else name, 100)
            return (Effect.TYPED_ERROR if own else Effect.FOREIGN_ERROR), text
        case Read(items):
            result = f"{pluralize(len(items), 'item')} and no error"
            if call.scenario.wanted is Wanted.ERROR:
                return Effect.SILENT_CORRUPTION, result
            wanted = call.scenario.wanted
            problem = "" if wanted is Wanted.END else _compare_items(operation, call, items)
            return (Effect.SILENT_CORRUPTION, problem) if problem else (Effect.TOLERATED, result)


def is_correct(operation: Operation, call: Call) -> bool:
    """Return whether the effect of a call is a correct one."""
    return classify(operation, call)[0] in CORRECT[call.scenario.wanted]


def find_misread(operation: Operation, call: Call) -> list[Difference]:
    """Return where the items of a call and the other fields differ from those that were sent.

    Locations are folded JSON Pointers into the body. If the numbers of items differ, that is the
    only difference.
    """
    scenario, outcome = call.scenario, call.outcome
    if not isinstance(outcome, Read):
        return []
    if len(outcome.items) != len(scenario.items):
        text = _different_lengths(scenario.items, outcome.items)
        return [(list_location(operation), text)]
    schema, above = item_schema(operation), item_location(operation)
    found = [
        (f"{above}{location}", problem)
        for sent, read in zip(scenario.items, outcome.items, strict=True)
        for location, problem in differences(schema, sent, read)
    ]
    for name, sent in scenario.fields.items():
        if name in outcome.fields:
            part = child(operation.response_schema, "properties", name)
            found += differences(part, sent, outcome.fields[name], (name,))
    return found


def _compare_items(operation: Operation, call: Call, items: Sequence[Any]) -> str:
    """Describe the first difference between the items sent and read; empty if they are equal.

    Items are compared by their ids, and as wholes if they have none.
    """
    sent = call.scenario.items
    if len(sent) != len(items):
        return _different_lengths(sent, items)
    schema = item_schema(operation)
    where = operation.roles.id or ("/id" if "id" in schema.get("properties", {}) else None)
    for number, (one, other) in enumerate(zip(sent, items, strict=True)):
        if where is None:
            found = next(differences(schema, one, other), None)
            if found is not None:
                return f"item {number}{found[0]}: {found[1]}"
            continue
        due, given = resolve(one, where), resolve(other, where)
        if not is_same(due, given, place(schema, where).get("format", "")):
            return f"item {number} is {show(given)}, but {excerpt(due, 40)} was sent"
    return ""


def _different_lengths(sent: Sequence[Any], read: Sequence[Any]) -> str:
    verb = "was" if len(sent) == 1 else "were"
    return f"{pluralize(len(sent), 'item')} {verb} sent, {len(read)} read"
