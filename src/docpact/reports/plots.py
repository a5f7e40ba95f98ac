"""Plots of a history: findings over time, when each was seen, latency; the page draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from docpact.model import HistoryEntry, Level, Timeline
from docpact.text import printable

WIDTH: Final = 720
HEIGHT: Final = 160

COLORS: Final = 6
"""Number of lines with a color of their own; further lines are dashed."""

MOST_LIVES: Final = 40
"""Maximum number of findings drawn; the table has all of them."""

_LEVELS: Final = [(level.value, level.value) for level in Level]
"""Class and name of the color of each level."""

Box: TypeAlias = tuple[str, float, float, float, float]
"""Class, left, top, width and height of a box."""

Line: TypeAlias = tuple[str, Sequence[tuple[float, float]]]
"""Class and points of a line."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Shapes in a box of `WIDTH` by `HEIGHT` units, which the page stretches to its own width.

    Attributes:
        boxes: drawn first.
        lines: drawn above them.
        name: printed above the panel; empty for none.
    """

    boxes: Sequence[Box] = ()
    lines: Sequence[Line] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot; its texts are text of the page, so that they can be read on any screen.

    Attributes:
        title: for readers who cannot see it.
        panels: one tall panel, or one thin panel for each row.
        top: the value at the upper edge of a tall panel; empty for rows.
        days: the first and the last day, or only one.
        legend: class and name of each color.
    """

    title: str
    panels: Sequence[Panel]
    top: str
    days: Sequence[str]
    legend: Sequence[tuple[str, str]]


def count_levels(entry: HistoryEntry) -> Mapping[Level, int]:
    """Return the number of findings of each level."""
    levels = [finding.level for finding in entry.run.findings]
    return {level: levels.count(level) for level in Level}


def plot_shares(counts: Mapping[str, int]) -> Panel:
    """Draw one bar: the share of each outcome of the promises, or verdict of the operations."""
    whole, x, boxes = sum(counts.values()) or 1, 0.0, []
    for name, count in counts.items():
        width = count / whole * WIDTH
        boxes.append((name.replace(" ", "-"), x, 0.0, width, float(HEIGHT)))
        x += width
    return Panel(boxes)


def plot_levels(entries: Sequence[HistoryEntry]) -> Plot:
    """Plot the findings of each run, stacked by level; an inconclusive run is hatched."""
    counts = [count_levels(entry) for entry in entries]
    most = max(1, *(sum(each.values()) for each in counts))
    step = WIDTH / len(entries)
    boxes: list[Box] = []
    for at, (entry, count) in enumerate(zip(entries, counts, strict=True)):
        x, y, width = at * step, float(HEIGHT), max(step * 0.9, 1)
        if entry.run.reason:
            boxes.append(("hatched", x, 0, width, HEIGHT))
        for level in Level:
            height = count[level] / most * HEIGHT
            y -= height
            if height:
                boxes.append((level.value, x, y, width, height))
    legend = [*_LEVELS, ("hatched", "inconclusive")]
    title = "Findings by level in each run"
    return Plot(title, [Panel(boxes)], str(most), _days(entries), legend)


def plot_lives(entries: Sequence[HistoryEntry], timelines: Sequence[Timeline]) -> Plot:
    """Plot a row for each finding, with a bar for each interval in which it was seen."""
    end = entries[-1].started
    rows = []
    for timeline in timelines[:MOST_LIVES]:
        finding, boxes = timeline.finding, []
        for interval in timeline.intervals:
            x = min(_place(interval.first, entries), WIDTH - 6.0)
            width = max(6.0, _place(interval.healed or end, entries) - x)
            boxes.append((finding.level.value, x, 0.0, width, float(HEIGHT)))
        rows.append(Panel(boxes, name=printable(f"{finding.rule} {finding.location}")))
    return Plot("When each finding was seen", rows, "", _days(entries), _LEVELS)


def plot_latency(entries: Sequence[HistoryEntry]) -> Plot:
    """Plot the median response time of each phase over the runs, the slowest last one first."""
    medians: dict[str, list[tuple[int, float]]] = {}
    for at, entry in enumerate(entries):
        for each in entry.run.latency:
            medians.setdefault(each.phase, []).append((at, each.median))
    most = max((value for each in medians.values() for _, value in each), default=0.0) or 1.0
    step = WIDTH / max(1, len(entries) - 1)
    lines: list[Line] = []
    legend = []
    ordered = sorted(medians.items(), key=lambda each: -each[1][-1][1])
    for number, (phase, values) in enumerate(ordered):
        color = f"line line{number % COLORS}" + (" dashed" if number >= COLORS else "")
        points = [(at * step, HEIGHT * (1 - value / most)) for at, value in values]
        if len(points) == 1:
            points = [(0.0, points[0][1]), (float(WIDTH), points[0][1])]
        lines.append((color, points))
        legend.append((color, phase))
    title = "Median response time by phase"
    return Plot(title, [Panel((), lines)], f"{most:.2g} s", _days(entries), legend)


def _days(entries: Sequence[HistoryEntry]) -> list[str]:
    days = (f"{entry.started:%Y-%m-%d}" for entry in (entries[0], entries[-1]))
    return list(dict.fromkeys(days))


def _place(time: datetime, entries: Sequence[HistoryEntry]) -> float:
    """Return where a time is drawn."""
    begin, end = entries[0].started, entries[-1].started
    whole = (end - begin).total_seconds() or 1.0
    return (time - begin).total_seconds() / whole * WIDTH
