"""Dated pages: what the documentation of a contract stated when it was fetched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from docpact.capture.sources import list_operations
from docpact.catalogue import load
from docpact.diff.contract import view_files
from docpact.diff.moves import Version
from docpact.errors import DocpactError
from docpact.files import FETCHED, read_facts, read_text


def list_pages(name: str) -> tuple[Version, ...]:
    """Return the fetched pages of a contract, the oldest first, without refinements.

    They are in the folder of the contract, or in the one above, which has the page of a whole API.
    A page that cannot be read is left out.

    Args:
        name: the folder of a contract; any other source has no pages.
    """
    folder = Path(name)
    if not (folder / "operation.json").is_file():
        return ()
    asked = load(name)
    wanted = f"{asked.method} {asked.path}"
    files = [file for each in (folder, folder.parent) for file in each.glob(f"{FETCHED}*.json")]
    pages = [version for file in files for version in _read(file, wanted)]
    return tuple(sorted(pages, key=lambda each: each.day))


def _read(facts: Path, wanted: str) -> Iterator[Version]:
    """Yield a page on the first and on the last day on which it was fetched."""
    try:
        stated = read_facts(facts)
        name = facts.parent / stated["file"]
        days = {stated.get("since", stated["time"]), stated["time"]}
        found = list_operations(read_text(name), str(name))
        (operation,) = (each for each in found if each.method_and_path == wanted)
        view = view_files(operation.capture(), str(name))
        yield from (Version(datetime.fromisoformat(day).date(), view) for day in days)
    except (DocpactError, ValueError, KeyError, TypeError):
        return
