"""A client in any language as a caller: a command that answers one question, or many."""

from __future__ import annotations

import json
import os
import re
import select
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from threading import Lock
from typing import IO, Any, ClassVar, Final, NamedTuple, Self, TypeAlias

from docpact.client_gate.call import WAITING, WAITING_PROCESSES, Hung, Outcome, Raised, Read, Task
from docpact.client_gate.python import NOTHING, member
from docpact.client_gate.reading import read_item
from docpact.errors import UsageError
from docpact.limits import MAX_OUTPUT
from docpact.model import Operation
from docpact.model.pointer import tokens
from docpact.secrets import split_environment
from docpact.text import shorten

BASE_URL: Final = "DOCPACT_BASE_URL"
"""The environment variable with the base URL for the command."""

KEY: Final = "DOCPACT_KEY"
"""The environment variable with the key for the command."""

OPERATION: Final = "DOCPACT_OPERATION"
"""The environment variable with the name of the operation for the command."""

WANTED: Final = 'expected one JSON object on stdout: the page, or {"error": ...}'

LINES: Final = "DOCPACT_LINES"
"""The environment variable that makes a command answer one question per line."""

BLOCK: Final = 64 * 1024

WATCH: Final = 0.1
"""Seconds after which the length of a command's output is checked again."""

LATE: Final = Hung("no end in time")

TOO_MUCH: Final = Raised("too much output", f"more than {MAX_OUTPUT:,} bytes", own=False)

Redact: TypeAlias = Callable[[str], str]
"""Removes the secrets of the environment from a text."""


@dataclass(frozen=True, slots=True)
class _Command:
    """A client in any language, which gets a query as JSON and writes the page that it read.

    The page has the items of all pages. An error of the client's own type is `{"error": {"name":
    ..., "message": ..., "status": ...}}`; anything else is a foreign error.
    """

    words: tuple[str, ...]
    operation: Operation
    name: ClassVar = ""

    def call(self, task: Task) -> Outcome:
        """Let the command make the queries, and return the result of the last one."""
        passed, secrets = split_environment(os.environ)
        try:
            return self._ask(task, {**passed, **task.environment}, secrets.redact)
        except OSError as error:
            return Raised(type(error).__name__, str(error), own=False)

    def _ask(self, task: Task, environment: dict[str, str], redact: Redact) -> Outcome:
        raise NotImplementedError

    @property
    def _operation_name(self) -> str:
        """The name of the operation without the provider."""
        return self.operation.id.partition("/")[2] or self.operation.id

    def _is_page(self, result: Any) -> bool:
        return isinstance(result, dict | list) or not self.operation.roles.is_list


class CommandCaller(_Command):
    """A command that is started for each query, which is its standard input.

    Its environment has `DOCPACT_BASE_URL`, `DOCPACT_KEY` and `DOCPACT_OPERATION`.
    """

    keeps_clients: ClassVar = False
    most_at_once: ClassVar = WAITING

    def _ask(self, task: Task, environment: dict[str, str], redact: Redact) -> Outcome:
        environment |= {BASE_URL: task.base_url, KEY: task.key, OPERATION: self._operation_name}
        text = json.dumps(dict(task.queries[-1])).encode()
        done = run_command(self.words, text, environment, task.left)
        if done.is_cut:
            return TOO_MUCH
        if done.code is None:
            return LATE
        result = _read_json(done.stdout)
        if done.code or result is NOTHING or not self._is_page(result):
            return describe_crash(done.code, redact(done.stderr.decode(errors="replace")))
        return read_result(self.operation, result, redact)


@dataclass(frozen=True, slots=True)
class LineCaller(_Command):
    """Processes of one command that each answer many questions, one line of JSON for each.

    A question is an object with `base_url`, `key`, `operation` and `query`. The answer is one line
    with the output of a command that is started for one question. As many processes run as calls at
    once; one that does not answer in time is ended.
    """

    keeps_clients: ClassVar = True
    most_at_once: ClassVar = WAITING_PROCESSES
    _idle: list[_Process] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._idle:
            self._idle.pop().end()

    def _ask(self, task: Task, environment: dict[str, str], redact: Redact) -> Outcome:
        """Ask a process, which is started if all others are busy, or if the last one ended."""
        process: _Process | None = None
        outcome: Outcome = LATE
        shared = {"base_url": task.base_url, "key": task.key, "operation": self._operation_name}
        for number, query in enumerate(task.queries):
            if number:
                task.turn()
            process = process or self._take({**environment, LINES: "1"})
            line = process.ask(json.dumps({**shared, "query": dict(query)}), task.left)
            if line is not None and line.endswith(b"\n") and len(line) <= MAX_OUTPUT:
                outcome = self._read(line, redact)
                continue
            code, stderr = process.end()
            process = None
            if line is None:
                outcome = LATE
            else:
                is_long = len(line) > MAX_OUTPUT
                outcome = TOO_MUCH if is_long else describe_crash(code, redact(stderr))
        if process is not None:
            with self._lock:
                self._idle.append(process)
        return outcome

    def _take(self, environment: dict[str, str]) -> _Process:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return _Process.start(self.words, environment)

    def _read(self, line: bytes, redact: Redact) -> Outcome:
        result = _read_json(line)
        if result is NOTHING:
            return Raised("no JSON", redact(line.decode(errors="replace")).strip(), own=False)
        if not self._is_page(result):
            return Raised("no page", redact(str(result)), own=False)
        return read_result(self.operation, result, redact)


def read_result(operation: Operation, result: Any, redact: Redact) -> Outcome:
    """Return the caller's result that a command wrote as JSON."""
    if isinstance(result, dict) and isinstance(raised := result.get("error"), dict):
        status = raised.get("status")
        known = (status,) if isinstance(status, int) else ()
        name, message = (redact(str(raised.get(key))) for key in ("name", "message"))
        return Raised(name, message, own=True, statuses=known)
    roles = operation.roles
    if not roles.is_list:
        return Read((read_item(operation, result, member),))
    found = operation.find_items(result)
    if found is None:
        wanted = f"an object with items at {roles.items}" if roles.items else "an array of items"
        return Raised("no page", f"expected {wanted} on stdout", own=False)
    items = tuple(read_item(operation, item, member) for item in found)
    name = tokens(roles.total)[-1] if roles.total is not None else ""
    return Read(items, {name: result[name]} if name in result else {})


def split_command(line: str) -> tuple[str, ...]:
    """Return the words of a command line, which is split as a shell does.

    Raises:
        UsageError: the command does not exist.
    """
    try:
        words = tuple(shlex.split(line))
    except ValueError as error:
        raise UsageError(f"--exec {line!r}: {error}") from None
    if not words or shutil.which(words[0]) is None:
        named = words[0] if words else line
        raise UsageError(f"--exec {line!r}: command not found: {named!r}")
    return words


def _read_json(output: bytes) -> Any:
    try:
        return json.loads(output)
    except (ValueError, RecursionError):
        return NOTHING


def describe_crash(code: int, stderr: str) -> Raised:
    """Return the foreign error of a command that ended without a result."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = (line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line))
    message = next(errors, lines[-1] if lines else WANTED)
    return Raised(f"exit code {code}", shorten(message, 120), own=False)


@dataclass(slots=True)
class _Process:
    """A process that answers questions; its errors go to a file."""

    running: subprocess.Popen[bytes]
    errors: IO[bytes]

    @classmethod
    def start(cls, words: tuple[str, ...], environment: dict[str, str]) -> _Process:
        errors = TemporaryFile()  # noqa: SIM115  closed by `end`
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

    def ask(self, question: str, left: Callable[[], float]) -> bytes | None:
        """Return the line of the answer, unfinished if the process ended; None if too late."""
        stdin, stdout = self.running.stdin, self.running.stdout
        assert stdin is not None  # noqa: S101  it is a pipe
        assert stdout is not None  # noqa: S101  it is a pipe
        with suppress(BrokenPipeError):
            stdin.write(question.encode() + b"\n")
        line = b""
        while not line.endswith(b"\n"):
            if (seconds := left()) <= 0:
                return None
            if not select.select([stdout], [], [], seconds)[0]:
                continue
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


class Finished(NamedTuple):
    """The result of a command: at most `MAX_OUTPUT` bytes, or it was ended for more.

    The exit code is None if it was still running when its time was over.
    """

    code: int | None
    stdout: bytes
    stderr: bytes
    is_cut: bool


def run_command(
    words: Sequence[str], text: bytes, environment: Mapping[str, str], left: Callable[[], float]
) -> Finished:
    """Run a command in its own process group, which ends with this call, or with its time.

    `left` returns the seconds that it has left.

    Raises:
        OSError: the command cannot be started.
    """
    with TemporaryFile() as stdin, TemporaryFile() as stdout, TemporaryFile() as stderr:
        stdin.write(text)
        stdin.seek(0)
        process = subprocess.Popen(  # noqa: S603 — the user's own command, without a shell
            words, 0, None, stdin, stdout, stderr, env=environment, start_new_session=True
        )
        code, is_cut = None, False
        try:
            while code is None and not is_cut and (seconds := left()) > 0:
                with suppress(subprocess.TimeoutExpired):
                    code = process.wait(min(seconds, WATCH))
                is_cut = any(os.fstat(e.fileno()).st_size > MAX_OUTPUT for e in (stdout, stderr))
        finally:
            end_group(process)
            ended = process.wait()
        stdout.seek(0)
        stderr.seek(0)
        found = (stdout.read(MAX_OUTPUT), stderr.read(MAX_OUTPUT))
    return Finished(ended if is_cut else code, *found, is_cut)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and all processes that it started."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
