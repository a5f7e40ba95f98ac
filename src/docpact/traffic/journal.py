"""The journal: a line of JSON for each exchange, on disk before the next page is asked for.

A run adds a line that says what is checked, a line for each exchange, and a last line. Each line is
written by one call to the operating system, so that a process that is killed leaves whole lines.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from errno import ENOSPC
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, Final

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
    SecretHeader,
    Visit,
)
from docpact.secrets import COOKIE, Secrets, cookie_value
from docpact.traffic.recording import Recording

FORMAT: Final = 2
"""The version of the journal's lines that this release reads and writes."""

_BEGIN: Final = "docpact journal"
_END: Final = "ended"


@dataclass(frozen=True, slots=True)
class Journal:
    """Writes what is exchanged; nothing that is written holds a secret.

    Attributes:
        file: added to, or made.
        version: of docpact.
        secrets: kept out of every line.
    """

    file: Path
    version: str
    secrets: Secrets = field(default_factory=Secrets)
    _turn: Lock = field(default_factory=Lock, repr=False, compare=False)

    def begin(self, operation: Operation, target: str, seed: int) -> None:
        """Write what is checked from here on.

        Raises:
            UsageError: the file cannot be written.
        """
        self._write(
            {
                _BEGIN: FORMAT,
                "docpact": self.version,
                "operation": operation.id,
                "contract": contract_hash(operation),
                "target": target,
                "seed": seed,
                "started": datetime.now(UTC).isoformat(timespec="seconds"),
            }
        )

    def keep(self, exchange: Exchange) -> None:
        """Write one exchange.

        Raises:
            UsageError: the file cannot be written.
        """
        self._write(_line(redacted(exchange, self.secrets)))

    def end(self, reason: str) -> None:
        """Write that the run is over, and why it is no ground for a verdict if it is none.

        Raises:
            UsageError: the file cannot be written.
        """
        self._write({_END: self.secrets.redact(reason)})

    def _write(self, line: Mapping[str, Any]) -> None:
        content = json.dumps(line, ensure_ascii=True).encode() + b"\n"
        try:
            with self._turn:
                _append(self.file, content)
        except OSError as error:
            raise UsageError(f"--journal {self.file}: {error.strerror or error}") from None


def _append(file: Path, content: bytes) -> None:
    at = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        if os.write(at, content) < len(content):
            raise OSError(ENOSPC, os.strerror(ENOSPC))
    finally:
        os.close(at)


def redacted(exchange: Exchange, secrets: Secrets) -> Exchange:
    """Return an exchange without secrets, and without the values of cookies."""
    request, case, outcome = exchange.request, exchange.case, exchange.outcome
    if isinstance(outcome, Response):
        headers = tuple(
            (name, secrets.redact(_without_cookie(name, value))) for name, value in outcome.headers
        )
        outcome = replace(outcome, headers=headers, body=secrets.redact_bytes(outcome.body))
    else:
        outcome = replace(outcome, message=secrets.redact(outcome.message))
    question = replace(case.question, query=_redacted(case.question.query, secrets))
    visit = case.visit
    if visit.token is not None:
        visit = replace(visit, token=_redacted([visit.token], secrets)[0])
    return replace(
        exchange,
        case=replace(case, label=secrets.redact(case.label), question=question, visit=visit),
        request=replace(request, url=secrets.redact(request.url)),
        outcome=outcome,
        redirects=tuple(map(secrets.redact, exchange.redirects)),
    )


def _redacted(pairs: Iterable[tuple[str, str]], secrets: Secrets) -> Query:
    return tuple((name, secrets.redact(value)) for name, value in pairs)


@dataclass(frozen=True, slots=True)
class Kept:
    """The last run of a journal.

    Attributes:
        head: what its first line says.
        exchanges: in the order they were over.
        times: date and time (ISO 8601) at which each was over.
        ended: why the run is no ground for a verdict, empty where it is one; None where it was cut
            short.
        runs: how many there are in the file.
        torn: whether the file's last line is not whole; it is left out.
    """

    head: Mapping[str, Any]
    exchanges: tuple[Exchange, ...]
    times: tuple[str, ...]
    ended: str | None
    runs: int
    torn: bool


def kept(text: str, file: Path) -> Kept:
    """Read the last run of a journal; a last line that is not whole is left out.

    Raises:
        UsageError: a line is none of a journal; it is named.
    """
    whole, _, rest = text.rpartition("\n")
    lines = [_parsed(file, number, line) for number, line in enumerate(whole.split("\n"), 1)]
    begun = [at for at, line in enumerate(lines) if _BEGIN in line]
    if not begun or lines[begun[-1]][_BEGIN] != FORMAT:
        raise UsageError(f"{file}: no journal of format {FORMAT}")
    first, head = begun[-1] + 1, lines[begun[-1]]
    ended = [line[_END] for line in lines[first:] if _END in line]
    told = [(at, line) for at, line in enumerate(lines[first:], first + 1) if _END not in line]
    return Kept(
        head=head,
        exchanges=tuple(exchange(line, f"{file}:{number}") for number, line in told),
        times=tuple(str(line.get("at")) for _, line in told),
        ended=ended[-1] if ended else None,
        runs=len(begun),
        torn=bool(rest),
    )


def read(text: str, file: Path, operation: Operation) -> Recording:
    """Return what can be judged of the last run of a journal.

    Raises:
        UsageError: a line is none of a journal, or the journal is of another operation.
    """
    run = kept(text, file)
    if run.head["operation"] != operation.id:
        raise UsageError(f"{file}: a journal of {run.head['operation']}, not of {operation.id}")
    return Recording(
        target=run.head["target"],
        exchanges=tuple(sorted(run.exchanges, key=lambda exchange: exchange.case.visit.sequence)),
        remarks=tuple(_remarks(run, operation)),
        reason="the recorded run was cut short" if run.ended is None else run.ended,
        seed=run.head["seed"],
        planned=True,
        started=datetime.fromisoformat(run.head["started"]),
    )


def is_begin(line: Mapping[str, Any]) -> bool:
    """Say whether a line begins a run."""
    return _BEGIN in line


def check_begin(operation: Operation, line: Mapping[str, Any], where: str) -> None:
    """Check that a line begins a run of an operation, in this release's format.

    Raises:
        UsageError: it begins another; where it stands is named.
    """
    if line[_BEGIN] != FORMAT:
        raise UsageError(f"{where}: no journal of format {FORMAT}")
    if (other := line.get("operation")) != operation.id:
        raise UsageError(f"{where}: a journal of {other}, not of {operation.id}")


def is_end(line: Mapping[str, Any]) -> bool:
    """Say whether a line ends a run."""
    return _END in line


def contract_hash(operation: Operation) -> str:
    """Return 12 hexadecimal digits that change with anything that a contract promises."""
    promised = [operation.method, operation.path, operation.query_schema, operation.response_schema]
    return sha256(json.dumps(promised, sort_keys=True).encode()).hexdigest()[:12]


def _remarks(run: Kept, operation: Operation) -> Iterator[str]:
    yield f"recorded {run.head['started']} by docpact {run.head['docpact']}"
    if run.head["contract"] != contract_hash(operation):
        yield "recorded under another state of the contract; judged by the present one"
    if run.runs > 1:
        yield f"the last of {run.runs} runs in the file"
    if run.torn:
        yield "the last line is not whole, and left out"


def _without_cookie(name: str, value: str) -> str:
    secret = cookie_value(value) if name == "set-cookie" else ""
    return value.replace(secret, COOKIE) if secret else value


def _line(exchange: Exchange) -> dict[str, Any]:
    outcome = exchange.outcome
    if isinstance(outcome, Response):
        told: dict[str, Any] = {"response": {"status": outcome.status, "headers": outcome.headers}}
        told["response"] |= _body(outcome.body)
    else:
        told = {"failure": asdict(outcome)}
    return {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "phase": exchange.phase,
        "case": _stated(exchange.case),
        "request": asdict(exchange.request),
        **told,
        "seconds": round(exchange.seconds, 6),
        "retried": exchange.retried,
        "redirects": exchange.redirects,
        "echoes": exchange.echoes,
        "together": exchange.together,
    }


def _stated(case: Case) -> dict[str, Any]:
    stated = asdict(case)
    stated["expectation"]["answer"] = case.expectation.answer.value
    return stated


def _body(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(body).decode()}


def _parsed(file: Path, number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{file}:{number}: no line of a journal: {error}") from None
    if not isinstance(value, dict):
        raise UsageError(f"{file}:{number}: no line of a journal: an object is expected")
    return value


def exchange(line: Mapping[str, Any], where: str) -> Exchange:
    """Read the exchange of one line.

    Raises:
        UsageError: it is none; where it stands is named.
    """
    try:
        return Exchange(
            case=_case(line["case"]),
            request=Request(
                line["request"]["method"],
                line["request"]["url"],
                tuple((name, value) for name, value in line["request"]["headers"]),
                tuple(SecretHeader(*each) for each in line["request"].get("secrets", ())),
            ),
            outcome=_outcome(line),
            seconds=float(line["seconds"]),
            phase=line["phase"],
            retried=line["retried"],
            redirects=tuple(line["redirects"]),
            echoes=tuple(line["echoes"]),
            together=line.get("together", False),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{where}: no exchange of a journal: {error!r}") from None


def _case(stated: Mapping[str, Any]) -> Case:
    question, expectation, visit = (stated[n] for n in ("question", "expectation", "visit"))
    token = visit["token"]
    return Case(
        stated["label"],
        Question(
            **{
                **question,
                "query": tuple((name, value) for name, value in question["query"]),
                "path": tuple((name, value) for name, value in question["path"]),
                "without": tuple(question["without"]),
            }
        ),
        Expectation(**{**expectation, "answer": Expected(expectation["answer"])}),
        stated["pages"],
        Visit(**{**visit, "token": None if token is None else (token[0], token[1])}),
    )


def _outcome(line: Mapping[str, Any]) -> Response | Failure:
    if "failure" in line:
        return Failure(**line["failure"])
    told = line["response"]
    body = b64decode(told["base64"]) if "base64" in told else told["body"].encode()
    return Response(told["status"], tuple((name, value) for name, value in told["headers"]), body)
