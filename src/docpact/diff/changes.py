"""A change from one source to another."""

from __future__ import annotations

from dataclasses import dataclass

from docpact.diff.rules import AUDIENCES, DiffRule
from docpact.model import Source


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two sources.

    Attributes:
        rule: the kind of change.
        location: `query/NAME`, a folded JSON Pointer into the response body, another part with such
            a pointer, as in `body/name`, or the name of a fact.
        before: the statement of the first source.
        after: the statement of the second source.
        sources: where each of them states it, or None.
        detail: a value or a keyword, to distinguish changes of one rule at one location.
    """

    rule: DiffRule
    location: str
    before: str
    after: str
    sources: tuple[Source | None, Source | None] = (None, None)
    detail: str = ""

    @property
    def audience(self) -> str:
        """The people the change concerns."""
        return AUDIENCES.get(self.rule.id.split(".")[1], "everybody")
