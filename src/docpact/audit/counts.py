"""The census: what documented values hold, counted by columns rather than value by value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from docpact.audit.places import Odd, Pass, place
from docpact.model.pointer import Tokens
from docpact.model.schema import Schema, followed


class Census:
    """Counts values that keep a schema, every field documented, as `docpact.bodies.validate` does.

    All values at one place are looked at together, and not at all where the schema leaves nothing
    open but how many there are.
    """

    def __init__(self, schema: Schema, path: Tokens = (), where: tuple[str, ...] = ()) -> None:
        self._root = place(*followed(schema, path), where)
        self._judged = Counter[str]()
        self._seen = set[tuple[str, str]]()

    def add(self, values: Sequence[Any], names: int) -> bool:
        """Count values, and say whether they could be counted; else none is.

        Args:
            values: decoded.
            names: how many members their objects have together as they were sent, or more.
        """
        try:
            found = self.walk(values)
        except Odd:
            return False
        if found.names < names:  # one came twice in an object
            self.take_back(values)
            return False
        self.keep(found)
        return True

    def walk(self, values: Sequence[Any]) -> Pass:
        """Count values, which are to be kept or taken back.

        Raises:
            Odd: one has to be looked at by itself, as it is nested too deep, or of a union and not
                as documented; none is counted.
        """
        found = Pass(1)
        try:
            self._root.add(values, found)
        except Odd:
            self.take_back(values)
            raise
        return found

    def take_back(self, values: Sequence[Any]) -> None:
        """Count values no longer."""
        with suppress(Odd):
            self._root.add(values, Pass(-1))

    def keep(self, found: Pass) -> None:
        """Count values for good."""
        for scalars, values in found.shown:
            scalars.show(values)
        self._judged += found.judged
        self._seen |= found.seen

    @property
    def judged(self) -> Counter[str]:
        """The number of instances that each keyword speaks of, by JSON Pointer."""
        judged = Counter(self._judged)
        for each in self._root.walk():
            judged.update(each.judged())
        return +judged

    @property
    def seen(self) -> frozenset[tuple[str, str]]:
        """Folded location of each value but null, and the value where it is an enumerated one."""
        return frozenset(self._seen).union(*(place.seen() for place in self._root.walk()))
