"""The journal: a line of JSON for each exchange, on disk before the next request of its walk.

A run adds a first line, a line for each exchange, and a last line, each with the id of the run, for
several runs may write to one file at once. Each line is written by one call to the operating
system, so that a process that is killed leaves whole lines. A full disk may not: the next run
begins on a new line.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from errno import ENOSPC
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from threading import Event, Lock
from typing import Any, Final, Generic, TypeVar, get_args

import msgspec
from msgspec import UNSET, UnsetType

from docpact.errors import UsageError
from docpact.model import (
    Case,
    Exchange,
    Expectation,
    Expected,
    Failure,
    Operation,
    Query,
    Question,
    Request,
    Response,
    Visit,
)
from docpact.model.exchange import Credentials
from docpact.secrets import COOKIE, Secrets, cookie_value
from docpact.traffic.records import BadRecord, Record, RunEnd, RunExchange, RunStart, convert

FORMAT: Final = 2
"""The version of the lines that this release writes; it reads version 1 too."""

EXCHANGE_START: Final = b'{"at": "'
"""The bytes with which the line of an exchange begins."""

RUN_START: Final = b'{"docpact journal": '
"""The bytes with which the first line of a run begins."""

_FORMATS: Final = (1, 2)
_START: Final = "docpact journal"
_CASE: Final = "case"
_END: Final = "ended"
_UNTESTED: Final = "untested"
_RUN: Final = "run"

_WORDS: Final = (get_args(Credentials), get_args(Expected))
"""Words that a line needs, besides those of the documentation."""

C = TypeVar("C")


class _ResponseLine(msgspec.Struct):
    status: int
    headers: Query
    body: str | UnsetType = UNSET
    base64: bytes | UnsetType = UNSET


class _Line(msgspec.Struct, Generic[C]):
    """The line of an exchange, with the time (ISO 8601) at which it ended and the id of its run."""

    at: str
    phase: str
    case: C
    request: Request
    seconds: float
    response: _ResponseLine | UnsetType = UNSET
    failure: Failure | UnsetType = UNSET
    retried: bool = False
    redirects: tuple[str, ...] = ()
    echoes: tuple[str, ...] = ()
    together: bool = False
    run: str = ""


class _Case1(msgspec.Struct):
    """A case in a line of version 1; `query` belongs to the page."""

    label: str
    query: Query
    expects: Expected
    parameter: str | None = None
    keyword: str | None = None
    credentials: Credentials = "valid"
    path: Query = ()
    without: tuple[str, ...] = ()
    method: str | None = None
    pages: int = 1
    page: int = 1
    look: int = 0
    turn: int = 0

    def upgrade(self) -> Case:
        """Return the same case; after the first page, the query ends with the page's token."""
        query, later = (self.query, None) if self.page == 1 else (self.query[:-1], self.query)
        return Case(
            self.label,
            Question(query, self.path, self.without, self.credentials, self.method),
            Expectation(self.expects, self.parameter, self.keyword),
            self.pages,
            Visit(self.page, later, self.look, self.turn),
        )


def refuse(reason: str) -> None:
    """Raise a UsageError."""
    raise UsageError(reason)


@dataclass(frozen=True, slots=True)
class Journal:
    """Writes the exchanges of one run to a file, without secrets.

    Attributes:
        file: where to add the lines; it is created if missing.
        fail: called with the reason if the file cannot be written; after that nothing is.
        run: id of the run: 8 hexadecimal digits.
        check: id that the runs of one check share, likewise.
    """

    file: Path
    version: str
    secrets: Secrets = field(default_factory=Secrets)
    fail: Callable[[str], object] = refuse
    run: str = field(default_factory=lambda: token_hex(4))
    check: str = field(default_factory=lambda: token_hex(4))
    _turn: Lock = field(default_factory=Lock, repr=False, compare=False)
    _failed: Event = field(default_factory=Event, repr=False, compare=False)

    def begin(self, operation: Operation, target: str, seed: int) -> None:
        """Write the first line of the run, on a new line if the last one is incomplete.

        Raises:
            UsageError: the file is not a journal, or a secret is part of a documented word, so that
                lines without it would differ from the traffic.
        """
        schemas = (operation.query_schema, operation.response_schema, operation.body_schema)
        words = json.dumps((_WORDS, operation.path, schemas, operation.responses_schema))
        if name := next((name for each, name in self.secrets.names.items() if each in words), None):
            problem = "is also a word of the documentation, which a journal has to contain"
            raise UsageError(f"--journal {self.file}: the value of {name} {problem}")
        started = datetime.now(UTC).replace(microsecond=0)
        contract = contract_hash(operation)
        ids = self.run, self.check
        start = RunStart(self.version, operation.id, contract, target, seed, started, *ids)
        self._write({_START: FORMAT, **msgspec.to_builtins(start)})

    def copy(self) -> Journal:
        """Return the journal of another run to the same file."""
        return replace(self, run=token_hex(4))

    def write(self, exchange: Exchange) -> None:
        """Write one exchange."""
        line = _build_line(_hide_bytes(exchange, self.secrets), self.run)
        self._write(self.secrets.redact_value(msgspec.to_builtins(line)))

    def end(self, reason: str, *, is_untested: bool = False) -> None:
        """Write the last line of the run, with the reason why it is inconclusive, if it is.

        Another one follows if the check leaves the run out after it has ended.
        """
        untested = {_UNTESTED: True} if is_untested else {}
        self._write({_END: self.secrets.redact(reason), _RUN: self.run, **untested})

    def _write(self, line: Mapping[str, Any]) -> None:
        # Not by msgspec, which refuses half a surrogate pair.
        content = json.dumps(line, ensure_ascii=True).encode() + b"\n"
        with self._turn:
            if self._failed.is_set():
                return
            try:
                if _START in line and _is_foreign(self.file):
                    raise UsageError(f"--journal {self.file}: not a journal; name another file")
                if _START in line and _has_incomplete_line(self.file):
                    content = b"\n" + content
                _append(self.file, content)
            except OSError as error:
                self._failed.set()
                self.fail(f"--journal {self.file}: {error.strerror or error}")


def _hide_bytes(exchange: Exchange, secrets: Secrets) -> Exchange:
    """Return an exchange without values of cookies and secrets in its body; texts come later."""
    outcome = exchange.outcome
    if not isinstance(outcome, Response):
        return exchange
    headers = tuple((name, _hide_cookie(name, value)) for name, value in outcome.headers)
    body = secrets.redact_bytes(outcome.body)
    return replace(exchange, outcome=replace(outcome, headers=headers, body=body))


def contract_hash(operation: Operation) -> str:
    """Return 12 hexadecimal digits that change with any promise of a contract."""
    parts = [operation.method, operation.path, operation.query_schema, operation.response_schema]
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def is_line(document: Mapping[str, Any]) -> bool:
    """Return whether a decoded line is one of a journal."""
    return (
        _CASE in document
        or _START in document
        or (_END in document and document.keys() <= {_END, _RUN, _UNTESTED})
    )


def decode_line(document: Mapping[str, Any], where: str) -> Record:
    """Return the record of a journal's line, or the problem of one that is damaged.

    Raises:
        UsageError: it is the first line of a run, and damaged or of another format.
    """
    if document.get(_START, FORMAT) not in _FORMATS:
        raise UsageError(
            f"{where}: a journal of format {document[_START]!r}; this release reads 1 and 2"
        )
    try:
        if _START in document:
            return convert(document, RunStart)
        if _CASE in document:
            return _decode_exchange(document)
        return RunEnd(
            convert(document.get(_END), str),
            convert(document.get(_RUN, ""), str),
            convert(document.get(_UNTESTED, False), bool),
        )
    except ValueError as error:
        problem = f"{where}: not a line of a journal: {error}"
        if _START in document:
            raise UsageError(problem) from None
        return BadRecord(is_last=False, problem=problem)


def check_operation(record: Record, operation: Operation, where: str) -> None:
    """Raise UsageError for a record that begins a run of another operation.

    An operation without a path represents a whole API.
    """
    if not operation.path:
        return
    if isinstance(record, RunStart) and record.operation != operation.id:
        raise UsageError(f"{where}: a journal of {record.operation}, not of {operation.id}")


def _decode_exchange(document: Mapping[str, Any]) -> RunExchange:
    case = document[_CASE]
    if isinstance(case, dict) and "expects" in case:
        old = convert(document, _Line[_Case1])
        return _build_record(old, old.case.upgrade())
    line = convert(document, _Line[Case])
    return _build_record(line, line.case)


def _build_record(line: _Line[Any], case: Case) -> RunExchange:
    exchange = Exchange(
        case=case,
        request=line.request,
        outcome=_read_outcome(line),
        seconds=line.seconds,
        phase=line.phase,
        retried=line.retried,
        redirects=line.redirects,
        echoes=line.echoes,
        together=line.together,
    )
    return RunExchange(exchange, line.at, line.run)


def _read_outcome(line: _Line[Any]) -> Response | Failure:
    if isinstance(line.failure, Failure):
        return line.failure
    response = line.response
    if not isinstance(response, _ResponseLine):
        raise ValueError("neither a `response` nor a `failure`")  # noqa: TRY004 (a bad line)
    if isinstance(response.base64, bytes):
        return Response(response.status, response.headers, response.base64)
    if isinstance(response.body, str):
        return Response(response.status, response.headers, response.body.encode())
    raise ValueError("neither a `body` nor a `base64` - at `$.response`")


def _build_line(exchange: Exchange, run: str) -> _Line[Case]:
    outcome = exchange.outcome
    return _Line(
        at=(exchange.ended or datetime.now(UTC)).isoformat(timespec="microseconds"),
        phase=exchange.phase,
        case=exchange.case,
        request=exchange.request,
        seconds=round(exchange.seconds, 6),
        response=_write_response(outcome) if isinstance(outcome, Response) else UNSET,
        failure=outcome if isinstance(outcome, Failure) else UNSET,
        retried=exchange.retried,
        redirects=exchange.redirects,
        echoes=exchange.echoes,
        together=exchange.together,
        run=run,
    )


def _write_response(response: Response) -> _ResponseLine:
    try:
        return _ResponseLine(response.status, response.headers, body=response.body.decode())
    except UnicodeDecodeError:
        return _ResponseLine(response.status, response.headers, base64=response.body)


def _is_foreign(file: Path) -> bool:
    """Return whether a file has content that is not a journal's."""
    if not file.is_file():
        return False
    with file.open("rb") as content:
        start = content.read(len(RUN_START))
    return not any(start.startswith(each[: len(start)]) for each in (RUN_START, EXCHANGE_START))


def _has_incomplete_line(file: Path) -> bool:
    """Return whether the last line of a file has no end."""
    if not file.is_file() or not file.stat().st_size:
        return False
    with file.open("rb") as content:
        content.seek(-1, os.SEEK_END)
        return content.read() != b"\n"


def _append(file: Path, content: bytes) -> None:
    at = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        if os.write(at, content) < len(content):
            raise OSError(ENOSPC, os.strerror(ENOSPC))
    finally:
        os.close(at)


def _hide_cookie(name: str, value: str) -> str:
    secret = cookie_value(value) if name == "set-cookie" else ""
    return value.replace(secret, COOKIE) if secret else value
