"""The report of a history: one HTML page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

from docpact.model import HistoryEntry, Level, State, Timeline, Verdict
from docpact.reports import plots
from docpact.reports.tree import Node, tree
from docpact.text import counted, printable

_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'"
)
_MARKS: Final = {
    Verdict.CONFORMS.value: "✓ conforms",
    Verdict.DRIFT.value: "✗ drift",
    Verdict.INCONCLUSIVE.value: "? inconclusive",
}
_OUTCOMES: Final = {"kept": "✓", "broken": "✗", "not tested": "○", "not judged": "○"}
_LEVELS: Final = {
    Level.BREAKING: "Breaking: a client that follows the documentation breaks",
    Level.ADDITIVE: "Additive: more than the documentation says",
    Level.NOTE: "Notes: worth knowing",
}


def render(nights: Sequence[HistoryEntry], stories: Sequence[Timeline], *, version: str) -> str:
    """Write the history of one operation on one target as an HTML page.

    Whatever a server sent is text there: every element is made, none is read from a string.

    Args:
        nights: at least one, in order; the last one is reported in full.
        stories: of their findings.
        version: of docpact.
    """
    last = nights[-1].document
    page = Element("html", {"lang": "en"})
    _head(page, f"{last['operation']} on {last['target']}")
    body = SubElement(page, "body")
    _add(body, "a", "To the findings", {"class": "skip", "href": "#findings"})
    main = SubElement(body, "main")
    _verdict(main, nights, version)
    _changes(main, nights, stories)
    _findings(main, last, {story.fingerprint: story for story in stories})
    _contract(main, last)
    _over_time(main, nights, stories)
    SubElement(body, "script").text = _own("page.js")
    return f"<!doctype html>\n{tostring(page, encoding='unicode', method='html')}\n"


def _own(name: str) -> str:
    return files("docpact.reports").joinpath(name).read_text(encoding="utf-8")


def _head(page: Element, title: str) -> None:
    head = SubElement(page, "head")
    SubElement(head, "meta", {"charset": "utf-8"})
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY})
    view = {"name": "viewport", "content": "width=device-width, initial-scale=1"}
    SubElement(head, "meta", view)
    _add(head, "title", f"docpact: {title}")
    SubElement(head, "style").text = _own("page.css")


def _verdict(main: Element, nights: Sequence[HistoryEntry], version: str) -> None:
    last = nights[-1]
    told = last.document
    header = SubElement(main, "header")
    _add(header, "h1", told["operation"])
    _add(header, "p", f"on {told['target']}", {"class": "target"})
    _add(header, "p", _MARKS[told["verdict"]], {"class": f"verdict {told['verdict']}"})
    if told["reason"]:
        _add(header, "p", f"No ground for a verdict: {told['reason']}", {"class": "reason"})
    facts = [
        ("promises", ", ".join(f"{count} {name}" for name, count in told["exercised"].items())),
        ("requests", f"{told['requests']:,} in {told['seconds']:.1f} s"),
        ("started", f"{last.started:%Y-%m-%d %H:%M} UTC"),
        ("history", f"{counted(len(nights), 'night')} since {nights[0].started:%Y-%m-%d}"),
        ("docpact", f"{version}, seed {told['seed']}"),
    ]
    _pairs(header, facts)


def _changes(main: Element, nights: Sequence[HistoryEntry], stories: Sequence[Timeline]) -> None:
    section = _section(main, "changes", "Since the night before")
    healed = [s for s in stories if s.spells[-1].healed == nights[-1].started]
    groups = [
        (state.value, [story for story in stories if story.state is state])
        for state in State
        if state is not State.HEALED
    ]
    table = _table(section, "What became of each finding", ("State", "Finding", "Level", "Seen"))
    rows = [(name, story) for name, group in [*groups, ("healed", healed)] for story in group]
    for name, story in rows:
        spell = story.spells[-1]
        seen = f"since {spell.first:%Y-%m-%d}, {counted(spell.runs, 'night')}"
        if spell.healed:
            seen = f"{spell.first:%Y-%m-%d} to {spell.last:%Y-%m-%d}"
        _row(table, (name, _name(story.finding), story.finding["level"], seen))
    if not rows:
        section.remove(section[-1])
        _add(section, "p", "Nothing was found, and nothing healed.")


def _findings(main: Element, told: Mapping[str, Any], stories: Mapping[str, Timeline]) -> None:
    section = _section(main, "findings", "Findings")
    fresh = [finding for finding in told["findings"] if not finding["accepted"]]
    for level, title in _LEVELS.items():
        group = [finding for finding in fresh if finding["level"] == level.value]
        if group:
            _add(section, "h3", f"{title} ({len(group)})")
        for finding in group:
            _finding(section, finding, stories.get(finding["fingerprint"]))
    accepted = [finding for finding in told["findings"] if finding["accepted"]]
    if accepted:
        _add(section, "h3", f"Accepted, and no reason to fail ({len(accepted)})")
    for finding in accepted:
        _finding(section, finding, stories.get(finding["fingerprint"]))
    if not told["findings"]:
        _add(section, "p", "No finding on this night.")


def _finding(section: Element, finding: Mapping[str, Any], story: Timeline | None) -> None:
    details = SubElement(section, "details", {"class": f"finding {finding['level']}"})
    summary = SubElement(details, "summary")
    _add(summary, "span", finding["level"], {"class": f"badge {finding['level']}"})
    _add(summary, "code", _name(finding))
    since = "" if story is None else _since(story)
    _add(summary, "span", since, {"class": "since"})
    sides = SubElement(details, "div", {"class": "sides"})
    page = SubElement(sides, "div")
    _add(page, "h4", "The page says")
    _add(page, "p", finding["documented"])
    where = finding["refinement"] and f"refinement: {finding['refinement']}"
    if finding["line"] is not None:
        where = f"line {finding['line']}: {finding['quote']}"
    if where:
        _add(SubElement(page, "blockquote"), "code", where)
    observed = SubElement(sides, "div")
    _add(observed, "h4", "Observed")
    _add(SubElement(observed, "p"), "code", finding["observed"])
    seen = [f"{finding['count']:,} of {finding['of']:,}", finding["persistence"]]
    seen += [finding["first"] and f"first at {finding['first']}"]
    facts = [("seen", ", ".join(filter(None, seen))), ("id", finding["fingerprint"])]
    if finding["security"]:
        facts.append(("security", "shows somebody what is not theirs"))
    if finding["accepted"]:
        facts.append(("accepted", finding["accepted"]))
    _pairs(details, facts)
    box = SubElement(details, "div", {"class": "try"})
    named = {"tabindex": "0", "role": "region", "aria-label": "Command that shows it again"}
    _add(SubElement(box, "pre", named), "code", finding["reproduce"])
    _add(box, "button", "Copy", {"type": "button", "class": "copy"})


def _since(story: Timeline) -> str:
    text = f"{story.state.value}, since {story.spells[-1].first:%Y-%m-%d}"
    if len(story.spells) > 1:
        text += f"; first seen {story.first:%Y-%m-%d}"
    return text


def _contract(main: Element, told: Mapping[str, Any]) -> None:
    section = _section(main, "contract", "What was exercised")
    _add(section, "p", "Every place of the contract, and what became of the promises made of it.")
    bar = SubElement(section, "div", {"class": "bar", "role": "group", "aria-label": "Show"})
    for name, label in (("all", "All"), ("broken", "Broken"), ("silent", "Not shown")):
        pressed = "true" if name == "all" else "false"
        attributes = {"type": "button", "data-show": name, "aria-pressed": pressed}
        _add(bar, "button", label, attributes)
    _branch(SubElement(section, "ul", {"class": "tree"}), tree(told["promises"]).children)
    for name, title in (
        ("unseen", "Documented, but in no response"),
        ("left_out", "Left out, for the budget"),
        ("remarks", "Remarks"),
    ):
        if told[name]:
            _add(section, "h3", title)
            lines = SubElement(section, "ul")
            for line in told[name]:
                _add(lines, "li", line)


def _branch(parent: Element, nodes: Iterable[Node]) -> None:
    for node in nodes:
        kinds = {promise["outcome"].replace("judged", "tested") for promise in node.every}
        marks = [
            name for name, kind in (("broken", "broken"), ("silent", "not tested")) if kind in kinds
        ]
        item = SubElement(parent, "li", {"data-has": " ".join(marks)})
        _add(item, "code", node.name, {"class": "place"})
        for promise in node.promises:
            named = " ".join(filter(None, (promise["rule"], promise["keyword"])))
            text = f"{_OUTCOMES[promise['outcome']]} {named}"
            text += f" ({promise['judged']:,})" if promise["judged"] else ""
            kind = promise["outcome"].replace("judged", "tested").replace(" ", "-")
            attributes = {"class": f"promise {kind}", "title": printable(promise["documented"])}
            _add(item, "span", text, attributes)
        if node.children:
            _branch(SubElement(item, "ul"), node.children)


def _over_time(main: Element, nights: Sequence[HistoryEntry], stories: Sequence[Timeline]) -> None:
    section = _section(main, "time", "Over time")
    rows = [
        (
            _minute(night),
            night.document["verdict"],
            *(str(count) for count in _counts(night)),
        )
        for night in nights
    ]
    head = ("HistoryEntry", "Verdict", *(level.value for level in Level))
    _figure(section, "Findings by level", plots.levels(nights), head, rows)
    if stories:
        lives = [
            (
                _name(story.finding),
                story.state.value,
                "; ".join(
                    f"{s.first:%Y-%m-%d} to {s.last:%Y-%m-%d}"
                    + (f", healed {s.healed:%Y-%m-%d}" if s.healed else "")
                    for s in story.spells
                ),
            )
            for story in stories
        ]
        drawn = plots.lives(nights, stories)
        _figure(section, "When each finding lived", drawn, ("Finding", "State", "Spells"), lives)
    if any(night.document["latency"] for night in nights):
        times = [
            (
                _minute(night),
                each["phase"],
                str(each["median"]),
                str(each["p95"]),
            )
            for night in nights
            for each in night.document["latency"]
        ]
        head = ("HistoryEntry", "Phase", "Median (s)", "95th percentile (s)")
        _figure(section, "Latency by phase", plots.latency(nights), head, times)


def _minute(night: HistoryEntry) -> str:
    return f"{night.started:%Y-%m-%d %H:%M}"


def _counts(night: HistoryEntry) -> list[int]:
    found = [finding["level"] for finding in night.document["findings"]]
    return [found.count(level.value) for level in Level]


def _figure(
    section: Element, title: str, svg: Element, head: Sequence[str], rows: Iterable[Sequence[str]]
) -> None:
    figure = SubElement(section, "figure")
    _add(figure, "figcaption", title)
    figure.append(svg)
    details = SubElement(figure, "details", {"class": "numbers"})
    _add(details, "summary", f"{title}, as a table")
    table = _table(details, title, head)
    for row in rows:
        _row(table, row)


def _section(main: Element, name: str, title: str) -> Element:
    section = SubElement(main, "section", {"id": name, "aria-labelledby": f"{name}-title"})
    _add(section, "h2", title, {"id": f"{name}-title"})
    return section


def _table(parent: Element, caption: str, head: Sequence[str]) -> Element:
    box = {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": caption}
    table = SubElement(SubElement(parent, "div", box), "table")
    _add(table, "caption", caption)
    row = SubElement(SubElement(table, "thead"), "tr")
    for name in head:
        _add(row, "th", name, {"scope": "col"})
    return SubElement(table, "tbody")


def _row(table: Element, cells: Sequence[str]) -> None:
    row = SubElement(table, "tr")
    _add(row, "th", cells[0], {"scope": "row"})
    for cell in cells[1:]:
        _add(row, "td", cell)


def _pairs(parent: Element, pairs: Iterable[tuple[str, str]]) -> None:
    found = SubElement(parent, "dl")
    for name, value in pairs:
        _add(found, "dt", name)
        _add(found, "dd", value)


def _name(finding: Mapping[str, Any]) -> str:
    return f"{finding['rule']} {finding['location'] or '(the whole body)'}"


def _add(
    parent: Element, tag: str, text: object, attributes: Mapping[str, str] | None = None
) -> Element:
    element = SubElement(parent, tag, dict(attributes or {}))
    element.text = printable(str(text))
    return element
