"""Marks of things that were deleted, or deactivated."""

from __future__ import annotations

import re
from typing import Any, Final

from docpact.model import Operation
from docpact.model.path import snake_case

_GONE: Final = re.compile(
    r"(is_)?(deleted|archived|removed|trashed)(_(at|on|by))?"
    r"|(deleted?|deletion)_(time|timestamp|date)"
)
"""Names, in snake case, of fields that mark a thing as deleted."""

_GONE_STATES: Final = re.compile(
    r"((pending|(marked|scheduled)_for)_)?delet(ed?|ing|ion)|archived|removed|cancell?ed"
    r"|(in_)?trash(ed)?|deprovisioned|destroyed"
)
"""States, in snake case, that only a deletion leads to."""


_DEACTIVATES: Final = re.compile(r"deactivat|disabl|suspend", re.IGNORECASE)
"""The part of the title or id of a DELETE that keeps the thing."""

_OFF: Final = re.compile(r"(is_)?(inactive|disabled|deactivated|suspended)(_(at|on|by))?")
"""Names and states, in snake case, of things that were deactivated."""

_ON: Final = re.compile(r"(is_)?(active|enabled|activated)")
"""Names, in snake case, of fields that are false then."""


def is_marked_gone(body: Any, delete: Operation | None) -> bool:
    """Return whether a thing is marked as deleted, or as deactivated if its DELETE does that."""
    if not isinstance(body, dict):
        return False
    fields = [(snake_case(name), value) for name, value in body.items()]
    states = [snake_case(str(body.get(name))) for name in ("status", "state")]
    is_off = any(value and _OFF.fullmatch(name) for name, value in fields)
    is_off |= any(value is False and _ON.fullmatch(name) for name, value in fields)
    is_off |= any(map(_OFF.fullmatch, states))
    if is_off and delete is not None and _DEACTIVATES.search(f"{delete.title} {delete.id}"):
        return True
    marked = any(value and _GONE.fullmatch(name) for name, value in fields)
    return marked or any(map(_GONE_STATES.fullmatch, states))
