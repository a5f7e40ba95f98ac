"""The broken servers: each breaks one promise, and says which rule shall find it and where."""

from __future__ import annotations

from typing import Final

from servers.broken_access import ACCESS
from servers.broken_fields import FIELDS
from servers.broken_filters import FILTERS
from servers.broken_messages import MESSAGES
from servers.broken_near import NEAR_MISSES
from servers.broken_paging import PAGING
from servers.broken_queries import QUERIES
from servers.broken_stability import STABILITY
from servers.zoo import Broken

BROKEN: Final[tuple[Broken, ...]] = (
    *FIELDS,
    *MESSAGES,
    *QUERIES,
    *FILTERS,
    *NEAR_MISSES,
    *PAGING,
    *STABILITY,
    *ACCESS,
)
