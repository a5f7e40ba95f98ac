"""The rules: one table, and the pure function from evidence to judgements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Final

from docpact.errors import InternalError
from docpact.model import Judgement, Operation, Promise
from docpact.rules import auth, protocol, query, response, selections
from docpact.rules.evidence import Evidence, gather
from docpact.rules.filters import ranges
from docpact.rules.filters import rules as filter_rules
from docpact.rules.habits import rules as habit_rules
from docpact.rules.paging import rules as paging_rules
from docpact.rules.path import listing
from docpact.rules.path import rules as path_rules
from docpact.rules.rule import Rule, judge_by
from docpact.rules.stability import rules as stability_rules
from docpact.rules.writes import rules as write_rules
from docpact.rules.writes import searches, semantics

RULES: Final[tuple[Rule, ...]] = (
    *response.RULES,
    *query.RULES,
    *selections.RULES,
    *path_rules.RULES,
    *listing.RULES,
    *filter_rules.RULES,
    *ranges.RULES,
    *paging_rules.RULES,
    *stability_rules.RULES,
    *auth.RULES,
    *protocol.RULES,
    *write_rules.RULES,
    *semantics.RULES,
    *searches.RULES,
    *habit_rules.RULES,
)
"""All rules, by family."""


def judge(evidence: Evidence, chosen: Collection[str] | None = None) -> tuple[Judgement, ...]:
    """Judge every promise of the contract, or those of the chosen rules or families.

    Raises:
        InternalError: a problem would be dropped because it belongs to no promise.
    """
    rules = RULES if chosen is None else _choose(frozenset(chosen))
    judgements = tuple(judge_by(rules, evidence))
    if chosen is None:
        _check_promised(evidence, judgements)
    return judgements


@lru_cache(maxsize=256)
def _choose(chosen: frozenset[str]) -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES if rule.id in chosen or rule.family in chosen)


def _check_promised(evidence: Evidence, judgements: Sequence[Judgement]) -> None:
    promised = {(each.promise.rule, each.promise.location) for each in judgements}
    for problem in evidence.relations.problems:
        if (problem.rule, problem.location) not in promised:
            raise InternalError(
                f"{evidence.operation.id}: {problem.rule} {problem.location}: {problem.observed}: "
                "no promise of the contract matches this problem"
            )


WITHOUT: Final = {
    "query": "no query parameters",
    "path": "no path parameters",
    "filter": "no parameters that select items",
    "paging": "no parameters for paging",
    "auth": "no credential",
    "stability": "no response can be seen twice",
    "write": "it creates nothing, or no other operation uses the things that it creates",
}
"""Family → why its rules are not applicable to an operation without a promise of it."""


def promises(operation: Operation) -> tuple[Promise, ...]:
    """Return every promise of the contract, in the order of the table."""
    return tuple(judgement.promise for judgement in judge(gather(operation, ())))


__all__ = ["RULES", "WITHOUT", "Evidence", "Rule", "gather", "judge", "promises"]
