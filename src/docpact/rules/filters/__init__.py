"""The `filter` family, with ranges and orders."""

from __future__ import annotations

from typing import Final

from docpact.rules.filters import ranges, rules
from docpact.rules.rule import Rule

RULES: Final[tuple[Rule, ...]] = (*rules.RULES, *ranges.RULES)
