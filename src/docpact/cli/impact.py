"""`docpact impact`: what each difference of a run does to the user's own tests."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from docpact import __version__
from docpact.cli.history import read_runs
from docpact.cli.output import Screen, check_writable, write
from docpact.errors import UsageError
from docpact.exit_codes import ExitCode
from docpact.played import FINDING, LOG, read_events
from docpact.secrets import split_environment
from docpact.text import list_some, pluralize, printable, shorten, shorten_name

if TYPE_CHECKING:
    import argparse

    from docpact.model import Finding, Run

BREAKS: Final = "breaks"
UNNOTICED: Final = "nobody noticed"
TOLERATED: Final = "tolerated"
NOT_MET: Final = "not exercised"
NOT_PLAYED: Final = "cannot be played"

LONGER: Final = 10
"""Maximum ratio of the time with a difference to that without one."""

LEAST: Final = 30.0
"""Seconds that the tests may take in any case, unless `--timeout` says less."""

SHOWN: Final = 5
"""Maximum number of failed tests that are shown for a difference."""

_TAIL: Final = 30
"""Number of lines of the tests' output that are shown if they fail without a difference."""


@dataclass(frozen=True, slots=True)
class Impact:
    """The result of one difference.

    Attributes:
        operation: id of the operation.
        finding: its id.
        rule: of the finding.
        location: of the finding.
        observed: as in the finding.
        result: `BREAKS`, `UNNOTICED`, `TOLERATED`, `NOT_MET` or `NOT_PLAYED`.
        details: the tests that break, or the reason why it cannot be played or was not exercised.
    """

    operation: str
    finding: str
    rule: str
    location: str
    observed: str
    result: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tested:
    """One run of the tests.

    Attributes:
        code: exit code; None if the tests did not end in time.
        output: of the tests, without secrets.
        mocks: ids of the operations with a mock.
        drifted: number of responses that were changed.
        asked: number of requests for the operation of the finding.
        failures: each test that failed: file, line and exception.
        unplayable: why the mock cannot show the difference; empty if it can.
    """

    code: int | None
    output: str
    mocks: frozenset[str]
    drifted: int
    asked: int
    failures: tuple[str, ...]
    unplayable: str


def run_impact(args: argparse.Namespace) -> int:
    """Run the tests as documented, then once for each finding; print the results."""
    check_writable("--json", args.json)
    if not 0 < args.timeout < float("inf"):
        raise UsageError(f"--timeout must be a number above 0, not {args.timeout:g}")
    pairs = [(run, finding) for run in read_runs(args.run_file) for finding in run.findings]
    if not pairs:
        raise UsageError(f"{args.run_file}: the run has no findings")
    screen = Screen()
    screen.note("tests with the mock as documented\n")
    begun = time.monotonic()
    first = _test(args, None)
    args.timeout = min(args.timeout, max(LEAST, LONGER * (time.monotonic() - begun)))
    if problem := _find_problem(first, {run.operation for run, _ in pairs}, args.timeout):
        tail = "".join(f"  {printable(line)}\n" for line in first.output.splitlines()[-_TAIL:])
        sys.stdout.write(f"inconclusive: {problem}\n{tail}")
        return ExitCode.INCONCLUSIVE
    results = []
    for number, (run, finding) in enumerate(pairs, 1):
        screen.note(f"{number} of {len(pairs)}: {finding.rule} {shorten_name(finding.location)}\n")
        results.append(_judge(run, finding, _test(args, (run, finding)), args.timeout))
    sys.stdout.write("".join(f"{line}\n" for line in _describe(results)))
    if args.json:
        from docpact.history.codec import write_json

        write(args.json, write_json({"impacts": [asdict(each) for each in results]}))
    return _exit_code(results)


def _test(args: argparse.Namespace, played: tuple[Run, Finding] | None) -> Tested:
    """Run the tests in a process group of their own, which ends with this call."""
    from docpact.client_gate.command import run_command
    from docpact.history.codec import encode

    secrets = split_environment(os.environ)[1]
    with TemporaryDirectory(prefix="docpact-impact-") as folder:
        log = Path(folder) / "log"
        log.touch()
        environment = {**os.environ, LOG: str(log)}
        if played is not None:
            run, finding = played
            file = Path(folder) / "run.json"
            file.write_text(encode(run, version=__version__))
            environment[FINDING] = f"{file} {finding.fingerprint}"
        try:
            end = time.monotonic() + args.timeout
            done = run_command(args.command, b"", environment, lambda: end - time.monotonic())
        except OSError as error:
            raise UsageError(f"{args.command[0]}: {error.strerror}") from None
        events = list(read_events(log))
    failures = (
        f"{e['failed'].partition('::')[0]}:{e['line']} {e['error']}"
        for e in events
        if "failed" in e
    )
    output = (done.stdout + done.stderr).decode(errors="replace")
    return Tested(
        done.code,
        secrets.redact(output),
        frozenset(each for event in events for each in event.get("mocks", ())),
        sum(event.get("drifted", 0) for event in events),
        sum(event.get("asked", 0) for event in events),
        tuple(dict.fromkeys(map(secrets.redact, failures))),
        next((event["unplayable"] for event in events if "unplayable" in event), ""),
    )


def _find_problem(first: Tested, operations: Collection[str], timeout: float) -> str:
    """Return why the first run of the tests shows nothing, or an empty text."""
    if first.code is None:
        return f"the tests do not end within {timeout:g} s, without any difference"
    if first.mocks and first.mocks.isdisjoint(operations):
        names = f"{list_some(sorted(first.mocks))}, and the run is of {list_some([*operations])}"
        return f"the tests mock {names}; `operation` in docpact.toml names another contract"
    if first.code:
        return f"the tests fail without any difference (exit code {first.code})"
    if not first.mocks:
        return "no test uses the mock of docpact's fixtures, e.g. docpact_mock_api"
    return ""


def _judge(run: Run, finding: Finding, tested: Tested, timeout: float) -> Impact:
    from docpact.model import Level

    result, details = NOT_MET, tuple[str, ...]([_explain(tested.asked)])
    if tested.unplayable:
        result, details = NOT_PLAYED, (tested.unplayable,)
    elif tested.code is None:
        result, details = BREAKS, (f"the tests do not end within {timeout:g} s",)
    elif tested.code:
        result, details = BREAKS, tested.failures or (f"exit code {tested.code}",)
    elif tested.drifted:
        is_grave = finding.level in (Level.BREAKING, Level.CHANGED)
        result, details = UNNOTICED if is_grave else TOLERATED, tuple[str, ...]()
    return Impact(
        run.operation,
        finding.fingerprint,
        finding.rule,
        finding.location,
        finding.observed,
        result,
        details,
    )


def _explain(asked: int) -> str:
    """Return why no test got a changed response."""
    if not asked:
        return "no test requests this operation"
    times = pluralize(asked, "request")
    return f"{times}, but none gets a response of the mock in which it shows"


def _describe(results: Sequence[Impact]) -> Iterator[str]:
    for each in results:
        yield f"{each.result:<16}  {each.rule}  {shorten_name(each.location)}"
        yield f"    id        {each.finding}"
        yield f"    observed  {shorten(printable(each.observed), 66)}"
        name = "because" if each.result in (NOT_PLAYED, NOT_MET) else "test"
        for detail in each.details[:SHOWN]:
            yield f"    {name:<8}  {printable(detail)}"
        if len(each.details) > SHOWN:
            yield f"    and {pluralize(len(each.details) - SHOWN, 'further test')}"
    yield ""
    states = (BREAKS, UNNOTICED, TOLERATED, NOT_MET, NOT_PLAYED)
    counts = [(state, sum(each.result == state for each in results)) for state in states]
    numbers = ", ".join(f"{count} {state}" for state, count in counts if count)
    yield f"{pluralize(len(results), 'difference')}: {numbers}"


def _exit_code(results: Sequence[Impact]) -> ExitCode:
    """Return drift if something breaks or goes unnoticed, and conforms if something was met."""
    found = {each.result for each in results}
    if found & {BREAKS, UNNOTICED}:
        return ExitCode.DRIFT
    return ExitCode.CONFORMS if TOLERATED in found else ExitCode.INCONCLUSIVE
