"""The accumulator of an audit, which counts equal values together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docpact.audit.counts import Counts
from docpact.bodies.validate import make_validator
from docpact.model import Operation
from docpact.rules.accumulator import Accumulator
from docpact.rules.summary import Summary


class AuditAccumulator(Accumulator):
    """Counts the exchanges of one part of the traffic."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(operation)
        schema = operation.response_schema
        self._validator = make_validator(schema)
        self._documented = {in_survey: Counts(schema) for in_survey in (True, False)}

    def count_documented(self, values: Sequence[Any], names: int, *, in_survey: bool) -> bool:
        """Count bodies that are as documented, and say whether it was possible.

        Args:
            values: the decoded bodies.
            names: how many members the objects have together as they were sent, or more.
            in_survey: whether the responses belong to the survey of the collection.
        """
        return self._documented[in_survey].add(values, names)

    def add_value(self, value: Any, in_survey: bool, names: int | None = None) -> bool:
        """Count a decoded body and note its breaches, as `add_body` does.

        Args:
            value: the decoded body.
            in_survey: whether the response belongs to the survey of the collection.
            names: how many members the objects have together as they were sent, or more; None if
                the value is known to be exact.

        Returns:
            False if a name may be there twice, digits may be lost, or the body may be nested too
            deep; then nothing is counted.
        """
        inspection = self._validator.inspect(value)
        contents = inspection.contents
        if names is not None and not (contents.is_exact and contents.names >= names):
            return False
        self.add_inspection(inspection, in_survey)
        return True

    def summary(self) -> Summary:
        """Return the counts, once at the end."""
        for in_survey, counts in self._documented.items():
            self.add_observations(in_survey, counts.counts, counts.seen)
        return super().summary()
