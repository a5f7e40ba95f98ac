"""The growth of costs: with recorded answers, with jobs in an account, with fields in a schema.

    python benchmarks/growth.py docs/performance --most 1000000

measures each size a few times, prints the median in seconds, and plots all as FOLDER/growth.png on
axes by powers of ten, where a straight line at 45 degrees is a cost that grows as the size does.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final, TypeAlias

from auditing import audit
from generation import growth, wide
from matplotlib import pyplot as plt
from recorded import OPERATION, bodies, lines, written

from docpact import validate
from docpact.audit import Auditor
from docpact.cases.sampling import sample_items
from docpact.conformance import Session
from docpact.model import Operation, Response
from docpact.targets.connections import RequestBudget
from docpact.targets.http import HttpTarget
from docpact.targets.mock import MOCK_KEY, MockApi, mock_client
from docpact.traffic import Entry

ROUNDS: Final = 3
MANY: Final = 10_000
"""So many answers or jobs are measured once only."""

FIELDS: Final = (1, 10, 100, 1000)
JOBS: Final = (1, 10, 100, 1000, 10_000, 100_000)

Curve: TypeAlias = Mapping[int, float]
"""Size → seconds, the median of a few."""

Plot: TypeAlias = tuple[str, str, Mapping[str, Curve]]
"""A title, the counted unit, and the curves by their names."""


def seconds(work: Callable[[], object], times: int = 1, rounds: int = ROUNDS) -> float:
    """Return how long work takes that is done a number of times, the median of some rounds."""
    found = []
    for _ in range(rounds):
        begun = perf_counter()
        for _ in range(times):
            work()
        found.append((perf_counter() - begun) / times)
    return median(found)


def of_answers(most: int) -> Curve:
    """Return the seconds of an audit by the number of answers, of one job each."""
    sizes = [10**power for power in range(len(str(most)))]
    with TemporaryDirectory() as folder:
        file, found = Path(folder) / "answers.jsonl", {}
        for size in sizes:
            written(file, lines(bodies(size, jobs=1)))
            found[size] = seconds(partial(audit, file), rounds=ROUNDS if size < MANY else 1)
        return found


def of_jobs() -> Curve:
    """Return the seconds of a check by the number of jobs in the account, their making left out."""
    found = {}
    for size in JOBS:
        api = MockApi(OPERATION)
        api.items = list(sample_items(OPERATION, size))
        found[size] = seconds(partial(checked, api), rounds=ROUNDS if size < MANY else 1)
    return found


def plenty() -> RequestBudget:
    """Return an request_budget that bounds nothing."""
    return RequestBudget(budget=1_000_000, rate=1e9)


def checked(api: MockApi) -> None:
    """Check a mock.

    Raises:
        RuntimeError: it has a finding.
    """
    client = mock_client(api)
    target = HttpTarget("mock", OPERATION, OPERATION.server, client, MOCK_KEY, plenty())
    with client:
        run = Session(target).run()
    if run.findings or run.reason:
        raise RuntimeError(run.findings or run.reason)


def of_fields() -> Iterator[tuple[str, Curve]]:
    """Yield the seconds of a draw, an validation and an audit by the number of fields."""
    yield "drawing a body", growth(OPERATION, ROUNDS)["docpact"]
    wides = {size: replace(OPERATION, response_schema=wide(size)) for size in FIELDS}
    full = {size: body(operation) for size, operation in wides.items()}
    yield (
        "inspecting a body",
        {
            size: seconds(partial(validate, operation.response_schema, full[size]), 20)
            for size, operation in wides.items()
        },
    )
    yield (
        "auditing a body",
        {
            size: seconds(partial(Auditor(operation).summary, answers(full[size])), 3) / 200
            for size, operation in wides.items()
        },
    )


def body(operation: Operation) -> dict[str, Any]:
    """Return a body with every field."""
    found: dict[str, Any] = {}
    for name, stated in operation.response_schema["properties"].items():
        value = {"boolean": True, "integer": 7}.get(str(stated["type"]), "text")
        found[name] = stated.get("enum", [value])[0]
    return found


def answers(value: object) -> list[tuple[tuple[int, int], Entry]]:
    """Return 200 answers with a body."""
    label, url = ("content-type", OPERATION.content_type), f"{OPERATION.server}{OPERATION.path}"
    answer = Entry("GET", url, Response(200, (label,), json.dumps(value).encode()))
    return [((0, number), answer) for number in range(200)]


def plotted(file: Path, plots: Sequence[Plot]) -> None:
    """Plot curves side by side, as a PNG."""
    figure, axes = plt.subplots(1, len(plots), figsize=(4 * len(plots), 3.6), layout="constrained")
    for axis, (title, counted, curves) in zip(axes, plots, strict=True):
        for name, curve in curves.items():
            axis.loglog([*curve], [*curve.values()], marker="o", markersize=3, label=name)
        axis.set(title=title, xlabel=counted, ylabel="seconds")
        axis.grid(visible=True, alpha=0.3)
        if len(curves) > 1:
            axis.legend(frameon=False, fontsize=8)
    figure.savefig(file, dpi=110)


def measured(most: int) -> Iterator[Plot]:
    """Yield the points of the plot, as they are measured."""
    yield "An audit", "answers of one job", {"audit": of_answers(most)}
    yield "A check of the mock", "jobs in the account", {"check": of_jobs()}
    yield "One body", "fields in the schema", dict(of_fields())


def printed(title: str, counted: str, curves: Mapping[str, Curve]) -> Plot:
    """Print a plot, and return it."""
    for name, curve in curves.items():
        sys.stdout.write(f"{title}, {name}: seconds by {counted}\n")
        for size, cost in curve.items():
            sys.stdout.write(f"  {size:>9,}  {cost:.6f}\n")
    sys.stdout.flush()
    return title, counted, curves


def main() -> None:
    """Measure, print and plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the plot goes")
    parser.add_argument("--most", type=int, default=1_000_000, help="answers that are audited")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    plots = [printed(*plot) for plot in measured(args.most)]
    plotted(args.folder / "growth.png", plots)


if __name__ == "__main__":
    main()
