"""The name of a source, and how it is shown: no credential that a URL carries is ever printed."""

from __future__ import annotations

import re
from typing import Final

STDIN: Final = "-"

_USERINFO: Final = re.compile(r"(?<=://)[^/\s]*@")
_QUERY: Final = re.compile(r"""(://[^\s?'"]*)\?[^\s'"]*""")


def is_remote(name: str) -> bool:
    """Say whether a name is a URL."""
    return "://" in name


def shown(name: str) -> str:
    """Return a name as it may be printed: a URL without its userinfo and its query."""
    return "standard input" if name == STDIN else redacted(name)


def redacted(text: str) -> str:
    """Return a text without the userinfo and the queries of the URLs in it."""
    return _QUERY.sub(r"\1?…", _USERINFO.sub("", text))
