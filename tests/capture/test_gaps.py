"""A fact that a page does not state is a gap in the contract, with its line."""

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
            changed(18, "made: optional number", "formatdate-time"),
            "query",
            "/properties/made",
            19,
            "format date-time",
            id="a format of a number",
        ),
        pytest.param(
            changed(18, "made: optional unknown", "minimum4"),
            "query",
            "/properties/made",
            19,
            "minimum 4",
            id="a limit of any value",
        ),
        pytest.param(
            changed(18, "made: optional object { by }", "by: string"),
            "query",
            "",
            18,
            "how a query encodes made",
            id="an object in the query",
        ),
        pytest.param(
            changed(
                18,
                "made: optional object { gt, lt }",
                "gt: optional string",
                "lt: optional map[string]",
            ),
            "query",
            "",
            20,
            "how a query encodes lt of made",
            id="a map in a range",
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
    page = changed(18, "made: optional object { by }", "by: string")
    query = json.loads(capture(page)["query.schema.json"])
    assert "made" not in query["properties"]
    assert "by" not in query["properties"]


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("names", "prose", "found"),
    [
        pytest.param(("gt", "lte"), "", ["made[gt]", "made[lte]"], id="bounds"),
        pytest.param(("by", "on"), "Try `made[by]=x`.", ["made[by]", "made[on]"], id="brackets"),
        pytest.param(("by", "on"), "As in ?made%5Bby%5D=x.", ["made[by]", "made[on]"], id="%5B"),
        pytest.param(("gt", "by"), "As in /things?made.by=x.", ["made.gt", "made.by"], id="dots"),
        pytest.param(("by", "on"), "See made.by for more.", [], id="prose"),
        pytest.param(("by", "on"), "Like unmade[by].", [], id="another one"),
    ],
)
def test_the_fields_of_an_object_are_parameters_where_their_encoding_is_clear(
    names: tuple[str, str], prose: str, found: list[str]
) -> None:
    one, other = names
    text = (f"made: optional object {{ {one}, {other} }}", *([prose] if prose else []))
    page = changed(18, *text, f"{one}: optional string", f"{other}: optional string")
    query = json.loads(capture(page)["query.schema.json"])
    assert [each for each in query["properties"] if "made" in each] == found
    stated = json.loads(capture(page)["operation.json"])
    traced = stated["provenance"]["operation"]
    lines = [
        stated["lines"][str(traced[f"/parameters/{number}"])]
        for number, each in enumerate(stated["parameters"])
        if "made" in each["name"]
    ]
    assert lines == [f"{name}: optional string" for name in names[: len(found)]]


@pytest.mark.parametrize(
    ("required", "found"),
    [
        pytest.param("optional ", {}, id="two together or none"),
        pytest.param("", {"made[gt]": True, "made[lt]": True}, id="both"),
    ],
)
def test_required_fields_of_an_object(required: str, found: dict[str, bool]) -> None:
    page = changed(18, f"made: {required}object {{ gt, lt }}", "gt: string", "lt: string")
    files = capture(page)
    parameters = json.loads(files["operation.json"])["parameters"]
    assert {p["name"]: p["required"] for p in parameters if "made" in p["name"]} == found
    assert found or "how a query encodes made" in gaps(page)[0]["said"]
