"""Both engines agree with the official suite on every case that is not waived."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from json_schema.engines import accepts, encoded, explains
from json_schema.suite import (
    FOLDER,
    MISSING,
    SUPPORTED,
    WAIVERS,
    Group,
    cases,
    operation,
    waiver,
)

from docpact.bodies.engine import ReferenceEngine, make_engine
from docpact.model.references import localize
from docpact.model.traversal import Draft, translate

if not FOLDER:
    pytest.skip(MISSING, allow_module_level=True)

CASES = [case for group in SUPPORTED for case in cases(group)]


@pytest.mark.parametrize("group", SUPPORTED, ids=str)
def test_both_engines_agree_with_the_suite(group: Group) -> None:
    schema = operation(group).response_schema
    for case in cases(group):
        waived = waiver(case)
        verdicts = (explains(schema, case.data), accepts(schema, encoded(case.data)))
        expected = case.valid if waived is None else not case.valid
        assert verdicts == (expected, expected), (case.description, waived or "no waiver")


@pytest.mark.parametrize("each", WAIVERS, ids=lambda each: each.file)
def test_a_waiver_covers_some_cases(each: object) -> None:
    assert each in {waiver(case) for case in CASES}


def test_the_suite_was_found() -> None:
    assert len(CASES) > 1890


NOT_READ = {
    "refRemote": "documents that are elsewhere are never fetched",
    "optional/cross-draft": "documents that are elsewhere are never fetched",
    "optional/content": "the content of a text is an annotation since draft 2019-09",
    "optional/zeroTerminatedFloats": "1.0 is an integer since draft 6",
    "vocabulary": "keywords of every vocabulary are checked",
}
"""File of the suites of earlier drafts → why docpact departs from it."""


@pytest.mark.parametrize("draft", ["4", "6", "7", "2019-09"])
def test_both_engines_agree_with_the_suites_of_earlier_drafts(draft: Draft) -> None:
    folder = Path(FOLDER, "tests", f"draft{draft}")
    files = {
        each.relative_to(folder).with_suffix("").as_posix(): each for each in folder.rglob("*.json")
    }
    judged, wrong = 0, []
    for name in sorted(files.keys() - NOT_READ.keys()):
        for group in json.loads(files[name].read_text(encoding="utf-8")):
            local = localize(translate(group["schema"], draft)).schema
            engines = ReferenceEngine(local), make_engine(local)
            for case in group["tests"]:
                judged += 1
                if any(each.is_valid(case["data"]) is not case["valid"] for each in engines):
                    wrong.append((name, group["description"], case["description"]))
    assert judged > 800
    assert not wrong
