"""The `habit` family: observations, the kinds of habits, and their rules."""

from __future__ import annotations

from typing import Final

from docpact.rules.habits import rules
from docpact.rules.rule import Rule

RULES: Final[tuple[Rule, ...]] = (*rules.RULES,)
