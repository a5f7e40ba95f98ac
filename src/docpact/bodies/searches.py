"""Searches that may never end, in a process of their own that is ended after a deadline."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from contextlib import suppress
from threading import Lock, Thread
from typing import Final

from docpact.limits import MAX_SLOW, SEARCH_SECONDS

_WORKER: Final = """
import json, re, signal, sys
from regress import Regex
known = {}
sys.stdout.write("0")
sys.stdout.flush()
for line in sys.stdin.buffer:
    flags, pattern, text, seconds = json.loads(line)
    if hasattr(signal, "alarm"):
        signal.alarm(int(seconds) + 1)
    if (flags, pattern) not in known:
        compiled = re.compile(pattern) if flags == "python" else Regex(pattern, flags)
        known[flags, pattern] = compiled.search if flags == "python" else compiled.find
    found = known[flags, pattern](text) is not None
    if hasattr(signal, "alarm"):
        signal.alarm(0)
    sys.stdout.write("01"[found])
    sys.stdout.flush()
"""
"""Answers each line of JSON with 0 or 1, and ends if docpact does."""


class Searcher:
    """Searches texts for patterns, one at a time; several threads may use it.

    Attributes:
        slow: patterns for which a search did not end in time; they are not searched for again.
    """

    def __init__(self) -> None:
        self.slow: set[str] = set()
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def search(self, flags: str, pattern: str, text: str) -> bool | None:
        """Return whether a text contains a match, or None if the search does not end in time.

        Args:
            flags: of ECMA-262, or `python` for a pattern that only Python reads.
            pattern: a valid one.
            text: without half of a surrogate pair.
        """
        with self._lock:
            if pattern in self.slow or len(self.slow) >= MAX_SLOW:
                self.slow.add(pattern)
                return None
            answer = self._ask(json.dumps([flags, pattern, text, SEARCH_SECONDS]).encode() + b"\n")
            if answer not in {b"0", b"1"}:
                self.slow.add(pattern)
                self.end()
                return None
            return answer == b"1"

    def _ask(self, question: bytes) -> bytes:
        process = self._process = self._process or self._start()
        answers: list[bytes] = []

        def wait() -> None:
            with suppress(OSError):
                if process.stdin is not None and process.stdout is not None:
                    process.stdin.write(question)
                    process.stdin.flush()
                    answers.append(process.stdout.read(1))

        waiting = Thread(target=wait, daemon=True)
        waiting.start()
        waiting.join(SEARCH_SECONDS)
        return answers[0] if answers else b""

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the process, and wait until it can search."""
        command = [sys.executable, "-c", _WORKER]
        pipe = subprocess.PIPE
        process = subprocess.Popen(  # noqa: S603 (our own code)
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
        )
        if process.stdout is not None:
            process.stdout.read(1)
        return process

    def end(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # a question that was not sent whole
                    pipe.close()


SEARCHER: Final = Searcher()
"""The searches of this process."""

atexit.register(SEARCHER.end)
