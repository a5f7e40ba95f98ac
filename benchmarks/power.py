"""Compare the predictions of a run's power with the findings on each broken server.

    python benchmarks/power.py [--every 9] [--sizes 0 3 30 237]

A check of the correct server of `tests/servers` says which drifts it would have noticed. Each
broken server is such a drift, so a check of it must give a finding exactly if one was predicted.
Servers whose defect shows in no response at a size, such as a wrong 60th item of three, are not
counted. The script prints a table, the disagreements, and the time by that of judging.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from servers.broken import BROKEN
from servers.jobs import make_jobs
from servers.loopback import Handler, Server
from servers.reference import KEY, Api
from servers.test_zoo import counted, reference_transcript, transcript
from servers.zoo import Broken

import docpact
from docpact.conformance import Session, open_target
from docpact.model import Exchange, Level, Run
from docpact.power import list_drifts
from docpact.power.trials import Drift
from docpact.rules import gather, judge
from docpact.targets.connections import RequestBudget
from docpact.targets.http import forget

OPERATION: Final = docpact.load("llamacloud/list_classify_jobs")

WHOLE: Final = (
    *("paging", "protocol", "stability.same", "stability.values", "stability.suspect"),
    *("auth.echo", "response.status"),
)
"""Rules and families whose promises have one location, wherever a server breaks them."""

HEAD: Final = ("jobs", "drifts", "noticed", "servers", "caught", "agree", "judging", "power")

HINTS: Final = (
    ("second page of one|2 for 1", "page size 1$"),
    ("page_size=99|of 99", "page size 99"),
    ("page_size=50|of 50", "page size 50"),
    ("second page of 100", "page size 100"),
    ("150 by default|without a page size", "the default page size"),
    ("third page:", "third page"),
    ("unknown id", "among others"),
    ("twentieth", "20 values"),
    ("hundredth", "100 values"),
    ("total: 3|length of the page", "less than"),
)
"""Pattern of the names of servers → pattern of the one kind of drift that they are."""


def check(handler: Handler, keep: Callable[[Exchange], None] = forget) -> Run:
    """Check a server, without waiting before retries."""
    budget = RequestBudget(rate=100_000)
    with (
        Server(handler) as server,
        open_target(OPERATION, server.url, key=KEY, request_budget=budget) as target,
    ):
        patient = replace(target, sleep=lambda _: None, keep=keep)
        return Session(patient).run()


def predict(size: int) -> tuple[list[Drift], float, float]:
    """Return the drifts tried on the correct server, and the seconds of judging and of this."""
    exchanges: list[Exchange] = []
    check(Api(make_jobs(size)), exchanges.append)
    exchanges.sort(key=lambda each: (each.case.visit.sequence, each.case.visit.page))
    begun = time.process_time()
    evidence = gather(OPERATION, exchanges)
    judgements = judge(evidence)
    judged = time.process_time()
    drifts = [*list_drifts(evidence, judgements)]
    return drifts, judged - begun, time.process_time() - judged


def match(broken: Broken, drifts: Sequence[Drift]) -> list[Drift]:
    """Return the drifts that a broken server shows."""
    found = [each for each in drifts if each.rule == broken.rule and _is_there(broken, each)]
    for name, kind in HINTS:
        if re.search(name, broken.name):
            return [each for each in found if re.search(kind, str(each))] or found
    return found


def _is_there(broken: Broken, drift: Drift) -> bool:
    place = drift.place.split(" ")[0]
    if drift.rule.startswith(WHOLE):
        return True
    if drift.rule == "filter.combined":
        return {*place[6:].split("+")} <= {*broken.location[6:].split("+")}
    if drift.rule == "response.undocumented_field":
        return place == broken.location.rpartition("/")[0]
    return place in (broken.location, "status", "body")


def is_caught(broken: Broken, run: Run) -> bool:
    """Return whether a run has a finding about a broken server; a note only if it is one."""
    return any(
        (each.rule, each.location) == (broken.rule, broken.location) or each.level is not Level.NOTE
        for each in run.findings
    )


def differs(broken: Broken, size: int) -> bool:
    """Return whether the defect of a server shows in any response at a size of the account."""
    answers = transcript(counted(broken.handler(size)))
    return any(one != other for one, other in zip_longest(answers, reference_transcript(size)))


def main() -> None:
    """Compare, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take every Nth broken server")
    parser.add_argument("--sizes", type=int, nargs="+", default=[0, 3, 30, 237])
    args = parser.parse_args()
    print(f"| {' | '.join(HEAD)} |")
    print("| ---: " * len(HEAD) + "|")
    wrong: list[str] = []
    for size in args.sizes:
        drifts, judging, power = predict(size)
        right = servers = caught = 0
        for broken in BROKEN[:: args.every]:
            found = is_caught(broken, check(broken.handler(size)))
            if not found and not differs(broken, size):
                continue
            servers, caught = servers + 1, caught + found
            predicted = any(each.is_noticed for each in match(broken, drifts))
            right += predicted is found
            if predicted is not found:
                wrong.append(f"{size} jobs: {broken.name}: {'' if found else 'not '}caught")
        noticed = sum(each.is_noticed for each in drifts)
        print(
            f"| {size} | {len(drifts)} | {noticed} | {servers} | {caught} | "
            f"{right / max(1, servers):.1%} | {judging:.3f} s | {power:.3f} s |",
            flush=True,
        )
    print("\nNot predicted:", *wrong, sep="\n- ")


if __name__ == "__main__":
    main()
