"""Names, in snake case, of the times at which a thing was created or changed."""

from __future__ import annotations

import re
from typing import Final

_TIME: Final = "(at|on|date|time|datetime|timestamp)"


def _compile(done: str, noun: str) -> re.Pattern[str]:
    return re.compile(rf"(date_?)?({done})(_?{_TIME})?|({noun})_?{_TIME}")


CREATED: Final = _compile("created|creation", "create")
"""The time of creation."""

UPDATED: Final = _compile("(last_?)?(updated|modified)", "(last_?)?(update|modification)")
"""The time of the last update, by which lists are sorted."""

CHANGED: Final = _compile(
    "(last_?)?(updated|modified|changed|edited)", "(last_?)?(update|modification|change)"
)
"""The time of the last change of any kind; a list sorted by updates may ignore the others."""
