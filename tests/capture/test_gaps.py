"""What a page does not tell is a gap in the contract, with the line it is missing from."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from docpact.capture import capture

PAGE = (files("docpact.schemas") / "llamacloud/list_classify_jobs/page.txt").read_text("utf-8")
LINES = PAGE.split("\n")


def changed(number: int, *lines: str) -> str:
    """Put other lines in the place of the page's line of that number."""
    return "\n".join([*LINES[: number - 1], *lines, *LINES[number:]])


def gaps(page: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(capture(page)["operation.json"]).get("gaps", [])
    return found


JOB = "/properties/items/items/properties"


@pytest.mark.parametrize(
    ("page", "document", "pointer", "line", "says"),
    [
        pytest.param(
            changed(24, "multipleOf5"), "query", "/properties/page_size", 24, "multipleOf5", id="x5"
        ),
        pytest.param(
            changed(62, "pattern^a$"),
            "response",
            f"{JOB}/configuration/properties/rules/items/properties/description",
            62,
            "pattern^a$",
            id="pattern",
        ),
        pytest.param(
            changed(111, "formatunixtime"),
            "response",
            f"{JOB}/created_at",
            111,
            "format unixtime",
            id="a format of its own",
        ),
        pytest.param(
            changed(18, "made: optional object { gt }", "gt: string"),
            "query",
            "",
            18,
            "how a query encodes made",
            id="an object in the query",
        ),
        pytest.param(
            changed(
                18,
                "at: optional string or array of string",
                "maxLength20",
                "One of the following:",
                "string",
                "array of string",
            ),
            "query",
            "/properties/at",
            19,
            "which of the forms",
            id="a length of one of two forms",
        ),
        pytest.param(
            changed(103, "configuration_id: array of string or null").replace(
                '"configuration_id": "configuration_id"', '"configuration_id": ["a"]'
            ),
            "response",
            f"{JOB}/configuration_id",
            103,
            "the array or its elements",
            id="null of an array",
        ),
    ],
)
def test_gaps(page: str, document: str, pointer: str, line: int, says: str) -> None:
    (gap,) = gaps(page)
    assert (gap["document"], gap["pointer"], gap["line"]) == (document, pointer, line)
    assert says in gap["said"]


def test_a_page_that_tells_all_has_none() -> None:
    assert gaps(PAGE) == []


def test_an_object_in_the_query_is_left_out() -> None:
    page = changed(18, "made: optional object { gt }", "gt: string")
    query = json.loads(capture(page)["query.schema.json"])
    assert "made" not in query["properties"]
    assert "gt" not in query["properties"]
