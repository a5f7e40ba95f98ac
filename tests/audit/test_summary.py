"""Summaries merge: in any order, in any grouping, and with nothing."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import examples

from docpact import audit
from docpact.audit import Summary, checkpoint
from docpact.limits import MAX_BREACHES, MAX_OBSERVED
from docpact.model import Request
from docpact.rules.responses.summary import LONG, BreachKey, BreachSummary, Example

COUNTS = st.integers(1, 9)
RULES = st.sampled_from(["response.enum", "response.type", "response.undocumented_field"])
KEYS = st.builds(
    BreachKey, RULES, st.booleans(), st.sampled_from(["/a", "/b"]), st.sampled_from("xy")
)


@st.composite
def breaches(draw: st.DrawFn, source: int) -> BreachSummary:
    """The summary of one part of the traffic: no two parts see at the same place."""
    places = draw(st.lists(st.integers(0, 99), min_size=1, max_size=4, unique=True).map(sorted))
    texts = draw(st.lists(st.sampled_from("pqrst"), min_size=1, max_size=len(places), unique=True))
    observed = {text: (source, at, 0) for text, at in zip(texts, places, strict=False)}
    first = next(iter(observed.values()))
    return BreachSummary(
        draw(COUNTS),
        first,
        f"/items/{source}",
        Example(Request("GET", "u" * draw(st.sampled_from([1, LONG, LONG + 1]))), first),
        observed,
    )


@st.composite
def summaries(draw: st.DrawFn, source: int, *, is_whole: bool = True) -> Summary:
    """The summary of one source."""
    return Summary(
        counts=draw(st.dictionaries(st.sampled_from(["exchanges", "torn"]), COUNTS)),
        observations=draw(st.dictionaries(st.tuples(st.booleans(), st.sampled_from("ab")), COUNTS)),
        breaches=draw(st.dictionaries(KEYS, breaches(source), max_size=4)),
        refusals=draw(st.frozensets(st.tuples(st.sampled_from("ab"), st.just(400)))),
        seen=draw(st.frozensets(st.tuples(st.sampled_from(["/a", "/b"]), st.sampled_from("xy")))),
        elsewhere=draw(st.none() | summaries(source, is_whole=False)) if is_whole else None,
    )


FEW = settings(max_examples=examples(30))
THREE = st.tuples(summaries(0), summaries(1), summaries(2))


@FEW
@given(THREE)
def test_grouping_changes_nothing(parts: tuple[Summary, Summary, Summary]) -> None:
    one, two, three = parts
    assert (one + two) + three == one + (two + three)


@FEW
@given(THREE)
def test_order_changes_nothing(parts: tuple[Summary, Summary, Summary]) -> None:
    one, two, _ = parts
    assert one + two == two + one


@pytest.mark.slow
@FEW
@given(THREE)
def test_an_empty_summary_changes_nothing(parts: tuple[Summary, Summary, Summary]) -> None:
    one, _, _ = parts
    assert one + Summary() == one == Summary() + one


@pytest.mark.slow
@FEW
@given(THREE)
def test_a_sum_holds_the_counts_of_its_parts(parts: tuple[Summary, Summary, Summary]) -> None:
    total = sum(parts, Summary())
    for key in {key for part in parts for key in part.breaches}:
        seen = [part.breaches[key] for part in parts if key in part.breaches]
        assert total.breaches[key].count == sum(each.count for each in seen)
        assert total.breaches[key].position == min(each.position for each in seen)
        assert set(total.breaches[key].observed) == {text for s in seen for text in s.observed}
    assert total.counts == sum((Counter(part.counts) for part in parts), Counter())


@FEW
@given(THREE)
def test_a_decoded_summary_equals_the_encoded_one(parts: tuple[Summary, Summary, Summary]) -> None:
    total = sum(parts, Summary())
    assert checkpoint.decode(checkpoint.encode(total)) == total


def invented(source: int, number: int, names: range) -> Summary:
    """The result for a server that invents fields."""
    request = Request("GET", "u")
    return Summary(
        breaches={
            BreachKey("response.undocumented_field", False, "/p", f"/{name:05}"): BreachSummary(
                1,
                (source, number, name),
                "/x",
                Example(request, (source, number, name)),
                {f"{name}": (source, number, name)},
            )
            for name in names
        }
    )


def test_breaches_of_a_server_that_invents_names_are_bounded() -> None:
    parts = [invented(0, n, range(n * 700, (n + 1) * 700)) for n in range(3)]
    forth, back = sum(parts, Summary()), sum(reversed(parts), Summary())
    assert forth == back == parts[0] + (parts[1] + parts[2])
    assert len(forth.breaches) == MAX_BREACHES
    assert forth.is_cut
    assert not sum(parts[:1], Summary()).is_cut


def test_the_first_observations_are_kept() -> None:
    key, request = BreachKey("response.enum"), Request("GET", "u")

    def seen(source: int) -> Summary:
        at = (source, 0, 0)
        observed = {f"{source}-{n:03}": (source, n, 0) for n in range(MAX_OBSERVED)}
        return Summary(
            breaches={key: BreachSummary(MAX_OBSERVED, at, "/x", Example(request, at), observed)}
        )

    total = seen(1) + (seen(2) + seen(0))
    assert total.breaches[key].count == 3 * MAX_OBSERVED
    assert [*total.breaches[key].observed] == [f"0-{n:03}" for n in range(MAX_OBSERVED)]


def test_the_old_name_of_conclude_is_deprecated() -> None:
    with pytest.warns(DeprecationWarning, match=r"docpact\.audit\.conclude"):
        assert audit.concluded is audit.conclude
