"""The arguments of every subcommand.

This module imports neither typing, dataclasses nor pathlib: they would take longer than everything
else that `docpact COMMAND --help` does.
"""

# ruff: noqa: D103 — the names of the functions say it all

from __future__ import annotations

import argparse
import os

from docpact.options import OneValue, add_options, to_number, to_path, to_store, to_whole
from docpact.reports.formats import FORMATS, SUFFIXES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from typing import Any, Final

HAR: Final = "har"
"""The format of a report that needs the exchanges themselves."""

REPORT: Final = "docpact"
"""The name of a report file without its suffix, where none is given."""

SUMMARY: Final = "GITHUB_STEP_SUMMARY"
"""The variable that names the file of a step's summary in GitHub Actions."""

PATIENCE: Final = 60.0
"""Seconds that one call of a client may take."""

SOURCES: Final = (
    ("PROVIDER/OPERATION, DIR", "a contract: a shipped one, or a folder"),
    ("PAGE.txt", "a documentation page"),
    ("FILE.json#OPERATION_ID", "an operation of an OpenAPI document"),
    ("[DIR:]package.module:Name", "a TypedDict (the query) or another type (the body)"),
    ("FILE.d.ts:Name", "a TypeScript interface (the query)"),
    ("answers:FILE", "recorded bodies: one JSON document, or one per line"),
)
"""The names of `docpact.diff.sources.KINDS`; help should not import their libraries."""

RUN: Final = "written by `check --json` or `check --history`"

_OPERATION: Final = (
    "provider/operation, as `docpact list` shows them, a folder, an OpenAPI document, or "
    "DOCUMENT#OPERATION_ID"
)


def describe(command: argparse.ArgumentParser, text: str, examples: Sequence[str]) -> None:
    """Give a subcommand a description above its arguments, and examples below them."""
    command.description = f"{text[0].upper()}{text[1:]}."
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    shown = "\n".join(["examples:", *(f"  docpact {each}" for each in examples)])
    command.epilog = "\n\n".join(filter(None, (command.epilog, shown)))


def _add_nested(commands: Any, name: str, text: str, examples: Sequence[str]) -> Any:
    """Add a subcommand of a subcommand, and return its parser."""
    nested = commands.add_parser(name, help=text)
    describe(nested, text, examples)
    return nested


def add_check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "`docpact config` shows the value and the source of every setting."
    _add_operation(parser)
    add_options(parser.add_argument, "check")
    option = parser.add_argument
    replay = "check recorded traffic of any format that `docpact audit` reads; may be repeated"
    option("--replay", metavar="FILE", action="append", help=replay)
    _add_writes(parser)
    option("--plan", action="store_true", help="print the requests, send none")
    _add_detail(parser)
    _add_outputs(parser, HAR)
    _add_config(parser)


def add_replay_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("ids", metavar="ID", nargs="*", help="the id of a finding, or its first characters")
    option("--failed", action="store_true", help="every finding that failed the latest run")
    option("--from", dest="run_file", metavar="RUN", type=to_store, help=RUN)
    option("--history", metavar="FILE|URL", type=to_store, help="written by `check --history`")
    names = "the contract, folder or document, if the run's own name does not lead to it"
    option("--operation", metavar="OPERATION", help=names)
    add_options(option, "replay")
    _add_writes(parser)
    _add_config(parser)


def add_letter_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_file", metavar="RUN", type=to_store, help=RUN)
    parser.add_argument("finding", metavar="ID", help="the id of a finding, or how it begins")
    parser.add_argument("--out", metavar="FILE", type=to_path, help="write it to a file")


def add_issue_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    parser.epilog = "GITHUB_TOKEN has a token that may write issues."
    option("run_file", metavar="RUN", type=to_store, help=RUN)
    option("--repo", metavar="OWNER/NAME", required=True, help="the repository of the issue")
    option("--strict", action="store_true", help="count additive findings as drift too")


def add_impact_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    parser.epilog = (
        "exit codes: 0 nothing breaks and nothing goes unnoticed, 1 a difference breaks\n"
        "a test, or no test noticed it, 3 the tests fail without one, or met none"
    )
    option("run_file", metavar="RUN", type=to_store, help=RUN)
    option("command", metavar="COMMAND", nargs="+", help="runs your tests; put -- before it")
    limit = "maximum time of each run of the tests; default: 600"
    option("--timeout", metavar="SECONDS", type=to_number, default=600.0, help=limit)
    option("--json", metavar="FILE", type=to_path, help="write the result as JSON")


def add_audit_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    files = (
        "a contract, a provider, a folder or an OpenAPI document; then "
        "JSON lines, journals, HAR, VCR cassettes or Parquet, plain, gzip or zstd: paths, globs, "
        "URLs of object stores; - for standard input"
    )
    option("files", metavar="[API] FILE", nargs="+", help=files)
    fields = "the name of a field in each record, e.g. body=response_text; may be repeated"
    option("--field", metavar="FIELD=NAME", action="append", default=[], help=fields)
    workers = "number of processes; default: one per core"
    option("--workers", metavar="N", type=to_whole, help=workers)
    option("--scheduler", metavar="ADDRESS", help="use the Dask cluster of this scheduler")
    resume = "keep the progress of the audit in FILE, and continue from there"
    option("--resume", metavar="FILE", type=to_path, help=resume)
    add_options(option, "audit")
    _add_detail(parser)
    _add_outputs(parser)
    _add_config(parser)


def _add_history(parser: argparse.ArgumentParser) -> None:
    """Add a history as an argument and, as for other commands, as an option."""
    option, text = parser.add_argument, "written by `check --history`"
    option("file", metavar="FILE|URL", nargs="?", type=to_store, help=text)
    option("--history", metavar="FILE|URL", type=to_store, help="the same")


def add_history_arguments(parser: argparse.ArgumentParser) -> None:
    _add_history(parser)
    parser.add_argument("--json", metavar="FILE", type=to_path, help="write the history as JSON")
    _add_config(parser)


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    _add_history(parser)
    option("--out", metavar="FILE", type=to_path, required=True, help="the page to write")
    option("--target", metavar="URL", help="whose runs to report; default: the latest")
    _add_config(parser)


def add_baseline_arguments(parser: argparse.ArgumentParser) -> None:
    edits = parser.add_subparsers(metavar="update|prune", required=True, dest="edit")
    examples = (
        "baseline update known.json run.json --reason 'vendor ticket 4711'",
        "baseline update known.json run.json --reason agreed --until 2030-12-31",
    )
    update = _add_nested(edits, "update", "accept the findings of a run", examples)
    text = "remove entries that a run no longer sees, and expired ones"
    examples = ("baseline prune known.json run.json", "baseline prune known.json runs.sqlite")
    prune = _add_nested(edits, "prune", text, examples)
    for each in (update, prune):
        each.add_argument("file", metavar="FILE", type=to_path, help="the baseline")
        each.add_argument("run_file", metavar="RUN", type=to_store, help=RUN)
    update.add_argument("--reason", metavar="TEXT", required=True, help="why they are accepted")
    day = "last day of their acceptance"
    update.add_argument("--until", metavar="YYYY-MM-DD", type=_parse_day, help=day)


def add_gate_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    client = (
        "an installed SDK named in the contract; or, with --exec, an OpenAPI document, a "
        "provider or a folder, whose operations are all gated"
    )
    option("client", metavar="CLIENT", nargs="?", help=client)
    command = "a client in any language, started for each query; see docs/gate.md"
    option("--exec", metavar="COMMAND", dest="command", help=command)
    lines = "keep COMMAND running: it answers one question per line"
    option("--lines", action="store_true", help=lines)
    operation = f"{_OPERATION}; default: the configured one"
    option("--operation", metavar="OPERATION", help=operation)
    against = "JSON of an earlier `gate --json`: fail only for promises kept less well than then"
    option("--against", metavar="FILE", type=to_path, help=against)
    only = "only promises whose name has TEXT; may be repeated"
    option("--only", metavar="TEXT", action="append", default=[], help=only)
    patience = (
        "a call counts as hung if it neither ends nor requests a further page; default: %(default)g"
    )
    option("--patience", metavar="SECONDS", type=to_number, default=PATIENCE, help=patience)
    option("--strict", action="store_true", help="count additive findings as drift too")
    _add_outputs(parser)


def add_diff_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", metavar="A", help="the old source")
    parser.add_argument("b", metavar="B", help="the new source")
    parser.add_argument("--strict", action="store_true", help="fail for additive changes too")
    _add_comparison(parser)


def add_disagree_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("sources", metavar="SOURCE", nargs="+", help="two or more sources")
    history = "date recorded responses by the runs of `check --history`"
    option("--history", metavar="FILE|URL", type=to_store, help=history)
    earlier = "a source as it was on a day: its letter, YYYY-MM-DD, and its name; may be repeated"
    names = ("LETTER", "DAY", "SOURCE")
    option("--earlier", metavar=names, nargs=3, action="append", default=[], help=earlier)
    _add_comparison(parser)


def add_list_arguments(parser: argparse.ArgumentParser) -> None:
    _add_config(parser)


def add_new_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="PROVIDER/OPERATION", help="e.g. acme/list_orders")
    source = (
        "documentation page as text, Markdown or both, or an OpenAPI document; default: a template"
    )
    parser.add_argument("--page", metavar="PAGE", type=to_path, action="append", help=source)
    parser.add_argument("--operation", metavar="ID", help="operationId in the OpenAPI document")
    _add_config(parser)


def add_init_arguments(parser: argparse.ArgumentParser) -> None:
    source = "documentation page or OpenAPI document, or its address; default: docpact asks for it"
    parser.add_argument("source", metavar="PAGE", nargs="?", help=source)
    provider = "name of the API's provider; default: from the address or the file"
    parser.add_argument("--provider", metavar="NAME", help=provider)
    url = "base URL of the API; default: the documented server"
    parser.add_argument("--target", "--url", metavar="URL", help=url, action=OneValue)
    key = "environment variable of the API key; default: the documented one"
    parser.add_argument("--key", metavar="VARIABLE", help=key)


def add_capture_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "With --check, exit code 1 means that the documentation changed."
    pages = (
        "documentation page as text, Markdown or HTML, as text and Markdown both, or its address;"
        " or an OpenAPI document"
    )
    parser.add_argument("pages", metavar="PAGE", nargs="+", help=pages)
    chosen = "operationId, or method and path as in 'GET /v1/things'; default: all operations"
    parser.add_argument("--operation", metavar="ID", help=chosen)
    root = "folder with all files of an OpenAPI document; default: the folder of the document"
    parser.add_argument("--root", metavar="DIR", type=to_path, help=root)
    where = parser.add_mutually_exclusive_group(required=True)
    out = "folder of the contract, or of all of them"
    where.add_argument("--out", metavar="DIR", type=to_path, help=out)
    check = "compare with the contract in this folder, and write nothing"
    where.add_argument("--check", metavar="DIR", type=to_path, help=check)


def add_export_arguments(parser: argparse.ArgumentParser) -> None:
    formats = parser.add_subparsers(metavar="har|openapi", required=True)
    examples = (
        "export har run.journal --out run.har",
        "export har nights/monday.journal --out monday.har",
    )
    har = _add_nested(formats, "har", "write the last run of a journal as HAR 1.2", examples)
    har.add_argument("journal", metavar="JOURNAL", help="written by `check --journal`")
    har.set_defaults(run="export.run_har")
    examples = (
        "export openapi acme/list_orders --out openapi.json",
        "export openapi acme/list_orders --documented --out acme.json",
    )
    text = "write contracts as one OpenAPI 3.1 document"
    openapi = _add_nested(formats, "openapi", text, examples)
    names = "provider/operation, a provider, or a folder; default: the configured or default one"
    openapi.add_argument("operations", metavar="OPERATION", nargs="*", help=names)
    documented = "the schemas as documented, without the refinements"
    openapi.add_argument("--documented", action="store_true", help=documented)
    _add_config(openapi)
    openapi.set_defaults(run="export.run_openapi")
    for each in (har, openapi):
        out = "file to write"
        each.add_argument("--out", metavar="FILE", type=to_path, required=True, help=out)


def add_serve_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    _add_operation(parser)
    option("--host", default="127.0.0.1", help="default: %(default)s")
    option("--port", type=to_whole, default=8000, help="0 for any free port; default: 8000")
    items = "number of items; default: 237"
    option("--items", metavar="N", type=to_whole, default=237, help=items)
    option("--seed", metavar="N", type=to_whole, default=0, help="seed of the sample items")
    key = "the key to accept; default: %(default)s"
    option("--key", default="docpact-mock-key", help=key)


def add_config_arguments(parser: argparse.ArgumentParser) -> None:
    add_options(parser.add_argument, "config")
    _add_config(parser)


def add_explain_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rule", metavar="RULE", help="id of a rule, e.g. response.enum")


def _add_operation(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names a contract."""
    parser.add_argument("operation", metavar="OPERATION", nargs="?", help=_OPERATION)


def _add_config(parser: argparse.ArgumentParser) -> None:
    """Add the option that names a configuration file."""
    text = "pyproject.toml or docpact.toml; default: the nearest one in this folder or above"
    parser.add_argument("--config", metavar="FILE", type=to_path, help=text)


def _add_writes(parser: argparse.ArgumentParser) -> None:
    """Add the option that allows requests which change data."""
    text = (
        "also create, change and delete things, and remove them again: on this machine, or on a "
        "target configured with `writes = true`"
    )
    parser.add_argument("--allow-writes", action="store_true", help=text)


def _add_detail(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose how much of a run is printed."""
    detail = parser.add_mutually_exclusive_group()
    detail.add_argument("-v", "--verbose", action="store_true", help="list every detail")
    quiet = "print only the findings and the verdict"
    detail.add_argument("-q", "--quiet", action="store_true", help=quiet)


def _add_outputs(parser: argparse.ArgumentParser, *others: str) -> None:
    """Add the options that name report files, with formats that only this command writes."""
    for each in FORMATS:
        parser.add_argument(f"--{each.name}", metavar="FILE", type=to_path, help=each.help)
    names = (*(each.name for each in FORMATS), *others)
    files = ", ".join(f"{name} ({REPORT}{SUFFIXES[name]})" for name in names)
    several = f"write the run as {files}, or into FILE; repeatable"
    parser.set_defaults(**dict.fromkeys(others))
    parser.add_argument(
        "--report", metavar="FORMAT[=FILE]", action=_ReportAction, const=names, help=several
    )
    webhook = "send the JSON of the run to this address: https, or on this machine"
    parser.add_argument("--webhook", metavar="URL", help=webhook)
    text = f"print annotations, and add the Markdown to ${SUMMARY}; default on GitHub Actions"
    on_github = os.environ.get("GITHUB_ACTIONS") == "true"
    parser.add_argument("--github", action="store_true", default=on_github, help=text)


class _ReportAction(argparse.Action):
    """Stores `--report FORMAT=FILE` as the option `--FORMAT FILE` does."""

    def __call__(self, _parser: Any, namespace: Any, values: Any, _option: Any = None) -> None:
        from docpact.text import suggest

        name, is_named, file = str(values).partition("=")
        if name not in self.const:
            hint = suggest(name, self.const, f"the formats are {', '.join(self.const)}")
            raise argparse.ArgumentError(self, f"there is no format {name}; {hint}")
        if is_named and not file:
            raise argparse.ArgumentError(self, f"{values}: name a file after =")
        if getattr(namespace, name) is not None:
            raise argparse.ArgumentError(self, f"{name}: name one file for each format")
        setattr(namespace, name, to_path(file or REPORT + SUFFIXES[name]))


def _add_comparison(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that `diff` and `disagree` share."""
    parser.epilog = "\n".join(
        [
            "a source is one of:",
            *(f"  {form:<25} {text}" for form, text in SOURCES),
            "one of the last three may end in @POINTER, the part of the body that it",
            "describes, as in @/items/*; @ alone is the whole body. + joins several types:",
            "package.module:Params+package.module:Item@/items/*",
        ]
    )
    option = parser.add_argument
    option("--json", metavar="FILE", type=to_path, help="write the result as JSON")
    option("--markdown", metavar="FILE", type=to_path, help="write the result as Markdown")


def _parse_day(text: str) -> date:
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: must be a date such as 2026-12-31") from None
