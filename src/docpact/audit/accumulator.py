"""The accumulator of an audit, which counts equal values together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from docpact.audit.counts import Counts
from docpact.bodies.contents import Extra
from docpact.bodies.validate import describe_extra, describe_missing, make_validator
from docpact.model import Operation
from docpact.rules.accumulator import Accumulator, make_key
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
        contents, violations = self._validator.inspect(value)
        if names is not None and not (contents.is_exact and contents.names >= names):
            return False
        self.add_observations(in_survey, contents.counts, contents.seen)
        for missing in contents.missing:
            first = describe_missing(missing, 0)
            key = make_key(first, in_survey)
            self.add_breach(key, first.observed, first.pointer, missing.number)
        for violation in violations:
            self.add_breach(make_key(violation, in_survey), violation.observed, violation.pointer)
        for extra in contents.extras:
            self._add_extra(extra, in_survey)
        return True

    def summary(self) -> Summary:
        """Return what was counted, once at the end."""
        for in_survey, counts in self._documented.items():
            self.add_observations(in_survey, counts.counts, counts.seen)
        return super().summary()

    def _add_extra(self, extra: Extra, in_survey: bool) -> None:
        """Note undocumented fields of one name; equal values are described once."""
        first = describe_extra(extra, 0)
        key = make_key(first, in_survey)
        if self.is_full(key):
            self.add_breach(key, "", times=len(extra.values))
            return
        texts = [repr(value) for value in extra.values]
        for text, times in Counter(texts).items():
            found = describe_extra(extra, texts.index(text))
            self.add_breach(key, found.observed, found.pointer, times)
