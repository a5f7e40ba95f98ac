"""Split into parts of any size, a source yields the same records at the same positions, once."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import FEWER
from toy import LAMPS
from traffic.records import entry, flat, in_parts, jsonl, page, read

from docpact.model import Response
from docpact.traffic import Entry, Part, read_traffic, split_sources

BODIES = st.text(st.characters(codec="utf-8"), max_size=30)
LINES = st.one_of(
    BODIES.map(lambda body: json.dumps({"body": body})),
    BODIES.map(lambda body: json.dumps({"body": {"é": body}}, ensure_ascii=False)),
    st.sampled_from(["", "  "]),
)


def reports_of(part: Part) -> list[int]:
    reports: list[int] = []
    for _ in read_traffic(part, LAMPS, report=reports.append):
        pass
    return reports


@FEWER
@given(st.lists(LINES, max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.data())
def test_lines_in_parts_and_from_any_position(
    lines: list[str], end: str, ended: bool, data: st.DataObject
) -> None:
    content = end.join(lines).encode() + (end.encode() if ended else b"")
    size = data.draw(st.integers(1, len(content) + 2))
    begin = data.draw(st.integers(0, len(content) + 2))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "calls"
        file.write_bytes(content)
        whole = read(file)
        assert len(whole) == sum(1 for line in lines if line.strip())
        assert [content[at:][:1] for at, _ in whole] == [b"{"] * len(whole)
        assert in_parts(file, size) == whole
        rest = [found for found in whole if found[0] >= begin]
        assert read(file, begin=begin) == rest
        cut = split_sources([str(file)], size)
        assert [found for part in cut for found in read(part, begin=begin)] == rest
        assert [sum(reports_of(part)) for part in cut] == [part.size for part in cut]
        assert sum(part.size for part in cut) == len(content)
        file.write_bytes(gzip.compress(content))
        assert read(file, begin=begin) == rest
        assert sum(reports_of(*split_sources([str(file)], size))) == file.stat().st_size


@given(st.lists(BODIES, max_size=12), st.integers(1, 5), st.integers(1, 4000), st.integers(0, 13))
def test_parquet_in_parts_and_from_any_row(
    bodies: list[str], group: int, size: int, begin: int
) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "calls"
        pq.write_table(
            pa.table({"body": pa.array(bodies, pa.string())}), file, row_group_size=group
        )
        whole = read(file)
        answers = [Response(200, (), body.encode(), headers_known=False) for body in bodies]
        url = "https://toys.example/v1/lamps"
        assert whole == [(at, Entry("GET", url, answer)) for at, answer in enumerate(answers)]
        cut = split_sources([str(file)], size)
        assert [found for part in cut for found in read(part)] == whole
        assert [found for part in cut for found in read(part, begin=begin)] == whole[begin:]
        assert read(file, begin=begin) == whole[begin:]
        assert [sum(reports_of(part)) for part in cut] == [part.size for part in cut]


def test_which_sources_are_split(tmp_path: Path) -> None:
    lines = jsonl(flat(number) for number in range(20))
    file, packed, har = (str(tmp_path / name) for name in ("calls", "packed", "har"))
    Path(file).write_bytes(lines)
    Path(packed).write_bytes(gzip.compress(lines, 0))
    Path(har).write_text(json.dumps({"log": {"entries": [" " * 2000]}}))
    ranges = split_sources([file], 1000)
    assert [(part.start, part.end) for part in ranges][:2] == [(0, 1000), (1000, 2000)]
    assert ranges[-1].end is None
    assert {part.format for part in ranges} == {"lines"}
    assert split_sources([packed, har, "-"], 1000) == (
        Part(packed, 0, size=Path(packed).stat().st_size),
        Part(har, 1, size=Path(har).stat().st_size),
        Part("-", 2),
    )
    assert split_sources([file], len(lines)) == (Part(file, 0, size=len(lines)),)


HEADERS = [("Content-Type", "application/json"), ("X-Request", "é")]


@pytest.mark.parametrize(
    "body", [pa.string(), pa.large_string(), pa.binary(), pa.large_binary(), "dictionary"]
)
@pytest.mark.parametrize(
    ("headers", "values"),
    [
        (pa.map_(pa.string(), pa.string()), HEADERS),
        (pa.list_(pa.list_(pa.string())), [list(pair) for pair in HEADERS]),
        (
            pa.list_(pa.struct({"name": pa.string(), "value": pa.string()})),
            [{"name": name, "value": value} for name, value in HEADERS],
        ),
        (pa.struct({name: pa.string() for name, _ in HEADERS}), dict(HEADERS)),
        (pa.string(), json.dumps(dict(HEADERS))),
        (pa.binary(), json.dumps(HEADERS).encode()),
    ],
)
def test_columns_of_every_type(tmp_path: Path, body: Any, headers: Any, values: Any) -> None:
    rows = [flat(number, headers=values) for number in range(3)]
    column = pa.array([row["body"] for row in rows])
    table = pa.table(
        {
            "other": pa.array(range(3)),
            "response_body": column.dictionary_encode()
            if body == "dictionary"
            else column.cast(body),
            "headers": pa.array([values] * 3, headers),
            **{
                name: pa.array([row[name] for row in rows]) for name in ("status", "url", "seconds")
            },
            "method": pa.array([b"get"] * 3),
        }
    )
    pq.write_table(table, tmp_path / "calls", row_group_size=2)
    found = read(tmp_path / "calls", {"body": "response_body"})
    assert found == [(number, entry(number)) for number in range(3)]


def test_rows_of_nulls(tmp_path: Path) -> None:
    body = pa.array([json.dumps(page(0)), None])
    nothing = {name: pa.nulls(2) for name in ("status", "url", "method", "headers", "seconds")}
    pq.write_table(pa.table({"body": body, **nothing}), tmp_path / "with")
    pq.write_table(pa.table({"body": body}), tmp_path / "without")
    assert read(tmp_path / "with") == read(tmp_path / "without")
    first, second = read(tmp_path / "with")
    assert first[1].outcome == Response(200, (), json.dumps(page(0)).encode(), headers_known=False)  # type: ignore[union-attr]
    assert "no response" in second[1].outcome.message  # type: ignore[union-attr]


def test_a_body_that_is_not_utf_8_keeps_its_bytes(tmp_path: Path) -> None:
    pq.write_table(pa.table({"body": pa.array([b"\xff\x00"])}), tmp_path / "calls")
    ((_, record),) = read(tmp_path / "calls")
    assert record.outcome == Response(200, (), b"\xff\x00", headers_known=False)  # type: ignore[union-attr]
