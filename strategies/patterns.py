"""Texts that match a pattern, by Hypothesis's strategies for regular expressions."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy

from docpact.bodies.patterns import matches
from docpact.cases.expressions import sample_texts, to_python

ENCODABLE: Final[SearchStrategy[str]] = st.characters(exclude_categories=["Cs"])


def patterned(pattern: str, least: int = 0, most: int | None = None) -> SearchStrategy[str]:
    """Generate texts of `least` to `most` characters that match a pattern of ECMA-262."""
    known = list(sample_texts(pattern, least, most))
    drawn = _from_regex(pattern)
    if drawn is None:
        return st.sampled_from(known) if known else st.nothing()
    highest = most if most is not None else max(least, len(max(known, key=len, default=""))) + 200

    def fits(text: str) -> bool:
        return least <= len(text) <= highest and matches(pattern, text)

    if least > 3 and _is_open(pattern):
        drawn = st.builds(
            lambda text, more: text + more[: max(0, least - len(text))],
            drawn,
            st.text(ENCODABLE, min_size=min(least, 1000), max_size=min(least, 1000)),
        )
    filtered = drawn.filter(fits)
    return st.sampled_from(known) | filtered if known else filtered


def _is_open(pattern: str) -> bool:
    """Say whether anything may follow a match."""
    return not pattern.rstrip().endswith("$")


@lru_cache(maxsize=256)
def _from_regex(pattern: str) -> SearchStrategy[str] | None:
    try:
        compiled = re.compile(to_python(pattern), re.ASCII)
        strategy = st.from_regex(compiled, alphabet=ENCODABLE)
        strategy.validate()
    except (re.error, InvalidArgument, OverflowError, RecursionError, NotImplementedError):
        return None
    return strategy
