"""Text that a server had a hand in is short, on one line, and steers no terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docpact.model.pointer import fold, pointer, resolve, tokens
from docpact.text import break_line, excerpt, pluralize, printable, shorten

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_printable_text_is_printable_and_keeps_what_was(text: str) -> None:
    assert printable(text).isprintable()
    plain = text.isprintable() and text.count("::") < 2 and ":::" not in text
    assert (plain and "##[" not in text) == (printable(text) == text)


@given(st.lists(st.sampled_from([":", "::", "##[", "#", "[", "a", " ", "\n"])).map("".join))
def test_no_part_of_a_text_commands_a_runner(text: str) -> None:
    shown = printable(text)
    assert "##[" not in shown
    parts = [shown[at:] for at in range(len(shown))]
    assert not [part for part in parts if part.startswith("::") and "::" in part[2:]]


@given(ANY_TEXT, st.integers(2, 40))
def test_shortened_text_keeps_to_its_limit(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit


@pytest.mark.parametrize(("text", "shown"), [("12345", "12345"), ("123456", "1234…"), ("", "")])
def test_text_is_cut_only_beyond_its_limit(text: str, shown: str) -> None:
    assert shorten(text, 5) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("::error::\n", "\\x3a:error::\\x0a"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("##[group]", "\\x23#[group]"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ud800", "\\ud800"),
        ("\uffff\U000e0001", "\\uffff\\U000e0001"),
        ("naïve 文 😀", "naïve 文 😀"),
    ],
)
def test_what_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        ({"a": [1, True]}, '{"a": [1, true]}'),
        ("é", '"é"'),
        ("x" * 100, '"' + "x" * 18 + "…"),
        (list(range(100)), "[0, 1, 2, 3, 4, 5, …"),
    ],
)
def test_excerpts(value: object, shown: str) -> None:
    assert excerpt(value, 20) == shown


@given(st.text("ab -:", max_size=300))
def test_a_broken_line_has_the_same_words_in_lines_that_fit(text: str) -> None:
    broken = break_line(text)
    assert broken.split() == text.split()
    assert all(len(each) <= 80 or " " not in each.strip() for each in broken.split("\n"))


def test_counts() -> None:
    assert [pluralize(0, "item"), pluralize(1, "item"), pluralize(1204, "entry", "entries")] == [
        "0 items",
        "1 item",
        "1,204 entries",
    ]


@given(st.lists(st.text() | st.integers(0, 9)))
def test_pointers_split_into_what_they_were_joined_from(path: list[str | int]) -> None:
    assert tokens(pointer(path)) == tuple(map(str, path))


def test_pointers_fold_indexes_and_nothing_else() -> None:
    assert fold(["items", 3, "a/b", "4"]) == "/items/*/a~1b/4"


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("", {"a": [{"b": 1}], "~/": 2}),
        ("/a/0/b", 1),
        ("/~0~1", 2),
        ("/a/1", None),
        ("/a/x", None),
        ("/a/0/b/c", None),
        ("/a/²", None),
    ],
)
def test_pointers_name_a_part_of_a_document(where: str, value: object) -> None:
    assert resolve({"a": [{"b": 1}], "~/": 2}, where) == value


def test_a_pointer_begins_with_a_slash() -> None:
    with pytest.raises(ValueError, match="'a' is not a JSON Pointer"):
        tokens("a")
