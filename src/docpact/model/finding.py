"""Promises, judgements of them, and findings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from hashlib import sha256

from docpact.model.exchange import PageVisit, Request
from docpact.model.operation import Source


class Level(Enum):
    """The importance of a difference to a client.

    A client that follows the documentation fails only on breaking ones; one that follows what the
    API always did may fail on changed ones.
    """

    BREAKING = "breaking"
    CHANGED = "changed"
    ADDITIVE = "additive"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """The position in order of severity; 0 is the most severe."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True)
class Promise:
    """One statement of the contract, tested under one rule.

    Attributes:
        rule: the rule's id, e.g. `response.enum`.
        location: folded JSON Pointer into the body, or `query/NAME`, `header/NAME`, `status` or
            `body`.
        documented: the promise in one short line.
        source: where it is documented; None if it follows from HTTP or JSON alone.
        keyword: of a parameter's schema, if one location has several promises under one rule.
        security: whether breaking it exposes data to people who must not see it.
    """

    rule: str
    location: str
    documented: str
    source: Source | None = None
    keyword: str = ""
    security: bool = False

    def __str__(self) -> str:
        """Name the promise as a test id does."""
        return " ".join(filter(None, (self.rule, self.place)))

    @property
    def place(self) -> str:
        """The location with the keyword, if any; empty for the whole body."""
        return " ".join(filter(None, (self.location, self.keyword)))

    @property
    def family(self) -> str:
        """The part of the rule's id before the dot."""
        return self.rule.partition(".")[0]

    @property
    def is_habit(self) -> bool:
        """Whether earlier runs showed it, and nothing documents it."""
        return self.family == "habit"


@dataclass(frozen=True, slots=True)
class Breach:
    """One way in which a promise was broken, however often it was seen.

    Attributes:
        location: as in `Promise`; deeper where one promise covers many places.
        observed: the observed value, in one short line.
        request: the first request that showed it.
        count: how often it was seen.
        observations: number of observations that could have shown it.
        first: JSON Pointer of the first instance, or the label of the first case.
        detail: distinguishes two breaches of one promise at one location; part of the fingerprint.
        shown: the pages that showed it, each once.
        confirmed: False if a change of the collection could be the cause, and a second visit did
            not show the same.
    """

    location: str
    observed: str
    request: Request
    count: int = 1
    observations: int = 1
    first: str = ""
    detail: str = ""
    shown: tuple[PageVisit, ...] = ()
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Judgement:
    """The evidence for and against one promise.

    Attributes:
        observations: number of observations that tested it; 0 means that it was not tested.
        breaches: empty if the promise was kept or not tested.
    """

    promise: Promise
    level: Level
    observations: int
    breaches: tuple[Breach, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference between the contract and the observed behavior.

    Attributes:
        location: see `Breach`.
        observed: the target's behavior instead, in one short line.
        count: number of observations that showed it.
        observations: number of observations that could have shown it.
        first: JSON Pointer of the first instance, or the label of the first case.
        shown: number of visits that showed it.
        asked: number of visits to the same questions that reached the page that showed it; 0 if it
            belongs to no single question.
        reproduce: a curl command that runs as printed, with the secret as its environment variable.
        fingerprint: 12 hexadecimal digits that do not change with data, order or wording.
        accepted: why it does not fail the run; empty if nobody accepted it.
    """

    promise: Promise
    level: Level
    location: str
    observed: str
    count: int
    observations: int
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
        """`always`, `k of n times`, or `once` for a single visit; empty if no visit shows it."""
        if self.asked < 2:
            return "once" if self.asked else ""
        return "always" if self.shown == self.asked else f"{self.shown} of {self.asked} times"


@dataclass(frozen=True, slots=True)
class AcceptedFinding:
    """A finding that somebody accepted.

    Attributes:
        location: see `Breach`.
        observed: as reported when it was accepted.
        since: the day on which it was accepted.
        until: the last day on which it is accepted; None for no end.
    """

    operation: str
    fingerprint: str
    rule: str
    location: str
    observed: str
    reason: str
    since: date
    until: date | None = None

    def has_expired(self, today: date) -> bool:
        """Return whether the last day on which it is accepted has passed."""
        return self.until is not None and self.until < today


def fingerprint(operation: str, *ids: str) -> str:
    """Return 12 hexadecimal digits that identify a difference by its ids, not by its wording."""
    named = "\n".join((operation, *ids))
    return sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:12]
