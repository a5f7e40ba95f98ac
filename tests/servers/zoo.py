"""The zoo: servers that break one promise, and unusual servers that break none."""

from __future__ import annotations

from dataclasses import dataclass

from servers.defects import Defect
from servers.jobs import make_jobs
from servers.loopback import Handler
from servers.reference import Api

from docpact.model import Level


@dataclass(frozen=True, slots=True)
class Broken:
    """A server that breaks one documented promise.

    Attributes:
        name: its fault; the pytest id.
        rule: id of the rule that must find it.
        location: of that finding.
        defect: breaks the correct server.
        level: of that finding.
        observed: part of the finding's text.
        also: rules that may find it too.
        jobs: number of jobs in its account.
    """

    name: str
    rule: str
    location: str
    defect: Defect
    level: Level = Level.BREAKING
    observed: str = ""
    also: frozenset[str] = frozenset()
    jobs: int = 237

    def handler(self, jobs: int | None = None) -> Handler:
        """Return the server, with an account of another number of jobs if one is given."""
        return self.defect(Api(make_jobs(self.jobs if jobs is None else jobs)))


@dataclass(frozen=True, slots=True)
class Unusual:
    """A server that keeps every documented promise in an unusual way.

    Attributes:
        name: its unusual behavior; the pytest id.
        twist: makes the correct server unusual.
        jobs: number of jobs that a walk shows.
        moves: how many more or fewer it may show, because jobs appear or disappear.
    """

    name: str
    twist: Defect
    jobs: int = 237
    moves: int = 0

    def handler(self, jobs: int | None = None) -> Handler:
        """Return the server, with an account of another number of jobs if one is given."""
        return self.twist(Api(make_jobs(self.jobs if jobs is None else jobs)))
