"""The settings of a command, and the contract of a recording that it reads."""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from docpact.errors import UsageError
from docpact.secrets import redact_urls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docpact.settings import Settings
    from docpact.traffic import Entry, Options


def read_settings(args: argparse.Namespace) -> Settings:
    """Return the settings of a command: its options, then the configuration file, then defaults.

    Raises:
        UsageError: a value or the configuration file cannot be used.
    """
    from docpact.options import OPTIONS
    from docpact.settings import load, resolve

    names = {option.name: option.flag.replace("-", "_") for option in OPTIONS}
    stated = {name: getattr(args, attribute, None) for name, attribute in names.items()}
    return resolve(load(args.config, Path.cwd()), stated)


FIRST: Final = 1_000
"""Number of exchanges by which the contract is found that they fit."""


def find_contract(
    patterns: Sequence[str],
    usual: str,
    folder: Path | None,
    fields: Mapping[str, str],
    command: str,
) -> str:
    """Return the contract that the first exchanges fit: the usual one, or another that is known.

    Raises:
        UsageError: they fit none, so that the user has to name one.
    """
    from docpact.catalogue import load, names
    from docpact.traffic import STDIN, Options, display_name, find_sources
    from docpact.traffic.exchanges import belongs_to

    sources = find_sources(patterns)
    entries = [] if STDIN in sources else _read_first(sources, Options(load(usual, folder), fields))
    own = names(folder) if folder is not None else ()
    for name in (usual, *own, *names()) if entries else ():
        operation = load(name, folder if name in own else None)
        if any(belongs_to(operation, entry) for entry in entries):
            return name
    for entry in entries[:1]:
        parts, shown = urlsplit(entry.url), quote(display_name(patterns[0]))
        host = parts.netloc.rpartition("@")[2]
        sent = redact_urls(f"{entry.method} {parts.scheme}://{host}{parts.path}")
        raise UsageError(
            f"{display_name(sources[0])}: no known contract describes its exchanges, such as "
            f"{sent}: name yours, as in `docpact {command} {shown}`"
        )
    return usual


def _read_first(sources: Sequence[str], options: Options) -> list[Entry]:
    """Return the first exchanges of some sources; none of a journal, which names its contract."""
    from docpact.traffic import BadRecord, Entry, Part, read_records
    from docpact.traffic.exchanges import find_url_problem

    records = (record for name in sources for _, record in read_records(Part(name, 0), options))
    found = list(islice((each for each in records if not isinstance(each, BadRecord)), FIRST))
    return [e for e in found if isinstance(e, Entry) and not find_url_problem(e.url)]
