"""Observations: the values that the responses so far have shown, and that requests may send."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Any, Final

from docpact.cases.wire import LONGEST, can_be_documented
from docpact.model import Operation, Query
from docpact.rules.evidence import find_survey
from docpact.rules.walks.pages import Item, as_text
from docpact.rules.walks.walk import Walk
from docpact.targets.connections import BUDGET

REPLACED: Final = "\N{REPLACEMENT CHARACTER}"
"""Replaces bytes that are not UTF-8, so that the server's own value is unknown."""

USUAL: Final = 100
"""A page size that servers usually allow where no maximum is documented."""


@dataclass(frozen=True)
class Observations:
    """The values that the responses so far have shown.

    Attributes:
        operation: the contract.
        walks: all walks so far.
        seed: of the random choices.
        left: number of requests that may still be sent.
        redact: replaces the secrets in a text.
        usable: filter and text → whether the text may be sent, as found earlier in the run.
        other: name and value of the parameter that names another parent; empty without one.
        plans: function that plans a phase → its cases, as far as they have been asked for.
    """

    operation: Operation
    walks: tuple[Walk, ...] = ()
    seed: int = 0
    left: int = BUDGET
    redact: Callable[[str], str] = str
    usable: dict[tuple[str, str], bool] = field(default_factory=dict, compare=False)
    other: Query = ()
    plans: dict[Any, tuple[Any, ...]] = field(default_factory=dict, compare=False)

    @cached_property
    def survey(self) -> Walk | None:
        """The walk of the whole collection, or None if there is none yet."""
        return find_survey(self.walks)

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """The items of the survey in order, each once."""
        shown = self.survey.items if self.survey else ()
        found = {item.id or id(item): item for item in shown}
        return tuple(found.values())

    @property
    def size(self) -> int | None:
        """The page size of the survey, or before it the largest documented one."""
        return self.survey.size if self.survey else self.largest

    @property
    def largest(self) -> int | None:
        """The largest documented page size, or None if there is none."""
        name = self.operation.roles.size_parameter
        most = self.operation.parameter(name).schema.get("maximum") if name else None
        return None if most is None else int(most)

    @cached_property
    def longest(self) -> int:
        """The largest page size to ask for: documented, or else one that servers usually allow."""
        shown = (len(page.items) for walk in self.walks for page in walk.pages)
        return max((USUAL, *shown)) if self.largest is None else self.largest

    def may_ask(self, size: int) -> bool:
        """Return whether a page size is documented, and servers do not usually refuse it."""
        name, is_usual = self.operation.roles.size_parameter, size <= self.longest
        parameter = self.operation.parameter(name) if name is not None and is_usual else None
        return parameter is not None and can_be_documented(parameter, str(size))

    def texts(self, name: str) -> Counter[str]:
        """Count the documented values of the field that a filter selects by, as query texts."""
        return self._counts[name]

    @cached_property
    def _counts(self) -> dict[str, Counter[str]]:
        return {
            name: Counter(text for item in self.items if (text := self.text(item, name)))
            for name in self.operation.roles.filters
        }

    def text(self, item: Item, name: str) -> str | None:
        """Return the query text by which a filter selects an item, or None if there is none."""
        text = item.texts[name]
        if text is None:
            return None
        if (name, text) not in self.usable:
            self.usable[name, text] = self._is_usable(name, text)
        return text if self.usable[name, text] else None

    def _is_usable(self, name: str, text: str) -> bool:
        """Return whether a text may be sent as the value of a filter, and is documented for it."""
        is_split = "," in text and name in self.operation.roles.joined
        if REPLACED in text or is_split or not self.may_send(text):
            return False
        listed = self.listed[name]
        return text in listed if listed else can_be_documented(self.operation.parameter(name), text)

    def may_send(self, text: str) -> bool:
        """Return whether a text fits into a query, and holds no secret."""
        return len(text) <= LONGEST and self.redact(text) == text

    @cached_property
    def listed(self) -> dict[str, tuple[str, ...]]:
        """Filter → its enumerated values as query texts; empty if its values are not enumerated."""
        named = {name: self.operation.parameter(name) for name in self.operation.roles.filters}
        return {
            name: tuple(
                text
                for value in parameter.item_schema.get("enum", ())
                if (text := as_text(value)) is not None
            )
            for name, parameter in named.items()
        }

    def random(self, purpose: str) -> Random:
        """Return a source of random choices for one purpose, the same in every run with a seed."""
        return Random(f"{self.seed} {purpose}")  # noqa: S311
