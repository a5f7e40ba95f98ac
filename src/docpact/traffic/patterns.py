"""From patterns to the sources that they name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from glob import glob
from pathlib import Path
from typing import Final

from docpact.errors import UsageError
from docpact.traffic import stores
from docpact.traffic.naming import STDIN, is_remote, shown

_MAGIC: Final = re.compile(r"[*?\[]")


def sources(patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the sources that patterns name, in order, each once.

    Args:
        patterns: files, globs (`**` too), URLs and globs of URLs, or `-` for standard input. In a
            URL of HTTP a `?` begins the query. Whether a URL that is no glob names anything,
            `parts` finds out.

    Raises:
        UsageError: a pattern names none, or its store refuses.
        MissingExtra: a URL cannot be followed without a library.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        names = list(_named(pattern))
        if not names:
            raise UsageError(f"{shown(pattern)}: no such file")
        found |= dict.fromkeys(names)
    return tuple(found)


def _named(pattern: str) -> Iterator[str]:
    if pattern == STDIN:
        yield pattern
    elif is_remote(pattern):
        yield from stores.globbed(pattern) if _is_glob(pattern) else (pattern,)
    elif _is_readable(pattern):
        yield pattern
    else:
        yield from filter(_is_readable, sorted(glob(pattern, recursive=True)))  # noqa: PTH207 (may be absolute)


def _is_glob(url: str) -> bool:
    rest = url.partition("?")[0] if stores.is_http(url) else url
    return _MAGIC.search(rest) is not None


def _is_readable(name: str) -> bool:
    """Say whether a name is of a file, or of a pipe."""
    path = Path(name)
    return path.exists() and not path.is_dir()
