"""JSON Pointers: the entry of a table for the longest part of one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from docpact.model.pointer import find_by_prefix, pointer

NAMES = st.lists(st.sampled_from(["a", "a/b", "~", "~1", ""]), max_size=4).map(tuple)


@given(entries=st.sets(NAMES), path=NAMES)
def test_the_longest_part_with_an_entry_is_found(
    entries: set[tuple[str, ...]], path: tuple[str, ...]
) -> None:
    table = {pointer(each): f"/to{number}" for number, each in enumerate(entries)}
    parts = [path[:length] for length in range(len(path), -1, -1) if path[:length] in entries]
    expected = [table[pointer(each)] + pointer(path[len(each) :]) for each in parts[:1]]
    assert find_by_prefix(table, pointer(path)) == next(iter(expected), None)
