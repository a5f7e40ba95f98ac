"""A client in any language as a caller: a command that is started for each question."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from docpact.client_gate.call import WAITING, Hung, Outcome, Raised, Read, Task
from docpact.client_gate.listing import item_schema
from docpact.client_gate.process import run_command
from docpact.client_gate.python import NOTHING, member
from docpact.client_gate.reading import extract
from docpact.errors import UsageError
from docpact.limits import MAX_OUTPUT
from docpact.model import Operation
from docpact.model.pointer import resolve, tokens
from docpact.secrets import split_environment
from docpact.text import pluralize, shorten

BASE_URL: Final = "DOCPACT_BASE_URL"
"""The environment variable with the base URL for the command."""

KEY: Final = "DOCPACT_KEY"
"""The environment variable with the key for the command."""

OPERATION: Final = "DOCPACT_OPERATION"
"""The environment variable with the name of the operation for the command."""

WANTED: Final = 'expected one JSON object on stdout: the page, or {"error": ...}'


@dataclass(frozen=True, slots=True)
class CommandCaller:
    """A command that reads a query as JSON from stdin and writes the page it read to stdout.

    Its environment has `DOCPACT_BASE_URL` and `DOCPACT_KEY`, and no variable with a secret. The
    page is a body as documented, with the items of all pages. An error of the client's own type is
    `{"error": {"name": ..., "message": ..., "status": ...}}`; anything else, such as a crash, is a
    foreign error.

    Attributes:
        words: the command and its arguments.
        operation: the contract.
        patience: maximum seconds of a call.
    """

    words: tuple[str, ...]
    operation: Operation
    patience: float
    name: ClassVar = ""
    keeps_clients: ClassVar = False
    most_at_once: ClassVar = WAITING

    def call(self, task: Task) -> Outcome:
        """Start the command for one query, and return the result that it wrote."""
        passed, secrets = split_environment(os.environ)
        name = operation_name(self.operation)
        own = {BASE_URL: task.base_url, KEY: task.key, OPERATION: name}
        environment = {**passed, **task.environment, **own}
        text = json.dumps(dict(task.queries[-1])).encode()
        try:
            done = run_command(self.words, text, environment, self.patience)
        except OSError as error:
            return Raised(type(error).__name__, str(error), own=False)
        if done.is_cut:
            return Raised("too much output", f"more than {MAX_OUTPUT:,} bytes", own=False)
        if done.code is None:
            return Hung(f"no end within {pluralize(int(self.patience), 'second')}")
        result = _read_json(done.stdout)
        is_page = isinstance(result, dict | list) or not self.operation.roles.is_list
        if done.code or result is NOTHING or not is_page:
            stderr = secrets.redact(done.stderr.decode(errors="replace"))
            return describe_crash(done.code, stderr)
        return read_result(self.operation, result, secrets.redact)


def operation_name(operation: Operation) -> str:
    """Return the name of an operation as commands get it: without the provider."""
    return operation.id.partition("/")[2] or operation.id


def read_result(operation: Operation, result: Any, redact: Callable[[str], str]) -> Outcome:
    """Return the caller's result that a command wrote as JSON."""
    if isinstance(result, dict) and isinstance(raised := result.get("error"), dict):
        status = raised.get("status")
        known = (status,) if isinstance(status, int) else ()
        name, message = (redact(str(raised.get(key))) for key in ("name", "message"))
        return Raised(name, message, own=True, statuses=known)
    schema, roles = item_schema(operation), operation.roles
    if not roles.is_list:
        return Read((extract(schema, result, member),))
    found = resolve(result, str(roles.items))
    if not isinstance(found, list):
        return Raised("no page", WANTED, own=False)
    items = tuple(extract(schema, item, member) for item in found)
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
