"""Values that a contract cannot contain, or a page contradicts, are never written."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import examples

from docpact.capture import capture
from docpact.errors import PageError

FOLDER = files("docpact.schemas") / "llamacloud" / "list_classify_jobs"
PAGE = FOLDER.joinpath("page.txt").read_text(encoding="utf-8")
LINES = PAGE.split("\n")


def changed(number: int, *lines: str) -> str:
    """Put other lines in the place of the page's line of that number."""
    return "\n".join([*LINES[: number - 1], *lines, *LINES[number:]])


@pytest.mark.parametrize(
    ("page", "line", "says"),
    [
        pytest.param(changed(24, "minimum1", "defaultNaN"), 25, "'NaN'", id="default NaN"),
        pytest.param(changed(24, "minimum1", "default1e999"), 25, "'1e999'", id="default 1e999"),
        pytest.param(changed(24, "minimum1", "default101"), 25, "maximum 100", id="default 101"),
        pytest.param(changed(34, "defaultNOPE", LINES[33]), 34, "its values", id="default NOPE"),
        pytest.param(changed(27, 'default"\\ud800"'), 27, "not a value", id="default surrogate"),
        pytest.param(
            PAGE.replace('"total_size": 0', '"total_size": 1e999'), 159, "too large", id="1e999"
        ),
        pytest.param(
            PAGE.replace('"id": "id"', '"id": "\\ud800"'), 159, "surrogate", id="surrogate"
        ),
        pytest.param(
            changed(162, LINES[161], LINES[161]), 159, "'id' appears twice", id="a name twice"
        ),
        pytest.param(changed(23, "maximum100 items"), 23, "without blanks", id="maximum100 items"),
        pytest.param(
            changed(24, "exclusiveMinimum100"), 24, "leave no value", id="exclusive of the maximum"
        ),
        pytest.param(changed(29, "project_id:optional string"), 29, "`name: type`", id="no blank"),
        pytest.param(
            changed(29, "project_id : optional string"), 29, "`name: type`", id="blank in front"
        ),
        pytest.param(changed(25, "page_token: string value"), 25, "`name: type`", id="a word more"),
        pytest.param(PAGE.replace("v2/classify", "v2/{id}"), 5, "'Path Parameters'", id="{id}"),
        pytest.param(PAGE.replace("v2/classify", "v2/{id"), 5, "/things/{id}", id="{id"),
        pytest.param(PAGE.replace("https://", "https://u:p@"), 157, "password", id="a password"),
        pytest.param(changed(158, LINES[157], "404 example"), 159, "status 404", id="404"),
    ],
)
def test_refused(page: str, line: int, says: str) -> None:
    with pytest.raises(PageError) as caught:
        capture(page)
    assert (caught.value.line, says in caught.value.problem) == (line, True), str(caught.value)


def test_a_summary_may_read_as_the_title_does() -> None:
    assert capture(changed(7, LINES[2])) == capture(PAGE)


MARKS = [
    "maximum",
    "default",
    "format",
    '"',
    "\\ud800",
    "1e999",
    "NaN",
    ": ",
    "optional ",
    "{",
    "0",
]


@pytest.mark.slow
@given(
    st.lists(
        st.tuples(st.integers(0, len(PAGE)), st.integers(0, 3), st.sampled_from(MARKS) | st.text()),
        min_size=1,
        max_size=3,
    )
)
@settings(max_examples=examples(300), deadline=None)
def test_whatever_is_written_is_json_in_utf_8(edits: list[tuple[int, int, str]]) -> None:
    page = PAGE
    for at, cut, put in edits:
        page = page[:at] + put + page[at + cut :]
    try:
        written = capture(page)
    except PageError:
        return
    for text in written.values():
        json.loads(text.encode("utf-8"), parse_constant=pytest.fail)
