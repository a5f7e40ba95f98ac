"""docs/json-schema.md agrees with the code and with the official suite."""

from __future__ import annotations

import pytest
from json_schema.page import PAGE, SUITE, vocabulary, whole
from json_schema.suite import FOLDER, MISSING


def test_the_vocabulary_is_that_of_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8").partition(SUITE)[0] == vocabulary()


@pytest.mark.skipif(not FOLDER, reason=MISSING)
def test_the_counts_are_those_of_the_suite() -> None:
    assert PAGE.read_text(encoding="utf-8") == whole()
