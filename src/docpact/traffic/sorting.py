"""Traffic of a whole API, sorted by operation as OpenAPI says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from docpact.model import Exchange, Operation
from docpact.rules.protocol import PROBES
from docpact.rules.summary import LEFT_OUT
from docpact.text import pluralize, printable, shorten
from docpact.traffic.exchanges import classify_bad, find_url_problem, has_query, is_at
from docpact.traffic.records import BadRecord, Entry

LONGEST: Final = 80
"""Maximum number of characters of a request that no operation documents, as reports show it."""

NOT_RECORDED: Final = "no exchange is recorded"
"""The reason why recorded traffic does not test an operation."""

_UNMATCHED: Final = f"{LEFT_OUT}no operation is "

OTHERS: Final = f"{_UNMATCHED}like other requests"
"""The group of requests that are too many to be named."""


class Sorter:
    """Finds the operation that a request belongs to.

    Attributes:
        operations: of the API, each with the paths that come before its own.
        stand_in: represents all of them where records of any operation are read: a record without a
            URL belongs to none.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations
        servers = {each.server for each in operations}
        server = servers.pop() if len(servers) == 1 else ""
        keys = tuple(each.credentials for each in operations)
        common = replace(operations[0], server=server, alternatives=keys)
        self.stand_in = replace(common, id="", method="GET", path="")
        self._list_near = lru_cache(maxsize=4096)(self._search)

    def find(self, record: Entry | Exchange) -> Operation | None:
        """Return the operation that a record belongs to, or None."""
        request = record if isinstance(record, Entry) else record.request
        address, _, query = request.url.partition("?")
        near = self._list_near(request.method, address)
        return next((each for each in near if has_query(each, query)), None)

    def _search(self, method: str, address: str) -> list[Operation]:
        found = [
            each
            for each in self.operations
            if (each.method == method or method in PROBES) and is_at(each, address)
        ]
        return sorted(found, key=lambda each: (each.method != method, each.method != "GET"))


def describe_unmatched(record: Entry | Exchange | BadRecord) -> str:
    """Return the group of a record that belongs to no operation; see `classify`."""
    if isinstance(record, BadRecord):
        return classify_bad(record)
    request = record if isinstance(record, Entry) else record.request
    if problem := find_url_problem(request.url):
        return LEFT_OUT + problem
    path = urlsplit(request.url).path
    return _UNMATCHED + shorten(printable(f"{request.method} {path}"), LONGEST)


def describe_others(counts: Mapping[str, int]) -> dict[str, str]:
    """Return request or group → its number of records, for requests of no operation."""
    return {
        group.removeprefix(_UNMATCHED): (
            f"{pluralize(count, 'exchange')} of no documented operation"
            if group.startswith(_UNMATCHED)
            else pluralize(count, "record")
        )
        for group, count in counts.items()
    }
