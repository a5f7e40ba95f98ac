"""`docpact init` and `docpact new`: start to check your own API, or write one contract of it."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from docpact.cli.capture import capture_each, capture_files, save, summarize, write_contracts
from docpact.cli.sources import Source, read_source
from docpact.errors import UsageError
from docpact.exit_codes import ExitCode
from docpact.files import DOCUMENTS, FETCHED, read_text
from docpact.text import break_line, pluralize, printable

if TYPE_CHECKING:
    from docpact.capture.batch import Captured

CONTRACTS: Final = "contracts"
CONFIGURATION: Final = "docpact.toml"
HISTORY: Final = "docpact-history.sqlite"
WORKFLOW: Final = Path(".github", "workflows", "docpact.yml")
MANY: Final = 100
"""Number of contracts above which init leaves their check on the mock to the user."""

_WORKFLOW: Final = """\
name: docpact
on:
  schedule:
    - cron: "17 3 * * *"
  workflow_dispatch:
permissions:
  contents: read
jobs:
  nightly:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - uses: actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0
        with:
          python-version: "3.13"
      # docpact is not on PyPI yet: install it from a clone, a wheel or its address.
      - run: pip install "path/to/docpact[report]"
      - uses: actions/cache/restore@27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5
        with:
          path: {history}
          key: docpact-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}
          restore-keys: docpact-
{start}      - run: docpact check --target live --html docpact.html --junit docpact.xml
{environment}      - if: always()
        uses: actions/cache/save@27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5
        with:
          path: {history}
          key: docpact-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}
      - if: always()
        uses: actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0
        with:
          name: docpact
          path: |
            docpact.html
            docpact.xml
"""

_SAYS_NOTHING: Final = frozenset({"localhost", "openapi", "swagger", "api-docs", "schema", "spec"})


def run_init(args: argparse.Namespace) -> int:
    """Capture the documentation, write the files, and check the mock and the live API."""
    from docpact.targets.address import is_loopback, split_target
    from docpact.targets.given import split_variables

    _check_arguments(args)
    for file in (Path(CONFIGURATION), WORKFLOW):
        if file.exists():
            raise UsageError(f"{file}: already exists; `docpact capture` adds further contracts")
    name = args.source or _ask("documentation page or OpenAPI document: ")
    if not name:
        raise UsageError("name a documentation page or an OpenAPI document")
    source = read_source(name)
    provider = args.provider or _name_provider(source)
    if not re.fullmatch(r"[a-z0-9][\w.-]*", provider):
        raise UsageError(f"--provider {printable(provider)}: give a name in lower case, e.g. acme")
    found = capture_each(source, provider)
    folder = Path(CONTRACTS, provider)
    variables = split_variables(args.key) if args.key else _find_variables(found)
    known = args.target or _find_server(found, "")
    address = _find_address(source)
    url = known or _find_server(found, address)
    if url is None and (url := _ask("base URL of the API (Enter to add it later): ") or None):
        split_target(url, "--url")
    written = {
        **{folder / kept: text for kept, text in source.kept.items()},
        Path(CONFIGURATION): _configure(provider, url, args.key),
        Path(".gitignore"): _ignore(),
    }
    if url is not None:
        start = f"      # Start the API on {url} here.\n" if is_loopback(url) else ""
        keys = _environment(variables)
        written[WORKFLOW] = _WORKFLOW.format(start=start, environment=keys, history=HISTORY)
    write_contracts({folder / each: files for each, files in found.contracts.items()}, written)
    lines = [*summarize(found, folder, args.key), *(f"{file}: written" for file in written)]
    sys.stdout.write("".join(f"{break_line(printable(line))}\n" for line in lines))
    is_chosen = bool(args.target or args.key) or url not in (None, known)
    code = _check_mock(len(found.contracts))
    return _check(args, url, variables, code, is_chosen=is_chosen)


def _check_arguments(args: argparse.Namespace) -> None:
    """Refuse a secret in place of the name of its variable: the configuration would contain it."""
    from docpact.targets.address import split_target
    from docpact.targets.given import split_variables

    if args.target is not None:
        split_target(args.target, "--url")
    for name in split_variables(args.key) if args.key is not None else ():
        if name not in os.environ and not name.isupper():
            raise UsageError(
                "--key: there is no such environment variable; give its name, never the secret"
            )


def _check_mock(count: int) -> int:
    """Check the new contracts on the mock, unless that takes minutes; return the exit code."""
    from docpact.cli import main

    contracts = pluralize(count, "contract")
    if count > MANY:
        print(f"\n{contracts}: `docpact check` checks them on the mock, in minutes")
        return ExitCode.CONFORMS
    print(f"\nchecking {contracts} on the mock:", flush=True)
    return main(["check", "--target", "mock", "-q"])


def _check(
    args: argparse.Namespace,
    url: str | None,
    variables: Sequence[str],
    code: int,
    *,
    is_chosen: bool,
) -> int:
    """Check the live API if the user chose it or its key; print the next step.

    A document alone may choose neither the receiver of requests nor the secret. On this machine,
    an API whose key is not set is asked without one. `code` is the exit code of the mock's check,
    which is returned if the live API is not checked.
    """
    from docpact.cli import main
    from docpact.targets.address import is_loopback

    live = None
    is_keyed = all(each in os.environ for each in variables)
    is_allowed = is_keyed if args.key else not variables or is_loopback(url or "")
    if url is not None and is_chosen and is_allowed:
        sys.stdout.write("\nchecking the API:\n")
        live = main(["check", "--target", "live"])
    if live is not None and (is_keyed or live != ExitCode.INCONCLUSIVE):
        code = live
        files = f"{CONTRACTS}/, {CONFIGURATION}, .gitignore and {WORKFLOW}"
        step = f"commit {files}; `docpact explain RULE` explains a finding"
    elif url is None:
        step = f"add [targets.live] with the url of the API to {CONFIGURATION}"
    elif not variables:
        step = "run `docpact check --target live`"
    else:
        named = ",".join(variables)
        step = f"set {named}, and run `docpact check --target live`"
        if not args.key:
            step = f'add `key = "{named}"` to [targets.live] in {CONFIGURATION}, {step}'
    sys.stdout.write(break_line(f"next: {step}") + "\n")
    return code


def _ask(question: str) -> str:
    """Return the answer of a person at a terminal, or an empty text."""
    return input(question).strip() if sys.stdin.isatty() else ""


def _name_provider(source: Source) -> str:
    """Return the name of a site without `www` or `api`, or that of a file.

    An address on this machine or of a number, and the usual names of a document, say nothing. Then
    the title of the API names it.
    """
    host = urlsplit(source.name).hostname
    words = host.split(".") if host else [Path(source.name).stem]
    named = [word for word in words[: len(words) - 1 or 1] if word not in ("www", "api", "docs")]
    word = (named or words)[-1].lower()
    title = next((each.api for each in source.operations if each.api), "")
    if title and (word.isdigit() or word in _SAYS_NOTHING):
        word = title.lower()
    return re.sub(r"[^a-z0-9_-]+", "-", word).strip("-_") or "api"


def _find_address(source: Source) -> str:
    """Return the address of a fetched OpenAPI document, or an empty text."""
    facts = json.loads(source.kept.get(f"{FETCHED}.json", "{}"))
    is_document = Path(facts.get("file", "")).suffix in DOCUMENTS
    return str(facts.get("source", facts["url"])) if is_document else ""


def _find_server(found: Captured, address: str) -> str | None:
    """Return the first documented server that has a host, or None.

    It may be relative to the address of the document (OpenAPI, section 4.5.2).
    """
    servers = (urljoin(address, each.server or "/") for each in found.operations.values())
    whole = (each.rstrip("/") for each in servers if each.startswith(("http://", "https://")))
    return next(whole, None)


def _find_variables(found: Captured) -> Sequence[str]:
    """Return the variable of the first documented credential; none if nothing needs one."""
    credentials = (each.credential for each in found.operations.values())
    return [each.variable for each in credentials if each is not None][:1]


def _configure(provider: str, url: str | None, variable: str | None) -> str:
    """Return the configuration file."""
    lines = [_SETTING, f'operation = "{provider}"', f'history = "{HISTORY}"']
    if url is not None:
        lines += ["", "[targets.live]", f"url = {json.dumps(url)}", "require-live = true"]
        lines += [] if variable is None else [f'key = "{variable}"']
    return "\n".join(lines) + "\n"


def _environment(variables: Sequence[str]) -> str:
    """Return the lines of a workflow that take the keys from the repository's secrets."""
    lines = [f"          {each}: ${{{{ secrets.{each} }}}}\n" for each in variables]
    return "".join(["        env:\n", *lines] if lines else [])


def _ignore() -> str:
    """Return .gitignore with a line for the history."""
    file = Path(".gitignore")
    lines = read_text(file).splitlines() if file.exists() else []
    return "\n".join([*lines, *([] if HISTORY in lines else [HISTORY])]) + "\n"


_SETTING: Final = f'contracts = "{CONTRACTS}"'
"""The line of a configuration file that names the folder."""

_NAME: Final = re.compile(r"[a-z0-9][\w.-]*/[a-z0-9][\w.-]*")

TEMPLATE: Final = """\
{title}

GET/v1/{things}

Lists things. Replace this page with the one that documents your operation.

Query ParametersExpand Collapse
page_size: optional number

Maximum number of things on a page

maximum100
minimum1
page_token: optional string

The next_page_token of the page before

ReturnsExpand Collapse
items: array of object {{ id, name }}

The things on this page.

id: string
name: string
next_page_token: optional string

The page_token of the next page.

{title}

curl https://api.example.com/v1/{things} \\
    -H "Authorization: Bearer $API_KEY"
{{"items": [{{"id": "id", "name": "name"}}], "next_page_token": "next_page_token"}}
Returns Examples
{{"items": [{{"id": "id", "name": "name"}}], "next_page_token": "next_page_token"}}
"""
"""A page in the text layout, to be replaced with a real one."""


def run_new(args: argparse.Namespace) -> int:
    """Write a contract into the configured folder; configure one if there is none."""
    from docpact.capture import capture
    from docpact.settings import load

    if not _NAME.fullmatch(args.name):
        raise UsageError(
            f"{args.name}: give provider/operation in lower case, e.g. acme/list_orders"
        )
    config = load(args.config, Path.cwd())
    file = config.file or Path.cwd() / CONFIGURATION
    configured = config.read("contracts")
    folder = (configured or file.parent / CONTRACTS) / args.name
    if folder.exists():
        raise UsageError(f"{folder}: already exists; `docpact capture --out` captures it again")
    kept: dict[str, str] = {}
    if args.page:
        files = capture_files(args.page, args.operation)
        if args.page[0].suffix not in DOCUMENTS:
            kept = {f"page{page.suffix or '.txt'}": read_text(page) for page in args.page}
    else:
        operation = args.name.partition("/")[2]
        title = operation.replace("_", " ").replace("-", " ").title()
        kept = {"page.txt": TEMPLATE.format(title=title, things=operation)}
        files = capture(kept["page.txt"])
    written = {file: f"{_SETTING}\n"} if config.file is None else {}
    save({**files, "refinements.json": "[]\n", **kept}, folder, written)
    if configured is None:
        hint = "" if written else "to let docpact find it, add to "
        sys.stdout.write(f"{hint}{printable(str(file))}: {_SETTING}\n")
    sys.stdout.write(f"try it on its mock: docpact check {args.name}\n")
    return 0
