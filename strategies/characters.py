"""The characters of texts: all but surrogates, which no UTF-8 holds."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

ENCODABLE: Final[SearchStrategy[str]] = st.characters(exclude_categories=["Cs"])
"""Those of `st.text()`, which takes seconds to find them by the codec, once in every folder."""
