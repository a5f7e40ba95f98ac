"""Formats are what their standards say, and a format nobody checks is known to be unchecked."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from subprocess import run

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docpact import load
from docpact.bodies.formats import UNCHECKED, conforms, is_checked, is_date_time
from docpact.cases.texts import endings, texts_of
from docpact.rules.responses.summary import Summary, describe_unchecked

OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda m: timezone(timedelta(minutes=m)))


LONG = 70_000


@pytest.mark.parametrize(
    ("name", "text", "expected", "is_named"),
    [
        ("uri", "data:," + "a" * LONG, True, True),
        ("uri-reference", "a/" * LONG, True, True),
        ("iri", "http://é" + "a." * LONG, True, True),
        ("iri-reference", "é" * LONG, True, True),
        ("uri-template", "{a," * LONG, True, True),
        ("json-pointer", "/~0" * LONG, True, True),
        ("regex", "(" * LONG, True, True),
        ("hostname", "a." * LONG, False, False),
        ("ipv6", ":" * LONG, False, False),
        ("email", "a." * LONG + "b@c", True, False),
        ("email", '"' + "\\a" * LONG, False, False),
        ("relative-json-pointer", "0" + "/~0" * LONG, True, True),
    ],
)
def test_no_text_is_too_long_to_be_checked(
    name: str, text: str, expected: bool, is_named: bool
) -> None:
    operation = replace(load(), response_schema={"properties": {"a": {"format": name}}})
    try:
        assert conforms(text, name) is expected
        lines = list(describe_unchecked(operation, Summary()))
    finally:
        UNCHECKED.clear()
    said = f"the format {name} is not checked in texts of more than 65,536 characters"
    assert lines == [said] * is_named


@given(st.datetimes(timezones=st.just(UTC) | OFFSETS))
def test_every_datetime_of_python_is_one(moment: datetime) -> None:
    assert is_date_time(moment.isoformat())


@pytest.mark.parametrize(
    "text",
    [
        "2019-12-27T18:11:19.117Z",
        "2019-12-27T18:11:19Z",
        "2019-12-27t18:11:19z",
        "2019-12-27T18:11:19+00:00",
        "2019-12-27T18:11:19.123456789-23:59",
        "2024-02-29T00:00:00Z",
        "0000-02-29T00:00:00Z",
        "1998-12-31T23:59:60Z",
        "1998-12-31T15:59:60.123-08:00",
        "1999-01-01T05:29:60+05:30",
    ],
)
def test_forms_that_the_rfc_allows(text: str) -> None:
    assert is_date_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2019-12-27",
        "2019-12-27 18:11:19Z",
        "2019-12-27T18:11:19",
        "2019-12-27T18:11Z",
        "2019-12-27T18:11:19.Z",
        "2019-12-27T18:11:19,5Z",
        "2019-12-27T18:11:19+0000",
        "2019-12-27T18:11:19+24:00",
        "2019-12-27T24:00:00Z",
        "2019-12-27T18:60:00Z",
        "2019-02-29T00:00:00Z",
        "2019-13-01T00:00:00Z",
        "1998-12-31T23:58:60Z",
        "1998-12-31T22:59:60Z",
        "2019-12-27T18:11:61Z",
        "2019-12-27T18:11:19Z\n",
        "２０１９-12-27T18:11:19Z",  # noqa: RUF001 — full-width digits are the point
        "19-12-27T18:11:19Z",
        "2019-W52-5T18:11:19Z",
    ],
)
def test_forms_that_it_does_not_allow(text: str) -> None:
    assert not is_date_time(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uri-template", "{%41}{v:1000}"),
        ("iri", "http://[V1.fe]/?\ue000"),
        ("hostname", "xn--bcher-kva.example"),
        ("date", "0000-02-29"),
        ("time", "23:59:60Z"),
        ("time", "01:29:60.5+01:30"),
        ("time", "12:00:00.123456789z"),
        ("email", "o'hara+tag@mail.example.org"),
        ("email", '"joe bloggs"@example.com'),
        ("email", "joe@[127.0.0.1]"),
        ("email", "joe@[IPv6:::1]"),
        ("uuid", "00000000-0000-4000-8000-00000000ABCD"),
        ("duration", "P1Y2M3DT4H5M6S"),
        ("duration", "P4W"),
        ("regex", "[[a]"),
        ("regex", "^a{2,3}?$"),
        ("relative-json-pointer", "100/a~1b"),
        ("relative-json-pointer", "1+2#"),
        ("uri", "https://user@example.org:8443/a/b;c?d=e&f=%20#g"),
        ("hostname", "xn--4gbwdl.xn--wgbh1c"),
    ],
)
def test_texts_of_other_formats(name: str, text: str) -> None:
    assert conforms(text, name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("date", "2023-02-29"),
        ("date", "2024-02-29\n"),
        ("date", "20240229"),
        ("time", "22:59:60Z"),
        ("time", "12:00:00"),
        ("time", "12:00:00 PST"),
        ("email", "@"),
        ("email", "joe@"),
        ("email", "jo..e@example.com"),
        ("email", ".joe@example.com"),
        ("email", "joe@exa_mple.com"),
        ("email", "joe@[127.0.0.300]"),
        ("email", "joe@[IPv6:zz]"),
        ("email", "joe@example.com\n"),
        ("uuid", "2eb8aa08-aa98-11ea-b4aa-733b441-d1638"),
        ("uuid", "0000000\u0663-0000-4000-8000-000000000000"),
        ("duration", "-P0D"),
        ("duration", "P1.W"),
        ("duration", "P1YT"),
        ("regex", "(" * 2000),
        ("regex", "[a"),
        ("relative-json-pointer", "\u00b21"),
        ("relative-json-pointer", "01/a"),
        ("uri", "https://example.com\n"),
        ("uri-reference", "/a\n"),
        ("uri-reference", "//[::ffff:192.168.0.01]/p"),
        ("iri", "http://\u0192\u00f8\u00f8/\n"),
        ("uri-template", "{a..b}"),
        ("uri-template", "{v:01}"),
        ("uri-template", "{a,}"),
        ("uri-template", "a b"),
        ("hostname", "\u0663"),
        ("hostname", "example."),
        ("hostname", "xn--X"),
        ("idn-hostname", "example\u3002"),
    ],
)
def test_texts_that_other_formats_do_not_have(name: str, text: str) -> None:
    assert not conforms(text, name)


@pytest.mark.parametrize("size", [12, 66, 67, 131, 200])
@pytest.mark.parametrize("name", ["email", "hostname", "uri", "json-pointer", "time", "duration"])
def test_a_text_of_a_format_is_made_in_any_length(name: str, size: int) -> None:
    (text,) = texts_of(name, size, size)
    assert len(text) == size
    assert conforms(text, name)


@pytest.mark.parametrize("size", [20, *range(22, 40)])
def test_a_date_with_time_is_made_in_any_length(size: int) -> None:
    found = texts_of("date-time", size, size)
    assert found
    assert all(len(text) == size and conforms(text, "date-time") for text in found)
    assert endings(size, size)


def test_no_text_of_another_format_is_made_where_none_fits() -> None:
    assert texts_of("date", 11) == texts_of("uuid", 37) == texts_of("date-time", 21, 21) == ()


def test_a_format_says_nothing_of_what_is_no_text() -> None:
    assert conforms(5, "date-time")


def test_a_format_without_a_checker_is_known() -> None:
    checked = [is_checked(name) for name in ("date-time", "date", "uuid", "unixtime")]
    assert checked == [True, True, True, False]


def test_every_standard_format_is_checked_without_optional_libraries() -> None:
    script = (
        "import sys\n"
        "for name in ('fqdn', 'jsonpointer', 'rfc3986_validator', 'rfc3987', 'rfc3987_syntax',\n"
        "             'isoduration', 'uri_template', 'webcolors', 'rfc3339_validator'):\n"
        "    sys.modules[name] = None\n"
        "from docpact.bodies.formats import STANDARD, conforms, is_checked\n"
        "text = '\\n ~2 [\\\\'\n"
        "bad = [each for each in STANDARD if not is_checked(each) or conforms(text, each)]\n"
        "print(*bad)\n"
    )
    command = [sys.executable, "-c", script]
    found = run(command, capture_output=True, text=True, check=True)
    assert found.stdout == "\n"
