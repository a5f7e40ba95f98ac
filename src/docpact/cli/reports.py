"""The reports of a run: the options that name them, and how they are published."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TextIO, TypeAlias

from docpact import __version__
from docpact.cli.arguments import SUMMARY
from docpact.cli.output import Screen, check_writable, warn, write
from docpact.errors import DocpactError, UsageError
from docpact.files import find_real
from docpact.options import DatabaseUrl
from docpact.reports.formats import FORMATS
from docpact.text import printable

if TYPE_CHECKING:
    from docpact.exit_codes import ExitCode
    from docpact.model import ApiRun
    from docpact.reports.terminal import Detail
    from docpact.reports.view import Report

Step: TypeAlias = Callable[[], None]
"""Publishes one part of a run, e.g. writes one file."""


def check_files(
    args: argparse.Namespace, others: Mapping[str, Path | DatabaseUrl | None] = MappingProxyType({})
) -> None:
    """Check that every file of a run can be written, and that no two are the same.

    Raises:
        UsageError: one cannot; the message names the option.
        MissingExtra: the library of a format is not installed.
    """
    if args.html is not None:
        from docpact.reports.page import check_engine

        check_engine()
    document = Path(getattr(args, "operation", None) or "")
    taken = {find_real(document): "the document"}
    named = {f"--{each.name}": getattr(args, each.name) for each in FORMATS}
    for option, file in {**named, **others}.items():
        if isinstance(file, DatabaseUrl):
            continue
        check_writable(option, file)
        if file is not None and (file.is_file() or not file.exists()):
            other = taken.setdefault(find_real(file), option)
            if other != option:
                raise UsageError(f"{option} {file}: {other} has this name already")
    if history := others.get("--history"):
        from docpact.history.store import check_usable

        check_usable(history)
    if args.webhook is not None:
        _check_webhook(args.webhook)


def _check_webhook(url: str) -> None:
    """Refuse an address to which others could listen; its path may be a secret: do not show it."""
    from docpact.targets.address import is_loopback

    try:
        is_safe = url.startswith("https://") or (url.startswith("http://") and is_loopback(url))
    except ValueError:
        is_safe = False
    if not is_safe:
        raise UsageError("--webhook: give a URL of https, or of http on this machine")


def publish(  # noqa: PLR0913 — each is a choice of the command's
    run: ApiRun,
    args: argparse.Namespace,
    screen: Screen,
    *,
    strict: bool,
    history: Path | DatabaseUrl | None = None,
    others: Iterable[Step] = (),
) -> ExitCode:
    """Print a run, keep it in its history, and write every report file; return the exit code."""
    from docpact.exit_codes import exit_code
    from docpact.reports import terminal
    from docpact.reports.view import Report

    states: dict[tuple[str, str], str] = {}
    report = Report(run, __version__, strict, states)
    text = partial(terminal.render, report, _detail(args), color=has_colors(sys.stdout))
    steps: list[Step] = [lambda: screen.note("\n"), lambda: screen.write(text())]
    if history is not None:
        steps.append(partial(_record, history, run, screen, states, strict=strict))
    steps += [*list_steps(report, args, screen), *others]
    return carry_out(steps, screen, exit_code(run, strict=strict))


def has_colors(stream: TextIO) -> bool:
    """Return whether to color the text of a stream.

    See https://no-color.org and https://force-color.org: the variables win over the terminal.
    """
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def _detail(args: argparse.Namespace) -> Detail:
    from docpact.reports.terminal import Detail

    if args.quiet:
        return Detail.QUIET
    return Detail.ALL if args.verbose else Detail.NORMAL


def list_steps(
    report: Report,
    args: argparse.Namespace,
    screen: Screen,
    renderers: Mapping[str, Callable[[], str]] | None = None,
) -> Iterator[Step]:
    """Yield a step for every report that an option names."""
    renderers = renderers or {}
    for each in FORMATS:
        if file := getattr(args, each.name):
            yield partial(_write, file, renderers.get(each.name) or partial(each.render, report))
    if args.webhook:
        (encode,) = (partial(each.render, report) for each in FORMATS if each.name == "json")
        yield partial(_send, args.webhook, renderers.get("json") or encode)
    if args.github:
        from docpact.reports import github, markdown

        yield lambda: screen.write("\n" + github.render(report))
        if summary := os.environ.get(SUMMARY):
            yield lambda: _append(Path(summary), markdown.render(report) + _link_to_run())


def carry_out(steps: Iterable[Step], screen: Screen, code: ExitCode) -> ExitCode:
    """Carry out every step, also after one that failed, and return the exit code.

    A failure gives a line on standard error, and the exit code of a usage error unless the run
    shows drift. An internal error is raised once every other step is done.
    """
    from docpact.exit_codes import ExitCode

    problems, faults = screen.problems, []
    for step in steps:
        try:
            step()
        except DocpactError as error:
            problems.append(str(error))
        except Exception as error:  # noqa: BLE001 — raised below, after the other steps
            faults.append(error)
    problems += filter(None, [screen.problem])
    for problem in problems:
        warn(printable(problem))
    if faults:
        raise faults[0]
    return ExitCode.USAGE if problems and code is not ExitCode.DRIFT else code


def _record(
    place: Path | DatabaseUrl,
    run: ApiRun,
    screen: Screen,
    states: dict[tuple[str, str], str],
    *,
    strict: bool,
) -> None:
    """Keep the runs in a history, show the news, and add the state of each finding."""
    from docpact.cli.history import read
    from docpact.history.store import record
    from docpact.model.history import build_timelines
    from docpact.reports import history_report

    if not run.runs:
        return
    try:
        record(place, *run.runs, version=__version__, strict=strict)
    except UsageError as error:
        raise UsageError(f"the run is not in the history: {error}") from None
    history = read(place)
    found = [history.find(each.operation, each.target) for each in run.runs]
    series = [(entries, build_timelines(entries)) for entries in found]
    screen.write(history_report.render_news(series))
    states.update(history_report.describe_states(series))


def _link_to_run() -> str:
    """Return a link to the run of the workflow, which has its files; empty elsewhere."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, number = (os.environ.get(name, "") for name in names)
    if not (server and repository and number):
        return ""
    return f"\n[The run with its files]({server}/{repository}/actions/runs/{number})\n"


def _write(file: Path, render: Callable[[], str]) -> None:
    write(file, render())


def _send(url: str, render: Callable[[], str]) -> None:
    """Send a run as JSON. A failure is a warning, which does not change the exit code."""
    from urllib.parse import urlsplit

    import httpx

    headers = {"Content-Type": "application/json", "User-Agent": f"docpact/{__version__}"}
    try:
        problem = f"{httpx.post(url, content=render(), headers=headers, timeout=10).status_code}"
        is_refused = not problem.startswith("2")
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        problem, is_refused = type(error).__name__, True
    if is_refused:
        host = urlsplit(url).hostname or ""
        warn(printable(f"the webhook at {host} did not take the run: {problem}"))


def _append(file: Path, text: str) -> None:
    try:
        with file.open("a", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise UsageError(f"${SUMMARY} {file}: {error.strerror or error}") from None
