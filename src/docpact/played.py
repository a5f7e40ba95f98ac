"""The link between `docpact impact` and the tests that it runs: two environment variables."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from docpact.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from docpact.model import Finding
    from docpact.targets.mock import MockApi
    from docpact.targets.mock_store import MockStore

FINDING: Final = "DOCPACT_IMPACT_FINDING"
"""Names the finding to play: a file of `check --json`, a space and the id of the finding."""

LOG: Final = "DOCPACT_IMPACT_LOG"
"""Names the file to which the tests add one JSON object a line."""


def write_event(**event: Any) -> None:
    """Add an event to the log, if `docpact impact` runs these tests.

    Each event is one short write at the end of the file, so several processes may write.
    """
    if file := os.environ.get(LOG):
        line = json.dumps(event, ensure_ascii=False) + "\n"
        with Path(file).open("ab", buffering=0) as log:
            log.write(line.encode("utf-8", "surrogatepass"))


def read_events(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the events of a log."""
    for line in file.read_bytes().splitlines():
        yield json.loads(line)


def play_named(api: MockApi | MockStore) -> MockApi | None:
    """Let a mock drift as the finding that the environment names; return the mock that does."""
    named = os.environ.get(FINDING)
    if not named:
        return None
    from docpact.history.codec import decode_runs

    file, _, identity = named.rpartition(" ")
    for run in decode_runs(Path(file).read_bytes()):
        for finding in run.findings:
            if finding.fingerprint == identity:
                return _play(api, run.operation, finding)
    return None


def list_mocks(api: MockApi | MockStore) -> Mapping[str, MockApi]:
    """Return the mock of each operation by its id."""
    from docpact.targets.mock_store import MockStore

    return api.apis if isinstance(api, MockStore) else {api.operation.id: api}


def _play(api: MockApi | MockStore, operation: str, finding: Finding) -> MockApi | None:
    mocks, playing = list_mocks(api), None
    try:
        if operation in mocks:
            playing = mocks[operation]
            playing.drift(finding)
    except UsageError as error:
        write_event(unplayable=str(error))
    return playing


def count_drifted(api: MockApi | MockStore) -> int:
    """Return how many responses of a mock drift has changed."""
    parts = api.apis.made.values() if hasattr(api, "apis") else ()
    return sum(each.drifted for each in (api, *parts))
