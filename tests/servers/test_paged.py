"""Every style of paging at five account sizes: faults are found, and correct lists conform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lists import check
from servers.paged import (
    STYLES,
    Server,
    Style,
    things,
)

from docpact.model import Level, Run, Verdict

COUNTS = (0, 1, 3, 30, 237)


def styles(*counts: int) -> Callable[..., Any]:
    """Return the styles with account sizes as parameters; all but some sizes are slow."""
    return pytest.mark.parametrize(
        ("style", "count"),
        [
            pytest.param(
                style,
                count,
                id=f"{style.name}-{count}",
                marks=() if count in counts else pytest.mark.slow,
            )
            for style in STYLES
            for count in COUNTS
        ],
    )


def run(server: Server) -> Run:
    return check(server.operation, server)


@styles(3, 237)
def test_a_correct_list_conforms(style: Style, count: int) -> None:
    found = run(Server(style, things(count)))
    serious = [each for each in found.findings if each.level is not Level.NOTE]
    assert [(f.rule, f.location, f.observed) for f in serious] == []
    assert found.verdict() is Verdict.CONFORMS, found.reason
