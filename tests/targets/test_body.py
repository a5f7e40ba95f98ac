"""Content codings are undone piece by piece, whatever the pieces."""

from __future__ import annotations

import gzip
import importlib
import importlib.util
import sys
import zlib
from collections.abc import Callable

import httpx
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from docpact.model import Failure, Response
from docpact.targets.connections import read


def raw(body: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return squeeze.compress(body) + squeeze.flush()


def answered(body: bytes, coding: str, size: int = 7) -> Response | Failure:
    pieces = (body[at : at + size] for at in range(0, len(body), size))
    headers = {"content-encoding": coding} if coding else {}
    return read(httpx.Response(200, headers=headers, content=pieces), 60)


CODINGS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("", bytes),
    ("identity", bytes),
    ("gzip", gzip.compress),
    ("GZIP", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw),
    ("gzip, deflate", lambda body: zlib.compress(gzip.compress(body))),
    ("gzip", lambda body: gzip.compress(body[:3]) + gzip.compress(body[3:])),
    ("gzip", lambda body: gzip.compress(body) + b"\0\0 what follows the end"),
    ("x-gzip", gzip.compress),
    ("deflate, gzip", lambda body: gzip.compress(raw(body))),
    ("Deflate, X-GZIP", lambda body: gzip.compress(zlib.compress(body))),
    ("zstd", zstandard.compress),
    ("zstd", lambda body: zstandard.compress(body[:3]) + zstandard.compress(body[3:])),
    ("x-rot13", bytes),
]
if importlib.util.find_spec("brotli"):
    brotli = importlib.import_module("brotli")  # without type stubs
    CODINGS += [
        ("br", brotli.compress),
        ("br, gzip", lambda body: gzip.compress(brotli.compress(body))),
    ]


@given(st.sampled_from(CODINGS), st.binary(max_size=300), st.integers(1, 99))
def test_a_body_is_decoded_to_what_was_encoded(
    coding: tuple[str, Callable[[bytes], bytes]], body: bytes, size: int
) -> None:
    name, packed = coding
    found = answered(packed(body), name, size)
    assert isinstance(found, Response)
    assert found.body == body


def test_a_long_body_is_decoded_completely() -> None:
    body = bytes(range(256)) * 20_000
    found = answered(gzip.compress(body), "gzip", 4096)
    assert isinstance(found, Response)
    assert found.body == body


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b"no gzip", "gzip"),
        (b"{}", "deflate"),
        (gzip.compress(b"x" * 99)[:-9], "gzip"),
        (zlib.compress(b"x" * 99)[:-9], "deflate"),
        (zstandard.compress(b"x" * 99)[:-3], "zstd"),
        (b"no zstd", "zstd"),
        (b"x", ", ".join(["gzip"] * 9)),
    ],
    ids=[
        "no gzip",
        "no deflate",
        "cut gzip",
        "cut deflate",
        "cut zstd",
        "no zstd",
        "too many codings",
    ],
)
def test_a_body_without_the_encoding_of_its_header_is_a_failure(body: bytes, coding: str) -> None:
    found = answered(body, coding)
    assert isinstance(found, Failure)
    assert found.kind == "encoding"


def test_a_response_that_is_already_read_is_not_decoded_again() -> None:
    made = httpx.Response(200, headers={"content-encoding": "gzip"}, content=gzip.compress(b"{}"))
    assert made.read() == b"{}"
    found = read(made, 60)
    assert isinstance(found, Response)
    assert found.body == b"{}"


def test_an_empty_response_needs_no_coding() -> None:
    found = answered(b"", "gzip")
    assert isinstance(found, Response)
    assert found.body == b""


@pytest.mark.parametrize(("coding", "library"), [("br", "brotli"), ("zstd", "backports.zstd")])
def test_a_coding_without_its_library_is_a_failure_that_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, coding: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    if sys.version_info >= (3, 14):
        monkeypatch.setitem(sys.modules, "compression.zstd", None)
    assert answered(b"\x28\xb5\x2f\xfd", coding) == Failure(
        "encoding",
        f"the body is coded with {coding}, which needs an optional library: "
        "pip install 'docpact[audit]'",
    )
