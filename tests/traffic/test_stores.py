"""Sources in object stores: in memory, over HTTP with and without ranges, and in S3."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from servers.loopback import Answer, Request, Server
from traffic.records import flat, in_parts, jsonl, read

from docpact.errors import MissingExtra, UsageError
from docpact.traffic import display_name, find_sources, split_sources

LINES = jsonl(flat(number) for number in range(8_000))
SIZE = 512 * 1024


def parquet() -> bytes:
    out = pa.BufferOutputStream()
    bodies = pa.array([flat(number)["body"] for number in range(300)])
    pq.write_table(pa.table({"body": bodies}), out, row_group_size=50)
    return out.getvalue().to_pybytes()  # type: ignore[no-any-return]


CONTENTS = {"lines.jsonl": LINES, "packed.jsonl": gzip.compress(LINES), "table.parquet": parquet()}
CUTS = {"lines.jsonl": SIZE, "packed.jsonl": 10_000, "table.parquet": 5_000}


def put(file: str, content: bytes) -> None:
    with fsspec.open(file, "wb") as out:
        out.write(content)


@pytest.fixture
def near(tmp_path: Path) -> Path:
    """Return a folder with the files that the stores hold."""
    for name, content in CONTENTS.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.fixture
def memory() -> Iterator[str]:
    for name, content in CONTENTS.items():
        put(f"memory://traffic/{name}", content)
    yield "memory://traffic"
    fsspec.filesystem("memory").rm("/traffic", recursive=True)


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Put the files into a bucket of a server that speaks S3 on loopback."""
    pytest.importorskip("s3fs")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        fsspec.filesystem("s3").mkdir("traffic")
        for name, content in CONTENTS.items():
            put(f"s3://traffic/{name}", content)
        yield "s3://traffic"
    server.stop()


class Shelf:
    """Serves the files, in ranges if it can, and counts the bytes of each answer."""

    def __init__(self, *, in_ranges: bool = True) -> None:
        self.in_ranges = in_ranges
        self.served: list[int] = []

    def __call__(self, request: Request) -> Answer:
        content = CONTENTS.get(request.path.lstrip("/"))
        if content is None:
            return Answer(404)
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("range", ""))
        if not self.in_ranges or asked is None:
            accepts = (("Accept-Ranges", "bytes"),) if self.in_ranges else ()
            if request.method == "GET":
                self.served.append(len(content))
            return Answer(200, accepts, content)
        start, end = int(asked[1]), min(int(asked[2]) + 1, len(content))
        self.served.append(end - start)
        stated = ("Content-Range", f"bytes {start}-{end - 1}/{len(content)}")
        return Answer(206, (stated,), content[start:end])


@pytest.mark.sampled(6)
@pytest.mark.parametrize("store", ["memory", "s3"])
@pytest.mark.parametrize("name", CONTENTS)
def test_a_store_is_read_like_a_file(
    request: pytest.FixtureRequest, near: Path, store: str, name: str
) -> None:
    url = f"{request.getfixturevalue(store)}/{name}"
    assert find_sources([url]) == (url,)
    whole = read(near / name)
    assert read(url) == whole
    assert read(url, begin=whole[7][0]) == whole[7:]
    assert in_parts(url, CUTS[name]) == whole
    far, close = split_sources([url], CUTS[name]), split_sources([str(near / name)], CUTS[name])
    assert [(p.start, p.end, p.size) for p in far] == [(p.start, p.end, p.size) for p in close]


@pytest.mark.parametrize("store", ["memory", "s3"])
def test_globs_in_a_store(request: pytest.FixtureRequest, store: str) -> None:
    url = request.getfixturevalue(store)
    assert find_sources([f"{url}/*.jsonl"]) == (f"{url}/lines.jsonl", f"{url}/packed.jsonl")
    assert find_sources([f"{url}/**"]) == tuple(f"{url}/{name}" for name in sorted(CONTENTS))
    with pytest.raises(UsageError) as raised:
        find_sources([f"{url}/*.har"])
    assert str(raised.value) == f"{url}/*.har: no such file"
    with pytest.raises(UsageError) as raised:
        split_sources([f"{url}/none"])
    assert str(raised.value) == f"{url}/none: no such file"


@pytest.mark.slow
@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    ("name", "in_ranges"),
    [
        pytest.param(name, in_ranges, marks=mark)
        for name in CONTENTS
        for in_ranges in (True, False)
        for mark in [() if in_ranges or name == "table.parquet" else pytest.mark.slow]
    ],
)
def test_http(served: Callable[[Any], Server], near: Path, name: str, in_ranges: bool) -> None:
    url = f"{served(Shelf(in_ranges=in_ranges)).url}/{name}?signature=secret"
    if name == "table.parquet" and not in_ranges:
        with pytest.raises(UsageError) as raised:
            read(url)
        assert (
            str(raised.value) == f"{display_name(url)}: Parquet is read from its end; pass a file"
        )
        return
    whole = read(near / name)
    assert find_sources([url]) == (url,)
    assert read(url) == whole
    assert read(url, begin=whole[7][0]) == whole[7:]
    assert in_parts(url, CUTS[name]) == whole
    assert (len(split_sources([url], CUTS[name])) > 1) == (in_ranges and name != "packed.jsonl")


def test_a_part_requests_its_own_range(served: Callable[[Any], Server]) -> None:
    shelf = Shelf()
    cut = split_sources([f"{served(shelf).url}/lines.jsonl"], SIZE)
    assert len(cut) > 3
    for part in cut:
        shelf.served.clear()
        read(part)
        # The byte before it, and the end of its last line.
        assert part.size <= sum(shelf.served) <= part.size + 1 + 64 * 1024


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("gone.jsonl?token=secret", "gone.jsonl?…: no such file"),
        ("", ": no such file"),
    ],
)
def test_what_an_http_server_refuses(served: Callable[[Any], Server], url: str, says: str) -> None:
    base = served(Shelf()).url
    with pytest.raises(UsageError) as raised:
        split_sources([f"{base}/{url}"])
    assert str(raised.value) == f"{base}/{says}"
    with pytest.raises(UsageError) as raised:
        read(f"{base}/{url}")
    assert str(raised.value) == f"{base}/{says}"


@pytest.mark.parametrize("status", [0, 401, 403, 500])
def test_no_credential_is_printed(served: Callable[[Any], Server], status: int) -> None:
    url = served(lambda _: Answer(status)).url.replace("://", "://user:pass@")
    with pytest.raises(UsageError) as raised:
        split_sources([f"{url}/calls.jsonl?token=secret"])
    said = str(raised.value)
    assert said.startswith(f"{url.replace('user:pass@', '')}/calls.jsonl?…: ")
    assert not re.search("user|pass|secret|\n", said)


@pytest.mark.parametrize(
    ("url", "is_shown"),
    [
        ("https://u:p@host/a@b.jsonl?sig=1&at=2", "https://host/a@b.jsonl?…"),
        ("s3://bucket/a@b.jsonl", "s3://bucket/a@b.jsonl"),
        ("-", "standard input"),
        ("logs/a?b@c", "logs/a?b@c"),
    ],
)
def test_display_names(url: str, is_shown: str) -> None:
    assert display_name(url) == is_shown


def test_an_unknown_store() -> None:
    with pytest.raises(UsageError) as raised:
        find_sources(["nowhere://u:p@host/x*"])
    assert str(raised.value) == "nowhere://host/x*: Protocol not known: nowhere"


@pytest.mark.parametrize(
    ("library", "name", "extra"),
    [
        ("fsspec.core", "memory://x", "audit-remote"),
        ("pyarrow", "table.parquet", "audit-parquet"),
        ("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd", "zstd", "audit"),
    ],
)
def test_a_library_that_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, near: Path, library: str, name: str, extra: str
) -> None:
    (near / "zstd").write_bytes(b"\x28\xb5\x2f\xfd")
    monkeypatch.chdir(near)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra) as raised:
        read(name)
    assert raised.value == MissingExtra(f"reading {name}", extra)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("s3://shop/log.jsonl", "pip install 'docpact[audit-remote]' s3fs"),
        ("gs://shop/*.jsonl", "pip install 'docpact[audit-remote]' gcsfs"),
        ("https://shop.example/log.jsonl", "pip install 'docpact[audit-remote]'"),
    ],
)
def test_every_library_that_a_store_needs_is_named_at_once(
    monkeypatch: pytest.MonkeyPatch, name: str, advice: str
) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(MissingExtra) as raised:
        read(name)
    assert str(raised.value).endswith(f": {advice}")


def test_an_http_glob_follows_the_links_of_its_folder(served: Callable[[Any], Server]) -> None:
    links = "".join(f'<a href="{name}">{name}</a>' for name in CONTENTS)
    page = Answer(200, (("Content-Type", "text/html"),), links.encode())
    shelf = Shelf()
    url = served(lambda request: page if request.path == "/" else shelf(request)).url
    assert find_sources([f"{url}/*.jsonl"]) == (f"{url}/lines.jsonl", f"{url}/packed.jsonl")


def test_a_response_cut_off_is_not_a_short_source(served: Callable[[Any], Server]) -> None:
    stated = (("Content-Length", str(len(LINES) + 1)), ("Connection", "close"))
    url = served(lambda _: Answer(200, stated, LINES)).url
    with pytest.raises(UsageError, match="payload is not completed"):
        read(f"{url}/lines.jsonl")


@pytest.mark.slow
def test_a_forbidden_source_is_one_line(served: Callable[[Any], Server]) -> None:
    seen = Answer(200, (("Accept-Ranges", "bytes"),), LINES)
    shelf = served(lambda request: seen if request.method == "HEAD" else Answer(403))
    url = f"{shelf.url}/lines.jsonl"
    code = (
        "import logging, sys, docpact.cli\n"
        "late = lambda record: 'took' not in record.msg  # asyncio's note on a busy machine\n"
        "logging.getLogger('asyncio').addFilter(late)\n"
        "sys.exit(docpact.cli.main(['audit', sys.argv[1]]))"
    )
    command = [sys.executable, "-X", "dev", "-W", "ignore", "-c", code, url]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"docpact: {url}: ")
    assert refused.stderr.count("\n") == 1
