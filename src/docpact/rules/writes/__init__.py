"""The `write` family."""

from __future__ import annotations

from typing import Final

from docpact.rules.rule import Rule
from docpact.rules.writes import rules, searches, semantics

RULES: Final[tuple[Rule, ...]] = (*rules.RULES, *semantics.RULES, *searches.RULES)
