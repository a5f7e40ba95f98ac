"""Plots of a history as SVG elements: findings over time, their lives, latency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from docpact.model import HistoryEntry, Level, Timeline
from docpact.text import shortened

WIDTH: Final = 720
LEFT: Final = 48
RIGHT: Final = 96
BOTTOM: Final = 28
TALLEST: Final = 180

COLOURS: Final = 6
"""So many lines have a colour of their own; further ones are dashed."""

NAMES: Final = 300
"""So much room the names of findings take."""

MOST_LIVES: Final = 40
"""So many findings are drawn, those that stand first; the table has all of them."""


def levels(nights: Sequence[HistoryEntry]) -> Element:
    """Draw the findings of each night, stacked by level; a night without verdict is hatched."""
    counts = [_counts(night) for night in nights]
    most = max(1, *(sum(each.values()) for each in counts))
    svg = _svg("Findings by level on each night", TALLEST + BOTTOM + 20)
    _hatch(svg)
    _axis(svg, str(most), TALLEST)
    step = _inner() / len(nights)
    for at, (night, each) in enumerate(zip(nights, counts, strict=True)):
        x, base = LEFT + at * step, float(TALLEST)
        if night.document["reason"]:
            _box(svg, "hatched", x, 10, step * 0.9, TALLEST - 10)
        for level in Level:
            height = each[level] / most * (TALLEST - 16)
            if height:
                base -= height
                _box(svg, level.value, x, base, max(step * 0.9, 1), height)
    _days(svg, nights, TALLEST + 16)
    for at, level in enumerate(Level):
        _text(svg, WIDTH - RIGHT + 8, 24 + 18 * at, level.value, f"key {level.value}")
    _text(svg, WIDTH - RIGHT + 8, 24 + 18 * len(Level), "no verdict", "key")
    return svg


def lives(nights: Sequence[HistoryEntry], stories: Sequence[Timeline]) -> Element:
    """Draw a line for each finding, and a bar for each time in which it lived."""
    drawn = stories[:MOST_LIVES]
    row = 20
    height = row * max(1, len(drawn)) + BOTTOM
    svg = _svg("When each finding lived", height)
    begin, end = nights[0].started, nights[-1].started
    for at, story in enumerate(drawn):
        y = at * row + 4
        place = shortened(f"{story.finding['rule']} {story.finding['location']}", 40)
        _text(svg, 4, y + 11, place, "row")
        for spell in story.spells:
            x = _time(spell.first, begin, end)
            width = max(3.0, _time(spell.healed or end, begin, end) - x)
            _box(svg, str(story.finding["level"]), x, y, width, row - 7)
    _ends(svg, begin, end, height - 8, NAMES, WIDTH - 12)
    return svg


def latency(nights: Sequence[HistoryEntry]) -> Element:
    """Draw the median answer of each phase over the nights, in seconds."""
    lines = dict(_phases(nights))
    most = max((value for line in lines.values() for _, value in line), default=0.0) or 1.0
    svg = _svg("Median seconds of an answer, by phase", TALLEST + BOTTOM + 20)
    _axis(svg, f"{most:.2g} s", TALLEST)
    step = _inner() / max(1, len(nights) - 1)
    ordered = sorted(lines.items(), key=lambda each: -each[1][-1][1])
    for number, (phase, line) in enumerate(ordered):
        look = f"line{number % COLOURS}" + (" dashed" if number >= COLOURS else "")
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
    _days(svg, nights, TALLEST + 16)
    return svg


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


def _days(svg: Element, nights: Sequence[HistoryEntry], y: float) -> None:
    _ends(svg, nights[0].started, nights[-1].started, y, LEFT, WIDTH - RIGHT)


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


def _counts(night: HistoryEntry) -> dict[Level, int]:
    found = [finding["level"] for finding in night.document["findings"]]
    return {level: found.count(level.value) for level in Level}


def _phases(nights: Sequence[HistoryEntry]) -> Iterator[tuple[str, list[tuple[int, float]]]]:
    """Yield each phase, and the place and the median of every night that timed it."""
    names = dict.fromkeys(each["phase"] for night in nights for each in night.document["latency"])
    for name in names:
        line = [
            (at, float(each["median"]))
            for at, night in enumerate(nights)
            for each in night.document["latency"]
            if each["phase"] == name
        ]
        yield name, line
