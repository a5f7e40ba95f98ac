"""Sources that cannot be read: one clear line each, never some records as if they were all."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
import yaml
import zstandard
from toy import LAMPS
from traffic.records import HEADERS, flat, jsonl, page, read

from docpact.conformance.replay import replay
from docpact.errors import UsageError
from docpact.model import Failure
from docpact.traffic import BadRecord, Entry, Part, find_sources, read_traffic, split_sources
from docpact.traffic.exchanges import build_exchanges
from docpact.traffic.formats import MAX_BAD, MORE_BAD, READ, detect
from docpact.traffic.journal import Journal
from docpact.traffic.recording import read_recording
from docpact.traffic.records import build_entry

packed = partial(gzip.compress, mtime=0)
"""Compress without a timestamp, so that test names do not change."""

LINES = jsonl(flat(number) for number in range(200))
GZIP, ZSTD = packed(LINES), zstandard.compress(LINES)
CHECKED = zstandard.ZstdCompressor(write_checksum=True).compress(LINES)
NO_ENTRY = "Expected `object`, got `int`"
NO_PARQUET = (
    "Parquet magic bytes not found in footer. "
    "Either the file is corrupted or this is not a parquet file."
)
INTERACTION = (
    '{"request": {"method": "GET", "uri": "x"}, "response": {"status": 200, "headers": {}}}'
)
CUT = "incomplete: cut off, or still being written"
ENTRY = (
    '{"startedDateTime": "2026-01-01T00:00:00Z", "request": {"method": "GET", "url": "x"}, '
    '"response": {"status": 200, "headers": []}}'
)


START = (
    b'{"docpact journal": 2, "docpact": "1", "operation": "toys/list_lamps", "contract": "", '
    b'"target": "mock", "seed": 0, "started": "2026-01-01T00:00:00Z"}\n'
)


def archive(*names: str) -> bytes:
    """Return a .zip file with empty files of some names."""
    content = BytesIO()
    with ZipFile(content, "w") as opened:
        for name in names:
            opened.writestr(name, "")
    return content.getvalue()


def table(**columns: Any) -> bytes:
    out = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), out)
    return out.getvalue().to_pybytes()  # type: ignore[no-any-return]


CRC = int.from_bytes(GZIP[-8:-4], "little")
PARQUET = table(body=["{}"] * 3)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'\n{"body": "\xff"}\n', ":2: not JSON: not UTF-8 text (column 11)"),
        (b"[" * 100_000 + b"\n", ":1: not JSON: nested too deeply"),
        (b"<xml/>", ":1: not JSON: Expecting value (column 1)"),
        (
            b'{\n  "item": []\n}\n',
            ":1: a document in several lines, neither HAR nor a cassette",
        ),
        (b"[1]\n", ":1: not a record: expected an object"),
        (b'{"a": 1}', ":1: not a record: neither a HAR entry nor an object with `body`"),
        (
            b'{"ended": "", "a": 1}',
            ":1: not a record: neither a HAR entry nor an object with `body`",
        ),
        (b'{"body": 1, "status": "no"}', ":1: not a record: status 'no': expected a whole number"),
        (
            b'{"body": "", "status": 200.5}',
            ":1: not a record: status 200.5: expected a whole number",
        ),
        (b'{"body": "", "status": true}', ":1: not a record: status True: expected a whole number"),
        (b'{"body": 1, "url": 1}', ":1: not a record: url 1: expected text"),
        (b'{"body": "", "method": 1}', ":1: not a record: method 1: expected text"),
        (
            b'{"body": 1, "headers": 1}',
            ":1: not a record: headers: expected an object or a list of pairs",
        ),
        (
            b'{"body": 1, "headers": ["ab"]}',
            ":1: not a record: headers: expected an object or a list of pairs",
        ),
        (
            b'{"body": "", "headers": "{"}',
            ":1: not a record: headers: expected an object or a list of pairs",
        ),
        (
            b'{"body": "", "seconds": "x"}',
            ":1: not a record: could not convert string to float: 'x'",
        ),
        (
            b'{"request": 1, "response": 1}',
            ":1: not an entry of HAR 1.2: Expected `object`, got `int` - at `$.request`",
        ),
        (b'{"docpact journal": 9}\n', ":1: a journal of format 9; this release reads 1 and 2"),
        (
            START.replace(b"toys/list_lamps", b"x/y"),
            ":1: a journal of x/y, not of toys/list_lamps",
        ),
        (
            b'{"case": 1}\n',
            ":1: not a line of a journal: Expected `object`, got `int` - at `$.case`",
        ),
        (GZIP[:-9], f": {CUT}"),
        (GZIP[:15], f": {CUT}"),
        (GZIP[:-8] + bytes(8), f": CRC check failed 0x0 != 0x{CRC:x}"),
        (GZIP + b"junk", ": Not a gzipped file (b'ju')"),
        (GZIP[:300] + b"\0\1" * 100 + GZIP[500:], None),
        (ZSTD[:-9], f": {CUT}"),
        (ZSTD[:10], f": {CUT}"),
        (ZSTD + ZSTD[:-9], f": {CUT}"),
        (ZSTD + b"junk", ": Unable to decompress Zstandard data: Unknown frame descriptor"),
        (
            CHECKED[:-1] + bytes([CHECKED[-1] ^ 1]),
            ": Unable to decompress Zstandard data: Restored data doesn't match checksum",
        ),
        (packed(GZIP), ": gzip inside gzip; decompress it first"),
        (packed(PARQUET), ": parquet inside gzip; decompress it first"),
        (
            packed(b'{"a": 1}'),
            ":1: not a record: neither a HAR entry nor an object with `body`",
        ),
        (b'{"log": {}}', "#/log/entries: a list of entries is missing"),
        (b'{"log": {"entries": {}}}', "#/log/entries: a list of entries is missing"),
        (
            b'{"log": {"entries": [{}]}}',
            "#/log/entries/0: not an entry of HAR 1.2: Object missing required field `request`",
        ),
        (
            b'{"log": {"entries": [{"a": "\xff"}]}}',
            "#/log/entries/0: not JSON: lexical error: invalid bytes in UTF8 string.",
        ),
        (b'{"log": {"entries": [{"a": 1', "#/log/entries/0: not JSON: premature EOF"),
        (b'{"interactions": [3]}', None),
        (b'{"interactions": [', ": not JSON: Expecting value: line 1 column 19 (char 18)"),
        (b"interactions: [", None),
        (b"interactions: \xff", ": not UTF-8 text (byte 14)"),
        (b"version: 1", "#/interactions: a list of interactions is missing"),
        (
            PARQUET[:-9],
            f": {NO_PARQUET}",
        ),
        (b"PAR1", ": Parquet file size is 4 bytes, smaller than the minimum file footer (8 bytes)"),
        (PARQUET[:4] + b"\xff" * 20 + PARQUET[24:], None),
        (
            table(text=["{}"], code=[1]),
            ": no column `body` among text, code; name the right one with --field body=COLUMN",
        ),
        (table(body=[1]), ": column `body` holds int64, not text or bytes"),
    ],
    ids=lambda value: str(value[:40]) if isinstance(value, bytes) else "",
)
def test_a_damaged_source_is_one_clear_line(
    tmp_path: Path, content: bytes, says: str | None
) -> None:
    file = tmp_path / "calls"
    file.write_bytes(content)
    with pytest.raises(UsageError) as raised:
        read(file)
    said = str(raised.value)
    assert said.startswith(str(file))
    assert "\n" not in said
    assert says is None or said.removesuffix(f"; {READ}") == f"{file}{says}"


def test_a_mapped_column_must_be_there(tmp_path: Path) -> None:
    file = tmp_path / "calls"
    file.write_bytes(PARQUET)
    with pytest.raises(UsageError) as raised:
        read(file, {"status": "code"})
    assert str(raised.value) == (
        f"{file}: no column `code` among body; name the right one with --field status=COLUMN"
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"body": 1}\nnothing\n', ":2: not JSON: Expecting value (column 1)"),
        (b'{"body": 1}\n{"body": 1\n', ":2: not JSON: Expecting ',' delimiter (column 12)"),
        (
            f'{{"log": {{"entries": [{ENTRY}, 3]}}}}'.encode(),
            f"#/log/entries/1: not an entry of HAR 1.2: {NO_ENTRY}",
        ),
        (
            table(body=["{}", "{}"], status=["200", "no"]),
            ": row 1: not a record: status 'no': expected a whole number",
        ),
        (
            f'{{"interactions": [{INTERACTION}, 3]}}'.encode(),
            f"#/interactions/1: not an interaction of a cassette: {NO_ENTRY}",
        ),
        (b'{"body": 1}\n' * 100 + b"nothing\n", ":101: not JSON: Expecting value (column 1)"),
    ],
    ids=lambda value: str(value[:40]) if isinstance(value, bytes) else "",
)
def test_a_bad_record_is_skipped_and_named(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "calls"
    file.write_bytes(content)
    (_, first), *_, (_, last) = read(file)
    assert isinstance(first, Entry)
    assert last == BadRecord(is_last=False, problem=f"{file}{says}")


@pytest.mark.parametrize(
    ("end", "says"),
    [
        (", {", "premature EOF"),
        ("]}} more", "trailing garbage"),
        (', {"a": "\x00"}', "lexical error: invalid character inside string."),
    ],
)
def test_the_entries_before_the_damage_of_a_har_are_judged(
    tmp_path: Path, end: str, says: str
) -> None:
    file = tmp_path / "calls.har"
    file.write_text(f'{{"log": {{"entries": [{ENTRY}, {ENTRY}{end}')
    *entries, (_, last) = read(file)
    assert [type(each) for _, each in entries] == [Entry, Entry]
    problem = f"{file}#/log/entries/2: not JSON: {says}"
    assert last == BadRecord(is_last=True, problem=problem)


def test_an_audit_leaves_out_a_damaged_line_of_a_journal(tmp_path: Path) -> None:
    file = tmp_path / "calls"
    file.write_bytes(START + b'{"body": {}}\n{"case": 1}\n{"body": {}}\n')
    problem = f"{file}:3: not a line of a journal: Expected `object`, got `int` - at `$.case`"
    assert [each for _, each in read(file)][1] == BadRecord(is_last=False, problem=problem)
    file.write_bytes(START + b'{"case": 1}\n')
    with pytest.raises(UsageError, match="an audit judges the other lines, each alone"):
        read_recording([str(file)], LAMPS)


def write_journal(file: Path) -> list[bytes]:
    """Write the journal of a run that reads a list of three pages; return its lines."""
    after = ("", "?after=1", "?after=2")
    bodies = [json.dumps({**page(2 * n), "next": str(n + 1) if n < 2 else None}) for n in range(3)]
    entries = [
        build_entry(LAMPS, (body.encode(), 200, f"{LAMPS.path}{query}", "GET", HEADERS, 0.1))
        for query, body in zip(after, bodies, strict=True)
    ]
    journal = Journal(file, "1")
    journal.begin(LAMPS, "mock", 0)
    for exchange in build_exchanges(LAMPS, entries):
        journal.write(replace(exchange, phase="survey"))
    journal.end("")
    return file.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_replay_leaves_out_a_damaged_line_of_a_journal(tmp_path: Path, lost: int) -> None:
    """A page that is lost is not taken for one that the server left out."""
    lines = write_journal(tmp_path / "calls")
    whole = replay(LAMPS, read_recording([str(tmp_path / "calls")], LAMPS))
    assert (whole.findings, whole.reason) == ((), "")
    lines[lost] = lines[lost][:80] + b"\n"
    (tmp_path / "calls").write_bytes(b"".join(lines))
    run = replay(LAMPS, read_recording([str(tmp_path / "calls")], LAMPS))
    assert (run.findings, run.reason) == ((), "")
    assert "2 exchanges of GET /v1/lamps" in run.remarks
    (remark,) = (each for each in run.remarks if "left out" in each)
    assert remark.startswith(f"1 exchange left out: {tmp_path / 'calls'}:{lost + 1}: not JSON")


def test_a_damaged_journal_without_its_end_is_inconclusive(tmp_path: Path) -> None:
    lines = write_journal(tmp_path / "calls")
    (tmp_path / "calls").write_bytes(b"".join([*lines[:2], b"[1\n", lines[2]]))
    run = replay(LAMPS, read_recording([str(tmp_path / "calls")], LAMPS))
    assert run.reason == "the recorded run was cut short"


def test_a_bad_line_in_a_later_part_is_named_by_its_byte(tmp_path: Path) -> None:
    file = tmp_path / "calls"
    file.write_bytes(b'{"body": 1}\n' * 100 + b"nothing\n")
    *_, last = split_sources([str(file)], 500)
    problem = f"{file}: byte 1,200: not JSON: Expecting value (column 1)"
    bad = (1_200, BadRecord(is_last=False, problem=problem))
    assert [read(last)[-1]] == read(file, begin=1_200) == [bad]


def test_few_bad_records_are_named_and_many_at_the_beginning_refused(tmp_path: Path) -> None:
    file = tmp_path / "calls"
    file.write_bytes(b'{"body": 1}\n' + b"nothing\n" * (MAX_BAD + 10))
    named, others = read(file)[:4], read(file)[4:]
    assert MORE_BAD not in str(named)
    assert {record for _, record in others} == {BadRecord(is_last=False, problem=MORE_BAD)}
    file.write_bytes(b"nothing\n" * MAX_BAD + b'{"body": 1}\n')
    with pytest.raises(UsageError, match=":1: not JSON"):
        read(file)


def test_records_before_the_damage_come_first(tmp_path: Path) -> None:
    file = tmp_path / "calls"
    file.write_bytes(ZSTD[:-9])
    found: list[Any] = []
    with pytest.raises(UsageError, match=CUT):
        found.extend(read_traffic(Part(str(file), 0), LAMPS))
    file.write_bytes(LINES)
    assert found == read(file)[: len(found)]


def test_patterns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.jsonl", "a.jsonl", "in/c.jsonl", "x[1].jsonl"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(b"")
    assert find_sources(["b.jsonl", "*.jsonl", "-", "x[1].jsonl", "**/c*", "-"]) == (
        "b.jsonl",
        "a.jsonl",
        "x[1].jsonl",
        "-",
        "in/c.jsonl",
    )
    for pattern, problem in (("no", "no such file"), ("n*", "no such file"), ("in", "a folder")):
        with pytest.raises(UsageError) as raised:
            find_sources(["a.jsonl", pattern])
        assert str(raised.value).startswith(f"{pattern}: {problem}")
    with pytest.raises(UsageError) as raised:
        split_sources(["gone"])
    assert str(raised.value) == "gone: no such file"


@pytest.mark.parametrize("blank", [b" ", b"\n", b"\t\r\n", b"#\n"])
def test_blanks_before_a_recording_take_no_time(blank: bytes) -> None:
    assert detect(blank * 50_000).name == "lines"
    assert detect(blank * 50_000 + b"\ninteractions:").name == "cassette"


def test_an_interaction_without_a_status_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "calls"
    request = {"method": "GET", "uri": "https://things.example/things"}
    file.write_text(json.dumps({"interactions": [{"request": request, "response": {}}]}))
    ((_, entry),) = read(file)
    assert isinstance(entry, Entry)
    assert entry.outcome == Failure("cut", "the status was not recorded")


@pytest.mark.parametrize(
    "text",
    [
        '{"info": {"name": "a"}, "item": [{"request": {"method": "GET"}, "response": []}]}',
        '{\n"consumer": {}, "provider": {},\n"interactions": [{"request": {"method": "GET"}}]}',
        '[{"scope": "https://a.example", "method": "GET", "path": "/", "response": {}}]',
        '{"data": {"pairs": [{"request": {}, "response": {"status": 200}}]}, "meta": {}}',
        "type: collection.insomnia.rest/5.0\ncollection: []\n",
        "HTTP/1.1 200 OK\r\n\r\n{}",
    ],
)
def test_a_source_of_another_format_names_those_that_are_read(tmp_path: Path, text: str) -> None:
    file = tmp_path / "calls"
    file.write_text(text)
    with pytest.raises(UsageError, match=READ):
        read(file)


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("file", ["shop.json", "shop.yaml"])
def test_a_document_among_the_recordings_is_named(
    tmp_path: Path, file: str, indent: int | None
) -> None:
    document = {"info": {"title": "shop"}, "openapi": "3.1.0", "paths": {}}
    place = tmp_path / file
    text = yaml.safe_dump(document, indent=indent) if file.endswith("yaml") else ""
    place.write_text(text or json.dumps(document, indent=indent))
    with pytest.raises(UsageError, match=r"shop.*: an OpenAPI document, not a recording; name it "):
        read(place)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"1852:9:websocket;0:~8:response;", "flows of mitmproxy; `mitmdump -nr FILE"),
        (b'{"info": {"schema": "https://schema.getpostman.com/json/"}}', "a collection of Postman"),
        (b'{\n"mappings": [{"request": {}}]}', "mappings of WireMock"),
        (b'{"info": {"description": "{{a}}", "schema": "https://schema.getpostman.com/json/"}}',
         "a collection of Postman"),
        (b'{"collection": {"info": {"schema": "https://schema.getpostman.com/json/"}}}',
         "a collection of Postman"),
        (b'{\n  "id": "1",\n  "request": {"url": "/a"},\n  "response": {"jsonBody": []}\n}',
         "a mapping of WireMock"),
        (b'{\n  "requests": [{"request": {"absoluteUrl": "http://a.example/"}}]}',
         "a journal of WireMock"),
        (b"<?xml version='1.0'?>\n<charles-session>", "a session of Charles"),
        (b"<?xml version='1.0' ?>\n<?charles serialisation-version='2.0' ?>\n<charles-session>",
         "a session of Charles"),
        (archive("raw/01_c.txt", "raw/01_s.txt"), "an archive of Fiddler"),
        (archive("0-meta.json", "0-res.json"), "a session of Charles"),
    ],
)  # fmt: skip
def test_the_refusal_of_another_format_says_how_to_convert_it(
    tmp_path: Path, content: bytes, says: str
) -> None:
    file = tmp_path / "calls"
    file.write_bytes(content)
    with pytest.raises(UsageError) as raised:
        read(file)
    assert str(raised.value).startswith(f"{file}: {says}")
    assert "HAR" in str(raised.value)
