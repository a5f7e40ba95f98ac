"""Parents: below which thing a list has items, so that it can be tested."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from docpact.conformance.plan import EXAMPLE
from docpact.conformance.session import Target
from docpact.model import Operation
from docpact.rules.evidence import BodyReader
from docpact.targets.request_budget import BudgetSpent

PARENTS: Final = "parents"
"""Name of the phase that looks for a thing below which a list has items."""


def find_filled(
    parents: Sequence[Operation], open_target: Callable[[Operation], Target]
) -> tuple[Operation, int]:
    """Return the first list that shows items, or else the first one, and the requests sent.

    Args:
        parents: the same list below several things, at least one; only one is not asked.
        open_target: opens the target of a list.
    """
    sent = 0
    for each in parents if len(parents) > 1 else ():
        target = open_target(each)
        before = target.request_budget.spent
        try:
            found = _has_items(target)
        except BudgetSpent:
            break
        finally:
            sent += target.request_budget.spent - before
        if found:
            return each, sent
    return parents[0], sent


def _has_items(target: Target) -> bool:
    """Return whether the first page shows items."""
    page = BodyReader(target.operation).read_page(target.send(EXAMPLE)[-1])
    return page is not None and bool(page.items)
