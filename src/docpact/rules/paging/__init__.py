"""The `paging` family, with the fields, links and ends of pages."""

from __future__ import annotations

from typing import Final

from docpact.rules.paging import rules
from docpact.rules.rule import Rule

RULES: Final[tuple[Rule, ...]] = (*rules.RULES,)
