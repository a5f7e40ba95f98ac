"""A server that answers with whatever bytes it is given, and hostile answers made from a seed."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import Any, Final

TEXTS: Final = (
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "]]><!-- --></testcase>",
    "\x1b]52;c;aGk=\x07\x1b[2J\x9b31m",
    "\x1b]8;;http://evil\x1b\\x",
    "::error::x",
    "##[group]x",
    "\u202egnp.\u2066exe",
    "|`a`|``b``",
    "%0A::warning::y",
    "\r\x00\x7f",
    "\ud800",
    "\\ud800",
    "a" * 100_000,
    "../../etc/passwd",
    "'; DROP TABLE runs; --",
    "{{7*7}}${jndi:x}",
    "",
)
"""Texts that a hostile server may send where a report quotes it."""

Script = Callable[[Callable[[bytes], None], Event], None]
"""Writes an answer piece by piece; the event is set once the test is over."""


@contextmanager
def serving(script: Script) -> Iterator[str]:
    """Serve a script to every request on loopback, and give the URL."""
    over = Event()

    class Connection(BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                head = b""
                while b"\r\n\r\n" not in head and (more := self.request.recv(65536)):
                    head += more
                if head:
                    script(self.request.sendall, over)

    class Loopback(ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing: a client that closes the connection is right."""

    with Loopback(("127.0.0.1", 0), Connection) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            over.set()
            server.shutdown()
            thread.join()


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return an answer with a length and a closed connection."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogatepass") + body


def written(value: Any) -> bytes:
    return json.dumps(value).encode()


def bomb(layers: int, size: int) -> bytes:
    """Return zeros under some layers of gzip."""
    body = b"0" * size
    for _ in range(layers):
        body = gzip.compress(body, mtime=0)
    return answer(body, "Content-Encoding: " + ", ".join(["gzip"] * layers))


def hostile(rng: random.Random) -> bytes:
    """Return a hostile answer: headers, body, or both, or none that is HTTP."""
    return rng.choice(_KINDS)(rng)


def _text(rng: random.Random) -> str:
    noise = "".join(map(chr, rng.choices(range(256), k=9)))
    return rng.choice((*TEXTS, *TEXTS, noise))


def _json(rng: random.Random, depth: int = 3) -> Any:
    kinds: list[Callable[[], Any]] = [
        lambda: _text(rng),
        lambda: rng.choice([None, True, 0, -0.0, 1e300, 10**400, -(2**63)]),
        lambda: [_json(rng, depth - 1) for _ in range(rng.randrange(3))],
        lambda: {_text(rng)[:50]: _json(rng, depth - 1) for _ in range(rng.randrange(3))},
    ]
    return rng.choice(kinds if depth else kinds[:2])()


def page(rng: random.Random) -> Any:
    """Return a body with the documented fields, hostile texts in some of them."""
    names = ("id", "status", "project_id", "created_at", "configuration", "result", _text(rng)[:80])
    items = [
        {name: _json(rng) if rng.random() < 0.5 else _text(rng) for name in names}
        for _ in range(rng.randrange(4))
    ]
    return {"items": items, "next_page_token": _text(rng), _text(rng)[:80]: _json(rng)}


def _page(rng: random.Random) -> bytes:
    return answer(written(page(rng)))


def _odd_json(rng: random.Random) -> bytes:
    body: bytes = rng.choice(
        [
            b"[" * 100_000,
            b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
            b'{"items":"' + b"[" * 100_000 + b'"}',
            b"1" * 100_000,
            b'{"items":[],"items":[]}',
            b'{"items":NaN,"x":1e999,"y":-0}',
            b"\xef\xbb\xbf{}",
            '{"items":[]}'.encode("utf-16"),
            b'{"items":"\xff\xfe"}',
            b'{"next_page_token":"\\ud800","items":[]}',
            b'{"a\\u0000b":"' + b"x" * 50_000 + b'"}',
            b"{" + b",".join(b'"%d":0' % number for number in range(5_000)) + b"}",
            b"",
            b"\x00" * 999,
            b'{"items":[' + b"{}," * 9_999 + b"{}]}",
            b'"' + b"\\" * 99_999,
        ]
    )
    return answer(body)


def _odd_headers(rng: random.Random) -> bytes:
    text = _text(rng).replace("\r", "").replace("\n", "")
    return answer(
        written(page(rng)),
        *rng.choices(
            [
                f"X-Odd: {text}",
                f"Set-Cookie: a={text}; Path=/",
                f"Content-Type: {text}",
                f"Content-Type: application/json; charset*={rng.choice(['', text])}",
                f"Retry-After: {rng.choice(['-1', '1e308', 'nan', '²', '٣', 'x', ''])}",
                "Retry-After: Fri, 31 Dec 99999999999 23:59:59 GMT",
                "Retry-After: Fri, 31 Dec 9999 23:59:59 -1200",
                "Content-Encoding: gzip",
                "Content-Encoding: deflate, br, x, gzip",
                "Link: <" + "x" * 9_000 + ">",
                *(f"X-{number}: 1" for number in range(20)),
            ],
            k=rng.randrange(1, 6),
        ),
        status=rng.choice(["200 OK", "503 x", "429 x", "500 x", "418 " + text, "302 x", "999 x"]),
    )


def _redirect(rng: random.Random) -> bytes:
    where = rng.choice(
        [
            *("//evil.example/x", "file:///etc/passwd", "http://u:p@evil.example", "http://[::1"),
            *(
                "/api/v2/classify",
                "?",
                "#",
                "/" + "x" * 70_000,
                "/\u202e",
                "http://127.0.0.1:99999/",
            ),
            *("javascript:alert(1)", "http:///", "/%zz%00", "\\\\evil", _text(rng)[:200]),
        ]
    )
    return answer(b"", f"Location: {where}".replace("\r", ""), status="302 Found")


def _malformed(rng: random.Random) -> bytes:
    good = answer(b'{"items":[]}')
    broken: list[bytes] = [
        b"",
        b"\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n{}",
        b"ICY 200 OK\r\n\r\n",
        b"{}",
        good.replace(b"Content-Length: 12", b"Content-Length: -12"),
        good.replace(b"Content-Length: 12", b"Content-Length: 12\r\nContent-Length: 13"),
        good.replace(b"Content-Length: 12", b"Content-Length: 99999999999999999999"),
        good.replace(b"Content-Length: 12", b"Transfer-Encoding: chunked"),
        good.replace(b"Connection", b"Conn\x00ection"),
        good.replace(b"Connection: close", b"no colon"),
        good.replace(b"Connection: close", b"A: b\r\n folded"),
        good.replace(b"200", b"abc"),
        good.replace(b"200 OK", b"200 \xff\xfe"),
        b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + good,
        b"HTTP/1.1 103 Early\r\nA: b\r\n\r\n" * 50 + good,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 40_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000 + b"\r\n\r\n",
        good[: rng.randrange(len(good))],
        bytes(rng.choices(range(256), k=200)),
    ]
    return rng.choice(broken)


def _squeezed(rng: random.Random) -> bytes:
    body = written(page(rng))
    made: list[bytes] = [
        answer(gzip.compress(body)[: rng.randrange(1, 60)], "Content-Encoding: gzip"),
        answer(zlib.compress(body), "Content-Encoding: deflate"),
        answer(zlib.compress(body)[2:-4], "Content-Encoding: deflate"),
        answer(gzip.compress(body) + b"rest", "Content-Encoding: gzip"),
        answer(gzip.compress(body) * 3, "Content-Encoding: GZIP"),
        answer(body, "Content-Encoding: br"),
        bomb(rng.randrange(1, 5), 3_000_000),
    ]
    return rng.choice(made)


_KINDS: Final = (_page, _page, _odd_json, _odd_headers, _redirect, _malformed, _squeezed)
