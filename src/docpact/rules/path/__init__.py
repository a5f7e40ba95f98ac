"""The `path` family, and the lists that show the thing of a path."""

from __future__ import annotations

from typing import Final

from docpact.rules.path import listing, rules
from docpact.rules.rule import Rule

RULES: Final[tuple[Rule, ...]] = (*rules.RULES, *listing.RULES)
