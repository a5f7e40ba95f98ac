"""The objects that rows belong to, as an example of the body shows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from docpact.capture.rendered.rows import Row
from docpact.model.pointer import to_list

_WORD: Final = re.compile(r"[A-Za-z_][\w.-]*")

_SURE, _SHOWN, _NONE = 2, 1, 0
"""The next rows that certainly belong to an object: all, those in its example, or none."""

_Unread = list[tuple[Row, str]]


def make_object(
    rows: Sequence[Row], sample: Mapping[str, Any] | None, *, hides: bool
) -> tuple[dict[str, Any], _Unread] | None:
    """Return the schema of an object with rows, and what of them is not known.

    The fields of an inner object are below its row, or hidden. If neither is sure, the rows below
    it have no certain place. On a page that hides the fields of inner objects at first, those that
    the sample shows have a certain place.

    Returns:
        None if several nestings are possible, or the example has other fields.
    """
    found = _take(rows, 0, sample, is_inner=False, hides=hides)
    if found is None:
        return None
    kept, _, unread = found
    listed = [row.name for row, _ in kept]
    left_out = {row.name for row, _ in unread}
    others = {*(sample or {})} - {*listed} - left_out
    if len({*listed}) < len(listed) or (others and not hides):
        return None
    unread += [
        (rows[-1], f"the field {name}, which only an example has") for name in sorted(others)
    ]
    return _write(kept), unread


_Kept = list[tuple[Row, dict[str, Any] | None]]
"""Rows of one object; those of an object inside it with its schema."""


def _take(
    rows: Sequence[Row], at: int, sample: Mapping[str, Any] | None, *, is_inner: bool, hides: bool
) -> tuple[_Kept, int, _Unread] | None:
    """Return the rows of one object, and the index of the row behind them.

    Those of an inner object end where all fields of its example are found.
    """
    shown = sample or {}
    kept: _Kept = []
    unread: _Unread = []
    trust, left = _SURE, {*shown}
    least = _SHOWN if hides else _NONE
    while at < len(rows) and (left or not is_inner):
        row = rows[at]
        at += 1
        if trust == _NONE or (trust == _SHOWN and row.name not in shown):
            unread.append((row, "which object it is in"))
            continue
        left.discard(row.name)
        inner: dict[str, Any] | None = None
        if row.holder is not None and not row.is_closed and at < len(rows):
            fields, below = _fields(shown.get(row.name)), {each.name for each in rows[at:]}
            trust = min(trust, (_SURE if hides else _SHOWN) if fields else least)
            if fields and {*fields} <= below:
                trust = min(trust, _SHOWN)
                taken = _take(rows, at, fields, is_inner=True, hides=hides)
                if taken is None:
                    return None
                inner, at = _write(taken[0]), taken[1]
                unread += taken[2]
            elif {*fields} & below - {*shown}:
                return None
        words = [e for e in row.prose if _WORD.fullmatch(e) and not row.is_closed]
        if words:
            trust = min(trust, least)
            unread.append((row, f"the words below it, which may be fields: {', '.join(words)}"))
        unread += [(row, text) for text in row.unread]
        kept.append((row, inner))
    return kept, at, unread


def _fields(value: Any) -> dict[str, Any]:
    """Return the fields of an object in an example, or those of all objects in an array."""
    objects = (item for item in to_list(value) if isinstance(item, dict))
    return {name: each for item in objects for name, each in item.items()}


def _write(kept: _Kept) -> dict[str, Any]:
    properties = {}
    for row, inner in kept:
        if inner is not None and row.holder is not None:
            row.holder.update({**inner, **row.holder})
        prose = {"description": " ".join(row.prose)} if row.prose else {}
        properties[row.name] = {**row.schema, **prose}
    required = [row.name for row, _ in kept if row.required]
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    return {**schema, **({"required": required} if required else {})}
