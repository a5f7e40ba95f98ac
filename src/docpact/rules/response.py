"""The `response` and `request` families: status, media type, JSON, every keyword, extra fields.

Each judge reads only the summary of the responses, which a check and an audit fill in the same way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial, reduce
from itertools import islice
from operator import add
from typing import Final, TypeAlias

from docpact.limits import MAX_OBSERVED
from docpact.model import Breach, Level, PageVisit, Promise
from docpact.rules.evidence import Evidence
from docpact.rules.responses.promises import (
    BODY,
    HEADER,
    KEYWORDS,
    REQUEST,
    UNDOCUMENTED,
    response_promises,
)
from docpact.rules.responses.summary import CONSISTENCY, BreachKey, BreachSummary, Summary
from docpact.rules.rule import Judged, Rule, rule, summarize

Entry: TypeAlias = tuple[BreachKey, BreachSummary]
"""One breach of a summary."""


def judge_whole(rule: str, counts: Sequence[str], evidence: Evidence) -> Iterator[Judged]:
    """Judge a promise about a response as a whole."""
    promise, summary = response_promises(evidence.operation).get(rule, {}).get(""), evidence.summary
    if promise is None:
        return
    total = sum(summary.counts.get(name, 0) for name in counts)
    # A request with several parameters may fail as one with one of them does.
    entries = [
        (key, each)
        for key, each in _entries(summary, rule)
        if not any((name, int(key.detail)) in summary.refusals for name in key.parameters)
    ]
    yield _judge_entries(promise, entries, total)


def _judge_entries(promise: Promise, entries: Iterable[Entry], total: int) -> Judged:
    """Judge a promise by its breaches, of which those with one location and detail are one."""
    groups = defaultdict[tuple[str, str], list[Entry]](list)
    for entry in entries:
        groups[entry[0].location or promise.location, entry[0].detail].append(entry)
    found = [
        replace(_breach(location, group, total, _visits(group)), detail=detail)
        for (location, detail), group in groups.items()
    ]
    return promise, total, tuple(found)


def judge_keyword(keyword: str, evidence: Evidence) -> Iterator[Judged]:
    """Judge one keyword, at every place where the response schema states it.

    A breach is counted in the survey if it occurs there, so that `4 of 237` counts each item once;
    only otherwise in the other responses, where the same items recur.
    """
    rule, summary = f"response.{keyword}", evidence.summary
    entries = defaultdict[str, list[Entry]](list)
    for key, each in _entries(summary, rule):
        entries[key.pointer].append((key, each))
    for where, promise in response_promises(evidence.operation).get(rule, {}).items():
        asserted = where.rpartition("/")[0] if keyword == "required" else where
        counts = {group: summary.observations.get((group, asserted), 0) for group in (True, False)}
        found = [
            replace(
                _breach(location, group, counts[group[0][0].in_survey], _survey_first(every)),
                detail=promise.keyword,
            )
            for location, group, every in _by_location(entries[where])
        ]
        total = found[0].observations if found else sum(counts.values())
        yield promise, total, tuple(found)


def judge_status(rule: str, evidence: Evidence) -> Iterator[Judged]:
    """Judge the documentation of single statuses, each promise by its own responses."""
    summary, entries = evidence.summary, list(_entries(evidence.summary, rule))
    for where, promise in response_promises(evidence.operation).get(rule, {}).items():
        total = summary.observations.get((False, where), 0)
        yield _judge_entries(promise, [e for e in entries if e[0].pointer == where], total)


def judge_observed(rule: str, evidence: Evidence) -> Iterator[Judged]:
    """Judge as `judge_status` does, but only promises with observations."""
    yield from (judged for judged in judge_status(rule, evidence) if judged[1])


@rule(
    UNDOCUMENTED,
    "Harmless to a tolerant client, but the documentation may be out of date.",
    Level.ADDITIVE,
)
def judge_undocumented(evidence: Evidence) -> Iterator[Judged]:
    """A body has only the documented fields, at every depth."""
    summary = evidence.summary
    promise = response_promises(evidence.operation)[UNDOCUMENTED][""]
    found = [
        _breach(location, group, summary.observations.get((key.in_survey, key.pointer), 0), visits)
        for location, group, every in _by_location(_entries(summary, UNDOCUMENTED))
        for key, visits in [(group[0][0], _visits(every))]
    ]
    yield promise, summary.counts.get("decoded", 0), tuple(found)


@rule(
    CONSISTENCY,
    "A client that relies on this shows an error or a result that does not exist.",
    Level.NOTE,
)
def judge_consistency(evidence: Evidence) -> Iterator[Judged]:
    """A field documented for one state of an item has a value only in that state."""
    summary = evidence.summary
    in_survey = bool(summary.observations.get((True, CONSISTENCY)))
    entries = list(_entries(summary, CONSISTENCY))
    for field, promise in response_promises(evidence.operation).get(CONSISTENCY, {}).items():
        observations = summary.observations.get((in_survey, CONSISTENCY + field), 0)
        every = [entry for entry in entries if entry[0].pointer == field]
        broken = [
            (key, replace(each, observed=dict(islice(each.observed.items(), 1))))
            for key, each in every
            if key.in_survey is in_survey
        ]
        visits = _survey_first(every)
        yield (
            promise,
            observations,
            (_breach(promise.location, broken, observations, visits),) if broken else (),
        )


@rule(
    REQUEST, "The client may stop working when the server begins to refuse such a body.", Level.NOTE
)
def judge_recorded(evidence: Evidence) -> Iterator[Judged]:
    """A recorded request that the server accepted has the documented body."""
    yield from judge_observed(REQUEST, evidence)


def _entries(summary: Summary, rule: str) -> Iterator[Entry]:
    """Yield the breaches of a rule in the order in which they were first observed."""
    entries = [entry for entry in summary.breaches.items() if entry[0].rule == rule]
    yield from sorted(entries, key=lambda entry: entry[1].position)


def _by_location(entries: Iterable[Entry]) -> Iterator[tuple[str, list[Entry], list[Entry]]]:
    """Yield each location, its breaches in the survey or else outside, and all its breaches."""
    groups: Mapping[bool, dict[str, list[Entry]]] = {True: {}, False: {}}
    every = defaultdict[str, list[Entry]](list)
    for key, each in entries:
        groups[key.in_survey].setdefault(key.location, []).append((key, each))
        every[key.location].append((key, each))
    for location in dict.fromkeys([*groups[True], *groups[False]]):
        yield location, groups[True].get(location) or groups[False][location], every[location]


def _survey_first(entries: Sequence[Entry]) -> tuple[PageVisit, ...]:
    """Return the visits that showed breaches, the survey first."""
    groups = [[e for e in entries if e[0].in_survey is each] for each in (True, False)]
    return tuple(dict.fromkeys(visit for group in groups if group for visit in _visits(group)))


def _visits(entries: Sequence[Entry]) -> tuple[PageVisit, ...]:
    """Return the visits that showed breaches, in order."""
    return tuple(_sum(entries).visits)


def _sum(entries: Iterable[Entry]) -> BreachSummary:
    return reduce(add, (each for _, each in entries))


def _breach(
    location: str, entries: Sequence[Entry], observations: int, shown: tuple[PageVisit, ...]
) -> Breach:
    each = _sum(entries)
    observed = summarize(list(each.observed), is_cut=len(each.observed) == MAX_OBSERVED)
    return Breach(
        location=location,
        observed=observed,
        request=each.example.request,
        count=each.count,
        observations=observations,
        first=each.first,
        shown=shown,
    )


RULES: Final = (
    Rule(
        "response.status",
        Level.BREAKING,
        "A documented request gets the documented status.",
        "A client that follows the documentation treats any other response as a failure.",
        partial(judge_whole, "response.status", ("answered",)),
    ),
    Rule(
        "response.content_type",
        Level.BREAKING,
        "A body has the documented media type.",
        "Clients choose a parser by the media type; some read a mislabelled body as empty.",
        partial(judge_whole, "response.content_type", ("labelled",)),
    ),
    Rule(
        "response.json",
        Level.BREAKING,
        "A body is strict JSON: UTF-8, one value, no NaN, no duplicate names.",
        "Parsers disagree on anything else: one fails, another reads a different value.",
        partial(judge_whole, "response.json", ("bodies", "too long")),
    ),
    Rule(
        BODY,
        Level.BREAKING,
        "A response with another documented status or media type has the body documented for it.",
        "A client that reads the details of an error fails on it, or shows a wrong one.",
        partial(judge_status, BODY),
    ),
    Rule(
        HEADER,
        Level.BREAKING,
        "A documented response header is present where it is required, with a documented value.",
        "A client that follows a link, a limit or a version in a header has nothing to follow.",
        partial(judge_status, HEADER),
    ),
    *(
        Rule(
            f"response.{keyword}",
            Level.BREAKING,
            summary,
            "A client that follows the documentation reads a wrong value or fails later.",
            partial(judge_keyword, keyword),
        )
        for keyword, summary in KEYWORDS.items()
    ),
    judge_consistency,
    judge_undocumented,
    judge_recorded,
)
