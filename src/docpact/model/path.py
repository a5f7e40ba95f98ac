"""The path of an operation: a template whose `{name}` parts carry parameters (RFC 6570)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote

PARAMETER: Final = re.compile(r"\{([^{}/]+)\}")


def names(template: str) -> tuple[str, ...]:
    """Return the names of the parameters in a path template, in order."""
    return tuple(PARAMETER.findall(template))


def filled(template: str, values: Mapping[str, str]) -> str:
    """Write the values of parameters into a path template, percent-encoded.

    A lone surrogate is written as the three bytes that its code point would have.

    Raises:
        KeyError: a parameter has no value.
    """
    return PARAMETER.sub(lambda at: quote(values[at[1]], safe="", errors="surrogatepass"), template)


def matched(template: str, path: str) -> tuple[str, dict[str, str]] | None:
    """Return what stands before a template in a path, and its parameters; None if it is another.

    A slash at the end is left out of account.
    """
    found = _pattern(template).fullmatch(path.rstrip("/"))
    if found is None:
        return None
    prefix, *values = found.groups()
    return prefix, dict(zip(names(template), map(unquote, values), strict=True))


@lru_cache(maxsize=64)
def _pattern(template: str) -> re.Pattern[str]:
    fixed = PARAMETER.split(template.rstrip("/"))[::2]
    return re.compile(r"(.*?)" + r"([^/]+)".join(map(re.escape, fixed)), re.DOTALL)
