"""What every kind of recording comes down to: entries, or the exchanges of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from docpact.model import Exchange, Failure, Response


@dataclass(frozen=True, slots=True)
class Entry:
    """One request that something else than docpact sent, and what came back.

    Attributes:
        method: in upper case.
        url: absolute, percent-encoded.
        outcome: the answer, or why there is none.
        seconds: from sending to the last byte; 0 where the recording does not tell.
        started: in UTC; None where the recording does not tell.
        labelled: whether headers were recorded.
    """

    method: str
    url: str
    outcome: Response | Failure
    seconds: float = 0.0
    started: datetime | None = None
    labelled: bool = True


@dataclass(frozen=True, slots=True)
class Recording:
    """What can be judged of a recording.

    Attributes:
        target: where the traffic went.
        exchanges: in order.
        remarks: what a reader should know of the recording, one line each.
        reason: why the run that was recorded is no ground for a verdict; empty otherwise.
        seed: of the run that was recorded.
        planned: whether docpact itself asked, so that questions outside the page are among them.
        started: in UTC; None where the recording does not tell.
    """

    target: str
    exchanges: tuple[Exchange, ...]
    remarks: tuple[str, ...] = ()
    reason: str = ""
    seed: int = 0
    planned: bool = False
    started: datetime | None = None
