"""Sources of every format, written by the libraries that people use."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
import vcr  # type: ignore[import-untyped]
import zstandard
from command import Docpact
from hypothesis import given
from hypothesis import strategies as st
from servers.jobs import make_jobs
from servers.loopback import Server
from servers.reference import KEY, PATH, Api
from sizes import sample
from toy import LAMPS, exchange
from traffic.records import entry, flat, jsonl, page, read

import docpact as package
from docpact.errors import UsageError
from docpact.model import Failure, Response
from docpact.traffic import BadRecord, Entry, Part, Traffic, har, har_writer, read_traffic
from docpact.traffic.recording import read_journal

LIST = package.load("llamacloud/list_classify_jobs")
ENTRIES = [entry(number) for number in range(3)]
LINES = jsonl(flat(number) for number in range(3))
HAR = har_writer.render(
    [(exchange(page(number)), "2026-01-01T00:00:00+00:00") for number in range(3)], version="1"
).encode()


def frames(content: bytes) -> bytes:
    """Compress in two frames, with one between them that is to be skipped."""
    half = len(content) // 2
    skipped = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"meta"
    return zstandard.compress(content[:half]) + skipped + zstandard.compress(content[half:])


def members(content: bytes) -> bytes:
    half = len(content) // 2
    return gzip.compress(content[:half]) + gzip.compress(content[half:])


def streamed(content: bytes) -> bytes:
    """Compress as a pipe does, without the size in the frame."""
    out = io.BytesIO()
    with zstandard.ZstdCompressor().stream_writer(out, closefd=False) as writer:
        writer.write(content)
    return out.getvalue()


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "gzip members": members,
    "zstd": zstandard.compress,
    "zstd stream": streamed,
    "zstd frames": frames,
}


def entries(content: bytes) -> list[Traffic]:
    """Return the entries of a HAR document, decoded one by one."""
    return [har.decode_entry(each, "", LIST) for each in json.loads(content)["log"]["entries"]]


def outcomes(found: list[tuple[int, Any]]) -> list[Any]:
    return [record.outcome for _, record in found]


@pytest.mark.parametrize("pack", COMPRESSIONS.values(), ids=COMPRESSIONS)
def test_lines_in_every_compression_under_any_name(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    file = tmp_path / "calls.txt"
    file.write_bytes(pack(LINES))
    starts = [LINES.index(line) for line in LINES.splitlines()]
    assert read(file) == list(zip(starts, ENTRIES, strict=True))
    assert read(file, begin=starts[1]) == list(zip(starts, ENTRIES, strict=True))[1:]


@pytest.mark.parametrize("pack", COMPRESSIONS.values(), ids=COMPRESSIONS)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
def test_har_in_every_compression(
    tmp_path: Path, pack: Callable[[bytes], bytes], mark: bytes
) -> None:
    file = tmp_path / "calls"
    file.write_bytes(pack(mark + HAR))
    wanted = list(enumerate(entries(HAR)))
    assert len(wanted) == 3
    assert read(file) == wanted
    assert read(file, begin=2) == wanted[2:]


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_cassettes_of_vcrpy(served: Callable[[Any], Server], tmp_path: Path, kind: str) -> None:
    recorder = vcr.VCR(serializer=kind)
    file = tmp_path / "cassette"
    with (
        recorder.use_cassette(str(file)),
        httpx.Client(
            base_url=served(Api(make_jobs(3))).url, headers={"Authorization": f"Bearer {KEY}"}
        ) as client,
    ):
        bodies = [client.get(PATH).content, client.get("/other").content]
    found = list(read_traffic(Part(str(file), 0), LIST))
    assert [(at, each.outcome.body) for at, each in found] == list(enumerate(bodies))  # type: ignore[union-attr]
    assert list(read_traffic(Part(str(file), 0), LIST, begin=1)) == found[1:]


@pytest.mark.slow
def test_a_journal_and_the_har_of_it(docpact: Docpact, tmp_path: Path) -> None:
    docpact("check", LIST.id, "--journal", "j.jsonl")
    docpact("export", "har", "j.jsonl", "--out", "j.har")
    file = tmp_path / "j.jsonl"
    (run,) = read_journal(str(file))
    exchanges = [each.exchange for each in run.exchanges]
    found = [record for _, record in read_traffic(Part(str(file), 0), LIST)]
    assert found == exchanges
    archived = list(read_traffic(Part(str(tmp_path / "j.har"), 0), LIST))
    assert outcomes(archived) == [
        Failure("cut", each.outcome.message) if isinstance(each.outcome, Failure) else each.outcome
        for each in exchanges
    ]
    with pytest.raises(UsageError) as raised:
        read(file)
    assert str(raised.value) == f"{file}:1: a journal of {LIST.id}, not of {LAMPS.id}"


def test_har_entries_as_lines(tmp_path: Path) -> None:
    document = json.loads(HAR)
    file = tmp_path / "calls.jsonl"
    file.write_bytes(jsonl(document["log"]["entries"]))
    assert [record for _, record in read(file)] == entries(HAR)


@pytest.mark.parametrize("line", [{"log": {"level": "info"}}, {"log": "x"}, {"version": 1}])
def test_lines_that_begin_like_other_formats(tmp_path: Path, line: dict[str, Any]) -> None:
    file = tmp_path / "calls"
    file.write_bytes(jsonl([{**line, "body": "x"}] * 2))
    assert [outcome.body for outcome in outcomes(read(file))] == [b"x", b"x"]


@pytest.mark.parametrize(
    ("headers", "pairs"),
    [
        (
            {"A": "1", "B": ["2", "3"], "C": None, "D": 4},
            (("a", "1"), ("b", "2"), ("b", "3"), ("d", "4")),
        ),
        ([["A", "1"], ["a", "2"]], (("a", "1"), ("a", "2"))),
        ([{"name": "A", "value": "1"}], (("a", "1"),)),
        ('{"A": "1"}', (("a", "1"),)),
        ({}, ()),
        ([], ()),
    ],
)
@pytest.mark.parametrize("body", ["{}", {}], ids=["text", "embedded"])
def test_headers_in_every_form(tmp_path: Path, headers: Any, pairs: Any, body: Any) -> None:
    file = tmp_path / "calls"
    file.write_bytes(jsonl([{"body": body, "headers": headers}]))
    assert read(file) == [
        (0, Entry("GET", "https://toys.example/v1/lamps", Response(200, pairs, b"{}")))
    ]


@pytest.mark.parametrize("body", ["{}", {}], ids=["text", "embedded"])
@pytest.mark.parametrize(
    "more", [{}, dict.fromkeys(["status", "url", "method", "headers", "seconds"])]
)
def test_missing_fields_are_as_documented(tmp_path: Path, body: Any, more: dict[str, None]) -> None:
    file = tmp_path / "calls"
    file.write_bytes(jsonl([{"body": body, **more}]))
    told = Entry(
        "GET", "https://toys.example/v1/lamps", Response(200, (), b"{}", headers_known=False)
    )
    assert read(file) == [(0, told)]


@pytest.mark.parametrize(
    ("line", "body"),
    [
        (b'{"body": { "a" :1e400, "a": 1 } }', b'{ "a" :1e400, "a": 1 }'),
        (b'{"body":\t[1.0]}', b"[1.0]"),
        (b'{"body": {"a": NaN}}', b'{"a": NaN}'),
        (b'{"body": 3}', b"3"),
        (b'{"body": "3"}', b"3"),
        (b'{"body": ""}', b""),
        (b'{"body": "{\\"a\\": NaN, \\"a\\": 1}"}', b'{"a": NaN, "a": 1}'),
        (b'{"body": "\\ud83d\\ude00"}', "😀".encode()),
        (b'{"body": "\\ud800"}', b"\xed\xa0\x80"),
        (b'{"body": "\xed\xa0\x80"}', b"\xed\xa0\x80"),
        (b'{"body": {"a": "\\ud800"}}', b'{"a": "\\ud800"}'),
        (b'{"body": {"a": "\xff"}}', b'{"a": "\xff"}'),
        (b'{"body": null, "status": 204}', b""),
        (b'{"at": "10:00", "body": { "a" :1e400 }}', b'{ "a" :1e400 }'),
        (b'{"at": "10:00", "body": "3"}', b"3"),
    ],
)
def test_the_bytes_of_a_body_survive(tmp_path: Path, line: bytes, body: bytes) -> None:
    file = tmp_path / "calls"
    before = [b'{"body": "text"}', b'{"body": {"embedded": 1}}']
    file.write_bytes(b"\n".join([line, *before, line, *reversed(before), line]))
    found = outcomes(read(file))
    assert [outcome.body for outcome in found[::3]] == [body] * 3


@pytest.mark.parametrize(
    "line", [{"body": None}, {"body": None, "status": 0}, {"body": "", "status": 0}]
)
def test_a_record_without_a_response(tmp_path: Path, line: dict[str, Any]) -> None:
    file = tmp_path / "calls"
    file.write_bytes(jsonl([line]))
    assert outcomes(read(file)) == [Failure("cut", "no response was recorded")]


@pytest.mark.parametrize("embeds", [False, True])
def test_fields_with_other_names(tmp_path: Path, embeds: bool) -> None:
    file = tmp_path / "calls"
    body = page(0) if embeds else json.dumps(page(0))
    record = {"body": 1, "response_body": body, "code": "404", "path": "/v1/lamps?size=2"}
    file.write_bytes(jsonl([record, record]))
    fields = {"body": "response_body", "status": "code", "url": "path"}
    told = Entry(
        "GET",
        "https://toys.example/v1/lamps?size=2",
        Response(
            404,
            (),
            json.dumps(page(0), ensure_ascii=embeds is False).encode(),
            headers_known=False,
        ),
    )
    assert [record for _, record in read(file, fields)] == [told, told]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("pack", COMPRESSIONS.values(), ids=COMPRESSIONS)
def test_an_incomplete_last_line(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "calls"
    torn = LINES.rindex(b'{"body"')
    for cut in range(torn + 1, len(LINES) - 1, 7):
        file.write_bytes(pack(LINES[:cut]))
        found = read(file)
        assert [record for _, record in found] == [*ENTRIES[:2], BadRecord()]
        assert found[-1][0] == torn
    file.write_bytes(pack(LINES[:-1]))
    assert [record for _, record in read(file)] == ENTRIES


def from_standard_input(content: bytes) -> subprocess.CompletedProcess[bytes]:
    """Print what standard input holds, read by a process of its own."""
    script = (
        "from traffic.records import read; from docpact.traffic import find_sources\n"
        "print(ascii([each for name in find_sources(['-', '-']) for each in read(name)]))"
    )
    return subprocess.run(
        [sys.executable, "-c", script],
        input=content,
        capture_output=True,
        check=False,
        env={"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])},
    )


SENT = {"har": HAR, "lines": LINES, "zstd": frames(HAR), "gzip": gzip.compress(LINES)}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", sample(SENT, 2))
def test_standard_input_is_read_like_a_file(tmp_path: Path, name: str) -> None:
    file = tmp_path / "calls"
    file.write_bytes(SENT[name])
    done = from_standard_input(SENT[name])
    assert done.stdout.decode().strip() == ascii(read(file)), done.stderr.decode()


@pytest.mark.slow
def test_parquet_from_a_pipe_is_refused() -> None:
    done = from_standard_input(b"PAR1")
    assert b"standard input: Parquet is read from its end; pass a file" in done.stderr


ODD = [
    b'{"body": "text", "status": "200"}',
    b'{"body": {"a": 1, "a": 1}, "status": "201"}',
    b'{"body": null, "status": 200.0, "seconds": "1"}',
    b'{"body": {"a": "\xff"}}',
    b'{"body": {"a": NaN}, "headers": {}}',
    b'{"body": "\\ud800"}',
    b'{"body": {}, "url": "\\ud800"}',
    b'{"body": [1e400]}',
    json.dumps(json.loads(HAR)["log"]["entries"][0]).encode(),
    b'{"ended": ""}',
    b"  ",
]


@given(st.lists(st.sampled_from(ODD)))
def test_a_line_is_read_alike_after_any_other(order: list[bytes]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "calls"
        alone = []
        for line in order:
            file.write_bytes(line + b"\n")
            alone += [record for _, record in read(file)]
        file.write_bytes(b"\n".join([*order, b""]))
        assert [record for _, record in read(file)] == alone
