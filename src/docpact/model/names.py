"""The grammar of names that requests and shells accept."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

METHODS: Final = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
"""The methods that operations of contracts may have."""

TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token of HTTP, such as the name of a header or of a scheme (RFC 9110, section 5.6.2)."""


VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""The name of an environment variable that every shell can expand."""


@lru_cache(maxsize=4096)
def snake_case(name: str) -> str:
    """Return a name in lower case with `_` between its words: `created_at` for `createdAt`."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())
