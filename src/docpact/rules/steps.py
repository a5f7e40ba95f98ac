"""The steps of a life cycle: requests that create, read, change and delete things."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from docpact.model import Exchange

Action: TypeAlias = Literal[
    "create", "partial", "invalid", "same key", "read", "list", "put", "patch", "delete"
]


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a life cycle, with the known facts about its thing.

    Attributes:
        action: the purpose of the request.
        exchange: with the response.
        name: the id of the thing, or empty.
        expected: field → value that the thing must have.
        changed: the fields that the last update changed.
        body: the decoded response, or the thing as a list shows it; None if there is none.
        is_listed: whether a whole list has the thing; None if the end of the list was not seen.
        is_deleted: whether the thing, or another one with the same id, was deleted before.
        is_other: whether only another thing was changed or deleted since the last reading.
        about: the field that the body lacks or that makes it invalid.
    """

    action: Action
    exchange: Exchange
    name: str = ""
    expected: dict[str, Any] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    body: Any = None
    is_listed: bool | None = None
    is_deleted: bool = False
    is_other: bool = False
    about: str = ""

    @property
    def is_successful(self) -> bool:
        """Whether the status says that the request was carried out."""
        return 200 <= self.exchange.status < 300
