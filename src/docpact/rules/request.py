"""The `request` family: the bodies that other clients sent, as recorded traffic shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from docpact.model import Level
from docpact.rules.evidence import Evidence
from docpact.rules.response import judge_observed
from docpact.rules.response_promises import REQUEST
from docpact.rules.rule import Judged, rule


@rule(
    REQUEST, "The client may stop working when the server begins to refuse such a body.", Level.NOTE
)
def judge_recorded(evidence: Evidence) -> Iterator[Judged]:
    """A recorded request that the server accepted has the documented body."""
    yield from judge_observed(REQUEST, evidence)


RULES: Final = (judge_recorded,)
