"""The duration of a check of a slow server, by the number of connections.

    python benchmarks/live.py --rounds 5

checks a correct server on loopback that answers every request after 50 ms, over real HTTP, with 1,
2, 4 and 8 requests under way at once, each number in every round. A ratio is the wall time of a
whole check by the sequential lower bound: the number of its requests times 50 ms. The server waits
without working, as one does whose database is elsewhere.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import perf_counter, sleep
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from ratios import HEADER, row
from servers.jobs import make_jobs
from servers.loopback import Answer, Handler, Request, Server
from servers.reference import KEY, Api

import docpact
from docpact.conformance import check
from docpact.model import Run, Verdict
from docpact.targets.connections import CONNECTIONS
from docpact.text import pluralize

SECONDS: Final = 0.05
"""The delay of each answer."""

COUNTS: Final = (1, 2, 4, 8)
"""Numbers of requests at once."""

JOBS: Final = 237
"""Number of jobs of the account: three pages of the longest kind."""


def unhurried(api: Api) -> Handler:
    """Give the answers of an account, each after a while."""

    def handle(request: Request) -> Answer:
        sleep(SECONDS)
        return api(request)

    return handle


def timed(connections: int) -> tuple[Run, float]:
    """Return a check, and its wall time by the sequential lower bound."""
    operation = docpact.load("llamacloud/list_classify_jobs")
    with Server(unhurried(Api(make_jobs(JOBS)))) as server:
        start = perf_counter()
        run = check(operation, server.url, key=KEY, connections=connections)
        return run, (perf_counter() - start) / (run.request_count * SECONDS)


def measure(rounds: int) -> tuple[dict[int, list[float]], int]:
    """Return the ratios by number of connections, and how many requests a check takes."""
    ratios: dict[int, list[float]] = {count: [] for count in COUNTS}
    requests = set[int]()
    for number in range(-1, rounds):
        for count in COUNTS:
            run, ratio = timed(count)
            if run.verdict() is not Verdict.CONFORMS:
                raise RuntimeError(f"{count} connections: {run.reason or run.findings}")
            requests.add(run.request_count)
            if number >= 0:  # the round before the first one fills the caches
                ratios[count].append(ratio)
    (same,) = requests
    return ratios, same


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="checks of each kind; at least 2")
    args = parser.parse_args()
    found, requests = measure(max(2, args.rounds))
    sys.stdout.write(f"{requests} requests of {SECONDS * 1000:.0f} ms each\n")
    sys.stdout.write(HEADER)
    for count, ratios in found.items():
        default = " (default)" if count == CONNECTIONS else ""
        sys.stdout.write(row(f"{pluralize(count, 'connection')}{default}", ratios))


if __name__ == "__main__":
    main()
