"""The history as plain text: new, old and flapping findings, with their days."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from statistics import median
from textwrap import wrap
from typing import Any, Final, TypeAlias

from docpact.history.codec import describe_finding, describe_latency, write_json
from docpact.model import Finding, HistoryEntry, State, Timeline, Verdict
from docpact.reports.view import name_finding
from docpact.text import WIDTH, break_line, pluralize, printable, shorten

_MARKS: Final = {Verdict.CONFORMS: ".", Verdict.DRIFT: "!", Verdict.INCONCLUSIVE: "?"}
_LEGEND: Final = ". conforms  ! drift  ? inconclusive"

_ABOUT: Final = {
    State.NEW: "seen for the first time",
    State.BACK: "seen again after it had healed",
    State.FLAPPING: "comes and goes",
    State.STANDING: "seen before as well",
    State.HEALED: "tested for, and no longer seen",
    State.GONE: "undocumented fields that are no longer there",
}

SLOWER: Final = 2.0
"""A phase is reported if its median response time is more than this many times the usual one."""

LEAST: Final = 0.1
"""A phase is reported if its median response time is more than this number of seconds longer."""

FEWEST: Final = 5
"""Number of earlier runs that are needed to know the usual response time of a phase."""


Series: TypeAlias = tuple[Sequence[HistoryEntry], Sequence[Timeline]]
"""The runs of one operation on one target, at least one, in order; the timelines of findings."""


def render_all(series: Sequence[Series]) -> str:
    """Return the history of each operation on each target; names alone if every run conforms."""
    quiet = [each for each in series if len(series) > 1 and _is_quiet(*each)]
    parts = [render(*each) for each in series if each not in quiet]
    groups = defaultdict[str, list[str]](list)
    for entries, _ in quiet:
        run = entries[-1].run
        groups[f"on {printable(run.target)}, {_describe_runs(entries)}"].append(run.operation)
    if quiet:
        lines = [f"NO FINDINGS ({len(quiet)}): every run conforms"]
        for about, names in groups.items():
            lines += [break_line(f"  {about}:", "    "), *(f"    {printable(n)}" for n in names)]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _is_quiet(entries: Sequence[HistoryEntry], timelines: Sequence[Timeline]) -> bool:
    conforms = all(each.verdict is Verdict.CONFORMS for each in entries)
    return conforms and not timelines and not [*_slower(entries)]


def _name_series(entries: Sequence[HistoryEntry]) -> str:
    last = entries[-1].run
    return f"{printable(last.operation)} on {printable(last.target)}"


def _describe_runs(entries: Sequence[HistoryEntry]) -> str:
    first, last = entries[0].started, entries[-1].started
    return f"{pluralize(len(entries), 'run')}, {first:%Y-%m-%d} to {last:%Y-%m-%d}"


def render(entries: Sequence[HistoryEntry], timelines: Sequence[Timeline]) -> str:
    """Return the history of one operation on one target."""
    marks = "".join(_MARKS[entry.verdict] for entry in entries)
    lines = [
        break_line(_name_series(entries)),
        _describe_runs(entries),
        _LEGEND,
        *wrap(marks, WIDTH),
        "",
        *_states(timelines),
        *_inconclusive(entries),
        *_slower(entries),
    ]
    return "\n".join(lines).rstrip() + "\n"


def render_news(series: Sequence[Series]) -> str:
    """Return the changes of the last runs in a line, and the names of new and healed findings."""
    healed = [find_healed(*each) for each in series]
    counts = Counter(
        each.state.value if each.intervals[-1].healed or _is_seen(each, entries) else "not tested"
        for entries, every in series
        for each in every
        if each.state not in (State.HEALED, State.GONE)
    )
    counts.update(each.end.value for every in healed for each in every)
    names = [*(state.value for state in State), "not tested"]
    states = [f"{counts[name]} {name}" for name in names if counts[name]]
    scope = f"run {len(series[0][0])}" if len(series) == 1 else pluralize(len(series), "operation")
    lines = wrap(f"history: {scope}; {', '.join(states) or 'no findings'}", WIDTH)
    for (entries, timelines), gone in zip(series, healed, strict=True):
        operation = "" if len(series) == 1 else f"{printable(entries[-1].run.operation)}  "
        fresh = [each for each in timelines if each.state in (State.NEW, State.BACK)]
        news = [(each.state, each) for each in fresh if _is_seen(each, entries)]
        for state, each in [*news, *((each.end, each) for each in gone)]:
            lines.append(
                break_line(f"  {state.value:<9} {operation}{name_finding(each.finding)}", " " * 12)
            )
    return "\n".join(lines) + "\n"


def _is_seen(timeline: Timeline, entries: Sequence[HistoryEntry]) -> bool:
    return timeline.last == entries[-1].started


def describe_states(series: Sequence[Series]) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield operation and fingerprint of each finding, and its state and since when."""
    for entries, timelines in series:
        for each in timelines:
            since = f"{each.state.value} since {each.intervals[-1].first:%Y-%m-%d}"
            if len(each.intervals) > 1:
                since += f"; first seen {each.first:%Y-%m-%d}"
            yield (entries[-1].run.operation, each.finding.fingerprint), since


def summarize_news(series: Sequence[Series]) -> str:
    """Return one sentence about the findings of the last runs, and the new ones among them."""
    reasons = [entries[-1].run.reason for entries, _ in series]
    if all(reasons):
        return f"This run shows nothing: {printable(reasons[0])}."
    found = [each for entries, some in series for each in some if _is_seen(each, entries)]
    fresh = [each.finding for each in found if each.state in (State.NEW, State.BACK)]
    earlier = [entries[-2].started for entries, _ in series if len(entries) > 1]
    if not earlier:
        return (
            f"{pluralize(len(fresh), 'finding')}: {_examples(fresh)}." if fresh else "No findings."
        )
    since = f"new since {max(earlier):%Y-%m-%d}"
    if fresh:
        return f"{len(fresh)} {since}: {_examples(fresh)}."
    standing = f"{pluralize(len(found), 'finding')} known before" if found else "no findings"
    healed = sum(len(find_healed(*each)) for each in series)
    return f"Nothing {since}; {standing}{f', {healed} healed' if healed else ''}."


def _examples(findings: Sequence[Finding]) -> str:
    """Return the most severe finding in a few words, and the number of the others."""
    worst = min(findings, key=lambda each: (each.level.rank, not each.promise.security))
    security = ", security" if worst.promise.security else ""
    place = f" at {shorten(printable(worst.location))}" if worst.location else ""
    text = f"{shorten(worst.observed.partition('; ')[0])}{place} ({worst.rule}{security})"
    return text if len(findings) == 1 else f"{text}, and {len(findings) - 1} more"


def find_healed(
    entries: Sequence[HistoryEntry], timelines: Sequence[Timeline]
) -> tuple[Timeline, ...]:
    """Return the timelines of the findings that the last entry no longer shows."""
    return tuple(each for each in timelines if each.intervals[-1].healed == entries[-1].started)


def _states(timelines: Sequence[Timeline]) -> Iterator[str]:
    groups = {state: list(group) for state, group in groupby(timelines, key=lambda t: t.state)}
    if not groups:
        yield from ("no findings in any run", "")
    for state, about in _ABOUT.items():
        if state in groups:
            yield f"{state.value.upper()} ({len(groups[state])}): {about}"
            for timeline in groups[state]:
                yield from _timeline(timeline)
            yield ""


def _timeline(timeline: Timeline) -> Iterator[str]:
    finding, interval = timeline.finding, timeline.intervals[-1]
    yield f"  {name_finding(timeline.finding)}"
    seen = f"since {interval.first:%Y-%m-%d}, {pluralize(interval.runs, 'run')}"
    if interval.healed is not None:
        seen = (
            f"{interval.first:%Y-%m-%d} to {interval.last:%Y-%m-%d}, "
            f"{timeline.end.value} {interval.healed:%Y-%m-%d}"
        )
    if (count := len(timeline.intervals)) > 1:
        seen += f"; {pluralize(count, 'interval')} since {timeline.first:%Y-%m-%d}"
    accepted = [f"accepted: {finding.accepted}"] if finding.accepted else []
    for text in (f"{finding.level.value}, {seen}", f"observed {finding.observed}", *accepted):
        yield from wrap(printable(text), WIDTH, initial_indent="    ", subsequent_indent="      ")


def _inconclusive(entries: Sequence[HistoryEntry]) -> Iterator[str]:
    inconclusive = [entry for entry in entries if entry.run.reason]
    if not inconclusive:
        return
    yield f"INCONCLUSIVE ({len(inconclusive)})"
    for entry in inconclusive:
        text = f"{entry.started:%Y-%m-%d}  {printable(entry.run.reason)}"
        yield from wrap(text, WIDTH, initial_indent="  ", subsequent_indent="              ")
    yield ""


def _slower(entries: Sequence[HistoryEntry]) -> Iterator[str]:
    """Name the phases that took much longer in the last run than usual."""
    *earlier, last = [{each.phase: each.median for each in entry.run.latency} for entry in entries]
    for phase, seconds in last.items():
        before = [medians[phase] for medians in earlier if phase in medians]
        usual = median(before) if len(before) >= FEWEST else seconds
        if seconds > max(SLOWER * usual, usual + LEAST):
            yield f"slower: {printable(phase)}, {seconds:.2f} s per request, usually {usual:.2f} s"


def encode(series: Sequence[Series]) -> str:
    """Return histories as JSON; the keys `nights` and `spells` date from version 0.1.0."""
    return write_json({"series": [_describe_series(*each) for each in series]})


def _describe_series(
    entries: Sequence[HistoryEntry], timelines: Sequence[Timeline]
) -> dict[str, Any]:
    return {
        "operation": entries[-1].run.operation,
        "target": entries[-1].run.target,
        "nights": [
            {
                "started": entry.started.isoformat(),
                "verdict": entry.verdict.value,
                "reason": entry.run.reason or None,
                "findings": len(entry.run.findings),
                "latency": describe_latency(entry.run),
            }
            for entry in entries
        ],
        "findings": [_describe_timeline(each) for each in timelines],
    }


def _describe_timeline(timeline: Timeline) -> dict[str, Any]:
    return {
        **describe_finding(timeline.finding),
        "state": timeline.state.value,
        "first_seen": timeline.first.isoformat(),
        "last_seen": timeline.last.isoformat(),
        "spells": [
            {
                "first": each.first.isoformat(),
                "last": each.last.isoformat(),
                "healed": each.healed.isoformat() if each.healed else None,
                "runs": each.runs,
            }
            for each in timeline.intervals
        ],
    }
