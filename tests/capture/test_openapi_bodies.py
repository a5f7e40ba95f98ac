"""Request bodies as JSON, forms, multipart, text and bytes: captured, written, read, exported."""

from __future__ import annotations

import json
from typing import Any

import pytest
from capture.test_openapi_parameters import gaps
from capture.test_openapi_responses import recaptured
from capture.test_openapi_schemas import FIELDS, NUMBER, TEXT, document, fields
from hypothesis import given
from hypothesis import strategies as st

from docpact.capture.openapi import capture_operation, find_operation
from docpact.cases.encoded_bodies import decode_body, encode_body
from docpact.catalogue import load_files
from docpact.media_types import FORM, MULTIPART
from docpact.model import Operation

OBJECT = fields(
    name=TEXT,
    count=NUMBER,
    tags={"type": "array", "items": TEXT},
    ids={"type": "array", "items": NUMBER},
    on={"type": "boolean"},
    inner=fields(a=NUMBER, b={"type": "array", "items": NUMBER}),
    file={"type": "string", "format": "binary"},
)
DEEP = {"inner": {"style": "deepObject", "explode": True}, "ids": {"style": "form"}}
JOINED = {"tags": {"style": "pipeDelimited"}, "ids": {"explode": False}}


def capture(content: dict[str, Any], *, required: bool = True) -> dict[str, str]:
    stated = document(fields(id=NUMBER), openapi="3.1.0")
    operation = stated["paths"]["/things"].pop("get")
    operation["requestBody"] = {"required": required, "content": content}
    stated["paths"]["/things"]["post"] = operation
    return dict(capture_operation(find_operation(stated, "op", "a document")))


def load(content: dict[str, Any]) -> Operation:
    return load_files(capture(content), "toys/op")


CONTENTS: dict[str, dict[str, Any]] = {
    "JSON": {"application/json": {"schema": OBJECT}},
    "vendor JSON": {"application/vnd.toys+json; v=1": {"schema": OBJECT}},
    "form": {FORM: {"schema": OBJECT}},
    "deepObject": {FORM: {"schema": OBJECT, "encoding": DEEP}},
    "joined": {FORM: {"schema": OBJECT, "encoding": JOINED}},
    "multipart": {MULTIPART: {"schema": OBJECT}},
    "multipart with types": {
        MULTIPART: {"schema": OBJECT, "encoding": {"file": {"contentType": "image/png"}}}
    },
}
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="|\r\n\0"), min_size=1)
BYTES = st.binary().map(lambda raw: raw.decode("latin-1"))
NUMBERS = st.integers(-(2**53), 2**53)
VALUES = st.fixed_dictionaries(
    {"name": WORDS, "count": NUMBERS, "on": st.booleans()},
    optional={
        "tags": st.lists(WORDS, min_size=1),
        "ids": st.lists(NUMBERS, min_size=1),
        "inner": st.fixed_dictionaries({"a": NUMBERS, "b": st.lists(NUMBERS, min_size=1)}),
        "file": BYTES,
    },
)
OPERATIONS = {name: load(content) for name, content in CONTENTS.items()}


@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", CONTENTS)
@given(value=VALUES)
def test_a_written_body_is_read_back(name: str, value: dict[str, Any]) -> None:
    operation = OPERATIONS[name]
    media_type, body = encode_body(operation, value)
    assert decode_body(operation, media_type, body) == value


@pytest.mark.parametrize(
    ("content", "value", "body"),
    [
        ({"text/plain": {"schema": TEXT}}, "é", "é".encode()),
        ({"application/octet-stream": {}}, "\xff\x00", b"\xff\x00"),
        ({"image/png": {"schema": {"type": "string", "format": "binary"}}}, "\x89PNG", b"\x89PNG"),
        ({"*/*": {"schema": NUMBER}}, 5, b"5"),
    ],
)
def test_bodies_that_are_not_objects(content: Any, value: Any, body: bytes) -> None:
    operation = load(content)
    media_type, written = encode_body(operation, value)
    assert written == body
    assert "*" not in media_type
    assert decode_body(operation, media_type, body) == value


EXAMPLES: list[tuple[str, dict[str, Any], bytes]] = [
    ("form", {"tags": ["a", "b c"], "on": True}, b"tags=a&tags=b+c&on=true"),
    ("form", {"inner": {"a": 1}}, b"inner=%7B%22a%22%3A+1%7D"),
    ("deepObject", {"inner": {"a": 1, "b": [2]}}, b"inner%5Ba%5D=1&inner%5Bb%5D%5B0%5D=2"),
    ("joined", {"tags": ["a", "b"], "ids": [1, 2]}, b"tags=a%7Cb&ids=1%2C2"),
]


@pytest.mark.parametrize(("name", "value", "body"), EXAMPLES)
def test_forms(name: str, value: dict[str, Any], body: bytes) -> None:
    assert encode_body(OPERATIONS[name], value) == (FORM, body)
    assert decode_body(OPERATIONS[name], FORM, body) == value


@pytest.mark.parametrize(
    ("disposition", "read"),
    [
        ('form-data; name="größe"', {"größe": "x"}),
        ("form-data; name*=utf-8''gr%C3%B6%C3%9Fe", {"größe": "x"}),
        ("form-data; name*", {"": "x"}),
        ("form-data; (;name=a", {"a": "x"}),
    ],
)
def test_names_of_parts(disposition: str, read: dict[str, Any]) -> None:
    lines = ["--b", f"Content-Disposition: {disposition}", "", "x", "--b--", ""]
    body = "\r\n".join(lines).encode()
    assert decode_body(OPERATIONS["multipart"], f"{MULTIPART}; boundary=b", body) == read


@given(st.text(st.sampled_from("name=*0;\"'%() ()<>@,:\\[]?\u00e9/"), max_size=30))
def test_no_head_of_a_part_is_unreadable(head: str) -> None:
    lines = ["--b", f"Content-Disposition: {head}", f"Content-Type: {head}", "", "x", "--b--", ""]
    body = "\r\n".join(lines).encode()
    (text,) = decode_body(OPERATIONS["multipart"], f"{MULTIPART}; boundary=b", body).values()
    assert text == "x"


@pytest.mark.parametrize(
    ("name", "media_type", "body"),
    [
        ("JSON", "application/json", b"{"),
        ("multipart", "multipart/form-data", b"no boundary"),
        ("multipart", "text/plain", b"not multipart"),
    ],
)
def test_a_body_of_another_kind_is_refused(name: str, media_type: str, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"multipart|JSON"):
        decode_body(OPERATIONS[name], media_type, body)


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_the_export_comes_back_unchanged(content: dict[str, Any], required: bool) -> None:
    files = capture(content, required=required)
    assert load_files(files, "toys/op").request_body.required is required
    assert {name: json.loads(text) for name, text in recaptured(files).items()} == {
        name: json.loads(text) for name, text in files.items() if name != "page.json"
    }


def test_json_comes_before_forms_and_other_media_types_are_gaps() -> None:
    files = capture({MULTIPART: {}, "text/csv": {}, "application/json": {"schema": FIELDS}})
    assert load_files(files, "toys/op").request_body.media_type == "application/json"
    assert gaps(files) == [
        f"requests with a body of {MULTIPART}",
        "requests with a body of text/csv",
    ]
