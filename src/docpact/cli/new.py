"""`docpact new`: starts a contract in your own repository."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docpact.cli.capture import capture_files, save
from docpact.errors import UsageError
from docpact.files import DOCUMENTS
from docpact.text import printable

if TYPE_CHECKING:
    from docpact.settings import Config

FOLDER: Final = "contracts"
"""The folder of your own contracts, unless the configuration file names one."""

_SETTING: Final = f'contracts = "{FOLDER}"'
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
    from docpact.files import read_text
    from docpact.settings import load

    if not _NAME.fullmatch(args.name):
        raise UsageError(
            f"{args.name}: give provider/operation in lower case, e.g. acme/list_orders"
        )
    config = load(args.config, Path.cwd())
    root = _root(config)
    folder = root / args.name
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
    configuration = _new_configuration(config, root)
    save({**files, "refinements.json": "[]\n", **kept}, folder, configuration)
    _describe_configuration(config, configuration)
    sys.stdout.write(f"try it on its mock: docpact check {args.name}\n")
    return 0


def _root(config: Config) -> Path:
    """Return the configured folder of contracts, or the one to configure."""
    if "contracts" in config.general:
        return Path(config.general["contracts"].value)
    return (Path.cwd() if config.file is None else config.file.parent) / FOLDER


def _new_configuration(config: Config, root: Path) -> Mapping[Path, str]:
    """Return the configuration file to write, with its content; none if there is one."""
    if config.file is not None or "contracts" in config.general:
        return {}
    return {root.parent / "docpact.toml": f"{_SETTING}\n"}


def _describe_configuration(config: Config, written: Mapping[Path, str]) -> None:
    """Print the line of the new configuration file, or that the existing one needs."""
    for file in written:
        sys.stdout.write(f"{printable(str(file))}: {_SETTING}\n")
    if config.file is not None and "contracts" not in config.general:
        existing = printable(str(config.file))
        sys.stdout.write(f"to let docpact find it, add to {existing}: {_SETTING}\n")
