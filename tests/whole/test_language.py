"""Docstrings, messages and documentation avoid the stilted forms that CONTRIBUTING.md lists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
CODE: Final = sorted(
    path for name in ("src/docpact", "strategies") for path in (ROOT / name).rglob("*.py")
)
PAGES: Final = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
    if path.name != "CONTRIBUTING.md"
)

STILTED: Final = {
    r"(?<!there )\b(is|are|was|were) no (?!longer|more|less|larger|later)\w": "is not a",
    r"\b(tell|tells|told) .{0,40}\bapart\b|\bkept apart\b": "distinguish, separate",
    r"\bspeaks? of\b": "name, describe",
    r"\b(held|holds) (to|against)\b": "compare",
    r"\bthat which\b|\bthose which\b": "a noun",
    r"\b[Ww]hat (is|was|were|came|comes) (?!new\b)\w": "a noun",
    r"\bof (its|their) own account\b": "itself",
    r"\bbut for\b": "except",
    r"\b(whence|thereof|wherein|whereby|lest|ought)\b": "a common word",
    r"\bstands? (beside|apart)\b": "is next to",
    r"\b(is|are|was|were) (that|those) of\b": "belong to, come from, a noun",
    r"\breason for which\b": "the reason why",
    r"\bby name of\b|\bby way of\b": "named, by",
}
"""Pattern → the plain form to use."""

ANY_STILTED: Final = re.compile("|".join(STILTED))

NOUN_CLAUSE: Final = re.compile(r"(What|Which|How|Why|Where|When|Who|Say|Tell|Tells) ")
"""The beginning of a summary that is a noun clause, or a verb in an unusual sense."""


@cache
def read_texts(path: Path) -> tuple[tuple[str, bool], ...]:
    """Return the texts of a module, each with whether it is a docstring; of attributes too."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return tuple(
        (" ".join(node.value.split()), id(node) in docstrings)
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
    )


def find_stilted(text: str) -> list[str]:
    """Return the stilted forms in a text, each with the plain form."""
    if ANY_STILTED.search(text) is None:
        return []
    found = ((re.search(pattern, text), plain) for pattern, plain in STILTED.items())
    return [f"{match[0]!r} in {text!r}: {plain}" for match, plain in found if match]


@pytest.mark.parametrize(
    "text",
    [
        "the value is no text",
        "keeps what is sent",
        "tells two breaches apart",
        "all but for one",
        "the name is that of a field",
    ],
)
def test_a_stilted_form_is_found(text: str) -> None:
    assert find_stilted(text)


def test_docstrings_and_messages_are_plain() -> None:
    texts = [text for path in CODE for text, _ in read_texts(path)]
    assert [problem for text in texts for problem in find_stilted(text)] == []


def test_no_docstring_begins_with_a_noun_clause() -> None:
    docstrings = [text for path in CODE for text, is_docstring in read_texts(path) if is_docstring]
    assert [text for text in docstrings if NOUN_CLAUSE.match(text)] == []


def test_the_documentation_is_plain() -> None:
    blocks = re.compile(r"^```.*?^```$", flags=re.MULTILINE | re.DOTALL)
    parts = [part for path in PAGES for part in blocks.sub("", path.read_text()).split("\n\n")]
    texts = [" ".join(part.split()) for part in parts]
    assert [problem for text in texts for problem in find_stilted(text)] == []
