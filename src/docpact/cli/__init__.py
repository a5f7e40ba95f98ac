"""The command line: errors become one line and an exit code."""

from __future__ import annotations

import argparse
import gc
import os
import re
import sys
from importlib import import_module

from docpact import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing typing takes as long as everything else that `--help` needs
    from collections.abc import Callable, Container, Mapping, Sequence
    from typing import Final, NoReturn

_EPILOG = """\
exit codes: 0 conforms, 1 drift, 2 usage error or unusable contract or
document, 3 inconclusive, 4 internal error
"""

_COMMANDS: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "check": (
        "check.run_check",
        "check an API against its documentation",
        (
            "check",
            "check acme/list_orders --target https://api.example.com --key ACME_KEY",
            "check --target https://api.example.com --history runs.sqlite",
        ),
    ),
    "replay": (
        "replay.run_replay",
        "send the requests of findings again, and say which are still seen",
        (
            "replay 754b78d8d8e3 --from run.json --key ACME_KEY",
            "replay --failed --history runs.sqlite",
        ),
    ),
    "letter": (
        "history.run_letter",
        "write a finding as a bug report to the people who run the API",
        ("letter run.json 754b78d8d8e3", "letter runs.sqlite 754b78 --out report.md"),
    ),
    "issue": (
        "issue.run_issue",
        "open, update or close one GitHub issue, as a run says",
        ("issue run.json --repo acme/shop", "issue run.json --repo acme/shop --strict"),
    ),
    "impact": (
        "impact.run_impact",
        "run your tests with each difference of a run, and say which break",
        ("impact run.json -- pytest tests/", "impact run.json --json impact.json -- tox -e tests"),
    ),
    "audit": (
        "audit.run_audit",
        "check recorded traffic in bulk against the documentation",
        ("audit traffic.har", "audit 'logs/**/*.jsonl.gz' --resume audit.sqlite"),
    ),
    "history": (
        "history.run_history",
        "show findings that are new, old, or come and go",
        ("history runs.sqlite", "history runs.sqlite --json history.json"),
    ),
    "report": (
        "history.run_report",
        "write a history as one HTML page",
        (
            "report --history runs.sqlite --out report.html",
            "report --target https://api.example.com --out report.html",
        ),
    ),
    "baseline": (
        "history.run_baseline",
        "edit the file of accepted findings",
        ("baseline update --help", "baseline prune --help"),
    ),
    "gate": (
        "gate.run_gate",
        "check a client of the API against its documentation",
        ("gate llama-cloud --against before.json", "gate --exec 'node client.mjs'"),
    ),
    "diff": (
        "diff.run_diff",
        "show what changes from one source to another, and for whom",
        (
            "diff contracts/acme/list_orders page.txt",
            "diff 'old.json#listOrders' 'new.json#listOrders'",
        ),
    ),
    "disagree": (
        "diff.run_disagree",
        "show where documentation, responses and client libraries disagree",
        (
            "disagree acme/list_orders answers:responses.jsonl",
            "disagree page.txt 'client.d.ts:Orders@' 'openapi.json#listOrders'",
        ),
    ),
    "list": (
        "show.run_list",
        "list the contracts: your own and the shipped ones",
        ("list", "list --config docpact.toml"),
    ),
    "new": (
        "init.run_new",
        "start a contract in your own repository",
        ("new acme/list_orders", "new acme/list_orders --page page.txt"),
    ),
    "init": (
        "init.run_init",
        "start with your own API: contracts, configuration, a workflow and a first check",
        (
            "init openapi.yaml --url http://127.0.0.1:8000",
            "init https://docs.example.com/orders --provider acme --key ACME_KEY",
        ),
    ),
    "capture": (
        "capture.run_capture",
        "turn documentation into a contract",
        (
            "capture page.txt --out contracts/acme/list_orders",
            "capture openapi.yaml --out contracts/acme",
            "capture openapi.yaml --check contracts/acme",
        ),
    ),
    "export": (
        "",
        "write contracts or a journal in another format",
        (
            "export openapi acme/list_orders --out openapi.json",
            "export har run.journal --out run.har",
        ),
    ),
    "serve": (
        "export.run_serve",
        "serve the mock of an operation over HTTP",
        ("serve --port 8000 --key test-key", "serve contracts/acme/list_orders --items 50"),
    ),
    "config": (
        "show.run_config",
        "show every setting and where it comes from",
        ("config", "config --target staging"),
    ),
    "rules": (
        "show.run_rules",
        "list every rule: its promise and its purpose",
        ("rules", "rules > rules.md"),
    ),
    "explain": (
        "show.run_explain",
        "explain one rule: an example, why it matters, how to silence it",
        ("explain response.enum", "explain filter.isolation"),
    ),
}
"""Subcommand → the function that runs it, unless its own subcommands have one; help; examples."""

_COMPLETES: Final = "_ARGCOMPLETE"
"""The variable by which a shell asks argcomplete for the possible next words."""

_CHOICE: Final = re.compile(r"argument COMMAND: invalid choice: '(.*)' \(choose from .*\)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; see `docpact.exit_codes`.

    Garbage is collected less often from then on: a check takes a fifth longer otherwise.
    """
    gc.set_threshold(50_000)
    words = list(sys.argv[1:] if argv is None else argv)
    _open_closed_streams()
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return _run(words)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 — never a traceback
        try:
            return _fail(error, words)
        except (Exception, KeyboardInterrupt):  # noqa: BLE001 — memory may be full
            os.write(2, b"docpact: internal error\n")
            return 4
    finally:
        exec("")  # noqa: S102 — else `python -m` ends by a SIGINT that interrupted an `exec`


def _open_closed_streams() -> None:
    """Discard output to a closed stream; no other file may get its descriptor."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def parser(called: Container[str] = _COMMANDS) -> _Parser:
    """Return the parser of the command line, in which the `called` subcommands have arguments.

    All others get only a name and a line of help. The words of a command line will do, for they
    include the name of the command.
    """
    whole = _Parser(
        prog="docpact",
        description="Check an HTTP API against its documentation.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"docpact {__version__}")
    whole.commands = commands = whole.add_subparsers(
        title="commands", metavar="COMMAND", dest="subcommand", required=True
    )
    for name, (run, text, examples) in _COMMANDS.items():
        command = commands.add_parser(name, help=text)
        command.set_defaults(run=run)
        if name in called:
            arguments = import_module("docpact.cli.arguments")
            getattr(arguments, f"add_{name}_arguments", lambda _: None)(command)
            arguments.describe(command, text, examples)
    return whole


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line without control characters of a foreign file name."""

    commands: argparse._SubParsersAction[_Parser]

    def error(self, message: str) -> NoReturn:
        from docpact.secrets import remove_userinfo
        from docpact.text import break_for, printable, suggest

        refused = _CHOICE.match(message)
        if refused:
            known = (*_COMMANDS, "--version", "--help")
            hint = suggest(refused[1], known, "`docpact --help` lists the commands")
            message = f"unknown command {refused[1]}; {hint}"
        elif message.endswith("required: COMMAND") and " " not in self.prog:
            message = "a command is missing; `docpact --help` lists the commands"
        line = f"{self.prog}: {printable(remove_userinfo(message))}"
        self.exit(2, break_for(sys.stderr, line) + "\n")

    def refuse(self, subcommand: str, unknown: Sequence[str]) -> NoReturn:
        """End with a usage error for arguments that a subcommand does not take."""
        from docpact.text import suggest

        command = self.commands.choices[subcommand]
        word = unknown[0]
        if not word.startswith("-"):
            repeated = "; repeat an option to give it several values"
            advice = repeated if "--" in command.format_usage() else ""
            command.error(f"unexpected argument {word}{advice}")
        name, usage = word.partition("=")[0], command.format_usage()
        others = parser(_COMMANDS).commands.choices.items()
        option = re.compile(rf"\[{re.escape(name)}[\]\s]")
        elsewhere = [each for each, one in others if option.search(one.format_usage())]
        listed = f"`docpact {subcommand} --help` lists the options"
        hint = suggest(name, re.findall(r"--[\w-]+", usage), listed)
        if elsewhere:
            hint = f"`docpact {elsewhere[0]}` has it"
        if f"[{name[2:].upper()}]" in usage:
            hint = f"give {name[2:].upper()} without it"
        command.error(f"there is no option {name}; {hint}")


def _run(words: list[str]) -> int:
    if words[:1] == ["check"] and "--" in words:
        from docpact.errors import UsageError

        raise UsageError(
            "check takes no arguments for pytest; to choose tests, run "
            "`pytest --pyargs docpact.contract_tests --docpact-target URL -k auth`"
        )
    whole = parser(_COMMANDS if _COMPLETES in os.environ else words)
    _complete(whole)
    args, unknown = whole.parse_known_args(words)
    if unknown:
        whole.refuse(args.subcommand, unknown)
    module, _, function = args.run.partition(".")
    code = _call(getattr(import_module(f"docpact.cli.{module}"), function), args)
    sys.stdout.flush()
    return code


def _call(run: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """Run a command; SIGTERM interrupts it like Ctrl-C, so that child processes end, too."""
    import signal
    from threading import current_thread, main_thread

    if current_thread() is not main_thread():
        return int(run(args))
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return int(run(args))
    finally:
        signal.signal(signal.SIGTERM, before)


def _complete(whole: argparse.ArgumentParser) -> None:
    """Answer a shell that asks for the possible next words, and end; else do nothing."""
    if _COMPLETES in os.environ:
        try:
            from argcomplete import autocomplete
        except ModuleNotFoundError:
            from docpact.errors import MissingExtra

            raise MissingExtra("shell completion", "completion") from None
        autocomplete(whole)


def _fail(error: BaseException, words: Sequence[str]) -> int:
    """Write one line that says why a command failed, and return the exit code."""
    from docpact.cli.output import discard, warn
    from docpact.exit_codes import ExitCode, describe_failure

    if isinstance(error, OSError):
        discard(sys.stdout)
        if isinstance(error, BrokenPipeError):
            return ExitCode.USAGE

    code, line = describe_failure(error, ["docpact", *words], __version__)
    warn(line)
    return int(code)
