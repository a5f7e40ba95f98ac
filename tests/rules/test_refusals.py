"""The status of a refusal: documented where the documentation states one for such a request."""

from __future__ import annotations

from dataclasses import replace

import pytest
from toy import LAMPS, exchange

from docpact.model import Case, DocumentedResponse, Expectation, Expected, Parameter, Question
from docpact.rules import gather, judge
from docpact.rules.path.rules import UNKNOWN

LAMP = replace(
    LAMPS,
    path="/v1/lamps/{id}",
    parameters=(
        Parameter("id", "path", required=True, schema={"type": "string"}),
        *LAMPS.parameters,
    ),
)
INVALID = Case("size=0", Question((("size", "0"),)), Expectation(Expected.REJECTED, "size"))
NOTHING = Case("id=x", Question(), Expectation(Expected.REJECTED, "id", UNKNOWN))


@pytest.mark.parametrize(
    ("stated", "case", "status", "is_found"),
    [
        (["200", "422"], INVALID, 422, False),
        (["200", "422"], INVALID, 423, True),
        (["200", "422"], INVALID, 400, True),
        (["200", "400", "422"], INVALID, 400, False),
        (["200", "422", "default"], INVALID, 423, False),
        (["200", "4XX"], INVALID, 418, False),
        (["200", "404"], INVALID, 400, False),
        (["200", "422"], INVALID, 429, False),
        (["200", "422"], INVALID, 401, False),
        (["200"], INVALID, 400, False),
        (["200", "404"], NOTHING, 404, False),
        (["200", "404"], NOTHING, 405, True),
        (["200", "404"], NOTHING, 410, True),
        (["200", "404"], NOTHING, 400, False),
        (["200", "404"], NOTHING, 403, False),
        (["200", "422"], NOTHING, 404, False),
    ],
)
def test_a_refusal_has_a_documented_status_if_there_is_one_for_its_reason(
    stated: list[str], case: Case, status: int, is_found: bool
) -> None:
    operation = replace(LAMP, responses=tuple(DocumentedResponse(each) for each in stated))
    judgements = judge(gather(operation, [exchange({}, case, status=status)]))
    found = [each for each in judgements if each.promise.rule == "protocol.refusal"]
    assert any(each.breaches for each in found) is is_found
