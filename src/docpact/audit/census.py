"""The census: what valid bodies hold, counted by columns rather than value by value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from docpact.audit.places import Extra, Odd, Pass, at_root
from docpact.model.schema import Schema


class Census:
    """Counts the values of valid bodies; equal to what `docpact.validation.inspect` counts.

    All values at one place are looked at together, and not at all where the schema leaves nothing
    open but how many there are.
    """

    def __init__(self, schema: Schema) -> None:
        self._root = at_root(schema)
        self._judged = Counter[str]()
        self._seen = set[tuple[str, str]]()

    def add(
        self,
        values: Sequence[Any],
        names: int,
        is_known: Callable[[Extra], bool] = lambda _: False,
        *,
        is_closed: bool = False,
    ) -> Sequence[Extra] | None:
        """Count valid bodies, and return their fields that are not documented.

        Args:
            values: decoded.
            names: how many members their objects have together as they were sent, or more.
            is_known: says of a field that is not documented whether it was seen before.
            is_closed: whether it is known that every field is documented.

        Returns:
            None where one has to be looked at value by value, and none is counted: a name came
            twice in an object, it is nested too deep, a union is not as documented, or a field that
            is not documented was not seen before.
        """
        found = self._walked(values, Pass(1, is_closed))
        if found is None or found.names < names or not all(map(is_known, found.extras)):
            self._walked(values, Pass(-1, is_closed))
            return None
        self._keep(found)
        return found.extras

    def add_elements(self, name: str, elements: Sequence[Any]) -> None:
        """Count valid and documented elements of an array at the top, but not the array.

        Args:
            name: of the array's property.
            elements: decoded.
        """
        found = Pass(1, is_closed=True)
        self._root.of_elements(name).add(elements, found)
        self._keep(found)

    def counts_elements(self, name: str) -> bool:
        """Say whether a property of the body is an array whose elements can be counted."""
        try:
            self._root.of_elements(name)
        except KeyError:
            return False
        return True

    @property
    def judged(self) -> Counter[str]:
        """The number of instances that each keyword speaks of, by JSON Pointer."""
        judged = Counter(self._judged)
        for place in self._root.walk():
            judged.update(place.judged())
        return +judged

    @property
    def seen(self) -> frozenset[tuple[str, str]]:
        """Folded location of each value but null, and the value where it is an enumerated one."""
        return frozenset(self._seen).union(*(place.seen() for place in self._root.walk()))

    def _walked(self, values: Sequence[Any], found: Pass) -> Pass | None:
        try:
            self._root.add(values, found)
        except Odd:
            return None
        return found

    def _keep(self, found: Pass) -> None:
        for place, values in found.shown:
            place.show(values)
        self._judged += found.judged
        self._seen |= found.seen
