"""The cost of reading recorded traffic, compared with a loop that decodes each line with orjson.

    python benchmarks/sources.py --rounds 11

writes the same pages of 80 KB in every kind and packing, and reads each in pairs with the loop over
the lines that hold the same, the order alternating. A ratio is taken within each pair, so that a
machine that is slow for a while is slow for both. The loop over itself shows how far ratios stray
by themselves.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

import orjson
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import zstandard
from ratios import HEADER, ratios, row

import docpact
from docpact.traffic import Part, read_traffic

PAGES: Final = 400
OPERATION: Final = docpact.load("llamacloud/list_classify_jobs")
HEADERS: Final = {f"x-header-{number}": "value" * 4 for number in range(10)}


def page(size: int = 80_000) -> dict[str, Any]:
    """Return a body of about so many bytes."""
    item = {"id": "job", "status": "COMPLETED", "rules": [{"type": "é", "at": 1.5}], "name": None}
    return {"items": [item] * (size // len(json.dumps(item)))}


def lines(body: Any) -> bytes:
    """Return flat records, one a line."""
    record = {"status": 200, "headers": HEADERS, "seconds": 0.2, "body": body}
    return (json.dumps(record).encode() + b"\n") * PAGES


def archive(text: str) -> bytes:
    """Return a HAR document."""
    headers = [{"name": name, "value": value} for name, value in HEADERS.items()]
    entry = {
        "startedDateTime": "2026-01-01T00:00:00Z",
        "request": {"method": "GET", "url": OPERATION.server + OPERATION.path, "headers": headers},
        "response": {"status": 200, "headers": headers, "content": {"text": text}},
    }
    return json.dumps({"log": {"entries": [entry] * PAGES}}).encode()


def written(folder: Path) -> dict[str, Path]:
    """Write the pages in every kind, and return the files by their names."""
    embedded, text = lines(page()), lines(json.dumps(page()))
    contents = {
        "lines, bodies embedded": embedded,
        "lines, bodies as text": text,
        "the same, gzip": gzip.compress(text),
        "the same, zstd": zstandard.compress(text),
        "HAR": archive(json.dumps(page())),
    }
    files = {name: folder / str(number) for number, name in enumerate(contents)}
    for name, content in contents.items():
        files[name].write_bytes(content)
    files["Parquet"] = folder / "parquet"
    table = pa.table({"body": [json.dumps(page())] * PAGES})
    pq.write_table(table, files["Parquet"], use_dictionary=False, write_batch_size=16)
    return files


def read(file: Path) -> None:
    """Read a source."""
    for _ in read_traffic(Part(str(file), 0), OPERATION):
        pass


def loop(file: Path) -> None:
    """Decode each line of a file."""
    with file.open("rb") as stream:
        for line in stream:
            orjson.loads(line)


def seconds(measured: Callable[[Path], None], file: Path) -> float:
    """Return how long it takes to read a file."""
    begun = perf_counter()
    measured(file)
    return perf_counter() - begun


def main() -> None:
    """Print a table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    sys.stdout.write(HEADER)
    with TemporaryDirectory() as folder:
        files = written(Path(folder))
        plain = files["lines, bodies as text"]
        for name, file in files.items():
            base = files["lines, bodies embedded"] if "embedded" in name else plain
            found = ratios(partial(seconds, read, file), partial(seconds, loop, base), rounds)
            sys.stdout.write(row(name, found))
        found = ratios(partial(seconds, loop, plain), partial(seconds, loop, plain), rounds)
        sys.stdout.write(row("the loop itself", found))


if __name__ == "__main__":
    main()
