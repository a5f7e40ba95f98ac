"""Finished items: hashes of their fields, compared with those of earlier runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from docpact.model import Night, Operation, Past, Sample
from docpact.model.pointer import pointer, resolve
from docpact.rules.pages import Item

CONSTANCY: Final = "habit.constancy"
FINAL: Final = "habit.final"

SAME: Final = "same"
CHANGED: Final = "changed"

MAX_ITEMS: Final = 40
"""Number of finished items of which a run keeps hashes: those with the smallest ones, so that
runs keep the same ones."""

MAX_FIELDS: Final = 30
DIGITS: Final = 4
"""Hexadecimal digits of the hash of a value: one change in 65,536 is not noticed."""


def sample_finished(
    operation: Operation, items: Iterable[Item], redact: Callable[[str], str] = str
) -> Sample | None:
    """Return hashes of finished items; None if the contract does not say which are finished."""
    lifecycle, where = operation.roles.lifecycle, operation.roles.id
    if lifecycle is None or where is None:
        return None
    ids = {make_hash(operation.id, each.id)[:8]: each.fields for each in items if each.id}
    final = [k for k, each in ids.items() if lifecycle.is_final(resolve(each, lifecycle.field))]
    chosen = {key: ids[key] for key in sorted(final)[:MAX_ITEMS]}
    every = {n for each in chosen.values() for n in each if pointer((n,)) != where}
    names = sorted(name for name in every if redact(name) == name)[:MAX_FIELDS]
    return Sample(
        tuple(names),
        {
            key: "".join(_hash_field(key, each, name) for name in names)
            for key, each in chosen.items()
        },
    )


def compare_finished(
    operation: Operation, items: Iterable[Item], past: Past, context: str
) -> Iterator[tuple[str, str, str]]:
    """Yield rule, location and outcome for each field of each item that was finished before.

    A field is compared with the latest night on which its habit had not ended, or on which somebody
    accepted that. So a change is seen until then.
    """
    lifecycle = operation.roles.lifecycle
    nights = [each for each in past.nights if each.observed.context == context]
    if lifecycle is None or not nights:
        return
    now = {make_hash(operation.id, each.id)[:8]: each.fields for each in items if each.id}
    for name in {n for each in nights for n in (each.observed.final or Sample()).fields}:
        at = f"{operation.roles.items}/*{pointer((name,))}"
        rule = FINAL if pointer((name,)) == lifecycle.field else CONSTANCY
        for key, before in _find_hashes(nights, (rule, at), name):
            if (here := now.get(key)) is not None and name in here:
                is_same = _hash_field(key, here, name) == before
                yield rule, at, SAME if is_same else CHANGED


def _find_hashes(
    nights: Iterable[Night], rule: tuple[str, str], name: str
) -> Iterator[tuple[str, str]]:
    """Yield each item of the night to compare with, and the hash of one field of it."""
    usable = [night for night in nights if night.changed.get(rule) != ""]
    last = usable[-1].observed.final if usable else None
    if last is None or name not in last.fields:
        return
    at = last.fields.index(name) * DIGITS
    for key, hashes in last.items.items():
        if (found := hashes[at : at + DIGITS]) != "-" * DIGITS:
            yield key, found


def _hash_field(key: str, fields: Mapping[str, Any], name: str) -> str:
    return make_hash(key, name, fields[name])[:DIGITS] if name in fields else "-" * DIGITS


def make_hash(*parts: Any) -> str:
    """Return the SHA-256 hash of some values, as JSON."""
    return sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
