"""The path family: a body has the identifier of the path, in whatever form it is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from toy import LAMPS, exchange

from docpact.model import Exchange, Parameter, Request, Roles
from docpact.rules import gather, judge

LAMP = replace(
    LAMPS,
    path="/v1/lamps/{id}",
    parameters=(Parameter("id", "path", required=True, schema={"type": "string"}),),
    query_schema={"type": "object"},
    response_schema={"type": "object", "properties": {"id": {}}},
    roles=Roles(path={"id": "/id"}),
)
UUID = "0b61e1f2-5b8c-4f0e-9d0a-3c1f6f7a2e11"


def response(asked: str, shown: Any) -> Exchange:
    """Return a request for one lamp, and its body."""
    request = Request("GET", f"{LAMP.server}/v1/lamps/{asked}")
    return replace(exchange({"id": shown}), request=request)


@pytest.mark.parametrize(
    ("asked", "shown", "is_same"),
    [
        ("lamp-1", "lamp-1", True),
        ("lamp-1", "lamp-2", False),
        ("lamp-1", "LAMP-1", False),
        ("7", 7, True),
        ("7", 8, False),
        (UUID, UUID.upper(), True),
        (UUID, UUID.replace("-", ""), True),
        (UUID, f"{UUID[:-1]}2", False),
        (UUID, "lamp-1", False),
        ("lamp-1", UUID, False),
    ],
)
def test_an_identifier_is_that_of_the_path(asked: str, shown: Any, is_same: bool) -> None:
    judgements = judge(gather(LAMP, [response(asked, shown)]))
    (found,) = (each for each in judgements if each.promise.rule == "path.identity")
    assert (found.observations, found.breaches == ()) == (1, is_same)
