"""Patterns of contracts: a search that may backtrack is linear, or has a deadline."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import sample

from docpact import load
from docpact.bodies.patterns import SEARCHER, Searcher, matches
from docpact.rules.responses.summary import Summary, describe_unchecked

SLOW = [
    "^(a+)+$",
    "^(a|a)*$",
    "^(a|b?a){2,}$",
    "(a+a+)+y",
    "^(([a-z])+.)+[A-Z]$",
    "a*a*a*a*a*b",
    "^(?:a?a)+(?!a)!!",
    r"(?i)\A(a+a)+y",
    r"^(a+)\1+(a+)+y",
]
"""Patterns in which a search may backtrack; some of them are not regular languages."""


@pytest.mark.sampled(3)
@pytest.mark.parametrize("pattern", sample(SLOW, 3))
@pytest.mark.parametrize("is_installed", [True, False])
def test_a_search_that_does_not_end_is_given_up(
    monkeypatch: pytest.MonkeyPatch, pattern: str, is_installed: bool
) -> None:
    searcher = Searcher()
    monkeypatch.setattr("docpact.bodies.patterns.SEARCH_SECONDS", 0.2)
    monkeypatch.setattr("docpact.bodies.patterns.SEARCHER", searcher)
    if not is_installed:
        monkeypatch.setattr("docpact.bodies.patterns._compile_linear", lambda *_: None)
    try:
        answers = {matches(pattern, "a" * 3000 + "!"), matches(pattern, "a" * 3001 + "!")}
    finally:
        searcher.end()
    assert answers == {pattern in searcher.slow}


@pytest.mark.parametrize("pattern", SLOW)
def test_a_guarded_search_gives_the_answer_of_a_direct_one(pattern: str) -> None:
    searcher = Searcher()
    flags = "python" if pattern.startswith("(?i)") else "u"
    try:
        for text in ("", "a", "aaaa", "aaaay", "aay!!", "AAZ", "caf\u00e9 \U0001f9fe"):
            assert searcher.search(flags, pattern, text) == matches(pattern, text)
    finally:
        searcher.end()


@given(st.from_regex(r"[a-z0-9]+(-[a-z0-9]+){0,6}", fullmatch=True))
def test_ordinary_texts_are_searched_at_once(text: str) -> None:
    for pattern in ("^[a-z0-9-]+$", "^[^@]{1,64}$", r"^\w{1,40}(-\w+)?"):
        assert matches(pattern, text) == bool(re.search(pattern, text))
    assert SEARCHER.slow == set()


def test_a_pattern_that_is_not_checked_is_named() -> None:
    operation = replace(load(), response_schema={"properties": {"a": {"pattern": "(b+b+)+y"}}})
    assert list(describe_unchecked(operation, Summary())) == []
    SEARCHER.slow.add("(b+b+)+y")
    try:
        (line,) = describe_unchecked(operation, Summary())
    finally:
        SEARCHER.slow.clear()
    assert line == 'the pattern "(b+b+)+y" is not checked: a search did not end within 2 s'


@pytest.mark.parametrize(
    "pattern",
    ["^(a+)+$", "^(a|a)*$", "^(a|b?a){2,}$", "(a+a+)+y", "^(?:(?:(?:a?){20}){20}){20}$"],
)
def test_no_text_makes_a_pattern_backtrack_without_end(pattern: str) -> None:
    assert not matches(pattern, "a" * 50_000 + "!")
    assert matches(pattern, "aaaay" if pattern.endswith("y") else "aaaa")
    assert not matches(pattern, "\ud800")


@pytest.mark.parametrize(
    ("pattern", "text", "is_match"),
    [
        (r"^(?:\w+\b)+é", "aaaa", False),
        (r"^(?:\w+\b)+é", "aé", True),
        (r"^(\w+)+\bé$", "aé", True),
        (r"^(\w*)+\Bé$", "é", True),
        (r"^(\w*)+\Ba\b", "éa", False),
        (r"^(\<a+)+\@$", "<a" * 20 + "@", True),
        (r"^([^]+)+\@$", "a\n" * 20 + "@", True),
        (r"^(\pL+)+$", "a", False),
    ],
)
def test_a_guarded_search_reads_a_pattern_as_ecma_262_does(
    monkeypatch: pytest.MonkeyPatch, pattern: str, text: str, is_match: bool
) -> None:
    assert matches(pattern, text) is is_match
    monkeypatch.setattr("docpact.bodies.patterns._STEPS", 0)
    assert matches(pattern, text) is is_match
