"""Plots of a history as SVG: findings over time, when each was seen, latency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from docpact.model import HistoryEntry, Level, Timeline
from docpact.text import shortened

WIDTH: Final = 720
LEFT: Final = 48
RIGHT: Final = 96
BOTTOM: Final = 28
TALLEST: Final = 180

COLORS: Final = 6
"""Number of lines with a color of their own; further lines are dashed."""

NAMES: Final = 300
"""Width of the names of findings."""

MOST_LIVES: Final = 40
"""Maximum number of findings drawn; the table has all of them."""


def count_levels(entry: HistoryEntry) -> Mapping[Level, int]:
    """Return the number of findings of each level."""
    levels = [finding.level for finding in entry.run.findings]
    return {level: levels.count(level) for level in Level}


def draw_levels(entries: Sequence[HistoryEntry]) -> str:
    """Draw the findings of each run, stacked by level; an inconclusive run is hatched."""
    counts = [count_levels(entry) for entry in entries]
    most = max(1, *(sum(each.values()) for each in counts))
    svg = _svg("Findings by level in each run", TALLEST + BOTTOM + 20)
    _hatch(svg)
    _axis(svg, str(most), TALLEST)
    step = _inner() / len(entries)
    for at, (entry, each) in enumerate(zip(entries, counts, strict=True)):
        x, base = LEFT + at * step, float(TALLEST)
        if entry.run.reason:
            _box(svg, "hatched", x, 10, step * 0.9, TALLEST - 10)
        for level in Level:
            height = each[level] / most * (TALLEST - 16)
            if height:
                base -= height
                _box(svg, level.value, x, base, max(step * 0.9, 1), height)
    _days(svg, entries, TALLEST + 16)
    for at, level in enumerate(Level):
        _text(svg, WIDTH - RIGHT + 8, 24 + 18 * at, level.value, f"key {level.value}")
    _text(svg, WIDTH - RIGHT + 8, 24 + 18 * len(Level), "inconclusive", "key")
    return _write(svg)


def draw_lives(entries: Sequence[HistoryEntry], timelines: Sequence[Timeline]) -> str:
    """Draw a line for each finding, and a bar for each interval in which it was seen."""
    drawn = timelines[:MOST_LIVES]
    row = 20
    height = row * max(1, len(drawn)) + BOTTOM
    svg = _svg("When each finding was seen", height)
    begin, end = entries[0].started, entries[-1].started
    for at, timeline in enumerate(drawn):
        y = at * row + 4
        place = shortened(f"{timeline.finding.rule} {timeline.finding.location}", 40)
        _text(svg, 4, y + 11, place, "row")
        for interval in timeline.intervals:
            x = _time(interval.first, begin, end)
            width = max(3.0, _time(interval.healed or end, begin, end) - x)
            _box(svg, timeline.finding.level.value, x, y, width, row - 7)
    _ends(svg, begin, end, height - 8, NAMES, WIDTH - 12)
    return _write(svg)


def draw_latency(entries: Sequence[HistoryEntry]) -> str:
    """Draw the median response time of each phase over the runs, in seconds."""
    lines = _find_medians(entries)
    most = max((value for line in lines.values() for _, value in line), default=0.0) or 1.0
    svg = _svg("Median response time in seconds, by phase", TALLEST + BOTTOM + 20)
    _axis(svg, f"{most:.2g} s", TALLEST)
    step = _inner() / max(1, len(entries) - 1)
    ordered = sorted(lines.items(), key=lambda each: -each[1][-1][1])
    for number, (phase, line) in enumerate(ordered):
        look = f"line{number % COLORS}" + (" dashed" if number >= COLORS else "")
        points = [(LEFT + at * step, TALLEST - value / most * (TALLEST - 16)) for at, value in line]
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        SubElement(svg, "polyline", {"points": joined, "class": f"line {look}"})
        if len(points) == 1:
            dot = {"cx": f"{points[0][0]:.1f}", "cy": f"{points[0][1]:.1f}", "r": "3"}
            SubElement(svg, "circle", {**dot, "class": f"dot {look}"})
        y = 20 + number * 16
        ends = {"x1": f"{WIDTH - RIGHT + 8}", "x2": f"{WIDTH - RIGHT + 24}", "y1": f"{y - 4}"}
        SubElement(svg, "line", {**ends, "y2": f"{y - 4}", "class": f"line {look}"})
        _text(svg, WIDTH - RIGHT + 28, y, shortened(phase, 11), "key")
    _days(svg, entries, TALLEST + 16)
    return _write(svg)


def _svg(title: str, height: float) -> Element:
    attributes = {"viewBox": f"0 0 {WIDTH} {height:.0f}", "role": "img", "aria-label": title}
    svg = Element("svg", attributes)
    SubElement(svg, "title").text = title
    return svg


def _hatch(svg: Element) -> None:
    size = {"width": "6", "height": "6"}
    pattern = SubElement(
        SubElement(svg, "defs"),
        "pattern",
        {"id": "hatch", "patternUnits": "userSpaceOnUse", **size},
    )
    SubElement(pattern, "path", {"d": "M0 6 L6 0", "class": "stroke"})


def _axis(svg: Element, label: str, bottom: float) -> None:
    for y, text in ((bottom, "0"), (16.0, label)):
        ends = {"x1": str(LEFT), "x2": str(WIDTH - RIGHT), "y1": f"{y:.0f}", "y2": f"{y:.0f}"}
        SubElement(svg, "line", {**ends, "class": "grid"})
        _text(svg, LEFT - 6, y + 4, text, "tick end")


def _days(svg: Element, entries: Sequence[HistoryEntry], y: float) -> None:
    _ends(svg, entries[0].started, entries[-1].started, y, LEFT, WIDTH - RIGHT)


def _ends(svg: Element, begin: datetime, end: datetime, y: float, *sides: float) -> None:
    left, right = sides
    _text(svg, left, y, f"{begin:%Y-%m-%d}", "tick")
    if end.date() != begin.date():
        _text(svg, right, y, f"{end:%Y-%m-%d}", "tick end")


def _box(svg: Element, name: str, x: float, y: float, *size: float) -> None:
    width, height = size
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}", "height": f"{height:.1f}"}
    SubElement(svg, "rect", {**place, "class": f"fill {name}"})


def _text(svg: Element, x: float, y: float, text: str, name: str) -> None:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "class": name}
    SubElement(svg, "text", place).text = text


def _inner() -> float:
    return float(WIDTH - LEFT - RIGHT)


def _time(at: datetime, begin: datetime, end: datetime) -> float:
    """Return where a time is drawn, beside the names of the rows."""
    whole = (end - begin).total_seconds() or 1.0
    return NAMES + (at - begin).total_seconds() / whole * (WIDTH - NAMES - 12)


def _find_medians(entries: Sequence[HistoryEntry]) -> dict[str, list[tuple[int, float]]]:
    """Return for each phase the index of every entry that timed it, with the median."""
    medians: dict[str, list[tuple[int, float]]] = {}
    for at, entry in enumerate(entries):
        for each in entry.run.latency:
            medians.setdefault(each.phase, []).append((at, each.median))
    return medians


def _write(svg: Element) -> str:
    """Return an element as markup; ElementTree escapes its texts."""
    return tostring(svg, encoding="unicode", method="html")
