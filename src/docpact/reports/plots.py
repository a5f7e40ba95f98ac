"""Plots of a history: findings over time, when each was seen, latency; the page draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from docpact.model import HistoryEntry, Level, Timeline
from docpact.text import shortened

WIDTH: Final = 720
LEFT: Final = 48
RIGHT: Final = WIDTH - 96
TOP: Final = 16
BOTTOM: Final = 180
FOOT: Final = 28
NAMES: Final = 300
"""Width of the names of findings."""

COLORS: Final = 6
"""Number of lines with a color of their own; further lines are dashed."""

MOST_LIVES: Final = 40
"""Maximum number of findings drawn; the table has all of them."""

Box: TypeAlias = tuple[str, float, float, float, float]
"""Class, left, top, width and height of a box."""

Text: TypeAlias = tuple[str, float, float, str]
"""Class, left, baseline and content of a text."""

Line: TypeAlias = tuple[str, Sequence[tuple[float, float]]]
"""Class and points of a line."""


@dataclass(frozen=True, slots=True)
class Plot:
    """The shapes of a plot, in units of an SVG view box of `WIDTH` by `height`."""

    title: str
    height: int
    boxes: Sequence[Box] = ()
    texts: Sequence[Text] = ()
    lines: Sequence[Line] = ()


def count_levels(entry: HistoryEntry) -> Mapping[Level, int]:
    """Return the number of findings of each level."""
    levels = [finding.level for finding in entry.run.findings]
    return {level: levels.count(level) for level in Level}


def plot_levels(entries: Sequence[HistoryEntry]) -> Plot:
    """Plot the findings of each run, stacked by level; an inconclusive run is hatched."""
    counts = [count_levels(entry) for entry in entries]
    most = max(1, *(sum(each.values()) for each in counts))
    step = (RIGHT - LEFT) / len(entries)
    boxes: list[Box] = []
    for at, (entry, count) in enumerate(zip(entries, counts, strict=True)):
        x, y, width = LEFT + at * step, float(BOTTOM), max(step * 0.9, 1)
        if entry.run.reason:
            boxes.append(("hatched", x, 10, width, BOTTOM - 10))
        for level in Level:
            height = _scale(count[level], most)
            y -= height
            if height:
                boxes.append((level.value, x, y, width, height))
    keys = [*(f"key {level.value}" for level in Level), "key"]
    names = [*(level.value for level in Level), "inconclusive"]
    legend = [
        (key, RIGHT + 8, 24 + 18 * at, name)
        for at, (key, name) in enumerate(zip(keys, names, strict=True))
    ]
    texts = [*legend, *_label_axis(str(most)), *_label_days(entries, LEFT, RIGHT, BOTTOM + 16)]
    return Plot("Findings by level in each run", BOTTOM + FOOT, boxes, texts, _grid())


def plot_lives(entries: Sequence[HistoryEntry], timelines: Sequence[Timeline]) -> Plot:
    """Plot a row for each finding, with a bar for each interval in which it was seen."""
    drawn, row, end = timelines[:MOST_LIVES], 20, entries[-1].started
    height = row * max(1, len(drawn)) + FOOT
    boxes: list[Box] = []
    texts = _label_days(entries, NAMES, WIDTH - 12, height - 8)
    for at, timeline in enumerate(drawn):
        finding, y = timeline.finding, at * row + 4
        texts.append(("row", 4, y + 11, shortened(f"{finding.rule} {finding.location}", 40)))
        for interval in timeline.intervals:
            x = _place(interval.first, entries)
            width = max(3.0, _place(interval.healed or end, entries) - x)
            boxes.append((finding.level.value, x, y, width, row - 7))
    return Plot("When each finding was seen", height, boxes, texts)


def plot_latency(entries: Sequence[HistoryEntry]) -> Plot:
    """Plot the median response time of each phase over the runs, the slowest last one first."""
    medians: dict[str, list[tuple[int, float]]] = {}
    for at, entry in enumerate(entries):
        for each in entry.run.latency:
            medians.setdefault(each.phase, []).append((at, each.median))
    most = max((value for each in medians.values() for _, value in each), default=0.0) or 1.0
    step = (RIGHT - LEFT) / max(1, len(entries) - 1)
    lines = _grid()
    texts = [*_label_axis(f"{most:.2g} s"), *_label_days(entries, LEFT, RIGHT, BOTTOM + 16)]
    ordered = sorted(medians.items(), key=lambda each: -each[1][-1][1])
    for number, (phase, values) in enumerate(ordered):
        kind = f"line line{number % COLORS}" + (" dashed" if number >= COLORS else "")
        points = [(LEFT + at * step, BOTTOM - _scale(value, most)) for at, value in values]
        if len(points) == 1:
            ((x, height),) = points
            points = [(x - 3, height), (x + 3, height)]
        y = 20 + number * 16
        lines += [(kind, points), (kind, [(RIGHT + 8, y - 4), (RIGHT + 24, y - 4)])]
        texts.append(("key", RIGHT + 28, y, shortened(phase, 11)))
    height = max(BOTTOM + FOOT, 28 + 16 * len(ordered))
    return Plot("Median response time by phase", height, (), texts, lines)


def _scale(value: float, most: float) -> float:
    return value / most * (BOTTOM - TOP)


def _grid() -> list[Line]:
    return [("grid", [(LEFT, y), (RIGHT, y)]) for y in (BOTTOM, TOP)]


def _label_axis(most: str) -> list[Text]:
    return [("tick end", LEFT - 6, BOTTOM + 4, "0"), ("tick end", LEFT - 6, TOP + 4, most)]


def _label_days(entries: Sequence[HistoryEntry], left: int, right: int, y: int) -> list[Text]:
    begin, end = entries[0].started, entries[-1].started
    labels: list[Text] = [("tick", left, y, f"{begin:%Y-%m-%d}")]
    if end.date() != begin.date():
        labels.append(("tick end", right, y, f"{end:%Y-%m-%d}"))
    return labels


def _place(time: datetime, entries: Sequence[HistoryEntry]) -> float:
    """Return where a time is drawn, beside the names of the rows."""
    begin, end = entries[0].started, entries[-1].started
    whole = (end - begin).total_seconds() or 1.0
    return NAMES + (time - begin).total_seconds() / whole * (WIDTH - NAMES - 12)
