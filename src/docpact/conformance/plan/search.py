"""The search: generates queries with values seen; shrinks and remembers those that fail."""

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

from docpact.cases.wire import query_label
from docpact.conformance.plan.observations import Observations
from docpact.model import Case, Expectation, Expected, Query, Question
from docpact.strategies import invalid_cases, invalid_queries
from docpact.strategies.scalars import ENCODABLE
from docpact.targets.connections import BudgetSpent

MOST_VALUES: int = 5
"""Maximum number of values of an array in one generated query."""


@dataclass(slots=True)
class Search:
    """A search for failing queries.

    Attributes:
        count: number of queries to generate, without those for shrinking.
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
        """The number of different queries sent."""
        return len(self._fails)

    @property
    def failures(self) -> frozenset[Question]:
        """All failing questions, with the smallest."""
        return frozenset(self._failures)

    def run(self, seen: Observations, fails: Callable[[Case], bool]) -> None:
        """Generate queries, those that failed in an earlier run first, and shrink the failing ones.

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
        @given(generate_cases(seen))
        def ask(case: Case) -> None:
            try:
                failed = self._ask(case, fails)
            except BudgetSpent as error:
                spent.append(error)
                return
            if failed:
                self.failing = case
                self._failures.add(case.question)
                raise _Failed

        ask.hypothesis.inner_test.__qualname__ = seen.operation.id  # type: ignore[attr-defined]
        with suppress(_Failed, Flaky):
            ask()
        if spent:
            raise spent[0]

    def _ask(self, case: Case, fails: Callable[[Case], bool]) -> bool:
        """Return whether a query fails; send it only once, however often it is generated."""
        if case.query not in self._fails:
            self._fails[case.query] = fails(case)
        return self._fails[case.query]


class _Failed(Exception):
    """A generated query failed."""


def generate_cases(seen: Observations) -> SearchStrategy[Case]:
    """Generate documented queries with values seen, unusual ones, and undocumented ones."""
    valid = _valid(seen)
    cases = valid.map(lambda q: Case(f"search: {query_label(q)}", Question(q), pages=2))
    strategies = [cases, _odd(seen, valid)]
    if invalid_cases(seen.operation):
        strategies.append(invalid_queries(seen.operation))
    return st.one_of(strategies)


def _valid(seen: Observations) -> SearchStrategy[Query]:
    """Generate any subset of the filters and the page size, with documented values seen."""
    roles = seen.operation.roles
    parts: dict[str, SearchStrategy[tuple[str, ...]]] = {}
    for name in roles.filters:
        parameter = seen.operation.parameter(name)
        texts = list(seen.listed[name]) or sorted(seen.texts(name))
        if texts:
            one = st.sampled_from(texts)
            several = st.lists(one, min_size=1, max_size=MOST_VALUES).map(tuple)
            parts[name] = several if parameter.is_array else one.map(lambda text: (text,))
    if roles.size_parameter is not None and seen.largest is not None:
        least = seen.operation.parameter(roles.size_parameter).schema.get("minimum", 1)
        sizes = st.integers(int(least), seen.largest)
        parts[roles.size_parameter] = sizes.map(lambda size: (str(size),))
    return st.fixed_dictionaries({}, optional=parts).map(
        lambda chosen: tuple((name, text) for name, texts in chosen.items() for text in texts)
    )


def _odd(seen: Observations, valid: SearchStrategy[Query]) -> SearchStrategy[Case]:
    """Generate a documented query in which one parameter has any text."""
    names = [parameter.name for parameter in seen.operation.query_parameters]

    def spoil(query: Query, name: str, text: str) -> Case:
        kept = tuple(pair for pair in query if pair[0] != name)
        spoilt = (*kept, (name, text))
        expectation = Expectation(Expected.UNSPECIFIED, name)
        return Case(f"search: {query_label(spoilt)}", Question(spoilt), expectation)

    return st.builds(spoil, valid, st.sampled_from(names), st.text(ENCODABLE, max_size=40))
