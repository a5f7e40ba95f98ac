"""Strict JSON: forbidden syntax is reported, and skipped if possible."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docpact.bodies.decode import decode
from docpact.limits import MAX_BYTES, MAX_DEPTH

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.booleans(), st.sampled_from([None, 2]))
def test_strict_json_is_read_whole(value: object, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent, allow_nan=False)
    decoded = decode(text.encode())
    assert (decoded.value, decoded.readable, decoded.problems) == (value, True, ())


@given(st.binary(max_size=200) | st.text('{}[]":,\\ntfae0123456789.-+eE ').map(str.encode))
def test_any_bytes_are_either_read_or_a_problem(body: bytes) -> None:
    decoded = decode(body)
    assert decoded.readable or decoded.problems


@pytest.mark.parametrize(
    ("body", "kinds", "readable"),
    [
        (b"", ["empty"], False),
        (b" \n\t ", ["empty"], False),
        (b"\xef\xbb\xbf{}", ["bom"], True),
        (b"\xef\xbb\xbf", ["bom", "empty"], False),
        ("{}".encode("utf-16"), ["utf8", "syntax"], False),
        (b'{"a": "\xff"}', ["utf8"], True),
        (b'{"a": "\xed\xa0\x80"}', ["utf8"], True),
        (b'{"a": NaN}', ["nan"], True),
        (b"[Infinity, -Infinity]", ["nan", "nan"], True),
        (b'{"a": 1, "a": 2}', ["duplicate-key"], True),
        (b'[{"b": {"a": 1, "a": 1}}]', ["duplicate-key"], True),
        (b"{} {}", ["trailing"], True),
        (b"{}\x00", ["trailing"], True),
        (b'{"a": 1', ["syntax"], False),
        (b"{'a': 1}", ["syntax"], False),
        (b"[1,]", ["syntax"], False),
        (b"[01]", ["syntax"], False),
        (b'"a\nb"', ["syntax"], False),
        (b"<!doctype html>", ["syntax"], False),
        (b"[" * 100_000, ["depth"], False),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), ["depth"], False),
        (b" " * (MAX_BYTES + 1), ["size"], False),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_not_strict(body: bytes, kinds: list[str], readable: bool) -> None:
    decoded = decode(body)
    assert ([p.kind for p in decoded.problems], decoded.readable) == (kinds, readable)


def test_nesting_up_to_the_limit_is_read() -> None:
    assert decode(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH).problems == ()


def test_brackets_inside_text_do_not_count_as_nesting() -> None:
    body = json.dumps(["[{" * MAX_DEPTH, '\\"[[']).encode()
    assert decode(body).problems == ()


def test_a_number_longer_than_python_converts_is_still_a_number() -> None:
    assert decode(b"9" * 5000).value == float("inf")


def test_integers_keep_every_digit() -> None:
    assert decode(b"9007199254740993").value == 9007199254740993


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"a": "\xff\xfe"}', "invalid UTF-8 at byte 7: ff fe 22 7d"),
        (b'{"k": 1, "k": 2}', 'an object has "k" twice'),
        (b'{"a": 0, "k": 1, "k": 2}', 'an object has "k" twice'),
        (b"{} <script>\x1b[2J", "text after the JSON value: <script>\\x1b[2J"),
        (b'{"a": tru', "no JSON at character 6: tru"),
        (b'{"a": ', "no JSON at character 6: the end of the body"),
        (b"[NaN]", "NaN is not a JSON number"),
    ],
)
def test_messages_say_what_and_where(body: bytes, message: str) -> None:
    assert decode(body).problems[-1].message == message
