"""Promises, how they were judged, and the findings that broken ones become."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from hashlib import sha256

from docpact.model.case import PageVisit
from docpact.model.exchange import Request
from docpact.model.operation import Source


class Level(Enum):
    """How much a difference matters to a client written by the page."""

    BREAKING = "breaking"
    ADDITIVE = "additive"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """How little it matters, from 0."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True)
class Promise:
    """One thing the contract says, under the rule that judges it.

    Attributes:
        rule: the rule's id, e.g. `response.enum`.
        location: folded JSON Pointer into the body, or `query/NAME`, `header/NAME`, `status` or
            `body`.
        documented: what is promised, in one short line.
        source: where it is stated; None where only HTTP or JSON itself says it.
        keyword: of a parameter's schema, where one location has several promises of one rule.
        security: whether breaking it shows somebody what is not theirs.
    """

    rule: str
    location: str
    documented: str
    source: Source | None = None
    keyword: str = ""
    security: bool = False

    def __str__(self) -> str:
        """Name the promise as a test id does."""
        return " ".join(part for part in (self.rule, self.location, self.keyword) if part)

    @property
    def family(self) -> str:
        """The part of the rule's id before the dot."""
        return self.rule.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Breach:
    """One way in which a promise was broken, however often it was seen.

    Attributes:
        location: as in `Promise`; deeper where one promise covers many places.
        observed: what came instead, in one short line.
        request: the first request that showed it.
        count: how often it was seen.
        judged: among how many chances to see it.
        first: JSON Pointer of the first instance, or the label of the first case.
        detail: what tells two breaches of one promise at one location apart; part of the
            fingerprint.
        shown: the pages that showed it, each once.
        confirmed: False if a change of the collection could be the cause, and a second visit did
            not show the same.
    """

    location: str
    observed: str
    request: Request
    count: int = 1
    judged: int = 1
    first: str = ""
    detail: str = ""
    shown: tuple[PageVisit, ...] = ()
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the evidence says of one promise.

    Attributes:
        promise: what was judged.
        level: of its breaches.
        judged: the number of observations it was judged on; 0 means it was not judged.
        breaches: empty for a promise kept or not judged.
    """

    promise: Promise
    level: Level
    judged: int
    breaches: tuple[Breach, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference between the contract and what was observed.

    Attributes:
        promise: what the contract says, and where.
        level: how much the difference matters.
        location: see `Breach`.
        observed: what came instead.
        count: how often it was seen.
        judged: among how many chances to see it.
        first: JSON Pointer of the first instance, or the label of the first case.
        shown: how many visits showed it.
        asked: how many visits of the same questions reached the page that showed it; 0 if it
            belongs to no single question.
        reproduce: a curl line that runs as printed, the secret written as its environment variable.
        fingerprint: 12 hexadecimal digits, the same for the same difference in other data, order
            or wording.
        accepted: why it is known and does not fail the run; empty where it is not accepted.
    """

    promise: Promise
    level: Level
    location: str
    observed: str
    count: int
    judged: int
    first: str
    shown: int
    asked: int
    reproduce: str
    fingerprint: str
    accepted: str = ""

    @property
    def rule(self) -> str:
        """The id of the rule that found it."""
        return self.promise.rule

    @property
    def persistence(self) -> str:
        """`always`, `k of n times`, `once` if not asked again; empty if no asking shows it."""
        if self.asked < 2:
            return "once" if self.asked else ""
        return "always" if self.shown == self.asked else f"{self.shown} of {self.asked} times"


@dataclass(frozen=True, slots=True)
class AcceptedFinding:
    """A finding that somebody accepted.

    Attributes:
        operation: id of the operation.
        fingerprint: of the finding.
        rule: its rule.
        location: see `Breach`.
        observed: what it looked like when it was accepted.
        reason: why it is accepted.
        since: the day it was accepted.
        until: the last day it is accepted; None for one without an end.
    """

    operation: str
    fingerprint: str
    rule: str
    location: str
    observed: str
    reason: str
    since: date
    until: date | None = None


def fingerprint(operation: str, *ids: str) -> str:
    """Return 12 hexadecimal digits that name a difference by its ids, never by its wording."""
    named = "\n".join((operation, *ids))
    return sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:12]
