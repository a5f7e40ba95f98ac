"""The reports of a run for people and machines, compared as wholes."""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from dataclasses import replace
from urllib.parse import quote
from xml.etree.ElementTree import fromstring

import pytest
from history.entries import finding
from toy import LAMPS, exchange, lamp

from docpact.conformance.findings import curl, make_findings
from docpact.model import (
    ApiRun,
    Case,
    Exchange,
    Expectation,
    Expected,
    Finding,
    Promise,
    Question,
    Request,
    Response,
    Run,
    SecretHeader,
    collect_results,
)
from docpact.reports import document, junit, markdown, terminal
from docpact.reports.markdown import EVERY, render_letter
from docpact.reports.terminal import Detail
from docpact.reports.view import Report
from docpact.rules import gather, judge
from docpact.rules.responses.summary import list_unseen
from docpact.text import WIDTH, break_command

TOO_LARGE = Case(
    "size=21 (above maximum)", expectation=Expectation(Expected.REJECTED, "size", "maximum")
)
DIM = exchange({"items": [lamp(state="dim"), lamp(1, watt=5)], "next": "t"})


def run_of(*exchanges: Exchange, reason: str = "", echoed: str = "nothing") -> Run:
    evidence = gather(LAMPS, exchanges)
    judgements = judge(evidence)
    return Run(
        operation=LAMPS.id,
        target="https://toys.example",
        seed=0,
        results=collect_results(judgements),
        findings=make_findings(
            LAMPS,
            judgements,
            Counter({(exchange.case.question, 1): 2 for exchange in exchanges}),
            lambda text: text.replace(echoed, "$TOY_KEY"),
        ),
        requests=(("reach", 1), ("survey", 2)),
        seconds=1.25,
        unseen=list_unseen(evidence.operation, evidence.summary),
        reason=reason,
    )


def view(run: Run, *, version: str = "1", strict: bool = False) -> Report:
    return Report(ApiRun.of(run), version, strict)


def test_the_terminal_shows_findings_by_level_then_what_was_not_shown_then_the_verdict() -> None:
    text = terminal.render(view(run_of(DIM, exchange({"items": []}, TOO_LARGE))), Detail.ALL)
    assert text.startswith(
        """\
BREAKING (1): a client that follows the documentation breaks

  response.enum  /items/*/state
    promise    one of "on", "off"
               page line 12: state: "on" or "off"
    observed   "dim"
    seen       1 of 2, 1 of 2 times, first at /items/0/state
    try        curl -sS -g 'https://toys.example/v1/lamps#no parameters'
    id         """
    )
    assert "ADDITIVE (2): more than the documentation says" in text
    assert "query.rejects  query/size" in text
    assert "response.undocumented_field  /items/*/watt" in text
    assert '  /items/*/state: never "off"\n  /items/*/note: no value\n' in text
    assert text.splitlines()[-1].startswith("drift: ")


@pytest.mark.parametrize("key", ["", "x" * 90, 'it\'s "$KEY" \\'])
def test_a_printed_command_runs_as_copied(key: str) -> None:
    request = Request(
        "POST",
        f"https://a.example/x?a={quote(key)}",
        (("X-Long-Header-Name", key), ("B", "c d")),
        (SecretHeader("Authorization", "Bearer ", "KEY"),),
        body=json.dumps({"key": key}),
    )
    lines = break_command(curl(request), "    try        ")
    assert [line for line in lines if len(line) > WIDTH and "x" * 90 not in line] == []
    shown = "\n".join(lines).removeprefix("    try        ")
    assert shlex.split(shown.replace("\\\n", "")) == shlex.split(curl(request))


def test_the_terminal_keeps_to_80_columns_but_for_long_words_of_commands() -> None:
    names = {"x" * 30: "y" * 300, "z" * 2_000: 1}
    long = exchange({"items": [lamp(state="dim " * 99), lamp(1, **names)]})
    lines = terminal.render(view(run_of(long, reason="gone " * 40)), Detail.ALL).splitlines()
    assert [line for line in lines if len(line) > 80 and not line.startswith("    try")] == []
    assert [line for line in lines if "z" * 40 in line] == []
    assert any(line.endswith("z… (2,000 characters)") for line in lines)


def test_a_command_that_is_too_long_to_print_is_in_the_json_report() -> None:
    case = replace(TOO_LARGE, label="x" * 2_000)
    finding = run_of(exchange({"items": [lamp(state="dim")]}, case)).findings[0]
    assert len(finding.reproduce) > 2_000
    lines = terminal.describe(finding)
    number = f"{len(finding.reproduce):,}"
    command = f"    try        a command of {number} characters: `reproduce` in the JSON report"
    assert command in lines


def test_nothing_a_server_sent_steers_the_terminal() -> None:
    hostile = exchange({"items": [lamp(state="\x1b[2J\u202e\r\n::error::"), lamp(**{"\x07": 1})]})
    lines = terminal.render(view(run_of(hostile)), Detail.ALL).split("\n")
    assert all(line.isprintable() for line in lines)
    assert not any(line.startswith("::") for line in lines)


def test_details_are_numbers_unless_all_of_them_are_wanted() -> None:
    run = view(run_of(DIM))
    quiet, normal, everything = (terminal.render(run, detail) for detail in Detail)
    assert re.search(
        r"^NOT TESTED \(\d+\): .*\n  \w+ \d+[^A-Z]*; -v\s+lists them$", normal, re.MULTILINE
    )
    assert re.search(r"^NEVER SEEN \(\d+\): .*; -v lists them$", normal, re.MULTILINE)
    assert "/items/*/note: no value" in everything
    assert "/items/*/note: no value" not in normal
    assert "-v" not in quiet + everything
    assert "NOT TESTED" not in quiet
    assert all("response.enum" in text and "\ndrift: " in text for text in (quiet, normal))


def test_colors_change_nothing_but_the_color() -> None:
    run = view(run_of(DIM))
    plain, colored = terminal.render(run), terminal.render(run, color=True)
    assert "\x1b[1;31mBREAKING\x1b[0m (1): " in colored
    assert "\n\x1b[1;31mdrift\x1b[0m: " in colored
    assert re.sub(r"\x1b\[[\d;]+m", "", colored) == plain
    assert "\x1b" not in plain


def test_findings_that_do_not_fail_a_run_are_no_broken_promises() -> None:
    extra = exchange({"items": [lamp(watt=3)]})
    lenient, strict = view(run_of(extra)), view(run_of(extra), strict=True)
    assert terminal.render(lenient).splitlines()[-1].startswith("conforms (1 additive): ")
    assert " broken" not in terminal.render(lenient).splitlines()[-1]
    assert "\ndrift: " in terminal.render(strict)
    whole = Report(ApiRun("toys", "mock", (run_of(extra),), is_whole=True), "1")
    assert whole.headline.startswith("conforms (1 additive): 1 operation conforms; ")


def test_every_detail_of_an_api_has_a_section_for_each_operation() -> None:
    whole = Report(ApiRun("toys", "mock", (run_of(),), is_whole=True), "1")
    (view,) = whole.views
    title = f"NOT TESTED ({len(view.not_tested)}): "
    assert title not in terminal.render(whole)
    assert f"== {view.run.operation}\n{title}" in terminal.render(whole, Detail.ALL)


def test_an_inconclusive_run_says_why_and_is_no_pass() -> None:
    report = view(run_of(reason="cannot reach https://toys.example: refused"))
    assert terminal.render(report) == "inconclusive: cannot reach https://toys.example: refused\n"
    text = terminal.render(report, terminal.Detail.ALL)
    assert "inconclusive: cannot reach https://toys.example: refused\n" in text
    assert text.splitlines()[-1].startswith("inconclusive: 0 promises kept, 0 broken, ")


def test_the_json_document_of_a_finding() -> None:
    told = json.loads(document.render(view(run_of(DIM), version="1.2.3")))
    finding = told["findings"][0]
    print_of = finding.pop("fingerprint")
    assert finding == {
        "rule": "response.enum",
        "level": "breaking",
        "location": "/items/*/state",
        "keyword": None,
        "documented": 'one of "on", "off"',
        "line": 12,
        "quote": 'state: "on" or "off"',
        "refinement": None,
        "place": None,
        "promise": "/items/*/state",
        "persistence": "1 of 2 times",
        "shown": 1,
        "asked": 2,
        "security": False,
        "observed": '"dim"',
        "accepted": None,
        "count": 1,
        "of": 2,
        "first": "/items/0/state",
        "reproduce": "curl -sS -g 'https://toys.example/v1/lamps#no parameters'",
    }
    assert (len(print_of), int(print_of, 16) > 0) == (12, True)


def test_the_json_document_of_a_run() -> None:
    told = json.loads(document.render(view(run_of(DIM, reason="stopped"), version="1.2.3")))
    kept = ("docpact", "operation", "target", "verdict", "reason", "requests", "phases", "seconds")
    assert {key: told[key] for key in kept} == {
        "docpact": "1.2.3",
        "operation": "toys/list_lamps",
        "target": "https://toys.example",
        "verdict": "drift",
        "reason": "stopped",
        "requests": 3,
        "phases": {"reach": 1, "survey": 2},
        "seconds": 1.25,
    }
    assert sum(told["exercised"].values()) == len(told["promises"])
    assert told["unseen"] == ['/items/*/state: never "off"', "/items/*/note: no value"]


def test_a_refined_promise_names_its_source_instead_of_a_line() -> None:
    case = replace(TOO_LARGE, expectation=Expectation(Expected.ACCEPTED, "size", "type"))
    told = json.loads(document.render(view(run_of(exchange(case=case, status=422)), version="1")))
    (finding,) = told["findings"]
    assert (finding["line"], finding["quote"]) == (None, None)
    assert finding["refinement"] == "whole numbers only, by its client"


@pytest.mark.parametrize(
    ("strict", "verdict"), [(False, "conforms"), (True, "drift")], ids=["default", "strict"]
)
def test_additive_findings_are_drift_under_strict_alone(strict: bool, verdict: str) -> None:
    run = run_of(exchange({"items": [lamp(watt=5)]}))
    told = json.loads(document.render(view(run, version="1", strict=strict)))
    assert told["verdict"] == verdict
    failures = fromstring(junit.render(view(run, strict=strict))).findall(".//failure")
    assert len(failures) == int(strict)


def test_junit_has_a_case_for_each_promise() -> None:
    run = run_of(DIM)
    root = fromstring(junit.render(view(run)))
    cases = {case.get("name"): case for case in root.iterfind("testsuite/testcase")}
    assert set(cases) == {str(each.promise) for each in run.results} | {"verdict"}
    failure = cases["response.enum /items/*/state"].find("failure")
    assert failure is not None
    assert failure.get("message") == '"dim"'
    assert "page line 12" in (failure.text or "")
    skipped = cases["response.maxLength /items/*/note"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "no response exercised it"
    assert cases["response.type /items/*/id"].findtext("system-out") == "tested by 2 observations"


def test_junit_counts_agree_with_its_cases() -> None:
    root = fromstring(junit.render(view(run_of(DIM))))
    for suite in root.iterfind("testsuite"):
        for attribute, path in (
            ("tests", "testcase"),
            ("failures", "testcase/failure"),
            ("skipped", "testcase/skipped"),
            ("errors", "testcase/error"),
        ):
            assert suite.get(attribute) == str(len(suite.findall(path)))


def test_junit_shows_an_inconclusive_run_as_an_error() -> None:
    root = fromstring(junit.render(view(run_of(reason="gone"))))
    errors = root.findall("testsuite/testcase/error")
    assert [error.get("message") for error in errors] == ["inconclusive: gone"]


def test_junit_survives_what_xml_cannot_hold() -> None:
    hostile = exchange({"items": [lamp(state="\x00\ud800\ufffe<b>&]]>")]})
    failure = fromstring(junit.render(view(run_of(hostile)))).find(".//failure")
    assert failure is not None
    assert "<b>&]]>" in (failure.get("message") or "")


def test_a_secret_that_the_server_echoes_is_redacted() -> None:
    secret = "canary-0123456789"
    echo = exchange({"items": [lamp(state=f"Bearer {secret}"), lamp() | {secret: secret}]})
    shown = view(run_of(echo, echoed=secret))
    texts = [terminal.render(shown), junit.render(shown), document.render(shown)]
    assert [text for text in texts if secret in text] == []


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (
            Request(
                "GET",
                "https://a.example/x?a=%27&b=1",
                (),
                (SecretHeader("Authorization", "Bearer ", "KEY"),),
            ),
            "curl -sS -g 'https://a.example/x?a=%27&b=1' -H \"Authorization: Bearer $KEY\"",
        ),
        (
            Request("GET", "https://a.example/x", (("Authorization", "Bearer it's"),)),
            "curl -sS -g https://a.example/x -H 'Authorization: Bearer it'\"'\"'s'",
        ),
        (Request("HEAD", "https://a.example/x"), "curl -sS -g -I https://a.example/x"),
    ],
    ids=["a variable", "a quote", "another method"],
)
def test_the_curl_line(request_: Request, line: str) -> None:
    assert curl(request_) == line


def test_a_fingerprint_survives_other_data_order_and_wording() -> None:
    first = run_of(DIM).findings[0]
    later = run_of(
        exchange({"items": [lamp(n) for n in range(9)]}),
        exchange({"items": [lamp(7, state="EXPLODED")]}),
    ).findings[0]
    assert (first.observed == later.observed, first.fingerprint == later.fingerprint) == (
        False,
        True,
    )


def test_names_of_thousands_of_characters_are_cut_but_stay_different() -> None:
    names = [f"{'k' * 5_000}{number}" for number in range(2)]
    found = run_of(exchange({"items": [lamp(**dict.fromkeys(names, 1))]})).findings
    assert len({each.fingerprint for each in found}) == len(found) == 2
    assert {len(each.location) for each in found} == {2_000}
    assert max(len(each.first) for each in found) == 2_000


def test_fingerprints_of_different_differences_differ() -> None:
    found = run_of(DIM, exchange(b"<html>"), exchange({"items": []}, TOO_LARGE)).findings
    assert len({finding.fingerprint for finding in found}) == len(found) == 4


def test_a_letter_about_any_rule_is_short_and_complete() -> None:
    curl, run = "curl 'https://toys.example'", run_of(DIM)
    for rule in (each.id for each in EVERY):
        stated = Promise(rule, "/items/*/watt", "line\n" * 90)
        text = render_letter(run, finding(promise=stated, observed="x\n" * 900, reproduce=curl))
        assert len(text.splitlines()) <= 40, rule
        assert curl in text, rule
        assert "\n\n\n" not in text, rule
        assert ("## Before" in text) is rule.startswith("habit."), rule
        assert ("## Documented" in text) is not rule.startswith("habit."), rule


def test_the_report_of_an_api_says_which_recorded_exchanges_are_left_out() -> None:
    lost = "1 exchange left out: the body was not recorded"
    runs = (
        replace(run_of(), remarks=("1 exchange of GET /v1/lamps", lost), not_judged=(lost,)),
        replace(run_of(), operation="toys/find", remarks=("1 exchange of GET /v1/toys",)),
    )
    whole = Report(ApiRun("toys", "calls.har", runs, {}, 1.0, is_whole=True), "1")
    for text in (terminal.render(whole), markdown.render(whole)):
        assert " ".join(text.split()).count(lost) == 1
        assert "1 exchange of GET" not in text


def test_parameters_with_one_cause_are_printed_once() -> None:
    def fail(name: str, value: str) -> Exchange:
        expected = Expectation(Expected.UNSPECIFIED, name)
        case = Case(f"{name}={value}", Question(((name, value),)), expected)
        return replace(exchange({}), case=case, outcome=Response(500, (), b""))

    run = run_of(fail("after", "x"), fail("state", "x"), fail("ids", "y"), exchange({"items": []}))
    lines = terminal.render(view(run)).splitlines()
    titles = [line for line in lines if line.startswith("  query.server_error")]
    assert titles == [f"  query.server_error  query/{name}" for name in ("after", "ids")]
    assert "    also       query/state; -v shows them" in lines
    every = terminal.render(view(run), detail=Detail.ALL)
    assert every.count("  query.server_error  query/") == 3


def test_bodies_of_several_statuses_with_one_cause_are_printed_once() -> None:
    def found(status: int, field: str, stated: str) -> Finding:
        location = f"{status}/{field}"
        promise = Promise("response.body", location, "the documented body")
        observed = f'"{status}", documented as {stated}; "b"'
        return finding(location, promise=promise, observed=observed, location=location)

    findings = (
        found(400, "time", "format date-time"),
        found(403, "time", "format date-time"),
        found(500, "time", "null"),
        found(500, "code", "null"),
    )
    text = terminal.render(view(replace(run_of(), findings=findings)))
    titles = [line for line in text.splitlines() if line.startswith("  response.body")]
    assert titles == [f"  response.body  {name}" for name in ("400/time", "500/time", "500/code")]
    assert "    also       403/time; -v shows them" in text.splitlines()
