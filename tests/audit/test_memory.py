"""Memory does not grow with the length of a source: measured in processes of their own."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
import zstandard
from toy import exchange

from docpact.traffic import har_writer

READ = """
import resource, sys
from docpact.traffic import Part, read_traffic
from toy import LAMPS
count = sum(1 for _ in read_traffic(Part(sys.argv[1], 0), LAMPS))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""

# A process starts with its parent's peak, on Linux; one in between has a small one.
BETWEEN = """
import subprocess, sys
subprocess.run([sys.executable, "-c", *sys.argv[1:]], check=True)
"""

pytestmark = pytest.mark.slow


def bodies(count: int) -> Iterator[str]:
    """Yield texts of 80 KB that cannot be packed small."""
    random = Random(0)
    return (random.randbytes(40_000).hex() for _ in range(count))


def write_lines(write: Callable[[bytes], object], count: int) -> None:
    for body in bodies(count):
        write(json.dumps({"body": body}).encode() + b"\n")


def plain(file: Path, count: int) -> None:
    with file.open("wb") as out:
        write_lines(out.write, count)


def gzipped(file: Path, count: int) -> None:
    with gzip.open(file, "wb", compresslevel=1) as out:
        write_lines(out.write, count)


def zstd(file: Path, count: int) -> None:
    with zstandard.open(file, "wb") as out:
        write_lines(out.write, count)


def archive(file: Path, count: int) -> None:
    whole = har_writer.render([(exchange("BODY"), "2026-01-01T00:00:00+00:00")], version="1")
    entry = json.dumps(json.loads(whole)["log"]["entries"][0])
    with gzip.open(file, "wt", compresslevel=1) as out:
        out.write('{"log": {"entries": [')
        for at, body in enumerate(bodies(count)):
            out.write("," * (at > 0) + entry.replace("BODY", body))
        out.write("]}}")


def parquet(file: Path, count: int) -> None:
    """Write all rows in one group, in pages of 16."""
    table = pa.table({"body": pa.array(bodies(count), pa.large_string())})
    pq.write_table(table, file, use_dictionary=False, write_batch_size=16)


@pytest.mark.parametrize("write", [plain, gzipped, zstd, archive, parquet])
def test_memory_does_not_grow(tmp_path: Path, write: Callable[[Path, int], None]) -> None:
    peaks = []
    for count in (100, 600):
        write(tmp_path / "calls", count)
        done = subprocess.run(
            [sys.executable, "-c", BETWEEN, READ, tmp_path / "calls"],
            env={"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])},
            capture_output=True,
            check=True,
        )
        found, peak = map(int, done.stdout.split())
        assert found == count
        peaks.append(peak * (1 if sys.platform == "darwin" else 1024))
    # The longer source is 40 MB longer.
    assert peaks[1] - peaks[0] < 8_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit memory so")
def test_too_little_memory_for_numpy_is_no_drift(tmp_path: Path) -> None:
    limited = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (150 << 20, 150 << 20))
from docpact.cli import main
sys.exit(main())
"""
    har_file = tmp_path / "empty.har"
    har_file.write_text('{"log": {"entries": []}}')
    words = [sys.executable, "-c", limited, "audit", "llamacloud/list_classify_jobs", "empty.har"]
    done = subprocess.run(
        words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert "docpact: internal error: MemoryError" in done.stderr
