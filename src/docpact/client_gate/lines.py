"""A client in any language as a caller: processes that answer one question per line."""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from types import TracebackType
from typing import IO, Any, ClassVar, Final, Self

from docpact.client_gate.call import Hung, Outcome, Raised, Task
from docpact.client_gate.command import describe_crash, operation_name, read_result
from docpact.client_gate.process import end_group
from docpact.limits import MAX_OUTPUT
from docpact.model import Operation
from docpact.secrets import split_environment
from docpact.text import pluralize

LINES: Final = "DOCPACT_LINES"
"""The environment variable that makes a command answer one question per line."""

BLOCK: Final = 1 << 16


@dataclass(slots=True)
class LineCaller:
    """Processes of one command that each answer many questions, one line of JSON for each.

    A question is an object with `base_url`, `key`, `operation` and `query`. The answer is one line
    with the output of a command that is started for one question. As many processes run as calls at
    once; one that does not answer in time is ended.

    Attributes:
        words: the command and its arguments.
        operation: the contract.
        patience: maximum seconds of a call.
    """

    words: tuple[str, ...]
    operation: Operation
    patience: float
    name: ClassVar = ""
    keeps_clients: ClassVar = True
    most_at_once: ClassVar = os.cpu_count() or 1
    _idle: list[_Process] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._idle:
            self._idle.pop().end()

    def call(self, task: Task) -> Outcome:
        """Ask a process, which is started if all others are busy."""
        passed, secrets = split_environment(os.environ)
        outcome: Outcome = Hung(f"no end within {pluralize(int(self.patience), 'second')}")
        try:
            process = self._take({**passed, **task.environment, LINES: "1"})
        except OSError as error:
            return Raised(type(error).__name__, str(error), own=False)
        for number, query in enumerate(task.queries):
            if number:
                task.turn()
            question = {
                "base_url": task.base_url,
                "key": task.key,
                "operation": operation_name(self.operation),
                "query": dict(query),
            }
            line = process.ask(json.dumps(question), self.patience)
            if line is None:
                process.end()
                return outcome
            if len(line) > MAX_OUTPUT:
                process.end()
                return Raised("too much output", f"more than {MAX_OUTPUT:,} bytes", own=False)
            if not line.endswith(b"\n"):
                code, stderr = process.end()
                return describe_crash(code, secrets.redact(stderr))
            outcome = self._read(line, secrets.redact)
        with self._lock:
            self._idle.append(process)
        return outcome

    def _take(self, environment: dict[str, str]) -> _Process:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return _Process.start(self.words, environment)

    def _read(self, line: bytes, redact: Callable[[str], str]) -> Outcome:
        try:
            result: Any = json.loads(line)
        except ValueError:
            text = redact(line.decode(errors="replace"))
            return Raised("no JSON", text.strip(), own=False)
        if self.operation.roles.is_list and not isinstance(result, dict | list):
            return Raised("no page", redact(str(result)), own=False)
        return read_result(self.operation, result, redact)


@dataclass(slots=True)
class _Process:
    """A process that answers questions; its errors go to a file."""

    running: subprocess.Popen[bytes]
    errors: IO[bytes]

    @classmethod
    def start(cls, words: tuple[str, ...], environment: dict[str, str]) -> _Process:
        errors = tempfile.TemporaryFile()  # noqa: SIM115  closed by `end`
        running = subprocess.Popen(  # noqa: S603 — the user's own command, without a shell
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            bufsize=0,
            start_new_session=True,
        )
        return cls(running, errors)

    def ask(self, question: str, patience: float) -> bytes | None:
        """Return the line of the answer, or None if there is none in time.

        The line is unfinished if the process ended, or wrote more than `MAX_OUTPUT` bytes.
        """
        stdin, stdout = self.running.stdin, self.running.stdout
        assert stdin is not None  # noqa: S101  it is a pipe
        assert stdout is not None  # noqa: S101  it is a pipe
        with suppress(BrokenPipeError):
            stdin.write(question.encode() + b"\n")
        line, end = b"", time.monotonic() + patience
        while not line.endswith(b"\n"):
            left = end - time.monotonic()
            if left <= 0 or not select.select([stdout], [], [], left)[0]:
                return None
            block = os.read(stdout.fileno(), BLOCK)
            if not block:
                return line.rstrip(b"\n")
            line += block
            if len(line) > MAX_OUTPUT:
                break
        return line

    def end(self) -> tuple[int, str]:
        """End the process and all that it started, and return its exit code and its errors."""
        for pipe in (self.running.stdin, self.running.stdout):
            if pipe is not None:
                pipe.close()
        try:
            code = self.running.wait(timeout=1)
        except subprocess.TimeoutExpired:
            code = None
        end_group(self.running)
        code = self.running.wait() if code is None else code
        self.errors.seek(0)
        stderr = self.errors.read(MAX_OUTPUT).decode(errors="replace")
        self.errors.close()
        return code, stderr
