"""The records of the zoo: a server that breaks one promise, and one that breaks none."""

from __future__ import annotations

from dataclasses import dataclass

from servers.defects import Defect
from servers.jobs import make_jobs
from servers.loopback import Handler
from servers.reference import Api

from docpact.model import Level


@dataclass(frozen=True, slots=True)
class Broken:
    """A server that breaks one promise of the page.

    Attributes:
        name: what is wrong with it; the pytest id.
        rule: the id of the rule that shall find it.
        location: of that finding.
        defect: what makes it so.
        level: of that finding.
        observed: words that the finding says of what came instead.
        also: rules that may find it too, elsewhere or in another way.
        jobs: how many jobs its account has.
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
    """A server that keeps every promise of the page in its own way.

    Attributes:
        name: what is unusual about it; the pytest id.
        twist: what makes it so.
        jobs: how many jobs a walk shows.
        moves: how many more or fewer it may show, because they arrive or leave meanwhile.
    """

    name: str
    twist: Defect
    jobs: int = 237
    moves: int = 0

    def handler(self, jobs: int | None = None) -> Handler:
        """Return the server, with an account of another number of jobs if one is given."""
        return self.twist(Api(make_jobs(self.jobs if jobs is None else jobs)))
