"""Media types are compared without their case and parameters, and ranges match their members."""

from __future__ import annotations

from typing import Any

import pytest
from capture.test_openapi_schemas import FIELDS, document
from hypothesis import example, given
from hypothesis import strategies as st

from docpact import check
from docpact.capture.openapi import capture_operation, find_operation
from docpact.catalogue import load_files
from docpact.diff.rules import normalize_media_type
from docpact.media_types import choose_media_type, is_media_type, read_charset
from docpact.model.run import Verdict


def captured(media: str) -> Any:
    content = document(FIELDS, media=media)
    return load_files(capture_operation(find_operation(content, "op", "a document")), "toys/op")


@pytest.mark.parametrize(
    ("sent", "documented", "same"),
    [
        ("application/json", "application/json; charset=utf-8", True),
        ("Application/JSON;charset=UTF-8", "application/json", True),
        ("application/scim+json", "application/json", False),
        ("application/json", "*/*", True),
        ("application/json", "application/*", True),
        ("text/html", "application/*", False),
        ('Application/JSON; Charset="UTF-8"', "application/json;charset=utf-8", True),
        ("text/csv; charset=latin-1", "text/csv; charset=utf-8", False),
        ("application/json;v=2", "application/json; v=1", False),
        ("application/json", "application/json; v=1", True),
        ("application/problem+json", "application/problem+json; charset=utf-8", True),
        ("not a media type", "application/json", False),
        ("application/json; charset*=utf-8''UTF-8", "application/json; charset=utf-8", True),
        ("application/json; charset*=", "application/json; charset=utf-8", False),
        ("application/json;v*0*=''1;v*1=2", "application/json; v=12", True),
        ("\ud800", "application/json", False),
    ],
)
def test_media_types(sent: str, documented: str, same: bool) -> None:
    assert is_media_type(sent, documented) is same


@given(st.text(st.sampled_from("a/;*=\"'0%\ud800\r\n \u00e9"), max_size=20))
@example('"=";')
@example('a/a; a="a;a"')
def test_no_text_is_unreadable(text: str) -> None:
    assert is_media_type(text, "*/*")
    assert normalize_media_type(normalize_media_type(text)) == normalize_media_type(text)
    assert read_charset(text)


@pytest.mark.parametrize(
    "media",
    ["application/json; charset=utf-8", "application/scim+json", "Application/JSON", "*/*"],
)
def test_the_mock_has_the_documented_media_type(media: str) -> None:
    operation = captured(media)
    assert operation.content_type == media
    assert check(operation).verdict() is Verdict.CONFORMS


def test_the_most_specific_media_type_counts() -> None:
    documented = ("*/*", "text/*", "text/csv", "text/csv; header=absent")
    assert choose_media_type("text/csv; header=absent", documented) == documented[3]
    assert choose_media_type("text/csv; header=present", documented) == "text/csv"
    assert choose_media_type("text/plain", documented) == "text/*"
    assert choose_media_type("image/png", documented[1:]) is None


@pytest.mark.parametrize("sent", ["", "; charset=utf-8", "; charset=utf-8; v=1", "; v=1", "; v=2"])
def test_the_nearest_of_several_media_types_counts(sent: str) -> None:
    """A parameter that was not sent makes a media type no nearer."""
    documented = [f"text/csv{each}" for each in ("; charset=UTF-8; v=1", "; charset=UTF-8", "")]
    nearest = {"": 2, "; charset=utf-8": 1, "; charset=utf-8; v=1": 0, "; v=1": 0, "; v=2": 2}
    assert choose_media_type(f"text/csv{sent}", documented) == documented[nearest[sent]]


@pytest.mark.parametrize("is_same", [False, True])
def test_another_schema_of_the_same_media_type_is_a_gap(is_same: bool) -> None:
    stated = document({"type": "object"}, media="APPLICATION/JSON")
    content = stated["paths"]["/things"]["get"]["responses"]["200"]["content"]
    content["application/json"] = {"schema": {"type": "object" if is_same else "array"}}
    operation = load_files(capture_operation(find_operation(stated, "op", "a document")), "toys/op")
    text = "the content of application/json: APPLICATION/JSON is the same media type"
    assert [each.text for each in operation.gaps] == ([] if is_same else [text])
    assert check(operation).verdict() is Verdict.CONFORMS
