"""Media types are compared without their case and parameters, and ranges match their members."""

from __future__ import annotations

from typing import Any

import pytest
from capture.test_openapi_schemas import FIELDS, document

from docpact import check
from docpact.capture.openapi import capture_operation, find_operation
from docpact.catalogue import load_files
from docpact.model.run import Verdict
from docpact.text import is_media_type


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
    ],
)
def test_media_types(sent: str, documented: str, same: bool) -> None:
    assert is_media_type(sent, documented) is same


@pytest.mark.parametrize(
    "media",
    ["application/json; charset=utf-8", "application/scim+json", "Application/JSON", "*/*"],
)
def test_the_mock_has_the_documented_media_type(media: str) -> None:
    operation = captured(media)
    assert operation.content_type == media
    assert check(operation).verdict() is Verdict.CONFORMS
