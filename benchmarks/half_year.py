"""Half a year of nightly checks of an API that drifts in 14 ways among benign changes.

    python benchmarks/half_year.py docs/memory

checks a simulated shop on each of 184 nights, prints when each drift was named and everything that
was named without a drift, and draws both as FOLDER/half-year.svg. Then it checks shops that do not
drift, and counts what is named there. With --short it checks only the first weeks.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeAlias

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from drifting_shop import (
    BENIGN,
    DRIFTS,
    FIRST,
    NEW_CONTRACT,
    NEXT_OPERATION,
    NIGHTS,
    OPERATION,
    OTHER_ACCOUNT,
    Nights,
    open_shop,
    serve,
)
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

Named: TypeAlias = Mapping[tuple[str, str], list[int]]
"""Rule and location \u2192 the days on which it was named, from 0."""

BENIGN_EVENTS: Final = {
    60: "empty account",
    OTHER_ACCOUNT.start: "other account",
    NEW_CONTRACT: "new contract",
}
UNIMPORTANT: Final = "response.undocumented_field"


def drift(nights: int) -> Named:
    """Return what was named on the nights of the drifting shop."""
    history, named = Nights(), dict[tuple[str, str], list[int]]()
    for day in range(nights):
        operation = OPERATION if day < NEW_CONTRACT else NEXT_OPERATION
        account = "ffff" if day in OTHER_ACCOUNT else "a1b2"
        for found in history.check(day, serve(day), operation, account).findings:
            if found.rule != UNIMPORTANT:
                named.setdefault((found.rule, found.location), []).append(day)
    return named


def rest(name: str, nights: int) -> int:
    """Return how much was named on the nights of a shop that does not drift."""
    history = Nights(families={"response"})
    runs = (history.check(day, BENIGN[name](open_shop(day)), OPERATION) for day in range(nights))
    return sum(each.rule != UNIMPORTANT for run in runs for each in run.findings)


def report(named: Named, nights: int) -> list[tuple[int, str, str]]:
    """Print when each drift was named; return everything that was named without a drift."""
    caused = {(rule, place): day for day, (rule, place, _) in DRIFTS.items()}
    for (rule, place), began in caused.items():
        if began < nights:
            first = min((d for d in named.get((rule, place), ()) if d >= began), default=None)
            seen = "NOT NAMED" if first is None else f"named after {first - began} nights"
            sys.stdout.write(f"{FIRST + timedelta(days=began):%Y-%m-%d}  {rule} {place}: {seen}\n")
    false = [(days[0], *key) for key, days in named.items() if key not in caused]
    false += [(days[0], *k) for k, days in named.items() if k in caused and days[0] < caused[k]]
    for day, rule, place in false:
        sys.stdout.write(f"{FIRST + timedelta(days=day):%Y-%m-%d}  {rule} {place}: FALSE\n")
    sys.stdout.write(f"{len(false)} false wake-ups\n")
    return false


def _draw_orders(axes: Axes, nights: int) -> None:
    sizes = [len(open_shop(day).orders) for day in range(nights)]
    axes.fill_between(range(nights), sizes, color="#9db7d5", linewidth=0)
    axes.set_ylabel("orders", fontsize=9)
    axes.set_ylim(0, 1.5 * max(sizes))
    shown = {day: text for day, text in BENIGN_EVENTS.items() if day < nights}
    for number, (day, text) in enumerate(shown.items()):
        at = (day - 4, (1.35 - 0.22 * (number % 2)) * max(sizes))
        line = {"arrowstyle": "-", "color": "#888888"}
        axes.annotate(text, (day, sizes[day]), at, fontsize=8, ha="right", arrowprops=line)


def draw(named: Named, nights: int, file: Path) -> None:
    """Draw the number of orders, and for each drift the nights on which it was named."""
    plt.rcParams["svg.hashsalt"] = "docpact"
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(9, 6.5), sharex=True, height_ratios=(1, 3), layout="constrained"
    )
    _draw_orders(above, nights)
    rows = sorted((day, rule, place) for day, (rule, place, _) in DRIFTS.items())
    rows += [(-1, *key) for key in named if key not in {(rule, at) for _, rule, at in rows}]
    for row, (began, rule, place) in enumerate(rows):
        days = named.get((rule, place), [])
        color = "#7a3e9d" if began >= 0 else "#b3261e"
        below.scatter(days, [row] * len(days), s=14, marker="s", color=color)
        below.plot([began, began], [row - 0.42, row + 0.42], color="black", linewidth=1.4)
    below.set_yticks(range(len(rows)), [f"{rule}  {place}" for _, rule, place in rows], fontsize=8)
    below.invert_yaxis()
    firsts = [day for day in range(nights) if (FIRST + timedelta(days=day)).day == 1]
    below.set_xticks(firsts, [f"{FIRST + timedelta(days=day):%b}" for day in firsts], fontsize=9)
    for axes in (above, below):
        axes.grid(axis="x", color="#dddddd", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    below.set_xlim(-1, nights)
    below.set_xlabel("black: the drift begins; colored: a night that names it", fontsize=9)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None})


def main() -> None:
    """Simulate the half year."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--short", action="store_true")
    args = parser.parse_args()
    nights = 70 if args.short else NIGHTS
    named = drift(nights)
    false = report(named, nights)
    draw(named, nights, args.folder / "half-year.svg")
    for name in BENIGN:
        number = rest(name, nights)
        sys.stdout.write(f"{name}: {number} false wake-ups in {nights} nights\n")
    if false:
        sys.exit(1)


if __name__ == "__main__":
    main()
