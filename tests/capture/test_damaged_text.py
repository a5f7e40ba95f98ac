"""Text copied from rendered pages with one line changed: a row is never lost without a gap."""

from __future__ import annotations

import json

import pytest
from capture import test_gitbook_text as gitbook
from capture import test_mintlify_text as mintlify
from capture import test_rendered_pages as rendered
from capture import test_scalar_text as scalar

from docpact.capture.sources import list_operations
from docpact.errors import PageError


def list_gaps(page: str) -> set[str]:
    """Return the gaps of the first operation of a page."""
    operation = json.loads(list_operations(page, "page")[0].capture()["operation.json"])
    return {each["said"] for each in operation["gaps"]}


@pytest.mark.parametrize(
    ("page", "old", "new", "gap"),
    [
        (mintlify.BELOW, "name\nstring\n", "string\n", "the line 'string' below state"),
        (mintlify.BELOW, "name\nstring\n", "name\n", "the line 'name' below state"),
        (mintlify.BELOW, "name\nstring\nOnly", "name\nstringOnly", "the line 'stringOnly boats"),
        (mintlify.BELOW, "limit\nintegerd", "integerd", "the parameters of the text 'integerd"),
        (mintlify.BELOW, "Headers\nBoats-Version", "Headers", "'Headers' is a heading or a name"),
        (mintlify.ABOVE, "Headers\nBoats-V", "Boats-V", "the row 'Boats-Version' without a"),
        (scalar.PAGE, "limitCopy link to limit\n", "", "the line 'Type:integer' above all rows"),
        (scalar.PAGE, "stateCopy link to state\n", "", "the line 'Type:string' below limit"),
        (scalar.PAGE, "to state\nType", "to stateType", "'stateCopy link to stateType:string'"),
        (gitbook.PAGE, ".\nlimitinteger", ".limitinteger", "'Part of the name.limitinteger"),
        (gitbook.PAGE, "Path parameters\n", "", "the row 'dock' without a heading"),
        (scalar.PAGE, "Path Parameters\n", "", "the row 'harbor' without a heading"),
        (rendered.REDOC, "PATH PARAMETERS\n", "", "the row 'harbor' without a heading"),
        (rendered.REDOC, "rig\t\nArr", "required\nArr", "how the request sends required"),
        (mintlify.BELOW, "boats.name\n", "", "boats: the line 'stringrequired' below it"),
        (rendered.REDOC, "limit\t\ninteger", "limit\tinteger", "'limit\\tinteger"),
        (rendered.REDOC, "depth\t\n", "", "the line 'Depth (number) or Depth (null) (Depth)'"),
        (rendered.REDOC, "next\t\n", "", "owner: the line 'string or null non-empty' below it"),
        (rendered.REDOC, "boats\nreq", "boatsreq", "its name, which may end in a mark"),
        (rendered.REDOC, "rig\t\nA", "required\nrig\t\nA", "rig: whether the mark 'required'"),
        (rendered.REDOC, "limit\t\ni", "required\nlimit\t\ni", "'required' above all rows"),
        (rendered.REDOC, "boats\nrequired", "boats", "boats: whether it is required"),
        (rendered.REDOC, '"ketch"\n', '"ketch" ', "rig: its values"),
        (mintlify.BELOW, "state\nenum", "stateenum", "the line 'stateenum<string>' below limit"),
        (mintlify.BELOW, "next\nstring |", "string |", "'string | nullrequired' below it"),
        (mintlify.BELOW, "size\ninteger<int32>required\n", "size\n", "'boats.crew.size' below it"),
    ],
)  # fmt: skip
def test_a_part_of_a_row_is_a_gap(page: str, old: str, new: str, gap: str) -> None:
    assert old in page
    before = list_gaps(page)
    assert not any(gap in each for each in before)
    assert any(gap in each for each in list_gaps(page.replace(old, new, 1)) - before)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("uuidRequired\n", "uuidRequired", "cannot be separated"),
        ("40Optional\n", "40Optional", "cannot be separated"),
        ("Responses\n200", "200", "expected the heading 'Responses' or 'Body' above '200'"),
        ("Responses\n200\nAll boats\n", "", "'Responses' or 'Body' above 'application/json'"),
    ],
)
def test_glued_rows_and_lost_headings_of_gitbook_are_refused(
    old: str, new: str, problem: str
) -> None:
    assert old in gitbook.PAGE
    with pytest.raises(PageError, match=problem):
        list_gaps(gitbook.PAGE.replace(old, new, 1))


@pytest.mark.parametrize(
    ("page", "old", "new", "problem"),
    [
        (rendered.REDOC, "\nREQUEST BODY", "REQUEST BODY", "'REQUEST BODY SCHEMA' on a line of"),
        (rendered.REDOC, "\nRESPONSE", "RESPONSE", "'RESPONSE SCHEMA' on a line of its own"),
        (mintlify.BELOW, "docks\n/", "docks/", "the piece 'docks/' of the path"),
    ],
)
def test_glued_headings_and_pieces_of_paths_are_refused(
    page: str, old: str, new: str, problem: str
) -> None:
    assert old in page
    with pytest.raises(PageError, match=problem):
        list_gaps(page.replace(old, new, 1))


def test_rows_below_a_choice_of_types_may_be_its_fields() -> None:
    chosen = "rig\t\nAny of \nSmall (object)Large (object)\nmast\nrequired\nstring\n"
    page = rendered.REDOC.replace("rig\t\n", f"{chosen}\nsail\t\n", 1)
    operation = json.loads(list_operations(page, "page")[0].capture()["operation.json"])
    names = [each["name"] for each in operation["parameters"] if each["in"] == "query"]
    assert names == ["limit", "rig"]
    said = {each["said"] for each in operation["gaps"]}
    wanted = {f"how the request sends {each}" for each in ("mast", "sail", "depth")}
    assert said >= {"rig: its type", *wanted}


@pytest.mark.parametrize("word", ["Any of", "One of:"])
def test_a_choice_below_a_type_makes_it_unknown(word: str) -> None:
    page = rendered.REDOC.replace("1 .. 50 ]\n", f"1 .. 50 ]\n{word}\nintegerstring\n", 1)
    (found, *_) = list_operations(page, "page")
    query = json.loads(found.capture()["query.schema.json"])["properties"]
    assert "type" not in query["limit"]
    assert "limit: its types" in list_gaps(page)
