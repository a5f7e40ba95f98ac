"""Summaries merge: in any order, in any grouping, and with nothing."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from docpact.audit import Summary, stored
from docpact.audit.summary import DIFFERENT, PLACES, Key, Seen
from docpact.model import Request

COUNTS = st.integers(1, 9)
RULES = st.sampled_from(["response.enum", "response.type", "response.undocumented_field"])
KEYS = st.builds(Key, RULES, st.booleans(), st.sampled_from(["/a", "/b"]), st.sampled_from("xy"))


@st.composite
def breaches(draw: st.DrawFn, source: int) -> Seen:
    """What one part of the traffic saw: no two parts see at the same place."""
    places = draw(st.lists(st.integers(0, 99), min_size=1, max_size=4, unique=True).map(sorted))
    texts = draw(st.lists(st.sampled_from("pqrst"), min_size=1, max_size=len(places), unique=True))
    observed = {text: (source, at, 0) for text, at in zip(texts, places, strict=False)}
    first = next(iter(observed.values()))
    return Seen(draw(COUNTS), first, f"/items/{source}", Request("GET", f"u{source}"), observed)


@st.composite
def summaries(draw: st.DrawFn, source: int) -> Summary:
    """The summary of one source."""
    return Summary(
        counts=draw(st.dictionaries(st.sampled_from(["exchanges", "torn"]), COUNTS)),
        judged=draw(st.dictionaries(st.tuples(st.booleans(), st.sampled_from("ab")), COUNTS)),
        broken=draw(st.dictionaries(KEYS, breaches(source), max_size=4)),
        told=draw(st.frozensets(st.tuples(st.sampled_from("ab"), st.just(400)))),
        seen=draw(st.frozensets(st.tuples(st.sampled_from(["/a", "/b"]), st.sampled_from("xy")))),
    )


FEW = settings(max_examples=30)
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


@FEW
@given(THREE)
def test_nothing_changes_nothing(parts: tuple[Summary, Summary, Summary]) -> None:
    one, _, _ = parts
    assert one + Summary() == one == Summary() + one


@FEW
@given(THREE)
def test_a_sum_has_what_its_parts_have(parts: tuple[Summary, Summary, Summary]) -> None:
    total = sum(parts, Summary())
    for key in {key for part in parts for key in part.broken}:
        seen = [part.broken[key] for part in parts if key in part.broken]
        assert total.broken[key].count == sum(each.count for each in seen)
        assert total.broken[key].at == min(each.at for each in seen)
        assert set(total.broken[key].observed) == {text for s in seen for text in s.observed}
    assert total.counts == sum((Counter(part.counts) for part in parts), Counter())


@FEW
@given(THREE)
def test_a_summary_is_read_as_it_was_written(parts: tuple[Summary, Summary, Summary]) -> None:
    total = sum(parts, Summary())
    assert stored.read(stored.written(total)) == total


def invented(source: int, number: int, names: range) -> Summary:
    """What a server comes to that invents fields."""
    request = Request("GET", "u")
    return Summary(
        broken={
            Key("response.undocumented_field", False, "/p", f"/{name:05}"): Seen(
                1, (source, number, name), "/x", request, {f"{name}": (source, number, name)}
            )
            for name in names
        }
    )


def test_a_server_that_invents_names_is_bounded_and_said_to_be() -> None:
    parts = [invented(0, n, range(n * 700, (n + 1) * 700)) for n in range(3)]
    forth, back = sum(parts, Summary()), sum(reversed(parts), Summary())
    assert forth == back == parts[0] + (parts[1] + parts[2])
    assert len(forth.broken) == PLACES
    assert forth.cut
    assert not sum(parts[:1], Summary()).cut


def test_of_endless_differences_the_first_are_kept() -> None:
    key, request = Key("response.enum"), Request("GET", "u")

    def seen(source: int) -> Summary:
        observed = {f"{source}-{n:03}": (source, n, 0) for n in range(DIFFERENT)}
        return Summary(broken={key: Seen(DIFFERENT, (source, 0, 0), "/x", request, observed)})

    total = seen(1) + (seen(2) + seen(0))
    assert total.broken[key].count == 3 * DIFFERENT
    assert [*total.broken[key].observed] == [f"0-{n:03}" for n in range(DIFFERENT)]
