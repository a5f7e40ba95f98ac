"""Texts that match a pattern, by Hypothesis's strategies for regular expressions."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy

from docpact.bodies.patterns import matches
from docpact.cases.expressions import LONGEST, index_text, sample_texts, to_python
from docpact.strategies.texts import ENCODABLE

INDEXES: Final = (10**6, 10**3, 30, 10)
"""Numbers of texts that are tried, the first that has as many is taken."""


def from_pattern(pattern: str, least: int = 0, most: int | None = None) -> SearchStrategy[str]:
    """Generate texts of `least` to `most` characters that match a pattern of ECMA-262.

    A text that Hypothesis draws from the expression, but of another length, gives way to one that
    is written to have the length.
    """
    known = sample_texts(pattern, least, most)
    drawn = _from_regex(pattern)

    def fits(text: str) -> bool:
        is_long = len(text) > (LONGEST if most is None else most)
        return len(text) >= least and not is_long and matches(pattern, text)

    last = next((n for n in INDEXES if index_text(pattern, n, least, most) is not None), 0)
    written = [index_text(pattern, number, least, most) for number in range(min(last, 10))]
    if known and all(text is not None for text in written):
        plain = st.integers(0, last).map(
            lambda number: index_text(pattern, number, least, most) or known[0]
        )
    else:
        plain = st.sampled_from(known) if known else st.nothing()
    if drawn is None:
        return plain
    if not known:
        return drawn.filter(fits)
    mixed = st.builds(lambda text, other: text if fits(text) else other, drawn, plain)
    return st.sampled_from(known) | mixed


@lru_cache(maxsize=256)
def _from_regex(pattern: str) -> SearchStrategy[str] | None:
    try:
        compiled = re.compile(to_python(pattern), re.ASCII)
        strategy = st.from_regex(compiled, alphabet=ENCODABLE)
        strategy.validate()
    except (re.error, InvalidArgument, OverflowError, RecursionError, NotImplementedError):
        return None
    return strategy
