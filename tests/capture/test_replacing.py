"""Descriptions of a PUT: whether the request replaces the whole thing."""

from __future__ import annotations

import pytest

from docpact.capture.openapi.descriptions import read_replacing


@pytest.mark.parametrize(
    ("text", "replaces"),
    [
        ("Replaces a user. Any property not specified in the request is deleted.", True),
        ("**Any attributes that\nare not provided will be reset to their default values.**", True),
        ("Updates a dashboard, replacing all the dashboard details with those provided.", True),
        ("The request body fully replaces the writable fields.", True),
        ("A full update. For a partial one, use PATCH.", True),
        ("Omitted fields are set to null.", True),
        ("Only the fields provided are updated; any unspecified fields stay unchanged.", False),
        ("Fields that are not provided are not removed.", False),
        ("Fully replaces the thing, but keeps its owner.", False),
        ("Updates a pet.", None),
        ("If `notify` is not set, the default is used.", None),
        ("Replaces all existing actors.", None),
    ],
)
def test_a_description_says_what_happens_to_other_fields(text: str, replaces: bool | None) -> None:
    assert read_replacing(text) is replaces
