"""The accumulator of an audit, which also counts valid values by columns."""

from __future__ import annotations

from docpact.audit.counts import Census
from docpact.audit.elements import Elements, without_required
from docpact.audit.quick import Form
from docpact.model import Operation
from docpact.rules.accumulator import Accumulator
from docpact.rules.summary import Summary


class AuditAccumulator(Accumulator):
    """Counts the exchanges of one part of the traffic."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(operation)
        self._bodies: dict[tuple[bool, int], Census] = {}
        self._elements: dict[tuple[bool, str | None, frozenset[str]], Census] = {}

    def count_bodies(self, form: Form, in_survey: bool) -> Census:
        """Return the counts of bodies that conform to a form of the schema.

        Args:
            form: of the schema.
            in_survey: whether the responses belong to the survey of the collection.
        """
        key = (in_survey, form.number)
        if key not in self._bodies:
            self._bodies[key] = Census(form.schema)
        return self._bodies[key]

    def count_elements(
        self, elements: Elements, missing: frozenset[str], in_survey: bool
    ) -> Census:
        """Return the counts of elements without some required fields; see `count_bodies`."""
        key = (in_survey, elements.name, missing)
        if key not in self._elements:
            schema = without_required(elements.schema, missing)
            self._elements[key] = Census(schema, elements.path, elements.where)
        return self._elements[key]

    def summary(self) -> Summary:
        """Return what was counted, once at the end."""
        for counts in (self._bodies, self._elements):
            for (in_survey, *_), census in counts.items():
                self.add_observations(in_survey, census.judged, census.seen)
        return super().summary()
