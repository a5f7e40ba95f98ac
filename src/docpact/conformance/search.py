"""The search: generated queries, fed with values seen; a failing one is shrunk and remembered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from docpact.cases.labels import query_label
from docpact.conformance.followup_cases import Observations, Query
from docpact.model import Case, Expectation, Expected, Question
from docpact.strategies import invalid_cases, invalid_queries
from docpact.strategies.texts import ENCODABLE
from docpact.targets.request_budget import BudgetSpent

MOST_VALUES: int = 5
"""How many values of an array one generated query lists at most."""


@dataclass(slots=True)
class Search:
    """What a search has asked, and the smallest query that failed.

    Attributes:
        count: how many queries are generated; shrinking comes on top.
        folder: where failing queries are kept for the next run, or None.
        seed: makes the search repeatable.
        failing: the smallest failing case so far.
    """

    count: int
    folder: Path | None = None
    seed: int = 0
    failing: Case | None = None
    _fails: dict[Query, bool] = field(default_factory=dict)
    _failures: set[Question] = field(default_factory=set)

    @property
    def asked(self) -> int:
        """How many different queries were sent."""
        return len(self._fails)

    @property
    def failures(self) -> frozenset[Question]:
        """Every failing question, the smallest included."""
        return frozenset(self._failures)

    def run(self, known: Observations, breaks: Callable[[Case], bool]) -> None:
        """Generate queries, those of an earlier run's failure first, and shrink what fails.

        Args:
            known: what the survey showed.
            breaks: sends a case and says whether its answer shows a difference of its own.

        Raises:
            BudgetSpent: nothing more may be sent.
        """
        spent: list[BudgetSpent] = []

        @settings(
            max_examples=self.count,
            database=None if self.folder is None else DirectoryBasedExampleDatabase(self.folder),
            deadline=None,
            phases=(Phase.reuse, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            derandomize=False,
        )
        @seed(self.seed)
        @given(generated(known))
        def look(case: Case) -> None:
            try:
                failed = self._look(case, breaks)
            except BudgetSpent as error:
                spent.append(error)
                return
            if failed:
                self.failing = case
                self._failures.add(case.question)
                raise _Failed

        look.hypothesis.inner_test.__qualname__ = known.operation.id  # type: ignore[attr-defined]
        with suppress(_Failed, Flaky):
            look()
        if spent:
            raise spent[0]

    def _look(self, case: Case, breaks: Callable[[Case], bool]) -> bool:
        """Ask each query once, however often it is generated while shrinking."""
        if case.query not in self._fails:
            self._fails[case.query] = breaks(case)
        return self._fails[case.query]


class _Failed(Exception):
    """A generated query showed a difference."""


def generated(known: Observations) -> SearchStrategy[Case]:
    """Generate documented queries of values seen, odd ones, and ones outside what is documented."""
    valid = _valid(known)
    strategies = [valid.map(_case), _odd(known, valid)]
    if invalid_cases(known.operation):
        strategies.append(invalid_queries(known.operation))
    return st.one_of(strategies)


def _case(query: Query) -> Case:
    return Case(f"search: {query_label(query)}", Question(query), pages=2)


def _valid(known: Observations) -> SearchStrategy[Query]:
    """Generate any subset of the filters and the page size, by documented values seen."""
    roles = known.operation.roles
    parts: dict[str, SearchStrategy[tuple[str, ...]]] = {}
    for name in roles.filters:
        parameter = known.operation.parameter(name)
        texts = list(parameter.item_schema.get("enum", ())) or sorted(known.texts(name))
        if texts:
            one = st.sampled_from(texts)
            several = st.lists(one, min_size=1, max_size=MOST_VALUES).map(tuple)
            parts[name] = several if parameter.is_array else one.map(lambda text: (text,))
    if roles.size_parameter is not None and known.largest is not None:
        least = known.operation.parameter(roles.size_parameter).schema.get("minimum", 1)
        sizes = st.integers(int(least), known.largest)
        parts[roles.size_parameter] = sizes.map(lambda size: (str(size),))
    return st.fixed_dictionaries({}, optional=parts).map(
        lambda chosen: tuple((name, text) for name, texts in chosen.items() for text in texts)
    )


def _odd(known: Observations, valid: SearchStrategy[Query]) -> SearchStrategy[Case]:
    """Generate a documented query in which one parameter takes any text at all."""
    names = [parameter.name for parameter in known.operation.query_parameters]

    def spoil(query: Query, name: str, text: str) -> Case:
        kept = tuple(pair for pair in query if pair[0] != name)
        spoilt = (*kept, (name, text))
        expectation = Expectation(Expected.UNSPECIFIED, name)
        return Case(f"search: {query_label(spoilt)}", Question(spoilt), expectation)

    return st.builds(spoil, valid, st.sampled_from(names), st.text(ENCODABLE, max_size=40))
