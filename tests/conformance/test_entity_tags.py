"""Entity tags: those without quotes get a note."""

from typing import Any

import pytest
from lists import Query, check, contract


@pytest.mark.parametrize(
    ("tags", "observed"),
    [
        (['"7"'], None),
        (['W/"7"', '""'], None),
        ([""], None),
        (["7"], "7"),
        (['"7"', "W/7"], "W/7"),
        (["'7'"], "'7'"),
    ],
)
def test_an_entity_tag_is_in_quotes(tags: list[str], observed: str | None) -> None:
    turns = iter(tags * 200)

    def answer(_: Query) -> Any:
        return 200, [{"id": 1}], {"ETag": next(turns)}

    run = check(contract({}, {"id": {"type": "integer"}}), answer)
    found = {str(each.observed) for each in run.findings if each.rule == "protocol.etag"}
    assert found == ({observed} if observed else set())
    assert run.verdict().name == "CONFORMS"
