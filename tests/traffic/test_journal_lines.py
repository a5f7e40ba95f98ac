"""The lines of a journal: every exchange is read back as it was written."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import LAMPS, exchange

from docpact.errors import UsageError
from docpact.model import Exchange, Failure, Response
from docpact.secrets import Secrets
from docpact.traffic import BadRecord, har, har_writer
from docpact.traffic.journal import Journal, decode_line
from docpact.traffic.recording import read_exchanges, read_journal
from docpact.traffic.records import Entry

OUTCOMES = st.one_of(
    st.binary(max_size=30).map(exchange),
    st.text(max_size=10).map(lambda text: exchange({"note": text}, status=503, retried=True)),
    st.just(exchange(failure=Failure("cut", "the connection broke"))),
)


def write(folder: str, exchanges: list[Exchange]) -> Path:
    """Return a journal of one run."""
    journal = Journal(Path(folder) / "run.jsonl", "1.0")
    journal.begin(LAMPS, "mock", 7)
    for each in exchanges:
        journal.write(each)
    journal.end("")
    return journal.file


@given(st.lists(OUTCOMES, max_size=4))
def test_every_exchange_is_read_back(exchanges: list[Exchange]) -> None:
    with TemporaryDirectory() as folder:
        (run,) = read_journal(str(write(folder, exchanges)))
    assert [each.exchange for each in run.exchanges] == exchanges
    assert (run.start.seed, run.end is not None) == (7, True)


@given(st.binary(max_size=30))
def test_a_har_document_has_every_body(body: bytes) -> None:
    with TemporaryDirectory() as folder:
        timed = read_exchanges(str(write(folder, [exchange(body)])))
    (entry,) = json.loads(har_writer.render(timed, version="1.0"))["log"]["entries"]
    found = har.decode_entry(entry, "entry", LAMPS)
    assert not isinstance(found, BadRecord)
    assert found.outcome == timed[0][0].outcome


def test_requests_that_overlapped_overlap_in_a_har_document(tmp_path: Path) -> None:
    """The second one began 0.2 ms before the first one ended, and both were written later."""
    first = datetime(2026, 1, 1, tzinfo=UTC)
    ends = {first: 0.01, first + timedelta(milliseconds=5): 0.0052}
    done = [replace(exchange(b"{}"), ended=end, seconds=taken) for end, taken in ends.items()]
    timed = read_exchanges(str(write(str(tmp_path), done)))
    document = json.loads(har_writer.render(timed, version="1.0"))
    one, two = (har.decode_entry(each, "", LAMPS) for each in document["log"]["entries"])
    assert isinstance(one, Entry)
    assert isinstance(two, Entry)
    assert one.started
    assert two.started
    assert one.started + timedelta(seconds=one.seconds) == first
    assert first - two.started == timedelta(microseconds=200)


@pytest.mark.parametrize("secret", ["lamps", "state", "stat", "note", "valid"])
def test_a_secret_that_is_a_documented_word_is_refused(tmp_path: Path, secret: str) -> None:
    """A body without `state` would look like a breach when the journal is read."""
    journal = Journal(tmp_path / "run.jsonl", "1.0", Secrets({secret: "$TOY_KEY"}))
    with pytest.raises(UsageError, match="TOY_KEY is also a word of the documentation"):
        journal.begin(LAMPS, "mock", 7)
    assert not journal.file.exists()


def test_a_secret_that_names_a_part_of_a_line_is_left_out(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run.jsonl", "1.0", Secrets({"status": "$TOY_KEY"}))
    journal.begin(LAMPS, "mock", 7)
    journal.write(exchange({"note": "status"}))
    (read,) = read_journal(str(journal.file))[0].exchanges
    assert isinstance(read.exchange.outcome, Response)
    assert json.loads(read.exchange.outcome.body) == {"note": "$TOY_KEY"}


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        (["response"], "neither a `response` nor a `failure`"),
        (["response", "body"], "neither a `body` nor a `base64`"),
    ],
)
def test_a_line_without_an_outcome_is_named(part: list[str], problem: str, tmp_path: Path) -> None:
    line = json.loads(write(str(tmp_path), [exchange({})]).read_text().splitlines()[1])
    held: Any = line
    for name in part[:-1]:
        held = held[name]
    del held[part[-1]]
    found = decode_line(line, "run.jsonl:2")
    assert isinstance(found, BadRecord)
    assert found.problem.startswith("run.jsonl:2: ")
    assert problem in found.problem


def test_threads_report_a_full_disk_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        time.sleep(0.2)
        raise OSError("full")

    monkeypatch.setattr("docpact.traffic.journal._append", fail)
    reasons: list[str] = []
    journal = Journal(Path("a.jsonl"), "1.0", fail=reasons.append)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(journal.write, [exchange(b"1"), exchange(b"2")]))
    assert reasons == ["--journal a.jsonl: full"]
