"""The power of a run: its own responses, damaged by a catalogue of drifts and judged again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from docpact.model import Judgement, Missed, Power
from docpact.power.changes import try_changes, try_listing
from docpact.power.fields import try_fields
from docpact.power.lists import Lists, try_lists
from docpact.power.messages import try_messages
from docpact.power.trials import Drift
from docpact.rules import Evidence
from docpact.rules.rule import list_breaches
from docpact.text import shorten

LONGEST: Final = 240
"""Characters of a reason, which may contain a value of an item."""


def measure_power(
    evidence: Evidence, judgements: Sequence[Judgement], redact: Callable[[str], str] = str
) -> Power:
    """Return the drifts that a run would have noticed."""
    drifts = [*list_drifts(evidence, judgements)]
    groups = defaultdict[tuple[str, str], list[str]](list)
    for each in drifts:
        if not each.is_noticed:
            reason, remedy = (shorten(redact(text), LONGEST) for text in (each.reason, each.remedy))
            groups[reason, remedy].append(str(each))
    missed = [Missed(reason, remedy, tuple(names)) for (reason, remedy), names in groups.items()]
    return Power(
        sum(each.is_noticed for each in drifts),
        len(drifts),
        tuple(sorted(missed, key=lambda each: -len(each.drifts))),
        tuple(_list_unproved(drifts, judgements)),
    )


def _list_unproved(drifts: Sequence[Drift], judgements: Sequence[Judgement]) -> Iterator[str]:
    """Yield the promises that were kept although none of the drifts against them is noticed."""
    aimed: dict[tuple[str, str], bool] = {}
    for each in drifts:
        for place in ("", each.place.partition(" ")[0]):
            key = each.rule, place
            aimed[key] = aimed.get(key, False) or each.is_noticed
    for judgement in judgements:
        promise = judgement.promise
        is_noticed = aimed.get((promise.rule, promise.location), aimed.get((promise.rule, "")))
        if judgement.observations and not judgement.breaches and is_noticed is False:
            yield str(promise)


def list_drifts(evidence: Evidence, judgements: Sequence[Judgement]) -> Iterator[Drift]:
    """Yield every drift of the catalogue, tried on the responses of a run."""
    known = list_breaches(judgements)
    yield from try_fields(evidence, known)
    yield from try_messages(evidence, judgements, known)
    yield from try_listing(evidence, judgements, known)
    if evidence.operation.roles.is_list:
        lists = Lists(evidence, known)
        yield from try_lists(lists, judgements)
        ends = [*lists.before, *lists.after]
        yield from try_changes(evidence, judgements, known, ends, lists.excuse)


__all__ = ["measure_power"]
