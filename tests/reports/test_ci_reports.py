"""SARIF, Markdown and annotations: what CI shows, with nothing of a server interpreted."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports.test_reports import DIM, run_of, view
from toy import exchange, lamp

from docpact.model import AcceptedFinding, ApiRun, Level, Promise, Run
from docpact.reports import github, markdown, page, sarif
from docpact.reports.view import Report

HOSTILE = st.lists(
    st.sampled_from(
        [
            *("|", "`", "``", "<img src=x onerror=alert(1)>", "](javascript:x)", "**", "a", " "),
            *("\x1b[31m", "\n", "\r", "\u202e", "\ud800"),
            *("::error::", "##[group]", "%0A", ":", "::", ","),
        ]
    ),
    max_size=8,
).map("".join)


def odd(text: str) -> Run:
    """Return a run that holds a text wherever a server has a hand in it."""
    run = run_of(DIM, reason=text)
    found = [replace(each, location=f"/{text}", observed=text) for each in run.findings]
    known = AcceptedFinding("o", "f" * 12, "response.enum", text, text, text, date(2026, 1, 1))
    return replace(
        run,
        target=text,
        findings=(*found, replace(found[0], accepted=text or "known")),
        healed=(known,),
    )


def results(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["runs"][0]["results"]
    return found


def test_a_finding_is_a_result_at_the_line_of_its_page() -> None:
    run = run_of(DIM)
    first = results(sarif.render(view(run, version="1.2.3")))[0]
    place = first["locations"][0]
    assert (first["ruleId"], first["level"]) == ("response.enum", "error")
    assert place["physicalLocation"]["region"] == {"startLine": 12}
    assert place["logicalLocations"] == [{"fullyQualifiedName": "/items/*/state"}]
    assert first["partialFingerprints"] == {"docpact/v1": run.findings[0].fingerprint}
    assert 'observed: "dim"' in first["message"]["text"]


def test_the_level_of_a_result_follows_the_verdict() -> None:
    run = run_of(exchange({"items": [lamp(watt=5)]}))
    assert [each["level"] for each in results(sarif.render(view(run, version="1")))] == ["warning"]
    strict = sarif.render(view(run, version="1", strict=True))
    assert [each["level"] for each in results(strict)] == ["error"]


def test_an_accepted_finding_is_suppressed_with_its_reason() -> None:
    run = run_of(DIM)
    known = replace(run, findings=tuple(replace(f, accepted="told") for f in run.findings))
    for each in results(sarif.render(view(known, version="1"))):
        assert each["suppressions"] == [{"kind": "external", "justification": "told"}]


def test_no_verdict_is_an_execution_that_failed() -> None:
    text = sarif.render(view(run_of(reason="down")))
    invocation = json.loads(text)["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "down"


def test_the_summary_in_markdown() -> None:
    lines = markdown.render(view(run_of(DIM))).splitlines()
    assert lines[0] == "### ❌ docpact: drift"
    (row,) = [line for line in lines if "`response.enum`" in line]
    assert row.startswith("| breaking | `response.enum` | `/items/*/state` | `one of ")
    assert 'page line 12: state: "on" or "off"` | `"dim"` |' in row


def test_the_summary_has_the_curl_command_and_the_state_of_each_finding() -> None:
    run = run_of(DIM)
    (finding, *_) = run.findings
    states = {(run.operation, finding.fingerprint): "new since 2026-03-01"}
    text = markdown.render(replace(Report(ApiRun.of(run), "1"), states=states))
    assert f"- `{finding.fingerprint}`: `{finding.reproduce}`\n" in text
    assert "| id | state |\n" in text
    assert f"| `{finding.fingerprint}` | new since 2026-03-01 |\n" in text


def test_a_run_without_a_verdict_looks_like_none_in_markdown() -> None:
    text = markdown.render(view(run_of(reason="down")))
    assert text.startswith("### ⚠️ docpact: inconclusive\n")
    assert "**Inconclusive:** `down`" in text
    assert "✅" not in text


def test_a_long_summary_stays_below_what_github_takes() -> None:
    run = run_of(DIM)
    long = replace(run.findings[0], observed="x" * 999)
    many = replace(run, findings=(long,) * 999)
    text = markdown.render(view(many))
    assert len(text.encode()) < 1024 * 1024
    assert "and 799 more findings" in text


@given(HOSTILE)
def test_nothing_in_the_summary_is_markup(text: str) -> None:
    plain = outside_code(markdown.render(view(odd("x" if text else ""))))
    assert outside_code(markdown.render(view(odd(text)))) == plain


def outside_code(text: str) -> str:
    """Return a Markdown text without its code, by CommonMark's rule of equal fences."""
    bare, at = "", 0
    while at < len(text):
        fence = re.compile("`+").match(text, at)
        if fence is None:
            bare, at = bare + text[at], at + 1
            continue
        end = re.compile(f"(?<!`){fence.group()}(?!`)").search(text, fence.end())
        assert end is not None, "a fence that nothing closes"
        assert "\n" not in text[at : end.start()]
        assert re.search(r"(?<!\\)\|", text[at : end.start()]) is None
        bare, at = bare + "`", end.end()
    return bare


def test_an_annotation_for_each_finding() -> None:
    lines = github.render(view(run_of(DIM))).splitlines()
    assert lines[0].startswith("::error title=response.enum /items/*/state::documented: one of ")
    assert '%0Aobserved: "dim"%0Aid ' in lines[0]
    assert [line.partition(" ")[0] for line in lines[1:]] == ["::warning"]


@pytest.mark.parametrize(
    ("rule", "side"), [("response.enum", "documented"), ("habit.scale", "before")]
)
def test_a_habit_is_not_called_documented(rule: str, side: str) -> None:
    run = run_of(DIM)
    first = replace(run.findings[0], promise=Promise(rule, "/items/*/watt", "about 30"))
    found = view(replace(run, findings=(first,)))
    assert f"::{side}: about 30" in github.render(found)
    assert f"<h4>{side.capitalize()}</h4>\n<p>about 30</p>" in page.render(found)


def test_no_more_annotations_than_github_shows() -> None:
    run = run_of(DIM)
    many = replace(run, findings=(run.findings[0],) * 30)
    lines = github.render(view(many)).splitlines()
    assert len(lines) == github.MOST
    assert lines[-1].endswith("21 more findings in the summary")


def test_no_verdict_is_a_warning_and_what_is_accepted_is_silent() -> None:
    run = run_of(DIM, reason="down")
    known = replace(run, findings=tuple(replace(f, accepted="told") for f in run.findings))
    assert github.render(view(known)) == "::warning title=docpact%3A inconclusive::down\n"


@given(HOSTILE)
def test_no_text_makes_an_annotation_of_its_own(text: str) -> None:
    pattern = re.compile(r"::(error|warning|notice) title=[^:,\n\r]*::[^\n\r]*")
    lines = github.render(view(odd(text))).split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(odd(text).findings) - 1 + bool(text)
    assert [line for line in lines if not pattern.fullmatch(line)] == []
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("level", Level)
def test_every_level_has_its_kind(level: Level) -> None:
    run = run_of(DIM)
    only = replace(run, findings=(replace(run.findings[0], level=level),))
    kinds = {Level.BREAKING: "error", Level.NOTE: "notice"}
    kind = kinds.get(level, "warning")
    assert github.render(view(only)).startswith(f"::{kind} ")
