"""Texts of expressions with assertions, compared with all short texts."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import examples

from docpact.bodies.patterns import is_part, matches
from docpact.cases.expressions import find_automaton, join_patterns, negate_pattern, sample_texts

SHORT = ["".join(each) for size in range(5) for each in product("ab-", repeat=size)]

PARTS = st.sampled_from(["a", "b", "-", ".", "[ab]", "[^a]", "(?:a|b-)", "(ab)", r"\w", "a{2}", ""])
REPEATED = st.builds("{}{}".format, PARTS.filter(bool), st.sampled_from(["", "*", "+", "?", "{2}"]))
ASSERTED = st.builds("({}{})".format, st.sampled_from(["?=", "?!", "?<=", "?<!"]), REPEATED)
ANCHORS = st.sampled_from(["^", "$"])


def expressions() -> st.SearchStrategy[str]:
    """Generate expressions with anchors, assertions and groups."""
    sequences = st.lists(REPEATED | REPEATED | ASSERTED | ANCHORS, max_size=4).map("".join)
    groups = st.builds("({}|{})".format, sequences, sequences)
    joined = st.lists(sequences | groups, min_size=1, max_size=2).map("".join)
    odd = re.compile(r"(\$|\?=).*\^")  # nobody writes that
    return joined.filter(lambda each: is_part(each) and not odd.search(each))


@settings(max_examples=examples(150), deadline=None)
@given(expressions(), st.integers(0, 3), st.binary(max_size=4))
def test_no_short_text_is_missed(pattern: str, least: int, choices: bytes) -> None:
    """An expression that some text matches has one; without assertions in groups, it matches."""
    automaton = find_automaton(pattern, least, 4)
    wanted = [text for text in SHORT if len(text) >= least and matches(pattern, text)]
    if automaton is None:
        return
    assert not (wanted and automaton.is_empty)
    if not automaton.is_empty:
        text = automaton.write(choices)
        assert least <= len(text) <= 4
        assert "(?" in pattern or matches(pattern, text)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])(?=.*[!@#$]).{8,32}$",
        r"^(?!.*--)[a-z-]{4,}(?<!-)$",
        r"^(^foo$|^bar$)$",
        r"(?<=a)b(?=c)",
        r"^\p{Extended_Pictographic}$",
        r"^\p{Script=Greek}\P{Ll}$",
        r"^.{5000,6000}$",
    ],
)
def test_a_text_is_found(pattern: str) -> None:
    texts = sample_texts(pattern)
    assert texts
    assert all(matches(pattern, text) for text in texts)


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(expressions(), min_size=2, max_size=2, unique=True))
def test_patterns_are_joined_and_negated(pair: list[str]) -> None:
    first, second = pair
    both, left = join_patterns(pair)
    assert not left
    for text in SHORT:
        assert matches(both, text) == (matches(first, text) and matches(second, text))
        assert matches(str(negate_pattern(first)), text) != matches(first, text)
    automaton = find_automaton(both, 0, 4)
    if automaton is not None and not automaton.is_empty:
        assert "(?" in first + second or matches(both, automaton.write(b""))


def test_patterns_that_mean_something_else_within_another_are_left_out() -> None:
    """Of another flavour, invalid, or with a group of the same name."""
    assert join_patterns(["a", "(?i)b", "c*+*", "d"])[1] == ["(?i)b", "c*+*"]
    assert join_patterns(["(?<x>a)", "(?<x>b)"]) == ("(?<x>a)", ["(?<x>b)"])
    assert negate_pattern("(?i)b") is None
