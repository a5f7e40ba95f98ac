"""Runs a command with a limit of time and of output, and ends whatever it started."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Event, Thread
from typing import IO, NamedTuple

from docpact.limits import MAX_OUTPUT

_PIECE = 64 * 1024


class Finished(NamedTuple):
    """The result of a command.

    Attributes:
        code: exit code; None if it was still running when its time was over.
        stdout: its output, at most `MAX_OUTPUT` bytes.
        stderr: the same.
        is_cut: whether it wrote more, and was ended for that.
    """

    code: int | None
    stdout: bytes
    stderr: bytes
    is_cut: bool


def run_command(
    words: Sequence[str], text: bytes, environment: Mapping[str, str], seconds: float
) -> Finished:
    """Run a command in its own process group, which ends with this call.

    Args:
        words: the command and its arguments.
        text: for its standard input.
        environment: variable → value.
        seconds: maximum time.

    Raises:
        OSError: the command cannot be started.
    """
    pipe, is_full = subprocess.PIPE, Event()
    process = subprocess.Popen(  # noqa: S603 — the user's own command, without a shell
        words, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
    )
    stdout, stderr = bytearray(), bytearray()

    def read(stream: IO[bytes], into: bytearray) -> None:
        while piece := os.read(stream.fileno(), _PIECE):
            into += piece[: MAX_OUTPUT - len(into)]
            if len(into) == MAX_OUTPUT:
                is_full.set()
                end_group(process)

    def write(stream: IO[bytes]) -> None:
        with suppress(OSError), stream:
            stream.write(text)

    assert process.stdin and process.stdout and process.stderr  # noqa: S101, PT018 — all are pipes
    threads = [
        Thread(target=write, args=(process.stdin,), daemon=True),
        Thread(target=read, args=(process.stdout, stdout), daemon=True),
        Thread(target=read, args=(process.stderr, stderr), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        code = None
    finally:
        end_group(process)
        process.wait()
        for thread in threads:
            thread.join()
        process.stdout.close()
        process.stderr.close()
    return Finished(code, bytes(stdout), bytes(stderr), is_full.is_set())


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and all processes that it started."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
