"""The report of a run or of its whole history: one HTML page without any other file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from docpact.errors import MissingExtra
from docpact.model import (
    ApiRun,
    Finding,
    HistoryEntry,
    Interval,
    Level,
    Outcome,
    PromiseResult,
    State,
    Timeline,
    Verdict,
)
from docpact.model.history import build_timelines
from docpact.reports import plots
from docpact.reports.history_report import Series, describe_states, find_healed, summarize_news
from docpact.reports.view import ABOUT, WHOLE_BODY, Report, View, describe_evidence
from docpact.text import pluralize, printable, shorten

if TYPE_CHECKING:
    from jinja2 import Environment, Template

_VERDICTS: Final = {Verdict.CONFORMS: "✓", Verdict.DRIFT: "✗", Verdict.INCONCLUSIVE: "?"}
_MOST_URGENT: Final = (Verdict.DRIFT, Verdict.INCONCLUSIVE, Verdict.CONFORMS)
"""The verdicts in the order in which operations are shown."""

_SHARES: Final = {
    "conforms": "conforming",
    "drift": "drifting",
    "inconclusive": "inconclusive",
    "not tested": "not tested",
}
"""Results of operations, in the order of the bar → the word after their number."""

_OUTCOMES: Final = {Outcome.KEPT: "✓", Outcome.BROKEN: "✗", Outcome.NOT_TESTED: "○"}
_NEWS: Final = (State.NEW, State.BACK)

_MOST_NIGHTS: Final = 90
"""Maximum number of runs in the strip, which always ends with the last one."""

_MOST_OPEN: Final = 5
"""Maximum number of findings of a level that are unfolded."""

_FILTERS: Final = {Outcome.BROKEN: "broken", Outcome.NOT_TESTED: "silent"}
"""Outcome → name of the button that shows the locations with such promises."""


@dataclass(slots=True)
class Node:
    """A location of the contract, in a tree in the order of the promises."""

    name: str
    results: list[PromiseResult] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)

    @property
    def marks(self) -> str:
        """The filters that show this location, separated by spaces."""
        outcomes = {result.outcome for result in self._all()}
        return " ".join(name for outcome, name in _FILTERS.items() if outcome in outcomes)

    def _all(self) -> Iterator[PromiseResult]:
        yield from self.results
        for child in self.children:
            yield from child._all()  # noqa: SLF001 — of another node


def render(report: Report, series: Sequence[Series] = ()) -> str:
    """Return a run as an HTML page; the run of one operation as `render_history` does."""
    if report.run.is_whole:
        counts = Counter(view.verdict.value for view in report.views)
        counts["not tested"] = len(report.run.not_tested)
        shares = {each: counts[each] for each in _SHARES if counts[each]}
        lone = [(HistoryEntry(1, each.verdict, each.run),) for each in report.views]
        series = series or [(entries, build_timelines(entries)) for entries in lone]
        return _load_template("api.html").render(
            title=f"{report.run.name} on {report.run.target}",
            verdict=report.verdict,
            headline=summarize_news(series) if series else "No operation was tested.",
            top=_sort_findings(report.views),
            days=_find_worst(series),
            shares=plots.plot_shares(shares),
            most_open=_MOST_OPEN,
            version=report.version,
            run=report.run,
            verdict_counts=shares,
            words=_SHARES,
            views=sorted(report.views, key=lambda view: _MOST_URGENT.index(view.verdict)),
            verdicts=_VERDICTS,
            not_tested=[f"{name}: {why}" for name, why in report.run.not_tested.items()],
            about=ABOUT,
            nights={entries[-1].run.operation: _mark(entries) for entries, _ in series},
        )
    (view,) = report.views
    entries = (HistoryEntry(1, view.verdict, view.run),)
    return render_history(entries, build_timelines(entries), version=report.version)


def render_api(series: Sequence[Series], *, version: str) -> str:
    """Return the histories of some operations on one target as an HTML page, drift first.

    Raises:
        MissingExtra: the template engine is not installed.
    """
    latest = [entries[-1] for entries, _ in series]
    run = ApiRun.of(*(each.run for each in latest))
    is_strict = any(each.verdict is not each.run.verdict() for each in latest)
    return render(Report(run, version, is_strict, dict(describe_states(series))), series)


def render_history(
    entries: Sequence[HistoryEntry], timelines: Sequence[Timeline], *, version: str
) -> str:
    """Return the history of one operation on one target as an HTML page.

    Every text is escaped, and its unprintable characters are written as escapes.

    Raises:
        MissingExtra: the template engine is not installed.
    """
    last, view = entries[-1], View(entries[-1].run)
    by_fingerprint = {each.finding.fingerprint: each for each in timelines}
    return _load_template("page.html").render(
        title=f"{last.run.operation} on {last.run.target}",
        run=last.run,
        verdict=last.verdict,
        verdicts=_VERDICTS,
        version=version,
        headline=summarize_news([(entries, timelines)]),
        shares=plots.plot_shares({each.value: n for each, n in last.run.outcomes.items()}),
        view=view,
        levels={
            level: sorted(each, key=lambda f: by_fingerprint[f.fingerprint].state not in _NEWS)
            for level, each in view.levels.items()
        },
        is_open=lambda each, at: (
            at < _MOST_OPEN
            and (each.level is Level.BREAKING or by_fingerprint[each.fingerprint].state in _NEWS)
        ),
        entries=entries,
        nights=_mark(entries),
        states=_name_states(entries, timelines),
        changes=list(_changes(entries, timelines)),
        healed=[each.finding for each in find_healed(entries, timelines)],
        tree=build_tree(last.run.results).children,
        figures=list(_figures(entries, timelines)),
        about=ABOUT,
        marks=_OUTCOMES,
    )


def _sort_findings(views: Iterable[View]) -> list[tuple[View, Finding, str]]:
    """Return the open findings with their views and states, new and then severe ones first."""
    found = [(view, each, view.describe_state(each)) for view in views for each in view.open]
    is_old, severity = ("standing", "flapping"), list(Level).index
    return sorted(found, key=lambda each: (each[2].startswith(is_old), severity(each[1].level)))


def _find_worst(series: Iterable[Series]) -> list[tuple[str, HistoryEntry]]:
    """Return the worst of the last runs of each day, with the sign of its verdict."""
    days: dict[date, list[HistoryEntry]] = {}
    for entries, _ in series:
        for day, last in {each.started.date(): each for each in entries}.items():
            days.setdefault(day, []).append(last)
    worst = [min(days[day], key=lambda e: _MOST_URGENT.index(e.verdict)) for day in sorted(days)]
    return _mark(worst)


def _mark(entries: Sequence[HistoryEntry]) -> list[tuple[str, HistoryEntry]]:
    """Return the last runs, each with the sign of its verdict."""
    return [(_VERDICTS[each.verdict], each) for each in entries[-_MOST_NIGHTS:]]


def _name_states(entries: Sequence[HistoryEntry], timelines: Sequence[Timeline]) -> dict[str, str]:
    """Return the state of each finding by its fingerprint; empty texts without earlier runs."""
    states = describe_states([(entries, timelines)])
    return {mark: state if len(entries) > 1 else "" for (_, mark), state in states}


def build_tree(results: Iterable[PromiseResult]) -> Node:
    """Return the root of the tree: `body` with its fields, `query` with its parameters, etc."""
    root = Node("")
    for result in results:
        location = result.promise.location
        parts = location.split("/")
        if location.startswith("/") or not location:
            parts = ["body", *filter(None, parts)]
        node = root
        for part in parts:
            child = next((each for each in node.children if each.name == part), None)
            if child is None:
                child = Node(part)
                node.children.append(child)
            node = child
        node.results.append(result)
    return root


def check_engine() -> None:
    """Check that pages can be written, before any work is done for one.

    Raises:
        MissingExtra: the template engine is not installed.
    """
    _load_template("base.html")


def _load_template(name: str) -> Template:
    try:
        from jinja2 import Environment
    except ModuleNotFoundError:
        raise MissingExtra("the HTML report", "report") from None
    return _make_environment(Environment).get_template(name)


@lru_cache(maxsize=1)
def _make_environment(kind: type[Environment]) -> Environment:
    """Return the settings of the templates, which compile each template once."""
    from jinja2 import FunctionLoader, StrictUndefined
    from markupsafe import Markup

    def finalize(value: object) -> str:
        return value if isinstance(value, Markup) else printable(str(value))

    environment = kind(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "name": _name,
        "day": _day,
        "shorten": shorten,
        "minute": _minute,
        "evidence": describe_evidence,
        "pluralize": pluralize,
    }
    environment.globals |= {
        "box": (plots.WIDTH, plots.HEIGHT),
        "style": Markup(_read("page.css")),  # noqa: S704 — a file of this package
        "script": Markup(_read("page.js")),  # noqa: S704 — a file of this package
    }
    return environment


def _read(name: str) -> str:
    return files("docpact.reports").joinpath(name).read_text(encoding="utf-8")


def _changes(
    entries: Sequence[HistoryEntry], timelines: Sequence[Timeline]
) -> Iterator[tuple[str, ...]]:
    """Yield a row for each finding: its state, name, level and when it was seen."""
    lasting = [each for each in timelines if each.state not in (State.HEALED, State.GONE)]
    rows = [(each.state, each) for each in lasting]
    rows += [(each.end, each) for each in find_healed(entries, timelines)]
    for state, timeline in rows:
        interval = timeline.intervals[-1]
        seen = f"since {_day(interval.first)}, {pluralize(interval.runs, 'run')}"
        if interval.healed:
            seen = f"{_day(interval.first)} to {_day(interval.last)}"
        finding = timeline.finding
        yield state.value, _name(finding), finding.level.value, seen


def _figures(
    entries: Sequence[HistoryEntry], timelines: Sequence[Timeline]
) -> Iterator[tuple[Any, ...]]:
    """Yield the title, the plot, and the head and rows of the table of each figure."""
    head: tuple[str, ...] = ("Run", "Verdict", *(level.value for level in Level))
    rows = [
        (_minute(entry), entry.verdict.value, *map(str, plots.count_levels(entry).values()))
        for entry in entries
    ]
    yield "Findings by level", plots.plot_levels(entries), head, rows
    if timelines:
        head = ("Finding", "State", "Seen")
        lives = [
            (_name(each.finding), each.state.value, "; ".join(map(_span, each.intervals)))
            for each in timelines
        ]
        yield "When each finding was seen", plots.plot_lives(entries, timelines), head, lives
    if any(entry.run.latency for entry in entries):
        head = ("Run", "Phase", "Median (s)", "95th percentile (s)")
        times = [
            (_minute(entry), each.phase, str(each.median), str(each.p95))
            for entry in entries
            for each in entry.run.latency
        ]
        yield "Latency by phase", plots.plot_latency(entries), head, times


def _span(interval: Interval) -> str:
    healed = f", healed {_day(interval.healed)}" if interval.healed else ""
    return f"{_day(interval.first)} to {_day(interval.last)}{healed}"


def _day(time: datetime) -> str:
    return f"{time:%Y-%m-%d}"


def _minute(entry: HistoryEntry | ApiRun) -> str:
    return f"{entry.started:%Y-%m-%d %H:%M}"


def _name(finding: Finding) -> str:
    return f"{finding.rule} {finding.location or WHOLE_BODY}"
