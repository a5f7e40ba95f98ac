"""The `stability` family, and the agreement of items."""

from __future__ import annotations

from typing import Final

from docpact.rules.rule import Rule
from docpact.rules.stability import rules

RULES: Final[tuple[Rule, ...]] = (*rules.RULES,)
